//! From `/proc/<pid>`, see proc(5). Read by hand: it is little, and procfs 0.18 panics at `limits` that are cut off.

use std::fs::{metadata, read, read_dir, read_to_string};
use std::path::Path;

use picometer::Number;
use picometer_epoch::system::{clock_ticks_per_second, page_size};

use super::Reading;

pub(super) fn reading(proc: &Path, pid: &str) -> Reading {
    let folder = proc.join(pid);
    let mut reading = Reading { open_fds: open_fds(&folder).map(Number::from), ..Reading::default() };
    // A command need not be UTF-8.
    if let Ok(stat) = read(folder.join("stat")) {
        stat_fields(&String::from_utf8_lossy(&stat), || boot_time(proc), &mut reading);
    }
    if let Ok(limits) = read_to_string(folder.join("limits")) {
        reading.max_fds = soft_limit(&limits, "Max open files");
        reading.virtual_memory_max = soft_limit(&limits, "Max address space");
    }
    if let Ok(text) = read_to_string(folder.join("net/netstat")) {
        reading.received = ip_counter(&text, "InOctets");
        reading.transmitted = ip_counter(&text, "OutOctets");
    }
    reading
}

fn stat_fields(stat: &str, boot_time: impl FnOnce() -> Option<u64>, reading: &mut Reading) {
    // The command stands in parentheses, and may have some itself.
    let Some((_, fields)) = stat.rsplit_once(')') else { return };
    let fields: Vec<&str> = fields.split_ascii_whitespace().collect();
    // As proc(5) counts them: the first behind the command is 3.
    let field = |number: usize| fields.get(number - 3)?.parse::<u64>().ok();
    let ticks = clock_ticks_per_second();
    let per_second = u32::try_from(ticks).unwrap_or(100);
    let cpu = field(14).zip(field(15)).map(|(user, system)| user.wrapping_add(system));
    let start = || field(22)?.checked_add(boot_time()?.checked_mul(ticks)?);
    reading.cpu = cpu.map(|cpu| Number::scaled(cpu, per_second));
    reading.threads = field(20).map(Number::from);
    reading.start_time = start().map(|start| Number::scaled(start, per_second));
    reading.virtual_memory = field(23).map(Number::from);
    reading.resident_memory = field(24).and_then(|pages| pages.checked_mul(page_size())).map(Number::from);
}

/// Seconds since the epoch.
fn boot_time(proc: &Path) -> Option<u64> {
    let stat = read_to_string(proc.join("stat")).ok()?;
    stat.lines().find_map(|line| line.strip_prefix("btime "))?.trim().parse().ok()
}

/// The size of the folder since Linux 6.2, the entries of it before.
fn open_fds(folder: &Path) -> Option<usize> {
    let folder = folder.join("fd");
    match metadata(&folder).ok()?.len() {
        0 => Some(read_dir(folder).ok()?.count()),
        size => usize::try_from(size).ok(),
    }
}

/// Without one where it is `unlimited`.
fn soft_limit(limits: &str, name: &str) -> Option<Number> {
    let rest = limits.lines().find_map(|line| line.strip_prefix(name))?;
    rest.split_ascii_whitespace().next()?.parse::<u64>().ok().map(Number::from)
}

/// A counter of the line pair `IpExt`: names in one line, values in the next.
fn ip_counter(text: &str, name: &str) -> Option<Number> {
    let mut lines = text.lines().filter_map(|line| line.strip_prefix("IpExt: "));
    let (names, values) = (lines.next()?, lines.next()?);
    let at = names.split(' ').position(|other| other == name)?;
    values.split(' ').nth(at)?.parse::<u64>().ok().map(Number::from)
}
