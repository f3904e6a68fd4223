//! `sotto demo`: a relay in this process and a scripted peer, to try the chat alone. Everything is real: sockets,
//! handshakes, both layers of sealing. Only the key is not stretched from a passphrase, but random.

use std::io::{self, IsTerminal, Write};
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use anyhow::Context;
use rand::Rng;
use sotto_protocol::instance::{Event, SayError};
use sotto_protocol::message::MAX_TEXT;
use sotto_protocol::{Name, Root};
use sotto_relay::{CancellationToken, Options, Relay};
use tokio::time::{sleep, timeout};
use zeroize::Zeroizing;

use crate::command::{recorder, show};
use crate::config::Config;
use crate::exit::{Exit, say};
use crate::open::stages::Derived;
use crate::open::{clock, ended};
use crate::pipe::{self, Input};
use crate::relay_url::Address;
use crate::room::{Command, CommandError, Keeping, Room, RoomConfig, Timing, Update, Updates};
use crate::screen::conversation::Conversation;
use crate::screen::talk::entry::Content;
use crate::tui::terminal;
use crate::visible::{on_one_line, visible};
use crate::{cli, platform};

/// What the peer is called.
const PEER: &str = "robin";
/// What an answer begins with.
const ANSWER: &str = "you said: ";
/// What the peer says when somebody comes.
const GREETING: &str = "Hello! I am a few lines of script, but all else is real: a relay, two sockets, and two layers of \
     sealing. Say something, and I say it back. /verify shows our safety words, /help the rest.";
/// How long the peer reads, and types, where somebody looks.
const READS: Duration = Duration::from_millis(400);
const TYPES: Duration = Duration::from_millis(700);
/// How long the peer and the relay may take to say goodbye.
const GOODBYE: Duration = Duration::from_secs(2);
/// How long nothing at all may come before answers are given up.
const PATIENCE: Duration = Duration::from_secs(30);

/// Starts everything, chats, and ends everything.
///
/// # Errors
/// What keeps it from being done, as a sentence.
pub(super) async fn demo(options: cli::Demo) -> anyhow::Result<Exit> {
    let recorder = recorder(options.record.as_deref())?;
    let listen = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let relay = Relay::bind(Options {
        listen,
        ..Options::default()
    })
    .await?;
    let address: Address = format!("ws://{}", relay.local_addr()).parse()?;
    let shutdown = CancellationToken::new();
    let serving = tokio::spawn(relay.run(shutdown.clone()));

    let mut bytes = Zeroizing::new([0; 32]);
    rand::rng().fill_bytes(&mut *bytes);
    let settings = |name: Name, recorder| RoomConfig {
        address: address.clone(),
        root: Root::from_bytes(*bytes),
        name,
        remember: None,
        recorder,
        timing: Timing::default(),
        keeping: Keeping::default(),
    };
    let watched = terminal::is_there();
    let (robin, heard) = Room::open(settings(Name::new(PEER)?, None));
    let playing = tokio::spawn(play(robin.clone(), heard, watched));
    let name = Name::new("you")?;
    let words = Root::from_bytes(*bytes).room_words();
    let settings = settings(name.clone(), recorder);
    let exit = if watched {
        let (config, complaints) = Config::load();
        let mut conversation = Conversation::new("demo".to_owned(), words, name, Vec::new());
        let about = format!("a relay in this process, at {address}; /quit leaves");
        conversation.list.push(clock(), Content::Quiet(vec![about]));
        conversation.complain(&complaints, clock());
        let derived = Derived {
            settings,
            verifier: None,
            called: None,
            handout: Vec::new(),
        };
        let (ours, conversation) = derived.open_as(conversation);
        show(options.plain, ours, conversation, config.settings.clone())
            .await
            .map(ended)?
    } else {
        converse(Room::open(settings)).await?
    };
    // Both end with the process at the latest.
    let _ = robin
        .command(Command::Leave {
            timeout: Duration::ZERO,
        })
        .await;
    let _ = timeout(GOODBYE, playing).await;
    shutdown.cancel();
    let _ = timeout(GOODBYE, serving).await;
    Ok(exit)
}

/// The scripted peer: holds, reads and answers what it hears, until it has left.
async fn play(room: Room, mut heard: Updates, watched: bool) {
    while let Some(update) = heard.next().await {
        let Update::Event { event, .. } = update else {
            continue;
        };
        let answered = match event {
            Event::PeerJoined { .. } if watched => answer(&room, GREETING.to_owned(), watched).await,
            Event::Message { receipt, text, .. } => {
                let read = async {
                    room.command(Command::Hold(receipt)).await?;
                    if watched {
                        sleep(READS).await;
                    }
                    room.command(Command::Read(receipt)).await
                };
                match read.await {
                    Ok(()) => answer(&room, quoted(&text), watched).await,
                    Err(error) => Err(error),
                }
            }
            // The script keeps nothing of what it hears.
            Event::Fading { fading, .. } => room.command(Command::Fade(fading)).await,
            Event::Edited { receipt, .. }
            | Event::Deleted { receipt, .. }
            | Event::Reacted { receipt, .. } => room.command(Command::Hold(receipt)).await,
            _ => Ok(()),
        };
        // The room was left: nobody is there to answer.
        if answered == Err(CommandError::Left) {
            return;
        }
    }
}

async fn answer(room: &Room, text: String, watched: bool) -> Result<(), CommandError> {
    if watched {
        room.command(Command::Typing(true)).await?;
        sleep(TYPES).await;
    }
    loop {
        match room.say(text.clone(), None).await {
            Err(CommandError::Say(SayError::Full)) => sleep(READS).await,
            said => return said.map(|_| ()),
        }
    }
}

/// What was said, said back; of the longest texts as much as a text holds.
fn quoted(text: &str) -> String {
    let mut end = text.len().min(MAX_TEXT - ANSWER.len() - "…".len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let more = if end < text.len() { "…" } else { "" };
    format!("{ANSWER}{}{more}", &text[..end])
}

/// Without a terminal: says the lines of standard input, prints the answers, and ends when all are there.
async fn converse((room, mut updates): (Room, Updates)) -> anyhow::Result<Exit> {
    let mut lines = pipe::stdin(false);
    let mut signals = platform::asked_to_end().context("cannot listen for signals")?;
    let mut ended = false;
    let mut present = false;
    let mut held = None;
    let (mut said, mut answered) = (0_u64, 0_u64);
    let exit = loop {
        if ended && held.is_none() && said == answered {
            break Exit::Done;
        }
        tokio::select! {
            Some(()) = signals.recv() => break Exit::Failed,
            // A line at a time, to somebody who is there to answer it.
            line = lines.recv(), if !ended && present && held.is_none() => match line {
                Some(Ok(Input::Text(text))) => held = say_or_hold(&room, text, &mut said).await?,
                Some(Ok(_)) => {}
                Some(Err(fault)) => say(&fault.to_string()),
                None => ended = true,
            },
            update = timeout(PATIENCE, updates.next()), if ended || !present || held.is_some() || said > answered => {
                let Ok(update) = update else {
                    say("no answer came in time");
                    break Exit::Undelivered;
                };
                match update {
                    Some(Update::Event { event: Event::PeerJoined { .. }, .. }) => present = true,
                    Some(Update::Event { event: Event::Message { receipt, text, .. }, name }) => {
                        print(&name, &text)?;
                        answered += 1;
                        room.command(Command::Hold(receipt)).await?;
                    }
                    Some(Update::Undelivered(_)) => {
                        if let Some(text) = held.take() {
                            held = say_or_hold(&room, text, &mut said).await?;
                        }
                    }
                    Some(Update::Failed(trouble)) => anyhow::bail!("{trouble}"),
                    Some(_) => {}
                    None => break Exit::Failed,
                }
            }
        }
    };
    leave(&room, &mut updates).await;
    Ok(exit)
}

/// Says a text; gives it back when the outbox is full.
async fn say_or_hold(room: &Room, text: String, said: &mut u64) -> anyhow::Result<Option<String>> {
    match room.say(text.clone(), None).await {
        Ok(_) => *said += 1,
        Err(CommandError::Say(SayError::Full)) => return Ok(Some(text)),
        Err(CommandError::Say(error)) => say(&error.to_string()),
        Err(error) => return Err(error.into()),
    }
    Ok(None)
}

async fn leave(room: &Room, updates: &mut Updates) {
    // Whoever is left already needs no goodbye.
    let _ = room
        .command(Command::Leave {
            timeout: Duration::ZERO,
        })
        .await;
    let _ = timeout(GOODBYE, async { while updates.next().await.is_some() {} }).await;
}

fn print(name: &str, text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    let text = if stdout.is_terminal() {
        visible(text)
    } else {
        on_one_line(text)
    };
    writeln!(stdout, "{}: {text}", visible(name))?;
    stdout.flush()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_holds_what_was_said() {
        assert_eq!(quoted("what I typed 4711"), "you said: what I typed 4711");
        let long = quoted(&"ü".repeat(MAX_TEXT / 2));
        assert!(long.len() <= MAX_TEXT && long.ends_with('…'));
    }
}
