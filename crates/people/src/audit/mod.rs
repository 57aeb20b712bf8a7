//! The audit log (X6): administrative acts and every look at an ID number, append-only. No statement of
//! the program changes or removes a row, and [`chain`] shows when somebody else did.

pub mod chain;
mod pages;
mod store;

use db::{DbError, WriteTx};
use kernel::{Actor, Lang, ids};

pub use chain::{seal, verify};
pub use pages::LIST;
pub use store::{Entry, Filter, list};

ids! {
    /// A line of the audit log.
    AuditId;
}

/// Pages of this subject.
pub fn routes() -> axum::Router<ui::App> {
    pages::routes()
}

/// Writes a line: who (`actor`) did what (`act`, a stable code such as `role.grant`) to what (`object_kind`
/// and `object_id`), with a detail without personal data. It becomes true with the act itself.
///
/// # Errors
/// Of the database.
pub fn note(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    act: &str,
    object_kind: &str,
    object_id: i64,
    detail: &str,
) -> Result<(), DbError> {
    store::insert(tx, actor, act, object_kind, object_id, detail, true)
}

/// Writes a line about something that was tried and refused.
///
/// # Errors
/// Of the database.
pub fn note_failed(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    act: &str,
    object_kind: &str,
    object_id: i64,
    detail: &str,
) -> Result<(), DbError> {
    store::insert(tx, actor, act, object_kind, object_id, detail, false)
}

/// What an act is called; an unknown code stands for itself.
#[must_use]
pub fn act_name(act: &str, lang: Lang) -> String {
    ACTS.iter()
        .find(|(code, ..)| *code == act)
        .map_or_else(|| act.to_owned(), |(_, zh, en)| lang.t(zh, en).to_owned())
}

/// The acts that are known by name.
pub const ACTS: &[(&str, &str, &str)] = &[
    ("sign_in", "登录", "Signed in"),
    ("sign_in.failed", "登录失败", "Sign-in failed"),
    ("sign_out", "退出", "Signed out"),
    ("session.end", "结束登录", "Session ended"),
    ("password.change", "修改密码", "Password changed"),
    ("password.set", "通过链接设置密码", "Password set by link"),
    ("set_up.use", "使用首次设置链接", "Set-up link used"),
    ("token.issue", "签发令牌", "Token issued"),
    ("token.end", "撤销令牌", "Token revoked"),
    ("second.on", "启用二次验证", "Second factor on"),
    ("second.off", "关闭二次验证", "Second factor off"),
    ("second.codes", "更换恢复码", "New recovery codes"),
    ("second.reset", "重置二次验证", "Second factor reset"),
    ("account.create", "建立账号", "Account created"),
    ("account.link", "生成一次性链接", "One-time link made"),
    ("account.disable", "停用账号", "Account disabled"),
    ("account.enable", "启用账号", "Account enabled"),
    ("role.grant", "授予角色", "Role given"),
    ("role.end", "结束角色", "Role ended"),
    ("slip.redeem", "使用纸条", "Slip used"),
    ("slip.print", "打印纸条", "Slips printed"),
    ("person.reveal", "查看证件号码", "ID number looked at"),
    ("person.read", "查看个人档案", "Personal file looked at"),
    ("person.register", "登记志愿者", "Volunteer registered"),
    ("person.edit", "修改个人信息", "Person edited"),
    ("person.claim", "本人认领", "Claimed by the person"),
    ("person.not_me", "“这不是我”", "“Not me”"),
    ("person.phone", "修改手机号", "Phone number changed"),
    ("roster.import", "名册导入", "Roster imported"),
    ("roster.check", "检查名册", "Roster checked"),
    ("roster.cancel", "取消导入", "Import cancelled"),
    ("roster.publish", "发布导入", "Import published"),
    ("past.check", "检查历史时长", "Past hours checked"),
    ("past.publish", "计入历史时长", "Past hours counted"),
    ("past.cancel", "取消历史时长", "Past hours cancelled"),
    ("past.undo", "撤销历史时长", "Past hours undone"),
    ("past.disown", "声明“不是我的”", "Past service disowned"),
    ("export", "导出", "Exported"),
    ("export.ask", "申请导出", "Export asked for"),
    ("export.approve", "批准导出", "Export approved"),
    ("export.refuse", "不批准导出", "Export refused"),
    ("confirm", "再次验证本人", "Confirmed to be the owner"),
    ("backup.ask", "要求备份", "Backup asked for"),
    ("backup.write", "备份", "Backup made"),
    ("backup.restore", "从备份恢复", "Restored from a backup"),
    ("person.export", "命令行导出名单", "List exported on the server"),
    ("audit.verify", "核对审计日志", "Audit log checked"),
    ("org.create", "新建组织", "Organisation created"),
    ("org.edit", "修改组织", "Organisation edited"),
    ("org.move", "调整组织", "Organisation moved"),
    ("org.merge", "合并组织", "Organisations merged"),
    ("org.split", "拆分组织", "Organisation split"),
    ("org.close", "撤销组织", "Organisation closed"),
    ("activity.publish", "发布活动（含声明）", "Activity published, with its declaration"),
    ("activity.cancel", "取消活动", "Activity cancelled"),
    ("activity.place", "修改活动地点", "Activity's place changed"),
    ("session.change", "修改已发布的场次", "Published session changed"),
    ("session.quota", "修改名额", "Places of a session changed"),
    ("session.cancel", "取消场次", "Session cancelled"),
    ("series.create", "按规律排期", "Sessions made by rule"),
    ("series.extend", "续排场次", "Series extended"),
    ("series.cancel", "取消以后各场", "Series cancelled from a day on"),
    ("sign_up.override", "越过报名提醒", "Sign-up warning overridden"),
    ("absence.excuse", "谅解未到场", "Absence excused"),
    ("absence.uphold", "未到场计入", "Absence counted"),
    ("sign_up.rules", "修改报名规则", "Sign-up rules changed"),
    ("photo.add", "上传照片", "Photos added"),
    ("photo.publish", "公开照片（已确认同意）", "Photos shown, with the word about consent"),
    ("photo.delete", "删除照片", "Photo deleted"),
    ("photo.restore", "恢复照片", "Photo brought back"),
    ("photo.ask_down", "请求下架照片", "Photo asked to be taken down"),
    ("photo.down", "下架照片", "Photo taken down"),
    ("photo.keep", "保留照片", "Photo kept"),
    ("story.publish", "公开活动小结", "Summary published"),
    ("reflection.approve", "通过感想", "Reflection approved"),
    ("reflection.return", "退回感想", "Reflection given back"),
    ("template.save", "保存活动模板", "Activity template saved"),
    ("template.delete", "删除活动模板", "Activity template removed"),
    ("plan.change", "修改年度计划", "Annual plan changed"),
    ("person.write", "给志愿者写消息", "Wrote to a volunteer"),
    ("team.join_many", "批量加入队伍", "Several people taken into a team"),
    ("retention.write", "联系久未参加的志愿者", "Wrote to people who fell silent"),
    ("record.submit", "提交时长", "Records submitted"),
    ("record.confirm", "确认时长", "Records confirmed"),
    ("record.return", "退回时长", "Records returned"),
    ("record.fill_ask", "申请补录", "Back-fill asked for"),
    ("record.fill_approve", "批准补录", "Back-fill approved"),
    ("record.fill_refuse", "不批准补录", "Back-fill refused"),
    ("record.void", "作废时长", "Record voided"),
    ("attendance.undo", "撤销签到", "Check-in undone"),
    ("attendance.offline", "收到离线点名", "Roll-call captured offline taken"),
    ("desk.start", "启动签到台", "Check-in desk started"),
    ("desk.end", "停用签到台", "Check-in desk ended"),
    ("attendance.decide", "决定不一致的点名", "Decided where phones disagreed"),
    ("trip.set", "设置集合信息", "Meeting set"),
    ("trip.clear", "取消集合", "Meeting taken away"),
    ("trip.back", "确认全部安全返回", "All back safely"),
    ("trip.not_back", "撤销全部安全返回", "“All back safely” taken back"),
    ("group.divide", "平均分组", "People divided into groups"),
    ("group.change", "调整小组", "Groups changed"),
    ("group.undo", "撤销分组改动", "A change of groups undone"),
    ("group.write", "通知小组", "Wrote to a group"),
    ("group.roll", "组长点名", "Roll called by a group leader"),
    ("co.ask", "邀请联合主办", "Asked to organise together"),
    ("co.agree", "同意联合主办", "Agreed to organise together"),
    ("co.decline", "谢绝联合主办", "Declined to organise together"),
    ("co.end", "结束联合主办", "No longer organised together"),
    ("coordination.set", "设置类别的统筹部门", "Coordinating body of a category set"),
    ("coordination.ask", "请求统筹部门同意", "Coordinating body asked"),
    ("coordination.agree", "统筹部门同意", "Coordinating body agreed"),
    ("coordination.decline", "统筹部门不同意", "Coordinating body declined"),
    ("campaign.create", "新建专项行动", "Campaign begun"),
    ("campaign.change", "修改专项行动", "Campaign changed"),
    ("campaign.announce", "公布专项行动", "Campaign announced"),
    ("campaign.close", "结束专项行动", "Campaign closed"),
    ("campaign.delete", "删除专项行动草稿", "Draft of a campaign removed"),
    ("campaign.declare", "申报行动项目", "Item declared for a campaign"),
    ("campaign.withdraw", "撤回申报项目", "Declared item taken back"),
    ("campaign.accept", "列入申报项目", "Declared item accepted"),
    ("campaign.return", "退回申报项目", "Declared item given back"),
    ("campaign.attach", "活动归入专项行动", "Activity counted for a campaign"),
    ("campaign.detach", "活动移出专项行动", "Activity taken out of a campaign"),
    ("remote.set", "设置线上或居家服务", "Online or at home set"),
    ("remote.review", "核对线上服务成果", "Work reviewed"),
    ("sheet.print", "打印签到表", "Paper sheets printed"),
    ("sheet.enter", "录入纸质签到表", "Paper sheet entered"),
    ("sheet.void", "作废签到表", "Paper sheet made void"),
    ("attendance.override", "资格不全仍标记到场", "Marked as present without a qualification"),
    ("attendance.somebody_new", "现场登记新人", "Somebody new at the roll-call"),
    ("person.suspend", "停用志愿者", "Person suspended"),
    ("person.reactivate", "恢复志愿者", "Person reactivated"),
    ("person.deceased", "登记去世", "Death noted"),
    ("person.deceased_undo", "撤销去世登记", "Death taken back"),
    ("person.document", "补登证件", "Document added"),
    ("person.document_change", "更换证件", "Document changed"),
    ("person.not_me_uphold", "“不是我”成立", "“Not me” upheld"),
    ("person.pause", "本人暂停", "Paused by the person"),
    ("person.resume", "本人恢复", "Came back"),
    ("person.close", "本人注销", "Ended by the person"),
    ("person.merge", "合并重复登记", "Double registrations merged"),
    ("person.unmerge", "撤销合并", "Merge undone"),
    ("person.not_same", "核对为不是同一人", "Found not to be the same person"),
    ("transfer.answer", "答复转队申请", "Transfer answered"),
    ("report_in.add", "列入单位报到名单", "Put on a unit's list"),
    ("report_in.remove", "移出单位报到名单", "Taken off a unit's list"),
    ("report_in.answer", "本人答复报到", "Answered a unit's list"),
    ("report_in.decide", "社区答复报到", "Community answered"),
    ("qualification.enter", "登记资格", "Qualification entered"),
    ("qualification.confirm", "核对通过资格", "Qualification confirmed"),
    ("qualification.refuse", "资格核对不通过", "Qualification not confirmed"),
    ("qualification.revoke", "撤销资格", "Qualification revoked"),
    ("qualification.kind", "维护资格种类", "Kinds of qualifications changed"),
    ("rights.done", "办结个人信息请求", "Data request done"),
    ("rights.refuse", "不同意个人信息请求", "Data request refused"),
    ("rights.days", "设置个人信息请求期限", "Clock of data requests set"),
    ("card.print", "打印会员卡", "Member card printed"),
    ("card.issue", "发放会员卡", "Member card handed out"),
    ("card.lost", "挂失会员卡", "Member card reported lost"),
    ("card.replace", "换发会员卡", "Member card replaced"),
    ("card.void", "作废会员卡", "Member card voided"),
    ("training.add", "登记培训", "Training entered"),
    ("training.void", "作废培训登记", "Training voided"),
    ("unit.apply", "单位申请入会", "A unit asked to join"),
    ("unit.enter", "录入单位会员", "Unit member entered"),
    ("unit.accept", "通过单位入会", "Unit taken in"),
    ("unit.reject", "不通过单位入会", "Unit not taken in"),
    ("unit.end", "结束单位会籍", "Unit's membership ended"),
    ("unit.leave", "单位退出或撤回申请", "Unit left or took its application back"),
    ("unit.serve", "提出以单位名义服务", "Asked to serve in a unit's name"),
    ("unit.confirm", "单位确认服务人员", "Unit confirmed somebody"),
    ("unit.refuse", "单位不确认服务人员", "Unit turned somebody down"),
    ("unit.dismiss", "单位结束服务人员", "Unit ended serving in its name"),
    ("unit.stop", "不再以单位名义服务", "Stopped serving in a unit's name"),
    ("report_in.services", "修改参与标准", "Changed what counts as taking part"),
    ("target.create", "设定结构指标", "Set a structural target"),
    ("target.end", "停用结构指标", "Ended a structural target"),
    ("agreement.sign", "签署服务协议", "Signed an agreement"),
    ("agreement.counter", "组织方签署服务协议", "Signed agreements for the body"),
    ("agreement.terms", "设置活动的协议要求", "Changed what an activity asks of agreements"),
    ("agreement.rules", "修改服务协议规则或文本", "Changed the rules or the text of agreements"),
    ("insurance.record", "登记保单", "Recorded an insurance policy"),
    ("insurance.correct", "更正保单", "Corrected an insurance policy"),
    ("insurance.withdraw", "撤回保单", "Withdrew an insurance policy"),
    ("insurance.choose", "为活动选用保单", "Chose a policy for an activity"),
    ("insurance.drop", "取消选用保单", "Took the choice of a policy back"),
    ("insurance.close", "封存投保名单", "Closed a list of the insured"),
    ("insurance.rules", "修改保险提醒", "Changed when leaders are warned of insurance"),
    ("body.create", "设立工作机构", "Set up a working body"),
    ("body.change", "修改工作机构", "Changed a working body"),
    ("body.seat", "登记席位", "Gave a seat"),
    ("body.seat_end", "席位卸任", "Ended a seat"),
    ("guardian.give", "监护人同意", "Guardian consented"),
    ("guardian.refuse", "监护人不同意", "Guardian declined"),
    ("guardian.withdraw", "监护人撤回同意", "Guardian withdrew"),
    ("guardian.own_work", "声明以自己的劳动收入为生", "Declared to live from own work"),
    ("guardian.erase", "监护人逾期未答复，删除登记", "Erased: the guardian did not answer"),
    ("person.emergency", "查看紧急联系人", "Emergency contact looked at"),
    ("webhook.add", "添加对接目标", "Webhook added"),
    ("webhook.change", "修改对接目标", "Webhook changed"),
    ("webhook.remove", "删除对接目标", "Webhook removed"),
    ("webhook.on", "启用对接目标", "Webhook switched on"),
    ("webhook.off", "停用对接目标", "Webhook switched off"),
    ("webhook.test", "测试对接目标", "Webhook tested"),
    ("delivery.resend", "重发消息", "Delivery sent again"),
    ("push.rekey", "更换设备通知密钥", "Key for notifications exchanged"),
    ("person.not_me_refuse", "“不是我”不成立", "“Not me” refused"),
];
