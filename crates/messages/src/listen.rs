//! Which facts become a message. Each is written in the transaction that makes the fact true, so that
//! nobody is told what did not happen.
//!
//! `SignedUp` makes none: whoever signed up sees it on the next page and in the schedule, and that path
//! must stay short.

use db::{Bus, WriteTx};
use kernel::{Error, Lang, PersonId, Timestamp};
use people::chosen::Written;
use people::guardian::{AccessEnds, Guard, GuardChanged, GuardianAsked};
use people::member_card::{CardMoved, CardState};
use people::org::{MemberState, MembershipAnswered};
use people::person::PhoneChanged;
use people::qualification::{QualificationMoved, QualificationState};
use people::report_in::ReportMoved;
use people::rights::RightsAnswered;
use people::transfer::TransferMoved;
use service::event::{
    CalledBack, GroupLeaderGone, GroupLeaderNamed, InsuranceMissing, MeetingChanged, OfferLapsed,
    PastHoursCounted, PlaceOffered, PlanAnswered, RecordConfirmed, RecordWithdrawn, ReviewAnswered,
    SessionCancelled, SessionChanged, TripRoleGiven, WaitOver,
};
use service::unit::{ServeAnswered, UnitAnswered};

use crate::inbox::store::{How, Text, To, message_put, message_send, once_claim};
use crate::setting::rules::urgent_change;
use crate::webhook::Event;
use crate::webhook::store::event_put;

/// Listens to the rooms below.
pub fn subscribe(bus: &mut Bus) {
    crate::entry::subscribe(bus);
    crate::erased::subscribe(bus);
    crate::left::subscribe(bus);
    crate::merge::subscribe(bus);
    crate::push::subscribe(bus);
    bus.subscribe(session_cancelled);
    bus.subscribe(place_offered);
    bus.subscribe(offer_lapsed);
    bus.subscribe(wait_over);
    bus.subscribe(session_changed);
    bus.subscribe(meeting_changed);
    bus.subscribe(trip_role_given);
    bus.subscribe(group_leader_named);
    bus.subscribe(group_leader_gone);
    bus.subscribe(insurance_missing);
    bus.subscribe(review_answered);
    bus.subscribe(plan_answered);
    bus.subscribe(record_confirmed);
    bus.subscribe(record_withdrawn);
    bus.subscribe(past_hours_counted);
    bus.subscribe(called_back);
    bus.subscribe(written);
    bus.subscribe(guardian_asked);
    bus.subscribe(guard_changed);
    bus.subscribe(access_ends);
    bus.subscribe(transfer_moved);
    bus.subscribe(membership_answered);
    bus.subscribe(phone_changed);
    bus.subscribe(report_moved);
    bus.subscribe(qualification_moved);
    bus.subscribe(card_moved);
    bus.subscribe(rights_answered);
    bus.subscribe(unit_answered);
    bus.subscribe(serve_answered);
}

pub(crate) fn put(tx: &mut WriteTx<'_>, to: PersonId, text: &Text<'_>) -> Result<(), Error> {
    message_put(tx, to, text)?;
    Ok(())
}

/// As [`put`], for what concerns a session: shortly before its start it rings at night too (Fix-28), and outside the
/// inbox it is of no use later. `times`: what begins, until when it is of use.
fn put_soon(
    tx: &mut WriteTx<'_>,
    to: PersonId,
    times: (Timestamp, Timestamp),
    text: &Text<'_>,
) -> Result<(), Error> {
    let how = How { urgent: urgent_change(tx.now(), times.0), useful_until: Some(times.1) };
    message_send(tx, To::Person(to), text, how)?;
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
    put_soon(
        tx,
        event.person,
        (event.starts_at, event.starts_at),
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
    )
}

fn place_offered(tx: &mut WriteTx<'_>, event: &PlaceOffered) -> Result<(), Error> {
    let (title, at, until) = (&event.title, event.starts_at.text(), event.respond_by.text());
    put_soon(
        tx,
        event.person,
        (event.starts_at, event.respond_by),
        &Text {
            kind: "place_offered",
            title: (&format!("候补到名额：{title}"), &format!("A place for you: {title}")),
            text: (
                &format!(
                    "{at} 的“{title}”空出一个名额，为您保留到 {until}。请在“我的安排”里确认；过时让给下一位。"
                ),
                &format!(
                    "A place in “{title}” of {at} is held for you until {until}. Confirm it in “My schedule”; after \
                     that it goes to the next."
                ),
            ),
            href: "/schedule",
        },
    )
}

fn offer_lapsed(tx: &mut WriteTx<'_>, event: &OfferLapsed) -> Result<(), Error> {
    let (title, at) = (&event.title, event.starts_at.text());
    put(
        tx,
        event.person,
        &Text {
            kind: "offer_lapsed",
            title: (&format!("名额已让出：{title}"), &format!("The place went on: {title}")),
            text: (
                &format!(
                    "为您保留的 {at}“{title}”的名额没有按时确认，已让给下一位。还想参加的话，可以再次加入候补。"
                ),
                &format!(
                    "The place held for you in “{title}” of {at} was not confirmed in time and went to the next. You \
                     can join the waiting list again."
                ),
            ),
            href: "/sessions",
        },
    )
}

fn wait_over(tx: &mut WriteTx<'_>, event: &WaitOver) -> Result<(), Error> {
    let (title, reason, at) = (&event.title, &event.reason, event.starts_at.text());
    put_soon(
        tx,
        event.person,
        (event.starts_at, event.starts_at),
        &Text {
            kind: "wait_over",
            title: (&format!("活动取消：{title}"), &format!("Cancelled: {title}")),
            text: (
                &format!("您候补的 {at}“{title}”不再举行。原因：{reason}。候补已结束，不用再做什么。"),
                &format!(
                    "“{title}” of {at}, which you waited for, will not take place. Reason: {reason}. Nothing is left \
                     to do."
                ),
            ),
            href: "/sessions",
        },
    )
}

/// `2026-11-28 09:00–11:00`, with the date of the end when it is another.
fn span((start, end): (Timestamp, Timestamp)) -> String {
    if start.date() == end.date() {
        format!("{}–{}", start.text(), end.clock_text())
    } else {
        format!("{} – {}", start.text(), end.text())
    }
}

fn session_changed(tx: &mut WriteTx<'_>, event: &SessionChanged) -> Result<(), Error> {
    let title = &event.title;
    let (mut zh, mut en) = (String::new(), String::new());
    if event.old != event.new {
        let (old, new) = (span(event.old), span(event.new));
        zh.push_str(&format!("时间：原 {old}，改为 {new}。"));
        en.push_str(&format!("Time: {old} → {new}. "));
    }
    if event.old_place != event.new_place {
        let (old, new) = (&event.old_place, &event.new_place);
        zh.push_str(&format!("地点：原 {old}，改为 {new}。"));
        en.push_str(&format!("Place: {old} → {new}. "));
    }
    if event.exact_changed {
        zh.push_str("详细地点有变，请到活动页查看。");
        en.push_str("The exact place is another; see the activity's page. ");
    }
    if !event.reason.is_empty() {
        zh.push_str(&format!("原因：{}。", event.reason));
        en.push_str(&format!("Reason: {}. ", event.reason));
    }
    for (other, start, end) in &event.clashes {
        let when = span((*start, *end));
        zh.push_str(&format!("注意：与您报名的“{other}”（{when}）时间重叠，请退掉其中一个。"));
        en.push_str(&format!(
            "Note: it overlaps “{other}” ({when}), which you signed up for; give one back. "
        ));
    }
    if event.holds {
        zh.push_str("能来就不用做什么；来不了请点“查看”，一键让出名额。");
        en.push_str(
            "If you can come, nothing is left to do; if not, press “Open” and give the place back with one tap.",
        );
    } else {
        zh.push_str("您还在候补或等候答复，不用做什么；时间不合适可以在“我的安排”里退出。");
        en.push_str("You wait for a place and need do nothing; if it does not suit you any more, leave the list in “My schedule”.");
    }
    put_soon(
        tx,
        event.person,
        (event.old.0.min(event.new.0), event.new.1),
        &Text {
            kind: "session_changed",
            title: (&format!("活动有变：{title}"), &format!("Changed: {title}")),
            text: (&zh, &en),
            href: &if event.holds {
                format!("/sessions/{}/changed", event.session)
            } else {
                "/schedule".to_owned()
            },
        },
    )
}

fn meeting_changed(tx: &mut WriteTx<'_>, event: &MeetingChanged) -> Result<(), Error> {
    let (title, start, at, place) =
        (&event.title, event.starts_at.text(), event.meet_at.text(), &event.meet_place);
    let mut zh = format!("{start} 的“{title}”先集合、一起出发：{at}，{place}。");
    let mut en = format!("For “{title}” of {start} people meet first and go together: {at}, {place}. ");
    for (text, name_zh, name_en) in [(&event.wear, "穿着", "Wear"), (&event.bring, "携带", "Bring")] {
        if !text.is_empty() {
            zh.push_str(&format!("{name_zh}：{text}。"));
            en.push_str(&format!("{name_en}: {text}. "));
        }
    }
    zh.push_str("来不了请尽早取消报名。");
    en.push_str("If you cannot come, give your place back early.");
    put_soon(
        tx,
        event.person,
        (event.meet_at, event.starts_at),
        &Text {
            kind: "session_meeting",
            title: (&format!("集合时间地点：{title}"), &format!("Where to meet: {title}")),
            text: (&zh, &en),
            href: &format!("/activities/{}", event.activity),
        },
    )
}

fn trip_role_given(tx: &mut WriteTx<'_>, event: &TripRoleGiven) -> Result<(), Error> {
    let (title, at, (zh, en)) = (&event.title, event.meet_at.text(), event.role);
    put(
        tx,
        event.person,
        &Text {
            kind: "session_role",
            title: (&format!("请您负责{zh}：{title}"), &format!("You look after {en}: {title}")),
            text: (
                &format!("“{title}”这次外出请您负责{zh}，{at} 集合。不方便请告诉队长。"),
                &format!(
                    "On the way of “{title}” you look after: {en}. People meet at {at}. Tell the leader if you cannot."
                ),
            ),
            href: "/schedule",
        },
    )
}

/// A volunteer is told what they may do, until when, and where; who does it no more is told, too.
fn group_leader_named(tx: &mut WriteTx<'_>, event: &GroupLeaderNamed) -> Result<(), Error> {
    let (title, at, (zh, en)) = (&event.title, event.starts_at.text(), &event.group);
    if !event.given {
        return put(
            tx,
            event.person,
            &Text {
                kind: "session_role",
                title: (&format!("不再担任{zh}组长：{title}"), &format!("You no longer lead {en}: {title}")),
                text: (
                    &format!("您不再带{at}“{title}”的{zh}，您的报名不变。"),
                    &format!("You no longer lead {en} of “{title}” ({at}); your place stays."),
                ),
                href: "/schedule",
            },
        );
    }
    let place = &event.place;
    let (meet_zh, meet_en) = if place.is_empty() {
        (String::new(), String::new())
    } else {
        (format!("集合地点：{place}。"), format!(" It meets at {place}."))
    };
    put(
        tx,
        event.person,
        &Text {
            kind: "session_role",
            title: (&format!("请您担任{zh}组长：{title}"), &format!("You lead {en}: {title}")),
            text: (
                &format!(
                    "{at}“{title}”请您带{zh}。{meet_zh}活动进行时您可以给本组点名，组员会看到您的姓名。不方便请告诉队长。"
                ),
                &format!(
                    "You lead {en} of “{title}” ({at}).{meet_en} While it runs you call the roll of the group; its people see your name. Tell the leader if you cannot."
                ),
            ),
            href: &format!("/sessions/{}/group", event.session),
        },
    )
}

/// Whoever leads the activity acts next.
fn group_leader_gone(tx: &mut WriteTx<'_>, event: &GroupLeaderGone) -> Result<(), Error> {
    let (name, title, at, (zh, en)) = (&event.name, &event.title, event.starts_at.text(), &event.called);
    put(
        tx,
        event.told,
        &Text {
            kind: "session_role",
            title: (&format!("{zh}没有组长了：{title}"), &format!("{en} lost its leader: {title}")),
            text: (
                &format!("{zh}组长{name}取消了 {at}“{title}”的报名。请在开始前另定组长；没定之前由您点名。"),
                &format!(
                    "{name}, who led {en}, gave back the place in “{title}” of {at}. Choose another leader before it starts; until then the roll of the group is yours."
                ),
            ),
            href: &format!("/session-groups/{}", event.group),
        },
    )
}

fn insurance_missing(tx: &mut WriteTx<'_>, event: &InsuranceMissing) -> Result<(), Error> {
    let (title, at) = (&event.title, event.starts_at.text());
    message_send(
        tx,
        To::Person(event.told),
        &Text {
            kind: "task_insurance",
            title: (&format!("请登记保险：{title}"), &format!("Record insurance: {title}")),
            text: (
                &format!("{at} 的“{title}”有危险，还没有保险。请在开始前登记或选用保单，否则到时不能签到。"),
                &format!(
                    "“{title}” of {at} bears a hazard and nothing covers it. Record or choose a policy before it starts, or nobody can check in."
                ),
            ),
            href: &format!("/activities/{}/insurance", event.activity),
        },
        How { urgent: false, useful_until: Some(event.starts_at) },
    )?;
    Ok(())
}

fn review_answered(tx: &mut WriteTx<'_>, event: &ReviewAnswered) -> Result<(), Error> {
    let title = &event.title;
    let Some((reason, note)) = &event.returned else {
        return put(
            tx,
            event.person,
            &Text {
                kind: "review_approved",
                title: (&format!("审核通过，已发布：{title}"), &format!("Approved and public: {title}")),
                text: (
                    "把链接发到群里，大家点开就能报名。",
                    "Send the link to your group; one tap signs up.",
                ),
                href: &format!("/activities/{}", event.activity),
            },
        );
    };
    let (zh, en) = (reason.name(kernel::Lang::Zh), reason.name(kernel::Lang::En));
    put(
        tx,
        event.person,
        &Text {
            kind: "task_review",
            title: (&format!("活动被退回：{title}"), &format!("Returned: {title}")),
            text: (
                &format!("原因：{zh}。{note} 请修改后再次提交。"),
                &format!("Reason: {en}. {note} Change it and hand it in again."),
            ),
            href: &format!("/activities/{}/publish", event.activity),
        },
    )
}

fn plan_answered(tx: &mut WriteTx<'_>, event: &PlanAnswered) -> Result<(), Error> {
    let (team, year, note) = (&event.team, event.year, &event.note);
    let href = &format!("/plans/{}", event.plan);
    let text = if event.approved {
        &Text {
            kind: "plan_approved",
            title: (&format!("年度计划已通过：{team} {year}"), &format!("Plan approved: {team}, {year}")),
            text: (
                &format!("{note} 每个月过后，请说明各项完成、推迟或取消。"),
                &format!("{note} After each month, say what was done, moved or dropped."),
            ),
            href,
        }
    } else {
        &Text {
            kind: "task_plan",
            title: (&format!("年度计划被退回：{team} {year}"), &format!("Plan returned: {team}, {year}")),
            text: (&format!("{note} 请修改后再次提交。"), &format!("{note} Change it and hand it in again.")),
            href,
        }
    };
    put(tx, event.person, text)
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

fn past_hours_counted(tx: &mut WriteTx<'_>, event: &PastHoursCounted) -> Result<(), Error> {
    let (lines, source) = (event.lines, &event.source);
    let zh = event.minutes.words(kernel::Lang::Zh);
    let en = event.minutes.words(kernel::Lang::En);
    put(
        tx,
        event.person,
        &Text {
            kind: "past_hours",
            title: (&format!("已计入过去的服务 {zh}"), &format!("{en} of past service counted")),
            text: (
                &format!(
                    "“{source}”里您的 {lines} 次服务（{zh}）已转入，与现在的时长合并计算。请在“我的时长”核对；不是您的，打开那一条点“不是我的”。"
                ),
                &format!(
                    "Your {lines} services in “{source}” ({en}) came over and count together with those of today. Check                      them under “My hours”; open one that is not yours and say so."
                ),
            ),
            href: "/me/hours",
        },
    )
}

fn called_back(tx: &mut WriteTx<'_>, event: &CalledBack) -> Result<(), Error> {
    let (unit, by, text) = (&event.unit, &event.by, &event.text);
    put(
        tx,
        event.person,
        &Text {
            kind: "remind_call_back",
            title: (&format!("{unit}想念您"), &format!("{unit} misses you")),
            text: (
                &format!(
                    "{text}（{by}）可以在“我能报的”里看看最近的场次；不想收到提醒，可在消息设置里关闭。"
                ),
                &format!(
                    "{text} ({by}) See the next sessions under “I can take”; reminders can be switched off in the \
                     message settings."
                ),
            ),
            href: "/sessions",
        },
    )
}

fn written(tx: &mut WriteTx<'_>, event: &Written) -> Result<(), Error> {
    let (by, text) = (&event.by, &event.text);
    put(
        tx,
        event.person,
        &Text {
            kind: "letter",
            title: (&format!("{by}给您的消息"), &format!("A message from {by}")),
            text: (&format!("{text}（{by}）"), &format!("{text} ({by})")),
            href: "/inbox",
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

fn guardian_asked(tx: &mut WriteTx<'_>, event: &GuardianAsked) -> Result<(), Error> {
    let (minor, until) = (&event.minor, event.respond_by.text());
    put(
        tx,
        event.guardian,
        &Text {
            kind: "guardian_asked",
            title: (&format!("请您作为监护人答复：{minor}"), &format!("Your answer as guardian: {minor}")),
            text: (
                &format!(
                    "{minor} 想做志愿者，填写您为监护人。请在 {until} 前看告知后同意或不同意；逾期登记信息会删除。"
                ),
                &format!(
                    "{minor} wants to volunteer and names you as guardian. Read the notice and answer by {until}; \
                     without an answer the registration is erased."
                ),
            ),
            href: "/family",
        },
    )
}

fn guard_changed(tx: &mut WriteTx<'_>, event: &GuardChanged) -> Result<(), Error> {
    let guardian = &event.guardian;
    let (zh, en, href) = match event.now {
        Guard::Given => (
            format!("{guardian} 已同意，您可以报名了。"),
            format!("{guardian} agreed; you can sign up now."),
            "/sessions",
        ),
        Guard::Refused => (
            format!("{guardian} 没有同意。可以商量后在“我的”里再请一次。"),
            format!("{guardian} declined. Talk about it; you can ask again under “Me”."),
            "/me/guardian",
        ),
        Guard::Withdrawn => (
            format!("{guardian} 撤回了同意。以后的报名已取消，已有的时长保留；监护人可以随时再同意。"),
            format!(
                "{guardian} withdrew. Places ahead are given back, your hours stay; they can agree again any time."
            ),
            "/me/guardian",
        ),
        Guard::None | Guard::Asked | Guard::OwnWork => (
            format!("{guardian} 没有在期限内答复，请在“我的”里再请一次；一直没有答复，登记信息会删除。"),
            format!(
                "{guardian} did not answer in time. Ask again under “Me”; otherwise the registration is erased."
            ),
            "/me/guardian",
        ),
    };
    put(
        tx,
        event.minor,
        &Text {
            kind: "guard_changed",
            title: ("监护人的答复", "Your guardian's answer"),
            text: (&zh, &en),
            href,
        },
    )
}

fn access_ends(tx: &mut WriteTx<'_>, event: &AccessEnds) -> Result<(), Error> {
    let on = event.on;
    put(
        tx,
        event.minor,
        &Text {
            kind: "guardian_ends",
            title: ("监护人的权限将结束", "Your guardian's access will end"),
            text: (
                &format!(
                    "您将在 {on} 满 18 周岁。从那天零时起，监护人不再能查看或取消您的报名，您自己决定；不用做什么。"
                ),
                &format!(
                    "You come of age on {on}. From then on your guardian can no longer see your sign-ups or give places \
                     back; you decide alone. Nothing is left to do."
                ),
            ),
            href: "/me/consents",
        },
    )
}

fn report_moved(tx: &mut WriteTx<'_>, event: &ReportMoved) -> Result<(), Error> {
    use people::report_in::ReportStage;
    let (unit, community) = (&event.unit, &event.community);
    let (zh, en) = (event.stage.name(kernel::Lang::Zh), event.stage.name(kernel::Lang::En));
    let why = if event.note.is_empty() { String::new() } else { format!("（{}）", event.note) };
    let texts = match event.stage {
        ReportStage::Waiting => (
            format!("“{unit}”把您列入了报到名单。是否报到、以什么身份，由您自己决定。"),
            format!("“{unit}” put you on its list. Whether you report in, and as what, is for you to say."),
        ),
        ReportStage::Asked => (
            format!("您搬了家：原社区的报到已结束，已请“{community}”确认；时长不变。"),
            format!("You moved: your old community is over and “{community}” was asked. Your hours stay."),
        ),
        ReportStage::Choose if community.is_empty() => (
            format!("您搬了家：原社区的报到已结束，请为“{unit}”的报到另选社区；时长不变。"),
            format!(
                "You moved: your old community is over. Choose another one for “{unit}”. Your hours stay."
            ),
        ),
        ReportStage::Choose => (
            format!("“{community}”没有确认您的报到{why}，请另选社区。"),
            format!("“{community}” did not confirm that you report in {why}. Choose another community."),
        ),
        _ => {
            (format!("“{community}”确认了您的报到。"), format!("“{community}” confirmed that you report in."))
        }
    };
    put(
        tx,
        event.person,
        &Text {
            kind: "report_in",
            title: (&format!("报到：{zh}"), &format!("Reporting in: {en}")),
            text: (&texts.0, &texts.1),
            href: "/me/report-in",
        },
    )
}

fn qualification_moved(tx: &mut WriteTx<'_>, event: &QualificationMoved) -> Result<(), Error> {
    let ((zh, en), reason) = (&event.kind, &event.reason);
    let (until_zh, until_en) = match event.until {
        Some(until) => (format!("有效至 {until}。"), format!("It counts until {until}.")),
        None => ("长期有效。".to_owned(), "It does not end.".to_owned()),
    };
    let (title, text) = match event.state {
        QualificationState::Confirmed => (
            (format!("资格已核对：{zh}"), format!("Confirmed: {en}")),
            (
                format!("您的“{zh}”已核对，可以报名需要它的活动。{until_zh}到期前 30 天会提醒您。"),
                format!(
                    "Your “{en}” was confirmed; you may sign up where it is asked for. {until_en} You are reminded thirty days before."
                ),
            ),
        ),
        QualificationState::Revoked => (
            (format!("资格已撤销：{zh}"), format!("Revoked: {en}")),
            (
                format!(
                    "您的“{zh}”不再有效。原因：{reason}。已报名的、需要它的活动请联系队长；有异议请联系社区。"
                ),
                format!(
                    "Your “{en}” counts no more. Reason: {reason}. Talk to the leader of what you signed up for with it; if this is wrong, ask your community."
                ),
            ),
        ),
        _ => (
            (format!("资格没有通过：{zh}"), format!("Not confirmed: {en}")),
            (
                format!("您提交的“{zh}”没有通过。原因：{reason}。补齐后可以重新提交。"),
                format!("Your “{en}” was not confirmed. Reason: {reason}. You may hand it in again."),
            ),
        ),
    };
    put(
        tx,
        event.person,
        &Text {
            kind: "qualification",
            title: (&title.0, &title.1),
            text: (&text.0, &text.1),
            href: "/me/qualifications",
        },
    )
}

fn card_moved(tx: &mut WriteTx<'_>, event: &CardMoved) -> Result<(), Error> {
    let (title, text) = match event.state {
        CardState::Issued | CardState::Printed => (
            ("会员卡已登记发放给您", "Your member card was handed out"),
            (
                "登记为已发放给您。没有收到的，请立即联系社区站点或队长，或在“我的会员卡”挂失。",
                "The register says that you have it. If you do not, tell your station or leader at once, or report it lost under “My member card”.",
            ),
        ),
        CardState::Replaced => (
            ("您的会员卡已更换", "Your member card was replaced"),
            (
                "旧卡和旧截图已失效，手机上已是新码，可照常签到；新卡打印后会发给您。",
                "The old card and pictures of it are dead; the code on your phone is new and works. The new card will be handed to you.",
            ),
        ),
        CardState::Lost | CardState::Void => (
            ("您的会员卡已失效", "Your member card is dead"),
            (
                "工作人员已将它挂失或作废，旧码不能再用。手机上已是新码，可照常签到；要新的卡或有疑问，请联系社区站点或队长。",
                "Staff noted it as lost or void; its code is of no use. The code on your phone is new and works. Ask your station or leader for another card, or if this is wrong.",
            ),
        ),
    };
    put(tx, event.person, &Text { kind: "card", title, text, href: "/me/card" })
}

fn rights_answered(tx: &mut WriteTx<'_>, event: &RightsAnswered) -> Result<(), Error> {
    let (zh, en) = (event.kind.name(Lang::Zh), event.kind.name(Lang::En));
    let (state_zh, state_en) = (event.state.name(Lang::Zh), event.state.name(Lang::En));
    let (of_zh, of_en) = match event.ward.as_str() {
        "" => (String::new(), String::new()),
        name => (format!("{name}的"), format!(" of {name}")),
    };
    let answer = &event.answer;
    let title = (format!("{of_zh}“{zh}”请求：{state_zh}"), format!("“{en}”{of_en}: {state_en}"));
    let text = (
        format!("工作人员答复：{answer}。有不同意见，可以补充说明后重新提出，或向市级办公室反映。"),
        format!("Staff say: {answer}. If you disagree, ask again and say more, or turn to the city office."),
    );
    let href = if event.ward.is_empty() { "/me/rights" } else { "/family" };
    put(
        tx,
        event.asker,
        &Text { kind: "rights", title: (&title.0, &title.1), text: (&text.0, &text.1), href },
    )
}

fn membership_answered(tx: &mut WriteTx<'_>, event: &MembershipAnswered) -> Result<(), Error> {
    let name = &event.name;
    let why = |zh: &str, en: &str| match event.reason.as_str() {
        "" => String::new(),
        reason => format!("{zh}{reason}{en}"),
    };
    let (title, text) = match event.state {
        MemberState::Member => (
            (format!("您已加入“{name}”"), format!("You are a member of “{name}”")),
            (
                format!("您现在是“{name}”的队员，可以报名本队的活动；在队伍页可以看到安排，也可以随时退出。"),
                format!(
                    "You belong to “{name}” now and can sign up for its activities; its page shows what is planned, and you can leave it any time."
                ),
            ),
        ),
        MemberState::Rejected => (
            (format!("“{name}”没有通过您的入队申请"), format!("“{name}” did not take you in")),
            (
                format!("{}您可以联系队长了解情况，或加入别的队伍。", why("原因：", "。")),
                format!("{}Ask the leader about it, or join another team.", why("Reason: ", ". ")),
            ),
        ),
        _ => (
            (format!("您已不是“{name}”的队员"), format!("You are no member of “{name}” any more")),
            (
                format!("{}已记的时长不变。如有疑问，请联系队长或社区。", why("原因：", "。")),
                format!(
                    "{}Your hours stay. If this is wrong, ask the leader or your community.",
                    why("Reason: ", ". ")
                ),
            ),
        ),
    };
    put(
        tx,
        event.person,
        &Text {
            kind: "team_answered",
            title: (&title.0, &title.1),
            text: (&text.0, &text.1),
            href: &format!("/teams/{}", event.team),
        },
    )
}

/// Urgent: whoever did not ask for it must hear of it before somebody else signs in.
fn phone_changed(tx: &mut WriteTx<'_>, event: &PhoneChanged) -> Result<(), Error> {
    let text = Text {
        kind: "phone_changed",
        title: ("工作人员修改了您的手机号", "Staff changed your phone number"),
        text: (
            "以后用新手机号登录，其他设备已退出登录。如果不是您要求的，请马上联系社区站点，并在“谁看过我的资料”里查看是谁改的。",
            "Sign in with the new number from now on; other devices were signed out. If you did not ask for this, call your \
             station at once and see under “Who looked” who changed it.",
        ),
        href: "/me/looks",
    };
    message_send(tx, To::Person(event.person), &text, How { urgent: true, useful_until: None })?;
    Ok(())
}

fn transfer_moved(tx: &mut WriteTx<'_>, event: &TransferMoved) -> Result<(), Error> {
    let (from, to, opinion) = (&event.from, &event.to_name, &event.opinion);
    let (zh, en) = (event.state.name(kernel::Lang::Zh), event.state.name(kernel::Lang::En));
    put(
        tx,
        event.person,
        &Text {
            kind: "transfer_moved",
            title: (&format!("转队：{zh}"), &format!("Transfer: {en}")),
            text: (
                &format!("从“{from}”转到“{to}”：{zh}。{opinion}"),
                &format!("From “{from}” to “{to}”: {en}. {opinion}"),
            ),
            href: &format!("/teams/{}/transfer", event.to),
        },
    )
}

/// A reason as the end of a message; nothing without one.
fn because(note: &str) -> (String, String) {
    if note.is_empty() {
        return (String::new(), String::new());
    }
    (format!("理由：{note}"), format!(" Reason: {note}"))
}

fn unit_answered(tx: &mut WriteTx<'_>, event: &UnitAnswered) -> Result<(), Error> {
    let (unit, host) = (&event.unit, &event.host);
    let (zh, en) = (event.state.name(kernel::Lang::Zh), event.state.name(kernel::Lang::En));
    let (next_zh, next_en) =
        (event.state.next(false, kernel::Lang::Zh), event.state.next(false, kernel::Lang::En));
    let why = because(&event.note);
    put(
        tx,
        event.person,
        &Text {
            kind: "unit_answered",
            title: (&format!("单位入会：{zh}"), &format!("Your unit: {en}")),
            text: (
                &format!("“{unit}”加入“{host}”：{zh}。{next_zh}{}", why.0),
                &format!("“{unit}” at “{host}”: {en}. {next_en}{}", why.1),
            ),
            href: "/me/unit",
        },
    )
}

fn serve_answered(tx: &mut WriteTx<'_>, event: &ServeAnswered) -> Result<(), Error> {
    let unit = &event.unit;
    let (zh, en) = (event.state.name(kernel::Lang::Zh), event.state.name(kernel::Lang::En));
    let (next_zh, next_en) = (event.state.next(kernel::Lang::Zh), event.state.next(kernel::Lang::En));
    let why = because(&event.note);
    put(
        tx,
        event.person,
        &Text {
            kind: "serve_answered",
            title: (&format!("以单位名义服务：{zh}"), &format!("Serving in a unit's name: {en}")),
            text: (
                &format!("“{unit}”：{zh}。{next_zh}{}", why.0),
                &format!("“{unit}”: {en}. {next_en}{}", why.1),
            ),
            href: "/me/unit",
        },
    )
}
