//! Pure decisions: who sits where on a day, and what changed between two.

use kernel::Date;

/// Whether something that holds from a day until before another one holds on a day.
#[must_use]
pub fn holds(from: Date, until: Option<Date>, on: Date) -> bool {
    from <= on && until.is_none_or(|until| until > on)
}

/// Who sits on a seat on some day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder {
    /// Title of the seat.
    pub title: String,
    /// Who, with the post where the seat belongs to one; empty while nobody holds the post.
    pub who: String,
}

/// What changed about a title.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Title of the seat.
    pub title: String,
    /// Who no longer holds it.
    pub before: Option<String>,
    /// Who holds it now.
    pub after: Option<String>,
}

/// The difference of two days, in the order of the seats. Where one person follows one other, they stand in one line.
#[must_use]
pub fn changes(before: &[Holder], after: &[Holder]) -> Vec<Change> {
    let mut titles: Vec<&str> = Vec::new();
    for one in after.iter().chain(before) {
        if !titles.contains(&one.title.as_str()) {
            titles.push(&one.title);
        }
    }
    let mut out = Vec::new();
    for title in titles {
        let of = |all: &[Holder]| -> Vec<String> {
            all.iter().filter(|one| one.title == title).map(|one| one.who.clone()).collect()
        };
        let (mut gone, mut new) = (of(before), Vec::new());
        for who in of(after) {
            match gone.iter().position(|other| *other == who) {
                Some(at) => drop(gone.remove(at)),
                None => new.push(who),
            }
        }
        let change = |before, after| Change { title: title.to_owned(), before, after };
        if let ([old], [who]) = (gone.as_slice(), new.as_slice()) {
            out.push(change(Some(old.clone()), Some(who.clone())));
            continue;
        }
        out.extend(gone.into_iter().map(|who| change(Some(who), None)));
        out.extend(new.into_iter().map(|who| change(None, Some(who))));
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn holder(title: &str, who: &str) -> Holder {
        Holder { title: title.to_owned(), who: who.to_owned() }
    }

    #[test]
    fn one_follows_the_other() {
        let before = [holder("组长", "张三"), holder("成员", "李四"), holder("成员", "王五")];
        let after = [holder("组长", "赵六"), holder("成员", "王五"), holder("副组长", "李四")];
        let found = changes(&before, &after);
        let line = |title: &str, before: Option<&str>, after: Option<&str>| Change {
            title: title.to_owned(),
            before: before.map(str::to_owned),
            after: after.map(str::to_owned),
        };
        assert_eq!(
            found,
            [
                line("组长", Some("张三"), Some("赵六")),
                line("成员", Some("李四"), None),
                line("副组长", None, Some("李四")),
            ]
        );
    }

    fn holders() -> impl Strategy<Value = Vec<Holder>> {
        prop::collection::vec(("[甲乙丙]", "[a-e]").prop_map(|(title, who)| holder(&title, &who)), 0..8)
    }

    fn sorted(mut all: Vec<Holder>) -> Vec<Holder> {
        all.sort_by(|a, b| (&a.title, &a.who).cmp(&(&b.title, &b.who)));
        all
    }

    proptest! {
        #[test]
        fn a_notice_leads_from_one_day_to_the_other(before in holders(), after in holders()) {
            let mut now = before.clone();
            for change in changes(&before, &after) {
                if let Some(who) = &change.before {
                    let at = now.iter().position(|one| one.title == change.title && one.who == *who);
                    prop_assert!(at.is_some(), "who leaves was there");
                    now.remove(at.unwrap());
                }
                if let Some(who) = &change.after {
                    now.push(holder(&change.title, who));
                }
            }
            prop_assert_eq!(sorted(now), sorted(after));
        }

        #[test]
        fn nothing_changed_says_nothing(all in holders()) {
            prop_assert_eq!(changes(&all, &all), []);
        }

        #[test]
        fn a_seat_is_held_on_each_day_once(from in 0_i64..50, length in 0_i64..50, on in 0_i64..120) {
            let day = Date::from_days;
            let (first, end) = (day(from), day(from + length));
            let one = holds(first, Some(end), day(on));
            let next = holds(end, None, day(on));
            prop_assert!(!(one && next));
            prop_assert_eq!(one || next, on >= from);
        }
    }
}
