//! Which format a page is in, and how strictly it is read. Needs `core` only.

/// A text format, as a reader sees it.
///
/// ```
/// use picometer_std::parse::Dialect;
///
/// let dialect = Dialect::from_content_type("text/plain; version=0.0.4; charset=utf-8; escaping=allow-utf-8");
/// assert_eq!(dialect, Some(Dialect::Text100), "there are names in quotes, whatever the version says");
/// assert_eq!(Dialect::detect("# TYPE a gauge\n# EOF\n"), Dialect::OpenMetrics100);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Dialect {
    /// Text 0.0.4: names in the legacy character set only.
    Text004,
    /// The same, and any UTF-8 name in quotes.
    #[default]
    Text100,
    /// OpenMetrics 1.0, with names in quotes.
    OpenMetrics100,
    /// OpenMetrics 2.0, release candidate: histograms and summaries are one line.
    OpenMetrics200,
}

impl Dialect {
    /// The dialect that a `Content-Type` header names; nothing for other media types (protobuf has its own reader).
    pub fn from_content_type(value: &str) -> Option<Self> {
        let mut parts = value.split(';').map(str::trim);
        let media = parts.next()?;
        if media.eq_ignore_ascii_case("application/openmetrics-text") {
            let next = parts.any(|part| part.eq_ignore_ascii_case("version=2.0.0"));
            return Some(if next { Self::OpenMetrics200 } else { Self::OpenMetrics100 });
        }
        if !media.eq_ignore_ascii_case("text/plain") {
            return None;
        }
        let quoted = parts.any(|part| part == "version=1.0.0" || part == "escaping=allow-utf-8");
        Some(if quoted { Self::Text100 } else { Self::Text004 })
    }

    /// The dialect that a page looks like: OpenMetrics if it ends in `# EOF`, and 2.0 if a family in it is called as only those are,
    /// or has samples as only those have.
    pub fn detect(page: &str) -> Self {
        let last = page.trim_end_matches('\n').rsplit('\n').next();
        if last != Some("# EOF") {
            return Self::Text100;
        }
        let next = page.lines().any(|line| match line.strip_prefix("# TYPE ") {
            Some(header) => header.ends_with("_total counter") || header.ends_with("_info info"),
            None => line.contains(" st@") || (line.contains(" {count:") && !line.contains("_deltas:")) || line.contains(" {gcount:"),
        });
        if next { Self::OpenMetrics200 } else { Self::OpenMetrics100 }
    }

    pub(crate) const fn is_open_metrics(self) -> bool {
        matches!(self, Self::OpenMetrics100 | Self::OpenMetrics200)
    }

    /// Whether a family is called what its samples are (Q2).
    pub(crate) const fn has_full_names(self) -> bool {
        matches!(self, Self::OpenMetrics200)
    }
}

/// Which departures from a format are read as if they were none.
///
/// The two Go parsers that most pages meet, the server's and the one of `promtool` and the Pushgateway, disagree about text
/// pages. [`STRICT`](Self::STRICT) is what both of them accept, and OpenMetrics to the letter; [`LENIENT`](Self::LENIENT) is what
/// the server accepts; [`READ`](Self::READ) is for reading what a page means, as the Python client does.
///
/// ```
/// use picometer_std::parse::{Dialect, ErrorKind, Lexer, Rules};
///
/// let cut_off = "up 1";
/// let strict = Lexer::new(cut_off, Dialect::Text004).find_map(Result::err).unwrap();
/// assert_eq!(strict.kind, ErrorKind::MissingLineEnd);
/// assert!(Lexer::new(cut_off, Dialect::Text004).rules(Rules::LENIENT).all(|event| event.is_ok()));
/// let mine = Rules { unknown_escapes: true, ..Rules::STRICT };
/// assert!(Lexer::new("a{b=\"\\d\"} 1\n", Dialect::Text004).rules(mine).all(|event| event.is_ok()));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Text: the last line may lack its line feed.
    pub missing_line_end: bool,
    /// Text: `\q` is a backslash and a `q` (in OpenMetrics it always is).
    pub unknown_escapes: bool,
    /// Text: timestamps before the epoch.
    pub negative_timestamps: bool,
    /// Text 0.0.4: names in quotes.
    pub quoted_names: bool,
    /// A label may be there twice, and `__name__` beside a name.
    pub repeated_labels: bool,
    /// Labels without a comma between them; in OpenMetrics one behind the last.
    pub loose_commas: bool,
    /// Text: values may go over several lines.
    pub line_feeds_in_values: bool,
    /// Families: TYPE may come twice, and behind samples; families may be split; OpenMetrics' rules for names, values, order and
    /// groups are not checked.
    pub loose_families: bool,
}

impl Rules {
    /// What every reader takes, but for three things that Go's expfmt refuses and the server takes: a blank at the end of a line,
    /// `#TYPE` without a blank (a comment here, a type there), and the name of a metric as its label `__name__`.
    pub const STRICT: Self = Self {
        missing_line_end: false,
        unknown_escapes: false,
        negative_timestamps: false,
        quoted_names: false,
        repeated_labels: false,
        loose_commas: false,
        line_feeds_in_values: false,
        loose_families: false,
    };

    /// What has one meaning only, although not every reader takes it.
    pub const READ: Self =
        Self { missing_line_end: true, unknown_escapes: true, negative_timestamps: true, quoted_names: true, ..Self::STRICT };

    /// What the Prometheus server takes.
    pub const LENIENT: Self = Self {
        negative_timestamps: false,
        repeated_labels: true,
        loose_commas: true,
        line_feeds_in_values: true,
        loose_families: true,
        ..Self::READ
    };
}

impl Default for Rules {
    fn default() -> Self {
        Self::STRICT
    }
}
