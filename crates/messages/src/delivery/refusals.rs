//! Refusals of deliveries.

kernel::refusals! {
    /// It was sent, or waits anyway.
    NOTHING_TO_RESEND = "delivery.nothing_to_resend", 409,
        zh ["这一条不用重发。", "只有失败、放弃或过时的可以重发；已发出或正在排队的不重复发。", "请刷新记录查看最新状态。"],
        en ["There is nothing to send again.", "Only what failed, was given up or came too late can be; what was sent or waits is not doubled.", "Reload the record to see where it stands."];
}
