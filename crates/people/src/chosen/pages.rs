//! From the boxes of a list to a page that says what will happen, and from there to the deed.

use askama::Template;
use axum::Router;
use axum::extract::{Query, State};
use axum::routing::get;
use db::ReadTx;
use kernel::error::common;
use kernel::{Action, Actor, Error, Id, OrgId, PersonId, Refusal};
use serde::Deserialize;
use ui::form::Label;
use ui::{Answer, App, Done, Fields, Form, Req, Shell};

use super::{commands, rules, store};
use crate::org::{self, OrgState};

pub(super) fn routes() -> Router<App> {
    Router::new()
        .route("/people/chosen", get(to_people).post(people_chosen))
        .route("/people/write", get(write).post(write_post))
        .route("/people/join", get(join).post(join_post))
        .route("/teams/chosen", get(to_teams).post(teams_chosen))
        .route("/teams/state", get(teams_state).post(teams_state_post))
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Asked {
    ids: String,
    team: String,
    to: String,
}

/// Ids of a list's boxes, or of an address, where commas stand between them.
fn ids<I: Id>(texts: &[&str]) -> Vec<I> {
    let parts = texts.iter().flat_map(|text| text.split([',', ' ']));
    parts.filter_map(|text| text.trim().parse().ok()).map(I::from_i64).collect()
}

fn joined<I: std::fmt::Display>(ids: &[I]) -> String {
    ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

async fn to_people(State(app): State<App>, req: Req) -> Answer {
    Done::to("/people", "").answer(&app, &req)
}

async fn to_teams(State(app): State<App>, req: Req) -> Answer {
    Done::to("/teams", "").answer(&app, &req)
}

/// The boxes become an address, so that the page can be opened again and gone back to.
async fn people_chosen(State(app): State<App>, req: Req, fields: Fields) -> Answer {
    app.command(req, fields, |_, _, actor, fields| {
        actor.demand_any(Action::PersonRead)?;
        let chosen = commands::chosen(ids::<PersonId>(&fields.all("ids")))?;
        let page = if fields.text("what") == "join" { "join" } else { "write" };
        Ok(Done::to(format!("/people/{page}?ids={}", joined(&chosen)), ""))
    })
    .await
}

async fn teams_chosen(State(app): State<App>, req: Req, fields: Fields) -> Answer {
    app.command(req, fields, |tx, req, actor, fields| {
        actor.demand_any(Action::TeamManage)?;
        let chosen = commands::chosen(ids::<OrgId>(&fields.all("ids")))?;
        let to = match fields.text("what") {
            "open" => OrgState::Open,
            "write" => {
                actor.demand_any(Action::PersonEdit)?;
                let leaders = store::leaders(tx, &chosen)?;
                let without = chosen.iter().filter(|team| !leaders.iter().any(|one| one.0 == **team)).count();
                let people: Vec<PersonId> = leaders.iter().map(|one| one.1).collect();
                let people = commands::chosen(people)?;
                let say = match without {
                    0 => String::new(),
                    n => req.lang.f("{} 支队伍没有队长", "{} teams have no leader", &[&n]),
                };
                return Ok(Done::to(format!("/people/write?ids={}", joined(&people)), say));
            }
            _ => OrgState::Suspended,
        };
        Ok(Done::to(format!("/teams/state?to={}&ids={}", to.code(), joined(&chosen)), ""))
    })
    .await
}

/// A line of what will happen.
struct Line {
    id: i64,
    href: String,
    name: String,
    about: String,
    refused: Option<Refusal>,
}

#[derive(Template)]
#[template(path = "chosen/show.html")]
struct ShowPage {
    shell: Shell,
    form: Form,
    /// What is done: `write`, `join`, `state`.
    what: &'static str,
    action: &'static str,
    back: &'static str,
    /// To these it will happen.
    fit: Vec<Line>,
    /// To these not, with the reason.
    refused: Vec<Line>,
    /// How many are outside of the actor's part of the city, or gone.
    outside: usize,
    /// All that were chosen, for forms that ask again.
    all: String,
    /// Teams to choose from.
    teams: Vec<(String, String)>,
    team: String,
    to: &'static str,
    /// The word on the button.
    button: String,
}

impl ShowPage {
    fn new(shell: Shell, form: Form, what: (&'static str, &'static str, &'static str)) -> Self {
        Self {
            shell,
            form,
            what: what.0,
            action: what.1,
            back: what.2,
            fit: Vec::new(),
            refused: Vec::new(),
            outside: 0,
            all: String::new(),
            teams: Vec::new(),
            team: String::new(),
            to: "",
            button: String::new(),
        }
    }

    fn take(&mut self, chosen: usize, lines: Vec<Line>) {
        self.outside = chosen.saturating_sub(lines.len());
        (self.refused, self.fit) = lines.into_iter().partition(|line| line.refused.is_some());
    }
}

fn person_line(one: store::Person, refused: Option<Refusal>, lang: kernel::Lang) -> Line {
    Line {
        id: one.id.0,
        href: format!("/people/{}", one.id),
        about: format!("{} · {} · {}", one.volunteer_no, one.home_name, one.state.name(lang)),
        name: one.name,
        refused,
    }
}

/// What was ticked: in the address on the way here, in the form when it was refused.
fn ticked(asked: &Asked, form: &Form) -> Vec<PersonId> {
    let sent = form.fields.all("ids");
    if sent.is_empty() { ids(&[&asked.ids]) } else { ids(&sent) }
}

fn write_page(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    asked: &Asked,
    form: Form,
) -> Result<Answer, Error> {
    actor.demand_any(Action::PersonEdit)?;
    let lang = req.lang;
    let chosen = commands::chosen(ticked(asked, &form))?;
    let found = store::people(tx, &actor.scopes(Action::PersonRead), &chosen, OrgId(0))?;
    let lines = found
        .into_iter()
        .map(|one| {
            let refused = rules::reachable(&one.name, one.state);
            person_line(one, refused, lang)
        })
        .collect();
    let shell = app.shell(req, actor, lang.t("给选中的人写消息", "Write to those chosen"));
    let mut page = ShowPage::new(shell, form, ("write", "/people/write", "/people"));
    page.take(chosen.len(), lines);
    page.button = lang.f("发送给 {} 人", "Send to {}", &[&page.fit.len()]);
    ui::answer::html(app, req, &page)
}

async fn write(State(app): State<App>, req: Req, Query(asked): Query<Asked>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| write_page(&a, tx, req, actor, &asked, Form::default())).await
}

async fn write_post(State(app): State<App>, req: Req, fields: Fields) -> Answer {
    let a = app.clone();
    app.submit(
        req,
        fields,
        |tx, req, actor, fields| {
            actor.demand_any(Action::PersonEdit)?;
            let text = fields.required("text", Label("内容", "Text"), 500)?;
            let told = commands::write(tx, actor, &ids::<PersonId>(&fields.all("ids")), &text)?;
            Ok(Done::to("/people", req.lang.f("已发给 {} 人", "Sent to {}", &[&told])))
        },
        move |tx, req, actor, form| write_page(&a, tx, req, actor, &Asked::default(), form.clone()),
    )
    .await
}

fn join_page(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    asked: &Asked,
    form: Form,
) -> Result<Answer, Error> {
    actor.demand_any(Action::PersonRead)?;
    let lang = req.lang;
    let chosen = commands::chosen(ticked(asked, &form))?;
    let named = if form.v("team").is_empty() { asked.team.as_str() } else { form.v("team") };
    let teams = store::open_teams(tx, &actor.scopes(Action::TeamManage))?;
    // Only a team of one's own: any other is not to be known.
    let team = teams.iter().find(|one| one.0 == named).cloned();
    let id = team.as_ref().and_then(|one| one.0.parse().ok()).unwrap_or(OrgId(0));
    let found = store::people(tx, &actor.scopes(Action::PersonRead), &chosen, id)?;
    let lines = found
        .into_iter()
        .map(|one| {
            let member = one.member == Some(org::MemberState::Member);
            let refused = if team.is_some() { rules::joins(&one.name, one.state, member) } else { None };
            person_line(one, refused, lang)
        })
        .collect();
    let shell = app.shell(req, actor, lang.t("把选中的人加入队伍", "Take those chosen into a team"));
    let mut page = ShowPage::new(shell, form, ("join", "/people/join", "/people"));
    page.take(chosen.len(), lines);
    page.all = joined(&chosen);
    page.teams = teams;
    if let Some((id, name)) = team {
        page.button = lang.f("把 {} 人加入“{}”", "Take {} into “{}”", &[&page.fit.len(), &name]);
        page.team = id;
    }
    ui::answer::html(app, req, &page)
}

async fn join(State(app): State<App>, req: Req, Query(asked): Query<Asked>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| join_page(&a, tx, req, actor, &asked, Form::default())).await
}

async fn join_post(State(app): State<App>, req: Req, fields: Fields) -> Answer {
    let a = app.clone();
    app.submit(
        req,
        fields,
        |tx, req, actor, fields| {
            actor.demand_any(Action::PersonRead)?;
            let team: OrgId = fields.id("team", Label("队伍", "Team"))?;
            let count = commands::join_team(tx, actor, &ids::<PersonId>(&fields.all("ids")), team)?;
            let say = req.lang.f("已有 {} 人加入队伍", "{} were taken into the team", &[&count]);
            Ok(Done::to(format!("/teams/{team}/members"), say))
        },
        move |tx, req, actor, form| join_page(&a, tx, req, actor, &Asked::default(), form.clone()),
    )
    .await
}

fn wanted(code: &str) -> Result<OrgState, Error> {
    OrgState::from_code(code)
        .filter(|to| matches!(to, OrgState::Open | OrgState::Suspended))
        .ok_or_else(|| (&common::NOT_FOUND).into())
}

fn state_page(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    asked: &Asked,
    form: Form,
) -> Result<Answer, Error> {
    actor.demand_any(Action::TeamManage)?;
    let lang = req.lang;
    let sent = form.fields.all("ids");
    let chosen = commands::chosen(if sent.is_empty() { ids::<OrgId>(&[&asked.ids]) } else { ids(&sent) })?;
    let to = wanted(if form.v("to").is_empty() { &asked.to } else { form.v("to") })?;
    let found = store::teams(tx, &actor.scopes(Action::TeamManage), &chosen)?;
    let lines = found
        .into_iter()
        .map(|one| Line {
            id: one.id.0,
            href: format!("/teams/{}", one.id),
            about: format!(
                "{} · {} · {}",
                one.parent.as_deref().unwrap_or("—"),
                lang.f("{} 人", "{} members", &[&one.members]),
                one.state.name(lang)
            ),
            refused: rules::becomes(&one.name, one.state, to),
            name: one.name,
        })
        .collect();
    let title = match to {
        OrgState::Open => lang.t("开放选中的队伍", "Open the teams chosen"),
        _ => lang.t("暂停选中的队伍", "Suspend the teams chosen"),
    };
    let mut page = ShowPage::new(app.shell(req, actor, title), form, ("state", "/teams/state", "/teams"));
    page.take(chosen.len(), lines);
    page.to = to.code();
    let count = page.fit.len();
    page.button = match to {
        OrgState::Open => lang.f("开放 {} 支队伍", "Open {} teams", &[&count]),
        _ => lang.f("暂停 {} 支队伍", "Suspend {} teams", &[&count]),
    };
    ui::answer::html(app, req, &page)
}

async fn teams_state(State(app): State<App>, req: Req, Query(asked): Query<Asked>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| state_page(&a, tx, req, actor, &asked, Form::default())).await
}

async fn teams_state_post(State(app): State<App>, req: Req, fields: Fields) -> Answer {
    let a = app.clone();
    app.submit(
        req,
        fields,
        |tx, req, actor, fields| {
            actor.demand_any(Action::TeamManage)?;
            let lang = req.lang;
            let to = wanted(fields.text("to"))?;
            let teams = ids::<OrgId>(&fields.all("ids"));
            let count = commands::set_teams(tx, actor, &teams, to)?;
            // The way back is one tap away.
            let (back, say) = match to {
                OrgState::Open => {
                    (OrgState::Suspended, lang.f("已开放 {} 支队伍。", "{} teams are open. ", &[&count]))
                }
                _ => (OrgState::Open, lang.f("已暂停 {} 支队伍。", "{} teams are suspended. ", &[&count])),
            };
            let undo = lang.t("要撤销，按下面的按钮。", "To undo it, press the button below.");
            let href = format!("/teams/state?to={}&ids={}", back.code(), joined(&teams));
            Ok(Done::to(href, format!("{say}{undo}")))
        },
        move |tx, req, actor, form| state_page(&a, tx, req, actor, &Asked::default(), form.clone()),
    )
    .await
}
