//! Where everything stands, before anything is drawn.

use ratatui::layout::Rect;

use crate::screen::state::State;
use crate::screen::text::line::{folded, input_width};
use crate::screen::text::visible::visible_line;

/// The input grows to this part of the rows.
const INPUT_PART: u16 = 3;
/// From so many rows on there is a status line.
const STATUS_FROM: u16 = 3;
/// From so many rows on the hint has a line of its own; below, it takes another's when it is needed.
const HINT_FROM: u16 = 5;

/// Where everything stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Areas {
    pub(crate) status: Rect,
    pub(crate) list: Rect,
    pub(crate) hint: Rect,
    pub(crate) input: Rect,
}

impl State {
    pub(crate) fn areas(&self) -> Areas {
        let (width, height) = (self.width, self.height);
        let most = (height / INPUT_PART).max(1);
        let rows = match self.asked() {
            Some(_) => 1,
            None => self.rooms.current().draft.layout(self.input_width()).rows,
        };
        let input = u16::try_from(rows).unwrap_or(u16::MAX).min(most).min(height);
        let status = u16::from(height >= STATUS_FROM);
        let hint = match height {
            // The list keeps a row.
            HINT_FROM.. => hint_rows(self, height.saturating_sub(input + status + 1).max(1)),
            _ => 0,
        };
        let list = height.saturating_sub(input + status + hint);
        Areas {
            status: Rect::new(0, 0, width, status),
            list: Rect::new(0, status, width, list),
            hint: Rect::new(0, status + list, width, hint),
            input: Rect::new(0, status + list + hint, width, input),
        }
    }

    /// The rows that the list has.
    pub(crate) fn list_height(&self) -> usize {
        usize::from(self.areas().list.height)
    }

    /// The columns that the draft has.
    pub(crate) fn input_width(&self) -> usize {
        input_width(self.width)
    }
}

/// The rows that an answer or a question may take, where one is too short for it.
const MOST: u16 = 4;

/// The rows that it takes on a screen that has so many for it: more than one only for what was answered or asked.
fn hint_rows(state: &State, has: u16) -> u16 {
    let rows = told(state).map_or(1, |text| {
        folded(&text, state.width.into(), has.min(MOST).into()).len()
    });
    u16::try_from(rows).unwrap_or(MOST)
}

/// What was answered or asked.
pub(crate) fn told(state: &State) -> Option<String> {
    let room = state.rooms.current();
    match state.notice.text() {
        "" => {}
        notice => return Some(visible_line(notice)),
    }
    if let Some(keys) = state.keymap.begun() {
        return Some(format!("{keys} …"));
    }
    if let Some(joining) = &state.joining {
        return Some(visible_line(&joining.hint()));
    }
    room.out.begun.then(|| leaving(room.undelivered))
}

fn leaving(undelivered: usize) -> String {
    match undelivered {
        0 => "leaving …".to_owned(),
        1 => "leaving when 1 message is delivered; Ctrl+C leaves now".to_owned(),
        count => format!("leaving when {count} messages are delivered; Ctrl+C leaves now"),
    }
}
