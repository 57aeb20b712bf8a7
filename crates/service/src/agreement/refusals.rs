//! What this subject refuses, with the rule and the way out.

kernel::refusals! {
    /// The caller holds no place.
    NO_PLACE = "agreement.no_place", 409,
        zh ["您没有报名这个活动，不用签协议。", "协议由报上名的志愿者和组织方签订。", "请先报名。"],
        en ["You hold no place in this activity; there is nothing to sign.", "The agreement is between those who hold a place and the body.", "Sign up first."];
    /// Nobody asks for one.
    NOT_NEEDED = "agreement.not_needed", 409,
        zh ["这个活动不要求签协议。", "有危险、超过一个月、大型、在外地的活动，或任何一方要求时才签。", "您想签的，请点“我要签协议”。"],
        en ["No agreement is asked for here.", "It is for hazards, more than a month, large events, service elsewhere, or where somebody asks.", "If you would like one, press “I want an agreement”."];
    /// The text is another now.
    CHANGED = "agreement.changed", 409,
        zh ["协议内容刚刚有变，您看到的不是现在的文本。", "签署的必须是您看过的文本。", "请再看一遍，然后签署。"],
        en ["The text has changed since you saw it.", "One signs what one has read.", "Read it again and sign."];
    /// Signed already.
    SIGNED = "agreement.signed", 409,
        zh ["这份协议已经签过了。", "一个活动签一份，活动期间一直有效。", "在“我的协议”里可以查看和打印。"],
        en ["This agreement is signed.", "There is one for each activity, as long as it lasts.", "See and print it among your agreements."];
    /// A minor cannot sign.
    MINOR = "agreement.minor", 409,
        zh ["未满 18 周岁，协议由监护人签。", "未成年人参加志愿服务须经监护人同意。", "请监护人在“我的孩子”里打开您的页面签署。"],
        en ["Under eighteen the guardian signs.", "Minors serve with their guardian's consent.", "Ask your guardian to open your page under “My children” and sign."];
    /// Not under eighteen.
    ADULT = "agreement.adult", 409,
        zh ["志愿者已年满 18 周岁，由本人签。", "监护人只替未成年人签。", "请本人在活动页签署。"],
        en ["The volunteer is of age and signs alone.", "Guardians sign for minors.", "The volunteer signs on the page of the activity."];
    /// Nothing waits for the body.
    NOTHING = "agreement.nothing", 409,
        zh ["没有等您签署的协议。", "志愿者先签，组织方再签；也可以由组织方预先签署。自己签过的协议由别人代表组织方签。", "请提醒还没签的志愿者；您自己的请副队长或站点签。"],
        en ["No agreement waits for you.", "Volunteers sign first, then the body; or the body signs in advance. Nobody signs for both sides.", "Remind those who have not signed; a deputy or the station signs yours."];
    /// A text without what it must hold.
    INCOMPLETE = "agreement.incomplete", 422,
        zh ["协议文本缺少：{parts}", "协议要写明内容、方式、时间、地点、工作条件和安全保障（志愿服务条例第十四条）。", "请在文本里加上这些占位。"],
        en ["The text lacks: {parts}", "An agreement states content, manner, time, place, conditions and safety (Regulation on volunteer service, Art. 14).", "Add these places to the text."];
}
