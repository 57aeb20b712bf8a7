//! Volunteers: registration by themselves and at the desk, the states of Fix-03, consents (V5), the
//! volunteer number, member cards and slips, the personal file.

mod api;
mod card;
mod commands;
mod consent;
mod desk;
mod file;
pub(crate) mod flow;
pub(crate) mod input;
pub mod keys;
mod life;
mod mine;
mod number;
mod print;
pub mod refusals;
pub(crate) mod register;
mod rules;
mod store;

pub use card::{card_code, card_link, not_me_link, read_card};
pub use commands::{NewPerson, claim, create, resolve_dispute, say_not_me, set_state};
pub(crate) use commands::{demand_person, erase};
pub(crate) use consent::give_by;
pub use consent::{CONSENT_VERSION, Purpose, give, given, withdraw};
pub use desk::LIST;
pub use life::close_own;
pub use number::{parse_volunteer_no, take_numbers, volunteer_no};
pub(crate) use register::sent_text;
pub use rules::may_move;
pub use store::{
    Brief, Locked, Person, Sealed, brief, by_name_and_tail, by_phone, find, hold, id_index, lock,
    phone_index, phone_of, sealed,
};

use db::Event;
use kernel::{Actor, Error, Lang, PersonId, ids};
use ui::{SearchHit, TaskItem};

ids! {
    /// A consent.
    ConsentId;
    /// A printed activation slip.
    SlipId;
    /// Somebody said "not me".
    NotMeId;
}

kernel::codes! {
    /// Where a person stands (Fix-03).
    pub enum PersonState {
        /// From a roster, without an identity document.
        Incomplete = "incomplete", "资料不全", "Incomplete";
        /// From a roster, not yet confirmed by the person.
        Unclaimed = "unclaimed", "待认领", "Not claimed";
        /// A registered volunteer.
        Active = "active", "正式", "Active";
        /// Suspended by the station.
        Suspended = "suspended", "已暂停", "Suspended";
        /// Frozen: somebody said "not me" (V3).
        Disputed = "disputed", "有异议", "Disputed";
        /// Ended.
        Closed = "closed", "已注销", "Closed";
        /// Died (Edge-11).
        Deceased = "deceased", "已去世", "Deceased";
    }
}

impl PersonState {
    /// Who does what next, for whoever looks at the person's file; nothing where all is well (Chk-01).
    #[must_use]
    pub fn next(self, lang: impl Into<kernel::Lang>) -> Option<&'static str> {
        let lang: kernel::Lang = lang.into();
        Some(match self {
            Self::Active => return None,
            Self::Incomplete => lang.t(
                "资料由社区站点补全，补全后本人才能认领和报名。",
                "The community’s station completes the file; then the person can claim it and sign up.",
            ),
            Self::Unclaimed => lang.t(
                "等本人认领：用手机验证码、激活单，或到社区站点当面办理；没有期限。",
                "The person claims the file by phone code, by a slip or at the station, whenever they like.",
            ),
            Self::Suspended => lang.t(
                "已暂停，不能报名；由本人或社区站点恢复。",
                "Paused: no signing up until the person or the station ends it.",
            ),
            Self::Disputed => lang.t(
                "由社区站点核实；结论出来前不能报名，时长不变。",
                "The station looks into it; until then no signing up, and hours stay as they are.",
            ),
            Self::Closed => lang.t(
                "已注销，记录保留，不需要再处理；想回来时由社区站点重新登记。",
                "Closed; the records stay and nothing is left to do. The station registers whoever comes back.",
            ),
            Self::Deceased => lang.t("档案保留，不需要再处理。", "The file is kept; nothing is left to do."),
        })
    }
}

kernel::codes! {
    /// How sure the identity is (Edge-08).
    pub enum Assurance {
        /// The person typed it.
        Declared = "declared", "本人填报", "Declared";
        /// Staff saw the document.
        Seen = "seen", "已核对证件", "Document seen";
        /// An authority confirmed it.
        Verified = "verified", "权威核验", "Verified";
    }
}

kernel::codes! {
    /// How a person came in.
    pub enum Source {
        /// Registered alone.
        Own = "self", "本人登记", "Self-registered";
        /// Registered at the desk.
        Desk = "desk", "站点登记", "At the desk";
        /// From a roster.
        Import = "import", "名册导入", "Imported";
        /// Staff with an account.
        Staff = "staff", "工作人员", "Staff";
    }
}

kernel::codes! {
    /// Gender as on the document.
    pub enum Gender {
        /// Not known.
        Unknown = "", "未填", "Not given";
        /// 男
        Male = "m", "男", "Male";
        /// 女
        Female = "f", "女", "Female";
    }
}

impl From<Option<roster::clean::Gender>> for Gender {
    fn from(read: Option<roster::clean::Gender>) -> Self {
        match read {
            Some(roster::clean::Gender::Male) => Self::Male,
            Some(roster::clean::Gender::Female) => Self::Female,
            None => Self::Unknown,
        }
    }
}

/// The condition that hides the rows of imports that are not published (Fix-21), for a table `person`
/// under the alias `p`; to be put into every statement that reads people:
/// `sql!(concat!("SELECT … FROM person p WHERE ", people::person_shown!()))`.
#[macro_export]
macro_rules! person_shown {
    () => {
        "(p.batch = 0 OR p.batch NOT IN (SELECT hi.id FROM roster_import hi WHERE hi.hidden))"
    };
}

/// [`person_shown!`] as a text, for [`db::Query::push`].
pub const SHOWN: &str = crate::person_shown!();

/// A person confirmed the registration and counts from now on (Fix-03).
#[derive(Debug, Clone)]
pub struct Claimed {
    /// Who.
    pub person: PersonId,
    /// Name.
    pub name: String,
    /// How: `self`, `phone`, `slip`, `desk`.
    pub channel: String,
}

/// A person's state changed.
#[derive(Debug, Clone)]
pub struct StateChanged {
    /// Who.
    pub person: PersonId,
    /// Before.
    pub before: PersonState,
    /// Now.
    pub now: PersonState,
}

/// A person gave or withdrew the consent to appear in rankings.
#[derive(Debug, Clone)]
pub struct RankChosen {
    /// Who.
    pub person: PersonId,
    /// Whether the name may appear.
    pub public: bool,
}

/// What tells who somebody is was erased: what other rooms keep about them goes with it.
#[derive(Debug, Clone)]
pub struct Erased {
    /// Who it was.
    pub person: PersonId,
}

/// Staff entered another phone: who has it can sign in.
#[derive(Debug, Clone)]
pub struct PhoneChanged {
    /// Whose.
    pub person: PersonId,
}

impl Event for Claimed {}
impl Event for PhoneChanged {}
impl Event for Erased {}
impl Event for StateChanged {}
impl Event for RankChosen {}

pub use api::api;

/// Pages and API of this subject.
pub fn routes() -> axum::Router<ui::App> {
    axum::Router::new()
        .merge(register::routes())
        .merge(desk::routes())
        .merge(file::routes())
        .merge(print::routes())
        .merge(mine::routes())
        .merge(life::routes())
}

/// What waits for the actor: objections ("not me") in the own area.
///
/// # Errors
/// Of the database.
pub fn tasks(tx: &mut db::ReadTx<'_>, actor: &Actor, lang: Lang) -> Result<Vec<TaskItem>, Error> {
    let scopes = actor.scopes(kernel::Action::PersonEdit);
    if scopes.is_empty() {
        return Ok(Vec::new());
    }
    let mut out = Vec::new();
    let open = store::disputes_open(tx, &scopes)?;
    if open > 0 {
        out.push(TaskItem {
            title: lang.t("有人说“不是我”", "Somebody says “not me”").to_owned(),
            detail: lang.f("{} 件等待核实", "{} to look into", &[&open]),
            href: "/disputes".to_owned(),
            action: lang.t("核实", "Look into it").to_owned(),
            due: None,
            count: open,
        });
    }
    Ok(out)
}

/// Finds people by words, only where the actor may read them: the beginning of the name in Chinese or
/// pinyin, initials, the volunteer number. Phones are stored under a blind index: only whole numbers can
/// be found, and only on `/people`, so a row of digits answers with the way there.
///
/// # Errors
/// Of the database.
pub fn search(
    tx: &mut db::ReadTx<'_>,
    actor: &Actor,
    lang: Lang,
    words: &str,
) -> Result<Vec<SearchHit>, Error> {
    let mut hits: Vec<SearchHit> = store::search(tx, actor, words)?
        .into_iter()
        .map(|one| SearchHit {
            kind: lang.t("人员", "Person").to_owned(),
            title: one.name,
            detail: format!("{} · {} · {}", one.volunteer_no, one.home_name, one.state.name(lang)),
            href: format!("/people/{}", one.id),
        })
        .collect();
    let digits = number::fold(words);
    let phone_like = (4..=13).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    if hits.is_empty() && phone_like && actor.may(kernel::Action::PersonRead) {
        let whole = digits.len() == 11;
        hits.push(SearchHit {
            kind: lang.t("人员", "Person").to_owned(),
            title: if whole {
                lang.t("按手机号查找志愿者", "Look for volunteers by this phone").to_owned()
            } else {
                lang.t("手机号要输入完整号码才能查到", "A phone is found by its whole number only").to_owned()
            },
            detail: lang
                .t(
                    "手机号加密保存，不能按尾号查。",
                    "Phones are kept encrypted; their last digits cannot be searched.",
                )
                .to_owned(),
            href: if whole { format!("/people?q={digits}") } else { "/people".to_owned() },
        });
    }
    Ok(hits)
}
