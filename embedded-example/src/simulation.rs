//! The work that the device is there for, simulated: a sensor of temperature and a bus with a chip that does not
//! always answer. The same seed gives the same run.

use crate::metrics::{self, Outcome};

/// Time between two readings, in milliseconds.
const PERIOD_MS: u64 = 100;

/// The sensor and its bus.
#[derive(Debug)]
pub struct Simulation {
    random: u32,
    due_ms: u64,
    temperature_millis: i32,
}

impl Simulation {
    /// Starts at 21.5 °C.
    pub fn new(seed: u32) -> Self {
        Self { random: seed | 1, due_ms: 0, temperature_millis: 21_500 }
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
        metrics::TRANSFER_MICROS.with(outcome).observe(micros);
        if outcome == Outcome::Ok {
            // A walk that is drawn back to where it began.
            let step = (self.random() % 201) as i32 - 100;
            self.temperature_millis += step - (self.temperature_millis - 21_500) / 64;
            metrics::TEMPERATURE_MILLIS.set(self.temperature_millis as u32);
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
    fn temperature_stays_near_where_it_began() {
        let mut simulation = Simulation::new(7);
        for reading in 0..100_000 {
            simulation.poll(reading * PERIOD_MS);
            assert!((15_000..28_000).contains(&simulation.temperature_millis), "{} m°C", simulation.temperature_millis);
        }
    }
}
