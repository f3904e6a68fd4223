//! The passphrase in the form: typed or made, rated, and doubted.

use std::time::Duration;

use sotto_protocol::{Passphrase, RoomName};

use super::Effect;
use crate::screen::keymap::action::Action;
use crate::screen::layer::form::{Field, Form};
use crate::secret::WORDS;
use crate::secret::strength::{Slip, Strength};

impl Form {
    pub(super) fn edit_passphrase(&mut self, action: Action, effects: &mut Vec<Effect>) {
        match action {
            Action::Insert(c) => self.type_passphrase(c.encode_utf8(&mut [0; 4])),
            Action::Backspace => self.passphrase.backspace(),
            Action::KillWord => self.passphrase.erase_word(),
            Action::KillToStart => self.passphrase.clear(),
            _ => return,
        }
        self.passphrase_changed(effects);
    }

    pub(super) fn type_passphrase(&mut self, text: &str) {
        if !self.passphrase.insert(text) {
            self.complain(
                Field::Passphrase,
                "this is longer than any passphrase: is it the right text?".to_owned(),
            );
        }
    }

    pub(super) fn passphrase_changed(&mut self, effects: &mut Vec<Effect>) {
        (self.made, self.told, self.entered) = (None, false, false);
        self.forget_complaint(Field::Passphrase);
        let typed = self.passphrase.expose();
        self.unrated = !typed.trim().is_empty();
        if self.unrated {
            effects.push(Effect::Rate);
        } else {
            self.strength = None;
        }
        // The last word may still grow.
        if typed.ends_with(char::is_whitespace)
            && let Some(slip) = Slip::find(typed)
        {
            let slip = said(slip);
            self.complain_quietly(Field::Passphrase, slip);
        }
    }

    /// A passphrase of random words in the place of what was typed; shown, as it has to be handed over.
    pub(super) fn generated(&mut self, passphrase: &Passphrase, room: RoomName) {
        self.passphrase.clear();
        self.passphrase.insert(passphrase.expose());
        self.forget_complaint(Field::Passphrase);
        self.strength = Some(Strength::of_random_words(WORDS));
        (self.unrated, self.entered, self.told) = (false, false, false);
        (self.made, self.shown, self.focus) = (Some(room), true, Field::Passphrase);
    }

    pub(super) fn rated(&mut self, strength: Strength, now: Duration, effects: &mut Vec<Effect>) {
        // What it was is gone, or was made meanwhile.
        if !std::mem::take(&mut self.unrated) {
            return;
        }
        self.strength = Some(strength);
        if std::mem::take(&mut self.entered) {
            self.go_on(now, effects);
        }
    }

    /// What should be asked about before the passphrase is used.
    pub(super) fn doubt(&self) -> Option<String> {
        if let Some(slip) = Slip::find(self.passphrase.expose()) {
            return Some(said(slip));
        }
        // How weak stands below the passphrase already.
        self.strength.filter(|strength| strength.is_weak())?;
        Some("weak, and everything rests on it (Ctrl+G makes one of 77 bits)".to_owned())
    }
}

fn said(slip: Slip<'_>) -> String {
    let word = crate::visible::shortened(slip.word, 20);
    match slip.meant() {
        Some(meant) => format!("{word}: did you mean {meant}?"),
        None => format!("{word} is not in the list of words that the others are from"),
    }
}
