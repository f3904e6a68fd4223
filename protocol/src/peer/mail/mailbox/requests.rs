//! What the relay is asked, and what it answers: a few at a time, none of them waited for without a limit.

use std::time::Duration;

use super::event::{Answer, Ask, Event, Refusal, Request, Tag};
use super::limits::{ANSWER_LIMIT, IN_FLIGHT, LOOK_SPACING};
use super::look::Ended;
use super::own::Drops;
use super::{Asked, Mailbox, today};
use crate::kept::{self, Token};
use crate::peer::instance::Now;

impl Mailbox {
    /// Whether something is to be dropped that the relay has not confirmed.
    pub fn is_dropping(&self) -> bool {
        let mut asked = self.asked.values();
        !self.drops.is_empty() || asked.any(|(asked, _)| matches!(asked, Asked::Drop(_)))
    }

    /// The next request. Nothing is fetched while a handshake is open, as on a slow link that would starve; but no
    /// handshake holds it up for longer than an answer may take.
    pub fn next_request(&mut self, is_handshaking: bool, now: Now) -> Option<Request> {
        self.days?;
        let at = now.monotonic;
        if self.asked.len() >= IN_FLIGHT {
            return None;
        }
        let may_fetch = !is_handshaking || at >= self.look_from + ANSWER_LIMIT;
        if self.wanted && self.look.is_idle() && at >= self.look_from && may_fetch {
            self.wanted = false;
            self.looks += 1;
            self.look_from = at + LOOK_SPACING;
            self.look.begin();
        }
        if let Some(get) = self.look.next_get().filter(|_| may_fetch) {
            self.look.asked();
            return Some(self.ask(Asked::Page, Ask::Get(get), at));
        }
        if !self.drops.is_empty() {
            let count = self.drops.len().min(u8::MAX.into());
            let drops: Drops = self.drops.drain(..count).collect();
            let tokens: Vec<Token> = drops.iter().map(|(token, _)| token.clone()).collect();
            let payload = kept::write_tokens(&tokens)?;
            return Some(self.ask(Asked::Drop(drops), Ask::Drop(payload), at));
        }
        let (hash, payload) = self.own.next_put(at, today(now))?;
        Some(self.ask(Asked::Put(hash), Ask::Put(payload), at))
    }

    fn ask(&mut self, asked: Asked, ask: Ask, at: Duration) -> Request {
        let tag = Tag(self.next_tag);
        self.next_tag += 1;
        self.asked.insert(tag, (asked, at + ANSWER_LIMIT));
        Request { tag, ask }
    }

    /// The relay has answered a request.
    pub fn answered(&mut self, tag: Tag, answer: Answer, now: Now) {
        let Some((asked, _)) = self.asked.remove(&tag) else {
            return;
        };
        match (asked, answer) {
            (Asked::Put(hash), Answer::Placed(placed)) => {
                let (events, drops) = self.own.placed(&hash, &placed, self.looks);
                self.events.extend(events);
                self.drops.extend(drops);
            }
            (Asked::Put(hash), answer) => {
                let why = match answer {
                    Answer::Refused(why) => why,
                    _ => Refusal::Other,
                };
                let id = self.own.refused(&hash, now.monotonic);
                self.events.extend(id.map(|id| Event::NotKept { id, why }));
            }
            (Asked::Page, Answer::Got(got)) => {
                let limit = now.monotonic + ANSWER_LIMIT;
                let ended = self.look.answered(got);
                if ended == Ended::Nothing && self.look.next_get().is_none() {
                    // The pushes have to come within the same time.
                    self.asked.insert(tag, (Asked::Page, limit));
                }
                self.ended(ended, now);
            }
            (Asked::Page, _) => self.end_look(false),
            (Asked::Drop(drops), Answer::Dropped(dropped)) => {
                if let Some(bonded) = &mut self.bonded {
                    bonded.post.dropped(drops.iter().map(|(token, _)| token));
                }
                for ((_, told), was_there) in drops.into_iter().zip(dropped) {
                    if let Some(id) = told.filter(|_| !was_there) {
                        self.events.push_back(Event::TooLate { id });
                    }
                }
            }
            // It stays, and is dropped when it is seen again.
            (Asked::Drop(_), _) => {}
        }
    }

    /// When something is due next.
    pub fn next_timeout(&self) -> Option<Duration> {
        self.days?;
        let answers = self.asked.values().map(|(_, limit)| *limit).min();
        let look = (self.wanted && self.look.is_idle()).then_some(self.look_from);
        [answers, look, self.own.next_due()].into_iter().flatten().min()
    }

    /// Gives up what has no answer.
    pub fn timeout(&mut self, now: Now) {
        let at = now.monotonic;
        let is_late = |(_, limit): &(Asked, Duration)| *limit <= at;
        let late: Vec<Tag> = (self.asked.iter())
            .filter_map(|(tag, asked)| is_late(asked).then_some(*tag))
            .collect();
        for tag in late {
            self.answered(tag, Answer::Refused(Refusal::Other), now);
        }
    }
}
