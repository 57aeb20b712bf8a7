//! Forms of whoever plans activities: draft, publish, sessions, cancel, copy.

use askama::Template;
use axum::extract::{Path, Query, State};
use db::ReadTx;
use kernel::error::{Collect, common};
use kernel::{Action, Actor, Date, Error, Lang, OrgId, Refusal, Role, Timestamp, catalogue};
use serde::Deserialize;
use ui::answer::{Answer, Done};
use ui::form::Label;
use ui::{App, Fields, Form, Req, Shell};

use super::commands::{self, NewActivity, NewSession, Publication};
use super::pages::{category_options, parse, when};
use super::rules::{self, Declaration, Defaults};
use super::store::{self, Activity, Post, Session};
use super::{ActivityState, Entry, Hazard, Kind, Mode, SessionState, template};
use crate::{ActivityId, SeriesId, SessionId};

#[derive(Template)]
#[template(path = "activity/edit.html")]
struct EditPage {
    shell: Shell,
    form: Form,
    id: Option<ActivityId>,
    org: OrgId,
    org_name: String,
    draft: bool,
    categories: Vec<(String, String)>,
    kinds: Vec<(String, String)>,
    modes: Vec<(String, String)>,
    entries: Vec<(String, String)>,
    hazards: Vec<(String, String)>,
    skills: Vec<(String, String)>,
    qualifications: Vec<(String, String)>,
    leaders: Vec<(String, String)>,
    base: ui::app::MapBase,
    /// Where the map opens when no point is known: the team's community.
    middle: Option<(f64, f64)>,
}

#[derive(Template)]
#[template(path = "activity/choose.html")]
struct ChoosePage {
    shell: Shell,
    form: Form,
    orgs: Vec<(String, String)>,
}

#[derive(Template)]
#[template(path = "activity/publish.html")]
struct PublishPage {
    shell: Shell,
    form: Form,
    a: Activity,
    sessions: Vec<String>,
    problems: Vec<String>,
    exclusions: Vec<&'static str>,
    /// Where it stands with the body that coordinates its category.
    coordination: Option<crate::coordination::pages::Standing>,
    /// Where it stands with whoever looks at it first.
    review: crate::review::pages::Standing,
    words: String,
    service: bool,
    kind: &'static str,
}

#[derive(Template)]
#[template(path = "activity/cancel.html")]
struct CancelPage {
    shell: Shell,
    form: Form,
    what: String,
    told: i64,
    action: String,
    back: String,
}

/// A session on the planner's page.
#[derive(Debug)]
pub struct SessionLine {
    pub s: Session,
    pub when: String,
    pub state: &'static str,
    pub posts: String,
    pub changeable: bool,
}

#[derive(Template)]
#[template(path = "activity/sessions.html")]
struct SessionsPage {
    shell: Shell,
    form: Form,
    a: Activity,
    lines: Vec<SessionLine>,
    /// Series made by rule: id and the rule in words.
    series: Vec<(SeriesId, String)>,
}

pub(super) type Pairs = Vec<(String, String)>;

/// The next Saturday after a day.
fn next_saturday(today: Date) -> Date {
    let ahead = (6 - today.weekday()).rem_euclid(7);
    today.plus(if ahead == 0 { 7 } else { ahead })
}

fn clock(minute: i64) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

/// Sessions as the form shows them: the first one gives the defaults, others name what differs.
pub(super) fn session_fields(sessions: &[Session], posts: &[Post]) -> Pairs {
    let Some(first) = sessions.first() else { return Vec::new() };
    let times = |s: &Session| (s.starts_at.minute_of_day(), s.ends_at.minute_of_day());
    let lines: Vec<String> = sessions
        .iter()
        .map(|s| {
            let mut line = s.starts_at.date().to_string();
            if times(s) != times(first) || s.quota != first.quota {
                let (start, end) = times(s);
                line.push_str(&format!(" {}-{} {}", clock(start), clock(end), s.quota));
            }
            line
        })
        .collect();
    let posts: Vec<String> = posts
        .iter()
        .filter(|post| post.session_id == first.id)
        .map(|post| {
            let skill = post
                .skill
                .as_deref()
                .and_then(catalogue::skill_by_code)
                .map(|skill| format!(" {}", skill.zh))
                .unwrap_or_default();
            let kind = post.needs.as_deref().map(|name| format!(" {name}")).unwrap_or_default();
            format!("{} {}{skill}{kind}", post.name, post.quota)
        })
        .collect();
    let (start, end) = times(first);
    let close = (first.starts_at.0 - first.sign_up_until.0) / 3_600_000;
    vec![
        ("dates".to_owned(), lines.join("\n")),
        ("start".to_owned(), clock(start)),
        ("end".to_owned(), clock(end)),
        ("quota".to_owned(), first.quota.to_string()),
        ("close_hours".to_owned(), close.to_string()),
        ("break_minutes".to_owned(), first.break_minutes.to_string()),
        ("posts".to_owned(), posts.join("\n")),
    ]
}

/// An activity as the form shows it.
pub(super) fn activity_fields(a: &Activity, skills: &[String]) -> Pairs {
    let tick = |on: bool| if on { "1" } else { "" };
    let mut out: Vec<(&str, String)> = vec![
        ("version", a.version.to_string()),
        ("title", a.title.clone()),
        ("title_en", a.title_en.clone()),
        ("category", a.category.clone()),
        ("kind", a.kind.code().to_owned()),
        ("mode", a.mode.code().to_owned()),
        ("content", a.content.clone()),
        ("served_group", a.served_group.clone()),
        ("conditions", a.conditions.clone()),
        ("how_to_apply", a.how_to_apply.clone()),
        ("risks", a.risks.clone()),
        ("guarantees", a.guarantees.clone()),
        ("contact_name", a.contact_name.clone()),
        ("contact_phone", a.contact_phone.clone()),
        ("leader", a.leader_id.map(|id| id.to_string()).unwrap_or_default()),
        ("place_public", a.place_public.clone()),
        ("place_exact", a.place_exact.clone()),
        ("place_private", tick(a.place_private).to_owned()),
        ("lon", super::map::point(a.lon, a.lat).map_or(String::new(), |point| point.0.to_string())),
        ("lat", super::map::point(a.lon, a.lat).map_or(String::new(), |point| point.1.to_string())),
        ("min_age", a.min_age.to_string()),
        ("members_only", tick(a.members_only).to_owned()),
        ("walk_in", tick(a.walk_in).to_owned()),
        ("entry", a.entry.code().to_owned()),
        ("stand_in_asked", tick(a.stand_in_asked).to_owned()),
        ("hazard", a.hazard.code().to_owned()),
    ];
    out.extend(skills.iter().map(|skill| ("skills", skill.clone())));
    out.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// The qualifications an activity asks for, as the form shows them.
pub(super) fn qualification_fields(tx: &mut ReadTx<'_>, id: ActivityId) -> Result<Pairs, Error> {
    let asked = crate::qualified::store::of(tx, id)?;
    Ok(asked.into_iter().map(|kind| ("qualifications".to_owned(), kind)).collect())
}

/// Reads what a line of dates falls back to.
fn defaults(fields: &Fields, all: &mut Collect) -> Defaults {
    let optional = |name: &'static str, label: Label, max: i64, all: &mut Collect| match fields.text(name) {
        "" => 0,
        _ => all.take(fields.number(name, label, 0, max)).unwrap_or(0),
    };
    Defaults {
        start: all.take(fields.time("start", Label("开始时间", "Start"))).unwrap_or(540),
        end: all.take(fields.time("end", Label("结束时间", "End"))).unwrap_or(660),
        quota: all.take(fields.number("quota", Label("名额", "Places"), 1, 100_000)).unwrap_or(1),
        close_hours: optional("close_hours", Label("报名截止", "Sign-up ends"), 24 * 30, all),
        break_minutes: optional("break_minutes", Label("休息分钟", "Break"), 600, all),
        posts: all.take(rules::read_posts(fields.text("posts"))).unwrap_or_default(),
    }
}

pub(super) fn read_sessions(fields: &Fields) -> Result<Vec<NewSession>, Error> {
    let mut all = Collect::default();
    let defaults = defaults(fields, &mut all);
    let sessions = all.take(rules::read_sessions(fields.text("dates"), &defaults)).unwrap_or_default();
    all.done()?;
    Ok(sessions)
}

/// Reads the form. A draft needs a title and a category only; what publishing needs is asked then.
pub(super) fn read(fields: &Fields, org: OrgId, with_sessions: bool) -> Result<NewActivity, Error> {
    let mut all = Collect::default();
    let text = |name: &'static str, zh: &'static str, en: &'static str, max: usize, all: &mut Collect| {
        all.take(fields.optional(name, Label(zh, en), max)).unwrap_or_default()
    };
    let category = fields.text("category").to_owned();
    if catalogue::category(&category).is_none() {
        all.push(Refusal::new(&common::REQUIRED).with_both("label", "类别", "Category").on("category"));
    }
    let sessions = if with_sessions {
        let defaults = defaults(fields, &mut all);
        all.take(rules::read_sessions(fields.text("dates"), &defaults)).unwrap_or_default()
    } else {
        Vec::new()
    };
    let point = all.take(fields.point()).flatten();
    let new = NewActivity {
        title: all.take(fields.required("title", Label("标题", "Title"), 60)).unwrap_or_default(),
        title_en: text("title_en", "英文标题", "Title in English", 120, &mut all),
        kind: Kind::from_code(fields.text("kind")).unwrap_or(Kind::Service),
        mode: Mode::from_code(fields.text("mode")).unwrap_or(Mode::Regular),
        content: text("content", "做什么", "What is done", 4000, &mut all),
        served_group: text("served_group", "服务对象", "Who is served", 200, &mut all),
        conditions: text("conditions", "报名条件", "Conditions", 500, &mut all),
        how_to_apply: text("how_to_apply", "报名方式", "How to apply", 500, &mut all),
        risks: text("risks", "风险提示", "Risks", 1000, &mut all),
        guarantees: text("guarantees", "保障与保险", "Guarantees and insurance", 1000, &mut all),
        contact_name: text("contact_name", "联系人", "Contact", 40, &mut all),
        contact_phone: text("contact_phone", "联系电话", "Phone of the contact", 30, &mut all),
        leader: fields.text("leader").parse().ok(),
        place_public: text("place_public", "公开地点", "Public place", 100, &mut all),
        place_exact: text("place_exact", "详细地点", "Exact place", 200, &mut all),
        place_private: fields.ticked("place_private"),
        lon: point.map(|point| point.0),
        lat: point.map(|point| point.1),
        min_age: match fields.text("min_age") {
            "" => 18,
            _ => all.take(fields.number("min_age", Label("最低年龄", "Minimum age"), 0, 100)).unwrap_or(18),
        },
        members_only: fields.ticked("members_only"),
        walk_in: fields.ticked("walk_in"),
        entry: Entry::from_code(fields.text("entry")).unwrap_or(Entry::Open),
        stand_in_asked: fields.ticked("stand_in_asked"),
        hazard: Hazard::read(fields.text("hazard")),
        skills: fields
            .all("skills")
            .into_iter()
            .filter(|code| catalogue::skill_by_code(code).is_some())
            .map(str::to_owned)
            .collect(),
        qualifications: fields.all("qualifications").into_iter().map(str::to_owned).collect(),
        sessions,
        ..NewActivity::draft(org, "", category)
    };
    all.done()?;
    Ok(new)
}

fn render_edit(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    org: OrgId,
    existing: Option<(ActivityId, bool)>,
    form: Form,
) -> Result<Answer, Error> {
    let lang = req.lang;
    let place = store::org_find(tx, org)?.ok_or_else(|| Error::from(&common::NOT_FOUND))?;
    let mut leaders: Pairs = store::leaders_of(tx, org)?
        .into_iter()
        .map(|(id, name, title)| (id.to_string(), format!("{name}（{title}）")))
        .collect();
    if let Some(person) = actor.person
        && !leaders.iter().any(|one| one.0 == person.to_string())
    {
        leaders.push((person.to_string(), actor.name.clone()));
    }
    let title = match existing {
        None => lang.t("发起活动", "Plan an activity"),
        Some(_) => lang.t("修改活动", "Edit the activity"),
    };
    let both = |code: &str, name: &str| (code.to_owned(), name.to_owned());
    let middle = super::map::middle(tx, &place.area_path)?;
    let asked: Vec<String> = form.fields.all("qualifications").into_iter().map(str::to_owned).collect();
    let kinds = people::qualification::store::kinds(tx)?;
    ui::answer::html(
        app,
        req,
        &EditPage {
            base: app.settings.map.clone(),
            middle,
            shell: app.shell(req, actor, title),
            form,
            id: existing.map(|one| one.0),
            org,
            org_name: place.name,
            draft: existing.is_none_or(|one| one.1),
            categories: category_options(lang, true),
            kinds: Kind::ALL.iter().map(|kind| both(kind.code(), kind.name(lang))).collect(),
            entries: Entry::ALL.iter().map(|one| both(one.code(), one.name(lang))).collect(),
            hazards: Hazard::ALL.iter().map(|one| both(one.code(), one.name(lang))).collect(),
            modes: Mode::ALL.iter().map(|mode| both(mode.code(), mode.name(lang))).collect(),
            skills: catalogue::SKILLS
                .iter()
                .map(|skill| both(skill.code, lang.t(skill.zh, skill.en)))
                .collect(),
            qualifications: crate::qualified::options(kinds, &asked, lang),
            leaders,
        },
    )
    .map(|mut answer| {
        ui::answer::allow_images(&mut answer, app.settings.map.origin());
        answer
    })
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct For {
    team: String,
    template: String,
    from: String,
    line: String,
    item: String,
}

/// What an address names to start from: the team it belongs to, and what the form is filled with.
fn named_start(tx: &mut ReadTx<'_>, actor: &Actor, asked: &For) -> Result<Option<(OrgId, Pairs)>, Error> {
    if !asked.template.is_empty() {
        return template::prefill(tx, actor, parse(&asked.template)?).map(Some);
    }
    if !asked.from.is_empty() {
        return template::prefill_from(tx, actor, parse(&asked.from)?).map(Some);
    }
    if !asked.line.is_empty() {
        return crate::plan::annual::prefill(tx, actor, parse(&asked.line)?).map(Some);
    }
    if !asked.item.is_empty() {
        return crate::campaign::prefill(tx, actor, parse(&asked.item)?).map(Some);
    }
    Ok(None)
}

/// The form of a new activity: the same as last time, next Saturday.
pub(super) async fn new(State(app): State<App>, req: Req, Query(asked): Query<For>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        actor.demand_any(Action::ActivityManage)?;
        if let Some((org, named)) = named_start(tx, actor, &asked)? {
            // What is named wins over what the team's last activity gives.
            let mut pairs = starting_point(tx, actor, req.lang, org)?;
            if asked.line.is_empty() && asked.item.is_empty() {
                pairs.retain(|(name, _)| matches!(name.as_str(), "dates" | "start" | "end" | "quota"));
            }
            pairs.retain(|(name, _)| !named.iter().any(|one| one.0 == *name));
            pairs.extend(named);
            return render_edit(&a, tx, req, actor, org, None, Form::filled(pairs));
        }
        let orgs = store::org_choices(tx, actor)?;
        let led: Vec<OrgId> =
            actor.grants.iter().filter(|grant| grant.role == Role::Leader).map(|grant| grant.org).collect();
        let wanted = asked.team.parse::<OrgId>().ok();
        let chosen = match (wanted, orgs.as_slice(), led.as_slice()) {
            (Some(id), _, _) => Some(id),
            (None, [only], _) => Some(only.id),
            (None, _, [only]) => Some(*only),
            _ => None,
        };
        let Some(org) = chosen.filter(|id| orgs.iter().any(|org| org.id == *id)) else {
            let lang = req.lang;
            let page = ChoosePage {
                shell: a.shell(req, actor, lang.t("发起活动", "Plan an activity")),
                form: Form::default(),
                orgs: orgs.into_iter().map(|org| (org.id.to_string(), org.name)).collect(),
            };
            return ui::answer::html(&a, req, &page);
        };
        let form = Form::filled(starting_point(tx, actor, req.lang, org)?);
        render_edit(&a, tx, req, actor, org, None, form)
    })
    .await
}

/// What a new activity starts from: the team's last one, without its title, text and dates, and without what closes it
/// to some: that is decided anew each time.
fn starting_point(tx: &mut ReadTx<'_>, actor: &Actor, lang: Lang, org: OrgId) -> Result<Pairs, Error> {
    let saturday = next_saturday(tx.now().date()).to_string();
    let leader = actor.person.map(|id| id.to_string()).unwrap_or_default();
    let own = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let Some(id) = store::latest_of(tx, org)? else {
        return Ok(vec![
            own("dates", &saturday),
            own("start", "09:00"),
            own("end", "11:00"),
            own("quota", "20"),
            own("kind", Kind::Service.code()),
            own("mode", Mode::Regular.code()),
            own("how_to_apply", lang.t("在本页点“报名”即可", "Press “Sign up” on this page")),
            own("conditions", lang.t("身体健康，能按时到场", "In good health, able to be on time")),
            own("leader", &leader),
            own("contact_name", &actor.name),
            own("min_age", "18"),
            own("walk_in", "1"),
            own("entry", Entry::Open.code()),
        ]);
    };
    let Some(last) = store::find(tx, id)? else { return Ok(Vec::new()) };
    let skills = store::skills_of(tx, id)?;
    let mut out = activity_fields(&last, &skills);
    out.retain(|(name, _)| {
        !matches!(
            name.as_str(),
            "title" | "title_en" | "content" | "version" | "entry" | "stand_in_asked" | "hazard"
        )
    });
    out.push(own("entry", Entry::Open.code()));
    let sessions = store::sessions_of(tx, id)?;
    let mut times =
        session_fields(sessions.split_last().map_or(&[], |(last, _)| std::slice::from_ref(last)), &[]);
    times.retain(|(name, _)| name != "dates");
    if times.is_empty() {
        times = vec![own("start", "09:00"), own("end", "11:00"), own("quota", "20")];
    }
    out.extend(times);
    out.push(own("dates", &saturday));
    Ok(out)
}

fn after_save(id: ActivityId, fields: &Fields, lang: Lang) -> Done {
    if fields.text("go") == "publish" {
        Done::to(format!("/activities/{id}/publish"), "")
    } else {
        Done::to(format!("/activities/{id}"), lang.t("已保存。", "Saved."))
    }
}

/// Writes a draft.
pub(super) async fn create(State(app): State<App>, req: Req, fields: Fields) -> Answer {
    let a = app.clone();
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            actor.demand_any(Action::ActivityManage)?;
            let org = fields.id("org", Label("队伍", "Team"))?;
            let id = commands::create_by(tx, actor, &read(fields, org, true)?)?;
            if let Ok(line) = fields.text("line").parse() {
                crate::plan::annual::link(tx, actor, line, id)?;
            }
            if let Ok(item) = fields.text("item").parse() {
                crate::campaign::begun(tx, actor, item, id)?;
            }
            if let Ok(used) = fields.text("template").parse() {
                template::used(tx, used, org)?;
            }
            Ok(after_save(id, fields, req.lang))
        },
        move |tx, req, actor, form| {
            actor.demand_any(Action::ActivityManage)?;
            let org = form.fields.id("org", Label("队伍", "Team"))?;
            render_edit(&a, tx, req, actor, org, None, form.clone())
        },
    )
    .await
}

/// The form of an activity.
pub(super) async fn edit(State(app): State<App>, req: Req, Path(id): Path<String>) -> Answer {
    let app2 = app.clone();
    app.page(req, move |tx, req, actor| {
        let a = commands::managed(tx, actor, parse(&id)?)?;
        if a.state == ActivityState::Cancelled {
            return Err((&super::refusals::CANCELLED).into());
        }
        let skills = store::skills_of(tx, a.id)?;
        let mut pairs = activity_fields(&a, &skills);
        pairs.extend(qualification_fields(tx, a.id)?);
        let draft = a.state == ActivityState::Draft;
        if draft {
            let (sessions, posts) = (store::sessions_of(tx, a.id)?, store::posts_of(tx, a.id)?);
            let times = session_fields(&sessions, &posts);
            if times.is_empty() {
                pairs.extend(
                    [("start", "09:00"), ("end", "11:00"), ("quota", "20")]
                        .map(|(name, value)| (name.to_owned(), value.to_owned())),
                );
            }
            pairs.extend(times);
        }
        render_edit(&app2, tx, req, actor, a.org_id, Some((a.id, draft)), Form::filled(pairs))
    })
    .await
}

/// Writes the changes.
pub(super) async fn save(State(app): State<App>, req: Req, Path(id): Path<String>, fields: Fields) -> Answer {
    let (a, again) = (app.clone(), id.clone());
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            let row = commands::managed(tx, actor, parse(&id)?)?;
            let new = read(fields, row.org_id, row.state == ActivityState::Draft)?;
            let version = fields.text("version").parse().unwrap_or(0);
            commands::save(tx, actor, row.id, version, &new)?;
            Ok(after_save(row.id, fields, req.lang))
        },
        move |tx, req, actor, form| {
            let row = commands::managed(tx, actor, parse(&again)?)?;
            let draft = row.state == ActivityState::Draft;
            render_edit(&a, tx, req, actor, row.org_id, Some((row.id, draft)), form.clone())
        },
    )
    .await
}

fn render_publish(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    id: &str,
    form: Form,
) -> Result<Answer, Error> {
    let lang = req.lang;
    let now = tx.now();
    let a = commands::managed(tx, actor, parse(id)?)?;
    if a.state != ActivityState::Draft {
        return Ok(Done::to(format!("/activities/{}", a.id), "").answer(app, req));
    }
    let sessions = store::sessions_of(tx, a.id)?;
    let ticked = Declaration { none_applies: true, words_confirmed: true };
    let problems = match rules::publishable(&a, &sessions, ticked, now) {
        Err(Error::Refused(all)) => all.iter().map(|refusal| refusal.sentence(lang)).collect(),
        _ => Vec::new(),
    };
    let page = PublishPage {
        shell: app.shell(req, actor, lang.t("检查并发布", "Check and publish")),
        form,
        sessions: sessions
            .iter()
            .map(|s| format!("{} · {}", when(lang, s.starts_at, s.ends_at, now), s.quota))
            .collect(),
        problems,
        exclusions: rules::EXCLUSIONS.iter().map(|(zh, en)| lang.t(zh, en)).collect(),
        coordination: crate::coordination::pages::standing(tx, lang, &a)?,
        review: crate::review::pages::standing(tx, lang, actor, &a)?,
        words: crate::review::commands::words_of(&a).join("、"),
        service: a.kind == Kind::Service,
        kind: a.kind.name(lang),
        a,
    };
    ui::answer::html(app, req, &page)
}

/// What will be public, what is missing, and the declaration (A4).
pub(super) async fn publish_form(State(app): State<App>, req: Req, Path(id): Path<String>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| render_publish(&a, tx, req, actor, &id, Form::default())).await
}

/// Publishes.
pub(super) async fn publish(
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
            let id = parse(&id)?;
            let declared = Declaration {
                none_applies: fields.ticked("none_applies"),
                words_confirmed: fields.ticked("words_confirmed"),
            };
            match commands::publish(tx, actor, id, declared)? {
                Publication::Done => {
                    let say = req.lang.t(
                        "已发布。把链接发到群里，大家点开就能报名。",
                        "Published. Send the link to your group; one tap signs up.",
                    );
                    Ok(Done::to(format!("/activities/{id}"), say))
                }
                Publication::Waits => {
                    let say = req.lang.t(
                        "已提交审核，通过后自动发布，结果会通知负责人。",
                        "Handed in; it is published once approved, and the leader is told.",
                    );
                    Ok(Done::to(format!("/activities/{id}/publish"), say))
                }
            }
        },
        move |tx, req, actor, form| render_publish(&a, tx, req, actor, &again, form.clone()),
    )
    .await
}

/// Copies as a new draft.
pub(super) async fn copy(State(app): State<App>, req: Req, Path(id): Path<String>, fields: Fields) -> Answer {
    app.command(req, fields, move |tx, req, actor, _| {
        let copy = commands::copy(tx, actor, parse(&id)?)?;
        let say = req.lang.t(
            "已复制为草稿，日期顺延到接下来的同一星期几，请核对。",
            "Copied as a draft; the dates moved on by whole weeks. Please check them.",
        );
        Ok(Done::to(format!("/activities/{copy}/edit"), say))
    })
    .await
}

fn render_cancel(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    id: &str,
    form: Form,
) -> Result<Answer, Error> {
    let lang = req.lang;
    let a = commands::managed(tx, actor, parse(id)?)?;
    let now = tx.now();
    let told = store::sessions_of(tx, a.id)?
        .iter()
        .filter(|s| s.state == SessionState::Open && s.ends_at > now)
        .map(|s| s.taken)
        .sum();
    let page = CancelPage {
        shell: app.shell(req, actor, lang.t("取消活动", "Cancel the activity")),
        form,
        what: a.title,
        told,
        action: format!("/activities/{}/cancel", a.id),
        back: format!("/activities/{}", a.id),
    };
    ui::answer::html(app, req, &page)
}

/// Asks for the reason.
pub(super) async fn cancel_form(State(app): State<App>, req: Req, Path(id): Path<String>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| render_cancel(&a, tx, req, actor, &id, Form::default())).await
}

/// Cancels the activity.
pub(super) async fn cancel(
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
            let id = parse(&id)?;
            let reason = fields.required("reason", Label("原因", "Reason"), 200)?;
            commands::cancel(tx, actor, id, &reason)?;
            let say = req
                .lang
                .t("活动已取消，报名的人都会收到通知。", "Cancelled; everybody who signed up is told.");
            Ok(Done::to(format!("/activities/{id}"), say))
        },
        move |tx, req, actor, form| render_cancel(&a, tx, req, actor, &again, form.clone()),
    )
    .await
}

fn render_cancel_session(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    id: &str,
    form: Form,
) -> Result<Answer, Error> {
    let lang = req.lang;
    let s = commands::managed_session(tx, actor, parse(id)?)?;
    let page = CancelPage {
        shell: app.shell(req, actor, lang.t("取消这一场", "Cancel this session")),
        form,
        what: format!("{} · {}", s.title, when(lang, s.starts_at, s.ends_at, tx.now())),
        told: s.taken,
        action: format!("/sessions/{}/cancel", s.id),
        back: format!("/activities/{}/sessions", s.activity_id),
    };
    ui::answer::html(app, req, &page)
}

/// Asks for the reason.
pub(super) async fn cancel_session_form(State(app): State<App>, req: Req, Path(id): Path<String>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| render_cancel_session(&a, tx, req, actor, &id, Form::default())).await
}

/// Cancels one session.
pub(super) async fn cancel_session(
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
            let reason = fields.required("reason", Label("原因", "Reason"), 200)?;
            let activity = commands::cancel_session(tx, actor, id, &reason)?;
            let say = req
                .lang
                .t("这一场已取消，报名的人都会收到通知。", "Cancelled; everybody who signed up is told.");
            Ok(Done::to(format!("/activities/{activity}/sessions"), say))
        },
        move |tx, req, actor, form| render_cancel_session(&a, tx, req, actor, &again, form.clone()),
    )
    .await
}

fn session_line(lang: Lang, now: Timestamp, s: Session, posts: &[Post]) -> SessionLine {
    let posts: Vec<String> = posts
        .iter()
        .filter(|post| post.session_id == s.id)
        .map(|post| format!("{} {}/{}", post.name, post.taken, post.quota))
        .collect();
    SessionLine {
        when: when(lang, s.starts_at, s.ends_at, now),
        state: if s.state == SessionState::Open && s.ends_at <= now {
            lang.t("已结束", "Ended")
        } else {
            s.state.name(lang)
        },
        posts: posts.join(lang.t("；", "; ")),
        changeable: matches!(s.state, SessionState::Draft | SessionState::Open) && s.ends_at > now,
        s,
    }
}

fn render_sessions(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    id: &str,
    form: Option<Form>,
) -> Result<Answer, Error> {
    let lang = req.lang;
    let a = commands::managed(tx, actor, parse(id)?)?;
    let sessions = store::sessions_of(tx, a.id)?;
    let posts = store::posts_of(tx, a.id)?;
    let now = tx.now();
    let form = form.unwrap_or_else(|| {
        let last = sessions.split_last().map_or(&[][..], |(last, _)| std::slice::from_ref(last));
        let mut pairs = session_fields(last, &posts);
        pairs.retain(|(name, _)| name != "dates");
        if pairs.is_empty() {
            pairs.extend(
                [("start", "09:00"), ("end", "11:00"), ("quota", "20")]
                    .map(|(name, value)| (name.to_owned(), value.to_owned())),
            );
        }
        Form::filled(pairs)
    });
    let series = crate::plan::series_words(tx, lang, a.id)?;
    let page = SessionsPage {
        series,
        shell: app.shell(req, actor, &lang.f("场次：{}", "Sessions: {}", &[&a.title])),
        form,
        lines: sessions.into_iter().map(|s| session_line(lang, now, s, &posts)).collect(),
        a,
    };
    ui::answer::html(app, req, &page)
}

/// The sessions of an activity, for whoever plans it.
pub(super) async fn sessions(State(app): State<App>, req: Req, Path(id): Path<String>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| render_sessions(&a, tx, req, actor, &id, None)).await
}

/// Adds sessions.
pub(super) async fn add_sessions(
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
            let id = parse(&id)?;
            let sessions = read_sessions(fields)?;
            commands::add_sessions(tx, actor, id, &sessions)?;
            let say = req.lang.f("已增加 {} 场。", "{} sessions added.", &[&sessions.len()]);
            Ok(Done::to(format!("/activities/{id}/sessions"), say))
        },
        move |tx, req, actor, form| render_sessions(&a, tx, req, actor, &again, Some(form.clone())),
    )
    .await
}

/// Changes the number of places.
pub(super) async fn quota(
    State(app): State<App>,
    req: Req,
    Path(id): Path<String>,
    fields: Fields,
) -> Answer {
    app.command(req, fields, move |tx, req, actor, fields| {
        let quota = fields.number("quota", Label("名额", "Places"), 1, 100_000)?;
        let activity = commands::set_quota(tx, actor, parse(&id)?, quota)?;
        Ok(Done::to(
            format!("/activities/{activity}/sessions"),
            req.lang.t("名额已修改。", "Places changed."),
        ))
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn saturdays() {
        let day = |text| Date::parse(text).unwrap();
        assert_eq!(next_saturday(day("2026-11-21")), day("2026-11-28"), "a Saturday leads to the next one");
        assert_eq!(next_saturday(day("2026-11-22")), day("2026-11-28"));
        assert_eq!(next_saturday(day("2026-11-27")), day("2026-11-28"));
    }
}
