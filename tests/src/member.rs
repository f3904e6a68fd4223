//! A member that obeys no rules: it has the passphrase and a seat, opens every envelope of the room, and sends any,
//! in anybody's name. What it does with that is the test's.

mod meeting;

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::{Duration, Instant};

use futures_util::{SinkExt, StreamExt};
pub use meeting::{Line, Meeting, text};
use rand::RngExt;
use rand::rngs::StdRng;
use sotto_protocol::envelope::{Envelopes, Header, Kind, Recipient, SessionId};
use sotto_protocol::frame::{Payload, Push, Received, Ref};
use sotto_protocol::handshake::FirstKey;
use sotto_protocol::instance::EVENT;
use sotto_protocol::message::InstanceId;
use sotto_protocol::run_key::{PublicRunKey, RunKey};
use sotto_protocol::{Credentials, Passphrase, RoomName, Root, Run, Topic};
use tokio::net::TcpStream;
use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::limit::LIMIT;
use crate::scene::PASSPHRASE;

/// A hello's nonce.
pub type Nonce = [u8; 16];

/// The join is the first push.
const JOIN: u64 = 1;
/// A relay closes what is silent for a minute.
const BETWEEN_HEARTBEATS: Duration = Duration::from_secs(20);
const HEARTBEAT: &str = r#"[null,null,"phoenix","heartbeat",{}]"#;

/// A seat in a scene's room. Dies without a word on drop.
pub struct Member {
    envelopes: Envelopes,
    room_key: FirstKey,
    rng: StdRng,
    outgoing: UnboundedSender<Message>,
    incoming: Receiver<Message>,
    /// What came while the relay's answer was waited for.
    unread: VecDeque<Envelope>,
    /// The ref of the last push, and of the last that the relay has answered.
    last: u64,
    answered: u64,
    _runtime: Runtime,
}

/// An envelope, opened.
#[derive(Debug, Clone)]
pub struct Envelope {
    /// What stands before the body; nothing of it is proven.
    pub header: Header,
    /// The body, with its filling.
    pub body: Vec<u8>,
}

/// What a hello says.
#[derive(Debug, Clone)]
pub struct Hello {
    /// Whose it is, unless it is forged.
    pub run_key: PublicRunKey,
    /// New at every join.
    pub nonce: Nonce,
    /// The nonce that it answers; zeros if none.
    pub echo: Nonce,
}

/// Whom the member says to be.
pub struct Guise {
    /// One of its own, or another's.
    pub shown: PublicRunKey,
    /// What it signs with. Only its own it can have.
    run_key: RunKey,
    /// Of its hellos.
    pub nonce: Nonce,
    /// Of its last hello.
    pub counter: u64,
    /// Of its last handshake.
    pub attempt: u64,
}

impl Member {
    /// Takes a seat in the room without a name at a relay.
    pub fn join(url: &str) -> Self {
        let root = Root::derive(&Passphrase::new(PASSPHRASE).unwrap(), &RoomName::new("").unwrap()).unwrap();
        let keys = root.keys();
        let mut rng: StdRng = rand::make_rng();
        let credentials = Credentials {
            access: root.access_hash(),
            sender: root.sender_hash(&Run::random(&mut rng)),
        };
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let url = format!("{url}/socket/websocket?vsn=2.0.0");
        let (socket, _) = runtime.block_on(connect_async(url)).unwrap();
        let (outgoing, to_send) = unbounded_channel();
        let (came, incoming) = channel();
        runtime.spawn(carry(socket, to_send, came));
        let mut member = Self {
            envelopes: Envelopes::new(&keys, Topic::of(&root.room_hash())),
            room_key: FirstKey::of_room(&keys),
            rng,
            outgoing,
            incoming,
            unread: VecDeque::new(),
            last: 0,
            answered: 0,
            _runtime: runtime,
        };
        member.push("phx_join", Payload::Json(&credentials.to_json()));
        member.settle();
        member
    }

    /// An id of its own, by the rules.
    pub fn guise(&mut self) -> Guise {
        let run_key = RunKey::new(&mut self.rng);
        Guise {
            shown: run_key.public(),
            run_key,
            nonce: self.rng.random(),
            counter: 0,
            attempt: 0,
        }
    }

    /// Somebody else's id, with counters that are above all of its own.
    pub fn guise_of(&mut self, other: &PublicRunKey) -> Guise {
        Guise {
            shown: other.clone(),
            counter: 1 << 62,
            attempt: (1 << 62) - 1,
            ..self.guise()
        }
    }

    /// "I am here", and, to one whose nonce is known, "I hear you".
    pub fn hello(&mut self, guise: &mut Guise, to: Recipient, echo: Option<Nonce>) {
        guise.counter += 1;
        let header = Header {
            kind: Kind::Hello,
            from: guise.id(),
            to,
            session: SessionId([0; 8]),
            counter: guise.counter,
        };
        let body = [
            &guise.nonce[..],
            &echo.unwrap_or_default(),
            guise.shown.as_bytes(),
        ]
        .concat();
        self.send_signed(guise, &header, &body);
    }

    /// An envelope of no session: signed as well as the member can.
    fn send_signed(&mut self, guise: &Guise, header: &Header, body: &[u8]) {
        let body = guise.run_key.sign(self.envelopes.topic(), header, body);
        self.send(header, &body.unwrap());
    }

    /// Any envelope whatever.
    pub fn send(&mut self, header: &Header, body: &[u8]) {
        let payload = self.envelopes.seal(header, body, &mut self.rng).unwrap();
        self.push(EVENT, Payload::Binary(&payload));
    }

    /// Waits until the relay has passed on all that was sent.
    pub fn settle(&mut self) {
        let until = Instant::now() + LIMIT;
        while self.answered < self.last {
            let came = self.receive(until);
            let came = came.unwrap_or_else(|| panic!("the relay does not answer in {LIMIT:?}"));
            self.unread.extend(came);
        }
    }

    /// The next envelope of the room, if one comes within so long.
    pub fn within(&mut self, wait: Duration) -> Option<Envelope> {
        if let Some(envelope) = self.unread.pop_front() {
            return Some(envelope);
        }
        let until = Instant::now() + wait;
        loop {
            if let Some(envelope) = self.receive(until)? {
                return Some(envelope);
            }
        }
    }

    /// Waits for an envelope from which something is to be had. What comes before is passed over.
    pub fn wait_for<T>(&mut self, mut what: impl FnMut(&Envelope) -> Option<T>) -> T {
        loop {
            let envelope = self.within(LIMIT).expect("an envelope comes");
            if let Some(found) = what(&envelope) {
                return found;
            }
        }
    }

    /// Meets somebody by the rules.
    pub fn meet(&mut self, mut guise: Guise, peer: PublicRunKey) -> Line {
        self.hello(&mut guise, Recipient::One(peer.id()), None);
        let mut meeting = Meeting::new(guise, peer);
        loop {
            let envelope = self.within(LIMIT).expect("an envelope comes");
            if let Some(line) = meeting.take(self, &envelope) {
                return line;
            }
        }
    }

    /// Takes what comes until then; the envelope, if it is one.
    fn receive(&mut self, until: Instant) -> Option<Option<Envelope>> {
        let wait = until.saturating_duration_since(Instant::now());
        let message = self.incoming.recv_timeout(wait).ok()?;
        let received = match &message {
            Message::Text(text) => Received::decode_text(text.as_str()).unwrap(),
            Message::Binary(data) => Received::decode_binary(data).unwrap(),
            _ => return Some(None),
        };
        Some(match received {
            Received::Reply(reply) => {
                // It answers in order. A heartbeat has no ref.
                self.answered = reply.reference.text().parse().unwrap_or(self.answered);
                None
            }
            Received::Notice(notice) => match notice.payload {
                Payload::Binary(payload) => self.envelopes.open(payload).ok().map(Envelope::from),
                Payload::Json(_) => None,
            },
        })
    }

    fn push(&mut self, event: &str, payload: Payload<'_>) {
        self.last += 1;
        let push = Push {
            join_ref: Ref::Text(JOIN.to_string().into()),
            reference: Ref::Text(self.last.to_string().into()),
            topic: self.envelopes.topic().as_str().into(),
            event: event.into(),
            payload,
        };
        let mut frame = Vec::new();
        push.encode(&mut frame).unwrap();
        let message = match payload {
            Payload::Binary(_) => Message::binary(frame),
            Payload::Json(_) => Message::text(String::from_utf8(frame).unwrap()),
        };
        self.outgoing.send(message).expect("the seat is there");
    }
}

impl Guise {
    /// The id that is shown.
    pub fn id(&self) -> InstanceId {
        self.shown.id()
    }
}

impl Envelope {
    /// What it says, if it is a hello.
    pub fn hello(&self) -> Option<Hello> {
        let (nonce, rest) = self.body.split_first_chunk()?;
        let (echo, rest) = rest.split_first_chunk()?;
        let run_key = PublicRunKey::from_bytes(rest.first_chunk()?)?;
        (self.header.kind == Kind::Hello).then_some(Hello {
            run_key,
            nonce: *nonce,
            echo: *echo,
        })
    }
}

impl<B: AsRef<[u8]>> From<(Header, B)> for Envelope {
    fn from((header, body): (Header, B)) -> Self {
        let body = body.as_ref().to_vec();
        Self { header, body }
    }
}

impl std::fmt::Debug for Member {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Member").finish_non_exhaustive()
    }
}

/// Carries frames both ways until one of the two ends.
async fn carry(
    mut socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    mut to_send: UnboundedReceiver<Message>,
    came: Sender<Message>,
) {
    let mut heartbeat = tokio::time::interval(BETWEEN_HEARTBEATS);
    loop {
        let goes_on = tokio::select! {
            message = to_send.recv() => match message {
                Some(message) => socket.send(message).await.is_ok(),
                None => false,
            },
            _ = heartbeat.tick() => socket.send(Message::text(HEARTBEAT)).await.is_ok(),
            message = socket.next() => match message {
                Some(Ok(message)) => came.send(message).is_ok(),
                _ => false,
            },
        };
        if !goes_on {
            return;
        }
    }
}

impl std::fmt::Debug for Guise {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Guise")
            .field("shown", &self.shown)
            .finish_non_exhaustive()
    }
}
