//! Sessions by rule: look at the dates first, make them in one go, extend, cancel what follows.

use askama::Template;
use axum::extract::{Path, State};
use db::{ReadTx, WriteTx};
use kernel::error::{Collect, common};
use kernel::{Actor, Date, Error, Lang, OrgId, PersonId, Refusal, Timestamp};
use ui::answer::{Answer, Done};
use ui::form::{self, Label};
use ui::{App, Fields, Form, Req, Shell};

use super::recurrence::{
    AT_ONCE, FESTIVALS, Notice, ORDINALS, REACH_DAYS, Rules, SUMMER, Skip, THEMED, Unreadable, WEEKDAYS,
    notice,
};
use super::refusals;
use super::series_store::{self as store, Busy, Decided, Series, SeriesState};
use crate::activity::commands::{self, NewSession, managed};
use crate::activity::pages::{parse, when};
use crate::activity::rules::{Defaults, read_posts};
use crate::activity::store::{Activity, sessions_of};
use crate::activity::{ActivityState, SessionState};
use crate::{ActivityId, SeriesId};

/// A series to be made.
#[derive(Debug, Clone)]
pub struct NewSeries {
    /// Which days.
    pub rules: Rules,
    /// First day to look at.
    pub from: Date,
    /// Last day, at most a year later.
    pub to: Date,
    /// What is left out by the yearly notice.
    pub skip: Skip,
    /// Times of the day, places, posts.
    pub defaults: Defaults,
    /// Posts as they were typed.
    pub posts: String,
    /// Dates left out by hand.
    pub except: Vec<Date>,
}

/// A date the rule names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Candidate {
    /// The date.
    pub date: Date,
    /// Start.
    pub starts_at: Timestamp,
    /// End.
    pub ends_at: Timestamp,
    /// What the yearly notice says.
    pub notice: Notice,
    /// Left out because of it.
    pub skipped: bool,
    /// It lies in the past.
    pub past: bool,
    /// The activity has a session at that very time.
    pub there: bool,
    /// What else is at that time: title, and whether it is the team's own.
    pub conflicts: Vec<(String, bool)>,
}

impl Candidate {
    /// Whether a session can be made on it.
    #[must_use]
    pub const fn free(&self) -> bool {
        !self.skipped && !self.past && !self.there
    }
}

/// Minutes of the day as start and end; an end not after the start is on the next day.
fn minutes(defaults: &Defaults) -> (i64, i64) {
    let end = if defaults.end > defaults.start { defaults.end } else { defaults.end + 1440 };
    (defaults.start, end)
}

/// What the dates become, held against what is there: pure.
#[must_use]
pub fn candidates(
    dates: &[Date],
    times: (i64, i64),
    skip: Skip,
    activity: ActivityId,
    busy: &[Busy],
    now: Timestamp,
) -> Vec<Candidate> {
    dates
        .iter()
        .map(|date| {
            let (starts_at, ends_at) = (Timestamp::at(*date, times.0), Timestamp::at(*date, times.1));
            let overlapping: Vec<&Busy> =
                busy.iter().filter(|one| one.starts_at < ends_at && starts_at < one.ends_at).collect();
            let there = |one: &&Busy| one.activity == activity && one.starts_at == starts_at;
            Candidate {
                date: *date,
                starts_at,
                ends_at,
                notice: notice(*date),
                skipped: skip.skips(*date),
                past: starts_at <= now,
                there: overlapping.iter().any(there),
                conflicts: overlapping
                    .iter()
                    .filter(|one| !there(one))
                    .map(|one| (one.title.clone(), one.same_team))
                    .collect(),
            }
        })
        .collect()
}

fn look(
    tx: &mut ReadTx<'_>,
    a: (ActivityId, OrgId, Option<PersonId>),
    dates: &[Date],
    times: (i64, i64),
    skip: Skip,
) -> Result<Vec<Candidate>, Error> {
    let (Some(first), Some(last)) = (dates.first(), dates.last()) else { return Ok(Vec::new()) };
    let (from, to) = (Timestamp::at(first.plus(-1), 0), Timestamp::at(last.plus(2), 0));
    let busy = store::busy(tx, a.1, a.2, from, to)?;
    Ok(candidates(dates, times, skip, a.0, &busy, tx.now()))
}

fn check_range(from: Date, to: Date, today: Date) -> Result<(), Refusal> {
    if from < today
        || to < from
        || to.days() - from.days() > REACH_DAYS
        || to.days() - today.days() > 2 * REACH_DAYS
    {
        return Err(Refusal::new(&refusals::RANGE).with("from", from).with("to", to).on("to"));
    }
    Ok(())
}

/// The sessions of the chosen dates, and how many there are at most.
fn sessions(chosen: &[&Candidate], defaults: &Defaults) -> Result<Vec<NewSession>, Refusal> {
    if chosen.is_empty() {
        return Err(Refusal::new(&refusals::NOTHING));
    }
    if chosen.len() > AT_ONCE {
        return Err(Refusal::new(&refusals::TOO_MANY).with("count", chosen.len()).on("to"));
    }
    let posts: i64 = defaults.posts.iter().map(|post| post.quota).sum();
    if posts > defaults.quota {
        let text = &crate::activity::refusals::POSTS_TOO_MANY;
        return Err(Refusal::new(text).with("posts", posts).with("quota", defaults.quota).on("posts"));
    }
    let (start, end) = minutes(defaults);
    if !(15..=1440).contains(&(end - start)) {
        let text = &crate::activity::refusals::SESSION_LENGTH;
        let when = chosen.first().map(|one| one.starts_at.text()).unwrap_or_default();
        return Err(Refusal::new(text).with("when", when).on("end"));
    }
    Ok(chosen
        .iter()
        .map(|one| NewSession {
            starts_at: one.starts_at,
            ends_at: one.ends_at,
            sign_up_until: one.starts_at.plus_minutes(-60 * defaults.close_hours),
            quota: defaults.quota,
            break_minutes: defaults.break_minutes,
            posts: defaults.posts.clone(),
            state: None,
        })
        .collect())
}

/// Makes a series and its sessions, all or none.
///
/// # Errors
/// `plan.range`, `plan.nothing`, `plan.too_many`, what a session could not be either, `common.not_found`.
pub fn create(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    activity: ActivityId,
    new: &NewSeries,
) -> Result<(SeriesId, usize), Error> {
    let a = managed(tx, actor, activity)?;
    check_range(new.from, new.to, tx.now().date())?;
    let times = minutes(&new.defaults);
    let found = look(tx, (a.id, a.org_id, a.leader_id), &new.rules.dates(new.from, new.to), times, new.skip)?;
    let chosen: Vec<&Candidate> =
        found.iter().filter(|one| one.free() && !new.except.contains(&one.date)).collect();
    let sessions = sessions(&chosen, &new.defaults)?;
    commands::add_sessions(tx, actor, activity, &sessions)?;
    let series = Series {
        id: tx.new_id(),
        activity_id: activity,
        rule: new.rules.text(),
        from_on: new.from,
        until_on: new.to,
        skip_holidays: new.skip.holidays,
        skip_workdays: new.skip.workdays,
        start_minute: times.0,
        end_minute: times.1,
        quota: new.defaults.quota,
        close_hours: new.defaults.close_hours,
        break_minutes: new.defaults.break_minutes,
        posts: new.posts.clone(),
        state: SeriesState::Running,
        created_by: actor.account,
        created_at: tx.now(),
        version: 1,
    };
    store::insert(tx, &series)?;
    decide(tx, series.id, &found, &chosen)?;
    store::relink(tx, activity)?;
    let detail = format!("{} sessions={}", series.rule.replace('\n', " | "), sessions.len());
    people::audit::note(tx, actor, "series.create", "activity", activity.0, &detail)?;
    Ok((series.id, sessions.len()))
}

/// Keeps what was made, and what was left out by hand.
fn decide(
    tx: &mut WriteTx<'_>,
    id: SeriesId,
    found: &[Candidate],
    chosen: &[&Candidate],
) -> Result<(), Error> {
    for one in found.iter().filter(|one| one.free()) {
        let kept = chosen.iter().any(|other| other.date == one.date);
        store::put_date(tx, id, one.date, kept)?;
    }
    Ok(())
}

/// A series of an activity the actor plans.
pub(super) fn managed_series(
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    id: SeriesId,
) -> Result<(Series, Activity), Error> {
    actor.account()?;
    let series = store::find(tx, id)?.ok_or_else(|| Error::from(&common::NOT_FOUND))?;
    let a = managed(tx, actor, series.activity_id)?;
    Ok((series, a))
}

fn defaults_of(s: &Series) -> Defaults {
    Defaults {
        start: s.start_minute,
        end: s.end_minute,
        quota: s.quota,
        close_hours: s.close_hours,
        break_minutes: s.break_minutes,
        posts: read_posts(&s.posts).unwrap_or_default(),
    }
}

/// The dates an extension would look at.
pub(super) fn further(
    tx: &mut ReadTx<'_>,
    s: &Series,
    a: &Activity,
    to: Date,
) -> Result<Vec<Candidate>, Error> {
    let rules = Rules::parse(&s.rule).map_err(|_| Error::bug("a stored rule cannot be read"))?;
    let today = tx.now().date();
    let from = s.until_on.plus(1).max(today);
    check_range(from, to, today)?;
    let skip = Skip { holidays: s.skip_holidays, workdays: s.skip_workdays };
    let dates = rules.counted(s.from_on, from, to);
    look(tx, (a.id, a.org_id, a.leader_id), &dates, (s.start_minute, s.end_minute), skip)
}

/// Makes the sessions of a series up to a later day, with the same times and places.
///
/// # Errors
/// As [`create`]; `plan.ended`, `common.stale`.
pub fn extend(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    id: SeriesId,
    to: Date,
    except: &[Date],
) -> Result<usize, Error> {
    let (series, a) = managed_series(tx, actor, id)?;
    if series.state == SeriesState::Ended {
        return Err((&refusals::ENDED).into());
    }
    let found = further(tx, &series, &a, to)?;
    let chosen: Vec<&Candidate> =
        found.iter().filter(|one| one.free() && !except.contains(&one.date)).collect();
    let sessions = sessions(&chosen, &defaults_of(&series))?;
    if !store::set_until(tx, &series, to, SeriesState::Running)? {
        return Err((&common::STALE).into());
    }
    commands::add_sessions(tx, actor, a.id, &sessions)?;
    decide(tx, id, &found, &chosen)?;
    store::relink(tx, a.id)?;
    let detail = format!("until={to} sessions={}", sessions.len());
    people::audit::note(tx, actor, "series.extend", "activity", a.id.0, &detail)?;
    Ok(sessions.len())
}

/// Cancels the sessions of a series from a day on and ends it; everybody who held a place is told. Sessions
/// in which somebody has checked in stay. Returns how many were cancelled.
///
/// # Errors
/// `common.required` without a reason, `common.not_found`.
pub fn cancel_from(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    id: SeriesId,
    from: Date,
    reason: &str,
) -> Result<usize, Error> {
    let (series, a) = managed_series(tx, actor, id)?;
    let reason = reason.trim();
    if reason.is_empty() {
        return Err(Refusal::new(&common::REQUIRED).with_both("label", "原因", "Reason").on("reason").into());
    }
    let now = tx.now();
    let mut count = 0;
    for one in store::dates(tx, id)? {
        let (Some(session), Some(starts_at), Some(state)) = (one.session, one.starts_at, one.state) else {
            continue;
        };
        let waits = matches!(state, SessionState::Draft | SessionState::Open) && starts_at > now;
        if waits && one.day_on >= from && !crate::activity::store::attended(tx, session)? {
            commands::cancel_one(tx, session, &a.title, starts_at, reason)?;
            count += 1;
        }
    }
    if series.state == SeriesState::Running {
        let until = from.plus(-1).min(series.until_on);
        if !store::set_until(tx, &series, until, SeriesState::Ended)? {
            return Err((&common::STALE).into());
        }
    }
    let detail = format!("from={from} sessions={count}");
    people::audit::note(tx, actor, "series.cancel", "activity", a.id.0, &detail)?;
    Ok(count)
}

// ---- pages ------------------------------------------------------------------------------------

/// A date as the preview shows it.
#[derive(Debug)]
pub struct DateView {
    pub value: String,
    pub when: String,
    /// What the notice says, in words.
    pub note: String,
    pub conflicts: String,
    /// Why none is made; empty: one can be.
    pub out: String,
    pub ticked: bool,
}

/// What the preview says.
#[derive(Debug)]
pub struct Preview {
    pub words: String,
    pub dates: Vec<DateView>,
    pub count: usize,
    pub too_many: bool,
    pub conflicts: usize,
    /// Years whose notice is not known.
    pub unknown: String,
}

#[derive(Template)]
#[template(path = "plan/recurrence.html")]
struct RecurrencePage {
    shell: Shell,
    form: Form,
    a: Activity,
    weekdays: Vec<(String, String)>,
    ordinals: Vec<(String, String)>,
    themed: Vec<(String, String)>,
    festivals: Vec<(String, String)>,
    patterns: Vec<(String, String)>,
    preview: Option<Preview>,
    hidden: Vec<(String, String)>,
}

/// A decided date of a series.
#[derive(Debug)]
pub struct DecidedView {
    pub when: String,
    pub state: String,
    pub places: String,
    pub session: Option<crate::SessionId>,
    pub changeable: bool,
}

#[derive(Template)]
#[template(path = "plan/series.html")]
struct SeriesPage {
    shell: Shell,
    form: Form,
    a: Activity,
    s: Series,
    words: String,
    clock: String,
    skips: String,
    dates: Vec<DecidedView>,
    preview: Option<Preview>,
    running: bool,
    /// The next session that waits, from which all following can be cancelled.
    next: Option<String>,
}

fn notice_words(notice: Notice, lang: Lang) -> String {
    match notice {
        Notice::Plain => String::new(),
        Notice::Holiday(zh, _) => lang.f("{}放假", "{}, public holiday", &[&zh]),
        Notice::Workday => lang.t("调休上班日", "make-up workday").to_owned(),
        Notice::Unknown => lang.t("当年放假安排未公布", "holidays of that year not announced").to_owned(),
    }
}

/// `ticked`: the dates chosen by hand; `None`: all.
fn preview(
    lang: Lang,
    now: Timestamp,
    words: String,
    found: Vec<Candidate>,
    ticked: Option<&[Date]>,
) -> Preview {
    let mut unknown: Vec<i16> =
        found.iter().filter(|one| one.notice == Notice::Unknown).map(|one| one.date.0.year()).collect();
    unknown.dedup();
    let count = found.iter().filter(|one| one.free()).count();
    Preview {
        words,
        count,
        too_many: count > AT_ONCE,
        conflicts: found.iter().filter(|one| one.free() && !one.conflicts.is_empty()).count(),
        unknown: unknown.iter().map(ToString::to_string).collect::<Vec<_>>().join(lang.t("、", ", ")),
        dates: found
            .into_iter()
            .map(|one| DateView {
                value: one.date.to_string(),
                when: when(lang, one.starts_at, one.ends_at, now),
                note: notice_words(one.notice, lang),
                conflicts: one
                    .conflicts
                    .iter()
                    .map(|(title, own)| match own {
                        true => lang.f("本队“{}”", "the team's “{}”", &[title]),
                        false => lang.f("负责人的“{}”", "the leader's “{}”", &[title]),
                    })
                    .collect::<Vec<_>>()
                    .join(lang.t("；", "; ")),
                out: if one.there {
                    lang.t("已有这一场", "there already").to_owned()
                } else if one.past {
                    lang.t("已过", "past").to_owned()
                } else if one.skipped {
                    lang.t("按规则略过", "left out by the rule").to_owned()
                } else {
                    String::new()
                },
                ticked: ticked.is_none_or(|dates| dates.contains(&one.date)),
            })
            .collect(),
    }
}

fn pairs(list: &[(&str, &str, &str)], lang: Lang) -> Vec<(String, String)> {
    list.iter().map(|one| (one.0.to_owned(), lang.t(one.1, one.2).to_owned())).collect()
}

const PATTERNS: [(&str, &str, &str); 7] = [
    ("weekly", "每周或隔周的星期几", "On weekdays, weekly or every few weeks"),
    ("summer", "暑期（七、八月）的星期几", "On weekdays of the summer holidays, July and August"),
    ("monthly", "每月的几日（如 18 日）", "On days of the month, such as the 18th"),
    (
        "nth",
        "每月第几个星期几（如第一个周六）",
        "On the nth weekday of the month, such as the first Saturday",
    ),
    ("themed", "每年的主题日", "On themed days of the year"),
    ("lunar", "农历节日", "On festivals of the lunar calendar"),
    ("rule", "自己写规则（RFC 5545）", "By a rule of one's own (RFC 5545)"),
];

/// The text of the rule a form asks for.
fn rule_text(fields: &Fields, all: &mut Collect) -> String {
    let none = Label("日子", "Days");
    match fields.text("pattern") {
        "monthly" => {
            let days: Vec<&str> = fields
                .text("day")
                .split(|c: char| !c.is_ascii_digit() && c != '-')
                .filter(|part| !part.is_empty())
                .collect();
            let good = |day: &&str| day.parse::<i64>().is_ok_and(|day| (1..=31).contains(&day) || day == -1);
            if let Some(wrong) = days.iter().find(|day| !good(day)) {
                all.push(none.wrong(
                    "day",
                    wrong,
                    "请填 1 到 31，-1 表示最后一天。",
                    "1 to 31; -1 is the last day.",
                ));
                return String::new();
            }
            if days.is_empty() {
                String::new()
            } else {
                format!("FREQ=MONTHLY;BYMONTHDAY={}", days.join(","))
            }
        }
        "nth" => {
            let (nth, day) = (fields.text("nth"), fields.text("nth_day"));
            if nth.is_empty() || day.is_empty() {
                String::new()
            } else {
                format!("FREQ=MONTHLY;BYDAY={nth}{day}")
            }
        }
        "themed" => fields
            .all("themed")
            .into_iter()
            .filter_map(|text| text.split_once('-'))
            .map(|(month, day)| format!("FREQ=YEARLY;BYMONTH={month};BYMONTHDAY={day}"))
            .collect::<Vec<_>>()
            .join("\n"),
        "lunar" => {
            let chosen = fields.all("festival");
            let days: Vec<(u8, i8)> =
                FESTIVALS.iter().filter(|one| chosen.contains(&one.0)).map(|one| (one.1, one.2)).collect();
            Rules::lunar(&days).text()
        }
        "rule" => fields.text("rule").to_owned(),
        pattern => {
            let days = fields.all("weekday");
            let months = if pattern == "summer" { format!(";BYMONTH={SUMMER}") } else { String::new() };
            let every = match fields.text("every") {
                "" => 1,
                _ => all
                    .take(fields.number("every", Label("每几周", "Every how many weeks"), 1, 26))
                    .unwrap_or(1),
            };
            if days.is_empty() {
                String::new()
            } else {
                let interval = if every == 1 { String::new() } else { format!(";INTERVAL={every}") };
                format!("FREQ=WEEKLY{interval}{months};BYDAY={}", days.join(","))
            }
        }
    }
}

fn field_of(pattern: &str) -> &'static str {
    match pattern {
        "monthly" => "day",
        "nth" => "nth",
        "themed" => "themed",
        "lunar" => "festival",
        "rule" => "rule",
        _ => "weekday",
    }
}

/// Reads the wish; `on` (the ticked dates) belongs to sending, not to looking. The same for page and API.
pub(super) fn read(fields: &Fields, today: Date) -> Result<NewSeries, Error> {
    let mut all = Collect::default();
    let text = rule_text(fields, &mut all);
    let rules = all.take(Rules::parse(&text).map_err(|why| {
        Refusal::new(match why {
            Unreadable::Empty => &refusals::RULE_EMPTY,
            Unreadable::Times => &refusals::RULE_TIMES,
            Unreadable::Text => &refusals::RULE,
        })
        .on(field_of(fields.text("pattern")))
    }));
    let from = all.take(fields.date("from", Label("从哪天起", "From")));
    let to = all.take(fields.date("to", Label("到哪天止", "To")));
    if let (Some(from), Some(to)) = (from, to) {
        all.take(check_range(from, to, today));
    }
    let zero = |name: &'static str, label: Label, max: i64, all: &mut Collect| match fields.text(name) {
        "" => 0,
        _ => all.take(fields.number(name, label, 0, max)).unwrap_or(0),
    };
    let defaults = Defaults {
        start: all.take(fields.time("start", Label("开始", "Start"))).unwrap_or(540),
        end: all.take(fields.time("end", Label("结束", "End"))).unwrap_or(660),
        quota: all.take(fields.number("quota", Label("名额", "Places"), 1, 100_000)).unwrap_or(1),
        close_hours: zero("close_hours", Label("报名截止", "Sign-up ends"), 24 * 30, &mut all),
        break_minutes: zero("break_minutes", Label("休息分钟", "Break"), 600, &mut all),
        posts: all.take(read_posts(fields.text("posts"))).unwrap_or_default(),
    };
    all.done()?;
    let (Some(rules), Some(from), Some(to)) = (rules, from, to) else {
        return Err((&refusals::RULE).into());
    };
    Ok(NewSeries {
        rules,
        from,
        to,
        skip: Skip { holidays: fields.ticked("skip_holidays"), workdays: fields.ticked("skip_workdays") },
        defaults,
        posts: fields.text("posts").to_owned(),
        except: Vec::new(),
    })
}

fn ticked(fields: &Fields) -> Vec<Date> {
    fields.all("on").into_iter().filter_map(form::date).collect()
}

/// The dates a wish names, held against what is there; makes nothing. The same for page and API.
pub(super) fn looked(tx: &mut ReadTx<'_>, a: &Activity, wish: &NewSeries) -> Result<Vec<Candidate>, Error> {
    let dates = wish.rules.dates(wish.from, wish.to);
    look(tx, (a.id, a.org_id, a.leader_id), &dates, minutes(&wish.defaults), wish.skip)
}

/// What the form starts from: the activity's last session.
fn starting_point(tx: &mut ReadTx<'_>, a: &Activity) -> Result<Vec<(&'static str, String)>, Error> {
    let tomorrow = tx.now().date().plus(1);
    let last = sessions_of(tx, a.id)?.pop();
    let own = |name: &'static str, text: &str| (name, text.to_owned());
    Ok(vec![
        own("pattern", "weekly"),
        own("every", "1"),
        own("day", "18"),
        own("nth", "1"),
        own("nth_day", "SA"),
        ("from", tomorrow.to_string()),
        ("to", tomorrow.plus(91).to_string()),
        ("start", last.as_ref().map_or("09:00".to_owned(), |s| s.starts_at.clock_text())),
        ("end", last.as_ref().map_or("11:00".to_owned(), |s| s.ends_at.clock_text())),
        ("quota", last.as_ref().map_or(20, |s| s.quota).to_string()),
        ("break_minutes", last.as_ref().map_or(0, |s| s.break_minutes).to_string()),
        own("skip_holidays", "1"),
        own("skip_workdays", "1"),
    ])
}

/// `sent` is what stands in the address (looking) or came by POST (refused); empty: a fresh form.
fn render(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    id: &str,
    mut form: Form,
) -> Result<Answer, Error> {
    let (lang, now) = (req.lang, tx.now());
    let a = managed(tx, actor, parse(id)?)?;
    if a.state == ActivityState::Cancelled {
        return Err((&crate::activity::refusals::CANCELLED).into());
    }
    let mut shown = None;
    if form.fields.get("pattern").is_none() {
        form = Form::filled(starting_point(tx, &a)?);
    } else {
        match read(&form.fields, now.date()) {
            Ok(wish) => {
                let found = looked(tx, &a, &wish)?;
                let chosen = form.fields.get("_csrf").map(|_| ticked(&form.fields));
                shown = Some(preview(lang, now, wish.rules.words(lang), found, chosen.as_deref()));
            }
            Err(Error::Refused(all)) if form.refusals.is_empty() => form.refusals = all,
            Err(Error::Refused(_)) => {}
            Err(fault) => return Err(fault),
        }
    }
    let hidden = form
        .fields
        .0
        .iter()
        .filter(|(name, _)| !matches!(name.as_str(), "_csrf" | "on" | "lang"))
        .cloned()
        .collect();
    let themed =
        THEMED.iter().map(|one| (format!("{}-{}", one.0, one.1), lang.t(one.2, one.3).to_owned())).collect();
    let festivals = FESTIVALS.iter().map(|one| (one.0.to_owned(), lang.t(one.3, one.4).to_owned())).collect();
    let page = RecurrencePage {
        shell: app.shell(req, actor, &lang.f("按规律排期：{}", "Sessions by rule: {}", &[&a.title])),
        form,
        a,
        weekdays: pairs(&WEEKDAYS, lang),
        ordinals: pairs(&ORDINALS, lang),
        themed,
        festivals,
        patterns: pairs(&PATTERNS, lang),
        preview: shown,
        hidden,
    };
    ui::answer::html(app, req, &page)
}

/// The form, and the dates of what stands in the address.
pub(super) async fn form(State(app): State<App>, req: Req, Path(id): Path<String>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| render(&a, tx, req, actor, &id, Form::asked(req))).await
}

/// Makes the ticked dates.
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
            let activity: ActivityId = parse(&id)?;
            managed(tx, actor, activity)?;
            let mut wish = read(fields, tx.now().date())?;
            let chosen = ticked(fields);
            wish.except = wish.rules.dates(wish.from, wish.to);
            wish.except.retain(|date| !chosen.contains(date));
            let (series, count) = create(tx, actor, activity, &wish)?;
            let say = req.lang.f("已建 {} 场。", "{} sessions made.", &[&count]);
            Ok(Done::to(format!("/series/{series}"), say))
        },
        move |tx, req, actor, form| render(&a, tx, req, actor, &again, form.clone()),
    )
    .await
}

fn decided_view(lang: Lang, now: Timestamp, s: &Series, one: &Decided) -> DecidedView {
    let fixed = || {
        let (start, end) =
            (Timestamp::at(one.day_on, s.start_minute), Timestamp::at(one.day_on, s.end_minute));
        when(lang, start, end, now)
    };
    let waits = matches!(one.state, Some(SessionState::Draft | SessionState::Open));
    DecidedView {
        when: match (one.starts_at, one.ends_at) {
            (Some(start), Some(end)) => when(lang, start, end, now),
            _ => fixed(),
        },
        state: match one.state {
            Some(SessionState::Open) if one.ends_at.is_some_and(|end| end <= now) => {
                lang.t("已结束", "Ended").to_owned()
            }
            Some(state) => state.name(lang).to_owned(),
            None if one.kept => lang.t("已从草稿里删去", "Taken out of the draft").to_owned(),
            None => lang.t("例外，不办", "Left out").to_owned(),
        },
        places: match (one.taken, one.quota) {
            (Some(taken), Some(quota)) => format!("{taken}/{quota}"),
            _ => String::new(),
        },
        changeable: waits && one.starts_at.is_some_and(|start| start > now),
        session: one.session,
    }
}

fn render_series(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    id: &str,
    mut form: Form,
) -> Result<Answer, Error> {
    let (lang, now) = (req.lang, tx.now());
    let (s, a) = managed_series(tx, actor, parse(id)?)?;
    let words = Rules::parse(&s.rule).map_or_else(|_| s.rule.clone(), |rules| rules.words(lang));
    let dates = store::dates(tx, s.id)?;
    let next = dates
        .iter()
        .find(|one| one.starts_at.is_some_and(|start| start > now) && one.state == Some(SessionState::Open))
        .map(|one| one.day_on.to_string());
    let running = s.state == SeriesState::Running && a.state != ActivityState::Cancelled;
    let mut shown = None;
    if let (true, Some(to)) = (running, form::date(form.v("to"))) {
        match further(tx, &s, &a, to) {
            Ok(found) => {
                let chosen = form.fields.get("_csrf").map(|_| ticked(&form.fields));
                shown = Some(preview(lang, now, words.clone(), found, chosen.as_deref()));
            }
            Err(Error::Refused(all)) if form.refusals.is_empty() => form.refusals = all,
            Err(Error::Refused(_)) => {}
            Err(fault) => return Err(fault),
        }
    } else if form.v("to").is_empty() {
        form.fields.0.push(("to".to_owned(), s.until_on.max(now.date()).plus(91).to_string()));
    }
    if form.v("from").is_empty()
        && let Some(next) = &next
    {
        form.fields.0.push(("from".to_owned(), next.clone()));
    }
    let clock = |minute: i64| format!("{:02}:{:02}", minute % 1440 / 60, minute % 60);
    let skips: Vec<&str> = [
        (s.skip_holidays, lang.t("法定节假日不办", "not on public holidays")),
        (s.skip_workdays, lang.t("调休上班日不办", "not on make-up workdays")),
    ]
    .into_iter()
    .filter_map(|(on, text)| on.then_some(text))
    .collect();
    let page = SeriesPage {
        shell: app.shell(req, actor, &lang.f("系列：{}", "Series: {}", &[&a.title])),
        form,
        words,
        clock: format!("{}–{}", clock(s.start_minute), clock(s.end_minute)),
        skips: skips.join(lang.t("、", ", ")),
        dates: dates.iter().map(|one| decided_view(lang, now, &s, one)).collect(),
        preview: shown,
        running,
        next,
        a,
        s,
    };
    ui::answer::html(app, req, &page)
}

/// A series with its dates; with `?to=` what an extension would make.
pub(super) async fn show(State(app): State<App>, req: Req, Path(id): Path<String>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| render_series(&a, tx, req, actor, &id, Form::asked(req))).await
}

/// Extends a series by the ticked dates.
pub(super) async fn extend_submit(
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
            let id: SeriesId = parse(&id)?;
            let (series, activity) = managed_series(tx, actor, id)?;
            let to = fields.date("to", Label("到哪天止", "To"))?;
            let chosen = ticked(fields);
            let except: Vec<Date> = further(tx, &series, &activity, to)?
                .into_iter()
                .map(|one| one.date)
                .filter(|date| !chosen.contains(date))
                .collect();
            let count = extend(tx, actor, id, to, &except)?;
            let say = req.lang.f("又建了 {} 场。", "{} more sessions made.", &[&count]);
            Ok(Done::to(format!("/series/{id}"), say))
        },
        move |tx, req, actor, form| render_series(&a, tx, req, actor, &again, form.clone()),
    )
    .await
}

/// Cancels all that follow.
pub(super) async fn cancel_submit(
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
            let id: SeriesId = parse(&id)?;
            let mut all = Collect::default();
            let from = all.take(fields.date("from", Label("从哪天起", "From")));
            let reason = all.take(fields.required("reason", Label("原因", "Reason"), 200));
            all.done()?;
            let (Some(from), Some(reason)) = (from, reason) else {
                return Err((&common::NOT_FOUND).into());
            };
            let count = cancel_from(tx, actor, id, from, &reason)?;
            let say = req.lang.f(
                "已取消 {} 场，报名的人都会收到通知。",
                "{} sessions cancelled; everybody who signed up is told.",
                &[&count],
            );
            Ok(Done::to(format!("/series/{id}"), say))
        },
        move |tx, req, actor, form| render_series(&a, tx, req, actor, &again, form.clone()),
    )
    .await
}
