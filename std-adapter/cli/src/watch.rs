//! `picometer watch`

mod app;
mod quantile;
mod screen;
mod series;
mod signals;

use std::io;
use std::process::ExitCode;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use picometer_parse::model::Family;
use picometer_parse::parse::Rules;
use ratatui::crossterm::event::{self, Event, KeyEventKind};

use crate::args::Watch;
use crate::print::print;
use crate::source::Reader;
use app::App;

/// A page, or why there is none.
pub(crate) struct Scrape {
    pub(crate) result: Result<Vec<Family>, Failure>,
    pub(crate) at: Instant,
    pub(crate) took: Duration,
}

pub(crate) struct Failure {
    pub(crate) text: String,
    /// The exit status that it asks for.
    status: u8,
}

pub(crate) fn run(args: Watch) -> ExitCode {
    let reader = match Reader::new(&args.page, &args.http) {
        Ok(reader) => reader,
        Err(error) => {
            eprintln!("picometer: {error}");
            return ExitCode::from(2);
        }
    };
    if args.once { once(&args, &reader) } else { live(args, reader) }
}

fn scrape(args: &Watch, reader: &Reader) -> Scrape {
    let at = Instant::now();
    let result = match reader.read(&args.input) {
        Ok(source) => source.families(args.page.rules(Rules::READ)).map_err(|error| Failure { text: source.explain(error), status: 1 }),
        Err(error) => Err(Failure { text: error.to_string(), status: 2 }),
    };
    Scrape { result, at, took: at.elapsed() }
}

/// Two scrapes, and their table.
fn once(args: &Watch, reader: &Reader) -> ExitCode {
    let mut app = App::new(args);
    for turn in 0..2 {
        if turn > 0 {
            thread::sleep(Duration::from_secs_f64(args.interval));
        }
        let scrape = scrape(args, reader);
        if let Err(failure) = &scrape.result {
            eprintln!("picometer: {}", failure.text);
            return ExitCode::from(failure.status);
        }
        app.scraped(scrape);
    }
    ExitCode::from(print(format_args!("{}", screen::plain(&app))))
}

/// The table in the terminal, until the user quits.
fn live(args: Watch, reader: Reader) -> ExitCode {
    let mut app = App::new(&args);
    let (pages, inbox) = mpsc::channel();
    let (stop, stopped) = mpsc::channel();
    let interval = Duration::from_secs_f64(args.interval);
    // Ends when it cannot hand over any more, or is told to; a scrape that hangs delays nothing.
    let scraper = thread::Builder::new().name("scrapes".into()).spawn(move || scrapes(&args, &reader, interval, &pages, &stopped));
    if let Err(error) = scraper {
        eprintln!("picometer: {error}");
        return ExitCode::from(2);
    }
    let signals = match signals::Signals::caught() {
        Ok(signals) => signals,
        Err(error) => {
            eprintln!("picometer: no handler for signals: {error}");
            return ExitCode::from(2);
        }
    };
    // Restores the terminal also when it panics.
    let mut terminal = match ratatui::try_init() {
        Ok(terminal) => terminal,
        Err(error) => {
            eprintln!("picometer: no terminal: {error} (for scripts there is --once)");
            return ExitCode::from(2);
        }
    };
    let result = turns(&mut terminal, &mut app, &inbox, &signals);
    ratatui::restore();
    signals.obey();
    drop(stop);
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("picometer: {error}");
            ExitCode::from(2)
        }
    }
}

fn scrapes(args: &Watch, reader: &Reader, interval: Duration, pages: &Sender<Scrape>, stopped: &Receiver<()>) {
    loop {
        let begun = Instant::now();
        if pages.send(scrape(args, reader)).is_err() {
            return;
        }
        match stopped.recv_timeout(interval.saturating_sub(begun.elapsed())) {
            Err(RecvTimeoutError::Timeout) => {}
            Ok(()) | Err(RecvTimeoutError::Disconnected) => return,
        }
    }
}

fn turns(terminal: &mut ratatui::DefaultTerminal, app: &mut App, inbox: &Receiver<Scrape>, signals: &signals::Signals) -> io::Result<()> {
    let mut stale = true;
    while !app.is_done() && !signals.arrived() {
        if stale {
            terminal.draw(|frame| screen::draw(app, frame))?;
            stale = false;
        }
        if event::poll(Duration::from_millis(100))? {
            match event::read()? {
                Event::Key(key) if key.kind != KeyEventKind::Release => app.key(key),
                _ => {}
            }
            stale = true;
        }
        while let Ok(scrape) = inbox.try_recv() {
            app.scraped(scrape);
            stale = true;
        }
    }
    Ok(())
}
