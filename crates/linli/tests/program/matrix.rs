//! Every route × every role against the committed table `tests/matrix.txt`: who gets an answer, who is told
//! no, who is told that there is nothing. Routes are read from the sources, so that a new one cannot be
//! forgotten. After a change that is meant, write the table anew with `LINLI_MATRIX=write` and read the
//! difference before it is committed.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use db::{Query, WriteTx, args, sql};
use kernel::{AccountId, Actor, Clock as _, Error, Grant, OrgId, PersonId, Role, SystemClock};
use people::account;

use serde_json::Value;

use crate::common::{City, csrf};
use crate::sample;

/// The columns. "elsewhere" is station staff of another community, "contact" who speaks for a unit, "peer" the leader of
/// another team, "street" the staff of another street.
const WHO: [&str; 12] = [
    "nobody",
    "volunteer",
    "contact",
    "elsewhere",
    "peer",
    "street",
    "system",
    "security",
    "audit",
    "leader",
    "office",
    "station",
];
/// Ids of rows that this test adds; the next one is for what takes its row away.
const OWN: i64 = 77;

fn table() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/matrix.txt")
}

pub fn sources(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, out);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            out.push(path);
        }
    }
}

/// Method and path of every `.route("…", get(…).post(…))` of the rooms, and every operation of the API.
fn routes() -> Vec<(String, String)> {
    let crates = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut files = Vec::new();
    for entry in std::fs::read_dir(crates).unwrap() {
        let source = entry.unwrap().path().join("src");
        if source.is_dir() && !["loadgen", "ui"].iter().any(|name| source.parent().unwrap().ends_with(name)) {
            sources(&source, &mut files);
        }
    }
    let mut out = Vec::new();
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        for part in text.split(".route(").skip(1) {
            let Some(rest) = part.trim_start().strip_prefix('"') else { continue };
            let (path, rest) = rest.split_once('"').unwrap();
            assert!(
                !path.starts_with("/api/v1"),
                "{path}: operations are declared by ui::api, with their description"
            );
            let mut depth = 1;
            let end = rest
                .char_indices()
                .find(|(_, c)| {
                    depth += match c {
                        '(' => 1,
                        ')' => -1,
                        _ => 0,
                    };
                    depth == 0
                })
                .map_or(rest.len(), |(at, _)| at);
            for method in ["get", "post", "put", "patch", "delete"] {
                let named = rest[..end]
                    .match_indices(&format!("{method}("))
                    .any(|(at, _)| !rest[..at].ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_'));
                if named {
                    out.push((method.to_uppercase(), path.to_owned()));
                }
            }
        }
    }
    let operations = ui::api::describe::operations(&linli::rooms::all());
    out.extend(operations.into_iter().map(|(method, path)| (method, path.to_owned())));
    out.sort();
    out.dedup();
    assert!(out.len() > 120, "only {} routes were found", out.len());
    out
}

/// What stands for the parameters of a path: objects of the demo's leader and station.
struct Samples(BTreeMap<&'static str, i64>);

impl Samples {
    fn find(city: &City) -> Self {
        let leader = city.logins.iter().find(|one| one.login == "demo-leader").unwrap().account;
        let station = city.logins.iter().find(|one| one.login == "demo-station").unwrap().account;
        let first = |text: String| {
            let text: &'static str = Box::leak(text.into_boxed_str());
            let found: Vec<(i64,)> =
                city.app.db.read_blocking(move |tx| Ok::<_, Error>(tx.list(&Query::new(text))?)).unwrap();
            found.first().map_or(0, |(id,)| *id)
        };
        let account = |name: &str| city.logins.iter().find(|one| one.login == name).unwrap().account.0;
        let volunteer =
            first(format!("SELECT person_id FROM account WHERE id = {}", account("demo-volunteer")));
        let team = first(format!("SELECT org_id FROM role_grant WHERE account_id = {leader}"));
        let desk = first(format!("SELECT org_id FROM role_grant WHERE account_id = {station}"));
        let activity = first(format!(
            "SELECT a.id FROM activity a WHERE a.org_id = {team} AND a.state = 'published' ORDER BY a.id LIMIT 1"
        ));
        let session = first(format!(
            "SELECT id FROM session WHERE activity_id = {activity} ORDER BY starts_at, id LIMIT 1"
        ));
        // In the station's community, and open: one of the pairs was merged before.
        let double = |column: &str| {
            format!(
                "SELECT {column} FROM duplicate_pair WHERE state = 'open' ORDER BY score DESC, low_id, high_id LIMIT 1"
            )
        };
        let all = [
            ("team", team),
            ("org", desk),
            ("activity", activity),
            ("session", session),
            ("member", first(format!("SELECT id FROM member WHERE org_id = {team} ORDER BY id LIMIT 1"))),
            ("post", first(format!("SELECT id FROM org_post WHERE org_id = {team} ORDER BY id LIMIT 1"))),
            (
                "sign-up",
                first(format!("SELECT id FROM sign_up WHERE session_id = {session} ORDER BY id LIMIT 1")),
            ),
            (
                "spare-group",
                first(format!(
                    "SELECT g.id FROM session_group g JOIN session s ON s.id = g.session_id JOIN activity a
                        ON a.id = s.activity_id WHERE a.org_id = {team} ORDER BY g.id DESC LIMIT 1"
                )),
            ),
            (
                "session-group",
                first(format!(
                    "SELECT g.id FROM session_group g JOIN session s ON s.id = g.session_id JOIN activity a
                        ON a.id = s.activity_id WHERE a.org_id = {team} ORDER BY g.id LIMIT 1"
                )),
            ),
            ("record", first(format!("SELECT id FROM record WHERE team_id = {team} ORDER BY id LIMIT 1"))),
            ("alliance", first("SELECT id FROM alliance ORDER BY id LIMIT 1".to_owned())),
            ("alliance-member", first("SELECT id FROM alliance_member ORDER BY id LIMIT 1".to_owned())),
            ("partner", first("SELECT id FROM partner ORDER BY id LIMIT 1".to_owned())),
            (
                "checked",
                first(format!("SELECT id FROM record WHERE team_id = {team} ORDER BY id DESC LIMIT 1")),
            ),
            (
                "person",
                first(format!(
                    "SELECT p.id FROM person p JOIN org o ON o.id = p.home_org JOIN org d ON d.id = {desk}
                     WHERE p.state = 'active' AND o.area_path LIKE d.area_path || '%' ORDER BY p.id LIMIT 1"
                )),
            ),
            ("dispute", first("SELECT id FROM not_me ORDER BY id LIMIT 1".to_owned())),
            (
                "application",
                first(format!(
                    "SELECT q.id FROM application q JOIN session s ON s.id = q.session_id JOIN activity a ON a.id = s.activity_id
                     WHERE a.org_id = {team} ORDER BY q.id LIMIT 1"
                )),
            ),
            (
                "invitation",
                first(format!(
                    "SELECT i.id FROM invitation i JOIN activity a ON a.id = i.activity_id WHERE a.org_id = {team}
                     ORDER BY i.id LIMIT 1"
                )),
            ),
            ("back-fill", first("SELECT id FROM back_fill ORDER BY id LIMIT 1".to_owned())),
            ("sheet", first("SELECT id FROM sheet ORDER BY id LIMIT 1".to_owned())),
            ("hand-over", first("SELECT id FROM hand_over ORDER BY id LIMIT 1".to_owned())),
            ("absence", first("SELECT sign_up_id FROM absence ORDER BY sign_up_id LIMIT 1".to_owned())),
            ("past", first("SELECT id FROM past_batch ORDER BY id LIMIT 1".to_owned())),
            (
                "photo",
                first(format!(
                    "SELECT p.id FROM photo p JOIN activity a ON a.id = p.activity_id WHERE a.org_id = {team}
                        AND p.state = 'new' ORDER BY p.id LIMIT 1"
                )),
            ),
            (
                "reflection",
                first(format!(
                    "SELECT r.id FROM reflection r JOIN activity a ON a.id = r.activity_id WHERE a.org_id = {team}
                        AND r.state = 'waiting' ORDER BY r.id LIMIT 1"
                )),
            ),
            // One that the city organises and the leader's team takes part in.
            (
                "campaign",
                first(format!(
                    "SELECT campaign_id FROM campaign_item WHERE org_id = {team} ORDER BY id LIMIT 1"
                )),
            ),
            (
                "campaign-item",
                first(format!("SELECT id FROM campaign_item WHERE org_id = {team} ORDER BY id LIMIT 1")),
            ),
            (
                "campaign-phase",
                first(format!(
                    "SELECT p.id FROM campaign_phase p WHERE p.campaign_id = (SELECT min(i.campaign_id)
                        FROM campaign_item i WHERE i.org_id = {team}) ORDER BY p.id LIMIT 1"
                )),
            ),
            (
                "campaign-line",
                first(format!(
                    "SELECT l.id FROM campaign_line l WHERE l.campaign_id = (SELECT min(i.campaign_id)
                        FROM campaign_item i WHERE i.org_id = {team}) ORDER BY l.id LIMIT 1"
                )),
            ),
            (
                "deliverable",
                first(format!(
                    "SELECT d.id FROM campaign_deliverable d WHERE d.campaign_id = (SELECT min(i.campaign_id)
                        FROM campaign_item i WHERE i.org_id = {team}) ORDER BY d.id LIMIT 1"
                )),
            ),
            ("policy", first(format!("SELECT id FROM policy WHERE org_id = {team} ORDER BY id LIMIT 1"))),
            ("message", first("SELECT id FROM message ORDER BY id LIMIT 1".to_owned())),
            ("double", first(double("low_id"))),
            ("other", first(double("high_id"))),
            ("unit", first(format!("SELECT id FROM org WHERE kind = 'unit' AND area_parent = {desk} ORDER BY id LIMIT 1"))),
            ("target", first("SELECT id FROM target ORDER BY id LIMIT 1".to_owned())),
            // Kept by the city's office.
            ("body", first("SELECT id FROM body ORDER BY id LIMIT 1".to_owned())),
            ("seat", first("SELECT id FROM body_seat ORDER BY id DESC LIMIT 1".to_owned())),
            ("site", first(format!("SELECT id FROM site WHERE area_id = {desk} ORDER BY id LIMIT 1"))),
            ("base", first("SELECT id FROM base ORDER BY id LIMIT 1".to_owned())),
            ("report", first("SELECT id FROM report_in WHERE state = 'listed' ORDER BY id LIMIT 1".to_owned())),
            ("place", first(format!(
                "SELECT id FROM report_place WHERE state = 'asked' AND community_id = {desk} ORDER BY id LIMIT 1"
            ))),
            (
                "unit-member",
                first(format!(
                    "SELECT id FROM unit_member WHERE host_id = {desk} AND state = 'applied' ORDER BY id LIMIT 1"
                )),
            ),
            (
                "unit-service",
                first(format!(
                    "SELECT s.id FROM unit_service s WHERE s.state = 'asked' AND s.unit_id = (SELECT min(o.id) FROM org o
                        WHERE o.kind = 'unit' AND o.area_parent = {desk}) ORDER BY s.id LIMIT 1"
                )),
            ),
            // One that waits in the station's community, for staff; and a training of the leader's team.
            (
                "qualification",
                first(format!(
                    "SELECT q.id FROM qualification q JOIN person p ON p.id = q.person_id WHERE p.home_org = {desk}
                        AND q.state = 'handed_in' ORDER BY q.id LIMIT 1"
                )),
            ),
            // One that waits in the station's community.
            (
                "rights",
                first(format!(
                    "SELECT r.id FROM rights_request r JOIN person p ON p.id = r.person_id WHERE p.home_org = {desk}
                        AND r.state = 'open' ORDER BY r.id LIMIT 1"
                )),
            ),
            // One that waits to be handed out in the station's community.
            (
                "card",
                first(format!(
                    "SELECT c.id FROM member_card c JOIN person p ON p.id = c.person_id WHERE p.home_org = {desk}
                        AND c.state = 'printed' ORDER BY c.id LIMIT 1"
                )),
            ),
            (
                "training",
                first(format!("SELECT id FROM training WHERE team_id = {team} ORDER BY id LIMIT 1")),
            ),
            ("merge", first("SELECT id FROM person_merge ORDER BY id LIMIT 1".to_owned())),
            ("volunteer", volunteer),
            ("token-owner", account("demo-volunteer")),
            ("office", account("demo-office")),
            ("parent", first(format!("SELECT area_parent FROM org WHERE id = {desk}"))),
            ("child", first("SELECT minor_id FROM guardian WHERE state = 'given' ORDER BY id LIMIT 1".to_owned())),
            (
                "own-record",
                first(format!(
                    "SELECT id FROM record WHERE person_id = {volunteer} AND state = 'confirmed' ORDER BY id LIMIT 1"
                )),
            ),
            (
                "own-sign-up",
                first(format!(
                    "SELECT id FROM sign_up WHERE person_id = {volunteer} AND state = 'booked'
                     ORDER BY starts_at DESC, id LIMIT 1"
                )),
            ),
            ("webhook", first("SELECT id FROM webhook ORDER BY id LIMIT 1".to_owned())),
            ("spare-webhook", first("SELECT id FROM webhook ORDER BY id DESC LIMIT 1".to_owned())),
            ("other-webhook", first("SELECT id FROM webhook WHERE name = '丙'".to_owned())),
        ];
        Self(all.into_iter().collect())
    }

    /// Rows that the demo does not have, or that the one before may have changed: they are as new for each column.
    fn renew(&self, city: &City) {
        let id = |name: &str| self.0.get(name).copied().unwrap();
        let (spare, now) = (OWN + 1, SystemClock.now().0);
        let day = now / 86_400_000;
        let (session, activity, team, volunteer) =
            (id("session"), id("activity"), id("team"), id("volunteer"));
        let mut set: Vec<String> = Vec::new();
        for (table, key) in [
            ("plan_activity", "line_id"),
            ("plan_line", "id"),
            ("year_plan", "id"),
            ("series_date", "series_id"),
            ("series", "id"),
            ("activity_template", "id"),
            ("api_token", "id"),
            ("invitation_link", "id"),
            ("export_request", "id"),
            ("roster_import", "id"),
            ("team_transfer", "id"),
            ("proof", "id"),
            ("reserve", "id"),
            ("report_place", "report_id"),
            ("report_identity", "report_id"),
        ] {
            // The third is what the API takes away.
            set.push(format!("DELETE FROM {table} WHERE {key} IN ({OWN}, {spare}, {})", OWN + 2));
        }
        for table in ["trip_count", "trip_seen", "trip_role", "trip"] {
            set.push(format!("DELETE FROM {table} WHERE session_id = {session}"));
        }
        for table in ["waiting", "application"] {
            set.push(format!("DELETE FROM {table} WHERE session_id = {session} AND person_id = {volunteer}"));
        }
        set.push(format!(
            "INSERT INTO year_plan (id, org_id, year, created_at) VALUES ({OWN}, {team}, 2099, {now})"
        ));
        set.push(format!(
            "INSERT INTO proof (id, session_id, display, thumb, hash, width, height, account_id, at)
             SELECT {OWN}, session_id, display, thumb, hash, width, height, (SELECT min(id) FROM account), {now} FROM photo
             WHERE id = {}",
            id("photo")
        ));
        for own in [OWN, spare, OWN + 2] {
            set.push(format!(
                "INSERT INTO reserve (id, session_id, places, until_at, account_id, at)
                 VALUES ({own}, {session}, 1, {now}, (SELECT min(id) FROM account), {now})"
            ));
        }
        for own in [OWN, spare, OWN + 2] {
            set.push(format!(
                "INSERT INTO plan_line (id, plan_id, month, title, category, sessions, attendances, minutes)
                 VALUES ({own}, {OWN}, 3, '学雷锋', 'community', 1, 10, 600)"
            ));
        }
        set.push(format!(
            "INSERT INTO series (id, activity_id, rule, from_on, until_on, skip_holidays, skip_workdays, start_minute,
                end_minute, quota, close_hours, break_minutes, posts, state, created_at)
             VALUES ({OWN}, {activity}, 'FREQ=WEEKLY', {day}, {}, FALSE, FALSE, 540, 660, 20, 1, 0, '', 'running', {now})",
            day + 60
        ));
        for own in [OWN, OWN + 2] {
            set.push(format!(
                "INSERT INTO activity_template (id, org_id, name, fields, created_at)
                 VALUES ({own}, {team}, '矩阵{own}', '[]', {now})"
            ));
        }
        // Bytes that are there already: a literal would be written differently on each database.
        set.push(format!(
            "INSERT INTO api_token (id, account_id, token_hash, name, with_roles, created_at, expires_at)
             SELECT {OWN}, {}, token_hash, '令牌', FALSE, {now}, {} FROM login_session ORDER BY created_at, token_hash LIMIT 1",
            id("token-owner"),
            now + 86_400_000
        ));
        set.push(format!(
            "INSERT INTO invitation_link (id, activity_id, uses_left, created_at, expires_at)
             VALUES ({OWN}, {activity}, 5, {now}, {})",
            now + 86_400_000
        ));
        for own in [OWN, spare] {
            set.push(format!(
                "INSERT INTO export_request (id, account_id, target, title, row_count, state, created_at, expires_at)
                 VALUES ({own}, {}, '/people?format=xlsx', '志愿者', 20000, 'asked', {now}, {})",
                id("office"),
                now + 86_400_000
            ));
        }
        set.push(format!(
            "INSERT INTO roster_import (id, account_id, org_id, file_name, file_hash, file_path, state, created_at)
             SELECT {OWN}, {}, {}, 'a.csv', token_hash, 'nosuch', 'cancelled', {now} FROM login_session
             ORDER BY created_at, token_hash LIMIT 1",
            id("office"),
            id("org")
        ));
        set.push(format!(
            "INSERT INTO team_transfer (id, person_id, from_org, to_org, state, requested_at, due_on)
             SELECT {OWN}, {volunteer}, {team}, min(id), 'requested', {now}, {} FROM org WHERE kind = 'team' AND id <> {team}",
            day + 5
        ));
        for what in ["place", "identity"] {
            set.push(format!(
                "DELETE FROM report_{what} WHERE report_id IN (SELECT id FROM report_in WHERE person_id = {volunteer})"
            ));
        }
        set.push(format!("DELETE FROM report_in WHERE person_id = {volunteer} OR id IN ({OWN}, {spare})"));
        for (own, person) in [(OWN, volunteer.to_string()), (spare, "NULL".to_owned())] {
            set.push(format!(
                "INSERT INTO report_in (id, unit_id, name, person_id, state, listed_at)
                 VALUES ({own}, {}, '石秀兰', {person}, 'listed', {now})",
                id("unit")
            ));
        }
        set.push(format!("DELETE FROM qualification WHERE id = {OWN}"));
        set.push(format!(
            "INSERT INTO qualification (id, person_id, kind, issuer, from_on, state, handed_in_at)
             VALUES ({OWN}, {volunteer}, 'counsellor', '市人社局', {day}, 'handed_in', {now})"
        ));
        set.push(format!(
            "UPDATE qualification SET state = 'handed_in', decided_at = NULL WHERE id = {}",
            id("qualification")
        ));
        set.push(format!("DELETE FROM rights_request WHERE person_id = {volunteer}"));
        set.push(format!(
            "INSERT INTO rights_request (id, person_id, kind, text, state, asked_at, due_on)
             VALUES ({OWN}, {volunteer}, 'copy', '一份副本', 'open', {now}, {day})"
        ));
        set.push(format!("UPDATE rights_request SET state = 'open' WHERE id = {}", id("rights")));
        // Whatever was done to it: it waits, and nothing else of its owner does.
        set.push(format!(
            "DELETE FROM member_card WHERE id <> {card} AND person_id = (SELECT c.person_id FROM member_card c
                WHERE c.id = {card})",
            card = id("card")
        ));
        set.push(format!("UPDATE member_card SET state = 'printed' WHERE id = {}", id("card")));
        set.push(format!("UPDATE training SET voided_at = NULL WHERE id = {}", id("training")));
        set.push(format!(
            "INSERT INTO trip (session_id, meet_at, meet_place, return_at) SELECT id, starts_at - 3600000, '东门',
                ends_at + 3600000 FROM session WHERE id = {session}"
        ));
        for table in ["waiting", "application"] {
            set.push(format!(
                "INSERT INTO {table} (id, session_id, person_id, team_id, state, created_at)
                 VALUES ({OWN}, {session}, {volunteer}, {team}, 'waiting', {now})"
            ));
        }
        set.push(format!(
            "DELETE FROM invitation WHERE activity_id = {activity} AND person_id = {volunteer}"
        ));
        set.push(format!(
            "INSERT INTO invitation (id, activity_id, person_id, state, created_at, expires_at)
             VALUES ({OWN}, {activity}, {volunteer}, 'open', {now}, {})",
            now + 86_400_000
        ));
        set.push(format!("DELETE FROM review WHERE activity_id = {activity}"));
        set.push(format!(
            "INSERT INTO review (id, activity_id, state, submitted_at, due_on) VALUES ({OWN}, {activity}, 'waiting', {now}, {day})"
        ));
        set.push(format!("UPDATE record SET state = 'confirmed' WHERE id = {}", id("checked")));
        set.push(format!("DELETE FROM spot_check WHERE id = {OWN} OR record_id = {}", id("checked")));
        set.push(format!(
            "INSERT INTO spot_check (id, month_on, record_id, street_id, above_id, due_on, state)
             SELECT {OWN}, max(m.month_on), {}, 0, min(o.id), {day}, 'waiting' FROM spot_check_month m, org o
             WHERE o.kind = 'city'",
            id("checked")
        ));
        set.push(format!("DELETE FROM late_share WHERE id = {OWN} OR team_id = {team}"));
        set.push(format!(
            "INSERT INTO late_share (id, month_on, team_id, minutes, late_minutes)
             SELECT {OWN}, max(m.month_on), {team}, 900, 300 FROM spot_check_month m"
        ));
        set.push(format!("DELETE FROM agreement WHERE activity_id = {activity} AND person_id = {volunteer}"));
        set.push(format!(
            "INSERT INTO agreement (id, activity_id, person_id, state, wanted, created_at, text, hash, signed_at, signed_name)
             VALUES ({OWN}, {activity}, {volunteer}, 'signed', TRUE, {now}, '文本', 'aa', {now}, '甲')"
        ));
        set.push(format!("DELETE FROM reflection WHERE session_id = {session} AND person_id = {volunteer}"));
        set.push(format!(
            "INSERT INTO reflection (id, session_id, activity_id, person_id, text, named, state, created_at, changed_at)
             VALUES ({OWN}, {session}, {activity}, {volunteer}, '很有收获', TRUE, 'waiting', {now}, {now})"
        ));
        // The volunteer is the guardian of a child that has one.
        set.push(format!(
            "UPDATE guardian SET guardian_id = {volunteer}, state = 'given' WHERE minor_id = {} AND id = (SELECT min(g.id)
                FROM guardian g WHERE g.minor_id = {} AND g.state IN ('given', 'withdrawn'))",
            id("child"),
            id("child")
        ));
        let texts: Vec<&'static str> =
            set.into_iter().map(|text| &*Box::leak(text.into_boxed_str())).collect();
        city.app
            .db
            .write_blocking(move |tx| {
                for text in &texts {
                    tx.exec_query(&Query::new(text))?;
                }
                Ok::<_, Error>(())
            })
            .unwrap();
    }

    /// What a form must say so that more than its being empty is answered; nothing that changes what others meet.
    fn fields(&self, pattern: &str) -> Vec<(&'static str, String)> {
        let id = |name: &str| self.0.get(name).copied().unwrap().to_string();
        let text = str::to_owned;
        match pattern {
            "/people/{id}/state" => vec![("step", text("reactivate")), ("reason", text("矩阵"))],
            "/orgs/{id}/state" => vec![("to", text("open"))],
            "/orgs/{id}/move" => vec![("to", id("parent"))],
            "/orgs/{id}/sponsor" => vec![("to", text("none"))],
            "/orgs/{id}/merge" => vec![("to", id("team"))],
            "/teams/state" => vec![("to", text("open")), ("ids", id("team"))],
            "/sessions/{id}/roll" => vec![("act", format!("present:{}", id("sign-up")))],
            "/sessions/{id}/trip/count" => vec![("stage", text("assembly"))],
            "/plan-lines/{id}/link" | "/plan-lines/{id}/unlink" => vec![("activity", id("activity"))],
            "/plans/{id}/state" => vec![("act", text("hand_in"))],
            "/family/{id}/consent" => vec![("act", text("give"))],
            "/family/{id}/give-back" => vec![("session", id("session"))],
            _ => Vec::new(),
        }
    }

    fn path(&self, method: &str, pattern: &str) -> String {
        let id = |name: &str| match name {
            "own" => OWN.to_string(),
            _ => self.0.get(name).copied().unwrap_or(1).to_string(),
        };
        let plain = pattern.strip_prefix("/api/v1").unwrap_or(pattern);
        let kind = match plain.split('/').nth(1).unwrap_or_default() {
            "plans" | "plan-lines" | "series" | "templates" | "exports" | "import" | "imports"
            | "invitation-links" | "transfers" | "waiting" => "own",
            "me" if plain.starts_with("/me/report-in/")
                || plain.starts_with("/me/tokens/")
                || plain.starts_with("/me/qualifications/")
                || plain.starts_with("/me/rights/") =>
            {
                "own"
            }
            "agreements" | "reviews" | "spot-checks" | "late-shares" => "own",
            "report-ins" if plain.ends_with("/answer") || plain.ends_with("/decline") => "own",
            "applications" if plain.ends_with("/withdraw") || method == "DELETE" => "own",
            "settings" if plain.starts_with("/settings/webhooks/") && plain.ends_with("/remove") => {
                "spare-webhook"
            }
            "settings" if plain.starts_with("/settings/webhooks/") => "webhook",
            "webhooks" if method == "DELETE" => "other-webhook",
            "webhooks" => "webhook",
            "invitations" if plain.ends_with("/decline") => "own",
            "reflections" if plain.ends_with("/withdraw") => "own",
            "family" => "child",
            "records" if plain.ends_with("/not-mine") => "own-record",
            "sign-ups" if plain.ends_with("/hand-over") => "own-sign-up",
            "orgs" if plain.contains("/posts/{post}") => "team",
            "people" if plain.starts_with("/people/duplicates/") => "double",
            "people" => "person",
            "merges" => "merge",
            "units" => "unit",
            "unit-service" => "unit-service",
            "unit-memberships" => "unit-member",
            "bodies" => "body",
            "sites" => "site",
            "alliances" => "alliance",
            "alliance-members" => "alliance-member",
            "partners" => "partner",
            "proofs" => "own",
            "reserves" => "own",
            "bases" => "base",
            "targets" => "target",
            "policies" => "policy",
            "communities" => "org",
            "report-ins" => "report",
            "cards" => "card",
            "rights" if plain.ends_with("/withdraw") => "own",
            "rights" => "rights",
            "qualifications" if plain.ends_with("/withdraw") => "own",
            "qualifications" => "qualification",
            "retention" => "team",
            "activities" => "activity",
            "sessions" => "session",
            "sign-ups" => "sign-up",
            "records" if plain.starts_with("/records/sessions/") => "session",
            "records" => "record",
            "orgs" => "org",
            "teams" => "team",
            "accounts" => "account",
            "roles" => "grant",
            "disputes" => "dispute",
            "past-hours" => "past",
            "inbox" => "message",
            "applications" => "application",
            "invitations" => "invitation",
            "hand-overs" => "hand-over",
            "absences" => "absence",
            "back-fills" => "back-fill",
            "photos" => "photo",
            "reflections" => "reflection",
            "sheets" => "sheet",
            "session-groups" => "session-group",
            "campaigns" => "campaign",
            "campaign-items" => "campaign-item",
            "campaign-phases" => "campaign-phase",
            "campaign-lines" => "campaign-line",
            "campaign-deliverables" => "deliverable",
            _ => "",
        };
        // What the API takes away is not what others meet.
        let pattern = match (method, pattern) {
            ("DELETE", "/api/v1/plan-lines/{id}") => format!("/api/v1/plan-lines/{}", OWN + 2),
            ("DELETE", "/api/v1/templates/{id}") => format!("/api/v1/templates/{}", OWN + 2),
            _ => pattern.to_owned(),
        };
        pattern
            .replace("plan-lines/{id}/delete", &format!("plan-lines/{}/delete", OWN + 1))
            .replace("exports/{id}/refuse", &format!("exports/{}/refuse", OWN + 1))
            .replace("{id}", &id(kind))
            .replace("{transfer}", &id("own"))
            .replace("{person}", &id("child"))
            .replace("{activity}", &id("activity"))
            .replace("{spare}", &id("spare-group"))
            .replace("{line}", &id(if kind == "unit" { "unit-service" } else { "unit-member" }))
            .replace("{other}", &id("other"))
            .replace("{member}", &id("member"))
            .replace("{post}", &id("post"))
            .replace("{report}", &if kind == "unit" { (OWN + 1).to_string() } else { id("report") })
            .replace("{training}", &id("training"))
            .replace("{seat}", &id("seat"))
            .replace("{place}", &id("place"))
            .replace("{answer}", "uphold")
            .replace("{activity}", &id("activity"))
            .replace("{topic}", "join")
            .replace("{code}", "NOSUCHCODE")
            .replace("{token}", "nosuchtoken")
            .replace("{name}", "nosuchfile")
    }
}

/// One of the demo's double registrations, merged.
fn merged(tx: &mut WriteTx<'_>) -> Result<(), Error> {
    let (kept, gone): (PersonId, PersonId) = tx.one(
        sql!(
            "SELECT low_id, high_id FROM duplicate_pair WHERE state = 'open' ORDER BY score, low_id DESC, high_id DESC LIMIT 1"
        ),
        &[],
    )?;
    let office = Actor {
        account: Some(AccountId(1)),
        grants: vec![Grant {
            role: Role::Office,
            org: OrgId(1),
            area_path: "/".to_owned(),
            sponsor_path: String::new(),
            org_name: String::new(),
        }],
        ..Actor::default()
    };
    people::duplicate::merge(tx, &office, kept, gone, "t").map(|_| ())
}

/// Those whom the demo does not sign in, with their cookies, and a spare account of staff with its role (for what is done
/// to accounts).
fn strangers(city: &City) -> (i64, i64, BTreeMap<&'static str, String>) {
    let of = |login: &str| city.logins.iter().find(|one| one.login == login).unwrap().account;
    let (desk, leader) = (of("demo-station"), of("demo-leader"));
    let app = city.app.clone();
    let (spare, grant, cookies): (AccountId, i64, Vec<(&'static str, String)>) = city
        .app
        .db
        .write_blocking(move |tx| {
            let by = Actor::system("t");
            let away = |kind: &str| {
                format!(
                    "SELECT o.id FROM org o WHERE o.kind = '{kind}' AND o.state = 'open' AND NOT EXISTS (SELECT 1
                        FROM role_grant g JOIN org d ON d.id = g.org_id WHERE g.account_id = {desk} AND
                            (o.area_path LIKE d.area_path || '%' OR d.area_path LIKE o.area_path || '%'))
                     ORDER BY o.id DESC LIMIT 1"
                )
            };
            // A neighbour: where they live is no reason to let them in.
            let peer = format!(
                "SELECT o.id FROM org o WHERE o.kind = 'team' AND o.state = 'open' AND o.id NOT IN (SELECT org_id
                    FROM role_grant WHERE account_id = {leader})
                 ORDER BY CASE WHEN o.area_parent IN (SELECT org_id FROM role_grant WHERE account_id = {desk}) THEN 0 ELSE 1 END,
                    o.id LIMIT 1"
            );
            let mut ids = Vec::new();
            for (login, role, place) in [
                ("spare", Role::Station, away("community")),
                ("elsewhere", Role::Station, away("community")),
                ("street", Role::Station, away("street")),
                ("peer", Role::Leader, peer),
            ] {
                let place: &'static str = Box::leak(place.into_boxed_str());
                let at: Vec<(OrgId,)> = tx.list(&Query::new(place))?;
                let id = account::create_staff(tx, login, login, None)?;
                account::grant_role(tx, &by, id, role, at.first().unwrap().0)?;
                ids.push((login, id));
            }
            let (spare, now) = (ids.remove(0).1, tx.now().0);
            let (grant,): (i64,) = tx.one(sql!("SELECT id FROM role_grant WHERE account_id = $1"), args![spare])?;
            // Who speaks for the unit.
            let unit = format!(
                "(SELECT min(id) FROM org WHERE kind = 'unit' AND area_parent IN
                    (SELECT org_id FROM role_grant WHERE account_id = {desk}))"
            );
            let contact = "(SELECT max(p.id) FROM person p WHERE p.state = 'active' AND NOT EXISTS
                (SELECT 1 FROM account a WHERE a.person_id = p.id))";
            for text in [
                format!(
                    "INSERT INTO unit_member (id, host_id, unit_id, name, state, applied_at)
                     SELECT {OWN}, (SELECT min(org_id) FROM role_grant WHERE account_id = {desk}), {unit}, '单位', 'member', {now}
                     FROM account WHERE id = {desk} AND NOT EXISTS
                        (SELECT 1 FROM unit_member WHERE unit_id = {unit} AND state = 'member')"
                ),
                format!(
                    "UPDATE unit_member SET contact_id = {contact} WHERE unit_id = {unit} AND state = 'member'"
                ),
                format!(
                    "INSERT INTO account (id, person_id, name, state, created_at)
                     SELECT {OWN}, {contact}, '联系人', 'active', {now} FROM account WHERE id = {desk}"
                ),
            ] {
                tx.exec_query(&Query::new(Box::leak(text.into_boxed_str())))?;
            }
            let (unit,): (OrgId,) = tx.one(sql!("SELECT unit_id FROM unit_member WHERE contact_id = (SELECT person_id FROM account WHERE id = $1) ORDER BY unit_id LIMIT 1"), args![OWN])?;
            account::grant_role(tx, &by, AccountId(OWN), Role::Leader, unit)?;
            ids.push(("contact", AccountId(OWN)));
            merged(tx)?;
            let mut cookies = Vec::new();
            for (name, id) in ids {
                let cookie = account::open_session(tx, &app, id, &ui::Req::default())?;
                cookies.push((name, cookie.split(';').next().unwrap_or_default().to_owned()));
            }
            Ok::<_, Error>((spare, grant, cookies))
        })
        .unwrap();
    // Calls of other systems, two to be taken away.
    let system = city.sign_in("demo-system");
    for name in ["甲", "丙", "乙"] {
        let code = csrf(&city.get("/settings/webhooks", Some(&system)));
        let made = city.post(
            "/settings/webhooks",
            Some(&system),
            &[
                ("_csrf", &code),
                ("name", name),
                ("shape", "json"),
                ("url", "https://example.com/hook"),
                ("events", "session.cancelled"),
            ],
        );
        assert_eq!(made.status, 303, "{}", made.text());
    }
    (spare.0, grant, cookies.into_iter().collect())
}

fn class(status: u16, location: &str) -> String {
    match status {
        303 if location.starts_with("/sign-in?") => "in".to_owned(),
        200..=399 | 405 | 409 | 410 | 422 | 429 => "ok".to_owned(),
        // What arrives in a form that no handler reads, whoever sends it.
        400 | 415 => "form".to_owned(),
        other => other.to_string(),
    }
}

/// The plainest body that an operation takes: what is asked here is who may, not what.
#[expect(clippy::indexing_slicing, reason = "JSON")]
fn body_of(document: &Value, samples: &Samples, method: &str, pattern: &str) -> String {
    let schema = &document["paths"][pattern][method.to_lowercase()]["requestBody"]["content"]["application/json"]
        ["schema"];
    if schema.is_null() {
        return String::new();
    }
    let mut body = sample::plain(document, schema);
    // The same one twice, which a rule refuses to those who may.
    let person = samples.0.get("person").copied().unwrap();
    if matches!(pattern, "/api/v1/merges" | "/api/v1/duplicates/not-same") {
        for (name, value) in body.as_object_mut().unwrap() {
            if name != "note" {
                *value = person.to_string().into();
            }
        }
    }
    let id = |name: &str| samples.0.get(name).copied().unwrap().to_string();
    match pattern {
        "/api/v1/orgs/{id}/move" => body["to"] = id("parent").into(),
        "/api/v1/orgs/{id}/merge" => body["into"] = id("team").into(),
        "/api/v1/plans" => body["team"] = id("team").into(),
        "/api/v1/plan-lines/{id}/activities" => body["activity"] = id("activity").into(),
        _ => {}
    }
    if pattern == "/api/v1/records/return" {
        for value in body["records"].as_array_mut().unwrap() {
            *value = samples.0.get("record").copied().unwrap().to_string().into();
        }
    }
    body.to_string()
}

fn ask(
    city: &City,
    method: &str,
    path: &str,
    cookie: Option<&str>,
    json: Option<&str>,
    fields: &[(&'static str, String)],
) -> String {
    let reply = match method {
        "GET" => city.get(path, cookie),
        _ => {
            // A visitor has a cookie of their own, too, that the check code is bound to.
            let page = city.get("/help", cookie);
            let jar = cookie.map(str::to_owned).or_else(|| page.cookies());
            let code = csrf(&page);
            match json {
                None => {
                    let mut all = vec![("_csrf", code.as_str())];
                    all.extend(fields.iter().map(|(name, value)| (*name, value.as_str())));
                    city.post(path, jar.as_deref(), &all)
                }
                Some(body) => {
                    let host = city.addr.to_string();
                    let headers = [("x-csrf-token", code.as_str()), ("content-type", "application/json")];
                    let request = loadgen::build_request(
                        method,
                        path,
                        &host,
                        jar.as_deref(),
                        &headers,
                        body.as_bytes(),
                    );
                    city.ask(&request)
                }
            }
        }
    };
    let class = class(reply.status, reply.header("location").unwrap_or_default());
    assert!(!class.starts_with('5'), "{method} {path}: {} {}", reply.status, reply.text());
    class
}

#[test]
fn every_route_for_every_role_is_as_committed() {
    let routes = routes();
    let writes = std::env::var("LINLI_MATRIX").is_ok_and(|what| what == "write");
    let mut committed: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in std::fs::read_to_string(table()).unwrap_or_default().lines() {
        if line.starts_with('#') || line.trim().is_empty() {
            continue;
        }
        let words: Vec<&str> = line.split_whitespace().collect();
        committed.insert(
            format!("{} {}", words[0], words[1]),
            words[2..].iter().map(|w| (*w).to_owned()).collect(),
        );
    }
    let document = ui::api::describe::document(&linli::rooms::all());
    for city in City::all() {
        let (spare, grant, cookies) = strangers(&city);
        let mut samples = Samples::find(&city);
        samples.0.extend([("account", spare), ("grant", grant)]);
        let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for who in WHO {
            let enter = || match who {
                "nobody" => None,
                other if cookies.contains_key(other) => cookies.get(other).cloned(),
                other => Some(city.sign_in(&format!("demo-{other}"))),
            };
            let mut cookie = enter();
            samples.renew(&city);
            for (method, path) in &routes {
                let ends = path == "/sign-out";
                // What ends the session of the other is not tried with the only one there is.
                if ends && cookies.contains_key(who) {
                    found.entry(format!("{method} {path}")).or_default().push("ok".to_owned());
                    continue;
                }
                let body = path.starts_with("/api/v1").then(|| body_of(&document, &samples, method, path));
                // What is taken away is missed by those who come after: another one is.
                let spare = path.replace("session-groups/{id}", "session-groups/{spare}");
                let path_of = samples.path(method, if method == "DELETE" { &spare } else { path });
                let fields = samples.fields(path);
                let class = ask(&city, method, &path_of, cookie.as_deref(), body.as_deref(), &fields);
                found.entry(format!("{method} {path}")).or_default().push(class);
                if ends {
                    cookie = enter();
                }
            }
        }
        if writes {
            let mut text = String::from(
                "# Who gets an answer: ok (also a refusal by a rule), in (sent to the sign-in), 401, 403, 404, form (not a\n\
                 # form this address reads). Written by `LINLI_MATRIX=write cargo test -p linli --test program matrix`.\n",
            );
            let _ = writeln!(
                text,
                "{:<55} {}",
                "# route",
                WHO.map(|who| format!("{who:<10}")).join("").trim_end()
            );
            for (route, classes) in &found {
                let cells: String = classes.iter().map(|class| format!("{class:<10}")).collect();
                let _ = writeln!(text, "{route:<55} {}", cells.trim_end());
            }
            std::fs::write(table(), text).unwrap();
            committed.clone_from(&found);
        }
        let mut wrong = Vec::new();
        for (route, classes) in &found {
            match committed.get(route) {
                None => wrong.push(format!("{route} is not in the table")),
                Some(want) => {
                    wrong.extend(
                        WHO.iter().zip(want).zip(classes).filter(|((_, want), have)| want != have).map(
                            |((who, want), have)| format!("{route} as {who}: {have}, committed is {want}"),
                        ),
                    );
                }
            }
        }
        wrong.extend(
            committed
                .keys()
                .filter(|route| !found.contains_key(*route))
                .map(|route| format!("{route} is gone")),
        );
        assert!(
            wrong.is_empty(),
            "on {}; if this is meant, run LINLI_MATRIX=write cargo test -p linli --test program matrix:\n{}",
            city.kind,
            wrong.join("\n")
        );
        city.stop();
    }
}
