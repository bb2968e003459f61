//! Who may see the metrics.

use crate::client::{METRICS, exporter, get, started};
use picometer_std::exporter::{BasicAuth, BearerToken};

/// Of `secret`, as `htpasswd -nbBC 5 me secret` makes it.
pub const HASH: &str = "$2y$05$abcdefghijklmnopqrstuuOQiyCxlgf/oeuTqixKmWdcYUh4Hjl0a";
/// `me:secret`, `me:Secret`, `you:secret`.
const RIGHT: &str = "Authorization: Basic bWU6c2VjcmV0";
const WRONG: [&str; 5] = [
    "Authorization: Basic bWU6U2VjcmV0",
    "Authorization: Basic eW91OnNlY3JldA==",
    "Authorization: Basic ???",
    "Authorization: Bearer bWU6c2VjcmV0",
    "X: y",
];

#[test]
fn names_and_passwords() {
    let users = BasicAuth::new().user("me", HASH).unwrap();
    let (_handle, address) = started(exporter().basic_auth(users), METRICS);
    for _ in 0..3 {
        assert_eq!(get(address, "/metrics", &[RIGHT]).status, 200);
        for wrong in WRONG {
            let response = get(address, "/metrics", &[wrong]);
            assert_eq!(response.status, 401, "{wrong}");
            assert_eq!(response.header("www-authenticate"), Some("Basic realm=\"metrics\", charset=\"UTF-8\""));
            assert!(!response.text().contains("boots"));
        }
    }
    assert_eq!(get(address, "/", &[]).status, 401);
    assert_eq!(get(address, "/nowhere", &[]).status, 401);
    assert_eq!(get(address, "/-/healthy", &[]).status, 200);
}

#[test]
fn many_with_passwords_that_must_be_computed() {
    let users = BasicAuth::new().user("me", HASH).unwrap();
    let (_handle, address) = started(exporter().basic_auth(users), METRICS);
    std::thread::scope(|scope| {
        for _ in 0..10 {
            scope.spawn(|| assert_eq!(get(address, "/metrics", &[RIGHT]).status, 200));
            scope.spawn(|| assert_eq!(get(address, "/metrics", &[WRONG[0]]).status, 401));
        }
    });
}

#[test]
fn tokens() {
    let token = |text| BearerToken::new(text).unwrap();
    let (_handle, address) = started(exporter().bearer_token(token("one")).bearer_token(token("two\n")), METRICS);
    for (header, status) in [
        ("Authorization: Bearer one", 200),
        ("authorization: bearer two", 200),
        ("Authorization: Bearer on", 401),
        ("Authorization: Bearer", 401),
        ("Authorization: Basic one", 401),
        ("X: y", 401),
    ] {
        let response = get(address, "/metrics", &[header]);
        assert_eq!(response.status, status, "{header}");
        let challenge = (status == 401).then_some("Bearer realm=\"metrics\"");
        assert_eq!(response.header("www-authenticate"), challenge);
    }
}
