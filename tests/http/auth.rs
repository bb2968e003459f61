//! Pages behind a password or a token.

use super::client::{exchange, responses};
use picometer::http::{Action, Endpoint, Responder};
use picometer::{Counter, Desc, Metric};

static BOOTS: Metric<Counter> = Metric::new(&Desc::counter("boots_total", "Times the device started."));
static BASIC: Endpoint = Endpoint::new(&BOOTS).basic_auth("scraper", "pa:ss w\u{f6}rd");
static BEARER: Endpoint = Endpoint::new(&BOOTS).bearer_token("t0k-en~_+/=");
static EITHER: Endpoint = Endpoint::new(&BOOTS).bearer_token("t0k-en~_+/=").basic_auth("scraper", "pa:ss w\u{f6}rd");

const GOOD: &str = "Basic c2NyYXBlcjpwYTpzcyB3w7ZyZA==";
const TOKEN: &str = "Bearer t0k-en~_+/=";

/// Status, challenge, and what becomes of the connection; the same in every piece size.
fn ask(site: &Endpoint<'_>, line: &str, fields: &str) -> (u16, Option<String>, Action) {
    let request = format!("{line} HTTP/1.1\r\nHost: x\r\n{fields}\r\n");
    let mut found = Vec::new();
    for piece in [1, 7, usize::MAX] {
        let mut responder = Responder::<256>::with_sizes(site);
        let sent = exchange(&mut responder, request.as_bytes(), piece, 50);
        let response = responses(&sent, &[line.split(' ').next().unwrap()]).remove(0);
        assert_eq!(String::from_utf8_lossy(&sent).contains("boots_total"), response.status == 200 && line == "GET /metrics", "{request}");
        found.push((response.status, response.field("WWW-Authenticate").map(str::to_owned), responder.next()));
    }
    assert!(found.iter().all(|one| *one == found[0]), "{found:?}");
    found.remove(0)
}

fn with(credentials: &str) -> String {
    format!("Authorization: {credentials}\r\n")
}

#[test]
fn right_credentials_get_the_page() {
    for (site, credentials) in [(&BASIC, GOOD), (&BEARER, TOKEN), (&EITHER, GOOD), (&EITHER, TOKEN)] {
        assert_eq!(ask(site, "GET /metrics", &with(credentials)), (200, None, Action::Open), "{credentials}");
        assert_eq!(ask(site, "GET /metrics", &format!("authorization:\t{credentials} \r\n")).0, 200, "{credentials}");
        assert_eq!(ask(site, "GET /", &with(credentials)).0, 200);
        assert_eq!(ask(site, "GET /nothing", &with(credentials)).0, 404);
    }
}

#[test]
fn wrong_credentials_get_401() {
    let basic = Some("Basic realm=\"metrics\"".to_owned());
    let either = Some("Basic realm=\"metrics\", Bearer".to_owned());
    for (site, challenge) in [(&BASIC, basic), (&BEARER, Some("Bearer".to_owned())), (&EITHER, either)] {
        // Whether a path exists is not for strangers either.
        for line in ["GET /metrics", "HEAD /metrics", "GET /", "GET /nothing", "POST /metrics", "OPTIONS *"] {
            assert_eq!(ask(site, line, ""), (401, challenge.clone(), Action::Open), "{line}");
        }
        for wrong in [
            "",
            "Basic",
            "Basic c2NyYXBlcjpwYTpzcyB3w7ZyZQ==",
            "Basic c2NyYXBlcjpwYTpzcyB3w7Zy",
            "Basic c2NyYXBlcjpwYTpzcyB3w7ZyZGQ=",
            "Bearer",
            "Bearer t0k-en~_+/",
            "Bearer t0k-en~_+/==",
            "Negotiate t0k-en~_+/=",
            "t0k-en~_+/=",
        ] {
            assert_eq!(ask(site, "GET /metrics", &with(wrong)), (401, challenge.clone(), Action::Open), "{wrong}");
        }
    }
}

#[test]
fn credentials_count_once_and_whole() {
    assert_eq!(ask(&EITHER, "GET /metrics", &(with(GOOD) + &with(TOKEN))).0, 401, "two are none");
    assert_eq!(ask(&EITHER, "GET /metrics", &(with("Basic x") + &with(GOOD))).0, 401, "two are none");
    assert_eq!(ask(&EITHER, "GET /metrics", &with(&format!("Bearer {}", "x".repeat(400)))).0, 401, "longer than the buffer");
    // Blanks are part of the field, not of the token; cut at the end of the buffer it is not the token.
    let cut = format!("Bearer{}t0k-en~_+/={}", " ".repeat(256 - 15 - 6 - 11), "x".repeat(100));
    assert_eq!(ask(&EITHER, "GET /metrics", &with(&cut)).0, 401, "cut behind the token");
}

#[test]
fn next_request_needs_its_own_credentials() {
    let mut responder = Responder::<256>::with_sizes(&BASIC);
    let one = |fields: &str| format!("GET /metrics HTTP/1.1\r\nHost: x\r\n{fields}\r\n");
    let sent = exchange(&mut responder, (one(&with(GOOD)) + &one("") + &one(&with(GOOD))).as_bytes(), 13, 50);
    let statuses: Vec<_> = responses(&sent, &["GET"; 3]).iter().map(|response| response.status).collect();
    assert_eq!(statuses, [200, 401, 200]);
}
