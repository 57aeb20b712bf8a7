//! What is refused about partners and alliances, with the rule and the way out.

kernel::refusals! {
    /// The name is there.
    TWICE = "alliance.twice", 409,
        zh ["“{name}”已经登记过。", "同名的只登记一次。", "请在列表里查找；确实是另一个的，把名称写得更清楚。"],
        en ["“{name}” is there already.", "A name is recorded once.", "Look for it in the list; if it is another one, make the name clearer."];
    /// It ends before it begins.
    DAYS = "alliance.days", 422,
        zh ["截止日期早于开始日期。", "截止日期不能早于开始日期。", "请改正其中一个日期。"],
        en ["The last day is before the first.", "Nothing ends before it begins.", "Correct one of the days."];
    /// It belongs already.
    MEMBER = "alliance.member", 409,
        zh ["{name}已经是成员。", "一个成员只列一次。", "要改职务的，先退出再加入。"],
        en ["{name} is a member already.", "A member stands there once.", "To change its duty, end the membership and add it again."];
    /// Which organisation?
    WHICH = "alliance.which", 422,
        zh ["请选择一支队伍、一个单位或一个合作单位。", "成员是本市的组织，或登记过的合作单位。", "请从列表里选一个；没有的合作单位先登记。"],
        en ["Choose a team, a unit or a partner.", "Members are organisations of the city, or recorded partners.", "Choose one of the list; record a partner first if it is missing."];
    /// It is over.
    OVER = "alliance.over", 409,
        zh ["“{name}”已经结束。", "结束以后不再增加。", "需要继续的，请先改截止日期。"],
        en ["“{name}” is over.", "Nothing is added once it is.", "Change its last day first if it goes on."];
    /// Too many.
    MANY = "alliance.many", 409,
        zh ["一个活动最多 {max} 个合作单位。", "列得太多，谁也看不清。", "请先移除一个。"],
        en ["An activity has at most {max} partners.", "Too long a list is not read.", "Take one away first."];
    /// Nothing is left to end.
    GONE = "alliance.gone", 409,
        zh ["这个成员已经退出。", "退出只登记一次。", "请刷新页面。"],
        en ["This membership has ended.", "It ends once.", "Reload the page."];
}
