//! Lines grouped into families.

mod grouper;
pub(super) mod header;

use super::error::{Error, ErrorKind};
use super::event::Sample;
use super::lexer::Lexer;
use super::own::Owner;
use super::rules::{Dialect, Rules};
use crate::model;
pub(super) use grouper::Grouper;

/// Groups the lines of a page into families and checks what concerns more than one line: an iterator over families whose samples
/// borrow from the page.
///
/// Samples belong to the header that they follow, as far as their names fit its type; others are families of their own, of unknown
/// type. In OpenMetrics every rule of the specification is checked. Behind an error it goes on.
///
/// ```
/// use picometer_std::parse::{Dialect, Families, Lexer};
///
/// let page = "# TYPE t_seconds summary\nt_seconds_count 2\nt_seconds_sum 0.5\nup 1\n";
/// let families: Vec<_> = Families::new(Lexer::new(page, Dialect::Text004))
///     .collect::<Result<_, _>>()
///     .unwrap();
/// assert_eq!(families[0].name, "t_seconds");
/// assert_eq!(families[0].samples.len(), 2);
/// assert_eq!(families[1].name, "up");
/// ```
#[derive(Debug)]
pub struct Families<'a> {
    lexer: Lexer<'a>,
    grouper: Grouper<Sample<'a>>,
    ended: bool,
}

impl<'a> Families<'a> {
    /// The families of the page that `lexer` reads, by its rules.
    pub fn new(lexer: Lexer<'a>) -> Self {
        let grouper = Grouper::new(lexer.dialect(), lexer.current_rules());
        Self { lexer, grouper, ended: false }
    }

    /// The line that was read last, counted from 1.
    pub fn line(&self) -> u32 {
        self.lexer.line()
    }

    /// The line at which the family starts that was given last.
    pub fn family_line(&self) -> u32 {
        self.grouper.family_line
    }
}

impl<'a> Iterator for Families<'a> {
    type Item = Result<model::Family<Sample<'a>>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(ready) = self.grouper.take() {
                return Some(ready);
            }
            match self.lexer.next() {
                Some(event) => self.grouper.event(event, &self.lexer, |sample, out| out.push(*sample)),
                None if std::mem::replace(&mut self.ended, true) => return None,
                None => self.grouper.finish(),
            }
        }
    }
}

/// Reads a whole page into families of its own.
///
/// ```
/// use picometer_std::parse::{self, Dialect, Rules};
///
/// let families = parse::families(
///     "# TYPE up gauge\nup{job=\"a\"} 1\n",
///     Dialect::Text004,
///     Rules::STRICT,
/// )
/// .unwrap();
/// assert_eq!(families[0].samples[0].labels.get("job"), Some("a"));
/// ```
///
/// # Errors
///
/// The first that there is.
#[doc(alias("text_string_to_metric_families", "TextParser"))]
pub fn families(page: &str, dialect: Dialect, rules: Rules) -> Result<Vec<model::Family>, Error> {
    let mut families = Vec::new();
    each(page, dialect, rules, &mut |family| {
        families.push(family?);
        Ok(())
    })?;
    Ok(families)
}

/// Reads a whole page into families of its own and passes over what is wrong: lines, and in OpenMetrics read strictly whole families.
///
/// ```
/// use picometer_std::parse::{self, Dialect, Rules};
///
/// let (families, errors) =
///     parse::families_and_errors("a 1\nb x\nc 3\n", Dialect::Text004, Rules::STRICT);
/// assert_eq!((families.len(), errors.len(), errors[0].line), (2, 1, 2));
/// ```
pub fn families_and_errors(page: &str, dialect: Dialect, rules: Rules) -> (Vec<model::Family>, Vec<Error>) {
    let (mut families, mut errors) = (Vec::new(), Vec::new());
    // It goes on as long as there is no error of its own.
    let _: Result<(), Error> = each(page, dialect, rules, &mut |family| {
        match family {
            Ok(family) => families.push(family),
            Err(error) => errors.push(error),
        }
        Ok(())
    });
    errors.sort_by_key(|error| error.offset);
    (families, errors)
}

/// Gives every family, and every error, until `take` returns one.
fn each(
    page: &str,
    dialect: Dialect,
    rules: Rules,
    take: &mut dyn FnMut(Result<model::Family, Error>) -> Result<(), Error>,
) -> Result<(), Error> {
    let mut lexer = Lexer::new(page, dialect).rules(rules);
    let (mut grouper, mut owner) = (Grouper::new(dialect, rules), Owner::default());
    while let Some(event) = lexer.next() {
        grouper.event(event, &lexer, |sample, out| owner.samples(sample, out));
        if owner.is_exceeded() {
            return take(Err(lexer.line_error(ErrorKind::PageTooLong)));
        }
        while let Some(family) = grouper.take() {
            take(family)?;
        }
    }
    grouper.finish();
    while let Some(family) = grouper.take() {
        take(family)?;
    }
    Ok(())
}
