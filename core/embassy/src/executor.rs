//! What an executor does with its time.

use core::cell::Cell;

use critical_section::Mutex;
use picometer::Counter;

/// One executor, from its first poll on.
pub(crate) struct Executor {
    state: Mutex<Cell<State>>,
    pub(crate) polls: Counter<u32>,
}

#[derive(Clone, Copy)]
struct State {
    /// The executor's address; 0 for none yet.
    id: u32,
    idle: bool,
    /// When it went idle, or began with a task.
    since: u64,
    /// Ticks of idle time that is over.
    idle_ticks: u64,
}

impl Executor {
    pub(crate) const fn new() -> Self {
        Self { state: Mutex::new(Cell::new(State { id: 0, idle: false, since: 0, idle_ticks: 0 })), polls: Counter::new() }
    }

    /// Whether this is the executor, or becomes it.
    pub(crate) fn claim(&self, id: u32) -> bool {
        self.update(|state| {
            if state.id == 0 {
                state.id = id;
            }
            state.id == id
        })
    }

    /// Whether it has ever polled.
    pub(crate) fn is_known(&self) -> bool {
        self.update(|state| state.id != 0)
    }

    /// It has nothing to do. It may say so again and again, where a processor that sleeps is woken for nothing.
    pub(crate) fn rest(&self, now: u64) {
        self.update(|state| {
            if !state.idle {
                (state.idle, state.since) = (true, now);
            }
        });
    }

    /// It polls a task.
    pub(crate) fn begin(&self, now: u64) {
        self.update(|state| {
            state.idle_ticks = state.idle_ticks_at(now);
            (state.idle, state.since) = (false, now);
        });
    }

    /// The poll is over; how long it took.
    pub(crate) fn end(&self, now: u64) -> u64 {
        self.update(|state| now.saturating_sub(state.since))
    }

    /// Idle time until now, that which goes on included.
    pub(crate) fn idle_ticks(&self, now: u64) -> u64 {
        self.update(|state| state.idle_ticks_at(now))
    }

    fn update<R>(&self, change: impl FnOnce(&mut State) -> R) -> R {
        critical_section::with(|section| {
            let place = self.state.borrow(section);
            let mut state = place.get();
            let result = change(&mut state);
            place.set(state);
            result
        })
    }
}

impl State {
    fn idle_ticks_at(&self, now: u64) -> u64 {
        let more = if self.idle { now.saturating_sub(self.since) } else { 0 };
        self.idle_ticks.wrapping_add(more)
    }
}
