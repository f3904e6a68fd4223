//! One run of a client as its user sees it: what it was told, what it said, and whom it said it to.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::time::Duration;

use sotto_protocol::fading::{FadeTime, Fading};
use sotto_protocol::instance::{Departure, Event, Instance, Now, Receipt, Target};
use sotto_protocol::message::{InstanceId, MessageId};

use crate::disk::Write;

/// A message as its receiver got it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Got {
    pub from: InstanceId,
    pub id: MessageId,
    pub text: String,
    pub repeat: bool,
    pub fades: Option<FadeTime>,
}

/// A text as its author knows it.
#[derive(Debug, Clone)]
pub struct Said {
    pub id: MessageId,
    /// Whom the author saw when it was said; with nobody there, whose words it had compared.
    pub to: Vec<InstanceId>,
    /// Nobody was there.
    pub alone: bool,
    /// Nobody was there, or not long before: it may be for those who come as well.
    pub waits: bool,
    /// What its author had been told by then: so many events.
    pub told: usize,
    /// What it says now; nothing once it is deleted.
    pub text: Option<String>,
}

impl Said {
    /// Said to nobody who was there, and not to whoever comes.
    pub fn is_for_compared(&self) -> bool {
        self.alone && !self.to.is_empty()
    }
}

pub struct Client {
    pub instance: Instance,
    /// Its own name by now.
    pub name: String,
    pub connected: bool,
    /// A stopped process: nothing reaches it, no timer of it runs.
    pub stopped: bool,
    pub stopped_since: Option<Duration>,
    /// When it was killed.
    pub died: Option<Duration>,
    /// The relay's way to it stands still.
    pub deaf: bool,
    /// Its way to the relay stands still, and this is on it.
    pub mute: bool,
    pub unsent: Vec<Vec<u8>>,
    /// Its user's side takes nothing of what it is given: these are the last receipts.
    pub clogged: bool,
    pub untaken: Vec<Receipt>,
    /// The disk that it remembers on, and what is on its way there, oldest first.
    pub disk: Option<usize>,
    pub writing: VecDeque<Write>,
    /// How often its timer was due, called, and due again, with nothing done.
    pub idle_timeouts: u32,

    pub got: Vec<Got>,
    pub said: Vec<Said>,
    /// What it wants of messages that fade.
    pub fading: Fading,
    /// Its last reaction to each message: what it had been told by then, whom it saw, and the reaction.
    pub reacted: HashMap<Target, (usize, Vec<InstanceId>, String)>,
    /// Whose words it has compared, and when.
    pub compared: BTreeMap<InstanceId, Duration>,
    /// To whom it gave what was withheld, and what it had been told by then.
    pub released: Vec<(usize, InstanceId)>,
    /// Which of its texts it takes to be held, and by whom.
    pub delivered: Vec<(MessageId, InstanceId)>,
    pub words: BTreeMap<InstanceId, String>,
    pub names: BTreeMap<InstanceId, String>,
    pub fadings: BTreeMap<InstanceId, Fading>,
    pub present: Vec<InstanceId>,
    /// What its screen shows of every text that it got; nothing where it was deleted.
    pub shown: HashMap<Target, Option<String>>,
    /// Who has reacted to what, and with what.
    pub reactions: HashMap<(InstanceId, Target), String>,
    /// Everything that it was told, and when.
    pub events: Vec<Event>,
    pub told_at: Vec<Duration>,
}

impl Client {
    pub fn new(instance: Instance, name: &str) -> Self {
        Self {
            instance,
            name: name.to_owned(),
            connected: false,
            stopped: false,
            stopped_since: None,
            died: None,
            deaf: false,
            mute: false,
            unsent: Vec::new(),
            clogged: false,
            untaken: Vec::new(),
            disk: None,
            writing: VecDeque::new(),
            idle_timeouts: 0,
            got: Vec::new(),
            said: Vec::new(),
            fading: Fading::default(),
            reacted: HashMap::new(),
            compared: BTreeMap::new(),
            released: Vec::new(),
            delivered: Vec::new(),
            words: BTreeMap::new(),
            names: BTreeMap::new(),
            fadings: BTreeMap::new(),
            present: Vec::new(),
            shown: HashMap::new(),
            reactions: HashMap::new(),
            events: Vec::new(),
            told_at: Vec::new(),
        }
    }

    /// How it names a text of its own.
    pub fn target(&self, said: &Said) -> Target {
        Target {
            author: self.instance.id(),
            id: said.id,
        }
    }

    /// Whether it runs and what is sent to it reaches it.
    pub fn is_reachable(&self) -> bool {
        !self.stopped && !self.deaf
    }

    pub fn take(&mut self, event: Event, now: Now) {
        match event.clone() {
            Event::PeerJoined {
                peer,
                name,
                words,
                compared,
                ..
            } => {
                let words = words.to_string();
                let before = self.words.insert(peer, words.clone());
                assert!(
                    before.is_none_or(|before| before == words),
                    "the words of a pair changed"
                );
                assert_eq!(
                    compared,
                    self.compared.contains_key(&peer),
                    "whether it was compared"
                );
                assert!(!self.present.contains(&peer), "who is here joined again");
                self.names.insert(peer, name.to_string());
                self.present.push(peer);
            }
            Event::PeerRenamed { peer, name } => {
                self.names.insert(peer, name.to_string());
            }
            Event::PeerLeft { peer, how } => {
                assert!(matches!(how, Departure::Left | Departure::Gone));
                self.present.retain(|present| *present != peer);
            }
            Event::Message {
                receipt,
                id,
                text,
                repeat,
                fades,
                ..
            } => {
                let target = Target {
                    author: receipt.peer,
                    id,
                };
                self.shown.insert(target, Some(text.clone()));
                self.got.push(Got {
                    from: receipt.peer,
                    id,
                    text,
                    repeat,
                    fades,
                });
                self.hold(receipt, now);
            }
            Event::Edited { receipt, id, text } => {
                let author = receipt.peer;
                if let Some(shown) = self.shown.get_mut(&Target { author, id }) {
                    *shown = Some(text);
                }
                self.hold(receipt, now);
            }
            Event::Deleted { receipt, id } => {
                let author = receipt.peer;
                if let Some(shown) = self.shown.get_mut(&Target { author, id }) {
                    *shown = None;
                }
                self.hold(receipt, now);
            }
            Event::Reacted {
                receipt,
                target,
                reaction,
            } => {
                self.reactions.insert((receipt.peer, target), reaction);
                self.hold(receipt, now);
            }
            Event::Fading { peer, fading } => {
                self.fadings.insert(peer, fading);
            }
            Event::Delivered { id, to } => self.delivered.push((id, to)),
            _ => {}
        }
        self.events.push(event);
        self.told_at.push(now.monotonic);
    }

    /// The user's side takes what it was given, or will later.
    fn hold(&mut self, receipt: Receipt, now: Now) {
        if self.clogged {
            self.untaken.push(receipt);
        } else {
            self.instance.hold(receipt, now);
            self.instance.read(receipt, now);
        }
    }

    pub fn texts_from(&self, from: InstanceId) -> Vec<&str> {
        self.got
            .iter()
            .filter(|got| got.from == from)
            .map(|got| &got.text[..])
            .collect()
    }
}
