//! From the key of a room to the room that has let us in.

use std::time::Duration;

use super::clock;
use crate::room::{RelayError, Room, RoomConfig, Update, Updates};
use crate::screen::conversation::{Conversation, Place};
use crate::screen::talk::entry::{Content, Copyable};
use crate::secret::verifier::Verifier;

/// What those on the way to a relay see without TLS; said once.
pub(crate) const SEEN_ON_THE_WAY: &str = "without TLS, whoever is on the way to the relay sees the addresses, times and \
     sizes, and which room it is; no name and no text";

/// A room whose key is made.
pub(crate) struct Derived {
    /// What it is opened with.
    pub(crate) settings: RoomConfig,
    /// What unlocks the screen later.
    pub(crate) verifier: Option<Verifier>,
    /// What the configuration file calls it.
    pub(crate) called: Option<String>,
    /// The lines to hand over, where its passphrase was made here.
    pub(crate) handout: Vec<Copyable>,
}

impl Derived {
    /// Opens it, without waiting for its first word.
    pub(crate) fn open(self) -> ((Room, Updates), Conversation) {
        let conversation = self.conversation();
        self.open_as(conversation)
    }

    /// The same, with a screen that begins otherwise.
    pub(crate) fn open_as(self, mut conversation: Conversation) -> ((Room, Updates), Conversation) {
        conversation.place = Some(Place::of(&self.settings));
        conversation.verifier = self.verifier;
        if let Some(called) = self.called {
            conversation.call(called);
        }
        let room = Room::open(self.settings);
        conversation.id = room.0.id();
        (room, conversation)
    }

    /// Opens it and waits for its first word.
    ///
    /// # Errors
    /// [`RelayError`] when the first join fails.
    pub(crate) async fn join(self) -> Result<Opened, RelayError> {
        let ((room, mut updates), conversation) = self.open();
        let mut heard = Vec::new();
        loop {
            match updates.next().await {
                Some(Update::Failed(trouble)) => return Err(trouble),
                Some(Update::Connecting) => heard.push(Update::Connecting),
                Some(update) => {
                    heard.push(update);
                    break;
                }
                None => return Err(RelayError::Silent),
            }
        }
        Ok(Opened {
            room: (room, updates),
            conversation,
            heard,
        })
    }

    /// The room as the screen begins with it.
    fn conversation(&self) -> Conversation {
        let (address, words) = (&self.settings.address, self.settings.root.room_words());
        let relay = address.to_string();
        let host = relay.split_once("://").map_or(relay.as_str(), |(_, host)| host);
        let mut conversation = Conversation::new(
            host.trim_end_matches('/').to_owned(),
            words,
            self.settings.name.clone(),
            self.handout.clone(),
        );
        let at = clock();
        let alone = format!("while you are alone, find slips by voice: both have to be in {words}");
        conversation.list.push(at, Content::Answer(alone));
        if !address.is_secure() && !address.is_local() && !address.is_onion() {
            let seen = SEEN_ON_THE_WAY.to_owned();
            conversation.list.push(at, Content::Answer(seen));
        }
        conversation
    }
}

/// A room that has let us in, or told us to wait.
pub(crate) struct Opened {
    room: (Room, Updates),
    conversation: Conversation,
    /// What was heard of it until then.
    heard: Vec<Update>,
}

impl Opened {
    /// The room, and how the screen begins with it.
    pub(crate) fn begun(self, now: Duration) -> ((Room, Updates), Conversation) {
        let Self {
            room,
            mut conversation,
            heard,
        } = self;
        for update in heard {
            // None of these asks for anything to be done.
            conversation.apply(update, now, clock());
        }
        if !conversation.invitation.is_empty() {
            let handout = conversation.invitation.clone();
            conversation.list.push(clock(), Content::Copyable(handout));
        }
        (room, conversation)
    }
}
