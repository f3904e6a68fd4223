//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;
use sotto_protocol::{Name, RoomName};

use crate::open::target::{Target, TwoRooms, room_name};
use crate::relay_url::Invitation;
use crate::relay_url::proxy::Proxy;
use crate::secret::WORDS;
use crate::secret::source::Source;

/// A terminal chat for two people who share a passphrase.
#[derive(Debug, Parser)]
#[command(
    version = env!("SOTTO_VERSION"),
    args_conflicts_with_subcommands = true,
    after_help = "Exit codes: 0 done, 1 failed, 2 usage, 3 the relay refused the first join, \
                  4 the relay cannot be reached, 5 not all was delivered in time."
)]
pub(crate) struct Cli {
    /// What to do; without it, the connect screen.
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    /// Questions instead of the connect screen, then lines in, lines out: for screen readers, and where TERM is dumb
    #[arg(long)]
    pub(crate) plain: bool,
}

/// What `sotto` can do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Start a relay in this process, and the chat: one command to begin
    #[cfg(feature = "host")]
    Host(Host),
    /// Chat on a relay
    Join(Join),
    /// Chat without a screen: a line of standard input is a message, messages come out as lines
    Pipe(Pipe),
    /// Print what was left for you on a relay, and take it from there
    Inbox(Inbox),
    /// Try the chat alone: a relay in this process and a scripted peer
    #[cfg(feature = "host")]
    Demo(Demo),
    /// Make a passphrase from random words, and say how strong it is
    Generate(Generate),
    /// Print what the operator of a closed relay needs to let a room in
    RoomId(RoomId),
    /// Forget what is remembered of a room on this machine, or of all
    Forget(Forget),
    /// Say who is known again in a room on this machine
    Known(Known),
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
pub(crate) struct Identity {
    /// What the others call you: 1 to 32 columns
    #[arg(long, value_name = "NAME", value_parser = Name::new)]
    pub(crate) name: Option<Name>,
    /// The room's name, if the URL has none
    #[arg(long, value_name = "NAME", value_parser = RoomName::new)]
    pub(crate) room: Option<RoomName>,
    /// Reach the relay through a SOCKS5 proxy, which looks up its name [default: $ALL_PROXY]
    #[arg(long, value_name = "socks5h://HOST:PORT")]
    pub(crate) proxy: Option<Proxy>,
    /// Where the passphrase comes from.
    #[command(flatten)]
    pub(crate) source: Source,
}

/// `sotto host`
#[derive(Debug, Args)]
pub(crate) struct Host {
    /// Where to listen; if the default port is busy, the next free one is taken
    #[arg(long, value_name = "ADDRESS:PORT")]
    pub(crate) listen: Option<std::net::SocketAddr>,
    /// Lines in, lines out, nothing drawn: for screen readers, and where TERM is dumb
    #[arg(long)]
    pub(crate) plain: bool,
    /// Speak TLS, with a key that is made once and kept; the line to hand over pins it
    #[arg(long)]
    pub(crate) tls: bool,
    /// Who we are and what we share.
    #[command(flatten)]
    pub(crate) identity: Identity,
}

/// `sotto join`
#[derive(Debug, Args)]
pub(crate) struct Join {
    /// The relay: 'ws://host:4000/#room=NAME', in single quotes; or a room of the configuration file
    #[arg(value_name = "URL|ROOM")]
    pub(crate) target: Target,
    /// Lines in, lines out, nothing drawn: for screen readers, and where TERM is dumb
    #[arg(long)]
    pub(crate) plain: bool,
    /// Who we are and what we share.
    #[command(flatten)]
    pub(crate) identity: Identity,
    /// Write down the sealed payloads that cross
    #[arg(long, value_name = "FILE", hide = true)]
    pub(crate) record: Option<PathBuf>,
}

/// `sotto pipe`
#[derive(Debug, Args)]
#[command(after_help = crate::pipe::HELP)]
pub(crate) struct Pipe {
    /// The relay: 'ws://host:4000/#room=NAME', in single quotes; or a room of the configuration file
    #[arg(value_name = "URL|ROOM")]
    pub(crate) target: Target,
    /// Who we are and what we share.
    #[command(flatten)]
    pub(crate) identity: Identity,
    /// JSON Lines in and out
    #[arg(long)]
    pub(crate) json: bool,
    /// End of input does not end it
    #[arg(long)]
    pub(crate) follow: bool,
    /// End after this many messages were received
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) count: Option<u64>,
    /// End when a peer has left and none is here any more
    #[arg(long)]
    pub(crate) until_peer_leaves: bool,
    /// Leave on the relay what nobody is there to get, for as long as it keeps it; whoever has the passphrase can read that
    #[arg(long)]
    pub(crate) keep: bool,
    /// How long to wait at the end until all is delivered
    #[arg(long, value_name = "SECONDS", default_value = "30", value_parser = seconds)]
    pub(crate) timeout: Duration,
    /// Write down the sealed payloads that cross
    #[arg(long, value_name = "FILE", hide = true)]
    pub(crate) record: Option<PathBuf>,
}

/// `sotto inbox`
#[derive(Debug, Args)]
#[command(
    after_help = "Nothing proves who has left something, nor that it was not there before: whoever has the passphrase can \
                  leave, read and take it. What names somebody else stays where it is."
)]
pub(crate) struct Inbox {
    /// The relay: 'ws://host:4000/#room=NAME', in single quotes; or a room of the configuration file
    #[arg(value_name = "URL|ROOM")]
    pub(crate) target: Target,
    /// Who we are and what we share.
    #[command(flatten)]
    pub(crate) identity: Identity,
    /// Leave it there
    #[arg(long)]
    pub(crate) peek: bool,
    /// JSON Lines
    #[arg(long)]
    pub(crate) json: bool,
    /// Print how many there are, and leave them there
    #[arg(long)]
    pub(crate) count: bool,
    /// How long to wait for the relay
    #[arg(long, value_name = "SECONDS", default_value = "60", value_parser = seconds)]
    pub(crate) timeout: Duration,
}

/// `sotto demo`
#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Lines in, lines out, nothing drawn: for screen readers, and where TERM is dumb
    #[arg(long)]
    pub(crate) plain: bool,
    /// Write down the sealed payloads that cross, as a relay sees them
    #[arg(long, value_name = "FILE")]
    pub(crate) record: Option<PathBuf>,
}

/// `sotto forget`
#[derive(Debug, Args)]
#[command(
    after_help = "What a room is remembered by is overwritten and removed. A disk or file system that keeps what was there \
                  before may still have it, sealed; with --all the secret of this device goes first, without which nothing \
                  of it opens."
)]
pub(crate) struct Forget {
    /// The room: 'ws://host:4000/#room=NAME', in single quotes; or a room of the configuration file
    #[arg(value_name = "URL|ROOM", required_unless_present = "all")]
    pub(crate) target: Option<Target>,
    /// Every room
    #[arg(long, conflicts_with = "target")]
    pub(crate) all: bool,
    /// What we share.
    #[command(flatten)]
    pub(crate) secret: Shared,
}

/// `sotto known`
#[derive(Debug, Args)]
#[command(
    after_help = "Who is known again was compared by the safety words and remembers this machine, too. Without a room, it \
                  says how many rooms are remembered: which they are is sealed."
)]
pub(crate) struct Known {
    /// The room: 'ws://host:4000/#room=NAME', in single quotes; or a room of the configuration file
    #[arg(value_name = "URL|ROOM")]
    pub(crate) target: Option<Target>,
    /// Forget everybody of this name
    #[arg(long, value_name = "NAME", value_parser = Name::new, requires = "target")]
    pub(crate) forget: Option<Name>,
    /// What we share.
    #[command(flatten)]
    pub(crate) secret: Shared,
}

/// Which room it is, and its passphrase.
#[derive(Debug, Args)]
pub(crate) struct Shared {
    /// The room's name, if the URL has none
    #[arg(long, value_name = "NAME", value_parser = RoomName::new)]
    pub(crate) room: Option<RoomName>,
    /// Where the passphrase comes from.
    #[command(flatten)]
    pub(crate) source: Source,
}

/// `sotto doctor`
#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// The relay: 'wss://host:4000/#pin=HEX', in single quotes; or a room of the configuration file
    #[arg(value_name = "URL|ROOM")]
    pub(crate) target: Target,
    /// Reach the relay through a SOCKS5 proxy, which looks up its name [default: $ALL_PROXY]
    #[arg(long, value_name = "socks5h://HOST:PORT")]
    pub(crate) proxy: Option<Proxy>,
    /// The room that the passphrase is for, if the URL has none
    #[arg(long, value_name = "NAME", value_parser = RoomName::new)]
    pub(crate) room: Option<RoomName>,
    /// A JSON object for each step
    #[arg(long)]
    pub(crate) json: bool,
    /// Where a passphrase comes from: with one the room itself is joined, and nothing said in it, so that a closed relay
    /// can be looked at.
    #[command(flatten)]
    pub(crate) source: Source,
}

/// `sotto generate`
#[derive(Debug, Args)]
pub(crate) struct Generate {
    /// How many words; each is worth 12.9 bits
    #[arg(long, value_name = "N", default_value_t = WORDS, value_parser = words)]
    pub(crate) words: usize,
}

/// `sotto room-id`
#[derive(Debug, Args)]
#[command(
    after_help = "It prints one word. Who knows it can join nothing, but can try passphrases against it, as a relay \
                  can. The operator runs: sotto-relay room add ID --note TEXT"
)]
pub(crate) struct RoomId {
    /// The relay, if its URL names the room: 'ws://host:4000/#room=NAME', in single quotes
    #[arg(value_name = "URL")]
    pub(crate) invitation: Option<Invitation>,
    /// The room's name, if the URL has none
    #[arg(long, value_name = "NAME", value_parser = RoomName::new)]
    pub(crate) room: Option<RoomName>,
    /// Where the passphrase comes from.
    #[command(flatten)]
    pub(crate) source: Source,
}

impl RoomId {
    /// The room's name, from the URL or the option; without either, the room without a name.
    ///
    /// # Errors
    /// [`TwoRooms`] when they differ.
    pub(crate) fn room_name(&self) -> Result<RoomName, TwoRooms> {
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
    use clap::CommandFactory;

    use super::*;

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
