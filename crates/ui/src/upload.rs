//! Uploaded files in a form: they go to disk as they come, never through memory, and only from those who may.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::extract::Multipart;
use axum::extract::multipart::{Field, MultipartError};
use db::ReadTx;
use kernel::error::common;
use kernel::{Actor, Error, Fault, Refusal, RefusalText};

use crate::{App, Fields, Req};

/// A received file: where it was put, and its name.
#[derive(Debug)]
pub struct Upload {
    /// Where it is.
    pub path: PathBuf,
    /// What it was called.
    pub name: String,
}

/// What an upload must keep to.
#[derive(Clone, Copy)]
pub struct Rules {
    /// Largest file, in bytes.
    pub max: usize,
    /// Said when no file came.
    pub no_file: &'static RefusalText,
    /// Who may: asked before a byte is written.
    pub may: fn(&Actor) -> Result<(), Error>,
}

/// Removes a file that came by upload; one that the command line read belongs to whoever runs it and stays.
pub fn discard(app: &App, path: &str) {
    let path = Path::new(path);
    if path.starts_with(&app.settings.files) {
        let _ = std::fs::remove_file(path);
    }
}

/// What several uploads in one form must keep to.
#[derive(Clone)]
pub struct Many {
    /// Name of the file field.
    pub field: &'static str,
    /// Largest file, in bytes; a larger one is noted and the others are taken.
    pub max: usize,
    /// Most files in one form; those beyond are noted.
    pub count: usize,
    /// Said when no file came.
    pub no_file: &'static RefusalText,
    /// Who may: asked before a byte is written.
    pub may: May,
}

/// Who may send something; asked with the actor of the request.
pub type May = Arc<dyn Fn(&mut ReadTx<'_>, &Actor) -> Result<(), Error> + Send + Sync>;

/// A received file that is removed when this is dropped.
#[derive(Debug)]
pub struct Passing {
    /// Where it is.
    pub path: PathBuf,
    /// What it was called.
    pub name: String,
    /// Why it was not taken; there is no file then.
    pub refused: Option<Refusal>,
}

impl Drop for Passing {
    fn drop(&mut self) {
        if self.refused.is_none() {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// Whether a request to this path may be as large as an uploaded file; all others keep to the limit of forms.
#[must_use]
pub fn takes_files(path: &str) -> bool {
    let first = path.split('/').nth(1).unwrap_or_default();
    let last = path.rsplit('/').next().unwrap_or_default();
    matches!(
        (first, last),
        ("import" | "past-hours", _) | ("sessions", "photos" | "proofs") | ("teams", "emblem")
    )
}

/// Takes the form apart; the file field is `file`, the check code and all other fields must come before it.
///
/// # Errors
/// `common.csrf`, `common.too_large`, what the rules say.
pub async fn receive(
    app: &App,
    req: &Req,
    body: &mut Multipart,
    folder: &Path,
    rules: Rules,
) -> Result<(Fields, Upload), Error> {
    let mut fields = Fields::default();
    let broken = |_| Error::from(Refusal::new(rules.no_file).on("file"));
    while let Some(part) = body.next_field().await.map_err(broken)? {
        if part.name() != Some("file") {
            text_field(part, &mut fields).await.map_err(broken)?;
            continue;
        }
        let may = rules.may;
        let may: May = Arc::new(move |_, actor| may(actor));
        allowed(app, req, &fields, &may).await?;
        let name = part.file_name().unwrap_or_default().to_owned();
        return match spool(app, part, folder, rules.max).await? {
            Spooled::Whole(path) => Ok((fields, Upload { path, name })),
            Spooled::Empty => Err(Refusal::new(rules.no_file).on("file").into()),
            Spooled::TooLarge(refusal) => Err(refusal.on("file").into()),
        };
    }
    Err(Refusal::new(rules.no_file).on("file").into())
}

/// Takes a form with several files apart; the check code and what rights depend on must come before the first of
/// them. A file that cannot be taken is noted and the others are.
///
/// # Errors
/// `common.csrf`, what `may` says, and that no file came.
pub async fn receive_many(
    app: &App,
    req: &Req,
    body: &mut Multipart,
    folder: &Path,
    rules: &Many,
) -> Result<(Fields, Vec<Passing>), Error> {
    let mut fields = Fields::default();
    let mut files: Vec<Passing> = Vec::new();
    let broken = |_| Error::from(Refusal::new(rules.no_file).on(rules.field));
    while let Some(part) = body.next_field().await.map_err(broken)? {
        if part.name() != Some(rules.field) {
            text_field(part, &mut fields).await.map_err(broken)?;
            continue;
        }
        if files.is_empty() {
            allowed(app, req, &fields, &rules.may).await?;
        }
        let name: String = part.file_name().unwrap_or_default().chars().take(100).collect();
        let max = if files.len() < rules.count { rules.max } else { 0 };
        match spool(app, part, folder, max).await? {
            Spooled::Whole(path) => files.push(Passing { path, name, refused: None }),
            Spooled::Empty => {}
            Spooled::TooLarge(refusal) => {
                let path = PathBuf::new();
                files.push(Passing { path, name, refused: Some(refusal.on(rules.field)) });
            }
        }
    }
    if files.is_empty() {
        // Nothing was asked yet: a form without a file is no way around the check.
        allowed(app, req, &fields, &rules.may).await?;
        return Err(Refusal::new(rules.no_file).on(rules.field).into());
    }
    Ok((fields, files))
}

async fn text_field(part: Field<'_>, fields: &mut Fields) -> Result<(), MultipartError> {
    let name = part.name().unwrap_or_default().to_owned();
    let text = part.text().await?;
    fields.0.push((name, text.chars().take(500).collect()));
    Ok(())
}

/// Nobody without the right fills the disk.
async fn allowed(app: &App, req: &Req, fields: &Fields, may: &May) -> Result<(), Error> {
    if !req.csrf_ok(&app.vault, fields) {
        return Err((&common::CSRF).into());
    }
    let (a, asked, may) = (app.clone(), req.clone(), Arc::clone(may));
    app.db
        .read(move |tx| {
            let actor = a.actor(tx, &asked)?;
            may(tx, &actor)
        })
        .await
}

enum Spooled {
    Whole(PathBuf),
    Empty,
    TooLarge(Refusal),
}

/// Writes one file to disk as it comes. What is beyond `max` bytes is read and dropped, so that the sender gets an
/// answer and not a broken connection.
async fn spool(app: &App, mut part: Field<'_>, folder: &Path, max: usize) -> Result<Spooled, Error> {
    let number = app.vault.random(|random| random.next_u64());
    let path = folder.join(format!("{number:016x}"));
    let io = |e: std::io::Error| Error::Fault(Fault::Unavailable(format!("{}: {e}", path.display())));
    tokio::fs::create_dir_all(folder).await.map_err(io)?;
    let mut file = tokio::fs::File::create(&path).await.map_err(io)?;
    let mut guard = Passing { path: path.clone(), name: String::new(), refused: None };
    let mut size = 0;
    while let Some(chunk) = part.chunk().await.map_err(|_| Error::from(&common::TOO_LARGE_BODY))? {
        size += chunk.len();
        if size <= max {
            tokio::io::AsyncWriteExt::write_all(&mut file, &chunk).await.map_err(io)?;
        }
    }
    tokio::io::AsyncWriteExt::flush(&mut file).await.map_err(io)?;
    if size == 0 {
        return Ok(Spooled::Empty);
    }
    if size > max {
        let refusal = if max == 0 {
            Refusal::new(&common::TOO_MANY_FILES)
        } else {
            Refusal::new(&common::TOO_LARGE).with("size", size.div_ceil(1 << 20)).with("max", max >> 20)
        };
        return Ok(Spooled::TooLarge(refusal));
    }
    // From here on whoever called removes it.
    guard.path = PathBuf::new();
    drop(guard);
    Ok(Spooled::Whole(path))
}

#[cfg(test)]
mod tests {
    use super::takes_files;

    #[test]
    fn only_uploads_may_be_large() {
        for path in [
            "/import",
            "/import/5/check",
            "/past-hours",
            "/sessions/7/photos",
            "/sessions/7/proofs",
            "/teams/9/emblem",
        ] {
            assert!(takes_files(path), "{path}");
        }
        for path in ["/", "/sessions", "/sessions/7/roll", "/photos/7", "/teams/9", "/imports", "/x/import"] {
            assert!(!takes_files(path), "{path}");
        }
    }
}
