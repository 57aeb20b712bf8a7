//! Time-based one-time codes (RFC 6238 over RFC 4226): the second factor of staff (X4). Six digits, 30
//! seconds, SHA-1, because that is what every authenticator reads. Of SHA-1 only its use inside HMAC is
//! needed, which its collisions do not touch.

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;
use zeroize::Zeroizing;

use crate::random::Random;
use crate::token::constant_time_eq;

/// How long a code stands, in milliseconds.
pub const STEP_MS: i64 = 30_000;
/// Codes that are accepted before and after the present one: clocks of phones differ.
const DRIFT: i64 = 1;
const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// What an authenticator and the program share. Wiped on drop; prints nothing of itself.
#[derive(Clone)]
pub struct TotpSecret(Zeroizing<Vec<u8>>);

impl std::fmt::Debug for TotpSecret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("TotpSecret(…)")
    }
}

impl TotpSecret {
    /// A new one of 20 bytes, as RFC 4226 advises.
    #[must_use]
    pub fn new(rng: &mut dyn Random) -> Self {
        let mut bytes = Zeroizing::new(vec![0; 20]);
        rng.fill(bytes.as_mut_slice());
        Self(bytes)
    }

    /// From its stored bytes (to be kept through [`crate::FieldCipher`] only).
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Self {
        Self(Zeroizing::new(bytes.to_vec()))
    }

    /// The bytes to be stored.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// As people type it into an authenticator: RFC 4648 base32 in groups of four.
    #[must_use]
    pub fn text(&self) -> String {
        let (mut out, mut pending, mut bits, mut count) = (String::new(), 0_u32, 0, 0);
        for byte in self.0.iter() {
            pending = pending << 8 | u32::from(*byte);
            bits += 8;
            while bits >= 5 {
                bits -= 5;
                if count > 0 && count % 4 == 0 {
                    out.push(' ');
                }
                let at = usize::try_from(pending >> bits & 31).unwrap_or(0);
                out.push(ALPHABET.get(at).map_or('A', |digit| char::from(*digit)));
                count += 1;
            }
        }
        out
    }

    /// The address an authenticator reads from a QR code. `issuer` and `who` must be percent-encoded.
    #[must_use]
    pub fn uri(&self, issuer: &str, who: &str) -> String {
        let secret = self.text().replace(' ', "");
        format!("otpauth://totp/{issuer}:{who}?secret={secret}&issuer={issuer}")
    }

    /// The code of a step (steps of [`STEP_MS`] since 1970).
    #[must_use]
    pub fn code(&self, step: i64) -> String {
        let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(&self.0) else { return String::new() };
        mac.update(&step.to_be_bytes());
        let hash = mac.finalize().into_bytes();
        let at = usize::from(hash.last().copied().unwrap_or(0) & 15);
        let four = hash.get(at..at + 4).and_then(|part| <[u8; 4]>::try_from(part).ok()).unwrap_or_default();
        format!("{:06}", (u32::from_be_bytes(four) & 0x7fff_ffff) % 1_000_000)
    }

    /// The step whose code was typed: one around `now_ms` that is later than `last`, the step that was
    /// accepted last (a code is good once). Spaces do not count.
    #[must_use]
    pub fn accepts(&self, typed: &str, now_ms: i64, last: i64) -> Option<i64> {
        let typed: String = typed.chars().filter(|c| !c.is_whitespace()).map(crate::base32::narrow).collect();
        let now = now_ms.div_euclid(STEP_MS);
        (now - DRIFT..=now + DRIFT)
            .filter(|step| constant_time_eq(self.code(*step).as_bytes(), typed.as_bytes()))
            .find(|step| *step > last)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SeededRandom;

    #[test]
    fn the_codes_of_rfc_6238() {
        let secret = TotpSecret::from_bytes(b"12345678901234567890");
        for (seconds, code) in [
            (59_i64, "287082"),
            (1_111_111_109, "081804"),
            (1_111_111_111, "050471"),
            (1_234_567_890, "005924"),
            (2_000_000_000, "279037"),
            (20_000_000_000, "353130"),
        ] {
            assert_eq!(secret.code(seconds / 30), code);
            assert_eq!(secret.accepts(code, seconds * 1000, 0), Some(seconds / 30));
        }
    }

    #[test]
    fn a_code_is_good_once_and_near_its_time() {
        let secret = TotpSecret::new(&mut SeededRandom::new([3; 32]));
        let now = 1_790_000_000_000;
        let step = now / STEP_MS;
        let code = secret.code(step);
        assert_eq!(secret.accepts(&format!(" {} {}", &code[..3], &code[3..]), now, 0), Some(step));
        assert_eq!(secret.accepts(&code, now, step), None, "not twice");
        assert_eq!(secret.accepts(&code, now + STEP_MS, 0), Some(step));
        assert_eq!(secret.accepts(&code, now + 2 * STEP_MS, 0), None);
        assert_eq!(secret.accepts("", now, 0), None);
    }

    #[test]
    fn the_typed_form_is_base32_of_rfc_4648() {
        assert_eq!(TotpSecret::from_bytes(b"foobarfoob").text(), "MZXW 6YTB OJTG 633C");
        assert!(!format!("{:?}", TotpSecret::from_bytes(b"foob")).contains("foob"));
        let uri = TotpSecret::from_bytes(b"fooba").uri("Linli", "wang.min");
        assert_eq!(uri, "otpauth://totp/Linli:wang.min?secret=MZXW6YTB&issuer=Linli");
    }
}
