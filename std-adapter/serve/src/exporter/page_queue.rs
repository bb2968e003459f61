//! Which pages are being made, for whom, and since when.

use std::sync::Arc;
use std::time::{Duration, Instant};

use picometer_registry::Scrape;

use super::connection::Id;
use super::limits::Limits;
use crate::respond::Asked;

/// The pages that are being made or wait for it. A request for a page that waits is answered by it too; a page that is being
/// made already is not shared with those that come later, because it may not have what they saw counted.
#[derive(Debug, Default)]
pub(super) struct Renders {
    jobs: Vec<Job>,
    made: u64,
}

#[derive(Debug)]
struct Job {
    number: u64,
    asked: Asked,
    clients: Vec<Client>,
    /// While a thread makes it.
    run: Option<Run>,
}

#[derive(Debug)]
struct Client {
    id: Id,
    deadline: Instant,
    /// It sends no more, and so has left, or has not.
    half_closed: bool,
}

#[derive(Debug)]
struct Run {
    scrape: Arc<Scrape>,
    began: Instant,
    /// It took longer than a client waited. Another thread takes the place of its own.
    overdue: bool,
}

/// A page to be made.
pub(super) struct Start {
    pub(super) number: u64,
    pub(super) asked: Asked,
    pub(super) scrape: Arc<Scrape>,
}

/// A page that takes longer gives its thread's turn to others.
const LONG: Duration = Duration::from_millis(250);

impl Renders {
    /// Clients that wait.
    pub(super) fn waiting(&self) -> usize {
        self.jobs.iter().map(|job| job.clients.len()).sum()
    }

    /// Pages that are being made, in time.
    pub(super) fn running(&self) -> usize {
        self.jobs.iter().filter(|job| job.run.as_ref().is_some_and(|run| !run.overdue)).count()
    }

    /// Pages that should have been made by now.
    pub(super) fn overdue(&self) -> usize {
        self.jobs.iter().filter(|job| job.run.as_ref().is_some_and(|run| run.overdue)).count()
    }

    /// Whether every thread that may be lost is.
    pub(super) fn is_stuck(&self, limits: &Limits) -> bool {
        self.overdue() >= most_threads(limits)
    }

    /// A client waits for a page.
    pub(super) fn ask(&mut self, asked: Asked, id: Id, deadline: Instant, half_closed: bool) {
        let client = Client { id, deadline, half_closed };
        match self.jobs.iter_mut().find(|job| job.run.is_none() && job.asked == asked) {
            Some(job) => job.clients.push(client),
            None => {
                self.made += 1;
                self.jobs.push(Job { number: self.made, asked, clients: vec![client], run: None });
            }
        }
    }

    /// The next page, if a thread is free for it: the one that waits for longest of those that are surely waited for. Behind pages
    /// that take long no other waits, as long as there may be more threads.
    pub(super) fn start(&mut self, now: Instant, limits: &Limits) -> Option<Start> {
        let runs = || self.jobs.iter().filter_map(|job| job.run.as_ref());
        let soon = runs().filter(|run| !run.overdue && now.saturating_duration_since(run.began) < LONG).count();
        if soon >= limits.render_threads.max(1) || runs().count() >= most_threads(limits) {
            return None;
        }
        let stays = |job: &Job| job.clients.iter().any(|client| !client.half_closed);
        let queued = || self.jobs.iter().enumerate().filter(|(_, job)| job.run.is_none());
        let (at, _) = queued().find(|(_, job)| stays(job)).or_else(|| queued().next())?;
        let job = self.jobs.get_mut(at)?;
        // Of use to the most patient one.
        let until = job.clients.iter().map(|client| client.deadline).max().unwrap_or(now);
        let scrape = Arc::new(job.asked.scrape().until(until));
        job.run = Some(Run { scrape: Arc::clone(&scrape), began: now, overdue: false });
        Some(Start { number: job.number, asked: job.asked.clone(), scrape })
    }

    /// Whether a page waits for a thread.
    pub(super) fn has_queued(&self) -> bool {
        self.jobs.iter().any(|job| job.run.is_none())
    }

    /// What is asked of a page that is being made, and since when it is.
    pub(super) fn begun(&self, number: u64) -> Option<(Asked, Instant)> {
        let job = self.jobs.iter().find(|job| job.number == number)?;
        Some((job.asked.clone(), job.run.as_ref()?.began))
    }

    /// A page was made: who asked for it.
    pub(super) fn done(&mut self, number: u64) -> Vec<Id> {
        let Some(at) = self.jobs.iter().position(|job| job.number == number) else { return Vec::new() };
        self.jobs.remove(at).clients.into_iter().map(|client| client.id).collect()
    }

    /// A client sends no more. If it wanted the page all the same, it gets it when there is nothing else to do.
    pub(super) fn half_closed(&mut self, id: Id) {
        let mut clients = self.jobs.iter_mut().flat_map(|job| &mut job.clients);
        clients.find(|client| client.id == id).into_iter().for_each(|client| client.half_closed = true);
    }

    /// A client waits no longer. A page that is left without any is not made, and one that is being made is overdue if it is
    /// `late`. The collectors that it is at; `None` if the client waited for no page.
    pub(super) fn leave(&mut self, id: Id, late: bool) -> Option<Vec<Box<str>>> {
        let mut names = None;
        for job in &mut self.jobs {
            let before = job.clients.len();
            job.clients.retain(|client| client.id != id);
            if before > job.clients.len() {
                let run = job.run.as_mut();
                names = Some(run.map_or_else(Vec::new, |run| {
                    run.overdue |= late;
                    run.scrape.under_way()
                }));
            }
        }
        self.jobs.retain(|job| job.run.is_some() || !job.clients.is_empty());
        names
    }

    /// No client waits any longer.
    pub(super) fn leave_all(&mut self) {
        self.jobs.retain(|job| job.run.is_some());
        self.jobs.iter_mut().for_each(|job| job.clients.clear());
    }

    /// Pages that take longer than any client should wait are overdue too; when the next of them will be, or gives way to one that
    /// waits.
    pub(super) fn watch(&mut self, now: Instant, patience: Duration) -> Option<Instant> {
        let mut next = None;
        let waits = self.has_queued();
        for run in self.jobs.iter_mut().filter_map(|job| job.run.as_mut()).filter(|run| !run.overdue) {
            match run.began.checked_add(patience) {
                Some(end) if end <= now => run.overdue = true,
                Some(end) => {
                    let long = Some(run.began + LONG).filter(|long| waits && *long > now);
                    next = next.into_iter().chain([end]).chain(long).min();
                }
                None => {}
            }
        }
        next
    }

    /// The collectors that pages are at, the innermost of each.
    pub(super) fn under_way(&self) -> Vec<Box<str>> {
        let runs = self.jobs.iter().filter_map(|job| job.run.as_ref());
        let mut names: Vec<_> = runs.filter_map(|run| run.scrape.under_way().pop()).collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}

/// Those that make pages in time, and those that may be lost.
pub(super) fn most_threads(limits: &Limits) -> usize {
    limits.render_threads.max(1).saturating_add(limits.hung_threads)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::respond::RequestParts;

    const LIMITS: Limits = Limits { render_threads: 1, hung_threads: 1, ..Limits::DEFAULT };

    fn asked(query: &'static str) -> Asked {
        Asked::of(&RequestParts::new("GET", query)).unwrap()
    }

    #[test]
    fn waiting_page_is_shared_and_running_page_is_not() {
        let (mut renders, now) = (Renders::default(), Instant::now());
        for id in 0..3 {
            renders.ask(asked("?name[]=a"), Id::of(id), now, false);
        }
        let first = renders.start(now, &LIMITS).unwrap();
        renders.ask(asked("?x&name[]=a&name[]=a"), Id::of(3), now, false);
        assert!(renders.start(now, &LIMITS).is_none());
        assert_eq!(renders.done(first.number), [Id::of(0), Id::of(1), Id::of(2)]);
        let second = renders.start(now, &LIMITS).unwrap();
        assert_eq!(renders.done(second.number), [Id::of(3)]);
        assert!(renders.start(now, &LIMITS).is_none() && renders.waiting() == 0);
    }

    #[test]
    fn overdue_pages_are_replaced_up_to_a_limit() {
        let (mut renders, now) = (Renders::default(), Instant::now());
        let mut lost = Vec::new();
        for id in 0..2 {
            renders.ask(asked("/"), Id::of(id), now, false);
            lost.push(renders.start(now, &LIMITS).unwrap());
            assert!(!renders.is_stuck(&LIMITS));
            renders.leave(Id::of(id), true);
        }
        assert!(renders.is_stuck(&LIMITS) && renders.overdue() == 2);
        renders.ask(asked("/"), Id::of(9), now, false);
        assert!(renders.start(now, &LIMITS).is_none());
        renders.done(lost[0].number);
        assert!(renders.start(now, &LIMITS).is_some());
    }

    #[test]
    fn page_that_takes_long_gives_way() {
        let (mut renders, now) = (Renders::default(), Instant::now());
        let patience = Duration::from_secs(9);
        renders.ask(asked("/"), Id::of(0), now, false);
        assert!(renders.start(now, &LIMITS).is_some());
        assert_eq!(renders.watch(now, patience), Some(now + patience));
        renders.ask(asked("?name[]=a"), Id::of(1), now, false);
        assert!(renders.start(now, &LIMITS).is_none());
        assert_eq!(renders.watch(now, patience), Some(now + LONG));
        assert!(renders.start(now + LONG, &LIMITS).is_some());
        // Not without end, and neither is given up.
        renders.ask(asked("?name[]=b"), Id::of(2), now, false);
        assert!(renders.start(now + 2 * LONG, &LIMITS).is_none());
        assert!(renders.overdue() == 0 && !renders.is_stuck(&LIMITS));
    }

    #[test]
    fn page_without_clients_is_not_made() {
        let (mut renders, now) = (Renders::default(), Instant::now());
        renders.ask(asked("/"), Id::of(0), now, false);
        renders.ask(asked("?name[]=a"), Id::of(1), now, true);
        renders.ask(asked("?name[]=b"), Id::of(2), now, false);
        renders.leave(Id::of(0), false);
        // The one that may have left comes last.
        let first = renders.start(now, &LIMITS).unwrap();
        assert_eq!(renders.done(first.number), [Id::of(2)]);
        assert!(renders.has_queued());
        renders.leave(Id::of(1), false);
        assert!(!renders.has_queued());
    }
}
