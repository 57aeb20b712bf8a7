//! Past hours on both databases: a file counts once, whatever form it comes in and whatever stops it; what is wrong
//! comes back with reasons; undoing takes every minute back.

use std::path::{Path, PathBuf};

use crate::city::{COMMUNITY, City, actor, at, cities, clerk, office};
use db::{args, sql};
use kernel::{Actor, Date, Error, Lang, OrgId, Period, PersonId};
use people::import::engine::reason_words;
use people::person::{id_index, phone_index, volunteer_no};
use roster::clean::{IdKind, check_digit, document};
use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};
use service::past::commands::{self, Wish};
use service::past::{BatchState, Counts, PastBatchId, Verdict, engine, store};
use service::record::Class;
use service::{RecordId, past};

const PEOPLE: i64 = 40;
const HEADS: [&str; 10] = [
    "姓名",
    "身份证号",
    "手机",
    "志愿者编号",
    "志愿项目名称",
    "发起组织",
    "服务日期",
    "服务时长（小时）",
    "服务岗位",
    "记录编号",
];

fn id_number(n: i64) -> String {
    let body = format!("11010519800101{:03}", n + 100);
    format!("{body}{}", char::from(check_digit(body.as_bytes()).unwrap()))
}

fn phone(n: i64) -> String {
    format!("138{:08}", n + 1000)
}

/// People 101 to 140 with documents and phones; 141 and 142 share name and phone and have no document.
fn settle(city: &City) {
    let vault = std::sync::Arc::clone(&city.vault);
    city.write(move |tx| {
        for n in 1..=PEOPLE + 2 {
            let twin = n > PEOPLE;
            let (id, name) = (PersonId(100 + n), if twin { "双胞".to_owned() } else { format!("王{}", name_of(n)) });
            let index = (!twin).then(|| {
                let doc = document(Some(IdKind::ResidentId), &id_number(n), Date::new(2026, 3, 5).unwrap()).unwrap();
                id_index(&vault, &doc).as_bytes().to_vec()
            });
            let on_phone = phone_index(&vault, &phone(if twin { 99 } else { n })).as_bytes().to_vec();
            tx.exec(
                sql!(
                    "INSERT INTO person (id, volunteer_no, name, name_key, initials, birth_on, id_index, phone_index, home_org,
                        state, source, created_at) VALUES ($1, $2, $3, 'w', 'w', $4, $5, $6, 3, 'unclaimed', 'import', 0)"
                ),
                args![id, volunteer_no(n), name, Date::new(1980, 1, 1).unwrap(), index, on_phone],
            )?;
            if let Some(index) = index {
                tx.exec(sql!("INSERT INTO person_identity (id_index, person_id) VALUES ($1, $2)"), args![index, id])?;
            }
            tx.exec(sql!("INSERT INTO person_phone (phone_index, person_id) VALUES ($1, $2)"), args![on_phone, id])?;
        }
        Ok(())
    })
    .unwrap();
}

fn name_of(n: i64) -> String {
    const HAN: [&str; 10] = ["芳", "娜", "敏", "静", "丽", "强", "磊", "军", "洋", "勇"];
    let at = |n: i64| HAN[usize::try_from(n).unwrap() % 10];
    format!("{}{}", at(n / 10), at(n))
}

/// Rows of a file; each of the good ones is 150 minutes, every fiftieth is wrong in a way of its own.
fn rows(count: usize) -> (Vec<Vec<String>>, usize) {
    let mut bad = 0;
    let rows = (0..count)
        .map(|i| {
            let n = i64::try_from(i).unwrap() % PEOPLE + 1;
            let day = Date::new(2023, 1, 1).unwrap().plus(i64::try_from(i).unwrap() / PEOPLE);
            let hours = ["2.5", "2.5小时", "2小时30分", "150分钟", "2:30"][i % 5];
            let mut row = vec![
                format!("王{}", name_of(n)),
                if i % 3 == 0 { id_number(n) } else { String::new() },
                if i % 3 == 1 { phone(n) } else { String::new() },
                if i % 3 == 2 { volunteer_no(n) } else { String::new() },
                format!("活动{}", i / 7),
                ["单位4", "从前的队"][i % 2].to_owned(),
                day.to_string(),
                hours.to_owned(),
                "普通志愿者".to_owned(),
                format!("N{i:06}"),
            ];
            if i % 50 == 49 {
                let (column, value) = [
                    (0, "李别人".to_owned()),
                    (4, String::new()),
                    (6, "2027-01-01".to_owned()),
                    (6, "2023年3月".to_owned()),
                    (7, "25".to_owned()),
                    (7, "半天".to_owned()),
                    (3, volunteer_no(900)),
                ][bad % 7]
                    .clone();
                if column == 3 {
                    (row[1], row[2]) = (String::new(), String::new());
                }
                row[column] = value;
                bad += 1;
            }
            row
        })
        .collect();
    (rows, bad)
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

/// A workbook with a title row; days as dates and `2:30` as a time, as a person would have typed them.
fn xlsx(path: &Path, rows: &[Vec<String>]) {
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    let (day, time) = (Format::new().set_num_format("yyyy-mm-dd"), Format::new().set_num_format("[h]:mm"));
    sheet.write_string(0, 0, "湖心社区志愿服务时长汇总表").unwrap();
    for (column, head) in (0_u16..).zip(HEADS) {
        sheet.write_string(1, column, head).unwrap();
    }
    for (line, row) in (2_u32..).zip(rows) {
        for (column, cell) in (0_u16..).zip(row) {
            match Date::parse(cell).filter(|_| column == 6) {
                Some(date) => {
                    let value = ExcelDateTime::from_ymd(
                        u16::try_from(date.0.year()).unwrap(),
                        u8::try_from(date.0.month()).unwrap(),
                        u8::try_from(date.0.day()).unwrap(),
                    );
                    sheet.write_datetime_with_format(line, column, value.unwrap(), &day).unwrap();
                }
                None if cell == "2:30" => {
                    sheet.write_number_with_format(line, column, 2.5 / 24.0, &time).unwrap();
                }
                None if cell == "2.5" => {
                    sheet.write_number(line, column, 2.5).unwrap();
                }
                None => {
                    sheet.write_string(line, column, cell).unwrap();
                }
            }
        }
    }
    book.save(path).unwrap();
}

fn csv(path: &Path, rows: &[Vec<String>]) {
    let mut text = String::from("湖心社区志愿服务时长汇总表\r\n");
    text.push_str(&HEADS.join(","));
    for row in rows {
        text.push_str("\r\n");
        text.push_str(&row.join(","));
    }
    let (bytes, _, lost) = encoding_rs::GB18030.encode(&text);
    assert!(!lost);
    std::fs::write(path, bytes).unwrap();
}

fn load(city: &City, id: PastBatchId) -> store::Batch {
    city.write(move |tx| Ok(store::find(tx, id)?)).unwrap().unwrap()
}

fn open(city: &City, file: &Path) -> PastBatchId {
    commands::open(&city.bench.db, None, OrgId(1), file, "历史时长").unwrap()
}

fn checked(city: &City, file: &Path) -> (PastBatchId, Counts) {
    let id = open(city, file);
    let batch = load(city, id);
    let mapping = roster::past::Mapping::parse(&batch.mapping).unwrap();
    let book = roster::read::Book::open(file).unwrap();
    let table = roster::past::table(&book, None).unwrap();
    roster::past::check(&mapping, table.sample()).unwrap();
    let wish = Wish { mapping, sheet: batch.sheet, source: "志愿汇导出".into(), official: true };
    city.write(move |tx| commands::begin(tx, id, &wish)).unwrap();
    let counts =
        engine::check(&city.bench.db, &city.vault, &load(city, id), &|_, _| Ok(true)).unwrap().unwrap();
    (id, counts)
}

fn publish(city: &City, id: PastBatchId) {
    city.write(move |tx| commands::publish(tx, &office(), id)).unwrap();
    engine::publish(&city.bench.db, id, &|_, _| Ok(true)).unwrap();
}

fn undo(city: &City, id: PastBatchId) {
    city.write(move |tx| commands::undo(tx, &office(), id, "传错了文件")).unwrap();
    engine::undo(&city.bench.db, id, &|_, _| Ok(true)).unwrap();
}

fn total(city: &City, kind: &'static str, subject: i64) -> i64 {
    city.write(move |tx| {
        let found: Option<(i64,)> = tx.first(
            sql!("SELECT minutes FROM total WHERE subject_kind = $1 AND subject_id = $2 AND period = $3"),
            args![kind, subject, Period::All.key()],
        )?;
        Ok(found.map_or(0, |(minutes,)| minutes))
    })
    .unwrap()
}

fn differences(city: &City) -> Vec<String> {
    city.write(|tx| {
        let mut out = service::record::check(tx)?;
        out.extend(service::total::check(tx)?);
        out.extend(past::check(tx)?);
        Ok(out)
    })
    .unwrap()
}

fn reasons(city: &City, id: PastBatchId) -> Vec<(i64, String)> {
    let rows = city.write(move |tx| Ok(store::noted(tx, id, Verdict::Refused, false, -1, 1000)?)).unwrap();
    rows.iter()
        .map(|row| {
            assert!(!reason_words(&row.reasons, Lang::Zh).is_empty() && row.cells_enc.is_some());
            (row.row_no, reason_words(&row.reasons, Lang::En))
        })
        .collect()
}

fn file(folder: &tempfile::TempDir, name: &str, lines: &[[&str; 8]]) -> PathBuf {
    let path = folder.path().join(name);
    let mut text = String::from("姓名,身份证号,手机,志愿者编号,活动名称,组织,服务日期,时长");
    for line in lines {
        text.push('\n');
        text.push_str(&line.join(","));
    }
    std::fs::write(&path, text).unwrap();
    path
}

#[test]
fn five_thousand_rows_count_once_and_are_undone() {
    let folder = folder();
    let (rows, bad) = rows(5_000);
    let path = folder.path().join("hours.xlsx");
    xlsx(&path, &rows);
    for city in cities(3) {
        settle(&city);
        let (id, counts) = checked(&city, &path);
        let good = i64::try_from(rows.len() - bad).unwrap();
        let want = Counts {
            all: 5_000,
            new: good,
            known: 0,
            refused: i64::try_from(bad).unwrap(),
            flagged: 0,
            minutes: good * 150,
        };
        assert_eq!(counts, want);
        let refused = reasons(&city, id);
        assert_eq!(refused.len(), bad);
        assert_eq!(refused[0].0, 52, "the row a person sees in the file");
        assert_eq!(total(&city, "city", 0), 0, "nothing counts before it is published");
        let sums = city.write(move |tx| Ok(store::sums(tx, id, None, 100)?)).unwrap();
        assert_eq!(sums.iter().map(|sum| sum.minutes).sum::<i64>(), good * 150);

        publish(&city, id);
        assert_eq!(load(&city, id).state, BatchState::Published);
        assert_eq!(total(&city, "city", 0), good * 150);
        assert_eq!(total(&city, "past", 0), good * 150, "kept apart as well");
        assert_eq!(total(&city, "team", 4), 2_500 * 150, "the other half named no team of this city");
        assert_eq!(total(&city, "team", 1), 0, "the importing office did not lead it");
        let by_person: i64 = (101..=140).map(|person| total(&city, "person", person)).sum();
        assert_eq!(by_person, good * 150);
        assert_eq!(differences(&city), Vec::<String>::new());

        // The same file once more: nothing new, nothing twice.
        let (again, counts) = checked(&city, &path);
        assert_eq!((counts.new, counts.known, counts.refused), (0, good, i64::try_from(bad).unwrap()));
        let refused = city.write(move |tx| commands::publish(tx, &office(), again)).unwrap_err();
        assert_eq!(refused.code(), "past.nothing");

        // Everything rebuilt from the records gives the same.
        city.write(|tx| Ok(service::total::store::rebuild(tx)?)).unwrap();
        assert_eq!(differences(&city), Vec::<String>::new());

        undo(&city, id);
        assert_eq!(load(&city, id).state, BatchState::Undone);
        for (kind, subject) in [("city", 0), ("past", 0), ("team", 4), ("person", 101)] {
            assert_eq!(total(&city, kind, subject), 0, "{kind}");
        }
        assert_eq!(
            city.count(sql!(
                "SELECT count(*) FROM record WHERE state = 'void' AND decision_note = '传错了文件'"
            )),
            good,
            "a trace stays"
        );
        assert_eq!(differences(&city), Vec::<String>::new());
        let (_, counts) = checked(&city, &path);
        assert_eq!(counts.new, good, "what was undone may come again");
    }
}

#[test]
fn three_forms_say_the_same() {
    let folder = folder();
    let (rows, bad) = rows(200);
    let (sheet, text) = (folder.path().join("a.xlsx"), folder.path().join("a.csv"));
    xlsx(&sheet, &rows);
    csv(&text, &rows);
    let old = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/all/past/hours.xls");
    for city in cities(3) {
        settle(&city);
        let all: Vec<Counts> = [&sheet, &text, &old].iter().map(|path| checked(&city, path).1).collect();
        assert_eq!(all[0].refused, i64::try_from(bad).unwrap());
        assert_eq!(all[0].minutes, i64::try_from(200 - bad).unwrap() * 150);
        assert_eq!(all[0], all[1], "GB18030 text");
        assert_eq!(all[0], all[2], "a workbook of 1997 to 2003");
    }
}

/// Makes the source of `tests/all/past/hours.xls`; see scripts/roster-fixtures.sh.
#[test]
#[ignore = "writes a file"]
fn write_source() {
    let folder = PathBuf::from(std::env::var("LINLI_ROSTER_FIXTURES").unwrap());
    xlsx(&folder.join("hours.xlsx"), &rows(200).0);
}

#[test]
fn stopped_in_the_middle_and_run_by_two() {
    let folder = folder();
    let path = folder.path().join("hours.xlsx");
    xlsx(&path, &rows(1_000).0);
    for city in cities(3) {
        settle(&city);
        let (id, counts) = checked(&city, &path);
        // A second file with the same rows, checked before the first counts.
        let (twin, twice) = checked(&city, &path);
        assert_eq!(twice.new, counts.new);
        for id in [id, twin] {
            city.write(move |tx| commands::publish(tx, &office(), id)).unwrap();
        }
        for _ in 0..3 {
            assert!(city.write(move |tx| engine::publish_some(tx, id)).unwrap() > 0);
        }
        // The process dies here; the tick finds the batch and enqueues it again.
        assert!(load(&city, id).state == BatchState::Publishing && total(&city, "city", 0) < counts.minutes);
        assert_eq!(differences(&city), Vec::<String>::new(), "the half that counts is whole");
        city.write(past::tick).unwrap();
        assert_eq!(city.count(sql!("SELECT count(*) FROM job WHERE kind = 'past.publish'")), 2);
        city.write(past::tick).unwrap();
        assert_eq!(city.count(sql!("SELECT count(*) FROM job WHERE kind = 'past.publish'")), 2, "once");
        std::thread::scope(|scope| {
            for batch in [id, id, twin, twin] {
                let db = &city.bench.db;
                scope.spawn(move || engine::publish(db, batch, &|_, _| Ok(true)).unwrap());
            }
        });
        assert_eq!(total(&city, "city", 0), counts.minutes, "every service once");
        let (one, other) = (load(&city, id), load(&city, twin));
        assert_eq!(one.rows_new + other.rows_new, counts.new);
        assert_eq!(one.rows_known + other.rows_known, counts.new);
        assert_eq!(differences(&city), Vec::<String>::new());

        city.write(move |tx| commands::undo(tx, &office(), id, "重来")).unwrap();
        city.write(move |tx| engine::undo_some(tx, id)).unwrap();
        assert_eq!(differences(&city), Vec::<String>::new());
        engine::undo(&city.bench.db, id, &|_, _| Ok(true)).unwrap();
        assert_eq!(total(&city, "city", 0), other.rows_new * 150);
        assert_eq!(differences(&city), Vec::<String>::new());
    }
}

#[test]
fn whose_it_is_is_never_guessed() {
    let folder = folder();
    let (one, two) = (id_number(1), id_number(2));
    let (w1, w2) = (format!("王{}", name_of(1)), format!("王{}", name_of(2)));
    let (p1, p2, p99) = (phone(1), phone(2), phone(99));
    let (v1, v2) = (volunteer_no(1), volunteer_no(2));
    let unknown = id_number(77);
    let path = file(
        &folder,
        "who.csv",
        &[
            ["", &one, "", "", "甲", "", "2024-03-01", "1"],
            [&w1, "", &p1, "", "乙", "", "2024-03-01", "1"],
            ["", "", "", &v1, "丙", "", "2024-03-01", "1"],
            [&w1, &one, &p2, &v1, "丁", "", "2024-03-01", "1"],
            [&w2, &one, "", "", "戊", "", "2024-03-01", "1"],
            [&w1, &one, "", &v2, "己", "", "2024-03-01", "1"],
            ["双胞", "", &p99, "", "庚", "", "2024-03-01", "1"],
            [&w1, &unknown, &p1, "", "辛", "", "2024-03-01", "1"],
            ["王某某", &unknown, "", "", "壬", "", "2024-03-01", "1"],
            ["双胞", &two, "", "", "癸", "", "2024-03-01", "1"],
            [&w1, &one, "", "", "甲", "", "2024-03-01", "1"],
            [&w1, &one, "", "", "未成年", "", "1993-12-31", "1"],
            [&w1, &one, "", "", "长", "", "2024-03-01", "19"],
            [&w1, &one, "", "", "太长", "", "2024-03-01", "2"],
        ],
    );
    for city in cities(3) {
        settle(&city);
        let (id, counts) = checked(&city, &path);
        assert_eq!((counts.all, counts.new, counts.flagged), (14, 5, 1));
        let said = reasons(&city, id);
        let starts = [
            (6, "The person with this document number has another name."),
            (7, "Document, volunteer number and phone are of different people."),
            (8, "2 volunteers have this name and phone: V"),
            (9, "Document, volunteer number and phone are of different people."),
            (10, "Nobody here has this document number."),
            (11, "The person with this document number has another name."),
            (12, "It is the same service as row 2."),
            (13, "On that day (1993-12-31) the person was under 14 (aged 13)."),
            (15, "That makes 25.0 hours on 2024-03-01."),
        ];
        assert_eq!(said.len(), starts.len());
        for ((row, text), (want, start)) in said.iter().zip(starts) {
            assert_eq!(*row, want);
            assert!(text.starts_with(start), "{text}");
        }

        // A station reads only its own people.
        let own = commands::open(&city.bench.db, None, crate::city::OTHER, &path, "x").unwrap();
        let batch = load(&city, own);
        let mapping = roster::past::Mapping::parse(&batch.mapping).unwrap();
        let wish = Wish { mapping, sheet: batch.sheet, source: "x".into(), official: false };
        city.write(move |tx| commands::begin(tx, own, &wish)).unwrap();
        let counts = engine::check(&city.bench.db, &city.vault, &load(&city, own), &|_, _| Ok(true)).unwrap();
        assert_eq!(counts.unwrap().new, 0);
        let seen = city.write(move |tx| commands::load(tx, &clerk(), own).map(|_| ())).unwrap_err();
        assert_eq!(seen.code(), "common.not_found");
        let none = city.write(move |tx| commands::load(tx, &actor(9, None), own).map(|_| ())).unwrap_err();
        assert_eq!(none.code(), "common.forbidden");
    }
}

#[test]
fn beside_records_of_today_disowned_and_voided() {
    let folder = folder();
    let w1 = format!("王{}", name_of(1));
    let one = id_number(1);
    let path = file(
        &folder,
        "beside.csv",
        &[
            [&w1, &one, "", "", "清扫河岸", "", "2026-03-05", "2"],
            [&w1, &one, "", "", "敬老", "", "2026-03-05 09:30-10:30", "1"],
            [&w1, &one, "", "", "敬老", "", "2026-03-05 11:00-12:00", "1"],
            [&w1, &one, "", "", "值守", "", "2024-03-05", "3"],
            [&w1, &one, "", "", "读书", "", "2024-03-06", "4"],
        ],
    );
    for city in cities(3) {
        settle(&city);
        let session = city.session(900, "service", 540, 660);
        city.write(move |tx| {
            tx.exec(
                sql!(
                    "INSERT INTO record (id, session_id, activity_id, person_id, team_id, community_id, street_id, home_org,
                        category, title, place, served_group, service_on, start_at, end_at, minutes, method, class, state, created_at)
                     VALUES (1, $1, 900, 101, 4, 3, 2, 3, 'env', '清扫河岸', '', '', $2, $3, $4, 120, 'code', 'verified', 'submitted', 0)"
                ),
                args![session, at(0).date(), at(540), at(660)],
            )?;
            Ok(())
        })
        .unwrap();
        city.clock.set(at(23 * 60));
        let (id, counts) = checked(&city, &path);
        let said = reasons(&city, id);
        assert_eq!((counts.new, counts.refused), (3, 2));
        assert!(said[0].1.starts_with("This service has a record here already"), "{}", said[0].1);
        assert!(said[1].1.starts_with("It overlaps “清扫河岸”"), "{}", said[1].1);

        // Nobody counts hours of their own.
        let me = Actor { person: Some(PersonId(101)), ..office() };
        let refused = city.write(move |tx| commands::publish(tx, &me, id)).unwrap_err();
        assert_eq!(refused.code(), "past.own");
        publish(&city, id);
        assert_eq!(total(&city, "person", 101), 480);

        let mine: Vec<(RecordId, String)> = city
            .write(|tx| {
                Ok(tx.all(
                    sql!("SELECT id, title FROM record WHERE person_id = 101 AND class = 'legacy' ORDER BY service_on, id"),
                    &[],
                )?)
            })
            .unwrap();
        let of = |title: &str| mine.iter().find(|one| one.1 == title).unwrap().0;
        let (duty, reading) = (of("值守"), of("读书"));
        // Somebody else's, and what is no past service, cannot be disowned.
        let other = city.write(move |tx| commands::disown(tx, &actor(2, None), duty, "")).unwrap_err();
        assert_eq!(other.code(), "common.not_found");
        let me = || Actor { person: Some(PersonId(101)), ..actor(101, None) };
        let fresh = city.write(move |tx| commands::disown(tx, &me(), RecordId(1), "")).unwrap_err();
        assert_eq!(fresh.code(), "past.not_past");
        city.write(move |tx| commands::disown(tx, &me(), duty, "那天不在")).unwrap();
        assert_eq!(total(&city, "person", 101), 300);
        assert_eq!(total(&city, "past", 101), 300);
        assert_eq!(differences(&city), Vec::<String>::new());

        // A confirmer voids one.
        city.write(move |tx| service::record::void(tx, &office(), reading, "重复", false)).unwrap();
        assert_eq!(total(&city, "person", 101), 60);
        assert_eq!(differences(&city), Vec::<String>::new());

        // The same file again: what was disowned does not come back, what was voided may.
        let (again, counts) = checked(&city, &path);
        assert_eq!((counts.new, counts.known), (1, 1));
        let said = reasons(&city, again);
        assert!(said.iter().any(|(row, text)| *row == 5 && text.contains("not theirs")), "{said:?}");

        undo(&city, id);
        assert_eq!(total(&city, "person", 101), 0);
        assert_eq!(differences(&city), Vec::<String>::new());
        let refused = city.write(move |tx| commands::undo(tx, &office(), id, "again")).unwrap_err();
        assert_eq!(refused.code(), "past.wrong_state");
    }
}

#[test]
fn a_batch_is_undone_for_thirty_days() {
    let folder = folder();
    let (w1, one) = (format!("王{}", name_of(1)), id_number(1));
    let path = file(&folder, "late.csv", &[[&w1, &one, "", "", "值守", "", "2024-03-05", "3"]]);
    for city in cities(3) {
        settle(&city);
        let (id, _) = checked(&city, &path);
        publish(&city, id);
        city.clock.set(at(31 * 1440));
        let refused = city.write(move |tx| commands::undo(tx, &office(), id, "晚了")).unwrap_err();
        assert_eq!(refused.code(), "past.undo_late");
        city.clock.set(at(30 * 1440));
        undo(&city, id);
        assert_eq!(total(&city, "person", 101), 0);
        city.clock.set(at(480));
    }
}

#[test]
fn carriers_are_shown_nowhere() {
    let folder = folder();
    let (w1, one) = (format!("王{}", name_of(1)), id_number(1));
    let path = file(&folder, "c.csv", &[[&w1, &one, "", "", "值守", "单位4", "2024-03-05", "3"]]);
    for city in cities(3) {
        settle(&city);
        let (id, _) = checked(&city, &path);
        publish(&city, id);
        let batch = load(&city, id);
        let activity = batch.activity_id.unwrap();
        city.write(move |tx| {
            assert!(service::activity::store::find(tx, activity)?.is_none());
            assert!(service::activity::store::drafts_of(tx, &office(), 10)?.is_empty());
            let rows = service::record::store::of_person(tx, PersonId(101), None, 10)?;
            assert_eq!(rows.len(), 1);
            let row = rows.first().unwrap();
            assert_eq!((row.class, row.recorder.as_str(), row.minutes), (Class::Legacy, "志愿汇导出", 180));
            let found: Option<(i64,)> =
                tx.first(sql!("SELECT community_id FROM record WHERE person_id = 101"), &[])?;
            assert_eq!(found, Some((COMMUNITY.0,)), "the community of the team");
            Ok::<_, Error>(())
        })
        .unwrap();
    }
}
