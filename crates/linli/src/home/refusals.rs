//! Refusals of the frame itself.

kernel::refusals! {
    /// The address exists, but not for this kind of request.
    METHOD = "frame.method", 405,
        zh ["这个地址不能这样打开。", "有的地址只接收表单，不能直接打开。", "请从首页或菜单进入。"],
        en ["This address cannot be opened like this.", "Some addresses only take forms.", "Start from the first page or the menu."];
}
