//! What was measured, as Markdown and as JSON lines.

use std::fmt::Write as _;

use crate::column::{Role, Unit};
use crate::processor;

/// What was measured of a case.
#[derive(Clone, Debug)]
pub struct CaseReport {
    /// Its name, for the command line and for programs.
    pub name: String,
    /// What it is, for people.
    pub title: String,
    /// What the figures are.
    pub unit: Unit,
    /// In the order in which they were added.
    pub columns: Vec<ColumnReport>,
}

/// What was measured of one column.
#[derive(Clone, Debug)]
pub struct ColumnReport {
    /// What was measured.
    pub name: String,
    /// What it is to the others.
    pub role: Role,
    /// The median of all rounds.
    pub median: f64,
    /// The best round.
    pub least: f64,
    /// The interquartile range.
    pub spread: f64,
    /// How many times as much the best peer takes.
    pub ratio_to_best_peer: Option<f64>,
    /// How many times as much as the limit of the case it takes; none where the limit is nothing.
    pub ratio_to_limit: Option<f64>,
    /// Bytes written or read for one unit, if that was said.
    pub bytes: Option<f64>,
    /// Allocator calls for one unit, where they were counted.
    pub allocations: Option<f64>,
}

impl Unit {
    /// The figure's unit, and what it is for one of.
    pub(crate) fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Nanos(per) => ("ns", per),
            Self::Micros(per) => ("us", per),
            Self::Bytes(per) => ("bytes", per),
            Self::Other(what) => (what, ""),
        }
    }

    fn text(self) -> String {
        let (unit, per) = self.words();
        if per.is_empty() { unit.to_owned() } else { format!("{unit}/{per}") }
    }

    /// Seconds for one.
    fn seconds(self, figure: f64) -> Option<f64> {
        match self {
            Self::Nanos(_) => Some(figure / 1e9),
            Self::Micros(_) => Some(figure / 1e6),
            Self::Bytes(_) | Self::Other(_) => None,
        }
    }
}

/// A heading and a table.
pub(crate) fn table(case: &CaseReport) -> String {
    let with_bytes = case.columns.iter().any(|column| column.bytes.is_some());
    let with_allocations = case.columns.iter().any(|column| column.allocations.is_some_and(|calls| calls > 0.0));
    let mut out =
        format!("### {}: {}\n\n| column | {} | least | IQR | over best peer | of limit |", case.name, case.title, case.unit.text());
    out.push_str(if with_bytes { " MB/s |" } else { "" });
    out.push_str(if with_allocations { " allocator calls |" } else { "" });
    out.push_str("\n|---|--:|--:|--:|--:|--:|");
    out.push_str(if with_bytes { "--:|" } else { "" });
    out.push_str(if with_allocations { "--:|" } else { "" });
    for column in &case.columns {
        let name = match column.role {
            Role::Ours => format!("**{}**", column.name),
            Role::Peer => column.name.clone(),
            Role::Limit => format!("*{}*", column.name),
        };
        let spread = if column.median > 0.0 { 100.0 * column.spread / column.median } else { 0.0 };
        let ratio = column.ratio_to_best_peer.map_or(String::new(), |ratio| format!("{ratio:.2}×"));
        let limit = of_limit(column);
        let _ = write!(out, "\n| {name} | {} | {} | {spread:.0} % | {ratio} | {limit} |", short(column.median), short(column.least));
        if with_bytes {
            let rate = column.bytes.zip(case.unit.seconds(column.median)).map(|(bytes, seconds)| bytes / seconds / 1e6);
            let _ = write!(out, " {} |", rate.map_or(String::new(), |rate| format!("{rate:.0}")));
        }
        if with_allocations {
            let _ = write!(out, " {} |", column.allocations.map_or(String::new(), short));
        }
    }
    out.push_str("\n\n");
    out
}

/// How many times the limit, to two digits behind the point.
fn of_limit(column: &ColumnReport) -> String {
    column.ratio_to_limit.map_or(String::new(), |ratio| format!("{ratio:.2}×"))
}

/// What a case comes to: our columns, the best peer and the limit; below a heading with the processor, if it is the first.
pub(crate) fn row(case: &CaseReport, first: bool) -> String {
    let mut out = String::new();
    if first {
        let _ = writeln!(out, "{}\n", processor::line());
        out.push_str("| case | picometer | best peer | over best peer | limit | of limit |\n|---|--:|--:|--:|--:|--:|\n");
    }
    let (unit, _) = case.unit.words();
    let named = |column: &ColumnReport| format!("{} {unit} {}", short(column.median), column.name);
    let of = |role| case.columns.iter().filter(move |column| column.role == role);
    let best = of(Role::Peer).min_by(|one, other| one.median.total_cmp(&other.median)).map(named).unwrap_or_default();
    let limit = of(Role::Limit).next().map(named).unwrap_or_default();
    for (place, column) in of(Role::Ours).enumerate() {
        let title = if place == 0 { format!("{} ({})", case.title, case.name) } else { column.name.clone() };
        let ratio = column.ratio_to_best_peer.map_or(String::new(), |ratio| format!("{ratio:.1}×"));
        let (best, limit) = if place == 0 { (&*best, &*limit) } else { ("", "") };
        let figure = short(column.median);
        let _ = writeln!(out, "| {title} | {figure} {unit} | {best} | {ratio} | {limit} | {} |", of_limit(column));
    }
    out
}

const BEGIN: &str = "<!-- summary -->\n";
const END: &str = "<!-- end of summary -->\n";

/// A text with other rows between its marks; none if it has no marks.
pub(crate) fn between_marks(text: &str, rows: &str) -> Option<String> {
    let (before, rest) = text.split_once(BEGIN)?;
    let (_, behind) = rest.split_once(END)?;
    Some([before, BEGIN, rows, END, behind].concat())
}

/// One object a line, one line a column.
pub(crate) fn json(case: &CaseReport) -> String {
    let mut out = String::new();
    for column in &case.columns {
        let [ratio, limit] = [column.ratio_to_best_peer, column.ratio_to_limit]
            .map(|ratio| ratio.map_or_else(|| "null".to_owned(), |ratio| format!("{ratio:.4}")));
        let _ = write!(
            out,
            r#"{{"case":{},"column":{},"ns":{:.4},"unit":{},"ratio_to_best_peer":{ratio},"ratio_to_limit":{limit},"least":{:.4},"iqr":{:.4}"#,
            quoted(&case.name),
            quoted(&column.name),
            column.median,
            quoted(&case.unit.text()),
            column.least,
            column.spread
        );
        if let Some(calls) = column.allocations {
            let _ = write!(out, r#","allocator_calls":{calls:.4}"#);
        }
        out.push_str("}\n");
    }
    out
}

/// Three digits or so.
fn short(figure: f64) -> String {
    match figure.abs() {
        size if size >= 100.0 => format!("{figure:.0}"),
        size if size >= 10.0 => format!("{figure:.1}"),
        _ => format!("{figure:.2}"),
    }
}

fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report() -> CaseReport {
        let column = |name: &str, role, median, ratio_to_best_peer| ColumnReport {
            name: name.to_owned(),
            role,
            median,
            least: median,
            spread: median / 10.0,
            ratio_to_best_peer,
            ratio_to_limit: ratio_to_best_peer.map(|_| median),
            bytes: None,
            allocations: None,
        };
        let columns = vec![
            column("picometer", Role::Ours, 2.0, Some(5.0)),
            column("peer", Role::Peer, 10.0, Some(1.0)),
            column("add", Role::Limit, 1.0, None),
            column("store", Role::Limit, 0.5, None),
        ];
        CaseReport { name: "counter-1T".to_owned(), title: "inc".to_owned(), unit: Unit::Nanos("inc"), columns }
    }

    #[test]
    fn a_table_has_a_row_for_each_column() {
        let text = table(&report());
        assert!(
            text.contains("\n| **picometer** | 2.00 | 2.00 | 10 % | 5.00× | 2.00× |\n| peer | 10.0 | 10.0 | 10 % | 1.00× | 10.00× |\n"),
            "{text}"
        );
    }

    #[test]
    fn a_row_has_what_is_best() {
        let text = row(&report(), true);
        assert!(text.ends_with("\n| inc (counter-1T) | 2.00 ns | 10.0 ns peer | 5.0× | 1.00 ns add | 2.00× |\n"), "{text}");
    }

    #[test]
    fn summary_is_replaced_between_marks() {
        let text = format!("a\n{BEGIN}old\n{END}b\n");
        assert_eq!(between_marks(&text, "new\n").as_deref(), Some(&*format!("a\n{BEGIN}new\n{END}b\n")));
        assert_eq!(between_marks("a\n", "new\n"), None);
    }

    #[test]
    fn json_has_a_line_for_each_column() {
        let text = json(&report());
        let first =
            r#"{"case":"counter-1T","column":"picometer","ns":2.0000,"unit":"ns/inc","ratio_to_best_peer":5.0000,"ratio_to_limit":2.0000,"#;
        assert!(text.starts_with(first), "{text}");
        assert!(text.lines().count() == 4 && text.contains(r#""ratio_to_best_peer":null,"ratio_to_limit":null"#), "{text}");
        assert_eq!(quoted("a\"b\\c\n"), r#""a\"b\\c\u000a""#);
    }
}
