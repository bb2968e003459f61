//! The spans of OpenTelemetry.

use opentelemetry::Context;
use opentelemetry::trace::TraceContextExt;

use super::{ExemplarSource, SpanContext};

/// The span of OpenTelemetry's current context, if it is sampled: also the one of a `tracing` span where the layer of
/// `tracing-opentelemetry` activates contexts, as it does unless told otherwise.
///
/// ```
/// use opentelemetry::Context;
/// use opentelemetry::trace::{
///     self, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState,
/// };
/// use picometer_std::exemplar::{ExemplarSource, OpenTelemetry, SpanContext};
///
/// // As a tracer would.
/// let remote = trace::SpanContext::new(
///     TraceId::from(7),
///     SpanId::from(9),
///     TraceFlags::SAMPLED,
///     true,
///     TraceState::NONE,
/// );
/// let _guard = Context::current().with_remote_span_context(remote).attach();
/// assert_eq!(OpenTelemetry.current(), SpanContext::new(7, 9));
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct OpenTelemetry;

impl ExemplarSource for OpenTelemetry {
    fn current(&self) -> Option<SpanContext> {
        Context::map_current(|context| {
            if !context.has_active_span() {
                return None;
            }
            let span = context.span();
            let span = span.span_context();
            let ids = (u128::from_be_bytes(span.trace_id().to_bytes()), u64::from_be_bytes(span.span_id().to_bytes()));
            if span.is_sampled() { SpanContext::new(ids.0, ids.1) } else { None }
        })
    }
}
