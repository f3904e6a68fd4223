//! What a stranger finds: in the list of processes, in logs, and on the wire.

use std::collections::HashSet;
use std::fs;

use serde_json::Value;
use sotto_tests::recording::Recording;
use sotto_tests::scene::PASSPHRASE;
use sotto_tests::{Proxy, Scene};

/// Looks for a text in any bytes.
fn holds(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

const NAMES: [&str; 2] = ["Anna-Lena", "Benjamin"];
const TEXTS: [&str; 2] = ["the owl flies at midnight", "and the goose at noon"];

#[test]
fn neither_passphrase_nor_hashes_nor_names_nor_texts_are_seen_from_outside() {
    let scene = Scene::new();
    let proxy = Proxy::start(scene.relay.address());
    let mut scene = scene.at(proxy.url());
    let mut anna = scene.pipe(NAMES[0], &["--json"]);
    let mut ben = scene.pipe(NAMES[1], &["--json"]);
    anna.event("peer_joined");
    anna.say(TEXTS[0]);
    ben.say(TEXTS[1]);
    assert_eq!(ben.message(), TEXTS[0]);
    assert_eq!(anna.message(), TEXTS[1]);
    anna.event("delivered");

    let recordings = proxy.recordings();
    let join = recordings[0].join();
    let access_hash = join[4]["access_hash"].as_str().unwrap();
    let room_hash = join[2].as_str().unwrap().strip_prefix("anon_room:").unwrap();

    for process in [anna.process(), ben.process(), scene.relay.process()] {
        let proc = format!("/proc/{}", process.pid());
        for file in ["cmdline", "environ"] {
            let content = fs::read(format!("{proc}/{file}")).unwrap();
            for secret in [PASSPHRASE, access_hash, room_hash, TEXTS[0], TEXTS[1]] {
                assert!(!holds(&content, secret), "{secret} in {file}");
            }
        }
    }
    for recording in &recordings {
        let all = recording.all();
        for secret in [PASSPHRASE, NAMES[0], NAMES[1], TEXTS[0], TEXTS[1]] {
            assert!(!holds(&all, secret), "{secret} on the wire");
        }
    }
    for mut pipe in [anna, ben] {
        pipe.end_input();
        assert_eq!(pipe.exit_code(), 0);
        let said = pipe.process().errors() + &pipe.rest().iter().map(Value::to_string).collect::<String>();
        for secret in [PASSPHRASE, access_hash, room_hash] {
            assert!(!said.contains(secret), "{secret} was said");
        }
    }
    let relay = scene.relay.process();
    relay.signal(rustix::process::Signal::TERM);
    assert_eq!(relay.exit_code(), 0);
    let log = relay.errors();
    for secret in [access_hash, room_hash, "sealed", "anon_room"] {
        assert!(!log.contains(secret), "{secret} in the log of the relay:\n{log}");
    }
}

#[test]
fn every_sealed_payload_is_a_bucket_and_its_envelope() {
    const BUCKETS: [usize; 5] = [256, 1024, 4 * 1024, 16 * 1024, 64 * 1024];
    const ENVELOPE: usize = 40;
    let scene = Scene::new();
    let proxy = Proxy::start(scene.relay.address());
    let scene = scene.at(proxy.url());
    let mut anna = scene.pipe("anna", &["--json"]);
    let mut ben = scene.pipe("ben", &["--json"]);
    anna.event("peer_joined");
    let texts = [1, 100, 300, 900, 3000, 10_000, 60_000].map(|length| "x".repeat(length));
    texts.iter().for_each(|text| anna.say(text));
    assert!(ben.messages(texts.len()) == texts);
    for _ in &texts {
        anna.event("delivered");
    }
    let pushes: Vec<_> = proxy.recordings().iter().flat_map(Recording::pushes).collect();
    assert!(pushes.iter().all(|push| push.event == "sealed"));
    let sizes: HashSet<_> = pushes.iter().map(|push| push.data.len() - ENVELOPE).collect();
    assert_eq!(sizes, HashSet::from(BUCKETS), "all of them occur, and no other");
}

#[test]
fn two_runs_have_nothing_in_common_but_the_room() {
    let scene = Scene::new();
    let proxy = Proxy::start(scene.relay.address());
    let scene = scene.at(proxy.url());
    for _ in 0..2 {
        let mut pipe = scene.pipe("anna", &["--json"]);
        pipe.event("joined");
        pipe.end_input();
        assert_eq!(pipe.exit_code(), 0);
    }
    let recordings = proxy.recordings();
    let [first, second] = [0, 1].map(|run| recordings[run].join()[4].clone());
    assert_eq!(first.as_object().unwrap().len(), 2, "two hashes and nothing else");
    assert_eq!(first["access_hash"], second["access_hash"]);
    assert_ne!(first["sender_hash"], second["sender_hash"]);
    let heads = [0, 1].map(|run| {
        let head = recordings[run]
            .up
            .windows(4)
            .position(|window| window == b"\r\n\r\n")
            .unwrap();
        String::from_utf8(recordings[run].up[..head].to_vec()).unwrap()
    });
    let constant = |head: &str| -> Vec<String> {
        let lines = head
            .lines()
            .filter(|line| !line.to_lowercase().starts_with("sec-websocket-key:"));
        lines.map(str::to_owned).collect()
    };
    assert_eq!(constant(&heads[0]), constant(&heads[1]));
    for word in ["user-agent", "cookie", "origin", "sotto", "anna"] {
        assert!(
            !heads[0].to_lowercase().contains(word),
            "{word} in the request:\n{}",
            heads[0]
        );
    }
}

#[test]
fn one_run_keeps_its_sender_hash_over_a_reconnect() {
    let scene = Scene::new();
    let proxy = Proxy::start(scene.relay.address());
    let scene = scene.at(proxy.url());
    let mut pipe = scene.pipe("anna", &["--json"]);
    pipe.event("joined");
    proxy.cut();
    pipe.event("reconnecting");
    pipe.event("joined");
    let recordings = proxy.recordings();
    assert_eq!(recordings[0].join()[4], recordings[1].join()[4]);
}
