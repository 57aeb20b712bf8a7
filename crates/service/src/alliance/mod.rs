//! Partners and alliances (Add-35): organisations outside the tree that take part in what the city's teams do
//! (universities, enterprises, media, teams of other cities), what they do in an activity, and alliances of teams and
//! partners with who belongs to them since when. The office keeps both; what the public reads has no contacts.

mod api;
pub mod commands;
pub mod demo;
mod pages;
mod partner_pages;
pub mod refusals;
pub mod store;

use axum::routing::{get, post};
use kernel::{codes, ids};

pub use api::api;

ids! {
    /// An organisation outside the tree.
    PartnerId;
    /// An alliance.
    AllianceId;
    /// A membership of an alliance.
    AllianceMemberId;
}

codes! {
    /// What a partner is.
    pub enum PartnerKind {
        /// A university or school.
        University = "university", "高校、学校", "University or school";
        /// A registered social organisation.
        Social = "social", "社会组织", "Social organisation";
        /// A volunteer team of elsewhere.
        Team = "team", "外地志愿服务队伍", "Volunteer team from elsewhere";
        /// A company.
        Enterprise = "enterprise", "企业", "Company";
        /// A public body.
        Public = "public", "机关事业单位", "Public body";
        /// Press and broadcasting.
        Media = "media", "媒体", "Media";
        /// Something else.
        Other = "other", "其他", "Other";
    }
}

codes! {
    /// What a partner does in an activity.
    pub enum PartnerPart {
        /// Carries it out.
        Undertakes = "undertakes", "承办", "Carries it out";
        /// Helps to.
        Helps = "helps", "协办", "Helps";
        /// Gives means.
        Supports = "supports", "支持", "Supports";
        /// Knows how.
        Guides = "guides", "指导", "Guides";
    }
}

/// Pages of this subject.
pub fn routes() -> axum::Router<ui::App> {
    axum::Router::new()
        .route("/alliances", get(pages::list))
        .route("/alliances/new", get(pages::new).post(pages::create))
        .route("/alliances/{id}", get(pages::one))
        .route("/alliances/{id}/edit", get(pages::edit).post(pages::save))
        .route("/alliances/{id}/members", post(pages::join))
        .route("/alliance-members/{id}/end", post(pages::leave))
        .route("/partners", get(partner_pages::list))
        .route("/partners/new", get(partner_pages::new).post(partner_pages::create))
        .route("/partners/{id}", get(partner_pages::one))
        .route("/partners/{id}/edit", get(partner_pages::edit).post(partner_pages::save))
        .route("/activities/{id}/partners", get(partner_pages::of_activity).post(partner_pages::take_in))
        .route("/activities/{id}/partners/remove", post(partner_pages::take_out))
}
