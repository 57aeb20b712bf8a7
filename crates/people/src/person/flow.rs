//! A command whose refusal must not undo what it wrote: a wrong code counts as a try although the form
//! is shown again.

use db::WriteTx;
use kernel::error::common;
use kernel::{Actor, Error};
use ui::answer::{Answer, Done};
use ui::form::{Fields, Form};
use ui::{App, Req};

/// Runs `command`; `Ok(Err(refused))` commits and shows the form again, `Err` rolls back and does so.
pub(super) async fn settle<F, G>(app: &App, req: Req, fields: Fields, command: F, again: G) -> Answer
where
    F: Fn(&mut WriteTx<'_>, &Req, &Actor, &Fields) -> Result<Result<Done, Error>, Error> + Send + 'static,
    G: Fn(&mut db::ReadTx<'_>, &Req, &Actor, &Form) -> Result<Answer, Error> + Send + 'static,
{
    if !req.csrf_ok(&app.vault, &fields) {
        return ui::answer::error_page(app, &req, &Actor::default(), &(&common::CSRF).into());
    }
    let (inner, asked, sent) = (app.clone(), req.clone(), fields.clone());
    let result = app
        .db
        .write(move |tx| {
            let actor = inner.actor(tx, &asked)?;
            command(tx, &asked, &actor, &sent)
        })
        .await;
    match result.and_then(|inner| inner) {
        Ok(done) => done.answer(app, &req),
        Err(Error::Refused(refusals)) if refusals.iter().all(|r| !matches!(r.text.status, 401 | 404)) => {
            let status = refusals.first().map_or(422, |refusal| refusal.text.status);
            let form = Form { fields, refusals };
            let mut answer = app.page(req, move |tx, req, actor| again(tx, req, actor, &form)).await;
            if answer.status().is_success() {
                ui::answer::set_status(&mut answer, status);
            }
            answer
        }
        Err(error) => ui::answer::error_page(app, &req, &Actor::default(), &error),
    }
}
