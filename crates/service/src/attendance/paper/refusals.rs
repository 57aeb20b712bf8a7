//! What this subject refuses, with the rule and the way out.

kernel::refusals! {
    /// Used already.
    USED = "sheet.used", 409,
        zh ["签到表 {number} 已录入过。", "每张编号的签到表只能录入一次。", "要更正，请在点名里改；已提交的，请走补录。"],
        en ["Sheet {number} has been entered already.", "Each numbered sheet is entered once.", "Correct the roll instead; once it is handed in, ask for a back-fill."];
    /// Marked as lost or spoilt.
    VOID = "sheet.void", 409,
        zh ["签到表 {number} 已作废。", "作废的签到表不能录入。", "请打印一张新的，或在点名里直接标记。"],
        en ["Sheet {number} is void.", "What is void is never entered.", "Print another one, or mark people on the roll."];
    /// No sheet can be printed any more.
    OVER = "sheet.over", 409,
        zh ["本场点名已提交，不能再打印签到表。", "签到表在提交之前打印。", "已打印的签到表仍可录入，会转为补录申请。"],
        en ["The roll of this session is handed in: no more sheets.", "Sheets are printed before that.", "Sheets printed earlier can still be entered; they become requests for a back-fill."];
    /// Enough paper.
    MANY = "sheet.many", 409,
        zh ["本场已打印 {count} 张签到表。", "每场最多 {max} 张。", "请重新打印已有的签到表，或作废不用的。"],
        en ["{count} sheets were printed for this session already.", "At most {max} for one session.", "Print one of them again."];
    /// Nothing was typed.
    EMPTY = "sheet.empty", 422,
        zh ["还没有录入任何一行。", "一张签到表只能录入一次，所以至少要有一行。", "请填写时间；整张没有人来就作废这张表。"],
        en ["No line has been filled in.", "A sheet is entered once, so there must be something on it.", "Fill in times; if nobody came, make the sheet void."];
    /// A time that cannot be read.
    TIME = "sheet.time", 422,
        zh ["第 {line} 行的时间“{value}”看不懂。", "写成 830、8:30 或 0830；按计划时间来、走的填 +。", "请改正这一行。"],
        en ["Line {line}: “{value}” is no time.", "Write 830, 8:30 or 0830; + stands for the planned time.", "Correct the line."];
    /// Left without having come.
    NO_IN = "sheet.no_in", 422,
        zh ["第 {line} 行只有签退，没有签到。", "先有到场时间，才有离开时间。", "请补上到场时间；按计划时间来的填 +。"],
        en ["Line {line} has a time of leaving and none of coming.", "Who left has come.", "Fill in the first time; + stands for the planned one."];
    /// Somebody without a time, or a time without somebody.
    NO_NAME = "sheet.no_name", 422,
        zh ["第 {line} 行有时间，没有写是谁。", "现场加入的行要写志愿者编号，或姓名加手机后四位。", "请补上。"],
        en ["Line {line} has a time and nobody.", "An added line names a volunteer number, or a name and the last four digits of the phone.", "Fill it in."];
    /// A name without time.
    NO_TIME = "sheet.no_time", 422,
        zh ["第 {line} 行写了人，没有到场时间。", "到场的人要有到场时间。", "请补上；按计划时间来的填 +。"],
        en ["Line {line} names somebody without a time.", "Who came has a time.", "Fill it in; + stands for the planned one."];
    /// Not a person.
    WHO = "sheet.who", 422,
        zh ["第 {line} 行的“{value}”找不到人。", "写志愿者编号，或姓名加手机后四位；还没注册的写姓名加完整手机号。", "请核对，或看会员卡上的编号。"],
        en ["Line {line}: nobody is found for “{value}”.", "Write a volunteer number, or a name and the last four digits of the phone; for somebody not registered, name and whole phone.", "Check it, or read the number on the card."];
    /// More than one.
    SEVERAL = "sheet.several", 409,
        zh ["第 {line} 行的“{value}”有 {count} 个人符合。", "同名同尾号时系统不猜。", "请写志愿者编号。"],
        en ["Line {line}: {count} people fit “{value}”.", "Nothing is guessed.", "Write the volunteer number."];
    /// Twice on the sheet.
    TWICE = "sheet.twice", 422,
        zh ["第 {line} 行和第 {other} 行是同一个人。", "一个人在一张表上只有一行。", "请去掉一行。"],
        en ["Lines {line} and {other} are the same person.", "Everybody has one line on a sheet.", "Take one of them away."];
    /// What the roll said to a line.
    LINE = "sheet.line", 409,
        zh ["第 {line} 行 {name}：{sentence}", "{rule}", "{way}"],
        en ["Line {line}, {name}: {sentence}", "{rule}", "{way}"];
}
