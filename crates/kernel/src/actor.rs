//! Who acts, and what they may do: roles, grants over a subtree, one vocabulary of actions, and one
//! pure decision, [`can`]. The role × action table is held against a committed snapshot.

use crate::id::{AccountId, OrgId, PersonId};

/// What a person is in some part of the city.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
pub enum Role {
    /// Leader or liaison of a team (Add-32).
    Leader,
    /// Staff of a station, community or street.
    Station,
    /// The city office (or an office of a higher node).
    Office,
    /// System administrator: settings, accounts' state, back-ups. Never data of persons (X5).
    System,
    /// Security administrator: who holds which role (X5).
    Security,
    /// Audit administrator: reads the audit log, changes nothing (X5).
    Audit,
}

impl Role {
    /// All roles, in the order of the matrix.
    pub const ALL: [Self; 6] =
        [Self::Leader, Self::Station, Self::Office, Self::System, Self::Security, Self::Audit];

    /// The stored form.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Leader => "leader",
            Self::Station => "station",
            Self::Office => "office",
            Self::System => "system",
            Self::Security => "security",
            Self::Audit => "audit",
        }
    }

    /// Reads the stored form.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|role| role.code() == code)
    }

    /// For people.
    #[must_use]
    pub fn name(self, lang: impl Into<crate::Lang>) -> &'static str {
        let lang: crate::Lang = lang.into();
        match self {
            Self::Leader => lang.t("队长/联络员", "Team leader"),
            Self::Station => lang.t("站点工作人员", "Station staff"),
            Self::Office => lang.t("市级办公室", "City office"),
            Self::System => lang.t("系统管理员", "System administrator"),
            Self::Security => lang.t("安全管理员", "Security administrator"),
            Self::Audit => lang.t("审计管理员", "Audit administrator"),
        }
    }

    /// Whether this is one of the three administrator roles, which exclude each other and every
    /// other role (X5, Fix-19).
    #[must_use]
    pub const fn is_admin(self) -> bool {
        matches!(self, Self::System | Self::Security | Self::Audit)
    }
}

/// Declares [`Action`] with its rows of the permission matrix.
macro_rules! actions {
    ($($(#[$meta:meta])* $name:ident $code:literal [$($role:ident),*];)*) => {
        /// One thing a person may or may not do.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, PartialOrd, Ord)]
        pub enum Action { $($(#[$meta])* $name),* }

        impl Action {
            /// All actions, in the order of the matrix.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The stable code.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$name => $code),* }
            }

            /// The roles that may do it within their subtree.
            #[must_use]
            pub const fn roles(self) -> &'static [Role] {
                match self { $(Self::$name => &[$(Role::$role),*]),* }
            }
        }
    };
}

actions! {
    /// See internal pages of an organisation.
    OrgRead "org.read" [Leader, Station, Office];
    /// Change the organisation tree.
    OrgManage "org.manage" [Office];
    /// Change a team: members, leaders, text.
    TeamManage "team.manage" [Leader, Station, Office];
    /// See the personal files of people.
    PersonRead "person.read" [Station, Office];
    /// See people of one's own team with their phones.
    MemberRead "member.read" [Leader, Station, Office];
    /// Reveal an ID number; every look is audited.
    PersonReveal "person.reveal" [Station, Office];
    /// Register people at the desk, claim for them, print slips.
    PersonRegister "person.register" [Station, Office];
    /// Change a person's data.
    PersonEdit "person.edit" [Station, Office];
    /// Import a roster.
    RosterImport "roster.import" [Station, Office];
    /// Plan, publish and cancel activities.
    ActivityManage "activity.manage" [Leader, Station, Office];
    /// Show the code, take the roll, close a session.
    Attendance "attendance" [Leader, Station, Office];
    /// Submit records for confirmation.
    RecordSubmit "record.submit" [Leader, Station, Office];
    /// Confirm, return or void records.
    RecordConfirm "record.confirm" [Station, Office];
    /// See dashboards and figures of a subtree.
    FiguresRead "figures.read" [Station, Office];
    /// Export lists as files.
    Export "export" [Leader, Station, Office];
    /// Create and disable accounts, change settings.
    SystemManage "system.manage" [System];
    /// Look after what is told to other systems, and see what became of each delivery.
    HookManage "hook.manage" [System];
    /// Give and take roles.
    RoleManage "role.manage" [Security];
    /// Read the audit log.
    AuditRead "audit.read" [Audit];
}

crate::codes! {
    /// What a token may be used for: reading or writing in one room.
    pub enum Scope {
        /// The task list and the search over all rooms.
        HomeRead = "home:read", "待办与搜索：查看", "Tasks and search: read";
        /// People, organisations and teams: read.
        PeopleRead = "people:read", "人员与组织：查看", "People and organisations: read";
        /// People, organisations and teams: write.
        PeopleWrite = "people:write", "人员与组织：办理", "People and organisations: write";
        /// Activities, sign-ups, attendance, records, figures: read.
        ServiceRead = "service:read", "活动与时长：查看", "Activities and hours: read";
        /// Activities, sign-ups, attendance, records: write.
        ServiceWrite = "service:write", "活动与时长：办理", "Activities and hours: write";
        /// Messages: read.
        MessagesRead = "messages:read", "消息：查看", "Messages: read";
        /// Messages: write.
        MessagesWrite = "messages:write", "消息：办理", "Messages: write";
    }
}

impl Scope {
    /// The room it is about.
    #[must_use]
    pub fn room(self) -> &'static str {
        self.code().split(':').next().unwrap_or_default()
    }

    /// The scope of a room for reading or writing; `None` for rooms that programs have no business in.
    #[must_use]
    pub fn of(room: &str, write: bool) -> Option<Self> {
        let what = if write { "write" } else { "read" };
        Self::from_code(&format!("{room}:{what}"))
    }
}

impl Action {
    /// The room whose scope a token needs so that its owner's roles count for this; `None`: never by a token.
    /// Files and administration stay with people who sign in.
    #[must_use]
    pub const fn room(self) -> Option<&'static str> {
        match self {
            Self::OrgRead
            | Self::OrgManage
            | Self::TeamManage
            | Self::PersonRead
            | Self::MemberRead
            | Self::PersonReveal
            | Self::PersonRegister
            | Self::PersonEdit
            | Self::RosterImport => Some("people"),
            Self::ActivityManage
            | Self::Attendance
            | Self::RecordSubmit
            | Self::RecordConfirm
            | Self::FiguresRead => Some("service"),
            Self::HookManage => Some("messages"),
            Self::Export | Self::SystemManage | Self::RoleManage | Self::AuditRead => None,
        }
    }
}

/// A role held over a subtree.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Grant {
    /// The role.
    pub role: Role,
    /// The node at the top of the subtree.
    pub org: OrgId,
    /// The node's path on the area line, `/1/5/17/`.
    pub area_path: String,
    /// The node's path on the sponsor line.
    pub sponsor_path: String,
    /// The node's name, for menus.
    pub org_name: String,
}

/// Where a resource sits: its paths on both lines (Add-66).
#[derive(Clone, Copy, Debug)]
pub struct Place<'a> {
    /// Path on the area line.
    pub area_path: &'a str,
    /// Path on the sponsor line.
    pub sponsor_path: &'a str,
}

/// Who acts.
#[derive(Clone, Debug, Default)]
pub struct Actor {
    /// The account, `None` for a visitor.
    pub account: Option<AccountId>,
    /// The person behind it, if one.
    pub person: Option<PersonId>,
    /// Name for the page's head.
    pub name: String,
    /// Roles held.
    pub grants: Vec<Grant>,
    /// Where the request came from, for the audit log.
    pub from: String,
    /// What a token leaves of all this; `None`: signed in, everything.
    pub cut: Option<Vec<Scope>>,
}

impl Actor {
    /// Whether a token (if it is one that acts) leaves this action to its owner's roles. A right is asked in
    /// several rooms (a list of people shows their hours), so reading or writing in the room is enough here;
    /// which of the two an operation needs is asked by [`Actor::demand_scope`].
    #[must_use]
    pub fn reaches(&self, action: Action) -> bool {
        let Some(cut) = &self.cut else { return true };
        action.room().is_some_and(|room| cut.iter().any(|scope| scope.room() == room))
    }

    /// Demands that a token (if it is one that acts) has this scope.
    ///
    /// # Errors
    /// `common.scope`.
    pub fn demand_scope(&self, scope: Scope) -> Result<(), crate::Error> {
        if self.cut.as_ref().is_none_or(|cut| cut.contains(&scope)) {
            return Ok(());
        }
        Err(crate::Refusal::new(&crate::error::common::SCOPE).with("scope", scope.code()).into())
    }

    /// The system itself, for jobs and the command line; `what` names it in the audit log.
    #[must_use]
    pub fn system(what: &str) -> Self {
        Self { name: what.to_owned(), from: "system".to_owned(), ..Self::default() }
    }

    /// Whether somebody is signed in.
    #[must_use]
    pub const fn signed_in(&self) -> bool {
        self.account.is_some()
    }

    /// Whether any role allows the action somewhere (for menus).
    #[must_use]
    pub fn may(&self, action: Action) -> bool {
        self.reaches(action) && self.grants.iter().any(|grant| action.roles().contains(&grant.role))
    }

    /// Whether the role is held anywhere.
    #[must_use]
    pub fn is(&self, role: Role) -> bool {
        self.grants.iter().any(|grant| grant.role == role)
    }

    /// The subtrees (area path) in which the action is allowed.
    #[must_use]
    pub fn scopes(&self, action: Action) -> Vec<&Grant> {
        let reached = self.reaches(action);
        self.grants.iter().filter(|grant| reached && action.roles().contains(&grant.role)).collect()
    }

    /// The account that acts.
    ///
    /// # Errors
    /// `common.sign_in` for a visitor.
    pub fn account(&self) -> Result<AccountId, crate::Error> {
        self.account.ok_or_else(|| (&crate::error::common::SIGN_IN).into())
    }

    /// The person that acts.
    ///
    /// # Errors
    /// `common.sign_in` for a visitor, `common.forbidden` for an account without a person.
    pub fn person(&self) -> Result<PersonId, crate::Error> {
        self.account()?;
        self.person.ok_or_else(|| (&crate::error::common::FORBIDDEN).into())
    }

    /// Demands that the action is allowed at the place.
    ///
    /// # Errors
    /// `common.sign_in` for a visitor, `common.forbidden` otherwise.
    pub fn demand(&self, action: Action, at: Place<'_>) -> Result<(), crate::Error> {
        self.account()?;
        if can(self, action, at) { Ok(()) } else { Err((&crate::error::common::FORBIDDEN).into()) }
    }

    /// Demands that the action is allowed somewhere.
    ///
    /// # Errors
    /// `common.sign_in` for a visitor, `common.forbidden` otherwise.
    pub fn demand_any(&self, action: Action) -> Result<(), crate::Error> {
        self.account()?;
        if self.may(action) { Ok(()) } else { Err((&crate::error::common::FORBIDDEN).into()) }
    }
}

/// Whether the actor may do the action to something at that place: some grant's role allows it and
/// the place lies under the grant's node on either line (条块, Add-66). Deny by default.
#[must_use]
pub fn can(actor: &Actor, action: Action, at: Place<'_>) -> bool {
    actor.reaches(action)
        && actor.grants.iter().any(|grant| {
            action.roles().contains(&grant.role)
                && ((!grant.area_path.is_empty() && at.area_path.starts_with(&grant.area_path))
                    || (!grant.sponsor_path.is_empty() && at.sponsor_path.starts_with(&grant.sponsor_path)))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn actor(role: Role, area: &str, sponsor: &str) -> Actor {
        Actor {
            account: Some(AccountId(1)),
            grants: vec![Grant {
                role,
                org: OrgId(1),
                area_path: area.into(),
                sponsor_path: sponsor.into(),
                org_name: String::new(),
            }],
            ..Actor::default()
        }
    }

    #[test]
    fn subtree_and_line() {
        let station = actor(Role::Station, "/1/5/", "");
        let inside = Place { area_path: "/1/5/9/", sponsor_path: "/2/3/" };
        let beside = Place { area_path: "/1/50/", sponsor_path: "/2/3/" };
        assert!(can(&station, Action::RecordConfirm, inside));
        assert!(!can(&station, Action::RecordConfirm, beside));
        assert!(!can(&station, Action::RoleManage, inside));
        let sponsor = actor(Role::Station, "", "/2/");
        assert!(can(&sponsor, Action::RecordConfirm, beside));
        assert!(!can(&sponsor, Action::RecordConfirm, Place { area_path: "/2/", sponsor_path: "" }));
    }

    #[test]
    fn a_token_cuts_rights() {
        let mut station = actor(Role::Station, "/1/5/", "");
        let inside = Place { area_path: "/1/5/9/", sponsor_path: "" };
        station.cut = Some(vec![Scope::ServiceRead]);
        assert!(can(&station, Action::RecordConfirm, inside) && station.may(Action::RecordConfirm));
        assert!(!can(&station, Action::PersonRead, inside) && !station.may(Action::PersonRead));
        assert!(station.scopes(Action::PersonRead).is_empty());
        assert!(!station.may(Action::Export), "files never leave by a token");
        assert!(station.demand_scope(Scope::ServiceRead).is_ok());
        assert_eq!(station.demand_scope(Scope::ServiceWrite).unwrap_err().code(), "common.scope");
        for scope in Scope::ALL {
            assert_eq!(Scope::of(scope.room(), scope.code().ends_with("write")), Some(*scope));
        }
    }

    #[test]
    fn administrators_see_no_persons() {
        for action in [Action::PersonRead, Action::PersonReveal, Action::RecordConfirm, Action::Export] {
            assert!(action.roles().iter().all(|role| !role.is_admin()));
        }
    }
}
