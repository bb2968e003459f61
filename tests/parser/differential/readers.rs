//! The three sets of rules against the readers that they are named for: Prometheus servers, Go's expfmt, the Python client.
//!
//! What they disagree about is listed by kind, with reasons. The test fails on a page that no row is about, and on a row that no page
//! shows any more.

use std::collections::BTreeMap;
use std::path::Path;

use picometer_std::model::Family;
use picometer_std::parse::{self, Dialect, Error, Rules};

use super::disagreements::{ROWS, Row, Who};
use super::pages::{self, Media, Page};
use super::{expfmt, python, server};
use crate::peers::{Folder, newer, program, skip, version};

/// A page about which two disagree.
struct Found<'p> {
    who: Who,
    page: &'p Page,
    /// Why we refuse it, if we do.
    ours: Option<Error>,
    said: String,
}

impl Found<'_> {
    fn is(&self, row: &Row) -> bool {
        let kind = self.ours.as_ref().map_or(row.ours.is_empty(), |error| row.ours.contains(&error.kind));
        row.who == self.who && row.media.is_none_or(|media| media == self.page.media) && kind && (row.is)(self.about())
    }

    /// The line that we refuse, or the page.
    fn about(&self) -> &str {
        let line = self.ours.as_ref().and_then(|error| self.page.text.split('\n').nth(error.line as usize - 1));
        line.unwrap_or(&self.page.text)
    }
}

/// How many verdicts were the same, and those that were not.
#[derive(Default)]
struct Tally<'p> {
    same: BTreeMap<Who, usize>,
    found: Vec<Found<'p>>,
}

impl<'p> Tally<'p> {
    fn add(&mut self, who: Who, page: &'p Page, ours: Option<Error>, same: bool, said: &str) {
        if same {
            *self.same.entry(who).or_default() += 1;
        } else {
            self.found.push(Found { who, page, ours, said: said.into() });
        }
    }

    /// Whether a verdict is the same, where both say taken or refused.
    fn verdict(&mut self, who: Who, page: &'p Page, ours: &Result<Vec<Family>, Error>, theirs: bool, said: &str) {
        self.add(who, page, ours.as_ref().err().copied(), ours.is_ok() == theirs, said);
    }

    /// Fails unless the rows about these readers are exactly what was found.
    #[track_caller]
    fn is_listed(&self, readers: &[Who]) {
        for who in readers {
            let others = self.found.iter().filter(|found| found.who == *who).count();
            println!("{who:?}: {} of {} pages the same", self.same.get(who).unwrap_or(&0), self.same.get(who).unwrap_or(&0) + others);
        }
        let unlisted: Vec<String> = self
            .found
            .iter()
            .filter(|found| !ROWS.iter().any(|row| found.is(row)))
            .map(|found| format!("{:?} {:?} {:?}: {:?} {}", found.who, found.page.media, found.page.text, found.ours, found.said))
            .collect();
        assert!(unlisted.is_empty(), "{} are not listed:\n{}", unlisted.len(), unlisted.join("\n"));
        let gone: Vec<_> = ROWS
            .iter()
            .filter(|row| readers.contains(&row.who) && !self.found.iter().any(|found| found.is(row)))
            .map(|row| (row.who, row.media, row.ours, row.why))
            .collect();
        for row in ROWS.iter().filter(|row| readers.contains(&row.who)) {
            let count = self.found.iter().filter(|found| found.is(row)).count();
            println!("  {:?} {:?} {:?}, {count} pages: {}", row.who, row.media, row.ours, row.why);
        }
        // The newer servers come from a suite that moves.
        let gone: Vec<_> = gone.into_iter().filter(|(who, ..)| *who != Who::Newer).collect();
        assert!(gone.is_empty(), "listed, and not found any more: {gone:#?}");
    }
}

#[test]
fn rules_are_those_of_their_readers() {
    let pages = pages::all();
    let folder = Folder::new("readers");
    let texts: Vec<String> = pages.iter().map(|page| page.text.clone()).collect();
    let Some(python) = python::verdicts(&pages) else { return };
    let Some(go) = expfmt::built(&folder) else { return };
    let Some(prometheus) = program("prometheus").filter(|program| is_debians(program)) else { return };
    let (go, server) = (expfmt::verdicts(&go, &texts), server::verdicts(&prometheus, &pages));
    let mut tally = Tally::default();
    lenient(Who::Server, &pages, &server, &mut tally);
    let mut alone = 0;
    for (at, page) in pages.iter().enumerate() {
        let read = parse::families(&page.text, page.media.dialect(), Rules::READ);
        let text = page.media == Media::Text;
        if text {
            let strict = parse::families(&page.text, Dialect::Text004, Rules::STRICT);
            tally.verdict(Who::Expfmt, page, &strict, go[at].is_some(), "");
        }
        // What one of the others takes, `READ` takes; what is taken although none takes it mixes liberties of several.
        let others = server[at].error.is_none() || (text && go[at].is_some());
        tally.add(Who::Read, page, read.as_ref().err().copied(), read.is_ok() || !others, "");
        tally.add(Who::Python, page, read.as_ref().err().copied(), read.is_ok() || others || python[at].is_none(), "");
        alone += usize::from(read.is_ok() && !others && python[at].is_none());
        if let (Ok(families), Some(theirs)) = (&read, &python[at]) {
            tally.add(Who::Samples, page, None, python::is_same(families, theirs), &format!("{theirs:?}"));
        }
    }
    println!("{} pages, of which {alone} mix liberties of several readers", pages.len());
    tally.is_listed(&[Who::Server, Who::Stored, Who::Expfmt, Who::Read, Who::Python, Who::Samples]);
}

/// The lists are those of the server of Debian's stable suite.
fn is_debians(program: &Path) -> bool {
    let own = version(program) == (2, 42);
    if !own {
        skip("the list of disagreements is that of Prometheus 2.42");
    }
    own
}

/// The newer servers, which read names in quotes.
#[test]
fn lenient_rules_are_those_of_newer_servers() {
    let pages = pages::all();
    for prometheus in newer("prometheus") {
        let (mut tally, server) = (Tally::default(), server::verdicts(&prometheus, &pages));
        lenient(Who::Newer, &pages, &server, &mut tally);
        println!("{}", prometheus.display());
        tally.is_listed(&[Who::Newer, Who::Stored]);
    }
}

/// What the lenient rules take is what the server takes, and what it stored.
fn lenient<'p>(who: Who, pages: &'p [Page], server: &[server::Verdict], tally: &mut Tally<'p>) {
    for (page, theirs) in pages.iter().zip(server) {
        let ours = parse::families(&page.text, page.media.dialect(), Rules::LENIENT);
        tally.verdict(who, page, &ours, theirs.error.is_none(), &format!("{theirs:?}"));
        if let (Ok(families), None) = (&ours, &theirs.error) {
            let same = server::is_stored(families, &theirs.series);
            tally.add(Who::Stored, page, None, same, &format!("{families:?} {:?}", theirs.series));
        }
    }
}
