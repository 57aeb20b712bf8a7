//! Everything a page is made of: the request's context, the shell around every page, forms with their
//! errors, flash messages, charts, QR codes, spreadsheets, and what a room hands to the binary.
//! No business rules.

// Templates name this crate as every other room does.
extern crate self as ui;

pub mod answer;
pub mod api;
pub mod app;
pub mod form;
pub mod list;
pub mod own;
pub mod qr;
pub mod request;
pub mod room;
pub mod sheet;
pub mod shell;
pub mod upload;

pub use answer::{Answer, Done, error_page, problem};
pub use app::{App, Settings};
pub use form::{Fields, Form};
pub use request::Req;
pub use room::{Figure, JobKind, JobRun, NavItem, Room, SearchHit, TaskItem};
pub use shell::Shell;
