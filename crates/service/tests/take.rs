//! What volunteers do around a place: finding one, waiting for one, handing one on; on every database.

#![expect(clippy::unwrap_used, reason = "helpers of tests, where a failure should stop the test")]

#[path = "take/care.rs"]
mod care;
#[path = "take/city.rs"]
mod city;
#[path = "take/entry.rs"]
mod entry;
#[path = "take/hand_over.rs"]
mod hand_over;
#[path = "take/list.rs"]
mod list;
#[path = "take/waiting.rs"]
mod waiting;
