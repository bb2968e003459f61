//! Nearly five hundred series that say nothing, to measure how fast a page of 20 KiB leaves: see benches/BENCHMARKS.md.

use picometer::{Collector, Desc, Encoder, Number, Stop};

/// The series.
pub static ROWS: Rows = Rows;

/// A collector without memory.
#[derive(Debug)]
pub struct Rows;

impl Collector for Rows {
    fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
        const ROWS: Desc<'static> = Desc::counter("bench_rows_total", "Rows of a page that is measured.");
        let mut rows = out.family(&ROWS)?;
        (0..480_u32).try_for_each(|row| rows.counter(&[("row", Number::from(row).text().as_str())], row))
    }
}
