//! How a member gets a session: it plays a handshake by the rules, in whichever id, and then says what it likes.

use sotto_protocol::envelope::{self, Header, Recipient, SessionId};
use sotto_protocol::handshake::{Begun, First, Parties, Unconfirmed};
use sotto_protocol::message::{Acknowledged, Content, InstanceId, Kind, Message, MessageId, Text};
use sotto_protocol::run_key::{PublicRunKey, SIGNATURE_LEN};
use sotto_protocol::session::Session;

use super::{Envelope, Guise, Member};

/// A handshake that takes place, begun by the lower id.
pub struct Meeting {
    /// Who the member says to be.
    pub guise: Guise,
    peer: PublicRunKey,
    begun: Option<Box<Begun>>,
    answered: Option<Unconfirmed>,
}

/// A session that is confirmed.
pub struct Line {
    session: Session,
    from: InstanceId,
    peer: InstanceId,
    /// The number of what is said next.
    next: u64,
    /// So much of what the peer said is held.
    held: u64,
}

impl Meeting {
    /// Nothing has been said yet.
    pub fn new(guise: Guise, peer: PublicRunKey) -> Self {
        Self {
            guise,
            peer,
            begun: None,
            answered: None,
        }
    }

    /// With whom.
    pub fn peer(&self) -> &PublicRunKey {
        &self.peer
    }

    /// Begins a handshake, before anybody asks.
    pub fn begin(&mut self, member: &mut Member) {
        self.guise.attempt += 1;
        let topic = member.envelopes.topic().clone();
        let parties = Parties::between(&topic, &self.guise.shown, &self.peer);
        let attempt = self.guise.attempt;
        let begun = Begun::new(parties, &member.room_key, attempt, &mut member.rng).unwrap();
        self.send(member, envelope::Kind::First, begun.session(), begun.first());
        self.begun = Some(Box::new(begun));
    }

    /// Takes what comes in the room, and does what is due; the session once there is one.
    pub fn take(&mut self, member: &mut Member, envelope: &Envelope) -> Option<Line> {
        let Header {
            kind,
            from,
            to,
            session,
            ..
        } = envelope.header;
        if from != self.peer.id() || ![Recipient::All, Recipient::One(self.guise.id())].contains(&to) {
            return None;
        }
        match kind {
            envelope::Kind::Hello => {
                let hello = envelope.hello()?;
                if self.begun.is_some() || self.answered.is_some() {
                    return None;
                }
                member.hello(&mut self.guise, Recipient::One(from), Some(hello.nonce));
                if hello.echo == self.guise.nonce && self.guise.id() < from {
                    self.begin(member);
                }
            }
            envelope::Kind::First if self.answered.is_none() => self.answer(member, session, &envelope.body),
            envelope::Kind::Second => return self.agree(member, session, &envelope.body),
            envelope::Kind::Message => return self.confirmed(session, &envelope.body),
            envelope::Kind::First => {}
        }
        None
    }

    fn answer(&mut self, member: &mut Member, session: SessionId, first: &[u8]) {
        let topic = member.envelopes.topic().clone();
        let parties = Parties::between(&topic, &self.guise.shown, &self.peer);
        let first = First::read(
            parties,
            session,
            &member.room_key,
            unsigned(first),
            &mut member.rng,
        );
        // One under a chain is not for us to read.
        let Ok(first) = first else { return };
        let (second, unconfirmed) = first.answer(&mut member.rng).unwrap();
        self.send(member, envelope::Kind::Second, session, &second);
        self.answered = Some(unconfirmed);
    }

    fn agree(&mut self, member: &mut Member, session: SessionId, second: &[u8]) -> Option<Line> {
        let begun = self.begun.take_if(|begun| begun.session() == session)?;
        let agreed = match begun.read_second(unsigned(second)) {
            Ok(agreed) => agreed,
            Err(begun) => {
                self.begun = Some(begun);
                return None;
            }
        };
        let revealed = agreed.revealed?;
        let mut line = self.line(agreed.session);
        line.send(member, Kind::Confirm { revealed });
        Some(line)
    }

    fn confirmed(&mut self, session: SessionId, confirm: &[u8]) -> Option<Line> {
        let answered = self.answered.take_if(|answered| answered.id() == session)?;
        let origin = answered.origin.clone();
        let confirmed = answered.confirm(confirm, &origin).ok()?;
        Some(self.line(confirmed.session))
    }

    fn line(&self, session: Session) -> Line {
        Line {
            session,
            from: self.guise.id(),
            peer: self.peer.id(),
            next: 0,
            held: 0,
        }
    }

    fn send(&self, member: &mut Member, kind: envelope::Kind, session: SessionId, body: &[u8]) {
        let header = Header {
            kind,
            from: self.guise.id(),
            to: Recipient::One(self.peer.id()),
            session,
            counter: 0,
        };
        member.send_signed(&self.guise, &header, body);
    }
}

impl Line {
    /// Says the next of the stream.
    pub fn say(&mut self, member: &mut Member, content: Content) {
        let number = self.next;
        self.next += 1;
        self.send(member, Kind::Numbered(number, content));
    }

    /// Sends anything.
    pub fn send(&mut self, member: &mut Member, kind: Kind) {
        let (held, read) = (self.held, self.held);
        let message = Message {
            acknowledged: Acknowledged { held, read },
            kind,
        };
        let (counter, body) = self.session.seal(&message.encode()).unwrap();
        let header = Header {
            kind: envelope::Kind::Message,
            from: self.from,
            to: Recipient::One(self.peer),
            session: self.session.id(),
            counter,
        };
        member.send(&header, &body);
    }

    /// What an envelope says, if it is the next of this session.
    pub fn open(&mut self, envelope: &Envelope) -> Option<Message> {
        let Header {
            from,
            session,
            counter,
            ..
        } = envelope.header;
        let is_next = counter == self.session.next_counter();
        if (from, session) != (self.peer, self.session.id()) || !is_next {
            return None;
        }
        let message = Message::decode(&self.session.open(&envelope.body).ok()?).ok()?;
        if let Kind::Numbered(number, _) = &message.kind
            && *number == self.held
        {
            self.held += 1;
        }
        Some(message)
    }
}

/// A body without its signature, which the member takes on trust.
fn unsigned(body: &[u8]) -> &[u8] {
    &body[..body.len() - SIGNATURE_LEN]
}

/// A text of just now.
pub fn text(text: &str) -> Content {
    Content::Text(Text {
        id: MessageId(rand::random()),
        repeat: false,
        clock: 0,
        waited: 0,
        reply_to: None,
        fades: None,
        text: text.to_owned(),
    })
}
