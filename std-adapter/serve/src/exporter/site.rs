//! What is served at which path.

use picometer::http::is_path;
use picometer::{Collector, Encoder, Stop};

use super::auth::Auth;
use super::limits::Limits;
use super::self_metrics::SelfMetrics;
use crate::respond::{ALLOW, Answer, Buffers, RequestParts, answer};

/// What every connection shares.
pub(super) struct Site {
    pub(super) metrics: Box<dyn Collector>,
    pub(super) path: String,
    pub(super) title: String,
    pub(super) limits: Limits,
    pub(super) auth: Auth,
    pub(super) own: SelfMetrics,
    pub(super) shows_own: bool,
}

/// Where a request leads.
#[derive(Debug)]
pub(super) enum Route {
    /// To the metrics, which take time to write.
    Metrics,
    /// To an answer that takes none.
    Ready(Answer),
}

/// The metrics of a program, then those of whoever serves them.
struct Both<'a>(&'a dyn Collector, &'a dyn Collector);

impl Collector for Both<'_> {
    fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
        self.0.collect(out)?;
        self.1.collect(out)
    }
}

const HEALTHY: &str = "/-/healthy";

impl Site {
    /// Whether everybody may ask.
    pub(super) fn is_public(&self, request: &RequestParts<'_>) -> bool {
        path(request) == HEALTHY
    }

    pub(super) fn route(&self, request: &RequestParts<'_>) -> Route {
        let path = path(request);
        let is_metrics = is_path(path.as_bytes(), &self.path);
        Route::Ready(match &*request.method {
            "OPTIONS" if path == "*" => Answer::text(200, "").with(ALLOW),
            _ if !is_metrics && path != HEALTHY && path != "/" => Answer::text(404, "404 Not Found\n"),
            "GET" | "HEAD" if is_metrics => return Route::Metrics,
            "GET" | "HEAD" if path == HEALTHY => Answer::text(200, "OK\n"),
            "GET" | "HEAD" => self.landing_page(),
            "OPTIONS" => Answer::text(200, "").with(ALLOW),
            _ => Answer::text(405, "405 Method Not Allowed\n").with(ALLOW),
        })
    }

    /// The metrics; runs the collectors.
    pub(super) fn render(&self, request: &RequestParts<'_>, buffers: &mut Buffers) -> Answer {
        let answer = if self.shows_own {
            answer(request, &Both(&*self.metrics, &self.own), buffers)
        } else {
            answer(request, &*self.metrics, buffers)
        };
        if answer.status == 500 {
            self.own.render_errors.inc();
        }
        answer
    }

    fn landing_page(&self) -> Answer {
        let (title, path) = (escaped(&self.title), escaped(&self.path));
        let page = format!(
            "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title></head>\n\
             <body><h1>{title}</h1><p><a href=\"{path}\">Metrics</a> <a href=\"{HEALTHY}\">Health</a></p></body></html>\n"
        );
        let mut answer = Answer::text(200, page);
        answer.headers = vec![("content-type", "text/html; charset=utf-8".into())];
        answer
    }
}

fn path<'r>(request: &'r RequestParts<'_>) -> &'r str {
    request.target.split('?').next().unwrap_or_default()
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

impl std::fmt::Debug for Site {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Site").field("path", &self.path).field("limits", &self.limits).finish_non_exhaustive()
    }
}
