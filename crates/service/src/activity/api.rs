//! Activities for programs. The exact place is never in here (Fix-08).

use axum::extract::{Path, Query, State};
use kernel::error::common;
use kernel::page::{PAGE_ROWS, Page};
use kernel::{Error, OrgId, Timestamp};
use serde::Serialize;
use ui::answer::Answer;
use ui::{App, Req};

use super::pages::{Asked, parse};
use super::{ActivityState, Kind, Mode, SessionState, store};
use crate::{ActivityId, PostId, SessionId};

#[derive(Serialize)]
struct Item {
    session: SessionId,
    activity: ActivityId,
    title: String,
    team: OrgId,
    team_name: String,
    category: String,
    starts_at: Timestamp,
    ends_at: Timestamp,
    sign_up_until: Timestamp,
    place: String,
    quota: i64,
    taken: i64,
    members_only: bool,
}

#[derive(Serialize)]
struct List {
    items: Vec<Item>,
    next: Option<String>,
}

/// `GET /api/v1/activities`: open sessions, soonest first, with the filters of the page.
pub(super) async fn list(State(app): State<App>, req: Req, Query(asked): Query<Asked>) -> Answer {
    app.api_read(req, move |tx, _, actor| {
        let (filter, _) = asked.filter(tx, actor)?;
        let rows = store::upcoming(tx, &filter, PAGE_ROWS + 1)?;
        let page = Page::cut(rows, 20, |row| format!("{}~{}", row.starts_at.0, row.session_id));
        let items = page
            .rows
            .into_iter()
            .map(|row| Item {
                session: row.session_id,
                activity: row.activity_id,
                title: row.title,
                team: row.org_id,
                team_name: row.org_name,
                category: row.category,
                starts_at: row.starts_at,
                ends_at: row.ends_at,
                sign_up_until: row.sign_up_until,
                place: row.place_public,
                quota: row.quota,
                taken: row.taken,
                members_only: row.members_only,
            })
            .collect();
        Ok(List { items, next: page.next })
    })
    .await
}

#[derive(Serialize)]
struct PostItem {
    id: PostId,
    name: String,
    quota: i64,
    taken: i64,
    skill: Option<String>,
}

#[derive(Serialize)]
struct SessionItem {
    id: SessionId,
    starts_at: Timestamp,
    ends_at: Timestamp,
    sign_up_until: Timestamp,
    quota: i64,
    taken: i64,
    state: SessionState,
    posts: Vec<PostItem>,
}

#[derive(Serialize)]
struct Whole {
    id: ActivityId,
    title: String,
    title_en: String,
    team: OrgId,
    team_name: String,
    category: String,
    kind: Kind,
    mode: Mode,
    state: ActivityState,
    content: String,
    served_group: String,
    conditions: String,
    how_to_apply: String,
    risks: String,
    guarantees: String,
    place: String,
    contact_name: String,
    contact_phone: String,
    min_age: i64,
    members_only: bool,
    walk_in: bool,
    skills: Vec<String>,
    sessions: Vec<SessionItem>,
}

/// `GET /api/v1/activities/{id}`.
pub(super) async fn show(State(app): State<App>, req: Req, Path(id): Path<String>) -> Answer {
    app.api_read(req, move |tx, _, actor| {
        let a = store::find(tx, parse(&id)?)?
            .filter(|a| {
                a.state != ActivityState::Draft
                    || kernel::can(actor, kernel::Action::ActivityManage, a.place())
            })
            .ok_or_else(|| Error::from(&common::NOT_FOUND))?;
        let skills = store::skills_of(tx, a.id)?;
        let mut posts = store::posts_of(tx, a.id)?;
        let sessions = store::sessions_of(tx, a.id)?
            .into_iter()
            .map(|s| SessionItem {
                id: s.id,
                starts_at: s.starts_at,
                ends_at: s.ends_at,
                sign_up_until: s.sign_up_until,
                quota: s.quota,
                taken: s.taken,
                state: s.state,
                posts: posts
                    .extract_if(.., |post| post.session_id == s.id)
                    .map(|p| PostItem {
                        id: p.id,
                        name: p.name,
                        quota: p.quota,
                        taken: p.taken,
                        skill: p.skill,
                    })
                    .collect(),
            })
            .collect();
        Ok(Whole {
            id: a.id,
            title: a.title,
            title_en: a.title_en,
            team: a.org_id,
            team_name: a.org_name,
            category: a.category,
            kind: a.kind,
            mode: a.mode,
            state: a.state,
            content: a.content,
            served_group: a.served_group,
            conditions: a.conditions,
            how_to_apply: a.how_to_apply,
            risks: a.risks,
            guarantees: a.guarantees,
            place: a.place_public,
            contact_name: a.contact_name,
            contact_phone: a.contact_phone,
            min_age: a.min_age,
            members_only: a.members_only,
            walk_in: a.walk_in,
            skills,
            sessions,
        })
    })
    .await
}
