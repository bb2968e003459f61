//! One series of all workers.

use picometer::{BucketExemplars, Exemplar, Kind, Label, LabelSet};

use super::value::{Value, combine};
use crate::file::disk;
use crate::file::exemplars::{PLACE, Shown};
use crate::mode::GaugeMode;

pub(crate) struct Series {
    pub(crate) labels: Vec<(Box<str>, Box<str>)>,
    /// 0 where processes are not told apart.
    pub(crate) pid: u64,
    pid_text: Box<str>,
    pub(crate) value: Value,
    /// When the first of them was made, in nanoseconds since the epoch; 0 where that is unknown.
    pub(crate) created: u64,
    /// Labels and process as a page shows them, where nothing in them is escaped.
    text: Option<Box<str>>,
    /// Of each bucket, or the one of a counter.
    exemplars: Vec<Option<Shown>>,
    /// Whether the value is of an earlier reading.
    is_old: bool,
}

/// As it stands between the braces.
fn rendered(labels: &[(Box<str>, Box<str>)], pid: u64) -> Option<Box<str>> {
    let is_plain = |(name, value): &(Box<str>, Box<str>)| Label::try_new(name, "").is_ok() && !value.contains(['\\', '"', '\n']);
    labels.iter().all(is_plain).then_some(())?;
    let mut text = String::new();
    let pid = (pid != 0).then(|| ("pid", pid.to_string()));
    let all = labels.iter().map(|(name, value)| (&**name, &**value));
    for (name, value) in all.chain(pid.iter().map(|(name, value)| (*name, value.as_str()))) {
        let comma = if text.is_empty() { "" } else { "," };
        text.extend([comma, name, "=\"", value, "\""]);
    }
    Some(text.into())
}

impl Series {
    pub(crate) fn new(labels: Vec<(Box<str>, Box<str>)>, pid: u64, value: Value, created: u64) -> Self {
        let (text, pid_text) = (rendered(&labels, pid), pid.to_string().into());
        Self { labels, pid, pid_text, value, created, text, exemplars: Vec::new(), is_old: false }
    }

    /// What it has is of an earlier reading from now on.
    pub(crate) fn age(&mut self) {
        self.is_old = true;
    }

    /// Whether no worker has it any more.
    pub(crate) fn is_old(&self) -> bool {
        self.is_old
    }

    /// Adds what another worker has, who made it then; or the first one again.
    pub(crate) fn add(&mut self, value: Value, mode: GaugeMode, created: u64, kind: Kind, exemplars: &[u64]) {
        if std::mem::take(&mut self.is_old) {
            (self.value, self.created) = (value, created);
            self.exemplars.clear();
        } else {
            combine(&mut self.value, value, mode);
            self.created = if self.created == 0 { created } else { self.created.min(created) };
        }
        self.add_exemplars(kind, exemplars);
    }

    /// Of each bucket the latest of all workers.
    pub(crate) fn add_exemplars(&mut self, kind: Kind, words: &[u64]) {
        if words.is_empty() || kind == Kind::GaugeHistogram {
            return;
        }
        let now = disk::nanos();
        self.exemplars.resize(self.exemplars.len().max(words.len() / PLACE), None);
        for (own, words) in self.exemplars.iter_mut().zip(words.chunks(PLACE)) {
            let other = Shown::of(words, now);
            if other.as_ref().is_some_and(|other| own.as_ref().is_none_or(|own| other.is_later_than(own))) {
                *own = other;
            }
        }
    }

    /// The exemplar of a bucket.
    pub(crate) fn exemplar(&self, bucket: usize) -> Option<&Shown> {
        self.exemplars.get(bucket)?.as_ref()
    }
}

impl BucketExemplars for Series {
    fn show(&self, bucket: usize, see: &mut dyn FnMut(&Exemplar<'_>)) {
        // One that came behind the counts is left for the next page.
        let is_counted = !matches!(&self.value, Value::Histogram(counts, _) if counts.get(bucket) == Some(&0));
        if let Some(shown) = self.exemplar(bucket).filter(|_| is_counted) {
            shown.show(see);
        }
    }
}

impl LabelSet for Series {
    fn label(&self, index: usize) -> Option<Label<'_>> {
        match self.labels.get(index) {
            Some((name, value)) => Some(Label { name, value }),
            None if index == self.labels.len() && self.pid != 0 => Some(Label { name: "pid", value: &self.pid_text }),
            None => None,
        }
    }

    fn is_plain(&self) -> bool {
        self.text.is_some()
    }

    fn rendered(&self) -> Option<&str> {
        self.text.as_deref()
    }
}
