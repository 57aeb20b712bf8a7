//! The master keys, the file they live in, and the sub-keys derived from them.
//!
//! # The key file
//!
//! Plain text, so that it can be printed and put in a safe:
//!
//! ```text
//! linli-keys 1
//! key 1 <43 characters base64url> <fingerprint>
//! key 2 <43 characters base64url> <fingerprint>
//! current 2
//! index 1
//! ```
//!
//! * Each `key` is 32 random bytes with a version number. A version is never reused and never removed while
//!   data encrypted under it exists. The fingerprint is derived from the key, reveals nothing about it, and
//!   catches a mistyped or damaged line before anything is encrypted under the wrong key.
//! * `current` is the version that encrypts and signs from now on; every version still decrypts and verifies.
//! * `index` is the version whose index key makes blind indexes. **Rotation leaves it alone**: an index made
//!   under another key would not match what the database holds, so uniqueness and search would fail
//!   silently. Changing it means recomputing every blind index of the deployment; the job that does so ends
//!   with [`KeyRing::move_index`].
//!
//! The file is created with mode 0600 and replaced atomically (written beside, flushed, renamed), so a reader
//! sees the old file or the new one and never half of one. Creation and rotation take a lock on
//! `<file>.lock`, so two processes that rotate at once add two keys and lose none. A file that others may
//! read, or that the group may write, is refused; group reading is let pass because container platforms
//! mount secrets that way.
//!
//! Losing the file means losing every encrypted field. A deployment should therefore remember
//! [`KeyRing::fingerprint`] of its keys in the database and refuse to start when the file does not have
//! them, rather than call [`KeyRing::load_or_create`] blindly a second time.
//!
//! # Sub-keys
//!
//! No master key is used directly. For each [`Purpose`] a 32-byte [`SubKey`] is derived with HKDF-SHA256
//! (RFC 5869), salt `linli vault v1`, info the purpose's name.

use std::fmt::{self, Write as _};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::Mac as _;
use zeroize::Zeroizing;

use crate::hkdf::{HmacSha256, expand, extract, hmac_sha256};
use crate::random::Random;

const SALT: &[u8] = b"linli vault v1";
const HEADER: &str = "linli-keys 1";
const MAX_FILE_BYTES: u64 = 1 << 20;

/// What a sub-key is for. One key never serves two purposes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// Encryption of fields at rest ([`crate::field`]).
    Field,
    /// Blind indexes ([`crate::blind`]).
    Index,
    /// One-time codes, slip codes, links and CSRF tags ([`crate::token`]).
    Token,
    /// Rotating check-in codes ([`crate::rotating`]).
    Code,
    /// Encryption of backups ([`crate::sealed`]).
    Backup,
    /// The chain of the audit log ([`crate::chain`]).
    Audit,
}

impl Purpose {
    const fn info(self) -> &'static [u8] {
        match self {
            Self::Field => b"field",
            Self::Index => b"index",
            Self::Token => b"token",
            Self::Code => b"code",
            Self::Backup => b"backup",
            Self::Audit => b"audit",
        }
    }
}

/// The number of a master key, counted from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyVersion(u16);

impl KeyVersion {
    /// The version every ring begins with.
    pub const FIRST: Self = Self(1);

    /// The version with this number; `None` for 0.
    #[must_use]
    pub const fn new(number: u16) -> Option<Self> {
        if number == 0 { None } else { Some(Self(number)) }
    }

    /// The number.
    #[must_use]
    pub const fn get(self) -> u16 {
        self.0
    }
}

impl fmt::Display for KeyVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Why there are no keys.
#[derive(Debug)]
#[non_exhaustive]
pub enum KeyError {
    /// There is no key file at this path.
    Missing {
        /// The key file.
        path: PathBuf,
    },
    /// [`KeyRing::create`] found a file and left it as it was.
    Exists {
        /// The key file.
        path: PathBuf,
    },
    /// Other users of the machine may read or change the key file.
    TooOpen {
        /// The key file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
    /// The file is not a key file, or a line of it is damaged. Never carries the content.
    Malformed {
        /// The key file.
        path: PathBuf,
        /// The line, from 1; 0 when the file as a whole is meant.
        line: usize,
        /// What is wrong with it.
        problem: &'static str,
    },
    /// The operating system refused.
    Io {
        /// The file.
        path: PathBuf,
        /// What was being done, for instance `write`.
        doing: &'static str,
        /// The operating system's reason.
        source: io::Error,
    },
    /// All 65,535 versions are used.
    Exhausted,
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing { path } => write!(f, "there is no key file at {}", path.display()),
            Self::Exists { path } => {
                write!(f, "there is already a key file at {}; it was not touched", path.display())
            }
            Self::TooOpen { path, mode } => write!(
                f,
                "the key file {path} is open to other users (mode {mode:04o}); run: chmod 600 {path}",
                path = path.display()
            ),
            Self::Malformed { path, line, problem } => {
                write!(f, "the key file {} is damaged, line {line}: {problem}", path.display())
            }
            Self::Io { path, doing, source } => write!(f, "cannot {doing} {}: {source}", path.display()),
            Self::Exhausted => f.write_str("all key versions are used"),
        }
    }
}

impl std::error::Error for KeyError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io { source, .. } => Some(source),
            Self::Missing { .. }
            | Self::Exists { .. }
            | Self::TooOpen { .. }
            | Self::Malformed { .. }
            | Self::Exhausted => None,
        }
    }
}

/// One derived key, ready for use. Wiped on drop; prints nothing of itself.
#[derive(Clone)]
pub struct SubKey {
    bytes: Zeroizing<[u8; 32]>,
    keyed: HmacSha256,
}

impl SubKey {
    fn derive(prk: &[u8; 32], purpose: Purpose) -> Self {
        let mut bytes = Zeroizing::new([0; 32]);
        expand(prk, purpose.info(), bytes.as_mut_slice());
        let keyed = hmac_sha256(bytes.as_slice());
        Self { bytes, keyed }
    }

    /// HMAC-SHA256 over `label` and `parts`, each preceded by its length in eight bytes, so that
    /// `["ab", "c"]` and `["a", "bc"]` differ.
    #[must_use]
    pub fn mac(&self, label: &str, parts: &[&[u8]]) -> [u8; 32] {
        let mut mac = self.keyed.clone();
        frame(&mut mac, label.as_bytes());
        for part in parts {
            frame(&mut mac, part);
        }
        mac.finalize().into_bytes().into()
    }

    pub(crate) fn bytes(&self) -> &[u8; 32] {
        &self.bytes
    }
}

fn frame(mac: &mut HmacSha256, part: &[u8]) {
    mac.update(&(part.len() as u64).to_be_bytes());
    mac.update(part);
}

impl fmt::Debug for SubKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SubKey(…)")
    }
}

#[derive(Clone)]
struct Master {
    version: KeyVersion,
    secret: Zeroizing<[u8; 32]>,
}

impl Master {
    fn generate(version: KeyVersion, rng: &mut dyn Random) -> Self {
        let mut secret = Zeroizing::new([0; 32]);
        rng.fill(secret.as_mut_slice());
        Self { version, secret }
    }

    fn prk(&self) -> Zeroizing<[u8; 32]> {
        extract(SALT, self.secret.as_slice())
    }

    fn fingerprint(&self) -> String {
        let mut bytes = [0; 8];
        expand(&self.prk(), b"fingerprint", &mut bytes);
        format!("{:016x}", u64::from_be_bytes(bytes))
    }
}

/// The master keys of a deployment: several versions, one of them current.
#[derive(Clone)]
pub struct KeyRing {
    current: Master,
    /// The other versions, oldest first.
    older: Vec<Master>,
    index: KeyVersion,
}

impl KeyRing {
    /// Makes the key file with one fresh key.
    ///
    /// # Errors
    /// [`KeyError::Exists`] when the file is there already; [`KeyError::Io`] when it cannot be written.
    pub fn create(path: &Path, rng: &mut dyn Random) -> Result<Self, KeyError> {
        let _lock = lock(path)?;
        // Also true of a dangling link, which must not be replaced either.
        if fs::symlink_metadata(path).is_ok() {
            return Err(KeyError::Exists { path: path.into() });
        }
        let ring = Self::fresh(rng);
        replace(path, &ring.render())?;
        Ok(ring)
    }

    /// Reads the key file.
    ///
    /// # Errors
    /// [`KeyError::Missing`], [`KeyError::TooOpen`], [`KeyError::Malformed`] or [`KeyError::Io`].
    pub fn load(path: &Path) -> Result<Self, KeyError> {
        let file = File::open(path).map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => KeyError::Missing { path: path.into() },
            _ => KeyError::Io { path: path.into(), doing: "open", source },
        })?;
        // Asked of the open file, so that it cannot be swapped between the question and the reading.
        let facts =
            file.metadata().map_err(|source| KeyError::Io { path: path.into(), doing: "inspect", source })?;
        refuse_open(path, &facts)?;
        if facts.len() > MAX_FILE_BYTES {
            return Err(KeyError::Malformed { path: path.into(), line: 0, problem: "the file is too large" });
        }
        let mut text = Zeroizing::new(String::with_capacity(usize::try_from(facts.len()).unwrap_or(0) + 1));
        (&file).take(MAX_FILE_BYTES).read_to_string(&mut text).map_err(|source| KeyError::Io {
            path: path.into(),
            doing: "read",
            source,
        })?;
        Self::parse(&text).map_err(|(line, problem)| KeyError::Malformed { path: path.into(), line, problem })
    }

    /// Reads the key file, or makes it when there is none: the first start of a deployment.
    ///
    /// # Errors
    /// As [`KeyRing::load`] and [`KeyRing::create`].
    pub fn load_or_create(path: &Path, rng: &mut dyn Random) -> Result<Self, KeyError> {
        match Self::load(path) {
            Err(KeyError::Missing { .. }) => match Self::create(path, rng) {
                // Another process was faster.
                Err(KeyError::Exists { .. }) => Self::load(path),
                other => other,
            },
            other => other,
        }
    }

    /// Adds a fresh key to the file and makes it current. Old values stay readable; the index version stays.
    ///
    /// # Errors
    /// As [`KeyRing::load`]; [`KeyError::Exhausted`].
    pub fn rotate(path: &Path, rng: &mut dyn Random) -> Result<Self, KeyError> {
        Self::change(path, |ring| ring.rotated(rng))
    }

    /// Makes the current key's index key the one for blind indexes and writes that to the file. Call it when
    /// every blind index of the deployment has been recomputed with
    /// [`BlindIndexer::for_version`](crate::BlindIndexer::for_version), in the same maintenance window.
    ///
    /// # Errors
    /// As [`KeyRing::load`].
    pub fn move_index(path: &Path) -> Result<Self, KeyError> {
        Self::change(path, |ring| Ok(Self { index: ring.current.version, ..ring.clone() }))
    }

    fn change(path: &Path, edit: impl FnOnce(&Self) -> Result<Self, KeyError>) -> Result<Self, KeyError> {
        // Where the path is a link, the file behind it is replaced, not the link.
        let real = fs::canonicalize(path).map_err(|source| match source.kind() {
            io::ErrorKind::NotFound => KeyError::Missing { path: path.into() },
            _ => KeyError::Io { path: path.into(), doing: "find", source },
        })?;
        let _lock = lock(&real)?;
        let ring = edit(&Self::load(&real)?)?;
        replace(&real, &ring.render())?;
        Ok(ring)
    }

    /// A ring that lives in memory only and is the same for the same seed: tests and the demo city.
    #[must_use]
    pub fn ephemeral(seed: [u8; 32]) -> Self {
        let seed = Zeroizing::new(seed);
        let prk = extract(b"linli ephemeral", seed.as_slice());
        let mut secret = Zeroizing::new([0; 32]);
        expand(&prk, b"master", secret.as_mut_slice());
        Self {
            current: Master { version: KeyVersion::FIRST, secret },
            older: Vec::new(),
            index: KeyVersion::FIRST,
        }
    }

    fn fresh(rng: &mut dyn Random) -> Self {
        Self {
            current: Master::generate(KeyVersion::FIRST, rng),
            older: Vec::new(),
            index: KeyVersion::FIRST,
        }
    }

    /// This ring with one fresh key more, which is current. In memory only; see [`KeyRing::rotate`].
    ///
    /// # Errors
    /// [`KeyError::Exhausted`].
    pub fn rotated(&self, rng: &mut dyn Random) -> Result<Self, KeyError> {
        let last = self.versions().max().unwrap_or(KeyVersion::FIRST);
        let next = last.0.checked_add(1).map(KeyVersion).ok_or(KeyError::Exhausted)?;
        let mut older = self.older.clone();
        older.push(self.current.clone());
        older.sort_by_key(|key| key.version);
        Ok(Self { current: Master::generate(next, rng), older, index: self.index })
    }

    /// The version that encrypts and signs.
    #[must_use]
    pub const fn current_version(&self) -> KeyVersion {
        self.current.version
    }

    /// The version whose index key makes blind indexes.
    #[must_use]
    pub const fn index_version(&self) -> KeyVersion {
        self.index
    }

    /// All versions, the current one first.
    pub fn versions(&self) -> impl Iterator<Item = KeyVersion> + '_ {
        self.masters().map(|key| key.version)
    }

    /// Sixteen hexadecimal digits that identify a key without revealing it; `None` for an unknown version.
    #[must_use]
    pub fn fingerprint(&self, version: KeyVersion) -> Option<String> {
        self.master(version).map(Master::fingerprint)
    }

    /// The current sub-key for a purpose. For [`Purpose::Index`] that is the one of
    /// [`KeyRing::index_version`].
    #[must_use]
    pub fn sub_key(&self, purpose: Purpose) -> SubKey {
        let master = match purpose {
            Purpose::Index => self.master(self.index).unwrap_or(&self.current),
            _ => &self.current,
        };
        SubKey::derive(&master.prk(), purpose)
    }

    /// The sub-key of one version; `None` for an unknown version.
    #[must_use]
    pub fn sub_key_of(&self, version: KeyVersion, purpose: Purpose) -> Option<SubKey> {
        self.master(version).map(|key| SubKey::derive(&key.prk(), purpose))
    }

    fn masters(&self) -> impl Iterator<Item = &Master> {
        std::iter::once(&self.current).chain(&self.older)
    }

    fn master(&self, version: KeyVersion) -> Option<&Master> {
        self.masters().find(|key| key.version == version)
    }

    fn render(&self) -> Zeroizing<String> {
        // Reserved in full, so that no reallocation leaves a copy of the keys behind.
        let mut text = Zeroizing::new(String::with_capacity(512 + 80 * (self.older.len() + 1)));
        text.push_str(
            "# Master keys of this Linli deployment. Whoever has this file can read every protected field;\n\
             # without it nobody can. Keep a copy apart from the backups of the database.\n",
        );
        text.push_str(HEADER);
        text.push('\n');
        for key in self.older.iter().chain([&self.current]) {
            let secret = Zeroizing::new(URL_SAFE_NO_PAD.encode(key.secret.as_slice()));
            // Writing to a String cannot fail.
            let _ = writeln!(text, "key {} {} {}", key.version, secret.as_str(), key.fingerprint());
        }
        let _ = writeln!(text, "current {}\nindex {}", self.current.version, self.index);
        text
    }

    fn parse(text: &str) -> Result<Self, (usize, &'static str)> {
        let mut masters: Vec<Master> = Vec::new();
        let (mut header, mut current, mut index) = (false, None, None);
        for (number, line) in text.lines().enumerate().map(|(i, line)| (i + 1, line.trim())) {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            if !header {
                if line != HEADER {
                    return Err((number, "expected the line `linli-keys 1`"));
                }
                header = true;
                continue;
            }
            let version =
                |text: &str| text.parse().ok().and_then(KeyVersion::new).ok_or((number, "not a key version"));
            let words: Vec<&str> = line.split_whitespace().collect();
            match words.as_slice() {
                ["key", name, secret, fingerprint] => {
                    let key = Master { version: version(name)?, secret: decode_secret(secret, number)? };
                    if key.fingerprint() != *fingerprint {
                        return Err((number, "the key does not match its fingerprint"));
                    }
                    if masters.iter().any(|other| other.version == key.version) {
                        return Err((number, "the same version twice"));
                    }
                    masters.push(key);
                }
                ["current", name] if current.is_none() => current = Some(version(name)?),
                ["index", name] if index.is_none() => index = Some(version(name)?),
                _ => return Err((number, "not a line of a key file")),
            }
        }
        if !header {
            return Err((0, "the file is empty"));
        }
        let current = current.ok_or((0, "no line says which key is current"))?;
        let index = index.ok_or((0, "no line says which key makes indexes"))?;
        if !masters.iter().any(|key| key.version == index) {
            return Err((0, "the index key is not in the file"));
        }
        masters.sort_by_key(|key| key.version);
        let at = masters
            .iter()
            .position(|key| key.version == current)
            .ok_or((0, "the current key is not in the file"))?;
        let current = masters.remove(at);
        Ok(Self { current, older: masters, index })
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyRing")
            .field("versions", &self.versions().map(KeyVersion::get).collect::<Vec<_>>())
            .field("current", &self.current.version.0)
            .field("index", &self.index.0)
            .finish_non_exhaustive()
    }
}

fn decode_secret(text: &str, line: usize) -> Result<Zeroizing<[u8; 32]>, (usize, &'static str)> {
    let problem = (line, "the key is not 32 bytes of base64url");
    let bytes = Zeroizing::new(URL_SAFE_NO_PAD.decode(text).map_err(|_| problem)?);
    bytes.as_slice().try_into().map(Zeroizing::new).map_err(|_| problem)
}

#[cfg(unix)]
fn refuse_open(path: &Path, facts: &fs::Metadata) -> Result<(), KeyError> {
    use std::os::unix::fs::PermissionsExt as _;
    let mode = facts.permissions().mode() & 0o7777;
    // Anything for others, or writing and entering for the group.
    if mode & 0o037 == 0 { Ok(()) } else { Err(KeyError::TooOpen { path: path.into(), mode }) }
}

#[cfg(not(unix))]
fn refuse_open(_path: &Path, _facts: &fs::Metadata) -> Result<(), KeyError> {
    Ok(())
}

/// How to make a file that only this user may read.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    options
}

/// The path with an ending added: `keys` and `.lock` give `keys.lock`.
fn beside(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ending);
    name.into()
}

/// Waits until no other process creates or rotates this file. The lock ends with the returned handle, also
/// when the process dies.
fn lock(path: &Path) -> Result<File, KeyError> {
    let path = beside(path, ".lock");
    let fail = |source| KeyError::Io { path: path.clone(), doing: "lock", source };
    let file = private().create(true).truncate(false).open(&path).map_err(fail)?;
    file.lock().map_err(fail)?;
    Ok(file)
}

/// Puts `text` at `path` in one step. The caller holds the lock, so the name of the new file is free or left
/// over from a crash.
fn replace(path: &Path, text: &str) -> Result<(), KeyError> {
    let new = beside(path, ".new");
    let fail = |doing| {
        let path = new.clone();
        move |source| KeyError::Io { path, doing, source }
    };
    match fs::remove_file(&new) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(fail("remove")(error)),
        _ => {}
    }
    let mut file = private().create_new(true).open(&new).map_err(fail("create"))?;
    file.write_all(text.as_bytes()).map_err(fail("write"))?;
    file.sync_all().map_err(fail("flush"))?;
    fs::rename(&new, path).map_err(fail("rename"))?;
    #[cfg(unix)]
    {
        // The new name itself must survive a power cut.
        let folder = match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        File::open(folder).and_then(|folder| folder.sync_all()).map_err(fail("flush the folder of"))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::SeededRandom;
    use proptest::prelude::*;

    fn rng(seed: u8) -> SeededRandom {
        SeededRandom::new([seed; 32])
    }

    fn home() -> (tempfile::TempDir, PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("keys");
        (dir, path)
    }

    fn same(a: &KeyRing, b: &KeyRing) -> bool {
        *a.render() == *b.render()
    }

    #[test]
    fn create_then_load() {
        let (_dir, path) = home();
        assert!(matches!(KeyRing::load(&path), Err(KeyError::Missing { .. })));
        let made = KeyRing::create(&path, &mut rng(1)).unwrap();
        assert!(same(&made, &KeyRing::load(&path).unwrap()));
        assert!(matches!(KeyRing::create(&path, &mut rng(2)), Err(KeyError::Exists { .. })));
        assert!(same(&made, &KeyRing::load_or_create(&path, &mut rng(3)).unwrap()));
        assert!(!beside(&path, ".new").exists());
    }

    #[cfg(unix)]
    #[test]
    fn permissions() {
        use std::os::unix::fs::PermissionsExt as _;
        let (_dir, path) = home();
        KeyRing::create(&path, &mut rng(1)).unwrap();
        let mode = || fs::metadata(&path).unwrap().permissions().mode() & 0o7777;
        assert_eq!(mode(), 0o600);
        KeyRing::rotate(&path, &mut rng(2)).unwrap();
        assert_eq!(mode(), 0o600);
        for (mode, fine) in
            [(0o400, true), (0o440, true), (0o640, true), (0o604, false), (0o644, false), (0o660, false)]
        {
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            match KeyRing::load(&path) {
                Ok(_) => assert!(fine, "{mode:o} was let pass"),
                Err(error @ KeyError::TooOpen { .. }) => {
                    assert!(!fine, "{mode:o} was refused");
                    let text = error.to_string();
                    assert!(text.contains("chmod 600") && text.contains(&format!("{mode:04o}")), "{text}");
                }
                Err(other) => panic!("{other}"),
            }
        }
    }

    #[test]
    fn rotation_keeps_the_old_keys_and_the_index() {
        let (_dir, path) = home();
        let one = KeyRing::create(&path, &mut rng(1)).unwrap();
        let two = KeyRing::rotate(&path, &mut rng(2)).unwrap();
        assert!(same(&two, &KeyRing::load(&path).unwrap()));
        assert_eq!(two.versions().map(KeyVersion::get).collect::<Vec<_>>(), [2, 1]);
        assert_eq!(two.fingerprint(KeyVersion::FIRST), one.fingerprint(KeyVersion::FIRST));
        let bytes = |ring: &KeyRing, purpose| *ring.sub_key(purpose).bytes();
        assert_eq!(bytes(&one, Purpose::Index), bytes(&two, Purpose::Index));
        for purpose in [Purpose::Field, Purpose::Token, Purpose::Code] {
            assert_ne!(bytes(&one, purpose), bytes(&two, purpose));
        }
        let moved = KeyRing::move_index(&path).unwrap();
        assert_eq!(moved.index_version().get(), 2);
        assert_ne!(bytes(&one, Purpose::Index), bytes(&moved, Purpose::Index));
        assert_eq!(KeyRing::load(&path).unwrap().index_version().get(), 2);
    }

    #[cfg(unix)]
    #[test]
    fn rotation_through_a_link_keeps_the_link() {
        let (dir, path) = home();
        KeyRing::create(&path, &mut rng(1)).unwrap();
        let link = dir.path().join("link");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        KeyRing::rotate(&link, &mut rng(2)).unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(KeyRing::load(&path).unwrap().current_version().get(), 2);
    }

    #[test]
    fn a_left_over_new_file_is_no_obstacle() {
        let (_dir, path) = home();
        fs::write(beside(&path, ".new"), "half a fi").unwrap();
        KeyRing::create(&path, &mut rng(1)).unwrap();
        KeyRing::load(&path).unwrap();
    }

    #[test]
    fn races_lose_nothing() {
        let (_dir, path) = home();
        let rings: Vec<KeyRing> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..8)
                .map(|seed| {
                    let path = &path;
                    scope.spawn(move || KeyRing::load_or_create(path, &mut rng(seed)).unwrap())
                })
                .collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        });
        assert!(rings.iter().all(|ring| same(ring, &rings[0])), "all have the same key");
        std::thread::scope(|scope| {
            for seed in 10..18 {
                let path = &path;
                scope.spawn(move || KeyRing::rotate(path, &mut rng(seed)).unwrap());
            }
        });
        assert_eq!(KeyRing::load(&path).unwrap().versions().count(), 9);
    }

    #[test]
    fn damaged_files_are_told_apart() {
        let ring = KeyRing::ephemeral([1; 32]).rotated(&mut rng(1)).unwrap();
        let good = ring.render();
        assert!(KeyRing::parse(&good).is_ok());
        let problem = |text: &str| KeyRing::parse(text).unwrap_err();
        assert_eq!(problem("").1, "the file is empty");
        assert_eq!(problem("-----BEGIN-----").1, "expected the line `linli-keys 1`");
        assert_eq!(problem(&good.replace("current 2", "current 3")).1, "the current key is not in the file");
        assert_eq!(problem(&good.replace("index 1", "index 9")).1, "the index key is not in the file");
        assert_eq!(problem(&good.replace("index 1", "")).1, "no line says which key makes indexes");
        assert_eq!(problem(&good.replace("current 2", "current 0")).1, "not a key version");
        assert_eq!(problem(&good.replace("key 2", "key 1")).1, "the same version twice");
        assert_eq!(problem(&format!("{}hello\n", good.as_str())).1, "not a line of a key file");
        let line = good.lines().find(|line| line.starts_with("key 1")).unwrap();
        let secret = line.split(' ').nth(2).unwrap();
        let other = Zeroizing::new(URL_SAFE_NO_PAD.encode([0; 32]));
        assert_eq!(problem(&good.replace(secret, &other)), (4, "the key does not match its fingerprint"));
        assert_eq!(problem(&good.replace(secret, "AAAA")).1, "the key is not 32 bytes of base64url");
    }

    #[test]
    fn versions_end() {
        let mut ring = KeyRing::ephemeral([1; 32]);
        ring.current.version = KeyVersion(u16::MAX);
        assert!(matches!(ring.rotated(&mut rng(1)), Err(KeyError::Exhausted)));
    }

    #[test]
    fn nothing_secret_is_printed() {
        let ring = KeyRing::ephemeral([1; 32]);
        assert_eq!(format!("{ring:?}"), "KeyRing { versions: [1], current: 1, index: 1, .. }");
        assert_eq!(format!("{:?}", ring.sub_key(Purpose::Field)), "SubKey(…)");
    }

    #[test]
    fn derivation_is_pinned() {
        // A change here makes every stored value of every deployment unreadable.
        let mut master = Master { version: KeyVersion::FIRST, secret: Zeroizing::new([0; 32]) };
        master.secret[31] = 1;
        let got = SubKey::derive(&master.prk(), Purpose::Field);
        let mut expected = [0; 32];
        expand(&extract(b"linli vault v1", master.secret.as_slice()), b"field", &mut expected);
        assert_eq!(got.bytes(), &expected);
        assert_eq!(master.fingerprint(), PINNED_FINGERPRINT);
    }

    /// Computed independently, with Python's hmac and cryptography.
    const PINNED_FINGERPRINT: &str = "a3080f35218b6b5f";

    proptest! {
        #[test]
        fn files_read_back(seed: [u8; 32], rotations in 0_usize..5) {
            let mut rng = SeededRandom::new(seed);
            let mut ring = KeyRing::fresh(&mut rng);
            for _ in 0..rotations {
                ring = ring.rotated(&mut rng).unwrap();
            }
            let back = KeyRing::parse(&ring.render()).unwrap();
            prop_assert!(same(&ring, &back));
        }

        #[test]
        fn any_text_is_read_or_refused(text in "(linli-keys 1\n)?[ -~\n]{0,200}") {
            let _ = KeyRing::parse(&text);
        }

        #[test]
        fn parts_never_run_together(a: Vec<u8>, b: Vec<u8>) {
            let key = KeyRing::ephemeral([3; 32]).sub_key(Purpose::Token);
            let joined = [a.as_slice(), b.as_slice()].concat();
            prop_assert_ne!(key.mac("x", &[&a, &b]), key.mac("x", &[&joined]));
        }
    }
}
