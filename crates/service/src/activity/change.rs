//! Changing what is published: times, places, posts of a session. Whoever holds a place is told old and
//! new and can give the place back with one tap; nobody learns of a change at a locked gate.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Path, State};
use db::{DbError, ReadTx, WriteTx, args, row, sql};
use kernel::error::{Collect, common};
use kernel::{Actor, Error, Lang, PersonId, Refusal, Timestamp};
use ui::answer::{Answer, Done};
use ui::form::Label;
use ui::{App, Fields, Form, Req, Shell};

use super::commands::{NewPost, managed, managed_session};
use super::pages::{parse, when};
use super::store::{self, Activity, Post, SessionFull};
use super::{ActivityState, SessionState, refusals, rules};
use crate::event::SessionChanged;
use crate::sign_up::SignUpState;
use crate::sign_up::waiting::commands as waiting;
use crate::{ActivityId, PostId, SessionId};

/// A wished change of a published session.
#[derive(Debug, Clone)]
pub struct Change {
    /// Version of the session it was read from.
    pub version: i64,
    /// Start.
    pub starts_at: Timestamp,
    /// End, at most 24 hours later.
    pub ends_at: Timestamp,
    /// End of sign-up, not after the start.
    pub sign_up_until: Timestamp,
    /// Places, never fewer than are taken.
    pub quota: i64,
    /// Minutes that do not count.
    pub break_minutes: i64,
    /// Place as everybody sees it; of the whole activity.
    pub place_public: String,
    /// Exact place; of the whole activity.
    pub place_exact: String,
    /// The posts there are: name and people; 0 people removes one.
    pub posts: Vec<(PostId, String, i64)>,
    /// Posts to add.
    pub new_posts: Vec<NewPost>,
    /// Why; may be empty.
    pub reason: String,
}

/// What a change led to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Told {
    /// How many people were told.
    pub told: i64,
    /// How many of them now have another session at the same time.
    pub clashes: usize,
}

row! {
    /// Somebody of a session whose other session overlaps with it.
    pub struct Clash { person: PersonId, name: String, title: String, starts_at: Timestamp, ends_at: Timestamp }

    /// A line of what was changed.
    pub struct ChangeLine {
        at: Timestamp, old_starts_at: Timestamp, old_ends_at: Timestamp, new_starts_at: Timestamp,
        new_ends_at: Timestamp, old_place: String, new_place: String, exact_changed: bool, reason: String,
        told: i64,
    }
}

/// Who holds a place in a session.
fn booked(tx: &mut ReadTx<'_>, session: SessionId) -> Result<Vec<PersonId>, DbError> {
    let rows: Vec<(PersonId,)> = tx.all(
        sql!("SELECT person_id FROM sign_up WHERE session_id = $1 AND state = 'booked' ORDER BY id"),
        args![session],
    )?;
    Ok(rows.into_iter().map(|row| row.0).collect())
}

/// Whom a change concerns, and whether they hold a place: others are on the waiting list, were offered a place, or wait
/// for the leader's word.
fn concerned(tx: &mut ReadTx<'_>, session: SessionId) -> Result<Vec<(PersonId, bool)>, DbError> {
    let mut all: BTreeMap<PersonId, bool> = BTreeMap::new();
    let waiting: Vec<(PersonId,)> = tx.all(
        sql!(
            "SELECT w.person_id FROM waiting w WHERE w.session_id = $1 AND w.state IN ('waiting', 'offered')
             UNION SELECT x.person_id FROM application x WHERE x.session_id = $1 AND x.state = 'waiting'"
        ),
        args![session],
    )?;
    all.extend(waiting.into_iter().map(|(person,)| (person, false)));
    all.extend(booked(tx, session)?.into_iter().map(|person| (person, true)));
    Ok(all.into_iter().collect())
}

/// People of a session who hold a place elsewhere at the same time. Two people's commands may cross, so it
/// is asked anew whenever somebody looks, not kept.
///
/// # Errors
/// Of the database.
pub fn clashes(
    tx: &mut ReadTx<'_>,
    session: SessionId,
    starts_at: Timestamp,
    ends_at: Timestamp,
) -> Result<Vec<Clash>, DbError> {
    let earliest = Timestamp(starts_at.0 - kernel::time::DAY_MS);
    tx.all(
        sql!(concat!(
            "SELECT u.person_id, p.name, a.title, w.starts_at, w.ends_at
             FROM sign_up u JOIN person p ON p.id = u.person_id
                JOIN sign_up w ON w.person_id = u.person_id AND w.session_id <> u.session_id
                JOIN session s ON s.id = w.session_id JOIN activity a ON a.id = s.activity_id
             WHERE u.session_id = $1 AND u.state = 'booked' AND w.state IN ('booked', 'attended')
                AND w.starts_at < $2 AND w.starts_at > $3 AND w.ends_at > $4 AND ",
            people::person_shown!(),
            " ORDER BY u.id, w.starts_at, w.id LIMIT 1000"
        )),
        args![session, ends_at, earliest, starts_at],
    )
}

/// What was changed in a session, latest first.
///
/// # Errors
/// Of the database.
pub fn log(tx: &mut ReadTx<'_>, session: SessionId) -> Result<Vec<ChangeLine>, DbError> {
    tx.all(
        sql!(
            "SELECT at, old_starts_at, old_ends_at, new_starts_at, new_ends_at, old_place, new_place, exact_changed,
                reason, told
             FROM session_change WHERE session_id = $1 ORDER BY id DESC LIMIT 50"
        ),
        args![session],
    )
}

fn store_times(tx: &mut WriteTx<'_>, id: SessionId, c: &Change) -> Result<bool, DbError> {
    let due_on = rules::due_on(c.ends_at);
    let touched = tx.exec(
        sql!(
            "UPDATE session SET starts_at = $3, ends_at = $4, sign_up_until = $5, quota = $6, break_minutes = $7,
                due_on = $8, version = version + 1
             WHERE id = $1 AND version = $2 AND state = 'open' AND taken <= $6"
        ),
        args![id, c.version, c.starts_at, c.ends_at, c.sign_up_until, c.quota, c.break_minutes, due_on],
    )?;
    Ok(touched == 1)
}

fn store_log(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    session: SessionId,
    (old, new): ((Timestamp, Timestamp), (Timestamp, Timestamp)),
    place: (&str, &str, bool),
    reason: &str,
    told: i64,
) -> Result<(), DbError> {
    let id = tx.new_id::<crate::SessionChangeId>();
    let (now, by) = (tx.now(), actor.account);
    tx.exec_one(
        sql!(
            "INSERT INTO session_change (id, session_id, at, by_account, old_starts_at, old_ends_at, new_starts_at,
                new_ends_at, old_place, new_place, exact_changed, reason, told)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)"
        ),
        args![id, session, now, by, old.0, old.1, new.0, new.1, place.0, place.1, place.2, reason, told],
    )
}

/// Coming sessions of an activity in which somebody holds a place.
fn coming(tx: &mut ReadTx<'_>, id: ActivityId) -> Result<Vec<(SessionId, Timestamp, Timestamp)>, DbError> {
    let now = tx.now();
    tx.all(
        sql!(
            "SELECT id, starts_at, ends_at FROM session
             WHERE activity_id = $1 AND state = 'open' AND ends_at > $2 AND taken > 0 ORDER BY starts_at, id"
        ),
        args![id, now],
    )
}

/// Tells everybody who holds a place in a coming session that the activity's place is another; `before` is
/// the public and the exact one as they were. `except` names a session whose people are told otherwise.
///
/// # Errors
/// Of the database and of listeners.
pub(super) fn tell_place(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    a: &Activity,
    before: &(String, String),
    except: Option<SessionId>,
    reason: &str,
) -> Result<i64, Error> {
    let exact_changed = before.1 != a.place_exact;
    if before.0 == a.place_public && !exact_changed {
        return Ok(0);
    }
    let mut all = 0;
    for (session, starts_at, ends_at) in coming(tx, a.id)? {
        if except == Some(session) {
            continue;
        }
        let times = (starts_at, ends_at);
        let people = concerned(tx, session)?;
        let told = i64::try_from(people.len()).unwrap_or(0);
        for (person, holds) in people {
            tx.publish(&SessionChanged {
                person,
                holds,
                session,
                title: a.title.clone(),
                old: times,
                new: times,
                old_place: before.0.clone(),
                new_place: a.place_public.clone(),
                exact_changed,
                reason: reason.to_owned(),
                clashes: Vec::new(),
            })?;
        }
        store_log(
            tx,
            actor,
            session,
            (times, times),
            (&before.0, &a.place_public, exact_changed),
            reason,
            told,
        )?;
        all += told;
    }
    people::audit::note(tx, actor, "activity.place", "activity", a.id.0, &format!("told={all}"))?;
    Ok(all)
}

/// Whether the wish can be: everything wrong at once. `taken` is the posts' taken places by id.
fn check(s: &SessionFull, c: &Change, posts: &[Post], now: Timestamp) -> Result<(), Error> {
    let mut all = Collect::default();
    let moved = (c.starts_at, c.ends_at) != (s.starts_at, s.ends_at);
    let length = (c.ends_at.0 - c.starts_at.0) / kernel::time::MINUTE_MS;
    all.check(!(15..=1440).contains(&length), || {
        Refusal::new(&refusals::SESSION_LENGTH).with("when", c.starts_at.text()).on("end")
    });
    all.check(moved && now >= s.starts_at, || Refusal::new(&refusals::BEGUN).on("date"));
    all.check(moved && now < s.starts_at && c.starts_at <= now, || {
        Refusal::new(&refusals::SESSION_PAST).with("when", c.starts_at.text()).on("date")
    });
    all.check(c.quota < s.taken, || {
        Refusal::new(&refusals::QUOTA_TAKEN).with("quota", c.quota).with("taken", s.taken).on("quota")
    });
    let required = |name, zh, en| Refusal::new(&common::REQUIRED).with_both("label", zh, en).on(name);
    all.check(c.place_public.is_empty(), || required("place_public", "公开地点", "Public place"));
    all.check(c.place_exact.is_empty(), || required("place_exact", "详细地点", "Exact place"));
    for (id, name, quota) in &c.posts {
        if let Some(post) = posts.iter().find(|post| post.id == *id)
            && *quota < post.taken
        {
            let refusal =
                Refusal::new(&refusals::POST_TAKEN).with("post", &post.name).with("taken", post.taken);
            all.push(refusal.with("quota", quota).on("posts"));
        }
        all.check(*quota > 0 && name.is_empty(), || required("posts", "岗位名称", "Name of the post"));
    }
    let sum: i64 = c.posts.iter().map(|post| post.2).sum::<i64>()
        + c.new_posts.iter().map(|post| post.quota).sum::<i64>();
    all.check(sum > c.quota, || {
        Refusal::new(&refusals::POSTS_TOO_MANY).with("posts", sum).with("quota", c.quota).on("posts")
    });
    all.done()
}

fn store_posts(tx: &mut WriteTx<'_>, s: SessionId, c: &Change, posts: &[Post]) -> Result<(), Error> {
    for (id, name, quota) in &c.posts {
        let Some(post) = posts.iter().find(|post| post.id == *id) else { continue };
        if *quota == 0 {
            // Sign-ups that were cancelled still name it; whoever has come meanwhile keeps it.
            tx.exec(
                sql!("UPDATE sign_up SET post_id = NULL WHERE post_id = $1 AND session_id = $2 AND state = 'cancelled'"),
                args![id, s],
            )?;
            // Who waits for this post waits for any; one that is held for somebody counts as taken.
            tx.exec(
                sql!("UPDATE waiting SET post_id = NULL WHERE post_id = $1 AND session_id = $2"),
                args![id, s],
            )?;
            if tx.exec(
                sql!("DELETE FROM post WHERE id = $1 AND session_id = $2 AND taken = 0"),
                args![id, s],
            )? == 1
            {
                continue;
            }
        } else if (name, *quota) == (&post.name, post.quota)
            || tx.exec(
                sql!(
                    "UPDATE post SET name = $3, quota = $4 WHERE id = $1 AND session_id = $2 AND taken <= $4"
                ),
                args![id, s, name, quota],
            )? == 1
        {
            continue;
        }
        return Err((&common::STALE).into());
    }
    let kinds = if c.new_posts.is_empty() { Vec::new() } else { people::qualification::store::kinds(tx)? };
    for post in &c.new_posts {
        let new = post.of(tx.new_id(), s, &kinds);
        store::insert_post(tx, &new)?;
    }
    Ok(())
}

/// Changes a published session and tells everybody who holds a place when time or place changed; the copies
/// of the times that sign-ups keep for the overlap rule move in the same transaction. Once check-in has
/// begun the times stay.
///
/// # Errors
/// `common.not_found`, `common.stale`, `activity.not_open`, `activity.begun`, `activity.quota_taken`,
/// `activity.post_taken`, and what a new session could not be either.
pub fn change(tx: &mut WriteTx<'_>, actor: &Actor, id: SessionId, c: &Change) -> Result<Told, Error> {
    let s = managed_session(tx, actor, id)?;
    if s.state != SessionState::Open || s.activity_state != ActivityState::Published {
        return Err((&refusals::NOT_OPEN).into());
    }
    if s.version != c.version {
        return Err((&common::STALE).into());
    }
    let posts = posts_of_session(tx, id)?;
    check(&s, c, &posts, tx.now())?;
    let (old, new) = ((s.starts_at, s.ends_at), (c.starts_at, c.ends_at));
    let before = (s.place_public.clone(), s.place_exact.clone());
    let exact_changed = before.1 != c.place_exact;
    let place_changed = before.0 != c.place_public || exact_changed;
    // Activity before session: the order of locks everywhere.
    if place_changed {
        tx.exec_one(
            sql!(
                "UPDATE activity SET place_public = $2, place_exact = $3, version = version + 1 WHERE id = $1"
            ),
            args![s.activity_id, c.place_public, c.place_exact],
        )?;
    }
    if !store_times(tx, id, c)? {
        return Err((&common::STALE).into());
    }
    // Behind the session's lock: who checked in until now is seen, and nobody signs up for the old time.
    if old != new && store::attended(tx, id)? {
        return Err(Refusal::new(&refusals::BEGUN).on("date").into());
    }
    if old != new {
        crate::trip::store::moved(tx, id, new.0.0 - old.0.0, new.1.0 - old.1.0)?;
    }
    store_posts(tx, id, c, &posts)?;
    if c.quota > s.quota {
        waiting::fill(tx, id, c.starts_at)?;
    }
    let mut told = Told { told: 0, clashes: 0 };
    if old != new || place_changed {
        told = tell(tx, actor, &s, c, exact_changed)?;
    }
    if place_changed {
        let a = managed(tx, actor, s.activity_id)?;
        told.told += tell_place(tx, actor, &a, &before, Some(id), &c.reason)?;
    }
    let detail = format!(
        "{}–{} → {}–{} quota={} told={}",
        old.0.text(),
        old.1.clock_text(),
        new.0.text(),
        new.1.clock_text(),
        c.quota,
        told.told
    );
    people::audit::note(tx, actor, "session.change", "session", id.0, &detail)?;
    Ok(told)
}

/// Puts a session off by whole days, everything else as it is.
///
/// # Errors
/// As [`change`].
pub fn postpone(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    id: SessionId,
    days: i64,
    reason: &str,
) -> Result<Told, Error> {
    let s = managed_session(tx, actor, id)?;
    let later = |at: Timestamp| Timestamp(at.0 + days * kernel::time::DAY_MS);
    let posts = posts_of_session(tx, id)?;
    let wish = Change {
        version: s.version,
        starts_at: later(s.starts_at),
        ends_at: later(s.ends_at),
        sign_up_until: later(s.sign_up_until),
        quota: s.quota,
        break_minutes: s.break_minutes,
        place_public: s.place_public,
        place_exact: s.place_exact,
        posts: posts.into_iter().map(|post| (post.id, post.name, post.quota)).collect(),
        new_posts: Vec::new(),
        reason: reason.to_owned(),
    };
    change(tx, actor, id, &wish)
}

/// Moves the copies of the times, tells everybody of this session, and keeps old and new.
fn tell(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    s: &SessionFull,
    c: &Change,
    exact_changed: bool,
) -> Result<Told, Error> {
    let (old, new) = ((s.starts_at, s.ends_at), (c.starts_at, c.ends_at));
    let mut by_person: BTreeMap<PersonId, Vec<(String, Timestamp, Timestamp)>> = BTreeMap::new();
    if old != new {
        tx.exec(
            sql!(
                "UPDATE sign_up SET starts_at = $2, ends_at = $3 WHERE session_id = $1 AND state = 'booked'"
            ),
            args![s.id, new.0, new.1],
        )?;
        for clash in clashes(tx, s.id, new.0, new.1)? {
            by_person.entry(clash.person).or_default().push((clash.title, clash.starts_at, clash.ends_at));
        }
    }
    let people = concerned(tx, s.id)?;
    let told = i64::try_from(people.len()).unwrap_or(0);
    let count = by_person.len();
    for (person, holds) in people {
        tx.publish(&SessionChanged {
            person,
            holds,
            session: s.id,
            title: s.title.clone(),
            old,
            new,
            old_place: s.place_public.clone(),
            new_place: c.place_public.clone(),
            exact_changed,
            reason: c.reason.clone(),
            clashes: by_person.remove(&person).unwrap_or_default(),
        })?;
    }
    let place = (s.place_public.as_str(), c.place_public.as_str(), exact_changed);
    store_log(tx, actor, s.id, (old, new), place, &c.reason, told)?;
    Ok(Told { told, clashes: count })
}

/// The posts of a session.
pub(super) fn posts_of_session(tx: &mut ReadTx<'_>, id: SessionId) -> Result<Vec<Post>, DbError> {
    tx.all(
        sql!(
            "SELECT p.id, p.session_id, p.name, p.quota, p.taken, p.skill, p.qualification, k.name, k.name_en
             FROM post p LEFT JOIN qualification_kind k ON k.code = p.qualification
             WHERE p.session_id = $1 ORDER BY p.id LIMIT 200"
        ),
        args![id],
    )
}

// ---- pages ------------------------------------------------------------------------------------

/// A post as the form shows it.
#[derive(Debug)]
pub struct PostField {
    pub id: PostId,
    pub name: String,
    pub quota: String,
    pub taken: i64,
    pub skill: String,
}

#[derive(Template)]
#[template(path = "activity/change.html")]
struct ChangePage {
    shell: Shell,
    form: Form,
    s: SessionFull,
    when: String,
    posts: Vec<PostField>,
    /// Whether the times can still be changed.
    movable: bool,
    others: usize,
}

/// A change in words.
#[derive(Debug)]
pub struct LineView {
    pub at: String,
    pub old: String,
    pub new: String,
    pub old_place: String,
    pub new_place: String,
    pub exact_changed: bool,
    pub reason: String,
    pub told: i64,
}

#[derive(Template)]
#[template(path = "activity/changes.html")]
struct ChangesPage {
    shell: Shell,
    s: SessionFull,
    when: String,
    lines: Vec<LineView>,
    clashes: Vec<(String, String)>,
}

#[derive(Template)]
#[template(path = "activity/changed.html")]
struct ChangedPage {
    shell: Shell,
    s: SessionFull,
    when: String,
    line: Option<LineView>,
    /// The place is still held, and can be given back.
    holds: bool,
    clashes: Vec<(String, String)>,
}

fn line_view(lang: Lang, now: Timestamp, line: ChangeLine) -> LineView {
    let moved = (line.old_starts_at, line.old_ends_at) != (line.new_starts_at, line.new_ends_at);
    let place = line.old_place != line.new_place;
    let text = |on: bool, text: String| if on { text } else { String::new() };
    LineView {
        at: line.at.text(),
        old: text(moved, when(lang, line.old_starts_at, line.old_ends_at, now)),
        new: text(moved, when(lang, line.new_starts_at, line.new_ends_at, now)),
        old_place: text(place, line.old_place),
        new_place: text(place, line.new_place),
        exact_changed: line.exact_changed,
        reason: line.reason,
        told: line.told,
    }
}

fn hours(s: &SessionFull) -> i64 {
    (s.starts_at.0 - s.sign_up_until.0) / 3_600_000
}

/// A session as the form of changing it shows it.
pub(super) fn filled(s: &SessionFull) -> Fields {
    Fields::of([
        ("version", s.version.to_string()),
        ("date", s.starts_at.date().to_string()),
        ("start", s.starts_at.clock_text()),
        ("end", s.ends_at.clock_text()),
        ("quota", s.quota.to_string()),
        ("close_hours", hours(s).to_string()),
        ("break_minutes", s.break_minutes.to_string()),
        ("place_public", s.place_public.clone()),
        ("place_exact", s.place_exact.clone()),
    ])
}

fn render_change(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    id: &str,
    form: Option<Form>,
) -> Result<Answer, Error> {
    let (lang, now) = (req.lang, tx.now());
    let s = managed_session(tx, actor, parse(id)?)?;
    if s.state != SessionState::Open || s.activity_state != ActivityState::Published {
        return Err((&refusals::NOT_OPEN).into());
    }
    let posts = posts_of_session(tx, s.id)?;
    let others = coming(tx, s.activity_id)?.iter().filter(|one| one.0 != s.id).count();
    let movable = now < s.starts_at && !store::attended(tx, s.id)?;
    let form = form.unwrap_or_else(|| Form { fields: filled(&s), ..Form::default() });
    let typed = |name: String, else_: String| form.fields.get(&name).map_or(else_, str::to_owned);
    let page = ChangePage {
        shell: app.shell(req, actor, lang.t("修改这一场", "Change this session")),
        posts: posts
            .into_iter()
            .map(|post| PostField {
                skill: super::pages::needs(&post, lang),
                name: typed(format!("post-{}-name", post.id), post.name),
                quota: typed(format!("post-{}-quota", post.id), post.quota.to_string()),
                taken: post.taken,
                id: post.id,
            })
            .collect(),
        form,
        when: when(lang, s.starts_at, s.ends_at, now),
        movable,
        others,
        s,
    };
    ui::answer::html(app, req, &page)
}

/// Reads what is to be changed of a session; the same for page and API.
pub(super) fn read(tx: &mut ReadTx<'_>, s: &SessionFull, fields: &Fields) -> Result<Change, Error> {
    let mut all = Collect::default();
    let date = all.take(fields.date("date", Label("日期", "Date"))).unwrap_or(s.starts_at.date());
    let start = all.take(fields.time("start", Label("开始", "Start"))).unwrap_or(0);
    let end = all.take(fields.time("end", Label("结束", "End"))).unwrap_or(0);
    let quota = all.take(fields.number("quota", Label("名额", "Places"), 1, 100_000)).unwrap_or(1);
    let zero = |name: &'static str, label: Label, max: i64, all: &mut Collect| match fields.text(name) {
        "" => 0,
        _ => all.take(fields.number(name, label, 0, max)).unwrap_or(0),
    };
    let close = zero("close_hours", Label("报名截止", "Sign-up ends"), 24 * 30, &mut all);
    let break_minutes = zero("break_minutes", Label("休息分钟", "Break"), 600, &mut all);
    let mut posts = Vec::new();
    for post in posts_of_session(tx, s.id)? {
        let name = fields.text(&format!("post-{}-name", post.id)).chars().take(40).collect::<String>();
        let text = fields.get(&format!("post-{}-quota", post.id));
        let quota = match text {
            None => Some(post.quota),
            Some("") => Some(0),
            Some(text) => text.parse::<i64>().ok().filter(|n| (0..=10_000).contains(n)),
        };
        match quota {
            Some(quota) => {
                posts.push((post.id, if text.is_none() { post.name.clone() } else { name }, quota));
            }
            None => all.push(Label("岗位人数", "People at the post").wrong(
                "posts",
                text.unwrap_or_default(),
                "请填 0 到 10000 的整数；0 表示删除岗位。",
                "A whole number from 0 to 10,000; 0 removes the post.",
            )),
        }
    }
    let starts_at = Timestamp::at(date, start);
    // Seconds people never type; a session that was not touched keeps its very moment.
    let (starts_at, ends_at) = {
        let ends_at = Timestamp::at(date, if end > start { end } else { end + 1440 });
        let same = |a: Timestamp, b: Timestamp| a.text() == b.text();
        if same(starts_at, s.starts_at) && same(ends_at, s.ends_at) {
            (s.starts_at, s.ends_at)
        } else {
            (starts_at, ends_at)
        }
    };
    let change = Change {
        version: fields.text("version").parse().unwrap_or(0),
        starts_at,
        ends_at,
        sign_up_until: if starts_at == s.starts_at && close == hours(s) {
            s.sign_up_until
        } else {
            starts_at.plus_minutes(-60 * close)
        },
        quota,
        break_minutes,
        place_public: all
            .take(fields.optional("place_public", Label("公开地点", "Public place"), 100))
            .unwrap_or_default(),
        place_exact: all
            .take(fields.optional("place_exact", Label("详细地点", "Exact place"), 200))
            .unwrap_or_default(),
        posts,
        new_posts: all.take(rules::read_posts(fields.text("posts"))).unwrap_or_default(),
        reason: all.take(fields.optional("reason", Label("原因", "Reason"), 200)).unwrap_or_default(),
    };
    all.done()?;
    Ok(change)
}

/// The form of a published session.
pub(super) async fn form(State(app): State<App>, req: Req, Path(id): Path<String>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| render_change(&a, tx, req, actor, &id, None)).await
}

/// Changes it and says who was told.
pub(super) async fn submit(
    State(app): State<App>,
    req: Req,
    Path(id): Path<String>,
    fields: Fields,
) -> Answer {
    let (a, again) = (app.clone(), id.clone());
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            let id: SessionId = parse(&id)?;
            let s = managed_session(tx, actor, id)?;
            let wish = read(tx, &s, fields)?;
            let told = change(tx, actor, id, &wish)?;
            let lang = req.lang;
            if told.told == 0 {
                let say = lang.t("已修改。", "Changed.");
                return Ok(Done::to(format!("/activities/{}/sessions", s.activity_id), say));
            }
            let say = lang.f("已修改，{} 人会收到消息。", "Changed; {} people are told.", &[&told.told]);
            Ok(Done::to(format!("/sessions/{id}/changes"), say))
        },
        move |tx, req, actor, form| render_change(&a, tx, req, actor, &again, Some(form.clone())),
    )
    .await
}

fn clash_words(lang: Lang, now: Timestamp, clash: &Clash) -> String {
    when(lang, clash.starts_at, clash.ends_at, now)
}

/// What was changed, who was told, and who now has two things at once: for the leader, who learns when the
/// other one is, not which.
pub(super) async fn changes(State(app): State<App>, req: Req, Path(id): Path<String>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        let (lang, now) = (req.lang, tx.now());
        let s = managed_session(tx, actor, parse(&id)?)?;
        let lines = log(tx, s.id)?.into_iter().map(|line| line_view(lang, now, line)).collect();
        let clashes = clashes(tx, s.id, s.starts_at, s.ends_at)?
            .iter()
            .map(|clash| (clash.name.clone(), clash_words(lang, now, clash)))
            .collect();
        let page = ChangesPage {
            shell: a.shell(req, actor, lang.t("修改记录", "What was changed")),
            when: when(lang, s.starts_at, s.ends_at, now),
            s,
            lines,
            clashes,
        };
        ui::answer::html(&a, req, &page)
    })
    .await
}

/// Old and new for whoever signed up, with one button to give the place back.
pub(super) async fn changed(State(app): State<App>, req: Req, Path(id): Path<String>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        let person = actor.person()?;
        let (lang, now) = (req.lang, tx.now());
        let id: SessionId = parse(&id)?;
        let s = store::session_find(tx, id)?
            .filter(|s| s.activity_state != ActivityState::Draft)
            .ok_or_else(|| Error::from(&common::NOT_FOUND))?;
        let own = crate::sign_up::store::active(tx, id, person)?;
        let holds = own.is_some_and(|one| one.state == SignUpState::Booked)
            && s.state == SessionState::Open
            && now < s.starts_at;
        let line = log(tx, id)?.into_iter().next().map(|line| line_view(lang, now, line));
        let clashes = if holds {
            crate::sign_up::store::others(tx, person, s.starts_at, s.ends_at)?
                .into_iter()
                .filter(|other| other.session != id)
                .map(|other| (other.title, when(lang, other.starts_at, other.ends_at, now)))
                .collect()
        } else {
            Vec::new()
        };
        let page = ChangedPage {
            shell: a.shell(req, actor, lang.t("活动有变", "This has changed")),
            when: when(lang, s.starts_at, s.ends_at, now),
            s,
            line,
            holds,
            clashes,
        };
        ui::answer::html(&a, req, &page)
    })
    .await
}
