//! The tasks of a program: their names and what the executor reports of them.

use core::cell::Cell;
use core::future::poll_fn;
use core::task::Poll;

use critical_section::{CriticalSection, Mutex};
use embassy_executor::SpawnToken;
use picometer::{Collector, Counter, Desc, Encoder, Number, Scaled, SeriesEncoder, Stop};

use crate::executor::Executor;

const POLLS: Desc<'_> = Desc::counter("task_polls_total", "Polls of tasks.").namespace("embassy");
const WAKES: Desc<'_> = Desc::counter("task_wakes_total", "Times that tasks were put into the queue.").namespace("embassy");
const BUSY: Desc<'_> = Desc::counter("task_busy_seconds_total", "Time in polls.").namespace("embassy").unit("seconds");
const RUNNING: Desc<'_> = Desc::gauge("tasks", "Tasks that were spawned and have not ended.").namespace("embassy");
const TURNS: Desc<'_> = Desc::counter("executor_polls_total", "Turns of executors.").namespace("embassy");
const IDLE: Desc<'_> = Desc::counter("executor_idle_seconds_total", "Time between the last task of a turn and the next task.")
    .namespace("embassy")
    .unit("seconds");

/// The name of tasks without one.
const OTHER: &str = "other";

/// Metrics of up to `TASKS` tasks by name, on up to `EXECUTORS` executors, by a clock of `HZ` ticks a second.
///
/// [`trace!`](crate::trace!) makes one. Tasks have the name that [`named`](Self::named) or [`name_current`](Self::name_current)
/// gives them; tasks of the same name are one series. All others, and those for which there is no place, are `task="other"`; to name
/// a task so is to take its name away. Of executors beyond `EXECUTORS` only polls and wakes of their tasks are counted.
///
/// A place takes 32 bytes of RAM on a 32-bit target, and an executor as many.
pub struct Tasks<const TASKS: usize, const HZ: u32, const EXECUTORS: usize = 2> {
    clock: fn() -> u64,
    tasks: [Task<HZ>; TASKS],
    others: Counts<HZ>,
    spawned: Counter<u32>,
    ended: Counter<u32>,
    executors: [Executor; EXECUTORS],
}

struct Task<const HZ: u32> {
    who: Mutex<Cell<Who>>,
    counts: Counts<HZ>,
}

/// A name, which a place keeps for ever, and the task that has it now.
#[derive(Clone, Copy)]
struct Who {
    name: &'static str,
    /// The task's address; 0 for none.
    id: u32,
}

struct Counts<const HZ: u32> {
    polls: Counter<u32>,
    wakes: Counter<u32>,
    busy: Counter<Scaled<u64, HZ>>,
}

impl<const HZ: u32> Counts<HZ> {
    const fn new() -> Self {
        Self { polls: Counter::new(), wakes: Counter::new(), busy: Counter::new() }
    }
}

impl<const HZ: u32> Task<HZ> {
    const fn new() -> Self {
        Self { who: Mutex::new(Cell::new(Who { name: "", id: 0 })), counts: Counts::new() }
    }

    fn who(&self, section: CriticalSection<'_>) -> Who {
        self.who.borrow(section).get()
    }

    fn name(&self) -> &'static str {
        critical_section::with(|section| self.who(section).name)
    }
}

impl<const TASKS: usize, const HZ: u32, const EXECUTORS: usize> Tasks<TASKS, HZ, EXECUTORS> {
    /// No tasks yet. The clock has 64 bits, does not go back, and may be read in interrupts.
    pub const fn new(clock: fn() -> u64) -> Self {
        const { assert!(HZ > 0, "a clock has ticks") };
        Self {
            clock,
            tasks: [const { Task::new() }; TASKS],
            others: Counts::new(),
            spawned: Counter::new(),
            ended: Counter::new(),
            executors: [const { Executor::new() }; EXECUTORS],
        }
    }

    /// Names a task that is about to be spawned: `spawner.spawn(TASKS.named("net", net(stack)?))`.
    ///
    /// The name stays with the storage of the task. A task that is spawned there again has it without being named, or takes another.
    /// Tasks of a pool may have one name or several.
    pub fn named<S>(&self, name: &'static str, token: SpawnToken<S>) -> SpawnToken<S> {
        self.name(token.id(), name);
        token
    }

    /// Names the task that awaits it, as the main task does, of which there is no token.
    pub async fn name_current(&self, name: &'static str) {
        poll_fn(|context| {
            // The data of the executor's wakers is the task. With a waker of another kind the name is never asked for.
            self.name(context.waker().data().addr() as u32, name);
            Poll::Ready(())
        })
        .await;
    }

    pub(crate) fn name(&self, id: u32, name: &'static str) {
        if id == 0 {
            return;
        }
        critical_section::with(|section| {
            let held = self.tasks.iter().find(|task| task.who(section).id == id);
            if let Some(held) = held {
                let who = held.who(section);
                if who.name == name {
                    return;
                }
                // What was counted stays with the name that it was counted for.
                held.who.borrow(section).set(Who { id: 0, ..who });
            }
            if name.is_empty() || name == OTHER {
                return;
            }
            let find = |known: &str| self.tasks.iter().find(|task| task.who(section).id == 0 && task.who(section).name == known);
            if let Some(place) = find(name).or_else(|| find("")) {
                place.who.borrow(section).set(Who { name, id });
            }
        });
    }

    fn counts(&self, id: u32) -> &Counts<HZ> {
        let place = critical_section::with(|section| self.tasks.iter().find(|task| task.who(section).id == id));
        place.map_or(&self.others, |task| &task.counts)
    }

    fn executor(&self, id: u32) -> Option<&Executor> {
        self.executors.iter().find(|executor| executor.claim(id))
    }
}

/// What the executor calls, by way of [`trace!`](crate::trace!).
#[doc(hidden)]
impl<const TASKS: usize, const HZ: u32, const EXECUTORS: usize> Tasks<TASKS, HZ, EXECUTORS> {
    pub fn poll_start(&self, executor: u32) {
        if let Some(executor) = self.executor(executor) {
            executor.polls.inc();
        }
    }

    pub fn task_new(&self) {
        self.spawned.inc();
    }

    pub fn task_end(&self) {
        self.ended.inc();
    }

    pub fn task_exec_begin(&self, executor: u32) {
        if let Some(executor) = self.executor(executor) {
            executor.begin((self.clock)());
        }
    }

    pub fn task_exec_end(&self, executor: u32, task: u32) {
        let ticks = self.executor(executor).map_or(0, |executor| executor.end((self.clock)()));
        let counts = self.counts(task);
        counts.polls.inc();
        counts.busy.inc_by(Scaled(ticks));
    }

    pub fn task_ready_begin(&self, task: u32) {
        self.counts(task).wakes.inc();
    }

    pub fn executor_idle(&self, executor: u32) {
        if let Some(executor) = self.executor(executor) {
            executor.rest((self.clock)());
        }
    }
}

impl<const TASKS: usize, const HZ: u32, const EXECUTORS: usize> Tasks<TASKS, HZ, EXECUTORS> {
    /// One family with a series for each name.
    fn by_name(&self, out: &mut dyn Encoder, desc: &Desc<'_>, number: fn(&[&Counts<HZ>]) -> Number) -> Result<(), Stop> {
        if !out.begin(desc)? {
            return Ok(());
        }
        for (nth, task) in self.tasks.iter().enumerate().skip(out.resume_at()) {
            let name = task.name();
            let (before, rest) = self.tasks.split_at_checked(nth).unwrap_or((&[], &self.tasks));
            // The first place of a name stands for all of them. That never changes, so that pages stay whole.
            if name.is_empty() || before.iter().any(|task| task.name() == name) {
                out.skip();
                continue;
            }
            let mut all = [&task.counts; TASKS];
            let same = rest.iter().skip(1).filter(|task| task.name() == name);
            let len = 1 + all.iter_mut().skip(1).zip(same).map(|(place, task)| *place = &task.counts).count();
            let number = number(all.get(..len).unwrap_or(&all));
            SeriesEncoder::new(out, desc, &[("task", name)]).number(number)?;
        }
        if self.others.wakes.get() > 0 || self.others.polls.get() > 0 {
            SeriesEncoder::new(out, desc, &[("task", OTHER)]).number(number(&[&self.others]))?;
        }
        Ok(())
    }

    /// One family with a series for each executor.
    fn by_executor(&self, out: &mut dyn Encoder, desc: &Desc<'_>, number: impl Fn(&Executor) -> Number) -> Result<(), Stop> {
        let mut family = out.family(desc)?;
        for (nth, executor) in self.executors.iter().enumerate().take_while(|(_, executor)| executor.is_known()) {
            family.counter(&[("executor", Number::from(nth).text().as_str())], number(executor))?;
        }
        Ok(())
    }
}

impl<const TASKS: usize, const HZ: u32, const EXECUTORS: usize> Collector for Tasks<TASKS, HZ, EXECUTORS> {
    fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
        // Sums go round where one counter of 32 bits does, which servers take for a restart.
        self.by_name(out, &POLLS, |all| all.iter().fold(0_u32, |sum, counts| sum.wrapping_add(counts.polls.get())).into())?;
        self.by_name(out, &WAKES, |all| all.iter().fold(0_u32, |sum, counts| sum.wrapping_add(counts.wakes.get())).into())?;
        self.by_name(out, &BUSY, |all| Number::scaled(all.iter().fold(0_u64, |sum, counts| sum.wrapping_add(counts.busy.get().0)), HZ))?;
        out.family(&RUNNING)?.gauge(&(), self.spawned.get().wrapping_sub(self.ended.get()))?;
        self.by_executor(out, &TURNS, |executor| executor.polls.get().into())?;
        self.by_executor(out, &IDLE, |executor| Number::scaled(executor.idle_ticks((self.clock)()), HZ))
    }
}

impl<const TASKS: usize, const HZ: u32, const EXECUTORS: usize> core::fmt::Debug for Tasks<TASKS, HZ, EXECUTORS> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        let names = self.tasks.iter().map(Task::name).filter(|name| !name.is_empty());
        f.debug_list().entries(names).finish()
    }
}
