//! The example firmware as a program: on this machine, or on an emulated board.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{Folder, Process, free_port, program, say, skip, workspace};

/// Where the firmware runs and what is asked of it.
#[derive(Debug)]
pub struct Firmware {
    pub process: Process,
    pub address: SocketAddr,
}

impl Firmware {
    /// The program on this machine, on a free port.
    pub fn host(arguments: &[&str]) -> Self {
        let mut command = Command::new(host_program());
        let mut process = Process::start(command.args(["--port", "0"]).args(arguments), Folder::new("firmware"));
        let url = process.until("the address", |process| process.stdout().lines().next().map(str::to_owned));
        Self { process, address: address(&url) }
    }

    /// The program under QEMU, by `qemu.sh` with these arguments; a visible skip where that cannot be.
    #[track_caller]
    pub fn board(board: &str, arguments: &[&str]) -> Option<Self> {
        program("qemu-system-arm")?;
        build_board(board, arguments)?;
        for _ in 0..5 {
            let port = free_port().port().to_string();
            let mut command = Command::new(script());
            command.args(["--board", board, "--port", &port, "--no-log"]).args(arguments);
            let mut process = Process::start(&mut command, Folder::new("qemu"));
            let url = super::wait_for("QEMU to listen", || {
                let url = process.stdout().lines().find(|line| line.starts_with("http://")).map(str::to_owned);
                if process.ended().is_some() { Some(None) } else { url.map(Some) }
            });
            if let Some(url) = url {
                return Some(Self { process, address: address(&url) });
            }
            // The script says so itself, or QEMU when another process was quicker.
            let complaint = process.stderr();
            assert!(complaint.contains("is taken") || complaint.contains("host forwarding"), "{complaint}");
        }
        panic!("five ports were taken");
    }
}

/// The address of a page, as a program prints it.
pub fn address(url: &str) -> SocketAddr {
    let address = url.strip_prefix("http://").and_then(|rest| rest.strip_suffix("/metrics"));
    address.and_then(|address| address.parse().ok()).unwrap_or_else(|| panic!("{url:?} is no address of a page"))
}

fn script() -> PathBuf {
    workspace().join("embedded-example/qemu.sh")
}

/// Builds for a board and returns the ELF file; without a compiler for it a visible skip.
#[track_caller]
pub fn build_board(board: &str, arguments: &[&str]) -> Option<PathBuf> {
    build(Command::new(script()).args(["--board", board, "--no-log"]).args(arguments))
}

/// The same with one of the [`toolchains`].
#[track_caller]
pub fn build_board_with(toolchain: &str, board: &str, arguments: &[&str]) -> Option<PathBuf> {
    build(Command::new(script()).args(["--board", board, "--no-log"]).args(arguments).env("PICOMETER_TOOLCHAIN", toolchain))
}

/// The example firmware without a list of metrics, with one of the [`toolchains`].
#[track_caller]
pub fn build_declared(toolchain: &str) -> Option<PathBuf> {
    build(Command::new(workspace().join("embedded-example/declared/build.sh")).env("PICOMETER_TOOLCHAIN", toolchain))
}

/// The board with a stack that a page overflows; not waited for. QEMU ends where the board starts again.
#[track_caller]
pub fn board_with_small_stack() -> Option<(Process, SocketAddr)> {
    let qemu = program("qemu-system-arm")?;
    let elf = build_board("an385", &["--small-stack"])?;
    let address = free_port();
    let network = format!("user,restrict=on,hostfwd=tcp:{address}-10.0.2.15:80");
    let mut command = Command::new(qemu);
    command.args(["-machine", "mps2-an385", "-display", "none", "-monitor", "none", "-serial", "none", "-no-reboot"]);
    Some((Process::start(command.args(["-nic", &network, "-kernel"]).arg(elf), Folder::new("stack")), address))
}

/// The application in a folder of `embedded-example` under QEMU, its UART at a Unix socket; a visible skip where that cannot be.
#[cfg(unix)]
#[track_caller]
pub fn uart_board(folder: &str) -> Option<(Process, std::os::unix::net::UnixStream)> {
    program("qemu-system-arm")?;
    let script = workspace().join("embedded-example").join(folder).join("run.sh");
    build(&mut Command::new(&script))?;
    let mut process = Process::start(Command::new(script).args(["--serial", "unix:uart,server=on,wait=on"]), Folder::new(folder));
    let socket = process.folder().join("uart");
    let uart = process.until("its UART", |_| std::os::unix::net::UnixStream::connect(&socket).ok());
    Some((process, uart))
}

/// The compilers for boards that `embedded-example/toolchain.sh` finds; one that is not installed is said, none is a skip.
#[track_caller]
pub fn toolchains() -> Vec<&'static str> {
    let asked = std::env::var("PICOMETER_TOOLCHAIN").ok();
    let mut found = Vec::new();
    for known in ["rustup", "debian"].into_iter().filter(|&known| asked.as_deref().is_none_or(|asked| asked == known)) {
        let look = "source embedded-example/toolchain.sh && { toolchain thumbv7m-none-eabi || { echo \"$missing\"; exit 1; }; }";
        let output = Command::new("bash").args(["-c", look]).env("PICOMETER_TOOLCHAIN", known).current_dir(workspace()).output();
        match output.expect("bash") {
            output if output.status.success() => found.push(known),
            output => say(String::from_utf8_lossy(&output.stdout).trim()),
        }
    }
    if found.is_empty() {
        skip("no compiler for thumbv7m-none-eabi");
    }
    found
}

#[track_caller]
fn build(command: &mut Command) -> Option<PathBuf> {
    let output = for_others(command.arg("--build-only"));
    let complaint = String::from_utf8_lossy(&output.stderr);
    if complaint.contains("no compiler for") {
        skip(complaint.trim());
        return None;
    }
    assert!(output.status.success(), "{complaint}");
    Some(Path::new(String::from_utf8_lossy(&output.stdout).trim()).to_owned())
}

/// Builds the program for this machine, with the flags and into the folder of this test: cargo tells tests of another package
/// nothing of it, and has let go of its lock by now.
pub fn host_program() -> PathBuf {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
    command.args(["build", "--package", "picometer-firmware", "--bin", "picometer-firmware", "--message-format=json"]);
    if !cfg!(debug_assertions) {
        command.arg("--release");
    }
    let output = command.current_dir(workspace()).output().expect("cargo");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let messages = output.stdout.split(|&byte| byte == b'\n').filter(|line| !line.is_empty());
    let mut messages = messages.map(|line| serde_json::from_slice::<serde_json::Value>(line).expect("JSON"));
    let program = messages.find_map(|message| message["executable"].as_str().map(PathBuf::from));
    program.expect("cargo names the program")
}

/// Runs a command that builds for another machine: a sanitizer's flags, say, are not meant for it.
fn for_others(command: &mut Command) -> std::process::Output {
    let command = command.env_remove("RUSTFLAGS").env_remove("CARGO_ENCODED_RUSTFLAGS");
    command.output().expect("a script of ours")
}
