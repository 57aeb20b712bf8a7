//! What this subject refuses, with the rule and the way out.

kernel::refusals! {
    /// It ends before it begins.
    DATES = "body.dates", 422,
        zh ["结束日期早于开始日期。", "有效期从设立之日到最后一天。", "请改正日期。"],
        en ["It ends before it begins.", "Validity runs from the first day to the last.", "Correct the dates."];
    /// A seat has no holder.
    HOLDER = "body.holder", 422,
        zh ["请写明由谁担任。", "席位由个人担任（志愿者编号或姓名），或由某单位的职务担任。", "请填写其中一种。"],
        en ["Say who holds the seat.", "A person (volunteer number or name), or a post of an organisation.", "Fill in one of them."];
    /// Two holders at once.
    ONE_HOLDER = "body.one_holder", 422,
        zh ["一个席位只能有一种担任方式。", "由个人担任，或由职务担任（随职务更替）。", "请只填写一种。"],
        en ["A seat is held in one way.", "By a person, or by a post, whoever holds it.", "Fill in only one."];
    /// The seat lies outside the body's validity.
    OUTSIDE = "body.outside", 422,
        zh ["任职日期不在机构有效期（{from} 至 {until}）内。", "席位只能在机构有效期内任职。", "请改正日期，或先延长机构的有效期。"],
        en ["The date lies outside the body's validity ({from} to {until}).", "Seats are held while the body exists.", "Correct the date, or extend the body first."];
    /// The seat ended already.
    SEAT_ENDED = "body.seat_ended", 409,
        zh ["这个席位已经卸任。", "每个席位只卸任一次。", "请刷新页面查看现在的名单。"],
        en ["This seat has ended already.", "A seat ends once.", "Reload to see who holds what."];
    /// The host does not exist or is out of reach.
    HOST = "body.host", 422,
        zh ["不能把办公室设在这里。", "办公室设在您管理的组织里。", "请在列表里另选一个。"],
        en ["Its office cannot be there.", "The office stands at an organisation you look after.", "Choose another one."];
}
