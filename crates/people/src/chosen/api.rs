//! The same for programs, under /api/v1.

use db::WriteTx;
use kernel::{Actor, Error, PersonId};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ui::App;
use ui::api::{Api, Call, doc};
use ui::form::Label;

use super::{commands, refusals};

/// Operations of this subject.
#[must_use]
pub fn api() -> Api {
    Api::new().post(
        "/api/v1/people/letters",
        doc(
            "writePeople",
            "Writes to several people of the caller's part of the city: to all of them or to nobody.",
            "给管理范围内的多位志愿者写消息：要么全部发出，要么一个也不发。",
        )
        .refuses(&[refusals::ALL]),
        write,
    )
}

/// A message to people.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Letter {
    /// To whom, at most 200.
    ids: Vec<PersonId>,
    /// What is written.
    #[schemars(length(max = 500))]
    text: String,
}

/// What became of it.
#[derive(Serialize, JsonSchema)]
struct LetterSent {
    /// How many got it.
    told: usize,
}

fn write(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<(), (), Letter>,
) -> Result<LetterSent, Error> {
    let text = call.fields().required("text", Label("内容", "Text"), 500)?;
    Ok(LetterSent { told: commands::write(tx, actor, &call.body.ids, &text)? })
}
