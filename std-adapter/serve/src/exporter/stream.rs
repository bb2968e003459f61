//! Bytes of one connection, in the clear or through TLS, as far as they go without waiting.

use std::io::{self, IoSlice, Read, Write};
use std::net::Shutdown;

use mio::event::Source;
use mio::{Interest, Registry, Token};

#[derive(Debug)]
pub(super) enum Socket {
    Tcp(mio::net::TcpStream),
    #[cfg(unix)]
    Unix(mio::net::UnixStream),
}

macro_rules! on_socket {
    ($self:expr, $socket:ident => $call:expr) => {
        match $self {
            Socket::Tcp($socket) => $call,
            #[cfg(unix)]
            Socket::Unix($socket) => $call,
        }
    };
}

impl Read for Socket {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        on_socket!(self, socket => socket.read(buffer))
    }
}

impl Write for Socket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        on_socket!(self, socket => socket.write(bytes))
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        on_socket!(self, socket => socket.write_vectored(slices))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A connection. Every call says [`WouldBlock`](io::ErrorKind::WouldBlock) where it would wait.
#[derive(Debug)]
pub(super) struct Stream {
    socket: Socket,
    #[cfg(feature = "tls")]
    tls: Option<Box<rustls::ServerConnection>>,
    #[cfg(feature = "tls")]
    begun: Begun,
}

/// What the first byte of a connection by TLS said.
#[cfg(feature = "tls")]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Begun {
    No,
    Yes,
    /// It is the start of a word: HTTP in the clear.
    Clear,
}

impl Stream {
    pub(super) fn plain(socket: Socket) -> Self {
        Self {
            socket,
            #[cfg(feature = "tls")]
            tls: None,
            #[cfg(feature = "tls")]
            begun: Begun::Yes,
        }
    }

    #[cfg(feature = "tls")]
    pub(super) fn encrypted(socket: Socket, tls: rustls::ServerConnection) -> Self {
        Self { socket, tls: Some(Box::new(tls)), begun: Begun::No }
    }

    pub(super) fn register(&mut self, registry: &Registry, token: Token) -> io::Result<()> {
        let interest = Interest::READABLE | Interest::WRITABLE;
        on_socket!(&mut self.socket, socket => socket.register(registry, token, interest))
    }

    /// Whether the client spoke in the clear where TLS was meant. Then the answer goes in the clear too.
    pub(super) fn is_clear_by_mistake(&self) -> bool {
        #[cfg(feature = "tls")]
        return self.begun == Begun::Clear;
        #[cfg(not(feature = "tls"))]
        false
    }

    /// Looks at the first byte that comes: a handshake begins with 22, a request in the clear with a letter.
    #[cfg(feature = "tls")]
    fn begin(&mut self) -> io::Result<()> {
        let mut first = [0];
        if self.socket.read(&mut first)? == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        self.begun = Begun::Yes;
        if first[0].is_ascii_alphabetic() {
            (self.begun, self.tls) = (Begun::Clear, None);
        } else if let Some(tls) = &mut self.tls {
            tls.read_tls(&mut &first[..])?;
        }
        Ok(())
    }

    pub(super) fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        #[cfg(feature = "tls")]
        if self.begun == Begun::No {
            self.begin()?;
        }
        #[cfg(feature = "tls")]
        if let Some(tls) = &mut self.tls {
            return loop {
                drain(tls, &mut self.socket)?;
                match tls.reader().read(buffer) {
                    Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
                    // Without close_notify the peer may have been cut off; requests are whole or not by themselves.
                    Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => break Ok(0),
                    read => break read,
                }
                if tls.read_tls(&mut self.socket)? == 0 {
                    break Ok(0);
                }
                if let Err(error) = tls.process_new_packets() {
                    // The alert that says why.
                    let _ = drain(tls, &mut self.socket);
                    break Err(io::Error::new(io::ErrorKind::InvalidData, error));
                }
            };
        }
        self.socket.read(buffer)
    }

    /// Takes what it can of two slices, which is not to say that it was sent: see [`flush`](Self::flush).
    pub(super) fn write(&mut self, first: &[u8], second: &[u8]) -> io::Result<usize> {
        #[cfg(feature = "tls")]
        if let Some(tls) = &mut self.tls {
            drain(tls, &mut self.socket)?;
            if tls.wants_write() {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            return tls.writer().write(if first.is_empty() { second } else { first });
        }
        self.socket.write_vectored(&[IoSlice::new(first), IoSlice::new(second)])
    }

    pub(super) fn flush(&mut self) -> io::Result<()> {
        #[cfg(feature = "tls")]
        if let Some(tls) = &mut self.tls {
            drain(tls, &mut self.socket)?;
            if tls.wants_write() {
                return Err(io::ErrorKind::WouldBlock.into());
            }
        }
        Ok(())
    }

    /// Says that nothing more comes.
    pub(super) fn finish(&mut self) {
        #[cfg(feature = "tls")]
        if let Some(tls) = &mut self.tls {
            tls.send_close_notify();
            let _ = drain(tls, &mut self.socket);
        }
        let _ = on_socket!(&self.socket, socket => socket.shutdown(Shutdown::Write));
    }
}

/// Sends what TLS has to say, as far as the socket takes it.
#[cfg(feature = "tls")]
fn drain(tls: &mut rustls::ServerConnection, socket: &mut Socket) -> io::Result<()> {
    while tls.wants_write() {
        match tls.write_tls(socket) {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(()),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
