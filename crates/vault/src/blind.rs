//! Blind indexes: finding an encrypted field without decrypting it.
//!
//! A blind index is HMAC-SHA256 of the value under the index key, cut to 16 bytes and stored beside the
//! encrypted field. Equal values give equal indexes, so a unique constraint and an equality search work;
//! without the key nobody can try out the ID numbers of a district. Prefix search and sorting do not work,
//! which is the point. Cut to 128 bits, two different values collide with probability 2^-69 among a billion
//! stored (about n²/2^129), so an index may serve as the unique key.
//!
//! **The caller normalises**: upper-case X at the end of an ID number, digits only in a phone number. Two
//! spellings of one number are two values here.
//!
//! **Rotation**: the index key stays the one of [`KeyRing::index_version`], version 1 at first, however often
//! the ring is rotated; see [`crate::keys`]. To move it: compute all indexes anew with
//! [`BlindIndexer::for_version`] of the current version, then call [`KeyRing::move_index`].

use std::fmt;

use crate::keys::{KeyRing, KeyVersion, Purpose, SubKey};

/// A keyed hash of a field, for equality search. Not secret by itself, but telling two people's apart: treat
/// it as personal data.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlindIndex([u8; 16]);

impl BlindIndex {
    /// The index as read from the database.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The index as read from the database; `None` unless it has 16 bytes.
    #[must_use]
    pub fn from_slice(bytes: &[u8]) -> Option<Self> {
        bytes.try_into().ok().map(Self)
    }

    /// The bytes to store.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

impl fmt::Debug for BlindIndex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BlindIndex({:032x})", u128::from_be_bytes(self.0))
    }
}

/// Computes blind indexes under one index key.
#[derive(Debug, Clone)]
pub struct BlindIndexer {
    key: SubKey,
}

impl BlindIndexer {
    /// The indexer that matches what the database holds.
    #[must_use]
    pub fn new(ring: &KeyRing) -> Self {
        Self { key: ring.sub_key(Purpose::Index) }
    }

    /// The indexer of one key version, for the job that moves the indexes; `None` for an unknown version.
    #[must_use]
    pub fn for_version(ring: &KeyRing, version: KeyVersion) -> Option<Self> {
        Some(Self { key: ring.sub_key_of(version, Purpose::Index)? })
    }

    /// The index of a normalised value. `purpose` names the field, `volunteer.id_number`; the same value has
    /// unrelated indexes for different purposes.
    #[must_use]
    pub fn index(&self, purpose: &str, normalised: &[u8]) -> BlindIndex {
        let [index @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] =
            self.key.mac(purpose, &[normalised]);
        BlindIndex(index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SeededRandom;
    use proptest::prelude::*;

    #[test]
    fn the_index_is_pinned() {
        // A change here makes every stored index of every deployment useless.
        let index = BlindIndexer::new(&KeyRing::ephemeral([1; 32])).index("a.b", b"110101199003071234");
        assert_eq!(format!("{index:?}"), PINNED_INDEX);
    }

    /// Computed independently, with Python's hmac and cryptography.
    const PINNED_INDEX: &str = "BlindIndex(356421c677b8290d8064b1e461390896)";

    #[test]
    fn rotation_keeps_the_index_until_it_is_moved() {
        let one = KeyRing::ephemeral([1; 32]);
        let two = one.rotated(&mut SeededRandom::new([2; 32])).unwrap();
        let before = BlindIndexer::new(&one).index("x", b"v");
        assert_eq!(BlindIndexer::new(&two).index("x", b"v"), before);
        let next = BlindIndexer::for_version(&two, two.current_version()).unwrap();
        assert_ne!(next.index("x", b"v"), before);
        assert!(BlindIndexer::for_version(&one, two.current_version()).is_none());
    }

    proptest! {
        #[test]
        fn equal_only_for_equal_values_and_purposes(a: Vec<u8>, b: Vec<u8>, p in ".{0,9}", q in ".{0,9}") {
            let indexer = BlindIndexer::new(&KeyRing::ephemeral([1; 32]));
            prop_assert_eq!(indexer.index(&p, &a) == indexer.index(&q, &b), (&p, &a) == (&q, &b));
        }

        #[test]
        fn bytes_read_back(bytes: [u8; 16]) {
            let index = BlindIndex::from_bytes(bytes);
            prop_assert_eq!(BlindIndex::from_slice(index.as_bytes()), Some(index));
            prop_assert_eq!(BlindIndex::from_slice(&bytes[1..]), None);
        }
    }
}
