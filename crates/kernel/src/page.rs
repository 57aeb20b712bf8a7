//! Keyset paging: a list is continued after the last row seen, never by counting rows off, so that
//! page 5,000 costs what page 1 costs.

/// How many rows a page shows.
pub const PAGE_ROWS: i64 = 20;

/// One page of a list, with the cursor of the next one.
#[derive(Debug, Clone)]
pub struct Page<T> {
    /// The rows.
    pub rows: Vec<T>,
    /// The cursor to pass as `after` for the next page; `None` on the last.
    pub next: Option<String>,
}

impl<T> Page<T> {
    /// Cuts `rows`, which were read with `LIMIT size + 1`, to `size` and makes the cursor from the
    /// last row kept.
    pub fn cut(mut rows: Vec<T>, size: usize, cursor: impl Fn(&T) -> String) -> Self {
        let more = rows.len() > size;
        rows.truncate(size);
        let next = if more { rows.last().map(cursor) } else { None };
        Self { rows, next }
    }

    /// Whether there is nothing to show.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }
}

/// Reads a cursor of two parts, `sort-key~id`; a damaged one starts from the beginning.
#[must_use]
pub fn cursor_pair(after: &str) -> Option<(i64, i64)> {
    let (key, id) = after.split_once('~')?;
    Some((key.parse().ok()?, id.parse().ok()?))
}

/// Reads a cursor of a text key and an id, `id~text`.
#[must_use]
pub fn cursor_text(after: &str) -> Option<(String, i64)> {
    let (id, key) = after.split_once('~')?;
    Some((key.to_owned(), id.parse().ok()?))
}
