//! Clients that talk over a relay on which nothing goes wrong.

use rustix::process::Signal;
use serde_json::json;
use sotto_tests::{Pipe, Scene};

#[test]
fn two_pipes_talk_both_ways() {
    let scene = Scene::new();
    let mut anna = scene.pipe("anna", &["--json"]);
    let mut ben = scene.pipe("ben", &["--json"]);
    let (ben_here, anna_here) = (anna.event("peer_joined"), ben.event("peer_joined"));
    assert_eq!(
        (&ben_here["peer"], &anna_here["peer"]),
        (&json!("ben"), &json!("anna"))
    );
    assert_eq!(
        ben_here["words"], anna_here["words"],
        "the safety words are the same on both screens"
    );
    assert_eq!(ben_here["words"].as_str().unwrap().split(' ').count(), 6);

    anna.say("Dobrý den 👋");
    let message = ben.event("message");
    assert_eq!(message["from"], "anna");
    assert_eq!(message["text"], "Dobrý den 👋");
    assert_eq!(message["peer_id"], anna_here["peer_id"]);
    assert_eq!(anna.event("sent")["id"], message["id"]);
    let delivered = anna.event("delivered");
    assert_eq!(
        (&delivered["id"], &delivered["to"]),
        (&message["id"], &json!("ben"))
    );

    ben.say("guten Tag");
    assert_eq!(anna.message(), "guten Tag");

    anna.end_input();
    assert_eq!(anna.exit_code(), 0);
    assert_eq!(ben.event("peer_left")["peer"], "anna");
    ben.end_input();
    assert_eq!(ben.exit_code(), 0);
}

#[test]
fn a_line_of_a_script_arrives_and_both_ends_are_done() {
    let scene = Scene::new();
    let mut reader = scene.pipe("b", &["--json", "--follow", "--count", "1"]);
    reader.end_input();
    let mut writer = scene.pipe("a", &[]);
    writer.write_line("hi");
    writer.end_input();
    assert_eq!(writer.exit_code(), 0);
    let message = reader.event("message");
    assert_eq!((&message["from"], &message["text"]), (&json!("a"), &json!("hi")));
    assert_eq!(reader.exit_code(), 0);
}

#[test]
fn without_json_a_message_is_a_line_with_its_name() {
    let scene = Scene::new();
    let mut reader = scene.pipe("b", &["--follow", "--count", "2"]);
    let mut writer = scene.pipe("a", &[]);
    writer.write_line("first");
    writer.write_line("second: with a colon");
    writer.end_input();
    assert_eq!(reader.line(), "a: first");
    assert_eq!(reader.line(), "a: second: with a colon");
    assert_eq!((writer.exit_code(), reader.exit_code()), (0, 0));
}

#[test]
fn with_nothing_to_send_a_pipe_is_done_at_once() {
    let scene = Scene::new();
    let mut pipe = scene.pipe("a", &[]);
    pipe.end_input();
    assert_eq!(pipe.exit_code(), 0);
}

#[test]
fn a_pipe_that_follows_until_its_peer_leaves_ends_then() {
    let scene = Scene::new();
    let mut reader = scene.pipe("b", &["--json", "--follow", "--until-peer-leaves"]);
    reader.end_input();
    let mut writer = scene.pipe("a", &["--json"]);
    writer.say("bye");
    writer.end_input();
    assert_eq!(writer.exit_code(), 0);
    assert_eq!(reader.exit_code(), 0);
    let events = reader.rest();
    let kinds: Vec<_> = events
        .iter()
        .filter_map(|event| event["event"].as_str())
        .collect();
    let place = |kind| kinds.iter().position(|&each| each == kind);
    assert!(
        place("message") < place("peer_left") && place("message").is_some(),
        "{kinds:?}"
    );
}

#[test]
fn when_nobody_comes_in_time_a_pipe_fails_with_5() {
    let scene = Scene::new();
    let mut pipe = scene.pipe("a", &["--timeout", "1"]);
    pipe.write_line("is anybody there?");
    pipe.end_input();
    assert_eq!(pipe.exit_code(), 5);
    let errors = pipe.process().errors();
    assert!(errors.contains("not delivered"), "{errors}");
}

/// Three that follow, and sit in the room.
fn readers(scene: &Scene) -> Vec<Pipe> {
    let start = |name| {
        let mut reader = scene.pipe(name, &["--json", "--follow"]);
        reader.event("joined");
        reader
    };
    ["b", "c", "d"].into_iter().map(start).collect()
}

#[test]
fn a_line_of_a_script_reaches_each_of_those_who_sit_in_the_room() {
    let scene = Scene::new();
    let mut readers = readers(&scene);
    let mut writer = scene.pipe("a", &[]);
    writer.write_line("to each of you");
    writer.end_input();
    for reader in &mut readers {
        assert_eq!(reader.message(), "to each of you");
    }
    assert_eq!(writer.exit_code(), 0, "{}", writer.process().errors());
}

#[test]
fn a_seat_that_says_nothing_is_said_not_to_be_reached_with_5() {
    let scene = Scene::new();
    let mut readers = readers(&scene);
    let mut silent = readers.remove(1);
    silent.process().signal(Signal::STOP);
    let mut writer = scene.pipe("a", &[]);
    writer.write_line("to each of you");
    writer.end_input();
    for reader in &mut readers {
        assert_eq!(reader.message(), "to each of you");
    }
    assert_eq!(writer.exit_code(), 5);
    let errors = writer.process().errors();
    assert!(
        errors.contains("1 seat of the room said nothing in time"),
        "{errors}"
    );
}

#[test]
fn who_has_not_got_a_message_in_time_is_named_with_5() {
    let scene = Scene::new();
    let mut readers = readers(&scene);
    let mut writer = scene.pipe("a", &["--timeout", "2"]);
    for reader in &mut readers {
        reader.event_where("a", |event| {
            event["event"] == "peer_joined" && event["peer"] == "a"
        });
    }
    for silent in &mut readers[1..] {
        silent.process().signal(Signal::STOP);
    }
    writer.write_line("to each of you");
    writer.end_input();
    assert_eq!(readers[0].message(), "to each of you");
    assert_eq!(writer.exit_code(), 5);
    let errors = writer.process().errors();
    assert!(errors.contains("1 message was not delivered to c, d"), "{errors}");
}

#[test]
fn three_clients_hear_each_other() {
    let scene = Scene::new();
    let names = ["anna", "ben", "cleo"];
    let mut pipes = names.map(|name| scene.pipe(name, &["--json"]));
    for pipe in &mut pipes {
        pipe.event("peer_joined");
        pipe.event("peer_joined");
    }
    for (pipe, name) in pipes.iter().zip(names) {
        pipe.say(&format!("I am {name}"));
    }
    for (pipe, name) in pipes.iter_mut().zip(names) {
        let mut heard = pipe.messages(2);
        heard.sort();
        let others = names.iter().filter(|&&other| other != name);
        assert_eq!(
            heard,
            others.map(|other| format!("I am {other}")).collect::<Vec<_>>()
        );
        for _ in 0..2 {
            pipe.event("delivered");
        }
    }
}

#[test]
fn two_peers_of_the_same_name_can_be_told_apart() {
    let scene = Scene::new();
    let mut anna = scene.pipe("anna", &["--json"]);
    let _twins = [scene.pipe("twin", &["--json"]), scene.pipe("twin", &["--json"])];
    let mut peers = [anna.event("peer_joined"), anna.event("peer_joined")].map(|event| event["peer"].clone());
    peers.sort_by_key(|peer| peer.to_string());
    assert_eq!(peers, [json!("twin"), json!("twin~2")]);
}

#[test]
fn a_message_said_before_the_peer_comes_is_delivered_when_it_comes() {
    let scene = Scene::new();
    let mut anna = scene.pipe("anna", &["--json"]);
    anna.event("joined");
    for number in 0..3 {
        anna.say(&format!("early {number}"));
    }
    let mut ben = scene.pipe("ben", &["--json"]);
    assert_eq!(ben.messages(3), ["early 0", "early 1", "early 2"]);
    assert_eq!(anna.event("delivered")["to"], "ben");
    anna.end_input();
    assert_eq!(anna.exit_code(), 0);
}

#[test]
fn other_passphrases_and_other_room_names_are_other_rooms() {
    let scene = Scene::new();
    scene.write("other", "another passphrase of the tests");
    let mut anna = scene.pipe("anna", &["--json", "--timeout", "4"]);
    anna.say("hello?");
    anna.end_input();
    let mut mistyped = scene.sotto(&[
        "pipe",
        scene.url(),
        "--json",
        "--follow",
        "--passphrase-file",
        "other",
    ]);
    mistyped.args(["--name", "mistyped"]);
    let mut mistyped = sotto_tests::Pipe::start(mistyped);
    let mut elsewhere = scene.pipe("elsewhere", &["--json", "--follow", "--room", "another"]);
    mistyped.event("joined");
    elsewhere.event("joined");
    assert_eq!(anna.exit_code(), 5);
    assert!(anna.rest().iter().all(|event| event["event"] != "peer_joined"));
    for mut stranger in [mistyped, elsewhere] {
        stranger.command(&json!({"type": "leave"}));
        assert_eq!(stranger.exit_code(), 0);
        assert!(
            stranger
                .rest()
                .iter()
                .all(|event| event["event"] != "peer_joined")
        );
    }
}

#[test]
fn who_mistyped_the_passphrase_sees_other_room_words() {
    let scene = Scene::new();
    scene.write("right", "the passphrase that both were told");
    scene.write("wrong", "the passphrase that both where told");
    let words = |file: &str| {
        let mut pipe = scene.sotto(&["pipe", scene.url(), "--passphrase-file", file]);
        let output = pipe.stdin(std::process::Stdio::null()).output().unwrap();
        assert_eq!(output.status.code(), Some(0));
        let stderr = String::from_utf8(output.stderr).unwrap();
        let words = stderr.lines().find_map(|line| line.split_once("room words: "));
        words.expect("it says the room words").1.to_owned()
    };
    assert_eq!(words("right").split(' ').count(), 2);
    assert_eq!(words("right"), words("right"));
    assert_ne!(words("right"), words("wrong"));
}

#[test]
fn what_was_said_can_be_edited_and_deleted_by_its_author() {
    let scene = Scene::new();
    let mut anna = scene.pipe("anna", &["--json"]);
    let mut ben = scene.pipe("ben", &["--json"]);
    ben.event("peer_joined");
    anna.say("teh text");
    let id = ben.event("message")["id"].clone();
    anna.event("delivered");
    ben.command(&json!({"type": "edit", "id": id, "text": "not mine"}));
    ben.event("error");
    anna.command(&json!({"type": "edit", "id": id, "text": "the text"}));
    let edited = ben.event("edited");
    assert_eq!(
        (&edited["id"], &edited["text"], &edited["from"]),
        (&id, &json!("the text"), &json!("anna"))
    );
    anna.command(&json!({"type": "delete", "id": id}));
    assert_eq!(ben.event("deleted")["id"], id);
}

#[test]
fn typing_and_read_marks_arrive() {
    let scene = Scene::new();
    let mut anna = scene.pipe("anna", &["--json"]);
    let mut ben = scene.pipe("ben", &["--json"]);
    anna.event("peer_joined");
    ben.event("peer_joined");
    anna.command(&json!({"type": "typing"}));
    assert_eq!(ben.event("typing")["from"], "anna");
    anna.say("read me");
    let id = ben.event("message")["id"].clone();
    ben.command(&json!({"type": "read", "id": id}));
    assert_eq!(anna.event("read")["id"], id);
}

#[test]
fn the_longest_text_arrives_whole() {
    let scene = Scene::new();
    let mut anna = scene.pipe("anna", &["--json"]);
    let mut ben = scene.pipe("ben", &["--json"]);
    ben.event("peer_joined");
    let text = "é".repeat(30_000);
    anna.say(&text);
    assert!(ben.message() == text);
    anna.event("delivered");
}
