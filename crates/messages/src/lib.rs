//! What reaches people: the inbox in the program, and the outbox that carries messages out of the city
//! through a webhook. This room listens to the rooms below; they never know that it does.

pub mod inbox;
mod listen;
pub mod outbound;

use db::Migration;
use kernel::ids;
use ui::Room;
use ui::room::{NavItem, Who};

pub use outbound::{Outbound, deliver_due, worker};

ids! {
    /// A message in somebody's inbox.
    MessageId;
}

/// The tables of this room.
pub const MIGRATIONS: &[Migration] =
    &[Migration { room: "messages", number: 1, sql: include_str!("../migrations/0001_base.sql") }];

/// What this room hands to the binary.
#[must_use]
pub fn room() -> Room {
    Room {
        name: "messages",
        migrations: MIGRATIONS,
        routes: inbox::routes,
        nav: NAV,
        refusals: &[],
        figures: &[],
        tasks: Some(inbox::tasks),
        search: None,
        subscribe: Some(listen::subscribe),
        jobs: &[],
        ticks: &[outbound::purge],
        checks: &[],
    }
}

const NAV: &[NavItem] = &[NavItem {
    href: "/inbox",
    icon: "inbox",
    name: ("消息", "Messages"),
    group: ("我的", "Mine"),
    who: Who::SignedIn,
    bar: None,
}];
