//! The bridge to Graphite (push protocols, section 7).

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream, ToSocketAddrs};
use std::sync::mpsc;
use std::time::{Duration, Instant, SystemTime};

use picometer::{Collector, FillError};

use super::destination::{Batch, Destination};
use super::error::PushError;
use super::moment::moment;
use super::retry::{Retry, later};

/// A carbon server that takes plaintext lines, customarily on port 2003.
///
/// Distinct series have distinct paths: bytes that a path cannot have are escaped, as [`picometer::push::Graphite`] says.
///
/// ```no_run
/// use std::time::Duration;
/// use picometer::{Counter, Desc, Metric};
/// use picometer_std::push::{Graphite, Periodic};
///
/// static ROWS: Metric<Counter> = Metric::new(&Desc::counter("rows_total", "Rows."));
/// let graphite = Graphite::new("graphite:2003").prefix("shop.db");
/// graphite.push(&ROWS)?;
/// let running = Periodic::new(graphite).interval(Duration::from_secs(60)).start(&ROWS)?;
/// # Ok::<(), picometer_std::push::PushError>(())
/// ```
#[derive(Clone, Debug)]
#[doc(alias("GraphiteBridge"))]
pub struct Graphite {
    address: String,
    prefix: String,
    tags: bool,
    timeout: Duration,
    retry: Retry,
}

/// How long to wait for carbon to close its end, which shows that it has read ours.
const GOODBYE: Duration = Duration::from_secs(2);

impl Graphite {
    /// The server at `host:port`, with a timeout of 15 seconds.
    pub fn new(address: &str) -> Self {
        Self { address: address.into(), prefix: String::new(), tags: false, timeout: Duration::from_secs(15), retry: Retry::default() }
    }

    /// Puts `prefix.` in front of every path.
    #[must_use]
    pub fn prefix(self, prefix: &str) -> Self {
        Self { prefix: prefix.into(), ..self }
    }

    /// Whether labels are tags instead of parts of the path.
    #[must_use]
    pub fn tags(self, tags: bool) -> Self {
        Self { tags, ..self }
    }

    /// How long a push may take.
    #[must_use]
    pub fn timeout(self, timeout: Duration) -> Self {
        Self { timeout, ..self }
    }

    /// How often to try.
    #[must_use]
    pub fn retry(self, retry: Retry) -> Self {
        Self { retry, ..self }
    }

    /// Pushes what `source` has, over a connection of its own.
    ///
    /// # Errors
    ///
    /// Returns [`PushError::HostNotFound`], [`PushError::Io`] or [`PushError::Timeout`], with the address.
    pub fn push(&self, source: &dyn Collector) -> Result<(), PushError> {
        // Carbon has no answer in which it could ask for a pause.
        self.retry.push(Duration::ZERO, self, source)
    }

    fn connect(&self, deadline: Instant) -> Result<TcpStream, PushError> {
        let left = || deadline.checked_duration_since(Instant::now()).filter(|left| !left.is_zero()).ok_or_else(late);
        let mut last = PushError::HostNotFound(self.address.clone());
        for address in resolve(&self.address, left()?)? {
            match TcpStream::connect_timeout(&address, left()?) {
                Ok(stream) => return Ok(stream),
                Err(error) => last = error.into(),
            }
        }
        Err(last)
    }
}

/// The time is up.
fn late() -> PushError {
    std::io::Error::from(std::io::ErrorKind::TimedOut).into()
}

/// The system looks names up without a limit, so that is done beside.
fn resolve(address: &str, timeout: Duration) -> Result<Vec<SocketAddr>, PushError> {
    if let Ok(address) = address.parse() {
        return Ok(vec![address]);
    }
    let (sender, receiver) = mpsc::channel();
    let name = address.to_owned();
    std::thread::Builder::new().name("push-resolve".into()).spawn(move || {
        // The server may have closed the connection when it took too long.
        let _ = sender.send(name.to_socket_addrs().map(Iterator::collect));
    })?;
    match receiver.recv_timeout(timeout) {
        Ok(Ok(addresses)) => Ok(addresses),
        Ok(Err(error)) if error.kind() == std::io::ErrorKind::InvalidInput => {
            Err(PushError::Url { url: address.into(), reason: "it is not `host:port`".into() })
        }
        Ok(Err(_)) => Err(PushError::HostNotFound(address.into())),
        Err(_) => Err(late()),
    }
}

impl Destination for Graphite {
    type Content = Vec<u8>;
    const NAME: &'static str = "graphite";

    fn freeze(&self, source: &dyn Collector, now: SystemTime) -> Result<Vec<Batch<Vec<u8>>>, PushError> {
        let lines = picometer::push::Graphite::new(source, moment(now)).prefix(&self.prefix);
        let lines = if self.tags { lines.tags() } else { lines };
        // All lines of one moment: from the start again with a larger buffer, until they fit.
        let mut content = vec![0; 64 * 1024];
        loop {
            let mut attempt = lines;
            match attempt.fill(&mut content) {
                Ok(len) if attempt.is_done() => {
                    content.truncate(len);
                    break;
                }
                // A histogram that does not fit is cut, or too large to be cut.
                Ok(_) | Err(FillError::BufferTooSmall { .. } | FillError::TooManyBuckets) => content.resize(2 * content.len(), 0),
                Err(error) => return Err(PushError::Io(std::io::Error::other(error))),
            }
        }
        Ok(vec![Batch { samples: content.iter().filter(|&&byte| byte == b'\n').count(), content }])
    }

    fn send(&self, batch: &Batch<Vec<u8>>) -> Result<u64, PushError> {
        self.deliver(batch).map_err(|error| error.of(&self.address))
    }
}

impl Graphite {
    /// Errors are without the address.
    fn deliver(&self, batch: &Batch<Vec<u8>>) -> Result<u64, PushError> {
        let deadline = later(self.timeout);
        let mut stream = self.connect(deadline)?;
        let mut rest = batch.content.as_slice();
        while !rest.is_empty() {
            let left = deadline.checked_duration_since(Instant::now()).filter(|left| !left.is_zero()).ok_or_else(late)?;
            stream.set_write_timeout(Some(left))?;
            match stream.write(rest) {
                Ok(0) => return Err(PushError::Io(std::io::ErrorKind::WriteZero.into())),
                Ok(count) => rest = rest.get(count..).unwrap_or(&[]),
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        // There is no answer; but a server that died resets the connection, and one that read everything closes it.
        stream.shutdown(Shutdown::Write)?;
        let left = deadline.saturating_duration_since(Instant::now()).clamp(Duration::from_millis(1), GOODBYE);
        stream.set_read_timeout(Some(left))?;
        match stream.read(&mut [0; 64]) {
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => Err(error.into()),
            _ => Ok(batch.content.len() as u64),
        }
    }
}
