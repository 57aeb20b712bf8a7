//! The list of demonstration bases, and registering, changing and withdrawing one.

use askama::Template;
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::routing::{get, post};
use db::ReadTx;
use kernel::error::Collect;
use kernel::{Action, Actor, Date, Error, Lang, OrgId};
use serde::Deserialize;
use ui::answer::{Answer, Done};
use ui::form::{Fields, Form, Label};
use ui::sheet::{self, Cell};
use ui::shell::Shell;
use ui::{App, Req};

use super::commands::{self, Edit};
use super::store::{self, Base};
use super::{BaseId, BaseLevel, BaseState};
use crate::org;

/// Pages of this subject.
pub fn routes() -> Router<App> {
    Router::new()
        .route("/bases", get(list))
        .route("/bases/new", get(new).post(new_post))
        .route("/bases/{id}/edit", get(edit).post(edit_post))
        .route("/bases/{id}/withdraw", post(withdraw))
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Asked {
    level: String,
    state: String,
    org: String,
    after: String,
    format: String,
}

/// A title as a line of the list.
struct Line {
    base: Base,
    state: BaseState,
    may_change: bool,
}

impl Line {
    /// What follows: who does what, by when.
    fn next(&self, lang: &Lang) -> String {
        let base = &self.base;
        match (self.state, base.recheck_on, base.valid_until) {
            (BaseState::Recheck, Some(day), _) => {
                lang.f("由办公室在 {} 前复查", "the office checks it again by {}", &[&day])
            }
            (BaseState::Borne, Some(day), _) => {
                lang.f("{} 前由办公室复查", "next check by the office by {}", &[&day])
            }
            (BaseState::Borne | BaseState::Recheck, None, Some(last)) => lang.f(
                "有效期至 {}，到期由办公室重新评定",
                "valid until {}, then the office decides anew",
                &[&last],
            ),
            (BaseState::Borne | BaseState::Recheck, None, None) => {
                lang.t("长期有效，由办公室管理", "valid without end, kept by the office").to_owned()
            }
            (BaseState::Expired, _, _) => lang
                .t(
                    "不用处理；重新授予的由办公室登记",
                    "nothing to do; the office registers it if granted again",
                )
                .to_owned(),
            (BaseState::Withdrawn, _, _) => match base.withdrawn_on {
                Some(day) => lang.f(
                    "{} 撤销：{}。不用处理",
                    "withdrawn on {}: {}. Nothing to do",
                    &[&day, &base.withdrawn_why],
                ),
                None => base.withdrawn_why.clone(),
            },
        }
    }
}

#[derive(Template)]
#[template(path = "base/list.html")]
struct ListPage {
    shell: Shell,
    form: Form,
    asked: Asked,
    narrowed: bool,
    lines: Vec<Line>,
    more: Option<String>,
    export: Option<String>,
    may_add: bool,
}

fn list_page(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    asked: &Asked,
    form: Form,
) -> Result<Answer, Error> {
    actor.demand_any(Action::OrgRead)?;
    let lang = req.lang;
    let today = tx.now().date();
    let filter = store::Filter {
        level: BaseLevel::from_code(&asked.level),
        state: BaseState::from_code(&asked.state),
        org: asked.org.parse().ok(),
        after: asked.after.clone(),
    };
    let sheet = asked.format == "xlsx";
    let page = store::list(tx, &filter, if sheet { 10_000 } else { store::ROWS })?;
    let line = |base: Base| Line {
        state: base.state(today),
        may_change: commands::may_change(actor, &base) && base.withdrawn_on.is_none(),
        base,
    };
    if sheet {
        actor.demand_any(Action::Export)?;
        let lines = page.rows.into_iter().map(line).collect();
        return list_sheet(lang, &org::export_note(lang, actor, tx), lines);
    }
    let page = ListPage {
        shell: app.shell(req, actor, lang.t("示范基地", "Demonstration bases")),
        form,
        narrowed: ![&asked.level, &asked.state, &asked.org].iter().all(|text| text.is_empty()),
        asked: asked.clone(),
        lines: page.rows.into_iter().map(line).collect(),
        more: page.next.as_deref().map(|next| req.with_query("after", next)),
        export: actor.may(Action::Export).then(|| req.with_query("format", "xlsx")),
        may_add: actor.may(Action::OrgManage),
    };
    ui::answer::html(app, req, &page)
}

async fn list(State(app): State<App>, req: Req, Query(asked): Query<Asked>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| list_page(&a, tx, req, actor, &asked, Form::default())).await
}

fn list_sheet(lang: Lang, note: &str, lines: Vec<Line>) -> Result<Answer, Error> {
    let heads = [
        lang.t("称号", "Title"),
        lang.t("组织", "Organisation"),
        lang.t("级别", "Level"),
        lang.t("授予单位", "Granted by"),
        lang.t("授予日期", "Granted on"),
        lang.t("牌匾编号", "Plaque no."),
        lang.t("有效期至", "Valid until"),
        lang.t("复查日期", "Next check"),
        lang.t("状态", "State"),
        lang.t("说明", "Note"),
    ];
    let date = |day: Option<Date>| day.map(|day| day.to_string()).unwrap_or_default();
    let rows: Vec<Vec<Cell>> = lines
        .into_iter()
        .map(|line| {
            let note = line.next(&lang);
            let base = line.base;
            vec![
                base.title.into(),
                base.org_name.into(),
                base.level.name(lang).into(),
                base.granted_by.into(),
                base.granted_on.to_string().into(),
                base.plaque_no.into(),
                date(base.valid_until).into(),
                date(base.recheck_on).into(),
                line.state.name(lang).into(),
                note.into(),
            ]
        })
        .collect();
    sheet::answer(lang.t("示范基地", "Demonstration bases"), note, &heads, &rows)
}

#[derive(Template)]
#[template(path = "base/form.html")]
struct FormPage {
    shell: Shell,
    form: Form,
    base: Option<BaseId>,
    action: String,
    levels: Vec<(String, String)>,
    orgs: Vec<(String, String)>,
}

fn form_page(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    base: Option<BaseId>,
    form: Form,
) -> Result<Answer, Error> {
    actor.demand_any(Action::OrgManage)?;
    let lang = req.lang;
    let (action, title) = match base {
        None => ("/bases/new".to_owned(), lang.t("登记示范基地", "Register a demonstration base")),
        Some(id) => (format!("/bases/{id}/edit"), lang.t("修改示范基地", "Change the demonstration base")),
    };
    let chosen = form.v("org").parse::<OrgId>().ok();
    let page = FormPage {
        shell: app.shell(req, actor, title),
        base,
        action,
        levels: BaseLevel::ALL
            .iter()
            .map(|level| (level.code().to_owned(), level.name(lang).to_owned()))
            .collect(),
        orgs: store::bearers(tx, &actor.scopes(Action::OrgManage), chosen)?
            .into_iter()
            .map(|(id, kind, name)| (id.to_string(), format!("{name}（{}）", kind.name(lang))))
            .collect(),
        form,
    };
    ui::answer::html(app, req, &page)
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct NewAsked {
    org: String,
}

async fn new(State(app): State<App>, req: Req, Query(asked): Query<NewAsked>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        let today = tx.now().date().to_string();
        let form = Form::filled([("org", asked.org.clone()), ("granted_on", today)]);
        form_page(&a, tx, req, actor, None, form)
    })
    .await
}

/// Reads what people say about a title.
pub(super) fn read(fields: &Fields) -> Result<Edit, Error> {
    let mut all = Collect::default();
    let level_label = Label("级别", "Level");
    let org = all.take(fields.id::<OrgId>("org", Label("组织", "Organisation")));
    let title = all.take(fields.required("title", Label("称号", "Title"), 60));
    let level = all.take(
        BaseLevel::from_code(fields.text("level"))
            .ok_or_else(|| level_label.wrong("level", fields.text("level"), "请选择。", "Choose one.")),
    );
    let granted_by = all.take(fields.required("granted_by", Label("授予单位", "Granted by"), 60));
    let granted_on = all.take(fields.date("granted_on", Label("授予日期", "Granted on")));
    let plaque_no = all.take(fields.optional("plaque_no", Label("牌匾编号", "Plaque number"), 30));
    let mut day = |name: &'static str, label: Label| match fields.text(name) {
        "" => Some(None),
        _ => all.take(fields.date(name, label)).map(Some),
    };
    let valid_until = day("valid_until", Label("有效期至", "Valid until"));
    let recheck_on = day("recheck_on", Label("复查日期", "Next check"));
    all.done()?;
    match (org, title, level, granted_by, granted_on, plaque_no, valid_until, recheck_on) {
        (
            Some(org),
            Some(title),
            Some(level),
            Some(granted_by),
            Some(granted_on),
            Some(plaque_no),
            Some(valid_until),
            Some(recheck_on),
        ) => Ok(Edit { org, title, level, granted_by, granted_on, plaque_no, valid_until, recheck_on }),
        _ => Err(Error::bug("a form without refusals lacks a field")),
    }
}

/// Reads why a title is taken away.
pub(super) fn read_why(fields: &Fields) -> Result<String, Error> {
    Ok(fields.required("why", Label("撤销原因", "Reason"), 200)?)
}

async fn new_post(State(app): State<App>, req: Req, fields: Fields) -> Answer {
    let a = app.clone();
    app.submit(
        req,
        fields,
        |tx, req, actor, fields| {
            actor.demand_any(Action::OrgManage)?;
            commands::grant(tx, actor, &read(fields)?)?;
            Ok(Done::to(
                "/bases",
                req.lang.t("已登记，显示在该组织的页面上。", "Registered; the organisation's page shows it."),
            ))
        },
        move |tx, req, actor, form| form_page(&a, tx, req, actor, None, form.clone()),
    )
    .await
}

async fn edit(State(app): State<App>, req: Req, Path(id): Path<BaseId>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        let base = commands::kept(tx, actor, id)?;
        let date = |day: Option<Date>| day.map(|day| day.to_string()).unwrap_or_default();
        let form = Form::filled([
            ("version", base.version.to_string()),
            ("org", base.org.to_string()),
            ("title", base.title.clone()),
            ("level", base.level.code().to_owned()),
            ("granted_by", base.granted_by.clone()),
            ("granted_on", base.granted_on.to_string()),
            ("plaque_no", base.plaque_no.clone()),
            ("valid_until", date(base.valid_until)),
            ("recheck_on", date(base.recheck_on)),
        ]);
        form_page(&a, tx, req, actor, Some(id), form)
    })
    .await
}

async fn edit_post(State(app): State<App>, req: Req, Path(id): Path<BaseId>, fields: Fields) -> Answer {
    let a = app.clone();
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            commands::kept(tx, actor, id)?;
            let version = fields.text("version").parse().unwrap_or(0);
            commands::change(tx, actor, id, version, &read(fields)?)?;
            Ok(Done::to("/bases", req.lang.t("已保存。", "Saved.")))
        },
        move |tx, req, actor, form| form_page(&a, tx, req, actor, Some(id), form.clone()),
    )
    .await
}

async fn withdraw(State(app): State<App>, req: Req, Path(id): Path<BaseId>, fields: Fields) -> Answer {
    let a = app.clone();
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            commands::kept(tx, actor, id)?;
            commands::withdraw(tx, actor, id, &read_why(fields)?)?;
            Ok(Done::to("/bases", req.lang.t("已撤销，历史保留。", "Withdrawn; its past stays.")))
        },
        move |tx, req, actor, form| list_page(&a, tx, req, actor, &Asked::default(), form.clone()),
    )
    .await
}
