//! Files that are kept beside the database (ADR 0020): pictures and whatever else is too large for a row. One small
//! interface, two places behind it: a folder of the data directory, and a bucket that speaks S3.
//!
//! A file is put first and referred to by a row afterwards, so that no row ever names a file that is not there; what no
//! row names is removed by a regular job. Keys are made by the program and never used twice. Everything here blocks:
//! call it from a thread that may wait, never inside a unit of work.

mod folder;
mod s3;

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;

use sha2::{Digest as _, Sha256};

pub use folder::Folder;
pub use s3::{S3, S3Config};

/// SHA-256 of a file's content.
pub type Hash = [u8; 32];

/// Bytes read at once.
const PIECE: usize = 1 << 16;
/// How often a whole file is read from elsewhere before it is given up.
const READS: usize = 3;
/// Longest key.
const KEY_MAX: usize = 200;

/// Why a file could not be kept, read or removed. No text holds a key of an account or a signed address.
#[derive(Debug)]
pub enum BlobError {
    /// The key is none: a defect.
    Key(String),
    /// There is no such file.
    NotFound(String),
    /// The disk failed, or the connection broke.
    Io(String, io::Error),
    /// The other side refused or failed.
    Remote(String),
    /// What was read is not what was kept.
    Altered(String),
    /// It is larger than the reader allows.
    TooLarge(String),
}

impl fmt::Display for BlobError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(key) => write!(f, "{key:?} is no key of a file"),
            Self::NotFound(key) => write!(f, "the file {key} is not there"),
            Self::Io(what, error) => write!(f, "{what}: {error}"),
            Self::Remote(text) => write!(f, "the file store: {text}"),
            Self::Altered(key) => write!(f, "the file {key} is not as it was kept"),
            Self::TooLarge(key) => write!(f, "the file {key} is larger than it may be"),
        }
    }
}

impl std::error::Error for BlobError {}

/// What is kept.
#[derive(Clone, Copy)]
pub enum Source<'a> {
    /// Bytes at hand.
    Bytes(&'a [u8]),
    /// A file on this machine; it is read as a stream, and read again when a try fails.
    File(&'a Path),
}

/// What was kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept {
    /// Its size.
    pub bytes: u64,
    /// SHA-256 of its content.
    pub hash: Hash,
}

/// A file as a list names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its key.
    pub key: String,
    /// Its size.
    pub bytes: u64,
    /// When it was kept, UTC milliseconds, by the clock of the store.
    pub modified_ms: i64,
}

/// A place for files.
pub trait Store: Send + Sync + fmt::Debug {
    /// Keeps a file under a key; when this returns, it is durable and whole. A file of the same key is replaced.
    ///
    /// # Errors
    /// When it cannot be read or kept.
    fn put(&self, key: &str, from: Source<'_>) -> Result<Kept, BlobError>;

    /// Reads a file as a stream.
    ///
    /// # Errors
    /// [`BlobError::NotFound`], or of the disk or the connection.
    fn get(&self, key: &str) -> Result<Box<dyn Read + Send>, BlobError>;

    /// Removes a file; one that is not there is no error.
    ///
    /// # Errors
    /// Of the disk or the connection.
    fn delete(&self, key: &str) -> Result<(), BlobError>;

    /// Tells all files whose keys begin with `prefix`, in no particular order, without holding them all in memory.
    ///
    /// # Errors
    /// Of the disk or the connection.
    fn list(&self, prefix: &str, each: &mut dyn FnMut(Entry)) -> Result<(), BlobError>;

    /// Removes what broken writes left before a moment (UTC milliseconds).
    ///
    /// # Errors
    /// Of the disk.
    fn tidy(&self, before_ms: i64) -> Result<(), BlobError> {
        let _ = before_ms;
        Ok(())
    }

    /// What it is, for people; without secrets.
    fn name(&self) -> String;

    /// Whether the files are elsewhere, and a broken connection may be tried again.
    fn remote(&self) -> bool {
        false
    }
}

/// The file store of the program. Cloning shares it.
#[derive(Clone, Debug)]
pub struct Blobs(Arc<dyn Store>);

impl Blobs {
    /// Any place.
    pub fn new(store: impl Store + 'static) -> Self {
        Self(Arc::new(store))
    }

    /// A folder; it is made when the first file comes.
    pub fn folder(path: impl Into<std::path::PathBuf>) -> Self {
        Self::new(Folder::new(path))
    }

    /// Keeps a file: see [`Store::put`].
    ///
    /// # Errors
    /// As there, and for what is no key.
    pub fn put(&self, key: &str, from: Source<'_>) -> Result<Kept, BlobError> {
        self.0.put(checked(key)?, from)
    }

    /// Reads a file as a stream: see [`Store::get`].
    ///
    /// # Errors
    /// As there.
    pub fn get(&self, key: &str) -> Result<Box<dyn Read + Send>, BlobError> {
        self.0.get(checked(key)?)
    }

    /// Reads a whole file of at most `max` bytes and holds it against its hash. A broken or altered answer from
    /// elsewhere is asked for again.
    ///
    /// # Errors
    /// [`BlobError::Altered`] when it is not what was kept, [`BlobError::TooLarge`], and as [`Store::get`].
    pub fn read(&self, key: &str, hash: &Hash, max: u64) -> Result<Vec<u8>, BlobError> {
        let mut tries = if self.0.remote() { READS } else { 1 };
        loop {
            tries -= 1;
            match self.read_once(key, hash, max) {
                Err(error @ (BlobError::Io(..) | BlobError::Altered(_))) if tries > 0 => {
                    tracing::warn!(%error, "a file is read again");
                }
                other => return other,
            }
        }
    }

    fn read_once(&self, key: &str, hash: &Hash, max: u64) -> Result<Vec<u8>, BlobError> {
        let mut out = Vec::new();
        let stream = self.get(key)?;
        stream.take(max + 1).read_to_end(&mut out).map_err(|error| BlobError::Io(key.to_owned(), error))?;
        if out.len() as u64 > max {
            return Err(BlobError::TooLarge(key.to_owned()));
        }
        if hash_of(&out) == *hash { Ok(out) } else { Err(BlobError::Altered(key.to_owned())) }
    }

    /// Removes a file: see [`Store::delete`].
    ///
    /// # Errors
    /// As there.
    pub fn delete(&self, key: &str) -> Result<(), BlobError> {
        self.0.delete(checked(key)?)
    }

    /// Tells all files: see [`Store::list`].
    ///
    /// # Errors
    /// As there.
    pub fn list(&self, prefix: &str, each: &mut dyn FnMut(Entry)) -> Result<(), BlobError> {
        self.0.list(prefix, each)
    }

    /// Removes what broken writes left: see [`Store::tidy`].
    ///
    /// # Errors
    /// As there.
    pub fn tidy(&self, before_ms: i64) -> Result<(), BlobError> {
        self.0.tidy(before_ms)
    }

    /// What it is, for people.
    #[must_use]
    pub fn name(&self) -> String {
        self.0.name()
    }

    /// Whether the files are elsewhere: they are not in the data directory then, and not in backups.
    #[must_use]
    pub fn remote(&self) -> bool {
        self.0.remote()
    }
}

/// A key: parts of lower-case letters, digits, `-`, `_` and `.`, none of them beginning with a dot, joined by `/`.
fn checked(key: &str) -> Result<&str, BlobError> {
    let part = |part: &str| {
        !part.is_empty()
            && !part.starts_with('.')
            && part
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'_' | b'.'))
    };
    if key.len() <= KEY_MAX && key.split('/').all(part) {
        Ok(key)
    } else {
        Err(BlobError::Key(key.to_owned()))
    }
}

/// SHA-256 of bytes.
#[must_use]
pub fn hash_of(bytes: &[u8]) -> Hash {
    Sha256::digest(bytes).into()
}

/// A reader that hashes and counts what passes through it.
pub struct Hashing<R> {
    inner: R,
    hasher: Sha256,
    bytes: u64,
}

impl<R: Read> Hashing<R> {
    /// Around a reader.
    pub fn new(inner: R) -> Self {
        Self { inner, hasher: Sha256::new(), bytes: 0 }
    }

    /// What has passed.
    pub fn finish(self) -> Kept {
        Kept { bytes: self.bytes, hash: self.hasher.finalize().into() }
    }
}

impl<R> fmt::Debug for Hashing<R> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hashing({} bytes)", self.bytes)
    }
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.hasher.update(buffer.get(..n).unwrap_or_default());
        self.bytes += n as u64;
        Ok(n)
    }
}

/// Size and hash of a source, read once.
fn measure(from: Source<'_>) -> Result<Kept, BlobError> {
    match from {
        Source::Bytes(bytes) => Ok(Kept { bytes: bytes.len() as u64, hash: hash_of(bytes) }),
        Source::File(path) => {
            let io = |error| BlobError::Io(path.display().to_string(), error);
            let mut reader = Hashing::new(File::open(path).map_err(io)?);
            let mut buffer = vec![0; PIECE];
            while reader.read(&mut buffer).map_err(io)? > 0 {}
            Ok(reader.finish())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_cannot_leave_their_folder() {
        for good in ["photo/0a/12-d.jpg", "x", "a_b/c.d"] {
            assert!(checked(good).is_ok(), "{good}");
        }
        let long = "a".repeat(KEY_MAX + 1);
        for bad in [
            "", "/x", "x/", "a//b", "../x", "a/../b", ".hidden", "a/.b", "A", "a b", "ä", "a\\b", "a\0",
            &long,
        ] {
            assert!(checked(bad).is_err(), "{bad}");
        }
    }
}
