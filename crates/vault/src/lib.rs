//! Secrets: everything in Linli that needs a key, a hash or a random number.
//!
//! The crate is pure and synchronous. It knows no SQL, no HTTP and no clock: times come in as UTC
//! milliseconds, randomness comes in as a [`Random`], and the only I/O is the key file in [`keys`]. It
//! answers requirements X1 (passwords), X4 (second factor), X6 (audit chain), X16 (encrypted backups) and X7 (field encryption, blind indexes, key rotation), and the
//! rule of section 6.4 that an ID number is stored encrypted, found by a keyed hash and shown masked.
//!
//! At start the program loads one [`KeyRing`] and builds from it the few long-lived values that it hands
//! to the rooms, each behind an `Arc`:
//!
//! | value | made from | used for |
//! |---|---|---|
//! | [`FieldCipher`] | all `field` keys | ID numbers, names, phones at rest |
//! | [`BlindIndexer`] | one `index` key | uniqueness of and search by an encrypted field |
//! | [`Signer`] | all `token` keys | links in messages, CSRF tags |
//! | [`SubKey`] of [`Purpose::Token`] | the current `token` key | storage of one-time codes and slip codes |
//! | [`SubKey`] of [`Purpose::Code`] | the current `code` key | rotating check-in codes |
//! | [`AuditChain`] | all `audit` keys | the chain over the audit log |
//! | [`SealWriter`], [`OpenReader`] | one `backup` key, a salt of the file's own | backups |
//! | [`TotpSecret`] | no key; stored through [`FieldCipher`] | the second factor of staff |
//! | [`PushKey`], [`DeviceKey`] | no key; stored through [`FieldCipher`] | notifications on devices |
//! | [`Passwords`] and [`Policy`] | no key, a [`Cost`] | staff and volunteer passwords |
//!
//! How a restricted field is stored, found and shown:
//!
//! ```
//! use vault::{BlindIndexer, FieldCipher, KeyRing, SeededRandom, mask_id_number};
//!
//! let ring = KeyRing::ephemeral([7; 32]);
//! let fields = FieldCipher::new(&ring, &mut SeededRandom::new([8; 32]));
//! let indexes = BlindIndexer::new(&ring);
//!
//! let id_enc = fields.encrypt("volunteer.id_number", b"110101199003071234");
//! let id_hmac = indexes.index("volunteer.id_number", b"110101199003071234");
//!
//! let shown = fields.decrypt_text("volunteer.id_number", &id_enc)?;
//! assert_eq!(mask_id_number(&shown), "1101**********1234");
//! assert_eq!(indexes.index("volunteer.id_number", shown.as_bytes()), id_hmac);
//! # Ok::<(), vault::FieldError>(())
//! ```
//!
//! Habits of the crate:
//!
//! * Randomness is a parameter. [`SystemRandom`] is made once in `main`; tests and the demo city use
//!   [`SeededRandom`] and are repeatable to the last byte.
//! * Secrets are wiped when dropped, print as `…` under `{:?}` and have no `Display`: a secret becomes text
//!   only where somebody wrote `.text()`.
//! * Every keyed hash starts with a label and frames each part with its length ([`SubKey::mac`]), so no two
//!   uses can be mistaken for each other, and no two lists of parts can run together.
//! * What the database has to protect against guessing (six-digit codes) is hashed with a key; what nobody
//!   can guess (session tokens) is hashed without one.
//! * Wrong input is a typed error or a plain "no"; nothing here has a text for the person in front of the
//!   screen. The caller has the texts, in the person's language.
//!
//! Room is left for the Chinese commercial algorithms (SM4, SM3): [`field`] names its algorithm in the first
//! byte of every value and keeps its cipher behind a trait.

mod base32;
pub mod blind;
pub mod chain;
pub mod field;
mod hkdf;
pub mod keys;
pub mod mask;
pub mod password;
pub mod push;
pub mod random;
pub mod rotating;
pub mod sealed;
pub mod token;
pub mod totp;
mod vault;

pub use self::vault::Vault;
pub use blind::{BlindIndex, BlindIndexer};
pub use chain::AuditChain;
pub use field::{FieldCipher, FieldError};
pub use keys::{KeyError, KeyRing, KeyVersion, Purpose, SubKey};
pub use mask::{mask_id_number, mask_name, mask_phone};
pub use password::{Candidate, Cost, PasswordError, Passwords, Policy, Weakness};
pub use push::{DeviceKey, PushKey};
pub use random::{Random, RandomError, SeededRandom, SystemRandom};
pub use rotating::RotatingCode;
pub use sealed::{OpenReader, SealError, SealWriter};
pub use token::{
    CodeHash, OneTimeCode, SessionToken, Signer, SlipCode, SlipError, TokenHash, constant_time_eq,
};
pub use totp::TotpSecret;
