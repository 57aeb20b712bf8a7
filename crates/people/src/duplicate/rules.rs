//! Who may be one person, who may be merged, and what becomes of two files: pure.

use kernel::{Date, Lang, OrgId, PersonId, Refusal, Timestamp};

use super::{Reason, refusals};
use crate::guardian::Guard;
use crate::person::{Assurance, Gender, PersonState, Source};

/// Days within which a merge can be undone.
pub const UNDO_DAYS: i64 = 30;

/// What two registrations are held against each other by.
#[derive(Debug, Clone)]
pub struct Side {
    /// Who.
    pub id: PersonId,
    /// Name.
    pub name: String,
    /// Its reading.
    pub name_key: String,
    /// Birth date.
    pub birth_on: Option<Date>,
    /// Gender.
    pub gender: Gender,
    /// Kind of the document; empty: none.
    pub id_kind: String,
    /// State.
    pub state: PersonState,
    /// How they came in.
    pub source: Source,
    /// Home community.
    pub home: OrgId,
}

/// Kind of document of which nobody has two.
const RESIDENT: &str = roster::clean::IdKind::ResidentId.key();

/// Whether two names are near enough to be one name typed twice: the same reading, or one character another, missing
/// or too many. Names of two characters must share the first.
#[must_use]
pub fn alike(a: (&str, &str), b: (&str, &str)) -> bool {
    if a.0 == b.0 || (!a.1.is_empty() && a.1 == b.1) {
        return true;
    }
    let (x, y): (Vec<char>, Vec<char>) = (a.0.chars().collect(), b.0.chars().collect());
    let (short, long) = if x.len() <= y.len() { (&x, &y) } else { (&y, &x) };
    if short.len() < 2 || short.first() != long.first() {
        return false;
    }
    match long.len() - short.len() {
        0 => short.len() > 2 && short.iter().zip(long).filter(|(p, q)| p != q).count() == 1,
        1 => {
            let head = short.iter().zip(long).take_while(|(p, q)| p == q).count();
            short.iter().skip(head).eq(long.iter().skip(head + 1))
        }
        _ => false,
    }
}

/// Whether two registrations may be one person, and why; the strongest reason first, with a score (higher: surer).
/// `same_phone`: both have one and it is the same.
///
/// Two resident numbers are two people. A birth date or a gender that differs counts against it, unless name and phone
/// agree (rosters have slips).
#[must_use]
pub fn judge(a: &Side, b: &Side, same_phone: bool) -> Option<(Vec<Reason>, i64)> {
    let live = |one: &Side| {
        matches!(one.state, PersonState::Incomplete | PersonState::Unclaimed | PersonState::Active)
    };
    if a.id == b.id || !live(a) || !live(b) || (a.id_kind == RESIDENT && b.id_kind == RESIDENT) {
        return None;
    }
    let same_name = a.name == b.name;
    let differ = matches!((a.birth_on, b.birth_on), (Some(x), Some(y)) if x != y)
        || (a.gender != b.gender && a.gender != Gender::Unknown && b.gender != Gender::Unknown);
    if differ && !(same_name && same_phone) {
        return None;
    }
    let mut reasons = Vec::new();
    let mut score = 0;
    let mut found = |reason, points| {
        reasons.push(reason);
        score += points;
    };
    if same_name && a.birth_on.is_some() && a.birth_on == b.birth_on {
        found(Reason::SameBirth, 60);
    }
    if same_phone && same_name {
        found(Reason::SamePhone, if differ { 20 } else { 50 });
    } else if same_phone && alike((&a.name, &a.name_key), (&b.name, &b.name_key)) {
        found(Reason::AlikePhone, 30);
    }
    if same_name && a.home == b.home && (a.id_kind.is_empty() || b.id_kind.is_empty()) {
        found(Reason::NoDocument, 20);
    }
    let rostered = |one: &Side| {
        one.source == Source::Import && matches!(one.state, PersonState::Incomplete | PersonState::Unclaimed)
    };
    let came = |one: &Side| one.source != Source::Import;
    if !reasons.is_empty() && ((rostered(a) && came(b)) || (rostered(b) && came(a))) {
        reasons.push(Reason::Unclaimed);
        score += 15;
    }
    if reasons.is_empty() { None } else { Some((reasons, score)) }
}

/// Which of two should stay unless somebody chooses otherwise: whoever holds roles, who confirmed the registration
/// oneself, who has a document, who was here first.
#[must_use]
pub fn stays(a: &Whole, b: &Whole, roles: (bool, bool)) -> PersonId {
    let rank = |one: &Whole, roles: bool| {
        (
            roles,
            one.state == PersonState::Active,
            one.claimed_at.is_some(),
            !one.id_kind.is_empty(),
            std::cmp::Reverse(one.id),
        )
    };
    if rank(a, roles.0) >= rank(b, roles.1) { a.id } else { b.id }
}

/// Everything of a file that a merge may change; sealed fields as they are sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Whole {
    /// Who.
    pub id: PersonId,
    /// Name, which a merge leaves alone.
    pub name: String,
    /// Number in the national system.
    pub national_no: Option<String>,
    /// Gender.
    pub gender: Gender,
    /// Birth date.
    pub birth_on: Option<Date>,
    /// Kind of the document; empty: none.
    pub id_kind: String,
    /// The document's number, sealed.
    pub id_enc: Option<Vec<u8>>,
    /// Its blind index.
    pub id_index: Option<Vec<u8>>,
    /// Phone, sealed.
    pub phone_enc: Option<Vec<u8>>,
    /// Its blind index.
    pub phone_index: Option<Vec<u8>>,
    /// Address.
    pub address: String,
    /// Employer or school.
    pub employer: String,
    /// Notes of the staff.
    pub note: String,
    /// State.
    pub state: PersonState,
    /// How sure the identity is.
    pub assurance: Assurance,
    /// Whether the name may appear in rankings.
    pub rank_public: bool,
    /// Where the guardian's consent stands.
    pub guard: Guard,
    /// Day of joining.
    pub joined_on: Option<Date>,
    /// When the person confirmed the registration.
    pub claimed_at: Option<Timestamp>,
}

/// Whether two registrations may be merged, `kept` staying. `roles`: whether their accounts hold any.
///
/// # Errors
/// `duplicate.same`, `duplicate.state`, `duplicate.two_documents`, `duplicate.roles`.
pub fn mergeable(kept: &Whole, gone: &Whole, roles: (bool, bool)) -> Result<(), Refusal> {
    if kept.id == gone.id {
        return Err(Refusal::new(&refusals::SAME));
    }
    for one in [kept, gone] {
        if !matches!(one.state, PersonState::Incomplete | PersonState::Unclaimed | PersonState::Active) {
            return Err(Refusal::new(&refusals::STATE).with("name", &one.name).with_both(
                "state",
                one.state.name(Lang::Zh),
                one.state.name(Lang::En),
            ));
        }
    }
    if kept.id_kind == RESIDENT && gone.id_kind == RESIDENT {
        return Err(Refusal::new(&refusals::TWO_DOCUMENTS));
    }
    if roles.1 {
        return Err(Refusal::new(&refusals::ROLES).with("name", &gone.name));
    }
    Ok(())
}

/// What the two files become: what stays is filled where it had nothing; the consent to appear in rankings is decided
/// with the consents (`public`). The resident document goes before others; the other document becomes an earlier one.
/// A phone never goes over to somebody with roles: it would open their account.
#[must_use]
pub fn combine(kept: &Whole, gone: &Whole, kept_has_roles: bool, public: bool, guard: Guard) -> Whole {
    let text = |a: &str, b: &str| if a.is_empty() { b.to_owned() } else { a.to_owned() };
    let mut out = kept.clone();
    out.national_no = kept.national_no.clone().or_else(|| gone.national_no.clone());
    if kept.gender == Gender::Unknown {
        out.gender = gone.gender;
    }
    out.birth_on = kept.birth_on.or(gone.birth_on);
    if takes_document(kept, gone) {
        (out.id_kind, out.id_enc, out.id_index) =
            (gone.id_kind.clone(), gone.id_enc.clone(), gone.id_index.clone());
        out.assurance = gone.assurance;
        // The document says it.
        out.birth_on = gone.birth_on.or(kept.birth_on);
        if gone.gender != Gender::Unknown {
            out.gender = gone.gender;
        }
    }
    if kept.phone_index.is_none() && !kept_has_roles {
        (out.phone_enc, out.phone_index) = (gone.phone_enc.clone(), gone.phone_index.clone());
    }
    out.address = text(&kept.address, &gone.address);
    out.employer = text(&kept.employer, &gone.employer);
    out.note = match (kept.note.as_str(), gone.note.as_str()) {
        (_, "") => kept.note.clone(),
        ("", note) => note.to_owned(),
        (a, b) if a == b => kept.note.clone(),
        (a, b) => format!("{a}；{b}"),
    };
    out.joined_on = [kept.joined_on, gone.joined_on].into_iter().flatten().min();
    // Whoever confirmed one of the two confirmed to be this person.
    if gone.state == PersonState::Active {
        out.state = PersonState::Active;
    } else if kept.state == PersonState::Incomplete && !out.id_kind.is_empty() {
        out.state = PersonState::Unclaimed;
    }
    out.claimed_at = [kept.claimed_at, gone.claimed_at].into_iter().flatten().min();
    (out.rank_public, out.guard) = (public, guard);
    out
}

/// Whether the document of the other registration becomes the one of who stays.
#[must_use]
pub fn takes_document(kept: &Whole, gone: &Whole) -> bool {
    !gone.id_kind.is_empty() && (kept.id_kind.is_empty() || gone.id_kind == RESIDENT)
}

/// The file of who stayed after an undo: what the merge wrote goes back to what was, what was changed since stays.
/// `now`: the file as it is; `merged`: as the merge left it; `before`: as it had been.
#[must_use]
pub fn apart(now: &Whole, merged: &Whole, before: &Whole) -> Whole {
    fn back<T: PartialEq + Clone>(now: &T, merged: &T, before: &T) -> T {
        if now == merged { before.clone() } else { now.clone() }
    }
    Whole {
        id: now.id,
        name: now.name.clone(),
        national_no: back(&now.national_no, &merged.national_no, &before.national_no),
        gender: back(&now.gender, &merged.gender, &before.gender),
        birth_on: back(&now.birth_on, &merged.birth_on, &before.birth_on),
        id_kind: if now.id_index == merged.id_index { before.id_kind.clone() } else { now.id_kind.clone() },
        id_enc: if now.id_index == merged.id_index { before.id_enc.clone() } else { now.id_enc.clone() },
        id_index: back(&now.id_index, &merged.id_index, &before.id_index),
        phone_enc: if now.phone_index == merged.phone_index {
            before.phone_enc.clone()
        } else {
            now.phone_enc.clone()
        },
        phone_index: back(&now.phone_index, &merged.phone_index, &before.phone_index),
        address: back(&now.address, &merged.address, &before.address),
        employer: back(&now.employer, &merged.employer, &before.employer),
        note: back(&now.note, &merged.note, &before.note),
        state: back(&now.state, &merged.state, &before.state),
        assurance: back(&now.assurance, &merged.assurance, &before.assurance),
        rank_public: back(&now.rank_public, &merged.rank_public, &before.rank_public),
        guard: back(&now.guard, &merged.guard, &before.guard),
        joined_on: back(&now.joined_on, &merged.joined_on, &before.joined_on),
        claimed_at: back(&now.claimed_at, &merged.claimed_at, &before.claimed_at),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn side(id: i64, name: &str) -> Side {
        Side {
            id: PersonId(id),
            name: name.to_owned(),
            name_key: roster::pinyin::key(name).full,
            birth_on: None,
            gender: Gender::Unknown,
            id_kind: String::new(),
            state: PersonState::Active,
            source: Source::Own,
            home: OrgId(id),
        }
    }

    #[test]
    fn names() {
        let key = |name: &str| roster::pinyin::key(name).full;
        for (a, b, wanted) in [
            ("张伟", "章伟", true),
            ("欧阳小明", "欧阳小名", true),
            ("王小红", "王红", true),
            ("王小红", "王小虹", true),
            ("王小红", "李小红", false),
            ("张伟", "张强", false),
            ("张", "章", true),
            ("刘建国", "刘爱华", false),
        ] {
            let found = alike((a, &key(a)), (b, &key(b)));
            assert_eq!(found, alike((b, &key(b)), (a, &key(a))));
            assert_eq!(found, wanted, "{a} {b}");
        }
    }

    #[test]
    fn reasons() {
        let born = |year| Date::new(year, 3, 5);
        let (mut a, mut b) = (side(1, "张秀英"), side(2, "张秀英"));
        assert!(judge(&a, &b, false).is_none(), "never by the name alone (Edge-07)");
        b.home = a.home;
        assert_eq!(judge(&a, &b, false).unwrap().0, [Reason::NoDocument]);
        (a.birth_on, b.birth_on) = (born(1960), born(1960));
        assert_eq!(judge(&a, &b, false).unwrap().0, [Reason::SameBirth, Reason::NoDocument]);
        b.birth_on = born(1961);
        assert!(judge(&a, &b, false).is_none(), "born on different days");
        assert_eq!(judge(&a, &b, true).unwrap().0, [Reason::SamePhone, Reason::NoDocument]);
        b.birth_on = None;
        (b.source, b.state) = (Source::Import, PersonState::Unclaimed);
        let (all, sure) = judge(&a, &b, true).unwrap();
        assert_eq!(all, [Reason::SamePhone, Reason::NoDocument, Reason::Unclaimed]);
        assert!(sure > judge(&a, &b, false).unwrap().1);
        (a.id_kind, b.id_kind) = (RESIDENT.to_owned(), RESIDENT.to_owned());
        assert!(judge(&a, &b, true).is_none(), "two numbers are two people");
        b.id_kind = "passport".to_owned();
        assert!(judge(&a, &b, true).is_some());
        b.state = PersonState::Disputed;
        assert!(judge(&a, &b, true).is_none());
    }

    fn whole(id: i64, bits: u16) -> Whole {
        let on = |n: u16| bits & (1 << n) != 0;
        let text = |n: u16, what: &str| if on(n) { format!("{what}{id}") } else { String::new() };
        let bytes = |n: u16| on(n).then(|| vec![u8::try_from(id).unwrap(), u8::try_from(n).unwrap()]);
        Whole {
            id: PersonId(id),
            name: "甲".to_owned(),
            national_no: on(0).then(|| format!("N{id}")),
            gender: if on(1) { Gender::Female } else { Gender::Unknown },
            birth_on: if on(2) { Date::new(1950 + i16::try_from(id).unwrap(), 1, 1) } else { None },
            id_kind: if on(3) {
                if id == 1 { RESIDENT } else { "passport" }.to_owned()
            } else {
                String::new()
            },
            id_enc: bytes(3),
            id_index: bytes(3),
            phone_enc: bytes(4),
            phone_index: bytes(4),
            address: text(5, "a"),
            employer: text(6, "e"),
            note: text(7, "n"),
            state: if on(8) { PersonState::Active } else { PersonState::Unclaimed },
            assurance: if on(9) { Assurance::Seen } else { Assurance::Declared },
            rank_public: on(10),
            guard: Guard::None,
            joined_on: if on(11) { Date::new(2020, 1, i8::try_from(id).unwrap()) } else { None },
            claimed_at: on(8).then_some(Timestamp(id)),
        }
    }

    proptest! {
        /// Merging and undoing at once gives what was; what was changed in between stays.
        #[test]
        fn there_and_back(k in any::<u16>(), g in any::<u16>(), swap in any::<bool>(), roles in any::<bool>(), public in any::<bool>()) {
            let (kept, gone) = if swap { (whole(2, k), whole(1, g)) } else { (whole(1, k), whole(2, g)) };
            prop_assert!(mergeable(&kept, &gone, (roles, false)).is_ok());
            let merged = combine(&kept, &gone, roles, public, Guard::None);
            prop_assert_eq!(&apart(&merged, &merged, &kept), &kept);
            prop_assert!(merged.id_kind.is_empty() == (kept.id_kind.is_empty() && gone.id_kind.is_empty()));
            prop_assert!(!roles || merged.phone_index == kept.phone_index);
            let mut edited = merged.clone();
            edited.address = "somewhere else".to_owned();
            edited.state = PersonState::Suspended;
            let back = apart(&edited, &merged, &kept);
            prop_assert_eq!(back.address.as_str(), "somewhere else");
            prop_assert_eq!(back.state, PersonState::Suspended);
            prop_assert_eq!(back.employer, kept.employer);
        }
    }

    #[test]
    fn who_may() {
        let (a, b) = (whole(1, 0), whole(2, 0));
        assert_eq!(mergeable(&a, &a, (false, false)).unwrap_err().code(), "duplicate.same");
        assert_eq!(mergeable(&a, &b, (false, true)).unwrap_err().code(), "duplicate.roles");
        assert!(mergeable(&a, &b, (true, false)).is_ok());
        assert_eq!(stays(&a, &b, (false, false)), a.id, "who was here first");
        assert_eq!(stays(&a, &whole(2, 1 << 8), (false, false)), b.id, "who confirmed it");
        assert_eq!(stays(&a, &b, (false, true)), b.id, "who holds roles");
        let mut dead = whole(2, 0);
        dead.state = PersonState::Deceased;
        assert_eq!(mergeable(&a, &dead, (false, false)).unwrap_err().code(), "duplicate.state");
        let mut other = whole(2, 8);
        other.id_kind = RESIDENT.to_owned();
        assert_eq!(
            mergeable(&whole(1, 8), &other, (false, false)).unwrap_err().code(),
            "duplicate.two_documents"
        );
    }
}
