//! Forms of people: what is typed, read by the cleaning functions of the roster.

use kernel::catalogue::{CATEGORIES, SKILLS};
use kernel::error::{Collect, common};
use kernel::{Date, Lang, OrgId, Refusal};
use roster::clean::{self, IdDocument, IdKind};
use ui::form::{Fields, Label};

use super::{Gender, refusals};
use crate::guardian::{self, Asked, Relation};

/// The name.
pub(super) fn name(fields: &Fields) -> Result<String, Refusal> {
    fields.required("name", Label("姓名", "Name"), 200)?;
    clean::name(fields.text("name")).map_err(|refusal| refusal.on("name"))
}

/// A mobile phone that can receive a code.
pub(super) fn mobile(fields: &Fields) -> Result<String, Refusal> {
    fields.required("phone", Label("手机号", "Mobile phone"), 40)?;
    let phone = clean::phone(fields.text("phone")).map_err(|refusal| refusal.on("phone"))?;
    let is_mobile = phone.len() == 11 && phone.starts_with('1') && phone.bytes().all(|b| b.is_ascii_digit());
    if is_mobile || phone.starts_with('+') {
        Ok(phone)
    } else {
        Err(Refusal::new(&refusals::PHONE_MOBILE).on("phone"))
    }
}

/// A phone, or none.
pub(super) fn phone(fields: &Fields) -> Result<Option<String>, Refusal> {
    if fields.text("phone").is_empty() {
        return Ok(None);
    }
    clean::phone(fields.text("phone")).map(Some).map_err(|refusal| refusal.on("phone"))
}

/// Who somebody is by the document, or by what is typed when the document does not say it.
#[derive(Debug, Clone)]
pub(super) struct Identity {
    pub document: Option<IdDocument>,
    pub gender: Gender,
    pub birth_on: Option<Date>,
}

/// Reads document, gender and birth date; notes what is wrong. `demanded`: without a document it does
/// not go on.
pub(super) fn identity(fields: &Fields, today: Date, demanded: bool, all: &mut Collect) -> Option<Identity> {
    let typed = fields.text("id_number");
    let kind = IdKind::from_key(fields.text("id_kind"));
    let document = if typed.is_empty() {
        if demanded {
            all.take::<()>(
                fields.required("id_number", Label("证件号码", "Document number"), 40).map(|_| ()),
            );
            return None;
        }
        None
    } else {
        let read = clean::document(kind, typed, today).map_err(|refusal| refusal.on("id_number"));
        Some(all.take(read)?)
    };
    let said = document.as_ref().and_then(|d| d.birth_date);
    let birth_on = match (said, fields.text("birth_on")) {
        (Some(birth_on), _) => Some(birth_on),
        (None, "") => None,
        (None, _) => Some(all.take(fields.date("birth_on", Label("出生日期", "Birth date")))?),
    };
    let gender = match document.as_ref().and_then(|d| d.gender) {
        Some(gender) => Gender::from(Some(gender)),
        None => Gender::from_code(fields.text("gender")).unwrap_or(Gender::Unknown),
    };
    Some(Identity { document, gender, birth_on })
}

/// The home community, one of those offered.
pub(super) fn home(fields: &Fields, offered: &[(String, String)]) -> Result<OrgId, Refusal> {
    let label = Label("所在社区", "Home community");
    let id: OrgId = fields.id("home_org", label)?;
    if offered.iter().any(|(known, _)| *known == id.to_string()) {
        Ok(id)
    } else {
        Err(label.wrong("home_org", fields.text("home_org"), "请从列表中选择。", "Choose one from the list."))
    }
}

/// Codes that were ticked.
pub(super) fn codes(fields: &Fields, name: &str) -> Vec<String> {
    fields.all(name).into_iter().take(60).map(str::to_owned).collect()
}

/// The reading of a name as staff or the person corrected it (Edge-09); empty: the usual one.
pub(super) fn reading(fields: &Fields, name: &str) -> Result<String, Refusal> {
    let label = Label("姓名拼音", "Reading of the name");
    let typed = fields.optional("name_key", label, 200)?.to_lowercase();
    let usual = roster::pinyin::key(name).full;
    if typed.is_empty() {
        return Ok(usual);
    }
    let clean = typed.replace('ü', "v").split_whitespace().collect::<Vec<_>>().join(" ");
    let fine = clean == usual || clean.chars().all(|c| c.is_ascii_lowercase() || c == ' ');
    if fine {
        Ok(clean)
    } else {
        Err(label.wrong(
            "name_key",
            &typed,
            "请写小写拼音，音节之间空一格，如 zeng guo qiang。",
            "Write pinyin with a space between syllables, like zeng guo qiang.",
        ))
    }
}

/// A tick that must be set.
pub(super) fn agreed(fields: &Fields, name: &'static str) -> Result<(), Refusal> {
    if fields.ticked(name) { Ok(()) } else { Err(Refusal::new(&refusals::CONSENT_REQUIRED).on(name)) }
}

/// The refusal for a birth date that nobody gave.
pub(super) fn birth_missing() -> Refusal {
    Refusal::new(&common::REQUIRED).with_both("label", "出生日期", "Birth date").on("birth_on")
}

/// Kinds of documents for a select box.
pub(super) fn kinds(lang: Lang) -> Vec<(String, String)> {
    IdKind::ALL
        .iter()
        .map(|kind| (kind.key().to_owned(), lang.t(kind.labels().0, kind.labels().1).to_owned()))
        .collect()
}

/// The name of a stored kind of document.
pub(crate) fn kind_name(key: &str, lang: Lang) -> String {
    IdKind::from_key(key).map_or_else(String::new, |kind| lang.t(kind.labels().0, kind.labels().1).to_owned())
}

/// Genders for a select box.
pub(super) fn genders(lang: Lang) -> Vec<(String, String)> {
    [Gender::Male, Gender::Female].iter().map(|g| (g.code().to_owned(), g.name(lang).to_owned())).collect()
}

/// Skills for tick boxes.
pub(super) fn skills(lang: Lang) -> Vec<(String, String)> {
    SKILLS.iter().map(|skill| (skill.code.to_owned(), lang.t(skill.zh, skill.en).to_owned())).collect()
}

/// Service categories of the first level for tick boxes.
pub(super) fn categories(lang: Lang) -> Vec<(String, String)> {
    CATEGORIES
        .iter()
        .filter(|category| category.parent.is_none())
        .map(|category| (category.code.to_owned(), lang.t(category.zh, category.en).to_owned()))
        .collect()
}

/// Names of stored skills.
pub(super) fn skill_names(codes: &[String], lang: Lang) -> String {
    codes
        .iter()
        .filter_map(|code| kernel::catalogue::skill_by_code(code))
        .map(|skill| lang.t(skill.zh, skill.en))
        .collect::<Vec<_>>()
        .join(lang.t("、", ", "))
}

/// Names of stored categories.
pub(super) fn category_names(codes: &[String], lang: Lang) -> String {
    codes
        .iter()
        .filter_map(|code| kernel::catalogue::category(code))
        .map(|category| lang.t(category.zh, category.en))
        .collect::<Vec<_>>()
        .join(lang.t("、", ", "))
}

/// The guardian a form names.
pub(crate) fn guardian(fields: &Fields) -> Result<Asked, kernel::Error> {
    let mut all = Collect::default();
    let name =
        all.take(fields.required("guardian_name", Label("监护人姓名", "Guardian's name"), 200).and_then(
            |_| clean::name(fields.text("guardian_name")).map_err(|refusal| refusal.on("guardian_name")),
        ));
    let label = Label("与孩子的关系", "Relation");
    let relation = Relation::from_code(fields.text("guardian_relation"));
    all.check(relation.is_none(), || {
        label.wrong(
            "guardian_relation",
            fields.text("guardian_relation"),
            "请从列表中选择。",
            "Choose one from the list.",
        )
    });
    let phone = all.take(
        fields.required("guardian_phone", Label("监护人手机号", "Guardian's phone"), 40).and_then(|_| {
            let phone = clean::phone(fields.text("guardian_phone"))
                .map_err(|refusal| refusal.on("guardian_phone"))?;
            let is_mobile = phone.len() == 11 && phone.starts_with('1');
            if is_mobile || phone.starts_with('+') {
                Ok(phone)
            } else {
                Err(Refusal::new(&refusals::PHONE_MOBILE).on("guardian_phone"))
            }
        }),
    );
    all.done()?;
    match (name, relation, phone) {
        (Some(name), Some(relation), Some(phone)) => Ok(Asked { name, relation, phone }),
        _ => Err(kernel::Error::bug("a form without refusals lacks a field")),
    }
}

/// The guardian who stands at the desk and agrees there.
pub(super) fn guardian_here(fields: &Fields) -> Result<Asked, Refusal> {
    let lacking = || Refusal::new(&guardian::refusals::FIELDS).on("guardian_name");
    if !fields.ticked("guardian_here") {
        return Err(lacking().on("guardian_here"));
    }
    guardian(fields).map_err(|error| match error {
        kernel::Error::Refused(all) => all.into_iter().next().unwrap_or_else(lacking),
        kernel::Error::Fault(_) => lacking(),
    })
}

/// Whether the part of a form about the guardian should stand open.
pub(super) fn names_guardian(form: &ui::Form) -> bool {
    ["guardian_name", "guardian_relation", "guardian_phone", "guardian_here"]
        .iter()
        .any(|name| form.wrong(name) || !form.v(name).is_empty())
}

/// Relations for a select box.
pub(crate) fn relations(lang: Lang) -> Vec<(String, String)> {
    Relation::ALL.iter().map(|one| (one.code().to_owned(), one.name(lang).to_owned())).collect()
}
