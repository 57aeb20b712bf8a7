//! No dead ends (Chk-01): in whatever state an object is, every role that may see it finds on its page something to
//! do, or the sentence that says who acts next and by when (`data-next`). States are read from the rooms' own words,
//! so that a new one cannot be forgotten.

use std::fmt::Write as _;

use db::Query;
use kernel::{Clock as _, Error, SystemClock};

use crate::common::City;

/// What the demo's roles have to do with.
struct Here {
    city: City,
    team: i64,
    desk: i64,
    /// The volunteer's person.
    volunteer: i64,
    office: i64,
    activity: i64,
    session: i64,
    now: i64,
}

/// One object in each of its states.
struct Object {
    name: &'static str,
    states: Vec<&'static str>,
    /// What brings it into a state that could be; the id of the object.
    set: fn(&Here, &str) -> (i64, Vec<String>),
    /// Where it is seen, with `{id}`, and who sees it there in one state at least.
    pages: &'static [(&'static str, &'static [&'static str])],
}

const ROLES: [&str; 4] = ["volunteer", "leader", "station", "office"];
const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;
/// Ids of rows that these tests add.
const OWN: i64 = 77;

fn all<T: Copy>(of: &[T], code: impl Fn(T) -> &'static str) -> Vec<&'static str> {
    of.iter().map(|one| code(*one)).collect()
}

/// When a session in that state would be: (start, end) from now.
fn span(state: &str) -> (i64, i64) {
    match state {
        "draft" | "open" | "cancelled" => (2 * DAY, 2 * DAY + 2 * HOUR),
        _ => (-DAY, -DAY + 2 * HOUR),
    }
}

fn session_in(here: &Here, state: &str) -> Vec<String> {
    let (from, to) = span(state);
    let (from, to, now, id) = (here.now + from, here.now + to, here.now, here.session);
    vec![
        format!("UPDATE activity SET state = 'published' WHERE id = {}", here.activity),
        format!(
            "UPDATE session SET state = '{state}', starts_at = {from}, ends_at = {to}, sign_up_until = {from},
             submitted_at = {now}, closed_at = {now}, due_on = {} WHERE id = {id}",
            now / DAY + 10
        ),
        format!("UPDATE sign_up SET starts_at = {from}, ends_at = {to} WHERE session_id = {id}"),
    ]
}

/// The volunteer's own place in the session.
fn place_in(here: &Here, session: &str, state: &str) -> Vec<String> {
    let mut out = session_in(here, session);
    out.push(format!("DELETE FROM hand_over WHERE id = {OWN}"));
    out.push(format!("DELETE FROM absence WHERE sign_up_id = {OWN}"));
    out.push(format!("DELETE FROM sign_up WHERE id = {OWN}"));
    // On some days the demo's volunteer has a place in it already.
    out.push(format!(
        "UPDATE sign_up SET state = 'cancelled' WHERE session_id = {} AND person_id = {} AND state <> 'cancelled'",
        here.session, here.volunteer
    ));
    let (from, to) = span(session);
    out.push(format!(
        "INSERT INTO sign_up (id, session_id, person_id, team_id, state, source, created_at, starts_at, ends_at)
         VALUES ({OWN}, {}, {}, {}, '{state}', 'self', {}, {}, {})",
        here.session,
        here.volunteer,
        here.team,
        here.now,
        here.now + from,
        here.now + to
    ));
    out
}

/// A campaign that the demo's team takes part in, at a stage.
fn campaign_at(here: &Here, stage: &str) -> (i64, Vec<String>) {
    let id = first(
        &here.city,
        format!("SELECT campaign_id FROM campaign_item WHERE org_id = {} ORDER BY id LIMIT 1", here.team),
    );
    let today = here.now / DAY;
    let (state, from, to) = match stage {
        "draft" => ("draft", today + 10, today + 40),
        "announced" => ("announced", today + 10, today + 40),
        "running" => ("announced", today - 10, today + 40),
        "ending" => ("announced", today - 40, today - 10),
        _ => ("closed", today - 40, today - 10),
    };
    let set = format!(
        "UPDATE campaign SET state = '{state}', from_on = {from}, to_on = {to}, declare_until = {} WHERE id = {id}",
        from - 2
    );
    (id, vec![set])
}

fn objects() -> Vec<Object> {
    use people::org::OrgState;
    use people::person::PersonState;
    use service::activity::{ActivityState, SessionState};
    use service::campaign::{CampaignStage, ItemState};
    use service::coordination::Word;
    use service::past::BatchState;
    use service::record::RecordState;
    use service::sign_up::SignUpState;
    use service::sign_up::absence::AbsenceState;
    use service::sign_up::hand_over::OfferState;
    vec![
        Object {
            name: "activity",
            states: all(ActivityState::ALL, ActivityState::code),
            set: |here, state| {
                let mut set = session_in(here, if state == "draft" { "draft" } else { "open" });
                set.push(format!("UPDATE activity SET state = '{state}' WHERE id = {}", here.activity));
                (here.activity, set)
            },
            pages: &[("/activities/{id}", &["volunteer", "leader", "office"])],
        },
        Object {
            name: "session",
            states: all(SessionState::ALL, SessionState::code),
            set: |here, state| (here.session, session_in(here, state)),
            pages: &[
                ("/sessions/{id}/sign-ups", &["leader", "office"]),
                ("/sessions/{id}/roll", &["leader"]),
                ("/records/sessions/{id}", &["leader", "station", "office"]),
            ],
        },
        Object {
            name: "session of an activity",
            states: all(SessionState::ALL, SessionState::code),
            set: |here, state| (here.activity, session_in(here, state)),
            pages: &[
                ("/activities/{id}", &["volunteer", "leader"]),
                ("/activities/{id}/sessions", &["leader"]),
            ],
        },
        Object {
            name: "sign-up",
            states: all(SignUpState::ALL, SignUpState::code),
            set: |here, state| {
                let session = if matches!(state, "booked" | "cancelled") { "open" } else { "recorded" };
                (here.activity, place_in(here, session, state))
            },
            pages: &[("/activities/{id}", &["volunteer"])],
        },
        Object {
            name: "stand-in",
            states: all(OfferState::ALL, OfferState::code),
            set: |here, state| {
                let mut set = place_in(here, "open", "booked");
                set.push(format!(
                    "INSERT INTO hand_over (id, sign_up_id, session_id, from_person, state, taker_id, created_at)
                     VALUES ({OWN}, {OWN}, {}, {}, '{state}', {}, {})",
                    here.session,
                    here.volunteer,
                    if state == "offered" { "NULL".to_owned() } else { here.volunteer.to_string() },
                    here.now
                ));
                (OWN, set)
            },
            pages: &[("/hand-overs/{id}", &["volunteer", "leader"])],
        },
        Object {
            name: "absence",
            states: all(AbsenceState::ALL, AbsenceState::code),
            set: |here, state| {
                let mut set = place_in(here, "recorded", "absent");
                set.push(format!(
                    "INSERT INTO absence (sign_up_id, session_id, person_id, at, state, explained_at)
                     VALUES ({OWN}, {}, {}, {}, '{state}', {})",
                    here.session,
                    here.volunteer,
                    here.now - DAY,
                    here.now
                ));
                (OWN, set)
            },
            pages: &[("/absences/{id}", &["volunteer", "leader"])],
        },
        Object {
            name: "record",
            states: all(RecordState::ALL, RecordState::code),
            set: |here, state| {
                let record = first(
                    &here.city,
                    format!("SELECT id FROM record WHERE team_id = {} ORDER BY id LIMIT 1", here.team),
                );
                (record, vec![format!("UPDATE record SET state = '{state}' WHERE id = {record}")])
            },
            pages: &[("/records/{id}", &["leader", "station", "office"])],
        },
        Object {
            name: "past hours",
            states: all(BatchState::ALL, BatchState::code),
            set: |here, state| {
                let (desk, office, now) = (here.desk, here.office, here.now);
                let set = vec![
                    format!("DELETE FROM past_batch WHERE id = {OWN}"),
                    format!(
                        "INSERT INTO past_batch (id, account_id, org_id, file_name, file_hash, file_path, state, created_at)
                         SELECT {OWN}, {office}, {desk}, 'a.csv', file_hash, 'nosuch', '{state}', {now} FROM past_batch
                         ORDER BY id LIMIT 1"
                    ),
                ];
                (OWN, set)
            },
            pages: &[("/past-hours/{id}", &["office"])],
        },
        Object {
            name: "person",
            states: all(PersonState::ALL, PersonState::code),
            set: |here, state| {
                let person = first(
                    &here.city,
                    format!(
                        "SELECT id FROM person WHERE home_org = {} AND id <> {} ORDER BY id LIMIT 1",
                        here.desk, here.volunteer
                    ),
                );
                (person, vec![format!("UPDATE person SET state = '{state}' WHERE id = {person}")])
            },
            pages: &[("/people/{id}", &["station", "office"])],
        },
        Object {
            name: "campaign",
            states: all(CampaignStage::ALL, CampaignStage::code),
            set: campaign_at,
            pages: &[
                ("/campaigns/{id}", &["volunteer", "leader", "station", "office"]),
                ("/campaigns/{id}/calendar", &["volunteer", "office"]),
                ("/campaigns/{id}/report", &["volunteer", "leader", "office"]),
                ("/campaigns/{id}/manage", &["office"]),
                ("/campaigns/{id}/items", &["office"]),
                ("/campaigns/{id}/team", &["leader", "office"]),
            ],
        },
        Object {
            name: "item of a campaign",
            states: all(ItemState::ALL, ItemState::code),
            set: |here, state| {
                let (campaign, mut set) = campaign_at(here, "announced");
                let item = first(
                    &here.city,
                    format!(
                        "SELECT id FROM campaign_item WHERE org_id = {} AND campaign_id = {campaign} ORDER BY id LIMIT 1",
                        here.team
                    ),
                );
                set.push(format!("UPDATE campaign_item SET state = '{state}' WHERE id = {item}"));
                (item, set)
            },
            pages: &[("/campaign-items/{id}", &["leader", "office"])],
        },
        Object {
            name: "agreement of a coordinating body",
            states: all(Word::ALL, Word::code),
            set: |here, state| {
                let mut set = session_in(here, "draft");
                set.push(format!(
                    "UPDATE activity SET state = 'draft', category = 'event' WHERE id = {}",
                    here.activity
                ));
                set.push(format!("DELETE FROM coordination WHERE activity_id = {}", here.activity));
                set.push(format!(
                    "INSERT INTO coordination (activity_id, org_id, state, asked_at)
                     SELECT {}, org_id, '{state}', {} FROM category_body WHERE category = 'event'",
                    here.activity, here.now
                ));
                (here.activity, set)
            },
            pages: &[
                ("/activities/{id}/coordination", &["leader", "office"]),
                ("/activities/{id}/publish", &["leader", "office"]),
            ],
        },
        Object {
            name: "organisation",
            states: all(OrgState::ALL, OrgState::code),
            set: |here, state| {
                (here.team, vec![format!("UPDATE org SET state = '{state}' WHERE id = {}", here.team)])
            },
            pages: &[("/orgs/{id}", &["office"]), ("/teams/{id}", &["volunteer", "leader", "office"])],
        },
    ]
}

fn first(city: &City, text: String) -> i64 {
    let text: &'static str = Box::leak(text.into_boxed_str());
    let found: Vec<(i64,)> =
        city.app.db.read_blocking(move |tx| Ok::<_, Error>(tx.list(&Query::new(text))?)).unwrap();
    found.first().map_or(0, |(id,)| *id)
}

impl Here {
    fn new(city: City) -> Self {
        let account = |name: &str| city.logins.iter().find(|one| one.login == name).unwrap().account.0;
        let role = |name: &str| {
            first(&city, format!("SELECT org_id FROM role_grant WHERE account_id = {}", account(name)))
        };
        let team = role("demo-leader");
        let session = first(
            &city,
            format!(
                "SELECT s.id FROM session s JOIN activity a ON a.id = s.activity_id WHERE a.org_id = {team}
                 AND s.state = 'open' ORDER BY s.starts_at DESC, s.id LIMIT 1"
            ),
        );
        let person = format!("SELECT person_id FROM account WHERE id = {}", account("demo-volunteer"));
        Self {
            team,
            desk: role("demo-station"),
            volunteer: first(&city, person),
            office: account("demo-office"),
            activity: first(&city, format!("SELECT activity_id FROM session WHERE id = {session}")),
            session,
            now: SystemClock.now().0,
            city,
        }
    }

    fn run(&self, statements: Vec<String>) {
        let texts: Vec<&'static str> =
            statements.into_iter().map(|text| &*Box::leak(text.into_boxed_str())).collect();
        let done = self.city.app.db.write_blocking(move |tx| {
            for text in &texts {
                tx.exec_query(&Query::new(text))?;
            }
            Ok::<_, Error>(())
        });
        done.unwrap();
    }
}

/// What a page offers below its head: buttons and links that lead on, or the word on who is next.
fn leads_on(html: &str) -> bool {
    let main = html.split_once("<main").map_or(html, |(_, rest)| rest);
    let main = main.split_once("</main>").map_or(main, |(rest, _)| rest);
    main.contains("data-next")
        || main.contains("method=\"post\"")
        || main.split("<a ").skip(1).any(|link| {
            let (attributes, rest) = link.split_once('>').unwrap_or((link, ""));
            let label = rest.split_once("</a>").map_or(rest, |(label, _)| label);
            let away = ["format=", "tel:", ".ics"].iter().any(|part| attributes.contains(part));
            attributes.contains("btn") && !away && !label.contains("返回")
        })
}

#[test]
fn no_state_of_anything_is_a_dead_end() {
    let bench = crate::common::benches().into_iter().next().unwrap();
    let here = Here::new(City::on(bench));
    let cookies = ROLES.map(|role| (role, here.city.sign_in(&format!("demo-{role}"))));
    let mut wrong = String::new();
    for object in objects() {
        let mut seen: Vec<(&str, &str)> = Vec::new();
        for state in &object.states {
            let (id, set) = (object.set)(&here, state);
            here.run(set);
            for (pattern, _) in object.pages {
                let path = pattern.replace("{id}", &id.to_string());
                for (role, cookie) in &cookies {
                    let page = here.city.get(&path, Some(cookie));
                    assert!(page.status < 500, "{path} as {role}, {} {state}: {}", object.name, page.text());
                    if page.status != 200 {
                        continue;
                    }
                    seen.push((*pattern, *role));
                    if !leads_on(&page.text()) {
                        let _ = writeln!(wrong, "{} {state}: {pattern} as {role} leads nowhere", object.name);
                    }
                }
            }
        }
        for (pattern, who) in object.pages {
            for role in *who {
                if !seen.contains(&(*pattern, *role)) {
                    let _ = writeln!(wrong, "{}: {role} never sees {pattern}", object.name);
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    here.city.stop();
}
