//! Buckets whose lines are written at once, beside what is expected of each and the same written line by line.

use picometer::{Collector, Desc, Encoder, Exposition, Format, HistogramPoint, Label, LabelSet, Point, PointValue, Stop};

const DESC: Desc = Desc::histogram("job_seconds", "How long jobs took.");

/// Labels that are rendered or not, of some length.
struct Job {
    name: String,
    rendered: Option<String>,
}

impl LabelSet for Job {
    fn label(&self, index: usize) -> Option<Label<'_>> {
        (index == 0).then(|| Label::new("job", &self.name))
    }

    fn rendered(&self) -> Option<&str> {
        self.rendered.as_deref()
    }
}

/// Two histograms of other bounds by turns.
struct Jobs(Vec<(Job, Vec<f64>, Vec<u64>)>);

const COUNTS: [&[u64]; 5] = [&[0, 0, 0, 0], &[0, 7, 0, 2], &[99_999_998, 1, 1, 0], &[100_000_000, 0, 0, 3], &[0, u64::MAX, 0, 0]];

impl Jobs {
    fn new() -> Self {
        let bounds = [vec![0.005, 0.5, 10.0], vec![0.000_123_456_789_012_345, 0.5, 1.5e300]];
        let jobs = [0, 1, 30, 60, 70, 80, 100, 150, 300].into_iter().zip(0..).flat_map(|(len, at)| {
            COUNTS
                .into_iter()
                .zip(&bounds[at % 2..])
                .chain(COUNTS.into_iter().zip(bounds.iter().cycle()))
                .map(move |(counts, bounds)| {
                    let name = "j".repeat(len);
                    let rendered = at.is_multiple_of(3).then(|| format!("job=\"{name}\""));
                    (Job { name, rendered }, bounds.clone(), counts.to_vec())
                })
                .collect::<Vec<_>>()
        });
        Self(jobs.collect())
    }

    fn expected(&self) -> String {
        let mut page = "# HELP job_seconds How long jobs took.\n# TYPE job_seconds histogram\n".to_owned();
        for (job, bounds, counts) in &self.0 {
            let labels = format!("job=\"{}\"", job.name);
            let mut sum = 0_u64;
            for (at, count) in counts.iter().enumerate() {
                sum = sum.wrapping_add(*count);
                let bound =
                    bounds.get(at).map_or("+Inf".to_owned(), |&bound| picometer::Number::from(bound).bound_text().as_str().to_owned());
                page += &format!("job_seconds_bucket{{{labels},le=\"{bound}\"}} {sum}\n");
            }
            page += &format!("job_seconds_sum{{{labels}}} 1.25\njob_seconds_count{{{labels}}} {sum}\n");
        }
        page
    }
}

impl Collector for Jobs {
    fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
        if !out.begin(&DESC)? {
            return Ok(());
        }
        for (job, bounds, counts) in &self.0 {
            let (&beyond, counts) = counts.split_last().unwrap();
            let bounds = &bounds.as_slice();
            let point = HistogramPoint { counts, beyond, sum: Some(1.25.into()), bounds, exemplars: None };
            out.metric(&DESC, job, &Point::new(PointValue::Histogram(point)))?;
        }
        Ok(())
    }
}

#[test]
fn buckets_are_cumulative_in_any_buffer() {
    let jobs = Jobs::new();
    let (page, expected) = (Exposition::new(&jobs, Format::Text004), jobs.expected());
    let least = page.longest_line();
    for size in [least, least + 1, 500, 1_000, 2_000, 2_500, 3_000, 10_000, expected.len()].into_iter().filter(|&size| size >= least) {
        assert_eq!(super::fill_all(page, size, || ()).unwrap().0, expected, "{size}");
        let mut drained = Vec::new();
        page.drain(&mut vec![0; size], &mut |bytes| drained.extend_from_slice(bytes));
        assert_eq!(String::from_utf8(drained).unwrap(), expected, "{size}");
    }
}
