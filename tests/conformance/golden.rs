//! The whole fixture in every format and escaping scheme. `OVERWRITE=1` accepts what is written now.

use crate::fixture::{Fixture, text};
use picometer::{Escaping, Exposition, Format, Timestamp};

fn check(name: &str, page: &str) {
    let path = format!("{}/conformance/golden/{name}.txt", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("OVERWRITE").is_some() {
        std::fs::write(&path, page).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    for (line, (expected, found)) in golden.lines().zip(page.lines()).enumerate() {
        assert_eq!(found, expected, "{name}, line {}", line + 1);
    }
    assert_eq!(page, golden, "{name}");
}

#[test]
fn every_format_and_scheme() {
    Fixture::filled().with_registry(|registry| {
        for (name, format) in
            [("text-0.0.4", Format::Text004), ("text-1.0.0", Format::Text100), ("openmetrics-1.0.0", Format::OpenMetrics100)]
        {
            for escaping in Escaping::ALL {
                let page = Exposition::new(registry, format).escaping(escaping);
                check(&format!("{name}.{}", escaping.token()), &text(&page));
            }
        }
        let started = Timestamp::from_millis(1_700_000_000_250);
        let page = Exposition::new(registry, Format::OpenMetrics100).started(started);
        check("openmetrics-1.0.0.created", &text(&page));
        for escaping in [Escaping::AllowUtf8, Escaping::Dots] {
            let page = Exposition::new(registry, Format::OpenMetrics200).escaping(escaping);
            check(&format!("openmetrics-2.0.0.{}", escaping.token()), &text(&page));
        }
        check("openmetrics-2.0.0.created", &text(&Exposition::new(registry, Format::OpenMetrics200).started(started)));
    });
}
