//! What rankings and figures refuse.

kernel::refusals! {
    /// The figure is not in the dictionary.
    NO_FIGURE = "figure.unknown", 404,
        zh ["没有“{code}”这项指标。", "统计口径字典里的指标才能查询。", "请在“统计口径”页查看全部指标。"],
        en ["There is no figure “{code}”.", "Only figures of the dictionary can be asked for.", "See the dictionary for all of them."];
    /// The span of a question is upside down or too long.
    SPAN = "figure.span", 422,
        zh ["时段“{from} 至 {to}”不对。", "开始不能晚于结束，最长三年。", "请改正日期后再查。"],
        en ["The span {from} to {to} is wrong.", "It must not end before it begins, and is at most three years.", "Correct the dates and ask again."];
}
