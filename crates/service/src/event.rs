//! Facts this room publishes; upper rooms subscribe.

use db::Event;
use kernel::{Minutes, PersonId, Timestamp};

use crate::{ActivityId, RecordId, SessionId};

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
    /// Who holds a place.
    pub person: PersonId,
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

impl Event for PastHoursCounted {}
impl Event for PlaceOffered {}
impl Event for OfferLapsed {}
impl Event for WaitOver {}
impl Event for SignedUp {}
impl Event for SessionCancelled {}
impl Event for SessionChanged {}
impl Event for RecordConfirmed {}
impl Event for RecordWithdrawn {}
