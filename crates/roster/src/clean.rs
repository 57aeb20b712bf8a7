//! One value at a time: what people type, read in the one way it can mean, or refused with the way out
//! (Edge-07, Edge-09). Every function gives the same for its own result.

use kernel::{Date, Refusal, RefusalText};

use crate::map::{Column, Field};
use crate::{refusals, text};

/// Longest name, in characters.
pub const MAX_NAME: usize = 50;

/// The kinds of identity documents (V1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum IdKind {
    /// 居民身份证
    ResidentId,
    /// 港澳居民居住证
    HkMacaoResidencePermit,
    /// 台湾居民居住证
    TaiwanResidencePermit,
    /// 外国人永久居留身份证
    ForeignPermanentResident,
    /// 护照
    Passport,
    /// 港澳居民来往内地通行证
    HkMacaoTravelPermit,
    /// 台湾居民来往大陆通行证
    TaiwanTravelPermit,
    /// Any other.
    Other,
}

impl IdKind {
    /// All of them.
    pub const ALL: &'static [Self] = &[
        Self::ResidentId,
        Self::HkMacaoResidencePermit,
        Self::TaiwanResidencePermit,
        Self::ForeignPermanentResident,
        Self::Passport,
        Self::HkMacaoTravelPermit,
        Self::TaiwanTravelPermit,
        Self::Other,
    ];

    /// Its stable name.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::ResidentId => "resident_id",
            Self::HkMacaoResidencePermit => "hk_macao_residence_permit",
            Self::TaiwanResidencePermit => "taiwan_residence_permit",
            Self::ForeignPermanentResident => "foreign_permanent_resident",
            Self::Passport => "passport",
            Self::HkMacaoTravelPermit => "hk_macao_travel_permit",
            Self::TaiwanTravelPermit => "taiwan_travel_permit",
            Self::Other => "other",
        }
    }

    /// Its name for people, in Chinese and English.
    #[must_use]
    pub const fn labels(self) -> (&'static str, &'static str) {
        match self {
            Self::ResidentId => ("居民身份证", "Resident ID card"),
            Self::HkMacaoResidencePermit => {
                ("港澳居民居住证", "Residence permit for Hong Kong and Macao residents")
            }
            Self::TaiwanResidencePermit => ("台湾居民居住证", "Residence permit for Taiwan residents"),
            Self::ForeignPermanentResident => ("外国人永久居留身份证", "Foreign permanent resident ID card"),
            Self::Passport => ("护照", "Passport"),
            Self::HkMacaoTravelPermit => {
                ("港澳居民来往内地通行证", "Mainland travel permit for Hong Kong and Macao residents")
            }
            Self::TaiwanTravelPermit => {
                ("台湾居民来往大陆通行证", "Mainland travel permit for Taiwan residents")
            }
            Self::Other => ("其他", "Other"),
        }
    }

    /// By its stable name.
    #[must_use]
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|k| k.key() == key)
    }
}

/// A gender as documents give it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Gender {
    /// 男
    Male,
    /// 女
    Female,
}

impl Gender {
    /// Its stable name.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Male => "male",
            Self::Female => "female",
        }
    }
}

/// An identity document with its number in the one form it is stored and compared in.
#[derive(Clone, PartialEq, Eq)]
pub struct IdDocument {
    /// What it is.
    pub kind: IdKind,
    /// Upper case, half-width, no spaces; old 15-digit numbers in their 18-digit form.
    pub number: String,
    /// The birth date within the number.
    pub birth_date: Option<Date>,
    /// The gender within the number.
    pub gender: Option<Gender>,
}

impl std::fmt::Debug for IdDocument {
    /// Without the number: it does not belong into logs.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IdDocument").field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// A date as it was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Written {
    /// The date; the first of the month when no day was given.
    pub date: Date,
    /// Whether the day is missing.
    pub partial: bool,
}

/// A refusal on a field with its labels filled in.
pub(crate) fn refuse(text: &'static RefusalText, field: impl Column) -> Refusal {
    let (zh, en) = field.labels();
    Refusal::new(text).on(field.key()).with("label_zh", zh).with("label_en", en)
}

/// The beginning of a value, for a sentence.
pub(crate) fn short(value: &str) -> String {
    let mut out: String = value.chars().take(20).collect();
    if out.len() < value.len() {
        out.push('…');
    }
    out
}

/// A name: spaces between Han removed, every middle dot the same, full-width letters narrow (Edge-09).
///
/// # Errors
/// Refuses empty and long names, digits, brackets, signs, lost characters, and words like 合计.
pub fn name(value: &str) -> Result<String, Refusal> {
    let value = text::bare(value);
    // The usual name, two to four Han, needs no more than a look.
    let usual =
        (6..=12).contains(&value.len()) && value.chars().all(|c| ('\u{4E00}'..='\u{9FFF}').contains(&c));
    let out = if usual { value.to_owned() } else { name_slowly(value)? };
    let not =
        ["合计", "总计", "小计", "共计", "姓名", "名字", "总人数", "志愿者姓名", "以下空白", "以下无正文"];
    if not.contains(&out.as_str()) {
        return Err(refuse(&refusals::NAME_NOT_A_PERSON, Field::Name).with("value", out));
    }
    Ok(out)
}

fn name_slowly(value: &str) -> Result<String, Refusal> {
    let no = |text| refuse(text, Field::Name);
    if text::is_blank(value) {
        return Err(no(&refusals::NAME_REQUIRED));
    }
    if value.len() > 4 * MAX_NAME * 4 {
        return Err(no(&refusals::NAME_TOO_LONG).with("length", value.chars().count()));
    }
    let mut out = String::with_capacity(value.len());
    let mut gap = false;
    let mut chars = value.chars().map(text::half).filter(|c| !text::invisible(*c)).peekable();
    while let Some(c) = chars.next() {
        let before = out.chars().next_back();
        let dot = match c {
            '·' | '•' | '・' | '‧' | '･' | '∙' | '⋅' | '\u{387}' | '᛫' | '●' | '▪' | '˙' => {
                true
            }
            // A full stop between Han is the same; after a Latin initial it stays.
            '.' | '。' | '｡' => {
                before.is_some_and(text::is_han) && chars.peek().is_some_and(|n| text::is_han(*n))
            }
            _ => false,
        };
        if c.is_whitespace() || c == '\u{FFFC}' {
            gap = true;
        } else if dot {
            gap = false;
            if before.is_some_and(|b| b != '·') {
                out.push('·');
            }
        } else if c == '\u{FFFD}' || c == '?' {
            return Err(no(&refusals::GARBLED));
        } else if c.is_alphabetic() || text::is_han(c) || is_mark(c) || matches!(c, '-' | '\'' | '’' | '.')
        {
            if gap && before.is_some_and(|b| b != '·' && !(text::is_han(b) && text::is_han(c))) {
                out.push(' ');
            }
            gap = false;
            out.push(if c == '’' { '\'' } else { c });
        } else {
            return Err(no(&refusals::NAME_CHARACTERS).with("value", c.escape_debug()));
        }
    }
    while out.ends_with('·') {
        out.pop();
    }
    if !out.chars().any(char::is_alphabetic) && !out.chars().any(text::is_han) {
        return Err(if out.is_empty() {
            no(&refusals::NAME_REQUIRED)
        } else {
            no(&refusals::NAME_CHARACTERS).with("value", short(&out))
        });
    }
    let length = out.chars().count();
    if length > MAX_NAME {
        return Err(no(&refusals::NAME_TOO_LONG).with("length", length));
    }
    Ok(out)
}

/// Combining marks of other scripts (Mongolian, Tibetan, accents).
const fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36F}' | '\u{F00}'..='\u{FFF}' | '\u{1800}'..='\u{18AF}' | '\u{64B}'..='\u{65F}')
}

/// The check character of GB 11643 for the first 17 digits.
#[must_use]
pub fn check_digit(digits: &[u8]) -> Option<u8> {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let first: &[u8; 17] = digits.first_chunk()?;
    let mut sum = 0;
    for (digit, weight) in first.iter().zip(WEIGHTS) {
        if !digit.is_ascii_digit() {
            return None;
        }
        sum += u32::from(digit - b'0') * weight;
    }
    b"10X98765432".get((sum % 11) as usize).copied()
}

/// The 18-digit form of an old 15-digit number. The sequence codes 996 to 999 were kept for people born
/// before 1900.
#[must_use]
pub fn to_18(number: &str) -> Option<String> {
    if number.len() != 15 || !number.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let century = if number.get(12..)? >= "996" { "18" } else { "19" };
    let mut out = String::with_capacity(18);
    out.push_str(number.get(..6)?);
    out.push_str(century);
    out.push_str(number.get(6..)?);
    let check = check_digit(out.as_bytes())?;
    out.push(char::from(check));
    Some(out)
}

fn digits(bytes: &[u8]) -> i64 {
    bytes.iter().fold(0, |n, b| n * 10 + i64::from(b.wrapping_sub(b'0') & 15))
}

fn ymd(year: i64, month: i64, day: i64) -> Option<Date> {
    Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?)
}

/// The type of a document as people name it.
///
/// # Errors
/// Refuses names that are not known.
pub fn id_kind(value: &str) -> Result<IdKind, Refusal> {
    let word: String = text::bare(value)
        .chars()
        .map(text::half)
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .take(40)
        .collect();
    Ok(match word.as_str() {
        "居民身份证"
        | "身份证"
        | "二代身份证"
        | "二代证"
        | "中国居民身份证"
        | "中华人民共和国居民身份证"
        | "公民身份证"
        | "大陆居民身份证"
        | "内地居民身份证"
        | "居民身份证号码"
        | "111"
        | "01"
        | "1"
        | "residentid"
        | "idcard"
        | "residentidcard"
        | "residentidentitycard" => IdKind::ResidentId,
        "港澳居民居住证"
        | "港澳居住证"
        | "香港居民居住证"
        | "澳门居民居住证"
        | "港澳台居民居住证"
        | "港澳台居住证"
        | "居住证"
        | "hkmacaoresidencepermit" => IdKind::HkMacaoResidencePermit,
        "台湾居民居住证" | "台湾居住证" | "taiwanresidencepermit" => {
            IdKind::TaiwanResidencePermit
        }
        "外国人永久居留证"
        | "外国人永久居留身份证"
        | "永久居留证"
        | "永久居留身份证"
        | "外国人居留证"
        | "外国人永居证"
        | "553"
        | "foreignpermanentresident"
        | "foreignpermanentresidentidcard" => IdKind::ForeignPermanentResident,
        "护照" | "普通护照" | "中国护照" | "外国护照" | "414" | "passport" => IdKind::Passport,
        "港澳居民来往内地通行证"
        | "港澳通行证"
        | "回乡证"
        | "港澳居民通行证"
        | "港澳来往内地通行证"
        | "516"
        | "hkmacaotravelpermit" => IdKind::HkMacaoTravelPermit,
        "台湾居民来往大陆通行证" | "台胞证" | "台湾通行证" | "511" | "taiwantravelpermit" => {
            IdKind::TaiwanTravelPermit
        }
        "其他" | "其它" | "其他证件" | "其它证件" | "军官证" | "士兵证" | "士官证" | "警官证" | "军人证"
        | "户口簿" | "户口本" | "other" | "99" => IdKind::Other,
        _ => return Err(refuse(&refusals::ID_TYPE_UNKNOWN, Field::IdType).with("value", short(value))),
    })
}

/// A number without spaces and marks, upper case and half-width.
fn number(value: &str) -> String {
    let bare = text::bare(value).trim_start_matches(['\'', '‘', '’', '`', '′']);
    let mut out = String::with_capacity(20);
    for c in bare.chars().map(text::half).take(64) {
        if !(c.is_whitespace() || text::invisible(c)) {
            out.push(match c {
                '×' | '╳' | 'х' | 'Х' | 'χ' | 'Χ' => 'X',
                _ => c.to_ascii_uppercase(),
            });
        }
    }
    out
}

/// Whether it has the form of an identity number, right or wrong.
#[must_use]
pub fn looks_like_id(value: &str) -> bool {
    let number = number(value);
    let body = number.len().saturating_sub(1);
    let digits = number.bytes().take(body).all(|b| b.is_ascii_digit());
    (matches!(number.len(), 15 | 18) && digits) || kind_of(&number).is_some_and(|k| k != IdKind::ResidentId)
}

/// What a number is, by its form alone.
fn kind_of(number: &str) -> Option<IdKind> {
    let bytes = number.as_bytes();
    let letters = bytes.iter().take_while(|b| b.is_ascii_uppercase()).count();
    let rest = bytes.get(letters..).unwrap_or_default();
    let all_digits = !rest.is_empty() && rest.iter().all(u8::is_ascii_digit);
    match (bytes.len(), letters) {
        (18, 0) => {
            if !bytes.iter().take(17).all(u8::is_ascii_digit) {
                return None;
            }
            Some(match (bytes.first(), bytes.get(1)) {
                (Some(b'9'), _) => IdKind::ForeignPermanentResident,
                (Some(b'8'), Some(b'1' | b'2')) => IdKind::HkMacaoResidencePermit,
                (Some(b'8'), Some(b'3')) => IdKind::TaiwanResidencePermit,
                _ => IdKind::ResidentId,
            })
        }
        (15, 0) if all_digits => Some(IdKind::ResidentId),
        (15, 3) if all_digits => Some(IdKind::ForeignPermanentResident),
        (9 | 11, 1) if all_digits && matches!(bytes.first(), Some(b'H' | b'M')) => {
            Some(IdKind::HkMacaoTravelPermit)
        }
        // Chinese passports: E12345678, EA1234567 and their kind.
        (9, 1 | 2) if all_digits => Some(IdKind::Passport),
        _ => None,
    }
}

/// An identity document from its type (if a column gives it) and its number.
///
/// # Errors
/// Refuses a wrong form, region, check digit or birth date, and a number that is not of the given type.
pub fn document(kind: Option<IdKind>, value: &str, today: Date) -> Result<IdDocument, Refusal> {
    let no = |text| refuse(text, Field::IdNumber);
    let mut number = number(value);
    let length = number.chars().count();
    let form = || no(&refusals::ID_FORM).with("length", length);
    let mismatch = || no(&refusals::ID_TYPE_MISMATCH);
    let seen = kind_of(&number);
    let kind = match (kind, seen) {
        (None, None) => return Err(form()),
        (None, Some(seen)) => seen,
        (Some(IdKind::ResidentId), None) => return Err(form()),
        // Forms that carry a birth date say themselves what they are; people write 身份证 for all of them.
        (Some(given), Some(seen)) if length == 18 => {
            let eighteen = [
                IdKind::ResidentId,
                IdKind::HkMacaoResidencePermit,
                IdKind::TaiwanResidencePermit,
                IdKind::ForeignPermanentResident,
            ];
            if given == IdKind::Other || (eighteen.contains(&given) && permits(given, seen)) {
                seen
            } else {
                return Err(mismatch());
            }
        }
        (Some(given), _) => given,
    };
    let alnum = number.bytes().all(|b| b.is_ascii_alphanumeric());
    let fits = match kind {
        IdKind::ResidentId => matches!(length, 15 | 18) && seen == Some(IdKind::ResidentId),
        IdKind::HkMacaoResidencePermit | IdKind::TaiwanResidencePermit => length == 18,
        IdKind::ForeignPermanentResident => seen == Some(IdKind::ForeignPermanentResident),
        IdKind::Passport => (5..=20).contains(&length) && alnum && number.bytes().any(|b| b.is_ascii_digit()),
        IdKind::HkMacaoTravelPermit => {
            seen == Some(IdKind::HkMacaoTravelPermit)
                || (matches!(length, 8 | 10) && number.bytes().all(|b| b.is_ascii_digit()))
        }
        IdKind::TaiwanTravelPermit => {
            matches!(length, 8 | 10) && number.bytes().take(8).all(|b| b.is_ascii_digit()) && alnum
        }
        IdKind::Other => {
            (4..=30).contains(&length)
                && number.chars().all(|c| c.is_alphanumeric() || c == '-')
                && number.bytes().any(|b| b.is_ascii_digit())
        }
    };
    if !fits {
        return Err(if seen.is_some_and(|seen| seen != kind) { mismatch() } else { form() });
    }
    if length == 15 && kind == IdKind::ResidentId {
        number = to_18(&number).ok_or_else(form)?;
    }
    let (mut birth_date, mut gender) = (None, None);
    if number.len() == 18 && kind != IdKind::Other && kind != IdKind::Passport {
        let bytes = number.as_bytes();
        if kind == IdKind::ResidentId && !is_region(bytes) {
            return Err(no(&refusals::ID_REGION));
        }
        if check_digit(bytes) != bytes.last().copied() {
            return Err(no(&refusals::ID_CHECK_DIGIT));
        }
        let part = |from: usize, to: usize| digits(bytes.get(from..to).unwrap_or_default());
        let birth = ymd(part(6, 10), part(10, 12), part(12, 14))
            .filter(|d| *d <= today && d.0.year() >= 1850 && d.age(today) <= 150)
            .ok_or_else(|| no(&refusals::ID_BIRTH))?;
        birth_date = Some(birth);
        gender = Some(if part(16, 17) % 2 == 1 { Gender::Male } else { Gender::Female });
    }
    Ok(IdDocument { kind, number, birth_date, gender })
}

/// Whether a given type allows what the number shows itself to be.
fn permits(given: IdKind, seen: IdKind) -> bool {
    match given {
        IdKind::ResidentId => true,
        IdKind::HkMacaoResidencePermit => {
            matches!(seen, IdKind::HkMacaoResidencePermit | IdKind::TaiwanResidencePermit)
        }
        _ => given == seen,
    }
}

fn is_region(bytes: &[u8]) -> bool {
    let first = bytes.first_chunk::<2>().map_or(0, |two| digits(two));
    matches!(first, 11..=15 | 21..=23 | 31..=37 | 41..=46 | 50..=54 | 61..=65 | 71)
}

/// A phone number in its stored form: eleven digits for a mobile number, `0571-88886666` for a landline,
/// `+85291234567` for one abroad.
///
/// # Errors
/// Refuses what is no phone number, and two numbers in one cell.
pub fn phone(value: &str) -> Result<String, Refusal> {
    let bare = text::bare(value);
    // The usual number needs no more than a look.
    let b = bare.as_bytes();
    if b.len() == 11
        && b.first() == Some(&b'1')
        && b.iter().all(u8::is_ascii_digit)
        && b.get(1) >= Some(&b'3')
    {
        return Ok(bare.to_owned());
    }
    phone_slowly(bare)
}

fn phone_slowly(value: &str) -> Result<String, Refusal> {
    let no = |length: usize| refuse(&refusals::PHONE_FORM, Field::Phone).with("length", length);
    if value.len() > 200 {
        return Err(no(value.bytes().filter(u8::is_ascii_digit).count()));
    }
    // Digits, with a hyphen wherever a group ends.
    let mut groups = String::with_capacity(24);
    let mut plus = false;
    let mut split = false;
    for c in value.chars().map(text::half).filter(|c| !text::invisible(*c)) {
        match c {
            '0'..='9' => groups.push(c),
            '+' if groups.is_empty() && !plus => plus = true,
            '(' if groups.is_empty() => {}
            '\'' | '’' | '‘' | '`' if groups.is_empty() => {}
            '-' | '—' | '–' | '‐' | '‑' | '−' | '－' | '(' | ')' | '.' | '·' | '转' | '_' => {
                if !groups.is_empty() && !groups.ends_with('-') {
                    groups.push('-');
                }
            }
            c if c.is_whitespace() => {
                if !groups.is_empty() && !groups.ends_with('-') {
                    groups.push('-');
                }
            }
            '/' | '、' | ',' | '，' | ';' | '；' | '|' | '\\' | '或' => split = true,
            _ => return Err(no(groups.bytes().filter(u8::is_ascii_digit).count())),
        }
        if split {
            break;
        }
    }
    let groups = groups.trim_end_matches('-');
    let digits: String = groups.chars().filter(char::is_ascii_digit).collect();
    if split || digits.len() > 20 || (digits.len() >= 18 && digits.starts_with('1')) {
        return Err(if digits.len() >= 7 {
            refuse(&refusals::PHONE_SEVERAL, Field::Phone)
        } else {
            no(digits.len())
        });
    }
    let mut national = digits.as_str();
    let mut groups = groups;
    let strip = |text: &'_ str, prefix: &str| -> Option<String> {
        text.strip_prefix(prefix).map(|rest| rest.trim_start_matches('-').to_owned())
    };
    let without;
    if plus {
        if let Some(rest) = strip(groups, "86") {
            without = rest;
            groups = without.as_str();
            national = digits.get(2..).unwrap_or_default();
        } else if (8..=15).contains(&digits.len()) && !digits.starts_with('0') {
            return Ok(format!("+{digits}"));
        } else {
            return Err(no(digits.len()));
        }
    } else if let Some(rest) = strip(groups, "0086") {
        without = rest;
        groups = without.as_str();
        national = digits.get(4..).unwrap_or_default();
    } else if digits.len() >= 12 && digits.starts_with("861") && digits.len() == 13 {
        without = strip(groups, "86").unwrap_or_default();
        groups = without.as_str();
        national = digits.get(2..).unwrap_or_default();
    }
    if is_mobile(national) {
        return Ok(national.to_owned());
    }
    // 01 38…: a trunk zero before a mobile number.
    if let Some(mobile) = national.strip_prefix('0').filter(|m| is_mobile(m)) {
        return Ok(mobile.to_owned());
    }
    landline(national, groups).ok_or_else(|| no(digits.len()))
}

fn is_mobile(digits: &str) -> bool {
    digits.len() == 11 && digits.starts_with('1') && digits.as_bytes().get(1) >= Some(&b'3')
}

fn landline(digits: &str, groups: &str) -> Option<String> {
    // "+86 571 …" is written without the zero.
    let full;
    let (digits, groups) = if digits.starts_with('0') {
        (digits, groups.to_owned())
    } else if groups.contains('-') && matches!(groups.find('-'), Some(2 | 3)) && digits.len() <= 14 {
        full = format!("0{digits}");
        (full.as_str(), format!("0{groups}"))
    } else {
        return None;
    };
    let area = if digits.starts_with("010") || digits.starts_with("02") { 3 } else { 4 };
    let after = digits.get(area..)?;
    // An extension is a last group of its own.
    let parts: Vec<&str> = groups.split('-').collect();
    let extension = match parts.as_slice() {
        [first, .., last] if parts.len() >= 3 && first.len() == area && (1..=6).contains(&last.len()) => last,
        [first, last] if first.len() >= area + 7 && (1..=6).contains(&last.len()) => last,
        _ => "",
    };
    let local = after.get(..after.len().checked_sub(extension.len())?)?;
    let good = matches!(local.len(), 7 | 8) && !local.starts_with(['0', '1']);
    let (local, extension) = if good { (local, extension) } else { (after, "") };
    if !matches!(local.len(), 7 | 8) || local.starts_with(['0', '1']) {
        return None;
    }
    let area = digits.get(..area)?;
    Some(if extension.is_empty() { format!("{area}-{local}") } else { format!("{area}-{local}-{extension}") })
}

/// A gender.
///
/// # Errors
/// Refuses anything but the usual words and the codes 1 and 2 (GB/T 2261.1).
pub fn gender(value: &str) -> Result<Gender, Refusal> {
    let bare = text::bare(value);
    match bare {
        "男" => return Ok(Gender::Male),
        "女" => return Ok(Gender::Female),
        _ => {}
    }
    let word: String = bare
        .chars()
        .map(text::half)
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .take(10)
        .collect();
    match word.as_str() {
        "男" | "男性" | "先生" | "男士" | "m" | "male" | "man" | "1" => Ok(Gender::Male),
        "女" | "女性" | "女士" | "小姐" | "f" | "female" | "woman" | "2" => Ok(Gender::Female),
        _ => Err(refuse(&refusals::GENDER_FORM, Field::Gender).with("value", short(bare))),
    }
}

/// Chinese numerals of dates: 二〇二四, 十月, 二十五, 廿五.
fn numerals(value: &str) -> String {
    let digit = |c: char| match c {
        '〇' | '○' | '零' | 'Ｏ' | '◯' => Some('0'),
        '一' | '壹' => Some('1'),
        '二' | '贰' | '两' => Some('2'),
        '三' | '叁' => Some('3'),
        '四' => Some('4'),
        '五' => Some('5'),
        '六' => Some('6'),
        '七' => Some('7'),
        '八' => Some('8'),
        '九' => Some('9'),
        _ => None,
    };
    let mut out = String::with_capacity(value.len());
    let mut chars = value.chars().peekable();
    while let Some(c) = chars.next() {
        let next = chars.peek().copied().and_then(digit);
        match c {
            '十' => {
                if !out.ends_with(|b: char| b.is_ascii_digit()) {
                    out.push('1');
                }
                if next.is_none() {
                    out.push('0');
                }
            }
            '廿' | '卅' => {
                out.push(if c == '廿' { '2' } else { '3' });
                if next.is_none() {
                    out.push('0');
                }
            }
            _ => out.push(digit(c).unwrap_or(c)),
        }
    }
    out
}

fn month_name(word: &str) -> Option<i64> {
    const MONTHS: [&str; 12] =
        ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
    let short = word.get(..3)?;
    MONTHS.iter().position(|m| m.eq_ignore_ascii_case(short)).and_then(|n| i64::try_from(n + 1).ok())
}

/// A date in any of the forms people type: `2024-03-05`, `2024/3/5`, `2024.3.5`, `20240305`,
/// `2024年3月5日`, `二〇二四年三月五日`, `1990.05` (the day is missing), `5 March 2024`, Excel's day numbers.
///
/// # Errors
/// Refuses what has no meaning or two, years of two digits, and days that do not exist.
pub fn date(field: impl Column, value: &str) -> Result<Written, Refusal> {
    date_of(field, value, None)
}

/// As [`date`], of something whose date is `known` from elsewhere (a birth date, from the document): of the two
/// readings of `04/11/1986` the one that agrees is meant.
///
/// # Errors
/// As [`date`].
pub fn date_of(field: impl Column, value: &str, known: Option<Date>) -> Result<Written, Refusal> {
    let bare = text::bare(value);
    let written = match Date::parse(bare) {
        Some(date) => Written { date, partial: false },
        None => date_slowly(field, bare, known)?,
    };
    if !(1880..=2100).contains(&written.date.0.year()) {
        return Err(refuse(&refusals::DATE_NOT_REAL, field).with("value", short(bare)));
    }
    Ok(written)
}

fn date_slowly(field: impl Column, bare: &str, known: Option<Date>) -> Result<Written, Refusal> {
    let no = |text| refuse(text, field).with("value", short(bare));
    let form = || no(&refusals::DATE_FORM);
    if bare.len() > 64 {
        return Err(form());
    }
    let mut text: String = bare.chars().map(text::half).filter(|c| !text::invisible(*c)).collect();
    if !text.is_ascii() {
        text = numerals(&text);
    }
    // A time of day after the date says nothing here.
    if let Some(colon) = text.find(':') {
        let head = text.get(..colon).unwrap_or_default().trim_end_matches(|c: char| c.is_ascii_digit());
        let head = head.trim_end_matches(|c: char| c.is_whitespace() || matches!(c, 'T' | 't'));
        let head = head.trim_end_matches(['午', '上', '下', '晨', '早', '晚']);
        let length = head.len();
        text.truncate(length);
    }
    let (mut numbers, mut widths, mut named) = ([0_i64; 4], [0_usize; 4], None);
    let mut count = 0;
    let mut fraction = false;
    let mut rest = text.trim();
    while let Some(c) = rest.chars().next() {
        if c.is_ascii_digit() {
            let width = rest.bytes().take_while(u8::is_ascii_digit).count();
            let (group, after) = rest.split_at(width);
            let (Some(n), Some(w)) = (numbers.get_mut(count), widths.get_mut(count)) else {
                return Err(form());
            };
            if width > 14 && !fraction {
                return Err(form());
            }
            (*n, *w) = (group.parse().unwrap_or(0), width);
            count += 1;
            rest = after;
            fraction = count == 1 && width == 5 && rest.starts_with('.');
        } else if c.is_ascii_alphabetic() {
            let width = rest.bytes().take_while(u8::is_ascii_alphabetic).count();
            let (word, after) = rest.split_at(width);
            match month_name(word) {
                Some(month) if named.is_none() => named = Some((month, count)),
                _ if matches!(word, "st" | "nd" | "rd" | "th") && count > 0 => {}
                _ => return Err(form()),
            }
            rest = after;
        } else if c.is_whitespace()
            || matches!(
                c,
                '-' | '/' | '.' | '年' | '月' | '日' | '号' | '號' | '\\' | '、' | '。' | '_' | ',' | '，'
            )
            || matches!(c, '—' | '–' | '－' | '·')
        {
            rest = rest.get(c.len_utf8()..).unwrap_or_default();
        } else {
            return Err(form());
        }
    }
    let ([a, b, c, _], [wa, wb, wc, _]) = (numbers, widths);
    let real = |year, month, day| {
        ymd(year, month, day)
            .map(|date| Written { date, partial: false })
            .ok_or_else(|| no(&refusals::DATE_NOT_REAL))
    };
    let month_of = |year, month| {
        ymd(year, month, 1)
            .map(|date| Written { date, partial: true })
            .ok_or_else(|| no(&refusals::DATE_NOT_REAL))
    };
    if let Some((month, _)) = named {
        return match (count, wa, wb) {
            (2, 4, 1 | 2) => real(a, month, b),
            (2, 1 | 2, 4) => real(b, month, a),
            (1, 4, _) => month_of(a, month),
            _ => Err(form()),
        };
    }
    match (count, wa, wb, wc) {
        (1, 8, ..) => real(a / 10_000, a / 100 % 100, a % 100),
        (1, 14, ..) => real(a / 10_000_000_000, a / 100_000_000 % 100, a / 1_000_000 % 100),
        (1, 6, ..) if (1880..=2100).contains(&(a / 100)) => month_of(a / 100, a % 100),
        (1, 5, ..) | (2, 5, ..)
            if (20_000..=60_000).contains(&a) && (count == 1 || fraction_after(&text)) =>
        {
            Ok(Written { date: Date::from_days(a - 25_569), partial: false })
        }
        (2, 4, 1 | 2, _) => month_of(a, b),
        (3, 4, 1 | 2, 1 | 2) => real(a, b, c),
        (3, 1 | 2, 1 | 2, 4) => {
            if a == b || b > 12 {
                real(c, a, b)
            } else if a > 12 {
                real(c, b, a)
            } else {
                let readings = [ymd(c, a, b), ymd(c, b, a)];
                match readings.into_iter().flatten().find(|date| known == Some(*date)) {
                    Some(date) => Ok(Written { date, partial: false }),
                    None => Err(no(&refusals::DATE_AMBIGUOUS)),
                }
            }
        }
        _ => Err(form()),
    }
}

/// `45356.5`: a day number with a time.
fn fraction_after(text: &str) -> bool {
    text.trim().as_bytes().get(5) == Some(&b'.')
}

/// A line of free text.
///
/// # Errors
/// Refuses what is longer than `max` characters, and lost characters.
pub fn line(field: impl Column, value: &str, max: usize) -> Result<String, Refusal> {
    let out = text::tidy(value);
    if out.len() > max {
        let length = out.chars().count();
        if length > max {
            return Err(refuse(&refusals::TEXT_TOO_LONG, field).with("length", length).with("max", max));
        }
    }
    if out.contains('\u{FFFD}') {
        return Err(refuse(&refusals::GARBLED, field));
    }
    Ok(out.into_owned())
}

/// Most entries of a list, and longest entry.
const MAX_LIST: usize = 20;
const MAX_ENTRY: usize = 40;

/// A list in one cell, split at `、，,;；/` and spaces, each entry once. Between Latin words a space stays.
///
/// # Errors
/// Refuses too many or too long entries, and lost characters.
pub fn list(field: Field, value: &str) -> Result<Vec<String>, Refusal> {
    let mut entries: Vec<String> = Vec::new();
    let mut add = |entry: &str| -> Result<(), Refusal> {
        if !text::is_blank(entry) {
            let entry = line(field, entry, MAX_ENTRY)?;
            if !entry.is_empty() && !entries.contains(&entry) {
                entries.push(entry);
            }
        }
        Ok(())
    };
    let hard = |c: char| {
        c.is_control() || matches!(c, '、' | '，' | ',' | ';' | '；' | '/' | '／' | '|' | '｜' | '､')
    };
    for part in text::bare(value).split(hard) {
        let part = text::tidy(part);
        let (mut start, mut before) = (0, None);
        for (at, c) in part.char_indices() {
            if c == ' ' {
                let after = part.get(at + 1..).and_then(|rest| rest.chars().next());
                let latin = |c: Option<char>| c.is_some_and(|c: char| c.is_ascii_alphanumeric());
                if !(latin(before) && latin(after)) {
                    add(part.get(start..at).unwrap_or_default())?;
                    start = at + 1;
                }
            }
            before = Some(c);
        }
        add(part.get(start..).unwrap_or_default())?;
    }
    if entries.len() > MAX_LIST {
        return Err(refuse(&refusals::LIST_TOO_LONG, field)
            .with("length", entries.len())
            .with("max", MAX_LIST));
    }
    Ok(entries)
}

/// A mail address, by its form only.
///
/// # Errors
/// Refuses what is none.
pub fn email(value: &str) -> Result<String, Refusal> {
    let no = || refuse(&refusals::EMAIL_FORM, Field::Email);
    let out: String =
        text::bare(value).chars().map(text::half).filter(|c| !text::invisible(*c)).take(255).collect();
    let (local, domain) = out.split_once('@').ok_or_else(no)?;
    let fine = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | '+' | '%');
    let good = !local.is_empty()
        && local.chars().all(fine)
        && domain.contains('.')
        && domain.split('.').all(|label| !label.is_empty())
        && domain.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-'))
        && out.len() <= 254;
    if good { Ok(format!("{local}@{}", domain.to_ascii_lowercase())) } else { Err(no()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn today() -> Date {
        Date::parse("2026-11-21").unwrap()
    }

    #[test]
    fn names() {
        for (from, to) in [
            (" 张 三 ", "张三"),
            ("欧阳　娜娜", "欧阳娜娜"),
            ("阿布都．热合曼", "阿布都·热合曼"),
            ("买买提•艾力", "买买提·艾力"),
            ("买买提 · 艾力", "买买提·艾力"),
            ("迪丽热巴・迪力木拉提", "迪丽热巴·迪力木拉提"),
            ("卓玛.央金", "卓玛·央金"),
            ("Ｊｏｈｎ　Smith", "John Smith"),
            ("J. R. Smith", "J. R. Smith"),
            ("O’Neil", "O'Neil"),
            ("𠀀𪚥", "𠀀𪚥"),
            ("㐂", "㐂"),
        ] {
            assert_eq!(name(from).unwrap(), to);
            assert_eq!(name(to).unwrap(), to);
        }
        for (bad, code) in [
            ("", "roster.name_required"),
            (" — ", "roster.name_required"),
            ("张3", "roster.name_characters"),
            ("张三（队长）", "roster.name_characters"),
            ("合 计", "roster.name_not_a_person"),
            ("·", "roster.name_required"),
            ("张\u{FFFD}", "roster.garbled"),
            ("张?", "roster.garbled"),
            ("=1+1", "roster.name_characters"),
        ] {
            assert_eq!(name(bad).unwrap_err().code(), code, "{bad}");
        }
        assert_eq!(name(&"长".repeat(51)).unwrap_err().code(), "roster.name_too_long");
        assert_eq!(name(&"长".repeat(50)).unwrap().chars().count(), 50);
    }

    #[test]
    fn documents() {
        // The example of GB 11643-1999.
        let d = document(None, " 11010519491231002x ", today()).unwrap();
        assert_eq!((d.kind, d.number.as_str()), (IdKind::ResidentId, "11010519491231002X"));
        assert_eq!((d.birth_date, d.gender), (Date::new(1949, 12, 31), Some(Gender::Female)));
        assert_eq!(document(None, "１１０１０５１９４９１２３１００２Ｘ", today()).unwrap(), d);
        assert_eq!(document(None, "'110105 19491231 002X", today()).unwrap(), d);
        assert_eq!(document(None, "110105491231002", today()).unwrap(), d);
        assert_eq!(to_18("110105001231998").unwrap().get(6..10), Some("1800"));
        assert!(!format!("{d:?}").contains("1949"));
        for (bad, code) in [
            ("110105194912310021", "roster.id_check_digit"),
            ("11010519491231002", "roster.id_form"),
            ("13800138000", "roster.id_form"),
            ("张三", "roster.id_form"),
            ("010105194912310020", "roster.id_region"),
        ] {
            assert_eq!(document(None, bad, today()).unwrap_err().code(), code, "{bad}");
        }
        let with_check = |head: &str| {
            let check = check_digit(head.as_bytes()).unwrap();
            format!("{head}{}", char::from(check))
        };
        for (head, code) in
            [("11010519490231002", "roster.id_birth"), ("11010520270101002", "roster.id_birth")]
        {
            assert_eq!(document(None, &with_check(head), today()).unwrap_err().code(), code);
        }
        for (head, kind) in [
            ("81000019900307001", IdKind::HkMacaoResidencePermit),
            ("82000019900307001", IdKind::HkMacaoResidencePermit),
            ("83000019900307001", IdKind::TaiwanResidencePermit),
            ("91184019900307001", IdKind::ForeignPermanentResident),
        ] {
            for given in [None, Some(IdKind::ResidentId), Some(kind), Some(IdKind::Other)] {
                let d = document(given, &with_check(head), today()).unwrap();
                assert_eq!((d.kind, d.birth_date), (kind, Date::new(1990, 3, 7)));
            }
        }
        let kind = |given, number: &str| document(given, number, today()).map(|d| d.kind);
        assert_eq!(kind(None, "e12345678").unwrap(), IdKind::Passport);
        assert_eq!(kind(None, "H12345678").unwrap(), IdKind::HkMacaoTravelPermit);
        assert_eq!(kind(None, "USA110000123456").unwrap(), IdKind::ForeignPermanentResident);
        assert_eq!(kind(Some(IdKind::TaiwanTravelPermit), "12345678").unwrap(), IdKind::TaiwanTravelPermit);
        assert_eq!(kind(Some(IdKind::Passport), "P1234").unwrap(), IdKind::Passport);
        assert_eq!(kind(Some(IdKind::Other), "南字第123456号").unwrap(), IdKind::Other);
        assert_eq!(kind(None, "12345678").unwrap_err().code(), "roster.id_form");
        assert_eq!(
            kind(Some(IdKind::Passport), "11010519491231002X").unwrap_err().code(),
            "roster.id_type_mismatch"
        );
        assert_eq!(
            kind(Some(IdKind::ResidentId), "E12345678").unwrap_err().code(),
            "roster.id_type_mismatch"
        );
        assert_eq!(id_kind("护 照").unwrap(), IdKind::Passport);
        assert_eq!(id_kind("驾照").unwrap_err().code(), "roster.id_type_unknown");
        for kind in IdKind::ALL {
            assert_eq!(IdKind::from_key(kind.key()), Some(*kind));
            assert_eq!(id_kind(kind.labels().0).unwrap(), *kind);
        }
    }

    #[test]
    fn phones() {
        for (from, to) in [
            ("13800138000", "13800138000"),
            ("138 0013 8000", "13800138000"),
            ("138-0013-8000", "13800138000"),
            ("+86 138 0013 8000", "13800138000"),
            ("(+86)13800138000", "13800138000"),
            ("0086-13800138000", "13800138000"),
            ("8613800138000", "13800138000"),
            ("１３８００１３８０００", "13800138000"),
            ("'13800138000", "13800138000"),
            ("013800138000", "13800138000"),
            ("0571-88886666", "0571-88886666"),
            ("(0571)88886666", "0571-88886666"),
            ("057188886666", "0571-88886666"),
            ("010 6512 3456", "010-65123456"),
            ("+86 571 8888 6666", "0571-88886666"),
            ("0571-88886666-801", "0571-88886666-801"),
            ("0571-88886666转801", "0571-88886666-801"),
            ("0453-6512345", "0453-6512345"),
            ("+852 9123 4567", "+85291234567"),
        ] {
            assert_eq!(phone(from).unwrap(), to, "{from}");
            assert_eq!(phone(to).unwrap(), to);
        }
        for bad in ["1380013800", "88886666", "12345678901", "张三", "", "1.38E+10", "110105194912310021"] {
            assert!(phone(bad).is_err(), "{bad}");
        }
        for two in ["13800138000/13900139000", "13800138000 13900139000", "13800138000、0571-88886666"] {
            assert_eq!(phone(two).unwrap_err().code(), "roster.phone_several", "{two}");
        }
    }

    #[test]
    fn genders() {
        for (from, to) in [
            ("男", Gender::Male),
            (" 女 ", Gender::Female),
            ("Ｍ", Gender::Male),
            ("F", Gender::Female),
            ("1", Gender::Male),
            ("先生", Gender::Male),
            ("女士", Gender::Female),
        ] {
            assert_eq!(gender(from).unwrap(), to);
        }
        assert_eq!(gender("男女").unwrap_err().code(), "roster.gender_form");
    }

    #[test]
    fn dates() {
        let day = |value: &str| date(Field::BirthDate, value).map(|w| (w.date.to_string(), w.partial));
        for form in [
            "2024/3/5",
            "2024.3.5",
            "2024-03-05",
            "20240305",
            "2024年3月5日",
            "二〇二四年三月五日",
            "２０２４．３．５",
            "2024 年 3 月 5 日",
            "2024-3-5 09:30:00",
            "2024-03-05T00:00:00",
            "2024/03/05 0:00",
            "45356",
            "45356.5",
            "5 March 2024",
            "Mar 5, 2024",
            "20240305093000",
            "二零二四年三月五号",
            "2024、3、5",
            "2024—3—5",
        ] {
            assert_eq!(day(form).unwrap(), ("2024-03-05".to_owned(), false), "{form}");
        }
        for form in ["1990年5月", "1990.05", "1990-5", "199005", "1990/05", "一九九〇年五月", "1990.05."]
        {
            assert_eq!(day(form).unwrap(), ("1990-05-01".to_owned(), true), "{form}");
        }
        assert_eq!(day("二〇二四年十月二十五日").unwrap().0, "2024-10-25");
        assert_eq!(day("二〇二四年十二月三十日").unwrap().0, "2024-12-30");
        assert_eq!(day("二〇二四年十一月廿一日").unwrap().0, "2024-11-21");
        assert_eq!(day("25/12/1990").unwrap().0, "1990-12-25");
        assert_eq!(day("12/25/1990").unwrap().0, "1990-12-25");
        for (bad, code) in [
            ("3/5/2024", "roster.date_ambiguous"),
            ("90.5.3", "roster.date_form"),
            ("1990年", "roster.date_form"),
            ("昨天", "roster.date_form"),
            ("", "roster.date_form"),
            ("2023-02-29", "roster.date_not_real"),
            ("2024年13月1日", "roster.date_not_real"),
            ("1024-01-01", "roster.date_not_real"),
            ("13800138000", "roster.date_form"),
            ("农历1990年5月初三", "roster.date_form"),
            ("99999999999999999999", "roster.date_form"),
        ] {
            assert_eq!(day(bad).unwrap_err().code(), code, "{bad}");
        }
    }

    #[test]
    fn a_known_date_tells_which_reading_is_meant() {
        let known = Date::new(1986, 4, 11);
        let read = |text: &str| date_of(Field::BirthDate, text, known).map(|written| written.date);
        assert_eq!(read("04/11/1986").ok(), known);
        assert_eq!(read("11/4/1986").ok(), known);
        assert_eq!(read("04/12/1986").unwrap_err().code(), "roster.date_ambiguous");
        // What is clear stays as it is written.
        assert_eq!(read("1986-11-04").ok(), Date::new(1986, 11, 4));
    }

    #[test]
    fn lists_and_lines() {
        let skills = |v: &str| list(Field::Skills, v).unwrap();
        assert_eq!(
            skills("理发、义诊，驾驶 ; 理发 / 英语 Microsoft Word"),
            ["理发", "义诊", "驾驶", "英语", "Microsoft Word"]
        );
        assert!(skills(" 无 ").is_empty());
        assert_eq!(line(Field::Note, "  a\n b　c ", 10).unwrap(), "a b c");
        assert_eq!(line(Field::Note, "一二三", 2).unwrap_err().code(), "roster.text_too_long");
        assert_eq!(email("Ａ.b@Example.CN").unwrap(), "A.b@example.cn");
        assert_eq!(email("a@b").unwrap_err().code(), "roster.email_form");
    }
}
