//! All secrets of a running program in one value, handed to the rooms behind an `Arc`.

use std::sync::{Mutex, PoisonError};

use crate::{
    AuditChain, BlindIndexer, Cost, FieldCipher, KeyRing, OneTimeCode, PasswordError, Passwords, Purpose,
    Random, SessionToken, Signer, SlipCode, SubKey, TotpSecret,
};

/// Ciphers, indexes, signatures and randomness, made once from a [`KeyRing`].
pub struct Vault {
    /// Encryption of fields at rest.
    pub fields: FieldCipher,
    /// Blind indexes.
    pub indexes: BlindIndexer,
    /// Links and CSRF tags.
    pub signer: Signer,
    /// Storage of one-time codes and slip codes.
    pub codes: SubKey,
    /// Rotating check-in codes.
    pub rotating: SubKey,
    /// The chain over the audit log.
    pub audit: AuditChain,
    /// Passwords.
    pub passwords: Passwords,
    random: Mutex<Box<dyn Random>>,
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Vault(…)")
    }
}

impl Vault {
    /// Makes everything from the key ring.
    ///
    /// # Errors
    /// When the password cost is out of range.
    pub fn new(ring: &KeyRing, cost: Cost, mut random: Box<dyn Random>) -> Result<Self, PasswordError> {
        Ok(Self {
            fields: FieldCipher::new(ring, &mut random),
            indexes: BlindIndexer::new(ring),
            signer: Signer::new(ring),
            codes: ring.sub_key(Purpose::Token),
            rotating: ring.sub_key(Purpose::Code),
            audit: AuditChain::new(ring),
            passwords: Passwords::new(cost)?,
            random: Mutex::new(random),
        })
    }

    /// Uses the source of randomness.
    pub fn random<T>(&self, draw: impl FnOnce(&mut dyn Random) -> T) -> T {
        let mut random = self.random.lock().unwrap_or_else(PoisonError::into_inner);
        draw(&mut **random)
    }

    /// A new session token.
    #[must_use]
    pub fn session_token(&self) -> SessionToken {
        self.random(|random| SessionToken::new(random))
    }

    /// A new six-digit code.
    #[must_use]
    pub fn one_time_code(&self) -> OneTimeCode {
        self.random(|random| OneTimeCode::new(random))
    }

    /// A new slip code.
    #[must_use]
    pub fn slip_code(&self) -> SlipCode {
        self.random(|random| SlipCode::new(random))
    }

    /// A new secret for a second factor.
    #[must_use]
    pub fn totp_secret(&self) -> TotpSecret {
        self.random(|random| TotpSecret::new(random))
    }

    /// Hashes a password.
    ///
    /// # Errors
    /// When the password is too long or hashing fails.
    pub fn hash_password(&self, password: &str) -> Result<String, PasswordError> {
        self.random(|random| self.passwords.hash(password, random))
    }
}
