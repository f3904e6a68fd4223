//! The line on top: the relay, who is here, and how the connection is.

use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

use super::tabs;
use crate::screen::conversation::Link;
use crate::screen::conversation::people::Person;
use crate::screen::state::State;
use crate::screen::state::notice::seats;
use crate::screen::talk::clock::TimeFormat;
use crate::screen::text::line::put;
use crate::screen::text::visible::{columns, visible_line};
use crate::screen::theme::{Role, Theme};

const SEPARATOR: &str = " · ";

/// How much is said; less where less fits.
#[derive(Clone, Copy)]
struct Detail {
    relay: bool,
    words: bool,
}

/// The place of the room whose tab stands in a column.
pub(crate) fn room_at(state: &State, now: Duration, area: Rect, column: u16) -> Option<usize> {
    let tabs = tabs_beside(state, now, area.width.into())?;
    tabs::place_at(&tabs, column.into())
}

/// The tabs, beside what has to be said on the line in any case; none where there is but one room.
fn tabs_beside(state: &State, now: Duration, width: usize) -> Option<Vec<Span<'static>>> {
    if state.rooms.len() < 2 {
        return None;
    }
    let (relay, words) = (false, false);
    let least = people(state, Detail { relay, words }).width() + taken(link(state, now).as_deref());
    let width = width.saturating_sub(least + columns(SEPARATOR));
    Some(tabs::tabs(&state.rooms, width, state.settings.theme))
}

/// The columns that the connection takes.
fn taken(link: Option<&str>) -> usize {
    link.map_or(0, |link| columns(link) + 2)
}

pub(crate) fn draw(state: &State, now: Duration, area: Rect, buffer: &mut Buffer) {
    let (width, theme) = (usize::from(area.width), state.settings.theme);
    let link = link(state, now);
    let taken = taken(link.as_deref());
    let details = [(true, true), (false, true), (true, false), (false, false)];
    let mut lines = details.map(|(relay, words)| people(state, Detail { relay, words }));
    if let Some(tabs) = tabs_beside(state, now, width) {
        for line in &mut lines {
            let mut spans = tabs.clone();
            spans.push(Span::styled(SEPARATOR, theme.style(Role::Dim)));
            spans.append(&mut line.spans);
            line.spans = spans;
        }
    }
    let fitting = lines.iter().find(|line| line.width() + taken <= width);
    let line = fitting.or(lines.last()).cloned().unwrap_or_default();
    // The connection wins over who is here: that may no longer be true.
    let link = Line::styled(link.unwrap_or_default(), theme.style(Role::Warning));
    let at = area
        .width
        .saturating_sub(u16::try_from(link.width()).unwrap_or(u16::MAX));
    let (before, rest) = (
        if at < area.width { at.saturating_sub(1) } else { at },
        area.width - at,
    );
    put(
        buffer,
        Rect {
            width: before,
            ..area
        },
        0,
        &line,
    );
    put(
        buffer,
        Rect {
            x: area.x + at,
            width: rest,
            ..area
        },
        0,
        &link,
    );
}

/// What there is to say about the connection; nothing while all is well.
fn link(state: &State, now: Duration) -> Option<String> {
    let short = state.width < 60;
    let waiting = match state.rooms.current().undelivered {
        0 => String::new(),
        count if short => format!(" ({count} waiting)"),
        1 => " · 1 message waits".to_owned(),
        count => format!(" · {count} messages wait"),
    };
    match &state.rooms.current().link {
        Link::Up => None,
        Link::Connecting => Some(format!("connecting …{waiting}")),
        Link::Down { until, why, busy } => {
            let left = until.saturating_sub(now);
            let seconds = left.as_secs() + u64::from(left.subsec_nanos() > 0);
            Some(match (busy, short) {
                (false, false) => format!("reconnecting in {seconds} s{waiting}"),
                (true, false) => format!("{why}; next try in {seconds} s"),
                (_, true) => format!("again in {seconds} s"),
            })
        }
    }
}

fn people(state: &State, detail: Detail) -> Line<'static> {
    let (room, theme) = (state.rooms.current(), state.settings.theme);
    let styled = |text: String, role| Span::styled(text, theme.style(role));
    let mut spans: Vec<Span<'static>> = Vec::new();
    let mut push = |parts: Vec<Span<'static>>| {
        if !spans.is_empty() {
            spans.push(Span::styled(SEPARATOR, theme.style(Role::Dim)));
        }
        spans.extend(parts);
    };
    if detail.relay {
        push(vec![styled(visible_line(&room.relay), Role::Dim)]);
    }
    if room.people.is_empty() {
        let alone = match detail.words {
            true => format!("{}, alone in {}", room.me, room.words),
            false => room.words.to_string(),
        };
        push(vec![Span::raw(alone)]);
    }
    // Two may talk here; with a third everybody has to know.
    if room.people.len() > 1 {
        let here = format!(" {} ARE HERE ", room.people.len() + 1);
        push(vec![styled(here, Role::Loud)]);
    }
    let kept = room.kept.ours.len();
    if kept > 0 {
        push(vec![styled(format!("{kept} kept"), Role::Dim)]);
    }
    for person in room.people.iter() {
        let role = Role::Peer(room.people.accent(person.id));
        push(one(person, detail, role, theme, state.settings.time_format));
    }
    if let Some(time) = room.fades() {
        push(vec![styled(format!("fades {time}"), Role::Dim)]);
    }
    if room.strangers > 0 {
        push(vec![styled(seats(room.strangers), Role::Warning)]);
    }
    Line::from(spans)
}

fn one(person: &Person, detail: Detail, role: Role, theme: &Theme, times: TimeFormat) -> Vec<Span<'static>> {
    let mut spans = vec![Span::styled(visible_line(&person.name), theme.style(role))];
    if let Some((_, at)) = person.silent_since {
        let silent = match times.show(at).trim() {
            time if detail.words && !time.is_empty() => format!(" (silent since {time})"),
            _ => " (silent)".to_owned(),
        };
        spans.push(Span::styled(silent, theme.style(Role::Warning)));
    }
    if person.compared {
        spans.push(Span::raw(" verified"));
    } else if detail.words {
        spans.push(Span::styled(format!(" {}", person.words), theme.style(Role::Dim)));
    }
    spans
}
