//! Web Push: the key by which the city shows itself to push services (VAPID, RFC 8292), and the sealing of a message for
//! one device alone (RFC 8291 over the coding `aes128gcm` of RFC 8188).
//!
//! A push service carries what it cannot read: each message is encrypted to the key of the device, under a key pair made
//! for that one message and thrown away.

use std::fmt;

use aes_gcm::{AeadInOut as _, Aes128Gcm, KeyInit as _};
use base64::Engine as _;
use base64::engine::general_purpose::{URL_SAFE, URL_SAFE_NO_PAD};
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use p256::elliptic_curve::sec1::ToSec1Point as _;
use p256::{PublicKey, SecretKey};
use zeroize::Zeroizing;

use crate::hkdf::{expand, extract};
use crate::random::Random;

/// Bytes of a public key: an uncompressed point.
const POINT: usize = 65;
/// Bytes of a device's authentication secret.
const AUTH: usize = 16;
/// Size of a record, as the example of the standard has it. All of a message is one record.
const RECORD: u32 = 4096;
/// What a push service takes at least, in bytes of the whole body (RFC 8030, 7.2).
const BODY: usize = 4096;
/// What stands before the record: salt, size of the record, length of the key, key.
const HEAD: usize = 16 + 4 + 1 + POINT;
const TAG: usize = 16;

/// A secret scalar of the curve. All but one in 2^32 draws are one.
fn draw(random: &mut dyn Random) -> SecretKey {
    loop {
        let mut bytes = Zeroizing::new([0; 32]);
        random.fill(bytes.as_mut_slice());
        if let Ok(key) = SecretKey::from_slice(bytes.as_slice()) {
            return key;
        }
    }
}

/// A public key as browsers write it.
fn point(key: &PublicKey) -> Vec<u8> {
    key.to_sec1_point(false).as_bytes().to_vec()
}

/// The pair by which push services recognise the city: devices are bound to it when they subscribe.
pub struct PushKey(SecretKey);

impl fmt::Debug for PushKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PushKey(…)")
    }
}

impl PushKey {
    /// Makes a pair.
    #[must_use]
    pub fn new(random: &mut dyn Random) -> Self {
        Self(draw(random))
    }

    /// The pair as it was stored; `None` when these bytes are none.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        (bytes.len() == 32).then(|| SecretKey::from_slice(bytes).ok().map(Self)).flatten()
    }

    /// The secret half, to be stored encrypted.
    #[must_use]
    pub fn secret(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new(self.0.to_bytes().to_vec())
    }

    /// The public half as browsers take it (`applicationServerKey`).
    #[must_use]
    pub fn public_text(&self) -> String {
        URL_SAFE_NO_PAD.encode(point(&self.0.public_key()))
    }

    /// The header `Authorization` of a message to a push service: `origin` is the service's (`https://host`), `contact` an
    /// address where its operator finds somebody, `expires` UTC seconds, a day ahead at the most (RFC 8292, section 2).
    #[must_use]
    pub fn authorization(&self, origin: &str, contact: Option<&str>, expires: i64) -> String {
        let quoted = |text: &str| {
            let mut out = String::from('"');
            for c in text.chars().filter(|c| !c.is_control()) {
                if matches!(c, '"' | '\\') {
                    out.push('\\');
                }
                out.push(c);
            }
            out.push('"');
            out
        };
        let contact = contact.map(|text| format!(",\"sub\":{}", quoted(text))).unwrap_or_default();
        let claims = format!("{{\"aud\":{},\"exp\":{expires}{contact}}}", quoted(origin));
        let encode = |text: &str| URL_SAFE_NO_PAD.encode(text);
        let mut token = format!("{}.{}", encode("{\"typ\":\"JWT\",\"alg\":\"ES256\"}"), encode(&claims));
        let signature: Signature = SigningKey::from(&self.0).sign(token.as_bytes());
        token.push('.');
        token.push_str(&URL_SAFE_NO_PAD.encode(signature.to_bytes()));
        format!("vapid t={token}, k={}", self.public_text())
    }
}

/// What a browser gives for its device: a public key and a secret that shows that both know of each other.
#[derive(Clone)]
pub struct DeviceKey {
    public: PublicKey,
    auth: [u8; AUTH],
}

impl fmt::Debug for DeviceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DeviceKey(…)")
    }
}

impl DeviceKey {
    /// Reads `p256dh` and `auth` as a browser writes them (base64url, with or without padding); `None` when they are no
    /// key: a point beside the curve is none.
    #[must_use]
    pub fn read(p256dh: &str, auth: &str) -> Option<Self> {
        let bytes = |text: &str| URL_SAFE_NO_PAD.decode(text).or_else(|_| URL_SAFE.decode(text)).ok();
        Self::from_parts(&bytes(p256dh)?, &bytes(auth)?)
    }

    fn from_parts(point: &[u8], auth: &[u8]) -> Option<Self> {
        if point.len() != POINT {
            return None;
        }
        Some(Self { public: PublicKey::from_sec1_bytes(point).ok()?, auth: auth.try_into().ok()? })
    }

    /// As it was stored; `None` when these bytes are none.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (point, auth) = bytes.split_at_checked(POINT)?;
        Self::from_parts(point, auth)
    }

    /// Both, to be stored encrypted.
    #[must_use]
    pub fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new([point(&self.public).as_slice(), &self.auth].concat())
    }

    /// Seals a text for this device. It is filled up to `length` bytes, so that how long it is does not tell what it says.
    /// `None`: longer than push services take.
    #[must_use]
    pub fn seal(&self, random: &mut dyn Random, text: &[u8], length: usize) -> Option<Vec<u8>> {
        let mut salt = [0; 16];
        random.fill(&mut salt);
        self.seal_under(&draw(random), &salt, text, length)
    }

    fn seal_under(&self, own: &SecretKey, salt: &[u8; 16], text: &[u8], length: usize) -> Option<Vec<u8>> {
        let fill = length.saturating_sub(text.len());
        if HEAD + text.len() + fill + 1 + TAG > BODY {
            return None;
        }
        let (theirs, ours) = (point(&self.public), point(&own.public_key()));
        let shared = own.diffie_hellman(&self.public);
        // The device's secret goes in, so that a push service that saw the public keys can do nothing with them.
        let info = [b"WebPush: info\0".as_slice(), &theirs, &ours].concat();
        let mut input = Zeroizing::new([0; 32]);
        expand(&extract(&self.auth, shared.raw_secret_bytes()), &info, input.as_mut_slice());
        let base = extract(salt, input.as_slice());
        let (mut key, mut nonce) = (Zeroizing::new([0; 16]), [0; 12]);
        expand(&base, b"Content-Encoding: aes128gcm\0", key.as_mut_slice());
        expand(&base, b"Content-Encoding: nonce\0", &mut nonce);

        let mut out = Vec::with_capacity(HEAD + text.len() + fill + 1 + TAG);
        out.extend_from_slice(salt);
        out.extend_from_slice(&RECORD.to_be_bytes());
        out.push(u8::try_from(ours.len()).ok()?);
        out.extend_from_slice(&ours);
        let head = out.len();
        out.extend_from_slice(text);
        // The mark of the last record, then nothing but zeros.
        out.push(2);
        out.resize(out.len() + fill, 0);
        let cipher = Aes128Gcm::new((&*key).into());
        let body = out.get_mut(head..)?;
        let tag = cipher.encrypt_inout_detached(&nonce.into(), b"", body.into()).ok()?;
        out.extend_from_slice(&tag);
        Some(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SeededRandom;
    use p256::ecdsa::VerifyingKey;
    use p256::ecdsa::signature::Verifier as _;
    use proptest::prelude::*;

    fn bytes(text: &str) -> Vec<u8> {
        URL_SAFE_NO_PAD.decode(text).unwrap()
    }

    /// RFC 8291, appendix A.
    const UA_PUBLIC: &str =
        "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4";
    const AUTH_SECRET: &str = "BTBZMqHH6r4Tts7J_aSIgg";

    #[test]
    fn rfc_8291_appendix_a() {
        let device = DeviceKey::read(UA_PUBLIC, AUTH_SECRET).unwrap();
        let own = SecretKey::from_slice(&bytes("yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw")).unwrap();
        assert_eq!(
            URL_SAFE_NO_PAD.encode(point(&own.public_key())),
            "BP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A8"
        );
        let salt: [u8; 16] = bytes("DGv6ra1nlYgDCS1FRnbzlw").try_into().unwrap();
        let sealed = device.seal_under(&own, &salt, b"When I grow up, I want to be a watermelon", 0).unwrap();
        assert_eq!(
            URL_SAFE_NO_PAD.encode(sealed),
            "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK\
             6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
        );
    }

    #[test]
    fn the_signature_of_a_header_holds() {
        let key = PushKey::new(&mut SeededRandom::new([1; 32]));
        let again = PushKey::from_bytes(&key.secret()).unwrap();
        assert_eq!(again.public_text(), key.public_text());
        let header =
            again.authorization("https://push.example.net", Some("https://linli.test/a\"b"), 1_453_523_768);
        let (token, shown) = header.strip_prefix("vapid t=").unwrap().split_once(", k=").unwrap();
        assert_eq!(shown, key.public_text());
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let public = VerifyingKey::from_sec1_bytes(&bytes(shown)).unwrap();
        let signature = Signature::from_slice(&bytes(signature)).unwrap();
        public.verify(signed.as_bytes(), &signature).unwrap();
        assert!(public.verify(b"another", &signature).is_err());
        let (head, claims) = signed.split_once('.').unwrap();
        assert_eq!(bytes(head), br#"{"typ":"JWT","alg":"ES256"}"#);
        assert_eq!(
            bytes(claims),
            br#"{"aud":"https://push.example.net","exp":1453523768,"sub":"https://linli.test/a\"b"}"#
        );
        let bare = key.authorization("https://push.example.net", None, 1);
        assert!(!bare.contains(&URL_SAFE_NO_PAD.encode("sub")));
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let whole = bytes(UA_PUBLIC);
        let mut off = whole.clone();
        off[64] ^= 1;
        let beside = URL_SAFE_NO_PAD.encode(off);
        let short = URL_SAFE_NO_PAD.encode([&[2], &whole[1..33]].concat());
        assert!(DeviceKey::read(&format!("{UA_PUBLIC}="), "BTBZMqHH6r4Tts7J_aSIgg==").is_some());
        for (public, auth) in [
            ("", AUTH_SECRET),
            (UA_PUBLIC, ""),
            (UA_PUBLIC, "BTBZMqHH6r4Tts7J_aSI"),
            ("not base64!", AUTH_SECRET),
            // Beside the curve, the point at infinity, a compressed point.
            (beside.as_str(), AUTH_SECRET),
            ("AA", AUTH_SECRET),
            (short.as_str(), AUTH_SECRET),
        ] {
            assert!(DeviceKey::read(public, auth).is_none(), "{public} {auth}");
        }
        assert!(PushKey::from_bytes(&[0; 32]).is_none() && PushKey::from_bytes(&[1; 31]).is_none());
    }

    #[test]
    fn secrets_do_not_print() {
        let key = PushKey::new(&mut SeededRandom::new([1; 32]));
        let device = DeviceKey::read(UA_PUBLIC, AUTH_SECRET).unwrap();
        assert_eq!(format!("{key:?} {device:?}"), "PushKey(…) DeviceKey(…)");
    }

    proptest! {
        #[test]
        fn lengths_tell_nothing(text in prop::collection::vec(any::<u8>(), 0..4200), length in 0_usize..600, seed: [u8; 32]) {
            let device = DeviceKey::read(UA_PUBLIC, AUTH_SECRET).unwrap();
            prop_assert_eq!(DeviceKey::from_bytes(&device.to_bytes()).unwrap().to_bytes(), device.to_bytes());
            let sealed = device.seal(&mut SeededRandom::new(seed), &text, length);
            let long = text.len().max(length);
            prop_assert_eq!(sealed.map(|all| all.len()), (long + HEAD + 17 <= BODY).then_some(long + HEAD + 17));
        }
    }
}
