//! Which format a scraper wants (RFC 9110 section 12.5.1).

use super::bytes::{is, trim};
use crate::encode::{ContentType, Escaping, Format};

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
/// let accept = "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,\
///               text/plain;version=0.0.4;q=0.3,*/*;q=0.2";
/// assert_eq!(
///     Negotiated::from_accept(accept),
///     Negotiated { format: Format::OpenMetrics100, escaping: Some(Escaping::AllowUtf8) }
/// );
/// assert_eq!(
///     Negotiated::from_accept("text/html, */*;q=0.8"),
///     Negotiated { format: Format::Text004, escaping: None }
/// );
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
        let mut negotiation = Negotiation::NEW;
        negotiation.header(header.as_bytes());
        negotiation.result()
    }

    /// The value of `Content-Type`.
    pub const fn content_type(self) -> ContentType {
        self.format.content_type(self.escaping)
    }
}

/// The best so far, over several headers.
#[derive(Clone, Copy)]
pub(super) struct Negotiation {
    quality: Quality,
    best: Negotiated,
    /// The scheme of the range with the highest quality that names one.
    scheme_quality: Quality,
    scheme: Escaping,
}

/// Media type, version if one is given, and what they stand for.
static RANGES: &[(&str, &str, Format)] = &[
    ("text/plain", "0.0.4", Format::Text004),
    ("text/plain", "1.0.0", Format::Text100),
    ("application/openmetrics-text", "1.0.0", Format::OpenMetrics100),
    #[cfg(feature = "openmetrics-2")]
    ("application/openmetrics-text", "2.0.0", Format::OpenMetrics200),
    ("*/*", "", Format::Text004),
    ("text/*", "", Format::Text004),
    ("application/*", "", Format::OpenMetrics100),
    #[cfg(feature = "protobuf")]
    (PROTOBUF, "", Format::Protobuf),
];

#[cfg(feature = "protobuf")]
const PROTOBUF: &str = "application/vnd.google.protobuf";

#[derive(Clone, Copy)]
enum Parameter {
    Quality,
    Escaping,
    Version,
    Charset,
    /// Of protobuf, which has several messages and encodings; the only value that is served.
    #[cfg(feature = "protobuf")]
    Only(&'static str),
}

static PARAMETERS: &[(&str, Parameter)] = &[
    ("q", Parameter::Quality),
    ("escaping", Parameter::Escaping),
    ("version", Parameter::Version),
    ("charset", Parameter::Charset),
    #[cfg(feature = "protobuf")]
    ("proto", Parameter::Only("io.prometheus.client.MetricFamily")),
    #[cfg(feature = "protobuf")]
    ("encoding", Parameter::Only("delimited")),
];

/// Thousandths; 0 is what is not acceptable, and what was not there.
type Quality = u16;

impl Negotiation {
    pub(super) const NEW: Self =
        Self { quality: 0, best: Negotiated { format: Format::Text004, escaping: None }, scheme_quality: 0, scheme: Escaping::Underscores };

    pub(super) fn header(&mut self, mut header: &[u8]) {
        while !header.is_empty() {
            self.range(next(&mut header, b','));
        }
    }

    pub(super) fn result(self) -> Negotiated {
        let inherits = self.best.escaping.is_none() && self.quality > 0 && self.scheme_quality >= self.quality;
        Negotiated { escaping: if inherits { Some(self.scheme) } else { self.best.escaping }, ..self.best }
    }

    #[cfg_attr(not(target_pointer_width = "64"), inline(never))]
    fn range(&mut self, mut range: &[u8]) {
        let media_type = next(&mut range, b';');
        let (mut quality, mut escaping) = (1_000, None);
        let (mut version, mut foreign): (&[u8], bool) = (b"", false);
        while !range.is_empty() {
            let mut value = next(&mut range, b';');
            let name = next(&mut value, b'=');
            let value = unquoted(trim(value));
            match PARAMETERS.iter().find(|(known, _)| is(name, known)).map(|(_, parameter)| parameter) {
                Some(Parameter::Quality) => quality = parse_quality(value),
                Some(Parameter::Escaping) => escaping = Escaping::ALL.iter().find(|scheme| is(value, scheme.token())).copied(),
                Some(Parameter::Version) => version = value,
                Some(Parameter::Charset) => {}
                #[cfg(feature = "protobuf")]
                Some(Parameter::Only(served)) => foreign |= !(is(media_type, PROTOBUF) && is(value, served)),
                None => foreign |= !name.is_empty(),
            }
        }
        if let (Some(escaping), true) = (escaping, quality > self.scheme_quality) {
            (self.scheme_quality, self.scheme) = (quality, escaping);
        }
        let served = RANGES.iter().find(|range| !foreign && is(media_type, range.0) && (version.is_empty() || is(version, range.1)));
        if let (Some(&(_, _, format)), true) = (served, quality > self.quality) {
            self.quality = quality;
            self.best = Negotiated { format, escaping };
        }
    }
}

/// Takes the piece in front of the next separator that is not inside quotes, without blanks around it.
fn next<'t>(text: &mut &'t [u8], separator: u8) -> &'t [u8] {
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
    let (piece, rest) = text.split_at_checked(end.unwrap_or(text.len())).unwrap_or((text, &[]));
    *text = rest.get(1..).unwrap_or(&[]);
    trim(piece)
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

    #[cfg(feature = "protobuf")]
    const PROTOBUF_OR_NOT: (Format, Option<Escaping>) = (Format::Protobuf, None);
    #[cfg(not(feature = "protobuf"))]
    const PROTOBUF_OR_NOT: (Format, Option<Escaping>) = (Om, Some(Escaping::AllowUtf8));

    #[test]
    fn headers_of_real_scrapers() {
        // What Prometheus says where native histograms are switched on.
        let protobuf = PROTOBUF_OR_NOT;
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
                protobuf.0,
                protobuf.1,
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

    #[test]
    fn the_next_version_is_for_those_who_ask_for_it() {
        #[cfg(feature = "openmetrics-2")]
        let next = Format::OpenMetrics200;
        #[cfg(not(feature = "openmetrics-2"))]
        let next = T0;
        let table = [
            ("application/openmetrics-text;version=2.0.0", next),
            ("application/openmetrics-text;version=2.0.0;q=0.5,application/openmetrics-text;version=1.0.0;q=0.6", Om),
            ("application/openmetrics-text", Om),
            ("application/openmetrics-text;version=3.0.0", T0),
        ];
        for (header, format) in table {
            assert_eq!(Negotiated::from_accept(header).format, format, "{header}");
        }
    }

    #[cfg(feature = "protobuf")]
    #[test]
    fn one_message_and_one_encoding_of_protobuf() {
        let table = [
            ("application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited", Format::Protobuf),
            ("application/vnd.google.protobuf", Format::Protobuf),
            ("application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=text", T0),
            ("application/vnd.google.protobuf;proto=x.Y;encoding=delimited", T0),
            ("application/vnd.google.protobuf;q=0.4,text/plain;version=1.0.0;q=0.5", T1),
            ("text/plain;encoding=delimited", T0),
        ];
        for (header, format) in table {
            assert_eq!(Negotiated::from_accept(header).format, format, "{header}");
        }
    }
}
