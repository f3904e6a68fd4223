use sha2::{Digest, Sha256};
use sotto_protocol::fading::FadeTime;
use sotto_protocol::mail::{Body, MailKey, Note, Receipts, Sealed};
use sotto_protocol::message::{InstanceId, MessageId, Target};
use sotto_protocol::{Name, Root, Topic, kept::Token};

use crate::file::{self, Noted, VECTORS};
use crate::playback::Playback;

fn key() -> MailKey {
    let room = &VECTORS.rooms[VECTORS.mail.room];
    let keys = Root::from_bytes(room.root.array()).keys();
    MailKey::new(&keys, Topic::parse(&room.topic).unwrap())
}

/// A note of the file as the crate's.
pub fn note(vector: &file::Note) -> Note {
    let id = |bytes: file::Bytes| MessageId(bytes.array());
    let body = match vector.said.clone() {
        Noted::Text {
            id: text_id,
            answers_author,
            answers_id,
            text,
        } => Body::Text {
            id: id(text_id),
            reply_to: answers_author.zip(answers_id).map(|(author, answered)| Target {
                author: InstanceId(author.array()),
                id: id(answered),
            }),
            text,
        },
        Noted::Edit { id: edited, text } => Body::Edit { id: id(edited), text },
        Noted::Delete { id: deleted } => Body::Delete { id: id(deleted) },
        Noted::Receipts { first, indexes } => {
            let mut receipts = Receipts::from(first);
            assert!(indexes.into_iter().all(|index| receipts.add(index)));
            Body::Receipts(receipts)
        }
    };
    Note {
        author: Name::new(&vector.author).unwrap(),
        to: Some(&vector.to)
            .filter(|to| !to.is_empty())
            .map(|to| Name::new(to).unwrap()),
        written: vector.written_ms,
        until: vector.until,
        fades: FadeTime::from_secs(vector.fades_s).ok(),
        index: vector.index,
        replaces: vector.replaces,
        lowest: vector.lowest,
        body,
    }
}

#[test]
fn notes_are_written_and_read_as_specified() {
    for vector in &VECTORS.mail.under_passphrase {
        let (note, vector) = (note(&vector.note), &vector.note);
        assert_eq!(
            hex::encode(&*note.encode().unwrap()),
            hex::encode(&vector.encoded.0)
        );
        let mut plaintext = vector.encoded.0.clone();
        plaintext.resize(vector.bucket, 0);
        assert_eq!(Note::decode(&plaintext), Ok(note));
    }
}

#[test]
fn a_note_is_sealed_and_opened_under_the_passphrase_as_specified() {
    for vector in &VECTORS.mail.under_passphrase {
        let (note, token) = (note(&vector.note), Token(vector.token.array()));
        let mut random = Playback::of([&vector.tag, &vector.nonce]);
        let sealed = key().seal(&note, &mut random).unwrap();
        assert!(sealed.token == token);
        let Sealed { blob, .. } = sealed;
        assert_eq!(blob.len(), vector.note.bucket);
        match (&vector.blob, &vector.blob_sha256) {
            (Some(whole), _) => assert_eq!(hex::encode(&blob), hex::encode(&whole.0)),
            (_, Some(hash)) => assert_eq!(Sha256::digest(&blob)[..], hash.0),
            (None, None) => panic!("the file states neither a blob nor its hash"),
        }
        assert_eq!(key().open(&blob), Some((token, Ok(note))));
    }
}
