//! One row into one person: all refusals of the row at once.

use kernel::{Date, Refusal};

use crate::clean::{self, Gender, IdDocument, IdKind};
use crate::map::{Column, Columns, Field, Mapping};
use crate::read::{Cell, CellKind, Row};
use crate::{refusals, text};

/// Age from which a person may come in through a roster.
pub const ADULT: i64 = 18;

/// A clean row of a roster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RosterRow {
    /// The row number of the file.
    pub row_no: u32,
    /// The name.
    pub name: String,
    /// The identity document; without one the person stays incomplete.
    pub document: Option<IdDocument>,
    /// The phone; not unique to a person (Fix-23).
    pub phone: Option<String>,
    /// The gender, from the column or the document.
    pub gender: Option<Gender>,
    /// The birth date, from the document or the column.
    pub birth_date: Option<Date>,
    /// The birth date lacks its day and stands on the first of the month.
    pub birth_partial: bool,
    /// The community.
    pub community: Option<String>,
    /// The teams.
    pub teams: Vec<String>,
    /// Skills.
    pub skills: Vec<String>,
    /// Service categories.
    pub categories: Vec<String>,
    /// The day of joining (the first of the month when only that is known).
    pub joined_on: Option<Date>,
    /// The mail address.
    pub email: Option<String>,
    /// The address.
    pub address: Option<String>,
    /// The political status.
    pub political_status: Option<String>,
    /// The education.
    pub education: Option<String>,
    /// The employer.
    pub employer: Option<String>,
    /// The number in the national system.
    pub national_no: Option<String>,
    /// Notes.
    pub note: Option<String>,
}

/// Cleans the cells of a row of any kind of table and gathers what is refused.
pub(crate) struct Cleaner<'a, F> {
    pub(crate) mapping: &'a Columns<F>,
    pub(crate) row: &'a Row,
    pub(crate) refused: Vec<Refusal>,
}

impl<'a, F: Column> Cleaner<'a, F> {
    /// The cell of a field, if it has content; error cells are refused.
    pub(crate) fn cell(&mut self, field: F) -> Option<Cell<'a>> {
        let cell = self.row.cell(self.mapping.column(field)?);
        if cell.kind == CellKind::Error {
            self.refused.push(clean::refuse(&refusals::CELL_ERROR, field).with("value", cell.text));
            return None;
        }
        (!text::is_blank(cell.text)).then_some(cell)
    }

    pub(crate) fn take<T>(&mut self, field: F, read: impl FnOnce(&str) -> Result<T, Refusal>) -> Option<T> {
        let cell = self.cell(field)?;
        self.keep(read(cell.text))
    }

    pub(crate) fn keep<T>(&mut self, result: Result<T, Refusal>) -> Option<T> {
        result.map_err(|refusal| self.refused.push(refusal)).ok()
    }

    pub(crate) fn line(&mut self, field: F, max: usize) -> Option<String> {
        self.take(field, |v| clean::line(field, v, max)).filter(|v| !v.is_empty())
    }

    /// The identity document, of its columns of type and number.
    pub(crate) fn document(&mut self, id_type: F, id_number: F, today: Date) -> Option<IdDocument> {
        let kind: Option<IdKind> = self.take(id_type, clean::id_kind);
        let cell = self.cell(id_number)?;
        if digits_lost(cell) {
            self.refused.push(clean::refuse(&refusals::ID_DIGITS_LOST, id_number));
            return None;
        }
        self.keep(clean::document(kind, cell.text, today))
    }
}

/// Whether a spreadsheet has cut a long number.
fn digits_lost(cell: Cell<'_>) -> bool {
    let digits = text::bare(cell.text);
    let exponent = digits.contains(['E', 'e']) && digits.parse::<f64>().is_ok_and(|n| n > 1e13);
    exponent
        || digits.len() == 18 && digits.ends_with("000") && digits.bytes().all(|b| b.is_ascii_digit()) && {
            // Excel writes zeros for what it lost; such a number may pass the check by chance.
            cell.kind == CellKind::Number
                || clean::check_digit(digits.as_bytes()) != digits.as_bytes().last().copied()
        }
}

/// Cleans a row.
///
/// # Errors
/// Every refusal of the row; a row with any is left out as a whole.
pub fn clean_row(mapping: &Mapping, row: &Row, today: Date) -> Result<RosterRow, Vec<Refusal>> {
    let mut c = Cleaner { mapping, row, refused: Vec::new() };
    let name = match c.cell(Field::Name) {
        Some(cell) => c.keep(clean::name(cell.text)),
        None => {
            if c.refused.is_empty() {
                c.refused.push(clean::refuse(&refusals::NAME_REQUIRED, Field::Name));
            }
            None
        }
    };
    let document = c.document(Field::IdType, Field::IdNumber, today);
    let phone = c.take(Field::Phone, clean::phone);
    let written_gender = c.take(Field::Gender, clean::gender);
    let implied_birth = document.as_ref().and_then(|d| d.birth_date);
    let written_birth = c.take(Field::BirthDate, |v| {
        let written = clean::date_of(Field::BirthDate, v, implied_birth)?;
        if written.date > today {
            return Err(clean::refuse(&refusals::DATE_ORDER, Field::BirthDate).with("value", written.date));
        }
        Ok(written)
    });
    if let (Some(implied), Some(written)) = (implied_birth, written_birth) {
        let month = |d: Date| (d.0.year(), d.0.month());
        let same =
            if written.partial { month(implied) == month(written.date) } else { implied == written.date };
        if !same {
            c.refused.push(clean::refuse(&refusals::BIRTH_MISMATCH, Field::BirthDate));
        }
    }
    let implied_gender = document.as_ref().and_then(|d| d.gender);
    if let (Some(implied), Some(written)) = (implied_gender, written_gender)
        && implied != written
    {
        c.refused.push(clean::refuse(&refusals::GENDER_MISMATCH, Field::Gender));
    }
    let birth_date = implied_birth.or(written_birth.map(|w| w.date));
    let birth_partial = implied_birth.is_none() && written_birth.is_some_and(|w| w.partial);
    if let Some(birth) = birth_date {
        // Without a day the last of the month: nobody comes in too young.
        let latest = if birth_partial { Date(birth.0.last_of_month()) } else { birth };
        let age = latest.age(today);
        if age < ADULT {
            let field = if implied_birth.is_some() { Field::IdNumber } else { Field::BirthDate };
            c.refused.push(clean::refuse(&refusals::MINOR, field).with("age", age.max(0)));
        }
    }
    let joined_on = c.take(Field::JoinedOn, |v| {
        let written = clean::date(Field::JoinedOn, v)?;
        if written.date > today || birth_date.is_some_and(|b| written.date < b) {
            return Err(clean::refuse(&refusals::DATE_ORDER, Field::JoinedOn).with("value", written.date));
        }
        Ok(written.date)
    });
    let list =
        |c: &mut Cleaner<'_, Field>, field| c.take(field, |v| clean::list(field, v)).unwrap_or_default();
    let teams = list(&mut c, Field::Team);
    let skills = list(&mut c, Field::Skills);
    let categories = list(&mut c, Field::Categories);
    let community = c.line(Field::Community, 60);
    let email = c.take(Field::Email, clean::email);
    let address = c.line(Field::Address, 200);
    let political_status = c.line(Field::PoliticalStatus, 30);
    let education = c.line(Field::Education, 30);
    let employer = c.line(Field::Employer, 100);
    let national_no = c.line(Field::NationalNo, 32);
    let note = c.line(Field::Note, 500);
    match name {
        Some(name) if c.refused.is_empty() => Ok(RosterRow {
            row_no: row.number(),
            name,
            document,
            phone,
            gender: implied_gender.or(written_gender),
            birth_date,
            birth_partial,
            community,
            teams,
            skills,
            categories,
            joined_on,
            email,
            address,
            political_status,
            education,
            employer,
            national_no,
            note,
        }),
        _ => Err(c.refused),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAP: &str = "name=0,id_type=1,id_number=2,phone=3,gender=4,birth_date=5,community=6,team=7,skills=8,joined_on=9,note=10";

    fn today() -> Date {
        Date::parse("2026-11-21").unwrap()
    }

    fn clean(cells: &[&str]) -> Result<RosterRow, Vec<&'static str>> {
        clean_row(&Mapping::parse(MAP).unwrap(), &Row::new(7, cells), today())
            .map_err(|all| all.iter().map(Refusal::code).collect())
    }

    #[test]
    fn a_person() {
        let row = clean(&[
            "王 芳",
            "身份证",
            "11010519491231002x",
            "138 0013 8000",
            "女",
            "1949.12",
            "朝阳社区",
            "红马甲、银龄",
            "理发",
            "2024/3/5",
            "'=1+1",
        ])
        .unwrap();
        assert_eq!((row.row_no, row.name.as_str()), (7, "王芳"));
        assert_eq!(row.birth_date, Date::new(1949, 12, 31));
        assert!(!row.birth_partial);
        assert_eq!(row.teams, ["红马甲", "银龄"]);
        assert_eq!(row.note.as_deref(), Some("=1+1"));
        assert_eq!(row.joined_on, Date::new(2024, 3, 5));
    }

    #[test]
    fn all_refusals_at_once() {
        assert_eq!(
            clean(&["张3", "", "110105194912310021", "1", "x", "2024-02-30"]).unwrap_err(),
            [
                "roster.name_characters",
                "roster.id_check_digit",
                "roster.phone_form",
                "roster.gender_form",
                "roster.date_not_real"
            ]
        );
        assert_eq!(
            clean(&["王芳", "", "11010519491231002X", "", "男", "1949-12-30"]).unwrap_err(),
            ["roster.birth_mismatch", "roster.gender_mismatch"]
        );
        assert_eq!(clean(&[]).unwrap_err(), ["roster.name_required"]);
    }

    #[test]
    fn without_a_number() {
        let row = clean(&["王芳", "", "无", "13800138000", "女", "1990年5月"]).unwrap();
        assert_eq!((row.document, row.birth_partial), (None, true));
        assert_eq!(row.birth_date, Date::new(1990, 5, 1));
    }

    #[test]
    fn minors() {
        assert_eq!(clean(&["王芳", "", "", "", "", "2008-11-22"]).unwrap_err(), ["roster.minor"]);
        assert!(clean(&["王芳", "", "", "", "", "2008-11-21"]).is_ok());
        // Somewhere in November 2008: may still be 17.
        assert_eq!(clean(&["王芳", "", "", "", "", "2008.11"]).unwrap_err(), ["roster.minor"]);
    }

    #[test]
    fn lost_digits() {
        for lost in ["1.10105E+17", "110105194912310000"] {
            assert_eq!(clean(&["王芳", "", lost]).unwrap_err(), ["roster.id_digits_lost"]);
        }
        let mut row = Row::new(2, ["王芳", ""]);
        row.push("#N/A", CellKind::Error);
        let all = clean_row(&Mapping::parse(MAP).unwrap(), &row, today()).unwrap_err();
        assert_eq!(all[0].code(), "roster.cell_error");
    }
}
