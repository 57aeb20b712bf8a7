//! What people decide about their own registration: a pause, coming back, ending it; what is kept of them, as a file;
//! and who looked at it (V5, V6, PIPL Art. 44–47).

use askama::Template;
use axum::Router;
use axum::extract::State;
use axum::routing::get;
use db::{DbError, ReadTx, WriteTx, args, row, sql};
use kernel::error::common;
use kernel::{Actor, Error, PersonId, Refusal, Timestamp};
use ui::answer::{Answer, Done};
use ui::form::{Fields, Form};
use ui::shell::Shell;
use ui::{App, Req};

use super::{PersonState, commands, consent, input, lock, refusals, rules, store};
use crate::{account, audit, org};

/// Pages of this part.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/me/leave", get(leave).post(leave_post))
        .route("/me/data", get(data))
        .route("/me/looks", get(looks))
}

row! {
    /// A look at somebody's file.
    pub(super) struct Look { at: Timestamp, act: String, who: String, detail: String }
}

/// Who looked at a person's file or numbers, or changed it, newest first; the person's own doing is left out.
fn looks_at(
    tx: &mut ReadTx<'_>,
    person: PersonId,
    own: Option<kernel::AccountId>,
) -> Result<Vec<Look>, DbError> {
    let own = own.unwrap_or(kernel::AccountId(0));
    tx.all(
        sql!(
            "SELECT at, act, actor, detail FROM audit
             WHERE object_kind = 'person' AND object_id = $1 AND ok AND account_id IS NOT NULL AND account_id <> $2
             ORDER BY id DESC LIMIT 200"
        ),
        args![person, own],
    )
}

/// Notes that somebody opened a file: once a day for each who did (the log is for people to read).
///
/// # Errors
/// Of the database.
pub(super) fn note_look(tx: &mut WriteTx<'_>, actor: &Actor, person: PersonId) -> Result<(), Error> {
    if actor.person == Some(person) || actor.account.is_none() {
        return Ok(());
    }
    let since = Timestamp::at(tx.now().date(), 0);
    let (seen,): (i64,) = tx.one(
        sql!(
            "SELECT count(*) FROM audit WHERE object_kind = 'person' AND object_id = $1 AND act = 'person.read'
                AND account_id = $2 AND at >= $3"
        ),
        args![person, actor.account, since],
    )?;
    if seen == 0 {
        audit::note(tx, actor, "person.read", "person", person.0, "")?;
    }
    Ok(())
}

/// A pause by the person's own word: places ahead go to others, nothing else changes.
///
/// # Errors
/// `common.sign_in`, `person.state`; of the database.
pub(super) fn pause(tx: &mut WriteTx<'_>, actor: &Actor) -> Result<PersonId, Error> {
    let me = actor.person()?;
    commands::set_state(tx, me, PersonState::Suspended)?;
    tx.exec_one(sql!("UPDATE person SET paused_by = 'self' WHERE id = $1"), args![me])?;
    audit::note(tx, actor, "person.pause", "person", me.0, "")?;
    Ok(me)
}

/// Coming back from an own pause; one by the station is ended there.
///
/// # Errors
/// `common.sign_in`, `person.paused_by_staff`, `person.state`; of the database.
pub(super) fn resume(tx: &mut WriteTx<'_>, actor: &Actor) -> Result<(), Error> {
    let me = actor.person()?;
    let state = lock(tx, me)?.state;
    if state != PersonState::Suspended {
        return Err(rules::in_state(state).into());
    }
    if paused_by(tx, me)? != "self" {
        return Err((&refusals::PAUSED_BY_STAFF).into());
    }
    commands::set_state(tx, me, PersonState::Active)?;
    tx.exec_one(sql!("UPDATE person SET paused_by = '' WHERE id = $1"), args![me])?;
    audit::note(tx, actor, "person.resume", "person", me.0, "")?;
    Ok(())
}

fn paused_by(tx: &mut ReadTx<'_>, person: PersonId) -> Result<String, DbError> {
    let row: (String,) = tx.one(sql!("SELECT paused_by FROM person WHERE id = $1"), args![person])?;
    Ok(row.0)
}

/// Posts and roles that must be handed over first, by name.
fn duties(tx: &mut ReadTx<'_>, person: PersonId) -> Result<Vec<String>, DbError> {
    let rows: Vec<(String,)> = tx.all(
        sql!(
            "SELECT o.name FROM org o WHERE o.id IN (
                SELECT p.org_id FROM org_post p WHERE p.person_id = $1 AND p.to_on IS NULL
                UNION SELECT g.org_id FROM role_grant g JOIN account a ON a.id = g.account_id
                    WHERE a.person_id = $1 AND g.ended_at IS NULL)
             ORDER BY o.name_key, o.id LIMIT 20"
        ),
        args![person],
    )?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// Ends the own registration: what tells who somebody is goes, the service record stays without it (Edge-21).
///
/// # Errors
/// `common.sign_in`, `person.duties`, `person.state`; of the database.
pub fn close_own(tx: &mut WriteTx<'_>, actor: &Actor) -> Result<(), Error> {
    let me = actor.person()?;
    let locked = lock(tx, me)?;
    let held = duties(tx, me)?;
    if !held.is_empty() {
        return Err(Refusal::new(&refusals::DUTIES).with("where", held.join("、")).into());
    }
    for (team, _) in org::teams_of(tx, me)? {
        org::leave(tx, me, team, "注销登记")?;
    }
    audit::note(tx, actor, "person.close", "person", me.0, "")?;
    commands::set_state(tx, me, PersonState::Closed)?;
    commands::erase(tx, me, &locked.name)
}

#[derive(Template)]
#[template(path = "person/me_leave.html")]
struct LeavePage {
    shell: Shell,
    form: Form,
    active: bool,
    /// A pause that the person may end.
    paused: bool,
    suspended: bool,
    duties: String,
}

fn leave_page(app: &App, tx: &mut ReadTx<'_>, req: &Req, actor: &Actor, form: Form) -> Result<Answer, Error> {
    let me = actor.person()?;
    let person = store::find(tx, me)?.ok_or(&common::NOT_FOUND)?;
    let page = LeavePage {
        shell: app.shell(req, actor, req.lang.t("暂停或注销", "Pause or end")),
        form,
        active: person.state == PersonState::Active,
        suspended: person.state == PersonState::Suspended,
        paused: paused_by(tx, me)? == "self",
        duties: duties(tx, me)?.join(req.lang.t("、", ", ")),
    };
    ui::answer::html(app, req, &page)
}

async fn leave(State(app): State<App>, req: Req) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| leave_page(&a, tx, req, actor, Form::default())).await
}

async fn leave_post(State(app): State<App>, req: Req, fields: Fields) -> Answer {
    let (a, b) = (app.clone(), app.clone());
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            actor.person()?;
            let lang = req.lang;
            match fields.text("act") {
                "pause" => {
                    let me = pause(tx, actor)?;
                    // A pause signs everybody else out who is signed in as this person, not whoever asked for it.
                    let account = account::for_person(tx, me, &actor.name)?;
                    let session = account::open_session(tx, &a, account, req)?;
                    let say = lang.t("已暂停；以后的报名已取消。", "Paused; places ahead are given back.");
                    Ok(Done::to("/me/leave", say).cookie(session))
                }
                "resume" => {
                    resume(tx, actor)?;
                    Ok(Done::to("/me", lang.t("欢迎回来！", "Welcome back!")))
                }
                "close" => {
                    input::agreed(fields, "sure")?;
                    close_own(tx, actor)?;
                    let say = lang.t(
                        "登记已注销，个人信息已删除。谢谢您做过的一切。",
                        "The registration is ended and your data erased. Thank you for all you did.",
                    );
                    Ok(Done::to("/", say).cookie(ui::answer::cookie(&a, ui::request::SESSION, "", 0)))
                }
                _ => Err((&common::NOT_FOUND).into()),
            }
        },
        move |tx, req, actor, form| leave_page(&b, tx, req, actor, form.clone()),
    )
    .await
}

/// What is kept about the person, in all rooms, as a file a program can read (X8).
async fn data(State(app): State<App>, req: Req) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        let me = actor.person()?;
        let lang = req.lang;
        let person = store::find(tx, me)?.ok_or(&common::NOT_FOUND)?;
        let sealed = store::sealed(tx, me)?.ok_or(&common::NOT_FOUND)?;
        let consents: Vec<_> = consent::of_person(tx, me)?
            .into_iter()
            .map(|one| {
                serde_json::json!({
                    "purpose": one.purpose.code(), "version": one.version, "channel": one.channel,
                    "given_at": one.given_at.text(), "withdrawn_at": one.withdrawn_at.map(Timestamp::text),
                })
            })
            .collect();
        let teams: Vec<_> = store::memberships(tx, me)?
            .into_iter()
            .map(|one| {
                serde_json::json!({
                    "team": one.org_name, "state": one.state, "joined_on": one.joined_on.map(|d| d.to_string()),
                    "left_on": one.left_on.map(|d| d.to_string()),
                })
            })
            .collect();
        let looks: Vec<_> = looks_at(tx, me, actor.account)?
            .into_iter()
            .map(|one| serde_json::json!({ "at": one.at.text(), "who": one.who, "what": audit::act_name(&one.act, lang) }))
            .collect();
        let mut file = serde_json::json!({
            "volunteer_no": person.volunteer_no, "name": person.name, "reading": person.name_key,
            "gender": person.gender.code(), "birth_on": person.birth_on.map(|d| d.to_string()),
            "document_kind": person.id_kind, "document_number": sealed.id_number(&a.vault)?,
            "phone": sealed.phone(&a.vault)?, "community": person.home_name, "address": person.address,
            "employer": person.employer, "state": person.state.code(), "assurance": person.assurance.code(),
            "name_in_rankings": person.rank_public, "joined_on": person.joined_on.map(|d| d.to_string()),
            "skills": store::skills(tx, me)?, "categories": store::categories(tx, me)?,
            "teams": teams, "consents": consents, "looks": looks,
            "reporting_in": crate::report_in::own_data(tx, me)?,
            "qualifications": crate::qualification::own_data(tx, &a.vault, me)?,
        });
        for kept in a.rooms.iter().flat_map(|room| room.own) {
            if let Some(all) = file.as_object_mut() {
                all.insert(kept.name.to_owned(), kept.of(tx, me)?);
            }
        }
        let bytes = serde_json::to_vec_pretty(&file).map_err(|e| Error::bug(e.to_string()))?;
        Ok(ui::answer::file(lang.t("我的资料.json", "my-data.json"), "application/json", bytes))
    })
    .await
}

#[derive(Template)]
#[template(path = "person/me_looks.html")]
struct LooksPage {
    shell: Shell,
    lines: Vec<(String, String, String, String)>,
}

/// Who looked at me: every opening of the file and of whole numbers, with the purpose that was given.
async fn looks(State(app): State<App>, req: Req) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        let me = actor.person()?;
        let lines = looks_at(tx, me, actor.account)?
            .into_iter()
            .map(|one| {
                // Other details name fields and states; the purpose is what was said about the look.
                let why = if one.act == "person.reveal" { one.detail } else { String::new() };
                (one.at.text(), one.who, audit::act_name(&one.act, req.lang), why)
            })
            .collect();
        let shell = a.shell(req, actor, req.lang.t("谁看过我的资料", "Who looked at my data"));
        ui::answer::html(&a, req, &LooksPage { shell, lines })
    })
    .await
}
