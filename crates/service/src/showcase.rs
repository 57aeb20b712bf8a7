//! What this room shows of a team on its public page: hours and rank, what is coming, photos.

use db::ReadTx;
use kernel::{Error, Lang, Minutes, OrgId, Period};
use people::org::{Coming, Photo, Showcase};

use crate::activity::pages::when;
use crate::total::{Subject, store as total};
use crate::{activity, photo};

/// Sessions and photos that are shown.
const COMING: i64 = 5;
const PHOTOS: i64 = 12;

/// What there is to show of a team.
///
/// # Errors
/// Of the database.
pub(crate) fn of_team(tx: &mut ReadTx<'_>, lang: Lang, team: OrgId) -> Result<Showcase, Error> {
    let now = tx.now();
    let (all, year) = (Period::All, Period::Year(now.date()));
    let sums = total::series(tx, Subject::Team, team.0, &[all])?;
    let minutes = sums.get(&all.key()).map_or(0, |sum| sum.0);
    let sums = total::series(tx, Subject::Team, team.0, &[year])?;
    let this_year = sums.get(&year.key()).map_or(0, |sum| sum.0);
    let rank = if this_year > 0 {
        Some(total::subjects_ahead(tx, Subject::Team, year, this_year)? + 1)
    } else {
        None
    };
    let coming = activity::upcoming_of_team(tx, team, COMING)?
        .into_iter()
        .map(|row| Coming {
            href: format!("/activities/{}", row.activity_id),
            when: when(lang, row.starts_at, row.ends_at, now),
            title: row.title,
            place: row.place_public,
        })
        .collect();
    let shown = photo::store::shown_of_team(tx, team, PHOTOS)?;
    let photos = photo::pages::tiles(lang, shown)
        .into_iter()
        .map(|tile| Photo {
            href: format!("/photos/{}", tile.id),
            thumb: format!("/photos/{}/thumb", tile.id),
            alt: tile.alt,
            size: tile.size,
        })
        .collect();
    Ok(Showcase {
        hours: Minutes(minutes).hours(),
        hours_year: Minutes(this_year).hours(),
        rank,
        coming,
        photos,
    })
}
