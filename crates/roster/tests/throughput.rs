//! How fast it is: `cargo test --release -p roster --test throughput -- --ignored --nocapture`.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "helpers of tests")]

use std::time::Instant;

use kernel::Date;
use roster::map;
use roster::person::clean_row;
use roster::read::{Book, Row};

const ROWS: u32 = 1_000_000;

fn text() -> Vec<u8> {
    use std::fmt::Write as _;
    let mut text = String::from("姓名,身份证号,手机,性别,社区,服务队,特长,加入时间\n");
    for n in 0..ROWS {
        let mut id = format!("11010519491231{:03}", n % 1000);
        id.push(char::from(roster::clean::check_digit(id.as_bytes()).unwrap()));
        let gender = if n % 2 == 1 { "男" } else { "女" };
        let _ = writeln!(
            text,
            "王芳芳,{id},138{n:08},{gender},朝阳社区第{}居委会,银龄志愿服务队,理发、义诊,2024/3/5",
            n % 100
        );
    }
    text.into_bytes()
}

fn speed(what: &str, count: u32, start: Instant) -> f64 {
    let rate = f64::from(count) / start.elapsed().as_secs_f64();
    println!("{what}: {rate:.0}/s");
    rate
}

#[test]
#[ignore = "measures; run in release"]
fn throughput() {
    let today = Date::parse("2026-11-21").unwrap();
    let bytes: std::sync::Arc<[u8]> = text().into();
    let mut row = Row::default();
    let book = Book::from_bytes(std::sync::Arc::clone(&bytes)).unwrap();
    let mut table = book.table(None).unwrap();
    let mapping = map::guess(&table.header().columns, table.sample());
    map::check(&mapping, table.sample()).unwrap();
    let start = Instant::now();
    let mut count = 0;
    while table.next(&mut row).unwrap() {
        count += 1;
    }
    assert_eq!(count, ROWS);
    let reading = speed("read csv", ROWS, start);
    let mut table = book.table(None).unwrap();
    let start = Instant::now();
    while table.next(&mut row).unwrap() {
        clean_row(&mapping, &row, today).unwrap();
    }
    let both = speed("read and clean", ROWS, start);
    let names = ["张三", "曾国强", "欧阳娜娜", "尉迟恭", "李娜"];
    let start = Instant::now();
    let mut length = 0;
    for n in 0..ROWS as usize {
        length += roster::pinyin::key(names[n % names.len()]).full.len();
    }
    assert!(length > 0);
    let keys = speed("pinyin keys", ROWS, start);
    let mut sheets = rust_xlsxwriter::Workbook::new();
    let sheet = sheets.add_worksheet_with_constant_memory().unwrap();
    for n in 0..200_000_u32 {
        for (column, cell) in
            ["王芳芳", "11010519491231002X", "13800138000", "女", "朝阳社区"].iter().enumerate()
        {
            let cell =
                if n == 0 { ["姓名", "身份证号", "手机", "性别", "社区"][column] } else { cell };
            sheet.write(n, u16::try_from(column).unwrap(), cell).unwrap();
        }
    }
    let book = Book::from_bytes(sheets.save_to_buffer().unwrap()).unwrap();
    let mut table = book.table(None).unwrap();
    let start = Instant::now();
    while table.next(&mut row).unwrap() {}
    speed("read xlsx", 200_000, start);
    assert!(reading > 1e6 && both > 3e5 && keys > 1e6);
}
