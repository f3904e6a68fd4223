use sotto_protocol::Name;
use sotto_protocol::bond::{Held, Indexes, Proof};
use sotto_protocol::envelope::{HEADER_LEN, bucket_for};
use sotto_protocol::fading::{FadeTime, Fading};
use sotto_protocol::message::{Acknowledged, Content, InstanceId, Kind, Message, MessageId, Target, Text};
use sotto_protocol::session::TAG_LEN;

use crate::file::{self, Bytes, Said, VECTORS};

/// What stands before the content of a message.
const FIXED_LEN: usize = 29;

fn id(bytes: &Bytes) -> MessageId {
    MessageId(bytes.array())
}

fn target(author: &Bytes, message: &Bytes) -> Target {
    Target {
        author: InstanceId(author.array()),
        id: id(message),
    }
}

fn time(seconds: u32) -> FadeTime {
    FadeTime::from_secs(seconds).unwrap()
}

/// A message of the file as the crate's.
pub fn message(vector: &file::Message) -> Message {
    let numbered = |content| Kind::Numbered(vector.number, content);
    let kind = match vector.said.clone() {
        Said::Nothing => Kind::Nothing,
        Said::Confirm { revealed } => Kind::Confirm {
            revealed: revealed.array().into(),
        },
        Said::Ping { token } => Kind::Ping(token),
        Said::Pong { token } => Kind::Pong(token),
        Said::Typing { on } => Kind::Typing(on == 1),
        Said::Text {
            id: text_id,
            repeat,
            clock_ms,
            waited_ms,
            answers_author,
            answers_id,
            fades_s,
            text,
        } => numbered(Content::Text(Text {
            id: id(&text_id),
            repeat,
            clock: clock_ms,
            waited: waited_ms,
            reply_to: answers_author
                .zip(answers_id)
                .map(|(author, id)| target(&author, &id)),
            fades: fades_s.map(time),
            text,
        })),
        Said::Edit { id: edited, text } => numbered(Content::Edit {
            id: id(&edited),
            text,
        }),
        Said::Delete { id: deleted } => numbered(Content::Delete { id: id(&deleted) }),
        Said::Reaction { author, id, text } => numbered(Content::Reaction {
            target: target(&author, &id),
            reaction: text,
        }),
        Said::Name { text } => numbered(Content::Name(Name::new(&text).unwrap())),
        Said::Leave => numbered(Content::Leave),
        Said::Empty => numbered(Content::Empty),
        Said::Fading { wish: 0 } => numbered(Content::Fading(Fading::Stay)),
        Said::Fading { wish: u32::MAX } => numbered(Content::Fading(Fading::Cannot)),
        Said::Fading { wish } => numbered(Content::Fading(Fading::After(time(wish)))),
        Said::Exchange { generation, bytes } => numbered(Content::Exchange {
            generation,
            bytes: bytes.array().into(),
        }),
        Said::Held {
            generation,
            sent,
            received,
            lowest,
            mac,
        } => numbered(Content::Held(Held {
            generation,
            indexes: Indexes {
                sent,
                received,
                lowest,
            },
            mac: mac.array(),
        })),
        Said::Proof { places } => numbered(Content::Proof(Box::new(Proof(places.array())))),
    };
    Message {
        acknowledged: Acknowledged {
            held: vector.ack,
            read: vector.read,
        },
        kind,
    }
}

#[test]
fn messages_are_written_as_specified() {
    for vector in &VECTORS.messages {
        let message = message(vector);
        assert_eq!(
            hex::encode(&*message.encode()),
            hex::encode(&vector.encoded.0),
            "{message:?}"
        );
    }
}

#[test]
fn messages_are_read_as_specified() {
    for vector in &VECTORS.messages {
        let mut plaintext = vector.encoded.0.clone();
        plaintext.resize(vector.bucket - HEADER_LEN - TAG_LEN, 0);
        assert_eq!(Message::decode(&plaintext).unwrap(), message(vector));
    }
}

#[test]
fn what_is_odd_is_taken_as_specified() {
    for vector in &VECTORS.odd_messages {
        let read = Message::decode(&vector.plaintext.0);
        let taken_for = match read.as_ref().map(|message| &message.kind) {
            Ok(Kind::Unknown) => "ignored",
            Ok(Kind::Numbered(6, Content::Unknown)) => "acknowledged and ignored",
            Ok(other) => panic!("{}: {other:?}", vector.name),
            Err(_) => "malformed",
        };
        assert_eq!(taken_for, vector.taken_for, "{}", vector.name);
        let acknowledged = Acknowledged { held: 5, read: 4 };
        assert!(read.is_ok_and(|message| message.acknowledged == acknowledged) || taken_for == "malformed");
    }
}

#[test]
fn a_message_goes_into_the_smallest_bucket_that_holds_it() {
    for vector in &VECTORS.buckets {
        let body = FIXED_LEN + vector.longest_content + TAG_LEN;
        assert_eq!(bucket_for(body), Some(vector.bucket));
        assert_ne!(bucket_for(body + 1), Some(vector.bucket));
    }
}
