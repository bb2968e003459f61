//! Arguments and their help.

use std::path::PathBuf;

use clap::{Args as ClapArgs, Parser, Subcommand, ValueEnum};
use picometer::Escaping;
use picometer_parse::lint;
use picometer_parse::parse::Rules;

/// Read, check, convert and watch pages of Prometheus metrics.
#[derive(Debug, Parser)]
#[command(
    name = "picometer",
    version,
    arg_required_else_help = true,
    after_help = "\
Examples:
  picometer check http://localhost:9100/metrics      what is wrong with a live page
  picometer parse --json metrics.txt | jq .          what a page says
  curl -s $URL | picometer convert --to openmetrics  the same page in another format
  picometer watch http://localhost:9100/metrics      values, rates and histograms, live"
)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Parse(Parse),
    Check(Check),
    Convert(Convert),
    Watch(Watch),
}

/// Show what a page says: its families and samples.
///
/// Reads what any reader takes: promtool, the Prometheus server, the Python client. `--strict` reads OpenMetrics to the letter and
/// text as promtool does; `--lenient` reads what the server stores and nothing that it refuses.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Exit status: 0 if every page was read, 1 if one is wrong, 2 if one could not be had.

With --json there is one object a line for each input: {\"ok\":true,\"families\":[...]} or
{\"ok\":false,\"error\":\"...\",\"line\":1,\"column\":1}. Numbers are strings, so that none is rounded. A timestamp is
{\"sec\":1,\"nsec\":500000000}, in seconds and nanoseconds since the epoch, whatever the page counts in. Samples have the
names that they have on the page; a family has the name that OpenMetrics gives it, or its own where two would be called
the same. A family that is odd says so in \"odd\", a list of sentences. With --keep-going there is
{\"ok\":false,\"errors\":[{\"error\":...,\"line\":...,\"column\":...}],\"families\":[...]} for a page with errors.")]
pub(crate) struct Parse {
    #[command(flatten)]
    pub(crate) page: PageArgs,
    /// Write JSON, one object for each input.
    #[arg(long)]
    pub(crate) json: bool,
    /// Pass over lines that are wrong, and say which.
    #[arg(long)]
    pub(crate) keep_going: bool,
    #[command(flatten)]
    pub(crate) http: HttpArgs,
    /// Files, URLs (http, https), or `-` for standard input.
    #[arg(value_name = "FILE|URL", default_value = "-")]
    pub(crate) inputs: Vec<String>,
}

/// Find what is wrong with pages: syntax, families, names, units, labels.
///
/// Syntax is checked strictly: text as promtool reads it, and OpenMetrics to the letter. All problems are listed with their lines.
///
/// What a page says of failures of its own program, by `picometer_collector_failures_total` say, is a warning on standard error.
#[derive(Debug, ClapArgs)]
#[command(after_help = rules_help())]
pub(crate) struct Check {
    #[command(flatten)]
    pub(crate) page: PageArgs,
    /// Leave a rule out; may be given several times.
    #[arg(long, value_name = "RULE", value_parser = rule)]
    pub(crate) allow: Vec<lint::Rule>,
    /// Apply a rule that is left out otherwise: no-unit.
    #[arg(long, value_name = "RULE", value_parser = rule)]
    pub(crate) also: Vec<lint::Rule>,
    /// How many values a label may have in a family.
    #[arg(long, value_name = "COUNT", default_value_t = 1_000)]
    pub(crate) values: usize,
    #[command(flatten)]
    pub(crate) http: HttpArgs,
    /// Files, URLs (http, https), or `-` for standard input.
    #[arg(value_name = "FILE|URL", default_value = "-")]
    pub(crate) inputs: Vec<String>,
}

/// Write a page in another format.
///
/// What comes out, read again, is what went in. What the other format cannot say is listed with a count on standard error;
/// with `--strict` that is an error, and nothing is written.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Exit status: 0 if the page was written, 1 if it is wrong or --strict does not allow what would be lost, 2 if it could not
be had or written.")]
pub(crate) struct Convert {
    #[command(flatten)]
    pub(crate) page: PageArgs,
    /// Pass over lines that are wrong, and say which.
    #[arg(long)]
    pub(crate) keep_going: bool,
    /// The format to write.
    #[arg(long, value_enum)]
    pub(crate) to: To,
    /// How names outside [a-zA-Z0-9_:] are written.
    #[arg(long, value_enum, default_value_t = Names::AllowUtf8)]
    pub(crate) escaping: Names,
    #[command(flatten)]
    pub(crate) http: HttpArgs,
    /// A file, a URL (http, https), or `-` for standard input.
    #[arg(value_name = "FILE|URL", default_value = "-")]
    pub(crate) input: String,
}

/// Watch a page in the terminal: values, rates, quantiles, buckets.
///
/// Counters show their rate between two scrapes, histograms their quantiles over what was observed meanwhile. Without a
/// connection it goes on trying.
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Keys: ? shows all; arrows, PgUp, PgDn, Home, End move; Enter shows the buckets of a histogram over time or the plot of a
value; / filters, Esc clears; n, v, r, t sort by name, value, rate, type, once more turns the order round; space pauses; q quits.
Exit status of --once: 0, 1 if the page is wrong, 2 if it could not be had.")]
pub(crate) struct Watch {
    #[command(flatten)]
    pub(crate) page: PageArgs,
    /// Seconds between scrapes.
    #[arg(long, value_name = "SECONDS", default_value_t = 2.0, value_parser = seconds)]
    pub(crate) interval: f64,
    /// Print the table once, after two scrapes, and stop: for scripts.
    #[arg(long)]
    pub(crate) once: bool,
    /// Show series only that have all of these words in their names or labels.
    #[arg(long, value_name = "WORDS", default_value = "")]
    pub(crate) filter: String,
    /// Sort by this first.
    #[arg(long, value_enum, default_value_t = Sort::Page)]
    pub(crate) sort: Sort,
    #[command(flatten)]
    pub(crate) http: HttpArgs,
    /// The page: a URL (http, https), or a file.
    #[arg(value_name = "URL|FILE")]
    pub(crate) input: String,
}

#[derive(Clone, Debug, ClapArgs)]
pub(crate) struct PageArgs {
    /// The format of the page; `auto` goes by its media type and its content.
    #[arg(long, value_enum, default_value_t = Form::Auto)]
    pub(crate) format: Form,
    /// Take what the Prometheus server stores, and nothing that it refuses.
    #[arg(long, conflicts_with = "strict")]
    pub(crate) lenient: bool,
    /// Take OpenMetrics to the letter, and text as promtool reads it.
    #[arg(long)]
    pub(crate) strict: bool,
    /// Take lines that end in a carriage return and a line feed.
    #[arg(long)]
    pub(crate) crlf: bool,
}

impl PageArgs {
    /// The rules that were asked for, or these.
    pub(crate) fn rules(&self, otherwise: Rules) -> Rules {
        let rules = if self.strict {
            Rules::STRICT
        } else if self.lenient {
            Rules::LENIENT
        } else {
            otherwise
        };
        self.with_line_ends(rules)
    }

    /// These rules, and the line ends that were asked for.
    pub(crate) fn with_line_ends(&self, rules: Rules) -> Rules {
        Rules { carriage_returns: self.crlf, ..rules }
    }
}

#[derive(Clone, Debug, ClapArgs)]
#[command(next_help_heading = "Options for URLs")]
pub(crate) struct HttpArgs {
    /// A header of the request; may be given several times.
    #[arg(long, value_name = "NAME: VALUE", value_parser = header)]
    pub(crate) header: Vec<(String, String)>,
    /// Name and password of basic authentication.
    #[arg(long, value_name = "NAME:PASSWORD", conflicts_with = "bearer")]
    pub(crate) user: Option<String>,
    /// A bearer token.
    #[arg(long, value_name = "TOKEN")]
    pub(crate) bearer: Option<String>,
    /// Certificates (PEM) that are trusted instead of the well-known ones.
    #[arg(long, value_name = "FILE")]
    pub(crate) ca: Option<PathBuf>,
    /// Seconds that a page may take.
    #[arg(long, value_name = "SECONDS", default_value_t = 10.0, value_parser = seconds)]
    pub(crate) timeout: f64,
    /// How large a page may be in MiB, wherever it comes from.
    #[arg(long, value_name = "MIB", default_value_t = 1024)]
    pub(crate) max_size: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Form {
    Auto,
    /// Text 0.0.4 and 1.0.0.
    Text,
    /// OpenMetrics 1.0.
    Openmetrics,
    /// OpenMetrics 2.0, release candidate.
    Openmetrics2,
    /// Delimited MetricFamily messages.
    Protobuf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum To {
    /// Text 0.0.4.
    Text,
    /// OpenMetrics 1.0.
    Openmetrics,
    /// OpenMetrics 2.0, release candidate.
    Openmetrics2,
    /// Delimited MetricFamily messages.
    Protobuf,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Names {
    #[value(name = "allow-utf-8")]
    AllowUtf8,
    Underscores,
    Dots,
    Values,
}

impl From<Names> for Escaping {
    fn from(names: Names) -> Self {
        match names {
            Names::AllowUtf8 => Self::AllowUtf8,
            Names::Underscores => Self::Underscores,
            Names::Dots => Self::Dots,
            Names::Values => Self::Values,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Sort {
    /// The order of the page.
    Page,
    Name,
    Value,
    Rate,
    Type,
}

fn rule(name: &str) -> Result<lint::Rule, String> {
    lint::Rule::from_name(name).ok_or_else(|| "no such rule; `picometer check --help` lists them".into())
}

fn header(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once(':').ok_or("a header has the form `Name: value`")?;
    Ok((name.trim().into(), value.trim().into()))
}

fn seconds(text: &str) -> Result<f64, String> {
    let seconds = text.parse().map_err(|_| "not a number")?;
    if (0.01..=86_400.0).contains(&seconds) { Ok(seconds) } else { Err("between 0.01 and 86400".into()) }
}

fn rules_help() -> String {
    let rules = lint::Rule::ALL.iter().map(|rule| format!("  {:<22} {}\n", rule.name(), rule.text()));
    format!(
        "Exit status: 0 if all is well, 1 if there are problems, 2 if a page could not be had.\n\nRules:\n{}",
        rules.collect::<String>()
    )
}
