//! What this subject refuses, with the rule and the way out.

kernel::refusals! {
    /// No place is left.
    FULL = "sign_up.full", 409,
        zh ["已满（{taken}/{quota}）。", "名额由主办方设定，先到先得。", "可以加入候补，有人取消时按先后通知您；也可以先看看其他还有名额的活动。"],
        en ["Full ({taken}/{quota}).", "The organiser sets the number of places; first come, first served.", "Join the waiting list and you are told when a place comes free; or look at other activities with places left."];
    /// No place is left at the post.
    POST_FULL = "sign_up.post_full", 409,
        zh ["岗位“{post}”已满（{taken}/{quota}）。", "每个岗位的人数由主办方设定。", "可以选这一场的其他岗位，或加入这个岗位的候补。"],
        en ["The post “{post}” is full ({taken}/{quota}).", "The organiser sets the number of people for each post.", "Choose another post of this session, or join the waiting list of this one."];
    /// The time overlaps another sign-up.
    OVERLAP = "sign_up.overlap", 409,
        zh ["与您已报名的“{other}”（{when}）时间重叠。", "同一时间只能参加一个活动。", "先取消那一场，再报这一场。"],
        en ["This overlaps “{other}” ({when}), which you signed up for.", "Nobody can be at two activities at once.", "Cancel that one first, then sign up for this one."];
    /// Already signed up.
    DUPLICATE = "sign_up.duplicate", 409,
        zh ["已经报名了这一场。", "每人每场只占一个名额。", "不用再报；要换岗位，请先取消再重新报名。"],
        en ["Already signed up for this session.", "Each person holds one place in a session.", "Nothing more to do; to change the post, cancel and sign up again."];
    /// The session or its activity was cancelled.
    CANCELLED = "sign_up.cancelled", 409,
        zh ["这一场已取消。", "主办方取消后不再接受报名。", "可以看看其他活动。"],
        en ["This session was cancelled.", "Cancelled sessions take no sign-ups.", "Have a look at other activities."];
    /// Not published.
    NOT_OPEN = "sign_up.not_open", 409,
        zh ["这一场现在不接受报名。", "活动发布后才能报名，点名结束后不能再加人。", "请联系队长，或看看其他活动。"],
        en ["This session takes no sign-ups now.", "Sign-up starts when the activity is published and ends when the roll is closed.", "Ask the team leader, or look at other activities."];
    /// Sign-up is over.
    CLOSED = "sign_up.closed", 409,
        zh ["报名已于 {until} 截止。", "主办方设定了截止时间，以便安排人手。", "可以打电话问队长能否现场加入，或看看其他活动。"],
        en ["Sign-up ended at {until}.", "The organiser set this time to plan ahead.", "Call the leader and ask whether you may join on the spot, or look at other activities."];
    /// It has begun.
    STARTED = "sign_up.started", 409,
        zh ["活动已于 {start} 开始。", "开始后不能再自己报名。", "到了现场，可以扫签到码加入，或请队长帮您加入。"],
        en ["It started at {start}.", "Nobody can sign up alone after the start.", "At the place, scan the check-in code to join, or ask the leader."];
    /// It is over.
    ENDED = "sign_up.ended", 409,
        zh ["活动已于 {end} 结束。", "结束后不能再加入。", "确实参加了的，请队长在点名时补记。"],
        en ["It ended at {end}.", "Nobody can join after the end.", "If you were there, ask the leader to add you to the roll."];
    /// Walk-ins are not allowed, or it is too early for them.
    NO_WALK_IN = "sign_up.no_walk_in", 409,
        zh ["这个活动现在不能现场加入。", "能否现场加入由主办方决定，开始前 30 分钟起可以加入。", "请联系现场的队长，或改报其他活动。"],
        en ["You cannot join on the spot now.", "The organiser decides about walk-ins; they may join from 30 minutes before the start.", "Speak to the leader, or choose another activity."];
    /// Too young.
    UNDER_AGE = "sign_up.under_age", 409,
        zh ["活动要求年满 {min} 周岁，活动当天您 {age} 周岁。", "年龄要求由主办方按活动的风险设定。", "可以看看其他活动，或到站点咨询适合的服务。"],
        en ["The activity asks for an age of {min}; you will be {age} that day.", "The organiser sets the age by the risks.", "Look at other activities, or ask your station what suits you."];
    /// Members only.
    NOT_MEMBER = "sign_up.not_member", 409,
        zh ["这个活动只接受“{team}”的成员。", "主办方选择了仅限本队成员。", "可以先申请加入这支队伍，或看看其他活动。"],
        en ["Only members of “{team}” can sign up.", "The organiser chose members only.", "Apply to join the team first, or look at other activities."];
    /// Not a member of the team one wants to serve for.
    NOT_YOUR_TEAM = "sign_up.not_your_team", 409,
        zh ["您不是所选队伍的成员。", "时长只能记给自己所在的队伍或主办的队伍。", "请改选队伍，或不选。"],
        en ["You are no member of the team you chose.", "Hours count for one of your own teams or the organising team.", "Choose another team, or none."];
    /// A required skill is missing.
    UNQUALIFIED = "sign_up.unqualified", 409,
        zh ["这个活动需要您名下还没有的技能：{skills}。", "专业岗位须具备相应技能（志愿服务条例第十六条）。", "有这项技能的，请在“我的”里补充或到站点登记；没有的，可选普通岗位。"],
        en ["This needs skills that you have not listed: {skills}.", "Professional posts require the skill (Regulation on volunteer service, Art. 16).", "If you have it, add it under “Me” or at the station; else choose another post."];
    /// What is left is kept for others.
    HELD = "sign_up.held", 409,
        zh ["剩下的 {held} 个名额是为别人预留的。", "组织者可以为队伍、社区或由队长代报的人预留名额，到期没用完的放开给所有人。", "可以加入候补，名额放开时会通知您；或选择其他场次。"],
        en ["The {held} places left are kept for others.", "Organisers may keep places for teams, communities or those the leader enters; what is left opens to all after a time.", "Join the waiting list and be told when they open, or choose another session."];
    /// A required qualification or training is missing, or does not count on the days of the session.
    NO_QUALIFICATION = "sign_up.no_qualification", 409,
        zh ["这个活动需要在活动当天有效的资格或培训，还缺：{missing}。", "法律法规要求资质的服务，应当具备相应资质（志愿服务条例第十五、十六条）；证书由社区核对原件。", "在“我的—资格与培训”提交证书并带原件核对，培训请联系所在队伍；或选择其他活动。"],
        en ["This asks for qualifications or trainings that count on its day. Missing: {missing}.", "Service that the law ties to a qualification needs it (Regulation on volunteer service, Art. 15 and 16); communities check the document.", "Hand the certificate in under “Me – Qualifications” and bring the document, ask your team about trainings, or choose another activity."];
    /// Imported, not claimed yet.
    NOT_CLAIMED = "sign_up.not_claimed", 409,
        zh ["您的志愿者信息还没有确认完整。", "由名册导入或资料不全的志愿者，须本人确认后才能报名。", "请在“我的”里完成确认，或带证件到站点办理。"],
        en ["Your registration is not confirmed yet.", "People from an imported roster, or with missing data, confirm themselves before signing up.", "Confirm under “Me”, or go to your station with your identity card."];
    /// Suspended, disputed or closed.
    SUSPENDED = "sign_up.suspended", 409,
        zh ["志愿者状态为“{state}”，不能报名。", "暂停、有异议或已注销期间不参加活动。", "请联系所在站点了解原因并处理。"],
        en ["The volunteer's state is “{state}”; signing up is not possible.", "Nobody takes part while suspended, disputed or closed.", "Ask your station for the reason and what can be done."];
    /// The account has no volunteer behind it.
    NO_PERSON = "sign_up.no_person", 403,
        zh ["这个账号没有对应的志愿者，不能报名。", "只有志愿者能报名，工作人员账号用于管理。", "请用您本人的志愿者账号登录，或先登记成为志愿者。"],
        en ["This account has no volunteer behind it.", "Only volunteers sign up; staff accounts are for managing.", "Sign in as yourself, or register as a volunteer first."];
    /// Too late to cancel.
    TOO_LATE = "sign_up.too_late", 409,
        zh ["活动已于 {start} 开始，不能再取消报名。", "开始前都可以取消，名额会让给别人。", "来不了的，请给队长打个电话。"],
        en ["It started at {start}; the sign-up can no longer be cancelled.", "Until the start you can cancel, and the place goes to somebody else.", "If you cannot come, please call the leader."];
    /// Was there.
    ATTENDED = "sign_up.attended", 409,
        zh ["已经签到，不能取消报名。", "到场的人要留在名单上。", "签到有误的，请队长撤销签到。"],
        en ["Already checked in; the sign-up stays.", "Whoever was there stays on the list.", "If the check-in was a mistake, ask the leader to undo it."];
    /// Shortly before the start a reason is asked for.
    LATE_REASON = "sign_up.late_reason", 409,
        zh ["离开始不到 {hours} 小时，请选一个取消的原因。", "临近开始才取消会影响人手安排，原因会告诉队长。", "在“我的安排”里选好原因再取消。"],
        en ["It starts in less than {hours} hours: please choose why you cancel.", "Late cancelling upsets the leader's plan; the leader sees the reason.", "Choose a reason in “My schedule” and cancel there."];
    /// More service on one day than is good.
    MUCH = "sign_up.much", 409,
        zh ["加上这一场，{day} 的服务共 {hours} 小时。", "建议一天不超过 {most} 小时；一天超过 8 小时的时长要由上级确认。", "吃得消的话，可以确认后继续；否则换一天的场次。"],
        en ["With this session service on {day} adds up to {hours} hours.", "No more than {most} hours a day are advised; more than 8 must be confirmed higher up.", "If that can be managed, confirm and go on; else choose another day."];
    /// The same where the city does not let one go on.
    TOO_MUCH = "sign_up.too_much", 409,
        zh ["加上这一场，{day} 的服务共 {hours} 小时，超过一天 {most} 小时的上限。", "为了志愿者的健康，本市限定每天的服务时间。", "请换一天的场次；确有需要的，请队长写明原因代报。"],
        en ["With this session service on {day} adds up to {hours} hours; {most} a day are the limit.", "For the volunteers' health the city limits the hours of a day.", "Choose another day; if it must be, the leader can sign you up with a reason."];
    /// More sessions on one day than is good.
    MANY = "sign_up.many", 409,
        zh ["加上这一场，{day} 共 {count} 场。", "建议一天不超过 {most} 场。", "吃得消的话，可以确认后继续；否则换一天的场次。"],
        en ["With this one there are {count} sessions on {day}.", "No more than {most} sessions a day are advised.", "If that can be managed, confirm and go on; else choose another day."];
    /// The same where the city does not let one go on.
    TOO_MANY = "sign_up.too_many", 409,
        zh ["加上这一场，{day} 共 {count} 场，超过一天 {most} 场的上限。", "为了志愿者的健康，本市限定每天的场次。", "请换一天的场次；确有需要的，请队长写明原因代报。"],
        en ["With this one there are {count} sessions on {day}; {most} a day are the limit.", "For the volunteers' health the city limits the sessions of a day.", "Choose another day; if it must be, the leader can sign you up with a reason."];
    /// Little rest between two sessions.
    LITTLE_REST = "sign_up.little_rest", 409,
        zh ["与“{other}”之间只隔 {gap} 分钟。", "两场之间建议至少休息 {rest} 分钟，路上也要时间。", "来得及的话，可以确认后继续；否则换一场。"],
        en ["Only {gap} minutes lie between this and “{other}”.", "At least {rest} minutes of rest are advised, and the way takes time.", "If that can be managed, confirm and go on; else choose another session."];
    /// The same where the city does not let one go on.
    NO_REST = "sign_up.no_rest", 409,
        zh ["与“{other}”之间只隔 {gap} 分钟，至少要隔 {rest} 分钟。", "为了志愿者的健康，两场之间要休息，路上也要时间。", "请换一场；确有需要的，请队长写明原因代报。"],
        en ["Only {gap} minutes lie between this and “{other}”; {rest} are needed.", "For the volunteers' health there is rest between sessions, and the way takes time.", "Choose another session; if it must be, the leader can sign you up with a reason."];
    /// There are places; nobody needs to wait.
    HAS_PLACES = "sign_up.has_places", 409,
        zh ["这一场还有名额，不用候补。", "候补只用于已满的场次或岗位。", "直接报名就可以。"],
        en ["There are places left; no need to wait.", "Waiting lists are for full sessions and posts.", "Just sign up."];
    /// Too late for a waiting list.
    WAIT_LATE = "sign_up.wait_late", 409,
        zh ["离开始太近，候补已停止。", "开始前两个半小时起不再排候补，空出的名额谁都可以直接报。", "可以过一会儿再看有没有空位，或打电话问队长能否现场加入。"],
        en ["It starts too soon for a waiting list.", "From two and a half hours before the start places that come free are open to all.", "Look again in a while, or call the leader and ask whether you may join on the spot."];
    /// The held place is gone.
    OFFER_GONE = "sign_up.offer_gone", 409,
        zh ["这个名额没有为您保留，或保留时间已过。", "候补到的名额须在规定时间内确认，过时让给下一位。", "可以再次加入候补，或看看其他还有名额的活动。"],
        en ["No place is held for you, or the time to confirm has passed.", "A held place must be confirmed in time; then it goes to the next.", "Join the waiting list again, or look at other activities with places left."];
    /// The leader accepts first.
    APPROVAL = "sign_up.approval", 409,
        zh ["这个活动要队长审核。", "主办方选择了先申请、后确认名额。", "请点“申请”，队长决定后会通知您。"],
        en ["The leader accepts people for this activity.", "The organiser chose that people apply first.", "Press “Apply”; you are told what the leader decides."];
    /// By invitation only.
    INVITED_ONLY = "sign_up.invited_only", 409,
        zh ["这个活动凭邀请参加。", "主办方只邀请了部分志愿者。", "想参加的话，请联系队长要邀请；也可以看看其他活动。"],
        en ["This activity is by invitation.", "The organiser invites people one by one.", "Ask the leader for an invitation, or look at other activities."];
    /// Stayed away too often.
    ABSENT = "sign_up.absent", 409,
        zh ["{until} 前，您报名要先由队长同意。", "近 12 个月内多次报名后没有到场，也没有说明。", "请点“申请”；有特殊原因的，在“我的安排”里说明，队长接受后马上恢复。"],
        en ["Until {until} the leader agrees before you get a place.", "You stayed away several times in the last twelve months without a word.", "Press “Apply”; or explain under “My schedule”: once a leader accepts it, this ends."];
    /// Nobody needs to be asked.
    NO_NEED = "sign_up.no_need", 409,
        zh ["这一场不用申请。", "这个活动直接报名。", "直接点“报名”就可以。"],
        en ["No application is needed.", "This activity is open.", "Just sign up."];
    /// The application was decided or withdrawn.
    APPLICATION_GONE = "sign_up.application_gone", 409,
        zh ["这份申请已经处理过了。", "一份申请只决定一次。", "请刷新名单看现在的状态。"],
        en ["This application has been decided or withdrawn.", "An application is decided once.", "Load the list again to see where it stands."];
    /// Nobody was chosen.
    NOBODY = "sign_up.nobody", 409,
        zh ["没有选中任何人。", "先在名单里勾选，再点接受或不接受。", "请勾选后重试。"],
        en ["Nobody is chosen.", "Tick people in the list first.", "Tick and try again."];
    /// The invitation cannot be used any more.
    INVITATION_GONE = "sign_up.invitation_gone", 409,
        zh ["这个邀请已失效。", "邀请有期限和人数限制，队长也可以收回。", "请联系发给您邀请的队长再要一个。"],
        en ["This invitation is no longer valid.", "Invitations expire, have a number of uses, and can be taken back.", "Ask the leader who sent it for another one."];
    /// The offered place is gone.
    HAND_OVER_GONE = "sign_up.hand_over_gone", 409,
        zh ["这个替班已经有人接了，或已收回。", "一个名额只能由一个人接替，先到先得。", "请看看其他等人接替的场次，或直接报名其他活动。"],
        en ["Somebody else has taken this place over, or it was taken back.", "One person takes over; first come, first served.", "Look at other places that are offered, or sign up for another session."];
    /// Nobody of the team has this name.
    NO_TEAMMATE = "sign_up.no_teammate", 422,
        zh ["本队没有找到“{name}”。", "点名请人替班，对方须是主办队伍的成员。", "请核对姓名或编号，或选“谁都可以接”。"],
        en ["Nobody of the team is called “{name}”.", "Whoever is asked by name belongs to the organising team.", "Compare name or number, or offer it to anybody."];
    /// Several people of the team have this name.
    WHICH_TEAMMATE = "sign_up.which_teammate", 409,
        zh ["本队有几位“{name}”。", "要确定是哪一位。", "请填对方的志愿者编号。"],
        en ["Several people of the team are called “{name}”.", "It must be clear who is meant.", "Enter the volunteer number instead."];
    /// The leader has answered.
    ABSENCE_DECIDED = "sign_up.absence_decided", 409,
        zh ["这一次已经有答复了。", "队长答复后不再改说明；已谅解的不能再改为计入。", "有不同意见，请找站点或市办。"],
        en ["This has been answered.", "An explanation is not changed after the answer, and what is excused stays so.", "If you disagree, ask your station or the city office."];
    /// Nobody has this volunteer number.
    NO_SUCH_PERSON = "sign_up.no_such_person", 422,
        zh ["没有找到编号为“{number}”的志愿者。", "按志愿者编号查找，编号最后一位是校验位。", "请核对会员卡上的编号；还没登记的，请先到站点登记。"],
        en ["Nobody has the volunteer number “{number}”.", "People are found by their volunteer number; its last digit is a check digit.", "Compare it with the member card; whoever is not registered goes to the station first."];
}
