//! The list of policies and one of them, what covers an activity, and the list of the insured of a session.

use askama::Template;
use axum::extract::{Path, Query, State};
use db::ReadTx;
use kernel::error::Collect;
use kernel::page::{PAGE_ROWS, Page};
use kernel::{Action, Actor, Date, Error, Lang, OrgId, PersonId, Refusal, Timestamp, can};
use serde::Deserialize;
use ui::form::Label;
use ui::sheet::{self, Cell};
use ui::{Answer, App, Done, Fields, Form, Req, Shell};

use super::commands::{self, New};
use super::store::{self, Covered, Person, Policy};
use super::{Covers, Insured, PolicyId, PolicyKind, PolicyState, rules};
use crate::activity::commands::managed;
use crate::activity::pages::{export_note, parse, when};
use crate::activity::store::org_choices;
use crate::activity::{Activity, ActivityState, Hazard, Session, SessionState};
use crate::attendance::commands::find_to_lead;
use crate::attendance::span;
use crate::{ActivityId, SessionId};

/// How many rows an export holds at most.
const EXPORT_ROWS: i64 = 10_000;

type Pairs = Vec<(String, String)>;

/// A policy ready to show.
struct PolicyView {
    p: Policy,
    state: PolicyState,
    period: String,
    kind: &'static str,
    covers: &'static str,
    insured: &'static str,
}

fn view(lang: Lang, now: Timestamp, p: Policy) -> PolicyView {
    let (from, until) = rules::days(p.starts_at, p.ends_at);
    PolicyView {
        state: rules::state(p.term(), now),
        period: lang.f("{} 至 {}", "{} to {}", &[&from, &until]),
        kind: p.kind.name(lang),
        covers: p.covers.name(lang),
        insured: p.insured.name(lang),
        p,
    }
}

impl PolicyView {
    /// Who acts next (Chk-01).
    fn next(&self, lang: Lang) -> String {
        let (from, until) = rules::days(self.p.starts_at, self.p.ends_at);
        match self.state {
            PolicyState::Planned => lang.f(
                "{} 起由系统自动启用；队长现在就可以选用。",
                "It begins by itself on {}; leaders may choose it now.",
                &[&from],
            ),
            PolicyState::InForce => lang.f(
                "生效中，到 {} 为止。队长在活动的“保险”页选用。",
                "In force until {}. Leaders choose it on the insurance page of an activity.",
                &[&until],
            ),
            PolicyState::Ended => lang.f(
                "已到期，不再用于新的场次。续保后由{}的负责人另登记一份。",
                "It is over and covers nothing new. Once renewed, {} records another.",
                &[&self.p.org_name],
            ),
            PolicyState::Withdrawn => lang.f(
                "已撤回，不再用于新的场次，受影响的活动由队长另选保单。原因：{}",
                "Withdrawn: it covers nothing new, and leaders choose another. Why: {}",
                &[&self.p.reason],
            ),
        }
    }
}

// ---- the list ----

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    state: String,
    after: String,
    format: String,
}

#[derive(Template)]
#[template(path = "insurance/list.html")]
struct ListPage {
    shell: Shell,
    rows: Vec<PolicyView>,
    states: Vec<(&'static str, &'static str, bool)>,
    next: Option<String>,
    export: Option<String>,
    /// The city's office, which sets how early leaders are warned.
    office: bool,
}

fn policies_sheet(lang: Lang, note: &str, rows: &[PolicyView]) -> Result<Answer, Error> {
    let heads = [
        lang.t("登记的组织", "Recorded for"),
        lang.t("险种", "Kind"),
        lang.t("保险公司", "Insurer"),
        lang.t("保单号", "Number"),
        lang.t("期间", "Period"),
        lang.t("危险程度", "Hazard"),
        lang.t("被保险人", "The insured"),
        lang.t("状态", "State"),
    ];
    let cells: Vec<Vec<Cell>> = rows
        .iter()
        .map(|one| {
            vec![
                one.p.org_name.as_str().into(),
                one.kind.into(),
                one.p.insurer.as_str().into(),
                one.p.number.as_str().into(),
                one.period.as_str().into(),
                one.covers.into(),
                one.insured.into(),
                one.state.name(lang).into(),
            ]
        })
        .collect();
    sheet::answer(lang.t("保单", "Insurance policies"), note, &heads, &cells)
}

/// `GET /policies`
pub(super) async fn list(State(app): State<App>, req: Req, Query(asked): Query<Asked>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        actor.demand_any(Action::ActivityManage)?;
        let (lang, now) = (req.lang, tx.now());
        let state = PolicyState::from_code(&asked.state);
        let export = asked.format == "xlsx";
        let limit = if export { EXPORT_ROWS } else { PAGE_ROWS + 1 };
        let rows = store::list(tx, actor, state, asked.after.parse().ok().map(PolicyId), limit)?;
        if export {
            actor.demand_any(Action::Export)?;
            let rows: Vec<PolicyView> = rows.into_iter().map(|one| view(lang, now, one)).collect();
            return policies_sheet(lang, &export_note(lang, actor, now), &rows);
        }
        let page = Page::cut(rows, 20, |one| one.id.to_string());
        let page = ListPage {
            shell: a.shell(req, actor, lang.t("保险", "Insurance")),
            rows: page.rows.into_iter().map(|one| view(lang, now, one)).collect(),
            states: PolicyState::ALL
                .iter()
                .map(|one| (one.code(), one.name(lang), state == Some(*one)))
                .collect(),
            next: page.next.map(|cursor| req.with_query("after", &cursor)),
            export: actor.may(Action::Export).then(|| req.with_query("format", "xlsx")),
            office: crate::sign_up::limits::demand(tx, actor).is_ok(),
        };
        ui::answer::html(&a, req, &page)
    })
    .await
}

// ---- recording ----

/// What a policy is made of, to choose from.
struct Choices {
    kinds: Pairs,
    covers: Pairs,
    insured: Pairs,
}

impl Choices {
    fn new(lang: Lang) -> Self {
        let pair = |code: &str, name: &str| (code.to_owned(), name.to_owned());
        Self {
            kinds: PolicyKind::ALL.iter().map(|one| pair(one.code(), one.name(lang))).collect(),
            covers: Covers::ALL.iter().map(|one| pair(one.code(), one.name(lang))).collect(),
            insured: Insured::ALL.iter().map(|one| pair(one.code(), one.name(lang))).collect(),
        }
    }
}

#[derive(Template)]
#[template(path = "insurance/new.html")]
struct NewPage {
    shell: Shell,
    form: Form,
    orgs: Pairs,
    /// The activity it is recorded for, if one.
    activity: String,
    choices: Choices,
}

fn render_new(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    activity: &str,
    form: Form,
) -> Result<Answer, Error> {
    actor.demand_any(Action::ActivityManage)?;
    let orgs = org_choices(tx, actor)?.into_iter().map(|org| (org.id.to_string(), org.name)).collect();
    let page = NewPage {
        shell: app.shell(req, actor, req.lang.t("登记保单", "Record a policy")),
        form,
        orgs,
        activity: activity.chars().filter(char::is_ascii_digit).take(20).collect(),
        choices: Choices::new(req.lang),
    };
    ui::answer::html(app, req, &page)
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct For {
    activity: String,
}

/// `GET /policies/new`: for an activity, with its organisation filled in.
pub(super) async fn new(State(app): State<App>, req: Req, Query(asked): Query<For>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        actor.demand_any(Action::ActivityManage)?;
        let mut filled = vec![
            ("kind", PolicyKind::Accident.code().to_owned()),
            ("insured", Insured::Places.code().to_owned()),
        ];
        if !asked.activity.is_empty() {
            let a = managed(tx, actor, parse(&asked.activity)?)?;
            let covers = if a.hazard == Hazard::Marked { Covers::Marked } else { Covers::Slight };
            filled.push(("org", a.org_id.to_string()));
            filled.push(("covers", covers.code().to_owned()));
        }
        render_new(&a, tx, req, actor, &asked.activity, Form::filled(filled))
    })
    .await
}

/// Reads a policy; everything that is wrong is said at once.
pub(super) fn read(fields: &Fields, org: OrgId) -> Result<New, Error> {
    fn code<T>(fields: &Fields, name: &'static str, label: Label, found: Option<T>) -> Result<T, Refusal> {
        found.ok_or_else(|| label.wrong(name, fields.text(name), "请选择一项。", "Choose one."))
    }
    let mut all = Collect::default();
    let text = |name| fields.text(name);
    let kind = all.take(code(fields, "kind", Label("险种", "Kind"), PolicyKind::from_code(text("kind"))));
    let insurer = all.take(fields.required("insurer", Label("保险公司", "Insurer"), 60));
    let number = all.take(fields.required("number", Label("保单号", "Number"), 60));
    let covers =
        all.take(code(fields, "covers", Label("危险程度", "Hazard"), Covers::from_code(text("covers"))));
    let insured = all.take(code(
        fields,
        "insured",
        Label("被保险人", "The insured"),
        Insured::from_code(text("insured")),
    ));
    let from = all.take(fields.date("from", Label("起保日期", "First day")));
    let until = all.take(fields.date("until", Label("到期日期", "Last day")));
    let note = all.take(fields.optional("note", Label("备注", "Note"), 300));
    all.done()?;
    match (kind, insurer, number, covers, insured, from, until, note) {
        (
            Some(kind),
            Some(insurer),
            Some(number),
            Some(covers),
            Some(insured),
            Some(from),
            Some(until),
            Some(note),
        ) => Ok(New { org, kind, insurer, number, covers, insured, from, until, note }),
        _ => Err(Error::bug("a form without refusals lacks a field")),
    }
}

/// `POST /policies/new`: recorded for an activity, it is chosen for it at once.
pub(super) async fn create(State(app): State<App>, req: Req, fields: Fields) -> Answer {
    let a = app.clone();
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            actor.demand_any(Action::ActivityManage)?;
            let org = fields.id("org", Label("组织", "Organisation"))?;
            let id = commands::record(tx, actor, &read(fields, org)?)?;
            if fields.text("activity").is_empty() {
                return Ok(Done::to(format!("/policies/{id}"), req.lang.t("已登记。", "Recorded.")));
            }
            let activity: ActivityId = parse(fields.text("activity"))?;
            commands::choose(tx, actor, activity, id)?;
            let say = req.lang.t("已登记，并用于本活动。", "Recorded, and chosen for this activity.");
            Ok(Done::to(format!("/activities/{activity}/insurance"), say))
        },
        move |tx, req, actor, form| {
            let activity = form.v("activity").to_owned();
            render_new(&a, tx, req, actor, &activity, form.clone())
        },
    )
    .await
}

// ---- one ----

#[derive(Template)]
#[template(path = "insurance/show.html")]
struct ShowPage {
    shell: Shell,
    form: Form,
    v: PolicyView,
    next: String,
    covered: Vec<Covered>,
    /// The actor may correct and withdraw it.
    may: bool,
    choices: Choices,
}

fn render_show(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    id: PolicyId,
    form: Option<Form>,
) -> Result<Answer, Error> {
    let lang = req.lang;
    let policy = commands::seen(tx, actor, id)?;
    let v = view(lang, tx.now(), policy);
    let (from, until) = rules::days(v.p.starts_at, v.p.ends_at);
    let stored = Form::filled([
        ("kind", v.p.kind.code().to_owned()),
        ("insurer", v.p.insurer.clone()),
        ("number", v.p.number.clone()),
        ("covers", v.p.covers.code().to_owned()),
        ("insured", v.p.insured.code().to_owned()),
        ("from", from.to_string()),
        ("until", until.to_string()),
        ("note", v.p.note.clone()),
    ]);
    let page = ShowPage {
        shell: app.shell(req, actor, &lang.f("保单 {}", "Policy {}", &[&v.p.number])),
        // What was refused of the withdrawal is shown over the policy as it is stored.
        form: match form {
            Some(sent) if sent.is("act", "withdraw") => {
                Form { fields: stored.fields, refusals: sent.refusals }
            }
            Some(sent) => sent,
            None => stored,
        },
        next: v.next(lang),
        covered: store::covered(tx, id, 20)?,
        may: can(actor, Action::ActivityManage, v.p.place()) && v.state != PolicyState::Withdrawn,
        choices: Choices::new(lang),
        v,
    };
    ui::answer::html(app, req, &page)
}

/// `GET /policies/{id}`
pub(super) async fn show(State(app): State<App>, req: Req, Path(id): Path<String>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| render_show(&a, tx, req, actor, parse(&id)?, None)).await
}

/// `POST /policies/{id}`: corrects it.
pub(super) async fn save(State(app): State<App>, req: Req, Path(id): Path<String>, fields: Fields) -> Answer {
    let (a, again) = (app.clone(), id.clone());
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            let id: PolicyId = parse(&id)?;
            let org = commands::seen(tx, actor, id)?.org_id;
            commands::save(tx, actor, id, &read(fields, org)?)?;
            Ok(Done::to(format!("/policies/{id}"), req.lang.t("已更正。", "Corrected.")))
        },
        move |tx, req, actor, form| render_show(&a, tx, req, actor, parse(&again)?, Some(form.clone())),
    )
    .await
}

/// `POST /policies/{id}/withdraw`
pub(super) async fn withdraw(
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
            let id: PolicyId = parse(&id)?;
            commands::seen(tx, actor, id)?;
            let reason = fields.required("reason", Label("原因", "Reason"), 200)?;
            commands::withdraw(tx, actor, id, &reason)?;
            Ok(Done::to(format!("/policies/{id}"), req.lang.t("已撤回。", "Withdrawn.")))
        },
        move |tx, req, actor, form| render_show(&a, tx, req, actor, parse(&again)?, Some(form.clone())),
    )
    .await
}

// ---- an activity ----

/// What everybody is told of the insurance of a hazardous activity.
#[derive(Debug)]
pub struct OnActivity {
    /// How much it may endanger.
    pub hazard: &'static str,
    /// What covers it, or who sees to it by when.
    pub words: String,
    /// Something is missing.
    pub missing: bool,
}

/// Sessions that are not over.
pub(super) fn ahead(sessions: &[Session], now: Timestamp) -> impl Iterator<Item = &Session> {
    sessions
        .iter()
        .filter(move |one| matches!(one.state, SessionState::Draft | SessionState::Open) && one.ends_at > now)
}

/// What the page of an activity says of its insurance; nothing when there is no hazard.
///
/// # Errors
/// Of the database.
pub(crate) fn on_activity(
    tx: &mut ReadTx<'_>,
    lang: Lang,
    a: &Activity,
    sessions: &[Session],
) -> Result<Option<OnActivity>, Error> {
    if !a.hazard.any() {
        return Ok(None);
    }
    let now = tx.now();
    let policies = store::of_activity(tx, a.id)?;
    let terms: Vec<rules::Term> = policies.iter().map(Policy::term).collect();
    let first = ahead(sessions, now)
        .find(|one| rules::missing(&terms, a.hazard, (one.starts_at, one.ends_at)))
        .map(|one| one.starts_at);
    let words = match (first, policies.last()) {
        (Some(at), _) => lang.f(
            "还没有登记。由队长在 {} 开始前登记，否则不能签到。",
            "Not recorded yet. The leader records it before {}, or nobody can check in.",
            &[&at.text()],
        ),
        (None, Some(one)) => lang.f(
            "已登记：{}，{}，至 {}",
            "Recorded: {}, {}, until {}",
            &[&one.insurer, &one.kind.name(lang), &rules::days(one.starts_at, one.ends_at).1],
        ),
        (None, None) => {
            lang.t("有新的场次时由队长登记。", "The leader records it for the next session.").to_owned()
        }
    };
    Ok(Some(OnActivity { hazard: a.hazard.name(lang), words, missing: first.is_some() }))
}

/// A session and what covers it.
struct SessionView {
    id: SessionId,
    when: String,
    /// Numbers of the policies; empty: nothing.
    by: String,
}

#[derive(Template)]
#[template(path = "insurance/activity.html")]
struct ActivityPage {
    shell: Shell,
    form: Form,
    a: Activity,
    hazard: &'static str,
    next: String,
    missing: bool,
    chosen: Vec<PolicyView>,
    offered: Vec<PolicyView>,
    sessions: Vec<SessionView>,
    more: usize,
}

/// Sessions shown at once.
const SHOWN: usize = 30;

fn render_activity(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    id: ActivityId,
    form: Form,
) -> Result<Answer, Error> {
    let (lang, now) = (req.lang, tx.now());
    let a = managed(tx, actor, id)?;
    let sessions = crate::activity::store::sessions_of(tx, id)?;
    let chosen = store::of_activity(tx, id)?;
    let offered = if a.state == ActivityState::Cancelled {
        Vec::new()
    } else {
        store::offered(tx, id, (&a.area_path, &a.sponsor_path))?
    };
    let ahead: Vec<&Session> = ahead(&sessions, now).collect();
    let terms: Vec<rules::Term> = chosen.iter().map(Policy::term).collect();
    let open: Vec<&&Session> =
        ahead.iter().filter(|one| rules::missing(&terms, a.hazard, (one.starts_at, one.ends_at))).collect();
    let next = match (a.state, open.first()) {
        (ActivityState::Cancelled, _) => {
            lang.t("活动已取消，不需要保险。", "Cancelled: no insurance is needed.").to_owned()
        }
        _ if !a.hazard.any() => lang
            .t(
                "这个活动没有特别的危险，不需要保险；有危险的，请队长在“修改”里标明。",
                "Nothing here is beyond daily life; no insurance is needed. If something is, the leader says so under “Edit”.",
            )
            .to_owned(),
        (_, Some(first)) => lang.f(
            "{} 场还没有保险。由队长在 {} 开始前登记或选用一份保单；没有保单，到时谁也不能签到。",
            "{} sessions are not covered. The leader records or chooses a policy before {}; without one nobody can check in.",
            &[&open.len(), &first.starts_at.text()],
        ),
        (_, None) => lang
            .t(
                "要开始的场次都有保险，队长不用再做什么；开始时系统自动封存投保名单。",
                "All that comes is covered and nothing is left for the leader to do; at the start the list of the insured closes by itself.",
            )
            .to_owned(),
    };
    let missing = !open.is_empty() && a.state != ActivityState::Cancelled;
    let shown = ahead
        .iter()
        .take(SHOWN)
        .map(|one| SessionView {
            id: one.id,
            when: when(lang, one.starts_at, one.ends_at, now),
            by: chosen
                .iter()
                .filter(|p| rules::covers(p.term(), a.hazard, (one.starts_at, one.ends_at)))
                .map(|p| p.number.as_str())
                .collect::<Vec<_>>()
                .join(lang.t("、", ", ")),
        })
        .collect();
    let page = ActivityPage {
        shell: app.shell(req, actor, lang.t("保险", "Insurance")),
        form,
        hazard: a.hazard.name(lang),
        next,
        missing,
        more: ahead.len().saturating_sub(SHOWN),
        sessions: shown,
        chosen: chosen.into_iter().map(|one| view(lang, now, one)).collect(),
        offered: offered.into_iter().map(|one| view(lang, now, one)).collect(),
        a,
    };
    ui::answer::html(app, req, &page)
}

/// `GET /activities/{id}/insurance`
pub(super) async fn activity(State(app): State<App>, req: Req, Path(id): Path<String>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| render_activity(&a, tx, req, actor, parse(&id)?, Form::default()))
        .await
}

/// `POST /activities/{id}/insurance`: chooses a policy, or takes the choice back.
pub(super) async fn choose(
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
            let id: ActivityId = parse(&id)?;
            managed(tx, actor, id)?;
            let policy = fields.id("policy", Label("保单", "Policy"))?;
            let say = if fields.text("act") == "drop" {
                commands::drop_choice(tx, actor, id, policy)?;
                req.lang.t("已取消选用。", "No longer chosen.")
            } else {
                commands::choose(tx, actor, id, policy)?;
                req.lang.t("已选用。", "Chosen.")
            };
            Ok(Done::to(format!("/activities/{id}/insurance"), say))
        },
        move |tx, req, actor, form| render_activity(&a, tx, req, actor, parse(&again)?, form.clone()),
    )
    .await
}

// ---- the list of the insured ----

/// Somebody on the list, ready to show.
struct PersonView {
    name: String,
    volunteer_no: String,
    gender: &'static str,
    birth_on: Option<Date>,
    state: String,
}

fn person_view(lang: Lang, closed: bool, one: Person) -> PersonView {
    let mut state = match (one.at, one.late) {
        (Some(at), Some(true)) => lang.f("补入 {}", "Added later, {}", &[&at.text()]),
        (Some(at), _) => lang.f("已列入 {}", "On the list, {}", &[&at.text()]),
        (None, _) if closed => {
            lang.t("封存后报名，还没补入", "Signed up since; not on the list yet").to_owned()
        }
        (None, _) => lang.t("封存时列入", "Will be on it").to_owned(),
    };
    if !one.holds {
        state.push_str(lang.t("；已取消报名", "; gave the place back"));
    }
    PersonView {
        name: one.name,
        volunteer_no: one.volunteer_no,
        gender: one.gender.name(lang),
        birth_on: one.birth_on,
        state,
    }
}

#[derive(Template)]
#[template(path = "insurance/insured.html")]
struct InsuredPage {
    shell: Shell,
    form: Form,
    id: SessionId,
    activity: ActivityId,
    title: String,
    when: String,
    next: String,
    /// The list can be closed, or added to.
    open: bool,
    closed: bool,
    rows: Vec<PersonView>,
    more: Option<String>,
    export: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(super) struct ListAsked {
    after: String,
    format: String,
}

fn render_insured(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    id: SessionId,
    asked: &ListAsked,
    form: Form,
) -> Result<Answer, Error> {
    let (lang, now) = (req.lang, tx.now());
    let held = find_to_lead(tx, actor, id)?;
    let listed = store::listed(tx, id)?.ok_or_else(|| Error::bug("a session without an activity"))?;
    let export = asked.format == "xlsx";
    if export {
        actor.demand(Action::Export, held.place())?;
    }
    let after = asked.after.parse().ok().map(PersonId).filter(|_| !export);
    let rows = store::people(tx, id, after, if export { EXPORT_ROWS } else { 101 })?;
    let closed = listed.insured_at.is_some();
    let title = lang.f("投保名单：{}", "The insured: {}", &[&held.title_in(&lang)]);
    if export {
        let heads = [
            lang.t("姓名", "Name"),
            lang.t("志愿者编号", "Volunteer number"),
            lang.t("性别", "Gender"),
            lang.t("出生日期", "Born"),
            lang.t("状态", "State"),
        ];
        let cells: Vec<Vec<Cell>> = rows
            .into_iter()
            .map(|one| {
                let one = person_view(lang, closed, one);
                vec![
                    one.name.into(),
                    one.volunteer_no.into(),
                    one.gender.into(),
                    one.birth_on.map(|day| day.to_string()).unwrap_or_default().into(),
                    one.state.into(),
                ]
            })
            .collect();
        let note = format!("{} · {}", span(held.starts_at, held.ends_at), export_note(lang, actor, now));
        return sheet::answer(&title, &note, &heads, &cells);
    }
    let page = Page::cut(rows, 100, |one| one.id.to_string());
    let next = match (listed.hazard.any(), listed.insured_at) {
        (false, _) => lang
            .t("这个活动没有特别的危险，不需要投保名单。", "Nothing here is beyond daily life; no list is needed.")
            .to_owned(),
        (true, Some(at)) => lang.f(
            "名单已于 {} 封存。以后报名的人由队长补入，并告诉保险公司。",
            "The list was closed on {}. The leader adds whoever signs up since, and tells the insurer.",
            &[&at.text()],
        ),
        (true, None) => lang.f(
            "{} 开始时系统自动封存。保单按名单承保的，请队长提前封存并导出，交给保险公司。",
            "It closes by itself at the start, {}. Where the insurer goes by a list, the leader closes it earlier and sends it.",
            &[&held.starts_at.text()],
        ),
    };
    let page = InsuredPage {
        shell: app.shell(req, actor, lang.t("投保名单", "The insured")),
        form,
        id,
        activity: held.activity_id,
        title: held.title_in(&lang).to_owned(),
        when: span(held.starts_at, held.ends_at),
        next,
        open: listed.hazard.any() && matches!(listed.state, SessionState::Open | SessionState::Closed),
        closed,
        rows: page.rows.into_iter().map(|one| person_view(lang, closed, one)).collect(),
        more: page.next.map(|cursor| req.with_query("after", &cursor)),
        export: can(actor, Action::Export, held.place()).then(|| req.with_query("format", "xlsx")),
    };
    ui::answer::html(app, req, &page)
}

/// `GET /sessions/{id}/insured`
pub(super) async fn insured(
    State(app): State<App>,
    req: Req,
    Path(id): Path<String>,
    Query(asked): Query<ListAsked>,
) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        render_insured(&a, tx, req, actor, parse(&id)?, &asked, Form::default())
    })
    .await
}

/// `POST /sessions/{id}/insured`: closes the list, or adds to it.
pub(super) async fn close(
    State(app): State<App>,
    req: Req,
    Path(id): Path<String>,
    fields: Fields,
) -> Answer {
    let (a, again) = (app.clone(), id.clone());
    app.submit(
        req,
        fields,
        move |tx, req, actor, _| {
            let id: SessionId = parse(&id)?;
            let done = commands::close(tx, actor, id)?;
            let say = req.lang.f("已列入 {} 人。", "{} people were put on the list.", &[&done]);
            Ok(Done::to(format!("/sessions/{id}/insured"), say))
        },
        move |tx, req, actor, form| {
            render_insured(&a, tx, req, actor, parse(&again)?, &ListAsked::default(), form.clone())
        },
    )
    .await
}
