//! Members: who has the passphrase and a seat can disturb. He reads nothing that others say to each other, and is
//! nobody but himself.

use std::cmp::Reverse;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::Value;
use sotto_protocol::Name;
use sotto_protocol::bond::Proof;
use sotto_protocol::envelope::{Header, Kind, Recipient, SessionId};
use sotto_protocol::message::{self, Content, InstanceId};
use sotto_protocol::run_key::PublicRunKey;
use sotto_tests::member::{Hello, Line, Meeting, text};
use sotto_tests::{Member, Pipe, Proxy, Scene, Terminal, pipe};

/// The id of whom an event is about.
#[allow(clippy::unwrap_used)] // A helper of tests is no test to clippy.
fn peer_id(event: &Value) -> InstanceId {
    let id = message::MessageId::parse(event["peer_id"].as_str().unwrap());
    InstanceId(id.unwrap().0)
}

/// The hello to all of the next instance that says one and is none of these.
fn newcomer(member: &mut Member, known: &[InstanceId]) -> Hello {
    member.wait_for(|envelope| {
        let is_new = envelope.header.to == Recipient::All && !known.contains(&envelope.header.from);
        is_new.then(|| envelope.hello())?
    })
}

/// Introduces himself on a line.
#[allow(clippy::unwrap_used)] // A helper of tests is no test to clippy.
fn introduce(line: &mut Line, member: &mut Member, name: &str) {
    line.say(member, Content::Name(Name::new(name).unwrap()));
    line.say(member, Content::Proof(Box::new(Proof([7; Proof::LEN]))));
}

/// Both say something, and hear it.
fn both_talk([anna, ben]: &mut [Pipe; 2]) {
    anna.say("Dobrý den 👋");
    ben.say("guten Tag");
    assert_eq!(ben.message(), "Dobrý den 👋");
    assert_eq!(anna.message(), "guten Tag");
}

/// How long somebody tries to take the place of one who died. What takes minutes is played in simulated time by the tests
/// of the protocol.
const TRIES: Duration = Duration::from_secs(25);

/// A chat, and who it is in the room.
struct Chat {
    name: &'static str,
    run_key: PublicRunKey,
    screen: Terminal,
}

#[test]
fn a_dead_friends_verified_place_is_taken_by_nobody() {
    let mut scene = Scene::new();
    let mut member = Member::join(scene.url());
    let mut chats: Vec<Chat> = Vec::new();
    for name in ["anna", "ben"] {
        let screen = scene.chat(name);
        let known: Vec<_> = chats.iter().map(|chat| chat.run_key.id()).collect();
        let run_key = newcomer(&mut member, &known).run_key;
        chats.push(Chat {
            name,
            run_key,
            screen,
        });
    }
    for (chat, other) in chats.iter_mut().zip(["ben", "anna"]) {
        chat.screen.wait_for(&format!("{other} joined"));
        chat.screen.type_keys("/verify yes\r");
        chat.screen.wait_for_row(&[other, "verified", "seat"]);
    }
    // The lower id begins handshakes: it can be made to believe that its first is refused.
    chats.sort_by_key(|chat| chat.run_key.id());
    let [victim, friend] = &mut chats[..] else {
        panic!("two chats");
    };
    friend.screen.signal(Signal::KILL);
    scene.rest();

    let mut meeting = Meeting::new(member.guise_of(&friend.run_key), victim.run_key.clone());
    let mut nonce = None;
    let mut line = None::<Line>;
    let mut is_heard = false;
    let (begun, mut asked) = (Instant::now(), Instant::now());
    while begun.elapsed() < TRIES && !is_heard {
        if asked.elapsed() >= Duration::from_secs(2) {
            asked = Instant::now();
            member.hello(&mut meeting.guise, Recipient::One(victim.run_key.id()), nonce);
        }
        let Some(envelope) = member.within(Duration::from_millis(500)) else {
            continue;
        };
        if let Some(line) = &mut line {
            let message = line.open(&envelope);
            is_heard = message.is_some_and(|message| message.acknowledged.held == 3);
            continue;
        }
        if let Some(hello) = envelope.hello() {
            nonce = Some(hello.nonce);
            // One who takes another id meets everybody as a stranger.
            if ![&victim.run_key, &friend.run_key, meeting.peer()].contains(&&hello.run_key) {
                meeting = Meeting::new(meeting.guise, hello.run_key);
            }
        }
        line = meeting.take(&mut member, &envelope);
        if let Some(line) = &mut line {
            introduce(line, &mut member, friend.name);
            line.say(&mut member, text("the code is 4711"));
        }
    }
    if is_heard {
        victim.screen.wait_for("4711");
    }
    assert!(!is_heard, "{}", victim.screen.contents());
    // With his seat, nothing stands for the dead one's any more.
    drop(member);
    victim.screen.wait_for(&format!("{} is gone", friend.name));
    let screen = victim.screen.contents();
    assert!(
        !screen.lines().next().unwrap_or_default().contains("verified"),
        "{screen}"
    );

    let mut friend = scene.chat(friend.name);
    friend.wait_for(&format!("{} joined", victim.name));
    victim.screen.type_keys("is it you?\r");
    friend.wait_for("is it you?");
    friend.type_keys("call me\r");
    victim.screen.wait_for("call me");
    let screen = victim.screen.contents();
    assert!(
        !screen.lines().next().unwrap_or_default().contains("verified"),
        "{screen}"
    );
}

/// A little more than one has to say its name.
const NAME_LIMIT: Duration = Duration::from_secs(11);

#[test]
fn one_who_says_no_name_is_told_nothing_and_seen_as_a_seat() {
    let scene = Scene::new();
    let mut member = Member::join(scene.url());
    let mut anna = scene.chat("anna");
    let hello = newcomer(&mut member, &[]);
    let guise = member.guise();
    let mut line = member.meet(guise, hello.run_key);
    let named_by = Instant::now() + NAME_LIMIT;
    let mut ben = scene.pipe("ben", &["--json"]);
    anna.wait_for("ben joined");
    anna.type_keys("under the third pot\r");
    assert_eq!(ben.message(), "under the third pot");
    anna.wait_until("shows that all who are here have it", |screen| {
        let screen = screen.contents();
        let mut rows = screen.lines();
        rows.any(|row| row.contains("under the third pot") && row.trim_end().ends_with("✓✓"))
    });
    anna.wait_for("1 seat that says nothing");
    let mut told = Vec::new();
    let mut listen = |member: &mut Member, line: &mut Line, until: Instant| {
        while let Some(envelope) = member.within(until.saturating_duration_since(Instant::now())) {
            told.extend(line.open(&envelope).map(|message| message.kind));
        }
    };
    listen(&mut member, &mut line, named_by);
    // Nobody answers any more.
    line.send(&mut member, message::Kind::Ping(4711));
    listen(&mut member, &mut line, Instant::now() + Duration::from_secs(5));
    let is_told = |kind: &message::Kind| match kind {
        message::Kind::Numbered(_, content) => matches!(content, Content::Text(_)),
        kind => *kind == message::Kind::Pong(4711),
    };
    assert!(!told.iter().any(is_told), "{told:?}");
}

#[test]
fn lines_that_wait_outlive_one_who_comes_and_dies_before_its_name() {
    let scene = Scene::new();
    let mut member = Member::join(scene.url());
    let mut anna = scene.pipe("anna", &["--timeout", "120"]);
    let lines = ["one", "two", "three"];
    lines.iter().for_each(|line| anna.write_line(line));
    anna.end_input();
    let hello = newcomer(&mut member, &[]);
    let guise = member.guise();
    member.meet(guise, hello.run_key);
    member.settle();
    drop(member);
    let mut ben = scene.pipe("ben", &["--json", "--follow", "--count", "3"]);
    assert_eq!(ben.messages(3), lines);
    assert_eq!((anna.exit_code(), ben.exit_code()), (0, 0));
}

#[test]
fn what_a_dead_run_had_not_taken_goes_to_the_next_also_over_a_reconnect() {
    let mut scene = Scene::new();
    let mut anna = scene.pipe("anna", &["--json"]);
    let mut ben = scene.pipe("ben", &["--json"]);
    anna.event("peer_joined");
    ben.event("peer_joined");
    // It keeps its seat and takes nothing.
    ben.process().signal(Signal::STOP);
    anna.say("not taken");
    anna.event("sent");
    let mut next = scene.pipe("ben", &["--json"]);
    anna.event("peer_joined");
    next.event("peer_joined");
    scene.relay.kill();
    ben.process().signal(Signal::KILL);
    anna.event("reconnecting");
    scene.relay.start_again();
    let message = next.event("message");
    assert_eq!(pipe::text(&message), "not taken");
    assert_eq!(message["repeat"], true, "it may have been read before");
}

#[test]
fn a_forged_hello_holds_up_neither_direction() {
    let scene = Scene::new();
    let mut member = Member::join(scene.url());
    let mut anna = scene.pipe("anna", &["--json"]);
    let one = newcomer(&mut member, &[]).run_key;
    let mut ben = scene.pipe("ben", &["--json"]);
    let other = newcomer(&mut member, &[one.id()]).run_key;
    anna.event("peer_joined");
    ben.event("peer_joined");
    let mut pipes = [anna, ben];
    both_talk(&mut pipes);
    // To the one who cannot begin the handshake that would put it right.
    let is_anna = one.id() > other.id();
    let (responder, initiator) = if is_anna { (one, other) } else { (other, one) };
    let mut guise = member.guise_of(&initiator);
    guise.counter = 1 << 63;
    member.hello(&mut guise, Recipient::One(responder.id()), None);
    member.settle();
    let forged = Instant::now();
    both_talk(&mut pipes);
    // Not by what mends a pair in which something was lost.
    assert!(forged.elapsed() < Duration::from_secs(10));
    let [anna, ben] = &mut pipes;
    let told = if is_anna { anna } else { ben };
    let told = told.event_where("an impostor", |event| event["reason"] == "impostor");
    assert_eq!(peer_id(&told), initiator.id());
}

#[test]
fn a_member_does_not_sit_between_two_who_meet() {
    let scene = Scene::new();
    let mut member = Member::join(scene.url());
    let mut anna = scene.pipe("anna", &["--json"]);
    let one = newcomer(&mut member, &[]);
    let mut ben = scene.pipe("ben", &["--json"]);
    let other = newcomer(&mut member, &[one.run_key.id()]);

    // Each is to take him for the other: the other's own hellos come below his counter, and its own handshake below his
    // attempt. To the responder he comes first.
    let mut to_anna = Meeting::new(member.guise_of(&other.run_key), one.run_key.clone());
    let mut to_ben = Meeting::new(member.guise_of(&one.run_key), other.run_key.clone());
    let mut order = [(&mut to_anna, &one), (&mut to_ben, &other)];
    order.sort_by_key(|(_, whom)| Reverse(whom.run_key.id()));
    let [(to_responder, responder), (to_initiator, initiator)] = order;
    member.hello(
        &mut to_responder.guise,
        Recipient::One(responder.run_key.id()),
        Some(responder.nonce),
    );
    to_responder.begin(&mut member);
    member.hello(
        &mut to_initiator.guise,
        Recipient::One(initiator.run_key.id()),
        Some(initiator.nonce),
    );
    let mut sides = [(to_anna, "ben", None), (to_ben, "anna", None)];
    let until = Instant::now() + Duration::from_secs(5);
    while let Some(envelope) = member.within(until.saturating_duration_since(Instant::now())) {
        for (meeting, as_whom, line) in &mut sides {
            if line.is_none()
                && let Some(met) = meeting.take(&mut member, &envelope)
            {
                introduce(line.insert(met), &mut member, as_whom);
            }
        }
    }

    let (ben_here, anna_here) = (anna.event("peer_joined"), ben.event("peer_joined"));
    assert_eq!(
        (&ben_here["peer"], &anna_here["peer"]),
        (&"ben".into(), &"anna".into())
    );
    assert_eq!(
        (peer_id(&ben_here), peer_id(&anna_here)),
        (other.run_key.id(), one.run_key.id())
    );
    assert_eq!(ben_here["words"], anna_here["words"], "nobody is in between");
    both_talk(&mut [anna, ben]);
}

/// Of a link to the other side of the world and back.
const DELAY: Duration = Duration::from_millis(1700);
/// A heartbeat comes within 30 s, and its answer in time.
const TRAFFIC: Duration = Duration::from_secs(40);

#[test]
fn what_others_say_all_the_time_is_no_sleep_on_a_long_link() {
    let mut scene = Scene::new();
    let mut member = Member::join(scene.url());
    let proxy = Proxy::start(scene.relay.address());
    proxy.slow(DELAY, 0);
    scene = scene.at(proxy.url());
    let mut anna = scene.pipe("anna", &["--json"]);
    anna.event("joined");
    scene.rest();
    // To somebody else, of somebody else: nothing for anna to do.
    let header = Header {
        kind: Kind::Message,
        from: member.guise().id(),
        to: Recipient::One(member.guise().id()),
        session: SessionId([1; 8]),
        counter: 0,
    };
    let begun = Instant::now();
    while begun.elapsed() < TRAFFIC {
        member.send(&header, b"something");
        let pause = Instant::now() + Duration::from_millis(500);
        while member
            .within(pause.saturating_duration_since(Instant::now()))
            .is_some()
        {}
    }
    anna.end_input();
    assert_eq!(anna.exit_code(), 0);
    let events = anna.rest();
    assert!(
        events.iter().all(|event| event["event"] != "reconnecting"),
        "{events:?}"
    );
    assert_eq!(proxy.accepted(), 1);
}
