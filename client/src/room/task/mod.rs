//! The task behind a room: connects, joins, carries everything between the instance and the relay, comes back
//! after every loss, and leaves.

mod connection;
mod remembering;
mod requests;
mod telling;

use std::collections::VecDeque;
use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use rand::rand_core::UnwrapErr;
use rand::rngs::{StdRng, SysRng};
use sotto_protocol::instance::Now;
use sotto_protocol::mail::MailKey;
use sotto_protocol::message::InstanceId;
use sotto_protocol::{Instance, Root, Run, Topic};
use tokio::sync::mpsc;
use tokio::time::sleep;

use self::remembering::Remembering;
use super::clock::{self, Watch};
use super::keeping::Keeper;
use super::names::Names;
use super::{
    Answer, Command, CommandError, Recorder, RelayError, Request, RoomConfig, Timing, Update, backoff,
};
use crate::relay_url::Address;

/// Updates that are kept for a reader that is slow. Beyond, nothing more is read from the relay: it and the
/// peers' own limits hold back the rest.
const MAX_PENDING: usize = 256;

/// Requests that were not looked at yet, beyond which nothing more is read from the relay either: most of them come of
/// what was read.
const MAX_REQUESTS: usize = 64;

/// Bytes on the way to the relay before it is given no more payloads: twice what the instance has unacknowledged of
/// its messages, so that this holds up nothing on a path that takes what it gets. On one that does not, what the
/// kernel and proxies would store is stale when it arrives, and everything new waits behind it.
pub(super) const MAX_ON_THE_WAY: u64 = 256 * 1024;

/// How a connection ended, if not by trouble.
struct Goodbye;

/// See the [module](self).
pub(super) struct Task {
    address: Address,
    root: Root,
    run: Run,
    instance: Instance,
    keeper: Keeper,
    names: Names,
    recorder: Option<Recorder>,
    timing: Timing,
    rng: StdRng,
    watch: Watch,
    /// The clock has jumped, and nobody has looked after the connection yet.
    jumped: bool,
    requests: mpsc::UnboundedReceiver<Request>,
    updates: mpsc::Sender<Update>,
    /// What is to be told, while the reader is slow.
    pending: VecDeque<Update>,
    /// As told last.
    undelivered: usize,
    remembering: Remembering,
    /// Something is for those who come.
    waits: bool,
    /// Once true, the room is come back to for ever.
    was_joined: bool,
    /// Connections in a row that did not last.
    failures: u32,
    /// The last handle was dropped: no command comes any more.
    abandoned: bool,
    /// When to leave at the latest; `None` while nobody wants to.
    leaving: Option<Duration>,
    /// Whoever wants the room destroyed, until the relay has been asked.
    expire: Option<Answer<()>>,
    /// The same, until the relay has answered.
    expiring: Option<Answer<()>>,
}

impl Task {
    pub(super) fn new(
        settings: RoomConfig,
        requests: mpsc::UnboundedReceiver<Request>,
        updates: mpsc::Sender<Update>,
    ) -> Self {
        let RoomConfig {
            address,
            root,
            name,
            remember,
            recorder,
            timing,
            keeping,
        } = settings;
        let mut rng: StdRng = rand::make_rng();
        let topic = Topic::of(&root.room_hash());
        // Straight from the system: a generator here could be wound back by whoever reads this memory, to the ephemeral
        // keys of every session so far.
        let random = || UnwrapErr(SysRng);
        let (keys, mail) = (root.keys(), MailKey::new(&root.keys(), topic.clone()));
        Self {
            names: Names::new(&name),
            keeper: Keeper::new(mail, name.clone(), keeping, random()),
            instance: Instance::new(keys, topic, name, Box::new(random())),
            run: Run::random(&mut rng),
            address,
            root,
            recorder,
            timing,
            rng,
            watch: Watch::new(clock::now(), timing.tick, timing.jump),
            jumped: false,
            requests,
            updates,
            pending: VecDeque::new(),
            undelivered: 0,
            remembering: Remembering::new(remember),
            waits: false,
            was_joined: false,
            failures: 0,
            abandoned: false,
            leaving: None,
            expire: None,
            expiring: None,
        }
    }

    pub(super) fn id(&self) -> InstanceId {
        self.instance.id()
    }

    /// Runs until the room is left, or the first join has failed.
    pub(super) async fn run(mut self) {
        self.recall(clock::now());
        self.gather();
        let last = loop {
            let why = match self.connection().await {
                Ok(Goodbye) => break self.left(),
                Err(why) => why,
            };
            self.instance.disconnected(clock::now());
            self.keeper.mailbox.disconnected();
            if !self.was_joined && !why.is_busy() {
                break Update::Failed(why);
            }
            if self.pause(why).await.is_none() {
                break self.left();
            }
        };
        self.write_memory();
        // The keys go now, not when the reader has read the last.
        let (updates, mut pending) = self.end();
        pending.push_back(last);
        for update in pending {
            if updates.send(update).await.is_err() {
                return;
            }
        }
    }

    /// Drops all but what the reader still has to get.
    fn end(self) -> (mpsc::Sender<Update>, VecDeque<Update>) {
        (self.updates, self.pending)
    }

    fn left(&self) -> Update {
        Update::Left {
            undelivered: self.only_here(),
            to: self.names.of_all(self.instance.awaited()),
        }
    }

    /// How many of our messages would be lost now.
    fn only_here(&self) -> usize {
        self.instance.only_here(|id| self.keeper.is_safe(id))
    }

    /// Whether all of ours is where it should be, as far as can be.
    fn is_settled(&self, now: Now) -> bool {
        self.only_here() == 0 && !self.keeper.is_busy(now)
    }

    /// Says what happened and waits until the next try; `None` when it is time to leave instead.
    async fn pause(&mut self, why: RelayError) -> Option<()> {
        let wait = backoff::after(&why, self.failures, &self.timing, &mut self.rng);
        self.failures = self.failures.saturating_add(1);
        match why {
            RelayError::Unseated => self.run = Run::random(&mut self.rng),
            RelayError::Expired => self.tell(Update::Expired),
            _ => {}
        }
        if why.is_busy() {
            self.tell(Update::Waiting { why, wait });
        } else {
            self.tell(Update::Reconnecting { why, wait });
        }
        let until = clock::now().monotonic + wait;
        // By our own clock, which goes on while the machine sleeps.
        loop {
            let left = until.saturating_sub(clock::now().monotonic);
            if left.is_zero() || std::mem::take(&mut self.jumped) {
                return Some(());
            }
            self.during(sleep(left.min(self.timing.tick))).await?;
        }
    }

    /// Does some work and, meanwhile, all that needs no connection. `None` when it is time to leave.
    async fn during<T>(&mut self, work: impl Future<Output = T>) -> Option<T> {
        let mut work = pin!(work);
        loop {
            if let Some(answer) = self.expire.take() {
                self.answer(Command::Expire, answer, Err(CommandError::Offline));
            }
            if self.is_time_to_leave(clock::now()) {
                return None;
            }
            let done = tokio::select! {
                done = &mut work => Some(done),
                () = self.wait(None) => None,
            };
            self.attend();
            if done.is_some() {
                return done;
            }
        }
    }

    /// Waits for a command, and does it; for the reader; or for the time at which something is due.
    /// May be dropped while it waits: nothing is lost.
    async fn wait(&mut self, due: Option<Duration>) {
        let now = clock::now();
        let mail = self.keeper.mailbox.next_timeout();
        let memory = self.memory_due();
        let next = [self.instance.next_timeout(), mail, due, self.leaving, memory]
            .into_iter()
            .flatten()
            .min()
            .map_or(self.timing.tick, |next| next.saturating_sub(now.monotonic));
        tokio::select! {
            request = self.requests.recv(), if !self.abandoned => match request {
                Some(request) => self.requested(request),
                None => {
                    self.abandoned = true;
                    self.leave_by(Duration::ZERO);
                }
            },
            () = until_taken(&self.updates), if !self.pending.is_empty() => {}
            () = sleep(next.min(self.timing.tick)) => {}
        }
    }

    /// Does what is due by now. Belongs after every wait, whatever ended it: where frames come one after the other
    /// no wait lasts until its own time.
    fn attend(&mut self) {
        self.hand_over();
        let now = clock::now();
        if self.watch.jumped(now) {
            self.jumped = true;
            self.tell(Update::Slept);
        }
        if self
            .instance
            .next_timeout()
            .is_some_and(|due| now.monotonic >= due)
        {
            self.instance.timeout(now);
        }
        self.keeper.mailbox.timeout(now);
        if let Some(update) = self.keeper.keep_by_itself(&self.instance, now) {
            self.tell(update);
        }
        self.gather();
        if self.memory_due().is_some_and(|due| now.monotonic >= due) {
            self.write_memory();
        }
    }
}

/// Waits until the reader has room for an update, or is gone.
async fn until_taken(updates: &mpsc::Sender<Update>) {
    // Either way there is something to do.
    let _ = updates.reserve().await;
}
