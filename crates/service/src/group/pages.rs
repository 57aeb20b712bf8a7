//! The groups of a session for whoever leads it, one group, and a group for those who are in it.

use askama::Template;
use axum::extract::{Path, State};
use db::ReadTx;
use kernel::error::{Collect, common};
use kernel::{Actor, Error, Lang, Timestamp, catalogue};
use ui::form::Label;
use ui::{Answer, App, Done, Fields, Form, Req, Shell};

use super::commands::{self, Divide, Wish};
use super::rules::MOST;
use super::shown;
use super::store::{self, Group, Somebody, there};
use crate::activity::pages::parse;
use crate::activity::{Participant, SessionState};
use crate::attendance::commands::{PartAct, find_to_lead};
use crate::attendance::rules::{CLOSES_AFTER, OPENS_BEFORE};
use crate::attendance::{Held, span};
use crate::sign_up::SignUpState;
use crate::{SessionGroupId, SessionId, SignUpId};

struct PersonView {
    sign_up: SignUpId,
    name: String,
    about: String,
    leads: bool,
}

struct GroupView {
    id: SessionGroupId,
    name: String,
    about: String,
    /// Who leads it; empty when nobody was named.
    leader: String,
    /// Whoever led it gave the place back or did not come.
    gone: bool,
    people: Vec<PersonView>,
}

#[derive(Template)]
#[template(path = "group/board.html")]
struct BoardPage {
    shell: Shell,
    form: Form,
    id: SessionId,
    title: String,
    when: String,
    /// Groups may be changed.
    open: bool,
    all: usize,
    groups: Vec<GroupView>,
    rest: Vec<PersonView>,
    /// Names of families that are apart.
    apart: Vec<String>,
    skills: Vec<(String, String)>,
    targets: Vec<(String, String)>,
    /// When the last change was, if it can be undone.
    undo: Option<String>,
}

fn person_view(one: &Somebody, leads: bool, held: &Held, lang: Lang) -> PersonView {
    let mut about = vec![one.volunteer_no.clone()];
    let age = one.birth_on.map(|birth| birth.age(held.starts_at.date()));
    if let Some(age) = age.filter(|age| *age < people::guardian::rules::ADULT) {
        about.push(lang.f("{} 周岁", "{} years", &[&age]));
    }
    if let Some(post) = &one.post {
        about.push(post.clone());
    }
    if one.participant != Participant::Volunteer {
        about.push(one.participant.name(lang).to_owned());
    }
    if one.state != SignUpState::Booked {
        about.push(state(one, lang));
    }
    PersonView { sign_up: one.sign_up, name: one.name.clone(), about: about.join(" · "), leads }
}

fn group_view(group: &Group, all: &[Somebody], held: &Held, lang: Lang) -> GroupView {
    let people: Vec<PersonView> = all
        .iter()
        .filter(|one| one.group == Some(group.id))
        .map(|one| person_view(one, group.leader == Some(one.sign_up), held, lang))
        .collect();
    let mut about = vec![lang.f("{} 人", "{} people", &[&people.len()])];
    about.extend([&group.place, &group.task].into_iter().filter(|text| !text.is_empty()).cloned());
    GroupView {
        id: group.id,
        name: shown(group.no, &group.name, lang),
        about: about.join(" · "),
        leader: group.leader_name.clone().unwrap_or_default(),
        gone: group.leader_state.is_some_and(|state| !there(state)),
        people,
    }
}

/// Families whose members are in different groups, by name.
fn apart(tx: &mut ReadTx<'_>, id: SessionId, all: &[Somebody], lang: Lang) -> Result<Vec<String>, Error> {
    let mut out: Vec<String> = Vec::new();
    for (child, guardian) in store::children(tx, id)? {
        let of = |person| all.iter().find(|one| one.person == person);
        if let (Some(child), Some(adult)) = (of(child), of(guardian))
            && child.group != adult.group
        {
            out.push([adult.name.as_str(), child.name.as_str()].join(lang.t("和", " and ")));
        }
    }
    out.truncate(20);
    Ok(out)
}

fn skill_options(tx: &mut ReadTx<'_>, id: SessionId, lang: Lang) -> Result<Vec<(String, String)>, Error> {
    let all = store::skills(tx, id)?;
    let mut codes: Vec<&str> = all.iter().map(|one| one.0.as_str()).collect();
    codes.dedup();
    Ok(codes
        .into_iter()
        .map(|code| {
            let name = catalogue::skill_by_code(code).map_or(code, |skill| lang.t(skill.zh, skill.en));
            let count = all.iter().filter(|one| one.0 == code).count();
            (code.to_owned(), lang.f("{}（{} 人）", "{} ({})", &[&name, &count]))
        })
        .collect())
}

fn board_page(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    id: SessionId,
    form: Option<Form>,
) -> Result<Answer, Error> {
    let lang = req.lang;
    let held = find_to_lead(tx, actor, id)?;
    let all = store::people(tx, id, None)?;
    let groups = store::of_session(tx, id)?;
    let apart = if groups.is_empty() { Vec::new() } else { apart(tx, id, &all, lang)? };
    let kept = store::kept(tx, id)?;
    let open = commands::open(&held);
    let mut targets: Vec<(String, String)> =
        groups.iter().map(|one| (one.id.to_string(), shown(one.no, &one.name, lang))).collect();
    targets.push(("none".to_owned(), lang.t("不在任何组", "No group").to_owned()));
    let page = BoardPage {
        shell: app.shell(req, actor, lang.t("分组", "Groups")),
        form: form.unwrap_or_default(),
        id,
        title: held.title_in(&lang).to_owned(),
        when: span(held.starts_at, held.ends_at),
        open,
        all: all.len(),
        rest: all
            .iter()
            .filter(|one| one.group.is_none())
            .map(|one| person_view(one, false, &held, lang))
            .collect(),
        groups: groups.iter().map(|group| group_view(group, &all, &held, lang)).collect(),
        apart,
        skills: skill_options(tx, id, lang)?,
        targets,
        undo: kept.filter(|_| open).map(|(_, at)| at.text()),
    };
    ui::answer::html(app, req, &page)
}

/// `GET /sessions/{id}/groups`
pub(super) async fn board(State(app): State<App>, req: Req, Path(id): Path<String>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| board_page(&a, tx, req, actor, parse(&id)?, None)).await
}

/// Places that were ticked.
fn ticked(fields: &Fields) -> Vec<SignUpId> {
    fields.all("sign_up").into_iter().filter_map(|text| text.parse().ok()).collect()
}

/// `POST /sessions/{id}/groups`: divides everybody, puts the rest in, moves people, adds a group, undoes the last change.
pub(super) async fn arrange(
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
            let lang = req.lang;
            let id: SessionId = parse(&id)?;
            // Who may not know of the session is not told what is wrong with a wish for it.
            find_to_lead(tx, actor, id)?;
            let back = format!("/sessions/{id}/groups");
            let say = match fields.text("act") {
                act @ ("divide" | "fill") => {
                    let rest = act == "fill";
                    let groups = if rest {
                        0
                    } else {
                        let most = i64::try_from(MOST).unwrap_or(0);
                        fields.number("groups", Label("组数", "Groups"), 1, most)?
                    };
                    let ask = Divide {
                        groups: usize::try_from(groups).unwrap_or(0),
                        rest,
                        skill: fields.text("skill").to_owned(),
                    };
                    let done = commands::divide(tx, actor, id, &ask)?;
                    lang.f(
                        "已分组 {} 人，可以再调整或撤销。",
                        "{} people divided; change or undo it as you like.",
                        &[&done],
                    )
                }
                "move" => {
                    let to = match fields.text("to") {
                        "none" => None,
                        text => Some(parse(text)?),
                    };
                    let done = commands::put(tx, actor, id, &ticked(fields), to)?;
                    lang.f("已移动 {} 人", "{} people moved", &[&done])
                }
                "add" => {
                    commands::add(tx, actor, id)?;
                    lang.t("已加一个组，勾选人员移进去。", "A group was added: tick people and move them.")
                        .to_owned()
                }
                "undo" => {
                    commands::undo(tx, actor, id)?;
                    lang.t("已撤销，再点一次可恢复。", "Undone; once more brings it back.").to_owned()
                }
                _ => return Err((&common::NOT_FOUND).into()),
            };
            Ok(Done::to(back, say))
        },
        move |tx, req, actor, form| board_page(&a, tx, req, actor, parse(&again)?, Some(form.clone())),
    )
    .await
}

// ---- one group ----

#[derive(Template)]
#[template(path = "group/one.html")]
struct OnePage {
    shell: Shell,
    form: Form,
    id: SessionGroupId,
    session: SessionId,
    title: String,
    when: String,
    open: bool,
    people: usize,
    leaders: Vec<(String, String)>,
    /// Whoever led it gave the place back or did not come.
    gone: Option<String>,
}

/// Three forms share a page: when writing or taking away was refused, the fields of the group stand as they are stored.
fn refilled(stored: Form, sent: Option<Form>) -> Form {
    match sent {
        None => stored,
        Some(sent) if matches!(sent.v("act"), "write" | "remove") => {
            let mut fields = stored.fields;
            fields.0.push(("text".to_owned(), sent.v("text").to_owned()));
            Form { fields, refusals: sent.refusals }
        }
        Some(sent) => sent,
    }
}

fn one_page(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    id: SessionGroupId,
    form: Option<Form>,
) -> Result<Answer, Error> {
    let lang = req.lang;
    let (held, group) = commands::find(tx, actor, id)?;
    let all = store::people(tx, held.id, Some(id))?;
    let gone = group.leader_state.is_some_and(|state| !there(state));
    let leader = group.leader.filter(|_| !gone).map(|one| one.to_string()).unwrap_or_default();
    let page = OnePage {
        shell: app.shell(req, actor, &shown(group.no, &group.name, lang)),
        form: refilled(
            Form::filled([
                ("name", group.name.clone()),
                ("place", group.place.clone()),
                ("task", group.task.clone()),
                ("leader", leader),
            ]),
            form,
        ),
        id,
        session: held.id,
        title: held.title_in(&lang).to_owned(),
        when: span(held.starts_at, held.ends_at),
        open: commands::open(&held),
        people: all.len(),
        leaders: all
            .iter()
            .filter(|one| there(one.state))
            .map(|one| (one.sign_up.to_string(), format!("{} {}", one.name, one.volunteer_no)))
            .collect(),
        gone: group.leader_name.filter(|_| gone),
    };
    ui::answer::html(app, req, &page)
}

/// `GET /session-groups/{id}`
pub(super) async fn one(State(app): State<App>, req: Req, Path(id): Path<String>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| one_page(&a, tx, req, actor, parse(&id)?, None)).await
}

/// Reads what a group is to be.
pub(super) fn wish(fields: &Fields) -> Result<Wish, Error> {
    let mut all = Collect::default();
    let name = all.take(fields.optional("name", Label("名称", "Name"), 40));
    let place = all.take(fields.optional("place", Label("集合地点", "Meeting point"), 100));
    let task = all.take(fields.optional("task", Label("任务", "Task"), 300));
    let leader = match fields.text("leader") {
        "" => None,
        _ => all.take(fields.id::<SignUpId>("leader", Label("组长", "Leader"))),
    };
    all.done()?;
    let (Some(name), Some(place), Some(task)) = (name, place, task) else {
        return Err(Error::bug("a field was neither read nor refused"));
    };
    Ok(Wish { name, place, task, leader })
}

/// Reads what is written to a group.
pub(super) fn letter(fields: &Fields) -> Result<String, Error> {
    Ok(fields.required("text", Label("消息", "Message"), 500)?)
}

/// `POST /session-groups/{id}`: changes it, writes to it, takes it away.
pub(super) async fn save(State(app): State<App>, req: Req, Path(id): Path<String>, fields: Fields) -> Answer {
    let (a, again) = (app.clone(), id.clone());
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            let lang = req.lang;
            let id: SessionGroupId = parse(&id)?;
            commands::find(tx, actor, id)?;
            match fields.text("act") {
                "remove" => {
                    let session = commands::remove(tx, actor, id)?;
                    let say = lang.t(
                        "小组已移除，组员回到未分组；可以撤销。",
                        "The group is gone, its people are in none; this can be undone.",
                    );
                    Ok(Done::to(format!("/sessions/{session}/groups"), say))
                }
                "write" => {
                    let done = commands::write(tx, actor, id, &letter(fields)?, lang)?;
                    let say = lang.f("已发给 {} 人", "Sent to {} people", &[&done]);
                    Ok(Done::to(format!("/session-groups/{id}"), say))
                }
                _ => {
                    let session = commands::set(tx, actor, id, &wish(fields)?)?;
                    let say = lang.t("小组已保存；新组长会收到消息。", "Saved; a new leader is told.");
                    Ok(Done::to(format!("/sessions/{session}/groups"), say))
                }
            }
        },
        move |tx, req, actor, form| one_page(&a, tx, req, actor, parse(&again)?, Some(form.clone())),
    )
    .await
}

// ---- for those who are in it ----

struct LineView {
    sign_up: SignUpId,
    name: String,
    state: String,
    colour: &'static str,
    present: bool,
    absent: bool,
    out: bool,
    undo: bool,
    /// Why there is nothing to press.
    note: &'static str,
}

#[derive(Template)]
#[template(path = "group/own.html")]
struct OwnPage {
    shell: Shell,
    form: Form,
    id: SessionId,
    title: String,
    when: String,
    leader: String,
    place: String,
    task: String,
    leads: bool,
    /// Marks can be set now.
    live: bool,
    lines: Vec<LineView>,
    /// Who acts next, and by when.
    next: String,
    waiting: usize,
    inside: usize,
}

/// How somebody's roll stands, in words.
fn state(one: &Somebody, lang: Lang) -> String {
    match (one.state, one.last_in, one.last_out) {
        (SignUpState::Absent, ..) => lang.t("缺席", "Absent").to_owned(),
        (_, Some(at), _) if one.inside() => lang.f("在场 {}", "Here since {}", &[&at.clock_text()]),
        (_, _, Some(at)) => lang.f("已签退 {}", "Left at {}", &[&at.clock_text()]),
        (SignUpState::Attended, ..) => lang.t("已到", "Came").to_owned(),
        _ => lang.t("未到", "Not here yet").to_owned(),
    }
}

const fn colour(one: &Somebody) -> &'static str {
    match one.state {
        SignUpState::Absent => "red",
        SignUpState::Attended if one.inside() => "green",
        SignUpState::Attended => "blue",
        _ => "secondary",
    }
}

fn line_view(
    one: &Somebody,
    own: &store::Own,
    actor: &Actor,
    (leads, live, open): (bool, bool, bool),
    lang: Lang,
) -> LineView {
    let me = one.sign_up == own.sign_up;
    let said = one.state == SignUpState::Absent && one.absent_by != actor.account;
    let may = leads && live && !me && !one.conflict && !said;
    let touched = one.pairs > 0 || one.state == SignUpState::Absent;
    let note = match () {
        () if !leads || !live => "",
        () if me => lang.t("本人请扫码签到", "Check yourself in by the code"),
        () if one.conflict || said => lang.t("由活动负责人决定", "The activity's leader decides"),
        () => "",
    };
    LineView {
        sign_up: one.sign_up,
        name: if leads || me { one.name.clone() } else { vault::mask::mask_name(&one.name) },
        // What the roll says of others is for those who call it.
        state: if leads || me { state(one, lang) } else { String::new() },
        colour: colour(one),
        present: may && !one.inside() && open,
        absent: may && !touched,
        out: may && one.inside(),
        undo: may && (one.inside() || one.state == SignUpState::Absent),
        note,
    }
}

fn next(held: &Held, own: &store::Own, now: Timestamp, leader: &str, lang: Lang) -> String {
    let opens = held.starts_at.plus_minutes(-OPENS_BEFORE);
    let shuts = held.last_end().plus_minutes(CLOSES_AFTER);
    if held.state != SessionState::Open || now >= shuts {
        return lang
            .t(
                "本场点名已结束，由活动负责人提交时长；不对的地方请告诉负责人。",
                "The roll is closed; the activity's leader hands the minutes in. Tell them if something is wrong.",
            )
            .to_owned();
    }
    if commands::leads(held, own, now) {
        return lang.f(
            "您可以在 {} 至 {} 给本组点名；活动负责人看得到，也可以更正。您本人请扫码签到。",
            "You call the roll of this group from {} to {}; the activity's leader sees it and may correct it. Check yourself in by the code.",
            &[&opens.text(), &shuts.clock_text()],
        );
    }
    if leader.is_empty() {
        return lang.f(
            "组长还没定，由活动负责人点名。{} 起可以扫码签到。",
            "There is no group leader yet; the activity's leader calls the roll. Check-in by code opens at {}.",
            &[&opens.text()],
        );
    }
    lang.f(
        "到场后找组长{}点名，或扫现场二维码签到（{} 起）。",
        "At the place find {}, who calls the roll, or scan the code (from {}).",
        &[&leader, &opens.text()],
    )
}

fn own_page(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    id: SessionId,
    form: Form,
) -> Result<Answer, Error> {
    let lang = req.lang;
    let (held, own) = commands::own(tx, actor, id)?;
    let all = store::people(tx, id, Some(own.group))?;
    let now = tx.now();
    let open = now < held.last_end();
    let live = held.state == SessionState::Open
        && crate::attendance::rules::in_window(held.starts_at, held.last_end(), now);
    let there = own.leader_state.is_some_and(there);
    let leader = own.leader_name.clone().filter(|_| there).unwrap_or_default();
    let leads = commands::leads(&held, &own, now);
    let lines: Vec<LineView> =
        all.iter().map(|one| line_view(one, &own, actor, (leads, live, open), lang)).collect();
    let page = OwnPage {
        shell: app.shell(req, actor, &shown(own.no, &own.name, lang)),
        form,
        id,
        title: held.title_in(&lang).to_owned(),
        when: span(held.starts_at, held.ends_at),
        next: next(&held, &own, now, &leader, lang),
        leader,
        place: own.place.clone(),
        task: own.task.clone(),
        leads,
        live,
        waiting: lines.iter().filter(|line| line.present && line.absent).count(),
        inside: lines.iter().filter(|line| line.out).count(),
        lines,
    };
    ui::answer::html(app, req, &page)
}

/// `GET /sessions/{id}/group`: the group of whoever asks.
pub(super) async fn own(State(app): State<App>, req: Req, Path(id): Path<String>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| own_page(&a, tx, req, actor, parse(&id)?, Form::default())).await
}

/// The button pressed: `present:17`, `out:all` …
fn pressed(text: &str) -> Option<(PartAct, Option<SignUpId>)> {
    let (act, whom) = text.split_once(':')?;
    let whom = if whom == "all" { None } else { Some(whom.parse().ok()?) };
    Some((PartAct::from_code(act)?, whom))
}

/// `POST /sessions/{id}/group`: the roll of the group, by its leader.
pub(super) async fn call(State(app): State<App>, req: Req, Path(id): Path<String>, fields: Fields) -> Answer {
    let (a, again) = (app.clone(), id.clone());
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            let id: SessionId = parse(&id)?;
            commands::own(tx, actor, id)?;
            let (act, whom) = pressed(fields.text("act")).ok_or_else(|| Error::from(&common::NOT_FOUND))?;
            let done = commands::roll(tx, actor, id, act, whom)?;
            let lang = req.lang;
            let say = match act {
                _ if done == 0 => lang.t("此前已经记下", "It was noted before").to_owned(),
                PartAct::Present => lang.f("已标记到场 {} 人", "{} marked as present", &[&done]),
                PartAct::Out => lang.f("已签退 {} 人", "{} checked out", &[&done]),
                PartAct::Absent => lang.t("已标记缺席", "Marked as absent").to_owned(),
                PartAct::Undo => lang.t("已撤销", "Undone").to_owned(),
            };
            Ok(Done::to(format!("/sessions/{id}/group"), say))
        },
        move |tx, req, actor, form| own_page(&a, tx, req, actor, parse(&again)?, form.clone()),
    )
    .await
}
