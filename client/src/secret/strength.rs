//! How strong a passphrase is, and whether one of its words was mistyped.

use sotto_protocol::words;

/// A passphrase that falls in fewer guesses is weak: as a power of ten. Each guess is an Argon2id over 256 MiB,
/// a third of a second of a core, so 10^12 of them cost ten thousand core-years.
const WEAK_BELOW: f64 = 12.0;
/// One that is as strong as this, as a power of ten, needs no more.
const STRONG_FROM: f64 = 18.0;
/// Under fewer bits nothing is left on a relay: a blob that lies there is what a guess can be tried on.
const KEPT_FROM_BITS: f64 = 60.0;
/// More guesses than this, as a power of ten, are not told apart where people choose (2^63).
const MOST: f64 = 18.9;
/// From so many words on they are taken for words of the list.
const MANY_WORDS: usize = 4;
/// A word of the list that is further away, in slips of the fingers, is not suggested.
const FAR: usize = 2;

/// How strong a passphrase is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Strength {
    /// How many words it has.
    pub(crate) words: usize,
    /// The guesses that it takes, as a power of ten.
    guesses: f64,
}

impl Strength {
    /// Of a passphrase that somebody typed, which takes so many guesses, as a power of ten. Words of the list are taken
    /// for drawn ones where the guesses do not say otherwise.
    pub(crate) fn of(passphrase: &str, guesses: f64) -> Self {
        let words = passphrase.split_whitespace().count();
        let drawn = Self::of_random_words(words).guesses;
        let all_of_list = words >= MANY_WORDS && passphrase.split_whitespace().all(words::is_word);
        let guesses = match () {
            () if !all_of_list => guesses,
            () if guesses >= MOST => drawn,
            () => guesses.min(drawn),
        };
        Self { words, guesses }
    }

    /// The strength of so many words that were drawn from the list.
    pub(crate) fn of_random_words(words: usize) -> Self {
        Self {
            words,
            guesses: words as f64 * words::BITS_PER_WORD / std::f64::consts::LOG2_10,
        }
    }

    /// As bits.
    pub(crate) fn bits(self) -> f64 {
        self.guesses * std::f64::consts::LOG2_10
    }

    /// Whether it has to be confirmed.
    pub(crate) fn is_weak(self) -> bool {
        self.guesses < WEAK_BELOW
    }

    /// Whether it could be guessed by who has a copy of what was left on a relay.
    pub(crate) fn is_guessable(self) -> bool {
        self.bits() < KEPT_FROM_BITS
    }

    /// For people: words, bits, and what to think of them.
    pub(crate) fn in_words(self) -> String {
        let words = if self.words == 1 { "word" } else { "words" };
        format!("{} {words}, {}", self.words, self.in_short())
    }

    /// The bits, and what to think of them.
    pub(crate) fn in_short(self) -> String {
        format!("about {:.0} bits: {}", self.bits().floor(), self.word())
    }

    /// In a word.
    pub(crate) fn word(self) -> &'static str {
        match self.guesses {
            guesses if guesses < WEAK_BELOW => "weak",
            guesses if guesses < STRONG_FROM => "fair",
            _ => "strong",
        }
    }
}

/// The only word that is not of the list that all others are of: most likely it was mistyped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Slip<'a> {
    /// Which word, from 1 on.
    pub(crate) place: usize,
    /// What was typed.
    pub(crate) word: &'a str,
}

impl<'a> Slip<'a> {
    /// Looks for one in words that are complete.
    pub(crate) fn find(passphrase: &'a str) -> Option<Self> {
        let all: Vec<&str> = passphrase.split_whitespace().collect();
        let mut unknown = all.iter().enumerate().filter(|(_, word)| !words::is_word(word));
        let (at, word) = unknown.next()?;
        let one = unknown.next().is_none() && all.len() >= MANY_WORDS;
        one.then_some(Self { place: at + 1, word })
    }

    /// The word of the list that is nearest, if one is near.
    pub(crate) fn meant(self) -> Option<&'static str> {
        let near = |word: &&'static str| {
            word.len().abs_diff(self.word.len()) <= FAR && strsim::osa_distance(word, self.word) <= FAR
        };
        words::all()
            .filter(near)
            .min_by_key(|word| strsim::osa_distance(word, self.word))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::rater::Rater;

    #[test]
    fn what_people_think_of_is_weaker_than_what_was_drawn() {
        let mut rater = Rater::default();
        assert_eq!(rater.rate("hunter2").word(), "weak");
        assert_eq!(rater.rate("correct horse battery staple").words, 4);
        assert_eq!(
            rater.rate("excretion railing unjustly crunchy divisive strudel"),
            Strength::of_random_words(6)
        );
        let drawn = Strength::of_random_words(6);
        assert_eq!((drawn.word(), drawn.bits().floor()), ("strong", 77.0));
        assert!(Strength::of_random_words(3).is_weak());
    }

    #[test]
    fn one_word_that_is_not_of_the_list_is_found_and_the_nearest_suggested() {
        let slip = Slip::find("excretion railing unjustly crunhcy divisive strudel").unwrap();
        assert_eq!(
            (slip.place, slip.word, slip.meant()),
            (4, "crunhcy", Some("crunchy"))
        );
        let slip = Slip::find("excretion railing unjustly qqqqqqqq").unwrap();
        assert_eq!(slip.meant(), None);
    }

    #[test]
    fn a_sentence_of_ones_own_is_no_slip() {
        assert_eq!(Slip::find("my own sentence of Füllwörter und Unsinn"), None);
        assert_eq!(Slip::find("excretion railing qqqq"), None);
        assert_eq!(Slip::find("excretion railing unjustly crunchy"), None);
        assert_eq!(Slip::find(""), None);
    }
}
