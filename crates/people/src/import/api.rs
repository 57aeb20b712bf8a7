//! The roster import for programs: uploaded, columns set, checked, looked at, published or thrown away, by the same
//! commands as the wizard. Numbers of documents and phones are masked; the file of refused rows stays with the page.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use db::{ReadTx, WriteTx};
use kernel::error::common;
use kernel::page::{PAGE_ROWS, Page};
use kernel::{Action, Actor, Error, Fault, OrgId, Refusal, RefusalText, Timestamp};
use roster::map::{Field, Mapping};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ui::api::{ACCEPTED, Accepted, After, Api, At, Call, Paged, doc};
use ui::{App, Fields};

use super::engine::{self, Guessed, ImportId, ImportState};
use super::{pages, refusals};

const REFUSALS: &[&[&RefusalText]] = &[refusals::ALL, roster::refusals::ALL];

/// Operations of this subject.
#[must_use]
pub fn api() -> Api {
    Api::new()
        .get(
            "/api/v1/imports",
            doc("listImports", "The caller's roster imports, the latest first.", "本人的名册导入，最近的在前。"),
            list,
        )
        .command_after(
            axum::http::Method::POST,
            "/api/v1/imports",
            doc(
                "uploadRoster",
                "Uploads a roster (.xlsx, .xls, .csv) as large as a body may be; larger ones go by the page or the \
                 command line. Nobody is imported yet.",
                "上传名册（.xlsx、.xls、.csv），大小以请求体上限为准，更大的文件用网页或命令行；此时还没有导入任何人。",
            )
            .makes()
            .refuses(REFUSALS),
            spool,
            upload,
        )
        .get(
            "/api/v1/imports/{id}",
            doc(
                "showImport",
                "An import: columns while they wait to be set, then counts.",
                "一份导入：先是待核对的列，检查后是各类行数。",
            )
            .refuses(REFUSALS),
            show,
        )
        .post(
            "/api/v1/imports/{id}/check",
            doc(
                "checkImport",
                "Sets which column holds what and begins the check of every row.",
                "设定各列内容并开始逐行检查。",
            )
            .refuses(REFUSALS),
            check,
        )
        .get(
            "/api/v1/imports/{id}/rows",
            doc(
                "listImportRows",
                "Rows that were refused, with the reasons, or that would change somebody; masked.",
                "有问题的行及原因，或会更新现有人员的行；敏感信息已遮盖。",
            ),
            rows,
        )
        .post(
            "/api/v1/imports/{id}/publish",
            doc(
                "publishImport",
                "Imports all rows that were not refused, in one step.",
                "一次导入所有没有问题的行。",
            )
            .refuses(REFUSALS),
            publish,
        )
        .post(
            "/api/v1/imports/{id}/cancel",
            doc(
                "cancelImport",
                "Throws an import away that is not published; doing it twice changes nothing.",
                "取消未导入的名册；重复操作不产生变化。",
            )
            .refuses(REFUSALS),
            cancel,
        )
}

/// An import in a list.
#[derive(Serialize, JsonSchema)]
struct ImportLine {
    id: ImportId,
    file_name: String,
    state: ImportState,
    /// Rows in the file, once it was checked.
    rows: i64,
    new: i64,
    refused: i64,
    created_at: Timestamp,
}

fn list(
    _: &App,
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    call: &Call<(), After>,
) -> Result<Paged<ImportLine>, Error> {
    actor.demand_any(Action::RosterImport)?;
    let before = call.query.after.parse().unwrap_or(ImportId(i64::MAX));
    let page = Page::cut(pages::listed(tx, actor, before, PAGE_ROWS + 1)?, 20, |row| row.id.to_string());
    Ok(Paged::of(page, |row| ImportLine {
        id: row.id,
        file_name: row.file_name,
        state: row.state,
        rows: row.rows_all,
        new: row.rows_new,
        refused: row.rows_refused,
        created_at: row.created_at,
    }))
}

/// A roster to import.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewImport {
    #[schemars(length(min = 1, max = 120))]
    file_name: String,
    /// The file in Base64.
    #[schemars(length(min = 1))]
    content: String,
    /// For which of the caller's parts of the city; the first when left out.
    #[serde(default)]
    org: Option<OrgId>,
}

/// A file that was received; it goes when no import names it.
struct Held {
    path: PathBuf,
    guessed: Guessed,
    kept: AtomicBool,
}

impl Drop for Held {
    fn drop(&mut self) {
        if !self.kept.load(Ordering::Relaxed) {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

fn org_of(actor: &Actor, wanted: Option<OrgId>) -> Result<OrgId, Error> {
    actor.demand_any(Action::RosterImport)?;
    let own = actor.scopes(Action::RosterImport);
    let found = own.iter().find(|grant| wanted.is_none_or(|org| org == grant.org));
    found.map(|grant| grant.org).ok_or_else(|| Refusal::new(&common::FORBIDDEN).on("org").into())
}

/// Puts the file down and looks at it, for those who may: nobody else fills the disk.
async fn spool(app: App, call: Arc<Call<(), (), NewImport>>) -> Result<Arc<Held>, Error> {
    let (a, asked, wanted) = (app.clone(), call.req.clone(), call.body.org);
    app.db
        .read(move |tx| {
            let actor = a.actor(tx, &asked)?;
            org_of(&actor, wanted)
        })
        .await?;
    let no_file = || Error::from(Refusal::new(&refusals::NO_FILE).on("content"));
    let bytes = STANDARD.decode(call.body.content.trim()).map_err(|_| no_file())?;
    if bytes.is_empty() {
        return Err(no_file());
    }
    let folder = app.settings.files.join("import");
    let path = folder.join(format!("{:016x}", app.vault.random(|random| random.next_u64())));
    let looked = tokio::task::spawn_blocking(move || {
        let io = |e: std::io::Error| Error::Fault(Fault::Unavailable(format!("{}: {e}", path.display())));
        std::fs::create_dir_all(&folder).map_err(io)?;
        std::fs::write(&path, bytes).map_err(io)?;
        match engine::look(&path) {
            Ok(guessed) => Ok(Arc::new(Held { path, guessed, kept: AtomicBool::new(false) })),
            Err(error) => {
                let _ = std::fs::remove_file(&path);
                Err(error)
            }
        }
    });
    match looked.await.map_err(|e| Error::bug(e.to_string()))? {
        Err(Error::Refused(all)) => {
            Err(Error::Refused(all.into_iter().map(|one| one.on("content")).collect()))
        }
        other => other,
    }
}

/// An import that was begun.
#[derive(Serialize, JsonSchema)]
struct ImportMade {
    id: ImportId,
}

fn upload(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<(), (), NewImport>,
    held: &Arc<Held>,
) -> Result<ImportMade, Error> {
    let (org, name) = (org_of(actor, call.body.org)?, call.body.file_name.as_str());
    let id = engine::book(tx, actor.account, org, None, (&held.path, name), &held.guessed)?;
    held.kept.store(true, Ordering::Relaxed);
    Ok(ImportMade { id })
}

/// A column of an uploaded file.
#[derive(Serialize, JsonSchema)]
struct ImportColumn {
    /// Counted from 0.
    column: usize,
    title: String,
    /// What stands in it, masked.
    examples: String,
    /// Code of what it is taken for; empty: it is left out.
    field: &'static str,
}

/// A sheet of an uploaded workbook.
#[derive(Serialize, JsonSchema)]
struct ImportSheet {
    /// To be named by a check.
    sheet: String,
    name: String,
}

/// A text without the middle of its long numbers: phones leave masked, too.
fn masked(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    for run in chars.chunk_by(|a, b| a.is_ascii_digit() == b.is_ascii_digit()) {
        let long = run.len() >= 7 && run.first().is_some_and(char::is_ascii_digit);
        let hidden = |at: usize| long && at >= 3 && at + 4 < run.len();
        out.extend(run.iter().enumerate().map(|(at, c)| if hidden(at) { '*' } else { *c }));
    }
    out
}

/// An import.
#[derive(Serialize, JsonSchema)]
struct ImportWhole {
    id: ImportId,
    file_name: String,
    state: ImportState,
    /// Why it stopped, if it did.
    message: String,
    rows: i64,
    new: i64,
    same: i64,
    changed: i64,
    refused: i64,
    created_at: Timestamp,
    /// Rows checked so far, while it is checked.
    done: i64,
    /// And how many there are.
    total: i64,
    /// The sheet that is read.
    sheet: String,
    sheets: Vec<ImportSheet>,
    /// While they wait to be set.
    columns: Vec<ImportColumn>,
}

fn show(
    _: &App,
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    call: &Call<At<ImportId>>,
) -> Result<ImportWhole, Error> {
    let import = pages::load(tx, actor, call.path.id)?;
    let waits = matches!(import.state, ImportState::Mapping | ImportState::Failed);
    let (columns, sheets, _) =
        if waits { pages::columns_of(&import, call.req.lang)? } else { (Vec::new(), Vec::new(), 0) };
    let (done, total) = match import.job_id {
        Some(job) if import.state == ImportState::Staging => {
            db::jobs::find(tx, db::jobs::JobId(job))?.map_or((0, 0), |job| (job.done_units, job.all_units))
        }
        _ => (0, 0),
    };
    Ok(ImportWhole {
        id: import.id,
        file_name: import.file_name,
        state: import.state,
        message: import.message,
        rows: import.rows_all,
        new: import.rows_new,
        same: import.rows_same,
        changed: import.rows_changed,
        refused: import.rows_refused,
        created_at: import.created_at,
        done,
        total,
        sheet: import.sheet,
        sheets: sheets.into_iter().map(|(sheet, name)| ImportSheet { sheet, name }).collect(),
        columns: columns
            .into_iter()
            .enumerate()
            .map(|(column, one)| ImportColumn {
                column,
                title: one.title,
                examples: masked(&one.examples),
                field: one.chosen,
            })
            .collect(),
    })
}

/// What a column holds.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ColumnField {
    /// Counted from 0.
    #[schemars(range(min = 0, max = 1000))]
    column: usize,
    /// Code of what it holds, as the import names them.
    #[schemars(length(max = 40))]
    field: String,
}

/// How a file is to be read.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct CheckImport {
    /// Another sheet; its columns are guessed and looked at before they are checked.
    #[schemars(length(max = 20))]
    sheet: String,
    /// What the columns hold; those not named are left out. As guessed when this is left out.
    #[schemars(length(max = 200))]
    columns: Option<Vec<ColumnField>>,
    /// The community of rows that name none.
    default_org: Option<OrgId>,
}

/// Whether the check began.
#[derive(Serialize, JsonSchema)]
struct CheckBegan {
    /// Not when another sheet was chosen, whose columns are to be looked at first.
    began: bool,
}

fn check(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<ImportId>, (), CheckImport>,
) -> Result<CheckBegan, Error> {
    let (import, body) = (pages::load(tx, actor, call.path.id)?, &call.body);
    let mut fields = Fields::of([("sheet", body.sheet.clone())]);
    fields.0.extend(body.default_org.map(|org| ("default_org".to_owned(), org.to_string())));
    let put = |(column, field): (usize, String)| (format!("column-{column}"), field);
    match &body.columns {
        Some(columns) => {
            fields.0.extend(columns.iter().map(|one| put((one.column, one.field.clone()))));
        }
        None => {
            let mapping = Mapping::parse(&import.mapping)?;
            let guessed = Field::ALL.iter().filter_map(|field| Some((mapping.column(*field)?, field)));
            fields.0.extend(guessed.map(|(column, field)| put((column, field.key().to_owned()))));
        }
    }
    Ok(CheckBegan { began: pages::begin_check(tx, actor, import.id, &fields)? })
}

/// Which rows.
#[derive(Clone, Copy, Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum ImportVerdict {
    /// Not imported.
    #[default]
    Refused,
    /// Would change somebody.
    Changed,
}

#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(inline)]
struct RowsQuery {
    /// `refused` when left out.
    verdict: ImportVerdict,
    /// `next` of the page before.
    after: String,
}

/// What would change.
#[derive(Serialize, JsonSchema)]
struct ImportChange {
    /// What it is, in words.
    field: String,
    old: String,
    new: String,
}

/// A row to look at.
#[derive(Serialize, JsonSchema)]
struct ImportRow {
    /// Its number in the file.
    row: i64,
    /// Why it was refused.
    reasons: String,
    /// The cells of a refused row, masked.
    cells: Vec<String>,
    changes: Vec<ImportChange>,
}

fn rows(
    app: &App,
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    call: &Call<At<ImportId>, RowsQuery>,
) -> Result<Paged<ImportRow>, Error> {
    let (import, lang) = (pages::load(tx, actor, call.path.id)?, call.req.lang);
    let refused = matches!(call.query.verdict, ImportVerdict::Refused);
    let verdict = if refused { "refused" } else { "changed" };
    let after = call.query.after.parse().unwrap_or(-1);
    let found = engine::noted(tx, import.id, verdict, after, PAGE_ROWS + 1)?;
    Ok(Paged::of(Page::cut(found, 20, |row| row.row_no.to_string()), |row| ImportRow {
        row: row.row_no,
        reasons: engine::reasons(&row, lang),
        cells: if refused {
            pages::masked_cells(&app.vault, &row).iter().map(|cell| masked(cell)).collect()
        } else {
            Vec::new()
        },
        changes: if refused {
            Vec::new()
        } else {
            let all = engine::changes_of(&app.vault, &row);
            all.iter()
                .map(|one| pages::masked(one, lang))
                .map(|one| ImportChange { field: one.field, old: one.old, new: one.new })
                .collect()
        },
    }))
}

/// What was imported.
#[derive(Serialize, JsonSchema)]
struct ImportPublished {
    new: i64,
    changed: i64,
}

fn publish(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<ImportId>>,
) -> Result<ImportPublished, Error> {
    let import = pages::publish_now(tx, actor, call.path.id)?;
    Ok(ImportPublished { new: import.rows_new, changed: import.rows_changed })
}

fn cancel(
    app: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<ImportId>>,
) -> Result<Accepted, Error> {
    pages::throw_away(app, tx, actor, call.path.id)?;
    Ok(ACCEPTED)
}

#[cfg(test)]
mod tests {
    use super::masked;

    #[test]
    fn long_numbers_lose_their_middle() {
        assert_eq!(masked("章 13900001234、2026-03-05"), "章 139****1234、2026-03-05");
        assert_eq!(masked("1234567"), "1234567");
        assert_eq!(masked("12345678"), "123*5678");
    }
}
