//! The grouping key of the Pushgateway: which group of metrics a push replaces.

use std::collections::BTreeMap;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE;
use picometer::Label;

use super::address::percent_encode;
use super::error::PushError;

/// Job and labels of a group, as a path: `/metrics/job/nightly/instance/a`.
///
/// ```
/// use picometer_std::push::GroupingKey;
///
/// let key = GroupingKey::new("my job")?.label("path", "a/b")?.label("dir", "")?;
/// assert_eq!(key.path(), "/metrics/job/my%20job/dir@base64/=/path@base64/YS9i");
/// # Ok::<(), picometer_std::push::PushError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupingKey {
    job: String,
    labels: BTreeMap<String, String>,
}

impl GroupingKey {
    /// The group of a job without further labels.
    ///
    /// # Errors
    ///
    /// [`PushError::Label`], if the job is empty.
    pub fn new(job: &str) -> Result<Self, PushError> {
        if job.is_empty() {
            return Err(PushError::Label { name: "job".into(), reason: "a push needs the name of its job: give one" });
        }
        Ok(Self { job: job.into(), labels: BTreeMap::new() })
    }

    /// The same group with one more label; the same name again replaces it.
    ///
    /// # Errors
    ///
    /// [`PushError::Label`], if the name is not legal, starts with `__`, or is `job`.
    pub fn label(mut self, name: &str, value: &str) -> Result<Self, PushError> {
        let bad = |reason| PushError::Label { name: name.into(), reason };
        if name == "job" {
            return Err(bad("the job is given once"));
        }
        if Label::try_new(name, value).is_err() {
            return Err(bad("the Pushgateway takes names of letters, digits and `_`, not starting with `__`"));
        }
        self.labels.insert(name.into(), value.into());
        Ok(self)
    }

    /// Whether a label belongs to the key.
    pub(super) fn has(&self, name: &str) -> bool {
        name == "job" || self.labels.contains_key(name)
    }

    /// The path behind the address of the Pushgateway, labels sorted by name.
    ///
    /// ```
    /// # use picometer_std::push::GroupingKey;
    /// let key = GroupingKey::new("backup").unwrap().label("path", "/var").unwrap();
    /// assert_eq!(key.path(), "/metrics/job/backup/path@base64/L3Zhcg==");
    /// ```
    pub fn path(&self) -> String {
        let mut path = "/metrics".to_owned();
        let labels = self.labels.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        for (name, value) in std::iter::once(("job", self.job.as_str())).chain(labels) {
            path.push('/');
            path.push_str(name);
            // A slash would part the path even as `%2F`, and an empty component would vanish (P3).
            if value.is_empty() {
                path.push_str("@base64/=");
            } else if value.contains('/') {
                path.push_str("@base64/");
                path.push_str(&URL_SAFE.encode(value));
            } else {
                path.push('/');
                percent_encode(value, &mut path);
            }
        }
        path
    }
}

/// Returns the grouping key of a job on this machine: the label `instance` is the address that others see.
///
/// That is the address of the interface which packets to the Internet leave by, or that of the loopback where there is none. Nothing
/// is sent.
///
/// ```
/// use picometer_std::push::{Pushgateway, instance_ip_grouping_key};
///
/// let key = instance_ip_grouping_key("backup")?;
/// assert!(key.path().starts_with("/metrics/job/backup/instance/"));
/// let pushgateway = Pushgateway::with_key("http://pushgateway:9091", key)?;
/// # Ok::<(), picometer_std::push::PushError>(())
/// ```
///
/// # Errors
///
/// [`PushError::Label`], if the job is empty.
pub fn instance_ip_grouping_key(job: &str) -> Result<GroupingKey, PushError> {
    GroupingKey::new(job)?.label("instance", &address_of_this_machine())
}

fn address_of_this_machine() -> String {
    let address = |bind: &str, to: &str| {
        let socket = std::net::UdpSocket::bind(bind)?;
        // A UDP socket that is connected has a local address, and no packet has left.
        socket.connect(to)?;
        socket.local_addr()
    };
    let found = address("0.0.0.0:0", "192.0.2.1:9").or_else(|_| address("[::]:0", "[2001:db8::1]:9"));
    found.map_or_else(|_| "127.0.0.1".into(), |address| address.ip().to_string())
}
