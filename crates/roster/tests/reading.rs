//! Rosters as they come: workbooks with titles, merged headings and many sheets, old workbooks, text in
//! several encodings.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use calamine::Reader as _;
use kernel::{Date, Lang};
use roster::map::{self, Field};
use roster::person::clean_row;
use roster::read::{Book, CellKind, Kind, Row, Skip, Table};
use roster::refused_file::RefusedWriter;
use rust_xlsxwriter::{ExcelDateTime, Format, Formula, Workbook};

fn today() -> Date {
    Date::parse("2026-11-21").unwrap()
}

fn all(mut table: Table) -> (Vec<Row>, Table) {
    let mut rows = Vec::new();
    let mut row = Row::default();
    while table.next(&mut row).unwrap() {
        rows.push(row.clone());
    }
    (rows, table)
}

/// A workbook with a page of instructions, a hidden sheet, titles, merged headings, dates and sums.
fn workbook() -> Vec<u8> {
    let mut book = Workbook::new();
    let plain = Format::new();
    let date = Format::new().set_num_format("yyyy\"年\"m\"月\"d\"日\";@");
    let builtin = Format::new().set_num_format_index(14);
    let notes = book.add_worksheet().set_name("填表说明").unwrap();
    notes.write(0, 0, "请按模板填写，不要改动列名").unwrap();
    let old = book.add_worksheet().set_name("旧表").unwrap().set_hidden(true);
    old.write(0, 0, "姓名").unwrap().write(0, 1, "电话").unwrap().write(1, 0, "旧人").unwrap();
    let sheet = book.add_worksheet().set_name("花名册").unwrap();
    sheet.merge_range(0, 0, 0, 7, "朝阳社区志愿者花名册（2024年）", &plain).unwrap();
    sheet.merge_range(1, 0, 1, 7, "填报单位：朝阳社区　　填报日期：2024年3月", &plain).unwrap();
    // Two-line heading: groups above, names below; some names are merged downwards.
    sheet.merge_range(3, 0, 4, 0, "序号", &plain).unwrap();
    sheet.merge_range(3, 1, 4, 1, "姓 名\n（必填）", &plain).unwrap();
    sheet.merge_range(3, 2, 3, 4, "基本信息", &plain).unwrap();
    sheet.merge_range(3, 5, 4, 5, "联系电话", &plain).unwrap();
    sheet.merge_range(3, 6, 3, 7, "服务信息", &plain).unwrap();
    for (column, name) in [(2, "性别"), (3, "出生日期"), (4, "身份证号"), (6, "加入时间"), (7, "特长")]
    {
        sheet.write(4, column, name).unwrap();
    }
    for n in 0..5_u32 {
        let row = 5 + n;
        sheet.write(row, 0, n + 1).unwrap();
        sheet.write(row, 1, "王芳").unwrap();
        sheet.write(row, 2, "女").unwrap();
        let born = ExcelDateTime::from_ymd(1949, 12, 31).unwrap();
        sheet.write_with_format(row, 3, &born, &date).unwrap();
        sheet.write(row, 4, "11010519491231002X").unwrap();
        sheet.write(row, 5, 13_800_138_000_u64 + u64::from(n)).unwrap();
        let joined = ExcelDateTime::from_ymd(2024, 3, 5).unwrap().and_hms(9, 30, 0).unwrap();
        sheet.write_with_format(row, 6, &joined, &builtin).unwrap();
        sheet.write(row, 7, "理发、<义诊> & \"其他\"").unwrap();
    }
    sheet.write(8, 7, Formula::new("=1/0").set_result("#DIV/0!")).unwrap();
    sheet.write(12, 0, "合  计").unwrap().write(12, 1, 5).unwrap();
    sheet.write(13, 0, "填表人：李四").unwrap();
    book.save_to_buffer().unwrap()
}

#[test]
fn a_real_workbook() {
    let book = Book::from_bytes(workbook()).unwrap();
    assert_eq!(book.kind(), Kind::Xlsx);
    let names: Vec<_> = book.sheets().iter().map(|s| (s.name.as_str(), s.hidden)).collect();
    assert_eq!(names, [("填表说明", false), ("旧表", true), ("花名册", false)]);
    let table = book.table(None).unwrap();
    assert_eq!(table.sheet(), 2);
    assert_eq!(table.header().row_number, 5);
    assert_eq!(
        table.header().columns,
        ["序号", "姓名（必填）", "性别", "出生日期", "身份证号", "联系电话", "加入时间", "特长"]
    );
    let mapping = map::guess(&table.header().columns, table.sample());
    assert_eq!(mapping.to_string(), "name=1,id_number=4,phone=5,gender=2,birth_date=3,skills=7,joined_on=6");
    map::check(&mapping, table.sample()).unwrap();
    let (rows, table) = all(table);
    assert_eq!(rows.iter().map(Row::number).collect::<Vec<_>>(), [6, 7, 8, 9, 10]);
    assert_eq!(table.skipped(), [(13, Skip::Summary), (14, Skip::Summary)]);
    assert_eq!(rows[0].cell(3).kind, CellKind::Date);
    assert_eq!(rows[0].get(3), "1949-12-31");
    assert_eq!(rows[0].get(6), "2024-03-05 09:30");
    assert_eq!((rows[0].get(5), rows[0].cell(5).kind), ("13800138000", CellKind::Number));
    assert_eq!(rows[0].get(7), "理发、<义诊> & \"其他\"");
    let person = clean_row(&mapping, &rows[0], today()).unwrap();
    assert_eq!(person.joined_on, Date::new(2024, 3, 5));
    assert_eq!(person.birth_date, Date::new(1949, 12, 31));
    assert_eq!(rows[3].cell(7).text, "#DIV/0!");
    assert_eq!(person.skills[..2], ["理发", "<义诊>"]);
}

#[test]
fn choose_a_sheet() {
    let book = Book::from_bytes(workbook()).unwrap();
    let (rows, _) = all(book.table(Some(1)).unwrap());
    assert_eq!(rows.len(), 1);
    assert_eq!(book.table(Some(9)).unwrap_err().code(), "roster.sheet_unknown");
    assert!(book.table(Some(0)).is_ok_and(|notes| !notes.header().recognised));
}

#[test]
fn from_a_file_and_with_inline_strings() {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet_with_constant_memory().unwrap();
    for (column, name) in ["姓名", "手机号", "备注"].into_iter().enumerate() {
        sheet.write(0, u16::try_from(column).unwrap(), name).unwrap();
    }
    for n in 0..3000_u32 {
        sheet.write(n + 1, 0, "李娜").unwrap();
        sheet.write(n + 1, 1, format!("138{n:08}")).unwrap();
        sheet.write(n + 1, 2, "  空格 保留 ").unwrap();
    }
    let folder = tempfile::tempdir().unwrap();
    // The name says nothing: content decides.
    let path = folder.path().join("名册.csv");
    book.save(&path).unwrap();
    let book = Book::open(&path).unwrap();
    let table = book.table(None).unwrap();
    assert_eq!(table.sample().len(), 200);
    let (rows, _) = all(table);
    assert_eq!(rows.len(), 3000);
    assert_eq!((rows[2999].number(), rows[2999].get(1)), (3001, "13800002999"));
    assert_eq!(Book::open(folder.path().join("none")).unwrap_err().code(), "roster.file_gone");
}

#[test]
fn numbers_without_exponent() {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for (column, name) in ["姓名", "身份证号", "电话"].into_iter().enumerate() {
        sheet.write(0, u16::try_from(column).unwrap(), name).unwrap();
    }
    sheet.write(1, 0, "王芳").unwrap();
    // Stored as a figure: the last digits are gone.
    sheet.write(1, 1, 110_105_194_912_310_020_f64).unwrap();
    sheet.write(1, 2, 13_800_138_000_f64).unwrap();
    let book = Book::from_bytes(book.save_to_buffer().unwrap()).unwrap();
    let table = book.table(None).unwrap();
    let mapping = map::guess(&table.header().columns, table.sample());
    let (rows, _) = all(table);
    assert!(rows[0].get(1).bytes().all(|b| b.is_ascii_digit()), "{}", rows[0].get(1));
    assert_eq!(rows[0].get(1).len(), 18);
    let refused = clean_row(&mapping, &rows[0], today()).unwrap_err();
    assert!(["roster.id_digits_lost", "roster.id_check_digit"].contains(&refused[0].code()));
}

/// A cell that shows 1990年5月 holds the first of May: it says nothing about the day.
#[test]
fn months_without_a_day() {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    for (column, name) in ["姓名", "身份证号", "出生年月"].into_iter().enumerate() {
        sheet.write(0, u16::try_from(column).unwrap(), name).unwrap();
    }
    let formats = ["yyyy\"年\"m\"月\";@", "yyyy.mm", "[$-804]yyyy/m"];
    for (row, code) in (1..).zip(formats) {
        let month = Format::new().set_num_format(code);
        sheet.write(row, 0, "王芳").unwrap().write(row, 1, "11010519491231002X").unwrap();
        let first = ExcelDateTime::from_ymd(1949, 12, 1).unwrap();
        sheet.write_with_format(row, 2, &first, &month).unwrap();
    }
    let table = Book::from_bytes(book.save_to_buffer().unwrap()).unwrap().table(None).unwrap();
    let mapping = map::guess(&table.header().columns, table.sample());
    let (rows, _) = all(table);
    assert_eq!(rows.len(), 3);
    for row in &rows {
        assert_eq!(row.get(2), "1949-12");
        assert_eq!(clean_row(&mapping, row, today()).unwrap().birth_date, Date::new(1949, 12, 31));
    }
}

/// A template with a header and no people is passed over; a file of nothing else is empty.
#[test]
fn only_a_template() {
    let mut book = Workbook::new();
    let template = book.add_worksheet().set_name("模板").unwrap();
    template.write(0, 0, "姓名").unwrap().write(0, 1, "电话").unwrap();
    let bytes = book.save_to_buffer().unwrap();
    assert_eq!(Book::from_bytes(bytes).unwrap().table(None).unwrap_err().code(), "roster.file_empty");
    let people = book.add_worksheet().set_name("人员").unwrap();
    people.write(0, 0, "姓名").unwrap().write(0, 1, "电话").unwrap();
    people.write(1, 0, "王芳").unwrap().write(1, 1, "13800138000").unwrap();
    let book = Book::from_bytes(book.save_to_buffer().unwrap()).unwrap();
    assert_eq!(book.table(None).unwrap().sheet(), 1);
}

#[test]
fn serial_numbers_are_no_gender() {
    let text = "序号,姓名,电话\n1,王芳,13800138000\n2,李娜,13800138001\n";
    let table = Book::from_bytes(text.as_bytes().to_vec()).unwrap().table(None).unwrap();
    assert_eq!(map::guess(&table.header().columns, table.sample()).to_string(), "name=1,phone=2");
}

/// The importer moves a table into its own thread.
#[test]
fn can_be_sent() {
    const fn sent<T: Send + 'static>() {}
    sent::<Book>();
    sent::<Table>();
}

#[test]
fn an_old_workbook() {
    let bytes = include_bytes!("data/xlwt.xls");
    let book = Book::from_bytes(&bytes[..]).unwrap();
    assert_eq!(book.kind(), Kind::Xls);
    let names: Vec<_> = book.sheets().iter().map(|s| (s.name.as_str(), s.hidden)).collect();
    assert_eq!(names, [("说明", false), ("花名册", false), ("隐藏", true)]);
    let table = book.table(None).unwrap();
    assert_eq!((table.sheet(), table.header().row_number), (1, 3));
    let mapping = map::guess(&table.header().columns, table.sample());
    assert_eq!(mapping.to_string(), "name=1,id_number=2,phone=3,birth_date=4,joined_on=5,note=6");
    map::check(&mapping, table.sample()).unwrap();
    let (rows, table) = all(table);
    assert_eq!(rows.len(), 302);
    assert_eq!(table.skipped(), [(307, Skip::Summary)]);
    let person = clean_row(&mapping, &rows[1], today()).unwrap();
    assert_eq!((person.row_no, person.name.as_str()), (5, "阿布都·热合曼"));
    assert_eq!(person.phone.as_deref(), Some("13900139000"));
    assert_eq!(person.joined_on, Date::new(2023, 12, 1));
    assert!(rows[301].get(6).ends_with("299"));
    for row in &rows {
        assert!(clean_row(&mapping, row, today()).is_ok(), "{row:?}");
    }
}

/// Sound files give what calamine gives.
#[test]
fn same_as_calamine() {
    let text = |data: &calamine::Data| match data {
        calamine::Data::Empty => String::new(),
        calamine::Data::DateTime(d) => {
            let (y, m, d, h, min, ..) = d.to_ymd_hms_milli();
            if (h, min) == (0, 0) {
                format!("{y:04}-{m:02}-{d:02}")
            } else {
                format!("{y:04}-{m:02}-{d:02} {h:02}:{min:02}")
            }
        }
        other => other.to_string(),
    };
    let xls = include_bytes!("data/xlwt.xls").to_vec();
    for bytes in [workbook(), xls] {
        let mut theirs = calamine::open_workbook_auto_from_rs(std::io::Cursor::new(bytes.clone())).unwrap();
        let ours = Book::from_bytes(bytes).unwrap();
        for (at, sheet) in ours.sheets().iter().enumerate() {
            let range = theirs.worksheet_range(&sheet.name).unwrap();
            let mut rows = ours.rows(at).unwrap();
            let mut row = Row::default();
            let mut filled = 0;
            while rows.next(&mut row).unwrap() {
                for (column, cell) in row.cells().enumerate().filter(|(_, c)| !c.text.is_empty()) {
                    let place = (row.number() - 1, u32::try_from(column).unwrap());
                    let theirs = range.get_value(place).map(text).unwrap_or_default();
                    assert_eq!(cell.text, theirs, "{} {place:?}", sheet.name);
                    filled += 1;
                }
            }
            assert_eq!(filled, range.used_cells().filter(|(_, _, d)| !text(d).is_empty()).count());
        }
    }
}

const TEXT: &str = "志愿者登记表\r\n\r\n姓名,身份证号,手机,社区\r\n王芳,11010519491231002X,13800138000,\"朝阳,一区\"\r\n\r\n䶮㐂,110105194912310038,13900139000,\r\n合计,2,,\r\n";

#[expect(clippy::indexing_slicing, reason = "a helper of tests")]
fn check_text(bytes: Vec<u8>) {
    let book = Book::from_bytes(bytes).unwrap();
    assert_eq!(book.kind(), Kind::Text);
    let table = book.table(None).unwrap();
    assert_eq!(table.header().row_number, 3);
    let mapping = map::guess(&table.header().columns, table.sample());
    assert_eq!(mapping.to_string(), "name=0,id_number=1,phone=2,community=3");
    map::check(&mapping, table.sample()).unwrap();
    let (rows, table) = all(table);
    assert_eq!(rows.iter().map(Row::number).collect::<Vec<_>>(), [4, 6]);
    assert_eq!(table.skipped(), [(7, Skip::Summary)]);
    assert_eq!(rows[0].get(3), "朝阳,一区");
    assert_eq!(clean_row(&mapping, &rows[1], today()).unwrap().name, "䶮㐂");
}

#[test]
fn text_in_every_encoding() {
    check_text(TEXT.as_bytes().to_vec());
    check_text(format!("\u{FEFF}{TEXT}").into_bytes());
    check_text(encoding_rs::GB18030.encode(TEXT).0.into_owned());
    let units = || std::iter::once(0xFEFF).chain(TEXT.encode_utf16());
    check_text(units().flat_map(u16::to_le_bytes).collect());
    check_text(units().flat_map(u16::to_be_bytes).collect());
    let tabs = TEXT.replace("\"朝阳,一区\"", "*").replace(',', "\t").replace('*', "朝阳,一区");
    check_text(tabs.clone().into_bytes());
    check_text(tabs.replace('\t', ";").into_bytes());
}

#[test]
fn without_a_header() {
    let mut text = String::from("名单\n");
    for n in 0..20 {
        text.push_str(&format!("{n},李娜,138001380{n:02},女\n"));
    }
    let book = Book::from_bytes(text.into_bytes()).unwrap();
    let table = book.table(None).unwrap();
    assert_eq!((table.header().row_number, table.header().recognised), (0, false));
    let mapping = map::guess(&table.header().columns, table.sample());
    assert_eq!(mapping.to_string(), "name=1,phone=2,gender=3");
    assert_eq!(all(table).0.len(), 20);
}

#[test]
fn headers_again_and_prepared_rows() {
    let text = "序号,姓名,电话,备注\n1,王芳,13800138000,\n2,李娜,13800138001,\n序号,姓名,电话,备注\n3,赵敏,13800138002,\n4,,,\n5,,,\n备注：以上为在册人员,,,\n";
    let (rows, table) = all(Book::from_bytes(text.as_bytes().to_vec()).unwrap().table(None).unwrap());
    assert_eq!(rows.iter().map(Row::number).collect::<Vec<_>>(), [2, 3, 5]);
    assert_eq!(table.skipped(), [(4, Skip::Header), (8, Skip::Summary)]);
}

#[test]
fn swapped_columns_are_refused() {
    // The names of two columns are swapped.
    for count in [3, 50] {
        let mut text = String::from("姓名,手机号,身份证号\n");
        for n in 0..count {
            text.push_str(&format!("李娜,11010519491231002X,138001380{n:02}\n"));
        }
        let table = Book::from_bytes(text.into_bytes()).unwrap().table(None).unwrap();
        let mut mapping = map::guess(&table.header().columns, table.sample());
        let kernel::Error::Refused(all) = map::check(&mapping, table.sample()).unwrap_err() else { panic!() };
        assert_eq!(
            all.iter().map(|r| (r.code(), r.field)).collect::<Vec<_>>(),
            [("roster.column_content", Some("id_number")), ("roster.column_content", Some("phone"))]
        );
        assert!(all[0].sentence(Lang::Zh).contains("更像“联系电话”"), "{}", all[0].sentence(Lang::Zh));
        // A person corrects it.
        mapping.set(Field::IdNumber, Some(1));
        mapping.set(Field::Phone, Some(2));
        map::check(&mapping, table.sample()).unwrap();
    }
}

#[test]
fn a_few_wrong_numbers_are_no_swap() {
    let mut text = String::from("姓名,身份证号\n");
    for n in 0..20 {
        text.push_str(if n % 6 == 0 { "李娜,110105194912310021\n" } else { "李娜,11010519491231002X\n" });
    }
    let table = Book::from_bytes(text.into_bytes()).unwrap().table(None).unwrap();
    let mapping = map::guess(&table.header().columns, table.sample());
    map::check(&mapping, table.sample()).unwrap();
}

#[test]
fn refused_rows_go_back_and_come_again() {
    let text = "姓名,身份证号,手机,备注\n王芳,110105194912310021,13800138000,=HYPERLINK(1)\n李3,,1,@x\n";
    let table = Book::from_bytes(text.as_bytes().to_vec()).unwrap().table(None).unwrap();
    let mapping = map::guess(&table.header().columns, table.sample());
    let mut out = RefusedWriter::new(Vec::new(), &table.header().columns, Lang::Zh).unwrap();
    let (rows, _) = all(table);
    for row in &rows {
        let refused = clean_row(&mapping, row, today()).unwrap_err();
        let why: String = refused.iter().map(|refusal| refusal.sentence(Lang::Zh)).collect();
        let cells: Vec<&str> = row.cells().map(|cell| cell.text).collect();
        out.write(&cells, i64::from(row.number()), &why).unwrap();
    }
    let bytes = out.finish().unwrap();
    let written = String::from_utf8(bytes.clone()).unwrap();
    assert!(written.starts_with("\u{FEFF}姓名,身份证号,手机,备注,原行号,未导入原因\r\n"), "{written}");
    assert!(
        written.contains("王芳,'110105194912310021,13800138000,'=HYPERLINK(1),2,证件号码校验不通过"),
        "{written}"
    );
    assert!(written.contains(",'@x,3,"), "{written}");
    let again = Book::from_bytes(bytes).unwrap().table(None).unwrap();
    let mapping = map::guess(&again.header().columns, again.sample());
    assert_eq!(mapping.to_string(), "name=0,id_number=1,phone=2,note=3");
    let (rows, _) = all(again);
    let refused = clean_row(&mapping, &rows[0], today()).unwrap_err();
    assert_eq!(refused.iter().map(kernel::Refusal::code).collect::<Vec<_>>(), ["roster.id_check_digit"]);
}

#[test]
fn refusals_are_complete() {
    let mut codes = std::collections::BTreeSet::new();
    for text in roster::refusals::ALL {
        assert!(
            codes.insert(text.code)
                && (text.code.starts_with("roster.") || text.code.starts_with("past."))
                && text.status == 422
        );
        for words in text.zh.iter().chain(&text.en) {
            assert!(!words.is_empty());
        }
        // Both languages fill the same marks, the language's own apart.
        let marks = |texts: &[&str; 3], own: &str| {
            let all = texts.concat();
            let mut found: Vec<String> = all
                .split('{')
                .skip(1)
                .filter_map(|t| t.split_once('}').map(|(m, _)| m.trim_end_matches(own).to_owned()))
                .collect();
            found.sort();
            found.dedup();
            found
        };
        assert_eq!(marks(&text.zh, "_zh"), marks(&text.en, "_en"), "{}", text.code);
    }
}
