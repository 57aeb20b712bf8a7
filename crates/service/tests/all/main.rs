//! The tests of this room, on every database: one program, so that it is built and linked once.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a failure of a test or its helpers should stop the test"
)]

mod activity;
mod agreement;
mod alliance;
mod attendance;
mod back_fill;
mod calendar;
mod campaign;
mod city;
mod co_organiser;
mod coordination;
mod desk;
mod family;
mod group;
mod insurance;
mod merge;
mod near;
mod offline;
mod paper;
mod past;
mod photo;
mod plan;
mod record;
mod remote;
mod reported;
mod retention;
mod review;
mod sign_up;
mod site;
mod spot_check;
mod take;
mod target;
mod trip;
mod unit;
