//! What to call a peer: its name, or `NAME~2` while another one has that name.

use std::collections::HashMap;

use sotto_protocol::Name;
use sotto_protocol::instance::Event;
use sotto_protocol::message::InstanceId;

/// The names of the peers that are here.
#[derive(Default)]
pub(super) struct Names {
    given: HashMap<InstanceId, String>,
}

impl Names {
    /// What to call the peer that an event is about; empty for one about no peer.
    pub(super) fn of(&mut self, event: &Event) -> String {
        let Some(peer) = about(event) else {
            return String::new();
        };
        match event {
            Event::PeerJoined { name, .. } | Event::PeerRenamed { name, .. } => self.give(peer, name),
            Event::PeerLeft { .. } => self.given.remove(&peer).unwrap_or_else(|| unnamed(peer)),
            _ => self.given.get(&peer).cloned().unwrap_or_else(|| unnamed(peer)),
        }
    }

    fn give(&mut self, peer: InstanceId, name: &Name) -> String {
        self.given.remove(&peer);
        let mut given = name.to_string();
        let mut number = 2;
        while self.given.values().any(|other| *other == given) {
            given = format!("{name}~{number}");
            number += 1;
        }
        self.given.insert(peer, given.clone());
        given
    }
}

/// One whose name never came.
fn unnamed(peer: InstanceId) -> String {
    peer.to_string().chars().take(8).collect()
}

/// The peer that an event is about.
fn about(event: &Event) -> Option<InstanceId> {
    match event {
        Event::PeerJoined { peer, .. }
        | Event::PeerRenamed { peer, .. }
        | Event::PeerSilent { peer }
        | Event::PeerHeard { peer }
        | Event::PeerLeft { peer, .. }
        | Event::Fading { peer, .. }
        | Event::Typing { peer, .. }
        | Event::Withheld { peer, .. }
        | Event::Refused { peer }
        | Event::Impostor { peer } => Some(*peer),
        Event::Message { receipt, .. }
        | Event::Edited { receipt, .. }
        | Event::Deleted { receipt, .. }
        | Event::Reacted { receipt, .. } => Some(receipt.peer),
        Event::Delivered { to, .. } => Some(*to),
        Event::Read { by, .. } => Some(*by),
        Event::Sent { .. }
        | Event::Lost { .. }
        | Event::Disturbed { .. }
        | Event::Newer
        | Event::Crowded
        | Event::Strangers { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use sotto_protocol::instance::Departure;

    use super::*;

    fn renamed(peer: u8, name: &str) -> Event {
        Event::PeerRenamed {
            peer: InstanceId([peer; 16]),
            name: Name::new(name).unwrap(),
        }
    }

    fn left(peer: u8) -> Event {
        Event::PeerLeft {
            peer: InstanceId([peer; 16]),
            how: Departure::Left,
        }
    }

    #[test]
    fn a_second_peer_of_a_name_is_told_apart_and_keeps_its_name() {
        let mut names = Names::default();
        assert_eq!(names.of(&renamed(1, "anna")), "anna");
        assert_eq!(names.of(&renamed(2, "anna")), "anna~2");
        assert_eq!(names.of(&renamed(3, "anna")), "anna~3");
        assert_eq!(names.of(&left(1)), "anna");
        let silent = Event::PeerSilent {
            peer: InstanceId([2; 16]),
        };
        assert_eq!(names.of(&silent), "anna~2");
        assert_eq!(names.of(&renamed(4, "anna")), "anna");
    }

    #[test]
    fn a_peer_that_takes_its_own_name_again_keeps_it() {
        let mut names = Names::default();
        names.of(&renamed(1, "anna"));
        assert_eq!(names.of(&renamed(1, "anna")), "anna");
    }

    #[test]
    fn a_peer_whose_name_never_came_is_called_by_its_id() {
        assert_eq!(Names::default().of(&left(0xab)), "abababab");
        assert_eq!(Names::default().of(&Event::Newer), "");
    }
}
