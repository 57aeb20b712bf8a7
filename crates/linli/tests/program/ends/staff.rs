//! Units and whom they list, disputes, work without a place, phones without a network, plans; what staff look after:
//! accounts, roles, targets, bodies, calls of other systems.

use super::objects::{place_in, session_in};
use super::{DAY, HOUR, Here, OWN, Object, all, first};

/// Puts one row of a table in place of what an earlier state left there.
fn row(table: &str, columns: &str, values: &str) -> Vec<String> {
    vec![
        format!("DELETE FROM {table} WHERE id = {OWN}"),
        format!("INSERT INTO {table} ({columns}) VALUES ({values})"),
    ]
}

pub fn objects() -> Vec<Object> {
    let mut all = of_report_in();
    all.push(of_qualification());
    all.push(of_card());
    all.push(of_rights());
    all.extend(of_staff());
    all.extend(of_teams());
    all.extend(of_sessions());
    all
}

/// The volunteer on the list of the unit, and where they would report in.
fn listed(here: &Here, state: &str, place: &str) -> Vec<String> {
    let (unit, volunteer, now) = (here.unit, here.volunteer, here.now);
    let mut set = vec![
        format!(
            "DELETE FROM report_place WHERE report_id IN (SELECT id FROM report_in WHERE person_id = {volunteer})"
        ),
        format!(
            "DELETE FROM report_identity WHERE report_id IN (SELECT id FROM report_in WHERE person_id = {volunteer})"
        ),
        format!("DELETE FROM report_in WHERE person_id = {volunteer}"),
        format!(
            "INSERT INTO report_in (id, unit_id, name, person_id, state, listed_at)
             VALUES ({OWN}, {unit}, '石秀兰', {volunteer}, '{state}', {now})"
        ),
    ];
    if !place.is_empty() {
        set.push(format!(
            "INSERT INTO report_place (id, report_id, kind, community_id, state, asked_at)
             VALUES ({OWN}, {OWN}, 'home', {}, '{place}', {now})",
            here.desk
        ));
    }
    set
}

fn of_report_in() -> Vec<Object> {
    use people::report_in::{PlaceState, ReportState};
    vec![
        Object {
            name: "person on the list of a unit",
            states: all(ReportState::ALL, ReportState::code),
            set: |here, state| {
                (here.unit, listed(here, state, if state == "confirmed" { "asked" } else { "" }))
            },
            pages: &[("/me/report-in", &["volunteer"]), ("/units/{id}/report-in", &["contact", "station"])],
        },
        Object {
            name: "community that answers",
            states: all(PlaceState::ALL, PlaceState::code),
            set: |here, state| (here.desk, listed(here, "confirmed", state)),
            pages: &[
                ("/me/report-in", &["volunteer"]),
                ("/communities/{id}/report-in", &["station", "office"]),
            ],
        },
        Object {
            name: "dispute",
            states: vec!["open", "upheld", "refused"],
            set: |here, state| {
                let person = first(
                    &here.city,
                    format!(
                        "SELECT id FROM person WHERE home_org = {} AND state = 'active' AND id <> {} ORDER BY id DESC LIMIT 1",
                        here.desk, here.volunteer
                    ),
                );
                let set = row(
                    "not_me",
                    "id, person_id, at, state_before, text, state",
                    &format!("{OWN}, {person}, {}, 'active', '不是我', '{state}'", here.now),
                );
                (OWN, set)
            },
            pages: &[("/disputes", &["station", "office"])],
        },
    ]
}

fn of_rights() -> Object {
    use people::rights::RightsState;
    Object {
        name: "data request",
        states: all(RightsState::ALL, RightsState::code),
        // The volunteer's, and one of somebody of the station's own place.
        set: |here, state| {
            let (volunteer, now) = (here.volunteer, here.now);
            let neighbour = first(
                &here.city,
                format!(
                    "SELECT id FROM person WHERE home_org = {} AND state = 'active' AND id <> {volunteer}
                     ORDER BY id LIMIT 1",
                    here.desk
                ),
            );
            let mut set = vec!["DELETE FROM rights_request".to_owned()];
            set.extend([(OWN, volunteer), (OWN + 1, neighbour)].map(|(id, person)| {
                format!(
                    "INSERT INTO rights_request (id, person_id, kind, text, state, asked_at, due_on)
                     VALUES ({id}, {person}, 'correct', '姓名错一字', '{state}', {now}, {})",
                    now / DAY + 15
                )
            }));
            (OWN, set)
        },
        pages: &[("/me/rights", &["volunteer"]), ("/rights", &["station", "office"])],
    }
}

fn of_card() -> Object {
    use people::member_card::CardState;
    Object {
        name: "member card",
        states: all(CardState::ALL, CardState::code),
        // The volunteer's, and that of somebody of the station's own place.
        set: |here, state| {
            let (volunteer, now) = (here.volunteer, here.now);
            let neighbour = first(
                &here.city,
                format!(
                    "SELECT id FROM person WHERE home_org = {} AND state = 'active' AND id <> {volunteer}
                     ORDER BY id LIMIT 1",
                    here.desk
                ),
            );
            let mut set =
                vec![format!("DELETE FROM member_card WHERE person_id IN ({volunteer}, {neighbour})")];
            set.extend([(OWN, volunteer), (OWN + 1, neighbour)].map(|(id, person)| {
                format!(
                    "INSERT INTO member_card (id, person_id, card_no, state, printed_at)
                     VALUES ({id}, {person}, 1, '{state}', {now})"
                )
            }));
            (neighbour, set)
        },
        pages: &[
            ("/me/card", &["volunteer"]),
            ("/people/{id}/cards", &["station", "office"]),
            ("/cards", &["leader", "station", "office"]),
        ],
    }
}

fn of_qualification() -> Object {
    use people::qualification::QualificationState;
    Object {
        name: "qualification",
        states: all(QualificationState::ALL, QualificationState::code),
        // Handed in by the volunteer, and by somebody of the station's own place.
        set: |here, state| {
            let (volunteer, now) = (here.volunteer, here.now);
            let neighbour = first(
                &here.city,
                format!(
                    "SELECT id FROM person WHERE home_org = {} AND state = 'active' AND id <> {volunteer}
                     ORDER BY id LIMIT 1",
                    here.desk
                ),
            );
            let mut set =
                vec![format!("DELETE FROM qualification WHERE person_id IN ({volunteer}, {neighbour})")];
            set.extend([(OWN, volunteer), (OWN + 1, neighbour)].map(|(id, person)| {
                format!(
                    "INSERT INTO qualification (id, person_id, kind, issuer, from_on, state, reason, handed_in_at)
                     VALUES ({id}, {person}, 'social_worker', '省民政厅', {}, '{state}', '', {now})",
                    now / DAY - 30
                )
            }));
            (neighbour, set)
        },
        pages: &[
            ("/me/qualifications", &["volunteer"]),
            ("/people/{id}/qualifications", &["station", "office"]),
            ("/qualifications", &["station", "office"]),
        ],
    }
}

fn of_staff() -> Vec<Object> {
    use messages::delivery::DeliveryState;
    use people::base::BaseState;
    vec![
        Object {
            name: "delivery",
            states: all(DeliveryState::ALL, DeliveryState::code),
            set: |here, state| {
                let mut set = vec!["DELETE FROM delivery".to_owned()];
                set.extend(row(
                    "delivery",
                    "id, once_key, channel, topic, masked, state, attempts, due_at, created_at, ended_at",
                    &format!(
                        "{OWN}, 'ends', 'mail', 'confirm', 'a***@example.net', '{state}', 1, {}, {now}, {now}",
                        here.now + HOUR,
                        now = here.now
                    ),
                ));
                (OWN, set)
            },
            pages: &[("/messages/delivery", &["system"])],
        },
        Object {
            name: "webhook",
            states: vec!["on", "off"],
            set: |here, state| {
                let hook = first(&here.city, "SELECT id FROM webhook ORDER BY id LIMIT 1".to_owned());
                let active = if state == "on" { "TRUE" } else { "FALSE" };
                (hook, vec![format!("UPDATE webhook SET active = {active} WHERE id = {hook}")])
            },
            pages: &[("/settings/webhooks/{id}", &["system"])],
        },
        Object {
            name: "account",
            states: vec!["active", "disabled"],
            set: |here, state| {
                (here.spare, vec![format!("UPDATE account SET state = '{state}' WHERE id = {}", here.spare)])
            },
            pages: &[("/accounts/{id}", &["system"])],
        },
        Object {
            name: "role",
            states: vec!["given", "ended"],
            set: |here, state| {
                let ended = if state == "ended" { here.now.to_string() } else { "NULL".to_owned() };
                let set = row(
                    "role_grant",
                    "id, account_id, role, org_id, given_at, ended_at",
                    &format!("{OWN}, {}, 'station', {}, {}, {ended}", here.spare, here.desk, here.now),
                );
                (OWN, set)
            },
            pages: &[("/roles", &["security"])],
        },
        Object {
            name: "coordinating body",
            states: vec!["kept"],
            set: |here, _| (first(&here.city, "SELECT id FROM body ORDER BY id LIMIT 1".to_owned()), vec![]),
            pages: &[("/bodies/{id}", &["office"])],
        },
        Object {
            name: "demonstration base",
            states: all(BaseState::ALL, BaseState::code),
            set: |here, state| {
                let today = kernel::Timestamp(here.now).date().days();
                let (last, check, gone) = match state {
                    "recheck" => ("NULL".to_owned(), (today + 5).to_string(), "NULL".to_owned()),
                    "expired" => ((today - 1).to_string(), "NULL".to_owned(), "NULL".to_owned()),
                    "withdrawn" => ("NULL".to_owned(), "NULL".to_owned(), today.to_string()),
                    _ => ("NULL".to_owned(), (today + 200).to_string(), "NULL".to_owned()),
                };
                let set = row(
                    "base",
                    "id, org_id, title, level, granted_by, granted_on, valid_until, recheck_on, withdrawn_on,
                        withdrawn_why, created_at",
                    &format!(
                        "{OWN}, {}, '示范基地', 'city', '文明办', {}, {last}, {check}, {gone}, '停办', {}",
                        here.desk,
                        today - 400,
                        here.now
                    ),
                );
                (here.desk, set)
            },
            pages: &[("/bases?org={id}", &["station", "office"])],
        },
        Object {
            name: "target",
            states: vec!["set"],
            set: |here, _| {
                (first(&here.city, "SELECT id FROM target ORDER BY id LIMIT 1".to_owned()), vec![])
            },
            pages: &[("/targets/{id}", &["station", "office"])],
        },
        Object {
            name: "token",
            states: vec!["valid", "ended"],
            set: |here, state| {
                let ended = if state == "ended" { here.now.to_string() } else { "NULL".to_owned() };
                // Bytes that are there already: a literal would be written differently on each database.
                let set = vec![
                    format!("DELETE FROM api_token WHERE id = {OWN}"),
                    format!(
                        "INSERT INTO api_token (id, account_id, token_hash, name, with_roles, created_at, expires_at, ended_at)
                         SELECT {OWN}, a.id, s.token_hash, '令牌', FALSE, {}, {}, {ended} FROM account a
                         JOIN login_session s ON s.account_id = a.id WHERE a.person_id = {}
                         ORDER BY s.created_at, s.token_hash LIMIT 1",
                        here.now,
                        here.now + DAY,
                        here.volunteer
                    ),
                ];
                (OWN, set)
            },
            pages: &[("/me/tokens", &["volunteer"])],
        },
    ]
}

fn of_teams() -> Vec<Object> {
    use service::plan::PlanState;
    vec![
        Object {
            name: "annual plan",
            states: all(PlanState::ALL, PlanState::code),
            set: |here, state| {
                let mut set = vec![
                    format!(
                        "DELETE FROM plan_activity WHERE line_id = {OWN} OR activity_id = {}",
                        here.activity
                    ),
                    format!("DELETE FROM plan_line WHERE id = {OWN}"),
                ];
                set.extend(row(
                    "year_plan",
                    "id, org_id, year, created_at",
                    &format!("{OWN}, {}, 2099, {}", here.team, here.now),
                ));
                set.push(format!(
                    "INSERT INTO plan_line (id, plan_id, month, title, category, sessions, attendances, minutes)
                     VALUES ({OWN}, {OWN}, 3, '学雷锋', 'community', 1, 10, 600)"
                ));
                set.push(format!(
                    "UPDATE year_plan SET state = '{state}', submitted_at = {now}, decided_at = {now} WHERE id = {OWN}",
                    now = here.now
                ));
                if state == "approved" {
                    set.push(format!(
                        "INSERT INTO plan_activity (activity_id, line_id) VALUES ({}, {OWN})",
                        here.activity
                    ));
                }
                (OWN, set)
            },
            pages: &[("/plans/{id}", &["leader", "station"]), ("/plan-lines/{id}", &["leader"])],
        },
        Object {
            name: "invitation link",
            states: vec!["open", "used", "expired", "ended"],
            set: |here, state| {
                let mut set = session_in(here, "open");
                set.push(format!("UPDATE activity SET entry = 'invitation' WHERE id = {}", here.activity));
                let left = i64::from(state != "used");
                let until = here.now + if state == "expired" { -HOUR } else { DAY };
                let ended = if state == "ended" { here.now.to_string() } else { "NULL".to_owned() };
                set.extend(row(
                    "invitation_link",
                    "id, activity_id, uses_left, created_at, expires_at, ended_at",
                    &format!("{OWN}, {}, {left}, {}, {until}, {ended}", here.activity, here.now),
                ));
                (OWN, set)
            },
            pages: &[("/activities/{activity}/invitations", &["leader"])],
        },
    ]
}

fn of_sessions() -> Vec<Object> {
    use service::attendance::offline::LineState;
    vec![
        Object {
            name: "desk",
            states: vec!["running", "ended"],
            set: |here, state| {
                let mut set = session_in(here, "open");
                let ended = if state == "ended" { here.now.to_string() } else { "NULL".to_owned() };
                set.push(format!("DELETE FROM desk WHERE id = {OWN}"));
                set.push(format!(
                    "INSERT INTO desk (token_hash, id, session_id, started_by, started_at, expires_at, ended_at)
                     SELECT token_hash, {OWN}, {}, {}, {}, {}, {ended} FROM login_session
                     ORDER BY created_at, token_hash LIMIT 1",
                    here.session,
                    here.office,
                    here.now,
                    here.now + DAY
                ));
                (OWN, set)
            },
            pages: &[("/sessions/{session}/desks", &["leader"])],
        },
        Object {
            name: "line of a phone without a network",
            states: all(LineState::ALL, LineState::code),
            set: |here, state| {
                let mut set = place_in(here, "closed", "booked");
                set.push(format!(
                    "INSERT INTO roll_line (sign_up_id, session_id, state, why, in_applied, out_applied, absent_applied,
                        updated_at)
                     VALUES ({OWN}, {}, '{state}', '', FALSE, FALSE, FALSE, {})",
                    here.session, here.now
                ));
                (OWN, set)
            },
            pages: &[("/sessions/{session}/roll", &["leader"]), ("/sessions/{session}/offline", &["leader"])],
        },
        Object {
            name: "work without a place",
            states: vec!["ahead", "runs", "delivered", "handed in"],
            set: |here, state| {
                let mut set =
                    place_in(here, if state == "handed in" { "submitted" } else { "open" }, "booked");
                set.push(format!("DELETE FROM remote_delivery WHERE session_id = {}", here.session));
                set.push(format!("DELETE FROM remote WHERE activity_id = {}", here.activity));
                set.push(format!(
                    "INSERT INTO remote (activity_id, site, piece_minutes) VALUES ({}, 'home', 10)",
                    here.activity
                ));
                if matches!(state, "runs" | "delivered") {
                    let (from, to) = (here.now - HOUR, here.now + HOUR);
                    for (table, key) in [("session", "id"), ("sign_up", "session_id")] {
                        set.push(format!(
                            "UPDATE {table} SET starts_at = {from}, ends_at = {to} WHERE {key} = {}",
                            here.session
                        ));
                    }
                }
                if state == "delivered" {
                    set.push(format!(
                        "INSERT INTO remote_delivery (session_id, person_id, pieces, note, at) VALUES ({}, {}, 3, '围巾', {})",
                        here.session, here.volunteer, here.now
                    ));
                }
                (OWN, set)
            },
            pages: &[
                ("/sessions/{session}/remote", &["volunteer", "leader"]),
                ("/activities/{activity}", &["volunteer", "leader"]),
            ],
        },
    ]
}
