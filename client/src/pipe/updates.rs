//! What the room has to tell.

use std::time::Duration;

use sotto_protocol::fading::Fading;
use sotto_protocol::instance::{Event, Receipt};
use sotto_protocol::mail::mailbox;
use time::OffsetDateTime;
use tokio::io::AsyncWrite;
use tokio::time::Instant;

use super::output::Line;
use super::{LOOKING, Pipe, Stop};
use crate::exit::Exit;
use crate::room::{Command, Update};

/// Received messages that can still be marked as read.
const MAX_READABLE: usize = 1024;
impl<O: AsyncWrite + Unpin, E: AsyncWrite + Unpin> Pipe<O, E> {
    pub(super) async fn updated(&mut self, update: Update, at: OffsetDateTime) -> Result<Option<Exit>, Stop> {
        let line = self.format.update(&update, at);
        match update {
            Update::Again { event, .. } => self.happened(event, None).await?,
            Update::Keeps(days) => self.looking = days.map(|_| Instant::now() + LOOKING),
            Update::Mail(event) => self.kept(event, line).await?,
            Update::Event { event, .. } => self.happened(event, line).await?,
            Update::Joined => {
                self.write(line).await?;
                self.joined = true;
                if self.input_ended {
                    self.end_input().await;
                }
            }
            Update::Undelivered(_) => {
                if self.deadline.is_some() && !self.input_ended {
                    self.deadline = None;
                }
                if let Some(input) = self.held.take() {
                    self.take(input).await?;
                }
            }
            Update::Failed(why) => {
                let exit = why.exit();
                self.write(line).await?;
                if self.format.json {
                    self.write(Some(Line::Err(why.to_string()))).await?;
                }
                return Ok(Some(exit));
            }
            Update::Left { undelivered, .. } => {
                self.write(line).await?;
                return Ok(Some(match undelivered {
                    0 if self.lost => Exit::Undelivered,
                    0 if self.faulty => Exit::Failed,
                    0 => Exit::Done,
                    _ => Exit::Undelivered,
                }));
            }
            _ => self.write(line).await?,
        }
        Ok(None)
    }

    async fn happened(&mut self, event: Event, line: Option<Line>) -> Result<(), Stop> {
        match event {
            Event::Message { receipt, id, .. } if !self.leaving => {
                self.write(line.clone()).await?;
                self.hold(receipt).await;
                if self.readable.len() == MAX_READABLE {
                    self.readable.pop_front();
                }
                self.readable.push_back((id, receipt));
                // One that was left before was counted then.
                if line.is_some() {
                    self.count_received().await;
                }
            }
            Event::Edited { receipt, .. }
            | Event::Deleted { receipt, .. }
            | Event::Reacted { receipt, .. }
                if !self.leaving =>
            {
                self.write(line).await?;
                self.hold(receipt).await;
            }
            // They come too late: not written, so not held.
            Event::Message { .. } | Event::Edited { .. } | Event::Deleted { .. } | Event::Reacted { .. } => {}
            Event::PeerJoined { .. } => {
                self.peers += 1;
                self.write(line).await?;
            }
            Event::Lost { .. } | Event::Unreached { .. } => {
                self.lost = true;
                self.write(line).await?;
            }
            Event::Fading { fading, .. } => {
                self.write(line).await?;
                if let (Fading::After(_), false) = (fading, self.format.json) {
                    // A line that was written is out of our hands: whoever asks is told. Left already: no matter.
                    let _ = self.room.command(Command::Fade(Fading::Cannot)).await;
                }
            }
            Event::PeerLeft { .. } => {
                self.peers = self.peers.saturating_sub(1);
                self.write(line).await?;
                if self.ending.until_peer_leaves && self.peers == 0 {
                    self.leave(Duration::ZERO).await;
                }
            }
            _ => self.write(line).await?,
        }
        Ok(())
    }

    async fn kept(&mut self, event: mailbox::Event, line: Option<Line>) -> Result<(), Stop> {
        match event {
            mailbox::Event::Left(left) | mailbox::Event::LeftByFriend { left, .. } if !self.leaving => {
                self.write(line).await?;
                self.room.order(Command::Take(left.handle));
                self.count_received().await;
            }
            // It comes too late, and stays where it is.
            mailbox::Event::Left(_) | mailbox::Event::LeftByFriend { .. } => {}
            mailbox::Event::Looked { .. } => {
                self.write(line).await?;
                self.looking = None;
            }
            _ => self.write(line).await?,
        }
        Ok(())
    }

    async fn count_received(&mut self) {
        self.received += 1;
        if self.ending.count.is_some_and(|count| self.received >= count) {
            self.leave(self.ending.timeout).await;
        }
    }

    async fn hold(&mut self, receipt: Receipt) {
        // Left already: the author keeps it as undelivered.
        let _ = self.room.command(Command::Hold(receipt)).await;
    }
}
