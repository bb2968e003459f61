//! The pages that all readers are asked about, the same in every run.

use picometer_std::convert::{Converter, Target};
use picometer_std::parse::Dialect;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;

use super::mutate::{Dice, excerpt, faulty};
use crate::{disagreements, generate, pages, round_trip, vectors};

/// As what a page is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Media {
    Text,
    OpenMetrics,
}

impl Media {
    pub fn dialect(self) -> Dialect {
        match self {
            Self::Text => Dialect::Text100,
            Self::OpenMetrics => Dialect::OpenMetrics100,
        }
    }
}

#[derive(Clone, Debug)]
pub struct Page {
    pub media: Media,
    pub text: String,
}

fn page(media: Media, text: impl Into<String>) -> Page {
    Page { media, text: text.into() }
}

/// Tables, vectors, generated families, soup, and real pages where they are there.
pub fn all() -> Vec<Page> {
    use Media::{OpenMetrics, Text};
    let mut all: Vec<Page> = disagreements::TEXT.iter().map(|row| page(Text, row.0)).collect();
    all.extend(disagreements::OPEN_METRICS.iter().map(|row| page(OpenMetrics, format!("{}# EOF\n", row.0))));
    all.extend(super::TEXT.iter().map(|text| page(Text, *text)));
    all.extend(super::OPEN_METRICS.iter().map(|text| page(OpenMetrics, *text)));
    let inputs = |rows: &str| -> Vec<String> {
        let input = |row: &str| serde_json::from_str::<serde_json::Value>(row).unwrap()["input"].as_str().unwrap().to_string();
        rows.lines().map(input).collect()
    };
    all.extend(inputs(vectors::TEXT).into_iter().map(|text| page(Text, text)));
    all.extend(inputs(vectors::OPEN_METRICS).into_iter().map(|text| page(OpenMetrics, text)));
    all.extend(inputs(vectors::SPECIFICATION).into_iter().map(|text| page(OpenMetrics, text)));
    let mut runner = TestRunner::deterministic();
    let (soup, families) = (proptest::string::string_regex(round_trip::SOUP).unwrap(), generate::families());
    for _ in 0..100 {
        all.push(page(Text, soup.new_tree(&mut runner).unwrap().current()));
        all.push(page(OpenMetrics, format!("{}\n# EOF\n", soup.new_tree(&mut runner).unwrap().current())));
    }
    for _ in 0..30 {
        let families = families.new_tree(&mut runner).unwrap().current();
        // Names in quotes are nothing for version 2.
        for (media, target) in [(Text, Target::Text), (OpenMetrics, Target::OpenMetrics100)] {
            let made = Converter::new(target).escaping(picometer_std::Escaping::Underscores).convert(families.clone());
            all.push(page(media, String::from_utf8(made.page).unwrap()));
        }
    }
    for (_, text) in pages::real().into_iter().flatten() {
        let media = if Dialect::detect(&text) == Dialect::Text100 { Text } else { OpenMetrics };
        all.push(page(media, text));
    }
    all.extend(super::disagreements::PAGES.iter().map(|(media, text)| page(*media, *text)));
    // Parts of all of these with faults in them.
    let (mut dice, whole) = (Dice(16), all.len());
    for _ in 0..500 {
        let one = &all[dice.below(whole)];
        let text = faulty(&excerpt(&one.text, &mut dice), &mut dice);
        let media = if dice.below(4) > 0 { one.media } else { [Text, OpenMetrics][dice.below(2)] };
        all.push(page(media, if media == Text { text } else { format!("{text}# EOF\n") }));
    }
    let mut seen = std::collections::BTreeSet::new();
    all.retain(|page| seen.insert((page.media == Text, page.text.clone())));
    all
}
