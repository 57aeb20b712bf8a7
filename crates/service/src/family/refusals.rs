//! What this subject refuses, with the rule and the way out.

kernel::refusals! {
    /// No child was chosen.
    NOBODY = "family.nobody", 422,
        zh ["没有选择孩子，或一次选得太多。", "和孩子一起报名要选 1 到 10 个孩子。", "请勾选孩子；只报自己请点“报名”。"],
        en ["No child was chosen, or too many.", "One to ten children at once.", "Tick the children, or sign up by yourself."];
    /// Not one's own, or without consent.
    NOT_YOURS = "family.not_yours", 403,
        zh ["不能替这个孩子报名。", "只有登记过的监护人，在同意孩子参加之后，才能替孩子报名。", "请到“我的孩子”里答复同意，或到站点登记监护关系。"],
        en ["You cannot sign this child up.", "Only a registered guardian who consents may.", "Give your consent under “My children”, or have it noted at your station."];
    /// One of them cannot.
    WARD = "family.ward", 409,
        zh ["{name}报不上：{sentence}全家都没有报名。", "一起报名的，要么都报上，要么都不报。{rule}", "{way}也可以不勾选{name}再报。"],
        en ["{name} cannot sign up: {sentence} Nobody of the family was.", "A family signs up together or not at all. {rule}", "{way} Or leave {name} out."];
}
