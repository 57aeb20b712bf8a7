//! What this subject refuses, with the rule and the way out.

kernel::refusals! {
    /// The typed number is not the one on the screen.
    CODE_WRONG = "attendance.code_wrong", 422,
        zh ["签到码不对。", "数字码每 30 秒更换一次，只有当前和上一个有效。", "请看着屏幕重新输入，或扫描二维码；也可请队长点名。"],
        en ["This is not the code.", "The number changes every 30 seconds; the present and the previous one are good.", "Read it from the screen again, scan the picture, or ask the leader to mark you."];
    /// The scanned link is too old.
    CODE_OLD = "attendance.code_old", 409,
        zh ["二维码已过期。", "二维码每 30 秒更换一次，转发的旧码无效。", "请在现场重新扫描屏幕上的二维码。"],
        en ["This code has expired.", "It changes every 30 seconds; one that was passed on is of no use.", "Scan the code on the screen at the place again."];
    /// Too many wrong numbers.
    TOO_MANY = "attendance.too_many", 429,
        zh ["输错次数太多，请 {seconds} 秒后再试。", "为防止猜码，每人每场的尝试次数有限。", "请直接扫描二维码，或请队长点名。"],
        en ["Too many wrong numbers; wait {seconds} s.", "Tries per person and session are limited, so that nobody guesses.", "Scan the picture instead, or ask the leader to mark you."];
    /// Too early.
    EARLY = "attendance.early", 409,
        zh ["还没到签到时间。", "开始前 30 分钟起可以签到（{from} 起）。", "请到时再扫。"],
        en ["It is too early to check in.", "Check-in opens 30 minutes before the start ({from}).", "Scan again then."];
    /// The session has ended; no check-in any more.
    ENDED = "attendance.ended", 409,
        zh ["本场已于 {at} 结束，不能再签到。", "结束后只能签退；到场未签到的由队长补录。", "请联系队长补录。"],
        en ["This session ended at {at}.", "After the end one can only check out; the leader enters who was there.", "Ask the leader to enter you."];
    /// Long over.
    OVER = "attendance.over", 409,
        zh ["签到签退时间已过（{at} 截止）。", "结束后 60 分钟内可以签退，没有签退的按计划结束时间计算。", "时间不对请联系队长更正。"],
        en ["Check-in and check-out closed at {at}.", "One can check out until 60 minutes after the end; else the planned end counts.", "If that is wrong, ask the leader to correct it."];
    /// The session does not take check-ins.
    NOT_OPEN = "attendance.not_open", 409,
        zh ["本场现在不能签到（{state}）。", "只有已发布且未点名结束的场次可以签到。", "请联系队长。"],
        en ["This session takes no check-in now ({state}).", "It must be published and its roll not closed.", "Ask the leader."];
    /// A hazard, and nothing that covers the session.
    UNINSURED = "attendance.uninsured", 409,
        zh ["“{title}”有危险，还没有登记保险，现在不能签到。", "可能危及人身安全的活动，开始前须有保险（志愿服务条例第十七条）。", "请队长在活动的“保险”页登记或选用保单，之后马上可以签到。"],
        en ["“{title}” bears a hazard and no insurance is recorded: nobody can check in.", "Who may come to harm is insured before it begins (Regulation on volunteer service, Art. 17).", "The leader records or chooses a policy on the insurance page of the activity; check-in then opens at once."];
    /// An agreement is needed and whoever serves has not signed.
    AGREEMENT = "attendance.agreement", 409,
        zh ["“{title}”要先签服务协议，{name}还没有签，现在不能签到。", "有危险、超过一个月、大型或外地的活动，或任何一方要求时，签到前双方要签协议。", "请打开活动页的“服务协议”签署，未成年人由监护人签；签好马上可以签到。"],
        en ["“{title}” needs an agreement that is not signed yet: {name} cannot check in.", "For hazards, more than a month, large events or service elsewhere, or where somebody asks, both sign before check-in.", "Open “Agreement” on the page of the activity and sign, for a minor the guardian does; check-in then opens at once."];
    /// The body has not signed.
    AGREEMENT_WAITS = "attendance.agreement_waits", 409,
        zh ["“{title}”的服务协议志愿者{name}已签，等组织方签署。", "双方签好才能签到。", "请队长在点名页的“服务协议”里签署，之后马上可以签到。"],
        en ["The agreement for “{title}” waits for the body; the volunteer {name} has signed.", "Both sign before check-in.", "The leader signs under “Agreements” on the roll; check-in then opens at once."];
    /// Enough pairs.
    PAIRS = "attendance.pairs", 409,
        zh ["本场签到签退已达 3 次。", "每人每场最多 3 次进出。", "时间不对请联系队长更正。"],
        en ["You have checked in and out three times.", "At most three in/out pairs per person and session.", "If a time is wrong, ask the leader to correct it."];
    /// What the activity asks for cannot be shown any more.
    UNQUALIFIED = "attendance.unqualified", 409,
        zh ["没有在活动当天有效的资格或培训：{missing}。", "这个活动要求资格或培训；到期或撤销后不能自己签到，成批点名时也不标记。", "请队长核对后在点名页逐个标记到场并写明原因（记入日志），或另行安排。"],
        en ["No qualification or training that counts today: {missing}.", "This activity asks for it; who cannot show it does not check in alone and is passed over when several are marked.", "The leader may look into it and mark the person as present with a reason, which is logged, or arrange otherwise."];
    /// Walk-ins are not allowed.
    NO_WALK_IN = "attendance.no_walk_in", 409,
        zh ["您没有报名本场，本场也不接受现场加入。", "现场加入由队长开关决定。", "请联系队长把您加入名单，或看看其他活动。"],
        en ["You did not sign up, and this session takes no walk-ins.", "The leader decides whether people may join at the place.", "Ask the leader to add you, or look for another activity."];
    /// Nobody with that card.
    CARD_UNKNOWN = "attendance.card_unknown", 422,
        zh ["不是有效的会员卡。", "会员卡上的二维码由本系统签发，补卡后旧卡作废。", "请核对志愿者编号后用编号加入。"],
        en ["This is no valid member card.", "Cards are issued by this system; a replaced card is void.", "Check the volunteer number and add by number."];
    /// A card whose number counts no more.
    CARD_ENDED = "attendance.card_ended", 409,
        zh ["这张会员卡已挂失或更换，不能再用。", "挂失、换卡后旧码立即失效，找回的旧卡也不能用。", "请本人出示手机上的会员卡或新卡；都没有的，用志愿者编号加入，活动后到社区站点或找队长补卡。"],
        en ["This member card was reported lost or replaced.", "Its code is dead from that moment on, also when it is found again.", "Have the card on the phone or the new one shown; without either add by volunteer number, and have another card printed afterwards."];
    /// Nobody with that number or phone.
    PERSON_UNKNOWN = "attendance.person_unknown", 422,
        zh ["没有找到这位志愿者。", "按志愿者编号查找；没有注册的可登记姓名和手机。", "请核对编号，或填写姓名和手机现场登记。"],
        en ["No such volunteer.", "People are found by volunteer number; others can be noted by name and phone.", "Check the number, or enter name and phone."];
    /// The roll is not open any more.
    ROLL_CLOSED = "attendance.roll_closed", 409,
        zh ["本场记录已提交，点名不能再改。", "提交后更正须由确认人退回或作废。", "请联系站点退回有误的记录。"],
        en ["The records of this session are submitted; the roll is fixed.", "Later corrections need the station to return or void a record.", "Ask the station to return the wrong record."];
    /// Somebody with check-ins cannot be absent.
    WAS_HERE = "attendance.was_here", 409,
        zh ["{name}已有签到，不能标为缺席。", "签到记录与缺席矛盾。", "签错了请先撤销签到。"],
        en ["{name} has checked in and cannot be absent.", "The two contradict each other.", "Undo the check-in first if it was a mistake."];
    /// Nothing to undo.
    NOTHING_TO_UNDO = "attendance.nothing_to_undo", 409,
        zh ["没有可撤销的操作。", "只能撤销本场最后一次签到或签退。", "请刷新名单查看现状。"],
        en ["There is nothing to undo.", "Only the last check-in or check-out of this session can be undone.", "Reload the roll to see how it stands."];
    /// A time that cannot be.
    TIME_WRONG = "attendance.time_wrong", 422,
        zh ["时间 {from}–{to} 不合理。", "须在本场开始前 30 分钟到结束后 60 分钟之间，先进后出，且不晚于现在。", "请改正时间。"],
        en ["The time {from}–{to} cannot be right.", "It must lie between 30 minutes before and 60 minutes after the session, in before out, and not in the future.", "Correct the times."];
    /// A receipt that expired or never was.
    NO_RECEIPT = "attendance.no_receipt", 409,
        zh ["没有待完成的签到，或已超过 10 分钟。", "登录前扫的码保留 10 分钟。", "请在现场重新扫码。"],
        en ["There is no check-in to finish, or it is older than ten minutes.", "A scan before signing in is kept for ten minutes.", "Scan the code at the place again."];
    /// Nobody chosen.
    SESSION_UNKNOWN = "attendance.session_unknown", 422,
        zh ["没有找到这个场次。", "场次号是签到屏幕上的六位数字；只查找正在签到的场次。", "请核对场次号，或扫描二维码。"],
        en ["No such session.", "The session number stands on the check-in screen, six digits; only sessions that take check-ins are found.", "Check the number, or scan the picture."];
}
