//! Pages that come in pieces: from a socket, a file, a pipe.

use std::io::{self, Read};

use super::budget::{Budget, Limits};
use super::error::{Error, ErrorKind, ReadError};
use super::event::Event;
use super::families::Grouper;
use super::lexer::{Lexer, Progress};
use super::own::Owner;
use super::rules::{Dialect, Rules};
use crate::model;

/// Reads a page from a reader in pieces, so that it is never in memory as a whole; what does not fit the limits is an error, not
/// an allocation.
///
/// It sees the same events as a [`Lexer`] does that has the whole page, wherever the pieces end. Lines are told apart before they
/// are read, so that values cannot go over several.
///
/// ```
/// use picometer_std::parse::{Dialect, Event, Stream};
///
/// let page = b"# TYPE up gauge\nup{job=\"a\"} 1\nup{job=\"b\"} 0\n";
/// let mut sum = 0.0;
/// let stream =
///     Stream::new(&page[..], Dialect::Text004).line_limit(1 << 16).page_limit(1 << 20);
/// stream
///     .for_each(|event| {
///         if let Ok(Event::Sample(sample)) = event {
///             sum += sample.value;
///         }
///     })
///     .unwrap();
/// assert_eq!(sum, 1.0);
/// ```
#[derive(Debug)]
pub struct Stream<R> {
    input: R,
    dialect: Dialect,
    rules: Rules,
    piece: usize,
    line_limit: usize,
    page_limit: u64,
    limits: Limits,
}

impl<R: Read> Stream<R> {
    /// Reads strictly, with lines of at most 1 MiB.
    pub fn new(input: R, dialect: Dialect) -> Self {
        Self { input, dialect, rules: Rules::STRICT, piece: 64 << 10, line_limit: 1 << 20, page_limit: u64::MAX, limits: Limits::default() }
    }

    /// Reads by other rules.
    #[must_use]
    pub fn rules(self, rules: Rules) -> Self {
        Self { rules: Rules { line_feeds_in_values: false, ..rules }, ..self }
    }

    /// Asks the reader for so many bytes at a time.
    #[must_use]
    pub fn piece(self, bytes: usize) -> Self {
        Self { piece: bytes.max(1), ..self }
    }

    /// How many bytes a line may have, with its line feed.
    #[must_use]
    pub fn line_limit(self, bytes: usize) -> Self {
        Self { line_limit: bytes.max(1), ..self }
    }

    /// How many bytes the page may have.
    #[must_use]
    pub fn page_limit(self, bytes: u64) -> Self {
        Self { page_limit: bytes, ..self }
    }

    /// How many families and samples [`families`](Self::families) may read, and how much memory they may take. The limit of a
    /// message is for protobuf.
    #[must_use]
    pub fn limits(self, limits: Limits) -> Self {
        Self { limits, ..self }
    }

    /// Reads to the end; `see` gets every event, and every line that is wrong.
    ///
    /// # Errors
    ///
    /// What the reader says, and limits that were reached. Nothing behind that place was read.
    pub fn for_each(self, mut see: impl FnMut(Result<Event<'_>, Error>)) -> Result<(), ReadError> {
        self.run(&mut |event, _| {
            see(event);
            Ok(())
        })
    }

    /// Reads the families of the page into memory.
    ///
    /// # Errors
    ///
    /// As for [`for_each`](Self::for_each), and the first error of the page.
    pub fn families(self) -> Result<Vec<model::Family>, ReadError> {
        let mut grouper = Grouper::new(self.dialect, self.rules);
        let mut budget = Budget::new(self.limits, usize::MAX);
        let (mut owner, mut families, mut failure) = (Owner::default(), Vec::new(), None);
        self.run(&mut |event, lexer| {
            // Asked before memory is taken: a line is a sample, or the header of a family.
            let asked = match &event {
                Ok(Event::Sample(sample)) => {
                    // What stands for several has a comma between any two of them.
                    let count = sample.native_histogram.map_or(1, |text| text.bytes().filter(|&byte| byte == b',').count() + 4);
                    let bytes = (size_of::<model::Sample>() + sample.labels.raw().len()).saturating_mul(count);
                    budget.samples(count, bytes).and_then(|()| if grouper.continues(sample) { Ok(()) } else { family(&mut budget) })
                }
                Ok(Event::Help { name, text }) if !grouper.is_open(*name) => {
                    family(&mut budget).and_then(|()| budget.memory(text.raw().len()))
                }
                Ok(Event::Type { name, .. } | Event::Unit { name, .. }) if !grouper.is_open(*name) => family(&mut budget),
                _ => Ok(()),
            };
            asked.map_err(|kind| ReadError::Page(lexer.line_error(kind)))?;
            grouper.event(event, lexer, |sample, out| owner.samples(sample, out));
            if owner.is_exceeded() {
                return Err(ReadError::Page(lexer.line_error(ErrorKind::PageTooLong)));
            }
            take(&mut grouper, &mut families, &mut failure);
            Ok(())
        })?;
        grouper.finish();
        take(&mut grouper, &mut families, &mut failure);
        failure.map_or(Ok(families), |error| Err(ReadError::Page(error)))
    }

    fn run(mut self, see: &mut See<'_>) -> Result<(), ReadError> {
        let mut buffer: Vec<u8> = Vec::new();
        let mut progress = Progress::START;
        // How much of the buffer was looked through for line feeds.
        let (mut total, mut searched) = (0_u64, 0);
        loop {
            let start = buffer.len();
            buffer.resize(start + self.piece, 0);
            let count = self.input.read(buffer.get_mut(start..).unwrap_or(&mut []));
            buffer.truncate(start + count.as_ref().map_or(0, |&count| count.min(self.piece)));
            match count {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(ReadError::Io(error)),
                Ok(0) => {
                    self.part(&buffer, &mut progress, false, see)?;
                    return Ok(());
                }
                Ok(count) => total += count as u64,
            }
            if total > self.page_limit {
                return Err(progress.error(ErrorKind::PageTooLong));
            }
            match buffer.get(searched..).and_then(|new| new.iter().rposition(|&byte| byte == b'\n')) {
                Some(end) => {
                    let end = searched + end + 1;
                    self.part(buffer.get(..end).unwrap_or(&[]), &mut progress, true, see)?;
                    buffer.drain(..end);
                    searched = 0;
                }
                None => searched = buffer.len(),
            }
            if buffer.len() > self.line_limit {
                return Err(progress.error(ErrorKind::LineTooLong));
            }
        }
    }

    /// Whole lines, or the last of them.
    fn part(&self, mut bytes: &[u8], progress: &mut Progress, partial: bool, see: &mut See<'_>) -> Result<(), ReadError> {
        loop {
            let (text, bad) = match std::str::from_utf8(bytes) {
                Ok(text) => (text, None),
                Err(error) => {
                    let valid = bytes.get(..error.valid_up_to()).and_then(|valid| std::str::from_utf8(valid).ok()).unwrap_or("");
                    let start = valid.rfind('\n').map_or(0, |end| end + 1);
                    (valid.get(..start).unwrap_or(""), valid.get(start..))
                }
            };
            let mut lexer = Lexer::go_on(text, progress, partial || bad.is_some(), self.dialect, self.rules);
            while let Some(event) = lexer.next() {
                if lexer.line_len() > self.line_limit {
                    return Err(ReadError::Page(lexer.line_error(ErrorKind::LineTooLong)));
                }
                see(event, &lexer)?;
            }
            *progress = lexer.progress();
            let Some(before) = bad else { return Ok(()) };
            // The line that is no text is one error; what follows is read on.
            let rest = bytes.get(text.len()..).unwrap_or(&[]);
            let end = rest.iter().position(|&byte| byte == b'\n').map_or(rest.len(), |end| end + 1);
            let column = u32::try_from(before.chars().count() + 1).unwrap_or(u32::MAX);
            let offset = progress.offset + before.len() as u64;
            see(Err(Error { kind: ErrorKind::InvalidUtf8, line: progress.line, column, offset }), &lexer)?;
            (progress.line, progress.offset) = (progress.line.saturating_add(1), progress.offset + end as u64);
            bytes = rest.get(end..).unwrap_or(&[]);
        }
    }
}

type See<'s> = dyn FnMut(Result<Event<'_>, Error>, &Lexer<'_>) -> Result<(), ReadError> + 's;

/// Asks for one family more, with what is kept of it while the page is read.
fn family(budget: &mut Budget) -> Result<(), ErrorKind> {
    budget.family()?;
    budget.memory(4 * size_of::<model::Family>())
}

fn take(grouper: &mut Grouper<model::Sample>, families: &mut Vec<model::Family>, failure: &mut Option<Error>) {
    while let Some(family) = grouper.take() {
        match family {
            Ok(family) if failure.is_none() => families.push(family),
            Ok(_) => {}
            Err(error) => drop(failure.get_or_insert(error)),
        }
    }
}
