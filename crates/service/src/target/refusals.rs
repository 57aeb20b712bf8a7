//! What this subject refuses, with the rule and the way out.

kernel::refusals! {
    /// The measure does not exist for that kind.
    NO_MEASURE = "target.no_measure", 422,
        zh ["“{kind}”没有“{measure}”这项统计。", "每类组织能统计的内容不同。", "请换一项统计内容或一类组织。"],
        en ["There are no {measure} of a {kind}.", "What can be counted depends on the kind of organisation.", "Choose another measure or another kind."];
    /// The measure does not fit the period.
    NO_PERIOD = "target.no_period", 422,
        zh ["“{measure}”不能按“{period}”统计。", "负责人、人员、队伍、站点看现状；场次和记录按月、季、年统计。", "请换一个周期。"],
        en ["{measure} cannot be counted {period}.", "Leaders, people, teams and stations as things stand; sessions and records by month, quarter or year.", "Choose another period."];
    /// The organisation is out of reach.
    HOST = "target.host", 422,
        zh ["不能给这个组织设定指标。", "只能给您管理范围内的组织设定。", "请在列表里另选一个。"],
        en ["No target can be set there.", "Targets are set for what you look after.", "Choose another organisation."];
    /// It has ended already.
    ENDED = "target.ended", 409,
        zh ["这项指标已经停用。", "停用后不再统计。", "需要时请重新设定。"],
        en ["This target has ended.", "It is counted no more.", "Set it anew if you need it."];
    /// The ready set is there already.
    SET_THERE = "target.set_there", 409,
        zh ["“四有”检查已经启用。", "同一范围只启用一次。", "在列表里查看各项。"],
        en ["The four checks are in use already.", "Once for each organisation.", "See them in the list."];
}
