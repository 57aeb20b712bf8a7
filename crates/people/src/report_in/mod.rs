//! Reporting in (Add-06, V8): a unit names those who should report in to the communities they live and work in; each
//! says so themselves, and as what; the communities confirm. Nobody is enrolled by somebody else: whoever is named and
//! says nothing stays "not confirmed". Unit and community look at the same register, and only the unit sees the names
//! of its own list.

mod api;
mod commands;
pub(crate) mod demo;
mod listen;
mod pages;
mod person_pages;
pub mod refusals;
pub mod rules;
pub mod store;
mod unit_pages;

use std::sync::OnceLock;

use db::{Event, ReadTx};
use kernel::{Action, Actor, Date, Error, Lang, OrgId, PersonId, ids};
use ui::TaskItem;

pub use api::api;
pub(crate) use commands::decline_all;
pub use commands::{Added, Wanted, add, answer, decide, decline, moved, remove, set_services};
pub use listen::subscribe;

ids! {
    /// Somebody on the list of a unit.
    ReportId;
    /// A community that somebody reports in to.
    ReportPlaceId;
}

kernel::codes! {
    /// As what somebody reports in; said by the person alone.
    pub enum Identity {
        /// Works for the public service.
        Official = "official", "公职人员", "Public servant";
        /// Delegate of the party congress.
        PartyDelegate = "party_delegate", "党代表", "Party delegate";
        /// Deputy of the people's congress.
        Deputy = "deputy", "人大代表", "People's deputy";
        /// Member of the political consultative conference.
        Consultative = "consultative", "政协委员", "CPPCC member";
        /// Works in a unit that was named civilised.
        CivilisedUnit = "civilised_unit", "文明单位职工", "Staff of a civilised unit";
        /// Party member.
        PartyMember = "party_member", "党员", "Party member";
        /// Member of the youth league.
        LeagueMember = "league_member", "团员", "League member";
    }
}

kernel::codes! {
    /// What was said about a name on a list.
    pub enum ReportState {
        /// The unit named them.
        Listed = "listed", "已列入", "Listed";
        /// They said so themselves.
        Confirmed = "confirmed", "本人已确认", "Confirmed";
        /// They said no, or took it back.
        Declined = "declined", "本人不报到", "Declined";
        /// The unit took the name off.
        Ended = "ended", "已移出", "Taken off";
    }
}

kernel::codes! {
    /// Which of the two communities.
    pub enum PlaceKind {
        /// Where the person lives.
        Home = "home", "居住地社区", "Community of the home";
        /// Where the unit is.
        Unit = "unit", "单位所属社区", "Community of the unit";
    }
}

kernel::codes! {
    /// What the community said.
    pub enum PlaceState {
        /// It has not answered yet.
        Asked = "asked", "待社区确认", "Community answers";
        /// It knows the person.
        Confirmed = "confirmed", "已报到", "Reported in";
        /// It does not know the person.
        Refused = "refused", "社区未确认", "Not confirmed";
        /// Over: moved away, chosen otherwise, taken back.
        Ended = "ended", "已结束", "Ended";
    }
}

kernel::codes! {
    /// Where somebody stands on the whole, from state and places.
    pub enum ReportStage {
        /// No registration fits yet.
        Unregistered = "unregistered", "未注册", "Not registered";
        /// The person has not said anything.
        Waiting = "waiting", "待本人确认", "Not confirmed";
        /// The person said no.
        Declined = "declined", "本人不报到", "Declined";
        /// The person has to choose a community again.
        Choose = "choose", "待选社区", "Choose a community";
        /// A community has to answer.
        Asked = "asked", "待社区确认", "Community answers";
        /// A community confirmed.
        Reported = "reported", "已报到", "Reported in";
        /// Off the list.
        Ended = "ended", "已移出", "Taken off";
    }
}

impl ReportStage {
    /// Who does what next (Chk-01).
    #[must_use]
    pub fn next(self, lang: impl Into<Lang>) -> &'static str {
        let lang: Lang = lang.into();
        match self {
            Self::Unregistered => lang.t(
                "等本人注册：手机号或到社区站点办理；注册后自动对上。",
                "The person registers, by phone or at the station; the list then finds them by itself.",
            ),
            Self::Waiting => lang.t(
                "等本人在“我的报到”确认；没有期限，也不会自动报到。",
                "The person confirms under “My reporting-in”; there is no deadline and nobody else can.",
            ),
            Self::Declined => lang.t(
                "本人可以随时改为报到；不再需要处理。",
                "The person may change their mind at any time; nothing is left to do.",
            ),
            Self::Choose => lang.t("等本人重新选择社区。", "The person chooses a community again."),
            Self::Asked => lang.t("等社区确认。", "The community answers."),
            Self::Reported => lang.t(
                "已报到；接下来参加社区的志愿服务。",
                "Reported in; what follows is service in the community.",
            ),
            Self::Ended => lang.t("单位已移出名单，不需要再处理。", "Off the list; nothing is left to do."),
        }
    }
}

/// A unit asked a person to confirm, or a community answered: told to the person.
#[derive(Debug, Clone)]
pub struct ReportMoved {
    /// Who.
    pub person: PersonId,
    /// Name of the unit.
    pub unit: String,
    /// Name of the community; empty while none is concerned.
    pub community: String,
    /// Where it stands.
    pub stage: ReportStage,
    /// What the community said.
    pub note: String,
}

impl Event for ReportMoved {}

/// Services and minutes of people between two days: (person, services, minutes). With a community: those in it.
pub type ServedOf =
    fn(&mut ReadTx<'_>, &[PersonId], Option<OrgId>, Date, Date) -> Result<Vec<(PersonId, i64, i64)>, Error>;
/// How many of those who reported in for each unit served so many times between two days.
pub type TakingPart = fn(&mut ReadTx<'_>, &[OrgId], i64, Date, Date) -> Result<Vec<(OrgId, i64)>, Error>;

static SERVED: OnceLock<(ServedOf, TakingPart)> = OnceLock::new();

/// Tells this subject what people served; `service`, which stands above, does so once at the start.
pub fn on_served(of: ServedOf, units: TakingPart) {
    let _ = SERVED.set((of, units));
}

fn served(
    tx: &mut ReadTx<'_>,
    people: &[PersonId],
    community: Option<OrgId>,
    year: i16,
) -> Result<Vec<(PersonId, i64, i64)>, Error> {
    let (Some((of, _)), Some((first, last))) = (SERVED.get(), rules::year(year)) else {
        return Ok(Vec::new());
    };
    if people.is_empty() { Ok(Vec::new()) } else { of(tx, people, community, first, last) }
}

fn taking_part(tx: &mut ReadTx<'_>, units: &[OrgId], year: i16) -> Result<Vec<(OrgId, i64)>, Error> {
    let (Some((_, of)), Some((first, last))) = (SERVED.get(), rules::year(year)) else {
        return Ok(Vec::new());
    };
    let least = store::services(tx)?;
    if units.is_empty() { Ok(Vec::new()) } else { of(tx, units, least, first, last) }
}

/// What lists hold of a person, for the file of their own data.
///
/// # Errors
/// Of the database.
pub(crate) fn own_data(tx: &mut ReadTx<'_>, person: PersonId) -> Result<Vec<serde_json::Value>, Error> {
    let reports = store::of_person(tx, person)?;
    let ids: Vec<ReportId> = reports.iter().map(|one| one.id).collect();
    let (places, identities) = (store::places(tx, &ids)?, store::identities(tx, &ids)?);
    Ok(reports
        .into_iter()
        .map(|one| {
            let places: Vec<_> = places
                .iter()
                .filter(|place| place.report == one.id)
                .map(|place| serde_json::json!({ "community": place.community_name, "state": place.state.code() }))
                .collect();
            let identities: Vec<&str> =
                identities.get(&one.id).into_iter().flatten().map(|identity| identity.code()).collect();
            serde_json::json!({
                "unit": one.unit_name, "state": one.state.code(), "listed_at": one.listed_at.text(),
                "identities": identities, "communities": places,
            })
        })
        .collect())
}

/// Pages of this subject.
pub fn routes() -> axum::Router<ui::App> {
    axum::Router::new().merge(pages::routes()).merge(person_pages::routes()).merge(unit_pages::routes())
}

/// What waits for a person who is on a list, and for communities.
///
/// # Errors
/// Of the database.
pub fn tasks(tx: &mut ReadTx<'_>, actor: &Actor, lang: Lang) -> Result<Vec<TaskItem>, Error> {
    let mut out = Vec::new();
    if let Some(me) = actor.person {
        for one in store::own_turn(tx, me)? {
            let title = match one.state {
                ReportState::Listed => {
                    lang.f("{} 请您确认报到", "{} asks whether you report in", &[&one.unit_name])
                }
                _ => {
                    lang.f("请为“{}”的报到重新选择社区", "Choose a community again for {}", &[&one.unit_name])
                }
            };
            out.push(TaskItem {
                title,
                detail: lang
                    .t("是否报到、以什么身份，由您自己决定。", "Whether, and as what, is for you to say.")
                    .to_owned(),
                href: "/me/report-in".to_owned(),
                action: lang.t("去看看", "Open").to_owned(),
                due: None,
                count: 1,
            });
        }
    }
    let scopes = actor.scopes(Action::PersonRegister);
    if scopes.is_empty() {
        return Ok(out);
    }
    for (community, name, count) in store::waiting_at(tx, &scopes)? {
        out.push(TaskItem {
            title: lang.f("{}：报到待确认", "{}: confirm who reports in", &[&name]),
            detail: lang.f("{} 人等待社区确认", "{} people wait", &[&count]),
            href: format!("/communities/{community}/report-in?state=asked"),
            action: lang.t("去确认", "Confirm").to_owned(),
            due: None,
            count,
        });
    }
    Ok(out)
}
