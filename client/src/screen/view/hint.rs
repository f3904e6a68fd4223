//! The line above the input: what was answered or asked, who types, what is below.

use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::Style;
use ratatui::text::Line;

use crate::screen::state::State;
use crate::screen::state::layout::{Areas, told};
use crate::screen::text::line::{folded, put};
use crate::screen::text::visible::{columns, visible_line};
use crate::screen::theme::Role;

/// Where the line belongs to something else it says only what the user has to know now.
pub(crate) fn draw(state: &State, now: Duration, areas: &Areas, area: Rect, buffer: &mut Buffer) {
    let urgent = areas.hint.height == 0;
    let below = below(state, areas.list.height.into());
    let (left, role) = match told(state) {
        Some(text) => (text, Role::Notice),
        None if let Some(mode) = mode(state, now) => (mode, Role::Plain),
        None if state.rooms.current().away => (
            "away: nothing counts as read until you say something".to_owned(),
            Role::Dim,
        ),
        None if urgent && below.width() == 0 => return,
        None if urgent => (String::new(), Role::Dim),
        None => (typing(state, now), Role::Dim),
    };
    if urgent {
        buffer.set_stringn(
            area.x,
            area.y,
            " ".repeat(area.width.into()),
            area.width.into(),
            Style::reset(),
        );
    }
    let rows = match area.height {
        0 | 1 => vec![left.as_str()],
        height => folded(&left, area.width.into(), height.into()),
    };
    let style = state.settings.theme.style(role);
    for (number, row) in rows.iter().enumerate() {
        put(buffer, area, number, &Line::styled(*row, style));
    }
    let used = rows.last().map_or(0, |row| columns(row));
    let wide = below.width();
    if wide > 0 && (used == 0 || used + wide < usize::from(area.width)) {
        let wide = u16::try_from(wide).unwrap_or(u16::MAX).min(area.width);
        let right = Rect {
            x: area.right() - wide,
            width: wide,
            ..area
        };
        put(buffer, right, rows.len() - 1, &below);
    }
}

/// What the keys are for just now.
fn mode(state: &State, now: Duration) -> Option<String> {
    let room = state.rooms.current();
    if state.page.is_some() {
        return Some("Esc: back".to_owned());
    }
    if let Some(question) = room.browse.as_ref().and_then(|browse| browse.asks.as_ref()) {
        return Some(question.line());
    }
    room.browsing_told(&state.keymap, now)
        .or_else(|| room.purpose_told())
}

fn typing(state: &State, now: Duration) -> String {
    match state.rooms.current().people.typists(now).as_slice() {
        [] => String::new(),
        [one] => format!("{} is typing", visible_line(one)),
        many => format!("{} are typing", visible_line(&many.join(", "))),
    }
}

fn below(state: &State, height: usize) -> Line<'static> {
    let styled = |text: String, role| Line::styled(text, state.settings.theme.style(role));
    if let Some(page) = &state.page {
        let (_, more) = page.shown(usize::from(state.width), height);
        let text = if more { "more below" } else { "" };
        return styled(text.to_owned(), Role::Dim);
    }
    let measure = state.measure();
    let list = &state.rooms.current().list;
    if !list.is_scrolled(measure, height) {
        return Line::default();
    }
    match list.below_unseen(measure, height) {
        0 => styled("more below".to_owned(), Role::Dim),
        count => styled(format!("{count} new below"), Role::Unread),
    }
}
