//! The open rooms on the line on top: number, who is there, and how much waits to be read.

use ratatui::text::Span;
use unicode_segmentation::UnicodeSegmentation;

use crate::screen::conversation::{Conversation, Link};
use crate::screen::state::rooms::Rooms;
use crate::screen::text::visible::{columns, visible_line};
use crate::screen::theme::{Role, Theme};

/// The columns of a name in a tab, where several have to fit.
const SHORT: usize = 8;

/// How much a tab says; less where less fits.
#[derive(Clone, Copy)]
enum Detail {
    /// The whole name.
    Full,
    /// The beginning of the name.
    Short,
    /// The number only.
    Number,
}

/// The tabs, as wide as they may be.
pub(crate) fn tabs(rooms: &Rooms, width: usize, theme: &Theme) -> Vec<Span<'static>> {
    for detail in [Detail::Full, Detail::Short, Detail::Number] {
        let spans = row(rooms, detail, theme);
        if spans.iter().map(Span::width).sum::<usize>() <= width {
            return spans;
        }
    }
    summary(rooms, theme)
}

/// The place of the room whose tab stands in a column, counted from the first of them.
pub(crate) fn place_at(tabs: &[Span<'_>], column: usize) -> Option<usize> {
    let mut right = 0;
    let at = tabs.iter().position(|tab| {
        right += tab.width();
        column < right
    })?;
    // Between two tabs is a blank; a single one is no tab, but says how many there are.
    (tabs.len() > 1 && at.is_multiple_of(2)).then_some(at / 2)
}

fn row(rooms: &Rooms, detail: Detail, theme: &Theme) -> Vec<Span<'static>> {
    let current = rooms.current_id();
    let gap = match detail {
        Detail::Full | Detail::Short => "  ",
        Detail::Number => " ",
    };
    let mut spans = Vec::new();
    for (place, (id, room)) in rooms.iter().enumerate() {
        if place > 0 {
            spans.push(Span::raw(gap));
        }
        let shown = id == current;
        let name = visible_line(&room.title());
        let name = match detail {
            Detail::Full => format!(" {name}"),
            Detail::Short => format!(" {}", shortened(&name)),
            Detail::Number => String::new(),
        };
        let unread = match room.unread {
            0 => String::new(),
            _ if shown => String::new(),
            count => format!(" ({count})"),
        };
        spans.push(Span::styled(
            format!("{}{name}{unread}", place + 1),
            theme.style(role(room, shown)),
        ));
    }
    spans
}

fn role(room: &Conversation, shown: bool) -> Role {
    // A third party is to be seen from every room.
    if room.people.len() > 1 && !shown {
        return Role::Loud;
    }
    match (shown, room.unread > 0, room.stirred || room.link != Link::Up) {
        (true, ..) => Role::Selection,
        (false, true, _) => Role::Unread,
        (false, false, true) => Role::Warning,
        (false, false, false) => Role::Dim,
    }
}

/// Where not even the numbers fit: which one of how many, and what waits in all.
fn summary(rooms: &Rooms, theme: &Theme) -> Vec<Span<'static>> {
    let current = rooms.current_id();
    let place = rooms.iter().take_while(|(id, _)| *id != current).count();
    let waits: usize = rooms
        .iter()
        .filter(|(id, _)| *id != current)
        .map(|(_, room)| room.unread)
        .sum();
    let mut text = format!("{}/{}", place + 1, rooms.len());
    if waits > 0 {
        text.push_str(&format!(" +{waits}"));
    }
    vec![Span::styled(text, theme.style(Role::Selection))]
}

fn shortened(name: &str) -> String {
    if columns(name) <= SHORT {
        return name.to_owned();
    }
    let mut short = String::new();
    for grapheme in name.graphemes(true) {
        if columns(&short) + columns(grapheme) >= SHORT {
            break;
        }
        short.push_str(grapheme);
    }
    short + "…"
}
