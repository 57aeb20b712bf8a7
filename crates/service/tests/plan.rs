//! Changes of what is published, templates, series by rule, annual plans, the map: through the router, on
//! every database.

#![expect(clippy::unwrap_used, reason = "helpers of tests, where a failure should stop the test")]

#[path = "plan/annual.rs"]
mod annual;
#[path = "plan/change.rs"]
mod change;
#[path = "plan/series.rs"]
mod series;
#[path = "plan/site.rs"]
mod site;
