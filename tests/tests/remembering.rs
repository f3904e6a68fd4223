//! What a room that is remembered takes from one run to the next, and that no other does.
#![allow(clippy::unwrap_used)] // the machinery of tests

use std::fs;
use std::process::Command;

use rustix::process::Signal;
use serde_json::json;
use sotto_tests::{Pipe, Process, Scene, Terminal};

/// A scene whose room is remembered, by each in a folder of his own.
fn scene() -> Scene {
    let scene = Scene::new();
    let config = format!(
        "[[room]]\nname = \"ours\"\nrelay = \"{}\"\nremember = true\n",
        scene.url()
    );
    fs::create_dir_all(scene.home().join(".config/sotto")).unwrap();
    scene.write(".config/sotto/config.toml", config);
    scene
}

/// `sotto` as one of them has it.
fn sotto(scene: &Scene, who: &str, args: &[&str]) -> Command {
    let mut sotto = scene.sotto(args);
    sotto.args(["--passphrase-file", "passphrase"]);
    sotto.env("XDG_STATE_HOME", scene.home().join(who));
    sotto
}

fn pipe(scene: &Scene, who: &str) -> Pipe {
    Pipe::start(sotto(scene, who, &["pipe", "ours", "--json", "--name", who]))
}

/// Says something while alone, and waits until the room has taken it.
fn say_alone(pipe: &mut Pipe, texts: &[&str]) {
    texts.iter().for_each(|text| pipe.say(text));
    // What it does not know is answered after what was said before.
    pipe.command(&json!({"type": "delete", "id": "00".repeat(16)}));
    pipe.event("error");
}

/// A wide chat in the room that is remembered.
fn chat(scene: &Scene, who: &str) -> Terminal {
    let args = ["join", "ours", "--name", who, "--passphrase-file", "passphrase"];
    let mut sotto = scene.in_terminal(&args);
    sotto.env("XDG_STATE_HOME", scene.home().join(who));
    Terminal::start(sotto, 40, 160)
}

/// Two who have compared their words, and are known to each other from now on.
fn known(scene: &Scene) {
    let (mut anna, mut ben) = (chat(scene, "anna"), chat(scene, "ben"));
    anna.wait_for("ben joined");
    ben.wait_for("anna joined");
    anna.type_keys("/verify yes\r");
    ben.type_keys("/verify yes\r");
    anna.wait_for("ben will be known again");
    ben.wait_for("anna will be known again");
    kill(anna);
    kill(ben);
}

fn kill(mut chat: Terminal) {
    chat.signal(Signal::KILL);
    chat.exit_code();
}

#[test]
fn what_nobody_got_outlives_a_killed_run_and_is_sent_by_the_next_one_once() {
    let scene = scene();
    let mut anna = pipe(&scene, "anna");
    anna.event("joined");
    say_alone(&mut anna, &["one", "two", "three"]);
    anna.process().signal(Signal::KILL);
    anna.exit_code();

    let mut anna = pipe(&scene, "anna");
    assert_eq!(anna.event("waiting")["ids"].as_array().unwrap().len(), 3);
    let mut ben = pipe(&scene, "ben");
    assert_eq!(ben.messages(3), ["one", "two", "three"]);
    for _ in 0..3 {
        anna.event("delivered");
    }
    anna.end_input();
    assert_eq!(anna.exit_code(), 0);

    let mut anna = pipe(&scene, "anna");
    anna.event("peer_joined");
    anna.say("four");
    assert_eq!(ben.message(), "four");
    anna.end_input();
    assert!(waits_not(&mut anna));
}

/// Whether all that is unread, to its end, tells of nothing that waits.
fn waits_not(pipe: &mut Pipe) -> bool {
    pipe.rest().iter().all(|event| event["event"] != "waiting")
}

#[test]
fn a_room_that_is_forgotten_remembers_nothing() {
    let scene = scene();
    let forget = |args: &[&str]| Process::spawn(sotto(&scene, "anna", &[&["forget"], args].concat()));
    let told = |mut process: Process| {
        assert_eq!(process.exit_code(), 0);
        process.errors()
    };
    for all in [false, true] {
        let mut anna = pipe(&scene, "anna");
        anna.event("joined");
        say_alone(&mut anna, &["lost on purpose"]);
        let mut held = forget(&["ours"]);
        assert_eq!(held.exit_code(), 1);
        assert!(held.errors().contains("another run of sotto"));
        anna.process().signal(Signal::KILL);
        anna.exit_code();
        if all {
            let mut all = scene.sotto(&["forget", "--all"]);
            all.env("XDG_STATE_HOME", scene.home().join("anna"));
            assert!(told(Process::spawn(all)).contains("1 room is forgotten"));
            assert_eq!(fs::read_dir(scene.home().join("anna/sotto")).unwrap().count(), 0);
        } else {
            assert!(told(forget(&["ours"])).contains("the room is forgotten"));
        }
        assert!(told(forget(&["ours"])).contains("nothing was remembered"));
    }
    let mut anna = pipe(&scene, "anna");
    anna.event("joined");
    anna.end_input();
    assert!(waits_not(&mut anna));
}

#[test]
fn a_second_run_of_a_room_says_that_it_remembers_nothing_and_goes_on() {
    let scene = scene();
    let mut first = pipe(&scene, "anna");
    first.event("joined");
    let mut second = pipe(&scene, "anna");
    let why = second.event("error");
    assert_eq!(why["reason"], "memory");
    assert!(why["message"].as_str().unwrap().contains("another run of sotto"));
    second.event("peer_joined");
    second.say("still here");
    assert_eq!(first.message(), "still here");
}

#[test]
fn on_the_screen_what_waits_is_there_again_and_goes_out() {
    let scene = Scene::new();
    let mut anna = scene.chat("anna");
    anna.wait_for("while you are alone");
    anna.type_keys("/remember\r");
    anna.wait_for("this room is remembered from now on");
    anna.type_keys("I have to tell you\r");
    anna.wait_for("I have to tell you");
    kill(anna);
    let mut anna = scene.chat("anna");
    anna.wait_for("1 message that nobody got yet waits here");
    anna.wait_for("I have to tell you");
    let mut ben = scene.pipe("ben", &["--json"]);
    assert_eq!(ben.message(), "I have to tell you");
    anna.wait_for("✓✓");
    anna.type_keys("/remember no\r");
    anna.wait_for("room is gone");
    kill(anna);
    let anna = scene.chat("anna");
    anna.wait_for("ben joined");
    assert!(!anna.contents().contains("remembered"));
}

#[test]
fn where_nothing_is_remembered_nothing_is_written_to_a_disk() {
    let scene = Scene::new();
    let record = scene.home().join("trace");
    let mut strace = Command::new("strace");
    let sotto = scene.sotto(&["pipe", scene.url(), "--name", "anna", "--json"]);
    strace
        .args(["-f", "-qq", "-e", "trace=file", "-o"])
        .arg(&record)
        .arg(sotto.get_program())
        .args(sotto.get_args())
        .args(["--passphrase-file", "passphrase"])
        .current_dir(scene.home())
        .env("HOME", scene.home());
    let mut anna = Pipe::start(strace);
    anna.event("joined");
    say_alone(&mut anna, &["nobody is here"]);
    anna.command(&json!({"type": "leave"}));
    let mut ben = scene.pipe("ben", &["--json"]);
    ben.message();
    anna.exit_code();
    let trace = fs::read_to_string(record).unwrap();
    let changes = [
        "O_CREAT", "O_WRONLY", "O_RDWR", "mkdir", "rename", "unlink", "link(", "linkat",
    ];
    let changing: Vec<_> = trace
        .lines()
        .filter(|line| changes.iter().any(|change| line.contains(change)))
        .filter(|line| !line.contains("\"/dev/") && !line.contains("\"/proc/") && !line.contains("readlink"))
        .collect();
    assert!(trace.contains("passphrase"), "it is a record of this run");
    assert!(changing.is_empty(), "{}", changing.join("\n"));
    assert!(!scene.home().join(".local").exists());
}

#[test]
fn one_whose_words_were_compared_is_known_after_both_have_started_again_and_nobody_else_is() {
    let scene = scene();
    known(&scene);
    let (anna, ben) = (chat(&scene, "anna"), chat(&scene, "ben"));
    anna.wait_for("the same ben as on");
    ben.wait_for("the same anna as on");
    kill(ben);
    let mut mallory = scene.pipe("Ben", &["--json"]);
    mallory.event("peer_joined");
    anna.wait_for("is not the Ben you know");
    kill(anna);
    let mut listed = Process::spawn(sotto(&scene, "anna", &["known", "ours"]));
    assert!(listed.line().unwrap().starts_with("ben, since "));
    assert_eq!(listed.exit_code(), 0);
    let args = ["known", "ours", "--forget", "ben"];
    let mut forgotten = Process::spawn(sotto(&scene, "anna", &args));
    assert_eq!(forgotten.exit_code(), 0);
    let mut listed = Process::spawn(sotto(&scene, "anna", &["known", "ours"]));
    assert_eq!(listed.line(), None);
    assert_eq!(listed.exit_code(), 0);
}

/// The memory of one of them.
fn memory(scene: &Scene, who: &str) -> std::path::PathBuf {
    let entries = fs::read_dir(scene.home().join(who).join("sotto")).unwrap();
    let mut paths = entries.map(|entry| entry.unwrap().path());
    let is_memory = |path: &std::path::PathBuf| path.extension().is_none() && !path.ends_with("device");
    paths.find(is_memory).unwrap()
}

#[test]
fn a_memory_that_is_lost_or_from_a_backup_is_said_on_both_sides() {
    let scene = scene();
    known(&scene);
    let file = memory(&scene, "ben");
    let backup = fs::read(&file).unwrap();
    for _ in 0..2 {
        let (mut anna, mut ben) = (chat(&scene, "anna"), chat(&scene, "ben"));
        anna.wait_for("the same ben as on");
        ben.wait_for("the same anna as on");
        // What they add to their bond goes before what they say.
        for question in ["how are you?", "and now?"] {
            anna.type_keys(&format!("{question}\r"));
            ben.wait_for(question);
            let answer = format!("{question} fine");
            ben.type_keys(&format!("{answer}\r"));
            anna.wait_for(&answer);
        }
        kill(anna);
        kill(ben);
    }
    fs::write(&file, backup).unwrap();
    let ben = chat(&scene, "ben");
    ben.wait_for("older than it was left");
    let anna = chat(&scene, "anna");
    anna.wait_for("not the ben you know");
    ben.wait_for("not the anna you know");
    kill(ben);
    fs::remove_file(&file).unwrap();
    let ben = chat(&scene, "ben");
    ben.wait_for("is gone from the disk");
}
