//! Crockford base32 and the folding of what people type: shared by slip codes and rotating codes.

/// Crockford's alphabet: no I, L, O or U.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// The character for the low five bits of `value`.
pub(crate) fn encode_digit(value: u8) -> char {
    ALPHABET.get(usize::from(value & 31)).map_or('0', |&byte| char::from(byte))
}

/// Encodes bytes, five bits a character, first bit first; the last character is padded with zero bits.
pub(crate) fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity((bytes.len() * 8).div_ceil(5));
    let (mut pending, mut bits) = (0_u16, 0);
    for &byte in bytes {
        pending = pending << 8 | u16::from(byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            text.push(encode_digit((pending >> bits & 31) as u8));
        }
        pending &= (1 << bits) - 1;
    }
    if bits > 0 {
        text.push(encode_digit((pending << (5 - bits) & 31) as u8));
    }
    text
}

/// The value of a character as people write it: either case, O for 0, I and L for 1, full-width forms.
pub(crate) fn decode_digit(c: char) -> Option<u8> {
    let c = match narrow(c).to_ascii_uppercase() {
        'O' => '0',
        'I' | 'L' => '1',
        other => other,
    };
    let value = ALPHABET.iter().position(|&byte| char::from(byte) == c)?;
    u8::try_from(value).ok()
}

/// Full-width forms (U+FF01 to U+FF5E) and the ideographic space become ASCII; the rest stays.
pub(crate) fn narrow(c: char) -> char {
    match c {
        '\u{3000}' => ' ',
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
        other => other,
    }
}

/// Whether a character only groups others: spaces, hyphens and dashes in all their forms.
pub(crate) fn is_separator(c: char) -> bool {
    let c = narrow(c);
    c.is_whitespace()
        || matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}' | '\u{FE58}' | '\u{FE63}' | '\u{30FC}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_texts() {
        assert_eq!(encode(b""), "");
        assert_eq!(encode(b"f"), "CR");
        assert_eq!(encode(b"foobar"), "CSQPYRK1E8");
        assert_eq!(decode_digit('ｏ'), Some(0));
        assert_eq!(decode_digit('l'), Some(1));
        assert_eq!(decode_digit('U'), None);
    }

    proptest! {
        #[test]
        fn digits_survive_both_ways(value in 0_u8..32) {
            prop_assert_eq!(decode_digit(encode_digit(value)), Some(value));
            prop_assert_eq!(decode_digit(encode_digit(value).to_ascii_lowercase()), Some(value));
        }

        #[test]
        fn ten_bytes_are_sixteen_characters(bytes: [u8; 10]) {
            prop_assert_eq!(encode(&bytes).len(), 16);
        }
    }
}
