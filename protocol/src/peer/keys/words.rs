//! Words that people read to each other: from the EFF long list, one of 7,776 each.

use std::fmt;

use rand_core::CryptoRng;

/// The words of the list.
pub const COUNT: usize = 7776;
/// What one random word is worth: log2(7776).
pub const BITS_PER_WORD: f64 = 12.925;
/// The letters of the longest word.
pub const LONGEST: usize = 9;

/// A word a line, in alphabetical order. The list and its credit stand in `data/`. Going through it takes some tens of
/// microseconds, and words are rare: a table of them would fill more memory than it saves time.
const LIST: &str = include_str!("../../../data/eff_large_wordlist.txt");

/// Whether the list has this word.
pub fn is_word(word: &str) -> bool {
    word.len() <= LONGEST && all().any(|known| known == word)
}

/// All words, in alphabetical order.
pub fn all() -> impl Iterator<Item = &'static str> {
    LIST.lines()
}

/// The word at this place, from 0 on and below [`COUNT`].
fn at(place: usize) -> &'static str {
    all().nth(place).unwrap_or_default()
}

/// One word, each as likely as any other.
pub(crate) fn random(rng: &mut impl CryptoRng) -> &'static str {
    // 8 × 7776 is the largest multiple below 2^16: what is above is drawn again.
    loop {
        let mut bytes = [0; 2];
        rng.fill_bytes(&mut bytes);
        let number = usize::from(u16::from_le_bytes(bytes));
        if number < 8 * COUNT {
            return at(number % COUNT);
        }
    }
}

/// The last `N` digits of a number in base 7776 as words, high digit first.
fn digits<const N: usize>(mut number: u128) -> [&'static str; N] {
    let mut words = [""; N];
    for word in words.iter_mut().rev() {
        *word = at((number % COUNT as u128) as usize);
        number /= COUNT as u128;
    }
    words
}

/// Two words that name a room to those who know its passphrase, so that a typing mistake is found by voice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RoomWords(pub [&'static str; 2]);

impl RoomWords {
    pub(crate) fn from_bytes(bytes: [u8; 8]) -> Self {
        Self(digits(u64::from_be_bytes(bytes).into()))
    }
}

/// Six words of a pair of instances, the same on both screens unless somebody sits in between.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SafetyWords(pub [&'static str; 6]);

impl SafetyWords {
    pub(crate) fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(digits(u128::from_be_bytes(bytes)))
    }
}

impl fmt::Display for RoomWords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(" "))
    }
}

impl fmt::Display for SafetyWords {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join(" "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_whole_sorted_and_of_lower_case_words() {
        assert_eq!(all().count(), COUNT);
        assert!(all().is_sorted());
        assert_eq!(all().map(|word| word.len()).max(), Some(LONGEST));
        assert!(is_word("zoom") && !is_word("corect"));
    }

    #[test]
    fn words_are_digits_high_first() {
        assert_eq!(
            RoomWords::from_bytes(7777u64.to_be_bytes()).to_string(),
            "abdomen abdomen"
        );
        assert_eq!(
            SafetyWords::from_bytes(2u128.to_be_bytes()).0,
            ["abacus", "abacus", "abacus", "abacus", "abacus", "abdominal"]
        );
    }
}
