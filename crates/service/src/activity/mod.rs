//! Activities: what is going to be done, by which team, when, where and for whom; their sessions
//! (states and clock belong to the session, Fix-17) and posts. From the draft over publishing to
//! cancelling; who takes a place is told in [`crate::sign_up`].

mod api;
pub(crate) mod change;
pub mod commands;
mod editor;
pub(crate) mod map;
pub(crate) mod pages;
pub mod refusals;
pub mod rules;
pub mod store;
pub(crate) mod template;

use axum::routing::{get, post};
use kernel::{Action, Actor, Error, Lang, Place, Timestamp, codes};
use ui::{SearchHit, TaskItem};

pub use change::{Change, Told, change as change_session};
pub use commands::{NewActivity, NewPost, NewSession, create};
pub use pages::MANAGED;
pub use store::{Activity, Post, Session, SessionFull, Upcoming, find, session_find, upcoming_of_team};

codes! {
    /// What an activity is (Add-09): only `Service` may produce service minutes.
    pub enum Kind {
        /// Volunteer service.
        Service = "service", "志愿服务", "Service";
        /// Training and learning.
        Training = "training", "培训", "Training";
        /// Launches, flags, oaths.
        Ceremony = "ceremony", "仪式", "Ceremony";
        /// Meetings.
        Meeting = "meeting", "会议", "Meeting";
        /// Study visits.
        Visit = "visit", "参观交流", "Visit";
        /// Inspections by order.
        Inspection = "inspection", "检查", "Inspection";
        /// Duty of one's job.
        Duty = "duty", "值班", "Duty";
    }
}

codes! {
    /// How the service is organised (Add-39).
    pub enum Mode {
        /// One large common action.
        Concentrated = "concentrated", "集中行动", "Concentrated";
        /// Every day or week.
        Regular = "regular", "日常", "Regular";
        /// At a fixed place and post.
        FixedPost = "fixed_post", "定点", "Fixed post";
        /// Helper and helped in a pair.
        Paired = "paired", "结对", "Paired";
    }
}

codes! {
    /// How much an activity may endanger those who serve. More than none needs insurance and takes no minors (Regulation
    /// on volunteer service, Art. 17; Fix-07).
    #[derive(Default)]
    pub enum Hazard {
        /// Nothing beyond daily life.
        #[default]
        No = "none", "没有特别的危险", "Nothing beyond daily life";
        /// Some: work outdoors at night, light tools, traffic nearby.
        Slight = "some", "有一定危险", "Some hazard";
        /// Marked: heights, water, chemicals, on the road.
        Marked = "marked", "危险较大", "A marked hazard";
    }
}

codes! {
    /// How people come to a place.
    pub enum Entry {
        /// Whoever meets the rules takes one.
        Open = "open", "直接报名", "Open to all who meet the conditions";
        /// The leader accepts first.
        Approval = "approval", "队长审核", "The leader accepts first";
        /// Only who was invited.
        Invitation = "invitation", "凭邀请", "By invitation only";
    }
}

codes! {
    /// State of an activity; what lies between published and recorded belongs to its sessions.
    pub enum ActivityState {
        /// Seen by its team only.
        Draft = "draft", "草稿", "Draft";
        /// Public.
        Published = "published", "已发布", "Published";
        /// Will not take place.
        Cancelled = "cancelled", "已取消", "Cancelled";
    }
}

codes! {
    /// State of a session. That it runs or has ended follows from the clock.
    pub enum SessionState {
        /// The activity is not published.
        Draft = "draft", "草稿", "Draft";
        /// People may sign up and attend.
        Open = "open", "开放", "Open";
        /// The leader closed the roll.
        Closed = "closed", "已点名", "Roll closed";
        /// Records wait for the station.
        Submitted = "submitted", "待确认", "Waiting for the station";
        /// All records are decided.
        Recorded = "recorded", "已记录", "Recorded";
        /// Will not take place.
        Cancelled = "cancelled", "已取消", "Cancelled";
    }
}

codes! {
    /// As what somebody takes part (Add-25): only volunteers get minutes.
    pub enum Participant {
        /// Volunteer.
        Volunteer = "volunteer", "志愿者", "Volunteer";
        /// Staff on duty.
        Staff = "staff", "在岗工作人员", "Staff on duty";
        /// Press.
        Media = "media", "媒体", "Media";
        /// Citizens' representative.
        Citizen = "citizen", "市民代表", "Citizen";
        /// Guest.
        Guest = "guest", "嘉宾", "Guest";
        /// Paid contractor.
        Contractor = "contractor", "承办人员", "Contractor";
    }
}

impl Hazard {
    /// Whether somebody may come to harm: insurance is needed, and nobody under eighteen takes part.
    #[must_use]
    pub const fn any(self) -> bool {
        !matches!(self, Self::No)
    }

    /// Reads a form. Templates that were saved when there was a tick only hold “1”.
    #[must_use]
    pub fn read(text: &str) -> Self {
        if text == "1" { Self::Slight } else { Self::from_code(text).unwrap_or_default() }
    }
}

impl SessionFull {
    /// Where it sits, for [`kernel::can`].
    #[must_use]
    pub fn place(&self) -> Place<'_> {
        Place { area_path: &self.area_path, sponsor_path: &self.sponsor_path }
    }

    /// Whether it runs at this moment (half-open).
    #[must_use]
    pub fn running(&self, now: Timestamp) -> bool {
        self.state == SessionState::Open && self.starts_at <= now && now < self.ends_at
    }
}

impl Activity {
    /// Where it sits, for [`kernel::can`].
    #[must_use]
    pub fn place(&self) -> Place<'_> {
        Place { area_path: &self.area_path, sponsor_path: &self.sponsor_path }
    }
}

pub use api::api;

/// Pages of this subject.
pub fn routes() -> axum::Router<ui::App> {
    axum::Router::new()
        .route("/activities", get(pages::list))
        .route("/activities/filter", get(pages::filter))
        .route("/activities/new", get(editor::new).post(editor::create))
        .route("/activities/map", get(map::map))
        .route("/activities/start", get(template::start))
        .route("/activities/{id}", get(pages::show))
        .route("/activities/{id}/template", get(template::form).post(template::submit))
        .route("/templates/{id}/delete", post(template::delete))
        .route("/activities/{id}/edit", get(editor::edit).post(editor::save))
        .route("/activities/{id}/publish", get(editor::publish_form).post(editor::publish))
        .route("/activities/{id}/cancel", get(editor::cancel_form).post(editor::cancel))
        .route("/activities/{id}/copy", post(editor::copy))
        .route("/activities/{id}/sessions", get(editor::sessions).post(editor::add_sessions))
        .route("/sessions/{id}/quota", post(editor::quota))
        .route("/sessions/{id}/change", get(change::form).post(change::submit))
        .route("/sessions/{id}/changes", get(change::changes))
        .route("/sessions/{id}/changed", get(change::changed))
        .route("/sessions/{id}/cancel", get(editor::cancel_session_form).post(editor::cancel_session))
        .route("/manage", get(pages::manage))
}

/// What waits for whoever plans activities: drafts to finish.
///
/// # Errors
/// Of the database.
pub fn tasks(tx: &mut db::ReadTx<'_>, actor: &Actor, lang: Lang) -> Result<Vec<TaskItem>, Error> {
    if !actor.may(Action::ActivityManage) {
        return Ok(Vec::new());
    }
    let drafts = store::drafts_of(tx, actor, 5)?;
    Ok(drafts
        .into_iter()
        .map(|(id, title, org)| TaskItem {
            title: lang.f("完成并发布：{}", "Finish and publish: {}", &[&title]),
            detail: org,
            href: format!("/activities/{id}/publish"),
            action: lang.t("去发布", "Publish").to_owned(),
            due: None,
            count: 1,
        })
        .collect())
}

/// Finds published activities by words of title, team or category.
///
/// # Errors
/// Of the database.
pub fn search(tx: &mut db::ReadTx<'_>, _: &Actor, lang: Lang, words: &str) -> Result<Vec<SearchHit>, Error> {
    let hits = db::search::find(tx, words, &["activity"], 20)?;
    let found = store::published_by_ids(tx, &hits.iter().map(|hit| hit.object_id).collect::<Vec<_>>())?;
    Ok(hits
        .iter()
        .filter_map(|hit| found.iter().find(|one| one.0.0 == hit.object_id))
        .map(|(id, title, org)| SearchHit {
            kind: lang.t("活动", "Activity").to_owned(),
            title: title.clone(),
            detail: org.clone(),
            href: format!("/activities/{id}"),
        })
        .collect())
}
