//! What is answered at which path.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use httpdate::HttpDate;
use picometer::{Collector, Encoder, Stop};
use picometer_registry::Scrape;

use super::auth::Auth;
use super::limits::Limits;
use super::options::{Paths, Place};
use super::self_metrics::SelfMetrics;
use crate::respond::{ALLOW, Answer, Asked, Buffers, RequestParts};

/// What every connection shares.
pub(super) struct Site {
    pub(super) metrics: Box<dyn Collector>,
    /// The type of the metrics, for want of another name.
    pub(super) name: &'static str,
    pub(super) paths: Paths,
    pub(super) title: String,
    pub(super) limits: Limits,
    pub(super) share_within: Duration,
    pub(super) auth: Auth,
    pub(super) own: Arc<SelfMetrics>,
    pub(super) shows_own: bool,
    pub(super) clock: fn() -> SystemTime,
}

/// Where a request leads.
#[derive(Debug)]
pub(super) enum Route {
    /// To the metrics, which take time to write.
    Metrics(Asked),
    /// To an answer that takes none.
    Ready(Answer),
}

/// The metrics of a program, then those of the exporter.
struct Both<'a>(&'a dyn Collector, &'a dyn Collector);

impl Collector for Both<'_> {
    fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
        self.0.collect(out)?;
        self.1.collect(out)
    }
}

impl Site {
    /// Whether credentials are not asked for.
    pub(super) fn is_public(&self, request: &RequestParts<'_>) -> bool {
        matches!(self.place(request), Place::Health | Place::Ready)
    }

    fn place(&self, request: &RequestParts<'_>) -> Place {
        self.paths.find(request.target.split('?').next().unwrap_or_default())
    }

    pub(super) fn route(&self, request: &RequestParts<'_>) -> Route {
        Route::Ready(match (&*request.method, self.place(request)) {
            ("OPTIONS", Place::Server) => Answer::text(200, "").with(ALLOW),
            (_, Place::Nothing | Place::Server) => Answer::text(404, "404 Not Found\n"),
            ("GET" | "HEAD", Place::Metrics) => match Asked::of(request) {
                Ok(asked) => return Route::Metrics(asked),
                Err(refusal) => refusal,
            },
            ("GET" | "HEAD", Place::Health) => Answer::text(200, "OK\n"),
            ("GET" | "HEAD", Place::Ready) => Answer::text(200, "ready\n"),
            ("GET" | "HEAD", Place::Landing) => self.landing_page(),
            ("OPTIONS", _) => Answer::text(200, "").with(ALLOW),
            _ => Answer::text(405, "405 Method Not Allowed\n").with(ALLOW),
        })
    }

    /// The metrics; runs the collectors.
    pub(super) fn render(&self, asked: &Asked, scrape: &Arc<Scrape>, buffers: &mut Buffers) -> Answer {
        let answer = if self.shows_own {
            asked.answer(scrape, &Both(&*self.metrics, &*self.own), buffers)
        } else {
            asked.answer(scrape, &*self.metrics, buffers)
        };
        if answer.status == 500 {
            self.own.render_errors.inc();
        }
        answer
    }

    /// The `Date` of now. A clock that was never set, or is far off, may say what the header cannot.
    pub(super) fn date(&self) -> Option<HttpDate> {
        date((self.clock)())
    }

    /// Links are relative, so that they are right behind a proxy that puts something in front of the paths.
    fn landing_page(&self) -> Answer {
        let link = |path: &str| escaped(&relative(path));
        let (title, metrics) = (escaped(&self.title), link(&self.paths.metrics));
        let (health, ready) = (link(&self.paths.health), link(&self.paths.ready));
        let page = format!(
            "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title></head>\n\
             <body><h1>{title}</h1><p><a href=\"{metrics}\">Metrics</a> <a href=\"{health}\">Health</a> \
             <a href=\"{ready}\">Readiness</a></p></body></html>\n"
        );
        let mut answer = Answer::text(200, page);
        answer.headers = vec![("content-type", "text/html; charset=utf-8".into())];
        answer
    }
}

/// A path as a page at `/` links to it.
fn relative(path: &str) -> String {
    let relative = path.strip_prefix('/').unwrap_or(path);
    let first = relative.split('/').next().unwrap_or_default();
    // What would be another host, a scheme, or this page.
    if first.is_empty() || first.contains(':') { format!("./{relative}") } else { relative.to_owned() }
}

/// `Date` has four digits for the year.
fn date(now: SystemTime) -> Option<HttpDate> {
    const YEAR_10000: u64 = 253_402_300_800;
    let since = now.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    (since.as_secs() < YEAR_10000).then(|| HttpDate::from(now))
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

impl std::fmt::Debug for Site {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Site").field("paths", &self.paths).field("limits", &self.limits).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn date_is_left_out_where_it_has_no_form() {
        let at = |seconds: u64| SystemTime::UNIX_EPOCH + Duration::from_secs(seconds);
        assert_eq!(date(at(784_111_777)).unwrap().to_string(), "Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(date(at(0)).unwrap().to_string(), "Thu, 01 Jan 1970 00:00:00 GMT");
        assert_eq!(date(at(253_402_300_799)).unwrap().to_string(), "Fri, 31 Dec 9999 23:59:59 GMT");
        for wrong in [at(253_402_300_800), at(1 << 40), SystemTime::UNIX_EPOCH - Duration::from_nanos(1)] {
            assert!(date(wrong).is_none(), "{wrong:?}");
        }
        // What a clock of 32 bits says after 2038, and what one of 64 bits can say at most.
        for far in [-i64::from(i32::MAX), i64::from(i32::MIN)] {
            assert!(date(SystemTime::UNIX_EPOCH - Duration::from_secs(far.unsigned_abs())).is_none());
        }
    }

    #[test]
    fn links_are_relative() {
        for (path, link) in [("/metrics", "metrics"), ("/-/healthy", "-/healthy"), ("/a:b", "./a:b"), ("//x/y", ".//x/y"), ("/", "./")] {
            assert_eq!(relative(path), link);
        }
    }
}
