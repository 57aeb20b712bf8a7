//! When a registration is ended and what tells who somebody is erased (X8; PIPL Art. 47): what was written to them and
//! where it was sent goes too. What was sent already keeps its line, without the address.

use db::{Bus, WriteTx, args, sql};
use kernel::Error;
use people::person::Erased;

/// Listens to the room of people.
pub fn subscribe(bus: &mut Bus) {
    bus.subscribe(erased);
}

fn erased(tx: &mut WriteTx<'_>, event: &Erased) -> Result<(), Error> {
    let (now, person) = (tx.now(), event.person);
    // Nothing more goes out, and no line tells an address.
    tx.exec(
        sql!(
            "UPDATE delivery SET masked = '', state = CASE WHEN state IN ('queued', 'failed') THEN 'lapsed' ELSE state END,
                ended_at = CASE WHEN state IN ('queued', 'failed') THEN $2 ELSE ended_at END
             WHERE account_id IN (SELECT a.id FROM account a WHERE a.person_id = $1)"
        ),
        args![person, now],
    )?;
    tx.exec(
        sql!(
            "DELETE FROM message WHERE person_id = $1
                OR account_id IN (SELECT a.id FROM account a WHERE a.person_id = $1)"
        ),
        args![person],
    )?;
    for of_account in [
        sql!(
            "DELETE FROM mail_address WHERE account_id IN (SELECT a.id FROM account a WHERE a.person_id = $1)"
        ),
        sql!(
            "DELETE FROM message_setting WHERE account_id IN (SELECT a.id FROM account a WHERE a.person_id = $1)"
        ),
    ] {
        tx.exec(of_account, args![person])?;
    }
    crate::push::store::person_over(tx, person)?;
    tx.exec(sql!("DELETE FROM calendar_link WHERE person_id = $1"), args![person])?;
    Ok(())
}
