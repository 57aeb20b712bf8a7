//! The instrument behind `make bench`: it measures an HTTP/1.1 server on the same machine.
//!
//! It shares the processor with the server it measures, so it is built to cost far less per request than
//! any server does: one thread, N keep-alive connections, request bytes prepared by the caller, and an
//! answer parser that looks at nothing but what it needs to find the end of the answer.
//!
//! Three rules keep the figures honest:
//!
//! * An open-loop run ([`Mode::Open`]) counts latency from the moment a request was *meant* to leave, so the
//!   time it waited because the server was busy is part of the figure.
//! * What went wrong is counted, never dropped: requests that timed out are in the latency figure with
//!   the time they had waited, requests that could not be sent are in [`Outcome::unsent`].
//! * The instrument reports its own cost ([`Outcome::own_cpu`]) and its own lag ([`Outcome::behind`]).
//!
//! The parts: [`run`] and [`find_max_rate`] drive a [`Source`] of requests; [`Histogram`] holds latencies;
//! [`Table`] shows and stores the results; [`Machine`] and [`memory`] describe where they were taken.

mod figures;
mod histogram;
mod machine;
mod os;
mod reader;
mod request;
mod run;
#[cfg(test)]
mod tests;

pub use figures::{Figure, RESULTS, Table};
pub use histogram::Histogram;
pub use machine::{Machine, Memory, memory};
pub use reader::Answer;
pub use request::{
    Reply, ask, build_get, build_post_form, build_request, form_body, write_get, write_post_form,
    write_request,
};
pub use run::{Capacity, Cycle, Errors, LATENCY_SHARE, Mode, Outcome, Plan, Source, find_max_rate, run};
