//! Drawing: the table, the details of one series, and the same table as plain text.

use picometer::Kind;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Bar, BarChart, BarGroup, Block, Cell, Paragraph, Row, Sparkline, Table, TableState};

use super::app::App;
use super::series::{Histogram, Series};

const HEADS: [&str; 6] = ["SERIES", "TYPE", "VALUE", "RATE/S", "QUANTILES", "HISTORY"];
const QUANTILES: [(f64, &str); 3] = [(0.5, "p50"), (0.9, "p90"), (0.99, "p99")];
const TREND: usize = 20;

/// Draws the screen.
pub(crate) fn draw(app: &App, frame: &mut Frame<'_>) {
    let rows = app.rows();
    let details = if app.open && frame.area().height > 18 { 12 } else { 0 };
    let parts = Layout::vertical([Constraint::Length(1), Constraint::Min(3), Constraint::Length(details), Constraint::Length(1)]);
    let [head, body, detail, foot] = parts.areas(frame.area());
    frame.render_widget(title(app, rows.len()), head);
    table(app, &rows, frame, body);
    if let (Some(series), true) = (rows.get(app.selected), details > 0) {
        detail_of(series, frame, detail);
    }
    frame.render_widget(footer(app), foot);
}

fn title(app: &App, shown: usize) -> Line<'_> {
    let mut spans = vec![Span::styled(app.input.as_str(), Style::new().add_modifier(Modifier::BOLD))];
    spans.push(Span::raw(format!("  {shown} of {} series  {:.1} ms", app.total(), app.took.as_secs_f64() * 1e3)));
    if app.paused {
        spans.push(Span::styled("  paused", Style::new().fg(Color::Yellow)));
    }
    if let Some(failure) = &app.failure {
        let text = failure.replace('\n', " ");
        spans.push(Span::styled(format!("  {text}; trying again"), Style::new().fg(Color::Red)));
    } else if app.scrapes == 0 {
        spans.push(Span::raw("  waiting"));
    }
    Line::from(spans)
}

fn footer(app: &App) -> Line<'_> {
    if app.typing {
        return Line::from(format!("filter: {}_   Enter keeps it, Esc clears it", app.filter));
    }
    let filter = if app.filter.is_empty() { String::new() } else { format!("   filter: {}", app.filter) };
    Line::styled(format!("q quit  / filter  n v r t p sort  Enter details  space pause{filter}"), Style::new().fg(Color::DarkGray))
}

fn table(app: &App, rows: &[&Series], frame: &mut Frame<'_>, area: Rect) {
    let longest = rows.iter().map(|series| series.name.chars().count()).max().unwrap_or(0).clamp(20, 70);
    let widths = [
        Constraint::Min(u16::try_from(longest).unwrap_or(70).min(area.width / 2)),
        Constraint::Length(9),
        Constraint::Length(11),
        Constraint::Length(10),
        Constraint::Length(34),
        Constraint::Length(TREND as u16),
    ];
    // A page of a million series draws no more than the screen has lines.
    let height = usize::from(area.height.saturating_sub(1)).max(1);
    let first = app.selected.saturating_sub(height / 2).min(rows.len().saturating_sub(height));
    let shown = rows.iter().skip(first).take(height).map(|series| {
        let [name, kind, value, rate, quantiles, trend] = cells(series);
        let colour = match series.kind {
            Kind::Counter => Color::Green,
            Kind::Gauge => Color::Cyan,
            Kind::Histogram | Kind::GaugeHistogram => Color::Magenta,
            _ => Color::Gray,
        };
        Row::new([
            Cell::from(name),
            Cell::from(kind).style(Style::new().fg(colour)),
            Cell::from(Line::from(value).right_aligned()),
            Cell::from(Line::from(rate).right_aligned()),
            Cell::from(quantiles),
            Cell::from(trend).style(Style::new().fg(colour)),
        ])
    });
    let heads = Row::new(HEADS.map(Cell::from)).style(Style::new().add_modifier(Modifier::BOLD | Modifier::UNDERLINED));
    let table = Table::new(shown, widths).header(heads).row_highlight_style(Style::new().add_modifier(Modifier::REVERSED));
    let mut state = TableState::new().with_selected((!rows.is_empty()).then_some(app.selected - first));
    frame.render_stateful_widget(table, area, &mut state);
}

/// The columns of a row.
fn cells(series: &Series) -> [String; 6] {
    let kind = match series.kind {
        Kind::GaugeHistogram => "gaugehist".into(),
        kind => format!("{kind:?}").to_lowercase(),
    };
    let quantiles = series.histogram.as_ref().map(quantiles).unwrap_or_default();
    let rate = series.rate.map(short).unwrap_or_default();
    [series.name.clone(), kind, short(series.value), rate, quantiles, trend(series)]
}

fn quantiles(histogram: &Histogram) -> String {
    let shown = QUANTILES.iter().filter_map(|&(which, name)| Some(format!("{name} {}", short(histogram.quantile(which)?))));
    shown.collect::<Vec<_>>().join(" ")
}

/// A line of eighths: what the history was, from its least to its greatest value.
fn trend(series: &Series) -> String {
    const EIGHTHS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let finite = || series.history.iter().rev().take(TREND).rev().filter(|value| value.is_finite());
    let (least, most) = finite().fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), &value| (least.min(value), most.max(value)));
    let height = |&value: &f64| {
        let part = if most > least { (value - least) / (most - least) } else { 0.0 };
        EIGHTHS.get((part * 7.0).round() as usize).copied().unwrap_or(' ')
    };
    finite().map(height).collect()
}

/// Five digits at most: `12.3k`, `4.56M`, `0.00125`.
pub(crate) fn short(value: f64) -> String {
    let size = value.abs();
    if !value.is_finite() {
        return picometer::Number::from(value).to_string();
    }
    if size != 0.0 && !(1e-4..1e15).contains(&size) {
        return format!("{value:.2e}");
    }
    let (scaled, unit) = match size {
        1e12.. => (value / 1e12, "T"),
        1e9.. => (value / 1e9, "G"),
        1e6.. => (value / 1e6, "M"),
        1e5.. => (value / 1e3, "k"),
        _ => (value, ""),
    };
    if scaled.fract() == 0.0 {
        return format!("{scaled:.0}{unit}");
    }
    let whole = scaled.abs().log10().floor().clamp(-4.0, 5.0) as i32;
    let places = usize::try_from(3 - whole).unwrap_or(0);
    let text = format!("{scaled:.places$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    format!("{text}{unit}")
}

fn detail_of(series: &Series, frame: &mut Frame<'_>, area: Rect) {
    match &series.histogram {
        Some(histogram) if !histogram.buckets.is_empty() => buckets(series, histogram, frame, area),
        _ => {
            let (least, most) =
                series.history.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), &value| (least.min(value), most.max(value)));
            let what = if series.rate.is_some() { "rate" } else { "value" };
            let block = Block::bordered().title(format!(" {}: {what}, {} to {} ", series.name, short(least), short(most)));
            if series.history.is_empty() {
                frame.render_widget(Paragraph::new("one scrape more, and there is a history").block(block), area);
                return;
            }
            let inner = usize::from(area.width.saturating_sub(2));
            let height = |value: &f64| if most > least { ((value - least) / (most - least) * 1_000.0) as u64 + 1 } else { 500 };
            let data: Vec<u64> = series.history.iter().rev().take(inner).rev().map(height).collect();
            frame.render_widget(Sparkline::default().block(block).data(data).max(1_001), area);
        }
    }
}

fn buckets(series: &Series, histogram: &Histogram, frame: &mut Frame<'_>, area: Rect) {
    let bars = histogram.bars();
    let room = usize::from(area.width.saturating_sub(2));
    let width = (room / bars.len().max(1)).saturating_sub(1).clamp(1, 9);
    let shown = bars.iter().map(|&(bound, own)| {
        let label = if bound == f64::INFINITY { "+Inf".into() } else { short(bound) };
        Bar::default().value(own.round() as u64).label(Line::from(label)).text_value(short(own))
    });
    let shown: Vec<Bar<'_>> = shown.collect();
    let when = if histogram.recent { "since the scrape before" } else { "ever" };
    let block = Block::bordered().title(format!(" {}: observations {when}  {} ", series.name, quantiles(histogram)));
    let chart = BarChart::default()
        .block(block)
        .bar_width(width as u16)
        .bar_gap(1)
        .bar_style(Style::new().fg(Color::Magenta))
        .data(BarGroup::default().bars(&shown));
    frame.render_widget(chart, area);
}

/// The table as text, for scripts.
pub(crate) fn plain(app: &App) -> String {
    let rows: Vec<[String; 6]> = app.rows().into_iter().map(cells).collect();
    let mut widths = HEADS.map(str::len);
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let line = |cells: [&str; 6]| {
        let mut text = String::new();
        for ((index, cell), width) in cells.iter().enumerate().zip(widths) {
            text += &if matches!(index, 2 | 3) { format!("{cell:>width$}  ") } else { format!("{cell:<width$}  ") };
        }
        format!("{}\n", text.trim_end())
    };
    let body = rows.iter().map(|row| line(row.each_ref().map(String::as_str)));
    std::iter::once(line(HEADS)).chain(body).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
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
        for text in ["jobs_total{queue=\"mail\"}", "140", "20", "heap_bytes", "1.435M", "p50 0.06667 p90 0.1 p99 0.1", "3 of 3 series"] {
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
        assert!(screen(&app, 120, 40).contains("jobs_total{queue=\"mail\"}: rate"), "the history of a counter");
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
        assert!(shown.contains("connection refused; trying again") && shown.contains("jobs_total"), "{shown}");
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
            (1e-9, "1.00e-9"),
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
}
