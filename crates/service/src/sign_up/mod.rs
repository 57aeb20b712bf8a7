//! Sign-up: taking a place in a session, giving it back, and one's own schedule. The hot path of the
//! system: [`book`] needs about seven statements with all rules on.

pub mod absence;
mod api;
pub mod commands;
pub mod entry;
pub mod hand_over;
pub mod leave;
pub mod limits;
pub(crate) mod pages;
pub mod paste;
pub mod refusals;
pub mod rules;
pub mod store;
pub mod waiting;

use axum::routing::{get, post};
use kernel::{Action, Actor, Error, Lang, codes};
use ui::TaskItem;

pub use commands::{Book, book, book_minding, book_over, cancel, cancel_by_leader, cancel_for};
pub use rules::Care;

codes! {
    /// State of a sign-up.
    pub enum SignUpState {
        /// Holds a place.
        Booked = "booked", "已报名", "Signed up";
        /// Gave it back, or lost it.
        Cancelled = "cancelled", "已取消", "Cancelled";
        /// Was there.
        Attended = "attended", "已到场", "Attended";
        /// Was not there.
        Absent = "absent", "未到场", "Absent";
    }
}

codes! {
    /// Who entered a sign-up, and so which gates apply.
    pub enum Source {
        /// The person, beforehand.
        Own = "self", "本人报名", "By the person";
        /// The leader, until the roll is closed.
        Leader = "leader", "队长代报", "By the leader";
        /// At the place, while it runs (Edge-01).
        WalkIn = "walk_in", "现场加入", "Walk-in";
        /// The demo city.
        Demo = "demo", "演示", "Demo";
    }
}

codes! {
    /// Why somebody gives a place back shortly before the start.
    pub enum LateReason {
        /// Illness.
        Ill = "ill", "身体不适", "Ill";
        /// Work or school.
        Work = "work", "工作或学习安排", "Work or school";
        /// Family.
        Family = "family", "家里有事", "Family";
        /// Weather or traffic.
        Travel = "travel", "天气或交通", "Weather or traffic";
        /// Something else.
        Other = "other", "其他", "Something else";
    }
}

pub use api::api;

/// Pages of this subject.
pub fn routes() -> axum::Router<ui::App> {
    axum::Router::new()
        .route("/sessions/{id}/sign-up", get(pages::to_activity).post(pages::sign_up))
        .route("/sessions/{id}/sign-off", get(pages::to_activity).post(pages::sign_off))
        .route("/sessions/{id}/sign-ups", get(pages::list).post(pages::add))
        .route("/sign-ups/{id}/cancel", post(pages::cancel_one))
        .route("/schedule", get(pages::schedule))
        .route("/rules/sign-up", get(limits::show).post(limits::save))
        .merge(waiting::routes())
        .merge(entry::routes())
        .merge(hand_over::routes())
        .merge(absence::routes())
        .merge(paste::routes())
}

/// What waits for a volunteer: places to confirm, own sessions of today and tomorrow.
///
/// # Errors
/// Of the database.
pub fn tasks(tx: &mut db::ReadTx<'_>, actor: &Actor, lang: Lang) -> Result<Vec<TaskItem>, Error> {
    let mut out = entry::tasks(tx, actor, lang)?;
    out.extend(hand_over::tasks(tx, actor, lang)?);
    out.extend(absence::tasks(tx, actor, lang)?);
    let Some(person) = actor.person else { return Ok(out) };
    let now = tx.now();
    let until = kernel::Timestamp::at(now.date().plus(2), 0);
    let mine = store::of_person_between(tx, person, now, until)?;
    out.extend(waiting::tasks(tx, actor, lang)?);
    out.extend(mine.into_iter().map(|one| TaskItem {
        title: lang.f("{} 去服务：{}", "{}: {}", &[&one.starts_at.text(), &one.title]),
        detail: match one.meet(lang) {
            Some(meet) => lang.f("集合 {}", "Meet {}", &[&meet.when_where]),
            None => one.place_public,
        },
        href: format!("/activities/{}", one.activity_id),
        action: lang.t("查看", "Open").to_owned(),
        due: Some(one.starts_at),
        count: 1,
    }));
    Ok(out)
}

/// Whether the actor may see and change who signed up for something at that place.
#[must_use]
pub fn manages(actor: &Actor, at: kernel::Place<'_>) -> bool {
    kernel::can(actor, Action::Attendance, at)
}
