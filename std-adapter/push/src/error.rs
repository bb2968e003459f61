//! Why a push failed, and whether it helps to try again.

use std::io;
use std::time::Duration;

/// Error of a push.
///
/// ```
/// use picometer_std::push::{PushError, Pushgateway};
///
/// let error = Pushgateway::new("http://pushgateway:9091", "").unwrap_err();
/// assert!(matches!(error, PushError::Label { .. }));
/// ```
#[non_exhaustive]
pub enum PushError {
    /// The address is none.
    Url {
        /// What was given.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A label of the target or of the grouping key that no server takes.
    Label {
        /// The name of the label.
        name: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A metric has a label of the grouping key, which the Pushgateway would overwrite without a word.
    GroupingLabel {
        /// The family of the metric.
        family: String,
        /// The label.
        label: String,
    },
    /// A certificate or a key that cannot be read, or a connection that cannot be made secure.
    Tls(String),
    /// The name of the host is not known.
    HostNotFound(String),
    /// No server answers at the address, or the connection broke.
    Io(io::Error),
    /// The server did not answer in time.
    Timeout {
        /// The address, without credentials; empty where the error was made without one.
        url: String,
    },
    /// What the server answers is not HTTP.
    Protocol(String),
    /// The server sends from one address to the other.
    TooManyRedirects {
        /// The last address, without credentials; empty where the error was made without one.
        url: String,
    },
    /// The server refused.
    Status {
        /// The address that refused, without credentials; empty where the error was made without one.
        url: String,
        /// The status code.
        status: u16,
        /// What it says, shortened.
        body: String,
        /// For how long it wants to be left alone.
        retry_after: Option<Duration>,
    },
    /// The server took some of it and refused the rest; to send it again would not help.
    Partial {
        /// How many samples or points were refused.
        rejected: u64,
        /// Why, if the server said so.
        message: String,
    },
    /// The queue was full, so that older batches made room for newer ones while the pusher ran.
    Dropped {
        /// How many batches.
        batches: u64,
        /// How many samples were in them.
        samples: u64,
        /// The last error of the receiver.
        last: Option<Box<PushError>>,
    },
    /// This is a child of `fork`, and what was asked for belongs to threads of its parent, which goes on by itself.
    OtherProcess,
    /// Not everything was delivered by the time that the pusher had to stop. If batches were dropped before, `last` is
    /// [`Dropped`](Self::Dropped).
    Undelivered {
        /// How many batches were left.
        batches: usize,
        /// The last error.
        last: Option<Box<PushError>>,
    },
}

impl PushError {
    /// Whether the same may succeed later: the server was away, slow, busy or broken.
    ///
    /// ```
    /// # use picometer_std::push::PushError;
    /// let url = "http://gateway:9091".to_owned();
    /// assert!(PushError::Timeout { url: url.clone() }.may_retry());
    /// let reason = "no host".to_owned();
    /// assert!(!PushError::Url { url, reason }.may_retry());
    /// ```
    pub fn may_retry(&self) -> bool {
        match self {
            Self::Status { status, .. } => matches!(status, 429 | 500..=599),
            // Certificates are renewed, and redirects corrected.
            Self::HostNotFound(_)
            | Self::Io(_)
            | Self::Timeout { .. }
            | Self::Tls(_)
            | Self::TooManyRedirects { .. }
            | Self::Protocol(_)
            | Self::Undelivered { .. } => true,
            Self::Url { .. } | Self::Label { .. } | Self::GroupingLabel { .. } | Self::Partial { .. } | Self::Dropped { .. } => false,
            Self::OtherProcess => false,
        }
    }

    /// For how long the server wants to be left alone.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Status { retry_after, .. } => *retry_after,
            _ => None,
        }
    }
}

impl PushError {
    /// The same error with the address that it is of, where its kind has a place for it.
    pub(super) fn of(self, address: &str) -> Self {
        let url = without_credentials(address);
        match self {
            Self::Io(error) => Self::Io(io::Error::new(error.kind(), AtAddress { url, error })),
            Self::Tls(reason) => Self::Tls(format!("{url}: {reason}")),
            Self::Protocol(reason) => Self::Protocol(format!("{url}: {reason}")),
            Self::Status { status, body, retry_after, .. } => Self::Status { url, status, body, retry_after },
            Self::Timeout { .. } => Self::Timeout { url },
            Self::TooManyRedirects { .. } => Self::TooManyRedirects { url },
            other => other,
        }
    }
}

/// An error of the system with the address that it is of.
struct AtAddress {
    url: String,
    error: io::Error,
}

impl std::fmt::Display for AtAddress {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.url, self.error)
    }
}

picometer::__speaks!(AtAddress);

impl std::error::Error for AtAddress {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.error)
    }
}

/// An address as it may be in a log: without a user's name and password.
pub(super) fn without_credentials(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    match rest.get(..end).and_then(|host| host.rfind('@')) {
        Some(at) => format!("{scheme}://{}", rest.get(at + 1..).unwrap_or("")),
        None => url.to_owned(),
    }
}

/// What did not do as it should.
fn server(url: &str) -> &str {
    if url.is_empty() { "the server" } else { url }
}

impl std::fmt::Display for PushError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Url { url, reason } => write!(f, "cannot push to `{}`: {reason}", without_credentials(url)),
            Self::Label { name, reason } => write!(f, "label `{name}` of what is pushed: {reason}"),
            Self::GroupingLabel { family, label } => {
                write!(f, "metric `{family}` has the label `{label}`, which belongs to the grouping key: rename the label of one of them")
            }
            Self::Tls(reason) => write!(f, "TLS: {reason}"),
            Self::HostNotFound(host) => write!(f, "the host of `{host}` is not known: check its name"),
            Self::Io(error) => write!(f, "cannot push to {error}"),
            Self::Timeout { url } => write!(f, "{} did not answer in time: see `timeout`", server(url)),
            Self::Protocol(reason) => write!(f, "the answer is not HTTP: {reason}"),
            Self::TooManyRedirects { url } => write!(f, "{} redirects once too often: see `redirects`", server(url)),
            Self::Status { url, status, body, .. } => {
                write!(f, "{} answered {status}", server(url))?;
                match status {
                    401 | 403 => f.write_str(", check the credentials")?,
                    404 | 405 => f.write_str(", check the path")?,
                    _ => {}
                }
                if body.is_empty() { Ok(()) } else { write!(f, ": {body}") }
            }
            Self::Partial { rejected, message } => write!(f, "the server refused {rejected} of what was pushed: {message}"),
            Self::Dropped { batches, samples, last } => {
                write!(f, "the queue was full: {samples} samples in {batches} batches were dropped")?;
                last.as_ref().map_or(Ok(()), |last| write!(f, "; {last}"))
            }
            Self::OtherProcess => f.write_str("this is a child of `fork`, and the threads of the pusher are in its parent: start one here"),
            Self::Undelivered { batches, last: None } => write!(f, "{batches} batches were not delivered in time"),
            Self::Undelivered { batches, last: Some(last) } => write!(f, "{batches} batches were not delivered in time; {last}"),
        }
    }
}

picometer::__speaks!(PushError);
impl std::error::Error for PushError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(error) => Some(error),
            Self::Dropped { last: Some(last), .. } | Self::Undelivered { last: Some(last), .. } => Some(last),
            _ => None,
        }
    }
}

impl From<io::Error> for PushError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => Self::Timeout { url: String::new() },
            _ => Self::Io(error),
        }
    }
}
