//! Rankings: week, month, year, all time × volunteers, teams, communities, streets, categories.
//!
//! A volunteer's name appears only with consent, and masked (PIPL 25, Fix-34); the place in the list stays.

use std::collections::BTreeMap;

use askama::Template;
use axum::extract::{Query, State};
use axum::routing::get;
use db::ReadTx;
use kernel::page::{Page, cursor_pair};
use kernel::{Action, Actor, Date, Error, Lang, Minutes, Period, Timestamp};
use ui::sheet::Cell;
use ui::{Answer, App, Req, Shell};

use super::rank::{self, Standing};
use super::store::{RankRow, ranking, subjects_ahead};
use super::{Subject, category_subject};

pub(super) fn routes() -> axum::Router<App> {
    axum::Router::new().route("/rankings", get(list))
}

/// What the address of a ranking says.
#[derive(Debug, Clone, Default, serde::Deserialize)]
pub struct Filter {
    #[serde(default)]
    by: String,
    #[serde(default)]
    period: String,
    #[serde(default)]
    at: String,
    #[serde(default)]
    after: String,
    #[serde(default)]
    format: String,
}

impl Filter {
    fn subject(&self) -> Subject {
        Subject::ranked(&self.by).unwrap_or(Subject::Person)
    }

    fn period(&self, today: Date) -> Period {
        let at = ui::form::date(&self.at).unwrap_or(today);
        match self.period.as_str() {
            "week" => Period::Week(at),
            "year" => Period::Year(at),
            "all" => Period::All,
            _ => Period::Month(at),
        }
    }
}

const fn period_code(period: Period) -> &'static str {
    match period {
        Period::Week(_) => "week",
        Period::Month(_) => "month",
        Period::Year(_) => "year",
        Period::All => "all",
    }
}

/// Name of a period for people: `2026-11-16 – 2026-11-22`, `2026-11`, `2026`, all time.
#[must_use]
pub fn period_name(period: Period, lang: Lang) -> String {
    let first = period.first();
    match period {
        Period::Week(_) => format!("{first} – {}", period.last()),
        Period::Month(_) => format!("{:04}-{:02}", first.0.year(), first.0.month()),
        Period::Year(_) => format!("{:04}", first.0.year()),
        Period::All => lang.t("全部时间", "All time").to_owned(),
    }
}

/// A line as it is shown.
#[derive(Debug, Clone, serde::Serialize, schemars::JsonSchema)]
#[schemars(rename = "RankingLine")]
pub struct Line {
    /// Rank; equal minutes share one.
    pub rank: i64,
    /// Name, masked, or a note that it is not public.
    pub name: String,
    /// Community of a person, street of a community.
    pub detail: String,
    /// Hours with one decimal.
    pub hours: String,
    /// Minutes.
    pub minutes: i64,
    /// Hours among them that came from an earlier system; empty for none.
    pub past_hours: String,
    /// Records.
    pub records: i64,
    /// Where the line leads, or empty.
    pub href: String,
    /// Whether this is the reader.
    pub own: bool,
    #[serde(skip)]
    key: (i64, i64),
}

fn line(row: RankRow, rank: i64, subject: Subject, actor: &Actor, lang: Lang) -> Line {
    let own = subject == Subject::Person && actor.person.is_some_and(|p| p.0 == row.subject_id);
    let (name, href) = match subject {
        Subject::Person if own => (actor.name.clone(), "/me/hours".to_owned()),
        Subject::Person if row.public => (vault::mask_name(&row.name), String::new()),
        Subject::Person => (lang.t("未公开", "Not public").to_owned(), String::new()),
        Subject::Category => {
            let found =
                kernel::catalogue::CATEGORIES.iter().find(|c| category_subject(c.code) == row.subject_id);
            let href = found.map(|c| format!("/activities?category={}", c.code)).unwrap_or_default();
            (found.map_or(lang.t("其他", "Other"), |c| lang.t(c.zh, c.en)).to_owned(), href)
        }
        Subject::Team => (pick(lang, row.name, row.name_en), format!("/teams/{}", row.subject_id)),
        _ => (pick(lang, row.name, row.name_en), format!("/orgs/{}", row.subject_id)),
    };
    let detail = if subject == Subject::Person && !row.public && !own { String::new() } else { row.detail };
    Line {
        rank,
        name,
        detail,
        hours: Minutes(row.minutes).hours(),
        minutes: row.minutes,
        past_hours: if row.past > 0 { Minutes(row.past).hours() } else { String::new() },
        records: row.records,
        href,
        own,
        key: (row.minutes, row.subject_id),
    }
}

fn pick(lang: Lang, zh: String, en: String) -> String {
    if lang == Lang::En && !en.is_empty() { en } else { zh }
}

/// Lines of a ranking with their ranks, in three statements whatever the page.
///
/// # Errors
/// Of the database.
pub fn lines(
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    lang: Lang,
    subject: Subject,
    period: Period,
    after: Option<(i64, i64)>,
    limit: usize,
) -> Result<Page<Line>, Error> {
    let rows = ranking(tx, subject, period, after, i64::try_from(limit).unwrap_or(50) + 1)?;
    let Some(first) = rows.first() else { return Ok(Page { rows: Vec::new(), next: None }) };
    let ahead = if subject == Subject::Person {
        rank::ahead(tx, period, first.minutes)?
    } else {
        subjects_ahead(tx, subject, period, first.minutes)?
    };
    // People with the same minutes on the page before share the rank; how many of them there were decides
    // where the next rank begins.
    let mut before_page = 0;
    if let Some((minutes, _)) = after
        && minutes == first.minutes
    {
        before_page = rank_offset(tx, subject, period, first)?;
    }
    let (mut rank, mut at, mut last) = (ahead + 1, ahead + before_page, first.minutes);
    let lines = rows
        .into_iter()
        .map(|row| {
            at += 1;
            if row.minutes != last {
                (rank, last) = (at, row.minutes);
            }
            line(row, rank, subject, actor, lang)
        })
        .collect();
    Ok(Page::cut(lines, limit, |line: &Line| format!("{}~{}", line.key.0, line.key.1)))
}

fn rank_offset(tx: &mut ReadTx<'_>, subject: Subject, period: Period, first: &RankRow) -> Result<i64, Error> {
    let (n,): (i64,) = tx.one(
        db::sql!(
            "SELECT count(*) FROM total WHERE subject_kind = $1 AND period = $2 AND minutes = $3
             AND subject_id > $4"
        ),
        db::args![subject, period.key(), first.minutes, first.subject_id],
    )?;
    Ok(n)
}

#[derive(Template)]
#[template(path = "total/rankings.html")]
struct RankingPage {
    shell: Shell,
    subject: Subject,
    period: &'static str,
    period_name: String,
    at: Date,
    before: Option<Date>,
    next_at: Option<Date>,
    lines: Page<Line>,
    own: Option<(Standing, String)>,
    person: bool,
    of_people: bool,
    by: &'static str,
    periods: Vec<(&'static str, &'static str, bool)>,
    subjects: Vec<(&'static str, &'static str, bool)>,
    more: Option<String>,
    may_export: bool,
    export: String,
}

async fn list(State(app): State<App>, req: Req, Query(filter): Query<Filter>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        let today = tx.now().date();
        let (subject, period) = (filter.subject(), filter.period(today));
        let excel = filter.format == "xlsx";
        if excel {
            actor.demand_any(Action::Export)?;
        }
        let lines = lines(
            tx,
            actor,
            req.lang,
            subject,
            period,
            cursor_pair(&filter.after),
            if excel { 1_000 } else { 50 },
        )?;
        if excel {
            return export(req.lang, subject, period, &lines.rows, tx.now());
        }
        let own = match actor.person {
            Some(person) => rank::standing(tx, person, period)?,
            None => None,
        };
        let neighbours = |date: Date| (date <= today).then_some(date);
        let shell = a.shell(req, actor, req.lang.t("排行榜", "Rankings"));
        let more = lines.next.as_ref().map(|next| req.with_query("after", next));
        ui::answer::html(
            &a,
            req,
            &RankingPage {
                shell,
                subject,
                period: period_code(period),
                period_name: period_name(period, req.lang),
                at: period.first(),
                before: (period != Period::All).then(|| period.first().plus(-1)),
                next_at: neighbours(period.last().plus(1)),
                own: own.map(|s| (s, Minutes(s.minutes).hours())),
                of_people: subject == Subject::Person,
                by: subject.code(),
                periods: [
                    ("week", "周", "Week"),
                    ("month", "月", "Month"),
                    ("year", "年", "Year"),
                    ("all", "总", "All time"),
                ]
                .iter()
                .map(|(code, zh, en)| (*code, req.lang.t(zh, en), *code == period_code(period)))
                .collect(),
                subjects: Subject::RANKED
                    .iter()
                    .map(|s| (s.code(), s.name(req.lang), *s == subject))
                    .collect(),
                person: actor.person.is_some(),
                more,
                may_export: actor.may(Action::Export),
                export: req.with_query("format", "xlsx"),
                lines,
            },
        )
    })
    .await
}

fn export(
    lang: Lang,
    subject: Subject,
    period: Period,
    lines: &[Line],
    now: Timestamp,
) -> Result<Answer, Error> {
    let title =
        format!("{} {} {}", lang.t("排行榜", "Ranking"), subject.name(lang), period_name(period, lang));
    let heads = [
        lang.t("名次", "Rank"),
        lang.t("名称", "Name"),
        lang.t("所属", "Of"),
        lang.t("小时", "Hours"),
        lang.t("分钟", "Minutes"),
        lang.t("其中历史导入（小时）", "Past hours among them"),
        lang.t("记录数", "Records"),
    ];
    let rows: Vec<Vec<Cell>> = lines
        .iter()
        .map(|l| {
            vec![
                l.rank.into(),
                l.name.as_str().into(),
                l.detail.as_str().into(),
                l.hours.as_str().into(),
                l.minutes.into(),
                l.past_hours.as_str().into(),
                l.records.into(),
            ]
        })
        .collect();
    let note = lang.f("截至 {}", "As of {}", &[&now.text()]);
    ui::sheet::answer(&title, &note, &heads, &rows)
}

/// Own standings in the four periods, for the personal pages: period code → standing.
///
/// # Errors
/// Of the database.
pub fn standings(
    tx: &mut ReadTx<'_>,
    person: kernel::PersonId,
    today: Date,
) -> Result<BTreeMap<&'static str, Standing>, Error> {
    let mut out = BTreeMap::new();
    for period in Period::of(today) {
        if let Some(standing) = rank::standing(tx, person, period)? {
            out.insert(period_code(period), standing);
        }
    }
    Ok(out)
}
