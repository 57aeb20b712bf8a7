//! What this subject refuses, with the rule and the way out.

kernel::refusals! {
    /// Nobody was chosen.
    NOBODY = "retention.nobody", 422,
        zh ["还没有选人。", "消息只发给勾选的人。", "请勾选要联系的志愿者。"],
        en ["Nobody is chosen.", "The message goes to those who are ticked.", "Tick whom to write to."];
    /// All of them were written to a short time ago.
    ALL_TOLD = "retention.all_told", 409,
        zh ["选中的人最近 14 天内都已联系过，或已不能联系。", "同一个人 14 天内只发一次，免得打扰。", "请过几天再发，或打电话问候。"],
        en ["All of them were written to within 14 days, or cannot be written to.", "Each person gets one such message in 14 days.", "Wait some days, or call them."];
    /// Too many at once.
    TOO_MANY = "retention.too_many", 422,
        zh ["一次最多联系 {max} 人。", "逐批发送，便于有人回应。", "请分批勾选。"],
        en ["At most {max} at a time.", "In batches, so that answers can be looked after.", "Choose fewer."];
}
