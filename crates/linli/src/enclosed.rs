//! The files that a backup holds behind the database: those of the file store, when it is a folder of the data
//! directory, and uploads that are still worked on.
//!
//! After the compressed database comes a head, then for each file its name, its content in pieces, a mark whether it
//! could be read whole, and its SHA-256; at the end their number. A backup of an older program ends with the database.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use blobs::{Blobs, Hashing};
use db::{Db, WriteTx, args, sql};
use kernel::Error;

use crate::config::Config;
use crate::{Failure, open};

const HEAD: &[u8] = b"LINLI-FILES-1\n";
/// Bytes of a piece.
const PIECE: usize = 1 << 16;
/// Names read in one question.
const PAGE: i64 = 1_000;
/// Longest name.
const NAME_MAX: usize = 400;

/// What is to be enclosed.
#[derive(Debug)]
pub struct There {
    db: Db,
    /// The file store; `None` when its files are elsewhere, or the tables are older than it.
    store: Option<Blobs>,
    uploads: Vec<(String, PathBuf)>,
}

/// How many files were written, and how many could not be read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counted {
    /// Written.
    pub written: usize,
    /// Named by the database and not readable, or not as they were kept.
    pub missing: usize,
}

/// Looks what there is.
///
/// # Errors
/// Of the database.
pub fn gather(config: &Config, db: &Db) -> Result<There, Failure> {
    let booked: Option<(i64,)> = db.read_blocking(|tx| {
        tx.first(sql!("SELECT number FROM schema_migration WHERE room = 'people' AND number = 30"), args![])
    })?;
    let store = if booked.is_some() && config.s3.is_none() { Some(open::blobs(config)?) } else { None };
    let mut uploads = Vec::new();
    // Only those that rows name; others pass through within a request.
    walk(&config.data.join(open::FILES).join("import"), &format!("{}/import", open::FILES), &mut uploads);
    uploads.sort();
    Ok(There { db: db.clone(), store, uploads })
}

/// All plain files below a folder; what vanishes meanwhile was worked on and is no more.
fn walk(folder: &Path, name: &str, out: &mut Vec<(String, PathBuf)>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let Ok(part) = entry.file_name().into_string() else { continue };
        let name = format!("{name}/{part}");
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => walk(&entry.path(), &name, out),
            Ok(kind) if kind.is_file() && good(&name) => out.push((name, entry.path())),
            _ => {}
        }
    }
}

/// Whether a name leads to a place within the data folder that is ours.
fn good(name: &str) -> bool {
    let part = |part: &str| {
        !part.is_empty()
            && !part.starts_with('.')
            && part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
    };
    let ours = [open::BLOBS, open::FILES].iter().any(|top| name.split('/').next() == Some(top));
    ours && name.len() <= NAME_MAX && name.contains('/') && name.split('/').all(part)
}

/// Writes them.
///
/// # Errors
/// Of the disk that is written to. A file that cannot be read is counted.
pub fn write(to: &mut impl Write, there: &There) -> io::Result<Counted> {
    let mut counted = Counted::default();
    to.write_all(HEAD)?;
    for (name, path) in &there.uploads {
        // It may have been worked through meanwhile.
        if let Ok(file) = File::open(path)
            && one(to, name, Hashing::new(file), None)?
        {
            counted.written += 1;
        }
    }
    if let Some(store) = &there.store {
        let mut after = String::new();
        loop {
            let from = after.clone();
            let page = there
                .db
                .read_blocking(move |tx| people::blob::all(tx, &from, PAGE))
                .map_err(|error| io::Error::other(error.to_string()))?;
            let Some(last) = page.last() else { break };
            after.clone_from(&last.name);
            for file in &page {
                let name = format!("{}/{}", open::BLOBS, file.name);
                let whole = match store.get(&file.name) {
                    Ok(reader) => one(to, &name, Hashing::new(reader), Some(&file.hash))?,
                    Err(error) => {
                        tracing::error!(%error, "a file is missing in the backup");
                        false
                    }
                };
                if whole {
                    counted.written += 1;
                } else {
                    counted.missing += 1;
                }
            }
        }
    }
    to.write_all(&0_u16.to_be_bytes())?;
    to.write_all(&(counted.written as u64).to_be_bytes())?;
    Ok(counted)
}

/// Writes one; whether it was read whole and has the hash it should.
fn one(
    to: &mut impl Write,
    name: &str,
    mut from: Hashing<impl Read>,
    want: Option<&[u8]>,
) -> io::Result<bool> {
    let length = u16::try_from(name.len()).map_err(io::Error::other)?;
    to.write_all(&length.to_be_bytes())?;
    to.write_all(name.as_bytes())?;
    let mut piece = vec![0; PIECE];
    let mut whole = true;
    loop {
        match from.read(&mut piece) {
            Ok(0) => break,
            Ok(n) => {
                to.write_all(&u32::try_from(n).map_err(io::Error::other)?.to_be_bytes())?;
                to.write_all(piece.get(..n).unwrap_or_default())?;
            }
            Err(error) => {
                tracing::error!(%error, name, "a file could not be read for the backup");
                whole = false;
                break;
            }
        }
    }
    let hash = from.finish().hash;
    if want.is_some_and(|want| want != hash) {
        tracing::error!(name, "a file is not as it was kept");
        whole = false;
    }
    to.write_all(&0_u32.to_be_bytes())?;
    to.write_all(&[u8::from(whole)])?;
    to.write_all(&hash)?;
    Ok(whole)
}

fn exactly<const N: usize>(from: &mut impl Read) -> io::Result<[u8; N]> {
    let mut out = [0; N];
    from.read_exact(&mut out)?;
    Ok(out)
}

fn altered() -> io::Error {
    vault::SealError::Altered.into()
}

/// The content of one file, piece after piece.
struct Pieces<'r, R> {
    from: &'r mut R,
    left: usize,
    over: bool,
}

impl<R: Read> Read for Pieces<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 && !self.over {
            self.left = u32::from_be_bytes(exactly(self.from)?) as usize;
            self.over = self.left == 0;
        }
        if self.over || buffer.is_empty() {
            return Ok(0);
        }
        let most = self.left.min(buffer.len());
        let n = self.from.read(buffer.get_mut(..most).unwrap_or_default())?;
        if n == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.left -= n;
        Ok(n)
    }
}

/// Called with each file's name and content; then, for one that was not whole when it was written, with its name alone.
pub type Each<'f> = dyn FnMut(&str, Option<&mut dyn Read>) -> io::Result<()> + 'f;

/// Reads the files to the very end of a backup; returns how many were whole.
///
/// # Errors
/// When the backup is altered or cut short, or of `each`.
pub fn read(mut from: impl Read, each: &mut Each<'_>) -> io::Result<usize> {
    let mut head = vec![0; HEAD.len()];
    let first = from.read(&mut head)?;
    if first == 0 {
        return Ok(0);
    }
    from.read_exact(head.get_mut(first..).unwrap_or_default())?;
    if head != HEAD {
        return Err(altered());
    }
    let mut count = 0;
    loop {
        let length = usize::from(u16::from_be_bytes(exactly(&mut from)?));
        if length == 0 {
            break;
        }
        let mut name = vec![0; length];
        from.read_exact(&mut name)?;
        let name = String::from_utf8(name).ok().filter(|name| good(name)).ok_or_else(altered)?;
        let mut content = Hashing::new(Pieces { from: &mut from, left: 0, over: false });
        each(&name, Some(&mut content))?;
        io::copy(&mut content, &mut io::sink())?;
        let have = content.finish().hash;
        let [whole] = exactly::<1>(&mut from)?;
        if exactly::<32>(&mut from)? != have {
            return Err(altered());
        }
        if whole == 1 {
            count += 1;
        } else {
            each(&name, None)?;
        }
    }
    let said = u64::from_be_bytes(exactly(&mut from)?);
    if said != count as u64 || io::copy(&mut from, &mut io::sink())? != 0 {
        return Err(altered());
    }
    Ok(count)
}

/// Files on their way back: beside their places until everything else is right.
#[derive(Debug)]
pub struct Restoring {
    data: PathBuf,
    aside: PathBuf,
    names: Vec<String>,
}

impl Restoring {
    /// Into a data folder; nothing is made yet.
    #[must_use]
    pub fn to(data: &Path) -> Self {
        let aside = data.join(format!(".restore.{}.files", std::process::id()));
        Self { data: data.to_owned(), aside, names: Vec::new() }
    }

    /// Takes one, or drops the one before it.
    ///
    /// # Errors
    /// Of the disk.
    pub fn take(&mut self, name: &str, content: Option<&mut dyn Read>) -> io::Result<()> {
        use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
        let path = self.aside.join(name);
        let Some(content) = content else {
            self.names.retain(|one| one != name);
            return fs::remove_file(path);
        };
        if let Some(folder) = path.parent() {
            fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        }
        let mut file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
        io::copy(content, &mut file)?;
        file.sync_all()?;
        self.names.push(name.to_owned());
        Ok(())
    }

    /// Uploads among them: how their rows end, and where they will be.
    #[must_use]
    pub fn uploads(&self) -> Vec<(String, String)> {
        let ours = |name: &&String| name.starts_with(open::FILES);
        let place = |name: &String| self.data.join(name).display().to_string();
        self.names.iter().filter(ours).map(|name| (format!("%/{name}"), place(name))).collect()
    }

    /// Moves them to their places; returns how many.
    ///
    /// # Errors
    /// Of the disk.
    pub fn done(self) -> Result<usize, Failure> {
        let mut folders = std::collections::BTreeSet::new();
        for name in &self.names {
            let to = self.data.join(name);
            let moved = to.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| {
                folders.extend(to.parent().map(Path::to_owned));
                fs::rename(self.aside.join(name), &to)
            });
            moved.map_err(|error| format!("{}: {error}", to.display()))?;
        }
        for folder in folders {
            File::open(&folder)
                .and_then(|f| f.sync_all())
                .map_err(|e| format!("{}: {e}", folder.display()))?;
        }
        Ok(self.names.len())
    }
}

impl Drop for Restoring {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.aside);
    }
}

/// Makes the rows of uploads name the places they are at now.
///
/// # Errors
/// Of the database.
pub fn point_at(tx: &mut WriteTx<'_>, uploads: &[(String, String)]) -> Result<(), Error> {
    for (ending, path) in uploads {
        tx.exec(
            sql!("UPDATE roster_import SET file_path = $2 WHERE file_path LIKE $1"),
            args![ending, path],
        )?;
        tx.exec(sql!("UPDATE past_batch SET file_path = $2 WHERE file_path LIKE $1"), args![ending, path])?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(files: &[(&str, &[u8], bool)]) -> Vec<u8> {
        let mut out = HEAD.to_vec();
        let mut count = 0_u64;
        for (name, bytes, whole) in files {
            let want = if *whole { blobs::hash_of(bytes) } else { [0; 32] };
            count += u64::from(one(&mut out, name, Hashing::new(*bytes), Some(&want)).unwrap());
        }
        out.extend(0_u16.to_be_bytes());
        out.extend(count.to_be_bytes());
        out
    }

    #[test]
    fn comes_back_as_it_was_and_nothing_altered_does() {
        let large = vec![7; 200_000];
        let all = written(&[
            ("blobs/photo/0a/1.jpg", &large, true),
            ("blobs/photo/0a/2.jpg", b"rotten", false),
            ("files/import/00ff", b"", true),
        ]);
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let mut back = Restoring::to(&data);
        assert_eq!(read(&*all, &mut |name, content| back.take(name, content)).unwrap(), 2);
        assert!(!data.join("blobs").exists(), "not before the rest is right");
        assert_eq!(back.uploads().len(), 1);
        assert_eq!(back.done().unwrap(), 2);
        assert_eq!(fs::read(data.join("blobs/photo/0a/1.jpg")).unwrap(), large);
        assert!(data.join("files/import/00ff").exists() && !data.join("blobs/photo/0a/2.jpg").exists());
        assert_eq!(fs::read_dir(&data).unwrap().count(), 2, "nothing stays aside");

        assert_eq!(read(&b""[..], &mut |_, _| Ok(())).unwrap(), 0, "a backup of an older program");
        for cut in [1, 5, 20, 100, all.len() / 2, all.len() - 1] {
            assert!(read(&all[..cut], &mut |_, _| Ok(())).is_err(), "cut at {cut}");
        }
        let mut more = all.clone();
        more.push(0);
        assert!(read(&*more, &mut |_, _| Ok(())).is_err());
        for at in [3, 20, 1_000, all.len() - 3] {
            let mut other = all.clone();
            other[at] ^= 1;
            assert!(read(&*other, &mut |_, _| Ok(())).is_err(), "altered at {at}");
        }
        for name in ["blobs/../x", "etc/passwd", "blobs", "/blobs/x", "blobs/.x", "other/x"] {
            assert!(!good(name), "{name}");
            assert!(read(&*written(&[(name, b"x", true)]), &mut |_, _| Ok(())).is_err(), "{name}");
        }
    }
}
