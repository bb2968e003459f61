//! A program that runs as long as its value lives, and the folder that it works in.

use std::fs::File;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use super::PATIENCE;

/// A new empty folder below cargo's target folder, removed when dropped.
#[derive(Debug)]
pub struct Folder(PathBuf);

impl Folder {
    pub fn new(name: &str) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}-{number}", std::process::id()));
        let _ = std::fs::remove_dir_all(&path);
        std::fs::create_dir_all(&path).expect("cargo's folder for tests can be written");
        Self(path)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Writes a file and returns where it is.
    pub fn write(&self, name: &str, contents: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.join(name);
        std::fs::write(&path, contents).expect("a folder of ours");
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A port of 127.0.0.1 that was free a moment ago. For programs that cannot take port 0.
pub fn free_port() -> SocketAddr {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
    listener.local_addr().expect("bound")
}

/// A running program. What it prints goes to a file; dropping it kills it, by its own process id.
#[derive(Debug)]
pub struct Process {
    child: Child,
    folder: Folder,
    what: String,
}

impl Process {
    /// Starts it with `folder` as its working directory.
    pub fn start(command: &mut Command, folder: Folder) -> Self {
        let what = format!("{command:?}");
        let file = |name| File::create(folder.path().join(name)).expect("a folder of ours");
        let command = command.current_dir(folder.path()).stdin(Stdio::null()).stdout(file("stdout")).stderr(file("stderr"));
        let child = command.spawn().unwrap_or_else(|error| panic!("{what}: {error}"));
        Self { child, folder, what }
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it has printed so far.
    pub fn stdout(&self) -> String {
        self.printed("stdout")
    }

    /// What it has complained about so far.
    pub fn stderr(&self) -> String {
        self.printed("stderr")
    }

    fn printed(&self, name: &str) -> String {
        let bytes = std::fs::read(self.folder.path().join(name)).unwrap_or_default();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Its exit status if it has ended.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().expect("a child of ours")
    }

    /// Asks until there is an answer; panics with what the program printed when it ends before that or patience does.
    #[track_caller]
    pub fn until<T>(&mut self, what: &str, mut ask: impl FnMut(&Self) -> Option<T>) -> T {
        let end = Instant::now() + PATIENCE;
        loop {
            if let Some(answer) = ask(self) {
                return answer;
            }
            let status = self.ended();
            let (out, err) = (self.stdout(), self.stderr());
            assert!(status.is_none(), "{} ended ({status:?}) before {what}\n{out}\n{err}", self.what);
            assert!(Instant::now() < end, "{} made us wait in vain for {what}\n{out}\n{err}", self.what);
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Sends a signal, by its name as in `INT`.
    pub fn signal(&self, name: &str) {
        // The shell's own `kill` is there on every Unix; std can only kill.
        let command = format!("kill -{name} {}", self.id());
        let status = Command::new("sh").args(["-c", &command]).status().expect("a shell");
        assert!(status.success(), "{command}");
    }

    /// Waits for its end.
    #[track_caller]
    pub fn wait(&mut self) -> ExitStatus {
        super::wait_for("the end of a program", || self.ended())
    }

    /// Kills it now, as `kill -9` does.
    pub fn kill(&mut self) {
        // Fails when it has ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}
