//! The two numbered streams of a pair. They outlive sessions: duplicates and order need one number, not a cache.

use std::collections::VecDeque;
use std::time::Duration;

use crate::peer::instance::limits::UNHELD_MESSAGES;

/// What we say to one peer: what it has not acknowledged, and what waits for its turn.
#[derive(Debug)]
pub(crate) struct Outgoing<P> {
    /// The number of the oldest in `unacknowledged`, or of the next one.
    first: u64,
    unacknowledged: VecDeque<Numbered<P>>,
    /// So many of `unacknowledged`, from the oldest, are on the way in the present session.
    flying: usize,
    waiting: VecDeque<P>,
}

#[derive(Debug)]
struct Numbered<P> {
    item: P,
    /// What its last sending took of the window.
    size: usize,
    /// When it was sent for the first time.
    at: Duration,
}

impl<P> Outgoing<P> {
    pub(crate) fn new() -> Self {
        Self {
            first: 0,
            unacknowledged: VecDeque::new(),
            flying: 0,
            waiting: VecDeque::new(),
        }
    }

    pub(crate) fn push(&mut self, item: P) {
        self.waiting.push_back(item);
    }

    /// Puts items, in their order, before everything that has no number yet, but behind what begins a stream.
    pub(crate) fn push_first(&mut self, items: Vec<P>, begins: impl Fn(&P) -> bool) {
        let start = self.waiting.iter().take_while(|item| begins(item)).count();
        let rest = self.waiting.split_off(start);
        self.waiting.extend(items);
        self.waiting.extend(rest);
    }

    /// Puts another in the place of what matches and has no number yet; false where nothing does.
    pub(crate) fn replace_waiting(&mut self, matches: impl Fn(&P) -> bool, new: &P) -> bool
    where
        P: Clone,
    {
        let matching = self.waiting.iter_mut().find(|item| matches(item));
        matching.map(|item| *item = new.clone()).is_some()
    }

    /// What is to be sent next: its number and itself.
    pub(crate) fn next(&self) -> Option<(u64, &P)> {
        let item = match self.unacknowledged.get(self.flying) {
            Some(numbered) => &numbered.item,
            None => self.waiting.front()?,
        };
        Some((self.first + self.flying as u64, item))
    }

    /// Notes that the next one was sent, at this size and time.
    pub(crate) fn sent(&mut self, size: usize, at: Duration) {
        match self.unacknowledged.get_mut(self.flying) {
            Some(numbered) => numbered.size = size,
            None => {
                let Some(item) = self.waiting.pop_front() else {
                    return;
                };
                self.unacknowledged.push_back(Numbered { item, size, at });
            }
        }
        self.flying += 1;
    }

    /// Bytes on the way.
    pub(crate) fn bytes_flying(&self) -> usize {
        self.unacknowledged
            .iter()
            .take(self.flying)
            .map(|numbered| numbered.size)
            .sum()
    }

    /// Messages on the way.
    pub(crate) fn flying(&self) -> usize {
        self.flying
    }

    /// A new session: all that is unacknowledged is sent again, in order.
    pub(crate) fn restart(&mut self) {
        self.flying = 0;
    }

    /// The peer holds everything below `held`: what that frees, with its numbers, sizes and times, oldest
    /// first. A number that was never sent is a lie, and frees nothing.
    pub(crate) fn acknowledge(&mut self, held: u64) -> Vec<(u64, P, usize, Duration)> {
        let mut freed = Vec::new();
        if held > self.first + self.unacknowledged.len() as u64 {
            return freed;
        }
        while self.first < held {
            let Some(Numbered { item, size, at }) = self.unacknowledged.pop_front() else {
                break;
            };
            freed.push((self.first, item, size, at));
            self.first += 1;
            self.flying = self.flying.saturating_sub(1);
        }
        freed
    }

    /// Everything that the peer does not hold, in order; and whether it had been sent.
    pub(crate) fn undelivered(&self) -> impl Iterator<Item = (&P, bool)> {
        let numbered = self.unacknowledged.iter().map(|numbered| (&numbered.item, true));
        numbered.chain(self.waiting.iter().map(|item| (item, false)))
    }

    /// Takes out what matches: its number, if it has one, is kept by `empty`.
    pub(crate) fn take(&mut self, matches: impl Fn(&P) -> bool, empty: impl Fn() -> P) -> Vec<(P, bool)> {
        let mut taken = Vec::new();
        for numbered in self
            .unacknowledged
            .iter_mut()
            .filter(|numbered| matches(&numbered.item))
        {
            taken.push((std::mem::replace(&mut numbered.item, empty()), true));
        }
        let (matching, rest) = self.waiting.drain(..).partition(matches);
        self.waiting = rest;
        let matching: VecDeque<P> = matching;
        taken.extend(matching.into_iter().map(|item| (item, false)));
        taken
    }
}

/// What one peer says to us.
#[derive(Debug, Default)]
pub(crate) struct Incoming {
    /// The only number that is taken.
    next: u64,
    /// Numbers below `next` that the user's side has yet to take, oldest first.
    unheld: VecDeque<u64>,
    read: u64,
}

/// What a number is to a stream.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// The one that is taken.
    Next,
    /// Had before: acknowledged again and dropped.
    Before,
    /// One in between is missing.
    Beyond,
}

impl Incoming {
    pub(crate) fn place(&self, number: u64) -> Place {
        match number.cmp(&self.next) {
            std::cmp::Ordering::Less => Place::Before,
            std::cmp::Ordering::Equal => Place::Next,
            std::cmp::Ordering::Greater => Place::Beyond,
        }
    }

    /// Takes the next number. `user`: it is held only when the user's side says so.
    pub(crate) fn take(&mut self, user: bool) {
        if user {
            self.unheld.push_back(self.next);
        }
        self.next += 1;
    }

    /// Whether another message would be more than the user's side is given at once.
    pub(crate) fn is_full(&self) -> bool {
        self.unheld.len() >= UNHELD_MESSAGES
    }

    /// The user's side holds everything up to `number`; true if that is news.
    pub(crate) fn hold(&mut self, number: u64) -> bool {
        let before = self.unheld.len();
        while self.unheld.front().is_some_and(|&unheld| unheld <= number) {
            self.unheld.pop_front();
        }
        self.unheld.len() < before
    }

    /// The user has read everything up to `number`; true if that is news.
    pub(crate) fn read_up_to(&mut self, number: u64) -> bool {
        let read = number.saturating_add(1).min(self.next);
        let news = read > self.read;
        self.read = self.read.max(read);
        news
    }

    /// Everything below is held.
    pub(crate) fn held(&self) -> u64 {
        self.unheld.front().copied().unwrap_or(self.next)
    }

    /// Everything below is read.
    pub(crate) fn read(&self) -> u64 {
        self.read
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// A lossy way in which sessions break at any moment: everything arrives, once, in order.
        #[test]
        fn a_stream_arrives_once_and_in_order(count in 1u64..40, script in prop::collection::vec(0u8..8, 0..400)) {
            let mut outgoing = Outgoing::new();
            (0..count).for_each(|item| outgoing.push(item));
            let (mut incoming, mut got, mut way) = (Incoming::default(), Vec::new(), VecDeque::new());
            let honest = std::iter::repeat_n([0, 0, 1, 3, 2], 200).flatten();
            for step in script.into_iter().chain(std::iter::once(4)).chain(honest) {
                match step {
                    // Send, if the window of 5 allows.
                    0 if outgoing.flying() < 5 => {
                        if let Some((number, &item)) = outgoing.next() {
                            way.push_back((number, item));
                            outgoing.sent(1, Duration::ZERO);
                        }
                    }
                    // Arrive.
                    1 => if let Some((number, item)) = way.pop_front()
                        && incoming.place(number) == Place::Next
                    {
                        incoming.take(true);
                        got.push(item);
                    },
                    // Acknowledge.
                    2 => { outgoing.acknowledge(incoming.held()); }
                    // The user's side takes what it was given.
                    3 => { incoming.hold(u64::MAX); }
                    // The session breaks: what is on the way is lost.
                    4 => { way.clear(); outgoing.restart(); }
                    _ => {}
                }
            }
            prop_assert_eq!(got, (0..count).collect::<Vec<_>>());
            prop_assert_eq!(outgoing.undelivered().count(), 0);
        }
    }

    #[test]
    fn what_was_never_sent_cannot_be_acknowledged() {
        let mut outgoing = Outgoing::new();
        outgoing.push('a');
        outgoing.sent(1, Duration::ZERO);
        assert!(outgoing.acknowledge(2).is_empty());
        assert_eq!(outgoing.acknowledge(1), [(0, 'a', 1, Duration::ZERO)]);
    }

    #[test]
    fn a_number_whose_piece_is_taken_stays() {
        let mut outgoing = Outgoing::new();
        "abc".chars().for_each(|item| outgoing.push(item));
        outgoing.sent(1, Duration::ZERO);
        assert_eq!(
            outgoing.take(|&item| item != 'b', || '-'),
            [('a', true), ('c', false)]
        );
        outgoing.restart();
        assert_eq!(outgoing.next(), Some((0, &'-')));
        outgoing.sent(1, Duration::ZERO);
        assert_eq!(outgoing.next(), Some((1, &'b')));
    }

    #[test]
    fn nothing_is_acknowledged_over_what_the_user_has_not_taken() {
        let mut incoming = Incoming::default();
        incoming.take(false);
        incoming.take(true);
        incoming.take(false);
        assert_eq!(incoming.held(), 1);
        assert!(incoming.hold(1) && !incoming.hold(1));
        assert_eq!(incoming.held(), 3);
    }
}
