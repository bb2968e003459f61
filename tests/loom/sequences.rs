//! Sequence locks: several atomics that are read as one.

use loom::sync::Arc;
use loom::sync::atomic::{AtomicU32, Ordering};

use super::sequence::Sequence;
use super::{Met, bounded, join, start};

/// Two words that are always the same, stored as the parts of an exemplar are.
struct Model {
    sequence: Sequence,
    words: [AtomicU32; 2],
}

impl Model {
    fn new() -> Arc<Self> {
        Arc::new(Self { sequence: Sequence::new(), words: [0, 0].map(AtomicU32::new) })
    }

    fn write(&self, value: u32) {
        self.sequence.write(|| self.words.iter().for_each(|word| word.store(value, Ordering::Relaxed)));
    }

    fn read(&self) -> Option<u32> {
        let [first, second] = self.sequence.read(|| [&self.words[0], &self.words[1]].map(|word| word.load(Ordering::Relaxed)))?;
        assert_eq!(first, second, "half of one exemplar and half of another");
        Some(first)
    }
}

#[test]
fn a_writer_and_a_reader() {
    static NOTHING: Met = Met::that("the reader met the writer");
    static OLD: Met = Met::that("the reader was earlier");
    static NEW: Met = Met::that("the reader was later");
    loom::model(|| {
        let model = Model::new();
        assert_eq!(model.read(), None, "nothing was written");
        model.write(1);
        let writer = start(&model, |model| model.write(2));
        let read = start(&model, |model| model.read()).join().unwrap();
        NOTHING.note(read.is_none());
        OLD.note(read == Some(1));
        NEW.note(read == Some(2));
        writer.join().unwrap();
        assert_eq!(model.read(), Some(2));
    });
    Met::demand_all([&NOTHING, &OLD, &NEW]);
}

#[test]
fn two_writers_and_a_reader() {
    static BOTH: Met = Met::that("one came after the other");
    bounded(3, || {
        let model = Model::new();
        let writers = [1, 2].map(|value| start(&model, move |model| model.write(value)));
        let before = start(&model, |model| model.read()).join().unwrap();
        join(writers);
        let after = model.read();
        assert!(matches!(after, Some(1 | 2)), "one of the two was kept");
        BOTH.note(before.is_some() && before != after);
    });
    BOTH.demand();
}
