//! Where the route of a request comes from.

use std::sync::Arc;

use http::Extensions;

use super::super::flight::{self, InFlight};
use super::super::requests::HttpMetrics;

/// The route of a request, for [`MetricsLayer`](super::MetricsLayer): an extension that a router of your own inserts. Routers have few
/// routes; a path is none, because clients make them up.
///
/// ```
/// use picometer_std::serve::tower::Route;
///
/// let mut request = http::Request::get("/orders/17").body(()).unwrap();
/// request.extensions_mut().insert(Route("/orders/{id}".into()));
/// ```
#[derive(Clone, Debug)]
pub struct Route(pub std::borrow::Cow<'static, str>);

/// Left among the extensions of a request that is measured, for layers inside, which know more of the route.
#[derive(Clone)]
struct Measuring {
    metrics: HttpMetrics,
    route: Arc<flight::Route>,
    /// What is left for layers inside has not to say more.
    is_final: bool,
    outer: Option<Arc<Measuring>>,
}

impl Measuring {
    fn chain(&self) -> impl Iterator<Item = &Measuring> {
        std::iter::successors(Some(self), |inner| inner.outer.as_deref())
    }
}

/// Whether these metrics measure the request already, in a layer further out.
pub(super) fn is_measured(extensions: &Extensions, metrics: &HttpMetrics) -> bool {
    extensions.get::<Measuring>().is_some_and(|measuring| measuring.chain().any(|measuring| measuring.metrics.is_same(metrics)))
}

/// Tells layers inside that the request is measured.
pub(super) fn announce(extensions: &mut Extensions, flight: &InFlight, is_final: bool) {
    let outer = extensions.remove::<Measuring>().map(Arc::new);
    let (metrics, route) = (flight.metrics().clone(), Arc::clone(flight.route()));
    extensions.insert(Measuring { metrics, route, is_final, outer });
}

/// Tells layers further out what is known of the route here.
pub(super) fn report(extensions: &Extensions) {
    let Some(measuring) = extensions.get::<Measuring>() else { return };
    if let Some(route) = given(extensions).or_else(|| matched(extensions)) {
        measuring.chain().filter(|measuring| !measuring.is_final).for_each(|measuring| measuring.route.set(&route));
    }
}

/// The route that a router of the user's gave.
pub(super) fn given(extensions: &Extensions) -> Option<String> {
    extensions.get::<Route>().map(|route| route.0.clone().into_owned())
}

/// The pattern that a router of axum's matched.
#[cfg(feature = "axum")]
pub(super) use super::matched::matched;

#[cfg(not(feature = "axum"))]
pub(super) fn matched(_: &Extensions) -> Option<String> {
    None
}
