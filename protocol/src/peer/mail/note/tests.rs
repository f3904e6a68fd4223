use proptest::prelude::*;

use super::*;
use crate::peer::message::{InstanceId, fading};

fn name() -> impl Strategy<Value = Name> {
    "[a-zé漢]{1,16}".prop_map(|name| Name::new(&name).unwrap())
}

fn body() -> impl Strategy<Value = Body> {
    let id = || any::<[u8; 16]>().prop_map(MessageId);
    let target = (any::<[u8; 16]>(), id()).prop_map(|(author, id)| Target {
        author: InstanceId(author),
        id,
    });
    let receipts = (any::<u32>(), any::<[u8; 32]>());
    prop_oneof![
        (id(), prop::option::of(target), ".{1,400}").prop_map(|(id, reply_to, text)| Body::Text {
            id,
            reply_to,
            text
        }),
        (id(), ".{1,400}").prop_map(|(id, text)| Body::Edit { id, text }),
        id().prop_map(|id| Body::Delete { id }),
        receipts.prop_map(|(first, bits)| Body::Receipts(Receipts { first, bits })),
    ]
}

/// Any note.
pub(crate) fn note() -> impl Strategy<Value = Note> {
    let fades = prop::option::of(fading::SHORTEST..=fading::LONGEST);
    let fades = fades.prop_map(|time| time.map(|seconds| FadeTime::from_secs(seconds).unwrap()));
    (
        (name(), prop::option::of(name())),
        any::<(u64, u32, u32, u32)>(),
        prop::option::of(0..u32::MAX),
        fades,
        body(),
    )
        .prop_map(
            |((author, to), (written, until, index, lowest), replaces, fades, body)| Note {
                author,
                to,
                written,
                until,
                fades,
                index,
                replaces,
                lowest,
                body,
            },
        )
}

/// A note that says something.
pub(crate) fn text(text: &str) -> Note {
    Note {
        author: Name::new("anna").unwrap(),
        to: None,
        written: 1_767_225_600_123,
        until: 20_461,
        fades: None,
        index: 0,
        replaces: None,
        lowest: 0,
        body: Body::Text {
            id: MessageId([1; 16]),
            reply_to: None,
            text: text.to_owned(),
        },
    }
}

/// A note with the longest of everything, and a text of so many bytes.
pub(crate) fn longest(length: usize) -> Note {
    let name = Name::new(&"𝐧".repeat(32)).unwrap();
    assert_eq!(name.as_str().len(), name::MAX_BYTES);
    let mut longest = text(&"x".repeat(length));
    if let Body::Text { id, reply_to, .. } = &mut longest.body {
        *reply_to = Some(Target {
            author: InstanceId([2; 16]),
            id: *id,
        });
    }
    Note {
        author: name.clone(),
        to: Some(name),
        fades: FadeTime::from_secs(fading::LONGEST).ok(),
        replaces: Some(3),
        ..longest
    }
}

proptest! {
    #[test]
    fn notes_survive_their_bytes_and_any_filling(note in note(), filling in 0_usize..99) {
        let mut bytes = note.encode().unwrap();
        let length = bytes.len();
        prop_assert_eq!(Note::decode(&bytes[..length - 1]), Err(NoteError::Malformed));
        bytes.resize(length + filling, 0);
        prop_assert_eq!(Note::decode(&bytes), Ok(note));
    }

    #[test]
    fn no_bytes_make_decoding_panic(mut bytes: Vec<u8>) {
        let _ = Note::decode(&bytes);
        bytes.insert(0, 1);
        let _ = Note::decode(&bytes);
    }

    #[test]
    fn receipts_hold_every_place_within_256_of_the_first(
        first in 0..=u32::MAX - 255, read in prop::collection::btree_set(0_u32..256, 0..256),
    ) {
        let mut receipts = Receipts::from(first);
        for at in &read {
            prop_assert!(receipts.add(first + at));
        }
        prop_assert!(receipts.indexes().eq(read.iter().map(|at| first + at)));
        prop_assert!(!first.checked_add(256).is_some_and(|beyond| receipts.add(beyond)));
        prop_assert!(!first.checked_sub(1).is_some_and(|before| receipts.add(before)));
        let note = Note { body: Body::Receipts(receipts), ..text("") };
        prop_assert_eq!(Note::decode(&note.encode().unwrap()), Ok(note));
    }
}

#[test]
fn a_note_of_a_later_version_is_told_from_a_broken_one() {
    let mut bytes = text("hello").encode().unwrap();
    bytes[0] = 2;
    assert_eq!(Note::decode(&bytes), Err(NoteError::Version(2)));
    assert_eq!(Note::decode(&[]), Err(NoteError::Malformed));
}

#[test]
fn what_breaks_the_rules_of_a_field_is_no_note() {
    let good = text("hello").encode().unwrap();
    let changed = |at: usize, byte: u8| {
        let mut bytes = good.clone();
        bytes[at] = byte;
        Note::decode(&bytes)
    };
    // A kind of a later version; a text that fades after a second; a name with a line break; no text.
    let author = 30;
    assert_eq!(&good[author + 1..author + 5], b"anna");
    for (at, byte) in [(1, 9), (17, 1), (author + 2, b'\n')] {
        assert_eq!(changed(at, byte), Err(NoteError::Malformed), "{at}");
    }
    assert_eq!(text("").encode(), None);
}
