//! The organiser's forms of phases with what they are to bring, and of lines of work.

use askama::Template;
use axum::extract::{Path, State};
use db::ReadTx;
use kernel::{Actor, Error, Lang};
use ui::{Answer, App, Done, Fields, Form, Req, Shell};

use super::commands::{self, Mark, managed, managed_line, managed_phase};
use super::pages::next_words;
use super::store::{self, Campaign, Deliverable, Line, Phase};
use super::{Measure, read, rules};
use crate::activity::pages::parse;
use crate::{CampaignLineId, CampaignPhaseId};

/// Pairs of a form's fields.
type Pairs = Vec<(String, String)>;

fn measures(lang: Lang) -> Pairs {
    Measure::ALL.iter().map(|one| (one.code().to_owned(), one.name(lang).to_owned())).collect()
}

#[derive(Template)]
#[template(path = "campaign/phase.html")]
struct PhasePage {
    shell: Shell,
    form: Form,
    /// `None`: a new one.
    id: Option<CampaignPhaseId>,
    c: Campaign,
    all: Vec<Deliverable>,
    next: String,
}

fn render_phase(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    (c, p): (Campaign, Option<Phase>),
    form: Option<Form>,
) -> Result<Answer, Error> {
    rules::changeable(&c)?;
    let mut all = if p.is_some() { store::deliverables(tx, c.id)? } else { Vec::new() };
    all.retain(|one| p.as_ref().is_some_and(|p| one.phase_id == p.id));
    let form = form.unwrap_or_else(|| match &p {
        Some(p) => Form::filled([
            ("version", p.version.to_string()),
            ("name", p.name.clone()),
            ("from", p.from_on.to_string()),
            ("to", p.to_on.to_string()),
        ]),
        None => Form::filled([("from", c.from_on.to_string()), ("to", c.to_on.to_string())]),
    });
    let title = match &p {
        Some(p) => req.lang.f("阶段：{}", "Phase: {}", &[&p.name]),
        None => req.lang.t("增加阶段", "Add a phase").to_owned(),
    };
    ui::answer::html(
        app,
        req,
        &PhasePage {
            shell: app.shell(req, actor, &title),
            form,
            all,
            next: next_words(req.lang, &c, tx.now().date()),
            id: p.map(|p| p.id),
            c,
        },
    )
}

/// `GET /campaigns/{id}/phases`: the form of a new one.
pub(super) async fn new_phase(State(app): State<App>, req: Req, Path(id): Path<String>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        let c = managed(tx, actor, parse(&id)?)?;
        render_phase(&a, tx, req, actor, (c, None), None)
    })
    .await
}

/// `POST /campaigns/{id}/phases`
pub(super) async fn add_phase(
    State(app): State<App>,
    req: Req,
    Path(id): Path<String>,
    fields: Fields,
) -> Answer {
    let (a, again) = (app.clone(), id.clone());
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            let c = managed(tx, actor, parse(&id)?)?;
            commands::add_phase(tx, actor, c.id, &read::phase(fields)?)?;
            let say = req.lang.t("已增加阶段。", "The phase is added.");
            Ok(Done::to(format!("/campaigns/{}/manage", c.id), say))
        },
        move |tx, req, actor, form| {
            let c = managed(tx, actor, parse(&again)?)?;
            render_phase(&a, tx, req, actor, (c, None), Some(form.clone()))
        },
    )
    .await
}

/// `GET /campaign-phases/{id}`
pub(super) async fn phase(State(app): State<App>, req: Req, Path(id): Path<String>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        let (p, c) = managed_phase(tx, actor, parse(&id)?)?;
        render_phase(&a, tx, req, actor, (c, Some(p)), None)
    })
    .await
}

/// `POST /campaign-phases/{id}`
pub(super) async fn save_phase(
    State(app): State<App>,
    req: Req,
    Path(id): Path<String>,
    fields: Fields,
) -> Answer {
    let (a, again) = (app.clone(), id.clone());
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            let (p, _) = managed_phase(tx, actor, parse(&id)?)?;
            let version = fields.text("version").parse().unwrap_or(0);
            let c = commands::save_phase(tx, actor, p.id, version, &read::phase(fields)?)?;
            Ok(Done::to(format!("/campaigns/{c}/manage"), req.lang.t("已保存。", "Saved.")))
        },
        move |tx, req, actor, form| {
            let (p, c) = managed_phase(tx, actor, parse(&again)?)?;
            render_phase(&a, tx, req, actor, (c, Some(p)), Some(form.clone()))
        },
    )
    .await
}

/// `POST /campaign-phases/{id}/delete`
pub(super) async fn delete_phase(
    State(app): State<App>,
    req: Req,
    Path(id): Path<String>,
    fields: Fields,
) -> Answer {
    app.command(req, fields, move |tx, req, actor, _| {
        let c = commands::delete_phase(tx, actor, parse(&id)?)?;
        Ok(Done::to(format!("/campaigns/{c}/manage"), req.lang.t("已删去阶段。", "The phase is removed.")))
    })
    .await
}

/// `POST /campaign-deliverables/{id}`
pub(super) async fn mark(State(app): State<App>, req: Req, Path(id): Path<String>, fields: Fields) -> Answer {
    app.command(req, fields, move |tx, req, actor, fields| {
        let (what, zh, en) = match fields.text("act") {
            "open" => (Mark::Open, "已改为未完成。", "Open again."),
            "remove" => (Mark::Removed, "已删去。", "Removed."),
            _ => (Mark::Done, "已完成。", "Done."),
        };
        let one = commands::mark(tx, actor, parse(&id)?, what)?;
        let to = if what == Mark::Removed {
            format!("/campaign-phases/{}", one.phase_id)
        } else {
            format!("/campaigns/{}/manage", one.campaign_id)
        };
        Ok(Done::to(to, req.lang.t(zh, en)))
    })
    .await
}

#[derive(Template)]
#[template(path = "campaign/line.html")]
struct LinePage {
    shell: Shell,
    form: Form,
    /// `None`: a new one.
    id: Option<CampaignLineId>,
    c: Campaign,
    measures: Pairs,
    next: String,
}

fn render_line(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    (c, l): (Campaign, Option<Line>),
    form: Option<Form>,
) -> Result<Answer, Error> {
    rules::changeable(&c)?;
    let form = form.unwrap_or_else(|| match &l {
        Some(l) => Form::filled([
            ("version", l.version.to_string()),
            ("name", l.name.clone()),
            ("measure", l.measure.code().to_owned()),
            ("target", rules::target_entered(l.measure, l.target).to_string()),
        ]),
        None => Form::filled([("measure", Measure::Sessions.code())]),
    });
    let title = match &l {
        Some(l) => req.lang.f("工作线：{}", "Line: {}", &[&l.name]),
        None => req.lang.t("增加工作线", "Add a line").to_owned(),
    };
    ui::answer::html(
        app,
        req,
        &LinePage {
            shell: app.shell(req, actor, &title),
            form,
            measures: measures(req.lang),
            next: next_words(req.lang, &c, tx.now().date()),
            id: l.map(|l| l.id),
            c,
        },
    )
}

/// `GET /campaigns/{id}/lines`: the form of a new one.
pub(super) async fn new_line(State(app): State<App>, req: Req, Path(id): Path<String>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        let c = managed(tx, actor, parse(&id)?)?;
        render_line(&a, tx, req, actor, (c, None), None)
    })
    .await
}

/// `POST /campaigns/{id}/lines`
pub(super) async fn add_line(
    State(app): State<App>,
    req: Req,
    Path(id): Path<String>,
    fields: Fields,
) -> Answer {
    let (a, again) = (app.clone(), id.clone());
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            let c = managed(tx, actor, parse(&id)?)?;
            let (name, measure, target) = read::line(fields)?;
            commands::add_line(tx, actor, c.id, &name, measure, target)?;
            let say = req.lang.t("已增加工作线。", "The line is added.");
            Ok(Done::to(format!("/campaigns/{}/manage", c.id), say))
        },
        move |tx, req, actor, form| {
            let c = managed(tx, actor, parse(&again)?)?;
            render_line(&a, tx, req, actor, (c, None), Some(form.clone()))
        },
    )
    .await
}

/// `GET /campaign-lines/{id}`
pub(super) async fn line(State(app): State<App>, req: Req, Path(id): Path<String>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        let (l, c) = managed_line(tx, actor, parse(&id)?)?;
        render_line(&a, tx, req, actor, (c, Some(l)), None)
    })
    .await
}

/// `POST /campaign-lines/{id}`
pub(super) async fn save_line(
    State(app): State<App>,
    req: Req,
    Path(id): Path<String>,
    fields: Fields,
) -> Answer {
    let (a, again) = (app.clone(), id.clone());
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            let (l, _) = managed_line(tx, actor, parse(&id)?)?;
            let version = fields.text("version").parse().unwrap_or(0);
            let (name, measure, target) = read::line(fields)?;
            let c = commands::save_line(tx, actor, l.id, version, &name, measure, target)?;
            Ok(Done::to(format!("/campaigns/{c}/manage"), req.lang.t("已保存。", "Saved.")))
        },
        move |tx, req, actor, form| {
            let (l, c) = managed_line(tx, actor, parse(&again)?)?;
            render_line(&a, tx, req, actor, (c, Some(l)), Some(form.clone()))
        },
    )
    .await
}

/// `POST /campaign-lines/{id}/delete`
pub(super) async fn delete_line(
    State(app): State<App>,
    req: Req,
    Path(id): Path<String>,
    fields: Fields,
) -> Answer {
    app.command(req, fields, move |tx, req, actor, _| {
        let c = commands::delete_line(tx, actor, parse(&id)?)?;
        let say = req.lang.t("已删去工作线，活动仍在行动里。", "The line is removed; its activities stay.");
        Ok(Done::to(format!("/campaigns/{c}/manage"), say))
    })
    .await
}
