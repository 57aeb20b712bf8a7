//! Which facts become a message. Each is written in the transaction that makes the fact true, so that
//! nobody is told what did not happen.
//!
//! `SignedUp` makes none: whoever signed up sees it on the next page and in the schedule, and that path
//! must stay short.

use db::{Bus, WriteTx};
use kernel::{Error, PersonId};
use service::event::{RecordConfirmed, RecordWithdrawn, SessionCancelled};

use crate::inbox::store::{How, Text, To, message_put, message_send, once_claim};
use crate::setting::rules::urgent_change;
use crate::webhook::Event;
use crate::webhook::store::event_put;

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
    let titles = (format!("活动取消：{title}"), format!("Cancelled: {title}"));
    // The fact is told for each person; other systems hear of it once.
    if once_claim(tx, "hook_cancelled", event.session.0, event.starts_at.0, None)? {
        let payload = serde_json::json!({
            "session": event.session, "starts_at": event.starts_at, "reason": reason,
            "title_zh": titles.0, "title_en": titles.1,
            "text_zh": format!("原定 {at} 的“{title}”不再举行。原因：{reason}"),
            "text_en": format!("“{title}” of {at} will not take place. Reason: {reason}"),
            "href": "/activities",
        });
        event_put(tx, Event::SessionCancelled, &payload.to_string())?;
    }
    let how = How { urgent: urgent_change(tx.now(), event.starts_at), useful_until: Some(event.starts_at) };
    message_send(
        tx,
        To::Person(event.person),
        &Text {
            kind: "session_cancelled",
            title: (&titles.0, &titles.1),
            text: (
                &format!("原定 {at} 的“{title}”不再举行。原因：{reason}。您的报名已自动取消，不用再做什么。"),
                &format!(
                    "“{title}” of {at} will not take place. Reason: {reason}. Your sign-up was cancelled for you; \
                     nothing is left to do."
                ),
            ),
            href: "/activities",
        },
        how,
    )?;
    Ok(())
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
