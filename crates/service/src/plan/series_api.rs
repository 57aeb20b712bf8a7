//! Sessions by rule for programs: looked at first, made, extended and cancelled by the same commands as the pages.

use db::{ReadTx, WriteTx};
use kernel::error::common;
use kernel::{Actor, Date, Error, RefusalText, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ui::api::{Api, At, Call, Paged, doc};
use ui::form::Label;
use ui::{App, Fields};

use super::recurrence::Notice;
use super::refusals;
use super::series::{self, Candidate};
use super::series_store::{self as store, SeriesState};
use crate::activity::commands::managed;
use crate::activity::{ActivityState, SessionState};
use crate::{ActivityId, SeriesId, SessionId};

const REFUSALS: &[&[&RefusalText]] = &[refusals::ALL, crate::activity::refusals::ALL];

/// Operations of this subject.
#[must_use]
pub(super) fn api() -> Api {
    Api::new()
        .get(
            "/api/v1/activities/{id}/series",
            doc(
                "listSeries",
                "The series of an activity, oldest first; at most 50.",
                "活动的系列排期，最早的在前；最多 50 个。",
            ),
            of_activity,
        )
        .get(
            "/api/v1/activities/{id}/series/preview",
            doc(
                "previewSeries",
                "The dates a rule names, with holidays and what else is at that time; nothing is made.",
                "按规则列出日期，含节假日和同时段的其他安排；不会新建。",
            )
            .refuses(REFUSALS_OF_LOOKING),
            preview,
        )
        .post(
            "/api/v1/activities/{id}/series",
            doc(
                "createSeries",
                "Makes a session on each date of a rule that is free, all or none.",
                "按规则在每个可用日期建一场，全部成功或全不建。",
            )
            .makes()
            .refuses(REFUSALS),
            create,
        )
        .get(
            "/api/v1/series/{id}",
            doc(
                "showSeries",
                "A series with the dates that were decided and their sessions.",
                "一个系列及已确定的日期和场次。",
            ),
            show,
        )
        .post(
            "/api/v1/series/{id}/extend",
            doc(
                "extendSeries",
                "Makes the sessions of a series up to a later day, with the same times and posts.",
                "按原时间和岗位把系列延长到更晚的日期。",
            )
            .refuses(REFUSALS),
            extend,
        )
        .post(
            "/api/v1/series/{id}/cancel",
            doc(
                "cancelSeries",
                "Cancels the sessions of a series from a day on and ends it; everybody who signed up is told.",
                "从某日起取消系列的各场并结束系列，通知所有报名者。",
            )
            .refuses(REFUSALS),
            cancel,
        )
}

/// A question refuses what its command would refuse of rule, range and times.
const REFUSALS_OF_LOOKING: &[&[&RefusalText]] = &[
    refusals::ALL,
    crate::activity::refusals::ALL,
    &[&common::REQUIRED, &common::TOO_LONG, &common::INVALID],
];

/// A series of sessions.
#[derive(Serialize, JsonSchema)]
struct SeriesLine {
    id: SeriesId,
    activity: ActivityId,
    /// Recurrence rule (RFC 5545; RFC 7529 for the lunar calendar), a line for each.
    rule: String,
    /// The rule in words.
    words: String,
    from: Date,
    until: Date,
    state: SeriesState,
    skip_holidays: bool,
    skip_workdays: bool,
    quota: i64,
    created_at: Timestamp,
}

fn line(lang: kernel::Lang, one: store::Series) -> SeriesLine {
    let words = super::recurrence::Rules::parse(&one.rule)
        .map_or_else(|_| one.rule.clone(), |rules| rules.words(lang));
    SeriesLine {
        id: one.id,
        activity: one.activity_id,
        rule: one.rule,
        words,
        from: one.from_on,
        until: one.until_on,
        state: one.state,
        skip_holidays: one.skip_holidays,
        skip_workdays: one.skip_workdays,
        quota: one.quota,
        created_at: one.created_at,
    }
}

fn of_activity(
    _: &App,
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    call: &Call<At<ActivityId>>,
) -> Result<Paged<SeriesLine>, Error> {
    let a = managed(tx, actor, call.path.id)?;
    let items = store::of_activity(tx, a.id)?.into_iter().map(|one| line(call.req.lang, one)).collect();
    Ok(Paged { items, next: None })
}

/// A rule to look at.
#[derive(Clone, Debug, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(inline)]
struct SeriesQuery {
    /// Recurrence rule (RFC 5545), such as `FREQ=WEEKLY;BYDAY=SA`; several on lines of their own.
    #[schemars(length(max = 1000))]
    rule: String,
    /// First day to look at.
    #[schemars(length(max = 20))]
    from: String,
    /// Last day, at most a year later.
    #[schemars(length(max = 20))]
    to: String,
    /// Start, `09:00`.
    #[schemars(length(max = 10))]
    start: String,
    /// End, `11:00`.
    #[schemars(length(max = 10))]
    end: String,
    /// Leaves public holidays out.
    skip_holidays: bool,
    /// Leaves make-up workdays out.
    skip_workdays: bool,
}

/// A date that a rule names.
#[derive(Serialize, JsonSchema)]
struct SeriesCandidate {
    date: Date,
    starts_at: Timestamp,
    ends_at: Timestamp,
    /// What the yearly notice of holidays says; null: an ordinary day, or not announced.
    holiday: Option<&'static str>,
    /// A make-up workday.
    workday: bool,
    /// The holidays of that year are announced.
    announced: bool,
    /// A session can be made on it.
    free: bool,
    /// The activity has a session at that very time.
    there: bool,
    /// Titles of what else the team or the leader has at that time.
    conflicts: Vec<String>,
}

fn candidate(lang: kernel::Lang, one: Candidate) -> SeriesCandidate {
    SeriesCandidate {
        free: one.free(),
        date: one.date,
        starts_at: one.starts_at,
        ends_at: one.ends_at,
        holiday: match one.notice {
            Notice::Holiday(zh, en) => Some(lang.t(zh, en)),
            _ => None,
        },
        workday: one.notice == Notice::Workday,
        announced: one.notice != Notice::Unknown,
        there: one.there,
        conflicts: one.conflicts.into_iter().map(|(title, _)| title).collect(),
    }
}

/// The fields of the form that a rule in words of its own fills.
fn as_form(value: &impl Serialize) -> Fields {
    let mut out = Fields::of([("pattern", "rule")]);
    out.0.extend(Fields::from_json(&serde_json::to_value(value).unwrap_or_default()).0);
    out
}

fn preview(
    _: &App,
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    call: &Call<At<ActivityId>, SeriesQuery>,
) -> Result<Paged<SeriesCandidate>, Error> {
    let a = managed(tx, actor, call.path.id)?;
    if a.state == ActivityState::Cancelled {
        return Err((&crate::activity::refusals::CANCELLED).into());
    }
    let mut fields = as_form(&call.query);
    // How many may come is not asked to look at dates.
    fields.0.push(("quota".to_owned(), "1".to_owned()));
    let wish = series::read(&fields, tx.now().date())?;
    let found = series::looked(tx, &a, &wish)?;
    let items = found.into_iter().map(|one| candidate(call.req.lang, one)).collect();
    Ok(Paged { items, next: None })
}

/// Sessions by rule.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewSeriesText {
    /// Recurrence rule (RFC 5545), such as `FREQ=WEEKLY;BYDAY=SA`; several on lines of their own.
    #[schemars(length(min = 1, max = 1000))]
    rule: String,
    /// First day to look at.
    from: Date,
    /// Last day, at most a year later.
    to: Date,
    /// Start, `09:00`.
    #[schemars(length(max = 10))]
    start: String,
    /// End, `11:00`.
    #[schemars(length(max = 10))]
    end: String,
    #[schemars(range(min = 1, max = 100_000))]
    quota: i64,
    /// Hours before the start at which sign-up ends.
    #[serde(default)]
    #[schemars(range(min = 0, max = 720))]
    close_hours: i64,
    /// Minutes of break, which are not counted as service.
    #[serde(default)]
    #[schemars(range(min = 0, max = 600))]
    break_minutes: i64,
    /// A line for each post: name, places, and a skill if one is needed.
    #[serde(default)]
    #[schemars(length(max = 2000))]
    posts: String,
    /// Leaves public holidays out.
    #[serde(default)]
    skip_holidays: bool,
    /// Leaves make-up workdays out.
    #[serde(default)]
    skip_workdays: bool,
    /// Dates left out by hand.
    #[serde(default, skip_serializing)]
    #[schemars(length(max = 400))]
    except: Vec<Date>,
}

/// A series that was made.
#[derive(Serialize, JsonSchema)]
struct SeriesMade {
    id: SeriesId,
    /// Sessions that were made.
    sessions: usize,
}

fn create(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<ActivityId>, (), NewSeriesText>,
) -> Result<SeriesMade, Error> {
    managed(tx, actor, call.path.id)?;
    let mut wish = series::read(&as_form(&call.body), tx.now().date())?;
    wish.except.clone_from(&call.body.except);
    let (id, sessions) = series::create(tx, actor, call.path.id, &wish)?;
    Ok(SeriesMade { id, sessions })
}

/// A decided date of a series.
#[derive(Serialize, JsonSchema)]
struct SeriesDate {
    date: Date,
    /// Whether a session was made on it; otherwise it was left out by hand.
    kept: bool,
    /// Its session, while it is there.
    session: Option<SessionId>,
    starts_at: Option<Timestamp>,
    ends_at: Option<Timestamp>,
    state: Option<SessionState>,
    quota: Option<i64>,
    taken: Option<i64>,
}

/// A series with its dates.
#[derive(Serialize, JsonSchema)]
struct SeriesWhole {
    #[serde(flatten)]
    series: SeriesLine,
    /// The dates that were decided, in order.
    dates: Vec<SeriesDate>,
}

fn show(
    _: &App,
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    call: &Call<At<SeriesId>>,
) -> Result<SeriesWhole, Error> {
    let (one, _) = series::managed_series(tx, actor, call.path.id)?;
    let dates = store::dates(tx, one.id)?.into_iter().map(|one| SeriesDate {
        date: one.day_on,
        kept: one.kept,
        session: one.session,
        starts_at: one.starts_at,
        ends_at: one.ends_at,
        state: one.state,
        quota: one.quota,
        taken: one.taken,
    });
    Ok(SeriesWhole { dates: dates.collect(), series: line(call.req.lang, one) })
}

/// How far a series shall go.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ExtendSeries {
    /// Its new last day.
    to: Date,
    /// Dates left out by hand.
    #[serde(default)]
    #[schemars(length(max = 400))]
    except: Vec<Date>,
}

/// How many sessions a command made or ended.
#[derive(Serialize, JsonSchema)]
struct SeriesSessions {
    sessions: usize,
}

fn extend(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<SeriesId>, (), ExtendSeries>,
) -> Result<SeriesSessions, Error> {
    let sessions = series::extend(tx, actor, call.path.id, call.body.to, &call.body.except)?;
    Ok(SeriesSessions { sessions })
}

/// From when a series ends.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct CancelSeries {
    /// The first day that is cancelled.
    from: Date,
    /// Everybody who signed up reads it.
    #[schemars(length(min = 1, max = 200))]
    reason: String,
}

fn cancel(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<SeriesId>, (), CancelSeries>,
) -> Result<SeriesSessions, Error> {
    series::managed_series(tx, actor, call.path.id)?;
    let reason = call.fields().required("reason", Label("原因", "Reason"), 200)?;
    Ok(SeriesSessions { sessions: series::cancel_from(tx, actor, call.path.id, call.body.from, &reason)? })
}
