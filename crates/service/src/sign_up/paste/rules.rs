//! Reading a list that a chat group made by each adding a numbered line (接龙). Pure.

/// A line that names somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The name.
    pub name: String,
    /// What else stands on the line.
    pub note: String,
}

/// How many lines are read.
pub const MOST: usize = 300;

/// The names of a list. When any line is numbered, lines without a number are headings or talk; otherwise every line is
/// a name. The same name twice counts once.
#[must_use]
pub fn names(text: &str) -> Vec<Named> {
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let numbered: Vec<&str> = lines.iter().filter_map(|line| after_number(line)).collect();
    let bare = numbered.is_empty();
    let taken = if bare {
        lines.into_iter().filter(|line| !line.starts_with('#') && !line.contains("接龙")).collect()
    } else {
        numbered
    };
    let mut out: Vec<Named> = Vec::new();
    for line in taken.into_iter().take(MOST) {
        let named = split(line);
        if !named.name.is_empty() && !out.iter().any(|one| one.name == named.name) {
            out.push(named);
        }
    }
    out
}

/// What follows the number of a line: `1. 张三`, `2、李四`, `(3) 王五`, `4）赵六`, `５．钱七`.
fn after_number(line: &str) -> Option<&str> {
    let rest = line.trim_start_matches(['(', '（', '【', '[']);
    let digits = rest.trim_start_matches(is_digit);
    if digits.len() == rest.len() {
        return None;
    }
    // Eleven digits are a phone number and no place in a list.
    if rest.chars().take_while(|c| is_digit(*c)).count() > 3 {
        return None;
    }
    let after = digits.trim_start_matches(|c: char| {
        c.is_whitespace()
            || matches!(c, '.' | '．' | '。' | '、' | ')' | '）' | ':' | '：' | '】' | ']' | '-')
    });
    (after.len() < digits.len() || after.chars().next().is_some_and(|c| !c.is_ascii())).then_some(after)
}

fn is_digit(c: char) -> bool {
    c.is_ascii_digit() || ('０'..='９').contains(&c)
}

/// Name and rest of a line. A Chinese name ends at the first space or mark; a Latin one may have spaces.
fn split(line: &str) -> Named {
    let line = line.trim().trim_start_matches('@');
    let latin = line.chars().next().is_some_and(|c| c.is_ascii_alphabetic());
    let end = line
        .char_indices()
        .find(|(_, c)| {
            if *c == ' ' || *c == '.' || *c == '\'' || *c == '-' {
                return !latin;
            }
            !(c.is_alphabetic() || matches!(c, '·' | '•' | '・'))
        })
        .map_or(line.len(), |(at, _)| at);
    let (name, note) = line.split_at(end);
    let name: String = name.trim().replace(['•', '・'], "·").chars().take(50).collect();
    Named { name, note: note.trim().chars().take(100).collect() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn only(text: &str) -> Vec<String> {
        names(text).into_iter().map(|one| one.name).collect()
    }

    #[test]
    fn a_list_as_groups_paste_it() {
        let text = "#接龙\n周六清洁家园，8:30 集合\n例 姓名 电话\n\n1. 张三\n2、李四 13800000000\n3）王五（带车）\n（4）赵六+1\n5 钱七，晚到\n６．阿依古丽•买买提\n7.张三\n8.\n9. Li Lei 2人";
        assert_eq!(only(text), ["张三", "李四", "王五", "赵六", "钱七", "阿依古丽·买买提", "Li Lei"]);
        assert_eq!(names(text)[1].note, "13800000000");
        assert_eq!(names(text)[2].note, "（带车）");
        assert_eq!(only("张三\n李四\n#接龙"), ["张三", "李四"], "without numbers every line is a name");
        assert_eq!(only("13800000000 张三"), Vec::<String>::new(), "a phone number is no name");
        assert!(names("").is_empty());
    }

    proptest! {
        #[test]
        fn whatever_is_pasted(text in "\\PC{0,200}") {
            let found = names(&text);
            prop_assert!(found.len() <= MOST);
            prop_assert!(found.iter().all(|one| !one.name.is_empty()));
        }

        #[test]
        fn numbered_names_come_back_in_order(list in prop::collection::vec("[赵钱孙李周吴郑王]{2,3}", 1..20)) {
            let mut want = list.clone();
            let mut seen = std::collections::BTreeSet::new();
            want.retain(|name| seen.insert(name.clone()));
            let text: Vec<String> = list.iter().enumerate().map(|(n, name)| format!("{}. {name}", n + 1)).collect();
            prop_assert_eq!(only(&text.join("\n")), want);
        }
    }
}
