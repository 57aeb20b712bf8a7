//! Templates, annual plans with real progress, and the map.

use axum::http::StatusCode;
use db::{args, sql};

use super::change::{published, sessions};
use crate::site::{FACTS, Site, id_in, noon};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn templates_and_earlier_activities_fill_the_form() {
    for site in Site::all().await {
        site.clock.set(noon());
        let id = published(&site, &[("place_private", "1")]).await;
        let path = format!("/activities/{id}/template");
        for who in ['V', 'X', '-'] {
            assert_ne!(site.get(who, &path).await.status, StatusCode::OK, "{who}");
        }
        assert!(site.ok('L', &path).await.contains("清洁家园行动"));
        for _ in 0..2 {
            let saved = site.post('L', &path, &[("name", "周六清洁")]).await;
            assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.body);
        }
        let start = site.ok('L', "/activities/start?team=4").await;
        assert_eq!(start.matches("<strong>周六清洁</strong>").count(), 1, "one of the same name is replaced");
        assert_eq!(site.get('X', "/activities/start?team=4").await.status, StatusCode::NOT_FOUND);
        assert_eq!(site.get('L', "/activities/start?team=6").await.status, StatusCode::NOT_FOUND);
        let template = start.split("/activities/new?template=").nth(1).unwrap().split('"').next().unwrap();
        let form = site.ok('L', &format!("/activities/new?template={template}")).await;
        assert!(form.contains("清洁家园行动") && form.contains("签到引导 1") && form.contains("注意来车"));
        assert!(!form.contains("8 号后院"), "a private home is not kept");
        assert!(form.contains("2026-11-21"), "the next Saturday");
        let hidden = format!("name=\"template\" value=\"{template}\"");
        assert!(form.contains(&hidden));
        let mut facts = FACTS.to_vec();
        facts.push(("template", template));
        assert_eq!(site.post('L', "/activities/new", &facts).await.status, StatusCode::SEE_OTHER);
        assert!(site.ok('L', "/activities/start?team=4&lang=en").await.contains("used 1 times"));
        let from = site.ok('L', &format!("/activities/new?from={id}")).await;
        assert!(from.contains("清洁家园行动") && !from.contains("8 号后院"));
        assert_eq!(site.get('X', &format!("/activities/new?from={id}")).await.status, StatusCode::NOT_FOUND);
        let delete = format!("/templates/{template}/delete");
        assert_eq!(site.post('X', &delete, &[]).await.status, StatusCode::NOT_FOUND);
        assert_eq!(site.post('L', &delete, &[]).await.status, StatusCode::SEE_OTHER);
        assert!(!site.ok('L', "/activities/start?team=4").await.contains("周六清洁"));
    }
}

/// Somebody attended a session, and the record was confirmed.
async fn served(site: &Site, activity: &str, session: &str, minutes: i64) {
    let (activity, session): (i64, i64) = (activity.parse().unwrap(), session.parse().unwrap());
    site.app
        .db
        .write(move |tx| {
            tx.exec(sql!("UPDATE sign_up SET state = 'attended' WHERE session_id = $1"), args![session])?;
            tx.exec_one(
                sql!(
                    "INSERT INTO record (id, session_id, activity_id, person_id, team_id, community_id, street_id,
                        home_org, category, title, place, served_group, service_on, start_at, end_at, minutes, method,
                        class, state, created_at)
                     SELECT s.id, s.id, $2, 100, 4, 3, 2, 3, 'clean', '', '', '', 20785, s.starts_at, s.ends_at, $3,
                        'code', 'verified', 'confirmed', s.starts_at FROM session s WHERE s.id = $1"
                ),
                args![session, activity, minutes],
            )
        })
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_is_held_against_what_happened() {
    for site in Site::all().await {
        site.clock.set(noon());
        assert_eq!(site.get('V', "/plans").await.status, StatusCode::FORBIDDEN);
        assert!(site.ok('S', "/plans").await.contains("team4"), "teams without a plan are named");
        let begun = site.post('L', "/plans", &[("team", "4"), ("year", "2026")]).await;
        assert_eq!(begun.status, StatusCode::SEE_OTHER, "{}", begun.body);
        let plan = begun.to.clone();
        assert_eq!(site.post('L', "/plans", &[("team", "4"), ("year", "2026")]).await.to, plan, "one a year");
        assert_eq!(
            site.post('L', "/plans", &[("team", "6"), ("year", "2026")]).await.status,
            StatusCode::FORBIDDEN
        );
        assert_eq!(site.get('X', &plan).await.status, StatusCode::NOT_FOUND);
        let line = [
            ("month", "11"),
            ("title", "清洁家园"),
            ("category", "clean"),
            ("sessions", "2"),
            ("attendances", "2"),
            ("hours", "4"),
            ("responsible", "人101"),
        ];
        let added = site.post('L', &plan, &line).await;
        assert_eq!(added.status, StatusCode::SEE_OTHER, "{}", added.body);
        let wrong = site.post('L', &plan, &[("month", "13"), ("title", "")]).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(site.post('X', &plan, &line).await.status, StatusCode::NOT_FOUND);
        let page = site.ok('L', &plan).await;
        assert!(page.contains("0/2") && page.contains("未开始"), "{page}");
        let number = page.split("/plan-lines/").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let own = format!("/plan-lines/{number}");
        assert_eq!(site.get('X', &own).await.status, StatusCode::NOT_FOUND);

        // An activity of this line.
        let form = site.ok('L', &format!("/activities/new?line={number}")).await;
        assert!(form.contains(&format!("name=\"line\" value=\"{number}\"")) && form.contains("清洁家园"));
        let mut facts: Vec<_> = FACTS.iter().copied().filter(|f| f.0 != "title").collect();
        facts.extend([("title", "清洁家园"), ("line", &number)]);
        let made = site.post('L', "/activities/new", &facts).await;
        assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.body);
        let id = id_in(&made.to);
        let done = site.post('L', &format!("/activities/{id}/publish"), &[("none_applies", "1")]).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER);
        assert!(site.ok('L', &plan).await.contains("进行中"));

        // One session was held: it counts; one outside the plan does not, until it is linked.
        let all = sessions(&site, &id).await;
        let done = site.post('V', &format!("/sessions/{}/sign-up", all[0]), &[("activity", &id)]).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
        served(&site, &id, &all[0], 120).await;
        let other = published(&site, &[("title", "计划外"), ("dates", "2026-11-29"), ("posts", "")]).await;
        let session = sessions(&site, &other).await.remove(0);
        site.post('V', &format!("/sessions/{session}/sign-up"), &[("activity", &other)]).await;
        served(&site, &other, &session, 90).await;
        let page = site.ok('L', &plan).await;
        assert!(page.contains("1/2") && page.contains("2.0/4.0"), "{page}");
        assert!(page.contains("场次 1，人次 1，小时 1.5"), "{page}");
        let overview = site.ok('S', "/plans?year=2026").await;
        assert!(
            overview.contains("team4") && overview.contains("1/2") && overview.contains("2.0/4.0"),
            "{overview}"
        );
        assert!(!site.ok('X', "/plans?year=2026").await.contains("<a href=\"/plans/"), "another team's plan");
        assert!(site.ok('L', &own).await.contains("计划外"));
        let link = site.post('L', &format!("{own}/link"), &[("activity", &other)]).await;
        assert_eq!(link.status, StatusCode::SEE_OTHER, "{}", link.body);
        assert!(site.ok('L', &plan).await.contains("3.5/4"));
        let unlink = site.post('L', &format!("{own}/unlink"), &[("activity", &other)]).await;
        assert_eq!(unlink.status, StatusCode::SEE_OTHER);

        // Files, next year from this one, changing and removing a line.
        for path in [format!("{plan}?format=xlsx"), "/plans?year=2026&format=xlsx".to_owned()] {
            assert!(site.get('L', &path).await.body.starts_with("PK"), "{path}");
        }
        let next = site.post('L', "/plans", &[("team", "4"), ("year", "2027"), ("as_before", "1")]).await;
        assert!(site.ok('L', &next.to).await.contains("0/2"));
        let mut edit = line.to_vec();
        edit.extend([("version", "1")]);
        assert_eq!(site.post('L', &own, &edit).await.status, StatusCode::SEE_OTHER);
        assert_eq!(site.post('L', &own, &edit).await.status, StatusCode::CONFLICT, "stale");
        assert_eq!(site.post('L', &format!("{own}/delete"), &[]).await.status, StatusCode::SEE_OTHER);
        assert!(site.ok('L', &plan).await.contains("计划还是空的"));
        for path in [plan.as_str(), "/plans"] {
            site.ok('L', &format!("{path}?lang=en")).await;
        }
    }
}

/// Handed in, returned, handed in again, approved; then what became of the lines, and what a change does (Add-28).
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_plan_is_approved_and_accounted_for() {
    for site in Site::all().await {
        site.clock.set(noon());
        let plan = site.post('L', "/plans", &[("team", "4"), ("year", "2026")]).await.to;
        let state = format!("{plan}/state");
        let act = async |who, fields: &[(&str, &str)]| site.post(who, &state, fields).await;
        let empty = act('L', &[("act", "hand_in")]).await;
        assert!(empty.status == StatusCode::CONFLICT && empty.body.contains("plan.empty"), "{}", empty.body);
        let line = |month, title, version| {
            [
                ("month", month),
                ("title", title),
                ("category", "clean"),
                ("sessions", "2"),
                ("squad", "一分队"),
                ("responsible", "人101"),
                ("measure", "分片包干"),
                ("version", version),
            ]
        };
        for (month, title) in [("3", "春季清洁"), ("10", "秋季清洁")] {
            let added = site.post('L', &plan, &line(month, title, "")).await;
            assert_eq!(added.status, StatusCode::SEE_OTHER, "{}", added.body);
        }
        // The leader cannot approve, and nobody answers what was not handed in.
        assert_eq!(act('S', &[("act", "approve")]).await.status, StatusCode::CONFLICT);
        assert_eq!(act('L', &[("act", "hand_in")]).await.status, StatusCode::SEE_OTHER);
        assert_eq!(act('L', &[("act", "approve")]).await.status, StatusCode::FORBIDDEN);
        assert_eq!(act('X', &[("act", "withdraw")]).await.status, StatusCode::NOT_FOUND);
        assert!(site.ok('S', &plan).await.contains("待审批"));
        let silent = act('S', &[("act", "return"), ("note", " ")]).await;
        assert_eq!(silent.status, StatusCode::UNPROCESSABLE_ENTITY, "{}", silent.body);
        assert_eq!(
            act('S', &[("act", "return"), ("note", "请写明物资")]).await.status,
            StatusCode::SEE_OTHER
        );
        assert!(site.ok('L', &plan).await.contains("请写明物资"));
        assert_eq!(act('L', &[("act", "hand_in")]).await.status, StatusCode::SEE_OTHER);
        // What was changed meanwhile is not approved by whoever has seen the old one.
        let old = act('S', &[("act", "approve"), ("seen", "1")]).await;
        assert_eq!(old.status, StatusCode::CONFLICT, "{}", old.body);
        let page = site.ok('S', &plan).await;
        let seen = page.split("name=\"seen\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        assert_eq!(act('S', &[("act", "approve"), ("seen", &seen)]).await.status, StatusCode::SEE_OTHER);
        let page = site.ok('L', &plan).await;
        assert!(page.contains("已通过"), "{page}");

        // November: both months are over, and the team says what became of its lines.
        let numbers: Vec<String> = page
            .split("/plan-lines/")
            .skip(1)
            .map(|rest| rest.split('"').next().unwrap().to_owned())
            .collect();
        let (spring, autumn) = (&numbers[0], &numbers[1]);
        let say = async |line: &str, fields: &[(&str, &str)]| {
            site.post('L', &format!("/plan-lines/{line}/outcome"), fields).await
        };
        assert_eq!(say(spring, &[("act", "dropped")]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(say(spring, &[("act", "nosuch")]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
        let dropped = say(spring, &[("act", "dropped"), ("reason", "连日大雨")]).await;
        assert_eq!(dropped.status, StatusCode::SEE_OTHER, "{}", dropped.body);
        let early = say(autumn, &[("act", "moved"), ("to", "9"), ("reason", "场地")]).await;
        assert!(early.body.contains("plan.later"), "{}", early.body);
        let moved = say(autumn, &[("act", "moved"), ("to", "12"), ("reason", "场地维修")]).await;
        assert_eq!(moved.status, StatusCode::SEE_OTHER, "{}", moved.body);
        let stale = say(autumn, &[("act", "done"), ("version", "1")]).await;
        assert_eq!(stale.status, StatusCode::CONFLICT, "{}", stale.body);
        for path in [plan.clone(), format!("{plan}/print")] {
            let page = site.ok('L', &path).await;
            for word in ["取消：连日大雨", "从 10 月推迟到 12 月：场地维修", "一分队", "分片包干", "已通过"]
            {
                assert!(
                    page.contains(word) || (word == "已通过" && page.contains("审批：")),
                    "{word}: {page}"
                );
            }
        }
        let back = say(spring, &[("act", "open")]).await;
        assert_eq!(back.status, StatusCode::SEE_OTHER, "{}", back.body);
        assert!(!site.ok('L', &plan).await.contains("连日大雨"));
        assert!(site.ok('L', &plan).await.contains("已通过"), "saying what became of it leaves it approved");

        // The station mends a line of what it approved; the team's own change is handed in again.
        let own = format!("/plan-lines/{autumn}");
        let mended = site.post('S', &own, &line("12", "秋季清洁", "2")).await;
        assert_eq!(mended.status, StatusCode::SEE_OTHER, "{}", mended.body);
        assert!(site.ok('L', &plan).await.contains("已通过"));
        let mended = site.post('L', &own, &line("12", "冬季清洁", "3")).await;
        assert_eq!(mended.status, StatusCode::SEE_OTHER, "{}", mended.body);
        let page = site.ok('L', &plan).await;
        assert!(page.contains("编制中") && page.contains("提交审批"), "{page}");
        // Next year's plan begins with the months as they were planned.
        let next = site.post('L', "/plans", &[("team", "4"), ("year", "2027"), ("as_before", "1")]).await.to;
        let page = site.ok('L', &next).await;
        assert!(page.contains("10 月") && !page.contains("推迟") && page.contains("编制中"), "{page}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_map_shows_public_points_only() {
    for site in Site::all().await {
        site.clock.set(noon());
        site.app
            .db
            .write(|tx| tx.exec_one(sql!("UPDATE org SET lon = 120.5, lat = 30.5 WHERE id = 3"), args![]))
            .await
            .unwrap();
        let point = [("lon", "120.91234"), ("lat", "30.61234")];
        let open =
            published(&site, &[point[0], point[1], ("title", "公开的地方"), ("dates", "2026-11-28")]).await;
        let home = published(
            &site,
            &[point[0], point[1], ("title", "上门探望"), ("dates", "2026-11-29"), ("place_private", "1")],
        )
        .await;
        let wrong: Vec<_> = FACTS.iter().copied().chain([("lon", "无"), ("lat", "99")]).collect();
        assert_eq!(site.post('L', "/activities/new", &wrong).await.status, StatusCode::UNPROCESSABLE_ENTITY);
        for who in ['-', 'V', 'L'] {
            let map = site.ok(who, "/activities/map").await;
            assert_eq!(
                map.matches("data-lon=\"120.91234\"").count(),
                1,
                "the private home is not marked: {map}"
            );
            assert_eq!(map.matches("data-lon=\"120.5\"").count(), 1, "it shows at its community's middle");
            assert!(map.contains("公开的地方") && map.contains("上门探望") && !map.contains("文明路"));
        }
        let filtered = site.ok('V', "/activities/map?to=2026-11-28&category=clean&free=1&mine=1").await;
        assert!(filtered.contains("公开的地方") && !filtered.contains("上门探望"));
        assert!(
            filtered.contains("/activities?to=2026-11-28&amp;category=clean")
                || filtered.contains("/activities?to=2026-11-28&#38;category=clean"),
            "{filtered}"
        );
        assert!(site.ok('V', "/activities?free=1").await.contains("/activities/map?free=1"));
        assert!(site.ok('V', &format!("/activities/{open}")).await.contains("data-lon=\"120.91234\""));
        assert!(!site.ok('V', &format!("/activities/{home}")).await.contains("120.91234"));
        assert!(
            site.ok('L', &format!("/activities/{home}/edit")).await.contains("120.91234"),
            "its team sees it"
        );
        assert!(site.ok('-', "/activities/map?lang=en&category=elder").await.contains("No activity matches"));
    }
}
