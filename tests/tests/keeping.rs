//! Messages that wait on the relay until somebody comes for them.

use std::path::Path;
use std::process::Command;

use rustix::process::Signal;
use serde_json::Value;
use sotto_tests::{Process, Scene, pipe::text};

/// Of 77 bits: what may be left on a relay.
const STRONG: &str = "unpack stubborn gleaming oversight caddy regroup";

/// A scene in whose room two have met, so that the relay keeps something of it.
fn scene(options: &[&str]) -> Scene {
    let scene = Scene::with_relay(options);
    scene.write("passphrase", STRONG);
    meet(&scene);
    scene
}

/// Anna and Ben meet and leave.
fn meet(scene: &Scene) {
    let [mut anna, mut ben] = ["anna", "ben"].map(|name| scene.pipe(name, &["--json"]));
    anna.event("peer_joined");
    ben.event("peer_joined");
    for pipe in [&mut anna, &mut ben] {
        pipe.end_input();
        assert_eq!(pipe.exit_code(), 0);
    }
}

/// Says these lines with nobody there, and leaves them on the relay.
fn keep(scene: &Scene, name: &str, lines: &[&str]) {
    let mut pipe = scene.pipe(name, &["--json", "--keep"]);
    for line in lines {
        pipe.say(line);
    }
    for _ in lines {
        assert!(pipe.event("kept")["until"].is_string());
    }
    pipe.end_input();
    assert_eq!(pipe.exit_code(), 0);
}

/// What is to run hours later.
fn later(mut command: Command, hours: i64) -> Command {
    let library = Process::spawn({
        let mut shown = Command::new("faketime");
        shown.args(["-f", "+0", "sh", "-c", "echo $LD_PRELOAD"]);
        shown
    });
    command
        .env("LD_PRELOAD", library.line().unwrap_or_default())
        .env("FAKETIME", format!("+{hours}h"))
        .env("FAKETIME_DONT_FAKE_MONOTONIC", "1")
        .env("DONT_FAKE_MONOTONIC", "1");
    command
}

/// `sotto inbox` of the scene's room.
fn inbox(scene: &Scene, name: &str, args: &[&str]) -> Command {
    let mut inbox = scene.sotto(&["inbox", scene.url(), "--name", name]);
    inbox.args(["--passphrase-file", "passphrase"]).args(args);
    inbox
}

/// The lines of a command, and its exit code.
fn lines(command: Command) -> (Vec<String>, i32) {
    let mut process = Process::spawn(command);
    let lines = std::iter::from_fn(|| process.line()).collect();
    (lines, process.exit_code())
}

fn json(command: Command) -> Vec<Value> {
    let (lines, exit) = lines(command);
    assert_eq!(exit, 0);
    (lines.iter())
        .map(|line| serde_json::from_str(line).unwrap_or_default())
        .collect()
}

/// Whether a time is one of the last few minutes.
fn is_now(at: &Value) -> bool {
    let (lines, _) = lines({
        let mut date = Command::new("date");
        date.args(["+%s", "-d", at.as_str().unwrap_or_default()]);
        date
    });
    let at: i64 = lines.concat().parse().unwrap_or_default();
    let now = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap_or_default();
    (0..300).contains(&(now.as_secs().cast_signed() - at))
}

#[test]
fn what_is_left_is_read_hours_later_once_in_order_and_with_its_time() {
    for options in [&["--db", "rooms.db"][..], &[]] {
        let scene = scene(options);
        keep(&scene, "anna", &["one", "two", "three"]);
        let read = json(later(inbox(&scene, "ben", &["--json"]), 5));
        let texts: Vec<String> = read.iter().map(text).collect();
        assert_eq!(texts, ["one", "two", "three"]);
        for message in &read {
            assert_eq!(
                (&message["kept"], &message["from"]),
                (&true.into(), &"anna".into())
            );
            assert!(is_now(&message["at"]), "{message}");
        }
        assert_eq!(json(inbox(&scene, "ben", &["--json"])), [Value::Null; 0]);
    }
}

#[test]
fn what_a_relay_said_that_it_keeps_outlives_its_end_and_that_of_its_author() {
    let mut scene = scene(&["--db", "rooms.db"]);
    let mut anna = scene.pipe("anna", &["--json", "--keep"]);
    for line in ["one", "two", "three"] {
        anna.say(line);
        assert_eq!(anna.event("kept")["durable"], true);
    }
    anna.process().signal(Signal::KILL);
    anna.exit_code();
    scene.relay.kill();
    scene.relay.start_again();
    let mut ben = scene.pipe("ben", &["--json", "--count", "3"]);
    assert_eq!(ben.messages(3), ["one", "two", "three"]);
    assert_eq!(ben.exit_code(), 0);
    assert_eq!(lines(inbox(&scene, "ben", &["--count"])).0, ["0"]);
}

#[test]
fn who_looks_or_counts_takes_nothing() {
    let scene = scene(&[]);
    keep(&scene, "anna", &["hello"]);
    for _ in 0..2 {
        assert_eq!(
            lines(inbox(&scene, "ben", &["--count"])),
            (vec!["1".to_owned()], 0)
        );
        assert_eq!(
            text(&json(inbox(&scene, "ben", &["--peek", "--json"]))[0]),
            "hello"
        );
    }
    assert_eq!(lines(inbox(&scene, "anna", &["--count"])).0, ["0"]);
    let (plain, _) = lines(inbox(&scene, "ben", &[]));
    assert!(plain[0].ends_with(" anna: hello"), "{plain:?}");
}

#[test]
fn what_waits_comes_before_what_is_said_live_and_a_copy_is_not_said_twice() {
    let scene = scene(&[]);
    let mut anna = scene.pipe("anna", &["--json", "--keep", "--follow"]);
    anna.say("left");
    anna.event("kept");
    let mut ben = scene.pipe("ben", &["--json", "--follow"]);
    let first = ben.event("message");
    assert_eq!((text(&first).as_str(), &first["kept"]), ("left", &true.into()));
    anna.event("delivered");
    anna.say("live");
    let second = ben.event("message");
    assert_eq!((text(&second).as_str(), &second["kept"]), ("live", &Value::Null));
    anna.event("delivered");
    ben.end_input();
    ben.process().signal(Signal::TERM);
    let rest = ben.rest();
    assert!(!rest.iter().any(|event| event["event"] == "message"), "{rest:?}");
}

#[test]
fn a_relay_that_keeps_nothing_is_said_to() {
    let scene = scene(&["--kept-days", "0"]);
    let mut anna = scene.pipe("anna", &["--json", "--keep", "--timeout", "1"]);
    anna.say("hello");
    let said = anna.event("error");
    assert_eq!(said["message"], "this relay keeps nothing");
    anna.end_input();
    assert_eq!(anna.exit_code(), 5);
    let mut ben = Process::spawn(inbox(&scene, "ben", &[]));
    assert_eq!(ben.exit_code(), 1);
    assert_eq!(ben.errors().trim_end(), "sotto: this relay keeps nothing");
}

#[test]
fn nothing_is_left_under_a_passphrase_that_could_be_guessed_from_it() {
    let scene = scene(&[]);
    scene.write("passphrase", "hunter2");
    meet(&scene);
    let mut anna = scene.pipe("anna", &["--json", "--keep", "--timeout", "1"]);
    anna.say("hello");
    let is_why = |event: &Value| event["reason"] == "not_kept";
    let said = anna.event_where("why not", is_why);
    assert!(
        said["message"]
            .as_str()
            .is_some_and(|why| why.contains("60 bits"))
    );
    anna.end_input();
    assert_eq!(anna.exit_code(), 5);
    assert_eq!(lines(inbox(&scene, "ben", &["--count"])).0, ["0"]);
}

#[test]
fn a_room_that_nobody_has_met_in_keeps_nothing_and_it_is_said() {
    let scene = Scene::new();
    scene.write("passphrase", STRONG);
    let mut anna = scene.pipe("anna", &["--json", "--keep", "--timeout", "1"]);
    anna.say("hello");
    assert_eq!(anna.event("error")["reason"], "not_kept");
    anna.end_input();
    assert_eq!(anna.exit_code(), 5);
}

#[test]
fn neither_the_wire_nor_the_relays_file_shows_what_waits_or_who_left_it() {
    const CANARY: &str = "a canary of the kept ones";
    let scene = scene(&["--db", "rooms.db"]);
    let record = |name: &'static str| ["--json", "--keep", "--record", name];
    let mut anna = scene.pipe("annabel", &record("anna.rec"));
    anna.say(CANARY);
    anna.event("kept");
    anna.end_input();
    anna.exit_code();
    let shown = |path: &Path| {
        let bytes = std::fs::read(path).unwrap_or_default();
        let holds = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
        holds(CANARY) || holds("annabel") || holds(STRONG)
    };
    let files: Vec<_> = (std::fs::read_dir(scene.home()).into_iter().flatten().flatten())
        .map(|file| file.path())
        .filter(|path| path.file_name().is_some_and(|name| name != "passphrase"))
        .collect();
    assert!(files.iter().any(|path| path.ends_with("rooms.db")));
    assert!(!files.iter().any(|path| shown(path)), "{files:?}");
    assert_eq!(text(&json(inbox(&scene, "ben", &["--json"]))[0]), CANARY);
}

#[test]
fn doctor_says_whether_a_relay_keeps() {
    for (options, said) in [(&[][..], "7 days"), (&["--kept-days", "0"], "keeps nothing")] {
        let scene = Scene::with_relay(options);
        let found = scene.doctor(&[]);
        let step = found.iter().find(|line| line["step"] == "kept");
        assert!(
            step.is_some_and(|step| step["message"].as_str().is_some_and(|text| text.contains(said))),
            "{found:?}"
        );
    }
}

/// On the screen.
#[test]
fn two_at_screens_leave_and_find_what_waits() {
    let scene = scene(&["--db", "rooms.db"]);
    let mut anna = scene.chat("anna");
    anna.wait_for("alone in");
    anna.type_keys("hello, Ben\r");
    anna.wait_for("/keep leaves it on the relay");
    anna.type_keys("/keep\r");
    anna.wait_for("kept until");
    anna.wait_for("whoever has the passphrase");
    anna.type_keys("/kept\r");
    anna.wait_for("for whoever comes, until");
    anna.type_keys("/quit\r");
    assert_eq!(anna.exit_code(), 0);
    let ben = scene.chat("ben");
    ben.wait_for("1 from while you were away (by somebody who calls himself anna");
    ben.wait_for("hello, Ben");
}
