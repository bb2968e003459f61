//! Where clients come from.

use std::io;
use std::net::SocketAddr;
#[cfg(unix)]
use std::path::{Path, PathBuf};

use mio::event::Source;
use mio::{Interest, Registry, Token};

use super::stream::Socket;

#[derive(Debug)]
pub(super) enum Listener {
    Tcp(mio::net::TcpListener),
    #[cfg(unix)]
    Unix(mio::net::UnixListener, PathBuf),
}

impl Listener {
    pub(super) fn tcp(listener: std::net::TcpListener) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        Ok(Self::Tcp(mio::net::TcpListener::from_std(listener)))
    }

    #[cfg(unix)]
    pub(super) fn unix(path: &Path) -> io::Result<Self> {
        use std::os::unix::fs::FileTypeExt;
        use std::os::unix::net::{UnixListener, UnixStream};
        let listener = match UnixListener::bind(path) {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
                // Only a socket that nobody answers at is a left-over.
                let is_socket = std::fs::symlink_metadata(path)?.file_type().is_socket();
                let refused = |error: io::Error| error.kind() == io::ErrorKind::ConnectionRefused;
                if !is_socket || !UnixStream::connect(path).is_err_and(refused) {
                    return Err(error);
                }
                std::fs::remove_file(path)?;
                UnixListener::bind(path)?
            }
            bound => bound?,
        };
        listener.set_nonblocking(true)?;
        Ok(Self::Unix(mio::net::UnixListener::from_std(listener), path.into()))
    }

    pub(super) fn local_addr(&self) -> Option<SocketAddr> {
        match self {
            Self::Tcp(listener) => listener.local_addr().ok(),
            #[cfg(unix)]
            Self::Unix(..) => None,
        }
    }

    pub(super) fn accept(&self) -> io::Result<Socket> {
        match self {
            Self::Tcp(listener) => {
                let (socket, _) = listener.accept()?;
                // A response is one write; Nagle would hold the end of it back for 40 ms.
                let _ = socket.set_nodelay(true);
                Ok(Socket::Tcp(socket))
            }
            #[cfg(unix)]
            Self::Unix(listener, _) => listener.accept().map(|(socket, _)| Socket::Unix(socket)),
        }
    }

    pub(super) fn register(&mut self, registry: &Registry, token: Token) -> io::Result<()> {
        match self {
            Self::Tcp(listener) => listener.register(registry, token, Interest::READABLE),
            #[cfg(unix)]
            Self::Unix(listener, _) => listener.register(registry, token, Interest::READABLE),
        }
    }
}

#[cfg(unix)]
impl Drop for Listener {
    fn drop(&mut self) {
        if let Self::Unix(_, path) = self {
            let _ = std::fs::remove_file(path);
        }
    }
}
