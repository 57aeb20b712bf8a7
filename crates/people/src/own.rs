//! What this room keeps about a person beside the registration itself, for their own copy (X8).

use db::sql;
use ui::own::Cell::{Day, Number, Text, Time};
use ui::own::Kept;

/// The subjects of the copy.
pub const KEPT: &[Kept] = &[
    Kept {
        name: "posts",
        rows: sql!(
            "SELECT o.name, p.title, p.kind, p.how, p.from_on, p.to_on FROM org_post p JOIN org o ON o.id = p.org_id
             WHERE p.person_id = $1 ORDER BY p.from_on, p.id"
        ),
        cells: &[
            ("organisation", Text),
            ("title", Text),
            ("kind", Text),
            ("how", Text),
            ("from_on", Day),
            ("to_on", Day),
        ],
        covers: &["org_post.person_id"],
    },
    Kept {
        name: "cards",
        rows: sql!(
            "SELECT c.card_no, c.state, c.printed_at, c.issued_at, c.ended_at, c.note FROM member_card c
             WHERE c.person_id = $1 ORDER BY c.id"
        ),
        cells: &[
            ("card_no", Number),
            ("state", Text),
            ("printed_at", Time),
            ("issued_at", Time),
            ("ended_at", Time),
            ("note", Text),
        ],
        covers: &["member_card.person_id"],
    },
    Kept {
        name: "requests",
        rows: sql!(
            "SELECT r.kind, r.text, r.state, r.asked_at, r.due_on, r.decided_at, r.answer FROM rights_request r
             WHERE r.person_id = $1 ORDER BY r.id"
        ),
        cells: &[
            ("kind", Text),
            ("text", Text),
            ("state", Text),
            ("asked_at", Time),
            ("due_on", Day),
            ("decided_at", Time),
            ("answer", Text),
        ],
        covers: &["rights_request.person_id"],
    },
    Kept {
        name: "requests_for_others",
        rows: sql!(
            "SELECT p.name, r.kind, r.text, r.state, r.asked_at, r.due_on, r.decided_at, r.answer
             FROM rights_request r JOIN person p ON p.id = r.person_id WHERE r.asker_id = $1 ORDER BY r.id"
        ),
        cells: &[
            ("name", Text),
            ("kind", Text),
            ("text", Text),
            ("state", Text),
            ("asked_at", Time),
            ("due_on", Day),
            ("decided_at", Time),
            ("answer", Text),
        ],
        covers: &["rights_request.asker_id"],
    },
    Kept {
        name: "seats",
        rows: sql!(
            "SELECT b.name, s.title, s.from_on, s.until_on FROM body_seat s JOIN body b ON b.id = s.body_id
             WHERE s.person_id = $1 ORDER BY s.from_on, s.id"
        ),
        cells: &[("body", Text), ("title", Text), ("from_on", Day), ("until_on", Day)],
        covers: &["body_seat.person_id"],
    },
    Kept {
        name: "guardians",
        rows: sql!(
            "SELECT g.name, g.relation, g.state, g.channel, g.version, g.asked_at, g.answered_at, g.ended_at
             FROM guardian g WHERE g.minor_id = $1 ORDER BY g.id"
        ),
        cells: &[
            ("name", Text),
            ("relation", Text),
            ("state", Text),
            ("channel", Text),
            ("text_agreed_to", Text),
            ("asked_at", Time),
            ("answered_at", Time),
            ("ended_at", Time),
        ],
        covers: &["guardian.minor_id"],
    },
    Kept {
        name: "guardian_of",
        rows: sql!(
            "SELECT p.name, g.relation, g.state, g.asked_at, g.answered_at, g.ended_at
             FROM guardian g JOIN person p ON p.id = g.minor_id WHERE g.guardian_id = $1 ORDER BY g.id"
        ),
        cells: &[
            ("name", Text),
            ("relation", Text),
            ("state", Text),
            ("asked_at", Time),
            ("answered_at", Time),
            ("ended_at", Time),
        ],
        covers: &["guardian.guardian_id"],
    },
    Kept {
        name: "objections",
        rows: sql!(
            "SELECT n.at, n.text, n.state, n.answered_at, n.answer FROM not_me n WHERE n.person_id = $1 ORDER BY n.at, n.id"
        ),
        cells: &[("at", Time), ("text", Text), ("state", Text), ("answered_at", Time), ("answer", Text)],
        covers: &["not_me.person_id"],
    },
    Kept {
        name: "sign_in",
        rows: sql!(
            "SELECT a.name, a.login, a.state, a.created_at FROM account a WHERE a.person_id = $1 ORDER BY a.id"
        ),
        cells: &[("name", Text), ("login", Text), ("state", Text), ("created_at", Time)],
        covers: &["account.person_id"],
    },
    Kept {
        name: "transfers",
        rows: sql!(
            "SELECT f.name, t.name, x.reason, x.state, x.requested_at, x.source_opinion, x.target_opinion, x.ended_at
             FROM team_transfer x JOIN org f ON f.id = x.from_org JOIN org t ON t.id = x.to_org
             WHERE x.person_id = $1 ORDER BY x.id"
        ),
        cells: &[
            ("from", Text),
            ("to", Text),
            ("reason", Text),
            ("state", Text),
            ("requested_at", Time),
            ("opinion_of_the_old_team", Text),
            ("opinion_of_the_new_team", Text),
            ("ended_at", Time),
        ],
        covers: &["team_transfer.person_id"],
    },
    Kept {
        name: "trainings",
        rows: sql!(
            "SELECT t.name, t.content, t.minutes, t.holder, t.held_on, o.name, t.voided_at
             FROM training_person m JOIN training t ON t.id = m.training_id JOIN org o ON o.id = t.team_id
             WHERE m.person_id = $1 ORDER BY t.held_on, m.id"
        ),
        cells: &[
            ("name", Text),
            ("content", Text),
            ("minutes", Number),
            ("held_by", Text),
            ("held_on", Day),
            ("team", Text),
            ("voided_at", Time),
        ],
        covers: &["training_person.person_id"],
    },
];
