//! The RTIC application on the emulated board: what interrupts count, compared with what their handlers know.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;

use picometer_std::parse::{Dialect, Rules, families};

use crate::peers::{PATIENCE, Process, uart_board, wait_for};

/// The board, asked over its UART.
struct Board {
    _process: Process,
    commands: UnixStream,
    answers: BufReader<UnixStream>,
    sent: u64,
}

impl Board {
    fn start() -> Option<Self> {
        let (process, commands) = uart_board("rtic")?;
        commands.set_read_timeout(Some(PATIENCE)).expect("a socket");
        let answers = BufReader::new(commands.try_clone().expect("a socket"));
        Some(Self { _process: process, commands, answers, sent: 0 })
    }

    fn send(&mut self, command: &[u8]) {
        self.commands.write_all(command).expect("QEMU reads");
        self.sent += command.len() as u64;
    }

    /// The next page that was asked for, up to its last line.
    fn page(&mut self) -> Page {
        let mut text = String::new();
        while !text.ends_with("# EOF\n") {
            let read = self.answers.read_line(&mut text).expect("a page");
            assert!(read > 0, "QEMU ended after:\n{text}");
        }
        Page::of(text)
    }

    fn scrape(&mut self) -> Page {
        self.send(b"m");
        self.page()
    }
}

/// A page, and its series.
struct Page {
    text: String,
    series: BTreeMap<String, u64>,
}

impl Page {
    /// Each page is read by the letter of OpenMetrics too.
    #[track_caller]
    fn of(text: String) -> Self {
        families(&text, Dialect::OpenMetrics100, Rules::STRICT).unwrap_or_else(|error| panic!("{}:\n{text}", error.in_page(&text)));
        let samples = text.lines().filter(|line| !line.starts_with('#'));
        // The sum of the histogram is the one value with a fraction.
        let samples = samples.filter(|line| !line.starts_with("interrupt_latency_seconds_sum "));
        let samples = samples.map(|line| line.rsplit_once(' ').unwrap_or_else(|| panic!("{line:?} is no sample")));
        let series = samples.map(|(name, value)| (name.to_owned(), value.parse().unwrap_or_else(|_| panic!("{name} is {value:?}"))));
        Self { series: series.collect(), text }
    }

    #[track_caller]
    fn value(&self, series: &str) -> u64 {
        *self.series.get(series).unwrap_or_else(|| panic!("no {series} on the page:\n{}", self.text))
    }

    fn interrupts(&self, source: &str) -> u64 {
        self.value(&format!("interrupts_total{{source=\"{source}\"}}"))
    }

    /// Interrupts of both timers: by the family, by the counter that both have, by the histogram, and by the handlers. In this
    /// order they stand on the page.
    fn ticks(&self) -> [u64; 4] {
        let by_handlers = self.value("fast_interrupts") + self.value("slow_interrupts");
        let by_family = self.interrupts("fast") + self.interrupts("slow");
        [by_family, self.value("ticks_total"), self.value("interrupt_latency_seconds_count"), by_handlers]
    }

    /// Cumulative counts of the histogram's buckets, in the order of the page.
    fn buckets(&self) -> Vec<u64> {
        let lines = self.text.lines().filter(|line| line.starts_with("interrupt_latency_seconds_bucket{"));
        let counts: Vec<u64> = lines.map(|line| line.rsplit_once(' ').expect("a sample").1.parse().expect("a count")).collect();
        assert!(counts.len() == 7 && counts.is_sorted(), "{}", self.text);
        counts
    }
}

#[test]
fn interrupts_of_rtic_count_exactly() {
    let Some(mut board) = Board::start() else { return };
    let mut last = board.scrape();
    let mut pages = 1;
    wait_for("interrupts inside others", || {
        let page = board.scrape();
        pages += 1;
        for (series, &value) in &last.series {
            assert!(page.value(series) >= value, "{series} went backwards from {value}:\n{}", page.text);
        }
        // A page is written while the timers go on, and between two handlers: what stands later on it has counted more.
        assert!(page.ticks().is_sorted(), "{:?}", page.ticks());
        assert_eq!(page.buckets().last(), Some(&page.value("interrupt_latency_seconds_count")));
        last = page;
        (last.value("preemptions_total") >= 20 && last.ticks()[0] >= 20_000).then_some(())
    });

    // Several commands at once: none is lost, and each page is whole.
    board.send(b"mxm");
    board.page();
    board.page();
    board.send(b"s");
    let stopped = board.scrape();
    let ticks = stopped.ticks();
    assert_eq!(ticks, [ticks[3]; 4], "the handlers counted {}", ticks[3]);
    assert_eq!(stopped.interrupts("fast"), stopped.value("fast_interrupts"));
    assert_eq!(stopped.interrupts("slow"), stopped.value("slow_interrupts"));
    assert_eq!(stopped.buckets().last(), Some(&ticks[3]));
    assert_eq!(stopped.interrupts("uart"), board.sent);
    assert_eq!(stopped.value("pages_total"), pages + 3);
    assert_eq!(board.scrape().ticks(), ticks, "the timers stand");
}
