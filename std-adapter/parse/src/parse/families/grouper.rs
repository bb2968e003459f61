//! Lines become families.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet, VecDeque};
use std::mem;

use foldhash::fast::RandomState;
use picometer::Kind;

use super::super::composite;
use super::super::error::{Error, ErrorKind};
use super::super::event::{Event, Sample};
use super::super::lexer::Lexer;
use super::super::native;
use super::super::number;
use super::super::rules::{Dialect, Rules};
use super::super::text::Text;
use super::super::validate::{Validator, Verdict};
use super::header::{Header, open_metrics_suffixes, unit, unit_is_suffix};
use crate::model;
#[derive(Debug)]
struct Open<S> {
    header: Header,
    /// Text, strictly: what was seen of the name, now and earlier.
    seen: Seen,
    samples: Vec<S>,
}

/// What was seen of a name earlier in a text page.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    kind: Option<Kind>,
    help: bool,
    samples: bool,
}

/// Makes families of events, whose samples become of type `S`.
#[derive(Debug)]
pub(in super::super) struct Grouper<S> {
    dialect: Dialect,
    rules: Rules,
    /// The family with the header that was read last, and behind it those without one that came since.
    open: Vec<Open<S>>,
    /// Text, strictly: what was seen of each name.
    seen: HashMap<String, Seen, RandomState>,
    /// OpenMetrics, strictly: the names of families and samples so far.
    claimed: HashSet<String, RandomState>,
    validator: Validator,
    /// What is found and not taken yet, in order.
    ready: VecDeque<(u32, Result<model::Family<S>, Error>)>,
    pub(super) family_line: u32,
    scratch: String,
}

impl<S> Grouper<S> {
    pub(in super::super) fn new(dialect: Dialect, rules: Rules) -> Self {
        Self {
            dialect,
            rules,
            open: Vec::new(),
            seen: HashMap::default(),
            claimed: HashSet::default(),
            validator: Validator::default(),
            ready: VecDeque::new(),
            family_line: 0,
            scratch: String::new(),
        }
    }

    pub(in super::super) fn take(&mut self) -> Option<Result<model::Family<S>, Error>> {
        let (line, ready) = self.ready.pop_front()?;
        self.family_line = line;
        Some(ready)
    }

    /// Whether a header of this name goes on with the family that is open.
    pub(in super::super) fn is_open(&self, name: Text<'_>) -> bool {
        self.open.last().is_some_and(|open| name == open.header.name.as_str())
    }

    /// Whether the sample belongs to a family that is open.
    pub(in super::super) fn continues(&self, sample: &Sample<'_>) -> bool {
        let name = text_of(sample.name);
        let native = sample.native_histogram.is_some();
        let owns = |open: &Open<S>| open.header.suffix(&name, native, self.dialect, self.rules.loose_families).is_some();
        self.open.last().is_some_and(owns) || self.open.first().is_some_and(|open| open.header.declared && owns(open))
    }

    fn strict_open_metrics(&self) -> bool {
        self.dialect.is_open_metrics() && !self.rules.loose_families
    }

    fn strict_text(&self) -> bool {
        !self.dialect.is_open_metrics() && !self.rules.loose_families
    }

    /// One event, or what was wrong with the line; `lexer` says where it was.
    pub(in super::super) fn event<'a>(
        &mut self,
        event: Result<Event<'a>, Error>,
        lexer: &Lexer<'a>,
        own: impl FnOnce(&Sample<'a>, &mut Vec<S>),
    ) {
        let strict_open_metrics = self.strict_open_metrics();
        let fed = match event {
            Ok(Event::Sample(sample)) => self.sample(&sample, lexer, own),
            Ok(Event::Help { name, text }) => self.header(&text_of(name), lexer, |header, seen| {
                // In text one that says nothing is none.
                if text.is_empty() && (!strict_open_metrics || header.help.is_some()) {
                    return if strict_open_metrics { Err(ErrorKind::RepeatedHelp) } else { Ok(()) };
                }
                let repeated = header.help.is_some() || seen.help;
                (header.help, seen.help) = (Some(text.to_string()), true);
                if repeated { Err(ErrorKind::RepeatedHelp) } else { Ok(()) }
            }),
            Ok(Event::Type { name, kind }) => self.header(&text_of(name), lexer, |header, seen| {
                let repeated = header.kind.is_some() || seen.kind.is_some();
                (header.kind, seen.kind) = (Some(kind), Some(kind));
                if repeated {
                    Err(ErrorKind::RepeatedType)
                } else if seen.samples {
                    Err(ErrorKind::LateMetadata)
                } else {
                    Ok(())
                }
            }),
            Ok(Event::Unit { name, unit }) => self.header(&text_of(name), lexer, |header, _| {
                let repeated = header.unit.is_some();
                header.unit = Some(unit.to_string());
                if repeated { Err(ErrorKind::RepeatedUnit) } else { Ok(()) }
            }),
            Ok(Event::Comment(_)) => Ok(()),
            Ok(Event::Eof) => {
                self.finish();
                Ok(())
            }
            Err(error) => Err(error),
        };
        if let Err(error) = fed {
            self.ready.push_back((error.line, Err(error)));
        }
    }

    /// A line of a header, which `say` notes down and complains about.
    fn header(
        &mut self,
        name: &str,
        lexer: &Lexer<'_>,
        say: impl FnOnce(&mut Header, &mut Seen) -> Result<(), ErrorKind>,
    ) -> Result<(), Error> {
        let parent = if self.strict_text() { self.parent(name) } else { None };
        let name = parent.map_or(name, |(parent, _)| parent);
        let continues = self.open.last().is_some_and(|open| open.header.name == name);
        if !continues {
            self.finish();
            self.open_family(name, true, lexer);
        }
        let Some(open) = self.open.last_mut() else { return Ok(()) };
        open.header.declared = true;
        let late = self.dialect.is_open_metrics() && !open.samples.is_empty();
        open.seen.samples |= !open.samples.is_empty();
        let said = say(&mut open.header, &mut open.seen);
        if self.rules.loose_families {
            return Ok(());
        }
        said.and(if late { Err(ErrorKind::LateMetadata) } else { Ok(()) }).map_err(|kind| lexer.line_error(kind))
    }

    /// The summary or histogram that a name with its suffix belongs to, unless there is a family of that name: expfmt takes even a
    /// header of `s_count` for one of the summary `s`.
    fn parent<'n>(&self, name: &'n str) -> Option<(&'n str, Kind)> {
        let kind_of = |name: &str| {
            let open = self.open.iter().find(|open| open.header.name == name).map(|open| open.seen.kind.or(open.header.kind));
            open.or_else(|| self.seen.get(name).map(|seen| seen.kind))
        };
        if kind_of(name).is_some() {
            return None;
        }
        ["_count", "_sum", "_bucket"].iter().find_map(|suffix| {
            let stem = name.strip_suffix(suffix).filter(|stem| !stem.is_empty())?;
            match kind_of(stem)?? {
                kind @ Kind::Summary if *suffix != "_bucket" => Some((stem, kind)),
                kind @ Kind::Histogram => Some((stem, kind)),
                _ => None,
            }
        })
    }

    /// Text, strictly: whether there is a family of this name.
    fn is_known(&self, name: &str) -> bool {
        self.seen.contains_key(name) || self.open.iter().any(|open| open.header.name == name)
    }

    /// Text, strictly: `le` and `quantile` are numbers.
    fn check_bound(&self, kind: Kind, sample: &Sample<'_>) -> Result<(), ErrorKind> {
        let (label, error) = match kind {
            Kind::Histogram => ("le", ErrorKind::BadBound),
            Kind::Summary => ("quantile", ErrorKind::BadQuantile),
            _ => return Ok(()),
        };
        let is_number = |bound: Text<'_>| bound.as_str().is_some_and(|bound| number::value(bound).is_ok());
        if sample.labels.get(label).is_none_or(is_number) { Ok(()) } else { Err(error) }
    }

    fn open_family(&mut self, name: &str, declared: bool, lexer: &Lexer<'_>) {
        let (line, offset) = (lexer.line(), lexer.line_offset());
        let header = Header { name: name.to_string(), kind: None, help: None, unit: None, declared, bare: false, line, offset };
        let seen = if self.strict_text() { self.seen.get(name).copied() } else { None };
        self.open.push(Open { header, seen: seen.unwrap_or_default(), samples: Vec::new() });
    }

    #[inline]
    fn sample<'a>(&mut self, sample: &Sample<'a>, lexer: &Lexer<'a>, own: impl FnOnce(&Sample<'a>, &mut Vec<S>)) -> Result<(), Error> {
        let name = match sample.name.as_str() {
            Some(name) => name,
            None => {
                self.scratch = sample.name.to_string();
                &mem::take(&mut self.scratch)
            }
        };
        let native = sample.native_histogram.is_some();
        let loose = self.rules.loose_families;
        let own_suffix = |open: &Open<S>| open.header.suffix(name, native, self.dialect, loose);
        let last = self.open.len().wrapping_sub(1);
        let found = self.open.get(last).and_then(|open| own_suffix(open).map(|suffix| (last, suffix)));
        // Text: a sample that belongs to the last header may come behind others that do not (T16).
        let found = found.or_else(|| {
            let first = self.open.first().filter(|open| open.header.declared && !self.dialect.is_open_metrics());
            first.and_then(own_suffix).map(|suffix| (0, suffix))
        });
        let (index, suffix) = match found {
            Some(found) => found,
            None => {
                let keeps = !self.dialect.is_open_metrics() && self.open.first().is_some_and(|open| open.header.declared);
                if !keeps {
                    self.finish();
                }
                let parent = if self.strict_text() { self.parent(name) } else { None };
                if let Some((_, kind)) = parent {
                    self.check_bound(kind, sample).map_err(|kind| lexer.line_error(kind))?;
                }
                self.open_family(name, false, lexer);
                (self.open.len().wrapping_sub(1), "")
            }
        };
        if self.strict_text()
            && let Some(open) = self.open.get(index)
            && matches!(open.header.kind, Some(Kind::Histogram | Kind::Summary))
            // expfmt looks for a family of the sample's own name first.
            && (suffix.is_empty() || !self.is_known(name))
        {
            self.check_bound(open.header.kind(), sample).map_err(|kind| lexer.line_error(kind))?;
        }
        let Some(open) = self.open.get_mut(index) else { return Ok(()) };
        open.header.bare |= suffix.is_empty();
        let histogram = matches!(open.header.kind(), Kind::Histogram | Kind::GaugeHistogram);
        if native && !histogram && !self.dialect.has_full_names() {
            return Err(lexer.line_error(ErrorKind::InvalidNativeHistogram));
        }
        if let (Some(text), true) = (sample.native_histogram, loose) {
            let read = if self.dialect.has_full_names() { composite::read(text).map(drop) } else { native::read(text).map(drop) };
            read.map_err(|kind| lexer.line_error(kind))?;
        }
        if self.dialect.is_open_metrics() && !self.rules.loose_families {
            match self.validator.sample(&open.header, suffix, sample, lexer)? {
                Verdict::Keep => {}
                Verdict::Drop => return Ok(()),
            }
        }
        own(sample, &mut open.samples);
        Ok(())
    }

    /// Everything that is open is whole.
    pub(in super::super) fn finish(&mut self) {
        let open = mem::take(&mut self.open);
        for Open { mut header, mut seen, samples } in open {
            if self.strict_open_metrics() {
                let full = self.dialect.has_full_names();
                let unit = |()| if full { Ok(()) } else { unit(&header) };
                let checked = self.validator.finish(&header).and_then(|()| self.claim(&header)).and_then(unit);
                if let Err(error) = checked {
                    self.ready.push_back((error.line, Err(error)));
                    continue;
                }
            } else if self.dialect == Dialect::OpenMetrics100 && !unit_is_suffix(&header) {
                // Which the server refuses too.
                self.ready.push_back((header.line, Err(header.error(ErrorKind::UnitNotInName))));
                continue;
            } else if self.strict_text() {
                seen.samples |= !samples.is_empty();
                self.seen.insert(header.name.clone(), seen);
            }
            let family = model::Family {
                name: header.family_name(self.dialect),
                kind: header.kind(),
                help: header.help.unwrap_or_default(),
                unit: header.unit.unwrap_or_default(),
                samples,
            };
            self.ready.push_back((header.line, Ok(family)));
        }
    }

    /// Notes the names of a family down, which no other may have.
    fn claim(&mut self, header: &Header) -> Result<(), Error> {
        let suffixes = if self.dialect.has_full_names() { &[""] } else { open_metrics_suffixes(header.kind()) };
        for suffix in suffixes.iter().chain([""].iter().filter(|_| !suffixes.contains(&""))) {
            if !self.claimed.insert(format!("{}{suffix}", header.name)) {
                return Err(header.error(ErrorKind::NameClash));
            }
        }
        Ok(())
    }
}

fn text_of(name: Text<'_>) -> Cow<'_, str> {
    name.as_str().map_or_else(|| Cow::Owned(name.to_string()), Cow::Borrowed)
}
