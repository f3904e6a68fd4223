//! Messages that fade: who agrees to what, and which time a text gets.

use std::time::Duration;

use sotto_protocol::fading::{FadeTime, Fading};
use sotto_protocol::instance::Event;

use crate::world::{Faults, World};
use crate::{disturb, secs, turn_honest};

fn after(seconds: u32) -> FadeTime {
    FadeTime::from_secs(seconds).unwrap()
}

/// Clients of these names that know each other.
fn meeting(names: &[&str]) -> World {
    let mut world = World::new(7);
    for name in names {
        world.start(name);
    }
    world.run(secs(3));
    world
}

fn fade(world: &mut World, who: usize, fading: Fading) {
    world.act(who, |instance, now| instance.fade(fading, now));
    world.run(secs(1));
}

fn wants(world: &mut World, who: usize, seconds: u32) {
    fade(world, who, Fading::After(after(seconds)));
}

/// What a text of each gets now.
fn fades(world: &World) -> Vec<Option<u32>> {
    let of = |client: &crate::client::Client| client.instance.fades().map(FadeTime::as_secs);
    world.clients.iter().map(of).collect()
}

/// What a client was told of the others' wishes.
fn told(world: &World, who: usize) -> Vec<Fading> {
    let events = world.clients[who].events.iter();
    let told = events.filter_map(|event| match event {
        Event::Fading { fading, .. } => Some(*fading),
        _ => None,
    });
    told.collect()
}

#[test]
fn messages_fade_once_both_have_named_the_same_time() {
    let mut world = meeting(&["anna", "ben"]);
    wants(&mut world, 0, 600);
    assert_eq!(told(&world, 1), [Fading::After(after(600))]);
    assert_eq!(fades(&world), [None, None]);
    wants(&mut world, 1, 60);
    assert_eq!(fades(&world), [None, None]);
    assert_eq!(world.say(0, "stays").fades, None);
    wants(&mut world, 1, 600);
    assert_eq!(fades(&world), [Some(600), Some(600)]);
    assert_eq!(world.say(0, "fades").fades, Some(after(600)));
    world.run(secs(1));
    let got: Vec<_> = world.clients[1].got.iter().map(|got| got.fades).collect();
    assert_eq!(got, [None, Some(after(600))]);
}

#[test]
fn either_ends_it_at_once() {
    for ends in [Fading::Stay, Fading::Cannot, Fading::After(after(5))] {
        let mut world = meeting(&["anna", "ben"]);
        wants(&mut world, 0, 600);
        wants(&mut world, 1, 600);
        fade(&mut world, 1, ends);
        assert_eq!(fades(&world), [None, None]);
        assert_eq!(told(&world, 0).last(), Some(&ends));
    }
}

#[test]
fn of_several_each_has_to_agree() {
    let mut world = meeting(&["anna", "ben", "carl"]);
    wants(&mut world, 0, 600);
    wants(&mut world, 1, 600);
    assert_eq!(fades(&world), [None, None, None]);
    wants(&mut world, 2, 600);
    assert_eq!(fades(&world), [Some(600), Some(600), Some(600)]);
    fade(&mut world, 2, Fading::Stay);
    assert_eq!(fades(&world), [None, None, None]);
    world.act(2, |instance, now| instance.leave(now));
    world.run(secs(1));
    assert_eq!(fades(&world)[..2], [Some(600), Some(600)]);
}

#[test]
fn nobody_agrees_where_nobody_is() {
    let mut world = meeting(&["anna"]);
    wants(&mut world, 0, 600);
    assert_eq!(fades(&world), [None]);
}

#[test]
fn a_new_run_has_agreed_to_nothing_and_is_asked() {
    let mut world = meeting(&["anna", "ben"]);
    wants(&mut world, 0, 600);
    wants(&mut world, 1, 600);
    world.act(1, |instance, now| instance.leave(now));
    world.run(secs(1));
    world.kill(1);
    let ben = world.start("ben");
    world.run(secs(5));
    assert_eq!(told(&world, ben), [Fading::After(after(600))]);
    assert_eq!(fades(&world)[0], None);
    wants(&mut world, ben, 600);
    assert_eq!(fades(&world)[0], Some(600));
}

#[test]
fn a_text_keeps_its_time_on_its_way_to_a_new_run() {
    let mut world = meeting(&["anna", "ben"]);
    wants(&mut world, 0, 600);
    wants(&mut world, 1, 600);
    world.kill(1);
    world.say(0, "not lost");
    world.run(secs(1));
    let ben = world.start("ben");
    assert!(world.wait(secs(300), |world| !world.clients[ben].got.is_empty()));
    assert_eq!(world.clients[ben].got[0].fades, Some(after(600)));
}

#[test]
fn both_know_what_was_agreed_however_the_relay_behaves() {
    for seed in 0..20 {
        let mut world = World::new(seed);
        world.start("anna");
        world.start("ben");
        world.faults = Faults::HOSTILE;
        for seconds in [600, 60, 5] {
            wants(&mut world, 0, seconds);
            disturb(&mut world, 5);
            fade(&mut world, 1, Fading::Stay);
            wants(&mut world, 1, seconds);
            disturb(&mut world, 5);
        }
        turn_honest(&mut world);
        let agreed = |world: &World| fades(world) == [Some(5), Some(5)];
        assert!(world.wait(secs(300), agreed), "seed {seed}: {:?}", fades(&world));
        world.run(Duration::from_secs(1));
    }
}
