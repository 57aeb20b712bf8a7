//! What this subject refuses, with the rule and the way out.

kernel::refusals! {
    /// No desk, or one that has ended.
    ENDED = "desk.ended", 404,
        zh ["这台设备现在不是签到台。", "签到台由负责人登录后启动，只管一个场次，结束后 1 小时自动停用。", "请负责人在点名页重新启动。"],
        en ["This device is no check-in desk now.", "A signed-in leader starts one for a single session; it ends an hour after it.", "Ask the leader to start it again from the roll."];
    /// Too late to start one.
    OVER = "desk.over", 409,
        zh ["本场已结束，不能再启动签到台。", "签到台从开始前 24 小时起可以启动，用到结束后 1 小时。", "请在点名页补录。"],
        en ["This session is over.", "A desk can be started from 24 hours before the start and runs until an hour after the end.", "Enter late arrivals on the roll."];
    /// Too many.
    MANY = "desk.many", 409,
        zh ["本场的签到台太多（{count} 台）。", "每场最多 {max} 台。", "请先停用不用的设备。"],
        en ["This session has {count} desks already.", "At most {max} for one session.", "End those that are not used."];
}
