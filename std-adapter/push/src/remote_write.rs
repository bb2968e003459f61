//! Remote Write 1.0 and 2.0 (push protocols, sections 4 and 5).

mod encode;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::SystemTime;

use picometer::push::RemoteWriteVersion;
use picometer::{Collector, Label};

use super::client::{Client, client_options};
use super::destination::{Batch, Destination};
use super::error::PushError;
use super::http::HttpResponse;
use super::lock::Lock;
use super::moment::moment;
use super::series::{Table, Value};

/// A receiver of Remote Write: Prometheus, Mimir, Thanos, VictoriaMetrics.
///
/// Speaks 2.0, with types, help, start times and exemplars, and changes to 1.0 for good when the receiver does not know it. Series are
/// sent with all their labels, sorted; one that ends gets a stale marker, so that graphs end too.
///
/// ```no_run
/// use picometer::{Counter, Desc, Metric};
/// use picometer_std::push::{Http, RemoteWrite};
///
/// static ROWS: Metric<Counter> = Metric::new(&Desc::counter("rows_total", "Rows."));
/// let mimir = RemoteWrite::new("https://mimir/api/v1/push")?
///     .label("job", "import")?
///     .label("instance", "db-1")?
///     .http(Http::new().header("X-Scope-OrgID", "tenant-1"));
/// mimir.push(&ROWS)?;
/// # Ok::<(), picometer_std::push::PushError>(())
/// ```
#[derive(Debug)]
pub struct RemoteWrite {
    client: Client,
    batch: usize,
    started: SystemTime,
    end_series: bool,
    draft_start: bool,
    /// The receiver does not know 2.0.
    old: AtomicBool,
    /// A collector that panicked leaves whole entries; those that it did not come to look gone once.
    table: Lock<TableOf>,
}

/// With a `Debug` that does not list a million series.
struct TableOf(Table);

impl std::fmt::Debug for TableOf {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Table")
    }
}

/// Samples that are sent in one request.
#[derive(Clone, Debug)]
pub struct Values(Vec<Value>);

impl RemoteWrite {
    /// The receiver at `url`, the whole address: for Prometheus `http://host:9090/api/v1/write`.
    ///
    /// # Errors
    ///
    /// [`PushError::Url`], if it is none.
    pub fn new(url: &str) -> Result<Self, PushError> {
        Ok(Self {
            client: Client::new(url, false)?,
            batch: 2_000,
            started: SystemTime::now(),
            end_series: true,
            draft_start: true,
            old: AtomicBool::new(false),
            table: Lock::new(TableOf(Table::new(Vec::new()))),
        })
    }

    /// A label for every series that has none of this name: `job`, `instance`, what a scrape would have added.
    ///
    /// # Errors
    ///
    /// [`PushError::Label`], if the name is not legal.
    pub fn label(mut self, name: &str, value: &str) -> Result<Self, PushError> {
        if Label::try_utf8(name, value).is_err() {
            return Err(PushError::Label { name: name.into(), reason: "label names are not empty and do not start with `__`" });
        }
        self.table.get_mut().0.target_mut().push((name.into(), value.into()));
        Ok(self)
    }

    client_options!();

    /// How many samples go into a request at most, 1 where 0 is given; 2,000 if nothing is said.
    #[must_use]
    pub fn batch(self, samples: usize) -> Self {
        Self { batch: samples.max(1), ..self }
    }

    /// Speaks 1.0 only, or 2.0 as long as the receiver does.
    #[must_use]
    pub fn version(self, version: RemoteWriteVersion) -> Self {
        self.old.store(version == RemoteWriteVersion::V1, Ordering::Relaxed);
        self
    }

    /// When everything that does not know better started from zero; when this was made if nothing is said. 2.0 only.
    #[must_use]
    pub fn started(self, moment: SystemTime) -> Self {
        Self { started: moment, ..self }
    }

    /// Whether [`Periodic`](super::Periodic) ends its series with stale markers when it stops; it does if nothing is said. Batch jobs
    /// whose last values are to stay visible for the five minutes that Prometheus looks back say no.
    ///
    /// ```
    /// use picometer_std::push::RemoteWrite;
    ///
    /// let receiver = RemoteWrite::new("http://prometheus:9090/api/v1/write")?
    ///     .label("job", "nightly_import")?
    ///     .end_series(false);
    /// # Ok::<(), picometer_std::push::PushError>(())
    /// ```
    #[must_use]
    pub fn end_series(self, end: bool) -> Self {
        Self { end_series: end, ..self }
    }

    /// Whether 2.0 also carries start times where drafts of it had them, and where Prometheus up to 3.5 looks for them; it does if
    /// nothing is said. Receivers of the final 2.0 pass over them.
    #[must_use]
    pub fn draft_start_times(self, draft: bool) -> Self {
        Self { draft_start: draft, ..self }
    }

    /// Pushes what `source` has, and stale markers for what it had the last time and has no more.
    ///
    /// # Errors
    ///
    /// [`PushError`]; where trying again may help, that was done.
    pub fn push(&self, source: &dyn Collector) -> Result<(), PushError> {
        self.client.push(self, source)
    }

    /// Which version it speaks: 1.0 once the receiver has said that it does not know 2.0.
    pub fn speaks(&self) -> RemoteWriteVersion {
        if self.old.load(Ordering::Relaxed) { RemoteWriteVersion::V1 } else { RemoteWriteVersion::V2 }
    }

    fn batches(&self, values: Vec<Value>) -> Vec<Batch<Values>> {
        let mut batches = Vec::with_capacity(values.len() / self.batch + 1);
        let mut values = values.into_iter();
        loop {
            let part: Vec<_> = values.by_ref().take(self.batch).collect();
            if part.is_empty() {
                return batches;
            }
            batches.push(Batch { samples: part.len(), content: Values(part) });
        }
    }

    fn request(&self, version: RemoteWriteVersion, values: &[Value]) -> Result<(HttpResponse, u64), PushError> {
        let body = encode::request(version, values, self.draft_start);
        let body = snap::raw::Encoder::new().compress_vec(&body).map_err(|error| PushError::Io(std::io::Error::other(error)))?;
        let headers = [
            ("Content-Type", version.content_type()),
            ("Content-Encoding", "snappy"),
            ("X-Prometheus-Remote-Write-Version", version.header()),
        ];
        Ok((self.client.http.send("POST", &self.client.url, &headers, &body)?, body.len() as u64))
    }

    fn send_new(&self, values: &[Value]) -> Result<u64, PushError> {
        let (response, bytes) = self.request(RemoteWriteVersion::V2, values)?;
        let written =
            |what| response.header(&format!("X-Prometheus-Remote-Write-{what}-Written")).and_then(|text| text.trim().parse::<u64>().ok());
        match (written("Samples"), written("Histograms"), written("Exemplars")) {
            // It took it for a 1.0 request, and saw nothing in it (Q7).
            (None, None, None) => {
                Err(PushError::Status { url: self.client.url.clone(), status: 415, body: String::new(), retry_after: None })
            }
            (Some(samples), ..) if samples < values.len() as u64 => {
                Err(PushError::Partial { rejected: values.len() as u64 - samples, message: "it did not say why".into() })
            }
            _ => Ok(bytes),
        }
    }
}

impl Destination for RemoteWrite {
    type Content = Values;
    const NAME: &'static str = "remote_write";

    fn freeze(&self, source: &dyn Collector, now: SystemTime) -> Result<Vec<Batch<Values>>, PushError> {
        let values = self.table.lock()?.0.collect(source, moment(now), moment(self.started).millis());
        Ok(self.batches(values))
    }

    fn farewell(&self, now: SystemTime) -> Vec<Batch<Values>> {
        // One millisecond behind the last samples, which a receiver would otherwise take it for a second value of.
        let now = now + std::time::Duration::from_millis(1);
        let table = self.table.lock().ok().filter(|_| self.end_series);
        let values = table.map_or_else(Vec::new, |mut table| table.0.end(moment(now)));
        self.batches(values)
    }

    fn send(&self, batch: &Batch<Values>) -> Result<u64, PushError> {
        let Values(values) = &batch.content;
        if self.speaks() == RemoteWriteVersion::V2 {
            match self.send_new(values) {
                Err(PushError::Status { status: 415, .. }) => {}
                result => return result,
            }
            let sent = self.request(RemoteWriteVersion::V1, values).map(|(_, bytes)| bytes);
            // Only now is it known that 2.0 was what it did not like.
            self.old.store(sent.is_ok(), Ordering::Relaxed);
            return sent;
        }
        self.request(RemoteWriteVersion::V1, values).map(|(_, bytes)| bytes)
    }
}
