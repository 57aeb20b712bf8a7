//! Things handed to people that prove something later: session tokens, one-time codes, slip codes, signed
//! links.
//!
//! | what | entropy | stored as |
//! |---|---|---|
//! | [`SessionToken`] | 256 bits | SHA-256: nobody can guess it, so no key is needed |
//! | [`OneTimeCode`] | 20 bits | HMAC bound to a context: whoever steals the table cannot try a million codes |
//! | [`SlipCode`] | 45 bits | the same, or in the clear when it only names a slip of paper |
//! | [`Signer`] tag | 128 bits | not at all: it is recomputed |
//!
//! Codes short enough to type can be guessed online: the caller limits attempts and lifetime.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};
use zeroize::Zeroizing;

use crate::base32;
use crate::keys::{KeyRing, Purpose, SubKey};
use crate::random::Random;

/// Compares without telling by its duration where the first difference is. The lengths are not hidden.
#[must_use]
pub fn constant_time_eq(a: &[u8], b: &[u8]) -> bool {
    if a.len() != b.len() {
        return false;
    }
    // The black box keeps the optimiser from leaving the loop early.
    let difference = a.iter().zip(b).fold(0_u8, |all, (a, b)| std::hint::black_box(all | (a ^ b)));
    difference == 0
}

macro_rules! stored_hash {
    ($(#[$page:meta])* $name:ident) => {
        $(#[$page])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name([u8; 32]);

        impl $name {
            /// The hash as read from the database.
            #[must_use]
            pub const fn from_bytes(bytes: [u8; 32]) -> Self {
                Self(bytes)
            }

            /// The hash as read from the database; `None` unless it has 32 bytes.
            #[must_use]
            pub fn from_slice(bytes: &[u8]) -> Option<Self> {
                bytes.try_into().ok().map(Self)
            }

            /// The bytes to store.
            #[must_use]
            pub const fn as_bytes(&self) -> &[u8; 32] {
                &self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                let [a, b, c, d, ..] = self.0;
                write!(f, concat!(stringify!($name), "({:08x}…)"), u32::from_be_bytes([a, b, c, d]))
            }
        }
    };
}

stored_hash! {
    /// What is stored of a [`SessionToken`]. Ordinary comparison and lookup by it are safe: its timing tells
    /// about a hash that nobody can choose.
    TokenHash
}

stored_hash! {
    /// What is stored of a [`OneTimeCode`] or [`SlipCode`]. Check codes with their `matches`.
    CodeHash
}

/// A session token: 32 random bytes, in the cookie as 43 characters of base64url.
#[derive(Clone)]
pub struct SessionToken(Zeroizing<[u8; 32]>);

impl SessionToken {
    /// Draws a token.
    #[must_use]
    pub fn new(rng: &mut dyn Random) -> Self {
        let mut bytes = Zeroizing::new([0; 32]);
        rng.fill(bytes.as_mut_slice());
        Self(bytes)
    }

    /// Reads what came back in the cookie; `None` when it cannot be a token.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        // Long nonsense is not decoded at all.
        if text.len() != 43 {
            return None;
        }
        let bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(text).ok()?);
        bytes.as_slice().try_into().ok().map(|bytes| Self(Zeroizing::new(bytes)))
    }

    /// The text for the cookie.
    #[must_use]
    pub fn text(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0.as_slice())
    }

    /// SHA-256 of the bytes, for storage and lookup.
    #[must_use]
    pub fn hash(&self) -> TokenHash {
        TokenHash(Sha256::digest(self.0.as_slice()).into())
    }
}

impl fmt::Debug for SessionToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SessionToken(…)")
    }
}

/// A one-time code of six digits, each of the million equally likely.
#[derive(Clone, Copy)]
pub struct OneTimeCode(u32);

impl OneTimeCode {
    /// Draws a code.
    #[must_use]
    pub fn new(rng: &mut dyn Random) -> Self {
        Self(rng.below(1_000_000))
    }

    /// Reads what somebody typed: six digits, full-width or not, with spaces or hyphens between them.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        read_digits(text).map(Self)
    }

    /// Six digits.
    #[must_use]
    pub fn text(&self) -> String {
        format!("{:06}", self.0)
    }

    /// The keyed hash for storage. `context` says what the code is for and whose it is, for instance
    /// `sign-in 42`; a code stored for one context does not match in another. The key is the ring's
    /// [`Purpose::Token`]; its rotation ends the codes under way.
    #[must_use]
    pub fn hash(&self, key: &SubKey, context: &str) -> CodeHash {
        CodeHash(key.mac("one-time code", &[context.as_bytes(), &self.0.to_be_bytes()]))
    }

    /// Whether this is the code that was stored, in constant time.
    #[must_use]
    pub fn matches(&self, key: &SubKey, context: &str, stored: &CodeHash) -> bool {
        constant_time_eq(self.hash(key, context).as_bytes(), stored.as_bytes())
    }
}

impl fmt::Debug for OneTimeCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("OneTimeCode(…)")
    }
}

/// Exactly six digits, as people type them.
pub(crate) fn read_digits(text: &str) -> Option<u32> {
    let (mut number, mut count) = (0, 0);
    for c in text.chars().filter(|&c| !base32::is_separator(c)) {
        let digit = base32::narrow(c).to_digit(10)?;
        if count == 6 {
            return None;
        }
        (number, count) = (number * 10 + digit, count + 1);
    }
    (count == 6).then_some(number)
}

/// A code printed on a slip of paper, `7K3QD-M0R9X`: nine random characters of Crockford base32 (45 bits)
/// and a check character.
///
/// The check character makes Σ αⁱ·cᵢ = 0 over GF(32), i from 0 at the right, α a generator. So **every**
/// single wrong character and **every** swap of two different characters, adjacent or not, is noticed; other
/// mistakes pass one time in 32.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SlipCode([u8; 10]);

/// Why a typed slip code is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SlipError {
    /// Not ten characters, leaving out spaces and hyphens.
    Length {
        /// How many there are.
        found: usize,
    },
    /// A character that is in no code.
    Character(char),
    /// The check character does not fit: something is mistyped.
    Check,
}

impl fmt::Display for SlipError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Length { found } => write!(f, "a slip code has 10 characters, not {found}"),
            Self::Character(c) => write!(f, "{c:?} is in no slip code"),
            Self::Check => f.write_str("the check character does not fit"),
        }
    }
}

impl std::error::Error for SlipError {}

impl SlipCode {
    /// Draws a code.
    #[must_use]
    pub fn new(rng: &mut dyn Random) -> Self {
        let mut digits = [0; 10];
        rng.fill(&mut digits);
        digits = digits.map(|digit| digit & 31);
        let [payload @ .., check] = &mut digits;
        // The check has weight α⁰ = 1, and addition is exclusive or: the sum of the rest is the check.
        *check = payload.iter().fold(0, |sum, digit| times_alpha(sum ^ digit));
        Self(digits)
    }

    /// Reads what somebody typed, in either case, with O for 0 and I or L for 1, with any spaces and
    /// hyphens, in full-width forms.
    ///
    /// # Errors
    /// A [`SlipError`].
    pub fn parse(text: &str) -> Result<Self, SlipError> {
        let mut digits = [0; 10];
        let mut found = 0;
        for c in text.chars().filter(|&c| !base32::is_separator(c)) {
            let digit = base32::decode_digit(c).ok_or(SlipError::Character(c))?;
            if let Some(place) = digits.get_mut(found) {
                *place = digit;
            }
            found += 1;
        }
        if found != digits.len() {
            return Err(SlipError::Length { found });
        }
        let [payload @ .., check] = &digits;
        let sum = payload.iter().fold(0, |sum, digit| times_alpha(sum ^ digit));
        if sum == *check { Ok(Self(digits)) } else { Err(SlipError::Check) }
    }

    /// The code as printed, `XXXXX-XXXXX`.
    #[must_use]
    pub fn text(&self) -> String {
        let (left, right) = self.0.split_at(5);
        let part =
            |digits: &[u8]| digits.iter().map(|&digit| base32::encode_digit(digit)).collect::<String>();
        format!("{}-{}", part(left), part(right))
    }

    /// The keyed hash for storage, bound to a context like [`OneTimeCode::hash`].
    #[must_use]
    pub fn hash(&self, key: &SubKey, context: &str) -> CodeHash {
        CodeHash(key.mac("slip code", &[context.as_bytes(), &self.0]))
    }

    /// Whether this is the code that was stored, in constant time.
    #[must_use]
    pub fn matches(&self, key: &SubKey, context: &str, stored: &CodeHash) -> bool {
        constant_time_eq(self.hash(key, context).as_bytes(), stored.as_bytes())
    }
}

impl fmt::Debug for SlipCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SlipCode(…)")
    }
}

/// Multiplication by α in GF(32) = GF(2)[x] / (x⁵ + x² + 1); α = x generates all 31 non-zero elements.
const fn times_alpha(value: u8) -> u8 {
    let shifted = value << 1;
    if shifted & 32 == 0 { shifted } else { (shifted ^ 0b10_0101) & 31 }
}

/// Makes and checks short tags for links in messages and for forms (CSRF).
///
/// The tag proves that this deployment wrote these parts for this purpose. It does not expire and does not
/// forget: put the time of expiry, the account and whatever else must not be exchanged among the parts. For
/// CSRF, take the session's [`TokenHash`] and the form's path.
#[derive(Debug, Clone)]
pub struct Signer {
    current: SubKey,
    older: Vec<SubKey>,
}

impl Signer {
    /// A signer over all keys of the ring: the current one signs, all verify, so links sent before a
    /// rotation keep working.
    #[must_use]
    pub fn new(ring: &KeyRing) -> Self {
        let older = ring
            .versions()
            .filter(|&version| version != ring.current_version())
            .filter_map(|version| ring.sub_key_of(version, Purpose::Token))
            .collect();
        Self { current: ring.sub_key(Purpose::Token), older }
    }

    /// A tag of 22 characters of base64url (128 bits) over the purpose and the parts. Each part is framed
    /// with its length: the same parts must be given to [`Signer::verify`], cut the same way.
    #[must_use]
    pub fn sign(&self, purpose: &str, parts: &[&[u8]]) -> String {
        tag(&self.current, purpose, parts)
    }

    /// Whether a tag is genuine, in constant time for each key.
    #[must_use]
    pub fn verify(&self, purpose: &str, parts: &[&[u8]], presented: &str) -> bool {
        // Texts are compared, so the one spelling that `sign` makes is the only one accepted.
        std::iter::once(&self.current).chain(&self.older).fold(false, |found, key| {
            constant_time_eq(tag(key, purpose, parts).as_bytes(), presented.as_bytes()) | found
        })
    }
}

fn tag(key: &SubKey, purpose: &str, parts: &[&[u8]]) -> String {
    let mac = key.mac("signed", &[&[purpose.as_bytes()], parts].concat());
    let (short, _) = mac.split_at(16);
    URL_SAFE_NO_PAD.encode(short)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SeededRandom;
    use proptest::prelude::*;

    fn rng(seed: u8) -> SeededRandom {
        SeededRandom::new([seed; 32])
    }

    fn ring() -> KeyRing {
        KeyRing::ephemeral([1; 32])
    }

    #[test]
    fn session_tokens() {
        let token = SessionToken::new(&mut rng(1));
        assert_eq!(token.text().len(), 43);
        assert_eq!(SessionToken::parse(&token.text()).unwrap().hash(), token.hash());
        assert_eq!(token.hash().as_bytes()[..], Sha256::digest(*token.0)[..]);
        assert_ne!(token.hash(), SessionToken::new(&mut rng(2)).hash());
        for bad in ["", "x", &format!("{}=", token.text()), &"+".repeat(43), &"é".repeat(43)] {
            assert!(SessionToken::parse(bad).is_none(), "{bad}");
        }
        // 43 characters hold two bits too many; only zero bits there are canonical.
        let mut other = token.text();
        let last = other.pop().unwrap();
        other.push(if last == 'B' { 'C' } else { 'B' });
        assert!(SessionToken::parse(&other).is_none());
    }

    #[test]
    fn one_time_codes() {
        let key = ring().sub_key(Purpose::Token);
        let code = OneTimeCode(42_817);
        assert_eq!(code.text(), "042817");
        let stored = code.hash(&key, "sign-in 1");
        for typed in ["042817", " 042 817 ", "０４２８１７", "042-817"] {
            assert!(OneTimeCode::parse(typed).unwrap().matches(&key, "sign-in 1", &stored), "{typed}");
        }
        assert!(!code.matches(&key, "sign-in 2", &stored));
        assert!(!OneTimeCode(42_818).matches(&key, "sign-in 1", &stored));
        for bad in ["", "04281", "0428170", "04281a", "+42817", "99999999999999999999"] {
            assert!(OneTimeCode::parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn slip_codes_are_read_as_people_write_them() {
        // Ten zeros satisfy the check.
        for typed in ["00000-00000", "OoOoO-oOoOo", "０００００－０００００", "00 000 – 00 000", "0000000000"]
        {
            assert_eq!(SlipCode::parse(typed), Ok(SlipCode([0; 10])), "{typed}");
        }
        assert_eq!(SlipCode::parse("UUUUU-UUUUU"), Err(SlipError::Character('U')));
        assert_eq!(SlipCode::parse("0000"), Err(SlipError::Length { found: 4 }));
        assert_eq!(SlipCode::parse("00000-000000"), Err(SlipError::Length { found: 11 }));
        assert_eq!(SlipCode::parse("00000-00001"), Err(SlipError::Check));
    }

    #[test]
    fn alpha_generates_the_field() {
        let mut seen = std::collections::HashSet::new();
        let mut power = 1;
        for _ in 0..31 {
            assert!(seen.insert(power));
            power = times_alpha(power);
        }
        assert_eq!(power, 1);
    }

    #[test]
    fn every_wrong_character_and_every_swap_is_noticed() {
        let mut rng = rng(3);
        for _ in 0..50 {
            let code = SlipCode::new(&mut rng);
            let refused =
                |digits: [u8; 10]| SlipCode::parse(&SlipCode(digits).text()) == Err(SlipError::Check);
            for at in 0..10 {
                for digit in (0..32).filter(|&digit| digit != code.0[at]) {
                    let mut digits = code.0;
                    digits[at] = digit;
                    assert!(refused(digits));
                }
                for with in (0..at).filter(|&with| code.0[with] != code.0[at]) {
                    let mut digits = code.0;
                    digits.swap(at, with);
                    assert!(refused(digits));
                }
            }
        }
    }

    #[test]
    fn slip_code_hashes() {
        let key = ring().sub_key(Purpose::Token);
        let (code, other) = (SlipCode::new(&mut rng(1)), SlipCode::new(&mut rng(2)));
        let stored = code.hash(&key, "claim");
        assert!(code.matches(&key, "claim", &stored));
        assert!(!code.matches(&key, "join", &stored));
        assert!(!other.matches(&key, "claim", &stored));
    }

    #[test]
    fn signatures_outlive_a_rotation() {
        let two = ring().rotated(&mut rng(1)).unwrap();
        let (old, new) = (Signer::new(&ring()), Signer::new(&two));
        let tag = old.sign("mail", &[b"42", b"confirm"]);
        assert_eq!(tag.len(), 22);
        assert!(old.verify("mail", &[b"42", b"confirm"], &tag));
        assert!(new.verify("mail", &[b"42", b"confirm"], &tag));
        assert_ne!(new.sign("mail", &[b"42", b"confirm"]), tag);
        for (purpose, parts, tag) in [
            ("csrf", &[b"42".as_slice(), b"confirm"][..], tag.as_str()),
            ("mail", &[b"42confirm"], &tag),
            ("mail", &[b"43", b"confirm"], &tag),
            ("mail", &[b"42", b"confirm"], ""),
            ("mail", &[b"42", b"confirm"], &tag[1..]),
            ("mail", &[b"42", b"confirm"], &format!("{tag}=")),
        ] {
            assert!(!new.verify(purpose, parts, tag), "{purpose} {parts:?} {tag}");
        }
    }

    #[test]
    fn nothing_secret_is_printed() {
        let mut rng = rng(1);
        assert_eq!(format!("{:?}", SessionToken::new(&mut rng)), "SessionToken(…)");
        assert_eq!(format!("{:?}", OneTimeCode::new(&mut rng)), "OneTimeCode(…)");
        assert_eq!(format!("{:?}", SlipCode::new(&mut rng)), "SlipCode(…)");
        assert_eq!(format!("{:?}", TokenHash([0xab; 32])), "TokenHash(abababab…)");
    }

    proptest! {
        #[test]
        fn comparison_is_equality(a: Vec<u8>, b: Vec<u8>) {
            prop_assert_eq!(constant_time_eq(&a, &b), a == b);
            prop_assert!(constant_time_eq(&a, &a));
        }

        #[test]
        fn tokens_and_codes_read_back(seed: [u8; 32]) {
            let mut rng = SeededRandom::new(seed);
            let token = SessionToken::new(&mut rng);
            prop_assert_eq!(SessionToken::parse(&token.text()).unwrap().hash(), token.hash());
            let code = OneTimeCode::new(&mut rng);
            prop_assert_eq!(OneTimeCode::parse(&code.text()).unwrap().0, code.0);
            let slip = SlipCode::new(&mut rng);
            prop_assert_eq!(slip.text().len(), 11);
            prop_assert_eq!(SlipCode::parse(&slip.text()), Ok(slip));
            prop_assert_eq!(SlipCode::parse(&slip.text().to_lowercase()), Ok(slip));
        }

        #[test]
        fn any_text_can_be_presented(text in "\\PC{0,60}") {
            let _ = SessionToken::parse(&text);
            let _ = OneTimeCode::parse(&text);
            let _ = SlipCode::parse(&text);
            prop_assert!(!Signer::new(&ring()).verify("x", &[], &text));
        }

        #[test]
        fn hashes_read_back(bytes: [u8; 32]) {
            prop_assert_eq!(TokenHash::from_slice(&bytes), Some(TokenHash::from_bytes(bytes)));
            prop_assert_eq!(CodeHash::from_slice(&bytes[1..]), None);
        }
    }
}
