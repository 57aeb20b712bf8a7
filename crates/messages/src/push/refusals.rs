//! Refusals of devices.

kernel::refusals! {
    /// The city has no push services, or no key yet.
    OFF = "push.off", 409,
        zh ["本市没有开启设备通知。", "设备通知要由系统管理员开启（设置 push_hosts）。", "消息仍在站内，也可以用邮件和短信接收。"],
        en ["Notifications on devices are not offered here.", "The system administrator switches them on (setting push_hosts).", "Messages are in your inbox, and reach you by mail and text."];
    /// The address is none, or leads where it must not.
    SERVICE = "push.service", 422,
        zh ["不能使用这个浏览器的推送服务。", "通知只发往名单上的推送服务，并且必须加密（设置 push_hosts）。", "请换一个浏览器，或改用邮件、短信接收。"],
        en ["The push service of this browser cannot be used.", "Notifications go to push services on a list only, and encrypted (setting push_hosts).", "Use another browser, or choose mail or text."];
    /// The keys are none.
    KEYS = "push.keys", 422,
        zh ["浏览器给出的密钥无法使用。", "每条通知都用设备自己的密钥加密，密钥不对就无法送达。", "请关闭浏览器的通知权限再重新开启，然后重试。"],
        en ["The keys that the browser gave cannot be used.", "Every notification is encrypted to the device; without a good key it cannot be.", "Take the browser's permission back, give it again, and try once more."];
    /// The key of the city was exchanged between opening the page and pressing the button.
    STALE = "push.stale", 409,
        zh ["页面已过期。", "设备通知的密钥刚刚更换。", "请刷新页面再按一次。"],
        en ["This page is out of date.", "The key for notifications was exchanged meanwhile.", "Reload the page and press the button again."];
    /// Too many devices.
    TOO_MANY = "push.too_many", 409,
        zh ["已有 {max} 台设备接收通知。", "每个账号最多 {max} 台。", "请先移除不再使用的设备。"],
        en ["{max} devices are notified already.", "An account may have {max} at the most.", "Remove one that is not used any more first."];
    /// Nothing reaches the device any more.
    NOT_ON = "push.not_on", 409,
        zh ["这台设备已收不到通知。", "浏览器取消了订阅，或通知的密钥已更换。", "请在那台设备上打开“消息设置”，重新开启通知。"],
        en ["Nothing reaches this device any more.", "Its browser ended the subscription, or the key was exchanged.", "Open the message settings on that device and switch notifications on again."];
}
