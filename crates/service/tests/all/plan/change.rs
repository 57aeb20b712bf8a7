//! A published session is changed: everybody is told, copies move, nothing that was decided is overturned.

use axum::http::StatusCode;
use db::{args, sql};
use kernel::{Date, PersonId, Timestamp};

use crate::site::{FACTS, Site, id_in, noon};

/// Publishes an activity with these exceptions to the usual facts; its id.
pub async fn published(site: &Site, exceptions: &[(&'static str, &'static str)]) -> String {
    let mut facts: Vec<_> =
        FACTS.iter().copied().filter(|fact| !exceptions.iter().any(|one| one.0 == fact.0)).collect();
    facts.extend_from_slice(exceptions);
    let made = site.post('L', "/activities/new", &facts).await;
    assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.body);
    let id = id_in(&made.to);
    let done = site.post('L', &format!("/activities/{id}/publish"), &[("none_applies", "1")]).await;
    assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
    id
}

/// The sessions of an activity, soonest first.
pub async fn sessions(site: &Site, activity: &str) -> Vec<String> {
    let id = service::ActivityId(activity.parse().unwrap());
    let all = site.app.db.read(move |tx| service::activity::store::sessions_of(tx, id)).await.unwrap();
    all.iter().map(|s| s.id.to_string()).collect()
}

async fn copies(site: &Site, session: &str) -> Vec<(i64, Timestamp, Timestamp)> {
    let id: i64 = session.parse().unwrap();
    site.app
        .db
        .read(move |tx| {
            tx.all(
                sql!("SELECT person_id, starts_at, ends_at FROM sign_up WHERE session_id = $1 AND state = 'booked' ORDER BY person_id"),
                args![id],
            )
        })
        .await
        .unwrap()
}

/// The form as the page sends it when nothing is touched, with what is exchanged.
async fn form(site: &Site, session: &str, exchanged: &[(&str, &str)]) -> Vec<(String, String)> {
    let page = site.ok('L', &format!("/sessions/{session}/change")).await;
    let mut out: Vec<(String, String)> = Vec::new();
    for part in page.split("<input ").skip(1) {
        let tag = part.split('>').next().unwrap();
        let get = |name: &str| {
            tag.split(&format!("{name}=\"")).nth(1).and_then(|rest| rest.split('"').next()).map(str::to_owned)
        };
        let (Some(name), value) = (get("name"), get("value").unwrap_or_default()) else { continue };
        if !matches!(name.as_str(), "_csrf" | "q" | "next") {
            out.push((name, value));
        }
    }
    for (name, value) in exchanged {
        out.retain(|one| one.0 != *name);
        out.push(((*name).to_owned(), (*value).to_owned()));
    }
    out
}

async fn send(site: &Site, who: char, session: &str, exchanged: &[(&str, &str)]) -> crate::site::Page {
    let fields = form(site, session, exchanged).await;
    let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    site.post(who, &format!("/sessions/{session}/change"), &fields).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_signed_up_is_told_old_and_new() {
    for site in Site::all().await {
        site.clock.set(noon());
        site.heard.lock().unwrap().changed.clear();
        let id = published(&site, &[]).await;
        let all = sessions(&site, &id).await;
        let (one, two) = (&all[0], &all[1]);
        // V holds a place in both sessions, X in the first.
        for (who, session) in [('V', one), ('V', two), ('X', one)] {
            let done = site.post(who, &format!("/sessions/{session}/sign-up"), &[("activity", &id)]).await;
            assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);
        }
        let path = format!("/sessions/{one}/change");
        for who in ['V', 'X', '-'] {
            assert_ne!(site.get(who, &path).await.status, StatusCode::OK, "{who}");
        }

        // Nothing touched: nobody is told.
        let same = send(&site, 'L', one, &[]).await;
        assert_eq!(
            (same.status, same.to.as_str()),
            (StatusCode::SEE_OTHER, &*format!("/activities/{id}/sessions"))
        );
        assert!(site.heard.lock().unwrap().changed.is_empty());

        // Who is on the waiting list is told too, and not asked to give a place back.
        let session: i64 = one.parse().unwrap();
        site.app
            .db
            .write(move |tx| {
                tx.exec_one(
                    sql!(
                        "INSERT INTO waiting (id, session_id, person_id, team_id, state, created_at)
                         VALUES (1, $1, 101, 4, 'waiting', 0)"
                    ),
                    args![session],
                )
            })
            .await
            .unwrap();
        // Moved onto the other session (2026-12-05 14:00–16:00): V overlaps now, X does not.
        let moved = send(
            &site,
            'L',
            one,
            &[("date", "2026-12-05"), ("start", "15:00"), ("end", "17:00"), ("reason", "雷雨")],
        )
        .await;
        assert_eq!(
            (moved.status, moved.to.as_str()),
            (StatusCode::SEE_OTHER, &*format!("/sessions/{one}/changes"))
        );
        let start = Timestamp::at(Date::parse("2026-12-05").unwrap(), 15 * 60);
        let end = start.plus_minutes(120);
        assert_eq!(
            copies(&site, one).await,
            [(100, start, end), (102, start, end)],
            "the copies moved along"
        );
        {
            let heard = site.heard.lock().unwrap();
            let told: Vec<_> = heard.changed.iter().map(|e| (e.person, e.holds, e.clashes.len())).collect();
            assert_eq!(told, [(PersonId(100), true, 1), (PersonId(101), false, 0), (PersonId(102), true, 0)]);
            let event = &heard.changed[0];
            assert_eq!(event.old.0.text(), "2026-11-28 09:00");
            assert_eq!(event.new, (start, end));
            assert_eq!(event.reason, "雷雨");
        }
        site.app.db.write(|tx| tx.exec_one(sql!("DELETE FROM waiting WHERE id = 1"), &[])).await.unwrap();
        // The leader sees who, and when the other one is, not which; X's other team sees nothing.
        let log = site.ok('L', &format!("/sessions/{one}/changes")).await;
        assert!(log.contains("人100") && log.contains("雷雨") && !log.contains("人102"));
        assert_eq!(site.get('X', &format!("/sessions/{one}/changes")).await.status, StatusCode::NOT_FOUND);
        // Old and new for the volunteer, and one tap.
        let seen = site.ok('V', &format!("/sessions/{one}/changed")).await;
        assert!(
            seen.contains("<del>11月28日") && seen.contains("15:00–17:00") && seen.contains("重叠"),
            "{seen}"
        );
        assert!(seen.contains("我来不了了"));
        let off = site.post('V', &format!("/sessions/{one}/sign-off"), &[("activity", &id)]).await;
        assert_eq!(off.status, StatusCode::SEE_OTHER);
        assert!(!site.ok('V', &format!("/sessions/{one}/changed")).await.contains("我来不了了"));
        assert!(!site.ok('L', &format!("/sessions/{one}/changes")).await.contains("人100"), "solved");

        // A stale form, too few places, a past time, an impossible length.
        let fields = form(&site, one, &[]).await;
        let stale: Vec<(&str, &str)> =
            fields.iter().map(|(n, v)| (n.as_str(), if n == "version" { "1" } else { v.as_str() })).collect();
        assert_eq!(site.post('L', &path, &stale).await.status, StatusCode::CONFLICT);
        for (wrong, status) in [
            (("quota", "0"), 422),
            (("date", "2026-11-01"), 422),
            (("end", "15:05"), 422),
            (("place_exact", ""), 422),
            (("posts", "没有人数"), 422),
            (("posts", "太多 50"), 422),
        ] {
            let answer = send(&site, 'L', one, &[wrong]).await;
            assert_eq!(answer.status.as_u16(), status, "{wrong:?}: {}", answer.body);
        }

        // The place is the whole activity's: V, who is in the other session, hears of it too.
        site.heard.lock().unwrap().changed.clear();
        let place =
            send(&site, 'L', one, &[("place_public", "南门社区"), ("place_exact", "南门路 3 号")]).await;
        assert_eq!(place.status, StatusCode::SEE_OTHER);
        {
            let heard = site.heard.lock().unwrap();
            let told: Vec<_> = heard.changed.iter().map(|e| (e.person, e.session.to_string())).collect();
            assert_eq!(told, [(PersonId(102), one.clone()), (PersonId(100), two.clone())]);
            let all = format!("{heard:?}", heard = heard.changed);
            assert!(
                all.contains("望江社区") && all.contains("南门社区") && !all.contains("南门路"),
                "Fix-08"
            );
        }
        assert!(site.ok('X', &format!("/sessions/{one}/changed")).await.contains("南门社区"));
        // The same from the activity's own form.
        site.heard.lock().unwrap().changed.clear();
        let mut facts: Vec<_> = FACTS.iter().copied().filter(|f| f.0 != "place_public").collect();
        let edit = site.ok('L', &format!("/activities/{id}/edit")).await;
        let version = edit.split("name=\"version\" value=\"").nth(1).unwrap().split('"').next().unwrap();
        facts.push(("place_public", "北门社区"));
        facts.push(("version", version));
        let saved = site.post('L', &format!("/activities/{id}/edit"), &facts).await;
        assert_eq!(saved.status, StatusCode::SEE_OTHER, "{}", saved.body);
        assert_eq!(site.heard.lock().unwrap().changed.len(), 2);

        // Cancelling tells everybody of every session still to come.
        site.heard.lock().unwrap().cancelled.clear();
        let gone = site.post('L', &format!("/activities/{id}/cancel"), &[("reason", "场地停用")]).await;
        assert_eq!(gone.status, StatusCode::SEE_OTHER);
        let told: Vec<_> = site.heard.lock().unwrap().cancelled.iter().map(|e| e.person.0).collect();
        assert_eq!(told, [100, 102], "soonest session first");
        assert_eq!(site.get('L', &path).await.status, StatusCode::CONFLICT, "a cancelled session stays");
        let acts: Vec<(String,)> =
            site.app.db.read(|tx| tx.all(sql!("SELECT act FROM audit ORDER BY id"), args![])).await.unwrap();
        for act in ["session.change", "activity.place", "activity.cancel"] {
            assert!(acts.iter().any(|one| one.0 == act), "{act}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn posts_and_times_that_are_taken_stay() {
    for site in Site::all().await {
        site.clock.set(noon());
        let id = published(&site, &[("dates", "2026-11-28")]).await;
        let session = sessions(&site, &id).await.remove(0);
        let page = site.ok('V', &format!("/activities/{id}")).await;
        let post = page.split("name=\"post\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let sign_up = format!("/sessions/{session}/sign-up");
        let done = site.post('V', &sign_up, &[("activity", &id), ("post", &post)]).await;
        assert_eq!(done.status, StatusCode::SEE_OTHER, "{}", done.body);

        // The post that holds V keeps a place; the other one goes, a new one comes.
        let change = site.ok('L', &format!("/sessions/{session}/change")).await;
        let other = change
            .split("name=\"post-")
            .filter_map(|part| part.split_once("-name"))
            .map(|(id, _)| id)
            .find(|id| id.len() < 25 && *id != post)
            .unwrap()
            .to_owned();
        let refused = send(&site, 'L', &session, &[(&format!("post-{post}-quota"), "0")]).await;
        assert_eq!(refused.status, StatusCode::CONFLICT);
        assert!(refused.body.contains("已有 1 人报名"), "{}", refused.body);
        let changed = send(
            &site,
            'L',
            &session,
            &[
                (&format!("post-{post}-name"), "引导"),
                (&format!("post-{other}-quota"), "0"),
                ("posts", "巡查 2"),
                ("quota", "9"),
            ],
        )
        .await;
        assert_eq!(changed.status, StatusCode::SEE_OTHER, "{}", changed.body);
        let now = site.ok('L', &format!("/activities/{id}/sessions")).await;
        assert!(now.contains("引导 1/1；巡查 0/2") && now.contains("1/9") && !now.contains("捡拾"), "{now}");

        // Check-in has begun: times stay, places do not.
        site.clock.set(Timestamp::at(Date::parse("2026-11-28").unwrap(), 8 * 60 + 45));
        let (at, id) = (site.app.db.ctx().clock.now(), session.parse::<i64>().unwrap());
        site.app
            .db
            .write(move |tx| {
                tx.exec_one(
                    sql!(
                        "INSERT INTO check_in (id, session_id, person_id, in_at, in_method, created_at)
                         VALUES (1, $1, 100, $2, 'code', $2)"
                    ),
                    args![id, at],
                )
            })
            .await
            .unwrap();
        assert!(site.ok('L', &format!("/sessions/{session}/change")).await.contains("签到已经开始"));
        let late = send(&site, 'L', &session, &[("end", "12:00")]).await;
        assert_eq!(late.status, StatusCode::CONFLICT);
        assert!(late.body.contains("activity.begun"), "{}", late.body);
        let more = send(&site, 'L', &session, &[("quota", "12")]).await;
        assert_eq!(more.status, StatusCode::SEE_OTHER, "{}", more.body);
    }
}
