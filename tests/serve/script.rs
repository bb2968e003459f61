//! Bodies that do what a test wants, for every framework.

use std::convert::Infallible;
use std::fmt;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::body::{BodySize, MessageBody};
use hyper::HeaderMap;
use hyper::body::{Body, Bytes, Frame};
use tokio::time::{Sleep, sleep};

/// What a body does next.
#[derive(Clone)]
pub enum Step {
    Send(&'static str),
    /// Waits until the test says so.
    Wait(Arc<AtomicBool>),
    /// Sends for ever.
    Endless,
    Trailers(HeaderMap),
    Fail,
    Panic,
}

/// A body of steps, and the length that it says it has.
pub struct Script {
    steps: std::vec::IntoIter<Step>,
    current: Option<Step>,
    pause: Option<Pin<Box<Sleep>>>,
}

#[derive(Debug)]
pub struct Broken;

impl fmt::Display for Broken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a body that breaks off")
    }
}

impl std::error::Error for Broken {}

impl Script {
    pub fn new(steps: impl Into<Vec<Step>>) -> Self {
        Self { steps: steps.into().into_iter(), current: None, pause: None }
    }

    fn next(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        loop {
            if let Some(pause) = &mut self.pause {
                std::task::ready!(Future::poll(pause.as_mut(), context));
                self.pause = None;
            }
            match self.current.take().or_else(|| self.steps.next()) {
                None => return Poll::Ready(None),
                Some(Step::Send(text)) => return Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(text.as_bytes()))))),
                Some(Step::Wait(gate)) => {
                    if !gate.load(Ordering::Acquire) {
                        self.current = Some(Step::Wait(gate));
                        self.pause = Some(Box::pin(sleep(Duration::from_millis(5))));
                    }
                }
                Some(Step::Endless) => {
                    self.current = Some(Step::Endless);
                    self.pause = Some(Box::pin(sleep(Duration::from_millis(5))));
                    return Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(b"on and on ")))));
                }
                Some(Step::Trailers(trailers)) => return Poll::Ready(Some(Ok(Frame::trailers(trailers)))),
                Some(Step::Fail) => return Poll::Ready(Some(Err(Broken))),
                Some(Step::Panic) => panic!("on purpose"),
            }
        }
    }
}

impl Body for Script {
    type Data = Bytes;
    type Error = Broken;

    fn poll_frame(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        self.next(context)
    }
}

impl MessageBody for Script {
    type Error = Box<dyn std::error::Error>;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        self.next(context).map(|frame| Some(frame?.map(|frame| frame.into_data().unwrap_or_default()).map_err(Into::into)))
    }
}

/// The bodies of the table of situations, by path.
pub fn body(path: &str, gate: &Arc<AtomicBool>) -> Option<Script> {
    Some(Script::new(match path {
        "/stream" => vec![Step::Send("one"), Step::Wait(Arc::clone(gate)), Step::Send("two")],
        "/events" => vec![Step::Send("data: 1\n\n"), Step::Wait(Arc::clone(gate)), Step::Send("data: 2\n\n")],
        "/endless" => vec![Step::Endless],
        "/broken" => vec![Step::Send("half"), Step::Fail],
        "/panicking" => vec![Step::Send("half"), Step::Panic],
        _ => return None,
    }))
}

pub fn never() -> std::future::Pending<Infallible> {
    std::future::pending()
}
