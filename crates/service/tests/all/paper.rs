//! Numbered paper sheets on both databases.
use crate::city::{self, City, actor, at, cities, clerk, leader};
use db::{args, sql};
use kernel::{PersonId, Role};
use service::SessionId;
use service::attendance::commands::{RollAct, Times, Whom, roll};
use service::attendance::paper::commands::{Done, draft, enter, print, void};
use service::attendance::paper::rules::Typed;
use service::attendance::paper::{LineOutcome, SheetId, SheetState, store};
use service::record::commands::{Closing, LateNote, close, submit_explained};

fn typed(rows: &[(usize, &str, &str, &str)]) -> Vec<Typed> {
    rows.iter()
        .map(|(line, from, to, who)| Typed {
            line: *line,
            from: (*from).to_owned(),
            to: (*to).to_owned(),
            who: (*who).to_owned(),
        })
        .collect()
}

fn sheet(city: &City, session: SessionId, blanks: usize) -> SheetId {
    city.write(move |tx| print(tx, &leader(), session, blanks)).unwrap()
}

fn put(
    city: &City,
    id: SheetId,
    rows: &[(usize, &str, &str, &str)],
    reason: &'static str,
) -> Result<Done, Vec<String>> {
    let (vault, rows) = (std::sync::Arc::clone(&city.vault), typed(rows));
    city.write(move |tx| enter(tx, &leader(), &vault, id, &rows, reason)).map_err(|error| match error {
        kernel::Error::Refused(all) => {
            all.iter().map(|one| format!("{} {}", one.code(), one.field.unwrap_or_default())).collect()
        }
        other @ kernel::Error::Fault(_) => vec![other.to_string()],
    })
}

fn number_of(city: &City, person: i64) -> String {
    let number = people::person::volunteer_no(person);
    let kept = number.clone();
    city.write(move |tx| {
        Ok(tx.exec_one(
            sql!("UPDATE person SET volunteer_no = $2 WHERE id = $1"),
            args![PersonId(person), kept],
        )?)
    })
    .unwrap();
    number
}

#[test]
fn names_in_order_and_numbers_that_go_on() {
    for city in cities(30) {
        let session = city.session(100, "service", 540, 660);
        for person in (5..=27).rev() {
            city.book(session, person);
        }
        let first = sheet(&city, session, 5);
        let (all, lines) = city
            .write(move |tx| Ok((store::of_session(tx, session)?, store::lines(tx, first, None)?)))
            .unwrap();
        assert_eq!(all.iter().map(|one| one.names).collect::<Vec<_>>(), [20, 3]);
        assert_eq!(all.first().unwrap().number(), "000100-1");
        let names: Vec<i64> = lines.iter().map(|line| line.person.0).collect();
        assert_eq!(names, (5..=27).collect::<Vec<_>>(), "by name, whoever signed up first");
        // Who signs up later changes nothing on paper; the next printing has the next number.
        city.book(session, 4);
        let next = sheet(&city, session, 0);
        let again = city.write(move |tx| Ok(store::find(tx, next)?)).unwrap().unwrap();
        assert_eq!((again.no, again.names), (3, 20));
        let stranger = city.write(move |tx| print(tx, &actor(7, None), session, 0)).unwrap_err();
        assert_eq!(stranger.code(), "common.forbidden");
        let elsewhere = actor(8, Some((Role::Station, city::OTHER)));
        let hidden = city.write(move |tx| draft(tx, &elsewhere, first, "{}")).unwrap_err();
        assert_eq!(hidden.code(), "common.not_found", "nobody else learns that there is a sheet");
    }
}

#[test]
fn a_sheet_goes_onto_the_roll_once() {
    for city in cities(10) {
        let session = city.session(100, "service", 540, 660);
        for person in 5..=8 {
            city.book(session, person);
        }
        let id = sheet(&city, session, 3);
        // One came by the roll and left by paper.
        city.clock.set(at(545));
        city.write(move |tx| {
            let held = store::placed(tx, session)?;
            assert_eq!(held.len(), 4);
            let line: (service::SignUpId,) =
                tx.one(sql!("SELECT id FROM sign_up WHERE person_id = 5"), &[])?;
            roll(tx, &leader(), session, RollAct::Present(Whom::One(line.0)), Times::default())
        })
        .unwrap();
        let walk_in = number_of(&city, 9);
        city.clock.set(at(655));
        city.write(move |tx| draft(tx, &leader(), id, "{\"in_1\":\"830\"}")).unwrap();
        let wrong =
            put(&city, id, &[(1, "", "1030", ""), (2, "9x", "", ""), (6, "900", "", "没有人 1234")], "");
        assert_eq!(
            wrong,
            Err(["sheet.no_in in_1", "sheet.time in_2", "sheet.who who_6"].map(str::to_owned).to_vec())
        );
        let late = put(&city, id, &[(2, "7:00", "", "")], "");
        assert_eq!(late, Err(vec!["sheet.line in_2".to_owned()]), "long before the start");
        let twice = put(&city, id, &[(2, "+", "", ""), (6, "+", "", &number_of(&city, 6))], "");
        assert_eq!(twice, Err(vec!["sheet.twice who_6".to_owned()]));
        assert_eq!(put(&city, id, &[], ""), Err(vec!["sheet.empty ".to_owned()]));
        assert_eq!(
            city.count(sql!("SELECT count(*) FROM check_in")),
            1,
            "a refused sheet leaves nothing behind"
        );
        let rows = [
            (1, "905", "1050", ""),
            (2, "+", "10:50", ""),
            (3, "9", "", ""),
            (5, "915", "1045", walk_in.as_str()),
        ];
        let done = put(&city, id, &rows, "").unwrap();
        assert_eq!(done, Done { entered: 3, ended: 1, kept: 0, asked: 0 });
        assert_eq!(put(&city, id, &rows, ""), Err(vec!["sheet.used ".to_owned()]));
        assert_eq!(city.count(sql!("SELECT count(*) FROM check_in WHERE in_method = 'roll'")), 4);
        assert_eq!(city.count(sql!("SELECT out_at FROM check_in WHERE person_id = 5")), at(650).0);
        assert_eq!(city.count(sql!("SELECT in_at FROM check_in WHERE person_id = 6")), at(540).0);
        assert_eq!(city.count(sql!("SELECT count(*) FROM check_in WHERE out_at IS NULL")), 1);
        assert_eq!(city.count(sql!("SELECT taken FROM session")), 5, "the walk-in took a place");
        let lines = city.write(move |tx| Ok(store::lines(tx, id, Some(id))?)).unwrap();
        let came: Vec<(i64, &str)> = lines.iter().map(|line| (line.line, line.outcome.as_str())).collect();
        let (entered, ended) = (LineOutcome::Entered.code(), LineOutcome::Ended.code());
        assert_eq!(came, [(1, ended), (2, entered), (3, entered), (4, ""), (5, entered)]);
    }
}

#[test]
fn after_the_roll_is_handed_in_a_second_person_decides() {
    for city in cities(10) {
        let session = city.session(100, "service", 540, 660);
        city.book(session, 5);
        city.book(session, 6);
        let id = sheet(&city, session, 3);
        let spoilt = sheet(&city, session, 0);
        city.clock.set(at(545));
        city.write(move |tx| {
            let line: (service::SignUpId,) =
                tx.one(sql!("SELECT id FROM sign_up WHERE person_id = 5"), &[])?;
            roll(tx, &leader(), session, RollAct::Present(Whom::One(line.0)), Times::default())
        })
        .unwrap();
        city.clock.set(at(700));
        city.write(move |tx| {
            let closing = Closing { heads: 1, summary: String::new(), quality: 5, breaks: 0, extension: 0 };
            close(tx, &leader(), session, &closing)?;
            let note = LateNote { reason: String::new(), evidence: String::new() };
            submit_explained(tx, &leader(), session, &note)
        })
        .unwrap();
        let over = city.write(move |tx| print(tx, &leader(), session, 0)).unwrap_err();
        assert_eq!(over.code(), "sheet.over");
        assert_eq!(put(&city, id, &[(2, "+", "+", "")], ""), Err(vec!["common.required reason".to_owned()]));
        // Before the start and after the end: paper says so, and it does not count.
        let done = put(&city, id, &[(1, "+", "+", ""), (2, "850", "1110", "")], "现场没有网络").unwrap();
        assert_eq!(done, Done { kept: 1, asked: 1, ..Done::default() });
        assert_eq!(
            city.count(sql!("SELECT count(*) FROM back_fill WHERE person_id = 6 AND state = 'waiting'")),
            1
        );
        assert_eq!(city.count(sql!("SELECT start_at FROM back_fill")), at(540).0);
        let decided = city
            .write(move |tx| {
                let fills = service::record::back_fill::store::of_session(tx, session)?;
                let one = fills.first().unwrap();
                assert!(
                    one.evidence.contains("000100-1") && one.evidence.contains("第 2 行"),
                    "{}",
                    one.evidence
                );
                service::record::back_fill::commands::decide(tx, &clerk(), one.id, true, "")
            })
            .unwrap();
        assert_eq!(decided, session);
        city.write(move |tx| void(tx, &leader(), spoilt, "淋湿了")).unwrap();
        assert_eq!(put(&city, spoilt, &[(1, "+", "", "")], "x"), Err(vec!["sheet.void ".to_owned()]));
        let state = city.write(move |tx| Ok(store::find(tx, spoilt)?)).unwrap().unwrap().state;
        assert_eq!(state, SheetState::Void);
        assert!(city.write(|tx| service::record::check(tx)).unwrap().is_empty());
    }
}

#[test]
fn who_came_along_is_found_by_name_and_phone() {
    for city in cities(10) {
        let session = city.session(100, "service", 540, 660);
        let id = sheet(&city, session, 5);
        city.clock.set(at(600));
        let phone = [(1, "+", "", "王小明 13800001111"), (2, "+", "", "李四 13800002222")];
        assert_eq!(put(&city, id, &phone, "").unwrap().entered, 2);
        let next = sheet(&city, session, 5);
        // Both stand on the new sheet by now; a namesake with the same last digits is nobody's guess.
        let other = city.session(101, "service", 700, 760);
        let paper = city.write(move |tx| print(tx, &leader(), other, 5)).unwrap();
        city.clock.set(at(730));
        let tail = [(1, "+", "", "王小明 1111"), (2, "+", "", "李四2222")];
        assert_eq!(put(&city, paper, &tail, "").unwrap().entered, 2);
        assert_eq!(city.count(sql!("SELECT count(*) FROM person WHERE name = '王小明'")), 1);
        let vault = std::sync::Arc::clone(&city.vault);
        city.write(move |tx| {
            let held = service::attendance::commands::find_to_lead(tx, &leader(), other)?;
            let fields = ui::Fields::of([("name", "王小明"), ("phone", "13900001111")]);
            service::attendance::commands::somebody_new(tx, &leader(), &vault, &held, &fields)
        })
        .unwrap();
        let third = city.write(move |tx| print(tx, &leader(), other, 5)).unwrap();
        let unsure = put(&city, third, &[(5, "+", "", "王小明 1111")], "");
        assert_eq!(unsure, Err(vec!["sheet.several who_5".to_owned()]));
        assert!(next > id);
    }
}
