//! What staff look after: the list of their area, and one person at the desk.

use askama::Template;
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::routing::{get, post};
use db::ReadTx;
use kernel::{Action, Actor, Error, Lang, PersonId};
use serde::Deserialize;
use ui::answer::{Answer, Done};
use ui::form::{Fields, Form, Label};
use ui::sheet::{self, Cell};
use ui::shell::Shell;
use ui::{App, Req};

use super::person_pages::{self, Line, TrainingLine};
use super::store::{self, Filter};
use super::{KindForm, QualificationId, QualificationState, commands};
use crate::{org, person};

/// Pages of this part.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/qualifications", get(list))
        .route("/qualifications/{id}", post(answer).get(to_list))
        .route("/people/{id}/qualifications", get(desk).post(enter))
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Asked {
    state: String,
    kind: String,
    after: String,
    format: String,
}

/// What staff see of a number: enough to compare it with the document before them.
fn masked(app: &App, one: &store::Qualification) -> Result<String, Error> {
    Ok(one.number(&app.vault)?.map(|number| vault::mask_id_number(&number)).unwrap_or_default())
}

#[derive(Template)]
#[template(path = "qualification/list.html")]
struct ListPage {
    shell: Shell,
    form: Form,
    lines: Vec<Line>,
    states: Vec<(String, String)>,
    state: String,
    kinds: Vec<(String, String)>,
    kind: String,
    more: Option<String>,
    export: Option<String>,
    keeps: bool,
}

/// What the filter by state calls those that end soon or have ended.
const ENDING: &str = "ending";

fn list_page(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    asked: &Asked,
    form: &Form,
) -> Result<Answer, Error> {
    actor.demand_any(Action::PersonRegister)?;
    let (lang, today) = (req.lang, tx.now().date());
    let filter = Filter {
        state: QualificationState::from_code(&asked.state),
        kind: asked.kind.clone(),
        ending: asked.state == ENDING,
        after: asked.after.clone(),
    };
    let is_sheet = asked.format == "xlsx";
    let rows = if is_sheet { store::ALL_ROWS } else { store::ROWS };
    let page = store::list(tx, &actor.scopes(Action::PersonRegister), &filter, rows)?;
    let lines = page
        .rows
        .into_iter()
        .map(|one| Ok(person_pages::line(one.clone(), masked(app, &one)?, lang, today)))
        .collect::<Result<Vec<_>, Error>>()?;
    if is_sheet {
        actor.demand_any(Action::Export)?;
        return list_sheet(lang, &org::export_note(lang, actor, tx), &lines);
    }
    let mut states: Vec<(String, String)> = QualificationState::ALL
        .iter()
        .map(|state| (state.code().to_owned(), state.name(lang).to_owned()))
        .collect();
    states.insert(2, (ENDING.to_owned(), lang.t("即将到期或已过期", "Ending soon or ended").to_owned()));
    let page = ListPage {
        shell: app.shell(req, actor, lang.t("资格与培训", "Qualifications")),
        form: form.clone(),
        lines,
        states,
        state: asked.state.clone(),
        kinds: store::kinds(tx)?
            .into_iter()
            .map(|kind| (kind.code, lang.t(&kind.name, &kind.name_en).to_owned()))
            .collect(),
        kind: asked.kind.clone(),
        more: page.next.as_deref().map(|next| req.with_query("after", next)),
        export: actor.may(Action::Export).then(|| req.with_query("format", "xlsx")),
        keeps: commands::may_keep(tx, actor)?,
    };
    ui::answer::html(app, req, &page)
}

fn list_sheet(lang: Lang, note: &str, lines: &[Line]) -> Result<Answer, Error> {
    let heads = [
        lang.t("姓名", "Name"),
        lang.t("志愿者编号", "Volunteer no."),
        lang.t("资格", "Qualification"),
        lang.t("发证单位", "Issued by"),
        lang.t("生效日期", "From"),
        lang.t("截止日期", "Until"),
        lang.t("状态", "State"),
        lang.t("理由", "Reason"),
    ];
    let rows: Vec<Vec<Cell>> = lines
        .iter()
        .map(|line| {
            let one = &line.one;
            vec![
                one.person_name.as_str().into(),
                one.volunteer_no.as_str().into(),
                line.name.as_str().into(),
                one.issuer.as_str().into(),
                one.from_on.to_string().into(),
                one.until_on.map(|day| day.to_string()).unwrap_or_default().into(),
                line.stage.name(lang).into(),
                one.reason.as_str().into(),
            ]
        })
        .collect();
    sheet::answer(lang.t("资格", "Qualifications"), note, &heads, &rows)
}

async fn list(State(app): State<App>, req: Req, Query(asked): Query<Asked>) -> Answer {
    let a = app.clone();
    let form = Form::default();
    app.page(req, move |tx, req, actor| list_page(&a, tx, req, actor, &asked, &form)).await
}

async fn to_list(State(app): State<App>, req: Req, Path(_): Path<QualificationId>) -> Answer {
    Done::to("/qualifications", "").answer(&app, &req)
}

/// Confirms, turns down or revokes; from the list or from the person's page.
async fn answer(State(app): State<App>, req: Req, Path(id): Path<QualificationId>, fields: Fields) -> Answer {
    let a = app.clone();
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            actor.account()?;
            let reason = fields.optional("reason", Label("理由", "Reason"), 200)?;
            let lang = req.lang;
            let (person, say) = match fields.text("act") {
                "confirm" => (
                    commands::confirm(tx, actor, id)?,
                    lang.t("已核对，本人会收到消息。", "Confirmed; the person is told."),
                ),
                "revoke" => (
                    commands::revoke(tx, actor, id, &reason)?,
                    lang.t("已撤销，本人会收到消息。", "Revoked; the person is told."),
                ),
                _ => (
                    commands::refuse(tx, actor, id, &reason)?,
                    lang.t("未通过，本人会收到理由。", "Not confirmed; the person reads why."),
                ),
            };
            let to = match fields.text("at") {
                "person" => format!("/people/{person}/qualifications"),
                _ => "/qualifications?state=handed_in".to_owned(),
            };
            Ok(Done::to(to, say))
        },
        move |tx, req, actor, form| {
            let asked = Asked { state: "handed_in".to_owned(), ..Asked::default() };
            list_page(&a, tx, req, actor, &asked, form)
        },
    )
    .await
}

#[derive(Template)]
#[template(path = "qualification/person.html")]
struct DeskPage {
    shell: Shell,
    form: Form,
    id: PersonId,
    name: String,
    lines: Vec<Line>,
    trainings: Vec<TrainingLine>,
    kinds: Vec<(String, String)>,
}

fn desk_page(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    id: PersonId,
    form: Form,
) -> Result<Answer, Error> {
    let found = person::demand_person(tx, actor, Action::PersonRegister, id)?;
    let (lang, today) = (req.lang, tx.now().date());
    let lines = store::of_person(tx, id)?
        .into_iter()
        .map(|one| {
            let number = masked(app, &one)?;
            Ok(person_pages::line(one, number, lang, today))
        })
        .collect::<Result<Vec<_>, Error>>()?;
    let page = DeskPage {
        shell: app.shell(req, actor, &lang.f("资格与培训：{}", "Qualifications: {}", &[&found.name])),
        form,
        id,
        name: found.name,
        lines,
        trainings: store::trainings_of(tx, id)?
            .into_iter()
            .map(|one| person_pages::training_line(one, lang))
            .collect(),
        kinds: person_pages::options(&store::kinds(tx)?, KindForm::Certificate, lang),
    };
    ui::answer::html(app, req, &page)
}

async fn desk(State(app): State<App>, req: Req, Path(id): Path<PersonId>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| desk_page(&a, tx, req, actor, id, Form::default())).await
}

async fn enter(State(app): State<App>, req: Req, Path(id): Path<PersonId>, fields: Fields) -> Answer {
    let (a, b) = (app.clone(), app.clone());
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            person::demand_person(tx, actor, Action::PersonRegister, id)?;
            commands::enter(tx, &b.vault, actor, id, &person_pages::given(fields)?)?;
            let say = req.lang.t("已登记，立即生效。", "Entered; it counts at once.");
            Ok(Done::to(format!("/people/{id}/qualifications"), say))
        },
        move |tx, req, actor, form| desk_page(&a, tx, req, actor, id, form.clone()),
    )
    .await
}
