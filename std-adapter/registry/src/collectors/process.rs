//! What the operating system knows of a process.

#[cfg(target_os = "linux")]
mod linux;

use std::cell::OnceCell;
use std::fmt;
use std::path::PathBuf;

use picometer::{Collector, Desc, DescParts, Encoder, Kind, Number, Point, Stop};

use crate::desc::MetricError;
use crate::registering::{refuse, vouch};

/// The standard metrics of a process, as every Prometheus client names them.
///
/// | metric | type | |
/// |---|---|---|
/// | `process_virtual_memory_bytes` | gauge | address space in use |
/// | `process_resident_memory_bytes` | gauge | of it, what is in memory |
/// | `process_start_time_seconds` | gauge | seconds since 1970 |
/// | `process_cpu_seconds_total` | counter | in user and system mode |
/// | `process_open_fds`, `process_max_fds` | gauge | file descriptors, and the soft limit of their number |
/// | `process_virtual_memory_max_bytes` | gauge | the soft limit of the address space |
/// | `process_threads` | gauge | |
/// | `process_network_receive_bytes_total`, `process_network_transmit_bytes_total` | counter | of the network namespace that the process is in, by IP |
///
/// On Linux, from `/proc`; elsewhere it has no series. A value that cannot be read, a limit that does not exist, and everything of a
/// process that does not exist is left out: no value is ever made up. Of the processes of other users only
/// root sees the number of file descriptors.
///
/// ```
/// use picometer_std::collectors::Process;
/// use picometer_std::{Registry, sample_value};
///
/// let registry = Registry::new();
/// registry.register(Process::current())?;
/// # #[cfg(target_os = "linux")]
/// assert!(sample_value(&registry, "process_threads", &[]).unwrap() >= 1.0);
///
/// // A server that another program looks after.
/// let pid = || std::fs::read_to_string("/run/server.pid").ok()?.trim().parse().ok();
/// registry.register(Process::of(pid).namespace("server"))?;
/// # Ok::<(), picometer_std::RegisterError>(())
/// ```
pub struct Process {
    pid: Option<Box<dyn Fn() -> Option<u32> + Send + Sync>>,
    namespace: Box<str>,
    proc: PathBuf,
}

impl Process {
    /// Of this process.
    pub fn current() -> Self {
        Self { pid: None, namespace: "".into(), proc: "/proc".into() }
    }

    /// Of the process that this function names, which is asked for every page; without an answer there are no series.
    pub fn of(pid: impl Fn() -> Option<u32> + Send + Sync + 'static) -> Self {
        Self { pid: Some(Box::new(pid)), ..Self::current() }
    }

    /// Puts `namespace_` in front of the names.
    #[must_use]
    pub fn namespace(mut self, namespace: &str) -> Self {
        self.namespace = namespace.into();
        self
    }

    /// Where `/proc` is: in a container that sees the one of its host, `/host/proc`.
    #[must_use]
    pub fn proc(mut self, folder: impl Into<PathBuf>) -> Self {
        self.proc = folder.into();
        self
    }

    fn read(&self) -> Reading {
        let pid = match &self.pid {
            None => "self".to_owned(),
            Some(pid) => match pid() {
                Some(pid) => pid.to_string(),
                None => return Reading::default(),
            },
        };
        #[cfg(target_os = "linux")]
        return linux::reading(&self.proc, &pid);
        #[cfg(not(target_os = "linux"))]
        return Reading::of_nothing(&self.proc, &pid);
    }
}

/// What was there to read.
#[derive(Default)]
struct Reading {
    virtual_memory: Option<Number>,
    resident_memory: Option<Number>,
    start_time: Option<Number>,
    cpu: Option<Number>,
    open_fds: Option<Number>,
    max_fds: Option<Number>,
    virtual_memory_max: Option<Number>,
    threads: Option<Number>,
    received: Option<Number>,
    transmitted: Option<Number>,
}

#[cfg(not(target_os = "linux"))]
impl Reading {
    fn of_nothing(_: &std::path::Path, _: &str) -> Self {
        Self::default()
    }
}

type Of = fn(&Reading) -> Option<Number>;

const FAMILIES: [(Kind, &str, &str, &str, Of); 10] = [
    (Kind::Gauge, "process_virtual_memory_bytes", "bytes", "Virtual memory size in bytes.", |of| of.virtual_memory),
    (Kind::Gauge, "process_resident_memory_bytes", "bytes", "Resident memory size in bytes.", |of| of.resident_memory),
    (Kind::Gauge, "process_start_time_seconds", "seconds", "Start time of the process since unix epoch in seconds.", |of| of.start_time),
    (Kind::Counter, "process_cpu_seconds_total", "seconds", "Total user and system CPU time spent in seconds.", |of| of.cpu),
    (Kind::Gauge, "process_open_fds", "", "Number of open file descriptors.", |of| of.open_fds),
    (Kind::Gauge, "process_max_fds", "", "Maximum number of open file descriptors.", |of| of.max_fds),
    (Kind::Gauge, "process_virtual_memory_max_bytes", "bytes", "Maximum amount of virtual memory available in bytes.", |of| {
        of.virtual_memory_max
    }),
    (Kind::Gauge, "process_threads", "", "Number of OS threads in the process.", |of| of.threads),
    (
        Kind::Counter,
        "process_network_receive_bytes_total",
        "bytes",
        "Number of bytes received by the network namespace of the process.",
        |of| of.received,
    ),
    (
        Kind::Counter,
        "process_network_transmit_bytes_total",
        "bytes",
        "Number of bytes sent by the network namespace of the process.",
        |of| of.transmitted,
    ),
];

impl Collector for Process {
    fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
        vouch::<Self>(out, []);
        let reading = OnceCell::new();
        for (kind, name, unit, help, value) in FAMILIES {
            let desc = Desc::try_new(DescParts { name, unit, help, namespace: &self.namespace, ..DescParts::new(kind) })
                .map_err(|error| refuse(out, MetricError::Desc { name: name.into(), error }))?;
            if out.begin(&desc)? {
                match value(reading.get_or_init(|| self.read())) {
                    Some(number) => out.metric(&desc, &(), &Point::number(number))?,
                    None => out.skip(),
                }
            }
        }
        Ok(())
    }
}

impl fmt::Debug for Process {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Process").field("namespace", &self.namespace).field("proc", &self.proc).finish_non_exhaustive()
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use picometer::Format;
    use picometer_std::{Snapshot, sample_value};

    use crate::Registry;
    use crate::tests::page;

    fn value(of: &Process, name: &str) -> Option<f64> {
        sample_value(of, name, &[])
    }

    #[test]
    #[cfg_attr(miri, ignore = "files of the system")]
    fn this_process_is_seen() {
        let this = Process::current();
        for (kind, name, ..) in FAMILIES {
            let limit = name == "process_virtual_memory_max_bytes";
            let value = value(&this, name);
            assert!(limit || value.is_some_and(f64::is_finite), "{name} {kind:?}: {value:?}");
        }
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs_f64();
        let start = value(&this, "process_start_time_seconds").unwrap();
        assert!(start <= now + 1.0 && now - start < 86_400.0, "{start} at {now}");
        let files: Vec<_> = (0..20).map(|_| std::fs::File::open("/dev/null").unwrap()).collect();
        let open = value(&this, "process_open_fds").unwrap();
        drop(files);
        assert!((23.0..1_000_000.0).contains(&open) && open <= value(&this, "process_max_fds").unwrap());
        let memory = ["process_resident_memory_bytes", "process_virtual_memory_bytes"].map(|name| value(&this, name).unwrap());
        assert!((100_000.0..memory[1]).contains(&memory[0]), "{memory:?}");
    }

    #[test]
    #[cfg_attr(miri, ignore = "files of the system")]
    fn processor_time_and_network_bytes_grow() {
        let this = Process::current();
        let before = Snapshot::of(&this);
        let end = std::time::Instant::now() + std::time::Duration::from_secs(20);
        while Snapshot::of(&this).growth(&before, "process_cpu_seconds_total", &[]).unwrap_or(0.0) <= 0.0 {
            assert!(std::time::Instant::now() < end, "no processor time in 20 s of work");
        }
        let socket = std::net::UdpSocket::bind("127.0.0.1:0").unwrap();
        let received = value(&this, "process_network_receive_bytes_total").unwrap();
        socket.send_to(&[0; 5_000], socket.local_addr().unwrap()).unwrap();
        assert!(value(&this, "process_network_receive_bytes_total").unwrap() >= received + 5_000.0);
    }

    #[test]
    #[cfg_attr(miri, ignore = "files of the system")]
    fn another_process_comes_and_goes() {
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let pid = child.id();
        let other = Process::of(move || Some(pid)).namespace("child");
        assert_eq!(value(&other, "child_process_threads"), Some(1.0));
        assert_eq!(value(&other, "process_threads"), None);
        assert_ne!(value(&other, "child_process_resident_memory_bytes"), value(&Process::current(), "process_resident_memory_bytes"));
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(page(&other, Format::OpenMetrics100), "# EOF\n");
        assert_eq!(value(&Process::of(|| None), "process_threads"), None);
    }

    #[test]
    #[cfg_attr(miri, ignore = "files of the system")]
    fn what_cannot_be_read_is_left_out() {
        let folder = std::env::temp_dir().join(format!("picometer-proc-{}", std::process::id()));
        let process = folder.join("7");
        std::fs::create_dir_all(&process).unwrap();
        let of = Process::of(|| Some(7)).proc(&folder);
        let page = |of: &Process| page(of, Format::Text004);
        assert_eq!(page(&of), "");
        std::fs::write(folder.join("stat"), "cpu 1 2\nbtime 1700000000\n").unwrap();
        let mut stat = std::fs::read_to_string("/proc/self/stat").unwrap();
        // A command may have any name.
        stat.replace_range(stat.find('(').unwrap()..=stat.rfind(')').unwrap(), "(a) R 1 (\n)");
        std::fs::write(process.join("stat"), stat).unwrap();
        assert!(value(&of, "process_virtual_memory_bytes").unwrap() > 0.0);
        assert!(value(&of, "process_start_time_seconds").unwrap() >= 1.7e9);
        assert!(!page(&of).contains("fds"));
        let limits = std::fs::read_to_string("/proc/self/limits").unwrap();
        let unlimited: Vec<String> = limits
            .lines()
            .map(|line| match line.strip_prefix("Max open files") {
                Some(_) => "Max open files            unlimited            unlimited            files     ".into(),
                None => line.into(),
            })
            .collect();
        std::fs::write(process.join("limits"), unlimited.join("\n") + "\n").unwrap();
        assert!(!page(&of).contains("process_max_fds"));
        std::fs::write(process.join("limits"), limits).unwrap();
        assert!(value(&of, "process_max_fds").unwrap() > 0.0);
        std::fs::write(process.join("limits"), "rubbish").unwrap();
        std::fs::create_dir_all(process.join("net")).unwrap();
        std::fs::write(process.join("net/netstat"), "IpExt: InOctets OutOctets\nIpExt: 12 x\n").unwrap();
        assert!(page(&of).contains("\nprocess_network_receive_bytes_total 12\n") && !page(&of).contains("transmit"));
        for broken in
            ["", "7 (a", "7 (a) R 1 2 3", "7 (a) R 1 1 1 1 1 1 1 1 1 1 x y 1 1 1 1 -1 1 18446744073709551615 1 18446744073709551615"]
        {
            std::fs::write(process.join("stat"), broken).unwrap();
            assert!(!page(&of).contains("process_threads") && !page(&of).contains("process_resident"), "{broken}");
            assert!(!page(&of).contains("process_start") && !page(&of).contains("process_cpu"), "{broken}");
        }
        std::fs::remove_file(folder.join("stat")).unwrap();
        std::fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_namespace_that_cannot_be_is_an_error() {
        assert!(Registry::new().register(Process::current().namespace("a b")).is_err());
    }
}
