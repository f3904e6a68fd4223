//! The terminal in other hands: the user's editor has it, or the command that prints a passphrase and may ask for one
//! of its own. The rooms go on meanwhile.

use tokio::task::spawn_blocking;
use zeroize::Zeroizing;

use super::Chat;
use crate::exit::say;
use crate::platform::interrupts;
use crate::screen::state::Input;
use crate::secret::source;
use crate::tui::external_editor::{ComposeError, Prepared};
use crate::tui::terminal::Terminal;

/// Who is to have the terminal.
#[derive(Debug)]
pub(super) enum Borrower {
    /// The user's editor, with the draft.
    Editor(Box<Prepared>),
    /// This command, which prints a passphrase.
    PassphraseCommand(String),
}

impl Chat {
    /// Lends the terminal until the borrower ends.
    pub(super) async fn lend(&mut self, terminal: &mut Terminal, borrower: Borrower) {
        // What was read before the pause was typed before it.
        let paused = self.keyboard.pause();
        // A Ctrl+C that is typed there reaches us, too.
        let deaf = interrupts::ignore();
        if paused {
            terminal.lend();
            self.lent = true;
        }
        let answer = match borrower {
            _ if !paused => refused(&borrower),
            Borrower::Editor(draft) => {
                Input::Composed(self.edit(draft).await.map_err(|error| error.to_string()))
            }
            Borrower::PassphraseCommand(command) => {
                say("the passphrase command runs; Ctrl+C ends it");
                self.fetch(command).await
            }
        };
        drop(deaf);
        if paused {
            self.lent = false;
            self.resume(terminal);
            self.keyboard.go_on();
        }
        self.input(answer);
    }

    async fn edit(&mut self, draft: Box<Prepared>) -> Result<Option<Zeroizing<String>>, ComposeError> {
        let mut composing = draft.begin();
        while self.over.is_none() {
            tokio::select! {
                ended = composing.ended() => {
                    ended?;
                    return composing.outcome();
                }
                () = self.turn() => {}
            }
        }
        Ok(None)
    }

    async fn fetch(&mut self, command: String) -> Input {
        let mut fetched = spawn_blocking(move || source::fetch(&command));
        let passphrase = loop {
            tokio::select! {
                passphrase = &mut fetched => break passphrase.ok(),
                () = self.turn() => if self.over.is_some() {
                    break None;
                }
            }
        };
        Input::Fetched(match passphrase {
            Some(passphrase) => passphrase.map_err(|error| error.to_string()),
            None => Err("the passphrase command was stopped".to_owned()),
        })
    }
}

/// The answer where the terminal cannot be lent.
fn refused(borrower: &Borrower) -> Input {
    let why = "the keyboard is still being read; try again";
    match borrower {
        Borrower::Editor(_) => Input::Composed(Err(format!("no editor: {why}"))),
        Borrower::PassphraseCommand(_) => Input::Fetched(Err(why.to_owned())),
    }
}
