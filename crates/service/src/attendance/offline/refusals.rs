//! What this subject refuses, with the rule and the way out.

kernel::refusals! {
    /// The same id came with something else in it.
    REUSED = "attendance.command_reused", 409,
        zh ["这个操作编号已用于另一条操作。", "每条离线操作的编号只用一次。", "请刷新页面后重新操作。"],
        en ["This command's id was used for another one.", "Each captured command has an id of its own.", "Reload the page and do it again."];
    /// Too many at once.
    BATCH = "attendance.batch", 422,
        zh ["一次发送的操作太多（{count} 条）。", "每次最多 {max} 条。", "请分几次发送。"],
        en ["Too many commands at once ({count}).", "At most {max} in one request.", "Send them in several parts."];
    /// The role ended before this was captured, or too long ago.
    ROLE_ENDED = "attendance.role_ended", 403,
        zh ["您的角色已结束，这条操作不能再采纳。", "角色结束前记下的点名，在结束后 7 天内仍会采纳。", "请联系本队现任队长或站点。"],
        en ["Your role has ended; this can no longer be taken.", "What was captured before a role ended is taken for seven days after.", "Ask the present leader or the station."];
    /// Differences are open.
    UNDECIDED = "attendance.undecided", 409,
        zh ["还有 {count} 人的点名不一致，尚未决定。", "几部手机说法不同时，须由人决定后才能提交。", "请到点名页逐条决定。"],
        en ["The roll of {count} people is not decided yet.", "Where phones disagree, a person decides before the records are submitted.", "Decide each on the roll."];
    /// Scanned too long ago.
    SCAN_LATE = "attendance.scan_late", 409,
        zh ["扫码时间太久，不能补传。", "离线扫的码在 72 小时内补传有效。", "请联系队长补录。"],
        en ["This scan is too old.", "A code scanned without a network is taken for 72 hours.", "Ask the leader to enter you."];
    /// The code does not prove anything.
    SCAN_WRONG = "attendance.scan_wrong", 422,
        zh ["这不是本场的签到码。", "二维码须在本场签到时间内出示过。", "请联系队长补录。"],
        en ["This is no code of that session.", "The code must have been shown while check-in was open.", "Ask the leader to enter you."];
    /// Already decided.
    DECIDED = "attendance.decided", 409,
        zh ["这一条已经决定过了。", "先作的决定有效。", "请刷新名单查看现状。"],
        en ["This was decided already.", "The first decision stands.", "Reload the roll to see how it is."];
}
