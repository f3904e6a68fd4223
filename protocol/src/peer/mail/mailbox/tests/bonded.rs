//! What is kept under a bond, with lids that close between any two writes.

use std::collections::BTreeMap;

use super::*;
use crate::peer::bond::{BondId, Bonds, Copied, Exchanged, Role};
use crate::peer::mail::mailbox::Post;

/// When somebody dies at a write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Crash {
    Before,
    After,
}

/// Somebody with a disk: what is on it, and a run, while there is one.
struct Person {
    called: &'static str,
    bonds: Vec<u8>,
    post: Vec<u8>,
    run: Option<Run>,
    now: Now,
    /// Of all runs: what was shown, and whether it was said to be perhaps a repeat.
    shown: Vec<(MessageId, String, bool)>,
    changed: Vec<String>,
    missing: Vec<String>,
    events: Vec<Event>,
}

struct Run {
    mailbox: Mailbox,
    bonds: Bonds,
}

/// Two of them, a relay, and at which writes of both somebody dies.
struct Two {
    relay: Relay,
    people: [Person; 2],
    bond: BondId,
    writes: usize,
    crashes: BTreeMap<usize, Crash>,
}

const ANNA: usize = 0;
const BEN: usize = 1;

impl Two {
    fn new() -> Self {
        let exchanged = Exchanged {
            lo: &[1; 32],
            hi: &[2; 32],
            hash: &[3; 32],
        };
        let mut both = [Role::Lo, Role::Hi].map(|role| {
            let mut bonds = Bonds::default();
            bonds.begin(&exchanged, role, name("friend"), 0).unwrap();
            let revision = bonds.unwritten().unwrap();
            bonds.written(revision, 0);
            bonds
        });
        let bond = both[0].iter().next().unwrap().id();
        let held = [0, 1].map(|who| both[who].held(bond, 0, &[3; 32]).unwrap());
        for who in [ANNA, BEN] {
            assert!(both[who].on_held(bond, &held[1 - who], &[3; 32], 0));
        }
        let mut called = ["anna", "ben"].into_iter();
        let people = both.map(|bonds| Person {
            called: called.next().unwrap(),
            bonds: serde_json::to_vec(&bonds).unwrap(),
            post: serde_json::to_vec(&Post::default()).unwrap(),
            run: None,
            now: Now {
                monotonic: Duration::ZERO,
                wall: TODAY * DAY,
            },
            shown: Vec::new(),
            changed: Vec::new(),
            missing: Vec::new(),
            events: Vec::new(),
        });
        Self {
            relay: Relay::default(),
            people,
            bond,
            writes: 0,
            crashes: BTreeMap::new(),
        }
    }

    fn keep(&mut self, who: usize, byte: u8, text: &str) {
        self.start(who);
        let (bond, now) = (self.bond, self.people[who].now);
        let run = self.people[who].run.as_mut().unwrap();
        let kept = run
            .mailbox
            .keep_under(bond, letter(byte, text), &mut run.bonds, now);
        kept.unwrap();
    }

    fn edit(&mut self, who: usize, byte: u8, text: &str) {
        let now = self.people[who].now;
        let run = self.people[who].run.as_mut().unwrap();
        run.mailbox.edit(id(byte), text, now).unwrap();
    }

    fn mailbox(&mut self, who: usize) -> &mut Mailbox {
        &mut self.people[who].run.as_mut().unwrap().mailbox
    }

    fn bonds(&self, who: usize) -> Bonds {
        serde_json::from_slice(&self.people[who].bonds).unwrap()
    }

    /// Starts who has died.
    fn start(&mut self, who: usize) {
        if self.people[who].run.is_some() {
            return;
        }
        let person = &mut self.people[who];
        let rng = Box::new(StdRng::from_rng(&mut rand::rng()));
        let post = serde_json::from_slice(&person.post).unwrap();
        let mut mailbox = Mailbox::new(key(), name(person.called), rng).with_post(post);
        let announced = Announcement {
            days: 7,
            blobs: 64,
            challenge: Challenge([0; 16]),
        };
        mailbox.joined(Some(&announced), person.now);
        let bonds = serde_json::from_slice(&person.bonds).unwrap();
        person.run = Some(Run { mailbox, bonds });
    }

    fn kill(&mut self, who: usize) {
        self.people[who].run = None;
    }

    /// Writes what is to be written; false when that kills.
    fn write(&mut self, who: usize) -> bool {
        loop {
            let person = &mut self.people[who];
            let Some(run) = &mut person.run else { return false };
            run.mailbox.consult(&mut run.bonds, person.now);
            let Some(revision) = run.bonds.unwritten() else {
                return true;
            };
            let crash = self.crashes.get(&self.writes);
            self.writes += 1;
            if crash != Some(&Crash::Before) {
                person.bonds = serde_json::to_vec(&run.bonds).unwrap();
                person.post = serde_json::to_vec(&run.mailbox.post()).unwrap();
            }
            if crash.is_some() {
                person.run = None;
                return false;
            }
            run.bonds.written(revision, person.now.wall);
        }
    }

    /// Shows what there is to be shown; it is read at once.
    fn read(&mut self, who: usize) {
        let person = &mut self.people[who];
        let Some(run) = &mut person.run else { return };
        while let Some(event) = run.mailbox.next_event() {
            if let Event::LeftByFriend {
                left,
                repeat,
                after_missing,
                changes,
                ..
            } = &event
            {
                person.shown.push((left.id, left.text.clone(), *repeat));
                if *changes {
                    person.changed.push(left.text.clone());
                }
                if *after_missing {
                    person.missing.push(left.text.clone());
                }
                run.mailbox.take(&left.handle);
            }
            person.events.push(event);
        }
    }

    /// Who runs talks to the relay until nothing is left, or he dies.
    fn talk(&mut self, who: usize) {
        self.start(who);
        self.people[who].now.monotonic += LOOK_SPACING;
        loop {
            if !self.write(who) {
                return;
            }
            self.read(who);
            if !self.write(who) {
                return;
            }
            let person = &mut self.people[who];
            let Some(run) = &mut person.run else { return };
            let Some(request) = run.mailbox.next_request(false, person.now) else {
                return;
            };
            let (answer, pushes) = self.relay.answer(&request.ask, today(person.now));
            run.mailbox.answered(request.tag, answer, person.now);
            for push in pushes {
                let kept = Kept::decode(&push).unwrap();
                run.mailbox.received(&kept, person.now);
            }
        }
    }

    fn news(&mut self) {
        for who in [ANNA, BEN] {
            self.start(who);
            self.mailbox(who).news();
            self.talk(who);
        }
    }

    fn texts(&self, who: usize) -> Vec<&str> {
        self.people[who]
            .shown
            .iter()
            .map(|(_, text, _)| &text[..])
            .collect()
    }

    fn has_read(&self, who: usize, byte: u8) -> bool {
        let read = |event: &Event| matches!(event, Event::Read { id: of, .. } if *of == id(byte));
        self.people[who].events.iter().any(read)
    }
}

#[test]
fn what_is_kept_for_a_friend_is_shown_once_in_order_and_told_to_be_read() {
    let mut two = Two::new();
    for (at, text) in ["one", "two", "three"].into_iter().enumerate() {
        two.keep(ANNA, at as u8, text);
    }
    two.talk(ANNA);
    assert_eq!(two.relay.blobs.len(), 3);
    two.talk(BEN);
    assert_eq!(two.texts(BEN), ["one", "two", "three"]);
    assert_eq!(two.relay.blobs.len(), 1, "the receipt of all three");
    two.news();
    assert!((0..3).all(|byte| two.has_read(ANNA, byte)));
    assert!(two.relay.blobs.is_empty());
    assert_eq!(two.bonds(ANNA).iter().next().unwrap().waiting().count(), 0);
    two.kill(BEN);
    two.talk(BEN);
    assert_eq!(two.texts(BEN).len(), 3, "nothing is shown again");
}

#[test]
fn nothing_is_put_shown_or_dropped_before_it_is_written() {
    let mut two = Two::new();
    two.keep(ANNA, 0, "one");
    let now = two.people[ANNA].now;
    let asks = |two: &mut Two, who: usize| {
        let request = two.mailbox(who).next_request(false, now);
        request.map(|request| matches!(request.ask, Ask::Get(_)))
    };
    assert_eq!(asks(&mut two, ANNA), Some(true));
    assert_eq!(asks(&mut two, ANNA), None, "not put");
    two.kill(ANNA);
    two.keep(ANNA, 0, "one");
    two.talk(ANNA);
    two.crashes.insert(two.writes, Crash::Before);
    two.talk(BEN);
    assert_eq!(two.texts(BEN), [""; 0], "not shown");
    assert_eq!(two.relay.blobs.len(), 1);
    two.crashes.clear();
    // It is shown, and Ben's disk takes nothing any more.
    two.crashes.insert(two.writes + 1, Crash::Before);
    two.talk(BEN);
    assert_eq!(two.texts(BEN), ["one"]);
    assert_eq!(two.relay.blobs.len(), 1, "not dropped");
}

/// Three messages, one of which is changed, and answers, with lids closed at these writes.
fn lids(crashes: &[(usize, Crash)]) -> Two {
    let mut two = Two::new();
    two.crashes = crashes.iter().copied().collect();
    for round in 0..4u8 {
        let writer = usize::from(round % 2);
        two.keep(writer, round, &format!("text {round}"));
        two.talk(writer);
        two.talk(1 - writer);
        if round == 2 {
            two.kill(ANNA);
        }
        two.news();
    }
    two.crashes.clear();
    (0..3).for_each(|_| two.news());
    two
}

#[test]
fn wherever_a_lid_is_closed_a_message_is_shown_and_what_is_shown_again_says_so() {
    let writes = lids(&[]).writes;
    assert!(writes > 12, "{writes} writes");
    let crashes = [Crash::Before, Crash::After];
    let single = (0..writes + 4).flat_map(|at| crashes.map(|crash| vec![(at, crash)]));
    let double = (0..writes).flat_map(|at| {
        (1..3).flat_map(move |later| {
            crashes
                .into_iter()
                .flat_map(move |one| crashes.map(|other| vec![(at, one), (at + later, other)]))
        })
    });
    for lid in single.chain(double) {
        let two = lids(&lid);
        for (writer, byte) in [(ANNA, 0), (BEN, 1), (ANNA, 2), (BEN, 3)] {
            let reader = &two.people[1 - writer].shown;
            let of_it: Vec<_> = reader.iter().filter(|(shown, ..)| *shown == id(byte)).collect();
            let plain = of_it.iter().filter(|(.., repeat)| !repeat).count();
            assert!(plain <= 1, "{lid:?}: shown twice without a word");
            // What was never written was never taken to be kept.
            let kept = |event: &Event| matches!(event, Event::Kept { id: of, .. } if *of == id(byte));
            if two.people[writer].events.iter().any(kept) {
                assert!(!of_it.is_empty(), "{lid:?}: {byte} is shown");
            }
            assert!(of_it.len() <= 1 + lid.len(), "{lid:?}");
        }
        assert!(two.relay.blobs.is_empty(), "{lid:?}: nothing is left");
        for who in [ANNA, BEN] {
            let copied = |event: &Event| matches!(event, Event::Copied { .. });
            assert!(!two.people[who].events.iter().any(copied), "{lid:?}: no copy");
            let bonds = two.bonds(who);
            assert_eq!(bonds.iter().next().unwrap().waiting().count(), 0, "{lid:?}");
        }
    }
}

#[test]
fn an_author_who_comes_back_fetches_receipts_before_he_puts_anything_again() {
    let mut two = Two::new();
    two.keep(ANNA, 0, "one");
    two.talk(ANNA);
    two.kill(ANNA);
    two.talk(BEN);
    two.relay.last = 7;
    two.talk(ANNA);
    assert!(two.has_read(ANNA, 0));
    assert_eq!(two.relay.last, 7, "nothing was put");
    two.talk(BEN);
    assert_eq!(two.texts(BEN), ["one"]);
}

#[test]
fn what_came_live_as_well_is_shown_once_and_said_to_be_read() {
    let mut two = Two::new();
    two.keep(ANNA, 0, "one");
    two.talk(ANNA);
    two.start(BEN);
    assert_eq!(two.mailbox(BEN).live(id(0), "one"), Copy::New);
    two.talk(BEN);
    assert_eq!(two.texts(BEN), [""; 0]);
    two.news();
    assert!(two.has_read(ANNA, 0));
    // And the other way round, in a later run: what was kept comes live.
    two.keep(ANNA, 1, "two");
    two.talk(ANNA);
    two.talk(BEN);
    two.news();
    two.kill(BEN);
    two.start(BEN);
    assert_eq!(two.mailbox(BEN).live(id(1), "two"), Copy::Same);
}

#[test]
fn what_is_delivered_live_is_taken_out_for_that_friend_alone() {
    let mut two = Two::new();
    two.keep(ANNA, 0, "one");
    two.talk(ANNA);
    two.mailbox(ANNA).delivered_under(id(0), BondId([9; 16]));
    two.mailbox(ANNA).delivered(id(0), &name("friend"));
    two.talk(ANNA);
    assert_eq!(two.relay.blobs.len(), 1, "by his name it is not");
    let bond = two.bond;
    two.mailbox(ANNA).delivered_under(id(0), bond);
    two.talk(ANNA);
    assert!(two.relay.blobs.is_empty());
}

#[test]
fn what_is_changed_before_it_was_read_says_only_that_and_later_changes_what_was_shown() {
    let mut two = Two::new();
    two.keep(ANNA, 0, "teh");
    two.talk(ANNA);
    two.edit(ANNA, 0, "the");
    two.talk(ANNA);
    assert_eq!(two.relay.blobs.len(), 1);
    two.talk(BEN);
    assert_eq!(two.texts(BEN), ["the"]);
    // Ben has read it, and Anna does not know.
    two.edit(ANNA, 0, "them");
    two.talk(ANNA);
    two.news();
    assert_eq!(two.people[BEN].changed, ["them"]);
}

#[test]
fn what_is_deleted_before_it_was_read_is_gone_wherever_the_lid_is_closed() {
    for crash in [None, Some(Crash::Before), Some(Crash::After)] {
        let mut two = Two::new();
        two.keep(ANNA, 0, "oops");
        two.talk(ANNA);
        two.mailbox(ANNA).delete(id(0));
        two.crashes.extend(crash.map(|crash| (two.writes, crash)));
        two.talk(ANNA);
        // A deletion that is not written is none: it has to be said again.
        if crash == Some(Crash::Before) {
            two.start(ANNA);
            two.mailbox(ANNA).delete(id(0));
        }
        two.talk(ANNA);
        assert!(two.relay.blobs.is_empty(), "{crash:?}");
        two.talk(BEN);
        assert_eq!(two.texts(BEN), [""; 0], "{crash:?}");
    }
}

#[test]
fn where_one_is_missing_the_next_one_says_so() {
    let mut two = Two::new();
    two.keep(ANNA, 0, "one");
    two.keep(ANNA, 1, "two");
    two.talk(ANNA);
    two.relay.blobs.pop_first();
    two.talk(BEN);
    assert_eq!(two.people[BEN].missing, ["two"]);
}

#[test]
fn a_memory_restored_from_a_backup_keeps_nothing_more_under_the_bond() {
    let mut two = Two::new();
    two.start(ANNA);
    let old = (two.people[ANNA].bonds.clone(), two.people[ANNA].post.clone());
    two.keep(ANNA, 0, "one");
    two.talk(ANNA);
    two.kill(ANNA);
    (two.people[ANNA].bonds, two.people[ANNA].post) = old;
    two.talk(ANNA);
    let ours = |event: &Event| {
        let copied = Copied::Ours;
        matches!(event, Event::Copied { copied: of, .. } if *of == copied)
    };
    assert!(two.people[ANNA].events.iter().any(ours), "its blob is in the bag");
    let (bond, now) = (two.bond, two.people[ANNA].now);
    let run = two.people[ANNA].run.as_mut().unwrap();
    let kept = run
        .mailbox
        .keep_under(bond, letter(1, "two"), &mut run.bonds, now);
    assert!(matches!(kept, Err(KeepError::Bond(_))));
}

#[test]
fn a_receipt_for_what_a_newer_copy_has_left_is_found_out() {
    let mut two = Two::new();
    two.start(ANNA);
    let old = (two.people[ANNA].bonds.clone(), two.people[ANNA].post.clone());
    two.keep(ANNA, 0, "one");
    two.talk(ANNA);
    two.kill(ANNA);
    two.talk(BEN);
    (two.people[ANNA].bonds, two.people[ANNA].post) = old;
    two.talk(ANNA);
    let copied = |event: &Event| {
        matches!(
            event,
            Event::Copied {
                copied: Copied::Ours,
                ..
            }
        )
    };
    assert!(two.people[ANNA].events.iter().any(copied));
}

#[test]
fn what_nobody_has_read_by_its_last_day_waits_no_more() {
    let mut two = Two::new();
    two.keep(ANNA, 0, "one");
    two.talk(ANNA);
    two.people[ANNA].now.wall += 8 * DAY;
    two.relay.blobs.clear();
    two.talk(ANNA);
    let gone = |event: &Event| matches!(event, Event::Gone { taken: false, .. });
    assert!(two.people[ANNA].events.iter().any(gone));
    assert_eq!(two.bonds(ANNA).iter().next().unwrap().waiting().count(), 0);
}

#[test]
fn a_mailbox_that_only_looks_opens_nothing_under_a_bond() {
    let mut two = Two::new();
    two.keep(ANNA, 0, "one");
    two.talk(ANNA);
    two.start(BEN);
    two.mailbox(BEN).only_look();
    let writes = two.writes;
    two.talk(BEN);
    assert_eq!((two.writes, two.relay.blobs.len()), (writes, 1));
}

#[test]
fn what_is_put_twice_by_a_relay_or_changed_is_shown_once() {
    let mut two = Two::new();
    two.keep(ANNA, 0, "one");
    two.talk(ANNA);
    let blob = two.relay.blobs.values().next().unwrap().clone();
    let mut bad = blob.clone();
    bad.2[80] ^= 1;
    bad.0 = DropHash([8; 32]);
    two.relay.blobs.insert(40, bad);
    two.talk(BEN);
    assert_eq!(two.texts(BEN), ["one"]);
    two.kill(BEN);
    two.relay.blobs.insert(50, blob);
    two.talk(BEN);
    assert_eq!(two.texts(BEN), ["one"]);
    assert!(!two.relay.blobs.contains_key(&50), "it is dropped again");
}
