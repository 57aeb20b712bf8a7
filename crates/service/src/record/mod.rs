//! Service records: minutes computed by the server when the leader closes the roll, submitted to the station,
//! confirmed there, counted in the same transaction (Fix-02); returned, corrected and voided, never deleted
//! (R5, Fix-15).

mod api;
pub mod back_fill;
mod close;
pub mod commands;
mod pages;
pub mod refusals;
pub mod rules;
pub mod store;

use axum::routing::{get, post};
use db::ReadTx;
use kernel::{Action, Actor, Error, Lang, Timestamp, codes};
use ui::TaskItem;

pub use commands::{Closing, close, confirm, return_records, submit, void};
pub use pages::LIST;

codes! {
    /// Where a record stands.
    pub enum RecordState {
        /// Waits for the station.
        Submitted = "submitted", "待确认", "Waiting";
        /// Counts.
        Confirmed = "confirmed", "已确认", "Confirmed";
        /// Back with the leader.
        Returned = "returned", "已退回", "Returned";
        /// Taken back; a new one may follow.
        Void = "void", "已作废", "Void";
    }
}

codes! {
    /// What a record is worth (Fix-04).
    pub enum Class {
        /// Proved on the spot.
        Verified = "verified", "信用时长", "Verified";
        /// Entered after the end.
        Honor = "honor", "荣誉时长", "Honour";
        /// From an earlier system.
        Legacy = "legacy", "历史导入", "Legacy";
        /// Brought along from another city.
        Transferred = "transferred", "外地转入", "Transferred";
    }
}

codes! {
    /// What a checker should look at.
    pub enum Flag {
        /// No check-out.
        AutoOut = "auto_out", "没有签退，按计划结束时间计算", "No check-out: the planned end was taken";
        /// More than eight hours.
        Over8h = "over_8h", "当日超过 8 小时，须主办单位的上级确认", "Over 8 h that day: needs the organiser's parent";
        /// More than twelve hours.
        Over12h = "over_12h", "超过 12 小时，须市级办公室确认", "Over 12 h: needs the city office";
        /// The leader's own.
        OwnRecord = "own_record", "提交人本人的记录，须他人确认", "The submitter's own: needs another person";
        /// After the deadline.
        Late = "late", "超过 10 个工作日才提交", "Submitted after the ten working days";
        /// Without check-ins of the day.
        Backfill = "backfill", "事后补录，无现场签到", "Entered afterwards, no check-in on the spot";
        /// Head-count and check-ins differ.
        Heads = "heads", "签到人数与清点人数不符", "Check-ins and head-count differ";
        /// Many people on one device.
        SameDevice = "same_device", "同一手机为 5 人以上签到", "One device checked in more than five people";
        /// A hazard, and nothing covered it (A6).
        Uninsured = "uninsured", "活动有危险，没有登记保险", "A hazard, and no insurance was recorded";
        /// A rule asks for an agreement, and not both have signed (A7).
        Unsigned = "unsigned", "应签服务协议，双方没有签齐", "An agreement was needed and not signed by both";
        /// The extension counts.
        Extended = "extended", "含延长时间", "The extension counts in";
        /// Not registered yet.
        Unregistered = "unregistered", "尚未完成登记（10 个工作日内补办，否则时长作废）", "Not registered yet (within ten working days, or the minutes lapse)";
        /// A phone's clock was wrong (Edge-24).
        Clock = "clock", "离线记录时手机时间不准，已按场次时间限定", "Captured with a wrong clock; bounded by the session's times";
        /// Captured offline and sent later.
        LateSent = "late_sent", "离线扫码，联网后补传", "Scanned offline and sent later";
        /// Found on the list of a desk.
        DeskName = "desk_name", "在签到台按姓名签到", "Checked in by name at a desk";
        /// The leader of a group called the roll, who is no staff (M5).
        ByGroup = "by_group", "由组长点名", "Called by the leader of the group";
        /// The phone was elsewhere (R4).
        Far = "far", "签到时手机不在活动地点附近", "The phone was away from the place at check-in";
        /// Captured by somebody whose role has ended since (Edge-12).
        AfterRole = "after_role", "点名人角色已结束后补传", "Sent after the role of whoever captured it had ended";
        /// The earlier system's organisation is none of this city's: the hours count for the person alone.
        NoTeam = "no_team", "原系统的组织未对应到本市队伍，只计个人", "No team of this city: counts for the person alone";
        /// Only the day is known.
        DateOnly = "date_only", "只知道日期", "Only the day is known";
        /// Online or at home: somebody looks at what was done (Add-57).
        Remote = "remote", "线上或居家服务，请核对成果", "Online or at home: review the work";
        /// Somebody did.
        RemoteSeen = "remote_seen", "线上或居家服务，成果已核对", "Online or at home: the work was reviewed";
        /// One person is leader and confirmer.
        SameHand = "same_hand", "提交人与确认人为同一人", "Submitted and confirmed by one person";
    }
}

/// The flags of a record in words.
#[must_use]
pub fn flag_words(flags: &str, lang: Lang) -> Vec<&'static str> {
    flags.split(' ').filter_map(Flag::from_code).map(|flag| flag.name(lang)).collect()
}

pub use api::api;

/// Pages of this subject.
pub fn routes() -> axum::Router<ui::App> {
    axum::Router::new()
        .route("/sessions/{id}/close", get(close::show).post(close::close))
        .route("/sessions/{id}/submit", post(close::submit))
        .route("/sessions/{id}/reopen", post(close::reopen))
        .route("/records", get(pages::list))
        .route("/records/sessions/{id}", get(pages::table).post(pages::decide))
        .route("/records/{id}", get(pages::one))
        .route("/records/{id}/void", post(pages::void))
        .route("/records/{id}/not-mine", post(pages::not_mine))
        .route("/me/hours", get(pages::mine))
        .merge(back_fill::routes())
}

/// What waits for a confirmer.
///
/// # Errors
/// Of the database.
pub fn tasks(tx: &mut ReadTx<'_>, actor: &Actor, lang: Lang) -> Result<Vec<TaskItem>, Error> {
    if !actor.may(Action::RecordConfirm) {
        return Ok(Vec::new());
    }
    let sessions =
        store::sessions_to_confirm(tx, actor, &store::ListFilter { limit: 5, ..Default::default() })?;
    let mut out = back_fill::tasks(tx, actor, lang)?;
    out.extend(sessions.into_iter().map(|one| TaskItem {
        title: lang.f("确认 {} 条记录：{}", "Confirm {} records: {}", &[&one.waiting, &one.title]),
        detail: one.org_name,
        href: format!("/records/sessions/{}", one.id),
        action: lang.t("去确认", "Confirm").to_owned(),
        due: Some(Timestamp::at(one.due_on.plus(1), 0)),
        count: one.waiting,
    }));
    Ok(out)
}

/// Recomputes what records, sign-ups and sessions must agree on; returns what differs (`linli db check`).
///
/// # Errors
/// Of the database.
pub fn check(tx: &mut ReadTx<'_>) -> Result<Vec<String>, Error> {
    Ok(store::differences(tx)?)
}
