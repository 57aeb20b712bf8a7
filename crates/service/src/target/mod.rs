//! Structural targets (Add-33): of every organisation of a kind at least, or exactly, so many of a counted thing, now or
//! in each month, quarter or year. A target is a list of gaps: who meets it, who does not yet, who does not, and where
//! one does something about it. The four checks (单位有人管、人员有注册、活动有组织、工作有登记) come as a ready set.

mod api;
mod commands;
mod pages;
pub mod refusals;
pub mod rules;
pub mod store;

use kernel::ids;

pub use api::api;
pub use commands::{New, create, end, install};

ids! {
    /// A structural target.
    TargetId;
}

kernel::codes! {
    /// What is counted.
    pub enum Counted {
        /// Leaders and deputies in office.
        Leaders = "leaders", "负责人", "leaders";
        /// Registered volunteers: at home in a community, members of a team, on the list of a unit.
        People = "people", "注册人员", "registered people";
        /// Open teams below it.
        Teams = "teams", "服务队", "teams";
        /// Open stations below it.
        Stations = "stations", "站点", "stations";
        /// Sessions held by its teams.
        Sessions = "sessions", "已开展场次", "sessions held";
        /// Confirmed records of its teams.
        Records = "records", "已确认记录", "confirmed records";
    }
}

kernel::codes! {
    /// How many are asked for.
    pub enum Demand {
        /// So many or more.
        AtLeast = "at_least", "不少于", "at least";
        /// So many.
        Exactly = "exactly", "等于", "exactly";
    }
}

kernel::codes! {
    /// Over what time.
    pub enum Span {
        /// As things stand.
        Now = "now", "现状", "as things stand";
        /// In each month.
        Month = "month", "每月", "each month";
        /// In each quarter.
        Quarter = "quarter", "每季度", "each quarter";
        /// In each year.
        Year = "year", "每年", "each year";
    }
}

kernel::codes! {
    /// How an organisation stands towards a target.
    pub enum Light {
        /// Met.
        Met = "met", "达到", "met";
        /// Not yet; the period still runs.
        Running = "running", "进行中，还差", "under way";
        /// Not met.
        Missed = "missed", "未达到", "not met";
    }
}

/// Targets of the demo city: the ready set, and two of its communities.
///
/// # Errors
/// Of the database.
pub fn demo(tx: &mut db::WriteTx<'_>, city: kernel::OrgId) -> Result<(), kernel::Error> {
    use people::org::OrgKind;
    let ready = rules::FOUR.map(|(name, measure, period)| (name, OrgKind::Unit, measure, 1, period));
    let own = [
        ("每个社区 2 支服务队", OrgKind::Community, Counted::Teams, 2, Span::Now),
        ("每个社区每月有活动", OrgKind::Community, Counted::Sessions, 1, Span::Month),
    ];
    for (name, unit_kind, measure, n, period) in ready.into_iter().chain(own) {
        let (name, demand) = (name.to_owned(), Demand::AtLeast);
        let new = New { org: city, name, unit_kind, measure, demand, n, period };
        store::insert(tx, &kernel::Actor::system("demo"), &new)?;
    }
    Ok(())
}

/// Pages of this subject.
pub fn routes() -> axum::Router<ui::App> {
    pages::routes()
}
