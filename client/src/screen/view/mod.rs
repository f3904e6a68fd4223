//! The picture of a state: a buffer of cells and where the caret stands.

mod hint;
mod input;
mod link;
mod messages;
mod status;
mod tabs;

use std::time::Duration;

use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

pub(crate) use self::link::Link;
use super::state::State;
use crate::screen::state::input::mouse::Spot;

/// What stands in a cell of the picture.
pub(crate) fn spot(state: &State, now: Duration, column: u16, row: u16) -> Option<Spot> {
    let areas = state.areas();
    let within = |area: Rect| area.contains(Position::new(column, row));
    if within(areas.status) {
        status::room_at(state, now, areas.status, column).map(Spot::Room)
    } else if within(areas.list) && state.page.is_none() {
        let row = usize::from(row - areas.list.y);
        messages::message_at(state, areas.list, row).map(Spot::Message)
    } else {
        None
    }
}

/// Draws a state. The caret's place is inside the buffer, if it has any cell.
pub fn draw(state: &State, now: Duration) -> (Buffer, Position) {
    let (buffer, caret, _) = draw_with_links(state, now);
    (buffer, caret)
}

/// Draws a state, and tells where links stand in the picture.
pub(crate) fn draw_with_links(state: &State, now: Duration) -> (Buffer, Position, Vec<Link>) {
    let mut buffer = Buffer::empty(Rect::new(0, 0, state.width, state.height));
    if let Some(lock) = &state.locked {
        let caret = lock.draw(now, state.settings.theme, &mut buffer);
        return (buffer, caret, Vec::new());
    }
    let areas = state.areas();
    let links = match &state.page {
        Some(page) => {
            page.draw(state.settings.theme, areas.list, &mut buffer);
            Vec::new()
        }
        None => messages::draw(state, areas.list, &mut buffer),
    };
    status::draw(state, now, areas.status, &mut buffer);
    // On a small screen it takes the place of something else, and on the smallest there is none.
    let mut places = [areas.hint, areas.status, areas.list].into_iter();
    if let Some(place) = places.find(|area| !area.is_empty()) {
        hint::draw(state, now, &areas, place, &mut buffer);
    }
    let caret = input::draw(state, areas.input, &mut buffer);
    (buffer, caret, links)
}
