use sotto_protocol::{Passphrase, RoomName, Root, Run, Topic};

use crate::file::VECTORS;

#[test]
fn a_passphrase_and_a_room_name_are_normalised_as_specified() {
    for vector in &VECTORS.normalisation {
        let passphrase = Passphrase::new(&vector.typed).unwrap();
        assert_eq!(passphrase.expose(), vector.normalised, "{:?}", vector.typed);
        let room = RoomName::new(&vector.typed).unwrap();
        assert_eq!(room.as_str(), vector.normalised, "{:?}", vector.typed);
    }
}

#[test]
fn the_root_is_derived_as_specified() {
    for vector in &VECTORS.rooms {
        let passphrase = Passphrase::new(&vector.passphrase).unwrap();
        let room = RoomName::new(&vector.room).unwrap();
        // A root shows none of its bytes: its hash, which comes from all of them, stands in for them.
        let derived = Root::derive(&passphrase, &room).unwrap();
        let stated = Root::from_bytes(vector.root.array());
        assert!(derived.access_hash() == stated.access_hash(), "{}", vector.room);
    }
}

#[test]
fn hashes_topic_and_words_of_a_room_are_as_specified() {
    for vector in &VECTORS.rooms {
        let root = Root::from_bytes(vector.root.array());
        assert_eq!(root.member_key().public(), vector.member_public.array());
        assert_eq!(root.access_hash().to_hex().as_str(), vector.access_hash);
        assert_eq!(root.room_hash().to_hex().as_str(), vector.room_hash);
        assert_eq!(Topic::of(&root.room_hash()).as_str(), vector.topic);
        assert_eq!(root.room_words().to_string(), vector.room_words);
        let run = Run::from_bytes(vector.run.array());
        assert_eq!(root.sender_hash(&run).to_hex().as_str(), vector.sender_hash);
    }
}
