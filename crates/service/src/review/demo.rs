//! A review in the demo: an activity of the team whose title has a word to look at, handed in by its leader.

use db::{Db, args, sql};
use kernel::{AccountId, Error, PersonId, Timestamp};
use people::demo::{Cast, Filled};

use super::rules::Settings;
use super::{ReviewId, store};
use crate::activity::{self, NewActivity, NewSession};

/// Hands it in.
///
/// # Errors
/// Of the database.
pub fn fill(db: &Db, filled: &Filled, cast: Cast) -> Result<(), Error> {
    let (Some(team), Some(leader)) =
        (filled.teams.get(cast.team).copied(), filled.persons.get(cast.team).copied())
    else {
        return Ok(());
    };
    db.write_blocking(move |tx| {
        let by: Option<(AccountId, PersonId, String, String)> = tx.first(
            sql!(
                "SELECT c.id, p.id, p.name, a.contact_phone FROM account c JOIN person p ON p.id = c.person_id
                    JOIN activity a ON a.org_id = $2 WHERE c.person_id = $1 ORDER BY a.id LIMIT 1"
            ),
            args![leader, team],
        )?;
        let Some((account, person, name, phone)) = by else { return Ok(()) };
        let day = tx.now().date().plus(9);
        let new = NewActivity {
            title_en: "Seats and tea at the fraud-prevention talk".to_owned(),
            content: "为来听的老年居民引路、排座、倒水，会后一对一帮他们装好反诈程序。".to_owned(),
            served_group: "社区老年居民".to_owned(),
            conditions: "有耐心，会用智能手机".to_owned(),
            how_to_apply: "本页报名".to_owned(),
            risks: "热水小心烫伤；搀扶老人上下楼梯时注意脚下。".to_owned(),
            guarantees: "备有急救箱，提供饮水。".to_owned(),
            contact_name: name,
            contact_phone: phone,
            leader: Some(person),
            place_public: "社区文化活动室".to_owned(),
            place_exact: "社区文化活动室一楼".to_owned(),
            sessions: vec![NewSession::new(Timestamp::at(day, 14 * 60), Timestamp::at(day, 16 * 60), 8)],
            created_by: Some(account),
            ..NewActivity::draft(team, "防诈骗讲座引导服务", "elder")
        };
        let id = activity::create(tx, &new)?;
        let due = Settings::default().due(tx.now().date());
        let review: ReviewId = tx.new_id();
        store::insert(tx, review, id, "讲座", Some(account), due)?;
        Ok(())
    })
}
