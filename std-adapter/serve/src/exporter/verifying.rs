//! Passwords that wait to be verified, in fair order.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::{Duration, Instant};

use super::connection::Id;
use super::head::Request;

/// Credentials that are not known to be right or wrong yet. One is computed at a time: that of the address that had the fewest
/// lately, so that an address with many guesses waits for itself.
#[derive(Debug, Default)]
pub(super) struct Verifying {
    waiting: Vec<Guess>,
    running: Option<u128>,
    made: u64,
    /// What addresses cost lately.
    spent: HashMap<Option<IpAddr>, u32>,
    halved: Option<Instant>,
}

/// Credentials, and the requests that brought them.
#[derive(Debug)]
struct Guess {
    sealed: u128,
    address: Option<IpAddr>,
    /// Guesses of the same connection that were wrong.
    denied: u32,
    order: u64,
    requests: Vec<(Id, Box<Request>)>,
}

/// What addresses cost is halved so often.
const HALVE: Duration = Duration::from_secs(10);
/// More addresses are not told apart for longer than that.
const ADDRESSES: usize = 1_024;

impl Verifying {
    /// Credentials are to be verified. The same ones are verified once, from any client.
    pub(super) fn ask(&mut self, sealed: u128, id: Id, address: Option<IpAddr>, denied: u32, request: Box<Request>) {
        match self.waiting.iter_mut().find(|guess| guess.sealed == sealed) {
            Some(guess) => guess.requests.push((id, request)),
            None => {
                self.made += 1;
                self.waiting.push(Guess { sealed, address, denied, order: self.made, requests: vec![(id, request)] });
            }
        }
    }

    /// The next credentials to verify, if none are being verified: their seal and the header.
    pub(super) fn start(&mut self, now: Instant) -> Option<(u128, String)> {
        if self.running.is_some() {
            return None;
        }
        if self.halved.is_none_or(|halved| now.saturating_duration_since(halved) >= HALVE) || self.spent.len() > ADDRESSES {
            self.halved = Some(now);
            self.spent.values_mut().for_each(|spent| *spent /= 2);
            self.spent.retain(|_, spent| *spent > 0);
        }
        let cost = |guess: &&Guess| (self.spent.get(&guess.address).copied().unwrap_or(0), guess.denied, guess.order);
        let guess = self.waiting.iter().min_by_key(cost)?;
        let (sealed, address) = (guess.sealed, guess.address);
        let authorization = guess.requests.first().map(|(_, request)| request.authorization.clone())?;
        let spent = self.spent.entry(address).or_default();
        *spent = spent.saturating_add(1);
        self.running = Some(sealed);
        Some((sealed, authorization))
    }

    /// Credentials were verified: the requests that brought them. A wrong guess costs its address more.
    pub(super) fn done(&mut self, sealed: u128, granted: bool) -> Vec<(Id, Box<Request>)> {
        // Not another's, where this one was left with all others.
        self.running = self.running.filter(|running| *running != sealed);
        let Some(at) = self.waiting.iter().position(|guess| guess.sealed == sealed) else { return Vec::new() };
        let guess = self.waiting.remove(at);
        if !granted {
            let spent = self.spent.entry(guess.address).or_default();
            *spent = spent.saturating_add(3);
        }
        guess.requests
    }

    /// A client waits no longer. What is being computed for it alone is not stopped.
    pub(super) fn leave(&mut self, id: Id) {
        let running = self.running;
        self.waiting.iter_mut().for_each(|guess| guess.requests.retain(|(waits, _)| *waits != id));
        self.waiting.retain(|guess| !guess.requests.is_empty() || running == Some(guess.sealed));
    }

    /// No client waits any longer.
    pub(super) fn leave_all(&mut self) {
        self.waiting.clear();
        self.running = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(verifying: &mut Verifying, sealed: u128, place: usize, host: u8) {
        verifying.ask(sealed, Id::of(place), Some(IpAddr::from([10, 0, 0, host])), 0, Box::default());
    }

    /// In which order the seals are verified; all of them are wrong.
    fn order(verifying: &mut Verifying, now: Instant) -> Vec<u128> {
        std::iter::from_fn(|| {
            let (sealed, _) = verifying.start(now)?;
            verifying.done(sealed, false);
            Some(sealed)
        })
        .collect()
    }

    #[test]
    fn addresses_take_turns() {
        let (mut verifying, now) = (Verifying::default(), Instant::now());
        for guess in 0..100 {
            ask(&mut verifying, guess, guess as usize, 1);
        }
        ask(&mut verifying, 100, 100, 2);
        ask(&mut verifying, 101, 101, 2);
        let order = order(&mut verifying, now);
        assert_eq!(&order[..5], [0, 100, 1, 101, 2]);
        assert_eq!(order.len(), 102);
        // Also behind a crowd that was there before.
        ask(&mut verifying, 200, 0, 1);
        ask(&mut verifying, 201, 1, 3);
        assert_eq!(verifying.start(now).unwrap().0, 201);
    }

    #[test]
    fn same_credentials_are_verified_once() {
        let (mut verifying, now) = (Verifying::default(), Instant::now());
        for place in 0..3 {
            ask(&mut verifying, 7, place, place as u8);
        }
        verifying.leave(Id::of(1));
        let (sealed, _) = verifying.start(now).unwrap();
        assert!(verifying.start(now).is_none());
        let ids: Vec<_> = verifying.done(sealed, true).into_iter().map(|(id, _)| id).collect();
        assert_eq!(ids, [Id::of(0), Id::of(2)]);
        assert!(verifying.start(now).is_none());
    }

    #[test]
    fn others_are_verified_behind_a_guess_that_all_clients_left() {
        let (mut verifying, now) = (Verifying::default(), Instant::now());
        ask(&mut verifying, 7, 0, 1);
        assert_eq!(verifying.start(now).unwrap().0, 7);
        verifying.leave_all();
        ask(&mut verifying, 8, 1, 1);
        assert_eq!(verifying.start(now).unwrap().0, 8);
        // The one before comes to its end meanwhile.
        assert!(verifying.done(7, true).is_empty());
        ask(&mut verifying, 9, 2, 1);
        assert!(verifying.start(now).is_none(), "one at a time");
        assert_eq!(verifying.done(8, true).len(), 1);
        assert_eq!(verifying.start(now).unwrap().0, 9);
    }

    #[test]
    fn guess_of_a_client_that_left_is_not_verified() {
        let (mut verifying, now) = (Verifying::default(), Instant::now());
        ask(&mut verifying, 7, 0, 1);
        verifying.leave(Id::of(0));
        assert!(verifying.start(now).is_none());
    }
}
