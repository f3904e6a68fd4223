//! Keys while a page is read.

use crate::screen::state::State;
use crate::screen::state::input::Action;
impl State {
    /// A key while a page is read. False when it is not for the page: that one puts the page away and does its own.
    pub(crate) fn page_key(&mut self, action: Action) -> bool {
        let (width, height) = (usize::from(self.width), self.list_height());
        let by = self.page();
        let bare = self.rooms.current().draft.is_empty();
        let Some(page) = &mut self.page else { return false };
        let by = match action {
            Action::Up => -1,
            Action::Down => 1,
            Action::Insert('k') if bare => -1,
            Action::Insert('j') if bare => 1,
            Action::PageUp => -by,
            Action::PageDown => by,
            Action::Insert(' ') if bare => by,
            Action::Top => isize::MIN,
            Action::Bottom => isize::MAX,
            Action::Home | Action::Insert('g') if bare => isize::MIN,
            Action::End | Action::Insert('G') if bare => isize::MAX,
            Action::Redraw | Action::Suspend => return false,
            Action::Dismiss | Action::Interrupt | Action::Help => {
                self.page = None;
                return true;
            }
            Action::Send | Action::Insert('q') if bare => {
                self.page = None;
                return true;
            }
            _ => {
                self.page = None;
                return false;
            }
        };
        page.scroll(by, width, height);
        true
    }
}
