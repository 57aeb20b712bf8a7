//! What reaches people: the inbox in the program, reminders, and what leaves the city by mail, text and webhook as each
//! wishes. This room listens to the rooms below; they never know that it does.

pub mod delivery;
mod entry;
mod erased;
pub mod feed;
pub mod inbox;
mod left;
mod listen;
pub mod merge;
pub mod outbound;
mod own;
pub mod push;
pub mod remind;
pub mod setting;
pub mod webhook;

use db::Migration;
use kernel::ids;
use ui::Room;
use ui::room::{NavItem, Who};

pub use outbound::{Outbound, deliver_due, push_worker, worker};

ids! {
    /// A message in somebody's inbox.
    MessageId;
}

/// The tables of this room.
pub const MIGRATIONS: &[Migration] = &[
    Migration { room: "messages", number: 1, sql: include_str!("../migrations/0001_base.sql") },
    Migration { room: "messages", number: 2, sql: include_str!("../migrations/0002_delivery.sql") },
    Migration { room: "messages", number: 3, sql: include_str!("../migrations/0003_push.sql") },
    Migration { room: "messages", number: 4, sql: include_str!("../migrations/0004_erased.sql") },
];

const LISTS: &[&ui::list::List] = &[&delivery::LIST];

/// What this room hands to the binary.
#[must_use]
pub fn room() -> Room {
    Room {
        name: "messages",
        migrations: MIGRATIONS,
        routes: || {
            axum::Router::new()
                .merge(inbox::routes())
                .merge(setting::routes())
                .merge(feed::routes())
                .merge(delivery::routes())
                .merge(webhook::routes())
                .merge(push::routes())
        },
        api: || inbox::api().and(setting::api()).and(push::api()).and(webhook::api()).and(delivery::api()),
        nav: NAV,
        below: &[("/settings/messages", "/inbox"), ("/settings/webhooks", "/messages/delivery")],
        lists: LISTS,
        refusals: &[
            setting::refusals::ALL,
            delivery::refusals::ALL,
            webhook::refusals::ALL,
            push::refusals::ALL,
        ],
        figures: &[],
        tasks: Some(inbox::tasks),
        search: None,
        own: own::KEPT,
        subscribe: Some(listen::subscribe),
        jobs: &[],
        ticks: &[remind::tick, outbound::purge],
        checks: &[],
    }
}

/// Hosts that targets may lead to, set once at the start from the configuration.
static ALLOWED: std::sync::OnceLock<Vec<String>> = std::sync::OnceLock::new();

/// Tells the pages which hosts webhooks may lead to; empty: any that is out in the world.
pub fn allow_hosts(hosts: Vec<String>) {
    let _ = ALLOWED.set(hosts);
}

/// Hosts that targets may lead to.
pub(crate) fn allowed_hosts() -> &'static [String] {
    ALLOWED.get().map_or(&[], Vec::as_slice)
}

const NAV: &[NavItem] = &[
    NavItem {
        href: "/inbox",
        icon: "inbox",
        name: ("消息", "Messages"),
        group: ("我的", "Mine"),
        who: Who::SignedIn,
        bar: None,
    },
    NavItem {
        href: "/messages/delivery",
        icon: "send",
        name: ("投递与对接", "Deliveries"),
        group: ("设置", "Settings"),
        who: Who::May(kernel::Action::HookManage),
        bar: None,
    },
];
