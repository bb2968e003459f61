//! Receivers of pushes: Pushgateway, VictoriaMetrics, carbon.

use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::Command;

use super::{Folder, Process, free_port, get, wait_for};

/// A server on a port of its own.
#[derive(Debug)]
pub struct Receiver {
    pub process: Process,
    /// Where it speaks HTTP; carbon does not, and takes lines there.
    pub address: SocketAddr,
    /// Where VictoriaMetrics takes lines.
    pub lines: SocketAddr,
}

/// Another process may have taken the port since it was found free: then once more.
fn start(name: &str, command: impl Fn(&Folder, SocketAddr, SocketAddr) -> Command, ready: impl Fn(SocketAddr) -> bool) -> Receiver {
    for _ in 0..5 {
        let (folder, address, lines) = (Folder::new(name), free_port(), free_port());
        let mut command = command(&folder, address, lines);
        let mut process = Process::start(&mut command, folder);
        let is_ready = wait_for(name, || {
            let is_ready = ready(address);
            (is_ready || process.ended().is_some()).then_some(is_ready)
        });
        if is_ready && process.ended().is_none() {
            return Receiver { process, address, lines };
        }
    }
    panic!("{name} does not start");
}

fn answers(address: SocketAddr, path: &str) -> bool {
    get(address, path, &[]).is_some_and(|answer| answer.status == 200)
}

/// A Pushgateway, with a web configuration where it is not empty.
pub fn pushgateway(program: &Path, web: &str) -> Receiver {
    let command = |folder: &Folder, address: SocketAddr, _| {
        let mut command = Command::new(program);
        // Debian's keeps what was pushed in a file unless told otherwise, also from one program to the next.
        command.args([&format!("--web.listen-address={address}"), "--persistence.file="]);
        if !web.is_empty() {
            command.arg(format!("--web.config.file={}", folder.write("web.yml", web).display()));
        }
        command
    };
    // With TLS and passwords it answers no plain question, but connections it takes.
    start("pushgateway", command, |address| if web.is_empty() { answers(address, "/-/ready") } else { TcpStream::connect(address).is_ok() })
}

/// A VictoriaMetrics that takes lines too.
pub fn victoria(program: &Path, more: &[&str]) -> Receiver {
    let command = |_: &Folder, address: SocketAddr, lines: SocketAddr| {
        let mut command = Command::new(program);
        command.args([format!("-httpListenAddr={address}"), format!("-graphiteListenAddr={lines}")]);
        command.args(["-storageDataPath=data", "-memory.allowedPercent=5", "-search.latencyOffset=0s"]).args(more);
        command
    };
    start("victoria-metrics", command, |address| answers(address, "/health"))
}

/// A carbon-cache that keeps each second of an hour.
pub fn carbon(program: &Path) -> Receiver {
    let command = |folder: &Folder, address: SocketAddr, lines: SocketAddr| {
        let (root, query) = (folder.path().display(), free_port());
        std::fs::create_dir_all(folder.path().join("conf")).expect("a folder of ours");
        let text = format!(
            "[cache]\nSTORAGE_DIR={root}\nCONF_DIR={root}/conf\nLOG_DIR={root}/log\nPID_DIR={root}/run\nLOCAL_DATA_DIR={root}/wsp\nUSER=\n\
             LINE_RECEIVER_INTERFACE=127.0.0.1\nLINE_RECEIVER_PORT={}\nPICKLE_RECEIVER_INTERFACE=127.0.0.1\nPICKLE_RECEIVER_PORT={}\n\
             CACHE_QUERY_INTERFACE=127.0.0.1\nCACHE_QUERY_PORT={}\nENABLE_UDP_LISTENER=False\nMAX_CREATES_PER_MINUTE=inf\n\
             MAX_UPDATES_PER_SECOND=1000\nENABLE_TAGS=False\nCARBON_METRIC_INTERVAL=0\n",
            address.port(),
            lines.port(),
            query.port()
        );
        folder.write("conf/carbon.conf", text);
        folder.write("conf/storage-schemas.conf", "[all]\npattern = .*\nretentions = 1s:1h\n");
        folder.write("conf/storage-aggregation.conf", "[all]\npattern = .*\nxFilesFactor = 0\naggregationMethod = last\n");
        let mut command = Command::new(program);
        command.args(["--nodaemon", &format!("--config={root}/conf/carbon.conf"), &format!("--pidfile={root}/pid"), "start"]);
        command
    };
    start("carbon", command, |address| TcpStream::connect(address).is_ok())
}
