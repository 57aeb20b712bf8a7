//! Turns what the web build left in `dist/` into a Rust table, so that the one binary carries every
//! style, icon and script and nothing is read from disk or from elsewhere at run time.
//!
//! It reads `dist/manifest.txt`: one asset a line, tab-separated — logical name, hashed name, content
//! type, name of the gzip twin or `-`, entity tag.

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

fn main() -> Result<(), Box<dyn Error>> {
    let dist = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("dist");
    let manifest = dist.join("manifest.txt");
    println!("cargo::rerun-if-changed=build.rs");
    println!("cargo::rerun-if-changed={}", manifest.display());
    let Ok(text) = fs::read_to_string(&manifest) else {
        println!(
            "cargo::error=the browser assets are not built ({} is missing): run `make assets`",
            manifest.display()
        );
        return Ok(());
    };
    match table(&dist, &text) {
        Ok(code) => fs::write(PathBuf::from(env::var("OUT_DIR")?).join("assets.rs"), code)?,
        Err(problem) => println!("cargo::error={problem}: run `make -B assets`"),
    }
    Ok(())
}

/// The source of the table, sorted by hashed name because a request asks by that name.
fn table(dist: &Path, manifest: &str) -> Result<String, Box<dyn Error>> {
    let mut rows = Vec::new();
    for line in manifest.lines() {
        let [logical, hashed, kind, zipped, etag] = line.split('\t').collect::<Vec<_>>()[..] else {
            return Err(format!("{}/manifest.txt has a line that is not five columns", dist.display()).into());
        };
        let bytes = embed(dist, hashed)?;
        let gzip = if zipped == "-" { "None".to_owned() } else { format!("Some({})", embed(dist, zipped)?) };
        rows.push((
            hashed.to_owned(),
            format!(
                "    Asset {{ logical: {logical:?}, url: {:?}, hashed: {hashed:?}, kind: {kind:?}, \
                 etag: {:?}, bytes: {bytes}, gzip: {gzip} }},",
                format!("/assets/{hashed}"),
                format!("\"{etag}\""),
            ),
        ));
    }
    rows.sort();
    let mut code = String::from("static ASSETS: &[Asset] = &[\n");
    for (_, row) in &rows {
        writeln!(code, "{row}")?;
    }
    code.push_str("];\n");
    Ok(code)
}

/// An `include_bytes!` of one file, which must be there: a half-finished web build is an error here and
/// not a missing style later.
fn embed(dist: &Path, name: &str) -> Result<String, Box<dyn Error>> {
    let path = dist.join(name);
    if !path.is_file() {
        return Err(format!("{} is named in the manifest but missing", path.display()).into());
    }
    Ok(format!("include_bytes!({:?})", path.display().to_string()))
}
