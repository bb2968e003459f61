//! Compressed pages are the plain ones.

use std::io::Read;

use crate::client::{Large, exporter, get, started};

#[test]
fn gzip_and_zstd_by_quality() {
    let (_handle, address) = started(exporter().without_self_metrics(), Large(1_000));
    let plain = get(address, "/metrics", &[]);
    assert_eq!(plain.header("content-encoding"), None);
    let table = [
        ("gzip", Some("gzip")),
        ("GZIP;q=0.5, identity;q=0.1", Some("gzip")),
        ("gzip, deflate, br, zstd", Some("zstd")),
        ("gzip;q=1.0, zstd;q=0.9", Some("gzip")),
        ("gzip;q=0", None),
        ("identity, gzip;q=0.5", None),
        ("*", None),
        ("br", None),
    ];
    for (accepted, coding) in table {
        let page = get(address, "/metrics", &[&format!("Accept-Encoding: {accepted}")]);
        assert_eq!(page.header("content-encoding"), coding, "{accepted}");
        assert_eq!(page.header("vary"), Some("Accept, Accept-Encoding"));
        let mut text = Vec::new();
        match coding {
            Some("gzip") => flate2::read::GzDecoder::new(&*page.body).read_to_end(&mut text).map(|_| ()).unwrap(),
            Some("zstd") => text = zstd::decode_all(&*page.body).unwrap(),
            _ => text = page.body,
        }
        assert!(text == plain.body, "{accepted}");
    }
    // Nothing but pages is compressed.
    assert_eq!(get(address, "/-/healthy", &["Accept-Encoding: gzip"]).text(), "OK\n");
}
