//! The bytes of a message inside a session: `SPEC.md`, section 9.1.
//!
//! `held u64 ‖ read u64 ‖ kind u8 ‖ number u64 ‖ length u32 ‖ content`, big-endian; what follows is filling.

use zeroize::Zeroizing;

use super::{
    Acknowledged, Content, FIXED_LEN, InstanceId, Kind, MAX_REACTION, MAX_TEXT, Message, MessageError,
    MessageId, Target, Text,
};
use crate::peer::message::fading::{FadeTime, Fading};
use crate::peer::message::proof::{Held, Indexes, Proof};
use crate::peer::name::Name;
use crate::peer::secret::Secret;

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
const EXCHANGE: u8 = 24;
const HELD: u8 = 25;
const PROOF: u8 = 26;

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
            Self::Exchange { .. } => EXCHANGE,
            Self::Held(_) => HELD,
            Self::Proof(_) => PROOF,
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
            Self::Exchange { .. } => 4 + 32,
            Self::Held(_) => 4 + 12 + 32,
            Self::Proof(_) => Proof::LEN,
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
            Self::Exchange { generation, bytes } => {
                out.extend(generation.to_be_bytes());
                out.extend(bytes.expose());
            }
            Self::Held(held) => {
                let Indexes {
                    sent,
                    received,
                    lowest,
                } = held.indexes;
                for number in [held.generation, sent, received, lowest] {
                    out.extend(number.to_be_bytes());
                }
                out.extend(held.mac);
            }
            Self::Proof(proof) => out.extend(proof.0),
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
            EXCHANGE => Self::Exchange {
                generation: take_u32(rest)?,
                bytes: Secret::from(take(rest)?),
            },
            HELD => Self::Held(Held {
                generation: take_u32(rest)?,
                indexes: Indexes {
                    sent: take_u32(rest)?,
                    received: take_u32(rest)?,
                    lowest: take_u32(rest)?,
                },
                mac: take(rest)?,
            }),
            PROOF => Self::Proof(Box::new(Proof(take(rest)?))),
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
    use crate::peer::message::fading;

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
            any::<(u32, [u8; 32])>().prop_map(|(generation, bytes)| Content::Exchange {
                generation,
                bytes: bytes.into()
            }),
            any::<(u32, u32, u32, u32, [u8; 32])>().prop_map(|(generation, sent, received, lowest, mac)| {
                Content::Held(Held {
                    generation,
                    indexes: Indexes {
                        sent,
                        received,
                        lowest,
                    },
                    mac,
                })
            }),
            any::<[u8; 32]>().prop_map(|bytes| {
                let mut proof = [0; Proof::LEN];
                proof.chunks_mut(32).for_each(|slot| slot.copy_from_slice(&bytes));
                Content::Proof(Box::new(Proof(proof)))
            }),
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
