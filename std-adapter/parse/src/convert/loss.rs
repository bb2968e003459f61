//! What a format cannot say.

use std::fmt;

macro_rules! losses {
    ($($(#[$doc:meta])* $loss:ident $one:literal $many:literal;)*) => {
        /// Something that a target cannot say.
        ///
        /// ```
        /// use picometer_std::convert::Loss;
        ///
        /// assert_eq!(Loss::Unit.text(2), "2 families have no unit any more");
        /// ```
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Loss {
            $($(#[$doc])* $loss,)*
        }

        impl Loss {
            /// How often it was lost, in words.
            pub fn text(self, count: usize) -> String {
                match self { $(Self::$loss => if count == 1 { format!("1 {}", $one) } else { format!("{count} {}", $many) },)* }
            }
        }
    };
}

losses! {
    /// The type of a family: its samples are untyped, or gauges.
    Type "family has another type" "families have another type";
    /// The unit of a family.
    Unit "family has no unit any more" "families have no unit any more";
    /// A help text, or the blanks at its ends.
    Help "help text is left out or has other blanks at its ends" "help texts are left out or have other blanks at their ends";
    /// An exemplar.
    Exemplar "exemplar is left out" "exemplars are left out";
    /// The exponential buckets of a native histogram.
    NativeBuckets "native histogram has no exponential buckets any more" "native histograms have no exponential buckets any more";
    /// How a bound or quantile was written: `10` instead of `10.0`.
    BoundText "bound or quantile is written in another way" "bounds and quantiles are written in another way";
    /// Digits of a timestamp.
    TimestampDigits "timestamp is rounded or left out" "timestamps are rounded or left out";
    /// Digits of an integer that a double does not hold.
    IntegerDigits "integer is rounded to a double" "integers are rounded to doubles";
    /// A sum or count that is absent: readers of the target take it for 0.
    AbsentTotal "absent sum or count is 0 for other readers" "absent sums and counts are 0 for other readers";
    /// A series that comes again.
    RepeatedSeries "sample of a repeated series is left out" "samples of repeated series are left out";
    /// A label that comes again.
    RepeatedLabel "label that comes twice is left out" "labels that come twice are left out";
}

/// What was lost, how often, and where first.
///
/// ```
/// use picometer_std::Kind;
/// use picometer_std::convert::{Converter, Loss, Target};
/// use picometer_std::model::Family;
///
/// let family =
///     Family { unit: "seconds".into(), ..Family::new("uptime_seconds", Kind::Gauge) };
/// let losses = Converter::new(Target::Text).convert(vec![family]).losses;
/// assert!(losses.iter().eq([(Loss::Unit, 1, "`uptime_seconds`")]));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Losses {
    entries: Vec<(Loss, usize, String)>,
}

impl Losses {
    /// Whether nothing was lost.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// What was lost, how often, and the name of the first.
    pub fn iter(&self) -> impl Iterator<Item = (Loss, usize, &str)> {
        self.entries.iter().map(|(loss, count, first)| (*loss, *count, first.as_str()))
    }

    /// How often this was lost.
    pub fn count(&self, loss: Loss) -> usize {
        self.entries.iter().find(|(own, ..)| *own == loss).map_or(0, |&(_, count, _)| count)
    }

    pub(super) fn add(&mut self, loss: Loss, name: &str) {
        self.add_with(loss, || format!("`{name}`"));
    }

    pub(super) fn add_with(&mut self, loss: Loss, first: impl FnOnce() -> String) {
        match self.entries.iter_mut().find(|(own, ..)| *own == loss) {
            Some((_, count, _)) => *count += 1,
            None => self.entries.push((loss, 1, first())),
        }
    }

    pub(super) fn extend(&mut self, other: Self) {
        for (loss, count, first) in other.entries {
            match self.entries.iter_mut().find(|(own, ..)| *own == loss) {
                Some((_, own, _)) => *own += count,
                None => self.entries.push((loss, count, first)),
            }
        }
    }
}

/// One line for each kind of loss.
impl fmt::Display for Losses {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.entries.iter().try_for_each(|(loss, count, first)| {
            let such = if *count == 1 { "" } else { "first " };
            writeln!(f, "{}: {such}{first}", loss.text(*count))
        })
    }
}
