//! Every limit of the relay, with its unit and its reason. What an operator may change is in
//! [`options`](crate::config::options), with these as the defaults.

use std::time::Duration;

/// Bytes of a message: the largest sealed payload (64 KiB and 40 bytes of envelope) in a binary push, whose
/// five bytes of head and four fields of at most 255 bytes come first.
pub(crate) const MESSAGE: usize = 64 * 1024 + 40 + 5 + 4 * 255;

/// Descriptors that are not for connections: standard streams, the listener, the runtime, a database, and the
/// connections that are being refused.
pub(crate) const SPARE_DESCRIPTORS: usize = 64;

/// Channels that a socket may have joined: what Phoenix allows.
pub(crate) const CHANNELS: usize = 100;

/// Seats in a room: what a client of ours can hold sessions with, and itself.
pub(crate) const SEATS: usize = 8;

/// The most seats that an operator may allow: a `presence_state` of them all is 120 KiB.
pub(crate) const MOST_SEATS: usize = 1000;

/// Rooms that the relay knows, empty ones included: about 15 MiB of them.
pub(crate) const ROOMS: usize = 100_000;

/// Bytes that all queues and all incomplete messages hold together.
pub(crate) const BUFFERED: usize = 64 << 20;

/// Bytes that wait for one reader.
pub(crate) const QUEUE: usize = 1 << 20;

/// Bytes that one seat adds to a `presence_state`, at most: 64 digits of key, 16 of ref, and what is around them.
pub(crate) const PRESENCE_ENTRY: usize = 128;

/// Deliveries (frames × receivers) a second of one connection: a person types 2, a paste in pieces is 16.
pub(crate) const CONNECTION_DELIVERIES: u64 = 2_000;
/// Bytes delivered a second of one connection: a paste of 1 MiB to one reader passes at once.
pub(crate) const CONNECTION_BYTES: u64 = 4 << 20;
/// Deliveries a second of one address: several people behind one router.
pub(crate) const ADDRESS_DELIVERIES: u64 = 8_000;
/// Bytes delivered a second of one address.
pub(crate) const ADDRESS_BYTES: u64 = 16 << 20;
/// Messages delivered a second in all: half of what one core can do.
pub(crate) const MESSAGES: u64 = 50_000;
/// Megabits delivered a second in all: a gigabit link, and seven addresses at their own limit.
pub(crate) const MEGABITS: u64 = 1_000;
/// Bytes of a megabit.
pub(crate) const MEGABIT: u64 = 125_000;

/// Joins of an address that fail, a minute: guessing costs more than Argon2id makes it cost anyway.
pub(crate) const ADDRESS_FAILED_JOINS: u64 = 120;
/// Joins of an address a minute.
pub(crate) const ADDRESS_JOINS: u64 = 600;
/// Connections of an address a minute. A client of Phoenix's that is refused comes back up to 85 times a second.
pub(crate) const ADDRESS_CONNECTIONS: u64 = 300;
/// Seats that an address holds.
pub(crate) const ADDRESS_SEATS: u32 = 512;
/// Sockets of an address that hold no seat: who connects joins at once, and who guesses needs no more.
pub(crate) const ADDRESS_UNSEATED: u32 = 64;
/// Rooms that an address makes an hour.
pub(crate) const ADDRESS_ROOMS: u64 = 1_000;
/// An IPv6 /48 has as much as this many /64 of it: a site has many networks, a stranger often a whole /48.
pub(crate) const WIDE: u64 = 16;

/// The longest request head, in bytes, and the most headers in it: browsers send less than 2 KiB.
pub(crate) const HEAD: usize = 8 * 1024;
/// Headers of a request.
pub(crate) const HEADERS: usize = 32;
/// Time for a whole request head, and all that comes before it.
pub(crate) const HEAD_TIME: Duration = Duration::from_secs(10);
/// Watchmen that are being answered at once.
pub(crate) const WATCHMEN: usize = 8;
/// The files of the certificate are looked at this often, in case nobody says that they have changed.
pub(crate) const CERTIFICATE_POLL: Duration = Duration::from_secs(5);
/// Days before its end from which a certificate is warned of: half of what is left when it is to be renewed.
pub(crate) const CERTIFICATE_DAYS: u32 = 14;
/// Time for one request to the authority that gives certificates.
pub(crate) const ACME_REQUEST: Duration = Duration::from_secs(30);
/// Bytes of its answer: a chain of certificates is 5 KiB.
pub(crate) const ACME_ANSWER: usize = 256 * 1024;
/// Characters of its words that the log repeats.
pub(crate) const ACME_WORDS: usize = 500;
/// Time for it to look at the relay, and again to make the certificate.
pub(crate) const ACME_PATIENCE: Duration = Duration::from_secs(90);
/// Time for a certificate in all.
pub(crate) const ACME_ATTEMPT: Duration = Duration::from_secs(300);
/// Wait after a first failure; each later one doubles it. Let's Encrypt lets a name fail five times an hour.
pub(crate) const ACME_PAUSE: Duration = Duration::from_secs(5 * 60);
/// The longest wait of our own, and the shortest after a success.
pub(crate) const ACME_LONGEST_PAUSE: Duration = Duration::from_secs(12 * 3600);
/// The longest wait that the authority may ask for.
pub(crate) const ACME_LONGEST_WAIT: Duration = Duration::from_secs(24 * 3600);
/// How often is looked whether a certificate is to be renewed.
pub(crate) const ACME_LOOK: Duration = Duration::from_secs(3600);
/// Time that a connection may ask for `/healthz` again and again.
pub(crate) const HEALTH_TIME: Duration = Duration::from_secs(120);
/// How long is waited for the answer of a relay that is asked whether it is well.
pub(crate) const HEALTH_ASK: Duration = Duration::from_secs(5);
/// Connections that are being told that they are not let in: half of the spare descriptors.
pub(crate) const TURNED_AWAY: usize = 32;
/// Time that each of them takes at most.
pub(crate) const TURN_AWAY_TIME: Duration = Duration::from_secs(1);
/// A socket without a complete frame for this long is closed: phoenix.js sends a heartbeat every 30 s.
pub(crate) const IDLE: Duration = Duration::from_secs(60);
/// A frame that has begun is whole within this time: the largest, 64 KiB, on a link of 1.1 KiB a second. Less would cut
/// a client on a slow link in the middle of a long text, again and again; more is no use, as it would be silent then.
pub(crate) const FRAME_TIME: Duration = Duration::from_secs(60);
/// A reader that takes no byte for this long while something waits for it is cut.
pub(crate) const STALL: Duration = Duration::from_secs(30);
/// How often a sender that waits for a reader looks whether that has room again: at most 25 MB a second for one that is
/// quick, and no need to wake anybody.
pub(crate) const BEHIND_LOOK: Duration = Duration::from_millis(20);
/// Sockets have this long to close when the relay ends; the process is gone within 10 s.
pub(crate) const GOODBYE: Duration = Duration::from_secs(8);
/// Who has connected but is not yet a WebSocket has this long to become one: a handshake of TLS and a request on a slow
/// line. Only then can it be told to come back.
pub(crate) const LAST_UPGRADE: Duration = Duration::from_secs(2);
/// And the room database has this long to be written to the end.
pub(crate) const LAST_WRITE: Duration = Duration::from_secs(1);
/// Connections that wait to be accepted.
pub(crate) const BACKLOG: i32 = 1024;
/// Pause of the accept loop when no descriptor is left.
pub(crate) const FULL_TABLE_PAUSE: Duration = Duration::from_millis(100);

/// Presence changes are told one by one in rooms of at most this many seats.
pub(crate) const SMALL_ROOM: usize = 16;
/// In larger rooms they are collected for this long: a thousand joins would be a million notices.
pub(crate) const DIFF_DELAY: Duration = Duration::from_millis(100);
/// Seats that are served before a task lets others run.
pub(crate) const FANOUT_STEP: usize = 64;
/// How often the sums of what was refused are logged, where there are any.
pub(crate) const REFUSALS: Duration = Duration::from_secs(3600);
/// How often is looked whether the day has changed, and with it which rooms stay.
pub(crate) const SWEEP: Duration = Duration::from_secs(60);

/// Parts of the table of rooms, each under its own lock: many more than there are cores.
pub(crate) const SHARDS: usize = 64;
/// How often a join looks for a room that changes under its hands before it gives up.
pub(crate) const ATTEMPTS: usize = 16;

/// Days without anybody after which a room goes from a file.
pub(crate) const ROOM_TTL: u32 = 30;
/// The most that an operator may give a room, in days: a century.
pub(crate) const LONGEST_TTL: u32 = 36_500;
/// How long a join, or the end of a room, waits for the disk.
pub(crate) const SAVING: Duration = Duration::from_secs(10);
/// How often the file is looked at for the operator's changes, which take effect within a second. What nobody waits
/// for is written then, too.
pub(crate) const STORE_TICK: Duration = Duration::from_millis(300);
/// How long the store may not have come round, at least, before a watchdog is told no more that the relay lives.
pub(crate) const STORE_SILENCE: Duration = Duration::from_millis(1200);
/// How long a write waits for another process that writes.
pub(crate) const STORE_BUSY: Duration = Duration::from_secs(5);
/// How long what was deleted may stand in the write-ahead log; it is gone within a minute.
pub(crate) const LOG_AGE: Duration = Duration::from_secs(30);
/// Days for which a blob is kept, at most.
pub(crate) const KEPT_DAYS: u8 = 7;
/// The most that an operator may make of it: who was away for longer is told by other means.
pub(crate) const KEPT_LONGEST: u8 = 14;
/// Blobs of a room that are kept.
pub(crate) const KEPT_BLOBS: usize = 64;
/// Bytes of a room's blobs.
pub(crate) const KEPT_ROOM: usize = 256 * 1024;
/// The least that an operator may make of it: the largest blob.
pub(crate) const KEPT_LEAST: usize = 16 * 1024;
/// Bytes of all blobs in memory.
pub(crate) const KEPT_MEMORY: usize = 64 << 20;
/// Bytes of all blobs in a file. What the relay knows of them is in memory, at most a sixth of it.
pub(crate) const KEPT_FILE: usize = 1 << 30;
/// Days after which a stranger's room may also have of the upper half.
pub(crate) const KEPT_SETTLED: u32 = 7;
/// Blobs that an address puts an hour, and bytes of them a day: two people who write each other all day.
pub(crate) const ADDRESS_PUTS: u64 = 60;
/// Bytes of blobs that an address puts a day.
pub(crate) const ADDRESS_PUT_BYTES: u64 = 2 << 20;
/// What members ask of bags that waits for the file at once: 6 MiB of it, if all were of the largest.
pub(crate) const KEPT_JOBS: usize = 256;
/// To verify a signature takes as long as so many deliveries.
pub(crate) const SIGNATURE_DELIVERIES: usize = 8;
/// Characters of an operator's note.
pub(crate) const NOTE: usize = 200;

/// Lines of the log that wait to be written; one more is dropped.
pub(crate) const LOG_LINES: usize = 256;
/// How long the last of them are waited for.
pub(crate) const LAST_LINE: Duration = Duration::from_millis(500);
