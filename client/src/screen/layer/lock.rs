//! The locked screen: blank until the passphrase of an open room is given. And the way out in a hurry.

use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::Line;
use sotto_protocol::Passphrase;

use super::{Ctx, Layer, Taken};
use crate::screen::conversation::fraction;
use crate::screen::editor::secret_line::Hidden;
use crate::screen::effect::Effect;
use crate::screen::keymap::action::Action;
use crate::screen::state::notice::Notice;
use crate::screen::state::rooms::Rooms;
use crate::screen::text::line::{folded, put};
use crate::screen::theme::Theme;

/// After so many wrong passphrases the next one has to wait.
const FREE_TRIES: u32 = 3;
/// The longest wait between two tries. The first is a second, and each is twice as long as the one before: a passphrase
/// that was mistyped costs little, and somebody who guesses gets a few thousand tries a day.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// How far the user was told what unlocks the screen, where that was made here and may stand written down nowhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Told {
    /// Not yet.
    #[default]
    No,
    /// It is shown, with a question.
    Asked,
    /// The user has it.
    Yes,
}

/// A locked screen.
#[derive(Debug, Default)]
pub(crate) struct Lock {
    /// What was typed of the passphrase.
    typed: Hidden,
    /// What the screen says about it.
    says: String,
    /// A command that prints the passphrase runs.
    fetching: bool,
    /// The passphrase was made here.
    made: bool,
    /// How many wrong ones were given.
    wrong: u32,
    /// Until then none is looked at.
    closed_until: Duration,
}

impl Lock {
    /// A blank screen. `made`: only a passphrase that was made here opens it.
    pub(crate) fn new(made: bool) -> Self {
        Self {
            made,
            ..Self::default()
        }
    }

    fn says(&self, now: Duration) -> String {
        let wait = self.wait(now);
        match (self.says.as_str(), wait.is_zero()) {
            (_, false) => {
                let seconds = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
                format!("locked: that was wrong {} times; wait {seconds} s", self.wrong)
            }
            ("", true) if self.made => {
                "locked: the passphrase that was made for this room opens it".to_owned()
            }
            ("", true) => "locked: the passphrase of a room opens it".to_owned(),
            (says, true) => says.to_owned(),
        }
    }

    fn wait(&self, now: Duration) -> Duration {
        self.closed_until.saturating_sub(now)
    }

    /// When the screen says something else by itself.
    pub(crate) fn next_change(&self, now: Duration) -> Option<Duration> {
        let wait = self.wait(now);
        (!wait.is_zero()).then(|| now + fraction(wait))
    }

    fn was_wrong(&mut self, now: Duration) {
        self.wrong = self.wrong.saturating_add(1);
        if let Some(more) = self.wrong.checked_sub(FREE_TRIES) {
            let seconds = 1_u64.checked_shl(more).unwrap_or(u64::MAX);
            self.closed_until = now + Duration::from_secs(seconds).min(LONGEST_WAIT);
        }
    }

    /// Runs the command again that printed a passphrase, where there is one.
    fn fetch(&mut self, ctx: &mut Ctx<'_>) {
        let command = ctx
            .rooms
            .verifiers()
            .find_map(|verifier| verifier.command.clone());
        if let Some(command) = command.filter(|_| !self.fetching) {
            self.fetching = true;
            "locked: the passphrase command runs …".clone_into(&mut self.says);
            ctx.effects.push(Effect::Fetch(command));
        }
    }

    /// Whether what was given, or could not be fetched, opens it.
    pub(crate) fn opens(
        &mut self,
        passphrase: Result<Passphrase, String>,
        rooms: &Rooms,
        now: Duration,
    ) -> bool {
        self.fetching = false;
        match passphrase {
            Ok(passphrase) if rooms.verifiers().any(|verifier| verifier.fits(&passphrase)) => return true,
            Ok(_) => {
                "locked: that is the passphrase of no open room".clone_into(&mut self.says);
                self.was_wrong(now);
            }
            Err(why) => self.says = format!("locked: {why}"),
        }
        false
    }

    /// Nothing of the talk, one line about it, and the passphrase's dots.
    pub(crate) fn draw(&self, now: Duration, theme: &Theme, buffer: &mut Buffer) -> Position {
        let Rect { width, height, .. } = buffer.area;
        let above = height.saturating_sub(1);
        if above > 0 {
            let says = self.says(now);
            let rows = folded(&says, width.into(), above.into());
            let first = usize::from(above).saturating_sub(rows.len());
            let area = Rect::new(0, 0, width, above);
            for (number, row) in rows.into_iter().enumerate() {
                put(buffer, area, first + number, &Line::raw(row));
            }
        }
        self.typed
            .draw(theme, Rect::new(0, above, width, height.min(1)), buffer)
    }
}

impl Layer for Lock {
    fn key(&mut self, action: Action, ctx: &mut Ctx<'_>) -> Taken {
        self.says.clear();
        match action {
            Action::Insert(c) => {
                self.typed.insert(c.encode_utf8(&mut [0; 4]));
            }
            Action::Backspace => self.typed.backspace(),
            Action::KillWord => self.typed.erase_word(),
            Action::KillToStart | Action::Interrupt | Action::Dismiss => self.typed.clear(),
            // What was typed stays, to be tried then.
            Action::Send if !self.wait(ctx.moment.now).is_zero() => {}
            Action::Send if self.typed.is_empty() => self.fetch(ctx),
            Action::Send => {
                let passphrase = Passphrase::new(self.typed.expose()).map_err(|error| error.to_string());
                self.typed.clear();
                if self.opens(passphrase, ctx.rooms, ctx.moment.now) {
                    return Taken::Close;
                }
            }
            Action::Redraw => ctx.effects.push(Effect::Redraw),
            _ => {}
        }
        Taken::Keep
    }

    fn paste(&mut self, text: &str, _: &mut Notice, _: Duration) -> bool {
        self.typed.insert(text);
        true
    }
}
