//! What is served at which path, and options that contradict each other.

use picometer::http::is_path;

use super::auth::Auth;

/// The paths of an exporter.
#[derive(Clone, Debug)]
pub(super) struct Paths {
    pub(super) metrics: String,
    pub(super) health: String,
    pub(super) ready: String,
    /// What is at `/`, unless one of those is.
    pub(super) landing: Place,
}

/// What is at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Metrics,
    Health,
    Ready,
    Landing,
    /// `*`, of `OPTIONS`.
    Server,
    Nothing,
}

impl Paths {
    pub(super) fn new() -> Self {
        Self { metrics: "/metrics".into(), health: "/-/healthy".into(), ready: "/-/ready".into(), landing: Place::Landing }
    }

    /// What is at the path of a target. The one place that says so: what is public, and what is served, follow from it.
    pub(super) fn find(&self, path: &str) -> Place {
        let is = |known: &str| is_path(path.as_bytes(), known);
        match () {
            () if is(&self.metrics) => Place::Metrics,
            () if is(&self.health) => Place::Health,
            () if is(&self.ready) => Place::Ready,
            () if path == "/" => self.landing,
            () if path == "*" => Place::Server,
            () => Place::Nothing,
        }
    }

    /// Whether each path leads to one thing, by every way of writing it.
    pub(super) fn check(&self, auth: &Auth) -> Result<(), OptionsError> {
        let named = [("metrics", &self.metrics), ("health", &self.health), ("readiness", &self.ready)];
        for (at, (one, path)) in named.iter().enumerate() {
            for (other, same) in named.iter().skip(at + 1) {
                if is_path(path.as_bytes(), same) || is_path(same.as_bytes(), path) || decoded(path) == decoded(same) {
                    return Err(OptionsError::SamePath { path: (*path).clone(), first: one, second: other });
                }
            }
        }
        if auth.has_no_users() { Err(OptionsError::NoUsers) } else { Ok(()) }
    }
}

/// With percent-encoding undone; what only looks like it stays.
fn decoded(path: &str) -> Vec<u8> {
    let mut bytes = path.bytes();
    let mut decoded = Vec::new();
    while let Some(byte) = bytes.next() {
        let mut ahead = bytes.clone();
        let mut digit = || ahead.next().and_then(|byte| char::from(byte).to_digit(16));
        match (byte, digit(), digit()) {
            (b'%', Some(high), Some(low)) => {
                decoded.push((high << 4 | low) as u8);
                bytes = ahead;
            }
            _ => decoded.push(byte),
        }
    }
    decoded
}

/// A path as it is served: with a slash in front.
pub(super) fn absolute(path: impl Into<String>) -> String {
    let mut path = path.into();
    if !path.starts_with('/') {
        path.insert(0, '/');
    }
    path
}

/// Options of an [`Exporter`](super::Exporter) that contradict each other: the cause of the error that
/// [`spawn`](super::Exporter::spawn) returns then, of kind [`InvalidInput`](std::io::ErrorKind::InvalidInput).
///
/// ```
/// use picometer_std::exporter::{Exporter, OptionsError};
///
/// let exporter = Exporter::bind("127.0.0.1:0")?.path("/-/healthy");
/// let error = exporter.spawn(picometer::Registry::new(&[])).unwrap_err();
/// let cause = error.get_ref().and_then(|cause| cause.downcast_ref::<OptionsError>());
/// assert!(matches!(cause, Some(OptionsError::SamePath { .. })));
/// # Ok::<(), std::io::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum OptionsError {
    /// Two things at one path. Health needs no credentials; metrics at its path would need none either.
    SamePath {
        /// The path.
        path: String,
        /// What is to be there.
        first: &'static str,
        /// What is to be there too.
        second: &'static str,
    },
    /// Passwords are asked for, and no user has one.
    NoUsers,
}

impl std::fmt::Display for OptionsError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::SamePath { path, first, second } => {
                write!(f, "{first} and {second} have the same path {path:?}: give one of them another")
            }
            Self::NoUsers => f.write_str("passwords are asked for, but there is no user: add one to `BasicAuth`, or leave it out"),
        }
    }
}

picometer::__speaks!(OptionsError);
impl std::error::Error for OptionsError {}

impl From<OptionsError> for std::io::Error {
    fn from(error: OptionsError) -> Self {
        Self::new(std::io::ErrorKind::InvalidInput, error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn same_path_is_refused_in_every_spelling() {
        let check = |metrics: &str| Paths { metrics: absolute(metrics), ..Paths::new() }.check(&Auth::default());
        for path in ["/metrics", "metrics", "/", "", "/-/healthyy", "/-/HEALTHY", "/-/healthy/"] {
            assert_eq!(check(path), Ok(()), "{path}");
        }
        for path in ["/-/healthy", "-/ready", "/-/health%79", "/%2d/ready", "/%2D%2fhealthy"] {
            assert!(matches!(check(path), Err(OptionsError::SamePath { .. })), "{path}");
        }
        let paths = Paths { ready: "/-/healthy".into(), ..Paths::new() };
        assert!(paths.check(&Auth::default()).is_err());
    }
}
