//! Files that leave the house encrypted: backups (X16).
//!
//! | bytes | what |
//! |---|---|
//! | 8 | `LINLIBK1` |
//! | 2 | number of the master key |
//! | 16 | its fingerprint, so that the wrong key file is named as such |
//! | 8 | when it was made, UTC milliseconds |
//! | 32 | salt |
//! | … | chunks: 4 bytes length (the highest bit marks the last one), ciphertext, 16 bytes tag |
//!
//! The file's key is HMAC-SHA256 of the salt under the `backup` sub-key, so no two files share one. Each
//! chunk is AES-256-GCM with its number and whether it is the last in the nonce, and the head as further
//! authenticated data: a chunk that is changed, missing, added or moved, and a file that is cut short, are
//! found before anything of them is used. The key itself is never inside.

use std::io::{self, Read, Write};

use aes_gcm::{AeadInOut as _, Aes256Gcm, KeyInit as _};

use crate::keys::{KeyRing, KeyVersion, Purpose};
use crate::random::Random;

const MAGIC: &[u8; 8] = b"LINLIBK1";
const HEAD: usize = 8 + 2 + 16 + 8 + 32;
const TAG: usize = 16;
/// Bytes of a whole chunk before encryption.
const CHUNK: usize = 1 << 20;
const LAST: u32 = 1 << 31;

/// Why a file cannot be opened. Arrives inside an [`io::Error`] of kind `InvalidData`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SealError {
    /// Not a file of this kind.
    NotOurs,
    /// Made under a key that the key file does not hold; its fingerprint.
    WrongKey(String),
    /// Changed, damaged or cut short.
    Altered,
}

impl std::fmt::Display for SealError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::NotOurs => f.write_str("this is no backup of Linli"),
            Self::WrongKey(print) => {
                write!(
                    f,
                    "the backup was made under the master key {print}, which the key file does not hold"
                )
            }
            Self::Altered => f.write_str("the backup was altered, damaged or cut short"),
        }
    }
}

impl std::error::Error for SealError {}

impl From<SealError> for io::Error {
    fn from(error: SealError) -> Self {
        Self::new(io::ErrorKind::InvalidData, error)
    }
}

fn nonce(number: u64, last: bool) -> [u8; 12] {
    let [a, b, c, d, e, f, g, h] = number.to_be_bytes();
    [u8::from(last), 0, 0, 0, a, b, c, d, e, f, g, h]
}

fn cipher(ring: &KeyRing, version: KeyVersion, salt: &[u8]) -> Option<Aes256Gcm> {
    let key = ring.sub_key_of(version, Purpose::Backup)?.mac("file", &[salt]);
    Some(Aes256Gcm::new(&key.into()))
}

/// Encrypts what is written into it. Nothing can be read before [`SealWriter::finish`].
pub struct SealWriter<W: Write> {
    inner: W,
    cipher: Aes256Gcm,
    head: [u8; HEAD],
    buffer: Vec<u8>,
    number: u64,
}

impl<W: Write> std::fmt::Debug for SealWriter<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SealWriter(chunk {})", self.number)
    }
}

impl<W: Write> SealWriter<W> {
    /// Begins a file under the current key of the ring. `made_at`: UTC milliseconds.
    ///
    /// # Errors
    /// Of the writer.
    pub fn new(mut inner: W, ring: &KeyRing, rng: &mut dyn Random, made_at: i64) -> io::Result<Self> {
        let version = ring.current_version();
        let mut salt = [0; 32];
        rng.fill(&mut salt);
        let print = ring.fingerprint(version).unwrap_or_default();
        let mut head = [0; HEAD];
        let parts: [&[u8]; 5] =
            [MAGIC, &version.get().to_be_bytes(), print.as_bytes(), &made_at.to_be_bytes(), &salt];
        head.iter_mut().zip(parts.concat()).for_each(|(to, from)| *to = from);
        let cipher = cipher(ring, version, &salt).ok_or(SealError::WrongKey(print))?;
        inner.write_all(&head)?;
        Ok(Self { inner, cipher, head, buffer: Vec::with_capacity(CHUNK), number: 0 })
    }

    fn chunk(&mut self, last: bool) -> io::Result<()> {
        let nonce = nonce(self.number, last);
        let tag = self
            .cipher
            .encrypt_inout_detached(&nonce.into(), &self.head, self.buffer.as_mut_slice().into())
            .map_err(|_| io::Error::other("a chunk could not be encrypted"))?;
        let length = u32::try_from(self.buffer.len()).unwrap_or(0) | if last { LAST } else { 0 };
        self.inner.write_all(&length.to_be_bytes())?;
        self.inner.write_all(&self.buffer)?;
        self.inner.write_all(&tag)?;
        self.buffer.clear();
        self.number += 1;
        Ok(())
    }

    /// Ends the file and gives the writer back.
    ///
    /// # Errors
    /// Of the writer.
    pub fn finish(mut self) -> io::Result<W> {
        self.chunk(true)?;
        self.inner.flush()?;
        Ok(self.inner)
    }
}

impl<W: Write> Write for SealWriter<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.buffer.len() == CHUNK {
            self.chunk(false)?;
        }
        let (now, _) = bytes.split_at(bytes.len().min(CHUNK - self.buffer.len()));
        self.buffer.extend_from_slice(now);
        Ok(now.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// Decrypts what [`SealWriter`] wrote. What it gives out is genuine; only its end proves that nothing is
/// missing, so use nothing before that.
pub struct OpenReader<R: Read> {
    inner: R,
    cipher: Aes256Gcm,
    head: [u8; HEAD],
    buffer: Vec<u8>,
    given: usize,
    number: u64,
    ended: bool,
    made_at: i64,
}

impl<R: Read> std::fmt::Debug for OpenReader<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "OpenReader(chunk {})", self.number)
    }
}

/// Reads exactly; an early end is a cut file.
fn whole(inner: &mut impl Read, into: &mut [u8]) -> io::Result<()> {
    inner.read_exact(into).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => SealError::Altered.into(),
        _ => error,
    })
}

impl<R: Read> OpenReader<R> {
    /// Reads the head and finds the key.
    ///
    /// # Errors
    /// [`SealError`] inside an [`io::Error`]; of the reader.
    pub fn new(mut inner: R, ring: &KeyRing) -> io::Result<Self> {
        let mut head = [0; HEAD];
        inner.read_exact(&mut head).map_err(|_| SealError::NotOurs)?;
        let rest = head.strip_prefix(MAGIC).ok_or(SealError::NotOurs)?;
        let (version, rest) = rest.split_first_chunk::<2>().ok_or(SealError::NotOurs)?;
        let (print, rest) = rest.split_first_chunk::<16>().ok_or(SealError::NotOurs)?;
        let (made_at, salt) = rest.split_first_chunk::<8>().ok_or(SealError::NotOurs)?;
        let print = String::from_utf8_lossy(print).into_owned();
        let version = KeyVersion::new(u16::from_be_bytes(*version))
            .filter(|version| ring.fingerprint(*version).as_ref() == Some(&print));
        let found = version.and_then(|version| cipher(ring, version, salt));
        let cipher = found.ok_or(SealError::WrongKey(print))?;
        let made_at = i64::from_be_bytes(*made_at);
        Ok(Self { inner, cipher, head, buffer: Vec::new(), given: 0, number: 0, ended: false, made_at })
    }

    /// When the file was made, UTC milliseconds; genuine once a byte was read.
    #[must_use]
    pub const fn made_at(&self) -> i64 {
        self.made_at
    }

    fn chunk(&mut self) -> io::Result<()> {
        let mut length = [0; 4];
        whole(&mut self.inner, &mut length)?;
        let length = u32::from_be_bytes(length);
        let last = length & LAST != 0;
        let length = usize::try_from(length & !LAST).unwrap_or(usize::MAX);
        if length > CHUNK {
            return Err(SealError::Altered.into());
        }
        self.buffer.resize(length, 0);
        whole(&mut self.inner, &mut self.buffer)?;
        let mut tag = [0; TAG];
        whole(&mut self.inner, &mut tag)?;
        let nonce = nonce(self.number, last);
        self.cipher
            .decrypt_inout_detached(&nonce.into(), &self.head, self.buffer.as_mut_slice().into(), &tag.into())
            .map_err(|_| SealError::Altered)?;
        if last {
            self.ended = true;
            // Nothing may follow the last chunk.
            if self.inner.read(&mut [0; 1])? != 0 {
                return Err(SealError::Altered.into());
            }
        }
        self.number += 1;
        self.given = 0;
        Ok(())
    }
}

impl<R: Read> Read for OpenReader<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.given == self.buffer.len() {
            if self.ended {
                return Ok(0);
            }
            self.chunk()?;
        }
        let left = self.buffer.get(self.given..).unwrap_or_default();
        let count = left.len().min(into.len());
        into.iter_mut().zip(left).for_each(|(to, from)| *to = *from);
        self.given += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SeededRandom;

    fn ring() -> KeyRing {
        KeyRing::ephemeral([5; 32])
    }

    fn sealed(text: &[u8]) -> Vec<u8> {
        let mut writer =
            SealWriter::new(Vec::new(), &ring(), &mut SeededRandom::new([6; 32]), 1_790_000_000_000).unwrap();
        writer.write_all(text).unwrap();
        writer.finish().unwrap()
    }

    fn opened(file: &[u8], ring: &KeyRing) -> Result<Vec<u8>, Option<SealError>> {
        let why = |e: io::Error| e.get_ref().and_then(|e| e.downcast_ref::<SealError>()).cloned();
        let mut out = Vec::new();
        OpenReader::new(file, ring).map_err(why)?.read_to_end(&mut out).map_err(why)?;
        Ok(out)
    }

    #[test]
    fn what_goes_in_comes_out_at_every_length() {
        for length in [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 2 * CHUNK + 7] {
            let text: Vec<u8> = (0..length).map(|n| (n % 251) as u8).collect();
            let file = sealed(&text);
            assert_eq!(opened(&file, &ring()).unwrap(), text, "{length}");
            assert!(length < 64 || !file.windows(16).any(|part| part == &text[32..48]));
        }
    }

    #[test]
    fn every_change_and_every_cut_is_found() {
        let file = sealed(&vec![7; 2 * CHUNK + 100]);
        for at in [0, 9, 12, 30, 40, HEAD, HEAD + 3, HEAD + 100, HEAD + CHUNK + 4, file.len() - 1] {
            let mut bad = file.clone();
            bad[at] ^= 1;
            assert!(opened(&bad, &ring()).is_err(), "byte {at}");
        }
        for length in [0, 5, HEAD, HEAD + 4, HEAD + CHUNK + 4 + TAG, file.len() - 1] {
            assert!(opened(&file[..length], &ring()).is_err(), "cut to {length}");
        }
        let mut longer = file.clone();
        longer.push(0);
        assert_eq!(opened(&longer, &ring()), Err(Some(SealError::Altered)));
        // Two chunks exchanged.
        let size = 4 + CHUNK + TAG;
        let moved = [
            &file[..HEAD],
            &file[HEAD + size..HEAD + 2 * size],
            &file[HEAD..HEAD + size],
            &file[HEAD + 2 * size..],
        ]
        .concat();
        assert_eq!(opened(&moved, &ring()), Err(Some(SealError::Altered)));
    }

    #[test]
    fn another_key_is_named_and_an_older_one_still_opens() {
        let file = sealed(b"secret");
        let other = KeyRing::ephemeral([9; 32]);
        let print = ring().fingerprint(KeyVersion::FIRST).unwrap();
        assert_eq!(opened(&file, &other), Err(Some(SealError::WrongKey(print))));
        let rotated = ring().rotated(&mut SeededRandom::new([1; 32])).unwrap();
        assert_eq!(opened(&file, &rotated).unwrap(), b"secret");
        assert_eq!(
            opened(
                b"PK\x03\x04 a zip file, say, of some length that is longer than the head of ours",
                &ring()
            ),
            Err(Some(SealError::NotOurs))
        );
    }
}
