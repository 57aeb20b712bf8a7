//! Objects beside the main path: what waits for somebody's answer, what is entered from paper or from a file, and
//! what is seen afterwards.

use super::objects::{place_in, session_in};
use super::{DAY, HOUR, Here, OWN, Object, all, first};

/// Puts one row of a table in place of what an earlier state left there.
fn row(table: &str, key: &str, columns: &str, values: &str) -> Vec<String> {
    vec![
        format!("DELETE FROM {table} WHERE {key}"),
        format!("INSERT INTO {table} ({columns}) VALUES ({values})"),
    ]
}

/// A session of the leader's team that is ahead, in which the volunteer has no place.
fn without_place(here: &Here, session: &str) -> Vec<String> {
    let mut out = place_in(here, session, "cancelled");
    out.push(format!("DELETE FROM waiting WHERE id = {OWN}"));
    out.push(format!("DELETE FROM application WHERE id = {OWN}"));
    out.push(format!("DELETE FROM invitation WHERE id = {OWN}"));
    out
}

fn entry(here: &Here, entry: &str) -> String {
    format!("UPDATE activity SET entry = '{entry}' WHERE id = {}", here.activity)
}

pub fn objects() -> Vec<Object> {
    let mut all = of_sign_ups();
    all.extend(of_people());
    all.extend(of_offices());
    all.extend(of_service());
    all.extend(of_pictures());
    all.extend(of_units());
    all.extend(of_insurance());
    all.extend(of_agreements());
    all.extend(of_reviews());
    all.extend(of_spot_checks());
    all
}

fn of_reviews() -> Vec<Object> {
    use service::review::ReviewState;
    vec![Object {
        name: "review of an activity",
        states: all(ReviewState::ALL, ReviewState::code),
        set: |here, state| {
            let published = state == "approved";
            let mut set = session_in(here, if published { "open" } else { "draft" });
            if !published {
                set.push(format!("UPDATE activity SET state = 'draft' WHERE id = {}", here.activity));
            }
            let (reason, decided) = match state {
                "waiting" => ("NULL", "NULL".to_owned()),
                "returned" => ("'facts'", here.now.to_string()),
                _ => ("NULL", here.now.to_string()),
            };
            set.extend(row(
                "review",
                &format!("activity_id = {}", here.activity),
                "id, activity_id, state, words, submitted_at, due_on, reason, decided_at",
                &format!(
                    "{OWN}, {}, '{state}', '讲座', {}, {}, {reason}, {decided}",
                    here.activity,
                    here.now,
                    here.now / DAY + 2
                ),
            ));
            (OWN, set)
        },
        pages: &[("/reviews/{id}", &["station", "office"]), ("/activities/{activity}", &["leader"])],
    }]
}

fn of_spot_checks() -> Vec<Object> {
    use service::spot_check::CheckState;
    vec![Object {
        name: "spot check",
        states: all(CheckState::ALL, CheckState::code),
        set: |here, state| {
            let record = first(
                &here.city,
                format!("SELECT id FROM record WHERE team_id = {} ORDER BY id LIMIT 1", here.team),
            );
            let (how, at) = match state {
                "waiting" => ("NULL", "NULL".to_owned()),
                _ => ("'phone'", here.now.to_string()),
            };
            let mut set = vec![
                // Somebody else of the office had a part in it.
                format!("UPDATE record SET state = 'confirmed', decided_by = NULL WHERE id = {record}"),
                format!("DELETE FROM spot_check WHERE id = {OWN}"),
            ];
            set.extend(row(
                "spot_check",
                &format!("record_id = {record}"),
                "id, month_on, record_id, street_id, above_id, due_on, state, how, note, checked_at",
                &format!(
                    "{OWN}, (SELECT max(month_on) FROM spot_check_month), {record}, 0,
                        (SELECT min(id) FROM org WHERE kind = 'city'), {}, '{state}', {how}, '', {at}",
                    here.now / DAY + 5
                ),
            ));
            (OWN, set)
        },
        pages: &[("/spot-checks/{id}", &["office"])],
    }]
}

fn of_agreements() -> Vec<Object> {
    use service::agreement::AgreementState;
    vec![Object {
        name: "agreement",
        states: all(AgreementState::ALL, AgreementState::code),
        set: |here, state| {
            let mut set = place_in(here, "open", if state == "ended" { "cancelled" } else { "booked" });
            let key = format!("activity_id = {} AND person_id = {}", here.activity, here.volunteer);
            let signed = if state == "asked" { "NULL".to_owned() } else { here.now.to_string() };
            set.extend(row(
                "agreement",
                &key,
                "id, activity_id, person_id, state, wanted, created_at, text, hash, signed_at, signed_name",
                &format!(
                    "{OWN}, {}, {}, '{state}', TRUE, {}, '文本', 'aa', {signed}, '甲'",
                    here.activity, here.volunteer, here.now
                ),
            ));
            (OWN, set)
        },
        pages: &[
            ("/agreements/{id}", &["volunteer", "leader", "station", "office"]),
            ("/activities/{activity}/agreement", &["volunteer"]),
            ("/sessions/{session}/agreements", &["leader"]),
            ("/activities/{activity}/agreement-terms", &["leader"]),
        ],
    }]
}

fn of_insurance() -> Vec<Object> {
    use service::insurance::PolicyState;
    vec![Object {
        name: "insurance policy",
        states: all(PolicyState::ALL, PolicyState::code),
        set: |here, state| {
            let (from, until) = match state {
                "planned" => (10 * DAY, 20 * DAY),
                "ended" => (-20 * DAY, -10 * DAY),
                _ => (-10 * DAY, 10 * DAY),
            };
            let withdrawn = if state == "withdrawn" { here.now.to_string() } else { "NULL".to_owned() };
            let mut set = session_in(here, "open");
            set.push(format!("UPDATE activity SET hazard_level = 'some' WHERE id = {}", here.activity));
            set.push(format!("DELETE FROM activity_policy WHERE activity_id = {}", here.activity));
            set.extend(row(
                "policy",
                &format!("id = {OWN}"),
                "id, org_id, kind, insurer, number, covers, insured, starts_at, ends_at, created_at, withdrawn_at",
                &format!(
                    "{OWN}, {}, 'accident', '保险公司', 'A1', 'some', 'places', {}, {}, {}, {withdrawn}",
                    here.team,
                    here.now + from,
                    here.now + until,
                    here.now
                ),
            ));
            set.push(format!(
                "INSERT INTO activity_policy (activity_id, policy_id, chosen_at) VALUES ({}, {OWN}, {})",
                here.activity, here.now
            ));
            (OWN, set)
        },
        pages: &[
            ("/policies/{id}", &["leader", "station", "office"]),
            ("/activities/{activity}/insurance", &["leader", "station", "office"]),
            ("/sessions/{session}/insured", &["leader"]),
            ("/activities/{activity}", &["volunteer", "leader"]),
        ],
    }]
}

/// A unit member of the demo, in the community of its station.
fn unit(here: &Here) -> i64 {
    first(
        &here.city,
        format!("SELECT id FROM org WHERE kind = 'unit' AND area_parent = {} ORDER BY id LIMIT 1", here.desk),
    )
}

fn of_units() -> Vec<Object> {
    use service::unit::{ServeState, UnitState};
    vec![
        Object {
            name: "unit that joins",
            states: all(UnitState::ALL, UnitState::code),
            set: |here, state| {
                let unit = unit(here);
                let mut set = vec![format!(
                    "DELETE FROM unit_member WHERE unit_id = {unit} AND host_id IN ({}, {})",
                    here.team, here.desk
                )];
                for (id, host) in [(OWN, here.team), (OWN + 1, here.desk)] {
                    set.extend(row(
                        "unit_member",
                        &format!("id = {id}"),
                        "id, host_id, unit_id, name, contact_id, state, applied_at",
                        &format!("{id}, {host}, {unit}, '单位', {}, '{state}', {}", here.volunteer, here.now),
                    ));
                }
                (unit, set)
            },
            pages: &[
                ("/orgs/{team}/units", &["leader", "station", "office"]),
                ("/units/{id}", &["volunteer", "station", "office"]),
                ("/me/unit", &["volunteer"]),
            ],
        },
        Object {
            name: "new unit that joins",
            states: all(UnitState::ALL, UnitState::code),
            set: |here, state| {
                let known = if matches!(state, "member" | "left") {
                    unit(here).to_string()
                } else {
                    "NULL".to_owned()
                };
                let mut set = vec![format!("DELETE FROM unit_member WHERE host_id = {}", here.team)];
                set.extend(row(
                    "unit_member",
                    &format!("id = {OWN}"),
                    "id, host_id, unit_id, name, contact_id, state, applied_at",
                    &format!(
                        "{OWN}, {}, {known}, '新单位', {}, '{state}', {}",
                        here.team, here.volunteer, here.now
                    ),
                ));
                (OWN, set)
            },
            pages: &[("/orgs/{team}/units", &["leader", "station", "office"]), ("/me/unit", &["volunteer"])],
        },
        Object {
            name: "serving in a unit's name",
            states: all(ServeState::ALL, ServeState::code),
            set: |here, state| {
                let unit = unit(here);
                let mut set = vec![format!("DELETE FROM unit_service WHERE person_id = {}", here.volunteer)];
                set.extend(row(
                    "unit_service",
                    &format!("id = {OWN}"),
                    "id, unit_id, person_id, state, from_on, asked_at",
                    &format!(
                        "{OWN}, {unit}, {}, '{state}', {}, {}",
                        here.volunteer,
                        here.now / DAY,
                        here.now
                    ),
                ));
                (unit, set)
            },
            pages: &[("/me/unit", &["volunteer"]), ("/units/{id}", &["volunteer", "station", "office"])],
        },
    ]
}

fn of_sign_ups() -> Vec<Object> {
    use service::sign_up::entry::{ApplicationState, InviteState};
    use service::sign_up::waiting::WaitState;
    vec![
        Object {
            name: "waiting list",
            states: all(WaitState::ALL, WaitState::code),
            set: |here, state| {
                let mut set = without_place(here, if state == "over" { "cancelled" } else { "open" });
                set.extend(row(
                    "waiting",
                    &format!("id = {OWN}"),
                    "id, session_id, person_id, team_id, state, created_at, offered_at, respond_by",
                    &format!(
                        "{OWN}, {}, {}, {}, '{state}', {now}, {now}, {}",
                        here.session,
                        here.volunteer,
                        here.team,
                        here.now + 2 * HOUR,
                        now = here.now
                    ),
                ));
                (OWN, set)
            },
            pages: &[
                ("/activities/{activity}", &["volunteer", "leader"]),
                ("/sessions/{session}/sign-ups", &["leader"]),
            ],
        },
        Object {
            name: "application",
            states: all(ApplicationState::ALL, ApplicationState::code),
            set: |here, state| {
                let mut set = without_place(here, if state == "over" { "cancelled" } else { "open" });
                set.push(entry(here, "approval"));
                set.extend(row(
                    "application",
                    &format!("id = {OWN}"),
                    "id, session_id, person_id, team_id, state, created_at",
                    &format!(
                        "{OWN}, {}, {}, {}, '{state}', {}",
                        here.session, here.volunteer, here.team, here.now
                    ),
                ));
                (OWN, set)
            },
            pages: &[
                ("/activities/{activity}", &["volunteer", "leader"]),
                ("/sessions/{session}/sign-ups", &["leader"]),
            ],
        },
        Object {
            name: "invitation",
            states: all(InviteState::ALL, InviteState::code),
            set: |here, state| {
                let mut set = without_place(here, "open");
                set.push(entry(here, "invitation"));
                set.extend(row(
                    "invitation",
                    &format!("id = {OWN}"),
                    "id, activity_id, person_id, state, created_at, expires_at",
                    &format!(
                        "{OWN}, {}, {}, '{state}', {}, {}",
                        here.activity,
                        here.volunteer,
                        here.now,
                        here.now + 7 * DAY
                    ),
                ));
                (OWN, set)
            },
            pages: &[
                ("/activities/{activity}", &["volunteer", "leader"]),
                ("/activities/{activity}/invitations", &["leader"]),
            ],
        },
    ]
}

fn of_people() -> Vec<Object> {
    use people::guardian::GuardState;
    use people::org::MemberState;
    use people::transfer::TransferState;
    vec![
        Object {
            name: "membership",
            states: all(MemberState::ALL, MemberState::code),
            set: |here, state| {
                let set = row(
                    "member",
                    &format!("org_id = {} AND person_id = {}", here.team, here.volunteer),
                    "id, org_id, person_id, state, joined_on",
                    &format!("{OWN}, {}, {}, '{state}', {}", here.team, here.volunteer, here.now / DAY),
                );
                (here.team, set)
            },
            pages: &[("/teams/{team}", &["volunteer", "leader"])],
        },
        Object {
            name: "transfer",
            states: all(TransferState::ALL, TransferState::code),
            set: |here, state| {
                let from = first(
                    &here.city,
                    format!(
                        "SELECT id FROM org WHERE kind = 'team' AND id <> {} ORDER BY id LIMIT 1",
                        here.team
                    ),
                );
                let set = row(
                    "team_transfer",
                    &format!("id = {OWN}"),
                    "id, person_id, from_org, to_org, state, requested_at, due_on",
                    &format!(
                        "{OWN}, {}, {from}, {}, '{state}', {}, {}",
                        here.volunteer,
                        here.team,
                        here.now,
                        here.now / DAY + 5
                    ),
                );
                (OWN, set)
            },
            pages: &[("/teams/{team}/transfer", &["volunteer"]), ("/teams/{team}/transfers", &["leader"])],
        },
        Object {
            name: "guardianship",
            states: all(GuardState::ALL, GuardState::code),
            set: |here, state| {
                let kept = match state {
                    "lapsed" | "ended" => "",
                    other => other,
                };
                let child = here.child;
                let mut set = row(
                    "guardian",
                    &format!("minor_id = {child}"),
                    "id, minor_id, guardian_id, name, relation, phone_enc, phone_index, state, asked_at, respond_by, until_on",
                    &format!(
                        "{OWN}, {child}, {}, '石秀兰', 'mother',
                         (SELECT phone_enc FROM guardian WHERE minor_id <> {child} ORDER BY id LIMIT 1),
                         (SELECT phone_index FROM guardian WHERE minor_id <> {child} ORDER BY id LIMIT 1),
                         '{state}', {}, {}, {}",
                        here.parent,
                        here.now,
                        here.now + 3 * DAY,
                        here.now / DAY + 1500
                    ),
                );
                set.push(format!(
                    "UPDATE person SET birth_on = {}, guard = '{kept}' WHERE id = {child}",
                    here.now / DAY - 5000
                ));
                (child, set)
            },
            pages: &[
                ("/me/guardian", &["minor"]),
                ("/people/{id}", &["office"]),
                ("/family/{id}", &["guardian"]),
            ],
        },
    ]
}

fn of_offices() -> Vec<Object> {
    use people::account::export::RequestState;
    use people::duplicate::{MergeState, PairState};
    use people::import::ImportState;
    vec![
        Object {
            name: "roster import",
            states: all(ImportState::ALL, ImportState::code),
            set: |here, state| {
                let set = row(
                    "roster_import",
                    &format!("id = {OWN}"),
                    "id, account_id, org_id, file_name, file_hash, file_path, state, created_at, rows_all, rows_refused",
                    &format!(
                        "{OWN}, {}, {}, '名册.csv', x'00', 'nosuch', '{state}', {}, 10, 2",
                        here.office, here.desk, here.now
                    ),
                );
                (OWN, set)
            },
            pages: &[("/import/{id}", &["office"])],
        },
        Object {
            name: "export that needs approval",
            states: all(RequestState::ALL, RequestState::code),
            set: |here, state| {
                let set = row(
                    "export_request",
                    &format!("id = {OWN}"),
                    "id, account_id, target, title, row_count, state, created_at, expires_at",
                    &format!(
                        "{OWN}, {}, '/people?format=xlsx', '志愿者', 20000, '{state}', {}, {}",
                        here.office,
                        here.now,
                        here.now + DAY
                    ),
                );
                (OWN, set)
            },
            pages: &[("/exports/{id}", &["office"])],
        },
        Object {
            name: "pair of registrations",
            states: all(PairState::ALL, PairState::code),
            set: |here, state| {
                let (low, high) = pair(here);
                let set = row(
                    "duplicate_pair",
                    &format!("low_id = {low} AND high_id = {high}"),
                    "low_id, high_id, low_home, high_home, reasons, score, state, found_at",
                    &format!(
                        "{low}, {high}, {desk}, {desk}, 'same_birth', 5, '{state}', {}",
                        here.now,
                        desk = here.desk
                    ),
                );
                (low, set)
            },
            pages: &[
                ("/people/duplicates/{pair}", &["station", "office"]),
                ("/people/duplicates", &["station"]),
            ],
        },
        Object {
            name: "merge of registrations",
            states: all(MergeState::ALL, MergeState::code),
            set: |here, state| {
                let (low, high) = pair(here);
                let set = row(
                    "person_merge",
                    &format!("id = {OWN}"),
                    "id, kept_id, gone_id, state, note, by_account, at, undo_until",
                    &format!(
                        "{OWN}, {low}, {high}, '{state}', '同一人', {}, {}, {}",
                        here.office,
                        here.now,
                        here.now + 20 * DAY
                    ),
                );
                (OWN, set)
            },
            pages: &[("/merges/{id}", &["office"])],
        },
    ]
}

/// Two people of the station's community, the lower id first.
pub fn pair(here: &Here) -> (i64, i64) {
    let nth = |n: i64| {
        let text = format!(
            "SELECT id FROM person WHERE home_org = {} AND id <> {} AND state = 'active' ORDER BY id LIMIT 1 OFFSET {n}",
            here.desk, here.volunteer
        );
        first(&here.city, text)
    };
    (nth(3), nth(4))
}

fn of_service() -> Vec<Object> {
    use service::attendance::paper::SheetState;
    use service::co_organiser::CoState;
    use service::plan::series_store::SeriesState;
    use service::record::back_fill::FillState;
    vec![
        Object {
            name: "series",
            states: all(SeriesState::ALL, SeriesState::code),
            set: |here, state| {
                let mut set = session_in(here, "open");
                let day = here.now / DAY;
                set.extend(row(
                    "series",
                    &format!("id = {OWN}"),
                    "id, activity_id, rule, from_on, until_on, skip_holidays, skip_workdays, start_minute, end_minute,
                     quota, close_hours, break_minutes, posts, state, created_at",
                    &format!(
                        "{OWN}, {}, 'FREQ=WEEKLY', {day}, {}, FALSE, FALSE, 540, 660, 20, 1, 0, '', '{state}', {}",
                        here.activity,
                        day + 60,
                        here.now
                    ),
                ));
                (OWN, set)
            },
            pages: &[("/series/{id}", &["leader"])],
        },
        Object {
            name: "hours added later",
            states: all(FillState::ALL, FillState::code),
            set: |here, state| {
                let mut set = session_in(here, "recorded");
                let (from, to) = (here.now - DAY, here.now - DAY + HOUR);
                set.extend(row(
                    "back_fill",
                    &format!("id = {OWN}"),
                    "id, session_id, person_id, start_at, end_at, reason, evidence, state, asked_by, asked_at",
                    &format!(
                        "{OWN}, {}, {}, {from}, {to}, '手机没电', '照片', '{state}', {}, {}",
                        here.session, here.volunteer, here.office, here.now
                    ),
                ));
                (OWN, set)
            },
            pages: &[("/back-fills", &["station", "office"]), ("/sessions/{session}/back-fill", &["leader"])],
        },
        Object {
            name: "paper sheet",
            states: all(SheetState::ALL, SheetState::code),
            set: |here, state| {
                let mut set = session_in(here, "closed");
                set.extend(row(
                    "sheet",
                    &format!("id = {OWN}"),
                    "id, session_id, batch, no, state, printed_at, printed_by",
                    &format!(
                        "{OWN}, {}, {OWN}, {OWN}, '{state}', {}, {}",
                        here.session,
                        here.now - 2 * DAY,
                        here.office
                    ),
                ));
                (OWN, set)
            },
            pages: &[("/sheets/{id}", &["leader", "office"]), ("/sessions/{session}/sheets", &["leader"])],
        },
        Object {
            name: "trip",
            states: vec!["planned", "assembly", "arrival", "return", "back"],
            set: |here, state| {
                let mut set = vec![];
                for table in ["trip_count", "trip_seen", "trip_role", "trip"] {
                    set.push(format!("DELETE FROM {table} WHERE session_id = {}", here.session));
                }
                set.extend(place_in(here, if state == "planned" { "open" } else { "closed" }, "booked"));
                set.push(format!(
                    "INSERT INTO trip (session_id, meet_at, meet_place, return_at, all_back_at) VALUES ({}, {}, '东门', {}, {})",
                    here.session,
                    here.now - HOUR,
                    here.now + 3 * HOUR,
                    if state == "back" { here.now.to_string() } else { "NULL".to_owned() }
                ));
                for stage in ["assembly", "arrival", "return"] {
                    if state == "planned" {
                        break;
                    }
                    set.push(format!(
                        "INSERT INTO trip_count (session_id, stage, heads, at, account_id) VALUES ({}, '{stage}', 1, {}, {})",
                        here.session, here.now, here.office
                    ));
                    if stage == state {
                        break;
                    }
                }
                (here.session, set)
            },
            pages: &[("/sessions/{session}/trip", &["leader"]), ("/activities/{activity}", &["volunteer"])],
        },
        Object {
            name: "session group",
            // Before it, with somebody else as leader or nobody; led while it runs and before; the leader gone; over.
            states: vec!["none", "member", "leads", "running", "leaderless", "over"],
            set: |here, state| {
                let mut set = vec![
                    format!(
                        "DELETE FROM session_group_member WHERE group_id IN
                            (SELECT id FROM session_group WHERE session_id = {})",
                        here.session
                    ),
                    format!("DELETE FROM session_group WHERE session_id = {}", here.session),
                ];
                let session = if state == "over" { "submitted" } else { "open" };
                set.extend(place_in(
                    here,
                    session,
                    if state == "leaderless" { "cancelled" } else { "booked" },
                ));
                if state == "none" {
                    return (OWN, set);
                }
                let leader = if state == "member" { "NULL".to_owned() } else { OWN.to_string() };
                set.push(format!(
                    "INSERT INTO session_group (id, session_id, no, leader_id) VALUES ({OWN}, {}, 1, {leader})",
                    here.session
                ));
                set.push(format!(
                    "INSERT INTO session_group_member (sign_up_id, group_id) VALUES ({OWN}, {OWN})"
                ));
                if state == "running" {
                    set.push(format!(
                        "UPDATE session SET starts_at = {}, ends_at = {} WHERE id = {}",
                        here.now - HOUR,
                        here.now + HOUR,
                        here.session
                    ));
                }
                (OWN, set)
            },
            pages: &[
                ("/sessions/{session}/groups", &["leader"]),
                ("/session-groups/{id}", &["leader"]),
                ("/sessions/{session}/group", &["volunteer"]),
            ],
        },
        Object {
            name: "co-organiser",
            states: all(CoState::ALL, CoState::code),
            set: |here, state| {
                let other = first(
                    &here.city,
                    format!(
                        "SELECT id FROM org WHERE kind = 'team' AND id <> {} ORDER BY id LIMIT 1",
                        here.team
                    ),
                );
                let mut set = session_in(here, "open");
                set.extend(row(
                    "co_organiser",
                    &format!("activity_id = {} AND org_id = {other}", here.activity),
                    "activity_id, org_id, state, asked_at, asked_by",
                    &format!("{}, {other}, '{state}', {}, {}", here.activity, here.now, here.office),
                ));
                (here.activity, set)
            },
            pages: &[
                ("/activities/{activity}/co-organisers", &["leader", "office"]),
                ("/activities/{activity}", &["volunteer"]),
            ],
        },
    ]
}

fn of_pictures() -> Vec<Object> {
    use service::photo::{AskState, PhotoState};
    use service::story::ReflectionState;
    vec![
        Object {
            name: "reflection",
            states: all(ReflectionState::ALL, ReflectionState::code),
            set: |here, state| {
                let mut set = place_in(here, "recorded", "attended");
                set.extend(row(
                    "reflection",
                    &format!("id = {OWN}"),
                    "id, session_id, activity_id, person_id, text, named, state, created_at, changed_at",
                    &format!(
                        "{OWN}, {}, {}, {}, '很有收获', TRUE, '{state}', {now}, {now}",
                        here.session,
                        here.activity,
                        here.volunteer,
                        now = here.now
                    ),
                ));
                (OWN, set)
            },
            pages: &[("/sessions/{session}/reflection", &["volunteer"]), ("/reflections", &["leader"])],
        },
        Object {
            name: "photo",
            states: all(PhotoState::ALL, PhotoState::code),
            set: |here, state| (OWN, photo(here, state)),
            pages: &[("/photos/{id}", &["leader", "office"]), ("/sessions/{session}/photos", &["leader"])],
        },
        Object {
            name: "wish to take a photo down",
            states: all(AskState::ALL, AskState::code),
            set: |here, state| {
                let mut set = photo(
                    here,
                    match state {
                        "open" => "asked",
                        "agreed" => "down",
                        _ => "fit",
                    },
                );
                set.push(format!(
                    "INSERT INTO photo_request (id, photo_id, person_id, state, created_at)
                     VALUES ({OWN}, {OWN}, {}, '{state}', {})",
                    here.volunteer, here.now
                ));
                (OWN, set)
            },
            pages: &[("/photos/{id}", &["leader", "volunteer"])],
        },
    ]
}

fn photo(here: &Here, state: &str) -> Vec<String> {
    let mut set = vec![format!("DELETE FROM photo_request WHERE photo_id = {OWN}")];
    set.extend(place_in(here, "recorded", "attended"));
    set.extend(row(
        "photo",
        &format!("id = {OWN}"),
        "id, session_id, activity_id, person_id, account_id, display, thumb, hash, width, height, place_no, state,
         state_at, created_at",
        &format!(
            "{OWN}, {}, {}, {}, {}, 'nosuch', 'nosuch', x'00', 100, 100, {OWN}, '{state}', {now}, {now}",
            here.session,
            here.activity,
            here.volunteer,
            here.office,
            now = here.now
        ),
    ));
    set
}
