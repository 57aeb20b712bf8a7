//! What this subject refuses, with the rule and the way out.

kernel::refusals! {
    /// A transfer from this team is under way.
    UNDER_WAY = "transfer.under_way", 409,
        zh ["从这支队伍转出的申请正在办理。", "同一支队伍一次只办理一个转队申请。", "请等待答复，或先撤回那一个。"],
        en ["A transfer from this team is under way.", "One at a time from each team.", "Wait for the answer, or take that one back first."];
    /// Answered meanwhile.
    ANSWERED = "transfer.answered", 409,
        zh ["这个转队申请已经处理过，或还没轮到这支队伍答复。", "先由原队伍答复，再由新队伍答复，各答复一次。", "请刷新页面查看现在的状态。"],
        en ["This transfer was answered already, or it is not this team's turn.", "First the old team, then the new one, each once.", "Reload to see where it stands."];
    /// The same team.
    SAME_TEAM = "transfer.same_team", 422,
        zh ["请选择您现在所在的另一支队伍。", "转队是从一支队伍到另一支队伍。", "只想加入的话，请在队伍主页申请加入。"],
        en ["Choose another team that you belong to now.", "A transfer goes from one team to another.", "To join only, ask on the team's page."];
    /// A reason is needed for no.
    OPINION = "transfer.opinion", 422,
        zh ["不同意时请写明理由。", "申请人会看到理由。", "请填写意见。"],
        en ["Say why not.", "The person reads it.", "Write an opinion."];
}
