//! What all cleaning shares: full-width forms, invisible characters, and the marks that spreadsheets put
//! before a text.

use std::borrow::Cow;

/// The half-width form of a full-width character.
pub(crate) const fn half(c: char) -> char {
    match c {
        '\u{FF01}'..='\u{FF5E}' => match char::from_u32(c as u32 - 0xFEE0) {
            Some(half) => half,
            None => c,
        },
        '\u{3000}' | '\u{A0}' | '\u{2002}'..='\u{200A}' | '\u{202F}' => ' ',
        _ => c,
    }
}

/// Characters that take no room on paper: they are never part of a value.
pub(crate) const fn invisible(c: char) -> bool {
    matches!(
        c,
        '\u{AD}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}' | '\0'
    )
}

/// A Han character, private-use ones (old GB18030) included.
pub(crate) const fn is_han(c: char) -> bool {
    matches!(
        c,
        '\u{4E00}'..='\u{9FFF}'
            | '\u{3400}'..='\u{4DBF}'
            | '\u{20000}'..='\u{3FFFF}'
            | '\u{F900}'..='\u{FAFF}'
            | '\u{3007}'
            | '\u{E000}'..='\u{F8FF}'
    )
}

fn trim(text: &str) -> &str {
    text.trim_matches(|c: char| c.is_whitespace() || invisible(c))
}

/// Takes off what spreadsheets put around a text: white space, the apostrophe that marks text or guards
/// against formulas, and `="…"`.
pub(crate) fn bare(text: &str) -> &str {
    let mut text = trim(text);
    loop {
        if let Some(inner) = text.strip_prefix("=\"").and_then(|t| t.strip_suffix('"')) {
            text = trim(inner);
        } else if let Some(rest) = text.strip_prefix('\'')
            && rest.starts_with(|c: char| matches!(c, '=' | '+' | '-' | '@' | '\'') || c.is_ascii_digit())
        {
            text = trim(rest);
        } else {
            return text;
        }
    }
}

/// Whether people mean "nothing" by it.
pub(crate) fn is_blank(text: &str) -> bool {
    let text = bare(text);
    if text.is_empty() {
        return true;
    }
    if text.len() > 12 {
        return false;
    }
    text.chars().all(|c| matches!(c, '-' | '—' | '–' | '/' | '\\' | '－' | '／' | '_' | '.' | '…'))
        || matches!(text, "无" | "暂无" | "没有" | "不详" | "未知" | "未填" | "空")
        || ["null", "n/a", "none"].iter().any(|w| text.eq_ignore_ascii_case(w))
}

/// One line of plain text: bare, half-width letters and digits, single spaces, nothing invisible.
/// Chinese punctuation is kept.
pub(crate) fn tidy(text: &str) -> Cow<'_, str> {
    let once = tidy_once(bare(text));
    // What is left after folding full-width forms may again wear an apostrophe or a space.
    if bare(&once).len() == once.len() {
        return once;
    }
    let mut out = bare(&once).to_owned();
    loop {
        let next = bare(&tidy_once(&out)).to_owned();
        if next == out {
            return Cow::Owned(out);
        }
        out = next;
    }
}

fn tidy_once(text: &str) -> Cow<'_, str> {
    let plain = |c: char| {
        !c.is_whitespace()
            && !c.is_control()
            && !invisible(c)
            && (half(c) == c || !half(c).is_ascii_alphanumeric())
    };
    if text.chars().all(plain) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut gap = false;
    for c in text.chars() {
        let narrow = half(c);
        if c.is_whitespace() || c.is_control() {
            gap = true;
        } else if !invisible(c) {
            if gap && !out.is_empty() {
                out.push(' ');
            }
            gap = false;
            out.push(if narrow.is_ascii_alphanumeric() { narrow } else { c });
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_off_marks() {
        assert_eq!(bare(" ='x' "), "='x'");
        assert_eq!(bare("=\"110\""), "110");
        assert_eq!(bare("'110"), "110");
        assert_eq!(bare("'=1+1"), "=1+1");
        assert_eq!(bare("'t Hooft"), "'t Hooft");
        assert_eq!(tidy("　Ａ１\u{200B}　 二，\n三"), "A1 二，三".replace("，三", "， 三"));
        assert!(is_blank(" — ") && is_blank("N/A") && is_blank("　") && !is_blank("吴"));
    }
}
