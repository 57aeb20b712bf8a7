//! What is refused about coordinated categories, with the rule and the way out.

kernel::refusals! {
    /// The body has not been asked.
    NEEDED = "coordination.needed", 409,
        zh ["“{category}”类活动要先由{body}同意。", "这类活动由{body}统一协调，同意之后才能发布。", "草稿请先“请求同意”；已发布的活动请另建一个这一类的活动。"],
        en ["Activities of “{category}” need the agreement of {body} first.", "{body} coordinates this category and agrees before anything of it is published.", "Ask for it on the draft's publishing page; what is published stays in its category."];
    /// It has not answered.
    WAITS = "coordination.waits", 409,
        zh ["{body}还没有答复。", "“{category}”类活动由{body}统一协调，同意之后才能发布。", "请等对方答复，或打电话联系。"],
        en ["{body} has not answered.", "{body} coordinates “{category}” and agrees before anything of it is published.", "Wait for the answer, or call them."];
    /// It said no.
    DECLINED = "coordination.declined", 409,
        zh ["{body}没有同意：{note}", "“{category}”类活动由{body}统一协调，同意之后才能发布。", "请按意见修改后再次请求。"],
        en ["{body} did not agree: {note}", "{body} coordinates “{category}” and agrees before anything of it is published.", "Change it as they say, then ask again."];
    /// Nobody needs to agree.
    NOT_NEEDED = "coordination.not_needed", 409,
        zh ["这个活动不需要别的部门同意。", "没有指定统筹部门的类别，由队伍自己决定。", "可以直接发布。"],
        en ["Nobody else needs to agree to this activity.", "Categories that no body coordinates are the team's own.", "Publish it."];
    /// Answered already.
    GONE = "coordination.gone", 409,
        zh ["这个请求已经答复过，或活动已经改过。", "每次请求答复一次。", "请刷新后再看。"],
        en ["This was answered, or the activity was changed.", "Each request is answered once.", "Reload and look again."];
    /// No such category.
    CATEGORY = "coordination.category", 422,
        zh ["没有这个类别。", "类别来自全市统一的类别表。", "请从列表中选择。"],
        en ["There is no such category.", "Categories are those of the city's list.", "Choose one of the list."];
    /// No such body.
    BODY = "coordination.body", 422,
        zh ["找不到这个组织。", "统筹部门是正在运行的组织。", "请从列表中选择。"],
        en ["There is no such organisation.", "A coordinating body is an open organisation.", "Choose one of the list."];
}
