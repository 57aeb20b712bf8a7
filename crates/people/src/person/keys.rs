//! The narrow tables by which people are found and listed — document, phone, initials, name, home — kept
//! beside the wide row (ADR 0006). Whoever changes one of those columns takes the keys away before and writes them after.

use db::{DbError, WriteTx, args, sql};
use kernel::PersonId;

/// Takes the keys of a person away, as the row says now.
///
/// # Errors
/// Of the database.
pub(crate) fn remove(tx: &mut WriteTx<'_>, person: PersonId) -> Result<(), DbError> {
    for sql in [
        sql!(
            "DELETE FROM person_identity WHERE id_index = (SELECT p.id_index FROM person p WHERE p.id = $1)"
        ),
        sql!(
            "DELETE FROM person_phone WHERE person_id = $1
             AND phone_index = (SELECT p.phone_index FROM person p WHERE p.id = $1)"
        ),
        sql!(
            "DELETE FROM person_name WHERE person_id = $1
             AND initials = (SELECT p.initials FROM person p WHERE p.id = $1)"
        ),
        sql!(
            "DELETE FROM person_order WHERE person_id = $1
             AND name_key = (SELECT p.name_key FROM person p WHERE p.id = $1)"
        ),
        sql!(
            "DELETE FROM person_home WHERE person_id = $1
             AND home_org = (SELECT p.home_org FROM person p WHERE p.id = $1)
             AND name_key = (SELECT p.name_key FROM person p WHERE p.id = $1)"
        ),
    ] {
        tx.exec(sql, args![person])?;
    }
    Ok(())
}

/// Writes the keys of a person, as the row says now.
///
/// # Errors
/// `Unique("person_identity_pkey")` when somebody else has the document; of the database.
pub(crate) fn write(tx: &mut WriteTx<'_>, person: PersonId) -> Result<(), DbError> {
    for sql in [
        sql!(
            "INSERT INTO person_identity (id_index, person_id)
             SELECT p.id_index, p.id FROM person p WHERE p.id = $1 AND p.id_index IS NOT NULL"
        ),
        sql!(
            "INSERT INTO person_phone (phone_index, person_id)
             SELECT p.phone_index, p.id FROM person p WHERE p.id = $1 AND p.phone_index IS NOT NULL"
        ),
        sql!(
            "INSERT INTO person_name (initials, name_key, person_id)
             SELECT p.initials, p.name_key, p.id FROM person p WHERE p.id = $1 AND p.initials <> ''"
        ),
        sql!(
            "INSERT INTO person_order (name_key, person_id)
             SELECT p.name_key, p.id FROM person p WHERE p.id = $1"
        ),
        sql!(
            "INSERT INTO person_home (home_org, name_key, person_id)
             SELECT p.home_org, p.name_key, p.id FROM person p WHERE p.id = $1"
        ),
    ] {
        tx.exec(sql, args![person])?;
    }
    Ok(())
}

/// Writes the keys of everybody who has none yet, in their own order: after a bulk load.
///
/// # Errors
/// Of the database.
pub fn write_all(tx: &mut WriteTx<'_>) -> Result<(), DbError> {
    for sql in [
        sql!(
            "INSERT INTO person_identity (id_index, person_id)
             SELECT p.id_index, p.id FROM person p WHERE p.id_index IS NOT NULL
             AND NOT EXISTS (SELECT 1 FROM person_identity k WHERE k.id_index = p.id_index) ORDER BY p.id_index"
        ),
        sql!(
            "INSERT INTO person_phone (phone_index, person_id)
             SELECT p.phone_index, p.id FROM person p WHERE p.phone_index IS NOT NULL
             AND NOT EXISTS (SELECT 1 FROM person_phone k WHERE k.phone_index = p.phone_index AND k.person_id = p.id)
             ORDER BY p.phone_index, p.id"
        ),
        sql!(
            "INSERT INTO person_name (initials, name_key, person_id)
             SELECT p.initials, p.name_key, p.id FROM person p WHERE p.initials <> '' AND p.merged_into IS NULL
             AND NOT EXISTS (SELECT 1 FROM person_name k
                WHERE k.initials = p.initials AND k.name_key = p.name_key AND k.person_id = p.id)
             ORDER BY p.initials, p.name_key, p.id"
        ),
        sql!(
            "INSERT INTO person_order (name_key, person_id) SELECT p.name_key, p.id FROM person p
             WHERE p.merged_into IS NULL
             AND NOT EXISTS (SELECT 1 FROM person_order k WHERE k.name_key = p.name_key AND k.person_id = p.id)
             ORDER BY p.name_key, p.id"
        ),
        sql!(
            "INSERT INTO person_home (home_org, name_key, person_id) SELECT p.home_org, p.name_key, p.id FROM person p
             WHERE p.merged_into IS NULL AND NOT EXISTS (SELECT 1 FROM person_home k
                WHERE k.home_org = p.home_org AND k.name_key = p.name_key AND k.person_id = p.id)
             ORDER BY p.home_org, p.name_key, p.id"
        ),
    ] {
        tx.exec(sql, &[])?;
    }
    Ok(())
}
