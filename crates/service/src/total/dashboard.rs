//! The page an office opens on Monday morning: what happened last week, what is late and at whom, how the
//! year goes — each number a link to its rows, each chart with its table — and the dictionary of figures.

use askama::Template;
use axum::extract::{Query, State};
use axum::routing::get;
use db::{ReadTx, args, row, sql};
use kernel::error::common;
use kernel::{Action, Actor, Date, Error, Minutes, OrgId, Period};
use ui::{Answer, App, Req, Shell};

use super::api::span;
use super::figures::{Asked, FIGURES, Shown};
use super::kept;
use super::store::{ranking, series};
use super::{Subject, category_subject};

pub(super) fn routes() -> axum::Router<App> {
    axum::Router::new().route("/dashboard", get(dashboard)).route("/figures", get(dictionary))
}

/// The area an actor's figures are about: the widest subtree in which figures may be read.
///
/// # Errors
/// `common.sign_in`, `common.forbidden`.
pub fn area(actor: &Actor) -> Result<String, Error> {
    actor.demand_any(Action::FiguresRead)?;
    let widest = actor.scopes(Action::FiguresRead).into_iter().min_by_key(|grant| grant.area_path.len());
    match widest {
        Some(grant) => Ok(grant.area_path.clone()),
        None => Err((&common::FORBIDDEN).into()),
    }
}

row! {
    struct Late { session_id: i64, title: String, org_id: OrgId, org: String, ends_at: kernel::Timestamp, due_on: Date, state: String }
    struct Quiet { org_id: OrgId, name: String, street: String }
    struct Node { id: OrgId, name: String, kind: String }
}

/// A bar of a chart, with the row of the table under it.
struct Bar {
    name: String,
    href: String,
    hours: String,
}

#[derive(Template)]
#[template(path = "total/dashboard.html")]
struct DashboardPage {
    shell: Shell,
    area_name: String,
    from: Date,
    to: Date,
    week: Vec<(Shown, String)>,
    year: Vec<Shown>,
    as_of: Option<kernel::Timestamp>,
    weeks: Vec<Bar>,
    categories: Vec<Bar>,
    late: Vec<Late>,
    late_more: bool,
    quiet: Vec<Quiet>,
}

#[derive(Debug, Clone, serde::Deserialize)]
struct Filter {
    #[serde(default)]
    from: String,
    #[serde(default)]
    to: String,
}

/// Sessions whose records are not decided although the ten working days are over (R3), the longest
/// overdue first.
fn late(tx: &mut ReadTx<'_>, path: &str, today: Date) -> Result<Vec<Late>, Error> {
    Ok(tx.all(
        sql!(
            "SELECT s.id, a.title, o.id, o.name, s.ends_at, s.due_on, s.state FROM session s
             JOIN activity a ON a.id = s.activity_id JOIN org o ON o.id = a.org_id
             WHERE s.state IN ('open', 'closed', 'submitted') AND s.due_on < $1
             AND o.area_path >= $2 AND o.area_path < $3 ORDER BY s.due_on, s.id LIMIT 11"
        ),
        args![today, path, format!("{path}~")],
    )?)
}

/// Communities without a session in the last 30 days: where nobody came.
fn quiet(tx: &mut ReadTx<'_>, path: &str, today: Date) -> Result<Vec<Quiet>, Error> {
    let since = kernel::Timestamp::at(today.plus(-30), 0);
    let until = kernel::Timestamp::at(today.plus(1), 0);
    Ok(tx.all(
        sql!(
            "SELECT c.id, c.name, COALESCE(p.name, '') FROM org c LEFT JOIN org p ON p.id = c.area_parent
             WHERE c.kind = 'community' AND c.state = 'open' AND c.area_path >= $1 AND c.area_path < $2
             AND c.id NOT IN (SELECT a.community_id FROM session s CROSS JOIN activity a
                WHERE a.id = s.activity_id AND s.state IN ('draft', 'open', 'closed', 'submitted', 'recorded')
                AND s.starts_at >= $3 AND s.starts_at < $4 AND a.community_id IS NOT NULL)
             ORDER BY c.name_key, c.id LIMIT 20"
        ),
        args![path, format!("{path}~"), since, until],
    )?)
}

async fn dashboard(State(app): State<App>, req: Req, Query(filter): Query<Filter>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        let lang = req.lang;
        let path = area(actor)?;
        let today = tx.now().date();
        // On Monday one speaks about the week that ended yesterday.
        let (from, to) = if filter.from.is_empty() && filter.to.is_empty() {
            let last = Period::Week(today.plus(-7));
            (last.first(), last.last())
        } else {
            span(&filter.from, &filter.to, today)?
        };
        let asked = Asked { area_path: path.clone(), from, to };
        let so_far = Asked { area_path: path.clone(), from: Period::Year(today).first(), to: today };
        let (week, week_of) = kept::show(tx, lang, &kept::SPAN, &asked)?;
        let (before, before_of) = kept::show(tx, lang, &kept::SPAN, &kept::before(&asked))?;
        let (year, year_of) = kept::show(tx, lang, &kept::YEAR, &so_far)?;
        let as_of = [week_of, before_of, year_of].into_iter().flatten().min();

        let own = path.trim_matches('/').rsplit('/').next().unwrap_or_default().parse::<i64>().unwrap_or(0);
        let node: Node = tx.one(sql!("SELECT id, name, kind FROM org WHERE id = $1"), args![own])?;
        let (subject, id) = match node.kind.as_str() {
            "city" => (Subject::City, 0),
            "street" => (Subject::Street, node.id.0),
            _ => (Subject::Community, node.id.0),
        };
        let periods: Vec<Period> = (0..12).rev().map(|back| Period::Week(today.plus(-7 * back))).collect();
        let sums = series(tx, subject, id, &periods)?;
        let weeks = periods
            .iter()
            .map(|period| {
                let (minutes, _) = sums.get(&period.key()).copied().unwrap_or_default();
                Bar {
                    name: period.first().to_string().get(5..).unwrap_or_default().to_owned(),
                    href: format!("/dashboard?from={}&to={}", period.first(), period.last()),
                    hours: Minutes(minutes).hours(),
                }
            })
            .collect();
        let categories = if subject == Subject::City {
            ranking(tx, Subject::Category, Period::Year(today), None, 10)?
                .into_iter()
                .map(|row| {
                    let found = kernel::catalogue::CATEGORIES
                        .iter()
                        .find(|c| category_subject(c.code) == row.subject_id);
                    Bar {
                        name: found.map_or(lang.t("其他", "Other"), |c| lang.t(c.zh, c.en)).to_owned(),
                        href: found.map(|c| format!("/activities?category={}", c.code)).unwrap_or_default(),
                        hours: Minutes(row.minutes).hours(),
                    }
                })
                .collect()
        } else {
            Vec::new()
        };
        let mut late = late(tx, &path, today)?;
        let late_more = late.len() > 10;
        late.truncate(10);
        let quiet = quiet(tx, &path, today)?;
        let shell = a.shell(req, actor, lang.t("周一看板", "Monday dashboard"));
        ui::answer::html(
            &a,
            req,
            &DashboardPage {
                shell,
                area_name: node.name,
                from,
                to,
                week: week.into_iter().zip(before.into_iter().map(|shown| shown.value)).collect(),
                year,
                as_of,
                weeks,
                categories,
                late,
                late_more,
                quiet,
            },
        )
    })
    .await
}

#[derive(Template)]
#[template(path = "total/figures.html")]
struct FiguresPage {
    shell: Shell,
    figures: &'static [ui::Figure],
}

async fn dictionary(State(app): State<App>, req: Req) -> Answer {
    let a = app.clone();
    app.page(req, move |_, req, actor| {
        let shell = a.shell(req, actor, req.lang.t("统计口径", "Dictionary of figures"));
        ui::answer::html(&a, req, &FiguresPage { shell, figures: FIGURES })
    })
    .await
}
