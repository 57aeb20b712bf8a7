//! What this subject refuses, with the rule and the way out.

kernel::refusals! {
    /// One registration given twice.
    SAME = "duplicate.same", 422,
        zh ["这是同一份登记。", "合并需要两份不同的登记。", "请另选一份登记。"],
        en ["This is one and the same registration.", "A merge takes two different ones.", "Choose another registration."];
    /// The actor is one of the two.
    OWN = "duplicate.own", 403,
        zh ["其中一份是您本人的登记，不能自己合并。", "涉及本人的合并须由另一位工作人员办理。", "请同事核对后办理。"],
        en ["One of the two is your own registration.", "A merge that concerns oneself is made by somebody else of the staff.", "Ask a colleague to look at it."];
    /// A state in which nothing is merged.
    STATE = "duplicate.state", 409,
        zh ["“{name}”的状态是“{state}”，不能合并。", "只有资料不全、待认领、正式的登记可以合并；有异议、暂停、注销、去世的不可以。", "请先处理这个状态，再来合并。"],
        en ["“{name}” is “{state}” and cannot be merged.", "Only incomplete, unclaimed and active registrations can; not disputed, suspended, closed ones or of the dead.", "Deal with that state first, then come back."];
    /// Two numbers are two people.
    TWO_DOCUMENTS = "duplicate.two_documents", 409,
        zh ["两份登记的身份证号不同，是两个人。", "一人只有一个居民身份证号。", "如有一方证件号录错，请先在该档案更正证件，再合并；否则请选“不是同一人”。"],
        en ["The two have different resident identity numbers: they are two people.", "One person has one such number.", "If one was entered wrongly, correct it in that file first; otherwise choose “Not the same”."];
    /// Roles are not carried along.
    ROLES = "duplicate.roles", 409,
        zh ["“{name}”的账号担任工作角色，只能作为保留的一方。", "角色由安全管理员授予，合并不能转移角色。", "请改为保留这一份；双方都有角色时，请安全管理员先结束一方的角色。"],
        en ["The account of “{name}” holds roles: this registration must be the one that stays.", "Roles are given by the security administrator; a merge never moves them.", "Keep this one instead; if both hold roles, have the security administrator end those of one first."];
    /// The way back is closed.
    TOO_LATE = "duplicate.too_late", 409,
        zh ["已超过 30 天，不能撤销合并。", "合并后 30 天内可以撤销，之后撤销所需的数据已删除。", "如确实合并有误，请重新登记并由市级办公室更正时长。"],
        en ["More than 30 days have passed: the merge cannot be undone.", "A merge can be undone for 30 days; what that takes is removed afterwards.", "If it was wrong, register the person anew and have the city office correct the hours."];
    /// Later things came on top.
    NOT_LAST = "duplicate.not_last", 409,
        zh ["这次合并之后，其中一方又合并过。", "撤销要从最近的一次开始。", "请先撤销后来的那一次合并。"],
        en ["One of the two was merged again after this.", "Merges are undone from the latest on.", "Undo the later one first."];
    /// Undone by somebody else already.
    UNDONE = "duplicate.undone", 409,
        zh ["这次合并已经撤销。", "一次合并只撤销一次。", "请刷新页面查看现在的状态。"],
        en ["This merge was undone already.", "A merge is undone once.", "Reload to see how things are."];
    /// The merged person ended it.
    ENDED = "duplicate.ended", 409,
        zh ["保留的一方已注销或去世，不能撤销合并。", "登记结束后，并入的资料也一同结束。", "如注销有误，请先联系市级办公室。"],
        en ["The registration that stayed has ended: the merge cannot be undone.", "What was merged into it ended with it.", "If that was wrong, ask the city office."];
    /// Nobody has this number.
    NO_NUMBER = "duplicate.no_number", 422,
        zh ["管理范围内没有编号为“{value}”的登记。", "编号以 V 开头，见会员卡或档案。", "请核对编号；不在本辖区的请上级办理。"],
        en ["No registration of your area has the number “{value}”.", "Numbers begin with V, as on the member card or in the file.", "Check it; for people of other areas ask the office above."];
}
