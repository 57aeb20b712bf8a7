//! Groups of a session: the leader divides those who signed up, each group with a meeting point, a task and a leader
//! of its own who is one of them. The group leader is no staff: while the session runs, and while they hold a place in
//! it, they call the roll of their group and of nobody else (ADR 0026).

mod api;
pub mod commands;
mod pages;
pub mod refusals;
pub mod rules;
pub mod store;

use axum::routing::get;
use kernel::{Action, Actor, Error, Lang};
use ui::TaskItem;

pub use api::api;

/// What a group is called: its name, or its number.
#[must_use]
pub fn shown(no: i64, name: &str, lang: Lang) -> String {
    if name.is_empty() { lang.f("第 {} 组", "Group {}", &[&no]) } else { name.to_owned() }
}

/// Pages of this subject.
pub fn routes() -> axum::Router<ui::App> {
    axum::Router::new()
        .route("/sessions/{id}/groups", get(pages::board).post(pages::arrange))
        .route("/session-groups/{id}", get(pages::one).post(pages::save))
        .route("/sessions/{id}/group", get(pages::own).post(pages::call))
}

/// Groups ahead whose leader gave the place back or did not come.
///
/// # Errors
/// Of the database.
pub fn tasks(tx: &mut db::ReadTx<'_>, actor: &Actor, lang: Lang) -> Result<Vec<TaskItem>, Error> {
    if !actor.may(Action::Attendance) {
        return Ok(Vec::new());
    }
    Ok(store::leaderless(tx, actor, 5)?
        .into_iter()
        .map(|one| TaskItem {
            title: lang.f(
                "{}没有组长了：{}",
                "{} lost its leader: {}",
                &[&shown(one.no, &one.name, lang), &one.title],
            ),
            detail: lang.t("没定之前由您点名", "Until there is one, its roll is yours").to_owned(),
            href: format!("/session-groups/{}", one.group),
            action: lang.t("另定组长", "Choose another").to_owned(),
            due: Some(one.starts_at),
            count: 1,
        })
        .collect())
}
