//! The search index: terms of objects in an ordinary table, written in the transaction that changes
//! the object. Chinese text is cut into words by a kept segmenter; each word is found by itself, by its
//! pinyin and by its initials (`zs` finds 张三); numbers and Latin words by their beginning.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use pinyin::ToPinyin as _;

use crate::{DbError, Query, ReadTx, WriteTx, args, row, sql};

/// The segmenter holds its dictionary in memory: loaded at the first use, not at the start.
static WORDS: LazyLock<jieba_rs::Jieba> = LazyLock::new(jieba_rs::Jieba::new);

row! {
    /// A found object.
    pub struct Hit { kind: String, object_id: i64, weight: i64 }
}

/// Longest term kept, in characters.
const TERM_CHARS: usize = 24;

/// The terms of a text with their weights. `names` are taken as they are, not cut into words.
#[must_use]
pub fn terms(text: &str, name: bool) -> BTreeMap<String, i64> {
    let mut out = BTreeMap::new();
    let lower = text.trim().to_lowercase();
    if lower.is_empty() {
        return out;
    }
    if name {
        add_word(&mut out, &lower, 4);
    } else {
        for word in WORDS.cut_for_search(&lower, true) {
            add_word(&mut out, word.word, 2);
        }
        add_word(&mut out, &lower.chars().take(TERM_CHARS).collect::<String>(), 3);
    }
    out
}

fn add_word(out: &mut BTreeMap<String, i64>, word: &str, weight: i64) {
    let word = word.trim_matches(|c: char| !c.is_alphanumeric());
    if word.is_empty() {
        return;
    }
    let mut keep = |term: String, weight: i64| {
        if !term.is_empty() {
            let slot = out.entry(term.chars().take(TERM_CHARS).collect()).or_insert(0);
            *slot = (*slot).max(weight);
        }
    };
    let (mut full, mut initials, mut han) = (String::new(), String::new(), false);
    for (c, reading) in word.chars().zip(word.to_pinyin()) {
        match reading {
            Some(reading) => {
                han = true;
                full.push_str(reading.plain());
                initials.push_str(reading.first_letter());
            }
            None if c.is_alphanumeric() => {
                full.push(c);
                initials.push(c);
            }
            None => {}
        }
    }
    keep(word.to_owned(), weight);
    if han {
        keep(full, weight - 1);
        keep(initials, weight - 1);
    }
}

/// Replaces the terms of an object.
///
/// # Errors
/// Of the database.
pub fn put(tx: &mut WriteTx<'_>, kind: &str, object_id: i64, texts: &[(&str, bool)]) -> Result<(), DbError> {
    tx.exec_later(
        sql!("DELETE FROM search_term WHERE kind = $1 AND object_id = $2"),
        args![kind, object_id],
    )?;
    let mut all = BTreeMap::new();
    for (text, name) in texts {
        for (term, weight) in terms(text, *name) {
            let slot = all.entry(term).or_insert(0);
            *slot = weight.max(*slot);
        }
    }
    for (term, weight) in &all {
        tx.exec_later(
            sql!("INSERT INTO search_term (term, kind, object_id, weight) VALUES ($1, $2, $3, $4)"),
            args![term, kind, object_id, weight],
        )?;
    }
    Ok(())
}

/// Finds objects of the given kinds whose terms begin with every word of the query, best first.
///
/// # Errors
/// Of the database.
pub fn find(
    tx: &mut ReadTx<'_>,
    query: &str,
    kinds: &[&'static str],
    limit: i64,
) -> Result<Vec<Hit>, DbError> {
    let query = query.trim().to_lowercase();
    let words: Vec<String> = query.split_whitespace().map(clean).filter(|w| !w.is_empty()).take(4).collect();
    if words.is_empty() || kinds.is_empty() || limit <= 0 {
        return Ok(Vec::new());
    }
    // As typed first; then, when places are left, as it may have been meant.
    let mut hits = find_words(tx, &words, kinds, limit)?;
    if let Some(meant) = meant(&words) {
        for hit in find_words(tx, &meant, kinds, limit)? {
            let known = hits.iter().any(|h| h.object_id == hit.object_id && h.kind == hit.kind);
            if !known && i64::try_from(hits.len()).is_ok_and(|n| n < limit) {
                hits.push(hit);
            }
        }
    }
    Ok(hits)
}

/// As terms are kept: without marks at the ends, no longer than a term.
fn clean(word: &str) -> String {
    word.trim_matches(|c: char| !c.is_alphanumeric()).chars().take(TERM_CHARS).collect()
}

/// Another reading of a query: a Chinese phrase cut into words, the way texts are (a name that the
/// segmenter would tear apart was found before); Latin words written together (`zhang san`).
fn meant(words: &[String]) -> Option<Vec<String>> {
    if let [only] = words {
        if only.is_ascii() {
            return None;
        }
        let cut: Vec<String> =
            WORDS.cut(only, true).iter().map(|w| clean(w.word)).filter(|w| !w.is_empty()).take(4).collect();
        (cut.len() > 1).then_some(cut)
    } else if words.iter().all(|w| w.bytes().all(|b| b.is_ascii_alphabetic())) {
        Some(vec![clean(&words.concat())])
    } else {
        None
    }
}

fn find_words(
    tx: &mut ReadTx<'_>,
    words: &[String],
    kinds: &[&'static str],
    limit: i64,
) -> Result<Vec<Hit>, DbError> {
    let mut list =
        Query::new("SELECT t0.kind, t0.object_id, max(t0.weight) FROM search_term t0 WHERE t0.kind IN (");
    for (at, kind) in kinds.iter().enumerate() {
        list.with(if at == 0 { "{}" } else { ", {}" }, &[kind]);
    }
    list.push(")");
    for (at, word) in words.iter().enumerate() {
        let end = format!("{word}\u{10ffff}");
        if at == 0 {
            list.with("AND t0.term >= {} AND t0.term < {}", &[word, &end]);
        } else {
            list.with(
                "AND EXISTS (SELECT 1 FROM search_term o WHERE o.kind = t0.kind AND o.object_id = t0.object_id AND o.term >= {} AND o.term < {})",
                &[word, &end],
            );
        }
    }
    list.with("GROUP BY t0.kind, t0.object_id ORDER BY 3 DESC, t0.object_id DESC LIMIT {}", &[&limit]);
    tx.list(&list)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_found_by_itself_pinyin_and_initials() {
        let found = terms("张三", true);
        for term in ["张三", "zhangsan", "zs"] {
            assert!(found.contains_key(term), "{term} missing in {found:?}");
        }
        assert!(terms("清洁家园志愿服务", false).contains_key("清洁"));
        assert!(terms("  ", false).is_empty());
    }
}
