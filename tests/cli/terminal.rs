//! `watch` in a terminal, which has to be as it was when the program ends.

use std::fs::{File, OpenOptions};
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitStatus};
use std::sync::mpsc::{self, Receiver};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, Winsize, tcgetattr, tcsetwinsize};

use crate::command::program;
use crate::peers::{Folder, PATIENCE};

/// Watches a page in a terminal of its own, does something once the page is shown, and says how it ended and what was written since.
#[track_caller]
fn watched(then: impl FnOnce(u32, &mut File)) -> (ExitStatus, String) {
    let folder = Folder::new("terminal");
    let page = folder.write("page.txt", "# TYPE doors_open gauge\ndoors_open 3\n");
    let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
    grantpt(&ours).unwrap();
    unlockpt(&ours).unwrap();
    let name = ptsname(&ours, Vec::new()).unwrap();
    let theirs = OpenOptions::new().read(true).write(true).open(std::ffi::OsStr::from_bytes(name.as_bytes())).unwrap();
    tcsetwinsize(&theirs, Winsize { ws_row: 24, ws_col: 80, ws_xpixel: 0, ws_ypixel: 0 }).unwrap();
    let modes = || tcgetattr(&theirs).unwrap().local_modes;
    let before = modes();

    let mut command = Command::new(program());
    command
        .arg("watch")
        .arg(page)
        .stdin(theirs.try_clone().unwrap())
        .stdout(theirs.try_clone().unwrap())
        .stderr(theirs.try_clone().unwrap());
    let mut child = command.spawn().unwrap();
    drop(command);
    let mut keyboard = File::from(ours);
    let screen = written(keyboard.try_clone().unwrap());
    let mut shown = String::new();
    while !shown.contains("doors_open") {
        shown += &screen.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("the page is not shown: {shown:?}"));
    }
    assert!(shown.contains("\x1b[?1049h"), "no screen of its own: {shown:?}");
    assert!(!modes().contains(LocalModes::ICANON), "keys come when they are pressed");
    then(child.id(), &mut keyboard);

    let status = crate::peers::wait_for("the end of watch", || child.try_wait().unwrap());
    assert_eq!(modes(), before, "lines are edited and shown again");
    drop(theirs);
    let rest: String = std::iter::from_fn(|| screen.recv_timeout(PATIENCE).ok()).collect();
    assert!(rest.contains("\x1b[?1049l"), "the screen from before is not back: {rest:?}");
    (status, rest)
}

/// What comes out of a terminal, until it is open no more.
fn written(mut terminal: File) -> Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(length @ 1..) = terminal.read(&mut buffer) {
            if sender.send(String::from_utf8_lossy(&buffer[..length]).into_owned()).is_err() {
                return;
            }
        }
    });
    receiver
}

#[test]
fn a_signal_ends_it_and_the_terminal_is_restored() {
    for (name, number) in [("TERM", 15), ("HUP", 1)] {
        let (status, _) = watched(|id, _| {
            let sent = Command::new("sh").args(["-c", &format!("kill -{name} {id}")]).status().unwrap();
            assert!(sent.success());
        });
        assert_eq!(status.signal(), Some(number), "the sender of {name} sees that it worked");
    }
}

#[test]
fn q_ends_it_and_the_terminal_is_restored() {
    use std::io::Write;
    let (status, _) = watched(|_, keyboard| keyboard.write_all(b"q").unwrap());
    assert_eq!(status.code(), Some(0));
}
