//! The draft goes to the user's own editor and comes back. What comes back fills the input, and is never sent by itself.

use sotto_protocol::message::MAX_TEXT;
use zeroize::Zeroizing;

use crate::screen::effect::Moment;
use crate::screen::state::State;
use crate::screen::state::notice::grouped;

impl State {
    /// The editor is done: a new draft, nothing where it was not changed, or why it was not edited.
    pub(crate) fn composed(&mut self, outcome: Result<Option<Zeroizing<String>>, String>, moment: Moment) {
        match outcome {
            Ok(Some(text)) if text.len() > MAX_TEXT => {
                let over = grouped(text.len() - MAX_TEXT);
                self.rooms.current_mut().draft.set(&text);
                self.notice
                    .say(format!("{over} bytes more than one message holds"), moment.now);
            }
            Ok(Some(text)) => {
                self.rooms.current_mut().draft.set(&text);
                self.notice.say("Enter sends what the editor left", moment.now);
            }
            Ok(None) => self.notice.say("the editor left the draft as it was", moment.now),
            Err(why) => self.notice.say(why, moment.now),
        }
        // The keys went to the editor, and somebody typed them.
        self.focus.key(moment.now);
    }
}
