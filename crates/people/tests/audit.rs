//! The audit log on both databases.

use std::sync::Arc;

use db::testing::Bench;
use db::{Bus, Migration};
use kernel::{AccountId, Actor, Clock, Error, ManualClock, Timestamp};
use people::audit::{self, Filter};

#[test]
fn lines_are_kept_with_their_act_and_found_again() {
    let clock = Arc::new(ManualClock::new(Timestamp(1_790_000_000_000)));
    let shared: Arc<dyn Clock> = clock.clone();
    let migrations: Vec<Migration> =
        db::migrate::MIGRATIONS.iter().chain(people::MIGRATIONS).copied().collect();
    for bench in Bench::all(&migrations, &shared, Bus::default).unwrap() {
        let db = &bench.db;
        for n in 0..45_i64 {
            clock.advance(1000);
            db.write_blocking(move |tx| {
                let actor = Actor {
                    account: Some(AccountId(n % 3)),
                    name: format!("人{}", n % 3),
                    from: "10.0.0.1".to_owned(),
                    ..Actor::default()
                };
                if n % 9 == 0 {
                    audit::note_failed(tx, &actor, "sign_in.failed", "account", n, "x")?;
                } else {
                    audit::note(tx, &actor, "person.reveal", "person", n, "x")?;
                }
                Ok::<_, Error>(())
            })
            .unwrap();
        }
        // What is refused leaves no line.
        let refused = db.write_blocking(|tx| {
            audit::note(tx, &Actor::system("t"), "person.edit", "person", 1, "")?;
            Err::<(), Error>((&kernel::error::common::FORBIDDEN).into())
        });
        assert!(refused.is_err());
        let find = |filter: Filter, limit| {
            db.read_blocking(move |tx| Ok::<_, Error>(audit::list(tx, &filter, limit)?)).unwrap()
        };
        let all = find(Filter::default(), 100);
        assert_eq!(all.len(), 45);
        assert!(all.windows(2).all(|pair| pair[0].id > pair[1].id), "newest first");
        let first = find(Filter::default(), 20);
        let next = find(Filter { after: first.last().map(|line| line.id), ..Filter::default() }, 100);
        assert_eq!(first.len() + next.len(), 45);
        assert_eq!(find(Filter { failed: true, ..Filter::default() }, 100).len(), 5);
        assert_eq!(find(Filter { act: "sign_in.failed".to_owned(), ..Filter::default() }, 100).len(), 5);
        assert_eq!(find(Filter { account: Some(AccountId(1)), ..Filter::default() }, 100).len(), 15);
        assert_eq!(find(Filter { actor: "人2".to_owned(), ..Filter::default() }, 100).len(), 15);
        let one = Filter { object_kind: "person".to_owned(), object_id: Some(7), ..Filter::default() };
        assert_eq!(find(one, 100).len(), 1);
        let middle = all[20].at;
        let since = find(Filter { from: Some(middle), ..Filter::default() }, 100).len();
        let before = find(Filter { to: Some(middle), ..Filter::default() }, 100).len();
        assert_eq!((since, before), (21, 24));
        assert_eq!(audit::act_name("role.grant", kernel::Lang::En), "Role given");
        assert_eq!(audit::act_name("new.thing", kernel::Lang::Zh), "new.thing");
    }
}

#[test]
fn no_statement_changes_or_removes_a_line() {
    let writes = db::all_statements()
        .map(|sql| sql.pg.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase())
        .filter(|text| text.contains("update audit ") || text.contains("delete from audit"))
        .count();
    assert_eq!(writes, 0);
}
