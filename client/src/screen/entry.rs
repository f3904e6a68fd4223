//! One entry of the message list, and how it breaks into rows.

use std::time::Duration;

use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use sotto_protocol::instance::Receipt;
use sotto_protocol::message::{InstanceId, MessageId};

use super::visible::{columns, visible, visible_line};
use super::wrap::{Breaks, wrap};

/// From this width on messages stand in columns: time, name, text.
const COLUMNS_FROM: usize = 44;
/// From this width on there is a time.
const TIME_FROM: usize = 28;
/// What the time takes, with the space behind it.
const TIME: usize = 6;
/// The name's column is at least, and at most, so wide; a longer name shifts its text.
const NAME_COLUMNS: std::ops::RangeInclusive<usize> = 3..=12;

/// A time of the day, as shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Clock {
    /// 0 to 23.
    pub hour: u8,
    /// 0 to 59.
    pub minute: u8,
}

/// An entry.
#[derive(Debug, Clone)]
pub struct Entry {
    /// When it came.
    pub at: Clock,
    /// What it is.
    pub content: Content,
}

/// What an entry is.
#[derive(Debug, Clone)]
pub enum Content {
    /// Somebody's message.
    Said(Said),
    /// What happened, in few words; what happens in a row stands in one line.
    Quiet(Vec<String>),
    /// What must not be missed.
    Loud(String),
    /// An answer to a command: a text of its own.
    Answer(String),
    /// What is to be handed over: heading and lines, each alone and without anything before it.
    Copyable(Vec<Copyable>),
}

/// A piece of what is to be handed over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Copyable {
    /// What the next lines are.
    Heading(String),
    /// To be copied as it is.
    Verbatim(String),
}

/// A message.
#[derive(Debug, Clone)]
pub struct Said {
    /// Its author's id for it.
    pub id: MessageId,
    /// Who said it.
    pub author: Author,
    /// What the author was called then.
    pub name: String,
    /// What it says now.
    pub text: String,
    /// The author changed it.
    pub edited: bool,
    /// The author deleted it; the text is gone.
    pub deleted: bool,
    /// Name and reaction of those who reacted.
    pub reactions: Vec<(String, String)>,
}

/// Who said something.
#[derive(Debug, Clone)]
pub enum Author {
    /// We did, and this became of it.
    Me(Marks),
    /// A peer did.
    Peer {
        /// Where in its stream.
        receipt: Receipt,
        /// It was on the screen before a reader's eyes.
        seen: bool,
        /// How long it waited on the way, where that is worth a word.
        age: Option<Duration>,
        /// It may be a repeat.
        repeat: bool,
    },
}

/// What became of a message of ours.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Marks {
    /// The relay has it.
    pub sent: bool,
    /// To how many it was said; at least one, who may be still to come.
    pub to: usize,
    /// Who holds it.
    pub delivered: Vec<InstanceId>,
    /// Who has read it.
    pub read: Vec<InstanceId>,
}

impl Marks {
    /// The mark: `…` waiting, `✓` sent, `✓✓` delivered, `read`; counted while not all of several have it.
    pub fn shown(&self) -> String {
        let counted = |mark: &str, of: usize| {
            if of < self.to {
                format!("{mark} {of} of {}", self.to)
            } else {
                mark.to_owned()
            }
        };
        match (self.read.len(), self.delivered.len(), self.sent) {
            (0, 0, false) => "…".to_owned(),
            (0, 0, true) => "✓".to_owned(),
            (0, delivered, _) => counted("✓✓", delivered),
            (read, _, _) => counted("read", read),
        }
    }
}

/// What the rows of an entry depend on beside it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measure {
    /// The columns there are.
    pub width: usize,
    /// The widest name in the room.
    pub name: usize,
}

impl Entry {
    /// What it takes in memory, in bytes, roughly.
    pub fn weight(&self) -> usize {
        let text = match &self.content {
            Content::Said(said) => said.text.len() + said.name.len() + 32 * said.reactions.len(),
            Content::Quiet(parts) => parts.iter().map(String::len).sum(),
            Content::Loud(text) | Content::Answer(text) => text.len(),
            Content::Copyable(_) => 0,
        };
        size_of::<Self>() + text
    }

    /// Its rows at some width; at least one.
    pub fn rows(&self, measure: Measure) -> Vec<Line<'static>> {
        match &self.content {
            Content::Said(said) => said.rows(self.at, measure),
            Content::Quiet(parts) => self.note(&parts.join(" · "), dim(), measure),
            Content::Loud(text) => self.note(&format!("!! {text}"), loud(), measure),
            Content::Answer(text) => self.note(text, Style::new(), measure),
            Content::Copyable(pieces) => pieces
                .iter()
                .flat_map(|piece| piece.rows(measure.width))
                .collect(),
        }
    }

    fn note(&self, text: &str, style: Style, measure: Measure) -> Vec<Line<'static>> {
        let lead = match self.at.lead(measure.width) {
            Some(time) => vec![Span::styled(time, dim())],
            None => Vec::new(),
        };
        let indent = if lead.is_empty() { hanging(measure) } else { TIME };
        flow(lead, &visible(text), style, None, measure.width, indent)
    }
}

impl Copyable {
    fn rows(&self, width: usize) -> Vec<Line<'static>> {
        let (text, style, breaks) = match self {
            Self::Heading(text) => (text, dim(), Breaks::Words),
            Self::Verbatim(text) => (text, Style::new().add_modifier(Modifier::BOLD), Breaks::Full),
        };
        wrap(text, width, width, breaks)
            .into_iter()
            .map(|row| Line::styled(text[row].to_owned(), style))
            .collect()
    }
}

impl Said {
    fn rows(&self, at: Clock, measure: Measure) -> Vec<Line<'static>> {
        let colour = match self.author {
            Author::Me(_) => Color::Green,
            Author::Peer { .. } => Color::Cyan,
        };
        let bold = Style::new().fg(colour).add_modifier(Modifier::BOLD);
        let name = visible_line(&self.name);
        let deed = self.text.strip_prefix("/me ").filter(|_| !self.deleted);
        let text = deed.unwrap_or(&self.text).trim_end_matches('\n');
        let mut lead = Vec::new();
        if let Some(time) = at.lead(measure.width) {
            lead.push(Span::styled(time, dim()));
        }
        let (name, gap) = if deed.is_some() {
            (format!("* {name}"), " ".to_owned())
        } else if measure.width >= COLUMNS_FROM {
            let column = measure.name.clamp(*NAME_COLUMNS.start(), *NAME_COLUMNS.end());
            let gap = " ".repeat(column.saturating_sub(columns(&name)) + 2);
            (name, gap)
        } else {
            (name, ": ".to_owned())
        };
        lead.push(Span::styled(name, bold));
        lead.push(Span::raw(gap));
        let (text, style) = if self.deleted {
            ("deleted", dim())
        } else {
            (text, Style::new())
        };
        flow(
            lead,
            &visible(text),
            style,
            self.tail(),
            measure.width,
            hanging(measure),
        )
    }

    /// What stands after the text.
    fn tail(&self) -> Option<String> {
        let mut tail: Vec<String> = Vec::new();
        for (name, reaction) in &self.reactions {
            tail.push(format!("{} {}", visible_line(reaction), visible_line(name)));
        }
        if self.edited && !self.deleted {
            tail.push("edited".to_owned());
        }
        match &self.author {
            Author::Me(marks) => tail.push(marks.shown()),
            Author::Peer { age, repeat, .. } => {
                tail.extend(age.map(|age| format!("waited {}", in_words(age))));
                tail.extend(repeat.then(|| "may be a repeat".to_owned()));
            }
        }
        (!tail.is_empty()).then(|| tail.join(" · "))
    }
}

impl Clock {
    fn lead(self, width: usize) -> Option<String> {
        (width >= TIME_FROM).then(|| format!("{:02}:{:02} ", self.hour, self.minute))
    }
}

/// Where the rows after the first begin.
fn hanging(measure: Measure) -> usize {
    match measure.width {
        COLUMNS_FROM.. => TIME + measure.name.clamp(*NAME_COLUMNS.start(), *NAME_COLUMNS.end()) + 2,
        12.. => 2,
        _ => 0,
    }
}

/// A lead, then a text in rows that hang below it, then a tail where it fits.
fn flow(
    lead: Vec<Span<'static>>,
    text: &str,
    style: Style,
    tail: Option<String>,
    width: usize,
    indent: usize,
) -> Vec<Line<'static>> {
    let used: usize = lead.iter().map(|span| columns(&span.content)).sum();
    // A lead that leaves no place for a text has a row of its own.
    let own_row = used > 0 && used + 4 > width && !text.is_empty();
    let rest = width.saturating_sub(indent).max(1);
    let first = if own_row { rest } else { width.saturating_sub(used) };
    let mut lines: Vec<Line<'static>> = Vec::new();
    if own_row {
        lines.extend(fold_spans(&lead, width));
    }
    for (number, row) in wrap(text, first, rest, Breaks::Words).into_iter().enumerate() {
        let mut spans = match number {
            0 if !own_row => lead.clone(),
            _ => vec![Span::raw(" ".repeat(indent))],
        };
        spans.push(Span::styled(text[row].to_owned(), style));
        lines.push(Line::from(spans));
    }
    if let Some(tail) = tail {
        append(&mut lines, &tail, width, indent);
    }
    lines
}

/// Puts a tail behind the last row, or in rows of its own.
fn append(lines: &mut Vec<Line<'static>>, tail: &str, width: usize, indent: usize) {
    if let Some(last) = lines.last_mut()
        && last.width() + 1 + columns(tail) <= width
    {
        last.spans.push(Span::styled(format!(" {tail}"), dim()));
        return;
    }
    let rest = width.saturating_sub(indent).max(1);
    for row in wrap(tail, rest, rest, Breaks::Words) {
        lines.push(Line::from(vec![
            Span::raw(" ".repeat(indent)),
            Span::styled(tail[row].to_owned(), dim()),
        ]));
    }
}

/// Spans in as many rows as they need.
fn fold_spans(spans: &[Span<'static>], width: usize) -> Vec<Line<'static>> {
    let text: String = spans.iter().map(|span| span.content.as_ref()).collect();
    let style = spans
        .iter()
        .rev()
        .find(|span| !span.content.trim().is_empty())
        .map_or(dim(), |span| span.style);
    wrap(&text, width, width, Breaks::Words)
        .into_iter()
        .map(|row| Line::styled(text[row].to_owned(), style))
        .collect()
}

/// A length of time as people say it.
fn in_words(time: Duration) -> String {
    match time.as_secs() {
        seconds @ 0..60 => format!("{seconds} s"),
        seconds @ 60..3600 => format!("{} min", seconds / 60),
        seconds @ 3600..172_800 => format!("{} h", seconds / 3600),
        seconds => format!("{} days", seconds / 86_400),
    }
}

/// What may stay unread.
pub fn dim() -> Style {
    Style::new().add_modifier(Modifier::DIM)
}

/// What may not.
pub fn loud() -> Style {
    Style::new()
        .fg(Color::Red)
        .add_modifier(Modifier::BOLD.union(Modifier::REVERSED))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_mean_what_they_say() {
        let one = InstanceId([1; 16]);
        let two = InstanceId([2; 16]);
        let mut marks = Marks {
            to: 2,
            ..Marks::default()
        };
        assert_eq!(marks.shown(), "…");
        marks.sent = true;
        assert_eq!(marks.shown(), "✓");
        marks.delivered.push(one);
        assert_eq!(marks.shown(), "✓✓ 1 of 2");
        marks.delivered.push(two);
        assert_eq!(marks.shown(), "✓✓");
        marks.read.push(two);
        assert_eq!(marks.shown(), "read 1 of 2");
        marks.read.push(one);
        assert_eq!(marks.shown(), "read");
    }
}
