//! The wire format: tags, varints, lengths.

use super::super::error::{Error, ErrorKind};

/// A message that is read field by field.
#[derive(Clone, Copy, Debug)]
pub(super) struct Wire<'a> {
    rest: &'a [u8],
    /// Where the rest starts in the page.
    at: usize,
}

/// The value of a field.
#[derive(Clone, Copy, Debug)]
pub(super) enum Value<'a> {
    Varint(u64),
    Double(f64),
    Bytes(Wire<'a>),
}

/// How deep groups may be nested, which no exporter sends.
const DEEPEST_GROUP: u32 = 16;

impl<'a> Wire<'a> {
    pub(super) fn new(rest: &'a [u8], at: usize) -> Self {
        Self { rest, at }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub(super) fn offset(&self) -> usize {
        self.at
    }

    pub(super) fn error<T>(&self, kind: ErrorKind) -> Result<T, Error> {
        Err(Error { kind, line: 0, column: 0, offset: self.at as u64 })
    }

    fn take(&mut self, count: usize) -> Result<&'a [u8], Error> {
        match self.rest.split_at_checked(count) {
            Some((taken, rest)) => {
                (self.rest, self.at) = (rest, self.at + count);
                Ok(taken)
            }
            None => self.error(ErrorKind::Truncated),
        }
    }

    pub(super) fn message(&mut self, length: usize) -> Result<Self, Error> {
        let at = self.at;
        self.take(length).map(|bytes| Self::new(bytes, at))
    }

    fn varint_of(&mut self, most: usize) -> Result<u64, Error> {
        let mut value = 0_u64;
        for index in 0..most {
            let Some(&byte) = self.rest.get(index) else { return self.error(ErrorKind::Truncated) };
            // The tenth byte has one bit left.
            if index == 9 && byte > 1 {
                return self.error(ErrorKind::InvalidVarint);
            }
            value |= u64::from(byte & 0x7f) << (7 * index);
            if byte < 0x80 {
                self.take(index + 1)?;
                return Ok(value);
            }
        }
        self.error(ErrorKind::InvalidVarint)
    }

    pub(super) fn varint(&mut self) -> Result<u64, Error> {
        self.varint_of(10)
    }

    /// The length of a family: at most five bytes, as the server has it.
    pub(super) fn length_prefix(&mut self) -> Result<usize, Error> {
        let length = self.varint_of(5)?;
        match usize::try_from(length) {
            Ok(length) => Ok(length),
            Err(_) => self.error(ErrorKind::MessageTooLong),
        }
    }

    pub(super) fn double(&mut self) -> Result<f64, Error> {
        let bytes = self.take(8)?;
        Ok(bytes.first_chunk().map_or(0.0, |bytes| f64::from_le_bytes(*bytes)))
    }

    /// The next field that has a value of a known wire type, or nothing at the end.
    pub(super) fn field(&mut self) -> Result<Option<(u32, Value<'a>)>, Error> {
        while !self.is_empty() {
            let tag = self.varint()?;
            let Ok(number @ 1..=0x1fff_ffff) = u32::try_from(tag >> 3) else { return self.error(ErrorKind::InvalidField) };
            let value = match tag & 7 {
                0 => Value::Varint(self.varint()?),
                1 => Value::Double(self.double()?),
                2 => {
                    let length = self.varint()?;
                    Value::Bytes(self.message(usize::try_from(length).unwrap_or(usize::MAX))?)
                }
                3 => {
                    self.skip_group(number)?;
                    continue;
                }
                5 => {
                    self.take(4)?;
                    continue;
                }
                _ => return self.error(ErrorKind::InvalidField),
            };
            return Ok(Some((number, value)));
        }
        Ok(None)
    }

    /// Passes over a group, which an unknown field may be.
    fn skip_group(&mut self, number: u32) -> Result<(), Error> {
        let mut open = vec![u64::from(number)];
        while let Some(&innermost) = open.last() {
            if open.len() > DEEPEST_GROUP as usize {
                return self.error(ErrorKind::TooDeep);
            }
            let tag = self.varint()?;
            match tag & 7 {
                0 => drop(self.varint()?),
                1 => drop(self.take(8)?),
                2 => {
                    let length = self.varint()?;
                    self.take(usize::try_from(length).unwrap_or(usize::MAX))?;
                }
                3 => open.push(tag >> 3),
                4 if tag >> 3 == innermost => drop(open.pop()),
                5 => drop(self.take(4)?),
                _ => return self.error(ErrorKind::InvalidField),
            }
        }
        Ok(())
    }

    pub(super) fn text(&self) -> Result<&'a str, Error> {
        match std::str::from_utf8(self.rest) {
            Ok(text) => Ok(text),
            Err(error) => Err(Error { kind: ErrorKind::InvalidUtf8, line: 0, column: 0, offset: (self.at + error.valid_up_to()) as u64 }),
        }
    }
}

/// The value of a field, if it has the wire type that it should have.
impl<'a> Value<'a> {
    fn wrong<T>(at: &Wire<'_>) -> Result<T, Error> {
        at.error(ErrorKind::InvalidField)
    }

    /// How many bytes it has, where it has a length.
    pub(super) fn len(&self) -> usize {
        if let Self::Bytes(bytes) = self { bytes.rest.len() } else { 0 }
    }

    pub(super) fn uint(self, at: &Wire<'_>) -> Result<u64, Error> {
        if let Self::Varint(value) = self { Ok(value) } else { Self::wrong(at) }
    }

    pub(super) fn float(self, at: &Wire<'_>) -> Result<f64, Error> {
        if let Self::Double(value) = self { Ok(value) } else { Self::wrong(at) }
    }

    pub(super) fn bytes(self, at: &Wire<'_>) -> Result<Wire<'a>, Error> {
        if let Self::Bytes(bytes) = self { Ok(bytes) } else { Self::wrong(at) }
    }

    pub(super) fn string(self, at: &Wire<'_>) -> Result<&'a str, Error> {
        self.bytes(at)?.text()
    }

    /// Appends zigzag integers, packed or not.
    pub(super) fn push_signed(self, at: &Wire<'_>, into: &mut Vec<i64>) -> Result<(), Error> {
        match self {
            Self::Varint(value) => into.push(zigzag(value)),
            Self::Bytes(mut packed) => {
                while !packed.is_empty() {
                    into.push(zigzag(packed.varint()?));
                }
            }
            Self::Double(_) => return Self::wrong(at),
        }
        Ok(())
    }

    /// Appends doubles, packed or not.
    pub(super) fn push_doubles(self, at: &Wire<'_>, into: &mut Vec<f64>) -> Result<(), Error> {
        match self {
            Self::Double(value) => into.push(value),
            Self::Bytes(mut packed) => {
                while !packed.is_empty() {
                    into.push(packed.double()?);
                }
            }
            Self::Varint(_) => return Self::wrong(at),
        }
        Ok(())
    }
}

pub(super) fn zigzag(value: u64) -> i64 {
    (value >> 1) as i64 ^ -((value & 1) as i64)
}
