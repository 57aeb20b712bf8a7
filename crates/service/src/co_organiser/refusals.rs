//! What this subject refuses, with the rule and the way out.

kernel::refusals! {
    /// The organiser itself.
    SAME = "co.same", 422,
        zh ["“{name}”就是主办方。", "联合主办的是别的组织。", "请选择另一个组织。"],
        en ["“{name}” is the organiser already.", "Co-organisers are other organisations.", "Choose another one."];
    /// No such organisation.
    UNKNOWN = "co.unknown", 404,
        zh ["找不到这个组织。", "只能邀请正在运行的组织。", "请按名称再查一次。"],
        en ["There is no such organisation.", "Only those that are open can be asked.", "Look for it by its name again."];
    /// Too many.
    MANY = "co.many", 409,
        zh ["联合主办的组织太多（{max} 个）。", "一个活动最多 {max} 个联合主办方。", "请先移除不参加的。"],
        en ["There are {max} co-organisers already.", "At most {max} for one activity.", "Take away one that does not take part."];
    /// Nothing to answer.
    GONE = "co.gone", 409,
        zh ["这个邀请已经答复过或已撤回。", "一个邀请只答复一次；同意后可以退出。", "请刷新查看现在的状态。"],
        en ["This was answered or taken back.", "It is answered once; who agreed may leave.", "Load the page again to see where it stands."];
}
