//! Campaigns (Add-12): an organisation sets something in motion for a time, over some streets and along some lines of
//! work; teams declare what they plan before it starts, the organiser balances that, and one calendar and one set of
//! figures tell what came of it. Figures are asked of the same sign-ups and records as all others (Add-03).

mod api;
pub mod commands;
pub mod figures;
pub mod item_commands;
pub mod item_store;
mod manage;
mod pages;
mod phase_pages;
mod read;
pub mod refusals;
pub mod rules;
pub mod store;
mod team;

use axum::routing::{get, post};
use kernel::{Action, Actor, Error, Lang, Place, codes};
use ui::{SearchHit, TaskItem};

pub use api::api;
pub(crate) use item_commands::{begun, prefill};
pub use store::Campaign;

/// Most phases of a campaign.
pub const PHASES: usize = 20;
/// Most deliverables of a campaign.
pub const DELIVERABLES: usize = 200;
/// Most lines of a campaign.
pub const LINES: usize = 30;
/// Most items that one team declares for a campaign.
pub const ITEMS: i64 = 50;
/// Longest period, in days: three years.
pub const DAYS: i64 = 1_096;

codes! {
    /// State of a campaign as it is kept; what follows from the dates is its [`CampaignStage`].
    pub enum CampaignState {
        /// Seen by its organiser only.
        Draft = "draft", "草稿", "Draft";
        /// Public.
        Announced = "announced", "已公布", "Announced";
        /// Reported and over.
        Closed = "closed", "已结束", "Closed";
    }
}

codes! {
    /// Where a campaign stands today.
    pub enum CampaignStage {
        /// Seen by its organiser only.
        Draft = "draft", "草稿", "Draft";
        /// Public, not begun.
        Announced = "announced", "已公布，未开始", "Announced";
        /// Within its dates.
        Running = "running", "进行中", "Running";
        /// Past its dates; the closing report is due.
        Ending = "ending", "到期，待总结", "Over, report due";
        /// Reported and over.
        Closed = "closed", "已结束", "Closed";
    }
}

codes! {
    /// State of what a team declared.
    pub enum ItemState {
        /// The organiser decides.
        Declared = "declared", "待主办方决定", "Waits for the organiser";
        /// Stands in the calendar.
        Accepted = "accepted", "已列入", "Accepted";
        /// The team changes it.
        Returned = "returned", "请修改", "Given back";
        /// Taken back by the team.
        Withdrawn = "withdrawn", "已撤回", "Taken back";
    }
}

codes! {
    /// What a line counts: figures of the dictionary (Add-03).
    pub enum Measure {
        /// Sessions somebody attended.
        Sessions = "sessions", "场次", "Sessions held";
        /// One per person and session.
        Attendances = "attendances", "人次", "Attendances";
        /// Different people with a confirmed record.
        Persons = "persons", "人数", "People served";
        /// Confirmed hours; kept in minutes.
        Minutes = "minutes", "时长（小时）", "Hours";
    }
}

impl Campaign {
    /// Where its organiser sits, for [`kernel::can`].
    #[must_use]
    pub fn place(&self) -> Place<'_> {
        Place { area_path: &self.area_path, sponsor_path: &self.sponsor_path }
    }
}

/// Pages of this subject.
pub fn routes() -> axum::Router<ui::App> {
    axum::Router::new()
        .route("/campaigns", get(pages::list))
        .route("/campaigns/new", get(manage::new).post(manage::create))
        .route("/campaigns/{id}", get(pages::show))
        .route("/campaigns/{id}/calendar", get(pages::calendar))
        .route("/campaigns/{id}/report", get(pages::report))
        .route("/campaigns/{id}/manage", get(manage::show))
        .route("/campaigns/{id}/edit", get(manage::edit).post(manage::save))
        .route("/campaigns/{id}/announce", post(manage::announce))
        .route("/campaigns/{id}/close", get(manage::close_form).post(manage::close))
        .route("/campaigns/{id}/again", post(manage::again))
        .route("/campaigns/{id}/delete", post(manage::delete))
        .route("/campaigns/{id}/phases", get(phase_pages::new_phase).post(phase_pages::add_phase))
        .route("/campaigns/{id}/lines", get(phase_pages::new_line).post(phase_pages::add_line))
        .route("/campaigns/{id}/areas", post(manage::add_area))
        .route("/campaigns/{id}/areas/remove", post(manage::remove_area))
        .route("/campaigns/{id}/team", get(team::show))
        .route("/campaigns/{id}/items", get(team::items).post(team::declare))
        .route("/campaigns/{id}/activities", post(team::attach))
        .route("/campaigns/{id}/activities/remove", post(team::detach))
        .route("/campaign-phases/{id}", get(phase_pages::phase).post(phase_pages::save_phase))
        .route("/campaign-phases/{id}/delete", post(phase_pages::delete_phase))
        .route("/campaign-lines/{id}", get(phase_pages::line).post(phase_pages::save_line))
        .route("/campaign-lines/{id}/delete", post(phase_pages::delete_line))
        .route("/campaign-deliverables/{id}", post(phase_pages::mark))
        .route("/campaign-items/{id}", get(team::item).post(team::save_item))
        .route("/campaign-items/{id}/accept", post(team::accept))
        .route("/campaign-items/{id}/return", post(team::give_back))
        .route("/campaign-items/{id}/withdraw", post(team::withdraw))
}

/// What waits for organisers (items, deliverables, reports) and for teams (what was given back, what can be planned).
///
/// # Errors
/// Of the database.
pub fn tasks(tx: &mut db::ReadTx<'_>, actor: &Actor, lang: Lang) -> Result<Vec<TaskItem>, Error> {
    if !actor.may(Action::ActivityManage) {
        return Ok(Vec::new());
    }
    let mut out = Vec::new();
    let day_end = |day: kernel::Date| Some(kernel::Timestamp::at(day.plus(1), 0));
    for one in item_store::undecided(tx, actor, 5)? {
        out.push(TaskItem {
            title: lang.f("{} 个申报项目待决定", "{} declared items to decide", &[&one.count]),
            detail: one.title,
            href: format!("/campaigns/{}/items", one.campaign),
            action: lang.t("去决定", "Decide").to_owned(),
            due: day_end(one.from_on),
            count: one.count,
        });
    }
    let soon = tx.now().date().plus(7);
    for one in store::phases_due(tx, actor, soon, 5)? {
        out.push(TaskItem {
            title: lang.f("{}：{} 项成果未完成", "{}: {} deliverables open", &[&one.phase, &one.count]),
            detail: one.title,
            href: format!("/campaigns/{}/manage", one.campaign),
            action: lang.t("去看", "Look").to_owned(),
            due: day_end(one.to_on),
            count: one.count,
        });
    }
    for (id, title, to_on) in store::to_close(tx, actor, 5)? {
        out.push(TaskItem {
            title: lang.f("写总结并结束：{}", "Report and close: {}", &[&title]),
            detail: lang.f("{} 到期", "Ended on {}", &[&to_on]),
            href: format!("/campaigns/{id}/close"),
            action: lang.t("写总结", "Write").to_owned(),
            due: day_end(to_on.plus(14)),
            count: 1,
        });
    }
    for one in item_store::for_teams(tx, actor, 5)? {
        let (title, action) = if one.state == ItemState::Returned {
            (
                lang.f("修改被退回的申报：{}", "Change what was given back: {}", &[&one.title]),
                lang.t("修改", "Change"),
            )
        } else {
            (
                lang.f("把列入的项目发起成活动：{}", "Plan the accepted item: {}", &[&one.title]),
                lang.t("发起活动", "Plan"),
            )
        };
        out.push(TaskItem {
            title,
            detail: one.campaign_title,
            href: format!("/campaign-items/{}", one.id),
            action: action.to_owned(),
            due: day_end(one.day_on),
            count: 1,
        });
    }
    Ok(out)
}

/// Finds campaigns that everybody sees by words of title or organiser.
///
/// # Errors
/// Of the database.
pub fn search(tx: &mut db::ReadTx<'_>, _: &Actor, lang: Lang, words: &str) -> Result<Vec<SearchHit>, Error> {
    let hits = db::search::find(tx, words, &["campaign"], 10)?;
    let found = store::public_by_ids(tx, &hits.iter().map(|hit| hit.object_id).collect::<Vec<_>>())?;
    Ok(hits
        .iter()
        .filter_map(|hit| found.iter().find(|one| one.0.0 == hit.object_id))
        .map(|(id, title, org)| SearchHit {
            kind: lang.t("专项行动", "Campaign").to_owned(),
            title: title.clone(),
            detail: org.clone(),
            href: format!("/campaigns/{id}"),
        })
        .collect())
}
