//! What the line above the input says to the user: an answer, a question, a refusal.

use std::time::Duration;

/// A notice stays at least so long, however fast the user types on.
const AT_LEAST: Duration = Duration::from_secs(2);
/// A notice goes after so long.
const AT_MOST: Duration = Duration::from_secs(20);

/// What is said just now, if anything.
#[derive(Debug, Default)]
pub(crate) struct Notice {
    text: String,
    /// Since when, unless it is a question, which stays.
    since: Option<Duration>,
    /// The bytes that were typed and not taken since the draft is full.
    not_taken: usize,
}

impl Notice {
    /// Says something for a while.
    pub(crate) fn say(&mut self, text: impl Into<String>, now: Duration) {
        *self = Self {
            text: text.into(),
            since: Some(now),
            not_taken: 0,
        };
    }

    /// Asks something until there is an answer.
    pub(crate) fn ask(&mut self, text: String) {
        *self = Self {
            text,
            since: None,
            not_taken: 0,
        };
    }

    /// Says that typed bytes were not taken.
    pub(crate) fn full(&mut self, bytes: usize, now: Duration) {
        let not_taken = self.not_taken + bytes;
        let count = grouped(not_taken);
        self.say(
            format!("the message is full: {count} bytes more were not taken"),
            now,
        );
        self.not_taken = not_taken;
    }

    /// Says nothing any more.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    /// A key came: what had its time goes.
    pub(crate) fn key(&mut self, now: Duration) {
        if self.since.is_some_and(|since| now >= since + AT_LEAST) {
            self.clear();
        }
    }

    /// Time has passed.
    pub(crate) fn expire(&mut self, now: Duration) {
        if self.until().is_some_and(|until| now >= until) {
            self.clear();
        }
    }

    /// When it goes by itself.
    pub(crate) fn until(&self) -> Option<Duration> {
        Some(self.since? + AT_MOST)
    }

    /// What it says; empty for nothing.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }
}

/// A number with commas between thousands.
pub(crate) fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// A length of time in one unit, as people say it.
pub(crate) fn wait(time: Duration) -> String {
    match time.as_secs() {
        seconds @ 0..120 => format!("{seconds} s"),
        seconds @ 120..7200 => format!("{} min", seconds / 60),
        seconds => format!("{} h", seconds / 3600),
    }
}

/// Seats of the room that belong to no peer.
pub(crate) fn seats(count: usize) -> String {
    if count == 1 {
        "1 seat that says nothing".to_owned()
    } else {
        format!("{count} seats that say nothing")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_notice_outlives_fast_typing_and_goes_by_itself() {
        let second = Duration::from_secs(1);
        let mut notice = Notice::default();
        notice.say("no", second);
        notice.key(2 * second);
        assert_eq!(notice.text(), "no");
        notice.key(3 * second);
        assert_eq!(notice.text(), "");
        notice.say("no", second);
        notice.expire(21 * second);
        assert_eq!(notice.text(), "");
    }

    #[test]
    fn numbers_are_grouped() {
        assert_eq!(grouped(988_576), "988,576");
        assert_eq!(grouped(12), "12");
        assert_eq!(grouped(1_000_000), "1,000,000");
    }
}
