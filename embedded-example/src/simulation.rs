//! The work that the device is there for, simulated: a sensor of temperature and a bus with a chip that does not
//! always answer. The same seed gives the same run.

use crate::metrics::{self, Outcome};

/// Time between two readings, in milliseconds.
const PERIOD_MS: u64 = 100;
/// 21.5 °C.
const START: i32 = 21 * 16 + 8;

/// The sensor and its bus.
#[derive(Debug)]
pub struct Simulation {
    random: u32,
    due_ms: u64,
    /// What the sensor reads, in sixteenths of a degree, as many do.
    sixteenths: i32,
}

impl Simulation {
    /// Starts at 21.5 °C.
    pub fn new(seed: u32) -> Self {
        Self { random: seed | 1, due_ms: 0, sixteenths: START }
    }

    /// Reads the sensor if it is time. Returns when to call again, in milliseconds.
    pub fn poll(&mut self, now_ms: u64) -> u64 {
        if now_ms >= self.due_ms {
            // From now and not from when it was due: after a long stop one reading is enough.
            self.due_ms = now_ms + PERIOD_MS;
            self.read();
        }
        self.due_ms
    }

    fn read(&mut self) {
        let random = self.random();
        let (outcome, micros) = match random % 100 {
            0 => (Outcome::Timeout, 10_000),
            1..=4 => (Outcome::Nack, 40 + random / 100 % 20),
            _ => (Outcome::Ok, 250 + random / 100 % 200),
        };
        metrics::TRANSFERS.with(outcome).inc();
        metrics::TRANSFER_SECONDS.with(outcome).observe(micros);
        #[cfg(feature = "protobuf")]
        metrics::TRANSFER_SPREAD.observe(picometer::Scaled(micros));
        if outcome == Outcome::Ok {
            // A walk that is drawn back to where it began.
            let step = (self.random() % 9) as i32 - 4;
            self.sixteenths += step - (self.sixteenths - START) / 16;
            metrics::TEMPERATURE.set(celsius(self.sixteenths));
        }
    }

    /// Marsaglia's xorshift: three shifts, and never zero.
    fn random(&mut self) -> u32 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 17;
        self.random ^= self.random << 5;
        self.random
    }
}

/// Sixteenths of a degree as degrees, exactly: a multiplication would link 300 bytes of library on a core without floats.
fn celsius(sixteenths: i32) -> f32 {
    const EXPONENT: u32 = 23;
    match sixteenths {
        0 => 0.0,
        other => f32::from_bits((other as f32).to_bits() - (4 << EXPONENT)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_at_most_once_a_period() {
        let mut simulation = Simulation::new(1);
        assert_eq!(simulation.poll(0), 100);
        let before = simulation.random;
        assert_eq!(simulation.poll(99), 100);
        assert_eq!(simulation.random, before);
        assert_eq!(simulation.poll(5_000), 5_100, "no catching up after a stop");
    }

    #[test]
    fn degrees_are_exact() {
        for sixteenths in [0, 1, -1, 8, 337, -640, 2047] {
            assert_eq!(celsius(sixteenths), sixteenths as f32 / 16.0);
        }
    }

    #[test]
    fn temperature_stays_near_where_it_began() {
        let mut simulation = Simulation::new(7);
        for reading in 0..100_000 {
            simulation.poll(reading * PERIOD_MS);
            assert!((15 * 16..28 * 16).contains(&simulation.sixteenths), "{} sixteenths of a degree", simulation.sixteenths);
        }
    }
}
