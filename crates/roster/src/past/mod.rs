//! Tables of past hours: what earlier systems, spreadsheets and paper books say about service given before the
//! city ran on this one (Add-04). Columns, their usual names, and one row into one past service; whose it is and
//! whether it can be is decided elsewhere.

mod duration;
mod row;
mod when;

use kernel::{Date, Error, Refusal};

use crate::map::{self, Columns, contents, count_by, enough, fields, normal};
use crate::read::{Book, Row, Table};
use crate::{clean, refusals};
pub use duration::{Unit, minutes};
pub use row::{PastRow, clean_row};
pub use when::{Moment, When, moment, when};

fields! {
    /// What a column of a table of past hours may hold.
    Past {
    /// The person's name.
    Name = "name", "姓名", "Name";
    /// The type of the identity document.
    IdType = "id_type", "证件类型", "Document type";
    /// The number of the identity document.
    IdNumber = "id_number", "证件号码", "Document number";
    /// The volunteer's number, here or in the earlier system.
    VolunteerNo = "volunteer_no", "志愿者编号", "Volunteer number";
    /// The phone.
    Phone = "phone", "手机", "Phone";
    /// What was done.
    Title = "title", "活动名称", "Activity";
    /// The team or organisation.
    Team = "team", "服务队/组织", "Team or organisation";
    /// The day of service, or from one day to another, with times or without.
    On = "on", "服务日期", "Day of service";
    /// The last day.
    Until = "until", "结束日期", "Last day";
    /// When it began: a time of day, or day and time.
    From = "from", "开始时间", "Start";
    /// When it ended.
    To = "to", "结束时间", "End";
    /// How long, in hours where no unit stands beside the number.
    Hours = "hours", "服务时长（小时）", "Hours";
    /// Hours that the earlier system kept apart (荣誉时数); they are added.
    Honor = "honor", "荣誉时数（另加）", "Honour hours (added)";
    /// How long, in minutes where no unit stands beside the number.
    Minutes = "minutes", "服务时长（分钟）", "Minutes";
    /// As what the person served.
    Role = "role", "岗位/角色", "Role";
    /// The service category.
    Category = "category", "服务类别", "Category";
    /// The place.
    Place = "place", "服务地点", "Place";
    /// The number of the record in the earlier system.
    SourceNo = "source_no", "原系统记录编号", "Number in the earlier system";
    }
}

/// Which column holds what.
pub type Mapping = Columns<Past>;

/// How sure the name of a column is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    Weak,
    Exact,
}

/// The field a column name stands for. Names of rosters, of the national system, of 志愿汇 and of home-made
/// tables.
#[must_use]
pub fn recognise(name: &str) -> Option<Past> {
    fit(name).map(|(field, _)| field)
}

fn recognise_at(name: &str) -> Option<usize> {
    recognise(name).map(|field| field as usize)
}

fn fit(name: &str) -> Option<(Past, Fit)> {
    if name.len() > 200 || name.trim().is_empty() {
        return None;
    }
    let whole = normal(name, true);
    named(&whole).or_else(|| {
        let outside = normal(name, false);
        // The unit stands in the brackets more often than not: 服务时长（分钟）.
        let minutes = whole.contains("分钟") || whole.ends_with("分") || whole.contains("min");
        match named(&outside) {
            Some((Past::Hours, fit)) if minutes => Some((Past::Minutes, fit)),
            found => found,
        }
    })
}

fn named(name: &str) -> Option<(Past, Fit)> {
    use Fit::{Exact, Weak};
    use Past as P;
    let found = match name {
        "志愿者编号"
        | "志愿者号"
        | "全国编号"
        | "全国志愿者编号"
        | "志愿汇编号"
        | "志愿者证号"
        | "志愿服务编号"
        | "志愿者注册编号"
        | "注册编号"
        | "注册号"
        | "义工编号"
        | "义工号"
        | "会员编号"
        | "volunteerno"
        | "volunteernumber"
        | "volunteerid" => (P::VolunteerNo, Exact),
        "活动名称"
        | "项目名称"
        | "志愿项目名称"
        | "志愿项目"
        | "服务项目"
        | "服务项目名称"
        | "志愿服务项目"
        | "志愿服务项目名称"
        | "活动项目"
        | "活动主题"
        | "活动标题"
        | "志愿活动名称"
        | "志愿活动"
        | "志愿服务活动"
        | "参与活动"
        | "参加活动"
        | "参与项目"
        | "活动项目名称"
        | "活动"
        | "项目"
        | "activity"
        | "activityname"
        | "project"
        | "projectname"
        | "title"
        | "opportunity" => (P::Title, Exact),
        "服务内容" | "活动内容" | "内容" | "事项" => (P::Title, Weak),
        "服务队" | "所属队伍" | "队伍" | "志愿服务队" | "服务队伍" | "志愿队伍" | "所属团体" | "志愿团体"
        | "志愿者队伍" | "服务组织" | "所属组织" | "组织单位" | "活动组织单位" | "主办单位" | "主办方"
        | "发起组织" | "发起单位" | "发布组织" | "发布单位" | "组织名称" | "队伍名称" | "团队名称"
        | "活动组织" | "志愿服务组织" | "记录单位" | "team" | "teamname" | "organisation"
        | "organization" | "organizer" | "organiser" | "group" => (P::Team, Exact),
        "单位" | "所属单位" | "团队" | "组织" | "承办单位" => (P::Team, Weak),
        "服务日期" | "活动日期" | "日期" | "服务年月日" | "开展日期" | "参加日期" | "签到日期" | "date"
        | "servicedate" | "activitydate" | "day" => (P::On, Exact),
        "活动时间" | "服务起止时间" | "起止时间" | "起止日期" | "服务时间段" | "时间段" | "开展时间"
        | "参加时间" | "活动起止时间" | "when" => (P::On, Exact),
        // Order 67 calls the hours 服务时间; tables more often the day: the content decides.
        "服务时间" | "时间" | "志愿服务时间" => (P::On, Weak),
        "结束日期" | "截止日期" | "活动结束日期" | "服务结束日期" | "enddate" | "until" => {
            (P::Until, Exact)
        }
        "开始日期" | "起始日期" | "活动开始日期" | "服务开始日期" | "startdate" => {
            (P::On, Exact)
        }
        "开始时间" | "起始时间" | "签到时间" | "签入时间" | "活动开始时间" | "服务开始时间" | "开始"
        | "上岗时间" | "计时开始时间" | "start" | "starttime" | "from" | "checkin" | "checkintime" => {
            (P::From, Exact)
        }
        "结束时间" | "终止时间" | "签退时间" | "签出时间" | "活动结束时间" | "服务结束时间" | "结束"
        | "离岗时间" | "计时结束时间" | "end" | "endtime" | "to" | "checkout" | "checkouttime" => {
            (P::To, Exact)
        }
        "服务时长"
        | "志愿服务时长"
        | "志愿时长"
        | "时长"
        | "服务时数"
        | "志愿服务时数"
        | "时数"
        | "信用时数"
        | "信用时长"
        | "小时"
        | "小时数"
        | "服务小时"
        | "服务小时数"
        | "志愿服务小时数"
        | "工时"
        | "义工时"
        | "有效时长"
        | "认定时长"
        | "服务时长小时"
        | "服务时数小时"
        | "志愿服务时长小时"
        | "志愿服务时间小时"
        | "服务时间小时"
        | "时长小时"
        | "信用时数小时"
        | "信用时长小时"
        | "时数小时"
        | "hours"
        | "duration"
        | "servicehours"
        | "hour" => (P::Hours, Exact),
        "荣誉时数" | "荣誉时长" | "荣誉时数小时" | "荣誉时长小时" | "honorhours" | "honourhours" => {
            (P::Honor, Exact)
        }
        "分钟"
        | "分钟数"
        | "服务分钟"
        | "服务分钟数"
        | "服务时长分钟"
        | "时长分钟"
        | "志愿服务时长分钟"
        | "服务时长分"
        | "minutes"
        | "serviceminutes"
        | "min" => (P::Minutes, Exact),
        "岗位" | "服务岗位" | "岗位名称" | "角色" | "担任角色" | "职责" | "role" | "post" | "position" => {
            (P::Role, Exact)
        }
        "服务类别" | "活动类别" | "项目类别" | "服务类型" | "活动类型" | "项目类型" | "服务领域"
        | "category" | "type" => (P::Category, Exact),
        "类别" | "类型" => (P::Category, Weak),
        "地点" | "服务地点" | "活动地点" | "服务地址" | "活动地址" | "place" | "location" | "venue" => {
            (P::Place, Exact)
        }
        "记录编号"
        | "记录号"
        | "服务记录编号"
        | "流水号"
        | "记录流水号"
        | "原记录编号"
        | "原系统编号"
        | "原系统记录编号"
        | "活动编号"
        | "项目编号"
        | "recordno"
        | "recordid"
        | "recordnumber"
        | "sourceno"
        | "reference" => (P::SourceNo, if matches!(name, "活动编号" | "项目编号") { Weak } else { Exact }),
        // Whom it is about, as in rosters.
        _ => match map::recognise(name)? {
            map::Field::Name => (P::Name, Exact),
            map::Field::IdType => (P::IdType, Exact),
            map::Field::IdNumber => (P::IdNumber, Exact),
            map::Field::Phone => (P::Phone, Exact),
            map::Field::Team => (P::Team, Weak),
            _ => return None,
        },
    };
    Some(found)
}

/// The table of past hours in a file.
///
/// # Errors
/// As [`Book::table`].
pub fn table(book: &Book, sheet: Option<usize>) -> Result<Table, Error> {
    book.table_of(sheet, recognise_at)
}

/// A day so late that no real date lies after it: what is checked here is the form.
fn far() -> Date {
    Date::from_days(47_481)
}

/// Whether a value fits a field by its form; none for fields of free text.
fn fits(field: Past, value: &str) -> Option<bool> {
    Some(match field {
        Past::Name => clean::name(value).is_ok(),
        Past::IdNumber => clean::document(None, value, far()).is_ok(),
        Past::Phone => clean::phone(value).is_ok(),
        Past::On => when(field, value).is_ok(),
        Past::Until => moment(field, value).is_ok_and(|m| m.date.is_some()),
        Past::From | Past::To => moment(field, value).is_ok_and(|m| m.minute.is_some() || m.date.is_some()),
        Past::Hours | Past::Minutes | Past::Honor => match minutes(field, value, Unit::Hours) {
            Ok(_) => true,
            Err(refusal) => refusal.code() == refusals::DURATION_ZERO.code,
        },
        _ => return None,
    })
}

fn count(field: Past, sample: &[Row], column: usize) -> (usize, usize) {
    count_by(sample, column, |value| fits(field, value) == Some(true))
}

/// Guesses the columns by their names; where a name means a day to some and hours to others, by content.
#[must_use]
pub fn guess(header: &[impl AsRef<str>], sample: &[Row]) -> Mapping {
    let mut mapping = Mapping::default();
    let mut named: Vec<(Fit, usize, Past)> = header
        .iter()
        .enumerate()
        .take(crate::read::MAX_COLUMNS)
        .filter_map(|(column, name)| fit(name.as_ref()).map(|(field, fit)| (fit, column, field)))
        .collect();
    named.sort_by_key(|(fit, column, _)| (std::cmp::Reverse(*fit), *column));
    for (fit, column, mut field) in named {
        let mostly = |field| {
            let (filled, fitting) = count(field, sample, column);
            filled > 0 && fitting * 5 >= filled * 4
        };
        if field == Past::On && fit == Fit::Weak && !mostly(Past::On) && mostly(Past::Hours) {
            field = Past::Hours;
        }
        if mapping.column(field).is_none() {
            mapping.set(field, Some(column));
        }
    }
    mapping
}

/// Holds the mapping against the first rows: it must say whose the hours are, what, when and how long, and columns
/// with content must be what they are said to be (Chk-09).
///
/// # Errors
/// `past.who_column`, `past.column`, `roster.column_content`: all at once.
pub fn check(mapping: &Mapping, sample: &[Row]) -> Result<(), Error> {
    let has = |field| mapping.column(field).is_some();
    let mut refused = Vec::new();
    if !(has(Past::IdNumber) || has(Past::VolunteerNo) || has(Past::Name) && has(Past::Phone)) {
        refused.push(Refusal::new(&refusals::PAST_WHO_COLUMN).on(Past::IdNumber.key()));
    }
    if !has(Past::Title) {
        refused.push(clean::refuse(&refusals::PAST_COLUMN, Past::Title));
    }
    if !has(Past::On) && !has(Past::From) {
        refused.push(clean::refuse(&refusals::PAST_COLUMN, Past::On));
    }
    if !(has(Past::Hours) || has(Past::Minutes) || has(Past::From) && has(Past::To)) {
        // A column of spans says how long as well.
        let spans = mapping.column(Past::On).is_some_and(|column| {
            let (filled, fitting) = count_by(sample, column, |value| {
                when(Past::On, value).is_ok_and(|w| w.from.is_some() && w.to.is_some())
            });
            filled > 0 && enough(filled, fitting)
        });
        if !spans {
            refused.push(clean::refuse(&refusals::PAST_COLUMN, Past::Hours));
        }
    }
    let telling = [Past::IdNumber, Past::Phone, Past::On, Past::Hours, Past::Name];
    let columns = mapping.iter().filter(|(field, _)| fits(*field, "").is_some());
    refused.extend(contents(columns, sample, Past::IdNumber, &telling, fits));
    if refused.is_empty() { Ok(()) } else { Err(Error::Refused(refused)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_people_use() {
        for (name, field) in [
            ("姓 名", Past::Name),
            ("志愿者姓名", Past::Name),
            ("身份证号码", Past::IdNumber),
            ("联系电话", Past::Phone),
            ("志愿者编号", Past::VolunteerNo),
            ("志愿项目名称", Past::Title),
            ("活动组织单位", Past::Team),
            ("发起组织", Past::Team),
            ("服务日期", Past::On),
            ("活动起止时间", Past::On),
            ("签到时间", Past::From),
            ("签退时间", Past::To),
            ("服务时长（小时）", Past::Hours),
            ("服务时长(h)", Past::Hours),
            ("服务时长（分钟）", Past::Minutes),
            ("时长\n(分钟)", Past::Minutes),
            ("信用时数", Past::Hours),
            ("荣誉时数", Past::Honor),
            ("服务岗位", Past::Role),
            ("记录编号", Past::SourceNo),
            ("Service Hours", Past::Hours),
            ("Check-in time", Past::From),
        ] {
            assert_eq!(recognise(name), Some(field), "{name}");
        }
        for name in ["序号", "备注", "监护人姓名", "电子邮箱", "负责人"] {
            assert_eq!(recognise(name), None, "{name}");
        }
        for field in Past::ALL {
            assert_eq!(Past::from_key(field.key()), Some(*field));
        }
        assert!(Past::ALL.len() <= map::MAX_FIELDS);
        assert_eq!(Past::Name as usize, crate::read::NAME);
    }

    #[test]
    fn the_content_says_what_a_weak_name_means() {
        let head = ["姓名", "手机", "活动名称", "日期", "服务时间"];
        let hours = [Row::new(2, ["王芳", "13800138000", "清扫", "2024-03-05", "2.5"])];
        assert_eq!(guess(&head, &hours).to_string(), "name=0,phone=1,title=2,on=3,hours=4");
        let head = ["姓名", "手机", "活动名称", "服务时间", "时长"];
        let days = [Row::new(2, ["王芳", "13800138000", "清扫", "2024-03-05", "2.5"])];
        let mapping = guess(&head, &days);
        assert_eq!(mapping.to_string(), "name=0,phone=1,title=2,on=3,hours=4");
        assert!(check(&mapping, &days).is_ok());
    }

    #[test]
    fn what_is_missing_is_said_at_once() {
        let codes = |text: &str| match check(&Mapping::parse(text).unwrap(), &[]) {
            Ok(()) => Vec::new(),
            Err(Error::Refused(all)) => all.iter().map(Refusal::code).collect(),
            Err(Error::Fault(_)) => vec!["fault"],
        };
        assert_eq!(codes("name=0"), ["past.who_column", "past.column", "past.column", "past.column"]);
        assert!(codes("id_number=0,title=1,on=2,hours=3").is_empty());
        assert!(codes("name=0,phone=1,title=2,from=3,to=4").is_empty());
        let swapped: Vec<Row> = (0..12).map(|n| Row::new(n, ["2024-03-05", "清扫", "2.5"])).collect();
        let mapping = Mapping::parse("volunteer_no=1,title=1,on=2,hours=0");
        assert_eq!(mapping.unwrap_err().code(), "roster.mapping_invalid");
        let mapping = Mapping::parse("title=1,on=2,hours=0").unwrap();
        let Err(Error::Refused(all)) = check(&mapping, &swapped) else { panic!("swapped columns pass") };
        assert!(all.iter().filter(|r| r.code() == "roster.column_content").count() >= 2);
    }
}
