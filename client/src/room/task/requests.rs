//! What the room's handles ask for, and what became of it.

use std::time::Duration;

use sotto_protocol::instance::Now;

use super::Task;
use crate::room::{Answer, Command, CommandError, Request, Update, clock};

impl Task {
    pub(super) fn requested(&mut self, request: Request) {
        let now = clock::now();
        match request {
            Request::Say {
                text,
                reply_to,
                answer,
            } => {
                let said = self.instance.say(&text, reply_to, now);
                let said = said.map_err(CommandError::Say);
                // It is on the disk before it is shown as waiting.
                self.write_memory();
                match answer {
                    // One that nobody waits for any more is no harm.
                    Some(answer) => drop(answer.send(said)),
                    None => self.tell(Update::Said(said)),
                }
            }
            Request::Do {
                command: Command::Expire,
                answer,
            } => self.expire = Some(answer),
            Request::Do { command, answer } => {
                let done = self.command(command.clone(), now);
                if let Command::Edit { .. } | Command::Delete { .. } | Command::Release(_) = command {
                    self.write_memory();
                }
                self.answer(command, answer, done);
            }
        }
    }

    /// Says what became of a command.
    pub(super) fn answer(&mut self, command: Command, answer: Answer<()>, done: Result<(), CommandError>) {
        match answer {
            // One that nobody waits for any more is no harm.
            Some(answer) => drop(answer.send(done)),
            None if command.is_quiet() => {}
            None => self.tell(Update::Done {
                command,
                answer: done,
            }),
        }
    }

    fn command(&mut self, command: Command, now: Now) -> Result<(), CommandError> {
        match command {
            Command::Edit { id, text } => {
                self.keeper.mailbox.edit(id, &text, now)?;
                self.instance.edit(id, &text, now)?;
            }
            Command::Delete { id } => {
                self.instance.delete(id, now)?;
                self.keeper.mailbox.delete(id);
            }
            Command::React { target, reaction } => self.instance.react(target, &reaction, now)?,
            Command::Rename(name) => {
                self.names.rename(&name);
                self.keeper.mailbox.rename(name.clone());
                self.instance.rename(name, now);
            }
            Command::Fade(fading) => self.instance.fade(fading, now),
            Command::Typing(on) => self.instance.typing(on, now),
            Command::Hold(receipt) => self.instance.hold(receipt, now),
            Command::Read(receipt) => self.instance.read(receipt, now),
            Command::Compared(peer) => {
                self.names.compared(peer);
                self.instance.compared(peer);
                self.know_again(peer, now);
            }
            Command::Release(peer) => self.instance.release(peer, now),
            Command::Keep => self.keeper.keep(&self.instance, now)?,
            Command::KeepByItself => self.keeper.keep_always(),
            Command::Take(handle) => self.keeper.take(&handle),
            Command::Waiting => self.tell(Update::Waits(self.keeper.mailbox.waiting())),
            Command::Remember => self.begin_to_remember(now)?,
            Command::Forget => self.forget()?,
            Command::Leave { timeout } => self.leave_by(timeout),
            // It needs the relay's answer, and is taken before.
            Command::Expire => return Err(CommandError::Offline),
        }
        Ok(())
    }

    pub(super) fn leave_by(&mut self, timeout: Duration) {
        let latest = clock::now().monotonic.saturating_add(timeout);
        self.leaving = Some(self.leaving.map_or(latest, |before| before.min(latest)));
    }
}
