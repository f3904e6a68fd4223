//! What waits for one reader, in order.

use std::collections::VecDeque;
use std::io::IoSlice;

use bytes::{Buf, Bytes};

/// What an entry costs beside its bytes: its place (32 bytes) and that the places grow twofold.
const ENTRY: usize = 64;

/// Frames that wait. It holds no memory when it is empty.
#[derive(Debug, Default)]
pub(super) struct Queue {
    frames: VecDeque<Bytes>,
    /// The memory that the frames hold, in bytes.
    held: usize,
    /// How many bytes of the first frame's buffer have left already but are still held.
    left: usize,
    /// Whether the first entry is the rest of a frame.
    under_way: bool,
}

impl Queue {
    pub(super) fn is_empty(&self) -> bool {
        self.frames.is_empty()
    }

    /// The memory held, in bytes.
    pub(super) fn held(&self) -> usize {
        self.held
    }

    /// Whether a part of the first frame has left.
    pub(super) fn is_under_way(&self) -> bool {
        self.under_way
    }

    /// Appends a frame of which `written` bytes have left; more than none only when the queue is empty.
    pub(super) fn push(&mut self, frame: &Bytes, written: usize) {
        let mut rest = frame.slice(written..);
        if rest.is_empty() {
            return;
        }
        if written > 0 {
            self.under_way = true;
            if rest.len() < written {
                // The small rest of a large buffer must not keep the whole of it.
                rest = Bytes::copy_from_slice(&rest);
            } else {
                self.left = written;
            }
        }
        self.held += ENTRY + self.left_of_last() + rest.len();
        self.frames.push_back(rest);
    }

    /// What `push` has to add for bytes that have left: only the first entry can have any.
    fn left_of_last(&self) -> usize {
        if self.frames.is_empty() { self.left } else { 0 }
    }

    /// Fills `slices` with what is to be written next.
    pub(super) fn slices<'a>(&'a self, slices: &mut [IoSlice<'a>]) -> usize {
        self.frames
            .iter()
            .zip(slices)
            .map(|(frame, slice)| *slice = IoSlice::new(frame))
            .count()
    }

    /// `written` more bytes have left.
    pub(super) fn advance(&mut self, mut written: usize) {
        while written > 0 {
            let Some(first) = self.frames.front_mut() else {
                return;
            };
            if written < first.len() {
                first.advance(written);
                self.left += written;
                self.under_way = true;
                return;
            }
            written -= first.len();
            self.held -= ENTRY + self.left + first.len();
            self.left = 0;
            self.under_way = false;
            self.frames.pop_front();
        }
        if self.frames.is_empty() {
            *self = Self::default();
        }
    }

    /// Drops all but the rest of a frame of which a part has left.
    pub(super) fn keep_under_way(&mut self) {
        let rest = self.frames.pop_front().filter(|_| self.under_way);
        *self = Self::default();
        if let Some(rest) = rest {
            self.push(&Bytes::copy_from_slice(&rest), 0);
            self.under_way = true;
        }
    }
}
