//! The orderly end of a socket.

use std::borrow::Cow;
use std::future::{pending, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::Poll;

use tokio::io::{AsyncRead, ReadBuf};
use tokio::time::timeout;

use super::outbound::End;
use super::stream::ReadHalf;
use super::{Limits, Outbound, scratch};

/// How much is read of what a peer still sends after the close frame, in bytes.
const DISCARD: usize = 64 * 1024;

/// Why a socket is closed: a close code (RFC 6455, section 7.4) and a few words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Close {
    code: Option<u16>,
    reason: Cow<'static, str>,
}

impl Close {
    /// A frame breaks the rules of the protocol.
    pub const PROTOCOL: Self = Self::new(1002, "protocol error");
    /// A text is not UTF-8.
    pub const NOT_UTF8: Self = Self::new(1007, "text is not utf-8");
    /// A message is longer than [`Limits::message`](super::Limits::message).
    pub const TOO_BIG: Self = Self::new(1009, "message too big");
    /// More waits for the reader than [`Limits::queue`](super::Limits::queue).
    pub const TOO_SLOW: Self = Self::new(1008, "reads too slowly");
    /// The relay is out of its budget for what waits.
    pub const OVERLOADED: Self = Self::new(1013, "try again later");
    /// Nothing was heard for [`Limits::idle`](super::Limits::idle), or a frame took longer than
    /// [`Limits::frame`](super::Limits::frame).
    pub const IDLE: Self = Self::new(1001, "nothing was heard for too long");
    /// The relay stops or starts anew.
    pub const RESTART: Self = Self::new(1012, "service restart");

    /// A close with this code; `reason` has at most 123 bytes.
    pub const fn new(code: u16, reason: &'static str) -> Self {
        Self {
            code: Some(code),
            reason: Cow::Borrowed(reason),
        }
    }

    /// The answer to a close frame without a code.
    pub(super) const fn empty() -> Self {
        Self {
            code: None,
            reason: Cow::Borrowed(""),
        }
    }

    /// The answer to a close frame with this code and reason.
    pub(super) fn echo(code: u16, reason: &str) -> Self {
        Self {
            code: Some(code),
            reason: Cow::Owned(reason.to_owned()),
        }
    }

    /// The code, if the frame carries one.
    pub fn code(&self) -> Option<u16> {
        self.code
    }

    /// The words.
    pub fn reason(&self) -> &str {
        &self.reason
    }
}

/// Ends a socket whose [`Outbound`] is closed: the close frame leaves, the writing side is shut down, and what the peer
/// still sends is read and thrown away for a while. Without that the reset, which unread bytes bring about, could
/// overtake the close frame: the peer would see 1006 and never learn why.
pub(super) async fn finish(outbound: &Arc<Outbound>, read: &mut ReadHalf, limits: &Limits) {
    let left = timeout(limits.close, close_frame_left(outbound))
        .await
        .unwrap_or(false);
    let ended = left && {
        outbound.shut_down();
        timeout(limits.linger, end_of_input(read)).await.is_ok()
    };
    outbound.release(!ended);
}

/// Waits until all that waits has left. `false`: it never will.
async fn close_frame_left(outbound: &Arc<Outbound>) -> bool {
    poll_fn(|cx| match outbound.drain(cx) {
        drained if drained.end == Some(End::Broken) => Poll::Ready(false),
        drained if drained.waiting => Poll::Pending,
        _ => Poll::Ready(true),
    })
    .await
}

/// Reads to the peer's end. Of a peer that sends too much no more is read, but it is left the time to read why.
async fn end_of_input(read: &mut ReadHalf) {
    let mut discarded = 0;
    while discarded < DISCARD {
        let length = poll_fn(|cx| {
            scratch::lend(|scratch| {
                let mut buffer = ReadBuf::new(scratch);
                let poll = Pin::new(&mut *read).poll_read(cx, &mut buffer);
                poll.map(|result| result.map_or(0, |()| buffer.filled().len()))
            })
        });
        match length.await {
            0 => return,
            length => discarded += length,
        }
    }
    pending().await
}
