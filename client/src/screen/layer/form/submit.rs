//! Into the room, with all that is filled in.

use std::time::Duration;

use sotto_protocol::{Name, Passphrase};

use super::{Effect, Field, Form, Stage};
use crate::open::ticket::{Destination, Ticket};
use crate::relay_url::{AddressError, Invitation, handed_over};

impl Form {
    /// Goes on to what is still empty, else into the room.
    pub(super) fn enter(&mut self, alone: bool, now: Duration, effects: &mut Vec<Effect>) {
        if self.focus == Field::Passphrase && !alone {
            return self.complain(
                Field::Passphrase,
                "input that comes this fast looks like a paste: Enter alone goes on".to_owned(),
            );
        }
        let checked = match self.focus {
            Field::Relay => self.invitation().map(|_| ()),
            Field::Name => self.checked_name().map(|_| ()),
            Field::Passphrase => Ok(()),
        };
        if let Err((field, why)) = checked {
            return self.complain(field, why);
        }
        if let Some(empty) = self.first_empty() {
            if empty == self.focus {
                self.complain(
                    Field::Passphrase,
                    "the passphrase is empty; Ctrl+G makes one".to_owned(),
                );
            }
            self.focus = empty;
            return;
        }
        if self.focus != Field::Passphrase {
            self.focus = Field::Passphrase;
            return;
        }
        self.go_on(now, effects);
    }

    /// Into the room, with all that is filled in.
    pub(super) fn go_on(&mut self, now: Duration, effects: &mut Vec<Effect>) {
        if self.unrated && !self.told {
            self.entered = true;
            return;
        }
        match self.ticket() {
            Ok((ticket, passphrase)) => {
                self.complaint = None;
                self.stage = Stage::Deriving(now);
                effects.push(Effect::Join(Box::new(ticket), passphrase));
            }
            Err((field, why)) => self.complain(field, why),
        }
    }

    pub(super) fn invitation(&self) -> Result<Invitation, (Field, String)> {
        let relay = self.relay.text().trim();
        if relay.is_empty() {
            let what =
                "type the relay's URL, or paste the line that you were handed; sotto host starts a relay";
            return Err((Field::Relay, what.to_owned()));
        }
        handed_over(relay)
            .parse()
            .map_err(|error: AddressError| (Field::Relay, error.to_string()))
    }

    pub(super) fn checked_name(&self) -> Result<Name, (Field, String)> {
        Name::new(self.name.text()).map_err(|error| (Field::Name, error.to_string()))
    }

    pub(super) fn ticket(&mut self) -> Result<(Ticket, Passphrase), (Field, String)> {
        let mut invitation = self.invitation()?;
        let name = self.checked_name()?;
        let at = |error: sotto_protocol::passphrase::PassphraseError| (Field::Passphrase, error.to_string());
        let passphrase = Passphrase::new(self.passphrase.expose()).map_err(at)?;
        if !self.told
            && let Some(doubt) = self.doubt()
        {
            self.told = true;
            return Err((
                Field::Passphrase,
                format!("{doubt}; Enter again uses it all the same"),
            ));
        }
        // A new room: with a name of its own no two rooms share a salt.
        if let Some(room) = &self.made
            && invitation.room.is_none()
        {
            self.relay.set(&invitation.address.invitation(room));
            invitation.room = Some(room.clone());
        }
        let ticket = Ticket {
            to: Destination {
                address: invitation.address,
                room: invitation.room.unwrap_or_default(),
                called: None,
                remember: None,
                command: None,
            },
            name,
            made: self.made.is_some(),
            recorder: None,
            keeping: crate::room::Keeping::default(),
        };
        Ok((ticket, passphrase))
    }
}
