//! What volunteers do around a place: finding one, waiting for one, handing one on; on every database.

#![expect(clippy::unwrap_used, reason = "helpers of tests, where a failure should stop the test")]

#[path = "take/city.rs"]
mod city;
#[path = "take/list.rs"]
mod list;
#[path = "take/waiting.rs"]
mod waiting;
