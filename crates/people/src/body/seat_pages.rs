//! Giving a seat to somebody or to a post, and ending it.

use askama::Template;
use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{get, post};
use db::ReadTx;
use kernel::error::Collect;
use kernel::{Actor, Error, OrgId};
use ui::answer::{Answer, Done};
use ui::form::{Fields, Form, Label};
use ui::shell::Shell;
use ui::{App, Req};

use super::commands::{self, NewSeat};
use super::store::Body;
use super::{BodyId, SeatId, pages};

/// Pages of this part.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/bodies/{id}/seats/new", get(new).post(new_post))
        .route("/bodies/{id}/seats/{seat}/end", post(end))
}

#[derive(Template)]
#[template(path = "body/seat.html")]
struct SeatPage {
    shell: Shell,
    form: Form,
    body: Body,
    orgs: Vec<(String, String)>,
}

fn page(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    id: BodyId,
    form: Form,
) -> Result<Answer, Error> {
    let body = commands::kept(tx, actor, id)?;
    let page = SeatPage {
        shell: app.shell(req, actor, &req.lang.f("登记席位：{}", "A seat of {}", &[&body.name])),
        form,
        orgs: pages::office_choices(tx, req.lang, None)?,
        body,
    };
    ui::answer::html(app, req, &page)
}

async fn new(State(app): State<App>, req: Req, Path(id): Path<BodyId>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        let form = Form::filled([("from", tx.now().date().to_string())]);
        page(&a, tx, req, actor, id, form)
    })
    .await
}

/// Reads who sits on a seat.
pub(super) fn read(fields: &Fields) -> Result<NewSeat, Error> {
    let mut all = Collect::default();
    let title = all.take(fields.required("title", Label("职务", "Title"), 30));
    let from = all.take(fields.date("from", Label("任职日期", "First day")));
    let place = match fields.text("place") {
        "" => Some(None),
        _ => all.take(fields.number("place", Label("排序", "Place"), 0, 10_000)).map(Some),
    };
    let volunteer_no = all.take(fields.optional("volunteer_no", Label("志愿者编号", "Volunteer number"), 30));
    let name = all.take(fields.optional("name", Label("姓名", "Name"), 50));
    let post = match fields.text("post_org") {
        "" => Some(None),
        _ => {
            let org = all.take(fields.id::<OrgId>("post_org", Label("单位", "Organisation")));
            let title = all.take(fields.required("post_title", Label("该单位的职务", "Post there"), 50));
            org.zip(title).map(Some)
        }
    };
    all.done()?;
    match (title, from, place, volunteer_no, name, post) {
        (Some(title), Some(from_on), Some(place), Some(volunteer_no), Some(name), Some(post)) => {
            Ok(NewSeat { title, place, volunteer_no, name, post, from_on })
        }
        _ => Err(Error::bug("a form without refusals lacks a field")),
    }
}

async fn new_post(State(app): State<App>, req: Req, Path(id): Path<BodyId>, fields: Fields) -> Answer {
    let a = app.clone();
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            commands::kept(tx, actor, id)?;
            commands::seat(tx, actor, id, &read(fields)?)?;
            Ok(Done::to(format!("/bodies/{id}"), req.lang.t("已登记。", "Seated.")))
        },
        move |tx, req, actor, form| page(&a, tx, req, actor, id, form.clone()),
    )
    .await
}

async fn end(
    State(app): State<App>,
    req: Req,
    Path((id, seat)): Path<(BodyId, SeatId)>,
    fields: Fields,
) -> Answer {
    let a = app.clone();
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            commands::kept(tx, actor, id)?;
            let last = fields.date("last", Label("最后一天", "Last day"))?;
            commands::end_seat(tx, actor, id, seat, last)?;
            Ok(Done::to(
                format!("/bodies/{id}"),
                req.lang.t("已卸任；调整通知里可以看到。", "Ended; the adjustment notice shows it."),
            ))
        },
        move |tx, req, actor, form| pages::show_page(&a, tx, req, actor, id, None, form.clone()),
    )
    .await
}
