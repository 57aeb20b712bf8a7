//! What the database keeps of organisations: one function a question.

use std::collections::{BTreeMap, HashMap};

use db::{DbError, Query, ReadTx, WriteTx, args, row, sql};
use kernel::error::common;
use kernel::page::{PAGE_ROWS, Page, cursor_text};
use kernel::{AccountId, Action, Actor, Date, Error, Id as _, OrgId, PersonId, Refusal, Role};

use super::rules::{self, Coverage};
use super::{
    Change, How, Line, MemberId, MemberState, NewOrg, Org, OrgKind, OrgState, Post, PostId, PostKind,
    refusals,
};
use crate::account;

macro_rules! org_columns {
    () => {
        "o.id, o.kind, o.type_code, o.name, o.name_en, o.name_key, o.code, o.uscc, o.area_parent, \
         o.sponsor_parent, o.area_path, o.sponsor_path, o.state, o.address, o.phone, o.lon, o.lat, \
         o.opened_on, o.due_on, o.closed_on, o.flag_no, o.slogan, o.about, o.members, o.version, o.created_at"
    };
}

// ---------------------------------------------------------------------------------------------
// Reading the tree

/// One node.
///
/// # Errors
/// Of the database.
pub fn find(tx: &mut ReadTx<'_>, id: OrgId) -> Result<Option<Org>, DbError> {
    tx.first(sql!(concat!("SELECT ", org_columns!(), " FROM org o WHERE o.id = $1")), args![id])
}

/// One node that must exist.
pub(super) fn must_find(tx: &mut ReadTx<'_>, id: OrgId) -> Result<Org, Error> {
    find(tx, id)?.ok_or_else(|| (&common::NOT_FOUND).into())
}

/// The paths of a node on the area line and on the sponsor line.
///
/// # Errors
/// `common.not_found`; of the database.
pub fn paths(tx: &mut ReadTx<'_>, id: OrgId) -> Result<(String, String), Error> {
    tx.first(sql!("SELECT area_path, sponsor_path FROM org WHERE id = $1"), args![id])?
        .ok_or_else(|| (&common::NOT_FOUND).into())
}

/// Several nodes, in no order.
pub(super) fn by_ids(tx: &mut ReadTx<'_>, ids: &[OrgId]) -> Result<Vec<Org>, DbError> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let mut query = Query::new(concat!("SELECT ", org_columns!(), " FROM org o WHERE o.id IN ("));
    for (at, id) in ids.iter().enumerate() {
        query.with(if at == 0 { "{}" } else { ", {}" }, &[id]);
    }
    query.push(")");
    tx.list(&query)
}

/// The nodes above one, top first, on a line; the node itself is left out.
pub(super) fn above(tx: &mut ReadTx<'_>, org: &Org, line: Line) -> Result<Vec<Org>, DbError> {
    let path = if line == Line::Area { &org.area_path } else { &org.sponsor_path };
    let ids: Vec<OrgId> = rules::ids(path).into_iter().filter(|id| *id != org.id).collect();
    let mut found = by_ids(tx, &ids)?;
    found.sort_by_key(|node| ids.iter().position(|id| *id == node.id));
    Ok(found)
}

/// The top of the tree: the city.
///
/// # Errors
/// Of the database.
pub fn root(tx: &mut ReadTx<'_>) -> Result<Option<OrgId>, DbError> {
    let found: Option<(OrgId,)> = tx.first(
        sql!("SELECT id FROM org WHERE kind = 'city' AND area_parent IS NULL ORDER BY id LIMIT 1"),
        &[],
    )?;
    Ok(found.map(|row| row.0))
}

/// The open communities as (id, `街道 · 社区`), ordered by street and name, for select boxes.
///
/// # Errors
/// Of the database.
pub fn communities(tx: &mut ReadTx<'_>) -> Result<Vec<(OrgId, String)>, DbError> {
    let rows: Vec<(OrgId, String, Option<String>)> = tx.all(
        sql!(
            "SELECT o.id, o.name, s.name FROM org o LEFT JOIN org s ON s.id = o.area_parent AND s.kind = 'street'
             WHERE o.kind = 'community' AND o.state = 'open'
             ORDER BY COALESCE(s.name_key, ''), COALESCE(s.id, 0), o.name_key, o.id"
        ),
        &[],
    )?;
    Ok(rows
        .into_iter()
        .map(|(id, name, street)| match street {
            Some(street) => (id, format!("{street} · {name}")),
            None => (id, name),
        })
        .collect())
}

/// The teams and groups a person is a member of, by name.
///
/// # Errors
/// Of the database.
pub fn teams_of(tx: &mut ReadTx<'_>, person: PersonId) -> Result<Vec<(OrgId, String)>, DbError> {
    tx.all(
        sql!(
            "SELECT o.id, o.name FROM member m JOIN org o ON o.id = m.org_id
             WHERE m.person_id = $1 AND m.state = 'member' ORDER BY o.name_key, o.id"
        ),
        args![person],
    )
}

/// The street a community (or anything else of the area line) stands in.
///
/// # Errors
/// Of the database.
pub fn street_of(tx: &mut ReadTx<'_>, community: OrgId) -> Result<Option<OrgId>, DbError> {
    let found: Option<(OrgId,)> = tx.first(
        sql!(
            "SELECT s.id FROM org c JOIN org s ON s.kind = 'street' AND c.area_path LIKE s.area_path || '%'
             WHERE c.id = $1 ORDER BY s.area_path DESC, s.id LIMIT 1"
        ),
        args![community],
    )?;
    Ok(found.map(|row| row.0))
}

row! {
    /// A node as the tree page shows it.
    pub struct Node {
        id: OrgId,
        kind: OrgKind,
        type_code: String,
        name: String,
        name_en: String,
        name_key: String,
        area_parent: Option<OrgId>,
        sponsor_parent: Option<OrgId>,
        state: OrgState,
        due_on: Option<Date>,
        members: i64,
    }
}

impl Node {
    /// Its name in a language.
    pub fn title(&self, lang: &kernel::Lang) -> &str {
        if *lang == kernel::Lang::En && !self.name_en.is_empty() { &self.name_en } else { &self.name }
    }

    /// Its page.
    pub fn href(&self) -> String {
        let room = if matches!(self.kind, OrgKind::Team | OrgKind::Group) { "teams" } else { "orgs" };
        format!("/{room}/{}", self.id)
    }
}

macro_rules! node_columns {
    () => {
        "o.id, o.kind, o.type_code, o.name, o.name_en, o.name_key, o.area_parent, o.sponsor_parent, o.state, \
         o.due_on, o.members"
    };
}

/// The skeleton of the area line: everything but teams and groups, by name.
pub(super) fn skeleton(tx: &mut ReadTx<'_>) -> Result<Vec<Node>, DbError> {
    tx.all(
        sql!(concat!(
            "SELECT ",
            node_columns!(),
            " FROM org o WHERE o.kind IN ('city', 'street', 'community', 'station', 'department', 'unit') \
             AND o.state <> 'closed' ORDER BY o.name_key, o.id"
        )),
        &[],
    )
}

/// How many teams stand directly under each node of the area line.
pub(super) fn team_counts(tx: &mut ReadTx<'_>) -> Result<HashMap<OrgId, i64>, DbError> {
    let rows: Vec<(OrgId, i64)> = tx.all(
        sql!(
            "SELECT area_parent, count(*) FROM org WHERE kind IN ('team', 'group') AND state <> 'closed'
             AND area_parent IS NOT NULL GROUP BY area_parent"
        ),
        &[],
    )?;
    Ok(rows.into_iter().collect())
}

/// Everything that has a sponsor, by name, with its sponsor.
pub(super) fn sponsored(tx: &mut ReadTx<'_>) -> Result<Vec<Node>, DbError> {
    tx.all(
        sql!(concat!(
            "SELECT ",
            node_columns!(),
            " FROM org o WHERE (o.sponsor_parent IS NOT NULL OR o.kind = 'department') AND o.state <> 'closed' \
             ORDER BY o.name_key, o.id"
        )),
        &[],
    )
}

/// What stands directly under a node on either line, closed ones included.
pub(super) fn children(tx: &mut ReadTx<'_>, id: OrgId) -> Result<Vec<Node>, DbError> {
    tx.all(
        sql!(concat!(
            "SELECT ",
            node_columns!(),
            " FROM org o WHERE o.area_parent = $1 OR o.sponsor_parent = $1 ORDER BY o.kind, o.name_key, o.id"
        )),
        args![id],
    )
}

/// Nodes that may be chosen as a parent or successor: all that are not closed and of one of the kinds.
pub(super) fn of_kinds(tx: &mut ReadTx<'_>, kinds: &[OrgKind]) -> Result<Vec<Org>, DbError> {
    if kinds.is_empty() {
        return Ok(Vec::new());
    }
    let mut query = Query::new(concat!(
        "SELECT ",
        org_columns!(),
        " FROM org o WHERE o.state <> 'closed' AND o.kind IN ("
    ));
    for (at, kind) in kinds.iter().enumerate() {
        query.with(if at == 0 { "{}" } else { ", {}" }, &[kind]);
    }
    query.push(") ORDER BY o.kind, o.name_key, o.id");
    tx.list(&query)
}

/// A page of nodes by id; `after`: the last id seen.
pub(super) fn list(
    tx: &mut ReadTx<'_>,
    kind: Option<OrgKind>,
    under: Option<&str>,
    after: &str,
    rows: i64,
) -> Result<Page<Org>, DbError> {
    let mut query = Query::new(concat!("SELECT ", org_columns!(), " FROM org o"));
    query.with("WHERE o.id > {}", &[&after.parse().unwrap_or(0_i64)]);
    query.with_some("AND o.kind = {}", kind.as_ref());
    if let Some(path) = under {
        query.with("AND o.area_path >= {} AND o.area_path < {}", &[&path, &rules::end(path)]);
    }
    query.with("ORDER BY o.id LIMIT {}", &[&(rows + 1)]);
    let found = tx.list(&query)?;
    Ok(Page::cut(found, usize::try_from(rows).unwrap_or(20), |org: &Org| org.id.to_string()))
}

/// Coverage of stations over communities under a path (`"/"` for the whole city), as of today (Add-03,
/// Add-17). A station covers the community it stands under.
///
/// # Errors
/// Of the database.
pub fn coverage(tx: &mut ReadTx<'_>, under: &str) -> Result<Coverage, DbError> {
    let today = tx.now().date();
    let (communities, open, planned) = tx.one(
        sql!(
            "SELECT count(*),
                    count(*) FILTER (WHERE EXISTS (SELECT 1 FROM org s WHERE s.area_parent = o.id
                        AND s.kind = 'station' AND s.state = 'open')),
                    count(*) FILTER (WHERE EXISTS (SELECT 1 FROM org s WHERE s.area_parent = o.id
                        AND s.kind = 'station' AND s.state IN ('open', 'planned')))
             FROM org o WHERE o.kind = 'community' AND o.state IN ('open', 'suspended')
             AND (o.opened_on IS NULL OR o.opened_on <= $3) AND o.area_path >= $1 AND o.area_path < $2"
        ),
        args![under, rules::end(under), today],
    )?;
    Ok(Coverage { all: communities, open, planned })
}

/// What the node was followed by, and what it follows: (id, name, day, whether it is the successor).
///
/// # Errors
/// Of the database.
pub fn successors(tx: &mut ReadTx<'_>, id: OrgId) -> Result<Vec<(OrgId, String, Date, bool)>, DbError> {
    tx.all(
        sql!(
            "SELECT o.id, o.name, s.on_day, TRUE FROM org_successor s JOIN org o ON o.id = s.successor_id
             WHERE s.org_id = $1
             UNION ALL
             SELECT o.id, o.name, s.on_day, FALSE FROM org_successor s JOIN org o ON o.id = s.org_id
             WHERE s.successor_id = $1 ORDER BY 3, 1"
        ),
        args![id],
    )
}

/// The history of a node, newest first, at most 100 entries.
///
/// # Errors
/// Of the database.
pub fn history(tx: &mut ReadTx<'_>, id: OrgId) -> Result<Vec<Change>, DbError> {
    tx.all(
        sql!(
            "SELECT h.id, h.at, a.name, h.change, h.before, h.after FROM org_history h
             LEFT JOIN account a ON a.id = h.account_id WHERE h.org_id = $1 ORDER BY h.id DESC LIMIT 100"
        ),
        args![id],
    )
}

/// The posts of a node, running ones first; `ended`: with those that ended.
///
/// # Errors
/// Of the database.
pub fn posts(tx: &mut ReadTx<'_>, id: OrgId, ended: bool) -> Result<Vec<Post>, DbError> {
    tx.all(
        sql!(
            "SELECT t.id, t.person_id, p.name, p.rank_public, t.title, t.kind, t.how, t.from_on, t.to_on
             FROM org_post t JOIN person p ON p.id = t.person_id
             WHERE t.org_id = $1 AND (t.to_on IS NULL OR $2)
             ORDER BY CASE WHEN t.to_on IS NULL THEN 0 ELSE 1 END,
                      CASE t.kind WHEN 'leader' THEN 0 WHEN 'deputy' THEN 1 WHEN 'liaison' THEN 2 ELSE 3 END, t.id"
        ),
        args![id, ended],
    )
}

/// Whether a person leads the node: holds a running post of leader, deputy or liaison in it.
///
/// # Errors
/// Of the database.
pub fn leads(tx: &mut ReadTx<'_>, person: PersonId, org: OrgId) -> Result<bool, DbError> {
    let (n,): (i64,) = tx.one(
        sql!(
            "SELECT count(*) FROM org_post WHERE org_id = $1 AND person_id = $2 AND to_on IS NULL
             AND kind IN ('leader', 'deputy', 'liaison')"
        ),
        args![org, person],
    )?;
    Ok(n > 0)
}

// ---------------------------------------------------------------------------------------------
// Teams and members

/// What the list of teams is narrowed by.
#[derive(Clone, Debug, Default)]
pub(super) struct TeamFilter {
    /// Words of the name, its pinyin or its initials.
    pub q: String,
    /// Code of a [`super::TeamKind`].
    pub kind: String,
    /// Under this street or community.
    pub under: Option<String>,
    /// Sponsored by this node.
    pub sponsor: Option<OrgId>,
    /// Cursor.
    pub after: String,
}

row! {
    /// A team of the list.
    pub struct TeamRow {
        id: OrgId,
        name: String,
        name_en: String,
        name_key: String,
        type_code: String,
        state: OrgState,
        flag_no: String,
        members: i64,
        parent: Option<String>,
        sponsor: Option<String>,
        slogan: String,
    }
}

impl TeamRow {
    /// What kind of people it is made of.
    pub fn kind_name(&self, lang: &kernel::Lang) -> &'static str {
        super::type_name(&self.type_code, *lang)
    }

    /// Its name in a language.
    pub fn title(&self, lang: &kernel::Lang) -> &str {
        if *lang == kernel::Lang::En && !self.name_en.is_empty() { &self.name_en } else { &self.name }
    }
}

/// Takes away what LIKE would read as a pattern.
pub(crate) fn plain(words: &str) -> String {
    words.trim().to_lowercase().chars().filter(|c| !matches!(c, '%' | '_' | '\\')).take(40).collect()
}

/// A page of teams by name; `rows`: how many at most.
pub(super) fn teams(tx: &mut ReadTx<'_>, filter: &TeamFilter, rows: i64) -> Result<Page<TeamRow>, DbError> {
    let mut query = Query::new(
        "SELECT o.id, o.name, o.name_en, o.name_key, o.type_code, o.state, o.flag_no, o.members, p.name, s.name, \
         o.slogan FROM org o LEFT JOIN org p ON p.id = o.area_parent LEFT JOIN org s ON s.id = o.sponsor_parent \
         WHERE o.kind = 'team' AND o.state <> 'closed'",
    );
    let words = plain(&filter.q);
    if !words.is_empty() {
        let (anywhere, key) = (format!("%{words}%"), format!("%{}%", words.replace(' ', "")));
        query.with(
            "AND (o.name LIKE {} OR lower(o.name_en) LIKE {} OR replace(o.name_key, ' ', '') LIKE {})",
            &[&anywhere, &anywhere, &key],
        );
    }
    if !filter.kind.is_empty() {
        query.with("AND o.type_code = {}", &[&filter.kind]);
    }
    if let Some(path) = &filter.under {
        query.with("AND o.area_path >= {} AND o.area_path < {}", &[path, &rules::end(path)]);
    }
    query.with_some("AND o.sponsor_parent = {}", filter.sponsor.as_ref());
    if let Some((key, id)) = cursor_text(&filter.after) {
        query.with("AND (o.name_key, o.id) > ({}, {})", &[&key, &id]);
    }
    query.with("ORDER BY o.name_key, o.id LIMIT {}", &[&(rows + 1)]);
    let found = tx.list(&query)?;
    Ok(Page::cut(found, usize::try_from(rows).unwrap_or(20), |row: &TeamRow| {
        format!("{}~{}", row.id, row.name_key)
    }))
}

row! {
    /// A member as leaders see one.
    pub struct MemberRow {
        id: MemberId,
        person: PersonId,
        name: String,
        volunteer_no: String,
        state: MemberState,
        joined_on: Option<Date>,
        left_on: Option<Date>,
        reason: String,
        post: Option<String>,
    }
}

/// A page of the members of a team in one state, newest first; `after`: the last id seen.
pub(super) fn members(
    tx: &mut ReadTx<'_>,
    team: OrgId,
    state: MemberState,
    after: &str,
    rows: i64,
) -> Result<Page<MemberRow>, DbError> {
    let after = after.parse().unwrap_or(i64::MAX);
    let found = tx.all(
        sql!(
            "SELECT m.id, m.person_id, p.name, p.volunteer_no, m.state, m.joined_on, m.left_on, m.reason,
                    (SELECT min(t.title) FROM org_post t WHERE t.org_id = m.org_id AND t.person_id = m.person_id
                     AND t.to_on IS NULL)
             FROM member m JOIN person p ON p.id = m.person_id
             WHERE m.org_id = $1 AND m.state = $2 AND m.id < $3 ORDER BY m.id DESC LIMIT $4"
        ),
        args![team, state, after, rows + 1],
    )?;
    Ok(Page::cut(found, usize::try_from(rows).unwrap_or(20), |row: &MemberRow| row.id.to_string()))
}

/// Rows of a page of a list.
pub(super) const ROWS: i64 = PAGE_ROWS;

/// A running membership or application of a person.
pub(super) fn membership(
    tx: &mut ReadTx<'_>,
    person: PersonId,
    team: OrgId,
) -> Result<Option<(MemberId, MemberState)>, DbError> {
    tx.first(
        sql!(
            "SELECT id, state FROM member WHERE org_id = $1 AND person_id = $2
             AND state IN ('applied', 'member')"
        ),
        args![team, person],
    )
}

/// The person and state of a membership of a team.
pub(super) fn member(
    tx: &mut ReadTx<'_>,
    team: OrgId,
    id: MemberId,
) -> Result<Option<(PersonId, MemberState)>, DbError> {
    tx.first(sql!("SELECT person_id, state FROM member WHERE id = $1 AND org_id = $2"), args![id, team])
}

/// Applications that wait in these teams: (team, name, count).
pub(super) fn applications(
    tx: &mut ReadTx<'_>,
    teams: &[OrgId],
) -> Result<Vec<(OrgId, String, i64)>, DbError> {
    let mut query = Query::new(
        "SELECT o.id, o.name, count(*) FROM member m JOIN org o ON o.id = m.org_id WHERE m.state = 'applied' \
         AND m.org_id IN (",
    );
    for (at, id) in teams.iter().enumerate() {
        query.with(if at == 0 { "{}" } else { ", {}" }, &[id]);
    }
    query.push(") GROUP BY o.id, o.name ORDER BY o.id");
    tx.list(&query)
}

/// Open teams without a leader in the communities the actor looks after: what waits there is theirs (Edge-12).
///
/// # Errors
/// Of the database.
pub(crate) fn unled(tx: &mut ReadTx<'_>, actor: &Actor) -> Result<Vec<OrgId>, DbError> {
    // A community or less: whoever looks after more has people there.
    let near =
        |grant: &&kernel::Grant| grant.sponsor_path.is_empty() && grant.area_path.matches('/').count() > 3;
    let scopes: Vec<String> = actor
        .scopes(Action::TeamManage)
        .into_iter()
        .filter(near)
        .filter(|grant| grant.role != Role::Leader)
        .map(|grant| grant.area_path.clone())
        .collect();
    if scopes.is_empty() {
        return Ok(Vec::new());
    }
    let mut query = Query::new("SELECT o.id FROM org o WHERE o.kind = 'team' AND o.state = 'open'");
    push_scopes(&mut query, "o.area_path", &scopes);
    query.push(
        "AND NOT EXISTS (SELECT 1 FROM role_grant g WHERE g.org_id = o.id AND g.role = 'leader' AND g.ended_at IS NULL)
         ORDER BY o.id LIMIT 100",
    );
    let rows: Vec<(OrgId,)> = tx.list(&query)?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

fn push_scopes(query: &mut Query, column: &'static str, scopes: &[String]) {
    query.push("AND (");
    for (at, path) in scopes.iter().enumerate() {
        query.push(if at == 0 { "" } else { "OR" });
        query.push(column).with(">= {} AND", &[path]);
        query.push(column).with("< {}", &[&rules::end(path)]);
    }
    query.push(")");
}

/// Planned stations in these subtrees that are due until a day, at most 10.
pub(super) fn stations_due(tx: &mut ReadTx<'_>, scopes: &[String], until: Date) -> Result<Vec<Org>, DbError> {
    let mut query = Query::new(concat!(
        "SELECT ",
        org_columns!(),
        " FROM org o WHERE o.kind = 'station' AND o.state = 'planned'"
    ));
    query.with("AND o.due_on <= {}", &[&until]);
    push_scopes(&mut query, "o.area_path", scopes);
    query.push("ORDER BY o.due_on, o.id LIMIT 10");
    tx.list(&query)
}

/// Closed nodes in these subtrees that people still belong to (after a split): (node, name, people).
pub(super) fn homeless(tx: &mut ReadTx<'_>, scopes: &[String]) -> Result<Vec<(OrgId, String, i64)>, DbError> {
    let mut query = Query::new(
        "SELECT o.id, o.name, count(*) FROM org o JOIN person_home h ON h.home_org = o.id WHERE o.state = 'closed'",
    );
    push_scopes(&mut query, "o.area_path", scopes);
    query.push("GROUP BY o.id, o.name ORDER BY o.id LIMIT 10");
    tx.list(&query)
}

row! {
    /// A person, as far as membership asks.
    pub struct Someone { id: PersonId, name: String, state: String }
}

/// A person by volunteer number, unless an unpublished import hides the row (Fix-21).
pub(super) fn person_by_no(tx: &mut ReadTx<'_>, no: &str) -> Result<Option<Someone>, DbError> {
    tx.first(
        sql!(
            "SELECT p.id, p.name, p.state FROM person p WHERE p.volunteer_no = $1
             AND NOT EXISTS (SELECT 1 FROM roster_import i WHERE i.id = p.batch AND i.hidden)"
        ),
        args![no],
    )
}

/// A person by id.
pub(super) fn person(tx: &mut ReadTx<'_>, id: PersonId) -> Result<Option<Someone>, DbError> {
    tx.first(sql!("SELECT id, name, state FROM person WHERE id = $1"), args![id])
}

/// How many people call the node their home.
pub(super) fn people_count(tx: &mut ReadTx<'_>, org: OrgId) -> Result<i64, DbError> {
    let (n,) = tx.one(sql!("SELECT count(*) FROM person_home WHERE home_org = $1"), args![org])?;
    Ok(n)
}

/// How many open nodes stand directly under it, on either line.
pub(super) fn child_count(tx: &mut ReadTx<'_>, org: OrgId) -> Result<i64, DbError> {
    let (n,) = tx.one(
        sql!(
            "SELECT count(*) FROM org WHERE (area_parent = $1 OR sponsor_parent = $1) AND state <> 'closed'"
        ),
        args![org],
    )?;
    Ok(n)
}

/// How many nodes stand anywhere under a path of the area line, itself left out.
pub(super) fn subtree_count(tx: &mut ReadTx<'_>, path: &str, line: Line) -> Result<i64, DbError> {
    let sql = match line {
        Line::Area => sql!("SELECT count(*) FROM org WHERE area_path > $1 AND area_path < $2"),
        Line::Sponsor => sql!("SELECT count(*) FROM org WHERE sponsor_path > $1 AND sponsor_path < $2"),
    };
    let (n,) = tx.one(sql, args![path, rules::end(path)])?;
    Ok(n)
}

/// Running grants at a node: (account, role).
pub(super) fn grants(tx: &mut ReadTx<'_>, org: OrgId) -> Result<Vec<(AccountId, Role)>, DbError> {
    let rows: Vec<(AccountId, String)> = tx.all(
        sql!("SELECT account_id, role FROM role_grant WHERE org_id = $1 AND ended_at IS NULL ORDER BY id"),
        args![org],
    )?;
    Ok(rows.into_iter().filter_map(|(account, role)| Some((account, Role::from_code(&role)?))).collect())
}

// ---------------------------------------------------------------------------------------------
// Writing the tree

/// Serialises changes of the tree: a child that is made while its parent moves would keep the old path.
pub(super) fn lock_tree(tx: &mut WriteTx<'_>) -> Result<(), DbError> {
    let now = tx.now().0.to_string();
    tx.exec(
        sql!(
            "INSERT INTO setting (name, value) VALUES ('org.tree', $1)
             ON CONFLICT (name) DO UPDATE SET value = excluded.value"
        ),
        args![now],
    )?;
    Ok(())
}

/// Writes an entry of the history.
pub(super) fn note(
    tx: &mut WriteTx<'_>,
    by: Option<AccountId>,
    org: OrgId,
    change: &str,
    before: &str,
    after: &str,
) -> Result<(), DbError> {
    let (id, at) = (tx.new_id::<PostId>(), tx.now());
    tx.exec_later(
        sql!(
            "INSERT INTO org_history (id, org_id, at, account_id, change, before, after)
             VALUES ($1, $2, $3, $4, $5, $6, $7)"
        ),
        args![id, org, at, by, change, before, after],
    )
}

/// Writes the search terms of a node (kind `org`).
///
/// # Errors
/// Of the database.
pub fn search_put(
    tx: &mut WriteTx<'_>,
    id: OrgId,
    name: &str,
    name_en: &str,
    code: &str,
) -> Result<(), DbError> {
    db::search::put(tx, "org", id.as_i64(), &[(name, false), (name_en, false), (code, true)])
}

/// Makes a node: both paths, sort key, history and search terms. No right is asked for: this is for the
/// demo city, imports and tests; people go through [`super::add`].
///
/// # Errors
/// `common.not_found` for a parent that does not exist; `org.uscc_taken`; of the database.
pub fn create(tx: &mut WriteTx<'_>, new: &NewOrg) -> Result<OrgId, Error> {
    create_by(tx, None, new)
}

pub(super) fn create_by(tx: &mut WriteTx<'_>, by: Option<AccountId>, new: &NewOrg) -> Result<OrgId, Error> {
    lock_tree(tx)?;
    let id: OrgId = tx.new_id();
    let now = tx.now();
    let area = match new.area_parent {
        Some(parent) => Some(paths(tx, parent)?.0),
        None => None,
    };
    let sponsor = match new.sponsor_parent {
        Some(parent) => Some(paths(tx, parent)?.1),
        None => None,
    };
    let (area, sponsor) = (rules::path(area.as_deref(), id), rules::path(sponsor.as_deref(), id));
    let key = roster::pinyin::key(&new.name).full;
    let done = tx.exec(
        sql!(
            "INSERT INTO org (id, kind, type_code, name, name_en, name_key, code, uscc, area_parent,
                 sponsor_parent, area_path, sponsor_path, state, address, phone, lon, lat, opened_on, due_on,
                 flag_no, slogan, about, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20,
                 $21, $22, $23)"
        ),
        args![
            id,
            new.kind,
            new.type_code,
            new.name,
            new.name_en,
            key,
            new.code,
            new.uscc,
            new.area_parent,
            new.sponsor_parent,
            area,
            sponsor,
            new.state,
            new.address,
            new.phone,
            new.lon,
            new.lat,
            new.opened_on,
            new.due_on,
            new.flag_no,
            new.slogan,
            new.about,
            now
        ],
    );
    taken(done)?;
    note(tx, by, id, "created", "", &new.name)?;
    search_put(tx, id, &new.name, &new.name_en, &new.code)?;
    Ok(id)
}

/// Turns a used credit code into its refusal.
pub(super) fn taken(done: Result<u64, DbError>) -> Result<u64, Error> {
    match done {
        Err(DbError::Unique(name)) if name == "org_uscc_key" => {
            Err(Refusal::new(&refusals::USCC_TAKEN).on("uscc").into())
        }
        other => Ok(other?),
    }
}

/// The top of the tree, made when there is none yet.
///
/// # Errors
/// Of the database.
pub fn ensure_root(tx: &mut WriteTx<'_>, name: &str, name_en: &str) -> Result<OrgId, Error> {
    lock_tree(tx)?;
    if let Some(id) = root(tx)? {
        return Ok(id);
    }
    let new = NewOrg { name_en: name_en.to_owned(), ..NewOrg::new(OrgKind::City, name, None) };
    create(tx, &new)
}

/// Rewrites the beginning of all paths under `old`; `itself`: the node at `old` as well.
pub(super) fn rewrite(
    tx: &mut WriteTx<'_>,
    line: Line,
    old: &str,
    new: &str,
    itself: bool,
) -> Result<u64, DbError> {
    if old.is_empty() {
        // A top made before it had a sponsor path: the range of "" would be every node.
        return Ok(0);
    }
    let sql = match line {
        Line::Area => sql!(
            "UPDATE org SET area_path = CAST($2 AS TEXT) || substr(area_path, length(CAST($1 AS TEXT)) + 1)
             WHERE area_path >= $1 AND area_path < $3 AND (area_path <> $1 OR $4)"
        ),
        Line::Sponsor => sql!(
            "UPDATE org SET sponsor_path = CAST($2 AS TEXT) || substr(sponsor_path, length(CAST($1 AS TEXT)) + 1)
             WHERE sponsor_path >= $1 AND sponsor_path < $3 AND (sponsor_path <> $1 OR $4)"
        ),
    };
    tx.exec(sql, args![old, new, rules::end(old), itself])
}

/// Gives all direct children of a node another parent on a line.
pub(super) fn adopt(tx: &mut WriteTx<'_>, line: Line, from: OrgId, into: OrgId) -> Result<u64, DbError> {
    let sql = match line {
        Line::Area => sql!("UPDATE org SET area_parent = $2, version = version + 1 WHERE area_parent = $1"),
        Line::Sponsor => {
            sql!("UPDATE org SET sponsor_parent = $2, version = version + 1 WHERE sponsor_parent = $1")
        }
    };
    tx.exec(sql, args![from, into])
}

/// Sets the parent of one node on a line.
pub(super) fn set_parent(
    tx: &mut WriteTx<'_>,
    line: Line,
    id: OrgId,
    parent: Option<OrgId>,
) -> Result<(), DbError> {
    let sql = match line {
        Line::Area => sql!("UPDATE org SET area_parent = $2, version = version + 1 WHERE id = $1"),
        Line::Sponsor => sql!("UPDATE org SET sponsor_parent = $2, version = version + 1 WHERE id = $1"),
    };
    tx.exec_one(sql, args![id, parent])
}

/// Closes a node.
pub(super) fn shut(tx: &mut WriteTx<'_>, id: OrgId, on: Date) -> Result<(), DbError> {
    tx.exec_one(
        sql!(
            "UPDATE org SET state = 'closed', closed_on = $2, version = version + 1
             WHERE id = $1 AND state <> 'closed'"
        ),
        args![id, on],
    )
}

/// Notes who follows a node.
pub(super) fn follow(tx: &mut WriteTx<'_>, id: OrgId, successor: OrgId, on: Date) -> Result<(), DbError> {
    tx.exec_one(
        sql!("INSERT INTO org_successor (org_id, successor_id, on_day) VALUES ($1, $2, $3)"),
        args![id, successor, on],
    )
}

/// Gives everybody at home in a node another home.
pub(super) fn rehome(tx: &mut WriteTx<'_>, from: OrgId, into: OrgId) -> Result<u64, DbError> {
    tx.exec(
        sql!(
            "UPDATE person SET home_org = $2, version = version + 1
             WHERE id IN (SELECT h.person_id FROM person_home h WHERE h.home_org = $1)"
        ),
        args![from, into],
    )?;
    tx.exec(sql!("UPDATE person_home SET home_org = $2 WHERE home_org = $1"), args![from, into])
}

// ---------------------------------------------------------------------------------------------
// Members

/// Lets a person into a team, as an applicant or as a member at once; an applicant becomes a member.
/// The counter is kept in the same transaction, and the team's row is locked first, so that nobody
/// joins a team that is closing.
///
/// # Errors
/// `org.not_joinable`, `org.already_member`; of the database.
pub fn join(
    tx: &mut WriteTx<'_>,
    person: PersonId,
    team: OrgId,
    state: MemberState,
) -> Result<MemberId, Error> {
    let one = i64::from(state == MemberState::Member);
    let locked = tx.exec(
        sql!(
            "UPDATE org SET members = members + $2 WHERE id = $1 AND kind IN ('team', 'group')
             AND state = 'open'"
        ),
        args![team, one],
    )?;
    if locked == 0 {
        let name = find(tx, team)?.map(|org| org.name).ok_or_else(|| Error::from(&common::NOT_FOUND))?;
        return Err(Refusal::new(&refusals::NOT_JOINABLE).with("name", name).into());
    }
    let joined = (state == MemberState::Member).then(|| tx.now().date());
    match membership(tx, person, team)? {
        Some((id, MemberState::Applied)) if state == MemberState::Member => {
            tx.exec_one(
                sql!(
                    "UPDATE member SET state = 'member', joined_on = $2 WHERE id = $1 AND state = 'applied'"
                ),
                args![id, joined],
            )?;
            return Ok(id);
        }
        Some(_) => return Err((&refusals::ALREADY_MEMBER).into()),
        None => {}
    }
    let id: MemberId = tx.new_id();
    let done = tx.exec(
        sql!("INSERT INTO member (id, org_id, person_id, state, joined_on) VALUES ($1, $2, $3, $4, $5)"),
        args![id, team, person, state, joined],
    );
    match done {
        Err(DbError::Unique(name)) if name == "member_once_key" => Err((&refusals::ALREADY_MEMBER).into()),
        Err(error) => Err(error.into()),
        Ok(_) => Ok(id),
    }
}

/// Ends a membership, or takes an application back.
///
/// # Errors
/// `org.not_member` when there is none, `org.leader_stays` while the person holds a post in the team;
/// of the database.
pub fn leave(tx: &mut WriteTx<'_>, person: PersonId, team: OrgId, reason: &str) -> Result<(), Error> {
    end_membership(tx, person, team, MemberState::Left, reason)
}

pub(super) fn end_membership(
    tx: &mut WriteTx<'_>,
    person: PersonId,
    team: OrgId,
    to: MemberState,
    reason: &str,
) -> Result<(), Error> {
    let Some((id, state)) = membership(tx, person, team)? else {
        return Err((&refusals::NOT_MEMBER).into());
    };
    let post: Option<(String,)> = tx.first(
        sql!("SELECT min(title) FROM org_post WHERE org_id = $1 AND person_id = $2 AND to_on IS NULL HAVING count(*) > 0"),
        args![team, person],
    )?;
    if let Some((title,)) = post {
        return Err(Refusal::new(&refusals::LEADER_STAYS).with("title", title).into());
    }
    let today = tx.now().date();
    let ended = tx.exec(
        sql!("UPDATE member SET state = $2, left_on = $3, reason = $4 WHERE id = $1 AND state = $5"),
        args![id, to, today, reason, state],
    )?;
    if ended == 0 {
        return Err((&refusals::NOT_MEMBER).into());
    }
    // Nothing is left to transfer from here; a transfer that is done has said so before.
    crate::transfer::store::left(tx, person, team)?;
    if state == MemberState::Member {
        tx.exec_one(sql!("UPDATE org SET members = members - 1 WHERE id = $1"), args![team])?;
    }
    Ok(())
}

/// Ends all memberships and applications of a team; returns those that ended, in order of joining.
pub(super) fn disband(
    tx: &mut WriteTx<'_>,
    team: OrgId,
    reason: &str,
) -> Result<Vec<(PersonId, MemberState, Option<Date>)>, DbError> {
    let today = tx.now().date();
    let all = tx.all(
        sql!(
            "SELECT person_id, state, joined_on FROM member WHERE org_id = $1
             AND state IN ('applied', 'member') ORDER BY id"
        ),
        args![team],
    )?;
    tx.exec(
        sql!(
            "UPDATE member SET state = 'left', left_on = $2, reason = $3 WHERE org_id = $1
             AND state IN ('applied', 'member')"
        ),
        args![team, today, reason],
    )?;
    tx.exec_one(sql!("UPDATE org SET members = 0 WHERE id = $1"), args![team])?;
    Ok(all)
}

/// Takes people of another team over, who keep the day they joined; those who are here already stay as
/// they are, and an applicant here who was a member there becomes one.
pub(super) fn take_over(
    tx: &mut WriteTx<'_>,
    team: OrgId,
    people: &[(PersonId, MemberState, Option<Date>)],
) -> Result<(), DbError> {
    for (person, state, joined) in people {
        let id: MemberId = tx.new_id();
        tx.exec_later(
            sql!(
                "INSERT INTO member (id, org_id, person_id, state, joined_on) VALUES ($1, $2, $3, $4, $5)
                 ON CONFLICT (org_id, person_id) WHERE state IN ('applied', 'member')
                 DO UPDATE SET state = excluded.state, joined_on = excluded.joined_on
                 WHERE member.state = 'applied' AND excluded.state = 'member'"
            ),
            args![id, team, person, state, joined],
        )?;
    }
    count_members(tx, team)
}

fn count_members(tx: &mut WriteTx<'_>, team: OrgId) -> Result<(), DbError> {
    tx.exec_one(
        sql!(
            "UPDATE org SET members = (SELECT count(*) FROM member m WHERE m.org_id = org.id
             AND m.state = 'member') WHERE id = $1"
        ),
        args![team],
    )
}

/// Sets the member counters of all teams from the rows, after rows were written in bulk.
///
/// # Errors
/// Of the database.
pub fn recount(tx: &mut WriteTx<'_>) -> Result<(), DbError> {
    tx.exec(
        sql!(
            "UPDATE org SET members = (SELECT count(*) FROM member m WHERE m.org_id = org.id
             AND m.state = 'member') WHERE kind IN ('team', 'group')"
        ),
        &[],
    )?;
    Ok(())
}

// ---------------------------------------------------------------------------------------------
// Posts

/// Gives a person the leader's post of an organisation and, in a team or group, the leader's role
/// (Add-32). Whoever is no member of the team becomes one.
///
/// # Errors
/// `org.post_held`, what [`join`] refuses, what granting the role refuses; of the database.
pub fn set_leader(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    org: OrgId,
    person: PersonId,
    title: &str,
    how: How,
) -> Result<PostId, Error> {
    set_post(tx, actor, org, person, PostKind::Leader, title, how)
}

/// As [`set_leader`] for any kind of post; leader, deputy and liaison of a team hold the leader's role.
///
/// # Errors
/// As [`set_leader`].
pub fn set_post(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    org: OrgId,
    person_id: PersonId,
    kind: PostKind,
    title: &str,
    how: How,
) -> Result<PostId, Error> {
    // The row of the organisation is the lock under which its posts change: two ends of posts at once
    // would otherwise each see the other leader still there (Edge-12).
    tx.exec_one(sql!("UPDATE org SET version = version + 1 WHERE id = $1"), args![org])?;
    let node = must_find(tx, org)?;
    if node.state == OrgState::Closed {
        return Err(Refusal::new(&refusals::CLOSED).with("name", node.name).into());
    }
    let someone = person(tx, person_id)?.ok_or_else(|| Error::from(&common::NOT_FOUND))?;
    let held: Vec<Post> = posts(tx, org, false)?;
    if held.iter().any(|post| post.person == person_id && post.kind == kind) {
        return Err(Refusal::new(&refusals::POST_HELD).with("name", someone.name).into());
    }
    if node.is_team() && !matches!(membership(tx, person_id, org)?, Some((_, MemberState::Member))) {
        join(tx, person_id, org, MemberState::Member)?;
    }
    let (id, today): (PostId, _) = (tx.new_id(), tx.now().date());
    tx.exec_one(
        sql!(
            "INSERT INTO org_post (id, org_id, person_id, title, kind, how, from_on)
             VALUES ($1, $2, $3, $4, $5, $6, $7)"
        ),
        args![id, org, person_id, title, kind, how, today],
    )?;
    // A member unit keeps its own lists: who leads it may do so there (Add-06).
    if (node.is_team() || node.kind == OrgKind::Unit) && kind != PostKind::Other {
        let account = account::for_person(tx, person_id, &someone.name)?;
        let has = grants(tx, org)?.contains(&(account, Role::Leader));
        if !has {
            account::grant_role(tx, actor, account, Role::Leader, org)?;
        }
    }
    note(tx, actor.account, org, "leader", "", title)?;
    Ok(id)
}

/// Ends the leader's post of a person, with the role.
///
/// # Errors
/// `common.not_found` when the person does not lead; as [`end_post`].
pub fn end_leader(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    org: OrgId,
    person: PersonId,
    parent_takes_over: bool,
) -> Result<(), Error> {
    let post = posts(tx, org, false)?
        .into_iter()
        .find(|post| post.person == person && post.kind == PostKind::Leader)
        .ok_or_else(|| Error::from(&common::NOT_FOUND))?;
    end_post(tx, actor, org, post.id, parent_takes_over)
}

/// Ends a post, and the leader's role with the last post that carried it. The last who leads a team may
/// not go while sessions are unrecorded, unless the parent takes over (Edge-12).
///
/// # Errors
/// `common.not_found`, `org.last_leader`; of the database.
pub(super) fn end_post(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    org: OrgId,
    post: PostId,
    parent_takes_over: bool,
) -> Result<(), Error> {
    tx.exec_one(sql!("UPDATE org SET version = version + 1 WHERE id = $1"), args![org])?;
    let running = posts(tx, org, false)?;
    let ending = running.iter().find(|one| one.id == post).ok_or_else(|| Error::from(&common::NOT_FOUND))?;
    let others_lead =
        running.iter().any(|one| one.id != post && matches!(one.kind, PostKind::Leader | PostKind::Deputy));
    let leads = matches!(ending.kind, PostKind::Leader | PostKind::Deputy);
    if leads && !others_lead && !parent_takes_over {
        let count = super::open_work(tx, org)?;
        if count > 0 {
            return Err(Refusal::new(&refusals::LAST_LEADER).with("count", count).on("take_over").into());
        }
    }
    let today = tx.now().date();
    tx.exec_one(sql!("UPDATE org_post SET to_on = $2 WHERE id = $1 AND to_on IS NULL"), args![post, today])?;
    let still = running
        .iter()
        .any(|one| one.id != post && one.person == ending.person && one.kind != PostKind::Other);
    if !still && ending.kind != PostKind::Other {
        end_leader_role(tx, actor, org, ending.person)?;
    }
    note(tx, actor.account, org, "leader", &ending.title, if parent_takes_over { "parent" } else { "" })?;
    Ok(())
}

fn end_leader_role(tx: &mut WriteTx<'_>, actor: &Actor, org: OrgId, person: PersonId) -> Result<(), Error> {
    let account: Option<(AccountId,)> = tx.first(
        sql!(
            "SELECT a.id FROM account a JOIN role_grant g ON g.account_id = a.id
             WHERE a.person_id = $1 AND g.org_id = $2 AND g.role = 'leader' AND g.ended_at IS NULL"
        ),
        args![person, org],
    )?;
    if let Some((account,)) = account {
        account::end_role(tx, actor, account, Role::Leader, org)?;
    }
    Ok(())
}

/// Ends all running posts of a node that is closing; returns them.
pub(super) fn end_posts(tx: &mut WriteTx<'_>, org: OrgId) -> Result<Vec<Post>, DbError> {
    let running = posts(tx, org, false)?;
    let today = tx.now().date();
    tx.exec(sql!("UPDATE org_post SET to_on = $2 WHERE org_id = $1 AND to_on IS NULL"), args![org, today])?;
    Ok(running)
}

/// Writes a post without asking or granting anything: the role moves by other means.
pub(super) fn keep_post(
    tx: &mut WriteTx<'_>,
    org: OrgId,
    post: &Post,
    kind: PostKind,
) -> Result<(), DbError> {
    let (id, today): (PostId, _) = (tx.new_id(), tx.now().date());
    tx.exec_later(
        sql!(
            "INSERT INTO org_post (id, org_id, person_id, title, kind, how, from_on)
             VALUES ($1, $2, $3, $4, $5, $6, $7)"
        ),
        args![id, org, post.person, post.title, kind, post.how, today],
    )
}

// ---------------------------------------------------------------------------------------------
// Self-check

row! {
    struct Checked {
        id: OrgId,
        name: String,
        area_parent: Option<OrgId>,
        sponsor_parent: Option<OrgId>,
        area_path: String,
        sponsor_path: String,
        state: OrgState,
        members: i64,
    }
}

/// Recomputes paths and member counters from the rows, and looks for open nodes under closed ones;
/// returns what differs.
///
/// # Errors
/// Of the database.
pub fn check(tx: &mut ReadTx<'_>) -> Result<Vec<String>, Error> {
    let rows: Vec<Checked> = tx.all(
        sql!(
            "SELECT id, name, area_parent, sponsor_parent, area_path, sponsor_path, state, members
             FROM org ORDER BY id"
        ),
        &[],
    )?;
    let counted: Vec<(OrgId, i64)> = tx.all(
        sql!("SELECT org_id, count(*) FROM member WHERE state = 'member' GROUP BY org_id ORDER BY org_id"),
        &[],
    )?;
    let counted: BTreeMap<OrgId, i64> = counted.into_iter().collect();
    let by_id: BTreeMap<OrgId, &Checked> = rows.iter().map(|row| (row.id, row)).collect();
    let mut out = Vec::new();
    for row in &rows {
        let parent = |id: Option<OrgId>| id.and_then(|id| by_id.get(&id).copied());
        let (area, sponsor) = (parent(row.area_parent), parent(row.sponsor_parent));
        // A ring shows here too: no chain of parents can agree with finite paths.
        let want = rules::path(area.map(|node| node.area_path.as_str()), row.id);
        if want != row.area_path {
            out.push(format!("org {} {}: area path {} should be {want}", row.id, row.name, row.area_path));
        }
        let want = rules::path(sponsor.map(|node| node.sponsor_path.as_str()), row.id);
        let bare = row.sponsor_path.is_empty() && row.sponsor_parent.is_none();
        if want != row.sponsor_path && !bare {
            out.push(format!(
                "org {} {}: sponsor path {} should be {want}",
                row.id, row.name, row.sponsor_path
            ));
        }
        if row.state != OrgState::Closed {
            for above in [area, sponsor].into_iter().flatten().filter(|node| node.state == OrgState::Closed) {
                out.push(format!("org {} {}: stands under the closed {}", row.id, row.name, above.name));
            }
        }
        let members = counted.get(&row.id).copied().unwrap_or_default();
        if members != row.members {
            out.push(format!("org {} {}: counts {} members, has {members}", row.id, row.name, row.members));
        }
    }
    Ok(out)
}
