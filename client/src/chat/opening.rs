//! Another room beside those that are open: from its passphrase to the first word of its relay.

use crate::open::stages;
use tokio::sync::mpsc;

use super::Chat;
use crate::open::stages::Opened;
use crate::relay_url;
use crate::room::{Settings, Timing};
use crate::screen::effect::RoomId;
use crate::screen::layer::join::Opening;
use crate::screen::state::Input;
use crate::secret::kdf::derive;
use crate::secret::verifier::Keyhole;

/// How far a room has come that is being opened, or why it comes no further.
pub(super) struct Progress {
    room: Begun,
    step: Result<Step, String>,
}

/// A room that is being opened.
struct Begun {
    id: RoomId,
    /// What unlocks the screen later.
    keyhole: Keyhole,
    /// What the configuration file calls it.
    called: Option<String>,
}

impl Begun {
    async fn tell(self, step: Result<Step, String>, progress: mpsc::Sender<Progress>) {
        // The chat may be over meanwhile.
        let _ = progress.send(Progress { room: self, step }).await;
    }
}

enum Step {
    /// Its key is made.
    Derived(Box<Settings>),
    /// Its relay has let us in, or told us to wait.
    Joined(Box<Opened>),
}

/// Makes the key beside the chat.
pub(super) fn derive_for(id: RoomId, opening: Opening, progress: mpsc::Sender<Progress>) {
    tokio::spawn(async move {
        let room = Begun {
            id,
            keyhole: Keyhole::new(&opening.passphrase, opening.command.clone()),
            called: opening.called.clone(),
        };
        let settings = settings(opening).await;
        let step = settings.map(|settings| Step::Derived(Box::new(settings)));
        room.tell(step, progress).await;
    });
}

async fn settings(opening: Opening) -> Result<Settings, String> {
    // Without a proxy of the room beside it, that of the environment.
    let proxy = opening.address.proxy().cloned();
    let address = relay_url::choose(proxy.as_ref(), opening.address).map_err(|error| error.to_string())?;
    let root = derive(opening.passphrase, opening.room)
        .await
        .map_err(|error| error.to_string())?;
    Ok(Settings {
        address,
        root,
        name: opening.name,
        recorder: None,
        timing: Timing::default(),
    })
}

impl Chat {
    /// Goes on with a room, unless it is not wanted any more or open already.
    pub(super) fn progress(&mut self, Progress { room: begun, step }: Progress) {
        let id = begun.id;
        if !self.state.awaits(id) {
            return;
        }
        let opened = match step {
            Ok(Step::Derived(settings)) if self.state.rooms.has(&settings.root.room_hash()) => {
                Err("that room is open here already".to_owned())
            }
            Ok(Step::Derived(settings)) => {
                let progress = self.opening.clone();
                tokio::spawn(async move {
                    let opened = stages::open(*settings).await;
                    let step = opened.map(|opened| Step::Joined(Box::new(opened)));
                    let step = step.map_err(|trouble| trouble.to_string());
                    begun.tell(step, progress).await;
                });
                return;
            }
            Ok(Step::Joined(opened)) => {
                let (room, mut conversation) = opened.begun(self.now());
                conversation.keyhole = Some(begun.keyhole);
                if let Some(called) = begun.called {
                    conversation.call(called);
                }
                self.rooms.add(id, room);
                Ok(Box::new(conversation))
            }
            Err(why) => Err(why),
        };
        self.input(Input::Opened { room: id, opened });
    }
}
