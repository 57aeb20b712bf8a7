//! One's message settings for programs.

use axum::http::Method;
use db::{ReadTx, WriteTx};
use kernel::{Actor, Error};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ui::App;
use ui::api::{ACCEPTED, Accepted, Api, Call, doc};

use super::pages::{read, time};
use super::{Category, store};

/// Operations of this subject.
#[must_use]
pub fn api() -> Api {
    Api::new()
        .get(
            "/api/v1/message-settings",
            doc(
                "showMessageSettings",
                "Which kinds of messages leave the caller's inbox on which way, quiet hours and the daily digest.",
                "本人的消息设置：各类消息的发送方式、免打扰时段和每日合并。",
            ),
            show,
        )
        .command(
            Method::PUT,
            "/api/v1/message-settings",
            doc(
                "changeMessageSettings",
                "Replaces the caller's message settings; the inbox always has everything.",
                "修改本人的消息设置；站内消息始终完整。",
            ),
            save,
        )
}

/// What somebody wishes for their messages.
#[derive(Serialize, JsonSchema)]
struct MessageSettings {
    /// Kinds that are mailed, once an address is confirmed.
    mail: Vec<Category>,
    /// Kinds that are texted.
    sms: Vec<Category>,
    /// Kinds that are shown on devices.
    push: Vec<Category>,
    /// Begin of the quiet hours, `21:00`.
    quiet_from: String,
    /// Their end; the same as the begin: none.
    quiet_to: String,
    /// One mail a day instead of one for each message.
    digest: bool,
    /// The mail address, masked; null when there is none.
    mail_masked: Option<String>,
    mail_confirmed: bool,
}

fn show(_: &App, tx: &mut ReadTx<'_>, actor: &Actor, _: &Call) -> Result<MessageSettings, Error> {
    let account = actor.account()?;
    let wish = store::wish(tx, account)?;
    let mail = store::mail(tx, account)?.filter(|mail| !mail.masked.is_empty());
    Ok(MessageSettings {
        mail: wish.mail,
        sms: wish.sms,
        push: wish.push,
        quiet_from: time(wish.quiet.from),
        quiet_to: time(wish.quiet.to),
        digest: wish.digest,
        mail_confirmed: mail.as_ref().is_some_and(|mail| mail.confirmed_at.is_some()),
        mail_masked: mail.map(|mail| mail.masked),
    })
}

/// What one wishes for one's messages.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct MessageWish {
    /// Kinds that are mailed.
    mail: Vec<Category>,
    /// Kinds that are texted.
    sms: Vec<Category>,
    /// Kinds that are shown on devices.
    push: Vec<Category>,
    /// Begin of the quiet hours, `21:00`.
    #[schemars(length(max = 10))]
    quiet_from: String,
    /// Their end; the same as the begin: none.
    #[schemars(length(max = 10))]
    quiet_to: String,
    /// One mail a day instead of one for each message.
    digest: bool,
}

fn save(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<(), (), MessageWish>,
) -> Result<Accepted, Error> {
    let account = actor.account()?;
    store::wish_put(tx, account, &read(&call.fields())?)?;
    Ok(ACCEPTED)
}
