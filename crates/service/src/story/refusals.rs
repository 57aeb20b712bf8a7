//! What is refused about summaries and reflections.

kernel::refusals! {
    /// The session is not over.
    NOT_OVER = "story.not_over", 409,
        zh ["这一场还没有结束。", "小结和感想在结束后写。", "请在活动结束后再来。"],
        en ["This session is not over.", "Summaries and reflections are written afterwards.", "Come back when it is over."];
    /// Only those who were there.
    NOT_THERE = "story.not_there", 403,
        zh ["您没有参加这一场。", "感想由参加的志愿者本人写。", "请在自己参加过的活动里写；点名有误请联系队长。"],
        en ["You were not at this session.", "Reflections are written by those who were there.", "Write about one you attended; if the roll is wrong, ask the leader."];
    /// One's own words.
    OWN = "story.own", 403,
        zh ["不能审核自己写的感想。", "感想由另一位负责人审核。", "请请上级或另一位队长审核。"],
        en ["You cannot approve your own words.", "Another leader does.", "Ask another leader or the office above."];
    /// Somebody was faster.
    DECIDED = "story.decided", 409,
        zh ["这篇感想已经处理过，或作者改过。", "每次提交审核一次。", "请刷新后再看。"],
        en ["These words were decided about, or changed.", "Each version is decided once.", "Reload and look again."];
}
