//! The system administrator's page of backups: what is planned, what was made, and one at once.

use askama::Template;
use axum::extract::State;
use db::ReadTx;
use kernel::{Action, Actor, Error, Lang, Timestamp};
use ui::{Answer, App, Done, Fields, Req, Shell, TaskItem};

use super::refusals;
use crate::backup::{self, Plan};

struct Line {
    at: String,
    file: String,
    size: String,
    took: String,
    error: String,
}

#[derive(Template)]
#[template(path = "home/backups.html")]
struct BackupsPage {
    shell: Shell,
    plan: Option<Plan>,
    folder: String,
    last: Option<String>,
    late: bool,
    waiting: bool,
    lines: Vec<Line>,
}

#[expect(clippy::cast_precision_loss, reason = "shown to one digit")]
fn size(bytes: u64) -> String {
    format!("{:.1} MB", bytes as f64 / 1e6)
}

/// `GET /backups`.
pub async fn show(State(app): State<App>, req: Req) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        actor.demand_any(Action::SystemManage)?;
        let known = backup::state(tx)?;
        let now = tx.now().0;
        let tried = known.recent.first().map_or(0, |run| run.at);
        let page = BackupsPage {
            shell: a.shell(req, actor, req.lang.t("备份", "Backups")),
            folder: known.plan.as_ref().map(|plan| plan.to.display().to_string()).unwrap_or_default(),
            last: known.last_good().map(|run| Timestamp(run.at).text()),
            late: known.late(now),
            waiting: known.plan.is_some() && (known.asked_at > tried || known.busy_until > now),
            lines: known
                .recent
                .iter()
                .map(|run| Line {
                    at: Timestamp(run.at).text(),
                    file: run.file.rsplit('/').next().unwrap_or_default().to_owned(),
                    size: size(run.bytes),
                    took: req.lang.f("{} 秒", "{} s", &[&(run.took_ms.max(0) + 999).div_euclid(1000)]),
                    error: run.error.clone(),
                })
                .collect(),
            plan: known.plan,
        };
        ui::answer::html(&a, req, &page)
    })
    .await
}

/// `POST /backups/now`: asks for a backup at once.
pub async fn now(State(app): State<App>, req: Req, fields: Fields) -> Answer {
    app.command(req, fields, |tx, req, actor, _| {
        actor.demand_any(Action::SystemManage)?;
        if backup::state(tx)?.plan.is_none() {
            return Err((&refusals::NO_BACKUPS).into());
        }
        backup::ask(tx, actor)?;
        Ok(Done::to("/backups", req.lang.t("已安排，几秒后开始备份", "A backup begins within seconds")))
    })
    .await
}

/// A backup that is overdue, for the system administrator.
///
/// # Errors
/// Of the database.
pub fn tasks(tx: &mut ReadTx<'_>, actor: &Actor, lang: Lang) -> Result<Vec<TaskItem>, Error> {
    if !actor.may(Action::SystemManage) || !backup::state(tx)?.late(tx.now().0) {
        return Ok(Vec::new());
    }
    Ok(vec![TaskItem {
        title: lang.t("备份没有按时完成", "Backups are overdue").to_owned(),
        detail: lang
            .t("最近两个周期没有成功的备份。", "There was no good backup for two intervals.")
            .to_owned(),
        href: "/backups".to_owned(),
        action: lang.t("查看", "See").to_owned(),
        due: None,
        count: 1,
    }])
}
