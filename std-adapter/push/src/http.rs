//! HTTP for all destinations: who we are, whom we trust, how long we wait, and redirects that keep what they redirect.

mod exchange;

pub use exchange::{Handler, HttpRequest, HttpResponse};

use std::io::Read;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use ureq::tls::{Certificate, ClientCert, PemItem, PrivateKey, RootCerts, TlsConfig, TlsProvider, parse_pem};

use super::address::{absolute, origin};
use super::error::{PushError, without_credentials};
use super::retry::later;

/// How destinations speak HTTP.
///
/// ```
/// use picometer_std::push::Http;
/// use std::time::Duration;
///
/// let http = Http::new()
///     .timeout(Duration::from_secs(5))
///     .basic_auth("user", "secret")
///     .header("X-Scope-OrgID", "tenant-1");
/// ```
#[derive(Clone)]
pub struct Http {
    timeout: Duration,
    headers: Vec<(String, String)>,
    redirects: u32,
    roots: Option<Arc<Vec<Certificate<'static>>>>,
    identity: Option<ClientCert>,
    handler: Option<Arc<dyn Handler>>,
    agent: Option<Agent>,
}

/// The built-in client, and the process whose connections it has.
#[derive(Clone)]
struct Agent {
    client: ureq::Agent,
    process: u32,
}

const BODY_LIMIT: u64 = 64 * 1024;
/// What of a refusal's body is shown.
const REASON_LIMIT: usize = 512;

impl Default for Http {
    fn default() -> Self {
        Self::new()
    }
}

impl Http {
    /// 30 seconds for all of a request, the certificate authorities of Mozilla, up to 5 redirects.
    pub fn new() -> Self {
        Self {
            timeout: Duration::from_secs(30),
            headers: Vec::new(),
            redirects: 5,
            roots: None,
            identity: None,
            handler: None,
            agent: None,
        }
    }

    /// How long a request may take, from looking up the name to the end of the answer. A push by hand also waits that long in all
    /// where the server says `Retry-After`.
    #[must_use]
    pub fn timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// A header for every request; it replaces one of ours of the same name.
    #[must_use]
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// User and password (RFC 7617).
    #[must_use]
    pub fn basic_auth(self, user: &str, password: &str) -> Self {
        self.header("Authorization", &format!("Basic {}", STANDARD.encode(format!("{user}:{password}"))))
    }

    /// A bearer token (RFC 6750).
    #[must_use]
    pub fn bearer(self, token: &str) -> Self {
        self.header("Authorization", &format!("Bearer {token}"))
    }

    /// Trusts the authorities of this PEM file, and no others.
    ///
    /// # Errors
    ///
    /// [`PushError::Tls`], if there is no certificate in it.
    pub fn ca_pem(mut self, pem: &[u8]) -> Result<Self, PushError> {
        self.roots = Some(Arc::new(certificates(pem)?));
        self.agent = None;
        Ok(self)
    }

    /// Shows this certificate to servers that ask for one, with the rest of its chain, and proves it with this key; both PEM.
    ///
    /// # Errors
    ///
    /// [`PushError::Tls`], if one of them cannot be read.
    pub fn client_cert_pem(mut self, chain: &[u8], key: &[u8]) -> Result<Self, PushError> {
        let key = PrivateKey::from_pem(key).map_err(|error| PushError::Tls(format!("cannot read the key: {error}")))?;
        self.identity = Some(ClientCert::new_with_certs(&certificates(chain)?, key));
        self.agent = None;
        Ok(self)
    }

    /// How many redirects are followed; the request is repeated as it is, whatever the status: 301, 302, 303, 307, 308.
    #[must_use]
    pub fn redirects(self, redirects: u32) -> Self {
        Self { redirects, ..self }
    }

    /// Sends with a client of yours.
    #[must_use]
    pub fn handler(self, handler: impl Handler + 'static) -> Self {
        Self { handler: Some(Arc::new(handler)), ..self }
    }

    /// How long a request may take, and all pauses that its server asks for.
    pub(super) fn limit(&self) -> Duration {
        self.timeout
    }

    /// Makes the built-in client, which keeps connections open between requests.
    pub(super) fn ready(mut self) -> Self {
        if self.agent.is_none() && self.handler.is_none() {
            let roots = self.roots.as_ref().map_or(RootCerts::WebPki, |roots| RootCerts::new_with_certs(roots));
            let tls = TlsConfig::builder().provider(TlsProvider::Rustls).root_certs(roots).client_cert(self.identity.clone()).build();
            let config = ureq::Agent::config_builder()
                .tls_config(tls)
                .http_status_as_error(false)
                .max_redirects(0)
                .max_redirects_will_error(false)
                .allow_non_standard_methods(true)
                .user_agent(concat!("picometer/", env!("CARGO_PKG_VERSION")))
                .build();
            self.agent = Some(Agent { client: config.new_agent(), process: std::process::id() });
        }
        self
    }

    /// Sends; any answer below 300 is good.
    pub(super) fn send(&self, method: &str, url: &str, headers: &[(&str, &str)], body: &[u8]) -> Result<HttpResponse, PushError> {
        let own = |name: &str| self.headers.iter().any(|(own, _)| own.eq_ignore_ascii_case(name));
        let ours = headers.iter().filter(|(name, _)| !own(name)).map(|&(name, value)| (name.to_owned(), value.to_owned()));
        let mut headers: Vec<_> = ours.chain(self.headers.iter().cloned()).collect();
        let deadline = later(self.timeout);
        let mut url = url.to_owned();
        for _ in 0..=self.redirects {
            let left = deadline.saturating_duration_since(std::time::Instant::now());
            if left.is_zero() {
                return Err(PushError::from(std::io::Error::from(std::io::ErrorKind::TimedOut)).of(&url));
            }
            let request = HttpRequest { method, url: &url, headers: &headers, body, timeout: left };
            let response = match (&self.handler, &self.agent) {
                (Some(handler), _) => handler.send(&request).map_err(|error| error.of(&url))?,
                (None, Some(agent)) if agent.process == std::process::id() => {
                    call(&agent.client, &request).map_err(|error| error.of(&url))?
                }
                // Not yet, or in the parent of this process, whose connections are not to be shared.
                (None, _) => match &(Self { agent: None, ..self.clone() }).ready().agent {
                    Some(agent) => call(&agent.client, &request).map_err(|error| error.of(&url))?,
                    None => return Err(PushError::OtherProcess),
                },
            };
            match (response.status, response.header("Location")) {
                (301 | 302 | 303 | 307 | 308, Some(location)) => {
                    // The next answer may lead elsewhere: it is no mistake of the caller's.
                    let next = absolute(&url, location).map_err(|error| PushError::Protocol(error.to_string()).of(&url))?;
                    if origin(&next) != origin(&url) {
                        // What opens one server is not for another.
                        headers.retain(|(name, _)| !name.eq_ignore_ascii_case("Authorization"));
                    }
                    url = next;
                }
                (200..=299, _) => return Ok(response),
                _ => return Err(refused(&response).of(&url)),
            }
        }
        Err(PushError::TooManyRedirects { url: without_credentials(&url) })
    }
}

impl std::fmt::Debug for Http {
    // Not the headers, which hold passwords.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Http").field("timeout", &self.timeout).field("redirects", &self.redirects).finish_non_exhaustive()
    }
}

fn certificates(pem: &[u8]) -> Result<Vec<Certificate<'static>>, PushError> {
    let mut found = Vec::new();
    for item in parse_pem(pem) {
        let item = item.map_err(|error| PushError::Tls(format!("cannot read the certificate: {error}")))?;
        if let PemItem::Certificate(certificate) = item {
            found.push(certificate);
        }
    }
    if found.is_empty() { Err(PushError::Tls("there is no certificate in the PEM text".into())) } else { Ok(found) }
}

fn call(agent: &ureq::Agent, request: &HttpRequest<'_>) -> Result<HttpResponse, PushError> {
    let bad = |error: ureq::http::Error| PushError::Url { url: request.url.into(), reason: error.to_string() };
    let mut builder = ureq::http::Request::builder().method(request.method).uri(request.url);
    for (name, value) in request.headers {
        builder = builder.header(name, value);
    }
    let failed = |error: ureq::Error| failure(request.url, error);
    let built = builder.body(request.body).map_err(bad)?;
    let built = agent.configure_request(built).timeout_global(Some(request.timeout)).build();
    let mut response = agent.run(built).map_err(failed)?;
    let text = |value: &ureq::http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
    let headers = response.headers().iter().map(|(name, value)| (name.as_str().to_owned(), text(value))).collect();
    let mut body = Vec::new();
    let read = response.body_mut().as_reader().take(BODY_LIMIT).read_to_end(&mut body);
    let status = response.status().as_u16();
    match read {
        // A success whose text breaks off is a success; of a refusal the status says most.
        Err(error) if error.kind() == std::io::ErrorKind::TimedOut && body.is_empty() && status < 300 => Err(error.into()),
        _ => Ok(HttpResponse { status, headers, body }),
    }
}

fn failure(url: &str, error: ureq::Error) -> PushError {
    match error {
        ureq::Error::Timeout(_) => PushError::Timeout { url: without_credentials(url) },
        ureq::Error::HostNotFound => PushError::HostNotFound(without_credentials(url)),
        ureq::Error::Io(error) if error.get_ref().is_some_and(|inner| inner.to_string().contains("certificate")) => {
            PushError::Tls(error.to_string())
        }
        // The system's own words: it has no kind of error for this.
        ureq::Error::Io(error) if error.to_string().contains("lookup address") => PushError::HostNotFound(without_credentials(url)),
        ureq::Error::Io(error) => error.into(),
        ureq::Error::ConnectionFailed => PushError::Io(std::io::ErrorKind::ConnectionRefused.into()),
        ureq::Error::BadUri(reason) => PushError::Url { url: url.into(), reason },
        ureq::Error::Http(error) => PushError::Url { url: url.into(), reason: error.to_string() },
        ureq::Error::Tls(reason) => PushError::Tls(reason.into()),
        ureq::Error::Pem(error) => PushError::Tls(error.to_string()),
        ureq::Error::Rustls(error) => PushError::Tls(error.to_string()),
        other => PushError::Protocol(other.to_string()),
    }
}

/// What a refusal says, shortened at a character boundary.
fn refused(response: &HttpResponse) -> PushError {
    let text = String::from_utf8_lossy(&response.body);
    let text = text.trim();
    let end = (0..=text.len().min(REASON_LIMIT)).rev().find(|&end| text.is_char_boundary(end)).unwrap_or(0);
    let body = text.get(..end).unwrap_or("").chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    PushError::Status { url: String::new(), status: response.status, body, retry_after: retry_after(response.header("Retry-After")) }
}

/// Seconds, or a date (RFC 9110 §10.2.3); what is neither is no wish.
fn retry_after(value: Option<&str>) -> Option<Duration> {
    let value = value?.trim();
    if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) {
        // More seconds than there are numbers for are a wish too.
        return Some(value.parse().map_or(Duration::MAX, Duration::from_secs));
    }
    let date = httpdate::parse_http_date(value).ok()?;
    Some(date.duration_since(SystemTime::now()).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wishes_are_seconds_or_dates() {
        let table = [
            ("7", Some(Duration::from_secs(7))),
            (" 0 ", Some(Duration::ZERO)),
            ("99999999999999999999999999", Some(Duration::MAX)),
            ("Fri, 31 Dec 1999 23:59:59 GMT", Some(Duration::ZERO)),
            ("-7", None),
            ("+7", None),
            ("1.5", None),
            ("", None),
            ("soon", None),
        ];
        for (value, expected) in table {
            assert_eq!(retry_after(Some(value)), expected, "{value}");
        }
        let far = retry_after(Some("Fri, 31 Dec 9999 23:59:59 GMT")).unwrap();
        assert!(far > Duration::from_secs(1 << 32), "{far:?}");
    }
}
