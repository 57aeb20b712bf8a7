//! What this subject refuses, with the rule and the way out.

kernel::refusals! {
    /// The area does not exist, is closed or out of reach.
    AREA = "site.area", 422,
        zh ["不能登记在这里。", "场所登记在您管理的社区；不属于任何社区的，登记在街道。", "请在列表里另选一个。"],
        en ["It cannot be registered there.", "A place belongs to a community you look after, or to its street when it lies in none.", "Choose another one."];
    /// The station does not exist or is closed.
    STATION = "site.station", 422,
        zh ["这不是可以负责场所的站点。", "由开放、筹建或暂停中的志愿服务站负责。", "请在列表里另选一个，或留空。"],
        en ["This is no station that can look after a place.", "Stations do that, while they are not closed.", "Choose another one, or none."];
    /// The place is registered already.
    TAKEN = "site.taken", 409,
        zh ["“{name}”在这个社区已经登记过。", "同一社区里，一个场所只登记一次。", "请查看已登记的场所。"],
        en ["“{name}” is registered in this community already.", "A place is registered once in a community.", "See the places that are registered."];
    /// The place is no more.
    CLOSED = "site.closed", 409,
        zh ["“{name}”已经注销。", "注销后的场所只保留历史，不再计入覆盖率。", "如果场所还在，请重新登记。"],
        en ["“{name}” is no longer registered.", "What was taken off keeps its past and counts no more.", "Register it again if it exists."];
}
