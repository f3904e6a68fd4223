//! `sotto join`: a chat on a relay.

use std::time::Duration;

use anyhow::Context;

use crate::chat::{self, End};
use crate::cli::{self, Target};
use crate::config::Config;
use crate::entrance::Entrance;
use crate::exit::Exit;
use crate::exit::say;
use crate::room::{Recorder, Room, Settings, Timing, Trouble, Update, Updates};
use crate::screen::conversation::{Conversation, Place};
use crate::screen::entry::Content;
use crate::secret::verifier::Keyhole;

/// What those on the way to a relay see without TLS; said once.
pub const SEEN_ON_THE_WAY: &str = "without TLS, whoever is on the way to the relay sees the addresses, times and \
     sizes, and which room it is; no name and no text";

/// Joins the room that the command line names.
///
/// # Errors
/// What keeps it from being joined, as a sentence.
pub async fn join(mut options: cli::Join) -> anyhow::Result<Exit> {
    let mut entrance = Entrance::with_terminal(options.plain)?;
    let (config, complaints) = Config::load();
    let called = match &options.target {
        Target::Room(name) => Some(name.clone()),
        Target::Url(_) => None,
    };
    let invitation = options
        .identity
        .find(options.target, &config)
        // It may be in the file, and not count.
        .inspect_err(|_| {
            complaints
                .iter()
                .for_each(|complaint| say(&complaint.to_string()))
        })?;
    let room_name = options.identity.room_name(&invitation)?;
    let recorder = match &options.record {
        Some(path) => {
            Some(Recorder::create(path).with_context(|| format!("cannot write {}", path.display()))?)
        }
        None => None,
    };
    let address = options.identity.address(&invitation)?;
    let name = entrance.name(options.identity.name).await?;
    let command = options.identity.source.passphrase_command.clone();
    let passphrase = entrance.passphrase(options.identity.source).await?;
    let keyhole = Keyhole::new(&passphrase, command);
    let root = entrance.root(passphrase, room_name).await?;
    let settings = Settings {
        address,
        root,
        name,
        recorder,
        timing: Timing::default(),
    };
    drop(entrance);
    let mut conversation = conversation(&settings);
    conversation.keyhole = Some(keyhole);
    if let Some(called) = called {
        conversation.call(called);
    }
    conversation.complain(&complaints, chat::clock());
    let end = chat::show(
        options.plain,
        Room::open(settings),
        conversation,
        config.settings(),
    )
    .await?;
    Ok(ended(end))
}

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
    let at = chat::clock();
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
            conversation.happened(update, now, chat::clock());
        }
        conversation.id = room.0.id();
        (room, conversation)
    }
}

/// Says how a chat ended, where that is worth a word.
pub fn ended(end: End) -> Exit {
    match end {
        End::Left { undelivered: 0 } => Exit::Done,
        End::Left { undelivered } => {
            let what = if undelivered == 1 {
                "1 message was"
            } else {
                &format!("{undelivered} messages were")
            };
            say(&format!("{what} not delivered"));
            Exit::Undelivered
        }
        End::Failed(trouble) => {
            say(&trouble.to_string());
            trouble.exit()
        }
    }
}
