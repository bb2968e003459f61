//! What a server serves, and how long its clients may take.

use super::auth::Auth;
use crate::collector::Collector;
use crate::number::Number;
use crate::time::Timestamp;

/// What a server serves; one for all of its connections.
///
/// ```
/// use picometer::Registry;
/// use picometer::http::{Limits, Endpoint};
///
/// static METRICS: Registry = Registry::new(&[]);
/// static SITE: Endpoint = Endpoint::new(&METRICS)
///     .title("thermostat")
///     .limits(Limits { head_millis: 2_000, ..Limits::DEFAULT });
/// ```
#[derive(Clone, Copy)]
#[doc(alias("Site"))]
pub struct Endpoint<'a> {
    pub(super) metrics: &'a dyn Collector,
    pub(super) path: &'a str,
    pub(super) title: &'a str,
    pub(super) limits: Limits,
    pub(super) started: Option<Started>,
    pub(super) auth: Option<Auth<'a>>,
}

/// Who knows the moment, and what makes a number of it: code that only those link who have one.
type Started = (fn() -> Option<Timestamp>, fn(Timestamp) -> Number);

impl<'a> Endpoint<'a> {
    /// Serves metrics at `/metrics`.
    pub const fn new(metrics: &'a dyn Collector) -> Self {
        Self { metrics, path: "/metrics", title: "picometer", limits: Limits::DEFAULT, started: None, auth: None }
    }

    /// Serves them at another path, which starts with `/`.
    #[must_use]
    pub const fn path(self, path: &'a str) -> Self {
        Self { path, ..self }
    }

    /// What the page at `/` says in front of the path.
    #[must_use]
    pub const fn title(self, title: &'a str) -> Self {
        Self { title, ..self }
    }

    /// Answers only requests with this user name and password (RFC 7617), and others with 401.
    ///
    /// Compared in constant time. Over plain HTTP the password can be read on the way: it keeps out scanners and mistakes, not a person who
    /// listens. With [`bearer_token`](Self::bearer_token) too, either will do.
    ///
    /// ```
    /// use picometer::Registry;
    /// use picometer::http::{Action, Responder, Endpoint};
    ///
    /// static METRICS: Registry = Registry::new(&[]);
    /// static SITE: Endpoint = Endpoint::new(&METRICS).basic_auth("scraper", "secret");
    ///
    /// let mut connection = Responder::new(&SITE);
    /// connection.receive(
    ///     0,
    ///     b"GET /metrics HTTP/1.0\r\nAuthorization: Basic c2NyYXBlcjpzZWNyZXQ=\r\n\r\n",
    /// );
    /// let mut room = [0; 100];
    /// let len = connection.transmit(0, &mut room);
    /// assert!(room[..len].starts_with(b"HTTP/1.1 200 OK\r\n"));
    /// ```
    #[must_use]
    pub const fn basic_auth(self, user: &'a str, password: &'a str) -> Self {
        let auth = match self.auth {
            Some(auth) => auth,
            None => Auth::NONE,
        };
        Self { auth: Some(auth.basic(user, password)), ..self }
    }

    /// Answers only requests with this token (RFC 6750), and others with 401; an empty one admits none.
    ///
    /// As for [`basic_auth`](Self::basic_auth).
    #[must_use]
    pub const fn bearer_token(self, token: &'a str) -> Self {
        let auth = match self.auth {
            Some(auth) => auth,
            None => Auth::NONE,
        };
        Self { auth: Some(auth.bearer(token)), ..self }
    }

    /// How long clients may take.
    #[must_use]
    pub const fn limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// Adds `_created` samples to OpenMetrics pages, with the moment that a function says; see [`Exposition::started`](crate::Exposition::started).
    #[must_use]
    pub const fn started(self, started: fn() -> Option<Timestamp>) -> Self {
        Self { started: Some((started, Number::moment)), ..self }
    }
}

shown_as!([] Endpoint<'_>, self => "{} at {}", self.title, self.path);

/// How long a client may take, in milliseconds.
///
/// ```
/// use picometer::http::Limits;
///
/// assert_eq!(Limits::DEFAULT.head_millis, 5_000);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Limits {
    /// From the first byte of a head to its last: then 408.
    pub head_millis: u32,
    /// Without a request on a connection that is kept: then it is closed.
    pub idle_millis: u32,
    /// Without taking any byte of a response: then the connection is reset.
    pub send_millis: u32,
}

impl Limits {
    /// 5 s for a head, 60 s between requests, 10 s without progress.
    pub const DEFAULT: Self = Self { head_millis: 5_000, idle_millis: 60_000, send_millis: 10_000 };
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}
