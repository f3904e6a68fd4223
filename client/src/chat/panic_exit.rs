//! The end in a hurry.

use std::time::Duration;

use tokio::time::timeout;

use super::Chat;
use super::rooms::OpenRooms;
use crate::exit::Exit;
use crate::memory::Folder;
use crate::room::Update;

/// How long the rooms may take to say goodbye when everything is to end within a tenth of a second.
const GOODBYE: Duration = Duration::from_millis(40);

impl Chat {
    /// Leaves the rooms, wipes what was said, and ends the process. The terminal was given back before.
    pub(super) async fn vanish(mut self) -> ! {
        if self.state.settings.panic_forgets
            && let Ok(folder) = Folder::usual()
        {
            // Without the secret of the device the rest is noise, whatever becomes of it.
            let _ = folder.forget_all();
        }
        let leave = self.state.leave_now();
        self.carry_out(leave);
        let Self { state, mut rooms, .. } = self;
        drop(state);
        // The others see at once that we are gone; if that takes too long, they see it later.
        let _ = timeout(GOODBYE, all_left(&mut rooms)).await;
        std::process::exit(Exit::Done as i32);
    }
}

async fn all_left(rooms: &mut OpenRooms) {
    while !rooms.is_empty() {
        if let (room, None | Some(Update::Left { .. } | Update::Failed(_))) = rooms.next().await {
            rooms.remove(room);
        }
    }
}
