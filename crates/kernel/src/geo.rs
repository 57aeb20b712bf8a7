//! Coordinate systems of places (Edge-03). Everything is kept in WGS-84; what people copy from the maps of the mainland is
//! in GCJ-02 or BD-09 and is converted at the border. CGCS2000 agrees with WGS-84 to within a decimetre and is taken as it.
//!
//! GCJ-02 has no published text: the formula is the one that open map software agrees on. Outside the mainland's
//! bounding box the systems are the same.

crate::codes! {
    /// The system a pair of coordinates is given in.
    pub enum Datum {
        /// Of GPS, and CGCS2000.
        Wgs84 = "wgs84", "GPS（WGS-84、CGCS2000）", "GPS (WGS-84, CGCS2000)";
        /// Of most maps of the mainland.
        Gcj02 = "gcj02", "高德、腾讯等（GCJ-02）", "Maps of the mainland (GCJ-02)";
        /// Of Baidu's maps.
        Bd09 = "bd09", "百度（BD-09）", "Baidu (BD-09)";
    }
}

/// Longitude and latitude in degrees.
pub type Point = (f64, f64);

/// Half the larger axis of the ellipsoid the formula uses (Krasovsky 1940), in metres.
const AXIS: f64 = 6_378_245.0;
/// Its first eccentricity squared.
const ECCENTRICITY: f64 = 0.006_693_421_622_965_943;

/// Whether the formula applies: the bounding box of the mainland.
fn inside((lon, lat): Point) -> bool {
    (72.004..=137.8347).contains(&lon) && (0.8293..=55.8271).contains(&lat)
}

/// How far GCJ-02 lies from WGS-84 at a point, in degrees.
fn shift((lon, lat): Point) -> Point {
    use std::f64::consts::PI;
    let (x, y) = (lon - 105.0, lat - 35.0);
    let wave = |of: f64, amplitude: f64| amplitude * (of * PI).sin();
    let common = (wave(6.0 * x, 20.0) + wave(2.0 * x, 20.0)) * 2.0 / 3.0;
    let north = -100.0
        + 2.0 * x
        + 3.0 * y
        + 0.2 * y * y
        + 0.1 * x * y
        + 0.2 * x.abs().sqrt()
        + common
        + (wave(y, 20.0) + wave(y / 3.0, 40.0)) * 2.0 / 3.0
        + (wave(y / 12.0, 160.0) + wave(y / 30.0, 320.0)) * 2.0 / 3.0;
    let east = 300.0
        + x
        + 2.0 * y
        + 0.1 * x * x
        + 0.1 * x * y
        + 0.1 * x.abs().sqrt()
        + common
        + (wave(x, 20.0) + wave(x / 3.0, 40.0)) * 2.0 / 3.0
        + (wave(x / 12.0, 150.0) + wave(x / 30.0, 300.0)) * 2.0 / 3.0;
    let lat = lat.to_radians();
    let bend = 1.0 - ECCENTRICITY * lat.sin().powi(2);
    (
        (east * 180.0) / (AXIS / bend.sqrt() * lat.cos() * PI),
        (north * 180.0) / ((AXIS * (1.0 - ECCENTRICITY)) / (bend * bend.sqrt()) * PI),
    )
}

fn gcj_of(at: Point) -> Point {
    if !inside(at) {
        return at;
    }
    let by = shift(at);
    (at.0 + by.0, at.1 + by.1)
}

/// The inverse, by steps: the shift changes so slowly that each step leaves a hundredth of the error.
fn of_gcj(at: Point) -> Point {
    let mut guess = at;
    for _ in 0..5 {
        let there = gcj_of(guess);
        guess = (guess.0 + at.0 - there.0, guess.1 + at.1 - there.1);
    }
    guess
}

/// What BD-09 turns by.
const TURN: f64 = std::f64::consts::PI * 3000.0 / 180.0;

fn bd_of_gcj((x, y): Point) -> Point {
    let far = x.hypot(y) + 0.000_02 * (y * TURN).sin();
    let angle = y.atan2(x) + 0.000_003 * (x * TURN).cos();
    (far * angle.cos() + 0.006_5, far * angle.sin() + 0.006)
}

fn gcj_of_bd(at: Point) -> Point {
    let mut guess = (at.0 - 0.006_5, at.1 - 0.006);
    for _ in 0..5 {
        let there = bd_of_gcj(guess);
        guess = (guess.0 + at.0 - there.0, guess.1 + at.1 - there.1);
    }
    guess
}

impl Datum {
    /// A point of this system in WGS-84.
    #[must_use]
    pub fn to_wgs84(self, at: Point) -> Point {
        match self {
            Self::Wgs84 => at,
            Self::Gcj02 => of_gcj(at),
            Self::Bd09 => of_gcj(gcj_of_bd(at)),
        }
    }

    /// A point of WGS-84 in this system.
    #[must_use]
    pub fn of_wgs84(self, at: Point) -> Point {
        match self {
            Self::Wgs84 => at,
            Self::Gcj02 => gcj_of(at),
            Self::Bd09 => bd_of_gcj(gcj_of(at)),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Metres between two close points.
    fn apart(a: Point, b: Point) -> f64 {
        let metre = 111_320.0;
        ((a.0 - b.0) * a.1.to_radians().cos()).hypot(a.1 - b.1) * metre
    }

    #[test]
    fn known_points() {
        // Tiananmen as many converters give it.
        let gcj = Datum::Gcj02.of_wgs84((116.391_2, 39.907_2));
        assert!(apart(gcj, (116.397_44, 39.908_60)) < 20.0, "{gcj:?}");
        let bd = Datum::Bd09.of_wgs84((116.391_2, 39.907_2));
        assert!(apart(bd, (116.403_81, 39.914_93)) < 20.0, "{bd:?}");
        // Outside the mainland nothing moves.
        assert_eq!(Datum::Gcj02.of_wgs84((2.35, 48.85)), (2.35, 48.85));
    }

    proptest! {
        #[test]
        fn there_and_back_is_less_than_a_metre(lon in 74.0_f64..135.0, lat in 3.0_f64..53.0) {
            for datum in Datum::ALL {
                let back = datum.to_wgs84(datum.of_wgs84((lon, lat)));
                prop_assert!(apart((lon, lat), back) < 0.01, "{datum:?} {back:?}");
            }
        }

        #[test]
        fn gcj_lies_some_hundred_metres_off(lon in 98.0_f64..122.0, lat in 20.0_f64..45.0) {
            let far = apart((lon, lat), Datum::Gcj02.of_wgs84((lon, lat)));
            // Over these degrees it is between some 33 m (near 98.6, 37.1) and 680 m.
            prop_assert!((20.0..1_500.0).contains(&far), "{far}");
        }
    }
}
