//! One series in large: the history of a value as a plot, a histogram as bars and as a heat map over time.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use ratatui::symbols::Marker;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Axis, Block, Chart, Dataset, GraphType, Paragraph};

use super::super::app::App;
use super::super::series::{Histogram, Series};
use super::columns::quantiles;
use super::names::middle;
use super::numbers::{duration, short};

pub(super) fn draw(series: &Series, app: &App, frame: &mut Frame<'_>, area: Rect) {
    match &series.histogram {
        Some(histogram) if !histogram.buckets.is_empty() => buckets(series, histogram, app, frame, area),
        _ => plot(series, app, frame, area),
    }
}

/// A box with the whole name, as far as it fits.
fn frame_of(series: &Series, what: &str, app: &App, area: Rect) -> Block<'static> {
    let room = usize::from(area.width).saturating_sub(what.chars().count() + 8);
    let block = Block::bordered().title(format!(" {}: {what} ", middle(&series.name, room)));
    if app.is_stale() { block.border_style(Style::new().fg(Color::DarkGray)).title_bottom(" stale ") } else { block }
}

fn plot(series: &Series, app: &App, frame: &mut Frame<'_>, area: Rect) {
    let what = if series.rate.is_some() { "rate a second" } else { "value" };
    let points: Vec<(f64, f64)> = series
        .history
        .iter()
        .rev()
        .enumerate()
        .filter(|(_, value)| value.is_finite())
        .map(|(age, &value)| (-(age as f64) * app.interval, value))
        .collect();
    let block = frame_of(series, what, app, area);
    let (least, most) =
        points.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), &(_, value)| (least.min(value), most.max(value)));
    if points.is_empty() {
        return frame.render_widget(Paragraph::new("one scrape more, and there is a history").block(block), area);
    }
    // A line that never moves lies in the middle.
    let (bottom, top) = if most > least { (least, most) } else { (least - least.abs().max(1.0) * 0.1, most + most.abs().max(1.0) * 0.1) };
    let oldest = points.last().map_or(-1.0, |&(age, _)| age.min(-app.interval));
    let axis = Style::new().fg(Color::DarkGray);
    let steps = if area.height > 12 { 4 } else { 2 };
    let labels = (0..=steps).map(|step| short(bottom + (top - bottom) * f64::from(step) / f64::from(steps)));
    let dataset = Dataset::default()
        .marker(Marker::Braille)
        .graph_type(GraphType::Line)
        .style(Style::new().fg(if app.is_stale() { Color::DarkGray } else { super::colour(series.kind) }))
        .data(&points);
    let times = [format!("{} ago", duration(-oldest)), format!("{} ago", duration(-oldest / 2.0)), "now".to_string()];
    let chart = Chart::new(vec![dataset])
        .block(block)
        .legend_position(None)
        .x_axis(Axis::default().style(axis).bounds([oldest, 0.0]).labels(times))
        .y_axis(Axis::default().style(axis).bounds([bottom, top]).labels(labels.collect::<Vec<_>>()));
    frame.render_widget(chart, area);
}

const SHADES: [(char, Color); 5] =
    [('·', Color::DarkGray), ('░', Color::Blue), ('▒', Color::Magenta), ('▓', Color::LightRed), ('█', Color::Yellow)];

/// A line for each bucket, the largest on top: its bound, a bar, how many, and what it was over time.
fn buckets(series: &Series, histogram: &Histogram, app: &App, frame: &mut Frame<'_>, area: Rect) {
    let when = if histogram.recent { "since the scrape before" } else { "ever" };
    let block = frame_of(series, &format!("observations {when}  {}", quantiles(histogram)), app, area);
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let (bars, height) = (histogram.bars(), usize::from(inner.height));
    // Where there are more buckets than lines, neighbours share one.
    let each = bars.len().div_ceil(height.max(1)).max(1);
    let merged: Vec<(f64, f64)> =
        bars.chunks(each).filter_map(|chunk| Some((chunk.last()?.0, chunk.iter().map(|bar| bar.1).sum()))).collect();
    let most = merged.iter().map(|bar| bar.1).fold(0.0, f64::max);
    let width = usize::from(inner.width);
    let bar_width = (width.saturating_sub(20) / 2).min(40);
    let map_width = width.saturating_sub(20 + bar_width);
    let map = histogram.map(map_width, each);
    let hottest = map.iter().flatten().copied().fold(0.0, f64::max);
    let lines: Vec<Line<'_>> = merged
        .iter()
        .enumerate()
        .rev()
        .map(|(at, &(bound, own))| {
            let bound = if bound == f64::INFINITY { "+Inf".into() } else { short(bound) };
            let bar = if most > 0.0 { bar(own / most, bar_width) } else { String::new() };
            let bar_colour = if app.is_stale() { Color::DarkGray } else { Color::Magenta };
            let mut spans = vec![
                Span::raw(format!("{bound:>8} ")),
                Span::styled(format!("{bar:<bar_width$}"), Style::new().fg(bar_colour)),
                Span::raw(format!(" {:>8}  ", short(own))),
            ];
            spans.extend(map.iter().map(|column| cell(column.get(at).copied().unwrap_or(0.0), hottest)));
            Line::from(spans)
        })
        .collect();
    frame.render_widget(Paragraph::new(lines), inner);
}

/// A bar of eighths.
fn bar(part: f64, width: usize) -> String {
    const EIGHTHS: [&str; 8] = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"];
    let eighths = (part.clamp(0.0, 1.0) * width as f64 * 8.0).round() as usize;
    format!("{}{}", "█".repeat(eighths / 8), EIGHTHS.get(eighths % 8).unwrap_or(&""))
}

/// One cell of the heat map: by a root, so that few beside many are seen too.
fn cell(count: f64, hottest: f64) -> Span<'static> {
    if count <= 0.0 || hottest <= 0.0 {
        return Span::styled("·", Style::new().fg(Color::DarkGray).add_modifier(Modifier::DIM));
    }
    let level = 1 + ((count / hottest).sqrt() * 3.0).round() as usize;
    let (shade, colour) = SHADES.get(level).copied().unwrap_or(('█', Color::Yellow));
    Span::styled(shade.to_string(), Style::new().fg(colour))
}
