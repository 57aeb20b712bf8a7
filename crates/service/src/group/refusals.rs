//! What this subject refuses, with the rule and the way out.

kernel::refusals! {
    /// The roll is closed or handed in.
    SHUT = "group.shut", 409,
        zh ["这一场已经结束点名，不能再分组。", "分组在点名提交以前调整。", "名单有误请在记录里更正。"],
        en ["The roll of this session is closed; its groups stay.", "Groups change until the roll is handed in.", "Correct mistakes among the records."];
    /// More groups than people.
    TOO_MANY = "group.too_many", 422,
        zh ["{people} 个人分不成 {groups} 组。", "组数不能超过人数，最多 {max} 组。", "请减少组数。"],
        en ["{people} people do not make {groups} groups.", "There are at most as many groups as people, and at most {max}.", "Make fewer groups."];
    /// No groups yet.
    NO_GROUPS = "group.no_groups", 409,
        zh ["还没有小组。", "先有小组，才能把人分进去。", "请先填写组数平均分组，或加一个小组。"],
        en ["There are no groups yet.", "People go into groups that are there.", "Divide evenly first, or add a group."];
    /// Nobody chosen.
    NOBODY = "group.nobody", 422,
        zh ["没有选人。", "移动、点名都要先选人。", "请勾选名单上的人。"],
        en ["Nobody was chosen.", "Choose whom it concerns first.", "Tick people on the list."];
    /// Somebody who has no place in the session.
    NOT_THERE = "group.not_there", 422,
        zh ["选中的人里有人已不在本场名单上。", "小组里只能是报上本场的人。", "请刷新名单后再选。"],
        en ["Somebody of those chosen has no place in the session any more.", "Groups consist of those who signed up.", "Reload the list and choose again."];
    /// Another session's group, or one that was taken away.
    GONE = "group.gone", 404,
        zh ["没有这个小组。", "小组可能已被移除，或不在您负责的活动里。", "请回到分组页查看。"],
        en ["There is no such group.", "It was taken away, or belongs to a session that is not yours.", "Look at the groups of the session."];
    /// The leader is not in the group.
    NOT_MEMBER = "group.not_member", 422,
        zh ["组长须是本组的人。", "组长从本组报上名的人里选。", "请先把这个人移到本组。"],
        en ["A group is led by one of its own.", "Its leader is one of those who signed up and are in it.", "Move the person into the group first."];
    /// Too young to lead.
    MINOR = "group.minor", 422,
        zh ["{name}未满 18 周岁，不能当组长。", "组长要点名、看到组员姓名，须年满 18 周岁。", "请另选一位成年组员。"],
        en ["{name} is under eighteen and cannot lead a group.", "A leader calls the roll and sees full names, and must be of age.", "Choose an adult of the group."];
    /// Nothing to take back.
    NOTHING = "group.nothing_to_undo", 409,
        zh ["没有可以撤销的分组。", "只保留最近一次改动之前的样子。", "请直接调整。"],
        en ["There is nothing to undo.", "What is kept is how things were before the last change.", "Change the groups as they are."];
    /// Too often.
    WRITTEN = "group.empty", 409,
        zh ["这个组里没有可以通知的人。", "消息发给本组报上名的人。", "请先把人分到本组。"],
        en ["There is nobody in this group to write to.", "A message goes to those who are in the group.", "Move people into it first."];
    /// The caller is in no group here.
    NONE = "group.none", 404,
        zh ["您在这一场没有分到小组。", "小组由活动负责人安排，可能还没分，或已撤销。", "时间地点请看“我的安排”。"],
        en ["You are in no group of this session.", "The leader divides people; it may not be done yet, or was undone.", "Time and place stand in your schedule."];
    /// Not the group's leader.
    NOT_LEADER = "group.not_leader", 403,
        zh ["只有本组组长能给本组点名。", "组长由活动负责人指定；取消报名或缺席后不再是组长。", "请联系活动负责人点名。"],
        en ["Only the leader of the group calls its roll.", "Whoever leads the activity names them; who gives the place back or is absent leads no more.", "Ask the activity's leader."];
    /// One's own line.
    OWN = "group.own", 409,
        zh ["组长不能给自己点名。", "本人签到须由本人扫码，或由活动负责人点名。", "请扫现场二维码签到。"],
        en ["A group leader does not mark themself.", "One's own check-in goes by the code, or by the activity's leader.", "Scan the code at the place."];
    /// The activity's leader, a phone or the person said something else.
    DECIDED = "group.decided", 409,
        zh ["{name}的签到由别人记下，组长不能改。", "组长只能改自己点的名；活动负责人和本人的签到优先。", "有误请告诉活动负责人。"],
        en ["Somebody else marked {name}; a group leader cannot change that.", "Group leaders change what they marked themselves; the activity's leader and people's own check-ins go first.", "Tell the activity's leader if it is wrong."];
    /// Checked out.
    LEFT = "group.left", 409,
        zh ["{name}已签退，组长不能撤销。", "组长可以撤销自己点的到场和缺席；签退由活动负责人更正。", "有误请告诉活动负责人。"],
        en ["{name} has left; a group leader cannot take that back.", "Group leaders take back whom they marked as here or absent; the activity's leader corrects when somebody left.", "Tell the activity's leader if it is wrong."];
    /// Left already, or never came.
    NOT_INSIDE = "group.not_inside", 409,
        zh ["{name}现在不在场，不能签退。", "先到场才能签退。", "请先标记到场。"],
        en ["{name} is not here now and cannot be checked out.", "One leaves after having come.", "Mark the person as present first."];
}
