//! What a client takes from one run to the next: what nobody got.

use sotto_protocol::Name;
use sotto_protocol::instance::Event;
use sotto_protocol::memory::Unsent;

use crate::secs;
use crate::world::World;

/// Ends a run of a client, and begins the next with what it had not got delivered.
fn restart(world: &mut World, who: usize, later: u64) -> usize {
    let unsent = world.clients[who].instance.unsent();
    world.kill(who);
    world.run(secs(later));
    let name = world.clients[who].name.clone();
    begin(world, &name, unsent)
}

fn begin(world: &mut World, name: &str, unsent: Vec<Unsent>) -> usize {
    world.start_with(name, |instance, now| instance.take_over(unsent, now))
}

fn texts(world: &World, who: usize) -> Vec<(&str, bool)> {
    let got = world.clients[who].got.iter();
    got.map(|got| (&got.text[..], got.repeat)).collect()
}

#[test]
fn what_was_typed_while_alone_outlives_the_run_with_its_age_and_its_edits() {
    let mut world = World::new(1);
    let a = world.start("anna");
    world.run(secs(2));
    world.say(a, "first");
    let second = world.say(a, "secind").id;
    world.edit(a, second, "second").unwrap();
    let third = world.say(a, "third").id;
    world.delete(a, third).unwrap();
    let a = restart(&mut world, a, 600);
    assert_eq!(world.clients[a].instance.undelivered(), 2);
    let b = world.start("ben");
    assert!(world.wait(secs(60), |world| world.clients[b].got.len() == 2));
    assert_eq!(texts(&world, b), [("first", false), ("second", false)]);
    let ages = world.clients[b].events.iter().filter_map(|event| match event {
        Event::Message { age, .. } => Some(age.is_some_and(|age| age >= secs(600))),
        _ => None,
    });
    assert_eq!(ages.collect::<Vec<_>>(), [true, true]);
    world.run(secs(5));
    assert_eq!(world.clients[a].instance.undelivered(), 0);
}

#[test]
fn what_was_for_one_who_did_not_get_it_goes_to_one_of_that_name_only_and_is_marked() {
    let mut world = World::new(2);
    let a = world.start("anna");
    let b = world.start("ben");
    assert!(world.wait(secs(30), |world| world.clients[a].present.len() == 1));
    world.stop(b);
    world.say(a, "on its way");
    world.run(secs(5));
    world.kill(b);
    let a = restart(&mut world, a, 60);
    let c = world.start("cleo");
    world.run(secs(60));
    assert_eq!(texts(&world, c), []);
    let b = world.start("Ben");
    assert!(world.wait(secs(60), |world| world.clients[b].got.len() == 1));
    assert_eq!(texts(&world, b), [("on its way", true)]);
    world.run(secs(5));
    assert_eq!(world.clients[a].instance.undelivered(), 0);
    assert_eq!(texts(&world, c), []);
}

#[test]
fn what_was_for_one_whose_words_were_compared_waits_for_a_word_in_the_next_run_and_the_one_after() {
    let mut world = World::new(3);
    let a = world.start("anna");
    let b = world.start("ben");
    assert!(world.wait(secs(30), |world| world.clients[a].present.len() == 1));
    let ben = world.clients[b].instance.id();
    world.compared(a, ben);
    world.kill(b);
    world.run(secs(200));
    world.say(a, "for ben alone");
    let a = restart(&mut world, a, 60);
    let a = restart(&mut world, a, 60);
    let mallory = world.start("ben");
    world.run(secs(60));
    assert_eq!(texts(&world, mallory), []);
    let peer = world.clients[mallory].instance.id();
    let of = Name::new("ben").unwrap();
    let withheld = Event::Withheld { peer, of, count: 1 };
    assert!(world.clients[a].events.contains(&withheld));
    world.act(a, |anna, now| anna.release(peer, now));
    assert!(world.wait(secs(60), |world| world.clients[mallory].got.len() == 1));
}

#[test]
fn a_clock_that_was_set_back_makes_nothing_young_or_old() {
    let mut world = World::new(4);
    let a = world.start("anna");
    world.say(a, "from the future");
    let mut unsent = world.clients[a].instance.unsent();
    unsent[0].clock = u64::MAX;
    world.kill(a);
    world.run(secs(10));
    begin(&mut world, "anna", unsent);
    let b = world.start("ben");
    assert!(world.wait(secs(60), |world| world.clients[b].got.len() == 1));
}
