//! The form of whoever cannot come, and the page on which others answer.

use askama::Template;
use axum::extract::{Path, State};
use db::ReadTx;
use kernel::error::common;
use kernel::{Actor, Error, Lang, PersonId};
use ui::answer::{Answer, Done};
use ui::form::Label;
use ui::{App, Fields, Form, Req, Shell};

use super::OfferState;
use super::commands::{self, Taken, To};
use super::rules::Act;
use super::store::{self, Offer};
use crate::SignUpId;
use crate::activity::pages::{parse, when};
use crate::sign_up::entry::commands::asks_leader;
use crate::sign_up::{Care, SignUpState, manages, store as places};

/// An offer ready to show.
#[derive(Debug)]
pub struct OfferView {
    pub one: Offer,
    pub when: String,
    /// Who does what next, and by when.
    pub next: String,
    /// Whether one has to answer.
    pub answer: bool,
}

/// Who acts next, in words.
fn next_words(lang: Lang, one: &Offer) -> String {
    let until = one.starts_at.text();
    let taker = one.taker_name.clone().unwrap_or_default();
    match one.state {
        OfferState::Offered => match &one.to_name {
            Some(name) => lang.f(
                "等 {} 回复，最晚到 {}；没人接替前名额还是 {} 的。",
                "{} answers by {}; until then it is {}’s place.",
                &[name, &until, &one.from_name],
            ),
            None => lang.f(
                "谁都可以接，最晚到 {}；没人接替前名额还是 {} 的。",
                "Anybody may take it until {}; until then it is {}’s place.",
                &[&until, &one.from_name],
            ),
        },
        OfferState::Proposed => lang.f(
            "{} 想换班，等 {} 同意，最晚到 {}。",
            "{} offers a swap; {} answers by {}.",
            &[&taker, &one.from_name, &until],
        ),
        OfferState::Asked => lang.f(
            "{} 愿意接，等队长同意，最晚到 {}。",
            "{} would take it; the leader decides by {}.",
            &[&taker, &until],
        ),
        OfferState::Done => lang.f("已由 {} 接替。", "{} has taken over.", &[&taker]),
        other => other.name(lang).to_owned(),
    }
}

/// Who is no party to an offer and does not lead reads the name of whoever cannot come with its middle hidden.
fn view(
    lang: Lang,
    now: kernel::Timestamp,
    person: Option<PersonId>,
    leads: bool,
    mut one: Offer,
) -> OfferView {
    let party = person.is_some() && [Some(one.from_person), one.to_person, one.taker].contains(&person);
    if !leads && !party {
        one.from_name = vault::mask::mask_name(&one.from_name);
        one.taker_name = one.taker_name.as_deref().map(vault::mask::mask_name);
    }
    let mine = person == Some(one.from_person);
    OfferView {
        when: when(lang, one.starts_at, one.ends_at, now),
        next: next_words(lang, &one),
        answer: match one.state {
            OfferState::Offered => !mine,
            OfferState::Proposed => mine,
            _ => false,
        },
        one,
    }
}

/// What concerns a person by name: for the schedule.
pub(in crate::sign_up) fn own(
    tx: &mut ReadTx<'_>,
    lang: Lang,
    person: PersonId,
) -> Result<Vec<OfferView>, Error> {
    let now = tx.now();
    Ok(store::of_person(tx, person)?
        .into_iter()
        .map(|one| view(lang, now, Some(person), false, one))
        .collect())
}

/// What a person may take of what is offered to anybody: for the list of sessions.
pub(crate) fn open(tx: &mut ReadTx<'_>, lang: Lang, person: PersonId) -> Result<Vec<OfferView>, Error> {
    let now = tx.now();
    Ok(store::open_to(tx, person, 5)?
        .into_iter()
        .map(|one| view(lang, now, Some(person), false, one))
        .collect())
}

/// What waits in a session, for its leader.
pub(in crate::sign_up) fn of_session(
    tx: &mut ReadTx<'_>,
    lang: Lang,
    session: crate::SessionId,
) -> Result<Vec<OfferView>, Error> {
    let now = tx.now();
    Ok(store::of_session(tx, session)?.into_iter().map(|one| view(lang, now, None, true, one)).collect())
}

#[derive(Template)]
#[template(path = "sign_up/offer.html")]
struct FormPage {
    shell: Shell,
    form: Form,
    id: SignUpId,
    title: String,
    when: String,
    team: String,
    asks: bool,
    kinds: Vec<(String, String)>,
}

fn render_form(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    id: &str,
    form: &Form,
) -> Result<Answer, Error> {
    let lang = req.lang;
    let (one, gate) = commands::own_place(tx, actor, parse(id)?)?;
    let a = crate::activity::find(tx, gate.activity)?.ok_or_else(|| Error::from(&common::NOT_FOUND))?;
    let kind = |code: &str, zh: &str, en: &str| (code.to_owned(), lang.t(zh, en).to_owned());
    ui::answer::html(
        app,
        req,
        &FormPage {
            shell: app.shell(req, actor, lang.t("找人替班", "Find a stand-in")),
            form: form.clone(),
            id: one.id,
            when: when(lang, gate.starts_at, gate.ends_at, tx.now()),
            title: gate.title,
            team: gate.team_name,
            asks: asks_leader(a.entry, a.stand_in_asked),
            kinds: vec![
                kind("all", "谁都可以接", "Anybody who could take it"),
                kind("one", "请指定的队友", "Somebody of the team"),
            ],
        },
    )
}

/// `GET /sign-ups/{id}/hand-over`
pub(super) async fn form(State(app): State<App>, req: Req, Path(id): Path<String>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        let (one, _) = commands::own_place(tx, actor, parse(&id)?)?;
        if let Some(live) = store::live_of(tx, one.id)? {
            let say = req.flash.clone().unwrap_or_default();
            return Ok(Done::to(format!("/hand-overs/{live}"), say).answer(&a, req));
        }
        render_form(&a, tx, req, actor, &id, &Form::filled([("to", "all")]))
    })
    .await
}

/// `POST /sign-ups/{id}/hand-over`
pub(super) async fn offer(
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
            let to = if fields.text("to") == "one" {
                To::Named(fields.required("who", Label("姓名或编号", "Name or number"), 60)?)
            } else {
                To::Anybody
            };
            let note = fields.optional("note", Label("留言", "Note"), 200)?;
            let offer = commands::offer(tx, actor, parse(&id)?, &to, &note)?;
            let say = req.lang.t(
                "已发出。有人接替前，名额还是您的；没人接请照常来，或取消报名。",
                "Sent. Until somebody takes over the place is yours: come as planned, or cancel.",
            );
            Ok(Done::to(format!("/hand-overs/{offer}"), say))
        },
        move |tx, req, actor, form| render_form(&a, tx, req, actor, &again, form),
    )
    .await
}

#[derive(Template)]
#[template(path = "sign_up/hand_over.html")]
struct ShowPage {
    shell: Shell,
    form: Form,
    v: OfferView,
    can_take: bool,
    can_decline: bool,
    can_withdraw: bool,
    can_answer: bool,
    can_decide: bool,
    /// The taker's own places that could be given in exchange.
    swaps: Vec<(String, String)>,
    /// What is offered in exchange.
    swap: String,
    asks: bool,
    /// A warning that may be confirmed.
    warned: bool,
}

fn render(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    id: &str,
    form: &Form,
) -> Result<Answer, Error> {
    let (lang, now) = (req.lang, tx.now());
    let one = commands::seen(tx, actor, parse(id)?)?;
    let acts = commands::acts(actor, &one, now);
    let can = |act| acts.contains(&act);
    let swap = match one.swap {
        Some(id) => match places::find(tx, id)? {
            Some(place) => match places::gate(tx, place.session)? {
                Some(gate) => format!("{} · {}", when(lang, gate.starts_at, gate.ends_at, now), gate.title),
                None => String::new(),
            },
            None => String::new(),
        },
        None => String::new(),
    };
    let swaps = match actor.person {
        Some(person) if can(Act::Take) => places::ahead(tx, person)?
            .into_iter()
            .filter(|m| m.state == SignUpState::Booked && m.starts_at > now && m.session != one.session)
            .map(|m| (m.id.to_string(), format!("{} · {}", when(lang, m.starts_at, m.ends_at, now), m.title)))
            .collect(),
        _ => Vec::new(),
    };
    ui::answer::html(
        app,
        req,
        &ShowPage {
            shell: app.shell(req, actor, &lang.f("替班：{}", "Stand-in: {}", &[&one.title])),
            form: form.clone(),
            can_take: can(Act::Take),
            can_decline: can(Act::Decline),
            can_withdraw: can(Act::Withdraw),
            can_answer: can(Act::Answer),
            can_decide: can(Act::Decide),
            swaps,
            swap,
            asks: asks_leader(one.entry, one.stand_in_asked),
            warned: form.refusals.iter().any(crate::sign_up::rules::soft),
            v: view(lang, now, actor.person, manages(actor, one.place()), one),
        },
    )
}

/// `GET /hand-overs/{id}`
pub(super) async fn show(State(app): State<App>, req: Req, Path(id): Path<String>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| render(&a, tx, req, actor, &id, &Form::default())).await
}

fn taken_words(lang: Lang, taken: Taken) -> &'static str {
    match taken {
        Taken::Done => lang.t("已接替，名额现在是您的。", "Done: the place has changed hands."),
        Taken::Asked => lang.t(
            "已提交，等队长同意；同意前名额还没有变。",
            "The leader decides; until then nothing has changed.",
        ),
        Taken::Proposed => lang.t(
            "已提出换班，等对方同意；同意前谁的名额都没有变。",
            "The swap is offered; until it is accepted nothing has changed.",
        ),
    }
}

/// `POST /hand-overs/{id}/take`
pub(super) async fn take(State(app): State<App>, req: Req, Path(id): Path<String>, fields: Fields) -> Answer {
    let (a, again) = (app.clone(), id.clone());
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            let swap = match fields.text("swap") {
                "" => None,
                _ => Some(fields.id::<SignUpId>("swap", Label("换出的场次", "Your session"))?),
            };
            let care = if fields.ticked("aware") { Care::Aware } else { Care::Warn };
            let taken = commands::take(tx, actor, parse(&id)?, swap, care)?;
            let to = if taken == Taken::Done { "/schedule".to_owned() } else { format!("/hand-overs/{id}") };
            Ok(Done::to(to, taken_words(req.lang, taken)))
        },
        move |tx, req, actor, form| render(&a, tx, req, actor, &again, form),
    )
    .await
}

/// `POST /hand-overs/{id}/decline`
pub(super) async fn decline(
    State(app): State<App>,
    req: Req,
    Path(id): Path<String>,
    fields: Fields,
) -> Answer {
    app.command(req, fields, move |tx, req, actor, _| {
        commands::decline(tx, actor, parse(&id)?)?;
        Ok(Done::to("/schedule", req.lang.t("已回复对方您来不了。", "They are told that you cannot.")))
    })
    .await
}

/// `POST /hand-overs/{id}/withdraw`
pub(super) async fn withdraw(
    State(app): State<App>,
    req: Req,
    Path(id): Path<String>,
    fields: Fields,
) -> Answer {
    app.command(req, fields, move |tx, req, actor, _| {
        commands::withdraw(tx, actor, parse(&id)?)?;
        let say =
            req.lang.t("已收回，名额还是您的，请按时到。", "Taken back: the place is yours, see you there.");
        Ok(Done::to("/schedule", say))
    })
    .await
}

/// `POST /hand-overs/{id}/swap`
pub(super) async fn swap(State(app): State<App>, req: Req, Path(id): Path<String>, fields: Fields) -> Answer {
    let (a, again) = (app.clone(), id.clone());
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            let yes = fields.text("act") == "yes";
            let taken = commands::swap(tx, actor, parse(&id)?, yes)?;
            let say = if yes {
                match taken {
                    Taken::Done => req
                        .lang
                        .t("换班完成，双方的安排都已更新。", "Swapped: both schedules are up to date."),
                    _ => taken_words(req.lang, taken),
                }
            } else {
                req.lang.t("没有换班，名额继续等人接替。", "Not swapped; the place is offered as before.")
            };
            Ok(Done::to("/schedule", say))
        },
        move |tx, req, actor, form| render(&a, tx, req, actor, &again, form),
    )
    .await
}

/// `POST /hand-overs/{id}/decide`
pub(super) async fn decide(
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
            let reason = fields.optional("reason", Label("原因", "Reason"), 200)?;
            let yes = fields.text("act") == "yes";
            let session = commands::decide(tx, actor, parse(&id)?, yes, &reason)?;
            let say = if yes {
                req.lang.t("已同意，双方都已通知。", "Agreed; both are told.")
            } else {
                req.lang.t("未同意，双方都已通知。", "Not agreed; both are told.")
            };
            Ok(Done::to(format!("/sessions/{session}/sign-ups"), say))
        },
        move |tx, req, actor, form| render(&a, tx, req, actor, &again, form),
    )
    .await
}
