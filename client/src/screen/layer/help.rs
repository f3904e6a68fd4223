//! Something to read in the place of the talk, until a key puts it away: the help.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::{Ctx, Layer, Taken};
use crate::screen::keymap::Section;
use crate::screen::keymap::action::Action;
use crate::screen::text::line::put;
use crate::screen::text::visible::columns;
use crate::screen::text::wrap::{Breaks, wrap};
use crate::screen::theme::{Role, Theme};

/// What stands left of the explanations takes this part of the columns at most.
const LEFT_PART: usize = 3;
/// Between what is explained and the explanation.
const GAP: usize = 2;
/// In fewer columns an explanation stands below what it explains.
const BESIDE_FROM: usize = 40;

/// A page that is being read.
#[derive(Debug)]
pub(crate) struct Page {
    sections: Vec<Section>,
    /// The first row that is shown.
    top: usize,
}

impl Page {
    /// A page, from its beginning.
    pub(crate) fn new(sections: Vec<Section>) -> Self {
        Self { sections, top: 0 }
    }

    /// All of it as one text, for who has no screen.
    pub(crate) fn text(&self) -> String {
        let line = |(what, does): &(String, String)| match (what.is_empty(), does.is_empty()) {
            (false, false) => format!("{what}: {does}"),
            _ => format!("{what}{does}"),
        };
        let lines = self.sections.iter().flat_map(|section| &section.lines);
        lines.map(line).collect::<Vec<_>>().join("\n")
    }

    /// All its rows.
    fn rows(&self, width: usize) -> Vec<(Role, String)> {
        let lines = self.sections.iter().flat_map(|section| &section.lines);
        let explained = lines.filter(|(_, does)| !does.is_empty());
        let longest = explained.map(|(what, _)| columns(what)).max().unwrap_or(0);
        let left = (width >= BESIDE_FROM).then(|| longest.min(width / LEFT_PART - GAP));
        let mut rows = Vec::new();
        for section in &self.sections {
            if !rows.is_empty() {
                rows.push((Role::Plain, String::new()));
            }
            rows.push((Role::Notice, section.heading.to_owned()));
            for (what, does) in &section.lines {
                let explained = beside(what, does, left, width).into_iter();
                rows.extend(explained.map(|row| (Role::Plain, row)));
            }
        }
        rows
    }

    /// The rows that are shown, and whether there are more below.
    pub(crate) fn shown(&self, width: usize, height: usize) -> (Vec<(Role, String)>, bool) {
        let rows = self.rows(width);
        let top = self.top.min(rows.len().saturating_sub(height));
        let more = rows.len() > top + height;
        (rows.into_iter().skip(top).take(height).collect(), more)
    }

    /// From the top, in the place of the talk.
    pub(crate) fn draw(&self, theme: &Theme, area: Rect, buffer: &mut Buffer) {
        let (rows, _) = self.shown(area.width.into(), area.height.into());
        for (number, (role, row)) in rows.into_iter().enumerate() {
            put(buffer, area, number, &Line::styled(row, theme.style(role)));
        }
    }

    fn scroll(&mut self, by: isize, width: usize, height: usize) {
        let last = self.rows(width).len().saturating_sub(height);
        self.top = self.top.min(last).saturating_add_signed(by).min(last);
    }
}

/// What is explained in `left` columns and the explanation beside it; below it where there are no such columns.
fn beside(what: &str, does: &str, left: Option<usize>, width: usize) -> Vec<String> {
    let pieces = |text: &str, width: usize| -> Vec<String> {
        let rows = wrap(text, width, width, Breaks::Words).into_iter();
        rows.map(|row| text[row].trim_end().to_owned()).collect()
    };
    let Some(left) = left.filter(|_| !does.is_empty()) else {
        let mut rows = pieces(what, width);
        if !does.is_empty() {
            let below = pieces(does, width.saturating_sub(GAP)).into_iter();
            rows.extend(below.map(|piece| format!("{}{piece}", " ".repeat(GAP))));
        }
        return rows;
    };
    let (whats, does) = (pieces(what, left), pieces(does, width.saturating_sub(left + GAP)));
    let row = |number: usize| {
        let piece = |of: &[String]| of.get(number).cloned().unwrap_or_default();
        let what = piece(&whats);
        let blank = " ".repeat((left + GAP).saturating_sub(columns(&what)));
        what + &blank + &piece(&does)
    };
    (0..whats.len().max(does.len())).map(row).collect()
}

impl Layer for Page {
    /// One that is not for the page puts it away and does its own.
    fn key(&mut self, action: Action, ctx: &mut Ctx<'_>) -> Taken {
        let (width, height) = (ctx.measure.width, ctx.height);
        let page = page(height);
        let bare = ctx.rooms.current().draft.is_empty();
        let by = match action {
            Action::Up => -1,
            Action::Down => 1,
            Action::Insert('k') if bare => -1,
            Action::Insert('j') if bare => 1,
            Action::PageUp => -page,
            Action::PageDown => page,
            Action::Insert(' ') if bare => page,
            Action::Top => isize::MIN,
            Action::Bottom => isize::MAX,
            Action::Home | Action::Insert('g') if bare => isize::MIN,
            Action::End | Action::Insert('G') if bare => isize::MAX,
            Action::Redraw | Action::Suspend => return Taken::Pass,
            Action::Dismiss | Action::Interrupt | Action::Help => return Taken::Close,
            Action::Send | Action::Insert('q') if bare => return Taken::Close,
            _ => return Taken::ClosePass,
        };
        self.scroll(by, width, height);
        Taken::Keep
    }
}

/// The rows of a page on so many: one stays, so that the eye finds on.
pub(crate) fn page(height: usize) -> isize {
    let height = isize::try_from(height).unwrap_or(isize::MAX);
    height.saturating_sub(1).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::screen::keymap::Section;

    fn page() -> Page {
        let line = |what: &str, does: &str| (what.to_owned(), does.to_owned());
        Page::new(vec![
            Section {
                heading: "keys",
                lines: vec![
                    line("Enter", "sends what is in the input"),
                    line("as in a shell", ""),
                ],
            },
            Section {
                heading: "marks",
                lines: vec![line("✓", "the relay has it")],
            },
        ])
    }

    fn rows(page: &Page, width: usize) -> Vec<String> {
        let (rows, _) = page.shown(width, usize::MAX);
        rows.iter().map(|(_, row)| row.trim_end().to_owned()).collect()
    }

    #[test]
    fn explanations_stand_beside_what_they_explain_or_below_it() {
        let wide = [
            "keys",
            "Enter  sends what is in the input",
            "as in a shell",
            "",
            "marks",
            "✓      the relay has it",
        ];
        assert_eq!(rows(&page(), 40), wide);
        let narrow = [
            "keys",
            "Enter",
            "  sends what is in",
            "  the input",
            "as in a shell",
            "",
            "marks",
            "✓",
            "  the relay has it",
        ];
        assert_eq!(rows(&page(), 20), narrow);
        assert_eq!(
            page().text(),
            "Enter: sends what is in the input\nas in a shell\n✓: the relay has it"
        );
    }

    #[test]
    fn a_page_scrolls_to_its_end_and_not_beyond() {
        let mut page = page();
        assert!(page.shown(40, 4).1);
        page.scroll(isize::MAX, 40, 4);
        let (rows, more) = page.shown(40, 4);
        assert_eq!((rows.len(), more), (4, false));
        page.scroll(isize::MIN, 40, 4);
        assert_eq!(page.shown(40, 4).0[0].1, "keys");
        // A larger window shows what fits, from the last place on.
        page.scroll(3, 40, 2);
        assert_eq!(page.shown(40, 60).0.len(), 6);
        assert_eq!(page.shown(0, 0).0.len(), 0);
    }
}
