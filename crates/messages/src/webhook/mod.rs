//! Targets of webhooks: other systems, robots of chat groups, gateways for text messages. Each chooses its events; its
//! address (which may hold a token) and its secret are sealed and never shown again.

mod api;
pub mod commands;
pub mod pages;
pub mod refusals;
pub mod rules;
pub mod store;

pub use api::api;

use axum::routing::{get, post};
use kernel::{codes, ids};
use ui::App;

ids! {
    /// A target.
    WebhookId;
}

codes! {
    /// In which shape a target wants what it gets.
    pub enum Shape {
        /// Linli's own JSON, signed in headers.
        Json = "json", "通用 JSON（带签名）", "Plain JSON, signed";
        /// A robot of a DingTalk-like chat group.
        DingTalk = "dingtalk", "群机器人（钉钉式）", "Group robot, DingTalk style";
        /// A robot of a WeCom-like chat group.
        WeCom = "wecom", "群机器人（企业微信式）", "Group robot, WeCom style";
        /// A robot of a Feishu-like chat group.
        Feishu = "feishu", "群机器人（飞书式）", "Group robot, Feishu style";
        /// An SMS gateway that takes a form.
        SmsForm = "sms_form", "短信网关（表单）", "SMS gateway, form";
        /// An SMS gateway that takes JSON.
        SmsJson = "sms_json", "短信网关（JSON）", "SMS gateway, JSON";
    }
}

codes! {
    /// What a target can be told.
    pub enum Event {
        /// Texts to phones: codes, and messages to people who wish them. Holds phone numbers.
        Sms = "sms", "发到手机的短信（含号码）", "Texts to phones (with the number)";
        /// A session will not take place.
        SessionCancelled = "session.cancelled", "场次取消", "Session cancelled";
        /// A session is near (once, a day before).
        SessionNear = "session.near", "场次前一天", "Session of the next day";
        /// A session ended and its roll is open.
        RollOpen = "roll.open", "点名未关闭", "Roll not closed";
        /// Records wait or fall due.
        RecordsDue = "records.due", "记录待确认、将到期、超期", "Records wait, fall due or are overdue";
        /// Only sent by the button "test".
        Test = "test", "测试", "Test";
    }
}

impl Event {
    /// The events one can choose.
    pub const CHOICES: &'static [Self] =
        &[Self::Sms, Self::SessionCancelled, Self::SessionNear, Self::RollOpen, Self::RecordsDue];
}

impl Shape {
    /// Whether it carries texts to phones; robots of groups must never get a number or a code.
    #[must_use]
    pub const fn takes_phones(self) -> bool {
        matches!(self, Self::Json | Self::SmsForm | Self::SmsJson)
    }

    /// Whether it carries anything else.
    #[must_use]
    pub const fn takes_news(self) -> bool {
        !matches!(self, Self::SmsForm | Self::SmsJson)
    }
}

/// Pages of this subject.
pub fn routes() -> axum::Router<App> {
    axum::Router::new()
        .route("/settings/webhooks", get(pages::list).post(pages::add))
        .route("/settings/webhooks/new", get(pages::new))
        .route("/settings/webhooks/{id}", get(pages::edit).post(pages::save))
        .route("/settings/webhooks/{id}/remove", post(pages::remove))
        .route("/settings/webhooks/{id}/test", post(pages::test))
        .route("/settings/webhooks/{id}/on", post(pages::on))
        .route("/settings/webhooks/{id}/off", post(pages::off))
}
