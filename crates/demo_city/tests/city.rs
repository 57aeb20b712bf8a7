//! The promises of the demo city.
#![expect(
    clippy::indexing_slicing,
    clippy::unwrap_used,
    reason = "helpers of tests may panic; clippy.toml only excuses the test functions"
)]

use demo_city::*;
use jiff::civil::{Date, date};
use std::collections::{HashMap, HashSet};
use std::time::Instant;

const TODAY: Date = date(2026, 5, 20);

fn label(text: &str) {
    assert!(!text.trim().is_empty());
}

fn english(text: &str) {
    label(text);
    assert!(text.chars().all(|c| c.is_ascii() || c == '·'), "{text}");
}

fn hash(text: &str) -> u64 {
    text.bytes()
        .fold(0xcbf2_9ce4_8422_2325, |sum, byte| (sum ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// Everything a city says, as one number.
fn fingerprint(city: &DemoCity) -> u64 {
    let mut sum = hash(&format!("{:?}{:?}{:?}", city.place, city.teams, city.activities));
    for person in city.volunteers() {
        sum = sum.rotate_left(5) ^ hash(&format!("{person:?}"));
    }
    for seen in city.attendances() {
        sum = sum.rotate_left(5) ^ hash(&format!("{seen:?}"));
    }
    for sign_up in city.sign_ups() {
        sum = sum.rotate_left(5) ^ hash(&format!("{sign_up:?}"));
    }
    sum
}

#[test]
fn the_same_seed_makes_the_same_city() {
    let one = fingerprint(&DemoCity::new(11, Size::Small, TODAY));
    let two = fingerprint(&DemoCity::new(11, Size::Small, TODAY));
    let other = fingerprint(&DemoCity::new(12, Size::Small, TODAY));
    assert_eq!(one, two);
    assert_ne!(one, other);
}

#[test]
fn any_day_of_the_year_gives_a_whole_city() {
    for month in 1i8..=12 {
        for day in [1, 18, 28] {
            let city = DemoCity::new(u64::from(month.unsigned_abs()), Size::Small, date(2027, month, day));
            check(&city);
        }
    }
    check(&DemoCity::new(3, Size::Small, date(2028, 2, 29)));
    // Beyond the table of lunar festivals.
    check(&DemoCity::new(3, Size::Small, date(2050, 2, 28)));
}

#[test]
fn the_full_city_keeps_all_promises() {
    for seed in [1, 2] {
        check(&DemoCity::new(seed, Size::Full, TODAY));
    }
}

#[test]
fn the_full_city_is_quick() {
    let begin = Instant::now();
    let city = DemoCity::new(5, Size::Full, TODAY);
    let built = begin.elapsed();
    let people = city.volunteers().map(|person| person.name.len()).sum::<usize>();
    let records = city.attendances().count();
    let sign_ups = city.sign_ups().count();
    let all = begin.elapsed();
    println!("city {built:?}, all {all:?}, {people} {records} {sign_ups}");
    // Generous, for an unoptimised build on a busy machine.
    assert!(all.as_secs() < 20, "{all:?}");
}

fn check(city: &DemoCity) {
    let size = city.size;
    place(city);
    teams(city);
    people(city);
    activities(city);
    let stays = attendance(city, size);
    sign_ups(city);
    // A few do much, many do little.
    let mut counts: Vec<usize> = stays.into_values().collect();
    counts.sort_unstable_by(|a, b| b.cmp(a));
    let total: usize = counts.iter().sum();
    let top: usize = counts.iter().take(size.volunteers() / 10).sum();
    assert!(top * 100 / total >= 30, "the first tenth does {top} of {total}");
    assert!(counts.len() * 100 / size.volunteers() >= 50, "{} of them served", counts.len());
    assert!(counts[0] < 330, "{}", counts[0]);
}

fn place(city: &DemoCity) {
    let place = &city.place;
    assert_eq!(place.streets.len(), 12);
    assert_eq!(place.communities.len(), 72);
    let open = place.communities.iter().filter(|item| item.station.is_some()).count();
    assert_eq!(open, 58);
    assert!(place.communities.iter().all(|item| item.station.is_none() || item.planned_station.is_none()));
    let mut codes = HashSet::new();
    let mut names = HashSet::new();
    for street in &place.streets {
        label(&street.name);
        english(&street.en);
        assert!(codes.insert(&street.code) && names.insert(&street.name) && names.insert(&street.en));
        assert!(place.map.contains(street.lon, street.lat));
    }
    for community in &place.communities {
        label(&community.name);
        english(&community.en);
        assert!(
            codes.insert(&community.code) && names.insert(&community.name) && names.insert(&community.en)
        );
        assert!(place.map.contains(community.lon, community.lat));
        assert_eq!(community.code[..9], place.streets[community.street].code[..9]);
        for station in community.station.iter().chain(&community.planned_station) {
            label(&station.name);
            english(&station.en);
            assert_eq!(station.since <= city.today, station.state == StationState::Open);
        }
    }
    assert!(codes.iter().all(|code| code.len() == 12 && code.starts_with("9901")));
    for (i, one) in place.communities.iter().enumerate() {
        for two in &place.communities[i + 1..] {
            let east = (one.lon - two.lon) * 95.8;
            let north = (one.lat - two.lat) * 110.9;
            assert!((east * east + north * north).sqrt() > 0.3, "{} {}", one.name, two.name);
        }
    }
    for body in place.departments.iter().chain([&place.office, &place.association]) {
        label(body.name);
        english(body.en);
    }
    for venue in &place.venues {
        label(venue.name);
        english(venue.en);
        assert!(place.map.contains(venue.lon, venue.lat) && venue.community < 72);
    }
}

fn teams(city: &DemoCity) {
    assert_eq!(city.teams.len(), city.size.teams());
    let mut names = HashSet::new();
    let mut kinds = HashSet::new();
    for (index, team) in city.teams.iter().enumerate() {
        label(&team.name);
        english(&team.en);
        label(team.slogan);
        kinds.insert(team.kind);
        assert!(names.insert(&team.name), "{}", team.name);
        assert!(names.insert(&team.en), "{}", team.en);
        assert!(team.sponsor < city.place.departments.len());
        assert!(team.community.is_none_or(|at| at < 72));
        assert!(team.focus.iter().all(|code| category(code).is_some()));
        let leader = city.volunteer(team.leader).unwrap();
        assert_eq!(leader.teams[0], index);
        assert_eq!(leader.claim, ClaimState::Active);
        assert!(leader.joined < city.today);
    }
    assert_eq!(kinds.len(), TeamKind::ALL.len());
}

fn people(city: &DemoCity) {
    let count = city.size.volunteers();
    let mut names: HashMap<String, usize> = HashMap::new();
    let (mut ids, mut phones) = (HashSet::new(), HashSet::new());
    let (mut opted, mut unclaimed, mut men, mut long, mut dotted) = (0, 0, 0, 0, 0);
    let (mut young, mut old) = (0, 0);
    for (index, person) in city.volunteers().enumerate() {
        assert_eq!(Some(&person), city.volunteer(index).as_ref());
        assert_eq!(person.id_number.len(), 18);
        let (digits, check) = person.id_number.split_at(17);
        assert_eq!(id_check_digit(digits).unwrap().to_string(), check);
        assert!(digits.starts_with("990"));
        assert_eq!(digits[6..14], person.birth.strftime("%Y%m%d").to_string());
        let odd = digits[14..].parse::<u32>().unwrap() % 2 == 1;
        assert_eq!(odd, person.gender == Gender::Male);
        assert!(ids.insert(person.id_number.clone()), "{}", person.id_number);
        assert!(person.phone.len() == 11 && person.phone.starts_with("160"));
        assert!(phones.insert(person.phone.clone()));
        let age = person.birth.until((jiff::Unit::Year, city.today)).unwrap().get_years();
        assert!((18..=82).contains(&age), "{age}");
        young += usize::from((20..=35).contains(&age));
        old += usize::from((50..=70).contains(&age));
        assert!((1..=3).contains(&person.teams.len()));
        assert_eq!(person.teams.iter().collect::<HashSet<_>>().len(), person.teams.len());
        assert!(person.teams.iter().all(|&team| team < city.teams.len()));
        assert!(person.community < 72);
        assert!(person.joined <= city.today);
        assert!(person.skills.iter().all(|code| skill_by_code(code).is_some()));
        assert!(!person.categories.is_empty());
        assert!(person.categories.iter().all(|code| category(code).is_some()));
        assert!((2..=20).contains(&person.name.chars().count()), "{}", person.name);
        opted += usize::from(person.ranking_opt_in);
        unclaimed += usize::from(person.claim == ClaimState::Unclaimed);
        men += usize::from(person.gender == Gender::Male);
        long += usize::from(person.name.chars().count() == 4);
        dotted += usize::from(person.name.contains('·'));
        *names.entry(person.name).or_default() += 1;
    }
    assert_eq!(ids.len(), count);
    let most = names.values().max().unwrap();
    assert!(*most * 1000 <= count * 5, "one name {most} times");
    assert!(names.len() * 100 / count >= 70, "{} names", names.len());
    let percent = |part: usize| part as f64 * 100.0 / count as f64;
    assert!((64.0..76.0).contains(&percent(opted)), "{}", percent(opted));
    assert!((2.5..7.5).contains(&percent(unclaimed)), "{}", percent(unclaimed));
    assert!((35.0..60.0).contains(&percent(men)), "{}", percent(men));
    assert!(percent(young) > 30.0 && percent(old) > 28.0);
    if city.size == Size::Full {
        assert!((0.5..2.5).contains(&percent(long)), "{}", percent(long));
        assert!((0.1..0.6).contains(&percent(dotted)), "{}", percent(dotted));
    }
}

fn activities(city: &DemoCity) {
    let size = city.size;
    let today = city.today;
    assert_eq!(city.activities.len(), size.past_activities() + size.upcoming_activities());
    let is_past = |item: &&Activity| item.sessions.iter().all(|session| session.date < today);
    assert_eq!(city.activities.iter().filter(is_past).count(), size.past_activities());
    let mut next = 0;
    let mut titles = HashSet::new();
    for item in &city.activities {
        label(&item.title);
        english(&item.title_en);
        titles.insert(&item.title);
        english(&item.place_en);
        english(item.served_en);
        for text in [&item.place_public, &item.place_exact, &item.content, &item.risks, &item.guarantees] {
            label(text);
            assert!(!text.contains('{'), "{text}");
        }
        assert!(category(item.category).is_some());
        assert!(item.team < city.teams.len() && item.community < 72);
        assert!(item.wanted_skills.iter().all(|code| skill_by_code(code).is_some()));
        assert!(city.place.map.contains(item.lon, item.lat));
        assert_eq!(item.first_session, next);
        next += item.sessions.len();
        assert!(!item.sessions.is_empty());
        assert!(item.published < today && item.published < item.sessions[0].date);
        assert_eq!(item.state == StateHint::Cancelled, item.cancel_reason.is_some());
        assert!(item.sessions.is_sorted_by(|a, b| a.date < b.date));
        for session in &item.sessions {
            assert!(session.date >= today.saturating_sub(jiff::Span::new().months(14)));
            assert!(session.date <= today.saturating_add(jiff::Span::new().days(45)));
            assert!(session.start_minute < session.end_minute && session.end_minute <= 22 * 60);
            assert!(!session.posts.is_empty() && session.posts.iter().all(|post| post.quota > 0));
            assert_eq!(session.posts.iter().map(|post| post.quota).sum::<u16>(), session.quota);
            for post in &session.posts {
                label(post.name);
                english(post.en);
            }
        }
        let upcoming = item.sessions.iter().any(|session| session.date >= today);
        let expected =
            matches!(item.state, StateHint::Running | StateHint::SignUpClosed | StateHint::Recruiting);
        assert_eq!(upcoming, expected);
    }
    assert_eq!(next, city.session_count());
    assert!(titles.len() * 100 / city.activities.len() >= 80, "{} titles", titles.len());
}

/// Checks all attendance and says how often each volunteer came.
fn attendance(city: &DemoCity, size: Size) -> HashMap<usize, usize> {
    let mut stays: HashMap<usize, Vec<(Date, i64, i64)>> = HashMap::new();
    let mut posts: HashMap<(usize, usize, usize), u16> = HashMap::new();
    let mut honors = 0;
    let mut near = 0;
    let people: Vec<Volunteer> = city.volunteers().collect();
    for seen in city.attendances() {
        let activity = &city.activities[seen.activity];
        let session = &activity.sessions[seen.session];
        let person = &people[seen.volunteer];
        assert!(session.date < city.today && activity.state != StateHint::Cancelled);
        assert!(person.joined <= session.date && person.claim == ClaimState::Active);
        assert!(city.minutes(&seen) >= 20);
        let start = i64::from(session.start_minute) + i64::from(seen.in_offset);
        stays.entry(seen.volunteer).or_default().push((session.date, start, start + city.minutes(&seen)));
        *posts.entry((seen.activity, seen.session, seen.post)).or_default() += 1;
        honors += usize::from(seen.class == RecordClass::Honor);
        let street = city.place.communities[activity.community].street;
        let neighbour = city.place.communities[person.community].street == street;
        near += usize::from(neighbour || person.teams.contains(&activity.team));
    }
    let total: usize = stays.values().map(Vec::len).sum();
    assert_eq!(total, size.records());
    assert_eq!(city.attendances().size_hint().1, Some(total));
    assert!(honors * 100 < total * 6);
    assert!(near * 100 / total >= 70, "{near} of {total}");
    for ((activity, session, post), count) in posts {
        assert!(count <= city.activities[activity].sessions[session].posts[post].quota);
    }
    for list in stays.values_mut() {
        list.sort_unstable();
        for pair in list.windows(2) {
            assert!(pair[0].0 != pair[1].0 || pair[0].2 < pair[1].1, "{pair:?}");
        }
        let mut days: HashMap<Date, i64> = HashMap::new();
        for (day, from, to) in list {
            *days.entry(*day).or_default() += *to - *from;
        }
        assert!(days.values().all(|&minutes| minutes <= 480));
    }
    stays.into_iter().map(|(id, list)| (id, list.len())).collect()
}

fn sign_ups(city: &DemoCity) {
    let mut posts: HashMap<(usize, usize, usize), u16> = HashMap::new();
    let mut taken: HashMap<(usize, usize), u16> = HashMap::new();
    let mut busy: HashMap<(usize, Date), Vec<(u16, u16)>> = HashMap::new();
    for item in city.sign_ups() {
        let activity = &city.activities[item.activity];
        let session = &activity.sessions[item.session];
        let person = city.volunteer(item.volunteer).unwrap();
        assert!(session.date >= city.today && person.claim == ClaimState::Active);
        let day = city.today.saturating_sub(jiff::Span::new().days(item.days_ago));
        assert!(item.days_ago >= 1 && day >= activity.published);
        *posts.entry((item.activity, item.session, item.post)).or_default() += 1;
        *taken.entry((item.activity, item.session)).or_default() += 1;
        busy.entry((item.volunteer, session.date))
            .or_default()
            .push((session.start_minute, session.end_minute));
    }
    for ((activity, session, post), count) in posts {
        assert!(count <= city.activities[activity].sessions[session].posts[post].quota);
    }
    let (mut sessions, mut full) = (0, 0);
    for (index, activity) in city.activities.iter().enumerate() {
        for (nth, session) in activity.sessions.iter().enumerate().filter(|(_, item)| item.date >= city.today)
        {
            let count = taken.get(&(index, nth)).copied().unwrap_or(0);
            assert!(
                count * 10 >= session.quota * 6 && count <= session.quota,
                "{count} of {}",
                session.quota
            );
            sessions += 1;
            full += usize::from(count == session.quota);
        }
    }
    assert!(full * 10 > sessions && full < sessions, "{full} of {sessions} full");
    for list in busy.values_mut() {
        list.sort_unstable();
        assert!(list.windows(2).all(|pair| pair[0].1 < pair[1].0));
    }
}

#[test]
fn themed_days_are_peaks() {
    let city = DemoCity::new(1, Size::Full, TODAY);
    let mut days: HashMap<Date, usize> = HashMap::new();
    for seen in city.attendances() {
        let session = city.session(seen.activity, seen.session).unwrap();
        *days.entry(session.date).or_default() += 1;
    }
    let mean = city.size.records() / 425;
    for peak in [date(2026, 3, 5), date(2025, 12, 5), date(2025, 10, 29), date(2026, 4, 18)] {
        assert!(days[&peak] > mean * 2, "{peak}: {} against {mean}", days[&peak]);
    }
    assert_eq!(theme_of(date(2026, 3, 5)), Some(Theme::LeiFeng));
    assert_eq!(theme_of(date(2025, 10, 29)), Some(Theme::DoubleNinth));
    assert_eq!(theme_of(date(2026, 6, 6)), Some(Theme::FirstSaturday));
    assert_eq!(theme_of(date(2026, 6, 18)), Some(Theme::ServiceDay));
    assert_eq!(theme_of(date(2026, 6, 16)), None);
}

#[test]
fn catalogues_are_sound() {
    let mut codes = HashSet::new();
    for item in CATEGORIES {
        assert!(codes.insert(item.code));
        label(item.zh);
        english(item.en);
        if let Some(parent) = item.parent {
            assert!(codes.contains(parent));
            assert!(item.code.starts_with(&format!("{parent}.")));
        }
    }
    assert_eq!(CATEGORIES.iter().filter(|item| item.parent.is_none()).count(), 25);
    let mut codes = HashSet::new();
    for item in SKILLS {
        assert!(codes.insert(item.code));
        label(item.zh);
        english(item.en);
    }
    assert!(SKILLS.len() >= 40);
}
