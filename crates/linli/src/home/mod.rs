//! The first page of everybody: what waits for whoever is signed in, and what this is for whoever is
//! not; the search over all rooms; the few files that browsers ask for by name.

pub mod backups;
pub mod describe;
pub mod help;
pub mod pages;
pub mod refusals;
pub mod store;

use axum::routing::{get, post};
use kernel::Action;
use ui::room::{NavItem, Who};
use ui::{App, Room};

pub use pages::{not_found, wrong_method};
pub use store::refresh_figures;

/// What this room hands to the binary.
#[must_use]
pub fn room() -> Room {
    Room {
        name: "home",
        migrations: &[],
        routes,
        api: pages::api,
        nav: NAV,
        below: &[],
        lists: &[],
        refusals: &[refusals::ALL, ui::api::refusals::ALL, kernel::error::common::ALL],
        figures: &[],
        tasks: Some(backups::tasks),
        search: None,
        own: &[],
        subscribe: None,
        jobs: &[],
        ticks: &[],
        checks: &[],
    }
}

const NAV: &[NavItem] = &[
    NavItem {
        href: "/",
        icon: "home",
        name: ("首页", "Home"),
        group: ("我的", "Mine"),
        who: Who::Everybody,
        bar: Some(0),
    },
    NavItem {
        href: "/backups",
        icon: "database",
        name: ("备份", "Backups"),
        group: ("设置", "Settings"),
        who: Who::May(Action::SystemManage),
        bar: None,
    },
];

fn routes() -> axum::Router<App> {
    axum::Router::new()
        .route("/", get(pages::home))
        .route("/backups", get(backups::show))
        .route("/backups/now", post(backups::now))
        .route("/help", get(help::index))
        .route("/help/{topic}", get(help::topic_page))
        .route("/search", get(pages::search))
        .route("/api", get(describe::page))
        .route("/api/operations/{id}", get(describe::operation_page))
        .route("/manifest", get(pages::manifest))
        .route("/robots.txt", get(pages::robots))
        .route("/favicon.ico", get(pages::favicon))
}
