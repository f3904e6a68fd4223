//! Who joins which room, and where it is: the same for every way in. The passphrase is no part of it.

use std::pin::Pin;

use sotto_protocol::{Name, Passphrase, RoomHash, RoomName};

use super::stages::{Derived, Opened};
use super::target::{Target, room_name};
use crate::cli::Identity;
use crate::config::Config;
use crate::memory::Remember;
use crate::relay_url::proxy::ProxyError;
use crate::relay_url::{self, Address};
use crate::room::{Keeping, Recorder, RelayError, RoomConfig, Timing};
use crate::screen::talk::entry::Copyable;
use crate::secret::kdf::{DerivationError, derive};
use crate::secret::source::rate;
use crate::secret::verifier::Verifier;

/// Where a room is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Destination {
    pub(crate) address: Address,
    /// Which one there.
    pub(crate) room: RoomName,
    /// What the configuration file calls it.
    pub(crate) called: Option<String>,
    /// Whether it is remembered from one run to the next; `None`: if it was before.
    pub(crate) remember: Option<bool>,
    /// The command that prints its passphrase.
    pub(crate) command: Option<String>,
}

/// Who joins which room.
#[derive(Debug)]
pub struct Ticket {
    /// Which one.
    pub(crate) to: Destination,
    /// What the others call us.
    pub(crate) name: Name,
    /// Its passphrase was made here, and has to be handed over.
    pub(crate) made: bool,
    /// Where the sealed payloads that cross are written down.
    pub(crate) recorder: Option<Recorder>,
    /// How what waits on the relay is dealt with.
    pub(crate) keeping: Keeping,
}

/// Why a room was not opened.
#[derive(Debug, thiserror::Error)]
pub(crate) enum OpenError {
    /// The environment names a proxy that cannot be used.
    #[error(transparent)]
    Proxy(#[from] ProxyError),
    /// No key.
    #[error(transparent)]
    Derivation(#[from] DerivationError),
    /// On whatever relay.
    #[error("that room is open here already")]
    Twice,
    /// The first join failed.
    #[error(transparent)]
    Relay(#[from] RelayError),
}

/// A room that is being opened. Given up when it is dropped.
pub(crate) type Opening = Pin<Box<dyn Future<Output = Result<Opened, OpenError>> + Send>>;

impl Destination {
    /// Where a command line leads. What it leaves open is taken from the configuration file.
    ///
    /// # Errors
    /// [`UnknownRoom`](super::target::UnknownRoom), [`TwoRooms`](super::target::TwoRooms), and
    /// [`ProxyError`] when the environment names a proxy that cannot be used.
    pub(crate) fn find(target: Target, identity: &Identity, config: &Config) -> anyhow::Result<Self> {
        let (invitation, entry) = target.find(config)?;
        let source = &identity.source;
        let of_file = entry.filter(|_| !source.is_given());
        Ok(Self {
            room: room_name(identity.room.as_ref(), invitation.room.as_ref())?,
            address: relay_url::choose(identity.proxy.as_ref(), invitation.address)?,
            called: entry.map(|entry| entry.name.clone()),
            remember: entry.and_then(|entry| entry.remember),
            command: (source.passphrase_command.clone())
                .or_else(|| of_file.and_then(|entry| entry.passphrase_command.clone())),
        })
    }

    /// The URL that leads here.
    pub(crate) fn url(&self) -> String {
        self.address.invitation(&self.room)
    }
}

/// The name that need not be asked for.
pub(crate) fn known_name(identity: &Identity, config: &Config) -> Option<Name> {
    identity.name.clone().or_else(|| config.name.clone())
}

impl Ticket {
    /// Makes the key of the passphrase.
    ///
    /// # Errors
    /// [`DerivationError`].
    pub(crate) async fn derive(self, passphrase: Passphrase) -> Result<Derived, DerivationError> {
        let (passphrase, guessable) = rated(passphrase).await?;
        let keeping = Keeping {
            guessable,
            ..self.keeping
        };
        let mut verifier = Verifier::new(&passphrase, self.to.command.clone());
        verifier.made = self.made;
        let handout = if self.made {
            self.handout(&passphrase)
        } else {
            Vec::new()
        };
        let Destination {
            address,
            room,
            called,
            remember,
            ..
        } = self.to;
        Ok(Derived {
            settings: RoomConfig {
                address,
                root: derive(passphrase, room).await?,
                name: self.name,
                remember: Remember::wanted(remember),
                recorder: self.recorder,
                timing: Timing::default(),
                keeping,
            },
            verifier: Some(verifier),
            called,
            handout,
        })
    }

    /// Makes the key and joins, unless the room is one of those that are open. `derived` is called when the key is there.
    pub(crate) fn open(
        mut self,
        passphrase: Passphrase,
        open: Vec<RoomHash>,
        derived: impl FnOnce() + Send + 'static,
    ) -> Opening {
        Box::pin(async move {
            // Without a proxy of its own, that of the environment.
            let proxy = self.to.address.proxy().cloned();
            self.to.address = relay_url::choose(proxy.as_ref(), self.to.address)?;
            let room = self.derive(passphrase).await?;
            if open.contains(&room.settings.root.room_hash()) {
                return Err(OpenError::Twice);
            }
            derived();
            Ok(room.join().await?)
        })
    }

    /// What to hand over to the other one.
    fn handout(&self, made: &Passphrase) -> Vec<Copyable> {
        let heading = |text: &str| Copyable::Heading(text.to_owned());
        vec![
            heading("for the other one:"),
            Copyable::Verbatim(format!("sotto join '{}'", self.to.url())),
            heading("and the passphrase, by another way:"),
            Copyable::Verbatim(made.expose().to_owned()),
        ]
    }
}

/// Whether a passphrase could be guessed from what is left on a relay. Rating takes a while, so not on this thread.
async fn rated(passphrase: Passphrase) -> Result<(Passphrase, bool), DerivationError> {
    let rate = move || {
        let guessable = rate(&passphrase).is_guessable();
        (passphrase, guessable)
    };
    let rated = tokio::task::spawn_blocking(rate).await;
    rated.map_err(|_| DerivationError::Interrupted)
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::{Cli, Command};
    use crate::open::target::TwoRooms;
    use crate::screen::theme::depth::Depth;

    #[test]
    fn the_room_is_named_by_the_url_or_the_option_and_not_by_both() {
        let room = |arguments: &[&str]| {
            let command = Cli::parse_from(["sotto", "pipe"].iter().chain(arguments)).command;
            let Some(Command::Pipe(pipe)) = command else {
                unreachable!()
            };
            let to = Destination::find(pipe.target, &pipe.identity, &Config::default());
            to.map(|to| to.room.as_str().to_owned())
                .map_err(|error| error.to_string())
        };
        assert_eq!(room(&["ws://h"]), Ok(String::new()));
        assert_eq!(room(&["ws://h/#room=a"]), Ok("a".to_owned()));
        assert_eq!(room(&["ws://h", "--room", "a"]), Ok("a".to_owned()));
        assert_eq!(room(&["ws://h/#room=a", "--room", " a "]), Ok("a".to_owned()));
        assert_eq!(
            room(&["ws://h/#room=a", "--room", "b"]),
            Err(TwoRooms.to_string())
        );
    }

    #[test]
    fn a_room_of_the_configuration_file_is_one_word() {
        let text = "name = 'ben'\n[[room]]\nname = 'anna'\nrelay = 'ws://h:4000'\nroom = 'a'\n\
                    passphrase_command = 'pass show anna'";
        let (config, _) = Config::parse(text, Depth::None);
        let join = |arguments: &[&str]| {
            let command = Cli::parse_from(["sotto", "join"].iter().chain(arguments)).command;
            let Some(Command::Join(join)) = command else {
                unreachable!()
            };
            Destination::find(join.target, &join.identity, &config).map_err(|error| error.to_string())
        };
        let to = join(&["anna"]).unwrap();
        assert_eq!(to.url(), "ws://h:4000/#room=a");
        assert_eq!(to.called.as_deref(), Some("anna"));
        assert_eq!(to.command.as_deref(), Some("pass show anna"));
        let to = join(&["anna", "--passphrase-file", "f"]).unwrap();
        assert_eq!(to.command, None);
        assert_eq!(join(&["ws://h:4000"]).unwrap().command, None);

        let error = join(&["carl"]).unwrap_err();
        assert!(
            error.contains("no room called \"carl\"") && error.contains("there are anna"),
            "{error}"
        );
    }

    #[test]
    fn the_name_of_the_command_line_goes_before_that_of_the_configuration_file() {
        let (config, _) = Config::parse("name = 'ben'", Depth::None);
        let name = |arguments: &[&str]| {
            let command = Cli::parse_from(["sotto", "join", "ws://h"].iter().chain(arguments)).command;
            let Some(Command::Join(join)) = command else {
                unreachable!()
            };
            known_name(&join.identity, &config)
        };
        assert_eq!(name(&[]), Name::new("ben").ok());
        assert_eq!(name(&["--name", "me"]), Name::new("me").ok());
    }
}
