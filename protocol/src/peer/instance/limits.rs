//! Every number of an instance, with its reason. `SPEC.md` repeats them.

use std::time::Duration;

const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// The first wait between two hellos, and the longest: quick to find a peer, cheap to be alone.
pub(crate) const HELLO_FIRST: Duration = secs(1);
/// See [`HELLO_FIRST`].
pub(crate) const HELLO_LONGEST: Duration = secs(30);
/// An instance is answered by one hello a second, and by one *second*: a relay that repeats hellos makes no storm, and
/// a man in the middle has few tries at the safety words.
pub(crate) const ANSWER_SPACING: Duration = secs(1);
/// So many hellos a second answer others, in all, and so many *seconds*.
pub(crate) const ANSWERS_A_SECOND: usize = 4;
/// Within this time of a handshake nothing but a rejoin asks for another.
pub(crate) const HANDSHAKE_SPACING: Duration = secs(5);
/// The first wait before a *first* is sent again; doubled each time.
pub(crate) const FIRST_RESEND: Duration = secs(2);
/// A handshake without an answer is given up.
pub(crate) const HANDSHAKE_LIMIT: Duration = secs(30);
/// Open handshakes of ours; a *first* and its keys are about 10 KiB.
pub(crate) const HANDSHAKES: usize = 16;
/// A session is replaced when it is this old, so that keys of the past are worth little.
pub(crate) const SESSION_AGE: Duration = secs(15 * 60);
/// Peers that an instance talks to: a room has 8 seats.
pub(crate) const PEERS: usize = 7;
/// Instances that an instance remembers, met and merely heard of each.
pub(crate) const KNOWN: usize = 64;
/// Ids of instances that were met and forgotten, which are not met again: 64 KiB.
pub(crate) const BURNED: usize = 4096;
/// A peer that hears us and answers no handshake for so long is told of.
pub(crate) const REFUSED: Duration = secs(120);
/// A confirmed peer says its name within this time. The first thing that an honest one sends is its name.
pub(crate) const NAME_LIMIT: Duration = secs(10);
/// One that has said none is left alone for so long.
pub(crate) const NAMELESS_PAUSE: Duration = secs(30);

/// A pair in which nothing was heard for so long is pinged, so that the answer comes before [`SILENT`].
pub(crate) const KEEPALIVE: Duration = secs(30);
/// A peer is shown as silent.
pub(crate) const SILENT: Duration = secs(40);
/// A peer is given up.
pub(crate) const GONE: Duration = secs(120);
/// The answer to a ping, or the progress of acknowledgements, may take so long.
pub(crate) const ANSWER_LIMIT: Duration = secs(10);
/// Acknowledgements are collected for so long at most; at least a third of it, at random.
pub(crate) const ACK_DELAY: Duration = Duration::from_millis(300);
/// That something was read is said after so long at most, at least a third of it, at random: on the wire it does not
/// mark the moment.
pub(crate) const READ_DELAY: Duration = Duration::from_millis(1500);
/// So many messages held are acknowledged at once.
pub(crate) const ACK_AT_ONCE: u64 = 8;
/// So many bytes of messages held are acknowledged at once: two large ones would fill the window.
pub(crate) const ACK_BYTES_AT_ONCE: usize = 16 * 1024;
/// A seat that is not a peer's is told of when it stays: one who joins is a peer before that. What was typed while alone
/// waits so long for everybody who sits there.
pub(crate) const STRANGER_AFTER: Duration = secs(10);

/// Frames on the way in a room at the start and after time-outs, in bytes: a slow link must not fill a relay's queue.
pub(crate) const WINDOW_FIRST: usize = 16 * 1024;
/// Frames on the way in a room at most, in bytes: an eighth of a relay's queue.
pub(crate) const WINDOW_LARGEST: usize = 128 * 1024;
/// A window is not halved below this: one bucket of 4 KiB.
pub(crate) const WINDOW_SMALLEST: usize = 4 * 1024;
/// Messages on the way in a room at most.
pub(crate) const WINDOW_MESSAGES: usize = 64;
/// A peer's messages that our user's side has not taken yet, at most; more are not read.
pub(crate) const UNHELD_MESSAGES: usize = WINDOW_MESSAGES;

/// Messages in the outbox.
pub(crate) const OUTBOX_MESSAGES: usize = 1024;
/// Bytes of text in the outbox.
pub(crate) const OUTBOX_BYTES: usize = 4 * 1024 * 1024;
/// Our messages that can be edited, and those whose reading is still told.
pub(crate) const REMEMBERED: usize = 1024;
/// Pushes that wait for the socket. Over it nothing is made that another would make again when it is needed: a path
/// that takes nothing costs no memory.
pub(crate) const PUSHES_WAITING: usize = 64;
/// Pushes that wait for the relay's answer; older ones are not told as sent.
pub(crate) const UNANSWERED_PUSHES: usize = 256;

/// A typing notice goes out this often while the user types.
pub(crate) const TYPING_EVERY: Duration = secs(4);
/// A waited or held-back text is told with its age from here on.
pub(crate) const AGE_TOLD: Duration = secs(60);
/// The last texts of a peer by which its usual clock offset is judged.
pub(crate) const CLOCK_SAMPLES: usize = 16;
/// What the relay disturbs is told this often.
pub(crate) const DISTURBED_EVERY: Duration = secs(5);
/// Somebody who poses as a peer is told of this often.
pub(crate) const IMPOSTOR_EVERY: Duration = secs(60);
