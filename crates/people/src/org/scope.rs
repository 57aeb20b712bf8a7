//! A scope as a condition of a query: where the grants of whoever asks reach, on the area line and the sponsor line
//! (Add-66). A scope is always part of the question, never a filter over its answer.

use db::Query;
use kernel::Grant;

/// The alias the table of organisations has in the query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OrgAs {
    /// `n`
    N,
    /// `o`
    O,
    /// `t`
    T,
}

/// Adds `( … )`: whether an organisation lies in one of the subtrees of `scopes`, on either line; never, when there
/// are none. A single range stands alone in the parentheses: SQLite reads an index for it, which it does not do for a
/// range beside a condition that is always false.
pub fn within(query: &mut Query, scopes: &[&Grant], alias: OrgAs) {
    let mut open = "(";
    for grant in scopes {
        for (path, sponsor) in [(&grant.area_path, false), (&grant.sponsor_path, true)] {
            if path.is_empty() {
                continue;
            }
            query.push(open);
            open = "OR";
            let text = match (alias, sponsor) {
                (OrgAs::N, false) => "(n.area_path >= {} AND n.area_path < {})",
                (OrgAs::N, true) => "(n.sponsor_path >= {} AND n.sponsor_path < {})",
                (OrgAs::O, false) => "(o.area_path >= {} AND o.area_path < {})",
                (OrgAs::O, true) => "(o.sponsor_path >= {} AND o.sponsor_path < {})",
                (OrgAs::T, false) => "(t.area_path >= {} AND t.area_path < {})",
                (OrgAs::T, true) => "(t.sponsor_path >= {} AND t.sponsor_path < {})",
            };
            query.with(text, &[path, &super::rules::end(path)]);
        }
    }
    query.push(if open == "(" { "(1 = 0)" } else { ")" });
}
