//! Randomness as a parameter.
//!
//! Nothing in this crate asks the operating system for random bytes on its own: whoever needs them takes a
//! `&mut dyn Random`. The program passes [`SystemRandom`]; tests and the demo city pass [`SeededRandom`],
//! which gives the same bytes for the same seed on every machine and in every version.

use std::fmt;

use zeroize::{Zeroize, Zeroizing};

use crate::hkdf::hmac_sha256;
use hmac::Mac;

/// A source of random bytes.
///
/// Object safe; pass it as `&mut dyn Random`.
pub trait Random: Send {
    /// Fills `dest` with random bytes.
    fn fill(&mut self, dest: &mut [u8]);

    /// A uniform 32-bit number.
    fn next_u32(&mut self) -> u32 {
        let mut bytes = [0; 4];
        self.fill(&mut bytes);
        u32::from_be_bytes(bytes)
    }

    /// A uniform 64-bit number.
    fn next_u64(&mut self) -> u64 {
        let mut bytes = [0; 8];
        self.fill(&mut bytes);
        u64::from_be_bytes(bytes)
    }

    /// A uniform number in `0..bound`, exact: draws that would favour small results are thrown away.
    /// A `bound` of 0 or 1 gives 0.
    fn below(&mut self, bound: u32) -> u32 {
        if bound <= 1 {
            return 0;
        }
        // The largest multiple of `bound` that fits in 2^32: below it every remainder is equally likely.
        let fair = (1_u64 << 32) / u64::from(bound) * u64::from(bound);
        loop {
            let draw = self.next_u32();
            if u64::from(draw) < fair {
                return draw % bound;
            }
        }
    }
}

impl<R: Random + ?Sized> Random for &mut R {
    fn fill(&mut self, dest: &mut [u8]) {
        (**self).fill(dest);
    }
}

impl<R: Random + ?Sized> Random for Box<R> {
    fn fill(&mut self, dest: &mut [u8]) {
        (**self).fill(dest);
    }
}

/// The operating system has no random bytes to give.
#[derive(Debug)]
pub struct RandomError(getrandom::Error);

impl fmt::Display for RandomError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the operating system gives no random bytes: {}", self.0)
    }
}

impl std::error::Error for RandomError {}

/// The operating system's generator. Copies are free and independent.
#[derive(Debug, Clone, Copy)]
pub struct SystemRandom(());

impl SystemRandom {
    /// Asks the operating system once, so that a machine without randomness is found at start and not at
    /// the first sign-in.
    ///
    /// # Errors
    /// [`RandomError`] when the operating system refuses.
    pub fn open() -> Result<Self, RandomError> {
        let mut probe = [0; 16];
        getrandom::fill(&mut probe).map_err(RandomError)?;
        Ok(Self(()))
    }
}

impl Random for SystemRandom {
    /// # Panics
    /// When the operating system, which answered in [`SystemRandom::open`], no longer does. Going on would
    /// mean handing out guessable secrets.
    #[expect(clippy::panic, reason = "no secret may be made from bytes that are not random")]
    fn fill(&mut self, dest: &mut [u8]) {
        if let Err(error) = getrandom::fill(dest) {
            panic!("the operating system stopped giving random bytes: {error}");
        }
    }
}

/// A repeatable stream of bytes for tests and the demo city: HMAC-SHA256 in counter mode, block `i` being
/// `HMAC(seed, "linli random" ‖ i)`.
///
/// As unpredictable as its seed is: never for a real deployment, where the seed would have to be a secret
/// that is used once.
pub struct SeededRandom {
    seed: Zeroizing<[u8; 32]>,
    counter: u64,
    block: Zeroizing<[u8; 32]>,
    used: usize,
}

impl SeededRandom {
    /// Starts the stream that belongs to `seed`.
    #[must_use]
    pub fn new(seed: [u8; 32]) -> Self {
        Self { seed: Zeroizing::new(seed), counter: 0, block: Zeroizing::new([0; 32]), used: 32 }
    }

    /// An independent stream for one part of a test or of the demo city, so that drawing more numbers in
    /// one part does not change the others. Depends on the seed and the label only, not on what was drawn.
    #[must_use]
    pub fn fork(&self, label: &str) -> Self {
        let mut mac = hmac_sha256(self.seed.as_slice());
        mac.update(b"linli fork");
        mac.update(label.as_bytes());
        Self::new(mac.finalize().into_bytes().into())
    }
}

impl Random for SeededRandom {
    fn fill(&mut self, dest: &mut [u8]) {
        let mut dest = dest;
        while !dest.is_empty() {
            if self.used >= self.block.len() {
                let mut mac = hmac_sha256(self.seed.as_slice());
                mac.update(b"linli random");
                mac.update(&self.counter.to_be_bytes());
                *self.block = mac.finalize().into_bytes().into();
                self.counter = self.counter.wrapping_add(1);
                self.used = 0;
            }
            let fresh = self.block.get_mut(self.used..).unwrap_or_default();
            let take = fresh.len().min(dest.len());
            let (now, later) = dest.split_at_mut(take);
            for (to, from) in now.iter_mut().zip(fresh.iter_mut()) {
                *to = *from;
                from.zeroize();
            }
            self.used += take;
            dest = later;
        }
    }
}

impl fmt::Debug for SeededRandom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SeededRandom").field("counter", &self.counter).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_system_answers_and_does_not_repeat() {
        let mut rng = SystemRandom::open().unwrap();
        let (mut a, mut b) = ([0; 32], [0; 32]);
        rng.fill(&mut a);
        rng.fill(&mut b);
        assert_ne!(a, b);
    }

    #[test]
    fn forks_depend_on_the_label_only() {
        let mut root = SeededRandom::new([1; 32]);
        let early = root.fork("people").next_u64();
        root.next_u64();
        assert_eq!(root.fork("people").next_u64(), early);
        assert_ne!(root.fork("places").next_u64(), early);
    }

    #[test]
    fn the_stream_is_pinned() {
        // Counter mode as documented: a change here changes the demo city and every seeded test.
        let mut mac = hmac_sha256(&[5; 32]);
        mac.update(b"linli random");
        mac.update(&0_u64.to_be_bytes());
        let first: [u8; 32] = mac.finalize().into_bytes().into();
        let mut got = [0; 32];
        SeededRandom::new([5; 32]).fill(&mut got);
        assert_eq!(got, first);
    }

    #[test]
    fn below_is_uniform() {
        let mut rng = SeededRandom::new([2; 32]);
        let mut counts = [0_u32; 10];
        for _ in 0..100_000 {
            counts[rng.below(10) as usize] += 1;
        }
        // Expected 10,000 each, standard deviation 95.
        assert!(counts.iter().all(|n| (9_500..10_500).contains(n)), "{counts:?}");
        assert_eq!((rng.below(0), rng.below(1)), (0, 0));
    }

    proptest! {
        #[test]
        fn cuts_do_not_change_the_stream(seed: [u8; 32], cuts in prop::collection::vec(0_usize..70, 0..8)) {
            let total: usize = cuts.iter().sum();
            let mut whole = vec![0; total];
            SeededRandom::new(seed).fill(&mut whole);
            let mut rng = SeededRandom::new(seed);
            let mut pieces = Vec::new();
            for cut in cuts {
                let mut piece = vec![0; cut];
                rng.fill(&mut piece);
                pieces.extend(piece);
            }
            prop_assert_eq!(whole, pieces);
        }

        #[test]
        fn below_stays_below(seed: [u8; 32], bound in 1_u32..) {
            prop_assert!(SeededRandom::new(seed).below(bound) < bound);
        }
    }
}
