//! What strangers send: pictures as cameras write them, and files that are made to hurt.

#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "helpers of tests")]
use std::time::{Duration, Instant};

use picture::{Picture, Unfit};

fn photo(width: u32, height: u32) -> Picture {
    Picture::drawn(width, height, |x, y| [(x % 256) as u8, (y % 256) as u8, ((x + y) % 256) as u8])
}

/// Puts a segment behind the start of a JPEG.
fn with_segment(jpeg: &[u8], marker: u8, body: &[u8]) -> Vec<u8> {
    let mut out = jpeg[..2].to_vec();
    out.extend([0xff, marker]);
    out.extend(u16::try_from(body.len() + 2).unwrap().to_be_bytes());
    out.extend(body);
    out.extend(&jpeg[2..]);
    out
}

/// EXIF with an orientation and a place.
fn exif(orientation: u16) -> Vec<u8> {
    let mut tiff = b"Exif\0\0MM\0*\0\0\0\x08\0\x02".to_vec();
    tiff.extend([0x01, 0x12, 0, 3, 0, 0, 0, 1]);
    tiff.extend(orientation.to_be_bytes());
    tiff.extend([0, 0]);
    tiff.extend([0x01, 0x0f, 0, 2, 0, 0, 0, 20, 0, 0, 0, 38]);
    tiff.extend([0, 0, 0, 0]);
    tiff.extend(b"CAMERA-AT-31.1,121.1\0");
    tiff
}

fn has(bytes: &[u8], what: &[u8]) -> bool {
    bytes.windows(what.len()).any(|part| part == what)
}

/// The same with a CRC, as PNG wants it.
fn chunk(kind: &[u8; 4], body: &[u8]) -> Vec<u8> {
    let mut out = u32::try_from(body.len()).unwrap().to_be_bytes().to_vec();
    let mut crc = 0xffff_ffff_u32;
    for byte in kind.iter().chain(body) {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
        }
    }
    out.extend(kind);
    out.extend(body);
    out.extend((!crc).to_be_bytes());
    out
}

#[test]
fn the_three_kinds_are_read_and_turned_upright() {
    let jpeg = photo(300, 200).jpeg(80).unwrap();
    assert_eq!(Picture::read(&jpeg).unwrap().size(), (300, 200));
    assert_eq!(Picture::read(&photo(90, 40).png().unwrap()).unwrap().size(), (90, 40));
    for (orientation, size) in
        [(1, (300, 200)), (3, (300, 200)), (6, (200, 300)), (8, (200, 300)), (99, (300, 200))]
    {
        let turned = with_segment(&jpeg, 0xe1, &exif(orientation));
        assert_eq!(Picture::read(&turned).unwrap().size(), size, "{orientation}");
    }
}

#[test]
fn nothing_but_pixels_survives() {
    let clean = photo(300, 200).jpeg(80).unwrap();
    let mut file = with_segment(&clean, 0xe1, &exif(6));
    file = with_segment(&file, 0xfe, b"<script>alert(1)</script>");
    // A second file behind the picture: a web page and an archive.
    file.extend(b"<html><body onload=alert(1)></body></html>");
    file.extend(b"PK\x03\x04 evil.sh PK\x05\x06");
    let read = Picture::read(&file).unwrap().within(1600);
    for out in [read.jpeg(80).unwrap(), read.png().unwrap()] {
        for trace in [&b"Exif"[..], b"CAMERA", b"31.1", b"script", b"<html", b"PK\x03\x04", b"evil"] {
            assert!(!has(&out, trace), "{}", String::from_utf8_lossy(trace));
        }
        assert_eq!(Picture::read(&out).unwrap().size(), (200, 300), "and the turn is in the pixels, once");
    }
}

#[test]
fn what_is_no_picture_is_refused_whatever_it_is_called() {
    let jpeg = photo(64, 64).jpeg(80).unwrap();
    for (name, bytes) in [
        ("nothing", &b""[..]),
        ("a page", b"<!doctype html><script>alert(1)</script>"),
        ("a drawing", b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"),
        ("gif", b"GIF89a\x40\0\x40\0\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0\x40\0\x40\0\0\x02\x02\x44\x01\0;"),
        ("gif that is a script", b"GIF89a/*\0\0*/=1;alert(1)"),
        ("bitmap", b"BM\x46\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0"),
        ("pdf", b"%PDF-1.7\n"),
        ("archive", b"PK\x03\x04"),
        ("program", b"\x7fELF\x02\x01\x01"),
    ] {
        assert_eq!(Picture::read(bytes).unwrap_err(), Unfit::Kind, "{name}");
    }
    for (name, bytes) in [
        ("begins only", b"\xff\xd8\xff\xe0".to_vec()),
        ("no frame", jpeg[..20].to_vec()),
        ("a png of nothing", b"\x89PNG\r\n\x1a\n".to_vec()),
        ("a webp of nothing", b"RIFF\x04\0\0\0WEBP".to_vec()),
    ] {
        assert_eq!(Picture::read(&bytes).unwrap_err(), Unfit::Broken, "{name}");
    }
    assert_eq!(Picture::read(&photo(64, 8).png().unwrap()).unwrap_err(), Unfit::Small);
}

#[test]
fn bombs_are_refused_before_they_are_decoded() {
    let started = Instant::now();
    // A PNG of a few bytes that claims 2^31 pixels a side.
    let mut head = 60_000_u32.to_be_bytes().to_vec();
    head.extend(60_000_u32.to_be_bytes());
    head.extend([8, 6, 0, 0, 0]);
    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    png.extend(chunk(b"IHDR", &head));
    png.extend(chunk(b"IDAT", b"x\x9cc\0\0\0\x01\0\x01"));
    png.extend(chunk(b"IEND", b""));
    assert_eq!(Picture::read(&png).unwrap_err(), Unfit::Large { width: 60_000, height: 60_000 });
    // A long, thin one with few pixels.
    let thin = photo(32, 16_001);
    assert_eq!(Picture::read(&thin.png().unwrap()).unwrap_err(), Unfit::Large { width: 32, height: 16_001 });
    // A JPEG whose frame claims 65,500 x 65,500.
    let mut jpeg = photo(64, 64).jpeg(80).unwrap();
    let frame = jpeg.windows(2).position(|two| two[0] == 0xff && matches!(two[1], 0xc0..=0xc2)).unwrap();
    jpeg[frame + 5..frame + 9].copy_from_slice(&[0xff, 0xdc, 0xff, 0xdc]);
    assert_eq!(Picture::read(&jpeg).unwrap_err(), Unfit::Large { width: 65_500, height: 65_500 });
    // One that begins thousands of scans.
    let good = photo(64, 64).jpeg(80).unwrap();
    let mut scans = good[..good.len() - 2].to_vec();
    for _ in 0..2_000 {
        scans.extend([0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0]);
    }
    scans.extend([0xff, 0xd9]);
    assert_eq!(Picture::read(&scans).unwrap_err(), Unfit::Broken);
    assert!(started.elapsed() < Duration::from_secs(20));
}

#[test]
fn pictures_are_made_smaller_and_never_larger_and_white_shows_through() {
    let read = Picture::read(&photo(2_000, 1_000).jpeg(90).unwrap()).unwrap();
    assert_eq!(read.within(1_600).size(), (1_600, 800));
    assert_eq!(read.within(4_000).size(), (2_000, 1_000));
    assert!(read.within(400).jpeg(70).unwrap().len() < 60_000);
}

#[test]
fn the_stamp_is_in_the_pixels() {
    let plain = Picture::drawn(800, 600, |_, _| [200, 200, 200]);
    let stamped = plain
        .clone()
        .stamped(&["2026-03-05 09:00–11:00 · 阳光社区".to_owned(), "红帽子志愿服务队".to_owned()]);
    assert_eq!(stamped.size(), (800, 600));
    assert_ne!(stamped.png().unwrap(), plain.png().unwrap());
    let other = plain
        .clone()
        .stamped(&["2026-03-06 09:00–11:00 · 阳光社区".to_owned(), "红帽子志愿服务队".to_owned()]);
    assert_ne!(stamped.png().unwrap(), other.png().unwrap(), "each letter counts");
    assert_eq!(plain.clone().stamped(&[]).png().unwrap(), plain.png().unwrap());
    // On a picture that is lower than the band, and with a line that is far too long.
    let low = Picture::drawn(40, 32, |_, _| [0, 0, 0]).stamped(&["很".repeat(500), "x".to_owned()]);
    assert_eq!(low.size(), (40, 32));
}
