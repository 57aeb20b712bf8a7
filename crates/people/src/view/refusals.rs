//! What this subject refuses, with the rule and the way out.

kernel::refusals! {
    /// The text is no query of that list.
    QUERY = "view.query", 422,
        zh ["这不是这个列表的筛选条件。", "视图只保存一个列表自己的筛选和列，不保存别的网址。", "请回到列表，筛选后再保存。"],
        en ["This is no filter of that list.", "A view keeps the filters and columns of one list, never another address.", "Go back to the list, filter it and save again."];
    /// Nothing is narrowed.
    NOTHING = "view.nothing", 422,
        zh ["还没有筛选，没有可保存的。", "视图保存的是筛选条件和选中的列。", "请先筛选或选列，再保存。"],
        en ["Nothing is filtered: there is nothing to save.", "A view keeps filters and chosen columns.", "Filter or choose columns first."];
    /// A phone or an ID number would be kept in clear.
    PERSONAL = "view.personal", 422,
        zh ["搜索词里有手机号或证件号码，不能保存。", "手机号和证件号码只加密保存。", "请去掉号码，再保存视图。"],
        en ["The search has a phone or ID number in it and cannot be saved.", "Phones and ID numbers are kept encrypted only.", "Take the number out, then save the view."];
    /// Another view of the list has that name.
    NAME_TAKEN = "view.name_taken", 409,
        zh ["这个列表已有名为“{name}”的视图。", "同一个列表里，视图的名称不能重复。", "请换一个名称，或先删除原来的。"],
        en ["A view named “{name}” is there already.", "Names are different within one list.", "Choose another name, or delete the other first."];
    /// Too many views.
    MOST = "view.most", 422,
        zh ["一个列表最多保存 {max} 个视图。", "太多了反而不好找。", "请先删除不用的视图。"],
        en ["At most {max} views of one list.", "More of them are hard to find one's way in.", "Delete one that is not used any more."];
}
