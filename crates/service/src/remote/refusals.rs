//! What this subject refuses, with the rule and the way out.

kernel::refusals! {
    /// It has a place.
    PLACE = "remote.place", 409,
        zh ["这个活动在现场进行。", "开始、结束和交付只用于线上或居家服务。", "请到现场扫码签到。"],
        en ["This activity has a place.", "Start, stop and deliveries are for service online or at home.", "Check in at the place."];
    /// No place in the session.
    NO_PLACE = "remote.no_place", 409,
        zh ["您没有报上这一场。", "先报名，再开始服务。", "请到活动页报名。"],
        en ["You have no place in this session.", "Sign up first, then begin.", "Sign up on the activity's page."];
    /// Not now.
    NOT_NOW = "remote.not_now", 409,
        zh ["现在不在服务时间内。", "开始和交付须在 {from} 到 {to} 之间，且还没有点名提交。", "请在时间内再来；有遗漏的请联系队长。"],
        en ["This is not the time.", "One begins and delivers between {from} and {to}, before the roll is handed in.", "Come back then, or ask the leader about what is missing."];
    /// Counted by pieces.
    BY_PIECES = "remote.by_pieces", 409,
        zh ["这个活动按件计时。", "每件折算 {minutes} 分钟，不用开始和结束。", "请填写交付的件数。"],
        en ["This activity counts pieces.", "Each counts {minutes} minutes; nobody starts or stops.", "Enter how many you delivered."];
    /// Counted by time.
    BY_TIME = "remote.by_time", 409,
        zh ["这个活动按起止时间计时。", "点开始和结束，每天最多计 2 小时。", "请点“开始”。"],
        en ["This activity counts time.", "Press start and stop; at most two hours a day count.", "Press “Start”."];
    /// Begun already.
    BEGUN = "remote.begun", 409,
        zh ["已经有人开始服务，计时方式不能再改。", "计时方式在开始之前确定。", "请另建一个活动。"],
        en ["Somebody has begun; how it counts stays.", "That is settled before the start.", "Plan another activity."];
    /// Nothing to review.
    NO_REVIEW = "remote.no_review", 409,
        zh ["这条记录不用核对成果。", "只有已确认的线上、居家服务记录，由另一个人核对一次。", "请查看记录的现状。"],
        en ["There is nothing to review here.", "Confirmed records of service online or at home are reviewed once, by another person.", "See how the record stands."];
}
