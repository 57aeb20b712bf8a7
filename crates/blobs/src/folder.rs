//! Files in a folder: written beside their place, made durable, then moved there in one step.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, Read, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::UNIX_EPOCH;

use crate::{BlobError, Entry, Hashing, Kept, PIECE, Source, Store};

static SERIAL: AtomicU64 = AtomicU64::new(0);
/// Ending of files that are being written.
const PART: &str = ".part";

/// A folder.
#[derive(Debug)]
pub struct Folder {
    root: PathBuf,
}

impl Folder {
    /// In this folder.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// Makes the folder of a key, so that it survives a loss of power.
    fn folder_of(&self, path: &Path) -> io::Result<()> {
        let Some(folder) = path.parent() else { return Ok(()) };
        if folder.is_dir() {
            return Ok(());
        }
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        // Every folder on the way may be new.
        let mut at = folder;
        while let Some(above) =
            at.parent().filter(|above| above.starts_with(&self.root) || *above == self.root)
        {
            sync(above)?;
            at = above;
        }
        sync(self.root.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new(".")))
    }

    fn write(path: &Path, part: &Path, from: Source<'_>) -> io::Result<Kept> {
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(part)?;
        let mut copy = |reader: &mut dyn Read| {
            let mut reader = Hashing::new(reader);
            io::copy(&mut BufReader::with_capacity(PIECE, &mut reader), &mut file)?;
            file.flush()?;
            file.sync_all()?;
            Ok::<_, io::Error>(reader.finish())
        };
        let kept = match from {
            Source::Bytes(mut bytes) => copy(&mut bytes)?,
            Source::File(path) => copy(&mut File::open(path)?)?,
        };
        fs::rename(part, path)?;
        if let Some(folder) = path.parent() {
            sync(folder)?;
        }
        Ok(kept)
    }

    /// Calls `each` for every file below a folder with its key.
    fn walk(
        &self,
        folder: &Path,
        each: &mut dyn FnMut(&str, &fs::DirEntry) -> io::Result<()>,
    ) -> io::Result<()> {
        let entries = match fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error),
        };
        for entry in entries {
            let entry = entry?;
            let path = entry.path();
            let kind = entry.file_type()?;
            if kind.is_dir() {
                self.walk(&path, each)?;
            } else if kind.is_file()
                && let Ok(Some(key)) = path.strip_prefix(&self.root).map(Path::to_str)
            {
                each(key, &entry)?;
            }
        }
        Ok(())
    }
}

fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

fn modified_ms(entry: &fs::DirEntry) -> io::Result<(u64, i64)> {
    let meta = entry.metadata()?;
    let since = meta.modified()?.duration_since(UNIX_EPOCH).unwrap_or_default();
    Ok((meta.len(), i64::try_from(since.as_millis()).unwrap_or(i64::MAX)))
}

/// What vanished while it was looked at is no error.
fn gone_is_fine(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

impl Store for Folder {
    fn put(&self, key: &str, from: Source<'_>) -> Result<Kept, BlobError> {
        let path = self.root.join(key);
        let io = |error| BlobError::Io(path.display().to_string(), error);
        self.folder_of(&path).map_err(io)?;
        let n = SERIAL.fetch_add(1, Ordering::Relaxed);
        let part = path.with_file_name(format!(".{}-{n}{PART}", std::process::id()));
        let written = Self::write(&path, &part, from);
        if written.is_err() {
            let _ = fs::remove_file(&part);
        }
        written.map_err(io)
    }

    fn get(&self, key: &str) -> Result<Box<dyn Read + Send>, BlobError> {
        match File::open(self.root.join(key)) {
            Ok(file) => Ok(Box::new(file)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Err(BlobError::NotFound(key.to_owned())),
            Err(error) => Err(BlobError::Io(key.to_owned(), error)),
        }
    }

    fn delete(&self, key: &str) -> Result<(), BlobError> {
        gone_is_fine(fs::remove_file(self.root.join(key)))
            .map_err(|error| BlobError::Io(key.to_owned(), error))
    }

    fn list(&self, prefix: &str, each: &mut dyn FnMut(Entry)) -> Result<(), BlobError> {
        self.walk(&self.root, &mut |key, entry| {
            if key.starts_with(prefix) && !key.ends_with(PART) {
                gone_is_fine(modified_ms(entry).map(|(bytes, modified_ms)| {
                    each(Entry { key: key.to_owned(), bytes, modified_ms });
                }))?;
            }
            Ok(())
        })
        .map_err(|error| BlobError::Io(self.root.display().to_string(), error))
    }

    fn tidy(&self, before_ms: i64) -> Result<(), BlobError> {
        self.walk(&self.root, &mut |key, entry| {
            if key.ends_with(PART) && modified_ms(entry)?.1 < before_ms {
                gone_is_fine(fs::remove_file(entry.path()))?;
            }
            Ok(())
        })
        .map_err(|error| BlobError::Io(self.root.display().to_string(), error))
    }

    fn name(&self) -> String {
        self.root.display().to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_written_files_are_never_seen_and_go_after_a_while() {
        let folder = tempfile::tempdir().unwrap();
        let store = Folder::new(folder.path().join("blobs"));
        store.put("a/one", Source::Bytes(b"1")).unwrap();
        fs::write(folder.path().join("blobs/a/.9-9.part"), "half").unwrap();
        let mut seen = Vec::new();
        store.list("", &mut |entry| seen.push(entry.key)).unwrap();
        assert_eq!(seen, ["a/one"]);
        store.tidy(0).unwrap();
        assert!(folder.path().join("blobs/a/.9-9.part").exists());
        store.tidy(i64::MAX).unwrap();
        assert!(!folder.path().join("blobs/a/.9-9.part").exists());
        assert!(store.put("a/two", Source::File(Path::new("/nowhere/at/all"))).is_err());
        assert_eq!(fs::read_dir(folder.path().join("blobs/a")).unwrap().count(), 1, "nothing half stays");
    }
}
