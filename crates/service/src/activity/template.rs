//! What a team starts an activity from: its templates, and what it did before.

use askama::Template;
use axum::extract::{Path, Query, State};
use db::{DbError, ReadTx, WriteTx, args, row, sql};
use kernel::error::common;
use kernel::{Action, Actor, Error, OrgId, Place, Timestamp};
use serde::Deserialize;
use ui::answer::{Answer, Done};
use ui::form::Label;
use ui::{App, Fields, Form, Req, Shell};

use super::commands::managed;
use super::editor::{Pairs, activity_fields, qualification_fields, session_fields};
use super::pages::parse;
use super::store::{self, Activity};
use super::{ActivityState, refusals};
use crate::{ActivityId, TemplateId};

/// How many templates a team has at most.
const TEMPLATES: usize = 50;

row! {
    /// A template with its team.
    pub struct Saved {
        id: TemplateId, org_id: OrgId, name: String, fields: String, uses: i64, created_at: Timestamp,
        area_path: String, sponsor_path: String,
    }

    /// An activity of the team to start from.
    pub struct Earlier { id: ActivityId, title: String, state: ActivityState, last_at: Option<Timestamp> }
}

fn of_team(tx: &mut ReadTx<'_>, team: OrgId) -> Result<Vec<Saved>, DbError> {
    tx.all(
        sql!(
            "SELECT t.id, t.org_id, t.name, t.fields, t.uses, t.created_at, o.area_path, o.sponsor_path
             FROM activity_template t JOIN org o ON o.id = t.org_id
             WHERE t.org_id = $1 ORDER BY t.name, t.id LIMIT 100"
        ),
        args![team],
    )
}

fn find(tx: &mut ReadTx<'_>, id: TemplateId) -> Result<Option<Saved>, DbError> {
    tx.first(
        sql!(
            "SELECT t.id, t.org_id, t.name, t.fields, t.uses, t.created_at, o.area_path, o.sponsor_path
             FROM activity_template t JOIN org o ON o.id = t.org_id WHERE t.id = $1"
        ),
        args![id],
    )
}

fn earlier(tx: &mut ReadTx<'_>, team: OrgId) -> Result<Vec<Earlier>, DbError> {
    tx.all(
        sql!(
            "SELECT a.id, a.title, a.state, (SELECT max(s.starts_at) FROM session s WHERE s.activity_id = a.id)
             FROM activity a WHERE a.org_id = $1 AND NOT a.carrier ORDER BY a.id DESC LIMIT 30"
        ),
        args![team],
    )
}

/// The name of a team the actor plans for, and its templates by name.
///
/// # Errors
/// `common.not_found`.
pub(super) fn of_managed_team(
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    team: OrgId,
) -> Result<(String, Vec<Saved>), Error> {
    actor.account()?;
    let org = store::org_find(tx, team)?
        .filter(|org| {
            let at = Place { area_path: &org.area_path, sponsor_path: &org.sponsor_path };
            kernel::can(actor, Action::ActivityManage, at)
        })
        .ok_or_else(|| Error::from(&common::NOT_FOUND))?;
    Ok((org.name, of_team(tx, team)?))
}

/// A template of a team the actor plans for.
fn managed_template(tx: &mut ReadTx<'_>, actor: &Actor, id: TemplateId) -> Result<Saved, Error> {
    actor.account()?;
    find(tx, id)?
        .filter(|one| {
            let at = Place { area_path: &one.area_path, sponsor_path: &one.sponsor_path };
            kernel::can(actor, Action::ActivityManage, at)
        })
        .ok_or_else(|| (&common::NOT_FOUND).into())
}

/// The fields of an activity's form without what belongs to one time only. An exact place that is a private
/// home never becomes part of a template.
fn fields_of(tx: &mut ReadTx<'_>, a: &Activity) -> Result<Pairs, Error> {
    let skills = store::skills_of(tx, a.id)?;
    let mut out = activity_fields(a, &skills);
    out.extend(qualification_fields(tx, a.id)?);
    let sessions = store::sessions_of(tx, a.id)?;
    let posts = store::posts_of(tx, a.id)?;
    out.extend(session_fields(sessions.get(..sessions.len().min(1)).unwrap_or_default(), &posts));
    let private = a.place_private;
    out.retain(|(name, value)| {
        !value.is_empty()
            && match name.as_str() {
                "version" | "dates" => false,
                "place_exact" | "lon" | "lat" => !private,
                _ => true,
            }
    });
    Ok(out)
}

/// Keeps an activity's texts and settings as a template of its team; one of the same name is replaced.
///
/// # Errors
/// `common.not_found`, `activity.too_many_templates`.
pub fn save(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    activity: ActivityId,
    name: &str,
) -> Result<TemplateId, Error> {
    let a = managed(tx, actor, activity)?;
    let fields = fields_of(tx, &a)?;
    let text = serde_json::to_string(&fields).map_err(|e| Error::bug(format!("template: {e}")))?;
    let there = of_team(tx, a.org_id)?;
    if there.len() >= TEMPLATES && !there.iter().any(|one| one.name == name) {
        return Err((&refusals::TOO_MANY_TEMPLATES).into());
    }
    let (new, now, by): (TemplateId, _, _) = (tx.new_id(), tx.now(), actor.account);
    let (id,): (TemplateId,) = tx.one(
        sql!(
            "INSERT INTO activity_template (id, org_id, name, fields, created_by, created_at)
             VALUES ($1, $2, $3, $4, $5, $6)
             ON CONFLICT (org_id, name) DO UPDATE SET fields = excluded.fields RETURNING id"
        ),
        args![new, a.org_id, name, text, by, now],
    )?;
    people::audit::note(tx, actor, "template.save", "template", id.0, "")?;
    Ok(id)
}

/// Removes a template; activities made from it stay. Returns its team.
///
/// # Errors
/// `common.not_found`.
pub fn remove(tx: &mut WriteTx<'_>, actor: &Actor, id: TemplateId) -> Result<OrgId, Error> {
    let one = managed_template(tx, actor, id)?;
    tx.exec(sql!("DELETE FROM activity_template WHERE id = $1"), args![one.id])?;
    people::audit::note(tx, actor, "template.delete", "template", one.id.0, "")?;
    Ok(one.org_id)
}

/// What the form starts from when it is opened from a template: team and fields.
///
/// # Errors
/// `common.not_found`.
pub(super) fn prefill(tx: &mut ReadTx<'_>, actor: &Actor, id: TemplateId) -> Result<(OrgId, Pairs), Error> {
    let one = managed_template(tx, actor, id)?;
    let mut fields: Pairs = serde_json::from_str(&one.fields).unwrap_or_default();
    fields.push(("template".to_owned(), one.id.to_string()));
    Ok((one.org_id, fields))
}

/// What the form starts from when it is opened from an earlier activity: team and fields, without dates.
///
/// # Errors
/// `common.not_found`.
pub(super) fn prefill_from(
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    id: ActivityId,
) -> Result<(OrgId, Pairs), Error> {
    let a = managed(tx, actor, id)?;
    Ok((a.org_id, fields_of(tx, &a)?))
}

/// Counts that a template was used; nothing when it is another team's or gone.
///
/// # Errors
/// Of the database.
pub(super) fn used(tx: &mut WriteTx<'_>, id: TemplateId, team: OrgId) -> Result<(), DbError> {
    tx.exec(
        sql!("UPDATE activity_template SET uses = uses + 1 WHERE id = $1 AND org_id = $2"),
        args![id, team],
    )?;
    Ok(())
}

#[derive(Template)]
#[template(path = "activity/start.html")]
struct StartPage {
    shell: Shell,
    team: OrgId,
    team_name: String,
    saved: Vec<Saved>,
    earlier: Vec<Earlier>,
}

#[derive(Template)]
#[template(path = "activity/template.html")]
struct TemplatePage {
    shell: Shell,
    form: Form,
    a: Activity,
    names: Vec<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct For {
    team: String,
}

/// Templates and earlier activities of a team.
pub(super) async fn start(State(app): State<App>, req: Req, Query(asked): Query<For>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        actor.demand_any(Action::ActivityManage)?;
        let team: OrgId = parse(&asked.team)?;
        let (team_name, saved) = of_managed_team(tx, actor, team)?;
        let page = StartPage {
            shell: a.shell(
                req,
                actor,
                req.lang.t("从模板或以前的活动开始", "Start from a template or an earlier one"),
            ),
            saved,
            earlier: earlier(tx, team)?,
            team,
            team_name,
        };
        ui::answer::html(&a, req, &page)
    })
    .await
}

fn render(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    id: &str,
    form: Option<Form>,
) -> Result<Answer, Error> {
    let a = managed(tx, actor, parse(id)?)?;
    let page = TemplatePage {
        shell: app.shell(req, actor, req.lang.t("存为模板", "Save as a template")),
        form: form.unwrap_or_else(|| Form::filled([("name", a.title.clone())])),
        names: of_team(tx, a.org_id)?.into_iter().map(|one| one.name).collect(),
        a,
    };
    ui::answer::html(app, req, &page)
}

/// Asks for the template's name.
pub(super) async fn form(State(app): State<App>, req: Req, Path(id): Path<String>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| render(&a, tx, req, actor, &id, None)).await
}

/// Keeps it.
pub(super) async fn submit(
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
            let activity = managed(tx, actor, parse(&id)?)?;
            let name = fields.required("name", Label("模板名称", "Name of the template"), 40)?;
            save(tx, actor, activity.id, &name)?;
            let say = req.lang.t("已存为模板，下次可从它开始。", "Saved; start from it next time.");
            Ok(Done::to(format!("/activities/start?team={}", activity.org_id), say))
        },
        move |tx, req, actor, form| render(&a, tx, req, actor, &again, Some(form.clone())),
    )
    .await
}

/// Removes a template; activities made from it stay.
pub(super) async fn delete(
    State(app): State<App>,
    req: Req,
    Path(id): Path<String>,
    fields: Fields,
) -> Answer {
    app.command(req, fields, move |tx, req, actor, _| {
        let team = remove(tx, actor, parse(&id)?)?;
        let say = req.lang.t("模板已删除。", "The template was removed.");
        Ok(Done::to(format!("/activities/start?team={team}"), say))
    })
    .await
}
