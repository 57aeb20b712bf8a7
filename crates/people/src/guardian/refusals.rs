//! What this subject refuses, with the rule and the way out.

kernel::refusals! {
    /// Under six.
    TOO_YOUNG = "guardian.too_young", 422,
        zh ["未满 6 周岁（{age} 岁），还不能参加。", "满 6 周岁起才能登记和参加志愿服务。", "可以由家长自己登记，活动中带孩子作为市民参加。"],
        en ["Under six (aged {age}): this is not possible yet.", "Volunteers are six or older.", "A parent may register and bring the child along as a citizen."];
    /// A minor without the guardian's consent.
    NEEDED = "guardian.needed", 409,
        zh ["未满 18 周岁（{age} 岁），还没有监护人同意。", "14 周岁以下须监护人同意；14 至 17 周岁须监护人同意或由监护人陪同。", "请在“我的”里填写监护人，由监护人用自己的账号或手机验证码确认；也可以一起到站点办理。"],
        en ["Aged {age}, without the guardian's consent so far.", "Under 14 the guardian consents; from 14 to 17 the guardian consents or comes along.", "Name the guardian under “Me”; they confirm by their own account or a phone code. Or come to the station together."];
    /// Six to nine, and no adult comes along.
    ACCOMPANY = "guardian.accompany", 409,
        zh ["未满 10 周岁（活动当天 {age} 岁），须有成人陪同。", "6 至 9 周岁的孩子由监护人陪同参加。", "请监护人先报名同一场，再为孩子报名；或请队长代报并确认陪同的人。"],
        en ["Under ten (aged {age} that day): an adult comes along.", "Children from six to nine take part with their guardian.", "Let the guardian sign up for the same session first, then the child; or ask the leader to enter the child and see to the company."];
    /// Something dangerous.
    HAZARD = "guardian.hazard", 409,
        zh ["这个活动有危险，不接受未满 18 周岁的人（活动当天 {age} 岁）。", "未成年人不参加主办方标明有危险的活动（未成年人保护法）。", "可以看看其他活动。"],
        en ["This is marked as hazardous and takes nobody under 18 (aged {age} that day).", "Minors take no part in hazardous activities.", "Have a look at other activities."];
    /// The guardian is not of age, or the minor in person.
    NOT_ADULT = "guardian.not_adult", 422,
        zh ["监护人须是成年人，不能是本人。", "监护人由成年的父母或其他法定监护人担任。", "请填写监护人的姓名和手机号。"],
        en ["A guardian is an adult, and somebody else.", "Parents or other legal guardians who are of age.", "Give the guardian's name and phone."];
    /// The person is of age.
    OF_AGE = "guardian.of_age", 409,
        zh ["已满 18 周岁，不再需要监护人。", "监护人的权限在 18 周岁生日当天零时结束。", "本人可以直接报名；有疑问请联系站点。"],
        en ["Eighteen already: no guardian is needed.", "A guardian's access ends as the eighteenth birthday begins.", "Just sign up; the station helps with questions."];
    /// Own work is for sixteen and over.
    OWN_WORK = "guardian.own_work", 422,
        zh ["未满 16 周岁，不能声明以自己的劳动收入为生。", "满 16 周岁并以自己的劳动收入为主要生活来源的，视为完全民事行为能力人（民法典第十八条）。", "请填写监护人，由监护人确认。"],
        en ["Under sixteen: living from own work cannot be declared.", "Who is sixteen and lives mainly from own work decides alone (Civil Code, Art. 18).", "Name the guardian, who confirms."];
    /// The request is answered or too old.
    ANSWERED = "guardian.answered", 409,
        zh ["这个请求已经答复过，或已超过期限。", "监护人须在 7 天内答复；逾期的登记信息会删除。", "请孩子在“我的”里重新发出请求。"],
        en ["This was answered already, or the time is over.", "A guardian answers within seven days; unanswered registrations are erased.", "Let the child ask again under “Me”."];
    /// The form lacks the guardian.
    FIELDS = "guardian.fields", 422,
        zh ["未满 18 周岁，须填写监护人并由监护人当面同意。", "未成年人登记须有监护人同意（Fix-07）。", "请填写监护人姓名、关系和电话，并勾选“监护人在场并同意”。"],
        en ["Under 18: the guardian is needed, and agrees here.", "A minor's registration needs the guardian's consent.", "Enter the guardian's name, relation and phone, and tick that the guardian is here and agrees."];
}
