//! An activity of the demo's team that asks for a first-aid certificate, with people who have one.

use db::{Db, args, sql};
use kernel::time::DAY_MS;
use kernel::{Actor, Error, PersonId, Timestamp};
use people::demo::{Cast, Filled};

use crate::activity::{self, ActivityState, NewActivity, NewPost, NewSession};
use crate::sign_up::{Book, Source, book};

/// Adds it, six days ahead, and two of those who may take part.
///
/// # Errors
/// Of the database.
pub fn fill(db: &Db, filled: &Filled, cast: Cast) -> Result<(), Error> {
    let (Some(team), Some(volunteer)) =
        (filled.teams.get(cast.team).copied(), filled.persons.get(cast.volunteer).copied())
    else {
        return Ok(());
    };
    let leader = filled.persons.get(cast.team).copied();
    let (place, able) = db.write_blocking(move |tx| {
        let on = Timestamp(tx.now().0 + 6 * DAY_MS).date();
        let post = |name: &str, quota, qualification: Option<&str>| NewPost {
            name: name.to_owned(),
            quota,
            skill: None,
            qualification: qualification.map(str::to_owned),
        };
        let session = NewSession {
            posts: vec![post("急救示范", 6, None), post("护理咨询", 2, Some("nurse"))],
            ..NewSession::new(Timestamp::at(on, 14 * 60), Timestamp::at(on, 16 * 60), 8)
        };
        let new = NewActivity {
            title_en: "First-aid point at the market".to_owned(),
            content: "在集市设急救点，示范心肺复苏和止血包扎，为有需要的居民提供帮助。".to_owned(),
            served_group: "赶集的居民".to_owned(),
            conditions: "持有效红十字救护员证".to_owned(),
            how_to_apply: "在本页点“报名”即可".to_owned(),
            risks: "户外活动，注意防寒；救护时做好个人防护".to_owned(),
            guarantees: "提供急救包、一次性手套和饮水".to_owned(),
            contact_name: "急救点值班".to_owned(),
            contact_phone: "0730-5550120".to_owned(),
            leader,
            place_public: "社区集市".to_owned(),
            place_exact: "集市东口急救点".to_owned(),
            qualifications: vec!["first_aid_card".to_owned()],
            sessions: vec![session],
            state: ActivityState::Published,
            ..NewActivity::draft(team, "集市急救点", "health")
        };
        let id = activity::create(tx, &new)?;
        let sessions = activity::store::sessions_of(tx, id)?;
        let posts = activity::store::posts_of(tx, id)?;
        let able: Vec<(PersonId,)> = tx.all(
            sql!(
                "SELECT q.person_id FROM qualification q WHERE q.kind = 'first_aid_card' AND q.state = 'confirmed'
                    AND q.person_id <> $1 ORDER BY q.id LIMIT 6"
            ),
            args![volunteer],
        )?;
        let place = sessions.first().zip(posts.first()).map(|(session, post)| (session.id, post.id));
        Ok::<_, Error>((place, able))
    })?;
    let Some((session, post)) = place else { return Ok(()) };
    let mut taken = 0;
    for (person,) in able {
        let ask = Book { session, post: Some(post), person, team: None, source: Source::Demo };
        // Each by itself: a refusal undoes everything of its unit of work.
        match db.write_blocking(move |tx| book(tx, &Actor::system("demo"), &ask)) {
            Ok(_) => taken += 1,
            // Somebody who serves elsewhere at that time, or whose certificate has ended.
            Err(Error::Refused(_)) => {}
            Err(fault) => return Err(fault),
        }
        if taken == 2 {
            break;
        }
    }
    Ok(())
}
