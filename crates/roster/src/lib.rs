//! Reads and cleans the rosters that people really have: workbooks and text tables from many hands,
//! with title rows, merged headings, lost digits and several ways to write everything.
//!
//! Pure: no database, no network, no clock (today is a parameter). The way of a file is
//! [`read::Book::open`] → [`read::Book::table`] → [`map::guess`] (a person may correct it) →
//! [`map::check`] → [`person::clean_row`] for each row; refused rows go back to the person through
//! [`refused_file::RefusedWriter`]. Tables of past hours go the same way with the columns and rules of [`past`]. Nothing is repaired silently: a value is either read in a way that
//! has one meaning, or refused with the reason and the way out (Edge-07, Edge-09, Chk-09).

pub mod clean;
pub mod map;
pub mod past;
pub mod person;
pub mod pinyin;
pub mod read;
pub mod refusals;
pub mod refused_file;
mod text;
