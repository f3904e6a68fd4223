//! The same as the connect screen, as questions: one a line, nothing drawn twice.

use std::time::Duration;

use sotto_protocol::{Passphrase, RoomName};

use crate::config::Config;
use crate::exit::{Exit, say};
use crate::open::ask::{AskError, Asker, login_name};
use crate::open::ended;
use crate::open::ticket::{Destination, Ticket};
use crate::plain;
use crate::relay_url::{self, AddressError, Invitation, handed_over};
use crate::secret::WORDS;

/// How often a relay is asked for in a row: who only ever answers with what is none is no person.
const TRIES: usize = 5;
const PASSPHRASE: &str = "passphrase (it is not shown; Enter alone makes one): ";

/// Asks, joins, and chats in lines.
///
/// # Errors
/// What keeps it from being done, as a sentence.
pub(super) async fn ask() -> anyhow::Result<Exit> {
    let mut asker = Asker::with_terminal(true)?;
    let (config, complaints) = Config::load();
    complaints
        .iter()
        .for_each(|complaint| say(&complaint.to_string()));
    let mut relay = ask_relay(&mut asker, config.relay.clone()).await?;
    let name = config.name.clone().or_else(login_name);
    let name = asker.ask_name(name).await?;
    let typed = asker.typed_passphrase(PASSPHRASE).await?;
    let made = typed.is_none();
    let passphrase = match typed {
        Some(passphrase) => passphrase,
        None => Passphrase::generate(WORDS, &mut rand::rng())?,
    };
    let opened = loop {
        // A new room: with a name of its own no two rooms share a salt.
        if made && relay.room.is_none() {
            relay.room = Some(RoomName::generate(&mut rand::rng()));
        }
        let ticket = Ticket {
            to: Destination {
                address: relay_url::choose(None, relay.address.clone())?,
                room: relay.room.clone().unwrap_or_default(),
                called: None,
                remember: None,
                command: None,
            },
            name: name.clone(),
            made,
            recorder: None,
            keeping: crate::room::Keeping::default(),
        };
        let derived = asker
            .derive(ticket, Passphrase::new(passphrase.expose())?)
            .await?;
        match asker.unless_interrupted(derived.join()).await? {
            Ok(opened) => break opened,
            Err(trouble) => say(&trouble.to_string()),
        }
        relay = ask_relay(&mut asker, Some(url(&relay))).await?;
    };
    asker.remember(Some(url(&relay)), name).await?;
    drop((asker, passphrase));
    let (room, conversation) = opened.begun(Duration::ZERO);
    Ok(ended(
        plain::run(room, conversation, config.settings.clone()).await?,
    ))
}

fn url(relay: &Invitation) -> String {
    relay.address.invitation(&relay.room.clone().unwrap_or_default())
}

async fn ask_relay(asker: &mut Asker, suggestion: Option<String>) -> Result<Invitation, AskError> {
    let question = match &suggestion {
        Some(suggestion) => format!("relay [{suggestion}]: "),
        None => "relay (its URL, or the line that you were handed): ".to_owned(),
    };
    for _ in 0..TRIES {
        let answer = asker.line(question.clone()).await?;
        let url = match (&suggestion, handed_over(&answer)) {
            (Some(suggestion), "") => suggestion,
            (_, url) => url,
        };
        match url.parse() {
            Ok(relay) => return Ok(relay),
            Err(error) => {
                let error: AddressError = error;
                say(&error.to_string());
            }
        }
    }
    Err(AskError::NoRelay)
}
