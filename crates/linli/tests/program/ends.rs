//! No dead ends (Chk-01): in whatever state an object is, every role that may see it finds on its page something to
//! do, or the sentence that says who acts next and by when (`data-next`). States are read from the rooms' own words,
//! so that a new one cannot be forgotten.

mod more;
mod objects;

use std::fmt::Write as _;

use db::Query;
use kernel::{Clock as _, Error, SystemClock};

use crate::common::City;

/// What the demo's roles have to do with.
struct Here {
    city: City,
    team: i64,
    desk: i64,
    /// The volunteer's person.
    volunteer: i64,
    office: i64,
    activity: i64,
    session: i64,
    now: i64,
}

/// One object in each of its states.
struct Object {
    name: &'static str,
    states: Vec<&'static str>,
    /// What brings it into a state that could be; the id of the object.
    set: fn(&Here, &str) -> (i64, Vec<String>),
    /// Where it is seen (see [`Here::path`]), and who sees it there in one state at least.
    pages: &'static [(&'static str, &'static [&'static str])],
}

const ROLES: [&str; 4] = ["volunteer", "leader", "station", "office"];
const HOUR: i64 = 3_600_000;
const DAY: i64 = 24 * HOUR;
/// Ids of rows that these tests add.
const OWN: i64 = 77;

fn all<T: Copy>(of: &[T], code: impl Fn(T) -> &'static str) -> Vec<&'static str> {
    of.iter().map(|one| code(*one)).collect()
}

fn first(city: &City, text: String) -> i64 {
    let text: &'static str = Box::leak(text.into_boxed_str());
    let found: Vec<(i64,)> =
        city.app.db.read_blocking(move |tx| Ok::<_, Error>(tx.list(&Query::new(text))?)).unwrap();
    found.first().map_or(0, |(id,)| *id)
}

impl Here {
    fn new(city: City) -> Self {
        let account = |name: &str| city.logins.iter().find(|one| one.login == name).unwrap().account.0;
        let role = |name: &str| {
            first(&city, format!("SELECT org_id FROM role_grant WHERE account_id = {}", account(name)))
        };
        let team = role("demo-leader");
        let session = first(
            &city,
            format!(
                "SELECT s.id FROM session s JOIN activity a ON a.id = s.activity_id WHERE a.org_id = {team}
                 AND s.state = 'open' ORDER BY s.starts_at DESC, s.id LIMIT 1"
            ),
        );
        let person = format!("SELECT person_id FROM account WHERE id = {}", account("demo-volunteer"));
        Self {
            team,
            desk: role("demo-station"),
            volunteer: first(&city, person),
            office: account("demo-office"),
            activity: first(&city, format!("SELECT activity_id FROM session WHERE id = {session}")),
            session,
            now: SystemClock.now().0,
            city,
        }
    }

    /// The page of a pattern: `{id}` is the object's, the others are what the demo's roles have to do with.
    fn path(&self, pattern: &str, id: i64) -> String {
        let (low, high) = more::pair(self);
        [
            ("{id}", id.to_string()),
            ("{session}", self.session.to_string()),
            ("{activity}", self.activity.to_string()),
            ("{team}", self.team.to_string()),
            ("{pair}", format!("{low}/{high}")),
        ]
        .iter()
        .fold(pattern.to_owned(), |path, (mark, value)| path.replace(mark, value))
    }

    fn run(&self, statements: Vec<String>) {
        let texts: Vec<&'static str> =
            statements.into_iter().map(|text| &*Box::leak(text.into_boxed_str())).collect();
        let done = self.city.app.db.write_blocking(move |tx| {
            for text in &texts {
                tx.exec_query(&Query::new(text))?;
            }
            Ok::<_, Error>(())
        });
        done.unwrap();
    }
}

/// What a page offers below its head: buttons and links that lead on, or the word on who is next.
fn leads_on(html: &str) -> bool {
    let main = html.split_once("<main").map_or(html, |(_, rest)| rest);
    let main = main.split_once("</main>").map_or(main, |(rest, _)| rest);
    main.contains("data-next")
        || main.contains("method=\"post\"")
        || main.split("<a ").skip(1).any(|link| {
            let (attributes, rest) = link.split_once('>').unwrap_or((link, ""));
            let label = rest.split_once("</a>").map_or(rest, |(label, _)| label);
            let away = ["format=", "tel:", ".ics"].iter().any(|part| attributes.contains(part));
            attributes.contains("btn") && !away && !label.contains("返回")
        })
}

#[test]
fn no_state_of_anything_is_a_dead_end() {
    let bench = crate::common::benches().into_iter().next().unwrap();
    let here = Here::new(City::on(bench));
    let cookies = ROLES.map(|role| (role, here.city.sign_in(&format!("demo-{role}"))));
    let mut wrong = String::new();
    for object in objects::objects().into_iter().chain(more::objects()) {
        let mut seen: Vec<(&str, &str)> = Vec::new();
        for state in &object.states {
            let (id, set) = (object.set)(&here, state);
            here.run(set);
            for (pattern, _) in object.pages {
                let path = here.path(pattern, id);
                for (role, cookie) in &cookies {
                    let page = here.city.get(&path, Some(cookie));
                    assert!(page.status < 500, "{path} as {role}, {} {state}: {}", object.name, page.text());
                    if page.status != 200 {
                        continue;
                    }
                    seen.push((*pattern, *role));
                    if !leads_on(&page.text()) {
                        let _ = writeln!(wrong, "{} {state}: {pattern} as {role} leads nowhere", object.name);
                    }
                }
            }
        }
        for (pattern, who) in object.pages {
            for role in *who {
                if !seen.contains(&(*pattern, *role)) {
                    let _ = writeln!(wrong, "{}: {role} never sees {pattern}", object.name);
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    here.city.stop();
}
