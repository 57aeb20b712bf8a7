//! Text on pictures. The letters are those of GNU Unifont (under the SIL Open Font License 1.1), a bitmap font that
//! has every Chinese character and needs no file on the machine.

use image::{Rgb, RgbImage};
use unifont_bitmap::Unifont;

/// Height of a letter before it is enlarged, in pixels.
const LETTER: u32 = 16;
/// Gap around and between lines, in the same measure.
const GAP: u32 = 5;
/// How dark the band is, of 255.
const SHADE: u8 = 150;

/// A value moved towards another by `much` of 255.
pub(crate) fn mix(from: u8, to: u8, much: u8) -> u8 {
    let (from, to, much) = (u32::from(from), u32::from(to), u32::from(much));
    u8::try_from((from * (255 - much) + to * much + 127) / 255).unwrap_or(u8::MAX)
}

/// How often letters are enlarged on a picture of this width.
fn scale(width: u32) -> u32 {
    ((width + 400) / 800).clamp(1, 8)
}

/// One letter: its width, and its rows of bits from the left.
fn letter(font: &mut Unifont, c: char) -> (u32, [u16; LETTER as usize]) {
    let bitmap = font.load_bitmap(u32::from(c));
    let wide = bitmap.is_wide();
    let mut rows = [0; LETTER as usize];
    let bytes = bitmap.get_bytes();
    for (at, row) in rows.iter_mut().enumerate() {
        let byte = |n: usize| u16::from(bytes.get(n).copied().unwrap_or(0));
        *row = if wide { byte(at * 2) << 8 | byte(at * 2 + 1) } else { byte(at) << 8 };
    }
    (if wide { LETTER } else { LETTER / 2 }, rows)
}

/// The letters of a line that fit into a width, with a mark when some do not.
fn fitting(font: &mut Unifont, text: &str, room: u32) -> Vec<(u32, [u16; LETTER as usize])> {
    let text: String = text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    let all: Vec<_> = text.chars().map(|c| letter(font, c)).collect();
    if all.iter().map(|one| one.0).sum::<u32>() <= room {
        return all;
    }
    let more = letter(font, '…');
    let mut used = more.0;
    let mut out: Vec<_> = all
        .into_iter()
        .take_while(|one| {
            used += one.0;
            used <= room
        })
        .collect();
    out.push(more);
    out
}

/// Writes lines on a band at the lower edge.
pub(crate) fn stamp(image: &mut RgbImage, lines: &[String]) {
    let lines: Vec<&String> = lines.iter().filter(|line| !line.trim().is_empty()).collect();
    let count = u32::try_from(lines.len()).unwrap_or(0);
    if count == 0 {
        return;
    }
    let mut font = Unifont::open();
    let (width, height) = image.dimensions();
    let scale = scale(width);
    let band = (count * (LETTER + GAP) + GAP) * scale;
    let top = height.saturating_sub(band);
    for y in top..height {
        for x in 0..width {
            if let Some(pixel) = image.get_pixel_mut_checked(x, y) {
                pixel.0 = pixel.0.map(|c| mix(c, 0, SHADE));
            }
        }
    }
    let room = (width / scale).saturating_sub(2 * GAP);
    for (n, line) in (0..).zip(lines) {
        let mut left = GAP * scale;
        let upper = top + (GAP + n * (LETTER + GAP)) * scale;
        for (wide, rows) in fitting(&mut font, line, room) {
            for (y, row) in (0..).zip(rows) {
                for x in (0..wide).filter(|x| row & (0x8000 >> x) != 0) {
                    for (dx, dy) in (0..scale).flat_map(|dy| (0..scale).map(move |dx| (dx, dy))) {
                        let at = (left + x * scale + dx, upper + y * scale + dy);
                        if let Some(pixel) = image.get_pixel_mut_checked(at.0, at.1) {
                            *pixel = Rgb([255, 255, 255]);
                        }
                    }
                }
            }
            left += wide * scale;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chinese_and_latin_letters_are_there() {
        let mut font = Unifont::open();
        let (wide, rows) = letter(&mut font, '邻');
        assert!(wide == 16 && rows.iter().any(|row| *row != 0));
        let (narrow, rows) = letter(&mut font, 'l');
        assert!(narrow == 8 && rows.iter().any(|row| *row != 0) && rows.iter().all(|row| row & 0xff == 0));
        let letters = fitting(&mut font, "阳光社区志愿服务队", 64);
        let used = letters.iter().map(|one| one.0).sum::<u32>();
        assert!((49..=64).contains(&used), "shortened to what fits: {used}");
        assert_eq!(mix(0, 255, 255), 255);
        assert_eq!(mix(100, 0, 0), 100);
    }
}
