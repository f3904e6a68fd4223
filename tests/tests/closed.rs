//! A closed relay: its operator adds rooms and removes them, from what two people hand over.

use serde_json::Value;
use sotto_tests::{Pipe, Process, Scene, binaries, process};

/// `sotto-relay room`, as the operator calls it; its output.
fn room(scene: &Scene, args: &[&str]) -> Vec<String> {
    let mut room = process::command(binaries::relay(), scene.home());
    room.arg("room").args(args).env("SOTTO_RELAY_DB", "rooms.db");
    let mut room = Process::spawn(room);
    let lines = std::iter::from_fn(|| room.line()).collect();
    assert_eq!(room.exit_code(), 0, "{}", room.errors());
    lines
}

/// A client that is let in: the relay sees within a second what the operator did.
fn let_in(scene: &Scene, name: &str) -> Option<Pipe> {
    let join = |_| {
        let mut pipe = scene.pipe(name, &["--json", "--follow"]);
        let is_answer = |event: &Value| event["event"] == "joined" || event["event"] == "error";
        let answer = pipe.event_where("an answer", is_answer);
        (answer["event"] == "joined").then_some(pipe)
    };
    (0..5).find_map(join)
}

#[test]
fn a_room_is_open_to_two_people_from_when_the_operator_adds_it_until_it_is_removed() {
    let scene = Scene::with_relay(&["--db", "rooms.db", "--rooms", "closed"]);
    let mut early = scene.pipe("anna", &["--json"]);
    assert_eq!(early.event("error")["reason"], "unauthorized");
    assert_eq!(early.exit_code(), 3);

    let id = scene.without_terminal(&["room-id", "--passphrase-file", "passphrase"], "");
    let id = id.line().unwrap();
    room(&scene, &["add", &id, "--note", "anna and ben"]);
    assert!(room(&scene, &["list"]).concat().contains("anna and ben"));

    let [mut anna, mut ben] = ["anna", "ben"].map(|name| let_in(&scene, name).unwrap());
    anna.event("peer_joined");
    anna.say("hi");
    assert_eq!(ben.message(), "hi");

    room(&scene, &["remove", &id[..64]]);
    for mut member in [anna, ben] {
        member.event_where("refusal", |event| event["reason"] == "unauthorized");
    }
}
