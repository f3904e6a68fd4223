//! What a hostile [member](crate::member) does in a [storm](crate::storm), at random.

use rand::RngExt;
use sotto_protocol::Name;
use sotto_protocol::bond::Proof;
use sotto_protocol::fading::Fading;
use sotto_protocol::message::{Acknowledged, Content, InstanceId, Kind, MessageId, Target, Text};

use crate::member::{Manners, Member};
use crate::world::World;

/// So many instances he is at most: more than anybody talks to.
const MOST: usize = 9;
/// The most that he pushes at once.
const FLOOD: usize = 40;

#[derive(Debug, Clone, Copy)]
enum Deed {
    /// He is one more instance, and says hello.
    Appear,
    /// One of his is silent from now on.
    Vanish,
    ChangeManners,
    /// He says hello: to all, or asks for a handshake.
    Hello,
    /// He begins a handshake, whatever he then makes of it.
    First,
    ForgeHello,
    ForgeFirst,
    /// A message in the session of two others, which asks the one for a handshake.
    ForgeMessage,
    /// Something that was on its way before comes from him.
    Repeat,
    Speak,
    Ping,
}

const DEEDS: [Deed; 11] = [
    Deed::Appear,
    Deed::Vanish,
    Deed::ChangeManners,
    Deed::Hello,
    Deed::First,
    Deed::ForgeHello,
    Deed::ForgeFirst,
    Deed::ForgeMessage,
    Deed::Repeat,
    Deed::Speak,
    Deed::Ping,
];

/// He takes his seat.
pub fn sit_down(world: &mut World) {
    world.member_sits = true;
    world.tell_seats();
    appear(world);
}

/// He leaves it, or says nothing any more.
pub fn end(world: &mut World) {
    world.members.clear();
    world.member_sits = world.rng.random_bool(0.5);
    world.tell_seats();
}

/// He does something, once or very often. `names` are those of the others.
pub fn happen(world: &mut World, names: &[&str]) {
    let deed = DEEDS[world.rng.random_range(0..DEEDS.len())];
    world.trace(|| format!("the member: {deed:?}"));
    if world.members.is_empty() {
        return appear(world);
    }
    let one = world.rng.random_range(0..world.members.len());
    match deed {
        Deed::Appear => appear(world),
        Deed::Vanish => drop(world.members.remove(one)),
        Deed::ChangeManners => world.members[one].manners = manners(world),
        _ => {
            let often = world.rng.random_bool(0.2);
            for _ in 0..if often { FLOOD } else { 1 } {
                push(world, one, deed, names);
            }
        }
    }
}

fn appear(world: &mut World) {
    if world.members.len() < MOST {
        let (seed, manners) = (world.rng.random(), manners(world));
        let mut member = Member::new(seed, manners);
        let hello = member.hello(None);
        world.members.push(member);
        hello.into_iter().for_each(|hello| world.inject(hello));
    }
}

fn manners(world: &mut World) -> Manners {
    Manners {
        echoes: world.rng.random_bool(0.8),
        agrees: world.rng.random_bool(0.8),
        lies: world.rng.random_bool(0.1),
        stays: world.rng.random_bool(0.6),
    }
}

fn push(world: &mut World, one: usize, deed: Deed, names: &[&str]) {
    let wild = [1, 2, 1 << 40, 1 << 62, u64::MAX][world.rng.random_range(0..5)];
    let known = |world: &mut World| world.pick(|world| world.members[one].known());
    let (Some(from), Some(to)) = (known(world), known(world)) else {
        return;
    };
    let talks = world.pick(|world| world.members[one].in_session());
    let content = (matches!(deed, Deed::Speak), talks);
    let content = if let (true, Some(_)) = content {
        Some(anything(world, names))
    } else {
        None
    };
    let repeated = world.rng.random_range(0..world.history.len());
    let acknowledged = acknowledged(world);
    let member = &mut world.members[one];
    let payload = match deed {
        Deed::Hello => {
            let to = member.rng.random_bool(0.7).then_some(to);
            member.hello(to)
        }
        Deed::First if member.id() < to => member.first(to, wild),
        Deed::ForgeHello => member.forged_hello(from, to, wild),
        Deed::ForgeFirst => member.forged_first(from, to, wild),
        Deed::ForgeMessage => member.forged_message(from, wild),
        Deed::Repeat => Some(world.history[repeated].clone()),
        Deed::Speak => talks
            .zip(content)
            .and_then(|(to, content)| member.say(to, content, acknowledged)),
        Deed::Ping => talks.and_then(|to| member.message(to, acknowledged, Kind::Ping(wild))),
        _ => None,
    };
    payload.into_iter().for_each(|payload| world.inject(payload));
}

fn acknowledged(world: &mut World) -> Acknowledged {
    let numbers = [0, 0, 1, 3, 60, u64::MAX];
    Acknowledged {
        held: numbers[world.rng.random_range(0..numbers.len())],
        read: numbers[world.rng.random_range(0..numbers.len())],
    }
}

/// Something to say: mostly a name, mostly somebody else's, or a proof of nothing.
fn anything(world: &mut World, names: &[&str]) -> Content {
    let id = world.pick(|world| {
        world
            .clients
            .iter()
            .flat_map(|client| client.said.iter().map(|said| said.id))
            .collect()
    });
    let id = id.unwrap_or(MessageId([1; 16]));
    let author = world.pick(|world| world.clients.iter().map(|client| client.instance.id()).collect());
    let author = author.unwrap_or(InstanceId([1; 16]));
    let name = names[world.rng.random_range(0..names.len())];
    match world.rng.random_range(0..16) {
        0 => Content::Empty,
        1 => Content::Leave,
        2 => Content::Unknown,
        3 => Content::Fading(Fading::Cannot),
        4 => Content::Edit {
            id,
            text: "not what was said".to_owned(),
        },
        5 => Content::Delete { id },
        6 => Content::Reaction {
            target: Target { author, id },
            reaction: "!".to_owned(),
        },
        7 => Content::Text(Text {
            id,
            repeat: true,
            clock: u64::MAX,
            waited: u32::MAX,
            reply_to: None,
            fades: None,
            text: "from somebody else".to_owned(),
        }),
        8..12 => {
            let mut proof = Proof([0; Proof::LEN]);
            world.rng.fill(&mut proof.0[..]);
            Content::Proof(Box::new(proof))
        }
        _ => Content::Name(Name::new(name).unwrap()),
    }
}
