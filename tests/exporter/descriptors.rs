//! What happens when the process runs out of file descriptors, in a process that may.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::client::{METRICS, ask, connect, exporter, get, own, read, started};

const SIGN: &str = "PICOMETER_TEST_FEW_DESCRIPTORS";

/// The child: serves until its standard input ends.
#[test]
#[ignore = "a part of the test below"]
fn serve_with_few_descriptors() {
    if std::env::var_os(SIGN).is_none() {
        return;
    }
    let (handle, address) = started(exporter(), METRICS);
    println!("\nat {address}");
    let _ = std::io::stdin().read(&mut [0]);
    handle.handle().shutdown_within(Duration::ZERO);
}

#[test]
fn too_many_connections_for_the_process() {
    let program = std::env::current_exe().unwrap();
    let mut child = Command::new("sh")
        .args(["-c", "ulimit -n 40; exec \"$0\" --exact descriptors::serve_with_few_descriptors --ignored --nocapture"])
        .arg(program)
        .env(SIGN, "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = child.stdout.take().unwrap();
    let mut said = String::new();
    let address: SocketAddr = loop {
        let mut piece = [0; 256];
        let count = out.read(&mut piece).unwrap();
        assert!(count > 0, "{said}");
        said += str::from_utf8(&piece[..count]).unwrap();
        let line = said.split_inclusive('\n').find_map(|line| line.strip_prefix("at ")?.strip_suffix('\n'));
        if let Some(address) = line {
            break address.parse().unwrap();
        }
    };
    let cpu = || {
        // Clock ticks of the process, user and system: fields 14 and 15.
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", child.id())).unwrap();
        let fields: Vec<_> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
        fields[11].parse::<u64>().unwrap() + fields[12].parse::<u64>().unwrap()
    };
    let crowd: Vec<TcpStream> = (0..100)
        .map(|_| {
            let mut stream = connect(address);
            let _ = stream.write_all(b"GET /metrics HTTP/1.1\r\n");
            stream
        })
        .collect();
    // A real scrape comes through in the middle of it.
    let mut scraper = ask(address, "/metrics", &[]);
    assert_eq!(read(&mut scraper, true).map(|page| page.status), Some(200));
    let before = cpu();
    std::thread::sleep(Duration::from_millis(500));
    let spent = cpu() - before;
    // A loop that spins takes 50 ticks.
    assert!(spent < 25, "{spent} ticks of the processor for waiting");
    drop(crowd);
    assert_eq!(get(address, "/metrics", &[]).status, 200);
    assert!(own(address, "picometer_exporter_accept_errors_total") >= 1.0);
    drop(child.stdin.take());
    assert!(child.wait().unwrap().success());
}
