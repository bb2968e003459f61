//! Many who guess passwords, and one who knows it.

use std::io::{ErrorKind, Read};
use std::net::SocketAddr;

use picometer_std::exporter::{BasicAuth, Exporter};

use crate::auth::HASH;
use crate::client::{METRICS, PAGE, ask, get};

const RIGHT: &str = "Authorization: Basic bWU6c2VjcmV0";
/// Of `secret`, at 64 times the cost of [`HASH`]: to verify many takes far longer than to connect.
const COSTLY: &str = "$2y$11$abcdefghijklmnopqrstuuViuGI07N4McP9Kl.tD6XMEzyuvcY8LG";
const PATIENT: &str = "X-Prometheus-Scrape-Timeout-Seconds: 100";

/// The credentials `me:` and three digits.
fn guess(number: usize) -> String {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bits = format!("{number:03}").bytes().fold(0, |bits, byte| bits << 8 | usize::from(byte));
    let password: String = [18, 12, 6, 0].iter().map(|shift| char::from(ALPHABET[bits >> shift & 63])).collect();
    format!("Authorization: Basic bWU6{password}")
}

#[test]
fn scraper_does_not_wait_for_guesses_of_another_address() {
    let users = BasicAuth::new().user("me", COSTLY).unwrap();
    let Ok(exporter) = Exporter::bind("[::1]:0").and_then(|exporter| exporter.and_bind("127.0.0.1:0")) else {
        return crate::peers::skip("this machine has no IPv6");
    };
    let handle = exporter.basic_auth(users).without_self_metrics().spawn(METRICS).unwrap();
    let [guessed, scraped]: [SocketAddr; 2] = handle.local_addrs().try_into().unwrap();
    let mut crowd: Vec<_> = (0..160).map(|number| ask(guessed, "/metrics", &[&guess(number), PATIENT])).collect();
    // It was never verified, and comes last.
    assert_eq!(get(scraped, "/metrics", &[RIGHT, PATIENT]).text(), PAGE);
    let answered = crowd.iter_mut().filter_map(|stream| {
        stream.set_nonblocking(true).unwrap();
        match stream.read(&mut [0; 15]) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => None,
            read => Some(read),
        }
    });
    let answered = answered.count();
    assert!(answered < 80, "{answered} guesses were verified first");
    // From then on it waits for nothing, also from the address of the guessers.
    assert_eq!(get(guessed, "/metrics", &[RIGHT, PATIENT]).text(), PAGE);
    drop(crowd);
    handle.shutdown();
}

#[test]
fn more_guesses_than_pages_keep_no_scraper_out() {
    let users = BasicAuth::new().user("me", HASH).unwrap();
    let handle = Exporter::bind("127.0.0.1:0").unwrap().basic_auth(users).without_self_metrics().spawn(METRICS).unwrap();
    let address = handle.local_addr().unwrap();
    // More than may wait for pages, from the address of the scraper.
    let crowd: Vec<_> = (0..200).map(|number| ask(address, "/metrics", &[&guess(number), PATIENT])).collect();
    assert_eq!(get(address, "/metrics", &[RIGHT, PATIENT]).text(), PAGE);
    drop(crowd);
    handle.shutdown();
}
