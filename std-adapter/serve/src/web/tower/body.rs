//! Bodies whose bytes are counted as they pass.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};

use bytes::Buf;
use http_body::{Body, Frame, SizeHint};
use pin_project_lite::pin_project;

use super::super::flight::{InFlight, guarded};
use super::grpc;

pin_project! {
    /// The body of a response of a [`Measured`](super::Measured) service. The request ends with its last byte, or when it is dropped.
    ///
    /// ```
    /// use http_body::Body;
    /// use picometer_std::serve::tower::MeasuredBody;
    ///
    /// fn left<B: Body>(body: &MeasuredBody<B>) -> Option<u64> {
    ///     body.size_hint().exact()
    /// }
    /// ```
    #[derive(Debug)]
    pub struct MeasuredBody<B> {
        #[pin]
        inner: B,
        flight: Option<InFlight>,
    }
}

impl<B> MeasuredBody<B> {
    pub(super) fn new(inner: B, flight: Option<InFlight>) -> Self {
        Self { inner, flight }
    }
}

impl<B: Body> Body for MeasuredBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let mut this = self.project();
        let frame = ready!(guarded(this.flight, || this.inner.as_mut().poll_frame(context)));
        if let Some(flight) = this.flight {
            match &frame {
                Some(Ok(frame)) => {
                    flight.sent(frame.data_ref().map_or(0, |data| data.remaining() as u64));
                    if let Some(trailers) = frame.trailers_ref() {
                        grpc::status(trailers).into_iter().for_each(|status| flight.grpc_status(status));
                        flight.finished();
                    } else if this.inner.is_end_stream() {
                        // Servers drop a body that is over without asking it again.
                        flight.finished();
                    }
                }
                Some(Err(_)) => flight.failed(),
                None => flight.finished(),
            }
        }
        if matches!(frame, None | Some(Err(_))) {
            *this.flight = None;
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}

pin_project! {
    /// The body of a request, whose bytes are counted when the service reads them.
    ///
    /// Services inside of [`MetricsLayer::count_request_bytes`](super::MetricsLayer::count_request_bytes) get it.
    ///
    /// ```
    /// use http_body_util::{BodyExt, Full};
    /// use picometer_std::serve::tower::CountedBody;
    ///
    /// async fn read(request: http::Request<CountedBody<Full<bytes::Bytes>>>) -> usize {
    ///     request.into_body().collect().await.map_or(0, |body| body.to_bytes().len())
    /// }
    /// ```
    #[derive(Debug)]
    pub struct CountedBody<B> {
        #[pin]
        inner: B,
        seen: Option<Arc<AtomicU64>>,
    }
}

impl<B> CountedBody<B> {
    pub(super) fn new(inner: B, seen: Option<Arc<AtomicU64>>) -> Self {
        Self { inner, seen }
    }
}

impl<B: Body> Body for CountedBody<B> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let this = self.project();
        let frame = ready!(this.inner.poll_frame(context));
        if let (Some(Ok(frame)), Some(seen)) = (&frame, this.seen) {
            // A count and nothing else: no memory is published with it.
            seen.fetch_add(frame.data_ref().map_or(0, |data| data.remaining() as u64), Ordering::Relaxed);
        }
        Poll::Ready(frame)
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
