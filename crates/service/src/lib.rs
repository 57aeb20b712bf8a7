//! The service itself: activities with their sessions, sign-ups, attendance, records, totals and rankings.

pub mod activity;
pub mod agreement;
pub mod alliance;
pub mod attendance;
pub mod calendar;
pub mod campaign;
pub mod co_organiser;
pub mod coordination;
pub mod demo;
pub mod event;
pub mod family;
pub mod group;
pub mod halt;
pub mod insurance;
mod listen;
pub mod merge;
mod own;
pub mod past;
pub mod photo;
pub mod plan;
pub mod proof;
pub mod qualified;
pub mod record;
pub mod remote;
pub mod reported;
pub mod reserve;
pub mod retention;
pub mod review;
mod showcase;
pub mod sign_up;
pub mod spot_check;
pub mod story;
pub mod take;
pub mod target;
pub mod total;
pub mod trip;
pub mod unit;

use db::Migration;
use kernel::ids;
use ui::Room;

ids! {
    /// An activity.
    ActivityId;
    /// A session of an activity.
    SessionId;
    /// A post within a session.
    PostId;
    /// A sign-up.
    SignUpId;
    /// A check-in.
    CheckInId;
    /// A service record.
    RecordId;
    /// An entry of a waiting list.
    WaitingId;
    /// A change of a published session.
    SessionChangeId;
    /// A series of sessions made by rule.
    SeriesId;
    /// A template of a team.
    TemplateId;
    /// An annual plan.
    PlanId;
    /// A line of an annual plan.
    PlanLineId;
    /// A wish for a place that the leader gives.
    ApplicationId;
    /// Hours asked for after the roll was handed in.
    BackFillId;
    /// An offered place.
    HandOverId;
    /// An invitation of a person.
    InvitationId;
    /// A link that invites.
    InvitationLinkId;
    /// A picture of a session.
    PhotoId;
    /// A wish that a picture be taken down.
    PhotoRequestId;
    /// A volunteer's words about a session.
    ReflectionId;
    /// A campaign.
    CampaignId;
    /// A phase of a campaign.
    CampaignPhaseId;
    /// What a phase is to bring.
    DeliverableId;
    /// A line of work of a campaign.
    CampaignLineId;
    /// What a team declares for a campaign.
    CampaignItemId;
    /// A group of a session.
    SessionGroupId;
    /// A picture that proves what was entered later.
    ProofId;
    /// An area that was stopped.
    HaltId;
    /// Kept places of a session.
    ReserveId;
}

/// The tables of this room.
pub const MIGRATIONS: &[Migration] = &[
    Migration { room: "service", number: 1, sql: include_str!("../migrations/0001_base.sql") },
    Migration { room: "service", number: 2, sql: include_str!("../migrations/0002_waitlist.sql") },
    Migration { room: "service", number: 3, sql: include_str!("../migrations/0003_plans.sql") },
    Migration { room: "service", number: 4, sql: include_str!("../migrations/0004_entry.sql") },
    Migration { room: "service", number: 5, sql: include_str!("../migrations/0005_offline.sql") },
    Migration { room: "service", number: 6, sql: include_str!("../migrations/0006_past.sql") },
    Migration { room: "service", number: 7, sql: include_str!("../migrations/0007_guardian.sql") },
    Migration { room: "service", number: 8, sql: include_str!("../migrations/0008_scale.sql") },
    Migration { room: "service", number: 9, sql: include_str!("../migrations/0009_desk.sql") },
    Migration { room: "service", number: 10, sql: include_str!("../migrations/0010_waiting.sql") },
    Migration { room: "service", number: 20, sql: include_str!("../migrations/0020_paper.sql") },
    Migration { room: "service", number: 21, sql: include_str!("../migrations/0021_trip.sql") },
    Migration { room: "service", number: 22, sql: include_str!("../migrations/0022_co_organiser.sql") },
    Migration { room: "service", number: 23, sql: include_str!("../migrations/0023_remote.sql") },
    Migration { room: "service", number: 30, sql: include_str!("../migrations/0030_photo.sql") },
    Migration { room: "service", number: 40, sql: include_str!("../migrations/0040_retention.sql") },
    Migration { room: "service", number: 50, sql: include_str!("../migrations/0050_campaign.sql") },
    Migration { room: "service", number: 51, sql: include_str!("../migrations/0051_coordination.sql") },
    Migration { room: "service", number: 55, sql: include_str!("../migrations/0055_target.sql") },
    Migration { room: "service", number: 60, sql: include_str!("../migrations/0060_group.sql") },
    Migration { room: "service", number: 61, sql: include_str!("../migrations/0061_unit.sql") },
    Migration { room: "service", number: 62, sql: include_str!("../migrations/0062_qualified.sql") },
    Migration { room: "service", number: 63, sql: include_str!("../migrations/0063_insurance.sql") },
    Migration { room: "service", number: 65, sql: include_str!("../migrations/0065_proof.sql") },
    Migration { room: "service", number: 66, sql: include_str!("../migrations/0066_halt.sql") },
    Migration { room: "service", number: 67, sql: include_str!("../migrations/0067_agreement.sql") },
    Migration { room: "service", number: 68, sql: include_str!("../migrations/0068_reserve.sql") },
    Migration { room: "service", number: 69, sql: include_str!("../migrations/0069_review.sql") },
    Migration { room: "service", number: 70, sql: include_str!("../migrations/0070_plan_approval.sql") },
    Migration { room: "service", number: 71, sql: include_str!("../migrations/0071_spot_check.sql") },
    Migration { room: "service", number: 72, sql: include_str!("../migrations/0072_alliance.sql") },
];

/// What this room hands to the binary.
#[must_use]
pub fn room() -> Room {
    people::org::on_open_work(open_work);
    people::org::on_showcase(showcase::of_team);
    people::report_in::on_served(reported::of_people, reported::taking_part);
    people::duplicate::on_preview(merge::preview);
    Room {
        name: "service",
        migrations: MIGRATIONS,
        routes: || {
            axum::Router::new()
                .merge(activity::routes())
                .merge(take::routes())
                .merge(plan::routes())
                .merge(sign_up::routes())
                .merge(attendance::routes())
                .merge(record::routes())
                .merge(past::routes())
                .merge(total::routes())
                .merge(retention::routes())
                .merge(target::routes())
                .merge(calendar::routes())
                .merge(family::routes())
                .merge(photo::routes())
                .merge(proof::routes())
                .merge(halt::routes())
                .merge(story::routes())
                .merge(trip::routes())
                .merge(group::routes())
                .merge(reserve::routes())
                .merge(remote::routes())
                .merge(co_organiser::routes())
                .merge(campaign::routes())
                .merge(coordination::routes())
                .merge(unit::routes())
                .merge(insurance::routes())
                .merge(agreement::routes())
                .merge(review::routes())
                .merge(spot_check::routes())
                .merge(alliance::routes())
        },
        api: || {
            activity::api()
                .and(plan::api())
                .and(take::api())
                .and(sign_up::api())
                .and(attendance::api())
                .and(record::api())
                .and(total::api())
                .and(photo::api())
                .and(proof::api())
                .and(halt::api())
                .and(story::api())
                .and(trip::api())
                .and(group::api())
                .and(reserve::api())
                .and(remote::api())
                .and(co_organiser::api())
                .and(family::api())
                .and(retention::api())
                .and(campaign::api())
                .and(coordination::api())
                .and(target::api())
                .and(unit::api())
                .and(insurance::api())
                .and(agreement::api())
                .and(review::api())
                .and(spot_check::api())
                .and(alliance::api())
        },
        nav: NAV,
        below: BELOW,
        lists: LISTS,
        refusals: &[
            activity::refusals::ALL,
            plan::refusals::ALL,
            sign_up::refusals::ALL,
            attendance::refusals::ALL,
            attendance::offline::refusals::ALL,
            attendance::desk::refusals::ALL,
            attendance::paper::refusals::ALL,
            attendance::near::refusals::ALL,
            record::refusals::ALL,
            past::refusals::ALL,
            total::refusals::ALL,
            photo::refusals::ALL,
            proof::refusals::ALL,
            halt::refusals::ALL,
            story::refusals::ALL,
            trip::refusals::ALL,
            group::refusals::ALL,
            remote::refusals::ALL,
            co_organiser::refusals::ALL,
            family::refusals::ALL,
            retention::refusals::ALL,
            campaign::refusals::ALL,
            coordination::refusals::ALL,
            target::refusals::ALL,
            unit::refusals::ALL,
            insurance::refusals::ALL,
            agreement::refusals::ALL,
            reserve::refusals::ALL,
            review::refusals::ALL,
            spot_check::refusals::ALL,
            alliance::refusals::ALL,
        ],
        figures: total::figures::FIGURES,
        tasks: Some(tasks),
        search: Some(search),
        own: own::KEPT,
        subscribe: Some(listen::subscribe),
        jobs: past::JOBS,
        ticks: &[
            sign_up::waiting::tick,
            sign_up::entry::tick,
            sign_up::hand_over::tick,
            sign_up::absence::tick,
            past::tick,
            photo::tick,
            insurance::tick,
        ],
        checks: &[total::check, record::check, past::check],
    }
}

use ui::room::{NavItem, Who};

const SERVICE: (&str, &str) = ("服务", "Service");

const LISTS: &[&ui::list::List] = &[&activity::MANAGED, &record::LIST, &plan::LIST];

/// What a leader opens of a session or a plan belongs to the management of activities.
const BELOW: &[(&str, &str)] = &[
    ("/sessions/", "/manage"),
    ("/sheets", "/manage"),
    ("/session-groups/", "/manage"),
    ("/co-organisers", "/manage"),
    ("/series/", "/manage"),
    ("/plans", "/manage"),
    ("/plan-lines/", "/manage"),
    ("/sign-ups/", "/schedule"),
    ("/hand-overs/", "/schedule"),
    ("/absences/", "/schedule"),
    ("/back-fills", "/records"),
    ("/photos/", "/activities"),
    ("/proofs/", "/records"),
    ("/halts", "/manage"),
    ("/reflections", "/manage"),
    ("/coordination", "/manage"),
    ("/rules/coordination", "/rules/sign-up"),
    ("/rules/insurance", "/policies"),
    ("/rules/agreement", "/rules/sign-up"),
    ("/rules/review", "/rules/sign-up"),
    ("/reviews", "/manage"),
    ("/spot-checks", "/records"),
    ("/spot-checks/results", "/rankings"),
    ("/rules/spot-checks", "/records"),
    ("/partners", "/alliances"),
    ("/alliance-members/", "/alliances"),
    ("/agreements/", "/schedule"),
    ("/campaign-phases/", "/campaigns"),
    ("/campaign-lines/", "/campaigns"),
    ("/campaign-items/", "/campaigns"),
];

const NAV: &[NavItem] = &[
    NavItem {
        href: "/sessions",
        icon: "calendar-plus",
        name: ("我能报的", "I can take"),
        group: SERVICE,
        who: Who::Everybody,
        bar: Some(1),
    },
    NavItem {
        href: "/activities",
        icon: "activity",
        name: ("活动", "Activities"),
        group: SERVICE,
        who: Who::Everybody,
        bar: None,
    },
    NavItem {
        href: "/campaigns",
        icon: "flag",
        name: ("专项行动", "Campaigns"),
        group: SERVICE,
        who: Who::Everybody,
        bar: None,
    },
    NavItem {
        href: "/units",
        icon: "building",
        name: ("单位会员", "Unit members"),
        group: SERVICE,
        who: Who::Everybody,
        bar: None,
    },
    NavItem {
        href: "/alliances",
        icon: "users-group",
        name: ("联盟与合作", "Alliances"),
        group: SERVICE,
        who: Who::Everybody,
        bar: None,
    },
    NavItem {
        href: "/check-in",
        icon: "checkin",
        name: ("签到", "Check in"),
        group: SERVICE,
        who: Who::Everybody,
        bar: Some(2),
    },
    NavItem {
        href: "/schedule",
        icon: "schedule",
        name: ("我的安排", "My schedule"),
        group: ("我的", "Mine"),
        who: Who::Person,
        bar: None,
    },
    NavItem {
        href: "/manage",
        icon: "manage",
        name: ("活动管理", "Manage activities"),
        group: SERVICE,
        who: Who::May(kernel::Action::ActivityManage),
        bar: None,
    },
    NavItem {
        href: "/policies",
        icon: "shield-check",
        name: ("保险", "Insurance"),
        group: SERVICE,
        who: Who::May(kernel::Action::ActivityManage),
        bar: None,
    },
    NavItem {
        href: "/rules/sign-up",
        icon: "settings",
        name: ("报名规则", "Sign-up rules"),
        group: SERVICE,
        who: Who::May(kernel::Action::OrgManage),
        bar: None,
    },
    NavItem {
        href: "/records",
        icon: "record",
        name: ("记录确认", "Confirm records"),
        group: SERVICE,
        who: Who::May(kernel::Action::RecordConfirm),
        bar: None,
    },
    NavItem {
        href: "/past-hours",
        icon: "history",
        name: ("历史时长", "Past hours"),
        group: SERVICE,
        who: Who::May(kernel::Action::RosterImport),
        bar: None,
    },
    NavItem {
        href: "/rankings",
        icon: "ranking",
        name: ("排行榜", "Rankings"),
        group: ("数据", "Numbers"),
        who: Who::Everybody,
        bar: Some(3),
    },
    NavItem {
        href: "/dashboard",
        icon: "numbers",
        name: ("周一看板", "Monday dashboard"),
        group: ("数据", "Numbers"),
        who: Who::May(kernel::Action::FiguresRead),
        bar: None,
    },
    NavItem {
        href: "/targets",
        icon: "list-check",
        name: ("结构指标", "Structural targets"),
        group: ("数据", "Numbers"),
        who: Who::May(kernel::Action::FiguresRead),
        bar: None,
    },
    NavItem {
        href: "/retention",
        icon: "timeline",
        name: ("志愿者留存", "Who stays"),
        group: ("数据", "Numbers"),
        who: Who::May(kernel::Action::MemberRead),
        bar: None,
    },
];

fn tasks(
    tx: &mut db::ReadTx<'_>,
    actor: &kernel::Actor,
    lang: kernel::Lang,
) -> Result<Vec<ui::TaskItem>, kernel::Error> {
    let mut out = sign_up::tasks(tx, actor, lang)?;
    out.extend(activity::tasks(tx, actor, lang)?);
    out.extend(attendance::tasks(tx, actor, lang)?);
    out.extend(record::tasks(tx, actor, lang)?);
    out.extend(trip::tasks(tx, actor, lang)?);
    out.extend(group::tasks(tx, actor, lang)?);
    out.extend(co_organiser::tasks(tx, actor, lang)?);
    out.extend(past::tasks(tx, actor, lang)?);
    out.extend(photo::tasks(tx, actor, lang)?);
    out.extend(story::tasks(tx, actor, lang)?);
    out.extend(campaign::tasks(tx, actor, lang)?);
    out.extend(coordination::tasks(tx, actor, lang)?);
    out.extend(unit::tasks(tx, actor, lang)?);
    out.extend(insurance::tasks(tx, actor, lang)?);
    out.extend(agreement::tasks(tx, actor, lang)?);
    out.extend(review::tasks(tx, actor, lang)?);
    out.extend(spot_check::tasks(tx, actor, lang)?);
    out.extend(plan::tasks(tx, actor, lang)?);
    Ok(out)
}

fn search(
    tx: &mut db::ReadTx<'_>,
    actor: &kernel::Actor,
    lang: kernel::Lang,
    words: &str,
) -> Result<Vec<ui::SearchHit>, kernel::Error> {
    let mut out = activity::search(tx, actor, lang, words)?;
    out.extend(campaign::search(tx, actor, lang, words)?);
    Ok(out)
}

/// Sessions of an organisation that have begun and whose records nobody has handed in (Edge-12).
fn open_work(tx: &mut db::ReadTx<'_>, org: kernel::OrgId) -> Result<i64, kernel::Error> {
    let now = tx.now();
    let (n,): (i64,) = tx.one(
        db::sql!(
            "SELECT count(*) FROM activity a JOIN session s ON s.activity_id = a.id
             WHERE a.org_id = $1 AND s.state IN ('open', 'closed') AND s.starts_at < $2"
        ),
        db::args![org, now],
    )?;
    Ok(n)
}
