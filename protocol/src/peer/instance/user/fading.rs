//! Whether messages fade: what we want of it, what each peer wants, and when that is the same.

use crate::peer::instance::outbox::StreamItem;
use crate::peer::instance::{Instance, Now};
use crate::peer::message::fading::{FadeTime, Fading};

impl Instance {
    /// Says to everybody, and to whoever comes later, what we want of messages that fade.
    pub fn fade(&mut self, fading: Fading, now: Now) {
        if fading == Fading::Cannot && self.fading == fading {
            // Everybody knows, however often somebody asks.
            return;
        }
        self.fading = fading;
        for pair in self.pairs.values_mut().filter(|pair| pair.was_met()) {
            // What we wanted before is no news any more.
            pair.streams
                .outgoing
                .take(|item| matches!(item, StreamItem::Fading(_)), || StreamItem::Empty);
            pair.streams.outgoing.push(StreamItem::Fading(fading));
        }
        self.drive(now);
    }

    /// How long a text that is said now stays: a time that we want, and everybody who is here. With nobody here,
    /// there is nobody who has agreed.
    pub fn fades(&self) -> Option<FadeTime> {
        let Fading::After(time) = self.fading else {
            return None;
        };
        let mut here = self.pairs.values().filter(|pair| pair.is_announced()).peekable();
        here.peek()?;
        here.all(|pair| pair.person.fading == self.fading).then_some(time)
    }
}
