//! The protocol of Sotto, for clients and relays alike.
//!
//! Data passes through these modules in this order:
//!
//! 1. a [`passphrase`] and a room name are stretched to a [`root`], which yields the keys of a room;
//! 2. from it come the three [`hash`]es of a [`join`] to a [`topic`], and the [`words`] that people compare;
//! 3. what is said becomes a [`message`], numbered in the stream to each peer, and may be [`fading`];
//! 4. a [`session`], agreed in a [`handshake`] after a hello, both signed under a [`run_key`], seals it; the
//!    [`envelope`] hides even that;
//! 5. a [`frame`] carries it to the relay and on to the others, or into what the relay has [`kept`] for who is away.
//!
//! What outlives a run of a client, where its user wants that, is its [`memory`].
//!
//! What all of them compute with secrets leaves no copy behind: see [`secret`].
//!
//! [`instance`] is one running client in one room: the state machine that drives all of the above. It has no
//! clock, no socket and no randomness of its own: time and an RNG are arguments. Beside it is [`mail`], for who is away,
//! and what two who have met remember of each other is their [`bond`].
//!
//! A relay needs the frames and hashes only, and builds this crate without the feature `session`.
//! `SPEC.md` beside this crate fixes every byte.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

mod wire;
pub use wire::{frame, hash, join, kept, room_id, topic};
pub use wire::{
    hash::{AccessHash, HashError, RoomHash, SenderHash},
    join::Credentials,
    room_id::RoomId,
    topic::Topic,
};

#[cfg(feature = "session")]
mod peer;
#[cfg(feature = "session")]
pub use peer::{
    bond, envelope, handshake, instance,
    instance::Instance,
    mail, memory, message,
    message::fading,
    name,
    name::Name,
    passphrase,
    passphrase::{Passphrase, RoomName},
    root,
    root::{MemberKey, RoomKeys, Root, Run},
    run_key, secret, session, words,
};
