//! Facts this room publishes; upper rooms subscribe.

use db::Event;
use kernel::{Minutes, PersonId, Timestamp};

use crate::{ActivityId, HandOverId, RecordId, SessionGroupId, SessionId, SignUpId};

/// Somebody has a place.
#[derive(Debug, Clone)]
pub struct SignedUp {
    /// Who.
    pub person: PersonId,
    /// Where.
    pub session: SessionId,
    /// Title of the activity.
    pub title: String,
    /// When it starts.
    pub starts_at: Timestamp,
    /// Public place.
    pub place: String,
}

/// A session will not take place; told once per person who had a place.
#[derive(Debug, Clone)]
pub struct SessionCancelled {
    /// Who had a place.
    pub person: PersonId,
    /// Which.
    pub session: SessionId,
    /// Title of the activity.
    pub title: String,
    /// When it would have started.
    pub starts_at: Timestamp,
    /// Why.
    pub reason: String,
}

/// Time or place of a published session changed; told once per person who holds a place.
#[derive(Debug, Clone)]
pub struct SessionChanged {
    /// Who holds a place, or waits for one.
    pub person: PersonId,
    /// Whether they hold it.
    pub holds: bool,
    /// Which.
    pub session: SessionId,
    /// Title of the activity.
    pub title: String,
    /// Start and end as they were.
    pub old: (Timestamp, Timestamp),
    /// Start and end as they are.
    pub new: (Timestamp, Timestamp),
    /// Public place as it was.
    pub old_place: String,
    /// Public place as it is.
    pub new_place: String,
    /// Whether the exact place is another; what it is never stands in a message (Fix-08).
    pub exact_changed: bool,
    /// Why, in the leader's words; may be empty.
    pub reason: String,
    /// The person's other sessions that overlap with it now: title, start, end.
    pub clashes: Vec<(String, Timestamp, Timestamp)>,
}

/// Where or when people of a session meet, or what they wear and bring, is set or another; told once per person who
/// holds a place.
#[derive(Debug, Clone)]
pub struct MeetingChanged {
    /// Who holds a place.
    pub person: PersonId,
    /// Which.
    pub session: SessionId,
    /// Of which activity.
    pub activity: ActivityId,
    /// Its title.
    pub title: String,
    /// When it starts.
    pub starts_at: Timestamp,
    /// When people meet.
    pub meet_at: Timestamp,
    /// Where.
    pub meet_place: String,
    /// What to wear; may be empty.
    pub wear: String,
    /// What to bring; may be empty.
    pub bring: String,
}

/// Somebody looks after something on a trip.
#[derive(Debug, Clone)]
pub struct TripRoleGiven {
    /// Who.
    pub person: PersonId,
    /// What, in both languages.
    pub role: (&'static str, &'static str),
    /// Title of the activity.
    pub title: String,
    /// When people meet.
    pub meet_at: Timestamp,
}

/// Somebody leads a group of a session, or does no more.
#[derive(Debug, Clone)]
pub struct GroupLeaderNamed {
    /// Who.
    pub person: PersonId,
    /// Of which session.
    pub session: SessionId,
    /// Title of the activity.
    pub title: String,
    /// When it starts.
    pub starts_at: Timestamp,
    /// What the group is called, in both languages.
    pub group: (String, String),
    /// Where the group meets; may be empty.
    pub place: String,
    /// They lead it now; else they did.
    pub given: bool,
}

/// The leader of a group gave the place back.
#[derive(Debug, Clone)]
pub struct GroupLeaderGone {
    /// Who leads the activity and acts next.
    pub told: PersonId,
    /// Who led the group.
    pub name: String,
    /// Which group.
    pub group: SessionGroupId,
    /// What it is called, in both languages.
    pub called: (String, String),
    /// Of which session.
    pub session: SessionId,
    /// Title of the activity.
    pub title: String,
    /// When it starts.
    pub starts_at: Timestamp,
}

/// A session of a hazardous activity comes near and nothing covers it (A6).
#[derive(Debug, Clone)]
pub struct InsuranceMissing {
    /// Who leads the activity and acts next.
    pub told: PersonId,
    /// Which activity.
    pub activity: ActivityId,
    /// Its title.
    pub title: String,
    /// When the session starts.
    pub starts_at: Timestamp,
}

/// Somebody looked at an activity that was handed in (A4).
#[derive(Debug, Clone)]
pub struct ReviewAnswered {
    /// Who leads it.
    pub person: PersonId,
    /// Which.
    pub activity: ActivityId,
    /// Its title.
    pub title: String,
    /// Why it was returned, and a note; `None`: it is public.
    pub returned: Option<(crate::review::ReviewReason, String)>,
}

/// The body above answered a plan (Add-28).
#[derive(Debug, Clone)]
pub struct PlanAnswered {
    /// A leader of the team.
    pub person: PersonId,
    /// Which.
    pub plan: crate::PlanId,
    /// Name of the team.
    pub team: String,
    /// Of which year.
    pub year: i64,
    /// Else it was returned.
    pub approved: bool,
    /// What was said; may be empty.
    pub note: String,
}

/// A record counts from now on.
#[derive(Debug, Clone)]
pub struct RecordConfirmed {
    /// Which.
    pub record: RecordId,
    /// Whose.
    pub person: PersonId,
    /// For what.
    pub activity: ActivityId,
    /// Title of the activity.
    pub title: String,
    /// How much.
    pub minutes: Minutes,
}

/// A record was returned or voided and does not count (any more).
#[derive(Debug, Clone)]
pub struct RecordWithdrawn {
    /// Which.
    pub record: RecordId,
    /// Whose.
    pub person: PersonId,
    /// Title of the activity.
    pub title: String,
    /// How much it was.
    pub minutes: Minutes,
    /// Why.
    pub reason: String,
}

/// Past hours of a person came in from a file, all of them in one.
#[derive(Debug, Clone)]
pub struct PastHoursCounted {
    /// Whose.
    pub person: PersonId,
    /// How many services.
    pub lines: i64,
    /// How much.
    pub minutes: Minutes,
    /// The earlier system, in words.
    pub source: String,
}

/// A place is held for somebody who waited, until they confirm.
#[derive(Debug, Clone)]
pub struct PlaceOffered {
    /// Who waited.
    pub person: PersonId,
    /// Where.
    pub session: SessionId,
    /// Title of the activity.
    pub title: String,
    /// When it starts.
    pub starts_at: Timestamp,
    /// Until when the place is held.
    pub respond_by: Timestamp,
}

/// Somebody gave a place back shortly before the start; the leader is told.
#[derive(Debug, Clone)]
pub struct CancelledLate {
    /// Who leads it.
    pub leader: PersonId,
    /// Who will not come.
    pub name: String,
    /// Where.
    pub session: SessionId,
    /// Title of the activity.
    pub title: String,
    /// When it starts.
    pub starts_at: Timestamp,
    /// Why, in both languages.
    pub reason: (&'static str, &'static str),
}

/// How somebody parted with those they answer for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Parting {
    /// Gave the place back before the start, or lost it.
    GaveBack,
    /// Checked out.
    Left,
    /// Was marked as absent.
    Absent,
}

/// An adult whose children hold places in a session is not there, or will not be.
#[derive(Debug, Clone)]
pub struct CompanyGone {
    /// Who leads it, if somebody else.
    pub leader: Option<PersonId>,
    /// The adult.
    pub adult: PersonId,
    /// Their name.
    pub adult_name: String,
    /// Children whose places went with the adult's.
    pub given_back: Vec<String>,
    /// Children whose places stay.
    pub stay: Vec<String>,
    /// How it came.
    pub how: Parting,
    /// Where.
    pub session: SessionId,
    /// Title of the activity.
    pub title: String,
    /// When it starts.
    pub starts_at: Timestamp,
}

/// The leader decided about an application.
#[derive(Debug, Clone)]
pub struct ApplicationDecided {
    /// Who applied.
    pub person: PersonId,
    /// Where.
    pub session: SessionId,
    /// Title of the activity.
    pub title: String,
    /// When it starts.
    pub starts_at: Timestamp,
    /// Whether they have a place now.
    pub accepted: bool,
    /// What the leader wrote; may be empty when accepted.
    pub reason: String,
}

/// Nobody decided about an application before the start, or the session was cancelled.
#[derive(Debug, Clone)]
pub struct ApplicationOver {
    /// Who applied.
    pub person: PersonId,
    /// Title of the activity.
    pub title: String,
    /// When it starts, or would have.
    pub starts_at: Timestamp,
    /// Why it was cancelled; empty when it was not.
    pub reason: String,
}

/// Somebody is invited to an activity.
#[derive(Debug, Clone)]
pub struct Invited {
    /// Who.
    pub person: PersonId,
    /// To what.
    pub activity: ActivityId,
    /// Its title.
    pub title: String,
    /// Until when.
    pub until: Timestamp,
}

/// Somebody who cannot come offers the place.
#[derive(Debug, Clone)]
pub struct StandInWanted {
    /// Who is told.
    pub people: Vec<PersonId>,
    /// Whether it is offered to the one of them by name; otherwise to whoever could take it.
    pub named: bool,
    /// Which offer.
    pub offer: HandOverId,
    /// Who offers.
    pub from: String,
    /// What they write.
    pub note: String,
    /// Title of the activity.
    pub title: String,
    /// When it starts.
    pub starts_at: Timestamp,
}

/// What became of an offered place without changing hands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StandInAnswer {
    /// The one asked cannot.
    Declined,
    /// The holder took it back.
    Withdrawn,
    /// The taker offers a place in exchange.
    Swap,
    /// The holder does not want to swap; the place is offered as before.
    NoSwap,
    /// The leader did not agree.
    Refused,
    /// Nobody took it before the start.
    Nobody,
}

/// Somebody is told what became of an offered place.
#[derive(Debug, Clone)]
pub struct StandInAnswered {
    /// Who is told.
    pub person: PersonId,
    /// Which offer.
    pub offer: HandOverId,
    /// Who answered; empty: nobody did.
    pub by: String,
    /// Title of the activity.
    pub title: String,
    /// When it starts.
    pub starts_at: Timestamp,
    /// What.
    pub answer: StandInAnswer,
    /// Why; may be empty.
    pub reason: String,
}

/// A place changed hands.
#[derive(Debug, Clone)]
pub struct HandedOver {
    /// Who had it.
    pub giver: PersonId,
    /// Their name.
    pub giver_name: String,
    /// Who has it now.
    pub taker: PersonId,
    /// Their name.
    pub taker_name: String,
    /// Who leads, if somebody else than whoever did it.
    pub leader: Option<PersonId>,
    /// Where.
    pub session: SessionId,
    /// Title of the activity.
    pub title: String,
    /// When it starts.
    pub starts_at: Timestamp,
    /// What the giver got in exchange: title and start.
    pub returned: Option<(String, Timestamp)>,
}

/// Somebody held a place, did not come and had not said so.
#[derive(Debug, Clone)]
pub struct Missed {
    /// Who.
    pub person: PersonId,
    /// Which place.
    pub sign_up: SignUpId,
    /// Title of the activity.
    pub title: String,
    /// When it started.
    pub starts_at: Timestamp,
    /// How often in the last twelve months, with this one.
    pub count: i64,
    /// Until when the leader is asked for every place, if so.
    pub asks_until: Option<Timestamp>,
}

/// The leader answered an explanation, or excused somebody without one.
#[derive(Debug, Clone)]
pub struct AbsenceAnswered {
    /// Who was absent.
    pub person: PersonId,
    /// Which place.
    pub sign_up: SignUpId,
    /// Title of the activity.
    pub title: String,
    /// When it started.
    pub starts_at: Timestamp,
    /// Whether it does not count.
    pub excused: bool,
    /// What the leader wrote; empty when nobody answered in time.
    pub reply: String,
}

/// A second person did not approve hours that were asked for afterwards.
#[derive(Debug, Clone)]
pub struct BackFillRefused {
    /// Who asked.
    pub person: PersonId,
    /// In which session.
    pub session: SessionId,
    /// For whom.
    pub name: String,
    /// Title of the activity.
    pub title: String,
    /// Why.
    pub reason: String,
}

/// A held place was not confirmed in time and went to the next.
#[derive(Debug, Clone)]
pub struct OfferLapsed {
    /// Who did not confirm.
    pub person: PersonId,
    /// Title of the activity.
    pub title: String,
    /// When it starts.
    pub starts_at: Timestamp,
}

/// The session somebody waited for will not take place.
#[derive(Debug, Clone)]
pub struct WaitOver {
    /// Who waited.
    pub person: PersonId,
    /// Title of the activity.
    pub title: String,
    /// When it would have started.
    pub starts_at: Timestamp,
    /// Why.
    pub reason: String,
}

/// Somebody who served regularly and fell silent is written to by their team or community.
#[derive(Debug, Clone)]
pub struct CalledBack {
    /// Who.
    pub person: PersonId,
    /// Name of the team or community.
    pub unit: String,
    /// Who writes.
    pub by: String,
    /// What they write.
    pub text: String,
}

impl Event for CalledBack {}
impl Event for PastHoursCounted {}
impl Event for PlaceOffered {}
impl Event for OfferLapsed {}
impl Event for BackFillRefused {}
impl Event for Missed {}
impl Event for AbsenceAnswered {}
impl Event for StandInWanted {}
impl Event for StandInAnswered {}
impl Event for HandedOver {}
impl Event for ApplicationDecided {}
impl Event for ApplicationOver {}
impl Event for Invited {}
impl Event for CancelledLate {}
impl Event for CompanyGone {}
impl Event for WaitOver {}
impl Event for SignedUp {}
impl Event for SessionCancelled {}
impl Event for SessionChanged {}
impl Event for MeetingChanged {}
impl Event for TripRoleGiven {}
impl Event for GroupLeaderNamed {}
impl Event for GroupLeaderGone {}
impl Event for InsuranceMissing {}
impl Event for ReviewAnswered {}
impl Event for PlanAnswered {}
impl Event for RecordConfirmed {}
impl Event for RecordWithdrawn {}

/// A leader answered somebody who wanted a picture taken down.
#[derive(Debug, Clone)]
pub struct PhotoAnswered {
    /// Who asked.
    pub person: PersonId,
    /// The activity it is of.
    pub activity: crate::ActivityId,
    /// Title of the activity.
    pub title: String,
    /// Whether it was taken down.
    pub agreed: bool,
    /// Why not, or a word.
    pub reply: String,
}

/// A leader decided about a volunteer's words.
#[derive(Debug, Clone)]
pub struct ReflectionDecided {
    /// Whose.
    pub person: PersonId,
    /// The session they are about.
    pub session: SessionId,
    /// The activity.
    pub activity: crate::ActivityId,
    /// Its title.
    pub title: String,
    /// Whether they are shown now.
    pub approved: bool,
    /// What should be changed.
    pub reply: String,
}

impl Event for PhotoAnswered {}
impl Event for ReflectionDecided {}
