//! The tests of this room, on every database: one program, so that it is built and linked once.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a failure of a test or its helpers should stop the test"
)]

mod account;
mod audit;
mod body;
mod duplicate;
mod guardian;
mod import;
mod life;
mod member_card;
mod org;
mod person;
mod qualification;
mod report_in;
mod rights;
mod site;
mod view;
