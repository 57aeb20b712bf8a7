//! Reminders about qualifications (A5): thirty days before one ends, to its person; in the week before a session, to
//! whoever holds a place in it and cannot show what it asks for, and to who leads it. The second sees whatever brought
//! that about: an end that came after the sign-up when the session was moved, something revoked or taken back, or a
//! condition that was added.

use db::{DbError, Query, ReadTx, WriteTx, args, row, sql};
use kernel::time::DAY_MS;
use kernel::{Date, Error, Lang, PersonId, Timestamp};
use people::qualification::QualificationId;
use people::qualification::rules::SOON_DAYS;
use service::{SessionId, SignUpId};

use super::store;
use crate::inbox::store::{How, Text, To, message_send, once_claim};

/// People told in one piece of regular work.
const AT_ONCE: i64 = 500;
/// So many days before a session it is said what is missing.
const AHEAD_DAYS: i64 = 7;

row! {
    struct Ending { id: QualificationId, person: PersonId, until: Date, name: String, name_en: String }
    struct Place {
        id: SignUpId, person: PersonId, person_name: String, session: SessionId, starts_at: Timestamp, title: String,
        title_en: String, kind: String, kind_en: String,
    }
}

/// Somebody with a place and what they cannot show, in both languages.
struct Short {
    place: Place,
    zh: String,
    en: String,
}

/// Says what is due.
pub(super) fn tick(tx: &mut WriteTx<'_>) -> Result<(), Error> {
    for one in ending(tx)? {
        let (zh, en, until) = (&one.name, &one.name_en, one.until);
        let text = Text {
            kind: "remind_qualification",
            title: (&format!("资格快到期了：{zh}"), &format!("Ends soon: {en}")),
            text: (
                &format!(
                    "您的“{zh}”{until} 到期，之后不能报名需要它的活动。换证或复训后请提交新的并带原件核对。"
                ),
                &format!(
                    "Your “{en}” ends on {until}; after that you cannot sign up where it is asked for. Hand the new one in after renewal and bring the document."
                ),
            ),
            href: "/me/qualifications",
        };
        message_send(tx, To::Person(one.person), &text, How::default())?;
    }
    for short in shortfalls(tx)? {
        tell(tx, &short)?;
    }
    Ok(())
}

fn tell(tx: &mut WriteTx<'_>, short: &Short) -> Result<(), Error> {
    let place = &short.place;
    let (start, zh, en) = (place.starts_at.text(), &short.zh, &short.en);
    let title = (&place.title, if place.title_en.is_empty() { &place.title } else { &place.title_en });
    let how = How { urgent: false, useful_until: Some(place.starts_at) };
    let text = Text {
        kind: "remind_unqualified",
        title: (&format!("还缺资格：{}", title.0), &format!("Missing for “{}”", title.1)),
        text: (
            &format!(
                "{start} 的“{}”需要当天有效的：{zh}，您名下没有，到时不能自己签到。有新证请尽快提交并带原件核对；来不了请早些取消报名。",
                title.0
            ),
            &format!(
                "“{}” of {start} asks for what you cannot show for that day: {en}. You could not check in by yourself. Hand the new document in soon, or give your place back early.",
                title.1
            ),
        ),
        href: "/me/qualifications",
    };
    message_send(tx, To::Person(place.person), &text, how)?;
    let leaders = store::leaders_of_session(tx, place.session)?;
    let name = &place.person_name;
    for to in leaders.into_iter().filter(|to| *to != To::Person(place.person)) {
        if !once_claim(tx, "remind_unqualified_lead", place.id.0, place.starts_at.0, Some(to))? {
            continue;
        }
        let text = Text {
            kind: "remind_unqualified_lead",
            title: (
                &format!("有人缺资格：{}", title.0),
                &format!("Somebody lacks what “{}” asks for", title.1),
            ),
            text: (
                &format!(
                    "{start} 的“{}”：{name}缺 {zh}。已提醒本人；请另行安排，或核对后在点名页写明原因标记到场。",
                    title.0
                ),
                &format!(
                    "“{}” of {start}: {name} lacks {en} and was told. Arrange otherwise, or mark them as present with a reason once you have looked into it.",
                    title.1
                ),
            ),
            href: &format!("/sessions/{}/sign-ups", place.session),
        };
        message_send(tx, to, &text, how)?;
    }
    Ok(())
}

/// Claims what ends within thirty days, unless the next one is there or waits to be checked.
fn ending(tx: &mut WriteTx<'_>) -> Result<Vec<Ending>, DbError> {
    let now = tx.now();
    let today = now.date();
    let soon = today.plus(SOON_DAYS);
    let claimed: Vec<(QualificationId,)> = tx.all(
        sql!(
            "INSERT INTO message_once (reason, object_id, stamp, person_id, account_id, at)
             SELECT 'remind_qualification', q.id, q.until_on, q.person_id, 0, CAST($1 AS BIGINT)
             FROM qualification q JOIN person p ON p.id = q.person_id
             WHERE q.state = 'confirmed' AND q.until_on >= $2 AND q.until_on <= $3
                AND p.state IN ('active', 'incomplete')
                AND NOT EXISTS (SELECT 1 FROM qualification n WHERE n.person_id = q.person_id AND n.kind = q.kind
                    AND (n.state = 'handed_in'
                        OR (n.state = 'confirmed' AND (n.until_on IS NULL OR n.until_on > q.until_on))))
                AND NOT EXISTS (SELECT 1 FROM message_once k WHERE k.reason = 'remind_qualification'
                    AND k.object_id = q.id AND k.stamp = q.until_on AND k.person_id = q.person_id AND k.account_id = 0)
             ORDER BY q.until_on, q.id LIMIT $4
             ON CONFLICT (reason, object_id, stamp, person_id, account_id) DO NOTHING
             RETURNING object_id"
        ),
        args![now, today, soon, AT_ONCE],
    )?;
    if claimed.is_empty() {
        return Ok(Vec::new());
    }
    let mut query = Query::new(
        "SELECT q.id, q.person_id, q.until_on, k.name, k.name_en FROM qualification q
         JOIN qualification_kind k ON k.code = q.kind WHERE q.id IN (",
    );
    for (at, (id,)) in claimed.iter().enumerate() {
        query.with(if at == 0 { "{}" } else { ", {}" }, &[id]);
    }
    query.push(") ORDER BY q.until_on, q.id");
    tx.list(&query)
}

/// Claims places of the next days for which something is missing.
fn shortfalls(tx: &mut WriteTx<'_>) -> Result<Vec<Short>, DbError> {
    let now = tx.now();
    let until = Timestamp(now.0 + AHEAD_DAYS * DAY_MS);
    let claimed: Vec<(SignUpId,)> = tx.all(
        sql!(concat!(
            "INSERT INTO message_once (reason, object_id, stamp, person_id, account_id, at)
             SELECT DISTINCT 'remind_unqualified', u.id, s.starts_at, u.person_id, 0, CAST($1 AS BIGINT)
             FROM (SELECT r.activity_id, r.kind, CAST(0 AS BIGINT) AS post FROM activity_qualification r
                    UNION ALL SELECT w.activity_id, p.qualification, p.id FROM post p
                        JOIN session w ON w.id = p.session_id WHERE p.qualification IS NOT NULL) AS a
                JOIN session s ON s.activity_id = a.activity_id
                JOIN sign_up u ON u.session_id = s.id AND (a.post = 0 OR u.post_id = a.post)
             WHERE s.state = 'open' AND s.starts_at > $1 AND s.starts_at <= $2 AND u.state = 'booked'
                AND NOT EXISTS (SELECT 1 FROM qualification h WHERE h.person_id = u.person_id AND h.kind = a.kind AND ",
            people::qualified!(),
            ") AND NOT EXISTS (SELECT 1 FROM message_once k WHERE k.reason = 'remind_unqualified'
                    AND k.object_id = u.id AND k.stamp = s.starts_at AND k.person_id = u.person_id AND k.account_id = 0)
             ORDER BY 3, 2 LIMIT $3
             ON CONFLICT (reason, object_id, stamp, person_id, account_id) DO NOTHING
             RETURNING object_id"
        )),
        args![now, until, AT_ONCE],
    )?;
    let ids: Vec<SignUpId> = claimed.into_iter().map(|row| row.0).collect();
    if ids.is_empty() { Ok(Vec::new()) } else { places(tx, &ids) }
}

fn places(tx: &mut ReadTx<'_>, ids: &[SignUpId]) -> Result<Vec<Short>, DbError> {
    let mut query = Query::new(concat!(
        "SELECT u.id, u.person_id, n.name, s.id, s.starts_at, a.title, a.title_en, k.name, k.name_en
         FROM sign_up u JOIN session s ON s.id = u.session_id JOIN activity a ON a.id = s.activity_id
            JOIN person n ON n.id = u.person_id
            JOIN qualification_kind k ON (k.code IN (SELECT r.kind FROM activity_qualification r
                    WHERE r.activity_id = s.activity_id)
                OR k.code IN (SELECT p.qualification FROM post p WHERE p.id = u.post_id))
         WHERE NOT EXISTS (SELECT 1 FROM qualification h WHERE h.person_id = u.person_id AND h.kind = k.code AND ",
        people::qualified!(),
        ") AND u.id IN ("
    ));
    for (at, id) in ids.iter().enumerate() {
        query.with(if at == 0 { "{}" } else { ", {}" }, &[id]);
    }
    query.push(") ORDER BY s.starts_at, u.id, k.code");
    let rows: Vec<Place> = tx.list(&query)?;
    let mut out: Vec<Short> = Vec::new();
    for place in rows {
        let (zh, en) = (place.kind.clone(), place.kind_en.clone());
        match out.last_mut().filter(|last| last.place.id == place.id) {
            Some(last) => {
                last.zh = format!("{}{}{zh}", last.zh, Lang::Zh.t("、", ", "));
                last.en = format!("{}{}{en}", last.en, Lang::En.t("、", ", "));
            }
            None => out.push(Short { place, zh, en }),
        }
    }
    Ok(out)
}
