//! What the figures were measured on.

use std::thread::available_parallelism;

/// The processor's name, as far as the system tells it, and how many of its cores there are.
pub(crate) fn line() -> String {
    let told = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let count = available_parallelism().map_or(1, usize::from);
    format!("Measured on {}, {count} cores.", name(&told).unwrap_or_else(|| std::env::consts::ARCH.to_owned()))
}

/// Virtual machines shorten the name of a model, so its numbers are told as well.
fn name(told: &str) -> Option<String> {
    let of = |wanted: &str| {
        let pairs = told.lines().filter_map(|line| line.split_once(':'));
        pairs.map(|(key, value)| (key.trim(), value.trim())).find(|&(key, _)| key == wanted).map(|(_, value)| value)
    };
    let model = of("model name")?;
    Some(match (of("cpu family"), of("model")) {
        (Some(family), Some(number)) => format!("{model} (family {family}, model {number})"),
        _ => model.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_has_the_numbers_of_the_model() {
        let told = "processor\t: 0\ncpu family\t: 25\nmodel\t\t: 17\nmodel name\t: AMD EPYC\n";
        assert_eq!(name(told).as_deref(), Some("AMD EPYC (family 25, model 17)"));
        assert_eq!(name("model name : Cortex-A76").as_deref(), Some("Cortex-A76"));
        assert_eq!(name(""), None);
    }
}
