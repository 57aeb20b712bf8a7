//! Sessions one can take, for programs. The exact place is never in here (Fix-08).

use axum::extract::{Query, State};
use kernel::page::{PAGE_ROWS, Page};
use kernel::{OrgId, Timestamp};
use serde::Serialize;
use ui::answer::Answer;
use ui::{App, Req};

use super::pages::Asked;
use super::store::{self, Cursor};
use crate::{ActivityId, SessionId};

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
    /// `community`, `near` or `elsewhere`, as seen from the person's home.
    near: &'static str,
}

#[derive(Serialize)]
struct List {
    items: Vec<Item>,
    next: Option<String>,
}

/// `GET /api/v1/sessions`: what the caller can take, with the filters and the order of the page.
pub(super) async fn list(State(app): State<App>, req: Req, Query(asked): Query<Asked>) -> Answer {
    app.api_read(req, move |tx, _, actor| {
        let taker = match actor.person {
            Some(person) => store::taker(tx, person)?,
            None => None,
        };
        let streets = store::streets(tx)?;
        let rows = store::free(tx, taker.as_ref(), &asked.narrow(&streets), PAGE_ROWS + 1)?;
        let page = Page::cut(rows, 20, |row| Cursor::of(row).text());
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
                near: match row.near {
                    0 => "community",
                    1 => "near",
                    _ => "elsewhere",
                },
            })
            .collect();
        Ok(List { items, next: page.next })
    })
    .await
}
