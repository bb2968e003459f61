//! What gRPC adds to HTTP: a status of its own, and a path that is the route.

use http::header::CONTENT_TYPE;
use http::{HeaderMap, Uri};

/// Longer ones are not of a service that exists.
const LONGEST_ROUTE: usize = 200;
/// `UNKNOWN`, which clients take for a status that is none.
const UNKNOWN: u8 = 2;

/// Whether a request is one of gRPC. gRPC-Web has its status in the body and is not.
pub(super) fn is_grpc(headers: &HeaderMap) -> bool {
    let rest = headers.get(CONTENT_TYPE).and_then(|value| value.as_bytes().strip_prefix(b"application/grpc"));
    rest.is_some_and(|rest| matches!(rest.first(), None | Some(b'+' | b';' | b' ')))
}

/// The path of a method, `/package.Service/Method`.
pub(super) fn route(uri: &Uri) -> Option<&str> {
    let path = uri.path();
    let (service, method) = path.strip_prefix('/')?.split_once('/')?;
    let is_name = |name: &str| !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_'));
    (path.len() <= LONGEST_ROUTE && is_name(service) && is_name(method)).then_some(path)
}

/// The status in a head or in trailers.
pub(super) fn status(headers: &HeaderMap) -> Option<u8> {
    let text = headers.get("grpc-status")?.to_str().ok();
    Some(text.and_then(|text| text.trim().parse().ok()).filter(|status| *status <= 16).unwrap_or(UNKNOWN))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_and_statuses_are_recognised() {
        let headers =
            |name: &'static str, value: &'static str| HeaderMap::from_iter([(http::HeaderName::from_static(name), value.parse().unwrap())]);
        let is = |value| is_grpc(&headers("content-type", value));
        assert!(is("application/grpc") && is("application/grpc+proto") && is("application/grpc; x=y"));
        assert!(!is("application/grpc-web") && !is("application/json") && !is_grpc(&HeaderMap::new()));
        let of = |value| status(&headers("grpc-status", value));
        assert_eq!([of("0"), of("16"), of("17"), of("x"), status(&HeaderMap::new())], [Some(0), Some(16), Some(2), Some(2), None]);
    }

    #[test]
    fn route_is_a_service_and_a_method() {
        let is = |uri: &str| route(&uri.parse().unwrap()).is_some();
        assert!(is("/helloworld.Greeter/SayHello") && is("http://host/a/b?c"));
        assert!(!is("/") && !is("/a") && !is("/a/") && !is("/a/b/c") && !is("/a/%20") && !is(&format!("/a/{}", "b".repeat(200))));
    }
}
