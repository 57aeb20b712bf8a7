//! One roster as an office keeps it, saved by LibreOffice in the three forms people send: `.xlsx`, `.xls` and
//! a GB18030 `.csv`. The files in `fixtures/` were made once by `scripts/roster-fixtures.sh` from the sheet
//! that `write_source` writes; they stay as they are, for what matters is how another program saves.

use std::fmt::Write as _;
use std::path::PathBuf;

use demo_city::{DemoCity, Size, Volunteer};

use super::{City, Counts, engine};

const ROWS: usize = 5_000;
const BAD: usize = 37;
const HEADS: [&str; 10] = [
    "序号",
    "姓　名",
    "性别",
    "身份证号码",
    "出生年月",
    "联系电话",
    "所属社区（村）",
    "所属队伍",
    "特长",
    "备注",
];

/// A cell as a spreadsheet keeps it.
enum Cell {
    Text(String),
    Number(String),
    /// A real date, with the style it is shown in.
    Date(String, &'static str),
}

fn wide(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_ascii_digit() { char::from_u32(c as u32 + 0xFEE0).unwrap() } else { c })
        .collect()
}

fn is_male(person: &Volunteer) -> bool {
    person.id_number.as_bytes().get(16).is_some_and(|d| d % 2 == 1)
}

/// One line of the roster, in the many ways people type; `wrong`: in which of five ways it is wrong.
fn line(n: usize, person: &Volunteer, wrong: Option<usize>) -> Vec<Cell> {
    let male = is_male(person);
    let mut id = person.id_number.clone();
    if wrong == Some(0) {
        id.replace_range(17..18, if id.ends_with('1') { "2" } else { "1" });
    }
    if n % 13 == 3 {
        id = format!(" {} ", wide(&id));
    }
    let mut letters: Vec<String> = person.name.chars().map(String::from).collect();
    if letters.len() == 2 && n % 5 == 4 {
        letters.insert(1, "　".to_owned());
    }
    let name = if wrong == Some(2) { String::new() } else { letters.concat() };
    let phone = match (wrong, n % 4) {
        (Some(1), _) => Cell::Text("12345".to_owned()),
        (_, 0) => Cell::Number(person.phone.clone()),
        (_, 1) => {
            Cell::Text(format!("{} {} {}", &person.phone[..3], &person.phone[3..7], &person.phone[7..]))
        }
        (_, 2) => Cell::Text(wide(&person.phone)),
        _ => Cell::Text(format!("+86-{}", person.phone)),
    };
    let digits = &person.id_number[6..14];
    let iso = format!("{}-{}-{}", &digits[..4], &digits[4..6], &digits[6..]);
    let birth = match n % 4 {
        0 => Cell::Date(iso, "dash"),
        1 => Cell::Date(iso, "chinese"),
        2 => Cell::Number(digits.to_owned()),
        _ => Cell::Text(iso.replace('-', ".")),
    };
    let home = match (wrong, n % 2) {
        (Some(3), _) => "没有这个社区",
        (_, 0) => "湖心社区",
        _ => " 书院",
    };
    let gender = if male == (wrong == Some(4)) { "女" } else { "男" };
    vec![
        Cell::Number((n + 1).to_string()),
        Cell::Text(name),
        Cell::Text(gender.to_owned()),
        Cell::Text(id),
        birth,
        phone,
        Cell::Text(home.to_owned()),
        Cell::Text(if n.is_multiple_of(3) { "湖心邻里守望队" } else { "" }.to_owned()),
        Cell::Text(if n.is_multiple_of(6) { "急救，唱歌" } else { "" }.to_owned()),
        Cell::Text(if n.is_multiple_of(50) { "党员先锋岗\n第二行" } else { "" }.to_owned()),
    ]
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('\n', "</text:p><text:p>")
}

fn cell(out: &mut String, cell: &Cell) {
    match cell {
        Cell::Text(text) if text.is_empty() => out.push_str("<table:table-cell/>"),
        Cell::Text(text) => {
            write!(
                out,
                r#"<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>"#,
                escape(text).replace(' ', "<text:s/>")
            )
            .unwrap();
        }
        Cell::Number(value) => {
            write!(out, r#"<table:table-cell office:value-type="float" office:value="{value}"/>"#).unwrap();
        }
        Cell::Date(value, style) => {
            write!(
                out,
                r#"<table:table-cell table:style-name="{style}" office:value-type="date" office:date-value="{value}"/>"#
            )
            .unwrap();
        }
    }
}

fn row(out: &mut String, cells: &[Cell]) {
    out.push_str("<table:table-row>");
    cells.iter().for_each(|one| cell(out, one));
    out.push_str("</table:table-row>\n");
}

/// A flat spreadsheet: a title over merged cells, an empty row, the heads, the people; a second sheet with
/// something else.
fn sheet(lines: impl Iterator<Item = Vec<Cell>>) -> String {
    let mut out = String::from(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<office:document xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0" xmlns:number="urn:oasis:names:tc:opendocument:xmlns:datastyle:1.0" office:version="1.2" office:mimetype="application/vnd.oasis.opendocument.spreadsheet">
<office:automatic-styles>
<number:date-style style:name="nd"><number:year number:style="long"/><number:text>-</number:text><number:month number:style="long"/><number:text>-</number:text><number:day number:style="long"/></number:date-style>
<number:date-style style:name="nc"><number:year number:style="long"/><number:text>年</number:text><number:month/><number:text>月</number:text><number:day/><number:text>日</number:text></number:date-style>
<style:style style:name="dash" style:family="table-cell" style:data-style-name="nd"/>
<style:style style:name="chinese" style:family="table-cell" style:data-style-name="nc"/>
</office:automatic-styles>
<office:body><office:spreadsheet>
<table:table table:name="名册">
<table:table-row><table:table-cell table:number-columns-spanned="10" table:number-rows-spanned="1" office:value-type="string"><text:p>望澄街道志愿者名册（2026 年）</text:p></table:table-cell><table:covered-table-cell table:number-columns-repeated="9"/></table:table-row>
<table:table-row><table:table-cell table:number-columns-repeated="10"/></table:table-row>
"#,
    );
    row(&mut out, &HEADS.map(|head| Cell::Text(head.to_owned())));
    for cells in lines {
        row(&mut out, &cells);
    }
    out.push_str("</table:table>\n<table:table table:name=\"说明\">\n");
    row(&mut out, &[Cell::Text("填表说明：每人一行。".to_owned())]);
    out.push_str("</table:table>\n</office:spreadsheet></office:body></office:document>\n");
    out
}

fn people() -> Vec<Volunteer> {
    DemoCity::new(7, Size::Full, jiff::civil::date(2026, 11, 21)).volunteers().take(ROWS).collect()
}

/// The wrong rows are spread over the file; which of the five faults each has.
fn fault(n: usize) -> Option<usize> {
    let nth = n / 131;
    (n % 131 == 17 && nth < BAD).then_some(nth % 5)
}

/// Writes `roster.fods` and `corrected.fods` into the folder that `LINLI_ROSTER_FIXTURES` names.
#[test]
#[ignore = "run by scripts/roster-fixtures.sh"]
fn write_source() {
    let folder = PathBuf::from(std::env::var("LINLI_ROSTER_FIXTURES").unwrap());
    let all = people();
    let faulty = sheet(all.iter().enumerate().map(|(n, person)| line(n, person, fault(n))));
    std::fs::write(folder.join("roster.fods"), faulty).unwrap();
    let right = all.iter().enumerate().filter(|(n, _)| fault(*n).is_some());
    std::fs::write(folder.join("corrected.fods"), sheet(right.map(|(n, person)| line(n, person, None))))
        .unwrap();
}

fn fixture(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/all/import/fixtures").join(name)
}

#[test]
fn an_office_roster_gives_the_same_people_from_each_form() {
    let (all, bad) = (i64::try_from(ROWS).unwrap(), i64::try_from(BAD).unwrap());
    let forms = ["roster.xlsx", "roster.xls", "roster.csv"];
    for first in 0..forms.len() {
        // Each form is the first one once, so that all three are compared as makers and as readers.
        let mut order = forms;
        order.rotate_left(first);
        for city in City::all() {
            let (id, counts) = city.stage(&fixture(order[0]));
            assert_eq!(
                counts,
                Counts { all, new: all - bad, same: 0, changed: 0, refused: bad },
                "{} first on {:?}",
                order[0],
                city.db()
            );
            city.publish(id);
            let people = city.seen();
            assert_eq!(people.len(), ROWS - BAD);
            for form in order {
                let (id, counts) = city.stage(&fixture(form));
                assert_eq!(
                    counts,
                    Counts { all, new: 0, same: all - bad, changed: 0, refused: bad },
                    "{form} after {} on {:?}",
                    order[0],
                    city.db()
                );
                engine::cancel(city.db(), id).unwrap();
            }
            assert_eq!(city.seen(), people);

            city.refused_say_why(id, BAD, HEADS.len());

            // What was wrong, put right, goes in; nobody else is touched.
            let (id, counts) = city.stage(&fixture("corrected.xlsx"));
            assert_eq!(counts, Counts { all: bad, new: bad, same: 0, changed: 0, refused: 0 });
            city.publish(id);
            assert_eq!(city.seen().len(), ROWS);
        }
    }
}
