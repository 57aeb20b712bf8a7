//! Messages about how people come to a place and part with it: late cancelling, applications,
//! invitations, stand-ins,
//! absences.

use db::{Bus, WriteTx};
use kernel::Error;
use service::event::{
    AbsenceAnswered, ApplicationDecided, ApplicationOver, BackFillRefused, CancelledLate, CompanyGone,
    HandedOver, Invited, Missed, Parting, StandInAnswer, StandInAnswered, StandInWanted,
};

use crate::inbox::store::Text;
use crate::listen::put;

/// Listens to what the room of service tells about places.
pub fn subscribe(bus: &mut Bus) {
    bus.subscribe(cancelled_late);
    bus.subscribe(company_gone);
    bus.subscribe(application_decided);
    bus.subscribe(application_over);
    bus.subscribe(invited);
    bus.subscribe(stand_in_wanted);
    bus.subscribe(stand_in_answered);
    bus.subscribe(handed_over);
    bus.subscribe(missed);
    bus.subscribe(back_fill_refused);
    bus.subscribe(absence_answered);
}

fn cancelled_late(tx: &mut WriteTx<'_>, event: &CancelledLate) -> Result<(), Error> {
    let (name, title, at) = (&event.name, &event.title, event.starts_at.text());
    let (zh, en) = event.reason;
    put(
        tx,
        event.leader,
        &Text {
            kind: "sign_up_late",
            title: (&format!("{name}临时来不了：{title}"), &format!("{name} cannot come: {title}")),
            text: (
                &format!("{name}取消了 {at}“{title}”的报名，原因：{zh}。空出的名额已让给候补或重新开放。"),
                &format!(
                    "{name} gave back the place in “{title}” of {at}: {en}. The place went to the waiting list or is \
                     open again."
                ),
            ),
            href: &format!("/sessions/{}/sign-ups", event.session),
        },
    )
}

/// The leader is warned, and the family knows what became of the children's places.
fn company_gone(tx: &mut WriteTx<'_>, event: &CompanyGone) -> Result<(), Error> {
    let (name, title, at) = (&event.adult_name, &event.title, event.starts_at.text());
    let (back, stay) = (event.given_back.join("、"), event.stay.join("、"));
    let (how_zh, how_en) = match event.how {
        Parting::GaveBack => ("取消了报名", "gave the place back"),
        Parting::Left => ("已签退离开", "has checked out"),
        Parting::Absent => ("没有到场", "is absent"),
    };
    if let Some(leader) = event.leader {
        let mut zh = format!("{at}“{title}”：{name}{how_zh}。");
        let mut en = format!("“{title}” of {at}: {name} {how_en}. ");
        if !back.is_empty() {
            zh.push_str(&format!("须陪同的孩子{back}的名额也已让出。"));
            en.push_str(&format!("The places of {back}, who need company, went with it. "));
        }
        if !stay.is_empty() {
            zh.push_str(&format!("孩子{stay}仍在名单上，请确认由谁陪同照看。"));
            en.push_str(&format!("{stay} stay on the list: see who looks after them. "));
        }
        put(
            tx,
            leader,
            &Text {
                kind: "family_company",
                title: (&format!("陪同的大人不在了：{title}"), &format!("A child without company: {title}")),
                text: (&zh, &en),
                href: &format!("/sessions/{}/minors", event.session),
            },
        )?;
    }
    if back.is_empty() {
        return Ok(());
    }
    put(
        tx,
        event.adult,
        &Text {
            kind: "family_company",
            title: (
                &format!("孩子的名额也已让出：{title}"),
                &format!("Your child's place went too: {title}"),
            ),
            text: (
                &format!("您不参加 {at} 的“{title}”了，未满 10 周岁的{back}须有监护人陪同，名额已一起让出。"),
                &format!(
                    "You do not come to “{title}” of {at}; {back} need a guardian along, so the places were given \
                     back too."
                ),
            ),
            href: "/family",
        },
    )
}

fn application_decided(tx: &mut WriteTx<'_>, event: &ApplicationDecided) -> Result<(), Error> {
    let (title, at, reason) = (&event.title, event.starts_at.text(), &event.reason);
    let (head, mut zh, mut en) = if event.accepted {
        (
            (format!("申请已接受：{title}"), format!("Accepted: {title}")),
            format!("您已报上 {at} 的“{title}”，时间地点在“我的安排”里。来不了请尽早取消。"),
            format!(
                "You have a place in “{title}” of {at}; see “My schedule”. If you cannot come, cancel early."
            ),
        )
    } else {
        (
            (format!("申请未被接受：{title}"), format!("Not accepted: {title}")),
            format!("{at} 的“{title}”这次没能为您安排名额。可以看看其他活动。"),
            format!(
                "There is no place for you in “{title}” of {at} this time. Please look at other sessions."
            ),
        )
    };
    if !reason.is_empty() {
        zh.push_str(&format!("队长留言：{reason}"));
        en.push_str(&format!(" The leader says: {reason}"));
    }
    let href = if event.accepted { "/schedule" } else { "/sessions" };
    put(
        tx,
        event.person,
        &Text { kind: "sign_up_decided", title: (&head.0, &head.1), text: (&zh, &en), href },
    )
}

fn application_over(tx: &mut WriteTx<'_>, event: &ApplicationOver) -> Result<(), Error> {
    let (title, at, reason) = (&event.title, event.starts_at.text(), &event.reason);
    let (zh, en) = if reason.is_empty() {
        (
            format!("{at} 的“{title}”已经开始，队长没有来得及决定您的申请，申请已结束。可以看看其他活动。"),
            format!(
                "“{title}” of {at} has begun before your application was decided. Please look at other sessions."
            ),
        )
    } else {
        (
            format!("您申请的 {at}“{title}”不再举行。原因：{reason}。不用再做什么。"),
            format!(
                "“{title}” of {at}, for which you applied, will not take place. Reason: {reason}. Nothing is left to do."
            ),
        )
    };
    put(
        tx,
        event.person,
        &Text {
            kind: "sign_up_over",
            title: (&format!("申请已结束：{title}"), &format!("Your application is over: {title}")),
            text: (&zh, &en),
            href: "/sessions",
        },
    )
}

fn invited(tx: &mut WriteTx<'_>, event: &Invited) -> Result<(), Error> {
    let (title, until) = (&event.title, event.until.text());
    put(
        tx,
        event.person,
        &Text {
            kind: "sign_up_invited",
            title: (&format!("邀请您参加：{title}"), &format!("You are invited: {title}")),
            text: (
                &format!("队长邀请您参加“{title}”，{until} 前可以直接报名，不用再审核。来不了也可以谢绝。"),
                &format!(
                    "The leader invites you to “{title}”: sign up by {until} without asking again, or decline."
                ),
            ),
            href: &format!("/activities/{}#sessions", event.activity),
        },
    )
}

fn stand_in_wanted(tx: &mut WriteTx<'_>, event: &StandInWanted) -> Result<(), Error> {
    let (from, title, at) = (&event.from, &event.title, event.starts_at.text());
    let head = if event.named {
        (format!("{from}请您替班：{title}"), format!("{from} asks you to stand in: {title}"))
    } else {
        (format!("有名额等人接替：{title}"), format!("A place is offered: {title}"))
    };
    let (mut zh, mut en) = (
        format!("{from}来不了 {at} 的“{title}”，请人接替。能来请点“查看”接替；来不了不用勉强，也不影响您。"),
        format!(
            "{from} cannot come to “{title}” of {at}. If you can, press “Open” and take over; if not, nothing follows \
             from it."
        ),
    );
    if !event.note.is_empty() {
        zh.push_str(&format!("留言：{}", event.note));
        en.push_str(&format!(" Note: {}", event.note));
    }
    let href = format!("/hand-overs/{}", event.offer);
    for person in &event.people {
        let text = Text { kind: "stand_in_wanted", title: (&head.0, &head.1), text: (&zh, &en), href: &href };
        put(tx, *person, &text)?;
    }
    Ok(())
}

fn stand_in_answered(tx: &mut WriteTx<'_>, event: &StandInAnswered) -> Result<(), Error> {
    let (by, title, at) = (&event.by, &event.title, event.starts_at.text());
    let (head, zh, en) = match event.answer {
        StandInAnswer::Declined => (
            ("对方来不了", "Declined"),
            format!("{by}来不了 {at} 的“{title}”。名额还是您的：可以再请别人，或取消报名。"),
            format!("{by} cannot take “{title}” of {at}. The place is yours: ask somebody else, or cancel."),
        ),
        StandInAnswer::Withdrawn => (
            ("替班已收回", "Taken back"),
            format!("{by}能来 {at} 的“{title}”了，替班已收回，不用再做什么。"),
            format!("{by} can come to “{title}” of {at} after all; nothing is left to do."),
        ),
        StandInAnswer::Swap => (
            ("有人想和您换班", "A swap is offered"),
            format!("{by}愿意接 {at} 的“{title}”，想用自己的一场和您换。请点“查看”同意或不换。"),
            format!("{by} would take “{title}” of {at} for a session of their own. Press “Open” and answer."),
        ),
        StandInAnswer::NoSwap => (
            ("没有换班", "Not swapped"),
            format!("{by}没有同意换班，{at} 的“{title}”继续等人接替。您的安排没有变。"),
            format!(
                "{by} does not swap; “{title}” of {at} is offered as before. Your schedule is unchanged."
            ),
        ),
        StandInAnswer::Refused => (
            ("队长未同意替班", "The leader did not agree"),
            format!("{at} 的“{title}”替班未获同意。原因：{}。原来的安排不变。", event.reason),
            format!(
                "The stand-in in “{title}” of {at} was not agreed to: {}. Nothing has changed.",
                event.reason
            ),
        ),
        StandInAnswer::Nobody => (
            ("没有人接替", "Nobody took over"),
            format!("{at} 的“{title}”开始前没有人接替，名额还是您的。来不了请马上给队长打电话。"),
            format!(
                "Nobody took over “{title}” of {at}; the place is yours. If you cannot come, call the leader now."
            ),
        ),
    };
    put(
        tx,
        event.person,
        &Text {
            kind: "stand_in_answered",
            title: (&format!("{}：{title}", head.0), &format!("{}: {title}", head.1)),
            text: (&zh, &en),
            href: &format!("/hand-overs/{}", event.offer),
        },
    )
}

fn handed_over(tx: &mut WriteTx<'_>, event: &HandedOver) -> Result<(), Error> {
    let (title, at) = (&event.title, event.starts_at.text());
    let (giver, taker) = (&event.giver_name, &event.taker_name);
    let (mut zh, mut en) = (
        format!("{at} 的“{title}”由{taker}接替{giver}。"),
        format!("{taker} takes over “{title}” of {at} from {giver}."),
    );
    if let Some((other, start)) = &event.returned {
        let start = start.text();
        zh.push_str(&format!("换班：{giver}改去 {start} 的“{other}”。"));
        en.push_str(&format!(" In exchange {giver} goes to “{other}” of {start}."));
    }
    let sign_ups = format!("/sessions/{}/sign-ups", event.session);
    let people =
        [(Some(event.giver), "/schedule"), (Some(event.taker), "/schedule"), (event.leader, &sign_ups)];
    for (person, href) in people {
        if let Some(person) = person {
            let text = Text {
                kind: "stand_in_done",
                title: (&format!("已接替：{title}"), &format!("Handed over: {title}")),
                text: (&zh, &en),
                href,
            };
            put(tx, person, &text)?;
        }
    }
    Ok(())
}

fn missed(tx: &mut WriteTx<'_>, event: &Missed) -> Result<(), Error> {
    let (title, at) = (&event.title, event.starts_at.text());
    let (mut zh, mut en) = (
        format!(
            "{at} 的“{title}”没见到您，一切都好吗？有事来不了谁都会遇到，请点“查看”说一下原因，队长接受后这次不计。"
        ),
        format!(
            "We missed you at “{title}” of {at}. Is everything all right? Press “Open” and say what happened: once the \
             leader accepts it, it does not count."
        ),
    );
    if let Some(until) = event.asks_until {
        let (count, until) = (event.count, until.date());
        zh.push_str(&format!(
            "近 12 个月已有 {count} 次，{until} 前报名要先由队长同意；说明被接受后马上恢复。"
        ));
        en.push_str(&format!(
            " This was number {count} in 12 months: until {until} the leader agrees before you get a place, unless an \
             explanation is accepted."
        ));
    }
    put(
        tx,
        event.person,
        &Text {
            kind: "sign_up_missed",
            title: (&format!("没见到您：{title}"), &format!("We missed you: {title}")),
            text: (&zh, &en),
            href: &format!("/absences/{}", event.sign_up),
        },
    )
}

fn absence_answered(tx: &mut WriteTx<'_>, event: &AbsenceAnswered) -> Result<(), Error> {
    let (title, at, reply) = (&event.title, event.starts_at.text(), &event.reply);
    let (head, mut zh, mut en) = if event.excused {
        (
            ("已谅解", "Excused"),
            format!("{at} 的“{title}”没有到场，这次不计。"),
            format!("Your absence at “{title}” of {at} does not count."),
        )
    } else {
        (
            ("未到场计入", "It counts"),
            format!("{at} 的“{title}”没有到场，队长认为应计入。有不同意见请找站点或市办。"),
            format!(
                "Your absence at “{title}” of {at} counts. If you disagree, ask your station or the city office."
            ),
        )
    };
    if !reply.is_empty() {
        zh.push_str(&format!("答复：{reply}"));
        en.push_str(&format!(" Answer: {reply}"));
    }
    put(
        tx,
        event.person,
        &Text {
            kind: "sign_up_missed",
            title: (&format!("{}：{title}", head.0), &format!("{}: {title}", head.1)),
            text: (&zh, &en),
            href: &format!("/absences/{}", event.sign_up),
        },
    )
}

fn back_fill_refused(tx: &mut WriteTx<'_>, event: &BackFillRefused) -> Result<(), Error> {
    let (name, title, reason) = (&event.name, &event.title, &event.reason);
    put(
        tx,
        event.person,
        &Text {
            kind: "record_back_fill",
            title: (&format!("补录未批准：{name}"), &format!("Not filled in: {name}")),
            text: (
                &format!("“{title}”中 {name} 的补录没有批准。理由：{reason}。有更充分的依据可以重新提交。"),
                &format!(
                    "The hours of {name} in “{title}” were not filled in: {reason}. Ask anew if there is better evidence."
                ),
            ),
            href: &format!("/sessions/{}/back-fill", event.session),
        },
    )
}
