//! What this subject refuses, with the rule and the way out.

kernel::refusals! {
    /// Not checked in.
    NEAR_NOT_IN = "attendance.near_not_in", 409,
        zh ["您现在没有在本场签到。", "签到后、签退前可以核对一次位置。", "请先扫码签到。"],
        en ["You are not checked in here now.", "The place can be compared between check-in and check-out.", "Check in first."];
    /// The activity has no place on the map, or nothing is asked in this city.
    NEAR_NO_PLACE = "attendance.near_no_place", 409,
        zh ["本场不核对位置。", "只有在地图上标了地点的活动可以核对，而且是自愿的。", "不用做什么，签到已经有效。"],
        en ["No place is compared here.", "Only activities with a place on the map can be compared, and only by those who wish.", "There is nothing to do: your check-in counts."];
    /// No consent.
    NEAR_NO_CONSENT = "attendance.near_no_consent", 403,
        zh ["您还没有同意核对位置。", "位置属于敏感个人信息，须单独同意（个人信息保护法第二十九条）。", "请勾选同意后再试；不同意也不影响签到。"],
        en ["You have not agreed to this.", "Where somebody is is sensitive information and needs a consent of its own (Personal Information Protection Law, Article 29).", "Tick your consent and try again; without it your check-in counts all the same."];
    /// The phone said nothing useful.
    NEAR_NO_FIX = "attendance.near_no_fix", 422,
        zh ["手机没有给出位置。", "位置由手机给出，精度须在 200 米以内。", "请允许浏览器定位，到室外再试；不核对也不影响签到。"],
        en ["The phone did not say where it is.", "It must know to within 200 metres.", "Allow the browser to locate you, step outside and try again; your check-in counts all the same."];
}
