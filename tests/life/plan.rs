//! What a seed stands for: registries, families, and a list of steps. A failure is shrunk by leaving steps out.

use picometer_std::Format;

use super::dice::Dice;

/// Texts that label values are taken from.
pub const VALUES: [&str; 8] = ["a", "b", "B", "", "é\n\"\\", "c", "0123456789abcdef0123456789abcdef", "d"];

/// Bounds of the histograms.
pub const BOUNDS: [f64; 3] = [0.5, 1.0, 8.0];

/// What is observed: multiples of a quarter, so that sums are exact in any order.
pub const OBSERVED: [f64; 6] = [0.25, 0.5, 0.75, 1.0, 7.5, 100.0];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Count,
    CountF,
    Level,
    LevelF,
    Histogram,
    GaugeHistogram,
    Summary,
    Quantiles,
    Native,
    States,
    Info,
}

/// The first of them three times as often, and histograms twice.
#[rustfmt::skip]
const KINDS: [Kind; 14] = {
    use Kind::*;
    [Count, Count, Count, CountF, Level, LevelF, Histogram, Histogram, GaugeHistogram, Summary, Quantiles, Native, States, Info]
};

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Action {
    /// The series is looked up and nothing else.
    Touch,
    Add(f64),
    Subtract(f64),
    Set(f64),
    Raise(f64),
    Observe(f64),
    /// Takes back what was observed, in gauge histograms.
    Forget(f64),
    Reset,
    State(usize),
    Facts(usize),
}

impl Kind {
    /// The type on the page, which several of these have.
    pub fn shown(self) -> picometer_std::Kind {
        match self {
            Self::Count | Self::CountF => picometer_std::Kind::Counter,
            Self::Level | Self::LevelF => picometer_std::Kind::Gauge,
            Self::Histogram | Self::Native => picometer_std::Kind::Histogram,
            Self::GaugeHistogram => picometer_std::Kind::GaugeHistogram,
            Self::Summary | Self::Quantiles => picometer_std::Kind::Summary,
            Self::States => picometer_std::Kind::StateSet,
            Self::Info => picometer_std::Kind::Info,
        }
    }

    pub fn action(self, dice: &mut Dice, resets: bool) -> Action {
        if dice.chance(8) {
            return Action::Touch;
        }
        let whole = dice.below(6) as f64;
        let reset = resets && dice.chance(6);
        match self {
            Self::Count | Self::CountF | Self::Histogram | Self::Summary | Self::Native if reset => Action::Reset,
            Self::Count => Action::Add(whole),
            Self::CountF => Action::Add(whole / 4.0),
            Self::Level | Self::LevelF => match dice.below(4) {
                0 => Action::Set(whole),
                1 => Action::Add(whole),
                2 => Action::Subtract(whole),
                _ => Action::Raise(whole),
            },
            Self::GaugeHistogram if dice.chance(30) => Action::Forget(dice.pick(&OBSERVED)),
            Self::Histogram | Self::GaugeHistogram | Self::Summary | Self::Quantiles | Self::Native => {
                Action::Observe(dice.pick(&OBSERVED))
            }
            Self::States => Action::State(dice.below(3)),
            Self::Info => Action::Facts(dice.below(3)),
        }
    }
}

#[derive(Clone, Debug)]
pub struct Nested {
    pub parent: usize,
    pub prefix: &'static str,
    pub label: Option<(&'static str, &'static str)>,
}

#[derive(Clone, Debug)]
pub struct FamilyPlan {
    pub kind: Kind,
    pub name: String,
    /// Which registry; 0 is the root, others are those of the plan.
    pub registry: usize,
    /// How many labels; 0 is a `Metric`.
    pub labels: usize,
    pub cap: Option<usize>,
    pub ttl: Option<u64>,
    pub compact: bool,
    /// The first label value is made upper case.
    pub upper: bool,
}

/// Places in [`VALUES`].
pub type Picked = [usize; 2];

/// One step. `Hold` holds a borrowed series while its thread does other things, until its `Release`. `End` ends a thread, and another
/// one takes its number. `Part` is one family alone, as `name[]` asks for, by a request or by a filter. `Open` begins a page that is
/// filled piece by piece, with steps between its pieces.
#[derive(Clone, Copy, Debug)]
pub enum Step {
    Act { thread: usize, family: usize, values: Picked, action: Action },
    Keep { thread: usize, family: usize, values: Picked, slot: usize },
    UseKept { thread: usize, slot: usize, action: Action },
    DropKept { slot: usize },
    Hold { thread: usize, family: usize, values: Picked },
    Release { thread: usize, action: Action },
    Remove { thread: usize, family: usize, values: Picked },
    RemoveMatching { family: usize, value: usize },
    Clear { family: usize },
    Unregister { family: usize },
    Register { family: usize },
    End { thread: usize },
    Advance { seconds: u64 },
    Foul { collector: usize, mode: u8 },
    Record { thread: usize, metric: usize, label: usize, amount: u64 },
    Page { thread: usize, format: Format, piece: usize },
    Part { family: usize, by_request: bool },
    Open { format: Format, piece: usize },
    Fill,
    Leave,
}

#[derive(Clone, Debug)]
pub struct Plan {
    pub registries: Vec<Nested>,
    pub families: Vec<FamilyPlan>,
    pub foul: usize,
    pub threads: usize,
    /// Whether another registry stands beside the root on every page, with names of the root among its own.
    pub beside: bool,
    pub steps: Vec<Step>,
}

const FORMATS: [Format; 4] = [Format::Text004, Format::Text100, Format::OpenMetrics100, Format::Protobuf];
pub const SLOTS: usize = 6;
pub const RECORDED: usize = 3;

impl Plan {
    pub fn of(seed: u64) -> Self {
        let mut dice = Dice::new(seed);
        let registries: Vec<_> = (0..dice.below(4))
            .map(|at| Nested {
                parent: dice.below(at + 1),
                prefix: dice.pick(&["", "", "p_", "q_"]),
                label: dice.chance(70).then(|| (dice.pick(&["pool", "zone", "pool", "x"]), dice.pick(&["1", "2", "é\"", "3"]))),
            })
            .collect();
        let mut families = Vec::new();
        for at in 0..1 + dice.below(7) {
            let kind = dice.pick(&KINDS);
            // The same name in several registries: members of one group, or a collision.
            let name = if dice.chance(25) { "m_shared".to_owned() } else { format!("m{at}") };
            let name = match kind {
                Kind::Count | Kind::CountF => format!("{name}_total"),
                Kind::Info => format!("{name}_info"),
                _ => name,
            };
            let labels = dice.below(3);
            families.push(FamilyPlan {
                kind,
                name,
                registry: dice.below(registries.len() + 1),
                labels,
                cap: dice.chance(20).then(|| 1 + dice.below(3)),
                ttl: dice.chance(30).then(|| [1, 60, 300][dice.below(3)]),
                compact: dice.chance(20),
                upper: labels > 0 && dice.chance(15),
            });
        }
        let (foul, threads) = (dice.below(3), 1 + dice.below(5));
        let count = 20 + dice.below(180);
        // From dice of its own, so that seeds stand for the same steps with and without.
        let beside = Dice::new(!seed).chance(30);
        let mut plan = Self { registries, families, foul, threads, beside, steps: Vec::new() };
        plan.steps = (0..count).map(|_| plan.step(&mut dice)).collect();
        plan
    }

    fn step(&self, dice: &mut Dice) -> Step {
        let (thread, family) = (dice.below(self.threads), dice.below(self.families.len()));
        let values = [dice.below(VALUES.len()), dice.below(4)];
        let action = self.families[family].kind.action(dice, true);
        let slot = dice.below(SLOTS);
        match dice.below(100) {
            0..=49 => Step::Act { thread, family, values, action },
            50..=52 => Step::Keep { thread, family, values, slot },
            53..=57 => Step::UseKept { thread, slot, action },
            58..=59 => Step::DropKept { slot },
            60 => Step::Hold { thread, family, values },
            61..=62 => Step::Release { thread, action },
            63..=66 => Step::Remove { thread, family, values },
            67 => Step::RemoveMatching { family, value: values[0] },
            68 => Step::Clear { family },
            69 => Step::Unregister { family },
            70..=71 => Step::Register { family },
            72..=73 => Step::End { thread },
            74..=78 => Step::Advance { seconds: dice.pick(&[1, 1, 30, 60, 61, 300, 1_000]) },
            79..=80 => Step::Foul { collector: dice.below(3), mode: dice.below(5) as u8 },
            81..=83 => Step::Record { thread, metric: dice.below(RECORDED), label: dice.below(3), amount: dice.below(5) as u64 },
            84..=88 => Step::Page { thread, format: dice.pick(&FORMATS), piece: dice.pick(&[0, 0, 700, 1_500]) },
            89 => Step::Part { family, by_request: slot.is_multiple_of(2) },
            90..=91 => Step::Open { format: dice.pick(&FORMATS[..3]), piece: dice.pick(&[180, 250, 400, 1_000]) },
            92..=98 => Step::Fill,
            _ => Step::Leave,
        }
    }
}
