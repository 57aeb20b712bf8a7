//! Pictures of a session (ADR 0021): given by the leader, or by those who were there when the leader lets them; decoded,
//! written anew and stamped on the way in; shown to everybody once the leader says that they are fit and that whoever
//! can be recognised agreed; taken down when somebody asks.

mod api;
pub mod commands;
pub mod demo;
pub(crate) mod pages;
pub mod refusals;
pub mod rules;
pub mod store;
pub mod taking;

use axum::routing::{get, post};
use db::WriteTx;
use kernel::{Action, Actor, Error, Lang, codes};
use ui::TaskItem;

pub use api::api;

codes! {
    /// State of a picture.
    pub enum PhotoState {
        /// The leader has not looked at it.
        New = "new", "待确认", "Waits for the leader";
        /// Shown to everybody.
        Fit = "fit", "已公开", "Shown to everybody";
        /// Somebody who was there wants it down; hidden until the leader answers.
        Asked = "asked", "有人请求下架，暂不显示", "Hidden: somebody wants it down";
        /// Taken down.
        Down = "down", "已下架", "Taken down";
        /// Deleted; it can be brought back for a day.
        Deleted = "deleted", "已删除", "Deleted";
    }
}

codes! {
    /// State of a wish that a picture be taken down.
    pub enum AskState {
        /// The leader answers.
        Open = "open", "待答复", "Waits for an answer";
        /// Taken down.
        Agreed = "agreed", "已下架", "Taken down";
        /// It stays, with a reason.
        Refused = "refused", "保留", "It stays";
    }
}

/// Pages of this subject.
pub fn routes() -> axum::Router<ui::App> {
    axum::Router::new()
        // How large a form may be is the server's limit for uploads ([`ui::upload::takes_files`]).
        .route("/sessions/{id}/photos", get(pages::album).post(pages::upload))
        .route("/sessions/{id}/photos/leave", post(pages::leave))
        .route("/sessions/{id}/photos/edit", post(pages::edit))
        .route("/photos/{id}", get(pages::show))
        .route("/photos/{id}/picture", get(pages::picture))
        .route("/photos/{id}/thumb", get(pages::thumb))
        .route("/photos/{id}/delete", post(pages::delete))
        .route("/photos/{id}/restore", post(pages::restore))
        .route("/photos/{id}/take-down", post(pages::take_down))
        .route("/photos/{id}/decide", post(pages::decide))
}

/// What waits for whoever leads: wishes to take a picture down, and pictures to look at.
///
/// # Errors
/// Of the database.
pub fn tasks(tx: &mut db::ReadTx<'_>, actor: &Actor, lang: Lang) -> Result<Vec<TaskItem>, Error> {
    if !actor.may(Action::ActivityManage) {
        return Ok(Vec::new());
    }
    let mut out: Vec<TaskItem> = store::asked_of(tx, actor, 10)?
        .into_iter()
        .map(|(photo, title, at)| TaskItem {
            title: lang.f("有人请求下架照片：{}", "Somebody wants a photo down: {}", &[&title]),
            detail: at.text(),
            href: format!("/photos/{photo}"),
            action: lang.t("去答复", "Answer").to_owned(),
            due: Some(at.plus_minutes(rules::ANSWER_DAYS * 24 * 60)),
            count: 1,
        })
        .collect();
    out.extend(store::unseen_of(tx, actor, 5)?.into_iter().map(|(session, title, count)| TaskItem {
        title: lang.f("{} 张照片待确认：{}", "{} photos to look at: {}", &[&count, &title]),
        detail: lang.t("志愿者上传，确认后公开", "By volunteers; shown once you agree").to_owned(),
        href: format!("/sessions/{session}/photos"),
        action: lang.t("去看", "Look").to_owned(),
        due: None,
        count,
    }));
    Ok(out)
}

/// Regular work: what was deleted a day ago is given up.
///
/// # Errors
/// Of the database.
pub fn tick(tx: &mut WriteTx<'_>) -> Result<(), Error> {
    commands::give_up(tx)
}
