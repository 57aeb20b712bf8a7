//! Public places that volunteer stations look after, by type (M1, W4, W8): squares, markets, hospitals, bus stations …
//! Each place has at most one station; the rate by type says what part of the places has an open one.

mod api;
mod commands;
pub(crate) mod demo;
mod pages;
pub mod refusals;
pub mod store;

use kernel::ids;

pub use api::api;
pub use commands::{Edit, add, change, close};
pub use pages::routes;

ids! {
    /// A public place.
    SiteId;
}

kernel::codes! {
    /// What kind of place it is. The types are those at which civilized-city assessments look.
    pub enum SiteKind {
        /// 广场.
        Square = "square", "广场", "Square";
        /// 公园.
        Park = "park", "公园", "Park";
        /// 商业大街.
        Shopping = "shopping", "商业大街", "Shopping street";
        /// 商场超市.
        Mall = "mall", "商场超市", "Mall or supermarket";
        /// 农贸市场.
        Market = "market", "农贸市场", "Market";
        /// 医院.
        Hospital = "hospital", "医院", "Hospital";
        /// 中小学校及周边.
        School = "school", "学校及周边", "School and around it";
        /// 火车站、客运站.
        Terminal = "terminal", "火车站、客运站", "Railway or coach station";
        /// 公交站点.
        BusStop = "bus_stop", "公交站点", "Bus stop";
        /// 主要交通路口.
        Crossing = "crossing", "主要交通路口", "Main crossing";
        /// 景区、古遗址.
        Scenic = "scenic", "景区", "Scenic spot";
        /// 文化场馆.
        Culture = "culture", "文化场馆", "Cultural venue";
        /// 体育场馆.
        Sports = "sports", "体育场馆", "Sports venue";
        /// 青少年活动中心.
        Youth = "youth", "青少年活动中心", "Youth centre";
        /// 政务大厅.
        Hall = "hall", "政务大厅", "Government service hall";
        /// 窗口单位.
        Counter = "counter", "窗口单位", "Service counter";
        /// 宾馆饭店.
        Hotel = "hotel", "宾馆饭店", "Hotel";
        /// 居民小区.
        Estate = "estate", "居民小区", "Housing estate";
        /// Any other.
        Other = "other", "其他场所", "Other place";
    }
}
