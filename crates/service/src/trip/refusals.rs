//! What this subject refuses, with the rule and the way out.

kernel::refusals! {
    /// There is no trip.
    NONE = "trip.none", 404,
        zh ["这一场没有设集合地点。", "外出清点只用于先集合、再一起出发的场次。", "请先填写集合时间和地点。"],
        en ["This session has no meeting point.", "Heads are counted where people meet first and go together.", "Enter when and where people meet."];
    /// The session does not take place, or is long over.
    SHUT = "trip.shut", 409,
        zh ["这一场已取消或已提交，不能再改集合信息。", "集合信息在活动开始前填写。", "清点和“全部安全返回”仍可查看。"],
        en ["This session was cancelled or handed in; its meeting point stays.", "It is entered before the session.", "Counts can still be read."];
    /// Too far from the start.
    MEET_WRONG = "trip.meet_wrong", 422,
        zh ["集合时间 {meet} 离开始时间太远。", "集合须在开始前 12 小时之内。", "请改正集合时间。"],
        en ["{meet} is too long before the start.", "People meet within twelve hours before the start.", "Correct the time."];
    /// Not yet.
    EARLY = "trip.early", 409,
        zh ["还没到清点的时候。", "集合前 2 小时起可以清点。", "请在 {from} 以后再来。"],
        en ["It is too early to count heads.", "Counting opens two hours before people meet.", "Come back after {from}."];
    /// Closed by “all back”.
    BACK = "trip.back", 409,
        zh ["已确认全部安全返回，不再清点。", "确认之后清点就结束了。", "确认错了，请先撤销。"],
        en ["Everybody is known to be back; nothing is counted any more.", "That word ends the counting.", "Take it back first if it was a mistake."];
    /// Somebody who does not come along.
    NOT_THERE = "trip.not_there", 422,
        zh ["这个人没有报上这一场。", "分工只能给报上名的人。", "请从名单中选择。"],
        en ["This person has no place in the session.", "Duties go to those who signed up.", "Choose from the list."];
}
