//! What readers disagree about and why, by kind.

use picometer_std::parse::ErrorKind;

use super::pages::Media;

/// Which reader, and which of its rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Who {
    /// Whether Prometheus 2.42, which is Debian's, takes what the lenient rules take.
    Server,
    /// The same of newer servers.
    Newer,
    /// What a server has of a page that both take.
    Stored,
    /// Whether Go's expfmt takes what the strict rules take.
    Expfmt,
    /// Whether `READ` takes what a server or expfmt takes.
    Read,
    /// Whether `READ` takes what the Python client alone takes.
    Python,
    /// The Python client's samples of a page that both take.
    Samples,
}

/// A kind of pages.
pub struct Row {
    pub who: Who,
    /// As what they are read.
    pub media: Option<Media>,
    /// What we say of them; nothing if we take them.
    pub ours: &'static [ErrorKind],
    /// Which they are, by the line that we refuse, or by the page.
    pub is: fn(&str) -> bool,
    pub why: &'static str,
}

const fn row(who: Who, media: Option<Media>, ours: &'static [ErrorKind], is: fn(&str) -> bool, why: &'static str) -> Row {
    Row { who, media, ours, is, why }
}

fn any(_: &str) -> bool {
    true
}

fn quoted(page: &str) -> bool {
    ["{\"", "{\t\"", "\"=", "# HELP \"", "# TYPE \""].iter().any(|start| page.contains(start))
}

fn last_comma(page: &str) -> bool {
    page.contains(",}")
}

fn nul(text: &str) -> bool {
    text.contains('\0')
}

/// A page for each row that no table has one for.
pub const PAGES: &[(Media, &str)] = &[
    (Media::Text, "\0\n"),
    (Media::Text, "# HELP a\0b c\n"),
    (Media::Text, "a{b=\"c\"}\u{a0}0\n"),
    (Media::Text, "a-b.c 1\n"),
    (Media::Text, "a{a=} 1\n"),
    (Media::Text, "# TYPE a gauge\u{a0} \n"),
    (Media::OpenMetrics, "# TYPE nh histogram\nother {count:1,sum:1,schema:0,zero_threshold:0.1,zero_count:0}\n# EOF\n"),
    (Media::OpenMetrics, "# TYPE nh histogram\nnh {count:1,sum:1,schema:0,zero_threshold:0.1,zero_count:0} 5 x\n# EOF\n"),
    (Media::OpenMetrics, "a 1e400\n# EOF\n"),
];

use ErrorKind::*;
use Media::{OpenMetrics, Text};
use Who::{Newer, Python, Read, Samples, Server};

#[rustfmt::skip]
pub const ROWS: &[Row] = &[
    row(Server, None, &[], quoted, "names in quotes: a server of version 3 reads them"),
    row(Server, Some(OpenMetrics), &[], last_comma, "a comma behind the last label: a server of version 3 reads it"),
    row(Server, Some(Text), &[ExpectedName], nul, "a byte of zero is the end of a page for its lexer"),
    row(Server, Some(Text), &[], nul, "the same inside of a help text that follows its name without a blank"),
    row(Read, Some(Text), &[ExpectedName], nul, "the same"),
    row(Newer, None, &[], quoted, "names in quotes: 2.53 has none"),
    row(Newer, Some(OpenMetrics), &[], last_comma, "a comma behind the last label: 2.53 refuses it"),
    row(Newer, Some(Text), &[ExpectedName], nul, "a byte of zero is the end of a page for its lexer"),
    row(Newer, Some(Text), &[], nul, "the same inside of a help text that follows its name without a blank"),
    row(Newer, Some(Text), &[LeadingBlank], any, "the blank is part of the name that it stores; version 2 refuses the page"),
    row(Newer, Some(OpenMetrics), &[ExemplarNotAllowed], any, "exemplars of any sample; 2.42 refuses the page"),
    // The Python client reads these against the format, and most of them wrongly.
    row(Python, None, &[CarriageReturn], any, "they are read where `Rules::carriage_returns` says so"),
    row(Python, Some(Text), &[ExemplarInText], any, "it takes the last number of the exemplar for the sample's moment"),
    row(Python, Some(Text), &[InvalidTimestamp, ExpectedLineEnd], any, "it takes any last number of a line for the moment, in parts too"),
    row(Python, None, &[Overflow], any, "a value beyond a double is infinite"),
    row(Python, None, &[ExpectedValue], any, "it takes a number that stands alone for a name and its value"),
    row(Python, None, &[BadNameCharacter, ExpectedName, ExpectedEquals, ExpectedLabelName, ExpectedQuote], any,
        "it looks at no character of a name without quotes, and passes over what stands around labels"),
    row(Python, Some(Text), &[UnknownType], any, "it takes blanks of other scripts off the type"),
    row(Python, None, &[InvalidValue], any, "digits and blanks of other scripts are digits and blanks"),
    row(Python, Some(OpenMetrics), &[UnknownComment], any, "anything may stand between `#` and the next two blanks"),
    row(Python, Some(OpenMetrics), &[InvalidNativeHistogram], any, "a native histogram may be in any family of histograms"),
    row(Python, Some(OpenMetrics), &[ExemplarNotAllowed, InvalidTimestamp], |line| line.contains("{count"),
        "it passes over what stands behind a native histogram"),
    row(Samples, Some(OpenMetrics), &[], |page| page.contains(" -"), "it loses the sign of a moment above -1 s"),
    row(Samples, Some(OpenMetrics), &[], |page| page.contains("} 5\n"), "it passes over the moment of a native histogram"),
];
