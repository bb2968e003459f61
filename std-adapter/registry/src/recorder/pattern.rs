//! What histograms are made of, by their names.

use picometer::Kind;

use super::name;
use crate::cell::buckets::BucketBounds;
use crate::cell::native::NativeBuckets;

/// What a histogram is made of.
#[derive(Clone, Debug)]
pub(super) enum Shape {
    Classic(BucketBounds),
    Native(NativeBuckets),
}

/// Shapes by the names of histograms, and one for all others.
#[derive(Debug)]
pub(super) struct Shapes {
    others: Shape,
    by_pattern: Vec<(Pattern, Shape)>,
}

impl Shapes {
    pub(super) fn new() -> Self {
        Self { others: Shape::Classic(BucketBounds::default()), by_pattern: Vec::new() }
    }

    pub(super) fn set_others(&mut self, shape: Shape) {
        self.others = shape;
    }

    /// A pattern that was given before has this shape from now on.
    pub(super) fn set(&mut self, pattern: &str, shape: Shape) {
        let pattern = Pattern::new(pattern);
        self.by_pattern.retain(|(before, _)| *before != pattern);
        self.by_pattern.push((pattern, shape));
    }

    /// That of the closest pattern; of two that are as close, the later one.
    pub(super) fn of(&self, name: &str) -> &Shape {
        let matching = self.by_pattern.iter().filter(|(pattern, _)| pattern.matches(name));
        matching.max_by_key(|(pattern, _)| pattern.closeness()).map_or(&self.others, |(_, shape)| shape)
    }
}

/// A name, or one in which each `*` stands for any text.
#[derive(Debug, PartialEq, Eq)]
struct Pattern {
    /// What stands between the stars, as the page writes it.
    parts: Vec<String>,
}

impl Pattern {
    fn new(pattern: &str) -> Self {
        let parts = pattern.split('*').enumerate();
        let written =
            |(at, part): (usize, &str)| if at == 0 && !part.is_empty() { name::metric(Kind::Histogram, part) } else { name::part(part) };
        Self { parts: parts.map(written).collect() }
    }

    fn matches(&self, name: &str) -> bool {
        let [first, middle @ .., last] = self.parts.as_slice() else {
            return self.parts.first().is_some_and(|whole| whole == name);
        };
        let Some(mut rest) = name.strip_prefix(first.as_str()) else { return false };
        for part in middle {
            // The first place where it stands leaves most to the parts behind it.
            let Some(at) = rest.find(part.as_str()) else { return false };
            rest = rest.get(at + part.len()..).unwrap_or_default();
        }
        rest.ends_with(last.as_str())
    }

    /// A whole name before any pattern, and of patterns the one that says more.
    fn closeness(&self) -> (bool, usize) {
        (self.parts.len() == 1, self.parts.iter().map(String::len).sum())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_stand_for_any_text() {
        let matches = |pattern: &str, name: &str| Pattern::new(pattern).matches(name);
        assert!(matches("db.query", "db_query") && !matches("db.query", "db_query_seconds"));
        assert!(matches("db.*", "db_query") && matches("db.*", "db_") && !matches("db.*", "my_db_query"));
        assert!(matches("*.seconds", "a_seconds") && !matches("*.seconds", "a_seconds_b"));
        assert!(matches("a*b*c", "abc") && matches("a*b*c", "a_bb_cc") && !matches("a*b*c", "acb"));
        assert!(matches("*", "") && matches("**", "x") && matches("*y*", "xyz"));
        assert!(!matches("ab*ba", "aba"), "no character is in two parts");
        assert!(matches("9*", "_9lives") && matches("*9", "a9"));
    }

    #[test]
    fn closest_pattern_wins() {
        let mut shapes = Shapes::new();
        for (pattern, most) in
            [("*", 1), ("db.*", 2), ("*_seconds", 3), ("db.query_seconds", 4), ("db.*_seconds", 5), ("xy.*", 6), ("*.zw", 7)]
        {
            let bounds = BucketBounds::new((0..most).map(f64::from).collect::<Vec<_>>()).unwrap();
            shapes.set(pattern, Shape::Classic(bounds));
        }
        let of = |name: &str| match shapes.of(name) {
            Shape::Classic(bounds) => bounds.as_slice().len(),
            Shape::Native(_) => 0,
        };
        assert_eq!(["other", "db_x", "a_seconds", "db_query_seconds", "db_get_seconds"].map(of), [1, 2, 3, 4, 5]);
        assert_eq!(of("xy_zw"), 7, "of two that are as close, the later one");
    }
}
