//! What live workers take of the machine.

use std::fs;

use picometer::{Desc, Encoder, Stop};

use super::directory::Live;
use crate::file::layout;

/// Ticks a second of `/proc/PID/stat` (`USER_HZ`), which Linux has fixed.
const TICKS: f64 = 100.0;

struct Usage {
    pid: String,
    cpu: f64,
    resident: u64,
    descriptors: Option<u64>,
}

/// Numbers of a process, if it is still the one that made the file and can be seen from here.
fn usage(worker: &Live) -> Option<Usage> {
    let stat = fs::read(format!("/proc/{}/stat", worker.pid)).ok()?;
    if layout::start_time(&stat)? != worker.started {
        return None;
    }
    let text = String::from_utf8_lossy(&stat);
    // Fields from the third on, behind the name.
    let fields: Vec<&str> = text.get(text.rfind(')')? + 2..)?.split(' ').collect();
    let number = |field: usize| fields.get(field.checked_sub(3)?)?.parse::<u64>().ok();
    let cpu = (number(14)? + number(15)?) as f64 / TICKS;
    let resident = number(24)?.saturating_mul(rustix::param::page_size() as u64);
    let descriptors = fs::read_dir(format!("/proc/{}/fd", worker.pid)).ok().map(|all| all.count() as u64);
    Some(Usage { pid: worker.pid.to_string(), cpu, resident, descriptors })
}

/// Processor time, memory and descriptors of every live worker.
pub(crate) fn collect(live: &[Live], out: &mut dyn Encoder) -> Result<(), Stop> {
    const CPU: Desc = Desc::counter("picometer_worker_cpu_seconds_total", "Processor time that a worker took.").unit("seconds");
    const RESIDENT: Desc = Desc::gauge("picometer_worker_resident_memory_bytes", "Memory of a worker that is in RAM.").unit("bytes");
    const DESCRIPTORS: Desc = Desc::gauge("picometer_worker_open_fds", "Descriptors that a worker has open.");
    let all: Vec<Usage> = live.iter().filter_map(usage).collect();
    let mut cpu = out.family(&CPU)?;
    for worker in &all {
        cpu.counter(&[("pid", worker.pid.as_str())], worker.cpu)?;
    }
    let mut resident = out.family(&RESIDENT)?;
    for worker in &all {
        resident.gauge(&[("pid", worker.pid.as_str())], worker.resident)?;
    }
    let mut descriptors = out.family(&DESCRIPTORS)?;
    for worker in &all {
        if let Some(count) = worker.descriptors {
            descriptors.gauge(&[("pid", worker.pid.as_str())], count)?;
        }
    }
    Ok(())
}
