//! Handlers of the first page and of the search.

use askama::Template;
use axum::extract::{Query, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, LOCATION};
use axum::http::{HeaderValue, StatusCode};
use axum::response::IntoResponse as _;
use db::ReadTx;
use kernel::error::common;
use kernel::{Actor, Error, Lang};
use ui::api::{Api, Call, doc};
use ui::{Answer, App, Req, SearchHit, Shell, TaskItem};

use super::refusals;
use super::store::{self, Figures, Next};

/// Sessions shown on the first page.
const NEXT: usize = 5;
/// Characters of a search that are read.
const QUERY_CHARS: usize = 60;

#[derive(Template)]
#[template(path = "home/visitor.html")]
struct VisitorPage {
    shell: Shell,
    next: Vec<Next>,
    figures: Figures,
}

#[derive(Template)]
#[template(path = "home/tasks.html")]
struct TasksPage {
    shell: Shell,
    greeting: String,
    tasks: Vec<TaskItem>,
    now: i64,
    next: Vec<Next>,
    volunteer: bool,
}

/// `GET /`: what waits for whoever is signed in; for visitors, what this is.
pub async fn home(State(app): State<App>, req: Req) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        let next = store::session_next(tx, NEXT)?;
        if !actor.signed_in() {
            let title = req.lang.t("首页", "Home");
            let page = VisitorPage { shell: a.shell(req, actor, title), next, figures: store::figures(tx)? };
            return ui::answer::html(&a, req, &page);
        }
        let now = tx.now();
        let page = TasksPage {
            shell: a.shell(req, actor, req.lang.t("首页", "Home")),
            greeting: greeting(now.minute_of_day(), &actor.name, req.lang),
            tasks: tasks(&a, tx, actor, req.lang)?,
            now: now.0,
            next,
            volunteer: actor.person.is_some(),
        };
        ui::answer::html(&a, req, &page)
    })
    .await
}

fn greeting(minute: i64, name: &str, lang: Lang) -> String {
    let (zh, en) = match minute / 60 {
        5..=10 => ("早上好", "Good morning"),
        11..=12 => ("中午好", "Good day"),
        13..=17 => ("下午好", "Good afternoon"),
        _ => ("晚上好", "Good evening"),
    };
    lang.f("{}，{}", "{}, {}", &[&lang.t(zh, en), &name])
}

/// What waits for an actor in all rooms: what is due first, first.
fn tasks(app: &App, tx: &mut ReadTx<'_>, actor: &Actor, lang: Lang) -> Result<Vec<TaskItem>, Error> {
    let mut all = Vec::new();
    for find in app.rooms.iter().filter_map(|room| room.tasks) {
        all.extend(find(tx, actor, lang)?);
    }
    all.sort_by_key(|task| (task.due.is_none(), task.due));
    Ok(all)
}

/// Something that waits for the caller.
#[derive(serde::Serialize, schemars::JsonSchema)]
struct Task {
    title: String,
    detail: String,
    href: String,
    action: String,
    due: Option<kernel::Timestamp>,
    count: i64,
}

/// `GET /api/v1/tasks`: the task list for programs.
fn api_tasks(app: &App, tx: &mut ReadTx<'_>, actor: &Actor, call: &Call) -> Result<Vec<Task>, Error> {
    actor.account()?;
    let all = tasks(app, tx, actor, call.req.lang)?.into_iter().map(|task| Task {
        title: task.title,
        detail: task.detail,
        href: task.href,
        action: task.action,
        due: task.due,
        count: task.count,
    });
    Ok(all.collect())
}

/// Operations of this room.
#[must_use]
pub fn api() -> Api {
    Api::new()
        .get(
            "/api/v1/openapi.json",
            doc("showDescription", "This description (OpenAPI 3.1).", "本接口说明（OpenAPI 3.1）。").open(),
            |app: &App, _: &mut ReadTx<'_>, _: &Actor, _: &Call| Ok(super::describe::document(app)),
        )
        .get(
            "/api/v1/tasks",
            doc("listTasks", "What waits for the caller, what is due first.", "本人的待办，先到期的在前。"),
            api_tasks,
        )
        .get(
            "/api/v1/search",
            doc(
                "search",
                "Finds activities, teams and people that the caller may see; pinyin works.",
                "搜索可见的活动、队伍和人员，支持拼音。",
            )
            .open(),
            api_search,
        )
}

/// What is looked for.
#[derive(Debug, Default, Clone, serde::Deserialize, schemars::JsonSchema)]
#[schemars(inline)]
pub struct Words {
    /// Words to look for; 60 characters are read.
    #[serde(default)]
    q: String,
}

impl Words {
    fn text(&self) -> String {
        self.q.trim().chars().filter(|c| !c.is_control()).take(QUERY_CHARS).collect()
    }
}

#[derive(Template)]
#[template(path = "home/search.html")]
struct SearchPage {
    shell: Shell,
    words: String,
    /// Hits by kind, in the order in which the kinds appeared.
    groups: Vec<(String, Vec<SearchHit>)>,
}

fn hits(
    app: &App,
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    lang: Lang,
    words: &str,
) -> Result<Vec<SearchHit>, Error> {
    let mut all = Vec::new();
    if !words.is_empty() {
        for find in app.rooms.iter().filter_map(|room| room.search) {
            all.extend(find(tx, actor, lang, words)?);
        }
    }
    Ok(all)
}

/// `GET /search?q=`: all rooms' objects that the actor may see.
pub async fn search(State(app): State<App>, req: Req, Query(query): Query<Words>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        let words = query.text();
        let mut groups: Vec<(String, Vec<SearchHit>)> = Vec::new();
        for hit in hits(&a, tx, actor, req.lang, &words)? {
            match groups.iter_mut().find(|(kind, _)| *kind == hit.kind) {
                Some((_, group)) => group.push(hit),
                None => groups.push((hit.kind.clone(), vec![hit])),
            }
        }
        let title = req.lang.t("搜索", "Search");
        ui::answer::html(&a, req, &SearchPage { shell: a.shell(req, actor, title), words, groups })
    })
    .await
}

/// Something found.
#[derive(serde::Serialize, schemars::JsonSchema)]
#[schemars(rename = "SearchHit")]
struct Hit {
    kind: String,
    title: String,
    detail: String,
    href: String,
}

/// `GET /api/v1/search?q=`: the same for programs.
fn api_search(
    app: &App,
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    call: &Call<(), Words>,
) -> Result<Vec<Hit>, Error> {
    let found = hits(app, tx, actor, call.req.lang, &call.query.text())?.into_iter().map(|hit| Hit {
        kind: hit.kind,
        title: hit.title,
        detail: hit.detail,
        href: hit.href,
    });
    Ok(found.collect())
}

/// Whatever no room knows.
pub async fn not_found(State(app): State<App>, req: Req) -> Answer {
    refuse(app, req, || (&common::NOT_FOUND).into()).await
}

/// A known address, asked in a wrong way.
pub async fn wrong_method(State(app): State<App>, req: Req) -> Answer {
    refuse(app, req, || (&refusals::METHOD).into()).await
}

async fn refuse(app: App, req: Req, error: fn() -> Error) -> Answer {
    if req.path.starts_with("/api/") {
        return ui::answer::json::<()>(req.lang, 404, Err(error()));
    }
    app.page(req, move |_, _, _| Err(error())).await
}

fn fixed(kind: &'static str, text: String) -> Answer {
    (
        [
            (CONTENT_TYPE, HeaderValue::from_static(kind)),
            (CACHE_CONTROL, HeaderValue::from_static("max-age=3600")),
        ],
        text,
    )
        .into_response()
}

/// `GET /robots.txt`: what is here concerns the people of one city; search engines need none of it.
pub async fn robots() -> Answer {
    fixed("text/plain; charset=utf-8", "User-agent: *\nDisallow: /\n".to_owned())
}

/// `GET /manifest`: so that a phone can put the site on its home screen.
pub async fn manifest(State(app): State<App>, req: Req) -> Answer {
    let lang = req.lang;
    let manifest = serde_json::json!({
        "id": "/", "name": format!("{} · {}", app.city(lang), lang.t("邻里", "Linli")),
        "short_name": lang.t("邻里", "Linli"), "lang": lang.tag(), "dir": "ltr",
        "description": lang.t("在家门口找到能帮上忙的事", "Find a way to help close to home"),
        "start_url": "/", "scope": "/", "display": "standalone", "background_color": "#ffffff",
        "theme_color": "#c8161d",
        "icons": [
            { "src": ui::shell::asset("icon-192.png"), "sizes": "192x192", "type": "image/png" },
            { "src": ui::shell::asset("icon-512.png"), "sizes": "512x512", "type": "image/png" },
            { "src": ui::shell::asset("icon-maskable.png"), "sizes": "512x512", "type": "image/png", "purpose": "maskable" },
            { "src": ui::shell::asset("logo.svg"), "sizes": "any", "type": "image/svg+xml" },
        ],
        "shortcuts": [
            { "name": lang.t("签到", "Check in"), "url": "/check-in" },
            { "name": lang.t("活动", "Activities"), "url": "/activities" },
        ],
    });
    fixed("application/manifest+json", manifest.to_string())
}

/// `GET /favicon.ico`: for browsers that ask without having been told.
pub async fn favicon() -> Answer {
    let to = HeaderValue::from_static(ui::shell::asset("logo.svg"));
    (StatusCode::FOUND, [(LOCATION, to), (CACHE_CONTROL, HeaderValue::from_static("max-age=3600"))])
        .into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn greetings_follow_the_clock() {
        assert_eq!(greeting(7 * 60, "张三", Lang::Zh), "早上好，张三");
        assert_eq!(greeting(23 * 60, "Zhang San", Lang::En), "Good evening, Zhang San");
        assert_eq!(greeting(4 * 60 + 59, "a", Lang::En), "Good evening, a");
    }

    #[test]
    fn long_searches_are_cut() {
        let words = Words { q: format!("  a\u{7}b{}", "字".repeat(100)) };
        assert_eq!(words.text().chars().count(), QUERY_CHARS);
        assert!(words.text().starts_with("ab字"));
    }
}
