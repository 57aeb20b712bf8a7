//! Printing, entering, and making a sheet void.

use db::WriteTx;
use kernel::error::{Collect, common};
use kernel::{Action, Actor, Error, Lang, PersonId, Refusal, Timestamp, can};
use vault::Vault;

use super::rules::{FIELDS, MOST_SHEETS, Names, Row, Time, Typed, Who};
use super::store::{self, Sheet, SheetLine};
use super::{LineOutcome, SheetId, SheetState, refusals, rules};
use crate::SessionId;
use crate::activity::SessionState;
use crate::attendance::commands::{self as door, Noted, Times};
use crate::attendance::{Held, store as attendance};
use crate::record::back_fill::commands as fill;
use crate::record::{RecordState, store as records};

/// A sheet of a session whose roll the actor takes.
///
/// # Errors
/// `common.not_found`, also for whoever may not know of it; `common.sign_in`.
pub fn find(tx: &mut db::ReadTx<'_>, actor: &Actor, id: SheetId) -> Result<Sheet, Error> {
    actor.account()?;
    store::find(tx, id)?
        .filter(|sheet| can(actor, Action::Attendance, sheet.place()))
        .ok_or_else(|| (&common::NOT_FOUND).into())
}

/// Makes numbered sheets with everybody who holds a place, by name, and at least so many empty lines after them.
/// Returns the first of them.
///
/// # Errors
/// `common.not_found`, `common.forbidden`; `sheet.over`, `sheet.many`.
pub fn print(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    session: SessionId,
    blanks: usize,
) -> Result<SheetId, Error> {
    let account = actor.account()?;
    let held = door::find_to_lead(tx, actor, session)?;
    // Holds the session: two printings do not draw the same number.
    if !attendance::session_touch(tx, held.id)? {
        return Err((&refusals::OVER).into());
    }
    let people = store::placed(tx, held.id)?;
    let sheets = rules::layout(&people, blanks);
    let before = store::highest(tx, held.id)?;
    let count = i64::try_from(sheets.len()).unwrap_or(i64::MAX);
    if before.saturating_add(count) > MOST_SHEETS {
        return Err(Refusal::new(&refusals::MANY).with("count", before).with("max", MOST_SHEETS).into());
    }
    let batch: SheetId = tx.new_id();
    let mut id = batch;
    for (no, names) in (before + 1..).zip(&sheets) {
        store::insert(tx, (id, batch), held.id, no, names, account)?;
        id = tx.new_id();
    }
    people::audit::note(tx, actor, "sheet.print", "session", held.id.0, &count.to_string())?;
    Ok(batch)
}

/// The refusal for a sheet that is used up.
fn used(sheet: &Sheet) -> Error {
    let text = if sheet.state == SheetState::Void { &refusals::VOID } else { &refusals::USED };
    Refusal::new(text).with("number", sheet.number()).into()
}

/// Keeps what was typed so far, so that a long sheet may be entered in pieces.
///
/// # Errors
/// `common.not_found`; `sheet.used`, `sheet.void`.
pub fn draft(tx: &mut WriteTx<'_>, actor: &Actor, id: SheetId, typed: &str) -> Result<(), Error> {
    let sheet = find(tx, actor, id)?;
    if store::draft(tx, id, typed)? { Ok(()) } else { Err(used(&sheet)) }
}

/// Ends a sheet that is lost or spoilt.
///
/// # Errors
/// `common.not_found`; `sheet.used`, `sheet.void`.
pub fn void(tx: &mut WriteTx<'_>, actor: &Actor, id: SheetId, why: &str) -> Result<SessionId, Error> {
    let account = actor.account()?;
    let sheet = find(tx, actor, id)?;
    if !store::end(tx, id, SheetState::Void, why, account)? {
        return Err(used(&sheet));
    }
    people::audit::note(tx, actor, "sheet.void", "session", sheet.session.0, &sheet.number())?;
    Ok(sheet.session)
}

/// What came of a sheet.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Done {
    /// People now on the roll because of it.
    pub entered: usize,
    /// Times of leaving that were added.
    pub ended: usize,
    /// Lines that said what was known already.
    pub kept: usize,
    /// Back-fills asked for.
    pub asked: usize,
}

/// A line with its person.
struct Line {
    row: Row,
    person: PersonId,
    name: String,
    fields: Names,
}

/// Enters a sheet, all of it or nothing: lines in the sheet's order, each refused line with what is wrong with it.
/// While the roll is the leader's, lines go onto the roll; what it says already stands. After it was handed in, they
/// become requests for a back-fill with the sheet as evidence, for which `reason` is asked.
///
/// # Errors
/// `common.not_found`; `sheet.*`; `common.required` without a reason where one is asked for; those of the roll and of
/// back-fill, as `sheet.line` on the line's field.
pub fn enter(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    vault: &Vault,
    id: SheetId,
    typed: &[Typed],
    reason: &str,
) -> Result<Done, Error> {
    let account = actor.account()?;
    let sheet = find(tx, actor, id)?;
    let held = door::find_to_lead(tx, actor, sheet.session)?;
    if !store::end(tx, id, SheetState::Entered, reason, account)? {
        return Err(used(&store::find(tx, id)?.unwrap_or(sheet)));
    }
    let printed = store::lines(tx, sheet.batch, Some(id))?;
    let fill = matches!(held.state, SessionState::Submitted | SessionState::Recorded);
    let lines = resolve(tx, actor, vault, &held, &printed, typed)?;
    if lines.is_empty() {
        return Err((&refusals::EMPTY).into());
    }
    if fill && reason.is_empty() {
        return Err(Refusal::new(&common::REQUIRED)
            .with_both("label", "补录原因", "Reason")
            .on("reason")
            .into());
    }
    // Everybody is held in one order before the session is, as everywhere.
    let mut people: Vec<PersonId> = lines.iter().map(|line| line.person).collect();
    people.sort_unstable();
    for person in people {
        people::person::hold(tx, person)?;
    }
    let recorded: Vec<PersonId> = if fill {
        let all = records::standing(tx, held.id)?;
        all.into_iter().filter(|one| one.2 != RecordState::Void).map(|one| one.0).collect()
    } else if attendance::session_touch(tx, held.id)? {
        Vec::new()
    } else {
        return Err((&refusals::OVER).into());
    };
    let (mut done, mut wrong) = (Done::default(), Collect::default());
    for line in &lines {
        let times = moments(&held, &line.row, tx.now());
        let result = if !fill {
            on_roll(tx, actor, &held, line)
        } else if recorded.contains(&line.person) {
            Ok(LineOutcome::Kept)
        } else {
            ask(tx, actor, &held, &sheet, line, times, reason)
        };
        match result {
            Ok(outcome) => {
                match outcome {
                    LineOutcome::Entered => done.entered += 1,
                    LineOutcome::Ended => done.ended += 1,
                    LineOutcome::Asked => done.asked += 1,
                    LineOutcome::Kept | LineOutcome::Blank => done.kept += 1,
                }
                let no = i64::try_from(line.row.line).unwrap_or(i64::MAX);
                let kept = (Some(times.0), times.1);
                store::line_put(tx, id, no, line.person, kept, outcome)?;
            }
            Err(Error::Refused(all)) => {
                for one in &all {
                    wrong.push(about(line, one));
                }
            }
            Err(fault) => return Err(fault),
        }
    }
    wrong.done()?;
    people::audit::note(tx, actor, "sheet.enter", "session", held.id.0, &sheet.number())?;
    Ok(done)
}

/// What somebody else refused, said of a line.
fn about(line: &Line, refusal: &Refusal) -> Refusal {
    let both = |name: &'static str, out: Refusal, text: fn(&Refusal, Lang) -> String| {
        out.with_both(name, &text(refusal, Lang::Zh), &text(refusal, Lang::En))
    };
    let out = Refusal::new(&refusals::LINE).with("line", line.row.line).with("name", &line.name);
    let out = both("sentence", out, |one, lang| one.sentence(lang));
    let out = both("rule", out, |one, lang| one.rule(lang));
    both("way", out, |one, lang| one.way_out(lang)).on(line.fields.from)
}

/// Reads all lines and finds their people; everything that is wrong is said at once.
fn resolve(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    vault: &Vault,
    held: &Held,
    printed: &[SheetLine],
    typed: &[Typed],
) -> Result<Vec<Line>, Error> {
    let mut wrong = Collect::default();
    let mut lines: Vec<Line> = Vec::new();
    for one in typed {
        let known = printed.iter().find(|line| usize::try_from(line.line) == Ok(one.line));
        let row = match rules::read(one, known.is_some()) {
            Ok(Some(row)) => row,
            Ok(None) => continue,
            Err(all) => {
                all.into_iter().for_each(|refusal| wrong.push(refusal));
                continue;
            }
        };
        let Some(fields) = FIELDS.get(row.line.wrapping_sub(1)).copied() else { continue };
        let found = match (known, &row.who) {
            (Some(line), _) => Ok((line.person, line.name.clone())),
            (None, Some(who)) => somebody(tx, actor, vault, held, &row, who, one.who.trim(), fields)?,
            (None, None) => continue,
        };
        let Some((person, name)) = wrong.take(found) else { continue };
        let twice = lines.iter().find(|line| line.person == person).map(|line| line.row.line).or_else(|| {
            let other = printed.iter().find(|line| line.person == person);
            other.and_then(|line| usize::try_from(line.line).ok()).filter(|line| *line != row.line)
        });
        if let Some(other) = twice {
            let refusal = Refusal::new(&refusals::TWICE).with("line", row.line).with("other", other);
            wrong.push(refusal.on(if known.is_some() { fields.from } else { fields.who }));
            continue;
        }
        lines.push(Line { row, person, name, fields });
    }
    wrong.done()?;
    Ok(lines)
}

type Somebody = Result<(PersonId, String), Refusal>;

/// Whom an empty line names. Nobody is guessed: two people of a name and the same last digits are refused.
#[expect(clippy::too_many_arguments, reason = "all of a line, and where it stands")]
fn somebody(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    vault: &Vault,
    held: &Held,
    row: &Row,
    who: &Who,
    typed: &str,
    fields: Names,
) -> Result<Somebody, Error> {
    let shown: String = typed.chars().take(40).collect();
    let refuse = |text| Refusal::new(text).with("line", row.line).with("value", &shown).on(fields.who);
    Ok(match who {
        Who::Number(number) => attendance::person_by_no(tx, number)?
            .map(|one| (one.id, one.name))
            .ok_or_else(|| refuse(&refusals::WHO)),
        Who::Tail(name, tail) => {
            let found = people::person::by_name_and_tail(tx, vault, name, tail)?;
            match found.as_slice() {
                [one] => Ok((one.id, one.name.clone())),
                [] => Err(refuse(&refusals::WHO)),
                several => Err(refuse(&refusals::SEVERAL).with("count", several.len())),
            }
        }
        Who::Phone(name, phone) => {
            let fields = ui::Fields::of([("name", name.as_str()), ("phone", phone.as_str())]);
            Ok((door::somebody_new(tx, actor, vault, held, &fields)?, name.clone()))
        }
    })
}

/// The minutes of the day that stand on a line, as the roll takes them; an end that is not written is not given.
fn minutes(held: &Held, row: &Row, now: Timestamp) -> Times {
    let of = |time: Time, planned: Timestamp| match time {
        Time::Planned => planned.minute_of_day(),
        Time::At(minute) => minute,
    };
    let to = match row.to {
        // “As planned” while it still runs: nobody has left yet.
        Some(Time::Planned) if now < held.ends_at => None,
        Some(time) => Some(of(time, held.ends_at)),
        None => None,
    };
    Times { from: Some(of(row.from, held.starts_at)), to }
}

/// The moments of a line, for keeping and for a back-fill.
fn moments(held: &Held, row: &Row, now: Timestamp) -> (Timestamp, Option<Timestamp>) {
    let times = minutes(held, row, now);
    let from = match row.from {
        Time::Planned => held.starts_at,
        Time::At(minute) => door::moment(held, minute),
    };
    let to = match row.to {
        Some(Time::Planned) if times.to.is_some() => Some(held.ends_at),
        Some(Time::At(minute)) => Some(door::moment(held, minute)),
        _ => None,
    };
    (from, to)
}

fn on_roll(tx: &mut WriteTx<'_>, actor: &Actor, held: &Held, line: &Line) -> Result<LineOutcome, Error> {
    let times = minutes(held, &line.row, tx.now());
    Ok(match door::note_presence(tx, actor, held, line.person, times)? {
        Noted::New => LineOutcome::Entered,
        Noted::Ended => LineOutcome::Ended,
        Noted::Kept => LineOutcome::Kept,
    })
}

/// Asks for a back-fill; minutes before the start and after the end never count (Edge-06), so that what stands on
/// paper beyond them is no reason to refuse.
fn ask(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    held: &Held,
    sheet: &Sheet,
    line: &Line,
    (from, to): (Timestamp, Option<Timestamp>),
    reason: &str,
) -> Result<LineOutcome, Error> {
    let times = (from.max(held.starts_at), to.unwrap_or(held.ends_at).min(held.last_end()));
    let evidence = format!("纸质签到表 {} 第 {} 行 / paper sheet, line", sheet.number(), line.row.line);
    fill::ask(
        tx,
        actor,
        &fill::Ask { session: held.id, person: line.person, times, reason: reason.to_owned(), evidence },
    )?;
    Ok(LineOutcome::Asked)
}
