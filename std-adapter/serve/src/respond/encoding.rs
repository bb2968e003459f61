//! Which compression a client wants (RFC 9110 section 12.5.3), and doing it.

/// A content coding that can be had.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    Identity,
    #[cfg(feature = "gzip")]
    Gzip,
    #[cfg(feature = "zstd")]
    Zstd,
}

impl Encoding {
    /// The better one of equals comes first. Nothing is compressed for who did not name it: `*` alone gets the plain page.
    const OFFERED: &'static [Self] = &[
        #[cfg(feature = "zstd")]
        Self::Zstd,
        #[cfg(feature = "gzip")]
        Self::Gzip,
    ];

    pub(crate) fn from_accept(header: &str) -> Self {
        let mut best = (quality(header, Self::Identity.token()).unwrap_or(0), Self::Identity);
        for &offered in Self::OFFERED {
            let quality = quality(header, offered.token()).unwrap_or(0);
            // A coding that is named as gladly as no coding is meant to be used.
            if quality > best.0 || (quality > 0 && quality == best.0 && best.1 == Self::Identity) {
                best = (quality, offered);
            }
        }
        best.1
    }

    pub(crate) const fn token(self) -> &'static str {
        match self {
            Self::Identity => "identity",
            #[cfg(feature = "gzip")]
            Self::Gzip => "gzip",
            #[cfg(feature = "zstd")]
            Self::Zstd => "zstd",
        }
    }
}

/// Thousandths; `None` if the coding is not named. `x-gzip` is another word for `gzip`.
fn quality(header: &str, coding: &str) -> Option<u16> {
    header.split(',').find_map(|item| {
        let mut parts = item.split(';').map(str::trim);
        let name = parts.next()?;
        let known = name.eq_ignore_ascii_case(coding) || (coding == "gzip" && name.eq_ignore_ascii_case("x-gzip"));
        let quality = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
        known.then(|| match quality.map(|text| text.trim().parse::<f32>()) {
            Some(Ok(quality)) => (quality.clamp(0.0, 1.0) * 1_000.0) as u16,
            // As good as not given, as other servers have it.
            Some(Err(_)) | None => 1_000,
        })
    })
}

/// Compresses a page in place of the one before; whether there is anything compressed.
pub(crate) fn compress(encoding: Encoding, page: &[u8], into: &mut Vec<u8>) -> bool {
    into.clear();
    match encoding {
        Encoding::Identity => {
            let _ = page;
            false
        }
        #[cfg(feature = "gzip")]
        Encoding::Gzip => {
            // Level 1: a page is written once and read once. Level 6 takes five times as long for a third less. An encoder that was
            // kept for the next page would save 2 us of it, and hold its memory from scrape to scrape.
            let mut encoder = flate2::write::GzEncoder::new(std::mem::take(into), flate2::Compression::new(1));
            let written = std::io::Write::write_all(&mut encoder, page).and_then(|()| encoder.finish());
            written.map(|bytes| *into = bytes).is_ok()
        }
        #[cfg(feature = "zstd")]
        Encoding::Zstd => {
            into.reserve(zstd::zstd_safe::compress_bound(page.len()));
            zstd::bulk::Compressor::new(1).and_then(|mut encoder| encoder.compress_to_buffer(page, into)).is_ok()
        }
    }
}

#[cfg(all(test, feature = "gzip", feature = "zstd"))]
mod tests {
    use super::*;
    use std::io::Read;

    #[test]
    fn codings_by_quality() {
        use Encoding::{Gzip, Identity, Zstd};
        let table = [
            ("gzip", Gzip),
            ("deflate, GZIP", Gzip),
            (" gzip ", Gzip),
            ("x-gzip", Gzip),
            ("", Identity),
            ("*", Identity),
            ("identity", Identity),
            ("br", Identity),
            ("gzipped", Identity),
            ("gzip;q=0", Identity),
            ("gzip; Q=0.000, zstd;q=0", Identity),
            ("gzip, zstd", Zstd),
            ("gzip;q=0.9, zstd;q=0.8", Gzip),
            ("gzip;q=0.5, identity", Identity),
            ("gzip, identity", Gzip),
            ("gzip;q=0.5, identity;q=0", Gzip),
            ("gzip;q=nonsense", Gzip),
            ("gzip;q=-1", Identity),
            ("gzip;q=NaN", Identity),
            (",,;;=", Identity),
        ];
        for (header, encoding) in table {
            assert_eq!(Encoding::from_accept(header), encoding, "{header:?}");
        }
    }

    #[test]
    fn what_was_compressed_comes_out_again() {
        let page = "http_requests_total{code=\"200\"} 7\n".repeat(5_000);
        let mut compressed = Vec::new();
        for _ in 0..2 {
            assert!(compress(Encoding::Gzip, page.as_bytes(), &mut compressed));
            let mut text = String::new();
            flate2::read::GzDecoder::new(compressed.as_slice()).read_to_string(&mut text).unwrap();
            assert!(text == page && compressed.len() < page.len() / 5);
            assert!(compress(Encoding::Zstd, page.as_bytes(), &mut compressed));
            assert_eq!(zstd::decode_all(compressed.as_slice()).unwrap(), page.as_bytes());
        }
    }
}
