//! What this subject refuses, with the rule and the way out.

kernel::refusals! {
    /// The period is none.
    PERIOD = "insurance.period", 422,
        zh ["保险期间 {from} 至 {until} 不对。", "到期日不早于起保日，一份保单最长三年。", "请照保单填写起止日期。"],
        en ["The period {from} to {until} cannot be right.", "It ends no earlier than it begins, and one policy runs three years at most.", "Copy the dates from the policy."];
    /// The organisation is out of reach.
    HOST = "insurance.host", 422,
        zh ["不能给这个组织登记保单。", "只能给您管理的组织登记；全市保单由市办公室登记。", "请在列表里另选一个。"],
        en ["No policy can be recorded for that organisation.", "Policies are recorded for what one looks after; the city's by its office.", "Choose another organisation."];
    /// A policy of somebody else.
    NOT_FOR_IT = "insurance.not_for_it", 422,
        zh ["这份保单不能用于本活动。", "保单只用于登记它的组织和下级组织的活动。", "请选本队或上级的保单，或新登记一份。"],
        en ["This policy cannot cover the activity.", "A policy covers activities of the organisation that recorded it and of those below.", "Choose one of your own or of those above, or record one."];
    /// It was taken back.
    WITHDRAWN = "insurance.withdrawn", 409,
        zh ["这份保单已撤回。", "撤回的保单不再用于新的场次，也不再修改。", "请选另一份，或新登记一份。"],
        en ["This policy was withdrawn.", "It covers no session from then on and is not changed any more.", "Choose another, or record one."];
    /// A session that has begun rests on it.
    USED = "insurance.used", 409,
        zh ["已经开始的场次在用这份保单，不能取消选用。", "参加者当时由它承保，要留着备查。", "以后的场次可以另加保单；保单有误请更正或撤回。"],
        en ["A session that has begun rests on this policy.", "Those who came were insured by it; that is kept.", "Add another policy for what comes; correct or withdraw this one if it is wrong."];
    /// A correction would leave a session without cover that has begun.
    UNDER_WAY = "insurance.under_way", 409,
        zh ["这样改，已经开始的“{title}”（{when}）就没有保险了。", "已经开始的场次所用的保单，只能更正到仍然覆盖这些场次。", "请核对保单；真的没有保，请撤回这份保单并写明原因。"],
        en ["With this change “{title}” ({when}), which has begun, would have been without insurance.", "A policy that sessions rest on is corrected only so that it still covers them.", "Check the policy; if it never covered them, withdraw it and say why."];
    /// Nobody needs insuring.
    NO_HAZARD = "insurance.no_hazard", 409,
        zh ["这个活动没有特别的危险，不用投保名单。", "只有标明有危险的活动才封存投保名单。", "活动有危险的，请先在“修改”里标明。"],
        en ["This activity bears no hazard beyond daily life; there is no list to close.", "Lists of the insured are closed for hazardous activities.", "If it does, say so under “Edit” first."];
    /// The session will not be, or was handed in.
    CLOSED = "insurance.closed", 409,
        zh ["这一场已取消或已交记录，投保名单不再改动。", "名单是当时承保的依据。", "有误请联系保险公司和市办公室。"],
        en ["The session was cancelled or its records are handed in; the list stays.", "It is what the insurance rested on.", "If it is wrong, speak to the insurer and the city's office."];
}
