//! Comparing a page with its expected text, in tests of programs that have metrics.

use std::fmt::Write;

use picometer::{Collector, Format};

use crate::render::render;

/// Asserts that a collector's page in text 0.0.4 is `expected`.
///
/// Indentation and blank lines of `expected` do not count, so that it may stand in a test as it reads best. If none of its lines is a
/// comment, those of the page are left out: samples alone are compared. A part of a registry is compared through
/// [`Restricted`](picometer_registry::Restricted).
///
/// ```
/// use picometer_std::{Counter, Family, Registry, assert_page};
///
/// let registry = Registry::new();
/// let requests = registry.register(Family::<Counter, 1>::new(
///     "requests_total",
///     "Requests.",
///     ["code"],
/// ))?;
/// requests.with(["200"]).inc_by(7);
/// requests.with(["404"]).inc();
/// assert_page(
///     &registry,
///     r#"
///     requests_total{code="200"} 7
///     requests_total{code="404"} 1
///     "#,
/// );
/// # Ok::<(), picometer_std::RegisterError>(())
/// ```
///
/// # Panics
///
/// Panics if the pages differ, with the lines that do: `-` in front of those that are missing, `+` in front of those that are too many.
#[track_caller]
#[doc(alias("CollectAndCompare", "GatherAndCompare"))]
pub fn assert_page(source: &dyn Collector, expected: &str) {
    if let Some(difference) = page_difference(source, expected) {
        panic!("the page is not the expected one (- expected, + found):\n{difference}");
    }
}

/// Returns what [`assert_page`] panics with, or nothing if the page is the expected one.
///
/// ```
/// use picometer_std::{Counter, Metric, page_difference};
///
/// let jobs = Metric::<Counter>::new("jobs_total", "Jobs done.");
/// assert_eq!(page_difference(&jobs, "jobs_total 0"), None);
/// assert_eq!(
///     page_difference(&jobs, "jobs_total 1").unwrap(),
///     "- jobs_total 1\n+ jobs_total 0\n"
/// );
/// ```
pub fn page_difference(source: &dyn Collector, expected: &str) -> Option<String> {
    let mut page = Vec::new();
    render(source, Format::Text004, &mut page);
    let page = String::from_utf8_lossy(&page);
    let expected: Vec<&str> = expected.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let whole = expected.iter().any(|line| line.starts_with('#'));
    // What a label value ends in, blanks too, stands in front of a quote: nothing is cut of it.
    let found: Vec<&str> = page.lines().map(str::trim).filter(|line| whole || !line.starts_with('#')).collect();
    (expected != found).then(|| difference(&expected, &found))
}

/// Lines that are shown around those that differ.
const CONTEXT: usize = 2;
/// More pairs of lines than these are not compared one by one.
const MOST_PAIRS: usize = 4_000_000;

#[derive(Clone, Copy, PartialEq)]
enum Line<'a> {
    Both(&'a str),
    Missing(&'a str),
    Extra(&'a str),
}

fn difference(expected: &[&str], found: &[&str]) -> String {
    let before = expected.iter().zip(found).take_while(|(one, other)| one == other).count();
    let (rest, found_rest) = (expected.get(before..).unwrap_or(&[]), found.get(before..).unwrap_or(&[]));
    let behind = rest.iter().rev().zip(found_rest.iter().rev()).take_while(|(one, other)| one == other).count();
    let one = rest.get(..rest.len() - behind).unwrap_or(&[]);
    let other = found_rest.get(..found_rest.len() - behind).unwrap_or(&[]);
    let mut lines: Vec<Line<'_>> = expected.iter().take(before).map(|line| Line::Both(line)).collect();
    if one.len().saturating_mul(other.len()) > MOST_PAIRS {
        lines.extend(one.iter().map(|line| Line::Missing(line)).chain(other.iter().map(|line| Line::Extra(line))));
    } else {
        align(one, other, &mut lines);
    }
    lines.extend(rest.iter().rev().take(behind).rev().map(|line| Line::Both(line)));
    shown(&lines)
}

/// Adds the lines of both by their longest common subsequence.
fn align<'a>(one: &[&'a str], other: &[&'a str], lines: &mut Vec<Line<'a>>) {
    let width = other.len() + 1;
    // How many lines the rests from here have in common.
    let mut common = vec![0_u32; (one.len() + 1) * width];
    let get = |common: &[u32], i: usize, j: usize| common.get(i * width + j).copied().unwrap_or(0);
    for i in (0..one.len()).rev() {
        for j in (0..other.len()).rev() {
            let best = if one.get(i) == other.get(j) {
                get(&common, i + 1, j + 1) + 1
            } else {
                get(&common, i + 1, j).max(get(&common, i, j + 1))
            };
            if let Some(place) = common.get_mut(i * width + j) {
                *place = best;
            }
        }
    }
    let (mut i, mut j) = (0, 0);
    loop {
        match (one.get(i), other.get(j)) {
            (Some(line), Some(same)) if line == same => {
                lines.push(Line::Both(line));
                (i, j) = (i + 1, j + 1);
            }
            (Some(line), extra) if extra.is_none() || get(&common, i + 1, j) >= get(&common, i, j + 1) => {
                lines.push(Line::Missing(line));
                i += 1;
            }
            (_, Some(line)) => {
                lines.push(Line::Extra(line));
                j += 1;
            }
            _ => return,
        }
    }
}

fn shown(lines: &[Line<'_>]) -> String {
    let differs = |line: &Line<'_>| !matches!(line, Line::Both(_));
    let is_near = |at: usize| {
        let around = at.saturating_sub(CONTEXT)..(at + CONTEXT + 1).min(lines.len());
        lines.get(around).is_some_and(|lines| lines.iter().any(differs))
    };
    let (mut text, mut left_out) = (String::new(), 0_usize);
    for (at, line) in lines.iter().enumerate() {
        if !is_near(at) {
            left_out += 1;
            continue;
        }
        flush(&mut text, &mut left_out);
        let (sign, line) = match line {
            Line::Both(line) => (' ', line),
            Line::Missing(line) => ('-', line),
            Line::Extra(line) => ('+', line),
        };
        // A string takes everything.
        let _ = writeln!(text, "{sign} {line}");
    }
    flush(&mut text, &mut left_out);
    text
}

fn flush(text: &mut String, left_out: &mut usize) {
    if *left_out > 0 {
        let _ = writeln!(text, "  … {left_out} equal lines");
        *left_out = 0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn difference_aligns_lines_and_leaves_out_equal_ones() {
        let one: Vec<String> = (0..20).map(|at| format!("a{at}")).collect();
        let mut other = one.clone();
        other[10] = "changed".into();
        other.remove(15);
        other.insert(0, "new".into());
        let (one, other): (Vec<&str>, Vec<&str>) = (one.iter().map(|line| &**line).collect(), other.iter().map(|line| &**line).collect());
        let expected = "+ new\n  a0\n  a1\n  … 6 equal lines\n  a8\n  a9\n- a10\n+ changed\n  a11\n  a12\n  a13\n  a14\n- a15\n  a16\n  a17\n  … 2 equal lines\n";
        assert_eq!(difference(&one, &other), expected);
        assert_eq!(difference(&["a"], &[]), "- a\n");
        assert_eq!(difference(&[], &["a"]), "+ a\n");
    }

    #[test]
    fn long_pages_are_compared_in_bounded_memory() {
        let one: Vec<String> = (0..3_000).map(|at| format!("a{at}")).collect();
        let (one, other): (Vec<&str>, Vec<&str>) = (one.iter().map(|line| &**line).collect(), vec!["b"; 3_000]);
        assert_eq!(difference(&one, &other).lines().count(), 6_000);
    }
}
