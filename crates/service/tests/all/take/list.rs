//! The list of what one can take: what stands on it, in which order, page by page, with few statements.

use std::sync::Arc;

use db::{Bus, args, sql};
use kernel::{Error, ManualClock, PersonId};
use people::person::{Purpose, give, withdraw};

use service::activity::{NewActivity, NewPost, NewSession};
use service::take::rules;
use service::take::store::{self, Cursor, Narrow};
use service::{ActivityId, SessionId};

use super::city::{
    FAR_TEAM, HOME, NEAR_TEAM, TEAM, benches, book_own, city, hours, noon, person, plan, planned, volunteer,
};

async fn listed(db: &db::Db, who: Option<i64>, narrow: Narrow, limit: i64) -> Vec<SessionId> {
    db.read(move |tx| {
        let taker = match who {
            Some(id) => store::taker(tx, PersonId(id))?,
            None => None,
        };
        let rows = store::free(tx, taker.as_ref(), &narrow, limit)?;
        Ok::<_, Error>(rows.iter().map(|row| row.session_id).collect())
    })
    .await
    .unwrap()
}

fn one(from: i64) -> Vec<NewSession> {
    vec![NewSession::new(hours(from), hours(from + 2), 5)]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_what_can_be_taken_stands_on_it() {
    let clock = Arc::new(ManualClock::new(noon()));
    for bench in benches(&clock, Bus::default) {
        let db = &bench.db;
        city(db, 3).await;
        db.write(|tx| {
            person(tx, 50, "2008-11-25")?;
            tx.exec(
                sql!("INSERT INTO member (id, org_id, person_id, state) VALUES (1, 4, 100, 'member')"),
                args![],
            )?;
            tx.exec(sql!("INSERT INTO person_skill (person_id, skill) VALUES (101, 'first_aid')"), args![])?;
            Ok::<(), Error>(())
        })
        .await
        .unwrap();
        let (_, open) = plan(db, planned(TEAM, one(48))).await;
        let (_, clash) = plan(db, planned(TEAM, one(49))).await;
        let (_, touch) = plan(db, planned(TEAM, one(50))).await;
        let (_, members) = plan(db, NewActivity { members_only: true, ..planned(TEAM, one(60)) }).await;
        let (_, skilled) =
            plan(db, NewActivity { skills: vec!["first_aid".into()], ..planned(TEAM, one(70)) }).await;
        let full = vec![NewSession::new(hours(80), hours(82), 1)];
        let (_, full) = plan(db, planned(TEAM, full)).await;
        let (_, tomorrow) = plan(db, planned(TEAM, one(26))).await;
        assert_eq!(book_own(db, full[0], 102).await, "ok");
        assert_eq!(book_own(db, open[0], 100).await, "ok");
        let all = |who| listed(db, who, Narrow::default(), 50);

        let got = all(Some(100)).await;
        assert_eq!(
            got,
            [tomorrow[0], touch[0], members[0]],
            "taken, clashing, full and skilled ones are not"
        );
        assert_eq!(all(Some(101)).await, [tomorrow[0], open[0], clash[0], touch[0], skilled[0]]);
        assert_eq!(
            all(None).await,
            [tomorrow[0], open[0], clash[0], touch[0], members[0], skilled[0]],
            "visitors have no conditions yet"
        );
        // Edge-10: eighteen on 25 November: the session of the 20th and 21st are too early, none is later here.
        assert!(all(Some(50)).await.is_empty());
        let (_, later) = plan(db, planned(TEAM, one(24 * 5))).await;
        assert_eq!(all(Some(50)).await, later);

        let with_full = listed(db, Some(101), Narrow { full: true, ..Narrow::default() }, 50).await;
        assert!(with_full.contains(&full[0]));

        // Whatever stands on the list can really be taken.
        for session in [tomorrow[0], touch[0], members[0]] {
            assert_eq!(book_own(db, session, 100).await, "ok");
        }
        db.write(|tx| tx.exec(sql!("UPDATE person SET state = 'suspended' WHERE id = 101"), args![]))
            .await
            .unwrap();
        assert!(all(Some(101)).await.is_empty());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn soonest_day_first_and_nearest_within_it() {
    let clock = Arc::new(ManualClock::new(noon()));
    for bench in benches(&clock, Bus::default) {
        let db = &bench.db;
        city(db, 1).await;
        let mut want = Vec::new();
        for day in 1..=4 {
            // The nearest of a day starts last.
            let mut of_day = Vec::new();
            for (at, team) in [FAR_TEAM, NEAR_TEAM, TEAM].into_iter().enumerate() {
                for n in 0..4 {
                    let start = day * 24 - 3 + i64::try_from(at).unwrap();
                    let posts =
                        vec![NewPost { name: "门口".into(), quota: 1, skill: None, qualification: None }];
                    let session = NewSession { posts, ..NewSession::new(hours(start), hours(start + 1), 5) };
                    let (_, s) = plan(db, planned(team, vec![session])).await;
                    of_day.push((2 - at, start, n, s[0]));
                }
            }
            of_day.sort();
            want.extend(of_day.into_iter().map(|row| row.3));
        }
        assert_eq!(listed(db, Some(100), Narrow::default(), 100).await, want);

        // Page by page the same, without a gap or a double.
        for size in [1_i64, 5, 7, 48, 60] {
            let mut got = Vec::new();
            let mut after = None;
            loop {
                let rows = db
                    .read(move |tx| {
                        let taker = store::taker(tx, PersonId(100))?;
                        let narrow = Narrow { after, ..Narrow::default() };
                        store::free(tx, taker.as_ref(), &narrow, size)
                    })
                    .await
                    .unwrap();
                let Some(last) = rows.last() else { break };
                assert!(rows.iter().all(|row| row.has_posts));
                after = Cursor::parse(&Cursor::of(last).text());
                got.extend(rows.iter().map(|row| row.session_id));
            }
            assert_eq!(got, want, "pages of {size}");
        }

        // Street, days and nothing found.
        let street = Narrow { area_path: Some("/1/7/".into()), ..Narrow::default() };
        assert_eq!(listed(db, Some(100), street, 100).await.len(), 16);
        let days = Narrow { from: Some(hours(24)), to: Some(hours(48)), ..Narrow::default() };
        assert_eq!(listed(db, None, days, 100).await.len(), 12);
        let words = Narrow { words: "没有这个".into(), ..Narrow::default() };
        assert!(listed(db, None, words, 100).await.is_empty());
        let words = Narrow { words: "qjjy".into(), ..Narrow::default() };
        assert_eq!(listed(db, None, words, 100).await.len(), 48);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn suggestions_and_the_number_of_statements() {
    let clock = Arc::new(ManualClock::new(noon()));
    for bench in benches(&clock, Bus::default) {
        let db = &bench.db;
        city(db, 1).await;
        let (_, far) = plan(db, planned(FAR_TEAM, one(26))).await;
        let (_, home) = plan(db, NewActivity { community: Some(HOME), ..planned(TEAM, one(50)) }).await;
        let (suggested, used) = db
            .read(|tx| {
                let taker = store::taker(tx, PersonId(100))?.unwrap();
                store::free(tx, Some(&taker), &Narrow::default(), 21)?;
                let past = store::served(tx, taker.id)?;
                let choice = store::choice(tx, &taker)?;
                let candidates: Vec<rules::Candidate> = choice
                    .iter()
                    .map(|row| rules::Candidate {
                        session: row.session_id,
                        activity: row.activity_id,
                        team: row.org_id,
                        starts_at: row.starts_at,
                        near: row.near,
                        skill: row.skill.clone(),
                        together: 0,
                    })
                    .collect();
                Ok::<_, Error>((rules::suggest(&candidates, &past), tx.statements()))
            })
            .await
            .unwrap();
        assert_eq!(suggested, [(home[0], vec![rules::Reason::Home])]);
        assert_ne!(home, far);
        assert_eq!(used, 5);
    }
}

/// Together in one session of the past.
fn together(
    tx: &mut db::WriteTx<'_>,
    session: SessionId,
    activity: ActivityId,
    who: &[i64],
) -> Result<(), Error> {
    for person in who {
        let (id, now): (PersonId, _) = (tx.new_id(), noon());
        tx.exec_one(
            sql!(
                "INSERT INTO record (id, session_id, activity_id, person_id, team_id, community_id, street_id, home_org,
                    category, title, place, served_group, service_on, start_at, end_at, minutes, method, class, state,
                    created_at)
                 VALUES ($1, $2, $3, $4, 4, 3, 2, 3, 'clean', '清洁家园', '望江', '居民', $5, $6, $6, 60, 'roll', 'verified',
                    'confirmed', $6)"
            ),
            args![id, session, activity, PersonId(*person), now.date().plus(-7), now],
        )?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn companions_need_three_sessions_and_both_consents() {
    let clock = Arc::new(ManualClock::new(noon()));
    for bench in benches(&clock, Bus::default) {
        let db = &bench.db;
        city(db, 5).await;
        let past: Vec<_> = (0..3).map(|n| one(100 + n)).collect();
        let (activity, before) = plan(db, planned(TEAM, past.into_iter().flatten().collect())).await;
        let (_, next) = plan(db, planned(FAR_TEAM, one(26))).await;
        let ask = |sessions: Vec<SessionId>| async move {
            db.read(move |tx| {
                let taker = store::taker(tx, PersonId(100))?.unwrap();
                store::companions(tx, &taker, &sessions)
            })
            .await
            .unwrap()
        };
        let told = next;
        for person in [101, 103, 104] {
            assert_eq!(book_own(db, told[0], person).await, "ok");
        }
        db.write(move |tx| {
            // 101 and 102 in all three, 103 in two, 104 in all three without a consent.
            for (at, session) in before.iter().enumerate() {
                let who: &[i64] = if at < 2 { &[100, 101, 102, 103, 104] } else { &[100, 101, 102, 104] };
                together(tx, *session, activity, who)?;
            }
            for person in [101, 102, 103] {
                give(tx, &volunteer(person), PersonId(person), Purpose::Together, "me")?;
            }
            Ok::<(), Error>(())
        })
        .await
        .unwrap();
        assert_eq!(ask(told.clone()).await, [], "the person did not agree");
        db.write(|tx| give(tx, &volunteer(100), PersonId(100), Purpose::Together, "me")).await.unwrap();
        assert_eq!(ask(told.clone()).await, [(told[0], 1)], "103 served together twice, 104 did not agree");
        db.write(|tx| withdraw(tx, PersonId(101), Purpose::Together)).await.unwrap();
        assert_eq!(ask(told).await, []);
    }
}
