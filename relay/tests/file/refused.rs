//! Files and options that a relay does not start with.

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    process::Command,
    time::{Duration, Instant},
};

use rusqlite::Connection;

use crate::relay::{Place, outcome};

/// It is refused in one line with these words, by a check as well, and left as it is.
fn is_refused(place: &Place, words: &str) {
    for arguments in [&["--listen", "127.0.0.1:0"][..], &["--check"]] {
        is_refused_by(place, arguments, words);
    }
}

fn is_refused_by(place: &Place, arguments: &[&str], words: &str) {
    let before = fs::read(place.db()).unwrap();
    let (code, stderr) = outcome(&mut place.command(arguments));
    assert_eq!(code, Some(1), "{stderr}");
    assert!(stderr.contains(words) && stderr.lines().count() == 1, "{stderr}");
    assert!(fs::read(place.db()).unwrap() == before);
}

#[test]
fn another_programs_file_is_refused_and_left_as_it_is() {
    let place = Place::new();
    for content in [&b"hello"[..], &[0; 4096]] {
        fs::write(place.db(), content).unwrap();
        is_refused(&place, "it is not a Sotto room database");
    }
    fs::remove_file(place.db()).unwrap();
    let others = Connection::open(place.db()).unwrap();
    others
        .execute_batch("PRAGMA journal_mode = WAL; CREATE TABLE room (name)")
        .unwrap();
    others.close().unwrap();
    is_refused(&place, "it is not a Sotto room database");
}

#[test]
fn a_newer_file_is_refused_and_left_as_it_is() {
    let place = Place::with_db();
    let file = Connection::open(place.db()).unwrap();
    file.execute_batch("PRAGMA user_version = 7").unwrap();
    file.close().unwrap();
    is_refused(
        &place,
        "it was made by a newer sotto-relay (version 7 of the table; this one knows 2)",
    );
}

#[test]
fn a_damaged_file_is_refused_and_left_as_it_is() {
    let place = Place::with_db();
    let file = Connection::open(place.db()).unwrap();
    file.execute_batch(
        "WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n LIMIT 500)
         INSERT INTO room (name, access, made, used, standing) SELECT randomblob(32), randomblob(32), 1, 1, 2 FROM n",
    )
    .unwrap();
    file.close().unwrap();
    let mut bytes = fs::read(place.db()).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 4096].fill(0x5a);
    fs::write(place.db(), &bytes).unwrap();
    is_refused(&place, "it is damaged");
    fs::write(place.db(), &bytes[..middle]).unwrap();
    is_refused(&place, "it is damaged");
}

#[test]
fn a_read_only_file_is_refused() {
    let place = Place::with_db();
    fs::set_permissions(place.db(), fs::Permissions::from_mode(0o444)).unwrap();
    is_refused(&place, "it is read-only");
}

#[test]
fn a_file_that_another_relay_has_is_refused() {
    let place = Place::new();
    let _relay = place.start(&[]);
    let start = ["--listen", "127.0.0.1:0"];
    is_refused_by(&place, &start, "another relay has it");
    // A check is made beside the relay that runs.
    assert_eq!(
        outcome(&mut place.command(&["--check"])),
        (Some(0), String::new())
    );
    let link = place.folder.path().join("link.db");
    symlink(place.db(), &link).unwrap();
    let (code, stderr) = outcome(place.command(&start).arg("--db").arg(&link));
    assert!(
        code == Some(1) && stderr.contains("another relay has it"),
        "{stderr}"
    );
}

#[test]
fn a_file_of_two_names_is_refused() {
    let place = Place::with_db();
    fs::hard_link(place.db(), place.folder.path().join("other.db")).unwrap();
    is_refused(&place, "it has another name as well");
}

#[test]
fn an_empty_file_becomes_a_room_database() {
    let place = Place::new();
    fs::write(place.db(), "").unwrap();
    assert_eq!(
        outcome(&mut place.command(&["--check"])),
        (Some(0), String::new())
    );
    assert_eq!(fs::read(place.db()).unwrap(), b"");
    place.start(&[]).end();
    assert!(place.names().is_empty());
}

#[test]
fn a_check_leaves_nothing_where_there_is_no_file_yet() {
    let place = Place::new();
    assert_eq!(
        outcome(&mut place.command(&["--check"])),
        (Some(0), String::new())
    );
    assert_eq!(fs::read_dir(place.folder.path()).unwrap().count(), 0);
}

#[test]
fn a_check_says_that_a_disk_is_full() {
    for place in [Place::new(), Place::with_db()] {
        let mut shell = Command::new("sh");
        // As on a full disk a file gets no further than this.
        shell.args(["-c", r#"trap '' XFSZ && ulimit -f 1 && exec "$0" "$@""#]);
        shell
            .arg(place.command(&[]).get_program())
            .arg("--check")
            .arg("--db")
            .arg(place.db());
        let (code, stderr) = outcome(&mut shell);
        assert!(
            code == Some(1) && stderr.contains("cannot write beside "),
            "{stderr}"
        );
        assert_eq!(stderr.lines().count(), 1, "{stderr}");
    }
}

#[test]
fn what_is_a_name_of_sqlites_and_not_of_a_file_is_told_apart() {
    let place = Place::new();
    for (db, words) in [(":memory:", "leave it out"), ("file:r.db", "it must be a path")] {
        let mut command = place.command(&["--listen", "127.0.0.1:0", "--db", db]);
        let (code, stderr) = outcome(command.current_dir(place.folder.path()));
        assert!(code == Some(2) && stderr.contains(words), "{stderr}");
    }
    assert_eq!(fs::read_dir(place.folder.path()).unwrap().count(), 0);
}

#[test]
fn a_variable_that_is_no_option_is_refused() {
    let place = Place::new();
    for (name, words) in [
        ("SOTTO_RELAY_LISTN", "do you mean SOTTO_RELAY_LISTEN?"),
        ("SOTTO_RELAY_CHECK", "SOTTO_RELAY_CHECK is no option"),
        ("SOTTO_RELAY_QQQQQQQQ", "sotto-relay --help lists them"),
    ] {
        for arguments in [
            &["--check"][..],
            &["--listen", "127.0.0.1:0"],
            &["invite"],
            &["room", "list"],
        ] {
            let (code, stderr) = outcome(place.command(arguments).env(name, "1"));
            assert!(
                code == Some(2) && stderr.contains(words),
                "{arguments:?}: {stderr}"
            );
        }
    }
}

#[test]
fn a_folder_that_is_not_there_is_said() {
    let place = Place::new();
    let missing = place.folder.path().join("missing/rooms.db");
    let db = ["--listen", "127.0.0.1:0", "--db", missing.to_str().unwrap()];
    for db in [&db[..], &["--check", "--db", missing.to_str().unwrap()]] {
        let (code, stderr) = outcome(&mut place.command(db));
        assert_eq!(code, Some(1));
        assert!(
            stderr.contains("cannot open") && stderr.contains("missing"),
            "{stderr}"
        );
    }
}

#[test]
fn options_that_cannot_be_are_said_before_anything_is_written() {
    let place = Place::new();
    for (arguments, words) in [
        (
            &["--room-ttl", "0"][..],
            "--room-ttl is 0: it must be 1 to 36500 days",
        ),
        (&["--rooms", "ajar"], "--rooms"),
        (&["--max-seats", "0"], "--max-seats"),
        (
            &["--kept-days", "15"],
            "--kept-days is 15: it must be 0 to 14 days",
        ),
        (
            &["--kept-room", "1KiB"],
            "--kept-room is 1KiB: it must be at least 16KiB",
        ),
        (
            &["--kept-total", "256KiB"],
            "--kept-total is 256KiB: it must be at least twice --kept-room",
        ),
    ] {
        let (code, stderr) = outcome(&mut place.command(arguments));
        assert!(code == Some(2) && stderr.contains(words), "{stderr}");
    }
    let (code, stderr) = outcome(place.command(&["--rooms", "closed"]).env_remove("SOTTO_RELAY_DB"));
    assert!(
        code == Some(2) && stderr.contains("it needs --db FILE"),
        "{stderr}"
    );
    assert_eq!(fs::read_dir(place.folder.path()).unwrap().count(), 0);
}

#[test]
fn the_operators_slips_are_said() {
    let place = Place::new();
    let hash = "0a".repeat(32);
    for (arguments, code, words) in [
        (&["list"][..], 1, "start the relay with --db first"),
        (&["add", &hash, &hash], 2, "the two hashes are the same"),
        (&["add", &hash, "0b"], 2, "136 hexadecimal digits"),
        (&["add", &hash], 2, "136 hexadecimal digits"),
        (&["add", &"0a".repeat(68)], 2, "not as it was printed"),
        (&["remove", "0"], 2, "4 to 64 hexadecimal digits"),
        (&[], 2, "Usage"),
    ] {
        let (found, stderr) = outcome(place.command(&["room"]).args(arguments));
        assert!(
            found == Some(code) && stderr.contains(words),
            "{found:?} {stderr}"
        );
    }
    let begun = Instant::now();
    place.start(&[]).end();
    assert!(begun.elapsed() < Duration::from_secs(10));
    let (code, stderr) = outcome(&mut place.command(&["room", "add", "-"]));
    assert!(
        code == Some(2) && stderr.contains("136 hexadecimal digits"),
        "{stderr}"
    );
    let (code, stderr) = outcome(&mut place.command(&["room", "remove", "0a0a"]));
    assert!(
        code == Some(1) && stderr.contains("no room begins with 0a0a"),
        "{stderr}"
    );
}
