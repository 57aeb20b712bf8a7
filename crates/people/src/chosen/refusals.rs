//! What this subject refuses, with the rule and the way out.

kernel::refusals! {
    /// Nothing was ticked.
    NOBODY = "chosen.nobody", 422,
        zh ["还没有选。", "只对勾选的行办理。", "请回到列表，勾选后再来。"],
        en ["Nothing is chosen.", "It is done to the lines that are ticked.", "Go back to the list and tick some."];
    /// Too many at once.
    TOO_MANY = "chosen.too_many", 422,
        zh ["一次最多选 {max} 个，现在选了 {count} 个。", "分批办理，便于核对。", "请少选一些，分几次办。"],
        en ["At most {max} at a time; {count} are chosen.", "In batches, so that they can be looked through.", "Choose fewer, several times."];
    /// Some may not be seen, or are gone.
    OUTSIDE = "chosen.outside", 409,
        zh ["有 {count} 个不在您的管理范围内，或已不存在。", "只能对管理范围内的办理。", "请回到列表重新选择。"],
        en ["{count} are not in your part of the city, or are gone.", "You can do this within your own part only.", "Go back to the list and choose again."];
    /// Nobody reads messages there.
    UNREACHABLE = "chosen.unreachable", 409,
        zh ["{name}：状态是“{state}”，不能收消息。", "消息只发给在册、没有异议的志愿者。", "请取消勾选，或先处理状态。"],
        en ["{name}: the state is “{state}”, no message can be read.", "Messages go to registered volunteers without an open objection.", "Leave them out, or settle their state first."];
    /// One of several was refused by the command itself.
    ONE = "chosen.one", 409,
        zh ["{name}：{sentence}", "要么全部办理，要么一个也不办。", "请取消勾选这一行后再试。"],
        en ["{name}: {sentence}", "It is done to all of them or to none.", "Leave this line out and try again."];
}
