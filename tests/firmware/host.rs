//! The program on this machine: what it prints, how it ends.

use std::net::TcpListener;
use std::process::{Command, Output};

use crate::page::{OPEN_METRICS, Page};
use crate::peers::{Firmware, get, host_program, promtool_check};

#[test]
fn serves_until_it_is_interrupted() {
    for signal in ["INT", "TERM"] {
        let mut firmware = Firmware::host(&[]);
        let page = get(firmware.address, "/metrics", &[]).expect("a page");
        assert_eq!(page.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
        assert!(Page::of(page.text()).series() >= 60);
        assert_eq!(promtool_check(page.text()).unwrap_or(Ok(())), Ok(()), "promtool is content, without lint");
        let open = get(firmware.address, "/metrics", &[("Accept", OPEN_METRICS)]).expect("a page");
        assert!(Page::of(open.text()).series() >= 60 && open.text().ends_with("\n# EOF\n"));
        firmware.process.signal(signal);
        assert_eq!(firmware.process.wait().code(), Some(0), "{signal} ends it in order");
        assert_eq!(firmware.process.stderr(), "");
        assert_eq!(firmware.process.stdout(), format!("http://{}/metrics\n", firmware.address));
        assert!(get(firmware.address, "/metrics", &[]).is_none(), "the port is closed");
    }
}

#[test]
fn an_interrupt_ends_it_in_the_middle_of_a_scrape() {
    let mut firmware = Firmware::host(&["--loss", "100"]);
    let client = std::net::TcpStream::connect(firmware.address).expect("the system accepts");
    firmware.process.signal("INT");
    assert_eq!(firmware.process.wait().code(), Some(0));
    drop(client);
}

#[test]
fn pages_are_whole_although_every_tenth_frame_is_lost() {
    let firmware = Firmware::host(&["--loss", "10"]);
    for _ in 0..2 {
        assert!(Page::scrape(firmware.address).series() >= 60);
    }
}

fn run(arguments: &[&str]) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } = Command::new(host_program()).args(arguments).output().expect("our program");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (status.code(), text(stdout), text(stderr))
}

#[test]
fn says_what_is_wrong_with_its_arguments() {
    for (arguments, said) in [
        (&["--port"][..], "missing argument"),
        (&["--port", "65536"], "65536"),
        (&["--port=-1"], "-1"),
        (&["--fast"], "--fast"),
        (&["9100"], "9100"),
        (&["--loss", "101"], "101"),
    ] {
        let (code, out, err) = run(arguments);
        assert_eq!((code, out.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(err.starts_with("picometer-firmware: ") && err.contains(said) && err.contains("--help"), "{arguments:?}: {err}");
    }
    let (code, out, err) = run(&["--help"]);
    assert_eq!((code, err.as_str()), (Some(0), ""));
    assert!(out.contains("Usage: picometer-firmware [--port PORT]"));

    let taken = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let port = taken.local_addr().expect("bound").port().to_string();
    let (code, out, err) = run(&["--port", &port]);
    assert_eq!((code, out.as_str()), (Some(1), ""));
    assert!(err.starts_with(&format!("picometer-firmware: cannot serve on port {port} of 127.0.0.1: ")), "{err}");
}
