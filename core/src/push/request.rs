//! What a push sends: a head of constant parts, and a body that is written a buffer at a time.

use super::remote_write::RemoteWrite;
use crate::exposition::{Exposition, FillError};

/// The head of a request.
///
/// ```
/// use picometer::push::Request;
///
/// // A push to the group `{job="sensor",instance="d42"}`. What is not a letter, a digit or
/// // one of `-._~` would be percent-encoded.
/// let request = Request {
///     method: "PUT",
///     host: "pushgateway:9091",
///     path: "/metrics/job/sensor/instance/d42",
///     headers: &[("Content-Type", "text/plain; version=0.0.4; charset=utf-8")],
/// };
/// ```
#[derive(Clone, Copy, Debug)]
#[cfg_attr(feature = "defmt", derive(defmt::Format))]
pub struct Request<'a> {
    /// `PUT`, `POST`, `DELETE`, `GET`.
    pub method: &'a str,
    /// The value of `Host`: a name or an address, with the port where it is not 80.
    pub host: &'a str,
    /// The path, percent-encoded.
    pub path: &'a str,
    /// Headers besides `Host`, `User-Agent`, `Connection` and those of the body's length.
    pub headers: &'a [(&'a str, &'a str)],
}

/// What a request carries.
///
/// Implemented for pages ([`Exposition`]), [`RemoteWrite`], and `()`, which is nothing.
///
/// ```
/// use picometer::FillError;
/// use picometer::push::Body;
///
/// struct Line(&'static [u8]);
///
/// impl Body for Line {
///     fn content_length(&mut self) -> Option<u64> {
///         Some(self.0.len() as u64)
///     }
///     fn fill(&mut self, buffer: &mut [u8]) -> Result<usize, FillError> {
///         let len = buffer.len().min(self.0.len());
///         buffer[..len].copy_from_slice(&self.0[..len]);
///         self.0 = &self.0[len..];
///         Ok(len)
///     }
///     fn is_done(&self) -> bool {
///         self.0.is_empty()
///     }
/// }
/// ```
pub trait Body {
    /// How many bytes it has, if that can be promised; otherwise it is sent in chunks.
    fn content_length(&mut self) -> Option<u64>;

    /// Writes the next bytes and returns how many; 0 when it is whole.
    ///
    /// # Errors
    ///
    /// [`FillError`]: the rest cannot be written, and the connection is to be reset.
    fn fill(&mut self, buffer: &mut [u8]) -> Result<usize, FillError>;

    /// Whether it is whole.
    fn is_done(&self) -> bool;
}

impl Body for () {
    fn content_length(&mut self) -> Option<u64> {
        Some(0)
    }

    fn fill(&mut self, _: &mut [u8]) -> Result<usize, FillError> {
        Ok(0)
    }

    fn is_done(&self) -> bool {
        true
    }
}

impl<const BUCKETS: usize> Body for Exposition<'_, BUCKETS> {
    /// Unknown: values may gain digits while they are sent.
    fn content_length(&mut self) -> Option<u64> {
        None
    }

    fn fill(&mut self, buffer: &mut [u8]) -> Result<usize, FillError> {
        self.fill(buffer)
    }

    fn is_done(&self) -> bool {
        self.is_done()
    }
}

impl<const BUCKETS: usize> Body for RemoteWrite<'_, BUCKETS> {
    fn content_length(&mut self) -> Option<u64> {
        Some(self.content_length())
    }

    fn fill(&mut self, buffer: &mut [u8]) -> Result<usize, FillError> {
        self.fill(buffer)
    }

    fn is_done(&self) -> bool {
        self.is_done()
    }
}

impl<B: Body + ?Sized> Body for &mut B {
    fn content_length(&mut self) -> Option<u64> {
        (**self).content_length()
    }

    fn fill(&mut self, buffer: &mut [u8]) -> Result<usize, FillError> {
        (**self).fill(buffer)
    }

    fn is_done(&self) -> bool {
        (**self).is_done()
    }
}
