//! The wizard: upload → check the columns → look at the counts and the rows with problems → import. Each
//! step can be left and found again.

use askama::Template;
use axum::extract::{DefaultBodyLimit, Multipart, Path, Query, State};
use axum::routing::{get, post};
use db::{ReadTx, WriteTx, args, sql};
use kernel::error::common;
use kernel::{Action, Actor, Error, Id as _, Lang, OrgId, Place, Refusal};
use roster::map::{Field, Mapping};
use roster::read::Book;
use roster::refused_file::RefusedWriter;
use ui::form::Label;
use ui::upload::{self, Rules, Upload};
use ui::{Answer, App, Done, Fields, Form, Req, Shell};

use super::engine::{self, Change, Import, ImportId, ImportState};
use super::refusals;

/// Largest upload in bytes: a roster of a million rows is about 120 MB.
const MAX_BYTES: usize = 256 * 1024 * 1024;

pub(super) fn routes() -> axum::Router<App> {
    axum::Router::new()
        .route("/import", get(list).post(take_upload).layer(DefaultBodyLimit::max(MAX_BYTES)))
        .route("/import/template.xlsx", get(template))
        .route("/import/{id}", get(show))
        .route("/import/{id}/check", post(check))
        .route("/import/{id}/publish", post(publish))
        .route("/import/{id}/cancel", post(cancel))
        .route("/import/{id}/refused.csv", get(refused_file))
        .route("/import/{id}/progress", get(progress))
}

db::row! {
    /// An import in the list of whoever uploaded it.
    pub(super) struct Listed { id: ImportId, file_name: String, state: ImportState, rows_all: i64, rows_new: i64, rows_refused: i64, created_at: kernel::Timestamp }
}

#[derive(Template)]
#[template(path = "import/list.html")]
struct ListPage {
    shell: Shell,
    form: Form,
    imports: Vec<Listed>,
    orgs: Vec<(String, String)>,
}

/// The nodes an actor may import for.
fn own_orgs(actor: &Actor) -> Vec<(String, String)> {
    let mut out: Vec<(String, String)> =
        actor.scopes(Action::RosterImport).iter().map(|g| (g.org.to_string(), g.org_name.clone())).collect();
    out.dedup();
    out
}

/// The actor's own imports before another one, the latest first.
pub(super) fn listed(
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    before: ImportId,
    limit: i64,
) -> Result<Vec<Listed>, Error> {
    Ok(tx.all(
        sql!(
            "SELECT id, file_name, state, rows_all, rows_new, rows_refused, created_at FROM roster_import
             WHERE account_id = $1 AND id < $2 ORDER BY id DESC LIMIT $3"
        ),
        args![actor.account, before, limit],
    )?)
}

fn list_page(app: &App, tx: &mut ReadTx<'_>, req: &Req, actor: &Actor, form: &Form) -> Result<Answer, Error> {
    actor.demand_any(Action::RosterImport)?;
    let imports = listed(tx, actor, ImportId(i64::MAX), 30)?;
    let shell = app.shell(req, actor, req.lang.t("名册导入", "Roster import"));
    ui::answer::html(app, req, &ListPage { shell, form: form.clone(), imports, orgs: own_orgs(actor) })
}

async fn list(State(app): State<App>, req: Req) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| list_page(&a, tx, req, actor, &Form::default())).await
}

async fn take_upload(State(app): State<App>, req: Req, mut body: Multipart) -> Answer {
    let folder = app.settings.files.join("import");
    let rules = Rules {
        max: MAX_BYTES,
        no_file: &refusals::NO_FILE,
        may: |actor| actor.demand_any(Action::RosterImport),
    };
    match upload::receive(&app, &req, &mut body, &folder, rules).await {
        Ok((fields, file)) => {
            let opened = book_upload(&app, &req, &fields, file).await;
            match opened {
                Ok(id) => Done::to(format!("/import/{id}"), "").answer(&app, &req),
                Err(error) => again(app, req, error).await,
            }
        }
        Err(error) => again(app, req, error).await,
    }
}

async fn again(app: App, req: Req, error: Error) -> Answer {
    match error {
        Error::Refused(refusals) if !refusals.iter().any(|r| matches!(r.text.status, 401 | 403 | 404)) => {
            let form = Form { fields: Fields::default(), refusals };
            let a = app.clone();
            let mut answer = app.page(req, move |tx, req, actor| list_page(&a, tx, req, actor, &form)).await;
            ui::answer::set_status(&mut answer, 422);
            answer
        }
        error => ui::answer::error_page(&app, &req, &Actor::default(), &error),
    }
}

async fn book_upload(app: &App, req: &Req, fields: &Fields, file: Upload) -> Result<ImportId, Error> {
    let (a, asked, wanted) = (app.clone(), req.clone(), fields.text("org").to_owned());
    let (account, org) = app
        .db
        .read(move |tx| {
            let actor = a.actor(tx, &asked)?;
            actor.demand_any(Action::RosterImport)?;
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
    let db = app.db.clone();
    let path = file.path.clone();
    let opened =
        tokio::task::spawn_blocking(move || engine::open(&db, account, org, None, &file.path, &file.name))
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

/// Loads an import the actor may see: their own, or one of their area.
pub(super) fn load(tx: &mut ReadTx<'_>, actor: &Actor, id: ImportId) -> Result<Import, Error> {
    actor.demand_any(Action::RosterImport)?;
    let import = engine::find(tx, id)?.ok_or_else(|| Error::from(&common::NOT_FOUND))?;
    let place = Place { area_path: &import.area_path, sponsor_path: "" };
    if kernel::can(actor, Action::RosterImport, place) {
        Ok(import)
    } else {
        Err((&common::NOT_FOUND).into())
    }
}

/// A column of the file as the mapping step shows it.
pub(super) struct Column {
    name: String,
    pub title: String,
    pub examples: String,
    pub chosen: &'static str,
}

struct NotedRow {
    row_no: i64,
    text: String,
    changes: Vec<Change>,
}

#[derive(Template)]
#[template(path = "import/show.html")]
struct ShowPage {
    shell: Shell,
    form: Form,
    import: Import,
    columns: Vec<Column>,
    fields: Vec<(String, String)>,
    communities: Vec<(String, String)>,
    sheets: Vec<(String, String)>,
    header_row: u32,
    refused: Vec<NotedRow>,
    changed: Vec<NotedRow>,
    done: i64,
    all: i64,
}

/// A change as it may be shown.
pub(super) fn masked(change: &Change, lang: Lang) -> Change {
    let name = match change.field.as_str() {
        "name" => lang.t("姓名", "Name"),
        "gender" => lang.t("性别", "Gender"),
        "birth_on" => lang.t("出生日期", "Birth date"),
        "phone" => lang.t("手机号", "Phone"),
        "home_org" => lang.t("所属社区", "Community"),
        "address" => lang.t("住址", "Address"),
        "employer" => lang.t("工作单位", "Employer"),
        _ => lang.t("全国编号", "National number"),
    };
    let show = |text: &str| match change.field.as_str() {
        "phone" => vault::mask_phone(text),
        _ => text.to_owned(),
    };
    Change { field: name.to_owned(), old: show(&change.old), new: show(&change.new) }
}

/// The cells of a refused row as they may be shown.
pub(super) fn masked_cells(vault: &vault::Vault, row: &engine::Noted) -> Vec<String> {
    let shown = |cell: &String| match roster::clean::looks_like_id(cell) {
        true => vault::mask_id_number(cell),
        false => cell.chars().take(30).collect(),
    };
    engine::cells(vault, row).iter().map(shown).collect()
}

/// Values and texts of a select box.
pub(super) type Choices = Vec<(String, String)>;

/// The columns with what they were taken for, the sheets, and the row of the header.
pub(super) fn columns_of(import: &Import, lang: Lang) -> Result<(Vec<Column>, Choices, u32), Error> {
    let book = Book::open(&import.file_path)?;
    let table = book.table(import.sheet.parse().ok())?;
    let mapping = Mapping::parse(&import.mapping)?;
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
                .map(|text| {
                    if roster::clean::looks_like_id(text) {
                        vault::mask_id_number(text)
                    } else {
                        text.chars().take(24).collect()
                    }
                })
                .collect();
            Column {
                name: format!("column-{at}"),
                title: if title.is_empty() {
                    lang.f("第 {} 列", "Column {}", &[&(at + 1)])
                } else {
                    title.clone()
                },
                examples: examples.join(lang.t("、", ", ")),
                chosen: mapping.field(at).map_or("", Field::key),
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

fn show_page(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    id: ImportId,
    form: &Form,
) -> Result<Answer, Error> {
    let lang = req.lang;
    let import = load(tx, actor, id)?;
    let waiting = matches!(import.state, ImportState::Mapping | ImportState::Failed);
    let (columns, sheets, header_row) =
        if waiting { columns_of(&import, lang)? } else { (Vec::new(), Vec::new(), 0) };
    let communities = if waiting {
        tx.all::<(OrgId, String, String)>(
            sql!(
                "SELECT c.id, COALESCE(s.name, ''), c.name FROM org c LEFT JOIN org s ON s.id = c.area_parent
                 WHERE c.kind = 'community' AND c.state <> 'closed' AND c.area_path >= $1 AND c.area_path < $2
                 ORDER BY s.name_key, c.name_key, c.id"
            ),
            args![import.area_path, format!("{}~", import.area_path)],
        )?
        .into_iter()
        .map(|(id, street, name)| (id.to_string(), format!("{street} · {name}")))
        .collect()
    } else {
        Vec::new()
    };
    let mut noted = |verdict: &str| -> Result<Vec<NotedRow>, Error> {
        Ok(engine::noted(tx, id, verdict, -1, 50)?
            .into_iter()
            .map(|row| {
                let cells = if verdict == "refused" {
                    masked_cells(&app.vault, &row).join(" | ")
                } else {
                    String::new()
                };
                let changes = if verdict == "changed" {
                    engine::changes_of(&app.vault, &row).iter().map(|c| masked(c, lang)).collect()
                } else {
                    Vec::new()
                };
                let reasons = engine::reasons(&row, lang);
                let text = if cells.is_empty() { reasons } else { format!("{reasons} —— {cells}") };
                NotedRow { row_no: row.row_no, text, changes }
            })
            .collect())
    };
    let shown = !waiting && import.state != ImportState::Staging;
    let refused = if shown && import.rows_refused > 0 { noted("refused")? } else { Vec::new() };
    let changed = if shown && import.rows_changed > 0 { noted("changed")? } else { Vec::new() };
    let (done, all) = match import.job_id {
        Some(job) if import.state == ImportState::Staging => {
            db::jobs::find(tx, db::jobs::JobId(job))?.map_or((0, 0), |job| (job.done_units, job.all_units))
        }
        _ => (0, 0),
    };
    let fields = Field::ALL.iter().map(|f| (f.key().to_owned(), f.label(lang).to_owned())).collect();
    let shell = app.shell(req, actor, lang.t("名册导入", "Roster import"));
    ui::answer::html(
        app,
        req,
        &ShowPage {
            shell,
            form: form.clone(),
            import,
            columns,
            fields,
            communities,
            sheets,
            header_row,
            refused,
            changed,
            done,
            all,
        },
    )
}

async fn show(State(app): State<App>, req: Req, Path(id): Path<i64>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| show_page(&a, tx, req, actor, ImportId(id), &Form::default())).await
}

/// Sets the columns and begins the check; the same for page and API. `false`: another sheet was chosen, whose columns are
/// looked at first.
pub(super) fn begin_check(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    id: ImportId,
    fields: &Fields,
) -> Result<bool, Error> {
    let import = load(tx, actor, id)?;
    let mut sheet = import.sheet.clone();
    let wanted = fields.text("sheet");
    let book = Book::open(&import.file_path)?;
    let moved = !wanted.is_empty() && wanted != import.sheet;
    if moved {
        sheet = wanted.to_owned();
    }
    let table = book.table(sheet.parse().ok())?;
    let mut mapping = Mapping::default();
    if moved {
        mapping = roster::map::guess(&table.header().columns, table.sample());
    } else {
        for at in 0..table.header().columns.len() {
            if let Some(field) = fields.get(&format!("column-{at}")).and_then(Field::from_key) {
                mapping.set(field, Some(at));
            }
        }
    }
    let default_org = match fields.text("default_org") {
        "" => None,
        _ => Some(fields.id::<OrgId>("default_org", Label("默认社区", "Default community"))?),
    };
    if moved {
        // Another sheet: its columns are looked at first.
        tx.exec_one(
            sql!("UPDATE roster_import SET sheet = $1, mapping = $2 WHERE id = $3"),
            args![sheet, mapping.to_string(), import.id],
        )?;
        return Ok(false);
    }
    roster::map::check(&mapping, table.sample())?;
    engine::confirm_mapping(tx, import.id, &mapping.to_string(), &sheet, default_org)?;
    let now = tx.now();
    let job = db::jobs::enqueue(tx, "roster.stage", &import.id.to_string(), actor.account, now)?;
    tx.exec_one(sql!("UPDATE roster_import SET job_id = $1 WHERE id = $2"), args![job.as_i64(), import.id])?;
    crate::audit::note(tx, actor, "roster.check", "roster_import", import.id.0, &import.file_name)?;
    Ok(true)
}

async fn check(State(app): State<App>, req: Req, Path(id): Path<i64>, fields: Fields) -> Answer {
    let a = app.clone();
    app.submit(
        req,
        fields,
        move |tx, _, actor, fields| {
            begin_check(tx, actor, ImportId(id), fields)?;
            Ok(Done::to(format!("/import/{id}"), ""))
        },
        move |tx, req, actor, form| show_page(&a, tx, req, actor, ImportId(id), form),
    )
    .await
}

/// Publishes what was checked; the same for page and API. Returns the import as it was shown.
pub(super) fn publish_now(tx: &mut WriteTx<'_>, actor: &Actor, id: ImportId) -> Result<Import, Error> {
    let import = load(tx, actor, id)?;
    engine::publish(tx, import.id)?;
    let now = tx.now();
    db::jobs::enqueue(tx, "roster.apply", &import.id.to_string(), actor.account, now)?;
    let detail = format!("{} +{} ~{}", import.file_name, import.rows_new, import.rows_changed);
    crate::audit::note(tx, actor, "roster.publish", "roster_import", import.id.0, &detail)?;
    Ok(import)
}

async fn publish(State(app): State<App>, req: Req, Path(id): Path<i64>, fields: Fields) -> Answer {
    app.command(req, fields, move |tx, req, actor, _| {
        let import = publish_now(tx, actor, ImportId(id))?;
        let say = req.lang.f(
            "已导入：新增 {} 人，更新 {} 人。",
            "Imported: {} new, {} changed.",
            &[&import.rows_new, &import.rows_changed],
        );
        Ok(Done::to(format!("/import/{id}"), say))
    })
    .await
}

/// Throws an import away that is not published; the same for page and API. Doing it twice changes nothing.
pub(super) fn throw_away(app: &App, tx: &mut WriteTx<'_>, actor: &Actor, id: ImportId) -> Result<(), Error> {
    let import = load(tx, actor, id)?;
    if matches!(import.state, ImportState::Applying | ImportState::Published) {
        return Err(Refusal::new(&refusals::WRONG_STATE).with("state", import.state.name(Lang::Zh)).into());
    }
    if let (ImportState::Staging, Some(job)) = (import.state, import.job_id) {
        // The worker stops at the next look and clears up.
        db::jobs::cancel(tx, db::jobs::JobId(job))?;
    } else {
        let (db, id) = (app.db.clone(), import.id);
        // Clearing takes many small transactions; this one must not hold them up.
        std::thread::spawn(move || {
            if let Err(error) = engine::cancel(&db, id) {
                tracing::error!(%error, import = id.0, "an import could not be thrown away");
            }
        });
        upload::discard(app, &import.file_path);
    }
    crate::audit::note(tx, actor, "roster.cancel", "roster_import", import.id.0, &import.file_name)?;
    Ok(())
}

async fn cancel(State(app): State<App>, req: Req, Path(id): Path<i64>, fields: Fields) -> Answer {
    let a = app.clone();
    app.command(req, fields, move |tx, req, actor, _| {
        throw_away(&a, tx, actor, ImportId(id))?;
        Ok(Done::to("/import", req.lang.t("已取消，没有导入任何人。", "Cancelled; nobody was imported.")))
    })
    .await
}

#[derive(serde::Deserialize)]
struct FileQuery {
    #[serde(default)]
    lang: String,
}

async fn refused_file(
    State(app): State<App>,
    req: Req,
    Path(id): Path<i64>,
    Query(query): Query<FileQuery>,
) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        let lang = if query.lang.is_empty() { req.lang } else { Lang::from_code(&query.lang) };
        let import = load(tx, actor, ImportId(id))?;
        let bytes = refused_csv(tx, &a.vault, &import, lang)?;
        let name = format!("{}-{}.csv", import.file_name, lang.t("问题行", "refused"));
        Ok(ui::answer::file(&name, "text/csv; charset=utf-8", bytes))
    })
    .await
}

/// The refused rows as a file: the columns as they were, and why; corrected, it can be uploaded as it is.
///
/// # Errors
/// Of the database.
pub fn refused_csv(
    tx: &mut ReadTx<'_>,
    vault: &vault::Vault,
    import: &Import,
    lang: Lang,
) -> Result<Vec<u8>, Error> {
    let header = Book::open(&import.file_path)
        .and_then(|book| book.table(import.sheet.parse().ok()))
        .map(|table| table.header().columns.clone())
        .unwrap_or_default();
    let mut out = RefusedWriter::new(Vec::new(), &header, lang)?;
    let mut after = -1;
    loop {
        let rows = engine::noted(tx, import.id, "refused", after, 500)?;
        let Some(last) = rows.last() else { break };
        after = last.row_no;
        for row in &rows {
            out.write(&engine::cells(vault, row), row.row_no, &engine::reasons(row, lang))?;
        }
    }
    out.finish()
}

#[derive(serde::Serialize)]
struct Progress {
    done: i64,
    total: i64,
    state: &'static str,
    message: String,
}

async fn progress(State(app): State<App>, req: Req, Path(id): Path<i64>) -> Answer {
    app.json(req, move |tx, req, actor| {
        let import = load(tx, actor, ImportId(id))?;
        let job = match import.job_id {
            Some(job) => db::jobs::find(tx, db::jobs::JobId(job))?,
            None => None,
        };
        let (done, total) = job.as_ref().map_or((0, 0), |job| (job.done_units, job.all_units));
        let state = if import.state == ImportState::Staging { "running" } else { "done" };
        Ok(Progress {
            done, total, state, message: req.lang.f("已检查 {} 行", "{} rows checked", &[&done])
        })
    })
    .await
}

async fn template(State(app): State<App>, req: Req) -> Answer {
    app.page(req, |_, req, _| {
        let heads: Vec<&str> = [
            Field::Name,
            Field::IdNumber,
            Field::Phone,
            Field::Gender,
            Field::Community,
            Field::Team,
            Field::Skills,
            Field::JoinedOn,
            Field::Address,
            Field::Employer,
            Field::Note,
        ]
        .iter()
        .map(|field| field.label(req.lang))
        .collect();
        let title = req.lang.t("志愿者名册", "Volunteer roster");
        let note = req.lang.t("从第 4 行开始填写，一人一行。", "Fill in from row 4 on, one person a row.");
        ui::sheet::answer(title, note, &heads, &[])
    })
    .await
}
