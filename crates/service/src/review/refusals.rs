//! What is refused about reviews, with the rule and the way out.

kernel::refusals! {
    /// Nothing waits.
    GONE = "review.gone", 409,
        zh ["这次提交已经处理过，或已被队伍撤回。", "每次提交只审核一次。", "请回到待审核列表再看。"],
        en ["This was answered already, or the team took it back.", "What is handed in is answered once.", "Go back to the list and look again."];
    /// The reviewer saw something else.
    CHANGED = "review.changed", 409,
        zh ["活动刚刚有改动，您看到的不是现在的内容。", "只能批准您看过的内容。", "请再看一遍，然后批准或退回。"],
        en ["The activity has changed since you saw it.", "One approves what one has read.", "Read it again, then approve or return it."];
    /// Why not.
    REASON = "review.reason", 422,
        zh ["请选择退回的原因。", "退回要写明原因，队伍才知道怎么改。", "请从列表里选一条。"],
        en ["Choose why it is returned.", "Whoever returns something says why, so that the team knows what to change.", "Choose one of the list."];
}
