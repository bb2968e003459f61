//! The keys, in a box over the table.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear, Paragraph};

const KEYS: [(&str, &str); 12] = [
    ("↑ ↓  j k", "one row up or down"),
    ("PgUp PgDn", "ten rows"),
    ("Home End", "first and last row"),
    ("Enter", "plot of a value, buckets of a histogram"),
    ("/", "filter: words of names and labels"),
    ("Esc", "close details, clear the filter"),
    ("n v r t", "sort by name, value, rate, type"),
    ("", "(once more turns the order round)"),
    ("p", "the order of the page"),
    ("space", "pause, and go on"),
    ("?", "these keys; any key closes them"),
    ("q  Ctrl-C", "quit"),
];

pub(super) fn draw(frame: &mut Frame<'_>) {
    let area = frame.area();
    let (width, height) = (56.min(area.width), (KEYS.len() as u16 + 2).min(area.height));
    let place = Rect { x: (area.width - width) / 2, y: (area.height - height) / 2, width, height };
    let lines = KEYS.map(|(key, what)| {
        Line::from(vec![Span::styled(format!(" {key:<11}"), Style::new().fg(Color::Cyan).add_modifier(Modifier::BOLD)), Span::raw(what)])
    });
    frame.render_widget(Clear, place);
    frame.render_widget(Paragraph::new(lines.to_vec()).block(Block::bordered().title(" Keys ")), place);
}
