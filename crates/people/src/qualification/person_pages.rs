//! The person's own page: what they may show, what it is worth today, handing in and taking back; and their trainings.

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{get, post};
use db::ReadTx;
use kernel::error::Collect;
use kernel::{Actor, Error, Lang};
use ui::answer::{Answer, Done};
use ui::form::{Fields, Form, Label};
use ui::shell::Shell;
use ui::{App, Req};

use super::commands::{self, Given};
use super::store::{self, KindRow, Qualification, Training};
use super::{KindForm, QualificationId, QualificationStage, QualificationState, rules};

/// Pages of this part.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/me/qualifications", get(show).post(hand_in))
        .route("/me/qualifications/{id}/withdraw", post(withdraw).get(to_list))
}

/// Something that is shown, ready to render.
pub(super) struct Line {
    pub one: Qualification,
    pub name: String,
    pub number: String,
    pub days: String,
    pub since: String,
    pub stage: QualificationStage,
    /// It may be taken back by the person.
    pub own: bool,
}

/// `2024-03-01 – 2027-02-28`.
pub(super) fn days(one: &Qualification, lang: Lang) -> String {
    match one.until_on {
        Some(until) => format!("{} – {until}", one.from_on),
        None => lang.f("{} 起，长期有效", "from {}, without an end", &[&one.from_on]),
    }
}

/// Makes a line; `number` as it may be seen here.
pub(super) fn line(one: Qualification, number: String, lang: Lang, today: kernel::Date) -> Line {
    Line {
        name: lang.t(&one.name, &one.name_en).to_owned(),
        number,
        days: days(&one, lang),
        since: one.decided_at.unwrap_or(one.handed_in_at).date().to_string(),
        stage: rules::stage(&one.proof(), today),
        own: one.training.is_none()
            && matches!(one.state, QualificationState::HandedIn | QualificationState::Confirmed),
        one,
    }
}

/// A training, ready to render.
pub(super) struct TrainingLine {
    pub one: Training,
    pub hours: String,
    /// As what it counts; empty: as nothing.
    pub counts: String,
}

/// Makes a line of a training.
pub(super) fn training_line(one: Training, lang: Lang) -> TrainingLine {
    let name = match (&one.kind_name, &one.kind_name_en) {
        (Some(zh), Some(en)) => lang.t(zh, en).to_owned(),
        _ => String::new(),
    };
    let counts = match rules::counts_until(one.held_on, one.months) {
        Some(until) if !name.is_empty() => lang.f("{}，有效至 {}", "{}, until {}", &[&name, &until]),
        _ => name,
    };
    TrainingLine { hours: kernel::Minutes(one.minutes).hours(), counts, one }
}

/// Kinds of certificates to choose from.
pub(super) fn options(kinds: &[KindRow], form: KindForm, lang: Lang) -> Vec<(String, String)> {
    kinds
        .iter()
        .filter(|kind| kind.in_use && kind.form == form)
        .map(|kind| (kind.code.clone(), lang.t(&kind.name, &kind.name_en).to_owned()))
        .collect()
}

/// What a form says of a document; for pages and programs.
pub(super) fn given(fields: &Fields) -> Result<Given, Error> {
    let mut all = Collect::default();
    let until = match fields.text("until_on") {
        "" => None,
        _ => all.take(fields.date("until_on", Label("有效期至", "Ends on"))),
    };
    let given = Given {
        kind: all.take(fields.required("kind", Label("资格种类", "Kind"), 60)).unwrap_or_default(),
        number: all
            .take(fields.optional("number", Label("证书编号", "Number"), rules::NUMBER))
            .unwrap_or_default(),
        issuer: all.take(fields.required("issuer", Label("发证单位", "Issued by"), 100)).unwrap_or_default(),
        from_on: all
            .take(fields.date("from_on", Label("生效日期", "First day")))
            .unwrap_or(kernel::Date::from_days(0)),
        until_on: until,
    };
    all.done()?;
    Ok(given)
}

#[derive(Template)]
#[template(path = "qualification/me.html")]
struct MePage {
    shell: Shell,
    form: Form,
    lines: Vec<Line>,
    trainings: Vec<TrainingLine>,
    kinds: Vec<(String, String)>,
}

fn page(app: &App, tx: &mut ReadTx<'_>, req: &Req, actor: &Actor, form: Form) -> Result<Answer, Error> {
    let me = actor.person()?;
    let (lang, today) = (req.lang, tx.now().date());
    let lines = store::of_person(tx, me)?
        .into_iter()
        .map(|one| {
            let number = one.number(&app.vault)?.unwrap_or_default();
            Ok(line(one, number, lang, today))
        })
        .collect::<Result<Vec<_>, Error>>()?;
    let trainings = store::trainings_of(tx, me)?.into_iter().map(|one| training_line(one, lang)).collect();
    let kinds = options(&store::kinds(tx)?, KindForm::Certificate, lang);
    let shell = app.shell(req, actor, lang.t("我的资格与培训", "My qualifications and trainings"));
    ui::answer::html(app, req, &MePage { shell, form, lines, trainings, kinds })
}

async fn show(State(app): State<App>, req: Req) -> Answer {
    let a = app.clone();
    let form = Form::asked(&req);
    app.page(req, move |tx, req, actor| page(&a, tx, req, actor, form.clone())).await
}

async fn to_list(State(app): State<App>, req: Req, Path(_): Path<QualificationId>) -> Answer {
    Done::to("/me/qualifications", "").answer(&app, &req)
}

async fn hand_in(State(app): State<App>, req: Req, fields: Fields) -> Answer {
    let (a, b) = (app.clone(), app.clone());
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            actor.person()?;
            commands::hand_in(tx, &b.vault, actor, &given(fields)?)?;
            let say = req.lang.t(
                "已提交。请带原件到社区站点，工作人员核对后生效。",
                "Handed in. Bring the document to your community; it counts once staff have seen it.",
            );
            Ok(Done::to("/me/qualifications", say))
        },
        move |tx, req, actor, form| page(&a, tx, req, actor, form.clone()),
    )
    .await
}

async fn withdraw(
    State(app): State<App>,
    req: Req,
    Path(id): Path<QualificationId>,
    fields: Fields,
) -> Answer {
    app.command(req, fields, move |tx, req, actor, _| {
        commands::withdraw(tx, actor, id)?;
        Ok(Done::to("/me/qualifications", req.lang.t("已撤回。", "Taken back.")))
    })
    .await
}
