//! The application on embassy, on an emulated board: the tests of the other one, and the executor's metrics.

use crate::board::{memory, serves_everyone};
use crate::page::Page;
use crate::peers::Firmware;

const TASKS: [&str; 4] = ["device", "http", "net", "room"];

#[test]
fn an385() {
    let Some(firmware) = Firmware::board("an385", &["--embassy"]) else { return };
    serves_everyone(firmware.address, "mps2-an385", "embassy", |page| {
        memory(page);
        alarms(page);
        tasks(page);
    });
    time_is_busy_or_idle(firmware.address);
}

/// The clock has no tick: an alarm for each reading of the sensor, and for what else has a deadline.
fn alarms(page: &Page) {
    let alarms = page.value("device_interrupts_total{source=\"timer\"}");
    let seconds = page.value("device_uptime_seconds");
    assert!(alarms >= seconds && alarms < (seconds + 1.0) * 2_000.0, "{alarms} alarms in {seconds} s");
    assert!(page.value("device_interrupts_total{source=\"ethernet\"}") > 0.0);
}

fn tasks(page: &Page) {
    assert_eq!(page.value("embassy_tasks"), 5.0, "one for each socket, and three");
    for task in TASKS {
        let (polls, wakes) = (page.value(&polls(task)), page.value(&format!("embassy_task_wakes_total{{task=\"{task}\"}}")));
        assert!(polls >= 1.0 && wakes >= polls, "{task}: {wakes} wakes, {polls} polls");
        assert!(page.value(&format!("embassy_task_busy_seconds_total{{task=\"{task}\"}}")) > 0.0, "{task}");
    }
    assert_eq!(page.sum("embassy_task_polls_total"), TASKS.iter().map(|task| page.value(&polls(task))).sum::<f64>(), "all have a name");
    // Each reading of the sensor is a poll.
    let readings = page.sum("i2c_transfers_total");
    assert!((readings..readings * 1.5 + 10.0).contains(&page.value(&polls("device"))), "{readings} readings");
}

fn polls(task: &str) -> String {
    format!("embassy_task_polls_total{{task=\"{task}\"}}")
}

/// Between two pages the executor polled tasks or rested. What it takes itself, and what a busy machine takes from QEMU, is neither.
fn time_is_busy_or_idle(address: std::net::SocketAddr) {
    let before = Page::scrape(address);
    std::thread::sleep(std::time::Duration::from_secs(2));
    let after = Page::scrape(address);
    let more = |name: &str| after.sum(name) - before.sum(name);
    let (busy, idle) = (more("embassy_task_busy_seconds_total"), more("embassy_executor_idle_seconds_total"));
    let seconds = more("device_uptime_seconds");
    println!("{busy} s busy, {idle} s idle in {seconds} s");
    assert!(busy > 0.0 && idle > busy, "{busy} s busy, {idle} s idle: no client asks for anything");
    assert!((0.5 * (seconds - 1.0)..seconds + 2.0).contains(&(busy + idle)), "{busy} s busy, {idle} s idle in {seconds} s");
}
