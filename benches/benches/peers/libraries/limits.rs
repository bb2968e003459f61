//! What the hardware allows.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::inputs::{Child, count, random};
use crate::library::{Counter, Gauge};

/// One atomic that all threads share.
pub(crate) struct Shared(AtomicU64);

impl Counter for Shared {
    fn inc(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

pub(crate) fn shared() -> impl Counter {
    Shared(AtomicU64::new(0))
}

/// A load, an addition and a store: right as long as there is one thread.
pub(crate) struct Plain(AtomicU64);

impl Counter for Plain {
    fn inc(&self) {
        self.0.store(self.0.load(Ordering::Relaxed) + 1, Ordering::Relaxed);
    }
}

impl Gauge for Plain {
    fn set(&self, value: f64) {
        self.0.store(value.to_bits(), Ordering::Relaxed);
    }

    fn add(&self, value: f64) {
        self.set(f64::from_bits(self.0.load(Ordering::Relaxed)) + value);
    }
}

pub(crate) fn plain() -> impl Counter + Gauge {
    Plain(AtomicU64::new(0))
}

/// Lines whose text is there already but for the number.
pub(crate) fn rendered(children: &[Child]) -> Vec<(String, u64)> {
    let text = |child: &Child| {
        let [a, b, c] = child.texts();
        format!("http_requests_total{{service_id=\"{a}\",route_name=\"{b}\",status_cod=\"{c}\"}} ")
    };
    children.iter().zip(random(children.len())).map(|(child, bits)| (text(child), count(bits))).collect()
}

/// Copies those, and writes the numbers.
pub(crate) fn page(lines: &[(String, u64)], buffer: &mut Vec<u8>) -> usize {
    buffer.clear();
    let mut digits = itoa::Buffer::new();
    for (text, value) in lines {
        buffer.extend_from_slice(text.as_bytes());
        buffer.extend_from_slice(digits.format(*value).as_bytes());
        buffer.push(b'\n');
    }
    buffer.len()
}
