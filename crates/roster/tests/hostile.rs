//! Files that mean harm or are broken: a refusal, never a panic, and never more memory than a row needs.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use std::io::{Cursor, Write as _};

use roster::read::{Book, Row};
use rust_xlsxwriter::Workbook;

/// Reads everything; the code of the refusal, or how many rows there were.
fn read(bytes: Vec<u8>) -> Result<usize, String> {
    let code = |e: kernel::Error| e.code().to_owned();
    let book = Book::from_bytes(bytes).map_err(code)?;
    let _ = book.table(None);
    let mut count = 0;
    for sheet in 0..book.sheets().len() {
        let mut rows = book.rows(sheet).map_err(code)?;
        let mut row = Row::default();
        while rows.next(&mut row).map_err(code)? {
            count += 1;
        }
    }
    Ok(count)
}

fn refused(bytes: impl Into<Vec<u8>>) -> String {
    read(bytes.into()).unwrap_err()
}

/// A workbook of given parts; `sheet` is the XML of its sheet.
fn package(sheet: &[&[u8]], strings: &[u8]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options =
        zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated);
    let mut add = |name: &str, pieces: &[&[u8]]| {
        zip.start_file(name, options).unwrap();
        for piece in pieces {
            zip.write_all(piece).unwrap();
        }
    };
    add("_rels/.rels", &[br#"<Relationships><Relationship Id="a" Type="http://x/officeDocument" Target="xl/workbook.xml"/></Relationships>"#]);
    add(
        "xl/workbook.xml",
        &[br#"<workbook><sheets><sheet name="s" sheetId="1" r:id="r1"/></sheets></workbook>"#],
    );
    add("xl/_rels/workbook.xml.rels", &[br#"<Relationships><Relationship Id="r1" Type="http://x/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#]);
    add("xl/worksheets/sheet1.xml", sheet);
    add("xl/sharedStrings.xml", &[strings]);
    zip.finish().unwrap().into_inner()
}

fn sheet(body: &[&[u8]]) -> Vec<u8> {
    let mut pieces: Vec<&[u8]> = vec![b"<worksheet><sheetData>"];
    pieces.extend(body);
    pieces.push(b"</sheetData></worksheet>");
    package(&pieces, b"<sst/>")
}

#[test]
fn a_small_package_is_read() {
    let bytes = sheet(&[br#"<row><c t="inlineStr"><is><t>x</t></is></c><c><v>1.5E3</v></c></row>"#]);
    let mut rows = Book::from_bytes(bytes).unwrap().rows(0).unwrap();
    let mut row = Row::default();
    assert!(rows.next(&mut row).unwrap());
    assert_eq!((row.number(), row.get(0), row.get(1)), (1, "x", "1500"));
    assert!(!rows.next(&mut row).unwrap());
}

#[test]
fn zip_bomb() {
    let block = b"<row></row>".repeat(100_000);
    let pieces: Vec<&[u8]> = std::iter::repeat_n(&block[..], 60).collect();
    assert_eq!(refused(sheet(&pieces)), "roster.file_bomb");
    // Nor in the strings, which stay in memory.
    let string = format!("<si><t>{}</t></si>", "a".repeat(10_000));
    let strings = [&b"<sst>"[..], &string.as_bytes().repeat(10_000), b"</sst>"].concat();
    let packed = package(&[b"<worksheet><sheetData/></worksheet>"], &strings);
    assert!(packed.len() < 400_000, "{}", packed.len());
    assert_eq!(refused(packed), "roster.file_bomb");
}

#[test]
fn one_giant_cell() {
    let giant = vec![b'x'; 10 << 20];
    assert_eq!(
        refused(sheet(&[b"<row><c t=\"str\"><v>", &giant, b"</v></c></row>"])),
        "roster.cell_too_long"
    );
    let pieces = b"<t>xxxxxxxxxxxxxxxxxxxxxxxx</t>".repeat(100_000);
    let many = sheet(&[b"<row><c t=\"inlineStr\"><is>", &pieces, b"</is></c></row>"]);
    assert_eq!(refused(many), "roster.cell_too_long");
    let strings = [b"<sst><si><t>", &giant[..], b"</t></si></sst>"].concat();
    assert_eq!(refused(package(&[b"<worksheet><sheetData/></worksheet>"], &strings)), "roster.cell_too_long");
    let mut text = "姓名,电话\n王芳,".as_bytes().to_vec();
    text.extend_from_slice(&giant);
    assert_eq!(refused(text.clone()), "roster.cell_too_long");
    text.extend_from_slice(b"\n1,2\n");
    assert_eq!(refused(text), "roster.cell_too_long");
    let quoted = [&b"a,b\n1,\""[..], &giant, b"\"\n"].concat();
    assert_eq!(refused(quoted), "roster.file_quote");
}

#[test]
fn far_too_wide() {
    assert_eq!(refused(format!("{}\n", "x,".repeat(20_000))), "roster.too_wide");
    assert_eq!(refused(sheet(&[b"<row>", &b"<c><v>1</v></c>".repeat(20_000), b"</row>"])), "roster.too_wide");
    assert_eq!(
        refused(sheet(&[br#"<row><c r="ZZZZZZZZZZZZZZZZZZ1"><v>1</v></c></row>"#])),
        "roster.too_wide"
    );
    // Empty columns on the right are no width.
    assert_eq!(read(format!("a,b{}\n1,2\n", ",".repeat(20_000)).into_bytes()).unwrap(), 2);
    assert_eq!(read(sheet(&[b"<row><c><v>1</v></c>", &b"<c/>".repeat(16_000), b"</row>"])).unwrap(), 1);
}

#[test]
fn nested_without_end() {
    assert_eq!(refused(sheet(&[b"<row><c>", &b"<a>".repeat(1_000_000)])), "roster.file_broken");
}

#[test]
fn numbers_beyond_all_bounds() {
    for row in ["99999999999999999999", "0", "-1", "x", "4294967295"] {
        let xml = format!(
            r#"<row r="{row}"><c r="A99999999999999999999"><v>1</v></c></row><row><c><v>1e999</v></c></row>"#
        );
        assert_eq!(read(sheet(&[xml.as_bytes()])).unwrap(), 2);
    }
    assert_eq!(
        refused(sheet(&[br#"<row><c t="s"><v>99999999999999999999</v></c></row>"#])),
        "roster.file_broken"
    );
    assert_eq!(refused(sheet(&[br#"<row><c t="s"><v>7</v></c></row>"#])), "roster.file_broken");
    let strings = br#"<sst uniqueCount="18446744073709551615"/>"#;
    assert_eq!(read(package(&[b"<worksheet><sheetData/></worksheet>"], strings)).unwrap(), 0);
}

#[test]
fn a_directory_without_end() {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for n in 0..21_000 {
        zip.start_file(format!("{n}.xml"), zip::write::SimpleFileOptions::default()).unwrap();
    }
    assert_eq!(refused(zip.finish().unwrap().into_inner()), "roster.file_broken");
}

#[test]
fn not_a_table() {
    for (bytes, code) in [
        (&b"%PDF-1.7 ..."[..], "roster.file_kind"),
        (b"\x89PNG\r\n\x1a\n", "roster.file_kind"),
        (b"<html><body><table><tr><td>x", "roster.file_kind"),
        (b"<?xml version=\"1.0\"?><Workbook/>", "roster.file_kind"),
        (b"a\0b\0c\0", "roster.file_kind"),
        (b"", "roster.file_empty"),
        (b"\xEF\xBB\xBF", "roster.file_empty"),
        (b"PK\x03\x04", "roster.file_broken"),
        (b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", "roster.file_broken"),
    ] {
        assert_eq!(refused(bytes), code, "{bytes:?}");
    }
    let noise: Vec<u8> = (0..100_000_u32).map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    assert_eq!(refused(noise), "roster.file_kind");
    let high: Vec<u8> =
        (0..100_000_u32).map(|n| 0x80 | (n.wrapping_mul(2_654_435_761) >> 13) as u8).collect();
    assert!(read(high).is_err());
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file("word/document.xml", zip::write::SimpleFileOptions::default()).unwrap();
    assert_eq!(refused(zip.finish().unwrap().into_inner()), "roster.file_kind");
    let blank = Book::from_bytes(&b"\n\n , \n"[..]).unwrap();
    assert_eq!(blank.table(None).unwrap_err().code(), "roster.file_empty");
}

#[test]
fn cut_off_anywhere() {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for n in 0..200 {
        sheet.write(n, 0, format!("姓名{n}")).unwrap();
    }
    let xlsx = book.save_to_buffer().unwrap();
    let xls = include_bytes!("data/xlwt.xls").to_vec();
    for whole in [xlsx, xls] {
        let all = read(whole.clone());
        for cut in (0..whole.len()).step_by(whole.len() / 300) {
            // The last bytes may be padding: then everything is there.
            let cut = read(whole[..cut].to_vec());
            assert!(cut.is_err() || cut == all, "{cut:?} instead of {all:?}");
        }
    }
}

#[test]
fn old_workbook_with_chains_in_circles() {
    let whole = include_bytes!("data/xlwt.xls").to_vec();
    let fat = 512 * (1 + u32::from_le_bytes(whole[76..80].try_into().unwrap()) as usize);
    // Every sector follows itself, or the first one.
    for next in 0..2_u32 {
        let mut bytes = whole.clone();
        for n in 0..128_u32 {
            let at = fat + n as usize * 4;
            bytes[at..at + 4].copy_from_slice(&(if next == 0 { n } else { 0 }).to_le_bytes());
        }
        let _ = read(bytes);
    }
}
