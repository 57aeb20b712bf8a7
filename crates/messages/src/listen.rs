//! Which facts become a message. Each is written in the transaction that makes the fact true, so that
//! nobody is told what did not happen.
//!
//! `SignedUp` makes none: whoever signed up sees it on the next page and in the schedule, and that path
//! must stay short.

use db::{Bus, WriteTx};
use kernel::{Error, PersonId};
use service::event::{RecordConfirmed, RecordWithdrawn, SessionCancelled};

use crate::inbox::store::{Text, message_put};

/// Listens to the rooms below.
pub fn subscribe(bus: &mut Bus) {
    bus.subscribe(session_cancelled);
    bus.subscribe(record_confirmed);
    bus.subscribe(record_withdrawn);
}

fn put(tx: &mut WriteTx<'_>, to: PersonId, text: &Text<'_>) -> Result<(), Error> {
    message_put(tx, to, text)?;
    Ok(())
}

fn session_cancelled(tx: &mut WriteTx<'_>, event: &SessionCancelled) -> Result<(), Error> {
    let (title, reason, at) = (&event.title, &event.reason, event.starts_at.text());
    put(
        tx,
        event.person,
        &Text {
            kind: "session_cancelled",
            title: (&format!("活动取消：{title}"), &format!("Cancelled: {title}")),
            text: (
                &format!("原定 {at} 的“{title}”不再举行。原因：{reason}。您的报名已自动取消，不用再做什么。"),
                &format!(
                    "“{title}” of {at} will not take place. Reason: {reason}. Your sign-up was cancelled for you; \
                     nothing is left to do."
                ),
            ),
            href: "/activities",
        },
    )
}

fn record_confirmed(tx: &mut WriteTx<'_>, event: &RecordConfirmed) -> Result<(), Error> {
    let title = &event.title;
    let zh = event.minutes.words(kernel::Lang::Zh);
    let en = event.minutes.words(kernel::Lang::En);
    put(
        tx,
        event.person,
        &Text {
            kind: "record_confirmed",
            title: (&format!("已计入 {zh}：{title}"), &format!("{en} counted: {title}")),
            text: (
                &format!("您在“{title}”的服务已由站点确认，计入 {zh}。谢谢您！"),
                &format!("The station has confirmed your service in “{title}”: {en} count. Thank you!"),
            ),
            href: "/me",
        },
    )
}

fn record_withdrawn(tx: &mut WriteTx<'_>, event: &RecordWithdrawn) -> Result<(), Error> {
    let (title, reason) = (&event.title, &event.reason);
    let zh = event.minutes.words(kernel::Lang::Zh);
    let en = event.minutes.words(kernel::Lang::En);
    put(
        tx,
        event.person,
        &Text {
            kind: "record_withdrawn",
            title: (&format!("未计入：{title}"), &format!("Not counted: {title}")),
            text: (
                &format!("“{title}”的 {zh} 没有计入。原因：{reason}。如有不同意见，请联系带队的队长或站点。"),
                &format!(
                    "The {en} of “{title}” do not count. Reason: {reason}. If you disagree, talk to the team leader \
                     or the station."
                ),
            ),
            href: "/me",
        },
    )
}
