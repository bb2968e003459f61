//! Samples: names, labels, values, timestamps, exemplars. Needs `core` only.

use super::super::error::ErrorKind;
use super::super::event::{Exemplar, Sample};
use super::super::labels::Labels;
use super::super::number;
use super::super::rules::{Dialect, Rules};
use super::super::scan;
use super::super::text::Text;
use super::{Fail, KEPT, Kept, Scanner};

/// Samples.
impl<'a> Scanner<'a> {
    /// A sample; the place is on its first character, and then behind its line.
    #[inline(always)]
    pub(in crate::parse) fn sample(&mut self) -> Result<Sample<'a>, Fail> {
        let mut name = match self.byte() {
            Some(b'{') => None,
            _ => Some(Text::plain(self.sample_name()?)),
        };
        let before = self.at;
        self.blanks();
        let mut labels = Labels::new("", false);
        if self.byte() == Some(b'{') {
            labels = self.labels(&mut name, true)?;
            // The text formats want no blank behind the brace.
            if self.open_metrics() { self.gap()? } else { self.blanks() }
        } else if self.at == before {
            match self.byte() {
                Some(b' ') => self.at += 1,
                Some(b'\n') | None => return self.fail(ErrorKind::ExpectedValue),
                Some(_) => self.glued()?,
            }
        }
        let Some(name) = name else { return self.fail(ErrorKind::MissingName) };
        let (value, raw_value, native_histogram) = if self.byte() == Some(b'{') && self.takes_composites() {
            (f64::NAN, "", Some(self.composite()?))
        } else {
            let (value, raw) = self.value()?;
            (value, raw, None)
        };
        let mut sample =
            Sample { name, labels, value, raw_value, timestamp: None, exemplar: None, native_histogram, start: None, more_exemplars: "" };
        // What nearly every line ends in.
        if self.byte() == Some(b'\n') {
            self.at += 1;
            return Ok(sample);
        }
        self.tail(&mut sample)?;
        Ok(sample)
    }

    /// A value right behind the name, as in `a-1`, which both Go parsers take in text.
    #[cold]
    fn glued(&self) -> Result<(), Fail> {
        let end = scan::until(self.bytes(), self.at, scan::TOKEN_END);
        let is_value = !self.open_metrics() && number::value(self.slice(self.at, end)).is_ok();
        if is_value { Ok(()) } else { self.fail(ErrorKind::BadNameCharacter) }
    }

    /// What may follow the value: timestamp and exemplar.
    #[inline(never)]
    fn tail(&mut self, sample: &mut Sample<'a>) -> Result<(), Fail> {
        if self.open_metrics() {
            let full = self.dialect.has_full_names();
            let start = |rest: &[u8]| full && rest.starts_with(b" st@");
            if self.byte() == Some(b' ') && !self.rest().starts_with(b" #") && !start(self.rest()) {
                self.at += 1;
                sample.timestamp = Some(self.timestamp()?);
            }
            if start(self.rest()) {
                self.at += 4;
                sample.start = Some(self.timestamp()?);
            }
            if self.byte() == Some(b' ') {
                // The server looks at the name and not at the type.
                let ends = |suffix| sample.name.raw().ends_with(suffix);
                if self.rules.loose_families && !full && !ends("_total") && !ends("_bucket") {
                    return self.fail(ErrorKind::ExemplarNotAllowed);
                }
                sample.exemplar = Some(self.exemplar()?);
            }
            let more = self.at;
            while full && self.byte() == Some(b' ') {
                self.exemplar()?;
            }
            sample.more_exemplars = self.slice(more, self.at);
        } else {
            self.blanks();
            if !self.at_line_end() {
                sample.timestamp = Some(self.timestamp()?);
                if matches!(self.byte(), Some(b' ' | b'\t')) {
                    self.trailing_blanks()?;
                }
            } else if matches!(self.bytes().get(self.at.wrapping_sub(1)), Some(b' ' | b'\t')) {
                self.trailing_blanks()?;
            }
        }
        self.end()
    }

    fn trailing_blanks(&self) -> Result<(), Fail> {
        if self.rules.trailing_blanks { Ok(()) } else { self.fail(ErrorKind::TrailingBlank) }
    }

    /// Those that stand one behind the other in a line that was read.
    pub(in crate::parse) fn exemplars(line: &'a str) -> impl Iterator<Item = Exemplar<'a>> + use<'a> {
        let mut scanner = Self::new(line, Dialect::OpenMetrics200, Rules::LENIENT);
        core::iter::from_fn(move || scanner.exemplar().ok())
    }

    /// ` # {labels} value [timestamp]`
    fn exemplar(&mut self) -> Result<Exemplar<'a>, Fail> {
        if !self.rest().starts_with(b" # {") {
            return self.fail(ErrorKind::ExpectedExemplar);
        }
        self.at += 3;
        let start = self.at;
        let labels = self.labels(&mut None, false)?;
        let length = |text: Text<'_>| text.chars().count();
        // The limit is that of 1.0 (Q5).
        let limit = if self.rules.loose_families || self.dialect.has_full_names() { usize::MAX } else { 128 };
        if labels.raw().len() > 128 && labels.iter().map(|(name, value)| length(name) + length(value)).sum::<usize>() > limit {
            return Err((ErrorKind::ExemplarTooLong, start));
        }
        if self.byte() != Some(b' ') {
            return self.fail(ErrorKind::ExpectedExemplar);
        }
        self.at += 1;
        let (value, raw_value) = self.value()?;
        let timestamp = if self.byte() == Some(b' ') {
            self.at += 1;
            Some(self.timestamp()?)
        } else {
            None
        };
        Ok(Exemplar { labels, value, raw_value, timestamp })
    }

    fn takes_composites(&self) -> bool {
        self.open_metrics() && (self.rules.native_histograms || self.dialect.has_full_names())
    }

    /// `{count:…,sum:…}`, which is read when a family is made of it.
    #[inline(never)]
    fn composite(&mut self) -> Result<&'a str, Fail> {
        let start = self.at;
        let end = scan::line_end(self.bytes(), start);
        let line = self.slice(start, end);
        match line.find('}') {
            Some(close) => {
                self.at = start + close + 1;
                Ok(self.slice(start, self.at))
            }
            None => Err((ErrorKind::InvalidNativeHistogram, start)),
        }
    }

    /// Labels in braces; the place is on the opening one, and then behind the closing one. The name of a metric may be among
    /// them, where `sample` says that they are those of a sample.
    #[inline(always)]
    fn labels(&mut self, name: &mut Option<Text<'a>>, sample: bool) -> Result<Labels<'a>, Fail> {
        self.at += 1;
        let start = self.at;
        let (mut count, mut familiar, mut named) = (0_usize, true, false);
        loop {
            self.label_blanks();
            let label_at = self.at;
            let (label, plain) = match self.byte() {
                Some(b'}') if count == 0 && label_at == start => break,
                Some(b'}') => {
                    // Behind a comma, or behind blanks alone.
                    if self.open_metrics() && !self.rules.loose_commas {
                        return self.fail(ErrorKind::TrailingComma);
                    }
                    break;
                }
                Some(b'"') => (self.quoted_name()?, false),
                Some(byte) if scan::is(byte, scan::LABEL_START) => {
                    let kept = self.kept(sample).get(count).copied().unwrap_or(Kept::NONE);
                    if kept.is_at(self.rest()) {
                        self.at = label_at + kept.name.len();
                        // What nearly every label of nearly every line is.
                        if familiar && self.bytes().get(self.at + 1) == Some(&b'"') {
                            self.at += 1;
                            self.quoted()?;
                            count += 1;
                            match self.byte() {
                                Some(b',') => {
                                    self.at += 1;
                                    continue;
                                }
                                Some(b'}') => break,
                                _ => {}
                            }
                            self.separator()?;
                            if self.byte() == Some(b'}') {
                                break;
                            }
                            continue;
                        }
                        (Text::plain(kept.name), true)
                    } else {
                        familiar = false;
                        self.at = scan::skip(self.bytes(), label_at + 1, scan::LABEL);
                        (Text::plain(self.slice(label_at, self.at)), true)
                    }
                }
                Some(b',') if count == 0 && !named && self.rules.leading_commas && !self.open_metrics() => {
                    self.at += 1;
                    self.label_blanks();
                    // One of them, not two.
                    if self.byte() == Some(b',') {
                        return self.fail(ErrorKind::ExpectedLabelName);
                    }
                    continue;
                }
                _ => return self.fail(ErrorKind::ExpectedLabelName),
            };
            self.label_blanks();
            if self.byte() != Some(b'=') {
                if plain || !sample {
                    return self.fail(ErrorKind::ExpectedEquals);
                }
                if count > 0 || named || name.is_some() {
                    return Err((if name.is_some() { ErrorKind::RepeatedName } else { ErrorKind::ExpectedEquals }, label_at));
                }
                *name = Some(label);
                named = true;
            } else {
                self.at += 1;
                self.label_blanks();
                if self.byte() != Some(b'"') {
                    return self.fail(ErrorKind::ExpectedQuote);
                }
                let value = self.quoted()?;
                familiar &= plain;
                if !familiar {
                    let reserved = sample && label == "__name__";
                    if reserved {
                        named |= self.reserved(name, value, label_at)?;
                    }
                    if let Some(kept) = self.kept(sample).get_mut(count) {
                        *kept = if plain && !reserved { Kept::new(label.raw()) } else { Kept::NONE };
                    }
                }
                count += 1;
            }
            self.separator()?;
            if self.byte() == Some(b'}') {
                break;
            }
        }
        let labels = Labels::new(self.slice(start, self.at), named);
        self.at += 1;
        if !familiar {
            if let Some(kept) = self.kept(sample).get_mut(count) {
                *kept = Kept::NONE;
            }
            if sample || !self.rules.loose_families {
                self.check_labels(labels, count, start)?;
            }
        }
        Ok(labels)
    }

    /// What stands behind a label: a comma, which is passed, or the closing brace.
    #[inline]
    fn separator(&mut self) -> Result<(), Fail> {
        self.label_blanks();
        match self.byte() {
            Some(b',') => self.at += 1,
            Some(b'}') => return Ok(()),
            Some(b'\n') | None => return self.fail(ErrorKind::ExpectedCommaOrBrace),
            Some(_) if self.rules.loose_commas && !self.open_metrics() => {}
            Some(_) => return self.fail(ErrorKind::ExpectedCommaOrBrace),
        }
        self.label_blanks();
        // A brace that follows a comma is judged as one that does.
        if self.byte() == Some(b'}') && self.open_metrics() && !self.rules.loose_commas {
            return self.fail(ErrorKind::TrailingComma);
        }
        Ok(())
    }

    #[inline(always)]
    fn kept(&mut self, sample: bool) -> &mut [Kept<'a>; KEPT] {
        if sample { &mut self.labels } else { &mut self.exemplar_labels }
    }

    /// `__name__` among the labels: the name of the metric, where it has no other. Whether it is.
    #[cold]
    fn reserved(&mut self, name: &mut Option<Text<'a>>, value: Text<'a>, at: usize) -> Result<bool, Fail> {
        if name.is_some() {
            return if self.rules.repeated_labels { Ok(false) } else { Err((ErrorKind::ReservedLabel, at)) };
        }
        if !self.rules.name_label {
            return Err((ErrorKind::ReservedLabel, at));
        }
        if value.is_empty() {
            return Err((ErrorKind::EmptyName, at));
        }
        *name = Some(value);
        Ok(true)
    }

    /// Labels in another order than those of the line before may have repeats.
    #[inline(never)]
    fn check_labels(&self, labels: Labels<'a>, count: usize, start: usize) -> Result<(), Fail> {
        if !self.rules.repeated_labels && labels.has_repeats(count) {
            return Err((ErrorKind::RepeatedLabel, start));
        }
        Ok(())
    }
}
