//! A small seeded random generator (xoshiro256++ seeded through splitmix64).
//!
//! Only integer and basic floating-point operations are used, so one seed gives one city on
//! every machine.

fn splitmix64(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// What a stream of random numbers is for; streams of one seed are independent, so that adding
/// a draw in one place does not change the rest of the city.
#[derive(Clone, Copy)]
pub(crate) enum Stream {
    Place = 1,
    Team,
    VolunteerCore,
    VolunteerDetail,
    Schedule,
    Activity,
    Quota,
    Attendance,
    SignUp,
}

#[derive(Clone, Debug)]
pub(crate) struct Rng {
    s0: u64,
    s1: u64,
    s2: u64,
    s3: u64,
}

impl Rng {
    pub(crate) fn new(seed: u64, stream: Stream, index: usize) -> Self {
        let mut mix = seed ^ (stream as u64).wrapping_mul(0xD6E8_FEB8_6659_FD93);
        mix = splitmix64(&mut mix) ^ (index as u64).wrapping_mul(0xA076_1D64_78BD_642F);
        Self {
            s0: splitmix64(&mut mix),
            s1: splitmix64(&mut mix),
            s2: splitmix64(&mut mix),
            s3: splitmix64(&mut mix),
        }
    }

    pub(crate) fn next_u64(&mut self) -> u64 {
        let out = self.s0.wrapping_add(self.s3).rotate_left(23).wrapping_add(self.s0);
        let t = self.s1 << 17;
        self.s2 ^= self.s0;
        self.s3 ^= self.s1;
        self.s1 ^= self.s2;
        self.s0 ^= self.s3;
        self.s2 ^= t;
        self.s3 = self.s3.rotate_left(45);
        out
    }

    /// A number in `0..n`; 0 when `n` is 0.
    pub(crate) fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.next_u64()) * n as u128) >> 64) as usize
    }

    /// A number in `0..n` that prefers the small ones (linear fall).
    pub(crate) fn below_skewed(&mut self, n: usize) -> usize {
        self.below(n).min(self.below(n))
    }

    /// A number in `low..=high`.
    pub(crate) fn between(&mut self, low: i32, high: i32) -> i32 {
        low + self.below((high - low + 1).max(1) as usize) as i32
    }

    /// True in `per_mille` of a thousand cases.
    pub(crate) fn chance(&mut self, per_mille: usize) -> bool {
        self.below(1000) < per_mille
    }

    /// A number in `[0, 1)`.
    pub(crate) fn unit(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// One of the items; the slice must not be empty.
    pub(crate) fn pick<'a, T>(&mut self, items: &'a [T]) -> &'a T {
        pick(items, self.below(items.len()))
    }

    /// One of the texts; the slice must not be empty.
    pub(crate) fn word(&mut self, words: &[&'static str]) -> &'static str {
        self.pick::<&'static str>(words)
    }

    /// One index, drawn with the given weights.
    pub(crate) fn weighted(&mut self, weights: impl Iterator<Item = u32> + Clone) -> usize {
        let total: u32 = weights.clone().sum();
        let mut left = self.below(total as usize) as u32;
        for (index, weight) in weights.enumerate() {
            if left < weight {
                return index;
            }
            left -= weight;
        }
        0
    }

    /// Puts the items in a random order.
    pub(crate) fn shuffle<T>(&mut self, items: &mut [T]) {
        for last in (1..items.len()).rev() {
            let other = self.below(last + 1);
            items.swap(last, other);
        }
    }
}

/// The item at `n`, counting round and round; the slice must not be empty (all callers pass the
/// non-empty tables of this crate).
#[expect(clippy::indexing_slicing, reason = "the index is taken modulo the length")]
pub(crate) fn pick<T>(items: &[T], n: usize) -> &T {
    &items[n % items.len()]
}
