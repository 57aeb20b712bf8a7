//! Messages about what a session left: answers about pictures and about volunteers' own words.

use db::{Bus, WriteTx};
use kernel::Error;
use service::event::{PhotoAnswered, ReflectionDecided};

use crate::inbox::store::Text;
use crate::listen::put;

/// Listens to the room of service.
pub fn subscribe(bus: &mut Bus) {
    bus.subscribe(photo_answered);
    bus.subscribe(reflection_decided);
}

fn photo_answered(tx: &mut WriteTx<'_>, event: &PhotoAnswered) -> Result<(), Error> {
    let (title, reply) = (&event.title, &event.reply);
    let (head, zh, en) = if event.agreed {
        (
            (format!("照片已下架：{title}"), format!("The photo is down: {title}")),
            format!("您请求下架的“{title}”的照片已下架，不再显示。"),
            format!("The photo of “{title}” that you asked about was taken down and is not shown any more."),
        )
    } else {
        (
            (format!("照片保留：{title}"), format!("The photo stays: {title}")),
            format!(
                "队长看过您关于“{title}”照片的请求，照片保留，理由：{reply}。有不同意见请联系站点或市办。"
            ),
            format!(
                "The leader read what you asked about a photo of “{title}”; it stays: {reply}. If you disagree, ask \
                 your station or the city office."
            ),
        )
    };
    let text = Text {
        kind: "photo_answered",
        title: (&head.0, &head.1),
        text: (&zh, &en),
        href: &format!("/activities/{}", event.activity),
    };
    put(tx, event.person, &text)
}

fn reflection_decided(tx: &mut WriteTx<'_>, event: &ReflectionDecided) -> Result<(), Error> {
    let (title, reply) = (&event.title, &event.reply);
    let (head, zh, en, href) = if event.approved {
        (
            (format!("感想已公开：{title}"), format!("Your words are shown: {title}")),
            format!("您写的“{title}”的感想已公开在活动页，谢谢您。随时可以撤回。"),
            format!(
                "What you wrote about “{title}” stands on its page now; thank you. Take it back at any time."
            ),
            format!("/activities/{}", event.activity),
        )
    } else {
        (
            (format!("感想请修改：{title}"), format!("Please change your words: {title}")),
            format!("队长看了您写的“{title}”的感想，请修改后再交：{reply}"),
            format!(
                "The leader read what you wrote about “{title}”; please change it and send it again: {reply}"
            ),
            format!("/sessions/{}/reflection", event.session),
        )
    };
    let text = Text { kind: "reflection_decided", title: (&head.0, &head.1), text: (&zh, &en), href: &href };
    put(tx, event.person, &text)
}
