//! Which format a scraper wants (exposition formats H5, RFC 9110 section 12.5.1).

use crate::encode::{Escaping, Format};

/// What an `Accept` header comes to: the format, and the escaping scheme if one was asked for.
///
/// Media types, parameter names and `q` are understood as RFC 9110 has them. Of the ranges that match what can be served the one
/// with the highest `q` wins, of equals the first; `*/*` and nothing at all stand for text 0.0.4, and so does a header that
/// matches nothing: a scraper is better served with a page than with 406.
///
/// ```
/// use picometer::http::Negotiated;
/// use picometer::{Escaping, Format};
///
/// let accept = "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,text/plain;version=0.0.4;q=0.3,*/*;q=0.2";
/// assert_eq!(Negotiated::from_accept(accept), Negotiated { format: Format::OpenMetrics100, escaping: Some(Escaping::AllowUtf8) });
/// assert_eq!(Negotiated::from_accept("text/html, */*;q=0.8"), Negotiated { format: Format::Text004, escaping: None });
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Negotiated {
    /// The format.
    pub format: Format,
    /// The scheme that was asked for, with this format or with one that is not served; without one it is `underscores`.
    pub escaping: Option<Escaping>,
}

impl Negotiated {
    /// Understands one header.
    pub fn from_accept(header: &str) -> Self {
        let mut negotiation = Negotiation::default();
        negotiation.header(header.as_bytes());
        negotiation.result()
    }

    /// The value of `Content-Type`.
    pub const fn content_type(self) -> &'static str {
        self.format.content_type(self.escaping)
    }
}

/// The best so far, over several headers.
#[derive(Clone, Copy, Default)]
pub(super) struct Negotiation {
    best: Option<(Quality, Format, Option<Escaping>)>,
    /// The scheme of the range with the highest quality that names one.
    scheme: Option<(Quality, Escaping)>,
}

/// Thousandths.
type Quality = u16;

impl Negotiation {
    pub(super) fn header(&mut self, header: &[u8]) {
        split(header, b',').for_each(|range| self.range(range));
    }

    pub(super) fn result(self) -> Negotiated {
        let Some((quality, format, escaping)) = self.best else { return Negotiated::default() };
        let inherited = self.scheme.filter(|&(of, _)| of >= quality).map(|(_, escaping)| escaping);
        Negotiated { format, escaping: escaping.or(inherited) }
    }

    fn range(&mut self, range: &[u8]) {
        let mut parts = split(range, b';');
        let media_type = trim(parts.next().unwrap_or(&[]));
        let (mut quality, mut escaping) = (1_000, None);
        let (mut version, mut foreign): (Option<&[u8]>, bool) = (None, false);
        for parameter in parts {
            let (name, value) = match parameter.iter().position(|&byte| byte == b'=') {
                Some(at) => (parameter.get(..at).unwrap_or(&[]), parameter.get(at + 1..).unwrap_or(&[])),
                None => (parameter, &[][..]),
            };
            let (name, value) = (trim(name), unquoted(trim(value)));
            if name.eq_ignore_ascii_case(b"q") {
                quality = parse_quality(value);
            } else if name.eq_ignore_ascii_case(b"escaping") {
                escaping = Escaping::ALL.into_iter().find(|scheme| value.eq_ignore_ascii_case(scheme.token().as_bytes()));
            } else if name.eq_ignore_ascii_case(b"version") {
                version = Some(value);
            } else if !name.is_empty() && !name.eq_ignore_ascii_case(b"charset") {
                foreign = true;
            }
        }
        if quality == 0 {
            return;
        }
        if let Some(escaping) = escaping
            && self.scheme.is_none_or(|(of, _)| quality > of)
        {
            self.scheme = Some((quality, escaping));
        }
        let is = |name: &[u8]| media_type.eq_ignore_ascii_case(name);
        let format = match version {
            _ if foreign => None,
            None | Some(b"0.0.4") if is(b"text/plain") => Some(Format::Text004),
            Some(b"1.0.0") if is(b"text/plain") => Some(Format::Text100),
            None | Some(b"1.0.0") if is(b"application/openmetrics-text") => Some(Format::OpenMetrics100),
            None if is(b"*/*") || is(b"text/*") => Some(Format::Text004),
            None if is(b"application/*") => Some(Format::OpenMetrics100),
            _ => None,
        };
        if let Some(format) = format
            && self.best.is_none_or(|(of, ..)| quality > of)
        {
            self.best = Some((quality, format, escaping));
        }
    }
}

/// The pieces between separators that are not inside quotes.
fn split(mut text: &[u8], separator: u8) -> impl Iterator<Item = &[u8]> {
    let mut done = false;
    core::iter::from_fn(move || {
        if done {
            return None;
        }
        let (mut quoted, mut escaped) = (false, false);
        let end = text.iter().position(|&byte| {
            let special = !core::mem::take(&mut escaped);
            match byte {
                b'\\' if quoted && special => escaped = true,
                b'"' if special => quoted = !quoted,
                _ => return byte == separator && !quoted,
            }
            false
        });
        let piece = text.get(..end.unwrap_or(text.len())).unwrap_or(&[]);
        match end {
            Some(end) => text = text.get(end + 1..).unwrap_or(&[]),
            None => done = true,
        }
        Some(piece)
    })
}

pub(super) fn trim(text: &[u8]) -> &[u8] {
    text.trim_ascii()
}

fn unquoted(value: &[u8]) -> &[u8] {
    value.strip_prefix(b"\"").and_then(|value| value.strip_suffix(b"\"")).unwrap_or(value)
}

/// `0.5`, `1`, `1.000`; what is none of these is as good as not given, as other servers have it.
fn parse_quality(text: &[u8]) -> Quality {
    let (mut quality, mut weight) = (0, 1_000);
    for (index, &byte) in text.iter().enumerate() {
        match (index, byte) {
            (1, b'.') => {}
            (0, b'0' | b'1') | (2.., b'0'..=b'9') => {
                quality += u16::from(byte - b'0') * weight;
                weight /= 10;
            }
            _ => return 1_000,
        }
    }
    if text.is_empty() { 1_000 } else { quality.min(1_000) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Format::{OpenMetrics100 as Om, Text004 as T0, Text100 as T1};

    #[test]
    fn headers_of_real_scrapers() {
        let table = [
            // Prometheus 2.42
            (
                "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1",
                Om,
                None,
            ),
            // Prometheus 3, with native histograms
            (
                "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,text/plain;version=0.0.4;q=0.2,*/*;q=0.1",
                Om,
                Some(Escaping::AllowUtf8),
            ),
            // VictoriaMetrics, curl, a browser, nothing
            ("text/plain;version=0.0.4;q=1,*/*;q=0.1", T0, None),
            ("*/*", T0, None),
            ("text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8", T0, None),
            ("", T0, None),
        ];
        for (header, format, escaping) in table {
            assert_eq!(Negotiated::from_accept(header), Negotiated { format, escaping }, "{header}");
        }
    }

    #[test]
    fn qualities_versions_and_spellings() {
        let table = [
            ("text/plain;q=0.5, application/openmetrics-text;q=0.4", T0, None),
            ("text/plain;q=0.4, application/openmetrics-text;q=0.5", Om, None),
            ("application/openmetrics-text;version=1.0.0;q=0,text/plain;q=1", T0, None),
            ("application/openmetrics-text;q=0.000", T0, None),
            ("Application/OpenMetrics-Text; Version=\"1.0.0\"; Q=1", Om, None),
            ("application/openmetrics-text;version=0.0.1", T0, None),
            ("application/openmetrics-text;version=2.0.0", T0, None),
            ("text/plain;version=1.0.0", T1, None),
            ("text/plain;version=1.0.0;escaping=dots", T1, Some(Escaping::Dots)),
            ("text/plain;version=1.0.0;escaping=bogus", T1, None),
            ("text/plain;version=0.0.4;ESCAPING=values", T0, Some(Escaping::Values)),
            ("application/x;escaping=dots;q=0.9,text/plain;q=0.5", T0, Some(Escaping::Dots)),
            ("application/x;escaping=dots;q=0.1,text/plain;q=0.5", T0, None),
            ("application/json", T0, None),
            ("application/*", Om, None),
            ("text/*", T0, None),
            ("text/plain;charset=utf-8", T0, None),
            ("application/openmetrics-text;encoding=delimited", T0, None),
            ("x/y;a=\"text/plain,\\\"application/openmetrics-text\", application/openmetrics-text", Om, None),
            (",,;;=,q=", T0, None),
            ("application/openmetrics-text;q=2", Om, None),
            ("application/openmetrics-text;q=x", Om, None),
        ];
        for (header, format, escaping) in table {
            assert_eq!(Negotiated::from_accept(header), Negotiated { format, escaping }, "{header}");
        }
    }
}
