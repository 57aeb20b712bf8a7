//! A whole city as documented files: out of each kind of database and into the other, and what is refused.

use std::path::Path;
use std::process::{Command, Output};

use db::files;
use kernel::{Clock as _, SystemClock};
use linli::rooms;

use crate::common::{benches, fill};
use crate::demo::{contents, open_db};

fn linli(words: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_linli")).args(words).output().unwrap()
}

fn said(of: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&of.stdout), String::from_utf8_lossy(&of.stderr))
}

/// Changes one byte in the middle of a file.
fn alter(path: &Path) {
    let mut bytes = std::fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    let byte = bytes.get_mut(middle).unwrap();
    *byte = if *byte == b'1' { b'2' } else { b'1' };
    std::fs::write(path, bytes).unwrap();
}

#[test]
fn a_city_goes_through_files_into_the_other_database_and_back() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let migrations = rooms::migrations(&rooms::all());
    let (sources, targets) = (benches(), benches());
    let folder = tempfile::tempdir().unwrap();
    let mut written = Vec::new();
    for (n, source) in sources.iter().enumerate() {
        fill(source, SystemClock.now().date(), 7);
        let from = open_db(&source.config);
        // The other kind, where there is one.
        let into = open_db(&targets[(n + 1) % targets.len()].config);
        let place = folder.path().join(n.to_string());
        let out = runtime.block_on(files::write(&from, &migrations, &place)).unwrap();
        assert!(out["person"] > 100 && out["record"] > 100, "{out:?}");
        assert!(
            runtime.block_on(files::write(&from, &migrations, &place)).is_err(),
            "a full folder is not written over"
        );

        // An altered table is refused, and nothing of the city arrives.
        let table = files::table(&place, "record");
        let whole = std::fs::read(&table).unwrap();
        alter(&table);
        let end = runtime.block_on(files::read(&place, &migrations, &into)).unwrap_err();
        assert!(end.to_string().contains("record.csv"), "{end}");
        assert_eq!(contents(&into)["person"].0, 0);
        std::fs::write(&table, whole).unwrap();

        let back = runtime.block_on(files::read(&place, &migrations, &into)).unwrap();
        assert_eq!(out, back);
        assert_eq!(contents(&from), contents(&into));
        let twice = runtime.block_on(files::read(&place, &migrations, &into)).unwrap_err();
        assert!(twice.to_string().contains("not empty"), "{twice}");
        written.push(std::fs::read(files::table(&place, "org")).unwrap());
    }
    // The files say nothing of the database they come from.
    assert!(written.windows(2).all(|two| two[0] == two[1]));
}

#[test]
fn the_commands_write_and_read_a_city() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (home, out, back) = (path("home"), path("out"), path("back"));
    let made = linli(&["demo", "--data", &home, "--size", "small"]);
    assert!(made.status.success(), "{}", said(&made));
    let written = linli(&["export", "city", "--data", &home, "--out", &out]);
    assert!(written.status.success(), "{}", said(&written));
    let description = std::fs::read_to_string(folder.path().join("out").join(files::DESCRIPTION)).unwrap();
    let package: serde_json::Value = serde_json::from_str(&description).unwrap();
    let tables = package["resources"].as_array().unwrap();
    let silent: Vec<&str> = tables
        .iter()
        .filter(|one| one["schema"]["fields"].as_array().unwrap().is_empty())
        .filter_map(|one| one["name"].as_str())
        .collect();
    assert!(tables.len() > 60 && silent.is_empty(), "{silent:?}");

    // Without the key, and under another, nothing is read.
    let without = linli(&["import", "city", &out, "--data", &back]);
    assert!(!without.status.success() && said(&without).contains("linli.key"), "{}", said(&without));
    let other = path("other");
    assert!(linli(&["demo", "--data", &other, "--size", "small", "--seed", "8"]).status.success());
    std::fs::create_dir_all(&back).unwrap();
    std::fs::copy(format!("{other}/linli.key"), format!("{back}/linli.key")).unwrap();
    let wrong = linli(&["import", "city", &out, "--data", &back]);
    assert!(!wrong.status.success() && said(&wrong).contains("does not belong"), "{}", said(&wrong));

    std::fs::copy(format!("{home}/linli.key"), format!("{back}/linli.key")).unwrap();
    let read = linli(&["import", "city", &out, "--data", &back]);
    assert!(read.status.success() && said(&read).contains("everything agrees"), "{}", said(&read));
    let again = linli(&["import", "city", &out, "--data", &back]);
    assert!(!again.status.success() && said(&again).contains("not empty"), "{}", said(&again));
    // What left again is what came.
    let (once, more) = (path("out"), path("more"));
    assert!(linli(&["export", "city", "--data", &back, "--out", &more]).status.success());
    for table in ["person", "record", "total", "stored_file"] {
        let read = |place: &str| std::fs::read(files::table(Path::new(place), table)).unwrap();
        assert!(read(&once) == read(&more), "{table}");
    }
}
