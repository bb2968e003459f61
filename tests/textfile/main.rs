//! Metrics in a file: whole or not at all, and read by a real node_exporter.

#[path = "../peers/mod.rs"]
mod peers;
#[path = "../support/mod.rs"]
mod support;

use std::process::Command;

use peers::{Folder, Process, free_port, get, program, wait_for};
use picometer::{Collector, Counter, Desc, Escaping, Gauge, Kind, Metric, Point, Registry, Timestamp};
use picometer_std::textfile::{write_to_textfile, write_to_textfile_as};
use support::{beside, collector};

static RUNS: Metric<Counter<u64>> = Metric::new(&Desc::counter("backup_runs_total", "Backups."));
static SIZE: Metric<Gauge<f64>> = Metric::new(&Desc::gauge("backup_size_bytes", "Size of the last backup.").unit("bytes"));
static METRICS: Registry = Registry::new(&[&RUNS, &SIZE]);

/// What lies in a folder.
fn names(folder: &Folder) -> Vec<String> {
    let mut names: Vec<_> =
        std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn the_new_page_takes_the_place_of_the_old_one() {
    let folder = Folder::new("textfile");
    let path = folder.write("app.prom", "old");
    write_to_textfile(&path, &METRICS).unwrap();
    let page = std::fs::read_to_string(&path).unwrap();
    assert!(page.contains("# TYPE backup_runs_total counter\nbackup_runs_total "), "{page}");
    assert_eq!(names(&folder), ["app.prom"]);
}

#[cfg(unix)]
#[test]
fn link_in_place_of_the_temporary_file_is_not_followed() {
    let (folder, outside) = (Folder::new("textfile"), Folder::new("textfile"));
    let victim = outside.write("victim", "as it was");
    let path = folder.path().join("app.prom");
    for number in 0..1_000 {
        std::os::unix::fs::symlink(&victim, folder.path().join(format!(".app.prom.{}.{number}", std::process::id()))).unwrap();
    }
    write_to_textfile(&path, &METRICS).unwrap();
    assert_eq!(std::fs::read_to_string(&victim).unwrap(), "as it was");
    assert!(std::fs::symlink_metadata(&path).unwrap().is_file());
}

#[test]
fn names_are_escaped_as_asked() {
    let dotted = collector(|out| out.family(const { &Desc::utf8(Kind::Gauge, "a.b", "") })?.gauge(&(), 1_u32));
    let folder = Folder::new("textfile");
    let path = folder.path().join("app.prom");
    for (escaping, line) in [(Escaping::Underscores, "a_b 1\n"), (Escaping::AllowUtf8, "{\"a.b\"} 1\n")] {
        write_to_textfile_as(&path, &dotted, escaping).unwrap();
        assert!(std::fs::read_to_string(&path).unwrap().ends_with(line));
    }
}

#[test]
fn a_page_that_cannot_be_written_leaves_the_old_one() {
    let folder = Folder::new("textfile");
    let path = folder.write("app.prom", "old");
    let error = write_to_textfile(&path, &collector(|_| std::panic::resume_unwind(Box::new("on purpose")))).unwrap_err();
    assert!(error.to_string().contains("app.prom was not written, and is as it was: the page could not be made"), "{error}");
    // A folder cannot be replaced by a file.
    std::fs::create_dir(folder.path().join("folder.prom")).unwrap();
    let error = write_to_textfile(folder.path().join("folder.prom"), &METRICS).unwrap_err();
    assert!(error.to_string().contains("could not take its place"), "{error}");
    assert!(write_to_textfile(folder.path().join("none/app.prom"), &METRICS).is_err());
    assert!(write_to_textfile("/", &METRICS).unwrap_err().to_string().contains("no name of a file"));
    assert_eq!(std::fs::read(&path).unwrap(), b"old");
    assert_eq!(names(&folder), ["app.prom", "folder.prom"]);
}

#[test]
fn timestamps_are_an_error_and_leave_the_old_file() {
    let timed =
        collector(|out| out.family(const { &Desc::gauge("timed", "") })?.point(&(), &Point::number(1).at(Timestamp::from_seconds(1))));
    let folder = Folder::new("textfile");
    let path = folder.write("app.prom", "old");
    let registry = picometer_std::Registry::new();
    registry.register(&SIZE).unwrap();
    registry.register(timed.clone()).unwrap();
    for metrics in [&timed as &dyn Collector, &registry] {
        let error = write_to_textfile(&path, metrics).unwrap_err();
        assert!(error.to_string().contains("`timed` has a timestamp"), "{error}");
        assert_eq!(error.io_error().kind(), std::io::ErrorKind::InvalidData);
    }
    assert_eq!(registry.failures(), []);
    assert_eq!(std::fs::read(&path).unwrap(), b"old");
    assert_eq!(names(&folder), ["app.prom"]);
}

/// The child of the next test, in which no file may be longer than 4 KiB.
#[test]
#[ignore = "a part of the test below"]
fn write_to_a_full_disk() {
    let large = collector(|out| {
        let mut family = out.family(const { &Desc::gauge("large", "") })?;
        (0..1_000_u32).try_for_each(|place| family.gauge(&[("place", place.to_string().as_str())], place))
    });
    let Some(path) = std::env::var_os("PICOMETER_TEST_FULL_DISK") else { return };
    let error = write_to_textfile(path, &large).unwrap_err();
    assert!(error.to_string().contains("the new file beside it could not be written"), "{error}");
}

#[test]
fn a_full_disk_leaves_the_old_page() {
    let folder = Folder::new("full");
    let path = folder.write("app.prom", "old");
    let output = Command::new("sh")
        // The signal that comes with the limit is ignored, so that the write fails instead.
        .args(["-c", "trap '' XFSZ; ulimit -f 8; exec \"$0\" --exact write_to_a_full_disk --ignored --nocapture"])
        .arg(std::env::current_exe().unwrap())
        .env("PICOMETER_TEST_FULL_DISK", &path)
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    assert!(String::from_utf8_lossy(&output.stdout).contains("1 passed"), "{output:?}");
    assert_eq!(std::fs::read(&path).unwrap(), b"old");
    assert_eq!(names(&folder), ["app.prom"]);
}

#[test]
fn readers_see_whole_pages_while_several_write() {
    let folder = Folder::new("textfile");
    let path = folder.path().join("app.prom");
    write_to_textfile(&path, &METRICS).unwrap();
    let read = |_| {
        let page = std::fs::read_to_string(&path).unwrap();
        assert!(page.starts_with("# HELP backup_runs_total") && page.lines().count() == 6 && page.ends_with('\n'), "{page}");
    };
    beside(&[&read], || {
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    for _ in 0..20 {
                        RUNS.inc();
                        write_to_textfile(&path, &METRICS).unwrap();
                    }
                });
            }
        });
    });
    assert_eq!(names(&folder), ["app.prom"]);
}

#[test]
fn node_exporter_serves_the_file() {
    let Some(program) = program("prometheus-node-exporter") else { return };
    let folder = Folder::new("node");
    SIZE.set(42.5);
    write_to_textfile(folder.path().join("backup.prom"), &METRICS).unwrap();
    // A file that is being written is not one of its.
    folder.write(".backup.prom.1.1", "half of a li");
    let address = free_port();
    let mut command = Command::new(program);
    command.args(["--collector.disable-defaults", "--collector.textfile"]);
    command.arg(format!("--collector.textfile.directory={}", folder.path().display()));
    command.arg(format!("--web.listen-address={address}"));
    let _process = Process::start(&mut command, Folder::new("node-exporter"));
    let page = wait_for("node_exporter", || get(address, "/metrics", &[]).filter(|page| page.status == 200));
    assert!(page.text().contains("\nbackup_size_bytes 42.5\n"), "{}", page.text());
    assert!(page.text().contains("\nnode_textfile_scrape_error 0\n"), "{}", page.text());
}
