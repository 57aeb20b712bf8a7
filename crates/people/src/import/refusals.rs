//! What the roster import refuses, with the rule and the way out. What is wrong inside a row is said by
//! the `roster` crate.

kernel::refusals! {
    /// The community of a row is not known.
    COMMUNITY_UNKNOWN = "import.community_unknown", 422,
        zh ["没有找到社区“{name}”。", "社区须是本市组织树中的社区，且在您的管理范围内。", "请改成组织树里的名称，或在上一步选择默认社区。"],
        en ["The community “{name}” was not found.", "It must be a community of the city's tree within your area.", "Write the name as in the tree, or choose a default community in the step before."];
    /// A row names no community and no default was chosen.
    COMMUNITY_MISSING = "import.community_missing", 422,
        zh ["没有写所属社区。", "每位志愿者都属于一个社区。", "请补上社区，或在上一步选择默认社区。"],
        en ["No community is given.", "Every volunteer belongs to a community.", "Add it, or choose a default community in the step before."];
    /// Two communities bear the name.
    COMMUNITY_AMBIGUOUS = "import.community_ambiguous", 422,
        zh ["有不止一个社区叫“{name}”。", "同名社区要写明街道，系统不猜。", "请写成“街道+社区”的全名。"],
        en ["More than one community is called “{name}”.", "A name that several bear needs its street; nothing is guessed.", "Write street and community."];
    /// The same person stands further up in the file.
    DUPLICATE_ROW = "import.duplicate_row", 422,
        zh ["与第 {row} 行是同一个证件号码。", "一个证件号码只对应一位志愿者。", "请保留正确的一行。"],
        en ["Row {row} has the same document number.", "One document number is one volunteer.", "Keep the right row."];
    /// Neither a document nor a phone.
    NO_KEY = "import.no_key", 422,
        zh ["没有证件号码，也没有手机号。", "只凭姓名不能认定是谁（同名的人很多）。", "请至少补上其中一项。"],
        en ["Neither a document number nor a phone is given.", "A name alone does not say who it is.", "Add at least one of the two."];
    /// Several people could be meant.
    AMBIGUOUS = "import.ambiguous", 422,
        zh ["系统中有 {count} 位同名同手机号的志愿者。", "不能确定是哪一位时不导入。", "请补上证件号码。"],
        en ["{count} volunteers have this name and phone.", "Where it is not certain who is meant, nothing is imported.", "Add the document number."];
    /// The person belongs to somebody else's area.
    ELSEWHERE = "import.elsewhere", 422,
        zh ["此人已在其他社区登记。", "只能更新本辖区内的志愿者。", "请联系其所在社区，或由本人申请转入。"],
        en ["This person is registered in another community.", "Only people of your own area can be changed.", "Ask that community, or let the person transfer."];
    /// Another import that is still open holds the person.
    IN_OTHER_IMPORT = "import.in_other_import", 422,
        zh ["此人在另一份尚未发布的导入里。", "同一个人不能同时由两份导入写入。", "请先发布或取消那一份。"],
        en ["This person stands in another import that is not published yet.", "Two imports cannot write the same person at once.", "Publish or cancel the other one first."];
    /// No file came.
    NO_FILE = "import.no_file", 422,
        zh ["没有选择文件。", "支持 .xlsx、.xls 和 .csv。", "请选择文件后再上传。"],
        en ["No file was chosen.", ".xlsx, .xls and .csv are read.", "Choose a file and upload it again."];
    /// A step that does not fit the import's state.
    WRONG_STATE = "import.wrong_state", 409,
        zh ["这份导入现在是“{state}”，不能做这一步。", "每一步都有先后。", "请刷新页面查看进度。"],
        en ["This import is “{state}”; that step is not possible now.", "The steps have an order.", "Reload the page to see where it stands."];
    /// Nothing to publish.
    NOTHING = "import.nothing", 409,
        zh ["没有可以导入的行。", "全部行都是重复或有问题的。", "请下载问题行，改正后重新上传。"],
        en ["There is nothing to import.", "All rows are unchanged or refused.", "Download the refused rows, correct them and upload them again."];
}
