//! What a program sees of the std adapter: names, series, values, registries, what fails, and what happens at once.

mod accepted;
mod beside;
mod bridges;
mod collisions;
mod concurrent;
mod derived;
mod errors;
mod expiry;
mod extremes;
mod failing;
mod held;
mod hostile;
mod moved;
mod names;
mod paused;
mod pieces;
mod recorder;
mod refused;
mod registries;
mod reported;
mod resets;
mod restarts;
mod scale;
mod scrapes;
mod series;
mod shown;
mod slow;
mod statics;
mod timers;
mod twice;
mod unscraped;
mod unwinding;
mod values;

use picometer_std::{Collector, Exposition, FillError, Format, render};

/// The page in text 0.0.4.
fn page(source: &dyn Collector) -> String {
    in_format(source, Format::Text004)
}

fn in_format(source: &dyn Collector, format: Format) -> String {
    let mut page = Vec::new();
    render(source, format, &mut page);
    String::from_utf8(page).unwrap()
}

/// The page in pieces of this size; `between` is called behind each, with its number and what was sent so far.
fn in_pieces(source: &dyn Collector, format: Format, size: usize, mut between: impl FnMut(usize, &str)) -> Result<String, FillError> {
    let (mut page, mut text, mut buffer) = (Exposition::new(source, format), String::new(), vec![0; size]);
    for piece in 0.. {
        if page.is_done() {
            break;
        }
        let len = page.fill(&mut buffer)?;
        text += std::str::from_utf8(&buffer[..len]).unwrap();
        between(piece, &text);
    }
    Ok(text)
}

/// The samples of a page: its lines without comments.
fn samples(source: &dyn Collector) -> Vec<String> {
    page(source).lines().filter(|line| !line.starts_with('#')).map(str::to_owned).collect()
}
