//! Sessions by rule: looked at, made in one go, extended, cancelled from a day on.

use axum::http::StatusCode;

use super::change::{published, sessions};
use crate::site::{FACTS, Page, Site, id_in, noon};

const SATURDAYS: [(&str, &str); 9] = [
    ("pattern", "weekly"),
    ("weekday", "SA"),
    ("from", "2026-11-22"),
    ("to", "2026-12-31"),
    ("start", "09:00"),
    ("end", "11:00"),
    ("quota", "10"),
    ("skip_holidays", "1"),
    ("skip_workdays", "1"),
];

fn query(fields: &[(&str, &str)]) -> String {
    fields.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&")
}

async fn make(site: &Site, activity: &str, fields: &[(&str, &str)], on: &[&str]) -> Page {
    let mut all = fields.to_vec();
    all.extend(on.iter().map(|date| ("on", *date)));
    site.post('L', &format!("/activities/{activity}/recurrence"), &all).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn looked_at_made_extended_and_cancelled() {
    for site in Site::all().await {
        site.clock.set(noon());
        site.heard.lock().unwrap().cancelled.clear();
        // There: 2026-11-28 09:00 and 2026-12-05 14:00.
        let id = published(&site, &[]).await;
        let form = format!("/activities/{id}/recurrence");
        assert_eq!(site.get('X', &form).await.status, StatusCode::NOT_FOUND);
        assert_eq!(site.get('V', &form).await.status, StatusCode::NOT_FOUND);
        site.ok('L', &form).await;
        // A second activity of the team at the same time on 12 December.
        published(&site, &[("title", "另一件事"), ("dates", "2026-12-12 10:00-12:00"), ("posts", "")]).await;

        let shown = site.ok('L', &format!("{form}?{}", query(&SATURDAYS))).await;
        assert!(shown.contains("每周六") && shown.contains("value=\"2026-12-26\""), "{shown}");
        assert!(shown.contains("已有这一场") && !shown.contains("value=\"2026-11-28\""));
        assert!(shown.contains("本队“另一件事”"), "the conflict is named");
        assert!(!shown.contains("没有公布"), "2026 is known");
        let far = [SATURDAYS[0], SATURDAYS[1], ("from", "2027-01-01"), ("to", "2027-02-28")];
        let shown = site.ok('L', &format!("{form}?{}&{}", query(&far), query(&SATURDAYS[4..]))).await;
        assert!(shown.contains("2027 年的放假和调休安排"), "what is not known is said");
        assert_eq!(sessions(&site, &id).await.len(), 2, "looking makes nothing");

        // Two of four are ticked.
        let made = make(&site, &id, &SATURDAYS, &["2026-12-19", "2026-12-26"]).await;
        assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.body);
        assert!(made.to.starts_with("/series/"));
        assert_eq!(sessions(&site, &id).await.len(), 4);
        let series = made.to.clone();
        let page = site.ok('L', &series).await;
        assert!(page.contains("RRULE:FREQ=WEEKLY;BYDAY=SA") && page.contains("例外，不办"), "{page}");
        assert!(site.ok('L', &format!("/activities/{id}/sessions")).await.contains(&series));
        assert_eq!(site.get('X', &series).await.status, StatusCode::NOT_FOUND);

        // Once more: all there; nothing ticked; too many; wrong ranges and rules.
        let wrong = |change: &[(&'static str, &'static str)]| {
            let mut all: Vec<(&str, &str)> =
                SATURDAYS.iter().copied().filter(|f| !change.iter().any(|c| c.0 == f.0)).collect();
            all.extend_from_slice(change);
            all
        };
        for (fields, on, code) in [
            (wrong(&[]), &["2026-12-19"][..], "plan.nothing"),
            (wrong(&[]), &[], "plan.nothing"),
            (wrong(&[("to", "2026-11-01")]), &[], "plan.range"),
            (wrong(&[("to", "2028-11-01")]), &[], "plan.range"),
            (wrong(&[("weekday", "")]), &[], "plan.rule_empty"),
            (wrong(&[("pattern", "rule"), ("rule", "FREQ=HOURLY")]), &[], "plan.rule_times"),
            (wrong(&[("pattern", "rule"), ("rule", "tuesdays")]), &[], "plan.rule"),
            (wrong(&[("pattern", "monthly"), ("day", "40")]), &[], "common.invalid"),
            (wrong(&[("end", "09:05")]), &["2026-12-12"], "activity.session_length"),
            (wrong(&[("posts", "太多 99")]), &["2026-12-12"], "activity.posts_too_many"),
        ] {
            let answer = make(&site, &id, &fields, on).await;
            assert_eq!(answer.status.as_u16(), 422, "{code}");
            assert!(answer.body.contains(&format!("data-code=\"{code}\"")), "{code}: {}", answer.body);
        }
        let daily = wrong(&[
            ("pattern", "rule"),
            ("rule", "FREQ=DAILY"),
            ("to", "2027-03-31"),
            ("start", "18:00"),
            ("end", "19:00"),
        ]);
        let days: Vec<String> =
            (0..120).map(|n| kernel::Date::parse("2026-11-23").unwrap().plus(n).to_string()).collect();
        let days: Vec<&str> = days.iter().map(String::as_str).collect();
        let many = make(&site, &id, &daily, &days).await;
        assert!(many.body.contains("plan.too_many"), "{}", many.body);
        assert_eq!(sessions(&site, &id).await.len(), 4, "all or none");

        // Extended to the end of January: five Saturdays more, one of them not wanted.
        let further = site.ok('L', &format!("{series}?to=2027-01-31")).await;
        assert!(further.contains("value=\"2027-01-30\"") && !further.contains("value=\"2026-12-12\""));
        let on = [
            ("to", "2027-01-31"),
            ("on", "2027-01-02"),
            ("on", "2027-01-09"),
            ("on", "2027-01-16"),
            ("on", "2027-01-23"),
        ];
        let more = site.post('L', &format!("{series}/extend"), &on).await;
        assert_eq!(more.status, StatusCode::SEE_OTHER, "{}", more.body);
        assert_eq!(sessions(&site, &id).await.len(), 8);

        // V is in one that goes and in one that stays.
        let all = sessions(&site, &id).await;
        for session in [&all[2], &all[5]] {
            let done = site.post('V', &format!("/sessions/{session}/sign-up"), &[("activity", &id)]).await;
            assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
        }
        let cancel = format!("{series}/cancel");
        let none = site.post('L', &cancel, &[("from", "2027-01-01")]).await;
        assert_eq!(none.status, StatusCode::UNPROCESSABLE_ENTITY, "a reason is asked for");
        let gone = site.post('L', &cancel, &[("from", "2027-01-01"), ("reason", "场地装修")]).await;
        assert_eq!(gone.status, StatusCode::SEE_OTHER, "{}", gone.body);
        let told: Vec<_> =
            site.heard.lock().unwrap().cancelled.iter().map(|e| e.session.to_string()).collect();
        assert_eq!(told, [all[5].clone()], "told once, of the one that goes");
        let page = site.ok('L', &format!("{series}?lang=en")).await;
        assert!(page.contains("Ended") && page.contains("Cancelled"), "{page}");
        let ended = site.post('L', &format!("{series}/extend"), &on).await;
        assert_eq!(ended.status, StatusCode::CONFLICT);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_draft_keeps_its_series_and_festivals_are_found() {
    for site in Site::all().await {
        site.clock.set(noon());
        let facts: Vec<_> = FACTS.iter().copied().filter(|f| !matches!(f.0, "dates" | "posts")).collect();
        let made = site.post('L', "/activities/new", &facts).await;
        assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.body);
        let id = id_in(&made.to);
        let festivals = [
            ("pattern", "lunar"),
            ("festival", "spring"),
            ("festival", "chongyang"),
            ("from", "2026-11-22"),
            ("to", "2027-11-21"),
            ("start", "14:00"),
            ("end", "16:00"),
            ("quota", "10"),
        ];
        let shown = site.ok('L', &format!("/activities/{id}/recurrence?{}", query(&festivals))).await;
        assert!(shown.contains("value=\"2027-02-06\"") && shown.contains("value=\"2027-10-08\""), "{shown}");
        let series = make(&site, &id, &festivals, &["2027-02-06", "2027-10-08"]).await;
        assert_eq!(series.status, StatusCode::SEE_OTHER, "{}", series.body);
        // The draft is saved again with one date less: the series knows.
        let edit = site.ok('L', &format!("/activities/{id}/edit")).await;
        assert!(edit.contains("2027-02-06") && edit.contains("2027-10-08"));
        let version = edit.split("name=\"version\" value=\"").nth(1).unwrap().split('"').next().unwrap();
        let mut again = facts.clone();
        again.retain(|f| !matches!(f.0, "start" | "end"));
        again.extend([("dates", "2027-10-08"), ("start", "14:00"), ("end", "16:00"), ("version", version)]);
        let saved = site.post('L', &format!("/activities/{id}/edit"), &again).await;
        assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.body);
        let page = site.ok('L', &series.to).await;
        assert!(page.contains("已从草稿里删去") && page.contains("重阳") && page.contains("0/5"), "{page}");
    }
}
