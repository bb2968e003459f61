//! The command line.

/// What a bench was asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Options {
    pub(crate) json: bool,
    /// One table of all cases, with what is best of each sort of column.
    pub(crate) summary: bool,
    /// That table is written into this file, between its marks.
    pub(crate) write: Option<String>,
    /// Few rounds of short samples: enough to see a factor, not a percent.
    pub(crate) short: bool,
    /// One short sample of each, to see that it works.
    pub(crate) test: bool,
    pub(crate) rounds: Option<usize>,
    pub(crate) columns: Vec<String>,
    pub(crate) cases: Vec<String>,
}

impl Options {
    pub(crate) fn read(arguments: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let mut options = Self::default();
        let mut by_cargo_bench = false;
        let mut arguments = arguments.into_iter().map(Into::into);
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--bench" => by_cargo_bench = true,
                "--json" => options.json = true,
                "--summary" => options.summary = true,
                "--short" => options.short = true,
                "--test" => options.test = true,
                "--write" => options.write = arguments.next(),
                "--rounds" => options.rounds = arguments.next().and_then(|count| count.parse().ok()),
                "--column" => options.columns.extend(arguments.next()),
                // What the harness of rustc takes besides, such as `--nocapture`, means nothing here.
                flag if flag.starts_with('-') => {}
                _ => options.cases.push(argument),
            }
        }
        options.summary |= options.write.is_some();
        options.test |= !by_cargo_bench && options.rounds.is_none() && !options.short;
        options
    }

    pub(crate) fn wants_case(&self, name: &str) -> bool {
        self.cases.is_empty() || self.cases.iter().any(|case| name.contains(case.as_str()))
    }

    pub(crate) fn wants_column(&self, name: &str) -> bool {
        self.columns.is_empty() || self.columns.iter().any(|column| column == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargo_bench_measures_and_everything_else_tests() {
        assert!(!Options::read(["--bench", "--json", "--summary", "str3"]).test);
        assert!(Options::read(["--bench", "--test"]).test);
        assert!(Options::read(["--nocapture"]).test);
        assert!(!Options::read(["--rounds", "5"]).test && !Options::read(["--short"]).test);
        assert!(Options::read(["--write", "FIGURES.md"]).summary);
    }

    #[test]
    fn words_choose_cases_and_columns() {
        let options = Options::read(["--bench", "--column", "picometer", "str3", "mem"]);
        assert!(options.wants_case("str3-2T") && options.wants_case("mem-counter") && !options.wants_case("str1-1T"));
        assert!(options.wants_column("picometer") && !options.wants_column("prometheus"));
    }
}
