//! Files that are not what they should be, and directories and disks that cannot be used.

use std::fs;
use std::process::Command;

use picometer_std::multiprocess::{Collector, JoinError, Status, join};
use picometer_std::{Counter, Family, Histogram, Metric, Registry, Snapshot};

use super::Folder;
use super::child::{self, Worker};
use super::peers::skip;

fn worker() {
    let registry = Registry::new();
    let jobs = registry.register(Family::<Counter, 1>::new("jobs_total", "Jobs.", ["kind"])).unwrap();
    let seconds = registry.register(Metric::<Histogram>::new("seconds", "").buckets([1.0])).unwrap();
    child::serve(|command| match command {
        ["inc", kind] => {
            jobs.with([*kind]).inc();
            seconds.observe(0.5);
        }
        ["many", count] => (0..count.parse::<u32>().unwrap()).for_each(|number| jobs.with([number.to_string()]).inc()),
        ["full"] => {
            let status = Status::now();
            assert!(status.unshared > 0 && status.is_seen, "{status:?}");
            assert_eq!(jobs.with(["49999"]).get(), 1, "counting goes on in memory");
        }
        other => panic!("{other:?}"),
    });
}

#[test]
fn a_bad_file_costs_its_own_data_only() {
    child::role!(role, worker());
    let folder = Folder::new();
    let mut bad = Worker::start(role, &folder);
    bad.ask("inc bad");
    bad.kill();
    let path = folder.files(".pico").remove(0);
    let whole = fs::read(&path).unwrap();
    let used = u64::from_ne_bytes(*whole[32..].first_chunk().unwrap()) as usize;
    let mut good = Worker::start(role, &folder);
    good.ask("inc good");
    let check = |bytes: &[u8], must_show: bool| {
        fs::write(&path, bytes).unwrap();
        let collector = Collector::new(&*folder).unwrap().folds(false);
        let page = Snapshot::of(&collector);
        assert_eq!(page.value("jobs_total", &[("kind", "good")]), Some(1.0));
        assert!(page.value("seconds_count", &[]).is_some());
        assert_eq!(page.value("picometer_multiprocess_workers", &[]), Some(1.0));
        if must_show {
            let errors = collector.file_errors().unwrap();
            assert!(errors.len() == 1 && errors[0].corrupt.is_some() && path.ends_with(&*errors[0].file), "{errors:?}");
            assert!(page.families.iter().any(|family| &*family.name == "picometer_multiprocess_file_error"));
            // Such a file is not folded: nothing of it is lost, should it be repaired.
            collector.fold().unwrap();
            assert_eq!(fs::read(&path).unwrap(), bytes);
        }
    };
    // Cut anywhere.
    for end in (1..used).step_by(101) {
        check(&whole[..end], true);
    }
    // Every word of it something else.
    for at in (0..used).step_by(8).filter(|at| whole[*at..at + 8] != [0; 8] || at % 368 == 0) {
        for value in [0, 1, 7, 8, u64::from(u32::MAX), u64::MAX, 1 << 40] {
            let mut bytes = whole.clone();
            bytes[at..at + 8].copy_from_slice(&value.to_ne_bytes());
            check(&bytes, false);
        }
    }
    // Every bit of it.
    for bit in (0..used * 8).step_by(5).filter(|bit| whole[bit / 8] != 0 || bit % 335 == 0) {
        let mut bytes = whole.clone();
        bytes[bit / 8] ^= 1 << (bit % 8);
        check(&bytes, false);
    }
    fs::remove_file(&path).unwrap();
    // What is no file at all.
    fs::create_dir(folder.join("1-1.pico")).unwrap();
    std::os::unix::fs::symlink("/dev/zero", folder.join("1-2.pico")).unwrap();
    fs::write(folder.join("counter_1.db"), [0xff; 100]).unwrap();
    fs::write(folder.join("nonsense.db"), b"").unwrap();
    let mut count = 4;
    if Command::new("mkfifo").arg(folder.join("1-3.pico")).status().is_ok_and(|status| status.success()) {
        count += 1;
    }
    let collector = Collector::new(&*folder).unwrap();
    assert_eq!(collector.file_errors().unwrap().len(), count);
    assert_eq!(Snapshot::of(&collector).value("jobs_total", &[("kind", "good")]), Some(1.0));
    good.end();
}

/// Counts on when the file takes no more, in a shell that limits what.
fn fills(folder: &Folder, worker: &mut Worker) {
    worker.ask("inc first");
    worker.ask("many 50000");
    worker.ask("full");
    let page = folder.page();
    assert_eq!(page.value("jobs_total", &[("kind", "first")]), Some(1.0));
    assert_eq!(page.value("jobs_total", &[("kind", "49999")]), None);
    assert!(page.value("picometer_multiprocess_unshared_series", &[("pid", &worker.pid())]) > Some(10_000.0));
    // What is in the file goes on.
    worker.ask("inc first");
    assert_eq!(folder.page().value("jobs_total", &[("kind", "first")]), Some(2.0));
}

#[test]
fn files_that_must_not_grow() {
    let limited = || {
        // Half a megabyte.
        picometer_limit();
        worker();
    };
    child::role!(role, limited());
    let folder = Folder::new();
    let mut worker = Worker::start(role, &folder);
    fills(&folder, &mut worker);
    worker.end();
}

/// Limits the length of files of this process.
fn picometer_limit() {
    let pid = std::process::id().to_string();
    let limited = Command::new("prlimit").args(["--pid", &pid, "--fsize=524288"]).status();
    assert!(limited.is_ok_and(|status| status.success()), "prlimit of util-linux");
}

#[test]
fn a_disk_that_is_full() {
    child::role!(role, worker());
    let folder = Folder::new();
    let mount = Command::new("mount").args(["-t", "tmpfs", "-o", "size=1m", "tmpfs"]).arg(&*folder).output();
    if !mount.is_ok_and(|output| output.status.success()) {
        skip("no full disk: this user cannot mount one");
        return;
    }
    let mut worker = Worker::start(role, &folder);
    fills(&folder, &mut worker);
    // No other process can begin there, and each is told so.
    fs::write(folder.join("filler"), vec![0; 1 << 20]).unwrap_err();
    let error = join(&*folder).unwrap_err();
    worker.end();
    let unmounted = Command::new("umount").arg("-l").arg(&*folder).status().unwrap();
    assert!(unmounted.success());
    assert_eq!(error.error.kind(), std::io::ErrorKind::StorageFull, "{error}");
}

#[test]
fn directories_that_cannot_be_used() {
    let missing = |path: &str| -> JoinError { join(path).unwrap_err() };
    assert_eq!(missing("/no/such/directory").error.kind(), std::io::ErrorKind::NotFound);
    assert_eq!(missing("/etc/passwd").error.kind(), std::io::ErrorKind::NotADirectory);
    // No file is made there.
    let error = missing("/proc/self");
    assert!(error.to_string().contains("/proc/self"), "{error}");
    assert!(Collector::new("/no/such/directory").is_err());
}
