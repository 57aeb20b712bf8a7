//! What this subject refuses, with the rule and the way out.

kernel::refusals! {
    /// Nothing units join.
    NO_HOST = "unit.no_host", 422,
        zh ["这里不接收单位会员。", "单位加入正在运行的队伍、站点、社区、街道、部门或全市协会。", "请另选一个组织。"],
        en ["Units cannot join this.", "They join teams, stations, communities, streets, departments or the city that are open.", "Choose another organisation."];
    /// No unit, or closed.
    NO_UNIT = "unit.no_unit", 422,
        zh ["找不到这个单位。", "只有正在运行的成员单位或部门可以成为单位会员。", "请按名称再查一次，或作为新单位申请。"],
        en ["There is no such unit.", "Only open member units and departments can be unit members.", "Look for it again, or apply as a new one."];
    /// In the tree already.
    KNOWN = "unit.known", 409,
        zh ["这个代码的单位“{name}”已登记。", "一个单位只登记一次。", "请由它的联系人申请，或请站点任命您为联系人。"],
        en ["The unit with this code, “{name}”, is registered.", "A unit is registered once.", "Let its contact apply, or ask the station to make you its contact."];
    /// A member, or asked already.
    ALREADY = "unit.already", 409,
        zh ["这个单位已加入或已申请。", "同一单位在同一组织只有一份会籍。", "请查看现有会籍的状态。"],
        en ["It is a member or has applied already.", "A unit joins an organisation once.", "See where it stands."];
    /// Answered meanwhile.
    GONE = "unit.gone", 409,
        zh ["这一条已经处理过。", "每条申请只处理一次。", "请刷新页面查看现在的状态。"],
        en ["This was dealt with already.", "Each is answered once.", "Load the page again to see where it stands."];
    /// New units are checked by staff.
    STAFF = "unit.staff", 403,
        zh ["新单位由社区站点或办公室审核。", "要核对统一社会信用代码后才能建立单位。", "请告知本社区站点，待办里已有这一条。"],
        en ["A new unit is taken in by the station or the office.", "Its credit code is checked before it is set up.", "Tell your station; it stands in its list of tasks."];
    /// A no needs a reason.
    REASON = "unit.reason", 422,
        zh ["请写明理由。", "对方会看到理由。", "请填写理由后再提交。"],
        en ["Say why.", "The other side reads it.", "Write a reason and send it again."];
    /// The credit code is needed.
    CODE = "unit.code", 422,
        zh ["请填写统一社会信用代码。", "新单位凭代码核对，没有代码的由站点当面录入。", "请填写营业执照或登记证书上的 18 位代码。"],
        en ["The unified social credit code is needed.", "New units are checked by it; those without one are entered by the station.", "Enter the 18 characters from its certificate."];
    /// The unit has not joined anything.
    NOT_MEMBER = "unit.not_member", 409,
        zh ["“{name}”还不是单位会员。", "单位入会后，才能以它的名义服务。", "请先由单位联系人申请入会。"],
        en ["“{name}” is no unit member.", "People serve in the name of units that joined.", "Its contact applies first."];
    /// Waits already.
    WAITS = "unit.waits", 409,
        zh ["您已有一条待单位确认。", "同一时间只能向一个单位提出。", "请等确认，或先撤回。"],
        en ["One of yours waits for a unit's answer.", "Only one is asked at a time.", "Wait for it, or take it back first."];
    /// Serves in its name already.
    SERVES = "unit.serves", 409,
        zh ["您已在以“{name}”的名义服务。", "同一时间只以一个单位的名义服务。", "不用再提出；想换单位请另选。"],
        en ["You serve in the name of “{name}” already.", "One serves in the name of one unit at a time.", "Nothing is left to do; choose another unit to change."];
    /// Registration is not active.
    NOT_ACTIVE = "unit.not_active", 409,
        zh ["志愿者登记不是正式状态。", "正式志愿者才能办理。", "请先完成登记或联系社区站点。"],
        en ["The registration is not active.", "Registered volunteers do this.", "Complete the registration, or ask the station."];
    /// No volunteer of this number.
    NO_CONTACT = "unit.no_contact", 422,
        zh ["没有编号为“{value}”的志愿者。", "联系人须是正式登记的志愿者。", "请核对编号，或先不填，以后在单位页面任命。"],
        en ["There is no volunteer numbered “{value}”.", "The contact is a registered volunteer.", "Check the number, or leave it out and appoint one later."];
}
