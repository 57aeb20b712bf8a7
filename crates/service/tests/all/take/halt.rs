//! An area stops (Edge-23): what falls into the hours, all of it or none, and what it leaves behind.

use std::sync::Arc;

use db::{Bus, Db, args, sql};
use kernel::{Actor, Error, ManualClock, OrgId, Role, Timestamp};
use service::SessionId;
use service::activity::NewSession;
use service::halt::commands::{self, Stop};
use service::halt::{Cause, store};

use super::city::{
    FAR_TEAM, TEAM, benches, book_own, city, granted, hours, leader, noon, office, plan, planned, run,
};

fn one(from: i64) -> Vec<NewSession> {
    vec![NewSession::new(hours(from), hours(from + 2), 5)]
}

fn wish(area: OrgId, sessions: &[SessionId], days: i64) -> Stop {
    Stop {
        area,
        cause: Cause::Weather,
        hours: (noon(), hours(36)),
        days,
        words: "台风橙色预警".to_owned(),
        sessions: sessions.to_vec(),
    }
}

async fn seen(db: &Db, actor: &Actor, area: OrgId) -> Result<Vec<SessionId>, String> {
    let actor = actor.clone();
    let found: Result<Vec<store::Stoppable>, Error> =
        db.read(move |tx| commands::look(tx, &actor, area, (noon(), hours(36)))).await;
    found.map(|all| all.iter().map(|one| one.id).collect()).map_err(|error| error.code().to_owned())
}

async fn stop(db: &Db, actor: &Actor, wish: Stop) -> String {
    let actor = actor.clone();
    run(db, move |tx| commands::stop(tx, &actor, &wish)).await
}

async fn states(db: &Db, session: SessionId) -> (String, Timestamp, i64, i64) {
    db.read(move |tx| {
        tx.one(
            sql!(
                "SELECT s.state, s.starts_at, s.taken, (SELECT count(*) FROM sign_up u WHERE u.session_id = s.id
                    AND u.state = 'booked' AND u.starts_at = s.starts_at)
                 FROM session s WHERE s.id = $1"
            ),
            args![session],
        )
    })
    .await
    .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_area_stops_whole_or_not_at_all() {
    let clock = Arc::new(ManualClock::new(noon()));
    for bench in benches(&clock, Bus::default) {
        let db = &bench.db;
        city(db, 3).await;
        let (_, first) = plan(db, planned(TEAM, one(5))).await;
        let (_, second) = plan(db, planned(TEAM, one(20))).await;
        let (_, late) = plan(db, planned(TEAM, one(40))).await;
        let (_, far) = plan(db, planned(FAR_TEAM, one(6))).await;
        for person in [100, 101] {
            assert_eq!(book_own(db, first[0], person).await, "ok");
        }
        assert_eq!(book_own(db, second[0], 102).await, "ok");

        // The street, and the whole city; not what begins later, and not for the leader of a team.
        assert_eq!(seen(db, &office(), OrgId(2)).await.unwrap(), [first[0], second[0]]);
        assert_eq!(seen(db, &office(), OrgId(1)).await.unwrap(), [first[0], far[0], second[0]]);
        assert_eq!(seen(db, &leader(), OrgId(2)).await, Err("common.forbidden".to_owned()));
        let station = granted(Role::Station, OrgId(3), "/1/2/3/");
        assert_eq!(seen(db, &station, OrgId(2)).await, Err("halt.area".to_owned()));
        assert_eq!(seen(db, &station, OrgId(3)).await.unwrap(), [first[0], second[0]]);

        // One that is not among them: nothing happens to the others.
        let both = wish(OrgId(2), &[first[0], late[0]], 0);
        assert_eq!(stop(db, &office(), both).await, "halt.changed");
        assert_eq!(states(db, first[0]).await.0, "open");
        assert_eq!(stop(db, &office(), wish(OrgId(2), &[], 0)).await, "halt.none");

        // Put off: everybody keeps the place at the new time.
        assert_eq!(stop(db, &station, wish(OrgId(3), &[first[0]], 2)).await, "ok");
        assert_eq!(states(db, first[0]).await, ("open".to_owned(), hours(53), 2, 2));
        // Cancelled: nobody holds a place, and nobody is absent.
        assert_eq!(stop(db, &office(), wish(OrgId(2), &[second[0]], 0)).await, "ok");
        assert_eq!(states(db, second[0]).await, ("cancelled".to_owned(), hours(20), 0, 0));
        assert_eq!(stop(db, &office(), wish(OrgId(2), &[second[0]], 0)).await, "halt.changed");
        assert_eq!(states(db, far[0]).await.0, "open");

        let by = office();
        let done = db.read(move |tx| store::latest(tx, &by, 9)).await.unwrap();
        let told: Vec<(i64, i64, i64)> = done.iter().map(|one| (one.days, one.sessions, one.told)).collect();
        assert_eq!(told, [(0, 1, 1), (2, 1, 2)]);
    }
}
