//! What this subject refuses, with the rule and the way out.

kernel::refusals! {
    /// Nobody was ticked.
    NOBODY = "card.nobody", 422,
        zh ["没有勾选。", "打印要勾选人，发放要勾选待发放的卡。", "请返回列表勾选后再办理。"],
        en ["Nothing was ticked.", "Tick people to print for, or cards to hand out.", "Go back to the list and tick them."];
    /// Too many at once.
    TOO_MANY = "card.too_many", 422,
        zh ["一次选得太多（{count} 个）。", "一次最多 {max} 个。", "请分批办理。"],
        en ["Too many at once ({count}).", "At most {max} at a time.", "Do it in parts."];
    /// Some are not the actor's.
    OUTSIDE = "card.outside", 422,
        zh ["有 {count} 个不在您的管理范围，或已不存在。", "会员卡由本人所在社区、队伍或单位的负责人管理。", "请刷新列表后重新勾选。"],
        en ["{count} are outside of what you look after, or gone.", "Cards are looked after by the person's community, team or unit.", "Reload the list and tick again."];
    /// Cards are for registered volunteers.
    NOT_ACTIVE = "card.not_active", 409,
        zh ["不是正式志愿者，不能打印会员卡：{names}。", "会员卡发给状态为“正式”的志愿者。", "请先让本人认领或恢复，或取消勾选。"],
        en ["Not registered volunteers: {names}.", "Cards are for volunteers whose state is “active”.", "Have them claim or resume first, or untick them."];
    /// They have one.
    HELD = "card.held", 409,
        zh ["已有会员卡：{names}。", "每人同时只有一张卡；换卡时旧卡立即失效。", "不换的取消勾选；要换卡请勾选“换卡”再打印。"],
        en ["They have a card: {names}.", "One card each; when it is replaced the old one is dead at once.", "Untick them, or tick “replace” and print again."];
    /// Somebody was quicker, or it has ended.
    MOVED = "card.moved", 409,
        zh ["这张卡现在是“{state}”，不能做这一步（{names}）。", "待发放的可以发放、作废；在用的可以挂失、换卡；失效的卡不能恢复。", "请刷新页面查看现在的状态；需要卡请重新打印。"],
        en ["The card is “{state}” now: this step does not fit ({names}).", "What waits can be handed out or voided, what is in use reported lost or replaced; what has ended stays so.", "Reload to see where it stands; print another one if a card is wanted."];
}
