//! What is refused when an area stops.

kernel::refusals! {
    /// The hours are in the wrong order, over, or too many.
    SPAN = "halt.span", 422,
        zh ["时间段不对。", "结束要晚于开始和现在，最长 {days} 天。", "请改正起止时间。"],
        en ["These hours cannot be.", "The end lies after the start and after now, at most {days} days later.", "Correct start and end."];
    /// The area does not exist or is out of reach.
    AREA = "halt.area", 422,
        zh ["不能处理这个区域。", "只能处理您管理的市、街道和社区。", "请在列表里另选一个。"],
        en ["You cannot stop this area.", "A city, street or community you look after.", "Choose another one."];
    /// Nothing was chosen.
    NONE = "halt.none", 422,
        zh ["没有选中任何场次。", "至少选中一场；已开始的场次由队长在现场处理。", "请重新查看并勾选。"],
        en ["No session was chosen.", "Choose at least one; what has begun is its leader's to end.", "Look again and choose."];
    /// What was looked at is no longer so.
    CHANGED = "halt.changed", 409,
        zh ["选中的场次有的已经变动。", "全部都能处理时才处理，免得有人收到两种通知。", "请重新查看后再确认。"],
        en ["Some of the chosen sessions changed meanwhile.", "All are stopped or none, so that nobody is told two things.", "Look again and confirm."];
}
