//! What this subject refuses, with the rule and the way out.

kernel::refusals! {
    /// The rule cannot be read.
    RULE = "plan.rule", 422,
        zh ["这条重复规则读不懂。", "支持按天、周、月、年重复的 RFC 5545 规则，以及 RSCALE=CHINESE 的农历规则。", "请从上面的常用规则里选，或核对规则文字。"],
        en ["This rule cannot be read.", "Rules of RFC 5545 by day, week, month or year, and RSCALE=CHINESE for the lunar calendar.", "Choose one of the usual patterns, or check the text."];
    /// The rule names times of day.
    RULE_TIMES = "plan.rule_times", 422,
        zh ["重复规则里不能写钟点。", "一天一场，钟点填在“开始”“结束”里。", "请去掉规则里的小时、分钟。"],
        en ["A rule names no times of day.", "One session a day; the time stands in “start” and “end”.", "Take hours and minutes out of the rule."];
    /// Nothing is chosen.
    RULE_EMPTY = "plan.rule_empty", 422,
        zh ["还没有选哪些日子。", "重复规则至少要有一个星期几、日期或节日。", "请勾选后再预览。"],
        en ["No day is chosen.", "A rule needs at least one weekday, date or festival.", "Tick some, then look again."];
    /// The range is wrong.
    RANGE = "plan.range", 422,
        zh ["起止日期不对（{from} 到 {to}）。", "从今天以后开始，到不晚于一年之内结束。", "请核对起止日期。"],
        en ["The range {from} to {to} is wrong.", "It begins after today and ends within a year.", "Check both dates."];
    /// Too many at once.
    TOO_MANY = "plan.too_many", 422,
        zh ["一次会建 {count} 场，太多了。", "一次最多建 60 场，便于逐一核对。", "请缩短截止日期，以后可以再续。"],
        en ["This would make {count} sessions at once.", "At most 60 at once, so that somebody can look at each.", "Choose an earlier end; the series can be extended later."];
    /// Nothing is left.
    NOTHING = "plan.nothing", 422,
        zh ["没有可以新建的日期。", "已过的、已有的、放假略过的和没勾选的日期不会建。", "请换个规则或起止日期。"],
        en ["There is no date to make a session on.", "What is past, there already, a day off left out, or not ticked is not made.", "Choose another rule or range."];
    /// The series has ended.
    ENDED = "plan.ended", 409,
        zh ["这个系列已经结束，不能再续。", "“取消以后各场”会结束整个系列。", "请新建一个重复规则。"],
        en ["This series has ended and is not extended.", "Cancelling all following sessions ends a series.", "Make a new one."];
    /// Too many lines.
    TOO_MANY_LINES = "plan.too_many_lines", 409,
        zh ["这份计划的事项太多了。", "一份年度计划最多 200 项。", "请合并相近的事项。"],
        en ["This plan has too many lines.", "A plan holds at most 200 lines.", "Merge similar lines."];
    /// The activity is another team's.
    OTHER_TEAM = "plan.other_team", 409,
        zh ["这个活动是别的队伍的。", "计划只统计本队自己的活动。", "请选本队的活动。"],
        en ["This activity is another team's.", "A plan counts its own team's activities.", "Choose one of this team."];
    /// Nothing to approve.
    EMPTY = "plan.empty", 409,
        zh ["计划还是空的，不能提交。", "提交的计划至少有一项。", "请先写上每个月做什么。"],
        en ["The plan is empty.", "A plan that is handed in has at least one line.", "Write down what each month brings first."];
    /// It stands elsewhere.
    STEP = "plan.step", 409,
        zh ["计划现在是“{state}”，不能这样办。", "写好后提交，由上级通过或退回；通过前可以撤回。", "请刷新后再看。"],
        en ["The plan is “{state}” now.", "It is written, handed in, then approved or returned; until then it can be taken back.", "Reload and look again."];
    /// A later month of the year.
    LATER = "plan.later", 422,
        zh ["只能推迟到 {month} 月之后、年内的月份。", "跨年的事项写进下一年的计划。", "请选一个更晚的月份，或改为取消。"],
        en ["It moves to a later month of the year only, after month {month}.", "What goes into next year stands in next year's plan.", "Choose a later month, or drop it."];
    /// What became of it.
    OUTCOME = "plan.outcome", 422,
        zh ["请选择这一项怎么样了。", "每一项是完成、推迟或取消之一。", "请从列表里选一条。"],
        en ["Choose what became of it.", "A line is done, moved or dropped.", "Choose one of the list."];
}
