//! HTTP without I/O: request bytes go in, response bytes come out.
//!
//! A [`Responder`] is one connection. The owner of the socket hands it what arrives and asks it for what to send, in pieces of
//! any size; ten lines join it to smoltcp or to a thread with a `TcpStream`, and `Responder::serve` joins it to an asynchronous
//! socket, such as embassy's. It answers scrapes by HTTP/1.0 and 1.1, with keep-alive, pipelining and chunked coding. Nothing
//! that a client sends can make it panic, wait or grow.
//!
//! | request | answer |
//! |---|---|
//! | `GET`, `HEAD` of the metrics | 200, in the format that `Accept` asks for; `name[]=` picks families |
//! | `GET`, `HEAD` of `/` | 200, a line that says where the metrics are |
//! | `OPTIONS` | 200 with `Allow` |
//! | another path | 404 |
//! | another known method | 405 with `Allow`; an unknown one 501 |
//! | not HTTP, no `Host`, contradictions | 400 and the end of the connection |
//! | a head that does not arrive in time | 408 and the end |
//! | a request line that is too long | 414 and the end |
//! | more names in the query than fit | 200, with everything |
//! | without the credentials that the site asks for | 401 with `WWW-Authenticate` |
//! | a head that is too long | 431 and the end |
//! | HTTP/2 and others | 505 and the end |
//! | a histogram with more buckets than are kept | 500 |
//!
//! A page that breaks off in the middle is never taken for a whole one: it has no last chunk, and the owner is told to reset the
//! connection.

mod accept;
mod auth;
mod bytes;
mod endpoint;
mod head;
mod query;
mod reply;
mod request;
mod responder;
#[cfg(feature = "embedded-io-async")]
mod serve;
mod state;
mod status;

pub use accept::Negotiated;
pub use endpoint::{Endpoint, Limits};
pub use head::{Framing, RequestLine};
pub use query::{Selection, is_path};
pub use responder::Responder;
#[cfg(feature = "embedded-io-async")]
pub use serve::Event;
pub use state::{Action, ResponseStats};
pub use status::Status;
