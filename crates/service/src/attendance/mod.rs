//! Check-in and roll-call: the rotating code at the door, the volunteer's own scan, the leader who scans
//! member cards or calls the roll, walk-ins (Edge-01), codes opened before signing in (Edge-02). What
//! follows when the roll is closed is told in [`crate::record`].

mod api;
pub mod commands;
pub mod desk;
pub mod near;
pub mod offline;
mod pages;
pub mod paper;
pub mod refusals;
mod roll;
pub mod rules;
pub mod store;

use axum::routing::{get, post};
use db::ReadTx;
use kernel::{Action, Actor, Error, Lang, Place, Timestamp, codes};
use ui::TaskItem;

pub use commands::{CheckIn, CheckedIn, check_in};
pub(crate) use pages::span;
pub use pages::{pending_receipt, scan_token};
pub use store::Held;

codes! {
    /// How somebody's presence became known (Fix-04).
    pub enum Method {
        /// Own scan of the rotating code.
        Code = "code", "动态码", "Rotating code";
        /// The leader scanned the member card.
        Card = "card", "扫会员卡", "Member card";
        /// Roll-call while the session ran.
        Roll = "roll", "现场点名", "Roll-call";
        /// Entered after the end.
        LateRoll = "late_roll", "事后补录", "Entered afterwards";
        /// From a file of past hours.
        Import = "import", "历史导入", "From a file";
        /// Online or at home: by the volunteer (Add-57).
        Remote = "remote", "线上或居家", "Online or at home";
        /// Check-out set by the system.
        Auto = "auto", "自动签退", "Automatic";
    }
}

codes! {
    /// In or out.
    pub enum Way {
        /// Check-in.
        In = "in", "签到", "Check in";
        /// Check-out.
        Out = "out", "签退", "Check out";
    }
}

impl Held {
    /// Where it sits, for [`kernel::can`].
    #[must_use]
    pub fn place(&self) -> Place<'_> {
        Place { area_path: &self.area_path, sponsor_path: &self.sponsor_path }
    }

    /// The end that counts: planned end plus approved extension (Edge-06).
    #[must_use]
    pub const fn last_end(&self) -> Timestamp {
        self.ends_at.plus_minutes(self.extension_minutes)
    }

    /// The title in a language.
    #[must_use]
    pub fn title_in(&self, lang: &Lang) -> &str {
        if *lang == Lang::En && !self.title_en.is_empty() { &self.title_en } else { &self.title }
    }

    /// The short number people may type beside the code: last six digits of the id.
    #[must_use]
    pub fn short_no(&self) -> String {
        format!("{:06}", self.id.0.rem_euclid(1_000_000))
    }
}

pub use api::api;

/// Pages of this subject.
pub fn routes() -> axum::Router<ui::App> {
    axum::Router::new()
        .route("/sessions/{id}/code", get(pages::code))
        .route("/sessions/{id}/code/part", get(pages::code_part))
        .route("/k/{code}", get(pages::scanned).post(pages::scanned_post))
        .route("/check-in", get(pages::start).post(pages::typed))
        .route("/check-in/finish", get(pages::finish).post(pages::finish_post))
        .route("/sessions/{id}/roll", get(roll::show).post(roll::act))
        .route("/sessions/{id}/card", post(roll::card))
        .route("/sessions/{id}/walk-in", post(roll::walk_in))
        .merge(offline::routes())
        .merge(desk::routes())
        .merge(paper::routes())
        .merge(near::routes())
}

/// What waits for a leader: sessions of today, and sessions that ended and are not closed or came back.
///
/// # Errors
/// Of the database.
pub fn tasks(tx: &mut ReadTx<'_>, actor: &Actor, lang: Lang) -> Result<Vec<TaskItem>, Error> {
    if !actor.may(Action::Attendance) {
        return Ok(Vec::new());
    }
    let now = tx.now();
    let waiting = store::sessions_waiting(tx, actor, 8)?;
    let mut out: Vec<TaskItem> = waiting
        .into_iter()
        .map(|one| {
            let running = now < one.ends_at && one.state == crate::activity::SessionState::Open;
            let when = format!("{}–{}", one.starts_at.text(), one.ends_at.clock_text());
            if running {
                return TaskItem {
                    title: lang.f("签到码与点名：{}", "Code and roll: {}", &[&one.title]),
                    detail: when,
                    href: format!("/sessions/{}/roll", one.id),
                    action: lang.t("去点名", "Take the roll").to_owned(),
                    due: Some(one.starts_at),
                    count: 1,
                };
            }
            let title = if one.returned > 0 {
                lang.f("{} 条记录被退回：{}", "{} records came back: {}", &[&one.returned, &one.title])
            } else {
                lang.f("点名并提交时长：{}", "Close the roll and submit: {}", &[&one.title])
            };
            TaskItem {
                title,
                detail: when,
                href: format!("/sessions/{}/close", one.id),
                action: lang.t("去提交", "Submit").to_owned(),
                due: Some(Timestamp::at(one.due_on.plus(1), 0)),
                count: one.returned.max(1),
            }
        })
        .collect();
    out.extend(paper::tasks(tx, actor, lang)?);
    Ok(out)
}
