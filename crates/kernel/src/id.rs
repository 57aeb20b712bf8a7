//! Typed ids: 64-bit, time-ordered, made by the application (never by the database), one newtype a
//! table, so that two ids cannot be swapped. In JSON and URLs they are decimal strings.

use std::sync::Mutex;

use crate::time::Timestamp;

/// What every typed id can do.
pub trait Id: Copy + Eq + Ord + std::fmt::Debug + Send + Sync + 'static {
    /// Wraps a raw value.
    fn from_i64(raw: i64) -> Self;
    /// The raw value as stored.
    fn as_i64(self) -> i64;
}

/// Declares id newtypes: `ids! { /// A volunteer. VolunteerId; }`.
#[macro_export]
macro_rules! ids {
    ($($(#[doc = $about:literal])* $name:ident;)*) => {$(
        $(#[doc = $about])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub struct $name(pub i64);

        impl $crate::Id for $name {
            fn from_i64(raw: i64) -> Self {
                Self(raw)
            }
            fn as_i64(self) -> i64 {
                self.0
            }
        }

        impl $crate::value::ToValue for $name {
            fn to_value(&self) -> $crate::value::Value<'_> {
                $crate::value::Value::Int(self.0)
            }
        }

        impl $crate::value::FromValue for $name {
            fn from_value(value: $crate::value::Value<'_>) -> Result<Self, $crate::value::ValueError> {
                match value {
                    $crate::value::Value::Int(raw) => Ok(Self(raw)),
                    other => Err($crate::value::unexpected(stringify!($name), other)),
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                std::fmt::Display::fmt(&self.0, f)
            }
        }

        impl std::str::FromStr for $name {
            type Err = std::num::ParseIntError;
            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }

        impl $crate::id::serde::Serialize for $name {
            fn serialize<S: $crate::id::serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.collect_str(&self.0)
            }
        }

        impl<'de> $crate::id::serde::Deserialize<'de> for $name {
            fn deserialize<D: $crate::id::serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str> as $crate::id::serde::Deserialize>::deserialize(d)?;
                text.trim().parse().map(Self).map_err($crate::id::serde::de::Error::custom)
            }
        }

        impl $crate::id::schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn schema_id() -> std::borrow::Cow<'static, str> {
                concat!(module_path!(), "::", stringify!($name)).into()
            }

            fn json_schema(_: &mut $crate::id::schemars::SchemaGenerator) -> $crate::id::schemars::Schema {
                $crate::id::schema(concat!($($about),*))
            }
        }
    )*};
}

#[doc(hidden)]
pub use {schemars, serde};

/// How an id is described to programs: a decimal string, because its number is beyond what JavaScript can hold.
#[doc(hidden)]
#[must_use]
pub fn schema(about: &str) -> schemars::Schema {
    schemars::json_schema!({ "type": "string", "pattern": "^[0-9]{1,19}$", "description": about.trim() })
}

ids! {
    /// A node of the organisation tree: office, street, community, station, department, team.
    OrgId;
    /// A person known to the city: registered, imported or staff.
    PersonId;
    /// What somebody signs in with.
    AccountId;
}

/// Makes ids: 42 bits of milliseconds since 2024-01-01 UTC, 21 bits that start at random in each
/// millisecond and count up. Two processes that draw in the same millisecond collide with a chance
/// of about 1 in 2,000,000 per pair; the primary key then refuses the row and the caller retries.
#[derive(Debug)]
pub struct IdGen {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    last_ms: i64,
    low: u32,
    used: u32,
    seed: u64,
}

const EPOCH_MS: i64 = 1_704_067_200_000;
const LOW_BITS: u32 = 21;
const LOW_MASK: u32 = (1 << LOW_BITS) - 1;

impl IdGen {
    /// A generator whose random parts follow from `seed`: fixed in tests and the demo, drawn from
    /// the system in production.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { state: Mutex::new(State { last_ms: 0, low: 0, used: 0, seed }) }
    }

    /// A generator seeded by the operating system.
    ///
    /// # Errors
    /// When the system gives no randomness.
    pub fn from_system() -> Result<Self, getrandom::Error> {
        let mut bytes = [0_u8; 8];
        getrandom::fill(&mut bytes)?;
        Ok(Self::new(u64::from_le_bytes(bytes)))
    }

    /// The next id. Ids of one generator always grow, even when the clock steps back.
    pub fn next<I: Id>(&self, now: Timestamp) -> I {
        let mut state = match self.state.lock() {
            Ok(state) => state,
            Err(poisoned) => poisoned.into_inner(),
        };
        let ms = (now.0 - EPOCH_MS).max(1);
        if ms > state.last_ms {
            state.last_ms = ms;
            // splitmix64
            state.seed = state.seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mut z = state.seed;
            z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            z ^= z >> 31;
            // Start in the lower half so that a burst has room to count up.
            state.low = u32::try_from(z & u64::from(LOW_MASK >> 1)).unwrap_or(0);
            state.used = 0;
        } else {
            state.low += 1;
            state.used += 1;
            if state.low > LOW_MASK {
                state.last_ms += 1;
                state.low = 0;
            }
        }
        I::from_i64((state.last_ms << LOW_BITS) | i64::from(state.low))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_grow_even_when_the_clock_steps_back() {
        let ids = IdGen::new(7);
        let mut last = OrgId(0);
        for step in [5_i64, 5, 5, 3, 9, 9, 1] {
            for _ in 0..100_000 {
                let id: OrgId = ids.next(Timestamp(EPOCH_MS + step));
                assert!(id > last);
                last = id;
            }
        }
    }
}
