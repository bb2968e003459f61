//! Conversion as a law: what comes out, read again, is what went in, minus what is counted.

use std::collections::{BTreeMap, BTreeSet};

use picometer_std::convert::{Converter, Loss, Losses, Target};
use picometer_std::model::{Family, Number, Sample, Time};
use picometer_std::parse::{self, Dialect, Limits, Rules};
use picometer_std::{Kind, Timestamp};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;

use crate::generate;
use crate::pages;

const TARGETS: [Target; 4] = [Target::Text, Target::OpenMetrics100, Target::OpenMetrics200, Target::Protobuf];

/// The page and what it lacks; read again: strictly, unless the families are of a page in that format, which need not be so.
#[track_caller]
fn converted(families: &[Family], target: Target, same: bool, name: &str) -> (Vec<Family>, Losses) {
    let converter = Converter::new(target);
    let made = if same { converter.same_format() } else { converter }.convert(families.to_vec());
    let rules = if same { Rules::READ } else { Rules::STRICT };
    let dialect = match target {
        Target::Text => Dialect::Text100,
        Target::OpenMetrics100 => Dialect::OpenMetrics100,
        Target::OpenMetrics200 => Dialect::OpenMetrics200,
        _ => {
            let read = parse::protobuf(&made.page, Limits::default()).unwrap_or_else(|error| panic!("{name}: {error}"));
            return (read, made.losses);
        }
    };
    let page = String::from_utf8(made.page).expect("text");
    let read = parse::families(&page, dialect, rules);
    (read.unwrap_or_else(|error| panic!("{name} in {target:?}: {}\n{page}", error.in_page(&page))), made.losses)
}

/// What a sample says, in a form that does not depend on the format.
fn sample_text(sample: &Sample, losses: &Losses) -> String {
    let mut labels: Vec<(String, String)> = sample.labels.iter().map(|(name, value)| (name.into(), value.into())).collect();
    labels.sort();
    if losses.count(Loss::BoundText) > 0 {
        for (name, value) in labels.iter_mut().filter(|(name, _)| name == "le" || name == "quantile") {
            let _ = name;
            if let Ok(number) = value.parse::<f64>() {
                *value = format!("{number:?}");
            }
        }
    }
    let value = match sample.value {
        Number::Integer(integer) if losses.count(Loss::IntegerDigits) == 0 && integer.unsigned_abs() > 1 << 53 => integer.to_string(),
        value if value.is_nan() => "NaN".into(),
        value => format!("{:x}", value.as_f64().to_bits()),
    };
    let value = if losses.count(Loss::IntegerDigits) == 0 && sample.value.is_whole() && sample.value.as_f64().abs() > 9e15 {
        // An integer of many digits and the double of its value are one number.
        format!("{:x}", sample.value.as_f64().to_bits())
    } else {
        value
    };
    let native = sample.native_histogram.as_ref().map(|native| {
        let side = |spans: &[picometer_std::model::Span], buckets: &picometer_std::model::NativeBuckets| {
            format!("{spans:?}{:?}", buckets.counts())
        };
        let (positive, negative) = (side(&native.positive_spans, &native.positive), side(&native.negative_spans, &native.negative));
        format!("{:?} {:x} {} {positive}{negative}", native.count, native.sum.to_bits(), native.schema)
    });
    let rounded = losses.count(Loss::TimestampDigits) > 0;
    let time = sample.timestamp.and_then(|time| match time.exact() {
        Some(moment) if rounded => Some(format!("{}", moment.millis())),
        Some(moment) => Some(format!("{moment:?}")),
        None if rounded => None,
        None => Some(format!("{:?}", time.seconds())),
    });
    format!("{}{labels:?} {value} {native:?} {time:?}", sample.name)
}

fn counted(families: &[Family], losses: &Losses) -> BTreeMap<String, usize> {
    let mut all = BTreeMap::new();
    for sample in families.iter().flat_map(|family| &family.samples) {
        *all.entry(sample_text(sample, losses)).or_default() += 1;
    }
    all
}

/// What a name of a sample belongs to.
#[derive(Clone)]
struct Owner<'f> {
    kind: Kind,
    help: &'f str,
    unit: &'f str,
    place: usize,
    /// The name that the pieces of a family share.
    family: String,
}

/// The owner of each name, by the first family that has it.
fn owners(families: &[Family]) -> BTreeMap<String, Owner<'_>> {
    let mut owners: BTreeMap<String, Owner<'_>> = BTreeMap::new();
    for family in families {
        // Pieces of a family come together at the place of the first.
        let place = families.iter().position(|other| other.page_name() == family.page_name()).unwrap_or(0);
        let named = family.samples.iter().map(|sample| sample.name.to_string());
        let header = family.samples.is_empty().then(|| format!("{} without samples", family.name));
        for name in named.chain(header) {
            let Family { kind, help, unit, .. } = family;
            let own = Owner { kind: *kind, help, unit, place, family: family.page_name() };
            let entry = owners.entry(name).or_insert_with(|| own.clone());
            // A piece without a header is one of the family that has it.
            if entry.kind == Kind::Unknown && own.kind != Kind::Unknown {
                *entry = Owner { place: entry.place, ..own };
            }
        }
    }
    owners
}

/// Whether the family has a sample of this name.
fn has_sample(family: &Family, name: &str) -> bool {
    let name = name.strip_suffix(" without samples").unwrap_or(name);
    family.samples.iter().any(|sample| *sample.name == *name)
}

/// Compares what went in with what came out.
#[track_caller]
fn same(before: &[Family], after: &[Family], losses: &Losses, target: Target, name: &str) {
    let context = || format!("{name} in {target:?}, where is lost: {losses}");
    let (was, is) = (counted(before, losses), counted(after, losses));
    let (mut missing, mut new) = (0, Vec::new());
    for (sample, count) in &was {
        let left = is.get(sample).copied().unwrap_or(0);
        missing += count.saturating_sub(left);
    }
    for (sample, count) in &is {
        let had = was.get(sample).copied().unwrap_or(0);
        if *count > had {
            new.push(sample);
        }
    }
    // A native histogram without exponential buckets is at most three samples.
    let native = losses.count(Loss::NativeBuckets);
    let allowed = losses.count(Loss::RepeatedSeries) + losses.count(Loss::RepeatedLabel) + native;
    assert!(missing <= allowed, "{missing} samples are missing, {allowed} may be: {}\n{was:#?}\n{is:#?}", context());
    assert!(new.len() <= 3 * native + losses.count(Loss::RepeatedLabel), "new: {new:#?} {}", context());

    let (owned, owns) = (owners(before), owners(after));
    let (mut kinds, mut helps, mut units) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    let mut places: Vec<(usize, usize)> = Vec::new();
    let is_kept = |was: &Owner<'_>| after.iter().any(|family| family.page_name() == was.family && family.help == was.help);
    for (sample, was) in &owned {
        let bare = was.kind == Kind::Unknown && was.help.is_empty() && was.unit.is_empty();
        if sample.ends_with("_created") || (bare && sample.ends_with(" without samples")) {
            continue;
        }
        // A header without samples may stand above those of another piece.
        let alike = |is: &&Owner<'_>| is.family == was.family && is.kind == was.kind;
        let joined = || owns.values().find(alike).filter(|_| sample.ends_with(" without samples"));
        let Some(is) = owns.get(sample).or_else(joined) else {
            // A header of no type says its help and no more.
            if sample.ends_with(" without samples") && was.kind != Kind::Unknown {
                kinds.insert(&was.family);
            } else if sample.ends_with(" without samples") && !was.help.is_empty() && !is_kept(was) {
                helps.insert(&was.family);
            }
            continue;
        };
        // Text has a gauge histogram in three families, which become one again.
        let joined = is.kind == Kind::GaugeHistogram && matches!(was.kind, Kind::Histogram | Kind::Gauge);
        if joined {
            continue;
        }
        // Samples without a header are those of a family whose header stands elsewhere.
        let parts = ["_bucket", "_sum", "_count", "_gsum", "_gcount"];
        let is_part = |name: &str| sample.strip_prefix(name).is_some_and(|suffix| parts.contains(&suffix));
        let is_owner = |family: &Family| is_part(&family.name) || family.page_name() == was.family;
        if bare && before.iter().any(|family| family.kind == is.kind && is_owner(family)) {
            continue;
        }
        // Families that do not fit their types may share the name.
        let families = || after.iter().filter(|family| has_sample(family, sample));
        if was.kind != is.kind && !families().any(|family| family.kind == was.kind) {
            kinds.insert(&was.family);
        }
        // Of several families with this name the first that has help gives it.
        let has = |family: &Family| {
            family.help.trim_matches([' ', '\t']) == is.help.trim_matches([' ', '\t'])
                && (family.page_name() == was.family || has_sample(family, sample))
        };
        let same_help = was.help == is.help || families().any(|family| family.help == was.help);
        if !(same_help || was.help.is_empty() && before.iter().any(has)) {
            helps.insert(&was.family);
        }
        let given = was.unit.is_empty() && before.iter().any(|family| family.page_name() == was.family && family.unit == is.unit);
        if was.unit != is.unit && !given && !families().any(|family| family.unit == was.unit) {
            units.insert(&was.family);
        }
        // Samples that stand alone may join those of their name.
        if was.kind == is.kind && was.kind != Kind::Unknown {
            places.push((was.place, is.place));
        }
    }
    assert!(kinds.len() <= losses.count(Loss::Type), "types of {kinds:?}: {}\n{before:#?}\n{after:#?}", context());
    assert!(helps.len() <= losses.count(Loss::Help) + kinds.len(), "help of {helps:?}: {}\n{before:#?}\n{after:#?}", context());
    assert!(units.len() <= losses.count(Loss::Unit), "units of {units:?}: {}\n{before:#?}\n{after:#?}", context());
    places.sort_unstable();
    places.dedup_by_key(|(place, _)| *place);
    assert!(places.is_sorted_by_key(|(_, other)| *other) || native > 0, "order: {places:?} {}", context());

    let exemplars = |families: &[Family]| {
        let own = families.iter().flat_map(|family| &family.samples).filter(|sample| sample.exemplar.is_some()).count();
        let native = families.iter().flat_map(|family| &family.samples).filter_map(|sample| sample.native_histogram.as_ref());
        own + native.map(|native| native.exemplars.len()).sum::<usize>()
    };
    if native == 0 && losses.count(Loss::RepeatedSeries) == 0 {
        assert_eq!(exemplars(before) - exemplars(after), losses.count(Loss::Exemplar), "exemplars: {}", context());
    }
}

/// The law for a page and each pair of formats; how many conversions lost nothing, by target.
fn hold(families: &[Family], name: &str) -> [usize; 4] {
    let mut lossless = [0; 4];
    for (at, target) in TARGETS.into_iter().enumerate() {
        let (first, losses) = converted(families, target, false, name);
        same(families, &first, &losses, target, name);
        lossless[at] += usize::from(losses.is_empty());
        for other in TARGETS {
            let name = format!("{name} by way of {target:?}");
            let (second, losses) = converted(&first, other, other == target, &name);
            same(&first, &second, &losses, other, &name);
        }
        // To the same format again nothing is lost any more.
        let (again, losses) = converted(&first, target, true, name);
        let again_lost = losses.iter().any(|(loss, ..)| loss != Loss::AbsentTotal);
        assert!(!again_lost, "{name} in {target:?} twice: {losses}");
        assert_eq!(counted(&first, &losses), counted(&again, &losses), "{name} in {target:?} twice");
    }
    lossless
}

#[test]
fn real_pages_keep_what_they_say() {
    let Some(pages) = pages::real() else { return };
    let (mut count, mut lossless) = (0, [0; 4]);
    for (name, text) in pages {
        let dialect = Dialect::detect(&text);
        let (families, _) = parse::families_and_errors(&text, dialect, Rules::READ);
        for (sum, own) in lossless.iter_mut().zip(hold(&families, &name)) {
            *sum += own;
        }
        // Into its own format a page loses nothing.
        let own = if dialect == Dialect::Text100 { Target::Text } else { Target::OpenMetrics100 };
        let (again, losses) = converted(&families, own, true, &name);
        let split = families.iter().map(Family::page_name).collect::<std::collections::BTreeSet<_>>().len() < families.len();
        assert!(losses.is_empty(), "{name}: {losses}");
        if !split {
            assert_eq!(again.len(), families.len(), "{name}");
        }
        count += 1;
    }
    println!("{count} pages; without any loss in {TARGETS:?}: {lossless:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), rng_seed: seed(), failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn generated_families_keep_what_they_say(families in generate::families()) {
        hold(&families, "generated");
    }

    #[test]
    fn odd_families_keep_what_they_say(families in odd()) {
        hold(&families, "odd");
    }
}

/// The same cases in each run, so that a change is what makes a run fail; `PICOMETER_SEED` gives others.
fn seed() -> RngSeed {
    RngSeed::Fixed(std::env::var("PICOMETER_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(16))
}

/// As many as `PROPTEST_CASES` says, where it says anything.
fn cases() -> u32 {
    std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(256)
}

/// Families that do not fit their types: any names, labels and values under any type.
fn odd() -> impl Strategy<Value = Vec<Family>> {
    use Kind::{Counter, Gauge, GaugeHistogram, Histogram, Info, StateSet, Summary, Unknown};
    let kind = prop::sample::select(vec![Counter, Gauge, Histogram, GaugeHistogram, Summary, Unknown, Info, StateSet]);
    let suffix = prop::sample::select(vec!["", "_total", "_bucket", "_sum", "_count", "_created", "_info", "_gsum", "_gcount"]);
    let label = prop::sample::select(vec![
        ("le", "1"),
        ("le", "+Inf"),
        ("le", "x"),
        ("quantile", "0.5"),
        ("quantile", "2"),
        ("a", "b"),
        ("a", ""),
        ("x.y", "\"\\\n"),
    ]);
    let value = prop_oneof![
        (0_u64..5).prop_map(Number::from),
        prop::sample::select(vec![-1.0, -0.0, 0.5, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, 1.7e9, 1e300]).prop_map(Number::from),
    ];
    let time = proptest::option::weighted(
        0.2,
        prop_oneof![
            (-5_i64..5).prop_map(|millis| Time::Exact(Timestamp::from_millis(millis))),
            Just(Time::Exact(Timestamp::new(1, 5))),
            Just(Time::Float(1e300)),
        ],
    );
    let labels = proptest::collection::vec(label, 0..3);
    let sample = (suffix, labels, value, time);
    let name = prop::sample::select(vec!["a", "a_total", "a_created", "a_count", "b", "c.d"]);
    let help = prop::sample::select(vec!["", "Help.", " x\\\n\" "]);
    let unit = prop::sample::select(vec!["", "a", "total", "seconds"]);
    let family = (name, kind, help, unit, proptest::collection::vec(sample, 0..6)).prop_map(|(name, kind, help, unit, samples)| {
        let mut family = Family { help: help.into(), unit: unit.into(), ..Family::new(name, kind) };
        for (suffix, labels, value, timestamp) in samples {
            family.samples.push(Sample { timestamp, ..Sample::new(format!("{name}{suffix}"), labels, value) });
        }
        family
    });
    proptest::collection::vec(family, 0..4).prop_map(|mut families| {
        let mut names = std::collections::BTreeSet::new();
        families.retain(|family| names.insert(family.name.clone()));
        families
    })
}
