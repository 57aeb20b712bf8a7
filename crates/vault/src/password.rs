//! Passwords: hashing, checking, and the rules of requirement X1.
//!
//! Passwords are stored as argon2id PHC strings, `$argon2id$v=19$m=19456,t=2,p=1$…$…`, which carry their own
//! salt and cost, so the cost can be raised later: [`Passwords::needs_rehash`] after a successful sign-in
//! says when to store a new hash.
//!
//! Every hash takes tens of milliseconds and 19 MiB on purpose. Call these functions on a blocking thread,
//! limit how many run at once, and count failures (X2). When the account does not exist, call
//! [`Passwords::burn`], so that the time of the answer does not tell who has an account.
//!
//! Passwords are compared as the exact characters typed; no case, width or composition is folded.

use std::fmt;

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{Error as HashError, PasswordHasher as _, PasswordVerifier as _};
use argon2::{ARGON2ID_IDENT, Algorithm, Argon2, Params, Version};

use crate::random::Random;

/// Longest password that is hashed at all, in bytes. Above every sensible [`Policy::max_chars`]; keeps a
/// hostile form from making us hash megabytes.
pub const MAX_BYTES: usize = 1024;

/// Limits on the cost that a stored hash may ask for, so that a planted row cannot exhaust the machine.
const MAX_MEMORY_KIB: u32 = 256 * 1024;
const MAX_PASSES: u32 = 16;

/// How much work a hash is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    /// Memory in KiB.
    pub memory_kib: u32,
    /// Passes over the memory.
    pub passes: u32,
    /// Lanes.
    pub lanes: u32,
}

impl Cost {
    /// 19 MiB, two passes, one lane: the least that OWASP recommends for argon2id.
    #[must_use]
    pub const fn standard() -> Self {
        Self { memory_kib: 19 * 1024, passes: 2, lanes: 1 }
    }

    /// As little as the algorithm allows. Worthless against an attacker: tests and the demo city only.
    #[must_use]
    pub const fn cheap_for_tests() -> Self {
        Self { memory_kib: 8, passes: 1, lanes: 1 }
    }
}

/// Why a password could not be hashed or compared. A wrong password is not an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum PasswordError {
    /// The algorithm does not accept this [`Cost`], or it is beyond 256 MiB or 16 passes.
    Cost,
    /// The password is longer than [`MAX_BYTES`].
    TooLong,
    /// The stored text is not an argon2id hash of a reasonable cost.
    Malformed,
    /// There was not enough memory.
    Failed,
}

impl fmt::Display for PasswordError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Cost => "argon2 does not accept this cost",
            Self::TooLong => "the password is too long to be hashed",
            Self::Malformed => "the stored password hash is not an argon2id PHC string of a reasonable cost",
            Self::Failed => "argon2 could not get its memory",
        })
    }
}

impl std::error::Error for PasswordError {}

/// Hashes and checks passwords at one cost.
#[derive(Debug, Clone)]
pub struct Passwords {
    argon: Argon2<'static>,
}

impl Passwords {
    /// A hasher of this cost.
    ///
    /// # Errors
    /// [`PasswordError::Cost`].
    pub fn new(cost: Cost) -> Result<Self, PasswordError> {
        if cost.memory_kib > MAX_MEMORY_KIB || cost.passes > MAX_PASSES {
            return Err(PasswordError::Cost);
        }
        let params = Params::new(cost.memory_kib, cost.passes, cost.lanes, Some(Params::DEFAULT_OUTPUT_LEN))
            .map_err(|_| PasswordError::Cost)?;
        Ok(Self { argon: Argon2::new(Algorithm::Argon2id, Version::V0x13, params) })
    }

    /// Hashes a password with a fresh 16-byte salt; the PHC string is what is stored.
    ///
    /// # Errors
    /// [`PasswordError::TooLong`] or [`PasswordError::Failed`].
    pub fn hash(&self, password: &str, rng: &mut dyn Random) -> Result<String, PasswordError> {
        if password.len() > MAX_BYTES {
            return Err(PasswordError::TooLong);
        }
        let mut salt = [0; 16];
        rng.fill(&mut salt);
        let hash = self
            .argon
            .hash_password_with_salt(password.as_bytes(), &salt)
            .map_err(|_| PasswordError::Failed)?;
        Ok(hash.to_string())
    }

    /// Whether `password` is the one that was hashed to `phc`, whatever cost `phc` was made with.
    ///
    /// # Errors
    /// [`PasswordError::Malformed`] when the stored text is not such a hash; [`PasswordError::Failed`].
    pub fn verify(&self, password: &str, phc: &str) -> Result<bool, PasswordError> {
        let (hash, _) = read(phc)?;
        if password.len() > MAX_BYTES {
            return Ok(false);
        }
        match self.argon.verify_password(password.as_bytes(), &hash) {
            Ok(()) => Ok(true),
            Err(HashError::PasswordInvalid) => Ok(false),
            Err(_) => Err(PasswordError::Failed),
        }
    }

    /// Whether `phc` was made with another cost than today's, or cannot be read at all.
    #[must_use]
    pub fn needs_rehash(&self, phc: &str) -> bool {
        let today = self.argon.params();
        read(phc).map_or(true, |(hash, params)| {
            hash.version != Some(Version::V0x13.into())
                || (params.m_cost(), params.t_cost(), params.p_cost())
                    != (today.m_cost(), today.t_cost(), today.p_cost())
        })
    }

    /// Does the work of [`Passwords::verify`] for nothing: for accounts that do not exist.
    pub fn burn(&self, password: &str) {
        let mut out = [0; Params::DEFAULT_OUTPUT_LEN];
        let password = if password.len() > MAX_BYTES { "" } else { password };
        let done = self.argon.hash_password_into(password.as_bytes(), &[0; 16], &mut out);
        let _ = std::hint::black_box((done, out));
    }
}

/// Reads a PHC string and refuses what we would not have made ourselves.
fn read(phc: &str) -> Result<(PasswordHash, Params), PasswordError> {
    let hash = PasswordHash::new(phc).map_err(|_| PasswordError::Malformed)?;
    let params = Params::try_from(&hash).map_err(|_| PasswordError::Malformed)?;
    let ours = hash.algorithm == ARGON2ID_IDENT
        && hash.salt.is_some()
        && hash.hash.is_some()
        && params.m_cost() <= MAX_MEMORY_KIB
        && params.t_cost() <= MAX_PASSES;
    if ours { Ok((hash, params)) } else { Err(PasswordError::Malformed) }
}

/// What is asked of a new password. The numbers are data, so that a deployment may be stricter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// Fewest characters.
    pub min_chars: usize,
    /// Most characters.
    pub max_chars: usize,
    /// Of how many kinds (lower-case, upper-case, digit, anything else) there must be at least one character.
    pub min_kinds: usize,
    /// How many of the last passwords may not be used again.
    pub history: usize,
    /// After how many days a password must be changed; `None` for never.
    pub max_age_days: Option<u32>,
}

impl Policy {
    /// Requirement X1 for staff: 8 to 128 characters, three kinds, the last five, 90 days.
    #[must_use]
    pub const fn staff() -> Self {
        Self { min_chars: 8, max_chars: 128, min_kinds: 3, history: 5, max_age_days: Some(90) }
    }

    /// The same without an age: for volunteers, whom a forced change would only lead to write it down.
    #[must_use]
    pub const fn volunteers() -> Self {
        Self { max_age_days: None, ..Self::staff() }
    }

    /// All rules that the new password breaks. The last passwords are compared only when no other rule is
    /// broken: each comparison costs as much as a sign-in, and a password that breaks a rule is refused
    /// anyway.
    ///
    /// # Errors
    /// A [`PasswordError`] when an old hash cannot be compared.
    pub fn weaknesses(
        &self,
        candidate: &Candidate<'_>,
        passwords: &Passwords,
    ) -> Result<Vec<Weakness>, PasswordError> {
        let mut found = self.weaknesses_at_sight(candidate);
        if found.is_empty() {
            for old in candidate.old_hashes.iter().take(self.history) {
                if passwords.verify(candidate.password, old)? {
                    found.push(Weakness::UsedBefore { last: self.history });
                    break;
                }
            }
        }
        Ok(found)
    }

    /// The rules that need no hashing: for the answer while somebody types.
    #[must_use]
    pub fn weaknesses_at_sight(&self, candidate: &Candidate<'_>) -> Vec<Weakness> {
        let mut found = Vec::new();
        let password = candidate.password;
        let chars = password.chars().count();
        if chars < self.min_chars {
            found.push(Weakness::TooShort { min: self.min_chars });
        }
        if chars > self.max_chars || password.len() > MAX_BYTES {
            found.push(Weakness::TooLong { max: self.max_chars });
            return found;
        }
        let kinds = kinds(password);
        if kinds < self.min_kinds {
            found.push(Weakness::TooFewKinds { min: self.min_kinds, found: kinds });
        }
        if candidate.user_name.is_some_and(|name| contains_name(password, name)) {
            found.push(Weakness::ContainsUserName);
        }
        if candidate.phone.is_some_and(|phone| contains_phone(password, phone)) {
            found.push(Weakness::ContainsPhone);
        }
        found
    }

    /// Whether a password set at `changed_ms` is due for a change at `now_ms` (UTC milliseconds).
    #[must_use]
    pub fn is_expired(&self, changed_ms: i64, now_ms: i64) -> bool {
        self.max_age_days
            .is_some_and(|days| now_ms.saturating_sub(changed_ms) >= i64::from(days) * 86_400_000)
    }
}

/// A new password and what it is compared with.
#[derive(Clone, Copy)]
pub struct Candidate<'a> {
    /// The new password as typed.
    pub password: &'a str,
    /// The sign-in name of the account.
    pub user_name: Option<&'a str>,
    /// The phone number of the account.
    pub phone: Option<&'a str>,
    /// PHC strings of the present and former passwords, newest first; those beyond [`Policy::history`] are
    /// not looked at.
    pub old_hashes: &'a [String],
}

impl fmt::Debug for Candidate<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Candidate(…)")
    }
}

/// A rule that a new password breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Weakness {
    /// Fewer characters than the policy asks for.
    TooShort {
        /// The fewest allowed.
        min: usize,
    },
    /// More characters than the policy allows.
    TooLong {
        /// The most allowed.
        max: usize,
    },
    /// Characters of too few kinds.
    TooFewKinds {
        /// How many kinds are asked for.
        min: usize,
        /// How many there are.
        found: usize,
    },
    /// The sign-in name is part of the password, in whatever case.
    ContainsUserName,
    /// The phone number is part of the password, however it is grouped.
    ContainsPhone,
    /// It is one of the last passwords.
    UsedBefore {
        /// How many passwords back are compared.
        last: usize,
    },
}

/// A random password for the first administrator (X1: no default account is shipped) or a reset by hand:
/// four groups of four characters without look-alikes, `Xk4p-9mWt-…`, 93 bits, of all four kinds.
#[must_use]
pub fn random_password(rng: &mut dyn Random) -> String {
    const LETTERS: &[u8; 56] = b"abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789";
    loop {
        let mut text = String::with_capacity(19);
        for at in 0..16 {
            if at > 0 && at % 4 == 0 {
                text.push('-');
            }
            let draw = rng.below(56) as usize;
            text.extend(LETTERS.get(draw).map(|&byte| char::from(byte)));
        }
        if kinds(&text) == 4 {
            return text;
        }
    }
}

fn kinds(password: &str) -> usize {
    let mut seen = [false; 4];
    let [lower, upper, digit, other] = &mut seen;
    for c in password.chars() {
        if c.is_lowercase() {
            *lower = true;
        } else if c.is_uppercase() {
            *upper = true;
        } else if c.is_numeric() {
            *digit = true;
        } else {
            *other = true;
        }
    }
    seen.into_iter().filter(|&seen| seen).count()
}

/// Names of one or two letters or one Chinese character are in too many good passwords to count.
fn contains_name(password: &str, name: &str) -> bool {
    let name = name.trim().to_lowercase();
    let least = if name.is_ascii() { 3 } else { 2 };
    name.chars().count() >= least && password.to_lowercase().contains(&name)
}

/// Compares digits only, and of a number with a country code the last eleven.
fn contains_phone(password: &str, phone: &str) -> bool {
    let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
    let phone = digits(phone);
    // All ASCII, so bytes are characters.
    let phone = phone.get(phone.len().saturating_sub(11)..).unwrap_or_default();
    phone.len() >= 7 && digits(password).contains(phone)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SeededRandom;
    use proptest::prelude::*;

    fn rng() -> SeededRandom {
        SeededRandom::new([4; 32])
    }

    fn cheap() -> Passwords {
        Passwords::new(Cost::cheap_for_tests()).unwrap()
    }

    fn candidate(password: &str) -> Candidate<'_> {
        Candidate { password, user_name: None, phone: None, old_hashes: &[] }
    }

    #[test]
    fn hash_and_verify_at_the_standard_cost() {
        let passwords = Passwords::new(Cost::standard()).unwrap();
        let phc = passwords.hash("Correct-Horse-7", &mut rng()).unwrap();
        assert!(phc.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{phc}");
        assert_eq!(passwords.verify("Correct-Horse-7", &phc), Ok(true));
        assert_eq!(passwords.verify("correct-horse-7", &phc), Ok(false));
        assert!(!passwords.needs_rehash(&phc));
        assert!(cheap().needs_rehash(&phc));
        assert_eq!(cheap().verify("Correct-Horse-7", &phc), Ok(true), "the stored cost counts");
        passwords.burn("Correct-Horse-7");
    }

    #[test]
    fn salts_differ() {
        let mut rng = rng();
        assert_ne!(cheap().hash("same", &mut rng), cheap().hash("same", &mut rng));
    }

    #[test]
    fn what_is_not_ours_is_refused() {
        let phc = cheap().hash("x", &mut rng()).unwrap();
        for bad in [
            "",
            "plain",
            "$2b$12$abcdefghijklmnopqrstuu",
            &phc.replace("argon2id", "argon2i"),
            &phc.replace("m=8", "m=4194304"),
            &phc.replace("t=1", "t=1000"),
            phc.rsplit_once('$').unwrap().0,
        ] {
            assert_eq!(cheap().verify("x", bad), Err(PasswordError::Malformed), "{bad}");
            assert!(cheap().needs_rehash(bad), "{bad}");
        }
        let absurd = Cost { memory_kib: 1, passes: 0, lanes: 0 };
        assert_eq!(Passwords::new(absurd).unwrap_err(), PasswordError::Cost);
        let huge = Cost { memory_kib: u32::MAX, ..Cost::standard() };
        assert_eq!(Passwords::new(huge).unwrap_err(), PasswordError::Cost);
    }

    #[test]
    fn very_long_passwords_are_not_hashed() {
        let long = "x".repeat(MAX_BYTES + 1);
        assert_eq!(cheap().hash(&long, &mut rng()), Err(PasswordError::TooLong));
        let phc = cheap().hash("x", &mut rng()).unwrap();
        assert_eq!(cheap().verify(&long, &phc), Ok(false));
        cheap().burn(&long);
    }

    #[test]
    fn rules() {
        let policy = Policy::staff();
        let weak = |password: &str| policy.weaknesses_at_sight(&candidate(password));
        assert_eq!(weak("Abcdef12"), []);
        assert_eq!(weak("志愿服务aA北京东城"), [], "Chinese characters are the fourth kind");
        assert_eq!(weak("Abcde12"), [Weakness::TooShort { min: 8 }]);
        assert_eq!(weak("abcdefgh1"), [Weakness::TooFewKinds { min: 3, found: 2 }]);
        assert_eq!(weak(""), [Weakness::TooShort { min: 8 }, Weakness::TooFewKinds { min: 3, found: 0 }]);
        assert_eq!(weak(&"aA1".repeat(43)), [Weakness::TooLong { max: 128 }]);
        assert_eq!(weak(&"aA1-".repeat(32)), []);
    }

    #[test]
    fn names_and_phones() {
        let weak = |password, name, phone| {
            Policy::staff().weaknesses_at_sight(&Candidate {
                user_name: Some(name),
                phone: Some(phone),
                ..candidate(password)
            })
        };
        assert_eq!(weak("xZhangSan-1", "zhangsan", ""), [Weakness::ContainsUserName]);
        assert_eq!(weak("张三Abcd-1", "张三", ""), [Weakness::ContainsUserName]);
        assert_eq!(weak("张四Abcd-1", "张", ""), []);
        assert_eq!(weak("Abli-1234", "li", ""), []);
        assert_eq!(weak("Ab138-0013-8000", "admin", "+86 13800138000"), [Weakness::ContainsPhone]);
        assert_eq!(weak("Ab138-0013-800", "admin", "13800138000"), []);
        assert_eq!(weak("Abcd-12345", "", "12345"), [], "a short number is no secret");
    }

    #[test]
    fn the_last_five_are_refused() {
        let mut rng = rng();
        let old: Vec<String> =
            (0..7).rev().map(|i| cheap().hash(&format!("Secret-{i}x"), &mut rng).unwrap()).collect();
        let weak = |password| {
            Policy::staff()
                .weaknesses(&Candidate { old_hashes: &old, ..candidate(password) }, &cheap())
                .unwrap()
        };
        assert_eq!(weak("Secret-6x"), [Weakness::UsedBefore { last: 5 }]);
        assert_eq!(weak("Secret-2x"), [Weakness::UsedBefore { last: 5 }]);
        assert_eq!(weak("Secret-1x"), []);
        assert_eq!(weak("Secret-7x"), []);
        let broken = ["nonsense".to_owned()];
        let candidate = Candidate { old_hashes: &broken, ..candidate("Secret-7x") };
        assert_eq!(Policy::staff().weaknesses(&candidate, &cheap()), Err(PasswordError::Malformed));
    }

    #[test]
    fn age() {
        let day = 86_400_000;
        assert!(!Policy::staff().is_expired(0, 90 * day - 1));
        assert!(Policy::staff().is_expired(0, 90 * day));
        assert!(!Policy::volunteers().is_expired(0, 9_000 * day));
        assert!(!Policy::staff().is_expired(i64::MAX, i64::MIN));
    }

    #[test]
    fn nothing_secret_is_printed() {
        assert_eq!(format!("{:?}", candidate("secret")), "Candidate(…)");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn only_the_same_password_verifies(a in ".{0,40}", b in ".{0,40}", seed: [u8; 32]) {
            let phc = cheap().hash(&a, &mut SeededRandom::new(seed)).unwrap();
            prop_assert_eq!(cheap().verify(&a, &phc), Ok(true));
            prop_assert_eq!(cheap().verify(&b, &phc), Ok(a == b));
        }

        #[test]
        fn any_stored_text_is_survived(phc in "(\\$argon2id\\$v=19\\$m=8,t=1,p=1)?[$a-z0-9=,+/]{0,60}") {
            let _ = cheap().verify("x", &phc);
            let _ = cheap().needs_rehash(&phc);
        }

        #[test]
        fn random_passwords_satisfy_the_policy(seed: [u8; 32]) {
            let password = random_password(&mut SeededRandom::new(seed));
            prop_assert_eq!(password.len(), 19);
            prop_assert_eq!(Policy::staff().weaknesses_at_sight(&candidate(&password)), []);
        }

        #[test]
        fn any_password_can_be_judged(password in "\\PC{0,200}", name in "\\PC{0,10}", phone in "\\PC{0,14}") {
            let _ = Policy::staff().weaknesses_at_sight(&Candidate {
                user_name: Some(&name), phone: Some(&phone), ..candidate(&password)
            });
        }
    }
}
