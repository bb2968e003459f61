//! Where pages come from, and what they are.

use std::fmt;
use std::fs::File;
use std::io::{self, Read};
use std::sync::Arc;
use std::time::Duration;

use picometer_parse::model::Family;
use picometer_parse::parse::{self, Dialect, Error, Limits, Rules};
use ureq::tls::{Certificate, PemItem, RootCerts, TlsConfig};

use crate::args::{Form, HttpArgs, PageArgs};

/// A page as it came.
pub(crate) struct Source {
    /// What to call it in messages.
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
    pub(crate) form: Known,
    /// Whether the format is a guess that another reader would not make.
    guessed: bool,
}

/// A format that was told or found out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Known {
    Text(Dialect),
    Protobuf,
}

/// Fetches pages, again and again for `watch`.
pub(crate) struct Reader {
    agent: ureq::Agent,
    headers: Vec<(String, String)>,
    format: Form,
    limit: u64,
}

impl Reader {
    pub(crate) fn new(page: &PageArgs, http: &HttpArgs) -> Result<Self, Unread> {
        let mut tls = TlsConfig::builder();
        if let Some(path) = &http.ca {
            let pem = std::fs::read(path).map_err(|error| Unread(format!("{}: {error}", path.display())))?;
            let bad = |error| Unread(format!("{}: {error}", path.display()));
            let mut roots: Vec<Certificate<'static>> = Vec::new();
            for item in ureq::tls::parse_pem(&pem) {
                if let PemItem::Certificate(certificate) = item.map_err(bad)? {
                    roots.push(certificate);
                }
            }
            tls = tls.root_certs(RootCerts::Specific(Arc::new(roots)));
        }
        let config = ureq::Agent::config_builder()
            .timeout_global(Some(Duration::from_secs_f64(http.timeout)))
            .http_status_as_error(false)
            .user_agent(concat!("picometer/", env!("CARGO_PKG_VERSION")))
            .tls_config(tls.build());
        let mut headers = vec![("Accept".to_string(), accept(page.format).to_string())];
        if let Some(user) = &http.user {
            headers.push(("Authorization".into(), format!("Basic {}", base64(user.as_bytes()))));
        }
        if let Some(token) = &http.bearer {
            headers.push(("Authorization".into(), format!("Bearer {token}")));
        }
        // A header that is given twice is sent once, as it was given last.
        for (name, value) in &http.header {
            headers.retain(|(own, _)| !own.eq_ignore_ascii_case(name));
            headers.push((name.clone(), value.clone()));
        }
        let limit = http.max_size.saturating_mul(1 << 20);
        Ok(Self { agent: config.build().into(), headers, format: page.format, limit })
    }

    pub(crate) fn read(&self, input: &str) -> Result<Source, Unread> {
        let url = url(input);
        let name = if input == "-" { "<stdin>".to_string() } else { url.clone().unwrap_or_else(|| input.to_string()) };
        let unread = |error: &dyn fmt::Display| Unread(format!("{name}: {error}"));
        let (bytes, media) = if let Some(url) = &url {
            self.fetch(url).map_err(|error| unread(&error))?
        } else if input == "-" {
            (self.all(io::stdin().lock()).map_err(|error| unread(&error))?, None)
        } else {
            let file = File::open(input).map_err(|error| unread(&error))?;
            (self.all(file).map_err(|error| unread(&error))?, None)
        };
        let form = match self.format {
            Form::Text => Known::Text(Dialect::Text100),
            Form::Openmetrics => Known::Text(Dialect::OpenMetrics100),
            Form::Openmetrics2 => Known::Text(Dialect::OpenMetrics200),
            Form::Protobuf => Known::Protobuf,
            Form::Auto => detect(&bytes, media.as_deref()),
        };
        let told = self.format != Form::Auto || media.as_deref().is_some_and(|media| Dialect::from_content_type(media).is_some());
        let ends = bytes.trim_ascii_end().ends_with(b"# EOF");
        let guessed = !told && ends && matches!(form, Known::Text(Dialect::Text100 | Dialect::OpenMetrics200));
        Ok(Source { name, bytes, form, guessed })
    }

    fn all(&self, input: impl Read) -> Result<Vec<u8>, String> {
        let mut bytes = Vec::new();
        input.take(self.limit.saturating_add(1)).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
        if bytes.len() as u64 > self.limit { Err("larger than --max-size".into()) } else { Ok(bytes) }
    }

    /// The page, and its media type.
    fn fetch(&self, url: &str) -> Result<(Vec<u8>, Option<String>), String> {
        let mut request = self.agent.get(url);
        for (name, value) in &self.headers {
            request = request.header(name, value);
        }
        let mut response = request.call().map_err(|error| error.to_string())?;
        if !response.status().is_success() {
            return Err(format!("the server says {}", response.status()));
        }
        let media = response.headers().get("content-type").and_then(|value| value.to_str().ok()).map(str::to_string);
        let body = response.body_mut().with_config().limit(self.limit.saturating_add(1)).read_to_vec();
        let bytes = body.map_err(|error| match error {
            ureq::Error::BodyExceedsLimit(_) => "larger than --max-size".to_string(),
            error => error.to_string(),
        })?;
        Ok((bytes, media))
    }
}

impl Source {
    /// The families of the page.
    pub(crate) fn families(&self, rules: Rules) -> Result<Vec<Family>, Error> {
        match self.form {
            Known::Protobuf => parse::protobuf(&self.bytes, Limits::default()),
            Known::Text(dialect) => parse::families(self.text(dialect)?, dialect, rules),
        }
    }

    /// The families of the page, and what is wrong with it: the first error without `keep_going`, and then no families.
    pub(crate) fn read(&self, rules: Rules, keep_going: bool) -> (Vec<Family>, Vec<Error>) {
        self.say_guess();
        let text = match self.form {
            Known::Text(dialect) if keep_going => self.text(dialect).map(|text| (text, dialect)),
            _ => return self.families(rules).map_or_else(|error| (Vec::new(), vec![error]), |families| (families, Vec::new())),
        };
        match text {
            Ok((text, dialect)) => parse::families_and_errors(text, dialect, rules),
            Err(error) => (Vec::new(), vec![error]),
        }
    }

    fn text(&self, dialect: Dialect) -> Result<&str, Error> {
        std::str::from_utf8(&self.bytes).map_err(|_| parse::Lexer::from_bytes(&self.bytes, dialect).err().unwrap_or(NO_ERROR))
    }

    /// A guess that changes what a page says is never silent.
    fn say_guess(&self) {
        let (format, why) = match self.form {
            _ if !self.guessed => return,
            Known::Text(Dialect::OpenMetrics200) => ("OpenMetrics 2.0", "it has what only that has"),
            _ => ("text", "its counters or comments are those of text, although it ends in `# EOF`"),
        };
        eprintln!("picometer: {}: read as {format}: {why} (--format says otherwise)", self.name);
    }

    /// Says on standard error what is wrong, and what can be done.
    pub(crate) fn report(&self, errors: &[Error], rules: Rules, args: &PageArgs, keep_going: bool) {
        for error in errors {
            eprintln!("{}", self.explain(*error));
        }
        match errors.len() {
            0 => {}
            count if keep_going => eprintln!("picometer: {}: passed over {count} error{}", self.name, if count == 1 { "" } else { "s" }),
            _ => {
                if let Some(hint) = self.hint(rules, args) {
                    eprintln!("picometer: {hint}");
                }
            }
        }
    }

    /// Which switch reads a page that these rules refuse, if one does.
    pub(crate) fn hint(&self, rules: Rules, args: &PageArgs) -> Option<&'static str> {
        let reads = |rules| self.families(args.with_line_ends(rules)).is_ok();
        if rules != args.with_line_ends(Rules::LENIENT) && reads(Rules::LENIENT) {
            return Some("the Prometheus server reads this page: --lenient does too");
        }
        (rules != args.with_line_ends(Rules::READ) && reads(Rules::READ))
            .then_some("other readers take this page: see --strict and --lenient")
    }

    /// An error with its line, as far as there are lines.
    pub(crate) fn explain(&self, error: Error) -> String {
        format!("{}: {}", self.name, error.in_bytes(&self.bytes))
    }
}

/// What is not UTF-8 is an error, so this one does not show.
const NO_ERROR: Error = Error { kind: parse::ErrorKind::InvalidUtf8, line: 1, column: 1, offset: 0 };

/// A page that could not be had, and why.
#[derive(Debug)]
pub(crate) struct Unread(pub(crate) String);

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn accept(format: Form) -> &'static str {
    match format {
        Form::Auto => {
            "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,\
             text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2"
        }
        Form::Text => "text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",
        Form::Openmetrics2 => "application/openmetrics-text;version=2.0.0;escaping=allow-utf-8",
        Form::Openmetrics => {
            "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8,application/openmetrics-text;version=0.0.1;q=0.5"
        }
        Form::Protobuf => "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited",
    }
}

/// The URL that is meant, if it is one: also an address without a scheme, where there is no file of that name.
fn url(input: &str) -> Option<String> {
    if input.starts_with("http://") || input.starts_with("https://") {
        return Some(input.to_string());
    }
    let (address, path) = input.split_once('/').map_or((input, "metrics"), |(address, path)| (address, path));
    let (host, port) = address.rsplit_once(':')?;
    let is_address = port.parse::<u16>().is_ok() && !host.is_empty() && !host.contains(char::is_whitespace);
    (is_address && !std::path::Path::new(input).exists()).then(|| format!("http://{address}/{path}"))
}

fn detect(bytes: &[u8], media: Option<&str>) -> Known {
    if let Some(media) = media {
        if media.starts_with("application/vnd.google.protobuf") {
            return Known::Protobuf;
        }
        // What is called text may have names in quotes all the same.
        match Dialect::from_content_type(media) {
            Some(dialect @ (Dialect::OpenMetrics100 | Dialect::OpenMetrics200)) => return Known::Text(dialect),
            Some(_) => return Known::Text(Dialect::Text100),
            None => {}
        }
    }
    // Text has no control characters but these, and a message has a few at its start.
    let start = bytes.get(..64).unwrap_or(bytes);
    let control = start.iter().any(|&byte| byte < 0x20 && !matches!(byte, b'\n' | b'\t' | b'\r'));
    if (control || start.get(1) == Some(&b'\n')) && parse::protobuf(bytes, Limits::default()).is_ok() && !bytes.is_empty() {
        return Known::Protobuf;
    }
    Known::Text(std::str::from_utf8(bytes).map_or(Dialect::Text100, Dialect::detect))
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let word = chunk.iter().fold(0_u32, |word, &byte| word << 8 | u32::from(byte)) << (8 * (3 - chunk.len()));
        for place in 0..4 {
            let digit = DIGITS.get((word >> (18 - 6 * place) & 63) as usize).copied().unwrap_or(b'=');
            text.push(if place <= chunk.len() { char::from(digit) } else { '=' });
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn basic_authentication() {
        for (text, encoded) in [("", ""), ("a", "YQ=="), ("ab", "YWI="), ("abc", "YWJj"), ("user:pass word", "dXNlcjpwYXNzIHdvcmQ=")] {
            assert_eq!(base64(text.as_bytes()), encoded);
        }
    }

    #[test]
    fn addresses_without_a_scheme_are_urls() {
        for (input, expected) in [
            ("http://a/b", Some("http://a/b")),
            ("127.0.0.1:9100", Some("http://127.0.0.1:9100/metrics")),
            ("localhost:9100/", Some("http://localhost:9100/")),
            ("[::1]:9100/probe?x=1", Some("http://[::1]:9100/probe?x=1")),
            ("page.txt", None),
            ("dir:1x/page", None),
            (":9100", None),
            ("-", None),
        ] {
            assert_eq!(url(input).as_deref(), expected, "{input}");
        }
    }

    #[test]
    fn what_a_page_is() {
        let message = b"\x18\x0a\x07a_total\x18\x00\x22\x0b\x1a\x09\x09\x00\x00\x00\x00\x00\x00\xf0\x3f";
        assert_eq!(detect(message, None), Known::Protobuf);
        assert_eq!(detect(b"a 1\n", None), Known::Text(Dialect::Text100));
        assert_eq!(detect(b"", None), Known::Text(Dialect::Text100));
        assert_eq!(detect(b"#\na 1\n", None), Known::Text(Dialect::Text100));
        assert_eq!(detect(b"a 1\n# EOF\n", None), Known::Text(Dialect::OpenMetrics100));
        assert_eq!(detect(b"a 1 st@2\n# EOF\n", None), Known::Text(Dialect::OpenMetrics200));
        assert_eq!(detect(b"a 1\n", Some("application/openmetrics-text; version=2.0.0")), Known::Text(Dialect::OpenMetrics200));
        assert_eq!(detect(b"a 1\n", Some("application/openmetrics-text; version=1.0.0")), Known::Text(Dialect::OpenMetrics100));
        assert_eq!(detect(b"a 1\n# EOF\n", Some("text/plain; version=0.0.4")), Known::Text(Dialect::Text100));
    }
}
