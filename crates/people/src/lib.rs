//! The people of the city and where they belong: organisations, volunteers, accounts, roles, consents,
//! the roster import and the audit log.

pub mod account;
pub mod audit;
pub mod base;
pub mod blob;
pub mod body;
pub mod chosen;
pub mod demo;
pub mod duplicate;
pub mod guardian;
pub mod import;
pub mod member_card;
pub mod org;
mod own;
pub mod person;
pub mod qualification;
pub mod report_in;
pub mod rights;
pub mod site;
pub mod transfer;
pub mod view;

use db::Migration;
use ui::Room;

/// The tables of this room.
pub const MIGRATIONS: &[Migration] = &[
    Migration { room: "people", number: 1, sql: include_str!("../migrations/0001_base.sql") },
    Migration { room: "people", number: 2, sql: include_str!("../migrations/0002_hold.sql") },
    Migration { room: "people", number: 3, sql: include_str!("../migrations/0003_safety.sql") },
    Migration { room: "people", number: 4, sql: include_str!("../migrations/0004_guardian.sql") },
    Migration { room: "people", number: 5, sql: include_str!("../migrations/0005_life.sql") },
    Migration { room: "people", number: 14, sql: include_str!("../migrations/0014_token.sql") },
    Migration { room: "people", number: 20, sql: include_str!("../migrations/0020_duplicate.sql") },
    Migration { room: "people", number: 30, sql: include_str!("../migrations/0030_stored_file.sql") },
    Migration { room: "people", number: 31, sql: include_str!("../migrations/0031_team_page.sql") },
    Migration { room: "people", number: 40, sql: include_str!("../migrations/0040_report_in.sql") },
    Migration { room: "people", number: 41, sql: include_str!("../migrations/0041_body.sql") },
    Migration { room: "people", number: 50, sql: include_str!("../migrations/0050_view.sql") },
    Migration { room: "people", number: 51, sql: include_str!("../migrations/0051_account_name.sql") },
    Migration { room: "people", number: 52, sql: include_str!("../migrations/0052_qualification.sql") },
    Migration { room: "people", number: 54, sql: include_str!("../migrations/0054_site.sql") },
    Migration { room: "people", number: 55, sql: include_str!("../migrations/0055_member_card.sql") },
    Migration { room: "people", number: 56, sql: include_str!("../migrations/0056_rights.sql") },
];

/// What this room hands to the binary.
#[must_use]
pub fn room() -> Room {
    ui::api::on_token(account::token::authenticate);
    Room {
        name: "people",
        migrations: MIGRATIONS,
        routes: || {
            axum::Router::new()
                .merge(account::routes())
                .merge(audit::routes())
                .merge(org::routes())
                .merge(person::routes())
                .merge(member_card::routes())
                .merge(rights::routes())
                .merge(duplicate::routes())
                .merge(guardian::routes())
                .merge(transfer::routes())
                .merge(report_in::routes())
                .merge(qualification::routes())
                .merge(body::routes())
                .merge(site::routes())
                .merge(base::routes())
                .merge(import::routes())
                .merge(view::routes())
                .merge(chosen::routes())
        },
        api: || {
            person::api()
                .and(member_card::api())
                .and(rights::api())
                .and(org::api())
                .and(transfer::api())
                .and(duplicate::api())
                .and(report_in::api())
                .and(qualification::api())
                .and(body::api())
                .and(site::api())
                .and(base::api())
                .and(import::api())
                .and(chosen::api())
                .and(view::api())
        },
        nav: NAV,
        below: BELOW,
        lists: LISTS,
        refusals: &[
            account::refusals::ALL,
            org::refusals::ALL,
            person::refusals::ALL,
            member_card::refusals::ALL,
            rights::refusals::ALL,
            duplicate::refusals::ALL,
            guardian::refusals::ALL,
            transfer::refusals::ALL,
            report_in::refusals::ALL,
            qualification::refusals::ALL,
            body::refusals::ALL,
            site::refusals::ALL,
            base::refusals::ALL,
            import::refusals::ALL,
            view::refusals::ALL,
            chosen::refusals::ALL,
        ],
        figures: &[],
        tasks: Some(tasks),
        search: Some(search),
        own: own::KEPT,
        subscribe: Some(report_in::subscribe),
        jobs: import::JOBS,
        ticks: &[account::tick, guardian::tick, duplicate::tick],
        checks: &[org::check],
    }
}

use ui::room::{NavItem, Who};

const PEOPLE: (&str, &str) = ("人员", "People");
const SETTINGS: (&str, &str) = ("设置", "Settings");

const BELOW: &[(&str, &str)] = &[
    ("/teams", "/orgs"),
    ("/sites", "/orgs"),
    ("/bases", "/orgs"),
    ("/family", "/me"),
    ("/disputes", "/people"),
    ("/slips", "/people"),
    ("/exports", "/people"),
    ("/merges", "/people"),
    ("/communities/", "/report-in"),
    ("/views", "/me"),
];

const LISTS: &[&ui::list::List] =
    &[&person::LIST, &org::LIST, &org::TEAMS, &account::ACCOUNTS, &account::ROLES, &audit::LIST];

const NAV: &[NavItem] = &[
    NavItem {
        href: "/me",
        icon: "me",
        name: ("我的", "Me"),
        group: ("我的", "Mine"),
        who: Who::SignedIn,
        bar: Some(4),
    },
    NavItem {
        href: "/people",
        icon: "people",
        name: ("志愿者", "Volunteers"),
        group: PEOPLE,
        who: Who::May(kernel::Action::PersonRead),
        bar: None,
    },
    NavItem {
        href: "/cards",
        icon: "card",
        name: ("会员卡", "Member cards"),
        group: PEOPLE,
        who: Who::May(kernel::Action::TeamManage),
        bar: None,
    },
    NavItem {
        href: "/rights",
        icon: "hand-stop",
        name: ("个人信息请求", "Data requests"),
        group: PEOPLE,
        who: Who::May(kernel::Action::PersonEdit),
        bar: None,
    },
    NavItem {
        href: "/orgs",
        icon: "org",
        name: ("组织", "Organisations"),
        group: PEOPLE,
        who: Who::Everybody,
        bar: None,
    },
    NavItem {
        href: "/bodies",
        icon: "briefcase",
        name: ("工作机构", "Working bodies"),
        group: PEOPLE,
        who: Who::May(kernel::Action::OrgRead),
        bar: None,
    },
    NavItem {
        href: "/report-in",
        icon: "building-community",
        name: ("单位报到", "Reporting in"),
        group: PEOPLE,
        who: Who::May(kernel::Action::FiguresRead),
        bar: None,
    },
    NavItem {
        href: "/qualifications",
        icon: "certificate",
        name: ("资格与培训", "Qualifications"),
        group: PEOPLE,
        who: Who::May(kernel::Action::PersonRegister),
        bar: None,
    },
    NavItem {
        href: "/import",
        icon: "import",
        name: ("名册导入", "Roster import"),
        group: PEOPLE,
        who: Who::May(kernel::Action::RosterImport),
        bar: None,
    },
    NavItem {
        href: "/accounts",
        icon: "account",
        name: ("账号", "Accounts"),
        group: SETTINGS,
        who: Who::May(kernel::Action::SystemManage),
        bar: None,
    },
    NavItem {
        href: "/roles",
        icon: "role",
        name: ("角色与权限", "Roles"),
        group: SETTINGS,
        who: Who::May(kernel::Action::RoleManage),
        bar: None,
    },
    NavItem {
        href: "/audit",
        icon: "audit",
        name: ("审计日志", "Audit log"),
        group: SETTINGS,
        who: Who::May(kernel::Action::AuditRead),
        bar: None,
    },
];

fn tasks(
    tx: &mut db::ReadTx<'_>,
    actor: &kernel::Actor,
    lang: kernel::Lang,
) -> Result<Vec<ui::TaskItem>, kernel::Error> {
    let mut out = account::tasks(tx, actor, lang)?;
    out.extend(org::tasks(tx, actor, lang)?);
    out.extend(base::tasks(tx, actor, lang)?);
    out.extend(person::tasks(tx, actor, lang)?);
    out.extend(member_card::tasks(tx, actor, lang)?);
    out.extend(rights::tasks(tx, actor, lang)?);
    out.extend(duplicate::tasks(tx, actor, lang)?);
    out.extend(guardian::tasks(tx, actor, lang)?);
    out.extend(transfer::tasks(tx, actor, lang)?);
    out.extend(report_in::tasks(tx, actor, lang)?);
    out.extend(qualification::tasks(tx, actor, lang)?);
    out.extend(import::tasks(tx, actor, lang)?);
    Ok(out)
}

fn search(
    tx: &mut db::ReadTx<'_>,
    actor: &kernel::Actor,
    lang: kernel::Lang,
    words: &str,
) -> Result<Vec<ui::SearchHit>, kernel::Error> {
    let mut out = org::search(tx, actor, lang, words)?;
    out.extend(person::search(tx, actor, lang, words)?);
    Ok(out)
}
