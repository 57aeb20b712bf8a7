//! Forms: what was sent, read with clear refusals, and what is shown again when something is wrong.

use std::borrow::Cow;

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use kernel::error::common;
use kernel::{Date, Lang, Refusal};

/// The fields of a form, in the order sent; names may repeat.
#[derive(Clone, Debug, Default)]
pub struct Fields(pub Vec<(String, String)>);

/// A form as a page shows it: what was typed, and what is wrong with it.
#[derive(Clone, Debug, Default)]
pub struct Form {
    /// What was typed.
    pub fields: Fields,
    /// What is wrong.
    pub refusals: Vec<Refusal>,
}

impl Form {
    /// A form that is filled by its address: one that only asks, and that a link can open filled in.
    #[must_use]
    pub fn asked(req: &crate::Req) -> Self {
        Self { fields: Fields::parse(req.query().as_bytes()), refusals: Vec::new() }
    }
}

impl Fields {
    /// Reads `application/x-www-form-urlencoded`.
    #[must_use]
    pub fn parse(body: &[u8]) -> Self {
        let decode = |part: &[u8]| {
            let spaced: Cow<'_, [u8]> = if part.contains(&b'+') {
                part.iter().map(|b| if *b == b'+' { b' ' } else { *b }).collect::<Vec<_>>().into()
            } else {
                part.into()
            };
            percent_encoding::percent_decode(&spaced).decode_utf8_lossy().into_owned()
        };
        Self(
            body.split(|b| *b == b'&')
                .filter(|pair| !pair.is_empty())
                .map(|pair| {
                    let at = pair.iter().position(|b| *b == b'=').unwrap_or(pair.len());
                    let (name, value) = pair.split_at(at);
                    (decode(name), decode(value.get(1..).unwrap_or_default()))
                })
                .collect(),
        )
    }

    /// From pairs, for forms that come pre-filled.
    pub fn of<K: Into<String>, V: Into<String>>(pairs: impl IntoIterator<Item = (K, V)>) -> Self {
        Self(pairs.into_iter().map(|(k, v)| (k.into(), v.into())).collect())
    }

    /// From a JSON object: texts as they are, numbers as they are written, `true` as a tick, lists as a repeated
    /// field.
    #[must_use]
    pub fn from_json(value: &serde_json::Value) -> Self {
        use serde_json::Value;
        let mut out = Vec::new();
        for (name, value) in value.as_object().into_iter().flatten() {
            match value {
                Value::Null => {}
                Value::String(text) => out.push((name.clone(), text.clone())),
                Value::Bool(flag) => out.push((name.clone(), if *flag { "1" } else { "" }.to_owned())),
                Value::Array(items) => out.extend(items.iter().map(|item| {
                    (name.clone(), item.as_str().map_or_else(|| item.to_string(), str::to_owned))
                })),
                other => out.push((name.clone(), other.to_string())),
            }
        }
        Self(out)
    }

    /// These fields with those of a JSON object in their place: what it names is exchanged (an empty list leaves
    /// none), what it does not name, or names as null, stays.
    #[must_use]
    pub fn changed_by(mut self, value: &serde_json::Value) -> Self {
        self.0.retain(|(name, _)| value.get(name).is_none_or(serde_json::Value::is_null));
        self.0.extend(Self::from_json(value).0);
        self
    }

    /// The first value of a field, trimmed; `None` when it was not sent.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.trim())
    }

    /// The first value, trimmed; empty when it was not sent.
    #[must_use]
    pub fn text(&self, name: &str) -> &str {
        self.get(name).unwrap_or_default()
    }

    /// All non-empty values of a repeated field.
    #[must_use]
    pub fn all(&self, name: &str) -> Vec<&str> {
        self.0
            .iter()
            .filter(|(key, value)| key == name && !value.trim().is_empty())
            .map(|(_, v)| v.trim())
            .collect()
    }

    /// Whether a box was ticked.
    #[must_use]
    pub fn ticked(&self, name: &str) -> bool {
        self.get(name).is_some_and(|value| !value.is_empty() && value != "0")
    }

    /// A text that must be there, of at most `max` characters.
    ///
    /// # Errors
    /// `common.required`, `common.too_long`.
    pub fn required(&self, name: &'static str, label: Label, max: usize) -> Result<String, Refusal> {
        let value = self.optional(name, label, max)?;
        if value.is_empty() {
            return Err(label.onto(Refusal::new(&common::REQUIRED)).on(name));
        }
        Ok(value)
    }

    /// A text that may be empty, of at most `max` characters.
    ///
    /// # Errors
    /// `common.too_long`.
    pub fn optional(&self, name: &'static str, label: Label, max: usize) -> Result<String, Refusal> {
        let value = self.text(name);
        let length = value.chars().count();
        if length > max {
            let refusal = Refusal::new(&common::TOO_LONG).with("length", length).with("max", max);
            return Err(label.onto(refusal).on(name));
        }
        // Control characters never belong into a text of a person (and PostgreSQL refuses NUL).
        Ok(value.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect())
    }

    /// A whole number within bounds.
    ///
    /// # Errors
    /// `common.required`, `common.invalid`.
    pub fn number(&self, name: &'static str, label: Label, min: i64, max: i64) -> Result<i64, Refusal> {
        let text = self.required(name, label, 20)?;
        text.parse().ok().filter(|n| (min..=max).contains(n)).ok_or_else(|| {
            label.wrong(
                name,
                &text,
                &format!("请填 {min} 到 {max} 的整数。"),
                &format!("A whole number from {min} to {max}."),
            )
        })
    }

    /// An id.
    ///
    /// # Errors
    /// `common.required`, `common.invalid`.
    pub fn id<I: kernel::Id>(&self, name: &'static str, label: Label) -> Result<I, Refusal> {
        let text = self.required(name, label, 20)?;
        text.parse()
            .map(I::from_i64)
            .map_err(|_| label.wrong(name, &text, "请从列表中选择。", "Choose one from the list."))
    }

    /// A place, from the fields `lon` and `lat` in degrees and `datum`, the system they are in (WGS-84 when it is not
    /// said); in WGS-84, to about a metre. `None` when both are empty (Edge-03).
    ///
    /// # Errors
    /// `common.invalid`.
    pub fn point(&self) -> Result<Option<kernel::geo::Point>, Refusal> {
        let (lon, lat) = (Label("经度", "Longitude"), Label("纬度", "Latitude"));
        let degrees = |name: &'static str, label: Label, most: f64| {
            let text = self.text(name).trim();
            match text.parse::<f64>() {
                _ if text.is_empty() => Ok(None),
                Ok(value) if value.is_finite() && value.abs() <= most => Ok(Some(value)),
                _ => Err(label.wrong(
                    name,
                    text,
                    &format!("请填 -{most} 到 {most} 的度数，如 30.17352。"),
                    &format!("Degrees from -{most} to {most}, such as 30.17352."),
                )),
            }
        };
        // Maps end at 85 degrees.
        match (degrees("lon", lon, 180.0)?, degrees("lat", lat, 85.0)?) {
            (None, None) => Ok(None),
            (Some(x), Some(y)) => {
                let datum = kernel::Datum::from_code(self.text("datum")).unwrap_or(kernel::Datum::Wgs84);
                let (x, y) = datum.to_wgs84((x, y));
                // A hundred-thousandth of a degree is about a metre.
                Ok(Some(((x * 1e5).round() / 1e5, (y * 1e5).round() / 1e5)))
            }
            (None, _) => {
                Err(lon.wrong("lon", "", "经度和纬度要一起填。", "Longitude and latitude go together."))
            }
            (_, None) => {
                Err(lat.wrong("lat", "", "经度和纬度要一起填。", "Longitude and latitude go together."))
            }
        }
    }

    /// A date, in any of the forms `2026-03-05`, `2026/3/5`, `2026.3.5`, `20260305`, `2026年3月5日`.
    ///
    /// # Errors
    /// `common.required`, `common.invalid`.
    pub fn date(&self, name: &'static str, label: Label) -> Result<Date, Refusal> {
        let text = self.required(name, label, 20)?;
        date(&text).ok_or_else(|| {
            label.wrong(name, &text, "请按 2026-03-05 的样式填写。", "Write it as 2026-03-05.")
        })
    }

    /// A time of day as minutes, from `9:30`, `09：30` or `0930`.
    ///
    /// # Errors
    /// `common.required`, `common.invalid`.
    pub fn time(&self, name: &'static str, label: Label) -> Result<i64, Refusal> {
        let text = self.required(name, label, 10)?;
        let plain = text.replace('：', ":");
        let parts = plain.split_once(':').or_else(|| (plain.len() == 4).then(|| plain.split_at(2)));
        parts
            .and_then(|(h, m)| {
                let (h, m) = (h.parse::<i64>().ok()?, m.get(..2)?.parse::<i64>().ok()?);
                ((0..=24).contains(&h) && (0..60).contains(&m) && h * 60 + m <= 1440).then_some(h * 60 + m)
            })
            .ok_or_else(|| label.wrong(name, &text, "请按 09:30 的样式填写。", "Write it as 09:30."))
    }
}

/// Reads a date in the forms people type.
#[must_use]
pub fn date(text: &str) -> Option<Date> {
    let digits: Vec<&str> =
        text.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty()).collect();
    match digits.as_slice() {
        [y, m, d] if y.len() == 4 => Date::new(y.parse().ok()?, m.parse().ok()?, d.parse().ok()?),
        [all] if all.len() == 8 => {
            Date::new(all.get(..4)?.parse().ok()?, all.get(4..6)?.parse().ok()?, all.get(6..)?.parse().ok()?)
        }
        _ => None,
    }
}

/// The name of a field in both languages, for refusals.
#[derive(Clone, Copy, Debug)]
pub struct Label(pub &'static str, pub &'static str);

impl Label {
    fn onto(self, refusal: Refusal) -> Refusal {
        refusal.with_both("label", self.0, self.1)
    }

    /// The refusal `common.invalid` for this field.
    #[must_use]
    pub fn wrong(self, name: &'static str, value: &str, zh: &str, en: &str) -> Refusal {
        let shown: String = value.chars().take(40).collect();
        self.onto(Refusal::new(&common::INVALID)).with("value", shown).with_both("expected", zh, en).on(name)
    }
}

impl Form {
    /// A form that comes pre-filled.
    pub fn filled<K: Into<String>, V: Into<String>>(pairs: impl IntoIterator<Item = (K, V)>) -> Self {
        Self { fields: Fields::of(pairs), refusals: Vec::new() }
    }

    /// What stands in a field.
    #[must_use]
    pub fn v(&self, name: &str) -> &str {
        self.fields.text(name)
    }

    /// Whether a field holds this value (for `selected` and `checked`).
    #[must_use]
    pub fn is(&self, name: &str, value: &str) -> bool {
        self.fields.0.iter().any(|(key, have)| key == name && have == value)
    }

    /// What is wrong with a field: sentence and way out, or nothing.
    #[must_use]
    pub fn error(&self, name: &str, lang: &Lang) -> String {
        self.refusals
            .iter()
            .find(|refusal| refusal.field == Some(name))
            .map(|refusal| format!("{}{}", refusal.sentence(*lang), refusal.way_out(*lang)))
            .unwrap_or_default()
    }

    /// Whether a field is wrong.
    #[must_use]
    pub fn wrong(&self, name: &str) -> bool {
        self.refusals.iter().any(|refusal| refusal.field == Some(name))
    }
}

impl<S: Send + Sync> FromRequest<S> for Fields {
    type Rejection = StatusCode;

    async fn from_request(request: Request, state: &S) -> Result<Self, StatusCode> {
        let kind =
            request.headers().get(CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default().to_owned();
        let body = Bytes::from_request(request, state).await.map_err(|_| StatusCode::PAYLOAD_TOO_LARGE)?;
        if body.is_empty() || kind.starts_with("application/x-www-form-urlencoded") {
            return Ok(Self::parse(&body));
        }
        if kind.starts_with("application/json") {
            let Ok(serde_json::Value::Object(map)) = serde_json::from_slice(&body) else {
                return Err(StatusCode::BAD_REQUEST);
            };
            return Ok(Self::from_json(&serde_json::Value::Object(map)));
        }
        Err(StatusCode::UNSUPPORTED_MEDIA_TYPE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_object_names_is_exchanged() {
        let now = Fields::of([("name", "a"), ("note", "b"), ("skill", "1"), ("skill", "2")]);
        let said = serde_json::json!({ "note": "", "skill": [], "name": null, "new": [3, 4] });
        let then = now.changed_by(&said);
        assert_eq!((then.text("name"), then.get("note")), ("a", Some("")));
        assert_eq!(then.all("skill"), [""; 0]);
        assert_eq!(then.all("new"), ["3", "4"]);
    }

    #[test]
    fn reads_forms_and_dates() {
        let fields = Fields::parse("name=%E5%BC%A0+三&x=1&x=2&empty=".as_bytes());
        assert_eq!(fields.get("name"), Some("张 三"));
        assert_eq!(fields.all("x"), ["1", "2"]);
        assert!(fields.required("empty", Label("空", "Empty"), 5).is_err());
        for text in ["2026-03-05", "2026/3/5", "2026.3.5", "20260305", "2026年3月5日"] {
            assert_eq!(date(text), Date::new(2026, 3, 5), "{text}");
        }
        assert_eq!(date("2026-13-05"), None);
        let fields = Fields::of([("t", "9：30")]);
        assert_eq!(fields.time("t", Label("时间", "Time")).ok(), Some(570));
    }

    #[test]
    fn a_point_is_kept_in_one_system() {
        let read = |pairs: &[(&str, &str)]| Fields::of(pairs.iter().copied()).point();
        assert_eq!(read(&[]).unwrap(), None);
        assert_eq!(read(&[("lon", "113.4"), ("lat", "29.8")]).unwrap(), Some((113.4, 29.8)));
        let (lon, lat) = read(&[("lon", "113.4"), ("lat", "29.8"), ("datum", "gcj02")]).unwrap().unwrap();
        assert!(
            (0.001..0.02).contains(&(113.4 - lon)) && (0.0001..0.02).contains(&(lat - 29.8).abs()),
            "{lon} {lat}"
        );
        for wrong in [
            &[("lon", "113.4")][..],
            &[("lat", "29.8")],
            &[("lon", "x"), ("lat", "1")],
            &[("lon", "181"), ("lat", "1")],
        ] {
            assert_eq!(read(wrong).unwrap_err().code(), "common.invalid");
        }
    }
}
