//! How an entry breaks into rows.

use std::ops::Range;
use std::time::Duration;

use ratatui::style::{Modifier, Style};
use ratatui::text::{Line, Span};
use unicode_segmentation::UnicodeSegmentation;

use super::entry::{Author, Content, Copyable, Entry, Measure, Said};
use super::markup;
use super::search::Needle;
use super::theme::Theme;
use super::visible::{columns, visible, visible_line};
use super::wrap::{Breaks, wrap};

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
pub struct Row {
    /// Its text.
    pub line: Line<'static>,
    /// The columns that are a link, and its address.
    pub links: Vec<(Range<usize>, String)>,
}

/// What the rows of an entry depend on beside itself and the measure.
#[derive(Debug, Clone, Copy, Default)]
pub struct Place<'a> {
    /// It is the first of its day.
    pub new_day: bool,
    /// It is the first of so many new ones.
    pub unread: Option<usize>,
    /// Its author has said the one before in the same minute.
    pub grouped: bool,
    /// The message that it answers, where it is still in the list.
    pub quoted: Option<&'a Said>,
    /// It is selected.
    pub selected: bool,
    /// What is to stand out.
    pub needle: Option<&'a Needle>,
    /// How things look.
    pub theme: &'static Theme,
}

impl Entry {
    /// Its rows. None only where it is left out.
    pub fn rows(&self, measure: Measure, place: Place<'_>) -> Vec<Row> {
        let (width, theme) = (measure.width, place.theme);
        let mut rows = Vec::new();
        if !measure.bare {
            if place.new_day {
                rows.push(Line::styled(format!("── {} ──", self.at.day()), theme.dim).into());
            }
            if let Some(count) = place.unread {
                rows.push(Line::styled(format!("── {count} new ──"), theme.unread).into());
            }
        }
        let own = rows.len();
        rows.extend(match &self.content {
            Content::Said(said) => self.said(said, measure, place),
            Content::Quiet(_) if measure.bare => Vec::new(),
            Content::Quiet(parts) => self.note(&parts.join(" · "), theme.dim, measure, theme),
            Content::Loud(text) => self.note(&format!("!! {text}"), theme.loud, measure, theme),
            Content::Answer(text) => self.note(text, Style::new(), measure, theme),
            Content::Copyable(pieces) => pieces.iter().flat_map(|piece| piece.rows(width, theme)).collect(),
        });
        if place.selected {
            for Row { line, .. } in rows.iter_mut().skip(own) {
                line.style = theme.selection;
                // A bar as wide as the screen, whatever the rows are.
                let gap = width.saturating_sub(line.width());
                line.spans.push(Span::raw(" ".repeat(gap)));
                // On its ground what is dim could not be read.
                for span in line.spans.iter_mut().filter(|span| span.style == theme.dim) {
                    span.style = Style::new();
                }
            }
        }
        rows
    }

    fn note(&self, text: &str, style: Style, measure: Measure, theme: &'static Theme) -> Vec<Row> {
        let lead: Vec<_> = self.time(measure, theme).into_iter().collect();
        let indent = if lead.is_empty() {
            hanging(measure)
        } else {
            measure.time.columns()
        };
        let mut flow = Flow::new(lead, measure.width, indent, theme);
        flow.text(&visible(text), style, None);
        flow.rows
    }

    /// The time, where there is a place for it.
    fn time(&self, measure: Measure, theme: &Theme) -> Option<Span<'static>> {
        let time = measure.time.show(self.at);
        (measure.width >= TIME_FROM && !measure.bare && !time.is_empty())
            .then(|| Span::styled(time, theme.dim))
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
            flow.one_row(&quote(place.quoted), theme.dim);
        }
        let text = deed.unwrap_or(&said.text).trim_end_matches('\n');
        match said.deleted {
            true => flow.text("deleted", theme.dim, None),
            false => flow.text(&visible(text), Style::new(), place.needle),
        }
        if !measure.bare {
            if let Some(tail) = tail(said) {
                flow.tail(&tail);
            }
            if let Author::Me(marks) = &said.author {
                flow.mark(&marks.shown(), marks.widest());
            }
        }
        flow.rows
    }
}

/// The author's name with what stands around it.
fn name(said: &Said, measure: Measure, theme: &Theme) -> [Span<'static>; 2] {
    let style = match said.author {
        Author::Me(_) => theme.me,
        Author::Peer { accent, .. } => theme.accent(accent),
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
    [Span::styled(name, style), Span::raw(gap)]
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
        let (text, style, breaks) = match self {
            Self::Heading(text) => (text, theme.dim, Breaks::Words),
            Self::Verbatim(text) => (text, Style::new().add_modifier(Modifier::BOLD), Breaks::Full),
        };
        wrap(text, width, width, breaks)
            .into_iter()
            .map(|row| Line::styled(text[row].to_owned(), style).into())
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

/// Rows that begin with a lead and hang below it.
struct Flow {
    theme: &'static Theme,
    width: usize,
    indent: usize,
    /// What the next row begins with, if it is the first.
    lead: Option<Vec<Span<'static>>>,
    rows: Vec<Row>,
}

impl Flow {
    fn new(lead: Vec<Span<'static>>, width: usize, indent: usize, theme: &'static Theme) -> Self {
        let used: usize = lead.iter().map(|span| columns(&span.content)).sum();
        // A lead that leaves no place for a text has rows of its own.
        if used > 0 && used + 4 > width {
            let rows = fold_spans(&lead, width, theme);
            return Self {
                theme,
                width,
                indent,
                lead: None,
                rows,
            };
        }
        Self {
            theme,
            width,
            indent,
            lead: Some(lead),
            rows: Vec::new(),
        }
    }

    /// What the next row begins with, and the columns that takes.
    fn begin(&mut self) -> (Vec<Span<'static>>, usize) {
        let lead = self
            .lead
            .take()
            .unwrap_or_else(|| vec![Span::raw(" ".repeat(self.indent))]);
        let used = lead.iter().map(|span| columns(&span.content)).sum();
        (lead, used)
    }

    /// The columns that the next row has.
    fn room(&self) -> usize {
        let used = match &self.lead {
            Some(lead) => lead.iter().map(|span| columns(&span.content)).sum(),
            None => self.indent,
        };
        self.width.saturating_sub(used).max(1)
    }

    /// A text with its code and its links, and what of it is to stand out.
    fn text(&mut self, text: &str, style: Style, needle: Option<&Needle>) {
        let links = markup::links(text);
        let mut styled: Vec<(Range<usize>, Style)> = Vec::new();
        let lines = markup::lines(text);
        for line in &lines {
            if line.code {
                styled.push((line.range.clone(), self.theme.code));
            } else {
                let start = line.range.start;
                let pieces = markup::code(&text[line.range.clone()]);
                styled.extend(
                    pieces
                        .into_iter()
                        .map(|piece| (piece.start + start..piece.end + start, self.theme.code)),
                );
            }
        }
        styled.extend(links.iter().map(|(range, _)| (range.clone(), self.theme.link)));
        let places = needle.map(|needle| needle.places(text)).unwrap_or_default();
        styled.extend(places.into_iter().map(|range| (range, self.theme.found)));
        let rest = self.width.saturating_sub(self.indent).max(1);
        for line in lines {
            let start = line.range.start;
            let breaks = if line.code { Breaks::Full } else { Breaks::Words };
            for row in wrap(&text[line.range], self.room(), rest, breaks) {
                self.row(text, row.start + start..row.end + start, style, &styled, &links);
            }
        }
    }

    fn row(
        &mut self,
        text: &str,
        row: Range<usize>,
        style: Style,
        styled: &[(Range<usize>, Style)],
        links: &[(Range<usize>, String)],
    ) {
        let (mut spans, begin) = self.begin();
        let meets = |range: &Range<usize>| range.start < row.end && row.start < range.end;
        let styled: Vec<_> = styled.iter().filter(|(range, _)| meets(range)).collect();
        let mut here = Vec::new();
        for (range, address) in links.iter().filter(|(range, _)| meets(range)) {
            let from = drawn_columns(&text[row.start..range.start.max(row.start)]);
            let to = drawn_columns(&text[row.start..range.end.min(row.end)]);
            here.push((begin + from..begin + to, address.clone()));
        }
        if styled.is_empty() {
            spans.push(Span::styled(text[row].to_owned(), style));
        } else {
            // By grapheme: a style that began inside one would cut it.
            let mut run = (String::new(), style);
            for (at, grapheme) in text[row.clone()].grapheme_indices(true) {
                let at = row.start + at;
                let covers = styled.iter().filter(|(range, _)| range.contains(&at));
                let style = covers.fold(style, |style, (_, more)| style.patch(*more));
                if style != run.1 && !run.0.is_empty() {
                    spans.push(Span::styled(std::mem::take(&mut run.0), run.1));
                }
                run.0.push_str(grapheme);
                run.1 = style;
            }
            spans.push(Span::styled(run.0, run.1));
        }
        self.rows.push(Row {
            line: Line::from(spans),
            links: here,
        });
    }

    /// A text in exactly one row; what does not fit ends in `…`.
    fn one_row(&mut self, text: &str, style: Style) {
        let room = self.room();
        let (mut spans, _) = self.begin();
        let mut fitting = text;
        if columns(text) > room {
            let end = wrap(text, room.saturating_sub(1), 1, Breaks::Full)
                .first()
                .map_or(0, |row| row.end);
            fitting = &text[..end];
        }
        let cut = if fitting.len() < text.len() { "…" } else { "" };
        spans.push(Span::styled(format!("{fitting}{cut}"), style));
        self.rows.push(Line::from(spans).into());
    }

    /// Puts a tail behind the last row, or in rows of its own.
    fn tail(&mut self, tail: &str) {
        if let Some(last) = self.rows.last_mut()
            && last.line.width() + 1 + columns(tail) <= self.width
        {
            last.line
                .spans
                .push(Span::styled(format!(" {tail}"), self.theme.dim));
            return;
        }
        let rest = self.width.saturating_sub(self.indent).max(1);
        for row in wrap(tail, rest, rest, Breaks::Words) {
            let lead = Span::raw(" ".repeat(self.indent));
            let text = Span::styled(tail[row].to_owned(), self.theme.dim);
            self.rows.push(Line::from(vec![lead, text]).into());
        }
    }

    /// Puts a mark at the right edge of the last row, where there is a place for the widest that it may come to be,
    /// or in a row of its own: so that no text moves when the mark changes.
    fn mark(&mut self, mark: &str, widest: usize) {
        if widest > self.width {
            return self.tail(mark);
        }
        let used = self.rows.last().map_or(self.width, |row| row.line.width());
        let row = if used + 1 + widest <= self.width {
            self.rows.pop()
        } else {
            None
        };
        let mut row = row.unwrap_or_default();
        let gap = self.width.saturating_sub(row.line.width() + columns(mark));
        row.line.spans.push(Span::raw(" ".repeat(gap)));
        row.line.spans.push(Span::styled(mark.to_owned(), self.theme.dim));
        self.rows.push(row);
    }
}

/// Spans in as many rows as they need.
fn fold_spans(spans: &[Span<'static>], width: usize, theme: &Theme) -> Vec<Row> {
    let text: String = spans.iter().map(|span| span.content.as_ref()).collect();
    let style = spans
        .iter()
        .rev()
        .find(|span| !span.content.trim().is_empty())
        .map_or(theme.dim, |span| span.style);
    wrap(&text, width, width, Breaks::Words)
        .into_iter()
        .map(|row| Line::styled(text[row].to_owned(), style).into())
        .collect()
}

/// The columns that a text takes when it is drawn grapheme by grapheme.
fn drawn_columns(text: &str) -> usize {
    text.graphemes(true).map(columns).sum()
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
