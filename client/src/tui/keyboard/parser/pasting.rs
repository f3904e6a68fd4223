//! A bracketed paste as it comes in.

use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use zeroize::Zeroizing;

use crate::tui::keyboard::Paste;

/// What is kept of a paste, in bytes: many times what a message holds, so that it is refused as too long.
const MAX_PASTE: usize = 1 << 20;

const PASTE_ENDS: &[u8] = b"\x1b[201~";
const ESC: u8 = 0x1b;

/// What was pasted until now.
#[derive(Debug, Default)]
pub(super) struct Pasting {
    text: Zeroizing<Vec<u8>>,
    /// So much of its end has come.
    ends: usize,
    /// Its end has come; what follows at once belongs to it.
    pub(super) ended: bool,
    /// Something did.
    followed: bool,
}

impl Pasting {
    /// Another one begins right behind the end of one: both are one.
    pub(super) fn goes_on(&mut self) {
        (self.ended, self.ends) = (false, 0);
    }

    /// Nothing more comes.
    pub(super) fn over(self) -> Paste {
        Paste {
            text: Zeroizing::new(String::from_utf8_lossy(&self.text).into_owned()),
            holds: self.followed || !self.ended,
        }
    }

    pub(super) fn byte(&mut self, byte: u8) {
        if PASTE_ENDS.get(self.ends) == Some(&byte) {
            self.ends += 1;
            self.ended = self.ends == PASTE_ENDS.len();
            return;
        }
        // What looked like the end was none.
        let looked = &PASTE_ENDS[..std::mem::take(&mut self.ends)];
        self.add(looked);
        if byte == ESC {
            self.ends = 1;
        } else {
            self.add(&[byte]);
        }
    }

    pub(super) fn key(&mut self, key: KeyEvent) {
        self.followed = true;
        match (key.code, key.modifiers) {
            (KeyCode::Char(c), KeyModifiers::NONE) => self.add(c.encode_utf8(&mut [0; 4]).as_bytes()),
            (KeyCode::Enter, _) | (KeyCode::Char('j'), KeyModifiers::CONTROL) => self.add(b"\n"),
            (KeyCode::Tab, _) => self.add(b"\t"),
            _ => {}
        }
    }

    fn add(&mut self, bytes: &[u8]) {
        if self.text.len() + bytes.len() <= MAX_PASTE {
            self.text.extend_from_slice(bytes);
        }
    }
}
