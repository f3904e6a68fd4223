//! What a killed process, a power cut and a full disk leave.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use super::{memory, root};
use crate::memory::disk::Step;
use crate::memory::{Folder, Found, MemoryFile};
use crate::platform::{private, private_folder};

/// What a test wants of the disk.
#[derive(Default)]
struct Disk {
    /// At which step, and how, it fails.
    fails: Option<(usize, ErrorKind)>,
    /// Nothing more is done by the process that was killed.
    killed: bool,
    steps: Vec<Done>,
}

/// A step, kept.
#[derive(Debug, Clone)]
enum Done {
    Create(PathBuf),
    Write(PathBuf, Vec<u8>),
    Sync(PathBuf),
    Rename(PathBuf, PathBuf),
    SyncFolder,
    Overwrite,
    Remove(PathBuf),
}

thread_local! {
    static DISK: RefCell<Disk> = RefCell::default();
}

pub(crate) fn step(step: Step<'_>) -> io::Result<()> {
    DISK.with_borrow_mut(|disk| {
        if disk.killed {
            return Err(io::Error::other("killed"));
        }
        match disk.fails {
            Some((at, kind)) if at == disk.steps.len() => {
                disk.killed = kind == ErrorKind::Other;
                disk.fails = None;
                return Err(kind.into());
            }
            _ => {}
        }
        disk.steps.push(match step {
            Step::Create(path) => Done::Create(path.to_owned()),
            Step::Write(path, bytes) => Done::Write(path.to_owned(), bytes.to_vec()),
            Step::Sync(path) => Done::Sync(path.to_owned()),
            Step::Rename(from, to) => Done::Rename(from.to_owned(), to.to_owned()),
            Step::SyncFolder => Done::SyncFolder,
            Step::Overwrite => Done::Overwrite,
            Step::Remove(path) => Done::Remove(path.to_owned()),
        });
        Ok(())
    })
}

/// Does something on a disk that fails at a step; says whether it did, and which steps there were.
fn with_disk<T>(fails: Option<(usize, ErrorKind)>, act: impl FnOnce() -> T) -> (T, bool, Vec<Done>) {
    let disk = Disk {
        fails,
        ..Disk::default()
    };
    DISK.set(disk);
    let done = act();
    let disk = DISK.take();
    (done, fails.is_some() && disk.fails.is_none(), disk.steps)
}

/// Begins a memory in a new folder and writes something that is remembered.
fn remembered(text: &str) -> (tempfile::TempDir, Folder) {
    let place = tempfile::tempdir().unwrap();
    let folder = Folder::at(&place.path().join("sotto"));
    let (mut file, ..) = MemoryFile::begin(&folder, &root()).unwrap();
    file.write(&memory(text)).unwrap();
    (place, folder)
}

/// How many files were begun and left.
fn unfinished(folder: &Folder) -> usize {
    let entries = fs::read_dir(folder.path()).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .filter(|path| path.extension().is_some_and(|end| end == "new"))
        .count()
}

#[test]
fn killed_between_any_two_steps_of_a_write_it_is_as_before_or_as_written() {
    for at in 0.. {
        let (_place, folder) = remembered("before");
        let (mut file, ..) = MemoryFile::open(&folder, &root()).unwrap().unwrap();
        let (written, killed, _) = with_disk(Some((at, ErrorKind::Other)), || file.write(&memory("after")));
        drop(file);
        let (mut file, found, how) = MemoryFile::open(&folder, &root()).unwrap().unwrap();
        assert_eq!(how, Found::AsLeft, "step {at}");
        assert_eq!(unfinished(&folder), 0, "step {at}");
        assert!(found == memory("before") || found == memory("after"));
        file.write(&memory("later")).unwrap();
        if !killed {
            written.unwrap();
            assert_eq!(found, memory("after"));
            assert!(at > 5, "{at} steps were seen");
            return;
        }
    }
}

#[test]
fn killed_between_any_two_steps_of_its_beginning_it_can_be_begun_again() {
    for at in 0.. {
        let place = tempfile::tempdir().unwrap();
        let folder = Folder::at(&place.path().join("sotto"));
        let (begun, killed, _) = with_disk(Some((at, ErrorKind::Other)), || {
            MemoryFile::begin(&folder, &root()).map(drop)
        });
        let (mut file, _, how) = MemoryFile::begin(&folder, &root()).unwrap();
        assert!(matches!(how, Found::New | Found::AsLeft), "step {at}: {how:?}");
        file.write(&memory("text")).unwrap();
        if !killed {
            begun.unwrap();
            return;
        }
    }
}

#[test]
fn killed_between_any_two_steps_of_forgetting_it_is_there_or_gone() {
    for at in 0.. {
        let (_place, folder) = remembered("before");
        let (forgotten, killed, _) = with_disk(Some((at, ErrorKind::Other)), || {
            MemoryFile::forget_room(&folder, &root())
        });
        match MemoryFile::open(&folder, &root()).unwrap() {
            Some((_, found, how)) => assert_eq!((found, how), (memory("before"), Found::AsLeft)),
            None => MemoryFile::forget_room(&folder, &root()).map(drop).unwrap(),
        }
        if !killed {
            assert!(forgotten.unwrap());
            assert!(MemoryFile::open(&folder, &root()).unwrap().is_none());
            assert_eq!(
                fs::read_dir(folder.path()).unwrap().count(),
                1,
                "the device's secret"
            );
            return;
        }
    }
}

#[test]
fn a_disk_that_is_full_or_takes_no_changes_is_said_and_leaves_the_memory_as_it_was() {
    for (kind, said) in [
        (ErrorKind::StorageFull, "the disk is full"),
        (ErrorKind::ReadOnlyFilesystem, "takes no changes"),
    ] {
        for at in 0.. {
            let (_place, folder) = remembered("before");
            let (mut file, ..) = MemoryFile::open(&folder, &root()).unwrap().unwrap();
            let (written, failed, _) = with_disk(Some((at, kind)), || file.write(&memory("after")));
            if !failed {
                written.unwrap();
                break;
            }
            let why = written.unwrap_err().to_string();
            assert!(why.contains(said), "step {at}: {why}");
            assert_eq!(unfinished(&folder), 0, "step {at}");
            // It has room again.
            file.write(&memory("later")).unwrap();
            drop(file);
            let (_, found, how) = MemoryFile::open(&folder, &root()).unwrap().unwrap();
            assert_eq!((found, how), (memory("later"), Found::AsLeft));
        }
    }
}

/// What a disk may hold after a power cut: what was not synced is there or not, each for itself.
#[derive(Clone, Default)]
struct Image {
    /// Files by their number: what is on the disk of them, and what may be.
    files: Vec<(Vec<u8>, Option<Vec<u8>>)>,
    names: BTreeMap<PathBuf, usize>,
    /// Changes of names that may not have reached the disk.
    pending: Vec<Change>,
    /// The names as the process sees them.
    seen: BTreeMap<PathBuf, usize>,
}

#[derive(Clone)]
enum Change {
    Set(PathBuf, usize),
    Gone(PathBuf),
}

impl Image {
    fn of(folder: &Path) -> Self {
        let mut image = Self::default();
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            image.names.insert(path.clone(), image.files.len());
            image.files.push((fs::read(path).unwrap(), None));
        }
        image.seen = image.names.clone();
        image
    }

    fn change(&mut self, change: Change) {
        apply(&change, &mut self.seen);
        self.pending.push(change);
    }

    fn step(&mut self, step: &Done) {
        match step {
            Done::Create(path) => {
                self.files.push((Vec::new(), None));
                self.change(Change::Set(path.clone(), self.files.len() - 1));
            }
            Done::Write(path, bytes) => {
                let number = self.seen[path];
                self.files[number].1 = Some(bytes.clone());
            }
            Done::Sync(path) => {
                let file = &mut self.files[self.seen[path]];
                if let Some(bytes) = file.1.take() {
                    file.0 = bytes;
                }
            }
            Done::Rename(from, to) => {
                let number = self.seen[from];
                self.change(Change::Set(to.clone(), number));
                self.change(Change::Gone(from.clone()));
            }
            Done::Remove(path) => self.change(Change::Gone(path.clone())),
            Done::SyncFolder => {
                for change in self.pending.drain(..) {
                    apply(&change, &mut self.names);
                }
            }
            // Of a file that has no name any more.
            Done::Overwrite => {}
        }
    }

    /// Everything that it may be.
    fn cuts(&self) -> Vec<BTreeMap<PathBuf, Vec<u8>>> {
        let unsynced: Vec<usize> = (0..self.files.len())
            .filter(|file| self.files[*file].1.is_some())
            .collect();
        let bits = self.pending.len() + unsynced.len();
        let cut = |choice: u32| {
            let mut names = self.names.clone();
            let chosen = |bit: usize| choice >> bit & 1 == 1;
            let changes = self.pending.iter().enumerate();
            changes
                .filter(|(bit, _)| chosen(*bit))
                .for_each(|(_, change)| apply(change, &mut names));
            let content = |file: usize| {
                let (synced, written) = &self.files[file];
                let bit = unsynced.iter().position(|unsynced| *unsynced == file);
                match bit.filter(|bit| chosen(self.pending.len() + bit)) {
                    Some(_) => written.clone().unwrap(),
                    None => synced.clone(),
                }
            };
            names
                .into_iter()
                .map(|(path, file)| (path, content(file)))
                .collect()
        };
        (0..1 << bits).map(cut).collect()
    }
}

fn apply(change: &Change, names: &mut BTreeMap<PathBuf, usize>) {
    match change {
        Change::Set(path, file) => drop(names.insert(path.clone(), *file)),
        Change::Gone(path) => drop(names.remove(path)),
    }
}

/// A folder as a power cut left it.
fn restored(files: &BTreeMap<PathBuf, Vec<u8>>) -> (tempfile::TempDir, Folder) {
    let place = tempfile::tempdir().unwrap();
    let folder = place.path().join("sotto");
    private_folder(&folder, false).unwrap();
    for (path, bytes) in files {
        let path = folder.join(path.file_name().unwrap());
        io::Write::write_all(&mut private::create(&path).unwrap(), bytes).unwrap();
    }
    (place, Folder::at(&folder))
}

#[test]
fn after_a_power_cut_at_any_moment_of_a_write_it_is_as_before_or_as_written() {
    let (_place, folder) = remembered("before");
    let mut image = Image::of(folder.path());
    let (mut file, ..) = MemoryFile::open(&folder, &root()).unwrap().unwrap();
    let (written, _, steps) = with_disk(None, || file.write(&memory("after")));
    written.unwrap();
    let mut images = 0;
    for (at, step) in steps.iter().enumerate() {
        image.step(step);
        for cut in image.cuts() {
            let (_place, folder) = restored(&cut);
            let (_, found, how) = MemoryFile::open(&folder, &root()).unwrap().unwrap();
            assert_eq!(how, Found::AsLeft, "step {at}");
            assert!(found == memory("before") || found == memory("after"), "step {at}");
            images += 1;
        }
    }
    assert!(images > steps.len());
    // Once it is said to be done, it is done.
    for cut in image.cuts() {
        let (_place, folder) = restored(&cut);
        let (_, found, _) = MemoryFile::open(&folder, &root()).unwrap().unwrap();
        assert_eq!(found, memory("after"));
    }
}
