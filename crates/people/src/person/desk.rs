//! The list of people and registration by staff (V1, V3).

use askama::Template;
use axum::Router;
use axum::extract::{Query, State};
use axum::routing::get;
use kernel::error::{Collect, common};
use kernel::page::{PAGE_ROWS, Page};
use kernel::{Action, Actor, Error, Lang, Refusal};
use serde::Deserialize;
use ui::answer::{Answer, Done};
use ui::form::{Fields, Form, Label};
use ui::list::{Column, Desk, List, Shown};
use ui::sheet::Cell;
use ui::shell::Shell;
use ui::{App, Req};

use super::commands::{NewPerson, register_at_desk};
use super::store::{self, ListRow, Narrow};
use super::{Assurance, PersonState, Source, input, refusals};
use crate::guardian::{Asked, rules as ages};
use crate::view;

/// The list of people.
pub static LIST: List = List {
    path: "/people",
    name: ("志愿者", "Volunteers"),
    filters: &["q", "state", "community", "skill", "from", "to"],
    columns: &[
        Column::text("name", "姓名", "Name", Shown::Always),
        Column::text("number", "志愿者编号", "Volunteer number", Shown::Usual),
        Column::text("phone", "手机（遮盖）", "Phone (masked)", Shown::Usual),
        Column::text("community", "社区", "Community", Shown::Usual),
        Column::text("joined", "加入日期", "Joined", Shown::Usual),
        Column::text("state", "状态", "State", Shown::Usual),
        Column::text("gender", "性别", "Gender", Shown::Asked),
        Column::text("birth", "出生日期", "Birth date", Shown::Asked),
        Column::text("employer", "单位", "Employer", Shown::Asked),
        Column::text("identity", "核验", "Identity", Shown::Asked),
    ],
};

/// Pages of this part.
pub(super) fn routes() -> Router<App> {
    Router::new().route("/people", get(list)).route("/people/new", get(new).post(new_post))
}

#[derive(Deserialize, Default, Clone, Debug)]
#[serde(default)]
struct Filter {
    q: String,
    state: String,
    community: String,
    skill: String,
    from: String,
    to: String,
    after: String,
    format: String,
}

impl Filter {
    fn narrow(&self) -> Narrow {
        Narrow {
            words: self.q.chars().take(60).collect(),
            state: PersonState::from_code(&self.state),
            community: self.community.parse().ok(),
            skill: self.skill.chars().take(40).collect(),
            joined_from: ui::form::date(&self.from),
            joined_to: ui::form::date(&self.to),
            after: kernel::page::cursor_text(&self.after),
        }
    }

    fn form(&self) -> Form {
        Form::filled([
            ("q", &self.q),
            ("state", &self.state),
            ("community", &self.community),
            ("skill", &self.skill),
            ("from", &self.from),
            ("to", &self.to),
        ])
    }

    fn is_set(&self) -> bool {
        [&self.q, &self.state, &self.community, &self.skill, &self.from, &self.to]
            .iter()
            .any(|v| !v.is_empty())
    }
}

/// A line as the page shows it.
struct Line {
    row: ListRow,
    phone: String,
    joined: String,
    birth: String,
}

impl Line {
    fn of(app: &App, row: ListRow) -> Result<Self, Error> {
        let phone = store::open_phone(&app.vault, row.phone_enc.as_deref())?;
        Ok(Self {
            phone: phone.map(|phone| vault::mask_phone(&phone)).unwrap_or_default(),
            joined: row.joined_on.map(|d| d.to_string()).unwrap_or_default(),
            birth: row.birth_on.map(|d| d.to_string()).unwrap_or_default(),
            row,
        })
    }

    /// What stands in a column.
    fn text(&self, key: &str, lang: &Lang) -> &str {
        match key {
            "name" => &self.row.name,
            "number" => &self.row.volunteer_no,
            "phone" => &self.phone,
            "community" => &self.row.home_name,
            "joined" => &self.joined,
            "state" => self.row.state.name(*lang),
            "gender" => self.row.gender.name(*lang),
            "birth" => &self.birth,
            "employer" => &self.row.employer,
            "identity" => self.row.assurance.name(*lang),
            _ => "",
        }
    }
}

#[derive(Template)]
#[template(path = "person/list.html")]
struct ListPage {
    shell: Shell,
    desk: Box<Desk>,
    form: Form,
    lines: Vec<Line>,
    states: Vec<(String, String)>,
    communities: Vec<(String, String)>,
    skills: Vec<(String, String)>,
    next: Option<String>,
    export: Option<String>,
    narrowed: bool,
    may_register: bool,
    may_write: bool,
    may_join: bool,
}

async fn list(State(app): State<App>, req: Req, Query(filter): Query<Filter>) -> Answer {
    if filter.format == "xlsx" {
        return export(&app, req, filter).await;
    }
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        actor.demand_any(Action::PersonRead)?;
        let desk = match view::desk(&a, tx, req, actor, &LIST)? {
            Ok(desk) => desk,
            Err(elsewhere) => return Ok(elsewhere),
        };
        let lang = req.lang;
        let rows = store::list(tx, actor, &a.vault, &filter.narrow(), PAGE_ROWS + 1)?;
        let page = Page::cut(rows, usize::try_from(PAGE_ROWS).unwrap_or(20), |row| {
            format!("{}~{}", row.id, row.name_key)
        });
        let lines = page.rows.into_iter().map(|row| Line::of(&a, row)).collect::<Result<Vec<_>, _>>()?;
        let page = ListPage {
            shell: a.shell(req, actor, lang.t("志愿者", "Volunteers")),
            form: filter.form(),
            states: PersonState::ALL
                .iter()
                .map(|state| (state.code().to_owned(), state.name(lang).to_owned()))
                .collect(),
            communities: store::communities(tx, &actor.scopes(Action::PersonRead))?,
            skills: input::skills(lang),
            next: page.next.map(|after| req.with_query("after", &after)),
            export: (actor.may(Action::Export) && !lines.is_empty())
                .then(|| req.with_query("format", "xlsx")),
            lines,
            desk,
            narrowed: filter.is_set(),
            may_register: actor.may(Action::PersonRegister),
            may_write: actor.may(Action::PersonEdit),
            may_join: actor.may(Action::TeamManage),
        };
        ui::answer::html(&a, req, &page)
    })
    .await
}

/// Everything the filters leave, without ID numbers and with masked phones; noted in the audit log before
/// it leaves the house.
async fn export(app: &App, req: Req, filter: Filter) -> Answer {
    let (a, asked) = (app.clone(), req.clone());
    let narrow = Narrow { after: None, ..filter.narrow() };
    let read = app
        .db
        .read(move |tx| {
            let actor = a.actor(tx, &asked)?;
            actor.demand_any(Action::PersonRead)?;
            actor.demand_any(Action::Export)?;
            if crate::account::admin_gap(tx)?.is_some() && !a.settings.demo {
                return Err(Error::from(&common::FORBIDDEN));
            }
            let rows = store::list(tx, &actor, &a.vault, &narrow, store::EXPORT_ROWS + 1)?;
            if i64::try_from(rows.len()).unwrap_or(i64::MAX) > store::EXPORT_ROWS {
                return Err(Refusal::new(&refusals::EXPORT_TOO_LARGE).with("max", store::EXPORT_ROWS).into());
            }
            Ok((actor, rows))
        })
        .await;
    let (actor, rows) = match read {
        Ok(read) => read,
        Err(error) => return ui::answer::error_page(app, &req, &Actor::default(), &error),
    };
    let (who, count) = (actor.clone(), rows.len());
    let noted = app
        .db
        .write(move |tx| {
            crate::audit::note(tx, &who, "export", "person", 0, &format!("people {count}"))?;
            Ok::<_, Error>(tx.now())
        })
        .await;
    let columns = Desk::plain(&LIST, &req).columns;
    let build = || -> Result<Answer, Error> {
        let lang = req.lang;
        let mut cells: Vec<Vec<Cell>> = Vec::with_capacity(rows.len());
        for row in rows {
            let line = Line::of(app, row)?;
            cells.push(columns.cells(|key| line.text(key, &lang).into()));
        }
        let at = noted?.text();
        let note = lang.f("{} 导出于 {}", "Exported by {}, {}", &[&actor.name, &at]);
        ui::sheet::answer(lang.t("志愿者名单", "Volunteers"), &note, &columns.heads(lang), &cells)
    };
    build().unwrap_or_else(|error| ui::answer::error_page(app, &req, &Actor::default(), &error))
}

#[derive(Template)]
#[template(path = "person/new.html")]
struct NewPage {
    shell: Shell,
    form: Form,
    kinds: Vec<(String, String)>,
    genders: Vec<(String, String)>,
    communities: Vec<(String, String)>,
    skills: Vec<(String, String)>,
    categories: Vec<(String, String)>,
    /// The file of whoever has this document already, when the actor may see it.
    known: Option<(String, String)>,
    more: bool,
    relations: Vec<(String, String)>,
    minor: bool,
}

fn new_page(
    app: &App,
    tx: &mut db::ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    form: Form,
) -> Result<Answer, Error> {
    actor.demand_any(Action::PersonRegister)?;
    let lang = req.lang;
    let communities = store::communities(tx, &actor.scopes(Action::PersonRegister))?;
    let mut form = form;
    if form.fields.get("home_org").is_none()
        && let [(only, _)] = communities.as_slice()
    {
        form.fields.0.push(("home_org".to_owned(), only.clone()));
    }
    let mut known = None;
    if form.refusals.iter().any(|refusal| refusal.code() == refusals::ID_TAKEN.code)
        && let Ok(document) = roster::clean::document(
            roster::clean::IdKind::from_key(form.v("id_kind")),
            form.v("id_number"),
            tx.now().date(),
        )
        && let Some(owner) = store::owner(tx, &store::id_index(&app.vault, &document))?
        && super::commands::demand_person(tx, actor, Action::PersonRead, owner.id).is_ok()
    {
        known = Some((format!("/people/{}", owner.id), owner.name));
    }
    let page = NewPage {
        shell: app.shell(req, actor, lang.t("登记志愿者", "Register a volunteer")),
        kinds: input::kinds(lang),
        genders: input::genders(lang),
        communities,
        skills: input::skills(lang),
        categories: input::categories(lang),
        relations: input::relations(lang),
        minor: input::names_guardian(&form),
        known,
        more: ["birth_on", "gender", "address", "employer", "note"]
            .iter()
            .any(|name| form.wrong(name) || !form.v(name).is_empty()),
        form,
    };
    ui::answer::html(app, req, &page)
}

async fn new(State(app): State<App>, req: Req) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        new_page(&a, tx, req, actor, Form::filled([("id_kind", "resident_id")]))
    })
    .await
}

/// Reads the form of registration by staff; the same for page and API.
pub(super) fn read_new(
    tx: &mut db::ReadTx<'_>,
    actor: &Actor,
    fields: &Fields,
) -> Result<(NewPerson, bool, Option<Asked>), Error> {
    actor.demand_any(Action::PersonRegister)?;
    let today = tx.now().date();
    let offered = store::communities(tx, &actor.scopes(Action::PersonRegister))?;
    let mut all = Collect::default();
    let name = all.take(input::name(fields));
    let identity = input::identity(fields, today, true, &mut all);
    let phone = all.take(input::phone(fields));
    let home = all.take(input::home(fields, &offered));
    let address = all.take(fields.optional("address", Label("地址", "Address"), 200));
    let employer = all.take(fields.optional("employer", Label("工作单位或学校", "Employer or school"), 100));
    let note = all.take(fields.optional("note", Label("备注", "Notes"), 500));
    let mut guardian = None;
    if let Some(identity) = &identity {
        match identity.birth_on {
            Some(birth_on) => {
                let by_number = identity.document.as_ref().is_some_and(|d| d.birth_date.is_some());
                let field = if by_number { "id_number" } else { "birth_on" };
                all.take(ages::possible(birth_on, today).map_err(|refusal| refusal.on(field)));
                if birth_on.age(today) < ages::ADULT {
                    guardian = all.take(input::guardian_here(fields));
                }
            }
            None => all.push(input::birth_missing()),
        }
    }
    all.take(input::agreed(fields, "agree"));
    all.done()?;
    let (Some(name), Some(identity), Some(phone), Some(home_org)) = (name, identity, phone, home) else {
        return Err(Error::bug("a form without refusals lacks a field"));
    };
    let new = NewPerson {
        name,
        gender: identity.gender,
        birth_on: identity.birth_on,
        document: identity.document,
        phone,
        home_org,
        address: address.unwrap_or_default(),
        employer: employer.unwrap_or_default(),
        note: note.unwrap_or_default(),
        skills: input::codes(fields, "skill"),
        categories: input::codes(fields, "category"),
        source: Source::Desk,
        state: PersonState::Active,
        assurance: Assurance::Seen,
        joined_on: Some(today),
        batch: 0,
        rank_public: false,
    };
    Ok((new, fields.ticked("rank"), guardian))
}

async fn new_post(State(app): State<App>, req: Req, fields: Fields) -> Answer {
    let (a, b) = (app.clone(), app.clone());
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            let (new, rank, guardian) = read_new(tx, actor, fields)?;
            let person = register_at_desk(tx, &a.vault, actor, &new, rank, guardian.as_ref())?;
            let say = req.lang.f("{} 已登记。", "{} is registered.", &[&new.name]);
            let to = if fields.text("act") == "again" {
                "/people/new".to_owned()
            } else {
                format!("/people/{person}")
            };
            Ok(Done::to(to, say))
        },
        move |tx, req, actor, form| new_page(&b, tx, req, actor, form.clone()),
    )
    .await
}
