//! Names in parts.

use super::Desc;

/// Text that every name of a registry gets in front; a chain, because registries nest.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Prefix<'a> {
    pub(crate) text: &'a str,
    pub(crate) next: Option<&'a Prefix<'a>>,
}

/// A metric or sample name in parts, in the order in which they are written: prefixes, namespace, subsystem, name, suffix.
///
/// Parts instead of a string, because joining takes memory that a microcontroller does not have to give.
///
/// ```
/// use picometer::Desc;
///
/// static DESC: Desc = Desc::counter("frames_total", "Frames received.")
///     .namespace("nic")
///     .subsystem("rx");
/// assert_eq!(DESC.name(), *"nic_rx_frames_total");
/// assert_eq!(DESC.sample("_created").to_string(), "nic_rx_frames_created");
/// assert_eq!(DESC.name().parts().collect::<String>(), "nic_rx_frames_total");
/// ```
#[derive(Clone, Copy)]
pub struct Name<'a> {
    pub(super) desc: &'a Desc<'a>,
    /// How many bytes at the end of the description's name are left out.
    pub(super) cut: usize,
    pub(super) suffix: &'a str,
}

impl<'a> Name<'a> {
    /// The parts in writing order; joined without anything between they are the name. Some may be empty.
    pub fn parts(self) -> Parts<'a> {
        let Desc { prefix, namespace, subsystem, name, .. } = *self.desc;
        let joint = |part: &str| if part.is_empty() { "" } else { "_" };
        let stem = name.get(..name.len() - self.cut).unwrap_or(name);
        Parts { prefix, own: [namespace, joint(namespace), subsystem, joint(subsystem), stem, self.suffix], next: 0 }
    }

    /// Whether the joined name is this.
    pub(crate) fn is(self, mut text: &[u8]) -> bool {
        for part in self.parts() {
            match text.strip_prefix(part.as_bytes()) {
                Some(rest) => text = rest,
                None => return false,
            }
        }
        text.is_empty()
    }

    /// The bytes of the joined name.
    pub fn bytes(self) -> impl Iterator<Item = u8> {
        self.parts().flat_map(str::bytes)
    }

    /// The characters of the joined name.
    pub fn chars(self) -> impl Iterator<Item = char> {
        self.parts().flat_map(str::chars)
    }
}

impl PartialEq for Name<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.bytes().eq(other.bytes())
    }
}

impl PartialEq<str> for Name<'_> {
    fn eq(&self, other: &str) -> bool {
        self.is(other.as_bytes())
    }
}

impl core::fmt::Display for Name<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.parts().try_for_each(|part| f.write_str(part))
    }
}

impl core::fmt::Debug for Name<'_> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        core::fmt::Display::fmt(self, f)
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for Name<'_> {
    fn format(&self, f: defmt::Formatter<'_>) {
        for part in self.parts() {
            defmt::write!(f, "{=str}", part);
        }
    }
}

/// The parts of a [`Name`].
///
/// ```
/// use picometer::Desc;
///
/// static DESC: Desc = Desc::gauge("load", "Load.").namespace("cpu");
/// assert!(
///     DESC.name().parts().filter(|part| !part.is_empty()).eq(["cpu", "_", "load"])
/// );
/// ```
#[derive(Clone, Debug)]
pub struct Parts<'a> {
    prefix: Option<&'a Prefix<'a>>,
    own: [&'a str; 6],
    next: usize,
}

impl<'a> Parts<'a> {
    /// A name of one part.
    pub(crate) fn of(name: &'a str) -> Self {
        Self { prefix: None, own: [name, "", "", "", "", ""], next: 0 }
    }

    /// The only part, where nothing was taken yet.
    pub(crate) fn single(&self) -> Option<&'a str> {
        match (self.prefix, self.own, self.next) {
            (None, [name, "", "", "", "", ""], 0) => Some(name),
            _ => None,
        }
    }

    /// Takes away what follows the name of the family.
    pub(crate) fn take_suffix(&mut self) -> &'a str {
        let [.., suffix] = &mut self.own;
        core::mem::take(suffix)
    }
}

impl<'a> Iterator for Parts<'a> {
    type Item = &'a str;

    fn next(&mut self) -> Option<&'a str> {
        if let Some(here) = self.prefix {
            self.prefix = here.next;
            return Some(here.text);
        }
        loop {
            let part = self.own.get(self.next).copied()?;
            self.next += 1;
            if !part.is_empty() {
                return Some(part);
            }
        }
    }
}

#[cfg(feature = "defmt")]
impl defmt::Format for Parts<'_> {
    fn format(&self, f: defmt::Formatter<'_>) {
        for part in self.clone() {
            defmt::write!(f, "{=str}", part);
        }
    }
}
