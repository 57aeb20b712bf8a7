//! The objects of the table of dead ends, each with what brings it into its states and where it is seen.

use super::{DAY, HOUR, Here, OWN, Object, all, first};

/// When a session in that state would be: (start, end) from now.
fn span(state: &str) -> (i64, i64) {
    match state {
        "draft" | "open" | "cancelled" => (2 * DAY, 2 * DAY + 2 * HOUR),
        _ => (-DAY, -DAY + 2 * HOUR),
    }
}

pub fn session_in(here: &Here, state: &str) -> Vec<String> {
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
pub fn place_in(here: &Here, session: &str, state: &str) -> Vec<String> {
    let mut out = session_in(here, session);
    // Also what the demo has given them.
    let place = format!("session_id = {} AND person_id = {}", here.session, here.volunteer);
    out.push(format!(
        "UPDATE session_group SET leader_id = NULL WHERE leader_id IN (SELECT id FROM sign_up WHERE {place})"
    ));
    for table in ["hand_over", "absence", "trip_role", "trip_seen", "session_group_member", "roll_line"] {
        out.push(format!("DELETE FROM {table} WHERE sign_up_id IN (SELECT id FROM sign_up WHERE {place})"));
    }
    out.push(format!("DELETE FROM sign_up WHERE {place}"));
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

pub fn objects() -> Vec<Object> {
    use people::org::OrgState;
    use people::person::PersonState;
    use service::activity::{ActivityState, SessionState};
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
            name: "organisation",
            states: all(OrgState::ALL, OrgState::code),
            set: |here, state| {
                (here.team, vec![format!("UPDATE org SET state = '{state}' WHERE id = {}", here.team)])
            },
            pages: &[("/orgs/{id}", &["office"]), ("/teams/{id}", &["volunteer", "leader", "office"])],
        },
    ]
}
