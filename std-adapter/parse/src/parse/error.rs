//! What is wrong with a page, and where. Needs `core` only, but for what a reader says.

use core::fmt;

/// Error returned by everything that reads pages: what is wrong, and where.
///
/// It is a few numbers, so that it costs nothing until it happens; with the page at hand it points at the place:
///
/// ```
/// use picometer_std::parse::{Dialect, ErrorKind, Lexer};
///
/// let page = "up{job=\"a\"} 1\nup{job='b'} 1\n";
/// let error = Lexer::new(page, Dialect::Text100).find_map(Result::err).unwrap();
/// assert_eq!((error.kind, error.line, error.column), (ErrorKind::ExpectedQuote, 2, 8));
/// assert_eq!(
///     error.in_page(page).to_string(),
///     "line 2, column 8: expected a value in double quotes\n  up{job='b'} 1\n         ^"
/// );
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Error {
    /// What is wrong.
    pub kind: ErrorKind,
    /// The line, counted from 1; 0 where the page has no lines, as protobuf has none.
    pub line: u32,
    /// The character in the line, counted from 1.
    pub column: u32,
    /// The byte in the page, counted from 0.
    pub offset: u64,
}

impl Error {
    /// The error with the line that it is in, and a caret under the place.
    pub fn in_page(self, page: &str) -> InPage<'_> {
        InPage { error: self, page: page.as_bytes() }
    }

    /// [`in_page`](Self::in_page) for pages that may not be UTF-8.
    pub fn in_bytes(self, page: &[u8]) -> InPage<'_> {
        InPage { error: self, page }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => write!(f, "byte {}: {}", self.offset, self.kind),
            line => write!(f, "line {line}, column {}: {}", self.column, self.kind),
        }
    }
}

picometer::__speaks!(Error);
impl core::error::Error for Error {}

/// An [`Error`] with the line that it is in; made by [`Error::in_page`].
///
/// ```
/// # use picometer_std::parse::{Dialect, Lexer};
/// let error = Lexer::new("a b\n", Dialect::Text100).find_map(Result::err).unwrap();
/// assert!(error.in_page("a b\n").to_string().ends_with("\n  a b\n    ^"));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct InPage<'p> {
    error: Error,
    page: &'p [u8],
}

/// How many bytes of a long line are shown on either side of the place.
const AROUND: usize = 100;

impl fmt::Display for InPage<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.error.fmt(f)?;
        if self.error.line == 0 {
            return Ok(());
        }
        let at = usize::try_from(self.error.offset).unwrap_or(usize::MAX).min(self.page.len());
        let (before, behind) = self.page.split_at_checked(at).unwrap_or((self.page, &[]));
        let start = before.iter().rposition(|&byte| byte == b'\n').map_or(0, |end| end + 1);
        let before = before.get(start.max(at.saturating_sub(AROUND))..).unwrap_or(&[]);
        let behind = behind.split(|&byte| byte == b'\n').next().unwrap_or(&[]);
        let behind = behind.get(..AROUND).unwrap_or(behind);
        f.write_str("\n  ")?;
        let indent = printable(before, f)?;
        printable(behind, f)?;
        write!(f, "\n  {:indent$}^", "")
    }
}

/// Writes what a terminal takes, and counts it; the rest as `�`.
fn printable(bytes: &[u8], f: &mut fmt::Formatter<'_>) -> Result<usize, fmt::Error> {
    let mut count = 0;
    for chunk in bytes.utf8_chunks() {
        for c in chunk.valid().chars() {
            fmt::Write::write_char(f, if c.is_control() { if c == '\t' { ' ' } else { '\u{fffd}' } } else { c })?;
            count += 1;
        }
        if !chunk.invalid().is_empty() {
            f.write_str("\u{fffd}")?;
            count += 1;
        }
    }
    Ok(count)
}

macro_rules! kinds {
    ($($(#[$group:meta])* $kind:ident $text:literal;)*) => {
        /// What is wrong with a page; each shows the text that it stands for.
        ///
        /// ```
        /// use picometer_std::parse::ErrorKind;
        ///
        /// assert_eq!(
        ///     ErrorKind::MissingEof.to_string(),
        ///     "the page does not end in `# EOF`: it may be cut off"
        /// );
        /// ```
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum ErrorKind {
            $($(#[$group])* #[doc = concat!("```text\n", $text, "\n```")] $kind,)*
        }

        impl fmt::Display for ErrorKind {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self { $(Self::$kind => $text,)* })
            }
        }
    };
}

kinds! {
    InvalidUtf8 "not valid UTF-8";
    Utf16 "the page is UTF-16: convert it to UTF-8, as `iconv -f UTF-16 -t UTF-8` does";
    ByteOrderMark "the page starts with a byte order mark: save it as UTF-8 without one";
    Compressed "the page is compressed: decompress it first";
    Markup "this is HTML or XML and no page of metrics: is it another path, as in /metrics?";
    Json "this is JSON and no page of metrics: is it another path, as in /metrics?";
    CarriageReturn "the line ends in a carriage return and a line feed: convert it to line feeds, as dos2unix does, or read it with `--crlf`";
    ExpectedName "expected a metric name, which matches [a-zA-Z_:][a-zA-Z0-9_:]* or stands in quotes";
    ExpectedLabelName "expected a label name, which matches [a-zA-Z_][a-zA-Z0-9_]* or stands in quotes";
    BadNameCharacter "a metric name without quotes cannot have this character";
    QuotedName "names in quotes need text format 1.0.0 or OpenMetrics";
    EmptyName "a name must not be empty";
    MissingName "the sample has no metric name";
    RepeatedName "the sample has two metric names";
    ExpectedEquals "expected `=` behind the label name";
    ExpectedQuote "expected a value in double quotes";
    UnterminatedQuote "the closing quote is missing";
    UnknownEscape "unknown escape: only `\\\\`, `\\\"` and `\\n` are known";
    ExpectedCommaOrBrace "expected `,` or `}` behind the label";
    TrailingComma "OpenMetrics takes no comma behind the last label";
    RepeatedLabel "the label is there twice";
    ReservedLabel "the label `__name__` is reserved";
    ExpectedSpace "expected exactly one space";
    LeadingBlank "a blank in front of the sample: the Prometheus server takes it for a part of the name";
    TrailingBlank "a blank at the end of the sample";
    ExpectedValue "expected a value";
    InvalidValue "not a number as this format writes it";
    Overflow "the number is too large for a double";
    InvalidTimestamp "not a timestamp as this format writes it";
    ExpectedExemplar "an exemplar has the form ` # {labels} value [timestamp]`";
    ExemplarInText "an exemplar, which the text format has none of: this may be an OpenMetrics page, see `--format openmetrics`";
    ExemplarTooLong "an exemplar has at most 128 characters of label names and values";
    InvalidNativeHistogram "not a native histogram";
    InvalidComposite "not a histogram or summary as OpenMetrics 2.0 writes it";
    ExpectedLineEnd "expected the end of the line";
    MissingLineEnd "the last line does not end in a line feed: the page may be cut off";
    BlankLine "OpenMetrics takes no blank lines";
    UnknownComment "OpenMetrics takes no comments but HELP, TYPE, UNIT and EOF";
    ExpectedMetadataText "expected a space and the text behind the name";
    UnknownType "unknown metric type";
    TextAfterEof "there is text behind `# EOF`";
    MissingEof "the page does not end in `# EOF`: it may be cut off";
    LineTooLong "the line is longer than the limit";
    PageTooLong "the page is longer than the limit";
    RepeatedType "a second TYPE for this family";
    RepeatedHelp "a second HELP for this family";
    RepeatedUnit "a second UNIT for this family";
    LateMetadata "the header of a family belongs in front of its samples";
    SplitFamily "the lines of a family must stand together";
    NameClash "two families claim this name";
    UnitNotInName "the name does not end in the unit";
    UnitNotAllowed "info metrics and state sets have no unit";
    SplitMetric "the lines of a metric must stand together";
    MixedTimestamps "some points of the metric have timestamps and some have none";
    TimestampsNotRising "the timestamps of a metric must not fall";
    RepeatedSeries "the series is there twice";
    CounterWithoutTotal "the counter has no `_total`";
    NegativeValue "the value must not be negative";
    NanValue "the value must not be NaN";
    NotAnInteger "a count must be an integer";
    BadState "a state is 0 or 1, under a label named like the family";
    BadInfo "the value of an info metric is 1";
    BadQuantile "a quantile has a label `quantile` from 0 to 1";
    BadBound "a bucket has a label `le` with a number, and infinity is `+Inf`";
    BoundsNotRising "the bounds of the buckets must rise";
    BucketsFall "the buckets must be cumulative: a count is lower than the one before";
    MissingInfBucket "the bucket `+Inf` is missing";
    CountMismatch "the count is not that of the bucket `+Inf`";
    SumWithoutCount "there is a sum without a count, or a count without a sum";
    SumWithNegativeBounds "a histogram with negative bounds has no sum and count";
    NegativeSum "the sum is negative although no bound is";
    ExemplarNotAllowed "only `_total` and `_bucket` samples have exemplars";
    SpanMismatch "the spans of the native histogram do not match its buckets";
    /// Protobuf.
    Truncated "the message ends too early";
    /// Protobuf.
    InvalidVarint "not a varint of at most 64 bits";
    /// Protobuf.
    InvalidField "a field has the wrong wire type or number";
    /// Protobuf.
    TooDeep "groups are nested too deeply";
    /// Protobuf.
    MessageTooLong "the message is longer than the limit";
}

/// Error returned by [`Stream`](super::Stream).
///
/// ```
/// use picometer_std::parse::{Dialect, ErrorKind, ReadError, Stream};
///
/// let result = Stream::new(&b"up 1\nup{job=\"a\"} 1\n"[..], Dialect::Text004)
///     .line_limit(8)
///     .for_each(|_| {});
/// assert!(
///     matches!(result, Err(ReadError::Page(error))
///         if error.kind == ErrorKind::LineTooLong && error.line == 2)
/// );
/// ```
#[non_exhaustive]
pub enum ReadError {
    /// The reader failed.
    Io(std::io::Error),
    /// The page is wrong or too large.
    Page(Error),
}

impl std::fmt::Display for ReadError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Io(error) => error.fmt(f),
            Self::Page(error) => error.fmt(f),
        }
    }
}

picometer::__speaks!(ReadError);
impl std::error::Error for ReadError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Io(error) => Some(error),
            Self::Page(error) => Some(error),
        }
    }
}
