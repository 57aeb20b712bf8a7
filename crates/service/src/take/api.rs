//! Sessions one can take, for programs. The exact place is never in here (Fix-08).

use db::ReadTx;
use kernel::page::{PAGE_ROWS, Page};
use kernel::{Actor, Error, OrgId, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;
use ui::App;
use ui::api::{Api, Call, Paged, doc};

use super::pages::Asked;
use super::store::{self, Cursor};
use crate::{ActivityId, SessionId};

/// A session the caller can take.
#[derive(Serialize, JsonSchema)]
struct FreeSession {
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
    #[schemars(extend("enum" = ["community", "near", "elsewhere"]))]
    near: &'static str,
}

/// Operations of this subject.
#[must_use]
pub fn api() -> Api {
    Api::new().get(
        "/api/v1/sessions",
        doc(
            "listSessionsToTake",
            "Sessions the caller can take: open, not full, conditions met, soonest day and nearest first.",
            "我可以参加的场次：开放、未满、符合条件，日期最近、距离最近的在前。",
        )
        .open(),
        list,
    )
}

fn list(
    _: &App,
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    call: &Call<(), Asked>,
) -> Result<Paged<FreeSession>, Error> {
    let taker = match actor.person {
        Some(person) => store::taker(tx, person)?,
        None => None,
    };
    let streets = store::streets(tx)?;
    let rows = store::free(tx, taker.as_ref(), &call.query.narrow(&streets), PAGE_ROWS + 1)?;
    let page = Page::cut(rows, 20, |row| Cursor::of(row).text());
    Ok(Paged::of(page, |row| FreeSession {
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
    }))
}
