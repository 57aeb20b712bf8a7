//! What a phone transfers to show the first page, cold: the page and every file it names, as they are sent.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Duration;

use loadgen::{Figure, Table, build_request};

use super::city::Person;
use crate::Failure;

/// As a phone's browser asks.
const TAKES: [(&str, &str); 2] = [("Accept-Encoding", "gzip, deflate, br"), ("Sec-Fetch-Site", "none")];

/// Measures the page of a visitor and of a volunteer; the larger one counts.
///
/// # Errors
/// When an answer is not 200.
pub fn measure(table: &mut Table, addr: SocketAddr, person: &Person) -> Result<(), Failure> {
    let (visitor, files) = transferred(addr, None)?;
    let (volunteer, _) = transferred(addr, Some(&person.cookie))?;
    let (most, who) = if visitor > volunteer { (visitor, "visitor") } else { (volunteer, "volunteer") };
    table.push(
        Figure::new("first_page_kb", most / 1000.0, "kB")
            .at_most(100.0)
            .note(format!("{who}'s; heads included, {files} files with the page; compressed as served")),
    );
    Ok(())
}

/// Bytes of the page and of everything it names, and of how many files.
fn transferred(addr: SocketAddr, cookie: Option<&str>) -> Result<(f64, usize), Failure> {
    let get = |path: &str, cookie: Option<&str>| -> Result<loadgen::Reply, Failure> {
        let request = build_request("GET", path, "127.0.0.1", cookie, &TAKES, b"");
        let answer = loadgen::ask(addr, &request, Duration::from_secs(10))?;
        if answer.status == 200 {
            Ok(answer)
        } else {
            Err(format!("{path} answers {}", answer.status).into())
        }
    };
    // Read once as it is, to see what it names.
    let plain = loadgen::ask(addr, &loadgen::build_get("/", "127.0.0.1", cookie), Duration::from_secs(10))?;
    let mut named: BTreeSet<String> = named(&plain.text());
    let page = get("/", cookie)?;
    let mut bytes = page.head.len() + page.body.len();
    let mut seen = BTreeSet::new();
    while let Some(path) = named.pop_first() {
        if !seen.insert(path.clone()) {
            continue;
        }
        let file = get(&path, None)?;
        bytes += file.head.len() + file.body.len();
        let plain =
            loadgen::ask(addr, &loadgen::build_get(&path, "127.0.0.1", None), Duration::from_secs(10))?;
        named.extend(self::named(&plain.text()));
    }
    #[expect(clippy::cast_precision_loss, reason = "a size for people")]
    Ok((bytes as f64, seen.len() + 1))
}

/// Files of the site that a page or a style names, each once.
fn named(text: &str) -> BTreeSet<String> {
    text.match_indices("/assets/")
        .filter_map(|(at, _)| text.get(at..))
        .map(|rest| {
            rest.split(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '/' | '-' | '.' | '_')))
                .next()
                .unwrap_or_default()
                .to_owned()
        })
        .filter(|path| path.len() > "/assets/".len())
        .collect()
}

#[cfg(test)]
mod tests {
    #[test]
    fn files_are_found_once_without_their_marks() {
        let text = "<link href=\"/assets/app-1.css\"><use href=\"/assets/icons-2.svg#home\"/> url(/assets/icons-2.svg#x) '/assets/'";
        let found: Vec<String> = super::named(text).into_iter().collect();
        assert_eq!(found, ["/assets/app-1.css", "/assets/icons-2.svg"]);
    }
}
