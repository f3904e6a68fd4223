//! What a seized machine does not give away: nothing of this process's memory goes to a disk, or into its last words.
//!
//! It is for a process that is a relay and nothing else: all of it is for the whole process.

use std::{io::Write, panic};

use rustix::{
    io,
    mm::{MlockAllFlags, mlockall},
    process::{DumpableBehavior, Resource, Rlimit, getrlimit, set_dumpable_behavior, setrlimit},
};

/// Keeps the memory of this process off the disk, as far as the system permits: no core dump, no reading by other
/// processes of the same user, no swap. A panic says where it was, and not what it was about.
///
/// Returns what the operator should know: a sentence for each thing that the system does not permit.
pub fn seclude() -> Vec<String> {
    panic::set_hook(Box::new(|panic| {
        // The message may quote what a stranger sent.
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        let _ = writeln!(
            std::io::stderr(),
            "sotto-relay: a fault in the program at {place}"
        );
    }));
    let no_core = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    let dumps = setrlimit(Resource::Core, no_core)
        // A limit of 0 does not hold back where a program takes the dump.
        .and_then(|()| set_dumpable_behavior(DumpableBehavior::NotDumpable))
        .map_err(|error| format!("a crash may leave a core dump with what is in memory: {error}"));
    let swap = lock_memory().map_err(|why| format!("the system may swap memory to a disk: {why}"));
    [dumps, swap].into_iter().filter_map(Result::err).collect()
}

/// Locks pages as they come into use, so that what is only reserved takes nothing.
fn lock_memory() -> Result<(), String> {
    let mut limit = getrlimit(Resource::Memlock);
    limit.current = limit.maximum;
    // A process that reaches such a limit gets no memory any more, in the middle of its work.
    if let Some(bytes) = limit.maximum {
        return Err(format!(
            "it lets this process lock {bytes} bytes of it (LimitMEMLOCK=infinity permits it, MemorySwapMax=0 makes it needless)"
        ));
    }
    let lock = |()| mlockall(MlockAllFlags::CURRENT | MlockAllFlags::FUTURE | MlockAllFlags::ONFAULT);
    let locked: io::Result<()> = setrlimit(Resource::Memlock, limit).and_then(lock);
    locked.map_err(|error| error.to_string())
}
