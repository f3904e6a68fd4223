//! From what a room needs to the room that has let us in.

use std::time::Duration;

use crate::open::clock;
use crate::room::{Room, Settings, Trouble, Update, Updates};
use crate::screen::conversation::{Conversation, Place};
use crate::screen::talk::entry::Content;

/// What those on the way to a relay see without TLS; said once.
pub const SEEN_ON_THE_WAY: &str = "without TLS, whoever is on the way to the relay sees the addresses, times and \
     sizes, and which room it is; no name and no text";

/// The room as the screen begins with it.
pub fn conversation(settings: &Settings) -> Conversation {
    let (address, words) = (&settings.address, settings.root.room_words());
    let relay = address.to_string();
    let host = relay.split_once("://").map_or(relay.as_str(), |(_, host)| host);
    let mut conversation = Conversation::new(
        host.trim_end_matches('/').to_owned(),
        words,
        settings.name.clone(),
        Vec::new(),
    );
    conversation.place = Some(Place::of(settings));
    let at = clock();
    let alone = format!("while you are alone, find slips by voice: both have to be in {words}");
    conversation.list.push(at, Content::Answer(alone));
    if !address.is_secure() && !address.is_local() && !address.is_onion() {
        conversation
            .list
            .push(at, Content::Answer(SEEN_ON_THE_WAY.to_owned()));
    }
    conversation
}

/// A room that has let us in, or told us to wait.
pub struct Opened {
    room: (Room, Updates),
    conversation: Conversation,
    /// What was heard of it until then.
    heard: Vec<Update>,
}

/// Opens a room and waits for its first word.
///
/// # Errors
/// The relay is out of reach, or refuses.
pub async fn open(settings: Settings) -> Result<Opened, Trouble> {
    let conversation = conversation(&settings);
    let (room, mut updates) = Room::open(settings);
    let mut heard = Vec::new();
    loop {
        match updates.next().await {
            Some(Update::Failed(trouble)) => return Err(trouble),
            Some(Update::Connecting) => heard.push(Update::Connecting),
            Some(update) => {
                heard.push(update);
                break;
            }
            None => return Err(Trouble::Silent),
        }
    }
    Ok(Opened {
        room: (room, updates),
        conversation,
        heard,
    })
}

impl Opened {
    /// The room, and how the screen begins with it.
    pub fn begun(self, now: Duration) -> ((Room, Updates), Conversation) {
        let Self {
            room,
            mut conversation,
            heard,
        } = self;
        for update in heard {
            // None of these asks for anything to be done.
            conversation.happened(update, now, clock());
        }
        conversation.id = room.0.id();
        (room, conversation)
    }
}
