//! Finding a text in what was said.

use std::ops::Range;

use memchr::memchr2_iter;

/// What is looked for. Without a capital letter in it, capitals make no difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Needle {
    text: String,
    exact: bool,
}

impl Needle {
    /// Nothing is no needle.
    pub(crate) fn new(text: &str) -> Option<Self> {
        (!text.is_empty()).then(|| Self {
            text: text.to_owned(),
            exact: text.chars().any(char::is_uppercase),
        })
    }

    /// What it was made of.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Whether it is in a text.
    pub(crate) fn is_in(&self, text: &str) -> bool {
        self.first_in(text, 0).is_some()
    }

    /// Where it is in a text.
    pub(crate) fn places(&self, text: &str) -> Vec<Range<usize>> {
        let mut places: Vec<Range<usize>> = Vec::new();
        while let Some(place) = self.first_in(text, places.last().map_or(0, |place| place.end)) {
            places.push(place);
        }
        places
    }

    fn first_in(&self, text: &str, from: usize) -> Option<Range<usize>> {
        if self.exact {
            let at = from + text[from..].find(&self.text)?;
            return Some(at..at + self.text.len());
        }
        if self.text.is_ascii() && text.is_ascii() {
            let at = from + place_in_ascii(self.text.as_bytes(), &text.as_bytes()[from..])?;
            return Some(at..at + self.text.len());
        }
        text[from..]
            .char_indices()
            .find_map(|(at, _)| Some(from + at..from + at + self.length_at(&text[from + at..])?))
    }

    /// How many bytes of a text it matches at its beginning.
    fn length_at(&self, text: &str) -> Option<usize> {
        let mut wanted = self.text.chars();
        let mut length = 0;
        for c in text.chars() {
            // A capital may be written small as several characters.
            for small in c.to_lowercase() {
                match wanted.next() {
                    Some(want) if want == small => {}
                    Some(_) => return None,
                    None => break,
                }
            }
            length += c.len_utf8();
            if wanted.as_str().is_empty() {
                return Some(length);
            }
        }
        None
    }
}

/// Where a text of small letters is in another, as most texts are: a tenth of the time that letters of all languages
/// take, so that 100,000 messages are searched within a frame.
fn place_in_ascii(wanted: &[u8], text: &[u8]) -> Option<usize> {
    let (first, rest) = wanted.split_first()?;
    let is_here = |at: &usize| {
        let here = text.get(at + 1..at + wanted.len());
        here.is_some_and(|here| here.eq_ignore_ascii_case(rest))
    };
    memchr2_iter(*first, first.to_ascii_uppercase(), text).find(is_here)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn places(needle: &str, text: &str) -> Vec<String> {
        let needle = Needle::new(needle).unwrap();
        needle
            .places(text)
            .into_iter()
            .map(|place| text[place].to_owned())
            .collect()
    }

    #[test]
    fn a_capital_makes_capitals_count() {
        assert_eq!(places("anna", "Anna and ANNA and anna"), ["Anna", "ANNA", "anna"]);
        assert_eq!(places("Anna", "Anna and ANNA and anna"), ["Anna"]);
        assert_eq!(places("ära", "Ära ÄRA"), ["Ära", "ÄRA"]);
        assert_eq!(places("aa", "aaaaa"), ["aa", "aa"]);
        assert_eq!(Needle::new(""), None);
    }

    proptest! {
        #[test]
        fn what_is_plain_ascii_is_found_at_the_same_places(needle in "[aAb ]{1,3}", text in "[aAbB ]{0,20}") {
            let needle = Needle::new(&needle).unwrap();
            // One letter that is none of these: the way of all languages.
            let beyond = needle.places(&format!("{text}é"));
            prop_assert_eq!(needle.places(&text), beyond);
        }

        #[test]
        fn what_is_found_is_there_and_in_order(needle in "[aAİßéx ]{1,3}", text in "[aAİßéxi\u{307}s ]{0,20}") {
            let mut end = 0;
            for place in Needle::new(&needle).unwrap().places(&text) {
                prop_assert!(place.start >= end && place.end > place.start);
                prop_assert!(text.is_char_boundary(place.start) && text.is_char_boundary(place.end));
                end = place.end;
            }
        }
    }
}
