//! What the city asks of sign-ups beyond the conditions of each activity: rest, how much a day, when cancelling is
//! late, what follows from staying away. One row of the settings, which the city's office changes on a page.

use askama::Template;
use axum::extract::State;
use db::{DbError, ReadTx, WriteTx, args, sql};
use kernel::error::Collect;
use kernel::{Action, Actor, Error, Place, Timestamp};
use serde::{Deserialize, Serialize};
use ui::answer::{Answer, Done};
use ui::form::Label;
use ui::{App, Fields, Form, Req, Shell};

/// The longest rest that can be asked for, in minutes: as far as a sign-up looks around itself.
pub const LONGEST_REST: i64 = 240;
const NAME: &str = "service.sign_up";

/// The rules of the city.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Limits {
    /// Minutes of rest between two sessions; 0: none is asked.
    pub rest_minutes: i64,
    /// Minutes of service on one local day (R4: more than eight hours must be confirmed higher up).
    pub day_minutes: i64,
    /// Sessions on one local day; 0: any number.
    pub day_sessions: i64,
    /// Whether the three are refused; otherwise one is warned and may go on.
    pub refuse: bool,
    /// Who cancels less than so many hours before the start says why; 0: never asked.
    pub late_hours: i64,
    /// So many times absent without notice within twelve months, and sign-up is by approval; 0: never (P2).
    pub absences: i64,
    /// For so many days after the last one.
    pub absence_days: i64,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            rest_minutes: 30,
            day_minutes: 8 * 60,
            day_sessions: 0,
            refuse: false,
            late_hours: 24,
            absences: 3,
            absence_days: 30,
        }
    }
}

impl Limits {
    /// Reads what is stored; what is missing or damaged is as delivered.
    #[must_use]
    pub fn read(text: Option<&str>) -> Self {
        text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default()
    }
}

impl Limits {
    /// Until when somebody who stayed away so often, last then, asks the leader for every place; `None`: not at all.
    #[must_use]
    pub fn asks_until(&self, now: Timestamp, (count, last): (i64, Option<Timestamp>)) -> Option<Timestamp> {
        let until = last?.plus_minutes(self.absence_days * 24 * 60);
        (self.absences > 0 && count >= self.absences && now < until).then_some(until)
    }
}

/// The rules in force.
///
/// # Errors
/// Of the database.
pub fn limits(tx: &mut ReadTx<'_>) -> Result<Limits, DbError> {
    let set: Option<(String,)> = tx.first(sql!("SELECT value FROM setting WHERE name = $1"), args![NAME])?;
    Ok(Limits::read(set.as_ref().map(|row| row.0.as_str())))
}

/// Changes the rules; logged with what they were and are.
///
/// # Errors
/// `common.forbidden` for whoever does not act for the whole city.
pub fn change(tx: &mut WriteTx<'_>, actor: &Actor, new: &Limits) -> Result<(), Error> {
    demand(tx, actor)?;
    let old = limits(tx)?;
    let text = |limits: &Limits| serde_json::to_string(limits).map_err(|fault| Error::bug(fault.to_string()));
    let (before, after) = (text(&old)?, text(new)?);
    tx.exec_one(
        sql!(
            "INSERT INTO setting (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value"
        ),
        args![NAME, &after],
    )?;
    people::audit::note(tx, actor, "sign_up.rules", "setting", 0, &format!("{before} → {after}"))?;
    Ok(())
}

/// The office of the whole city, or of the highest node there is.
/// Demands that the actor is of the city's office.
pub(crate) fn demand(tx: &mut ReadTx<'_>, actor: &Actor) -> Result<(), Error> {
    let top: Option<(String,)> =
        tx.first(sql!("SELECT area_path FROM org ORDER BY length(area_path), id LIMIT 1"), args![])?;
    let top = top.map_or_else(|| "/".to_owned(), |row| row.0);
    actor.demand(Action::OrgManage, Place { area_path: &top, sponsor_path: "" })
}

#[derive(Template)]
#[template(path = "sign_up/limits.html")]
struct LimitsPage {
    shell: Shell,
    form: Form,
    modes: Vec<(String, String)>,
}

fn render(app: &App, tx: &mut ReadTx<'_>, req: &Req, actor: &Actor, form: Form) -> Result<Answer, Error> {
    demand(tx, actor)?;
    let lang = req.lang;
    let mode = |code: &str, zh: &str, en: &str| (code.to_owned(), lang.t(zh, en).to_owned());
    ui::answer::html(
        app,
        req,
        &LimitsPage {
            shell: app.shell(req, actor, lang.t("报名规则", "Sign-up rules")),
            form,
            modes: vec![
                mode("warn", "提醒，本人确认后可以继续", "Warn; people may confirm and go on"),
                mode(
                    "refuse",
                    "不允许，只有队长能写明原因代报",
                    "Refuse; only the leader may, with a reason",
                ),
            ],
        },
    )
}

/// `GET /rules/sign-up`
pub(super) async fn show(State(app): State<App>, req: Req) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        let now = limits(tx)?;
        let form = Form::filled([
            ("rest", now.rest_minutes.to_string()),
            // Tenths, so that half an hour is not lost.
            ("hours", format!("{}.{}", now.day_minutes / 60, now.day_minutes % 60 / 6)),
            ("sessions", now.day_sessions.to_string()),
            ("mode", if now.refuse { "refuse" } else { "warn" }.to_owned()),
            ("late", now.late_hours.to_string()),
            ("absences", now.absences.to_string()),
            ("days", now.absence_days.to_string()),
        ]);
        render(&a, tx, req, actor, form)
    })
    .await
}

fn read(fields: &Fields) -> Result<Limits, Error> {
    let mut all = Collect::default();
    let hours = Label("一天最多服务", "Service a day");
    let day = all.take(fields.required("hours", hours, 5).and_then(|text| {
        text.parse::<f64>()
            .ok()
            .filter(|hours| (0.5..=24.0).contains(hours))
            .map(|hours| (hours * 60.0).round())
            .ok_or_else(|| hours_wrong(hours, &text))
    }));
    let limits = Limits {
        rest_minutes: all
            .take(fields.number("rest", Label("场次间休息", "Rest between sessions"), 0, LONGEST_REST))
            .unwrap_or_default(),
        // At most 1,440: no digit is lost.
        #[expect(clippy::cast_possible_truncation, reason = "between 30 and 1440")]
        day_minutes: day.unwrap_or_default() as i64,
        day_sessions: all
            .take(fields.number("sessions", Label("一天最多场次", "Sessions a day"), 0, 20))
            .unwrap_or_default(),
        refuse: fields.text("mode") == "refuse",
        late_hours: all
            .take(fields.number("late", Label("临近取消", "Late cancelling"), 0, 168))
            .unwrap_or_default(),
        absences: all
            .take(fields.number("absences", Label("未到场次数", "Times absent"), 0, 50))
            .unwrap_or_default(),
        absence_days: all
            .take(fields.number("days", Label("审批天数", "Days by approval"), 1, 365))
            .unwrap_or_default(),
    };
    all.done()?;
    Ok(limits)
}

fn hours_wrong(label: Label, text: &str) -> kernel::Refusal {
    label.wrong("hours", text, "请填 0.5 到 24 的小时数。", "Hours from 0.5 to 24.")
}

/// `POST /rules/sign-up`
pub(super) async fn save(State(app): State<App>, req: Req, fields: Fields) -> Answer {
    let a = app.clone();
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            // Whoever may not is told so before what they wrote is judged.
            demand(tx, actor)?;
            change(tx, actor, &read(fields)?)?;
            Ok(Done::to(
                "/rules/sign-up",
                req.lang.t("已保存，从现在起生效。", "Saved; in force from now on."),
            ))
        },
        move |tx, req, actor, form| render(&a, tx, req, actor, form.clone()),
    )
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stored_is_read_and_damage_is_as_delivered() {
        let set = Limits { refuse: true, rest_minutes: 5, ..Limits::default() };
        let text = serde_json::to_string(&set).unwrap();
        assert_eq!(Limits::read(Some(&text)), set);
        assert_eq!(Limits::read(Some("{\"rest_minutes\": 0}")).rest_minutes, 0);
        assert_eq!(Limits::read(Some("{")), Limits::default());
        assert_eq!(Limits::read(None), Limits::default());
    }

    #[test]
    fn the_form_shows_every_wrong_field() {
        let fields = Fields::of([("hours", "30"), ("rest", "x"), ("sessions", "2"), ("late", "24")]);
        let Err(Error::Refused(wrong)) = read(&fields) else { panic!("refused") };
        assert_eq!(wrong.len(), 4, "hours, rest, absences, days");
        let fields = Fields::of([
            ("hours", "6.5"),
            ("rest", "15"),
            ("sessions", "2"),
            ("late", "24"),
            ("absences", "3"),
            ("days", "30"),
            ("mode", "refuse"),
        ]);
        let read = read(&fields).unwrap();
        assert_eq!((read.day_minutes, read.refuse), (390, true));
    }
}
