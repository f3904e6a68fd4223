//! What is left in memory of the secrets of a room and of a session: each as often as it is used, and no copy more.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::io;
use std::process::Command;
use std::sync::LazyLock;

use serde_json::Value;
use sotto_tests::memory::copies;
use sotto_tests::{Process, Scene};

/// What a second implementation has computed.
static VECTORS: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("../../protocol/vectors.json")).unwrap());

/// Those of the secrets in memory of which there is any number of copies but the one that is right.
fn astray(of: &Process, secrets: &[(&str, &Value, usize)]) -> io::Result<Vec<String>> {
    let bytes: Vec<Vec<u8>> = secrets.iter().map(|(_, hex, _)| decoded(hex)).collect();
    let found = copies(of.pid(), &bytes)?;
    let wrong = secrets
        .iter()
        .zip(found)
        .filter(|((_, _, right), found)| found != right);
    Ok(wrong
        .map(|((name, _, right), found)| format!("{name}: {found} instead of {right}"))
        .collect())
}

fn decoded(value: &Value) -> Vec<u8> {
    let mut bytes = hex::decode(value.as_str().unwrap()).unwrap();
    bytes.truncate(32);
    bytes
}

#[test]
fn a_client_in_a_session_has_each_secret_of_its_room_once() {
    let room = &VECTORS["rooms"][0];
    let scene = Scene::new();
    scene.write("passphrase", room["passphrase"].as_str().unwrap());
    let args = ["--json", "--room", room["room"].as_str().unwrap()];
    let mut anna = scene.pipe("anna", &args);
    let mut ben = scene.pipe("ben", &args);
    anna.event("peer_joined");
    ben.event("peer_joined");
    for client in [anna.process(), ben.process()] {
        let secrets = [
            ("root", &room["root"], 1),
            ("box_key", &room["box_key"], 1),
            ("psk", &room["psk"], 1),
        ];
        match astray(client, &secrets) {
            Ok(astray) => assert_eq!(astray, [""; 0]),
            Err(error) => assert_eq!(
                error.kind(),
                io::ErrorKind::PermissionDenied,
                "only root may look"
            ),
        }
    }
}

/// The number of copies that each secret of a handshake has, by its name.
fn secrets<'a>(handshake: &'a Value, right: &[(&str, usize)]) -> Vec<(&'static str, &'a Value, usize)> {
    let first = &handshake["random_of_first"];
    let second = &handshake["random_of_second"];
    let transport = handshake["transport"].as_array().unwrap();
    let sent = |by: &str| {
        transport
            .iter()
            .find(|message| message["from"] == handshake[by])
            .unwrap()
    };
    let all = [
        ("initiator's ephemeral", &first[1]),
        ("responder's ephemeral", &second[0]),
        ("ML-KEM seed", &first[2]),
        ("ML-KEM m", &second[1]),
        ("ML-KEM secret", &handshake["shared_secret"]),
        ("psk2", &handshake["psk2"]),
        ("DH", &handshake["dh"]),
        ("chaining key", &handshake["chaining_key"]),
        ("psk0", &handshake["psk0"]),
        ("r", &second[2]),
        ("chain", &handshake["chain"]),
        ("initiator's key", &sent("initiator")["key"]),
        ("responder's key", &sent("responder")["key"]),
    ];
    all.into_iter()
        .map(|(name, value)| {
            let right = right.iter().find(|(of, _)| *of == name);
            (name, value, right.map_or(0, |(_, right)| *right))
        })
        .collect()
}

#[test]
fn a_side_of_a_handshake_keeps_the_keys_of_both_directions_and_the_chain_alone() {
    let handshakes = &VECTORS["handshakes"];
    let mut handshake = handshakes["pair"][0].clone();
    let room = usize::try_from(handshakes["room"].as_u64().unwrap()).unwrap();
    handshake["topic"] = VECTORS["rooms"][room]["topic"].clone();
    handshake["runs"] = VECTORS["runs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|run| run["public"].clone())
        .collect();
    let agreed = [("chain", 1), ("initiator's key", 1), ("responder's key", 1)];
    for (side, sealed) in [
        ("initiator", &[("chain", 1), ("responder's key", 1)][..]),
        ("responder", &[("chain", 1)]),
    ] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_agree"));
        command.arg(side);
        let process = Process::spawn(command);
        for (input, word, right) in [
            (handshake.to_string(), "agreed", &agreed[..]),
            (String::new(), "sealed", sealed),
        ] {
            process.write(input + "\n");
            assert_eq!(process.line().as_deref(), Some(word));
            let astray = astray(&process, &secrets(&handshake, right)).unwrap();
            assert_eq!(astray, [""; 0], "{side}, {word}");
        }
    }
}
