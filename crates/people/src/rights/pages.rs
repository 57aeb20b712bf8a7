//! The desk: what waits with the day on which it is due, answers, and the clock.

use askama::Template;
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::routing::get;
use db::ReadTx;
use kernel::{Action, Actor, Date, Error, Lang};
use serde::Deserialize;
use ui::answer::{Answer, Done};
use ui::form::{Fields, Form, Label};
use ui::sheet::{self, Cell};
use ui::shell::Shell;
use ui::{App, Req};

use super::store::{self, Request};
use super::{RightsId, RightsState, commands, rules};
use crate::org;

/// Pages of this part.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/rights", get(list))
        .route("/rights/days", get(to_days).post(days))
        .route("/rights/{id}", get(to_list).post(answer))
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Asked {
    state: String,
    after: String,
    format: String,
}

/// A request, ready to render.
pub(super) struct Line {
    pub one: Request,
    pub overdue: bool,
    pub asked: String,
    pub decided: String,
}

/// Makes a line.
pub(super) fn line(one: Request, today: Date) -> Line {
    Line {
        overdue: rules::overdue(one.state, one.due_on, today),
        asked: one.asked_at.date().to_string(),
        decided: one.decided_at.map(|at| at.date().to_string()).unwrap_or_default(),
        one,
    }
}

/// The answer of a form.
pub(super) fn answer_of(fields: &Fields) -> Result<String, Error> {
    Ok(fields.optional("answer", Label("答复", "Answer"), rules::ANSWER)?)
}

/// The number of days of a form.
pub(super) fn days_of(fields: &Fields) -> Result<i64, Error> {
    Ok(fields.number("days", Label("工作日", "Working days"), 1, rules::DAYS_MAX)?)
}

#[derive(Template)]
#[template(path = "rights/list.html")]
struct ListPage {
    shell: Shell,
    form: Form,
    lines: Vec<Line>,
    states: Vec<(&'static str, &'static str)>,
    state: &'static str,
    days: i64,
    may_set: bool,
    more: Option<String>,
    export: Option<String>,
}

fn list_page(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    asked: &Asked,
    form: &Form,
) -> Result<Answer, Error> {
    actor.demand_any(Action::PersonEdit)?;
    let (lang, today) = (req.lang, tx.now().date());
    let state = RightsState::from_code(&asked.state).unwrap_or(RightsState::Open);
    let is_sheet = asked.format == "xlsx";
    let rows = if is_sheet { store::ALL_ROWS } else { store::ROWS };
    let page = store::list(tx, &actor.scopes(Action::PersonEdit), state, &asked.after, rows)?;
    let lines: Vec<Line> = page.rows.into_iter().map(|one| line(one, today)).collect();
    if is_sheet {
        actor.demand_any(Action::Export)?;
        return list_sheet(lang, &org::export_note(lang, actor, tx), &lines);
    }
    let days = store::days(tx)?;
    let page = ListPage {
        shell: app.shell(req, actor, lang.t("个人信息请求", "Requests about personal data")),
        form: if form.fields.0.is_empty() {
            Form::filled([("days", days.to_string())])
        } else {
            form.clone()
        },
        lines,
        states: RightsState::ALL.iter().map(|state| (state.code(), state.name(lang))).collect(),
        state: state.code(),
        days,
        may_set: commands::may_set(tx, actor)?,
        more: page.next.as_deref().map(|next| req.with_query("after", next)),
        export: actor.may(Action::Export).then(|| req.with_query("format", "xlsx")),
    };
    ui::answer::html(app, req, &page)
}

fn list_sheet(lang: Lang, note: &str, lines: &[Line]) -> Result<Answer, Error> {
    let heads = [
        lang.t("姓名", "Name"),
        lang.t("志愿者编号", "Volunteer no."),
        lang.t("社区", "Community"),
        lang.t("请求", "Request"),
        lang.t("提出日期", "Asked on"),
        lang.t("答复期限", "Due on"),
        lang.t("状态", "State"),
        lang.t("逾期", "Overdue"),
        lang.t("答复日期", "Answered on"),
    ];
    let rows: Vec<Vec<Cell>> = lines
        .iter()
        .map(|line| {
            let one = &line.one;
            vec![
                one.name.as_str().into(),
                one.volunteer_no.as_str().into(),
                one.home_name.as_str().into(),
                one.kind.name(lang).into(),
                line.asked.as_str().into(),
                one.due_on.to_string().into(),
                one.state.name(lang).into(),
                if line.overdue { lang.t("是", "yes") } else { "" }.into(),
                line.decided.as_str().into(),
            ]
        })
        .collect();
    sheet::answer(lang.t("个人信息请求", "Requests"), note, &heads, &rows)
}

async fn list(State(app): State<App>, req: Req, Query(asked): Query<Asked>) -> Answer {
    let a = app.clone();
    let form = Form::default();
    app.page(req, move |tx, req, actor| list_page(&a, tx, req, actor, &asked, &form)).await
}

async fn to_list(State(app): State<App>, req: Req, Path(_): Path<RightsId>) -> Answer {
    Done::to("/rights", "").answer(&app, &req)
}

async fn to_days(State(app): State<App>, req: Req) -> Answer {
    Done::to("/rights", "").answer(&app, &req)
}

async fn answer(State(app): State<App>, req: Req, Path(id): Path<RightsId>, fields: Fields) -> Answer {
    let a = app.clone();
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            actor.account()?;
            let done = fields.text("act") == "done";
            commands::decide(tx, actor, id, done, &answer_of(fields)?)?;
            let say = req.lang.t("已答复，提出请求的人会收到消息。", "Answered; whoever asked is told.");
            Ok(Done::to("/rights", say))
        },
        move |tx, req, actor, form| list_page(&a, tx, req, actor, &Asked::default(), form),
    )
    .await
}

async fn days(State(app): State<App>, req: Req, fields: Fields) -> Answer {
    let a = app.clone();
    app.submit(
        req,
        fields,
        |tx, req, actor, fields| {
            actor.demand_any(Action::OrgManage)?;
            commands::set_days(tx, actor, days_of(fields)?)?;
            Ok(Done::to(
                "/rights",
                req.lang.t("已保存，新的请求按此计算期限。", "Saved; it counts for new requests."),
            ))
        },
        move |tx, req, actor, form| list_page(&a, tx, req, actor, &Asked::default(), form),
    )
    .await
}
