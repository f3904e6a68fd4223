//! What the lines of the input ask for.

use sotto_protocol::instance::SayError;
use tokio::io::AsyncWrite;
use tokio::time::Instant;

use super::{Input, Pipe, Stop};
use crate::room::{Command, CommandError};

impl<O: AsyncWrite + Unpin, E: AsyncWrite + Unpin> Pipe<O, E> {
    /// Does what a line asks for, or keeps it until there is room.
    pub(super) async fn take(&mut self, input: Input) -> Result<(), Stop> {
        let done = match input.clone() {
            Input::Text(text) => self.room.say(text, None).await.map(|_| self.said = true),
            Input::Edit(id, text) => self.deliver(Command::Edit { id, text }).await,
            Input::Delete(id) => self.deliver(Command::Delete { id }).await,
            Input::Fade(fading) => self.room.command(Command::Fade(fading)).await,
            Input::Typing(on) => self.room.command(Command::Typing(on)).await,
            Input::Read(id) => match self.readable.iter().rev().find(|(readable, _)| *readable == id) {
                Some((_, receipt)) => self.room.command(Command::Read(*receipt)).await,
                None => Err(CommandError::Say(SayError::Unknown)),
            },
            Input::Leave => {
                self.ending.follow = false;
                self.ending.count = None;
                self.ending.until_peer_leaves = false;
                self.end_input().await;
                Ok(())
            }
        };
        match done {
            // Left: the last update says it.
            Ok(()) | Err(CommandError::Left) => Ok(()),
            Err(CommandError::Say(SayError::Full)) => {
                self.held = Some(input);
                // Nothing delivered for so long will not be: as at the end of input.
                if self.ending.is_with_input() && self.deadline.is_none() {
                    self.deadline = Some(Instant::now() + self.ending.timeout);
                }
                Ok(())
            }
            Err(error) => {
                self.faulty = true;
                let reason = match error {
                    CommandError::Say(SayError::TooLong { .. }) => "too_long",
                    CommandError::Say(SayError::Empty) => "empty",
                    CommandError::Say(SayError::Unknown) => "unknown_message",
                    CommandError::Say(SayError::Forgotten) => "forgotten",
                    _ => "not_done",
                };
                self.write(self.format.error(reason, &error.to_string())).await
            }
        }
    }

    async fn deliver(&mut self, command: Command) -> Result<(), CommandError> {
        self.room.command(command).await?;
        self.said = true;
        Ok(())
    }

    /// The end of input, or the first join after it.
    pub(super) async fn end_input(&mut self) {
        if !self.input_ended {
            self.input_ended = true;
            self.deadline = None;
        }
        if !self.ending.is_with_input() {
            return;
        }
        if self.joined || self.said {
            self.leave(self.ending.timeout).await;
        } else if self.deadline.is_none() {
            // Nothing to deliver: it ends with the join, whose failure is worth an exit code.
            self.deadline = Some(Instant::now() + self.ending.timeout);
        }
    }
}
