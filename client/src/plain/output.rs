//! What is printed: each thing once, as a line that says who and what.

use std::io::{self, Write};
use std::time::Duration;

use sotto_protocol::instance::Event;

use crate::screen::state::notice::wait;
use crate::screen::talk::clock::{Clock, TimeFormat};
use crate::screen::talk::entry::{Author, Content, Copyable, Entry, Said};
use crate::screen::talk::list::List;
use crate::screen::text::visible::{visible, visible_line};

/// The characters of a message that are read out again where another one answers it.
const QUOTED: usize = 40;

/// What was printed, so far as it matters for what comes.
#[derive(Debug)]
pub(super) struct Output {
    times: TimeFormat,
    /// The time that was printed last.
    at: Option<Clock>,
    /// The entries that were printed.
    printed: u64,
    /// The notice that was printed last.
    notice: String,
    /// What was said last of how things are.
    state: String,
}

impl Output {
    /// Nothing yet.
    pub(super) fn new(times: TimeFormat) -> Self {
        Self {
            times,
            at: None,
            printed: 0,
            notice: String::new(),
            state: String::new(),
        }
    }

    /// Prints what is new.
    pub(super) fn print(&mut self, list: &List, notice: &str) -> io::Result<()> {
        let new = usize::try_from(list.pushed() - self.printed).unwrap_or(usize::MAX);
        let mut entries: Vec<_> = list.entries().rev().take(new).collect();
        entries.reverse();
        for entry in entries {
            let lines = self.lines(entry, list);
            out(&lines)?;
        }
        self.printed = list.pushed();
        if notice != self.notice && !notice.is_empty() {
            note(notice)?;
        }
        notice.clone_into(&mut self.notice);
        Ok(())
    }

    /// The same notice is worth a line again.
    pub(super) fn forget_notice(&mut self) {
        self.notice.clear();
    }

    /// Things are otherwise: what was said of them last is worth a line again.
    pub(super) fn forget_state(&mut self) {
        self.state.clear();
    }

    /// Says how things are, unless that was the last word about it.
    pub(super) fn state(&mut self, state: &str) -> io::Result<()> {
        if state == self.state {
            return Ok(());
        }
        state.clone_into(&mut self.state);
        note(state)
    }

    pub(super) fn bell(&self, wanted: bool) -> io::Result<()> {
        if wanted { out("\x07") } else { Ok(()) }
    }

    /// Says what has changed in a message that was printed.
    pub(super) fn changed(&self, event: &Event, name: &str) -> io::Result<()> {
        match event {
            Event::Edited { text, .. } => out(&message(&format!("{name} changed a message"), "", text)),
            Event::Deleted { .. } => note(&format!("{name} deleted a message")),
            Event::Reacted { reaction, .. } if !reaction.is_empty() => {
                note(&format!("{name} reacted: {reaction}"))
            }
            _ => Ok(()),
        }
    }

    fn lines(&mut self, entry: &Entry, list: &List) -> String {
        match &entry.content {
            // It stands there as it was typed.
            Content::Said(said) if matches!(said.author, Author::Me(_)) => String::new(),
            Content::Said(said) => {
                let about = about(said, list);
                self.time(entry.at) + &message(&said.name, &about, &said.text)
            }
            Content::Quiet(parts) => self.time(entry.at) + &noted(&parts.join(" · ")),
            Content::Loud(text) => self.time(entry.at) + &format!("!! {}\n", visible_line(text)),
            Content::Answer(text) => format!("{}\n", visible(text)),
            Content::Copyable(pieces) => pieces
                .iter()
                .map(|(Copyable::Heading(line) | Copyable::Verbatim(line))| format!("{line}\n"))
                .collect(),
        }
    }

    /// The time, where another one was printed before; the day, where that was another.
    fn time(&mut self, at: Clock) -> String {
        let before = self.at.replace(at);
        let time = self.times.show(at);
        match before {
            _ if time.is_empty() => String::new(),
            Some(before) if before == at => String::new(),
            Some(before) if before.date != at.date => noted(&at.day()) + time.trim_start(),
            _ => time.trim_start().to_owned(),
        }
    }
}

/// What there is to know of a message beside who wrote it: what it answers, and whether it is late.
fn about(said: &Said, list: &List) -> String {
    let mut about = Vec::new();
    if let Some(target) = said.reply_to {
        let quoted = list.target(target).and_then(|number| list.said(number));
        about.push(match quoted {
            Some(quoted) if quoted.deleted => format!("to {}, deleted", visible_line(&quoted.name)),
            Some(quoted) => {
                let text: String = quoted.text.chars().take(QUOTED).collect();
                let cut = if text.len() < quoted.text.len() { "…" } else { "" };
                format!("to {}, {}{cut}", visible_line(&quoted.name), visible_line(&text))
            }
            None => "to an older message".to_owned(),
        });
    }
    if let Author::Peer { age, repeat, .. } = &said.author {
        about.extend(age.map(|age: Duration| format!("waited {}", wait(age))));
        about.extend(repeat.then(|| "may be a repeat".to_owned()));
    }
    about.join("; ")
}

/// A message as lines. Those after the first are indented: none can pass for another one's.
fn message(name: &str, about: &str, text: &str) -> String {
    let name = visible_line(name);
    let about = match about {
        "" => String::new(),
        about => format!(" ({about})"),
    };
    let text = visible(text.trim_end_matches('\n')).replace('\n', "\n  ");
    match text.strip_prefix("/me ") {
        Some(deed) => format!("* {name} {deed}{about}\n"),
        None => format!("{name}{about}: {text}\n"),
    }
}

fn noted(text: &str) -> String {
    format!("-- {}\n", visible_line(text))
}

/// Prints a remark.
///
/// # Errors
/// Those of the terminal.
pub(super) fn note(text: &str) -> io::Result<()> {
    out(&noted(text))
}

fn out(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()
}

#[cfg(test)]
mod tests {
    use sotto_protocol::instance::{Receipt, Target};
    use sotto_protocol::message::{InstanceId, MessageId};

    use super::*;
    use crate::screen::talk::expiry::Fades;

    const ANNA: InstanceId = InstanceId([1; 16]);

    fn at(minute: u8) -> Clock {
        Clock {
            hour: 9,
            minute,
            ..Clock::default()
        }
    }

    fn said(number: u8, text: &str, reply_to: Option<Target>) -> Content {
        let receipt = Receipt {
            peer: ANNA,
            number: number.into(),
        };
        Content::Said(Said {
            id: MessageId([number; 16]),
            author: Author::Peer {
                receipt,
                accent: 0,
                age: None,
                repeat: false,
            },
            name: "anna".to_owned(),
            text: text.to_owned().into(),
            reply_to,
            edited: false,
            deleted: false,
            fades: Fades::Never,
            reactions: Vec::new(),
        })
    }

    fn printed(list: &List, times: TimeFormat) -> String {
        let mut output = Output::new(times);
        list.entries().map(|entry| output.lines(entry, list)).collect()
    }

    #[test]
    fn no_message_passes_for_another_or_steers_the_terminal() {
        assert_eq!(
            message("anna", "", "a\ncarl: b\n-- carl left\x1b[2J"),
            "anna: a\n  carl: b\n  -- carl left␛[2J\n"
        );
        assert_eq!(message("anna", "", "/me waves"), "* anna waves\n");
    }

    #[test]
    fn a_time_is_read_out_when_it_is_another_and_not_where_none_is_wanted() {
        let mut list = List::default();
        list.stands_alone();
        list.push(at(5), said(1, "one", None));
        list.push(at(5), said(2, "two", None));
        list.quiet(at(6), "anna left".to_owned());
        let tomorrow = Clock {
            date: at(6).date.next_day().unwrap(),
            ..at(6)
        };
        list.push(tomorrow, said(3, "three", None));
        assert_eq!(
            printed(&list, TimeFormat::Hours12),
            "9:05 am anna: one\nanna: two\n9:06 am -- anna left\n-- Friday, 2 January\n9:06 am anna: three\n"
        );
        assert_eq!(
            printed(&list, TimeFormat::None),
            "anna: one\nanna: two\n-- anna left\nanna: three\n"
        );
    }

    #[test]
    fn an_answer_says_what_it_answers() {
        let mut list = List::default();
        list.push(at(5), said(1, &"long ".repeat(20), None));
        let target = Target {
            author: ANNA,
            id: MessageId([1; 16]),
        };
        list.push(at(5), said(2, "yes", Some(target)));
        let quoted = "long ".repeat(8);
        assert!(
            printed(&list, TimeFormat::None).ends_with(&format!("anna (to anna, {quoted}…): yes\n")),
            "{}",
            printed(&list, TimeFormat::None)
        );
    }
}
