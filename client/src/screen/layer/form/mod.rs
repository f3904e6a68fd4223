//! What the connect screen knows, and how inputs change it. No I/O and no clock here.

mod passphrase;
mod submit;
#[cfg(test)]
mod tests;
pub mod view;

use std::time::Duration;

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};
use sotto_protocol::{Passphrase, RoomName};

use crate::open::ticket::Ticket;
use crate::relay_url::handed_over;
use crate::screen::editor::Editor;
use crate::screen::editor::secret_line::Hidden;
use crate::screen::keymap::action::Action;
use crate::screen::keymap::{Keymap, Pressed};
use crate::screen::settings::Settings;
use crate::screen::theme::Theme;
use crate::secret::strength::Strength;

/// The longest relay and name that are typed, in bytes: more than any that are good.
const MAX_FIELD: usize = 4096;

/// What can be filled in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// The relay's URL, or the line that was handed over.
    Relay,
    /// What the others call us.
    Name,
    /// The passphrase.
    Passphrase,
}

/// How far it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// The user fills in.
    Typing,
    /// The key is being made, since then.
    Deriving(Duration),
    /// The relay is being asked.
    Joining,
}

/// What comes in.
#[derive(Debug)]
pub enum Input {
    /// A key.
    Key {
        /// Which.
        key: KeyEvent,
        /// Nothing came with it.
        alone: bool,
    },
    /// A bracketed paste.
    Paste(String),
    /// The terminal has another size.
    Resize {
        /// Columns.
        width: u16,
        /// Rows.
        height: u16,
    },
    /// The key is there; the relay is asked.
    Derived,
    /// It did not work, and where to look.
    Failed(Field, String),
    /// The answer to [`Effect::Rate`].
    Rated(Strength),
    /// The answer to [`Effect::Generate`].
    Generated {
        /// Of [`WORDS`](crate::secret::WORDS) random words.
        passphrase: Passphrase,
        /// For the new room that it is for.
        room: RoomName,
    },
}

/// What is to be done.
#[derive(Debug)]
pub enum Effect {
    /// Make the key, and join.
    Join(Box<Ticket>, Passphrase),
    /// Say how strong the passphrase is that is in the form now; answered by [`Input::Rated`].
    Rate,
    /// Make a passphrase of random words; answered by [`Input::Generated`].
    Generate,
    /// Give up the join that is under way.
    Stop,
    /// End.
    Leave,
    /// Give the terminal back to the shell until it calls again.
    Suspend,
    /// Draw everything anew.
    Redraw,
}

/// The connect screen.
#[derive(Debug)]
pub struct Form {
    pub(crate) width: u16,
    pub(crate) height: u16,
    /// How things look.
    pub theme: &'static Theme,
    /// What is wrong in the configuration file.
    pub(crate) remarks: Vec<String>,
    pub(crate) relay: Editor,
    pub(crate) name: Editor,
    /// The passphrase.
    pub passphrase: Hidden,
    pub(crate) shown: bool,
    pub(crate) focus: Field,
    /// What is wrong, and where.
    pub(crate) complaint: Option<(Field, String)>,
    /// How far it is.
    pub(crate) stage: Stage,
    /// How strong the passphrase is; `None` for none.
    pub(crate) strength: Option<Strength>,
    /// The passphrase has changed since that was found out.
    unrated: bool,
    /// Enter came meanwhile.
    entered: bool,
    keymap: Keymap,
    /// The passphrase was made here, for a room of this name.
    made: Option<RoomName>,
    /// The user was told what is doubtful about the passphrase; Enter takes it all the same.
    told: bool,
}

impl Form {
    /// A form with what is remembered.
    pub fn new((width, height): (u16, u16), relay: &str, name: &str, settings: &Settings) -> Self {
        let mut form = Self {
            width,
            height,
            theme: settings.theme,
            remarks: Vec::new(),
            relay: Editor::default(),
            name: Editor::default(),
            passphrase: Hidden::default(),
            shown: false,
            focus: Field::Relay,
            complaint: None,
            stage: Stage::Typing,
            strength: None,
            unrated: false,
            entered: false,
            keymap: Keymap::new(&settings.keys).0,
            made: None,
            told: false,
        };
        form.relay.set(relay);
        form.name.set(name);
        form.focus = form.first_empty().unwrap_or(Field::Passphrase);
        form
    }

    fn first_empty(&self) -> Option<Field> {
        let empty = [
            (Field::Relay, self.relay.is_empty()),
            (Field::Name, self.name.is_empty()),
            (Field::Passphrase, self.passphrase.is_empty()),
        ];
        empty
            .into_iter()
            .find(|(_, empty)| *empty)
            .map(|(field, _)| field)
    }

    /// Takes an input in.
    pub fn update(&mut self, input: Input, now: Duration) -> Vec<Effect> {
        let mut effects = Vec::new();
        match input {
            Input::Key { key, alone } => self.key(&key, alone, now, &mut effects),
            Input::Paste(text) if self.stage == Stage::Typing => self.paste(&text, &mut effects),
            Input::Paste(_) => {}
            Input::Resize { width, height } => (self.width, self.height) = (width, height),
            Input::Derived => self.stage = Stage::Joining,
            Input::Failed(field, why) => {
                self.stage = Stage::Typing;
                self.complain(field, why);
            }
            Input::Rated(strength) => self.rated(strength, now, &mut effects),
            Input::Generated { passphrase, room } if self.stage == Stage::Typing => {
                self.generated(&passphrase, room);
            }
            Input::Generated { .. } => {}
        }
        effects
    }

    fn key(&mut self, key: &KeyEvent, alone: bool, now: Duration, effects: &mut Vec<Effect>) {
        if key.kind == KeyEventKind::Release {
            return;
        }
        let control = key.modifiers == KeyModifiers::CONTROL;
        let asked = match key.code {
            KeyCode::BackTab | KeyCode::Tab => None,
            KeyCode::Char('g' | 't') if control => None,
            _ => match self.keymap.press(key, false, now) {
                Pressed::Action(action) => Some(action),
                _ => return,
            },
        };
        match asked {
            Some(Action::Suspend) => return effects.push(Effect::Suspend),
            Some(Action::Redraw) => return effects.push(Effect::Redraw),
            Some(Action::Interrupt | Action::Dismiss) if self.stage != Stage::Typing => {
                self.stage = Stage::Typing;
                return effects.push(Effect::Stop);
            }
            Some(Action::Interrupt) => return effects.push(Effect::Leave),
            Some(Action::EndOfInput) if self.first_empty() == Some(Field::Relay) => {
                return effects.push(Effect::Leave);
            }
            _ => {}
        }
        if self.stage != Stage::Typing {
            return;
        }
        self.entered = false;
        match (key.code, asked) {
            (KeyCode::Tab, _) | (_, Some(Action::Down)) => self.step(true),
            (KeyCode::BackTab, _) | (_, Some(Action::Up)) => self.step(false),
            (KeyCode::Char('g'), None) if control => effects.push(Effect::Generate),
            (KeyCode::Char('t'), None) if control => self.shown = !self.shown,
            (_, Some(Action::Send | Action::NewLine)) => self.enter(alone, now, effects),
            (_, Some(Action::Dismiss)) => self.complaint = None,
            (_, Some(action)) if self.focus == Field::Passphrase => self.edit_passphrase(action, effects),
            (_, Some(action)) => self.edit(action),
            _ => {}
        }
    }

    fn step(&mut self, down: bool) {
        let fields = [Field::Relay, Field::Name, Field::Passphrase];
        let at = fields.iter().position(|field| *field == self.focus).unwrap_or(0);
        let next = if down { at + 1 } else { at + fields.len() - 1 };
        self.focus = fields[next % fields.len()];
    }

    fn editor(&mut self) -> &mut Editor {
        match self.focus {
            Field::Relay => &mut self.relay,
            _ => &mut self.name,
        }
    }

    fn edit(&mut self, action: Action) {
        let editor = self.editor();
        match action {
            Action::Insert(c) if editor.text().len() < MAX_FIELD => editor.insert(c.encode_utf8(&mut [0; 4])),
            Action::Left => editor.left(),
            Action::Right => editor.right(),
            Action::WordLeft => editor.word_left(),
            Action::WordRight => editor.word_right(),
            Action::Home => editor.home(),
            Action::End => editor.end(),
            Action::Backspace => editor.backspace(),
            Action::Delete | Action::EndOfInput => editor.delete(),
            Action::KillToEnd => editor.kill_to_end(),
            Action::KillToStart => editor.kill_to_start(),
            Action::KillWord => editor.kill_word(),
            Action::KillNextWord => editor.kill_next_word(),
            Action::Yank => editor.yank(),
            _ => return,
        }
        self.forget_complaint(self.focus);
    }

    /// A paste fills in the field and does no more: whatever its lines are.
    fn paste(&mut self, text: &str, effects: &mut Vec<Effect>) {
        let text = text.trim_matches(['\r', '\n']).replace(['\r', '\n'], " ");
        match self.focus {
            Field::Passphrase => {
                let text = zeroize::Zeroizing::new(text);
                self.type_passphrase(&text);
                self.passphrase_changed(effects);
            }
            // The whole line takes the place of what was there.
            Field::Relay if handed_over(&text) != text.trim() => {
                self.relay.set(handed_over(&text));
                self.forget_complaint(Field::Relay);
            }
            _ => {
                let editor = self.editor();
                if text.len() + editor.text().len() > MAX_FIELD {
                    return self.complain(self.focus, "this is too long to paste here".to_owned());
                }
                editor.insert(&text);
                self.forget_complaint(self.focus);
            }
        }
    }

    fn complain(&mut self, field: Field, why: String) {
        self.focus = field;
        self.complain_quietly(field, why);
    }

    fn complain_quietly(&mut self, field: Field, why: String) {
        self.complaint = Some((field, why));
    }

    fn forget_complaint(&mut self, field: Field) {
        self.complaint.take_if(|(at, _)| *at == field);
    }

    /// Whether the picture changes with time.
    pub(crate) fn moves(&self) -> bool {
        matches!(self.stage, Stage::Deriving(_))
    }
}
