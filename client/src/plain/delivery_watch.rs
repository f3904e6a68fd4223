//! What does not arrive. That a message was delivered is not worth a line; that it was not, is.

use std::time::Duration;

/// So long a message may be on its way without a word about it.
const PATIENCE: Duration = Duration::from_secs(10);

/// Whether messages of ours are late, and whether that was said.
#[derive(Debug, Default)]
pub(super) struct DeliveryWatch {
    /// Since when not all is delivered.
    since: Option<Duration>,
    /// It was said.
    said: bool,
    /// It is to be said without waiting.
    now: bool,
}

impl DeliveryWatch {
    /// So many messages are not delivered; what is to be said of it, if anything.
    pub(super) fn told(&mut self, undelivered: usize, now: Duration) -> Option<String> {
        if undelivered == 0 {
            self.since?;
            let Self { said, .. } = std::mem::take(self);
            return said.then(|| "all that you said is delivered now".to_owned());
        }
        let since = *self.since.get_or_insert(now);
        if self.said || (!self.now && now < since + PATIENCE) {
            return None;
        }
        self.said = true;
        Some(match undelivered {
            1 => "1 message of yours is not delivered yet".to_owned(),
            count => format!("{count} messages of yours are not delivered yet"),
        })
    }

    /// Who was to get them does not answer.
    pub(super) fn say_now(&mut self) {
        self.now = true;
    }

    /// The user knows that what is said now waits.
    pub(super) fn known(&mut self) {
        self.said = true;
    }

    /// When something is to be said, if nothing is delivered until then.
    pub(super) fn until(&self) -> Option<Duration> {
        self.since.filter(|_| !self.said).map(|since| since + PATIENCE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn what_arrives_in_time_is_not_worth_a_word() {
        let mut late = DeliveryWatch::default();
        assert_eq!(late.told(1, SECOND), None);
        assert_eq!(late.until(), Some(11 * SECOND));
        assert_eq!(late.told(0, 2 * SECOND), None);
        assert_eq!(late.until(), None);
    }

    #[test]
    fn what_is_late_is_said_once_and_that_it_arrived_too() {
        let mut late = DeliveryWatch::default();
        late.told(1, SECOND);
        assert!(late.told(2, 11 * SECOND).unwrap().starts_with("2 messages"));
        assert_eq!(late.told(3, 12 * SECOND), None);
        assert!(late.told(0, 13 * SECOND).unwrap().contains("delivered now"));
        assert_eq!(late.told(0, 14 * SECOND), None);
    }

    #[test]
    fn where_nobody_answers_it_is_said_at_once() {
        let mut late = DeliveryWatch::default();
        late.told(1, SECOND);
        late.say_now();
        assert!(late.told(1, 2 * SECOND).unwrap().starts_with("1 message"));
    }

    #[test]
    fn what_is_known_to_wait_is_said_only_when_it_arrives() {
        let mut late = DeliveryWatch::default();
        late.known();
        assert_eq!(late.told(0, SECOND), None);
        assert_eq!(late.told(1, SECOND), None);
        assert_eq!(late.told(1, 60 * SECOND), None);
        assert!(late.told(0, 61 * SECOND).is_some());
    }
}
