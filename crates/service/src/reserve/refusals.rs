//! What is refused about kept places.

kernel::refusals! {
    /// The session has begun or stands no more.
    OVER = "reserve.over", 409,
        zh ["这一场已经开始或已取消，不能再预留名额。", "预留的名额最晚到开始时放开。", "人员增减请在点名页处理。"],
        en ["The session has begun or was cancelled: places can no longer be kept.", "Kept places open to all at the start at the latest.", "Add or take away people at the roll."];
    /// Fewer places are free.
    TOO_MANY = "reserve.too_many", 422,
        zh ["只有 {free} 个名额可以预留。", "预留的名额来自还没有人报、也没有留给别人的名额。", "请少留几个，或先增加招募人数。"],
        en ["Only {free} places can be kept.", "Places are kept out of those that nobody has taken and that are not kept for others.", "Keep fewer, or raise the number of places first."];
    /// Not a moment between now and the start.
    WHEN = "reserve.when", 422,
        zh ["预留期限须在现在之后、{start} 开始之前。", "到期没用完的名额放开给所有人。", "请改一个时间，一般留到开始前一天。"],
        en ["Places are kept until some time from now to the start at {start}.", "What is left then opens to all.", "Choose another time; a day before the start is usual."];
    /// Unknown team.
    UNKNOWN = "reserve.unknown", 422,
        zh ["没有这个组织。", "只能为本市开放中的队伍、社区、站点、单位或学校预留。", "请从列表里选择。"],
        en ["There is no such organisation.", "Places are kept for teams, communities, stations and units of the city.", "Choose one of the list."];
    /// Enough different ones.
    FULL = "reserve.full", 409,
        zh ["一场最多为 {max} 个对象预留名额。", "分得太细，名额容易空着。", "请先移除一个。"],
        en ["At most {max} are kept places for in a session.", "Cut too small, places stay empty.", "Take one away first."];
}
