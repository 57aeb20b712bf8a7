//! What this subject refuses, with the rule and the way out.

kernel::refusals! {
    /// The identity document belongs to somebody already (V3, Edge-07).
    ID_TAKEN = "person.id_taken", 409,
        zh ["这个证件号码已经登记过。", "一个证件只能登记一名志愿者；旧证件号码同样有效。", "如果这就是您本人，请用手机验证码或纸条登录认领；否则请带证件到站点核对。"],
        en ["This document number is registered already.", "One document stands for one volunteer; earlier numbers count as well.", "If it is you, sign in with a phone code or a printed slip to claim it; otherwise bring the document to the station."];
    /// Already an active volunteer.
    REGISTERED = "person.registered", 409,
        zh ["这个证件号码已是正式志愿者，不用再登记。", "一个证件只能登记一次。", "请直接用手机号登录；手机号换了请带证件到站点更新。"],
        en ["This document number is a registered volunteer already.", "One document is registered once.", "Sign in with your phone; if the number has changed, bring the document to the station."];
    /// The station paused, and ends it (V6).
    PAUSED_BY_STAFF = "person.paused_by_staff", 409,
        zh ["暂停由站点作出，不能自己恢复。", "谁暂停，由谁恢复。", "请联系所在站点了解原因。"],
        en ["The station paused this; it cannot be ended alone.", "Who pauses ends the pause.", "Ask your station for the reason."];
    /// Posts and roles are handed over first (Edge-12).
    DUTIES = "person.duties", 409,
        zh ["您还在“{where}”担任职务或角色，不能注销。", "职务须先移交，否则活动和时长无人负责。", "请上级办理卸任后再来。"],
        en ["You still hold a post or role at “{where}”.", "Posts are handed over first, or nobody answers for sessions and hours.", "Have them end it, then come back."];
    /// Too young or too old to be.
    BIRTH_IMPOSSIBLE = "person.birth_impossible", 422,
        zh ["出生日期不合理。", "出生日期须早于今天，且不超过 120 年。", "请对照证件改正。"],
        en ["This birth date cannot be.", "It lies before today and not more than 120 years ago.", "Correct it from the document."];
    /// The phone code is wrong or too old.
    CODE_WRONG = "person.code_wrong", 422,
        zh ["验证码不对或已过期。", "验证码是 6 位数字，几分钟内有效，输错多次会作废。", "请核对短信，或重新获取验证码。"],
        en ["The code is wrong or has expired.", "It has six digits, holds for some minutes, and ends after several wrong tries.", "Compare it with the message, or ask for a new one."];
    /// A phone that can receive no code.
    PHONE_MOBILE = "person.phone_mobile", 422,
        zh ["这个号码收不到验证码。", "网上登记需要 11 位手机号。", "请填写手机号；没有手机可到站点登记。"],
        en ["This number cannot receive a code.", "Registration online needs a mobile number of 11 digits.", "Enter a mobile number; without one, register at the station."];
    /// The steps before are missing.
    DRAFT_GONE = "person.draft_gone", 409,
        zh ["登记已中断，请从第一步重新开始。", "填写的内容只保留一小时。", "请返回登记页重新获取验证码。"],
        en ["The registration was interrupted; please start again.", "What was typed is kept for one hour.", "Go back to the registration page and ask for a new code."];
    /// No consent (V5, Fix-27).
    CONSENT_REQUIRED = "person.consent_required", 422,
        zh ["还没有同意登记告知。", "没有本人同意，不能处理个人信息（个人信息保护法第十三条）。", "请阅读后勾选；不同意则不登记，已填内容不会保存。"],
        en ["The registration notice is not agreed to.", "Personal data is not processed without the person's consent (PIPL, Art. 13).", "Read it and tick the box; without it nothing is registered or kept."];
    /// Imported without a document.
    NEEDS_DOCUMENT = "person.needs_document", 409,
        zh ["还缺身份证件，不能认领。", "正式志愿者须有唯一的身份证件（V3）。", "请带证件到站点补登。"],
        en ["The identity document is missing: this cannot be claimed yet.", "A registered volunteer is known by one identity document (V3).", "Bring the document to the station."];
    /// This step does not fit the state.
    STATE = "person.state", 409,
        zh ["现在的状态是“{state}”，不能做这一步。", "每一步只在规定的状态下可做。", "请刷新页面查看最新状态，或联系站点。"],
        en ["The state is “{state}”: this step is not possible.", "Each step fits certain states only.", "Reload to see the present state, or ask the station."];
    /// The thirty days are over (Edge-11).
    TOO_LATE = "person.too_late", 409,
        zh ["已超过 30 天，不能撤销。", "去世登记 30 天内可以撤销。", "请联系市级办公室核实后处理。"],
        en ["More than 30 days have passed: it cannot be undone.", "The note of a death can be undone for 30 days.", "Ask the city office to look into it."];
    /// Nothing was selected.
    NOTHING_CHOSEN = "person.nothing_chosen", 422,
        zh ["没有可打印的人。", "只能为管理范围内尚未认领的人打印纸条。", "请返回列表，勾选后再打印。"],
        en ["There is nobody to print for.", "Slips are for people of your area who have not claimed yet.", "Go back to the list and select them."];
    /// Too many selected.
    TOO_MANY = "person.too_many", 422,
        zh ["一次选得太多（{count} 人）。", "一次最多打印 {max} 人。", "请分批打印。"],
        en ["Too many selected ({count}).", "At most {max} at a time.", "Print them in batches."];
    /// No document known that could be changed from.
    NOTE_ANSWERED = "person.note_answered", 409,
        zh ["这件事已经处理过了。", "每个异议只处理一次。", "请刷新页面查看处理结果。"],
        en ["This was answered already.", "Each objection is answered once.", "Reload the page to see the answer."];
    /// Too many people in an export.
    EXPORT_TOO_LARGE = "person.export_too_large", 422,
        zh ["筛选结果超过 {max} 人，一次导不完。", "一个文件最多 {max} 人。", "请按社区或状态缩小范围后再导出。"],
        en ["More than {max} people are selected.", "One file holds at most {max} people.", "Narrow it by community or state and export again."];
}
