//! The numbered list of names of a chat group (接龙) becomes sign-ups: looked up among the people of the team, shown
//! first, and entered by the leader, each by the same rules as any other.

mod pages;
pub mod rules;

use axum::routing::get;
use db::{DbError, Query, ReadTx, WriteTx};
use kernel::error::common;
use kernel::{Actor, Error, OrgId, PersonId, Place, Refusal};

use super::commands::{Book, try_place};
use super::waiting::store::hold_session;
use super::{Source, manages, refusals, store};
use crate::SessionId;

/// Pages of this subject.
pub(super) fn routes() -> axum::Router<ui::App> {
    axum::Router::new().route("/sessions/{id}/paste", get(pages::form).post(pages::paste))
}

/// Somebody of the team with a name that was looked for.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// Who.
    pub person: PersonId,
    /// Name.
    pub name: String,
    /// Volunteer number.
    pub volunteer_no: String,
    /// Has a place in the session already.
    pub placed: bool,
}

/// People of a team, or of the community that plans, with one of these names.
///
/// # Errors
/// Of the database.
pub fn candidates(
    tx: &mut ReadTx<'_>,
    team: OrgId,
    session: SessionId,
    names: &[rules::Named],
) -> Result<Vec<Candidate>, DbError> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let mut list = Query::new("SELECT p.id, p.name, p.volunteer_no, EXISTS (SELECT 1 FROM sign_up u");
    list.with("WHERE u.session_id = {} AND u.person_id = p.id AND u.state <> 'cancelled')", &[&session]);
    list.with(
        "FROM person p WHERE (p.home_org = {} OR EXISTS (SELECT 1 FROM member m WHERE m.person_id = p.id
            AND m.org_id = {} AND m.state = 'member')) AND p.state IN ('active', 'unclaimed', 'incomplete') AND",
        &[&team, &team],
    );
    list.push(people::person::SHOWN);
    list.push("AND p.name IN (");
    for (at, one) in names.iter().enumerate() {
        list.with(if at == 0 { "{}" } else { ", {}" }, &[&one.name]);
    }
    list.push(") ORDER BY p.id LIMIT 1000");
    let rows: Vec<(PersonId, String, String, bool)> = tx.list(&list)?;
    Ok(rows
        .into_iter()
        .map(|(person, name, volunteer_no, placed)| Candidate { person, name, volunteer_no, placed })
        .collect())
}

/// What entering came to.
#[derive(Debug, Default)]
pub struct Entered {
    /// How many have a place now.
    pub done: usize,
    /// Who could not be entered, and why.
    pub failed: Vec<(PersonId, Refusal)>,
}

/// Enters people for whom a leader answers, each by itself. People are locked in the order of their ids, before the
/// session.
///
/// # Errors
/// `sign_up.nobody`; `common.not_found` for a session one does not lead.
pub fn enter(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    session: SessionId,
    people: &[PersonId],
) -> Result<Entered, Error> {
    let mut people = people.to_vec();
    people.sort_unstable();
    people.dedup();
    if people.is_empty() || people.len() > rules::MOST {
        return Err((&refusals::NOBODY).into());
    }
    actor.account()?;
    let gate = store::gate(tx, session)?.filter(|gate| {
        manages(actor, Place { area_path: &gate.area_path, sponsor_path: &gate.sponsor_path })
    });
    if gate.is_none() {
        return Err((&common::NOT_FOUND).into());
    }
    for person in &people {
        people::person::hold(tx, *person)?;
    }
    hold_session(tx, session)?;
    let mut out = Entered::default();
    for person in people {
        let cmd = Book { session, post: None, person, team: None, source: Source::Leader };
        match try_place(tx, &cmd, Source::Leader)? {
            Ok(_) => out.done += 1,
            Err(refusal) => out.failed.push((person, refusal)),
        }
    }
    Ok(out)
}
