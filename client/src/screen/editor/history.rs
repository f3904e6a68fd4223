//! What was sent from a room's input, to have it there again. In memory only.

use std::collections::VecDeque;

use zeroize::Zeroizing;

/// The lines that are kept.
const MAX_LINES: usize = 500;
/// The bytes that are kept; one line may have 60,000.
const MAX_BYTES: usize = 512 << 10;

/// The lines that were sent, and where the user is among them.
#[derive(Debug, Default)]
pub(crate) struct History {
    /// The newest last.
    lines: VecDeque<Zeroizing<String>>,
    bytes: usize,
    /// The line that is in the input, and what was there before the first one.
    place: Option<Place>,
}

#[derive(Debug)]
struct Place {
    line: usize,
    draft: Zeroizing<String>,
}

/// A search among them.
#[derive(Debug, Default)]
pub(crate) struct Recall {
    /// What is being searched for.
    pub(crate) query: Zeroizing<String>,
}

impl History {
    /// A line was sent.
    pub(crate) fn push(&mut self, line: &str) {
        self.place = None;
        if self.lines.back().is_some_and(|last| last.as_str() == line) {
            return;
        }
        self.bytes += line.len();
        self.lines.push_back(Zeroizing::new(line.to_owned()));
        while self.lines.len() > MAX_LINES || self.bytes > MAX_BYTES {
            let Some(oldest) = self.lines.pop_front() else {
                return;
            };
            self.bytes -= oldest.len();
        }
    }

    /// A line is not to be had again. If it is the one in the input, gives back what was there before.
    pub(crate) fn forget(&mut self, text: &str) -> Option<Zeroizing<String>> {
        let is_it = |line: &str| {
            line == text || line.strip_prefix("/edit ") == Some(text) || line.strip_prefix('/') == Some(text)
        };
        let numbered = self.lines.iter().enumerate();
        let gone: Vec<usize> = numbered
            .filter(|(_, line)| is_it(line))
            .map(|(at, _)| at)
            .collect();
        if gone.is_empty() {
            return None;
        }
        self.lines.retain(|line| !is_it(line));
        self.bytes = self.lines.iter().map(|line| line.len()).sum();
        if let Some(place) = self.place.take_if(|place| gone.contains(&place.line)) {
            return Some(place.draft);
        }
        if let Some(place) = &mut self.place {
            place.line -= gone.iter().filter(|&&at| at < place.line).count();
        }
        None
    }

    /// The line before the one in the input, which holds `draft`; nothing where there is none.
    pub(crate) fn older(&mut self, draft: &str) -> Option<&str> {
        let line = self.place.as_ref().map_or(self.lines.len(), |place| place.line);
        self.go(line.checked_sub(1)?, draft)
    }

    /// The line after the one in the input, or what was there before the first one.
    pub(crate) fn newer(&mut self) -> Option<Zeroizing<String>> {
        let place = self.place.as_mut()?;
        if place.line + 1 < self.lines.len() {
            place.line += 1;
            return self.lines.get(place.line).cloned();
        }
        self.place.take().map(|place| place.draft)
    }

    /// Behind the newest line; the draft comes back when that is given up.
    pub(crate) fn begin(&mut self, draft: &str) {
        self.place = Some(Place {
            line: self.lines.len(),
            draft: Zeroizing::new(draft.to_owned()),
        });
    }

    /// The newest line that has a text; `older`: of those before the one in the input.
    pub(crate) fn find(&mut self, text: &str, older: bool) -> Option<&str> {
        if text.is_empty() {
            return None;
        }
        let from = match &self.place {
            Some(place) if older => place.line,
            _ => self.lines.len(),
        };
        let found = (0..from).rev().find(|&line| self.lines[line].contains(text))?;
        self.go(found, "")
    }

    /// The line that is in the input stays where it is.
    pub(crate) fn stay(&mut self) {
        let lines = self.lines.len();
        self.place.take_if(|place| place.line >= lines);
    }

    /// What was in the input before.
    pub(crate) fn give_up(&mut self) -> Option<Zeroizing<String>> {
        self.place.take().map(|place| place.draft)
    }

    fn go(&mut self, line: usize, draft: &str) -> Option<&str> {
        let text = self.lines.get(line)?;
        match &mut self.place {
            Some(place) => place.line = line,
            None => {
                let draft = Zeroizing::new(draft.to_owned());
                self.place = Some(Place { line, draft });
            }
        }
        Some(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history() -> History {
        let mut history = History::default();
        for line in ["one", "two", "three"] {
            history.push(line);
        }
        history
    }

    #[test]
    fn the_draft_comes_back_behind_the_newest_line() {
        let mut history = history();
        assert!(history.newer().is_none());
        assert_eq!(history.older("draft"), Some("three"));
        assert_eq!(history.older("three"), Some("two"));
        assert_eq!(history.newer().unwrap().as_str(), "three");
        assert_eq!(history.newer().unwrap().as_str(), "draft");
        assert!(history.newer().is_none());
        for _ in 0..3 {
            history.older("");
        }
        assert_eq!(history.older(""), None);
        assert_eq!(history.newer().unwrap().as_str(), "two");
    }

    #[test]
    fn a_search_finds_the_newest_line_and_then_older_ones() {
        let mut history = history();
        history.begin("draft");
        assert_eq!(history.find("t", false), Some("three"));
        assert_eq!(history.find("t", true), Some("two"));
        assert_eq!(history.find("t", true), None);
        assert_eq!(history.find("tw", false), Some("two"));
        assert_eq!(history.find("twx", false), None);
        assert_eq!(history.find("tw", false), Some("two"));
        assert_eq!(history.give_up().unwrap().as_str(), "draft");
        assert!(history.newer().is_none());
    }

    #[test]
    fn what_is_forgotten_is_not_found_and_the_place_stays() {
        let mut history = history();
        assert_eq!(history.older("draft"), Some("three"));
        assert_eq!(history.forget("two"), None);
        assert_eq!(history.older("three"), Some("one"));
        assert_eq!(history.newer().unwrap().as_str(), "three");
        assert_eq!(history.forget("three").unwrap().as_str(), "draft");
        assert!(history.newer().is_none());
        assert_eq!(history.older("draft"), Some("one"));
        assert_eq!(history.bytes, "one".len());
    }

    #[test]
    fn what_is_kept_is_bounded() {
        let mut history = History::default();
        for number in 0..2 * MAX_LINES {
            history.push(&number.to_string());
        }
        assert_eq!(history.lines.len(), MAX_LINES);
        history.push(&"a".repeat(MAX_BYTES));
        assert_eq!(history.lines.len(), 1);
    }
}
