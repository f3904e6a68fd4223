//! What to call a peer: its name, or `NAME~2` where that looks like somebody else's.
//!
//! A name tells the reader who speaks, so no two that look alike stand side by side:
//! - The plain name is for whoever resembles nobody: not us, nobody who is here, and nobody whose words were compared
//!   unless its own were, too. Everybody else has a number.
//! - While both are here no name changes: lines were said under it. When the one who had the plain name is gone, the
//!   first of those with a number takes it, and so does one whose words are compared now; both are told as a change
//!   of name. A number is not given to another one.

use std::collections::VecDeque;

use sotto_protocol::instance::Event;
use sotto_protocol::message::InstanceId;
use sotto_protocol::name::{Name, Skeleton};

/// The peers that are remembered, those who are gone included, and so many names under which words were compared.
const MAX_KNOWN: usize = 64;

/// The names of the peers.
pub(super) struct Names {
    /// What ours looks like.
    me: Skeleton,
    known: Vec<Known>,
    /// What the names look like under which words were compared.
    compared: VecDeque<Skeleton>,
}

#[derive(Clone)]
struct Known {
    peer: InstanceId,
    name: Name,
    /// What its name looks like.
    skeleton: Skeleton,
    here: bool,
    compared: bool,
    /// It is called by its name alone.
    plain: bool,
    /// Its own number; 0 while it never needed one.
    number: usize,
}

impl Known {
    fn shown(&self) -> String {
        if self.plain {
            self.name.to_string()
        } else {
            numbered(&self.name, self.number)
        }
    }
}

fn numbered(name: &Name, number: usize) -> String {
    format!("{name}~{number}")
}

/// What a name looks like as it is shown. One that is too long to be a name is nobody's.
fn looks(shown: &str) -> Option<Skeleton> {
    Name::new(shown).ok().map(|name| name.skeleton())
}

impl Names {
    pub(super) fn new(me: &Name) -> Self {
        Self {
            me: me.skeleton(),
            known: Vec::new(),
            compared: VecDeque::new(),
        }
    }

    /// What to call the peer that an event is about; empty for one about no peer.
    pub(super) fn of(&mut self, event: &Event) -> String {
        let Some(peer) = about(event) else {
            return String::new();
        };
        match event {
            Event::PeerJoined { name, compared, .. } => self.meet(peer, name, *compared),
            Event::PeerRenamed { name, .. } => {
                let compared = self.get(peer).is_some_and(|known| known.compared);
                self.meet(peer, name, compared)
            }
            Event::PeerLeft { .. } => {
                if let Some(known) = self.get_mut(peer) {
                    known.here = false;
                }
            }
            _ => {}
        }
        self.known(peer)
    }

    /// What to call some peers, as things stand, in the order of their names.
    pub(super) fn of_all(&self, peers: impl Iterator<Item = InstanceId>) -> Vec<String> {
        let mut names: Vec<String> = peers.map(|peer| self.known(peer)).collect();
        names.sort();
        names
    }

    fn known(&self, peer: InstanceId) -> String {
        self.get(peer).map_or_else(|| unnamed(peer), Known::shown)
    }

    /// That peer's words were compared.
    pub(super) fn compared(&mut self, peer: InstanceId) {
        if let Some(known) = self.get_mut(peer) {
            known.compared = true;
            let skeleton = known.skeleton.clone();
            self.remember(skeleton);
        }
    }

    pub(super) fn rename(&mut self, me: &Name) {
        self.me = me.skeleton();
    }

    /// Whoever is here and has another name now by the rules; to be told.
    pub(super) fn changed(&mut self) -> Option<(Event, String)> {
        let is_due = |known: &Known| match known.plain {
            true => self.is_ours(known),
            false => self.may_be_plain(known),
        };
        let at = self.known.iter().position(|known| known.here && is_due(known))?;
        let mut known = self.known[at].clone();
        self.number(&mut known);
        let shown = known.shown();
        let event = Event::PeerRenamed {
            peer: known.peer,
            name: known.name.clone(),
        };
        self.known[at] = known;
        Some((event, shown))
    }

    fn get(&self, peer: InstanceId) -> Option<&Known> {
        self.known.iter().find(|known| known.peer == peer)
    }

    fn get_mut(&mut self, peer: InstanceId) -> Option<&mut Known> {
        self.known.iter_mut().find(|known| known.peer == peer)
    }

    /// One is here and has this name.
    fn meet(&mut self, peer: InstanceId, name: &Name, compared: bool) {
        let skeleton = name.skeleton();
        let before = self.known.iter().position(|known| known.peer == peer);
        let before = before.map(|at| self.known.remove(at));
        // Its number, where it has one, is of the name that it had.
        let number = before
            .filter(|before| before.skeleton == skeleton)
            .map_or(0, |before| before.number);
        let mut known = Known {
            peer,
            name: name.clone(),
            skeleton,
            here: true,
            compared,
            plain: true,
            number,
        };
        self.number(&mut known);
        if compared {
            self.remember(name.skeleton());
        }
        if self.known.len() >= MAX_KNOWN
            && let Some(gone) = self.known.iter().position(|known| !known.here)
        {
            self.known.remove(gone);
        }
        self.known.push(known);
    }

    /// Decides whether it needs a number, and which.
    fn number(&self, known: &mut Known) {
        known.plain = self.may_be_plain(known);
        if !known.plain && known.number == 0 {
            known.number = (2..)
                .find(|&number| self.is_free(known, number))
                .unwrap_or(usize::MAX);
        }
    }

    fn may_be_plain(&self, known: &Known) -> bool {
        let is_taken = |other: &Known| {
            other.here && other.peer != known.peer && looks(&other.shown()).as_ref() == Some(&known.skeleton)
        };
        !self.is_ours(known)
            && !self.known.iter().any(is_taken)
            && (known.compared || !self.compared.contains(&known.skeleton))
    }

    fn is_ours(&self, known: &Known) -> bool {
        known.skeleton == self.me
    }

    fn is_free(&self, known: &Known, number: usize) -> bool {
        let looks = looks(&numbered(&known.name, number));
        let is_taken = |other: &Known| {
            other.skeleton == known.skeleton && other.number == number
                || looks.as_ref() == Some(&other.skeleton)
        };
        !self.known.iter().any(is_taken) && looks.as_ref() != Some(&self.me)
    }

    fn remember(&mut self, skeleton: Skeleton) {
        if !self.compared.contains(&skeleton) {
            if self.compared.len() == MAX_KNOWN {
                self.compared.pop_front();
            }
            self.compared.push_back(skeleton);
        }
    }
}

/// One whose name never came.
fn unnamed(peer: InstanceId) -> String {
    peer.to_string().chars().take(8).collect()
}

/// The peer that an event is about.
fn about(event: &Event) -> Option<InstanceId> {
    match event {
        Event::PeerJoined { peer, .. }
        | Event::PeerRenamed { peer, .. }
        | Event::PeerSilent { peer }
        | Event::PeerHeard { peer }
        | Event::PeerLeft { peer, .. }
        | Event::Fading { peer, .. }
        | Event::Typing { peer, .. }
        | Event::Withheld { peer, .. }
        | Event::Refused { peer }
        | Event::Recognised { peer, .. }
        | Event::Remembered { peer, .. }
        | Event::Impostor { peer } => Some(*peer),
        Event::Message { receipt, .. }
        | Event::Edited { receipt, .. }
        | Event::Deleted { receipt, .. }
        | Event::Reacted { receipt, .. } => Some(receipt.peer),
        Event::Delivered { to, .. } => Some(*to),
        Event::Read { by, .. } => Some(*by),
        Event::Sent { .. }
        | Event::Lost { .. }
        | Event::Unreached { .. }
        | Event::Disturbed { .. }
        | Event::Copied { .. }
        | Event::Newer
        | Event::Crowded
        | Event::Strangers { .. } => None,
    }
}

#[cfg(test)]
mod tests;
