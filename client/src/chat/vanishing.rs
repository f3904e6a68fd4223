//! The end in a hurry, and the passphrase of a locked screen.

use std::time::Duration;

use tokio::time::timeout;

use super::Chat;
use super::rooms::{FromRooms, OpenRooms};
use crate::exit::Exit;
use crate::room::Update;
use crate::screen::update::Input;
use crate::secret;

/// How long the rooms may take to say goodbye when everything is to end within a tenth of a second.
const GOODBYE: Duration = Duration::from_millis(40);

impl Chat {
    /// Leaves the rooms, wipes what was said, and ends the process. The terminal was given back before.
    pub(super) async fn vanish(mut self) -> ! {
        let leave = self.state.leave_now();
        self.carry_out(leave);
        let Self { state, mut rooms, .. } = self;
        drop(state);
        // The others see at once that we are gone; if that takes too long, they see it later.
        let _ = timeout(GOODBYE, all_left(&mut rooms)).await;
        std::process::exit(Exit::Done as i32);
    }

    /// Runs the command that prints a passphrase, beside the chat.
    pub(super) fn fetch(&mut self, command: String) {
        let fetched = self.fetch.clone();
        tokio::spawn(async move {
            let passphrase = tokio::task::spawn_blocking(move || secret::fetch(&command)).await;
            let passphrase = match passphrase {
                Ok(passphrase) => passphrase.map_err(|error| error.to_string()),
                Err(_) => Err("the passphrase command was stopped".to_owned()),
            };
            // The chat may be over meanwhile.
            let _ = fetched.send(Input::Fetched(passphrase)).await;
        });
    }
}

async fn all_left(rooms: &mut OpenRooms) {
    while !rooms.is_empty() {
        if let FromRooms::Update(room, None | Some(Update::Left { .. } | Update::Failed(_))) =
            rooms.next().await
        {
            rooms.remove(room);
        }
    }
}
