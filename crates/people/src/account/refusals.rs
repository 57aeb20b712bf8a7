//! What this subject refuses, with the rule and the way out.

kernel::refusals! {
    /// Login and password do not fit; says neither which is wrong nor whether the account exists (X2).
    WRONG = "account.wrong", 422,
        zh ["账号或密码不对。", "连续输错 5 次，账号锁定 5 分钟。", "请核对后再试；忘记密码请联系系统管理员，志愿者可用手机验证码登录。"],
        en ["Account or password is wrong.", "After 5 wrong tries the account is locked for 5 minutes.", "Check and try again; ask the system administrator if you forgot it. Volunteers can sign in by phone code."];
    /// Too many wrong tries for one account (X2).
    LOCKED = "account.locked", 429,
        zh ["输错次数太多，请 {seconds} 秒后再试。", "连续输错 5 次，锁定 5 分钟，防止他人猜测。", "稍等片刻，或改用手机验证码、纸条登录。"],
        en ["Too many wrong tries; please wait {seconds} s.", "After 5 wrong tries there is a pause of 5 minutes, so that nobody can guess.", "Wait a moment, or sign in by phone code or slip."];
    /// The account was switched off.
    DISABLED = "account.disabled", 403,
        zh ["这个账号已停用。", "停用的账号不能登录，由系统管理员决定。", "请联系本单位负责人或站点。"],
        en ["This account is disabled.", "A disabled account cannot sign in; the system administrator decides that.", "Ask your unit's head or the station."];
    /// The phone code does not fit, is too old, or was tried too often.
    CODE_WRONG = "account.code_wrong", 422,
        zh ["验证码不对或已过期。", "验证码 5 分钟内有效，最多试 5 次，以最后收到的一条为准。", "请核对短信，或重新获取验证码。"],
        en ["The code is wrong or too old.", "A code is good for 5 minutes and 5 tries; only the newest one counts.", "Check the message, or ask for a new code."];
    /// The phone number was proven too long ago.
    PROOF_OLD = "account.proof_old", 422,
        zh ["手机验证已超过 10 分钟。", "验证后 10 分钟内有效，防止他人冒用。", "请重新获取验证码。"],
        en ["Your phone was checked more than 10 minutes ago.", "The check holds for 10 minutes, so that nobody else can use it.", "Please ask for a new code."];
    /// The printed code is unknown, used or too old.
    SLIP_WRONG = "account.slip_wrong", 422,
        zh ["纸条上的编码不对、已用过或已过期。", "每张纸条只能用一次。", "请逐字核对；仍不行请到站点重新打印。"],
        en ["The code on the slip is wrong, used or too old.", "Each slip works once.", "Check each character; if it still fails, ask the station for a new slip."];
    /// The person must say that it is them.
    CONFIRM_ME = "account.confirm_me", 422,
        zh ["请先勾选“这是我本人”。", "名册导入的信息须由本人确认后才生效。", "确认是您本人再继续；不是您本人请点“这不是我”。"],
        en ["Please tick “this is me” first.", "What was imported becomes active only when the person confirms it.", "Go on only if it is you; otherwise choose “not me”."];
    /// Nobody to choose.
    CHOOSE = "account.choose", 422,
        zh ["请选择是哪一位。", "同一手机号下有多位志愿者。", "选择您本人后继续。"],
        en ["Please choose who you are.", "Several volunteers share this phone number.", "Choose yourself and go on."];
    /// A set-up link that is unknown, used or too old.
    LINK_USED = "account.link_used", 410,
        zh ["这个链接已用过、已过期或不完整。", "设置链接只能用一次。", "请联系系统管理员重新生成；首次安装请重新启动程序，日志会给出新链接。"],
        en ["This link was used, is too old, or is incomplete.", "A set-up link works once.", "Ask the system administrator for a new one; on a first installation restart the program, its log shows new links."];
    /// The login is taken.
    LOGIN_TAKEN = "account.login_taken", 409,
        zh ["账号名“{login}”已被使用。", "账号名在全市唯一。", "请换一个，例如加上单位拼音首字母。"],
        en ["The login “{login}” is taken.", "A login is unique in the city.", "Choose another one, for instance with your unit's initials."];
    /// The login has the wrong form.
    LOGIN_FORM = "account.login_form", 422,
        zh ["账号名“{login}”不合要求。", "3 到 40 位小写字母、数字、点、横线或下划线，以字母开头。", "例如 wang.min。"],
        en ["The login “{login}” has the wrong form.", "3 to 40 lower-case letters, digits, dots, hyphens or underscores, starting with a letter.", "For instance wang.min."];
    /// The password is too short (X1).
    PASSWORD_SHORT = "account.password_short", 422,
        zh ["密码太短。", "至少 {min} 位。", "可用几个词连成一句。"],
        en ["The password is too short.", "At least {min} characters.", "A few words in a row work well."];
    /// The password is too long.
    PASSWORD_LONG = "account.password_long", 422,
        zh ["密码太长。", "最多 {max} 位。", "请缩短。"],
        en ["The password is too long.", "At most {max} characters.", "Shorten it."];
    /// The password has too few kinds of characters (X1).
    PASSWORD_KINDS = "account.password_kinds", 422,
        zh ["密码字符种类太少（{found} 种）。", "大写、小写、数字、其他符号（含汉字）中至少 {min} 种。", "例如加一个数字和一个符号。"],
        en ["The password has too few kinds of characters ({found}).", "At least {min} of: lower-case, upper-case, digits, anything else.", "Add a digit and a sign, for instance."];
    /// The password contains the login.
    PASSWORD_NAME = "account.password_name", 422,
        zh ["密码里含有账号名。", "密码不能包含账号名，太容易猜。", "请去掉账号名。"],
        en ["The password contains the login.", "That is too easy to guess.", "Leave the login out."];
    /// The password contains the phone number.
    PASSWORD_PHONE = "account.password_phone", 422,
        zh ["密码里含有手机号。", "密码不能包含手机号，太容易猜。", "请去掉手机号。"],
        en ["The password contains the phone number.", "That is too easy to guess.", "Leave the phone number out."];
    /// The password was used before (X1).
    PASSWORD_USED = "account.password_used", 422,
        zh ["这个密码最近用过。", "不能与最近 {last} 次的密码相同。", "请换一个新的。"],
        en ["This password was used before.", "It may not be one of the last {last}.", "Choose a new one."];
    /// The repetition differs.
    PASSWORD_REPEAT = "account.password_repeat", 422,
        zh ["两次输入的密码不一样。", "输入两次以防打错。", "请重新输入两次。"],
        en ["The two passwords differ.", "It is asked twice to catch slips.", "Type it twice again."];
    /// The present password is wrong.
    PASSWORD_CURRENT = "account.password_current", 422,
        zh ["现在的密码不对。", "修改密码前要核对现在的密码。", "请重新输入；忘记了请联系系统管理员。"],
        en ["Your present password is wrong.", "It is checked before the password is changed.", "Type it again; ask the system administrator if you forgot it."];
    /// Accounts without a login have no password.
    PASSWORD_NONE = "account.password_none", 409,
        zh ["您的账号不使用密码。", "志愿者用手机验证码或纸条登录。", "不需要设置密码。"],
        en ["Your account has no password.", "Volunteers sign in by phone code or slip.", "There is nothing to set."];
    /// Administrator roles exclude each other and every other role (X5).
    ROLE_EXCLUDES = "account.role_excludes", 409,
        zh ["“{held}”不能同时担任“{role}”。", "系统、安全、审计三类管理员互斥，也不能兼任业务角色。", "请为该工作建立另一个人的账号，或先结束原角色。"],
        en ["“{held}” may not also be “{role}”.", "The three administrator roles exclude each other and every other role.", "Use another person's account, or end the first role."];
    /// The account holds the role there already.
    ROLE_HELD = "account.role_held", 409,
        zh ["该账号在“{org}”已经是“{role}”。", "同一单位的同一角色只登记一次。", "不用再次授予。"],
        en ["The account is “{role}” at “{org}” already.", "A role is given once per unit.", "There is nothing to do."];
    /// The role is not given there.
    ROLE_PLACE = "account.role_place", 422,
        zh ["“{role}”不能授予在“{org}”。", "管理员和市级办公室在市一级，队长在队伍，负责人在成员单位，工作人员在站点、社区、街道或部门。", "请选择相应的单位。"],
        en ["“{role}” cannot be given at “{org}”.", "Administrators and the city office belong to the city, leaders to teams and member units, staff to stations, communities, streets or departments.", "Choose a fitting unit."];
    /// The last holder of an administrator role stays (Fix-19).
    LAST_ADMIN = "account.last_admin", 409,
        zh ["这是最后一位“{role}”。", "三类管理员都要有人担任，系统才能正常运行。", "请先授予另一个账号，再结束这一个。"],
        en ["This is the last “{role}”.", "The system needs somebody in each of the three roles.", "Give the role to another account first."];
    /// One does not switch oneself off.
    SELF = "account.self", 409,
        zh ["不能对自己的账号这样做。", "避免把自己关在门外。", "请由另一位系统管理员操作。"],
        en ["You cannot do this to your own account.", "So that nobody locks themselves out.", "Ask another system administrator."];
    /// A link for an administrator's account comes from the server only (X5).
    ADMIN_LINK = "account.admin_link", 403,
        zh ["管理员账号的密码链接不能在这里生成。", "三类管理员互相独立，系统管理员不能接管其他管理员的账号。", "请由服务器运维人员用 linli user 命令生成。"],
        en ["Links for administrators' accounts are not made here.", "The three administrators are independent; one cannot take over another's account.", "Whoever runs the server can make one with “linli user”."];
    /// No account fits the words.
    ACCOUNT_NONE = "account.none", 422,
        zh ["没有找到账号“{who}”。", "按账号名、工作人员姓名或志愿者编号查找。", "请核对；新同事请系统管理员先建账号，志愿者要先登录一次。"],
        en ["No account fits “{who}”.", "It is looked up by login, name of staff, or volunteer number.", "Check it; new staff need an account first, volunteers must have signed in once."];
    /// Several accounts fit the words.
    ACCOUNT_SEVERAL = "account.several", 422,
        zh ["有多个账号符合“{who}”。", "一次只能选一个账号。", "请填写完整的账号名。"],
        en ["Several accounts fit “{who}”.", "One account at a time.", "Write the whole login."];
    /// The code of the second factor does not fit, was used, or is a used recovery code (X4).
    SECOND_WRONG = "account.second_wrong", 422,
        zh ["验证码不对，或已经用过。", "每个验证码 30 秒一换，只能用一次；连续输错 5 次锁定 5 分钟。", "请等验证器换出下一个数字再填；手机时间不准时请先校准，或用恢复码。"],
        en ["The code is wrong or was used already.", "A code changes every 30 seconds and works once; after 5 wrong tries there is a pause of 5 minutes.", "Wait for the next one; set your phone's clock, or use a recovery code."];
    /// The first factor was given too long ago.
    HALF_OLD = "account.half_old", 422,
        zh ["登录步骤已过期。", "第一步验证后 10 分钟内有效。", "请从登录页重新开始。"],
        en ["This sign-in took too long.", "The first step holds for 10 minutes.", "Start again on the sign-in page."];
    /// The city does not use a second factor.
    SECOND_OFF = "account.second_off", 409,
        zh ["本市没有启用二次验证。", "是否启用由运维配置 security_staff_totp 决定。", "不需要设置。"],
        en ["This city does not use a second factor.", "The setting security_staff_totp decides.", "There is nothing to set up."];
    /// The city requires a second factor of staff.
    SECOND_REQUIRED = "account.second_required", 409,
        zh ["二次验证不能关闭。", "本市要求工作人员使用二次验证。", "换手机请安全管理员重置后重新设置。"],
        en ["The second factor cannot be switched off.", "This city requires it of staff.", "For a new phone ask the security administrator to reset it."];
    /// No personal data leaves before the administrators are complete (Fix-19).
    EXPORT_GAP = "account.export_gap", 403,
        zh ["现在不能导出含个人信息的名单。", "{gap}", "请安全管理员补齐三类管理员。"],
        en ["Lists with personal data cannot be exported now.", "{gap}", "Ask the security administrator to complete the three administrators."];
    /// The account has nothing to prove itself with.
    NO_PROOF = "account.no_proof", 409,
        zh ["您的账号没有登记手机号，不能发送验证码。", "导出前须再验证一次是您本人。", "请退出后重新登录，再导出。"],
        en ["Your account has no phone number to send a code to.", "Before an export you prove once more that it is you.", "Sign out, sign in again, and export then."];
    /// Too many tokens of one account.
    TOKEN_MOST = "account.token_most", 409,
        zh ["您已有 {max} 个有效令牌。", "每个账号最多 {max} 个，便于看清谁在使用。", "请先撤销不再使用的令牌。"],
        en ["You have {max} tokens already.", "An account has {max} at most, so that one can see who uses what.", "Revoke those that are not used any more."];
}
