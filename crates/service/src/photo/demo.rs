//! Pictures, a summary and words for the demo city: drawn, since there is nobody to take photos of.

use blobs::Blobs;
use db::{Db, args, sql};
use demo_city::Size;
use kernel::{AccountId, Actor, Error, PersonId};
use people::demo::Filled;
use picture::Picture;

use super::{PhotoState, rules, store, taking};
use crate::demo::Plan;
use crate::{ReflectionId, SessionId};

/// What is drawn: colour of the sky or wall, of the ground or floor, how many people, and the caption.
struct Scene {
    back: [u8; 3],
    ground: [u8; 3],
    people: u32,
    caption: &'static str,
}

const SCENES: [Scene; 6] = [
    Scene {
        back: [176, 208, 232], ground: [124, 160, 104], people: 6, caption: "队员在社区公园里合影"
    },
    Scene {
        back: [198, 214, 224], ground: [150, 150, 146], people: 3, caption: "三名志愿者在清扫楼道口"
    },
    Scene {
        back: [236, 228, 212], ground: [172, 140, 104], people: 4, caption: "在社区服务站为居民量血压"
    },
    Scene { back: [166, 196, 214], ground: [110, 138, 96], people: 2, caption: "给花坛浇水" },
    Scene {
        back: [228, 222, 214], ground: [140, 120, 100], people: 5, caption: "活动后一起收拾桌椅"
    },
    Scene { back: [206, 220, 206], ground: [128, 132, 120], people: 1, caption: "路口的文明引导员" },
];

fn colour(scene: &Scene, (width, height): (u32, u32), x: u32, y: u32) -> [u8; 3] {
    let horizon = height * 3 / 5;
    let step = width / (scene.people + 1);
    let size = (height / 12).max(4);
    for n in 0..scene.people {
        let (cx, head) = (step * (n + 1), horizon - size + n % 3 * size / 4);
        let (dx, dy) = (x.abs_diff(cx), y.abs_diff(head));
        if dx * dx + dy * dy < size * size * 2 / 5 {
            return if y < head { [52, 44, 40] } else { [224, 184, 152] };
        }
        let body = head + size / 2..head + size * 3;
        if body.contains(&y) && dx < size * 3 / 5 {
            return if y < head + size * 2 { [200, 22, 29] } else { [58, 66, 88] };
        }
    }
    let shade =
        |base: [u8; 3], much: u32| base.map(|c| c.saturating_sub(u8::try_from(much).unwrap_or(u8::MAX)));
    if y < horizon {
        shade(scene.back, (horizon - y) * 40 / height)
    } else {
        shade(scene.ground, (y - horizon) * 60 / height)
    }
}

/// A few sessions of the demo leader's team that are over get pictures, a summary and words; one picture and one
/// reflection wait. Blocks.
///
/// # Errors
/// Of the store or the database.
pub fn fill(db: &Db, blobs: &Blobs, filled: &Filled, plan: &Plan, size: Size) -> Result<(), Error> {
    let Some(team) = filled.teams.get(plan.cast.team).copied() else { return Ok(()) };
    let (many, each, side) = match size {
        Size::Small => (1, 2, (480, 320)),
        Size::Full => (3, 4, (1_280, 853)),
    };
    let sessions: Vec<(SessionId,)> = db.read_blocking(move |tx| {
        tx.all(
            sql!(
                "SELECT s.id FROM session s JOIN activity a ON a.id = s.activity_id
                 WHERE a.org_id = $1 AND a.state = 'published' AND NOT a.carrier AND s.state IN ('submitted', 'recorded')
                    AND EXISTS (SELECT 1 FROM sign_up u WHERE u.session_id = s.id AND u.state = 'attended')
                 ORDER BY s.starts_at DESC, s.id LIMIT $2"
            ),
            args![team, many],
        )
    })?;
    let leader = filled.account("demo-leader");
    let mut drawn = 0_usize;
    for (session,) in sessions {
        let Some(giving) = db.read_blocking(move |tx| store::giving(tx, session, None))? else { continue };
        let lines = rules::stamp(giving.starts_at, giving.ends_at, &giving.place_public, &giving.org_name);
        let mut taken = Vec::new();
        for (n, scene) in (0_u64..).zip(SCENES.iter().cycle().skip(drawn).take(each)) {
            let picture = Picture::drawn(side.0, side.1, |x, y| colour(scene, side, x, y));
            let bytes = picture.jpeg(88).map_err(|unfit| Error::bug(unfit.to_string()))?;
            let number =
                session.0.cast_unsigned().wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add((n << 32) | n);
            taken.push((scene.caption, taking::take_now(blobs, &bytes, scene.caption, &lines, number)?));
        }
        drawn += each;
        db.write_blocking(move |tx| tell(tx, &giving, &taken, leader))?;
    }
    Ok(())
}

/// Writes pictures, summary and words of one session.
fn tell(
    tx: &mut db::WriteTx<'_>,
    giving: &store::Giving,
    taken: &[(&'static str, taking::Taken)],
    leader: Option<AccountId>,
) -> Result<(), Error> {
    let Some(leader) = leader else { return Ok(()) };
    let there: Vec<(PersonId, Option<AccountId>)> = tx.all(
        sql!(
            "SELECT u.person_id, c.id FROM sign_up u JOIN person p ON p.id = u.person_id
             LEFT JOIN account c ON c.person_id = p.id
             WHERE u.session_id = $1 AND u.state = 'attended' AND p.state = 'active' AND (c.id IS NULL OR c.id <> $2)
             ORDER BY u.id LIMIT 3"
        ),
        args![giving.id, leader],
    )?;
    // The last picture comes from somebody who was there, and waits.
    let giver = there.first().map(|(person, account)| (account.unwrap_or(AccountId(0)), Some(*person)));
    store::set_leave(tx, giving, true, Some(leader))?;
    let mut made = Vec::new();
    for (place_no, (caption, one)) in (10..).step_by(10).zip(taken) {
        let photo = store::NewPhoto {
            id: tx.new_id(),
            display: one.display.0.clone(),
            thumb: one.thumb.0.clone(),
            hash: one.hash,
            width: i64::from(one.size.0),
            height: i64::from(one.size.1),
        };
        let last = made.len() + 1 == taken.len();
        let by = giver.filter(|_| last).unwrap_or((leader, None));
        store::insert(tx, giving, &photo, by, place_no)?;
        people::blob::keep(tx, &one.display.0, taking::KIND, &one.display.1)?;
        people::blob::keep(tx, &one.thumb.0, taking::KIND, &one.thumb.1)?;
        store::set_words(tx, photo.id, caption, place_no)?;
        made.push(photo.id);
    }
    let by = Actor::system("demo");
    for id in made.iter().take(made.len().saturating_sub(1)) {
        store::set_state(tx, *id, PhotoState::New, PhotoState::Fit, Some(leader))?;
    }
    people::audit::note(tx, &by, "photo.publish", "session", giving.id.0, "")?;
    crate::story::store::put_story(
        tx,
        giving.id,
        giving.activity_id,
        "大家准时到齐，分成两组，一组清扫、一组宣传，两个小时做完。居民送来了热水，几位邻居当场报名下次一起来。",
        true,
        Some(leader),
    )?;
    let words = [
        ("第一次参加，队长安排得很清楚，做完心里很踏实。下周还来。", true, "approved"),
        ("和邻居们一起干活，比想象的轻松，也认识了好几位新朋友。", false, "approved"),
        ("工具有点不够用，建议下次多带几把扫帚。", true, "waiting"),
    ];
    let now = tx.now();
    for ((person, _), (text, named, state)) in there.iter().zip(words) {
        let id: ReflectionId = tx.new_id();
        tx.exec_one(
            sql!(
                "INSERT INTO reflection (id, session_id, activity_id, person_id, text, named, state, created_at, changed_at)
                 VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
            ),
            args![id, giving.id, giving.activity_id, *person, text, named, state, now, now],
        )?;
    }
    Ok(())
}
