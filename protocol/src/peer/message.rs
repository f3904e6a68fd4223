//! What people say to each other, and its bytes inside a session.
//!
//! `held u64 ‖ read u64 ‖ kind u8 ‖ number u64 ‖ length u32 ‖ content`, big-endian; what follows is filling.

use std::fmt;

use zeroize::Zeroizing;

use crate::peer::fading::{FadeTime, Fading};
use crate::peer::name::Name;

/// The longest text, in bytes of UTF-8: what a 64 KiB bucket holds, with room for what surrounds it.
pub const MAX_TEXT: usize = 60_000;
/// The longest reaction, in bytes of UTF-8: an emoji of many joined ones fits.
pub const MAX_REACTION: usize = 64;
/// What stands before the content.
pub(crate) const FIXED_LEN: usize = 8 + 8 + 1 + 8 + 4;

/// Names one running client in one room: 16 random bytes, independent of its run.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct InstanceId(pub [u8; 16]);

/// Names a message of one instance: 16 random bytes. Another instance's message of the same id is another message.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MessageId(pub [u8; 16]);

impl MessageId {
    /// Reads 32 hexadecimal digits.
    pub fn parse(text: &str) -> Option<Self> {
        let mut id = [0; 16];
        hex::decode_to_slice(text, &mut id).ok()?;
        Some(Self(id))
    }
}

impl fmt::Display for InstanceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for InstanceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "InstanceId({})", hex::encode(&self.0[..4]))
    }
}

impl fmt::Debug for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MessageId({})", hex::encode(&self.0[..4]))
    }
}

/// What the sender of a message has of the receiver's stream: each counts the numbers from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Acknowledged {
    /// Everything below is held: the receiver may forget it.
    pub held: u64,
    /// Everything below was read by the user.
    pub read: u64,
}

/// A message inside a session.
#[derive(Debug, PartialEq, Eq)]
pub struct Message {
    /// Every message acknowledges.
    pub acknowledged: Acknowledged,
    /// What it is.
    pub kind: Kind,
}

/// What a message is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// It only acknowledges.
    Nothing,
    /// The initiator's first message of a session.
    Confirm {
        /// What was committed to in the pair's first session.
        revealed: Zeroizing<[u8; 32]>,
    },
    /// Asks for a pong of the same token.
    Ping(u64),
    /// All before the ping has arrived.
    Pong(u64),
    /// The user types, or has stopped to.
    Typing(bool),
    /// The next of the sender's stream to this receiver.
    Numbered(u64, Content),
    /// A newer version's; ignored.
    Unknown,
}

/// What a stream carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// Something said.
    Text(Text),
    /// A message of the sender's says something else now.
    Edit {
        /// Which one.
        id: MessageId,
        /// What it says now.
        text: String,
    },
    /// A message of the sender's is withdrawn.
    Delete {
        /// Which one.
        id: MessageId,
    },
    /// A reaction to a message of anybody's; an empty one takes it back.
    Reaction {
        /// To which one.
        target: Target,
        /// At most [`MAX_REACTION`] bytes.
        reaction: String,
    },
    /// The sender's name: the first of every stream.
    Name(Name),
    /// The sender leaves. Nothing follows.
    Leave,
    /// A number whose message went to another instance.
    Empty,
    /// What the sender wants of messages that fade.
    Fading(Fading),
    /// A newer version's, or malformed: acknowledged and ignored.
    Unknown,
}

/// Something said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    /// Names it, together with its author.
    pub id: MessageId,
    /// It had been sent to an earlier run of the receiver.
    pub repeat: bool,
    /// The sender's wall clock when it was typed, in milliseconds since 1970.
    pub clock: u64,
    /// How long it waited from then to this sending, in milliseconds.
    pub waited: u32,
    /// What it answers.
    pub reply_to: Option<Target>,
    /// How long it stays, where it fades.
    pub fades: Option<FadeTime>,
    /// What it says.
    pub text: String,
}

/// A message that another one refers to: its author and its id. The author may be oneself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Target {
    /// Who wrote it.
    pub author: InstanceId,
    /// Which of theirs.
    pub id: MessageId,
}

/// A plaintext that is no message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the message is malformed")]
pub struct MessageError;

const NOTHING: u8 = 0;
const CONFIRM: u8 = 1;
const PING: u8 = 2;
const PONG: u8 = 3;
const TYPING: u8 = 4;
/// The first numbered kind; every kind from here on has a number.
const NUMBERED: u8 = 16;
const TEXT: u8 = 16;
const EDIT: u8 = 17;
const DELETE: u8 = 18;
const REACTION: u8 = 19;
const NAME: u8 = 20;
const LEAVE: u8 = 21;
const EMPTY: u8 = 22;
const FADING: u8 = 23;

const FLAG_REPEAT: u8 = 1;
const FLAG_ANSWER: u8 = 2;
const FLAG_FADES: u8 = 4;

impl Message {
    /// The bytes of a message, without filling. An unknown kind is written as nothing.
    pub fn encode(&self) -> Zeroizing<Vec<u8>> {
        let (kind, number) = match &self.kind {
            Kind::Nothing | Kind::Unknown => (NOTHING, 0),
            Kind::Confirm { .. } => (CONFIRM, 0),
            Kind::Ping(_) => (PING, 0),
            Kind::Pong(_) => (PONG, 0),
            Kind::Typing(_) => (TYPING, 0),
            Kind::Numbered(number, content) => (content.kind(), *number),
        };
        let mut content = Zeroizing::new(Vec::new());
        match &self.kind {
            Kind::Nothing | Kind::Unknown => {}
            Kind::Confirm { revealed } => content.extend_from_slice(&**revealed),
            Kind::Ping(token) | Kind::Pong(token) => content.extend(token.to_be_bytes()),
            Kind::Typing(on) => content.push((*on).into()),
            Kind::Numbered(_, numbered) => numbered.write(&mut content),
        }
        let mut out = Zeroizing::new(Vec::with_capacity(FIXED_LEN + content.len()));
        out.extend(self.acknowledged.held.to_be_bytes());
        out.extend(self.acknowledged.read.to_be_bytes());
        out.push(kind);
        out.extend(number.to_be_bytes());
        // A content is at most a text and what surrounds it.
        out.extend((content.len() as u32).to_be_bytes());
        out.extend_from_slice(&content);
        out
    }

    /// Reads a plaintext, filling included.
    ///
    /// # Errors
    /// [`MessageError`] when it is cut short. What a kind's content lacks makes it [`Content::Unknown`] or
    /// [`Kind::Unknown`] instead: a stream must not stand still for one message.
    pub fn decode(plaintext: &[u8]) -> Result<Self, MessageError> {
        let rest = &mut &plaintext[..];
        let acknowledged = Acknowledged {
            held: take_u64(rest)?,
            read: take_u64(rest)?,
        };
        let [kind] = take(rest)?;
        let number = take_u64(rest)?;
        let length = take_u32(rest)? as usize;
        let content = rest.get(..length).ok_or(MessageError)?;
        let kind = if kind >= NUMBERED {
            Kind::Numbered(number, Content::read(kind, content).unwrap_or(Content::Unknown))
        } else {
            Kind::read(kind, content).unwrap_or(Kind::Unknown)
        };
        Ok(Self { acknowledged, kind })
    }
}

impl Kind {
    fn read(kind: u8, mut content: &[u8]) -> Result<Self, MessageError> {
        let rest = &mut content;
        Ok(match kind {
            NOTHING => Self::Nothing,
            CONFIRM => Self::Confirm {
                revealed: Zeroizing::new(take(rest)?),
            },
            PING => Self::Ping(take_u64(rest)?),
            PONG => Self::Pong(take_u64(rest)?),
            TYPING => Self::Typing(take::<1>(rest)? != [0]),
            _ => Self::Unknown,
        })
    }
}

impl Content {
    fn kind(&self) -> u8 {
        match self {
            Self::Text(_) => TEXT,
            Self::Edit { .. } => EDIT,
            Self::Delete { .. } => DELETE,
            Self::Reaction { .. } => REACTION,
            Self::Name(_) => NAME,
            Self::Leave => LEAVE,
            Self::Empty | Self::Unknown => EMPTY,
            Self::Fading(_) => FADING,
        }
    }

    /// The bytes that it is written in.
    pub(crate) fn encoded_len(&self) -> usize {
        match self {
            Self::Text(text) => {
                let optional = text.reply_to.map_or(0, |_| 32) + text.fades.map_or(0, |_| 4);
                16 + 1 + 8 + 4 + optional + text.text.len()
            }
            Self::Edit { text, .. } => 16 + text.len(),
            Self::Delete { .. } => 16,
            Self::Reaction { reaction, .. } => 32 + reaction.len(),
            Self::Name(name) => name.as_str().len(),
            Self::Fading(_) => 4,
            Self::Leave | Self::Empty | Self::Unknown => 0,
        }
    }

    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Text(text) => {
                out.extend(text.id.0);
                let flag = |on: bool, flag| if on { flag } else { 0 };
                out.push(
                    flag(text.repeat, FLAG_REPEAT)
                        | flag(text.reply_to.is_some(), FLAG_ANSWER)
                        | flag(text.fades.is_some(), FLAG_FADES),
                );
                out.extend(text.clock.to_be_bytes());
                out.extend(text.waited.to_be_bytes());
                if let Some(target) = text.reply_to {
                    out.extend(target.author.0);
                    out.extend(target.id.0);
                }
                if let Some(time) = text.fades {
                    out.extend(time.as_secs().to_be_bytes());
                }
                out.extend_from_slice(text.text.as_bytes());
            }
            Self::Edit { id, text } => {
                out.extend(id.0);
                out.extend_from_slice(text.as_bytes());
            }
            Self::Delete { id } => out.extend(id.0),
            Self::Reaction { target, reaction } => {
                out.extend(target.author.0);
                out.extend(target.id.0);
                out.extend_from_slice(reaction.as_bytes());
            }
            Self::Name(name) => out.extend_from_slice(name.as_str().as_bytes()),
            Self::Fading(fading) => out.extend(fading.to_u32().to_be_bytes()),
            Self::Leave | Self::Empty | Self::Unknown => {}
        }
    }

    fn read(kind: u8, mut content: &[u8]) -> Result<Self, MessageError> {
        let rest = &mut content;
        Ok(match kind {
            TEXT => {
                let id = MessageId(take(rest)?);
                let [flags] = take(rest)?;
                let clock = take_u64(rest)?;
                let waited = take_u32(rest)?;
                let reply_to = if flags & FLAG_ANSWER == 0 {
                    None
                } else {
                    Some(Target::read(rest)?)
                };
                let fades = if flags & FLAG_FADES == 0 {
                    None
                } else {
                    Some(FadeTime::from_secs(take_u32(rest)?).map_err(|_| MessageError)?)
                };
                let repeat = flags & FLAG_REPEAT != 0;
                Self::Text(Text {
                    id,
                    repeat,
                    clock,
                    waited,
                    reply_to,
                    fades,
                    text: string(rest, MAX_TEXT)?,
                })
            }
            EDIT => Self::Edit {
                id: MessageId(take(rest)?),
                text: string(rest, MAX_TEXT)?,
            },
            DELETE => Self::Delete {
                id: MessageId(take(rest)?),
            },
            REACTION => Self::Reaction {
                target: Target::read(rest)?,
                reaction: string(rest, MAX_REACTION)?,
            },
            NAME => Self::Name(Name::new(&string(rest, MAX_TEXT)?).map_err(|_| MessageError)?),
            LEAVE => Self::Leave,
            EMPTY => Self::Empty,
            FADING => Self::Fading(Fading::from_u32(take_u32(rest)?).map_err(|_| MessageError)?),
            _ => Self::Unknown,
        })
    }
}

impl Target {
    fn read(rest: &mut &[u8]) -> Result<Self, MessageError> {
        Ok(Self {
            author: InstanceId(take(rest)?),
            id: MessageId(take(rest)?),
        })
    }
}

fn take<const N: usize>(rest: &mut &[u8]) -> Result<[u8; N], MessageError> {
    let (field, after) = rest.split_first_chunk().ok_or(MessageError)?;
    *rest = after;
    Ok(*field)
}

fn take_u32(rest: &mut &[u8]) -> Result<u32, MessageError> {
    take(rest).map(u32::from_be_bytes)
}

fn take_u64(rest: &mut &[u8]) -> Result<u64, MessageError> {
    take(rest).map(u64::from_be_bytes)
}

fn string(rest: &[u8], longest: usize) -> Result<String, MessageError> {
    let text = std::str::from_utf8(rest).map_err(|_| MessageError)?;
    if text.len() > longest {
        Err(MessageError)
    } else {
        Ok(text.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::peer::fading;

    fn target() -> impl Strategy<Value = Target> {
        any::<([u8; 16], [u8; 16])>().prop_map(|(author, id)| Target {
            author: InstanceId(author),
            id: MessageId(id),
        })
    }

    fn time() -> impl Strategy<Value = FadeTime> {
        (fading::SHORTEST..=fading::LONGEST).prop_map(|seconds| FadeTime::from_secs(seconds).unwrap())
    }

    fn content() -> impl Strategy<Value = Content> {
        let id = any::<[u8; 16]>().prop_map(MessageId);
        let text = (
            id.clone(),
            any::<(bool, u64, u32)>(),
            prop::option::of(target()),
            prop::option::of(time()),
            ".*",
        )
            .prop_map(|(id, (repeat, clock, waited), reply_to, fades, text)| {
                Content::Text(Text {
                    id,
                    repeat,
                    clock,
                    waited,
                    reply_to,
                    fades,
                    text,
                })
            });
        prop_oneof![
            text,
            (id.clone(), ".*").prop_map(|(id, text)| Content::Edit { id, text }),
            id.prop_map(|id| Content::Delete { id }),
            (target(), ".{0,16}").prop_map(|(target, reaction)| Content::Reaction { target, reaction }),
            "[a-z]{1,32}".prop_map(|name| Content::Name(Name::new(&name).unwrap())),
            Just(Content::Leave),
            Just(Content::Empty),
            Just(Content::Fading(Fading::Stay)),
            Just(Content::Fading(Fading::Cannot)),
            time().prop_map(|time| Content::Fading(Fading::After(time))),
        ]
    }

    fn kind() -> impl Strategy<Value = Kind> {
        prop_oneof![
            Just(Kind::Nothing),
            any::<[u8; 32]>().prop_map(|revealed| Kind::Confirm {
                revealed: Zeroizing::new(revealed)
            }),
            any::<u64>().prop_map(Kind::Ping),
            any::<u64>().prop_map(Kind::Pong),
            any::<bool>().prop_map(Kind::Typing),
            (any::<u64>(), content()).prop_map(|(number, content)| Kind::Numbered(number, content)),
        ]
    }

    proptest! {
        #[test]
        fn messages_survive_their_bytes_and_any_filling(held: u64, read: u64, kind in kind(), filling in 0usize..99) {
            let message = Message { acknowledged: Acknowledged { held, read }, kind };
            let mut bytes = message.encode();
            if let Kind::Numbered(_, content) = &message.kind {
                prop_assert_eq!(bytes.len(), FIXED_LEN + content.encoded_len());
            }
            let length = bytes.len() + filling;
            bytes.resize(length, 0);
            prop_assert_eq!(Message::decode(&bytes).unwrap(), message);
        }

        #[test]
        fn no_bytes_make_decoding_panic(bytes: Vec<u8>) {
            let _ = Message::decode(&bytes);
        }
    }

    #[test]
    fn a_content_that_is_malformed_or_newer_keeps_its_number() {
        for (kind, content) in [
            (TEXT, &b"short"[..]),
            (NAME, b"\x1b"),
            (EDIT, &[0xff; 20]),
            (FADING, &[0, 0, 0]),
            (FADING, &[0, 0, 0, 4]),
            (99, b""),
        ] {
            let mut bytes = vec![0; 16];
            bytes.push(kind);
            bytes.extend(7u64.to_be_bytes());
            bytes.extend((content.len() as u32).to_be_bytes());
            bytes.extend(content);
            assert_eq!(
                Message::decode(&bytes).unwrap().kind,
                Kind::Numbered(7, Content::Unknown)
            );
        }
    }

    #[test]
    fn the_longest_text_fits_the_largest_bucket() {
        let target = Target {
            author: InstanceId([0; 16]),
            id: MessageId([0; 16]),
        };
        let text = "x".repeat(MAX_TEXT);
        let text = Text {
            id: target.id,
            repeat: true,
            clock: 0,
            waited: 0,
            reply_to: Some(target),
            fades: FadeTime::from_secs(fading::LONGEST).ok(),
            text,
        };
        let message = Message {
            acknowledged: Acknowledged::default(),
            kind: Kind::Numbered(0, Content::Text(text)),
        };
        assert_eq!(
            crate::peer::session::sealed_len(message.encode().len()),
            65536 + 40
        );
    }
}
