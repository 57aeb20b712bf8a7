//! The record of deliveries, for the system administrator: what became of each, without texts, names or full numbers
//! (X5).

use askama::Template;
use axum::extract::{Path, Query, State};
use kernel::error::common;
use kernel::page::{PAGE_ROWS, Page};
use kernel::{Action, Error, Lang};
use ui::list::{Desk, List};
use ui::{Answer, App, Done, Fields, Req, Shell, answer, sheet};

use super::store::{self, Line};
use super::{DeliveryId, DeliveryState, MAIL_CONFIRM};
use crate::setting::{Category, Channel};
use crate::webhook::{Event, WebhookId};

/// The list of deliveries.
pub static LIST: List = List {
    path: "/messages/delivery",
    name: ("投递记录", "Deliveries"),
    filters: &["state", "channel"],
    columns: &[],
};

/// What the address asks for.
#[derive(Debug, Clone, Default, serde::Deserialize)]
#[serde(default)]
pub struct Asked {
    state: String,
    channel: String,
    after: String,
    format: String,
}

struct View {
    id: DeliveryId,
    channel: &'static str,
    topic: String,
    to: String,
    state: &'static str,
    attempts: i64,
    at: String,
    then: String,
    error: String,
    can_resend: bool,
}

#[derive(Template)]
#[template(path = "delivery/list.html")]
struct ListPage {
    shell: Shell,
    desk: Box<Desk>,
    lines: Vec<View>,
    next: Option<String>,
    export: String,
    states: Vec<(&'static str, &'static str, bool)>,
    channels: Vec<(&'static str, &'static str, bool)>,
    filtered: bool,
}

/// What something on its way is about, in words.
pub(super) fn topic_name(topic: &str, lang: Lang) -> String {
    if topic == MAIL_CONFIRM {
        return lang.t("确认邮箱", "Confirming an address").to_owned();
    }
    if topic == crate::push::TEST {
        return lang.t("测试通知", "Test notification").to_owned();
    }
    if topic == "digest" {
        return lang.t("合并邮件", "Digest").to_owned();
    }
    if let Some(event) = Event::from_code(topic) {
        return event.name(lang).to_owned();
    }
    // The kind alone would tell more about a person than its category does.
    Category::of(topic).name(lang).to_owned()
}

fn view(lang: Lang, one: Line) -> View {
    let target = match (one.target_name, one.channel, one.target) {
        (Some(name), ..) => name,
        (None, Channel::Mail | Channel::Push, _) => String::new(),
        (None, _, WebhookId(0)) => lang.t("配置的 webhook", "the configured webhook").to_owned(),
        (None, _, id) => format!("#{id}"),
    };
    let gap = if one.masked.is_empty() || target.is_empty() { "" } else { " · " };
    View {
        id: one.id,
        channel: one.channel.name(lang),
        topic: topic_name(&one.topic, lang),
        to: format!("{}{gap}{target}", one.masked),
        state: one.state.name(lang),
        attempts: one.attempts,
        at: one.created_at.text(),
        then: match one.state {
            DeliveryState::Queued | DeliveryState::Failed => {
                lang.f("系统 {} 发送", "the system sends it {}", &[&one.due_at.text()])
            }
            DeliveryState::Sent => {
                lang.f("{}，不用再处理", "{}, nothing is left to do", &[&one.ended_at.text()])
            }
            _ => one.ended_at.text(),
        },
        error: one.last_error,
        can_resend: matches!(
            one.state,
            DeliveryState::GivenUp | DeliveryState::Lapsed | DeliveryState::Failed
        ),
    }
}

/// `GET /messages/delivery`.
pub async fn list(State(app): State<App>, req: Req, Query(asked): Query<Asked>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        actor.demand_any(Action::HookManage)?;
        let desk = match people::view::desk(&a, tx, req, actor, &LIST)? {
            Ok(desk) => desk,
            Err(elsewhere) => return Ok(elsewhere),
        };
        let lang = req.lang;
        let filter = store::Filter {
            state: DeliveryState::from_code(&asked.state),
            channel: Channel::from_code(&asked.channel),
            before: asked.after.parse().ok(),
        };
        let export = asked.format == "xlsx";
        let rows = store::list(tx, &filter, if export { 10_000 } else { PAGE_ROWS + 1 })?;
        let title = lang.t("投递记录", "Deliveries");
        if export {
            let heads = [
                lang.t("时间", "Time"),
                lang.t("方式", "Way"),
                lang.t("内容", "What"),
                lang.t("去向", "To"),
                lang.t("状态", "State"),
                lang.t("次数", "Tries"),
                lang.t("原因", "Reason"),
            ];
            let cells: Vec<Vec<sheet::Cell>> = rows
                .into_iter()
                .map(|one| {
                    let v = view(lang, one);
                    vec![
                        v.at.into(),
                        v.channel.into(),
                        v.topic.into(),
                        v.to.into(),
                        v.state.into(),
                        v.attempts.into(),
                        v.error.into(),
                    ]
                })
                .collect();
            let note = lang.f("{} 于 {} 导出", "exported by {} at {}", &[&actor.name, &tx.now().text()]);
            return sheet::answer(title, &note, &heads, &cells);
        }
        let page = Page::cut(rows, usize::try_from(PAGE_ROWS).unwrap_or(20), |one| one.id.to_string());
        let states = DeliveryState::ALL.iter().map(|s| (s.code(), s.name(lang), filter.state == Some(*s)));
        let channels = Channel::ALL.iter().map(|c| (c.code(), c.name(lang), filter.channel == Some(*c)));
        answer::html(
            &a,
            req,
            &ListPage {
                shell: a.shell(req, actor, title),
                desk,
                next: page.next.map(|cursor| req.with_query("after", &cursor)),
                export: req.with_query("format", "xlsx"),
                states: states.collect(),
                channels: channels.collect(),
                filtered: filter.state.is_some() || filter.channel.is_some(),
                lines: page.rows.into_iter().map(|one| view(lang, one)).collect(),
            },
        )
    })
    .await
}

/// `POST /messages/delivery/{id}/resend`.
pub async fn resend(State(app): State<App>, req: Req, Path(id): Path<String>, fields: Fields) -> Answer {
    app.command(req, fields, move |tx, req, actor, _| {
        actor.demand_any(Action::HookManage)?;
        super::resend(tx, actor, id.parse().map_err(|_| Error::from(&common::NOT_FOUND))?)?;
        Ok(Done::to("/messages/delivery", req.lang.t("已重新排队", "Queued again")))
    })
    .await
}
