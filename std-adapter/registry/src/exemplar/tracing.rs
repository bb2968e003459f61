//! The spans of `tracing`.

use std::fmt;

use tracing_core::dispatcher;
use tracing_core::span::Id;
use tracing_subscriber::Registry;
use tracing_subscriber::registry::{Extensions, LookupSpan};

use super::{ExemplarSource, SpanContext, aside};
use crate::caught::caught;

/// The current span of `tracing`, or the nearest around it, of which the extensions know the ids. For subscribers that are built
/// on `tracing_subscriber::Registry`; with others there are none.
///
/// A thread of its own reads the extensions, because a layer may observe while it holds them itself. Then there is no exemplar, and
/// the observation waits a quarter of a second. For a while no observation takes an exemplar then: for a second at first, and twice as
/// long each time, up to half a minute.
///
/// `tracing` itself numbers spans only in the process; a layer has the ids that are known outside. Where that layer is the one of
/// `tracing-opentelemetry`, [`OpenTelemetry`](super::OpenTelemetry) is the source to take, because its extensions are private.
/// Where it is of your own, it keeps a [`SpanContext`] in the extensions, or a function says where ids are.
///
/// ```
/// use picometer_std::exemplar::{ExemplarSource, SpanContext, Tracing};
/// use tracing_core::span::{Attributes, Id};
/// use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
/// use tracing_subscriber::registry::{LookupSpan, Registry};
///
/// struct Ids;
///
/// impl<S: tracing_core::Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Ids {
///     fn on_new_span(&self, _: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
///         let Some(span) = context.span(id) else { return };
///         // A layer of yours makes them, or has them from a request's `traceparent`.
///         if let Some(ids) = SpanContext::new(7, id.into_u64()) {
///             span.extensions_mut().insert(ids);
///         }
///     }
/// }
///
/// tracing::subscriber::with_default(Registry::default().with(Ids), || {
///     let source = Tracing::new();
///     assert_eq!(source.current(), None);
///     let _span = tracing::info_span!("request").entered();
///     assert_eq!(source.current().unwrap().trace_id(), 7);
/// });
/// ```
#[derive(Clone, Copy)]
pub struct Tracing<F = fn(&Extensions<'_>) -> Option<SpanContext>> {
    find: F,
}

impl Tracing {
    /// The [`SpanContext`] among the extensions.
    pub const fn new() -> Self {
        Self { find: |extensions| extensions.get::<SpanContext>().copied() }
    }
}

impl<F: Fn(&Extensions<'_>) -> Option<SpanContext> + Send + Sync> Tracing<F> {
    /// What `find` makes of the extensions; for a span that is not sampled, nothing. It is called by another thread.
    pub const fn with(find: F) -> Self {
        Self { find }
    }
}

impl<F: Fn(&Extensions<'_>) -> Option<SpanContext> + Clone + Send + Sync + 'static> ExemplarSource for Tracing<F> {
    fn current(&self) -> Option<SpanContext> {
        let (dispatch, id) = dispatcher::get_default(|dispatch| {
            dispatch.downcast_ref::<Registry>()?;
            Some((dispatch.clone(), dispatch.current_span().id()?.clone()))
        })?;
        let find = self.find.clone();
        // A layer may observe while it holds the extensions of a span: there is no way to try their lock.
        aside::read(move || {
            let find_in = |ids: Id| {
                let span = dispatch.downcast_ref::<Registry>()?.span(&ids)?;
                span.scope().find_map(|span| find(&span.extensions()))
            };
            caught(|| find_in(id)).ok().flatten()
        })
    }
}

impl Default for Tracing {
    fn default() -> Self {
        Self::new()
    }
}

impl<F> fmt::Debug for Tracing<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tracing").finish_non_exhaustive()
    }
}
