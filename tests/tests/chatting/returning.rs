//! Clients whose relay, connection or process goes away and comes back.

use std::thread;
use std::time::Duration;

use rustix::process::Signal;
use sotto_tests::{Proxy, Scene, pipe};

#[test]
fn a_thousand_messages_arrive_once_and_in_order_over_three_ends_of_the_relay() {
    let mut scene = Scene::new();
    let mut anna = scene.pipe("anna", &["--json", "--timeout", "120"]);
    let mut ben = scene.pipe("ben", &["--json", "--follow"]);
    anna.event("peer_joined");
    ben.event("peer_joined");
    for number in 0..1000 {
        anna.say(&format!("message {number}"));
    }
    anna.end_input();
    let mut heard = Vec::new();
    for until in [200, 450, 700] {
        heard.extend(ben.messages(until - heard.len()));
        scene.relay.kill();
        scene.relay.start_again();
    }
    heard.extend(ben.messages(1000 - heard.len()));
    assert_eq!(
        heard,
        (0..1000)
            .map(|number| format!("message {number}"))
            .collect::<Vec<_>>()
    );
    assert_eq!(anna.exit_code(), 0);
    ben.process().signal(Signal::TERM);
    ben.exit_code();
    assert!(
        ben.rest().iter().all(|event| event["event"] != "message"),
        "nothing comes twice"
    );
}

#[test]
fn a_client_says_that_it_reconnects_and_goes_on_when_the_relay_is_back() {
    let mut scene = Scene::new();
    let mut anna = scene.pipe("anna", &["--json"]);
    let mut ben = scene.pipe("ben", &["--json"]);
    anna.event("peer_joined");
    ben.event("peer_joined");
    scene.relay.kill();
    assert!(anna.event("reconnecting")["in_ms"].is_u64());
    ben.event("reconnecting");
    anna.say("said while the relay was away");
    scene.relay.start_again();
    assert_eq!(ben.message(), "said while the relay was away");
    anna.event("delivered");
}

#[test]
fn a_connection_that_is_cut_again_and_again_loses_nothing() {
    let scene = Scene::new();
    let proxy = Proxy::start(scene.relay.address());
    let scene = scene.at(proxy.url());
    let mut anna = scene.pipe("anna", &["--json", "--timeout", "120"]);
    let mut ben = scene.pipe("ben", &["--json"]);
    anna.event("peer_joined");
    ben.event("peer_joined");
    for round in 0..5 {
        for number in 0..10 {
            anna.say(&format!("anna {round}.{number}"));
            ben.say(&format!("ben {round}.{number}"));
        }
        proxy.cut();
        let expected = |name| {
            (0..10)
                .map(move |number| format!("{name} {round}.{number}"))
                .collect::<Vec<_>>()
        };
        assert_eq!(ben.messages(10), expected("anna"));
        assert_eq!(anna.messages(10), expected("ben"));
    }
    assert!(proxy.accepted() >= 4, "both came back");
}

#[test]
fn a_connection_that_stands_still_for_a_while_loses_nothing() {
    let scene = Scene::new();
    let proxy = Proxy::start(scene.relay.address());
    let mut anna = scene.pipe("anna", &["--json"]);
    let scene = scene.at(proxy.url());
    let mut ben = scene.pipe("ben", &["--json"]);
    anna.event("peer_joined");
    ben.event("peer_joined");
    proxy.stall(true);
    for number in 0..20 {
        anna.say(&format!("{number}"));
        anna.event("sent");
    }
    proxy.stall(false);
    assert_eq!(
        ben.messages(20),
        (0..20).map(|number| number.to_string()).collect::<Vec<_>>()
    );
}

#[test]
fn a_slow_link_carries_long_texts() {
    let scene = Scene::new();
    let proxy = Proxy::start(scene.relay.address());
    let mut anna = scene.pipe("anna", &["--json", "--timeout", "120"]);
    let scene = scene.at(proxy.url());
    let mut ben = scene.pipe("ben", &["--json", "--follow"]);
    anna.event("peer_joined");
    ben.event("peer_joined");
    proxy.slow(Duration::ZERO, 80 * 1024);
    let texts: Vec<_> = (0..10).map(|number| format!("{number}").repeat(50_000)).collect();
    texts.iter().for_each(|text| anna.say(text));
    anna.end_input();
    assert!(ben.messages(10) == texts);
    assert_eq!(anna.exit_code(), 0);
}

#[test]
fn a_client_that_was_killed_comes_back_as_another_and_gets_what_it_had_not_taken() {
    let scene = Scene::new();
    let mut anna = scene.pipe("anna", &["--json"]);
    let mut ben = scene.pipe("ben", &["--json"]);
    let first = anna.event("peer_joined");
    ben.event("peer_joined");
    anna.say("taken");
    assert_eq!(ben.message(), "taken");
    anna.event("delivered");
    ben.process().signal(Signal::KILL);
    ben.exit_code();
    anna.say("not taken 1");
    anna.say("not taken 2");
    let mut ben = scene.pipe("ben", &["--json"]);
    let second = anna.event("peer_joined");
    assert_ne!(first["peer_id"], second["peer_id"], "a new instance");
    for text in ["not taken 1", "not taken 2"] {
        let message = ben.event("message");
        assert_eq!(pipe::text(&message), text);
        assert_eq!(message["repeat"], true, "it may have been read before");
    }
    assert_eq!(anna.event("peer_left")["peer_id"], first["peer_id"]);
    anna.say("new");
    let message = ben.event("message");
    assert_eq!(pipe::text(&message), "new");
    assert_ne!(message["repeat"], true);
}

#[test]
fn a_client_that_was_stopped_for_a_while_misses_nothing() {
    let scene = Scene::new();
    let mut anna = scene.pipe("anna", &["--json"]);
    let mut ben = scene.pipe("ben", &["--json"]);
    anna.event("peer_joined");
    ben.event("peer_joined");
    ben.process().signal(Signal::STOP);
    for number in 0..20 {
        anna.say(&format!("{number}"));
        anna.event("sent");
    }
    // Longer than the jump of the clock by which a client notices that it slept.
    thread::sleep(Duration::from_secs(7));
    ben.process().signal(Signal::CONT);
    assert_eq!(
        ben.messages(20),
        (0..20).map(|number| number.to_string()).collect::<Vec<_>>()
    );
    ben.say("awake");
    assert_eq!(anna.message(), "awake");
}

#[test]
fn a_client_that_is_told_to_end_says_good_bye() {
    let scene = Scene::new();
    let mut anna = scene.pipe("anna", &["--json"]);
    for signal in [Signal::TERM, Signal::HUP, Signal::INT] {
        let mut ben = scene.pipe("ben", &["--json"]);
        let here = anna.event("peer_joined");
        ben.event("peer_joined");
        ben.process().signal(signal);
        ben.exit_code();
        assert_eq!(anna.event("peer_left")["peer_id"], here["peer_id"], "{signal:?}");
    }
}
