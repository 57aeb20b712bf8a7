//! Certificates and trainings of the demo city: in every stage, with somebody to be looked at by the demo's station.

use std::sync::Arc;

use db::{Db, WriteTx};
use demo_city::{ClaimState, DemoCity};
use kernel::{Date, Error, OrgId, PersonId};
use vault::Vault;

use super::store::{self, NewQualification, TrainingRow};
use super::{QualificationState, TrainingId, commands, rules};
use crate::demo::{Cast, Filled, day};

/// What stands on one of them: kind, issuer, days from today to its first and its last, state, reason.
type Paper = (&'static str, &'static str, i64, Option<i64>, QualificationState, &'static str);

const CONFIRMED: QualificationState = QualificationState::Confirmed;
/// Papers of the demo's volunteer.
const OWN: [Paper; 2] = [
    ("first_aid_card", "市红十字会", -1_075, Some(20), CONFIRMED, ""),
    ("driver", "市公安局交通警察支队", -900, Some(2_750), CONFIRMED, ""),
];
/// Papers of neighbours, one each.
const OTHERS: [Paper; 10] = [
    ("first_aid_card", "市红十字会", -300, Some(795), CONFIRMED, ""),
    ("first_aid_card", "市红十字会", -10, Some(1_085), QualificationState::HandedIn, ""),
    ("first_aid_card", "市红十字会", -1_100, Some(-5), CONFIRMED, ""),
    ("nurse", "市卫生健康局", -700, Some(1_125), CONFIRMED, ""),
    ("counsellor", "市人力资源和社会保障局", -1_500, None, QualificationState::HandedIn, ""),
    ("social_worker", "省民政厅", -800, None, CONFIRMED, ""),
    ("first_aid_card", "市红十字会", -60, Some(1_035), CONFIRMED, ""),
    ("lawyer", "省司法厅", -400, Some(300), QualificationState::Refused, "证书页不完整，请带年度考核页"),
    ("driver", "市公安局交通警察支队", -2_000, Some(1_600), QualificationState::HandedIn, ""),
    ("first_aid_card", "市红十字会", -200, Some(895), CONFIRMED, ""),
];

/// Adds the kinds, certificates of people in the demo station's community, and trainings of the demo's team.
///
/// # Errors
/// Of the database.
pub(crate) fn fill(
    db: &Db,
    vault: &Arc<Vault>,
    city: &DemoCity,
    cast: Cast,
    filled: &Filled,
) -> Result<(), Error> {
    let (today, vault) = (day(city.today), Arc::clone(vault));
    let Some(own) = filled.persons.get(cast.volunteer).copied() else { return Ok(()) };
    let neighbours: Vec<PersonId> = city
        .volunteers()
        .enumerate()
        .filter(|(index, one)| {
            one.community == cast.community && one.claim == ClaimState::Active && *index != cast.volunteer
        })
        .filter_map(|(index, _)| filled.persons.get(index).copied())
        .take(OTHERS.len())
        .collect();
    let team = filled.teams.get(cast.team).copied();
    db.write_blocking(move |tx| {
        commands::add_usual(tx)?;
        for paper in &OWN {
            put(tx, &vault, today, own, paper)?;
        }
        for (person, paper) in neighbours.iter().zip(&OTHERS) {
            put(tx, &vault, today, *person, paper)?;
        }
        match team {
            Some(team) => trainings(tx, team, today),
            None => Ok(()),
        }
    })
}

fn put(
    tx: &mut WriteTx<'_>,
    vault: &Vault,
    today: Date,
    person: PersonId,
    paper: &Paper,
) -> Result<(), Error> {
    let (kind, issuer, from, until, state, reason) = *paper;
    let id = store::insert(
        tx,
        &NewQualification {
            person,
            kind: kind.to_owned(),
            number_enc: store::seal(vault, &format!("DEMO{:08}", person.0.rem_euclid(100_000_000))),
            issuer: issuer.to_owned(),
            from_on: today.plus(from),
            until_on: until.map(|days| today.plus(days)),
            state: if state == QualificationState::Refused { QualificationState::HandedIn } else { state },
            training: None,
            by: None,
        },
    )?;
    if state == QualificationState::Refused {
        store::decide(tx, id, QualificationState::HandedIn, state, None, reason)?;
    }
    Ok(())
}

fn trainings(tx: &mut WriteTx<'_>, team: OrgId, today: Date) -> Result<(), Error> {
    let members: Vec<PersonId> = store::members(tx, team)?.into_iter().map(|one| one.person).collect();
    let held = [
        (
            "basic_training",
            "志愿者基础培训",
            "志愿精神、服务礼仪、安全须知与个人信息保护",
            120,
            "市志愿服务指导中心",
            -90,
            12,
        ),
        ("fire_training", "消防安全培训", "灭火器使用、疏散引导、火场自救", 90, "消防救援站", -40, 8),
    ];
    for (kind, name, content, minutes, holder, days, people) in held {
        let (id, held_on): (TrainingId, _) = (tx.new_id(), today.plus(days));
        let people: Vec<PersonId> = members.iter().copied().take(people).collect();
        let row =
            TrainingRow { id, team, kind: Some(kind), name, content, minutes, holder, held_on, by: None };
        store::insert_training(tx, &row, &people)?;
        let months = store::kind(tx, kind)?.and_then(|kind| kind.months);
        for person in people {
            store::insert(
                tx,
                &NewQualification {
                    person,
                    kind: kind.to_owned(),
                    number_enc: None,
                    issuer: holder.to_owned(),
                    from_on: held_on,
                    until_on: rules::counts_until(held_on, months),
                    state: CONFIRMED,
                    training: Some(id),
                    by: None,
                },
            )?;
        }
    }
    Ok(())
}
