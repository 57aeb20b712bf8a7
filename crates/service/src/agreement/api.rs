//! Agreements for programs, over the same commands as the pages.

use axum::http::Method;
use db::{ReadTx, WriteTx};
use kernel::page::Page;
use kernel::{Actor, Error, PersonId, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ui::App;
use ui::api::{ACCEPTED, Accepted, After, Api, At, Call, Paged, doc};

use super::commands::{self, Signer};
use super::{AgreementId, AgreementReason, AgreementState, refusals, store};
use crate::attendance::commands::find_to_lead;
use crate::{ActivityId, SessionId};

/// Operations of this subject.
#[must_use]
pub fn api() -> Api {
    Api::new()
        .get(
            "/api/v1/activities/{id}/agreement",
            doc(
                "showAgreement",
                "Whether the caller needs an agreement for an activity, its text and where it stands.",
                "本人在活动中是否要签协议、文本和状态。",
            )
            .refuses(&[refusals::ALL]),
            own,
        )
        .post(
            "/api/v1/activities/{id}/agreement",
            doc(
                "signAgreement",
                "Signs the text with this hash in the caller's name.",
                "以本人名义签署该校验值的协议文本。",
            )
            .refuses(&[refusals::ALL]),
            sign,
        )
        .post(
            "/api/v1/activities/{id}/agreement/ask",
            doc("askAgreement", "Asks for an agreement.", "要求签订协议。").refuses(&[refusals::ALL]),
            want,
        )
        .command(
            Method::PUT,
            "/api/v1/activities/{id}/agreement-terms",
            doc(
                "setAgreementTerms",
                "What the organiser says of an activity, and whether the body signs in advance.",
                "组织方对活动的要求，以及是否预先签署。",
            )
            .refuses(&[refusals::ALL]),
            set,
        )
        .get(
            "/api/v1/me/agreements",
            doc("listMyAgreements", "The caller's agreements, newest first.", "本人的协议，新的在前。"),
            mine,
        )
        .get(
            "/api/v1/sessions/{id}/agreements",
            doc(
                "listSessionAgreements",
                "Who holds a place in a session and needs an agreement, and where it stands.",
                "场次里各人的协议情况。",
            ),
            of_session,
        )
        .post(
            "/api/v1/sessions/{id}/agreements",
            doc(
                "countersignAgreements",
                "The body signs what the volunteers of a session have signed: one, or all.",
                "组织方签署场次里志愿者已签的协议，一份或全部。",
            )
            .refuses(&[refusals::ALL]),
            counter,
        )
}

/// An agreement to be signed, or as it was signed.
#[derive(Serialize, JsonSchema)]
struct OwnAgreement {
    /// Why one is needed; empty: it is not.
    reasons: Vec<AgreementReason>,
    /// Null: nobody has signed or asked.
    state: Option<AgreementState>,
    version: i64,
    text: String,
    /// SHA-256 of the text, in hexadecimal; to be sent back for signing.
    hash: String,
}

fn own(
    _: &App,
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    call: &Call<At<ActivityId>>,
) -> Result<OwnAgreement, Error> {
    let now = commands::standing(tx, call.path.id, actor.person()?)?;
    Ok(OwnAgreement {
        reasons: now.need.reasons(),
        state: now.need.state,
        version: now.paper.version,
        text: now.paper.text,
        hash: now.paper.hash,
    })
}

/// Which text is signed.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct SignedText {
    /// The hash of the text that was read.
    #[schemars(length(min = 1, max = 64))]
    hash: String,
}

/// Where it stands now.
#[derive(Serialize, JsonSchema)]
struct AgreementNow {
    state: AgreementState,
}

fn sign(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<ActivityId>, (), SignedText>,
) -> Result<AgreementNow, Error> {
    let person = actor.person()?;
    let state = commands::sign(tx, actor, call.path.id, person, &call.body.hash, Signer::Own)?;
    Ok(AgreementNow { state })
}

fn want(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<ActivityId>>,
) -> Result<Accepted, Error> {
    let person = actor.person()?;
    commands::want(tx, call.path.id, person)?;
    Ok(ACCEPTED)
}

/// What the organiser says.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct AgreementTerms {
    /// It takes place outside the region.
    outside: bool,
    /// The organiser asks for an agreement.
    asked: bool,
    /// The body signs in advance for everybody who signs.
    offered: bool,
}

fn set(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<ActivityId>, (), AgreementTerms>,
) -> Result<Accepted, Error> {
    let AgreementTerms { outside, asked, offered } = call.body;
    commands::set_terms(tx, actor, call.path.id, (outside, asked, offered))?;
    Ok(ACCEPTED)
}

/// An agreement of the caller.
#[derive(Serialize, JsonSchema)]
struct MyAgreement {
    id: AgreementId,
    activity: ActivityId,
    title: String,
    body: String,
    state: AgreementState,
    version: i64,
    text: String,
    hash: String,
    signed_at: Option<Timestamp>,
    signed_name: String,
    countersigned_at: Option<Timestamp>,
    countersigned_name: String,
    ended_at: Option<Timestamp>,
}

fn mine(
    _: &App,
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    call: &Call<(), After>,
) -> Result<Paged<MyAgreement>, Error> {
    let person = actor.person()?;
    let after = call.query.after.parse().ok().map(AgreementId);
    let rows = store::of_person(tx, person, after, 51)?;
    Ok(Paged::of(Page::cut(rows, 50, |one| one.id.to_string()), |one| MyAgreement {
        id: one.id,
        activity: one.activity,
        title: one.title,
        body: one.org_name,
        state: one.state,
        version: one.version,
        text: one.text,
        hash: one.hash,
        signed_at: one.signed_at,
        signed_name: one.signed_name,
        countersigned_at: one.counter_at,
        countersigned_name: one.counter_name,
        ended_at: one.ended_at,
    }))
}

/// Somebody who holds a place, and the agreement.
#[derive(Serialize, JsonSchema)]
struct SessionAgreement {
    person: PersonId,
    name: String,
    volunteer_no: String,
    /// Why one is needed; empty: it is not.
    reasons: Vec<AgreementReason>,
    agreement: Option<AgreementId>,
    state: Option<AgreementState>,
}

fn of_session(
    _: &App,
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    call: &Call<At<SessionId>, After>,
) -> Result<Paged<SessionAgreement>, Error> {
    let held = find_to_lead(tx, actor, call.path.id)?;
    let terms =
        store::terms(tx, held.activity_id)?.ok_or_else(|| Error::bug("a session without an activity"))?;
    let lines = store::of_session(tx, held.id, call.query.after.parse().ok().map(PersonId), 101)?;
    Ok(Paged::of(Page::cut(lines, 100, |line| line.person.to_string()), |line| SessionAgreement {
        reasons: terms.reasons(&line),
        person: line.person,
        name: line.name,
        volunteer_no: line.volunteer_no,
        agreement: line.id,
        state: line.state,
    }))
}

/// Which agreement the body signs.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Countersign {
    /// Null: all that wait.
    agreement: Option<AgreementId>,
}

/// How many were signed.
#[derive(Serialize, JsonSchema)]
struct Countersigned {
    signed: u64,
}

fn counter(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<SessionId>, (), Countersign>,
) -> Result<Countersigned, Error> {
    Ok(Countersigned { signed: commands::counter(tx, actor, call.path.id, call.body.agreement)? })
}
