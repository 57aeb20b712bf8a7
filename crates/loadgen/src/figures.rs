//! Results: a table for the screen, a file for machines, Markdown for the documentation.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::path::Path;

/// Where `make bench` leaves its results, below the workspace.
pub const RESULTS: &str = "target/bench/results.json";

/// One measured value.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Figure {
    /// What was measured.
    pub name: String,
    /// The value.
    pub value: f64,
    /// Its unit: `ms`, `requests/s`, `MiB`.
    pub unit: String,
    /// The promise it is held against, as people read it: `≤ 200 ms`.
    pub limit: Option<String>,
    /// How far inside the limit (2 is twice as good as promised), unless it is a [`Figure::share`].
    pub ratio: Option<f64>,
    /// Whether every promise is kept.
    #[serde(skip)]
    kept: bool,
    /// What the ratio is to reach when it is a share.
    #[serde(skip)]
    share_to_reach: Option<Option<f64>>,
    /// A remark for readers; not part of the stored results.
    #[serde(skip)]
    pub note: String,
}

impl Figure {
    /// A value without a limit.
    #[must_use]
    pub fn new(name: impl Into<String>, value: f64, unit: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            value,
            unit: unit.into(),
            limit: None,
            ratio: None,
            kept: true,
            share_to_reach: None,
            note: String::new(),
        }
    }

    /// The value may not exceed `limit` (a duration, an amount of memory).
    #[must_use]
    pub fn at_most(mut self, limit: f64) -> Self {
        self.limit = Some(format!("≤ {} {}", number(limit), self.unit).trim_end().to_owned());
        self.ratio = ratio(limit, self.value);
        self.kept &= self.value <= limit;
        self
    }

    /// The value may not fall below `limit` (a throughput).
    #[must_use]
    pub fn at_least(mut self, limit: f64) -> Self {
        self.limit = Some(format!("≥ {} {}", number(limit), self.unit).trim_end().to_owned());
        self.ratio = ratio(self.value, limit);
        self.kept &= self.value >= limit;
        self
    }

    /// The ratio is the value's share of a peer's in the same run, which may have a limit of its own.
    #[must_use]
    pub fn share(mut self, of: f64, to_reach: Option<f64>) -> Self {
        self.ratio = ratio(self.value, of);
        self.share_to_reach = Some(to_reach);
        self.kept &= to_reach.is_none_or(|limit| self.ratio.is_some_and(|share| share >= limit));
        self
    }

    /// Adds a remark.
    #[must_use]
    pub fn note(mut self, note: impl Into<String>) -> Self {
        self.note = note.into();
        self
    }

    /// Whether the limits are kept; a figure without one always keeps it.
    #[must_use]
    pub const fn kept(&self) -> bool {
        self.kept
    }

    fn cells(&self) -> [String; 6] {
        [
            self.name.clone(),
            number(self.value),
            self.unit.clone(),
            self.limit.clone().unwrap_or_default(),
            match (self.ratio, self.share_to_reach) {
                (Some(share), Some(None)) => format!("share {}", number(share)),
                (Some(share), Some(Some(limit))) => format!("share {} (≥ {})", number(share), number(limit)),
                (Some(ratio), None) => format!("{}×", number(ratio)),
                (None, _) => String::new(),
            } + if self.kept() { "" } else { " !" },
            self.note.clone(),
        ]
    }
}

fn ratio(good: f64, bad: f64) -> Option<f64> {
    let ratio = good / bad;
    ratio.is_finite().then_some(ratio)
}

/// All figures of a bench.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    figures: Vec<Figure>,
}

impl Table {
    /// An empty table.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a figure.
    pub fn push(&mut self, figure: Figure) {
        self.figures.push(figure);
    }

    /// The figures so far.
    #[must_use]
    pub fn figures(&self) -> &[Figure] {
        &self.figures
    }

    /// The figures that break their limit.
    pub fn broken(&self) -> impl Iterator<Item = &Figure> {
        self.figures.iter().filter(|figure| !figure.kept())
    }

    /// The table for a terminal, aligned. Broken limits are marked with `!`.
    #[must_use]
    pub fn text(&self) -> String {
        let mut rows = vec![["figure", "value", "unit", "limit", "ratio", "note"].map(str::to_owned)];
        rows.extend(self.figures.iter().map(Figure::cells));
        let mut widths = [0_usize; 6];
        for row in &rows {
            for (wide, cell) in widths.iter_mut().zip(row) {
                *wide = (*wide).max(width(cell));
            }
        }
        let mut out = String::new();
        for row in &rows {
            let mut line = String::new();
            for ((at, cell), wide) in row.iter().enumerate().zip(widths) {
                let gap = " ".repeat(wide - width(cell));
                let (before, after) =
                    if at == 1 || at == 4 { (gap.as_str(), "") } else { ("", gap.as_str()) };
                line.extend([before, cell, after, "  "]);
            }
            out.push_str(line.trim_end());
            out.push('\n');
        }
        out
    }

    /// Prints the table on the standard output.
    pub fn print(&self) -> io::Result<()> {
        io::stdout().lock().write_all(self.text().as_bytes())
    }

    /// The stored form: a list of `{name, value, unit, limit, ratio}`.
    pub fn json(&self) -> io::Result<String> {
        let mut text = serde_json::to_string_pretty(&self.figures)?;
        text.push('\n');
        Ok(text)
    }

    /// Writes the stored form, making the directory if need be; see [`RESULTS`].
    pub fn save(&self, path: &Path) -> io::Result<()> {
        if let Some(directory) = path.parent() {
            std::fs::create_dir_all(directory)?;
        }
        std::fs::write(path, self.json()?)
    }

    /// A Markdown table for the documentation.
    #[must_use]
    pub fn markdown(&self) -> String {
        let mut out =
            "| Figure | Value | Unit | Limit | Ratio | Note |\n|---|--:|---|---|--:|---|\n".to_owned();
        for figure in &self.figures {
            out.push('|');
            for cell in figure.cells() {
                // Writing into a string cannot fail.
                let _ = write!(out, " {} |", cell.replace('|', "\\|").replace('\n', " "));
            }
            out.push('\n');
        }
        out
    }
}

/// A number with about three digits, as people read it.
fn number(value: f64) -> String {
    let size = value.abs();
    let decimals = if size >= 100.0 || value.fract() == 0.0 {
        0
    } else if size >= 10.0 {
        1
    } else if size >= 1.0 {
        2
    } else {
        3
    };
    let plain = format!("{value:.decimals$}");
    if !value.is_finite() || size < 9_999.5 {
        return plain;
    }
    // Thousands are set apart, from five digits on.
    let (sign, digits) = plain.strip_prefix('-').map_or(("", plain.as_str()), |digits| ("-", digits));
    let mut out = sign.to_owned();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Columns a text takes on a terminal: Chinese characters take two.
fn width(text: &str) -> usize {
    text.chars()
        .map(|c| match u32::from(c) {
            0x1100..=0x115f | 0x2e80..=0xa4cf | 0xac00..=0xd7a3 | 0xf900..=0xfaff | 0xfe30..=0xfe4f => 2,
            0xff00..=0xff60 | 0xffe0..=0xffe6 | 0x1f300..=0x1faff | 0x20000..=0x3fffd => 2,
            _ => 1,
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let mut table = Table::new();
        table.push(Figure::new("search p99", 12.345, "ms").at_most(200.0).note("a|b"));
        table.push(Figure::new("首页", 1234.5, "requests/s").at_least(2000.0));
        table.push(Figure::new("database", 65_536.0, "KiB"));
        table
    }

    #[test]
    fn on_screen() {
        assert_eq!(
            table().text(),
            "figure       value  unit        limit                 ratio  note\n\
             search p99    12.3  ms          ≤ 200 ms              16.2×  a|b\n\
             首页          1234  requests/s  ≥ 2000 requests/s  0.617× !\n\
             database    65,536  KiB\n"
        );
    }

    #[test]
    fn in_the_documentation() {
        let markdown = table().markdown();
        let lines: Vec<&str> = markdown.lines().collect();
        assert_eq!(lines[1], "|---|--:|---|---|--:|---|");
        assert_eq!(lines[2], "| search p99 | 12.3 | ms | ≤ 200 ms | 16.2× | a\\|b |");
        assert_eq!(lines.len(), 5);
    }

    #[test]
    fn stored() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("bench/results.json");
        table().save(&path).unwrap();
        let stored: serde_json::Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
        assert_eq!(
            stored[1],
            serde_json::json!({"name": "首页", "value": 1234.5, "unit": "requests/s",
                "limit": "≥ 2000 requests/s", "ratio": 0.61725})
        );
        assert_eq!(stored[2]["limit"], serde_json::Value::Null);
        assert!(stored[0].get("note").is_none());
    }

    #[test]
    fn limits() {
        let table = table();
        assert_eq!(table.broken().map(|figure| figure.name.as_str()).collect::<Vec<_>>(), ["首页"]);
        assert!(Figure::new("x", 200.0, "ms").at_most(200.0).kept());
        assert_eq!(Figure::new("x", 0.0, "ms").at_most(200.0).ratio, None);
        let share = Figure::new("x", 60.0, "requests/s").at_least(50.0).share(100.0, Some(0.5));
        assert!(share.kept() && share.ratio == Some(0.6));
        assert!(!Figure::new("x", 60.0, "requests/s").at_least(50.0).share(200.0, Some(0.5)).kept());
    }

    #[test]
    fn numbers() {
        let told: Vec<String> =
            [0.0, 0.01234, 1.5, 99.96, 2000.0, 1_234_567.8, -12_345.0].map(number).to_vec();
        assert_eq!(told, ["0", "0.012", "1.50", "100.0", "2000", "1,234,568", "-12,345"]);
    }
}
