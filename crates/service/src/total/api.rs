//! Rankings and figures for programs, from the same queries as the pages.

use axum::extract::{Query, State};
use axum::routing::get;
use kernel::{Action, Date, Error, Refusal};
use ui::{Answer, App, Req};

use super::figures::{self, Asked, FIGURES};
use super::pages::{Line, lines};
use super::{Subject, refusals};

pub(super) fn routes() -> axum::Router<App> {
    axum::Router::new()
        .route("/api/v1/rankings", get(rankings))
        .route("/api/v1/figures", get(figure_values))
        .route("/api/v1/figures/dictionary", get(dictionary))
}

#[derive(Debug, Clone, serde::Deserialize)]
struct RankQuery {
    #[serde(default)]
    by: String,
    #[serde(default)]
    period: String,
    #[serde(default)]
    at: String,
    #[serde(default)]
    after: String,
}

#[derive(serde::Serialize)]
struct RankAnswer {
    lines: Vec<Line>,
    next: Option<String>,
}

async fn rankings(State(app): State<App>, req: Req, Query(query): Query<RankQuery>) -> Answer {
    app.api_read(req, move |tx, req, actor| {
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
        Ok(RankAnswer { lines: page.rows, next: page.next })
    })
    .await
}

#[derive(Debug, Clone, serde::Deserialize)]
struct FigureQuery {
    #[serde(default)]
    codes: String,
    #[serde(default)]
    from: String,
    #[serde(default)]
    to: String,
}

/// The span of a question; the current month when nothing is said.
pub(super) fn span(from: &str, to: &str, today: Date) -> Result<(Date, Date), Error> {
    let to_date = ui::form::date(to).unwrap_or(today);
    let from_date = ui::form::date(from).unwrap_or_else(|| kernel::Period::Month(to_date).first());
    if from_date > to_date || to_date.days() - from_date.days() > 3 * 366 {
        return Err(Refusal::new(&refusals::SPAN)
            .on("from")
            .with("from", from_date)
            .with("to", to_date)
            .into());
    }
    Ok((from_date, to_date))
}

async fn figure_values(State(app): State<App>, req: Req, Query(query): Query<FigureQuery>) -> Answer {
    app.api_read(req, move |tx, req, actor| {
        actor.demand_any(Action::FiguresRead)?;
        let (from, to) = span(&query.from, &query.to, tx.now().date())?;
        let mut codes = Vec::new();
        for code in query.codes.split(',').filter(|c| !c.is_empty()) {
            let figure = figures::definition(code)
                .ok_or_else(|| Refusal::new(&refusals::NO_FIGURE).with("code", code))?;
            codes.push(figure.code);
        }
        if codes.is_empty() {
            codes = FIGURES.iter().map(|figure| figure.code).collect();
        }
        let area_path = super::dashboard::area(actor)?;
        Ok(figures::show(tx, req.lang, &codes, &Asked { area_path, from, to })?)
    })
    .await
}

#[derive(serde::Serialize)]
struct Definition {
    code: &'static str,
    name: &'static str,
    meaning: &'static str,
    unit: &'static str,
    version: u32,
}

async fn dictionary(State(app): State<App>, req: Req) -> Answer {
    app.api_read(req, |_, req, _| {
        let l = req.lang;
        Ok(FIGURES
            .iter()
            .map(|f| Definition {
                code: f.code,
                name: l.t(f.name.0, f.name.1),
                meaning: l.t(f.meaning.0, f.meaning.1),
                unit: l.t(f.unit.0, f.unit.1),
                version: f.version,
            })
            .collect::<Vec<_>>())
    })
    .await
}
