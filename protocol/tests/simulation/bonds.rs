//! Who is known again: the one whose words were compared, wherever the lid was closed, and nobody else.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use rand::RngExt;
use sotto_protocol::bond::{BondId, Copied, Role};
use sotto_protocol::instance::{Event, Recognition};
use sotto_protocol::message::InstanceId;

use crate::disk::Crash;
use crate::world::{Faults, World};
use crate::{mischief, secs, seeds};

impl World {
    /// Whoever is told who somebody is, is told the truth.
    pub fn judge(&self, who: usize, event: &Event) {
        let Event::Recognised { peer, recognition } = event else {
            return;
        };
        let ours = self.clients[who].instance.bonds();
        let other = self.clients.iter().find(|client| client.instance.id() == *peer);
        let theirs = other.map(|other| other.instance.bonds());
        let shared = |bond: BondId| {
            let role = |bonds: &sotto_protocol::bond::Bonds| bonds.get(bond).map(|bond| bond.role());
            let (ours, theirs) = (role(ours), theirs.and_then(role));
            ours.is_some() && ours.map(Role::other) == theirs
        };
        match *recognition {
            Recognition::Same { bond, .. } => assert!(shared(bond), "somebody else passes for a friend"),
            Recognition::Namesake { .. } => {
                let whole = ours.iter().filter(|bond| bond.is_whole());
                let friends = whole.filter(|bond| shared(bond.id())).count();
                assert!(
                    friends == 0 || self.disks.restored,
                    "a friend is taken for somebody else"
                );
            }
            Recognition::Ourselves { bond } => {
                let role = theirs.and_then(|theirs| theirs.get(bond)).map(|bond| bond.role());
                assert_eq!(role, ours.get(bond).map(|bond| bond.role()), "a copy of our own");
            }
            Recognition::Stranger => {}
        }
    }

    /// How a client was told of somebody the last time that he joined.
    fn recognition(&self, who: usize, peer: InstanceId) -> Option<Recognition> {
        let events = &self.clients[who].events;
        let joined = |event: &Event| matches!(event, Event::PeerJoined { peer: id, .. } if *id == peer);
        let at = events.iter().rposition(joined)?;
        match events.get(at + 1) {
            Some(Event::Recognised { recognition, .. }) => Some(*recognition),
            _ => Some(Recognition::Stranger),
        }
    }

    fn id(&self, who: usize) -> InstanceId {
        self.clients[who].instance.id()
    }

    /// Two compare their words, and want to remember each other.
    fn remember(&mut self, one: usize, other: usize) {
        for (who, peer) in [(one, other), (other, one)] {
            let peer = self.id(peer);
            self.compared(who, peer);
            self.act(who, |instance, now| instance.remember(peer, now));
        }
    }

    fn is_remembered(&self, who: usize) -> bool {
        let told = |event: &Event| matches!(event, Event::Remembered { .. });
        self.clients[who].events.iter().any(told)
    }

    fn is_up(&self, who: usize) -> bool {
        self.clients[who].died.is_none()
    }
}

/// Anna and Ben with a disk each, who have met.
struct Pair {
    world: World,
    disks: [usize; 2],
    runs: [usize; 2],
}

const NAMES: [&str; 2] = ["anna", "ben"];

impl Pair {
    fn meet(seed: u64) -> Self {
        let mut world = World::new(seed);
        let disks = [world.disks.add(), world.disks.add()];
        let mut pair = Self {
            world,
            disks,
            runs: [0; 2],
        };
        pair.start(0);
        pair.start(1);
        pair
    }

    /// Who have a bond that both know to be whole.
    fn remembering(seed: u64) -> Self {
        let mut pair = Self::meet(seed);
        pair.remember();
        assert!(pair.runs.iter().all(|run| pair.world.is_remembered(*run)));
        pair
    }

    fn start(&mut self, who: usize) {
        self.runs[who] = self.world.start_remembering(NAMES[who], self.disks[who]);
        self.world.run(secs(5));
    }

    fn remember(&mut self) {
        let [anna, ben] = self.runs;
        if self.runs.iter().all(|run| self.world.is_up(*run)) {
            self.world.remember(anna, ben);
        }
        self.world.run(secs(5));
    }

    fn restart(&mut self, who: usize) {
        if self.world.is_up(self.runs[who]) {
            self.world.kill(self.runs[who]);
        }
        self.start(who);
    }

    /// How each is told of the other.
    fn recognitions(&self) -> [Option<Recognition>; 2] {
        let [anna, ben] = self.runs;
        [
            self.world.recognition(anna, self.world.id(ben)),
            self.world.recognition(ben, self.world.id(anna)),
        ]
    }

    fn is_whole(&self, who: usize) -> bool {
        self.world
            .disks
            .read(self.disks[who])
            .iter()
            .any(|bond| bond.is_whole())
    }

    #[track_caller]
    fn know_each_other(&self) {
        let same = |recognition| matches!(recognition, Some(Recognition::Same { .. }));
        let told = self.recognitions();
        assert!(told.into_iter().all(same), "{told:?}");
    }
}

#[test]
fn who_remember_each_other_know_each_other_in_every_later_run() {
    let mut pair = Pair::remembering(60);
    for who in [0, 1, 0, 0, 1, 1] {
        pair.restart(who);
        pair.know_each_other();
    }
    let generations = pair.disks.map(|disk| pair.world.disks.read(disk));
    let whole = |bonds: &sotto_protocol::bond::Bonds| bonds.iter().all(|bond| bond.is_whole());
    assert!(generations.iter().all(whole));
}

#[test]
fn wherever_the_lid_is_closed_the_friend_is_known_and_nobody_else_is() {
    let quiet = {
        let mut pair = Pair::meet(61);
        meetings(&mut pair);
        pair.world.disks.writes
    };
    assert!(quiet > 20, "{quiet} writes");
    for at in 0..quiet {
        for crash in [Crash::Before, Crash::After] {
            crashes(vec![(at, crash)]);
        }
    }
}

#[test]
fn wherever_both_lids_are_closed_the_friend_is_known_and_nobody_else_is() {
    for at in 0..12 {
        for later in at + 1..at + 6 {
            for crash in [Crash::Before, Crash::After] {
                for other in [Crash::Before, Crash::After] {
                    crashes(vec![(at, crash), (later, other)]);
                }
            }
        }
    }
}

/// They meet, remember, and meet again and again; whoever has died comes back.
fn meetings(pair: &mut Pair) {
    pair.remember();
    for round in 0..5 {
        for who in 0..2 {
            if !pair.world.is_up(pair.runs[who]) {
                pair.start(who);
            }
        }
        if round % 2 == 0 {
            pair.remember();
        }
        pair.restart(round % 2);
    }
}

fn crashes(crashes: Vec<(usize, Crash)>) {
    let told = format!("{crashes:?}");
    let lids = || {
        let mut pair = Pair::meet(61);
        pair.world.disks.crashes = crashes;
        meetings(&mut pair);
        pair.world.disks.crashes.clear();
        pair.restart(0);
        pair.restart(1);
        // What one holds to be whole, both have.
        if (0..2).any(|who| pair.is_whole(who)) {
            pair.know_each_other();
        }
        pair.remember();
        pair.restart(0);
        pair.know_each_other();
    };
    assert!(catch_unwind(AssertUnwindSafe(lids)).is_ok(), "{told}");
}

#[test]
fn one_of_a_remembered_name_without_the_bond_is_said_to_be_somebody_else() {
    let mut pair = Pair::remembering(62);
    pair.world.kill(pair.runs[1]);
    let [anna, _] = pair.runs;
    let impostor = pair.world.start("Bеn");
    pair.world.run(secs(5));
    let told = pair.world.recognition(anna, pair.world.id(impostor));
    assert!(matches!(told, Some(Recognition::Namesake { .. })), "{told:?}");
    pair.start(1);
    pair.know_each_other();
}

#[test]
fn a_stranger_who_takes_a_remembered_name_later_is_said_to_be_somebody_else() {
    let mut pair = Pair::remembering(63);
    let [anna, _] = pair.runs;
    let stranger = pair.world.start("cleo");
    pair.world.run(secs(5));
    let id = pair.world.id(stranger);
    assert_eq!(pair.world.recognition(anna, id), Some(Recognition::Stranger));
    pair.world.rename(stranger, "ben");
    pair.world.run(secs(5));
    let loud = pair.world.clients[anna].events.iter().any(|event| {
        let Event::Recognised { peer, recognition } = event else {
            return false;
        };
        *peer == id && matches!(recognition, Recognition::Namesake { .. })
    });
    assert!(loud);
}

#[test]
fn a_friend_is_known_whatever_he_calls_himself() {
    let mut pair = Pair::remembering(64);
    pair.world.kill(pair.runs[1]);
    pair.runs[1] = pair.world.start_remembering("benedikt", pair.disks[1]);
    pair.world.run(secs(5));
    pair.know_each_other();
}

#[test]
fn where_only_one_wants_to_remember_nothing_is_remembered() {
    let mut pair = Pair::meet(65);
    let [anna, ben] = pair.runs;
    let id = pair.world.id(ben);
    pair.world.compared(anna, id);
    pair.world.act(anna, |anna, now| anna.remember(id, now));
    pair.world.run(secs(30));
    assert_eq!(
        pair.disks.map(|disk| pair.world.disks.read(disk).iter().count()),
        [0, 0]
    );
    pair.restart(1);
    assert_eq!(pair.recognitions(), [Some(Recognition::Stranger); 2]);
}

#[test]
fn words_that_were_not_compared_are_not_remembered() {
    let mut pair = Pair::meet(66);
    for (who, other) in [(0, 1), (1, 0)] {
        let [run, peer] = [pair.runs[who], pair.runs[other]];
        let id = pair.world.id(peer);
        pair.world.act(run, |instance, now| instance.remember(id, now));
    }
    pair.world.run(secs(5));
    assert!(!pair.runs.iter().any(|run| pair.world.is_remembered(*run)));
}

#[test]
fn a_disk_that_takes_nothing_leaves_two_who_know_each_other_by_what_they_had() {
    let mut pair = Pair::remembering(67);
    pair.restart(1);
    let before = pair.disks.map(|disk| pair.world.disks.read(disk));
    // Anna's disk is full: nothing that she begins now is ever said to be there.
    let anna = pair.runs[0];
    pair.world.clients[anna].disk = None;
    pair.restart(1);
    pair.restart(1);
    pair.world.kill(anna);
    pair.world.disks.restore(pair.disks[0], &before[0]);
    pair.start(0);
    pair.know_each_other();
}

#[test]
fn a_memory_restored_from_a_backup_is_a_stranger_or_is_said_to_be_a_copy() {
    let mut pair = Pair::remembering(68);
    let old = pair.world.disks.read(pair.disks[1]);
    (0..3).for_each(|_| pair.restart(1));
    pair.world.kill(pair.runs[1]);
    pair.world.disks.restore(pair.disks[1], &old);
    pair.start(1);
    let [at_anna, at_ben] = pair.recognitions();
    assert!(
        matches!(at_anna, Some(Recognition::Namesake { .. })),
        "{at_anna:?}"
    );
    assert!(matches!(at_ben, Some(Recognition::Namesake { .. })), "{at_ben:?}");
    // They compare words again, and are known by a new bond.
    pair.remember();
    pair.restart(0);
    pair.know_each_other();
}

#[test]
fn a_copy_of_our_own_memory_is_said_to_be_one() {
    let mut pair = Pair::remembering(69);
    let [anna, _] = pair.runs;
    let copy = pair.world.start_remembering("ben", pair.disks[0]);
    pair.world.run(secs(5));
    let told = pair.world.recognition(anna, pair.world.id(copy));
    assert!(matches!(told, Some(Recognition::Ourselves { .. })), "{told:?}");
}

#[test]
fn what_waits_for_a_friend_goes_to_nobody_else_and_to_him_unasked() {
    let mut pair = Pair::remembering(70);
    let [anna, ben] = pair.runs;
    pair.world.kill(ben);
    pair.world.say(anna, "for you alone");
    let impostor = pair.world.start("ben");
    pair.world.run(secs(300));
    assert!(pair.world.clients[impostor].got.is_empty());
    let asked = |event: &Event| matches!(event, Event::Withheld { .. });
    assert!(
        !pair.world.clients[anna].events.iter().any(asked),
        "nobody is asked"
    );
    pair.world.kill(impostor);
    pair.runs[1] = pair.world.start_remembering("benedikt", pair.disks[1]);
    pair.world.run(secs(10));
    let got: Vec<_> = pair.world.clients[pair.runs[1]]
        .got
        .iter()
        .map(|got| &got.text[..])
        .collect();
    assert_eq!(got, ["for you alone"]);
}

#[test]
fn what_waits_for_a_friend_is_asked_about_once_the_words_of_a_new_one_were_compared() {
    let mut pair = Pair::remembering(71);
    let [anna, ben] = pair.runs;
    pair.world.kill(ben);
    pair.world.say(anna, "for you alone");
    let without = pair.world.start("ben");
    pair.world.run(secs(150));
    let id = pair.world.id(without);
    pair.world.compared(anna, id);
    pair.world.run(secs(5));
    assert!(pair.world.clients[without].got.is_empty());
    let asked = |event: &Event| matches!(event, Event::Withheld { peer, count: 1, .. } if *peer == id);
    assert!(pair.world.clients[anna].events.iter().any(asked));
    pair.world.release(anna, id);
    pair.world.run(secs(5));
    assert_eq!(pair.world.clients[without].got.len(), 1);
}

#[test]
fn what_is_typed_while_alone_does_not_go_to_a_namesake_unasked() {
    let mut pair = Pair::remembering(72);
    pair.world.kill(pair.runs[1]);
    pair.restart(0);
    let [anna, _] = pair.runs;
    pair.world.say(anna, "who comes?");
    let impostor = pair.world.start("ben");
    pair.world.run(secs(60));
    assert!(pair.world.clients[impostor].got.is_empty());
    let id = pair.world.id(impostor);
    let asked = |event: &Event| matches!(event, Event::Withheld { peer, count: 1, .. } if *peer == id);
    assert!(pair.world.clients[anna].events.iter().any(asked));
    // What is said to him now he gets.
    pair.world.say(anna, "who are you?");
    pair.world.run(secs(5));
    assert_eq!(pair.world.clients[impostor].got.len(), 1);
    pair.start(1);
    pair.world.run(secs(60));
    let got: Vec<_> = pair.world.clients[pair.runs[1]]
        .got
        .iter()
        .map(|got| &got.text[..])
        .collect();
    assert_eq!(got, ["who comes?"]);
}

#[test]
fn who_says_no_proof_is_told_nothing_and_not_shown() {
    // The rules of a name hold for the proof behind it: a client that says none is of no version that there is.
    let mut world = World::new(73);
    let a = world.start("anna");
    let manners = crate::member::Manners {
        echoes: true,
        agrees: true,
        stays: true,
        ..Default::default()
    };
    let mut member = crate::member::Member::new(5, manners);
    let hello = member.hello(None).unwrap();
    world.members.push(member);
    world.inject(hello);
    world.run(secs(3));
    let anna = world.id(a);
    let name = sotto_protocol::message::Content::Name(sotto_protocol::Name::new("ben").unwrap());
    let said = world.members[0].say(anna, name, Default::default()).unwrap();
    world.inject(said);
    world.run(secs(60));
    assert!(world.clients[a].present.is_empty());
}

/// People with disks meet, remember, restart, are cut off and stopped, beside others of their names.
fn storm(seed: u64) {
    let mut world = World::new(seed);
    world.disks.latency = [0, 50, 3000][world.rng.random_range(0..3)];
    let count = world.rng.random_range(2..4);
    let mut people: Vec<(usize, Option<usize>)> = (0..count).map(|_| (world.disks.add(), None)).collect();
    let names = ["anna", "ben", "ben"];
    let hostile = world.rng.random_bool(0.5);
    if hostile {
        world.faults = Faults::HOSTILE.times(0.7);
    }
    let member = world.rng.random_bool(0.3);
    people[0].1 = Some(world.start_remembering(names[0], people[0].0));
    if member {
        mischief::sit_down(&mut world);
    }
    for _ in 0..world.rng.random_range(20..70) {
        let who = world.rng.random_range(0..people.len());
        let (disk, run) = people[who];
        if member && world.rng.random_bool(0.3) {
            mischief::happen(&mut world, &names);
        }
        match run.filter(|run| world.is_up(*run)) {
            None => people[who].1 = Some(world.start_remembering(names[who], disk)),
            Some(run) => happen(&mut world, run, &people),
        }
        let most = [100, 500, 2000, 2000, 10_000, 60_000, 200_000][world.rng.random_range(0..7)];
        let time = Duration::from_millis(world.rng.random_range(0..most));
        world.run(time);
    }
    calm(&mut world, &mut people, &names);
}

fn happen(world: &mut World, run: usize, people: &[(usize, Option<usize>)]) {
    let others: Vec<_> = people.iter().filter_map(|(_, other)| *other).collect();
    let others: Vec<_> = others
        .into_iter()
        .filter(|other| *other != run && world.is_up(*other))
        .collect();
    let troubled = world.clients[run].stopped || !world.clients[run].connected;
    match world.rng.random_range(0..12) {
        _ if troubled && world.rng.random_bool(0.5) => {
            world.proceed(run);
            world.connect(run);
        }
        0..4 => world.kill(run),
        4 => world.stop(run),
        5 => world.disconnect(run),
        6 if !world.clients[run].stopped => {
            world.say(run, "hm");
        }
        _ => {
            for other in others {
                let (ours, theirs) = (world.id(run), world.id(other));
                let words = |who: usize, peer| world.clients[who].words.get(&peer).cloned();
                let seen = words(run, theirs).is_some_and(|words_of| Some(words_of) == words(other, ours));
                let able = |who: usize| !world.clients[who].stopped;
                if seen && able(run) && able(other) {
                    world.remember(run, other);
                }
            }
        }
    }
}

/// When all is quiet, those who remember each other know each other, and no memory is a copy.
fn calm(world: &mut World, people: &mut [(usize, Option<usize>)], names: &[&str]) {
    world.faults = Faults::default();
    mischief::end(world);
    world.member_sits = false;
    for (who, (disk, run)) in people.iter_mut().enumerate() {
        match run.filter(|run| world.is_up(*run)) {
            Some(run) => {
                world.proceed(run);
                world.connect(run);
            }
            None => *run = Some(world.start_remembering(names[who], *disk)),
        }
    }
    world.run(secs(300));
    for (who, (disk, run)) in people.iter_mut().enumerate() {
        if let Some(run) = run.take() {
            world.kill(run);
        }
        *run = Some(world.start_remembering(names[who], *disk));
        world.run(secs(150));
    }
    let runs: Vec<_> = people.iter().filter_map(|(_, run)| *run).collect();
    for &one in &runs {
        let bonds = world.clients[one].instance.bonds();
        assert!(
            bonds.iter().all(|bond| bond.copied().is_none()),
            "no memory is a copy"
        );
        for &other in runs.iter().filter(|other| **other != one) {
            let theirs = world.clients[other].instance.bonds();
            let whole = bonds
                .iter()
                .any(|bond| bond.is_whole() && theirs.get(bond.id()).is_some());
            let told = world.recognition(one, world.id(other));
            let same = matches!(told, Some(Recognition::Same { .. }));
            assert!(same || !whole, "{one} takes {other} for {told:?}");
            assert!(told.is_some(), "{one} knows of {other}");
        }
    }
    let told = |event: &Event| {
        matches!(
            event,
            Event::Copied {
                copied: Copied::Ours | Copied::Theirs,
                ..
            }
        )
    };
    assert!(!world.clients.iter().any(|client| client.events.iter().any(told)));
}

#[test]
fn in_storms_friends_are_known_and_nobody_else_is() {
    let failed: Vec<_> = seeds(40_000_000, 60)
        .filter(|seed| catch_unwind(AssertUnwindSafe(|| storm(*seed))).is_err())
        .collect();
    assert!(
        failed.is_empty(),
        "{} storms: {failed:?}\nOne again: SOTTO_SEED={} cargo test -p sotto-protocol --test simulation in_storms",
        failed.len(),
        failed[0]
    );
}
