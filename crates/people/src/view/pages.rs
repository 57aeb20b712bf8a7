//! One's saved views, and the forms above lists.

use askama::Template;
use axum::extract::{Path, State};
use axum::routing::{get, post};
use db::ReadTx;
use kernel::error::common;
use kernel::{Actor, Error, Refusal};
use ui::form::Label;
use ui::list::{COLUMNS, List};
use ui::{Answer, App, Done, Fields, Form, Req, Shell};

use super::{ViewId, commands, store};

pub(super) fn routes() -> axum::Router<App> {
    axum::Router::new()
        .route("/views", get(list).post(save))
        .route("/views/columns", post(columns))
        .route("/views/{id}", post(change))
}

/// Characters of a name.
const LONGEST: usize = 30;

/// The name in a form.
pub(super) fn name(fields: &Fields) -> Result<String, Refusal> {
    fields.required("name", Label("名称", "Name"), LONGEST)
}

struct Line {
    id: ViewId,
    list: String,
    name: String,
    href: String,
    first: bool,
}

#[derive(Template)]
#[template(path = "view/list.html")]
struct ListPage {
    shell: Shell,
    form: Form,
    lines: Vec<Line>,
    /// Where one came from when the last step was refused.
    back: Option<String>,
    /// Lists to go to while nothing is saved.
    lists: Vec<(&'static str, &'static str)>,
}

fn page(app: &App, tx: &mut ReadTx<'_>, req: &Req, actor: &Actor, form: Form) -> Result<Answer, Error> {
    let lang = req.lang;
    let saved = store::all_of(tx, actor.account()?)?;
    let lines = saved
        .into_iter()
        // A list that is gone in this version leaves its views behind; they come back with it.
        .filter_map(|one| {
            let list = app.list(&one.list)?;
            Some(Line {
                id: one.id,
                list: list.title(&lang).to_owned(),
                href: list.address(&one.query),
                first: one.opens_first,
                name: one.name,
            })
        })
        .collect();
    let shown = app.rooms.iter().flat_map(|room| room.nav).filter(|item| item.shown(actor));
    let lists =
        shown.filter_map(|item| app.list(item.href)).map(|list| (list.path, list.title(&lang))).collect();
    let back = app.list(form.v("list")).and_then(|list| Some(list.address(&list.checked(form.v("query"))?)));
    let shell = app.shell(req, actor, lang.t("保存的视图", "Saved views"));
    ui::answer::html(app, req, &ListPage { shell, form, lines, back, lists })
}

async fn list(State(app): State<App>, req: Req) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| page(&a, tx, req, actor, Form::default())).await
}

fn asked(app: &App, fields: &Fields) -> Result<&'static List, Error> {
    app.list(fields.text("list")).ok_or_else(|| (&common::NOT_FOUND).into())
}

async fn save(State(app): State<App>, req: Req, fields: Fields) -> Answer {
    let (a, b) = (app.clone(), app.clone());
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            actor.account()?;
            let (list, query) = (asked(&a, fields)?, fields.text("query"));
            let name = name(fields)?;
            let (_, new) = commands::save(tx, actor, list, &name, query, fields.ticked("first"))?;
            let say = if new {
                req.lang.f("已保存视图“{}”", "View “{}” saved", &[&name])
            } else {
                req.lang.f("已更新视图“{}”", "View “{}” changed", &[&name])
            };
            Ok(Done::to(list.address(&list.checked(query).unwrap_or_default()), say))
        },
        move |tx, req, actor, form| page(&b, tx, req, actor, form.clone()),
    )
    .await
}

async fn columns(State(app): State<App>, req: Req, fields: Fields) -> Answer {
    let a = app.clone();
    app.command(req, fields, move |tx, req, actor, fields| {
        actor.account()?;
        let list = asked(&a, fields)?;
        let mut query = Fields::parse(fields.text("query").as_bytes());
        query.0.retain(|(name, _)| name != COLUMNS);
        let say = if fields.text("act") == "usual" {
            commands::usual_columns(tx, actor, list)?;
            req.lang.t("已恢复常用列", "The usual columns are shown")
        } else {
            let columns = commands::choose_columns(tx, actor, list, &fields.all(COLUMNS))?;
            query.0.push((COLUMNS.to_owned(), columns.param()));
            req.lang.t("已记住您选的列", "Your columns are kept")
        };
        Ok(Done::to(list.address(&list.query(&query)), say))
    })
    .await
}

async fn change(State(app): State<App>, req: Req, Path(id): Path<ViewId>, fields: Fields) -> Answer {
    let a = app.clone();
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            let say = match fields.text("act") {
                "delete" => {
                    commands::remove(tx, actor, id)?;
                    req.lang.t("已删除", "Deleted")
                }
                "first" => {
                    commands::open_first(tx, actor, id, true)?;
                    req.lang.t("打开列表时先看它", "The list opens with it")
                }
                "not_first" => {
                    commands::open_first(tx, actor, id, false)?;
                    req.lang.t("打开列表时先看全部", "The list opens whole")
                }
                _ => {
                    actor.account()?;
                    let name = name(fields)?;
                    commands::rename(tx, actor, id, &name)?;
                    req.lang.t("已改名", "Renamed")
                }
            };
            Ok(Done::to("/views", say))
        },
        move |tx, req, actor, form| page(&a, tx, req, actor, form.clone()),
    )
    .await
}
