//! Addresses of receivers, and where redirects lead.

use ureq::http::Uri;

use super::error::PushError;

/// Scheme, host and port.
pub(super) fn origin(url: &str) -> Option<&str> {
    let behind = url.find("://")? + 3;
    let end = url.get(behind..)?.find(['/', '?', '#']).map_or(url.len(), |at| behind + at);
    url.get(..end)
}

/// Where a redirect leads.
pub(super) fn absolute(from: &str, location: &str) -> Result<String, PushError> {
    let bad = |reason: &str| PushError::Url { url: location.into(), reason: reason.into() };
    if location.starts_with("http://") || location.starts_with("https://") {
        return Ok(location.into());
    }
    let origin = origin(from).ok_or_else(|| bad("it redirects from nowhere"))?;
    if let Some(path) = location.strip_prefix("//") {
        let scheme = origin.split_once("//").map_or("http:", |(scheme, _)| scheme);
        return Ok(format!("{scheme}//{path}"));
    }
    if location.starts_with('/') {
        return Ok(format!("{origin}{location}"));
    }
    if location.contains("://") {
        return Err(bad("it redirects to something that is not HTTP"));
    }
    let folder = from.rfind('/').filter(|&at| at >= origin.len()).and_then(|at| from.get(..=at));
    Ok(format!("{}{location}", folder.map_or_else(|| format!("{origin}/"), str::to_owned)))
}

/// Checks an address, and gives it a scheme where it has none.
pub(super) fn base_url(url: &str) -> Result<String, PushError> {
    let bad = |reason: String| PushError::Url { url: url.into(), reason };
    let full = if url.contains("://") { url.to_owned() } else { format!("http://{url}") };
    let uri: Uri = full.parse().map_err(|error: ureq::http::uri::InvalidUri| bad(error.to_string()))?;
    match (uri.scheme_str(), uri.host()) {
        (Some("http" | "https"), Some(host)) if !host.is_empty() => Ok(full.trim_end_matches('/').to_owned()),
        (Some("http" | "https"), _) => Err(bad("there is no host in it".into())),
        _ => Err(bad("it is neither http nor https".into())),
    }
}

/// Appends bytes, all but unreserved ones as `%XX`.
pub(super) fn percent_encode(text: &str, out: &mut String) {
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => out.push(byte.into()),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redirects_lead_somewhere() {
        let table = [
            ("http://a/b/c", "/d", "http://a/d"),
            ("http://a/b/c", "d", "http://a/b/d"),
            ("http://a", "d", "http://a/d"),
            ("https://a:1/b", "//c/d", "https://c/d"),
            ("http://a/b", "https://c/", "https://c/"),
        ];
        for (from, location, expected) in table {
            assert_eq!(absolute(from, location).unwrap(), expected);
        }
        assert!(matches!(absolute("http://a/", "ftp://b/"), Err(PushError::Url { .. })));
    }

    #[test]
    fn addresses() {
        assert_eq!(base_url("localhost:9091").unwrap(), "http://localhost:9091");
        assert_eq!(base_url("https://h/p//").unwrap(), "https://h/p");
        for wrong in ["ftp://h", "http://", "", "a b", "http:///x"] {
            assert!(matches!(base_url(wrong), Err(PushError::Url { .. })), "{wrong}");
        }
    }
}
