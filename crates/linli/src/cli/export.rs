//! `linli export`: whole lists to a file, read page by page so that a million rows need little memory.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, ValueEnum};
use db::{Db, ReadTx, args, row, sql};
use kernel::{Actor, Date, Error, Lang, PersonId, Timestamp};
use rust_xlsxwriter::{Workbook, Worksheet, XlsxError};
use service::{RecordId, SessionId};
use vault::{Vault, mask_id_number, mask_phone};

use super::{Common, say};
use crate::{Failure, open, rooms};

/// Rows read at once.
const PAGE: i64 = 2_000;
/// Rows of a worksheet.
const SHEET_ROWS: u32 = 1_048_576;

#[derive(Debug, Clone, Copy, ValueEnum)]
enum What {
    /// Volunteers
    People,
    /// Activities with their sessions
    Activities,
    /// Service records
    Records,
    /// The whole city as documented files: one CSV file per table, what each column is, and all photos
    City,
}

#[derive(Debug, Args)]
pub(super) struct Export {
    #[command(flatten)]
    common: Common,
    /// Which list
    what: What,
    /// The file; its ending decides the form: .xlsx or .csv. For `city`: a new folder
    #[arg(long, value_name = "FILE|DIR")]
    out: PathBuf,
    /// Heads and values in English
    #[arg(long)]
    english: bool,
    /// ID numbers and phones in full; noted in the audit log
    #[arg(long)]
    full: bool,
}

/// A cell of a list.
enum Cell {
    Text(String),
    Number(i64),
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

/// Where rows go.
enum Sink {
    Csv(Box<csv::Writer<BufWriter<File>>>),
    Xlsx { book: Box<Workbook>, path: PathBuf, heads: Vec<String>, line: u32, sheets: usize },
}

impl Sink {
    fn create(path: &Path, heads: &[&str]) -> Result<Self, Failure> {
        let ending = path.extension().and_then(|e| e.to_str()).unwrap_or_default().to_ascii_lowercase();
        match ending.as_str() {
            "csv" => {
                let mut file = BufWriter::new(private(path)?);
                // Excel takes a file without this mark for GBK.
                file.write_all("\u{feff}".as_bytes())?;
                let mut csv = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(file);
                csv.write_record(heads)?;
                Ok(Self::Csv(Box::new(csv)))
            }
            "xlsx" => {
                drop(private(path)?);
                let heads = heads.iter().map(|head| (*head).to_owned()).collect();
                Ok(Self::Xlsx {
                    book: Box::new(Workbook::new()),
                    path: path.to_owned(),
                    heads,
                    line: SHEET_ROWS,
                    sheets: 0,
                })
            }
            _ => Err(format!("{}: the ending must be .xlsx or .csv", path.display()).into()),
        }
    }

    fn row(&mut self, cells: &[Cell]) -> Result<(), Failure> {
        match self {
            Self::Csv(csv) => {
                let texts = cells.iter().map(|cell| match cell {
                    Cell::Text(text) => ui::sheet::harmless(text).into_owned(),
                    Cell::Number(number) => number.to_string(),
                });
                csv.write_record(texts)?;
            }
            Self::Xlsx { book, heads, line, sheets, .. } => {
                if *line >= SHEET_ROWS {
                    *sheets += 1;
                    let sheet = book.add_worksheet_with_constant_memory()?;
                    sheet.set_name(format!("{sheets}"))?;
                    for (column, head) in (0_u16..).zip(heads.iter()) {
                        sheet.write_string(0, column, head)?;
                    }
                    *line = 1;
                }
                write_cells(book.worksheet_from_index(*sheets - 1)?, *line, cells)?;
                *line += 1;
            }
        }
        Ok(())
    }

    fn finish(self) -> Result<(), Failure> {
        match self {
            Self::Csv(mut csv) => csv.flush()?,
            Self::Xlsx { mut book, path, heads, sheets, .. } => {
                if sheets == 0 {
                    let sheet = book.add_worksheet();
                    for (column, head) in (0_u16..).zip(&heads) {
                        sheet.write_string(0, column, head)?;
                    }
                }
                book.save(path)?;
            }
        }
        Ok(())
    }
}

fn write_cells(sheet: &mut Worksheet, line: u32, cells: &[Cell]) -> Result<(), XlsxError> {
    for (column, cell) in (0_u16..).zip(cells) {
        match cell {
            Cell::Text(text) => sheet.write_string(line, column, text)?,
            #[expect(clippy::cast_precision_loss, reason = "spreadsheets hold numbers as doubles")]
            Cell::Number(number) => sheet.write_number(line, column, *number as f64)?,
        };
    }
    Ok(())
}

/// A new file that only its owner can read: lists hold people.
fn private(path: &Path) -> Result<File, Failure> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let made = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path);
    made.map_err(|e| format!("{}: {e}", path.display()).into())
}

pub(super) fn run(wish: &Export) -> Result<(), Failure> {
    if matches!(wish.what, What::City) {
        return super::city::export(&wish.common, &wish.out);
    }
    let config = wish.common.load()?;
    let db = open::storage(&config, &rooms::all())?;
    let lang = if wish.english { Lang::En } else { Lang::Zh };
    let rows = match wish.what {
        What::City => 0,
        What::People => {
            // Fix-19: not before the administrators are complete.
            let gap = db.read_blocking(|tx| Ok::<_, Error>(people::account::commands::admin_gap(tx)?))?;
            if let Some(gap) = gap {
                return Err(gap.text(lang).into());
            }
            let vault = open::vault(&open::keys(&db, &config)?)?;
            let full = wish.full;
            db.write_blocking(move |tx| {
                let how = if full { "full" } else { "masked" };
                people::audit::note(tx, &Actor::system("linli export"), "person.export", "person", 0, how)
            })?;
            let heads = lang.t(
                "志愿者编号,姓名,性别,出生日期,证件号,手机,所属社区,状态,加入日期,服务分钟",
                "Volunteer number,Name,Gender,Born,ID number,Phone,Community,State,Since,Minutes of service",
            );
            copy(&db, wish, heads, PersonId(0), |db, after| {
                let vault = Arc::clone(&vault);
                let rows = db.read_blocking(move |tx| people_page(tx, after))?;
                rows.into_iter().map(|row| Ok((row.id, person_cells(&vault, &row, lang, full)?))).collect()
            })?
        }
        What::Activities => {
            let heads = lang.t(
                "活动,队伍,社区,类别,开始,结束,名额,已报名,状态",
                "Activity,Team,Community,Category,Start,End,Places,Signed up,State",
            );
            copy(&db, wish, heads, SessionId(0), |db, after| {
                let rows = db.read_blocking(move |tx| sessions_page(tx, after))?;
                Ok(rows.into_iter().map(|row| (row.id, session_cells(row, lang))).collect())
            })?
        }
        What::Records => {
            let heads = lang.t(
                "志愿者编号,姓名,活动,队伍,类别,日期,开始,结束,分钟,签到方式,认定,状态",
                "Volunteer number,Name,Activity,Team,Category,Date,Start,End,Minutes,Check-in,Class,State",
            );
            copy(&db, wish, heads, RecordId(0), |db, after| {
                let rows = db.read_blocking(move |tx| records_page(tx, after))?;
                Ok(rows.into_iter().map(|row| (row.id, record_cells(row, lang))).collect())
            })?
        }
    };
    say(format_args!("{rows} rows → {}", wish.out.display()));
    Ok(())
}

type Lines<I> = Vec<(I, Vec<Cell>)>;

/// Writes all pages; returns the number of rows.
fn copy<I: kernel::Id>(
    db: &Db,
    wish: &Export,
    heads: &str,
    first: I,
    page: impl Fn(&Db, I) -> Result<Lines<I>, Error>,
) -> Result<usize, Failure> {
    let mut sink = Sink::create(&wish.out, &heads.split(',').collect::<Vec<_>>())?;
    let (mut after, mut count) = (first, 0);
    loop {
        let lines = page(db, after)?;
        let Some((last, _)) = lines.last() else { break };
        after = I::from_i64(last.as_i64());
        for (_, cells) in &lines {
            sink.row(cells)?;
        }
        count += lines.len();
    }
    sink.finish()?;
    Ok(count)
}

row! {
    struct PersonLine {
        id: PersonId, no: String, name: String, gender: people::person::Gender, birth: Option<Date>,
        id_enc: Option<Vec<u8>>, phone_enc: Option<Vec<u8>>, home: String, state: people::person::PersonState,
        joined: Option<Date>, minutes: i64,
    }

    struct SessionLine {
        id: SessionId, title: String, team: String, community: String, category: String, starts: Timestamp,
        ends: Timestamp, quota: i64, taken: i64, state: service::activity::SessionState,
    }

    struct RecordLine {
        id: RecordId, no: String, name: String, title: String, team: String, category: String, on: Date,
        start: Timestamp, end: Timestamp, minutes: i64, method: String, class: String, state: String,
    }
}

fn people_page(tx: &mut ReadTx<'_>, after: PersonId) -> Result<Vec<PersonLine>, Error> {
    Ok(tx.all(
        sql!(concat!(
            "SELECT p.id, p.volunteer_no, p.name, p.gender, p.birth_on, p.id_enc, p.phone_enc,
                 COALESCE(o.name, ''), p.state, p.joined_on, COALESCE(t.minutes, 0)
             FROM person p LEFT JOIN org o ON o.id = p.home_org
             LEFT JOIN total t ON t.subject_kind = 'person' AND t.subject_id = p.id AND t.period = 4
             WHERE p.id > $1 AND ",
            people::person_shown!(),
            " ORDER BY p.id LIMIT $2"
        )),
        args![after, PAGE],
    )?)
}

fn person_cells(vault: &Vault, row: &PersonLine, lang: Lang, full: bool) -> Result<Vec<Cell>, Error> {
    let sealed = people::person::Sealed { id_enc: row.id_enc.clone(), phone_enc: row.phone_enc.clone() };
    let number = sealed.id_number(vault)?.unwrap_or_default();
    let phone = sealed.phone(vault)?.unwrap_or_default();
    Ok(vec![
        row.no.as_str().into(),
        row.name.as_str().into(),
        row.gender.name(lang).into(),
        day(row.birth),
        if full { number } else { mask_id_number(&number) }.into(),
        if full { phone } else { mask_phone(&phone) }.into(),
        row.home.as_str().into(),
        row.state.name(lang).into(),
        day(row.joined),
        Cell::Number(row.minutes),
    ])
}

fn day(date: Option<Date>) -> Cell {
    date.map(|date| date.to_string()).unwrap_or_default().into()
}

fn category(code: &str, lang: Lang) -> Cell {
    kernel::catalogue::category(code).map_or(code, |one| lang.t(one.zh, one.en)).into()
}

fn sessions_page(tx: &mut ReadTx<'_>, after: SessionId) -> Result<Vec<SessionLine>, Error> {
    Ok(tx.all(
        sql!(
            "SELECT s.id, a.title, o.name, COALESCE(c.name, ''), a.category, s.starts_at, s.ends_at, s.quota, s.taken,
                 s.state
             FROM session s JOIN activity a ON a.id = s.activity_id JOIN org o ON o.id = a.org_id
             LEFT JOIN org c ON c.id = a.community_id WHERE s.id > $1 ORDER BY s.id LIMIT $2"
        ),
        args![after, PAGE],
    )?)
}

fn session_cells(row: SessionLine, lang: Lang) -> Vec<Cell> {
    vec![
        row.title.into(),
        row.team.into(),
        row.community.into(),
        category(&row.category, lang),
        row.starts.text().into(),
        row.ends.text().into(),
        Cell::Number(row.quota),
        Cell::Number(row.taken),
        row.state.name(lang).into(),
    ]
}

fn records_page(tx: &mut ReadTx<'_>, after: RecordId) -> Result<Vec<RecordLine>, Error> {
    Ok(tx.all(
        sql!(
            "SELECT r.id, p.volunteer_no, p.name, r.title, o.name, r.category, r.service_on, r.start_at, r.end_at,
                 r.minutes, r.method, r.class, r.state
             FROM record r JOIN person p ON p.id = r.person_id JOIN org o ON o.id = r.team_id
             WHERE r.id > $1 ORDER BY r.id LIMIT $2"
        ),
        args![after, PAGE],
    )?)
}

fn record_cells(row: RecordLine, lang: Lang) -> Vec<Cell> {
    let method = service::attendance::Method::from_code(&row.method).map(|one| one.name(lang).to_owned());
    let class = match row.class.as_str() {
        "verified" => lang.t("信用时长", "Verified"),
        "honor" => lang.t("荣誉时长", "Honour"),
        "legacy" => lang.t("历史时长", "Legacy"),
        _ => lang.t("转入时长", "Transferred"),
    };
    let state = match row.state.as_str() {
        "submitted" => lang.t("待确认", "Waiting"),
        "confirmed" => lang.t("已确认", "Confirmed"),
        "returned" => lang.t("已退回", "Returned"),
        _ => lang.t("已作废", "Void"),
    };
    vec![
        row.no.into(),
        row.name.into(),
        row.title.into(),
        row.team.into(),
        category(&row.category, lang),
        row.on.to_string().into(),
        row.start.text().into(),
        row.end.text().into(),
        Cell::Number(row.minutes),
        method.unwrap_or(row.method).into(),
        class.into(),
        state.into(),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_ending_is_refused_and_an_empty_list_has_heads() {
        let folder = tempfile::tempdir().unwrap();
        assert!(Sink::create(&folder.path().join("x.pdf"), &["a"]).is_err());
        for name in ["x.csv", "x.xlsx"] {
            let path = folder.path().join(name);
            let mut sink = Sink::create(&path, &["a", "b"]).unwrap();
            sink.row(&["甲".into(), Cell::Number(3)]).unwrap();
            sink.finish().unwrap();
            assert!(path.metadata().unwrap().len() > 0);
        }
        let text = std::fs::read_to_string(folder.path().join("x.csv")).unwrap();
        assert_eq!(text, "\u{feff}a,b\r\n甲,3\r\n");
    }
}
