//! Messages for somebody who is away, sealed so that they can wait on the relay: `SPEC.md`, section 10.7.
//!
//! A [`note`] is what is written, a [`blob`] what the relay keeps of it. Here a blob is sealed
//! [under the passphrase](under_passphrase): whoever has that opens it, now or later. The [`mailbox`] says what to ask of the
//! relay, and what has become of it.

pub mod blob;
pub mod mailbox;
pub mod note;
pub mod under_passphrase;

pub use blob::Sealed;
pub use mailbox::Mailbox;
pub use note::{Body, MAX_KEPT_TEXT, Note, NoteError, Receipts};
pub use under_passphrase::MailKey;
