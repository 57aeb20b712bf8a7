//! What this room keeps about a person, for their own copy (X8).

use db::sql;
use ui::own::Cell::{Day, Flag, Number, Text, Time};
use ui::own::Kept;

/// The subjects of the copy.
pub const KEPT: &[Kept] = &[
    Kept {
        name: "sign_ups",
        rows: sql!(
            "SELECT a.title, o.name, u.starts_at, u.ends_at, u.participant, u.state, u.source, u.created_at,
                u.cancelled_at, u.cancel_reason
             FROM sign_up u JOIN session s ON s.id = u.session_id JOIN activity a ON a.id = s.activity_id
             JOIN org o ON o.id = u.team_id WHERE u.person_id = $1 ORDER BY u.starts_at, u.id"
        ),
        cells: &[
            ("title", Text),
            ("team", Text),
            ("starts_at", Time),
            ("ends_at", Time),
            ("participant", Text),
            ("state", Text),
            ("source", Text),
            ("created_at", Time),
            ("cancelled_at", Time),
            ("cancel_reason", Text),
        ],
        covers: &["sign_up.person_id"],
    },
    Kept {
        name: "sign_up_notes",
        rows: sql!(
            "SELECT a.title, n.kind, n.reason, n.at
             FROM sign_up_note n JOIN sign_up u ON u.id = n.sign_up_id JOIN session s ON s.id = u.session_id
             JOIN activity a ON a.id = s.activity_id WHERE n.person_id = $1 ORDER BY n.at, n.sign_up_id, n.kind"
        ),
        cells: &[("title", Text), ("kind", Text), ("reason", Text), ("at", Time)],
        covers: &["sign_up_note.person_id"],
    },
    Kept {
        name: "stays",
        rows: sql!(
            "SELECT a.title, c.in_at, c.in_method, c.out_at, c.out_method, c.undone_at
             FROM (SELECT DISTINCT u.session_id FROM sign_up u WHERE u.person_id = $1) m
             JOIN check_in c ON c.session_id = m.session_id AND c.person_id = $1
             JOIN session s ON s.id = c.session_id JOIN activity a ON a.id = s.activity_id ORDER BY c.in_at, c.id"
        ),
        cells: &[
            ("title", Text),
            ("in_at", Time),
            ("in_method", Text),
            ("out_at", Time),
            ("out_method", Text),
            ("undone_at", Time),
        ],
        covers: &["check_in.person_id"],
    },
    Kept {
        name: "records",
        rows: sql!(
            "SELECT r.title, o.name, r.category, r.place, r.service_on, r.start_at, r.end_at, r.minutes, r.method,
                r.class, r.state, r.decided_at
             FROM record r JOIN org o ON o.id = r.team_id WHERE r.person_id = $1 ORDER BY r.service_on, r.id"
        ),
        cells: &[
            ("title", Text),
            ("team", Text),
            ("category", Text),
            ("place", Text),
            ("service_on", Day),
            ("start_at", Time),
            ("end_at", Time),
            ("minutes", Number),
            ("method", Text),
            ("class", Text),
            ("state", Text),
            ("decided_at", Time),
        ],
        covers: &["record.person_id", "past_line.person_id"],
    },
    Kept {
        name: "waiting",
        rows: sql!(
            "SELECT a.title, s.starts_at, w.state, w.created_at, w.offered_at, w.ended_at
             FROM waiting w JOIN session s ON s.id = w.session_id JOIN activity a ON a.id = s.activity_id
             WHERE w.person_id = $1 ORDER BY w.id"
        ),
        cells: &[
            ("title", Text),
            ("starts_at", Time),
            ("state", Text),
            ("created_at", Time),
            ("offered_at", Time),
            ("ended_at", Time),
        ],
        covers: &["waiting.person_id"],
    },
    Kept {
        name: "applications",
        rows: sql!(
            "SELECT a.title, s.starts_at, x.message, x.state, x.reason, x.created_at, x.decided_at
             FROM application x JOIN session s ON s.id = x.session_id JOIN activity a ON a.id = s.activity_id
             WHERE x.person_id = $1 ORDER BY x.id"
        ),
        cells: &[
            ("title", Text),
            ("starts_at", Time),
            ("message", Text),
            ("state", Text),
            ("reason", Text),
            ("created_at", Time),
            ("decided_at", Time),
        ],
        covers: &["application.person_id"],
    },
    Kept {
        name: "invitations",
        rows: sql!(
            "SELECT a.title, i.state, i.created_at, i.expires_at, i.ended_at
             FROM invitation i JOIN activity a ON a.id = i.activity_id WHERE i.person_id = $1 ORDER BY i.id"
        ),
        cells: &[("title", Text), ("state", Text), ("created_at", Time), ("expires_at", Time), ("ended_at", Time)],
        covers: &["invitation.person_id"],
    },
    Kept {
        name: "places_handed_on",
        rows: sql!(
            "SELECT a.title, s.starts_at, h.note, h.state, h.reason, h.created_at, h.taken_at, h.decided_at
             FROM hand_over h JOIN session s ON s.id = h.session_id JOIN activity a ON a.id = s.activity_id
             WHERE h.from_person = $1 OR h.taker_id = $1 OR h.to_person = $1 ORDER BY h.id"
        ),
        cells: &[
            ("title", Text),
            ("starts_at", Time),
            ("note", Text),
            ("state", Text),
            ("reason", Text),
            ("created_at", Time),
            ("taken_at", Time),
            ("decided_at", Time),
        ],
        covers: &["hand_over.from_person", "hand_over.taker_id", "hand_over.to_person"],
    },
    Kept {
        name: "absences",
        rows: sql!(
            "SELECT a.title, b.at, b.state, b.explanation, b.explained_at, b.reply, b.decided_at
             FROM absence b JOIN session s ON s.id = b.session_id JOIN activity a ON a.id = s.activity_id
             WHERE b.person_id = $1 ORDER BY b.at, b.sign_up_id"
        ),
        cells: &[
            ("title", Text),
            ("at", Time),
            ("state", Text),
            ("explanation", Text),
            ("explained_at", Time),
            ("reply", Text),
            ("decided_at", Time),
        ],
        covers: &["absence.person_id"],
    },
    Kept {
        name: "hours_asked_for_later",
        rows: sql!(
            "SELECT a.title, b.start_at, b.end_at, b.reason, b.evidence, b.state, b.asked_at, b.decided_at, b.decision_note
             FROM sign_up u JOIN back_fill b ON b.session_id = u.session_id AND b.person_id = u.person_id
             JOIN session s ON s.id = b.session_id JOIN activity a ON a.id = s.activity_id
             WHERE u.person_id = $1 AND u.state <> 'cancelled' ORDER BY b.asked_at, b.id"
        ),
        cells: &[
            ("title", Text),
            ("start_at", Time),
            ("end_at", Time),
            ("reason", Text),
            ("evidence", Text),
            ("state", Text),
            ("asked_at", Time),
            ("decided_at", Time),
            ("decision_note", Text),
        ],
        covers: &["back_fill.person_id"],
    },
    Kept {
        name: "deliveries",
        rows: sql!(
            "SELECT a.title, d.pieces, d.note, d.at
             FROM remote_delivery d JOIN session s ON s.id = d.session_id JOIN activity a ON a.id = s.activity_id
             WHERE d.person_id = $1 ORDER BY d.at, d.session_id"
        ),
        cells: &[("title", Text), ("pieces", Number), ("note", Text), ("at", Time)],
        covers: &["remote_delivery.person_id"],
    },
    Kept {
        name: "agreements",
        rows: sql!(
            "SELECT a.title, o.name, d.state, d.version, d.text, d.hash, d.signed_at, d.signed_name, d.counter_at,
                d.counter_name, d.ended_at
             FROM agreement d JOIN activity a ON a.id = d.activity_id JOIN org o ON o.id = a.org_id
             WHERE d.person_id = $1 ORDER BY d.id"
        ),
        cells: &[
            ("title", Text),
            ("body", Text),
            ("state", Text),
            ("version", Number),
            ("text", Text),
            ("hash", Text),
            ("signed_at", Time),
            ("signed_name", Text),
            ("countersigned_at", Time),
            ("countersigned_name", Text),
            ("ended_at", Time),
        ],
        covers: &["agreement.person_id"],
    },
    Kept {
        name: "lists_of_the_insured",
        rows: sql!(
            "SELECT a.title, s.starts_at, i.at, i.late FROM insured i JOIN session s ON s.id = i.session_id
             JOIN activity a ON a.id = s.activity_id WHERE i.person_id = $1 ORDER BY i.at, i.id"
        ),
        cells: &[("title", Text), ("starts_at", Time), ("at", Time), ("late", Flag)],
        covers: &["insured.person_id"],
    },
    Kept {
        name: "reflections",
        rows: sql!(
            "SELECT a.title, r.text, r.named, r.state, r.answer, r.created_at, r.decided_at
             FROM reflection r JOIN activity a ON a.id = r.activity_id WHERE r.person_id = $1 ORDER BY r.id"
        ),
        cells: &[
            ("title", Text),
            ("text", Text),
            ("named", Flag),
            ("state", Text),
            ("answer", Text),
            ("created_at", Time),
            ("decided_at", Time),
        ],
        covers: &["reflection.person_id"],
    },
    Kept {
        name: "pictures_given",
        rows: sql!(
            "SELECT a.title, p.caption, p.state, p.created_at FROM photo p JOIN session s ON s.id = p.session_id
             JOIN activity a ON a.id = s.activity_id WHERE p.person_id = $1 ORDER BY p.id"
        ),
        cells: &[("title", Text), ("caption", Text), ("state", Text), ("created_at", Time)],
        covers: &["photo.person_id"],
    },
    Kept {
        name: "wishes_to_take_pictures_down",
        rows: sql!(
            "SELECT p.reason, p.state, p.answer, p.created_at, p.decided_at FROM photo_request p
             WHERE p.person_id = $1 ORDER BY p.id"
        ),
        cells: &[("reason", Text), ("state", Text), ("answer", Text), ("created_at", Time), ("decided_at", Time)],
        covers: &["photo_request.person_id"],
    },
    Kept {
        name: "service_in_a_units_name",
        rows: sql!(
            "SELECT o.name, x.state, x.from_on, x.to_on, x.asked_at, x.decided_at, x.note
             FROM unit_service x JOIN org o ON o.id = x.unit_id WHERE x.person_id = $1 ORDER BY x.id"
        ),
        cells: &[
            ("unit", Text),
            ("state", Text),
            ("from_on", Day),
            ("to_on", Day),
            ("asked_at", Time),
            ("decided_at", Time),
            ("note", Text),
        ],
        covers: &["unit_service.person_id"],
    },
    Kept {
        name: "letters_of_stations",
        rows: sql!(
            "SELECT o.name, c.text, c.at FROM call_back c JOIN org o ON o.id = c.org_id
             WHERE c.person_id = $1 ORDER BY c.at, c.id"
        ),
        cells: &[("from", Text), ("text", Text), ("at", Time)],
        covers: &["call_back.person_id"],
    },
];
