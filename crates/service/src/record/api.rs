//! Records for programs, over the same queries and commands as the pages.

use axum::extract::{Query, State};
use kernel::page::{Page, cursor_pair};
use kernel::{Error, Timestamp};
use serde::{Deserialize, Serialize};
use ui::{Answer, App, Fields, Req};

use super::store::{self, Which};
use super::{Class, RecordState, commands};
use crate::{RecordId, SessionId};

#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct MineQuery {
    #[serde(default)]
    after: String,
}

#[derive(Serialize)]
struct One {
    id: RecordId,
    session: SessionId,
    title: String,
    team: String,
    service_on: String,
    start_at: Timestamp,
    end_at: Timestamp,
    minutes: i64,
    class: Class,
    state: RecordState,
}

#[derive(Serialize)]
struct List {
    records: Vec<One>,
    next: Option<String>,
}

/// `GET /api/v1/me/records?after=`
pub(super) async fn mine(State(app): State<App>, req: Req, Query(query): Query<MineQuery>) -> Answer {
    app.api_read(req, move |tx, _, actor| {
        let rows = store::of_person(tx, actor.person()?, cursor_pair(&query.after), 101)?;
        let page = Page::cut(rows, 100, |row| format!("{}~{}", row.service_on.days(), row.id));
        let records = page
            .rows
            .into_iter()
            .map(|row| One {
                id: row.id,
                session: row.session_id,
                title: row.title,
                team: row.team,
                service_on: row.service_on.to_string(),
                start_at: row.start_at,
                end_at: row.end_at,
                minutes: row.minutes,
                class: row.class,
                state: row.state,
            })
            .collect();
        Ok(List { records, next: page.next })
    })
    .await
}

/// `POST /api/v1/records/confirm` with `{"records": ["…"]}` or `{"session": "…"}` for all of a session.
pub(super) async fn confirm(State(app): State<App>, req: Req, fields: Fields) -> Answer {
    app.api_write(req, fields, 200, move |tx, _, actor, fields| {
        let which = match fields.text("session").parse() {
            Ok(session) => Which::WaitingOf(SessionId(session)),
            Err(_) => Which::These(ids(fields, "records")?),
        };
        commands::confirm(tx, actor, &which)
    })
    .await
}

/// The ids of a repeated field.
pub(super) fn ids(fields: &Fields, name: &'static str) -> Result<Vec<RecordId>, Error> {
    fields
        .all(name)
        .into_iter()
        .map(|text| {
            text.parse().map_err(|_| {
                ui::form::Label("记录", "Record")
                    .wrong(name, text, "请从列表中选择。", "Choose from the list.")
                    .into()
            })
        })
        .collect()
}
