//! What is refused about spot checks, with the rule and the way out.

kernel::refusals! {
    /// The record counts no more.
    GONE = "spot_check.gone", 409,
        zh ["这条时长已经作废或退回，不用再核查。", "只核查还在计入的时长。", "请回到抽查列表看其他条目。"],
        en ["This record was voided or returned; nothing is left to check.", "Only records that count are checked.", "Go back to the list."];
    /// Somebody else has to.
    HAND = "spot_check.hand", 403,
        zh ["这条时长由您提交、确认，或是您本人的，不能由您核查。", "抽查由没有经手的人来做。", "请同级的其他工作人员或上级办理。"],
        en ["You submitted or confirmed this record, or it is your own.", "Somebody who had no part in it checks it.", "Ask a colleague, or the unit above."];
    /// What was found?
    FOUND = "spot_check.found", 422,
        zh ["请选择核查结果。", "核查要有结果；联系不上也是一种结果。", "请从列表里选一项。"],
        en ["Choose what was found.", "A check has an outcome; not reaching anybody is one.", "Choose one of the list."];
    /// How was it found out?
    HOW = "spot_check.how", 422,
        zh ["请选择核查方式。", "结果怎么得来的要写明，别人才能相信。", "请从列表里选一项。"],
        en ["Choose how you found out.", "Others trust an outcome whose source they know.", "Choose one of the list."];
    /// What is wrong has to be said.
    NOTE = "spot_check.note", 422,
        zh ["请写明哪里不符。", "与记录不符的，要写明事实。", "例如：本人说 10 点离开，记录到 12 点。"],
        en ["Say what differs.", "Whoever finds a record wrong says what is true.", "For example: left at ten, the record says twelve."];
    /// Least above most.
    SPAN = "spot_check.span", 422,
        zh ["每个社区的“至少”不能大于“至多”。", "抽查数量在两者之间。", "请改正其中一个。"],
        en ["The least of a community cannot exceed the most.", "The number drawn lies between them.", "Correct one of them."];
    /// Somebody was first.
    SEEN = "spot_check.seen", 409,
        zh ["这支队伍当月的补录已经复核过。", "每月复核一次。", "请刷新列表。"],
        en ["This team's month was looked at already.", "It is looked at once.", "Reload the list."];
}
