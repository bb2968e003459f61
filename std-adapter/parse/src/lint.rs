//! Finds what is legal and still wrong: names against the conventions, series that meet, labels that grow.
//!
//! The rules are those of `promlint`, which `promtool check metrics` applies, and some that it lacks.

mod lines;
mod names;
mod series;

use std::fmt;

use picometer::{Collector, Escaping, Exposition, Format};

use crate::model::Family;
use crate::parse::{self, Dialect, ErrorKind, Families, Lexer, Rules};

/// Something that a page or a registry should not have.
///
/// ```
/// use picometer_std::lint::{Rule, lint_page};
/// use picometer_std::parse::Dialect;
///
/// let problems = lint_page(
///     b"# HELP errors Errors.\n# TYPE errors counter\nerrors 1\n",
///     Dialect::Text004,
/// );
/// assert_eq!(problems[0].rule, Rule::CounterWithoutTotal);
/// assert_eq!(
///     problems[0].to_string(),
///     "line 1: errors: the name of a counter should end in `_total` \
///      [counter-without-total]"
/// );
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Problem {
    /// Which rule says so.
    pub rule: Rule,
    /// Where: the family, or nothing.
    pub family: String,
    /// The line of the page, counted from 1; 0 where there is no page.
    pub line: u32,
    /// The character in the line, counted from 1; 0 where the whole line or family is meant.
    pub column: u32,
    /// What, in words.
    pub text: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.line, self.column) {
            (0, _) => {}
            (line, 0) => write!(f, "line {line}: ")?,
            (line, column) => write!(f, "line {line}, column {column}: ")?,
        }
        if !self.family.is_empty() {
            write!(f, "{}: ", self.family)?;
        }
        write!(f, "{} [{}]", self.text, self.rule.name())
    }
}

macro_rules! rules {
    ($($rule:ident $name:literal $text:literal;)*) => {
        /// A rule that a page or a registry may break.
        ///
        /// ```
        /// use picometer_std::lint::Rule;
        ///
        /// assert_eq!(Rule::from_name("no-help"), Some(Rule::NoHelp));
        /// assert!(Rule::ALL.iter().all(|rule| Rule::from_name(rule.name()) == Some(*rule)));
        /// ```
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Rule {
            $(#[doc = concat!("`", $name, "`: ", $text, ".")] $rule,)*
        }

        impl Rule {
            /// All rules.
            pub const ALL: &[Self] = &[$(Self::$rule),*];

            /// The name of the rule, for options and messages.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$rule => $name,)* }
            }

            /// What it asks for.
            pub const fn text(self) -> &'static str {
                match self { $(Self::$rule => $text,)* }
            }
        }
    };
}

rules! {
    Syntax "syntax" "the page can be read";
    NoHelp "no-help" "a family has a help text";
    NoUnit "no-unit" "OpenMetrics: a family whose name ends in a base unit declares it (if asked for)";
    BaseUnit "base-unit" "names have base units: seconds, bytes";
    UnitAbbreviation "unit-abbreviation" "units in names are written out";
    CounterWithoutTotal "counter-without-total" "the name of a counter ends in `_total`";
    TotalWithoutCounter "total-without-counter" "names of nothing but counters end in `_total`";
    ReservedSuffix "reserved-suffix" "`_bucket`, `_count` and `_sum` are for histograms and summaries";
    ReservedLabel "reserved-label" "`le` is for histograms, `quantile` for summaries, and `__` for the server";
    TypeInName "type-in-name" "the name does not repeat the type";
    Colon "colon" "`:` is for recording rules";
    CamelCase "camel-case" "names are in snake_case";
    RepeatedSeries "repeated-series" "a series is there once";
    RepeatedFamily "repeated-family" "a family is there once, in one piece";
    Collision "collision" "names stay apart in OpenMetrics, and for a scraper that does not take UTF-8";
    MixedLabels "mixed-labels" "the series of a family have the same labels";
    Cardinality "cardinality" "a label has a bounded number of values";
    Histogram "histogram" "buckets rise, are cumulative and end in `+Inf`, which is the count";
    ExemplarRange "exemplar-range" "the exemplar of a bucket lies in the bucket";
}

impl Rule {
    /// The rule of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|rule| rule.name() == name)
    }
}

/// What a page is checked against.
///
/// ```
/// use picometer_std::lint::{Linter, Rule};
/// use picometer_std::parse::Dialect;
///
/// let page = b"# TYPE errors counter\nerrors 1\n";
/// assert!(
///     Linter::new()
///         .allow(Rule::NoHelp)
///         .allow(Rule::CounterWithoutTotal)
///         .page(page, Dialect::Text004)
///         .is_empty()
/// );
/// ```
#[derive(Clone, Debug)]
pub struct Linter {
    allowed: Vec<Rule>,
    rules: Rules,
    values: usize,
}

/// Rules that have to be asked for.
const OPTIONAL: [Rule; 1] = [Rule::NoUnit];

impl Default for Linter {
    fn default() -> Self {
        Self { allowed: OPTIONAL.to_vec(), rules: Rules::STRICT, values: 1_000 }
    }
}

impl Linter {
    /// All rules but [`Rule::NoUnit`], and pages read strictly.
    pub fn new() -> Self {
        Self::default()
    }

    /// Leaves a rule out.
    #[must_use]
    pub fn allow(mut self, rule: Rule) -> Self {
        self.allowed.push(rule);
        self
    }

    /// Applies a rule that has to be asked for: [`Rule::NoUnit`].
    #[must_use]
    pub fn also(mut self, rule: Rule) -> Self {
        self.allowed.retain(|own| *own != rule);
        self
    }

    /// Reads pages by other rules than strict ones.
    #[must_use]
    pub fn rules(self, rules: Rules) -> Self {
        Self { rules, ..self }
    }

    /// How many values a label may have in a family; 1,000 unless it is said.
    #[must_use]
    pub fn values(self, most: usize) -> Self {
        Self { values: most, ..self }
    }

    /// Checks a registry, or anything else that has metrics, by way of its OpenMetrics page.
    pub fn collector(&self, source: &dyn Collector) -> Vec<Problem> {
        let mut page = Vec::new();
        let exposition = Exposition::new(source, Format::OpenMetrics100).escaping(Escaping::AllowUtf8);
        exposition.drain(&mut [0; 16 * 1024], &mut |bytes| page.extend_from_slice(bytes));
        let mut problems = self.page(&page, Dialect::OpenMetrics100);
        // The lines of a page that was never text say nothing.
        problems.iter_mut().for_each(|problem| (problem.line, problem.column) = (0, 0));
        problems
    }

    /// Checks a page: what is wrong with its lines, its families and its names, in the order of its lines.
    pub fn page(&self, page: &[u8], dialect: Dialect) -> Vec<Problem> {
        self.checked(page, dialect).problems
    }

    /// Checks a page as [`page`](Self::page) does, and counts what was checked.
    pub fn checked(&self, page: &[u8], dialect: Dialect) -> Checked {
        let mut found = Found { problems: Vec::new(), allowed: &self.allowed };
        let text = match std::str::from_utf8(page) {
            Ok(text) => text,
            Err(_) => {
                if let Err(error) = Lexer::from_bytes(page, dialect) {
                    found.syntax(error);
                }
                return Checked { problems: found.problems, families: 0, series: 0 };
            }
        };
        let mut families = Vec::new();
        let mut read = Families::new(Lexer::new(text, dialect).rules(self.rules));
        while let Some(family) = read.next() {
            match family {
                Ok(family) => families.push((read.family_line(), family.to_model())),
                Err(error) => found.syntax(error),
            }
        }
        self.check(&families, dialect == Dialect::OpenMetrics100, &mut found);
        if found.problems.iter().any(|problem| problem.rule == Rule::RepeatedSeries) {
            lines::name_both(text, dialect, self.rules, &mut found.problems);
        }
        let series = families.iter().map(|(_, family)| family.samples.len()).sum();
        Checked { problems: found.problems, families: families.len(), series }
    }

    /// Checks families that were read already; they have no lines.
    pub fn families(&self, families: &[Family]) -> Vec<Problem> {
        let families: Vec<_> = families.iter().map(|family| (0, family.clone())).collect();
        let mut found = Found { problems: Vec::new(), allowed: &self.allowed };
        self.check(&families, false, &mut found);
        found.problems
    }

    fn check(&self, families: &[(u32, Family)], units: bool, found: &mut Found<'_>) {
        for (line, family) in families {
            names::check(family, *line, units, found);
            series::check(family, *line, self.values, found);
        }
        series::across(families, found);
        found.problems.sort_by_key(|problem| (problem.line, problem.column));
    }
}

/// What [`Linter::checked`] found, and how much it looked at.
///
/// ```
/// use picometer_std::lint::Linter;
/// use picometer_std::parse::Dialect;
///
/// let checked = Linter::new().checked(
///     b"# HELP up Whether it is up.\n# TYPE up gauge\nup 1\n",
///     Dialect::Text004,
/// );
/// assert_eq!((checked.problems.len(), checked.families, checked.series), (0, 1, 1));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Checked {
    /// The problems, in the order of their lines.
    pub problems: Vec<Problem>,
    /// How many families there are that could be read.
    pub families: usize,
    /// How many samples those have.
    pub series: usize,
}

/// What was found so far, without what is allowed.
struct Found<'a> {
    problems: Vec<Problem>,
    allowed: &'a [Rule],
}

impl Found<'_> {
    fn syntax(&mut self, error: parse::Error) {
        let rule = match error.kind {
            ErrorKind::RepeatedSeries => Rule::RepeatedSeries,
            _ => Rule::Syntax,
        };
        let parse::Error { kind, line, column, .. } = error;
        if !self.allowed.contains(&rule) {
            self.problems.push(Problem { rule, family: String::new(), line, column, text: kind.to_string() });
        }
    }

    fn add(&mut self, rule: Rule, family: &Family, line: u32, text: impl Into<String>) {
        if !self.allowed.contains(&rule) {
            let name = shown_name(family);
            self.problems.push(Problem { rule, family: name, line, column: 0, text: text.into() });
        }
    }
}

/// The name that a reader looks for in the page.
fn shown_name(family: &Family) -> String {
    match family.samples.first() {
        Some(sample) if family.kind.suffix() != "" => sample.name.to_string(),
        _ => family.name.clone(),
    }
}

/// Checks a registry, or anything else that has metrics, by all rules: for a test.
///
/// ```
/// use picometer_std::lint::lint;
/// use picometer_std::statics::{Counter, Desc, Metric, Registry};
///
/// static BOOTS: Metric<Counter> =
///     Metric::new(&Desc::counter("boots_total", "Times the device started."));
/// static METRICS: Registry = Registry::new(&[&BOOTS]);
/// assert!(lint(&METRICS).is_empty());
///
/// static BAD: Metric<Counter> =
///     Metric::new(&Desc::counter("bootTimeMilliseconds_total", ""));
/// assert_eq!(lint(&BAD).len(), 3, "no help, camelCase, and not the base unit");
/// ```
#[doc(alias("CollectAndLint", "GatherAndLint"))]
pub fn lint(source: &dyn Collector) -> Vec<Problem> {
    Linter::new().collector(source)
}

/// Checks a page by all rules.
///
/// ```
/// use picometer_std::lint::lint_page;
/// use picometer_std::parse::Dialect;
///
/// assert!(
///     lint_page(
///         b"# HELP up Whether it is up.\n# TYPE up gauge\nup 1\n",
///         Dialect::Text004
///     )
///     .is_empty()
/// );
/// ```
pub fn lint_page(page: &[u8], dialect: Dialect) -> Vec<Problem> {
    Linter::new().page(page, dialect)
}
