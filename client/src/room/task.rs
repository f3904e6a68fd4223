//! The task behind a room: connects, joins, carries everything between the instance and the relay, comes back
//! after every loss, and leaves.

use std::collections::VecDeque;
use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use rand::rngs::StdRng;
use sotto_protocol::frame::FrameError;
use sotto_protocol::instance::Now;
use sotto_protocol::message::InstanceId;
use sotto_protocol::{Credentials, Instance, Root, Run, Topic};
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{sleep, timeout};
use tokio_tungstenite::tungstenite::Message;

use super::clock::{self, Watch};
use super::names::Names;
use super::recorder::Direction;
use super::relay::channel::{Brought, Channel};
use super::relay::connect::connect;
use super::relay::heartbeat::{Due, Heartbeat};
use super::relay::socket::Socket;
use super::{Command, CommandError, Recorder, Request, Settings, Timing, Trouble, Update, backoff};
use crate::platform::give_back_pages;
use crate::relay_url::Address;

/// Updates that are kept for a reader that is slow. Beyond, nothing more is read from the relay: it and the
/// peers' own limits hold back the rest.
const MAX_PENDING: usize = 256;

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
    names: Names,
    recorder: Option<Recorder>,
    timing: Timing,
    rng: StdRng,
    watch: Watch,
    /// The clock has jumped, and nobody has looked after the connection yet.
    jumped: bool,
    requests: mpsc::Receiver<Request>,
    updates: mpsc::Sender<Update>,
    /// What is to be told, while the reader is slow.
    pending: VecDeque<Update>,
    /// As told last.
    undelivered: usize,
    /// Once true, the room is come back to for ever.
    was_joined: bool,
    /// Connections in a row that did not last.
    failures: u32,
    /// The last handle was dropped: no command comes any more.
    abandoned: bool,
    /// When to leave at the latest; `None` while nobody wants to.
    leaving: Option<Duration>,
    /// Whoever wants the room destroyed, until the relay has been asked.
    expire: Option<oneshot::Sender<Result<(), CommandError>>>,
    /// The same, until the relay has answered.
    expiring: Option<oneshot::Sender<Result<(), CommandError>>>,
}

impl Task {
    pub(super) fn new(
        settings: Settings,
        requests: mpsc::Receiver<Request>,
        updates: mpsc::Sender<Update>,
    ) -> Self {
        let Settings {
            address,
            root,
            name,
            recorder,
            timing,
        } = settings;
        let mut rng: StdRng = rand::make_rng();
        let topic = Topic::of(&root.room_hash());
        let seed: StdRng = rand::make_rng();
        Self {
            instance: Instance::new(root.keys(), topic, name, Box::new(seed)),
            run: Run::random(&mut rng),
            address,
            root,
            names: Names::default(),
            recorder,
            timing,
            rng,
            watch: Watch::new(clock::now(), timing.tick, timing.jump),
            jumped: false,
            requests,
            updates,
            pending: VecDeque::new(),
            undelivered: 0,
            was_joined: false,
            failures: 0,
            abandoned: false,
            leaving: None,
            expire: None,
            expiring: None,
        }
    }

    /// Which instance we are.
    pub(super) fn id(&self) -> InstanceId {
        self.instance.id()
    }

    /// Runs until the room is left, or the first join has failed.
    pub(super) async fn run(mut self) {
        let last = loop {
            let why = match self.connection().await {
                Ok(Goodbye) => break self.left(),
                Err(why) => why,
            };
            self.instance.disconnected(clock::now());
            if !self.was_joined && !why.is_busy() {
                break Update::Failed(why);
            }
            if self.pause(why).await.is_none() {
                break self.left();
            }
        };
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
            undelivered: self.instance.undelivered(),
        }
    }

    /// Says what happened and waits until the next try; `None` when it is time to leave instead.
    async fn pause(&mut self, why: Trouble) -> Option<()> {
        let (min, max) = (self.timing.retry_min, self.timing.retry_max);
        let mut wait = backoff::wait(self.failures, min, max, &mut self.rng);
        self.failures = self.failures.saturating_add(1);
        match why {
            Trouble::Unseated => self.run = Run::random(&mut self.rng),
            Trouble::Expired => self.tell(Update::Expired),
            _ => {}
        }
        if why.is_busy() {
            wait = wait.max(self.timing.busy_min);
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

    /// One connection, from its beginning to its end.
    async fn connection(&mut self) -> Result<Goodbye, Trouble> {
        self.tell(Update::Connecting);
        let (address, timing) = (self.address.clone(), self.timing);
        let Some(socket) = self.during(connect(&address, &timing)).await else {
            return Ok(Goodbye);
        };
        let mut socket = socket?;
        let mut channel = Channel::new(Topic::of(&self.root.room_hash()));
        let credentials = Credentials {
            access: self.root.access_hash(),
            sender: self.root.sender_hash(&self.run),
        };
        socket.push(channel.join(&credentials).map_err(garbage)?);
        let asked = clock::now();
        let Some(joined) = self
            .during(timeout(timing.join, join(&mut socket, &mut channel)))
            .await
        else {
            return Ok(Goodbye);
        };
        joined.map_err(|_| Trouble::JoinUnanswered(timing.join))??;
        let now = clock::now();
        self.jumped = false;
        self.was_joined = true;
        self.instance.joined(now);
        self.tell(Update::Joined);
        give_back_pages();
        let round_trip = now.monotonic.saturating_sub(asked.monotonic);
        let heartbeat = Heartbeat::new(timing, round_trip, now.monotonic, &mut self.rng);
        let served = self.serve(&mut socket, &mut channel, heartbeat).await;
        if clock::now().monotonic.saturating_sub(now.monotonic) >= timing.settled {
            self.failures = 0;
        }
        if let Some(answer) = self.expiring.take() {
            // Nobody waits for it any more at worst.
            let _ = answer.send(Err(CommandError::Offline));
        }
        served
    }

    /// A connection that is joined.
    async fn serve(
        &mut self,
        socket: &mut Socket,
        channel: &mut Channel,
        mut heartbeat: Heartbeat,
    ) -> Result<Goodbye, Trouble> {
        // Until when the peers may acknowledge that we leave.
        let mut parting = None;
        loop {
            let now = clock::now();
            if std::mem::take(&mut self.jumped) {
                heartbeat.probe(now.monotonic, channel.on_the_way());
                socket.push(channel.heartbeat().map_err(garbage)?);
            }
            heartbeat.received(socket.received(), now.monotonic);
            match heartbeat.due(now.monotonic, channel.on_the_way(), &mut self.rng) {
                Due::Nothing => {}
                Due::Beat => socket.push(channel.heartbeat().map_err(garbage)?),
                Due::Dead => return Err(Trouble::Silent),
            }
            if let Some(answer) = self.expire.take() {
                self.expiring = Some(answer);
                socket.push(channel.expire().map_err(garbage)?);
            }
            if self.is_time_to_leave(now) {
                let latest = *parting.get_or_insert(now.monotonic + self.timing.parting);
                self.instance.leave(now);
                if self.instance.has_left() || now.monotonic >= latest {
                    self.give_back(socket, channel).await;
                    return Ok(Goodbye);
                }
            }
            self.push_sealed(socket, channel)?;
            // While the reader is slow nothing is read, so no answer can come: no heartbeat may run out.
            let read = self.pending.len() < MAX_PENDING;
            if !read {
                heartbeat.excused(now.monotonic);
            }
            tokio::select! {
                message = socket.next(read) => {
                    let now = clock::now();
                    match channel.receive(&message?).map_err(garbage)? {
                        Brought::Sealed(payload) => {
                            self.record(Direction::In, payload);
                            self.instance.received(payload, now);
                        }
                        Brought::Relayed(tag) => self.instance.relayed(tag),
                        Brought::Seats(count) => self.instance.seats(count, now),
                        Brought::Alive => heartbeat.answered(now.monotonic),
                        Brought::Closed(why) => return Err(why),
                        Brought::Expired(done) => {
                            if self.expired(done) {
                                return Ok(Goodbye);
                            }
                        }
                        Brought::Joined | Brought::Refused(_) | Brought::Left | Brought::Nothing => {}
                    }
                }
                () = self.wait(parting.into_iter().chain([heartbeat.timeout()]).min()) => {}
            }
            self.attend();
        }
    }

    /// Takes from the instance what the socket and the path have room for.
    fn push_sealed(&mut self, socket: &mut Socket, channel: &mut Channel) -> Result<(), Trouble> {
        while socket.has_room()
            && channel.on_the_way() < MAX_ON_THE_WAY
            && let Some(push) = self.instance.next_push()
        {
            self.record(Direction::Out, &push.payload);
            socket.push(channel.sealed(&push.payload, push.tag).map_err(garbage)?);
        }
        self.gather();
        Ok(())
    }

    fn is_time_to_leave(&self, now: Now) -> bool {
        self.leaving
            .is_some_and(|latest| now.monotonic >= latest || self.instance.undelivered() == 0)
    }

    /// Gives the seat back, and waits a moment until the relay has all that was pushed.
    async fn give_back(&mut self, socket: &mut Socket, channel: &mut Channel) {
        let limit = self.timing.goodbye;
        let goodbye = async {
            self.push_sealed(socket, channel)?;
            socket.push(channel.leave().map_err(garbage)?);
            // The relay answers in order: its answer to this means that it has what came before.
            loop {
                let message = socket.next(true).await?;
                if channel.receive(&message).map_err(garbage)? == Brought::Left {
                    break;
                }
            }
            socket.push(Message::Close(None));
            socket.flush().await
        };
        // We leave either way; peers that were not told find out.
        let _ = timeout(limit, goodbye).await;
    }

    /// The relay's answer to the wish to destroy the room. True when it is done.
    fn expired(&mut self, done: bool) -> bool {
        if let Some(answer) = self.expiring.take() {
            let _ = answer.send(if done {
                Ok(())
            } else {
                Err(CommandError::NotExpired)
            });
        }
        done
    }

    /// Does some work and, meanwhile, all that needs no connection. `None` when it is time to leave.
    async fn during<T>(&mut self, work: impl Future<Output = T>) -> Option<T> {
        let mut work = pin!(work);
        loop {
            if let Some(answer) = self.expire.take() {
                let _ = answer.send(Err(CommandError::Offline));
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
        let next = [self.instance.next_timeout(), due, self.leaving]
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
        self.gather();
    }

    fn requested(&mut self, request: Request) {
        let now = clock::now();
        // An answer that nobody waits for any more is no harm.
        match request {
            Request::Say {
                text,
                reply_to,
                answer,
            } => {
                let said = self.instance.say(&text, reply_to, now);
                let _ = answer.send(said.map_err(CommandError::Say));
            }
            Request::Do {
                command: Command::Expire,
                answer,
            } => self.expire = Some(answer),
            Request::Do { command, answer } => {
                let _ = answer.send(self.command(command, now));
            }
        }
    }

    fn command(&mut self, command: Command, now: Now) -> Result<(), CommandError> {
        match command {
            Command::Edit { id, text } => self.instance.edit(id, &text, now)?,
            Command::Delete { id } => self.instance.delete(id, now)?,
            Command::React { target, reaction } => self.instance.react(target, &reaction, now)?,
            Command::Rename(name) => self.instance.rename(name, now),
            Command::Fade(fading) => self.instance.fade(fading, now),
            Command::Typing(on) => self.instance.typing(on, now),
            Command::Hold(receipt) => self.instance.hold(receipt, now),
            Command::Read(receipt) => self.instance.read(receipt, now),
            Command::Compared(peer) => self.instance.compared(peer),
            Command::Release(peer) => self.instance.release(peer, now),
            Command::Leave { timeout } => self.leave_by(timeout),
            // It needs the relay's answer, and is taken before.
            Command::Expire => return Err(CommandError::Offline),
        }
        Ok(())
    }

    fn leave_by(&mut self, timeout: Duration) {
        let latest = clock::now().monotonic.saturating_add(timeout);
        self.leaving = Some(self.leaving.map_or(latest, |before| before.min(latest)));
    }

    /// Takes what the instance has to tell.
    fn gather(&mut self) {
        while let Some(event) = self.instance.next_event() {
            let name = self.names.of(&event);
            self.tell(Update::Event { event, name });
        }
        let undelivered = self.instance.undelivered();
        if undelivered != self.undelivered {
            self.undelivered = undelivered;
            self.tell(Update::Undelivered(undelivered));
        }
    }

    fn tell(&mut self, update: Update) {
        self.pending.push_back(update);
        self.hand_over();
    }

    /// Gives the reader what it has room for.
    fn hand_over(&mut self) {
        while let Some(update) = self.pending.pop_front() {
            match self.updates.try_send(update) {
                Ok(()) => {}
                Err(TrySendError::Full(update)) => return self.pending.push_front(update),
                Err(TrySendError::Closed(_)) => {
                    self.pending.clear();
                    return self.leave_by(Duration::ZERO);
                }
            }
        }
    }

    fn record(&mut self, direction: Direction, payload: &[u8]) {
        if let Some(recorder) = &mut self.recorder
            && let Err(error) = recorder.write(direction, payload)
        {
            self.recorder = None;
            self.tell(Update::RecordingFailed(error));
        }
    }
}

/// Waits until the reader has room for an update, or is gone.
async fn until_taken(updates: &mpsc::Sender<Update>) {
    // Either way there is something to do.
    let _ = updates.reserve().await;
}

/// Waits for the answer to the join.
async fn join(socket: &mut Socket, channel: &mut Channel) -> Result<(), Trouble> {
    loop {
        let message = socket.next(true).await?;
        match channel.receive(&message).map_err(garbage)? {
            Brought::Joined => return Ok(()),
            Brought::Refused(why) | Brought::Closed(why) => return Err(why),
            _ => {}
        }
    }
}

fn garbage(error: FrameError) -> Trouble {
    Trouble::Garbage(error.to_string())
}
