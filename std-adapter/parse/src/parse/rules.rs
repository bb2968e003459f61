//! Which format a page is in, and how strictly it is read. Needs `core` only.

/// A text format, as a reader sees it.
///
/// ```
/// use picometer_std::parse::Dialect;
///
/// let dialect = Dialect::from_content_type(
///     "text/plain; version=0.0.4; charset=utf-8; escaping=allow-utf-8",
/// );
/// assert_eq!(
///     dialect,
///     Some(Dialect::Text100),
///     "there are names in quotes, whatever the version says"
/// );
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

    pub(crate) const fn is_open_metrics(self) -> bool {
        matches!(self, Self::OpenMetrics100 | Self::OpenMetrics200)
    }

    /// Whether a family is called what its samples are.
    pub(crate) const fn has_full_names(self) -> bool {
        matches!(self, Self::OpenMetrics200)
    }
}

/// Which departures from a format are read as if they were none.
///
/// Three sets have a meaning of their own. [`STRICT`](Self::STRICT) reads OpenMetrics to the letter, and text as Go's expfmt does, which
/// `promtool`, the Pushgateway and node_exporter read with. [`LENIENT`](Self::LENIENT) reads what a Prometheus server stores.
/// [`READ`](Self::READ) reads what any of those or the Python client reads. What the readers disagree about is listed in
/// `tests/parser/disagreements.rs`.
///
/// ```
/// use picometer_std::parse::{Dialect, ErrorKind, Lexer, Rules};
///
/// let cut_off = "up 1";
/// let strict = Lexer::new(cut_off, Dialect::Text004).find_map(Result::err).unwrap();
/// assert_eq!(strict.kind, ErrorKind::MissingLineEnd);
/// assert!(
///     Lexer::new(cut_off, Dialect::Text004)
///         .rules(Rules::LENIENT)
///         .all(|event| event.is_ok())
/// );
/// let mine = Rules { unknown_escapes: true, ..Rules::STRICT };
/// assert!(
///     Lexer::new("a{b=\"\\d\"} 1\n", Dialect::Text004)
///         .rules(mine)
///         .all(|event| event.is_ok())
/// );
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Text: the last line may lack its line feed.
    pub missing_line_end: bool,
    /// Text: `\q` is a backslash and a `q` (in OpenMetrics it always is).
    pub unknown_escapes: bool,
    /// Text: timestamps with a sign, so also those before the epoch.
    pub negative_timestamps: bool,
    /// Text 0.0.4: names in quotes.
    pub quoted_names: bool,
    /// A label may be there twice, and `__name__` beside a name.
    pub repeated_labels: bool,
    /// The name of a sample may be its label `__name__`.
    pub name_label: bool,
    /// Text: labels without a comma between them; OpenMetrics: a comma behind the last.
    pub loose_commas: bool,
    /// Text: a comma in front of the first label, or without labels.
    pub leading_commas: bool,
    /// Text: values may go over several lines.
    pub line_feeds_in_values: bool,
    /// Text: blanks in front of a sample.
    pub leading_blanks: bool,
    /// Text: blanks at the end of a sample.
    pub trailing_blanks: bool,
    /// Text: several blanks in front of a type, types in any case and with backslashes, which are passed over, and headers that break
    /// off, which are comments then.
    pub loose_headers: bool,
    /// Text: `#TYPE` and `#HELP` without a blank are headers; otherwise they are comments.
    pub tight_headers: bool,
    /// Text: help and type may follow the name without a blank; one character between them is passed over.
    pub glued_headers: bool,
    /// Text: the types that only OpenMetrics has.
    pub foreign_types: bool,
    /// OpenMetrics: blanks between the parts of labels and of headers.
    pub loose_blanks: bool,
    /// OpenMetrics 1.0: native histograms as the Python client writes them, which no server reads.
    pub native_histograms: bool,
    /// `-NaN` and `+NaN` are values.
    pub signed_nan: bool,
    /// Lines may end in a carriage return and a line feed.
    pub carriage_returns: bool,
    /// Families: TYPE and HELP may come twice, and behind samples; families may be split; OpenMetrics' rules for names, values, order
    /// and groups are not checked, nor whether `le` and `quantile` are numbers.
    pub loose_families: bool,
}

impl Rules {
    /// OpenMetrics to the letter, and text as Go's expfmt reads it.
    pub const STRICT: Self = Self {
        missing_line_end: false,
        unknown_escapes: false,
        negative_timestamps: true,
        quoted_names: false,
        repeated_labels: false,
        name_label: false,
        loose_commas: false,
        leading_commas: false,
        line_feeds_in_values: false,
        leading_blanks: true,
        trailing_blanks: false,
        loose_headers: true,
        tight_headers: true,
        glued_headers: false,
        foreign_types: false,
        loose_blanks: false,
        native_histograms: true,
        signed_nan: false,
        carriage_returns: false,
        loose_families: false,
    };

    /// What a Prometheus server stores, and nothing that fails its scrape. Of a series that comes twice the server stores the first.
    pub const LENIENT: Self = Self {
        missing_line_end: true,
        unknown_escapes: true,
        negative_timestamps: false,
        quoted_names: true,
        loose_commas: true,
        line_feeds_in_values: true,
        leading_blanks: false,
        trailing_blanks: true,
        loose_headers: false,
        tight_headers: false,
        glued_headers: true,
        native_histograms: false,
        loose_families: true,
        ..Self::STRICT
    };

    /// What any reader takes: Go's expfmt, the Prometheus server, the Python client. For tools.
    pub const READ: Self = Self {
        negative_timestamps: true,
        name_label: true,
        leading_commas: true,
        leading_blanks: true,
        loose_headers: true,
        foreign_types: true,
        loose_blanks: true,
        native_histograms: true,
        signed_nan: true,
        ..Self::LENIENT
    };
}

impl Default for Rules {
    fn default() -> Self {
        Self::STRICT
    }
}
