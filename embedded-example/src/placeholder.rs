//! Stands in for the `picometer` crate until it lands, then goes away: a responder with its interface, and cells with
//! the names of its methods.

use core::sync::atomic::{AtomicU32, Ordering::Relaxed};

use crate::connection::{Next, Service};

/// Lines of the fixed page: with [`LINE`] 20 KiB in all.
const LINES: u32 = 512;
const LINE: usize = 40;
const HEAD: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\nTransfer-Encoding: chunked\r\n\r\n";

/// Answers any GET with the same 20 KiB, each line a chunk.
#[derive(Debug)]
pub struct Responder {
    /// The last bytes received, to find the end of a request head.
    tail: u32,
    phase: Phase,
    /// What is being sent: one chunk with its frame.
    unit: [u8; LINE + 6],
    sent: usize,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Phase {
    Reading,
    Head,
    Line(u32),
    End,
}

impl Default for Responder {
    fn default() -> Self {
        Self::new()
    }
}

impl Responder {
    /// One that has not received anything.
    pub const fn new() -> Self {
        Self { tail: 0, phase: Phase::Reading, unit: [0; LINE + 6], sent: 0 }
    }

    /// The bytes of the current unit; the lines are made in `unit`.
    fn unit(&self) -> &[u8] {
        match self.phase {
            Phase::Reading => b"",
            Phase::Head => HEAD,
            Phase::Line(_) => &self.unit,
            Phase::End => b"0\r\n\r\n",
        }
    }

    fn advance(&mut self) {
        self.sent = 0;
        self.phase = match self.phase {
            Phase::Head => Phase::Line(0),
            Phase::Line(line) if line + 1 < LINES => Phase::Line(line + 1),
            Phase::Line(_) => Phase::End,
            Phase::End | Phase::Reading => Phase::Reading,
        };
        if let Phase::Line(line) = self.phase {
            self.unit.copy_from_slice(b"28\r\nplaceholder_lines{index=\"0000\"} 1234567\n\r\n");
            for (place, divisor) in [(29, 1000), (30, 100), (31, 10), (32, 1)] {
                self.unit[place] = b'0' + (line / divisor % 10) as u8;
            }
        }
    }
}

impl Service for Responder {
    fn receive(&mut self, _now_ms: u64, bytes: &[u8]) -> usize {
        if self.phase != Phase::Reading {
            return 0;
        }
        for (index, &byte) in bytes.iter().enumerate() {
            self.tail = self.tail << 8 | u32::from(byte);
            if self.tail == u32::from_be_bytes(*b"\r\n\r\n") {
                self.phase = Phase::Head;
                self.sent = 0;
                return index + 1;
            }
        }
        bytes.len()
    }

    fn transmit(&mut self, _now_ms: u64, room: &mut [u8]) -> usize {
        let mut written = 0;
        while self.phase != Phase::Reading && written < room.len() {
            let rest = &self.unit()[self.sent..];
            let n = rest.len().min(room.len() - written);
            room[written..written + n].copy_from_slice(&rest[..n]);
            written += n;
            self.sent += n;
            if self.sent == self.unit().len() {
                self.advance();
            }
        }
        written
    }

    fn next(&self) -> Next {
        Next::Open
    }

    fn reset(&mut self) {
        *self = Self::new();
    }
}

/// A number that only grows.
#[derive(Debug, Default)]
pub struct Counter(AtomicU32);

impl Counter {
    /// At zero.
    pub const fn new() -> Self {
        Self(AtomicU32::new(0))
    }

    /// Counts one.
    pub fn inc(&self) {
        self.inc_by(1);
    }

    /// Counts `n`.
    pub fn inc_by(&self, n: u32) {
        self.0.fetch_add(n, Relaxed);
    }

    /// How many.
    pub fn get(&self) -> u32 {
        self.0.load(Relaxed)
    }
}

/// A number that goes up and down.
#[derive(Debug, Default)]
pub struct Gauge(AtomicU32);

impl Gauge {
    /// At zero.
    pub const fn new() -> Self {
        Self(AtomicU32::new(0))
    }

    /// Sets it.
    pub fn set(&self, value: u32) {
        self.0.store(value, Relaxed);
    }

    /// What it is.
    pub fn get(&self) -> u32 {
        self.0.load(Relaxed)
    }
}

/// How long things took: here only how many and the longest.
#[derive(Debug, Default)]
pub struct Histogram {
    count: AtomicU32,
    longest: AtomicU32,
}

impl Histogram {
    /// Without observations.
    pub const fn new() -> Self {
        Self { count: AtomicU32::new(0), longest: AtomicU32::new(0) }
    }

    /// Notes one.
    pub fn observe(&self, value: u32) {
        self.count.fetch_add(1, Relaxed);
        self.longest.fetch_max(value, Relaxed);
    }
}

/// A label set known in full: an enum.
pub trait Labels: Copy {
    /// Its place among its siblings.
    fn index(self) -> usize;
}

/// One cell for each value of an enum.
#[derive(Debug)]
pub struct Family<C, const N: usize>(pub [C; N]);

impl<C, const N: usize> Family<C, N> {
    /// The cell of these labels.
    pub fn with(&self, labels: impl Labels) -> &C {
        &self.0[labels.index()]
    }
}

/// Declares an enum whose values are the values of a label.
#[macro_export]
macro_rules! labels {
    ($(#[$outer:meta])* pub enum $name:ident as $label:literal { $($(#[$inner:meta])* $value:ident = $text:literal),+ $(,)? }) => {
        $(#[$outer])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $name { $($(#[$inner])* $value),+ }

        impl $crate::placeholder::Labels for $name {
            fn index(self) -> usize {
                self as usize
            }
        }
    };
}
