//! The picture of the connect screen: one column of fields, what is wrong below the field where it is.

use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

use super::{Field, Form, Stage};
use crate::screen::text::line::put;
use crate::screen::text::visible::{columns, visible, visible_line};
use crate::screen::text::wrap::{Breaks, wrap};
use crate::screen::theme::{Role, Theme};

/// From this width on the fields have their whole names before them, from the other one short ones.
const NAMES_FROM: u16 = 40;
const SHORT_NAMES_FROM: u16 = 16;
/// From so many rows on there is air between the fields.
const ROOMY_FROM: u16 = 14;
/// What stands for a character that is not shown.
const DOT: &str = "•";
/// Rows wider than this are hard to read.
const WIDEST: u16 = 100;

/// The rows so far, and where the caret is among them.
struct Page {
    lines: Vec<Line<'static>>,
    caret: (usize, usize),
    /// The last row that belongs to what the caret is in.
    until: usize,
    width: usize,
    indent: usize,
    /// Where what is said of them begins.
    remarks: usize,
    theme: &'static Theme,
}

/// Draws a form. The caret's place is inside the buffer, if it has any cell.
pub fn draw(form: &Form, now: Duration) -> (Buffer, Position) {
    let area = Rect::new(0, 0, form.width, form.height);
    let mut buffer = Buffer::empty(area);
    let page = Page::of(form, now);
    let height = usize::from(form.height);
    // On a low screen: the field where the caret is, as far down as its remarks go, and what fits above.
    let wanted = (page.until + 1).saturating_sub(height);
    let first = if page.lines.len() <= height {
        0
    } else {
        wanted.min(page.caret.0)
    };
    for (row, line) in page.lines.iter().skip(first).take(height).enumerate() {
        put(&mut buffer, area, row, line);
    }
    let place = |at: usize, end: u16| u16::try_from(at).unwrap_or(u16::MAX).min(end.saturating_sub(1));
    let caret = Position::new(
        place(page.caret.1, form.width),
        place(page.caret.0.saturating_sub(first), form.height),
    );
    (buffer, caret)
}

impl Page {
    fn of(form: &Form, now: Duration) -> Self {
        let roomy = form.height >= ROOMY_FROM;
        let names: [&str; 3] = match form.width {
            NAMES_FROM.. => ["relay       ", "name        ", "passphrase  "],
            SHORT_NAMES_FROM.. => ["relay ", "name  ", "pass  "],
            _ => ["", "", ""],
        };
        let mut page = Self {
            lines: Vec::new(),
            caret: (0, 0),
            until: 0,
            width: usize::from(form.width.min(WIDEST)).max(1),
            indent: columns(names[0]),
            remarks: if form.width < NAMES_FROM {
                0
            } else {
                columns(names[0])
            },
            theme: form.theme,
        };
        if roomy {
            let what = "sotto: two who share a passphrase talk here";
            page.text(0, what, Role::Notice);
            page.lines.push(Line::default());
        }
        for (field, name) in [Field::Relay, Field::Name, Field::Passphrase]
            .into_iter()
            .zip(names)
        {
            page.field(form, field, name);
            if roomy {
                page.lines.push(Line::default());
            }
        }
        page.below(form, now);
        page
    }

    fn field(&mut self, form: &Form, field: Field, name: &str) {
        let room = self.width.saturating_sub(self.indent + 1).max(1);
        let focused = form.focus == field && form.stage == Stage::Typing;
        let begin = self.lines.len();
        let editor = match field {
            Field::Relay => Some(&form.relay),
            Field::Name => Some(&form.name),
            Field::Passphrase => None,
        };
        let (rows, caret) = match editor {
            Some(editor) => {
                let layout = editor.layout(room + 1);
                let rows = editor.rows(room + 1, 0..layout.rows);
                let rows: Vec<String> = rows.into_iter().map(visible_line).collect();
                (rows, (layout.row, layout.column))
            }
            None => passphrase(form, room),
        };
        let named = if focused { Role::Notice } else { Role::Dim };
        let named = self.theme.style(named);
        for (number, row) in rows.into_iter().enumerate() {
            let lead = if number == 0 {
                name.to_owned()
            } else {
                " ".repeat(self.indent)
            };
            self.lines
                .push(Line::from(vec![Span::styled(lead, named), Span::raw(row)]));
        }
        if focused || (form.stage != Stage::Typing && field == Field::Passphrase) {
            self.caret = (begin + caret.0, self.indent + caret.1);
        }
        if field == Field::Passphrase
            && let Some(strength) = form.strength
        {
            let text = if form.width < NAMES_FROM {
                strength.in_short()
            } else {
                strength.in_words()
            };
            let role = if strength.is_weak() {
                Role::Warning
            } else {
                Role::Dim
            };
            self.text(self.remarks, &text, role);
        }
        if let Some((at, why)) = &form.complaint
            && *at == field
        {
            self.text(self.remarks, why, Role::Warning);
        }
        if focused {
            self.until = self.lines.len().saturating_sub(1);
        }
    }

    /// What is going on, or which keys do something.
    fn below(&mut self, form: &Form, now: Duration) {
        match form.stage {
            Stage::Deriving(since) => {
                let seconds = now.saturating_sub(since).as_secs_f32();
                let text = format!("making the key of the passphrase … {seconds:.1} s (Esc: back)");
                self.text(0, &text, Role::Notice);
                self.until = self.lines.len() - 1;
            }
            Stage::Joining => {
                self.text(0, "joining … (Esc: back)", Role::Notice);
                self.until = self.lines.len() - 1;
            }
            Stage::Typing => {
                let shows = if form.shown { "hides it" } else { "shows it" };
                let keys = if form.width < NAMES_FROM {
                    "Ctrl+G makes one".to_owned()
                } else {
                    format!("Enter goes on · Ctrl+G makes a passphrase · Ctrl+T {shows} · Ctrl+C leaves")
                };
                self.text(0, &keys, Role::Dim);
                for remark in &form.remarks {
                    self.text(0, remark, Role::Warning);
                }
            }
        }
    }

    fn text(&mut self, indent: usize, text: &str, role: Role) {
        let style = self.theme.style(role);
        let text = visible(text);
        let room = self.width.saturating_sub(indent).max(1);
        for row in wrap(&text, room, room, Breaks::Words) {
            let lead = Span::raw(" ".repeat(indent));
            self.lines
                .push(Line::from(vec![lead, Span::styled(text[row].to_owned(), style)]));
        }
    }
}

/// The rows of the passphrase, and the caret behind the last of them.
fn passphrase(form: &Form, room: usize) -> (Vec<String>, (usize, usize)) {
    let text = if form.shown {
        visible_line(form.passphrase.expose())
    } else {
        // One row of them tells as much as several.
        DOT.repeat(form.passphrase.count().min(room))
    };
    let rows: Vec<String> = wrap(&text, room, room, Breaks::Caret)
        .into_iter()
        .map(|row| text[row].to_owned())
        .collect();
    let last = rows.last().map_or(0, |row| columns(row));
    let row = rows.len().saturating_sub(1);
    (rows, (row, last))
}
