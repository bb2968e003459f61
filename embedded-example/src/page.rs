//! What each connection serves: the one place that joins the metrics to the network.

use crate::app::CONNECTIONS;
use crate::placeholder::Responder;

/// What answers on a connection.
pub type Page = Responder;

/// One for each connection.
pub const fn pages() -> [Page; CONNECTIONS] {
    [const { Responder::new() }; CONNECTIONS]
}
