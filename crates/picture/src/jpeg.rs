//! What a JPEG is made of, as far as it must be known before it is decoded.

/// Counts the scans of a JPEG by walking from marker to marker. A few bytes of one can cost a decoder a walk over all
/// pixels, so that thousands of them in a small file would keep it busy for hours.
pub(crate) fn scans(bytes: &[u8]) -> usize {
    let mut at = 2;
    let mut found = 0;
    while let Some(marker) = next_marker(bytes, &mut at) {
        match marker {
            // Start of image, restarts, TEM: no length.
            0x01 | 0xd0..=0xd8 => {}
            0xd9 => break,
            _ => {
                let (Some(high), Some(low)) = (bytes.get(at), bytes.get(at + 1)) else { break };
                at += usize::from(u16::from_be_bytes([*high, *low])).max(2);
                if marker == 0xda {
                    found += 1;
                }
            }
        }
    }
    found
}

/// The next marker at or after `at`; `at` then stands behind it. Inside a scan `ff 00` is data.
fn next_marker(bytes: &[u8], at: &mut usize) -> Option<u8> {
    loop {
        let skipped = bytes.get(*at..)?.iter().position(|b| *b == 0xff)?;
        *at += skipped + 1;
        match bytes.get(*at)? {
            // Fill bytes may stand before a marker.
            0xff => {}
            0x00 => *at += 1,
            marker => {
                *at += 1;
                return Some(*marker);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::scans;
    use proptest::prelude::*;

    #[test]
    fn counts_scans_and_not_what_lies_in_segments() {
        let sos = [0xff, 0xda, 0, 2];
        let hidden = [0xff, 0xe1, 0, 8, 0xff, 0xda, 0, 2, 1, 2];
        let data = [1, 2, 0xff, 0x00, 0xda, 0xff, 0xd0, 3];
        let mut file = vec![0xff, 0xd8];
        file.extend(hidden);
        for _ in 0..3 {
            file.extend(sos);
            file.extend(data);
        }
        file.extend([0xff, 0xd9]);
        file.extend(sos);
        assert_eq!(scans(&file), 3);
        assert_eq!(scans(&[]), 0);
        assert_eq!(scans(&[0xff, 0xd8, 0xff]), 0);
    }

    proptest! {
        #[test]
        fn never_panics_and_always_ends(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = scans(&bytes);
        }
    }
}
