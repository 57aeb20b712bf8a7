//! Pictures of sessions, summaries and reflections: who may do what, what is shown when, and what becomes of files.

use std::sync::atomic::{AtomicU64, Ordering};

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, Request, StatusCode, header};
use blobs::{Blobs, Source};
use db::sql;
use kernel::{Actor, Error, OrgId, Role};
use picture::Picture;
use service::photo::commands::{Mark, book, decide, delete, leave, mark, restore, take_down};
use service::photo::{PhotoState, rules, store, taking};
use service::story::ReflectionState;
use service::story::commands as story;
use service::{ActivityId, PhotoId, SessionId};
use tower::ServiceExt as _;
use vault::SessionToken;

use crate::city::{City, actor, at, cities, clerk, leader};

static SERIAL: AtomicU64 = AtomicU64::new(1_000);

fn jpeg(n: u32) -> Vec<u8> {
    Picture::drawn(640, 480, |x, y| [(x % 200) as u8, (y % 200) as u8, (n % 256) as u8]).jpeg(85).unwrap()
}

/// A session of the team from nine to eleven in which person 4 was and 5 was not.
fn session(city: &City) -> SessionId {
    city.clock.set(at(480));
    let session = city.session(100, "service", 540, 660);
    city.book(session, 4);
    city.clock.set(at(700));
    city.write(
        move |tx| Ok(tx.exec(sql!("UPDATE sign_up SET state = 'attended' WHERE person_id = 4"), &[])?),
    )
    .unwrap();
    session
}

fn folder() -> (tempfile::TempDir, Blobs) {
    let folder = tempfile::tempdir().unwrap();
    let store = Blobs::folder(folder.path().join("blobs"));
    (folder, store)
}

/// Adds pictures as somebody; their ids.
fn add(
    city: &City,
    store: &Blobs,
    by: &Actor,
    session: SessionId,
    numbers: &[u32],
) -> Result<Vec<PhotoId>, Error> {
    let taken: Vec<_> = numbers
        .iter()
        .map(|n| {
            let lines = vec!["2026-03-05".to_owned()];
            // Names are never used twice.
            let number = SERIAL.fetch_add(1, Ordering::Relaxed);
            let one = taking::take_now(store, &jpeg(*n), "a.jpg", &lines, number).unwrap();
            (format!("{n}.jpg"), one)
        })
        .collect();
    let by = by.clone();
    city.write(move |tx| {
        book(tx, &by, session, &taken)?;
        let all = store::of_session(tx, session)?;
        Ok(all.iter().rev().take(taken.len()).rev().map(|one| one.id).collect())
    })
}

fn state(city: &City, id: PhotoId) -> PhotoState {
    city.write(move |tx| Ok(store::find(tx, id)?.unwrap().state)).unwrap()
}

fn shown(city: &City) -> usize {
    city.write(|tx| Ok(store::shown_of_activity(tx, ActivityId(100), 100)?.len())).unwrap()
}

fn fit(id: PhotoId, place_no: i64, fit: bool) -> Mark {
    Mark { id, caption: format!("第 {place_no} 张"), place_no, fit }
}

#[test]
fn a_leader_says_what_is_fit_and_nobody_else() {
    for city in cities(9) {
        let session = session(&city);
        let (_folder, blobs) = folder();
        let photos = add(&city, &blobs, &leader(), session, &[1, 2, 3]).unwrap();
        assert_eq!(shown(&city), 0, "nothing is shown by itself");
        let marks = vec![fit(photos[0], 30, true), fit(photos[1], 10, true), fit(photos[2], 20, false)];
        let say = |by: Actor, marks: Vec<Mark>, agreed: bool| {
            city.write(move |tx| mark(tx, &by, session, &marks, agreed))
        };
        let error = say(leader(), marks.clone(), false).unwrap_err();
        assert_eq!(error.code(), "photo.consent");
        assert_eq!(shown(&city), 0, "all or nothing");
        for stranger in
            [actor(4, None), actor(5, None), actor(6, Some((Role::Leader, OrgId(5)))), Actor::default()]
        {
            assert!(say(stranger, marks.clone(), true).is_err());
        }
        say(leader(), marks, true).unwrap();
        let order: Vec<PhotoId> = city
            .write(|tx| {
                Ok(store::shown_of_activity(tx, ActivityId(100), 9)?.iter().map(|one| one.id).collect())
            })
            .unwrap();
        assert_eq!(order, [photos[1], photos[0]], "in the leader's order");
        // What is shown already needs no second word; taking it back never does.
        say(clerk(), vec![fit(photos[0], 30, false), fit(photos[1], 10, true)], false).unwrap();
        assert_eq!(shown(&city), 1);
        let audited = city.count(sql!("SELECT count(*) FROM audit WHERE act = 'photo.publish'"));
        assert_eq!(audited, 1);
        // A picture of another session cannot be marked through this one.
        city.write(move |tx| {
            tx.exec(sql!("UPDATE photo SET session_id = 100 WHERE id = 1"), &[])?;
            assert_eq!(
                mark(tx, &leader(), session, &[fit(PhotoId(1), 1, true)], true).unwrap_err().code(),
                "common.not_found"
            );
            Ok(())
        })
        .unwrap();
    }
}

#[test]
fn those_who_were_there_add_pictures_by_leave() {
    for city in cities(9) {
        let session = session(&city);
        let (_folder, blobs) = folder();
        let code = |by: &Actor, numbers: &[u32]| {
            add(&city, &blobs, by, session, numbers).unwrap_err().code().to_owned()
        };
        assert_eq!(code(&actor(4, None), &[1]), "photo.not_open");
        assert_eq!(code(&actor(5, None), &[1]), "common.not_found", "who was not there");
        assert_eq!(code(&Actor::default(), &[1]), "common.sign_in");
        city.write(move |tx| {
            assert_eq!(leave(tx, &actor(4, None), session, true).unwrap_err().code(), "common.not_found");
            leave(tx, &leader(), session, true)
        })
        .unwrap();
        let own = add(&city, &blobs, &actor(4, None), session, &[1]).unwrap();
        assert_eq!(code(&actor(5, None), &[2]), "common.not_found");
        // The same picture again is one picture.
        let again = add(&city, &blobs, &leader(), session, &[1, 3]).unwrap();
        let (count, _) = city.write(move |tx| Ok(store::count(tx, session)?)).unwrap();
        assert_eq!((count, again.len()), (2, 2));
        let tasks = city.write(|tx| Ok(store::unseen_of(tx, &leader(), 5)?)).unwrap();
        assert_eq!(tasks.iter().map(|one| one.2).collect::<Vec<_>>(), [1], "one's own are no news");
        // Before the start and for a cancelled session there is nothing to add.
        city.clock.set(at(500));
        assert_eq!(code(&leader(), &[9]), "photo.not_now");
        city.clock.set(at(700));
        // The giver may take back what the leader has not looked at.
        city.write(move |tx| {
            delete(tx, &actor(4, None), own[0])?;
            assert_eq!(restore(tx, &actor(4, None), own[0]).unwrap_err().code(), "common.not_found");
            Ok(())
        })
        .unwrap();
    }
}

#[test]
fn a_session_holds_so_many_pictures() {
    for city in cities(9) {
        let session = session(&city);
        let (_folder, blobs) = folder();
        add(&city, &blobs, &leader(), session, &[1]).unwrap();
        city.write(|tx| {
            for n in 0..rules::MAX_PER_SESSION - 2 {
                tx.exec(
                    sql!(
                        "INSERT INTO photo (id, session_id, activity_id, account_id, display, thumb, hash, width, height,
                            place_no, state, state_at, created_at)
                         SELECT CAST($1 AS BIGINT), session_id, activity_id, account_id, display, thumb, $2, width,
                            height, place_no, state, state_at, created_at FROM photo WHERE place_no = 10 LIMIT 1"
                    ),
                    db::args![n + 1, n.to_be_bytes().to_vec()],
                )?;
            }
            Ok(())
        })
        .unwrap();
        let taken: Vec<_> = [5, 6]
            .iter()
            .map(|n| (n.to_string(), taking::take_now(&blobs, &jpeg(*n), "x", &[], u64::from(*n)).unwrap()))
            .collect();
        let (booked, refused) = city.write(move |tx| book(tx, &leader(), session, &taken)).unwrap();
        assert_eq!(booked, 1);
        assert_eq!(refused.iter().map(kernel::Refusal::code).collect::<Vec<_>>(), ["photo.full"]);
    }
}

#[test]
fn deleting_can_be_undone_for_a_day_and_then_the_files_go() {
    for city in cities(9) {
        let session = session(&city);
        let (_folder, blobs) = folder();
        let photos = add(&city, &blobs, &leader(), session, &[1, 2]).unwrap();
        let (one, two) = (photos[0], photos[1]);
        city.write(move |tx| {
            mark(tx, &leader(), session, &[fit(one, 1, true), fit(two, 2, true)], true)?;
            delete(tx, &leader(), one)?;
            assert_eq!(delete(tx, &leader(), one).unwrap_err().code(), "common.not_found");
            Ok(())
        })
        .unwrap();
        assert_eq!(shown(&city), 1);
        city.write(move |tx| restore(tx, &leader(), one)).unwrap();
        assert_eq!(state(&city, one), PhotoState::Fit, "as it was");
        city.write(move |tx| delete(tx, &leader(), one)).unwrap();
        // Uploaded again meanwhile: the deleted one does not come back beside it.
        add(&city, &blobs, &leader(), session, &[1]).unwrap();
        city.write(move |tx| {
            assert_eq!(restore(tx, &leader(), one).unwrap_err().code(), "photo.known");
            Ok(())
        })
        .unwrap();
        city.clock.set(at(700 + 24 * 60 + 1));
        city.write(move |tx| {
            assert_eq!(restore(tx, &leader(), one).unwrap_err().code(), "photo.gone");
            service::photo::tick(tx)
        })
        .unwrap();
        assert_eq!(city.count(sql!("SELECT count(*) FROM photo WHERE state = 'deleted'")), 0);
        assert_eq!(city.count(sql!("SELECT count(*) FROM stored_file WHERE gone_at IS NOT NULL")), 2);
    }
}

#[test]
fn what_no_row_names_is_swept_after_a_day() {
    for city in cities(9) {
        let session = session(&city);
        let (_folder, blobs) = folder();
        let kept = add(&city, &blobs, &leader(), session, &[1, 2]).unwrap();
        blobs.put("photo/00/orphan.jpg", Source::Bytes(b"half an upload")).unwrap();
        let files = || {
            let mut all = 0;
            blobs.list("", &mut |_| all += 1).unwrap();
            all
        };
        assert_eq!(files(), 5);
        // The clock of these tests stands before the files were made.
        let db = &city.bench.db;
        assert_eq!(people::blob::sweep(db, &blobs).unwrap(), people::blob::Swept::default());
        city.clock.set(kernel::Timestamp(4_102_444_800_000));
        assert_eq!(people::blob::sweep(db, &blobs).unwrap(), people::blob::Swept { gone: 0, orphans: 1 });
        assert_eq!(files(), 4, "what rows name stays");
        city.write(move |tx| {
            let one = store::find(tx, kept[0])?.unwrap();
            Ok(people::blob::forget(tx, &one.display)?)
        })
        .unwrap();
        assert_eq!(people::blob::sweep(db, &blobs).unwrap(), people::blob::Swept::default(), "not at once");
        city.clock.set(kernel::Timestamp(4_102_444_800_000 + people::blob::GRACE_MS + 1));
        assert_eq!(people::blob::sweep(db, &blobs).unwrap(), people::blob::Swept { gone: 1, orphans: 0 });
        assert_eq!(files(), 3);
        city.write(people::blob::tick).unwrap();
        city.write(people::blob::tick).unwrap();
        assert_eq!(city.count(sql!("SELECT count(*) FROM job WHERE kind = 'files.sweep'")), 1, "once a day");
    }
}

#[test]
fn one_tap_takes_a_picture_down_and_the_leader_answers() {
    for city in cities(9) {
        let session = session(&city);
        let (_folder, blobs) = folder();
        let photos = add(&city, &blobs, &leader(), session, &[1, 2]).unwrap();
        let (one, two) = (photos[0], photos[1]);
        city.write(move |tx| {
            assert_eq!(
                take_down(tx, &actor(4, None), one, "").unwrap_err().code(),
                "common.not_found",
                "what is not shown"
            );
            mark(tx, &leader(), session, &[fit(one, 1, true), fit(two, 2, true)], true)
        })
        .unwrap();
        // Who was not there asks; it stays until the leader answers.
        city.write(move |tx| {
            assert!(!take_down(tx, &actor(5, None), one, "路人")?);
            assert!(!take_down(tx, &actor(5, None), one, "")?, "asking twice is asking once");
            Ok(())
        })
        .unwrap();
        assert_eq!(shown(&city), 2);
        // Who was there hides it at once.
        assert!(city.write(move |tx| take_down(tx, &actor(4, None), one, "")).unwrap());
        assert_eq!((shown(&city), state(&city, one)), (1, PhotoState::Asked));
        city.write(move |tx| {
            assert_eq!(store::asked_of(tx, &leader(), 5)?.len(), 1);
            assert_eq!(store::wishes(tx, one)?.len(), 2);
            assert_eq!(decide(tx, &actor(4, None), one, true, "").unwrap_err().code(), "common.not_found");
            assert_eq!(decide(tx, &leader(), one, false, "").unwrap_err().code(), "common.required");
            // A tick does not bring it back.
            mark(tx, &leader(), session, &[fit(one, 1, true)], true)?;
            Ok(())
        })
        .unwrap();
        assert_eq!(state(&city, one), PhotoState::Asked);
        city.write(move |tx| decide(tx, &leader(), one, false, "照片里没有您")).unwrap();
        assert_eq!((shown(&city), state(&city, one)), (2, PhotoState::Fit));
        city.write(move |tx| {
            take_down(tx, &actor(4, None), two, "")?;
            decide(tx, &clerk(), two, true, "")?;
            assert_eq!(decide(tx, &leader(), two, true, "").unwrap_err().code(), "photo.decided");
            mark(tx, &leader(), session, &[fit(two, 2, true)], true)
        })
        .unwrap();
        assert_eq!(state(&city, two), PhotoState::Down, "for good");
        assert_eq!(shown(&city), 1);
    }
}

// ---- over HTTP ----

struct Site {
    city: City,
    router: axum::Router,
    app: ui::App,
    runtime: tokio::runtime::Runtime,
    _folder: tempfile::TempDir,
}

struct Got {
    status: StatusCode,
    headers: HeaderMap,
    bytes: Bytes,
}

impl Got {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.bytes).into_owned()
    }

    fn to(&self) -> &str {
        self.headers.get(header::LOCATION).map_or("", |v| v.to_str().unwrap())
    }
}

fn sites() -> Vec<Site> {
    cities(9)
        .into_iter()
        .map(|city| {
            city.write(|tx| {
                tx.exec(
                    sql!(
                        "INSERT INTO role_grant (id, account_id, role, org_id, given_at) VALUES (1, 1, 'leader', 4, 0)"
                    ),
                    &[],
                )?;
                Ok(())
            })
            .unwrap();
            let (folder, blobs) = folder();
            let mut app = city.app();
            app.blobs = blobs;
            app.settings =
                ui::Settings { files: folder.path().join("files"), ..ui::Settings::clone(&app.settings) }.into();
            let router = service::room().router().with_state(app.clone());
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
            Site { city, router, app, runtime, _folder: folder }
        })
        .collect()
}

impl Site {
    fn send(&self, who: Option<&SessionToken>, request: axum::http::request::Builder, body: Body) -> Got {
        let request = match who {
            Some(token) => request.header(header::COOKIE, format!("linli_session={}", token.text())),
            None => request,
        };
        let request = request.body(body).unwrap();
        self.runtime.block_on(async {
            let (parts, body) = self.router.clone().oneshot(request).await.unwrap().into_parts();
            let bytes = axum::body::to_bytes(body, 10_000_000).await.unwrap();
            Got { status: parts.status, headers: parts.headers, bytes }
        })
    }

    fn get(&self, who: Option<&SessionToken>, path: &str) -> Got {
        self.send(who, Request::get(path), Body::empty())
    }

    fn csrf(&self, who: &SessionToken) -> String {
        self.app.vault.signer.sign("csrf", &[who.hash().as_bytes()])
    }

    /// A form with files, as a browser sends it.
    fn upload(&self, who: Option<&SessionToken>, csrf: &str, path: &str, files: &[(&str, &[u8])]) -> Got {
        let mut body = Vec::new();
        let mut part = |head: &str, bytes: &[u8]| {
            body.extend(format!("--XX\r\nContent-Disposition: form-data; {head}\r\n\r\n").bytes());
            body.extend(bytes);
            body.extend(b"\r\n");
        };
        part("name=\"_csrf\"", csrf.as_bytes());
        for (name, bytes) in files {
            part(&format!("name=\"photos\"; filename=\"{name}\"\r\nContent-Type: image/jpeg"), bytes);
        }
        body.extend(b"--XX--\r\n");
        let request = Request::post(path).header(header::CONTENT_TYPE, "multipart/form-data; boundary=XX");
        self.send(who, request, Body::from(body))
    }

    fn post(&self, who: &SessionToken, path: &str, fields: &[(&str, &str)]) -> Got {
        let encode = |text: &str| text.bytes().map(|b| format!("%{b:02X}")).collect::<String>();
        let mut body = format!("_csrf={}", encode(&self.csrf(who)));
        for (name, value) in fields {
            body.push_str(&format!("&{name}={}", encode(value)));
        }
        let request = Request::post(path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        self.send(Some(who), request, Body::from(body))
    }
}

#[test]
fn a_batch_from_a_phone_is_taken_and_what_is_none_is_named() {
    for site in sites() {
        let session = session(&site.city);
        let leader = site.city.sign_in(1);
        let path = format!("/sessions/{session}/photos");
        let album = site.get(Some(&leader), &path);
        assert!(album.text().contains("enctype=\"multipart/form-data\""), "{}", album.text());
        // A picture with a page and a place behind it.
        let mut hostile = jpeg(1);
        hostile.splice(2..2, b"\xff\xe1\0\x16Exif\0\0GPS 31.1 121.1".iter().copied());
        hostile.extend(b"<html><script>alert(1)</script></html>");
        let second = jpeg(2);
        let files: [(&str, &[u8]); 5] = [
            ("一.jpg", &hostile),
            ("二.jpg", &second),
            ("again.jpg", &second),
            ("evil.jpg", b"<svg onload=alert(1)>"),
            ("gif.jpg", b"GIF89a\x01\0\x01\0\0\0\0;"),
        ];
        let csrf = site.csrf(&leader);
        let got = site.upload(Some(&leader), &csrf, &path, &files);
        assert_eq!((got.status, got.to()), (StatusCode::SEE_OTHER, path.as_str()), "{}", got.text());
        let ids: Vec<PhotoId> = site
            .city
            .write(move |tx| Ok(store::of_session(tx, session)?.iter().map(|one| one.id).collect()))
            .unwrap();
        assert_eq!(ids.len(), 2);
        let album = site.get(Some(&leader), &path).text();
        assert_eq!(album.matches("<h1").count(), 1);
        assert!(!album.contains("style=\""));
        let picture = format!("/photos/{}/picture", ids[0]);
        assert_eq!(site.get(None, &picture).status, StatusCode::NOT_FOUND, "not shown yet");
        let got = site.get(Some(&leader), &picture);
        assert_eq!(got.status, StatusCode::OK);
        for (name, value) in [
            (header::CONTENT_TYPE, "image/jpeg"),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"),
            (header::CACHE_CONTROL, "private, max-age=300"),
        ] {
            assert_eq!(got.headers.get(&name).unwrap(), value, "{name}");
        }
        for trace in [&b"Exif"[..], b"GPS", b"script", b"<html"] {
            assert!(!got.bytes.windows(trace.len()).any(|part| part == trace));
        }
        assert_eq!(Picture::read(&got.bytes).unwrap().size(), (640, 480));
        // The leader marks both.
        let (one, two) = (ids[0].to_string(), ids[1].to_string());
        let (fit_one, caption_one, fit_two) =
            (format!("fit-{one}"), format!("caption-{one}"), format!("fit-{two}"));
        let mut fields = vec![
            ("marks", one.as_str()),
            ("marks", &two),
            (&caption_one, "志愿者在清扫河岸"),
            (&fit_one, "1"),
            (&fit_two, "1"),
        ];
        let edit = format!("{path}/edit");
        let refused = site.post(&leader, &edit, &fields);
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.text().contains("value=\"志愿者在清扫河岸\""), "what was typed stays");
        fields.push(("agreed", "1"));
        assert_eq!(site.post(&leader, &edit, &fields).status, StatusCode::SEE_OTHER);
        let got = site.get(None, &picture);
        assert_eq!(got.status, StatusCode::OK);
        let tag = got.headers.get(header::ETAG).unwrap().clone();
        let again = site.send(None, Request::get(&picture).header(header::IF_NONE_MATCH, tag), Body::empty());
        assert_eq!((again.status, again.bytes.len()), (StatusCode::NOT_MODIFIED, 0));
        let page = site.get(None, "/activities/100").text();
        assert!(page.contains("alt=\"志愿者在清扫河岸\""), "{page}");
        assert!(page.contains(&format!("/photos/{two}/thumb")));
        let page = site.get(None, &format!("/photos/{one}"));
        assert_eq!((page.status, page.text().matches("<h1").count()), (StatusCode::OK, 1));
        // One tap by somebody who was there, and it is gone for everybody.
        let there = site.city.sign_in(4);
        assert_eq!(site.post(&there, &format!("/photos/{one}/take-down"), &[]).status, StatusCode::SEE_OTHER);
        assert_eq!(site.get(None, &picture).status, StatusCode::NOT_FOUND);
        assert!(site.get(Some(&leader), &format!("/photos/{one}")).text().contains("act"));
    }
}

#[test]
fn uploads_are_for_those_who_may_and_come_from_our_pages() {
    for site in sites() {
        let session = session(&site.city);
        let path = format!("/sessions/{session}/photos");
        let (leader, there, other) = (site.city.sign_in(1), site.city.sign_in(4), site.city.sign_in(5));
        let photo = jpeg(1);
        let files: [(&str, &[u8]); 1] = [("a.jpg", &photo)];
        let got = site.upload(None, "", &path, &files);
        assert!(got.to().starts_with("/sign-in?"), "{}", got.status);
        let got = site.upload(Some(&leader), "no code", &path, &files);
        assert_eq!(got.status, StatusCode::FORBIDDEN);
        let got = site.upload(Some(&other), &site.csrf(&other), &path, &files);
        assert_eq!(got.status, StatusCode::NOT_FOUND);
        let got = site.upload(Some(&there), &site.csrf(&there), &path, &files);
        assert_eq!(got.status, StatusCode::FORBIDDEN, "not without leave");
        assert_eq!(
            site.post(&leader, &format!("{path}/leave"), &[("may", "1")]).status,
            StatusCode::SEE_OTHER
        );
        let got = site.upload(Some(&there), &site.csrf(&there), &path, &files);
        assert_eq!(got.status, StatusCode::SEE_OTHER, "{}", got.text());
        let album = site.get(Some(&there), &path).text();
        assert!(album.contains("/thumb") && !album.contains("name=\"marks\""), "one's own, without marks");
        assert!(site.get(Some(&other), &path).to().starts_with("/activities/100"));
        // Nothing chosen, and nothing that is a picture.
        let got = site.upload(Some(&leader), &site.csrf(&leader), &path, &[]);
        assert_eq!(got.status, StatusCode::UNPROCESSABLE_ENTITY);
        let got = site.upload(Some(&leader), &site.csrf(&leader), &path, &[("x.jpg", b"MZ")]);
        assert_eq!(got.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(got.text().contains("x.jpg"));
        let many: Vec<(String, Vec<u8>)> = (0..u32::try_from(rules::MAX_AT_ONCE).unwrap() + 2)
            .map(|n| (format!("{n}.jpg"), jpeg(n + 50)))
            .collect();
        let files: Vec<(&str, &[u8])> =
            many.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
        let got = site.upload(Some(&leader), &site.csrf(&leader), &path, &files);
        assert_eq!(got.status, StatusCode::SEE_OTHER);
        let count = site.city.count(sql!("SELECT count(*) FROM photo"));
        assert_eq!(count, 1 + i64::try_from(rules::MAX_AT_ONCE).unwrap());
        let left = std::fs::read_dir(site.app.settings.files.join("photo")).map_or(0, Iterator::count);
        assert_eq!(left, 0, "nothing stays behind on the way");
    }
}

// ---- summaries and reflections ----

#[test]
fn a_summary_is_shown_when_the_leader_says_so() {
    for city in cities(9) {
        let session = session(&city);
        city.clock.set(at(600));
        let told = |city: &City| {
            city.write(|tx| Ok(service::story::store::told_of_activity(tx, ActivityId(100), 9)?.len()))
                .unwrap()
        };
        city.write(move |tx| {
            for stranger in [actor(4, None), actor(6, Some((Role::Leader, OrgId(5))))] {
                assert_eq!(
                    story::tell(tx, &stranger, session, "x", false).err().unwrap().code(),
                    "common.not_found"
                );
            }
            let early = story::tell(tx, &leader(), session, "还在做", true);
            assert_eq!(early.err().unwrap().code(), "story.not_over");
            story::tell(tx, &leader(), session, "草稿", false)?;
            Ok(())
        })
        .unwrap();
        assert_eq!(told(&city), 0);
        city.clock.set(at(700));
        city.write(move |tx| {
            assert_eq!(
                story::tell(tx, &leader(), session, "", true).err().unwrap().code(),
                "common.required"
            );
            story::tell(tx, &leader(), session, "河岸干净了", true)
        })
        .unwrap();
        assert_eq!(told(&city), 1);
        city.write(move |tx| story::tell(tx, &leader(), session, "河岸干净了", false)).unwrap();
        assert_eq!(told(&city), 0, "taken back");
    }
}

#[test]
fn reflections_are_shown_once_another_person_approved_them() {
    for city in cities(9) {
        let session = session(&city);
        let heard = |city: &City| {
            city.write(|tx| Ok(service::story::store::heard_of_activity(tx, ActivityId(100), 9)?)).unwrap()
        };
        let own = |city: &City| {
            city.write(move |tx| Ok(service::story::store::own(tx, session, kernel::PersonId(4))?.unwrap()))
                .unwrap()
        };
        city.write(move |tx| {
            let not = story::reflect(tx, &actor(5, None), session, "我没去", true);
            assert_eq!(not.err().unwrap().code(), "story.not_there");
            story::reflect(tx, &actor(4, None), session, "很踏实", false)
        })
        .unwrap();
        assert_eq!(heard(&city).len(), 0);
        let id = own(&city).id;
        city.write(move |tx| {
            assert_eq!(service::story::store::waiting(tx, &leader())?, 1);
            assert_eq!(
                story::decide(tx, &actor(4, None), id, true, "").unwrap_err().code(),
                "common.not_found"
            );
            let writer = Actor { person: Some(kernel::PersonId(4)), ..leader() };
            assert_eq!(story::decide(tx, &writer, id, true, "").unwrap_err().code(), "story.own");
            assert_eq!(story::decide(tx, &leader(), id, false, "").unwrap_err().code(), "common.required");
            story::decide(tx, &leader(), id, true, "")?;
            assert_eq!(story::decide(tx, &leader(), id, true, "").unwrap_err().code(), "story.decided");
            Ok(())
        })
        .unwrap();
        assert_eq!(heard(&city).len(), 1);
        assert!(!heard(&city)[0].named);
        // Changed words wait again.
        city.clock.set(at(710));
        city.write(move |tx| story::reflect(tx, &actor(4, None), session, "很踏实，下次还来", true)).unwrap();
        assert_eq!(heard(&city).len(), 0);
        assert_eq!((own(&city).id, own(&city).state), (id, ReflectionState::Waiting));
        city.write(move |tx| {
            story::decide(tx, &leader(), id, false, "请去掉老人的姓名")?;
            assert_eq!(story::withdraw(tx, &actor(5, None), id).err().unwrap().code(), "common.not_found");
            story::withdraw(tx, &actor(4, None), id)?;
            Ok(())
        })
        .unwrap();
        // And one may begin anew.
        city.write(move |tx| story::reflect(tx, &actor(4, None), session, "再写一次", true)).unwrap();
        assert_ne!(own(&city).id, id);
        let filled: Option<(bool,)> = city
            .write(|tx| Ok(tx.first(sql!("SELECT named FROM reflection WHERE state = 'waiting'"), &[])?))
            .unwrap();
        assert_eq!(filled, Some((true,)));
    }
}
