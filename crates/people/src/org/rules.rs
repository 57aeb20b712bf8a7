//! Pure decisions about the tree: where a node may stand, how paths are made, which step follows which
//! state, and the coverage rate.

use kernel::OrgId;

use super::{OrgKind, OrgState};

/// The path of a node under a parent; without one it starts a line of its own.
#[must_use]
pub fn path(parent: Option<&str>, id: OrgId) -> String {
    format!("{}{id}/", parent.filter(|path| !path.is_empty()).unwrap_or("/"))
}

/// The end of the range of paths that begin with `path`: `path >= p AND path < end(p)`.
#[must_use]
pub fn end(path: &str) -> String {
    format!("{path}~")
}

/// The ids of a path, top first.
#[must_use]
pub fn ids(path: &str) -> Vec<OrgId> {
    path.split('/').filter_map(|part| part.parse().ok()).collect()
}

/// Whether a node of `kind` may stand under one of kind `parent` on the area line (M1).
#[must_use]
pub const fn may_stand_under(kind: OrgKind, parent: OrgKind) -> bool {
    use OrgKind as K;
    match kind {
        K::City => matches!(parent, K::City),
        K::Street => matches!(parent, K::City),
        K::Community => matches!(parent, K::City | K::Street),
        K::Station => matches!(parent, K::City | K::Street | K::Community),
        K::Department => matches!(parent, K::City | K::Street | K::Department),
        K::Team => !matches!(parent, K::Group),
        K::Group => matches!(parent, K::Team | K::Group | K::Community | K::Station | K::Unit),
        K::Unit => matches!(parent, K::City | K::Street | K::Community | K::Unit),
    }
}

/// Whether a node of kind `parent` may sponsor others (主管条线, Add-66).
#[must_use]
pub const fn may_sponsor(parent: OrgKind) -> bool {
    matches!(parent, OrgKind::City | OrgKind::Street | OrgKind::Department | OrgKind::Unit | OrgKind::Team)
}

/// Whether standing under `parent` would make a ring.
#[must_use]
pub fn would_ring(own_path: &str, parent_path: &str) -> bool {
    parent_path.starts_with(own_path)
}

/// Whether one state may follow another by a button (Add-17); closing has its own way.
#[must_use]
pub const fn may_become(from: OrgState, to: OrgState) -> bool {
    use OrgState as S;
    matches!(
        (from, to),
        (S::Planned, S::Open)
            | (S::Open, S::Suspended)
            | (S::Suspended, S::Open)
            | (S::Suspended, S::Planned)
    )
}

/// Coverage of stations over communities (Add-03 覆盖率, Add-17).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    /// Communities that exist on the day, or registered places.
    pub all: i64,
    /// Of these, with at least one open station.
    pub open: i64,
    /// Of these, with at least one station that is open or planned.
    pub planned: i64,
}

impl Coverage {
    /// Adds one community.
    pub const fn add(&mut self, open: bool, planned: bool) {
        self.all += 1;
        self.open += open as i64;
        self.planned += (open || planned) as i64;
    }

    /// The rate as of now, `80.6`; `—` without communities.
    #[must_use]
    pub fn now(&self) -> String {
        rate(self.open, self.all)
    }

    /// The rate once the planned stations are open.
    #[must_use]
    pub fn then(&self) -> String {
        rate(self.planned, self.all)
    }
}

/// Part of a whole with one decimal, `80.6%`; `—` without a whole.
#[must_use]
pub fn rate(part: i64, all: i64) -> String {
    if all == 0 {
        return "—".to_owned();
    }
    // Tenths of a per cent, rounded half up, in whole numbers.
    let tenths = (part * 2000 + all) / (all * 2);
    format!("{}.{}%", tenths / 10, tenths % 10)
}

/// Whether a unified social credit code is well-formed (GB 32100-2015: 18 characters, check character
/// modulo 31).
#[must_use]
pub fn uscc_ok(code: &str) -> bool {
    const ALPHABET: &str = "0123456789ABCDEFGHJKLMNPQRTUWXY";
    const WEIGHTS: [usize; 17] = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];
    let Some(values) = code.chars().map(|c| ALPHABET.find(c)).collect::<Option<Vec<usize>>>() else {
        return false;
    };
    let [body @ .., last] = values.as_slice() else { return false };
    body.len() == 17 && {
        let sum: usize = body.iter().zip(WEIGHTS).map(|(value, weight)| value * weight).sum();
        (31 - sum % 31) % 31 == *last
    }
}

/// Whether a person in this state may be a member of a team (Fix-03).
#[must_use]
pub fn may_join(state: &str) -> bool {
    matches!(state, "active" | "incomplete" | "unclaimed")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        assert_eq!(path(None, OrgId(1)), "/1/");
        assert_eq!(path(Some("/1/"), OrgId(5)), "/1/5/");
        assert_eq!(path(Some(""), OrgId(5)), "/5/");
        assert_eq!(ids("/1/5/17/"), [OrgId(1), OrgId(5), OrgId(17)]);
        assert!(would_ring("/1/5/", "/1/5/9/") && would_ring("/1/5/", "/1/5/"));
        assert!(!would_ring("/1/5/", "/1/50/"));
    }

    #[test]
    fn the_seed_city_covers_four_fifths() {
        let mut coverage = Coverage::default();
        for n in 0..72 {
            coverage.add(n < 58, n < 64);
        }
        assert_eq!(coverage.now(), "80.6%");
        assert_eq!(coverage.then(), "88.9%");
        assert_eq!(Coverage::default().now(), "—");
    }

    #[test]
    fn every_kind_has_a_place() {
        for kind in OrgKind::ALL {
            assert!(OrgKind::ALL.iter().any(|parent| may_stand_under(*kind, *parent)), "{kind:?}");
        }
    }

    #[test]
    fn credit_codes() {
        assert!(uscc_ok("91350100M000100Y43"));
        assert!(!uscc_ok("91350100M000100Y44"));
        assert!(!uscc_ok("91350100M000100Y4"));
        assert!(!uscc_ok("91350100M000100I43"));
    }

    #[test]
    fn a_closed_node_stays_closed() {
        for to in OrgState::ALL {
            assert!(!may_become(OrgState::Closed, *to));
            assert!(!may_become(*to, OrgState::Closed));
        }
    }
}
