//! Places that the leader gives: applications and invitations; and what follows from staying away.

use std::sync::Arc;

use db::{Bus, Db, args, sql};
use kernel::{Actor, Error, ManualClock, OrgId, PersonId, Role, Timestamp};
use service::activity::{Entry, NewActivity, NewPost, NewSession};
use service::sign_up::absence::{self, AbsenceState};
use service::sign_up::entry::{ApplicationState, commands, store, tick};
use service::sign_up::{self, limits};
use service::{ActivityId, ApplicationId, SessionId, SignUpId};

use super::city::{
    TEAM, benches, book_own, cancel_own, city, granted, hours, leader, noon, office, plan, planned, run,
    volunteer,
};

fn asks(entry: Entry, quota: i64) -> NewActivity {
    let posts = vec![NewPost { name: "门口".into(), quota: 1, skill: None, qualification: None }];
    let session = NewSession { posts, ..NewSession::new(hours(48), hours(50), quota) };
    NewActivity { entry, ..planned(TEAM, vec![session]) }
}

async fn apply(db: &Db, session: SessionId, person: i64) -> String {
    run(db, move |tx| commands::apply(tx, &volunteer(person), session, None, None, "我住附近")).await
}

async fn waiting(db: &Db, session: SessionId) -> Vec<(ApplicationId, i64)> {
    let lines = db.read(move |tx| store::of_session(tx, session)).await.unwrap();
    lines.into_iter().map(|one| (one.id, one.person.0)).collect()
}

async fn decide(
    db: &Db,
    who: Actor,
    session: SessionId,
    ids: &[ApplicationId],
    accept: bool,
    why: &'static str,
) -> String {
    let ids = ids.to_vec();
    run(db, move |tx| commands::decide(tx, &who, session, &ids, accept, why)).await
}

async fn taken(db: &Db, session: SessionId) -> (i64, i64) {
    db.read(move |tx| {
        tx.one::<(i64, i64)>(
            sql!(
                "SELECT s.taken, (SELECT count(*) FROM sign_up u WHERE u.session_id = s.id AND u.state <> 'cancelled')
                 FROM session s WHERE s.id = $1"
            ),
            args![session],
        )
    })
    .await
    .unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_place_is_counted_only_once_it_is_given() {
    let clock = Arc::new(ManualClock::new(noon()));
    for bench in benches(&clock, Bus::default) {
        let db = &bench.db;
        city(db, 6).await;
        let (_, s) = plan(db, asks(Entry::Approval, 2)).await;
        let s = s[0];
        assert_eq!(book_own(db, s, 100).await, "sign_up.approval");
        for person in 100..104 {
            assert_eq!(apply(db, s, person).await, "ok");
            assert_eq!(apply(db, s, person).await, "ok", "twice changes nothing");
        }
        assert_eq!(taken(db, s).await, (0, 0));
        let all = waiting(db, s).await;
        assert_eq!(all.iter().map(|one| one.1).collect::<Vec<_>>(), [100, 101, 102, 103]);
        let ids: Vec<ApplicationId> = all.iter().map(|one| one.0).collect();

        // Another team's leader does not even learn of the session; nobody is refused without a reason.
        let other = granted(Role::Leader, OrgId(6), "/1/2/5/6/");
        assert_eq!(decide(db, other, s, &ids, true, "").await, "common.not_found");
        assert_eq!(decide(db, volunteer(100), s, &ids, true, "").await, "common.not_found");
        assert_eq!(decide(db, leader(), s, &[], true, "").await, "sign_up.nobody");
        assert_eq!(decide(db, leader(), s, &ids[..1], false, "").await, "common.required");
        assert_eq!(decide(db, leader(), s, &ids[..1], false, "这次要熟手").await, "ok");
        assert_eq!(decide(db, leader(), s, &ids[..1], true, "").await, "sign_up.application_gone");
        // Three for two places: first come, first served, and the third is named and stays.
        let rest = ids[1..].to_vec();
        let done = db
            .write(move |tx| commands::decide(tx, &leader(), s, &rest, true, ""))
            .await
            .unwrap_or_else(|e: Error| panic!("{}", e.code()));
        assert_eq!(done.done, 2);
        assert_eq!(
            done.failed.iter().map(|one| (one.0.0, one.1.code())).collect::<Vec<_>>(),
            [(103, "sign_up.full")]
        );
        assert_eq!(taken(db, s).await, (2, 2));
        assert_eq!(waiting(db, s).await.iter().map(|one| one.1).collect::<Vec<_>>(), [103]);
        // A place given back can be given to the next.
        assert_eq!(cancel_own(db, s, 101).await, "ok");
        assert_eq!(decide(db, leader(), s, &ids[3..], true, "").await, "ok");
        assert_eq!(taken(db, s).await, (2, 2));

        // Taking it back, and what nobody decided.
        assert_eq!(apply(db, s, 104).await, "ok");
        let mine = waiting(db, s).await[0].0;
        assert_eq!(
            run(db, move |tx| commands::withdraw(tx, &volunteer(105), mine)).await,
            "common.not_found"
        );
        for _ in 0..2 {
            assert_eq!(run(db, move |tx| commands::withdraw(tx, &volunteer(104), mine)).await, "ok");
        }
        assert_eq!(apply(db, s, 105).await, "ok");
        clock.set(hours(48));
        assert_eq!(run(db, tick).await, "ok");
        assert!(waiting(db, s).await.is_empty());
        clock.set(noon());
        // Where nobody has to agree there is nothing to apply for.
        let (_, open) = plan(db, asks(Entry::Open, 2)).await;
        assert_eq!(apply(db, open[0], 105).await, "sign_up.no_need");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn two_leaders_and_one_place() {
    let clock = Arc::new(ManualClock::new(noon()));
    for bench in benches(&clock, Bus::default) {
        let db = &bench.db;
        city(db, 12).await;
        let (_, s) = plan(db, asks(Entry::Approval, 5)).await;
        let s = s[0];
        for person in 100..112 {
            assert_eq!(apply(db, s, person).await, "ok");
        }
        let ids: Vec<ApplicationId> = waiting(db, s).await.iter().map(|one| one.0).collect();
        let turned: Vec<ApplicationId> = ids.iter().rev().copied().collect();
        let (a, b, c) = tokio::join!(
            decide(db, leader(), s, &ids, true, ""),
            decide(db, office(), s, &turned, true, ""),
            async {
                for person in 100..112 {
                    cancel_own(db, s, person).await;
                }
            }
        );
        let () = c;
        for one in [a, b] {
            assert!(["ok", "sign_up.application_gone"].contains(&one.as_str()), "{one}");
        }
        let (counter, rows) = taken(db, s).await;
        assert!(counter == rows && counter <= 5, "{counter} {rows}");
    }
}

async fn open_link(db: &Db, link: service::InvitationLinkId, person: i64) -> String {
    run(db, move |tx| commands::link_accept(tx, &volunteer(person), link)).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn invitations_open_the_door_for_a_time() {
    let clock = Arc::new(ManualClock::new(noon()));
    for bench in benches(&clock, Bus::default) {
        clock.set(noon());
        let db = &bench.db;
        city(db, 8).await;
        let number: String = db
            .read(|tx| {
                // Numbers of the program's own kind, with their check digit.
                Ok::<_, Error>(
                    tx.one::<(String,)>(sql!("SELECT volunteer_no FROM person WHERE id = 100"), args![])?.0,
                )
            })
            .await
            .unwrap();
        let (a, s) = plan(db, asks(Entry::Invitation, 5)).await;
        let s = s[0];
        assert_eq!(book_own(db, s, 100).await, "sign_up.invited_only");
        assert_eq!(apply(db, s, 100).await, "sign_up.invited_only");
        // By hand, as the numbers of this small city have no check digit.
        let by_hand = |person: i64, until: Timestamp| {
            run(db, move |tx| Ok::<_, Error>(store::invite(tx, a, PersonId(person), None, None, until)?))
        };
        let asked = number.clone();
        assert_eq!(
            run(db, move |tx| {
                let (count, unknown) = commands::invite(tx, &leader(), a, &["乱写", asked.as_str()], 7)?;
                assert!(count <= 1 && unknown.contains(&"乱写".to_owned()));
                Ok::<_, Error>(())
            })
            .await,
            "ok"
        );
        assert_eq!(
            run(db, move |tx| commands::invite(tx, &volunteer(101), a, &[], 7)).await,
            "common.not_found"
        );
        assert_eq!(by_hand(100, hours(24)).await, "ok");
        assert_eq!(by_hand(101, hours(24)).await, "ok");
        assert_eq!(book_own(db, s, 100).await, "ok");
        // Declined or taken back, it opens nothing any more; nor when it has expired.
        let of = |person: i64| async move {
            let all = db.read(move |tx| store::invitations_of(tx, PersonId(person))).await.unwrap();
            all.first().map(|one| one.id)
        };
        let one = of(101).await.unwrap();
        assert_eq!(run(db, move |tx| commands::decline(tx, &volunteer(102), one)).await, "common.not_found");
        for _ in 0..2 {
            assert_eq!(run(db, move |tx| commands::decline(tx, &volunteer(101), one)).await, "ok");
        }
        assert_eq!(book_own(db, s, 101).await, "sign_up.invited_only");
        assert_eq!(by_hand(101, hours(24)).await, "ok", "and may be invited anew");
        clock.set(hours(25));
        assert_eq!(book_own(db, s, 101).await, "sign_up.invited_only");
        clock.set(noon());

        // A link for two: of three who open it at once two come in, and opening it twice uses it once.
        let link = db
            .write(move |tx| commands::link_new(tx, &leader(), a, 2, 7))
            .await
            .unwrap_or_else(|e: Error| panic!("{}", e.code()));
        let (x, y, z) =
            tokio::join!(open_link(db, link, 103), open_link(db, link, 104), open_link(db, link, 105));
        let mut codes = [x, y, z];
        codes.sort();
        assert_eq!(codes, ["ok", "ok", "sign_up.invitation_gone"]);
        let inside: Vec<i64> = {
            let mut out = Vec::new();
            for person in 103..106 {
                if of(person).await.is_some() {
                    out.push(person);
                }
            }
            out
        };
        assert_eq!(inside.len(), 2);
        assert_eq!(open_link(db, link, inside[0]).await, "ok", "twice changes nothing");
        assert_eq!(
            run(db, move |tx| commands::link_end(tx, &volunteer(100), link)).await,
            "common.not_found"
        );
        assert_eq!(run(db, move |tx| commands::link_end(tx, &leader(), link)).await, "ok");
        // In an activity by approval the invited need no approval.
        let (b, t) = plan(db, NewActivity { ..asks(Entry::Approval, 5) }).await;
        let id: ActivityId = b;
        assert_eq!(
            run(db, move |tx| Ok::<_, Error>(store::invite(tx, id, PersonId(106), None, None, hours(24))?))
                .await,
            "ok"
        );
        assert_eq!(book_own(db, t[0], 106).await, "ok");
    }
}

/// Sessions of the past in which somebody held a place and was absent.
async fn stayed_away(db: &Db, person: i64, days_ago: &[i64]) -> Vec<SignUpId> {
    let mut out = Vec::new();
    for days in days_ago.iter().copied() {
        let start = hours(-24 * days);
        let (_, s) = plan(db, planned(TEAM, vec![NewSession::new(start, start.plus_minutes(60), 9)])).await;
        let session = *s.first().unwrap();
        let id = db
            .write(move |tx| {
                let id: SignUpId = tx.new_id();
                let end = start.plus_minutes(60);
                tx.exec(
                    sql!(
                        "INSERT INTO sign_up (id, session_id, person_id, team_id, state, starts_at, ends_at, source, created_at)
                         VALUES ($1, $2, $3, 4, 'absent', $4, $5, 'self', 0)"
                    ),
                    args![id, session, PersonId(person), start, end],
                )?;
                absence::commands::note(tx, session, "清洁家园", start)?;
                Ok::<_, Error>(id)
            })
            .await
            .unwrap();
        out.push(id);
    }
    out
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn staying_away_three_times_and_the_way_back() {
    let clock = Arc::new(ManualClock::new(noon()));
    for bench in benches(&clock, Bus::default) {
        clock.set(noon());
        let db = &bench.db;
        city(db, 4).await;
        let (_, s) = plan(db, asks(Entry::Open, 5)).await;
        let s = s[0];
        stayed_away(db, 100, &[400, 20]).await;
        let last = stayed_away(db, 100, &[10]).await[0];
        assert_eq!(book_own(db, s, 100).await, "ok", "what is longer ago than a year is forgotten");
        assert_eq!(cancel_own(db, s, 100).await, "ok");
        let third = stayed_away(db, 100, &[5]).await[0];
        assert_eq!(book_own(db, s, 100).await, "sign_up.absent");
        assert_eq!(apply(db, s, 100).await, "ok");
        // After thirty days it ends by itself; a city may ask for none of it.
        let none = limits::Limits { absences: 0, ..limits::Limits::default() };
        assert_eq!(run(db, move |tx| limits::change(tx, &office(), &none)).await, "ok");
        assert_eq!(book_own(db, s, 100).await, "ok");
        assert_eq!(cancel_own(db, s, 100).await, "ok");
        assert_eq!(run(db, move |tx| limits::change(tx, &office(), &limits::Limits::default())).await, "ok");

        // The way back: explained, and accepted by a leader; nobody answers for themselves.
        let explain =
            |who: i64, id| run(db, move |tx| absence::commands::explain(tx, &volunteer(who), id, "孩子发烧"));
        let answer = |who: Actor, id, yes, why: &'static str| {
            run(db, move |tx| absence::commands::decide(tx, &who, id, yes, why))
        };
        assert_eq!(explain(101, third).await, "common.not_found");
        assert_eq!(explain(100, third).await, "ok");
        assert_eq!(answer(volunteer(100), third, true, "").await, "common.not_found");
        let self_leader = Actor { person: Some(PersonId(100)), ..leader() };
        assert_eq!(answer(self_leader, third, true, "").await, "common.not_found");
        assert_eq!(answer(leader(), third, false, "").await, "common.required");
        assert_eq!(book_own(db, s, 100).await, "sign_up.absent", "until it is accepted");
        assert_eq!(answer(leader(), third, false, "没有提前说").await, "ok");
        assert_eq!(explain(100, third).await, "sign_up.absence_decided");
        assert_eq!(
            answer(office(), third, true, "可以谅解").await,
            "ok",
            "above the leader it can be excused"
        );
        assert_eq!(answer(leader(), third, false, "不").await, "sign_up.absence_decided");
        assert_eq!(book_own(db, s, 100).await, "ok");
        assert_eq!(cancel_own(db, s, 100).await, "ok");

        // An explanation nobody answers in a week is accepted.
        stayed_away(db, 100, &[4]).await;
        assert_eq!(book_own(db, s, 100).await, "sign_up.absent");
        assert_eq!(explain(100, last).await, "ok");
        clock.set(hours(24 * 7 + 1));
        assert_eq!(run(db, absence::tick).await, "ok");
        let all = db.read(|tx| absence::store::of_person(tx, PersonId(100), Timestamp(0))).await.unwrap();
        assert_eq!(all.iter().find(|one| one.id == last).unwrap().state, AbsenceState::Excused);
        clock.set(noon());
        assert_eq!(book_own(db, s, 100).await, "ok");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_had_said_so_is_not_counted() {
    let clock = Arc::new(ManualClock::new(noon()));
    for bench in benches(&clock, Bus::default) {
        let db = &bench.db;
        city(db, 4).await;
        let (_, s) = plan(db, planned(TEAM, vec![NewSession::new(hours(48), hours(50), 5)])).await;
        let s = s[0];
        assert_eq!(book_own(db, s, 100).await, "ok");
        assert_eq!(book_own(db, s, 101).await, "ok");
        let by_leader = sign_up::Book { source: sign_up::Source::Leader, ..super::city::own(s, 102) };
        assert_eq!(run(db, move |tx| sign_up::book(tx, &leader(), &by_leader)).await, "ok");
        // 100 looked for a stand-in; 102 may never have known.
        db.write(move |tx| {
            let mine = sign_up::store::active(tx, s, PersonId(100))?.unwrap();
            let to = sign_up::hand_over::commands::To::Anybody;
            sign_up::hand_over::commands::offer(tx, &volunteer(100), mine.id, &to, "")?;
            Ok::<_, Error>(())
        })
        .await
        .unwrap();
        clock.set(hours(51));
        db.write(move |tx| {
            service::attendance::store::sign_ups_absent(tx, s)?;
            for _ in 0..2 {
                absence::commands::note(tx, s, "清洁家园", hours(48))?;
            }
            Ok::<_, Error>(())
        })
        .await
        .unwrap();
        let lines = db.read(move |tx| absence::store::of_session(tx, s)).await.unwrap();
        let states: Vec<_> = lines.iter().map(|one| (one.state, one.count)).collect();
        assert_eq!(states, [(AbsenceState::Excused, 0), (AbsenceState::Open, 1)]);
        clock.set(noon());
        let _ = ApplicationState::ALL;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pasted_list_enters_whom_it_can() {
    let clock = Arc::new(ManualClock::new(noon()));
    for bench in benches(&clock, Bus::default) {
        let db = &bench.db;
        city(db, 6).await;
        db.write(|tx| {
            // Two of one name live in the community; a third of another one does not belong.
            tx.exec(sql!("UPDATE person SET name = '张三' WHERE id IN (100, 101)"), args![])?;
            tx.exec(sql!("UPDATE person SET name = '李四', home_org = 8 WHERE id = 102"), args![])?;
            tx.exec(sql!("UPDATE person SET name = '王五' WHERE id = 103"), args![])?;
            tx.exec(sql!("UPDATE person SET name = '赵六' WHERE id = 104"), args![])?;
            tx.exec(
                sql!("INSERT INTO member (id, org_id, person_id, state) VALUES (1, 4, 100, 'member'), (2, 4, 101, 'member'),
                    (3, 4, 103, 'member'), (4, 4, 104, 'member'), (5, 4, 105, 'member')"),
                args![],
            )?;
            Ok::<(), Error>(())
        })
        .await
        .unwrap();
        let (_, s) = plan(db, planned(TEAM, vec![NewSession::new(hours(48), hours(50), 3)])).await;
        let s = s[0];
        assert_eq!(book_own(db, s, 104).await, "ok");
        let found = db
            .read(move |tx| {
                let names = sign_up::paste::rules::names("#接龙\n1. 张三\n2. 李四\n3. 王五\n4. 赵六");
                sign_up::paste::candidates(tx, TEAM, s, &names)
            })
            .await
            .unwrap();
        let seen: Vec<(i64, bool)> = found.iter().map(|one| (one.person.0, one.placed)).collect();
        assert_eq!(seen, [(100, false), (101, false), (103, false), (104, true)]);
        let people: Vec<PersonId> = [105, 104, 103, 101, 100].map(PersonId).to_vec();
        let other = granted(Role::Leader, OrgId(6), "/1/2/5/6/");
        let all = people.clone();
        assert_eq!(run(db, move |tx| sign_up::paste::enter(tx, &other, s, &all)).await, "common.not_found");
        let done = db
            .write(move |tx| sign_up::paste::enter(tx, &leader(), s, &people))
            .await
            .unwrap_or_else(|e: Error| panic!("{}", e.code()));
        let failed: Vec<(i64, &str)> = done.failed.iter().map(|one| (one.0.0, one.1.code())).collect();
        assert_eq!(
            (done.done, failed),
            (2, vec![(103, "sign_up.full"), (104, "sign_up.duplicate"), (105, "sign_up.full")])
        );
        assert_eq!(taken(db, s).await, (3, 3), "who could not be entered takes nothing");
    }
}
