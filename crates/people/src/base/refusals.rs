//! What this subject refuses, with the rule and the way out.

kernel::refusals! {
    /// It ends or is checked before it was granted.
    DATES = "base.dates", 422,
        zh ["有效期或复查日期早于授予日期。", "称号自授予之日起有效。", "请改正日期。"],
        en ["It ends or is checked before it was granted.", "A title is borne from the day it was granted.", "Correct the dates."];
    /// The organisation does not exist, is closed or out of reach.
    ORG = "base.org", 422,
        zh ["不能把称号登记给这个组织。", "称号登记给您管理范围内没有撤销的组织。", "请在列表里另选一个。"],
        en ["The title cannot be registered for this organisation.", "It goes to an open organisation in your reach.", "Choose another one."];
    /// It was taken away already.
    WITHDRAWN = "base.withdrawn", 409,
        zh ["“{title}”已经撤销。", "撤销后的称号只保留历史。", "重新授予的，请重新登记。"],
        en ["“{title}” was withdrawn already.", "A withdrawn title keeps its past only.", "Register it anew if it was granted again."];
}
