//! What people who report in serve (Add-06): confirmed records of the year, those of other cities and earlier systems
//! left out, since they are not service for the community.

use db::{Query, ReadTx};
use kernel::{Date, Error, OrgId, PersonId};

/// Services and minutes of people between two days, in a community or anywhere.
///
/// # Errors
/// Of the database.
pub fn of_people(
    tx: &mut ReadTx<'_>,
    people: &[PersonId],
    community: Option<OrgId>,
    first: Date,
    last: Date,
) -> Result<Vec<(PersonId, i64, i64)>, Error> {
    let mut query = Query::new(
        "SELECT r.person_id, count(*), CAST(sum(r.minutes) AS BIGINT) FROM record r
         WHERE r.state = 'confirmed' AND r.class IN ('verified', 'honor')",
    );
    query.with("AND r.service_on >= {} AND r.service_on <= {}", &[&first, &last]);
    query.with_some("AND r.community_id = {}", community.as_ref());
    query.push("AND r.person_id IN (0");
    for person in people {
        query.with(", {}", &[person]);
    }
    query.push(") GROUP BY r.person_id ORDER BY r.person_id");
    Ok(tx.list(&query)?)
}

/// How many of those who reported in for each unit served at least so many times between two days.
///
/// # Errors
/// Of the database.
pub fn taking_part(
    tx: &mut ReadTx<'_>,
    units: &[OrgId],
    least: i64,
    first: Date,
    last: Date,
) -> Result<Vec<(OrgId, i64)>, Error> {
    let mut query = Query::new(
        "SELECT s.unit_id, count(*) FROM (
            SELECT i.unit_id, i.person_id FROM report_in i JOIN person p ON p.id = i.person_id
            JOIN record r ON r.person_id = i.person_id
            WHERE i.state = 'confirmed' AND p.state NOT IN ('closed', 'deceased') AND r.state = 'confirmed'
            AND r.class IN ('verified', 'honor') AND EXISTS (SELECT 1 FROM report_place a WHERE a.report_id = i.id
                AND a.state = 'confirmed')",
    );
    query.with("AND r.service_on >= {} AND r.service_on <= {}", &[&first, &last]);
    query.push("AND i.unit_id IN (0");
    for unit in units {
        query.with(", {}", &[unit]);
    }
    query.with(") GROUP BY i.unit_id, i.person_id HAVING count(*) >= {}", &[&least]);
    query.push(") s GROUP BY s.unit_id ORDER BY s.unit_id");
    Ok(tx.list(&query)?)
}
