//! The person's own page: the card of the phone, what became of printed ones, and reporting a loss.

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::routing::get;
use db::ReadTx;
use kernel::error::common;
use kernel::{Actor, Error};
use ui::answer::{Answer, Done};
use ui::form::{Fields, Form};
use ui::shell::Shell;
use ui::{App, Req};

use super::pages::{self, Line};
use super::{commands, store};
use crate::person::{self, PersonState};

/// Pages of this part.
pub(super) fn routes() -> Router<App> {
    Router::new().route("/me/card", get(show).post(lost))
}

#[derive(Template)]
#[template(path = "member_card/me.html")]
struct MePage {
    shell: Shell,
    form: Form,
    name: String,
    volunteer_no: String,
    home: String,
    active: bool,
    qr: String,
    lines: Vec<Line>,
}

fn page(app: &App, tx: &mut ReadTx<'_>, req: &Req, actor: &Actor, form: &Form) -> Result<Answer, Error> {
    let me = person::find(tx, actor.person()?)?.ok_or(&common::NOT_FOUND)?;
    let lang = req.lang;
    let page = MePage {
        shell: app.shell(req, actor, lang.t("我的会员卡", "My member card")),
        form: form.clone(),
        active: me.state == PersonState::Active,
        qr: ui::qr::svg(&person::card_link(app, &me)),
        lines: store::of_person(tx, me.id)?.into_iter().map(|one| pages::line(one, lang)).collect(),
        name: me.name,
        volunteer_no: me.volunteer_no,
        home: me.home_name,
    };
    ui::answer::html(app, req, &page)
}

async fn show(State(app): State<App>, req: Req) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| page(&a, tx, req, actor, &Form::default())).await
}

async fn lost(State(app): State<App>, req: Req, fields: Fields) -> Answer {
    let a = app.clone();
    app.submit(
        req,
        fields,
        |tx, req, actor, fields| {
            actor.person()?;
            commands::lose_own(tx, actor, &pages::note(fields)?)?;
            let say = req.lang.t(
                "已挂失：旧卡和旧截图立即失效。手机上已是新码，可照常签到；要新的卡请到社区站点或找队长。",
                "Noted as lost: the old card and old pictures of it are dead. The code on this page is new and works; ask your station or leader for another card.",
            );
            Ok(Done::to("/me/card", say))
        },
        move |tx, req, actor, form| page(&a, tx, req, actor, form),
    )
    .await
}
