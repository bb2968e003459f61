//! Where clients come from.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener, ToSocketAddrs};
#[cfg(unix)]
use std::path::{Path, PathBuf};

use mio::event::Source;
use mio::{Interest, Registry, Token};

use super::stream::Socket;

#[derive(Debug)]
pub(super) enum Listener {
    Tcp(mio::net::TcpListener),
    #[cfg(unix)]
    Unix(mio::net::UnixListener, #[expect(dead_code, reason = "it removes the file")] Mine),
}

/// The file of a Unix socket, which is removed by the process that made it, as long as it is the same file.
#[cfg(unix)]
#[derive(Debug)]
pub(super) struct Mine {
    path: PathBuf,
    file: Option<(u64, u64)>,
    process: u32,
}

impl Listener {
    pub(super) fn tcp(listener: TcpListener) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        Ok(Self::Tcp(mio::net::TcpListener::from_std(listener)))
    }

    /// Listens at every one of the addresses; where the port is 0, at one port of all of them.
    pub(super) fn at_all(addresses: impl Iterator<Item = SocketAddr>) -> io::Result<Vec<Self>> {
        let mut addresses: Vec<SocketAddr> = addresses.collect();
        let mut seen = Vec::new();
        addresses.retain(|address| {
            !seen.contains(address) && {
                seen.push(*address);
                true
            }
        });
        // It takes in that of IPv4, where the system says so.
        addresses.sort_by_key(|address| address.ip() != IpAddr::V6(Ipv6Addr::UNSPECIFIED));
        let mut tries = 0;
        loop {
            match try_at_all(&addresses) {
                // The port that was free at the first address is taken at another.
                Err(error) if error.kind() == io::ErrorKind::AddrInUse && addresses.len() > 1 && tries < 8 => {
                    if addresses.iter().all(|address| address.port() != 0) {
                        return Err(error);
                    }
                    tries += 1;
                }
                result => return result?.into_iter().map(Self::tcp).collect(),
            }
        }
    }

    #[cfg(unix)]
    pub(super) fn unix(path: &Path, mode: Option<u32>) -> io::Result<Self> {
        use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt};
        use std::os::unix::net::{UnixListener, UnixStream};
        let listener = match UnixListener::bind(path) {
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {
                // Only a socket without a server is a left-over.
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
        let file = std::fs::symlink_metadata(path).ok().map(|file| (file.dev(), file.ino()));
        let mine = Mine { path: path.into(), file, process: std::process::id() };
        let listener = Self::Unix(mio::net::UnixListener::from_std(nonblocking(listener)?), mine);
        if let Some(mode) = mode {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode))?;
            // Those that came in before the mode was set may not have been allowed to.
            while listener.accept().is_ok() {}
        }
        Ok(listener)
    }

    pub(super) fn local_addr(&self) -> Option<SocketAddr> {
        match self {
            Self::Tcp(listener) => listener.local_addr().ok(),
            #[cfg(unix)]
            Self::Unix(..) => None,
        }
    }

    /// The next client, and whom fairness counts it for: of IPv6 the network, because hosts there have many addresses.
    pub(super) fn accept(&self) -> io::Result<(Socket, Option<IpAddr>)> {
        match self {
            Self::Tcp(listener) => {
                let (socket, peer) = listener.accept()?;
                // A response is one write; Nagle would hold the end of it back for 40 ms.
                let _ = socket.set_nodelay(true);
                let peer = match peer.ip().to_canonical() {
                    IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 64 << 64)),
                    address @ IpAddr::V4(_) => address,
                };
                Ok((Socket::Tcp(socket), Some(peer)))
            }
            #[cfg(unix)]
            Self::Unix(listener, _) => listener.accept().map(|(socket, _)| (Socket::Unix(socket), None)),
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
fn nonblocking(listener: std::os::unix::net::UnixListener) -> io::Result<std::os::unix::net::UnixListener> {
    listener.set_nonblocking(true)?;
    Ok(listener)
}

fn try_at_all(addresses: &[SocketAddr]) -> io::Result<Vec<TcpListener>> {
    let mut listeners: Vec<TcpListener> = Vec::new();
    let (mut port, mut both, mut missing) = (0, None, None);
    for &address in addresses {
        let mut address = address;
        let any = address.port() == 0;
        if any {
            address.set_port(port);
        }
        match TcpListener::bind(address) {
            Ok(listener) => {
                let found = listener.local_addr()?;
                if any {
                    port = found.port();
                }
                if found.ip() == IpAddr::V6(Ipv6Addr::UNSPECIFIED) {
                    both = Some(found.port());
                }
                listeners.push(listener);
            }
            // The listener of IPv6 takes these clients too.
            Err(error)
                if error.kind() == io::ErrorKind::AddrInUse
                    && address.ip() == IpAddr::V4(Ipv4Addr::UNSPECIFIED)
                    && both == Some(address.port()) => {}
            // `localhost` has an address of a family that this machine does not have.
            Err(error) if addresses.len() > 1 && is_missing(&error) => missing = Some(error),
            Err(error) => return Err(error),
        }
    }
    match missing {
        Some(error) if listeners.is_empty() => Err(error),
        _ if listeners.is_empty() => Err(io::Error::new(io::ErrorKind::InvalidInput, "it has no address")),
        _ => Ok(listeners),
    }
}

/// Whether the machine has no such address, or nothing of its family.
fn is_missing(error: &io::Error) -> bool {
    // EAFNOSUPPORT has no kind in std; Linux, macOS and the BSDs, Windows.
    const NO_FAMILY: [i32; 3] = [97, 47, 10_047];
    error.kind() == io::ErrorKind::AddrNotAvailable || error.raw_os_error().is_some_and(|code| NO_FAMILY.contains(&code))
}

#[cfg(unix)]
impl Drop for Mine {
    fn drop(&mut self) {
        use std::os::unix::fs::MetadataExt;
        let now = std::fs::symlink_metadata(&self.path).ok().map(|file| (file.dev(), file.ino()));
        // Not in a child of `fork`, whose parent serves on; not that of another, who took its place.
        if self.process == std::process::id() && now.is_some() && now == self.file {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

/// Listens at each address of a name; errors say which that was.
pub(super) fn listen(address: impl ToSocketAddrs + std::fmt::Debug) -> io::Result<Vec<Listener>> {
    let listeners = address.to_socket_addrs().and_then(Listener::at_all);
    listeners.map_err(|error| io::Error::new(error.kind(), format!("cannot listen at {address:?}: {error}{}", advice(&error))))
}

/// What to do about an error, behind its sentence.
fn advice(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::AddrInUse => "; another program, or another exporter, listens there: take another port",
        io::ErrorKind::AddrNotAvailable => "; this machine has no such address: `0.0.0.0` is all that it has",
        _ if error.raw_os_error().is_none() => "; write an address and a port, such as `0.0.0.0:9100`",
        _ => "",
    }
}

#[cfg(unix)]
pub(super) fn listen_unix(path: &Path, mode: Option<u32>) -> io::Result<Listener> {
    let named = |error: io::Error| io::Error::new(error.kind(), format!("cannot listen at {}: {error}", path.display()));
    Listener::unix(path, mode).map_err(named)
}
