//! Applications for programs, by the same commands.

use db::{ReadTx, WriteTx};
use kernel::error::common;
use kernel::page::{PAGE_ROWS, Page};
use kernel::{Actor, Error, OrgId, PersonId, RefusalText, Timestamp};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use ui::api::{ACCEPTED, Accepted, After, Api, At, Call, Paged, doc};
use ui::form::Label;
use ui::{App, Fields};

use super::{ApplicationState, InviteState, commands, pages, store};
use crate::sign_up::pages::wish_of;
use crate::{ActivityId, ApplicationId, InvitationId, InvitationLinkId, PostId, SessionId};

const REFUSALS: &[&[&RefusalText]] = &[crate::sign_up::refusals::ALL];

/// Operations of this subject.
#[must_use]
pub fn api() -> Api {
    Api::new()
        .post(
            "/api/v1/sessions/{id}/application",
            doc("applyForSession", "Applies for a session that is by approval.", "申请参加需要审核的场次。")
                .makes()
                .refuses(REFUSALS),
            apply,
        )
        .delete(
            "/api/v1/applications/{id}",
            doc(
                "withdrawApplication",
                "Takes an application back; doing it twice changes nothing.",
                "撤回申请；重复操作不产生变化。",
            )
            .refuses(REFUSALS),
            withdraw,
        )
        .get(
            "/api/v1/sessions/{id}/applications",
            doc("listApplications", "Who waits for the leader's decision.", "等待负责人审核的申请。"),
            list,
        )
        .post(
            "/api/v1/sessions/{id}/applications",
            doc("decideApplications", "Accepts or refuses applications.", "通过或不通过申请。")
                .refuses(REFUSALS),
            decide,
        )
        .get(
            "/api/v1/me/applications",
            doc(
                "listMyApplications",
                "The caller's applications for coming sessions that wait or were refused, soonest first; at most 100.",
                "本人对未开始场次的申请：等待决定或未接受，先开始的在前；最多 100 条。",
            ),
            my_applications,
        )
        .and(invitations())
}

fn invitations() -> Api {
    Api::new()
        .get(
            "/api/v1/me/invitations",
            doc(
                "listMyInvitations",
                "Invitations of the caller that can be used, the first to expire first; at most 50.",
                "本人可用的邀请，先到期的在前；最多 50 条。",
            ),
            my_invitations,
        )
        .post(
            "/api/v1/invitations/{id}/decline",
            doc(
                "declineInvitation",
                "Declines the caller's invitation; doing it twice changes nothing.",
                "谢绝邀请；重复操作不产生变化。",
            )
            .refuses(REFUSALS),
            decline,
        )
        .post(
            "/api/v1/invitation-links/accept",
            doc(
                "acceptInvitationLink",
                "Accepts an invitation by a link; signing up is the next step.",
                "接受链接邀请，然后即可报名。",
            )
            .refuses(REFUSALS),
            accept_link,
        )
        .get(
            "/api/v1/activities/{id}/invitations",
            doc(
                "listInvitations",
                "Who is invited to an activity, the latest first, for whoever plans it.",
                "活动的受邀人，最近的在前，仅策划者可见。",
            ),
            invitees,
        )
        .post(
            "/api/v1/activities/{id}/invitations",
            doc(
                "invite",
                "Invites people by volunteer number for some days; they are told.",
                "按志愿者编号邀请，若干天内有效，并通知本人。",
            )
            .refuses(REFUSALS),
            invite,
        )
        .post(
            "/api/v1/invitations/{id}/revoke",
            doc(
                "revokeInvitation",
                "Takes an invitation back; a place taken with it stays.",
                "收回邀请，已占的名额不变。",
            )
            .refuses(REFUSALS),
            revoke,
        )
        .get(
            "/api/v1/activities/{id}/invitation-links",
            doc(
                "listInvitationLinks",
                "Links that invite to an activity, the latest first; at most 50.",
                "活动的邀请链接，最近的在前；最多 50 个。",
            ),
            links,
        )
        .post(
            "/api/v1/activities/{id}/invitation-links",
            doc(
                "makeInvitationLink",
                "Makes a link that invites so many people for so many days.",
                "生成邀请链接，限人数和天数。",
            )
            .makes()
            .refuses(REFUSALS),
            make_link,
        )
        .post(
            "/api/v1/invitation-links/{id}/end",
            doc(
                "endInvitationLink",
                "Switches a link off; doing it twice changes nothing.",
                "停用邀请链接；重复操作不产生变化。",
            )
            .refuses(REFUSALS),
            end_link,
        )
}

/// An application as it stands.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ApplicationMade")]
struct Made {
    id: ApplicationId,
    session: SessionId,
    state: ApplicationState,
}

/// What is applied for.
#[derive(Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
struct NewApplication {
    post: Option<PostId>,
    team: Option<OrgId>,
    /// For the leader.
    #[schemars(length(max = 200))]
    message: String,
}

fn apply(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<SessionId>, (), NewApplication>,
) -> Result<Made, Error> {
    let (session, body) = (call.path.id, &call.body);
    let wish = wish_of(actor, session, body.post, body.team)?;
    let fields = Fields::of([("message", body.message.as_str())]);
    let message = fields.optional("message", Label("想对队长说的话", "Message"), 200)?;
    let id = commands::apply(tx, actor, session, wish.post, wish.team, &message)?;
    Ok(Made { id, session, state: ApplicationState::Waiting })
}

fn withdraw(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<ApplicationId>>,
) -> Result<Made, Error> {
    let id = call.path.id;
    let session = commands::withdraw(tx, actor, id)?;
    Ok(Made { id, session, state: ApplicationState::Withdrawn })
}

/// Somebody who waits for a decision.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ApplicationLine")]
struct Item {
    id: ApplicationId,
    name: String,
    volunteer_no: String,
    message: String,
    created_at: Timestamp,
    /// Sessions served with the team.
    served: i64,
    /// Sessions missed.
    absent: i64,
}

fn list(_: &App, tx: &mut ReadTx<'_>, actor: &Actor, call: &Call<At<SessionId>>) -> Result<Vec<Item>, Error> {
    actor.account()?;
    let session = call.path.id;
    crate::activity::session_find(tx, session)?
        .filter(|s| crate::sign_up::manages(actor, s.place()))
        .ok_or(&common::NOT_FOUND)?;
    let lines = store::of_session(tx, session)?.into_iter().map(|one| Item {
        id: one.id,
        name: one.name,
        volunteer_no: one.volunteer_no,
        message: one.message,
        created_at: one.created_at,
        served: one.served,
        absent: one.absent,
    });
    Ok(lines.collect())
}

/// What the leader decides.
#[derive(Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "ApplicationAct")]
enum Decision {
    Accept,
    Refuse,
}

/// A decision about several applications.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct DecideApplications {
    #[schemars(length(min = 1, max = 200))]
    application: Vec<ApplicationId>,
    act: Decision,
    #[serde(default)]
    #[schemars(length(max = 200))]
    reason: String,
}

/// Somebody who could not be accepted.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ApplicationFailed")]
struct Failed {
    person: PersonId,
    /// Code of the refusal.
    code: &'static str,
}

/// What became of the decision.
#[derive(Serialize, JsonSchema)]
#[schemars(rename = "ApplicationsDecided")]
struct Done {
    done: usize,
    failed: Vec<Failed>,
}

fn decide(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<SessionId>, (), DecideApplications>,
) -> Result<Done, Error> {
    let body = &call.body;
    let fields = Fields::of([("reason", body.reason.as_str())]);
    let reason = fields.optional("reason", Label("原因", "Reason"), 200)?;
    let accept = matches!(body.act, Decision::Accept);
    let done = commands::decide(tx, actor, call.path.id, &body.application, accept, &reason)?;
    let failed = done.failed.into_iter().map(|(person, why)| Failed { person, code: why.code() }).collect();
    Ok(Done { done: done.done, failed })
}

/// One's own application.
#[derive(Serialize, JsonSchema)]
struct OwnApplication {
    id: ApplicationId,
    session: SessionId,
    activity: ActivityId,
    title: String,
    team_name: String,
    starts_at: Timestamp,
    ends_at: Timestamp,
    state: ApplicationState,
    /// What the leader said to a refusal.
    reason: String,
    created_at: Timestamp,
}

fn my_applications(
    _: &App,
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    _: &Call,
) -> Result<Paged<OwnApplication>, Error> {
    let items = store::of_person(tx, actor.person()?)?.into_iter().map(|one| OwnApplication {
        id: one.id,
        session: one.session,
        activity: one.activity_id,
        title: one.title,
        team_name: one.org_name,
        starts_at: one.starts_at,
        ends_at: one.ends_at,
        state: one.state,
        reason: one.reason,
        created_at: one.created_at,
    });
    Ok(Paged { items: items.collect(), next: None })
}

/// One's own invitation.
#[derive(Serialize, JsonSchema)]
struct OwnInvitation {
    id: InvitationId,
    activity: ActivityId,
    title: String,
    team_name: String,
    expires_at: Timestamp,
    /// The caller has a place in a session of the activity.
    placed: bool,
}

fn my_invitations(
    _: &App,
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    _: &Call,
) -> Result<Paged<OwnInvitation>, Error> {
    let items = store::invitations_of(tx, actor.person()?)?.into_iter().map(|one| OwnInvitation {
        id: one.id,
        activity: one.activity_id,
        title: one.title,
        team_name: one.org_name,
        expires_at: one.expires_at,
        placed: one.placed,
    });
    Ok(Paged { items: items.collect(), next: None })
}

fn decline(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<InvitationId>>,
) -> Result<Accepted, Error> {
    commands::decline(tx, actor, call.path.id)?;
    Ok(ACCEPTED)
}

/// A link that invites.
#[derive(Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct AcceptLink {
    /// What follows `/invited/` in its address.
    #[schemars(length(min = 1, max = 200))]
    token: String,
}

/// What one is invited to.
#[derive(Serialize, JsonSchema)]
struct LinkAccepted {
    activity: ActivityId,
}

fn accept_link(
    app: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<(), (), AcceptLink>,
) -> Result<LinkAccepted, Error> {
    actor.account()?;
    let id = pages::read_token(&app.vault, &call.body.token).ok_or(&common::NOT_FOUND)?;
    Ok(LinkAccepted { activity: commands::link_accept(tx, actor, id)? })
}

/// Somebody who is invited.
#[derive(Serialize, JsonSchema)]
struct InviteeLine {
    id: InvitationId,
    name: String,
    volunteer_no: String,
    state: InviteState,
    created_at: Timestamp,
    expires_at: Timestamp,
    /// By a link, not by number.
    by_link: bool,
    /// Sessions of the activity the person has a place in.
    places: i64,
}

fn invitees(
    _: &App,
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    call: &Call<At<ActivityId>, After>,
) -> Result<Paged<InviteeLine>, Error> {
    let a = commands::planned(tx, actor, call.path.id)?;
    let before = call.query.after.parse().unwrap_or(store::LATEST);
    let rows = store::invitees(tx, a.id, before, PAGE_ROWS + 1)?;
    let page = Page::cut(rows, 20, |row| row.id.to_string());
    Ok(Paged::of(page, |row| InviteeLine {
        id: row.id,
        name: row.name,
        volunteer_no: row.volunteer_no,
        state: row.state,
        created_at: row.created_at,
        expires_at: row.expires_at,
        by_link: row.by_link,
        places: row.places,
    }))
}

/// People to invite.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Invite {
    /// Volunteer numbers with blanks or commas between them; the first hundred are read.
    #[schemars(length(min = 1, max = 4000))]
    numbers: String,
    /// How many days the invitation holds.
    #[schemars(range(min = 1, max = 90))]
    days: i64,
}

/// What came of inviting.
#[derive(Serialize, JsonSchema)]
struct InvitedNow {
    /// Invited anew and told.
    invited: usize,
    /// Numbers nobody has.
    unknown: Vec<String>,
}

fn invite(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<ActivityId>, (), Invite>,
) -> Result<InvitedNow, Error> {
    commands::planned(tx, actor, call.path.id)?;
    let (invited, unknown) = pages::invited_by(tx, actor, call.path.id, &call.fields(), call.req.lang)?;
    Ok(InvitedNow { invited, unknown })
}

fn revoke(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<InvitationId>>,
) -> Result<Accepted, Error> {
    commands::revoke(tx, actor, call.path.id)?;
    Ok(ACCEPTED)
}

/// A link that invites to an activity.
#[derive(Serialize, JsonSchema)]
struct InvitationLinkLine {
    id: InvitationLinkId,
    /// Its address; whoever has it is invited.
    address: String,
    uses_left: i64,
    created_at: Timestamp,
    expires_at: Timestamp,
    /// When it was switched off.
    ended_at: Option<Timestamp>,
}

fn links(
    app: &App,
    tx: &mut ReadTx<'_>,
    actor: &Actor,
    call: &Call<At<ActivityId>>,
) -> Result<Paged<InvitationLinkLine>, Error> {
    let a = commands::planned(tx, actor, call.path.id)?;
    let items = store::links(tx, a.id)?.into_iter().map(|one| InvitationLinkLine {
        address: pages::address(app, one.id),
        id: one.id,
        uses_left: one.uses_left,
        created_at: one.created_at,
        expires_at: one.expires_at,
        ended_at: one.ended_at,
    });
    Ok(Paged { items: items.collect(), next: None })
}

/// A link to make.
#[derive(Clone, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct NewInvitationLink {
    /// How many people it invites.
    #[schemars(range(min = 1, max = 500))]
    uses: i64,
    #[schemars(range(min = 1, max = 90))]
    days: i64,
}

/// A link that was made.
#[derive(Serialize, JsonSchema)]
struct InvitationLinkMade {
    id: InvitationLinkId,
    /// Its address; whoever has it is invited.
    address: String,
}

fn make_link(
    app: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<ActivityId>, (), NewInvitationLink>,
) -> Result<InvitationLinkMade, Error> {
    commands::planned(tx, actor, call.path.id)?;
    let fields = call.fields();
    let uses = fields.number("uses", Label("可邀请人数", "People"), 1, 500)?;
    let days = fields.number("days", Label("有效天数", "Days"), 1, 90)?;
    let id = commands::link_new(tx, actor, call.path.id, uses, days)?;
    Ok(InvitationLinkMade { id, address: pages::address(app, id) })
}

fn end_link(
    _: &App,
    tx: &mut WriteTx<'_>,
    actor: &Actor,
    call: &Call<At<InvitationLinkId>>,
) -> Result<Accepted, Error> {
    commands::link_end(tx, actor, call.path.id)?;
    Ok(ACCEPTED)
}
