//! Pipes over a relay in this process.

use std::time::Duration;

use sotto_protocol::instance::Event;
use sotto_protocol::message::MessageId;
use sotto_protocol::{Name, Root};
use sotto_relay::{CancellationToken, Options, Relay};
use time::OffsetDateTime;
use tokio::io::{AsyncBufReadExt, BufReader, duplex};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::output::Format;
use super::{Ending, Fault, Input, Pipe};
use crate::exit::Exit;
use crate::room::{Keeping, Room, RoomConfig, Timing, Update, Updates};

/// Every wait of a test ends here: far beyond what any needs.
const LIMIT: Duration = Duration::from_secs(30);

/// Ends with its input, and waits long for deliveries.
const WITH_INPUT: Ending = Ending {
    follow: false,
    count: None,
    until_peer_leaves: false,
    timeout: LIMIT,
    keep: false,
};

/// A relay, served until it is dropped.
struct Served {
    url: String,
    shutdown: CancellationToken,
}

impl Served {
    async fn new() -> Self {
        let options = Options {
            listen: "127.0.0.1:0".parse().unwrap(),
            ..Options::default()
        };
        let relay = Relay::bind(options).await.unwrap();
        let (url, shutdown) = (format!("ws://{}/", relay.local_addr()), CancellationToken::new());
        tokio::spawn(relay.run(shutdown.clone()));
        Self { url, shutdown }
    }

    fn room(&self, name: &str) -> (Room, Updates) {
        Room::open(RoomConfig {
            address: self.url.parse().unwrap(),
            root: Root::from_bytes([7; 32]),
            name: Name::new(name).unwrap(),
            remember: None,
            recorder: None,
            timing: Timing::default(),
            keeping: Keeping::default(),
        })
    }

    fn pipe(&self, name: &str, json: bool, ending: Ending) -> Running {
        let (lines, taken) = mpsc::channel(1);
        let (_, asked) = mpsc::channel(1);
        let room = self.room(name);
        let format = Format {
            json,
            terminal: false,
        };
        let task = tokio::spawn(async move {
            let (mut out, mut err) = (Vec::new(), Vec::new());
            let pipe = Pipe::new(room, taken, asked, (&mut out, &mut err), format, ending);
            let exit = pipe.run().await;
            Ended {
                exit,
                out: String::from_utf8(out).unwrap(),
                err: String::from_utf8(err).unwrap(),
            }
        });
        Running {
            lines: Some(lines),
            task,
        }
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

/// A pipe that runs.
struct Running {
    lines: Option<mpsc::Sender<Result<Input, Fault>>>,
    task: JoinHandle<Ended>,
}

/// One that has ended.
#[derive(Debug)]
struct Ended {
    exit: Exit,
    out: String,
    err: String,
}

impl Running {
    async fn line(&self, line: Result<Input, Fault>) {
        let lines = self.lines.as_ref().unwrap();
        timeout(LIMIT, lines.send(line)).await.unwrap().unwrap();
    }

    async fn say(&self, text: &str) {
        self.line(Ok(Input::Text(text.to_owned()))).await;
    }

    fn end_input(&mut self) {
        self.lines = None;
    }

    async fn ended(self) -> Ended {
        timeout(LIMIT * 2, self.task).await.expect("it ends").unwrap()
    }
}

#[tokio::test]
async fn a_line_arrives_and_both_ends_are_done() {
    let relay = Served::new().await;
    let reader = relay.pipe(
        "ben",
        false,
        Ending {
            count: Some(2),
            ..WITH_INPUT
        },
    );
    let mut writer = relay.pipe("anna", false, WITH_INPUT);
    writer.say("grüße").await;
    writer.say("two\nlines").await;
    writer.end_input();
    let writer = writer.ended().await;
    assert_eq!((writer.exit, writer.out.as_str()), (Exit::Done, ""));
    assert!(
        writer.err.contains("ben is here; safety words: "),
        "{}",
        writer.err
    );
    let reader = reader.ended().await;
    assert_eq!(reader.exit, Exit::Done);
    assert_eq!(reader.out, "anna: grüße\nanna: two\\nlines\n");
}

#[tokio::test]
async fn json_says_what_happened_in_order() {
    let relay = Served::new().await;
    let mut reader = relay.pipe(
        "ben",
        true,
        Ending {
            until_peer_leaves: true,
            ..WITH_INPUT
        },
    );
    reader.end_input();
    let mut writer = relay.pipe("anna", true, WITH_INPUT);
    writer.say("hi").await;
    writer.end_input();
    let kinds = |ended: &Ended| -> Vec<String> {
        assert_eq!((ended.exit, ended.err.as_str()), (Exit::Done, ""));
        ended
            .out
            .lines()
            .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap())
            .map(|event| event["event"].as_str().unwrap().to_owned())
            .collect()
    };
    let writer = writer.ended().await;
    assert_eq!(
        kinds(&writer),
        ["joined", "peer_joined", "sent", "delivered", "left"]
    );
    let reader = reader.ended().await;
    assert_eq!(
        kinds(&reader),
        ["joined", "peer_joined", "message", "peer_left", "left"]
    );
    let message: serde_json::Value = serde_json::from_str(reader.out.lines().nth(2).unwrap()).unwrap();
    assert_eq!(
        (&message["from"], &message["text"]),
        (&"anna".into(), &"hi".into())
    );
    assert_eq!(message["id"].as_str().unwrap().len(), 32);
    assert_eq!(message["peer_id"].as_str().unwrap().len(), 32);
    let at = message["at"].as_str().unwrap();
    assert!(at.starts_with("20") && at.ends_with('Z'), "{at}");
}

#[tokio::test]
async fn with_nothing_to_say_it_joins_and_is_done() {
    let relay = Served::new().await;
    let mut pipe = relay.pipe("anna", true, WITH_INPUT);
    pipe.end_input();
    let ended = pipe.ended().await;
    assert_eq!(ended.exit, Exit::Done);
    assert_eq!(
        ended.out,
        "{\"event\":\"joined\"}\n{\"event\":\"left\",\"undelivered\":0}\n"
    );
}

#[tokio::test]
async fn what_nobody_takes_in_time_is_undelivered() {
    let relay = Served::new().await;
    let ending = Ending {
        timeout: Duration::from_millis(300),
        ..WITH_INPUT
    };
    let mut pipe = relay.pipe("anna", false, ending);
    pipe.say("is anybody there?").await;
    pipe.end_input();
    let ended = pipe.ended().await;
    assert_eq!(ended.exit, Exit::Undelivered);
    assert!(ended.err.contains("1 message was not delivered"), "{}", ended.err);
}

#[tokio::test]
async fn what_nobody_can_get_any_more_is_undelivered() {
    let relay = Served::new().await;
    let (_lines, taken) = mpsc::channel(1);
    let (_signals, asked) = mpsc::channel(1);
    let format = Format {
        json: true,
        terminal: false,
    };
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let room = relay.room("anna");
    let mut pipe = Pipe::new(room, taken, asked, (&mut out, &mut err), format, WITH_INPUT);
    let event = Event::Lost {
        id: MessageId([0xab; 16]),
    };
    let name = String::new();
    assert!(matches!(
        pipe.updated(Update::Event { event, name }, OffsetDateTime::UNIX_EPOCH)
            .await,
        Ok(None)
    ));
    assert!(matches!(
        pipe.updated(
            Update::Left {
                undelivered: 0,
                to: Vec::new()
            },
            OffsetDateTime::UNIX_EPOCH
        )
        .await,
        Ok(Some(Exit::Undelivered))
    ));
    assert!(String::from_utf8(out).unwrap().starts_with("{\"event\":\"lost\""));
}

#[tokio::test]
async fn a_full_outbox_stops_the_input_and_then_ends_it() {
    let relay = Served::new().await;
    let ending = Ending {
        timeout: Duration::from_millis(500),
        ..WITH_INPUT
    };
    let pipe = relay.pipe("anna", false, ending);
    let lines = pipe.lines.clone().unwrap();
    let mut taken = 0;
    let text = "x".repeat(50_000);
    // Input is refused only when the pipe has ended.
    while timeout(LIMIT, lines.send(Ok(Input::Text(text.clone()))))
        .await
        .unwrap()
        .is_ok()
    {
        taken += 1;
        assert!(taken < 1000, "the outbox is bounded");
    }
    assert_eq!(pipe.ended().await.exit, Exit::Undelivered);
}

#[tokio::test]
async fn a_reader_that_comes_late_gets_what_the_outbox_had_no_room_for() {
    // More than the outbox holds.
    const LINES: usize = 1500;
    let relay = Served::new().await;
    let mut writer = relay.pipe("anna", false, WITH_INPUT);
    let lines = writer.lines.take().unwrap();
    let feed = tokio::spawn(async move {
        for number in 0..LINES {
            lines.send(Ok(Input::Text(number.to_string()))).await.unwrap();
        }
    });
    let count = Some(LINES as u64);
    let reader = relay.pipe("ben", false, Ending { count, ..WITH_INPUT });
    let reader = reader.ended().await;
    feed.await.unwrap();
    let numbers: Vec<usize> = reader
        .out
        .lines()
        .map(|line| line.split(' ').nth(1).unwrap().parse().unwrap())
        .collect();
    assert_eq!(numbers, (0..LINES).collect::<Vec<_>>());
    assert_eq!(writer.ended().await.exit, Exit::Done);
}

#[tokio::test]
async fn no_more_than_the_count_is_taken() {
    let relay = Served::new().await;
    let ending = Ending {
        timeout: Duration::from_secs(2),
        ..WITH_INPUT
    };
    let mut writer = relay.pipe("anna", false, ending);
    for text in ["one", "two", "three"] {
        writer.say(text).await;
    }
    writer.end_input();
    let reader = relay.pipe(
        "ben",
        false,
        Ending {
            count: Some(1),
            ..WITH_INPUT
        },
    );
    assert_eq!(reader.ended().await.out, "anna: one\n");
    let writer = writer.ended().await;
    assert_eq!(writer.exit, Exit::Undelivered, "{writer:?}");
    assert!(
        writer.err.contains("2 messages were not delivered"),
        "{}",
        writer.err
    );
}

#[tokio::test]
async fn a_line_that_cannot_be_sent_is_said_and_the_next_one_goes_on() {
    let relay = Served::new().await;
    let reader = relay.pipe(
        "ben",
        false,
        Ending {
            count: Some(1),
            ..WITH_INPUT
        },
    );
    let mut writer = relay.pipe("anna", true, WITH_INPUT);
    writer.line(Err(Fault::NotUtf8)).await;
    writer.say("").await;
    writer.say(&"x".repeat(60_001)).await;
    writer
        .line(Ok(Input::Delete(sotto_protocol::message::MessageId([1; 16]))))
        .await;
    writer.say("after").await;
    writer.end_input();
    assert_eq!(reader.ended().await.out, "anna: after\n");
    let writer = writer.ended().await;
    assert_eq!(writer.exit, Exit::Failed, "not all of the input was sent");
    for reason in ["not_utf8", "empty", "too_long", "unknown_message"] {
        assert!(
            writer.out.contains(&format!("\"reason\":\"{reason}\"")),
            "{}",
            writer.out
        );
    }
}

#[tokio::test]
async fn a_closed_output_ends_it_and_what_was_not_written_is_not_held() {
    let relay = Served::new().await;
    let (out, reader_of_out) = duplex(1024);
    drop(reader_of_out);
    let (_lines, taken) = mpsc::channel(1);
    let (_signals, asked) = mpsc::channel(1);
    let (mut err, format) = (
        Vec::new(),
        Format {
            json: false,
            terminal: false,
        },
    );
    let follow = Ending {
        follow: true,
        ..WITH_INPUT
    };
    let closed = Pipe::new(relay.room("ben"), taken, asked, (out, &mut err), format, follow).run();
    let ending = Ending {
        timeout: Duration::from_secs(2),
        ..WITH_INPUT
    };
    let mut writer = relay.pipe("anna", false, ending);
    writer.say("lost?").await;
    writer.end_input();
    let (exit, writer) = tokio::join!(timeout(LIMIT, closed), writer.ended());
    assert_eq!(exit.unwrap(), Exit::Failed);
    assert!(
        String::from_utf8(err)
            .unwrap()
            .contains("cannot write to standard output")
    );
    assert_eq!(writer.exit, Exit::Undelivered, "{writer:?}");
}

#[tokio::test]
async fn a_signal_ends_it_even_while_nobody_reads_its_output() {
    let relay = Served::new().await;
    // So small that the first line does not fit.
    let (out, _reader_of_out) = duplex(1);
    let (_lines, taken) = mpsc::channel(1);
    let (signals, asked) = mpsc::channel(1);
    let (mut err, format) = (
        Vec::new(),
        Format {
            json: true,
            terminal: false,
        },
    );
    let follow = Ending {
        follow: true,
        ..WITH_INPUT
    };
    let stuck = Pipe::new(relay.room("ben"), taken, asked, (out, &mut err), format, follow).run();
    signals.send(()).await.unwrap();
    assert_eq!(timeout(LIMIT, stuck).await.unwrap(), Exit::Done);
}

#[tokio::test]
async fn a_signal_tells_the_peers() {
    let relay = Served::new().await;
    let stays = relay.pipe(
        "anna",
        true,
        Ending {
            until_peer_leaves: true,
            ..WITH_INPUT
        },
    );
    let (out, reader_of_out) = duplex(64 * 1024);
    let (_lines, taken) = mpsc::channel(1);
    let (signals, asked) = mpsc::channel(1);
    let format = Format {
        json: true,
        terminal: false,
    };
    let follow = Ending {
        follow: true,
        ..WITH_INPUT
    };
    let told = Pipe::new(relay.room("ben"), taken, asked, (out, Vec::new()), format, follow).run();
    let tell = async {
        let mut lines = BufReader::new(reader_of_out).lines();
        while let Some(line) = timeout(LIMIT, lines.next_line()).await.unwrap().unwrap() {
            if line.contains("peer_joined") {
                signals.send(()).await.unwrap();
            }
        }
    };
    let (exit, ()) = tokio::join!(timeout(LIMIT, told), tell);
    assert_eq!(exit.unwrap(), Exit::Done);
    let stayed = stays.ended().await;
    assert!(stayed.out.contains("\"how\":\"left\""), "{}", stayed.out);
}
