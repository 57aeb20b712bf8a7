//! Changes of what is published, templates, series by rule, annual plans, the map: through the router, on
//! every database.

mod annual;
mod change;
mod series;
