//! Families for programs, over the same command.

use db::WriteTx;
use kernel::{Actor, Error, OrgId, PersonId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ui::App;
use ui::api::{Api, At, Call, doc};

use super::company::{self, Family};
use super::refusals;
use crate::SessionId;
use crate::sign_up::{self, Care};

/// Operations of this subject.
#[must_use]
pub fn api() -> Api {
    Api::new().post(
        "/api/v1/sessions/{id}/family",
        doc(
            "signFamilyUp",
            "Takes places for the caller and their children, all or none.",
            "为本人和自己的孩子一起报名，要么都报上，要么都不报。",
        )
        .makes()
        .refuses(&[refusals::ALL, sign_up::refusals::ALL, people::guardian::refusals::ALL]),
        book,
    )
}

/// Who comes along.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "SignFamilyUp")]
struct FamilyIn {
    /// The caller's children.
    #[schemars(length(max = 10))]
    children: Vec<PersonId>,
    /// For which team the caller serves; the organising one when left out.
    #[serde(default)]
    team: Option<OrgId>,
}

/// What came of it.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "FamilySignedUp")]
struct FamilyOut {
    /// Places that were taken.
    places: usize,
}

fn book(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<SessionId>, (), FamilyIn>,
) -> Result<FamilyOut, Error> {
    let body = call.body.clone();
    let ask = Family { session: call.path.id, team: body.team, children: body.children, care: Care::Aware };
    Ok(FamilyOut { places: company::book(tx, actor, &ask)? })
}
