//! What an evil relay does to the sealed messages that it passes on.

use tokio_tungstenite::tungstenite::Bytes;

/// A kind of mischief. All of it is as regular as a clock, so that a test that fails fails again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mischief {
    /// Everything is passed on as it came.
    None,
    /// With every message comes an earlier one once more.
    Replay,
    /// Of every tenth message and the one after it the later one comes first.
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
}

impl Hand {
    /// Nothing has been dealt yet.
    pub fn new(mischief: Mischief) -> Self {
        Self {
            mischief,
            count: 0,
            earlier: Vec::new(),
            held_back: None,
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
        let tenth = self.count.is_multiple_of(10);
        match self.mischief {
            Mischief::None | Mischief::Reflect | Mischief::Refuse => vec![sealed],
            Mischief::Replay => {
                self.earlier.push(sealed.clone());
                vec![sealed, self.earlier[self.count * 7 % self.earlier.len()].clone()]
            }
            Mischief::Reorder if tenth => {
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
}
