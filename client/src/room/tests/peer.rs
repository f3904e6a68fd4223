//! The other end of a talk.

use sotto_protocol::frame::Status;
use sotto_protocol::instance::Event;
use sotto_protocol::{Instance, Name, Root, Topic};

use super::super::clock;
use super::fake::{Client, Pushed};

/// Another one in the room, behind the relay.
pub(super) struct Peer {
    pub(super) instance: Instance,
}

impl Peer {
    pub(super) fn new(name: &str) -> Self {
        let root = Root::from_bytes([7; 32]);
        let rng: rand::rngs::StdRng = rand::make_rng();
        let topic = Topic::of(&root.room_hash());
        let mut instance = Instance::new(root.keys(), topic, Name::new(name).unwrap(), Box::new(rng));
        instance.joined(clock::now());
        Self { instance }
    }

    /// Lets the relay pass on what it says.
    pub(super) async fn speak(&mut self, client: &mut Client, join: &Pushed) {
        while let Some(push) = self.instance.next_push() {
            client.sealed(join, &push.payload).await;
        }
    }

    /// Meets the client; the relay answers until then.
    pub(super) async fn meet(&mut self, client: &mut Client, join: &Pushed) {
        while !matches!(self.instance.next_event(), Some(Event::PeerJoined { .. })) {
            self.speak(client, join).await;
            let push = client.next().await.expect("the client closed");
            client.reply(&push, Status::Ok, "{}").await;
            self.instance.received(&push.data, clock::now());
        }
        self.speak(client, join).await;
    }
}
