//! The wizard: upload → check the columns → look at people, sums and rows with problems → count → undo if need be.
//! Each step can be left and found again.

use askama::Template;
use axum::extract::{DefaultBodyLimit, Multipart, Path, Query, State};
use axum::routing::{get, post};
use db::{ReadTx, args, sql};
use kernel::error::{Collect, common};
use kernel::page::{Page, cursor_pair};
use kernel::{Action, Actor, Date, Error, Id as _, Lang, Minutes};
use people::import::engine::reason_words;
use roster::past::{self, Mapping, Past};
use roster::read::Book;
use ui::form::Label;
use ui::sheet::Cell;
use ui::upload::{self, Rules, Upload};
use ui::{Answer, App, Done, Fields, Form, Req, Shell};

use super::commands::{self, Wish, load};
use super::store::{self, Batch, Listed, Noted};
use super::{BatchState, PastBatchId, Verdict, engine, rules};

/// Largest upload in bytes.
const MAX_BYTES: usize = 64 * 1024 * 1024;
/// People of a file on one page.
const PEOPLE: usize = 30;
/// Rows with problems shown on the page; the file has all.
const SHOWN: i64 = 50;
/// Rows of a file of refused rows.
const FILE_ROWS: i64 = 500_000;

pub(super) fn routes() -> axum::Router<App> {
    axum::Router::new()
        .route("/past-hours", get(list).post(take_upload).layer(DefaultBodyLimit::max(MAX_BYTES)))
        .route("/past-hours/template.xlsx", get(template))
        .route("/past-hours/{id}", get(show))
        .route("/past-hours/{id}/check", post(check))
        .route("/past-hours/{id}/publish", post(publish))
        .route("/past-hours/{id}/cancel", post(cancel))
        .route("/past-hours/{id}/undo", post(undo))
        .route("/past-hours/{id}/refused.xlsx", get(refused_file))
        .route("/past-hours/{id}/progress", get(progress))
}

// ---- the list and the upload ----

#[derive(Debug, Clone, Default, serde::Deserialize)]
struct ListQuery {
    #[serde(default)]
    after: String,
}

struct ListRow {
    id: String,
    file: String,
    source: String,
    state: &'static str,
    rows: i64,
    new: i64,
    refused: i64,
    hours: String,
    org: String,
    by: String,
    at: String,
}

#[derive(Template)]
#[template(path = "past/list.html")]
struct ListPage {
    shell: Shell,
    form: Form,
    rows: Vec<ListRow>,
    next: Option<String>,
    orgs: Vec<(String, String)>,
}

fn list_row(one: Listed, lang: Lang) -> ListRow {
    ListRow {
        id: one.id.to_string(),
        file: one.file_name,
        source: one.source,
        state: one.state.name(lang),
        rows: one.rows_all,
        new: one.rows_new,
        refused: one.rows_refused,
        hours: Minutes(one.minutes).hours(),
        org: one.org_name,
        by: one.by.unwrap_or_else(|| lang.t("命令行", "command line").to_owned()),
        at: one.created_at.text(),
    }
}

fn list_page(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    query: &ListQuery,
    form: &Form,
) -> Result<Answer, Error> {
    actor.demand_any(Action::RosterImport)?;
    let lang = req.lang;
    let after = query.after.parse().ok();
    let rows = store::list(tx, actor, after, 21)?;
    let page = Page::cut(rows, 20, |row| row.id.to_string());
    let mut orgs: Vec<(String, String)> = actor
        .scopes(Action::RosterImport)
        .iter()
        .map(|grant| (grant.org.to_string(), grant.org_name.clone()))
        .collect();
    orgs.dedup();
    ui::answer::html(
        app,
        req,
        &ListPage {
            shell: app.shell(req, actor, lang.t("历史时长", "Past hours")),
            form: form.clone(),
            rows: page.rows.into_iter().map(|one| list_row(one, lang)).collect(),
            next: page.next.map(|next| req.with_query("after", &next)),
            orgs,
        },
    )
}

async fn list(State(app): State<App>, req: Req, Query(query): Query<ListQuery>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| list_page(&a, tx, req, actor, &query, &Form::default())).await
}

async fn take_upload(State(app): State<App>, req: Req, mut body: Multipart) -> Answer {
    let folder = app.settings.files.join("import");
    let rules = Rules {
        max: MAX_BYTES,
        no_file: &people::import::refusals::NO_FILE,
        may: |actor| actor.demand_any(Action::RosterImport),
    };
    let opened = match upload::receive(&app, &req, &mut body, &folder, rules).await {
        Ok((fields, file)) => book_upload(&app, &req, &fields, file).await,
        Err(error) => Err(error),
    };
    match opened {
        Ok(id) => Done::to(format!("/past-hours/{id}"), "").answer(&app, &req),
        Err(Error::Refused(refusals))
            if !refusals.iter().any(|r| matches!(r.text.status, 401 | 403 | 404)) =>
        {
            let form = Form { fields: Fields::default(), refusals };
            let a = app.clone();
            let query = ListQuery::default();
            let mut answer =
                app.page(req, move |tx, req, actor| list_page(&a, tx, req, actor, &query, &form)).await;
            ui::answer::set_status(&mut answer, 422);
            answer
        }
        Err(error) => ui::answer::error_page(&app, &req, &Actor::default(), &error),
    }
}

async fn book_upload(app: &App, req: &Req, fields: &Fields, file: Upload) -> Result<PastBatchId, Error> {
    let (a, asked, wanted) = (app.clone(), req.clone(), fields.text("org").to_owned());
    let (account, org) = app
        .db
        .read(move |tx| {
            let actor = a.actor(tx, &asked)?;
            let scopes = actor.scopes(Action::RosterImport);
            let org = scopes
                .iter()
                .find(|grant| grant.org.to_string() == wanted)
                .or(scopes.first())
                .map(|grant| grant.org)
                .ok_or_else(|| Error::from(&common::FORBIDDEN))?;
            Ok::<_, Error>((actor.account, org))
        })
        .await?;
    let (db, path) = (app.db.clone(), file.path.clone());
    let opened =
        tokio::task::spawn_blocking(move || commands::open(&db, account, org, &file.path, &file.name))
            .await
            .map_err(|e| Error::bug(e.to_string()))?;
    if opened.is_err() {
        let _ = tokio::fs::remove_file(path).await;
    }
    opened.map_err(|error| match error {
        Error::Refused(all) => Error::Refused(all.into_iter().map(|r| r.on("file")).collect()),
        fault @ Error::Fault(_) => fault,
    })
}

// ---- one file ----

#[derive(Debug, Clone, Default, serde::Deserialize)]
struct ShowQuery {
    #[serde(default)]
    after: String,
}

/// A column of the file as the mapping step shows it.
struct Column {
    name: String,
    title: String,
    examples: String,
    chosen: &'static str,
}

struct PersonRow {
    name: String,
    volunteer_no: String,
    lines: i64,
    hours: String,
    now: String,
    then: String,
}

struct NotedRow {
    row_no: i64,
    text: String,
    cells: String,
}

#[derive(Template)]
#[template(path = "past/show.html")]
struct ShowPage {
    shell: Shell,
    form: Form,
    id: String,
    file: String,
    source: String,
    official: bool,
    state: BatchState,
    state_name: &'static str,
    message: String,
    columns: Vec<Column>,
    fields: Vec<(String, String)>,
    sheets: Vec<(String, String)>,
    sheet: String,
    header_row: u32,
    done: i64,
    all: i64,
    rows_all: i64,
    rows_new: i64,
    rows_known: i64,
    rows_refused: i64,
    hours: String,
    people_all: i64,
    people: Vec<PersonRow>,
    next: Option<String>,
    flagged: Vec<NotedRow>,
    refused: Vec<NotedRow>,
    disowned: Vec<NotedRow>,
    twins: Vec<(String, String)>,
    facts: Vec<(&'static str, String)>,
    may_undo: bool,
    undo_until: String,
}

fn masked(cell: &str) -> String {
    if roster::clean::looks_like_id(cell) {
        vault::mask_id_number(cell)
    } else if roster::clean::phone(cell).is_ok() && cell.chars().filter(char::is_ascii_digit).count() >= 10 {
        vault::mask_phone(cell)
    } else {
        cell.chars().take(30).collect()
    }
}

/// The columns with what they were taken for, the sheets, and the row of the header.
#[expect(clippy::type_complexity, reason = "three lists for one page")]
fn columns_of(batch: &Batch, lang: Lang) -> Result<(Vec<Column>, Vec<(String, String)>, u32), Error> {
    let book = Book::open(&batch.file_path)?;
    let table = past::table(&book, batch.sheet.parse().ok())?;
    let mapping = Mapping::parse(&batch.mapping)?;
    let columns = table
        .header()
        .columns
        .iter()
        .enumerate()
        .map(|(at, title)| {
            let examples: Vec<String> = table
                .sample()
                .iter()
                .map(|row| row.get(at).trim())
                .filter(|text| !text.is_empty())
                .take(2)
                .map(masked)
                .collect();
            Column {
                name: format!("column-{at}"),
                title: if title.is_empty() {
                    lang.f("第 {} 列", "Column {}", &[&(at + 1)])
                } else {
                    title.clone()
                },
                examples: examples.join(lang.t("、", ", ")),
                chosen: mapping.field(at).map_or("", Past::key),
            }
        })
        .collect();
    let sheets = book
        .sheets()
        .iter()
        .enumerate()
        .filter(|(_, sheet)| !sheet.name.is_empty())
        .map(|(at, sheet)| (at.to_string(), sheet.name.clone()))
        .collect();
    Ok((columns, sheets, table.header().row_number))
}

/// The cells of a row as they stood in the file.
fn cells(vault: &vault::Vault, row: &Noted) -> Vec<String> {
    row.cells_enc
        .as_ref()
        .and_then(|sealed| vault.fields.decrypt(engine::SEALED, sealed).ok())
        .and_then(|bytes| serde_json::from_slice(&bytes).ok())
        .unwrap_or_default()
}

fn noted_row(app: &App, row: &Noted, lang: Lang) -> NotedRow {
    let text = if row.verdict == Verdict::Refused {
        reason_words(&row.reasons, lang)
    } else {
        let minutes = Minutes(row.minutes).words(lang);
        let on = Date::from_days(row.service_on);
        format!("{} · {on} · {} · {minutes}", row.name.as_deref().unwrap_or("—"), row.title)
    };
    let cells: Vec<String> = match row.verdict {
        Verdict::Refused => cells(&app.vault, row).iter().map(|cell| masked(cell)).collect(),
        _ => Vec::new(),
    };
    NotedRow { row_no: row.row_no, text, cells: cells.join(" | ") }
}

fn show_page(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    id: PastBatchId,
    query: &ShowQuery,
    form: &Form,
) -> Result<Answer, Error> {
    let lang = req.lang;
    let batch = load(tx, actor, id)?;
    let waiting = matches!(batch.state, BatchState::Mapping | BatchState::Failed);
    let (columns, sheets, header_row) =
        if waiting { columns_of(&batch, lang)? } else { (Vec::new(), Vec::new(), 0) };
    let checked = !waiting && !matches!(batch.state, BatchState::Checking | BatchState::Cancelled);
    let (people_all, minutes, published, disowned) =
        if checked { store::shape(tx, id)? } else { (0, 0, 0, 0) };
    let sums = if checked {
        let size = i64::try_from(PEOPLE).unwrap_or(30) + 1;
        store::sums(tx, id, cursor_pair(&query.after), size)?
    } else {
        Vec::new()
    };
    let page = Page::cut(sums, PEOPLE, |sum| format!("{}~{}", sum.minutes, sum.person_id));
    let mut noted = |verdict, flagged, when: bool| -> Result<Vec<NotedRow>, Error> {
        if !when {
            return Ok(Vec::new());
        }
        let rows = store::noted(tx, id, verdict, flagged, -1, SHOWN)?;
        Ok(rows.iter().map(|row| noted_row(app, row, lang)).collect())
    };
    let flagged = noted(Verdict::New, true, batch.state == BatchState::Preview && batch.rows_flagged > 0)?;
    let refused = noted(Verdict::Refused, false, checked && batch.rows_refused > 0)?;
    let disowned = noted(Verdict::Disowned, false, disowned > 0)?;
    let twins = if batch.state == BatchState::Preview { store::same_file(tx, &batch)? } else { Vec::new() };
    let (done, all) = match (batch.state, batch.job_id) {
        (BatchState::Publishing, _) => (published, batch.rows_new),
        (BatchState::Undoing, _) => (batch.rows_new - published, batch.rows_new),
        (BatchState::Checking, Some(job)) => {
            db::jobs::find(tx, db::jobs::JobId(job))?.map_or((0, 0), |job| (job.done_units, job.all_units))
        }
        _ => (0, 0),
    };
    let before = batch.state == BatchState::Preview;
    let until = batch.published_at.map(|at| at.date().plus(rules::UNDO_DAYS));
    let form = if form.fields.0.is_empty() && waiting {
        Form::filled([("source", batch.source.as_str()), ("official", if batch.official { "1" } else { "" })])
    } else {
        form.clone()
    };
    let now = tx.now();
    let who =
        |name: &Option<String>| name.clone().unwrap_or_else(|| lang.t("命令行", "command line").to_owned());
    let mut facts = vec![(lang.t("导入到", "For"), batch.org_name.clone())];
    if let Some(at) = batch.published_at {
        facts.push((lang.t("计入", "Counted"), format!("{} · {}", at.text(), who(&batch.published_by))));
    }
    if let Some(at) = batch.undone_at {
        facts.push((
            lang.t("撤销", "Undone"),
            format!("{} · {} · {}", at.text(), who(&batch.undone_by), batch.undo_reason),
        ));
    }
    ui::answer::html(
        app,
        req,
        &ShowPage {
            shell: app.shell(req, actor, lang.t("历史时长", "Past hours")),
            form,
            id: batch.id.to_string(),
            file: batch.file_name.clone(),
            source: batch.source.clone(),
            official: batch.official,
            state: batch.state,
            state_name: batch.state.name(lang),
            message: batch.message.clone(),
            columns,
            fields: Past::ALL.iter().map(|f| (f.key().to_owned(), f.label(lang).to_owned())).collect(),
            sheets,
            sheet: batch.sheet.clone(),
            header_row,
            done,
            all,
            rows_all: batch.rows_all,
            rows_new: batch.rows_new,
            rows_known: batch.rows_known,
            rows_refused: batch.rows_refused,
            hours: Minutes(minutes).hours(),
            people_all,
            people: page
                .rows
                .iter()
                .map(|sum| PersonRow {
                    name: sum.name.clone(),
                    volunteer_no: sum.volunteer_no.clone(),
                    lines: sum.lines,
                    hours: Minutes(sum.minutes).hours(),
                    now: Minutes(sum.now).hours(),
                    then: if before { Minutes(sum.now + sum.minutes).hours() } else { String::new() },
                })
                .collect(),
            next: page.next.map(|next| req.with_query("after", &next)),
            flagged,
            refused,
            disowned,
            twins: twins
                .into_iter()
                .map(|(id, state, at)| (id.to_string(), format!("{} · {}", at.text(), state.name(lang))))
                .collect(),
            facts,
            may_undo: batch.state == BatchState::Published && until.is_some_and(|day| now.date() <= day),
            undo_until: until.map(|day| day.to_string()).unwrap_or_default(),
        },
    )
}

async fn show(
    State(app): State<App>,
    req: Req,
    Path(id): Path<i64>,
    Query(query): Query<ShowQuery>,
) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        show_page(&a, tx, req, actor, PastBatchId(id), &query, &Form::default())
    })
    .await
}

const SOURCE: Label = Label("来自哪个系统", "The earlier system");

async fn check(State(app): State<App>, req: Req, Path(id): Path<i64>, fields: Fields) -> Answer {
    let a = app.clone();
    let id = PastBatchId(id);
    app.submit(
        req,
        fields,
        move |tx, _, actor, fields| {
            let batch = load(tx, actor, id)?;
            commands::demand_open(&batch)?;
            let back = format!("/past-hours/{id}");
            let book = Book::open(&batch.file_path)?;
            let wanted = fields.text("sheet");
            if !wanted.is_empty() && wanted != batch.sheet {
                // Another sheet: its columns are looked at first.
                let table = past::table(&book, wanted.parse().ok())?;
                let mapping = past::guess(&table.header().columns, table.sample()).to_string();
                tx.exec_one(
                    sql!("UPDATE past_batch SET sheet = $1, mapping = $2 WHERE id = $3"),
                    args![wanted, mapping, id],
                )?;
                return Ok(Done::to(back, ""));
            }
            let table = past::table(&book, batch.sheet.parse().ok())?;
            let mut mapping = Mapping::default();
            for at in 0..table.header().columns.len() {
                if let Some(field) = fields.get(&format!("column-{at}")).and_then(Past::from_key) {
                    mapping.set(field, Some(at));
                }
            }
            let mut all = Collect::default();
            let source = all.take(fields.required("source", SOURCE, 60)).unwrap_or_default();
            if let Err(Error::Refused(refused)) = past::check(&mapping, table.sample()) {
                refused.into_iter().for_each(|refusal| all.push(refusal));
            }
            all.done()?;
            let official = fields.ticked("official");
            commands::begin(tx, id, &Wish { mapping, sheet: batch.sheet.clone(), source, official })?;
            let now = tx.now();
            let job = db::jobs::enqueue(tx, "past.check", &id.to_string(), actor.account, now)?;
            tx.exec_one(sql!("UPDATE past_batch SET job_id = $1 WHERE id = $2"), args![job.as_i64(), id])?;
            people::audit::note(tx, actor, "past.check", "past_batch", id.0, &batch.file_name)?;
            Ok(Done::to(back, ""))
        },
        move |tx, req, actor, form| show_page(&a, tx, req, actor, id, &ShowQuery::default(), form),
    )
    .await
}

async fn publish(State(app): State<App>, req: Req, Path(id): Path<i64>, fields: Fields) -> Answer {
    let id = PastBatchId(id);
    app.command(req, fields, move |tx, req, actor, _| {
        load(tx, actor, id)?;
        let batch = commands::publish(tx, actor, id)?;
        let now = tx.now();
        let job = db::jobs::enqueue(tx, "past.publish", &id.to_string(), actor.account, now)?;
        tx.exec_one(sql!("UPDATE past_batch SET job_id = $1 WHERE id = $2"), args![job.as_i64(), id])?;
        let hours = Minutes(batch.minutes).hours();
        let say = req.lang.f(
            "开始计入：{} 条，{} 小时",
            "{} services, {} hours are being counted",
            &[&batch.rows_new, &hours],
        );
        Ok(Done::to(format!("/past-hours/{id}"), say))
    })
    .await
}

async fn cancel(State(app): State<App>, req: Req, Path(id): Path<i64>, fields: Fields) -> Answer {
    let id = PastBatchId(id);
    let a = app.clone();
    app.command(req, fields, move |tx, req, actor, _| {
        let batch = load(tx, actor, id)?;
        if let (BatchState::Checking, Some(job)) = (batch.state, batch.job_id) {
            // The worker stops at the next look and clears up.
            db::jobs::cancel(tx, db::jobs::JobId(job))?;
        }
        commands::cancel(tx, actor, id)?;
        upload::discard(&a, &batch.file_path);
        Ok(Done::to(
            "/past-hours",
            req.lang.t("已取消，没有计入任何时长。", "Cancelled; nothing was counted."),
        ))
    })
    .await
}

async fn undo(State(app): State<App>, req: Req, Path(id): Path<i64>, fields: Fields) -> Answer {
    let a = app.clone();
    let id = PastBatchId(id);
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            load(tx, actor, id)?;
            let reason = fields.required("reason", Label("理由", "Reason"), 300)?;
            commands::undo(tx, actor, id, &reason)?;
            let now = tx.now();
            let job = db::jobs::enqueue(tx, "past.undo", &id.to_string(), actor.account, now)?;
            tx.exec_one(sql!("UPDATE past_batch SET job_id = $1 WHERE id = $2"), args![job.as_i64(), id])?;
            Ok(Done::to(
                format!("/past-hours/{id}"),
                req.lang.t("开始撤销，时长正在扣回", "The minutes are being taken back"),
            ))
        },
        move |tx, req, actor, form| show_page(&a, tx, req, actor, id, &ShowQuery::default(), form),
    )
    .await
}

async fn refused_file(State(app): State<App>, req: Req, Path(id): Path<i64>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        let batch = load(tx, actor, PastBatchId(id))?;
        let bytes = refused_xlsx(tx, &a.vault, &batch, req.lang)?;
        let name = format!("{}-{}.xlsx", batch.file_name, req.lang.t("问题行", "refused"));
        Ok(ui::answer::file(&name, ui::sheet::XLSX, bytes))
    })
    .await
}

/// The refused rows as a workbook: the columns as they were, the row and why; corrected, it can be uploaded as it is.
///
/// # Errors
/// Of the database.
pub fn refused_xlsx(
    tx: &mut ReadTx<'_>,
    vault: &vault::Vault,
    batch: &Batch,
    lang: Lang,
) -> Result<Vec<u8>, Error> {
    let rows = store::noted(tx, batch.id, Verdict::Refused, false, -1, FILE_ROWS)?;
    let mut header = Book::open(&batch.file_path)
        .and_then(|book| past::table(&book, batch.sheet.parse().ok()))
        .map(|table| table.header().columns.clone())
        .unwrap_or_default();
    if header.is_empty() {
        // The file is gone once its lines count: the fields stand in for its own heads.
        let mapping = Mapping::parse(&batch.mapping)?;
        for (field, column) in mapping.iter() {
            if header.len() <= column {
                header.resize(column + 1, String::new());
            }
            if let Some(slot) = header.get_mut(column) {
                field.label(lang).clone_into(slot);
            }
        }
    }
    let width = header.len();
    let mut heads: Vec<&str> = header.iter().map(String::as_str).collect();
    heads.extend([lang.t("原行号", "Row"), lang.t("未计入原因", "Reason")]);
    let lines: Vec<Vec<Cell>> = rows
        .iter()
        .map(|row| {
            let mut cells = cells(vault, row);
            cells.resize(width, String::new());
            let mut line: Vec<Cell> = cells.into_iter().map(Cell::Text).collect();
            line.push(row.row_no.into());
            line.push(reason_words(&row.reasons, lang).into());
            line
        })
        .collect();
    let title = lang.t("历史时长的问题行", "Refused rows of past hours");
    let note = lang.t("改正后可直接上传这个文件。", "Correct the rows and upload this file as it is.");
    ui::sheet::xlsx(title, note, &heads, &lines)
}

#[derive(serde::Serialize)]
struct ProgressAnswer {
    done: i64,
    total: i64,
    state: &'static str,
    message: String,
}

async fn progress(State(app): State<App>, req: Req, Path(id): Path<i64>) -> Answer {
    app.json(req, move |tx, req, actor| {
        let batch = load(tx, actor, PastBatchId(id))?;
        let (done, total) = match (batch.state, batch.job_id) {
            (BatchState::Publishing | BatchState::Undoing, _) => {
                let (.., published, _) = store::shape(tx, batch.id)?;
                let left = batch.rows_new - published;
                (if batch.state == BatchState::Undoing { left } else { published }, batch.rows_new)
            }
            (_, Some(job)) => db::jobs::find(tx, db::jobs::JobId(job))?
                .map_or((0, 0), |job| (job.done_units, job.all_units)),
            _ => (0, 0),
        };
        let running =
            matches!(batch.state, BatchState::Checking | BatchState::Publishing | BatchState::Undoing);
        let state = if running { "running" } else { "done" };
        let message = req.lang.f("{}：{} 行", "{}: {} rows", &[&batch.state.name(req.lang), &done]);
        Ok(ProgressAnswer { done, total, state, message })
    })
    .await
}

async fn template(State(app): State<App>, req: Req) -> Answer {
    app.page(req, |_, req, _| {
        let heads: Vec<&str> = [
            Past::Name,
            Past::IdNumber,
            Past::VolunteerNo,
            Past::Phone,
            Past::Title,
            Past::Team,
            Past::On,
            Past::From,
            Past::To,
            Past::Hours,
            Past::Role,
            Past::Category,
            Past::Place,
            Past::SourceNo,
        ]
        .iter()
        .map(|field| field.label(req.lang))
        .collect();
        let title = req.lang.t("历史时长", "Past hours");
        let note =
            req.lang.t("从第 4 行开始填写，一次服务一行。", "Fill in from row 4 on, one service a row.");
        ui::sheet::answer(title, note, &heads, &[])
    })
    .await
}
