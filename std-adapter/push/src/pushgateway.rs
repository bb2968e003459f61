//! The Pushgateway (push protocols, section 3).

use std::time::SystemTime;

use picometer::{Collector, Desc, Encoder, Escaping, Exposition, Format, LabelSet, Point, Run, Stop};

use super::client::{Client, client_options};
use super::destination::{Batch, Destination};
use super::error::PushError;
use super::grouping::GroupingKey;

/// A group of metrics on a Pushgateway.
///
/// ```no_run
/// use picometer::{Desc, Gauge, Metric, Timestamp};
/// use picometer_std::push::{Http, Pushgateway};
///
/// static FINISHED: Metric<Gauge> = Metric::new(&Desc::gauge(
///     "backup_finished_timestamp_seconds",
///     "When the last backup ended.",
/// ));
///
/// let group = Pushgateway::new("https://pushgateway:9091", "backup")?
///     .label("disk", "/dev/sda")?
///     .http(Http::new().bearer("secret"))
///     .gzip(true);
/// FINISHED.set(1_700_000_000.0);
/// group.push_add(&FINISHED)?;
/// # Ok::<(), picometer_std::push::PushError>(())
/// ```
#[derive(Debug)]
pub struct Pushgateway {
    client: Client,
    key: GroupingKey,
    escaping: Escaping,
    protobuf: bool,
    add: bool,
    delete_on_drop: bool,
}

impl Pushgateway {
    /// The group of `job` on the Pushgateway at `url`; without a scheme it is `http`.
    ///
    /// # Errors
    ///
    /// [`PushError::Url`] and [`PushError::Label`], if one of them is wrong.
    pub fn new(url: &str, job: &str) -> Result<Self, PushError> {
        Self::with_key(url, GroupingKey::new(job)?)
    }

    /// The group with this key.
    ///
    /// # Errors
    ///
    /// [`PushError::Url`], if the address is wrong.
    pub fn with_key(url: &str, key: GroupingKey) -> Result<Self, PushError> {
        Ok(Self {
            client: Client::new(url, false)?,
            key,
            escaping: Escaping::Underscores,
            protobuf: false,
            add: false,
            delete_on_drop: false,
        })
    }

    /// The group with one more label in its key.
    ///
    /// # Errors
    ///
    /// [`PushError::Label`], as for [`GroupingKey::label`].
    pub fn label(mut self, name: &str, value: &str) -> Result<Self, PushError> {
        self.key = self.key.clone().label(name, value)?;
        Ok(self)
    }

    client_options!(gzip, "they are not if nothing is said.");

    /// How names outside the legacy character set are written; `_` for what is not legal if nothing is said, which every
    /// Pushgateway takes.
    #[must_use]
    pub fn escaping(mut self, escaping: Escaping) -> Self {
        self.escaping = escaping;
        self
    }

    /// Whether bodies are Protocol Buffers instead of text: they carry exemplars, native histograms and start times too.
    #[must_use]
    pub fn protobuf(mut self, protobuf: bool) -> Self {
        self.protobuf = protobuf;
        self
    }

    fn format(&self) -> Format {
        if self.protobuf { Format::Protobuf } else { Format::Text004 }
    }

    /// Whether a [`Periodic`](super::Periodic) pusher keeps families of the group that it does not have itself.
    ///
    /// ```
    /// use picometer_std::push::{Periodic, Pushgateway};
    /// use std::time::Duration;
    ///
    /// // Two programs push different families into one group.
    /// let group = Pushgateway::new("pushgateway:9091", "import")?.keep_others(true);
    /// let pusher = Periodic::new(group).interval(Duration::from_secs(60));
    /// # Ok::<(), picometer_std::push::PushError>(())
    /// ```
    #[must_use]
    pub fn keep_others(mut self, keep: bool) -> Self {
        self.add = keep;
        self
    }

    /// Whether the group is deleted when this is dropped: the metrics of a process that is gone are not to stay for ever.
    ///
    /// ```
    /// use picometer_std::push::{Http, HttpRequest, HttpResponse, PushError, Pushgateway};
    /// use std::sync::Mutex;
    ///
    /// static METHODS: Mutex<Vec<String>> = Mutex::new(Vec::new());
    /// let http = Http::new().handler(
    ///     |request: &HttpRequest<'_>| -> Result<HttpResponse, PushError> {
    ///         METHODS.lock().unwrap().push(request.method.to_owned());
    ///         Ok(HttpResponse { status: 202, ..HttpResponse::default() })
    ///     },
    /// );
    /// let group = Pushgateway::new("pushgateway", "import")?.http(http);
    /// drop(group.delete_on_drop(true));
    /// assert_eq!(*METHODS.lock().unwrap(), ["DELETE"]);
    /// # Ok::<(), PushError>(())
    /// ```
    #[must_use]
    pub fn delete_on_drop(mut self, delete: bool) -> Self {
        self.delete_on_drop = delete;
        self
    }

    /// Replaces the group by what `source` has (`PUT`).
    ///
    /// # Errors
    ///
    /// [`PushError`]; where trying again may help, that was done.
    #[doc(alias("push_to_gateway"))]
    pub fn push(&self, source: &dyn Collector) -> Result<(), PushError> {
        let body = self.body(source)?;
        self.client.run(|| self.request("PUT", &body)).map(drop)
    }

    /// Replaces the families that `source` has, and keeps the others of the group (`POST`).
    ///
    /// ```
    /// # use picometer_std::push::{Http, HttpRequest, HttpResponse, Pushgateway};
    /// # use picometer_std::{Gauge, Metric};
    /// let http = Http::new().handler(|request: &HttpRequest<'_>| {
    ///     assert_eq!(request.method, "POST");
    ///     Ok(HttpResponse { status: 200, ..HttpResponse::default() })
    /// });
    /// let gateway = Pushgateway::new("http://gateway:9091", "backup").unwrap().http(http);
    /// let size = Metric::<Gauge>::new("backup_bytes", "Size of the backup.");
    /// gateway.push_add(&size).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`push`](Self::push).
    #[doc(alias("pushadd_to_gateway"))]
    pub fn push_add(&self, source: &dyn Collector) -> Result<(), PushError> {
        let body = self.body(source)?;
        self.client.run(|| self.request("POST", &body)).map(drop)
    }

    /// Deletes the group (`DELETE`).
    ///
    /// # Errors
    ///
    /// As for [`push`](Self::push).
    #[doc(alias("delete_from_gateway"))]
    pub fn delete(&self) -> Result<(), PushError> {
        self.client.run(|| self.request("DELETE", &[])).map(drop)
    }

    fn body(&self, source: &dyn Collector) -> Result<Vec<u8>, PushError> {
        let mut check = Check { key: &self.key, found: None, place: (0, 0), last: None, older: Vec::new() };
        // A stop is one of ours.
        let _ = source.collect(&mut check);
        if let Some(error) = check.found {
            return Err(error);
        }
        let mut page = Vec::new();
        let source = Timeless(source, check.older);
        let exposition = Exposition::new(&source, self.format()).escaping(self.escaping);
        exposition.drain(&mut [0; 16 * 1024], &mut |bytes| page.extend_from_slice(bytes));
        self.client.body(page)
    }

    fn request(&self, method: &str, body: &[u8]) -> Result<u64, PushError> {
        let url = format!("{}{}", self.client.url, self.key.path());
        self.client.send(method, &url, &self.format().content_type(None).to_string(), body)?;
        Ok(body.len() as u64)
    }
}

impl Drop for Pushgateway {
    fn drop(&mut self) {
        if self.delete_on_drop {
            // `delete` returns the error; a drop cannot.
            let _ = self.delete();
        }
    }
}

/// Of pages only the newest counts, so that is all that waits.
impl Destination for Pushgateway {
    type Content = Vec<u8>;
    const NAME: &'static str = "pushgateway";
    const QUEUE: usize = 1;

    fn freeze(&self, source: &dyn Collector, _: SystemTime) -> Result<Vec<Batch<Vec<u8>>>, PushError> {
        let mut count = Count(0);
        let _ = source.collect(&mut count);
        Ok(vec![Batch { samples: count.0, content: self.body(source)? }])
    }

    fn send(&self, batch: &Batch<Vec<u8>>) -> Result<u64, PushError> {
        self.request(if self.add { "POST" } else { "PUT" }, &batch.content)
    }
}

/// A family and a metric of it, by their numbers.
type Place = (usize, usize);

/// Looks for labels that belong to the key, and for points of a series that a later one follows.
struct Check<'a> {
    key: &'a GroupingKey,
    found: Option<PushError>,
    place: Place,
    /// The labels of the last metric, if that has a timestamp.
    last: Option<Vec<(String, String)>>,
    older: Vec<Place>,
}

impl Encoder for Check<'_> {
    fn begin(&mut self, _: &Desc<'_>) -> Result<bool, Stop> {
        (self.place, self.last) = ((self.place.0 + 1, 0), None);
        if self.found.is_some() { Err(Stop) } else { Ok(true) }
    }

    fn metric(&mut self, desc: &Desc<'_>, labels: &dyn LabelSet, point: &Point<'_>) -> Result<(), Stop> {
        let own = point.timestamp().map(|_| {
            (0..).map_while(|index| labels.label(index)).map(|label| (label.name.to_owned(), label.value.to_owned())).collect::<Vec<_>>()
        });
        if own.is_some() && own == self.last {
            self.older.push((self.place.0, self.place.1.saturating_sub(1)));
        }
        (self.place.1, self.last) = (self.place.1 + 1, own);
        match (0..).map_while(|index| labels.label(index)).find(|label| self.key.has(label.name)) {
            Some(label) => {
                self.found = Some(PushError::GroupingLabel { family: desc.name().to_string(), label: label.name.into() });
                Err(Stop)
            }
            None => Ok(()),
        }
    }

    fn run(&mut self) -> Option<&mut dyn Run> {
        None
    }
}

/// Counts metrics.
pub(super) struct Count(pub(super) usize);

impl Encoder for Count {
    fn begin(&mut self, _: &Desc<'_>) -> Result<bool, Stop> {
        Ok(true)
    }

    fn metric(&mut self, _: &Desc<'_>, _: &dyn LabelSet, _: &Point<'_>) -> Result<(), Stop> {
        self.0 += 1;
        Ok(())
    }

    fn run(&mut self) -> Option<&mut dyn Run> {
        None
    }
}

/// The same metrics without timestamps, which the Pushgateway refuses, and of each series the last point.
struct Timeless<'a>(&'a dyn Collector, Vec<Place>);

impl Collector for Timeless<'_> {
    fn collect(&self, out: &mut dyn Encoder) -> Result<(), Stop> {
        self.0.collect(&mut WithoutTimes { out, place: (0, 0), older: &self.1 })
    }
}

struct WithoutTimes<'a> {
    out: &'a mut dyn Encoder,
    place: Place,
    /// In order.
    older: &'a [Place],
}

impl Encoder for WithoutTimes<'_> {
    fn begin(&mut self, desc: &Desc<'_>) -> Result<bool, Stop> {
        self.place = (self.place.0 + 1, 0);
        self.out.begin(desc)
    }

    fn metric(&mut self, desc: &Desc<'_>, labels: &dyn LabelSet, point: &Point<'_>) -> Result<(), Stop> {
        let is_older = self.older.binary_search(&self.place).is_ok();
        self.place.1 += 1;
        if is_older {
            self.out.skip();
            return Ok(());
        }
        self.out.metric(desc, labels, &Point::new(point.value))
    }

    fn run(&mut self) -> Option<&mut dyn Run> {
        self.out.run()
    }
}
