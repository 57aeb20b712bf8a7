//! What this subject refuses, with the rule and the way out.

kernel::refusals! {
    /// Names of a list are for the unit alone (Add-06).
    UNIT_ONLY = "report_in.unit_only", 403,
        zh ["名单由单位自己管理。", "姓名只给本单位看，上级只看报到率和参与率。", "请由单位负责人办理；还没有负责人的，在组织页面任命。"],
        en ["A unit keeps its own list.", "Names are for the unit; those above see rates.", "Ask the unit's leader, or appoint one on the organisation's page."];
    /// Nothing on the list could be taken.
    NOTHING = "report_in.nothing", 422,
        zh ["没有可以列入的人。", "每行一人：姓名，手机号或志愿者编号，身份（可不填）。", "请按预览里的说明修改。"],
        en ["Nobody could be listed.", "One person a line: name, phone or volunteer number, identity if you like.", "Correct the lines as the preview says."];
    /// Too many lines at once.
    TOO_MANY = "report_in.too_many", 422,
        zh ["一次最多列入 {max} 人。", "名单分批列入，已列入的不会重复。", "请分几次提交。"],
        en ["At most {max} people at once.", "Lists may come in parts; nobody is listed twice.", "Send it in several parts."];
    /// An identity is needed.
    IDENTITY = "report_in.identity", 422,
        zh ["请选择您以什么身份报到。", "身份由本人选择，可以多选，只用于报到。", "请至少选一项，或选择不报到。"],
        en ["Choose as what you report in.", "You choose it yourself; it is used for this alone.", "Tick at least one, or decline."];
    /// A community is needed.
    COMMUNITY = "report_in.community", 422,
        zh ["请至少选择一个社区。", "可以向居住地社区、单位所属社区报到，最多两个。", "请勾选居住地社区，或选择单位所属社区。"],
        en ["Choose at least one community.", "That of your home, that of your unit, or both.", "Tick your home's, or choose the unit's."];
    /// The community does not exist or is closed.
    NO_COMMUNITY = "report_in.no_community", 422,
        zh ["这个社区不能报到。", "只能向开放的社区报到。", "请在列表里另选一个。"],
        en ["Nobody can report in there.", "Only open communities take part.", "Choose another one of the list."];
    /// Consent is needed.
    CONSENT = "report_in.consent", 422,
        zh ["请先同意告知。", "身份属于个人信息，没有本人同意不能登记。", "请勾选同意，或选择不报到。"],
        en ["The notice needs your consent.", "An identity is personal data and is not kept without it.", "Tick the box, or decline."];
    /// Answered meanwhile.
    ANSWERED = "report_in.answered", 409,
        zh ["这条报到已经处理过。", "本人和社区各确认一次。", "请刷新页面查看现在的状态。"],
        en ["This was answered already.", "The person and the community each say it once.", "Reload to see where it stands."];
    /// A no needs a reason.
    REASON = "report_in.reason", 422,
        zh ["不确认时请写明理由。", "本人会看到理由，并可另选社区。", "请填写理由。"],
        en ["Say why not.", "The person reads it and may choose another community.", "Write a reason."];
}
