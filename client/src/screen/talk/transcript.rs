//! The talk as plain lines, for a file.

use zeroize::Zeroizing;

use super::clock::TimeFormat;
use super::entry::{Content, Said};
use super::list::List;
use crate::screen::text::visible::{visible, visible_line};

/// What was said and what happened, oldest first, each with its day and time. What steers a terminal is made harmless:
/// the file will be looked at in one.
pub(crate) fn transcript(list: &List) -> Zeroizing<String> {
    let mut lines = Zeroizing::new(String::new());
    for entry in list.entries() {
        let what = match &entry.content {
            Content::Said(said) => message(said),
            Content::Quiet(parts) => Zeroizing::new(format!("-- {}", visible_line(&parts.join(" · ")))),
            Content::Loud(text) => Zeroizing::new(format!("!! {}", visible_line(text))),
            // They are about this screen, and what is to be handed over is nobody else's.
            Content::Answer(_) | Content::Copyable(_) => continue,
        };
        let time = TimeFormat::Hours24.show(entry.at);
        lines.push_str(&format!("{} {time}", entry.at.date));
        lines.push_str(&what);
        lines.push('\n');
    }
    lines
}

fn message(said: &Said) -> Zeroizing<String> {
    let name = visible_line(&said.name);
    if said.deleted {
        return Zeroizing::new(format!("{name}: (deleted)"));
    }
    if let Some(deed) = said.deed() {
        return Zeroizing::new(format!("* {name} {}", visible_line(deed)));
    }
    let text = Zeroizing::new(visible(&said.text));
    // A line that goes on is told from one that begins.
    Zeroizing::new(format!("{name}: {}", text.trim_end().replace('\n', "\n    ")))
}
