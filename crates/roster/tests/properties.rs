//! What holds for every input: nothing panics, and cleaning twice is cleaning once.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use kernel::Date;
use proptest::prelude::*;
use roster::clean;
use roster::map::{self, Field, Mapping};
use roster::person::clean_row;
use roster::read::{Book, Row};

fn today() -> Date {
    Date::parse("2026-11-21").unwrap()
}

fn drain(bytes: Vec<u8>) {
    let Ok(book) = Book::from_bytes(bytes) else { return };
    let Ok(mut table) = book.table(None) else { return };
    let mapping = map::guess(&table.header().columns, table.sample());
    let _ = map::check(&mapping, table.sample());
    let mut row = Row::default();
    while let Ok(true) = table.next(&mut row) {
        let _ = clean_row(&mapping, &row, today());
    }
}

fn workbook() -> Vec<u8> {
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    for (row, cells) in
        [["姓名", "电话"], ["王芳", "13800138000"], ["李娜", "13900139000"]].iter().enumerate()
    {
        for (column, cell) in cells.iter().enumerate() {
            sheet.write(u32::try_from(row).unwrap(), u16::try_from(column).unwrap(), *cell).unwrap();
        }
    }
    book.save_to_buffer().unwrap()
}

/// Text as it comes in cells: Han, digits, marks of all kinds.
fn cell() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        "[一-龥]{1,4}",
        "[0-9]{1,18}",
        "[ 　·•．.、，,;/+=@'\"\\-—()（）:年月日十廿〇二三]{1,4}",
        "[A-Za-zＡ-Ｚ０-９]{1,6}",
        any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(piece, 0..6).prop_map(|p| p.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_bytes(bytes in prop::collection::vec(any::<u8>(), 0..4000)) {
        drain(bytes);
    }

    #[test]
    fn any_bytes_after_a_known_start(start in 0..5_usize, bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        let starts: [&[u8]; 5] =
            [b"PK\x03\x04", b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", b"\xFF\xFE", b"\xFE\xFF", "姓名,电话\n".as_bytes()];
        drain([starts[start], &bytes].concat());
    }

    #[test]
    fn changed_workbooks(xls in any::<bool>(), changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..20)) {
        let mut bytes = if xls { include_bytes!("data/xlwt.xls").to_vec() } else { workbook() };
        for (at, byte) in changes {
            let at = at.index(bytes.len());
            bytes[at] = byte;
        }
        drain(bytes);
    }

    #[test]
    fn changed_sheet_xml(changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6)) {
        use std::io::{Cursor, Read as _, Write as _};
        let mut from = zip::ZipArchive::new(Cursor::new(workbook())).unwrap();
        let mut to = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for at in 0..from.len() {
            let mut entry = from.by_index(at).unwrap();
            let name = entry.name().unwrap().into_owned();
            let mut xml = Vec::new();
            entry.read_to_end(&mut xml).unwrap();
            if ["sheet1.xml", "sharedStrings.xml", "styles.xml", "workbook.xml"].iter().any(|n| name.ends_with(n)) {
                for (at, byte) in &changes {
                    let at = at.index(xml.len());
                    xml[at] = *byte;
                }
            }
            to.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
            to.write_all(&xml).unwrap();
        }
        drain(to.finish().unwrap().into_inner());
    }

    #[test]
    fn text_tables_come_back(rows in prop::collection::vec(prop::collection::vec("[^\u{0}\u{1A}\u{FEFF}]{0,12}", 3), 1..20), gb in any::<bool>()) {
        let mut csv = csv::WriterBuilder::new().quote_style(csv::QuoteStyle::Always).from_writer("甲,乙,丙\n".as_bytes().to_vec());
        for row in &rows {
            csv.write_record(row).unwrap();
        }
        let mut bytes = csv.into_inner().unwrap();
        if gb {
            let text = String::from_utf8(bytes).unwrap();
            let (encoded, _, lost) = encoding_rs::GB18030.encode(&text);
            // Text that is valid UTF-8 by chance cannot be told apart; GB18030 of "甲乙丙" is not.
            prop_assume!(!lost);
            prop_assume!(encoding_rs::GB18030.decode_without_bom_handling(&encoded).0 == text);
            bytes = encoded.into_owned();
        }
        let Ok(book) = Book::from_bytes(bytes) else {
            // Too many control characters.
            return Ok(());
        };
        let mut table = book.rows(0).unwrap();
        let mut row = Row::default();
        prop_assert!(table.next(&mut row).unwrap());
        // The separator is a guess; with marks in every cell it may be another one.
        prop_assume!(row.len() == 3);
        for (at, want) in rows.iter().enumerate() {
            prop_assert!(table.next(&mut row).unwrap());
            prop_assert_eq!(row.number() as usize, at + 2);
            let got: Vec<&str> = row.cells().map(|c| c.text).collect();
            prop_assert_eq!(&got, want);
        }
        prop_assert!(!table.next(&mut row).unwrap());
    }

    #[test]
    fn cleaning_twice_is_cleaning_once(text in cell()) {
        let twice = |once: Result<String, kernel::Refusal>, again: fn(&str) -> Result<String, kernel::Refusal>| {
            if let Ok(once) = once {
                assert_eq!(again(&once).map_err(|r| r.code()), Ok(once));
            }
        };
        twice(clean::name(&text), clean::name);
        twice(clean::phone(&text), clean::phone);
        twice(clean::email(&text), clean::email);
        twice(clean::line(Field::Note, &text, 500), |t| clean::line(Field::Note, t, 500));
        if let Ok(list) = clean::list(Field::Skills, &text) {
            assert_eq!(clean::list(Field::Skills, &list.join("、")).unwrap(), list);
        }
        if let Ok(written) = clean::date(Field::BirthDate, &text) {
            let again = clean::date(Field::BirthDate, &written.date.to_string()).unwrap();
            assert_eq!((again.date, again.partial), (written.date, false));
        }
        if let Ok(document) = clean::document(None, &text, today()) {
            assert_eq!(clean::document(Some(document.kind), &document.number, today()).unwrap(), document);
        }
        let _ = roster::pinyin::key(&text);
        let _ = map::recognise(&text);
        let _ = Mapping::parse(&text);
    }

    #[test]
    fn any_row(cells in prop::collection::vec(cell(), 18)) {
        let mut mapping = Mapping::default();
        for (column, field) in Field::ALL.iter().enumerate() {
            mapping.set(*field, Some(column));
        }
        prop_assert_eq!(&Mapping::parse(&mapping.to_string()).unwrap(), &mapping);
        if let Err(refused) = clean_row(&mapping, &Row::new(1, &cells), today()) {
            prop_assert!(!refused.is_empty());
            for one in refused {
                for text in [one.sentence(kernel::Lang::Zh), one.sentence(kernel::Lang::En)] {
                    prop_assert!(!text.is_empty());
                }
            }
        }
    }

    #[test]
    fn check_digit_finds_one_wrong_digit(
        region in prop::sample::select(vec!["110105", "330102", "650104"]),
        born in 0..36_000_i64, sequence in 0..1000_u32, place in 0..17_usize, by in 1..10_u8,
    ) {
        let born = Date::from_days(born - 25_567);
        prop_assume!(born <= today());
        let compact = born.to_string().replace('-', "");
        let mut number = format!("{region}{compact}{sequence:03}");
        number.push(char::from(clean::check_digit(number.as_bytes()).unwrap()));
        let document = clean::document(None, &number, today()).unwrap();
        prop_assert_eq!(&document.number, &number);
        prop_assert_eq!(document.birth_date, Some(born));
        prop_assert_eq!(document.gender == Some(clean::Gender::Male), sequence % 2 == 1);
        prop_assert_eq!(clean::document(None, &number.to_lowercase(), today()).unwrap(), document);
        // 15 → 18 for those born in the 1900s.
        if born.0.year() < 2000 && sequence < 996 {
            let old = format!("{region}{}{sequence:03}", &compact[2..]);
            prop_assert_eq!(clean::to_18(&old), Some(number.clone()));
        }
        let mut bytes = number.into_bytes();
        bytes[place] = b'0' + (bytes[place] - b'0' + by) % 10;
        let wrong = String::from_utf8(bytes).unwrap();
        prop_assert!(clean::document(None, &wrong, today()).is_err());
    }
}
