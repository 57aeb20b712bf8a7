//! Proofs for programs. Files are uploaded by the form.

use db::{ReadTx, WriteTx};
use kernel::{Actor, Error, Timestamp};
use schemars::JsonSchema;
use serde::Serialize;
use ui::App;
use ui::api::{ACCEPTED, Accepted, Api, At, Call, Paged, doc};

use super::{commands, refusals, store};
use crate::{ProofId, SessionId};

/// Operations of this subject.
#[must_use]
pub fn api() -> Api {
    Api::new()
        .get(
            "/api/v1/sessions/{id}/proofs",
            doc(
                "listProofs",
                "Pictures that prove what was entered after a session, for those who hand in or confirm its hours.",
                "场次的补录凭证照片（提交或确认时长的人员）。",
            ),
            list,
        )
        .post(
            "/api/v1/proofs/{id}/remove",
            doc("removeProof", "Takes a proof back, within an hour.", "一小时内撤回凭证照片。")
                .refuses(&[refusals::ALL]),
            remove,
        )
}

/// A proof.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Proof")]
struct ProofJson {
    id: ProofId,
    note: String,
    given_by: String,
    given_at: Timestamp,
    /// Pixels.
    width: i64,
    height: i64,
    /// Address of the picture on this server.
    picture: String,
    /// Address of a small one.
    thumb: String,
}

fn list(
    _: &App,
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    call: &Call<At<SessionId>>,
) -> Result<Paged<ProofJson>, Error> {
    commands::seen(tx, actor, call.path.id)?;
    let items = store::of_session(tx, call.path.id)?.into_iter().map(|one| ProofJson {
        picture: format!("/proofs/{}/picture", one.id),
        thumb: format!("/proofs/{}/thumb", one.id),
        id: one.id,
        note: one.note,
        given_by: one.giver,
        given_at: one.at,
        width: one.width,
        height: one.height,
    });
    Ok(Paged { items: items.collect(), next: None })
}

fn remove(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<ProofId>, ()>,
) -> Result<Accepted, Error> {
    commands::remove(tx, actor, call.path.id)?;
    Ok(ACCEPTED)
}
