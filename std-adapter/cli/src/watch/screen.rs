//! Drawing: the table, the details of one series, help, and the same table as plain text.

mod columns;
mod detail;
mod help;
mod names;
mod numbers;

#[cfg(test)]
mod tests;

use picometer::Kind;
use ratatui::Frame;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Cell, Row, Table, TableState};

use super::app::App;
use super::series::Series;
use columns::{Column, Widths};

/// Draws the screen.
pub(crate) fn draw(app: &App, frame: &mut Frame<'_>) {
    let (rows, area) = (app.rows(), frame.area());
    // A plot is worth half the screen, but the table keeps a few rows.
    let wanted = rows.get(app.selected).and_then(|series| series.histogram.as_ref()).map_or(24, |own| own.buckets.len() + 2);
    let wanted = u16::try_from(wanted.clamp(8, 40)).unwrap_or(24);
    let details = if app.open && area.height >= 14 { (area.height / 2).clamp(8, wanted.max(8)) } else { 0 };
    let parts = Layout::vertical([Constraint::Length(1), Constraint::Min(3), Constraint::Length(details), Constraint::Length(1)]);
    let [head, body, detail, foot] = parts.areas(area);
    frame.render_widget(title(app, rows.len(), head.width), head);
    table(app, &rows, frame, body);
    if let (Some(series), true) = (rows.get(app.selected), details > 0) {
        detail::draw(series, app, frame, detail);
    }
    frame.render_widget(footer(app), foot);
    if app.help {
        help::draw(frame);
    }
}

fn title(app: &App, shown: usize, width: u16) -> Line<'_> {
    let counts = if shown == app.total() { format!("{shown} series") } else { format!("{shown} of {} series", app.total()) };
    let (state, style) = match (&app.failure, app.stale_seconds()) {
        (Some(failure), age) => {
            let age = age.map_or_else(|| "no page yet".to_string(), |seconds| format!("STALE for {seconds:.0} s"));
            (
                format!("{age}; trying again: {}", failure.strip_prefix(&format!("{}: ", app.input)).unwrap_or(failure).replace('\n', " ")),
                Style::new().fg(Color::Red).add_modifier(Modifier::BOLD),
            )
        }
        _ if app.paused => ("paused".to_string(), Style::new().fg(Color::Yellow)),
        _ if app.scrapes == 0 => ("waiting".to_string(), Style::new()),
        _ => (format!("{:.1} ms", app.took.as_secs_f64() * 1e3), Style::new()),
    };
    let rest = counts.len() + state.chars().count() + 4;
    let room = usize::from(width).saturating_sub(rest).max(usize::from(width) / 4);
    Line::from(vec![
        Span::styled(names::middle(&app.input, room), Style::new().add_modifier(Modifier::BOLD)),
        Span::raw(format!("  {counts}  ")),
        Span::styled(state, style),
    ])
}

fn footer(app: &App) -> Line<'_> {
    if app.typing {
        return Line::from(format!("filter: {}_   Enter keeps it, Esc clears it", app.filter));
    }
    let filter = if app.filter.is_empty() { String::new() } else { format!("   filter: {}", app.filter) };
    Line::styled(format!("? keys  q quit  / filter  Enter details  space pause{filter}"), Style::new().fg(Color::DarkGray))
}

pub(super) fn colour(kind: Kind) -> Color {
    match kind {
        Kind::Counter => Color::Green,
        Kind::Gauge => Color::Cyan,
        Kind::Histogram | Kind::GaugeHistogram => Color::Magenta,
        _ => Color::Gray,
    }
}

fn table(app: &App, rows: &[&Series], frame: &mut Frame<'_>, area: Rect) {
    // A page of a million series draws no more than the screen has lines.
    let height = usize::from(area.height.saturating_sub(1)).max(1);
    let first = app.selected.saturating_sub(height / 2).min(rows.len().saturating_sub(height));
    let shown: Vec<&Series> = rows.iter().skip(first).take(height).copied().collect();
    let widths = Widths::fit(&shown, usize::from(area.width));
    let names = names::fit(&shown, widths.name);
    let stale = app.is_stale();
    let lines = shown.iter().zip(names).map(|(series, name)| {
        let mut cells = vec![Cell::from(name)];
        for column in &widths.columns {
            let text = column.text(series, stale);
            let line = if column.is_number() { Line::from(text).right_aligned() } else { Line::from(text) };
            let style = if column.is_coloured() && !stale { Style::new().fg(colour(series.kind)) } else { Style::new() };
            cells.push(Cell::from(line).style(style));
        }
        let row = Row::new(cells);
        // What is not of now looks so.
        if stale { row.style(Style::new().fg(Color::DarkGray).add_modifier(Modifier::DIM | Modifier::ITALIC)) } else { row }
    });
    let heads = std::iter::once(Cell::from("SERIES")).chain(widths.columns.iter().map(|column| {
        let head = Line::from(column.head());
        Cell::from(if column.is_number() { head.right_aligned() } else { head })
    }));
    let heads = Row::new(heads).style(Style::new().add_modifier(Modifier::BOLD | Modifier::UNDERLINED));
    let constraints = std::iter::once(widths.name).chain(widths.columns.iter().map(Column::width));
    let constraints = constraints.map(|width| Constraint::Length(u16::try_from(width).unwrap_or(u16::MAX)));
    let table = Table::new(lines, constraints).header(heads).row_highlight_style(Style::new().add_modifier(Modifier::REVERSED));
    let mut state = TableState::new().with_selected((!rows.is_empty()).then_some(app.selected - first));
    frame.render_stateful_widget(table, area, &mut state);
}

/// The table as text, for scripts.
pub(crate) fn plain(app: &App) -> String {
    let columns = [Column::Type, Column::Value, Column::Rate, Column::Quantiles, Column::History(columns::TREND)];
    let rows: Vec<Vec<String>> = app
        .rows()
        .into_iter()
        .map(|series| std::iter::once(series.name.clone()).chain(columns.iter().map(|column| column.text(series, false))).collect())
        .collect();
    let heads: Vec<String> = std::iter::once("SERIES".into()).chain(columns.iter().map(|column| column.head().to_string())).collect();
    let mut widths: Vec<usize> = heads.iter().map(String::len).collect();
    for row in &rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let line = |cells: &Vec<String>| {
        let mut text = String::new();
        for ((index, cell), width) in cells.iter().enumerate().zip(&widths) {
            text += &if matches!(index, 2 | 3) { format!("{cell:>width$}  ") } else { format!("{cell:<width$}  ") };
        }
        format!("{}\n", text.trim_end())
    };
    std::iter::once(&heads).chain(&rows).map(line).collect()
}
