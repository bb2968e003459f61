//! Programs that answer, one question after the other.

use std::io::{BufRead, BufReader, Result, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::OnceLock;

/// A program that answers each line of its input with a line. Dropping it ends its input and waits for its end.
///
/// ```
/// let mut echo = picometer_benches::Program::start(&mut std::process::Command::new("cat"))?;
/// assert_eq!(echo.ask("17"), Some(17.0));
/// # std::io::Result::Ok(())
/// ```
#[derive(Debug)]
pub struct Program {
    child: Child,
    input: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Program {
    /// Starts it.
    ///
    /// # Errors
    ///
    /// It does not start.
    pub fn start(command: &mut Command) -> Result<Self> {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let (input, output) = (child.stdin.take(), child.stdout.take().ok_or(std::io::ErrorKind::BrokenPipe)?);
        Ok(Self { child, input, answers: BufReader::new(output) })
    }

    /// The next line that it prints, none at its end.
    pub fn answer(&mut self) -> Option<String> {
        let mut line = String::new();
        let len = self.answers.read_line(&mut line).ok()?;
        (len > 0).then(|| line.trim().to_owned())
    }

    /// The number that it answers a line with.
    pub fn ask(&mut self, line: &str) -> Option<f64> {
        writeln!(self.input.as_mut()?, "{line}").ok()?;
        self.answer()?.parse().ok()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        drop(self.input.take());
        let _ = self.child.wait();
    }
}

/// A Python that has the client library of Prometheus, in an environment below cargo's folder `tmp`, which the tests have too. Where
/// there is none and none can be made, a line says SKIP.
pub fn python(tmp: &Path) -> Option<&'static Path> {
    static PYTHON: OnceLock<Option<PathBuf>> = OnceLock::new();
    let find = || {
        let folder = tmp.join("python");
        let python = folder.join("bin/python3");
        let has_it = || Command::new(&python).args(["-c", "import prometheus_client"]).output().is_ok_and(|output| output.status.success());
        if !has_it() {
            let _ = Command::new("python3").args(["-m", "venv"]).arg(&folder).output();
            let _ = Command::new(&python).args(["-m", "pip", "install", "-q", "prometheus_client"]).output();
        }
        if has_it() {
            return Some(python);
        }
        eprintln!("SKIP: the peer, Python with prometheus_client, cannot be had");
        None
    };
    PYTHON.get_or_init(find).as_deref()
}
