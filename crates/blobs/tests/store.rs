//! What holds for every place, and what a bucket far away can do to us.

#![expect(clippy::unwrap_used, reason = "helpers of tests")]

mod s3;

use std::io::Read as _;
use std::time::{Duration, Instant};

use blobs::{BlobError, Blobs, S3, S3Config, Source, hash_of};
use s3::{BUCKET, Fault, KEY, REGION, SECRET, Server};

fn config(server: &Server) -> S3Config {
    S3Config {
        endpoint: format!("http://{}", server.addr),
        region: REGION.to_owned(),
        bucket: BUCKET.to_owned(),
        key: KEY.to_owned(),
        secret: SECRET.to_owned(),
        prefix: "linli/".to_owned(),
        host_style: false,
        patience: Duration::from_millis(300),
        pauses: vec![Duration::from_millis(1); 2],
    }
}

fn bucket(server: &Server) -> Blobs {
    Blobs::new(S3::new(config(server)).unwrap())
}

fn keys(store: &Blobs, prefix: &str) -> Vec<String> {
    let mut out = Vec::new();
    store.list(prefix, &mut |entry| out.push(format!("{} {}", entry.key, entry.bytes))).unwrap();
    out.sort();
    out
}

#[test]
fn every_place_keeps_reads_lists_and_removes() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start();
    for store in [Blobs::folder(folder.path().join("deep/blobs")), bucket(&server)] {
        let name = store.name();
        assert_eq!(keys(&store, ""), Vec::<String>::new(), "{name}");
        assert!(matches!(store.get("photo/none"), Err(BlobError::NotFound(_))), "{name}");
        let large: Vec<u8> = (0..700_000_u32).map(|n| (n % 251) as u8).collect();
        let on_disk = folder.path().join("large");
        std::fs::write(&on_disk, &large).unwrap();
        let kept = store.put("photo/0a/large.jpg", Source::File(&on_disk)).unwrap();
        assert_eq!((kept.bytes, kept.hash), (700_000, hash_of(&large)), "{name}");
        store.put("photo/0a/small.jpg", Source::Bytes(b"small")).unwrap();
        store.put("emblem/1", Source::Bytes(b"")).unwrap();
        let mut read = Vec::new();
        store.get("photo/0a/large.jpg").unwrap().read_to_end(&mut read).unwrap();
        assert!(read == large, "{name}");
        assert_eq!(store.read("photo/0a/small.jpg", &hash_of(b"small"), 5).unwrap(), b"small");
        assert!(matches!(
            store.read("photo/0a/small.jpg", &hash_of(b"small"), 4),
            Err(BlobError::TooLarge(_))
        ));
        assert!(matches!(store.read("photo/0a/small.jpg", &[0; 32], 99), Err(BlobError::Altered(_))));
        assert_eq!(keys(&store, "photo/"), ["photo/0a/large.jpg 700000", "photo/0a/small.jpg 5"], "{name}");
        store.put("photo/0a/small.jpg", Source::Bytes(b"another")).unwrap();
        assert_eq!(store.read("photo/0a/small.jpg", &hash_of(b"another"), 99).unwrap(), b"another");
        store.delete("photo/0a/small.jpg").unwrap();
        store.delete("photo/0a/small.jpg").unwrap();
        assert_eq!(keys(&store, ""), ["emblem/1 0", "photo/0a/large.jpg 700000"], "{name}");
        for bad in ["../x", "/etc/passwd", "a//b", "A"] {
            assert!(matches!(store.put(bad, Source::Bytes(b"x")), Err(BlobError::Key(_))), "{name} {bad}");
            assert!(matches!(store.get(bad), Err(BlobError::Key(_))), "{name} {bad}");
        }
    }
    assert!(server.state.lock().unwrap().objects.contains_key("linli/photo/0a/large.jpg"));
}

#[test]
fn a_long_list_comes_in_pages() {
    let server = Server::start();
    let store = bucket(&server);
    for n in 0..7 {
        store.put(&format!("p/{n}"), Source::Bytes(b"x")).unwrap();
    }
    server.state.lock().unwrap().objects.insert("another/tenant".to_owned(), vec![1]);
    server.state.lock().unwrap().page = 3;
    assert_eq!(keys(&store, "").len(), 7);
    let mut at = Vec::new();
    store.list("p/6", &mut |entry| at.push(entry.modified_ms)).unwrap();
    assert_eq!(at, [1_772_672_523_000]);
}

#[test]
fn passing_errors_are_tried_again_and_lasting_ones_are_not() {
    let server = Server::start();
    let store = bucket(&server);
    server.fail(&[Fault::Broken, Fault::Busy]);
    store.put("x", Source::Bytes(b"once")).unwrap();
    server.fail(&[Fault::Silent]);
    store.put("y", Source::Bytes(b"twice")).unwrap();
    server.fail(&[Fault::Broken; 3]);
    let error = store.put("z", Source::Bytes(b"never")).unwrap_err().to_string();
    assert!(error.contains("500"), "{error}");
    assert_eq!(keys(&store, ""), ["x 4", "y 5"]);

    let asked = server.state.lock().unwrap().requests.len();
    let other = Blobs::new(S3::new(S3Config { secret: "wrong".to_owned(), ..config(&server) }).unwrap());
    let error = other.put("x", Source::Bytes(b"not mine")).unwrap_err().to_string();
    assert!(error.contains("403 SignatureDoesNotMatch"), "{error}");
    assert_eq!(server.state.lock().unwrap().requests.len(), asked + 1, "a wrong key is not tried again");
    assert_eq!(store.read("x", &hash_of(b"once"), 99).unwrap(), b"once");
}

#[test]
fn what_breaks_off_or_changes_on_the_way_is_noticed() {
    let server = Server::start();
    let store = bucket(&server);
    let bytes = vec![7; 300_000];
    store.put("x", Source::Bytes(&bytes)).unwrap();
    server.fail(&[Fault::Cut, Fault::Altered]);
    assert_eq!(store.read("x", &hash_of(&bytes), 1 << 20).unwrap(), bytes, "the third answer is whole");
    server.fail(&[Fault::Cut; 3]);
    assert!(matches!(store.read("x", &hash_of(&bytes), 1 << 20), Err(BlobError::Io(..))));
    server.fail(&[Fault::Altered; 3]);
    assert!(matches!(store.read("x", &hash_of(&bytes), 1 << 20), Err(BlobError::Altered(_))));
    server.fail(&[Fault::Cut]);
    let mut out = Vec::new();
    assert!(store.get("x").unwrap().read_to_end(&mut out).is_err(), "a stream that breaks off is no end");
}

#[test]
fn nobody_waits_for_ever_and_errors_tell_no_secret() {
    let server = Server::start();
    let store = bucket(&server);
    server.fail(&[Fault::Silent; 3]);
    let started = Instant::now();
    let error = store.get("x").err().unwrap().to_string();
    assert!(started.elapsed() < Duration::from_secs(5));
    assert!(error.contains("no answer in time"), "{error}");
    let gone = Blobs::new(
        S3::new(S3Config { endpoint: "http://127.0.0.1:1".to_owned(), ..config(&server) }).unwrap(),
    );
    let error = gone.put("x", Source::Bytes(b"x")).unwrap_err().to_string();
    for secret in [SECRET, KEY, "Signature"] {
        assert!(!error.contains(secret), "{error}");
        assert!(!format!("{gone:?}{:?}", config(&server)).contains(secret));
    }
    for bad in ["ftp://x", "not an address", "file:///etc"] {
        assert!(S3::new(S3Config { endpoint: bad.to_owned(), ..config(&server) }).is_err(), "{bad}");
    }
}
