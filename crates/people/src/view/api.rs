//! The same for programs, under /api/v1.

use db::{ReadTx, WriteTx};
use kernel::error::common;
use kernel::{Actor, Error};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ui::App;
use ui::api::{Api, At, Call, Paged, doc};

use super::{ViewId, commands, pages, refusals, store};

/// Operations of this subject.
#[must_use]
pub fn api() -> Api {
    Api::new()
        .get(
            "/api/v1/me/views",
            doc("listViews", "The caller's saved views of lists.", "本人保存的列表视图。"),
            list,
        )
        .post(
            "/api/v1/me/views",
            doc(
                "saveView",
                "Keeps filters and columns of a list under a name; under a name that is there, in place of the earlier.",
                "把一个列表的筛选和列存成视图；同名的会被替换。",
            )
            .makes()
            .refuses(&[refusals::ALL]),
            save,
        )
        .delete(
            "/api/v1/me/views/{id}",
            doc("deleteView", "Deletes a saved view.", "删除一个保存的视图。").refuses(&[refusals::ALL]),
            remove,
        )
}

/// A saved view.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "View")]
struct Shown {
    id: ViewId,
    /// Address of the list.
    list: String,
    name: String,
    /// Where the view opens.
    href: String,
    /// Whether the list opens with it.
    first: bool,
}

fn list(app: &App, tx: &mut ReadTx<'_>, actor: &Actor, _: &Call) -> Result<Paged<Shown>, Error> {
    let items = store::all_of(tx, actor.account()?)?
        .into_iter()
        .filter_map(|one| {
            let href = app.list(&one.list)?.address(&one.query);
            Some(Shown { id: one.id, list: one.list, name: one.name, href, first: one.opens_first })
        })
        .collect();
    Ok(Paged { items, next: None })
}

/// A view to keep.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewView {
    /// Address of the list, such as `/people`.
    #[schemars(length(max = 100))]
    list: String,
    #[schemars(length(max = 30))]
    name: String,
    /// What stands behind the question mark of the list's address.
    #[schemars(length(max = 1000))]
    query: String,
    /// Lets the list open with it.
    #[serde(default)]
    first: bool,
}

/// A view as kept.
#[derive(Serialize, JsonSchema)]
struct ViewSaved {
    id: ViewId,
}

fn save(
    app: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<(), (), NewView>,
) -> Result<ViewSaved, Error> {
    actor.account()?;
    let list = app.list(&call.body.list).ok_or(&common::NOT_FOUND)?;
    let name = pages::name(&call.fields())?;
    let (id, _) = commands::save(tx, actor, list, &name, &call.body.query, call.body.first)?;
    Ok(ViewSaved { id })
}

fn remove(_: &App, tx: &mut WriteTx<'_>, actor: &Actor, call: &Call<At<ViewId>>) -> Result<ViewSaved, Error> {
    commands::remove(tx, actor, call.path.id)?;
    Ok(ViewSaved { id: call.path.id })
}
