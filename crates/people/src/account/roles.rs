//! Who holds which role: the security administrator's page (X5).

use askama::Template;
use axum::extract::{Path, Query, State};
use axum::routing::{get, post};
use db::ReadTx;
use kernel::error::{Collect, common};
use kernel::page::{PAGE_ROWS, Page};
use kernel::{Action, Actor, Error, OrgId, Refusal, Role};
use ui::form::Label;
use ui::list::{Desk, List};
use ui::{Answer, App, Done, Fields, Form, Req, Shell, answer, sheet};

use super::store::{self, GrantId, GrantRow, RoleFilter};
use super::{admin_gap, commands, refusals};
use crate::view;

/// The list of roles held.
pub static ROLES: List =
    List { path: "/roles", name: ("角色与权限", "Roles"), filters: &["org", "role", "q"], columns: &[] };

pub(super) fn routes() -> axum::Router<App> {
    axum::Router::new().route("/roles", get(list).post(give)).route("/roles/{id}/end", post(end))
}

#[derive(serde::Deserialize, Default, Clone)]
#[serde(default)]
struct ListFilter {
    org: String,
    role: String,
    q: String,
    after: String,
    format: String,
}

struct Line {
    id: GrantId,
    who: String,
    login: String,
    role: &'static str,
    org: String,
    given: String,
    by: String,
    mine: bool,
    second: bool,
}

#[derive(Template)]
#[template(path = "account/roles.html")]
struct RolesPage {
    shell: Shell,
    desk: Box<Desk>,
    form: Form,
    filter: ListFilter,
    gap: Option<String>,
    lines: Vec<Line>,
    next: Option<String>,
    export: String,
    orgs: Vec<(String, String)>,
    roles: Vec<(String, String)>,
    all_roles: Vec<(String, String)>,
}

fn line(row: GrantRow, req: &Req, actor: &Actor) -> Line {
    Line {
        id: row.id,
        who: row.name,
        login: row.login,
        role: Role::from_code(&row.role).map_or("", |role| role.name(req.lang)),
        org: row.org_name,
        given: row.given_at.text(),
        by: row.given_by,
        mine: actor.account == Some(row.account),
        second: row.second,
    }
}

fn page(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    form: &Form,
    filter: &ListFilter,
) -> Result<Answer, Error> {
    actor.demand_any(Action::RoleManage)?;
    let desk = match view::desk(app, tx, req, actor, &ROLES)? {
        Ok(desk) => desk,
        Err(elsewhere) => return Ok(elsewhere),
    };
    let lang = req.lang;
    let scope: Vec<String> =
        actor.scopes(Action::RoleManage).into_iter().map(|grant| grant.area_path.clone()).collect();
    let top = scope.first().cloned().unwrap_or_default();
    let within = match filter.org.parse::<OrgId>() {
        Ok(org) => Some(store::org_place(tx, org)?.ok_or(&common::NOT_FOUND)?.area_path),
        Err(_) => None,
    };
    let words: String = filter.q.trim().chars().take(60).collect();
    let asked = RoleFilter {
        path: within.as_deref(),
        role: &filter.role,
        words: &words,
        after: filter.after.parse().ok(),
    };
    let title = lang.t("角色与权限", "Roles");
    if filter.format == "xlsx" {
        let rows = store::role_list(tx, &scope, &RoleFilter { after: None, ..asked }, 10_000)?;
        let heads = [
            lang.t("姓名", "Name"),
            lang.t("账号", "Login"),
            lang.t("角色", "Role"),
            lang.t("单位", "Unit"),
            lang.t("授予时间", "Given"),
            lang.t("授予人", "By"),
        ];
        let cells: Vec<Vec<sheet::Cell>> = rows
            .into_iter()
            .map(|row| line(row, req, actor))
            .map(|l| {
                vec![l.who.into(), l.login.into(), l.role.into(), l.org.into(), l.given.into(), l.by.into()]
            })
            .collect();
        return sheet::answer(title, &super::admin::export_note(lang, actor, tx.now()), &heads, &cells);
    }
    let rows = store::role_list(tx, &scope, &asked, PAGE_ROWS + 1)?;
    let cut = Page::cut(rows, usize::try_from(PAGE_ROWS).unwrap_or(20), |row| row.id.to_string());
    let pair = |role: Role| (role.code().to_owned(), role.name(lang).to_owned());
    let orgs = store::org_choices(tx, &top)?
        .into_iter()
        // The tree's depth shows as indentation in the list.
        .map(|org| {
            let depth = org.area_path.matches('/').count().saturating_sub(2);
            (org.id.to_string(), format!("{}{}", "　".repeat(depth.min(4)), org.name))
        })
        .collect();
    let shown = RolesPage {
        shell: app.shell(req, actor, title),
        desk,
        form: form.clone(),
        filter: filter.clone(),
        gap: admin_gap(tx)?.map(|gap| gap.text(lang)),
        lines: cut.rows.into_iter().map(|row| line(row, req, actor)).collect(),
        next: cut.next.map(|after| req.with_query("after", &after)),
        export: req.with_query("format", "xlsx"),
        orgs,
        // Leaders are named on the page of their team.
        roles: Role::ALL.into_iter().filter(|role| *role != Role::Leader).map(pair).collect(),
        all_roles: Role::ALL.into_iter().map(pair).collect(),
    };
    answer::html(app, req, &shown)
}

async fn list(State(app): State<App>, req: Req, Query(filter): Query<ListFilter>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| page(&a, tx, req, actor, &Form::default(), &filter)).await
}

async fn give(State(app): State<App>, req: Req, fields: Fields) -> Answer {
    let a = app.clone();
    app.submit(
        req,
        fields,
        |tx, req, actor, fields| {
            actor.demand_any(Action::RoleManage)?;
            let mut collect = Collect::default();
            let who = collect.take(fields.required("who", Label("账号", "Account"), 60));
            let org = collect.take(fields.id::<OrgId>("org", Label("单位", "Unit")));
            let role = collect.take(
                Role::from_code(fields.text("role")).filter(|role| *role != Role::Leader).ok_or_else(|| {
                    Refusal::new(&common::REQUIRED).with_both("label", "角色", "Role").on("role")
                }),
            );
            collect.done()?;
            let (Some(who), Some(org), Some(role)) = (who, org, role) else {
                return Err(Error::bug("a form without refusals lacks a field"));
            };
            let found = store::account_lookup(tx, &who)?;
            let account = match found.as_slice() {
                [one] => one,
                [] => return Err(Refusal::new(&refusals::ACCOUNT_NONE).with("who", who).on("who").into()),
                _ => return Err(Refusal::new(&refusals::ACCOUNT_SEVERAL).with("who", who).on("who").into()),
            };
            commands::grant_role(tx, actor, account.id, role, org)?;
            let say = req.lang.f("已授予 {}：{}", "{} is now: {}", &[&account.name, &role.name(req.lang)]);
            Ok(Done::to("/roles", say))
        },
        move |tx, req, actor, form| page(&a, tx, req, actor, form, &ListFilter::default()),
    )
    .await
}

async fn end(State(app): State<App>, req: Req, Path(id): Path<GrantId>, fields: Fields) -> Answer {
    app.command(req, fields, move |tx, req, actor, _| {
        actor.demand_any(Action::RoleManage)?;
        let (account, role, org) = store::role_find(tx, id)?.ok_or(&common::NOT_FOUND)?;
        if role == Role::Leader {
            // Ending a leader here must obey the same place rule as any other role.
            let place = store::org_place(tx, org)?.ok_or(&common::NOT_FOUND)?;
            let at = kernel::Place { area_path: &place.area_path, sponsor_path: &place.sponsor_path };
            actor.demand(Action::RoleManage, at)?;
        }
        commands::end_role(tx, actor, account, role, org)?;
        Ok(Done::to("/roles", req.lang.t("角色已结束，立即生效", "The role has ended, at once")))
    })
    .await
}
