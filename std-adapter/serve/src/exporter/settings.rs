//! What an exporter serves, and to whom.

use std::time::Duration;

#[cfg(feature = "basic-auth")]
use super::BasicAuth;
#[cfg(feature = "tls")]
use super::Tls;
use super::options::{Place, absolute};
use super::{BearerToken, Exporter, Limits};

/// What to serve, and to whom.
impl Exporter {
    /// Serves the metrics at another path, which starts with `/`; one is put in front where it does not.
    ///
    /// ```
    /// # use picometer_std::exporter::Exporter;
    /// let exporter = Exporter::bind("127.0.0.1:0").unwrap().path("/internal/metrics");
    /// ```
    #[must_use]
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.paths.metrics = absolute(path);
        self
    }

    /// Answers `OK` at another path than `/-/healthy`, without credentials.
    #[must_use]
    pub fn health_path(mut self, path: impl Into<String>) -> Self {
        self.paths.health = absolute(path);
        self
    }

    /// Answers at another path than `/-/ready`, without credentials. A collector that hangs does not make an exporter unready.
    #[must_use]
    pub fn ready_path(mut self, path: impl Into<String>) -> Self {
        self.paths.ready = absolute(path);
        self
    }

    /// Serves the metrics at `/` too, in place of the page for people: for scrapers that are given a host and no path.
    ///
    /// ```
    /// # use picometer_std::exporter::Exporter;
    /// let exporter = Exporter::bind("127.0.0.1:0").unwrap().metrics_at_root();
    /// ```
    #[must_use]
    pub fn metrics_at_root(mut self) -> Self {
        self.paths.landing = Place::Metrics;
        self
    }

    /// The title of the page at `/`.
    #[must_use]
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }

    /// How much clients may ask for, and how long they may take.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Answers by one page all requests for the same that come within so long, from the moment at which the page is begun.
    ///
    /// Off by default: a page then has everything that was counted before the request. Several scrapers of one program, such as
    /// replicas of a server, cost one page with a second or so. Up to eight pages that differ are kept; their memory counts for
    /// [`Limits::page_bytes`], and is given back when other pages need it.
    ///
    /// ```
    /// use std::time::Duration;
    /// use picometer_std::exporter::Exporter;
    ///
    /// # fn main() -> std::io::Result<()> {
    /// let exporter = Exporter::bind("127.0.0.1:0")?.share_pages(Duration::from_secs(1));
    /// # Ok(())
    /// # }
    /// ```
    #[must_use]
    pub fn share_pages(mut self, within: Duration) -> Self {
        self.share_within = within;
        self
    }

    /// Leaves the exporter's own metrics (`picometer_exporter_…`) out of the page.
    #[must_use]
    pub fn without_self_metrics(mut self) -> Self {
        self.self_metrics = false;
        self
    }

    /// Serves only who brings this token. May be called again for another one.
    #[must_use]
    pub fn bearer_token(mut self, token: BearerToken) -> Self {
        self.auth.add_token(&token);
        self
    }

    /// Serves only who brings the name and password of one of these users.
    #[cfg(feature = "basic-auth")]
    #[must_use]
    pub fn basic_auth(mut self, users: BasicAuth) -> Self {
        self.auth.set_users(users);
        self
    }

    /// Serves by TLS.
    #[cfg(feature = "tls")]
    #[must_use]
    pub fn tls(mut self, tls: Tls) -> Self {
        self.tls = Some(tls);
        self
    }
}
