//! Encryption of single fields at rest.
//!
//! # Format
//!
//! | bytes | content |
//! |---|---|
//! | 1 | algorithm: 1 is AES-256-GCM; 2 is kept for SM4-GCM |
//! | 2 | key version, big endian |
//! | 12 | nonce |
//! | n | ciphertext, as long as the plaintext |
//! | 16 | tag |
//!
//! The first three bytes and the *context* are authenticated with the text. The context names what the value
//! is, `volunteer.id_number`, so that an encrypted phone number copied into the column of ID numbers is
//! refused. Where values must not be swapped between rows either, put the row's id into the context.
//!
//! # Why no nonce is used twice
//!
//! GCM breaks when two texts are encrypted under one key with one nonce. Each [`FieldCipher`] draws a random
//! 96-bit *start* and uses `start`, `start + 1`, `start + 2`, … modulo 2^96, counted by one atomic counter
//! that all threads share. Hence:
//!
//! * Within one instance nonces are all different until the 64-bit counter wraps, which it never does.
//! * Two instances collide only if their stretches overlap. For stretches of at most N values that has
//!   probability below 2N / 2^96 for each pair; with R instances (starts of processes) over the life of a
//!   key, below R²·N / 2^96. A server restarted a hundred thousand times (2^17) that encrypts a billion
//!   values (2^30) each time stays below 2^-32, the bound of NIST SP 800-38D, which plain random nonces
//!   reach at 2^32 values in all. A short random prefix with a counter from zero would be far worse: two
//!   processes with the same prefix would collide at their first value.
//!
//! So a `FieldCipher` cannot be cloned: share one per process behind an `Arc`. Two things would repeat
//! nonces and are the caller's duty to avoid: seeding two instances over the same real key with the same
//! [`SeededRandom`](crate::SeededRandom), and resuming two copies of one memory image (fork, VM snapshot)
//! without starting the program anew.
//!
//! # Rotation
//!
//! New values take the ring's current key; old values name theirs. [`FieldCipher::is_stale`] tells a
//! background job which values to encrypt again.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

use aes_gcm::{AeadInOut as _, Aes256Gcm, KeyInit as _};

use crate::keys::{KeyRing, KeyVersion, Purpose, SubKey};
use crate::random::Random;

const NONCE: usize = 12;
const TAG: usize = 16;
const HEAD: usize = 1 + 2 + NONCE;

/// By how many bytes an encrypted value is longer than its plaintext.
pub const OVERHEAD: usize = HEAD + TAG;

/// Why a stored value could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum FieldError {
    /// Too short to be an encrypted value.
    TooShort,
    /// The first byte names an algorithm this program does not have.
    UnknownFormat(u8),
    /// The value was encrypted under a key that the ring does not hold.
    UnknownKey(u16),
    /// The value was changed, belongs to another context, or was made under another key of the same
    /// version. Which of these cannot be known.
    NotAuthentic,
    /// The plaintext is authentic but not UTF-8 text.
    NotText,
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooShort => f.write_str("too short for an encrypted field"),
            Self::UnknownFormat(byte) => write!(f, "encrypted field of unknown format {byte}"),
            Self::UnknownKey(version) => write!(f, "encrypted field under unknown key version {version}"),
            Self::NotAuthentic => f.write_str("encrypted field was altered or belongs elsewhere"),
            Self::NotText => f.write_str("decrypted field is not text"),
        }
    }
}

impl std::error::Error for FieldError {}

/// The text is longer than the algorithm can encrypt: 64 GiB for GCM.
struct TooLong;

/// The seam for other algorithms (X7: SM4-GCM): an authenticated cipher with a 96-bit nonce and a 128-bit
/// tag, holding its expanded key. A new one gets its own format byte, and a key derived under its own name,
/// so that one key never serves two algorithms.
trait Algorithm: Send + Sync {
    /// The first byte of the values it makes.
    fn format(&self) -> u8;
    /// Encrypts in place and returns the tag.
    fn seal(&self, nonce: [u8; NONCE], aad: &[u8], text: &mut [u8]) -> Result<[u8; TAG], TooLong>;
    /// Verifies and decrypts in place; when it returns `false`, `text` is of no use.
    fn open(&self, nonce: [u8; NONCE], aad: &[u8], text: &mut [u8], tag: [u8; TAG]) -> bool;
}

impl Algorithm for Aes256Gcm {
    fn format(&self) -> u8 {
        1
    }

    fn seal(&self, nonce: [u8; NONCE], aad: &[u8], text: &mut [u8]) -> Result<[u8; TAG], TooLong> {
        let tag = self.encrypt_inout_detached(&nonce.into(), aad, text.into()).map_err(|_| TooLong)?;
        Ok(tag.into())
    }

    fn open(&self, nonce: [u8; NONCE], aad: &[u8], text: &mut [u8], tag: [u8; TAG]) -> bool {
        self.decrypt_inout_detached(&nonce.into(), aad, text.into(), &tag.into()).is_ok()
    }
}

struct Slot {
    version: KeyVersion,
    cipher: Box<dyn Algorithm>,
}

impl Slot {
    fn new(version: KeyVersion, key: &SubKey) -> Self {
        Self { version, cipher: Box::new(Aes256Gcm::new(key.bytes().into())) }
    }

    fn label(&self) -> [u8; 3] {
        let [high, low] = self.version.get().to_be_bytes();
        [self.cipher.format(), high, low]
    }
}

/// Encrypts and decrypts fields with the keys of one [`KeyRing`]. Key schedules are computed once, here.
///
/// Not `Clone` on purpose; see the module's page.
pub struct FieldCipher {
    current: Slot,
    older: Vec<Slot>,
    start: u128,
    count: AtomicU64,
}

impl FieldCipher {
    /// Prepares all keys of the ring and draws the nonce start.
    #[must_use]
    pub fn new(ring: &KeyRing, rng: &mut dyn Random) -> Self {
        let current = Slot::new(ring.current_version(), &ring.sub_key(Purpose::Field));
        let older = ring
            .versions()
            .filter(|&version| version != current.version)
            .filter_map(|version| Some(Slot::new(version, &ring.sub_key_of(version, Purpose::Field)?)))
            .collect();
        let start = u128::from(rng.next_u64()) << 64 | u128::from(rng.next_u64());
        Self { current, older, start, count: AtomicU64::new(0) }
    }

    fn next_nonce(&self) -> [u8; NONCE] {
        let count = self.count.fetch_add(1, Ordering::Relaxed);
        // The low twelve bytes: addition modulo 2^96.
        let [_, _, _, _, nonce @ ..] = self.start.wrapping_add(u128::from(count)).to_be_bytes();
        nonce
    }

    /// Encrypts a value under the current key. Equal values give different results each time; use
    /// [`blind`](crate::blind) to find them. The result is [`OVERHEAD`] bytes longer than `plaintext`.
    ///
    /// # Panics
    /// For a plaintext over 64 GiB, which is not a field.
    #[must_use]
    pub fn encrypt(&self, context: &str, plaintext: &[u8]) -> Vec<u8> {
        let nonce = self.next_nonce();
        let label = self.current.label();
        let mut out = Vec::with_capacity(plaintext.len() + OVERHEAD);
        out.extend_from_slice(&label);
        out.extend_from_slice(&nonce);
        out.extend_from_slice(plaintext);
        let body = out.get_mut(HEAD..).unwrap_or_default();
        match with_aad(label, context, |aad| self.current.cipher.seal(nonce, aad, body)) {
            Ok(tag) => out.extend_from_slice(&tag),
            Err(TooLong) => too_long(),
        }
        out
    }

    /// Decrypts a value made by [`FieldCipher::encrypt`] with the same context, under whichever key of the
    /// ring it names.
    ///
    /// # Errors
    /// A [`FieldError`] other than [`FieldError::NotText`].
    pub fn decrypt(&self, context: &str, value: &[u8]) -> Result<Vec<u8>, FieldError> {
        let (&[format, high, low], rest) = value.split_first_chunk().ok_or(FieldError::TooShort)?;
        let (&nonce, rest) = rest.split_first_chunk().ok_or(FieldError::TooShort)?;
        let (body, &tag) = rest.split_last_chunk().ok_or(FieldError::TooShort)?;
        let label = [format, high, low];
        let slot = self.slot(label)?;
        let mut text = body.to_vec();
        if with_aad(label, context, |aad| slot.cipher.open(nonce, aad, &mut text, tag)) {
            Ok(text)
        } else {
            Err(FieldError::NotAuthentic)
        }
    }

    /// [`FieldCipher::decrypt`] for values that are text.
    ///
    /// # Errors
    /// A [`FieldError`].
    pub fn decrypt_text(&self, context: &str, value: &[u8]) -> Result<String, FieldError> {
        String::from_utf8(self.decrypt(context, value)?).map_err(|_| FieldError::NotText)
    }

    /// Whether a value should be encrypted again: it was not made by the current algorithm under the current
    /// key. Looks at the first three bytes only.
    #[must_use]
    pub fn is_stale(&self, value: &[u8]) -> bool {
        !value.starts_with(&self.current.label())
    }

    fn slot(&self, label: [u8; 3]) -> Result<&Slot, FieldError> {
        let slots = || std::iter::once(&self.current).chain(&self.older);
        let [format, high, low] = label;
        if let Some(slot) = slots().find(|slot| slot.label() == label) {
            Ok(slot)
        } else if slots().any(|slot| slot.cipher.format() == format) {
            Err(FieldError::UnknownKey(u16::from_be_bytes([high, low])))
        } else {
            Err(FieldError::UnknownFormat(format))
        }
    }
}

#[expect(clippy::panic, reason = "a field of 64 GiB cannot be held in memory, let alone stored")]
fn too_long() {
    panic!("a field longer than 64 GiB cannot be encrypted");
}

/// Calls `with` with the authenticated data: the label, which has a fixed length, and the context. Short
/// contexts, that is all real ones, stay on the stack.
fn with_aad<T>(label: [u8; 3], context: &str, with: impl FnOnce(&[u8]) -> T) -> T {
    let mut short = [0_u8; 64];
    let length = label.len() + context.len();
    if let Some(aad) = short.get_mut(..length) {
        aad.iter_mut().zip(label.iter().chain(context.as_bytes())).for_each(|(to, from)| *to = *from);
        with(aad)
    } else {
        with(&[label.as_slice(), context.as_bytes()].concat())
    }
}

impl fmt::Debug for FieldCipher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FieldCipher").field("current", &self.current.version.get()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SeededRandom;
    use proptest::prelude::*;
    use std::collections::HashSet;

    const ID: &[u8] = b"110101199003071234";

    fn rng() -> SeededRandom {
        SeededRandom::new([9; 32])
    }

    fn cipher() -> FieldCipher {
        FieldCipher::new(&KeyRing::ephemeral([1; 32]), &mut rng())
    }

    /// A generator whose bytes are all the same.
    struct Constant(u8);

    impl Random for Constant {
        fn fill(&mut self, dest: &mut [u8]) {
            dest.fill(self.0);
        }
    }

    #[test]
    fn the_format_is_pinned() {
        let value = FieldCipher::new(&KeyRing::ephemeral([1; 32]), &mut Constant(0)).encrypt("a.b", b"abc");
        assert_eq!(value.len(), 3 + OVERHEAD);
        assert_eq!(value[..3], [1, 0, 1]);
        assert_eq!(value[3..15], [0; 12]);
        let hex: String = value[15..].iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, PINNED_VALUE);
    }

    /// Computed independently, with Python's hmac and cryptography.
    const PINNED_VALUE: &str = "713a56991f6def62d9aa35ffbeabbd58a265a8";

    #[test]
    fn the_algorithm_is_aes_256_gcm() {
        // Test case 14 of the GCM specification (McGrew and Viega): zero key, zero nonce, a zero block.
        let cipher: &dyn Algorithm = &Aes256Gcm::new(&[0; 32].into());
        let mut text = [0; 16];
        let tag = cipher.seal([0; 12], b"", &mut text).unwrap_or_default();
        assert_eq!(u128::from_be_bytes(text), 0xcea7_403d_4d60_6b6e_074e_c5d3_baf3_9d18);
        assert_eq!(u128::from_be_bytes(tag), 0xd0d1_c8a7_9999_6bf0_265b_98b5_d48a_b919);
        assert!(cipher.open([0; 12], b"", &mut text, tag));
        assert_eq!(text, [0; 16]);
    }

    #[test]
    fn nonces_count_from_a_random_start_and_wrap() {
        let cipher = FieldCipher::new(&KeyRing::ephemeral([1; 32]), &mut Constant(0xff));
        assert_eq!(cipher.next_nonce(), [0xff; 12]);
        assert_eq!(cipher.next_nonce(), [0; 12]);
        assert_eq!(cipher.next_nonce(), [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
    }

    #[test]
    fn threads_never_share_a_nonce() {
        let cipher = cipher();
        let nonces: Vec<[u8; 12]> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..4)
                .map(|_| scope.spawn(|| (0..10_000).map(|_| cipher.next_nonce()).collect::<Vec<_>>()))
                .collect();
            threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
        });
        assert_eq!(nonces.iter().collect::<HashSet<_>>().len(), 40_000);
    }

    #[test]
    fn equal_values_look_different() {
        let cipher = cipher();
        assert_ne!(cipher.encrypt("x", ID), cipher.encrypt("x", ID));
    }

    #[test]
    fn wrong_inputs_have_their_own_errors() {
        let cipher = cipher();
        let value = cipher.encrypt("volunteer.id_number", ID);
        assert_eq!(cipher.decrypt("volunteer.phone", &value), Err(FieldError::NotAuthentic));
        assert_eq!(cipher.decrypt("volunteer.id_number", &value[..30]), Err(FieldError::TooShort));
        assert_eq!(cipher.decrypt("volunteer.id_number", b""), Err(FieldError::TooShort));
        let with = |at: usize, byte: u8| {
            let mut other = value.clone();
            other[at] = byte;
            cipher.decrypt("volunteer.id_number", &other)
        };
        assert_eq!(with(0, 2), Err(FieldError::UnknownFormat(2)));
        assert_eq!(with(2, 7), Err(FieldError::UnknownKey(7)));
        let binary = cipher.encrypt("x", &[0xff]);
        assert_eq!(cipher.decrypt_text("x", &binary), Err(FieldError::NotText));
        let foreign = FieldCipher::new(&KeyRing::ephemeral([2; 32]), &mut rng()).encrypt("x", ID);
        assert_eq!(cipher.decrypt("x", &foreign), Err(FieldError::NotAuthentic));
    }

    #[test]
    fn rotation() {
        let one = KeyRing::ephemeral([1; 32]);
        let two = one.rotated(&mut rng()).unwrap();
        let (old, new) = (FieldCipher::new(&one, &mut rng()), FieldCipher::new(&two, &mut rng()));
        let value = old.encrypt("x", ID);
        assert!(!old.is_stale(&value));
        assert!(new.is_stale(&value));
        assert_eq!(new.decrypt("x", &value).unwrap(), ID);
        let value = new.encrypt("x", ID);
        assert!(!new.is_stale(&value));
        assert_eq!(old.decrypt("x", &value), Err(FieldError::UnknownKey(2)));
    }

    /// `cargo test -p vault --release -- --ignored --nocapture rate`
    #[test]
    #[ignore = "a measurement for release builds"]
    fn rate() {
        let cipher = cipher();
        let rounds = 2_000_000_u32;
        let value = cipher.encrypt("volunteer.id_number", ID);
        let measure = |name: &str, work: &dyn Fn()| {
            let begun = std::time::Instant::now();
            (0..rounds).for_each(|_| work());
            let rate = f64::from(rounds) / begun.elapsed().as_secs_f64();
            println!("{name}: {rate:.0}/s");
            assert!(rate > 1_000_000.0, "{name}: only {rate:.0}/s");
        };
        measure("encrypt", &|| {
            std::hint::black_box(cipher.encrypt("volunteer.id_number", std::hint::black_box(ID)));
        });
        measure("decrypt", &|| {
            let _ = std::hint::black_box(cipher.decrypt("volunteer.id_number", std::hint::black_box(&value)));
        });
    }

    proptest! {
        #[test]
        fn what_goes_in_comes_out(context in ".{0,80}", text: Vec<u8>) {
            let cipher = cipher();
            let value = cipher.encrypt(&context, &text);
            prop_assert_eq!(value.len(), text.len() + OVERHEAD);
            prop_assert_eq!(cipher.decrypt(&context, &value), Ok(text));
        }

        #[test]
        fn any_flipped_bit_is_noticed(text: Vec<u8>, at: prop::sample::Index, bit in 0..8) {
            let cipher = cipher();
            let mut value = cipher.encrypt("x", &text);
            let at = at.index(value.len());
            value[at] ^= 1_u8 << bit;
            prop_assert!(cipher.decrypt("x", &value).is_err());
        }

        #[test]
        fn other_contexts_are_refused(a in ".{0,80}", b in ".{0,80}", text: Vec<u8>) {
            prop_assume!(a != b);
            let cipher = cipher();
            prop_assert_eq!(cipher.decrypt(&b, &cipher.encrypt(&a, &text)), Err(FieldError::NotAuthentic));
        }

        #[test]
        fn any_bytes_are_refused(value: Vec<u8>) {
            prop_assert!(cipher().decrypt("x", &value).is_err());
        }
    }
}
