//! The tests of this room, on every database: one program, so that it is built and linked once.
#![expect(clippy::unwrap_used, reason = "a failure of a test or its helpers should stop the test")]

mod city;
mod mail;
mod outbox;
mod push;
mod receiver;
mod remind;
