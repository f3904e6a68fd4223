pub(super) mod crash;

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};

use sotto_protocol::Root;
use sotto_protocol::memory::{Memory, Unsent};
use sotto_protocol::message::MessageId;
use tempfile::TempDir;

use super::*;

fn root() -> Root {
    Root::from_bytes([1; 32])
}

/// One in which this waits.
fn memory(text: &str) -> Memory {
    Memory {
        outbox: vec![Unsent {
            id: MessageId([1; 16]),
            clock: 0,
            reply_to: None,
            fades: None,
            text: text.to_owned().into(),
            to: Vec::new(),
        }],
    }
}

fn place() -> (TempDir, Folder) {
    let place = tempfile::tempdir().unwrap();
    let folder = Folder::at(&place.path().join("state").join("sotto"));
    (place, folder)
}

fn open(folder: &Folder) -> Result<Option<(MemoryFile, Memory, Found)>, MemoryError> {
    MemoryFile::open(folder, &root())
}

/// Where the memory is that was begun.
fn begun(folder: &Folder) -> PathBuf {
    let (file, ..) = MemoryFile::begin(folder, &root()).unwrap();
    file.path.clone()
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn what_is_remembered_is_there_in_the_next_run_for_the_same_room_only() {
    let (_place, folder) = place();
    let (mut file, found, how) = MemoryFile::begin(&folder, &root()).unwrap();
    assert_eq!((found, how), (Memory::default(), Found::New));
    file.write(&memory("hello")).unwrap();
    drop(file);
    let (_, found, how) = open(&folder).unwrap().unwrap();
    assert_eq!((found, how), (memory("hello"), Found::AsLeft));
    let other = MemoryFile::open(&folder, &Root::from_bytes([2; 32]));
    assert!(other.unwrap().is_none());
}

#[test]
fn where_nothing_is_remembered_nothing_is_touched() {
    let (place, folder) = place();
    assert!(open(&folder).unwrap().is_none());
    assert!(!MemoryFile::forget_room(&folder, &root()).unwrap());
    assert_eq!(folder.forget_all().unwrap(), 0);
    assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0);
}

#[test]
fn everything_is_for_the_user_alone_and_named_by_nothing() {
    let (_place, folder) = place();
    begun(&folder);
    assert_eq!(mode(folder.path()), 0o700);
    for entry in fs::read_dir(folder.path()).unwrap().map(Result::unwrap) {
        assert_eq!(mode(&entry.path()), 0o600);
        let name = entry.file_name().into_string().unwrap();
        let stem = name.trim_end_matches(".lock");
        let is_hex = stem.len() == 32 && stem.bytes().all(|byte| byte.is_ascii_hexdigit());
        assert!(is_hex || name == "device", "{name}");
    }
}

#[test]
fn one_run_has_it_at_a_time() {
    let (_place, folder) = place();
    let (file, ..) = MemoryFile::begin(&folder, &root()).unwrap();
    assert!(matches!(open(&folder), Err(MemoryError::Held)));
    assert!(matches!(
        MemoryFile::begin(&folder, &root()),
        Err(MemoryError::Held)
    ));
    assert!(matches!(
        MemoryFile::forget_room(&folder, &root()),
        Err(MemoryError::Held)
    ));
    drop(file);
    assert!(open(&folder).unwrap().is_some());
}

#[test]
fn what_was_there_before_a_write_is_overwritten() {
    let (_place, folder) = place();
    let path = begun(&folder);
    // Another name keeps the file that is replaced.
    let kept = folder.path().join("kept");
    fs::hard_link(&path, &kept).unwrap();
    let (mut file, ..) = open(&folder).unwrap().unwrap();
    file.write(&memory("new")).unwrap();
    let before = fs::read(kept).unwrap();
    assert!(!before.is_empty() && before.iter().all(|byte| *byte == 0));
}

#[test]
fn a_memory_that_is_of_no_use_is_said_and_can_be_forgotten() {
    let (_place, folder) = place();
    let path = begun(&folder);
    let whole = fs::read(&path).unwrap();
    for (bytes, said) in [
        (&whole[..100], "not whole"),
        (&[], "not whole"),
        (&[&[9], &whole[1..]].concat()[..], "version 9"),
        (
            &[&whole[..whole.len() - 1], &[0]].concat()[..],
            "another passphrase or device",
        ),
        (&vec![1; MAX_FILE + 10][..], "not whole"),
    ] {
        fs::write(&path, bytes).unwrap();
        let why = open(&folder).unwrap_err().to_string();
        assert!(why.contains(said) && why.contains("sotto forget"), "{why}");
        assert_eq!(fs::read(&path).unwrap(), bytes, "it is left as it is");
    }
    assert!(MemoryFile::forget_room(&folder, &root()).unwrap());
    assert!(open(&folder).unwrap().is_none());
}

#[test]
fn one_from_a_backup_and_one_that_is_gone_are_known() {
    let (_place, folder) = place();
    let path = begun(&folder);
    let (mut file, ..) = open(&folder).unwrap().unwrap();
    file.write(&memory("then")).unwrap();
    let backup = fs::read(&path).unwrap();
    file.write(&memory("later")).unwrap();
    file.write(&memory("now")).unwrap();
    drop(file);
    fs::write(&path, backup).unwrap();
    let (_, found, how) = open(&folder).unwrap().unwrap();
    assert_eq!((found, how), (memory("then"), Found::Older));
    fs::remove_file(&path).unwrap();
    let (_, found, how) = open(&folder).unwrap().unwrap();
    assert_eq!((found, how), (Memory::default(), Found::Lost));
}

#[test]
fn without_the_secret_of_the_device_nothing_is_remembered_any_more() {
    let (_place, folder) = place();
    let (mut file, ..) = MemoryFile::begin(&folder, &root()).unwrap();
    assert_eq!(folder.forget_all().unwrap(), 1);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    let why = file.write(&memory("text")).unwrap_err();
    assert!(matches!(why, MemoryError::Forgotten));
    // Another one is not taken for it.
    begun(&folder);
    assert!(matches!(file.write(&memory("text")), Err(MemoryError::Forgotten)));
}

#[test]
fn a_secret_that_is_too_short_is_said_and_not_replaced() {
    let (_place, folder) = place();
    begun(&folder);
    let path = folder.path().join("device");
    fs::write(&path, b"short").unwrap();
    assert!(matches!(open(&folder), Err(MemoryError::Device { .. })));
    assert!(MemoryFile::begin(&folder, &root()).is_err());
    assert_eq!(fs::read(&path).unwrap(), b"short");
}

#[test]
fn links_and_what_others_can_look_into_are_refused() {
    let (place, folder) = place();
    let path = begun(&folder);
    let device = folder.path().join("device");
    for file in [&path, &device] {
        fs::set_permissions(file, fs::Permissions::from_mode(0o640)).unwrap();
        let why = open(&folder).unwrap_err().to_string();
        assert!(why.contains("mode 640") && why.contains("chmod go="), "{why}");
        fs::set_permissions(file, fs::Permissions::from_mode(0o600)).unwrap();
        let elsewhere = place.path().join("elsewhere");
        fs::rename(file, &elsewhere).unwrap();
        symlink(&elsewhere, file).unwrap();
        let why = open(&folder).unwrap_err().to_string();
        assert!(why.contains("symbolic link"), "{why}");
        fs::remove_file(file).unwrap();
        fs::rename(&elsewhere, file).unwrap();
    }
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
    assert!(open(&folder).unwrap_err().to_string().contains("mode 755"));
    fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o700)).unwrap();
    let moved = place.path().join("moved");
    fs::rename(folder.path(), &moved).unwrap();
    symlink(&moved, folder.path()).unwrap();
    assert!(open(&folder).unwrap_err().to_string().contains("symbolic link"));
    assert!(folder.forget_all().is_err());
    assert!(moved.join("device").exists());
}

#[test]
fn another_users_file_is_refused() {
    let (_place, folder) = place();
    let path = begun(&folder);
    // Only root can give a file away.
    if std::os::unix::fs::chown(&path, Some(65_534), None).is_ok() {
        assert_ne!(fs::metadata(&path).unwrap().uid(), 0);
        let why = open(&folder).unwrap_err().to_string();
        assert!(why.contains("another user"), "{why}");
    }
}

#[test]
fn two_runs_that_begin_at_once_have_one_secret() {
    let (_place, folder) = place();
    let begin = |byte| {
        let folder = folder.clone();
        move || MemoryFile::begin(&folder, &Root::from_bytes([byte; 32])).map(|(file, ..)| file.device)
    };
    let threads: Vec<_> = (0..8).map(begin).map(std::thread::spawn).collect();
    let devices: Vec<_> = threads
        .into_iter()
        .map(|thread| thread.join().unwrap().unwrap())
        .collect();
    assert!(
        devices
            .iter()
            .all(|device| device.expose() == devices[0].expose())
    );
    assert_eq!(folder.count().unwrap(), 8);
}
