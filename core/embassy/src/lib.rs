//! Metrics of embassy's executor: polls, wakes and busy time of each task by name, idle time of each executor.
//!
//! [`trace!`] makes a static [`Tasks`] and the functions that embassy-executor calls with its feature `trace`, which this crate
//! turns on. A program has one of them. `Tasks` is a collector: put it into the [`Registry`](picometer::Registry) of the program.
//!
//! ```
//! use std::sync::atomic::{AtomicBool, Ordering::Relaxed};
//!
//! use embassy_executor::Executor;
//! use picometer::{Exposition, Format, Registry};
//! use picometer_embassy::Tasks;
//!
//! // On a board: `|| embassy_time::Instant::now().as_ticks()`,
//! // and `TICK_HZ` in place of the million.
//! fn micros() -> u64 {
//!     std::time::UNIX_EPOCH.elapsed().map_or(0, |time| time.as_micros() as u64)
//! }
//!
//! picometer_embassy::trace! {
//!     /// Up to eight tasks, measured in microseconds.
//!     static TASKS: Tasks<8, 1_000_000> = Tasks::new(micros);
//! }
//! static METRICS: Registry = Registry::new(&[&TASKS]);
//!
//! #[embassy_executor::task]
//! async fn blink() {
//!     DONE.store(true, Relaxed);
//! }
//! static DONE: AtomicBool = AtomicBool::new(false);
//!
//! let executor = Box::leak(Box::new(Executor::new()));
//! executor.run_until(
//!     |spawner| spawner.spawn(TASKS.named("blink", blink().unwrap())),
//!     || DONE.load(Relaxed),
//! );
//!
//! let mut page = [0; 4096];
//! let len = Exposition::new(&METRICS, Format::Text004).fill(&mut page).unwrap();
//! let page = str::from_utf8(&page[..len]).unwrap();
//! assert!(page.contains("embassy_task_polls_total{task=\"blink\"} 1\n"), "{page}");
//! ```
//!
//! | metric | what it is |
//! |---|---|
//! | `embassy_task_polls_total{task}` | times that the executor polled a task |
//! | `embassy_task_wakes_total{task}` | times that a task was put into the queue, by a spawn or a waker |
//! | `embassy_task_busy_seconds_total{task}` | time in polls of a task |
//! | `embassy_tasks` | tasks that were spawned and have not ended |
//! | `embassy_executor_polls_total{executor}` | turns of an executor, in order of their first |
//! | `embassy_executor_idle_seconds_total{executor}` | time between the last task of a turn and the next task |
//!
//! Busy and idle time are those of the clock on the wall. A poll that is interrupted, by an executor of a higher priority too, is
//! longer by the interruption. A turn that polls no task, after a wake-up for an interrupt, is idle.
//!
//! Each poll of a task costs two readings of the clock and a search for the task among those with a name.
//!
//! # Serving them
//!
//! `picometer::http::Responder::serve`, with feature `embedded-io-async` of `picometer`, serves a socket of embassy-net. One task per
//! socket:
//!
//! ```no_run
//! use embassy_net::{Stack, tcp::TcpSocket};
//! use embassy_time::{Duration, Instant, Timer, with_timeout};
//! use picometer::http::{Action, Responder, Endpoint};
//! # static METRICS: picometer::Registry = picometer::Registry::new(&[]);
//!
//! static SITE: Endpoint = Endpoint::new(&METRICS);
//!
//! #[embassy_executor::task(pool_size = 2)]
//! async fn metrics(stack: Stack<'static>) -> ! {
//!     let (mut receive, mut send) = ([0; 536], [0; 1072]);
//!     let mut responder = Responder::new(&SITE);
//!     loop {
//!         let mut socket = TcpSocket::new(stack, &mut receive, &mut send);
//!         socket.set_timeout(Some(Duration::from_secs(30)));
//!         if socket.accept(80).await.is_ok() {
//!             let now = || Instant::now().as_millis();
//!             match responder
//!                 .serve(&mut socket, now, Timer::after_millis, |_| Action::Open)
//!                 .await
//!             {
//!                 Ok(Action::Close) => socket.close(),
//!                 _ => socket.abort(),
//!             }
//!             let _ = with_timeout(Duration::from_secs(1), socket.flush()).await;
//!         }
//!     }
//! }
//! # picometer_embassy::trace! { static TASKS: picometer_embassy::Tasks<2, 1_000_000> = picometer_embassy::Tasks::new(|| 0); }
//! ```
//!
//! embassy-net has no backlog: it resets a client that finds no socket listening. Take one socket more than the clients that
//! connect at a time. Take small [`Limits`](picometer::http::Limits), because a client that says nothing keeps its socket for
//! `idle_millis`. `embedded-example/embassy` shows how two sockets serve any number of clients: its driver keeps their SYNs.
#![no_std]
#![deny(unsafe_code)]
#![warn(missing_debug_implementations)]

#[cfg(test)]
extern crate std;

mod executor;
mod tasks;

#[cfg(test)]
mod tests;

pub use tasks::Tasks;

/// Makes a static [`Tasks`], and has the executor report to it.
///
/// A second one in the same program does not link.
///
/// ```
/// picometer_embassy::trace! {
///     /// Up to sixteen tasks on three executors, measured in ticks of 32 kHz.
///     pub static TASKS: picometer_embassy::Tasks<16, 32_768, 3> =
///         picometer_embassy::Tasks::new(|| 0);
/// }
/// ```
#[macro_export]
macro_rules! trace {
    ($(#[$meta:meta])* $visibility:vis static $name:ident: $type:ty = $value:expr;) => {
        $(#[$meta])*
        $visibility static $name: $type = $value;

        const _: () = {
            // SAFETY, for each: the names belong to embassy-executor, which declares them with these arguments and says that the
            // program defines them.
            #[unsafe(no_mangle)]
            fn _embassy_trace_poll_start(executor: u32) {
                $name.poll_start(executor);
            }
            #[unsafe(no_mangle)]
            fn _embassy_trace_task_new(_executor: u32, _task: u32) {
                $name.task_new();
            }
            #[unsafe(no_mangle)]
            fn _embassy_trace_task_end(_executor: u32, _task: u32) {
                $name.task_end();
            }
            #[unsafe(no_mangle)]
            fn _embassy_trace_task_exec_begin(executor: u32, _task: u32) {
                $name.task_exec_begin(executor);
            }
            #[unsafe(no_mangle)]
            fn _embassy_trace_task_exec_end(executor: u32, task: u32) {
                $name.task_exec_end(executor, task);
            }
            #[unsafe(no_mangle)]
            fn _embassy_trace_task_ready_begin(_executor: u32, task: u32) {
                $name.task_ready_begin(task);
            }
            #[unsafe(no_mangle)]
            fn _embassy_trace_executor_idle(executor: u32) {
                $name.executor_idle(executor);
            }
        };
    };
}
