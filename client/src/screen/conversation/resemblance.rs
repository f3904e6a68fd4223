//! Who could be taken for somebody else who matters: us, or one whose words were compared.

use sotto_protocol::Name;
use sotto_protocol::message::InstanceId;

use super::{Conversation, MAX_COMPARED};
use crate::screen::talk::clock::Clock;
use crate::screen::talk::entry::Content;

impl Conversation {
    /// One who is here calls itself otherwise, and is called `name` by the room.
    pub(super) fn renamed(&mut self, peer: InstanceId, name: String, own: &Name, at: Clock) {
        let Some(before) = self.people.renamed(peer, name.clone(), own) else {
            return;
        };
        let what = format!("{before} is called {name} now");
        let compared = self.people.get_mut(peer).is_some_and(|person| person.compared);
        if compared && self.compared_names.len() < MAX_COMPARED {
            self.compared_names.insert(own.skeleton());
        }
        // Whoever may have the name alone resembles nobody, or its words are being compared just now.
        match self.resembles(own, compared).filter(|_| name != own.as_str()) {
            Some(whom) => self.list.push(at, Content::Loud(format!("{what}, and {whom}"))),
            None => self.list.quiet(at, what),
        }
    }

    /// What to say of one with this name, if it could be taken for somebody else who matters.
    pub(super) fn resembles(&self, own: &Name, compared: bool) -> Option<&'static str> {
        let skeleton = own.skeleton();
        if skeleton == self.me.skeleton() {
            return Some("has a name that looks like yours");
        }
        (!compared && self.compared_names.contains(&skeleton)).then_some(
            "has the name of one whose words you compared, and is a new run or somebody else: compare again (/verify)",
        )
    }
}
