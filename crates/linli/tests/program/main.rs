//! The whole program on both databases, in one test binary.

mod common;
mod demo;
mod serve;
