//! What a relay that was busy leaves to who takes the machine: nothing of who said what to whom.

use std::{
    collections::HashMap,
    fs,
    io::{Read, Write},
    net::{Ipv4Addr, TcpListener, TcpStream},
    os::unix::process::ExitStatusExt,
    path::{Path, PathBuf},
    process::Command,
};

use data_encoding::{BASE64_NOPAD, BASE64URL_NOPAD};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;

use crate::{
    member::{Member, Room},
    relay::{Place, Running},
};

/// A client's address that nothing else on this machine has.
const ADDRESS: Ipv4Addr = Ipv4Addr::new(127, 77, 66, 55);

/// What must be found nowhere, by a name for it.
type Telltales = Vec<(&'static str, Vec<u8>)>;

/// A hash, however it may be written.
fn forms(what: &'static str, hex: &str) -> Telltales {
    let raw = hex::decode(hex).unwrap();
    // The first 16 digits: a log would shorten it.
    [
        hex[..16].into(),
        hex[..16].to_uppercase().into(),
        BASE64_NOPAD.encode(&raw)[..16].into(),
        BASE64URL_NOPAD.encode(&raw)[..16].into(),
        raw,
    ]
    .map(|form| (what, form))
    .into()
}

/// Which of the telltales stand in something.
fn found(telltales: &Telltales, text: &[u8]) -> Vec<&'static str> {
    let stands = |bytes: &[u8]| text.windows(bytes.len()).any(|window| window == bytes);
    (telltales.iter())
        .filter(|(_, bytes)| stands(bytes))
        .map(|(what, _)| *what)
        .collect()
}

/// What the system tells of a process and its threads, but for its memory and the network, which is the machine's.
fn told_by_the_system(process: u32) -> HashMap<PathBuf, Vec<u8>> {
    let base = PathBuf::from(format!("/proc/{process}"));
    let threads = fs::read_dir(base.join("task")).unwrap();
    let mut folders: Vec<PathBuf> = threads.map(|thread| thread.unwrap().path()).collect();
    folders.push(base);
    let mut told = HashMap::new();
    for folder in folders {
        for name in [
            "cmdline", "comm", "environ", "io", "limits", "maps", "smaps", "stack", "stat", "status", "wchan",
        ] {
            // Some are not for everybody, and a thread may have ended.
            if let Ok(content) = fs::read(folder.join(name)) {
                told.insert(folder.join(name), content);
            }
        }
        for descriptor in fs::read_dir(folder.join("fd")).into_iter().flatten().flatten() {
            if let Ok(target) = fs::read_link(descriptor.path()) {
                told.insert(descriptor.path(), target.into_os_string().into_encoded_bytes());
            }
        }
    }
    told
}

fn figures(port: u16) -> String {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream
        .write_all(b"GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n")
        .unwrap();
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    text
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// The files of the database, and whatever else is beside them.
fn files(folder: &Path) -> HashMap<PathBuf, Vec<u8>> {
    let files = fs::read_dir(folder).unwrap();
    files
        .map(|file| file.unwrap().path())
        .map(|path| (path.clone(), fs::read(path).unwrap()))
        .collect()
}

/// Joins, pushes, failures, ends: all that a relay does. What it was told by its clients.
fn keep_busy(relay: &Running) -> Telltales {
    let (room, ended) = (Room::new("the room"), Room::new("the ended room"));
    let mut telltales = Telltales::new();
    let [mut anna, mut ben] = [(); 2].map(|()| Member::connect_from(ADDRESS, relay));
    for member in [&mut anna, &mut ben] {
        assert_eq!(member.join(&room).unwrap(), "ok");
        assert_eq!(member.join(&ended).unwrap(), "ok");
        assert_eq!(member.join(&room.forged()).unwrap(), "unauthorized");
        telltales.extend(forms("sender hash", &member.sender));
        telltales.push(("port", format!("{ADDRESS}:{}", member.port()).into()));
    }
    let payload = json!({"text": "telltale payload"});
    for _ in 0..100 {
        assert_eq!(anna.say(&room, "telltale_event", &payload).unwrap(), "ok");
        assert_eq!(ben.say(&room, "phx_telltale", &payload).unwrap(), "reserved");
    }
    assert_eq!(ben.ask(&ended, "expire_room").unwrap(), "ok");
    let mut malformed = Member::connect_from(ADDRESS, relay);
    malformed.send_text("telltale malformed");
    assert!(malformed.read().is_err());
    for of in [&room, &ended] {
        let topic = of.topic.strip_prefix("anon_room:").unwrap();
        telltales.extend(forms("room hash", topic));
        telltales.extend(forms("access hash", &of.access));
    }
    telltales.extend(forms("access hash", &room.forged().access));
    telltales.push(("payload or event", b"telltale".into()));
    telltales.push(("address", ADDRESS.to_string().into()));
    telltales.push(("address", ADDRESS.octets().into()));
    telltales.push(("address", hex::encode(ADDRESS.octets()).into()));
    telltales
}

#[test]
fn nothing_that_a_busy_relay_leaves_shows_a_hash_an_address_or_a_payload() {
    let place = Place::new();
    let port = free_port();
    let metrics = format!("127.0.0.1:{port}");
    let mut relay = place.start(&["--log", "trace", "--metrics", &metrics]);
    // Read along: a full pipe would hold the relay.
    let mut stderr = relay.child.stderr.take().unwrap();
    let log = std::thread::spawn(move || {
        let mut log = String::new();
        stderr.read_to_string(&mut log).map(|_| log).unwrap()
    });
    let telltales = keep_busy(&relay);
    // What stands in the table for a room is in the database, and nowhere else.
    let mut outside = telltales.clone();
    for room in ["the room", "the ended room"].map(Room::new) {
        for hash in room.table_hashes() {
            outside.extend(forms("table hash", &hash));
        }
    }

    let figures = figures(port);
    assert!(figures.contains("sotto_relay_messages_total"));
    assert_eq!(found(&outside, figures.as_bytes()), [""; 0], "{figures}");
    let told = told_by_the_system(relay.child.id());
    assert!(told.len() > 20);
    for (path, content) in told {
        assert_eq!(found(&outside, &content), [""; 0], "{}", path.display());
    }
    let stored = files(place.folder.path());
    assert!(stored.len() >= 3);
    for (path, content) in stored {
        assert_eq!(found(&telltales, &content), [""; 0], "{}", path.display());
    }
    relay.end();
    let log = log.join().unwrap();
    assert!(log.lines().count() > 10, "{log}");
    assert_eq!(found(&outside, log.as_bytes()), [""; 0], "{log}");
    for (path, content) in files(place.folder.path()) {
        assert_eq!(found(&telltales, &content), [""; 0], "{}", path.display());
    }
}

#[test]
fn a_hash_would_be_found_however_it_is_written() {
    let hash = Room::new("the room").access;
    let telltales = forms("hash", &hash);
    assert_eq!(
        found(&telltales, format!("joins {}…", &hash[..20]).as_bytes()),
        ["hash"]
    );
    let raw = hex::decode(&hash).unwrap();
    assert_eq!(
        found(&telltales, &[&[0; 99], &raw[..], &[0; 9]].concat()),
        ["hash"]
    );
    assert!(!found(&telltales, BASE64_NOPAD.encode(&raw).as_bytes()).is_empty());
}

#[test]
fn a_relay_that_crashes_leaves_no_core_dump() {
    let place = Place::new();
    let mut shell = Command::new("sh");
    // As who wants dumps would start it, and from where one would be seen.
    shell
        .current_dir(place.folder.path())
        .args(["-c", r#"ulimit -S -c "$(ulimit -H -c)"; exec "$0" "$@""#])
        .arg(place.command(&[]).get_program())
        .args(["--listen", "127.0.0.1:0"]);
    let mut relay = Running::start(&mut shell);
    let limits = fs::read_to_string(format!("/proc/{}/limits", relay.child.id())).unwrap();
    let core = limits.lines().find(|line| line.starts_with("Max core file size"));
    assert_eq!(
        core.unwrap().split_whitespace().skip(4).collect::<Vec<_>>(),
        ["0", "0", "bytes"]
    );
    kill_process(Pid::from_child(&relay.child), Signal::ABORT).unwrap();
    let status = relay.child.wait().unwrap();
    assert_eq!((status.signal(), status.core_dumped()), (Some(6), false));
    assert!(files(place.folder.path()).is_empty());
}

fn swap_is_off(process: u32) -> bool {
    let group = fs::read_to_string(format!("/proc/{process}/cgroup")).unwrap();
    let path = group
        .lines()
        .find_map(|line| line.strip_prefix("0::"))
        .unwrap_or("/");
    fs::read_to_string(format!("/sys/fs/cgroup{path}/memory.swap.max")).is_ok_and(|most| most == "0\n")
}

#[test]
fn memory_is_locked_where_the_system_permits_it_and_else_it_is_said() {
    for limit in ["unlimited", "64"] {
        let place = Place::new();
        let mut shell = Command::new("sh");
        shell
            .args(["-c", &format!(r#"ulimit -l {limit} 2>&-; exec "$0" "$@""#)])
            .arg(place.command(&[]).get_program())
            .args(["--listen", "127.0.0.1:0"]);
        let relay = Running::start(&mut shell);
        let told = |name: &str| fs::read_to_string(format!("/proc/{}/{name}", relay.child.id())).unwrap();
        let (limits, status) = (told("limits"), told("status"));
        let permitted = (limits.lines())
            .find(|line| line.starts_with("Max locked memory"))
            .is_some_and(|line| line.split_whitespace().nth(4) == Some("unlimited"));
        let locked = !status
            .lines()
            .any(|line| line.starts_with("VmLck:") && line.ends_with("\t       0 kB"));
        // Where the machine keeps it out of swap, nothing has to be locked.
        if swap_is_off(relay.child.id()) {
            continue;
        }
        assert_eq!(locked, permitted, "{limits}{status}");
        assert_eq!(
            relay.end().contains("the system may swap memory to a disk"),
            !permitted
        );
    }
}

/// Not a test: a process of its own for the next one, which panics.
#[test]
#[ignore = "the test after it runs it"]
fn a_fault() {
    sotto_relay::seclude();
    panic!("telltale payload");
}

#[test]
fn a_fault_says_where_it_was_and_not_what_it_was_about() {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "seized::a_fault", "--ignored", "--nocapture"])
        .env("RUST_BACKTRACE", "1")
        .output()
        .unwrap();
    let words = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert!(
        words.contains("sotto-relay: a fault in the program at relay/tests/file/seized.rs:"),
        "{words}"
    );
    assert!(!output.status.success() && !words.contains("telltale"), "{words}");
}
