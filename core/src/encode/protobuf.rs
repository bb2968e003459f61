//! Protocol Buffers: delimited `MetricFamily` messages (exposition formats, section 8).
//!
//! A metric is written whole or not at all, from one point, which is of one moment: counted, then written behind its length. The
//! message of its family stays open while metrics fit the buffer, and gets its length when it is closed. A family that goes on in
//! the next buffer goes on in another message of the same name, which servers append to the first; so nothing is promised that a
//! value could break which changes between two buffers, and no metric is counted but the one at hand.

mod metric;
pub(crate) mod spans;

use self::metric::Metrics;
use crate::desc::{Desc, Kind};
use crate::encode::escape::Names;
use crate::encode::page::{Halt, Page};
use crate::encode::{Encoder, Point, Run, Stop};
use crate::label::LabelSet;
use crate::number::Number;
use crate::protobuf::{Fields, Message, len, try_write, varint_len, write, write_varint};

/// How often a metric is written anew because an exemplar changed its length under the pen.
const ATTEMPTS: usize = 4;

/// Writes metrics as protobuf.
pub(crate) struct ProtobufEncoder<'e, 'p> {
    page: &'e mut Page<'p>,
    names: &'static Names,
    started: Option<Number>,
    filter: Option<&'e dyn Fn(&Desc<'_>) -> bool>,
    wanted: bool,
    /// Where in the buffer the message of this family begins, if one is open.
    open: Option<usize>,
}

impl<'e, 'p> ProtobufEncoder<'e, 'p> {
    pub(crate) fn new(
        page: &'e mut Page<'p>,
        names: &'static Names,
        started: Option<Number>,
        filter: Option<&'e dyn Fn(&Desc<'_>) -> bool>,
    ) -> Self {
        Self { page, names, started, filter, wanted: false, open: None }
    }

    /// Closes the message that is open, if one is.
    pub(crate) fn close(&mut self) {
        if let Some(start) = self.open.take() {
            self.page.close_message(start);
        }
    }

    /// Writes the metrics of one place.
    fn place(&mut self, desc: &Desc<'_>, metrics: &mut Metrics<'_>) -> Result<(), Stop> {
        let family = Family { desc, names: self.names };
        let mut left = ATTEMPTS;
        loop {
            left = left.saturating_sub(1);
            // What does not change its length is what is left.
            metrics.exemplars &= left > 0;
            let front = if self.open.is_none() { self.page.message_front() + len(&family) } else { 0 };
            let promised = len(metrics);
            if front + promised > self.page.left() && self.page.is_draining() {
                if self.page.len() > 0 {
                    self.close();
                    self.page.flush()?;
                    continue;
                }
                return self.stream(&family, metrics);
            }
            let fresh = self.open.is_none();
            if fresh {
                self.open = Some(self.page.begin_message());
                write(&family, &mut |bytes: &[u8]| self.page.put(bytes));
            }
            if try_write(metrics, &mut |bytes: &[u8]| self.page.put(bytes)).is_some() {
                let end = self.page.end_unit();
                if end.is_err() && fresh {
                    self.open = None;
                }
                return end;
            }
            self.page.take_back();
            if fresh {
                self.open = None;
            }
            if left == 0 {
                // Not an exemplar: labels or states that do not keep still, which they have to.
                return Err(self.page.fail(Halt::Vanished));
            }
        }
    }

    /// Writes metrics that do not fit the buffer through the drain, in a message of their own. Its length is out before an
    /// exemplar could change it, so there are none.
    fn stream(&mut self, family: &Family<'_>, metrics: &mut Metrics<'_>) -> Result<(), Stop> {
        metrics.exemplars = false;
        let sink = &mut |bytes: &[u8]| self.page.put(bytes);
        write_varint((len(family) + len(metrics)) as u64, sink);
        write(family, sink);
        write(metrics, sink);
        self.page.end_unit()
    }
}

impl Encoder for ProtobufEncoder<'_, '_> {
    fn begin(&mut self, desc: &Desc<'_>) -> Result<bool, Stop> {
        if self.page.halt().is_some() {
            return Err(Stop);
        }
        self.close();
        self.wanted = self.page.begin_family(desc) && self.filter.is_none_or(|wanted| wanted(desc));
        Ok(self.wanted)
    }

    fn metric(&mut self, desc: &Desc<'_>, labels: &dyn LabelSet, point: &Point<'_>) -> Result<(), Stop> {
        if self.page.halt().is_some() {
            return Err(Stop);
        }
        if !self.wanted || !self.page.next_place() || !self.page.begin_unit() {
            return Ok(());
        }
        let starts = matches!(desc.kind(), Kind::Counter | Kind::Histogram | Kind::Summary);
        let created = if starts { point.created.or(self.started) } else { None };
        self.place(desc, &mut Metrics { names: self.names, desc, labels, point, created, exemplars: true })
    }

    fn run(&mut self) -> Option<&mut dyn Run> {
        Some(&mut *self.page)
    }
}

/// What a message of a family has besides metrics. The unit stands in front of them, so that nothing is left to write when the
/// buffer is full.
struct Family<'a> {
    desc: &'a Desc<'a>,
    names: &'static Names,
}

impl Message for Family<'_> {
    fn fields(&self, out: &mut Fields<'_>) {
        let Self { desc, names } = *self;
        // As in text, the samples' own name: with `_total` and `_info`.
        let suffix = if desc.kind() == Kind::Info { Kind::Info.suffix() } else { desc.own_suffix() };
        metric::family_name(out, 1, names, desc.sample(suffix), desc.is_legacy());
        if !desc.help().is_empty() {
            out.string(2, desc.help());
        }
        out.uint(
            3,
            match desc.kind() {
                Kind::Counter => 0,
                Kind::Gauge | Kind::Info | Kind::StateSet => 1,
                Kind::Summary => 2,
                Kind::Unknown => 3,
                Kind::Histogram => 4,
                Kind::GaugeHistogram => 5,
            },
        );
        if !desc.unit_name().is_empty() {
            out.string(5, desc.unit_name());
        }
    }
}

/// The length of an open message is a place for one, as wide as the buffer could need, until the message is closed.
impl Page<'_> {
    fn message_front(&self) -> usize {
        varint_len(self.capacity() as u64).max(2)
    }

    fn begin_message(&mut self) -> usize {
        let start = self.len();
        let front = self.message_front();
        self.put([0; 10].get(..front).unwrap_or(&[]));
        start
    }

    fn close_message(&mut self, start: usize) {
        let front = self.message_front();
        let len = self.len().saturating_sub(start + front) as u64;
        let (mut bytes, mut count) = ([0; 10], 0);
        write_varint(len, &mut |piece: &[u8]| {
            bytes.iter_mut().zip(piece).for_each(|(place, &byte)| *place = byte);
            count = piece.len();
        });
        self.replace(start, front, bytes.get(..count).unwrap_or(&[]));
    }
}
