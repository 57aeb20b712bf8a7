//! Refusals of the frame itself.

kernel::refusals! {
    /// The address exists, but not for this kind of request.
    METHOD = "frame.method", 405,
        zh ["这个地址不能这样打开。", "有的地址只接收表单，不能直接打开。", "请从首页或菜单进入。"],
        en ["This address cannot be opened like this.", "Some addresses only take forms.", "Start from the first page or the menu."];
    /// Nobody said where backups go.
    NO_BACKUPS = "frame.no_backups", 409,
        zh ["还没有设定备份的位置。", "备份写到配置中 backup_to 指定的文件夹。", "请运维人员设定后重启，或在服务器上运行 linli backup。"],
        en ["Nobody has said where backups go.", "They go to the folder that backup_to names in the configuration.", "Let whoever runs the server set it, or run linli backup there."];
}
