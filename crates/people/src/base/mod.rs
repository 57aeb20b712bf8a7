//! Demonstration bases (M1): titles that organisations bear for a time, with who granted them, the plaque, when they are
//! looked at again, and how they ended.

mod api;
mod commands;
pub(crate) mod demo;
mod pages;
pub mod refusals;
pub mod rules;
pub mod store;

use kernel::ids;

pub use api::api;
pub use commands::{Edit, change, grant, tasks, withdraw};
pub use pages::routes;

ids! {
    /// A title that an organisation bears.
    BaseId;
}

kernel::codes! {
    /// Who grants a title.
    pub enum BaseLevel {
        /// 国家级.
        National = "national", "国家级", "National";
        /// 省级.
        Province = "province", "省级", "Provincial";
        /// 市级.
        City = "city", "市级", "City";
        /// 区县级.
        District = "district", "区县级", "District";
        /// 街道级.
        Street = "street", "街道级", "Street";
    }
}

kernel::codes! {
    /// Where a title is in its life; worked out from its days.
    pub enum BaseState {
        /// Borne.
        Borne = "borne", "有效", "in force";
        /// Borne, and to be looked at again.
        Recheck = "recheck", "待复查", "to be checked again";
        /// Its last day is over.
        Expired = "expired", "已到期", "expired";
        /// Taken away.
        Withdrawn = "withdrawn", "已撤销", "withdrawn";
    }
}
