//! From a file that came to files that are kept: decoded, stamped, made smaller, written anew, put into the store.
//! Nothing here touches the database.

use std::path::Path;

use blobs::{Blobs, Kept};
use kernel::{Error, Refusal};
use picture::{Picture, Unfit};
use tokio::sync::Semaphore;
use ui::App;
use ui::upload::Passing;

use super::refusals;
use super::rules::{DISPLAY, THUMB};

/// Pictures that are decoded at once, over all requests: each may take a few hundred megabytes.
static DECODING: Semaphore = Semaphore::const_new(2);
/// Media type of what is kept.
pub const KIND: &str = "image/jpeg";

/// A picture whose files are in the store, not counted yet.
#[derive(Debug, Clone)]
pub struct Taken {
    /// Name and content of the shown file.
    pub display: (String, Kept),
    /// Name and content of the small file.
    pub thumb: (String, Kept),
    /// SHA-256 of the file that came.
    pub hash: [u8; 32],
    /// Width and height of the shown one, in pixels.
    pub size: (u32, u32),
}

/// What is said of a file that is not taken.
#[must_use]
pub fn refused(unfit: Unfit, name: &str) -> Refusal {
    let name: String = name.chars().filter(|c| !c.is_control()).take(60).collect();
    let refusal = match unfit {
        Unfit::Kind => Refusal::new(&refusals::KIND),
        Unfit::Broken => Refusal::new(&refusals::BROKEN),
        Unfit::Small => Refusal::new(&refusals::SMALL),
        Unfit::Large { width, height } => {
            Refusal::new(&refusals::PIXELS).with("width", width).with("height", height)
        }
    };
    refusal.with("name", name).on("photos")
}

/// Name of a new file: never used before, never guessed, and spread over 256 folders.
#[must_use]
pub fn name(number: u64, tail: &str) -> String {
    format!("photo/{:02x}/{number:016x}{tail}.jpg", number & 0xff)
}

/// A picture as it is kept.
#[derive(Debug)]
pub struct Made {
    /// The shown file.
    pub display: Vec<u8>,
    /// The small file.
    pub thumb: Vec<u8>,
    /// Width and height of the shown one, in pixels.
    pub size: (u32, u32),
}

/// Decodes and writes anew: the shown and the small one.
///
/// # Errors
/// When it is no picture or beyond the limits.
pub fn make(bytes: &[u8], lines: &[String]) -> Result<Made, Unfit> {
    // The large one is let go before the small ones are written.
    let display = Picture::read(bytes)?.within(DISPLAY).stamped(lines);
    let thumb = display.within(THUMB).jpeg(72)?;
    Ok(Made { display: display.jpeg(82)?, thumb, size: display.size() })
}

/// Makes a file on disk ours and puts it into the store. Waits for its turn.
///
/// # Errors
/// A refusal when it is no picture; a fault of disk or store.
pub async fn take(
    store: Blobs,
    path: &Path,
    file_name: &str,
    lines: Vec<String>,
    number: u64,
) -> Result<Taken, Error> {
    let _turn = DECODING.acquire().await.map_err(|error| Error::bug(error.to_string()))?;
    let (path, file_name) = (path.to_owned(), file_name.to_owned());
    let work = move || {
        let bytes = std::fs::read(&path).map_err(|error| Error::bug(error.to_string()))?;
        take_now(&store, &bytes, &file_name, &lines, number)
    };
    tokio::task::spawn_blocking(work).await.map_err(|error| Error::bug(error.to_string()))?
}

/// Takes all files of a form, one after the other; those that cannot be taken are told, the others are.
///
/// # Errors
/// A fault of disk or store.
pub async fn take_each(
    app: &App,
    files: Vec<Passing>,
    lines: &[String],
) -> Result<(Vec<(String, Taken)>, Vec<Refusal>), Error> {
    let (mut taken, mut refused) = (Vec::new(), Vec::new());
    for file in files {
        if let Some(refusal) = &file.refused {
            refused.push(refusal.clone());
            continue;
        }
        let number = app.vault.random(|random| random.next_u64());
        match take(app.blobs.clone(), &file.path, &file.name, lines.to_vec(), number).await {
            Ok(one) => taken.push((file.name.clone(), one)),
            Err(Error::Refused(more)) => refused.extend(more),
            Err(fault) => return Err(fault),
        }
    }
    Ok((taken, refused))
}

/// [`take`] with the bytes at hand; blocks.
///
/// # Errors
/// As there.
pub fn take_now(
    store: &Blobs,
    bytes: &[u8],
    file_name: &str,
    lines: &[String],
    number: u64,
) -> Result<Taken, Error> {
    let hash = blobs::hash_of(bytes);
    let Made { display, thumb, size } = make(bytes, lines).map_err(|unfit| refused(unfit, file_name))?;
    let (large, small) = (name(number, "-d"), name(number, "-t"));
    Ok(Taken {
        display: (large.clone(), people::blob::put(store, &large, &display)?),
        thumb: (small.clone(), people::blob::put(store, &small, &thumb)?),
        hash,
        size,
    })
}
