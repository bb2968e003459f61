//! Pushes: to real receivers, whose own interfaces say what arrived; to scripted ones that do everything wrong.

mod bad;
mod delivery;
mod firmware;
mod pressure;
mod real;
mod scripted;
mod timestamps;
mod unbuffered;
mod vectors;

#[path = "../peers/mod.rs"]
mod peers;
#[path = "../support/mod.rs"]
mod support;

use picometer::{Collector, Desc, Encoder, Exemplar, HistogramPoint, Point, PointValue, Quantile, Stop, SummaryPoint};

/// One of most things.
pub struct Sample {
    pub count: u32,
}

/// An exemplar of the middle bucket.
struct Slow;

impl picometer::BucketExemplars for Slow {
    fn show(&self, bucket: usize, see: &mut dyn FnMut(&Exemplar<'_>)) {
        if bucket == 1 {
            see(&Exemplar::new(&[("trace_id", "0af7651916cd43dd8448eb211c80319c")], 0.7));
        }
    }
}

impl Collector for Sample {
    fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
        const ROWS: Desc = Desc::counter("import_rows_total", "Rows that were imported.");
        const LEVEL: Desc = Desc::gauge("tank_liters", "What is left.").unit("liters");
        const WAIT: Desc = Desc::histogram("wait_seconds", "How long it took.").unit("seconds");
        const SIZE: Desc = Desc::summary("size_bytes", "How much it was.");
        let mut rows = out.family(&ROWS)?;
        for table in ["orders", "users"] {
            rows.counter(&[("table", table)], self.count)?;
        }
        out.family(&LEVEL)?.gauge(&[("tank", "north east")], 2.5)?;
        let point = HistogramPoint { counts: &[3, 1], beyond: 2, sum: Some(4.5.into()), bounds: &[0.5, 1.0], exemplars: Some(&Slow) };
        out.family(&WAIT)?.point(&(), &Point::new(PointValue::Histogram(point)))?;
        let quantiles = [Quantile { quantile: 0.5.into(), value: 120.into() }];
        let point = SummaryPoint { quantiles: &quantiles, count: 17, sum: 2_040.into() };
        out.family(&SIZE)?.point(&(), &Point::new(PointValue::Summary(point)))
    }
}
