//! A server that does what a test wants, over and over, until it is dropped.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Requests as they came, heads and bodies.
pub struct Scripted {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<String>>>,
}

/// What to do with a connection, by its number from 0, when the request has been read.
type Script = dyn Fn(usize, &mut TcpStream) + Send;

impl Scripted {
    pub fn start(script: impl Fn(usize, &mut TcpStream) + Send + 'static) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let log = seen.clone();
        let script: Box<Script> = Box::new(script);
        // Ends with the process: a listener cannot be woken.
        std::thread::spawn(move || {
            for (number, stream) in listener.incoming().enumerate() {
                let Ok(mut stream) = stream else { return };
                let request = read(&mut stream);
                log.lock().unwrap().push(request);
                script(number, &mut stream);
            }
        });
        Self { address, seen }
    }

    /// One that answers every request with this, and closes.
    pub fn answering(answer: impl Into<Vec<u8>>) -> Self {
        let answer = answer.into();
        Self::start(move |_, stream| {
            let _ = stream.write_all(&answer);
        })
    }

    /// One that answers every request with this status, and headers behind it, and no body.
    pub fn status(status: &str) -> Self {
        Self::answering(empty(status))
    }

    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }
}

/// An answer without a body, behind which the connection ends.
pub fn empty(status: &str) -> String {
    format!("HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
}

/// A head, and the body that it promises.
fn read(stream: &mut TcpStream) -> String {
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let (mut bytes, mut byte) = (Vec::new(), [0]);
    while !bytes.ends_with(b"\r\n\r\n") && matches!(stream.read(&mut byte), Ok(1)) {
        bytes.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&bytes).to_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    if stream.read_exact(&mut body).is_ok() {
        bytes.append(&mut body);
    }
    String::from_utf8_lossy(&bytes).into_owned()
}
