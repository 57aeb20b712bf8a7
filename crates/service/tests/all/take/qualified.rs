//! Qualifications as conditions on both databases: sign-up, lists, posts, the door with a reason, and the whole way
//! through the pages.

use std::sync::Arc;

use axum::http::StatusCode;
use db::{Bus, Db, args, sql};
use kernel::{Date, Error, ManualClock, PersonId};
use service::activity::{self, NewActivity, NewPost, NewSession};
use service::attendance::commands::{RollAct, Times, Whom, roll, roll_over};
use service::attendance::{CheckIn, check_in};
use service::sign_up::{Book, Source, book};
use service::take::store::{self as take, Narrow};
use service::{SessionId, qualified};

use super::city::{TEAM, benches, book_own, city, hours, leader, noon, own, plan, planned, run, volunteer};
use crate::site::{self, Site};

async fn kinds(db: &Db) {
    db.write(|tx| {
        for (code, name) in [("card", "救护员证"), ("nurse", "护士证")] {
            tx.exec_one(
                sql!(
                    "INSERT INTO qualification_kind (code, name, name_en, form, expires, in_use)
                     VALUES ($1, $2, $1, 'certificate', FALSE, TRUE)"
                ),
                args![code, name],
            )?;
        }
        Ok::<(), Error>(())
    })
    .await
    .unwrap();
}

/// A paper of somebody: from and until as days from that of `noon`.
async fn paper(db: &Db, person: i64, kind: &'static str, state: &'static str, from: i64, until: Option<i64>) {
    db.write(move |tx| {
        let today = noon().date();
        let id: service::SignUpId = tx.new_id();
        let (from, until, now): (Date, Option<Date>, _) =
            (today.plus(from), until.map(|days| today.plus(days)), tx.now());
        tx.exec_one(
            sql!(
                "INSERT INTO qualification (id, person_id, kind, issuer, from_on, until_on, state, handed_in_at)
                 VALUES ($1, $2, $3, '红十字会', $4, $5, $6, $7)"
            ),
            args![id, person, kind, from, until, state, now],
        )
    })
    .await
    .unwrap();
}

async fn revoke(db: &Db, person: i64) {
    db.write(move |tx| {
        tx.exec(sql!("UPDATE qualification SET state = 'revoked' WHERE person_id = $1"), args![person])
    })
    .await
    .unwrap();
}

fn asks(kind: &str, sessions: Vec<NewSession>) -> NewActivity {
    NewActivity { qualifications: vec![kind.to_owned()], ..planned(TEAM, sessions) }
}

async fn listed(db: &Db, who: i64) -> Vec<SessionId> {
    db.read(move |tx| {
        let taker = take::taker(tx, PersonId(who))?;
        let rows = take::free(tx, taker.as_ref(), &Narrow::default(), 50)?;
        Ok::<_, Error>(rows.iter().map(|row| row.session_id).collect())
    })
    .await
    .unwrap()
}

async fn said(db: &Db, session: SessionId, person: i64) -> String {
    let done = db.write(move |tx| book(tx, &volunteer(person), &own(session, person)).map(|_| ())).await;
    match done {
        Err(Error::Refused(all)) => all[0].sentence(kernel::Lang::Zh),
        other => format!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_counts_on_the_days_of_the_session() {
    let clock = Arc::new(ManualClock::new(noon()));
    for bench in benches(&clock, Bus::default) {
        let db = &bench.db;
        city(db, 10).await;
        kinds(db).await;
        // From noon of the 20th: the 22nd by day; the night from the 22nd to the 23rd.
        let (_, by_day) = plan(db, asks("card", vec![NewSession::new(hours(46), hours(48), 9)])).await;
        let (_, night) = plan(db, asks("card", vec![NewSession::new(hours(58), hours(62), 9)])).await;
        paper(db, 100, "card", "confirmed", -30, Some(2)).await;
        paper(db, 101, "card", "confirmed", -30, None).await;
        paper(db, 102, "card", "handed_in", -30, None).await;
        paper(db, 103, "card", "confirmed", 3, None).await;
        paper(db, 104, "card", "confirmed", -30, Some(1)).await;
        paper(db, 105, "nurse", "confirmed", -30, None).await;
        paper(db, 106, "card", "revoked", -30, None).await;
        for (person, list) in [
            (100, vec![by_day[0]]),
            (101, vec![by_day[0], night[0]]),
            (102, vec![]),
            (103, vec![]),
            (104, vec![]),
            (105, vec![]),
            (106, vec![]),
            (107, vec![]),
        ] {
            assert_eq!(listed(db, person).await, list, "{person}");
            for session in [by_day[0], night[0]] {
                // What stands on the list can be taken, and nothing else.
                let want = if list.contains(&session) { "ok" } else { "sign_up.no_qualification" };
                assert_eq!(book_own(db, session, person).await, want, "{person} {session}");
            }
        }
        let text = said(db, by_day[0], 104).await;
        assert!(text.contains("救护员证（2026-11-21 到期）"), "{text}");
        assert!(said(db, by_day[0], 102).await.contains("救护员证（还没有核对）"));
        assert!(said(db, by_day[0], 107).await.contains("：救护员证"));
        // The leader cannot go over it either, as with skills.
        let by_leader = Book { source: Source::Leader, ..own(by_day[0], 107) };
        let code = run(db, move |tx| book(tx, &leader(), &by_leader)).await;
        assert_eq!(code, "sign_up.no_qualification");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_post_may_ask_by_itself() {
    let clock = Arc::new(ManualClock::new(noon()));
    for bench in benches(&clock, Bus::default) {
        let db = &bench.db;
        city(db, 3).await;
        kinds(db).await;
        paper(db, 101, "nurse", "confirmed", -30, None).await;
        // As it is typed: the kind stands at the end of the line.
        let posts = activity::rules::read_posts("量血压 1 护士证\n引导 2").unwrap();
        let session = NewSession { posts, ..NewSession::new(hours(46), hours(48), 3) };
        let (id, sessions) = plan(db, planned(TEAM, vec![session])).await;
        let posts = db.read(move |tx| activity::store::posts_of(tx, id)).await.unwrap();
        assert_eq!((posts[0].name.as_str(), posts[0].qualification.as_deref()), ("量血压", Some("nurse")));
        assert_eq!(posts[1].qualification, None);
        let at = |person: i64, post: usize| {
            let ask = Book { post: Some(posts[post].id), ..own(sessions[0], person) };
            run(db, move |tx| book(tx, &volunteer(person), &ask))
        };
        assert_eq!(at(100, 0).await, "sign_up.no_qualification");
        assert_eq!(at(100, 1).await, "ok");
        assert_eq!(at(101, 0).await, "ok");
        // A copy asks for the same.
        let copied = db.write(move |tx| activity::commands::copy(tx, &leader(), id)).await.unwrap();
        let posts = db.read(move |tx| activity::store::posts_of(tx, copied)).await.unwrap();
        assert!(posts.iter().any(|post| post.qualification.as_deref() == Some("nurse")));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn at_the_door_the_leader_may_go_over_it_with_a_reason() {
    let clock = Arc::new(ManualClock::new(noon()));
    for bench in benches(&clock, Bus::default) {
        clock.set(noon());
        let db = &bench.db;
        city(db, 4).await;
        kinds(db).await;
        let (_, sessions) = plan(db, asks("card", vec![NewSession::new(hours(46), hours(48), 9)])).await;
        let session = sessions[0];
        for person in 100..103 {
            paper(db, person, "card", "confirmed", -30, None).await;
            assert_eq!(book_own(db, session, person).await, "ok");
        }
        revoke(db, 100).await;
        revoke(db, 101).await;
        clock.set(hours(46));
        let scan = move |person: i64| {
            run(db, move |tx| {
                let ask = CheckIn { session, at: tx.now(), want: None, device: None, team: None };
                check_in(tx, &volunteer(person), &ask)
            })
        };
        assert_eq!(scan(100).await, "attendance.unqualified");
        assert_eq!(scan(102).await, "ok");
        let short = db.read(move |tx| qualified::store::unready(tx, session)).await.unwrap();
        assert_eq!(short.values().map(|one| one.zh.as_str()).collect::<Vec<_>>(), ["救护员证", "救护员证"]);
        let line = *short.keys().next().unwrap();
        // All at once leaves them out; one alone needs a reason, which is noted.
        let act = RollAct::Present(Whom::All);
        let done = db.write(move |tx| roll(tx, &leader(), session, act, Times::default())).await.unwrap();
        assert_eq!(done, 0);
        let one = RollAct::Present(Whom::One(line));
        let code = run(db, move |tx| roll(tx, &leader(), session, one, Times::default())).await;
        assert_eq!(code, "attendance.unqualified");
        let over = run(db, move |tx| {
            roll_over(tx, &leader(), session, one, Times::default(), "新证已办，已看受理单")
        })
        .await;
        assert_eq!(over, "ok");
        let (reason, kind): (String, String) = db
            .read(move |tx| {
                tx.one(sql!("SELECT reason, kind FROM sign_up_note WHERE sign_up_id = $1"), args![line])
            })
            .await
            .unwrap();
        assert_eq!((reason.as_str(), kind.as_str()), ("新证已办，已看受理单", "override"));
        let (noted,): (i64,) = db
            .read(|tx| tx.one(sql!("SELECT count(*) FROM audit WHERE act = 'attendance.override'"), args![]))
            .await
            .unwrap();
        assert_eq!(noted, 1);
        // Whoever is in checks out like everybody.
        let act = RollAct::Out(Whom::All);
        clock.set(hours(47));
        let done = db.write(move |tx| roll(tx, &leader(), session, act, Times::default())).await.unwrap();
        assert_eq!(done, 2);
    }
}

/// Handed in on the phone, confirmed by staff, taken: through the pages, without a script.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_whole_way() {
    for site in Site::all().await {
        let post = async |who, path: &str, fields: &[(&str, &str)]| site.post(who, path, fields).await;
        let usual = post('S', "/qualifications/kinds", &[("act", "usual")]).await;
        assert_eq!(usual.status, StatusCode::SEE_OTHER, "{}", usual.body);
        assert!(site.ok('S', "/qualifications/kinds").await.contains("红十字救护员证"));
        // The leader asks for it.
        let mut facts: Vec<(&str, &str)> = site::FACTS.to_vec();
        facts.retain(|(name, _)| *name != "posts");
        facts.push(("qualifications", "first_aid_card"));
        facts.push(("qualifications", "no_such_kind"));
        let made = post('L', "/activities/new", &facts).await;
        assert_eq!(made.status, StatusCode::SEE_OTHER, "{}", made.body);
        let id = site::id_in(&made.to);
        let form = site.ok('L', &format!("/activities/{id}/edit")).await;
        assert!(form.contains("value=\"first_aid_card\" checked"), "the form shows it again");
        let out = post('L', &format!("/activities/{id}/publish"), &[("none_applies", "1")]).await;
        assert_eq!(out.status, StatusCode::SEE_OTHER, "{}", out.body);
        let activity: service::ActivityId = id.parse().unwrap();
        let session =
            site.app.db.read(move |tx| activity::store::sessions_of(tx, activity)).await.unwrap()[0].id;
        // The volunteer is refused, told what is missing, and where to go.
        let page = site.ok('V', &format!("/activities/{id}")).await;
        assert!(page.contains("红十字救护员证") && page.contains("/me/qualifications"));
        let sign_up = format!("/sessions/{session}/sign-up");
        let refused = post('V', &sign_up, &[]).await;
        assert_eq!(refused.status, StatusCode::CONFLICT);
        assert!(refused.body.contains("sign_up.no_qualification") && refused.body.contains("红十字救护员证"));
        let wrong =
            post('V', "/me/qualifications", &[("kind", "first_aid_card"), ("issuer", "红十字会")]).await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        let given = [
            ("kind", "first_aid_card"),
            ("number", "RC-2026-77"),
            ("issuer", "市红十字会"),
            ("from_on", "2026-01-01"),
            ("until_on", "2028-12-31"),
        ];
        let sent = post('V', "/me/qualifications", &given).await;
        assert_eq!(sent.status, StatusCode::SEE_OTHER, "{}", sent.body);
        let mine = site.ok('V', "/me/qualifications").await;
        assert!(mine.contains("待核对") && mine.contains("RC-2026-77") && mine.contains("data-next"));
        assert_eq!(post('V', &sign_up, &[]).await.status, StatusCode::CONFLICT, "not looked at yet");
        // Staff see the ends of the number alone, and confirm.
        let list = site.ok('S', "/qualifications?state=handed_in").await;
        assert!(list.contains("人100") && !list.contains("RC-2026-77"));
        let waiting =
            site.app.db.read(|tx| people::qualification::store::of_person(tx, PersonId(100))).await.unwrap()
                [0]
            .id;
        assert_eq!(site.get('L', "/qualifications").await.status, StatusCode::FORBIDDEN);
        let no = post('S', &format!("/qualifications/{waiting}"), &[("act", "refuse")]).await;
        assert_eq!(no.status, StatusCode::UNPROCESSABLE_ENTITY, "a no needs a reason");
        let yes =
            post('S', &format!("/qualifications/{waiting}"), &[("act", "confirm"), ("at", "person")]).await;
        assert_eq!(yes.to, "/people/100/qualifications", "{}", yes.body);
        assert!(site.ok('S', "/people/100/qualifications").await.contains("有效"));
        let taken = post('V', &sign_up, &[]).await;
        assert_eq!(taken.status, StatusCode::SEE_OTHER, "{}", taken.body);
        // Trainings of the team, as its leader enters them.
        site.app
            .db
            .write(|tx| {
                tx.exec(
                    sql!("INSERT INTO member (id, org_id, person_id, state) VALUES (7, 4, 100, 'member')"),
                    args![],
                )
            })
            .await
            .unwrap();
        let number = people::person::volunteer_no(100);
        let training = [
            ("name", "消防安全培训"),
            ("content", "灭火器使用"),
            ("minutes", "90"),
            ("held_on", "2026-11-01"),
            ("holder", "消防救援站"),
            ("kind", "fire_training"),
            ("numbers", number.as_str()),
        ];
        let entered = post('L', "/teams/4/trainings", &training).await;
        assert_eq!(entered.status, StatusCode::SEE_OTHER, "{}", entered.body);
        assert!(site.ok('L', "/teams/4/trainings").await.contains("人100"));
        assert!(site.ok('V', "/me/qualifications").await.contains("消防安全培训"));
        assert_eq!(site.get('X', "/teams/4/trainings").await.status, StatusCode::NOT_FOUND);
    }
}

/// A post whose kind was given by name keeps its own name.
#[test]
fn posts_name_kinds_only_at_their_end() {
    let post = NewPost { name: "引导".to_owned(), quota: 2, skill: None, qualification: None };
    assert_eq!(qualified::split_name(&post.name, &[]), ("引导".to_owned(), None));
}
