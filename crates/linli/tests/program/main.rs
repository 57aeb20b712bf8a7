//! The whole program on both databases, in one test binary.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod api;
mod backup;
mod by_program;
mod common;
mod demo;
mod ends;
mod exports;
mod files;
mod fuzz;
mod matrix;
mod merges;
mod own;
mod sample;
mod serve;
