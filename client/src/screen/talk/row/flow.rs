//! Rows that begin with a lead: how a text flows through them.

use std::ops::Range;

use ratatui::style::Style;
use ratatui::text::{Line, Span};
use unicode_segmentation::UnicodeSegmentation;

use super::Row;
use crate::screen::text::markup;
use crate::screen::text::search::Needle;
use crate::screen::text::visible::columns;
use crate::screen::text::wrap::{Breaks, wrap};
use crate::screen::theme::{Role, Theme};

/// Rows that begin with a lead and hang below it.
pub(super) struct Flow<'a> {
    theme: &'a Theme,
    width: usize,
    indent: usize,
    /// What the next row begins with, if it is the first.
    lead: Option<Vec<Span<'static>>>,
    pub(super) rows: Vec<Row>,
}

impl<'a> Flow<'a> {
    pub(super) fn new(lead: Vec<Span<'static>>, width: usize, indent: usize, theme: &'a Theme) -> Self {
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
    pub(super) fn text(&mut self, text: &str, role: Role, needle: Option<&Needle>) {
        let [style, code, link, found] =
            [role, Role::Code, Role::Link, Role::Found].map(|role| self.theme.style(role));
        let links = markup::links(text);
        let mut styled: Vec<(Range<usize>, Style)> = Vec::new();
        let lines = markup::lines(text);
        for line in &lines {
            if line.code {
                styled.push((line.range.clone(), code));
            } else {
                let start = line.range.start;
                let pieces = markup::code(&text[line.range.clone()]);
                styled.extend(
                    pieces
                        .into_iter()
                        .map(|piece| (piece.start + start..piece.end + start, code)),
                );
            }
        }
        styled.extend(links.iter().map(|(range, _)| (range.clone(), link)));
        let places = needle.map(|needle| needle.places(text)).unwrap_or_default();
        styled.extend(places.into_iter().map(|range| (range, found)));
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
    pub(super) fn one_row(&mut self, text: &str, role: Role) {
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
        spans.push(Span::styled(format!("{fitting}{cut}"), self.theme.style(role)));
        self.rows.push(Line::from(spans).into());
    }

    /// Puts a tail behind the last row, or in rows of its own.
    pub(super) fn tail(&mut self, tail: &str) {
        if let Some(last) = self.rows.last_mut()
            && last.line.width() + 1 + columns(tail) <= self.width
        {
            last.line
                .spans
                .push(Span::styled(format!(" {tail}"), self.theme.style(Role::Dim)));
            return;
        }
        let rest = self.width.saturating_sub(self.indent).max(1);
        for row in wrap(tail, rest, rest, Breaks::Words) {
            let lead = Span::raw(" ".repeat(self.indent));
            let text = Span::styled(tail[row].to_owned(), self.theme.style(Role::Dim));
            self.rows.push(Line::from(vec![lead, text]).into());
        }
    }

    /// Puts a mark at the right edge of the last row, where there is a place for the widest that it may come to be,
    /// or in a row of its own: so that no text moves when the mark changes.
    pub(super) fn mark(&mut self, mark: &str, widest: usize) {
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
        row.line
            .spans
            .push(Span::styled(mark.to_owned(), self.theme.style(Role::Dim)));
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
        .map_or(theme.style(Role::Dim), |span| span.style);
    wrap(&text, width, width, Breaks::Words)
        .into_iter()
        .map(|row| Line::styled(text[row].to_owned(), style).into())
        .collect()
}

/// The columns that a text takes when it is drawn grapheme by grapheme.
fn drawn_columns(text: &str) -> usize {
    text.graphemes(true).map(columns).sum()
}
