//! The rooms of the program. Adding a room is adding a crate and a line here.

use std::sync::Arc;

use db::{Bus, Migration};
use ui::Room;
use ui::room::Rooms;

/// All rooms, lowest first; the navigation and the task list follow this order.
#[must_use]
pub fn all() -> Rooms {
    Arc::from(vec![storage(), crate::home::room(), service::room(), people::room(), messages::room()])
}

/// The tables that every room uses.
fn storage() -> Room {
    Room {
        name: "db",
        migrations: db::migrate::MIGRATIONS,
        routes: axum::Router::new,
        api: ui::api::Api::new,
        nav: &[],
        below: &[],
        lists: &[],
        refusals: &[],
        figures: &[],
        tasks: None,
        search: None,
        own: &[],
        subscribe: None,
        jobs: people::blob::JOBS,
        ticks: &[
            |tx| db::idempotency::purge(tx).map(|_| ()).map_err(kernel::Error::from),
            people::blob::tick,
        ],
        checks: &[],
    }
}

/// Order in which tables are made: a room's tables refer to those of the rooms below.
const LOWEST_FIRST: &[&str] = &["db", "people", "service", "messages"];

/// All migrations, lowest room first.
#[must_use]
pub fn migrations(rooms: &Rooms) -> Vec<Migration> {
    let mut all: Vec<Migration> = rooms.iter().flat_map(|room| room.migrations.iter().copied()).collect();
    let rank = |room: &str| LOWEST_FIRST.iter().position(|name| *name == room).unwrap_or(LOWEST_FIRST.len());
    all.sort_by_key(|one| (rank(one.room), one.number));
    all
}

/// Who listens to what.
#[must_use]
pub fn bus(rooms: &Rooms) -> Bus {
    let mut bus = Bus::default();
    for room in rooms.iter() {
        if let Some(subscribe) = room.subscribe {
            subscribe(&mut bus);
        }
    }
    bus
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    #[test]
    fn names_routes_jobs_and_refusals_are_unique() {
        let rooms = super::all();
        let mut seen = BTreeSet::new();
        for room in rooms.iter() {
            assert!(seen.insert(format!("room {}", room.name)));
            for item in room.nav {
                assert!(seen.insert(format!("nav {}", item.href)), "{}", item.href);
            }
            for job in room.jobs {
                assert!(seen.insert(format!("job {}", job.kind)), "{}", job.kind);
            }
            for text in room.refusals.iter().copied().flatten() {
                assert!(seen.insert(format!("refusal {}", text.code)), "{}", text.code);
            }
            for figure in room.figures {
                assert!(seen.insert(format!("figure {}", figure.code)), "{}", figure.code);
            }
        }
        // Overlapping routes panic when they are merged.
        let _ = crate::serve::router(&rooms);
    }

    #[test]
    fn every_icon_and_every_place_of_the_bar_is_there() {
        let rooms = super::all();
        let icons = include_str!("../../../web/icons.txt");
        let mut places = BTreeSet::new();
        for item in rooms.iter().flat_map(|room| room.nav) {
            let named =
                icons.lines().any(|line| line.split('=').next().is_some_and(|name| name.trim() == item.icon));
            assert!(named, "{} is not in web/icons.txt", item.icon);
            if let Some(at) = item.bar {
                assert!(places.insert(at), "two items at place {at} of the bar");
            }
        }
        assert!(places.contains(&0) && places.len() <= 5);
    }
}
