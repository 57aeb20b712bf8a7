//! Whatever names a person goes over when two registrations become one: a new table cannot be forgotten.

use std::collections::BTreeSet;

/// Columns that name a person and stay where they are, with the reason.
const STAY: &[(&str, &str)] = &[
    ("person_identity.person_id", "a key, written from the file"),
    ("person_phone.person_id", "a key, written from the file"),
    ("person_name.person_id", "a key, written from the file"),
    ("person_order.person_id", "a key, written from the file"),
    ("person_home.person_id", "a key, written from the file"),
    ("roster_row.person_id", "what an import found, for thirty days"),
    ("roster_member.person_id", "made when the import is published, for who is still there"),
    ("merge_before.person_id", "the merge itself"),
    ("message_once.person_id", "what was said to that registration"),
    ("member_card.person_id", "the code on a card names the registration it was printed for"),
];

/// `table.column` of all columns that name a person, read from the migrations.
pub(crate) fn columns() -> BTreeSet<String> {
    let mut out = BTreeSet::new();
    for room in linli::rooms::all().iter() {
        for migration in room.migrations {
            let mut table = "";
            for line in migration.sql.lines().map(str::trim) {
                if let Some(rest) = line.strip_prefix("CREATE TABLE ") {
                    table = rest.split([' ', '(']).next().unwrap_or_default();
                    continue;
                }
                let added =
                    line.strip_prefix("ALTER TABLE ").and_then(|rest| rest.split_once(" ADD COLUMN "));
                let (table, column) = added.unwrap_or((table, line));
                let name = column.split(' ').next().unwrap_or_default();
                let typed = column.split([' ', ',']).nth(1) == Some("BIGINT");
                if typed && (name == "person_id" || column.contains("REFERENCES person (id)")) {
                    out.insert(format!("{table}.{name}"));
                }
            }
        }
    }
    out.remove("message_kept.person_id");
    out
}

#[test]
fn every_column_that_names_a_person_is_seen_to() {
    let mut seen: BTreeSet<String> = people::duplicate::columns().into_iter().collect();
    seen.extend(service::merge::columns());
    seen.extend(messages::merge::columns());
    seen.extend(STAY.iter().map(|(column, _)| (*column).to_owned()));
    let named = columns();
    let forgotten: Vec<&String> = named.difference(&seen).collect();
    assert!(forgotten.is_empty(), "say what a merge does with {forgotten:?}: see ADR 0018");
    let unknown: Vec<&str> =
        STAY.iter().map(|(column, _)| *column).filter(|column| !named.contains(*column)).collect();
    assert!(unknown.is_empty(), "no such columns: {unknown:?}");
}
