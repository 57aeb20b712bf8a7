//! Targets with their lights, the gaps of one, setting one, the ready set.

use askama::Template;
use axum::Router;
use axum::extract::{Path, Query, State};
use axum::routing::{get, post};
use db::ReadTx;
use kernel::error::Collect;
use kernel::page::Page;
use kernel::{Action, Actor, Date, Error, Lang, OrgId, can};
use people::org::OrgKind;
use serde::Deserialize;
use ui::answer::{Answer, Done};
use ui::form::{Fields, Form, Label};
use ui::sheet::{self, Cell};
use ui::shell::Shell;
use ui::{App, Req};

use super::commands::{self, New};
use super::store::{self, Asked, Target};
use super::{Counted, Demand, Light, Span, TargetId, rules};
use crate::activity::pages::export_note;

/// Rows of a page of gaps.
const ROWS: usize = 50;

/// Pages of this subject.
pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/targets", get(list))
        .route("/targets/new", get(new).post(new_post))
        .route("/targets/four", post(four).get(to_list))
        .route("/targets/{id}", get(show))
        .route("/targets/{id}/end", post(end))
}

/// An organisation and how it stands.
pub(super) struct Gap {
    pub asked: Asked,
    pub have: i64,
    pub gap: i64,
    pub light: Light,
}

/// How everybody stands towards a target in the period of a day, worst first; and how many meet it.
pub(super) fn gaps(
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    target: &Target,
    on: Date,
) -> Result<(Vec<Gap>, usize), Error> {
    let (first, last) = rules::days(target.period, on);
    let have = store::counts(tx, actor, target, first, last)?;
    let open = target.period != Span::Now && last >= tx.now().date();
    let mut all: Vec<Gap> = store::asked(tx, actor, target)?
        .into_iter()
        .map(|asked| {
            let have = have.get(&asked.id).copied().unwrap_or(0);
            Gap {
                have,
                gap: rules::gap(target.demand, target.n, have),
                light: rules::light(target.demand, target.n, have, open),
                asked,
            }
        })
        .collect();
    all.sort_by(|a, b| {
        (a.light == Light::Met, -a.gap, &a.asked.name_key, a.asked.id).cmp(&(
            b.light == Light::Met,
            -b.gap,
            &b.asked.name_key,
            b.asked.id,
        ))
    });
    let met = all.iter().filter(|one| one.light == Light::Met).count();
    Ok((all, met))
}

/// What a target asks, in words.
pub(super) fn words(target: &Target, lang: Lang) -> String {
    let (kind, measure) = (target.unit_kind.name(lang), target.measure.name(lang));
    let (demand, period) = (target.demand.name(lang), target.period.name(lang));
    match lang {
        Lang::Zh => format!("每个{kind}：{measure}{demand} {}（{period}）", target.n),
        Lang::En => format!("every {kind}: {demand} {} {measure} ({period})", target.n),
    }
}

/// Where one does something about a gap.
fn remedy(measure: Counted, kind: OrgKind, id: OrgId) -> String {
    match (measure, kind) {
        (Counted::People, OrgKind::Unit) => format!("/units/{id}/report-in"),
        (Counted::People, OrgKind::Community) => format!("/people?community={id}"),
        (Counted::People, _) => format!("/teams/{id}/members"),
        (Counted::Teams, OrgKind::Department) => format!("/teams?sponsor={id}"),
        (Counted::Teams, _) => format!("/teams?under={id}"),
        (Counted::Sessions | Counted::Records, OrgKind::Team) => format!("/teams/{id}"),
        (Counted::Sessions | Counted::Records, OrgKind::Department) => format!("/teams?sponsor={id}"),
        (Counted::Sessions | Counted::Records, _) => format!("/teams?under={id}"),
        _ => format!("/orgs/{id}"),
    }
}

/// Who acts next about a gap (Chk-01).
fn next(measure: Counted, lang: Lang) -> &'static str {
    match measure {
        Counted::Leaders => {
            lang.t("由上级在组织页面任命负责人。", "Those above appoint a leader on its page.")
        }
        Counted::People => lang.t(
            "由负责人列入名单或接收队员，本人确认。",
            "Its leader lists or takes in people; each confirms.",
        ),
        Counted::Teams => lang.t("由上级新建服务队。", "Those above set up teams."),
        Counted::Stations => lang.t("由街道设立站点。", "The street opens stations."),
        Counted::Sessions => lang.t("由队长发布并开展活动。", "Team leaders plan and hold sessions."),
        Counted::Records => lang.t(
            "由队长提交记录，社区站点确认。",
            "Team leaders hand records in and the station confirms them.",
        ),
    }
}

/// A target with its lights.
struct Line {
    target: Target,
    words: String,
    all: usize,
    met: usize,
    may_end: bool,
}

#[derive(Template)]
#[template(path = "target/list.html")]
struct ListPage {
    shell: Shell,
    lines: Vec<Line>,
    next: Option<String>,
    hosts: Vec<(String, String)>,
}

fn host_choices(tx: &mut ReadTx<'_>, actor: &Actor, lang: Lang) -> Result<Vec<(String, String)>, Error> {
    Ok(store::hosts(tx, actor)?
        .into_iter()
        .map(|(id, kind, name)| (id.to_string(), format!("{name}（{}）", kind.name(lang))))
        .collect())
}

/// Targets on one page: two questions for each.
const LINES: usize = 10;

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Filter {
    after: String,
}

async fn list(State(app): State<App>, req: Req, Query(filter): Query<Filter>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        actor.demand_any(Action::FiguresRead)?;
        let today = tx.now().date();
        let mut lines = Vec::new();
        let rows = store::list(tx, actor, filter.after.parse().ok(), LINES as i64 + 1)?;
        let page = Page::cut(rows, LINES, |one| one.id.to_string());
        for target in page.rows {
            let (all, met) = gaps(tx, actor, &target, today)?;
            lines.push(Line {
                words: words(&target, req.lang),
                all: all.len(),
                met,
                may_end: can(actor, Action::FiguresRead, target.place()),
                target,
            });
        }
        let page = ListPage {
            shell: a.shell(req, actor, req.lang.t("结构指标", "Structural targets")),
            lines,
            next: page.next.map(|next| req.with_query("after", &next)),
            hosts: host_choices(tx, actor, req.lang)?,
        };
        ui::answer::html(&a, req, &page)
    })
    .await
}

async fn to_list(State(app): State<App>, req: Req) -> Answer {
    Done::to("/targets", "").answer(&app, &req)
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct ShowFilter {
    on: String,
    light: String,
    page: String,
    format: String,
}

#[derive(Template)]
#[template(path = "target/show.html")]
struct ShowPage {
    shell: Shell,
    target: Target,
    words: String,
    first: String,
    last: String,
    on: String,
    light: Option<Light>,
    met: usize,
    all: usize,
    gaps: Vec<Gap>,
    next: &'static str,
    more: Option<String>,
    export: Option<String>,
}

impl ShowPage {
    fn chosen(&self, light: &Light) -> bool {
        self.light == Some(*light)
    }

    fn remedy(&self, gap: &Gap) -> String {
        remedy(self.target.measure, self.target.unit_kind, gap.asked.id)
    }
}

async fn show(
    State(app): State<App>,
    req: Req,
    Path(id): Path<TargetId>,
    Query(filter): Query<ShowFilter>,
) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        let lang = req.lang;
        let target = commands::seen(tx, actor, id)?;
        let on = ui::form::date(&filter.on).unwrap_or_else(|| tx.now().date());
        let (mut gaps, met) = gaps(tx, actor, &target, on)?;
        let all = gaps.len();
        let light = Light::from_code(&filter.light);
        gaps.retain(|one| light.is_none_or(|light| one.light == light));
        if filter.format == "xlsx" {
            actor.demand_any(Action::Export)?;
            return gap_sheet(lang, &export_note(lang, actor, tx.now()), &target, &gaps);
        }
        let page: usize = filter.page.parse().unwrap_or(0);
        let (first, last) = rules::days(target.period, on);
        let further = gaps.len() > page.saturating_add(1).saturating_mul(ROWS);
        let page = ShowPage {
            shell: a.shell(req, actor, &target.name),
            words: words(&target, lang),
            first: first.to_string(),
            last: last.to_string(),
            on: on.to_string(),
            light,
            met,
            all,
            gaps: gaps.into_iter().skip(page.saturating_mul(ROWS)).take(ROWS).collect(),
            next: next(target.measure, lang),
            more: further.then(|| req.with_query("page", &(page + 1).to_string())),
            export: actor.may(Action::Export).then(|| req.with_query("format", "xlsx")),
            target,
        };
        ui::answer::html(&a, req, &page)
    })
    .await
}

fn gap_sheet(lang: Lang, note: &str, target: &Target, gaps: &[Gap]) -> Result<Answer, Error> {
    let heads = [
        lang.t("组织", "Organisation"),
        target.measure.name(lang),
        lang.t("要求", "Asked"),
        lang.t("差额", "Gap"),
        lang.t("状态", "State"),
    ];
    let rows: Vec<Vec<Cell>> = gaps
        .iter()
        .map(|one| {
            vec![
                one.asked.name.as_str().into(),
                one.have.into(),
                lang.f("{}{}", "{} {}", &[&target.demand.name(lang), &target.n]).into(),
                one.gap.into(),
                one.light.name(lang).into(),
            ]
        })
        .collect();
    sheet::answer(&target.name, note, &heads, &rows)
}

#[derive(Template)]
#[template(path = "target/form.html")]
struct FormPage {
    shell: Shell,
    form: Form,
    hosts: Vec<(String, String)>,
    kinds: Vec<(String, String)>,
    measures: Vec<(String, String)>,
    demands: Vec<(String, String)>,
    periods: Vec<(String, String)>,
}

fn form_page(app: &App, tx: &mut ReadTx<'_>, req: &Req, actor: &Actor, form: Form) -> Result<Answer, Error> {
    actor.demand_any(Action::FiguresRead)?;
    let lang = req.lang;
    let pair = |code: &str, name: &str| (code.to_owned(), name.to_owned());
    let page = FormPage {
        shell: app.shell(req, actor, lang.t("设定指标", "Set a target")),
        form,
        hosts: host_choices(tx, actor, lang)?,
        kinds: rules::KINDS.iter().map(|one| pair(one.code(), one.name(lang))).collect(),
        measures: Counted::ALL.iter().map(|one| pair(one.code(), one.name(lang))).collect(),
        demands: Demand::ALL.iter().map(|one| pair(one.code(), one.name(lang))).collect(),
        periods: Span::ALL.iter().map(|one| pair(one.code(), one.name(lang))).collect(),
    };
    ui::answer::html(app, req, &page)
}

async fn new(State(app): State<App>, req: Req) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        form_page(&a, tx, req, actor, Form::filled([("demand", "at_least"), ("n", "1")]))
    })
    .await
}

/// Reads a target.
pub(super) fn read(fields: &Fields) -> Result<New, Error> {
    fn code<T>(
        fields: &Fields,
        name: &'static str,
        label: Label,
        found: Option<T>,
    ) -> Result<T, kernel::Refusal> {
        found.ok_or_else(|| label.wrong(name, fields.text(name), "请选择一项。", "Choose one."))
    }
    let mut all = Collect::default();
    let name = all.take(fields.required("name", Label("名称", "Name"), 60));
    let org = all.take(fields.id::<OrgId>("org", Label("范围", "Under")));
    let n = all.take(fields.number("n", Label("数量", "Number"), 0, 1_000_000));
    let text = |name| fields.text(name);
    let kind = all.take(code(fields, "kind", Label("组织类型", "Kind"), OrgKind::from_code(text("kind"))));
    let measure =
        all.take(code(fields, "measure", Label("统计内容", "Counted"), Counted::from_code(text("measure"))));
    let demand = all.take(code(fields, "demand", Label("要求", "Demand"), Demand::from_code(text("demand"))));
    let period = all.take(code(fields, "period", Label("周期", "Period"), Span::from_code(text("period"))));
    all.done()?;
    match (name, org, n, kind, measure, demand, period) {
        (Some(name), Some(org), Some(n), Some(unit_kind), Some(measure), Some(demand), Some(period)) => {
            Ok(New { org, name, unit_kind, measure, demand, n, period })
        }
        _ => Err(Error::bug("a form without refusals lacks a field")),
    }
}

async fn new_post(State(app): State<App>, req: Req, fields: Fields) -> Answer {
    let a = app.clone();
    app.submit(
        req,
        fields,
        |tx, req, actor, fields| {
            actor.demand_any(Action::FiguresRead)?;
            let id = commands::create(tx, actor, &read(fields)?)?;
            Ok(Done::to(format!("/targets/{id}"), req.lang.t("已设定。", "Set.")))
        },
        move |tx, req, actor, form| form_page(&a, tx, req, actor, form.clone()),
    )
    .await
}

async fn four(State(app): State<App>, req: Req, fields: Fields) -> Answer {
    app.command(req, fields, |tx, req, actor, fields| {
        actor.demand_any(Action::FiguresRead)?;
        let org = fields.id("org", Label("范围", "Under"))?;
        commands::install(tx, actor, org)?;
        Ok(Done::to("/targets", req.lang.t("已启用四有检查。", "The four checks are in use.")))
    })
    .await
}

async fn end(State(app): State<App>, req: Req, Path(id): Path<TargetId>, fields: Fields) -> Answer {
    app.command(req, fields, move |tx, req, actor, _| {
        commands::end(tx, actor, id)?;
        Ok(Done::to("/targets", req.lang.t("已停用。", "Ended.")))
    })
    .await
}
