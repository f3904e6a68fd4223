//! The orderly end of a socket.

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
