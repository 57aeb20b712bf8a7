//! What can go wrong: a **refusal** is an answer (a rule said no: what, why, and the way out, in both
//! languages); a **fault** is a failure of the system, logged once at the boundary.

use crate::Lang;

/// The texts of one refusal. Declared once with [`refusals!`](crate::refusals), listed in the room's
/// catalogue and held against a committed snapshot.
#[derive(Debug, PartialEq, Eq)]
pub struct RefusalText {
    /// Stable code, `subject.reason`.
    pub code: &'static str,
    /// HTTP status of the answer.
    pub status: u16,
    /// Sentence, rule, way out, in Chinese. `{name}` marks are filled from the refusal's values.
    pub zh: [&'static str; 3],
    /// The same in English.
    pub en: [&'static str; 3],
}

/// Declares refusal texts and `ALL`, the list of them.
///
/// ```
/// kernel::refusals! {
///     /// No place is left.
///     FULL = "sign_up.full", 409,
///     zh ["已满（{taken}/{quota}）。", "名额由主办方设定。", "可看看附近的其他活动。"],
///     en ["Full ({taken}/{quota}).", "The organiser set the number of places.", "See what else is near."];
/// }
/// ```
#[macro_export]
macro_rules! refusals {
    ($($(#[$meta:meta])* $name:ident = $code:literal, $status:literal,
        zh [$zs:literal, $zr:literal, $zw:literal $(,)?], en [$es:literal, $er:literal, $ew:literal $(,)?];)*) => {
        $(
            $(#[$meta])*
            pub static $name: $crate::RefusalText = $crate::RefusalText {
                code: $code, status: $status, zh: [$zs, $zr, $zw], en: [$es, $er, $ew],
            };
        )*
        /// Every refusal of this catalogue.
        pub const ALL: &[&$crate::RefusalText] = &[$(&$name),*];
    };
}

/// A rule said no.
#[derive(Debug, Clone)]
pub struct Refusal {
    /// Its texts.
    pub text: &'static RefusalText,
    /// The form field it concerns, if one.
    pub field: Option<&'static str>,
    values: Vec<(&'static str, String, String)>,
}

impl Refusal {
    /// A refusal without values.
    #[must_use]
    pub const fn new(text: &'static RefusalText) -> Self {
        Self { text, field: None, values: Vec::new() }
    }

    /// Names the form field.
    #[must_use]
    pub const fn on(mut self, field: &'static str) -> Self {
        self.field = Some(field);
        self
    }

    /// Fills a `{name}` mark.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl std::fmt::Display) -> Self {
        let text = value.to_string();
        self.values.push((name, text.clone(), text));
        self
    }

    /// Fills a `{name}` mark with a text of each language.
    #[must_use]
    pub fn with_both(mut self, name: &'static str, zh: &str, en: &str) -> Self {
        self.values.push((name, zh.to_owned(), en.to_owned()));
        self
    }

    /// Stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        self.text.code
    }

    fn fill(&self, text: &str, lang: Lang) -> String {
        let mut out = text.to_owned();
        for (name, zh, en) in &self.values {
            out = out.replace(&format!("{{{name}}}"), lang.t(zh, en));
        }
        out
    }

    /// What happened, in one sentence.
    #[must_use]
    pub fn sentence(&self, lang: impl Into<Lang>) -> String {
        let lang = lang.into();
        let [s, _, _] = if lang == Lang::Zh { self.text.zh } else { self.text.en };
        self.fill(s, lang)
    }

    /// The rule behind it.
    #[must_use]
    pub fn rule(&self, lang: impl Into<Lang>) -> String {
        let lang = lang.into();
        let [_, r, _] = if lang == Lang::Zh { self.text.zh } else { self.text.en };
        self.fill(r, lang)
    }

    /// What the person can do now.
    #[must_use]
    pub fn way_out(&self, lang: impl Into<Lang>) -> String {
        let lang = lang.into();
        let [_, _, w] = if lang == Lang::Zh { self.text.zh } else { self.text.en };
        self.fill(w, lang)
    }
}

/// A failure of the system, not of the person.
#[derive(Debug, Clone)]
pub enum Fault {
    /// Storage cannot be reached, is full or read-only; the same request may succeed later.
    Unavailable(String),
    /// A defect: inconsistent row, panic, impossible state.
    Bug(String),
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Unavailable(text) => write!(f, "unavailable: {text}"),
            Self::Bug(text) => write!(f, "defect: {text}"),
        }
    }
}

/// Either of the two.
#[derive(Debug, Clone)]
pub enum Error {
    /// A rule said no (boxed: the happy path should not carry its weight). Several when a form has
    /// several wrong fields.
    Refused(Vec<Refusal>),
    /// The system failed.
    Fault(Fault),
}

impl Error {
    /// The first refusal's code, for tests and logs.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::Refused(all) => all.first().map_or("refused", Refusal::code),
            Self::Fault(Fault::Unavailable(_)) => "unavailable",
            Self::Fault(Fault::Bug(_)) => "defect",
        }
    }

    /// A defect with its description.
    pub fn bug(text: impl Into<String>) -> Self {
        Self::Fault(Fault::Bug(text.into()))
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Refused(all) => {
                for (at, one) in all.iter().enumerate() {
                    let gap = if at == 0 { "" } else { " " };
                    write!(f, "{gap}{} ({})", one.sentence(Lang::En), one.code())?;
                }
                Ok(())
            }
            Self::Fault(fault) => fault.fmt(f),
        }
    }
}

impl std::error::Error for Error {}

impl From<Refusal> for Error {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(vec![refusal])
    }
}

impl From<&'static RefusalText> for Error {
    fn from(text: &'static RefusalText) -> Self {
        Refusal::new(text).into()
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

/// Collects the refusals of a form, so that a person sees all wrong fields at once.
#[derive(Debug, Default)]
pub struct Collect(Vec<Refusal>);

impl Collect {
    /// Keeps the value, or notes the refusal.
    pub fn take<T>(&mut self, result: Result<T, Refusal>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(refusal) => {
                self.0.push(refusal);
                None
            }
        }
    }

    /// Notes a refusal.
    pub fn push(&mut self, refusal: Refusal) {
        self.0.push(refusal);
    }

    /// Notes a refusal when `wrong`.
    pub fn check(&mut self, wrong: bool, refusal: impl FnOnce() -> Refusal) {
        if wrong {
            self.0.push(refusal());
        }
    }

    /// Ends: the error with all refusals, if any.
    ///
    /// # Errors
    /// When anything was refused.
    pub fn done(self) -> Result<(), Error> {
        if self.0.is_empty() { Ok(()) } else { Err(Error::Refused(self.0)) }
    }
}

/// Refusals every room may need.
pub mod common {
    crate::refusals! {
        /// Not found, or not to be known.
        NOT_FOUND = "common.not_found", 404,
            zh ["没有找到这一页或这条内容。", "可能已移走、已删除，或不在您的管理范围内。", "请返回上一页，或用搜索查找。"],
            en ["This page or item was not found.", "It may have moved, or lies outside what you may see.", "Go back, or use the search."];
        /// Signed in, but the role may not do it.
        FORBIDDEN = "common.forbidden", 403,
            zh ["您的角色不能做这一步。", "权限按角色和管理范围分配。", "请联系本单位的负责人或安全管理员。"],
            en ["Your role may not do this.", "Rights follow the role and its part of the city.", "Ask your unit's head or the security administrator."];
        /// Nobody is signed in.
        SIGN_IN = "common.sign_in", 401,
            zh ["请先登录。", "这一步需要知道您是谁。", "登录后会回到这里，填过的内容不会丢。"],
            en ["Please sign in first.", "This step needs to know who you are.", "You come back here after signing in."];
        /// A token without the scope.
        SCOPE = "common.scope", 403,
            zh ["此令牌没有“{scope}”权限。", "令牌只能做签发时选定的事。", "请在“我的令牌”中签发带有该权限的新令牌。"],
            en ["This token has no scope “{scope}”.", "A token does only what was chosen when it was issued.", "Issue one with that scope under “My tokens”."];
        /// A token that is unknown, over or ended.
        TOKEN = "common.token", 401,
            zh ["令牌无效。", "令牌可能已过期、已撤销，或账号已停用。", "请在“我的令牌”中签发新的令牌。"],
            en ["The token is not valid.", "It may have expired, been revoked, or its account was disabled.", "Issue a new one under “My tokens”."];
        /// A token of staff without the second factor that the city requires (X4).
        TOKEN_SECOND = "common.token_second", 403,
            zh ["令牌暂不可用：请先设置二次验证。", "本市要求工作人员使用二次验证，令牌也不例外。", "请在“二次验证”中完成设置。"],
            en ["Tokens cannot be used yet: set up the second factor first.", "This city requires it of staff, and of their tokens.", "Set it up under “Second factor”."];
        /// A field was left empty.
        REQUIRED = "common.required", 422,
            zh ["“{label}”没有填。", "这一项必填。", "请填写后再提交。"],
            en ["“{label}” is empty.", "This field is required.", "Fill it in and send again."];
        /// A text is too long.
        TOO_LONG = "common.too_long", 422,
            zh ["“{label}”太长（{length} 字）。", "最多 {max} 字。", "请缩短后再提交。"],
            en ["“{label}” is too long ({length} characters).", "At most {max} characters.", "Shorten it and send again."];
        /// A value cannot be read.
        INVALID = "common.invalid", 422,
            zh ["“{label}”的内容“{value}”无法识别。", "{expected}", "请按提示改正后再提交。"],
            en ["“{label}”: “{value}” cannot be read.", "{expected}", "Correct it as the hint says and send again."];
        /// Somebody else changed it first.
        STALE = "common.stale", 409,
            zh ["内容刚被别人改过。", "先提交的有效，避免互相覆盖。", "请刷新页面，看过新内容后再改。"],
            en ["Somebody changed this a moment ago.", "The first change stands, so that nobody overwrites another.", "Reload, look at it, and change it again."];
        /// The form is too old or came from another site.
        CSRF = "common.csrf", 403,
            zh ["页面已过期。", "为防止他人冒用您的登录，每个表单带有一次核对码。", "请刷新页面后重新提交。"],
            en ["This page has expired.", "Each form carries a check code so that no other site can act for you.", "Reload the page and send again."];
        /// Too many tries.
        SLOW_DOWN = "common.slow_down", 429,
            zh ["操作太频繁，请 {seconds} 秒后再试。", "短时间内的尝试次数有限，以保护大家的账号。", "稍等片刻再试；着急可到站点办理。"],
            en ["Too many tries; please wait {seconds} s.", "Tries are limited in time to protect everyone's account.", "Wait a moment, or go to the station."];
        /// The upload is too large.
        TOO_LARGE = "common.too_large", 413,
            zh ["文件太大（{size} MB）。", "最大 {max} MB。", "请拆分或压缩后再上传。"],
            en ["The file is too large ({size} MB).", "At most {max} MB.", "Split or shrink it and upload again."];
        /// The upload broke off or is larger than a request may be.
        TOO_LARGE_BODY = "common.upload_broken", 413,
            zh ["上传没有完成。", "连接中断，或几个文件合起来太大。", "请分几次上传，每次少选几个。"],
            en ["The upload was not completed.", "The connection broke, or the files together are too large.", "Upload them in several goes, fewer at once."];
        /// More files than one form takes.
        TOO_MANY_FILES = "common.too_many_files", 413,
            zh ["一次选的文件太多。", "多出来的没有上传。", "请再传一次，选剩下的文件。"],
            en ["Too many files at once.", "Those beyond were not taken.", "Upload again and choose the rest."];
        /// The system cannot answer now.
        UNAVAILABLE = "common.unavailable", 503,
            zh ["系统暂时无法保存。", "存储暂不可用，您的内容没有被部分保存。", "请稍后重试；已提示成功的都已保存。"],
            en ["The system cannot save right now.", "Storage is not available; nothing was half-saved.", "Please try again later; what was confirmed is safe."];
    }
}
