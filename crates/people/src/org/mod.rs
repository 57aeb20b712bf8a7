//! Organisations: the tree with its two lines (area and sponsor, Add-66), stations, teams and groups,
//! their members, their titled posts, and the history of every change (M1, V6, V7).
//!
//! A node's path ends with the node itself (`/1/5/17/`), so that "everything under X" is one range of an
//! index. Paths are rewritten in one statement when a node moves; [`check`] recomputes them.

mod api;
mod commands;
mod face;
mod pages;
pub mod refusals;
pub mod rules;
pub mod scope;
mod store;

use std::sync::OnceLock;

use db::{ReadTx, row};
use kernel::{Actor, Date, Error, Lang, OrgId, PersonId, Place, Timestamp};
use ui::{SearchHit, TaskItem};

pub use commands::{
    Edit, accept, add, add_member, apply, appoint, close, edit, leave_team, merge, plan_of, reject, relocate,
    remove_member, set_state, split,
};
pub(crate) use commands::{demand_kept, demand_person_joinable};
pub use face::{Coming, Photo, Showcase, ShowcaseOf, on_showcase};
pub(crate) use pages::note as export_note;
pub use pages::{LIST, TEAMS};
pub use rules::Coverage;
pub use store::{
    check, communities, coverage, create, end_leader, ensure_root, find, history, join, leads, leave, paths,
    posts, recount, root, search_put, set_leader, set_post, street_of, successors, teams_of,
};
pub(crate) use store::{plain, unled};

kernel::ids! {
    /// A membership, from the application to its end.
    MemberId;
    /// A titled post in an organisation.
    PostId;
}

kernel::codes! {
    /// What a node of the tree is (M1).
    pub enum OrgKind {
        /// The city, or a district of it.
        City = "city", "市", "city";
        /// A street or town (街道、镇).
        Street = "street", "街道", "street";
        /// A community or village (社区、村).
        Community = "community", "社区", "community";
        /// A volunteer station or point.
        Station = "station", "站点", "station";
        /// A responsible department of the sponsor line.
        Department = "department", "部门", "department";
        /// A volunteer team.
        Team = "team", "队伍", "team";
        /// A group inside a team or community.
        Group = "group", "小组", "group";
        /// A member unit: a body of any type of [`OrgType`].
        Unit = "unit", "成员单位", "member unit";
    }
}

kernel::codes! {
    /// Where a node is in its life (Add-17, Edge-15).
    pub enum OrgState {
        /// Promised for a day.
        Planned = "planned", "筹建", "planned";
        /// Working.
        Open = "open", "开放", "open";
        /// Not working for a while.
        Suspended = "suspended", "暂停", "suspended";
        /// Closed for good; its past stays on it.
        Closed = "closed", "已撤销", "closed";
    }
}

kernel::codes! {
    /// What kind of people a team is made of (the 2024 opinion and 8+N; V7).
    pub enum TeamKind {
        /// Party members.
        Party = "party", "党员", "Party members";
        /// Young people.
        Youth = "youth", "青年", "Youth";
        /// Women.
        Women = "women", "巾帼", "Women";
        /// A community's own.
        Community = "community", "社区", "Community";
        /// Employees.
        Workers = "workers", "职工", "Workers";
        /// Veterans.
        Veterans = "veterans", "退役军人", "Veterans";
        /// Students.
        Students = "students", "学生", "Students";
        /// Older people.
        Seniors = "seniors", "老年", "Seniors";
        /// People of a profession.
        Professional = "professional", "专业", "Professional";
    }
}

kernel::codes! {
    /// Types of organisations and unregistered groups (V7).
    pub enum OrgType {
        /// 社会团体.
        Association = "association", "社会团体", "Association";
        /// 社会服务机构.
        ServiceBody = "service_body", "社会服务机构", "Social service body";
        /// 基金会.
        Foundation = "foundation", "基金会", "Foundation";
        /// 慈善组织.
        Charity = "charity", "慈善组织", "Charity";
        /// 机关.
        Agency = "agency", "机关", "Government agency";
        /// 事业单位.
        Institution = "institution", "事业单位", "Public institution";
        /// 企业.
        Enterprise = "enterprise", "企业", "Enterprise";
        /// 学校.
        School = "school", "学校", "School";
        /// 居(村)委会.
        Committee = "committee", "居(村)委会", "Residents' committee";
        /// 公共服务机构.
        PublicService = "public_service", "公共服务机构", "Public service";
        /// 活动举办单位.
        Organiser = "organiser", "活动举办单位", "Organiser of events";
        /// 社区/单位内部志愿团体.
        Internal = "internal", "社区/单位内部志愿团体", "Group inside a community or unit";
        /// 志愿服务队.
        ServiceTeam = "service_team", "志愿服务队", "Volunteer team";
    }
}

kernel::codes! {
    /// State of a membership (V6).
    pub enum MemberState {
        /// Asked to join.
        Applied = "applied", "待审核", "applied";
        /// A member.
        Member = "member", "队员", "member";
        /// Left.
        Left = "left", "已退出", "left";
        /// Not taken.
        Rejected = "rejected", "未通过", "not taken";
    }
}

kernel::codes! {
    /// What a post is for (Add-32).
    pub enum PostKind {
        /// Leads.
        Leader = "leader", "负责人", "Leader";
        /// Stands in for the leader.
        Deputy = "deputy", "副职", "Deputy";
        /// Organises, notifies, records, sums up.
        Liaison = "liaison", "联络员", "Liaison";
        /// Any other titled post.
        Other = "other", "其他职务", "Other";
    }
}

kernel::codes! {
    /// How somebody came to a post (Add-32).
    pub enum How {
        /// Elected by the members.
        Elected = "elected", "选举", "elected";
        /// Appointed.
        Appointed = "appointed", "任命", "appointed";
    }
}

kernel::codes! {
    /// One of the two lines of the tree (条块, Add-66).
    pub enum Line {
        /// By area: city, street, community.
        Area = "area", "属地", "By area";
        /// By sponsor: the department in charge.
        Sponsor = "sponsor", "条线", "By sponsor";
    }
}

row! {
    /// A node of the tree.
    pub struct Org {
        id: OrgId,
        kind: OrgKind,
        type_code: String,
        name: String,
        name_en: String,
        name_key: String,
        code: String,
        uscc: Option<String>,
        area_parent: Option<OrgId>,
        sponsor_parent: Option<OrgId>,
        area_path: String,
        sponsor_path: String,
        state: OrgState,
        address: String,
        phone: String,
        lon: Option<f64>,
        lat: Option<f64>,
        opened_on: Option<Date>,
        due_on: Option<Date>,
        closed_on: Option<Date>,
        flag_no: String,
        slogan: String,
        about: String,
        members: i64,
        version: i64,
        created_at: Timestamp,
    }

    /// A titled post and who holds it.
    pub struct Post {
        id: PostId,
        person: PersonId,
        name: String,
        rank_public: bool,
        title: String,
        kind: PostKind,
        how: How,
        from_on: Date,
        to_on: Option<Date>,
    }

    /// One entry of a node's history.
    pub struct Change {
        id: i64,
        at: Timestamp,
        who: Option<String>,
        change: String,
        before: String,
        after: String,
    }
}

impl Org {
    /// Where it stands, for [`kernel::can`].
    #[must_use]
    pub fn place(&self) -> Place<'_> {
        Place { area_path: &self.area_path, sponsor_path: &self.sponsor_path }
    }

    /// Its name in a language; the Chinese one when there is no other.
    #[must_use]
    pub fn title(&self, lang: &Lang) -> &str {
        if *lang == Lang::En && !self.name_en.is_empty() { &self.name_en } else { &self.name }
    }

    /// Whether people join it.
    #[must_use]
    pub const fn is_team(&self) -> bool {
        matches!(self.kind, OrgKind::Team | OrgKind::Group)
    }

    /// The name of its type, for people: kinds of teams, types of units; empty without one.
    #[must_use]
    pub fn type_name(&self, lang: &Lang) -> &'static str {
        type_name(&self.type_code, *lang)
    }

    /// Its page.
    #[must_use]
    pub fn href(&self) -> String {
        if self.is_team() { format!("/teams/{}", self.id) } else { format!("/orgs/{}", self.id) }
    }
}

/// The name of a team kind or a type of organisation; empty for a code nobody knows.
#[must_use]
pub fn type_name(code: &str, lang: Lang) -> &'static str {
    TeamKind::from_code(code)
        .map(|kind| kind.name(lang))
        .or_else(|| OrgType::from_code(code).map(|kind| kind.name(lang)))
        .unwrap_or_default()
}

/// A node to be made.
#[derive(Clone, Debug)]
pub struct NewOrg {
    /// What it is.
    pub kind: OrgKind,
    /// Code of [`TeamKind`] or [`OrgType`]; may be empty.
    pub type_code: String,
    /// Name.
    pub name: String,
    /// English name; may be empty.
    pub name_en: String,
    /// Area code or the city's own code; may be empty.
    pub code: String,
    /// Unified social credit code (V7).
    pub uscc: Option<String>,
    /// Parent on the area line; `None` only for the top.
    pub area_parent: Option<OrgId>,
    /// Parent on the sponsor line.
    pub sponsor_parent: Option<OrgId>,
    /// State.
    pub state: OrgState,
    /// Address.
    pub address: String,
    /// Telephone of the office, not of a person.
    pub phone: String,
    /// Longitude, degrees, WGS-84.
    pub lon: Option<f64>,
    /// Latitude, degrees, WGS-84.
    pub lat: Option<f64>,
    /// Day it opened.
    pub opened_on: Option<Date>,
    /// Day it is due to open (Add-17).
    pub due_on: Option<Date>,
    /// Number of the flag.
    pub flag_no: String,
    /// Slogan.
    pub slogan: String,
    /// What it is and does.
    pub about: String,
}

impl NewOrg {
    /// An open node with a name under a parent of the area line; the other fields are empty.
    pub fn new(kind: OrgKind, name: impl Into<String>, area_parent: Option<OrgId>) -> Self {
        Self {
            kind,
            type_code: String::new(),
            name: name.into(),
            name_en: String::new(),
            code: String::new(),
            uscc: None,
            area_parent,
            sponsor_parent: None,
            state: OrgState::Open,
            address: String::new(),
            phone: String::new(),
            lon: None,
            lat: None,
            opened_on: None,
            due_on: None,
            flag_no: String::new(),
            slogan: String::new(),
            about: String::new(),
        }
    }
}

/// A team answered an application, took somebody in, or ended a membership; whoever it concerns is told (V6).
#[derive(Clone, Debug)]
pub struct MembershipAnswered {
    /// Whom it concerns.
    pub person: PersonId,
    /// Which team.
    pub team: OrgId,
    /// Its name.
    pub name: String,
    /// What became of it: member, rejected or left.
    pub state: MemberState,
    /// Why, in the team's words; may be empty.
    pub reason: String,
}

impl db::Event for MembershipAnswered {}

/// A node was merged into another (Edge-15). Published inside the merging transaction, after the old
/// node was closed: what is still open moves to the successor, what is past stays where it was.
#[derive(Clone, Copy, Debug)]
pub struct OrgMerged {
    /// The closed node.
    pub from: OrgId,
    /// Its successor.
    pub into: OrgId,
}

impl db::Event for OrgMerged {}

/// A node was closed without a successor, or split into several.
#[derive(Clone, Debug)]
pub struct OrgClosed {
    /// The closed node.
    pub org: OrgId,
    /// What it was split into; empty when it simply closed.
    pub successors: Vec<OrgId>,
}

impl db::Event for OrgClosed {}

/// Counts the sessions of a team that are not recorded yet (Edge-12).
pub type OpenWork = fn(&mut ReadTx<'_>, OrgId) -> Result<i64, Error>;

static OPEN_WORK: OnceLock<OpenWork> = OnceLock::new();

/// Tells this subject how to count open work; `service`, which stands above, does so once at the start.
pub fn on_open_work(count: OpenWork) {
    let _ = OPEN_WORK.set(count);
}

/// How many sessions of the node are not recorded yet; 0 while nobody counts.
fn open_work(tx: &mut ReadTx<'_>, org: OrgId) -> Result<i64, Error> {
    OPEN_WORK.get().map_or(Ok(0), |count| count(tx, org))
}

/// Figures of this subject for the statistics dictionary (Add-03).
pub const FIGURES: &[ui::room::Figure] = &[
    ui::room::Figure {
        code: "org.station_coverage",
        name: ("站点覆盖率", "Station coverage"),
        meaning: (
            "有至少一个开放站点的社区数 ÷ 当日存在的社区数",
            "Communities with at least one open station ÷ communities that exist on the day",
        ),
        unit: ("%", "%"),
        version: 1,
    },
    ui::room::Figure {
        code: "org.station_coverage_planned",
        name: ("站点覆盖率（含筹建）", "Station coverage, with planned ones"),
        meaning: (
            "有至少一个开放或筹建站点的社区数 ÷ 当日存在的社区数",
            "Communities with at least one open or planned station ÷ communities that exist on the day",
        ),
        unit: ("%", "%"),
        version: 1,
    },
];

pub use api::api;

/// Pages and API of this subject.
pub fn routes() -> axum::Router<ui::App> {
    pages::routes().merge(face::routes())
}

/// What waits for the actor: applications to a team, stations that are due, people without a home.
///
/// # Errors
/// Of the database.
pub fn tasks(tx: &mut ReadTx<'_>, actor: &Actor, lang: Lang) -> Result<Vec<TaskItem>, Error> {
    use kernel::{Action, Role};
    let mut out = Vec::new();
    let mut led: Vec<OrgId> =
        actor.grants.iter().filter(|grant| grant.role == Role::Leader).map(|grant| grant.org).collect();
    led.extend(store::unled(tx, actor)?);
    if !led.is_empty() {
        for (team, name, count) in store::applications(tx, &led)? {
            out.push(TaskItem {
                title: lang.f("{} 份入队申请待审核", "{} applications to join", &[&count]),
                detail: name,
                href: format!("/teams/{team}/members?state=applied"),
                action: lang.t("去审核", "Review").to_owned(),
                due: None,
                count,
            });
        }
    }
    let scopes: Vec<String> =
        actor.scopes(Action::OrgManage).iter().map(|grant| grant.area_path.clone()).collect();
    if !scopes.is_empty() {
        let today = tx.now().date();
        for station in store::stations_due(tx, &scopes, today.plus(30))? {
            let due = station.due_on.map(|day| Timestamp::at(day, 0));
            out.push(TaskItem {
                title: lang.f("站点“{}”待开放", "Station “{}” is to open", &[&station.title(&lang)]),
                detail: station.due_on.map(|day| day.to_string()).unwrap_or_default(),
                href: format!("/orgs/{}", station.id),
                action: lang.t("查看", "Look").to_owned(),
                due,
                count: 1,
            });
        }
        for (org, name, count) in store::homeless(tx, &scopes)? {
            out.push(TaskItem {
                title: lang.f(
                    "{} 名志愿者的社区已撤销，待重新归属",
                    "{} volunteers whose community was closed need a new one",
                    &[&count],
                ),
                detail: name,
                href: format!("/orgs/{org}"),
                action: lang.t("查看", "Look").to_owned(),
                due: None,
                count,
            });
        }
    }
    Ok(out)
}

/// Finds organisations and teams by Chinese, pinyin, initials or code.
///
/// # Errors
/// Of the database.
pub fn search(tx: &mut ReadTx<'_>, _actor: &Actor, lang: Lang, words: &str) -> Result<Vec<SearchHit>, Error> {
    let hits = db::search::find(tx, words, &["org"], 12)?;
    let ids: Vec<OrgId> = hits.iter().map(|hit| OrgId(hit.object_id)).collect();
    let found = store::by_ids(tx, &ids)?;
    Ok(ids
        .iter()
        .filter_map(|id| found.iter().find(|org| org.id == *id && org.state != OrgState::Closed))
        .map(|org| SearchHit {
            kind: org.kind.name(lang).to_owned(),
            title: org.title(&lang).to_owned(),
            detail: org.address.clone(),
            href: org.href(),
        })
        .collect())
}
