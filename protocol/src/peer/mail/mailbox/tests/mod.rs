mod bonded;
mod relay;

use proptest::prelude::*;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use self::relay::{Relay, Reply, garbled};
use super::limits::{ANSWER_LIMIT, LOOK_SPACING};
use super::*;
use crate::Topic;
use crate::kept::{Challenge, Kept};
use crate::peer::mail::MAX_KEPT_TEXT;
use crate::peer::root::Root;

const DAY: u64 = 24 * 3600 * 1000;
const TODAY: u64 = 20_454;

fn key() -> MailKey {
    let root = Root::from_bytes([1; 32]);
    MailKey::new(&root.keys(), Topic::of(&root.room_hash()))
}

fn name(name: &str) -> Name {
    Name::new(name).unwrap()
}

fn id(byte: u8) -> MessageId {
    MessageId([byte; 16])
}

fn letter(byte: u8, text: &str) -> Letter {
    Letter {
        id: id(byte),
        to: None,
        written: TODAY * DAY + u64::from(byte),
        fades: None,
        reply_to: None,
        text: text.to_owned(),
    }
}

/// Somebody with a mailbox, and what it has told.
struct Client {
    mailbox: Mailbox,
    now: Now,
    events: Vec<Event>,
    /// What was shown: the texts.
    shown: Vec<String>,
}

impl Client {
    fn new(called: &str) -> Self {
        let rng = Box::new(StdRng::from_rng(&mut rand::rng()));
        let now = Now {
            monotonic: Duration::ZERO,
            wall: TODAY * DAY,
        };
        Self {
            mailbox: Mailbox::new(key(), name(called), rng),
            now,
            events: Vec::new(),
            shown: Vec::new(),
        }
    }

    /// One that is joined to a relay that keeps.
    fn joined(called: &str) -> Self {
        let mut client = Self::new(called);
        client.join();
        client
    }

    fn join(&mut self) {
        let announced = Announcement {
            days: 7,
            blobs: 64,
            challenge: Challenge([0; 16]),
        };
        self.mailbox.joined(Some(&announced), self.now);
    }

    fn keep(&mut self, letter: Letter) {
        self.mailbox.keep(letter, self.now).unwrap();
    }

    fn today(&self) -> u32 {
        today(self.now)
    }

    /// Takes what a relay brings for a request.
    fn take_reply(&mut self, tag: Tag, (answer, pushes): Reply) {
        self.mailbox.answered(tag, answer, self.now);
        for push in pushes {
            if let Some(kept) = Kept::decode(&push) {
                self.mailbox.received(&kept, self.now);
            }
        }
    }

    /// Tells what there is to be told; what was left is read at once.
    fn read(&mut self) {
        while let Some(event) = self.mailbox.next_event() {
            if let Event::Left(left) = &event {
                self.shown.push(left.text.clone());
                self.mailbox.take(&left.handle);
            }
            self.events.push(event);
        }
    }

    /// Asks the relay until nothing is left to ask.
    fn talk(&mut self, relay: &mut Relay) {
        self.now.monotonic += LOOK_SPACING;
        while let Some(request) = self.mailbox.next_request(false, self.now) {
            let reply = relay.answer(&request.ask, self.today());
            self.take_reply(request.tag, reply);
            self.read();
        }
        self.read();
    }

    /// What was told of one message, in short.
    fn told(&self, id: MessageId) -> Vec<&'static str> {
        let told = |event: &Event| match event {
            Event::Kept { id: of, .. } if *of == id => Some("kept"),
            Event::NotKept { id: of, .. } if *of == id => Some("not kept"),
            Event::Gone { id: of, taken: true } if *of == id => Some("taken"),
            Event::Gone { id: of, .. } if *of == id => Some("gone"),
            Event::TooLate { id: of } if *of == id => Some("too late"),
            _ => None,
        };
        self.events.iter().filter_map(told).collect()
    }
}

#[test]
fn what_is_left_is_read_once_in_order_and_seen_to_be_taken() {
    let (mut anna, mut relay) = (Client::joined("anna"), Relay::default());
    for (at, text) in ["one", "two", "three"].into_iter().enumerate() {
        anna.keep(letter(at as u8, text));
    }
    anna.talk(&mut relay);
    assert_eq!(anna.told(id(1)), ["kept"]);
    assert!(anna.mailbox.is_safe(id(1)) && !anna.mailbox.is_safe(id(9)));
    assert_eq!(relay.blobs.len(), 3);

    let mut ben = Client::joined("ben");
    ben.talk(&mut relay);
    assert_eq!(ben.shown, ["one", "two", "three"]);
    assert!(relay.blobs.is_empty());
    ben.join();
    ben.talk(&mut relay);
    assert_eq!(ben.shown.len(), 3);

    anna.join();
    anna.talk(&mut relay);
    assert_eq!(anna.told(id(1)), ["kept", "taken"]);
    assert_eq!(anna.shown, [""; 0]);
}

#[test]
fn only_somebody_of_the_name_it_names_takes_it_and_nobody_his_own() {
    let (mut anna, mut relay) = (Client::joined("Anna"), Relay::default());
    anna.keep(Letter {
        to: Some(name("Ben")),
        ..letter(1, "for Ben")
    });
    anna.keep(letter(2, "for whoever comes"));
    anna.talk(&mut relay);
    // Anna in another run, and Cara, have come for theirs.
    let mut other = Client::joined("anna");
    other.talk(&mut relay);
    assert_eq!(other.shown, [""; 0]);
    let ours = other.mailbox.waiting();
    assert!(ours.len() == 2 && ours.iter().all(|waiting| waiting.is_ours));
    let mut cara = Client::joined("cara");
    cara.talk(&mut relay);
    assert_eq!(cara.shown, ["for whoever comes"]);
    let [waiting] = &cara.mailbox.waiting()[..] else {
        panic!()
    };
    assert_eq!(waiting.to, Some(name("Ben")));
    // And Cara as ben, with a look-alike of his name.
    cara.mailbox.rename(name("bеn"));
    cara.talk(&mut relay);
    assert_eq!(cara.shown, ["for whoever comes", "for Ben"]);
}

#[test]
fn what_was_delivered_live_is_withdrawn() {
    let (mut anna, mut relay) = (Client::joined("anna"), Relay::default());
    for to in ["Ben", "Cara"] {
        anna.keep(Letter {
            to: Some(name(to)),
            ..letter(1, "hello")
        });
    }
    anna.keep(letter(2, "hello, too"));
    anna.talk(&mut relay);
    anna.mailbox.delivered(id(1), &name("ben"));
    anna.mailbox.delivered(id(2), &name("ben"));
    anna.talk(&mut relay);
    let waiting = anna.mailbox.waiting();
    assert!(relay.blobs.len() == 1 && waiting.len() == 1);
    assert_eq!(waiting[0].to, Some(name("Cara")));
}

#[test]
fn a_live_copy_and_one_that_waited_are_one_and_two_texts_of_one_id_are_two() {
    let (mut anna, mut relay) = (Client::joined("anna"), Relay::default());
    anna.keep(letter(1, "hello"));
    anna.keep(letter(2, "hello, too"));
    anna.talk(&mut relay);
    let mut ben = Client::joined("ben");
    assert_eq!(ben.mailbox.live(id(1), "hello"), Copy::New);
    ben.talk(&mut relay);
    assert_eq!(ben.shown, ["hello, too"]);
    assert!(relay.blobs.is_empty());
    assert_eq!(ben.mailbox.live(id(2), "hello, too"), Copy::Same);
    assert_eq!(ben.mailbox.live(id(2), "something else"), Copy::Differs);
    // A member leaves another text under an id that he has seen.
    let mut member = Client::joined("anna");
    member.keep(letter(1, "good bye"));
    member.talk(&mut relay);
    ben.join();
    ben.talk(&mut relay);
    let last = ben.events.iter().rev().find_map(|event| match event {
        Event::Left(left) => Some(left),
        _ => None,
    });
    assert!(last.is_some_and(|left| left.differs && left.text == "good bye"));
}

#[test]
fn what_waits_is_changed_and_deleted_where_it_waits() {
    let (mut anna, mut relay) = (Client::joined("anna"), Relay::default());
    anna.keep(letter(1, "helo"));
    anna.keep(letter(2, "nonsense"));
    anna.talk(&mut relay);
    anna.mailbox.edit(id(1), "hello", anna.now).unwrap();
    anna.mailbox.delete(id(2));
    anna.keep(letter(3, "never put"));
    anna.mailbox.edit(id(3), "put as this", anna.now).unwrap();
    anna.talk(&mut relay);
    assert_eq!(anna.told(id(2)), ["kept"]);
    let mut ben = Client::joined("ben");
    ben.talk(&mut relay);
    assert_eq!(ben.shown, ["hello", "put as this"]);
}

#[test]
fn what_was_taken_is_neither_changed_nor_deleted_and_that_is_told() {
    let (mut anna, mut relay) = (Client::joined("anna"), Relay::default());
    for byte in 1..=3 {
        anna.keep(letter(byte, "helo"));
    }
    anna.talk(&mut relay);
    let mut ben = Client::joined("ben");
    ben.talk(&mut relay);
    anna.mailbox.edit(id(1), "hello", anna.now).unwrap();
    anna.mailbox.delete(id(2));
    anna.talk(&mut relay);
    assert_eq!(anna.told(id(1)), ["kept", "too late"]);
    assert_eq!(anna.told(id(2)), ["kept", "too late"]);
    anna.join();
    anna.talk(&mut relay);
    anna.mailbox.delete(id(3));
    anna.read();
    assert_eq!(anna.told(id(3)), ["kept", "taken", "too late"]);
    assert!(relay.blobs.is_empty());
}

#[test]
fn a_put_without_an_answer_is_put_again_as_the_same_blob() {
    let (mut anna, mut relay) = (Client::joined("anna"), Relay::default());
    anna.mailbox.next_request(false, anna.now);
    anna.keep(letter(1, "hello"));
    let first = anna.mailbox.next_request(false, anna.now).unwrap();
    relay.answer(&first.ask, anna.today());
    anna.mailbox.disconnected();
    anna.join();
    anna.talk(&mut relay);
    assert_eq!(relay.blobs.len(), 1);
    assert_eq!(anna.told(id(1)), ["kept"]);
}

#[test]
fn a_change_that_was_put_twice_is_not_taken_for_too_late() {
    let (mut anna, mut relay) = (Client::joined("anna"), Relay::default());
    anna.keep(letter(1, "helo"));
    anna.talk(&mut relay);
    anna.mailbox.edit(id(1), "hello", anna.now).unwrap();
    let first = anna.mailbox.next_request(false, anna.now).unwrap();
    relay.answer(&first.ask, anna.today());
    anna.mailbox.disconnected();
    anna.join();
    anna.talk(&mut relay);
    let mut ben = Client::joined("ben");
    ben.talk(&mut relay);
    assert_eq!(ben.shown, ["hello"]);
}

#[test]
fn a_relay_that_keeps_nothing_is_given_and_asked_nothing() {
    let mut anna = Client::new("anna");
    anna.mailbox.joined(None, anna.now);
    anna.mailbox.news();
    let kept = anna.mailbox.keep(letter(1, "hello"), anna.now);
    assert_eq!(kept, Err(KeepError::KeepsNothing));
    assert_eq!(anna.mailbox.next_request(false, anna.now), None);
    assert_eq!(anna.mailbox.next_timeout(), None);
}

#[test]
fn what_is_too_long_to_wait_is_said_to_be_by_how_much() {
    let mut anna = Client::joined("anna");
    let long = "x".repeat(MAX_KEPT_TEXT + 3);
    let kept = anna.mailbox.keep(letter(1, &long), anna.now);
    assert_eq!(kept, Err(KeepError::TooLong { over: 3 }));
    anna.keep(letter(1, &long[3..]));
    let changed = anna.mailbox.edit(id(1), &long, anna.now);
    assert_eq!(changed, Err(KeepError::TooLong { over: 3 }));
    let mut relay = Relay::default();
    anna.talk(&mut relay);
    assert_eq!(relay.blobs.len(), 1);
}

#[test]
fn a_full_bag_is_told_and_tried_again() {
    let (mut anna, mut relay) = (Client::joined("anna"), Relay::default());
    relay.is_full = true;
    anna.keep(letter(1, "hello"));
    anna.talk(&mut relay);
    assert_eq!(anna.told(id(1)), ["not kept"]);
    assert_eq!(anna.mailbox.unsettled(anna.now), 0);
    relay.is_full = false;
    anna.now.monotonic = anna.mailbox.next_timeout().unwrap();
    anna.talk(&mut relay);
    assert_eq!(anna.told(id(1)), ["not kept", "kept"]);
}

#[test]
fn a_relay_that_forgets_is_not_taken_for_a_reader() {
    let mut relay = Relay {
        forgets_on_restart: true,
        ..Relay::default()
    };
    let mut anna = Client::joined("anna");
    anna.keep(letter(1, "hello"));
    anna.talk(&mut relay);
    relay.restart();
    anna.join();
    anna.talk(&mut relay);
    assert_eq!(anna.told(id(1)), ["kept", "gone"]);
    assert!(!anna.mailbox.is_safe(id(1)));
}

#[test]
fn nothing_is_fetched_while_a_handshake_is_open() {
    let mut anna = Client::joined("anna");
    assert_eq!(anna.mailbox.next_request(true, anna.now), None);
    anna.keep(letter(1, "hello"));
    let request = anna.mailbox.next_request(true, anna.now).unwrap();
    assert!(matches!(request.ask, Ask::Put(_)));
    let request = anna.mailbox.next_request(false, anna.now).unwrap();
    assert!(matches!(request.ask, Ask::Get(_)));
}

#[test]
fn a_bag_of_many_pages_comes_whole() {
    let (mut anna, mut relay) = (Client::joined("anna"), Relay::default());
    for byte in 0..20 {
        let text = format!("{byte} {}", "x".repeat(3000));
        anna.keep(letter(byte, &text));
    }
    anna.talk(&mut relay);
    let mut ben = Client::joined("ben");
    ben.talk(&mut relay);
    let numbers = ben.shown.iter().map(|text| text.split(' ').next().unwrap());
    assert!(numbers.eq((0..20).map(|byte| byte.to_string())));
    assert!(relay.blobs.is_empty());
}

#[test]
fn who_only_looks_takes_nothing() {
    let (mut anna, mut relay) = (Client::joined("anna"), Relay::default());
    anna.keep(letter(1, "hello"));
    anna.talk(&mut relay);
    let mut ben = Client::joined("ben");
    ben.mailbox.only_look();
    ben.talk(&mut relay);
    assert_eq!(ben.shown, ["hello"]);
    assert_eq!(relay.blobs.len(), 1);
}

#[test]
fn what_was_not_read_is_told_once_and_stays() {
    let (mut anna, mut relay) = (Client::joined("anna"), Relay::default());
    anna.keep(letter(1, "hello"));
    anna.talk(&mut relay);
    let mut ben = Client::joined("ben");
    for _ in 0..2 {
        ben.join();
        ben.now.monotonic += LOOK_SPACING;
        while let Some(request) = ben.mailbox.next_request(false, ben.now) {
            let reply = relay.answer(&request.ask, ben.today());
            ben.take_reply(request.tag, reply);
        }
    }
    let told = std::iter::from_fn(|| ben.mailbox.next_event());
    assert_eq!(told.filter(|event| matches!(event, Event::Left(_))).count(), 1);
    assert_eq!(relay.blobs.len(), 1);
}

#[test]
fn a_clock_that_is_years_off_moves_no_message_to_another_day() {
    for off in [-3000_i64, -400, -1, 0, 1, 400] {
        let mut relay = Relay::default();
        let mut anna = Client::joined("anna");
        let theirs = anna.today();
        anna.now.wall = anna.now.wall.saturating_add_signed(off * DAY as i64);
        anna.keep(Letter {
            written: anna.now.wall + 5000,
            ..letter(1, "hello")
        });
        while let Some(request) = anna.mailbox.next_request(false, anna.now) {
            let reply = relay.answer(&request.ask, theirs);
            anna.take_reply(request.tag, reply);
        }
        let mut ben = Client::joined("ben");
        ben.talk(&mut relay);
        let Some(Event::Left(left)) = ben.events.first() else {
            panic!()
        };
        let day = i64::try_from(left.written / DAY).unwrap();
        assert!((day - i64::from(theirs)).abs() <= 1, "{off}");
        assert_eq!(left.written % DAY, 5000);
        assert_eq!(left.clock_ahead, if off.abs() < 2 { 0 } else { off });
    }
}

#[test]
fn a_note_of_a_later_version_is_told_of_once_and_stays() {
    let (mut anna, mut relay) = (Client::joined("anna"), Relay::default());
    anna.keep(letter(1, "hello"));
    anna.talk(&mut relay);
    let mut note = crate::peer::mail::note::tests::text("hello").encode().unwrap();
    note[0] = 2;
    let (blob, token) = crate::peer::mail::under_passphrase::tests::sealed_bytes(&key(), &note);
    relay
        .blobs
        .insert(99, (token.drop_hash(), anna.today() + 7, blob));
    let mut ben = Client::joined("ben");
    for _ in 0..2 {
        ben.join();
        ben.talk(&mut relay);
    }
    let newer = ben.events.iter().filter(|event| **event == Event::Newer).count();
    assert_eq!((newer, relay.blobs.len()), (1, 1));
    assert_eq!(ben.shown, ["hello"]);
}

#[test]
fn a_relay_that_never_brings_what_it_lists_is_given_up() {
    let (mut anna, mut relay) = (Client::joined("anna"), Relay::default());
    anna.keep(letter(1, "hello"));
    anna.talk(&mut relay);
    let mut ben = Client::joined("ben");
    let request = ben.mailbox.next_request(false, ben.now).unwrap();
    let (answer, _) = relay.answer(&request.ask, ben.today());
    ben.take_reply(request.tag, (answer, Vec::new()));
    ben.now.monotonic = ben.mailbox.next_timeout().unwrap();
    ben.mailbox.timeout(ben.now);
    ben.read();
    assert_eq!(ben.events, [Event::Looked { whole: false }]);
    ben.mailbox.news();
    ben.talk(&mut relay);
    assert_eq!(ben.shown, ["hello"]);
}

/// What may happen between two who leave each other messages.
#[derive(Debug, Clone)]
enum Step {
    Keep,
    Edit(u8),
    Delete(u8),
    Talk { who: bool, lossy: bool },
    Rejoin { who: bool },
    RestartRelay,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => Just(Step::Keep),
        1 => any::<u8>().prop_map(Step::Edit),
        1 => any::<u8>().prop_map(Step::Delete),
        4 => any::<(bool, bool)>().prop_map(|(who, lossy)| Step::Talk { who, lossy }),
        2 => any::<bool>().prop_map(|who| Step::Rejoin { who }),
        1 => Just(Step::RestartRelay),
    ]
}

/// Both, and the connection of each may be lost at any moment.
struct World {
    clients: [Client; 2],
    relay: Relay,
    rng: StdRng,
    left: u8,
    /// What was deleted, or changed.
    touched: Vec<u8>,
}

impl World {
    fn talk(&mut self, who: usize, lossy: bool) {
        let client = &mut self.clients[who];
        if client.mailbox.days().is_none() {
            client.join();
        }
        client.now.monotonic += LOOK_SPACING;
        while let Some(request) = client.mailbox.next_request(self.rng.random(), client.now) {
            if lossy && self.rng.random_bool(0.2) {
                // Lost on the way there.
                return client.mailbox.disconnected();
            }
            let (answer, mut pushes) = self.relay.answer(&request.ask, client.today());
            if lossy && self.rng.random_bool(0.3) {
                // Lost on the way back.
                return client.mailbox.disconnected();
            }
            if lossy && self.rng.random_bool(0.2) {
                pushes.truncate(pushes.len() / 2);
            }
            client.take_reply(request.tag, (answer, pushes));
            client.read();
        }
        client.read();
    }

    fn step(&mut self, step: &Step) {
        match *step {
            Step::Keep if self.left < 60 => {
                self.clients[0].keep_if_joined(letter(self.left, &format!("text {}", self.left)));
                self.left += 1;
            }
            Step::Keep => {}
            Step::Edit(at) if self.left > 0 => {
                let at = at % self.left;
                let anna = &mut self.clients[0];
                anna.mailbox
                    .edit(id(at), &format!("text {at} again"), anna.now)
                    .unwrap();
                self.touched.push(at);
            }
            Step::Delete(at) if self.left > 0 => {
                self.clients[0].mailbox.delete(id(at % self.left));
                self.touched.push(at % self.left);
            }
            Step::Edit(_) | Step::Delete(_) => {}
            Step::Talk { who, lossy } => self.talk(who.into(), lossy),
            Step::Rejoin { who } => self.clients[usize::from(who)].mailbox.disconnected(),
            Step::RestartRelay => {
                for client in &mut self.clients {
                    client.mailbox.disconnected();
                }
            }
        }
    }
}

impl Client {
    fn keep_if_joined(&mut self, letter: Letter) {
        if self.mailbox.days().is_none() {
            self.join();
        }
        self.keep(letter);
    }
}

proptest! {
    #[test]
    fn whatever_is_lost_each_text_is_shown_and_none_twice(
        seed: u64, steps in prop::collection::vec(step(), 0..60),
    ) {
        let mut world = World {
            clients: [Client::joined("anna"), Client::joined("ben")],
            relay: Relay::default(),
            rng: StdRng::seed_from_u64(seed),
            left: 0,
            touched: Vec::new(),
        };
        for step in &steps {
            world.step(step);
        }
        for who in [0, 1, 0, 1] {
            world.clients[who].mailbox.disconnected();
            world.clients[who].join();
            let World { clients, relay, .. } = &mut world;
            clients[who].talk(relay);
        }
        let shown = &world.clients[1].shown;
        for at in 0..world.left {
            let texts = [format!("text {at}"), format!("text {at} again")];
            let count = |text| shown.iter().filter(|shown| *shown == text).count();
            let counts = [count(&texts[0]), count(&texts[1])];
            prop_assert!(counts.iter().all(|count| *count <= 1), "{at}: {counts:?}");
            if !world.touched.contains(&at) {
                prop_assert_eq!(counts, [1, 0], "{}", at);
            }
        }
        prop_assert!(world.clients[0].shown.is_empty());
        prop_assert!(world.relay.blobs.is_empty());
        prop_assert_eq!(world.clients[0].mailbox.unsettled(world.clients[0].now), 0);
    }

    #[test]
    fn no_relay_breaks_it_or_makes_it_show_what_no_member_wrote(
        seed: u64, steps in 1..40_usize, flips: bool,
    ) {
        let mut rng = StdRng::seed_from_u64(seed);
        let (mut anna, mut ben) = (Client::joined("anna"), Client::joined("ben"));
        let mut relay = Relay::default();
        for at in 0..5 {
            anna.keep(letter(at, &format!("text {at}")));
        }
        anna.talk(&mut relay);
        for _ in 0..steps {
            ben.now.monotonic += ANSWER_LIMIT;
            ben.mailbox.timeout(ben.now);
            ben.mailbox.news();
            for _ in 0..20 {
                let Some(request) = ben.mailbox.next_request(false, ben.now) else { break };
                let reply = relay.answer(&request.ask, ben.today());
                let reply = if rng.random() { garbled(reply, flips, &mut rng) } else { reply };
                ben.take_reply(request.tag, reply);
                ben.read();
            }
        }
        let mut shown = ben.shown.clone();
        shown.sort();
        shown.dedup();
        prop_assert_eq!(shown.len(), ben.shown.len());
        prop_assert!(shown.iter().all(|text| text.starts_with("text ")));
        // What it is given in the end it shows; a blob that was changed once counts as withheld.
        ben.join();
        ben.talk(&mut relay);
        ben.join();
        ben.talk(&mut relay);
        prop_assert!(flips || ben.shown.len() == 5);
    }
}
