//! The binary: the list of rooms, configuration, the server, the workers, the command line and the demo
//! city. No rules of its own.

pub mod backup;
pub mod bench;
pub mod cli;
pub mod config;
pub mod demo;
pub mod enclosed;
pub mod home;
pub mod jobs;
pub mod logs;
pub mod metrics;
pub mod open;
pub mod rooms;
pub mod serve;

/// An error for whoever stands at the command line: one sentence, and the way out where there is one.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;
