//! No dead ends (Chk-01): in whatever state an object is, every role that may see it finds on its page something to
//! do, or the sentence that says who acts next and by when (`data-next`). States are read from the rooms' own words,
//! so that a new one cannot be forgotten.

mod campaigns;
mod more;
mod objects;
mod staff;

use std::fmt::Write as _;

use db::{Query, args, sql};
use kernel::{AccountId, Actor, Clock as _, Error, OrgId, Role, SystemClock};
use people::account;

use crate::common::{City, csrf};

/// What the demo's roles have to do with.
struct Here {
    city: City,
    team: i64,
    desk: i64,
    /// The volunteer's person.
    volunteer: i64,
    office: i64,
    /// A unit member of the station's community, whose contact has the role "contact".
    unit: i64,
    /// A minor and who answers for them.
    child: i64,
    parent: i64,
    /// An account of staff that nobody uses.
    spare: i64,
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

/// Those whom the demo signs in.
const ROLES: [&str; 7] = ["volunteer", "leader", "station", "office", "system", "security", "audit"];
/// What anybody may see, and lists of what is one's own: station staff of another place is not refused there.
const OPEN: [&str; 24] = [
    "/campaigns/{id}/team",
    "/photos/{id}",
    // A target of the city is asked of every place.
    "/targets/{id}",
    "/activities/{id}",
    "/activities/{activity}",
    "/teams/{id}",
    "/teams/{team}",
    "/orgs/{id}",
    "/campaigns/{id}",
    "/campaigns/{id}/calendar",
    "/campaigns/{id}/report",
    "/units/{id}",
    "/people/duplicates",
    "/qualifications",
    "/cards",
    "/rights",
    "/back-fills",
    "/disputes",
    "/reflections",
    "/schedule",
    "/settings/messages",
    "/me/tokens",
    // Published to all who sit at the table.
    "/bodies/{id}",
    // Titles are public, as plaques are.
    "/bases?org={id}",
];
/// Lists of what waits, where what is settled makes room for the next.
const TASKS: [&str; 3] = ["/back-fills", "/disputes", "/reflections"];
/// States of which somebody has to act before a moment that the page names.
const CLOCKS: [(&str, &[&str]); 7] = [
    ("data request", &["open"]),
    ("waiting list", &["offered"]),
    // Before the other team agreed this one is not asked.
    ("transfer", &["source_agreed"]),
    ("guardianship", &["asked"]),
    ("export that needs approval", &["approved"]),
    ("invitation", &["open"]),
    ("campaign", &["announced", "running"]),
];
/// States that are in no row of the table, each with the reason.
const ELSEWHERE: [(&str, &str); 4] = [
    ("CampaignState", "CampaignStage says it together with the days"),
    ("Stage", "counts of a trip: they are the states of the object \"trip\""),
    ("QualificationStage", "worked out from QualificationState, which is there, and the days"),
    ("ReportStage", "worked out from ReportState and PlaceState, which are there"),
];
/// Parts of addresses of what does nothing about a state.
const ASIDE: [&str; 11] = [
    "/delete", "/remove", "/views", "format=", "tel:", "mailto:", ".ics", "/print", "/help", "/filter",
    "/sign-in",
];
/// Who acts, or that nobody has to.
const WHO: [&str; 27] = [
    "您",
    "队长",
    "队伍",
    "社区",
    "站点",
    "办公室",
    "管理员",
    "志愿者",
    "单位",
    "街道",
    "部门",
    "监护人",
    "申请人",
    "本人",
    "组织者",
    "系统",
    "所有人",
    "别人",
    "工作人员",
    "没有需要",
    "不需要",
    "不用",
    "不再",
    "到此结束",
    "已结束",
    "自动",
    "负责人",
];
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
        let (team, desk) = (role("demo-leader"), role("demo-station"));
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
            desk,
            unit: first(
                &city,
                format!("SELECT id FROM org WHERE kind = 'unit' AND area_parent = {desk} ORDER BY id LIMIT 1"),
            ),
            child: first(
                &city,
                "SELECT g.minor_id FROM guardian g JOIN person p ON p.id = g.minor_id WHERE p.state = 'active'
                 AND g.state = 'given' ORDER BY g.id LIMIT 1"
                    .to_owned(),
            ),
            parent: first(
                &city,
                "SELECT p.id FROM person p WHERE p.state = 'active' AND p.guard = '' AND NOT EXISTS
                    (SELECT 1 FROM account a WHERE a.person_id = p.id) ORDER BY p.id LIMIT 1"
                    .to_owned(),
            ),
            spare: OWN + 3,
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

    /// Ids of what the object is and belongs to.
    fn ids(&self, id: i64) -> Vec<i64> {
        let (low, high) = more::pair(self);
        vec![
            id,
            OWN,
            OWN + 1,
            self.session,
            self.activity,
            self.team,
            self.desk,
            self.unit,
            self.child,
            self.volunteer,
            low,
            high,
        ]
    }

    fn run(&self, statements: Vec<String>) -> Result<(), Error> {
        let texts: Vec<&'static str> =
            statements.into_iter().map(|text| &*Box::leak(text.into_boxed_str())).collect();
        self.city.app.db.write_blocking(move |tx| {
            for text in &texts {
                tx.exec_query(&Query::new(text))?;
            }
            Ok(())
        })
    }
}

/// What a page offers below its head.
enum Lead {
    /// A button or link that does something about the object.
    Action,
    /// The words on who is next.
    Next(String),
    Nothing,
}

fn attribute<'h>(tag: &'h str, name: &str) -> Option<&'h str> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    rest.split_once('"').map(|(value, _)| value)
}

fn text_of(html: &str) -> String {
    let mut out = String::new();
    for part in html.split('<') {
        out.push_str(part.split_once('>').map_or(part, |(_, text)| text));
    }
    out
}

/// Whether an address has to do with one of these: its id is a part of it. On a list of tasks any id is one of them.
fn about(address: &str, page: &str, ids: Option<&[i64]>) -> bool {
    if ASIDE.iter().any(|part| address.contains(part)) {
        return false;
    }
    let path = address.split(['?', '#']).next().unwrap_or_default();
    let own = path
        .split('/')
        .any(|part| part.parse::<i64>().is_ok_and(|id| ids.is_none_or(|ids| ids.contains(&id))));
    // What one says of one's own unit is said there, whichever it is.
    own || path.is_empty() || path == page || path == "/me/unit"
}

/// What leads on from a page: an action that has to do with the object, or else the word on who is next.
fn leads_on(html: &str, page: &str, ids: Option<&[i64]>) -> Lead {
    let main = html.split_once("<main").map_or(html, |(_, rest)| rest);
    let main = main.split_once("</main>").map_or(main, |(rest, _)| rest);
    let forms = main.split("<form ").skip(1).any(|form| {
        let (tag, rest) = form.split_once('>').unwrap_or((form, ""));
        let tag = format!(" {tag}");
        tag.contains("method=\"post\"")
            && rest.contains("<button")
            && about(attribute(&tag, "action").unwrap_or_default(), page, ids)
    });
    let links = main.split("<a ").skip(1).any(|link| {
        let (tag, rest) = link.split_once('>').unwrap_or((link, ""));
        let tag = format!(" {tag}");
        let label = rest.split_once("</a>").map_or(rest, |(label, _)| label);
        let back = ["返回", "导出", "打印"].iter().any(|word| label.contains(word));
        let href = attribute(&tag, "href").unwrap_or_default();
        let moves = href.starts_with('/') && href.split(['?', '#']).next() != Some(page);
        attribute(&tag, "class").is_some_and(|class| class.contains("btn"))
            && !back
            && moves
            && about(href, page, ids)
    });
    if forms || links {
        return Lead::Action;
    }
    let next: String = main
        .split(" data-next")
        .skip(1)
        .map(|part| {
            let (_, text) = part.split_once('>').unwrap_or_default();
            let end = ["</p>", "</div>", "</span>"].iter().filter_map(|tag| text.find(tag)).min();
            text_of(text.get(..end.unwrap_or(text.len())).unwrap_or_default())
        })
        .collect();
    if next.is_empty() { Lead::Nothing } else { Lead::Next(next) }
}

/// Whether an object concerns somebody whom the table does not name: those who lead and those who look after a place see no
/// page of their own work that leads nowhere. What everybody may read, and what is each one's own, is no matter of theirs.
fn beside(role: &str, pattern: &str) -> bool {
    let staff = ["leader", "station", "office"].contains(&role);
    staff && !OPEN.contains(&pattern) && !pattern.starts_with("/me/")
}

/// A place, an office and people that are in no demo: their cookies.
fn others(here: &Here) -> Vec<(&'static str, String)> {
    let (app, desk, unit) = (here.city.app.clone(), here.desk, here.unit);
    let (child, parent, spare) = (here.child, here.parent, here.spare);
    let away = first(
        &here.city,
        format!(
            "SELECT o.id FROM org o JOIN org d ON d.id = {desk} WHERE o.kind = 'community' AND o.state = 'open'
             AND NOT (o.area_path LIKE d.area_path || '%' OR d.area_path LIKE o.area_path || '%') ORDER BY o.id DESC LIMIT 1"
        ),
    );
    let contact = first(
        &here.city,
        format!(
            "SELECT p.id FROM person p WHERE p.state = 'active' AND p.guard = '' AND p.id <> {parent}
             AND NOT EXISTS (SELECT 1 FROM account a WHERE a.person_id = p.id) ORDER BY p.id DESC LIMIT 1"
        ),
    );
    let now = here.now;
    here.city
        .app
        .db
        .write_blocking(move |tx| {
            let by = Actor::system("t");
            let mut out = Vec::new();
            for (id, name, person) in
                [(OWN, "contact", contact), (OWN + 1, "minor", child), (OWN + 2, "guardian", parent)]
            {
                let known: Vec<(AccountId,)> =
                    tx.all(sql!("SELECT id FROM account WHERE person_id = $1"), args![person])?;
                let id = match known.first() {
                    Some((id,)) => *id,
                    None => {
                        tx.exec_one(
                            sql!(
                                "INSERT INTO account (id, person_id, name, state, created_at) VALUES ($1, $2, $3, 'active', $4)"
                            ),
                            args![id, person, name, now],
                        )?;
                        AccountId(id)
                    }
                };
                out.push((name, id));
            }
            account::grant_role(tx, &by, AccountId(OWN), Role::Leader, OrgId(unit))?;
            tx.exec(sql!("UPDATE unit_member SET contact_id = $1 WHERE unit_id = $2"), args![contact, unit])?;
            let elsewhere = account::create_staff(tx, "elsewhere", "elsewhere", None)?;
            account::grant_role(tx, &by, elsewhere, Role::Station, OrgId(away))?;
            out.push(("elsewhere", elsewhere));
            tx.exec_one(
                sql!(
                    "INSERT INTO account (id, login, name, state, created_at) VALUES ($1, 'spare', 'spare', 'active', $2)"
                ),
                args![spare, now],
            )?;
            out.into_iter()
                .map(|(name, id)| {
                    let cookie = account::open_session(tx, &app, id, &ui::Req::default())?;
                    Ok((name, cookie.split(';').next().unwrap_or_default().to_owned()))
                })
                .collect::<Result<Vec<_>, Error>>()
        })
        .unwrap()
}

/// A call of another system, which only its page can make: the address is kept sealed.
fn webhook(city: &City, system: &str) {
    let code = csrf(&city.get("/settings/webhooks", Some(system)));
    let fields = [
        ("_csrf", code.as_str()),
        ("name", "甲"),
        ("shape", "json"),
        ("url", "https://example.com/hook"),
        ("events", "session.cancelled"),
    ];
    let made = city.post("/settings/webhooks", Some(system), &fields);
    assert_eq!(made.status, 303, "{}", made.text());
}

#[test]
fn every_state_is_in_the_table() {
    let table = [
        include_str!("ends/campaigns.rs"),
        include_str!("ends/more.rs"),
        include_str!("ends/objects.rs"),
        include_str!("ends/staff.rs"),
    ]
    .concat();
    let crates = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut files = Vec::new();
    for room in ["people", "service", "messages"] {
        crate::matrix::sources(&crates.join(room).join("src"), &mut files);
    }
    let mut missing = String::new();
    let mut found = 0;
    for file in files {
        for line in std::fs::read_to_string(&file).unwrap().lines() {
            let Some((_, rest)) = line.split_once("enum ") else { continue };
            let name = rest.split([' ', '{', '<']).next().unwrap_or_default();
            if !(name.ends_with("State") || name.ends_with("Stage")) {
                continue;
            }
            found += 1;
            let there =
                table.contains(&format!("all({name}::ALL")) || ELSEWHERE.iter().any(|(one, _)| *one == name);
            if !there {
                let _ = writeln!(missing, "{name} of {}", file.display());
            }
        }
    }
    assert!(found > 25, "only {found} were found");
    assert!(missing.is_empty(), "not in the table of dead ends:\n{missing}");
}

#[test]
fn no_state_of_anything_is_a_dead_end() {
    let bench = crate::common::benches().into_iter().next().unwrap();
    let here = Here::new(City::on(bench));
    let mut cookies: Vec<(&str, String)> =
        ROLES.iter().map(|role| (*role, here.city.sign_in(&format!("demo-{role}")))).collect();
    cookies.extend(others(&here));
    webhook(&here.city, &cookies.iter().find(|(role, _)| *role == "system").unwrap().1);
    let mut wrong = String::new();
    for object in objects::objects()
        .into_iter()
        .chain(more::objects())
        .chain(campaigns::objects())
        .chain(staff::objects())
    {
        let mut seen: Vec<(&str, &str)> = Vec::new();
        for state in &object.states {
            let (id, set) = (object.set)(&here, state);
            if let Err(error) = here.run(set) {
                let _ = writeln!(wrong, "{} cannot be {state}: {error:?}", object.name);
                continue;
            }
            for (pattern, who) in object.pages {
                let path = here.path(pattern, id);
                for (role, cookie) in &cookies {
                    let page = here.city.get(&path, Some(cookie));
                    if page.status >= 500 {
                        let _ = writeln!(
                            wrong,
                            "{} {state}: {path} as {role} answers {}",
                            object.name, page.status
                        );
                    }
                    if page.status != 200 {
                        continue;
                    }
                    seen.push((*pattern, *role));
                    if *role == "elsewhere" && !OPEN.contains(pattern) {
                        let _ =
                            writeln!(wrong, "{} {state}: {pattern} is shown to another place", object.name);
                    }
                    let what = format!("{} {state}: {pattern} as {role}", object.name);
                    if !who.contains(role) && !beside(role, pattern) {
                        continue;
                    }
                    let ids = here.ids(id);
                    let ids = (!TASKS.contains(pattern)).then_some(ids.as_slice());
                    match leads_on(&page.text(), &path, ids) {
                        Lead::Action => {}
                        Lead::Nothing => {
                            let _ = writeln!(wrong, "{what} leads nowhere");
                        }
                        Lead::Next(text) => {
                            if !WHO.iter().any(|who| text.contains(who)) {
                                let _ = writeln!(wrong, "{what} does not say who: {text}");
                            }
                            let clock = CLOCKS
                                .iter()
                                .any(|(name, states)| *name == object.name && states.contains(state));
                            if clock && !text.contains(|c: char| c.is_ascii_digit()) {
                                let _ = writeln!(wrong, "{what} does not say by when: {text}");
                            }
                        }
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
