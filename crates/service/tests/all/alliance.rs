//! Partners and alliances, on both databases: who keeps them, who belongs since when, what partners do in activities.

use db::{args, sql};
use kernel::{Actor, Date, Error, OrgId, Role};
use service::ActivityId;
use service::alliance::commands::{Who, join, leave, put_alliance, put_partner, take_in, take_out};
use service::alliance::store::{self, Member, NewAlliance, NewPartner};
use service::alliance::{AllianceId, AllianceMemberId, PartnerId, PartnerKind, PartnerPart};

use crate::city::{CITY, City, TEAM, actor, at, cities, clerk, leader, office};

fn code<T>(result: Result<T, Error>) -> String {
    result.err().map_or_else(|| "ok".to_owned(), |error| error.code().to_owned())
}

fn today() -> Date {
    at(0).date()
}

fn partner(name: &str) -> NewPartner {
    NewPartner {
        host: CITY,
        name: name.to_owned(),
        kind: PartnerKind::University,
        outside: true,
        about: String::new(),
        contact: "王".to_owned(),
        phone: "12345".to_owned(),
        from_on: today(),
        until_on: None,
    }
}

fn alliance(name: &str) -> NewAlliance {
    NewAlliance { host: CITY, name: name.to_owned(), about: String::new(), from_on: today(), until_on: None }
}

fn record(city: &City, who: &Actor, id: Option<PartnerId>, new: &NewPartner) -> Result<PartnerId, Error> {
    let (who, new) = (who.clone(), new.clone());
    city.write(move |tx| put_partner(tx, &who, id, &new))
}

fn found(city: &City, who: &Actor, id: Option<AllianceId>, new: &NewAlliance) -> Result<AllianceId, Error> {
    let (who, new) = (who.clone(), new.clone());
    city.write(move |tx| put_alliance(tx, &who, id, &new))
}

fn enter(city: &City, who: &Actor, id: AllianceId, whom: Who) -> Result<AllianceMemberId, Error> {
    let who = who.clone();
    city.write(move |tx| join(tx, &who, id, whom, "理事"))
}

fn end(city: &City, who: &Actor, id: AllianceMemberId) -> Result<AllianceId, Error> {
    let who = who.clone();
    city.write(move |tx| leave(tx, &who, id))
}

fn members(city: &City, id: AllianceId) -> Vec<Member> {
    city.write(move |tx| Ok(store::members(tx, id, today())?)).unwrap()
}

#[test]
fn the_office_keeps_them() {
    for city in cities(9) {
        for stranger in [leader(), clerk(), actor(5, None), Actor::default()] {
            assert!(record(&city, &stranger, None, &partner("临江大学")).is_err());
            assert!(found(&city, &stranger, None, &alliance("公益联盟")).is_err());
        }
        let id = record(&city, &office(), None, &partner("临江大学")).unwrap();
        assert_eq!(code(record(&city, &office(), None, &partner("临江大学"))), "alliance.twice");
        let other = record(&city, &office(), None, &partner("日报社")).unwrap();
        assert_eq!(code(record(&city, &office(), Some(other), &partner("临江大学"))), "alliance.twice");
        let short = NewPartner { until_on: Some(today().plus(-1)), ..partner("临江大学") };
        assert_eq!(code(record(&city, &office(), Some(id), &short)), "alliance.days");
        record(&city, &office(), Some(id), &NewPartner { kind: PartnerKind::Media, ..partner("临江大学") })
            .unwrap();
        let all = city.write(|tx| Ok(store::partners(tx, Some(PartnerKind::Media), "", 9)?)).unwrap();
        assert_eq!(all.iter().map(|one| one.id).collect::<Vec<_>>(), [id]);
        assert!(record(&city, &clerk(), Some(id), &partner("临江大学")).is_err());
        let one = found(&city, &office(), None, &alliance("公益联盟")).unwrap();
        assert_eq!(code(found(&city, &office(), None, &alliance("公益联盟"))), "alliance.twice");
        found(&city, &office(), Some(one), &alliance("志愿联盟")).unwrap();
        assert_eq!(city.count(sql!("SELECT count(*) FROM alliance WHERE name = '志愿联盟'")), 1);
    }
}

#[test]
fn members_join_once_and_leave() {
    for city in cities(9) {
        let id = found(&city, &office(), None, &alliance("公益联盟")).unwrap();
        let university = record(&city, &office(), None, &partner("临江大学")).unwrap();
        assert!(enter(&city, &clerk(), id, Who::Org(TEAM)).is_err());
        let team = enter(&city, &office(), id, Who::Org(TEAM)).unwrap();
        enter(&city, &office(), id, Who::Partner(university)).unwrap();
        assert_eq!(code(enter(&city, &office(), id, Who::Org(TEAM))), "alliance.member");
        assert_eq!(code(enter(&city, &office(), id, Who::Partner(university))), "alliance.member");
        // Communities are no members, nor is what is not there.
        for nobody in [Who::Org(OrgId(3)), Who::Org(OrgId(99)), Who::Partner(PartnerId(99))] {
            assert_eq!(code(enter(&city, &office(), id, nobody)), "alliance.which");
        }
        // The team's minutes of the year stand beside it; a partner has none.
        city.write(|tx| {
            tx.exec(
                sql!(
                    "INSERT INTO total (subject_kind, subject_id, period, minutes, records)
                     VALUES ('team', 4, $1, 90, 1)"
                ),
                args![kernel::Period::Year(today()).key()],
            )?;
            Ok(())
        })
        .unwrap();
        let all = members(&city, id);
        assert_eq!(
            all.iter().map(|one| (one.name.as_str(), one.minutes)).collect::<Vec<_>>(),
            [("单位4", Some(90)), ("临江大学", None)]
        );
        // Whoever leads a member ends its membership; others do not.
        assert!(end(&city, &actor(6, Some((Role::Leader, OrgId(5)))), team).is_err());
        assert!(end(&city, &leader(), all[1].id).is_err());
        assert_eq!(end(&city, &leader(), team).unwrap(), id);
        assert_eq!(code(end(&city, &office(), team)), "alliance.gone");
        assert_eq!(members(&city, id).iter().filter(|one| one.left_on.is_some()).count(), 1);
        // It may come again; nobody joins what is over.
        enter(&city, &office(), id, Who::Org(TEAM)).unwrap();
        let over = NewAlliance { until_on: Some(today()), ..alliance("公益联盟") };
        found(&city, &office(), Some(id), &over).unwrap();
        city.clock.set(at(24 * 60 + 60));
        let late = record(&city, &office(), None, &partner("日报社")).unwrap();
        assert_eq!(code(enter(&city, &office(), id, Who::Partner(late))), "alliance.over");
    }
}

#[test]
fn partners_have_a_part_in_activities() {
    for city in cities(9) {
        city.session(100, "service", 900, 960);
        let id = ActivityId(100);
        let university = record(&city, &office(), None, &partner("临江大学")).unwrap();
        let say = |who: Actor, part| city.write(move |tx| take_in(tx, &who, id, university, part));
        assert!(say(actor(5, None), PartnerPart::Helps).is_err());
        say(leader(), PartnerPart::Helps).unwrap();
        say(leader(), PartnerPart::Undertakes).unwrap();
        let parts = city.write(move |tx| Ok(store::parts(tx, id)?)).unwrap();
        assert_eq!(parts.len(), 1);
        assert_eq!(parts[0].part, PartnerPart::Undertakes);
        let together = city.write(move |tx| Ok(store::together(tx, university)?)).unwrap();
        assert_eq!(together.iter().map(|one| one.activity_id).collect::<Vec<_>>(), [id]);
        for n in 1..12 {
            let other = record(&city, &office(), None, &partner(&format!("单位{n}"))).unwrap();
            city.write(move |tx| take_in(tx, &leader(), id, other, PartnerPart::Supports)).unwrap();
        }
        let many = record(&city, &office(), None, &partner("日报社")).unwrap();
        let refused = city.write(move |tx| take_in(tx, &leader(), id, many, PartnerPart::Helps));
        assert_eq!(code(refused), "alliance.many");
        for _ in 0..2 {
            city.write(move |tx| take_out(tx, &leader(), id, university)).unwrap();
        }
        assert_eq!(city.count(sql!("SELECT count(*) FROM activity_partner")), 11);
        // What is over takes part in nothing new.
        let over = NewPartner { until_on: Some(today()), ..partner("临江大学") };
        record(&city, &office(), Some(university), &over).unwrap();
        city.clock.set(at(24 * 60 + 60));
        assert_eq!(code(say(leader(), PartnerPart::Helps)), "alliance.over");
    }
}

/// Two add the same name at once: one stands.
#[test]
fn a_name_is_there_once() {
    for city in cities(9) {
        for round in 0..6 {
            let (city, name) = (&city, format!("联盟{round}"));
            let (one, other) = std::thread::scope(|scope| {
                let one = scope.spawn(|| code(found(city, &office(), None, &alliance(&name))));
                let other = scope.spawn(|| code(found(city, &office(), None, &alliance(&name))));
                (one.join().unwrap(), other.join().unwrap())
            });
            let mut both = [one.as_str(), other.as_str()];
            both.sort_unstable();
            assert_eq!(both, ["alliance.twice", "ok"]);
        }
    }
}
