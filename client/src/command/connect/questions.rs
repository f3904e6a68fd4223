//! The same as the connect screen, as questions: one a line, nothing drawn twice.

use std::time::Duration;

use sotto_protocol::{Name, Passphrase, RoomName};

use super::{hand_out, handout};
use crate::config::Config;
use crate::exit::Exit;
use crate::exit::say;
use crate::open::ask::{Entrance, EntranceError, login_name};
use crate::open::ended;
use crate::open::stages::{Opened, open};
use crate::plain;
use crate::relay_url;
use crate::relay_url::{AddressError, Invitation, handed_over};
use crate::room::{Settings, Timing, Trouble};
use crate::secret::WORDS;

/// How often a relay is asked for in a row: who only ever answers with what is none is no person.
const TRIES: usize = 5;
const PASSPHRASE: &str = "passphrase (it is not shown; Enter alone makes one): ";

/// Who joins, and with what.
struct Person {
    name: Name,
    passphrase: Passphrase,
    /// It was made here, and has to be handed over.
    made: bool,
}

/// Asks, joins, and chats in lines.
///
/// # Errors
/// What keeps it from being done, as a sentence.
pub(super) async fn ask() -> anyhow::Result<Exit> {
    let mut entrance = Entrance::with_terminal(true)?;
    let (config, complaints) = Config::load();
    complaints
        .iter()
        .for_each(|complaint| say(&complaint.to_string()));
    let mut relay = ask_relay(&mut entrance, config.relay.clone()).await?;
    let person = ask_person(&mut entrance, config.name.clone()).await?;
    let opened = loop {
        // A new room: with a name of its own no two rooms share a salt.
        if person.made && relay.room.is_none() {
            relay.room = Some(RoomName::generate(&mut rand::rng()));
        }
        match join(&mut entrance, &relay, &person).await? {
            Ok(opened) => break opened,
            Err(trouble) => say(&trouble.to_string()),
        }
        relay = ask_relay(&mut entrance, Some(url(&relay))).await?;
    };
    entrance.remember(Some(url(&relay)), person.name.clone()).await?;
    drop(entrance);
    let (room, mut conversation) = opened.begun(Duration::ZERO);
    if person.made {
        let room = relay.room.unwrap_or_default();
        hand_out(
            handout(&relay.address, &room, &person.passphrase),
            &mut conversation,
        );
    }
    drop(person);
    Ok(ended(plain::run(room, conversation, config.settings()).await?))
}

fn url(relay: &Invitation) -> String {
    relay.address.invitation(&relay.room.clone().unwrap_or_default())
}

async fn ask_relay(entrance: &mut Entrance, suggestion: Option<String>) -> Result<Invitation, EntranceError> {
    let question = match &suggestion {
        Some(suggestion) => format!("relay [{suggestion}]: "),
        None => "relay (its URL, or the line that you were handed): ".to_owned(),
    };
    for _ in 0..TRIES {
        let answer = entrance.line(question.clone()).await?;
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
    Err(EntranceError::NoRelay)
}

async fn ask_person(entrance: &mut Entrance, name: Option<Name>) -> anyhow::Result<Person> {
    let name = entrance.ask_name(name.or_else(login_name)).await?;
    let typed = entrance.typed_passphrase(PASSPHRASE).await?;
    Ok(Person {
        name,
        made: typed.is_none(),
        passphrase: match typed {
            Some(passphrase) => passphrase,
            None => Passphrase::new(Passphrase::generate(WORDS, &mut rand::rng())?.expose())?,
        },
    })
}

async fn join(
    entrance: &mut Entrance,
    relay: &Invitation,
    person: &Person,
) -> anyhow::Result<Result<Opened, Trouble>> {
    let address = relay_url::choose(None, relay.address.clone())?;
    let passphrase = Passphrase::new(person.passphrase.expose())?;
    let settings = Settings {
        address,
        root: entrance
            .root(passphrase, relay.room.clone().unwrap_or_default())
            .await?,
        name: person.name.clone(),
        recorder: None,
        timing: Timing::default(),
    };
    Ok(entrance.unless_interrupted(open(settings)).await?)
}
