//! What the screen wants done.

use super::Chat;
use super::handover::Borrower;
use super::save::save;
use crate::screen::effect::Effect;
use crate::screen::state::Input;
use crate::tui::clipboard;
use crate::tui::external_editor::Prepared;

impl Chat {
    pub(super) fn carry_out(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Say { room, text, reply_to } => {
                    if let Some(room) = self.rooms.get(room) {
                        room.order_text(text, reply_to);
                    }
                }
                Effect::Do { room, command } => {
                    if let Some(room) = self.rooms.get(room) {
                        room.order(command);
                    }
                }
                Effect::Copy(text) => self.copy(text, "copied"),
                Effect::OpenLink(link) => match clipboard::open(&link) {
                    Ok(()) => self.input(Input::Told(format!("opened {link}"))),
                    Err(why) => self.copy(link, &format!("{why}; the link was copied")),
                },
                Effect::Save { file, talk } => {
                    let told = save(&file, &talk).unwrap_or_else(|why| why);
                    self.input(Input::Told(told));
                }
                Effect::Open(room) => {
                    if let Some((ticket, passphrase)) = self.state.take_ticket(room) {
                        let open = self.state.rooms.hashes();
                        self.opening = Some((room, ticket.open(passphrase, open, || {})));
                    }
                }
                Effect::Rate => {
                    if let Some(passphrase) = self.state.unrated() {
                        self.rater.rate(passphrase);
                    }
                }
                Effect::Fetch(command) => self.borrower = Some(Borrower::PassphraseCommand(command)),
                Effect::Panic => self.panic = true,
                Effect::Suspend => self.suspend = true,
                Effect::Alert { bell, desktop } => self.call(bell, desktop),
                Effect::Compose => match Prepared::new(self.state.rooms.current().draft.text()) {
                    Ok(draft) => self.borrower = Some(Borrower::Editor(Box::new(draft))),
                    Err(why) => self.input(Input::Composed(Err(why.to_string()))),
                },
                Effect::Redraw => self.redraw = true,
            }
        }
    }

    /// Hands a text to the clipboard, which never answers.
    pub(super) fn copy(&mut self, text: String, what: &str) {
        if clipboard::in_tmux() && clipboard::to_tmux(text.clone()).is_ok() {
            return self.input(Input::Told(format!("{what}: handed to tmux")));
        }
        self.clipboard = Some(text);
        self.input(Input::Told(format!(
            "{what}: handed to the terminal; where that takes nothing, Alt+V shows only the texts"
        )));
    }

    /// Tells the user that a message came. A terminal that does not take it shows that at the next picture.
    pub(super) fn call(&mut self, bell: bool, desktop: bool) {
        if bell && !self.lent {
            let _ = self.attention.bell();
        }
        if desktop && !self.lent {
            let _ = self.attention.notify();
        }
    }
}
