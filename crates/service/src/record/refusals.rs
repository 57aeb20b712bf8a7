//! What this subject refuses, with the rule and the way out.

kernel::refusals! {
    /// One's own record.
    OWN = "record.own", 403,
        zh ["不能确认自己的记录。", "本人的时长必须由另一人确认。", "请同站点的其他工作人员或上级站点确认。"],
        en ["You cannot confirm your own record.", "A person's own hours need another person.", "Ask a colleague, or the unit above."];
    /// Somebody was first.
    DECIDED = "record.decided", 409,
        zh ["已由{who}于 {at} {what}。", "两人同时处理时，先提交的有效。", "请刷新页面查看现状；有异议可作废后重新提交。"],
        en ["{who} already decided this at {at}: {what}.", "Of two who decide at once, the first stands.", "Reload to see how it stands; a wrong one can be voided and submitted anew."];
    /// More than eight hours a day.
    OVER_8H = "record.over_8h", 403,
        zh ["{name}当日时长超过 8 小时（{hours}）。", "一人一天超过 8 小时须由主办单位的上级确认。", "请转上级站点或市级办公室确认。"],
        en ["{name} has more than 8 hours on that day ({hours}).", "More than 8 hours a day need the organiser's parent unit.", "Let the unit above or the city office confirm it."];
    /// More than twelve hours.
    OVER_12H = "record.over_12h", 403,
        zh ["{name}当日或连续时长超过 12 小时（{hours}）。", "超过 12 小时须由市级办公室确认。", "请转市级办公室确认，或退回更正时间。"],
        en ["{name} has more than 12 hours in a day or in one stay ({hours}).", "More than 12 hours need the city office.", "Let the city office confirm it, or return it for correction."];
    /// Nothing chosen.
    NOTHING = "record.nothing", 422,
        zh ["没有可处理的记录。", "只有待确认的记录可以确认或退回。", "请先勾选记录。"],
        en ["There is no record to decide.", "Only records that wait can be confirmed or returned.", "Tick some records first."];
    /// Not to be voided.
    NOT_CONFIRMED = "record.not_confirmed", 409,
        zh ["这条记录不能作废（{state}）。", "只有已确认的记录需要作废；待确认的请退回。", "请在待确认列表中退回。"],
        en ["This record cannot be voided ({state}).", "Only confirmed records are voided; waiting ones are returned.", "Return it from the list of waiting records."];
    /// Cannot close yet.
    NOT_STARTED = "record.not_started", 409,
        zh ["本场还没开始，不能结束点名。", "点名在开始后才能结束。", "请在 {from} 之后再来；活动取消请用“取消场次”。"],
        en ["This session has not started.", "The roll is closed after the start.", "Come back after {from}; if it will not take place, cancel it."];
    /// The session is in another state.
    WRONG_STATE = "record.wrong_state", 409,
        zh ["现在不能这样做（本场状态：{state}）。", "顺序是：结束点名、核对、提交、确认。", "请刷新页面查看下一步。"],
        en ["This cannot be done now (the session is: {state}).", "The order is: close the roll, check, submit, confirm.", "Reload to see the next step."];
    /// Later than anybody but the city office may enter.
    TOO_LATE = "record.too_late", 403,
        zh ["结束已超过 30 天且没有现场签到记录，不能补录。", "无现场签到的补录限 30 天内；更晚的须由市级办公室办理并说明原因。", "请联系市级办公室。"],
        en ["It ended more than 30 days ago and there are no check-ins from that day.", "Such entries are taken for 30 days; later ones only by the city office, with a reason.", "Ask the city office."];
    /// The counted heads are needed.
    NO_HEADS = "record.no_heads", 422,
        zh ["没有填清点人数。", "清点人数用来核对签到是否真实。", "请填写现场实到人数。"],
        en ["The head-count is missing.", "It is held against the check-ins.", "Enter how many people were really there."];
}
