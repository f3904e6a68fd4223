//! Another room beside those that are open: from its passphrase to its first connection.

use tokio::sync::mpsc;

use super::Chat;
use crate::derivation::derive;
use crate::join;
use crate::keyhole::Keyhole;
use crate::proxy;
use crate::room::{Room, Settings, Timing};
use crate::screen::joining::Opening;
use crate::screen::rooms::RoomId;
use crate::screen::update::Input;

/// A key that was made for a room.
pub(super) struct Derived {
    id: RoomId,
    made: Result<(Settings, Keyhole), String>,
}

/// Makes the key beside the chat.
pub(super) fn derive_for(id: RoomId, opening: Opening, derived: mpsc::Sender<Derived>) {
    tokio::spawn(async move {
        let made = settings(opening).await;
        // The chat may be over meanwhile.
        let _ = derived.send(Derived { id, made }).await;
    });
}

async fn settings(opening: Opening) -> Result<(Settings, Keyhole), String> {
    // Without a proxy of the room beside it, that of the environment.
    let proxy = opening.address.proxy().cloned();
    let address = proxy::choose(proxy.as_ref(), opening.address).map_err(|error| error.to_string())?;
    let keyhole = Keyhole::new(&opening.passphrase, None);
    let root = derive(opening.passphrase, opening.room)
        .await
        .map_err(|error| error.to_string())?;
    let settings = Settings {
        address,
        root,
        name: opening.name,
        recorder: None,
        timing: Timing::default(),
    };
    Ok((settings, keyhole))
}

impl Chat {
    /// Opens the room, unless it is not wanted any more or open already.
    pub(super) fn derived(&mut self, Derived { id, made }: Derived) {
        if !self.state.awaits(id) {
            return;
        }
        let opened = made.and_then(|(settings, keyhole)| {
            let mut conversation = join::conversation(&settings);
            conversation.keyhole = Some(keyhole);
            if self.state.rooms.has(&conversation) {
                return Err("that room is open here already".to_owned());
            }
            let room = Room::open(settings);
            conversation.id = room.0.id();
            self.rooms.add(id, room);
            Ok(Box::new(conversation))
        });
        self.input(Input::Opened { room: id, opened });
    }
}
