//! A proxy that asks for another format than its client does: servers of old have no setting for it.

use std::io::{Read, Write};
use std::net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream};

/// Starts one in front of `target`, until this program ends. Each request gets `Accept: accept` and a connection of its own.
pub fn relay(target: SocketAddr, accept: &'static str) -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    let address = listener.local_addr().expect("bound");
    std::thread::spawn(move || {
        for client in listener.incoming().flatten() {
            // A connection that breaks off is not this thread's business: the client sees it.
            std::thread::spawn(move || pass_on(client, target, accept));
        }
    });
    address
}

fn pass_on(mut client: TcpStream, target: SocketAddr, accept: &str) -> std::io::Result<()> {
    let (mut head, mut byte) = (Vec::new(), [0]);
    while !head.ends_with(b"\r\n\r\n") {
        client.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head);
    let mut device = TcpStream::connect(target)?;
    for line in head.lines().filter(|line| !line.is_empty()) {
        let name = line.split(':').next().unwrap_or_default();
        if !["accept", "connection"].iter().any(|other| name.eq_ignore_ascii_case(other)) {
            write!(device, "{line}\r\n")?;
        }
    }
    write!(device, "Accept: {accept}\r\nConnection: close\r\n\r\n")?;
    std::io::copy(&mut device, &mut client)?;
    Ok(())
}
