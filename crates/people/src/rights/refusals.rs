//! What this subject refuses, with the rule and the way out.

kernel::refusals! {
    /// One of this kind is open already.
    WAITING = "rights.waiting", 409,
        zh ["您已经提出过“{kind}”，正在办理。", "同一类请求一次办一件。", "请等答复；要补充的先撤回，再重新提出。"],
        en ["A request of this kind (“{kind}”) is open already.", "One of each kind at a time.", "Wait for the answer, or take it back and ask again with more."];
    /// Answered, or taken back.
    ANSWERED = "rights.answered", 409,
        zh ["这件请求已经处理过（{state}）。", "每件请求答复一次。", "请刷新页面查看现在的状态。"],
        en ["This was answered already ({state}).", "Each request is answered once.", "Reload to see where it stands."];
    /// Nobody answers their own.
    OWN = "rights.own", 403,
        zh ["不能答复自己提出的请求。", "本人或本人孩子的请求须由另一位工作人员答复。", "请同事办理。"],
        en ["Nobody answers what they asked themselves.", "Another member of staff answers requests of oneself or one's child.", "Ask a colleague."];
    /// An answer says something.
    ANSWER = "rights.answer", 422,
        zh ["请写明办理情况或理由。", "提出请求的人会看到答复；不同意必须说明理由（个人信息保护法第五十条）。", "请填写答复。"],
        en ["Say what was done, or why not.", "Whoever asked reads it; a refusal gives its reason (PIPL, Art. 50).", "Write an answer."];
}
