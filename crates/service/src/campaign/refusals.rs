//! What is refused about campaigns, with the rule and the way out.

kernel::refusals! {
    /// The dates do not fit each other.
    PERIOD = "campaign.period", 422,
        zh ["起止日期不对（{from} 到 {to}）。", "结束不早于开始，前后不超过三年；可以跨年。", "请核对起止日期。"],
        en ["The period {from} to {to} is wrong.", "It ends on or after its first day and lasts at most three years; it may cross years.", "Check both dates."];
    /// Items are declared before the start.
    DECLARE_DATE = "campaign.declare_date", 422,
        zh ["申报截止日 {day} 不早于开始日。", "各队在行动开始之前申报，主办方才来得及统筹。", "请填开始日之前的日期。"],
        en ["{day} is not before the start.", "Teams declare before the campaign starts, so that the organiser can balance.", "Enter a day before the start."];
    /// A phase lies outside.
    PHASE_OUTSIDE = "campaign.phase_outside", 422,
        zh ["阶段“{name}”不在行动的起止日期之内。", "各阶段都在 {from} 到 {to} 之内；结束不早于开始。", "请改阶段的日期，或先改行动的起止日期。"],
        en ["The phase “{name}” lies outside the campaign.", "Phases lie within {from} and {to}, and end on or after their first day.", "Change the phase, or the campaign's period first."];
    /// Items lie outside a new period.
    ITEMS_OUTSIDE = "campaign.items_outside", 409,
        zh ["有 {count} 个申报项目的日期不在新的起止日期之内。", "申报的项目都在行动期间。", "请先退回这些项目，或换个日期。"],
        en ["{count} declared items lie outside the new period.", "Items lie within the campaign.", "Give them back first, or choose other dates."];
    /// Something is missing before it is announced.
    NOT_READY = "campaign.not_ready", 422,
        zh ["公布前还缺：{what}。", "公布的行动要写明依据、内容、至少一个阶段和一条工作线。", "请补齐后再公布。"],
        en ["Still missing: {what}.", "What is announced names its basis, its content, a phase and a line at least.", "Add it, then announce."];
    /// Its period is over.
    OVER = "campaign.over", 409,
        zh ["行动的结束日 {to} 已经过了。", "只能公布还没有结束的行动。", "请改起止日期。"],
        en ["The campaign ended on {to}.", "Only what has not ended is announced.", "Change its period."];
    /// Closed campaigns stay as they are.
    CLOSED = "campaign.closed", 409,
        zh ["这个行动已经结束，不能再改。", "总结之后，内容和项目都不再变更。", "需要再办请用“来年再办”。"],
        en ["This campaign is closed.", "After the report nothing of it changes.", "Use “Run again” for another one."];
    /// Not announced yet.
    NOT_ANNOUNCED = "campaign.not_announced", 409,
        zh ["这个行动还没有公布。", "公布之后才能申报、归入活动和结束。", "请先公布。"],
        en ["This campaign is not announced.", "Items, activities and the report come after that.", "Announce it first."];
    /// Announced already.
    ANNOUNCED = "campaign.announced", 409,
        zh ["这个行动已经公布，不能删除。", "公布过的行动要留存。", "不再办的请写明情况后结束。"],
        en ["This campaign was announced and stays.", "What was public is kept.", "If it does not go on, close it and say why."];
    /// Nothing is declared any more.
    DECLARE_OVER = "campaign.declare_over", 409,
        zh ["申报已于 {until} 截止。", "项目在行动开始之前申报，便于主办方统筹。", "已发布的活动仍可归入这个行动；特殊情况请联系主办方。"],
        en ["Declaring ended on {until}.", "Items are declared before the start, so that the organiser can balance.", "Published activities can still be counted for it; otherwise ask the organiser."];
    /// The day lies outside.
    DAY_OUTSIDE = "campaign.day_outside", 422,
        zh ["{day} 不在行动期间。", "项目的日期在 {from} 到 {to} 之内。", "请换个日期。"],
        en ["{day} lies outside the campaign.", "Items lie within {from} and {to}.", "Choose another day."];
    /// The campaign does not cover the team.
    NOT_COVERED = "campaign.not_covered", 409,
        zh ["“{name}”不在这个行动的范围内。", "行动只包括所列街道、社区的队伍；没有列的，是主办方下属的队伍。", "请联系主办方把所在社区加入范围。"],
        en ["“{name}” is not covered by this campaign.", "It covers teams of the streets and communities it names, or else all under the organiser.", "Ask the organiser to add the community."];
    /// Somebody was faster.
    DECIDED = "campaign.decided", 409,
        zh ["这个项目已经处理过，或队伍改过。", "每次申报决定一次。", "请刷新后再看。"],
        en ["This item was decided about, or changed.", "Each version is decided once.", "Reload and look again."];
    /// An activity was made of it.
    BOUND = "campaign.bound", 409,
        zh ["这个项目已经发起成活动。", "一个项目对应一个活动。", "请在活动里修改或取消。"],
        en ["An activity was made of this item.", "One item, one activity.", "Change or cancel the activity."];
    /// It is not accepted.
    NOT_ACCEPTED = "campaign.not_accepted", 409,
        zh ["这个项目还没有列入行动。", "主办方接受之后才能发起成活动。", "请等主办方决定，或按意见修改后重新提交。"],
        en ["This item is not accepted.", "An activity is made of it once the organiser has accepted it.", "Wait for the organiser, or change it as asked."];
    /// The activity is counted elsewhere.
    ELSEWHERE = "campaign.elsewhere", 409,
        zh ["这个活动已归入“{title}”。", "一个活动只计入一个行动，数字不重复。", "请先从那里移出。"],
        en ["This activity is counted for “{title}”.", "An activity counts for one campaign, so that nothing is counted twice.", "Take it out there first."];
    /// The activity was cancelled.
    CANCELLED = "campaign.cancelled", 409,
        zh ["这个活动已经取消。", "取消的活动不计入行动。", "请选别的活动。"],
        en ["This activity was cancelled.", "Cancelled activities are not counted.", "Choose another."];
    /// The line is another campaign's.
    LINE = "campaign.line", 422,
        zh ["没有这条工作线。", "工作线属于各自的行动。", "请从列表中选择。"],
        en ["There is no such line.", "Lines belong to their campaign.", "Choose one of the list."];
    /// Only streets and communities.
    AREA = "campaign.area", 422,
        zh ["这里不能作为行动的范围。", "范围由运行中的街道、社区组成。", "请从列表中选择。"],
        en ["This cannot be an area of a campaign.", "Areas are open streets and communities.", "Choose one of the list."];
    /// Too many of something.
    TOO_MANY = "campaign.too_many", 409,
        zh ["太多了：最多 {max} 个。", "阶段、成果、工作线和每队的申报都有上限，便于逐一跟进。", "请合并相近的内容。"],
        en ["Too many: at most {max}.", "Phases, deliverables, lines and items of a team are limited, so that each is looked after.", "Merge what is alike."];
    /// Something still waits.
    UNDECIDED = "campaign.undecided", 409,
        zh ["还有 {count} 个申报项目没有决定。", "结束之前，每个申报都要有答复。", "请先逐项接受或退回。"],
        en ["{count} declared items are not decided.", "Before a campaign is closed every item is answered.", "Accept them or give them back first."];
}
