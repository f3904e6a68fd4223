//! The line above the input: what was answered or asked, who types, what is below.

use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Modifier, Style};
use ratatui::text::Line;

use super::put;
use crate::screen::entry::dim;
use crate::screen::update::State;
use crate::screen::visible::{columns, visible_line};

/// `urgent`: only what the user has to know now; the line belongs to something else.
pub(super) fn draw(state: &State, now: Duration, area: Rect, urgent: bool, buffer: &mut Buffer) {
    let notice = state.notice.text();
    let below = below(state);
    let room = state.rooms.current();
    let mode = room.browsing_told(now).or_else(|| room.purpose_told());
    let mode = mode.unwrap_or_default();
    let (left, style) = match () {
        () if !notice.is_empty() => (visible_line(notice), Style::new().add_modifier(Modifier::BOLD)),
        () if let Some(keys) = state.keymap.begun() => {
            (format!("{keys} …"), Style::new().add_modifier(Modifier::BOLD))
        }
        () if let Some(joining) = &state.joining => (
            visible_line(&joining.hint()),
            Style::new().add_modifier(Modifier::BOLD),
        ),
        () if state.page.is_some() => ("Esc: back to the talk".to_owned(), Style::new()),
        () if state.rooms.current().out.begun => (leaving(state), Style::new().add_modifier(Modifier::BOLD)),
        () if !mode.is_empty() => (mode, Style::new()),
        () if state.rooms.current().away => (
            "away: nothing counts as read until you say something".to_owned(),
            dim(),
        ),
        () if urgent && below.is_empty() => return,
        () if urgent => (String::new(), dim()),
        () => (typing(state, now), dim()),
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
    put(buffer, area, 0, &Line::styled(left.clone(), style));
    let width = columns(&below);
    let free = usize::from(area.width).saturating_sub(columns(&left));
    if width > 0 && free > width {
        let x = area.right() - u16::try_from(width).unwrap_or(area.width).min(area.width);
        let right = Rect {
            x,
            width: area.right() - x,
            ..area
        };
        put(
            buffer,
            right,
            0,
            &Line::styled(below, Style::new().add_modifier(Modifier::BOLD)),
        );
    } else if width > 0 && left.is_empty() {
        put(
            buffer,
            area,
            0,
            &Line::styled(below, Style::new().add_modifier(Modifier::BOLD)),
        );
    }
}

fn leaving(state: &State) -> String {
    match state.rooms.current().undelivered {
        0 => "leaving …".to_owned(),
        1 => "leaving when 1 message is delivered; Ctrl+C leaves now".to_owned(),
        count => format!("leaving when {count} messages are delivered; Ctrl+C leaves now"),
    }
}

fn typing(state: &State, now: Duration) -> String {
    match state.rooms.current().people.typists(now).as_slice() {
        [] => String::new(),
        [one] => format!("{} is typing", visible_line(one)),
        many => format!("{} are typing", visible_line(&many.join(", "))),
    }
}

fn below(state: &State) -> String {
    if let Some(page) = &state.page {
        let (_, more) = page.shown(usize::from(state.width), state.list_height());
        return if more {
            "more below".to_owned()
        } else {
            String::new()
        };
    }
    let (measure, height) = (state.measure(), state.list_height());
    if !state.rooms.current().list.is_scrolled(measure, height) {
        return String::new();
    }
    match state.rooms.current().list.below_unseen(measure, height) {
        0 => "more below".to_owned(),
        count => format!("{count} new below"),
    }
}
