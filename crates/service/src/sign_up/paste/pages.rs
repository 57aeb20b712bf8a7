//! Pasting, looking, entering.

use askama::Template;
use axum::extract::{Path, State};
use db::ReadTx;
use kernel::{Actor, Error, PersonId, Refusal};
use ui::answer::{Answer, Done};
use ui::form::Label;
use ui::{App, Fields, Form, Req, Shell};

use super::{Candidate, candidates, enter, rules};
use crate::activity::SessionFull;
use crate::activity::pages::when;
use crate::sign_up::entry::commands::failed_words;
use crate::sign_up::pages::led;

/// A line of the preview.
#[derive(Debug)]
pub struct LineView {
    pub name: String,
    pub note: String,
    /// Nobody, one, or several to choose from.
    pub found: Vec<Candidate>,
}

#[derive(Template)]
#[template(path = "sign_up/paste.html")]
struct PastePage {
    shell: Shell,
    form: Form,
    s: SessionFull,
    when: String,
    looked: bool,
    lines: Vec<LineView>,
    sure: usize,
    unsure: usize,
    unknown: usize,
}

fn look(tx: &mut ReadTx<'_>, s: &SessionFull, text: &str) -> Result<Vec<LineView>, Error> {
    let names = rules::names(text);
    let found = candidates(tx, s.org_id, s.id, &names)?;
    Ok(names
        .into_iter()
        .map(|one| LineView {
            found: found.iter().filter(|person| person.name == one.name).cloned().collect(),
            name: one.name,
            note: one.note,
        })
        .collect())
}

fn render(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    id: &str,
    form: &Form,
) -> Result<Answer, Error> {
    let s = led(tx, actor, id)?;
    let text = form.v("text").to_owned();
    let lines = look(tx, &s, &text)?;
    let count = |which: fn(usize) -> bool| lines.iter().filter(|line| which(line.found.len())).count();
    ui::answer::html(
        app,
        req,
        &PastePage {
            shell: app.shell(req, actor, req.lang.t("粘贴接龙名单", "Paste a list of names")),
            form: form.clone(),
            when: when(req.lang, s.starts_at, s.ends_at, tx.now()),
            looked: !text.is_empty(),
            sure: count(|n| n == 1),
            unsure: count(|n| n > 1),
            unknown: count(|n| n == 0),
            lines,
            s,
        },
    )
}

/// `GET /sessions/{id}/paste`
pub(super) async fn form(State(app): State<App>, req: Req, Path(id): Path<String>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| render(&a, tx, req, actor, &id, &Form::default())).await
}

/// `POST /sessions/{id}/paste`: looks first; with `enter` it enters those chosen.
pub(super) async fn paste(
    State(app): State<App>,
    req: Req,
    Path(id): Path<String>,
    fields: Fields,
) -> Answer {
    let (a, again) = (app.clone(), id.clone());
    if !fields.ticked("enter") && req.csrf_ok(&app.vault, &fields) {
        return app
            .page(req, move |tx, req, actor| {
                led(tx, actor, &id)?;
                let mut form = Form { fields: fields.clone(), refusals: Vec::new() };
                if let Err(refusal) = fields.required("text", Label("名单", "List"), 20_000) {
                    form.refusals.push(refusal);
                }
                render(&a, tx, req, actor, &id, &form)
            })
            .await;
    }
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            let lang = req.lang;
            let s = led(tx, actor, &id)?;
            let lines = look(tx, &s, fields.text("text"))?;
            // Only those who were shown: an address made by hand finds nobody else.
            let shown: Vec<&Candidate> = lines.iter().flat_map(|line| &line.found).collect();
            let chosen: Vec<PersonId> = fields
                .all("person")
                .into_iter()
                .filter_map(|text| text.parse().ok())
                .filter(|id: &PersonId| shown.iter().any(|one| one.person == *id && !one.placed))
                .collect();
            let done = enter(tx, actor, s.id, &chosen)?;
            let mut say = lang.f("已为 {} 人报名。", "{} signed up.", &[&done.done]);
            if !done.failed.is_empty() {
                let failed: Vec<(String, Refusal)> = done
                    .failed
                    .into_iter()
                    .map(|(person, why)| {
                        let name = shown.iter().find(|one| one.person == person).map(|one| one.name.clone());
                        (name.unwrap_or_default(), why)
                    })
                    .collect();
                say.push_str(&lang.f(
                    "有 {} 人没报上：{}",
                    " {} could not be signed up: {}",
                    &[&failed.len(), &failed_words(lang, &failed)],
                ));
            }
            Ok(Done::to(format!("/sessions/{}/sign-ups", s.id), say))
        },
        move |tx, req, actor, form| render(&a, tx, req, actor, &again, form),
    )
    .await
}
