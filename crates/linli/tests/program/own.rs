//! Everybody's own copy tells of everything that names them: a new table cannot be forgotten (X8).

use std::collections::BTreeSet;

use kernel::Clock as _;

use crate::common::{City, benches, fill};
use crate::merges;

/// Columns that name a person and are not in the copy by a statement of their own, with the reason.
const ELSEWHERE: &[(&str, &str)] = &[
    ("person_identity.person_id", "a key, written from the file"),
    ("person_phone.person_id", "a key, written from the file"),
    ("person_name.person_id", "a key, written from the file"),
    ("person_order.person_id", "a key, written from the file"),
    ("person_home.person_id", "a key, written from the file"),
    ("person_alias.person_id", "former documents, kept as hashes"),
    ("person_skill.person_id", "in the file: skills"),
    ("person_category.person_id", "in the file: categories"),
    ("member.person_id", "in the file: teams"),
    ("consent.person_id", "in the file: consents"),
    ("report_in.person_id", "in the file: reporting_in"),
    ("qualification.person_id", "in the file: qualifications"),
    ("slip.person_id", "a hash of what was printed"),
    ("roster_row.person_id", "what an import found, for thirty days"),
    ("roster_member.person_id", "made when the import is published, for who is still there"),
    ("merge_before.person_id", "what a merge can be undone with"),
    ("message_once.person_id", "that something was said, which is among the messages"),
    ("sheet_line.person_id", "a line printed for a sign-up, which is there"),
    ("activity.leader_id", "a duty for the team; what was done in it is among the records"),
    ("unit_member.contact_id", "a duty for the unit"),
];

#[test]
fn the_own_copy_tells_of_every_table_that_names_a_person() {
    let mut seen: BTreeSet<String> = linli::rooms::all()
        .iter()
        .flat_map(|room| room.own)
        .flat_map(|kept| kept.covers)
        .map(|column| (*column).to_owned())
        .collect();
    seen.extend(ELSEWHERE.iter().map(|(column, _)| (*column).to_owned()));
    let named = merges::columns();
    let forgotten: Vec<&String> = named.difference(&seen).collect();
    assert!(forgotten.is_empty(), "say in `own.rs` of the room how a copy tells of {forgotten:?}");
    let unknown: Vec<&String> = seen.difference(&named).collect();
    assert!(unknown.is_empty(), "no such columns: {unknown:?}");
}

#[test]
fn no_two_subjects_of_the_copy_have_one_name() {
    let mut names = BTreeSet::new();
    for kept in linli::rooms::all().iter().flat_map(|room| room.own) {
        assert!(names.insert(kept.name), "{} is there twice", kept.name);
    }
}

#[test]
fn a_volunteer_takes_a_copy_of_everything_along() {
    for bench in benches() {
        let logins = fill(&bench, kernel::SystemClock.now().date(), 7);
        let city = City::serve(bench, logins, &[]);
        let cookie = city.sign_in("demo-volunteer");
        let copy: serde_json::Value =
            serde_json::from_str(&city.get("/me/data", Some(&cookie)).text()).unwrap();
        for kept in linli::rooms::all().iter().flat_map(|room| room.own) {
            assert!(copy[kept.name].is_array(), "{}", kept.name);
        }
        let records = copy["records"].as_array().unwrap();
        assert!(!records.is_empty());
        assert!(
            records.iter().all(|one| one["minutes"].is_i64() && one["service_on"].is_string()),
            "{records:?}"
        );
        assert!(copy["sign_ups"].as_array().unwrap().iter().all(|one| one["title"].is_string()));
        assert!(!copy["sign_in"].as_array().unwrap().is_empty());
    }
}
