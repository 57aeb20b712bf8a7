//! Decisions about pictures, without the database.

use kernel::{Lang, Timestamp};

use super::PhotoState;
use crate::activity::{ActivityState, SessionState};

/// Pictures of a session, at most.
pub const MAX_PER_SESSION: i64 = 200;
/// Files in one form, at most.
pub const MAX_AT_ONCE: usize = 20;
/// Largest file, in bytes.
pub const MAX_BYTES: usize = 15 << 20;
/// Longest caption, in characters.
pub const CAPTION: usize = 120;
/// The leader answers a wish within so many days.
pub const ANSWER_DAYS: i64 = 3;
/// What was deleted can be brought back for so long, in milliseconds.
pub const UNDO_MS: i64 = 86_400_000;
/// Side of the square a shown picture fits into, in pixels.
pub const DISPLAY: u32 = 1_600;
/// The same for the small one.
pub const THUMB: u32 = 480;

/// Whether pictures can be added: the session has begun and took place.
#[must_use]
pub fn takes_photos(
    now: Timestamp,
    starts_at: Timestamp,
    session: SessionState,
    activity: ActivityState,
) -> bool {
    now >= starts_at
        && !matches!(session, SessionState::Draft | SessionState::Cancelled)
        && activity == ActivityState::Published
}

/// Whether everybody may see a picture: fit, and the session is over.
#[must_use]
pub fn public(now: Timestamp, ends_at: Timestamp, activity: ActivityState, state: PhotoState) -> bool {
    state == PhotoState::Fit && now >= ends_at && activity != ActivityState::Draft
}

/// What a picture becomes by the leader's mark; `None`: the mark changes nothing. What was taken down stays down.
#[must_use]
pub fn marked(state: PhotoState, fit: bool) -> Option<PhotoState> {
    match (state, fit) {
        (PhotoState::New, true) => Some(PhotoState::Fit),
        (PhotoState::Fit, false) => Some(PhotoState::New),
        _ => None,
    }
}

/// The lines on the picture: when, the public place (never the exact one, Fix-08), and the unit.
#[must_use]
pub fn stamp(starts_at: Timestamp, ends_at: Timestamp, place_public: &str, unit: &str) -> Vec<String> {
    let end = if starts_at.date() == ends_at.date() { ends_at.clock_text() } else { ends_at.text() };
    vec![format!("{}–{end}  {}", starts_at.text(), place_public.trim()), unit.trim().to_owned()]
}

/// What somebody who cannot see the picture hears: the caption, or which one it is.
#[must_use]
pub fn alt(lang: Lang, caption: &str, title: &str, number: usize) -> String {
    if caption.trim().is_empty() {
        lang.f("{}，现场照片 {}", "{}, photo {}", &[&title, &number])
    } else {
        caption.trim().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kernel::Date;

    #[test]
    fn shown_when_fit_and_over_and_never_from_a_draft() {
        let (start, end) = (Timestamp(1_000), Timestamp(2_000));
        assert!(public(end, end, ActivityState::Published, PhotoState::Fit));
        assert!(!public(start, end, ActivityState::Published, PhotoState::Fit));
        for state in PhotoState::ALL.iter().filter(|state| **state != PhotoState::Fit) {
            assert!(!public(end, end, ActivityState::Published, *state), "{state:?}");
        }
        assert!(!public(end, end, ActivityState::Draft, PhotoState::Fit));
        assert!(takes_photos(start, start, SessionState::Open, ActivityState::Published));
        assert!(!takes_photos(Timestamp(999), start, SessionState::Open, ActivityState::Published));
        assert!(!takes_photos(end, start, SessionState::Cancelled, ActivityState::Published));
    }

    #[test]
    fn what_was_taken_down_is_not_shown_again_by_a_tick() {
        for state in [PhotoState::Asked, PhotoState::Down, PhotoState::Deleted] {
            assert_eq!(marked(state, true), None);
            assert_eq!(marked(state, false), None);
        }
        assert_eq!(marked(PhotoState::New, true), Some(PhotoState::Fit));
        assert_eq!(marked(PhotoState::Fit, false), Some(PhotoState::New));
        assert_eq!(marked(PhotoState::Fit, true), None);
    }

    #[test]
    fn the_stamp_names_time_public_place_and_unit() {
        let day = Date::new(2026, 3, 5).unwrap();
        let (start, end) = (Timestamp::at(day, 9 * 60), Timestamp::at(day, 11 * 60));
        assert_eq!(
            stamp(start, end, "阳光社区", "红帽子队"),
            ["2026-03-05 09:00–11:00  阳光社区".to_owned(), "红帽子队".to_owned()]
        );
    }
}
