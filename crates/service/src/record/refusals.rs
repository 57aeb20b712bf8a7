//! What this subject refuses, with the rule and the way out.

kernel::refusals! {
    /// One's own record.
    OWN = "record.own", 403,
        zh ["不能确认自己的记录。", "本人的时长必须由另一人确认。", "请同站点的其他工作人员或上级站点确认。"],
        en ["You cannot confirm your own record.", "A person's own hours need another person.", "Ask a colleague, or the unit above."];
    /// Not registered yet (Edge-01).
    UNREGISTERED = "record.unregistered", 409,
        zh ["{name} 还没有完成登记。", "现场加入的人要在 10 个工作日内补办登记，登记后时长才能计入。", "请先在站点补办登记再确认；逾期没有补办的，请退回。"],
        en ["{name} is not registered yet.", "Whoever came along has ten working days; the hours count from then on.", "Register them at the station first; return the hours when that was not done in time."];
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
    /// Entered after the end, and nothing said of it.
    FILL_WHY = "record.fill_why", 422,
        zh ["有人是结束后补录的，请写明原因和依据。", "没有现场签到的时长须有原因、有依据，并由另一个人确认。", "在提交按钮上方填写后再提交。"],
        en ["Somebody was entered after the end: give a reason and evidence.", "Hours without a check-in need a reason, evidence, and another person's word.", "Fill in both above the button and submit again."];
    /// A second person.
    FILL_SECOND = "record.fill_second", 403,
        zh ["补录要由另一个人批准。", "提交人和本人都不能批准；没有现场签到的时长须有第二个人。", "请同站点的其他工作人员或上级办理。"],
        en ["Somebody else has to approve what was filled in.", "Neither whoever asked nor whom it is about may; hours without a check-in need a second person.", "Ask a colleague, or the unit above."];
    /// Decided already.
    FILL_DECIDED = "record.fill_decided", 409,
        zh ["这条补录已经处理过了。", "一份申请只决定一次。", "请刷新看现在的状态；没批准的可以补充依据重新提交。"],
        en ["This request has been decided.", "A request is decided once.", "Load the page again; what was refused can be asked for anew with better evidence."];
    /// Nothing to count there.
    FILL_KIND = "record.fill_kind", 409,
        zh ["这一场不产生服务时长，不能补录。", "只有已举行的志愿服务活动能补录。", "请核对是不是选错了场次。"],
        en ["This session makes no service hours.", "Only sessions of volunteer service that took place can be filled in.", "See whether another session is meant."];
    /// The roll is open.
    FILL_ROLL = "record.fill_roll", 409,
        zh ["点名还没有提交，不用补录。", "点名提交前，直接在点名里标记到场。", "请到“点名”里处理。"],
        en ["The roll is not handed in yet.", "Until then the person is marked on the roll.", "Go to the roll."];
    /// Times outside the session.
    FILL_TIMES = "record.fill_times", 422,
        zh ["补录的时间要在本场之内（{from} 至 {to}），至少 {least} 分钟。", "时长只在场次时间内计算。", "请改正时间。"],
        en ["The times must lie within the session ({from} to {to}), {least} minutes at least.", "Only the time of the session counts.", "Correct the times."];
    /// Has a record.
    FILL_THERE = "record.fill_there", 409,
        zh ["这位志愿者在本场已有时长记录。", "一人一场只有一条记录。", "时长不对的，请站点退回或作废后更正。"],
        en ["This volunteer has a record in this session.", "There is one record for a person in a session.", "If it is wrong, the station returns or voids it."];
    /// Was elsewhere.
    FILL_ELSEWHERE = "record.fill_elsewhere", 409,
        zh ["这位志愿者在同一时间有别的服务记录。", "同一时间只能在一处服务。", "请核对时间，或先更正另一条记录。"],
        en ["This volunteer has another record at that time.", "Nobody serves in two places at once.", "Compare the times, or correct the other record first."];
    /// The counted heads are needed.
    NO_HEADS = "record.no_heads", 422,
        zh ["没有填清点人数。", "清点人数用来核对签到是否真实。", "请填写现场实到人数。"],
        en ["The head-count is missing.", "It is held against the check-ins.", "Enter how many people were really there."];
}
