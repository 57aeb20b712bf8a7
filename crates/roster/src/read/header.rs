//! Finds the row of column names: below titles, under merged group headings, or not there at all.

use super::{Recogniser, Row};
use crate::text;

/// Rows that are searched for the header.
pub(crate) const SEARCH_ROWS: usize = 15;

/// The names of the columns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// The row number of the file; 0 when the table has no header and its columns are numbered.
    pub row_number: u32,
    /// The names from left to right.
    pub columns: Vec<String>,
    /// Whether at least two names are known.
    pub recognised: bool,
}

/// A column name on one line, spaces between Han removed (people stretch `姓  名`).
pub(crate) fn clean_name(name: &str) -> String {
    let line = text::tidy(name);
    let mut out = String::with_capacity(line.len());
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        let ascii_both = out.ends_with(|b: char| b.is_ascii_alphanumeric())
            && chars.peek().is_some_and(char::is_ascii_alphanumeric);
        if c != ' ' || ascii_both {
            out.push(c);
        }
    }
    if out.len() > 300 {
        out = out.chars().take(100).collect();
    }
    out
}

fn known(row: &Row, recognise: Recogniser) -> usize {
    let mut found: Vec<_> = row.cells().filter_map(|c| recognise(c.text)).collect();
    found.sort_unstable();
    found.dedup();
    found.len()
}

/// Whether the row speaks of a person instead of naming columns.
fn is_data(row: &Row) -> bool {
    row.cells().any(|c| {
        let t = text::bare(c.text);
        (7..=24).contains(&t.len()) && t.bytes().filter(u8::is_ascii_digit).count() >= 7
    })
}

/// How much a row looks like names of columns when none is known.
fn looks(row: &Row) -> usize {
    row.cells()
        .filter(|c| {
            let t = c.text.trim();
            !t.is_empty() && t.chars().count() <= 12 && !t.bytes().any(|b| b.is_ascii_digit())
        })
        .count()
}

impl Header {
    /// Finds the header in the first non-blank rows and how many of them it uses up; none when there
    /// are no rows.
    pub(crate) fn find(rows: &[Row], recognise: Recogniser) -> Option<(Self, usize)> {
        let known = |row: &Row| known(row, recognise);
        let searched = rows.get(..rows.len().min(SEARCH_ROWS)).unwrap_or_default();
        if let Some((at, row)) = searched.iter().enumerate().find(|(_, row)| known(row) >= 2 && !is_data(row))
        {
            let above = at.checked_sub(1).and_then(|n| rows.get(n));
            let below = rows.get(at + 1).filter(|below| is_second_line(row, below, recognise));
            let columns = join(above, row, below, recognise);
            let taken = at + 1 + usize::from(below.is_some());
            let number = below.map_or(row.number(), Row::number);
            return Some((Self { row_number: number, columns, recognised: true }, taken));
        }
        // Not recognised: the row that looks most like names, unless people come first.
        let first_data = searched.iter().position(is_data).unwrap_or(searched.len());
        let best = searched
            .iter()
            .take(first_data)
            .enumerate()
            .filter(|(_, row)| looks(row) >= 2 || known(row) >= 1)
            .max_by_key(|(at, row)| (known(row), looks(row), searched.len() - at));
        match best {
            Some((at, row)) => {
                let columns = join(None, row, None, recognise);
                Some((Self { row_number: row.number(), columns, recognised: false }, at + 1))
            }
            None => {
                let width = searched.iter().map(Row::len).max().filter(|w| *w > 0)?;
                let columns = (1..=width).map(|n| format!("第{n}列")).collect();
                // Titles above the first person are left out.
                let titles = if first_data < searched.len() { first_data } else { 0 };
                Some((Self { row_number: 0, columns, recognised: false }, titles))
            }
        }
    }
}

/// Whether `below` is the second line of a two-line header: it names columns that stand under a group
/// heading, and says nothing under the names that are merged downwards.
fn is_second_line(row: &Row, below: &Row, recognise: Recogniser) -> bool {
    let known = |row: &Row| known(row, recognise);
    if below.number().checked_sub(1) != Some(row.number()) || is_data(below) || known(below) == 0 {
        return false;
    }
    // A repeated header, or a first person whose data happens to read like names, fills named columns.
    let mut under_names = 0;
    for (top, low) in row.cells().zip(below.cells()) {
        if recognise(top.text) == Some(super::NAME) && !low.text.trim().is_empty() {
            return false;
        }
        under_names += usize::from(!top.text.trim().is_empty() && !low.text.trim().is_empty());
    }
    let filled = below.cells().filter(|c| !c.text.trim().is_empty()).count();
    known(below) * 2 >= filled || under_names == 0
}

/// The names of the columns from the header row, the group headings above it and the second line below.
fn join(above: Option<&Row>, row: &Row, below: Option<&Row>, recognise: Recogniser) -> Vec<String> {
    let above = above.filter(|row| row.cells().filter(|c| !c.text.trim().is_empty()).count() >= 2);
    let width = row.len().max(below.map_or(0, Row::len)).max(above.map_or(0, Row::len));
    let mut group = String::new();
    let mut columns: Vec<String> = (0..width)
        .map(|column| {
            let name = clean_name(row.get(column));
            let low = below.map(|b| clean_name(b.get(column))).unwrap_or_default();
            if !name.is_empty() {
                group.clone_from(&name);
            }
            match (name.is_empty(), low.is_empty()) {
                (_, false) if recognise(&low).is_some() || name.is_empty() && group.is_empty() => low,
                (true, false) => format!("{group}{low}"),
                (false, false) => format!("{name}{low}"),
                (false, true) => name,
                // Merged downwards from the row above.
                (true, true) => above.map(|a| clean_name(a.get(column))).unwrap_or_default(),
            }
        })
        .collect();
    while columns.last().is_some_and(String::is_empty) {
        columns.pop();
    }
    columns
}
