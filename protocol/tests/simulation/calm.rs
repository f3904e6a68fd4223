//! What holds when a [storm](crate::storm) is over: who is there knows everybody who is there, and whatever was
//! said is with whom it was said to, or its author knows why it is not.

use std::collections::BTreeSet;
use std::time::Duration;

use sotto_protocol::fading::Fading;
use sotto_protocol::instance::Event;
use sotto_protocol::message::InstanceId;

use crate::client::{Client, Said};
use crate::memory::freed_with;
use crate::secs;
use crate::words_are_the_same;
use crate::world::World;

#[track_caller]
pub fn nothing_is_left_over(world: &mut World) {
    everybody_knows_everybody(world);
    words_are_the_same(world);
    for author in &world.clients {
        for said in &author.said {
            nobody_else_holds(world, author, said);
            if author.is_up() {
                who_should_holds(world, author, said);
            }
        }
        for reader in &world.clients {
            once_and_in_order(author, reader);
        }
    }
    reactions_are_the_last(world);
    what_is_said_now_arrives(world);
    memory_is_bounded(world);
}

/// What an instance may have when all is quiet, in bytes: 128 others that it remembers, and what is for them.
const MEMORY: usize = 256 * 1024;
/// A text that was typed while alone goes out when those who came had so long to say their names.
const GATHERING: Duration = secs(10);

impl Client {
    fn is_up(&self) -> bool {
        self.died.is_none()
    }

    fn holds(&self, author: &Client, said: &Said) -> bool {
        let is_it = |got: &crate::client::Got| got.id == said.id && got.from == author.instance.id();
        self.got.iter().any(is_it)
    }

    /// The names that it knew somebody by, the last one last.
    fn names_of(&self, peer: InstanceId) -> Vec<String> {
        let named = |event: &Event| match event {
            Event::PeerJoined { peer: id, name, .. } | Event::PeerRenamed { peer: id, name }
                if *id == peer =>
            {
                Some(name.to_string())
            }
            _ => None,
        };
        let mut names: Vec<_> = self.events.iter().filter_map(named).collect();
        names.dedup();
        names
    }

    /// When it was told of somebody for the first time.
    fn met(&self, peer: InstanceId) -> Option<Duration> {
        let joined = |event: &Event| matches!(event, Event::PeerJoined { peer: id, .. } if *id == peer);
        let at = self.events.iter().position(joined)?;
        Some(self.told_at[at])
    }

    /// Whom something is for: whom it saw when it said that, and those who came after, where it waited for them.
    fn meant(&self, said: &Said) -> Vec<InstanceId> {
        let came = self
            .events
            .iter()
            .skip(said.told)
            .filter_map(|event| match event {
                Event::PeerJoined { peer, .. } => Some(*peer),
                _ => None,
            });
        let came = came.filter(|_| said.waits && !said.is_for_compared());
        said.to.iter().copied().chain(came).collect()
    }

    /// Whether it was told, after something was said, that somebody is not here any more.
    fn lost_after(&self, said: &Said, peer: InstanceId) -> bool {
        let left = |event: &Event| matches!(event, Event::PeerLeft { peer: id, .. } if *id == peer);
        self.events[said.told..].iter().any(left)
    }

    /// Whether it was asked about something that it said, and has not answered.
    fn is_asked(&self, said: &Said) -> bool {
        let asked = self.events.iter().enumerate().skip(said.told);
        let asked = asked.filter_map(|(at, event)| match event {
            Event::Withheld { peer, .. } => Some((at, *peer)),
            _ => None,
        });
        let released = |at: usize, peer: InstanceId| {
            let later = |&(told, to): &(usize, InstanceId)| to == peer && told > at;
            self.released.iter().any(later)
        };
        asked.into_iter().any(|(at, peer)| !released(at, peer))
    }

    fn released_since(&self, said: &Said) -> impl Iterator<Item = InstanceId> {
        let since = self.released.iter().filter(|(told, _)| *told > said.told);
        since.map(|(_, to)| *to)
    }

    fn released_to(&self) -> impl Iterator<Item = InstanceId> {
        self.released.iter().map(|(_, to)| *to)
    }

    /// Those and all who may get unasked, by a name, what is theirs.
    fn heirs(&self, mut those: BTreeSet<InstanceId>) -> BTreeSet<InstanceId> {
        let inherits = |from: &InstanceId, id: &InstanceId| {
            let names = self.names_of(*from);
            let same = self.names_of(*id).iter().any(|name| names.contains(name));
            same && !self.compared_before(*from, self.met(*id).unwrap_or_default())
        };
        loop {
            let known = self.words.keys().filter(|id| !those.contains(id));
            let more: Vec<_> = known
                .filter(|id| those.iter().any(|from| inherits(from, id)))
                .copied()
                .collect();
            if more.is_empty() {
                return those;
            }
            those.extend(more);
        }
    }

    fn is_told_lost(&self, said: &Said) -> bool {
        self.events.contains(&Event::Lost { id: said.id })
    }

    /// Whether what is said waits for those who come: nobody is met yet, or just now, or something else may wait.
    pub fn is_gathering(&self, now: Duration) -> bool {
        let just = |at: Duration| now < at + GATHERING + secs(1);
        let events = || self.events.iter().zip(&self.told_at);
        let stayed = |from: Duration| {
            let leaves = |(event, at): (&Event, &Duration)| {
                matches!(event, Event::PeerLeft { .. }) && (from..from + GATHERING + secs(1)).contains(at)
            };
            !just(from) && !events().any(leaves)
        };
        let met = events().any(|(event, at)| matches!(event, Event::PeerJoined { .. }) && stayed(*at));
        let last = self.said.iter().rfind(|said| said.waits && said.text.is_some());
        !met || last.is_some_and(|said| {
            let came = events().skip(said.told);
            let came = came.filter(|(event, _)| matches!(event, Event::PeerJoined { .. }));
            came.map(|(_, at)| *at).next_back().is_none_or(just)
        })
    }

    fn compared_before(&self, peer: InstanceId, moment: Duration) -> bool {
        self.compared.get(&peer).is_some_and(|&at| at < moment)
    }
}

fn run_of(world: &World, id: InstanceId) -> Option<&Client> {
    world.clients.iter().find(|client| client.instance.id() == id)
}

fn everybody_knows_everybody(world: &World) {
    let up: BTreeSet<_> = world
        .clients
        .iter()
        .filter(|client| client.is_up())
        .map(|client| client.instance.id())
        .collect();
    for (at, client) in world
        .clients
        .iter()
        .enumerate()
        .filter(|(_, client)| client.is_up())
    {
        let id = client.instance.id();
        let present: BTreeSet<_> = client.present.iter().copied().chain([id]).collect();
        assert_eq!(
            present, up,
            "whom run {at} ({id:?}) was told of, and who is there"
        );
        let peers: BTreeSet<_> = client.instance.peers().map(|peer| peer.id).chain([id]).collect();
        assert_eq!(peers, up, "whom run {at} talks to, and who is there");
        for other in world
            .clients
            .iter()
            .filter(|other| other.is_up() && other.instance.id() != id)
        {
            let them = other.instance.id();
            assert_eq!(
                client.names.get(&them),
                Some(&other.name),
                "the name of {them:?} at run {at}"
            );
            let fading = client.fadings.get(&them).copied().unwrap_or(Fading::Stay);
            assert_eq!(fading, other.fading, "what {them:?} wants, at run {at}");
        }
        let strangers = client.events.iter().rev().find_map(|event| match event {
            Event::Strangers { count } => Some(*count),
            _ => None,
        });
        let strangers = strangers.unwrap_or(0);
        let sit = usize::from(world.member_sits);
        assert_eq!(strangers, sit, "strangers at run {at}");
    }
}

/// Everything that was said to somebody is with it, or with the next of its name, or its author was told.
fn who_should_holds(world: &World, author: &Client, said: &Said) {
    // What was deleted may never have gone out.
    let Some(text) = &said.text else { return };
    for peer in author.meant(said) {
        let reader = run_of(world, peer);
        let Some(reader) = reader.filter(|reader| reader.is_up() && reader.holds(author, said)) else {
            continue;
        };
        if !author.lost_after(said, peer) {
            let shown = &reader.shown[&author.target(said)];
            assert_eq!(shown.as_ref(), Some(text), "what {peer:?} is shown");
        }
    }
    if author.is_asked(said) || author.is_told_lost(said) {
        return;
    }
    let missing = |peer: &InstanceId| is_missing(world, author, said, *peer);
    let meant = author.meant(said);
    if said.waits {
        // It is with those who were there when it went out: who that was is the author's secret.
        if !meant.is_empty() && meant.iter().all(|peer| missing(peer).is_some()) {
            panic!("{}", missing(&meant[0]).unwrap_or_default());
        }
    } else if let Some(missing) = meant.iter().find_map(missing) {
        panic!("{missing}");
    }
}

/// What is wrong with that a peer does not hold something that was said to it, if anything is.
fn is_missing(world: &World, author: &Client, said: &Said, peer: InstanceId) -> Option<String> {
    let reader = run_of(world, peer)?;
    let heirs = author.heirs(author.released_to().chain([peer]).collect());
    let inherits = |other: &Client| heirs.contains(&other.instance.id()) && other.holds(author, said);
    if reader.holds(author, said) || world.clients.iter().any(inherits) {
        return None;
    }
    // A member who had taken its name may have inherited: a name proves nothing.
    let member = |heir: &&InstanceId| run_of(world, **heir).is_none();
    let mut members = heirs.iter().filter(member);
    if members.any(|heir| reader.died.is_some() || author.delivered.contains(&(said.id, *heir))) {
        return None;
    }
    // What was released to another one is for that one, and waits for it as well once it is dead.
    let is_dead = |run: &Client| run.died.is_some();
    if author
        .released_since(said)
        .any(|to| run_of(world, to).is_some_and(is_dead))
    {
        return None;
    }
    let told = format!("{said:?} of {:?} is not with {peer:?}", author.instance.id());
    let Some(died) = reader.died else {
        return Some(format!("{told}, who is there"));
    };
    if author.present.contains(&peer) {
        return Some(format!("{told}, who is dead and taken to be here"));
    }
    let names = author.names_of(peer);
    let heir = world.clients.iter().find(|other| {
        let id = other.instance.id();
        let known = author.names_of(id);
        let later = known.iter().eq(names.last()) && author.met(id).is_some_and(|met| met > died);
        other.is_up() && later && !other.holds(author, said)
    });
    heir.map(|heir| format!("{told}, and its heir {:?} has not got it", heir.instance.id()))
}

/// Whoever holds something was meant by it, or inherits by its name, and by a word of the author's where the
/// words of the one who was meant had been compared.
fn nobody_else_holds(world: &World, author: &Client, said: &Said) {
    let meant = author.meant(said).into_iter();
    let heirs = author.heirs(author.released_to().chain(meant).collect());
    for reader in world.clients.iter().filter(|reader| reader.holds(author, said)) {
        let (us, id) = (author.instance.id(), reader.instance.id());
        assert!(heirs.contains(&id), "{said:?} of {us:?} is with {id:?}");
    }
}

fn once_and_in_order(author: &Client, reader: &Client) {
    let got: Vec<_> = reader
        .got
        .iter()
        .filter(|got| got.from == author.instance.id())
        .collect();
    // What had gone to another run and comes back may have been got before, and says so.
    let mut once = BTreeSet::new();
    let got: Vec<_> = got
        .into_iter()
        .filter(|got| once.insert(got.id) || !got.repeat)
        .collect();
    assert_eq!(once.len(), got.len(), "each once");
    let place = |id| author.said.iter().position(|said| said.id == id);
    let place = |got: &&crate::client::Got| {
        let Some(at) = place(got.id) else {
            panic!("{got:?} was said by nobody");
        };
        let said = &author.said[at];
        let us = reader.instance.id();
        // What was withheld for another one comes when its author says so.
        let released = author.released_since(said).any(|to| to == us);
        let direct = said.to.contains(&us) && !said.is_for_compared() && !released;
        direct.then_some(at)
    };
    let order: Vec<_> = got.iter().filter_map(place).collect();
    assert!(order.is_sorted(), "in the order in which it was said: {order:?}");
    let held = author
        .delivered
        .iter()
        .filter(|(_, to)| *to == reader.instance.id());
    for (id, _) in held {
        assert!(once.contains(id), "{id:?} is taken to be delivered");
    }
}

fn reactions_are_the_last(world: &World) {
    for author in world.clients.iter().filter(|author| author.is_up()) {
        for (target, (told, to, reaction)) in &author.reacted {
            for reader in world.clients.iter().filter(|reader| reader.is_up()) {
                let id = reader.instance.id();
                let left = |event: &Event| matches!(event, Event::PeerLeft { peer, .. } if *peer == id);
                if to.contains(&id) && !author.events[*told..].iter().any(left) {
                    let shown = reader.reactions.get(&(author.instance.id(), *target));
                    assert_eq!(shown, Some(reaction));
                }
            }
        }
    }
}

/// Whoever came and went, and whatever for: an instance keeps little of it. The world ends with this.
fn memory_is_bounded(world: &mut World) {
    for client in std::mem::take(&mut world.clients) {
        let bytes = freed_with(client.instance);
        assert!(bytes < MEMORY, "{bytes} bytes");
    }
}

/// The proof that nothing is stuck: everybody says something to everybody.
fn what_is_said_now_arrives(world: &mut World) {
    let up: Vec<_> = (0..world.clients.len())
        .filter(|&at| world.clients[at].is_up())
        .collect();
    let said: Vec<_> = up.iter().map(|&at| world.say(at, "calm").id).collect();
    world.run(secs(15));
    for (author, id) in up.iter().zip(said) {
        for reader in up.iter().filter(|reader| *reader != author) {
            let got = world.clients[*reader]
                .got
                .iter()
                .filter(|got| got.id == id)
                .count();
            assert_eq!(got, 1, "what {author} says now, at {reader}");
        }
    }
}
