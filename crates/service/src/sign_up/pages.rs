//! Buttons for signing up and off, one's schedule, and the leader's list of a session.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Path, Query, State};
use db::ReadTx;
use kernel::error::common;
use kernel::page::{Page, cursor_pair};
use kernel::{Action, Actor, Error, Lang, Refusal, Timestamp};
use serde::Deserialize;
use ui::answer::{Answer, Done};
use ui::form::Label;
use ui::sheet::Cell;
use ui::{App, Fields, Form, Req, Shell};

use super::absence::{self, AbsenceState};
use super::commands::{self, Book};
use super::entry::{self, ApplicationState, Invited};
use super::hand_over::{self, OfferView};
use super::store::{self, Line, Mine};
use super::waiting::{self, WaitState};
use super::{Care, LateReason, SignUpState, Source, limits, rules};
use crate::activity::pages::{export_note, parse, render_show, when};
use crate::activity::{Participant, SessionFull, SessionState, session_find};
use crate::qualified::store::Short;
use crate::trip::store::Duty;
use crate::{ActivityId, PostId, SessionId, SignUpId, take, trip};

/// The page to come back to: the form names the activity; without it the session leads there.
pub(crate) fn back(fields: &Fields, session: SessionId) -> String {
    fields
        .text("activity")
        .parse::<ActivityId>()
        .map_or_else(|_| format!("/sessions/{session}/sign-up"), |id| format!("/activities/{id}"))
}

fn activity_of(tx: &mut ReadTx<'_>, session: SessionId) -> Result<ActivityId, Error> {
    session_find(tx, session)?.map(|s| s.activity_id).ok_or_else(|| (&common::NOT_FOUND).into())
}

/// What a form asks for.
pub(super) fn wish(actor: &Actor, session: SessionId, fields: &Fields) -> Result<Book, Error> {
    actor.account()?;
    let post = match fields.text("post") {
        "" => None,
        _ => Some(fields.id::<PostId>("post", Label("岗位", "Post"))?),
    };
    let team = match fields.text("team") {
        "" => None,
        _ => Some(fields.id("team", Label("队伍", "Team"))?),
    };
    wish_of(actor, session, post, team)
}

/// What a person asks for.
pub(super) fn wish_of(
    actor: &Actor,
    session: SessionId,
    post: Option<PostId>,
    team: Option<kernel::OrgId>,
) -> Result<Book, Error> {
    actor.account()?;
    let person = actor.person.ok_or_else(|| Error::from(&super::refusals::NO_PERSON))?;
    Ok(Book { session, post, person, team, source: Source::Own })
}

/// The page a button stood on, with what was refused: the list of what one can take, or the activity.
pub(crate) fn render_back(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    session: &str,
    form: &Form,
) -> Result<Answer, Error> {
    match take::pages::came_from(form.v("next")) {
        Some(list) => take::pages::render_again(app, tx, req, actor, list, form),
        None => {
            let activity = activity_of(tx, parse(session)?)?;
            render_show(app, tx, req, actor, activity, form)
        }
    }
}

/// Takes a place.
pub(super) async fn sign_up(
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
            let session = parse(&id)?;
            let wish = wish(actor, session, fields)?;
            // Our own forms ask to be warned first.
            let first = !fields.text("careful").is_empty() && !fields.ticked("aware");
            commands::book_minding(tx, actor, &wish, if first { Care::Warn } else { Care::Aware })?;
            let say = req.lang.t("已报名，记得按时到。", "You are signed up. See you there.");
            Ok(match take::pages::came_from(fields.text("next")) {
                Some(list) => Done::to(take::pages::signed(list, session), say),
                None => Done::to(back(fields, session), say),
            })
        },
        move |tx, req, actor, form| render_back(&a, tx, req, actor, &again, form),
    )
    .await
}

/// Gives a place back.
pub(super) async fn sign_off(
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
            let session = parse(&id)?;
            commands::cancel_for(tx, actor, session, LateReason::from_code(fields.text("reason")))?;
            let to = match fields.text("next") {
                "/schedule" => "/schedule".to_owned(),
                next => match take::pages::came_from(next) {
                    Some(list) => list.to_owned(),
                    None => back(fields, session),
                },
            };
            Ok(Done::to(
                to,
                req.lang.t(
                    "已取消报名，名额已让出；改变主意可以再报。",
                    "Cancelled; the place is free again. Sign up anew if you change your mind.",
                ),
            ))
        },
        move |tx, req, actor, form| render_back(&a, tx, req, actor, &again, form),
    )
    .await
}

/// Whoever opens a button's address by hand, or comes back to it from signing in, is led to the page.
pub(crate) async fn to_activity(State(app): State<App>, req: Req, Path(id): Path<String>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, _| {
        let activity = activity_of(tx, parse(&id)?)?;
        Ok(Done::to(format!("/activities/{activity}"), req.flash.clone().unwrap_or_default()).answer(&a, req))
    })
    .await
}

/// A session of the schedule, ready to show.
#[derive(Debug)]
pub struct MineView {
    pub m: Mine,
    pub when: String,
    pub state: String,
    pub exact: Option<String>,
    pub can_cancel: bool,
    /// Cancelling asks for a reason.
    pub late: bool,
    pub running: bool,
    /// When and where people meet before it.
    pub meet: Option<crate::trip::MeetView>,
    /// What one looks after on the way.
    pub duties: String,
    /// The group they are in, while they hold the place, and whether they lead it.
    pub group: Option<(String, bool)>,
}

/// The exact place of a session, for whoever holds a place in it and may know it now (Fix-08).
pub(super) fn exact_place(m: &Mine, now: Timestamp) -> Option<String> {
    let holds = matches!(m.state, SignUpState::Booked | SignUpState::Attended);
    let shown = rules::exact_place_shown(false, holds, m.place_private, now, (m.starts_at, m.ends_at));
    (shown && !m.place_exact.is_empty()).then(|| m.place_exact.clone())
}

fn mine_view(lang: Lang, now: Timestamp, late_hours: i64, m: Mine, duties: &[Duty]) -> MineView {
    let holds = matches!(m.state, SignUpState::Booked | SignUpState::Attended);
    let state = if m.session_state == SessionState::Cancelled {
        lang.t("主办方已取消", "Cancelled by the organiser").to_owned()
    } else {
        m.state.name(lang).to_owned()
    };
    MineView {
        when: when(lang, m.starts_at, m.ends_at, now),
        state,
        exact: exact_place(&m, now),
        can_cancel: m.state == SignUpState::Booked && now < m.starts_at,
        late: rules::late(now, m.created_at, m.starts_at, late_hours),
        running: holds && m.starts_at.plus_minutes(-30) <= now && now < m.ends_at,
        meet: m.meet(lang),
        group: m.group(lang).filter(|_| holds && m.session_state != SessionState::Cancelled),
        duties: duties
            .iter()
            .filter(|one| one.sign_up == m.id)
            .map(|one| one.role.name(lang))
            .collect::<Vec<_>>()
            .join(lang.t("、", ", ")),
        m,
    }
}

/// A waiting list one is on, ready to show.
#[derive(Debug)]
pub struct WaitView {
    pub m: waiting::store::Mine,
    pub when: String,
    /// A place is held until then.
    pub held: Option<Timestamp>,
    pub ahead: String,
}

fn wait_view(lang: Lang, now: Timestamp, m: waiting::store::Mine) -> WaitView {
    WaitView {
        when: when(lang, m.starts_at, m.ends_at, now),
        held: m.respond_by.filter(|_| m.state == WaitState::Offered),
        ahead: waiting::ahead_words(lang, m.ahead),
        m,
    }
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    after: String,
    format: String,
}

#[derive(Template)]
#[template(path = "sign_up/schedule.html")]
struct SchedulePage {
    shell: Shell,
    waits: Vec<WaitView>,
    entry: Invited,
    offers: Vec<OfferView>,
    absent: absence::MineView,
    ahead: Vec<MineView>,
    past: Vec<MineView>,
    first: bool,
    next: Option<String>,
    export: String,
}

/// My schedule: what is ahead, then what was, latest first.
pub(super) async fn schedule(State(app): State<App>, req: Req, Query(asked): Query<Asked>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        let person = actor.person()?;
        let lang = req.lang;
        let now = tx.now();
        let before = cursor_pair(&asked.after);
        let export = asked.format == "xlsx";
        let ahead = if before.is_none() { store::ahead(tx, person)? } else { Vec::new() };
        let waits = if before.is_none() { waiting::store::mine(tx, person)? } else { Vec::new() };
        let past = store::past(tx, person, before, if export { 10_000 } else { 21 })?;
        if export {
            let heads = [
                lang.t("活动", "Activity"),
                lang.t("队伍", "Team"),
                lang.t("开始", "Start"),
                lang.t("结束", "End"),
                lang.t("地点", "Place"),
                lang.t("状态", "State"),
            ];
            let cells: Vec<Vec<Cell>> = ahead
                .into_iter()
                .chain(past)
                .map(|m| {
                    let view = mine_view(lang, now, 0, m, &[]);
                    vec![
                        view.m.title.into(),
                        view.m.org_name.into(),
                        view.m.starts_at.text().into(),
                        view.m.ends_at.text().into(),
                        view.m.place_public.into(),
                        view.state.into(),
                    ]
                })
                .collect();
            let title = lang.t("我的安排", "My schedule");
            return ui::sheet::answer(title, &export_note(lang, actor, now), &heads, &cells);
        }
        let rules = limits::limits(tx)?;
        let late = rules.late_hours;
        let absent =
            if before.is_none() { absence::mine(tx, person, &rules)? } else { absence::MineView::default() };
        let offers = if before.is_none() { hand_over::own(tx, lang, person)? } else { Vec::new() };
        let entry = if before.is_none() {
            entry::invited(tx, person)?
        } else {
            Invited { applied: Vec::new(), invited: Vec::new() }
        };
        // Only who goes somewhere together has duties.
        let duties = if ahead.iter().any(|m| m.meet_at.is_some()) {
            trip::store::own_duties(tx, person)?
        } else {
            Vec::new()
        };
        let past = Page::cut(past, 20, |m| format!("{}~{}", m.starts_at.0, m.id));
        ui::answer::html(
            &a,
            req,
            &SchedulePage {
                shell: a.shell(req, actor, lang.t("我的安排", "My schedule")),
                entry,
                offers,
                absent,
                waits: waits.into_iter().map(|one| wait_view(lang, now, one)).collect(),
                ahead: ahead.into_iter().map(|m| mine_view(lang, now, late, m, &duties)).collect(),
                first: before.is_none(),
                next: past.next.map(|cursor| req.with_query("after", &cursor)),
                past: past.rows.into_iter().map(|m| mine_view(lang, now, late, m, &[])).collect(),
                export: req.with_query("format", "xlsx"),
            },
        )
    })
    .await
}

#[derive(Template)]
#[template(path = "sign_up/list.html")]
struct ListPage {
    shell: Shell,
    form: Form,
    s: SessionFull,
    when: String,
    lines: Vec<Line>,
    applications: Vec<entry::store::Line>,
    offers: Vec<OfferView>,
    waits: Vec<waiting::store::Line>,
    participants: Vec<(String, String)>,
    next: Option<String>,
    export: String,
    may_export: bool,
    /// How many are under eighteen that day.
    minors: i64,
    /// Those who cannot show what is asked for.
    short: BTreeMap<SignUpId, Short>,
}

impl ListPage {
    /// What somebody cannot show; empty: nothing.
    fn lack(&self, line: &Line) -> &str {
        self.short.get(&line.id).map_or("", |short| self.shell.lang.t(&short.zh, &short.en))
    }
}

/// A session whose people the actor may see; another one is not found.
pub(super) fn led(tx: &mut ReadTx<'_>, actor: &Actor, id: &str) -> Result<SessionFull, Error> {
    led_by(tx, actor, parse(id)?)
}

/// [`led`] by its id.
pub(super) fn led_by(tx: &mut ReadTx<'_>, actor: &Actor, id: SessionId) -> Result<SessionFull, Error> {
    actor.account()?;
    session_find(tx, id)?
        .filter(|s| super::manages(actor, s.place()))
        .ok_or_else(|| (&common::NOT_FOUND).into())
}

fn render_list(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    id: &str,
    asked: &Asked,
    form: &Form,
) -> Result<Answer, Error> {
    let lang = req.lang;
    let now = tx.now();
    let s = led(tx, actor, id)?;
    let export = asked.format == "xlsx";
    let after = asked.after.parse().unwrap_or(0);
    let lines = store::of_session(tx, s.id, after, if export { 10_000 } else { 101 })?;
    let title = lang.f("报名名单：{}", "Signed up: {}", &[&s.title]);
    if export {
        actor.demand(Action::Export, s.place())?;
        let heads = [
            lang.t("姓名", "Name"),
            lang.t("志愿者编号", "Volunteer number"),
            lang.t("队伍", "Team"),
            lang.t("岗位", "Post"),
            lang.t("身份", "As"),
            lang.t("状态", "State"),
            lang.t("报名时间", "Signed up at"),
        ];
        let cells: Vec<Vec<Cell>> = lines
            .into_iter()
            .map(|line| {
                vec![
                    line.name.into(),
                    line.volunteer_no.into(),
                    line.team_name.into(),
                    line.post_name.unwrap_or_default().into(),
                    line.participant.name(lang).into(),
                    line.state.name(lang).into(),
                    line.created_at.text().into(),
                ]
            })
            .collect();
        return ui::sheet::answer(&title, &export_note(lang, actor, now), &heads, &cells);
    }
    let page = Page::cut(lines, 100, |line| line.id.to_string());
    let waits = if after == 0 { waiting::store::of_session(tx, s.id)? } else { Vec::new() };
    let applications = if after == 0 { entry::store::of_session(tx, s.id)? } else { Vec::new() };
    let page_of = ListPage {
        applications,
        offers: hand_over::of_session(tx, lang, s.id)?,
        shell: app.shell(req, actor, &title),
        form: form.clone(),
        when: when(lang, s.starts_at, s.ends_at, now),
        lines: page.rows,
        waits,
        participants: Participant::ALL
            .iter()
            .map(|p| (p.code().to_owned(), p.name(lang).to_owned()))
            .collect(),
        next: page.next.map(|cursor| req.with_query("after", &cursor)),
        export: req.with_query("format", "xlsx"),
        may_export: kernel::can(actor, Action::Export, s.place()),
        minors: crate::family::count(tx, s.id, s.starts_at)?,
        short: crate::qualified::store::unready(tx, s.id)?,
        s,
    };
    ui::answer::html(app, req, &page_of)
}

/// The leader's list of a session again, with what was refused.
pub(super) fn render_led(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    id: &str,
    form: &Form,
) -> Result<Answer, Error> {
    render_list(app, tx, req, actor, id, &Asked::default(), form)
}

/// Who signed up for a session; for whoever leads it.
pub(super) async fn list(
    State(app): State<App>,
    req: Req,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| render_list(&a, tx, req, actor, &id, &asked, &Form::default())).await
}

/// Signs somebody up by volunteer number; the sign-up, who it is, and their name.
pub(super) fn add_by_number(
    tx: &mut db::WriteTx<'_>,
    actor: &Actor,
    session: SessionId,
    fields: &Fields,
) -> Result<(crate::SignUpId, kernel::PersonId, String), Error> {
    let session = led_by(tx, actor, session)?;
    let number = fields.required("number", Label("志愿者编号", "Volunteer number"), 40)?;
    let found = match people::person::parse_volunteer_no(&number) {
        Some(plain) => store::person_by_number(tx, &plain)?,
        None => None,
    };
    let (person, name, _) = found
        .ok_or_else(|| Refusal::new(&super::refusals::NO_SUCH_PERSON).with("number", &number).on("number"))?;
    let cmd = Book { session: session.id, post: None, person, team: None, source: Source::Leader };
    let over = fields.optional("over", Label("仍要报名的原因", "Reason to go on"), 200)?;
    let made = if over.is_empty() {
        commands::book_minding(tx, actor, &cmd, Care::Warn)?
    } else {
        commands::book_over(tx, actor, &cmd, &over)?
    };
    Ok((made, person, name))
}

/// The leader signs somebody up by volunteer number.
pub(super) async fn add(State(app): State<App>, req: Req, Path(id): Path<String>, fields: Fields) -> Answer {
    let (a, again) = (app.clone(), id.clone());
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            let session = parse(&id)?;
            let (_, _, name) = add_by_number(tx, actor, session, fields)?;
            let say = req.lang.f("已为 {} 报名。", "{} is signed up.", &[&name]);
            Ok(Done::to(format!("/sessions/{session}/sign-ups"), say))
        },
        move |tx, req, actor, form| render_list(&a, tx, req, actor, &again, &Asked::default(), form),
    )
    .await
}

/// The leader takes a place away with a reason, or says as what somebody takes part.
pub(super) async fn cancel_one(
    State(app): State<App>,
    req: Req,
    Path(id): Path<String>,
    fields: Fields,
) -> Answer {
    app.command(req, fields, move |tx, req, actor, fields| {
        let (id, lang) = (parse(&id)?, req.lang);
        let (session, say) = match Participant::from_code(fields.text("participant")) {
            Some(as_what) => {
                (commands::set_participant(tx, actor, id, as_what)?, lang.t("已保存。", "Saved."))
            }
            None => {
                let reason = fields.optional("reason", Label("原因", "Reason"), 200)?;
                let session = commands::cancel_by_leader(tx, actor, id, &reason)?;
                (session, lang.t("已取消这位志愿者的报名。", "The sign-up is cancelled."))
            }
        };
        Ok(Done::to(format!("/sessions/{session}/sign-ups"), say))
    })
    .await
}
