//! The writing side of one socket.

use bytes::Bytes;

use super::Close;

/// The writing side of one socket, shared by every room in which it has a seat. Whole frames only.
///
/// Sending never waits and never fails: a reader that is gone or too slow is closed by its own task.
#[derive(Debug)]
pub struct Outbound {}

impl Outbound {
    /// Sends whole frames as [`text_frame`](super::text_frame) and [`binary_frame`](super::binary_frame) make them:
    /// straight into the socket if nothing waits before them, else into the queue. Does nothing once closed.
    pub fn send(&self, frame: &Bytes) {
        let _ = frame;
    }

    /// Closes the socket: what waits is dropped but for the rest of a frame under way, then the close frame leaves.
    /// The socket's own task does the rest.
    pub fn close(&self, close: Close) {
        let _ = close;
    }

    /// Whether what is sent still has a chance to arrive.
    pub fn is_open(&self) -> bool {
        true
    }
}
