//! A room as the screen knows it: one value, changed by what happens in the room (`happened`).

mod apply;
pub(crate) mod browse;
pub(crate) mod disappearing;
mod kept;
pub(crate) mod leaving;
mod marks;
pub(crate) mod outgoing;
pub(crate) mod people;
mod remembered;
pub(crate) mod reply_edit;
mod resemblance;

use std::collections::HashSet;
use std::time::Duration;

use sotto_protocol::RoomHash;
use sotto_protocol::fading::Fading;
use sotto_protocol::instance::TYPING_SHOWN;
use sotto_protocol::message::{InstanceId, MessageId};
use sotto_protocol::name::{Name, Skeleton};
use sotto_protocol::words::RoomWords;

use self::browse::Browse;
use self::kept::Kept;
use self::leaving::WayOut;
use self::people::People;
use self::reply_edit::Purpose;
use super::editor::Editor;
use super::editor::history::{History, Recall};
use super::settings::{Complaint, Keep};
use super::talk::clock::Clock;
use super::talk::entry::{Content, Copyable, Said};
use super::talk::expiry::Fades;
use super::talk::list::List;
use crate::relay_url::Address;
use crate::room::{Command, RoomConfig};
use crate::screen::conversation::outgoing::Outgoing;
use crate::secret::verifier::Verifier;

/// The peers whose words were compared that are remembered after they left.
const MAX_COMPARED: usize = 64;
/// How long nobody has to come until it is said what to try.
const ALONE: Duration = Duration::from_secs(60);

/// The state of the connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Link {
    /// A connection is being made.
    Connecting,
    /// All is well.
    Up,
    /// The next try comes by itself.
    Down {
        /// What happened, or what the relay said.
        why: String,
        /// When the next try comes.
        until: Duration,
        /// The relay has no place for us now, rather than being out of reach.
        busy: bool,
    },
}

/// Where a room is.
#[derive(Debug, Clone)]
pub struct Place {
    /// On which relay.
    pub address: Address,
    /// What the relay calls it.
    pub room: RoomHash,
}

impl Place {
    /// Where a room that is opened with these will be.
    pub(crate) fn of(settings: &RoomConfig) -> Self {
        Self {
            address: settings.address.clone(),
            room: settings.root.room_hash(),
        }
    }
}

/// One room.
#[derive(Debug)]
pub struct Conversation {
    /// The relay, as the status line names it.
    pub(crate) relay: String,
    /// The words to find out by voice whether both are in the same room.
    pub(crate) words: RoomWords,
    /// What we are called.
    pub me: Name,
    /// Which instance we are; nobody's until the room is open.
    pub(crate) id: InstanceId,
    /// Where it is; nowhere for a room that is only shown.
    pub place: Option<Place>,
    /// What unlocks the screen.
    pub verifier: Option<Verifier>,
    /// Nothing here counts as read until we say something.
    pub(crate) away: bool,
    /// What we want of messages that fade.
    pub(crate) fading: Fading,
    /// What was shown cannot be taken back: lines on a terminal.
    pub(crate) keeps_lines: bool,
    /// No notice is given of what comes here.
    pub(crate) muted: bool,
    /// What to hand over to the other one; empty for who is no host.
    pub(crate) invitation: Vec<Copyable>,
    /// The state of the connection.
    pub(crate) link: Link,
    /// Who is here.
    pub people: People,
    /// Seats of the room that belong to no peer.
    pub(crate) strangers: usize,
    /// Messages of ours that not everybody holds who should.
    pub(crate) undelivered: usize,
    /// What waits on the relay.
    pub(crate) kept: Kept,
    /// Whether what nobody is here to get is left there.
    pub(crate) keep: Keep,
    /// How often something did not open.
    pub(crate) disturbed: u64,
    /// What was said and what happened.
    pub list: List,
    pub(crate) draft: Editor,
    /// What it is for.
    pub(crate) purpose: Purpose,
    /// The message that is selected, while one is.
    pub(crate) browse: Option<Browse>,
    /// What was sent from here.
    pub(crate) history: History,
    /// The search among that, while there is one.
    pub(crate) recall: Option<Recall>,
    /// What was typed and is being handed to the room.
    pub(crate) outgoing: Outgoing,
    /// How far it is on its way out.
    pub(crate) out: WayOut,
    /// What the others hear when we leave, as the host.
    pub(crate) farewell: Option<String>,
    /// The messages that came while the room was not before the reader's eyes.
    pub(crate) unread: usize,
    /// Something else happened since then.
    pub(crate) stirred: bool,
    /// The line that was held back once for its leading space.
    pub(crate) slip: Option<String>,
    /// What the last peer was called that was here; before, what the user calls the room.
    known_as: Option<String>,
    /// Messages have faded here: what is said about them later means nothing.
    pub(crate) has_faded: bool,
    /// What the names look like of those whose words were compared: somebody else may come under such a name.
    compared_names: HashSet<Skeleton>,
    /// Since when we are in the room and nobody came, until that was said.
    alone_since: Option<Duration>,
    /// When the last typing notice went out, while it counts.
    typing_since: Option<Duration>,
    newer_said: bool,
    was_up: bool,
    /// The room is remembered from one run to the next.
    pub(crate) is_remembered: bool,
    /// It could be, which was not said yet.
    pub(crate) offers_to_remember: bool,
}

impl Conversation {
    /// A room that is about to be opened.
    pub fn new(relay: String, words: RoomWords, me: Name, invitation: Vec<Copyable>) -> Self {
        Self {
            relay,
            words,
            me,
            id: InstanceId([0; 16]),
            place: None,
            verifier: None,
            away: false,
            fading: Fading::default(),
            keeps_lines: false,
            muted: false,
            invitation,
            link: Link::Connecting,
            people: People::default(),
            strangers: 0,
            undelivered: 0,
            kept: Kept::default(),
            keep: Keep::default(),
            disturbed: 0,
            list: List::default(),
            draft: Editor::default(),
            purpose: Purpose::default(),
            browse: None,
            history: History::default(),
            recall: None,
            outgoing: Outgoing::default(),
            out: WayOut::default(),
            farewell: None,
            unread: 0,
            stirred: false,
            slip: None,
            known_as: None,
            has_faded: false,
            compared_names: HashSet::new(),
            alone_since: None,
            typing_since: None,
            newer_said: false,
            was_up: false,
            is_remembered: false,
            offers_to_remember: false,
        }
    }

    /// Says what is wrong in the configuration file.
    pub(crate) fn complain(&mut self, complaints: &[Complaint], at: Clock) {
        for complaint in complaints {
            self.list.push(at, Content::Answer(complaint.to_string()));
        }
    }

    /// The last message of ours that is still there.
    pub(crate) fn last_mine(&self) -> Option<MessageId> {
        let number = self.list.last_mine()?;
        self.list.said(number).map(|said| said.id)
    }

    /// The room has done a command.
    pub(crate) fn done(&mut self, command: Command, at: Clock) {
        match command {
            Command::Edit { id, text } => {
                if let Some(number) = self.list.find(None, id) {
                    let fades = |said: &Said| said.fades != Fades::Never;
                    let before = self.list.said(number).filter(|said| fades(said));
                    // What it says now goes with it; what it said would be left behind.
                    if let Some(before) = before.map(|said| said.text.clone()) {
                        self.forget_sent(&before);
                    }
                    self.list.change(number, |said| said.edit(text));
                }
            }
            Command::Delete { id } => {
                if let Some(number) = self.list.find(None, id) {
                    self.list.change(number, Said::delete);
                }
            }
            Command::React { target, reaction } => self.reacted(target, self.me.to_string(), reaction),
            Command::Rename(name) => {
                self.list.quiet(at, format!("you are called {name} now"));
                self.me = name;
            }
            Command::Compared(peer) => {
                if let Some(person) = self.people.get_mut(peer) {
                    person.compared = true;
                    if self.compared_names.len() < MAX_COMPARED {
                        self.compared_names.insert(person.skeleton.clone());
                    }
                    let what = format!(
                        "{} is verified: the words are the same on both screens",
                        person.name
                    );
                    self.list.quiet(at, what);
                }
                self.offer_to_remember(at);
            }
            Command::Forget => self.forgotten(at),
            Command::Fade(fading) => self.want(fading, at),
            Command::Release(_) => self.list.quiet(at, "what waited is on its way".to_owned()),
            _ => {}
        }
    }

    /// The draft has changed: whether the others are to be told that we type, or do not.
    pub(crate) fn typing(&mut self, now: Duration) -> Option<Command> {
        let on = !self.draft.is_empty() && !self.draft.text().starts_with('/') && !self.people.is_empty();
        match self.typing_since {
            // A notice counts for a while; it is renewed well before its end.
            Some(since) if on && now < since + TYPING_SHOWN / 3 => None,
            None if !on => None,
            _ => {
                self.typing_since = on.then_some(now);
                Some(Command::Typing(on))
            }
        }
    }

    /// The user calls it so.
    pub(crate) fn call(&mut self, name: String) {
        self.known_as = Some(name);
    }

    /// What its tab is called: who is here, or was last, else the user's own name for it, or the words of the room.
    pub(crate) fn title(&self) -> String {
        match (self.people.iter().next(), &self.known_as) {
            (Some(person), _) => person.name.clone(),
            (None, Some(name)) => name.clone(),
            (None, None) => self.words.to_string(),
        }
    }

    /// Time has passed: says what to try when nobody comes.
    pub(crate) fn tick(&mut self, now: Duration, at: Clock) {
        if self.alone_since.is_some_and(|since| now >= since + ALONE) {
            self.alone_since = None;
            let (words, relay) = (self.words, &self.relay);
            let what = format!(
                "nobody has come yet. Ask the other one, by voice: the same room words ({words})? If not, one of \
                 you has mistyped the passphrase or the room's name; if so, is it the same relay ({relay})?"
            );
            self.list.push(at, Content::Answer(what));
        }
    }

    /// When something on the screen changes by itself.
    pub(crate) fn next_change(&self, now: Duration) -> Option<Duration> {
        let countdown = match self.link {
            // At the next whole second before the try.
            Link::Down { until, .. } if until > now => Some(now + fraction(until - now)),
            _ => None,
        };
        let alone = self.alone_since.map(|since| since + ALONE);
        let told = self.selected().and_then(|said| said.fades.told_until(now));
        countdown
            .into_iter()
            .chain(alone)
            .chain(told)
            .chain(self.people.next_expiry(now))
            .min()
    }
}

/// What of a wait is over a whole number of seconds, or a second.
pub(crate) fn fraction(wait: Duration) -> Duration {
    match wait.subsec_nanos() {
        0 => Duration::from_secs(1),
        nanos => Duration::from_nanos(nanos.into()),
    }
}
