//! Rankings and figures for programs, from the same queries as the pages.

use db::ReadTx;
use kernel::{Action, Actor, Date, Error, Refusal};
use schemars::JsonSchema;
use ui::App;
use ui::api::{Api, Call, Paged, doc};

use super::figures::{self, Asked, FIGURES, Shown};
use super::pages::{Line, lines};
use super::{Subject, refusals};

/// Operations of this subject.
#[must_use]
pub fn api() -> Api {
    Api::new()
        .get(
            "/api/v1/rankings",
            doc(
                "listRankings",
                "Rankings of a week, month, year or all time; names as their owners agreed.",
                "周、月、年或总排行榜；姓名按本人同意显示。",
            )
            .open(),
            rankings,
        )
        .get(
            "/api/v1/figures",
            doc(
                "showFigures",
                "Figures of the caller's part of the city over a span of days.",
                "管理范围内一段时间的统计数据。",
            )
            .refuses(&[refusals::ALL]),
            figure_values,
        )
        .get(
            "/api/v1/figures/dictionary",
            doc("listFigureDefinitions", "What each figure means.", "统计口径字典。").open(),
            dictionary,
        )
}

#[derive(Debug, Clone, serde::Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(inline)]
#[derive(Default)]
struct RankQuery {
    /// `person`, `team`, `community` …; persons when left out.
    by: String,
    /// `week`, `month`, `year` or `all`; the month when left out.
    period: String,
    /// A day of the period, 2026-03-05; today when left out.
    at: String,
    /// `next` of the page before.
    after: String,
}

fn rankings(
    _: &App,
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    call: &Call<(), RankQuery>,
) -> Result<Paged<Line>, Error> {
    let (req, query) = (&call.req, &call.query);
    let subject = Subject::ranked(&query.by).unwrap_or(Subject::Person);
    let at = ui::form::date(&query.at).unwrap_or_else(|| tx.now().date());
    let period = match query.period.as_str() {
        "week" => kernel::Period::Week(at),
        "year" => kernel::Period::Year(at),
        "all" => kernel::Period::All,
        _ => kernel::Period::Month(at),
    };
    let after = kernel::page::cursor_pair(&query.after);
    let page = lines(tx, actor, req.lang, subject, period, after, 50)?;
    Ok(Paged::of(page, |line| line))
}

#[derive(Debug, Clone, Default, serde::Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(inline)]
struct FigureQuery {
    /// Codes of figures with commas between them; all when left out.
    codes: String,
    /// First day, 2026-03-05; the first of the month when left out.
    from: String,
    /// Last day, 2026-03-05; today when left out.
    to: String,
}

/// The span of a question; the current month when nothing is said.
pub(super) fn span(from: &str, to: &str, today: Date) -> Result<(Date, Date), Error> {
    let to_date = ui::form::date(to).unwrap_or(today);
    let from_date = ui::form::date(from).unwrap_or_else(|| kernel::Period::Month(to_date).first());
    // Beyond the calendar's end there is no next day to stop at.
    let near = (today.days() - to_date.days()).abs() <= 200 * 366;
    if !near || from_date > to_date || to_date.days() - from_date.days() > 3 * 366 {
        return Err(Refusal::new(&refusals::SPAN)
            .on("from")
            .with("from", from_date)
            .with("to", to_date)
            .into());
    }
    Ok((from_date, to_date))
}

fn figure_values(
    _: &App,
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    call: &Call<(), FigureQuery>,
) -> Result<Vec<Shown>, Error> {
    let (req, query) = (&call.req, &call.query);
    actor.demand_any(Action::FiguresRead)?;
    let (from, to) = span(&query.from, &query.to, tx.now().date())?;
    let mut codes = Vec::new();
    for code in query.codes.split(',').filter(|c| !c.is_empty()) {
        let figure =
            figures::definition(code).ok_or_else(|| Refusal::new(&refusals::NO_FIGURE).with("code", code))?;
        codes.push(figure.code);
    }
    if codes.is_empty() {
        codes = FIGURES.iter().map(|figure| figure.code).collect();
    }
    let area_path = super::dashboard::area(actor)?;
    Ok(figures::show(tx, req.lang, &codes, &Asked { area_path, from, to })?)
}

/// The definition of a figure.
#[derive(serde::Serialize, JsonSchema)]
#[schemars(rename = "FigureDefinition")]
struct Definition {
    code: &'static str,
    name: &'static str,
    meaning: &'static str,
    unit: &'static str,
    version: u32,
}

#[expect(clippy::unnecessary_wraps, reason = "the form of every operation")]
fn dictionary(_: &App, _: &mut ReadTx<'_>, _: &Actor, call: &Call) -> Result<Vec<Definition>, Error> {
    let l = call.req.lang;
    Ok(FIGURES
        .iter()
        .map(|f| Definition {
            code: f.code,
            name: l.t(f.name.0, f.name.1),
            meaning: l.t(f.meaning.0, f.meaning.1),
            unit: l.t(f.unit.0, f.unit.1),
            version: f.version,
        })
        .collect())
}
