//! Forms of campaigns, read the same way for pages and programs.

use kernel::error::Collect;
use kernel::{Error, OrgId};
use ui::Fields;
use ui::form::Label;

use super::Measure;
use super::commands::NewPhase;
use super::item_store::Entry;
use super::rules::Facts;
use crate::CampaignLineId;

/// Largest target: a number that still fits when it is kept in minutes.
const TARGET: i64 = 100_000_000;

/// What is written of a campaign; without a day until which items are declared it is the day before the start.
pub(super) fn facts(fields: &Fields) -> Result<Facts, Error> {
    let mut all = Collect::default();
    let from_on = all.take(fields.date("from", Label("开始", "From")));
    let to_on = all.take(fields.date("to", Label("结束", "To")));
    let declare_until = match fields.text("declare_until") {
        "" => from_on.map(|day| day.plus(-1)),
        _ => all.take(fields.date("declare_until", Label("申报截止", "Items until"))),
    };
    let title = all.take(fields.required("title", Label("名称", "Title"), 60));
    let title_en = all.take(fields.optional("title_en", Label("英文名称", "Title in English"), 120));
    let basis = all.take(fields.optional("basis", Label("依据", "Basis"), 300));
    let summary = all.take(fields.optional("summary", Label("内容", "Content"), 3000));
    all.done()?;
    match (from_on, to_on, declare_until) {
        (Some(from_on), Some(to_on), Some(declare_until)) => Ok(Facts {
            title: title.unwrap_or_default(),
            title_en: title_en.unwrap_or_default(),
            basis: basis.unwrap_or_default(),
            summary: summary.unwrap_or_default(),
            from_on,
            to_on,
            declare_until,
        }),
        _ => Err(Error::bug("a date that is missing was not refused")),
    }
}

/// A phase; deliverables stand one a line.
pub(super) fn phase(fields: &Fields) -> Result<NewPhase, Error> {
    let mut all = Collect::default();
    let name = all.take(fields.required("name", Label("阶段", "Phase"), 40));
    let from_on = all.take(fields.date("from", Label("开始", "From")));
    let to_on = all.take(fields.date("to", Label("结束", "To")));
    let text =
        all.take(fields.optional("deliverables", Label("成果", "Deliverables"), 4000)).unwrap_or_default();
    let too_long = text.lines().find(|line| line.trim().chars().count() > 200);
    if let Some(line) = too_long {
        all.push(Label("成果", "Deliverables").wrong(
            "deliverables",
            line,
            "每行一项，每项最多 200 字。",
            "One a line, each at most 200 characters.",
        ));
    }
    all.done()?;
    let deliverables =
        text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect();
    match (name, from_on, to_on) {
        (Some(name), Some(from_on), Some(to_on)) => Ok(NewPhase { name, from_on, to_on, deliverables }),
        _ => Err(Error::bug("a field that is missing was not refused")),
    }
}

/// A line: name, measure, target as entered.
pub(super) fn line(fields: &Fields) -> Result<(String, Measure, i64), Error> {
    let mut all = Collect::default();
    let label = Label("统计口径", "What it counts");
    let name = all.take(fields.required("name", Label("工作线", "Line"), 40));
    let code = all.take(fields.required("measure", label, 20)).unwrap_or_default();
    let measure = Measure::from_code(&code);
    if measure.is_none() && !code.is_empty() {
        all.push(label.wrong("measure", &code, "请从列表中选择。", "Choose one from the list."));
    }
    let target = all.take(fields.number("target", Label("目标", "Target"), 1, TARGET));
    all.done()?;
    match (name, measure, target) {
        (Some(name), Some(measure), Some(target)) => Ok((name, measure, target)),
        _ => Err(Error::bug("a field that is missing was not refused")),
    }
}

/// A line that is named or not.
pub(super) fn line_id(fields: &Fields) -> Result<Option<CampaignLineId>, Error> {
    match fields.text("line") {
        "" => Ok(None),
        _ => Ok(Some(fields.id("line", Label("工作线", "Line"))?)),
    }
}

/// What a team declares.
pub(super) fn entry(fields: &Fields) -> Result<Entry, Error> {
    let mut all = Collect::default();
    let line = match fields.text("line") {
        "" => None,
        _ => all.take(fields.id::<CampaignLineId>("line", Label("工作线", "Line"))),
    };
    let title = all.take(fields.required("title", Label("项目", "Item"), 60));
    let day = all.take(fields.date("day", Label("日期", "Day")));
    let place = all.take(fields.required("place", Label("地点", "Place"), 100));
    let people = all.take(fields.number("people", Label("预计人数", "Expected people"), 1, 100_000));
    let note = all.take(fields.optional("note", Label("说明", "Note"), 300));
    all.done()?;
    match (title, day, place, people) {
        (Some(title), Some(day_on), Some(place), Some(people)) => {
            Ok(Entry { line, title, day_on, place, people, note: note.unwrap_or_default() })
        }
        _ => Err(Error::bug("a field that is missing was not refused")),
    }
}

/// The team that is named.
pub(super) fn team(fields: &Fields) -> Result<OrgId, Error> {
    Ok(fields.id("team", Label("队伍", "Team"))?)
}
