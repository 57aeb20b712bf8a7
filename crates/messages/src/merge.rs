//! When two registrations become one: the inbox goes over, and back with an undo; the person is told.

use db::{Bus, WriteTx, args, sql};
use kernel::Error;
use people::carried;
use people::duplicate::journal::{self, Carried};
use people::duplicate::{PeopleMerged, PeopleParted};

use crate::inbox::store::Text;
use crate::listen::put;

/// Listens to the room of people.
pub fn subscribe(bus: &mut Bus) {
    bus.subscribe(merged);
    bus.subscribe(parted);
}

fn inbox() -> Carried {
    carried!("message", "person_id")
}

fn calendar() -> Carried {
    carried!("calendar_link", "person_id", "person_id", "")
}

/// Columns of this room that go over with a merge, `table.column`.
#[must_use]
pub fn columns() -> Vec<String> {
    [inbox(), calendar()].iter().map(|one| format!("{}.{}", one.table, one.column)).collect()
}

fn merged(tx: &mut WriteTx<'_>, event: &PeopleMerged) -> Result<(), Error> {
    inbox().go(tx, event.merge, event.kept, event.gone)?;
    let (has,): (i64,) =
        tx.one(sql!("SELECT count(*) FROM calendar_link WHERE person_id = $1"), args![event.kept])?;
    if has == 0 {
        calendar().go(tx, event.merge, event.kept, event.gone)?;
    }
    put(
        tx,
        event.kept,
        &Text {
            kind: "people_merged",
            title: ("两份登记已合并为一份", "Two registrations of yours became one"),
            text: (
                "工作人员核对后，把您的两份登记合并为一份：报名、时长和队伍都在这里，重复的只计一次。如果另一份不是您的，请在 30 天内告诉站点，可以撤销。",
                "Staff found that two registrations are yours and made them one: sign-ups, hours and teams are here, what \
                 was there twice counts once. If the other one was not yours, tell your station within 30 days; it can \
                 be undone.",
            ),
            href: "/me",
        },
    )
}

fn parted(tx: &mut WriteTx<'_>, event: &PeopleParted) -> Result<(), Error> {
    inbox().back(tx, event.merge, event.kept, event.gone)?;
    // Its key is the person: what the journal names is who went.
    if !journal::steps(tx, event.merge, "calendar_link.person_id")?.is_empty() {
        tx.exec(
            sql!(
                "UPDATE calendar_link SET person_id = $1 WHERE person_id = $2
                 AND NOT EXISTS (SELECT 1 FROM calendar_link o WHERE o.person_id = $1)"
            ),
            args![event.gone, event.kept],
        )?;
    }
    put(
        tx,
        event.kept,
        &Text {
            kind: "people_merged",
            title: ("登记合并已撤销", "The merge of registrations was undone"),
            text: (
                "此前合并的两份登记已恢复为两份，时长和报名各归各。",
                "The two registrations that were merged are two again, each with its own hours and sign-ups.",
            ),
            href: "/me",
        },
    )
}
