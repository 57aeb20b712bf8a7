//! The page of one's message settings, and the page behind a confirming link.

use askama::Template;
use axum::extract::{Path, State};
use db::ReadTx;
use kernel::error::Collect;
use kernel::{Actor, Error};
use ui::form::Label;
use ui::{Answer, App, Done, Fields, Form, Req, Shell, answer};

use super::rules::{Category, Quiet, Wish};
use super::{commands, store};
use crate::feed;
use crate::push::pages::Part;

const HERE: &str = "/settings/messages";

/// A row of the table of kinds.
struct Kind {
    code: &'static str,
    name: &'static str,
}

#[derive(Template)]
#[template(path = "setting/messages.html")]
struct MessagesPage {
    shell: Shell,
    form: Form,
    kinds: Vec<Kind>,
    /// The address as it may be shown, or empty.
    mail: String,
    confirmed: bool,
    /// Whether there is a person, who has a phone and a calendar.
    has_person: bool,
    /// Address of one's own calendar, if it is switched on.
    calendar: Option<String>,
    /// Devices.
    push: Part,
    demo: bool,
    is_admin: bool,
}

/// A minute of the day as it is typed.
pub(super) fn time(minute: i64) -> String {
    format!("{:02}:{:02}", minute / 60, minute % 60)
}

fn filled(wish: &Wish) -> Form {
    let mut pairs = vec![
        ("quiet_from".to_owned(), time(wish.quiet.from)),
        ("quiet_to".to_owned(), time(wish.quiet.to)),
        ("digest".to_owned(), if wish.digest { "1" } else { "" }.to_owned()),
    ];
    pairs.extend(wish.mail.iter().map(|one| ("mail".to_owned(), one.code().to_owned())));
    pairs.extend(wish.sms.iter().map(|one| ("sms".to_owned(), one.code().to_owned())));
    pairs.extend(wish.push.iter().map(|one| ("push".to_owned(), one.code().to_owned())));
    Form::filled(pairs)
}

fn page(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    form: Option<&Form>,
) -> Result<Answer, Error> {
    let account = actor.account()?;
    let wish = store::wish(tx, account)?;
    let mail = store::mail(tx, account)?;
    let calendar = match actor.person {
        Some(person) => feed::link(tx, app, person)?,
        None => None,
    };
    // The address has a form of its own: what was typed there wrongly must not empty the other.
    let mut shown = filled(&wish);
    if let Some(form) = form {
        if form.fields.get("address").is_some() {
            shown.fields.0.extend(form.fields.0.iter().filter(|(name, _)| name == "address").cloned());
        } else {
            shown.fields = form.fields.clone();
        }
        shown.refusals.clone_from(&form.refusals);
    }
    answer::html(
        app,
        req,
        &MessagesPage {
            shell: app.shell(req, actor, req.lang.t("消息设置", "Message settings")),
            form: shown,
            kinds: Category::ALL
                .iter()
                .map(|one| Kind { code: one.code(), name: one.name(req.lang) })
                .collect(),
            confirmed: mail.as_ref().is_some_and(|mail| mail.confirmed_at.is_some()),
            mail: mail.map(|mail| mail.masked).unwrap_or_default(),
            has_person: actor.person.is_some(),
            calendar,
            push: crate::push::pages::part(tx, req, account)?,
            demo: app.settings.demo,
            is_admin: actor.may(kernel::Action::HookManage),
        },
    )
}

/// `GET /settings/messages`.
pub async fn show(State(app): State<App>, req: Req) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| page(&a, tx, req, actor, None)).await
}

/// Reads what somebody wishes; the same for page and API.
pub(super) fn read(fields: &Fields) -> Result<Wish, Error> {
    let mut all = Collect::default();
    let from = all.take(fields.time("quiet_from", Label("开始", "From")));
    let to = all.take(fields.time("quiet_to", Label("结束", "To")));
    all.done()?;
    let chosen = |name: &str| {
        let codes = fields.all(name);
        Category::ALL.iter().copied().filter(|one| codes.contains(&one.code())).collect()
    };
    Ok(Wish {
        mail: chosen("mail"),
        sms: chosen("sms"),
        push: chosen("push"),
        quiet: Quiet { from: from.unwrap_or_default() % 1440, to: to.unwrap_or_default() % 1440 },
        digest: fields.ticked("digest"),
    })
}

/// `POST /settings/messages`.
pub async fn save(State(app): State<App>, req: Req, fields: Fields) -> Answer {
    let a = app.clone();
    app.submit(
        req,
        fields,
        |tx, req, actor, fields| {
            let account = actor.account()?;
            store::wish_put(tx, account, &read(fields)?)?;
            Ok(Done::to(HERE, req.lang.t("已保存", "Saved")))
        },
        move |tx, req, actor, form| page(&a, tx, req, actor, Some(form)),
    )
    .await
}

/// What follows when a link was sent; in the demo, where no mail arrives, the page of the link.
fn sent(app: &App, req: &Req, token: &str) -> Done {
    if app.settings.demo {
        let say = req
            .lang
            .t("演示：这就是邮件里的链接打开的页面", "Demo: this is where the link in the mail leads");
        return Done::to(format!("/mail/{token}"), say);
    }
    let say = req
        .lang
        .t("确认链接已发往您的邮箱，请打开它完成确认", "A link was sent to your address; open it to confirm");
    Done::to(HERE, say)
}

/// `POST /settings/messages/mail`: a new address.
pub async fn mail(State(app): State<App>, req: Req, fields: Fields) -> Answer {
    let (a, again) = (app.clone(), app.clone());
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            let token = commands::mail_change(tx, &a.vault, actor, fields.text("address"))?;
            Ok(sent(&a, req, &token))
        },
        move |tx, req, actor, form| page(&again, tx, req, actor, Some(form)),
    )
    .await
}

/// `POST /settings/messages/mail/again`: the link once more.
pub async fn mail_again(State(app): State<App>, req: Req, fields: Fields) -> Answer {
    let a = app.clone();
    app.command(req, fields, move |tx, req, actor, _| {
        let token = commands::mail_again(tx, &a.vault, actor)?;
        Ok(sent(&a, req, &token))
    })
    .await
}

/// `POST /settings/messages/mail/remove`: no more mail.
pub async fn mail_remove(State(app): State<App>, req: Req, fields: Fields) -> Answer {
    app.command(req, fields, |tx, req, actor, _| {
        let account = actor.account()?;
        store::mail_remove(tx, account)?;
        Ok(Done::to(HERE, req.lang.t("邮箱已删除", "The address was removed")))
    })
    .await
}

#[derive(Template)]
#[template(path = "setting/confirm.html")]
struct ConfirmPage {
    shell: Shell,
    token: String,
    mail: String,
}

/// `GET /mail/{token}`: what the link wants. Programs that look through mail open links by themselves: opening alone
/// confirms nothing.
pub async fn confirm_show(State(app): State<App>, req: Req, Path(token): Path<String>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        let mail = commands::confirmable(tx, &a.vault, &token)?;
        let shell = a.shell(req, actor, req.lang.t("确认邮箱", "Confirm the address"));
        answer::html(&a, req, &ConfirmPage { shell, token: token.clone(), mail })
    })
    .await
}

/// `POST /mail/{token}`: confirms.
pub async fn confirm(State(app): State<App>, req: Req, Path(token): Path<String>, fields: Fields) -> Answer {
    let vault = app.vault.clone();
    app.command(req, fields, move |tx, req, actor, _| {
        commands::confirm(tx, &vault, &token)?;
        let to = if actor.signed_in() { HERE } else { "/" };
        Ok(Done::to(to, req.lang.t("邮箱已确认", "The address is confirmed")))
    })
    .await
}
