//! Every refusal of reading and cleaning a roster. Values of a person (number, phone) never stand in a
//! text: refusals are counted and logged, rosters are not.

kernel::refusals! {
    /// Not a table at all.
    FILE_KIND = "roster.file_kind", 422,
        zh ["这个文件不是可读取的表格（{found_zh}）。", "可读取 .xlsx、.xls 工作簿和 .csv、.txt 文本表格。", "请用 Excel 或 WPS 打开后“另存为”.xlsx，再上传。"],
        en ["This file is not a table that can be read ({found_en}).", ".xlsx and .xls workbooks and .csv or .txt tables can be read.", "Open it in Excel or WPS, save it as .xlsx, and upload it again."];
    /// Moved or removed since it was uploaded.
    FILE_GONE = "roster.file_gone", 422,
        zh ["上传的文件已不在服务器上。", "文件只在处理期间保存。", "请重新上传这个文件。"],
        en ["The uploaded file is no longer on the server.", "Files are kept only while they are worked on.", "Upload the file again."];
    /// Broken or cut off.
    FILE_BROKEN = "roster.file_broken", 422,
        zh ["文件损坏或不完整，无法读到底。", "只有完整读完的文件才会导入，避免漏掉人。", "请在电脑上打开确认内容，重新保存后再上传。"],
        en ["The file is damaged or cut off and cannot be read to its end.", "Only a file that is read completely is imported, so that nobody is left out.", "Open it on a computer, check it, save it again and upload it."];
    /// Protected by a password.
    FILE_LOCKED = "roster.file_locked", 422,
        zh ["文件设有打开密码。", "系统不保存、也不询问文件密码。", "请去掉密码另存一份后再上传。"],
        en ["The file is protected by a password.", "File passwords are neither asked for nor kept.", "Save a copy without the password and upload that."];
    /// A workbook from before 1997.
    FILE_OLD = "roster.file_old", 422,
        zh ["这是 Excel 95 或更早的工作簿。", "可读取 Excel 97 及以后的格式。", "请用 Excel 或 WPS 打开后“另存为”.xlsx，再上传。"],
        en ["This workbook is in the format of Excel 95 or before.", "Formats from Excel 97 on can be read.", "Open it in Excel or WPS, save it as .xlsx, and upload it again."];
    /// Blows up when unpacked.
    FILE_BOMB = "roster.file_bomb", 422,
        zh ["文件解压后异常庞大，已停止读取。", "工作表解压后最大 {max} MB，且不超过压缩前的 {ratio} 倍。", "请只保留名册那一张表，删除多余的格式和空行后再上传。"],
        en ["The file grows beyond measure when unpacked; reading was stopped.", "A sheet may unpack to {max} MB and to {ratio} times its packed size.", "Keep only the roster sheet, remove unused formats and rows, and upload it again."];
    /// Nothing in it.
    FILE_EMPTY = "roster.file_empty", 422,
        zh ["文件里没有找到任何一行数据。", "名册需要一行列名和至少一行人员。", "请检查是否选错了文件或工作表。"],
        en ["There is not one row of data in the file.", "A roster needs a row of column names and at least one person.", "Check whether this is the right file and sheet."];
    /// The characters make no sense.
    FILE_ENCODING = "roster.file_encoding", 422,
        zh ["文件的文字编码无法识别，会读成乱码。", "文本表格须为 UTF-8、GB18030（GBK）或带标记的 UTF-16。", "请用 Excel 或 WPS 打开后“另存为”.xlsx，再上传。"],
        en ["The character encoding of the file is unknown; it would be read as garbage.", "A text table must be UTF-8, GB18030 (GBK), or UTF-16 with its mark.", "Open it in Excel or WPS, save it as .xlsx, and upload it again."];
    /// A quotation mark never ends.
    FILE_QUOTE = "roster.file_quote", 422,
        zh ["第 {row} 行的引号没有结束，后面的行会连成一格。", "文本表格里引号须成对。", "请补上或删去这一行的引号，或改用 .xlsx 上传。"],
        en ["A quotation mark in row {row} never ends; all later rows would become one cell.", "Quotation marks in a text table come in pairs.", "Add or remove the mark in that row, or upload an .xlsx."];
    /// One cell or row is far too long.
    CELL_TOO_LONG = "roster.cell_too_long", 422,
        zh ["第 {row} 行有一格内容过长。", "一格最多 32,767 字，与 Excel 相同。", "请缩短或删除这一格后再上传。"],
        en ["A cell in row {row} is far too long.", "A cell holds at most 32,767 characters, as in Excel.", "Shorten or clear it and upload the file again."];
    /// Too many columns.
    TOO_WIDE = "roster.too_wide", 422,
        zh ["表格太宽（第 {row} 行超过 {max} 列）。", "名册最多 {max} 列。", "请删除多余的列后再上传。"],
        en ["The table is too wide (row {row} has more than {max} columns).", "A roster has at most {max} columns.", "Remove the columns that are not needed and upload it again."];
    /// No such sheet.
    SHEET_UNKNOWN = "roster.sheet_unknown", 422,
        zh ["文件里没有这张工作表。", "可选的工作表共 {count} 张。", "请重新选择工作表。"],
        en ["The file has no such sheet.", "There are {count} sheets to choose from.", "Choose a sheet again."];
    /// The mapping cannot be read.
    MAPPING_INVALID = "roster.mapping_invalid", 422,
        zh ["列的对应关系无法识别。", "每项写作“字段=列序号”，一列只对应一个字段。", "请在页面上重新选择各列。"],
        en ["The mapping of the columns cannot be read.", "It is written as “field=column”, each column once.", "Choose the columns on the page again."];
    /// No column of names.
    NAME_COLUMN_MISSING = "roster.name_column_missing", 422,
        zh ["没有找到姓名列。", "名册至少要有姓名一列。", "请指定哪一列是姓名。"],
        en ["No column of names was found.", "A roster needs at least a column of names.", "Say which column holds the names."];
    /// The content of a column is not what its name says (Chk-09).
    COLUMN_CONTENT = "roster.column_content", 422,
        zh ["第 {column} 列指定为“{label_zh}”，但抽查的 {checked} 个值中只有 {valid} 个像{label_zh}{looks_zh}。", "抽查中至少八成须符合，以防两列对调。", "请核对列的对应关系，或改正文件后重新上传。"],
        en ["Column {column} is set as “{label_en}”, but only {valid} of the {checked} values checked look like it{looks_en}.", "At least 80 % of the values checked must fit, so that swapped columns are noticed.", "Check the mapping of the columns, or correct the file and upload it again."];

    /// No name.
    NAME_REQUIRED = "roster.name_required", 422,
        zh ["没有姓名。", "每一行须有姓名。", "请补上姓名，或删除这一行。"],
        en ["There is no name.", "Each row needs a name.", "Add the name, or remove the row."];
    /// A name too long.
    NAME_TOO_LONG = "roster.name_too_long", 422,
        zh ["姓名太长（{length} 字）。", "姓名最多 50 字。", "请只写证件上的姓名，其余写到备注列。"],
        en ["The name is too long ({length} characters).", "A name has at most 50 characters.", "Write the name as on the document; put the rest into the notes."];
    /// Something that no name has.
    NAME_CHARACTERS = "roster.name_characters", 422,
        zh ["姓名中有不应出现的字符“{value}”。", "姓名只含文字、间隔号、空格和连字符，不含数字、括号或称呼说明。", "请只写证件上的姓名，说明写到备注列。"],
        en ["The name holds a character that names do not have: “{value}”.", "A name has letters, middle dots, spaces and hyphens; no digits, brackets or remarks.", "Write the name as on the document; put remarks into the notes."];
    /// A heading or sum where a name should be.
    NAME_NOT_A_PERSON = "roster.name_not_a_person", 422,
        zh ["“{value}”不是人的姓名。", "合计、小计、列名等行不是人员。", "请删除这一行；若确为姓名，请到站点登记。"],
        en ["“{value}” is not the name of a person.", "Rows of sums or headings are not people.", "Remove the row; if it is a name after all, register at the station."];
    /// Characters were lost when the file was made.
    GARBLED = "roster.garbled", 422,
        zh ["“{label_zh}”里有乱码。", "有字在生成文件时已经丢失，猜测会出错。", "请按原件改正这一格。"],
        en ["“{label_en}” holds characters that were lost.", "They were lost when the file was made; guessing would be wrong.", "Correct the cell from the original."];
    /// A formula error.
    CELL_ERROR = "roster.cell_error", 422,
        zh ["“{label_zh}”一格显示公式错误（{value}）。", "错误值不能作为内容导入。", "请改正公式，或直接写入内容。"],
        en ["“{label_en}” shows a formula error ({value}).", "An error value is no content.", "Correct the formula, or write the content itself."];
    /// A text too long.
    TEXT_TOO_LONG = "roster.text_too_long", 422,
        zh ["“{label_zh}”太长（{length} 字）。", "最多 {max} 字。", "请缩短后再上传。"],
        en ["“{label_en}” is too long ({length} characters).", "At most {max} characters.", "Shorten it and upload it again."];
    /// Too many entries in a list.
    LIST_TOO_LONG = "roster.list_too_long", 422,
        zh ["“{label_zh}”项目太多（{length} 项）。", "一格最多 {max} 项。", "请只保留最主要的几项。"],
        en ["“{label_en}” has too many entries ({length}).", "A cell holds at most {max}.", "Keep the most important ones."];

    /// The type of document is unknown.
    ID_TYPE_UNKNOWN = "roster.id_type_unknown", 422,
        zh ["证件类型“{value}”无法识别。", "可填：居民身份证、港澳居民居住证、台湾居民居住证、外国人永久居留身份证、护照、港澳居民来往内地通行证、台湾居民来往大陆通行证、其他。", "请改为其中一种。"],
        en ["The document type “{value}” is unknown.", "Known: resident ID card, residence permits for Hong Kong, Macao and Taiwan residents, foreign permanent resident ID card, passport, travel permits, other.", "Use one of these."];
    /// The number has the wrong form.
    ID_FORM = "roster.id_form", 422,
        zh ["证件号码的位数或字符不对（{length} 位）。", "居民身份证为 18 位（旧证 15 位），末位可为 X；其他证件请填写证件类型。", "请对照证件改正号码，或补上证件类型。"],
        en ["The document number has the wrong length or characters ({length}).", "A resident ID number has 18 digits (old: 15), the last may be X; for other documents give the type.", "Correct the number from the document, or add the document type."];
    /// The check digit is wrong.
    ID_CHECK_DIGIT = "roster.id_check_digit", 422,
        zh ["证件号码校验不通过，有一位写错了。", "18 位号码的末位由前 17 位算出（GB 11643）。", "请对照证件逐位核对后改正。"],
        en ["The document number fails its check: a digit is wrong.", "The last of the 18 digits follows from the other 17 (GB 11643).", "Compare it digit by digit with the document."];
    /// Excel has cut the number.
    ID_DIGITS_LOST = "roster.id_digits_lost", 422,
        zh ["证件号码被 Excel 当作数字，末几位已丢失。", "Excel 的数字只保留 15 位。", "请把这一列设为“文本”格式后重新填写号码。"],
        en ["Excel took the document number for a figure and lost its last digits.", "A figure in Excel keeps 15 digits.", "Set the column to “Text” and enter the number again."];
    /// The birth date in the number does not exist.
    ID_BIRTH = "roster.id_birth", 422,
        zh ["证件号码中的出生日期不存在或不合理。", "号码的第 7 至 14 位是出生日期。", "请对照证件改正号码。"],
        en ["The birth date within the document number does not exist or cannot be.", "Digits 7 to 14 are the birth date.", "Correct the number from the document."];
    /// The number starts with no region.
    ID_REGION = "roster.id_region", 422,
        zh ["证件号码开头的地区代码不存在。", "前两位是省级行政区代码。", "请对照证件改正号码。"],
        en ["The document number starts with a region code that does not exist.", "The first two digits name the province.", "Correct the number from the document."];
    /// Type and number do not go together.
    ID_TYPE_MISMATCH = "roster.id_type_mismatch", 422,
        zh ["证件类型与号码不符。", "号码的样式须与所填证件类型一致。", "请核对证件类型和号码。"],
        en ["Document type and number do not go together.", "The number must have the form of the given type.", "Check the type and the number."];
    /// Birth date differs from the number.
    BIRTH_MISMATCH = "roster.birth_mismatch", 422,
        zh ["出生日期与证件号码不一致。", "两者须一致，才能确认是同一个人。", "请对照证件改正其中一项。"],
        en ["The birth date differs from the document number.", "Both must agree to be sure it is the same person.", "Correct one of them from the document."];
    /// Gender differs from the number.
    GENDER_MISMATCH = "roster.gender_mismatch", 422,
        zh ["性别与证件号码不一致。", "18 位号码的第 17 位单数为男、双数为女。", "请对照证件改正其中一项。"],
        en ["The gender differs from the document number.", "The 17th digit is odd for men and even for women.", "Correct one of them from the document."];

    /// The phone number cannot be read.
    PHONE_FORM = "roster.phone_form", 422,
        zh ["电话号码无法识别（{length} 位数字）。", "手机 11 位，座机须带区号，境外号码以 + 开头。", "请改正号码；没有电话可留空。"],
        en ["The phone number cannot be read ({length} digits).", "A mobile number has 11 digits, a landline its area code, a number abroad starts with +.", "Correct it; leave it empty if there is none."];
    /// Two numbers in one cell.
    PHONE_SEVERAL = "roster.phone_several", 422,
        zh ["一格里有多个电话号码。", "系统不替人选择用哪个号码。", "请只留一个，其余写到备注列。"],
        en ["There are several phone numbers in one cell.", "The system does not choose one for a person.", "Keep one, and put the others into the notes."];
    /// Gender cannot be read.
    GENDER_FORM = "roster.gender_form", 422,
        zh ["性别“{value}”无法识别。", "填“男”或“女”。", "请改正，或留空。"],
        en ["The gender “{value}” cannot be read.", "Write 男 or 女 (M or F).", "Correct it, or leave it empty."];
    /// The date cannot be read.
    DATE_FORM = "roster.date_form", 422,
        zh ["“{label_zh}”的日期“{value}”无法识别。", "写作 2024-03-05 这样的年月日，年份四位。", "请改正，或留空。"],
        en ["The date “{value}” in “{label_en}” cannot be read.", "Write year, month, day as 2024-03-05, the year with four digits.", "Correct it, or leave it empty."];
    /// Day and month may be swapped.
    DATE_AMBIGUOUS = "roster.date_ambiguous", 422,
        zh ["“{label_zh}”的日期“{value}”分不清月和日。", "年份在后时，月、日有两种读法。", "请写作 2024-03-05。"],
        en ["In the date “{value}” of “{label_en}” month and day cannot be told apart.", "With the year last there are two readings.", "Write 2024-03-05."];
    /// No such day.
    DATE_NOT_REAL = "roster.date_not_real", 422,
        zh ["“{label_zh}”的日期“{value}”不存在。", "日期须在日历上存在，且在 1880 年至 2100 年之间。", "请改正，或留空。"],
        en ["The date “{value}” in “{label_en}” does not exist.", "It must be a day of the calendar between 1880 and 2100.", "Correct it, or leave it empty."];
    /// After today, or before birth.
    DATE_ORDER = "roster.date_order", 422,
        zh ["“{label_zh}”的日期“{value}”先后不合理。", "出生和加入日期不晚于今天，加入不早于出生。", "请改正，或留空。"],
        en ["The date “{value}” in “{label_en}” is out of order.", "Nobody is born or joins after today, or joins before being born.", "Correct it, or leave it empty."];
    /// A mail address cannot be read.
    EMAIL_FORM = "roster.email_form", 422,
        zh ["电子邮箱无法识别。", "样式为 name@example.cn。", "请改正，或留空。"],
        en ["The mail address cannot be read.", "Its form is name@example.cn.", "Correct it, or leave it empty."];
    /// Under eighteen: a guardian must consent (V4).
    MINOR = "roster.minor", 422,
        zh ["未满 18 周岁（{age} 岁），不能通过名册导入。", "未成年人登记须有监护人同意。", "请由监护人陪同到站点登记。"],
        en ["Under 18 (aged {age}): cannot come in through a roster.", "A minor's registration needs the guardian's consent.", "Please register at the station together with the guardian."];

    /// Past hours: no column that says whose.
    PAST_WHO_COLUMN = "past.who_column", 422,
        zh ["没有找到认人的列。", "至少要有证件号码、志愿者编号、“姓名＋手机”三者之一。", "请指定哪一列是证件号码、志愿者编号或手机。"],
        en ["No column says whose hours these are.", "A table of past hours needs document numbers, volunteer numbers, or names with phones.", "Say which column holds one of them."];
    /// Past hours: a column that must be there.
    PAST_COLUMN = "past.column", 422,
        zh ["没有找到“{label_zh}”列。", "过去的时长至少要有：认人的列、活动名称、服务日期，以及时长或起止时间。", "请指定哪一列是“{label_zh}”。"],
        en ["No column “{label_en}” was found.", "Past hours need: whose they are, the activity, the day, and how long or from when to when.", "Say which column is “{label_en}”."];
    /// A cell that must be filled in.
    PAST_MISSING = "past.missing", 422,
        zh ["“{label_zh}”没有填。", "每一行都要写明谁、什么活动、哪一天、多长时间。", "请补上这一格，或删除这一行。"],
        en ["“{label_en}” is empty.", "Each row says who, which activity, which day and how long.", "Fill in the cell, or remove the row."];
    /// Nobody can be known by the row.
    PAST_WHO = "past.who", 422,
        zh ["这一行认不出是谁。", "须有证件号码或志愿者编号，或者姓名和手机都有；只有姓名不行（同名的人很多）。", "请补上其中一项。"],
        en ["The row does not say who it is.", "It needs a document number or a volunteer number, or both name and phone; a name alone is not enough.", "Add one of them."];
    /// An amount of time that cannot be read.
    DURATION_FORM = "past.duration_form", 422,
        zh ["“{label_zh}”的“{value}”读不出是多长时间。", "可写 2.5、2.5小时、2小时30分、150分钟、2:30。", "请改成其中一种写法。"],
        en ["The value “{value}” of “{label_en}” is no amount of time that can be read.", "Write 2.5, 2.5小时, 2小时30分, 150分钟, 2 h 30 min or 2:30.", "Use one of these forms."];
    /// No time at all.
    DURATION_ZERO = "past.duration_zero", 422,
        zh ["“{label_zh}”是 0。", "没有时长的行不是服务记录。", "请填上时长，或删除这一行。"],
        en ["“{label_en}” is 0.", "A row without time is no record of service.", "Enter the time, or remove the row."];
    /// Hours and minutes say different things.
    DURATION_DIFFERS = "past.duration_differs", 422,
        zh ["小时数和分钟数对不上（{hours_minutes} 分钟与 {minutes} 分钟）。", "两列说的是同一段时间，须一致。", "请改正其中一列，或只导入一列。"],
        en ["Hours and minutes disagree ({hours_minutes} and {minutes} minutes).", "Both columns speak of the same time.", "Correct one of them, or import only one."];
    /// More time than there is between from and to.
    DURATION_SPAN = "past.duration_span", 422,
        zh ["时长 {minutes} 分钟，比起止时间（{span} 分钟）还长。", "时长不能超过从开始到结束的时间。", "请核对起止时间和时长。"],
        en ["{minutes} minutes are more than there are from start to end ({span}).", "Nobody serves longer than from start to end.", "Check the times and the amount."];
    /// More than a day has.
    DURATION_DAY = "past.duration_day", 422,
        zh ["一行写了 {hours} 小时，{days} 天里没有这么多。", "一人一天最多 24 小时。", "请核对时长的单位（小时还是分钟）和日期。"],
        en ["{hours} hours in one row are more than {days} days have.", "A person's day has at most 24 hours.", "Check the unit (hours or minutes) and the dates."];
    /// The day is missing in a date.
    PAST_DAY = "past.day", 422,
        zh ["“{label_zh}”的“{value}”没有写到哪一天。", "时长按服务当天计入，须有年月日。", "请写作 2024-03-05。"],
        en ["“{value}” in “{label_en}” does not say which day.", "Hours count on the day of service; year, month and day are needed.", "Write it as 2024-03-05."];
    /// A time that cannot be read.
    PAST_TIME = "past.time", 422,
        zh ["“{label_zh}”的“{value}”读不出时间。", "时间写作 09:30，起止写作 09:30-11:30。", "请改正这一格。"],
        en ["The value “{value}” of “{label_en}” is no time that can be read.", "Write times as 09:30 and spans as 09:30-11:30.", "Correct the cell."];
    /// Two columns name different days.
    PAST_DATES_DIFFER = "past.dates_differ", 422,
        zh ["服务日期与开始时间不是同一天（{a} 与 {b}）。", "两列说的须是同一天。", "请改正其中一列。"],
        en ["The day of service and the start are different days ({a} and {b}).", "Both columns must say the same day.", "Correct one of them."];
    /// The end comes before the beginning.
    PAST_ORDER = "past.order", 422,
        zh ["结束（{to}）早于开始（{from}）。", "结束须在开始之后。", "请核对起止时间。"],
        en ["The end ({to}) comes before the start ({from}).", "An end comes after its start.", "Check the times."];
    /// A day that has not come.
    PAST_FUTURE = "past.future", 422,
        zh ["{date} 还没有到。", "这里只导入已经发生的服务。", "请核对日期；将来的活动请在“活动管理”发布。"],
        en ["{date} has not come yet.", "Only service that took place is imported here.", "Check the date; what is to come is published as an activity."];
    /// Longer than a year.
    PAST_LONG = "past.long", 422,
        zh ["一行从 {from} 到 {to}，超过一年。", "一行是一次服务；多年的合计不能作为一条记录。", "请按每次服务分行，或按年分行。"],
        en ["One row runs from {from} to {to}, more than a year.", "A row is one service; a sum of years is no record.", "Write one row for each service, or for each year."];
}
