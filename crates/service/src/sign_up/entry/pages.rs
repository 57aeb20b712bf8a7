//! Buttons of applicants and of the leader who decides; the page of an activity's invitations.

use askama::Template;
use axum::extract::{Path, State};
use db::{ReadTx, WriteTx};
use kernel::error::common;
use kernel::{Actor, Error, Lang, PersonId, Refusal, Timestamp};
use ui::answer::{Answer, Done};
use ui::form::Label;
use ui::{App, Fields, Form, Req, Shell};
use vault::Vault;

use super::store::{self, Invitation, Invitee, Mine};
use super::{InviteState, commands};
use crate::activity::pages::parse;
use crate::activity::{Activity, ActivityState, Entry};
use crate::sign_up::hand_over::store::open_of_activity;
use crate::sign_up::limits;
use crate::sign_up::pages::{back, render_back, wish};
use crate::{ActivityId, ApplicationId, HandOverId, InvitationLinkId, SessionId, take};

/// How a person stands to an activity, for its page.
#[derive(Debug, Default)]
pub(crate) struct Standing {
    /// Until when invited.
    pub(crate) invited: Option<Timestamp>,
    /// Until when the leader is asked for every place.
    pub(crate) asks_until: Option<Timestamp>,
    /// Own applications, of all activities.
    pub(crate) applied: Vec<Mine>,
    /// Places others offer to whoever could take one.
    pub(crate) offered: Vec<(SessionId, HandOverId, PersonId)>,
}

impl Standing {
    /// What is offered in a session.
    pub(crate) fn offered_in(&self, session: SessionId) -> Vec<HandOverId> {
        self.offered.iter().filter(|one| one.0 == session).map(|one| one.1).collect()
    }

    /// Whether a place is asked of the leader.
    pub(crate) const fn asks(&self, entry: Entry) -> bool {
        self.invited.is_none()
            && (matches!(entry, Entry::Approval)
                || (matches!(entry, Entry::Open) && self.asks_until.is_some()))
    }

    /// Whether nothing can be done without an invitation.
    pub(crate) const fn shut(&self, entry: Entry) -> bool {
        self.invited.is_none() && matches!(entry, Entry::Invitation)
    }
}

/// Reads how a person stands to an activity: three questions, one more for who stayed away.
pub(crate) fn standing(
    tx: &mut ReadTx<'_>,
    activity: ActivityId,
    person: Option<PersonId>,
) -> Result<Standing, Error> {
    let Some(person) = person else { return Ok(Standing::default()) };
    let one = store::standing(tx, activity, person)?;
    let asks_until = if one.absent > 0 {
        limits::limits(tx)?.asks_until(tx.now(), (one.absent, one.last_absent))
    } else {
        None
    };
    let mut offered = open_of_activity(tx, activity)?;
    offered.retain(|one| one.2 != person);
    Ok(Standing { invited: one.invited, asks_until, applied: store::of_person(tx, person)?, offered })
}

/// What waits in the schedule beside places: own applications and invitations.
#[derive(Debug)]
pub(crate) struct Invited {
    /// Own applications.
    pub(crate) applied: Vec<Mine>,
    /// Own invitations.
    pub(crate) invited: Vec<Invitation>,
}

/// Reads them.
pub(crate) fn invited(tx: &mut ReadTx<'_>, person: PersonId) -> Result<Invited, Error> {
    Ok(Invited { applied: store::of_person(tx, person)?, invited: store::invitations_of(tx, person)? })
}

/// `POST /sessions/{id}/apply`
pub(super) async fn apply(
    State(app): State<App>,
    req: Req,
    Path(id): Path<String>,
    fields: Fields,
) -> Answer {
    let (a, again) = (app.clone(), id.clone());
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            let session = parse(&id)?;
            let wish = wish(actor, session, fields)?;
            let message = fields.optional("message", Label("想对队长说的话", "Message"), 200)?;
            commands::apply(tx, actor, session, wish.post, wish.team, &message)?;
            let say = req.lang.t(
                "已申请，还没有占名额。队长决定后会通知您，最晚到活动开始。",
                "You have applied; no place is taken yet. The leader decides by the start, and you are told.",
            );
            let to = take::pages::came_from(fields.text("next"))
                .map_or_else(|| back(fields, session), str::to_owned);
            Ok(Done::to(to, say))
        },
        move |tx, req, actor, form| render_back(&a, tx, req, actor, &again, form),
    )
    .await
}

/// `POST /applications/{id}/withdraw`
pub(super) async fn withdraw(
    State(app): State<App>,
    req: Req,
    Path(id): Path<String>,
    fields: Fields,
) -> Answer {
    app.command(req, fields, move |tx, req, actor, _| {
        commands::withdraw(tx, actor, parse(&id)?)?;
        Ok(Done::to("/schedule", req.lang.t("申请已撤回。", "The application is taken back.")))
    })
    .await
}

/// `POST /sessions/{id}/applications`
pub(super) async fn decide(
    State(app): State<App>,
    req: Req,
    Path(id): Path<String>,
    fields: Fields,
) -> Answer {
    let (a, again) = (app.clone(), id.clone());
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            let session: SessionId = parse(&id)?;
            let lang = req.lang;
            // One's own button, or all that are ticked.
            let one = fields.text("one");
            let chosen = if one.is_empty() { fields.all("application") } else { vec![one] };
            let ids: Vec<ApplicationId> = chosen.into_iter().map(parse).collect::<Result<_, _>>()?;
            let reason = fields.optional("reason", Label("原因", "Reason"), 200)?;
            let accept = fields.text("act") == "accept";
            let names: Vec<(PersonId, String)> =
                store::of_session(tx, session)?.into_iter().map(|one| (one.person, one.name)).collect();
            let done = commands::decide(tx, actor, session, &ids, accept, &reason)?;
            let mut say = if accept {
                lang.f("已接受 {} 人，已通知本人。", "{} accepted and told.", &[&done.done])
            } else {
                lang.f("{} 份申请未接受，已通知本人。", "{} not accepted; they are told.", &[&done.done])
            };
            if !done.failed.is_empty() {
                let failed: Vec<(String, Refusal)> = done
                    .failed
                    .into_iter()
                    .map(|(person, why)| {
                        let name = names.iter().find(|one| one.0 == person).map(|one| one.1.clone());
                        (name.unwrap_or_default(), why)
                    })
                    .collect();
                say.push_str(&lang.f(
                    "有 {} 人没能接受：{}",
                    " {} could not be accepted: {}",
                    &[&failed.len(), &commands::failed_words(lang, &failed)],
                ));
            }
            Ok(Done::to(format!("/sessions/{session}/sign-ups#applications"), say))
        },
        move |tx, req, actor, form| crate::sign_up::pages::render_led(&a, tx, req, actor, &again, form),
    )
    .await
}

/// An invitation ready to show.
#[derive(Debug)]
pub struct InviteeView {
    pub one: Invitee,
    pub state: String,
    pub open: bool,
}

/// A link ready to show.
#[derive(Debug)]
pub struct LinkView {
    pub one: store::Link,
    pub address: String,
    pub state: String,
    pub open: bool,
}

#[derive(Template)]
#[template(path = "sign_up/invitations.html")]
struct InvitationsPage {
    shell: Shell,
    form: Form,
    a: Activity,
    published: bool,
    people: Vec<InviteeView>,
    links: Vec<LinkView>,
}

fn token(vault: &Vault, id: InvitationLinkId) -> String {
    let tag = vault.signer.sign("invitation", &[&id.0.to_be_bytes()]);
    format!("{id}-{tag}")
}

/// The address of a link, which whoever has it can open.
pub(super) fn address(app: &App, id: InvitationLinkId) -> String {
    format!("{}/invited/{}", app.settings.base_url, token(&app.vault, id))
}

/// The link of an address, if it was written here.
pub(super) fn read_token(vault: &Vault, text: &str) -> Option<InvitationLinkId> {
    let (id, tag) = text.split_once('-')?;
    let id = InvitationLinkId(id.parse().ok()?);
    vault.signer.verify("invitation", &[&id.0.to_be_bytes()], tag).then_some(id)
}

fn link_state(lang: Lang, now: Timestamp, one: &store::Link) -> (String, bool) {
    if one.ended_at.is_some() {
        (lang.t("已停用", "Switched off").to_owned(), false)
    } else if one.expires_at <= now {
        (lang.t("已过期", "Expired").to_owned(), false)
    } else if one.uses_left <= 0 {
        (lang.t("已用完", "Used up").to_owned(), false)
    } else {
        (lang.f("还可邀请 {} 人", "{} more people", &[&one.uses_left]), true)
    }
}

fn render(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    id: &str,
    form: &Form,
) -> Result<Answer, Error> {
    let (lang, now) = (req.lang, tx.now());
    let a = commands::planned(tx, actor, parse(id)?)?;
    let people = store::invitees(tx, a.id, store::LATEST, 500)?
        .into_iter()
        .map(|one| {
            let open = one.state == InviteState::Open && one.expires_at > now;
            let state = if one.places > 0 {
                lang.f("已报名 {} 场", "signed up for {}", &[&one.places])
            } else if one.state == InviteState::Open && !open {
                lang.t("已过期", "Expired").to_owned()
            } else if open {
                lang.t("等本人报名", "The person signs up").to_owned()
            } else {
                one.state.name(lang).to_owned()
            };
            InviteeView { one, state, open }
        })
        .collect();
    let links = store::links(tx, a.id)?
        .into_iter()
        .map(|one| {
            let (state, open) = link_state(lang, now, &one);
            let address = address(app, one.id);
            LinkView { one, address, state, open }
        })
        .collect();
    ui::answer::html(
        app,
        req,
        &InvitationsPage {
            shell: app.shell(req, actor, &lang.f("邀请：{}", "Invitations: {}", &[&a.title])),
            form: form.clone(),
            published: a.state == ActivityState::Published,
            people,
            links,
            a,
        },
    )
}

/// `GET /activities/{id}/invitations`
pub(super) async fn list(State(app): State<App>, req: Req, Path(id): Path<String>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| {
        render(&a, tx, req, actor, &id, &Form::filled([("days", "14"), ("uses", "20"), ("link_days", "14")]))
    })
    .await
}

/// Invites those whose numbers a form names; the same for page and API. Who was invited anew, and which numbers nobody
/// has.
///
/// # Errors
/// As [`commands::invite`]; `sign_up.no_such_person` when nobody has any of the numbers.
pub(super) fn invited_by(
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    activity: ActivityId,
    fields: &Fields,
    lang: Lang,
) -> Result<(usize, Vec<String>), Error> {
    let text = fields.required("numbers", Label("志愿者编号", "Volunteer numbers"), 4000)?;
    let days = fields.number("days", Label("有效天数", "Days"), 1, 90)?;
    let numbers: Vec<&str> = text
        .split(|c: char| c.is_whitespace() || matches!(c, ',' | '，' | '、' | ';' | '；'))
        .filter(|part| !part.is_empty())
        .collect();
    let (count, unknown) = commands::invite(tx, actor, activity, &numbers, days)?;
    if count == 0 && !unknown.is_empty() {
        return Err(Refusal::new(&crate::sign_up::refusals::NO_SUCH_PERSON)
            .with("number", unknown.join(lang.t("、", ", ")))
            .on("numbers")
            .into());
    }
    Ok((count, unknown))
}

/// `POST /activities/{id}/invitations`
pub(super) async fn invite(
    State(app): State<App>,
    req: Req,
    Path(id): Path<String>,
    fields: Fields,
) -> Answer {
    let (a, again) = (app.clone(), id.clone());
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            let lang = req.lang;
            let activity: ActivityId = parse(&id)?;
            commands::planned(tx, actor, activity)?;
            let (count, unknown) = invited_by(tx, actor, activity, fields, lang)?;
            let mut say = lang.f("已邀请 {} 人，已通知本人。", "{} invited and told.", &[&count]);
            if !unknown.is_empty() {
                let list = unknown.join(lang.t("、", ", "));
                say.push_str(&lang.f("没有找到：{}", " Not found: {}", &[&list]));
            }
            Ok(Done::to(format!("/activities/{activity}/invitations"), say))
        },
        move |tx, req, actor, form| render(&a, tx, req, actor, &again, form),
    )
    .await
}

/// `POST /activities/{id}/invitations/link`
pub(super) async fn link(State(app): State<App>, req: Req, Path(id): Path<String>, fields: Fields) -> Answer {
    let (a, again) = (app.clone(), id.clone());
    app.submit(
        req,
        fields,
        move |tx, req, actor, fields| {
            let activity: ActivityId = parse(&id)?;
            commands::planned(tx, actor, activity)?;
            let uses = fields.number("uses", Label("可邀请人数", "People"), 1, 500)?;
            let days = fields.number("link_days", Label("有效天数", "Days"), 1, 90)?;
            commands::link_new(tx, actor, activity, uses, days)?;
            let say = req.lang.t(
                "链接已生成，复制后发给要邀请的人。",
                "The link is ready: copy it and send it to whom you invite.",
            );
            Ok(Done::to(format!("/activities/{activity}/invitations#links"), say))
        },
        move |tx, req, actor, form| render(&a, tx, req, actor, &again, form),
    )
    .await
}

/// `POST /invitations/{id}/revoke`
pub(super) async fn revoke(
    State(app): State<App>,
    req: Req,
    Path(id): Path<String>,
    fields: Fields,
) -> Answer {
    app.command(req, fields, move |tx, req, actor, _| {
        let activity = commands::revoke(tx, actor, parse(&id)?)?;
        Ok(Done::to(
            format!("/activities/{activity}/invitations"),
            req.lang.t("邀请已收回。", "The invitation is taken back."),
        ))
    })
    .await
}

/// `POST /invitations/{id}/decline`
pub(super) async fn decline(
    State(app): State<App>,
    req: Req,
    Path(id): Path<String>,
    fields: Fields,
) -> Answer {
    app.command(req, fields, move |tx, req, actor, _| {
        commands::decline(tx, actor, parse(&id)?)?;
        Ok(Done::to("/schedule", req.lang.t("已谢绝，队长会看到。", "Declined; the leader sees it.")))
    })
    .await
}

/// `POST /invitation-links/{id}/end`
pub(super) async fn end_link(
    State(app): State<App>,
    req: Req,
    Path(id): Path<String>,
    fields: Fields,
) -> Answer {
    app.command(req, fields, move |tx, req, actor, _| {
        let activity = commands::link_end(tx, actor, parse(&id)?)?;
        Ok(Done::to(
            format!("/activities/{activity}/invitations"),
            req.lang.t("链接已停用。", "The link is switched off."),
        ))
    })
    .await
}

#[derive(Template)]
#[template(path = "sign_up/invited.html")]
struct OpenPage {
    shell: Shell,
    form: Form,
    title: String,
    org: String,
    until: String,
    here: String,
    signed_in: bool,
    has_person: bool,
    sign_in: String,
}

fn open_page(
    app: &App,
    tx: &mut ReadTx<'_>,
    req: &Req,
    actor: &Actor,
    text: &str,
    form: &Form,
) -> Result<Answer, Error> {
    let not_found = || Error::from(&common::NOT_FOUND);
    let id = read_token(&app.vault, text).ok_or_else(not_found)?;
    let link = store::link(tx, id)?.ok_or_else(not_found)?;
    let a = crate::activity::find(tx, link.activity_id)?.ok_or_else(not_found)?;
    let lang = req.lang;
    let mut form = form.clone();
    if form.refusals.is_empty()
        && (a.state != ActivityState::Published || !link_state(lang, tx.now(), &link).1)
        && store::standing(tx, a.id, actor.person.unwrap_or(PersonId(0)))?.invited.is_none()
    {
        form.refusals.push(Refusal::new(&crate::sign_up::refusals::INVITATION_GONE));
    }
    let here = format!("/invited/{text}");
    ui::answer::html(
        app,
        req,
        &OpenPage {
            shell: app.shell(req, actor, lang.t("邀请您参加", "You are invited")),
            form,
            title: a.title,
            org: a.org_name,
            until: link.expires_at.text(),
            signed_in: actor.signed_in(),
            has_person: actor.person.is_some(),
            sign_in: Req { path: "/sign-in".into(), target: "/sign-in".into(), ..req.clone() }
                .with_query("next", &here),
            here,
        },
    )
}

/// `GET /invited/{token}`
pub(super) async fn open(State(app): State<App>, req: Req, Path(text): Path<String>) -> Answer {
    let a = app.clone();
    app.page(req, move |tx, req, actor| open_page(&a, tx, req, actor, &text, &Form::default())).await
}

/// `POST /invited/{token}`
pub(super) async fn accept(
    State(app): State<App>,
    req: Req,
    Path(text): Path<String>,
    fields: Fields,
) -> Answer {
    let (a, again, vault) = (app.clone(), text.clone(), app.clone());
    app.submit(
        req,
        fields,
        move |tx, req, actor, _| {
            let id = read_token(&vault.vault, &text).ok_or_else(|| Error::from(&common::NOT_FOUND))?;
            let activity = commands::link_accept(tx, actor, id)?;
            Ok(Done::to(
                format!("/activities/{activity}#sessions"),
                req.lang.t("邀请已接受，请选一场报名。", "Accepted: now choose a session and sign up."),
            ))
        },
        move |tx, req, actor, form| open_page(&a, tx, req, actor, &again, form),
    )
    .await
}
