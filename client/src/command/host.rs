//! `sotto host`: a relay in this process and the chat, with one command.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Context;
use sotto_protocol::{Passphrase, RoomName};
use sotto_relay::TlsOptions;
use sotto_relay::{BindError, CancellationToken, Options, Relay};
use tokio::time::timeout;

use crate::cli;
use crate::command::show;
use crate::config::Config;
use crate::exit::{Exit, say};
use crate::open::ask::Asker;
use crate::open::handout::{self, Handout};
use crate::open::ticket::{Destination, Ticket, known_name};
use crate::open::{clock, ended};
use crate::relay_url::pin::{NotAPin, Pin};
use crate::relay_url::{Address, AddressError, USUAL_PORT};
use crate::screen::conversation::Conversation;
use crate::screen::talk::entry::Content;
use crate::secret::WORDS;

/// The ports after the usual one that are tried when it is taken.
const MORE_PORTS: u16 = 20;
/// What the others hear when the host leaves.
const FAREWELL: &str = "the host left, and the relay with it";
/// How long the relay may take to say goodbye to its sockets. The process ends then, and they with it.
const GOODBYE: Duration = Duration::from_secs(2);

/// Starts a relay and chats on it.
///
/// # Errors
/// What keeps it from being done, as a sentence.
pub(super) async fn host(options: cli::Host) -> anyhow::Result<Exit> {
    let mut asker = Asker::with_terminal(options.plain)?;
    let (config, complaints) = Config::load();
    let tls = TlsOptions {
        tls_self_signed: if options.tls { Some(key_folder()?) } else { None },
        ..TlsOptions::default()
    };
    let relay = bind(options.listen, &tls).await?;
    let pin = pin(&relay)?;
    let listening = relay.local_addr();
    let name = asker.name(known_name(&options.identity, &config)).await?;
    let source = options.identity.source;
    let to = Destination {
        address: own_address(listening, pin)?,
        room: (options.identity.room).unwrap_or_else(|| RoomName::generate(&mut rand::rng())),
        called: None,
        remember: None,
        command: source.passphrase_command.clone(),
    };
    let room_name = to.room.clone();
    let (passphrase, made) = if source.is_given() {
        (asker.passphrase(source).await?, None)
    } else {
        let made = Passphrase::generate(WORDS, &mut rand::rng())?;
        (Passphrase::new(made.expose())?, Some(made))
    };
    let ticket = Ticket {
        to,
        name: name.clone(),
        made: made.is_some(),
        recorder: None,
        keeping: crate::room::Keeping::default(),
    };
    let derived = asker.derive(ticket, passphrase).await?;
    drop(asker);
    let words = derived.settings.root.room_words();
    let addresses = handout::addresses().unwrap_or_else(|error| {
        say(&format!("cannot find the addresses of this machine: {error}"));
        Vec::new()
    });
    let handout = Handout {
        listening,
        pin,
        addresses: &addresses,
        room: &room_name,
        passphrase: made.as_ref(),
        words,
    };
    let lines = handout.lines()?;
    drop(made);

    let shutdown = CancellationToken::new();
    let serving = tokio::spawn(relay.run(shutdown.clone()));
    let status = format!("your relay, port {}", listening.port());
    let mut conversation = Conversation::new(status, words, name, lines.clone());
    conversation.list.push(clock(), Content::Copyable(lines));
    if options.listen.is_none() && listening.port() != USUAL_PORT {
        let other = format!(
            "port {USUAL_PORT} is taken: this relay has port {}",
            listening.port()
        );
        conversation.list.push(clock(), Content::Quiet(vec![other]));
    }
    conversation.farewell = Some(FAREWELL.to_owned());
    conversation.complain(&complaints, clock());
    let (room, conversation) = derived.open_as(conversation);
    let end = show(options.plain, room, conversation, config.settings.clone()).await;
    shutdown.cancel();
    // It ends with the process at the latest.
    let _ = timeout(GOODBYE, serving).await;
    Ok(ended(end?))
}

/// A relay on the address that was asked for; without one, on the first free port from the usual one on, for both
/// families where the system has IPv6.
async fn bind(asked: Option<SocketAddr>, tls: &TlsOptions) -> Result<Relay, BindError> {
    let options = |listen| Options {
        listen,
        tls: tls.clone(),
        ..Options::default()
    };
    if let Some(listen) = asked {
        return Relay::bind(options(listen)).await;
    }
    let mut ip = IpAddr::V6(Ipv6Addr::UNSPECIFIED);
    let mut port = USUAL_PORT;
    loop {
        match Relay::bind(options(SocketAddr::new(ip, port))).await {
            Err(BindError::Listen { source, .. })
                if source.kind() == io::ErrorKind::AddrInUse && port < USUAL_PORT + MORE_PORTS =>
            {
                port += 1;
            }
            Err(BindError::Listen { source, .. })
                if ip.is_ipv6() && source.kind() != io::ErrorKind::AddrInUse =>
            {
                ip = IpAddr::V4(Ipv4Addr::UNSPECIFIED);
            }
            bound => return bound,
        }
    }
}

/// How the chat in this process reaches its relay.
fn own_address(listening: SocketAddr, pin: Option<Pin>) -> Result<Address, AddressError> {
    let ip = match listening.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        // It takes IPv4 too, and that is there even where IPv6 is switched off on the loopback.
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        ip => ip,
    };
    handout::address_of(SocketAddr::new(ip, listening.port()), pin)
}

/// The key of a relay that speaks TLS.
fn pin(relay: &Relay) -> Result<Option<Pin>, NotAPin> {
    let certificate = relay.tls().and_then(|tls| tls.certificate());
    let pin = certificate.as_ref().and_then(|certificate| certificate.pin());
    pin.map(str::parse).transpose()
}

/// Where the key of a host's relay is kept from one time to the next, so that a line that was handed over stays good.
fn key_folder() -> anyhow::Result<PathBuf> {
    let folder = key_folder_in(|name| std::env::var_os(name).map(PathBuf::from));
    folder.context("there is no place for the key: neither XDG_STATE_HOME nor HOME is set")
}

/// The specification of the XDG folders wants an absolute path, and others to be ignored.
fn key_folder_in(environment: impl Fn(&str) -> Option<PathBuf>) -> Option<PathBuf> {
    let absolute = |name| environment(name).filter(|path| path.is_absolute());
    let state = absolute("XDG_STATE_HOME").or_else(|| Some(absolute("HOME")?.join(".local/state")));
    Some(state?.join("sotto"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_busy_port_that_was_asked_for_is_an_error() {
        let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let first = Relay::bind(Options {
            listen,
            ..Options::default()
        })
        .await
        .unwrap();
        let again = bind(Some(first.local_addr()), &TlsOptions::default()).await;
        assert!(again.is_err());
    }

    #[test]
    fn the_key_is_kept_in_the_state_folder() {
        let folder = |state: Option<&str>, home: Option<&str>| {
            key_folder_in(|name| match name {
                "XDG_STATE_HOME" => state.map(PathBuf::from),
                _ => home.map(PathBuf::from),
            })
        };
        let kept = |path: &str| Some(PathBuf::from(path));
        assert_eq!(folder(Some("/state"), Some("/home/anna")), kept("/state/sotto"));
        let usual = kept("/home/anna/.local/state/sotto");
        assert_eq!(folder(None, Some("/home/anna")), usual);
        assert_eq!(folder(Some("relative"), Some("/home/anna")), usual);
        assert_eq!(folder(None, None), None);
    }

    #[test]
    fn the_host_finds_its_own_relay() {
        for (listening, own) in [
            ("[::]:4000", "ws://127.0.0.1:4000/"),
            ("0.0.0.0:4000", "ws://127.0.0.1:4000/"),
            ("192.168.1.5:4000", "ws://192.168.1.5:4000/"),
            ("[::1]:4000", "ws://[::1]:4000/"),
        ] {
            assert_eq!(
                own_address(listening.parse().unwrap(), None).unwrap().to_string(),
                own
            );
        }
    }
}
