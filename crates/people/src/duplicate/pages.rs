//! Pairs to look at, two files side by side, what was merged.

use askama::Template;
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::routing::{get, post};
use db::ReadTx;
use kernel::error::common;
use kernel::page::{PAGE_ROWS, Page};
use kernel::{Action, Actor, Error, Lang, PersonId, Place, Refusal, can};
use serde::Deserialize;
use ui::form::Label;
use ui::{Answer, App, Done, Fields, Form, Req, Shell, answer};

use super::rules::{self, Whole};
use super::store::{self, AccountOf, Merge, Pair};
use super::{
    Effect, EffectKind, MergeId, MergeState, PairState, Reason, beside, carry, commands, find, refusals,
};
use crate::person::{self, Person, input, parse_volunteer_no};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/people/duplicates", get(list))
        .route("/people/{id}/duplicates", get(of_person))
        .route("/people/duplicates/{id}/{other}", get(compare))
        .route("/people/duplicates/{id}/{other}/merge", post(merge))
        .route("/people/duplicates/{id}/{other}/not-same", post(not_same))
        .route("/merges", get(merges))
        .route("/merges/{id}", get(show))
        .route("/merges/{id}/undo", post(undo))
}

/// The reasons of a pair in words.
pub(super) fn words(reasons: &str, lang: Lang) -> String {
    let names: Vec<&str> =
        reasons.split(' ').filter_map(Reason::from_code).map(|reason| reason.name(lang)).collect();
    names.join(lang.t("；", "; "))
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct After {
    after: String,
}

#[derive(Template)]
#[template(path = "duplicate/list.html")]
struct ListPage {
    shell: Shell,
    lines: Vec<(Pair, String)>,
    next: Option<String>,
}

/// Reads the cursor `score~low~high`.
pub(super) fn cursor(text: &str) -> Option<(i64, i64, i64)> {
    let mut parts = text.split('~').map(str::parse);
    Some((parts.next()?.ok()?, parts.next()?.ok()?, parts.next()?.ok()?))
}

/// A page of pairs and where the next begins.
pub(super) fn page_of(tx: &mut ReadTx<'_>, actor: &Actor, after: &str) -> Result<Page<Pair>, Error> {
    actor.demand_any(Action::PersonEdit)?;
    let rows = store::open(tx, &actor.scopes(Action::PersonEdit), cursor(after), PAGE_ROWS + 1)?;
    Ok(Page::cut(rows, usize::try_from(PAGE_ROWS).unwrap_or(20), |one| {
        format!("{}~{}~{}", one.score, one.low, one.high)
    }))
}

async fn list(State(app): State<App>, req: Req, Query(at): Query<After>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        let page = page_of(tx, actor, &at.after)?;
        let lang = req.lang;
        let page = ListPage {
            shell: a.shell(req, actor, lang.t("可能重复的登记", "Registrations that may be double")),
            next: page.next.map(|after| req.with_query("after", &after)),
            lines: page
                .rows
                .into_iter()
                .map(|one| {
                    let why = words(&one.reasons, lang);
                    (one, why)
                })
                .collect(),
        };
        answer::html(&a, req, &page)
    })
    .await
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Number {
    no: String,
}

/// Somebody who may be the same person.
struct Other {
    id: PersonId,
    name: String,
    no: String,
    home: String,
    why: String,
}

#[derive(Template)]
#[template(path = "duplicate/person.html")]
struct PersonPage {
    shell: Shell,
    form: Form,
    person: Person,
    others: Vec<Other>,
    /// Whether some lie outside the reader's area.
    elsewhere: bool,
}

/// Looks at one person now, and takes a number of somebody to compare with.
async fn of_person(
    State(app): State<App>,
    req: Req,
    Path(id): Path<PersonId>,
    Query(asked): Query<Number>,
) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        let lang = req.lang;
        let person = person::demand_person(tx, actor, Action::PersonEdit, id)?;
        let mut form = Form::filled([("no", asked.no.clone())]);
        if !asked.no.trim().is_empty() {
            match by_number(tx, actor, &asked.no)? {
                Ok(other) if other != id => {
                    return Ok(Done::to(format!("/people/duplicates/{id}/{other}"), "").answer(&a, req));
                }
                Ok(_) => form.refusals.push(Refusal::new(&refusals::SAME).on("no")),
                Err(refusal) => form.refusals.push(refusal),
            }
        }
        let (mut others, mut elsewhere) = (Vec::new(), false);
        for found in find::of(tx, id)?.into_iter().take(20) {
            let other = if found.low.0 == id { found.high.0 } else { found.low.0 };
            match person::demand_person(tx, actor, Action::PersonEdit, other) {
                Ok(other) => {
                    let names: Vec<&str> = found.reasons.iter().map(|reason| reason.name(lang)).collect();
                    others.push(Other {
                        id: other.id,
                        name: other.name,
                        no: other.volunteer_no,
                        home: other.home_name,
                        why: names.join(lang.t("；", "; ")),
                    });
                }
                Err(_) => elsewhere = true,
            }
        }
        let page = PersonPage {
            shell: a.shell(req, actor, &lang.f("查找重复：{}", "Double of {}?", &[&person.name])),
            form,
            person,
            others,
            elsewhere,
        };
        answer::html(&a, req, &page)
    })
    .await
}

fn by_number(tx: &mut ReadTx<'_>, actor: &Actor, typed: &str) -> Result<Result<PersonId, Refusal>, Error> {
    let none = || Refusal::new(&refusals::NO_NUMBER).with("value", typed.trim()).on("no");
    let Some(no) = parse_volunteer_no(typed) else { return Ok(Err(none())) };
    let Some(id) = store::number(tx, &no)? else { return Ok(Err(none())) };
    Ok(person::demand_person(tx, actor, Action::PersonEdit, id).map(|found| found.id).map_err(|_| none()))
}

/// A line of the comparison.
struct Fact {
    label: String,
    stays: String,
    goes: String,
    /// Both say the same.
    same: bool,
}

#[derive(Template)]
#[template(path = "duplicate/compare.html")]
struct ComparePage {
    shell: Shell,
    form: Form,
    kept: Person,
    gone: Person,
    facts: Vec<Fact>,
    follows: Vec<Effect>,
    voided: Vec<Effect>,
    notes: Vec<Effect>,
    /// Why the two cannot be merged this way.
    refused: Option<Refusal>,
    why: String,
    not_same: bool,
    undo_days: i64,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Keep {
    keep: String,
}

fn facts_of(
    app: &App,
    tx: &mut ReadTx<'_>,
    lang: Lang,
    (kept, gone): (&Person, &Person),
    both: &[AccountOf],
) -> Result<Vec<Fact>, Error> {
    let vault = &app.vault;
    let mut numbers = Vec::new();
    for one in [kept, gone] {
        let sealed = person::sealed(tx, one.id)?.ok_or(&common::NOT_FOUND)?;
        let document = match sealed.id_number(vault)? {
            Some(number) => {
                format!("{} {}", input::kind_name(&one.id_kind, lang), vault::mask_id_number(&number))
            }
            None => lang.t("没有", "None").to_owned(),
        };
        let phone = sealed.phone(vault)?;
        numbers.push((document, phone));
    }
    let same_phone = match numbers.as_slice() {
        [(_, Some(a)), (_, Some(b))] => a == b,
        _ => false,
    };
    let mask = |one: Option<&(String, Option<String>)>| {
        let phone = one.and_then(|one| one.1.as_deref()).map(vault::mask_phone).unwrap_or_default();
        // Two masked numbers look alike whether they are or not.
        if same_phone { lang.f("{}（同一号码）", "{} (the same)", &[&phone]) } else { phone }
    };
    let document = |one: Option<&(String, Option<String>)>| one.map(|one| one.0.clone()).unwrap_or_default();
    let day = |date: Option<kernel::Date>| date.map(|day| day.to_string()).unwrap_or_default();
    let account = |one: &Person| match carry::account_of(both, one.id) {
        None => lang.t("没有", "None").to_owned(),
        Some(found) if found.roles > 0 => lang.f("有，担任 {} 个角色", "Yes, with {} roles", &[&found.roles]),
        Some(found) if found.login.is_some() => lang.t("有（登录名）", "Yes (by name)").to_owned(),
        Some(_) => lang.t("有（手机号登录）", "Yes (by phone)").to_owned(),
    };
    let mut out = Vec::new();
    let mut line = |label: &str, a: String, b: String, told: bool| {
        out.push(Fact {
            label: label.to_owned(),
            same: told || (!a.is_empty() && a == b),
            stays: a,
            goes: b,
        });
    };
    let both_of = |of: &dyn Fn(&Person) -> String| (of(kept), of(gone));
    for (label, of) in [
        (lang.t("姓名", "Name"), &(|p: &Person| p.name.clone()) as &dyn Fn(&Person) -> String),
        (lang.t("状态", "State"), &|p: &Person| p.state.name(lang).to_owned()),
        (lang.t("来源", "How they came"), &|p: &Person| p.source.name(lang).to_owned()),
        (lang.t("建档时间", "Opened"), &|p: &Person| p.created_at.date().to_string()),
        (lang.t("本人确认", "Confirmed"), &|p: &Person| {
            p.claimed_at.map(|at| at.date().to_string()).unwrap_or_default()
        }),
        (lang.t("性别", "Gender"), &|p: &Person| p.gender.name(lang).to_owned()),
        (lang.t("出生日期", "Birth date"), &|p: &Person| day(p.birth_on)),
        (lang.t("社区", "Community"), &|p: &Person| p.home_name.clone()),
        (lang.t("地址", "Address"), &|p: &Person| p.address.clone()),
        (lang.t("单位", "Employer"), &|p: &Person| p.employer.clone()),
        (lang.t("账号", "Account"), &account),
    ] {
        let (a, b) = both_of(of);
        line(label, a, b, false);
    }
    line(lang.t("证件", "Document"), document(numbers.first()), document(numbers.get(1)), false);
    line(lang.t("手机", "Phone"), mask(numbers.first()), mask(numbers.get(1)), same_phone);
    Ok(out)
}

/// What a merge means for what this room keeps.
fn own_effects(
    lang: Lang,
    kept: &Whole,
    gone: &Whole,
    roles: (bool, bool),
    both: &[AccountOf],
) -> Vec<Effect> {
    let merged = rules::combine(kept, gone, roles.0, kept.rank_public, kept.guard);
    let mut filled = Vec::new();
    let mut note = |changed: bool, zh: &'static str, en: &'static str| {
        if changed {
            filled.push(lang.t(zh, en));
        }
    };
    note(merged.id_index != kept.id_index, "证件", "document");
    note(merged.phone_index != kept.phone_index, "手机号", "phone");
    note(merged.birth_on != kept.birth_on, "出生日期", "birth date");
    note(merged.gender != kept.gender, "性别", "gender");
    note(merged.address != kept.address, "地址", "address");
    note(merged.employer != kept.employer, "单位", "employer");
    note(merged.note != kept.note, "备注", "notes");
    note(merged.national_no != kept.national_no, "全国编号", "national number");
    note(merged.state != kept.state, "状态", "state");
    let mut out = Vec::new();
    let mut say = |kind, text: String| out.push(Effect { kind, text });
    say(
        EffectKind::Follows,
        lang.t(
            "队伍、职务、同意书、监护关系、特长随之并入；同一队伍只算一次，入队日期取较早的",
            "Teams, posts, consents, guardians and skills go over; a team counts once, from the earlier day on",
        )
        .to_owned(),
    );
    if !filled.is_empty() {
        let list = filled.join(lang.t("、", ", "));
        say(EffectKind::Follows, lang.f("补上：{}", "Filled in: {}", &[&list]));
    }
    if !kept.id_kind.is_empty() && !gone.id_kind.is_empty() {
        let text = lang.t(
            "两份证件中一份作为旧证件保留，仍能查到本人",
            "Of the two documents one is kept as an earlier one; it still finds the person",
        );
        say(EffectKind::Note, text.to_owned());
    }
    if gone.phone_index.is_some() && gone.phone_index != merged.phone_index {
        let text = lang.t(
            "并入一方的手机号不再使用，不能再用它登录",
            "The phone of the other registration is not used any more, nor to sign in",
        );
        say(EffectKind::Note, text.to_owned());
    }
    if carry::account_of(both, gone.id).is_some() {
        let text = if carry::account_of(both, kept.id).is_some() {
            lang.t(
                "并入一方的账号停用，请用保留一方的账号登录",
                "The account of the other registration is closed; the one that stays is used",
            )
        } else {
            lang.t("账号随之并入，需要重新登录", "The account goes over; its owner signs in again")
        };
        say(EffectKind::Note, text.to_owned());
    }
    out
}

fn compare_page(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    (a, b): (PersonId, PersonId),
    keep: &str,
    form: Form,
) -> Result<Answer, Error> {
    let lang = req.lang;
    let (one, other) = commands::demand(tx, actor, a, b)?;
    if a == b {
        return Err((&common::NOT_FOUND).into());
    }
    let (first, second) = (store::whole(tx, a)?, store::whole(tx, b)?);
    let both = store::accounts(tx, a, b)?;
    let held = commands::roles(&both, a, b);
    let stays = [a, b].into_iter().find(|id| id.to_string() == keep);
    let stays = stays.unwrap_or_else(|| rules::stays(&first, &second, held));
    let ((kept, gone), (mine, theirs), held) = if stays == a {
        ((one, other), (first, second), held)
    } else {
        ((other, one), (second, first), (held.1, held.0))
    };
    let own = actor.person.is_some_and(|me| me == a || me == b);
    let refused =
        if own { Some(Refusal::new(&refusals::OWN)) } else { rules::mergeable(&mine, &theirs, held).err() };
    let mut facts = facts_of(app, tx, lang, (&kept, &gone), &both)?;
    let above = beside(tx, kept.id, gone.id, lang)?;
    facts.extend(above.facts.into_iter().map(|(label, a, b)| Fact { label, stays: a, goes: b, same: false }));
    let mut effects = own_effects(lang, &mine, &theirs, held, &both);
    effects.extend(above.effects);
    let of = |kind| -> Vec<Effect> { effects.iter().filter(|one| one.kind == kind).cloned().collect() };
    let (follows, voided, notes) = (of(EffectKind::Follows), of(EffectKind::Voided), of(EffectKind::Note));
    let state = store::pair_state(tx, a, b)?;
    let page = ComparePage {
        shell: app.shell(req, actor, lang.t("是不是同一个人", "One person or two?")),
        form,
        kept,
        gone,
        facts,
        follows,
        voided,
        notes,
        refused,
        why: state.as_ref().map(|(_, reasons)| words(reasons, lang)).unwrap_or_default(),
        not_same: state.is_some_and(|(state, _)| state == PairState::NotSame),
        undo_days: rules::UNDO_DAYS,
    };
    answer::html(app, req, &page)
}

async fn compare(
    State(app): State<App>,
    req: Req,
    Path(pair): Path<(PersonId, PersonId)>,
    Query(keep): Query<Keep>,
) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| compare_page(&a, tx, req, actor, pair, &keep.keep, Form::default()))
        .await
}

async fn merge(
    State(app): State<App>,
    req: Req,
    Path(pair): Path<(PersonId, PersonId)>,
    fields: Fields,
) -> Answer {
    let a = app.clone();
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            actor.account()?;
            commands::demand(tx, actor, pair.0, pair.1)?;
            let keep: PersonId = fields.id("keep", Label("保留哪一份", "Which one stays"))?;
            let note = fields.required("note", Label("核对方式", "How it was found"), 200)?;
            let gone = match keep {
                keep if keep == pair.0 => pair.1,
                keep if keep == pair.1 => pair.0,
                _ => return Err((&common::NOT_FOUND).into()),
            };
            let id = commands::merge(tx, actor, keep, gone, &note)?;
            let say = req.lang.f(
                "已合并，{} 天内可以撤销。",
                "Merged; it can be undone for {} days.",
                &[&rules::UNDO_DAYS],
            );
            Ok(Done::to(format!("/merges/{id}"), say))
        },
        move |tx, req, actor, form| {
            let keep = form.fields.text("keep").to_owned();
            compare_page(&a, tx, req, actor, pair, &keep, form.clone())
        },
    )
    .await
}

async fn not_same(
    State(app): State<App>,
    req: Req,
    Path((a, b)): Path<(PersonId, PersonId)>,
    fields: Fields,
) -> Answer {
    app.command(req, fields, move |tx, req, actor, _| {
        commands::not_same(tx, actor, a, b)?;
        let say = req.lang.t("已记下不是同一人，不再提示。", "Noted as two people; you are not asked again.");
        Ok(Done::to("/people/duplicates", say))
    })
    .await
}

#[derive(Template)]
#[template(path = "duplicate/merges.html")]
struct MergesPage {
    shell: Shell,
    lines: Vec<Merge>,
    next: Option<String>,
}

async fn merges(State(app): State<App>, req: Req, Query(at): Query<After>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        actor.demand_any(Action::PersonEdit)?;
        let scopes = actor.scopes(Action::PersonEdit);
        let rows = store::merges(tx, &scopes, at.after.parse().ok(), PAGE_ROWS + 1)?;
        let page = Page::cut(rows, usize::try_from(PAGE_ROWS).unwrap_or(20), |one| one.id.to_string());
        let page = MergesPage {
            shell: a.shell(req, actor, req.lang.t("合并记录", "Merges")),
            next: page.next.map(|after| req.with_query("after", &after)),
            lines: page.rows,
        };
        answer::html(&a, req, &page)
    })
    .await
}

#[derive(Template)]
#[template(path = "duplicate/merge.html")]
struct MergePage {
    shell: Shell,
    form: Form,
    one: Merge,
    undoable: bool,
}

fn merge_page(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    id: MergeId,
    form: Form,
) -> Result<Answer, Error> {
    actor.account()?;
    let one = store::merge(tx, id)?
        .filter(|one| {
            let at = Place { area_path: &one.area_path, sponsor_path: &one.sponsor_path };
            can(actor, Action::PersonEdit, at)
        })
        .ok_or(&common::NOT_FOUND)?;
    let undoable = commands::undoable(&one, tx.now()).is_ok();
    let shell = app.shell(req, actor, req.lang.t("登记合并", "A merge"));
    answer::html(app, req, &MergePage { shell, form, undoable, one })
}

async fn show(State(app): State<App>, req: Req, Path(id): Path<MergeId>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| merge_page(&a, tx, req, actor, id, Form::default())).await
}

async fn undo(State(app): State<App>, req: Req, Path(id): Path<MergeId>, fields: Fields) -> Answer {
    let a = app.clone();
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            actor.account()?;
            let note = fields.required("note", Label("撤销原因", "Why it is undone"), 200)?;
            commands::undo(tx, actor, id, &note)?;
            let say = req.lang.t("已撤销，两份登记恢复原样。", "Undone: both are as they were.");
            Ok(Done::to(format!("/merges/{id}"), say))
        },
        move |tx, req, actor, form| merge_page(&a, tx, req, actor, id, form.clone()),
    )
    .await
}

impl MergePage {
    fn is_undone(&self) -> bool {
        self.one.state == MergeState::Undone
    }
}
