//! What this room keeps about a person, for their own copy (X8). An address of mail is shown as its owner sees it.

use db::sql;
use ui::own::Cell::{Flag, Number, Text, Time};
use ui::own::Kept;

/// The subjects of the copy.
pub const KEPT: &[Kept] = &[
    Kept {
        name: "messages",
        rows: sql!(
            "SELECT m.kind, m.title_zh, m.text_zh, m.created_at, m.read_at FROM message m WHERE m.person_id = $1 ORDER BY m.id"
        ),
        cells: &[("kind", Text), ("title", Text), ("text", Text), ("created_at", Time), ("read_at", Time)],
        covers: &["message.person_id"],
    },
    Kept {
        name: "message_settings",
        rows: sql!(
            "SELECT w.mail_kinds, w.sms_kinds, w.push_kinds, w.quiet_from, w.quiet_to, w.digest, w.changed_at
             FROM account a JOIN message_setting w ON w.account_id = a.id WHERE a.person_id = $1 ORDER BY a.id"
        ),
        cells: &[
            ("mail", Text),
            ("text_messages", Text),
            ("notifications", Text),
            ("quiet_from_minute", Number),
            ("quiet_to_minute", Number),
            ("digest", Flag),
            ("changed_at", Time),
        ],
        covers: &[],
    },
    Kept {
        name: "mail_addresses",
        rows: sql!(
            "SELECT m.masked, m.confirmed_at, m.changed_at FROM account a JOIN mail_address m ON m.account_id = a.id
             WHERE a.person_id = $1 ORDER BY a.id"
        ),
        cells: &[("address", Text), ("confirmed_at", Time), ("changed_at", Time)],
        covers: &[],
    },
    Kept {
        name: "devices_notified",
        rows: sql!(
            "SELECT d.label, d.state, d.created_at FROM account a JOIN push_device d ON d.account_id = a.id
             WHERE a.person_id = $1 ORDER BY d.id"
        ),
        cells: &[("device", Text), ("state", Text), ("since", Time)],
        covers: &[],
    },
    Kept {
        name: "calendar_link",
        rows: sql!("SELECT c.active, c.changed_at FROM calendar_link c WHERE c.person_id = $1 ORDER BY c.person_id"),
        cells: &[("active", Flag), ("changed_at", Time)],
        covers: &["calendar_link.person_id"],
    },
];
