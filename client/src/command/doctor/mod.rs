//! `sotto doctor`: looks at a relay from outside, the way a client comes, one step after the other.
//!
//! The first step that fails is the last: what comes after stands on it.

mod finding;

use std::io::{self, Write};
use std::sync::Arc;
use std::time::Instant;

use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use sotto_protocol::frame::FrameError;
use sotto_protocol::{AccessHash, Credentials, RoomHash, SenderHash, Topic};
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_tungstenite::{MaybeTlsStream, client_async_with_config};

use self::finding::Finding;
use crate::cli;
use crate::config::Config;
use crate::exit::{Exit, say};
use crate::open::ask::Asker;
use crate::open::target::room_name;
use crate::relay_url::{self, Address};
use crate::room::relay::channel::{Channel, Incoming};
use crate::room::relay::connect::{self, seconds};
use crate::room::relay::socket::{self, Counted, Socket};
use crate::room::relay::trust;
use crate::room::{RelayError, Timing, told};

/// What most messages are: the smallest bucket and its envelope, in bytes.
const SMALL: usize = 256 + 40;
/// The largest message of a client: the largest bucket and its envelope, in bytes.
const LARGE: usize = 64 * 1024 + 40;
/// A certificate that ends within so many days should have been renewed.
const SOON: u64 = 14;

/// Looks at the relay and writes what it finds to standard output.
///
/// # Errors
/// When standard output takes nothing, the room is unknown, or the environment names a proxy that cannot be used.
pub(super) async fn run(options: cli::Doctor) -> anyhow::Result<Exit> {
    let (config, complaints) = Config::load();
    for complaint in complaints {
        say(&complaint.to_string());
    }
    let (invitation, _) = options.target.find(&config)?;
    let access = match options.source.is_given() {
        false => None,
        true => {
            let room = room_name(options.room.as_ref(), invitation.room.as_ref())?;
            let mut asker = Asker::open()?;
            let passphrase = asker.passphrase(options.source).await?;
            Some(asker.root(passphrase, room).await?.access_hash())
        }
    };
    let address = relay_url::choose(options.proxy.as_ref(), invitation.address)?;
    let mut written = Ok(());
    let exit = examine(&address, access, &Timing::default(), &mut |finding| {
        if written.is_ok() {
            written = writeln!(io::stdout(), "{}", finding.line(options.json));
        }
    })
    .await;
    written?;
    Ok(exit)
}

/// Tells every step; the exit code is that of the step that failed. With an `access` hash it is its room that is joined.
async fn examine(
    address: &Address,
    access: Option<AccessHash>,
    timing: &Timing,
    tell: &mut impl FnMut(Finding),
) -> Exit {
    let is_made_up = access.is_none();
    let mut step = "name";
    match steps(address, access, timing, &mut step, tell).await {
        Ok(()) => Exit::Done,
        Err(trouble) => {
            let exit = trouble.exit();
            let text = match &trouble {
                // No relay knows a room that was made up just now: an open one would have made it.
                RelayError::Refused(why) if why == "unauthorized" && is_made_up => {
                    "this relay lets in only rooms that its operator added (--passphrase-file FILE looks at yours); \
                     all before this step is well"
                        .to_owned()
                }
                other => other.to_string(),
            };
            tell(Finding {
                trouble: Some(trouble),
                ..Finding::good(step, text)
            });
            exit
        }
    }
}

async fn steps(
    address: &Address,
    access: Option<AccessHash>,
    timing: &Timing,
    step: &mut &'static str,
    tell: &mut impl FnMut(Finding),
) -> Result<(), RelayError> {
    tell(Finding::good(step, name(address, timing).await?));

    *step = "address";
    let begun = Instant::now();
    let tcp = connect::reach(address, timing).await?;
    let text = match (address.proxy(), tcp.peer_addr()) {
        (Some(proxy), _) => format!("the proxy {proxy} has a connection to port {}", address.port()),
        (None, Ok(peer)) => format!("{peer} takes connections"),
        (None, Err(_)) => "it takes connections".to_owned(),
    };
    tell(Finding {
        took: Some(begun.elapsed()),
        ..Finding::good(step, text)
    });

    *step = "tls";
    let tls = connect::trust(address).await?;
    let (tcp, received) = socket::counted(tcp);
    let (stream, text) = secure(address, timing, tcp, tls.clone()).await?;
    tell(Finding::good(step, text));

    *step = "upgrade";
    let upgrade = client_async_with_config(address.socket_url(), stream, Some(socket::config()));
    let mut first = Seat::new(connect::upgraded(address, timing, upgrade, received).await?);
    tell(Finding::good(step, "it speaks WebSocket"));

    *step = "join";
    let is_made_up = access.is_none();
    let access = access.unwrap_or_else(|| AccessHash::from_bytes(rand::random()));
    first.join(access.clone(), timing).await?;
    let room = if is_made_up {
        "a room to throw away"
    } else {
        "the room"
    };
    tell(Finding::good(step, format!("it gave a seat in {room}")));

    *step = "kept";
    tell(Finding::good(step, first.keeps()));

    *step = "second seat";
    let mut second = Seat::new(connect::open(address, timing, tls).await?);
    second.join(access, timing).await?;
    tell(Finding::good(step, "another connection has one"));
    if !is_made_up {
        // Members would be told that something came which does not open.
        return Ok(());
    }

    *step = "round trip";
    let begun = Instant::now();
    first.pass_to(&mut second, SMALL, timing).await?;
    second.pass_to(&mut first, SMALL, timing).await?;
    tell(Finding {
        took: Some(begun.elapsed()),
        ..Finding::good(step, "a message went there and one came back")
    });

    *step = "limits";
    first.pass_to(&mut second, LARGE, timing).await?;
    tell(Finding::good(step, "the largest message (64 KiB) passes"));

    // The room is of no use to anybody; a relay that keeps it forgets it by itself.
    let _ = first.expire(timing).await;
    Ok(())
}

/// What the host's name leads to.
async fn name(address: &Address, timing: &Timing) -> Result<String, RelayError> {
    if address.proxy().is_some() {
        return Ok(format!("{} is left to the proxy to find", address.host()));
    }
    if address.is_onion() {
        return Err(RelayError::Onion);
    }
    let found = connect::resolve(address, timing).await?;
    let found: Vec<String> = found.iter().map(|found| found.ip().to_string()).collect();
    Ok(format!("{} is at {}", address.host(), found.join(", ")))
}

/// The TLS handshake, and who vouches for what was shown.
async fn secure(
    address: &Address,
    timing: &Timing,
    tcp: Counted,
    tls: Option<Arc<ClientConfig>>,
) -> Result<(MaybeTlsStream<Counted>, String), RelayError> {
    let Some(tls) = tls else {
        let text = if address.is_local() {
            "none, and none is needed on this machine"
        } else if address.is_onion() {
            "none, and none is needed: Tor encrypts the way to an onion service"
        } else {
            "none: whoever is on the way sees addresses, times, sizes and the room's hashes (wss:// hides them)"
        };
        return Ok((MaybeTlsStream::Plain(tcp), text.to_owned()));
    };
    let failed = |why| RelayError::Tls {
        host: address.host(),
        why,
    };
    let host = ServerName::try_from(address.host()).map_err(|error| failed(error.to_string()))?;
    let handshake = TlsConnector::from(tls).connect(host.clone(), tcp);
    let stream = match timeout(timing.upgrade, handshake).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => {
            return Err(failed(trust::refusal(&error).unwrap_or_else(|| told(&error))));
        }
        Err(_) => return Err(failed(format!("no handshake within {}", seconds(timing.upgrade)))),
    };
    let session = stream.get_ref().1;
    let version = match session.protocol_version() {
        Some(rustls::ProtocolVersion::TLSv1_2) => "TLS 1.2",
        _ => "TLS 1.3",
    };
    let voucher = match address.pin() {
        Some(pin) => format!("its key is the pinned one ({pin})"),
        None => {
            let chain = session.peer_certificates().unwrap_or_default();
            match trust::days_left(chain, &host, trust::roots().await?) {
                Some(days @ ..SOON) => format!(
                    "the system trusts its certificate, but only for {days} more days: is it renewed by itself?"
                ),
                Some(days) => format!("the system trusts its certificate, for {days} more days"),
                None => "the system trusts its certificate".to_owned(),
            }
        }
    };
    Ok((MaybeTlsStream::Rustls(stream), format!("{version}; {voucher}")))
}

/// A connection and its place in the room.
struct Seat {
    socket: Socket,
    channel: Option<Channel>,
}

impl Seat {
    fn new(socket: Socket) -> Self {
        Self {
            socket,
            channel: None,
        }
    }

    async fn join(&mut self, access: AccessHash, timing: &Timing) -> Result<(), RelayError> {
        let mut channel = Channel::new(Topic::of(&RoomHash::of(&access)));
        let credentials = Credentials {
            access,
            sender: SenderHash::from_bytes(rand::random()),
        };
        self.socket.push(channel.join(&credentials).map_err(garbage)?);
        self.channel = Some(channel);
        self.until(timing, |brought| *brought == Incoming::Joined).await
    }

    /// What the relay has said of what it keeps.
    fn keeps(&self) -> String {
        match self.channel.as_ref().and_then(Channel::announced) {
            Some(kept) => format!(
                "it keeps messages for who is away for {} days, {} of a room at most",
                kept.days, kept.blobs
            ),
            None => "it keeps nothing for who is away".to_owned(),
        }
    }

    /// Has so many random bytes passed on to the other seat.
    async fn pass_to(&mut self, other: &mut Self, len: usize, timing: &Timing) -> Result<(), RelayError> {
        let payload: Vec<u8> = std::iter::repeat_with(rand::random).take(len).collect();
        let Some(channel) = &mut self.channel else {
            return Err(RelayError::Unseated);
        };
        self.socket.push(channel.probe(&payload).map_err(garbage)?);
        self.until(timing, |brought| *brought == Incoming::Alive).await?;
        let arrived =
            |brought: &Incoming<'_>| matches!(brought, Incoming::Sealed(sealed) if *sealed == payload);
        other.until(timing, arrived).await
    }

    async fn expire(&mut self, timing: &Timing) -> Result<(), RelayError> {
        let Some(channel) = &mut self.channel else {
            return Err(RelayError::Unseated);
        };
        self.socket.push(channel.expire(None).map_err(garbage)?);
        self.until(timing, |brought| matches!(brought, Incoming::Expired(_)))
            .await
    }

    /// Waits until the relay brings it.
    async fn until(
        &mut self,
        timing: &Timing,
        is_it: impl Fn(&Incoming<'_>) -> bool,
    ) -> Result<(), RelayError> {
        let Some(channel) = &mut self.channel else {
            return Err(RelayError::Unseated);
        };
        let waited = timeout(timing.join, async {
            loop {
                let message = self.socket.next(true).await?;
                match channel.receive(&message).map_err(garbage)? {
                    brought if is_it(&brought) => return Ok(()),
                    Incoming::Refused(why) | Incoming::Closed(why) => return Err(why),
                    _ => {}
                }
            }
        });
        waited.await.map_err(|_| RelayError::Silent)?
    }
}

fn garbage(error: FrameError) -> RelayError {
    RelayError::Garbage(error.to_string())
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use sotto_relay::TlsOptions;
    use sotto_relay::{CancellationToken, Options, Relay};

    use super::*;
    use crate::relay_url::Invitation;

    /// What is found at a URL, as lines, and the exit code.
    async fn found(url: &str) -> (Vec<String>, Exit) {
        found_in(url, None).await
    }

    async fn found_in(url: &str, room: Option<AccessHash>) -> (Vec<String>, Exit) {
        let invitation: Invitation = url.parse().unwrap();
        let mut lines = Vec::new();
        let timing = Timing::default();
        let exit = examine(&invitation.address, room, &timing, &mut |finding| {
            lines.push(finding.line(false))
        })
        .await;
        (lines, exit)
    }

    async fn relay(tls: TlsOptions) -> String {
        let options = Options {
            listen: ([127, 0, 0, 1], 0).into(),
            tls,
            ..Options::default()
        };
        let relay = Relay::bind(options).await.unwrap();
        let url = relay.invites().remove(0);
        tokio::spawn(relay.run(CancellationToken::new()));
        url
    }

    #[tokio::test]
    async fn a_relay_that_is_well_has_a_tick_at_every_step() {
        let directory = tempfile::tempdir().unwrap();
        let pinned = TlsOptions {
            tls_self_signed: Some(directory.path().to_owned()),
            ..TlsOptions::default()
        };
        for (tls, words) in [
            (pinned, "its key is the pinned one"),
            (TlsOptions::default(), "none is needed"),
        ] {
            let (lines, exit) = found(&relay(tls).await).await;
            assert_eq!((exit, lines.len()), (Exit::Done, 9), "{lines:#?}");
            assert!(lines.iter().all(|line| line.starts_with('✓')), "{lines:#?}");
            assert!(lines[2].contains(words), "{lines:#?}");
        }
    }

    #[tokio::test]
    async fn the_step_that_fails_is_the_last_and_says_why() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let free = listener.local_addr().unwrap();
        drop(listener);
        let (lines, exit) = found(&format!("ws://{free}")).await;
        assert_eq!((exit, lines.len()), (Exit::Unreachable, 2));
        assert!(lines[1].starts_with("✗ address: nothing answers"), "{lines:?}");

        let directory = tempfile::tempdir().unwrap();
        let url = relay(TlsOptions {
            tls_self_signed: Some(directory.path().to_owned()),
            ..TlsOptions::default()
        });
        let url = url.await;
        let (url, _) = url.split_once('#').unwrap();
        let (lines, exit) = found(&format!("{url}#pin={}", "5f".repeat(32))).await;
        assert_eq!((exit, lines.len()), (Exit::Unreachable, 3));
        assert!(lines[2].starts_with("✗ tls: "), "{lines:?}");
    }

    #[tokio::test]
    async fn a_closed_relay_is_told_from_one_that_does_not_work() {
        let directory = tempfile::tempdir().unwrap();
        let options = Options {
            listen: ([127, 0, 0, 1], 0).into(),
            db: Some(directory.path().join("rooms.db")),
            rooms: sotto_relay::Admittance::Closed,
            ..Options::default()
        };
        let relay = Relay::bind(options).await.unwrap();
        let url = format!("ws://{}", relay.local_addr());
        tokio::spawn(relay.run(CancellationToken::new()));
        let (lines, exit) = found(&url).await;
        assert_eq!((exit, lines.len()), (Exit::Refused, 5), "{lines:#?}");
        let words = "✗ join: this relay lets in only rooms that its operator added";
        assert!(lines[4].starts_with(words), "{lines:#?}");
    }

    #[tokio::test]
    async fn with_the_passphrase_of_a_room_it_is_joined_and_nothing_said_in_it() {
        use crate::room::{Room, RoomConfig, Update};

        let url = relay(TlsOptions::default()).await;
        let root = sotto_protocol::Root::from_bytes([7; 32]);
        let access = root.access_hash();
        let (_room, mut updates) = Room::open(RoomConfig::new(
            url.parse::<Invitation>().unwrap().address,
            root,
            sotto_protocol::Name::new("anna").unwrap(),
        ));
        // The last thing that a join brings: what waits there was looked at.
        while !matches!(updates.next().await.unwrap(), Update::Mail(_)) {}
        let (lines, exit) = found_in(&url, Some(access)).await;
        assert_eq!((exit, lines.len()), (Exit::Done, 7), "{lines:#?}");
        assert!(lines.iter().all(|line| line.starts_with('✓')), "{lines:#?}");
        let told = timeout(Duration::from_millis(300), updates.next()).await;
        assert!(told.is_err(), "a member sees nothing of it: {told:?}");
    }
}
