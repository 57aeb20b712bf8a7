//! Which messages go where, and when: pure. The inbox always has everything; what is decided here is what else
//! happens.

use kernel::time::DAY_MS;
use kernel::{Timestamp, codes};

codes! {
    /// Kinds of messages that people can choose.
    pub enum Category {
        /// Places, waiting lists, stand-ins.
        SignUp = "sign_up", "报名与候补", "Sign-up";
        /// Before a session.
        Reminder = "reminder", "活动提醒", "Reminders";
        /// A session is cancelled or changed.
        Change = "change", "活动取消与变更", "Cancellations and changes";
        /// What became of one's hours.
        Records = "records", "时长与记录", "Hours and records";
        /// Something waits for one.
        Tasks = "tasks", "待办事项", "Things to do";
        /// Everything else.
        System = "system", "系统通知", "System";
    }
}

impl Category {
    /// The category of a message by the code of its kind. A new kind that nobody sorted is a system message.
    #[must_use]
    pub fn of(kind: &str) -> Self {
        let begins = |heads: &[&str]| heads.iter().any(|head| kind.starts_with(head));
        if begins(&["remind_"]) {
            Self::Reminder
        } else if begins(&["session_", "activity_", "wait_over"]) {
            Self::Change
        } else if begins(&["record_", "past_"]) {
            Self::Records
        } else if begins(&["task_"]) {
            Self::Tasks
        } else if begins(&["sign_up", "place_", "offer_", "stand_in", "swap", "family"]) {
            Self::SignUp
        } else {
            Self::System
        }
    }
}

codes! {
    /// Ways out of the inbox.
    pub enum Channel {
        /// E-mail.
        Mail = "mail", "邮件", "E-mail";
        /// Short text to the phone.
        Sms = "sms", "短信", "Text message";
        /// A notification on a device.
        Push = "push", "设备通知", "Notification";
        /// A system, a chat group.
        Webhook = "webhook", "对接", "Webhook";
    }
}

/// Hours in which nothing rings that can wait: local minutes of the day, half-open, over midnight when the end is
/// not after the start. Equal: none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quiet {
    /// First minute.
    pub from: i64,
    /// First minute that is not quiet any more.
    pub to: i64,
}

impl Quiet {
    /// 21:00 to 08:00.
    pub const USUAL: Self = Self { from: 21 * 60, to: 8 * 60 };

    /// Whether a minute of the day is quiet.
    #[must_use]
    pub const fn covers(self, minute: i64) -> bool {
        if self.from <= self.to {
            self.from <= minute && minute < self.to
        } else {
            minute >= self.from || minute < self.to
        }
    }

    /// The first moment from `at` on that is not quiet.
    #[must_use]
    pub fn release(self, at: Timestamp) -> Timestamp {
        let minute = at.minute_of_day();
        if !self.covers(minute) {
            return at;
        }
        let day = if minute < self.to { at.date() } else { at.date().plus(1) };
        Timestamp::at(day, self.to)
    }
}

/// Minute of the day at which the digest is sent: 18:00, when people plan the next day.
pub const DIGEST_MINUTE: i64 = 18 * 60;

/// What somebody wishes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// Kinds that are mailed.
    pub mail: Vec<Category>,
    /// Kinds that are texted.
    pub sms: Vec<Category>,
    /// Kinds that are shown on devices.
    pub push: Vec<Category>,
    /// Quiet hours.
    pub quiet: Quiet,
    /// One mail a day instead of one for each message.
    pub digest: bool,
}

impl Default for Wish {
    /// Mail has everything (once there is a confirmed address); a text message, which costs money and rings, only
    /// cancellations; a device, once somebody switched it on, what cannot wait for the next visit.
    fn default() -> Self {
        Self {
            mail: Category::ALL.to_vec(),
            sms: vec![Category::Change],
            push: vec![Category::SignUp, Category::Reminder, Category::Change, Category::Tasks],
            quiet: Quiet::USUAL,
            digest: false,
        }
    }
}

/// Codes of categories as they are stored.
#[must_use]
pub fn to_codes(all: &[Category]) -> String {
    all.iter().map(|one| one.code()).collect::<Vec<_>>().join(" ")
}

/// Reads stored codes; unknown ones are passed over.
#[must_use]
pub fn from_codes(text: &str) -> Vec<Category> {
    text.split(' ').filter_map(Category::from_code).collect()
}

/// What is known of a message when its way is decided.
#[derive(Debug, Clone, Copy)]
pub struct Fact {
    /// Its category.
    pub category: Category,
    /// Whether it may ring at night.
    pub urgent: bool,
    /// When it stops being of use, if it does.
    pub useful_until: Option<Timestamp>,
}

/// Where a message goes on a channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Nowhere: not wished, or too late when the quiet hours end.
    Stay,
    /// By itself, at this moment.
    At(Timestamp),
    /// Into the digest of this moment.
    Digest(Timestamp),
}

/// The moment of the next digest from `at` on, outside quiet hours.
#[must_use]
pub fn next_digest(quiet: Quiet, at: Timestamp) -> Timestamp {
    let today = Timestamp::at(at.date(), DIGEST_MINUTE);
    let next = if today >= at { today } else { Timestamp(today.0 + DAY_MS) };
    quiet.release(next)
}

/// Decides where a message goes that exists since `now`.
#[must_use]
pub fn way(wish: &Wish, fact: Fact, channel: Channel, now: Timestamp) -> Way {
    let wished = match channel {
        Channel::Mail => wish.mail.contains(&fact.category),
        Channel::Sms => wish.sms.contains(&fact.category),
        Channel::Push => wish.push.contains(&fact.category),
        Channel::Webhook => false,
    };
    if !wished {
        return Way::Stay;
    }
    let useful = |at: Timestamp| fact.useful_until.is_none_or(|until| at < until);
    if fact.urgent {
        return if useful(now) { Way::At(now) } else { Way::Stay };
    }
    if channel == Channel::Mail && wish.digest {
        let at = next_digest(wish.quiet, now);
        if useful(at) {
            return Way::Digest(at);
        }
    }
    let at = wish.quiet.release(now);
    if useful(at) { Way::At(at) } else { Way::Stay }
}

/// A change of a session that starts this soon rings at night too (as in Fix-28).
const URGENT_MS: i64 = 12 * 3_600_000;

/// Whether what happened to a session is urgent.
#[must_use]
pub const fn urgent_change(now: Timestamp, starts_at: Timestamp) -> bool {
    starts_at.0 - now.0 < URGENT_MS
}

/// An e-mail address as it may be shown: `z***@example.com`.
#[must_use]
pub fn mask_mail(address: &str) -> String {
    let Some((name, host)) = address.split_once('@') else { return "***".to_owned() };
    format!("{}***@{host}", name.chars().next().map(String::from).unwrap_or_default())
}

/// Whether a text can be an address: one `@`, a dot in the host, nothing that is not printable ASCII.
#[must_use]
pub fn mail_ok(text: &str) -> bool {
    text.len() <= 254
        && text.bytes().all(|b| b.is_ascii_graphic() && !b"<>()[]\\,;:\"".contains(&b))
        && text.split_once('@').is_some_and(|(name, host)| {
            !name.is_empty()
                && name.len() <= 64
                && !host.contains('@')
                && host.split('.').count() > 1
                && host.split('.').all(|part| {
                    !part.is_empty() && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
                })
        })
        && text.parse::<lettre::Address>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(day: &str, minute: i64) -> Timestamp {
        Timestamp::at(kernel::Date::parse(day).unwrap(), minute)
    }

    #[test]
    fn quiet_hours_over_midnight() {
        let quiet = Quiet::USUAL;
        assert_eq!(quiet.release(at("2026-11-20", 20 * 60 + 59)), at("2026-11-20", 20 * 60 + 59));
        assert_eq!(quiet.release(at("2026-11-20", 21 * 60)), at("2026-11-21", 8 * 60));
        assert_eq!(quiet.release(at("2026-11-21", 3 * 60)), at("2026-11-21", 8 * 60));
        assert_eq!(quiet.release(at("2026-11-21", 8 * 60)), at("2026-11-21", 8 * 60));
        let midday = Quiet { from: 12 * 60, to: 14 * 60 };
        assert_eq!(midday.release(at("2026-11-21", 13 * 60)), at("2026-11-21", 14 * 60));
        let none = Quiet { from: 0, to: 0 };
        assert!((0..1440).all(|minute| !none.covers(minute)));
    }

    #[test]
    fn kinds_are_sorted() {
        for (kind, category) in [
            ("remind_day", Category::Reminder),
            ("session_cancelled", Category::Change),
            ("record_confirmed", Category::Records),
            ("past_hours", Category::Records),
            ("task_roll", Category::Tasks),
            ("welcome", Category::System),
        ] {
            assert_eq!(Category::of(kind), category, "{kind}");
        }
    }

    /// Every kind that the sources write, with the category it is sorted into.
    const KINDS: &[(Category, &[&str])] = &[
        (
            Category::SignUp,
            &[
                "family_company",
                "offer_lapsed",
                "place_offered",
                "sign_up_decided",
                "sign_up_invited",
                "sign_up_late",
                "sign_up_missed",
                "sign_up_over",
                "stand_in_answered",
                "stand_in_done",
                "stand_in_wanted",
            ],
        ),
        (
            Category::Change,
            &["session_cancelled", "session_changed", "session_meeting", "session_role", "wait_over"],
        ),
        (Category::Records, &["past_hours", "record_back_fill", "record_confirmed", "record_withdrawn"]),
        (
            Category::Reminder,
            &["remind_call_back", "remind_qualification", "remind_unqualified", "remind_unqualified_lead"],
        ),
        (Category::Tasks, &["task_insurance", "task_plan", "task_review"]),
        (
            Category::System,
            &[
                "card",
                "guard_changed",
                "guardian_asked",
                "guardian_ends",
                "letter",
                "people_merged",
                "phone_changed",
                "photo_answered",
                "plan_approved",
                "qualification",
                "reflection_decided",
                "report_in",
                "review_approved",
                "rights",
                "serve_answered",
                "team_answered",
                "transfer_moved",
                "unit_answered",
            ],
        ),
    ];

    /// `kind: "…"` in the sources below a folder.
    fn written(folder: &std::path::Path, out: &mut std::collections::BTreeSet<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                written(&path, out);
            } else if path.extension().is_some_and(|end| end == "rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                let code = text.split("#[cfg(test)]").next().unwrap_or_default();
                out.extend(
                    code.split("kind: \"")
                        .skip(1)
                        .filter_map(|rest| Some(rest.split_once('"')?.0.to_owned())),
                );
            }
        }
    }

    #[test]
    fn every_kind_that_is_written_is_sorted_on_purpose() {
        let mut all = std::collections::BTreeSet::new();
        written(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut all);
        assert!(all.len() > 20, "{all:?}");
        for kind in &all {
            let meant = KINDS.iter().find(|(_, kinds)| kinds.contains(&kind.as_str()));
            let (category, _) =
                meant.unwrap_or_else(|| panic!("{kind}: say which wish of people it falls under"));
            assert_eq!(Category::of(kind), *category, "{kind}");
        }
        for kind in KINDS.iter().flat_map(|(_, kinds)| kinds.iter()) {
            assert!(all.contains(*kind), "nobody writes {kind} any more");
        }
    }

    #[test]
    fn a_reminder_for_an_early_session_is_not_sent_after_its_start() {
        let fact = Fact {
            category: Category::Reminder,
            urgent: false,
            useful_until: Some(at("2026-11-21", 7 * 60)),
        };
        let wish = Wish::default();
        assert_eq!(way(&wish, fact, Channel::Mail, at("2026-11-21", 5 * 60)), Way::Stay);
        assert_eq!(way(&wish, fact, Channel::Sms, at("2026-11-20", 12 * 60)), Way::Stay, "not wished");
        let noon = at("2026-11-20", 12 * 60);
        assert_eq!(way(&wish, fact, Channel::Mail, noon), Way::At(noon));
        let digest = Wish { digest: true, ..wish };
        assert_eq!(way(&digest, fact, Channel::Mail, noon), Way::Digest(at("2026-11-20", DIGEST_MINUTE)));
        let evening = at("2026-11-20", 19 * 60);
        assert_eq!(
            way(&digest, fact, Channel::Mail, evening),
            Way::At(evening),
            "the next digest is too late"
        );
    }

    #[test]
    fn addresses() {
        for good in ["a@b.cn", "wang.li+x@mail.example.com"] {
            assert!(mail_ok(good), "{good}");
        }
        for bad in
            ["", "a", "a@b", "a@@b.cn", "a b@c.cn", "<a@b.cn>", "a@b..cn", "王@b.cn", "a@b.cn\nx", "@b.cn"]
        {
            assert!(!mail_ok(bad), "{bad:?}");
        }
        assert_eq!(mask_mail("wang@example.com"), "w***@example.com");
        assert_eq!(mask_mail("x"), "***");
    }

    proptest! {
        #[test]
        fn nothing_rings_in_quiet_hours_but_what_is_urgent(
            from in 0_i64..1440, to in 0_i64..1440, now in 0_i64..4_000_000_000_000, urgent: bool, digest: bool,
            until in proptest::option::of(0_i64..4_000_000_000_000), channel in 0_usize..3,
        ) {
            let wish = Wish { quiet: Quiet { from, to }, digest, sms: Category::ALL.to_vec(), ..Wish::default() };
            let now = Timestamp(now);
            let fact = Fact { category: Category::Change, urgent, useful_until: until.map(Timestamp) };
            let channel = [Channel::Mail, Channel::Sms, Channel::Push][channel];
            let mail = channel == Channel::Mail;
            match way(&wish, fact, channel, now) {
                Way::Stay => prop_assert!(until.is_some(), "only what has an end can be too late"),
                Way::At(at) => {
                    prop_assert!(at >= now && at.0 - now.0 <= DAY_MS);
                    let quiet = wish.quiet.covers(at.minute_of_day());
                    prop_assert!((urgent && at == now) || (!urgent && !quiet));
                    prop_assert!(until.is_none_or(|until| at.0 < until));
                }
                Way::Digest(at) => {
                    prop_assert!(mail && digest && !urgent);
                    prop_assert!(at >= now && at.0 - now.0 <= 2 * DAY_MS);
                    prop_assert!(!wish.quiet.covers(at.minute_of_day()));
                    prop_assert!(until.is_none_or(|until| at.0 < until));
                }
            }
        }

        #[test]
        fn codes_read_back(bits in 0_u8..64) {
            let all: Vec<Category> = Category::ALL.iter().copied().enumerate()
                .filter(|(at, _)| bits >> at & 1 == 1).map(|(_, one)| one).collect();
            prop_assert_eq!(from_codes(&to_codes(&all)), all);
        }
    }
}
