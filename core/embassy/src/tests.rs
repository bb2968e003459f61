//! Reports as an executor makes them, with a clock that stands still until it is set.

use std::cell::Cell;
use std::format;
use std::string::String;
use std::thread_local;
use std::vec::Vec;

use picometer::{Collector, Exposition, Format};

use crate::Tasks;

thread_local! {
    static NOW: Cell<u64> = const { Cell::new(0) };
}

fn pass(ticks: u64) {
    NOW.set(NOW.get() + ticks);
}

type Four = Tasks<4, 1_000>;

fn tasks() -> Four {
    Tasks::new(|| NOW.get())
}

fn page(tasks: &dyn Collector) -> String {
    let mut page = [0; 4_096];
    let len = Exposition::new(tasks, Format::Text004).fill(&mut page).expect("room for all of it");
    String::from_utf8(page[..len].to_vec()).expect("UTF-8")
}

fn value(tasks: &dyn Collector, series: &str) -> Option<String> {
    let page = page(tasks);
    let line = page.lines().find_map(|line| line.strip_prefix(series)?.strip_prefix(' '));
    line.map(Into::into)
}

#[track_caller]
fn shows(tasks: &dyn Collector, expected: &[(&str, &str)]) {
    for (series, number) in expected {
        assert_eq!(value(tasks, series).as_deref(), Some(*number), "{series}:\n{}", page(tasks));
    }
}

/// One turn in which these tasks are woken, polled, and take so long.
fn turn<const TASKS: usize, const EXECUTORS: usize>(tasks: &Tasks<TASKS, 1_000, EXECUTORS>, executor: u32, polled: &[(u32, u64)]) {
    polled.iter().for_each(|&(task, _)| tasks.task_ready_begin(task));
    tasks.poll_start(executor);
    for &(task, ticks) in polled {
        tasks.task_exec_begin(executor);
        pass(ticks);
        tasks.task_exec_end(executor, task);
    }
    tasks.executor_idle(executor);
}

#[test]
fn tasks_of_a_name_are_one_series() {
    let tasks = tasks();
    tasks.name(11, "http");
    tasks.name(12, "net");
    tasks.name(13, "http");
    turn(&tasks, 1, &[(11, 1), (12, 20), (13, 300), (11, 4_000)]);
    shows(
        &tasks,
        &[
            ("embassy_task_polls_total{task=\"http\"}", "3"),
            ("embassy_task_polls_total{task=\"net\"}", "1"),
            ("embassy_task_wakes_total{task=\"http\"}", "3"),
            ("embassy_task_busy_seconds_total{task=\"http\"}", "4.301"),
            ("embassy_task_busy_seconds_total{task=\"net\"}", "0.02"),
        ],
    );
    assert_eq!(page(&tasks).matches("task=\"http\"").count(), 3, "once in each family");
    assert_eq!(value(&tasks, "embassy_task_polls_total{task=\"other\"}"), None, "all have a name");
    assert_eq!(format!("{tasks:?}"), r#"["http", "net", "http"]"#);
}

#[test]
fn unnamed_and_excess_tasks_are_other() {
    let tasks = tasks();
    for id in 1..=9 {
        tasks.name(id, ["a", "b", "c", "d", "e", "f", "g", "h", "i"][id as usize - 1]);
    }
    tasks.name(20, "");
    turn(&tasks, 1, &[(4, 1), (5, 10), (20, 100), (21, 1_000)]);
    shows(
        &tasks,
        &[
            ("embassy_task_polls_total{task=\"d\"}", "1"),
            ("embassy_task_polls_total{task=\"other\"}", "3"),
            ("embassy_task_busy_seconds_total{task=\"other\"}", "1.11"),
        ],
    );
}

#[test]
fn counts_stay_with_the_name_they_were_made_for() {
    let tasks = tasks();
    for round in 1..=1_000_u64 {
        // The same storage, by turns for two purposes; a third one has its own.
        let name = if round % 2 == 0 { "even" } else { "odd" };
        tasks.name(7, name);
        tasks.name(7, name);
        tasks.name(8, "always");
        turn(&tasks, 1, &[(7, 1), (8, 2)]);
    }
    shows(
        &tasks,
        &[
            ("embassy_task_polls_total{task=\"even\"}", "500"),
            ("embassy_task_polls_total{task=\"odd\"}", "500"),
            ("embassy_task_polls_total{task=\"always\"}", "1000"),
        ],
    );
    assert_eq!(value(&tasks, "embassy_task_polls_total{task=\"other\"}"), None, "places are used again");
}

/// Two series of one name would cost the whole page.
#[test]
fn task_named_other_is_one_of_the_others() {
    let tasks = tasks();
    tasks.name(1, "net");
    turn(&tasks, 1, &[(1, 1), (2, 1)]);
    tasks.name(1, "other");
    tasks.name(2, "other");
    turn(&tasks, 1, &[(1, 1), (2, 1), (3, 1)]);
    shows(&tasks, &[("embassy_task_polls_total{task=\"net\"}", "1"), ("embassy_task_polls_total{task=\"other\"}", "4")]);
    assert_eq!(page(&tasks).matches("task=\"other\"").count(), 3, "once in each family");
}

#[test]
fn idle_time_goes_through_turns_without_tasks() {
    let tasks = tasks();
    turn(&tasks, 1, &[(1, 5)]);
    for _ in 0..10 {
        pass(100);
        turn(&tasks, 1, &[]);
    }
    let idle = "embassy_executor_idle_seconds_total{executor=\"0\"}";
    shows(&tasks, &[(idle, "1"), ("embassy_executor_polls_total{executor=\"0\"}", "11")]);
    pass(3_600_000);
    shows(&tasks, &[(idle, "3601")]);
    turn(&tasks, 1, &[(1, 5), (2, 5)]);
    shows(&tasks, &[(idle, "3601"), ("embassy_task_busy_seconds_total{task=\"other\"}", "0.015")]);
}

#[test]
fn idle_time_is_none_before_the_first_turn() {
    let tasks = tasks();
    pass(1_000);
    assert_eq!(value(&tasks, "embassy_executor_idle_seconds_total{executor=\"0\"}"), None);
    turn(&tasks, 1, &[]);
    shows(&tasks, &[("embassy_executor_idle_seconds_total{executor=\"0\"}", "0"), ("embassy_tasks", "0")]);
}

#[test]
fn executors_are_apart() {
    let tasks = tasks();
    // One interrupts the other: each measures its own.
    tasks.poll_start(70);
    tasks.task_exec_begin(70);
    pass(10);
    turn(&tasks, 80, &[(2, 5)]);
    turn(&tasks, 90, &[(3, 5)]);
    tasks.task_exec_end(70, 1);
    tasks.executor_idle(70);
    tasks.name(3, "late");
    turn(&tasks, 90, &[(3, 5)]);
    shows(
        &tasks,
        &[
            ("embassy_executor_polls_total{executor=\"0\"}", "1"),
            ("embassy_executor_polls_total{executor=\"1\"}", "1"),
            // 20 with the interruptions, 5, and nothing for the third.
            ("embassy_task_busy_seconds_total{task=\"other\"}", "0.025"),
            ("embassy_task_polls_total{task=\"late\"}", "1"),
            ("embassy_task_busy_seconds_total{task=\"late\"}", "0"),
            ("embassy_executor_idle_seconds_total{executor=\"1\"}", "0.01"),
        ],
    );
    assert_eq!(value(&tasks, "embassy_executor_polls_total{executor=\"2\"}"), None);
    let three: Tasks<1, 1_000, 3> = Tasks::new(|| NOW.get());
    [70, 80, 90].iter().for_each(|&executor| turn(&three, executor, &[]));
    shows(&three, &[("embassy_executor_polls_total{executor=\"2\"}", "1")]);
}

#[test]
fn clock_that_goes_back_adds_nothing() {
    let tasks = tasks();
    pass(1_000);
    tasks.poll_start(1);
    tasks.task_exec_begin(1);
    NOW.set(500);
    tasks.task_exec_end(1, 1);
    tasks.executor_idle(1);
    NOW.set(0);
    shows(
        &tasks,
        &[("embassy_task_busy_seconds_total{task=\"other\"}", "0"), ("embassy_executor_idle_seconds_total{executor=\"0\"}", "0")],
    );
}

#[test]
fn page_in_pieces_shows_each_series_once() {
    let whole = {
        let tasks = tasks();
        (1..=4).for_each(|id| tasks.name(id, ["a", "b", "a", "c"][id as usize - 1]));
        turn(&tasks, 1, &[(1, 1), (2, 1), (3, 1), (4, 1), (5, 1)]);
        page(&tasks)
    };
    for naming in 0..20 {
        // A task gets its name after so many pieces.
        let tasks = tasks();
        (1..=3).for_each(|id| tasks.name(id, ["a", "b", "a"][id as usize - 1]));
        turn(&tasks, 1, &[(1, 1), (2, 1), (3, 1), (4, 1), (5, 1)]);
        let mut exposition = Exposition::new(&tasks, Format::Text004);
        let (mut sent, mut buffer) = (Vec::new(), [0; 140]);
        for piece in 0.. {
            if piece == naming {
                tasks.name(4, "c");
            }
            if exposition.is_done() {
                break;
            }
            let len = exposition.fill(&mut buffer).expect("lines fit");
            sent.extend_from_slice(&buffer[..len]);
        }
        let sent = String::from_utf8(sent).expect("UTF-8");
        let names =
            |page: &str| page.lines().filter_map(|line| line.rsplit_once(' ')).map(|(name, _)| String::from(name)).collect::<Vec<_>>();
        let (found, expected) = (names(&sent), names(&whole));
        assert!(found.iter().all(|line| expected.contains(line)), "{sent}");
        let without = |lines: Vec<String>| lines.into_iter().filter(|line| !line.contains("\"c\"")).collect::<Vec<_>>();
        assert_eq!(without(found), without(expected), "named after {naming} pieces");
    }
}
