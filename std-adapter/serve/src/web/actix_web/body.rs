//! Bodies of actix's whose bytes are counted as they pass.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, ready};

use actix_web::body::{BodySize, MessageBody};
use actix_web::dev::Payload;
use actix_web::error::PayloadError;
use actix_web::web::Bytes;
use futures_core::Stream;
use pin_project_lite::pin_project;

use super::super::flight::{InFlight, guarded};

pin_project! {
    /// The body of a response that [`measure`](super::measure) measures. The request ends with its last byte, or when it is dropped.
    ///
    /// ```
    /// use actix_web::body::{BodySize, MessageBody};
    /// use picometer_std::serve::actix_web::MeasuredBody;
    ///
    /// fn size<B: MessageBody>(body: &MeasuredBody<B>) -> BodySize {
    ///     body.size()
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

impl<B: MessageBody> MessageBody for MeasuredBody<B> {
    type Error = B::Error;

    fn size(&self) -> BodySize {
        self.inner.size()
    }

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, B::Error>>> {
        let this = self.project();
        let piece = ready!(guarded(this.flight, || this.inner.poll_next(context)));
        if let Some(flight) = this.flight {
            match &piece {
                Some(Ok(bytes)) => flight.sent(bytes.len() as u64),
                Some(Err(_)) => flight.failed(),
                None => flight.finished(),
            }
        }
        if !matches!(piece, Some(Ok(_))) {
            *this.flight = None;
        }
        Poll::Ready(piece)
    }
}

/// The same payload, whose bytes are counted when a handler reads them.
pub(super) fn counted(payload: Payload, counter: &mut dyn FnMut() -> Arc<AtomicU64>) -> Payload {
    match payload {
        Payload::None => Payload::None,
        inner => Payload::Stream { payload: Box::pin(Counted { inner, seen: counter() }) },
    }
}

struct Counted {
    inner: Payload,
    seen: Arc<AtomicU64>,
}

impl Stream for Counted {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let piece = ready!(Pin::new(&mut self.inner).poll_next(context));
        if let Some(Ok(bytes)) = &piece {
            // A count and nothing else: no memory is published with it.
            self.seen.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        }
        Poll::Ready(piece)
    }
}
