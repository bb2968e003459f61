//! The lines of series that come twice.

use std::collections::HashMap;

use super::{Problem, Rule};
use crate::model::Time;
use crate::parse::{Dialect, Event, Lexer, Rules};

/// Adds to each problem with a repeated series the lines on which it is.
pub(super) fn name_both(page: &str, dialect: Dialect, rules: Rules, problems: &mut [Problem]) {
    let mut places: HashMap<String, Vec<u32>> = HashMap::new();
    let mut lexer = Lexer::new(page, dialect).rules(rules);
    while let Some(event) = lexer.next() {
        let Ok(Event::Sample(sample)) = event else { continue };
        let mut labels: Vec<_> = sample.labels.iter().map(|(name, value)| (name.to_string(), value.to_string())).collect();
        labels.retain(|(_, value)| !value.is_empty());
        labels.sort_unstable();
        let moment = sample.timestamp.map(|time| (time.exact(), Time::seconds(time).to_bits()));
        places.entry(format!("{:?} {labels:?} {moment:?}", sample.name)).or_default().push(lexer.line());
    }
    let repeated: Vec<Vec<u32>> = places.into_values().filter(|lines| lines.len() > 1).collect();
    let mut after: HashMap<u32, u32> = HashMap::new();
    for lines in &repeated {
        for (before, line) in lines.iter().zip(lines.iter().skip(1)) {
            after.insert(*line, *before);
        }
    }
    // Those of a family are listed in the order of their second lines, and so are the lines behind its header.
    let mut seconds: Vec<u32> = after.keys().copied().collect();
    seconds.sort_unstable();
    let mut next: HashMap<u32, usize> = HashMap::new();
    for problem in problems.iter_mut().filter(|problem| problem.rule == Rule::RepeatedSeries) {
        let line = if problem.column > 0 {
            Some(problem.line)
        } else {
            let start = seconds.partition_point(|&second| second < problem.line);
            let place = next.entry(problem.line).or_insert(start);
            *place += 1;
            seconds.get(*place - 1).copied()
        };
        if let Some((line, before)) = line.and_then(|line| Some((line, after.get(&line)?))) {
            problem.text += &format!(", on lines {before} and {line}");
        }
    }
}
