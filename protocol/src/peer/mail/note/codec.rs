//! The bytes of a note: `SPEC.md`, section 10.7.
//!
//! `version u8 ‖ kind u8 ‖ written u64 ‖ until u32 ‖ fades u32 ‖ index u32 ‖ replaces u32 ‖ lowest u32 ‖ length u8 ‖ author ‖
//! length u8 ‖ addressee ‖ length u16 ‖ content`, big-endian; what follows is filling.

use zeroize::Zeroizing;

use super::{Body, MAX_KEPT_TEXT, Note, NoteError, Receipts};
use crate::peer::message::{InstanceId, MessageId, Target, fading::FadeTime};
use crate::peer::name::Name;

const VERSION: u8 = 1;

const TEXT: u8 = 1;
const EDIT: u8 = 2;
const DELETE: u8 = 3;
const RECEIPTS: u8 = 4;

const FLAG_ANSWER: u8 = 1;
/// In the place of a place: none.
const NONE: u32 = u32::MAX;

/// All but the names and the content.
pub(super) const FIXED_LEN: usize = 1 + 1 + 8 + 4 + 4 + 4 + 4 + 4 + 1 + 1 + 2;
/// What stands before the UTF-8 of a text that answers another.
pub(super) const TEXT_FIXED_LEN: usize = 16 + 1 + 32;

impl Note {
    /// The bytes of a note, without filling; `None` for a text over [`MAX_KEPT_TEXT`].
    pub fn encode(&self) -> Option<Zeroizing<Vec<u8>>> {
        let mut content = Zeroizing::new(Vec::new());
        let kind = self.body.write(&mut content)?;
        let to = self.to.as_ref().map_or("", Name::as_str);
        let mut out = Zeroizing::new(Vec::with_capacity(
            FIXED_LEN + self.author.as_str().len() + to.len() + content.len(),
        ));
        out.extend([VERSION, kind]);
        out.extend(self.written.to_be_bytes());
        let fades = self.fades.map_or(0, FadeTime::as_secs);
        let replaces = self.replaces.unwrap_or(NONE);
        for field in [self.until, fades, self.index, replaces, self.lowest] {
            out.extend(field.to_be_bytes());
        }
        for name in [self.author.as_str(), to] {
            out.push(u8::try_from(name.len()).ok()?);
            out.extend_from_slice(name.as_bytes());
        }
        out.extend(u16::try_from(content.len()).ok()?.to_be_bytes());
        out.extend_from_slice(&content);
        Some(out)
    }

    /// Reads a plaintext, filling included.
    ///
    /// # Errors
    /// [`NoteError`] when it is of another version, cut short, or of a kind or of names that this version cannot read.
    pub fn decode(plaintext: &[u8]) -> Result<Self, NoteError> {
        match plaintext.first() {
            Some(&VERSION) => Self::read(&plaintext[1..]).ok_or(NoteError::Malformed),
            Some(&version) => Err(NoteError::Version(version)),
            None => Err(NoteError::Malformed),
        }
    }

    fn read(mut plaintext: &[u8]) -> Option<Self> {
        let rest = &mut plaintext;
        let [kind] = take(rest)?;
        let written = u64::from_be_bytes(take(rest)?);
        let until = take_u32(rest)?;
        let fades = match take_u32(rest)? {
            0 => None,
            seconds => Some(FadeTime::from_secs(seconds).ok()?),
        };
        let index = take_u32(rest)?;
        let replaces = Some(take_u32(rest)?).filter(|&index| index != NONE);
        let lowest = take_u32(rest)?;
        let author = Name::new(take_name(rest)?).ok()?;
        let to = match take_name(rest)? {
            "" => None,
            name => Some(Name::new(name).ok()?),
        };
        let length = u16::from_be_bytes(take(rest)?).into();
        let body = Body::read(kind, rest.get(..length)?)?;
        Some(Self {
            author,
            to,
            written,
            until,
            fades,
            index,
            replaces,
            lowest,
            body,
        })
    }
}

impl Body {
    /// Writes the content; its kind.
    fn write(&self, out: &mut Vec<u8>) -> Option<u8> {
        Some(match self {
            Self::Text { id, reply_to, text } => {
                out.extend(id.0);
                out.push(if reply_to.is_some() { FLAG_ANSWER } else { 0 });
                if let Some(target) = reply_to {
                    out.extend(target.author.0);
                    out.extend(target.id.0);
                }
                out.extend_from_slice(fitting(text)?.as_bytes());
                TEXT
            }
            Self::Edit { id, text } => {
                out.extend(id.0);
                out.extend_from_slice(fitting(text)?.as_bytes());
                EDIT
            }
            Self::Delete { id } => {
                out.extend(id.0);
                DELETE
            }
            Self::Receipts(Receipts { first, bits }) => {
                out.extend(first.to_be_bytes());
                out.extend(bits);
                RECEIPTS
            }
        })
    }

    fn read(kind: u8, mut content: &[u8]) -> Option<Self> {
        let rest = &mut content;
        Some(match kind {
            TEXT => {
                let id = MessageId(take(rest)?);
                let [flags] = take(rest)?;
                let reply_to = if flags & FLAG_ANSWER == 0 {
                    None
                } else {
                    Some(Target {
                        author: InstanceId(take(rest)?),
                        id: MessageId(take(rest)?),
                    })
                };
                let text = string(rest)?;
                Self::Text { id, reply_to, text }
            }
            EDIT => Self::Edit {
                id: MessageId(take(rest)?),
                text: string(rest)?,
            },
            DELETE => Self::Delete {
                id: MessageId(take(rest)?),
            },
            RECEIPTS => Self::Receipts(Receipts {
                first: take_u32(rest)?,
                bits: take(rest)?,
            }),
            _ => return None,
        })
    }
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (field, after) = rest.split_first_chunk()?;
    *rest = after;
    Some(*field)
}

fn take_u32(rest: &mut &[u8]) -> Option<u32> {
    take(rest).map(u32::from_be_bytes)
}

fn take_name<'a>(rest: &mut &'a [u8]) -> Option<&'a str> {
    let [length] = take(rest)?;
    let (name, after) = rest.split_at_checked(length.into())?;
    *rest = after;
    std::str::from_utf8(name).ok()
}

fn string(bytes: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(bytes).ok()?;
    fitting(text).map(str::to_owned)
}

fn fitting(text: &str) -> Option<&str> {
    (1..=MAX_KEPT_TEXT).contains(&text.len()).then_some(text)
}
