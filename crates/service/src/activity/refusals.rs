//! What this subject refuses, with the rule and the way out.

kernel::refusals! {
    /// No session yet.
    NO_SESSION = "activity.no_session", 422,
        zh ["还没有填写活动的时间。", "招募信息必须写明时间（志愿服务条例第十二条）。", "请填写至少一个日期。"],
        en ["There is no date yet.", "A recruiting notice names the time (Regulation on volunteer service, Art. 12).", "Enter at least one date."];
    /// A session has begun or is over.
    SESSION_PAST = "activity.session_past", 422,
        zh ["场次 {when} 已经过了。", "只能发布尚未开始的场次。", "请改掉或删去这个日期。"],
        en ["The session of {when} is in the past.", "Only sessions that have not begun can be published.", "Change or remove this date."];
    /// Too long, or ends before it starts.
    SESSION_LENGTH = "activity.session_length", 422,
        zh ["场次 {when} 的时长不对。", "每场最短 15 分钟，最长 24 小时；跨天的活动请分场次填写。", "请核对开始和结束时间。"],
        en ["The session of {when} has a wrong length.", "A session lasts 15 minutes to 24 hours; longer activities have several sessions.", "Check start and end."];
    /// Too many sessions, or too long a span.
    TOO_MANY = "activity.too_many_sessions", 422,
        zh ["场次太多或时间跨度太长（{count} 场）。", "一个活动最多 366 场，前后不超过一年。", "请分成几个活动。"],
        en ["Too many sessions or too long a span ({count}).", "An activity has at most 366 sessions within a year.", "Split it into several activities."];
    /// Posts ask for more people than there are places.
    POSTS_TOO_MANY = "activity.posts_too_many", 422,
        zh ["岗位人数合计 {posts} 人，超过名额 {quota} 人。", "岗位人数之和不能超过每场名额。", "请增加名额，或减少岗位人数。"],
        en ["The posts ask for {posts} people, the session has {quota} places.", "Posts together take at most the session's places.", "Raise the places or lower the posts."];
    /// The declaration is missing.
    DECLARE = "activity.declare", 422,
        zh ["还没有声明本活动不属于七类不得记录的情形。", "不属于志愿服务的活动不得记录时长（志愿服务记录与证明出具办法第十九条）。", "请逐条核对后勾选；属于其中任何一条的，请改选活动性质。"],
        en ["The declaration about the seven exclusions is missing.", "What is not volunteer service must not be recorded (Order 67, Art. 19).", "Check each line, then tick; if one applies, choose another kind of activity."];
    /// The title hints at something that is not volunteer service.
    WORD_HINT = "activity.word_hint", 422,
        zh ["标题或内容里有“{words}”，这类活动常常不属于志愿服务。", "会议、讲座、值班、团建、聚餐、参观、补录等通常不得记录时长。", "确实是志愿服务的，请勾选确认；不是的，请改选活动性质。"],
        en ["Title or content says “{words}”, which often is not volunteer service.", "Meetings, lectures, duty, team building, meals, visits and back-filling usually must not be recorded.", "Tick to confirm that it is service, or choose another kind of activity."];
    /// The activity was cancelled.
    CANCELLED = "activity.cancelled", 409,
        zh ["活动已取消，不能再改。", "取消后的活动只供查阅。", "可以复制成新活动。"],
        en ["The activity was cancelled and cannot be changed.", "Cancelled activities are kept for reading.", "Copy it as a new one."];
    /// Somebody has checked in.
    ATTENDED = "activity.attended", 409,
        zh ["这一场已有人签到，不能取消。", "已经提供的服务要如实记录。", "请提前结束点名，按实际情况登记。"],
        en ["Somebody has checked in; the session cannot be cancelled.", "Service that was given is recorded as it was.", "Close the roll early instead."];
    /// It is over.
    OVER = "activity.over", 409,
        zh ["这一场已经结束，不能取消。", "结束前都可以取消；结束后应登记到场情况。", "请到“点名”里关闭点名，没有人到场也可以如实登记。"],
        en ["The session is over and cannot be cancelled.", "It can be cancelled until its end; after that the roll is closed.", "Close the roll; it may say that nobody came."];
    /// More places are taken.
    QUOTA_TAKEN = "activity.quota_taken", 409,
        zh ["不能把名额改为 {quota}：已有 {taken} 人报名。", "名额不能少于已报名的人数。", "请先与报名的人联系，或填不少于 {taken} 的数。"],
        en ["The places cannot be {quota}: {taken} people have signed up.", "There are never fewer places than people.", "Speak with them first, or enter at least {taken}."];
    /// The kind is fixed.
    KIND_FIXED = "activity.kind_fixed", 409,
        zh ["已有人签到，不能再改活动性质。", "活动性质决定能否记录时长，签到后不再变更。", "请另建一个活动。"],
        en ["Somebody has checked in; the kind is fixed.", "The kind decides whether minutes count and does not change after a check-in.", "Make another activity."];
    /// Nothing but an open session of a published activity is changed this way.
    NOT_OPEN = "activity.not_open", 409,
        zh ["这一场现在不能改。", "只有已发布、未结束点名的场次可以在这里改；草稿请在活动里改。", "草稿请打开“修改”；已取消或已点名的场次，请另加一场。"],
        en ["This session cannot be changed now.", "Only sessions that are published and whose roll is not closed change here; a draft changes as a whole.", "Edit the draft; or add another session."];
    /// Check-in has begun.
    BEGUN = "activity.begun", 409,
        zh ["签到已经开始，时间不能再改。", "开始之后，时间是计算服务时长的依据。", "名额、岗位和地点仍可修改；提前结束请直接关闭点名。"],
        en ["Check-in has begun; the times stay.", "From then on the times are what minutes are counted by.", "Places, posts and the place can still be changed; to end early, close the roll."];
    /// A post holds more people.
    POST_TAKEN = "activity.post_taken", 409,
        zh ["岗位“{post}”已有 {taken} 人报名，不能改为 {quota} 人。", "岗位人数不能少于已报名的人数；有人的岗位不能删除。", "请填不少于 {taken} 的数，或先请他们换岗位。"],
        en ["The post “{post}” holds {taken} people and cannot be {quota}.", "A post never has fewer places than people, and one with people stays.", "Enter at least {taken}, or ask them to change first."];
    /// Too many templates.
    TOO_MANY_TEMPLATES = "activity.too_many_templates", 409,
        zh ["这支队伍的模板太多了。", "一支队伍最多 50 个模板。", "请先删除用不到的模板，或用已有的名称替换。"],
        en ["This team has too many templates.", "A team keeps at most 50.", "Remove one, or replace one by its name."];
}
