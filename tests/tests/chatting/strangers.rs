//! Servers that are not ours: a plain Phoenix server, relays that do mischief, and what is no relay at all.

use sotto_tests::mischief::Mischief;
use sotto_tests::phoenix::Phoenix;
use sotto_tests::stranger::Stranger;
use sotto_tests::{Pipe, Scene};

/// Two clients on a server that does some mischief, once each knows the other.
fn pair(mischief: Mischief) -> (Phoenix, Scene, Pipe, Pipe) {
    let phoenix = Phoenix::start(mischief);
    let scene = Scene::new().at(phoenix.url());
    let mut anna = scene.pipe("anna", &["--json"]);
    let mut ben = scene.pipe("ben", &["--json"]);
    anna.event("peer_joined");
    ben.event("peer_joined");
    (phoenix, scene, anna, ben)
}

/// Both say so many things at once; all of it has to arrive, once and in order.
fn both_talk(mischief: Mischief, count: usize) {
    let (_phoenix, _scene, mut anna, mut ben) = pair(mischief);
    let said = |name: &str| {
        (0..count)
            .map(|number| format!("{name} {number}"))
            .collect::<Vec<_>>()
    };
    for (from_anna, from_ben) in said("anna").iter().zip(&said("ben")) {
        anna.say(from_anna);
        ben.say(from_ben);
    }
    assert_eq!(ben.messages(count), said("anna"));
    assert_eq!(anna.messages(count), said("ben"));
    for pipe in [&mut anna, &mut ben] {
        for _ in 0..count {
            pipe.event("delivered");
        }
    }
    // Not before both know: whoever leaves acknowledges no more what the relay has kept back.
    anna.end_input();
    ben.end_input();
    for mut pipe in [anna, ben] {
        assert_eq!(pipe.exit_code(), 0);
        assert!(
            pipe.rest().iter().all(|event| event["event"] != "message"),
            "nothing comes twice"
        );
    }
}

#[test]
fn two_clients_talk_over_a_plain_phoenix_server() {
    both_talk(Mischief::None, 20);
}

#[test]
fn a_relay_that_replays_is_noticed_by_nobody() {
    both_talk(Mischief::Replay, 50);
}

#[test]
fn a_relay_that_reflects_is_noticed_by_nobody() {
    both_talk(Mischief::Reflect, 50);
}

#[test]
fn a_relay_that_truncates_changes_nothing() {
    both_talk(Mischief::Truncate, 50);
}

#[test]
fn a_relay_that_alters_changes_nothing() {
    both_talk(Mischief::Alter, 50);
}

#[test]
fn a_relay_that_reorders_only_delays() {
    both_talk(Mischief::Reorder, 10);
}

#[test]
fn a_relay_that_loses_a_message_only_delays() {
    both_talk(Mischief::Drop, 15);
}

#[test]
fn a_relay_that_refuses_the_first_join_ends_a_client_with_3() {
    let phoenix = Phoenix::start(Mischief::Refuse);
    let scene = Scene::new().at(phoenix.url());
    let mut pipe = scene.pipe("anna", &[]);
    assert_eq!(pipe.exit_code(), 3);
    let errors = pipe.process().errors();
    assert!(errors.contains("refused"), "{errors}");
}

/// A client at a wrong address ends with 4 and says what is there.
fn unreachable(stranger: Stranger) -> String {
    let url = stranger.start();
    let scene = Scene::new().at(&url);
    let mut pipe = scene.pipe("anna", &[]);
    assert_eq!(pipe.exit_code(), 4);
    let errors = pipe.process().errors();
    assert!(
        errors.contains(&url["ws://".len()..]),
        "it names the address: {errors}"
    );
    errors
}

#[test]
fn a_server_that_says_nothing_is_given_up() {
    unreachable(Stranger::Silent);
}

#[test]
fn a_web_server_is_no_relay() {
    let errors = unreachable(Stranger::Web);
    assert!(errors.contains("200"), "{errors}");
}

#[test]
fn a_server_that_sends_garbage_is_no_relay() {
    unreachable(Stranger::Garbage);
}

#[test]
fn a_server_that_closes_in_the_middle_of_the_handshake_is_no_relay() {
    unreachable(Stranger::Closing);
}
