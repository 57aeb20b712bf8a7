//! The list of kinds, which the office keeps and everybody who plans may read.

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::routing::get;
use db::ReadTx;
use kernel::error::Collect;
use kernel::{Action, Actor, Error};
use ui::answer::{Answer, Done};
use ui::form::{Fields, Form, Label};
use ui::shell::Shell;
use ui::{App, Req};

use super::commands::{self, NewKind};
use super::store::{self, KindRow};
use super::{KindForm, rules};

/// Pages of this part.
pub(super) fn routes() -> Router<App> {
    Router::new().route("/qualifications/kinds", get(show).post(save))
}

#[derive(Template)]
#[template(path = "qualification/kinds.html")]
struct KindsPage {
    shell: Shell,
    form: Form,
    kinds: Vec<KindRow>,
    forms: Vec<(String, String)>,
    keeps: bool,
    /// Usual kinds that are not there.
    usual: usize,
}

fn page(app: &App, tx: &mut ReadTx<'_>, req: &Req, actor: &Actor, form: Form) -> Result<Answer, Error> {
    actor.demand_any(Action::OrgRead)?;
    let lang = req.lang;
    let kinds = store::kinds(tx)?;
    let missing = |one: &&rules::Usual| kinds.iter().all(|kind| kind.code != one.0 && kind.name != one.1);
    let page = KindsPage {
        shell: app.shell(req, actor, lang.t("资格种类", "Kinds of qualifications")),
        form,
        usual: rules::USUAL.iter().filter(missing).count(),
        forms: KindForm::ALL
            .iter()
            .map(|form| (form.code().to_owned(), form.name(lang).to_owned()))
            .collect(),
        keeps: commands::may_keep(tx, actor)?,
        kinds,
    };
    ui::answer::html(app, req, &page)
}

async fn show(State(app): State<App>, req: Req) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| page(&a, tx, req, actor, Form::default())).await
}

/// What a form says of a kind; for pages and programs.
pub(super) fn new_kind(fields: &Fields) -> Result<NewKind, Error> {
    let mut all = Collect::default();
    let months = match fields.text("months") {
        "" => None,
        _ => all.take(fields.number("months", Label("有效月数", "Months"), 1, 600)),
    };
    let new = NewKind {
        code: Some(fields.text("code").to_owned()).filter(|code| !code.is_empty()),
        name: all.take(fields.required("name", Label("名称", "Name"), 40)).unwrap_or_default(),
        name_en: all
            .take(fields.required("name_en", Label("英文名称", "Name in English"), 80))
            .unwrap_or_default(),
        form: KindForm::from_code(fields.text("form")).unwrap_or(KindForm::Certificate),
        expires: fields.ticked("expires"),
        months,
        in_use: fields.ticked("in_use"),
    };
    all.done()?;
    Ok(new)
}

async fn save(State(app): State<App>, req: Req, fields: Fields) -> Answer {
    let a = app.clone();
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            actor.account()?;
            let lang = req.lang;
            let say = if fields.text("act") == "usual" {
                let added = commands::usual_kinds(tx, actor)?;
                lang.f("已加入 {} 种。", "{} kinds added.", &[&added])
            } else {
                actor.demand_any(Action::OrgManage)?;
                commands::put_kind(tx, actor, &new_kind(fields)?)?;
                lang.t("已保存。", "Saved.").to_owned()
            };
            Ok(Done::to("/qualifications/kinds", say))
        },
        move |tx, req, actor, form| page(&a, tx, req, actor, form.clone()),
    )
    .await
}
