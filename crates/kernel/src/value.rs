//! The one value that passes between Rust and either database, borrowed in both directions, and the
//! two traits every stored type implements. [`ids!`](crate::ids) and [`codes!`](crate::codes)
//! implement them for typed ids and enums.

use crate::{Date, Minutes, Timestamp};

/// A value as the database sees it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value<'a> {
    /// SQL NULL.
    Null,
    /// BIGINT.
    Int(i64),
    /// DOUBLE PRECISION.
    Real(f64),
    /// BOOLEAN (0 or 1 in SQLite).
    Bool(bool),
    /// TEXT.
    Text(&'a str),
    /// BYTEA / BLOB.
    Bytes(&'a [u8]),
}

/// A stored value that does not fit the Rust type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ValueError(pub String);

/// Goes into the database.
pub trait ToValue {
    /// The stored form.
    fn to_value(&self) -> Value<'_>;
}

/// Comes out of the database.
pub trait FromValue: Sized {
    /// Reads the stored form.
    ///
    /// # Errors
    /// When the value has another type or is not one of the allowed codes.
    fn from_value(value: Value<'_>) -> Result<Self, ValueError>;
}

/// The error for a value of an unexpected kind.
#[must_use]
pub fn unexpected(wanted: &str, value: Value<'_>) -> ValueError {
    // The value itself may be personal data: only its kind is named.
    let kind = match value {
        Value::Null => "NULL",
        Value::Int(_) => "integer",
        Value::Real(_) => "real",
        Value::Bool(_) => "boolean",
        Value::Text(_) => "text",
        Value::Bytes(_) => "bytes",
    };
    ValueError(format!("expected {wanted}, found {kind}"))
}

impl<T: ToValue + ?Sized> ToValue for &T {
    fn to_value(&self) -> Value<'_> {
        (**self).to_value()
    }
}

impl<T: ToValue> ToValue for Option<T> {
    fn to_value(&self) -> Value<'_> {
        self.as_ref().map_or(Value::Null, ToValue::to_value)
    }
}

impl<T: FromValue> FromValue for Option<T> {
    fn from_value(value: Value<'_>) -> Result<Self, ValueError> {
        if value == Value::Null { Ok(None) } else { T::from_value(value).map(Some) }
    }
}

macro_rules! stored {
    ($($type:ty: $to:expr, $wanted:literal, $pattern:pat => $from:expr;)*) => {$(
        impl ToValue for $type {
            fn to_value(&self) -> Value<'_> {
                let to: for<'v> fn(&'v $type) -> Value<'v> = $to;
                to(self)
            }
        }
        impl FromValue for $type {
            fn from_value(value: Value<'_>) -> Result<Self, ValueError> {
                match value {
                    $pattern => Ok($from),
                    other => Err(unexpected($wanted, other)),
                }
            }
        }
    )*};
}

stored! {
    i64: |v| Value::Int(*v), "integer", Value::Int(n) => n;
    f64: |v| Value::Real(*v), "real", Value::Real(n) => n;
    String: |v| Value::Text(v), "text", Value::Text(t) => t.to_owned();
    Vec<u8>: |v| Value::Bytes(v), "bytes", Value::Bytes(b) => b.to_vec();
    Timestamp: |v| Value::Int(v.0), "integer", Value::Int(n) => Timestamp(n);
    Minutes: |v| Value::Int(v.0), "integer", Value::Int(n) => Minutes(n);
}

impl ToValue for str {
    fn to_value(&self) -> Value<'_> {
        Value::Text(self)
    }
}

impl ToValue for [u8] {
    fn to_value(&self) -> Value<'_> {
        Value::Bytes(self)
    }
}

impl<const N: usize> ToValue for [u8; N] {
    fn to_value(&self) -> Value<'_> {
        Value::Bytes(self)
    }
}

impl ToValue for Value<'_> {
    fn to_value(&self) -> Value<'_> {
        *self
    }
}

impl ToValue for bool {
    fn to_value(&self) -> Value<'_> {
        Value::Bool(*self)
    }
}

impl FromValue for bool {
    fn from_value(value: Value<'_>) -> Result<Self, ValueError> {
        match value {
            Value::Bool(b) => Ok(b),
            Value::Int(n @ (0 | 1)) => Ok(n == 1),
            other => Err(unexpected("boolean", other)),
        }
    }
}

/// Dates are stored as days since 1970-01-01 (ADR 0003); ISO text, as in an imported file, is read too.
impl FromValue for Date {
    fn from_value(value: Value<'_>) -> Result<Self, ValueError> {
        match value {
            Value::Text(text) => Self::parse(text).ok_or_else(|| ValueError("not an ISO date".to_owned())),
            Value::Int(days) => Ok(Self::from_days(days)),
            other => Err(unexpected("date", other)),
        }
    }
}

impl ToValue for Date {
    fn to_value(&self) -> Value<'_> {
        Value::Int(self.days())
    }
}

/// How a set of codes is described to programs: the codes, and what each means in both languages.
#[doc(hidden)]
#[must_use]
pub fn codes_schema(all: &[(&str, &str, &str)]) -> schemars::Schema {
    let codes: Vec<&str> = all.iter().map(|one| one.0).collect();
    let words: Vec<String> = all.iter().map(|(code, zh, en)| format!("`{code}` {en} {zh}")).collect();
    schemars::json_schema!({ "type": "string", "enum": codes, "description": words.join("; ") })
}

/// Declares an enum whose values have a stored code and a name in both languages:
///
/// ```
/// kernel::codes! {
///     /// The state of a door.
///     pub enum Door {
///         /// Open.
///         Open = "open", "开着", "Open";
///         /// Shut.
///         Shut = "shut", "关着", "Shut";
///     }
/// }
/// assert_eq!(Door::from_code("shut"), Some(Door::Shut));
/// ```
#[macro_export]
macro_rules! codes {
    ($(#[$meta:meta])* $vis:vis enum $name:ident {
        $($(#[$vmeta:meta])* $variant:ident = $code:literal, $zh:literal, $en:literal;)*
    }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
        $vis enum $name { $($(#[$vmeta])* $variant),* }

        impl $name {
            /// All values, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The stored code.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code),* }
            }

            /// Reads the stored code.
            #[must_use]
            pub fn from_code(code: &str) -> Option<Self> {
                match code { $($code => Some(Self::$variant),)* _ => None }
            }

            /// For people.
            #[must_use]
            pub fn name(self, lang: impl Into<$crate::Lang>) -> &'static str {
                let lang: $crate::Lang = lang.into();
                match self { $(Self::$variant => lang.t($zh, $en)),* }
            }
        }

        impl $crate::value::ToValue for $name {
            fn to_value(&self) -> $crate::value::Value<'_> {
                $crate::value::Value::Text(self.code())
            }
        }

        impl $crate::value::FromValue for $name {
            fn from_value(value: $crate::value::Value<'_>) -> Result<Self, $crate::value::ValueError> {
                match value {
                    $crate::value::Value::Text(code) => Self::from_code(code).ok_or_else(|| {
                        $crate::value::ValueError(format!("{code:?} is no {}", stringify!($name)))
                    }),
                    other => Err($crate::value::unexpected(stringify!($name), other)),
                }
            }
        }

        impl $crate::id::serde::Serialize for $name {
            fn serialize<S: $crate::id::serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.serialize_str(self.code())
            }
        }

        impl<'de> $crate::id::serde::Deserialize<'de> for $name {
            fn deserialize<D: $crate::id::serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let code = <std::borrow::Cow<'de, str> as $crate::id::serde::Deserialize>::deserialize(d)?;
                Self::from_code(&code).ok_or_else(|| {
                    let known = [$($code),*].join(", ");
                    $crate::id::serde::de::Error::custom(format!("{code:?} is none of {known}"))
                })
            }
        }

        impl $crate::id::schemars::JsonSchema for $name {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }

            fn schema_id() -> std::borrow::Cow<'static, str> {
                concat!(module_path!(), "::", stringify!($name)).into()
            }

            fn json_schema(_: &mut $crate::id::schemars::SchemaGenerator) -> $crate::id::schemars::Schema {
                $crate::value::codes_schema(&[$(($code, $zh, $en)),*])
            }
        }
    };
}
