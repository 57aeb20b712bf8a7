//! How far is near.

use super::Verdict;

/// Mean radius of the Earth in metres (IUGG R₁).
const EARTH_M: f64 = 6_371_008.8;
/// Metres by which a phone may be unsure and still be heard (Edge-03).
const UNSURE_M: f64 = 200.0;
/// Metres of a phone's doubt that count in its favour (Edge-03).
const DOUBT_M: f64 = 100.0;

/// A position, WGS 84 degrees.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// Longitude, −180 to 180.
    pub lon: f64,
    /// Latitude, −90 to 90.
    pub lat: f64,
}

impl Point {
    /// A position on the Earth, if it is one.
    #[must_use]
    pub fn new(lon: f64, lat: f64) -> Option<Self> {
        ((-180.0..=180.0).contains(&lon) && (-90.0..=90.0).contains(&lat)).then_some(Self { lon, lat })
    }
}

/// Metres between two positions on the sphere, by the haversine formula.
#[must_use]
pub fn metres(a: Point, b: Point) -> f64 {
    let (lat_a, lat_b) = (a.lat.to_radians(), b.lat.to_radians());
    let (across, along) = ((b.lon - a.lon).to_radians(), lat_b - lat_a);
    let h = (along / 2.0).sin().powi(2) + lat_a.cos() * lat_b.cos() * (across / 2.0).sin().powi(2);
    2.0 * EARTH_M * h.clamp(0.0, 1.0).sqrt().asin()
}

/// Whether `seen`, known to `accuracy` metres, lies within `radius` metres of `place`; `None` when the phone does not
/// know well enough: that is “not located”, never “away” (Edge-03).
#[must_use]
pub fn verdict(place: Point, seen: Point, accuracy: f64, radius: f64) -> Option<Verdict> {
    if !(0.0..=UNSURE_M).contains(&accuracy) {
        return None;
    }
    let near = metres(place, seen) <= radius + accuracy.min(DOUBT_M);
    Some(if near { Verdict::Near } else { Verdict::Far })
}

/// The flags of a check-in with a verdict among them. Once near, somebody who then goes home stays near.
#[must_use]
pub fn noted(flags: &str, verdict: Verdict) -> String {
    let was_near = flags.split(' ').any(|flag| flag == Verdict::Near.code());
    let verdict = if was_near { Verdict::Near } else { verdict };
    let others = flags.split(' ').filter(|flag| !flag.is_empty() && Verdict::from_code(flag).is_none());
    others.chain([verdict.code()]).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn point() -> impl Strategy<Value = Point> {
        (-180.0..=180.0_f64, -90.0..=90.0_f64).prop_map(|(lon, lat)| Point { lon, lat })
    }

    #[test]
    fn a_degree_of_latitude_is_111_kilometres() {
        let at = |lat| Point::new(113.5, lat).unwrap();
        let one = metres(at(30.0), at(31.0));
        assert!((one - 111_195.0).abs() < 1.0, "{one}");
        assert_eq!(Point::new(200.0, 0.0), None);
        assert_eq!(Point::new(f64::NAN, 0.0), None);
    }

    #[test]
    fn doubt_helps_and_too_much_of_it_says_nothing() {
        let place = Point { lon: 113.5, lat: 30.0 };
        // About 350 metres to the north.
        let seen = Point { lon: 113.5, lat: 30.0 + 350.0 / 111_195.0 };
        assert_eq!(verdict(place, seen, 10.0, 300.0), Some(Verdict::Far));
        assert_eq!(verdict(place, seen, 60.0, 300.0), Some(Verdict::Near));
        assert_eq!(verdict(place, seen, 201.0, 300.0), None);
        assert_eq!(verdict(place, seen, f64::NAN, 300.0), None);
        assert_eq!(verdict(place, seen, -1.0, 300.0), None);
    }

    #[test]
    fn near_stays_near_and_other_flags_stay() {
        assert_eq!(noted("", Verdict::Far), "far");
        assert_eq!(noted("clock far", Verdict::Near), "clock near");
        assert_eq!(noted("near clock", Verdict::Far), "clock near");
    }

    proptest! {
        #[test]
        fn distance_is_symmetric_and_bounded(a in point(), b in point()) {
            let (there, back) = (metres(a, b), metres(b, a));
            prop_assert!((there - back).abs() < 1e-3);
            prop_assert!((0.0..=20_016_000.0).contains(&there));
            prop_assert!(metres(a, a) < 1e-3);
        }

        #[test]
        fn noting_twice_is_noting_once(flags in "(clock|late_sent|near|far| ){0,5}", far: bool) {
            let verdict = if far { Verdict::Far } else { Verdict::Near };
            let once = noted(&flags, verdict);
            prop_assert_eq!(&noted(&once, verdict), &once);
            prop_assert_eq!(once.split(' ').filter(|flag| Verdict::from_code(flag).is_some()).count(), 1);
        }
    }
}
