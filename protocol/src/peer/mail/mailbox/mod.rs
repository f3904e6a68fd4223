//! What waits on the relay for who is away, ours and theirs: the state machine beside [`Instance`](crate::Instance).
//!
//! Sans-I/O. In come what the relay says of its bag and what the user wants left, changed or taken; out go requests,
//! and [`Event`]s for the user. The shell signs what is put, as it knows the ref and the challenge of the join.
//!
//! The relay is believed nothing: what it lists and brings is bounded, what it says twice is taken once, and what opens is
//! judged by what is sealed inside.

mod arrivals;
mod bag;
mod bonded;
mod event;
mod letters;
pub mod limits;
mod look;
mod own;
mod post;
mod requests;

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use rand_core::CryptoRng;

use self::bag::Bag;
pub use self::bag::Copy;
use self::bonded::Bonded;
pub use self::event::{Answer, Ask, Event, KeepError, Left, Letter, Refusal, Request, Tag, Waiting};
use self::look::Look;
use self::own::{Drops, Own};
pub use self::post::Post;
use self::post::Stage;
use crate::kept::{Announcement, DropHash, Token};
use crate::peer::instance::Now;
use crate::peer::mail::under_passphrase::MailKey;
use crate::peer::message::MessageId;
use crate::peer::name::Name;

/// See the [module](self).
pub struct Mailbox {
    key: MailKey,
    name: Name,
    rng: Box<dyn CryptoRng + Send>,
    /// How many days the relay keeps what it is given; `None` where it keeps nothing, or there is no connection.
    days: Option<u8>,
    own: Own,
    bag: Bag,
    look: Look,
    /// What came for us in this look, with its number.
    fresh: Vec<(u64, Left)>,
    /// How many looks were begun, and when the next one may begin, if one is wanted.
    looks: u64,
    look_from: Duration,
    wanted: bool,
    drops: Drops,
    /// Requests without an answer, and until when one is waited for.
    asked: BTreeMap<Tag, (Asked, Duration)>,
    next_tag: u64,
    events: VecDeque<Event>,
    /// What is shown stays where it is.
    only_looks: bool,
    newer_told: bool,
    /// Where there is a memory.
    bonded: Option<Bonded>,
}

/// What a request was for.
enum Asked {
    Put(DropHash),
    Page,
    Drop(Drops),
}

impl Mailbox {
    /// An empty one, of somebody of this name. `rng` feeds every tag and nonce.
    pub fn new(key: MailKey, name: Name, rng: Box<dyn CryptoRng + Send>) -> Self {
        Self {
            key,
            name,
            rng,
            days: None,
            own: Own::default(),
            bag: Bag::default(),
            look: Look::default(),
            fresh: Vec::new(),
            looks: 0,
            look_from: Duration::ZERO,
            wanted: false,
            drops: Vec::new(),
            asked: BTreeMap::new(),
            next_tag: 0,
            events: VecDeque::new(),
            only_looks: false,
            newer_told: false,
            bonded: None,
        }
    }

    /// From now on nothing is taken out that was left for us.
    pub fn only_look(&mut self) {
        self.only_looks = true;
    }

    /// The relay has accepted a join, and said whether it keeps anything.
    pub fn joined(&mut self, announced: Option<&Announcement>, now: Now) {
        self.disconnected();
        self.days = announced.map(|announced| announced.days.max(1));
        self.wanted = self.days.is_some();
        self.look_from = now.monotonic;
    }

    /// The connection is gone. What has no answer is asked again on the next one.
    pub fn disconnected(&mut self) {
        self.days = None;
        self.wanted = false;
        for (_, (asked, _)) in std::mem::take(&mut self.asked) {
            if let Asked::Drop(drops) = asked {
                self.drops.extend(drops);
            }
        }
        self.own.disconnected();
        self.end_look(false);
    }

    /// Whether the relay that we are joined to keeps anything, and for how many days.
    pub fn days(&self) -> Option<u8> {
        self.days
    }

    /// Something new is in the bag.
    pub fn news(&mut self) {
        self.wanted = self.days.is_some();
    }

    /// We have another name: other things are for us.
    pub fn rename(&mut self, name: Name) {
        self.name = name;
        self.bag.renamed();
        self.news();
    }

    /// A message has come live: how it stands to what was left under its id.
    pub fn live(&mut self, id: MessageId, text: &str) -> Copy {
        self.bag.shown(id, text, false)
    }

    /// The user has read what was left for us: it is taken out of the bag.
    pub fn take(&mut self, handle: &DropHash) {
        if let Some(token) = self.bag.take(handle) {
            self.drop_for_us(token);
        }
        let mut inbox = self.bonded.iter_mut().flat_map(|bonded| &mut bonded.post.inbox);
        if let Some(arrived) = inbox.find(|arrived| arrived.token.drop_hash() == *handle) {
            arrived.stage = Stage::Read;
        }
    }

    fn drop_for_us(&mut self, token: Token) {
        if !self.only_looks {
            self.drops.push((token, None));
        }
    }

    /// What waits and is not for us, or from us.
    pub fn waiting(&self) -> Vec<Waiting> {
        self.own.waiting().chain(self.bag.waiting(&self.name)).collect()
    }

    /// The next thing to tell the user.
    pub fn next_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }
}

/// In days since 1970-01-01.
fn today(now: Now) -> u32 {
    u32::try_from(now.wall / (24 * 3600 * 1000)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
