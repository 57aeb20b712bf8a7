//! The auditor's page: reads, filters, exports, changes nothing.

use askama::Template;
use axum::extract::{Query, State};
use axum::routing::{get, post};
use kernel::error::common;
use kernel::page::{PAGE_ROWS, Page};
use kernel::{AccountId, Action, Error, Timestamp};
use ui::list::{Desk, List};
use ui::{Answer, App, Fields, Req, Shell, answer, sheet};

use super::store::{self, Entry, Filter};
use super::{ACTS, act_name};
use crate::view;

/// The audit log.
pub static LIST: List = List {
    path: "/audit",
    name: ("审计日志", "Audit log"),
    filters: &["act", "account", "kind", "object", "from", "to", "failed"],
    columns: &[],
};

/// Pages of this subject.
pub(super) fn routes() -> axum::Router<App> {
    axum::Router::new().route("/audit", get(list)).route("/audit/verify", post(verify))
}

/// Lines on one page: the auditor reads along, so more than in other lists.
const ROWS: i64 = PAGE_ROWS * 2;
/// Lines in one file at the most.
const FILE_ROWS: i64 = 50_000;

#[derive(serde::Deserialize, Default, Clone)]
#[serde(default)]
struct Asked {
    act: String,
    account: String,
    kind: String,
    object: String,
    from: String,
    to: String,
    failed: String,
    after: String,
    format: String,
}

impl Asked {
    /// Whether it shows a part of the log only.
    fn narrows(&self) -> bool {
        [&self.act, &self.account, &self.kind, &self.object, &self.from, &self.to, &self.failed]
            .iter()
            .any(|part| !part.is_empty())
    }
}

struct Line {
    at: String,
    actor: String,
    account: String,
    from: String,
    act: String,
    code: String,
    object: String,
    detail: String,
    ok: bool,
}

#[derive(Template)]
#[template(path = "audit/list.html")]
struct ListPage {
    shell: Shell,
    desk: Box<Desk>,
    asked: Asked,
    /// Whether a filter is set: then it stands open on a phone too.
    narrowed: bool,
    acts: Vec<(String, String)>,
    lines: Vec<Line>,
    next: Option<String>,
    export: String,
    first: String,
}

fn filter_of(asked: &Asked) -> Filter {
    let who = asked.account.trim();
    let number: Option<i64> = who.parse().ok();
    let day = |text: &str, plus: i64| ui::form::date(text).map(|date| Timestamp::at(date.plus(plus), 0));
    Filter {
        act: asked.act.trim().to_owned(),
        account: number.map(AccountId),
        actor: if number.is_some() { String::new() } else { who.to_owned() },
        object_kind: asked.kind.trim().to_owned(),
        object_id: asked.object.trim().parse().ok(),
        from: day(&asked.from, 0),
        to: day(&asked.to, 1),
        failed: asked.failed == "1",
        after: asked.after.parse().ok(),
    }
}

fn line(row: Entry, req: &Req) -> Line {
    Line {
        at: row.at.text(),
        actor: row.actor,
        account: row.account.map(|id| id.to_string()).unwrap_or_default(),
        from: row.from_addr,
        act: act_name(&row.act, req.lang),
        code: row.act,
        object: format!("{} {}", row.object_kind, row.object_id),
        detail: row.detail,
        ok: row.ok,
    }
}

async fn list(State(app): State<App>, req: Req, Query(asked): Query<Asked>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        actor.demand_any(Action::AuditRead)?;
        let desk = match view::desk(&a, tx, req, actor, &LIST)? {
            Ok(desk) => desk,
            Err(elsewhere) => return Ok(elsewhere),
        };
        let lang = req.lang;
        let filter = filter_of(&asked);
        let title = lang.t("审计日志", "Audit log");
        if asked.format == "xlsx" {
            let rows = store::list(tx, &Filter { after: None, ..filter }, FILE_ROWS)?;
            let result =
                |ok: bool| if ok { lang.t("成功", "done") } else { lang.t("被拒绝", "refused") };
            let cells: Vec<Vec<sheet::Cell>> = rows
                .into_iter()
                .map(|row| line(row, req))
                .map(|l| {
                    vec![
                        l.at.into(),
                        l.actor.into(),
                        l.account.into(),
                        l.from.into(),
                        l.act.into(),
                        l.code.into(),
                        l.object.into(),
                        l.detail.into(),
                        result(l.ok).into(),
                    ]
                })
                .collect();
            let heads = [
                lang.t("时间", "When"),
                lang.t("操作人", "Who"),
                lang.t("账号", "Account"),
                lang.t("来源地址", "From"),
                lang.t("行为", "Act"),
                lang.t("代号", "Code"),
                lang.t("对象", "Object"),
                lang.t("说明", "Detail"),
                lang.t("结果", "Result"),
            ];
            let note =
                lang.f("导出人：{}，时间：{}", "Exported by {} at {}", &[&actor.name, &tx.now().text()]);
            return sheet::answer(title, &note, &heads, &cells);
        }
        let rows = store::list(tx, &filter, ROWS + 1)?;
        let page = Page::cut(rows, usize::try_from(ROWS).unwrap_or(40), |row| row.id.to_string());
        let shown = ListPage {
            shell: a.shell(req, actor, title),
            desk,
            narrowed: asked.narrows(),
            asked: asked.clone(),
            acts: ACTS.iter().map(|(code, zh, en)| ((*code).to_owned(), lang.t(zh, en).to_owned())).collect(),
            lines: page.rows.into_iter().map(|row| line(row, req)).collect(),
            next: page.next.map(|after| req.with_query("after", &after)),
            export: req.with_query("format", "xlsx"),
            first: req.with_query("after", ""),
        };
        answer::html(&a, req, &shown)
    })
    .await
}

#[derive(Template)]
#[template(path = "audit/verify.html")]
struct VerifyPage {
    shell: Shell,
    checked: i64,
    waiting: i64,
    end: String,
    at: String,
    broken: Option<String>,
}

/// Computes the chain anew and says whether it holds, or names the first broken entry.
async fn verify(State(app): State<App>, req: Req, fields: Fields) -> Answer {
    match try_verify(&app, &req, &fields).await {
        Ok((verdict, at)) => {
            let a = app.clone();
            app.page(req, move |_, req, actor| {
                let page = VerifyPage {
                    shell: a.shell(req, actor, req.lang.t("核对审计日志", "Check of the audit log")),
                    checked: verdict.checked,
                    waiting: verdict.waiting,
                    end: verdict.end(),
                    at: at.text(),
                    broken: verdict.broken.map(|broken| broken.text(req.lang)),
                };
                answer::html(&a, req, &page)
            })
            .await
        }
        Err(error) => {
            let (again, asked) = (app.clone(), req.clone());
            let actor = app.db.read(move |tx| again.actor(tx, &asked)).await.unwrap_or_default();
            answer::error_page(&app, &req, &actor, &error)
        }
    }
}

async fn try_verify(
    app: &App,
    req: &Req,
    fields: &Fields,
) -> Result<(super::chain::Verdict, Timestamp), Error> {
    if !req.csrf_ok(&app.vault, fields) {
        return Err((&common::CSRF).into());
    }
    let (a, asked) = (app.clone(), req.clone());
    let actor = app
        .db
        .read(move |tx| {
            let actor = a.actor(tx, &asked)?;
            actor.demand_any(Action::AuditRead)?;
            Ok::<_, Error>(actor)
        })
        .await?;
    let verdict = super::chain::verify_async(&app.db, &app.vault.audit).await?;
    let found =
        verdict.broken.map_or_else(|| format!("ok {}", verdict.checked), |b| format!("broken at {}", b.seq));
    let at = app
        .db
        .write(move |tx| {
            super::note(tx, &actor, "audit.verify", "audit", 0, &found)?;
            Ok::<_, Error>(tx.now())
        })
        .await?;
    Ok((verdict, at))
}
