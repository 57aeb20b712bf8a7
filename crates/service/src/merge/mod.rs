//! When two registrations become one (ADR 0018): places, stays, records, past hours and what waits go over; what is
//! there twice counts once; totals and rank counters follow in the same transaction. And all of it back.

pub mod rules;
mod store;

use db::{Bus, ReadTx, WriteTx, args, sql};
use kernel::{Error, Lang, Minutes, PersonId, Timestamp};
use people::duplicate::{Beside, Effect, EffectKind, MergeId, PeopleMerged, PeopleParted, journal};

use crate::record::RecordState;
use crate::sign_up::{SignUpState, hand_over};
use crate::{PostId, RecordId, SessionId, SignUpId, past, total};
use rules::{Clash, Item, Loss, Of};

/// What is written beside whatever stopped counting.
const REASON: &str = "重复登记合并，同一时间只计一次 / registered twice, counted once";
/// What can wait, in the order in which it is looked at.
const WAITS: [&str; 4] = ["waiting", "application", "invitation", "back_fill"];

/// Listens to the room below.
pub(crate) fn subscribe(bus: &mut Bus) {
    bus.subscribe(merged);
    bus.subscribe(parted);
}

/// Columns of this room that go over with a merge, `table.column`.
#[must_use]
pub fn columns() -> Vec<String> {
    store::plain().iter().map(|one| format!("{}.{}", one.table, one.column)).collect()
}

fn merged(tx: &mut WriteTx<'_>, event: &PeopleMerged) -> Result<(), Error> {
    let (merge, kept, gone) = (event.merge, event.kept, event.gone);
    store::hold(tx, kept, gone)?;
    let (mine, theirs) = (store::items(tx, kept)?, store::items(tx, gone)?);
    let lost = rules::losses(&mine, &theirs);
    for loss in &lost {
        void(tx, merge, if loss.of == Of::Kept { kept } else { gone }, loss.item)?;
    }
    let places: Vec<SessionId> =
        mine.iter().chain(&theirs).filter(|one| one.line == 0).map(|one| one.session).collect();
    for what in WAITS {
        wait_once(tx, merge, what, (kept, gone), &places)?;
    }
    for one in store::plain() {
        one.go(tx, merge, kept, gone)?;
    }
    let counted = store::moved(tx, merge, kept)?;
    total::carry(tx, &counted, gone, kept)?;
    Ok(())
}

/// Takes one thing out: record, place and stays.
fn void(tx: &mut WriteTx<'_>, merge: MergeId, person: PersonId, item: &Item) -> Result<(), Error> {
    if let Some((id, _, _)) = item.record {
        void_record(tx, merge, id)?;
    }
    let Some((id, state, post)) = item.place else { return Ok(()) };
    let now = tx.now();
    let (stands,): (String,) =
        tx.one(sql!("SELECT state FROM session WHERE id = $1"), args![item.session])?;
    let before = format!("{} {} {stands}", state.code(), item.session);
    journal::note(tx, merge, "sign_up_void", (id.0, post.map_or(0, |post| post.0)), &before)?;
    tx.exec_one(
        sql!("UPDATE sign_up SET state = 'cancelled', cancelled_at = $2, cancel_reason = $3 WHERE id = $1"),
        args![id, now, REASON],
    )?;
    store::places(tx, item.session, post, -1)?;
    tx.exec(
        sql!(
            "INSERT INTO merge_step (merge_id, what, row_id, before)
             SELECT CAST($1 AS BIGINT), 'hand_over_was', id, state FROM hand_over
             WHERE sign_up_id = $2 AND state IN ('offered', 'proposed', 'asked')"
        ),
        args![merge, id],
    )?;
    hand_over::store::end_of(tx, id)?;
    // Its seat in a group stays with it, for parting the two again; whoever leads the activity chooses another leader.
    crate::group::commands::gave_back(tx, id)?;
    tx.exec(
        sql!(
            "INSERT INTO merge_step (merge_id, what, row_id)
             SELECT CAST($1 AS BIGINT), 'check_in_void', id FROM check_in
             WHERE session_id = $2 AND person_id = $3 AND undone_at IS NULL"
        ),
        args![merge, item.session, person],
    )?;
    tx.exec(
        sql!(
            "UPDATE check_in SET undone_at = $3 WHERE session_id = $1 AND person_id = $2 AND undone_at IS NULL"
        ),
        args![item.session, person, now],
    )?;
    Ok(())
}

fn void_record(tx: &mut WriteTx<'_>, merge: MergeId, id: RecordId) -> Result<(), Error> {
    let was = store::was(tx, id)?;
    let number = |n: Option<i64>| n.map(|n| n.to_string()).unwrap_or_default();
    let before = format!(
        "{}|{}|{}|{}",
        was.state.code(),
        number(was.decided_at.map(|at| at.0)),
        number(was.decided_by.map(|by| by.0)),
        was.decision_note
    );
    journal::note(tx, merge, "record_void", (id.0, 0), &before)?;
    let now = tx.now();
    tx.exec_one(
        sql!("UPDATE record SET state = 'void', decided_at = $2, decided_by = NULL, decision_note = $3 WHERE id = $1"),
        args![id, now, REASON],
    )?;
    if was.state == RecordState::Confirmed {
        total::add(tx, &[was.counted()], -1)?;
    }
    if was.line > 0 {
        past::store::line_mark(tx, was.session, was.line, past::Verdict::Void)?;
    }
    if was.state == RecordState::Submitted {
        settle(tx, merge, was.session)?;
    }
    Ok(())
}

/// A session of which no record waits any more is recorded.
fn settle(tx: &mut WriteTx<'_>, merge: MergeId, session: SessionId) -> Result<(), Error> {
    let now = tx.now();
    let settled = tx.exec(
        sql!(
            "UPDATE session SET state = 'recorded', decided_at = $2 WHERE id = $1 AND state = 'submitted'
             AND NOT EXISTS (SELECT 1 FROM record r WHERE r.session_id = session.id AND r.state IN ('submitted', 'returned'))"
        ),
        args![session, now],
    )?;
    if settled == 1 {
        journal::note(tx, merge, "session_settled", (session.0, 0), "")?;
    }
    Ok(())
}

/// Of what waits for one session twice, or where there is a place already, one stays.
fn wait_once(
    tx: &mut WriteTx<'_>,
    merge: MergeId,
    what: &'static str,
    (kept, gone): (PersonId, PersonId),
    places: &[SessionId],
) -> Result<(), Error> {
    let all = store::waits(tx, what, kept, gone)?;
    for one in &all {
        let placed = what != "invitation" && places.contains(&one.session);
        let twice = one.person == gone
            && all.iter().any(|other| other.person == kept && other.session == one.session);
        if !placed && !twice {
            continue;
        }
        let before = format!("{} {} {}", one.state, one.session, one.post.map_or(0, |post| post.0));
        journal::note(tx, merge, &format!("{what}_was"), (one.id, 0), &before)?;
        store::end_wait(tx, what, one.id)?;
        if one.state == "offered" {
            // A held place counts as taken.
            store::places(tx, one.session, one.post, -1)?;
        }
    }
    Ok(())
}

fn parted(tx: &mut WriteTx<'_>, event: &PeopleParted) -> Result<(), Error> {
    let (merge, kept, gone) = (event.merge, event.kept, event.gone);
    store::hold(tx, kept, gone)?;
    let counted = store::moved(tx, merge, kept)?;
    total::carry(tx, &counted, kept, gone)?;
    for one in store::plain() {
        one.back(tx, merge, kept, gone)?;
    }
    places_back(tx, merge)?;
    stays_back(tx, merge)?;
    for step in journal::steps(tx, merge, "record_void")? {
        record_back(tx, RecordId(step.row_id), &step.before)?;
    }
    for step in journal::steps(tx, merge, "session_settled")? {
        tx.exec(
            sql!(
                "UPDATE session SET state = 'submitted', decided_at = NULL WHERE id = $1 AND state = 'recorded'
                 AND EXISTS (SELECT 1 FROM record r WHERE r.session_id = session.id AND r.state IN ('submitted', 'returned'))"
            ),
            args![SessionId(step.row_id)],
        )?;
    }
    for what in WAITS {
        for step in journal::steps(tx, merge, &format!("{what}_was"))? {
            let mut parts = step.before.split(' ');
            let (state, session, post) =
                (parts.next().unwrap_or_default(), number(parts.next()), number(parts.next()));
            if store::wait_again(tx, what, step.row_id, state)? && state == "offered" {
                store::places(tx, SessionId(session), (post > 0).then_some(PostId(post)), 1)?;
            }
        }
    }
    Ok(())
}

fn number(text: Option<&str>) -> i64 {
    text.and_then(|text| text.parse().ok()).unwrap_or_default()
}

/// Gives places back to whom they were taken from, unless another was taken in the same session since, or it is over
/// or cancelled. A session may then have one place more taken than it has: both had theirs.
fn places_back(tx: &mut WriteTx<'_>, merge: MergeId) -> Result<(), Error> {
    for step in journal::steps(tx, merge, "sign_up_void")? {
        let mut parts = step.before.split(' ');
        let state = parts.next().and_then(SignUpState::from_code);
        let (session, stood) = (SessionId(number(parts.next())), parts.next().unwrap_or_default());
        let Some(state) = state else { continue };
        let restored = tx.exec(
            sql!(
                "UPDATE sign_up SET state = $2, cancelled_at = NULL, cancel_reason = ''
                 WHERE id = $1 AND state = 'cancelled'
                 AND NOT EXISTS (SELECT 1 FROM sign_up o WHERE o.session_id = sign_up.session_id
                    AND o.person_id = sign_up.person_id AND o.id <> sign_up.id AND o.state <> 'cancelled')
                 AND EXISTS (SELECT 1 FROM session s WHERE s.id = sign_up.session_id AND s.state <> 'cancelled'
                    AND (s.state IN ('draft', 'open', $4) OR $3))"
            ),
            args![SignUpId(step.row_id), state, state != SignUpState::Booked, stood],
        )?;
        if restored == 1 {
            let post = (step.sub > 0).then_some(PostId(step.sub));
            store::places(tx, session, post, 1)?;
        }
    }
    tx.exec(
        sql!(
            "UPDATE hand_over SET state = (SELECT min(m.before) FROM merge_step m WHERE m.merge_id = $1
                AND m.what = 'hand_over_was' AND m.row_id = hand_over.id), decided_at = NULL
             WHERE state = 'over' AND id IN (SELECT m.row_id FROM merge_step m WHERE m.merge_id = $1
                AND m.what = 'hand_over_was')
             AND EXISTS (SELECT 1 FROM sign_up u WHERE u.id = hand_over.sign_up_id AND u.state = 'booked')
             AND NOT EXISTS (SELECT 1 FROM hand_over o WHERE o.sign_up_id = hand_over.sign_up_id AND o.id <> hand_over.id
                AND o.state IN ('offered', 'proposed', 'asked'))"
        ),
        args![merge],
    )?;
    Ok(())
}

fn stays_back(tx: &mut WriteTx<'_>, merge: MergeId) -> Result<(), Error> {
    tx.exec(
        sql!(
            "UPDATE check_in SET undone_at = NULL WHERE undone_at IS NOT NULL
             AND id IN (SELECT m.row_id FROM merge_step m WHERE m.merge_id = $1 AND m.what = 'check_in_void')
             AND (out_at IS NOT NULL OR NOT EXISTS (SELECT 1 FROM check_in o WHERE o.session_id = check_in.session_id
                AND o.person_id = check_in.person_id AND o.id <> check_in.id AND o.out_at IS NULL
                AND o.undone_at IS NULL))"
        ),
        args![merge],
    )?;
    Ok(())
}

fn record_back(tx: &mut WriteTx<'_>, id: RecordId, before: &str) -> Result<(), Error> {
    let mut parts = before.splitn(4, '|');
    let mut next = || parts.next().unwrap_or_default();
    let (state, at, by, note) = (next(), next(), next(), next());
    let Some(state) = RecordState::from_code(state) else { return Ok(()) };
    let (at, by): (Option<i64>, Option<i64>) = (at.parse().ok(), by.parse().ok());
    let restored = tx.exec(
        sql!(
            "UPDATE record SET state = $2, decided_at = $3, decided_by = $4, decision_note = $5
             WHERE id = $1 AND state = 'void' AND NOT EXISTS (SELECT 1 FROM record o
                WHERE o.session_id = record.session_id AND o.person_id = record.person_id AND o.line = record.line
                AND o.id <> record.id AND o.state <> 'void')"
        ),
        args![id, state, at.map(Timestamp), by, note],
    )?;
    if restored == 0 {
        return Ok(());
    }
    let was = store::was(tx, id)?;
    if state == RecordState::Confirmed {
        total::add(tx, &[was.counted()], 1)?;
    }
    if was.line > 0 {
        tx.exec(
            sql!(
                "UPDATE past_line SET verdict = 'published' WHERE row_no = $1 AND verdict = 'void'
                 AND batch_id = (SELECT b.id FROM past_batch b WHERE b.session_id = $2)"
            ),
            args![was.line, was.session],
        )?;
    }
    Ok(())
}

/// What a merge would mean for what this room keeps.
///
/// # Errors
/// Of the database.
pub fn preview(tx: &mut ReadTx<'_>, kept: PersonId, gone: PersonId, lang: Lang) -> Result<Beside, Error> {
    let (mine, theirs) = (store::items(tx, kept)?, store::items(tx, gone)?);
    let sums = |items: &[Item]| {
        let counted: Vec<&Item> =
            items.iter().filter(|one| matches!(one.record, Some((_, RecordState::Confirmed, _)))).collect();
        let minutes: i64 = counted.iter().map(|one| one.minutes).sum();
        lang.f("{} 次，{} 小时", "{} times, {} h", &[&counted.len(), &Minutes(minutes).hours()])
    };
    let ahead = |items: &[Item]| {
        items.iter().filter(|one| matches!(one.place, Some((_, SignUpState::Booked, _)))).count().to_string()
    };
    let last = |items: &[Item]| {
        let day = items.iter().filter(|one| one.record.is_some()).map(|one| one.start.date()).max();
        day.map(|day| day.to_string()).unwrap_or_default()
    };
    let facts = vec![
        (lang.t("已计入的服务", "Service that counts").to_owned(), sums(&mine), sums(&theirs)),
        (lang.t("最近一次服务", "Last service").to_owned(), last(&mine), last(&theirs)),
        (lang.t("报名未开始的", "Places ahead").to_owned(), ahead(&mine), ahead(&theirs)),
    ];
    let lost = rules::losses(&mine, &theirs);
    let mut effects = Vec::new();
    if !theirs.is_empty() {
        let text = lang.f(
            "报名、签到和时长并入：{}",
            "Sign-ups, check-ins and hours go over: {}",
            &[&sums(&theirs)],
        );
        effects.push(Effect { kind: EffectKind::Follows, text });
    }
    effects.extend(lost.iter().map(|loss| Effect { kind: EffectKind::Voided, text: told(loss, lang) }));
    Ok(Beside { facts, effects })
}

/// What is lost, in words.
fn told(loss: &Loss<'_>, lang: Lang) -> String {
    let side = |of: Of| match of {
        Of::Kept => lang.t("保留的一方", "the one that stays"),
        Of::Gone => lang.t("并入的一方", "the one that goes"),
    };
    let other = if loss.of == Of::Kept { Of::Gone } else { Of::Kept };
    let when = if loss.item.timed { loss.item.start.text() } else { loss.item.start.date().to_string() };
    let why = match loss.why {
        Clash::Session => lang.t("同一场次", "the same session"),
        Clash::Service => lang.t("同一次服务", "the same service"),
        Clash::Time => lang.t("时间重叠", "at the same time"),
    };
    let hours = if loss.item.minutes > 0 {
        lang.f("，{} 小时不再计入", ", {} h do not count any more", &[&Minutes(loss.item.minutes).hours()])
    } else {
        String::new()
    };
    let (stays, goes) = (side(other), side(loss.of));
    lang.f(
        "{} {}（{}）：留下{}的“{}”，作废{}的这一条{}",
        "{} {} ({}): of {} “{}” stays, of {} this is voided{}",
        &[&when, &loss.item.title, &why, &stays, &loss.instead.title, &goes, &hours],
    )
}
