//! Where notifications may go, what they say, what an answer means: pure.

use std::net::IpAddr;

use kernel::{Lang, Timestamp};

use crate::delivery::rules::Failure;
use crate::setting::Category;
use crate::webhook::rules::{Why, listed, parts, public};

/// Devices of an account at the most.
pub const MOST: i64 = 10;
/// Longest address of a subscription.
const LONGEST: usize = 1000;
/// Bytes every notification is filled up to.
pub const LENGTH: usize = 512;
/// How long a push service keeps a notification for a device that is switched off, in seconds: two days.
const KEEP_S: i64 = 2 * 86_400;
/// How long a signature of ours holds, in seconds (a day at the most, RFC 8292).
pub const SIGNED_S: i64 = 12 * 3600;
/// Devices that are out of reach stay in the list for this long, in milliseconds, so that their owner sees it.
pub const SHOWN_MS: i64 = 30 * kernel::time::DAY_MS;

/// The push services of the usual browsers: Chrome and most on Android, Firefox, Safari, Edge.
#[must_use]
pub fn usual_services() -> Vec<String> {
    ["fcm.googleapis.com", ".push.services.mozilla.com", ".push.apple.com", ".notify.windows.com"]
        .map(str::to_owned)
        .to_vec()
}

/// Where a subscription leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// Host.
    pub host: String,
    /// Scheme, host and port, as the signature names them.
    pub origin: String,
    /// Whether it may lie in the network of the program: only what the operator wrote into the list by its number.
    pub inside: bool,
}

/// Looks at the address of a subscription, which comes from anybody's browser: https, a host on the list (`*`: any that is
/// out in the world), never this machine or its network but for a number that stands in the list itself.
///
/// # Errors
/// Why it is refused.
pub fn service(endpoint: &str, hosts: &[String]) -> Result<Service, Why> {
    if endpoint.len() > LONGEST {
        return Err(Why::NoAddress);
    }
    let (scheme, authority, host) = parts(endpoint)?;
    let number: Option<IpAddr> = host.parse().ok();
    let here = host == "localhost" || number.is_some_and(|ip| ip.is_loopback());
    let named = listed(&host, hosts);
    match scheme.as_str() {
        "https" => {}
        "http" if here && named => {}
        _ => return Err(Why::NotHttps),
    }
    let inside = here || number.is_some_and(|ip| !public(ip));
    if !named && (inside || !hosts.iter().any(|one| one == "*")) {
        return Err(Why::NotAllowed);
    }
    let authority = authority.to_ascii_lowercase();
    let authority = authority.strip_suffix(":443").filter(|_| scheme == "https").unwrap_or(&authority);
    Ok(Service { host, origin: format!("{scheme}://{authority}"), inside })
}

/// What a notification says of a message: its kind. Titles name people and activities, and a lock screen is read by
/// whoever stands beside it.
#[must_use]
pub const fn words(category: Category) -> (&'static str, &'static str) {
    match category {
        Category::SignUp => ("报名或候补有新消息", "News about a sign-up"),
        Category::Reminder => ("活动提醒", "A reminder"),
        Category::Change => ("有活动取消或变更", "A session was cancelled or changed"),
        Category::Records => ("时长与记录有新消息", "News about your hours"),
        Category::Tasks => ("有事项等您处理", "Something waits for you"),
        Category::System => ("有一条新消息", "A new message"),
    }
}

/// What the service worker is handed: a title, a line, where it leads, and a mark that lets a repeated one take the place
/// of the first. `category` is `None` for a test.
#[must_use]
pub fn payload(category: Option<Category>, lang: Lang, city: (&str, &str), href: &str, tag: &str) -> String {
    let title = category.map_or(("通知已接通", "Notifications work"), words);
    let body = if category.is_some() {
        lang.f("{}邻里 · 点开查看", "{} Linli · tap to open", &[&lang.t(city.0, city.1)])
    } else {
        lang.f(
            "{}邻里会在这台设备上通知您",
            "{} Linli can reach you on this device",
            &[&lang.t(city.0, city.1)],
        )
    };
    // What the browser opens is a page of ours, whatever stands in the message.
    let href = if href.starts_with('/') && !href.starts_with("//") { href } else { "/inbox" };
    serde_json::json!({ "title": lang.t(title.0, title.1), "body": body, "href": href, "tag": tag, "lang": lang.tag() })
        .to_string()
}

/// How long a push service should keep it, in seconds.
#[must_use]
pub fn keep(now: Timestamp, lapses_at: Timestamp) -> i64 {
    if lapses_at.0 > 0 { ((lapses_at.0 - now.0) / 1000).clamp(60, KEEP_S) } else { KEEP_S }
}

/// What an answer of a push service means (RFC 8030). `wait`: milliseconds it asked us to wait.
///
/// # Errors
/// Whether and when to try again, and whether the device is gone.
pub fn taken(status: u16, wait: Option<i64>) -> Result<(), Failure> {
    let why = format!("status {status}");
    match status {
        200..=299 => Ok(()),
        404 | 410 => Err(Failure::gone(why)),
        // The same again would be refused again.
        400 | 405 | 413 => Err(Failure::for_good(why)),
        _ => Err(Failure::again(why).after(wait)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_push_services_are_called() {
        let usual = usual_services();
        let ok = |url: &str| service(url, &usual);
        let found = ok("https://FCM.googleapis.com:443/fcm/send/abc").unwrap();
        assert_eq!((found.host.as_str(), found.inside), ("fcm.googleapis.com", false));
        assert_eq!(found.origin, "https://fcm.googleapis.com");
        assert_eq!(
            ok("https://updates.push.services.mozilla.com/wpush/v2/x").unwrap().origin,
            "https://updates.push.services.mozilla.com"
        );
        assert!(
            ok("https://web.push.apple.com/x").is_ok()
                && ok("https://wns2-sg2p.notify.windows.com/w/?token=x").is_ok()
        );
        for bad in [
            "https://push.example.net/x",
            "https://evilpush.apple.com.example.net/x",
            "https://127.0.0.1/x",
            "https://localhost/x",
            "https://10.0.0.1/x",
            "https://[::1]/x",
            "https://169.254.169.254/latest",
        ] {
            assert_eq!(ok(bad), Err(Why::NotAllowed), "{bad}");
        }
        assert_eq!(ok("http://fcm.googleapis.com/x"), Err(Why::NotHttps));
        assert_eq!(ok("http://127.0.0.1:9/x"), Err(Why::NotHttps));
        assert_eq!(ok("https://u:p@fcm.googleapis.com/x"), Err(Why::UserInfo));
        assert!(ok("").is_err() && ok("file:///etc/passwd").is_err());
        assert!(ok(&format!("https://fcm.googleapis.com/{}", "x".repeat(1000))).is_err());
        // Any in the world, still nothing inside.
        let any = ["*".to_owned()];
        assert!(service("https://push.example.net:8443/x", &any).is_ok_and(|s| s.origin.ends_with(":8443")));
        assert_eq!(service("https://192.168.0.1/x", &any), Err(Why::NotAllowed));
        assert_eq!(service("http://push.example.net/x", &any), Err(Why::NotHttps));
        // What the operator wrote down by its number.
        let own = ["127.0.0.1".to_owned(), "10.0.0.9".to_owned()];
        assert!(
            service("http://127.0.0.1:9/x", &own).is_ok_and(|s| s.inside && s.origin == "http://127.0.0.1:9")
        );
        assert!(service("https://10.0.0.9/x", &own).is_ok_and(|s| s.inside));
        assert_eq!(service("http://10.0.0.9/x", &own), Err(Why::NotHttps));
        assert_eq!(service("https://fcm.googleapis.com/x", &own), Err(Why::NotAllowed));
    }

    #[test]
    fn answers() {
        assert_eq!(taken(201, None), Ok(()));
        for gone in [404, 410] {
            assert!(taken(gone, None).is_err_and(|failure| failure.gone && failure.for_good));
        }
        let slow = taken(429, Some(90_000)).unwrap_err();
        assert!(!slow.gone && !slow.for_good && slow.after == 90_000);
        assert!(taken(503, None).is_err_and(|failure| !failure.for_good && failure.after == 0));
        assert!(taken(413, None).is_err_and(|failure| failure.for_good && !failure.gone));
        assert!(taken(302, None).is_err_and(|failure| !failure.for_good));
    }

    #[test]
    fn a_lock_screen_shows_the_kind_and_nothing_else() {
        for category in Category::ALL {
            for lang in [Lang::Zh, Lang::En] {
                let text = payload(Some(*category), lang, ("澄湖市", "Chenghu"), "/sessions/5", "7");
                let read: serde_json::Value = serde_json::from_str(&text).unwrap();
                assert_eq!(read["title"], lang.t(words(*category).0, words(*category).1));
                assert_eq!((&read["href"], &read["tag"]), (&"/sessions/5".into(), &"7".into()));
                assert!(text.len() <= LENGTH, "all are of one length");
            }
        }
        for bad in ["", "//evil.example/", "https://evil.example/", "javascript:alert(1)"] {
            assert!(payload(None, Lang::Zh, ("", ""), bad, "").contains("\"href\":\"/inbox\""), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn any_endpoint_is_looked_at(url in "\\PC{0,60}") {
            prop_assert!(service(&url, &usual_services()).is_err());
        }

        #[test]
        fn what_is_too_late_is_not_kept(now in 0_i64..4_000_000_000_000, left in -1000_i64..1_000_000_000) {
            let kept = keep(Timestamp(now), Timestamp(now + left));
            prop_assert!((60..=KEEP_S).contains(&kept));
            prop_assert!(now + left <= 0 || left < 60_000 || kept * 1000 <= left);
        }
    }
}
