//! Signed links of a person: the member card's code and "not me" (V3).

use kernel::PersonId;
use ui::App;
use vault::Vault;

use super::Person;

const CARD: &str = "card";
const NOT_ME: &str = "not-me";

/// The link in the member card's QR code, `{base}/c/{person}.{card}.{tag}`. A new card number ends all
/// earlier cards, on paper and on phones (ADR 0033); `member_card` alone sets one.
#[must_use]
pub fn card_link(app: &App, person: &Person) -> String {
    let code = card_code(&app.vault, person.id, person.card_no);
    format!("{}/c/{code}", app.settings.base_url)
}

/// The last part of [`card_link`].
#[must_use]
pub fn card_code(vault: &Vault, person: PersonId, card_no: i64) -> String {
    let tag = vault.signer.sign(CARD, &[&person.0.to_be_bytes(), &card_no.to_be_bytes()]);
    format!("{person}.{card_no}.{tag}")
}

/// Reads a scanned card: the link, or its last part. The caller compares the card number with the
/// person's present one.
#[must_use]
pub fn read_card(vault: &Vault, text: &str) -> Option<(PersonId, i64)> {
    let text = text.trim();
    let code = text.split_once("/c/").map_or(text, |(_, code)| code);
    let code = code.split(['?', '#', '/']).next().unwrap_or_default();
    let mut parts = code.splitn(3, '.');
    let person: i64 = parts.next()?.parse().ok()?;
    let card_no: i64 = parts.next()?.parse().ok()?;
    let parts_signed: [&[u8]; 2] = [&person.to_be_bytes(), &card_no.to_be_bytes()];
    vault.signer.verify(CARD, &parts_signed, parts.next()?).then_some((PersonId(person), card_no))
}

/// The link by which somebody says "I never registered" without signing in (V3); goes into the
/// invitation and onto the slip.
#[must_use]
pub fn not_me_link(app: &App, person: PersonId) -> String {
    let tag = app.vault.signer.sign(NOT_ME, &[&person.0.to_be_bytes()]);
    format!("{}/not-me/{person}.{tag}", app.settings.base_url)
}

/// The person of a "not me" link's last part.
pub(super) fn read_not_me(vault: &Vault, code: &str) -> Option<PersonId> {
    let (person, tag) = code.split_once('.')?;
    let person: i64 = person.parse().ok()?;
    vault.signer.verify(NOT_ME, &[&person.to_be_bytes()], tag).then_some(PersonId(person))
}
