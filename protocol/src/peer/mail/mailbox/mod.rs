//! What waits on the relay for who is away, ours and theirs: the state machine beside [`Instance`](crate::Instance).
//!
//! Sans-I/O. In come what the relay says of its bag and what the user wants left, changed or taken; out go requests,
//! and [`Event`]s for the user. The shell signs what is put, as it knows the ref and the challenge of the join.
//!
//! The relay is believed nothing: what it lists and brings is bounded, what it says twice is taken once, and what opens is
//! judged by what is sealed inside.

mod bag;
mod bonded;
mod event;
pub mod limits;
mod look;
mod own;
mod post;

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use rand_core::CryptoRng;

pub use self::bag::Copy;
use self::bag::{Bag, Brought};
use self::bonded::Bonded;
pub use self::event::{Answer, Ask, Event, KeepError, Left, Letter, Refusal, Request, Tag, Waiting};
use self::limits::{ANSWER_LIMIT, IN_FLIGHT, LOOK_SPACING};
use self::look::{Ended, Look};
use self::own::{Drops, Entry, Own};
pub use self::post::Post;
use self::post::Stage;
use crate::kept::{self, Announcement, Content, DropHash, Kept, Token};
use crate::peer::instance::Now;
use crate::peer::mail::note::{Body, MAX_KEPT_TEXT, Note, NoteError};
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

    /// Leaves something for who is away.
    ///
    /// # Errors
    /// [`KeepError`]; nothing was taken then.
    pub fn keep(&mut self, letter: Letter, now: Now) -> Result<(), KeepError> {
        let days = self.days.ok_or(KeepError::KeepsNothing)?;
        if self.own.is_full() {
            return Err(KeepError::Full);
        }
        let note = Note {
            author: self.name.clone(),
            to: letter.to,
            written: letter.written,
            until: today(now).saturating_add(days.into()),
            fades: letter.fades,
            index: self.own.next,
            replaces: None,
            lowest: self.own.lowest(),
            body: Body::Text {
                id: letter.id,
                reply_to: letter.reply_to,
                text: letter.text,
            },
        };
        self.seal(letter.id, note, None)
    }

    /// A message of ours says something else: so does what was left of it. What was taken already cannot be changed, which
    /// is told.
    ///
    /// # Errors
    /// [`KeepError`]; what was left is as before then.
    pub fn edit(&mut self, id: MessageId, new: &str, now: Now) -> Result<(), KeepError> {
        fits(new)?;
        self.change_under(id, Some(new));
        if self.own.is_gone(id) {
            self.events.push_back(Event::TooLate { id });
        }
        for entry in self.own.withdraw(id, None) {
            let mut note = entry.note.clone();
            if let Body::Text { text, .. } = &mut note.body {
                new.clone_into(text);
            }
            let replaced = if entry.may_be_there() {
                note.replaces = Some(note.index);
                note.index = self.own.next;
                note.lowest = self.own.lowest();
                note.until = today(now).saturating_add(self.days.unwrap_or(1).into());
                Some((entry.sealed.token.clone(), entry.is_kept()))
            } else {
                entry.replaces.clone()
            };
            self.seal(id, note, replaced)?;
        }
        Ok(())
    }

    /// A message of ours is deleted: so is what was left of it.
    pub fn delete(&mut self, id: MessageId) {
        self.change_under(id, None);
        if self.own.is_gone(id) {
            self.events.push_back(Event::TooLate { id });
        }
        for entry in self.own.withdraw(id, None) {
            let told = entry.is_kept().then_some(id);
            self.drop_entry(&entry, told);
        }
    }

    /// Somebody of this name holds a message of ours: what was left of it for him is of no more use.
    pub fn delivered(&mut self, id: MessageId, to: &Name) {
        for entry in self.own.withdraw(id, Some(to)) {
            self.drop_entry(&entry, None);
        }
    }

    fn drop_entry(&mut self, entry: &Entry, told: Option<MessageId>) {
        // What it stands for may be there as well, if the one that should have dropped it has not arrived.
        let replaced = entry.replaces.iter().map(|(token, _)| (token.clone(), None));
        self.drops.extend(replaced);
        if entry.may_be_there() {
            self.drops.push((entry.sealed.token.clone(), told));
        }
    }

    /// Whether a message was given to be kept for somebody of this name, or for whoever comes, whatever became of it.
    pub fn knows(&self, id: MessageId, to: Option<&Name>) -> bool {
        self.own.knows(id, to)
    }

    /// Whether a message of ours waits on the relay, or was taken there.
    pub fn is_safe(&self, id: MessageId) -> bool {
        self.own.is_safe(id)
    }

    /// How many of ours are on their way to the relay.
    pub fn unsettled(&self, now: Now) -> usize {
        self.own.unsettled(now.monotonic)
    }

    /// Whether something is to be dropped that the relay has not confirmed.
    pub fn is_dropping(&self) -> bool {
        let mut asked = self.asked.values();
        !self.drops.is_empty() || asked.any(|(asked, _)| matches!(asked, Asked::Drop(_)))
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

    /// The relay has pushed something of the bag.
    pub fn received(&mut self, kept: &Kept<'_>, now: Now) {
        let is_blob = matches!(kept.content, Content::Blob(_));
        if !self.look.takes(kept.number, is_blob) {
            return;
        }
        match kept.content {
            Content::Hash(hash) => self.look.listed.push((kept.number, hash)),
            Content::Blob(blob) => self.brought(kept.number, blob, kept.days_left, now),
        }
        let ended = self.look.turn();
        if ended != Ended::Nothing || self.look.next_get().is_some() {
            self.asked.retain(|_, (asked, _)| !matches!(asked, Asked::Page));
        }
        self.ended(ended, now);
    }

    fn brought(&mut self, number: u64, blob: &[u8], days_left: u8, now: Now) {
        let until = today(now).saturating_add(days_left.into());
        let opened = self.key.open(blob);
        // What we cannot read is not asked for again.
        if let Some(hash) = self.look.listed(number)
            && !matches!(opened, Some((_, Ok(_))))
        {
            self.bag.add_opaque(hash);
        }
        if let (None, Some(bonded)) = (&opened, &mut self.bonded) {
            bonded.unopened.push((blob.to_vec(), days_left));
        }
        match opened {
            Some((token, Ok(note))) if !self.own.contains(&token.drop_hash()) => {
                match self.bag.add(token, note, &self.name, until) {
                    Brought::Left(left) => self.fresh.push((number, left)),
                    Brought::Copy(token) => self.drop_for_us(token),
                    Brought::Nothing => {}
                }
            }
            Some((_, Err(NoteError::Version(_)))) if !std::mem::replace(&mut self.newer_told, true) => {
                self.events.push_back(Event::Newer);
            }
            _ => {}
        }
    }

    fn ended(&mut self, ended: Ended, now: Now) {
        match ended {
            Ended::Nothing => {}
            Ended::Listing => {
                let there: Vec<DropHash> = self.look.listed.iter().map(|(_, hash)| *hash).collect();
                let is_there = |hash: &DropHash| there.contains(hash);
                self.bag.retain(is_there);
                self.drop_again();
                self.events
                    .extend(self.own.seen(is_there, self.looks, today(now)));
                match self.unknown() {
                    Some((first, last)) => self.look.bring(first, last),
                    None => self.end_look(true),
                }
            }
            Ended::Bringing => {
                let whole = self.unknown().is_none();
                self.end_look(whole);
            }
        }
    }

    /// Drops what was read and is in the bag nevertheless.
    fn drop_again(&mut self) {
        if self.only_looks {
            return;
        }
        let asked = self.asked.values().filter_map(|(asked, _)| match asked {
            Asked::Drop(drops) => Some(drops),
            _ => None,
        });
        let pending: Vec<&Token> = (asked.flatten().chain(&self.drops))
            .map(|(token, _)| token)
            .collect();
        let again = self.bag.taken().filter(|token| !pending.contains(token));
        let again: Drops = again.map(|token| (token.clone(), None)).collect();
        self.drops.extend(again);
    }

    /// The first and the last number of what is listed and was not brought.
    fn unknown(&self) -> Option<(u64, u64)> {
        let is_new = |hash: &DropHash| !self.bag.contains(hash) && !self.own.contains(hash);
        let mut new = (self.look.listed.iter()).filter(|(_, hash)| is_new(hash));
        let (first, _) = new.next()?;
        Some((*first, new.next_back().map_or(*first, |(last, _)| *last)))
    }

    /// Tells what has come, in the order in which it was written.
    fn end_look(&mut self, whole: bool) {
        if self.look.is_idle() {
            return;
        }
        self.look.end();
        self.own.hold(false);
        self.asked.retain(|_, (asked, _)| !matches!(asked, Asked::Page));
        let mut fresh = std::mem::take(&mut self.fresh);
        fresh.sort_by_key(|(number, left)| (left.written, *number));
        self.events
            .extend(fresh.into_iter().map(|(_, left)| Event::Left(left)));
        self.events.push_back(Event::Looked { whole });
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

    /// The next thing to tell the user.
    pub fn next_event(&mut self) -> Option<Event> {
        self.events.pop_front()
    }

    fn seal(&mut self, id: MessageId, note: Note, replaces: Option<(Token, bool)>) -> Result<(), KeepError> {
        if let Body::Text { text, .. } = &note.body {
            fits(text)?;
        }
        // Its length was all that could be wrong.
        if let Some(sealed) = self.key.seal(&note, &mut *self.rng) {
            self.own.add(Entry::new(id, note, sealed, replaces));
        }
        Ok(())
    }
}

fn fits(text: &str) -> Result<(), KeepError> {
    let over = text.len().saturating_sub(MAX_KEPT_TEXT);
    if over == 0 {
        Ok(())
    } else {
        Err(KeepError::TooLong { over })
    }
}

/// In days since 1970-01-01.
fn today(now: Now) -> u32 {
    u32::try_from(now.wall / (24 * 3600 * 1000)).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
