//! Pages of organisations and teams.

use std::collections::HashMap;

use askama::Template;
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::routing::{get, post};
use db::ReadTx;
use kernel::error::{Collect, common};
use kernel::page::Page;
use kernel::{Action, Actor, Date, Error, Lang, OrgId, Refusal, can};
use serde::Deserialize;
use ui::form::Label;
use ui::list::{Column, Columns, Desk, List, Shown};
use ui::sheet::{self, Cell};
use ui::{Answer, App, Done, Fields, Form, Req, Shell};

use super::commands::{self, Edit, Plan, may_keep, may_post, may_shape};
use super::face::Face;
use super::rules::{self, Coverage};
use super::store::{self, MemberRow, Node, ROWS, TeamFilter, TeamRow, must_find};
use super::{
    Change, How, Line, MemberId, MemberState, NewOrg, Org, OrgKind, OrgState, OrgType, Post, PostId,
    PostKind, TeamKind,
};
use crate::base::store::Base;
use crate::view;

/// The tree of organisations.
pub static LIST: List =
    List { path: "/orgs", name: ("组织", "Organisations"), filters: &["line", "q", "cover"], columns: &[] };

/// The list of teams.
pub static TEAMS: List = List {
    path: "/teams",
    name: ("队伍", "Teams"),
    filters: &["q", "kind", "street", "under", "community", "sponsor"],
    columns: &[
        Column::text("team", "队伍", "Team", Shown::Always),
        Column::text("kind", "类别", "Kind", Shown::Usual),
        Column::text("under", "所属", "Under", Shown::Usual),
        Column::text("sponsor", "主管单位", "Sponsor", Shown::Usual),
        Column::number("members", "队员数", "Members", Shown::Usual),
        Column::text("state", "状态", "State", Shown::Asked),
        Column::text("flag", "队旗编号", "Flag no.", Shown::Asked),
        Column::text("slogan", "口号", "Slogan", Shown::Asked),
    ],
};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/orgs", get(tree))
        .route("/orgs/{id}", get(view))
        .route("/orgs/{id}/new", get(new_form).post(new_save))
        .route("/orgs/{id}/edit", get(edit_form).post(edit_save))
        .route("/orgs/{id}/state", get(state_form).post(state_save))
        .route("/orgs/{id}/move", get(move_form).post(move_save))
        .route("/orgs/{id}/sponsor", get(sponsor_form).post(sponsor_save))
        .route("/orgs/{id}/merge", get(merge_form).post(merge_save))
        .route("/orgs/{id}/split", get(split_form).post(split_save))
        .route("/orgs/{id}/close", get(close_form).post(close_save))
        .route("/orgs/{id}/posts/new", get(post_form).post(post_save))
        .route("/orgs/{id}/posts/{post}/end", get(post_end_form).post(post_end_save))
        .route("/teams", get(teams))
        .route("/teams/{id}", get(team))
        .route("/teams/{id}/apply", post(apply).get(to_team))
        .route("/teams/{id}/leave", post(leave).get(to_team))
        .route("/teams/{id}/members", get(members).post(member_add))
        .route("/teams/{id}/members/{member}/accept", post(member_accept).get(to_members))
        .route("/teams/{id}/members/{member}/reject", post(member_reject).get(to_members))
        .route("/teams/{id}/members/{member}/remove", post(member_remove).get(to_members))
}

type Choices = Vec<(String, String)>;

fn enc(text: &str) -> String {
    // Everything but letters and digits is percent-encoded, so that it can stand in a query.
    text.bytes().fold(String::with_capacity(text.len()), |mut out, b| {
        use std::fmt::Write as _;
        if b.is_ascii_alphanumeric() {
            out.push(char::from(b));
        } else {
            let _ = write!(out, "%{b:02X}");
        }
        out
    })
}

/// Who exported a list, and when.
pub(crate) fn note(lang: Lang, actor: &Actor, tx: &ReadTx<'_>) -> String {
    let who = if actor.name.is_empty() { lang.t("访客", "visitor") } else { &actor.name };
    lang.f("导出：{}，{}", "Exported by {}, {}", &[&who, &tx.now().text()])
}

// ---------------------------------------------------------------------------------------------
// The tree

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct TreeFilter {
    line: String,
    q: String,
    cover: String,
    format: String,
}

/// A community with its stations.
struct Leaf {
    node: Node,
    stations: Vec<Node>,
    teams: i64,
}

/// A street, or what stands directly under the city.
struct Part {
    node: Node,
    leaves: Vec<Leaf>,
    stations: Vec<Node>,
    teams: i64,
    coverage: Coverage,
}

/// A sponsor with what it sponsors.
struct Sponsor {
    node: Option<Node>,
    nodes: Vec<Node>,
}

#[derive(Template)]
#[template(path = "org/tree.html")]
struct TreePage {
    shell: Shell,
    desk: Box<Desk>,
    by_sponsor: bool,
    q: String,
    cover: String,
    covers: [(&'static str, &'static str); 4],
    open_all: bool,
    coverage: Coverage,
    parts: Vec<Part>,
    others: Vec<Node>,
    sponsors: Vec<Sponsor>,
    top: Option<OrgId>,
    may_add: bool,
    /// Whether the registers behind the rates may be looked at.
    may_read: bool,
    export: String,
    empty: bool,
}

fn hit(node: &Node, words: &str) -> bool {
    words.is_empty()
        || node.name.to_lowercase().contains(words)
        || node.name_en.to_lowercase().contains(words)
        || node.name_key.replace(' ', "").contains(&words.replace(' ', ""))
}

fn covers(leaf: &Leaf) -> (bool, bool) {
    (
        leaf.stations.iter().any(|station| station.state == OrgState::Open),
        leaf.stations.iter().any(|station| station.state == OrgState::Planned),
    )
}

const fn cover_choices(lang: Lang) -> [(&'static str, &'static str); 4] {
    [
        ("", lang.t("全部", "All")),
        ("open", lang.t("已有开放站点", "With an open station")),
        ("planned", lang.t("筹建中", "Planned")),
        ("none", lang.t("还没有站点", "Without a station")),
    ]
}

/// The area line as parts, with what is not a street, community or station aside.
fn area_parts(tx: &mut ReadTx<'_>, filter: &TreeFilter) -> Result<(Vec<Part>, Vec<Node>, Coverage), Error> {
    let words = filter.q.trim().to_lowercase();
    let teams = store::team_counts(tx)?;
    let count = |id: OrgId| teams.get(&id).copied().unwrap_or_default();
    let (mut stations, mut leaves, mut tops, mut others) = (
        HashMap::<Option<OrgId>, Vec<Node>>::new(),
        HashMap::<Option<OrgId>, Vec<Node>>::new(),
        vec![],
        vec![],
    );
    for node in store::skeleton(tx)? {
        match node.kind {
            OrgKind::Station => stations.entry(node.area_parent).or_default().push(node),
            OrgKind::Community => leaves.entry(node.area_parent).or_default().push(node),
            OrgKind::City | OrgKind::Street => tops.push(node),
            _ => others.push(node),
        }
    }
    let mut whole = Coverage::default();
    let mut parts = Vec::new();
    for top in tops {
        let whole_part = hit(&top, &words);
        let mut part = Part {
            stations: stations.remove(&Some(top.id)).unwrap_or_default(),
            teams: count(top.id),
            coverage: Coverage::default(),
            leaves: Vec::new(),
            node: top,
        };
        for node in leaves.remove(&Some(part.node.id)).unwrap_or_default() {
            let leaf = Leaf {
                stations: stations.remove(&Some(node.id)).unwrap_or_default(),
                teams: count(node.id),
                node,
            };
            let (open, planned) = covers(&leaf);
            part.coverage.add(open, planned);
            whole.add(open, planned);
            part.teams += leaf.teams;
            let wanted = match filter.cover.as_str() {
                "open" => open,
                "planned" => planned && !open,
                "none" => !open && !planned,
                _ => true,
            };
            let found = whole_part || hit(&leaf.node, &words) || leaf.stations.iter().any(|s| hit(s, &words));
            if wanted && found {
                part.leaves.push(leaf);
            }
        }
        let filtered = !words.is_empty() || !filter.cover.is_empty();
        // The city itself is the page; it is a part only when something stands directly under it.
        let bare = part.leaves.is_empty() && part.stations.is_empty() && part.node.kind == OrgKind::City;
        let missed = filtered && part.leaves.is_empty() && !(whole_part && filter.cover.is_empty());
        if !bare && !missed {
            parts.push(part);
        }
    }
    if !filter.cover.is_empty() {
        others.clear();
    }
    others.retain(|node| hit(node, &words));
    Ok((parts, others, whole))
}

fn sponsor_parts(tx: &mut ReadTx<'_>, filter: &TreeFilter) -> Result<Vec<Sponsor>, Error> {
    let words = filter.q.trim().to_lowercase();
    let all = store::sponsored(tx)?;
    let mut ids: Vec<OrgId> = Vec::new();
    for node in &all {
        let id = if node.kind == OrgKind::Department { Some(node.id) } else { node.sponsor_parent };
        if let Some(id) = id
            && !ids.contains(&id)
        {
            ids.push(id);
        }
    }
    let missing: Vec<OrgId> =
        ids.iter().filter(|id| !all.iter().any(|node| node.id == **id)).copied().collect();
    let names: HashMap<OrgId, Org> =
        store::by_ids(tx, &missing)?.into_iter().map(|org| (org.id, org)).collect();
    let mut out = Vec::new();
    for id in ids {
        let node = all.iter().find(|node| node.id == id).cloned().or_else(|| {
            names.get(&id).map(|org| Node {
                id: org.id,
                kind: org.kind,
                type_code: org.type_code.clone(),
                name: org.name.clone(),
                name_en: org.name_en.clone(),
                name_key: org.name_key.clone(),
                area_parent: org.area_parent,
                sponsor_parent: org.sponsor_parent,
                state: org.state,
                due_on: org.due_on,
                members: org.members,
            })
        });
        let whole = node.as_ref().is_some_and(|node| hit(node, &words));
        let nodes: Vec<Node> = all
            .iter()
            .filter(|one| one.sponsor_parent == Some(id) && (whole || hit(one, &words)))
            .cloned()
            .collect();
        if whole || !nodes.is_empty() {
            out.push(Sponsor { node, nodes });
        }
    }
    Ok(out)
}

async fn tree(State(app): State<App>, req: Req, Query(filter): Query<TreeFilter>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        let desk = match view::desk(&a, tx, req, actor, &LIST)? {
            Ok(desk) => desk,
            Err(elsewhere) => return Ok(elsewhere),
        };
        let lang = req.lang;
        let by_sponsor = filter.line == "sponsor";
        let title = lang.t("组织", "Organisations");
        if by_sponsor {
            let sponsors = sponsor_parts(tx, &filter)?;
            if filter.format == "xlsx" {
                return sponsor_sheet(lang, &note(lang, actor, tx), &sponsors);
            }
            let empty = sponsors.is_empty();
            let page = TreePage {
                shell: a.shell(req, actor, title),
                desk,
                by_sponsor,
                q: filter.q.clone(),
                cover: String::new(),
                covers: cover_choices(lang),
                open_all: !filter.q.trim().is_empty(),
                coverage: Coverage::default(),
                parts: Vec::new(),
                others: Vec::new(),
                sponsors,
                top: None,
                may_add: false,
                may_read: actor.may(Action::OrgRead),
                export: req.with_query("format", "xlsx"),
                empty,
            };
            return ui::answer::html(&a, req, &page);
        }
        let (parts, others, coverage) = area_parts(tx, &filter)?;
        if filter.format == "xlsx" {
            return area_sheet(lang, &note(lang, actor, tx), &parts, &others);
        }
        let top = store::root(tx)?;
        let may_add = match top {
            Some(top) => {
                let (area_path, sponsor_path) = store::paths(tx, top)?;
                let place = kernel::Place { area_path: &area_path, sponsor_path: &sponsor_path };
                may_shape(actor, OrgKind::Street, place)
            }
            None => false,
        };
        let empty = parts.is_empty() && others.is_empty();
        let page = TreePage {
            shell: a.shell(req, actor, title),
            desk,
            by_sponsor,
            q: filter.q.clone(),
            cover: filter.cover.clone(),
            covers: cover_choices(lang),
            open_all: !filter.q.trim().is_empty() || !filter.cover.is_empty(),
            coverage,
            parts,
            others,
            sponsors: Vec::new(),
            top,
            may_add,
            may_read: actor.may(Action::OrgRead),
            export: req.with_query("format", "xlsx"),
            empty,
        };
        ui::answer::html(&a, req, &page)
    })
    .await
}

fn area_sheet(lang: Lang, note: &str, parts: &[Part], others: &[Node]) -> Result<Answer, Error> {
    let heads = [
        lang.t("街道", "Street"),
        lang.t("社区", "Community"),
        lang.t("站点", "Station"),
        lang.t("站点状态", "State of the station"),
        lang.t("预计开放", "Due"),
        lang.t("队伍数", "Teams"),
    ];
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    let mut row = |street: &str, community: &str, station: Option<&Node>, teams: i64| {
        rows.push(vec![
            street.into(),
            community.into(),
            station.map_or_else(String::new, |s| s.title(&lang).to_owned()).into(),
            station.map_or("", |s| s.state.name(lang)).into(),
            station.and_then(|s| s.due_on).map(|day| day.to_string()).unwrap_or_default().into(),
            teams.into(),
        ]);
    };
    for part in parts {
        let street = part.node.title(&lang);
        let own = part.teams - part.leaves.iter().map(|leaf| leaf.teams).sum::<i64>();
        if part.leaves.is_empty() || own > 0 || !part.stations.is_empty() {
            row(street, "", part.stations.first(), own);
            for station in part.stations.iter().skip(1) {
                row(street, "", Some(station), 0);
            }
        }
        for leaf in &part.leaves {
            row(street, leaf.node.title(&lang), leaf.stations.first(), leaf.teams);
            for station in leaf.stations.iter().skip(1) {
                row(street, leaf.node.title(&lang), Some(station), 0);
            }
        }
    }
    for node in others {
        row(node.kind.name(lang), node.title(&lang), None, 0);
    }
    sheet::answer(lang.t("组织（属地）", "Organisations by area"), note, &heads, &rows)
}

fn sponsor_sheet(lang: Lang, note: &str, sponsors: &[Sponsor]) -> Result<Answer, Error> {
    let heads = [
        lang.t("主管单位", "Sponsor"),
        lang.t("名称", "Name"),
        lang.t("类别", "Kind"),
        lang.t("状态", "State"),
        lang.t("队员数", "Members"),
    ];
    let mut rows: Vec<Vec<Cell>> = Vec::new();
    for sponsor in sponsors {
        let name = sponsor.node.as_ref().map_or("", |node| node.title(&lang));
        if sponsor.nodes.is_empty() {
            rows.push(vec![name.into(), "".into(), "".into(), "".into(), 0.into()]);
        }
        for node in &sponsor.nodes {
            rows.push(vec![
                name.into(),
                node.title(&lang).into(),
                kind_name(node.kind, &node.type_code, lang).into(),
                node.state.name(lang).into(),
                node.members.into(),
            ]);
        }
    }
    sheet::answer(lang.t("组织（条线）", "Organisations by sponsor"), note, &heads, &rows)
}

fn kind_name(kind: OrgKind, type_code: &str, lang: Lang) -> String {
    let more = super::type_name(type_code, lang);
    if more.is_empty() { kind.name(lang).to_owned() } else { format!("{} · {more}", kind.name(lang)) }
}

// ---------------------------------------------------------------------------------------------
// One organisation

/// A post as a page shows it.
struct PostLine {
    id: PostId,
    name: String,
    title: String,
    kind: &'static str,
    how: &'static str,
    from: Date,
    to: Option<Date>,
    may_end: bool,
}

/// An entry of the history as a page shows it.
struct HistoryLine {
    at: String,
    text: String,
    who: String,
}

#[derive(Template)]
#[template(path = "org/view.html")]
struct ViewPage {
    shell: Shell,
    org: Org,
    above: Vec<Org>,
    sponsors: Vec<Org>,
    posts: Vec<PostLine>,
    children: Vec<Node>,
    teams: Vec<Node>,
    teams_all: i64,
    history: Vec<HistoryLine>,
    links: Vec<(OrgId, String, Date, bool)>,
    coverage: Option<Coverage>,
    people: Option<i64>,
    may_people: bool,
    place: String,
    may_keep: bool,
    may_shape: bool,
    may_post: bool,
    steps: Vec<OrgState>,
    type_name: &'static str,
    /// Whether to point to the bodies that have their office here.
    bodies: bool,
    /// Where the register of reporting in is, for those who may look at it.
    report_in: Option<String>,
    units: Option<String>,
    /// Titles it bears now.
    bases: Vec<Base>,
    /// Whether the actor may register a title for it.
    may_base: bool,
    /// Whether to point to the places a station looks after.
    sites: bool,
}

/// The coordinates as text, `30.123456 N, 120.654321 E`.
fn coordinates(org: &Org) -> String {
    match (org.lat, org.lon) {
        (Some(lat), Some(lon)) => {
            let (ns, ew) = (if lat < 0.0 { 'S' } else { 'N' }, if lon < 0.0 { 'W' } else { 'E' });
            format!("{:.6}° {ns}, {:.6}° {ew}", lat.abs(), lon.abs())
        }
        _ => String::new(),
    }
}

fn history_lines(lang: Lang, all: Vec<Change>, inside: bool) -> Vec<HistoryLine> {
    all.into_iter()
        .map(|entry| {
            let (before, after) = (entry.before.as_str(), entry.after.as_str());
            let state = |code: &str| OrgState::from_code(code).map_or("", |state| state.name(lang));
            let text = match entry.change.as_str() {
                "created" => lang.f("设立：{}", "Founded: {}", &[&after]),
                "renamed" => lang.f("更名：{} → {}", "Renamed: {} → {}", &[&before, &after]),
                "moved" => {
                    let none = lang.t("无", "none");
                    let (from, to) = (
                        if before.is_empty() { none } else { before },
                        if after.is_empty() { none } else { after },
                    );
                    lang.f("调整隶属：{} → {}", "Moved: {} → {}", &[&from, &to])
                }
                "merged" => lang.f("合并：{} 并入 {}", "Merged: {} into {}", &[&before, &after]),
                "split" => lang.f("拆分为：{}", "Split into: {}", &[&after]),
                "closed" => lang.t("撤销", "Closed").to_owned(),
                "opened" | "suspended" | "planned" => {
                    lang.f("状态：{} → {}", "State: {} → {}", &[&state(before), &state(after)])
                }
                "leader" if !after.is_empty() && before.is_empty() => {
                    lang.f("任命：{}", "Appointed: {}", &[&after])
                }
                "leader" if after == "parent" => {
                    lang.f("卸任：{}，由上级接手", "Post ended: {}; the parent takes over", &[&before])
                }
                "leader" => lang.f("卸任：{}", "Post ended: {}", &[&before]),
                _ => lang.t("修改资料", "Facts edited").to_owned(),
            };
            HistoryLine {
                at: entry.at.text(),
                text,
                who: if inside { entry.who.unwrap_or_default() } else { String::new() },
            }
        })
        .collect()
}

/// The names of who holds posts: whole for those who may see members and for whoever agreed to be
/// named, masked for others.
fn post_lines(lang: Lang, actor: &Actor, org: &Org, posts: Vec<Post>, inside: bool) -> Vec<PostLine> {
    let insight = inside || can(actor, Action::MemberRead, org.place());
    posts
        .into_iter()
        .map(|post| PostLine {
            id: post.id,
            name: if insight || post.rank_public || actor.person == Some(post.person) {
                post.name
            } else {
                vault::mask_name(&post.name)
            },
            title: post.title,
            kind: post.kind.name(lang),
            how: post.how.name(lang),
            from: post.from_on,
            to: post.to_on,
            may_end: post.to_on.is_none() && may_post(actor, org, post.kind),
        })
        .collect()
}

/// The list of a unit, or the register of a community (Add-06).
fn report_in_href(actor: &Actor, org: &Org) -> Option<String> {
    let (action, room) = match org.kind {
        OrgKind::Unit | OrgKind::Department => (Action::TeamManage, "units"),
        OrgKind::Community => (Action::PersonRegister, "communities"),
        _ => return None,
    };
    can(actor, action, org.place()).then(|| format!("/{room}/{}/report-in", org.id))
}

/// The page of a unit as a member, or the unit members of an organisation (V9).
fn units_href(actor: &Actor, org: &Org) -> Option<String> {
    match org.kind {
        OrgKind::Unit => Some(format!("/units/{}", org.id)),
        OrgKind::Group => None,
        _ => can(actor, Action::TeamManage, org.place()).then(|| format!("/orgs/{}/units", org.id)),
    }
}

async fn view(State(app): State<App>, req: Req, Path(id): Path<OrgId>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        let lang = req.lang;
        let org = must_find(tx, id)?;
        let inside = can(actor, Action::OrgRead, org.place());
        let above = store::above(tx, &org, Line::Area)?;
        let sponsors = store::above(tx, &org, Line::Sponsor)?;
        let posts = store::posts(tx, id, inside)?;
        let posts = post_lines(lang, actor, &org, posts, inside);
        let (teams, children): (Vec<Node>, Vec<Node>) = store::children(tx, id)?
            .into_iter()
            .filter(|node| node.state != OrgState::Closed)
            .partition(|node| matches!(node.kind, OrgKind::Team | OrgKind::Group));
        let history = history_lines(lang, store::history(tx, id)?, inside);
        let links = store::successors(tx, id)?;
        let coverage = match org.kind {
            OrgKind::City | OrgKind::Street => Some(store::coverage(tx, &org.area_path)?),
            _ => None,
        };
        let people = if inside { Some(store::people_count(tx, id)?) } else { None };
        let shape = may_shape(actor, org.kind, org.place()) && org.state != OrgState::Closed;
        let page = ViewPage {
            shell: a.shell(req, actor, org.title(&lang)),
            place: coordinates(&org),
            may_people: org.kind == OrgKind::Community && can(actor, Action::PersonRead, org.place()),
            may_keep: may_keep(actor, &org) && org.state != OrgState::Closed,
            may_shape: shape,
            report_in: report_in_href(actor, &org),
            units: units_href(actor, &org),
            bases: crate::base::store::borne_by(tx, id)?,
            may_base: can(actor, Action::OrgManage, org.place()) && org.state != OrgState::Closed,
            sites: inside && org.kind == OrgKind::Station,
            bodies: inside && !org.is_team() && org.kind != OrgKind::Station,
            may_post: may_post(actor, &org, PostKind::Liaison) && org.state != OrgState::Closed,
            steps: if shape {
                OrgState::ALL.iter().copied().filter(|to| rules::may_become(org.state, *to)).collect()
            } else {
                Vec::new()
            },
            type_name: org.type_name(&lang),
            teams_all: i64::try_from(teams.len()).unwrap_or(0),
            // A department may sponsor hundreds; the list of teams shows them all.
            teams: teams.into_iter().take(30).collect(),
            above,
            sponsors,
            posts,
            children,
            history,
            links,
            coverage,
            people,
            org,
        };
        ui::answer::html(&a, req, &page)
    })
    .await
}

// ---------------------------------------------------------------------------------------------
// Making and editing

#[derive(Template)]
#[template(path = "org/form.html")]
struct FormPage {
    shell: Shell,
    form: Form,
    org: Org,
    /// Kind of the new node; `None`: choose first.
    kind: Option<OrgKind>,
    kinds: Vec<OrgKind>,
    types: Choices,
    sponsors: Choices,
    states: Choices,
    new: bool,
    whole: bool,
    action: String,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct NewFilter {
    kind: String,
}

fn types_of(kind: OrgKind, lang: Lang) -> Choices {
    let pair = |code: &str, name: &str| (code.to_owned(), name.to_owned());
    match kind {
        OrgKind::Team | OrgKind::Group => {
            TeamKind::ALL.iter().map(|one| pair(one.code(), one.name(lang))).collect()
        }
        OrgKind::Unit | OrgKind::Department => {
            OrgType::ALL.iter().map(|one| pair(one.code(), one.name(lang))).collect()
        }
        _ => Vec::new(),
    }
}

fn choices(orgs: Vec<Org>, lang: Lang) -> Choices {
    orgs.into_iter()
        .map(|org| (org.id.to_string(), format!("{} · {}", org.kind.name(lang), org.title(&lang))))
        .collect()
}

fn new_page(
    a: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    id: OrgId,
    kind: &str,
    form: &Form,
) -> Result<Answer, Error> {
    let lang = req.lang;
    let org = must_find(tx, id)?;
    actor.account()?;
    let kinds: Vec<OrgKind> = OrgKind::ALL
        .iter()
        .copied()
        .filter(|kind| rules::may_stand_under(*kind, org.kind) && may_shape(actor, *kind, org.place()))
        .collect();
    if kinds.is_empty() {
        return Err((&common::FORBIDDEN).into());
    }
    let kind = OrgKind::from_code(kind).filter(|kind| kinds.contains(kind));
    let sponsors = match kind {
        Some(OrgKind::Team | OrgKind::Group | OrgKind::Unit | OrgKind::Department | OrgKind::Station) => {
            choices(store::of_kinds(tx, &[OrgKind::Department, OrgKind::Unit])?, lang)
        }
        _ => Vec::new(),
    };
    let states = [OrgState::Open, OrgState::Planned]
        .iter()
        .map(|state| (state.code().to_owned(), state.name(lang).to_owned()))
        .collect();
    let page = FormPage {
        shell: a.shell(req, actor, &lang.f("在“{}”下新建", "New under “{}”", &[&org.title(&lang)])),
        form: form.clone(),
        action: format!("/orgs/{id}/new"),
        types: kind.map(|kind| types_of(kind, lang)).unwrap_or_default(),
        org,
        kind,
        kinds,
        sponsors,
        states,
        new: true,
        whole: true,
    };
    ui::answer::html(a, req, &page)
}

async fn new_form(
    State(app): State<App>,
    req: Req,
    Path(id): Path<OrgId>,
    Query(filter): Query<NewFilter>,
) -> Answer {
    let a = app.clone();
    let form = Form::filled([("state", "open")]);
    app.page(req, move |tx, req, actor| new_page(&a, tx, req, actor, id, &filter.kind, &form)).await
}

fn optional_date(fields: &Fields, name: &'static str, label: Label) -> Result<Option<Date>, Refusal> {
    if fields.text(name).is_empty() { Ok(None) } else { fields.date(name, label).map(Some) }
}

/// Reads the facts every kind of node has.
fn facts(fields: &Fields, kind: OrgKind, collect: &mut Collect) -> Edit {
    let text = |collect: &mut Collect, name: &'static str, label: Label, max: usize| {
        collect.take(fields.optional(name, label, max)).unwrap_or_default()
    };
    let name = collect.take(fields.required("name", Label("名称", "Name"), 60)).unwrap_or_default();
    let type_label = Label("类别", "Kind");
    let type_code = text(collect, "type_code", type_label, 30);
    let known = types_of(kind, Lang::Zh);
    collect.check(!type_code.is_empty() && !known.iter().any(|(code, _)| *code == type_code), || {
        type_label.wrong("type_code", &type_code, "请从列表中选择。", "Choose one from the list.")
    });
    let uscc = text(collect, "uscc", Label("统一社会信用代码", "Unified social credit code"), 30)
        .replace([' ', '-'], "")
        .to_uppercase();
    let point = collect.take(fields.point()).flatten();
    Edit {
        version: fields.text("version").parse().unwrap_or_default(),
        name,
        name_en: text(collect, "name_en", Label("英文名称", "English name"), 120),
        type_code,
        code: text(collect, "code", Label("编码", "Code"), 30),
        uscc: (!uscc.is_empty()).then_some(uscc),
        address: text(collect, "address", Label("地址", "Address"), 120),
        phone: text(collect, "phone", Label("办公电话", "Office phone"), 40),
        lon: point.map(|point| point.0),
        lat: point.map(|point| point.1),
        flag_no: text(collect, "flag_no", Label("队旗编号", "Flag number"), 30),
        slogan: text(collect, "slogan", Label("口号", "Slogan"), 60),
        about: text(collect, "about", Label("简介", "About"), 2000),
    }
}

/// Reads what is to be founded under a node; the same for page and API.
pub(super) fn read_new(fields: &Fields, id: OrgId) -> Result<NewOrg, Error> {
    let mut collect = Collect::default();
    let kind_label = Label("组织类型", "Type of organisation");
    let kind = collect.take(fields.required("kind", kind_label, 20).and_then(|code| {
        OrgKind::from_code(&code)
            .ok_or_else(|| kind_label.wrong("kind", &code, "请从列表中选择。", "Choose one from the list."))
    }));
    let edit = facts(fields, kind.unwrap_or(OrgKind::Team), &mut collect);
    let sponsor = if fields.text("sponsor").is_empty() {
        None
    } else {
        collect.take(fields.id::<OrgId>("sponsor", Label("主管单位", "Sponsor")))
    };
    let state = if fields.text("state") == "planned" { OrgState::Planned } else { OrgState::Open };
    let due = if state == OrgState::Planned {
        collect.take(fields.date("due_on", Label("预计开放日期", "Due date")))
    } else {
        None
    };
    let opened = collect.take(optional_date(fields, "opened_on", Label("成立日期", "Founded on"))).flatten();
    collect.done()?;
    let Some(kind) = kind else { return Err((&common::NOT_FOUND).into()) };
    Ok(NewOrg {
        kind,
        type_code: edit.type_code,
        name: edit.name,
        name_en: edit.name_en,
        code: edit.code,
        uscc: edit.uscc,
        area_parent: Some(id),
        sponsor_parent: sponsor,
        state,
        address: edit.address,
        phone: edit.phone,
        lon: edit.lon,
        lat: edit.lat,
        opened_on: opened,
        due_on: due,
        flag_no: edit.flag_no,
        slogan: edit.slogan,
        about: edit.about,
    })
}

async fn new_save(State(app): State<App>, req: Req, Path(id): Path<OrgId>, fields: Fields) -> Answer {
    let a = app.clone();
    let kind = fields.text("kind").to_owned();
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            let new = read_new(fields, id)?;
            let made = commands::add(tx, actor, &new)?;
            let room = if matches!(new.kind, OrgKind::Team | OrgKind::Group) { "teams" } else { "orgs" };
            Ok(Done::to(
                format!("/{room}/{made}"),
                req.lang.f("已设立“{}”", "“{}” was founded", &[&new.name]),
            ))
        },
        move |tx, req, actor, form| new_page(&a, tx, req, actor, id, &kind, form),
    )
    .await
}

/// A node as the form of changing it shows it.
pub(super) fn filled(org: &Org) -> Fields {
    let degrees = |value: Option<f64>| value.map(|value| format!("{value:.6}")).unwrap_or_default();
    Fields::of([
        ("version", org.version.to_string()),
        ("name", org.name.clone()),
        ("name_en", org.name_en.clone()),
        ("type_code", org.type_code.clone()),
        ("code", org.code.clone()),
        ("uscc", org.uscc.clone().unwrap_or_default()),
        ("address", org.address.clone()),
        ("phone", org.phone.clone()),
        ("lon", degrees(org.lon)),
        ("lat", degrees(org.lat)),
        ("flag_no", org.flag_no.clone()),
        ("slogan", org.slogan.clone()),
        ("about", org.about.clone()),
    ])
}

fn edit_page(
    a: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    id: OrgId,
    form: Option<&Form>,
) -> Result<Answer, Error> {
    let lang = req.lang;
    let org = must_find(tx, id)?;
    actor.account()?;
    if !may_keep(actor, &org) {
        return Err((&common::FORBIDDEN).into());
    }
    let form = form.cloned().unwrap_or_else(|| Form { fields: filled(&org), ..Form::default() });
    let page = FormPage {
        shell: a.shell(req, actor, &lang.f("编辑“{}”", "Edit “{}”", &[&org.title(&lang)])),
        form,
        kind: Some(org.kind),
        kinds: Vec::new(),
        types: types_of(org.kind, lang),
        sponsors: Vec::new(),
        states: Vec::new(),
        new: false,
        whole: may_shape(actor, org.kind, org.place()),
        action: format!("/orgs/{id}/edit"),
        org,
    };
    ui::answer::html(a, req, &page)
}

async fn edit_form(State(app): State<App>, req: Req, Path(id): Path<OrgId>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| edit_page(&a, tx, req, actor, id, None)).await
}

/// Reads what is changed of a node; the same for page and API.
pub(super) fn read_edit(actor: &Actor, org: &Org, fields: &Fields) -> Result<Edit, Error> {
    let mut fields = fields.clone();
    if !may_shape(actor, org.kind, org.place()) {
        // A leader's form has no name; the command keeps it anyway.
        fields.0.push(("name".to_owned(), org.name.clone()));
    }
    let mut collect = Collect::default();
    let mut edit = facts(&fields, org.kind, &mut collect);
    collect.done()?;
    if edit.type_code.is_empty() {
        // Departments of the city carry codes that no list offers.
        edit.type_code.clone_from(&org.type_code);
    }
    Ok(edit)
}

async fn edit_save(State(app): State<App>, req: Req, Path(id): Path<OrgId>, fields: Fields) -> Answer {
    let a = app.clone();
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            let org = must_find(tx, id)?;
            let edit = read_edit(actor, &org, fields)?;
            commands::edit(tx, actor, id, &edit)?;
            Ok(Done::to(org.href(), req.lang.t("已保存", "Saved")))
        },
        move |tx, req, actor, form| edit_page(&a, tx, req, actor, id, Some(form)),
    )
    .await
}

// ---------------------------------------------------------------------------------------------
// Changes of the tree, each with a page that says what will happen

#[derive(Template)]
#[template(path = "org/change.html")]
struct ChangePage {
    shell: Shell,
    form: Form,
    org: Org,
    /// What is chosen first (`to`), when something is.
    choices: Choices,
    choose: String,
    chosen: String,
    /// New names are typed first.
    names: bool,
    /// What will happen, sentence by sentence.
    lines: Vec<String>,
    /// Children to be given to one of the parts: (field, name).
    parts: Choices,
    part_names: Choices,
    /// Values that go along with the confirmation.
    hidden: Vec<(&'static str, String)>,
    /// A date is asked for.
    due: bool,
    action: String,
    button: String,
    danger: bool,
    ready: bool,
}

/// Which change.
#[derive(Clone, Copy, PartialEq, Eq)]
enum What {
    State,
    Move,
    Sponsor,
    Merge,
    Split,
    Close,
}

impl What {
    const fn path(self) -> &'static str {
        match self {
            Self::State => "state",
            Self::Move => "move",
            Self::Sponsor => "sponsor",
            Self::Merge => "merge",
            Self::Split => "split",
            Self::Close => "close",
        }
    }
}

/// Marks "no sponsor" among the choices.
const NO_SPONSOR: &str = "none";

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Asked {
    to: String,
    names: String,
}

/// The names of the parts of a split, a line for each; the same for page and API.
pub(super) fn split_names(text: &str) -> Vec<String> {
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .map(|line| line.chars().take(60).collect())
        .collect()
}

fn titles(what: What, org: &Org, lang: Lang) -> (String, String, String) {
    let name = org.title(&lang);
    let (zh, en, choose_zh, choose_en, button_zh, button_en) = match what {
        What::State => {
            ("改变“{}”的状态", "Change the state of “{}”", "新状态", "New state", "确定", "Confirm")
        }
        What::Move => ("移动“{}”", "Move “{}”", "新的上级", "New parent", "确定移动", "Move"),
        What::Sponsor => {
            ("更换“{}”的主管单位", "Sponsor of “{}”", "主管单位", "Sponsor", "确定更换", "Change sponsor")
        }
        What::Merge => ("合并“{}”", "Merge “{}”", "由谁承接", "Successor", "确定合并", "Merge"),
        What::Split => ("拆分“{}”", "Split “{}”", "", "", "确定拆分", "Split"),
        What::Close => ("撤销“{}”", "Close “{}”", "", "", "确定撤销", "Close"),
    };
    (
        lang.f(zh, en, &[&name]),
        lang.t(choose_zh, choose_en).to_owned(),
        lang.t(button_zh, button_en).to_owned(),
    )
}

fn lines_of(
    what: What,
    org: &Org,
    to: Option<&Org>,
    state: Option<OrgState>,
    plan: &Plan,
    lang: Lang,
) -> Vec<String> {
    let name = org.title(&lang);
    let target = to.map_or_else(|| lang.t("（无）", "(none)").to_owned(), |to| to.title(&lang).to_owned());
    let mut out = Vec::new();
    match what {
        What::State => {
            if let Some(state) = state {
                out.push(lang.f(
                    "“{}”由“{}”变为“{}”。",
                    "“{}” changes from {} to {}.",
                    &[&name, &org.state.name(lang), &state.name(lang)],
                ));
                if org.kind == OrgKind::Station {
                    out.push(lang.t("站点覆盖率随之变化。", "Station coverage changes with it.").to_owned());
                }
                if state == OrgState::Suspended && org.is_team() {
                    out.push(
                        lang.t(
                            "暂停期间不接收新队员，现有队员不变。",
                            "While suspended it takes no new members; members stay.",
                        )
                        .to_owned(),
                    );
                }
            }
        }
        What::Move => {
            out.push(lang.f("“{}”改为隶属“{}”。", "“{}” will stand under “{}”.", &[&name, &target]));
            out.push(lang.f(
                "它下面的 {} 个组织一起移动，各级管理范围随之改变。",
                "{} organisations under it move along; who manages them changes accordingly.",
                &[&plan.subtree],
            ));
            out.push(lang.t("过去的记录不变。", "Past records do not change.").to_owned());
        }
        What::Sponsor => {
            out.push(lang.f(
                "“{}”的主管单位改为“{}”。",
                "The sponsor of “{}” becomes “{}”.",
                &[&name, &target],
            ));
            out.push(
                lang.t("属地不变；主管单位能看到它的数据。", "Its area stays; the sponsor sees its figures.")
                    .to_owned(),
            );
        }
        What::Merge => {
            out.push(lang.f(
                "“{}”撤销，由“{}”承接。历史记录留在原组织。",
                "“{}” closes and “{}” succeeds it. Past records stay where they are.",
                &[&name, &target],
            ));
            out.push(lang.f(
                "移交：下级组织 {} 个，志愿者 {} 人，队员 {} 人，角色 {} 个。",
                "Handed over: {} organisations below, {} volunteers, {} members, {} roles.",
                &[&plan.children, &plan.people, &plan.members, &plan.grants],
            ));
            if plan.posts > 0 {
                out.push(lang.f("{} 个职务结束。", "{} posts end.", &[&plan.posts]));
            }
        }
        What::Split => {
            out.push(lang.f(
                "“{}”撤销，新组织设在同一上级下。历史记录留在原组织。",
                "“{}” closes; the new ones stand under the same parent. Past records stay where they are.",
                &[&name],
            ));
            if org.is_team() {
                out.push(lang.f(
                    "{} 名队员转入第一个新队伍。",
                    "{} members go to the first new team.",
                    &[&plan.members],
                ));
            } else {
                out.push(lang.f(
                    "{} 名志愿者暂留原组织，待工作人员按住址重新归属；{} 个角色在每个新组织继续有效。",
                    "{} volunteers stay until staff give them a new home by address; {} roles hold in each new organisation.",
                    &[&plan.people, &plan.grants],
                ));
            }
        }
        What::Close => {
            out.push(lang.f(
                "“{}”撤销，不能恢复；历史记录保留。",
                "“{}” closes for good; its past is kept.",
                &[&name],
            ));
            out.push(lang.f(
                "{} 名队员退出，{} 个职务和 {} 个角色结束。",
                "{} members leave; {} posts and {} roles end.",
                &[&plan.members, &plan.posts, &plan.grants],
            ));
            for (count, zh, en) in [
                (
                    plan.children,
                    "还有 {} 个下级组织，须先移动或合并。",
                    "{} organisations below must move or merge first.",
                ),
                (plan.people, "还有 {} 名志愿者，须改用合并。", "{} volunteers belong here: merge instead."),
                (plan.open_work, "还有 {} 场活动没有登记完。", "{} sessions are not recorded yet."),
            ] {
                if count > 0 {
                    out.push(lang.f(zh, en, &[&count]));
                }
            }
        }
    }
    out
}

fn targets(tx: &mut ReadTx<'_>, what: What, org: &Org, actor: &Actor, lang: Lang) -> Result<Choices, Error> {
    let kinds: Vec<OrgKind> = match what {
        What::Move => {
            OrgKind::ALL.iter().copied().filter(|kind| rules::may_stand_under(org.kind, *kind)).collect()
        }
        What::Sponsor => OrgKind::ALL
            .iter()
            .copied()
            .filter(|kind| matches!(kind, OrgKind::City | OrgKind::Department | OrgKind::Unit))
            .collect(),
        What::Merge => vec![org.kind],
        _ => Vec::new(),
    };
    let mut found = store::of_kinds(tx, &kinds)?;
    found.retain(|one| {
        one.id != org.id
            && match what {
                What::Move => {
                    !rules::would_ring(&org.area_path, &one.area_path)
                        && may_shape(actor, org.kind, one.place())
                        && Some(one.id) != org.area_parent
                }
                What::Sponsor => !rules::would_ring(&org.sponsor_path, &one.sponsor_path),
                _ => {
                    one.state == OrgState::Open
                        && !rules::would_ring(&org.area_path, &one.area_path)
                        && may_shape(actor, org.kind, one.place())
                }
            }
    });
    let mut out = choices(found, lang);
    if what == What::Sponsor && org.sponsor_parent.is_some() {
        out.insert(0, (NO_SPONSOR.to_owned(), lang.t("无主管单位", "No sponsor").to_owned()));
    }
    Ok(out)
}

fn change_page(
    a: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    (id, what): (OrgId, What),
    asked: &Asked,
    form: &Form,
) -> Result<Answer, Error> {
    let lang = req.lang;
    let org = must_find(tx, id)?;
    actor.account()?;
    if !may_shape(actor, org.kind, org.place()) {
        return Err((&common::FORBIDDEN).into());
    }
    let plan = commands::plan_of(tx, &org)?;
    let (title, choose, button) = titles(what, &org, lang);
    let mut page = ChangePage {
        shell: a.shell(req, actor, &title),
        form: form.clone(),
        choices: Vec::new(),
        choose,
        chosen: asked.to.clone(),
        names: what == What::Split,
        lines: Vec::new(),
        parts: Vec::new(),
        part_names: Vec::new(),
        hidden: Vec::new(),
        due: false,
        action: format!("/orgs/{id}/{}", what.path()),
        button,
        danger: matches!(what, What::Merge | What::Split | What::Close),
        ready: false,
        org,
    };
    let mut target = None;
    let mut state = None;
    match what {
        What::State => {
            state = OrgState::from_code(&asked.to).filter(|to| rules::may_become(page.org.state, *to));
            page.choices = OrgState::ALL
                .iter()
                .filter(|to| rules::may_become(page.org.state, **to))
                .map(|to| (to.code().to_owned(), to.name(lang).to_owned()))
                .collect();
            page.ready = state.is_some();
            page.due = state == Some(OrgState::Planned);
            page.hidden.push(("to", asked.to.clone()));
        }
        What::Move | What::Sponsor | What::Merge => {
            page.choices = targets(tx, what, &page.org, actor, lang)?;
            page.ready = page.choices.iter().any(|(id, _)| *id == asked.to);
            if page.ready
                && let Ok(to) = asked.to.parse()
            {
                target = store::find(tx, to)?;
            }
            page.hidden.push(("to", asked.to.clone()));
        }
        What::Split => {
            let names = split_names(&asked.names);
            page.ready = names.len() >= 2;
            if page.form.v("names").is_empty() {
                page.form.fields.0.push(("names".to_owned(), asked.names.clone()));
            }
            page.parts = store::children(tx, id)?
                .into_iter()
                .filter(|child| child.state != OrgState::Closed)
                .map(|child| (format!("child_{}", child.id), child.title(&lang).to_owned()))
                .collect();
            page.part_names =
                (0_usize..).zip(&names).map(|(at, name)| (at.to_string(), name.clone())).collect();
            page.hidden.push(("names", names.join("\n")));
        }
        What::Close => page.ready = true,
    }
    if page.ready {
        page.lines = lines_of(what, &page.org, target.as_ref(), state, &plan, lang);
    }
    ui::answer::html(a, req, &page)
}

async fn change_form(app: App, req: Req, id: OrgId, what: What, asked: Asked) -> Answer {
    let a = app.clone();
    let form = Form::default();
    app.page(req, move |tx, req, actor| change_page(&a, tx, req, actor, (id, what), &asked, &form)).await
}

/// The day by which a planned node shall open; the same for page and API.
pub(super) fn read_due(state: OrgState, fields: &Fields) -> Result<Option<Date>, Error> {
    match state {
        OrgState::Planned => Ok(Some(fields.date("due_on", Label("预计开放日期", "Due date"))?)),
        _ => Ok(None),
    }
}

async fn change_save(app: App, req: Req, id: OrgId, what: What, fields: Fields) -> Answer {
    let a = app.clone();
    let asked = Asked { to: fields.text("to").to_owned(), names: fields.text("names").to_owned() };
    let (given, again) = (asked.clone(), asked);
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            let lang = req.lang;
            let to = || given.to.parse::<OrgId>().map_err(|_| Error::from(&common::NOT_FOUND));
            match what {
                What::State => {
                    let Some(state) = OrgState::from_code(&given.to) else {
                        return Err((&common::NOT_FOUND).into());
                    };
                    commands::set_state(tx, actor, id, state, read_due(state, fields)?)?;
                    Ok(Done::to(must_find(tx, id)?.href(), lang.t("状态已更新", "The state was changed")))
                }
                What::Move => {
                    commands::relocate(tx, actor, id, Line::Area, Some(to()?))?;
                    Ok(Done::to(must_find(tx, id)?.href(), lang.t("已移动", "Moved")))
                }
                What::Sponsor => {
                    let sponsor = if given.to == NO_SPONSOR { None } else { Some(to()?) };
                    commands::relocate(tx, actor, id, Line::Sponsor, sponsor)?;
                    Ok(Done::to(
                        must_find(tx, id)?.href(),
                        lang.t("主管单位已更换", "The sponsor was changed"),
                    ))
                }
                What::Merge => {
                    let into = to()?;
                    let people = commands::merge(tx, actor, id, into)?;
                    let say = lang.f(
                        "已合并，{} 名志愿者改换归属",
                        "Merged; {} volunteers got a new home",
                        &[&people],
                    );
                    Ok(Done::to(must_find(tx, into)?.href(), say))
                }
                What::Split => {
                    let children: Vec<(OrgId, usize)> = fields
                        .0
                        .iter()
                        .filter_map(|(name, value)| {
                            Some((name.strip_prefix("child_")?.parse().ok()?, value.parse().ok()?))
                        })
                        .collect();
                    let made = commands::split(tx, actor, id, &split_names(&given.names), &children)?;
                    let say = lang.f("已拆分为 {} 个组织", "Split into {} organisations", &[&made.len()]);
                    Ok(Done::to(format!("/orgs/{id}"), say))
                }
                What::Close => {
                    commands::close(tx, actor, id)?;
                    Ok(Done::to(format!("/orgs/{id}"), lang.t("已撤销", "Closed")))
                }
            }
        },
        move |tx, req, actor, form| change_page(&a, tx, req, actor, (id, what), &again, form),
    )
    .await
}

macro_rules! changes {
    ($($what:ident $show:ident $save:ident;)*) => {$(
        async fn $show(State(app): State<App>, req: Req, Path(id): Path<OrgId>, Query(asked): Query<Asked>) -> Answer {
            change_form(app, req, id, What::$what, asked).await
        }
        async fn $save(State(app): State<App>, req: Req, Path(id): Path<OrgId>, fields: Fields) -> Answer {
            change_save(app, req, id, What::$what, fields).await
        }
    )*};
}

changes! {
    State state_form state_save;
    Move move_form move_save;
    Sponsor sponsor_form sponsor_save;
    Merge merge_form merge_save;
    Split split_form split_save;
    Close close_form close_save;
}

// ---------------------------------------------------------------------------------------------
// Posts

#[derive(Template)]
#[template(path = "org/post.html")]
struct PostPage {
    shell: Shell,
    form: Form,
    org: Org,
    kinds: Choices,
    hows: Choices,
    action: String,
}

fn post_page(
    a: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    id: OrgId,
    form: &Form,
) -> Result<Answer, Error> {
    let lang = req.lang;
    let org = must_find(tx, id)?;
    actor.account()?;
    let kinds: Choices = PostKind::ALL
        .iter()
        .filter(|kind| may_post(actor, &org, **kind))
        .map(|kind| (kind.code().to_owned(), kind.name(lang).to_owned()))
        .collect();
    if kinds.is_empty() {
        return Err((&common::FORBIDDEN).into());
    }
    let page = PostPage {
        shell: a.shell(req, actor, &lang.f("任命：{}", "Appoint in {}", &[&org.title(&lang)])),
        form: form.clone(),
        kinds,
        hows: How::ALL.iter().map(|how| (how.code().to_owned(), how.name(lang).to_owned())).collect(),
        action: format!("/orgs/{id}/posts/new"),
        org,
    };
    ui::answer::html(a, req, &page)
}

async fn post_form(State(app): State<App>, req: Req, Path(id): Path<OrgId>) -> Answer {
    let a = app.clone();
    let form = Form::filled([("how", "appointed")]);
    app.page(req, move |tx, req, actor| post_page(&a, tx, req, actor, id, &form)).await
}

async fn post_save(State(app): State<App>, req: Req, Path(id): Path<OrgId>, fields: Fields) -> Answer {
    let a = app.clone();
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            let mut collect = Collect::default();
            let (zh, en) = ("请从列表中选择。", "Choose one from the list.");
            let no =
                collect.take(fields.required("volunteer_no", Label("志愿者编号", "Volunteer number"), 30));
            let title = collect.take(fields.required("title", Label("职务称谓", "Title"), 30));
            let label = Label("职务类别", "Kind of post");
            let kind = collect.take(fields.required("kind", label, 20).and_then(|code| {
                PostKind::from_code(&code).ok_or_else(|| label.wrong("kind", &code, zh, en))
            }));
            let label = Label("产生方式", "How chosen");
            let how = collect.take(
                fields
                    .required("how", label, 20)
                    .and_then(|code| How::from_code(&code).ok_or_else(|| label.wrong("how", &code, zh, en))),
            );
            collect.done()?;
            if let (Some(no), Some(title), Some(kind), Some(how)) = (no, title, kind, how) {
                commands::appoint(tx, actor, id, &no, kind, &title, how)?;
            }
            Ok(Done::to(must_find(tx, id)?.href(), req.lang.t("已任命", "Appointed")))
        },
        move |tx, req, actor, form| post_page(&a, tx, req, actor, id, form),
    )
    .await
}

#[derive(Template)]
#[template(path = "org/post_end.html")]
struct PostEndPage {
    shell: Shell,
    form: Form,
    org: Org,
    name: String,
    title: String,
    open_work: i64,
    last: bool,
    may_take_over: bool,
    action: String,
}

fn post_end_page(
    a: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    (id, post): (OrgId, PostId),
    form: &Form,
) -> Result<Answer, Error> {
    let lang = req.lang;
    let org = must_find(tx, id)?;
    actor.account()?;
    let posts = store::posts(tx, id, false)?;
    let Some(ending) = posts.iter().find(|one| one.id == post) else {
        return Err((&common::NOT_FOUND).into());
    };
    if !may_post(actor, &org, ending.kind) {
        return Err((&common::FORBIDDEN).into());
    }
    let leads = |one: &Post| matches!(one.kind, PostKind::Leader | PostKind::Deputy);
    let page = PostEndPage {
        shell: a.shell(req, actor, lang.t("卸任", "End a post")),
        form: form.clone(),
        name: ending.name.clone(),
        title: ending.title.clone(),
        last: leads(ending) && !posts.iter().any(|one| one.id != post && leads(one)),
        open_work: super::open_work(tx, id)?,
        may_take_over: may_shape(actor, org.kind, org.place()),
        action: format!("/orgs/{id}/posts/{post}/end"),
        org,
    };
    ui::answer::html(a, req, &page)
}

async fn post_end_form(State(app): State<App>, req: Req, Path(ids): Path<(OrgId, PostId)>) -> Answer {
    let a = app.clone();
    let form = Form::default();
    app.page(req, move |tx, req, actor| post_end_page(&a, tx, req, actor, ids, &form)).await
}

async fn post_end_save(
    State(app): State<App>,
    req: Req,
    Path(ids): Path<(OrgId, PostId)>,
    fields: Fields,
) -> Answer {
    let a = app.clone();
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            commands::dismiss(tx, actor, ids.0, ids.1, fields.text("take_over") == "1")?;
            Ok(Done::to(must_find(tx, ids.0)?.href(), req.lang.t("已卸任", "The post has ended")))
        },
        move |tx, req, actor, form| post_end_page(&a, tx, req, actor, ids, form),
    )
    .await
}

// ---------------------------------------------------------------------------------------------
// Teams

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct TeamsFilter {
    q: String,
    kind: String,
    street: String,
    under: String,
    community: String,
    sponsor: String,
    after: String,
    format: String,
}

#[derive(Template)]
#[template(path = "org/teams.html")]
struct TeamsPage {
    shell: Shell,
    desk: Box<Desk>,
    form: Form,
    page: Page<TeamRow>,
    kinds: Choices,
    streets: Choices,
    communities: Choices,
    more: Option<String>,
    export: String,
    filtered: bool,
    /// Staff choose several teams at once.
    may_choose: bool,
}

/// The narrowest place asked for, as a path.
pub(super) fn under(tx: &mut ReadTx<'_>, ids: [&str; 3]) -> Result<Option<String>, Error> {
    match ids.into_iter().find_map(|id| id.parse::<OrgId>().ok()) {
        Some(id) => Ok(Some(store::paths(tx, id)?.0)),
        None => Ok(None),
    }
}

async fn teams(State(app): State<App>, req: Req, Query(filter): Query<TeamsFilter>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        let desk = match view::desk(&a, tx, req, actor, &TEAMS)? {
            Ok(desk) => desk,
            Err(elsewhere) => return Ok(elsewhere),
        };
        let lang = req.lang;
        let asked = TeamFilter {
            q: filter.q.clone(),
            kind: filter.kind.clone(),
            under: under(tx, [&filter.community, &filter.under, &filter.street])?,
            sponsor: filter.sponsor.parse().ok(),
            after: filter.after.clone(),
        };
        if filter.format == "xlsx" {
            let all = store::teams(tx, &TeamFilter { after: String::new(), ..asked }, 100_000)?;
            let note = note(lang, actor, tx);
            return teams_sheet(lang, &note, &desk.columns, &all.rows);
        }
        let page = store::teams(tx, &asked, ROWS)?;
        let streets = choices_plain(store::of_kinds(tx, &[OrgKind::Street])?, lang);
        let communities =
            store::communities(tx)?.into_iter().map(|(id, name)| (id.to_string(), name)).collect();
        let form = Form::filled([
            ("q", &filter.q),
            ("kind", &filter.kind),
            ("street", if filter.street.is_empty() { &filter.under } else { &filter.street }),
            ("community", if filter.community.is_empty() { &filter.under } else { &filter.community }),
        ]);
        let page = TeamsPage {
            shell: a.shell(req, actor, lang.t("队伍", "Teams")),
            desk,
            more: page.next.as_deref().map(|next| req.with_query("after", next)),
            page,
            kinds: types_of(OrgKind::Team, lang),
            streets,
            communities,
            export: req.with_query("format", "xlsx"),
            filtered: [
                &filter.q,
                &filter.kind,
                &filter.street,
                &filter.community,
                &filter.under,
                &filter.sponsor,
            ]
            .iter()
            .any(|text| !text.is_empty()),
            may_choose: actor.may(Action::PersonEdit) && actor.may(Action::TeamManage),
            form,
        };
        ui::answer::html(&a, req, &page)
    })
    .await
}

fn choices_plain(orgs: Vec<Org>, lang: Lang) -> Choices {
    orgs.into_iter().map(|org| (org.id.to_string(), org.title(&lang).to_owned())).collect()
}

impl TeamRow {
    /// What stands in a column of the list of teams.
    fn text(&self, key: &str, lang: &Lang) -> String {
        match key {
            "team" => self.title(lang).to_owned(),
            "kind" => self.kind_name(lang).to_owned(),
            "under" => self.parent.clone().unwrap_or_default(),
            "sponsor" => self.sponsor.clone().unwrap_or_default(),
            "members" => self.members.to_string(),
            "state" => self.state.name(*lang).to_owned(),
            "flag" => self.flag_no.clone(),
            "slogan" => self.slogan.clone(),
            _ => String::new(),
        }
    }
}

fn teams_sheet(lang: Lang, note: &str, columns: &Columns, rows: &[TeamRow]) -> Result<Answer, Error> {
    let cells: Vec<Vec<Cell>> = rows
        .iter()
        .map(|row| {
            columns.cells(|key| match key {
                "members" => row.members.into(),
                _ => row.text(key, &lang).into(),
            })
        })
        .collect();
    sheet::answer(lang.t("队伍", "Teams"), note, &columns.heads(lang), &cells)
}

#[derive(Template)]
#[template(path = "org/team.html")]
struct TeamPage {
    shell: Shell,
    org: Org,
    above: Vec<Org>,
    sponsor: Option<Org>,
    posts: Vec<PostLine>,
    groups: Vec<Node>,
    links: Vec<(OrgId, String, Date, bool)>,
    type_name: &'static str,
    place: String,
    own: Option<MemberState>,
    leads: bool,
    has_person: bool,
    joinable: bool,
    may_members: bool,
    may_keep: bool,
    may_shape: bool,
    may_post: bool,
    waiting: i64,
    sign_in: String,
    face: Face,
    /// Titles it bears now.
    bases: Vec<Base>,
}

async fn team(State(app): State<App>, req: Req, Path(id): Path<OrgId>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        let lang = req.lang;
        let org = must_find(tx, id)?;
        if !org.is_team() {
            return Ok(Done::to(format!("/orgs/{id}"), "").answer(&a, req));
        }
        let above = store::above(tx, &org, Line::Area)?;
        let sponsor = store::above(tx, &org, Line::Sponsor)?.pop();
        let own = match actor.person {
            Some(person) => store::membership(tx, person, id)?.map(|(_, state)| state),
            None => None,
        };
        let posts = store::posts(tx, id, false)?;
        let leads = posts.iter().any(|post| actor.person == Some(post.person));
        let inside = own == Some(MemberState::Member) || can(actor, Action::OrgRead, org.place());
        let posts = post_lines(lang, actor, &org, posts, inside);
        let groups =
            store::children(tx, id)?.into_iter().filter(|node| node.state != OrgState::Closed).collect();
        let links = store::successors(tx, id)?;
        let alive = org.state != OrgState::Closed;
        let may_members = can(actor, Action::MemberRead, org.place());
        let waiting =
            if may_members { store::applications(tx, &[id])?.first().map_or(0, |row| row.2) } else { 0 };
        let face = Face::of(tx, lang, actor, &org, own)?;
        let page = TeamPage {
            face,
            shell: a.shell(req, actor, org.title(&lang)),
            type_name: org.type_name(&lang),
            place: coordinates(&org),
            own,
            leads,
            has_person: actor.person.is_some(),
            joinable: org.state == OrgState::Open,
            may_members,
            may_keep: alive && may_keep(actor, &org),
            may_shape: alive && may_shape(actor, org.kind, org.place()),
            may_post: alive && may_post(actor, &org, PostKind::Liaison),
            waiting,
            sign_in: format!("/sign-in?next={}", enc(&format!("/teams/{id}"))),
            bases: crate::base::store::borne_by(tx, id)?,
            above,
            sponsor,
            posts,
            groups,
            links,
            org,
        };
        ui::answer::html(&a, req, &page)
    })
    .await
}

/// A button's address opened as a page (after signing in): back to the team.
async fn to_team(State(app): State<App>, req: Req, Path(id): Path<OrgId>) -> Answer {
    Done::to(format!("/teams/{id}"), "").answer(&app, &req)
}

async fn to_members(State(app): State<App>, req: Req, Path((id, _)): Path<(OrgId, MemberId)>) -> Answer {
    Done::to(format!("/teams/{id}/members"), "").answer(&app, &req)
}

async fn apply(State(app): State<App>, req: Req, Path(id): Path<OrgId>, fields: Fields) -> Answer {
    app.command(req, fields, move |tx, req, actor, _| {
        commands::apply(tx, actor, id)?;
        let say = req.lang.t("申请已提交，等待队长审核", "Your application was sent; the leader will answer");
        Ok(Done::to(format!("/teams/{id}"), say))
    })
    .await
}

async fn leave(State(app): State<App>, req: Req, Path(id): Path<OrgId>, fields: Fields) -> Answer {
    app.command(req, fields, move |tx, req, actor, _| {
        commands::leave_team(tx, actor, id)?;
        Ok(Done::to(format!("/teams/{id}"), req.lang.t("已退出", "You have left the team")))
    })
    .await
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct MembersFilter {
    state: String,
    after: String,
    format: String,
}

#[derive(Template)]
#[template(path = "org/members.html")]
struct MembersPage {
    shell: Shell,
    form: Form,
    org: Org,
    state: MemberState,
    page: Page<MemberRow>,
    more: Option<String>,
    export: Option<String>,
    may_manage: bool,
}

fn members_page(
    a: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    id: OrgId,
    filter: &MembersFilter,
    form: &Form,
) -> Result<Answer, Error> {
    let lang = req.lang;
    let org = must_find(tx, id)?;
    actor.account()?;
    if !org.is_team() || !can(actor, Action::MemberRead, org.place()) {
        return Err((&common::NOT_FOUND).into());
    }
    let state = MemberState::from_code(&filter.state).unwrap_or(MemberState::Member);
    if filter.format == "xlsx" {
        actor.demand(Action::Export, org.place())?;
        let all = store::members(tx, id, state, "", 100_000)?;
        let heads = [
            lang.t("姓名", "Name"),
            lang.t("志愿者编号", "Volunteer no."),
            lang.t("职务", "Post"),
            lang.t("状态", "State"),
            lang.t("入队日期", "Joined"),
            lang.t("退出日期", "Left"),
            lang.t("原因", "Reason"),
        ];
        let day = |day: Option<Date>| day.map(|day| day.to_string()).unwrap_or_default();
        let rows: Vec<Vec<Cell>> = all
            .rows
            .iter()
            .map(|row| {
                vec![
                    row.name.as_str().into(),
                    row.volunteer_no.as_str().into(),
                    row.post.clone().unwrap_or_default().into(),
                    row.state.name(lang).into(),
                    day(row.joined_on).into(),
                    day(row.left_on).into(),
                    row.reason.as_str().into(),
                ]
            })
            .collect();
        let title = lang.f("队员名单 {}", "Members of {}", &[&org.title(&lang)]);
        return sheet::answer(&title, &note(lang, actor, tx), &heads, &rows);
    }
    let page = store::members(tx, id, state, &filter.after, ROWS)?;
    let may_export = can(actor, Action::Export, org.place());
    let page = MembersPage {
        shell: a.shell(req, actor, &lang.f("队员：{}", "Members: {}", &[&org.title(&lang)])),
        form: form.clone(),
        state,
        more: page
            .next
            .as_deref()
            .map(|next| format!("/teams/{id}/members?state={}&after={}", state.code(), enc(next))),
        page,
        export: may_export.then(|| format!("/teams/{id}/members?state={}&format=xlsx", state.code())),
        may_manage: can(actor, Action::TeamManage, org.place()) && org.state == OrgState::Open,
        org,
    };
    ui::answer::html(a, req, &page)
}

async fn members(
    State(app): State<App>,
    req: Req,
    Path(id): Path<OrgId>,
    Query(filter): Query<MembersFilter>,
) -> Answer {
    let a = app.clone();
    let form = Form::default();
    app.page(req, move |tx, req, actor| members_page(&a, tx, req, actor, id, &filter, &form)).await
}

async fn member_add(State(app): State<App>, req: Req, Path(id): Path<OrgId>, fields: Fields) -> Answer {
    let a = app.clone();
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            let no = fields.required("volunteer_no", Label("志愿者编号", "Volunteer number"), 30)?;
            commands::add_member(tx, actor, id, &no)?;
            Ok(Done::to(format!("/teams/{id}/members"), req.lang.t("已加入队伍", "Taken into the team")))
        },
        move |tx, req, actor, form| members_page(&a, tx, req, actor, id, &MembersFilter::default(), form),
    )
    .await
}

async fn member_accept(
    State(app): State<App>,
    req: Req,
    Path((id, member)): Path<(OrgId, MemberId)>,
    fields: Fields,
) -> Answer {
    app.command(req, fields, move |tx, req, actor, _| {
        commands::accept(tx, actor, id, member)?;
        Ok(Done::to(format!("/teams/{id}/members?state=applied"), req.lang.t("已通过", "Accepted")))
    })
    .await
}

async fn member_reject(
    State(app): State<App>,
    req: Req,
    Path((id, member)): Path<(OrgId, MemberId)>,
    fields: Fields,
) -> Answer {
    app.command(req, fields, move |tx, req, actor, fields| {
        let reason = fields.required("reason", Label("理由", "Reason"), 200)?;
        commands::reject(tx, actor, id, member, &reason)?;
        Ok(Done::to(format!("/teams/{id}/members?state=applied"), req.lang.t("已回复申请人", "Answered")))
    })
    .await
}

async fn member_remove(
    State(app): State<App>,
    req: Req,
    Path((id, member)): Path<(OrgId, MemberId)>,
    fields: Fields,
) -> Answer {
    app.command(req, fields, move |tx, req, actor, fields| {
        let reason = fields.required("reason", Label("理由", "Reason"), 200)?;
        commands::remove_member(tx, actor, id, member, &reason)?;
        Ok(Done::to(format!("/teams/{id}/members"), req.lang.t("已移出队伍", "Removed from the team")))
    })
    .await
}
