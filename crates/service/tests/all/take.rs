//! What volunteers do around a place: finding one, waiting for one, handing one on; on every database.

mod care;
mod city;
mod entry;
mod halt;
mod hand_over;
mod list;
mod qualified;
mod reserve;
mod waiting;
