//! Pure decisions about accounts: who may hold what together, how long a session lives, what a login
//! looks like, when the administrators are complete.

use kernel::{Lang, Refusal, Role};
use vault::Weakness;

use super::refusals;

/// Wrong tries of one account before it is locked (X2).
pub const TRIES: i64 = 5;
/// How long an account stays locked, in milliseconds (X2).
pub const LOCK_MS: i64 = 300_000;
/// Tries from one address in five minutes before it is slowed down: a whole square signs in behind one
/// address (Edge-04).
pub const ADDRESS_TRIES: i64 = 600;
/// The window of [`ADDRESS_TRIES`], in milliseconds.
pub const ADDRESS_WINDOW_MS: i64 = 300_000;
/// The pause of an address beyond [`ADDRESS_TRIES`], in milliseconds: a slow-down, never a lock.
pub const ADDRESS_PAUSE_MS: i64 = 5_000;
/// Code tries of one browser in ten minutes (Edge-04).
pub const GUESSES: i64 = 20;
/// The window of [`GUESSES`], in milliseconds.
pub const GUESS_WINDOW_MS: i64 = 600_000;
/// How long a phone code is good, in milliseconds.
pub const CODE_MS: i64 = 300_000;
/// How long the proof of a phone number is good, in milliseconds.
pub const PROOF_MS: i64 = 600_000;
/// How long a one-time link for an account is good, in milliseconds.
pub const LINK_MS: i64 = 72 * 3_600_000;

const HOUR_MS: i64 = 3_600_000;
const DAY_MS: i64 = 86_400_000;

/// How long a session lives.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Limits {
    /// Without a request, in milliseconds.
    pub idle_ms: i64,
    /// In all, in milliseconds.
    pub whole_ms: i64,
}

/// The limits of a session (X3): 600 s idle and 12 h in all for whoever holds a role, 90 days for
/// volunteers. In the demo city nobody should be thrown out while looking around.
#[must_use]
pub const fn limits(holds_role: bool, demo: bool) -> Limits {
    match (holds_role, demo) {
        (true, false) => Limits { idle_ms: 600_000, whole_ms: 12 * HOUR_MS },
        (true, true) => Limits { idle_ms: 8 * HOUR_MS, whole_ms: 12 * HOUR_MS },
        (false, _) => Limits { idle_ms: 90 * DAY_MS, whole_ms: 90 * DAY_MS },
    }
}

/// The role that stands against giving `new` to somebody who holds `held` (X5, Fix-19).
#[must_use]
pub fn excluded_by(held: &[Role], new: Role) -> Option<Role> {
    held.iter().copied().find(|have| *have != new && (have.is_admin() || new.is_admin()))
}

/// Whether a role may be given at a node of this kind.
#[must_use]
pub fn fits(role: Role, org_kind: &str) -> bool {
    match role {
        Role::System | Role::Security | Role::Audit => org_kind == "city",
        Role::Office => matches!(org_kind, "city" | "department"),
        Role::Station => matches!(org_kind, "street" | "community" | "station" | "department" | "unit"),
        Role::Leader => matches!(org_kind, "team" | "group" | "unit"),
    }
}

/// A login as stored: trimmed, lower case, narrow.
#[must_use]
pub fn login_key(typed: &str) -> String {
    typed
        .trim()
        .chars()
        .map(|c| match c {
            '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
            other => other,
        })
        .flat_map(char::to_lowercase)
        .take(64)
        .collect()
}

/// Checks the form of a new login.
///
/// # Errors
/// `account.login_form`.
pub fn login(typed: &str) -> Result<String, Refusal> {
    let key = login_key(typed);
    let good = (3..=40).contains(&key.len())
        && key.starts_with(|c: char| c.is_ascii_lowercase())
        && key.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b".-_".contains(&b));
    if good {
        Ok(key)
    } else {
        let shown: String = typed.chars().take(40).collect();
        Err(Refusal::new(&refusals::LOGIN_FORM).with("login", shown).on("login"))
    }
}

/// The refusal for a weakness of a new password (X1).
#[must_use]
pub fn weakness(found: Weakness) -> Refusal {
    match found {
        Weakness::TooShort { min } => Refusal::new(&refusals::PASSWORD_SHORT).with("min", min),
        Weakness::TooLong { max } => Refusal::new(&refusals::PASSWORD_LONG).with("max", max),
        Weakness::TooFewKinds { min, found } => {
            Refusal::new(&refusals::PASSWORD_KINDS).with("min", min).with("found", found)
        }
        Weakness::ContainsUserName => Refusal::new(&refusals::PASSWORD_NAME),
        Weakness::ContainsPhone => Refusal::new(&refusals::PASSWORD_PHONE),
        Weakness::UsedBefore { last } => Refusal::new(&refusals::PASSWORD_USED).with("last", last),
        // The list may grow in the vault; what is new reads as "too few kinds" until it has its own text.
        _ => Refusal::new(&refusals::PASSWORD_KINDS).with("min", 3).with("found", 0),
    }
    .on("password")
}

/// Why the administrators are not complete (Fix-19).
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum AdminGap {
    /// Nobody holds these roles.
    Missing(Vec<Role>),
    /// One person audits and administers.
    AuditNotSeparate(String),
}

impl AdminGap {
    /// For people.
    #[must_use]
    pub fn text(&self, lang: Lang) -> String {
        match self {
            Self::Missing(roles) => {
                let names: Vec<&str> = roles.iter().map(|role| role.name(lang)).collect();
                lang.f(
                    "还没有人担任：{}。三类管理员齐全之前不能导出个人信息。",
                    "Nobody is yet: {}. Until all three administrators exist, personal data cannot be exported.",
                    &[&names.join(lang.t("、", ", "))],
                )
            }
            Self::AuditNotSeparate(name) => lang.f(
                "审计管理员“{}”同时担任其他管理员。审计须由另一个人担任，之前不能导出个人信息。",
                "The audit administrator “{}” also holds another administrator role. Auditing needs another person; until then personal data cannot be exported.",
                &[name],
            ),
        }
    }
}

/// Somebody who holds an administrator role: the role, and who it is (the person's number, or the name
/// of an account without one).
pub type Holder = (Role, String);

/// Whether the three administrator roles are held by at least two people, auditing by a separate one.
#[must_use]
pub fn gap(holders: &[Holder]) -> Option<AdminGap> {
    let missing: Vec<Role> = [Role::System, Role::Security, Role::Audit]
        .into_iter()
        .filter(|role| !holders.iter().any(|(held, _)| held == role))
        .collect();
    if !missing.is_empty() {
        return Some(AdminGap::Missing(missing));
    }
    holders
        .iter()
        .find(|(role, who)| {
            *role == Role::Audit
                && holders
                    .iter()
                    .any(|(other, name)| matches!(other, Role::System | Role::Security) && name == who)
        })
        .map(|(_, who)| AdminGap::AuditNotSeparate(who.clone()))
}

/// A short name of the device from the browser's description, for the list of sessions.
#[must_use]
pub fn device(agent: &str) -> String {
    let has = |part: &str| agent.contains(part);
    let system = if has("HarmonyOS") {
        "HarmonyOS"
    } else if has("Android") {
        "Android"
    } else if has("iPhone") {
        "iPhone"
    } else if has("iPad") {
        "iPad"
    } else if has("Windows") {
        "Windows"
    } else if has("Mac OS") {
        "Mac"
    } else if has("Linux") {
        "Linux"
    } else {
        ""
    };
    let program = if has("MicroMessenger") {
        "WeChat"
    } else if has("DingTalk") {
        "DingTalk"
    } else if has("Edg/") {
        "Edge"
    } else if has("Firefox/") {
        "Firefox"
    } else if has("Chrome/") {
        "Chrome"
    } else if has("Safari/") {
        "Safari"
    } else {
        ""
    };
    [system, program].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" · ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn administrators_exclude_every_other_role() {
        for held in Role::ALL {
            for new in Role::ALL {
                let clash = excluded_by(&[held], new).is_some();
                assert_eq!(clash, held != new && (held.is_admin() || new.is_admin()), "{held:?} {new:?}");
            }
        }
        assert_eq!(excluded_by(&[Role::Leader, Role::Station], Role::Office), None);
    }

    #[test]
    fn three_roles_and_two_people() {
        let h = |role, who: &str| (role, who.to_owned());
        assert_eq!(gap(&[]), Some(AdminGap::Missing(vec![Role::System, Role::Security, Role::Audit])));
        assert_eq!(
            gap(&[h(Role::System, "a"), h(Role::Audit, "b")]),
            Some(AdminGap::Missing(vec![Role::Security]))
        );
        assert_eq!(gap(&[h(Role::System, "a"), h(Role::Security, "a"), h(Role::Audit, "b")]), None);
        assert_eq!(
            gap(&[h(Role::System, "a"), h(Role::Security, "b"), h(Role::Audit, "b")]),
            Some(AdminGap::AuditNotSeparate("b".to_owned()))
        );
    }

    #[test]
    fn logins() {
        assert_eq!(login(" Wang.Min ").ok().as_deref(), Some("wang.min"));
        assert_eq!(login("ｗａｎｇ").ok().as_deref(), Some("wang"));
        for bad in ["", "ab", "1abc", "王敏敏", "a b c", "-abc"] {
            assert!(login(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn sessions() {
        assert_eq!(limits(true, false), Limits { idle_ms: 600_000, whole_ms: 43_200_000 });
        assert_eq!(limits(false, false).idle_ms, 90 * 86_400_000);
        assert_eq!(limits(true, true).idle_ms, 8 * 3_600_000);
    }

    #[test]
    fn devices() {
        assert_eq!(device("Mozilla/5.0 (Linux; Android 12) Chrome/99 MicroMessenger/8"), "Android · WeChat");
        assert_eq!(device(""), "");
    }

    proptest! {
        #[test]
        fn a_good_login_reads_back(typed in "\\PC{0,60}") {
            if let Ok(key) = login(&typed) {
                prop_assert_eq!(login(&key).ok(), Some(key));
            }
        }
    }
}
