//! What whoever serves signs, what the body signs, what a guardian signs, and an agreement to be printed.

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use db::ReadTx;
use kernel::page::Page;
use kernel::{Actor, Error, Lang, PersonId, Timestamp};
use people::guardian;
use serde::Deserialize;
use ui::{Answer, App, Done, Fields, Form, Req, Shell};

use super::commands::{self, Signer, Standing};
use super::store::{self, Agreement, Line};
use super::{AgreementId, AgreementReason, AgreementState};
use crate::activity::Activity;
use crate::activity::commands::managed;
use crate::activity::pages::parse;
use crate::attendance::commands::find_to_lead;
use crate::attendance::span;
use crate::{ActivityId, SessionId};

/// Reasons in words.
fn because(reasons: &[AgreementReason], lang: Lang) -> String {
    reasons.iter().map(|one| one.name(lang)).collect::<Vec<_>>().join(lang.t("；", "; "))
}

/// What somebody who holds a place is told on the page of the activity.
#[derive(Debug)]
pub struct OnActivity {
    /// Why, and where it stands.
    pub words: String,
    /// It is theirs to sign.
    pub sign: bool,
}

/// What somebody who holds a place needs to know; nothing when no agreement is asked for.
///
/// # Errors
/// Of the database.
pub(crate) fn on_activity(
    tx: &mut ReadTx<'_>,
    lang: Lang,
    activity: ActivityId,
    person: PersonId,
) -> Result<Option<OnActivity>, Error> {
    let Some(need) = store::need(tx, activity, person)? else { return Ok(None) };
    let reasons = need.reasons();
    if reasons.is_empty() && need.state.is_none() {
        return Ok(None);
    }
    let words = match need.state {
        Some(AgreementState::Bound) => {
            lang.t("服务协议双方已签。", "The agreement is signed by both.").to_owned()
        }
        Some(AgreementState::Signed) => lang
            .t(
                "服务协议您已签，等队长代表组织方签署。",
                "You have signed the agreement; the leader signs for the body.",
            )
            .to_owned(),
        _ => lang.f(
            "签到前要签服务协议：{}。",
            "An agreement is signed before you can check in: {}.",
            &[&because(&reasons, lang)],
        ),
    };
    let sign = need.missing() && need.state != Some(AgreementState::Signed);
    Ok(Some(OnActivity { words, sign }))
}

// ---- whoever serves ----

#[derive(Template)]
#[template(path = "agreement/own.html")]
struct OwnPage {
    shell: Shell,
    form: Form,
    /// Where the form goes.
    action: String,
    /// Where one goes back to.
    back: String,
    title: String,
    /// Name of who signs.
    name: String,
    text: String,
    hash: String,
    version: i64,
    next: String,
    why: String,
    /// The signature is asked for.
    sign: bool,
    /// One may ask for an agreement.
    may_want: bool,
    /// The agreement there is, to be printed.
    id: Option<AgreementId>,
}

/// For whom the page is, and where it leads.
struct Reader {
    /// Who serves.
    name: String,
    /// They are a minor.
    minor: bool,
    /// Their guardian reads it.
    guardian: bool,
    action: String,
    back: String,
}

fn own_page(
    app: &App,
    req: &Req,
    actor: &Actor,
    now: Standing,
    reader: Reader,
    form: Form,
) -> Result<Answer, Error> {
    let lang = req.lang;
    let Reader { name, minor, guardian, action, back } = reader;
    let reasons = now.need.reasons();
    let state = now.agreement.as_ref().map(|one| one.state);
    let open = !matches!(state, Some(AgreementState::Signed | AgreementState::Bound));
    let next = match state {
        Some(AgreementState::Bound) => lang
            .t(
                "双方已签，不用再做什么；可以签到。",
                "Signed by both; nothing is left to do and you can check in.",
            )
            .to_owned(),
        Some(AgreementState::Signed) => lang
            .t(
                "志愿者一方已签，等队长在开始前代表组织方签署。",
                "Signed by the volunteer; the leader signs for the body before it starts.",
            )
            .to_owned(),
        _ if reasons.is_empty() => lang
            .t(
                "没有规定要签；您想签的，可以提出，队长会看到。",
                "No rule asks for one. If you would like one, say so; the leader sees it.",
            )
            .to_owned(),
        _ if minor && !guardian => lang
            .t(
                "未满 18 周岁，由监护人在“我的孩子”里签署；签好才能签到。",
                "Under eighteen the guardian signs, under “My children”; only then can you check in.",
            )
            .to_owned(),
        _ => lang
            .t(
                "请您在签到前看完并签署，然后由队长代表组织方签署。",
                "Please read and sign it before you check in; then the leader signs for the body.",
            )
            .to_owned(),
    };
    let page = OwnPage {
        shell: app.shell(req, actor, lang.t("服务协议", "Agreement on service")),
        form,
        action,
        back,
        title: now.a.title.clone(),
        name,
        why: because(&reasons, lang),
        sign: open && !reasons.is_empty() && (guardian || !minor),
        may_want: open && reasons.is_empty() && !guardian,
        next,
        id: now.agreement.as_ref().filter(|one| one.signed_at.is_some() && !guardian).map(|one| one.id),
        version: now.paper.version,
        text: now.paper.text,
        hash: now.paper.hash,
    };
    ui::answer::html(app, req, &page)
}

fn render_own(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    id: ActivityId,
    form: Form,
) -> Result<Answer, Error> {
    let person = actor.person()?;
    let now = commands::standing(tx, id, person)?;
    let minor = store::minor(tx, person)?;
    let name = store::who(tx, person)?.map(|one| one.0).unwrap_or_default();
    let (action, back) = (format!("/activities/{id}/agreement"), format!("/activities/{id}"));
    own_page(app, req, actor, now, Reader { name, minor, guardian: false, action, back }, form)
}

/// `GET /activities/{id}/agreement`
pub(super) async fn own(State(app): State<App>, req: Req, Path(id): Path<String>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| render_own(&a, tx, req, actor, parse(&id)?, Form::default())).await
}

fn signed(state: AgreementState, lang: Lang) -> &'static str {
    if state == AgreementState::Bound {
        lang.t("双方已签，可以签到了。", "Signed by both; you can check in.")
    } else {
        lang.t("已签署，等队长代表组织方签署。", "Signed; the leader signs for the body.")
    }
}

/// `POST /activities/{id}/agreement`: signs, or asks for one.
pub(super) async fn sign(State(app): State<App>, req: Req, Path(id): Path<String>, fields: Fields) -> Answer {
    let (a, again) = (app.clone(), id.clone());
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            let person = actor.person()?;
            let id: ActivityId = parse(&id)?;
            let say = if fields.text("act") == "want" {
                commands::want(tx, id, person)?;
                req.lang.t("已提出，请看完协议并签署。", "Noted. Please read the agreement and sign.")
            } else {
                signed(commands::sign(tx, actor, id, person, fields.text("hash"), Signer::Own)?, req.lang)
            };
            Ok(Done::to(format!("/activities/{id}/agreement"), say))
        },
        move |tx, req, actor, form| render_own(&a, tx, req, actor, parse(&again)?, form.clone()),
    )
    .await
}

// ---- a guardian ----

fn render_ward(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    proof: Option<guardian::GuardianId>,
    (child, activity): (PersonId, ActivityId),
    form: Form,
) -> Result<Answer, Error> {
    if proof.is_none() {
        actor.account()?;
    }
    let one = guardian::ward(tx, actor, proof, child)?;
    let now = commands::standing(tx, activity, child)?;
    let (action, back) = (format!("/family/{child}/agreements/{activity}"), format!("/family/{child}"));
    own_page(app, req, actor, now, Reader { name: one.name, minor: true, guardian: true, action, back }, form)
}

/// `GET /family/{id}/agreements/{activity}`
pub(super) async fn of_ward(
    State(app): State<App>,
    req: Req,
    Path((child, activity)): Path<(PersonId, ActivityId)>,
    headers: HeaderMap,
) -> Answer {
    let a = app.clone();
    let proof = guardian::proof_of(&app, &headers);
    app.page(req, move |tx, req, actor| {
        render_ward(&a, tx, req, actor, proof, (child, activity), Form::default())
    })
    .await
}

/// `POST /family/{id}/agreements/{activity}`
pub(super) async fn sign_for_ward(
    State(app): State<App>,
    req: Req,
    Path((child, activity)): Path<(PersonId, ActivityId)>,
    headers: HeaderMap,
    fields: Fields,
) -> Answer {
    let a = app.clone();
    let proof = guardian::proof_of(&app, &headers);
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            if proof.is_none() {
                actor.account()?;
            }
            let one = guardian::ward(tx, actor, proof, child)?;
            let signer = Signer::Guardian(&one.name);
            let state = commands::sign(tx, actor, activity, child, fields.text("hash"), signer)?;
            Ok(Done::to(format!("/family/{child}"), signed(state, req.lang)))
        },
        move |tx, req, actor, form| render_ward(&a, tx, req, actor, proof, (child, activity), form.clone()),
    )
    .await
}

// ---- the body ----

struct LineView {
    name: String,
    volunteer_no: String,
    why: String,
    state: String,
    /// The agreement there is.
    id: Option<AgreementId>,
    /// It waits for the body.
    waits: bool,
}

#[derive(Template)]
#[template(path = "agreement/list.html")]
struct ListPage {
    shell: Shell,
    form: Form,
    id: SessionId,
    activity: ActivityId,
    title: String,
    when: String,
    next: String,
    /// How many wait for the body.
    waits: usize,
    offered: bool,
    rows: Vec<LineView>,
    more: Option<String>,
}

fn line_view(lang: Lang, on: Timestamp, line: Line, reasons: &[AgreementReason]) -> LineView {
    let state = match line.state {
        Some(AgreementState::Signed | AgreementState::Bound) => {
            line.state.map_or("", |state| state.name(lang)).to_owned()
        }
        _ if reasons.is_empty() => lang.t("不需要", "Not needed").to_owned(),
        _ if line.minor(on.date()) => lang.t("等监护人签", "The guardian signs").to_owned(),
        _ => lang.t("等本人签", "The volunteer signs").to_owned(),
    };
    LineView {
        why: because(reasons, lang),
        waits: line.state == Some(AgreementState::Signed),
        state,
        name: line.name,
        volunteer_no: line.volunteer_no,
        id: line.id,
    }
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Cursor {
    after: String,
}

fn render_list(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    id: SessionId,
    after: &str,
    form: Form,
) -> Result<Answer, Error> {
    let lang = req.lang;
    let held = find_to_lead(tx, actor, id)?;
    let terms =
        store::terms(tx, held.activity_id)?.ok_or_else(|| Error::bug("a session without an activity"))?;
    let lines = store::of_session(tx, id, after.parse().ok().map(PersonId), 101)?;
    let page = Page::cut(lines, 100, |line| line.person.to_string());
    let rows: Vec<LineView> = page
        .rows
        .into_iter()
        .map(|line| {
            let reasons = terms.reasons(&line);
            line_view(lang, held.starts_at, line, &reasons)
        })
        .collect();
    let waits = rows.iter().filter(|one| one.waits).count();
    let offered = terms.offered_at.is_some();
    let next = match (terms.may_bind(), waits, offered) {
        (false, ..) => lang
            .t("没有规定要签协议，不需要做什么。", "No rule asks for agreements; nothing is to be done.")
            .to_owned(),
        (true, 0, true) => lang
            .t(
                "组织方已预先签署：志愿者签好就能签到，队长不用再签。",
                "The body has signed in advance: whoever signs can check in, the leader need not sign again.",
            )
            .to_owned(),
        (true, 0, false) => lang
            .t(
                "志愿者先签，签好后由队长在这里签署；双方签好才能签到。",
                "Volunteers sign first; then the leader signs here. Nobody checks in before both have.",
            )
            .to_owned(),
        (true, n, _) => lang.f(
            "{} 份等队长代表组织方签署；签好才能签到。",
            "{} wait for the leader to sign for the body; only then can they check in.",
            &[&n],
        ),
    };
    let page = ListPage {
        shell: app.shell(req, actor, lang.t("服务协议", "Agreements")),
        form,
        id,
        activity: held.activity_id,
        title: held.title_in(&lang).to_owned(),
        when: span(held.starts_at, held.ends_at),
        next,
        waits,
        offered,
        rows,
        more: page.next.map(|cursor| req.with_query("after", &cursor)),
    };
    ui::answer::html(app, req, &page)
}

/// `GET /sessions/{id}/agreements`
pub(super) async fn list(
    State(app): State<App>,
    req: Req,
    Path(id): Path<String>,
    Query(at): Query<Cursor>,
) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        render_list(&a, tx, req, actor, parse(&id)?, &at.after, Form::default())
    })
    .await
}

/// `POST /sessions/{id}/agreements`: the body signs one, or all that wait.
pub(super) async fn counter(
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
            find_to_lead(tx, actor, id)?;
            let only = match fields.text("agreement") {
                "" => None,
                text => Some(parse(text)?),
            };
            let done = commands::counter(tx, actor, id, only)?;
            let say = req.lang.f("已签署 {} 份。", "{} signed.", &[&done]);
            Ok(Done::to(format!("/sessions/{id}/agreements"), say))
        },
        move |tx, req, actor, form| render_list(&a, tx, req, actor, parse(&again)?, "", form.clone()),
    )
    .await
}

#[derive(Template)]
#[template(path = "agreement/terms.html")]
struct TermsPage {
    shell: Shell,
    form: Form,
    a: Activity,
    offered: Option<String>,
}

fn render_terms(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    id: ActivityId,
    form: Option<Form>,
) -> Result<Answer, Error> {
    let a = managed(tx, actor, id)?;
    let terms = store::terms(tx, id)?.ok_or_else(|| Error::bug("an activity without a row"))?;
    let tick = |on: bool| if on { "1" } else { "" };
    let page = TermsPage {
        shell: app.shell(req, actor, req.lang.t("服务协议", "Agreements")),
        form: form.unwrap_or_else(|| {
            Form::filled([
                ("outside", tick(terms.outside.unwrap_or_default())),
                ("asked", tick(terms.asked.unwrap_or_default())),
                ("offered", tick(terms.offered_at.is_some())),
            ])
        }),
        offered: terms
            .offered_at
            .map(|at| format!("{} {}", terms.offered_name.clone().unwrap_or_default(), at.text())),
        a,
    };
    ui::answer::html(app, req, &page)
}

/// `GET /activities/{id}/agreement-terms`
pub(super) async fn terms(State(app): State<App>, req: Req, Path(id): Path<String>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| render_terms(&a, tx, req, actor, parse(&id)?, None)).await
}

/// `POST /activities/{id}/agreement-terms`
pub(super) async fn set(State(app): State<App>, req: Req, Path(id): Path<String>, fields: Fields) -> Answer {
    let (a, again) = (app.clone(), id.clone());
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            let id: ActivityId = parse(&id)?;
            let said = (fields.ticked("outside"), fields.ticked("asked"), fields.ticked("offered"));
            commands::set_terms(tx, actor, id, said)?;
            Ok(Done::to(format!("/activities/{id}/agreement-terms"), req.lang.t("已保存。", "Saved.")))
        },
        move |tx, req, actor, form| render_terms(&a, tx, req, actor, parse(&again)?, Some(form.clone())),
    )
    .await
}

// ---- to be read and printed ----

#[derive(Template)]
#[template(path = "agreement/one.html")]
struct OnePage {
    shell: Shell,
    d: Agreement,
    next: &'static str,
    /// Whether the text is that of the hash.
    whole: bool,
}

/// `GET /agreements/{id}`
pub(super) async fn one(State(app): State<App>, req: Req, Path(id): Path<String>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        let lang = req.lang;
        let d = commands::seen(tx, actor, parse(&id)?)?;
        let next = match d.state {
            AgreementState::Asked => lang.t(
                "志愿者要求签订，等本人在活动页签署。",
                "The volunteer asked for it and signs on the page of the activity.",
            ),
            AgreementState::Signed => {
                lang.t("等队长在开始前代表组织方签署。", "The leader signs for the body before it starts.")
            }
            AgreementState::Bound => {
                lang.t("双方已签，不需要做什么。", "Signed by both; nothing is to be done.")
            }
            AgreementState::Ended => lang.t(
                "志愿者已取消全部报名，协议到此结束。",
                "The volunteer gave back all places; the agreement has ended.",
            ),
        };
        let page = OnePage {
            shell: a.shell(req, actor, lang.t("服务协议", "Agreement on service")),
            next,
            whole: super::rules::hash(&d.text) == d.hash,
            d,
        };
        ui::answer::html(&a, req, &page)
    })
    .await
}

#[derive(Template)]
#[template(path = "agreement/mine.html")]
struct MinePage {
    shell: Shell,
    /// Activities whose agreement waits for one's signature.
    open: Vec<(ActivityId, String, String)>,
    rows: Vec<Agreement>,
    more: Option<String>,
}

/// `GET /me/agreements`
pub(super) async fn mine(State(app): State<App>, req: Req, Query(at): Query<Cursor>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        let person = actor.person()?;
        let open = store::ahead(tx, person)?
            .into_iter()
            .filter(|one| one.need.missing() && one.need.state != Some(AgreementState::Signed))
            .map(|one| (one.activity, one.title, one.starts_at.text()))
            .collect();
        let rows = store::of_person(tx, person, at.after.parse().ok().map(AgreementId), 51)?;
        let page = Page::cut(rows, 50, |one| one.id.to_string());
        let page = MinePage {
            shell: a.shell(req, actor, req.lang.t("我的协议", "My agreements")),
            open,
            rows: page.rows,
            more: page.next.map(|cursor| req.with_query("after", &cursor)),
        };
        ui::answer::html(&a, req, &page)
    })
    .await
}
