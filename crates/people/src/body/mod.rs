//! Working bodies (Add-16, M29): leading groups, headquarters, task forces, inspection and selection groups. A body rests
//! on a document, has its office at an organisation, and has seats with titles, each held by a person or by whoever
//! holds a post elsewhere. It is shown and printed as of any day; the difference of two days is an adjustment notice.

mod api;
mod commands;
pub(crate) mod demo;
mod pages;
pub mod refusals;
pub mod rules;
mod seat_pages;
pub mod store;

use kernel::ids;

pub use api::api;
pub use commands::{Edit, NewSeat, change, create, end_seat, seat};
pub use rules::Holder;

ids! {
    /// A working body.
    BodyId;
    /// A seat of a working body.
    SeatId;
}

kernel::codes! {
    /// What a working body is for.
    pub enum BodyKind {
        /// 领导小组.
        Leading = "leading", "领导小组", "Leading group";
        /// 指挥部.
        Headquarters = "headquarters", "指挥部", "Headquarters";
        /// 工作专班.
        TaskForce = "task_force", "工作专班", "Task force";
        /// 督查组.
        Inspection = "inspection", "督查组", "Inspection group";
        /// 评选小组.
        Selection = "selection", "评选小组", "Selection group";
    }
}

/// Pages of this subject.
pub fn routes() -> axum::Router<ui::App> {
    axum::Router::new().merge(pages::routes()).merge(seat_pages::routes())
}
