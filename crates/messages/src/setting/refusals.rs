//! Refusals of the settings.

kernel::refusals! {
    /// Not an e-mail address.
    MAIL_WRONG = "setting.mail_wrong", 422,
        zh ["“{value}”不像邮箱地址。", "邮箱形如 name@example.com，只含英文字母、数字和常用符号。", "请检查后再填。"],
        en ["“{value}” does not look like an e-mail address.", "It has the form name@example.com, in Latin letters, digits and common signs.", "Check it and try again."];
    /// The link is old, used, or was made for another address.
    LINK_OVER = "setting.link_over", 410,
        zh ["这个确认链接已失效。", "链接三天内有效；换过邮箱后，旧链接作废。", "请在“消息设置”里重新发送。"],
        en ["This link is no longer valid.", "It holds for three days and ends when the address is changed.", "Have a new one sent from the message settings."];
    /// There is no address to confirm.
    NO_MAIL = "setting.no_mail", 409,
        zh ["还没有填邮箱。", "确认链接发往您填的邮箱。", "请先填写邮箱地址。"],
        en ["There is no e-mail address yet.", "The link is sent to the address you enter.", "Enter one first."];
}
