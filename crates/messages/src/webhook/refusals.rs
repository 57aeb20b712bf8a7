//! Refusals of webhooks.

kernel::refusals! {
    /// The address is none, or leads where it must not.
    ADDRESS = "webhook.address", 422,
        zh ["不能用这个地址。", "{why}", "请填写对方给出的完整 https 地址。"],
        en ["This address cannot be used.", "{why}", "Enter the whole https address that the other side gave you."];
    /// Group robots would show numbers and codes to everybody.
    NO_PHONES = "webhook.no_phones", 422,
        zh ["群机器人不能接收发到手机的短信。", "短信含手机号和验证码，会被全群看到。", "请去掉这一项，或改选短信网关。"],
        en ["A group robot cannot take texts to phones.", "They hold numbers and codes, and the whole group would see them.", "Leave that event out, or choose an SMS gateway."];
    /// A gateway sends texts to phones only.
    ONLY_PHONES = "webhook.only_phones", 422,
        zh ["短信网关只接收发到手机的短信。", "其他事件没有收件人号码。", "请只选“发到手机的短信”。"],
        en ["An SMS gateway takes texts to phones only.", "Other events have no number to send to.", "Choose only “Texts to phones”."];
    /// Nothing chosen.
    NO_EVENT = "webhook.no_event", 422,
        zh ["还没有选事件。", "没有事件就不会发送任何内容。", "请至少选一项。"],
        en ["No event is chosen.", "Without an event nothing is ever sent.", "Choose at least one."];
    /// The template lacks a mark, or is not JSON.
    BODY = "webhook.body", 422,
        zh ["模板不能用。", "模板要含 {phone} 和 {text} 两个占位，JSON 模板填好后要是合法的 JSON。", "请照网关的说明修改。"],
        en ["The template cannot be used.", "It needs the marks {phone} and {text}, and a JSON template must be JSON once filled.", "Correct it as the gateway's manual says."];
    /// Switched off.
    OFF = "webhook.off", 409,
        zh ["这个目标已停用。", "停用后什么也不发，也不能测试。", "请先启用。"],
        en ["This target is switched off.", "Nothing is sent to it then, not even a test.", "Switch it on first."];
    /// Codes to sign in with go where somebody who is signed in says.
    BY_TOKEN = "webhook.by_token", 422,
        zh ["令牌不能添加接收手机短信的目标。", "短信含登录验证码，只能由登录的系统管理员决定发往哪里。", "请去掉这一项，或登录后在“对接”页添加。"],
        en ["A token cannot add a target for texts to phones.", "They hold codes to sign in with; only a system administrator who is signed in says where they go.", "Leave that event out, or sign in and add it under “Webhooks”."];
}
