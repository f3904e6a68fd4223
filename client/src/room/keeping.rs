//! What is left on a relay for who is away, and taken there: the [`Mailbox`] between the task and its channel.

use std::time::Duration;

use rand::rand_core::UnwrapErr;
use rand::rngs::SysRng;
use sotto_protocol::instance::{Absent, Event as InstanceEvent, Now};
use sotto_protocol::kept::{Announcement, DropHash};
use sotto_protocol::mail::mailbox::{Copy, Event, KeepError, Letter};
use sotto_protocol::mail::{MailKey, Mailbox};
use sotto_protocol::message::MessageId;
use sotto_protocol::{Instance, Name};

use super::{CommandError, Update};

/// How much longer than wanted leaving waits for what is on its way to the relay by itself: less than a signal gives us.
const LEAVING: Duration = Duration::from_millis(1500);

/// Where the randomness of keys and nonces comes from.
pub(super) type Random = UnwrapErr<SysRng>;

/// How what waits is dealt with in a room.
#[derive(Debug, Clone, Copy, Default)]
pub struct Keeping {
    /// What nobody who is here is to get is left on the relay by itself.
    pub always: bool,
    /// The passphrase could be guessed from what lies on a relay: nothing is left there.
    pub guessable: bool,
    /// What was left for us stays where it is.
    pub only_looks: bool,
}

/// See the [module](self).
pub(super) struct Keeper {
    pub(super) mailbox: Mailbox,
    keeping: Keeping,
    /// As told last: what the relay keeps, and why something is not left there by itself.
    days: Option<Option<u8>>,
    trouble: Option<CommandError>,
}

impl Keeper {
    pub(super) fn new(key: MailKey, name: Name, keeping: Keeping, rng: Random) -> Self {
        let mut mailbox = Mailbox::new(key, name, Box::new(rng));
        if keeping.only_looks {
            mailbox.only_look();
        }
        Self {
            mailbox,
            keeping,
            days: None,
            trouble: None,
        }
    }

    /// Leaves all that nobody who is here is to get.
    pub(super) fn keep(&mut self, instance: &Instance, now: Now) -> Result<(), CommandError> {
        if self.keeping.guessable {
            return Err(CommandError::Guessable);
        }
        self.mailbox.days().ok_or(KeepError::KeepsNothing)?;
        let mut kept = Ok(());
        for absent in instance.absent() {
            if !self.mailbox.knows(absent.text.id, absent.to) {
                // Others may fit where one does not.
                kept = kept.and(self.mailbox.keep(letter(&absent), now));
            }
        }
        Ok(kept?)
    }

    /// The same, where that is to be done by itself and nobody is here: why it cannot be, where that is news.
    pub(super) fn keep_by_itself(&mut self, instance: &Instance, now: Now) -> Option<Update> {
        let is_wanted = self.keeping.always && instance.is_alone(now);
        if !is_wanted || instance.absent().is_empty() {
            return None;
        }
        let trouble = self.keep(instance, now).err();
        let is_news = trouble != self.trouble;
        self.trouble = trouble;
        trouble.filter(|_| is_news).map(Update::CannotKeep)
    }

    pub(super) fn keep_always(&mut self) {
        self.keeping.always = true;
    }

    /// How much longer leaving waits for what is on its way to the relay by itself.
    pub(super) fn holds_up(&self, now: Now) -> Duration {
        if self.keeping.always && self.is_busy(now) {
            LEAVING
        } else {
            Duration::ZERO
        }
    }

    /// Whether a message of ours is on the relay, or was taken there.
    pub(super) fn is_safe(&self, id: MessageId) -> bool {
        self.mailbox.is_safe(id)
    }

    /// Whether something is on its way to the relay that should arrive before we leave.
    pub(super) fn is_busy(&self, now: Now) -> bool {
        self.mailbox.days().is_some() && (self.mailbox.unsettled(now) > 0 || self.mailbox.is_dropping())
    }

    /// Takes note of what happens live. How a message stands to what was left under its id.
    pub(super) fn happened(&mut self, event: &InstanceEvent, instance: &Instance) -> Copy {
        match event {
            InstanceEvent::Message { id, text, .. } => self.mailbox.live(*id, text),
            InstanceEvent::Delivered { id, to } => {
                if let Some(name) = instance.name_of(*to) {
                    self.mailbox.delivered(*id, name);
                }
                Copy::New
            }
            _ => Copy::New,
        }
    }

    /// The next thing to tell.
    pub(super) fn next_update(&mut self, instance: &mut Instance) -> Option<Update> {
        let event = self.mailbox.next_event()?;
        if let Event::Gone { id, .. } | Event::TooLate { id } = event {
            instance.may_be_a_repeat(id);
        }
        Some(Update::Mail(event))
    }

    /// What the relay of this join keeps, where that is news.
    pub(super) fn joined(&mut self, announced: Option<&Announcement>, now: Now) -> Option<Update> {
        self.mailbox.joined(announced, now);
        let days = self.mailbox.days();
        (self.days.replace(days) != Some(days)).then_some(Update::Keeps(days))
    }

    pub(super) fn take(&mut self, handle: &DropHash) {
        self.mailbox.take(handle);
    }
}

fn letter(absent: &Absent<'_>) -> Letter {
    let text = absent.text;
    Letter {
        id: text.id,
        to: absent.to.cloned(),
        written: text.clock,
        fades: text.fades,
        reply_to: text.reply_to,
        text: text.text.clone(),
    }
}
