//! The command line.

use crate::open::target::Target;
use crate::open::target::TwoRooms;
use crate::open::target::UnknownRoom;
use crate::open::target::room_name;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;
use sotto_protocol::{Name, RoomName};

use crate::config::Config;
use crate::relay_url;
use crate::relay_url::proxy::{Proxy, ProxyError};
use crate::relay_url::{Address, Invitation};
use crate::secret::WORDS;
use crate::secret::source::Source;

/// A terminal chat for two people who share a passphrase.
#[derive(Debug, Parser)]
#[command(
    version,
    args_conflicts_with_subcommands = true,
    after_help = "Exit codes: 0 done, 1 failed, 2 usage, 3 the relay refused the first join, \
                  4 the relay cannot be reached, 5 not all was delivered in time."
)]
pub struct Cli {
    /// What to do; without it, the connect screen.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// Questions instead of the connect screen, then lines in, lines out: for screen readers, and where TERM is dumb
    #[arg(long)]
    pub plain: bool,
}

/// What `sotto` can do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Start a relay in this process, and the chat: one command to begin
    #[cfg(feature = "host")]
    Host(Host),
    /// Chat on a relay
    Join(Join),
    /// Chat without a screen: a line of standard input is a message, messages come out as lines
    Pipe(Pipe),
    /// Try the chat alone: a relay in this process and a scripted peer
    #[cfg(feature = "host")]
    Demo(Demo),
    /// Make a passphrase from random words, and say how strong it is
    Generate(Generate),
    /// Print what the operator of a closed relay needs to let a room in
    RoomId(RoomId),
    /// Look at a relay from outside, step by step
    Doctor(Doctor),
    /// Print a completion script for a shell
    Completions {
        /// Which shell
        shell: Shell,
    },
    /// Print the manual page
    Man,
}

/// Who we are and what we share.
#[derive(Debug, Args)]
pub struct Identity {
    /// What the others call you: 1 to 32 columns
    #[arg(long, value_name = "NAME", value_parser = Name::new)]
    pub name: Option<Name>,
    /// The room's name, if the URL has none
    #[arg(long, value_name = "NAME", value_parser = RoomName::new)]
    pub room: Option<RoomName>,
    /// Reach the relay through a SOCKS5 proxy, which looks up its name [default: $ALL_PROXY]
    #[arg(long, value_name = "socks5h://HOST:PORT")]
    pub proxy: Option<Proxy>,
    /// Where the passphrase comes from.
    #[command(flatten)]
    pub source: Source,
}

impl Identity {
    /// Where to go. What the command line leaves open is taken from the configuration file: the name, and the
    /// passphrase's command of a room.
    ///
    /// # Errors
    /// [`UnknownRoom`].
    pub fn find(&mut self, target: Target, config: &Config) -> Result<Invitation, UnknownRoom> {
        let (invitation, entry) = target.find(config)?;
        self.name = self.name.take().or_else(|| config.name.clone());
        if let Some(entry) = entry
            && !self.source.is_given()
        {
            self.source.passphrase_command = entry.passphrase_command.clone();
        }
        Ok(invitation)
    }

    /// The relay's address, through the proxy of the option, else of the environment.
    ///
    /// # Errors
    /// [`ProxyError`] when the environment names a proxy that cannot be used.
    pub fn address(&self, invitation: &Invitation) -> Result<Address, ProxyError> {
        relay_url::choose(self.proxy.as_ref(), invitation.address.clone())
    }

    /// The room's name, from the URL or the option; without either, the room without a name.
    ///
    /// # Errors
    /// [`TwoRooms`] when they differ.
    pub fn room_name(&self, invitation: &Invitation) -> Result<RoomName, TwoRooms> {
        room_name(self.room.as_ref(), invitation.room.as_ref())
    }
}

/// `sotto host`
#[derive(Debug, Args)]
pub struct Host {
    /// Where to listen; if the default port is busy, the next free one is taken
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub listen: Option<std::net::SocketAddr>,
    /// Lines in, lines out, nothing drawn: for screen readers, and where TERM is dumb
    #[arg(long)]
    pub plain: bool,
    /// Speak TLS, with a key that is made once and kept; the line to hand over pins it
    #[arg(long)]
    pub tls: bool,
    /// Who we are and what we share.
    #[command(flatten)]
    pub identity: Identity,
}

/// `sotto join`
#[derive(Debug, Args)]
pub struct Join {
    /// The relay: 'ws://host:4000/#room=NAME', in single quotes; or a room of the configuration file
    #[arg(value_name = "URL|ROOM")]
    pub target: Target,
    /// Lines in, lines out, nothing drawn: for screen readers, and where TERM is dumb
    #[arg(long)]
    pub plain: bool,
    /// Who we are and what we share.
    #[command(flatten)]
    pub identity: Identity,
    /// Write down the sealed payloads that cross
    #[arg(long, value_name = "FILE", hide = true)]
    pub record: Option<PathBuf>,
}

/// `sotto pipe`
#[derive(Debug, Args)]
#[command(after_help = crate::pipe::HELP)]
pub struct Pipe {
    /// The relay: 'ws://host:4000/#room=NAME', in single quotes; or a room of the configuration file
    #[arg(value_name = "URL|ROOM")]
    pub target: Target,
    /// Who we are and what we share.
    #[command(flatten)]
    pub identity: Identity,
    /// JSON Lines in and out
    #[arg(long)]
    pub json: bool,
    /// End of input does not end it
    #[arg(long)]
    pub follow: bool,
    /// End after this many messages were received
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub count: Option<u64>,
    /// End when a peer has left and none is here any more
    #[arg(long)]
    pub until_peer_leaves: bool,
    /// How long to wait at the end until all is delivered
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = seconds)]
    pub timeout: Duration,
    /// Write down the sealed payloads that cross
    #[arg(long, value_name = "FILE", hide = true)]
    pub record: Option<PathBuf>,
}

/// `sotto demo`
#[derive(Debug, Args)]
pub struct Demo {
    /// Lines in, lines out, nothing drawn: for screen readers, and where TERM is dumb
    #[arg(long)]
    pub plain: bool,
    /// Write down the sealed payloads that cross, as a relay sees them
    #[arg(long, value_name = "FILE")]
    pub record: Option<PathBuf>,
}

/// `sotto doctor`
#[derive(Debug, Args)]
pub struct Doctor {
    /// The relay: 'wss://host:4000/#pin=HEX', in single quotes; or a room of the configuration file
    #[arg(value_name = "URL|ROOM")]
    pub target: Target,
    /// Reach the relay through a SOCKS5 proxy, which looks up its name [default: $ALL_PROXY]
    #[arg(long, value_name = "socks5h://HOST:PORT")]
    pub proxy: Option<Proxy>,
    /// A JSON object for each step
    #[arg(long)]
    pub json: bool,
}

/// `sotto generate`
#[derive(Debug, Args)]
pub struct Generate {
    /// How many words; each is worth 12.9 bits
    #[arg(long, value_name = "N", default_value_t = WORDS, value_parser = words)]
    pub words: usize,
}

/// `sotto room-id`
#[derive(Debug, Args)]
#[command(
    after_help = "It prints two hashes on one line. Who knows them can join nothing, but can try passphrases against \
                  them, as a relay can. The operator runs: sotto-relay room add ROOM ACCESS --note TEXT"
)]
pub struct RoomId {
    /// The relay, if its URL names the room: 'ws://host:4000/#room=NAME', in single quotes
    #[arg(value_name = "URL")]
    pub invitation: Option<Invitation>,
    /// The room's name, if the URL has none
    #[arg(long, value_name = "NAME", value_parser = RoomName::new)]
    pub room: Option<RoomName>,
    /// Where the passphrase comes from.
    #[command(flatten)]
    pub source: Source,
}

impl RoomId {
    /// The room's name, from the URL or the option; without either, the room without a name.
    ///
    /// # Errors
    /// [`TwoRooms`] when they differ.
    pub fn room_name(&self) -> Result<RoomName, TwoRooms> {
        let url = (self.invitation.as_ref()).and_then(|invitation| invitation.room.as_ref());
        room_name(self.room.as_ref(), url)
    }
}

/// The longest wait that an option takes, in seconds: a year.
const MAX_SECONDS: f64 = 366.0 * 86_400.0;

fn seconds(text: &str) -> Result<Duration, String> {
    match text.parse::<f64>() {
        Ok(seconds) if (0.0..=MAX_SECONDS).contains(&seconds) => Ok(Duration::from_secs_f64(seconds)),
        _ => Err("a number of seconds from 0 to a year".to_owned()),
    }
}

/// 1,024 bytes hold 100 words of the longest.
fn words(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(words @ 1..=100) => Ok(words),
        _ => Err("a number of words from 1 to 100".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use crate::open::target::TwoRooms;
    use crate::open::target::UnknownRoom;
    use clap::CommandFactory;

    use super::*;
    use crate::screen::theme::depth::Depth;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_passphrase_is_no_argument() {
        assert!(Cli::try_parse_from(["sotto", "pipe", "ws://h", "correct horse"]).is_err());
        assert!(Cli::try_parse_from(["sotto", "pipe", "ws://h", "--passphrase", "correct horse"]).is_err());
    }

    #[test]
    fn one_source_of_the_passphrase_is_enough() {
        let two = [
            "sotto",
            "pipe",
            "ws://h",
            "--passphrase-fd",
            "3",
            "--passphrase-file",
            "f",
        ];
        assert!(Cli::try_parse_from(two).is_err());
        assert!(Cli::try_parse_from(&two[..5]).is_ok());
    }

    #[test]
    fn the_room_is_named_by_the_url_or_the_option_and_not_by_both() {
        let room = |arguments: &[&str]| {
            let command = Cli::parse_from(["sotto", "pipe"].iter().chain(arguments)).command;
            let Some(Command::Pipe(mut pipe)) = command else {
                unreachable!()
            };
            let invitation = pipe.identity.find(pipe.target, &Config::default()).unwrap();
            pipe.identity.room_name(&invitation)
        };
        assert_eq!(room(&["ws://h"]), Ok(RoomName::default()));
        assert_eq!(
            room(&["ws://h/#room=a"]),
            RoomName::new("a").map_err(|_| TwoRooms)
        );
        assert_eq!(
            room(&["ws://h", "--room", "a"]),
            RoomName::new("a").map_err(|_| TwoRooms)
        );
        assert_eq!(
            room(&["ws://h/#room=a", "--room", " a "]),
            RoomName::new("a").map_err(|_| TwoRooms)
        );
        assert_eq!(room(&["ws://h/#room=a", "--room", "b"]), Err(TwoRooms));
    }

    #[test]
    fn a_room_of_the_configuration_file_is_one_word() {
        let text = "name = 'ben'\n[[room]]\nname = 'anna'\nrelay = 'ws://h:4000'\nroom = 'a'\n\
                    passphrase_command = 'pass show anna'";
        let (config, _) = Config::parse(text, Depth::None);
        let join = |arguments: &[&str]| {
            let command = Cli::parse_from(["sotto", "join"].iter().chain(arguments)).command;
            let Some(Command::Join(mut join)) = command else {
                unreachable!()
            };
            let found = join.identity.find(join.target, &config)?;
            Ok::<_, UnknownRoom>((found, join.identity))
        };
        let (found, identity) = join(&["anna"]).unwrap();
        assert_eq!(found, "ws://h:4000/#room=a".parse().unwrap());
        assert_eq!(identity.name, config.name);
        assert_eq!(
            identity.source.passphrase_command.as_deref(),
            Some("pass show anna")
        );

        let (_, identity) = join(&["anna", "--passphrase-file", "f", "--name", "me"]).unwrap();
        assert_eq!(identity.source.passphrase_command, None);
        assert_eq!(identity.name, Name::new("me").ok());

        let (_, identity) = join(&["ws://h:4000"]).unwrap();
        assert!(!identity.source.is_given());

        let error = join(&["carl"]).unwrap_err().to_string();
        assert!(
            error.contains("no room called \"carl\"") && error.contains("there are anna"),
            "{error}"
        );
    }

    #[test]
    fn numbers_are_bounded() {
        for wrong in [
            ["--timeout", "-1"],
            ["--timeout", "nan"],
            ["--timeout", "1e300"],
            ["--count", "0"],
        ] {
            assert!(Cli::try_parse_from(["sotto", "pipe", "ws://h"].iter().chain(&wrong)).is_err());
        }
        assert!(Cli::try_parse_from(["sotto", "generate", "--words", "0"]).is_err());
        assert!(Cli::try_parse_from(["sotto", "generate", "--words", "101"]).is_err());
    }
}
