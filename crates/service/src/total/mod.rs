//! Totals, rankings and figures: sums of confirmed records, kept in the transaction that confirms, so
//! that everyone sees where they stand at once and `linli db check` finds no difference.

mod api;
pub mod dashboard;
pub mod figures;
pub mod kept;
pub mod pages;
pub mod rank;
pub mod refusals;
pub mod store;

use kernel::{Date, OrgId, PersonId, codes};

pub use store::{add, carry, check, rebuild};

codes! {
    /// Whose hours are summed.
    pub enum Subject {
        /// A volunteer.
        Person = "person", "个人", "Volunteers";
        /// A team.
        Team = "team", "队伍", "Teams";
        /// The community where the service took place.
        Community = "community", "社区", "Communities";
        /// The street where the service took place.
        Street = "street", "街道", "Streets";
        /// A service category.
        Category = "category", "类别", "Categories";
        /// The whole city.
        City = "city", "全市", "City";
        /// Past hours of a volunteer (0: of all), which are part of their own total as well.
        Past = "past", "历史导入", "Past hours";
    }
}

impl Subject {
    /// Those there are rankings of.
    pub const RANKED: &'static [Self] =
        &[Self::Person, Self::Team, Self::Community, Self::Street, Self::Category];

    /// By its code, if there is a ranking of it.
    #[must_use]
    pub fn ranked(code: &str) -> Option<Self> {
        Self::from_code(code).filter(|subject| Self::RANKED.contains(subject))
    }
}

/// The team that minutes count for: none where the earlier system's organisation is none of this city's.
#[must_use]
pub fn team_counted(team: OrgId, flags: &str) -> OrgId {
    let nowhere = flags.split(' ').any(|flag| flag == crate::record::Flag::NoTeam.code());
    if nowhere { OrgId(0) } else { team }
}

/// What a record adds to the totals.
#[derive(Debug, Clone)]
pub struct Counted {
    /// Whose hours they are.
    pub person: PersonId,
    /// For which team; `OrgId(0)` for none.
    pub team: OrgId,
    /// Where: the community, `OrgId(0)` when the activity has none.
    pub community: OrgId,
    /// Where: the street, `OrgId(0)` when there is none.
    pub street: OrgId,
    /// Code of the category.
    pub category: String,
    /// Local date of the start of the session: decides the periods (Add-03, Edge-05).
    pub service_on: Date,
    /// Minutes.
    pub minutes: i64,
    /// Whether they are past hours, which are kept apart as well.
    pub past: bool,
}

/// The number under which a category is kept: its code hashed (FNV-1a), since subjects are numbers.
#[must_use]
pub fn category_subject(code: &str) -> i64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for byte in code.bytes() {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    i64::try_from(hash >> 1).unwrap_or(0)
}

pub use api::api;

/// Pages and API of this subject.
pub fn routes() -> axum::Router<ui::App> {
    pages::routes().merge(dashboard::routes())
}
