//! Metrics on your board, in five minutes.
//!
//! 1. [Add the crate](#1-add-the-crate) with the features of your target.
//! 2. [Declare the metrics](#2-declare-the-metrics) as statics.
//! 3. [Count](#3-count), in interrupts too.
//! 4. Bring the page out: in a [bare loop](#4a-a-bare-loop), with [RTIC](#4b-rtic), with [embassy](#4c-embassy), or on an
//!    [ESP32 without ESP-IDF](#4d-esp32-without-esp-idf).
//! 5. [Before you ship](#5-before-you-ship).
//!
//! # 1. Add the crate
//!
//! | target | features of `picometer` |
//! |---|---|
//! | `thumbv7m`, `thumbv7em`, `thumbv8m.main`, `riscv32imac` (Cortex-M3 to M85, RP2350, ESP32-C6) | none for 32-bit values |
//! | `thumbv6m`, `riscv32imc` (Cortex-M0, RP2040, ESP32-C3): no compare-and-swap | `critical-section` |
//! | `armv4t`, `msp430`: no atomics | `critical-section`, `portable-atomic`, and `portable-atomic-critical-section` of `heapless` |
//!
//! Values of 64 bits (`u64`, `i64`, `f64`) need `critical-section` on all of them. The program brings the implementation of the
//! critical section, as most HALs do: `critical-section-single-core` of `cortex-m`, `critical-section-impl` of `embassy-rp`.
//!
//! CI builds and runs `thumbv7m`, links `thumbv6m`, `thumbv7em` and `riscv32imc`, and checks the others.
//! **`armv4t` and `msp430` are checked by the compiler and were never run. AVR and Xtensa are not supported**: no compiler for
//! them is in the tests. On `msp430` a page has at most 65,535 lines.
//!
//! # 2. Declare the metrics
//!
//! A metric is a static. Its name and help stay in flash; a `Counter<u32>` is eight bytes of RAM. A bad name does not compile.
//!
//! ```
//! use picometer::{Counter, Desc, Family, Gauge, Histogram, Metric, Registry, buckets, labels};
//!
//! labels! {
//!     /// What interrupted the program.
//!     pub enum Source as "source" { Timer = "timer", Uart = "uart" }
//! }
//! buckets! {
//!     /// Cycles of a clock of 25 MHz.
//!     pub Cycles: u32 / 25_000_000 = [25, 50, 100, 250, 1_000, 2_500];
//! }
//!
//! pub static INTERRUPTS: Family<Counter<u32>, Source, 2> = Family::new(&Desc::counter("interrupts_total", "Interrupts."));
//! pub static LATENCY: Metric<Histogram<Cycles, 6>> =
//!     Metric::new(&Desc::histogram("interrupt_latency_seconds", "From the event to its handler.").unit("seconds"));
//! pub static TEMPERATURE: Metric<Gauge<f32>> = Metric::new(&Desc::gauge("temperature_celsius", "Of the chip.").unit("celsius"));
//!
//! /// What the page shows, in this order.
//! pub static METRICS: Registry = Registry::new(&[&INTERRUPTS, &LATENCY, &TEMPERATURE]);
//! # assert_eq!(METRICS.check(), Ok(()));
//! ```
//!
//! Call [`METRICS.check()`](crate::Registry::check) in a test on your PC: it finds names that are there twice.
//!
//! # 3. Count
//!
//! All methods take `&self`, never wait and never allocate. With 32-bit values an update is one atomic instruction, so an interrupt
//! handler of any priority may count what the code below it is counting. Without compare-and-swap it is a short critical section.
//!
//! ```
//! # use picometer::{Counter, Desc, Family, Histogram, Metric, buckets, labels};
//! # labels! { pub enum Source as "source" { Timer = "timer", Uart = "uart" } }
//! # buckets! { pub Cycles: u32 / 25_000_000 = [25, 50, 100, 250, 1_000, 2_500]; }
//! # static INTERRUPTS: Family<Counter<u32>, Source, 2> = Family::new(&Desc::counter("interrupts_total", "Interrupts."));
//! # static LATENCY: Metric<Histogram<Cycles, 6>> =
//! #     Metric::new(&Desc::histogram("interrupt_latency_seconds", "From the event to its handler.").unit("seconds"));
//! fn timer_interrupt(cycles_since_event: u32) {
//!     INTERRUPTS.with(Source::Timer).inc();
//!     LATENCY.observe(cycles_since_event);
//! }
//! # timer_interrupt(30);
//! # assert_eq!(INTERRUPTS.with(Source::Timer).get(), 1);
//! ```
//!
//! # 4a. A bare loop
//!
//! [`Exposition`](crate::Exposition) is a position in the page. Each `fill` writes as many whole lines as fit a buffer, which is as
//! long as the longest line. So a page of any length leaves through a UART, a USB endpoint or a radio in pieces:
//!
//! ```
//! use picometer::{Collector, Exposition, Format};
//!
//! /// Returns whether the page is whole. One that is not has no last line `# EOF`.
//! fn write_page(metrics: &dyn Collector, mut send: impl FnMut(u8)) -> bool {
//!     let mut page = Exposition::<8>::with_latch(metrics, Format::OpenMetrics100);
//!     let mut piece = [0; 128];
//!     loop {
//!         match page.fill(&mut piece) {
//!             Ok(0) => return true,
//!             Ok(len) => piece[..len].iter().for_each(|&byte| send(byte)),
//!             Err(_) => return false,
//!         }
//!     }
//! }
//! # use picometer::{Counter, Desc, Metric};
//! # static BOOTS: Metric<Counter<u32>> = Metric::new(&Desc::counter("boots_total", "Starts."));
//! # let mut page = Vec::new();
//! # assert!(write_page(&BOOTS, |byte| page.push(byte)));
//! # assert!(page.ends_with(b"boots_total 0\n# EOF\n"));
//! ```
//!
//! With a TCP/IP stack [`http::Responder`](crate::http::Responder) answers scrapes: bytes in, bytes out, time as an argument. This is
//! all that joins it to a socket of smoltcp, whose `recv` and `send` take these closures:
//!
//! ```
//! use picometer::http::{Action, Responder};
//!
//! # struct Socket(&'static [u8], Vec<u8>);
//! # impl Socket {
//! #     fn recv(&mut self, take: impl FnOnce(&[u8]) -> (usize, usize)) { let taken = take(self.0).0; self.0 = &self.0[taken..]; }
//! #     fn send(&mut self, fill: impl FnOnce(&mut [u8]) -> (usize, usize)) -> usize {
//! #         let mut room = [0; 50];
//! #         let sent = fill(&mut room).0;
//! #         self.1.extend(&room[..sent]);
//! #         sent
//! #     }
//! # }
//! /// Called in each turn of the main loop. Close the socket at `Close`, abort it at `Reset`, and `restart` for the next client.
//! fn poll(responder: &mut Responder<'_>, socket: &mut Socket, now_ms: u64) -> Action {
//!     socket.recv(|bytes| {
//!         let taken = responder.receive(now_ms, bytes);
//!         (taken, taken)
//!     });
//!     socket.send(|room| {
//!         let sent = responder.transmit(now_ms, room);
//!         (sent, sent)
//!     });
//!     responder.next()
//! }
//! # use picometer::{Counter, Desc, Metric, http::Endpoint};
//! # static BOOTS: Metric<Counter<u32>> = Metric::new(&Desc::counter("boots_total", "Starts."));
//! # static SITE: Endpoint = Endpoint::new(&BOOTS);
//! # let mut responder = Responder::new(&SITE);
//! # let mut socket = Socket(b"GET /metrics HTTP/1.0\r\n\r\n", Vec::new());
//! # let turns = (0..1_000).find(|_| poll(&mut responder, &mut socket, 0) == Action::Close);
//! # assert!(turns.is_some() && socket.1.ends_with(b"boots_total 0\n"));
//! ```
//!
//! A device with few sockets needs a policy for clients that connect and say nothing; `embedded-example/src/connection.rs` has one.
//!
//! # 4b. RTIC
//!
//! A metric needs no resource, no lock and no priority ceiling. From `embedded-example/rtic/src/main.rs`:
//!
//! ```text
//! #[task(binds = TIMER0, priority = 7, local = [fast])]
//! fn fast(context: fast::Context) {
//!     LATENCY.observe(FAST_CYCLES.saturating_sub(pac::TIMER_0.left()));
//!     pac::TIMER_0.acknowledge();
//!     INTERRUPTS.with(Source::Fast).inc();
//! ```
//!
//! The page is written in the idle task, which all others interrupt. From `embedded-example/rtic/src/main.rs`:
//!
//! ```text
//! let mut page = Exposition::<8>::with_latch(&METRICS, Format::OpenMetrics100);
//! let mut piece = [0; 128];
//! // An error ends the page without its last line, `# EOF`: no reader takes it for a whole one.
//! while let Ok(len @ 1..) = page.fill(&mut piece) {
//!     piece.iter().take(len).for_each(|&byte| pac::send(byte));
//! }
//! ```
//!
//! # 4c. Embassy
//!
//! [`Responder`](crate::http::Responder)`::serve`, with feature `embedded-io-async`, serves a connection from its first request to
//! its end, and bounds every wait. From `embedded-example/boards/common/src/lib.rs`, which the boards share:
//!
//! ```text
//! if socket.accept(80).await.is_ok() {
//!     CONNECTIONS.inc();
//!     let now = || Instant::now().as_millis();
//!     let next = responder.serve(&mut socket, now, Timer::after_millis, |event| {
//!         if let Event::Response(_) = event {
//!             RESPONSES.inc();
//!         }
//!         Action::Open
//!     });
//!     if next.await == Ok(Action::Close) {
//!         socket.close();
//!         let _ = with_timeout(Duration::from_millis(500), socket.flush()).await;
//!     }
//! }
//! socket.abort();
//! ```
//!
//! A board adds its own metrics to those that are shared, and serves them. From `embedded-example/boards/stm32h7/src/main.rs`:
//!
//! ```text
//! static METRICS: Registry<'_> = Registry::new(&[&BUILD, &board_common::METRICS]);
//! static SITE: Endpoint<'_> = Endpoint::new(&METRICS).title(env!("CARGO_PKG_NAME"));
//! ```
//!
//! `embassy-net` resets a client that finds no socket listening, so have one socket more than clients. `picometer-embassy` adds polls,
//! wakes and busy time of each task, and `embedded-example/embassy` keeps clients waiting that find no socket.
//!
//! # 4d. ESP32 without ESP-IDF
//!
//! `esp-hal`, `esp-rtos` and `esp-radio` bring embassy's executor and a driver for `embassy-net`; the rest is as above. The heap belongs
//! to the radio alone, and a gauge that reads it when the page is written costs nothing in between. From
//! `embedded-example/boards/esp32c3/src/main.rs`:
//!
//! ```text
//! static HEAP_FREE: Metric<GaugeFn<u32>> = Metric::from_cell(
//!     &Desc::gauge("heap_free_bytes", "Heap that the radio has left.").unit("bytes"),
//!     GaugeFn::new(|| u32::try_from(esp_alloc::HEAP.free()).ok()),
//! );
//! ```
//!
//! # 5. Before you ship
//!
//! * A `Counter<u32>` wraps at 2³². `rate()` and `increase()` take that for a restart, which is right as long as it wraps at most once
//!   between two scrapes. For bytes on a fast line take `Counter<u64>`, with feature `critical-section`.
//! * All buckets of a 32-bit histogram begin again at zero together, before one of them is full: as after a restart.
//! * After a restart all counters begin at zero. Servers expect that.
//! * Page, responder and sockets have fixed sizes. A line that does not fit the buffer costs its series, not the page:
//!   [`Responder::failure`](crate::http::Responder::failure) tells which. A test on your PC compares
//!   [`Exposition::longest_line`](crate::Exposition::longest_line) with the buffer.
//! * [`Endpoint::basic_auth`](crate::http::Endpoint::basic_auth) and [`bearer_token`](crate::http::Endpoint::bearer_token) keep scanners out.
//! * A device that sleeps pushes instead: see [`push`](crate::push).
