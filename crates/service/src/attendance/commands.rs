//! What a volunteer and a leader do at the door: authorise, load, decide, store.

use db::WriteTx;
use kernel::error::common;
use kernel::{AccountId, Action, Actor, Error, OrgId, PersonId, Refusal, Timestamp};

use super::rules::{self, Act, No};
use super::store::{self, NewPair};
use super::{Held, Method, Way, refusals};
use crate::activity::SessionState;
use crate::event::Parting;
use crate::family::company;
use crate::qualified;
use crate::sign_up::{self, Book, SignUpState, Source};
use crate::{SessionGroupId, SessionId, SignUpId, group};

/// A volunteer's own check-in or check-out; the caller has proved the code.
#[derive(Debug, Clone)]
pub struct CheckIn {
    /// Where.
    pub session: SessionId,
    /// When the code was scanned: now, or up to ten minutes ago (Edge-02).
    pub at: Timestamp,
    /// In or out; `None`: whichever follows.
    pub want: Option<Way>,
    /// A mark of the device, to notice one phone serving many (Edge-04).
    pub device: Option<Vec<u8>>,
    /// For which team a walk-in serves (Edge-28).
    pub team: Option<OrgId>,
}

/// What came of it.
#[derive(Debug, Clone, serde::Serialize, schemars::JsonSchema)]
pub struct CheckedIn {
    /// Where.
    pub session: SessionId,
    /// Whose.
    pub person: PersonId,
    /// In or out.
    pub way: Way,
    /// When, UTC milliseconds.
    pub at: Timestamp,
    /// Whether this was noted before already.
    pub repeated: bool,
    /// Whether a place was taken with it.
    pub joined: bool,
    /// Title of the activity.
    pub title: String,
}

/// Checks in or out by the rotating code (R4, Edge-01, Edge-02). Five statements besides the actor's.
///
/// # Errors
/// `attendance.*` when the window, the state or the pairs forbid it, `sign_up.*` when a walk-in is refused.
pub fn check_in(tx: &mut WriteTx<'_>, actor: &Actor, ask: &CheckIn) -> Result<CheckedIn, Error> {
    let person = actor.person()?;
    let held = find(tx, ask.session)?;
    if held.state != SessionState::Open {
        return Err(not_open(&held));
    }
    mark(
        tx,
        actor,
        &held,
        &Mark { person, method: Method::Code, at: ask.at, want: ask.want, team: ask.team },
        ask.device.as_deref(),
    )
}

/// The session, or 404.
///
/// # Errors
/// `common.not_found`.
pub fn find(tx: &mut db::ReadTx<'_>, id: SessionId) -> Result<Held, Error> {
    store::session_find(tx, id)?
        .filter(|held| held.state != SessionState::Draft)
        .ok_or_else(|| (&common::NOT_FOUND).into())
}

/// The session, if the actor may take its roll.
///
/// # Errors
/// `common.not_found`, `common.forbidden`, `common.sign_in`.
pub fn find_to_lead(tx: &mut db::ReadTx<'_>, actor: &Actor, id: SessionId) -> Result<Held, Error> {
    let held = find(tx, id)?;
    actor.demand(Action::Attendance, held.place())?;
    Ok(held)
}

fn not_open(held: &Held) -> Error {
    Refusal::new(&refusals::NOT_OPEN)
        .with_both("state", held.state.name(kernel::Lang::Zh), held.state.name(kernel::Lang::En))
        .into()
}

fn refuse(no: No, held: &Held) -> Error {
    let ends = held.last_end();
    match no {
        No::Early => Refusal::new(&refusals::EARLY)
            .with("from", held.starts_at.plus_minutes(-rules::OPENS_BEFORE).text())
            .into(),
        No::Ended => Refusal::new(&refusals::ENDED).with("at", ends.clock_text()).into(),
        No::Over => Refusal::new(&refusals::OVER)
            .with("at", ends.plus_minutes(rules::CLOSES_AFTER).clock_text())
            .into(),
        No::Pairs => (&refusals::PAIRS).into(),
    }
}

/// Nobody begins where they may come to harm and nothing covers the session (Regulation on volunteer service, Art. 17).
/// What is entered when it is over tells what was; its records are flagged for whoever confirms them.
///
/// # Errors
/// `attendance.uninsured`.
pub(crate) fn insured(held: &Held, now: Timestamp) -> Result<(), Error> {
    if held.uninsured && now < held.last_end() {
        return Err(Refusal::new(&refusals::UNINSURED).with("title", &held.title).into());
    }
    Ok(())
}

/// Nobody begins without the agreement that a rule asks for (A7).
///
/// # Errors
/// `attendance.agreement`, `attendance.agreement_waits`.
pub(crate) fn signed(tx: &mut db::ReadTx<'_>, held: &Held, person: PersonId) -> Result<(), Error> {
    let now = tx.now();
    crate::agreement::commands::demand(tx, held, person, now)
}

struct Mark {
    person: PersonId,
    method: Method,
    at: Timestamp,
    want: Option<Way>,
    team: Option<OrgId>,
}

fn mark(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    held: &Held,
    mark: &Mark,
    device: Option<&[u8]>,
) -> Result<CheckedIn, Error> {
    let (starts, ends) = (held.starts_at, held.last_end());
    let booked = store::sign_up_attend(tx, held.id, mark.person)?.is_some();
    let (pairs, minds) =
        if booked { store::pairs_minding(tx, held.id, mark.person)? } else { (Vec::new(), false) };
    let act = rules::decide(&pairs, mark.at, mark.want, starts, ends).map_err(|no| refuse(no, held))?;
    if booked && act == Act::In && pairs.is_empty() {
        demand_shown(tx, held, mark.person)?;
    }
    if !booked {
        join(tx, actor, held, mark)?;
    }
    let (way, at, repeated) = match act {
        Act::In => {
            insured(held, tx.now())?;
            signed(tx, held, mark.person)?;
            let pair =
                NewPair { person: mark.person, in_at: mark.at, out_at: None, method: mark.method, flags: "" };
            store::pairs_insert(tx, held.id, &[pair], actor.account, device)?;
            (Way::In, mark.at, false)
        }
        Act::Out(id) => {
            store::pair_end(tx, id, mark.at, mark.method)?;
            if minds {
                company::left(tx, mark.person, held.id, Parting::Left)?;
            }
            (Way::Out, mark.at, false)
        }
        Act::Same(way, at) => (way, at, true),
    };
    Ok(CheckedIn {
        session: held.id,
        person: mark.person,
        way,
        at,
        repeated,
        joined: !booked,
        title: held.title.clone(),
    })
}

/// Whoever holds a place and cannot show any more what the activity asks for does not check in alone (A5).
fn demand_shown(tx: &mut db::ReadTx<'_>, held: &Held, person: PersonId) -> Result<(), Error> {
    if !held.asks_qualification {
        return Ok(());
    }
    let post = qualified::store::post_of(tx, held.id, person)?;
    let times = (held.starts_at, held.ends_at);
    let lacks = qualified::store::lacks(tx, held.activity_id, post, person, times)?;
    if lacks.is_empty() {
        return Ok(());
    }
    Err(qualified::refusal(&refusals::UNQUALIFIED, &lacks).into())
}

/// Those who cannot show what the activity asks for are passed over where several are marked; one alone needs the reason
/// of whoever leads, which is noted.
fn qualified_lines(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    held: &Held,
    lines: Option<Vec<SignUpId>>,
    one: bool,
    over: &str,
) -> Result<Option<Vec<SignUpId>>, Error> {
    if !held.asks_qualification {
        return Ok(lines);
    }
    let mut short = qualified::store::unready(tx, held.id)?;
    short.retain(|_, short| short.booked);
    if short.is_empty() {
        return Ok(lines);
    }
    let mut lines = match lines {
        Some(lines) => lines,
        None => qualified::store::booked(tx, held.id)?.into_iter().map(|place| place.0).collect(),
    };
    if !one {
        lines.retain(|id| !short.contains_key(id));
        return Ok(Some(lines));
    }
    for id in &lines {
        let Some(short) = short.get(id) else { continue };
        if over.is_empty() {
            let refusal = Refusal::new(&refusals::UNQUALIFIED).with_both("missing", &short.zh, &short.en);
            return Err(refusal.on("over").into());
        }
        let (person, ..) = line(tx, held, *id)?;
        qualified::store::note_over(tx, *id, over, person, actor.account)?;
        people::audit::note(tx, actor, "attendance.override", "sign_up", id.0, over)?;
    }
    Ok(Some(lines))
}

/// Whom a mark as present reaches: of many at once, those who lack what the activity asks for, or a written agreement,
/// are left out; of one, it is said what is missing.
fn fit(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    held: &Held,
    lines: Option<Vec<SignUpId>>,
    one: bool,
    over: &str,
) -> Result<Option<Vec<SignUpId>>, Error> {
    let lines = qualified_lines(tx, actor, held, lines, one, over)?;
    if one {
        return Ok(lines);
    }
    let unsigned = unsigned_places(tx, held)?;
    if unsigned.is_empty() {
        return Ok(lines);
    }
    let mut lines = match lines {
        Some(lines) => lines,
        None => qualified::store::booked(tx, held.id)?.into_iter().map(|place| place.0).collect(),
    };
    lines.retain(|id| !unsigned.contains(id));
    Ok(Some(lines))
}

/// Places of people who have not come yet and lack an agreement without which nobody checks in now.
fn unsigned_places(tx: &mut db::ReadTx<'_>, held: &Held) -> Result<Vec<SignUpId>, Error> {
    if !held.may_bind || tx.now() >= held.last_end() {
        return Ok(Vec::new());
    }
    let unbound = crate::agreement::commands::unbound(tx, held)?;
    if unbound.is_empty() {
        return Ok(Vec::new());
    }
    let mut places = qualified::store::booked(tx, held.id)?;
    places.retain(|place| unbound.iter().any(|line| line.person == place.1));
    Ok(places.into_iter().map(|place| place.0).collect())
}

/// How many of a session stay unmarked when all are marked at once, because an agreement is missing.
///
/// # Errors
/// As [`find_to_lead`].
pub(super) fn unsigned(tx: &mut db::ReadTx<'_>, actor: &Actor, session: SessionId) -> Result<usize, Error> {
    let held = find_to_lead(tx, actor, session)?;
    Ok(unsigned_places(tx, &held)?.len())
}

/// What a scan would do for the actor at that moment, and whether it would take a place; nothing is stored.
///
/// # Errors
/// As [`check_in`].
pub fn preview(
    tx: &mut db::ReadTx<'_>,
    actor: &Actor,
    held: &Held,
    at: Timestamp,
) -> Result<(Act, bool), Error> {
    let person = actor.person()?;
    if held.state != SessionState::Open {
        return Err(not_open(held));
    }
    let booked = store::sign_up_state(tx, held.id, person)?.is_some();
    if !booked && !held.walk_in {
        return Err((&refusals::NO_WALK_IN).into());
    }
    let pairs = if booked { store::pairs_of(tx, held.id, person)? } else { Vec::new() };
    let act =
        rules::decide(&pairs, at, None, held.starts_at, held.last_end()).map_err(|no| refuse(no, held))?;
    if act == Act::In {
        insured(held, tx.now())?;
        if booked && pairs.is_empty() {
            demand_shown(tx, held, person)?;
        }
        if pairs.is_empty() {
            signed(tx, held, person)?;
        }
    }
    Ok((act, !booked))
}

/// A place for somebody who did not sign up (Edge-01): places and gates are those of sign-up, the switch is
/// the leader's; a leader may always add.
fn join(tx: &mut WriteTx<'_>, actor: &Actor, held: &Held, mark: &Mark) -> Result<(), Error> {
    let source = if mark.method == Method::Code {
        if !held.walk_in {
            return Err((&refusals::NO_WALK_IN).into());
        }
        Source::WalkIn
    } else {
        Source::Leader
    };
    let ask = Book { session: held.id, post: None, person: mark.person, team: mark.team, source };
    sign_up::book(tx, actor, &ask)?;
    if store::sign_up_attend(tx, held.id, mark.person)?.is_none() {
        return Err(Error::bug("a walk-in has no place after booking"));
    }
    Ok(())
}

/// A new place for somebody who had given theirs back and came after all, when a leader decides so.
///
/// # Errors
/// `sign_up.*` when no place is free or a gate is shut.
pub(crate) fn join_again(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    held: &Held,
    person: PersonId,
) -> Result<(), Error> {
    let at = tx.now();
    join(tx, actor, held, &Mark { person, method: Method::Roll, at, want: Some(Way::In), team: None })
}

/// A place for somebody who scanned the code without having signed up, while there was no network.
///
/// # Errors
/// `attendance.no_walk_in`, `sign_up.*` when no place is free or a gate is shut.
pub(crate) fn join_by_code(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    held: &Held,
    person: PersonId,
    at: Timestamp,
) -> Result<(), Error> {
    join(tx, actor, held, &Mark { person, method: Method::Code, at, want: None, team: None })
}

/// Checks somebody in or out at the leader's word, now.
///
/// # Errors
/// `attendance.roll_closed`, and as [`check_in`].
pub(crate) fn check_in_by_roll(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    held: &Held,
    person: PersonId,
) -> Result<CheckedIn, Error> {
    if !store::session_touch(tx, held.id)? {
        return Err((&refusals::ROLL_CLOSED).into());
    }
    let at = tx.now();
    mark(tx, actor, held, &Mark { person, method: Method::Roll, at, want: None, team: None }, None)
}

/// Checks in or out the owner of a member card the leader scanned (Fix-04: verified).
///
/// # Errors
/// `attendance.card_unknown` for what is no card, `attendance.card_ended` for one that was lost or replaced, and as
/// [`check_in`].
pub fn card(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    session: SessionId,
    card: Option<(PersonId, i64)>,
) -> Result<(CheckedIn, String), Error> {
    let held = lead(tx, actor, session)?;
    let unknown = || Error::from(Refusal::new(&refusals::CARD_UNKNOWN).on("card"));
    let (person, card_no) = card.ok_or_else(unknown)?;
    let someone = store::person_find(tx, person)?.ok_or_else(unknown)?;
    if !people::member_card::rules::counts(someone.card_no, card_no) {
        return Err(Refusal::new(&refusals::CARD_ENDED).on("card").into());
    }
    let at = tx.now();
    let done =
        mark(tx, actor, &held, &Mark { person, method: Method::Card, at, want: None, team: None }, None)?;
    Ok((done, someone.name))
}

/// Adds somebody who came without a place and marks them as present (Edge-01).
///
/// # Errors
/// `sign_up.*` when no place is free or a gate is shut, and as [`roll`].
pub fn walk_in(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    session: SessionId,
    person: PersonId,
) -> Result<(), Error> {
    let held = lead(tx, actor, session)?;
    let now = tx.now();
    if store::sign_up_state(tx, held.id, person)?.is_none() {
        let mark = Mark { person, method: Method::Roll, at: now, want: Some(Way::In), team: None };
        join(tx, actor, &held, &mark)?;
    } else {
        store::sign_up_attend(tx, held.id, person)?;
    }
    let stays = store::pairs_of(tx, held.id, person)?;
    if stays.iter().any(|pair| pair.out_at.is_none()) {
        return Ok(());
    }
    if stays.len() >= rules::MAX_PAIRS {
        return Err((&refusals::PAIRS).into());
    }
    let pair = presence(&held, person, now, Times::default())?;
    signed(tx, &held, person)?;
    Ok(store::pairs_insert(tx, held.id, &[pair], actor.account, None)?)
}

/// What came of somebody's times read from paper.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Noted {
    /// They are on the roll with them now.
    New,
    /// They had come; when they left is noted now.
    Ended,
    /// The roll said so before, and that stands.
    Kept,
}

/// Notes times that were written on paper: for somebody without a place as for one who came along. The caller holds the
/// person and the session and has authorised.
///
/// # Errors
/// `attendance.time_wrong`, `attendance.early`; `sign_up.*` when no place is free or a gate is shut.
pub(super) fn note_presence(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    held: &Held,
    person: PersonId,
    times: Times,
) -> Result<Noted, Error> {
    let now = tx.now();
    let stays = store::pairs_of(tx, held.id, person)?;
    if let Some(open) = stays.iter().find(|pair| pair.out_at.is_none()) {
        let Some(at) = times.to.map(|minute| moment(held, minute)) else { return Ok(Noted::Kept) };
        let limit = held.last_end().plus_minutes(rules::CLOSES_AFTER);
        if at <= open.in_at || at > now || at > limit {
            return Err(time_wrong(open.in_at, at));
        }
        let method = if now < limit { Method::Roll } else { Method::LateRoll };
        store::pair_end(tx, open.id, at, method)?;
        return Ok(Noted::Ended);
    }
    if !stays.is_empty() {
        return Ok(Noted::Kept);
    }
    let pair = presence(held, person, now, times)?;
    match store::sign_up_attend(tx, held.id, person)? {
        // Who enters what was written by hand has decided what phones captured about this line.
        Some(line) => {
            super::offline::store::settle(tx, held.id, line)?;
        }
        None => {
            let mark = Mark { person, method: Method::Roll, at: now, want: Some(Way::In), team: None };
            join(tx, actor, held, &mark)?;
        }
    }
    signed(tx, held, person)?;
    store::pairs_insert(tx, held.id, &[pair], actor.account, None)?;
    Ok(Noted::New)
}

/// What a leader does to lines of the roll.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RollAct {
    /// Was or is there.
    Present(Whom),
    /// Did not come.
    Absent(SignUpId),
    /// Left.
    Out(Whom),
    /// Takes the last act back (Edge-22).
    Undo(SignUpId),
}

/// One or all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whom {
    /// One line.
    One(SignUpId),
    /// Those of a group, as with all.
    Group(SessionGroupId),
    /// Present: all not marked yet; out: all still there.
    All,
}

/// From when to when, as minutes of the local day of the start; beyond 1,440 is the next day.
#[derive(Clone, Copy, Debug, Default)]
pub struct Times {
    /// In.
    pub from: Option<i64>,
    /// Out.
    pub to: Option<i64>,
}

/// Acts on the roll: live while the session runs, afterwards as a late entry, which makes honour hours only
/// (Fix-04). Returns how many lines changed.
///
/// # Errors
/// `attendance.*`.
pub fn roll(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    session: SessionId,
    act: RollAct,
    times: Times,
) -> Result<u64, Error> {
    roll_over(tx, actor, session, act, times, "")
}

/// As [`roll`]; with a reason, one who cannot show any more what the activity asks for is marked as present all the
/// same. It is noted and goes into the audit log.
///
/// # Errors
/// `attendance.*`.
pub fn roll_over(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    session: SessionId,
    act: RollAct,
    times: Times,
    over: &str,
) -> Result<u64, Error> {
    let held = lead(tx, actor, session)?;
    let now = tx.now();
    if let RollAct::Present(Whom::One(id))
    | RollAct::Out(Whom::One(id))
    | RollAct::Absent(id)
    | RollAct::Undo(id) = act
    {
        // Who acts on the roll by hand has decided what phones captured about this line.
        super::offline::store::settle(tx, held.id, id)?;
        group::store::absent_forget(tx, id)?;
    }
    match act {
        RollAct::Present(whom) => {
            let lines = match whom {
                Whom::One(id) => Some(vec![id]),
                Whom::Group(of) => Some(group::store::not_marked(tx, held.id, of)?),
                Whom::All => None,
            };
            let lines = fit(tx, actor, &held, lines, matches!(whom, Whom::One(_)), over)?;
            let by = By { account: actor.account, flags: "", again: matches!(whom, Whom::One(_)) };
            present(tx, &by, &held, lines.as_deref(), times, now)
        }
        RollAct::Out(whom) => {
            if now < held.starts_at.plus_minutes(-rules::OPENS_BEFORE) {
                return Err(refuse(No::Early, &held));
            }
            let limit = held.last_end().plus_minutes(rules::CLOSES_AFTER);
            let (at, method) = match times.to.map(|minute| moment(&held, minute)) {
                Some(at) if at > now || at < held.starts_at => return Err(time_wrong(at, at)),
                Some(at) => (at, if now < limit { Method::Roll } else { Method::LateRoll }),
                None if now < limit => (now, Method::Roll),
                None => (held.last_end(), Method::LateRoll),
            };
            let lines = match whom {
                Whom::One(id) => Some(vec![id]),
                Whom::Group(of) => Some(group::store::places(tx, held.id, of)?),
                Whom::All => None,
            };
            if lines.as_ref().is_some_and(Vec::is_empty) {
                return Ok(0);
            }
            let leaving = match (&whom, &lines) {
                (Whom::Group(_), Some(places)) => company::leaving(tx, held.id, places)?,
                _ => Vec::new(),
            };
            let done = store::pairs_end(tx, held.id, lines.as_deref(), at, method)?;
            for adult in leaving {
                company::left(tx, adult, held.id, Parting::Left)?;
            }
            if let Whom::One(id) = whom {
                let (person, ..) = line(tx, &held, id)?;
                company::left(tx, person, held.id, Parting::Left)?;
            }
            Ok(done)
        }
        RollAct::Absent(id) => {
            let gone = store::sign_up_absent(tx, held.id, id)?;
            let (person, _, name) = line(tx, &held, id)?;
            if gone {
                company::left(tx, person, held.id, Parting::Absent)?;
                return Ok(1);
            }
            Err(Refusal::new(&refusals::WAS_HERE).with("name", name).into())
        }
        RollAct::Undo(id) => undo(tx, actor, &held, id),
    }
}

/// Notes how many heads the leader counted.
///
/// # Errors
/// `attendance.roll_closed`.
pub fn heads(tx: &mut WriteTx<'_>, actor: &Actor, session: SessionId, heads: i64) -> Result<(), Error> {
    let held = lead(tx, actor, session)?;
    Ok(store::heads_set(tx, held.id, heads)?)
}

/// Authorises a leader's act and locks the session, so that nobody submits it meanwhile.
fn lead(tx: &mut WriteTx<'_>, actor: &Actor, session: SessionId) -> Result<Held, Error> {
    let held = find_to_lead(tx, actor, session)?;
    if !store::session_touch(tx, held.id)? {
        if held.state == SessionState::Cancelled {
            return Err(not_open(&held));
        }
        return Err((&refusals::ROLL_CLOSED).into());
    }
    Ok(held)
}

fn line(tx: &mut WriteTx<'_>, held: &Held, id: SignUpId) -> Result<(PersonId, SignUpState, String), Error> {
    store::sign_up_find(tx, held.id, id)?.ok_or_else(|| (&common::NOT_FOUND).into())
}

fn time_wrong(from: Timestamp, to: Timestamp) -> Error {
    Refusal::new(&refusals::TIME_WRONG)
        .with("from", from.clock_text())
        .with("to", to.clock_text())
        .on("from")
        .into()
}

/// A time of day as a moment of this session: a time long before the start belongs to the next day of a
/// session over midnight.
pub(super) fn moment(held: &Held, minute: i64) -> Timestamp {
    let at = Timestamp::at(held.starts_at.date(), minute);
    let overnight = held.last_end().date() > held.starts_at.date();
    if overnight && at < held.starts_at.plus_minutes(-rules::OPENS_BEFORE) {
        at.plus_minutes(24 * 60)
    } else {
        at
    }
}

/// The stay a leader notes: from now while it runs, the planned time afterwards, unless times are given.
fn presence(held: &Held, person: PersonId, now: Timestamp, times: Times) -> Result<NewPair, Error> {
    let opens = held.starts_at.plus_minutes(-rules::OPENS_BEFORE);
    if now < opens {
        return Err(refuse(No::Early, held));
    }
    insured(held, now)?;
    let live = now < held.last_end();
    let given = times.to.map(|minute| moment(held, minute));
    let (in_at, out_at, method) = if live {
        (times.from.map_or(now, |minute| moment(held, minute)), given, Method::Roll)
    } else {
        let from = times.from.map_or(held.starts_at, |minute| moment(held, minute));
        (from, Some(given.unwrap_or(held.ends_at)), Method::LateRoll)
    };
    let limit = held.last_end().plus_minutes(rules::CLOSES_AFTER);
    let end = out_at.unwrap_or(now);
    let ordered = if out_at.is_some() { in_at < end } else { in_at <= end };
    if in_at < opens || end > now || end > limit || !ordered {
        return Err(time_wrong(in_at, end));
    }
    Ok(NewPair { person, in_at, out_at, method, flags: "" })
}

/// Who marks people as present, and how that is noted.
struct By {
    account: Option<AccountId>,
    flags: &'static str,
    /// Whoever came and left comes again; else they are passed over.
    again: bool,
}

/// Marks lines as present: those named, or all that are only booked.
fn present(
    tx: &mut WriteTx<'_>,
    by: &By,
    held: &Held,
    lines: Option<&[SignUpId]>,
    times: Times,
    now: Timestamp,
) -> Result<u64, Error> {
    if lines.is_some_and(<[SignUpId]>::is_empty) {
        return Ok(0);
    }
    // The places are locked before their stays are read: a scan at the same moment waits.
    let people = store::sign_ups_attend(tx, held.id, lines)?;
    if people.is_empty() && by.again {
        return Err((&common::NOT_FOUND).into());
    }
    crate::agreement::commands::demand_all(tx, held, &people, now)?;
    let stays = store::stays(tx, held.id)?;
    let mut pairs = Vec::new();
    for person in people {
        let (all, outs) = stays.iter().find(|stay| stay.0 == person).map_or((0, 0), |stay| (stay.1, stay.2));
        if all > outs || (!by.again && all > 0) {
            continue;
        }
        if all >= store::max_pairs() {
            return Err((&refusals::PAIRS).into());
        }
        pairs.push(NewPair { flags: by.flags, ..presence(held, person, now, times)? });
    }
    store::pairs_insert(tx, held.id, &pairs, by.account, None)?;
    Ok(u64::try_from(pairs.len()).unwrap_or(0))
}

kernel::codes! {
    /// What whoever is entrusted with a part of the roll does to lines of it.
    pub enum PartAct {
        /// Is there.
        Present = "present", "到场", "Present";
        /// Did not come.
        Absent = "absent", "缺席", "Absent";
        /// Left.
        Out = "out", "签退", "Out";
        /// Takes the last mark back.
        Undo = "undo", "撤销", "Undo";
    }
}

/// Whether somebody who is entrusted with a part of the roll may call it now, and holds the session. It is open as long
/// as the rotating code is: nobody enters anything afterwards but the leader.
///
/// # Errors
/// `attendance.not_open`, `attendance.early`, `attendance.ended`, `attendance.over`, `attendance.roll_closed`.
pub(crate) fn part_open(tx: &mut WriteTx<'_>, held: &Held, act: PartAct) -> Result<(), Error> {
    if held.state != SessionState::Open {
        return Err(not_open(held));
    }
    let (now, ends) = (tx.now(), held.last_end());
    if now < held.starts_at.plus_minutes(-rules::OPENS_BEFORE) {
        return Err(refuse(No::Early, held));
    }
    if !rules::in_window(held.starts_at, ends, now) {
        return Err(refuse(No::Over, held));
    }
    if act == PartAct::Present && now >= ends {
        return Err(refuse(No::Ended, held));
    }
    if !store::session_touch(tx, held.id)? {
        return Err((&refusals::ROLL_CLOSED).into());
    }
    Ok(())
}

/// Marks lines of a part of the roll: place, person and name of each. The caller has authorised, holds the session by
/// [`part_open`], and has made sure that what is undone is the actor's own. Returns how many lines changed.
///
/// # Errors
/// `attendance.was_here`, `attendance.pairs`, `attendance.nothing_to_undo`.
pub(crate) fn part(
    tx: &mut WriteTx<'_>,
    held: &Held,
    by: AccountId,
    act: PartAct,
    lines: &[(SignUpId, PersonId, &str)],
) -> Result<u64, Error> {
    let now = tx.now();
    let places: Vec<SignUpId> = lines.iter().map(|line| line.0).collect();
    match (act, lines) {
        (PartAct::Present, _) => {
            // Whoever calls a part of the roll does not decide about what is missing: whoever leads does.
            let places =
                fit(tx, &Actor::default(), held, Some(places), lines.len() == 1, "")?.unwrap_or_default();
            let by =
                By { account: Some(by), flags: crate::record::Flag::ByGroup.code(), again: lines.len() == 1 };
            present(tx, &by, held, Some(&places), Times::default(), now)
        }
        (PartAct::Out, _) => {
            let leaving = company::leaving(tx, held.id, &places)?;
            let done = store::pairs_end(tx, held.id, Some(&places), now, Method::Roll)?;
            for adult in leaving {
                company::left(tx, adult, held.id, Parting::Left)?;
            }
            Ok(done)
        }
        (PartAct::Absent, [(place, person, name)]) => {
            if !store::sign_up_absent(tx, held.id, *place)? {
                return Err(Refusal::new(&refusals::WAS_HERE).with("name", name).into());
            }
            company::left(tx, *person, held.id, Parting::Absent)?;
            Ok(1)
        }
        (PartAct::Undo, [(place, ..)]) => take_back(tx, held, *place),
        _ => Err((&common::NOT_FOUND).into()),
    }
}

fn undo(tx: &mut WriteTx<'_>, actor: &Actor, held: &Held, id: SignUpId) -> Result<u64, Error> {
    let done = take_back(tx, held, id)?;
    people::audit::note(tx, actor, "attendance.undo", "sign_up", id.0, "")?;
    Ok(done)
}

/// Takes the last mark of a line back.
fn take_back(tx: &mut WriteTx<'_>, held: &Held, id: SignUpId) -> Result<u64, Error> {
    let (person, state, _) = line(tx, held, id)?;
    let Some(last) = store::last_stay(tx, held.id, person)? else {
        if matches!(state, SignUpState::Absent | SignUpState::Attended) {
            store::sign_up_rebook(tx, id)?;
            return Ok(1);
        }
        return Err((&refusals::NOTHING_TO_UNDO).into());
    };
    // A late entry came with both times at once and goes as one.
    if last.out_at.is_some() && last.in_method != Method::LateRoll {
        store::stay_reopen(tx, last.id)?;
    } else {
        store::stay_undo(tx, last.id)?;
        if store::pairs_of(tx, held.id, person)?.is_empty() {
            store::sign_up_rebook(tx, id)?;
        }
    }
    Ok(1)
}

/// Somebody who is not registered and came along: name and phone are noted, the station completes the
/// registration within ten working days (Edge-01). Somebody known by that name and phone is taken as they are.
///
/// # Errors
/// `common.required`, `common.invalid`, `attendance.person_unknown`.
pub fn somebody_new(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    vault: &vault::Vault,
    held: &Held,
    fields: &ui::Fields,
) -> Result<PersonId, Error> {
    use people::person::{Assurance, Gender, NewPerson, PersonState};
    use ui::form::Label;

    let mut wrong = kernel::error::Collect::default();
    let name = wrong.take(fields.required("name", Label("姓名", "Name"), 40));
    let label = Label("手机", "Phone");
    let phone = wrong.take(fields.required("phone", label, 20).and_then(|typed| {
        let digits: String =
            typed.chars().filter_map(|c| c.to_digit(10)).filter_map(|d| char::from_digit(d, 10)).collect();
        let digits = digits.strip_prefix("86").filter(|rest| rest.len() == 11).unwrap_or(&digits).to_owned();
        if digits.len() == 11 && digits.starts_with('1') {
            Ok(digits)
        } else {
            Err(label.wrong("phone", &typed, "请填 11 位手机号。", "A mobile number of 11 digits."))
        }
    }));
    wrong.done()?;
    let (Some(name), Some(phone)) = (name, phone) else {
        return Err((&refusals::PERSON_UNKNOWN).into());
    };
    let known = people::person::by_phone(tx, vault, &phone)?;
    if let Some(one) = known.iter().find(|one| one.name == name) {
        return Ok(one.id);
    }
    let today = tx.now().date();
    let new = NewPerson {
        name,
        gender: Gender::Unknown,
        birth_on: None,
        document: None,
        phone: Some(phone),
        home_org: held.community_id.unwrap_or(held.org_id),
        address: String::new(),
        employer: String::new(),
        note: String::new(),
        skills: Vec::new(),
        categories: Vec::new(),
        source: people::person::Source::Desk,
        state: PersonState::Incomplete,
        assurance: Assurance::Declared,
        joined_on: Some(today),
        batch: 0,
        rank_public: false,
    };
    let person = people::person::create(tx, vault, &new)?;
    people::audit::note(tx, actor, "attendance.somebody_new", "person", person.0, "")?;
    Ok(person)
}
