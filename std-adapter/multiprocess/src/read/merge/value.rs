//! What a series counted, and how two of them are put together.

use picometer::{Kind, Number};

use crate::file::tags::{Numbers, Tags, total};
use crate::mode::GaugeMode;
use crate::read::native::Native;

/// A number as it was counted: integers in parts of a unit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Sum {
    Unsigned(u64, u32),
    Signed(i64, u32),
    Float(f64),
}

impl Sum {
    pub(crate) fn of(tags: Tags, bits: u64) -> Self {
        let per_unit = tags.per_unit.max(1);
        match tags.numbers {
            Numbers::Unsigned => Self::Unsigned(bits, per_unit),
            Numbers::Signed => Self::Signed(bits as i64, per_unit),
            _ => Self::Float(f64::from_bits(bits)),
        }
    }

    pub(crate) fn number(self) -> Number {
        match self {
            Self::Unsigned(value, 1) => value.into(),
            Self::Unsigned(value, per_unit) => Number::scaled(value, per_unit),
            Self::Signed(value, 1) => value.into(),
            Self::Signed(value, per_unit) => Number::scaled_signed(value, per_unit),
            Self::Float(value) => value.into(),
        }
    }

    /// How the bits are to be read, in parts of what, and the bits.
    pub(crate) fn parts(self) -> (Numbers, u32, u64) {
        match self {
            Self::Unsigned(value, per_unit) => (Numbers::Unsigned, per_unit, value),
            Self::Signed(value, per_unit) => (Numbers::Signed, per_unit, value as u64),
            Self::Float(value) => (Numbers::Float, 1, value.to_bits()),
        }
    }

    fn as_f64(self) -> f64 {
        self.number().as_f64()
    }

    fn plus(self, other: Self) -> Self {
        match (self, other) {
            (Self::Unsigned(one, per_unit), Self::Unsigned(other, same)) if per_unit == same => {
                Self::Unsigned(one.wrapping_add(other), per_unit)
            }
            (Self::Signed(one, per_unit), Self::Signed(other, same)) if per_unit == same => {
                Self::Signed(one.saturating_add(other), per_unit)
            }
            _ => Self::Float(self.as_f64() + other.as_f64()),
        }
    }
}

pub(crate) enum Value {
    Counter(Sum),
    /// With the moment at which it got its value: 0 never, 1 unknown.
    Gauge(Sum, u64),
    /// Counts of buckets, the last beyond the bounds.
    Histogram(Vec<u64>, f64),
    Native(Box<Native>),
    Summary(u64, f64),
    Info,
    States(u64),
}

pub(crate) fn is_native(tags: Tags) -> bool {
    matches!(tags.numbers, Numbers::Table | Numbers::Merged)
}

pub(crate) fn value_of(tags: Tags, cells: &[u64], rest: &[u64]) -> Result<Value, &'static str> {
    const COUNT: &str = "a series has too few or too many cells";
    if is_native(tags) {
        let native = Native::of_words(cells).filter(|_| tags.kind == Kind::Histogram);
        return Ok(Value::Native(native.ok_or("a native histogram that cannot be")?.into()));
    }
    Ok(match (tags.kind, cells) {
        (Kind::Counter, [value]) => Value::Counter(Sum::of(tags, *value)),
        (Kind::Gauge, [value, moment]) => Value::Gauge(Sum::of(tags, *value), *moment),
        (Kind::Histogram, [_, sum, counts @ ..]) => Value::Histogram(counts.to_vec(), f64::from_bits(*sum)),
        (Kind::GaugeHistogram, [_, sum, counts @ ..]) => {
            let [_, gone, left @ ..] = rest else { return Err(COUNT) };
            // More that left than came, which is a mistake of the program, are none.
            let counts = counts.iter().zip(left).map(|(came, left)| came.saturating_sub(*left)).collect();
            Value::Histogram(counts, f64::from_bits(*sum) - f64::from_bits(*gone))
        }
        (Kind::Summary, [_, sum, count]) => Value::Summary(*count, f64::from_bits(*sum)),
        (Kind::Info, []) => Value::Info,
        // A bit says that a state is not as it starts.
        (Kind::StateSet, [mask]) => Value::States(*mask ^ 1),
        _ => return Err(COUNT),
    })
}

pub(crate) fn combine(value: &mut Value, other: Value, mode: GaugeMode) {
    match (value, other) {
        (Value::Counter(sum), Value::Counter(other)) => {
            *sum = match sum.plus(other) {
                Sum::Float(sum) => Sum::Float(total(sum)),
                sum => sum,
            };
        }
        (Value::Gauge(value, moment), Value::Gauge(other, other_moment)) => {
            let replaces = match mode {
                _ if mode.is_sum() => {
                    *value = value.plus(other);
                    *moment = (*moment).max(other_moment);
                    return;
                }
                // A gauge that never got a value has no say.
                _ if other_moment == 0 => false,
                _ if *moment == 0 => true,
                GaugeMode::Min | GaugeMode::LiveMin => other.as_f64() < value.as_f64(),
                GaugeMode::Max | GaugeMode::LiveMax => other.as_f64() > value.as_f64(),
                // Several series of one process under one name: the last one.
                _ => other_moment >= *moment,
            };
            if replaces {
                (*value, *moment) = (other, other_moment);
            }
        }
        (Value::Histogram(counts, sum), Value::Histogram(other, other_sum)) => {
            counts.iter_mut().zip(other).for_each(|(count, other)| *count = count.wrapping_add(other));
            *sum = total(*sum + other_sum);
        }
        (Value::Native(own), Value::Native(other)) => own.add(*other),
        (Value::Summary(count, sum), Value::Summary(other, other_sum)) => {
            *count = count.wrapping_add(other);
            *sum = total(*sum + other_sum);
        }
        (Value::States(mask), Value::States(other)) => *mask = other,
        _ => {}
    }
}
