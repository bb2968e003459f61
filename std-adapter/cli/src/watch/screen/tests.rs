//! Screens of many sizes.

use super::super::app::App;
use super::numbers::short;
use super::{draw, plain};
use crate::args::{Args, Command};
use crate::watch::Scrape;
use clap::Parser;
use picometer_parse::parse::{self, Dialect, Rules};
use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use std::time::{Duration, Instant};

fn app() -> App {
    let Command::Watch(args) = Args::parse_from(["picometer", "watch", "http://localhost/metrics"]).command else { panic!() };
    App::new(&args)
}

fn page(app: &mut App, start: Instant, second: u64, count: u64) {
    let (most, all) = (count * 3 / 4, count);
    let text = format!(
        "# TYPE jobs_total counter\njobs_total{{queue=\"mail\"}} {count}\n# TYPE heap_bytes gauge\nheap_bytes {}\n\
         # TYPE wait_seconds histogram\nwait_seconds_bucket{{le=\"0.1\"}} {most}\nwait_seconds_bucket{{le=\"+Inf\"}} {all}\n\
         wait_seconds_sum 3\nwait_seconds_count {all}\n",
        1_234_567 + second * 100_000
    );
    let result = Ok(parse::families(&text, Dialect::Text100, Rules::STRICT).unwrap());
    app.scraped(Scrape { result, at: start + Duration::from_secs(second), took: Duration::from_millis(3) });
}

fn screen(app: &App, width: u16, height: u16) -> String {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| draw(app, frame)).unwrap();
    terminal.backend().to_string()
}

fn press(app: &mut App, keys: &[KeyCode]) {
    keys.iter().for_each(|&code| app.key(KeyEvent::new(code, KeyModifiers::NONE)));
}

#[test]
fn the_table_shows_values_rates_and_quantiles() {
    let (mut app, start) = (app(), Instant::now());
    assert!(screen(&app, 120, 20).contains("waiting"));
    page(&mut app, start, 0, 100);
    page(&mut app, start, 2, 140);
    let shown = screen(&app, 140, 20);
    for text in ["jobs_total{queue=\"mail\"}", "140", "20", "heap_bytes", "1.435M", "0.06667", "P50", "P90", "P99", "3 series"] {
        assert!(shown.contains(text), "{text}\n{shown}");
    }
}

#[test]
fn keys_filter_sort_and_open() {
    let (mut app, start) = (app(), Instant::now());
    page(&mut app, start, 0, 100);
    page(&mut app, start, 2, 140);
    press(&mut app, &[KeyCode::Char('v')]);
    assert!(app.rows()[0].name.starts_with("heap_bytes"));
    press(&mut app, &[KeyCode::Char('v')]);
    assert!(app.rows()[2].name.starts_with("heap_bytes"));
    press(&mut app, &[KeyCode::Char('/'), KeyCode::Char('w'), KeyCode::Char('a'), KeyCode::Enter, KeyCode::End, KeyCode::Enter]);
    assert_eq!(app.rows().len(), 1);
    let shown = screen(&app, 120, 40);
    assert!(shown.contains("observations since the scrape before") && shown.contains("+Inf") && shown.contains('█'), "{shown}");
    press(&mut app, &[KeyCode::Esc, KeyCode::Esc]);
    assert_eq!(app.rows().len(), 3);
    press(&mut app, &[KeyCode::Home, KeyCode::Enter]);
    assert!(screen(&app, 120, 40).contains("jobs_total{queue=\"mail\"}: rate a second"), "the history of a counter");
    app.key(KeyEvent::new(KeyCode::Char('c'), KeyModifiers::CONTROL));
    assert!(app.is_done());
}

#[test]
fn a_failure_keeps_the_last_values() {
    let (mut app, start) = (app(), Instant::now());
    page(&mut app, start, 0, 100);
    let result = Err(crate::watch::Failure { text: "connection refused".into(), status: 2 });
    app.scraped(Scrape { result, at: start, took: Duration::ZERO });
    let shown = screen(&app, 120, 20);
    assert!(shown.contains("STALE for 0 s; trying again: connection refused") && shown.contains("jobs_total"), "{shown}");
    page(&mut app, start, 4, 200);
    assert!(!screen(&app, 120, 20).contains("trying again"));
}

#[test]
fn any_size_of_the_terminal_does() {
    let (mut app, start) = (app(), Instant::now());
    page(&mut app, start, 0, 100);
    app.open = true;
    for (width, height) in [(1, 1), (10, 3), (20, 19), (80, 24), (300, 100)] {
        screen(&app, width, height);
    }
}

#[test]
fn short_numbers() {
    let table = [
        (0.0, "0"),
        (1.0, "1"),
        (99_999.0, "99999"),
        (123_456.0, "123.5k"),
        (1_234_567.0, "1.235M"),
        (0.00125, "0.00125"),
        (1e-9, "1.0e-9"),
        (12.3456, "12.35"),
        (-2.5, "-2.5"),
        (f64::INFINITY, "+Inf"),
        (f64::NAN, "NaN"),
        (5e9, "5G"),
    ];
    for (value, text) in table {
        assert_eq!(short(value), text);
    }
}

#[test]
fn plain_text_for_scripts() {
    let (mut app, start) = (app(), Instant::now());
    page(&mut app, start, 0, 100);
    page(&mut app, start, 1, 110);
    let text = plain(&app);
    assert_eq!(text.lines().count(), 4);
    assert!(text.starts_with("SERIES") && text.contains("jobs_total{queue=\"mail\"}  counter"), "{text}");
}

/// Sixty rows with long names, of which two differ in one label among many.
fn crowded(app: &mut App, start: Instant, second: u64) {
    let mut text = String::new();
    for method in ["list", "get", "watch"] {
        for code in [200, 404, 500] {
            let labels = format!(
                "component=\"apiserver\",group=\"apps\",instance=\"10.0.0.1:6443\",verb=\"{method}\",version=\"v1\",code=\"{code}\""
            );
            text += &format!(
                "# TYPE apiserver_request_terminations_total counter\napiserver_request_terminations_total{{{labels}}} {}\n",
                second * code
            );
        }
    }
    text += "# TYPE apiserver_request_duration_seconds histogram\n";
    for verb in ["LIST", "GET"] {
        let labels = format!("component=\"apiserver\",group=\"apps\",resource=\"deployments\",scope=\"namespace\",verb=\"{verb}\"");
        for (bound, count) in [("0.005", 1), ("0.05", 5), ("0.5", 8), ("+Inf", 9)] {
            text += &format!("apiserver_request_duration_seconds_bucket{{{labels},le=\"{bound}\"}} {}\n", count * second);
        }
    }
    let result = Ok(parse::families(&text, Dialect::Text100, Rules::READ).unwrap());
    app.scraped(Scrape { result, at: start + Duration::from_secs(second), took: Duration::from_millis(3) });
}

/// What stands in front of the first two blanks of each row.
fn first_columns(shown: &str) -> Vec<String> {
    let rows = shown.lines().skip(2).take(11);
    rows.map(|line| line.trim_matches('"').split("  ").next().unwrap_or("").to_string()).collect()
}

#[test]
fn rows_stay_apart_and_headers_whole_in_every_width() {
    let (mut app, start) = (app(), Instant::now());
    crowded(&mut app, start, 1);
    crowded(&mut app, start, 3);
    for (width, heads) in [
        (80, &["SERIES", "VALUE", "RATE/S", "P99"][..]),
        (110, &["SERIES", "VALUE", "RATE/S", "P50", "P90", "P99"]),
        (200, &["SERIES", "TYPE", "VALUE", "RATE/S", "P50", "P90", "P99", "HISTORY"]),
    ] {
        let shown = screen(&app, width, 24);
        let head = shown.lines().nth(1).unwrap();
        assert!(heads.iter().all(|text| head.contains(text)), "{width}: {head}");
        let names = first_columns(&shown);
        let different: std::collections::HashSet<&String> = names.iter().collect();
        assert_eq!(different.len(), names.len(), "{shown}");
        for text in ["404", "\"watch\"", "LIST", "GET"] {
            assert!(shown.contains(text), "{text} in {shown}");
        }
    }
}

#[test]
fn question_mark_shows_the_keys() {
    let (mut app, start) = (app(), Instant::now());
    page(&mut app, start, 0, 100);
    assert!(screen(&app, 80, 24).contains("? keys"));
    press(&mut app, &[KeyCode::Char('?')]);
    let shown = screen(&app, 80, 24);
    assert!(shown.contains(" Keys ") && shown.contains("sort by name, value, rate, type") && shown.contains("quit"), "{shown}");
    press(&mut app, &[KeyCode::Char('q')]);
    assert!(!app.is_done() && !screen(&app, 80, 24).contains(" Keys "), "any key closes them");
}

#[test]
fn stale_rates_are_not_shown_as_rates() {
    let (mut app, start) = (app(), Instant::now());
    page(&mut app, start, 0, 100);
    page(&mut app, start, 2, 140);
    let result = Err(crate::watch::Failure { text: "connection refused".into(), status: 2 });
    app.scraped(Scrape { result, at: start + Duration::from_secs(12), took: Duration::ZERO });
    let shown = screen(&app, 80, 24);
    assert!(shown.contains("STALE for 10 s") && shown.contains(" stale"), "{shown}");
    let mut terminal = Terminal::new(TestBackend::new(80, 24)).unwrap();
    terminal.draw(|frame| draw(&app, frame)).unwrap();
    let cell = terminal.backend().buffer().cell((0, 3)).unwrap().clone();
    assert!(cell.modifier.contains(ratatui::style::Modifier::DIM), "{cell:?}");
}

#[test]
fn details_are_large_plots_and_heat_maps() {
    let (mut app, start) = (app(), Instant::now());
    for second in 1..30 {
        crowded(&mut app, start, second * second);
    }
    press(&mut app, &[KeyCode::Enter]);
    let shown = screen(&app, 80, 24);
    assert!(shown.contains("rate a second") && shown.contains("ago") && shown.contains("now"), "{shown}");
    assert!(shown.chars().filter(|c| ('\u{2801}'..='\u{28ff}').contains(c)).count() > 20, "a plot: {shown}");
    press(&mut app, &[KeyCode::End]);
    let shown = screen(&app, 80, 24);
    assert!(shown.contains("+Inf") && shown.contains('█') && ['░', '▒', '▓'].iter().any(|shade| shown.contains(*shade)), "{shown}");
}
