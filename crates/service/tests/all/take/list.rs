//! The list of what one can take: what stands on it, in which order, page by page, with few statements.

use std::sync::Arc;

use db::{Bus, args, sql};
use kernel::{Error, ManualClock, PersonId};
use service::SessionId;
use service::activity::{NewActivity, NewPost, NewSession};
use service::take::rules;
use service::take::store::{self, Cursor, Narrow};

use super::city::{
    FAR_TEAM, HOME, NEAR_TEAM, TEAM, benches, book_own, city, hours, noon, person, plan, planned,
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
