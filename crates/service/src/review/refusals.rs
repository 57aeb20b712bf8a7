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
    /// Changed into something that is read first.
    WORDS = "review.words", 409,
        zh ["改动里出现了“{words}”。", "已发布的活动不能自行改成可能不属于志愿服务的内容，要由站点或文明办看过。", "请换个说法；确实需要的，请站点代为修改。"],
        en ["The change brings in “{words}”.", "What is public is not turned into something the station or the office would have read first.", "Say it in other words, or let the station make the change."];
}
