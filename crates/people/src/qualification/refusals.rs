//! What this subject refuses, with the rule and the way out.

kernel::refusals! {
    /// No such kind, or one that is used no more.
    KIND = "qualification.kind", 422,
        zh ["没有这种资格，或已停用。", "资格种类由办公室维护；培训由队伍登记，不能自己提交。", "请在列表中另选一种。"],
        en ["There is no such kind, or it is used no more.", "The office keeps the list of kinds; trainings are entered by teams and not handed in.", "Choose another one of the list."];
    /// A certificate of this kind ends.
    UNTIL = "qualification.until", 422,
        zh ["请填写有效期截止日期。", "这种证书有有效期，到期自动失效。", "请按证书上的日期填写。"],
        en ["Say on which day it ends.", "Certificates of this kind end on a day and count until then.", "Write the day that stands on the document."];
    /// Ends before it begins.
    BACKWARDS = "qualification.backwards", 422,
        zh ["截止日期早于生效日期。", "有效期从生效日到截止日，两天都算。", "请核对两个日期。"],
        en ["It ends before it begins.", "It counts from the first day to the last, both included.", "Check the two days."];
    /// Ended already.
    OVER = "qualification.over", 422,
        zh ["这份证书已于 {until} 到期。", "已过期的证书不能再用来报名。", "请换证后提交新的。"],
        en ["It ended on {until}.", "What has ended does not count for sign-ups.", "Hand in the new one after renewal."];
    /// One of this kind waits already.
    WAITING = "qualification.waiting", 409,
        zh ["您已经提交过一份“{kind}”，正在等待核对。", "同一种资格一次只核对一份。", "请等社区核对，或先撤回那一份。"],
        en ["One of this kind (“{kind}”) waits to be checked already.", "One of each kind at a time.", "Wait for the answer, or take that one back first."];
    /// Answered meanwhile.
    ANSWERED = "qualification.answered", 409,
        zh ["这份资格已经处理过（{state}）。", "提交的核对一次；核对通过的可以撤销，本人可以撤回。", "请刷新页面查看现在的状态。"],
        en ["This was answered already ({state}).", "What was handed in is answered once; what was confirmed can be revoked, or taken back by the person.", "Reload to see where it stands."];
    /// A no needs a reason.
    REASON = "qualification.reason", 422,
        zh ["请写明理由。", "本人会看到理由。", "请填写理由。"],
        en ["Say why.", "The person reads it.", "Write a reason."];
    /// Nobody confirms their own.
    OWN = "qualification.own", 403,
        zh ["不能核对自己的资格。", "本人的资格须由另一位工作人员核对原件。", "请同事办理。"],
        en ["Nobody checks their own certificate.", "Another member of staff looks at the document.", "Ask a colleague."];
    /// From a training, which is taken back as a whole.
    TRAINED = "qualification.trained", 409,
        zh ["这是一次培训登记的结果，不能由本人撤回。", "培训由队伍登记，有误由队伍作废整次登记。", "请联系登记的队伍或社区。"],
        en ["This comes from a training and is not yours to take back.", "Trainings are entered by teams, which void them when they are wrong.", "Ask the team, or your community."];
    /// Nobody was ticked.
    NOBODY = "training.nobody", 422,
        zh ["没有选人。", "一次培训至少登记一位队员。", "请勾选参加的队员。"],
        en ["Nobody was chosen.", "A training is entered for one member at least.", "Tick those who took part."];
    /// Too many at once.
    TOO_MANY = "training.too_many", 422,
        zh ["一次最多登记 {max} 人。", "人多的培训分几次登记。", "请分批提交。"],
        en ["At most {max} people at once.", "A training of more people is entered in parts.", "Send it in several parts."];
    /// Somebody is not of the team.
    NOT_MEMBERS = "training.not_members", 422,
        zh ["选中的人里有 {count} 人不是本队队员。", "队伍只登记本队队员的培训。", "请刷新名单后再选。"],
        en ["{count} of those chosen are no members of the team.", "A team enters trainings of its own members.", "Reload the list and choose again."];
    /// In the future.
    AHEAD = "training.ahead", 422,
        zh ["培训日期还没有到。", "培训办完以后才登记。", "请核对日期。"],
        en ["That day has not come yet.", "Trainings are entered once they were held.", "Check the day."];
    /// Voided before.
    VOIDED = "training.voided", 409,
        zh ["这次培训登记已经作废。", "作废后不能恢复。", "确有这次培训的，请重新登记。"],
        en ["This training was voided already.", "What was voided stays so.", "If it was held after all, enter it again."];
    /// A kind of that name is there.
    SAME_NAME = "qualification.same_name", 409,
        zh ["已经有叫“{name}”的资格种类。", "同名会让人选错。", "请换一个名称，或修改原来那一种。"],
        en ["There is a kind called “{name}” already.", "Two of one name are taken for each other.", "Choose another name, or change the one that is there."];
}
