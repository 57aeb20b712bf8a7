//! A person's own copy of what is kept about them (X8; PIPL Art. 45): each room names its tables that tell of a person,
//! and how their rows are written into the copy.

use db::{DbError, ReadTx, Sql, args};
use kernel::{Date, PersonId, Timestamp};
use serde_json::{Map, Value};

/// What a column holds.
#[derive(Debug, Clone, Copy)]
pub enum Cell {
    /// Text, as it is.
    Text,
    /// A whole number.
    Number,
    /// Yes or no.
    Flag,
    /// A moment, in milliseconds UTC; written in local time.
    Time,
    /// A day.
    Day,
}

/// One subject of the copy.
#[derive(Clone, Copy)]
pub struct Kept {
    /// Its name in the copy.
    pub name: &'static str,
    /// Its rows; `$1` is the person. Columns in the order of `cells`.
    pub rows: &'static Sql,
    /// Names and kinds of the columns.
    pub cells: &'static [(&'static str, Cell)],
    /// Columns that name the person, `table.column`, which it answers for.
    pub covers: &'static [&'static str],
}

impl Kept {
    /// Its rows about a person, as objects.
    ///
    /// # Errors
    /// Of the database.
    pub fn of(&self, tx: &mut ReadTx<'_>, person: PersonId) -> Result<Value, DbError> {
        let mut all = Vec::new();
        tx.each(self.rows, args![person], |row| {
            let mut one = Map::new();
            for (at, (name, cell)) in self.cells.iter().enumerate() {
                let value = match cell {
                    Cell::Text => row.get::<Option<String>>(at)?.map(Value::from),
                    Cell::Number => row.get::<Option<i64>>(at)?.map(Value::from),
                    Cell::Flag => row.get::<Option<bool>>(at)?.map(Value::from),
                    Cell::Time => row.get::<Option<Timestamp>>(at)?.map(|time| Value::from(time.text())),
                    Cell::Day => row.get::<Option<Date>>(at)?.map(|day| Value::from(day.to_string())),
                };
                one.insert((*name).to_owned(), value.unwrap_or(Value::Null));
            }
            all.push(Value::Object(one));
            Ok(())
        })?;
        Ok(Value::Array(all))
    }
}
