//! A peer that says what no client lets its user say.

use sotto::relay_url::Invitation;
use sotto::room::{Command, Room, RoomConfig, Update, Updates};
use sotto_protocol::instance::{Event, Target};
use sotto_protocol::{Name, Passphrase, Root};
use tokio::runtime::Runtime;
use tokio::time::timeout;

use crate::limit::LIMIT;
use crate::scene::PASSPHRASE;

/// A member of the scene's room, on a relay of the test's choice.
pub struct Peer {
    runtime: Runtime,
    room: Room,
    updates: Updates,
}

impl Peer {
    /// Joins, under a name, the room with the scenes' passphrase to which this URL leads.
    pub fn join(url: &str, name: &str) -> Self {
        let runtime = Runtime::new().unwrap();
        let invitation: Invitation = url.parse().unwrap();
        let room_name = invitation.room.unwrap_or_default();
        let root = Root::derive(&Passphrase::new(PASSPHRASE).unwrap(), &room_name).unwrap();
        let settings = RoomConfig::new(invitation.address, root, Name::new(name).unwrap());
        let (room, updates) = runtime.block_on(async { Room::open(settings) });
        Self {
            runtime,
            room,
            updates,
        }
    }

    /// Waits for something that happens in the room.
    pub fn wait_for<T>(&mut self, what: impl Fn(Event) -> Option<T>) -> T {
        let found = async {
            loop {
                let update = self.updates.next().await.expect("the room is open");
                if let Update::Event { event, .. } = update
                    && let Some(found) = what(event)
                {
                    return found;
                }
            }
        };
        let found = self.runtime.block_on(async { timeout(LIMIT, found).await });
        found.unwrap_or_else(|_| panic!("it does not happen in {LIMIT:?}"))
    }

    /// Says anything, as an answer if so wanted.
    pub fn say(&self, text: &str, reply_to: Option<Target>) -> Target {
        let said = self.runtime.block_on(self.room.say(text.to_owned(), reply_to));
        Target {
            author: self.room.id(),
            id: said.unwrap().id,
        }
    }

    /// Does anything else.
    pub fn command(&self, command: Command) {
        self.runtime.block_on(self.room.command(command)).unwrap();
    }
}

impl std::fmt::Debug for Peer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Peer").finish_non_exhaustive()
    }
}
