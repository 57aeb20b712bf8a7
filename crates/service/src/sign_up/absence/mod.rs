//! Whoever held a place, did not come and had not said so: asked kindly, counted over twelve months where only they
//! and their leaders see it, and with a way out: an explanation that a leader accepts does not count (P2).

mod api;
pub mod commands;
mod pages;
pub mod store;

pub use api::api;
pub(in crate::sign_up) use pages::{MineView, mine};

use axum::routing::{get, post};
use db::WriteTx;
use kernel::{Action, Actor, Error, Lang, codes};
use ui::TaskItem;

/// A leader answers an explanation within so many days; then it is taken as accepted.
pub const ANSWER_DAYS: i64 = 7;
/// For so many days somebody is asked what happened.
const ASK_DAYS: i64 = 14;

codes! {
    /// State of an absence.
    pub enum AbsenceState {
        /// Nothing was said.
        Open = "open", "还没有说明", "Not explained";
        /// The leader decides.
        Explained = "explained", "已说明，等队长答复", "Explained; the leader answers";
        /// Does not count.
        Excused = "excused", "已谅解，不计", "Excused, does not count";
        /// Counts.
        Upheld = "upheld", "计入", "Counts";
    }
}

/// Pages of this subject.
pub(super) fn routes() -> axum::Router<ui::App> {
    axum::Router::new()
        .route("/absences/{id}", get(pages::show))
        .route("/absences/{id}/explain", post(pages::explain))
        .route("/absences/{id}/decide", post(pages::decide))
        .route("/sessions/{id}/absences", get(pages::list))
}

/// What waits: for the person to say what happened, for the leader to answer.
///
/// # Errors
/// Of the database.
pub fn tasks(tx: &mut db::ReadTx<'_>, actor: &Actor, lang: Lang) -> Result<Vec<TaskItem>, Error> {
    let mut out = Vec::new();
    if let Some(person) = actor.person {
        let since = tx.now().plus_minutes(-ASK_DAYS * 24 * 60);
        out.extend(
            store::of_person(tx, person, since)?
                .into_iter()
                .filter(|one| one.state == AbsenceState::Open)
                .map(|one| TaskItem {
                    title: lang.f("没见到您：{}", "We missed you: {}", &[&one.title]),
                    detail: one.at.text(),
                    href: format!("/absences/{}", one.id),
                    action: lang.t("说一下原因", "Say what happened").to_owned(),
                    due: Some(one.at.plus_minutes(ASK_DAYS * 24 * 60)),
                    count: 1,
                }),
        );
    }
    if actor.may(Action::Attendance) {
        out.extend(store::explained_to(tx, actor, 10)?.into_iter().map(|(id, name, title, at)| TaskItem {
            title: lang.f("答复未到说明：{}", "Answer an explanation: {}", &[&name]),
            detail: title,
            href: format!("/absences/{id}"),
            action: lang.t("去答复", "Answer").to_owned(),
            due: Some(at.plus_minutes(ANSWER_DAYS * 24 * 60)),
            count: 1,
        }));
    }
    Ok(out)
}

/// Regular work: explanations nobody answered in time are taken as accepted.
///
/// # Errors
/// Of the database.
pub fn tick(tx: &mut WriteTx<'_>) -> Result<(), Error> {
    commands::accept_due(tx)
}
