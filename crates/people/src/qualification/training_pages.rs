//! Trainings of a team: what was held, with whom; entering one for several members, voiding one.

use askama::Template;
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::routing::{get, post};
use db::ReadTx;
use kernel::error::Collect;
use kernel::{Action, Actor, Error, Lang, OrgId, can};
use serde::Deserialize;
use ui::answer::{Answer, Done};
use ui::form::{Fields, Form, Label};
use ui::sheet::{self, Cell};
use ui::shell::Shell;
use ui::{App, Req};

use super::commands::{self, NewTraining};
use super::person_pages::{self, TrainingLine};
use super::store::{self, Member};
use super::{KindForm, TrainingId};
use crate::org::{self, Org};

/// Pages of this part.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/teams/{id}/trainings", get(list).post(add))
        .route("/teams/{id}/trainings/{training}", post(void).get(to_list))
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Asked {
    after: String,
    format: String,
}

/// A training with those who took part.
struct Line {
    line: TrainingLine,
    people: String,
}

#[derive(Template)]
#[template(path = "qualification/trainings.html")]
struct ListPage {
    shell: Shell,
    form: Form,
    org: Org,
    lines: Vec<Line>,
    members: Vec<Member>,
    chosen: Vec<String>,
    kinds: Vec<(String, String)>,
    more: Option<String>,
    export: Option<String>,
}

impl ListPage {
    fn ticked(&self, member: &Member) -> bool {
        self.chosen.contains(&member.person.to_string())
    }
}

fn list_page(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    id: OrgId,
    asked: &Asked,
    form: Form,
) -> Result<Answer, Error> {
    let lang = req.lang;
    let org = commands::team(tx, actor, id)?;
    let is_sheet = asked.format == "xlsx";
    let page = store::trainings(tx, id, &asked.after, if is_sheet { store::ALL_ROWS } else { store::ROWS })?;
    let ids: Vec<TrainingId> = page.rows.iter().map(|one| one.id).collect();
    let people = store::people_of(tx, &ids)?;
    if is_sheet {
        actor.demand(Action::Export, org.place())?;
        let note = org::export_note(lang, actor, tx);
        return list_sheet(lang, &note, &org, &page.rows, &people);
    }
    let lines = page
        .rows
        .into_iter()
        .map(|one| {
            let names: Vec<&str> =
                people.iter().filter(|row| row.0 == one.id).map(|row| row.1.as_str()).collect();
            Line { people: names.join(lang.t("、", ", ")), line: person_pages::training_line(one, lang) }
        })
        .collect();
    let page = ListPage {
        shell: app.shell(req, actor, &lang.f("培训：{}", "Trainings: {}", &[&org.title(&lang)])),
        chosen: form.fields.all("people").into_iter().map(str::to_owned).collect(),
        form,
        lines,
        members: store::members(tx, id)?,
        kinds: person_pages::options(&store::kinds(tx)?, KindForm::Training, lang),
        more: page.next.as_deref().map(|next| req.with_query("after", next)),
        export: can(actor, Action::Export, org.place()).then(|| req.with_query("format", "xlsx")),
        org,
    };
    ui::answer::html(app, req, &page)
}

/// The record of trainings as Order 67, article 8 asks for it, a line for each person.
fn list_sheet(
    lang: Lang,
    note: &str,
    org: &Org,
    trainings: &[store::Training],
    people: &[(TrainingId, String, String)],
) -> Result<Answer, Error> {
    let heads = [
        lang.t("姓名", "Name"),
        lang.t("志愿者编号", "Volunteer no."),
        lang.t("培训名称", "Training"),
        lang.t("主要内容", "Main content"),
        lang.t("学习时长（分钟）", "Minutes"),
        lang.t("举办单位", "Held by"),
        lang.t("日期", "Date"),
    ];
    let rows: Vec<Vec<Cell>> = people
        .iter()
        .filter_map(|(id, name, number)| {
            let one = trainings.iter().find(|one| one.id == *id && one.voided_at.is_none())?;
            Some(vec![
                name.as_str().into(),
                number.as_str().into(),
                one.name.as_str().into(),
                one.content.as_str().into(),
                one.minutes.into(),
                one.holder.as_str().into(),
                one.held_on.to_string().into(),
            ])
        })
        .collect();
    sheet::answer(&lang.f("培训记录 {}", "Trainings of {}", &[&org.title(&lang)]), note, &heads, &rows)
}

async fn list(State(app): State<App>, req: Req, Path(id): Path<OrgId>, Query(asked): Query<Asked>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| list_page(&a, tx, req, actor, id, &asked, Form::default())).await
}

async fn to_list(State(app): State<App>, req: Req, Path((id, _)): Path<(OrgId, TrainingId)>) -> Answer {
    Done::to(format!("/teams/{id}/trainings"), "").answer(&app, &req)
}

/// What a form says of a training; for pages and programs.
pub(super) fn new_training(tx: &mut ReadTx<'_>, team: OrgId, fields: &Fields) -> Result<NewTraining, Error> {
    let mut all = Collect::default();
    let mut people: Vec<kernel::PersonId> =
        fields.all("people").into_iter().filter_map(|id| id.parse().ok()).collect();
    let name = all.take(fields.required("name", Label("培训名称", "Name"), 100)).unwrap_or_default();
    let content =
        all.take(fields.required("content", Label("主要内容", "Main content"), 1000)).unwrap_or_default();
    let minutes =
        all.take(fields.number("minutes", Label("学习时长（分钟）", "Minutes"), 1, 14_400)).unwrap_or(1);
    let holder = all.take(fields.required("holder", Label("举办单位", "Held by"), 100)).unwrap_or_default();
    let held_on =
        all.take(fields.date("held_on", Label("日期", "Date"))).unwrap_or(kernel::Date::from_days(0));
    let numbers = all
        .take(fields.optional("numbers", Label("志愿者编号", "Volunteer numbers"), 10_000))
        .unwrap_or_default();
    all.done()?;
    people.extend(commands::by_numbers(tx, team, &numbers)?);
    let kind = Some(fields.text("kind").to_owned()).filter(|kind| !kind.is_empty());
    Ok(NewTraining { name, content, minutes, holder, held_on, kind, people })
}

async fn add(State(app): State<App>, req: Req, Path(id): Path<OrgId>, fields: Fields) -> Answer {
    let a = app.clone();
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            commands::team(tx, actor, id)?;
            let new = new_training(tx, id, fields)?;
            commands::add_training(tx, actor, id, &new)?;
            let say = req.lang.t("培训已登记。", "The training was entered.");
            Ok(Done::to(format!("/teams/{id}/trainings"), say))
        },
        move |tx, req, actor, form| list_page(&a, tx, req, actor, id, &Asked::default(), form.clone()),
    )
    .await
}

async fn void(
    State(app): State<App>,
    req: Req,
    Path((id, training)): Path<(OrgId, TrainingId)>,
    fields: Fields,
) -> Answer {
    let a = app.clone();
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            commands::team(tx, actor, id)?;
            let reason = fields.optional("reason", Label("理由", "Reason"), 200)?;
            let one = commands::void_training(tx, actor, training, &reason)?;
            let say = req.lang.t("已作废，不再计入。", "Voided; it counts no more.");
            Ok(Done::to(format!("/teams/{}/trainings", one.team), say))
        },
        move |tx, req, actor, form| list_page(&a, tx, req, actor, id, &Asked::default(), form.clone()),
    )
    .await
}
