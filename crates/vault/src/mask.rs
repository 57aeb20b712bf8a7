//! What is shown of ID numbers, phones and names when the whole is not needed (requirements 6.4).
//!
//! The results are for people to read. What cannot be masked sensibly, because it is too short or not of the
//! expected form, is masked entirely rather than shown.

/// Surnames of two characters. The rest of a Chinese name of three or more characters that begins with one
/// is the given name.
const COMPOUND_SURNAMES: [&str; 34] = [
    "欧阳", "上官", "司马", "诸葛", "夏侯", "皇甫", "尉迟", "公孙", "慕容", "令狐", "宇文", "长孙", "司徒",
    "司空", "轩辕", "东方", "独孤", "南宫", "闻人", "东郭", "南郭", "西门", "百里", "呼延", "端木", "淳于",
    "公冶", "太史", "申屠", "钟离", "澹台", "濮阳", "赫连", "拓跋",
];

/// An ID number with its first and last four characters: `1101**********1234`. Of other documents
/// (6 to 11 characters: passports and permits) the first and the last two; of anything shorter nothing.
#[must_use]
pub fn mask_id_number(id_number: &str) -> String {
    let chars: Vec<char> = id_number.trim().chars().collect();
    match chars.len() {
        12.. => keep(&chars, 4, 4),
        6..=11 => keep(&chars, 1, 2),
        _ => keep(&chars, 0, 0),
    }
}

/// A phone number with its first three and last four digits: `138****1234`. A country code +86 and all
/// grouping is left out. Of 7 to 10 digits the first and last two remain, of fewer nothing.
#[must_use]
pub fn mask_phone(phone: &str) -> String {
    let narrow: String = phone.trim().chars().map(crate::base32::narrow).collect();
    let local = narrow.strip_prefix("+86").or_else(|| narrow.strip_prefix("0086")).unwrap_or(&narrow);
    let digits: Vec<char> =
        local.chars().filter(|&c| !(crate::base32::is_separator(c) || "+()".contains(c))).collect();
    match digits.len() {
        11.. => keep(&digits, 3, 4),
        7..=10 => keep(&digits, 2, 2),
        _ => keep(&digits, 0, 0),
    }
}

/// A name with its surname only: `张*`, `欧阳**`.
///
/// A name with middle dots (`阿凡提·买买提`) or spaces (`John Smith`) keeps its first character and its
/// shape: `阿**·***`, `J*** *****`. Dots are written `·`. A single character is hidden.
#[must_use]
pub fn mask_name(name: &str) -> String {
    let chars: Vec<char> = name.trim().chars().map(|c| if is_dot(c) { '·' } else { c }).collect();
    let whole = !chars.iter().any(|&c| is_joint(c));
    let compound = whole
        && chars.len() >= 3
        && COMPOUND_SURNAMES.iter().any(|surname| surname.chars().eq(chars.iter().copied().take(2)));
    let shown = match chars.len() {
        0 | 1 => 0,
        _ if compound => 2,
        _ => 1,
    };
    chars.iter().enumerate().map(|(at, &c)| if at < shown || is_joint(c) { c } else { '*' }).collect()
}

/// The forms in which input methods and registers write the dot between the parts of a name.
const fn is_dot(c: char) -> bool {
    matches!(
        c,
        '·' | '•' | '‧' | '∙' | '⋅' | '・' | '･' | '．' | '\u{0387}' | '\u{16EB}' | '\u{2E31}' | '\u{318D}'
    )
}

fn is_joint(c: char) -> bool {
    c == '·' || c == '-' || c.is_whitespace()
}

fn keep(chars: &[char], first: usize, last: usize) -> String {
    let end = chars.len().saturating_sub(last);
    chars.iter().enumerate().map(|(at, &c)| if at < first || at >= end { c } else { '*' }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn id_numbers() {
        assert_eq!(mask_id_number("110101199003071234"), "1101**********1234");
        assert_eq!(mask_id_number(" 11010119900307123X "), "1101**********123X");
        assert_eq!(mask_id_number("110101900307123"), "1101*******7123");
        assert_eq!(mask_id_number("E12345678"), "E******78");
        assert_eq!(mask_id_number("12345"), "*****");
        assert_eq!(mask_id_number(""), "");
    }

    #[test]
    fn phones() {
        assert_eq!(mask_phone("13812341234"), "138****1234");
        assert_eq!(mask_phone("+86 138-1234-1234"), "138****1234");
        assert_eq!(mask_phone("008613812341234"), "138****1234");
        assert_eq!(mask_phone("１３８１２３４１２３４"), "138****1234");
        assert_eq!(mask_phone("(0451) 82345678"), "045*****5678");
        assert_eq!(mask_phone("82345678"), "82****78");
        assert_eq!(mask_phone("12345"), "*****");
        assert_eq!(mask_phone(""), "");
    }

    #[test]
    fn names() {
        for (name, masked) in [
            ("张三", "张*"),
            ("张三丰", "张**"),
            ("欧阳修", "欧阳*"),
            ("欧阳修文", "欧阳**"),
            ("欧阳", "欧*"),
            ("张", "*"),
            ("", ""),
            (" 张三 ", "张*"),
            ("阿凡提·买买提", "阿**·***"),
            ("阿凡提•买买提", "阿**·***"),
            ("阿凡提．买买提", "阿**·***"),
            ("欧阳·娜娜", "欧*·**"),
            ("John Smith", "J*** *****"),
            ("Anne-Marie", "A***-*****"),
        ] {
            assert_eq!(mask_name(name), masked, "{name}");
        }
    }

    #[test]
    fn no_surname_is_listed_twice() {
        let set: std::collections::HashSet<_> = COMPOUND_SURNAMES.iter().collect();
        assert_eq!(set.len(), COMPOUND_SURNAMES.len());
        assert!(COMPOUND_SURNAMES.iter().all(|surname| surname.chars().count() == 2));
    }

    proptest! {
        #[test]
        fn the_middle_is_hidden(id in "[0-9]{17}[0-9X]", phone in "1[0-9]{10}") {
            let masked = mask_id_number(&id);
            prop_assert_eq!(&masked[..4], &id[..4]);
            prop_assert_eq!(&masked[4..14], "**********");
            prop_assert_eq!(&masked[14..], &id[14..]);
            let masked = mask_phone(&phone);
            prop_assert_eq!(format!("{}****{}", &phone[..3], &phone[7..]), masked);
        }

        #[test]
        fn little_of_anything_is_shown(text in "\\PC{0,30}") {
            let visible = |masked: String| masked.chars().filter(|&c| c != '*').count();
            prop_assert!(visible(mask_id_number(&text)) <= 8);
            prop_assert!(visible(mask_phone(&text)) <= 7);
            let masked = mask_name(&text);
            prop_assert!(masked.chars().filter(|&c| c != '*' && !is_joint(c)).count() <= 2);
            prop_assert_eq!(masked.chars().count(), text.trim().chars().count());
        }
    }
}
