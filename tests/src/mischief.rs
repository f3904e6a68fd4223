//! What an evil relay does to the sealed messages that it passes on.

use std::time::Duration;

use tokio_tungstenite::tungstenite::Bytes;

/// How long a message is held back for a later one to overtake it. A relay that held it for longer would lose it
/// rather than reorder it.
pub const HELD_BACK: Duration = Duration::from_millis(200);

/// A kind of mischief. All of it is as regular as a clock, so that a test that fails fails again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mischief {
    /// Everything is passed on as it came.
    None,
    /// With every message comes an earlier one once more.
    Replay,
    /// Of the tenth message and the one after it the later one comes first, unless it is not there in time; so it
    /// does with later ones, ever more rarely: at a steady pace each exchange that repairs the order would be hit
    /// at the same place again.
    Reorder,
    /// Everybody gets their own messages back.
    Reflect,
    /// Before every message comes the beginning of it.
    Truncate,
    /// Before every message comes a copy with one bit turned.
    Alter,
    /// The tenth message is lost.
    Drop,
    /// Nobody may join.
    Refuse,
}

/// What one member of a room is dealt.
#[derive(Debug)]
pub struct Hand {
    mischief: Mischief,
    count: usize,
    earlier: Vec<Bytes>,
    held_back: Option<Bytes>,
    /// The number of the message that is held back next.
    next_held_back: usize,
    /// How many are let through before the one after that.
    let_through: usize,
}

impl Hand {
    /// Nothing has been dealt yet.
    pub fn new(mischief: Mischief) -> Self {
        Self {
            mischief,
            count: 0,
            earlier: Vec::new(),
            held_back: None,
            next_held_back: 10,
            let_through: 15,
        }
    }

    /// What the member gets when this is sent, by itself (`own`) or by another.
    pub fn deal(&mut self, sealed: Bytes, own: bool) -> Vec<Bytes> {
        if own {
            return match self.mischief {
                Mischief::Reflect => vec![sealed],
                _ => Vec::new(),
            };
        }
        self.count += 1;
        match self.mischief {
            Mischief::None | Mischief::Reflect | Mischief::Refuse => vec![sealed],
            Mischief::Replay => {
                self.earlier.push(sealed.clone());
                vec![sealed, self.earlier[self.count * 7 % self.earlier.len()].clone()]
            }
            Mischief::Reorder if self.count == self.next_held_back => {
                self.next_held_back += self.let_through;
                self.let_through += 5;
                self.held_back = Some(sealed);
                Vec::new()
            }
            Mischief::Reorder => [Some(sealed), self.held_back.take()]
                .into_iter()
                .flatten()
                .collect(),
            Mischief::Truncate => vec![sealed.slice(..self.count * 97 % sealed.len()), sealed],
            Mischief::Alter => {
                let mut altered = sealed.to_vec();
                let bit = self.count * 997 % (8 * altered.len());
                altered[bit / 8] ^= 1 << (bit % 8);
                vec![altered.into(), sealed]
            }
            Mischief::Drop if self.count == 10 => Vec::new(),
            Mischief::Drop => vec![sealed],
        }
    }

    /// The number of the message that is held back now.
    pub fn holds_back(&self) -> Option<usize> {
        self.held_back.as_ref().map(|_| self.count)
    }

    /// Gives up the message of that number, if it is still held back.
    pub fn release(&mut self, number: usize) -> Option<Bytes> {
        (self.holds_back() == Some(number)).then(|| self.held_back.take())?
    }
}
