//! Runs workers, and is one.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// What this process is asked to be.
const ROLE: &str = "PICOMETER_TEST_ROLE";

/// A process that does what a test says.
pub struct Worker {
    pub process: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Worker {
    /// Runs the test `name` of this binary in a process of its own, which is a worker of a directory.
    pub fn start(name: &str, folder: &Path) -> Self {
        Self::run(name, Some(folder))
    }

    /// The same in a process that shares nothing yet.
    pub fn start_alone(name: &str) -> Self {
        Self::run(name, None)
    }

    fn run(name: &str, folder: Option<&Path>) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args([name, "--exact", "--nocapture", "--test-threads=1"]).env(ROLE, name);
        command.envs(folder.map(|folder| ("PROMETHEUS_MULTIPROC_DIR", folder))).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = command.spawn().unwrap();
        let (input, output) = (process.stdin.take(), BufReader::new(process.stdout.take().unwrap()));
        Self { process, input, output }
    }

    pub fn pid(&self) -> String {
        self.process.id().to_string()
    }

    /// Sends a line and waits for its answer.
    pub fn ask(&mut self, line: &str) -> String {
        self.tell(line);
        self.answer()
    }

    pub fn tell(&mut self, line: &str) {
        writeln!(self.input.as_mut().unwrap(), "{line}").unwrap();
    }

    /// The next answer; what the test harness prints is passed over.
    pub fn answer(&mut self) -> String {
        let mut line = String::new();
        loop {
            line.clear();
            assert!(self.output.read_line(&mut line).unwrap() > 0, "the worker ended");
            if line.contains("panicked") {
                eprint!("{line}");
            }
            if let Some(at) = line.find("= ") {
                return line[at + 2..].trim_end().to_owned();
            }
        }
    }

    /// Closes its input and waits for its end.
    pub fn end(mut self) {
        drop(self.input.take());
        let mut rest = String::new();
        self.output.read_to_string(&mut rest).unwrap();
        assert!(self.process.wait().unwrap().success(), "{rest}");
    }

    pub fn kill(mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

/// Names the test that this stands in; a process that was started for it does `then`, and is through.
macro_rules! role {
    ($name:ident, $then:expr) => {
        fn here() {}
        let $name = std::any::type_name_of_val(&here).strip_suffix("::here").and_then(|path| path.split_once("::")).unwrap().1;
        if child::is($name) {
            return $then;
        }
    };
}
pub(crate) use role;

/// Whether this process was started for the test of this name.
pub fn is(name: &str) -> bool {
    std::env::var(ROLE).is_ok_and(|role| role == name)
}

/// Answers the test that started this process.
pub fn say(answer: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "\n= {answer}").unwrap();
    out.flush().unwrap();
}

/// Calls `then` with every line that the test sends, and answers `done`, until there are no more.
pub fn serve(mut then: impl FnMut(&[&str])) {
    for line in std::io::stdin().lines() {
        then(&line.unwrap().split(' ').collect::<Vec<_>>());
        say("done");
    }
}
