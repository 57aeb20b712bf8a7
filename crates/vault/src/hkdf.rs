//! HMAC-SHA256 with keys of any length, and HKDF-SHA256 over it (RFC 5869).

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use zeroize::{Zeroize, Zeroizing};

/// The keyed hash used everywhere in this crate.
pub(crate) type HmacSha256 = Hmac<Sha256>;

/// HMAC-SHA256 under `key`, which may have any length (RFC 2104: longer than a block is hashed first).
pub(crate) fn hmac_sha256(key: &[u8]) -> HmacSha256 {
    // The fixed-size constructor takes the padded block and cannot fail.
    let mut block = [0_u8; 64];
    if key.len() > block.len() {
        let mut short: [u8; 32] = Sha256::digest(key).into();
        block.iter_mut().zip(&short).for_each(|(to, from)| *to = *from);
        short.zeroize();
    } else {
        block.iter_mut().zip(key).for_each(|(to, from)| *to = *from);
    }
    let mac = HmacSha256::new(&block.into());
    block.zeroize();
    mac
}

/// HKDF-Extract: concentrates the entropy of `ikm` in one key.
pub(crate) fn extract(salt: &[u8], ikm: &[u8]) -> Zeroizing<[u8; 32]> {
    let mut mac = hmac_sha256(salt);
    mac.update(ikm);
    Zeroizing::new(mac.finalize().into_bytes().into())
}

/// HKDF-Expand: fills `out` with the key material that belongs to `info`.
///
/// RFC 5869 allows 255 blocks; what lies beyond 8160 bytes would be left as it was, which the callers, who
/// ask for 32 bytes, never meet.
pub(crate) fn expand(prk: &[u8; 32], info: &[u8], out: &mut [u8]) {
    let keyed = hmac_sha256(prk);
    let mut previous = Zeroizing::new([0_u8; 32]);
    for (counter, chunk) in (1..=u8::MAX).zip(out.chunks_mut(32)) {
        let mut mac = keyed.clone();
        if counter > 1 {
            mac.update(previous.as_slice());
        }
        mac.update(info);
        mac.update(&[counter]);
        *previous = mac.finalize().into_bytes().into();
        chunk.iter_mut().zip(previous.iter()).for_each(|(to, from)| *to = *from);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(text: &str) -> Vec<u8> {
        (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).unwrap()).collect()
    }

    fn check(ikm: &str, salt: &str, info: &str, prk: &str, okm: &str) {
        let extracted = extract(&hex(salt), &hex(ikm));
        assert_eq!(extracted.as_slice(), hex(prk));
        let mut out = vec![0; okm.len() / 2];
        expand(&extracted, &hex(info), &mut out);
        assert_eq!(out, hex(okm));
    }

    #[test]
    fn rfc_5869_test_case_1() {
        check(
            "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
            "000102030405060708090a0b0c",
            "f0f1f2f3f4f5f6f7f8f9",
            "077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5",
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
        );
    }

    #[test]
    fn rfc_5869_test_case_2() {
        let run =
            |from: u8, to: u8| (from..=to).map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat();
        check(
            &run(0x00, 0x4f),
            &run(0x60, 0xaf),
            &run(0xb0, 0xff),
            "06a6b88c5853361a06104c9ceb35b45cef760014904671014a193f40c15fc244",
            "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09\
             da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87",
        );
    }

    #[test]
    fn rfc_5869_test_case_3() {
        check(
            "0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b",
            "",
            "",
            "19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04",
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
        );
    }

    #[test]
    fn rfc_4231_long_key() {
        // Test case 6: a key longer than one block.
        let mut mac = hmac_sha256(&[0xaa; 131]);
        mac.update(b"Test Using Larger Than Block-Size Key - Hash Key First");
        assert_eq!(
            mac.finalize().into_bytes().as_slice(),
            hex("60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54")
        );
    }
}
