//! What is shown, and what keys do.

use std::time::{Duration, Instant};

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyModifiers};

use super::Scrape;
use super::series::{Series, Table};
use crate::args::{Sort, Watch};

/// The state of the screen.
pub(crate) struct App {
    pub(crate) input: String,
    table: Table,
    pub(crate) filter: String,
    /// Whether keys go into the filter.
    pub(crate) typing: bool,
    pub(crate) sort: Sort,
    pub(crate) downwards: bool,
    pub(crate) selected: usize,
    /// Whether the details of the selected series are shown.
    pub(crate) open: bool,
    pub(crate) paused: bool,
    /// Whether the keys are shown.
    pub(crate) help: bool,
    /// Seconds between scrapes.
    pub(crate) interval: f64,
    /// Why the last scrape failed.
    pub(crate) failure: Option<String>,
    /// When the last page came.
    fresh: Option<Instant>,
    /// When a page was last asked for.
    asked: Option<Instant>,
    pub(crate) took: Duration,
    pub(crate) scrapes: u64,
    done: bool,
}

impl App {
    pub(crate) fn new(args: &Watch) -> Self {
        let (input, filter, sort) = (args.input.clone(), args.filter.clone(), args.sort);
        Self {
            input,
            table: Table::default(),
            filter,
            typing: false,
            sort,
            downwards: starts_downwards(sort),
            selected: 0,
            open: false,
            paused: false,
            help: false,
            interval: args.interval,
            failure: None,
            fresh: None,
            asked: None,
            took: Duration::ZERO,
            scrapes: 0,
            done: false,
        }
    }

    pub(crate) fn is_done(&self) -> bool {
        self.done
    }

    pub(crate) fn scraped(&mut self, scrape: Scrape) {
        if self.paused {
            return;
        }
        self.took = scrape.took;
        self.asked = Some(scrape.at);
        match scrape.result {
            Ok(families) => {
                self.table.update(&families, scrape.at);
                self.failure = None;
                self.fresh = Some(scrape.at);
                self.scrapes += 1;
            }
            // The last values stay.
            Err(failure) => self.failure = Some(failure.text),
        }
    }

    /// Whether what is shown is of an earlier page than the last that was asked for.
    pub(crate) fn is_stale(&self) -> bool {
        self.failure.is_some() && self.fresh.is_some()
    }

    /// How old the page is that is shown, if there is one.
    pub(crate) fn stale_seconds(&self) -> Option<f64> {
        let (fresh, asked) = (self.fresh?, self.asked?);
        Some(asked.saturating_duration_since(fresh).as_secs_f64())
    }

    pub(crate) fn total(&self) -> usize {
        self.table.series.len()
    }

    /// The series that the filter leaves, in order.
    pub(crate) fn rows(&self) -> Vec<&Series> {
        let words: Vec<String> = self.filter.split_whitespace().map(str::to_lowercase).collect();
        let wanted = |series: &&Series| {
            let name = series.name.to_lowercase();
            words.iter().all(|word| name.contains(word))
        };
        let mut rows: Vec<&Series> = self.table.series.iter().filter(wanted).collect();
        match self.sort {
            Sort::Page => {}
            Sort::Name => rows.sort_by(|one, other| one.name.cmp(&other.name)),
            Sort::Value => rows.sort_by(|one, other| one.value.total_cmp(&other.value)),
            Sort::Rate => rows.sort_by(|one, other| one.rate.unwrap_or(-1.0).total_cmp(&other.rate.unwrap_or(-1.0))),
            Sort::Type => rows.sort_by_key(|series| format!("{:?}", series.kind)),
        }
        if self.downwards {
            rows.reverse();
        }
        rows
    }

    pub(crate) fn key(&mut self, key: KeyEvent) {
        if key.modifiers.contains(KeyModifiers::CONTROL) && matches!(key.code, KeyCode::Char('c' | 'd')) {
            self.done = true;
        } else if std::mem::take(&mut self.help) {
            // Any key closes the help and does nothing else.
        } else if self.typing {
            self.type_filter(key.code);
        } else {
            self.command(key.code);
        }
        self.selected = self.selected.min(self.rows().len().saturating_sub(1));
    }

    fn type_filter(&mut self, code: KeyCode) {
        match code {
            KeyCode::Char(c) => self.filter.push(c),
            KeyCode::Backspace => drop(self.filter.pop()),
            KeyCode::Enter => self.typing = false,
            KeyCode::Esc => {
                self.filter.clear();
                self.typing = false;
            }
            _ => {}
        }
    }

    fn command(&mut self, code: KeyCode) {
        const PAGE: usize = 10;
        match code {
            KeyCode::Char('q') => self.done = true,
            KeyCode::Esc if self.open => self.open = false,
            KeyCode::Esc => self.filter.clear(),
            KeyCode::Char('?' | 'h') | KeyCode::F(1) => self.help = true,
            KeyCode::Char('/') => self.typing = true,
            KeyCode::Char(' ') => self.paused = !self.paused,
            KeyCode::Enter => self.open = !self.open,
            KeyCode::Up | KeyCode::Char('k') => self.selected = self.selected.saturating_sub(1),
            KeyCode::Down | KeyCode::Char('j') => self.selected += 1,
            KeyCode::PageUp => self.selected = self.selected.saturating_sub(PAGE),
            KeyCode::PageDown => self.selected += PAGE,
            KeyCode::Home => self.selected = 0,
            KeyCode::End => self.selected = usize::MAX,
            KeyCode::Char('n') => self.sort_by(Sort::Name),
            KeyCode::Char('v') => self.sort_by(Sort::Value),
            KeyCode::Char('r') => self.sort_by(Sort::Rate),
            KeyCode::Char('t') => self.sort_by(Sort::Type),
            KeyCode::Char('p') => self.sort_by(Sort::Page),
            _ => {}
        }
    }

    fn sort_by(&mut self, sort: Sort) {
        self.downwards = if self.sort == sort { !self.downwards } else { starts_downwards(sort) };
        self.sort = sort;
    }
}

/// Large numbers come first.
fn starts_downwards(sort: Sort) -> bool {
    matches!(sort, Sort::Value | Sort::Rate)
}
