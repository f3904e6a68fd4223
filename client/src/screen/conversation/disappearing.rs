//! Messages that fade: who wants what of them, how that is said, and that they go.

use std::time::Duration;

use sotto_protocol::fading::{FadeTime, Fading};
use sotto_protocol::message::InstanceId;
use zeroize::Zeroizing;

use super::Conversation;
use super::reply_edit::Purpose;
use crate::room::Command;
use crate::screen::talk::clock::Clock;
use crate::screen::talk::entry::Content;

/// What `/fade` takes, where it cannot be read.
const WANTED: &str =
    "it is /fade 10m (s, m, h, d and w are known, 5s to 4w), /fade off, or /fade for how it stands";
/// The units of a time as it is typed, largest first.
const UNITS: [(u32, &str); 5] = [(604_800, "w"), (86_400, "d"), (3600, "h"), (60, "m"), (1, "s")];

/// Reads what stands behind `/fade`.
///
/// # Errors
/// A sentence that says what can stand there.
pub(crate) fn parse(text: &str) -> Result<Fading, String> {
    if text == "off" {
        return Ok(Fading::Stay);
    }
    let unit = UNITS
        .into_iter()
        .find_map(|(unit, letter)| Some((unit, text.strip_suffix(letter)?)));
    let seconds = unit.and_then(|(unit, number)| number.trim_end().parse::<u32>().ok()?.checked_mul(unit));
    let time = FadeTime::from_secs(seconds.ok_or(WANTED)?).map_err(|error| error.to_string())?;
    Ok(Fading::After(time))
}

/// A time as it is typed.
fn typed(time: FadeTime) -> String {
    let seconds = time.as_secs();
    let whole = UNITS.into_iter().find(|(unit, _)| seconds.is_multiple_of(*unit));
    let (unit, letter) = whole.unwrap_or((1, "s"));
    format!("{}{letter}", seconds / unit)
}

impl Conversation {
    /// How long what is said here stays, where we and everybody who is here want the same. The room itself decides
    /// it for each text.
    pub fn fades(&self) -> Option<FadeTime> {
        let Fading::After(time) = self.fading else {
            return None;
        };
        let all = self.people.iter().all(|person| person.fading == self.fading);
        (all && !self.people.is_empty()).then_some(time)
    }

    /// Those who are here and do not want what we want.
    fn others_mind(&self) -> String {
        let others = self.people.iter().filter(|person| person.fading != self.fading);
        others
            .map(|person| person.name.as_str())
            .collect::<Vec<_>>()
            .join(", ")
    }

    /// We have said what we want.
    pub(crate) fn want(&mut self, fading: Fading, at: Clock) {
        let faded = self.fades().is_some();
        let asked = self
            .people
            .iter()
            .any(|person| matches!(person.fading, Fading::After(_)));
        self.fading = fading;
        let said = match fading {
            Fading::After(time) if self.fades().is_some() => in_force(time),
            Fading::After(time) if self.people.is_empty() => {
                format!("whoever comes is asked for messages that fade after {time}")
            }
            Fading::After(time) => {
                format!("asked {} for messages that fade after {time}", self.others_mind())
            }
            Fading::Stay if faded => "messages stay, from now on".to_owned(),
            Fading::Stay if asked => "declined: messages stay".to_owned(),
            Fading::Stay => "messages stay".to_owned(),
            Fading::Cannot => return,
        };
        self.list.quiet(at, said);
    }

    /// Somebody who has just come was asked, as whoever comes is. `faded`: messages did before.
    pub(crate) fn asked_to_fade(&mut self, name: &str, faded: bool, at: Clock) {
        if let Fading::After(time) = self.fading {
            let until = until(faded);
            let asked = format!("asked {name} for messages that fade after {time}{until}");
            self.list.quiet(at, asked);
        }
    }

    /// Somebody has gone or is back: says whether messages still fade, where that has changed.
    pub(crate) fn still_fades(&mut self, before: Option<FadeTime>, at: Clock) {
        let said = match (before, self.fades()) {
            (Some(_), None) if self.people.is_empty() => {
                "nobody is here to agree: what is said now stays".to_owned()
            }
            (Some(_), None) => format!("what is said now stays, until {} agrees", self.others_mind()),
            (None, Some(time)) => in_force(time),
            _ => return,
        };
        self.list.quiet(at, said);
    }

    /// A peer says what it wants. Gives back the answer, where there is no choice.
    pub(crate) fn wanted(
        &mut self,
        peer: InstanceId,
        name: &str,
        fading: Fading,
        at: Clock,
    ) -> Option<Command> {
        let faded = self.fades().is_some();
        let before = self.people.get_mut(peer);
        let before = before.map(|person| std::mem::replace(&mut person.fading, fading));
        let said = match fading {
            Fading::After(time) if self.fades().is_some() => format!("{name} agrees: {}", in_force(time)),
            Fading::After(_) if fading == self.fading => {
                format!(
                    "{name} agrees that messages fade; not yet: {}",
                    self.others_mind()
                )
            }
            Fading::After(time) if self.keeps_lines => {
                let asks = format!("{name} asks that messages fade after {time}");
                self.list.quiet(
                    at,
                    format!("{asks}, but this terminal keeps what was printed: declined"),
                );
                return Some(Command::Fade(Fading::Cannot));
            }
            Fading::After(time) => {
                let (typed, until) = (typed(time), until(faded));
                let asks = format!(
                    "{name} asks that messages fade after {time}: /fade {typed} agrees, /fade off declines{until}"
                );
                if before != Some(fading) {
                    self.list.push(at, Content::Answer(asks));
                    return None;
                }
                // Asked once more: not worth a line of its own.
                asks
            }
            Fading::Cannot => {
                format!("{name} has lines on a terminal, which cannot be taken back: messages stay")
            }
            Fading::Stay if faded => format!("{name} turned fading off: messages stay, from now on"),
            Fading::Stay if matches!(self.fading, Fading::After(_)) => {
                format!("{name} declines that messages fade: they stay")
            }
            Fading::Stay => format!("{name} no longer asks that messages fade"),
        };
        self.list.quiet(at, said);
        None
    }

    /// What has faded goes, and all that shows it. Gives back what is to be said about that.
    pub(crate) fn fade(&mut self, now: Duration) -> Option<&'static str> {
        let faded = self.list.take_faded(now);
        let mut says = None;
        for said in &faded {
            let mine = said.by().is_none();
            match self.purpose {
                Purpose::Edit { id, .. } if mine && id == said.id => {
                    // What may be undone is as much of it as the draft.
                    drop(Zeroizing::new(self.draft.take()));
                    self.give_up();
                    says = Some("the message that you were changing has faded");
                }
                Purpose::Reply(target) if target == self.target_of(said) => {
                    self.give_up();
                    says = Some("the message that you were answering has faded");
                }
                _ => {}
            }
            if mine {
                self.forget_sent(&said.text);
            }
        }
        if !faded.is_empty() {
            self.has_faded = true;
            self.keep_browsing();
        }
        says
    }

    /// A line that was sent is not to be had again; if it was fetched into the input, it goes from there.
    pub(crate) fn forget_sent(&mut self, text: &str) {
        let Some(draft) = self.history.forget(text) else {
            return;
        };
        self.recall = None;
        if self.draft.text() == text {
            drop(Zeroizing::new(self.draft.take()));
            self.draft.set(&draft);
        }
    }

    /// When the next message goes.
    pub(crate) fn next_fade(&self) -> Option<Duration> {
        self.list.next_fade()
    }

    /// How it stands.
    pub(crate) fn fading_told(&self) -> String {
        let now = match (self.fades(), self.fading) {
            (Some(time), _) => format!("messages fade {time} after they are read"),
            (None, Fading::After(time)) => format!("messages stay; you want them to fade after {time}"),
            (None, _) => "messages stay; /fade 10m asks the others that they fade".to_owned(),
        };
        let mut lines = vec![now];
        for person in self.people.iter() {
            let wants = match person.fading {
                Fading::After(time) if person.fading == self.fading => format!("agrees to {time}"),
                Fading::After(time) => format!("asks for {time}: /fade {} agrees", typed(time)),
                Fading::Cannot => "has lines on a terminal, which cannot be taken back".to_owned(),
                Fading::Stay if matches!(self.fading, Fading::After(_)) => "has not agreed".to_owned(),
                Fading::Stay => continue,
            };
            lines.push(format!("{}: {wants}", person.name));
        }
        lines.push(
            "fading is a wish that the other program follows: whoever photographs the screen keeps it"
                .to_owned(),
        );
        lines.join("\n")
    }
}

fn until(faded: bool) -> &'static str {
    if faded { "; until then they stay" } else { "" }
}

fn in_force(time: FadeTime) -> String {
    format!("messages fade {time} after they are read, from now on")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_typed_with_its_unit() {
        for (text, seconds) in [
            ("5s", 5),
            ("10m", 600),
            ("1 h", 3600),
            ("3d", 259_200),
            ("4w", 2_419_200),
        ] {
            let time = FadeTime::from_secs(seconds).unwrap();
            assert_eq!(parse(text), Ok(Fading::After(time)));
            assert_eq!(typed(time), text.replace(' ', ""));
        }
        assert_eq!(parse("off"), Ok(Fading::Stay));
    }

    #[test]
    fn what_is_no_time_is_refused_with_what_is_one() {
        for text in [
            "",
            "10",
            "m",
            "-5m",
            "4s",
            "5w",
            "99999999999w",
            "on",
            "10 apples",
            "５m",
        ] {
            assert!(parse(text).is_err(), "{text}");
        }
    }
}
