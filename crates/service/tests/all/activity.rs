//! Planning and the pages, through the router, on every database: draft, publishing with all that is
//! missing at once, the list, signing up on a phone, the exact place, cancelling.

use std::sync::Arc;

use axum::http::StatusCode;
use db::Bus;
use db::testing::Bench;
use kernel::{Actor, Clock, Date, ManualClock, OrgId, PersonId, Timestamp};
use service::activity;

use crate::site::{FACTS, Site, id_in, noon};

/// The facts of these tests: two places, at an address that is told only to those who come.
fn facts() -> Vec<(&'static str, &'static str)> {
    FACTS
        .into_iter()
        .map(|(name, value)| (name, if name == "quota" { "2" } else { value }))
        .chain([("place_private", "1")])
        .collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn from_the_draft_to_the_cancelled_session() {
    for site in Site::all().await {
        site.clock.set(noon());
        // Who may not plan.
        assert_eq!(site.get('V', "/manage").await.status, StatusCode::FORBIDDEN);
        assert_eq!(site.post('X', "/activities/new", &facts()).await.status, StatusCode::FORBIDDEN);
        let form = site.ok('L', "/activities/new").await;
        assert!(form.contains("2026-11-21"), "next Saturday is filled in");
        assert!(site.ok('S', "/activities/new").await.contains("team6"), "the office chooses a team");

        // A draft without its notice.
        let short: Vec<_> =
            facts().into_iter().filter(|f| !matches!(f.0, "risks" | "leader" | "guarantees")).collect();
        let made = site.post('L', "/activities/new", &short).await;
        assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.body);
        let id = id_in(&made.to);
        assert_eq!(site.get('V', &format!("/activities/{id}")).await.status, StatusCode::NOT_FOUND);
        assert_eq!(site.get('X', &format!("/activities/{id}/edit")).await.status, StatusCode::NOT_FOUND);
        let publish = format!("/activities/{id}/publish");
        let check = site.ok('L', &publish).await;
        assert!(check.contains("“风险提示”没有填") && check.contains("“负责人”没有填"));
        let refused = site.post('L', &publish, &[]).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        for part in ["风险提示", "保障与保险", "负责人", "七类"] {
            assert!(refused.body.contains(part), "{part} at once");
        }

        // Complete it; the sessions come back as they were typed.
        let edit = format!("/activities/{id}/edit");
        let form = site.ok('L', &edit).await;
        assert!(form.contains("2026-12-05 14:00-16:00 30") && form.contains("签到引导 1"));
        let mut all = facts();
        all.push(("version", "1"));
        assert_eq!(site.post('L', &edit, &all).await.status, StatusCode::SEE_OTHER);
        assert_eq!(site.post('L', &edit, &all).await.status, StatusCode::CONFLICT, "the version is stale");
        assert_eq!(site.post('L', &publish, &[]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(site.ok('L', "/manage?tab=draft").await.contains("清洁家园行动"));
        for _ in 0..2 {
            let done = site.post('L', &publish, &[("none_applies", "1")]).await;
            assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
        }

        // The list, signed out and in, with filters, and nothing of the exact place anywhere.
        for who in ['-', 'V', 'L'] {
            let list = site.ok(who, "/activities").await;
            assert!(list.contains("清洁家园行动") && list.contains("还剩 2/2") && !list.contains("文明路"));
        }
        for (query, found) in [
            ("category=clean", true),
            ("category=elder", false),
            ("area=2", true),
            ("area=5", false),
            ("team=4", true),
            ("from=2026-12-06", false),
            ("to=2026-11-28", true),
            ("free=1&mine=1", true),
            ("lang=en", true),
            ("after=nonsense", true),
        ] {
            let list = site.ok('V', &format!("/activities?{query}")).await;
            assert_eq!(list.contains("清洁家园行动"), found, "{query}");
        }
        assert!(site.ok('V', "/activities/filter?area=3").await.contains("community3"));
        let sheet = site.get('V', "/activities?format=xlsx").await;
        assert!(sheet.status == StatusCode::OK && sheet.body.starts_with("PK"));
        let json = site.get('-', "/api/v1/activities").await;
        assert!(json.body.contains("清洁家园行动") && !json.body.contains("文明路"));
        let json = site.get('L', &format!("/api/v1/activities/{id}")).await;
        assert!(json.body.contains("签到引导") && !json.body.contains("文明路"));

        // Signed out: one button leads through signing in and back.
        let page = format!("/activities/{id}");
        let out = site.ok('-', &page).await;
        assert!(out.contains(&format!("/sign-in?next=%2Factivities%2F{id}")) && !out.contains("文明路"));
        let seen = site.ok('V', &page).await;
        assert!(seen.contains("报名：签到引导") && !seen.contains("文明路"));
        let session = seen.split("/sessions/").nth(1).unwrap().split('/').next().unwrap().to_owned();
        let sign_up = format!("/sessions/{session}/sign-up");
        assert_eq!(site.get('V', &sign_up).await.to, page);

        // Sign up; the exact place appears 24 hours before.
        let done = site.post('V', &sign_up, &[("activity", &id)]).await;
        assert_eq!((done.status, done.to.as_str()), (StatusCode::SEE_OTHER, page.as_str()));
        let seen = site.ok('V', &page).await;
        assert!(seen.contains("✓ 已报名") && seen.contains("tel:0571-1234567") && !seen.contains("文明路"));
        assert!(site.ok('V', "/activities").await.contains("✓ 已报名"));
        let twice = site.post('V', &sign_up, &[("activity", &id)]).await;
        assert_eq!(twice.status, StatusCode::CONFLICT);
        assert!(twice.body.contains("已经报名了这一场"));
        assert!(site.ok('V', "/schedule").await.contains("清洁家园行动"));
        site.clock.set(Timestamp::at(Date::parse("2026-11-27").unwrap(), 9 * 60));
        assert!(site.ok('V', &page).await.contains("文明路 8 号后院"));
        assert!(!site.ok('-', &page).await.contains("文明路"));
        let (db, person) = (&site.app.db, PersonId(100));
        let actor = Actor { person: Some(person), ..Actor::default() };
        let tasks = db.read(move |tx| service::sign_up::tasks(tx, &actor, kernel::Lang::Zh)).await.unwrap();
        assert_eq!(tasks.len(), 1, "tomorrow's session is a task");

        // Full: the page says so and offers others.
        let other = site.post('L', &sign_up, &[("activity", &id)]).await;
        assert_eq!(other.status, StatusCode::SEE_OTHER);
        let full = site.post('X', &sign_up, &[("activity", &id)]).await;
        assert_eq!(full.status, StatusCode::CONFLICT);
        assert!(full.body.contains("已满（2/2）"), "{}", full.body);
        let api = format!("/api/v1/sessions/{session}/sign-up");
        let refused = site.post('X', &api, &[]).await;
        assert!(refused.status == StatusCode::CONFLICT && refused.body.contains("sign_up.full"));
        for _ in 0..2 {
            assert_eq!(site.post_as("DELETE", 'L', &api, &[]).await.status, StatusCode::OK);
        }
        assert_eq!(site.post('X', &api, &[]).await.status, StatusCode::CREATED);

        // The leader's list; another team's leader finds nothing there.
        let people = format!("/sessions/{session}/sign-ups");
        assert!(site.ok('L', &people).await.contains("人100"));
        assert_eq!(site.get('X', &people).await.status, StatusCode::NOT_FOUND);
        assert_eq!(site.get('V', &people).await.status, StatusCode::NOT_FOUND);
        assert!(site.get('L', &format!("{people}?format=xlsx")).await.body.starts_with("PK"));
        let number = people::person::volunteer_no(101);
        let unknown = site.post('L', &people, &[("number", "V0000000000")]).await;
        assert_eq!(unknown.status, StatusCode::UNPROCESSABLE_ENTITY);
        let full = site.post('L', &people, &[("number", &number)]).await;
        assert_eq!(full.status, StatusCode::CONFLICT);
        assert!(full.body.contains("已满"));
        let few = site.post('L', &format!("/sessions/{session}/quota"), &[("quota", "1")]).await;
        assert_eq!(few.status, StatusCode::CONFLICT);
        let more = site.post('L', &format!("/sessions/{session}/quota"), &[("quota", "3")]).await;
        assert_eq!(more.status, StatusCode::SEE_OTHER);
        assert_eq!(site.post('L', &people, &[("number", &number)]).await.status, StatusCode::SEE_OTHER);

        // Giving back, adding a session, cancelling.
        let off = site.post('V', &format!("/sessions/{session}/sign-off"), &[("next", "/schedule")]).await;
        assert_eq!(off.to, "/schedule");
        let sessions = format!("/activities/{id}/sessions");
        assert!(site.ok('L', &sessions).await.contains("捡拾"));
        let add = [("dates", "2026-12-12"), ("start", "09:00"), ("end", "11:00"), ("quota", "5")];
        assert_eq!(site.post('L', &sessions, &add).await.status, StatusCode::SEE_OTHER);
        let wrong = site.post('L', &sessions, &[("dates", "2026-12-32")]).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(wrong.body.contains("2026-12-32"), "nothing typed is lost");
        let cancel = format!("/sessions/{session}/cancel");
        site.ok('L', &cancel).await;
        assert_eq!(site.post('L', &cancel, &[]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
        for _ in 0..2 {
            assert_eq!(site.post('L', &cancel, &[("reason", "雷雨")]).await.status, StatusCode::SEE_OTHER);
        }
        assert!(site.ok('X', "/schedule").await.contains("雷雨"));
        for tab in ["next", "draft", "close", "submitted", "recorded", "cancelled"] {
            let manage = site.ok('L', &format!("/manage?tab={tab}")).await;
            assert_eq!(manage.contains("清洁家园行动"), matches!(tab, "next" | "cancelled"), "{tab}");
            assert!(!site.ok('X', &format!("/manage?tab={tab}&lang=en")).await.contains("清洁家园行动"));
        }
        assert!(site.get('L', "/manage?format=xlsx").await.body.starts_with("PK"));

        // Copy, search, cancel the whole.
        let copied = site.post('L', &format!("/activities/{id}/copy"), &[]).await;
        assert!(site.ok('L', &copied.to).await.contains("清洁家园行动"));
        let found = |words: &'static str| async move {
            db.read(move |tx| activity::search(tx, &Actor::default(), kernel::Lang::Zh, words))
                .await
                .unwrap()
                .len()
        };
        assert_eq!((found("清洁").await, found("qjjy").await), (1, 1));
        site.ok('L', &format!("/activities/{id}/cancel")).await;
        let gone = site.post('L', &format!("/activities/{id}/cancel"), &[("reason", "场地停用")]).await;
        assert_eq!(gone.status, StatusCode::SEE_OTHER);
        assert_eq!(found("清洁").await, 0);
        assert!(!site.ok('V', "/activities").await.contains("清洁家园行动"));
        assert!(site.ok('V', &page).await.contains("场地停用"));
        for path in ["/activities", "/activities/filter", &page, "/schedule"] {
            site.ok('V', &format!("{path}?lang=en")).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_title_that_hints_at_something_else_is_confirmed() {
    for site in Site::all().await {
        let mut facts = facts();
        facts.retain(|f| f.0 != "title");
        facts.push(("title", "社区团建捡垃圾"));
        let made = site.post('L', "/activities/new", &facts).await;
        let publish = format!("/activities/{}/publish", id_in(&made.to));
        assert!(site.ok('L', &publish).await.contains("团建"));
        let warned = site.post('L', &publish, &[("none_applies", "1")]).await;
        assert!(warned.status == StatusCode::UNPROCESSABLE_ENTITY && warned.body.contains("请勾选确认"));
        let sure = site.post('L', &publish, &[("none_applies", "1"), ("words_confirmed", "1")]).await;
        assert_eq!(sure.status, StatusCode::SEE_OTHER);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_list_is_small_and_paged() {
    for site in Site::all().await {
        let start = |n: i64| noon().plus_minutes(60 * 24 + n * 30);
        let new = activity::NewActivity {
            state: activity::ActivityState::Published,
            place_public: "望江街道文明路社区".into(),
            sessions: (0..45).map(|n| activity::NewSession::new(start(n), start(n + 4), 40)).collect(),
            ..activity::NewActivity::draft(OrgId(4), "关爱独居老人结伴探访行动", "elder.visit")
        };
        site.app.db.write(move |tx| activity::create(tx, &new)).await.unwrap();
        let (mut at, mut rows, mut pages) = ("/activities".to_owned(), 0, 0);
        loop {
            let page = site.ok('V', &at).await;
            rows += page.matches("<article").count();
            pages += 1;
            assert!(page.len() < 26 * 1024, "{} bytes", page.len());
            let Some(next) = page.split("rel=\"next\" href=\"").nth(1) else { break };
            at = next.split('"').next().unwrap().replace("&#38;", "&").replace("&amp;", "&");
        }
        assert_eq!((rows, pages), (45, 3));
    }
}

#[test]
fn statements_are_portable() {
    let migrations: Vec<db::Migration> =
        [db::migrate::MIGRATIONS, people::MIGRATIONS, service::MIGRATIONS].concat();
    let clock: Arc<dyn Clock> = Arc::new(ManualClock::new(noon()));
    for bench in Bench::all(&migrations, &clock, Bus::default).unwrap() {
        assert!(db::testing::prepare_all(&bench.config).unwrap() > 50);
    }
}
