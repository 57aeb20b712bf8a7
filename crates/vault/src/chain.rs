//! The chain over the audit log (X6): each line's hash covers the line and the hash before it, under a key
//! that is not in the database. Whoever can write to the database but has not the key file can neither
//! change a line nor compute the chain anew.

use std::collections::BTreeMap;

use crate::keys::{KeyRing, KeyVersion, Purpose, SubKey};

/// Computes the links of the chain with the keys of one [`KeyRing`]: the current one makes new links, every
/// version checks old ones.
#[derive(Debug, Clone)]
pub struct AuditChain {
    current: KeyVersion,
    keys: BTreeMap<u16, SubKey>,
}

impl AuditChain {
    /// Prepares all keys of the ring.
    #[must_use]
    pub fn new(ring: &KeyRing) -> Self {
        let keys = ring
            .versions()
            .filter_map(|version| Some((version.get(), ring.sub_key_of(version, Purpose::Audit)?)))
            .collect();
        Self { current: ring.current_version(), keys }
    }

    /// The number of the key that makes new links.
    #[must_use]
    pub const fn version(&self) -> u16 {
        self.current.get()
    }

    /// The hash of a link from the hash before it and the parts of its line; `None` for a key that the ring
    /// does not hold.
    #[must_use]
    pub fn link(&self, version: u16, before: &[u8], parts: &[&[u8]]) -> Option<[u8; 32]> {
        let key = self.keys.get(&version)?;
        let all: Vec<&[u8]> = std::iter::once(before).chain(parts.iter().copied()).collect();
        Some(key.mac("audit link", &all))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SeededRandom;

    #[test]
    fn links_depend_on_everything_before_and_survive_a_rotation() {
        let ring = KeyRing::ephemeral([1; 32]);
        let chain = AuditChain::new(&ring);
        let first = chain.link(1, &[], &[b"a", b"b"]).unwrap();
        assert_ne!(Some(first), chain.link(1, &[], &[b"ab", b""]), "parts are framed");
        let second = chain.link(1, &first, &[b"c"]).unwrap();
        assert_ne!(Some(second), chain.link(1, &[0; 32], &[b"c"]));
        let rotated = AuditChain::new(&ring.rotated(&mut SeededRandom::new([2; 32])).unwrap());
        assert_eq!(rotated.version(), 2);
        assert_eq!(rotated.link(1, &first, &[b"c"]), Some(second));
        assert_ne!(rotated.link(2, &first, &[b"c"]), Some(second));
        assert_eq!(rotated.link(3, &first, &[b"c"]), None);
    }
}
