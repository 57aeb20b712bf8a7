//! What this subject refuses, with the rule and the way out.

kernel::refusals! {
    /// A node may not stand there (M1).
    WRONG_PARENT = "org.wrong_parent", 422,
        zh ["“{kind}”不能设在“{parent}”下面。", "条线上从市、街道、社区到站点逐级设立；队伍可设在市、街道、社区、站点或成员单位下。", "请换一个上级。"],
        en ["A {kind} cannot stand under a {parent}.", "The area line runs city, street, community, station; teams stand under any of them or under a member unit.", "Choose another parent."];
    /// A node would stand under itself.
    CYCLE = "org.cycle", 422,
        zh ["不能把“{name}”移到它自己或它的下级里。", "组织树不能成环。", "请选择它之外的上级。"],
        en ["“{name}” cannot move into itself or what stands under it.", "The tree must not form a ring.", "Choose a parent outside of it."];
    /// The node, or the node it shall stand under, is closed (Edge-15).
    CLOSED = "org.closed", 409,
        zh ["“{name}”已撤销。", "撤销后的组织只保留历史，不再变动。", "请使用承接它的组织。"],
        en ["“{name}” is closed.", "A closed organisation keeps its past and changes no more.", "Use its successor."];
    /// The step does not fit the state.
    WRONG_STATE = "org.wrong_state", 409,
        zh ["“{name}”现在是“{state}”，不能改为“{to}”。", "筹建可转为开放，开放与暂停可互换，撤销另有流程。", "请刷新页面查看当前状态。"],
        en ["“{name}” is {state} and cannot become {to}.", "Planned opens; open and suspended exchange; closing is a step of its own.", "Reload to see the current state."];
    /// Something still stands under it (Edge-15).
    HAS_CHILDREN = "org.has_children", 409,
        zh ["“{name}”下面还有 {count} 个未撤销的组织。", "撤销不能让下级失去上级。", "请先移动它们，或改用“合并”由别的组织承接。"],
        en ["{count} open organisations still stand under “{name}”.", "Closing must not orphan what stands below.", "Move them first, or merge it into a successor."];
    /// People still belong to it (Edge-15).
    HAS_PEOPLE = "org.has_people", 409,
        zh ["还有 {count} 名志愿者属于“{name}”。", "撤销社区时，每个人都要有新的归属。", "请用“合并”由别的组织承接。"],
        en ["{count} volunteers still belong to “{name}”.", "When a community closes, everybody must belong somewhere.", "Merge it into a successor instead."];
    /// Work is still open.
    OPEN_WORK = "org.open_work", 409,
        zh ["“{name}”还有 {count} 场活动没有登记完。", "登记完之前不能撤销，否则时长无人确认。", "请先结束点名并提交记录。"],
        en ["“{name}” has {count} sessions that are not recorded yet.", "It cannot close before, or nobody could confirm the hours.", "Close the roll and submit the records first."];
    /// Merging unlike nodes.
    UNLIKE = "org.unlike", 422,
        zh ["“{name}”和“{into}”不是同一类组织。", "只能与同类组织合并，且承接方须在开放中。", "请换一个承接组织。"],
        en ["“{name}” and “{into}” are of different kinds, or the successor is not open.", "Only organisations of one kind can merge, into an open one.", "Choose another successor."];
    /// A split needs two names or more.
    SPLIT_NAMES = "org.split_names", 422,
        zh ["拆分至少要有两个不同的新名称。", "每行一个名称，最多 {max} 个。", "请补充新组织的名称。"],
        en ["A split needs at least two different new names.", "One name a line, at most {max}.", "Add the names of the new organisations."];
    /// The unified social credit code is taken (V7).
    USCC_TAKEN = "org.uscc_taken", 409,
        zh ["这个统一社会信用代码已被登记。", "一个代码只对应一个组织。", "请核对代码，或查找已登记的组织。"],
        en ["This unified social credit code is already registered.", "One code stands for one organisation.", "Check the code, or look up the organisation."];
    /// The unified social credit code is wrong (V7).
    USCC_WRONG = "org.uscc_wrong", 422,
        zh ["统一社会信用代码“{value}”不对。", "18 位数字和大写字母，末位是校验码（GB 32100）。没有的可以不填。", "请对照证书再填一次。"],
        en ["The unified social credit code “{value}” is wrong.", "18 digits and capital letters, the last one a check character (GB 32100). It may stay empty.", "Copy it from the certificate again."];
    /// No team takes members in this state.
    NOT_JOINABLE = "org.not_joinable", 409,
        zh ["“{name}”现在不接收队员。", "只有开放中的队伍可以加入。", "可以看看同一社区的其他队伍。"],
        en ["“{name}” takes no members now.", "Only open teams can be joined.", "See the other teams of the community."];
    /// Already a member, or already asked.
    ALREADY_MEMBER = "org.already_member", 409,
        zh ["已经是队员，或申请正在等待审核。", "同一支队伍只能有一份队员身份或申请。", "请在“我的”查看状态。"],
        en ["Already a member, or the application is waiting.", "One membership or application for each team.", "See its state under “Mine”."];
    /// Not a member.
    NOT_MEMBER = "org.not_member", 409,
        zh ["不是这支队伍的队员，或申请已处理。", "可能刚被别人处理过。", "请刷新页面查看当前名单。"],
        en ["Not a member of this team, or the application was already answered.", "Somebody may have done it a moment ago.", "Reload the list."];
    /// The person's state does not allow membership (Fix-03).
    NOT_ACTIVE = "org.not_active", 409,
        zh ["这位志愿者目前不能加入队伍。", "档案处于暂停、存疑或注销状态时不能加入。", "请联系社区站点处理档案。"],
        en ["This volunteer cannot join a team at present.", "A suspended, disputed or closed file cannot join.", "Ask the community station about the file."];
    /// A leader leaves the post first (Edge-12).
    LEADER_STAYS = "org.leader_stays", 409,
        zh ["还担任“{title}”，不能退出队伍。", "先卸任，再退出，职责才不会落空。", "请由上级先办理卸任。"],
        en ["Still holds the post “{title}” and cannot leave the team.", "The post is given up first, so that its duties do not fall through.", "Ask the parent organisation to end the post first."];
    /// The last leader while sessions are unrecorded (Edge-12).
    LAST_LEADER = "org.last_leader", 409,
        zh ["这是最后一位负责人，还有 {count} 场活动没有登记。", "没有登记完之前，须有副队长或上级接手。", "请先任命接替人，或勾选“由上级接手”。"],
        en ["This is the last leader, and {count} sessions are not recorded yet.", "Until they are, a deputy or the parent must take over.", "Appoint somebody first, or tick “the parent takes over”."];
    /// No volunteer has this number.
    NO_VOLUNTEER = "org.no_volunteer", 422,
        zh ["没有找到编号为“{value}”的志愿者。", "编号印在队员证上。", "请核对编号，或先到站点注册。"],
        en ["No volunteer has the number “{value}”.", "The number stands on the member card.", "Check the number, or register at the station first."];
    /// A post is already held.
    POST_HELD = "org.post_held", 409,
        zh ["{name}已担任这个职务。", "同一人在同一组织的同一职务只登记一次。", "如需更换称谓，请先卸任再任命。"],
        en ["{name} already holds this post.", "One person holds one post of a kind in an organisation once.", "To change the title, end the post and appoint again."];
    /// The emblem is no picture.
    EMBLEM = "org.emblem", 422,
        zh ["没有收到可用的队徽图片。", "只收 JPEG、PNG、WebP，每边至少 32 像素，不超过 8 MB。", "请换一张图片再上传。"],
        en ["No usable picture of the emblem came.", "JPEG, PNG or WebP, at least 32 pixels a side, at most 8 MB.", "Choose another picture and upload again."];
    /// The emblem has too many pixels.
    EMBLEM_LARGE = "org.emblem_large", 422,
        zh ["队徽图片尺寸太大（{width}×{height}）。", "最多 5000 万像素。", "请缩小后再上传。"],
        en ["The emblem has too many pixels ({width} x {height}).", "At most 50 million.", "Make it smaller and upload again."];
}
