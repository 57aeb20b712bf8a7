//! One uploaded file in a form: it goes to disk as it comes, never through memory, and only from those who may.

use std::path::{Path, PathBuf};

use axum::extract::Multipart;
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
    while let Some(mut part) = body.next_field().await.map_err(broken)? {
        let name = part.name().unwrap_or_default().to_owned();
        if name != "file" {
            let text = part.text().await.map_err(broken)?;
            fields.0.push((name, text.chars().take(500).collect()));
            continue;
        }
        if !req.csrf_ok(&app.vault, &fields) {
            return Err((&common::CSRF).into());
        }
        // Nobody without the right fills the disk.
        let (a, asked) = (app.clone(), req.clone());
        app.db
            .read(move |tx| {
                let actor = a.actor(tx, &asked)?;
                (rules.may)(&actor)
            })
            .await?;
        let file_name = part.file_name().unwrap_or_default().to_owned();
        let number = app.vault.random(|random| random.next_u64());
        let path = folder.join(format!("{number:016x}"));
        let io = |e: std::io::Error| Error::Fault(Fault::Unavailable(format!("{}: {e}", path.display())));
        tokio::fs::create_dir_all(folder).await.map_err(io)?;
        let mut file = tokio::fs::File::create(&path).await.map_err(io)?;
        let mut size = 0;
        while let Some(chunk) = part.chunk().await.map_err(broken)? {
            size += chunk.len();
            if size > rules.max {
                let _ = tokio::fs::remove_file(&path).await;
                let refusal = Refusal::new(&common::TOO_LARGE)
                    .with("size", size / 1_048_576)
                    .with("max", rules.max / 1_048_576);
                return Err(refusal.on("file").into());
            }
            tokio::io::AsyncWriteExt::write_all(&mut file, &chunk).await.map_err(io)?;
        }
        tokio::io::AsyncWriteExt::flush(&mut file).await.map_err(io)?;
        if size == 0 {
            let _ = tokio::fs::remove_file(&path).await;
            return Err(Refusal::new(rules.no_file).on("file").into());
        }
        return Ok((fields, Upload { path, name: file_name }));
    }
    Err(Refusal::new(rules.no_file).on("file").into())
}
