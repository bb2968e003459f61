//! VictoriaMetrics' import of text (push protocols, section 8).

use std::time::SystemTime;

use picometer::{Collector, Exposition, Format};

use super::address::percent_encode;
use super::client::{Client, client_options};
use super::destination::{Batch, Destination};
use super::error::PushError;
use super::moment::moment;
use super::pushgateway::Count;

/// VictoriaMetrics or vmagent, which take pages as they are: the cheapest way into a time series database.
///
/// ```no_run
/// use picometer::{Counter, Desc, Metric};
/// use picometer_std::push::Import;
///
/// static ROWS: Metric<Counter> = Metric::new(&Desc::counter("rows_total", "Rows."));
/// Import::new("http://victoria:8428")?.label("job", "import").push(&ROWS)?;
/// # Ok::<(), picometer_std::push::PushError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Import {
    client: Client,
    labels: String,
}

impl Import {
    /// The server at `url`; without a path the usual one, `/api/v1/import/prometheus`, is taken.
    ///
    /// # Errors
    ///
    /// [`PushError::Url`], if it is none.
    pub fn new(url: &str) -> Result<Self, PushError> {
        let mut client = Client::new(url, true)?;
        if client.url.split_once("://").is_none_or(|(_, rest)| !rest.contains('/')) {
            client.url.push_str("/api/v1/import/prometheus");
        }
        Ok(Self { client, labels: String::new() })
    }

    /// A label for every series.
    #[must_use]
    pub fn label(mut self, name: &str, value: &str) -> Self {
        self.labels.push_str("&extra_label=");
        percent_encode(name, &mut self.labels);
        self.labels.push('=');
        percent_encode(value, &mut self.labels);
        self
    }

    client_options!(gzip, "they are if nothing is said.");

    /// Pushes what `source` has.
    ///
    /// # Errors
    ///
    /// [`PushError`]; where trying again may help, that was done.
    pub fn push(&self, source: &dyn Collector) -> Result<(), PushError> {
        self.client.push(self, source)
    }
}

impl Destination for Import {
    /// Milliseconds since the epoch, and the page of then.
    type Content = (i64, Vec<u8>);
    const NAME: &'static str = "import";

    fn freeze(&self, source: &dyn Collector, now: SystemTime) -> Result<Vec<Batch<Self::Content>>, PushError> {
        let mut count = Count(0);
        let _ = source.collect(&mut count);
        let mut page = Vec::new();
        Exposition::new(source, Format::Text004).drain(&mut [0; 16 * 1024], &mut |bytes| page.extend_from_slice(bytes));
        Ok(vec![Batch { samples: count.0, content: (moment(now).millis(), self.client.body(page)?) }])
    }

    fn send(&self, batch: &Batch<Self::Content>) -> Result<u64, PushError> {
        let (millis, body) = &batch.content;
        let query = if self.client.url.contains('?') { '&' } else { '?' };
        let url = format!("{}{query}timestamp={millis}{}", self.client.url, self.labels);
        self.client.send("POST", &url, "text/plain; version=0.0.4; charset=utf-8", body)?;
        Ok(body.len() as u64)
    }
}
