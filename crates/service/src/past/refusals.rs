//! What past hours are refused for, with the rule and the way out. What is wrong inside a row alone is said by the
//! `roster` crate.

kernel::refusals! {
    /// Nobody has the document, number or phone.
    UNKNOWN = "past.unknown", 422,
        zh ["系统里没有这个人（{key}）。", "时长只计给已登记或已导入名册的志愿者。", "请先用“名册导入”或到站点登记，再导入这一行。"],
        en ["Nobody here has this {key_en}.", "Hours count for people who are registered or came with a roster.", "Import the roster or register the person first, then import this row."];
    /// The name is another.
    NAME_DIFFERS = "past.name_differs", 422,
        zh ["按{key}找到的人姓名不同。", "号码和姓名须是同一个人的，避免把时长记给别人。", "请核对姓名和号码。"],
        en ["The person with this {key_en} has another name.", "Number and name must be one person's, so that hours do not go to somebody else.", "Check the name and the number."];
    /// The keys of one row are of different people.
    KEYS_DISAGREE = "past.keys_disagree", 422,
        zh ["证件号码、志愿者编号和手机指向不同的人。", "一行只能是一个人的时长。", "请核对后只留正确的号码。"],
        en ["Document, volunteer number and phone are of different people.", "A row is one person's service.", "Check them and keep the right one."];
    /// Several people could be meant.
    AMBIGUOUS = "past.ambiguous", 422,
        zh ["有 {count} 位同名同手机的志愿者：{who}。", "不能确定是哪一位时不计入，系统不猜。", "请补上证件号码，或从中选一个志愿者编号填上。"],
        en ["{count} volunteers have this name and phone: {who}.", "Where it is not certain who is meant nothing is counted.", "Add the document number, or the right one of these volunteer numbers."];
    /// Somebody else's area.
    ELSEWHERE = "past.elsewhere", 422,
        zh ["此人登记在其他社区。", "只能导入本辖区志愿者的时长。", "请交由其所在社区或市级办公室导入。"],
        en ["This person is registered in another area.", "Only hours of people of your own area can be imported.", "Let that community or the city office import the row."];
    /// The person's state.
    STATE = "past.state", 422,
        zh ["此人的状态是“{state}”，不能计入。", "有异议、已注销的人不再计入时长。", "请先在志愿者档案里处理。"],
        en ["The person is “{state}”; nothing can be counted.", "Nothing counts for people who are disputed or closed.", "Settle that in the person's file first."];
    /// Too young then.
    TOO_YOUNG = "past.too_young", 422,
        zh ["服务那天（{date}）此人未满 14 周岁（{age} 岁）。", "未满 14 周岁的服务须有监护人同意，不能批量导入。", "请核对日期和证件；确有其事的，请监护人到站点办理补录。"],
        en ["On that day ({date}) the person was under 14 (aged {age}).", "Service before the 14th birthday needs a guardian's consent and does not come in by file.", "Check the date and the document; if it is right, let the guardian come to the station."];
    /// More than a day has.
    OVER_24H = "past.over_24h", 422,
        zh ["{date} 这天加起来有 {hours} 小时。", "一人一天最多 24 小时，连同系统里已有的和本文件里的。", "请核对日期和时长。"],
        en ["That makes {hours} hours on {date}.", "A person's day has at most 24 hours, together with what is here and in this file.", "Check the date and the amount."];
    /// Two services at the same time.
    OVERLAP = "past.overlap", 422,
        zh ["与“{title}”（{when}）时间重叠。", "同一个人同一时间只有一次服务。", "请核对时间；若是同一次服务，请删除这一行。"],
        en ["It overlaps “{title}” ({when}).", "One person serves once at a time.", "Check the times; if it is the same service, remove the row."];
    /// The same service is a record of this system.
    HERE_ALREADY = "past.here_already", 422,
        zh ["系统里已有这次服务的记录（{when}）。", "同一次服务只计一次。", "请删除这一行。"],
        en ["This service has a record here already ({when}).", "One service counts once.", "Remove the row."];
    /// The same row further up.
    DUPLICATE_ROW = "past.duplicate_row", 422,
        zh ["与第 {row} 行是同一次服务。", "同一个人、同一天、同一活动、同样的时长只算一次。", "若确是两次，请写上不同的起止时间。"],
        en ["It is the same service as row {row}.", "One person, one day, one activity and one amount count once.", "If there were two, write their different times."];
    /// A number of the earlier system that came with other values.
    NUMBER_USED = "past.number_used", 422,
        zh ["原系统编号“{number}”已导入过，但内容不同。", "同一编号只对应一条记录。", "请先作废或撤销原来的那条，再导入更正后的。"],
        en ["The number “{number}” of the earlier system came in before with other values.", "One number is one record.", "Void the earlier record or undo its batch, then import the corrected one."];
    /// The person said that it is not theirs.
    DISOWNED = "past.disowned", 422,
        zh ["本人已声明这条“不是我的”。", "本人否认的时长不再计入。", "如有误会，请本人到站点说明后由站点补录。"],
        en ["The person has said that this is not theirs.", "What a person disowned is not counted again.", "If that was a mistake, let the person tell the station."];
    /// The team's name is borne by two.
    TEAM_AMBIGUOUS = "past.team_ambiguous", 422,
        zh ["有不止一支队伍叫“{name}”。", "同名时不猜是哪一支。", "请写明全名，或清空这一格（时长只计给个人）。"],
        en ["More than one team is called “{name}”.", "Of several with one name none is guessed.", "Write the full name, or clear the cell: the hours then count for the person alone."];
    /// Too many rows for one file.
    TOO_MANY = "past.too_many", 422,
        zh ["一份文件最多 {max} 行。", "太大的文件难以核对。", "请按年份分成几份。"],
        en ["A file holds at most {max} rows.", "Larger ones cannot be checked by anybody.", "Split it by year."];
    /// The step does not fit the state.
    WRONG_STATE = "past.wrong_state", 409,
        zh ["这份文件现在是“{state}”，不能做这一步。", "每一步都有先后。", "请刷新页面查看进度。"],
        en ["This file is “{state}”; that step is not possible now.", "The steps have an order.", "Reload the page to see where it stands."];
    /// Nothing to count.
    NOTHING = "past.nothing", 409,
        zh ["没有可以计入的行。", "全部行都已导入过或有问题。", "请下载问题行，改正后重新上传。"],
        en ["There is nothing to count.", "All rows are there already or refused.", "Download the refused rows, correct them and upload them again."];
    /// One's own hours.
    OWN = "past.own", 403,
        zh ["文件里有您本人的时长，须由另一位工作人员计入。", "本人的时长必须由另一人确认。", "请同站点的其他工作人员或上级站点打开这份文件，点“计入”。"],
        en ["The file holds hours of your own; another member of staff must count them.", "A person's own hours need another person.", "Ask a colleague or the unit above to open this file and count it."];
    /// Too late to undo.
    UNDO_LATE = "past.undo_late", 409,
        zh ["计入已超过 {days} 天，不能整批撤销。", "整批撤销限 {days} 天内；之后只能逐条作废。", "请在记录页逐条作废，并写明理由。"],
        en ["It was counted more than {days} days ago and cannot be undone as a whole.", "A batch can be undone for {days} days; after that records are voided one by one.", "Void the records on their pages, with the reason."];
    /// No record of past hours of one's own.
    NOT_PAST = "past.not_past", 409,
        zh ["这条记录不能这样处理。", "“不是我的”用于已计入的历史时长；现场记录有误请联系站点。", "请联系您的站点。"],
        en ["This cannot be done with this record.", "“Not mine” is for past hours that count; for others ask your station.", "Ask your station."];
}
