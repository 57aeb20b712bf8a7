//! Rows: typed by position, the same for both databases.

use kernel::value::{FromValue, Value};

use crate::DbError;

/// One row of an answer.
pub struct Row<'r> {
    pub(crate) inner: RowInner<'r>,
}

pub(crate) enum RowInner<'r> {
    Sqlite(&'r rusqlite::Row<'r>),
    Pg(&'r tokio_postgres::Row),
}

impl Row<'_> {
    /// The value of a column, counted from 0.
    ///
    /// # Errors
    /// When there is no such column or the value does not fit the type.
    pub fn get<T: FromValue>(&self, column: usize) -> Result<T, DbError> {
        let name = || match &self.inner {
            RowInner::Sqlite(row) => row.as_ref().column_name(column).unwrap_or("?").to_owned(),
            RowInner::Pg(row) => row.columns().get(column).map_or("?", |c| c.name()).to_owned(),
        };
        let fail = |what: String| DbError::Bug(format!("column {} {column}: {what}", name()));
        match &self.inner {
            RowInner::Sqlite(row) => {
                use rusqlite::types::ValueRef;
                let value = match row.get_ref(column).map_err(|e| fail(e.to_string()))? {
                    ValueRef::Null => Value::Null,
                    ValueRef::Integer(n) => Value::Int(n),
                    ValueRef::Real(x) => Value::Real(x),
                    ValueRef::Text(bytes) => {
                        Value::Text(std::str::from_utf8(bytes).map_err(|e| fail(e.to_string()))?)
                    }
                    ValueRef::Blob(bytes) => Value::Bytes(bytes),
                };
                T::from_value(value).map_err(|e| fail(e.0))
            }
            RowInner::Pg(row) => {
                let value: PgValue<'_> = row.try_get(column).map_err(|e| fail(e.to_string()))?;
                T::from_value(value.0).map_err(|e| fail(e.0))
            }
        }
    }

    /// How many columns there are.
    #[must_use]
    pub fn width(&self) -> usize {
        match &self.inner {
            RowInner::Sqlite(row) => row.as_ref().column_count(),
            RowInner::Pg(row) => row.len(),
        }
    }
}

/// A value borrowed from PostgreSQL's binary format.
pub(crate) struct PgValue<'a>(pub Value<'a>);

impl<'a> tokio_postgres::types::FromSql<'a> for PgValue<'a> {
    fn from_sql(
        ty: &tokio_postgres::types::Type,
        raw: &'a [u8],
    ) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        use tokio_postgres::types::Type;
        Ok(Self(match *ty {
            Type::INT8 => Value::Int(i64::from_sql(ty, raw)?),
            Type::INT4 => Value::Int(i64::from(i32::from_sql(ty, raw)?)),
            Type::INT2 => Value::Int(i64::from(i16::from_sql(ty, raw)?)),
            Type::BOOL => Value::Bool(bool::from_sql(ty, raw)?),
            Type::FLOAT8 => Value::Real(f64::from_sql(ty, raw)?),
            Type::TEXT | Type::VARCHAR | Type::NAME | Type::BPCHAR => Value::Text(<&str>::from_sql(ty, raw)?),
            Type::BYTEA => Value::Bytes(<&[u8]>::from_sql(ty, raw)?),
            ref other => return Err(format!("type {other} is outside the portable subset: CAST it").into()),
        }))
    }

    fn from_sql_null(
        _: &tokio_postgres::types::Type,
    ) -> Result<Self, Box<dyn std::error::Error + Sync + Send>> {
        Ok(Self(Value::Null))
    }

    fn accepts(_: &tokio_postgres::types::Type) -> bool {
        true
    }
}

/// A Rust type read from a whole row.
pub trait FromRow: Sized {
    /// Reads the row.
    ///
    /// # Errors
    /// When a value does not fit.
    fn from_row(row: &Row<'_>) -> Result<Self, DbError>;
}

/// Declares row structs whose fields stand in the order of the statement's columns:
/// `row! { /// A street. pub struct Street { id: OrgId, name: String } }`.
#[macro_export]
macro_rules! row {
    ($($(#[$meta:meta])* $vis:vis struct $name:ident { $($field:ident: $type:ty),* $(,)? })*) => {$(
        $(#[$meta])*
        #[derive(Clone, Debug)]
        $vis struct $name { $(#[doc = concat!("`", stringify!($field), "`")] pub $field: $type),* }

        impl $crate::FromRow for $name {
            fn from_row(row: &$crate::Row<'_>) -> Result<Self, $crate::DbError> {
                let mut column = 0_usize..;
                Ok(Self { $($field: row.get(column.next().unwrap_or_default())?),* })
            }
        }
    )*};
}

macro_rules! tuples {
    ($($name:ident $at:tt),*) => {
        impl<$($name: FromValue),*> FromRow for ($($name,)*) {
            fn from_row(row: &Row<'_>) -> Result<Self, DbError> {
                Ok(($(row.get::<$name>($at)?,)*))
            }
        }
    };
}

tuples!(A 0);
tuples!(A 0, B 1);
tuples!(A 0, B 1, C 2);
tuples!(A 0, B 1, C 2, D 3);
tuples!(A 0, B 1, C 2, D 3, E 4);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5, G 6);
tuples!(A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7);
