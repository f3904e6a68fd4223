//! How an entry breaks into rows.

mod flow;

use std::ops::Range;
use std::time::Duration;

use ratatui::text::{Line, Span};

use super::entry::{Author, Content, Copyable, Entry, Measure, Said};
use crate::screen::talk::row::flow::Flow;
use crate::screen::text::search::Needle;
use crate::screen::text::visible::{columns, visible, visible_line};
use crate::screen::text::wrap::{Breaks, wrap};
use crate::screen::theme::{Role, Theme};

/// From this width on messages stand in columns: time, name, text.
const COLUMNS_FROM: usize = 44;
/// From this width on there is a time.
const TIME_FROM: usize = 28;
/// From this width on the rows after the first hang below it.
const HANGING_FROM: usize = 12;
/// The name's column is at least, and at most, so wide; a longer name shifts its text.
const NAME_COLUMNS: std::ops::RangeInclusive<usize> = 3..=12;
/// The characters of a quoted message that are looked at: more than any row holds.
const QUOTED: usize = 400;

/// A row on the screen.
#[derive(Debug, Clone, Default)]
pub(crate) struct Row {
    pub(crate) line: Line<'static>,
    /// The columns that are a link, and its address.
    pub(crate) links: Vec<(Range<usize>, String)>,
}

/// What the rows of an entry depend on beside itself and the measure.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Place<'a> {
    /// It is the first of its day.
    pub(crate) new_day: bool,
    /// It is the first of so many new ones.
    pub(crate) unread: Option<usize>,
    /// Its author has said the one before in the same minute.
    pub(crate) grouped: bool,
    /// The message that it answers, where it is still in the list.
    pub(crate) quoted: Option<&'a Said>,
    pub(crate) selected: bool,
    /// What is to stand out.
    pub(crate) needle: Option<&'a Needle>,
    pub(crate) theme: &'a Theme,
}

impl Entry {
    /// Its rows. None only where it is left out.
    pub(crate) fn rows(&self, measure: Measure, place: Place<'_>) -> Vec<Row> {
        let (width, theme) = (measure.width, place.theme);
        let styled = |text: String, role| Row::from(Line::styled(text, theme.style(role)));
        let mut rows = Vec::new();
        if !measure.bare {
            if place.new_day {
                rows.push(styled(format!("── {} ──", self.at.day()), Role::Dim));
            }
            if let Some(count) = place.unread {
                rows.push(styled(format!("── {count} new ──"), Role::Unread));
            }
        }
        let own = rows.len();
        let selected = place.selected.then(|| theme.selected());
        let theme = selected.as_ref().unwrap_or(theme);
        rows.extend(match &self.content {
            Content::Said(said) => self.said(said, measure, Place { theme, ..place }),
            Content::Quiet(_) if measure.bare => Vec::new(),
            Content::Quiet(parts) => self.note(&parts.join(" · "), Role::Dim, measure, theme),
            Content::Loud(text) => self.note(&format!("!! {text}"), Role::Loud, measure, theme),
            Content::Answer(text) => self.note(text, Role::Plain, measure, theme),
            Content::Copyable(pieces) => pieces.iter().flat_map(|piece| piece.rows(width, theme)).collect(),
        });
        if place.selected {
            for Row { line, .. } in rows.iter_mut().skip(own) {
                line.style = theme.style(Role::Selection);
                // A bar as wide as the screen, whatever the rows are.
                let gap = width.saturating_sub(line.width());
                line.spans.push(Span::raw(" ".repeat(gap)));
            }
        }
        rows
    }

    fn note(&self, text: &str, role: Role, measure: Measure, theme: &Theme) -> Vec<Row> {
        let lead: Vec<_> = self.time(measure, theme).into_iter().collect();
        let indent = if lead.is_empty() {
            hanging(measure)
        } else {
            measure.time.columns()
        };
        let mut flow = Flow::new(lead, measure.width, indent, theme);
        flow.text(&visible(text), role, None);
        flow.rows
    }

    /// The time, where there is a place for it.
    fn time(&self, measure: Measure, theme: &Theme) -> Option<Span<'static>> {
        let time = measure.time.show(self.at);
        (measure.width >= TIME_FROM && !measure.bare && !time.is_empty())
            .then(|| Span::styled(time, theme.style(Role::Dim)))
    }

    fn said(&self, said: &Said, measure: Measure, place: Place<'_>) -> Vec<Row> {
        let (indent, theme) = (hanging(measure), place.theme);
        let deed = said.deed();
        let lead = if measure.bare && deed.is_some() {
            // Without its doer a deed says nothing.
            name(said, measure, theme).into()
        } else if measure.bare {
            Vec::new()
        } else if place.grouped && indent > 0 && deed.is_none() {
            vec![Span::raw(" ".repeat(indent))]
        } else {
            self.time(measure, theme)
                .into_iter()
                .chain(name(said, measure, theme))
                .collect()
        };
        let mut flow = Flow::new(lead, measure.width, indent, theme);
        if said.reply_to.is_some() && !measure.bare {
            flow.one_row(&quote(place.quoted), Role::Dim);
        }
        let text = deed.unwrap_or(&said.text).trim_end_matches('\n');
        match said.deleted {
            true => flow.text("deleted", Role::Dim, None),
            false => flow.text(&visible(text), Role::Plain, place.needle),
        }
        if !measure.bare {
            if let Some(tail) = tail(said) {
                flow.tail(&tail);
            }
            if let Author::Me(marks) = &said.author {
                let shown = marks.shown();
                flow.mark(&shown, marks.widest().max(columns(&shown)));
            }
        }
        flow.rows
    }
}

/// The author's name with what stands around it.
fn name(said: &Said, measure: Measure, theme: &Theme) -> [Span<'static>; 2] {
    let role = match said.author {
        Author::Me(_) => Role::Me,
        Author::Peer { accent, .. } => Role::Peer(accent),
        // No colour of anybody's: it may be anybody.
        Author::Left(_) => Role::Dim,
    };
    let name = visible_line(&said.name);
    let (name, gap) = if said.deed().is_some() {
        (format!("* {name}"), " ".to_owned())
    } else if measure.width >= COLUMNS_FROM {
        let gap = name_columns(measure).saturating_sub(columns(&name)) + 2;
        (name, " ".repeat(gap))
    } else {
        (name, ": ".to_owned())
    };
    [Span::styled(name, theme.style(role)), Span::raw(gap)]
}

/// A message in one row, above the one that answers it.
fn quote(said: Option<&Said>) -> String {
    let Some(said) = said else {
        return "↳ an older message".to_owned();
    };
    let name = visible_line(&said.name);
    if said.deleted {
        return format!("↳ {name}: deleted");
    }
    let text: String = said.deed().unwrap_or(&said.text).chars().take(QUOTED).collect();
    let line = text
        .lines()
        .find(|line| !line.trim().is_empty())
        .unwrap_or_default();
    format!("↳ {name}: {}", visible_line(line))
}

/// What stands after the text.
fn tail(said: &Said) -> Option<String> {
    let mut tail: Vec<String> = Vec::new();
    for (name, reaction) in &said.reactions {
        tail.push(format!("{} {}", visible_line(reaction), visible_line(name)));
    }
    if said.edited && !said.deleted {
        tail.push("edited".to_owned());
    }
    if let Author::Peer { age, repeat, .. } = &said.author {
        tail.extend(age.map(|age| format!("waited {}", in_words(age))));
        tail.extend(repeat.then(|| "may be a repeat".to_owned()));
    }
    (!tail.is_empty()).then(|| tail.join(" · "))
}

impl Copyable {
    fn rows(&self, width: usize, theme: &Theme) -> Vec<Row> {
        let (text, role, breaks) = match self {
            Self::Heading(text) => (text, Role::Dim, Breaks::Words),
            Self::Verbatim(text) => (text, Role::Notice, Breaks::Full),
        };
        wrap(text, width, width, breaks)
            .into_iter()
            .map(|row| Line::styled(text[row].to_owned(), theme.style(role)).into())
            .collect()
    }
}

impl From<Line<'static>> for Row {
    fn from(line: Line<'static>) -> Self {
        Self {
            line,
            links: Vec::new(),
        }
    }
}

fn name_columns(measure: Measure) -> usize {
    measure.name.clamp(*NAME_COLUMNS.start(), *NAME_COLUMNS.end())
}

/// Where the rows after the first begin.
fn hanging(measure: Measure) -> usize {
    match measure.width {
        _ if measure.bare => 0,
        COLUMNS_FROM.. => measure.time.columns() + name_columns(measure) + 2,
        HANGING_FROM.. => 2,
        _ => 0,
    }
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
