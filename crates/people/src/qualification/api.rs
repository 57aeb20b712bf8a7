//! Qualifications and trainings for programs, over the same commands as the pages.

use db::{ReadTx, WriteTx};
use kernel::{Action, Actor, Date, Error, OrgId, PersonId, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ui::App;
use ui::api::{ACCEPTED, Accepted, After, Api, At, Call, Paged, doc};
use ui::form::Label;

use super::store::{self, Filter, KindRow, Qualification, Training};
use super::{
    KindForm, QualificationId, QualificationStage, QualificationState, TrainingId, commands, kind_pages,
    person_pages, refusals, rules, training_pages,
};
use crate::person;

/// Operations of this subject.
#[must_use]
pub fn api() -> Api {
    kinds(own(staff(trainings(Api::new()))))
}

fn kinds(api: Api) -> Api {
    api.get(
        "/api/v1/qualification-kinds",
        doc("listQualificationKinds", "What the city knows as qualifications.", "资格种类。"),
        list_kinds,
    )
    .post(
        "/api/v1/qualification-kinds",
        doc("putQualificationKind", "The office adds a kind or changes one.", "办公室新增或修改资格种类。")
            .refuses(&[refusals::ALL]),
        put_kind,
    )
}

fn own(api: Api) -> Api {
    api.get(
        "/api/v1/qualifications",
        doc("listOwnQualifications", "What one may show oneself.", "我的资格。"),
        mine,
    )
    .post(
        "/api/v1/qualifications",
        doc(
            "handInQualification",
            "Hands a certificate in; it counts once staff have seen the document.",
            "提交资格证书，工作人员核对原件后生效。",
        )
        .refuses(&[refusals::ALL])
        .makes(),
        hand_in,
    )
    .post(
        "/api/v1/qualifications/{id}/withdraw",
        doc("withdrawQualification", "Takes one's own back.", "撤回自己的资格。").refuses(&[refusals::ALL]),
        withdraw,
    )
    .get(
        "/api/v1/trainings",
        doc("listOwnTrainings", "Trainings one took part in.", "我的培训。"),
        my_trainings,
    )
}

fn staff(api: Api) -> Api {
    api.get(
        "/api/v1/qualifications/area",
        doc(
            "listQualifications",
            "Qualifications of the people in one's area, for staff.",
            "辖区内志愿者的资格，供工作人员。",
        ),
        area,
    )
    .post(
        "/api/v1/qualifications/{id}/confirm",
        doc("confirmQualification", "Staff saw the document.", "工作人员核对通过。")
            .refuses(&[refusals::ALL]),
        confirm,
    )
    .post(
        "/api/v1/qualifications/{id}/refuse",
        doc("refuseQualification", "Staff do not confirm it, and say why.", "核对不通过并说明理由。")
            .refuses(&[refusals::ALL]),
        refuse,
    )
    .post(
        "/api/v1/qualifications/{id}/revoke",
        doc("revokeQualification", "It counts no more; staff say why.", "撤销资格并说明理由。")
            .refuses(&[refusals::ALL]),
        revoke,
    )
    .get(
        "/api/v1/people/{id}/qualifications",
        doc("listPersonQualifications", "What a person may show, for staff.", "志愿者的资格，供工作人员。"),
        of_person,
    )
    .post(
        "/api/v1/people/{id}/qualifications",
        doc(
            "enterQualification",
            "Staff enter a document that is before them; it counts at once.",
            "工作人员看原件登记资格，立即生效。",
        )
        .refuses(&[refusals::ALL])
        .makes(),
        enter,
    )
}

fn trainings(api: Api) -> Api {
    api.get(
        "/api/v1/teams/{id}/trainings",
        doc("listTrainings", "Trainings of a team, latest first.", "队伍的培训记录。"),
        of_team,
    )
    .post(
        "/api/v1/teams/{id}/trainings",
        doc("addTraining", "Enters a training for several members.", "为多名队员登记一次培训。")
            .refuses(&[refusals::ALL])
            .makes(),
        add_training,
    )
    .post(
        "/api/v1/teams/{id}/trainings/{training}/void",
        doc("voidTraining", "Voids a training that was entered in error.", "作废登记有误的培训。")
            .refuses(&[refusals::ALL]),
        void_training,
    )
}

/// A kind of qualification.
#[derive(Serialize, JsonSchema)]
struct QualificationKind {
    code: String,
    name: String,
    name_en: String,
    form: KindForm,
    /// A certificate of this kind names its last day.
    expires: bool,
    /// A training of this kind counts for so many months.
    months: Option<i64>,
    /// Whether it may be asked for and handed in.
    in_use: bool,
}

fn list_kinds(
    _: &App,
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    _: &Call,
) -> Result<Paged<QualificationKind>, Error> {
    actor.account()?;
    let items = store::kinds(tx)?
        .into_iter()
        .map(|one: KindRow| QualificationKind {
            code: one.code,
            name: one.name,
            name_en: one.name_en,
            form: one.form,
            expires: one.expires,
            months: one.months,
            in_use: one.in_use,
        })
        .collect();
    Ok(Paged { items, next: None })
}

/// A kind as the office writes it.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct QualificationKindText {
    /// Of the kind that is changed; left out: a new one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 60))]
    code: Option<String>,
    #[schemars(length(min = 1, max = 40))]
    name: String,
    #[schemars(length(min = 1, max = 80))]
    name_en: String,
    /// Of a kind that is there it stays.
    form: KindForm,
    #[serde(default)]
    expires: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 600))]
    months: Option<i64>,
    in_use: bool,
}

/// A kind that was written.
#[derive(Serialize, JsonSchema)]
struct QualificationKindPut {
    code: String,
}

fn put_kind(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<(), (), QualificationKindText>,
) -> Result<QualificationKindPut, Error> {
    actor.demand_any(Action::OrgManage)?;
    Ok(QualificationKindPut { code: commands::put_kind(tx, actor, &kind_pages::new_kind(&call.fields())?)? })
}

/// Something a person may show.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Qualification")]
struct Shown {
    id: QualificationId,
    person: PersonId,
    name: String,
    volunteer_no: String,
    /// Code of the kind.
    kind: String,
    kind_name: String,
    kind_name_en: String,
    /// Number on the document: whole for oneself, else its ends alone.
    number: Option<String>,
    issuer: String,
    from_on: Date,
    /// The last day; without one it does not end.
    until_on: Option<Date>,
    state: QualificationState,
    /// Where it stands today.
    stage: QualificationStage,
    /// Who does what next.
    next: &'static str,
    reason: String,
    /// The training it comes from.
    training: Option<TrainingId>,
    handed_in_at: Timestamp,
    decided_at: Option<Timestamp>,
}

fn shown(
    app: &App,
    call_lang: kernel::Lang,
    today: Date,
    whole: bool,
    one: Qualification,
) -> Result<Shown, Error> {
    let number = one.number(&app.vault)?;
    let stage = rules::stage(&one.proof(), today);
    Ok(Shown {
        number: if whole { number } else { number.map(|number| vault::mask_id_number(&number)) },
        stage,
        next: stage.next(call_lang),
        id: one.id,
        person: one.person,
        name: one.person_name,
        volunteer_no: one.volunteer_no,
        kind: one.kind,
        kind_name: one.name,
        kind_name_en: one.name_en,
        issuer: one.issuer,
        from_on: one.from_on,
        until_on: one.until_on,
        state: one.state,
        reason: one.reason,
        training: one.training,
        handed_in_at: one.handed_in_at,
        decided_at: one.decided_at,
    })
}

fn mine(app: &App, tx: &mut ReadTx<'_>, actor: &Actor, call: &Call) -> Result<Paged<Shown>, Error> {
    let today = tx.now().date();
    let items = store::of_person(tx, actor.person()?)?
        .into_iter()
        .map(|one| shown(app, call.req.lang, today, true, one))
        .collect::<Result<_, _>>()?;
    Ok(Paged { items, next: None })
}

/// What stands on a document.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct QualificationText {
    /// Code of a kind of certificate.
    #[schemars(length(min = 1, max = 60))]
    kind: String,
    #[serde(default)]
    #[schemars(length(max = 60))]
    number: String,
    #[schemars(length(min = 1, max = 100))]
    issuer: String,
    /// The first day on which it counts.
    from_on: Date,
    /// The last day; kinds that end ask for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    until_on: Option<Date>,
}

/// One that was written.
#[derive(Serialize, JsonSchema)]
struct QualificationMade {
    id: QualificationId,
}

fn hand_in(
    app: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<(), (), QualificationText>,
) -> Result<QualificationMade, Error> {
    actor.person()?;
    let given = person_pages::given(&call.fields())?;
    Ok(QualificationMade { id: commands::hand_in(tx, &app.vault, actor, &given)? })
}

fn withdraw(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<QualificationId>>,
) -> Result<Accepted, Error> {
    commands::withdraw(tx, actor, call.path.id)?;
    Ok(ACCEPTED)
}

#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[schemars(inline)]
#[serde(default)]
struct AreaQuery {
    state: Option<QualificationState>,
    /// Code of a kind.
    kind: String,
    /// Confirmed, and ending within thirty days or ended.
    ending: bool,
    /// `next` of the page before.
    after: String,
}

fn area(
    app: &App,
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    call: &Call<(), AreaQuery>,
) -> Result<Paged<Shown>, Error> {
    actor.demand_any(Action::PersonRegister)?;
    let query = &call.query;
    let filter = Filter {
        state: query.state,
        kind: query.kind.clone(),
        ending: query.ending,
        after: query.after.clone(),
    };
    let today = tx.now().date();
    let page = store::list(tx, &actor.scopes(Action::PersonRegister), &filter, store::ROWS)?;
    let items = page
        .rows
        .into_iter()
        .map(|one| shown(app, call.req.lang, today, false, one))
        .collect::<Result<_, _>>()?;
    Ok(Paged { items, next: page.next })
}

fn confirm(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<QualificationId>>,
) -> Result<Accepted, Error> {
    commands::confirm(tx, actor, call.path.id)?;
    Ok(ACCEPTED)
}

/// Why.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct QualificationReason {
    #[schemars(length(min = 1, max = 200))]
    reason: String,
}

fn refuse(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<QualificationId>, (), QualificationReason>,
) -> Result<Accepted, Error> {
    actor.account()?;
    let reason = call.fields().optional("reason", Label("理由", "Reason"), 200)?;
    commands::refuse(tx, actor, call.path.id, &reason)?;
    Ok(ACCEPTED)
}

fn revoke(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<QualificationId>, (), QualificationReason>,
) -> Result<Accepted, Error> {
    actor.account()?;
    let reason = call.fields().optional("reason", Label("理由", "Reason"), 200)?;
    commands::revoke(tx, actor, call.path.id, &reason)?;
    Ok(ACCEPTED)
}

fn of_person(
    app: &App,
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    call: &Call<At<PersonId>>,
) -> Result<Paged<Shown>, Error> {
    person::demand_person(tx, actor, Action::PersonRegister, call.path.id)?;
    let today = tx.now().date();
    let items = store::of_person(tx, call.path.id)?
        .into_iter()
        .map(|one| shown(app, call.req.lang, today, false, one))
        .collect::<Result<_, _>>()?;
    Ok(Paged { items, next: None })
}

fn enter(
    app: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<PersonId>, (), QualificationText>,
) -> Result<QualificationMade, Error> {
    person::demand_person(tx, actor, Action::PersonRegister, call.path.id)?;
    let given = person_pages::given(&call.fields())?;
    Ok(QualificationMade { id: commands::enter(tx, &app.vault, actor, call.path.id, &given)? })
}

/// A training.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Training")]
struct TrainingShown {
    id: TrainingId,
    team: OrgId,
    team_name: String,
    name: String,
    /// The main content.
    content: String,
    minutes: i64,
    /// Who held it.
    holder: String,
    held_on: Date,
    /// Code of the kind it counts as.
    kind: Option<String>,
    /// The last day on which it counts.
    counts_until: Option<Date>,
    /// How many took part.
    people: i64,
    voided_at: Option<Timestamp>,
    void_reason: String,
}

fn training_shown(one: Training) -> TrainingShown {
    TrainingShown {
        counts_until: rules::counts_until(one.held_on, one.months),
        id: one.id,
        team: one.team,
        team_name: one.team_name,
        name: one.name,
        content: one.content,
        minutes: one.minutes,
        holder: one.holder,
        held_on: one.held_on,
        kind: one.kind,
        people: one.people,
        voided_at: one.voided_at,
        void_reason: one.void_reason,
    }
}

fn my_trainings(
    _: &App,
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    _: &Call,
) -> Result<Paged<TrainingShown>, Error> {
    let items = store::trainings_of(tx, actor.person()?)?.into_iter().map(training_shown).collect();
    Ok(Paged { items, next: None })
}

fn of_team(
    _: &App,
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    call: &Call<At<OrgId>, After>,
) -> Result<Paged<TrainingShown>, Error> {
    let team = commands::team(tx, actor, call.path.id)?;
    Ok(Paged::of(store::trainings(tx, team.id, &call.query.after, store::ROWS)?, training_shown))
}

/// A training as whoever held it writes it.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct TrainingText {
    #[schemars(length(min = 1, max = 100))]
    name: String,
    #[schemars(length(min = 1, max = 1000))]
    content: String,
    #[schemars(range(min = 1, max = 14_400))]
    minutes: i64,
    #[schemars(length(min = 1, max = 100))]
    holder: String,
    held_on: Date,
    /// Code of a kind of training that it counts as.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 60))]
    kind: Option<String>,
    /// Members who took part.
    #[serde(default)]
    #[schemars(length(max = 500))]
    people: Vec<PersonId>,
    /// More of them by their volunteer numbers, one a line.
    #[serde(default)]
    #[schemars(length(max = 10_000))]
    numbers: String,
}

/// One that was written.
#[derive(Serialize, JsonSchema)]
struct TrainingMade {
    id: TrainingId,
}

fn add_training(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<OrgId>, (), TrainingText>,
) -> Result<TrainingMade, Error> {
    commands::team(tx, actor, call.path.id)?;
    let new = training_pages::new_training(tx, call.path.id, &call.fields())?;
    Ok(TrainingMade { id: commands::add_training(tx, actor, call.path.id, &new)? })
}

/// A training of a team.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[schemars(inline)]
struct AtTraining {
    /// Id of the team.
    id: OrgId,
    /// Id of the training.
    training: TrainingId,
}

fn void_training(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<AtTraining, (), QualificationReason>,
) -> Result<Accepted, Error> {
    commands::team(tx, actor, call.path.id)?;
    let reason = call.fields().optional("reason", Label("理由", "Reason"), 200)?;
    commands::void_training(tx, actor, call.path.training, &reason)?;
    Ok(ACCEPTED)
}
