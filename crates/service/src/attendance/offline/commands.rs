//! Taking what phones captured, and deciding where they disagree: authorise, load, decide, store.

use std::collections::{BTreeMap, BTreeSet};

use db::WriteTx;
use kernel::error::common;
use kernel::{AccountId, Action, Actor, Error, PersonId, Refusal, Timestamp, can};
use serde::{Deserialize, Serialize};

use super::rules::{self, Claim, Known, No, Plan, Story, Verdict};
use super::store::{self, Line, New, Row, Spot, Stored};
use super::{Act, LineState, Outcome, Why, refusals};
use crate::activity::SessionState;
use crate::attendance::{Held, commands as roll, store as base};
use crate::record::Flag;
use crate::sign_up::SignUpState;
use crate::{SessionId, SignUpId};

/// A command as a phone sends it.
#[derive(Debug, Clone, Deserialize, schemars::JsonSchema)]
#[schemars(rename = "OfflineCommand")]
pub struct Sent {
    /// Drawn at random by the phone; 8 to 64 letters, digits and hyphens.
    pub id: String,
    /// What it says.
    pub act: String,
    /// About whom.
    pub sign_up: SignUpId,
    /// When, by the phone's clock, UTC milliseconds.
    pub at: i64,
    /// How far the server was ahead at the last contact before, in milliseconds.
    #[serde(default)]
    pub offset: i64,
    /// For an undo: the command it takes back.
    #[serde(default)]
    pub undoes: String,
}

/// What a phone sends at once.
#[derive(Debug, Clone)]
pub struct Batch {
    /// The phone's random number.
    pub device: String,
    /// The phone's clock as it sends, UTC milliseconds; `None`: not told.
    pub sent_at: Option<i64>,
    /// In any order, repeated or not.
    pub commands: Vec<Sent>,
}

/// What became of one command.
#[derive(Debug, Clone, Serialize, PartialEq, Eq, schemars::JsonSchema)]
pub struct Answered {
    /// Its id.
    pub id: String,
    /// What became of it.
    pub outcome: Outcome,
    /// Code of the refusal or of the reason; empty when there is nothing to say.
    pub reason: String,
}

fn name(text: &str) -> bool {
    (8..=64).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

/// Whether the actor may take this roll now, or could a moment ago: until when.
fn allowed(tx: &mut WriteTx<'_>, actor: &Actor, held: &Held) -> Result<Option<Timestamp>, Error> {
    let account = actor.account()?;
    if can(actor, Action::Attendance, held.place()) {
        return Ok(None);
    }
    let since = tx.now().plus_minutes(-rules::AFTER_ROLE_DAYS * 24 * 60);
    match store::role_ended(tx, account, (&held.area_path, &held.sponsor_path), since)? {
        Some(ended) => Ok(Some(ended)),
        None => Err((&common::FORBIDDEN).into()),
    }
}

fn plan(held: &Held) -> Plan {
    Plan { starts_at: held.starts_at, ends_at: held.last_end() }
}

fn refused(no: No) -> &'static str {
    use crate::attendance::refusals;
    match no {
        No::Early => refusals::EARLY.code,
        No::Ended => refusals::ENDED.code,
        No::Over => refusals::OVER.code,
    }
}

/// Takes a batch. Each command counts once: one that came before is answered as it was then. A fixed number of
/// questions, and at most three writes for each line of the roll that changes.
///
/// # Errors
/// `common.not_found`, `common.forbidden`, `attendance.batch`, `common.invalid` for a device without a name. What is
/// wrong with a single command is told in its answer.
pub fn take(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    session: SessionId,
    batch: &Batch,
) -> Result<Vec<Answered>, Error> {
    let account = actor.account()?;
    if batch.commands.len() > rules::BATCH {
        let count = batch.commands.len();
        return Err(Refusal::new(&refusals::BATCH).with("count", count).with("max", rules::BATCH).into());
    }
    // Held before anything is read: phones that send at once come one after the other.
    store::session_hold(tx, session)?;
    let held = roll::find(tx, session)?;
    let until = allowed(tx, actor, &held)?;
    if batch.commands.is_empty() {
        return Ok(Vec::new());
    }
    // The phone keeps what is refused as a whole and sends it again.
    roll::insured(&held, tx.now())?;
    if !name(&batch.device) {
        let shown: String = batch.device.chars().take(40).collect();
        return Err(ui::form::Label("手机编号", "Device")
            .wrong("device", &shown, "8 到 64 位字母或数字。", "8 to 64 letters or digits.")
            .into());
    }
    let ids: BTreeSet<&str> = batch.commands.iter().map(|one| one.id.as_str()).collect();
    let earlier = store::earlier(tx, &ids.into_iter().collect::<Vec<_>>())?;
    let earlier: BTreeMap<&str, &store::Earlier> = earlier.iter().map(|one| (one.id.as_str(), one)).collect();
    let asked: BTreeSet<SignUpId> = batch.commands.iter().map(|one| one.sign_up).collect();
    let asked: Vec<SignUpId> = asked.into_iter().collect();
    let spots = store::spots(tx, session, &asked)?;

    let mut answers = Vec::with_capacity(batch.commands.len());
    let mut new: Vec<New> = Vec::new();
    for sent in &batch.commands {
        let answer =
            |outcome, reason: &str| Answered { id: sent.id.clone(), outcome, reason: reason.to_owned() };
        let Some(act) = Act::from_code(&sent.act).filter(|act| *act != Act::Scan && name(&sent.id)) else {
            answers.push(answer(Outcome::Refused, common::INVALID.code));
            continue;
        };
        if let Some(old) = earlier.get(sent.id.as_str()) {
            let same = old.session_id == session
                && old.account_id == account
                && old.sign_up_id == sent.sign_up
                && old.act == act;
            answers.push(if same {
                answer(old.outcome, &old.reason)
            } else {
                answer(Outcome::Refused, refusals::REUSED.code)
            });
            continue;
        }
        if new.iter().any(|one| one.stored.id == sent.id) {
            continue;
        }
        let known = spots.iter().any(|spot| spot.id == sent.sign_up);
        new.push(read(tx.now(), &held, batch, sent, act, known, until));
    }
    let merged = merge_lines(tx, account, &held, &spots, &mut new)?;
    store::commands_insert(tx, session, account, &new)?;
    if !new.is_empty() {
        let detail = format!("{} / {merged}", new.len());
        people::audit::note(tx, actor, "attendance.offline", "session", session.0, &detail)?;
    }
    answers.extend(new.iter().map(|one| Answered {
        id: one.stored.id.clone(),
        outcome: one.outcome,
        reason: one.reason.clone(),
    }));
    Ok(answers)
}

/// Reads a command: when it was, whether it can count.
fn read(
    now: Timestamp,
    held: &Held,
    batch: &Batch,
    sent: &Sent,
    act: Act,
    known: bool,
    until: Option<Timestamp>,
) -> New {
    let now_offset = batch.sent_at.map_or(sent.offset, |at| now.0.saturating_sub(at));
    let moment = rules::moment(Timestamp(sent.at), sent.offset, now_offset, now, plan(held));
    let mut flags = Vec::new();
    if moment.doubtful {
        flags.push(Flag::Clock.code());
    }
    if until.is_some() {
        flags.push(Flag::AfterRole.code());
    }
    let counts = rules::counts_at(act, moment.at, plan(held));
    let reason = match (counts, until) {
        _ if !known => common::NOT_FOUND.code,
        (_, Some(ended)) if moment.at > ended => refusals::ROLE_ENDED.code,
        (Err(no), _) => refused(no),
        (Ok(_), _) => "",
    };
    New {
        stored: Stored {
            id: sent.id.clone(),
            sign_up_id: sent.sign_up,
            device: batch.device.clone(),
            act,
            undoes: if act == Act::Undo { sent.undoes.chars().take(64).collect() } else { String::new() },
            pressed_at: moment.at,
            at: counts.unwrap_or(moment.at),
            flags: flags.join(" "),
        },
        device_at: Timestamp(sent.at),
        offset_ms: sent.offset,
        outcome: if reason.is_empty() { Outcome::Done } else { Outcome::Refused },
        reason: reason.to_owned(),
    }
}

/// A line of the roll with all that is said about it.
struct Told<'a> {
    spot: &'a Spot,
    rows: Vec<&'a Row>,
    line: Line,
    claims: Vec<Claim>,
    flags: String,
}

impl Told<'_> {
    /// The stay that phones wrote or completed, if it still stands.
    fn own_row(&self) -> Option<&Row> {
        self.rows.iter().find(|row| Some(row.id) == self.line.check_in_id).copied()
    }

    /// What the server knows without the phones; of several stays none is the phones' any more.
    fn known(&self) -> Known {
        let several = self.rows.len() > 1;
        let stays = self
            .rows
            .iter()
            .map(|row| {
                let own = !several && Some(row.id) == self.line.check_in_id;
                let from = (!own || !self.line.in_applied).then_some(row.in_at);
                let to = if own && self.line.out_applied { None } else { row.out_at };
                (from, to)
            })
            .filter(|stay| *stay != (None, None))
            .collect();
        Known { stays, absent: self.spot.state == SignUpState::Absent && !self.line.absent_applied }
    }
}

fn blank(id: SignUpId) -> Line {
    Line {
        sign_up_id: id,
        state: LineState::Clear,
        why: String::new(),
        check_in_id: None,
        in_applied: false,
        out_applied: false,
        absent_applied: false,
    }
}

/// Merges the new commands into their lines, writes what they come to, and notes each command's outcome. Returns how
/// many lines were looked at.
fn merge_lines(
    tx: &mut WriteTx<'_>,
    account: AccountId,
    held: &Held,
    spots: &[Spot],
    new: &mut [New],
) -> Result<usize, Error> {
    let touched: BTreeSet<SignUpId> =
        new.iter().filter(|one| one.outcome != Outcome::Refused).map(|one| one.stored.sign_up_id).collect();
    let spots: Vec<&Spot> = spots.iter().filter(|spot| touched.contains(&spot.id)).collect();
    let ids: Vec<SignUpId> = spots.iter().map(|spot| spot.id).collect();
    let people: Vec<PersonId> = spots.iter().map(|spot| spot.person_id).collect();
    let standing = store::standing(tx, held.id, &ids)?;
    let rows = store::rows(tx, held.id, &people)?;
    let lines = store::lines(tx, &ids)?;
    let fixed = !matches!(held.state, SessionState::Open | SessionState::Closed);
    for spot in &spots {
        let said: Vec<&Stored> = standing
            .iter()
            .chain(new.iter().filter(|one| one.outcome != Outcome::Refused).map(|one| &one.stored))
            .filter(|one| one.sign_up_id == spot.id)
            .collect();
        let flags: BTreeSet<&str> =
            said.iter().flat_map(|one| one.flags.split(' ')).filter(|flag| !flag.is_empty()).collect();
        let told = Told {
            spot,
            rows: rows.iter().filter(|row| row.person_id == spot.person_id).collect(),
            line: lines
                .iter()
                .find(|line| line.sign_up_id == spot.id)
                .cloned()
                .unwrap_or_else(|| blank(spot.id)),
            claims: said.iter().map(|one| one.claim()).collect(),
            flags: flags.into_iter().collect::<Vec<_>>().join(" "),
        };
        let (outcome, reason) = settle_line(tx, account, held, &told, fixed)?;
        for one in new.iter_mut().filter(|one| one.outcome != Outcome::Refused) {
            if one.stored.sign_up_id == spot.id {
                one.outcome = outcome;
                one.reason = reason.map_or_else(String::new, |why| why.code().to_owned());
            }
        }
    }
    Ok(spots.len())
}

/// What a line comes to, written down.
fn settle_line(
    tx: &mut WriteTx<'_>,
    account: AccountId,
    held: &Held,
    told: &Told<'_>,
    fixed: bool,
) -> Result<(Outcome, Option<Why>), Error> {
    let gone = told.spot.state == SignUpState::Cancelled;
    // Where nothing can be written, what stands is all that is known.
    let known = if fixed || gone {
        Known {
            stays: told.rows.iter().map(|row| (Some(row.in_at), row.out_at)).collect(),
            absent: gone || told.spot.state == SignUpState::Absent,
        }
    } else {
        told.known()
    };
    let mut verdict = rules::merge(&known, &told.claims);
    if (fixed || gone) && !rules::stands(verdict, &known) {
        verdict = Verdict::Conflict(if gone { Why::Cancelled } else { Why::Closed });
    }
    let mut line = told.line.clone();
    let (state, why) = match verdict {
        Verdict::Conflict(why) => (LineState::Conflict, Some(why)),
        Verdict::Waiting => (LineState::Waiting, None),
        _ => (LineState::Clear, None),
    };
    let unchanged = rules::stands(verdict, &known);
    if !fixed && !gone {
        write(tx, account, held, told, &mut line, verdict)?;
    }
    line.state = state;
    line.why = why.map_or_else(String::new, |why| why.code().to_owned());
    store::line_put(tx, held.id, &line)?;
    let outcome = match state {
        LineState::Conflict => Outcome::Conflict,
        LineState::Waiting => Outcome::Waiting,
        LineState::Clear if unchanged => Outcome::Same,
        LineState::Clear => Outcome::Done,
    };
    Ok((outcome, why))
}

/// Writes what the phones agree on, and takes back what they no longer agree on.
fn write(
    tx: &mut WriteTx<'_>,
    account: AccountId,
    held: &Held,
    told: &Told<'_>,
    line: &mut Line,
    verdict: Verdict,
) -> Result<(), Error> {
    if told.rows.len() > 1 {
        return Ok(());
    }
    let own = told.own_row();
    if let Verdict::Here(stay) = verdict {
        line.absent_applied = false;
        let row = own.or_else(|| told.rows.first().copied());
        match row {
            None => {
                let id =
                    store::stay_insert(tx, held.id, told.spot.person_id, &stay, Some(account), &told.flags)?;
                line.check_in_id = Some(id);
                line.in_applied = true;
                line.out_applied = stay.out_at.is_some();
            }
            Some(row) => {
                if own.is_none() {
                    (line.in_applied, line.out_applied) = (false, false);
                }
                line.check_in_id = Some(row.id);
                let set_out = line.out_applied || (row.out_at.is_none() && stay.out_at.is_some());
                store::stay_set(tx, row.id, &stay, (line.in_applied, set_out), &told.flags)?;
                line.out_applied = set_out && stay.out_at.is_some();
            }
        }
        base::sign_up_attend(tx, held.id, told.spot.person_id)?;
        return Ok(());
    }
    // Taken back: what only phones said is undone; what the server knows by itself stays.
    let mut left = told.rows.len();
    if let Some(row) = own {
        let known_out = row.out_at.is_some() && !line.out_applied;
        if line.in_applied && !known_out {
            base::stay_undo(tx, row.id)?;
            left -= 1;
            (line.check_in_id, line.in_applied, line.out_applied) = (None, false, false);
        } else if line.out_applied {
            base::stay_reopen(tx, row.id)?;
            line.out_applied = false;
        }
    } else {
        (line.check_in_id, line.in_applied, line.out_applied) = (None, false, false);
    }
    let state = told.spot.state;
    if verdict == Verdict::Absent {
        if base::sign_up_absent(tx, held.id, told.spot.id)? {
            line.absent_applied |= state != SignUpState::Absent;
        } else if left == 0 && state == SignUpState::Attended {
            base::sign_up_rebook(tx, told.spot.id)?;
            line.absent_applied = base::sign_up_absent(tx, held.id, told.spot.id)?;
        }
    } else if (line.absent_applied && state == SignUpState::Absent)
        || (state == SignUpState::Attended && left == 0 && !told.rows.is_empty())
    {
        base::sign_up_rebook(tx, told.spot.id)?;
        line.absent_applied = false;
    }
    Ok(())
}

/// A scan that a volunteer's phone kept, whose code proved itself.
#[derive(Debug, Clone)]
pub struct Scan {
    /// Drawn at random by the phone.
    pub id: String,
    /// Where.
    pub session: SessionId,
    /// The phone's random number.
    pub device: String,
    /// By the phone's clock.
    pub device_at: Timestamp,
    /// How far the server was ahead, in milliseconds.
    pub offset_ms: i64,
    /// When the code that proves it was first shown.
    pub shown_at: Timestamp,
}

/// Takes a volunteer's own scan that was made without a network, at the moment that its code proves. Whoever holds no
/// place joins as at the door. The same scan twice is one.
///
/// # Errors
/// `attendance.*` and `sign_up.*`: keep them with [`refuse_scan`], so that the answer stays the same.
pub fn take_scan(tx: &mut WriteTx<'_>, actor: &Actor, scan: &Scan) -> Result<Answered, Error> {
    let person = actor.person()?;
    let account = actor.account()?;
    if !name(&scan.id) || !name(&scan.device) {
        return Err((&refusals::SCAN_WRONG).into());
    }
    store::session_hold(tx, scan.session)?;
    if let Some(answer) = scan_before(tx, account, scan.session, &scan.id)? {
        return Ok(answer);
    }
    let now = tx.now();
    let held = roll::find(tx, scan.session)?;
    let moment = rules::scan_moment(scan.shown_at, scan.device_at, scan.offset_ms, now);
    if now.0 - moment.at.0 > rules::LATE_SCAN_MS {
        return Err((&refusals::SCAN_LATE).into());
    }
    let at = rules::counts_at(Act::Scan, moment.at, plan(&held))
        .map_err(|_| Error::from(&refusals::SCAN_WRONG))?;
    let mut spot = store::spot_of(tx, held.id, person)?;
    if spot.is_none() {
        roll::join_by_code(tx, actor, &held, person, at)?;
        spot = store::spot_of(tx, held.id, person)?;
    }
    let spot = spot.ok_or_else(|| Error::bug("a scan has no place after joining"))?;
    let mut flags = vec![Flag::LateSent.code()];
    if moment.doubtful {
        flags.push(Flag::Clock.code());
    }
    let mut new = [New {
        stored: Stored {
            id: scan.id.clone(),
            sign_up_id: spot.id,
            // What somebody says of themselves is another witness than the roll the same phone may hold.
            device: format!("own-{}", scan.device),
            act: Act::Scan,
            undoes: String::new(),
            pressed_at: at,
            at,
            flags: flags.join(" "),
        },
        device_at: scan.device_at,
        offset_ms: scan.offset_ms,
        outcome: Outcome::Done,
        reason: String::new(),
    }];
    merge_lines(tx, account, &held, &[spot], &mut new)?;
    store::commands_insert(tx, held.id, account, &new)?;
    let [one] = new;
    Ok(Answered { id: one.stored.id, outcome: one.outcome, reason: one.reason })
}

fn scan_before(
    tx: &mut WriteTx<'_>,
    account: AccountId,
    session: SessionId,
    id: &str,
) -> Result<Option<Answered>, Error> {
    let earlier = store::earlier(tx, &[id])?;
    let Some(old) = earlier.first() else { return Ok(None) };
    let same = old.session_id == session && old.account_id == account && old.act == Act::Scan;
    let (outcome, reason) = if same {
        (old.outcome, old.reason.clone())
    } else {
        (Outcome::Refused, refusals::REUSED.code.to_owned())
    };
    Ok(Some(Answered { id: id.to_owned(), outcome, reason }))
}

/// Keeps that a scan was refused, in a unit of its own: what the refused one had begun must leave no trace.
///
/// # Errors
/// Of the database.
pub fn refuse_scan(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    scan: &Scan,
    reason: &str,
) -> Result<Answered, Error> {
    let account = actor.account()?;
    let refused = Answered { id: scan.id.clone(), outcome: Outcome::Refused, reason: reason.to_owned() };
    if !name(&scan.id) || !name(&scan.device) || base::session_find(tx, scan.session)?.is_none() {
        return Ok(refused);
    }
    store::session_hold(tx, scan.session)?;
    if let Some(answer) = scan_before(tx, account, scan.session, &scan.id)? {
        return Ok(answer);
    }
    let at = scan.shown_at;
    let new = New {
        stored: Stored {
            id: scan.id.clone(),
            sign_up_id: SignUpId(0),
            device: format!("own-{}", scan.device),
            act: Act::Scan,
            undoes: String::new(),
            pressed_at: at,
            at,
            flags: String::new(),
        },
        device_at: scan.device_at,
        offset_ms: scan.offset_ms,
        outcome: Outcome::Refused,
        reason: reason.to_owned(),
    };
    store::commands_insert(tx, scan.session, account, &[new])?;
    Ok(refused)
}

/// Whose word counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Choice {
    /// As the roll stands.
    Keep,
    /// Did not come.
    Absent,
    /// As this phone says.
    Device(String),
}

/// A person decides about a line on which phones disagree. All that was said before has no say any more.
///
/// # Errors
/// `attendance.decided` when somebody did already, `attendance.roll_closed` when only keeping is possible any more,
/// `sign_up.*` when a place that was given back cannot be had again.
pub fn decide(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    session: SessionId,
    sign_up: SignUpId,
    choice: &Choice,
) -> Result<(), Error> {
    store::session_hold(tx, session)?;
    let held = roll::find_to_lead(tx, actor, session)?;
    let spots = store::spots(tx, session, &[sign_up])?;
    let spot = spots.first().ok_or_else(|| Error::from(&common::NOT_FOUND))?;
    let claims: Vec<Claim> = store::standing(tx, session, &[sign_up])?.iter().map(Stored::claim).collect();
    if !store::settle(tx, session, sign_up)? {
        return Err((&refusals::DECIDED).into());
    }
    people::audit::note(tx, actor, "attendance.decide", "sign_up", sign_up.0, &format!("{choice:?}"))?;
    if *choice == Choice::Keep {
        return Ok(());
    }
    if !base::session_touch(tx, session)? {
        return Err((&crate::attendance::refusals::ROLL_CLOSED).into());
    }
    let stories = rules::stories(&claims);
    let story = match choice {
        Choice::Keep | Choice::Absent => Story { absent: true, ..Story::default() },
        Choice::Device(device) => {
            stories.get(device).cloned().ok_or_else(|| Error::from(&refusals::DECIDED))?
        }
    };
    if story.absent {
        base::stays_undo(tx, session, spot.person_id)?;
        base::sign_up_absent(tx, session, sign_up)?;
        return Ok(());
    }
    take_story(tx, actor, &held, spot, &story)
}

/// Writes one phone's version instead of what stood.
fn take_story(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    held: &Held,
    spot: &Spot,
    story: &Story,
) -> Result<(), Error> {
    if spot.state == SignUpState::Cancelled {
        roll::join_again(tx, actor, held, spot.person_id)?;
    }
    let rows = store::rows(tx, held.id, &[spot.person_id])?;
    let in_at = story
        .in_at
        .or_else(|| story.scans.first().copied())
        .or_else(|| rows.first().map(|row| row.in_at))
        // Only the leaving is known: the decision says that the person was there.
        .unwrap_or(held.starts_at);
    let last_scan = story.scans.last().copied().filter(|at| *at > in_at);
    let out_at = story.out_at.or(last_scan).filter(|at| *at > in_at);
    base::stays_undo(tx, held.id, spot.person_id)?;
    base::sign_up_attend(tx, held.id, spot.person_id)?;
    let stay = rules::Stay { in_at, out_at, in_scan: false, out_scan: false };
    store::stay_insert(tx, held.id, spot.person_id, &stay, actor.account, "")?;
    Ok(())
}

/// Refuses while lines wait for a decision.
///
/// # Errors
/// `attendance.undecided`.
pub fn demand_decided(tx: &mut db::ReadTx<'_>, session: SessionId) -> Result<(), Error> {
    match store::open_count(tx, session)? {
        0 => Ok(()),
        count => Err(Refusal::new(&refusals::UNDECIDED).with("count", count).into()),
    }
}
