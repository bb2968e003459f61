//! OTLP/HTTP metrics in protobuf (push protocols, section 6).

mod encode;

use std::time::SystemTime;

use picometer::Collector;

use super::client::{Client, client_options};
use super::destination::{Batch, Destination};
use super::error::PushError;
use super::moment::moment;

/// A receiver of OpenTelemetry metrics: a collector, VictoriaMetrics, Prometheus with its OTLP receiver.
///
/// Counters become monotonic cumulative sums, histograms stay histograms, gauges, infos and states are gauges, summaries stay
/// summaries; units are written as UCUM has them (`seconds` is `s`). Only what OTLP allows to repeat is repeated: 429, 502, 503, 504
/// and lost connections.
///
/// ```no_run
/// use picometer::{Counter, Desc, Metric};
/// use picometer_std::push::Otlp;
///
/// static ROWS: Metric<Counter> = Metric::new(&Desc::counter("rows_total", "Rows."));
/// let collector = Otlp::new("http://otel-collector:4318/v1/metrics", "import")?
///     .resource("service.instance.id", "db-1");
/// collector.push(&ROWS)?;
/// # Ok::<(), picometer_std::push::PushError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Otlp {
    client: Client,
    resource: Vec<(String, String)>,
    batch: usize,
    started: SystemTime,
}

impl Otlp {
    /// The receiver at `url`, the whole address: `http://host:4318/v1/metrics` for a collector. `service` is the resource's
    /// `service.name`, Prometheus' `job`.
    ///
    /// # Errors
    ///
    /// [`PushError::Url`], if it is none.
    pub fn new(url: &str, service: &str) -> Result<Self, PushError> {
        Ok(Self {
            client: Client::new(url, true)?,
            resource: vec![("service.name".into(), service.into())],
            batch: 2_000,
            started: SystemTime::now(),
        })
    }

    /// An attribute of the resource: `service.instance.id` becomes Prometheus' `instance`.
    #[must_use]
    pub fn resource(mut self, name: &str, value: &str) -> Self {
        self.resource.retain(|(other, _)| other != name);
        self.resource.push((name.into(), value.into()));
        self
    }

    client_options!(gzip, "they are if nothing is said.");

    /// How many points go into a request, a family more or less; 2,000 if nothing is said.
    #[must_use]
    pub fn batch(self, points: usize) -> Self {
        Self { batch: points.max(1), ..self }
    }

    /// When everything that does not know better started from zero; when this was made if nothing is said.
    #[must_use]
    pub fn started(self, moment: SystemTime) -> Self {
        Self { started: moment, ..self }
    }

    /// Pushes what `source` has.
    ///
    /// # Errors
    ///
    /// [`PushError`]; where trying again may help, that was done.
    pub fn push(&self, source: &dyn Collector) -> Result<(), PushError> {
        self.client.push(self, source)
    }
}

impl Destination for Otlp {
    type Content = Vec<u8>;
    const NAME: &'static str = "otlp";

    fn freeze(&self, source: &dyn Collector, now: SystemTime) -> Result<Vec<Batch<Vec<u8>>>, PushError> {
        let mut requests = encode::Requests::new(&self.resource, moment(now), moment(self.started), self.batch);
        // A stop can only be the collector's own: what it gave is what there is.
        let _ = source.collect(&mut requests);
        let batch = |(points, body)| Ok(Batch { samples: points, content: self.client.body(body)? });
        requests.finish().into_iter().map(batch).collect()
    }

    fn send(&self, batch: &Batch<Vec<u8>>) -> Result<u64, PushError> {
        let response = match self.client.send("POST", &self.client.url, "application/x-protobuf", &batch.content) {
            // Other errors of the server are not to be repeated here (O9).
            Err(PushError::Status { status: status @ (500 | 501 | 505..), body, .. }) => {
                return Err(PushError::Partial { rejected: batch.samples as u64, message: format!("status {status}: {body}") });
            }
            response => response?,
        };
        match encode::rejected(&response.body) {
            Some((0, _)) | None => Ok(batch.content.len() as u64),
            Some((rejected, message)) => Err(PushError::Partial { rejected, message }),
        }
    }
}
