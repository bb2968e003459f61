//! The firmware on an emulated board, which pushes to real servers.

use std::process::Command;

use crate::peers::{Firmware, Folder, Process, Prometheus, free_port, get, program, wait_for};

/// A Pushgateway on a port that the firmware was built for.
fn pushgateway_at(address: std::net::SocketAddr) -> Option<Process> {
    let mut command = Command::new(program("prometheus-pushgateway")?);
    // Debian's keeps what was pushed in a file unless told otherwise, also from one program to the next.
    command.args([&format!("--web.listen-address={address}"), "--persistence.file="]);
    let mut process = Process::start(&mut command, Folder::new("pushgateway"));
    process.until("it is ready", |_| get(address, "/-/ready", &[]));
    Some(process)
}

/// Nothing stops the stack from growing into the statics, and what it overwrites there breaks off pushes or stops the board.
fn stack_has_room(board: &Firmware) {
    let value = |page: &str, series: &str| page.lines().find_map(|line| line.strip_prefix(series)?.trim_start().parse::<u32>().ok());
    // Pushes are seconds apart, and the mark is looked for each second: that of the push before the last one is there.
    let (used, size) = wait_for("three pushes", || {
        let answer = get(board.address, "/metrics", &[])?;
        let page = answer.text();
        let pushes = value(page, "pushes_total{outcome=\"ok\"}")?;
        (pushes >= 3).then_some((value(page, "device_stack_used_bytes")?, value(page, "device_stack_size_bytes")?))
    });
    // An interrupt may come at the deepest place, where none has come so far.
    assert!(used + 256 <= size, "{used} of {size} bytes of stack");
}

#[test]
fn a_board_pushes_to_a_pushgateway_and_comes_back_to_it() {
    let address = free_port();
    let Some(mut server) = pushgateway_at(address) else { return };
    let port = address.port().to_string();
    let Some(board) = Firmware::board("an385", &["--push", "pushgateway", "--push-port", &port]) else { return };
    let pushed = || {
        let page = get(address, "/metrics", &[])?;
        let uptime = "device_uptime_seconds{instance=\"10.0.2.15\",job=\"picometer-firmware\"} ";
        let uptime: u32 = page.text().lines().find_map(|line| line.strip_prefix(uptime)?.parse().ok())?;
        assert!(page.text().contains("i2c_transfer_seconds_bucket{instance=\"10.0.2.15\""), "{}", page.text());
        Some(uptime)
    };
    let before = wait_for("a push", pushed);
    // The memory of a Pushgateway goes with it; the board finds the next one.
    server.kill();
    let refused = get(address, "/metrics", &[]);
    assert!(refused.is_none(), "{refused:?}");
    let _server = pushgateway_at(address);
    // The same second, where the first one was killed before it answered, and the board comes back to the second within it.
    assert!(wait_for("a push to the next one", pushed) >= before);
    stack_has_room(&board);
}

#[test]
fn a_board_pushes_by_remote_write() {
    let Some(program) = program("prometheus") else { return };
    let server = Prometheus::start_with(&program, &[], "", &["--web.enable-remote-write-receiver"]);
    let port = server.address().port().to_string();
    let Some(board) = Firmware::board("an385", &["--push", "remote-write", "--push-port", &port]) else { return };
    let of = |expression: &str| server.value(&format!("{expression}{{job='picometer-firmware',instance='10.0.2.15'}}"));
    assert!(of("device_uptime_seconds") < 600.0);
    // The time is that of the server, give or take what `Date` leaves out.
    assert!(server.value("abs(time() - timestamp(device_uptime_seconds))") < 15.0);
    stack_has_room(&board);
    // What is pushed is what is served.
    let page = get(board.address, "/metrics", &[]).expect("a page");
    let series = page.text().lines().filter(|line| !line.starts_with('#')).count();
    wait_for("as many series as the page has", || {
        let pushed = server.value("count({job='picometer-firmware'})");
        // A peer that is new, or the state that changed, make a few more.
        (series as f64 - pushed).abs().le(&8.0).then_some(())
    });
}
