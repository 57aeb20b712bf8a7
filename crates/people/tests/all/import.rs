//! The roster import on both databases: a file becomes people once, whatever form it comes in; what is
//! wrong comes back with reasons; all accepted rows or nothing.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use db::testing::Bench;
use db::{Bus, Db, args, sql};
use demo_city::{DemoCity, Size};
use kernel::{Clock, Date, Error, ManualClock, OrgId, Timestamp};
use people::import::engine::{self, Counts};
use people::import::{Import, ImportId};
use vault::{Cost, KeyRing, SeededRandom, Vault};

mod office;

const ROWS: usize = 1_000;
const BAD: usize = 37;

/// What everybody can see of a person: name, document index, phone index, home.
type Seen = (String, Option<Vec<u8>>, Option<Vec<u8>>, i64);

struct City {
    bench: Bench,
    vault: Arc<Vault>,
    folder: PathBuf,
}

impl City {
    fn all() -> Vec<Self> {
        let today = Date::new(2026, 11, 21).unwrap();
        let clock: Arc<dyn Clock> = Arc::new(ManualClock::new(Timestamp::at(today, 600)));
        let mut migrations = db::migrate::MIGRATIONS.to_vec();
        migrations.extend_from_slice(people::MIGRATIONS);
        Bench::all(&migrations, &clock, Bus::default)
            .unwrap()
            .into_iter()
            .enumerate()
            .map(|(n, bench)| {
                let ring = KeyRing::ephemeral([3; 32]);
                let random = Box::new(SeededRandom::new([4; 32]));
                let vault = Arc::new(Vault::new(&ring, Cost::cheap_for_tests(), random).unwrap());
                let folder = std::env::temp_dir().join(format!(
                    "linli-import-{}-{n}-{:?}",
                    std::process::id(),
                    std::thread::current().id()
                ));
                std::fs::create_dir_all(&folder).unwrap();
                let city = Self { bench, vault, folder };
                city.tree();
                city
            })
            .collect()
    }

    fn db(&self) -> &Db {
        &self.bench.db
    }

    fn tree(&self) {
        self.db()
            .write_blocking(|tx| {
                let nodes = [
                    (1, "city", "澄湖市", None, "/1/"),
                    (2, "street", "望澄街道", Some(1), "/1/2/"),
                    (3, "community", "湖心社区", Some(2), "/1/2/3/"),
                    (4, "community", "书院社区", Some(2), "/1/2/4/"),
                    (5, "team", "湖心邻里守望队", Some(3), "/1/2/3/5/"),
                ];
                for (id, kind, name, parent, path) in nodes {
                    tx.exec(
                        sql!(
                            "INSERT INTO org (id, kind, name, area_parent, area_path, state, created_at)
                             VALUES ($1, $2, $3, $4, $5, 'open', 0)"
                        ),
                        args![OrgId(id), kind, name, parent, path],
                    )?;
                }
                Ok::<_, Error>(())
            })
            .unwrap();
    }

    fn load(&self, id: ImportId) -> Import {
        self.db().read_blocking(move |tx| Ok::<_, Error>(engine::find(tx, id)?)).unwrap().unwrap()
    }

    fn stage(&self, file: &Path) -> (ImportId, Counts) {
        let id = engine::open(self.db(), None, OrgId(1), None, file, "roster").unwrap();
        let import = self.load(id);
        let (mapping, sheet) = (import.mapping, import.sheet);
        self.db().write_blocking(move |tx| engine::confirm_mapping(tx, id, &mapping, &sheet, None)).unwrap();
        let counts =
            engine::stage(self.db(), &self.vault, &self.load(id), &|_, _| Ok(true)).unwrap().unwrap();
        (id, counts)
    }

    /// Every refused row says why, in both languages, and comes back as it stood.
    fn refused_say_why(&self, id: ImportId, rows: usize, columns: usize) {
        let noted = self
            .db()
            .read_blocking(move |tx| engine::noted(tx, id, "refused", -1, 100))
            .map_err(|e: db::DbError| e)
            .unwrap();
        assert_eq!(noted.len(), rows);
        for row in &noted {
            assert!(!engine::reasons(row, kernel::Lang::Zh).is_empty());
            assert!(!engine::reasons(row, kernel::Lang::En).is_empty());
            // Workbooks leave out empty cells at the end of a row; the file of refused rows fills them up.
            assert!((1..=columns).contains(&engine::cells(&self.vault, row).len()));
        }
    }

    fn publish(&self, id: ImportId) {
        self.db().write_blocking(move |tx| engine::publish(tx, id)).unwrap();
        engine::apply(self.db(), &self.vault, id).unwrap();
    }

    /// The people that are visible.
    fn seen(&self) -> Vec<Seen> {
        self.db()
            .read_blocking(|tx| {
                tx.all(
                    sql!(
                        "SELECT p.name, p.id_index, p.phone_index, p.home_org FROM person p
                         WHERE p.batch NOT IN (SELECT id FROM roster_import WHERE hidden)
                         ORDER BY p.id_index, p.phone_index, p.id"
                    ),
                    &[],
                )
            })
            .map_err(|e: db::DbError| e)
            .unwrap()
    }

    fn count(&self, what: &'static str) -> i64 {
        self.db()
            .read_blocking(move |tx| tx.list::<(i64,)>(&db::Query::new(what)))
            .map_err(|e: db::DbError| e)
            .unwrap()
            .first()
            .unwrap()
            .0
    }
}

impl Drop for City {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

const HEADS: [&str; 7] = ["姓名", "身份证号码", "联系电话", "性别", "所属社区", "所属队伍", "特长"];

/// Rows as an office keeps them; every twenty-seventh is wrong in one of five ways.
fn rows() -> Vec<[String; 7]> {
    let city = DemoCity::new(7, Size::Full, jiff::civil::date(2026, 11, 21));
    let mut out = Vec::new();
    let mut bad = 0;
    for (n, person) in city.volunteers().take(ROWS).enumerate() {
        let gender =
            if person.id_number.as_bytes().get(16).is_some_and(|d| d % 2 == 1) { "男" } else { "女" };
        let mut row = [
            person.name.clone(),
            person.id_number.clone(),
            person.phone.clone(),
            gender.to_owned(),
            if n % 2 == 0 { "湖心社区".to_owned() } else { "书院".to_owned() },
            if n % 3 == 0 { "湖心邻里守望队".to_owned() } else { String::new() },
            "急救、唱歌".to_owned(),
        ];
        if n % 27 == 5 && bad < BAD {
            match bad % 5 {
                0 => row[1].replace_range(17..18, if row[1].ends_with('1') { "2" } else { "1" }),
                1 => row[2] = "12345".to_owned(),
                2 => row[0] = String::new(),
                3 => row[4] = "没有这个社区".to_owned(),
                _ => row[3] = if gender == "男" { "女" } else { "男" }.to_owned(),
            }
            bad += 1;
        }
        out.push(row);
    }
    assert_eq!(bad, BAD);
    out
}

fn csv_text(rows: &[[String; 7]]) -> String {
    let mut out = HEADS.join(",");
    out.push_str("\r\n");
    for row in rows {
        out.push_str(&row.join(","));
        out.push_str("\r\n");
    }
    out
}

fn write_xlsx(path: &Path, rows: &[[String; 7]]) {
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    sheet.merge_range(0, 0, 0, 6, "望澄街道志愿者名册（2026）", &rust_xlsxwriter::Format::new()).unwrap();
    for (column, head) in (0..).zip(HEADS) {
        sheet.write_string(2, column, head).unwrap();
    }
    for (line, row) in (3..).zip(rows) {
        for (column, cell) in (0..).zip(row) {
            sheet.write_string(line, column, cell).unwrap();
        }
    }
    book.save(path).unwrap();
}

#[test]
fn three_forms_give_the_same_people_and_a_second_time_changes_nothing() {
    let rows = rows();
    for city in City::all() {
        let xlsx = city.folder.join("a.xlsx");
        write_xlsx(&xlsx, &rows);
        let gb = city.folder.join("b.csv");
        std::fs::write(&gb, encoding_rs::GB18030.encode(&csv_text(&rows)).0).unwrap();
        let utf = city.folder.join("c.csv");
        std::fs::write(&utf, format!("\u{FEFF}{}", csv_text(&rows))).unwrap();
        let good = i64::try_from(ROWS - BAD).unwrap();
        let bad = i64::try_from(BAD).unwrap();

        let (id, counts) = city.stage(&xlsx);
        assert_eq!(counts, Counts { all: good + bad, new: good, same: 0, changed: 0, refused: bad });
        assert!(city.seen().is_empty(), "nobody is seen before the import is published");
        city.publish(id);
        let people = city.seen();
        assert_eq!(people.len(), ROWS - BAD);

        for file in [&gb, &utf, &xlsx] {
            let (_, again) = city.stage(file);
            assert_eq!(again, Counts { all: good + bad, new: 0, same: good, changed: 0, refused: bad });
        }
        assert_eq!(city.seen(), people);

        city.refused_say_why(id, BAD, HEADS.len());

        // Memberships of named teams, and the counter that goes with them.
        let members = city.count("SELECT count(*) FROM member WHERE state = 'member'");
        assert!(members > 0);
        assert_eq!(members, city.count("SELECT members FROM org WHERE id = 5"));
    }
}

#[test]
fn corrected_rows_go_in_and_a_changed_phone_is_shown_before_it_is_written() {
    let rows = rows();
    let city_rows = DemoCity::new(7, Size::Full, jiff::civil::date(2026, 11, 21));
    for city in City::all() {
        let file = city.folder.join("a.csv");
        std::fs::write(&file, csv_text(&rows)).unwrap();
        let (id, _) = city.stage(&file);
        city.publish(id);

        // Everything corrected: only what was wrong before is new.
        let right: Vec<[String; 7]> = rows
            .iter()
            .zip(city_rows.volunteers())
            .map(|(row, person)| {
                let male = person.id_number.as_bytes().get(16).is_some_and(|d| d % 2 == 1);
                let home =
                    if row[4].starts_with("没有") { "湖心社区".to_owned() } else { row[4].clone() };
                let gender = if male { "男" } else { "女" }.to_owned();
                [person.name, person.id_number, person.phone, gender, home, row[5].clone(), row[6].clone()]
            })
            .collect();
        let file = city.folder.join("b.csv");
        std::fs::write(&file, csv_text(&right)).unwrap();
        let (id, counts) = city.stage(&file);
        assert_eq!((counts.new, counts.changed, counts.refused), (BAD as i64, 0, 0));
        city.publish(id);
        assert_eq!(city.seen().len(), ROWS);

        let mut moved = right.clone();
        moved[10][2] = "16099999999".to_owned();
        let file = city.folder.join("c.csv");
        std::fs::write(&file, csv_text(&moved)).unwrap();
        let (id, counts) = city.stage(&file);
        assert_eq!((counts.new, counts.same, counts.changed), (0, ROWS as i64 - 1, 1));
        let noted = city
            .db()
            .read_blocking(move |tx| engine::noted(tx, id, "changed", -1, 10))
            .map_err(|e: db::DbError| e)
            .unwrap();
        let changes = engine::changes_of(&city.vault, &noted[0]);
        assert_eq!(changes.len(), 1);
        assert_eq!(
            (changes[0].old.as_str(), changes[0].new.as_str()),
            (right[10][2].as_str(), "16099999999")
        );
        city.publish(id);
        let (_, again) = city.stage(&file);
        assert_eq!((again.new, again.changed), (0, 0));
        // One row each in the narrow tables, none of an earlier name or phone (ADR 0006).
        for table in [
            "SELECT count(*) FROM person_identity",
            "SELECT count(*) FROM person_phone",
            "SELECT count(*) FROM person_name",
            "SELECT count(*) FROM person_order",
            "SELECT count(*) FROM person_home",
        ] {
            assert_eq!(city.count(table), ROWS as i64, "{table} on {:?}", city.db());
        }
    }
}

#[test]
fn cancelling_leaves_nothing_and_swapped_columns_are_refused() {
    let rows = rows();
    for city in City::all() {
        let file = city.folder.join("a.csv");
        std::fs::write(&file, csv_text(&rows)).unwrap();
        let (id, _) = city.stage(&file);
        engine::cancel(city.db(), id).unwrap();
        for table in [
            "SELECT count(*) FROM person",
            "SELECT count(*) FROM person_identity",
            "SELECT count(*) FROM person_phone",
            "SELECT count(*) FROM person_name",
            "SELECT count(*) FROM person_order",
            "SELECT count(*) FROM person_home",
            "SELECT count(*) FROM person_skill",
            "SELECT count(*) FROM roster_row",
            "SELECT count(*) FROM roster_member",
        ] {
            assert_eq!(city.count(table), 0, "{table} on {:?}", city.db());
        }
        assert!(city.db().write_blocking(move |tx| engine::publish(tx, id)).is_err());

        // A stop in the middle is as good as none at all.
        let id = engine::open(city.db(), None, OrgId(1), None, &file, "roster").unwrap();
        let import = city.load(id);
        let (mapping, sheet) = (import.mapping, import.sheet);
        city.db().write_blocking(move |tx| engine::confirm_mapping(tx, id, &mapping, &sheet, None)).unwrap();
        let stopped = engine::stage(city.db(), &city.vault, &city.load(id), &|_, _| Ok(false)).unwrap();
        assert_eq!(stopped, None);
        assert_eq!(city.count("SELECT count(*) FROM person"), 0);

        let book = roster::read::Book::open(&file).unwrap();
        let table = book.table(None).unwrap();
        let mut mapping = roster::map::guess(&table.header().columns, table.sample());
        mapping.set(roster::map::Field::IdNumber, Some(2));
        mapping.set(roster::map::Field::Phone, Some(1));
        let refused = roster::map::check(&mapping, table.sample());
        assert!(refused.is_err(), "an ID column that holds phones is not an ID column");
    }
}

#[test]
fn a_team_the_city_does_not_have_is_kept_in_words() {
    let mut one = rows().swap_remove(0);
    one[5] = "湖心邻里守望队、银杏服务队".to_owned();
    for city in City::all() {
        let file = city.folder.join("a.csv");
        std::fs::write(&file, csv_text(std::slice::from_ref(&one))).unwrap();
        let (id, counts) = city.stage(&file);
        assert_eq!((counts.new, counts.refused), (1, 0));
        city.publish(id);
        assert_eq!(city.count("SELECT count(*) FROM member WHERE org_id = 5 AND state = 'member'"), 1);
        assert_eq!(city.count("SELECT count(*) FROM person WHERE note LIKE '%队伍：银杏服务队%'"), 1);
    }
}
