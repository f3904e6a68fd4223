//! Whom a text goes to: whoever is known by name when it is said, a later run of it, nobody whom the user would not expect.

use sotto_protocol::Name;
use sotto_protocol::instance::{Event, Instance, SayError, Target};
use sotto_protocol::message::InstanceId;

use crate::secs;
use crate::world::{HANDSHAKE, World};

fn id(world: &World, who: usize) -> InstanceId {
    world.clients[who].instance.id()
}

fn texts(world: &World, who: usize) -> Vec<&str> {
    let got = world.clients[who].got.iter();
    got.map(|got| &got.text[..]).collect()
}

fn withheld(world: &World, who: usize, peer: InstanceId, of: &str, count: usize) -> bool {
    let of = Name::new(of).unwrap();
    world.clients[who]
        .events
        .contains(&Event::Withheld { peer, of, count })
}

/// Anna, and Ben, who is here for her and dies or stops before she has his name.
fn met_without_a_name(typed_alone: Option<&str>) -> (World, usize, usize) {
    // The lower id takes the other to be here first.
    let worlds = (0..).map(|seed| {
        let mut world = World::new(seed);
        let a = world.start("anna");
        if let Some(text) = typed_alone {
            world.say(a, text);
        }
        world.run(secs(60));
        let b = world.start("ben");
        (world, a, b)
    });
    let mut worlds = worlds.filter(|(world, a, b)| id(world, *a) < id(world, *b));
    let (mut world, a, b) = worlds.next().unwrap();
    let agreed = |world: &World| {
        let handshake = world.history.iter().filter(|frame| frame.len() == HANDSHAKE);
        handshake.count() == 2
    };
    assert!(world.wait(secs(5), agreed));
    (world, a, b)
}

/// Many that come and go, each of another name.
fn crowd(world: &mut World, count: usize, mut when_met: impl FnMut(&mut World, usize)) {
    for n in 0..count {
        let visitor = world.start(&format!("visitor {n}"));
        world.run(secs(3));
        when_met(world, visitor);
        world.kill(visitor);
        world.run(secs(15));
    }
}

#[test]
fn what_is_typed_while_alone_outlives_one_who_comes_and_dies_before_its_name_is_known() {
    let (mut world, a, b) = met_without_a_name(Some("is anybody there?"));
    world.kill(b);
    world.run(secs(30));
    let c = world.start("cleo");
    assert!(world.wait(secs(30), World::is_delivered));
    assert_eq!(texts(&world, c), ["is anybody there?"]);
    assert_eq!(world.clients[a].present, [id(&world, c)]);
}

#[test]
fn who_says_no_name_is_a_stranger_that_nothing_is_said_to() {
    let (mut world, a, b) = met_without_a_name(None);
    world.stop(b);
    let c = world.start("cleo");
    world.run(secs(5));
    assert_eq!(world.say(a, "for cleo").to, 1);
    world.run(secs(30));
    assert!(world.clients[a].events.contains(&Event::Strangers { count: 1 }));
    assert_eq!(texts(&world, c), ["for cleo"]);
    assert!(world.is_delivered(), "nothing waits for the one without a name");
    world.proceed(b);
    world.run(secs(120));
    assert_eq!(texts(&world, b), [""; 0]);
    assert_eq!(
        world.clients[a].present.len(),
        2,
        "it has said its name in the end"
    );
}

/// Ben, Cleo and Dora, who know each other.
fn three_who_read() -> (World, [usize; 3]) {
    let mut world = World::new(71);
    let readers = ["ben", "cleo", "dora"].map(|name| world.start(name));
    world.run(secs(10));
    (world, readers)
}

#[test]
fn what_is_said_when_the_first_of_several_is_met_is_for_all_who_sit_there() {
    let (mut world, readers) = three_who_read();
    let a = world.start("anna");
    let met = |world: &World| world.clients[a].present.len() == 1;
    assert!(world.wait(secs(5), met));
    world.say(a, "to each of you");
    assert!(world.wait(secs(5), World::is_delivered));
    for reader in readers {
        assert_eq!(texts(&world, reader), ["to each of you"]);
    }
}

#[test]
fn a_seat_that_says_nothing_is_told_as_not_reached() {
    let (mut world, [b, c, d]) = three_who_read();
    world.stop(c);
    let a = world.start("anna");
    world.say(a, "to each of you");
    assert!(world.wait(secs(15), World::is_delivered));
    assert_eq!([b, c, d].map(|reader| texts(&world, reader).len()), [1, 0, 1]);
    let told = |world: &World| {
        let unreached = Event::Unreached { seats: 1 };
        world.clients[a]
            .events
            .iter()
            .filter(|event| **event == unreached)
            .count()
    };
    assert_eq!(told(&world), 1);
    world.say(a, "and now to those who are here");
    world.run(secs(60));
    assert_eq!(told(&world), 1, "only what waited was for everybody");
}

#[test]
fn who_leaves_before_all_are_met_leaves_what_waits_with_those_who_are_here() {
    let (mut world, [b, c, d]) = three_who_read();
    world.stop(c);
    let a = world.start("anna");
    world.say(a, "in a hurry");
    world.run(secs(5));
    world.act(a, Instance::leave);
    world.run(secs(1));
    assert_eq!([b, c, d].map(|reader| texts(&world, reader).len()), [1, 0, 1]);
    assert!(world.clients[a].instance.has_left());
    assert!(world.clients[a].events.contains(&Event::Unreached { seats: 1 }));
}

#[test]
fn ones_own_reconnect_strands_nothing_of_a_dead_run() {
    let mut world = World::new(51);
    let (a, old) = (world.start("anna"), world.start("ben"));
    world.run(secs(5));
    world.kill(old);
    world.say(a, "for ben");
    let new = world.start("ben");
    world.run(secs(2));
    assert!(world.clients[a].present.contains(&id(&world, new)));
    world.disconnect(a);
    world.run(secs(1));
    world.connect(a);
    assert!(world.wait(secs(200), World::is_delivered));
    assert_eq!(texts(&world, new), ["for ben"]);
}

#[test]
fn two_who_take_other_names_before_either_is_known_know_each_other_by_the_new_ones() {
    let mut world = World::new(59);
    let both = [world.start("anna"), world.start("ben")];
    let [initiator, responder] = if id(&world, 0) < id(&world, 1) {
        [0, 1]
    } else {
        [1, 0]
    };
    // A confirm arrives, and nothing of what follows it either way.
    let confirmed = |world: &World| world.on_way(responder) == 3;
    assert!(world.wait(secs(5), confirmed));
    let confirm = world.take_from_way(responder).swap_remove(0);
    world.act(responder, |instance, now| instance.received(&confirm, now));
    world.take_from_way(initiator);
    for who in both {
        world.rename(who, ["cleo", "dora"][who]);
        world.disconnect(who);
    }
    both.into_iter().for_each(|who| world.connect(who));
    world.run(secs(30));
    for who in both {
        let names: Vec<_> = world.clients[who]
            .instance
            .peers()
            .map(|peer| peer.name)
            .collect();
        assert_eq!(names, [Name::new(["dora", "cleo"][who]).unwrap()]);
    }
}

#[test]
fn what_is_typed_while_alone_after_somebody_compared_has_gone_waits_for_a_word() {
    let mut world = World::new(52);
    let (a, b) = (world.start("anna"), world.start("ben"));
    world.run(secs(5));
    let ben = id(&world, b);
    world.compared(a, ben);
    world.act(b, |ben, now| ben.leave(now));
    world.run(secs(1));
    world.kill(b);
    world.say(a, "for your eyes only");
    world.run(secs(5));
    let (c, d) = (world.start("cleo"), world.start("ben"));
    world.run(secs(60));
    let asked = [c, d].map(|who| id(&world, who));
    let asked = asked.map(|id| withheld(&world, a, id, "ben", 1));
    assert!(asked.contains(&true));
    assert_eq!([texts(&world, c), texts(&world, d)], [[""; 0], [""; 0]]);
    // What is said now is for those who are here.
    world.say(a, "hello all");
    world.run(secs(5));
    assert_eq!(
        [texts(&world, c), texts(&world, d)],
        [["hello all"], ["hello all"]]
    );
    let heir = [c, d]
        .into_iter()
        .rfind(|&who| withheld(&world, a, id(&world, who), "ben", 1));
    let heir = heir.unwrap();
    let to = id(&world, heir);
    world.release(a, to);
    world.run(secs(5));
    assert_eq!(texts(&world, heir), ["hello all", "for your eyes only"]);
    assert_eq!(texts(&world, c + d - heir), ["hello all"]);
}

#[test]
fn who_was_compared_and_comes_back_gets_unasked_what_was_typed_while_alone() {
    let mut world = World::new(53);
    let (a, b) = (world.start("anna"), world.start("ben"));
    world.run(secs(5));
    let ben = id(&world, b);
    world.compared(a, ben);
    world.stop(b);
    world.run(secs(200));
    assert!(world.clients[a].present.is_empty());
    world.say(a, "for your eyes only");
    let c = world.start("cleo");
    world.run(secs(20));
    world.proceed(b);
    assert!(world.wait(secs(60), World::is_delivered));
    assert_eq!(
        (texts(&world, b), texts(&world, c)),
        (vec!["for your eyes only"], vec![])
    );
}

#[test]
fn an_edit_a_deletion_or_a_reaction_goes_to_nobody_but_those_who_have_the_message() {
    let mut world = World::new(54);
    let (a, b) = (world.start("anna"), world.start("ben"));
    world.run(secs(5));
    let ours = world.say(a, "secret").id;
    let theirs = world.say(b, "secret too").id;
    world.run(secs(5));
    let ben = id(&world, b);
    world.act(b, |ben, now| ben.leave(now));
    world.run(secs(1));
    world.kill(b);
    crowd(&mut world, 66, |_, _| {});
    assert_eq!(world.edit(a, ours, "still secret"), Err(SayError::Forgotten));
    assert_eq!(world.delete(a, ours), Err(SayError::Forgotten));
    let theirs = Target {
        author: ben,
        id: theirs,
    };
    assert_eq!(world.react(a, theirs), Err(SayError::Forgotten));
    let ours = Target {
        author: id(&world, a),
        id: ours,
    };
    assert_eq!(world.react(a, ours), Err(SayError::Forgotten));
    let c = world.start("cleo");
    world.run(secs(20));
    assert_eq!(world.clients[a].present, [id(&world, c)]);
    let told = |event: &Event| {
        matches!(
            event,
            Event::Edited { .. } | Event::Deleted { .. } | Event::Reacted { .. }
        )
    };
    assert!(!world.clients[c].events.iter().any(told));
    assert!(world.is_delivered());
}

#[test]
fn a_reaction_while_alone_goes_to_no_stranger() {
    let mut world = World::new(55);
    let (a, b) = (world.start("anna"), world.start("ben"));
    world.run(secs(5));
    let message = world.say(b, "well?").id;
    world.run(secs(5));
    let ben = id(&world, b);
    world.stop(b);
    world.run(secs(200));
    assert!(world.clients[a].present.is_empty());
    let target = Target {
        author: ben,
        id: message,
    };
    world.react(a, target).unwrap();
    let c = world.start("cleo");
    world.run(secs(20));
    assert!(world.clients[c].reactions.is_empty());
    world.proceed(b);
    world.run(secs(60));
    assert!(world.clients[b].reactions.contains_key(&(id(&world, a), target)));
}

#[test]
fn what_was_withheld_undoes_nothing_that_was_said_since() {
    let mut world = World::new(64);
    let (a, b) = (world.start("anna"), world.start("ben"));
    world.run(secs(5));
    let (own, question) = (world.say(a, "hello").id, world.say(b, "well?").id);
    world.run(secs(5));
    let target = Target {
        author: id(&world, b),
        id: question,
    };
    world.compared(a, id(&world, b));
    world.kill(b);
    world.react(a, target).unwrap();
    world.edit(a, own, "hallo").unwrap();
    let later = world.start("ben");
    world.run(secs(20));
    assert!(withheld(&world, a, id(&world, later), "ben", 2));
    world.react(a, target).unwrap();
    let (_, _, last) = world.clients[a].reacted[&target].clone();
    let heir = id(&world, later);
    world.release(a, heir);
    world.run(secs(5));
    assert_eq!(world.clients[later].reactions[&(id(&world, a), target)], last);
}

#[test]
fn a_text_whose_addressee_is_forgotten_is_said_to_be_lost() {
    let mut world = World::new(56);
    let a = world.start("anna");
    world.run(secs(1));
    let mut said = Vec::new();
    crowd(&mut world, 66, |world, visitor| {
        world.stop(visitor);
        said.push(world.say(a, "for you").id);
    });
    let lost = world.clients[a].events.iter().filter_map(|event| match event {
        Event::Lost { id } => Some(*id),
        _ => None,
    });
    let lost: Vec<_> = lost.collect();
    assert_eq!(lost, said[..2]);
    assert_eq!(world.clients[a].instance.undelivered(), 64);
}

#[test]
fn who_was_met_and_forgotten_is_not_met_again_in_this_run() {
    let mut world = World::new(57);
    let a = world.start("anna");
    let b = world.start_from("ben", 1);
    world.run(secs(5));
    let ben = id(&world, b);
    world.kill(b);
    crowd(&mut world, 66, |_, _| {});
    let again = world.start_from("ben", 1);
    world.run(secs(120));
    assert_eq!(id(&world, again), ben);
    assert!(world.clients[a].present.is_empty());
}

#[test]
fn a_last_word_of_a_dead_run_that_is_held_back_strands_nothing() {
    let mut world = World::new(58);
    let (a, old) = (world.start("anna"), world.start("ben"));
    world.run(secs(5));
    world.clients[a].deaf = true;
    world.say(old, "a last word");
    world.kill(old);
    world.say(a, "for ben");
    // The relay holds back that word alone.
    let word = world.take_from_way(a);
    world.clients[a].deaf = false;
    let new = world.start("ben");
    world.run(secs(3));
    assert!(world.clients[a].present.contains(&id(&world, new)));
    for payload in word {
        world.act(a, |anna, now| anna.received(&payload, now));
    }
    assert_eq!(texts(&world, a), ["a last word"]);
    world.run(secs(200));
    // It may have been said by the older of two who go by this name.
    assert_eq!(texts(&world, new), [""; 0]);
    let ben = id(&world, new);
    assert!(withheld(&world, a, ben, "ben", 1));
    world.release(a, ben);
    world.run(secs(5));
    assert_eq!(texts(&world, new), ["for ben"]);
}

#[test]
fn what_a_namesake_has_already_is_not_asked_about() {
    let mut world = World::new(60);
    let (a, old) = (world.start("anna"), world.start("ben"));
    world.run(secs(5));
    let ben = id(&world, old);
    world.compared(a, ben);
    world.kill(old);
    let new = world.start("ben");
    world.run(secs(3));
    assert_eq!(world.clients[a].present.len(), 2);
    // Said to both, as the old one is not known to be dead.
    world.say(a, "for ben, who is here twice");
    world.run(secs(200));
    assert_eq!(texts(&world, new), ["for ben, who is here twice"]);
    let asked = |event: &Event| matches!(event, Event::Withheld { .. });
    assert!(!world.clients[a].events.iter().any(asked));
}

#[test]
fn what_went_to_a_later_run_that_died_as_well_comes_back_to_the_first() {
    let mut world = World::new(61);
    let (a, first) = (world.start("anna"), world.start("ben"));
    world.run(secs(5));
    world.stop(first);
    world.say(a, "for ben");
    world.run(secs(60));
    // The relay has not heard of it for too long.
    world.disconnect(first);
    world.run(secs(60));
    assert!(world.clients[a].present.is_empty());
    let second = world.start("ben");
    let ids = [first, second].map(|who| id(&world, who));
    assert!(world.wait(secs(5), |world| world.clients[a].present == [ids[1]]));
    world.kill(second);
    assert_eq!(texts(&world, second), [""; 0]);
    world.proceed(first);
    world.connect(first);
    world.run(secs(200));
    assert_eq!(world.clients[a].present, [ids[0]]);
    // Which of two of one name is meant has the user to say.
    assert!(withheld(&world, a, ids[0], "ben", 1));
    world.release(a, ids[0]);
    world.run(secs(5));
    assert_eq!(texts(&world, first), ["for ben"]);
}
