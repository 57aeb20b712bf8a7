//! Campaigns on both databases: from the draft to the report, who may do what, what counts, and running it again.

use db::{args, sql};
use kernel::{Actor, Date, Error, OrgId, PersonId, Role};
use service::campaign::commands::{self, Mark, NewPhase};
use service::campaign::item_commands as items;
use service::campaign::item_store::{self, Entry};
use service::campaign::rules::Facts;
use service::campaign::{CampaignStage, CampaignState, ItemState, Measure, figures, store};
use service::record::{Class, RecordState};
use service::total::figures::{Asked, compute};
use service::{ActivityId, CampaignId, CampaignItemId, CampaignLineId, RecordId, SessionId};

use crate::city::{CITY, City, OTHER, TEAM, actor, at, cities, clerk, leader, office};
use crate::site::Site;

fn day(text: &str) -> Date {
    Date::parse(text).unwrap()
}

fn code<T>(result: Result<T, Error>) -> String {
    result.err().map_or_else(|| "ok".to_owned(), |error| error.code().to_owned())
}

fn facts(from: &str, to: &str) -> Facts {
    Facts {
        title: "2026 年清洁月".to_owned(),
        title_en: String::new(),
        basis: "市文明办通知".to_owned(),
        summary: "清理楼道和河岸".to_owned(),
        from_on: day(from),
        to_on: day(to),
        declare_until: day(from).plus(-1),
    }
}

fn phase(from: &str, to: &str) -> NewPhase {
    NewPhase {
        name: "实施".to_owned(),
        from_on: day(from),
        to_on: day(to),
        deliverables: vec!["清单".to_owned(), "小结".to_owned()],
    }
}

fn entry(line: Option<CampaignLineId>, on: &str) -> Entry {
    Entry {
        line,
        title: "楼道清理".to_owned(),
        day_on: day(on),
        place: "文明路".to_owned(),
        people: 12,
        note: String::new(),
    }
}

/// A campaign of the city from `from` to `to`, announced, with a line.
fn announced(city: &City, from: &'static str, to: &'static str) -> (CampaignId, CampaignLineId) {
    city.write(move |tx| {
        let id = commands::create(tx, &office(), CITY, &facts(from, to))?;
        commands::add_phase(tx, &office(), id, &phase(from, to))?;
        let line = commands::add_line(tx, &office(), id, "清洁", Measure::Attendances, 10)?;
        commands::announce(tx, &office(), id)?;
        Ok((id, line))
    })
    .unwrap()
}

fn declare(city: &City, by: Actor, id: CampaignId, team: OrgId, e: Entry) -> Result<CampaignItemId, Error> {
    city.write(move |tx| items::declare(tx, &by, id, team, &e))
}

/// Somebody attended a session, with a record in this state.
fn served(city: &City, session: SessionId, person: i64, minutes: i64, state: RecordState) {
    city.book(session, person);
    city.write(move |tx| {
        let id: RecordId = tx.new_id();
        let on = day("2026-03-05");
        tx.exec(
            sql!("UPDATE sign_up SET state = 'attended' WHERE session_id = $1 AND person_id = $2"),
            args![session, PersonId(person)],
        )?;
        tx.exec_one(
            sql!(
                "INSERT INTO record (id, session_id, activity_id, person_id, team_id, community_id, street_id, home_org,
                    category, title, place, served_group, service_on, start_at, end_at, minutes, method, class, state,
                    created_at)
                 VALUES ($1, $2, $2, $3, 4, 3, 2, 3, 'env', '清扫河岸', '', '', $4, $5, $6, $7, 'code', $8, $9, 0)"
            ),
            args![id, session, PersonId(person), on, at(540), at(660), minutes, Class::Verified, state],
        )?;
        Ok(())
    })
    .unwrap();
}

#[test]
fn from_the_draft_to_the_report() {
    for city in cities(9) {
        city.clock.set(at(480));
        let id = city
            .write(|tx| commands::create(tx, &office(), CITY, &facts("2026-10-01", "2027-02-28")))
            .unwrap();
        let seen = |by: Actor| city.write(move |tx| commands::seen(tx, &by, id));
        assert_eq!(code(seen(leader())), "common.not_found", "a draft is its organiser's");
        assert_eq!(code(seen(Actor::default())), "common.not_found");
        let announce = || city.write(move |tx| commands::announce(tx, &office(), id));
        assert_eq!(code(announce()), "campaign.not_ready");
        assert_eq!(
            code(city.write(move |tx| commands::add_phase(
                tx,
                &office(),
                id,
                &phase("2026-09-30", "2026-12-01")
            ))),
            "campaign.phase_outside"
        );
        let (made, line) = city
            .write(move |tx| {
                let made = commands::add_phase(tx, &office(), id, &phase("2026-10-01", "2027-01-31"))?;
                let line = commands::add_line(tx, &office(), id, "清洁", Measure::Minutes, 20)?;
                Ok((made, line))
            })
            .unwrap();
        assert_eq!(city.write(move |tx| Ok(store::line(tx, line)?)).unwrap().unwrap().target, 1200);
        let declared = declare(&city, leader(), id, TEAM, entry(None, "2026-12-05"));
        assert_eq!(code(declared), "common.not_found", "nothing is declared for what one may not know");
        announce().unwrap();
        announce().unwrap();
        assert_eq!(seen(leader()).unwrap().stage(day("2026-03-05")), CampaignStage::Announced);
        assert_eq!(code(city.write(move |tx| commands::delete(tx, &office(), id))), "campaign.announced");
        // The period cannot leave its phases behind.
        assert_eq!(
            code(city.write(move |tx| {
                let c = commands::managed(tx, &office(), id)?;
                commands::save(tx, &office(), id, c.version, &facts("2026-11-01", "2027-02-28"))
            })),
            "campaign.phase_outside"
        );
        let one = declare(&city, leader(), id, TEAM, entry(Some(line), "2026-12-05")).unwrap();
        let close = |words: &'static str| city.write(move |tx| commands::close(tx, &office(), id, words));
        assert_eq!(code(close(" ")), "common.required");
        assert_eq!(code(close("完成。")), "campaign.undecided");
        city.write(move |tx| items::decide(tx, &office(), one, true, "")).unwrap();
        let first = city.write(move |tx| Ok(store::deliverables(tx, id)?[0].id)).unwrap();
        assert_eq!(
            code(city.write(move |tx| commands::mark(tx, &leader(), first, Mark::Done))),
            "common.not_found"
        );
        city.write(move |tx| commands::mark(tx, &office(), first, Mark::Done)).unwrap();
        close("完成。").unwrap();
        assert_eq!(code(close("再写。")), "campaign.closed");
        for refused in
            [
                code(city.write(move |tx| {
                    commands::add_phase(tx, &office(), id, &phase("2026-10-01", "2026-10-02"))
                })),
                code(city.write(move |tx| commands::delete_phase(tx, &office(), made))),
                code(city.write(move |tx| commands::delete_line(tx, &office(), line))),
                code(city.write(move |tx| commands::mark(tx, &office(), first, Mark::Open))),
                code(city.write(move |tx| items::withdraw(tx, &leader(), one))),
            ]
        {
            assert_eq!(refused, "campaign.closed");
        }
        assert_eq!(city.count(sql!("SELECT count(*) FROM audit WHERE act = 'campaign.close'")), 1);
    }
}

#[test]
fn teams_declare_and_the_organiser_decides() {
    for city in cities(9) {
        city.clock.set(at(480));
        let (id, line) = announced(&city, "2026-03-10", "2026-04-10");
        let theirs = || actor(6, Some((Role::Leader, OTHER)));
        assert_eq!(
            code(declare(&city, theirs(), id, TEAM, entry(None, "2026-03-12"))),
            "common.forbidden",
            "only for teams one plans for"
        );
        assert_eq!(
            code(declare(&city, leader(), id, TEAM, entry(None, "2026-04-11"))),
            "campaign.day_outside"
        );
        let (_, strange) = announced(&city, "2026-05-01", "2026-05-31");
        assert_eq!(
            code(declare(&city, leader(), id, TEAM, entry(Some(strange), "2026-03-12"))),
            "campaign.line"
        );
        // Named areas are all that it covers.
        city.write(move |tx| commands::add_area(tx, &office(), id, OTHER)).unwrap();
        assert_eq!(code(city.write(move |tx| commands::add_area(tx, &office(), id, TEAM))), "campaign.area");
        assert_eq!(
            code(declare(&city, leader(), id, TEAM, entry(Some(line), "2026-03-12"))),
            "campaign.not_covered"
        );
        city.write(move |tx| commands::remove_area(tx, &office(), id, OTHER)).unwrap();
        let one = declare(&city, leader(), id, TEAM, entry(Some(line), "2026-03-12")).unwrap();
        let two = declare(&city, leader(), id, TEAM, entry(Some(line), "2026-03-12")).unwrap();
        let say = |by: Actor, item, yes, reply: &'static str| {
            city.write(move |tx| items::decide(tx, &by, item, yes, reply))
        };
        for stranger in [leader(), theirs(), clerk()] {
            assert_eq!(code(say(stranger, one, true, "")), "common.not_found");
        }
        assert_eq!(code(say(office(), one, false, "")), "common.required");
        say(office(), one, false, "请改到周末").unwrap();
        assert_eq!(code(say(office(), one, true, "")), "campaign.decided", "the team changes it first");
        say(office(), two, true, "").unwrap();
        let found = move |tx: &mut db::WriteTx<'_>| Ok(item_store::find(tx, one)?.unwrap());
        let read = city.write(found).unwrap();
        assert_eq!((read.state, read.reply.as_str(), read.same_day), (ItemState::Returned, "请改到周末", 1));
        let tasks = |by: Actor| {
            city.write(move |tx| service::campaign::tasks(tx, &by, kernel::Lang::Zh)).unwrap().len()
        };
        assert_eq!(tasks(leader()), 2, "one to change, one to plan");
        assert_eq!(tasks(office()), 0, "what waits for teams waits for them");
        // Declaring ends; what was given back may be mended.
        city.clock.set(kernel::Timestamp::at(day("2026-03-10"), 480));
        assert_eq!(
            code(declare(&city, leader(), id, TEAM, entry(Some(line), "2026-03-15"))),
            "campaign.declare_over"
        );
        let version = read.version;
        let mend = move |version| {
            move |tx: &mut db::WriteTx<'_>| {
                items::save_item(tx, &leader(), one, version, &entry(Some(line), "2026-03-14"))
            }
        };
        assert_eq!(code(city.write(mend(version - 1))), "campaign.decided");
        city.write(mend(version)).unwrap();
        assert_eq!(tasks(office()), 1);
        say(office(), one, true, "").unwrap();
        // An accepted item becomes a draft of the team, once.
        let plan = |by: Actor, item| city.write(move |tx| items::plan(tx, &by, item, "clean"));
        assert_eq!(code(plan(theirs(), one)), "common.not_found");
        let activity = plan(leader(), one).unwrap();
        assert_eq!(code(plan(leader(), one)), "campaign.bound");
        assert_eq!(code(say(office(), one, false, "不行")), "campaign.bound");
        assert_eq!(code(city.write(move |tx| items::withdraw(tx, &leader(), one))), "campaign.bound");
        let attached = city.write(move |tx| Ok(item_store::attached(tx, id, None, 9)?)).unwrap();
        assert_eq!(
            attached.iter().map(|one| (one.id, one.line_id)).collect::<Vec<_>>(),
            [(activity, Some(line))]
        );
        // A cancelled activity gives the item back to its team.
        city.write(move |tx| service::activity::commands::cancel(tx, &leader(), activity, "下雨")).unwrap();
        assert_ne!(plan(leader(), one).unwrap(), activity);
        city.write(move |tx| items::withdraw(tx, &leader(), two)).unwrap();
        city.write(move |tx| items::withdraw(tx, &leader(), two)).unwrap();
    }
}

#[test]
fn what_counts_is_counted_as_everywhere() {
    for city in cities(9) {
        city.clock.set(at(480));
        let session = city.session(100, "service", 540, 660);
        let other = city.session(200, "service", 700, 800);
        served(&city, session, 4, 120, RecordState::Confirmed);
        served(&city, session, 5, 60, RecordState::Confirmed);
        served(&city, session, 6, 90, RecordState::Submitted);
        served(&city, other, 4, 45, RecordState::Confirmed);
        city.clock.set(at(900));
        let (id, line) = announced(&city, "2026-03-05", "2026-03-31");
        let attach = |by: Actor, campaign, activity, line| {
            city.write(move |tx| items::attach(tx, &by, campaign, ActivityId(activity), line))
        };
        let theirs = actor(6, Some((Role::Leader, OTHER)));
        assert_eq!(code(attach(theirs.clone(), id, 100, None)), "common.not_found");
        attach(leader(), id, 100, Some(line)).unwrap();
        attach(leader(), id, 100, Some(line)).unwrap();
        let (second, _) = announced(&city, "2026-03-06", "2026-03-31");
        assert_eq!(code(attach(leader(), second, 100, None)), "campaign.elsewhere", "nothing counts twice");
        let reached = |id| {
            city.write(move |tx| {
                let c = store::find(tx, id)?.unwrap();
                Ok(figures::reached(tx, &c)?)
            })
            .unwrap()
        };
        let one = reached(id);
        assert_eq!(one.of(line), one.whole);
        assert_eq!((one.whole.activities, one.whole.sessions, one.whole.attendances), (1, 1, 3));
        assert_eq!((one.whole.persons, one.whole.minutes), (2, 180));
        attach(leader(), id, 200, None).unwrap();
        let both = reached(id);
        assert_eq!((both.whole.persons, both.whole.minutes), (2, 225), "who served twice is one person");
        assert_eq!(both.of(line), one.whole);
        // The dictionary says the same of the city when all of it is the campaign.
        let asked = Asked { area_path: "/1/".to_owned(), from: day("2026-03-05"), to: day("2026-03-31") };
        let city_wide = city
            .write(move |tx| {
                let mut out = Vec::new();
                for code in ["sessions", "attendances", "persons", "minutes"] {
                    out.push(compute(tx, code, &asked)?.n);
                }
                Ok(out)
            })
            .unwrap();
        let sums = both.whole;
        assert_eq!(city_wide, [sums.sessions, sums.attendances, sums.persons, sums.minutes]);
        let teams = city
            .write(move |tx| {
                let c = store::find(tx, id)?.unwrap();
                Ok(figures::by_team(tx, &c)?)
            })
            .unwrap();
        assert_eq!(
            teams.iter().map(|one| (one.0.org_id, one.0.attendances, one.1)).collect::<Vec<_>>(),
            [(TEAM, 4, 225)]
        );
        // What lies outside its time does not count.
        let later = city
            .write(move |tx| {
                let c = commands::managed(tx, &office(), second)?;
                commands::save(tx, &office(), second, c.version, &facts("2026-03-06", "2026-03-31"))?;
                items::detach(tx, &office(), id, ActivityId(200))?;
                items::detach(tx, &leader(), id, ActivityId(200))?;
                items::attach(tx, &leader(), second, ActivityId(200), None)?;
                let c = store::find(tx, second)?.unwrap();
                Ok(figures::reached(tx, &c)?)
            })
            .unwrap();
        assert_eq!(later.whole, service::campaign::rules::Sums::default());
        city.write(move |tx| commands::delete_line(tx, &office(), line)).err().unwrap();
        assert_eq!(reached(id).whole, one.whole);
    }
}

#[test]
fn run_again_next_year() {
    for city in cities(3) {
        city.clock.set(at(480));
        let (id, _) = announced(&city, "2026-03-10", "2026-04-10");
        city.write(move |tx| commands::add_area(tx, &office(), id, OTHER)).unwrap();
        assert_eq!(code(city.write(move |tx| commands::again(tx, &leader(), id))), "common.not_found");
        let next = city.write(move |tx| commands::again(tx, &office(), id)).unwrap();
        assert_eq!(city.write(move |tx| commands::again(tx, &office(), id)).unwrap(), next);
        let (c, phases, lines, areas, deliverables) = city
            .write(move |tx| {
                Ok((
                    store::find(tx, next)?.unwrap(),
                    store::phases(tx, next)?,
                    store::lines(tx, next)?,
                    store::areas(tx, next)?,
                    store::deliverables(tx, next)?,
                ))
            })
            .unwrap();
        assert_eq!((c.state, c.title.as_str()), (CampaignState::Draft, "2027 年清洁月"));
        assert_eq!((c.from_on, c.to_on), (day("2027-03-10"), day("2027-04-10")));
        assert_eq!((phases.len(), phases[0].from_on), (1, day("2027-03-10")));
        assert_eq!((lines.len(), lines[0].target), (1, 10));
        assert_eq!(areas[0].org_id, OTHER);
        assert!(deliverables.len() == 2 && deliverables.iter().all(|one| one.done_at.is_none()));
        city.write(move |tx| commands::delete(tx, &office(), next)).unwrap();
        assert_ne!(city.write(move |tx| commands::again(tx, &office(), id)).unwrap(), next);
    }
}

#[test]
fn a_merged_team_hands_its_part_over() {
    for city in cities_listening() {
        city.clock.set(at(480));
        let (id, _) = announced(&city, "2026-03-10", "2026-04-10");
        let one = declare(&city, leader(), id, TEAM, entry(None, "2026-03-12")).unwrap();
        city.write(|tx| {
            tx.publish(&people::org::OrgMerged { from: TEAM, into: OTHER })?;
            Ok(())
        })
        .unwrap();
        let item = city.write(move |tx| Ok(item_store::find(tx, one)?.unwrap())).unwrap();
        assert_eq!(item.org_id, OTHER);
    }
}

fn cities_listening() -> Vec<City> {
    crate::city::cities_with(3, || {
        let mut bus = db::Bus::default();
        if let Some(subscribe) = service::room().subscribe {
            subscribe(&mut bus);
        }
        bus
    })
}

#[tokio::test]
async fn pages_of_each_side() {
    for site in Site::all().await {
        let facts = [
            ("org", "1"),
            ("title", "清洁家园行动"),
            ("basis", "通知"),
            ("summary", "清理楼道"),
            ("from", "2026-12-01"),
            ("to", "2027-02-28"),
        ];
        let made = site.post('S', "/campaigns/new", &facts).await;
        let id = made.to.split('/').nth(2).unwrap().to_owned();
        let page = |tail: &str| format!("/campaigns/{id}{tail}");
        assert!(site.ok('S', &page("/manage")).await.contains("data-next"));
        for tail in ["", "/calendar", "/report", "/phases", "/lines", "/edit", "/items"] {
            site.ok('S', &page(tail)).await;
        }
        assert_eq!(site.get('L', &page("")).await.status, 404);
        let wrong = site
            .post('S', &page("/phases"), &[("name", "准备"), ("from", "2026-11-01"), ("to", "2026-12-05")])
            .await;
        assert!(wrong.body.contains("campaign.phase_outside") && wrong.body.contains("2026-11-01"));
        let right =
            [("name", "准备"), ("from", "2026-12-01"), ("to", "2026-12-05"), ("deliverables", "方案\n名单")];
        assert_eq!(site.post('S', &page("/phases"), &right).await.to, page("/manage"));
        let refused = site.post('S', &page("/announce"), &[]).await;
        assert!(refused.body.contains("campaign.not_ready"), "{}", refused.body);
        let line = [("name", "清洁"), ("measure", "sessions"), ("target", "12")];
        assert_eq!(site.post('S', &page("/lines"), &line).await.to, page("/manage"));
        assert_eq!(site.post('S', &page("/announce"), &[]).await.to, page("/manage"));
        assert!(site.ok('V', "/campaigns").await.contains("清洁家园行动"));
        assert!(site.ok('V', &page("")).await.contains("data-next"));
        assert_eq!(site.get('V', &page("/report")).await.status, 404);
        assert_eq!(site.get('L', &page("/manage")).await.status, 404);
        let item = [
            ("team", "4"),
            ("title", "楼道清理"),
            ("day", "2026-12-05"),
            ("place", "望江社区"),
            ("people", "12"),
        ];
        let declared = site.post('L', &page("/items"), &item).await;
        assert_eq!(declared.to, page("/team"), "{}", declared.body);
        let outside = site.post('L', &page("/items"), &[("team", "4"), ("title", ""), ("day", "x")]).await;
        assert!(outside.body.contains("common.required") && outside.body.contains("common.invalid"));
        let team = site.ok('L', &page("/team")).await;
        let item = team.split("/campaign-items/").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let one = format!("/campaign-items/{item}");
        for who in ['L', 'S'] {
            assert!(site.ok(who, &one).await.contains("data-next"));
        }
        assert_eq!(site.get('X', &one).await.status, 404, "another team's");
        assert_eq!(site.post('S', &format!("{one}/accept"), &[]).await.to, page("/items"));
        assert!(site.ok('V', &page("/calendar?month=2026-12")).await.contains("楼道清理"));
        let form = site.ok('L', &format!("/activities/new?item={item}")).await;
        assert!(form.contains("楼道清理") && form.contains("name=\"item\""));
        let mut activity = crate::site::FACTS.to_vec();
        activity.push(("item", item.as_str()));
        let made = site.post('L', "/activities/new", &activity).await;
        assert!(made.to.contains("/publish"), "{}", made.body);
        assert!(site.ok('L', &one).await.contains("/activities/"));
        assert!(site.ok('S', &page("/manage")).await.contains("清洁家园行动"));
        let closed = site.post('S', &page("/close"), &[("report", "提前结束，因施工。")]).await;
        assert_eq!(closed.to, page("/report"));
        assert!(site.ok('V', &page("/report")).await.contains("提前结束"));
        assert_eq!(site.post('S', &page("/again"), &[]).await.status, 303);
    }
}
