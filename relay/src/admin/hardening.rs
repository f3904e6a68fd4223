//! What a seized machine does not give away: nothing of this process's memory goes to a disk, or into its last words.
//!
//! It is for a process that is a relay and nothing else: all of it is for the whole process.

use std::{fs, panic, process, thread};

use rustix::{
    io,
    mm::{MlockAllFlags, mlockall},
    process::{DumpableBehavior, Resource, Rlimit, getrlimit, set_dumpable_behavior, setrlimit},
};
use tracing::Level;

use super::log;

/// The exit code after a fault in the program, as Rust has it.
const FAULT: i32 = 101;

/// Keeps the memory of this process off the disk, as far as the system permits: no core dump, no reading by other
/// processes of the same user, no swap. A panic says where it was, and not what it was about.
///
/// Returns what the operator should know: a sentence for each thing that the system does not permit.
pub fn seclude() -> Vec<String> {
    panic::set_hook(Box::new(|panic| {
        // The message may quote what a stranger sent.
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        log::line(
            Level::ERROR,
            &format!("sotto-relay: a fault in the program at {place}"),
        );
        // The process may be at its end.
        log::flush();
    }));
    // What would read the dump from a pipe does not ask for the limit, and a limit may be out of reach.
    let none = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    let _ = setrlimit(Resource::Core, none);
    let dumps = set_dumpable_behavior(DumpableBehavior::NotDumpable)
        .map_err(|error| format!("a crash may leave a core dump with what is in memory: {error}"));
    let swap = match never_swapped() {
        true => Ok(()),
        false => lock_memory().map_err(|why| format!("the system may swap memory to a disk: {why}")),
    };
    [dumps, swap].into_iter().filter_map(Result::err).collect()
}

/// Ends the process when one of its threads panics: half a relay would look like a whole one. Only of a task that `worker`
/// threads of the runtime run is the connection over and nothing else.
pub fn end_with_each_thread(worker: &'static str) {
    let tell = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        tell(panic);
        if thread::current().name() != Some(worker) {
            process::exit(FAULT);
        }
    }));
}

/// Whether the service manager keeps this process out of swap, as `MemorySwapMax=0` does.
fn never_swapped() -> bool {
    let group = fs::read_to_string("/proc/self/cgroup").unwrap_or_default();
    // The unified hierarchy (cgroups(7), "/proc/[pid]/cgroup").
    let Some(path) = group.lines().find_map(|line| line.strip_prefix("0::")) else {
        return false;
    };
    // Beside older ones it has a folder of its own.
    ["", "/unified"].iter().any(|mount| {
        let most = fs::read_to_string(format!("/sys/fs/cgroup{mount}{path}/memory.swap.max"));
        most.is_ok_and(|most| most.trim() == "0")
    })
}

/// Locks pages as they come into use, so that what is only reserved takes nothing.
fn lock_memory() -> Result<(), String> {
    let limit = getrlimit(Resource::Memlock);
    // A process that reaches such a limit gets no memory any more, in the middle of its work.
    if let Some(bytes) = limit.maximum {
        return Err(format!(
            "it lets this process lock {bytes} bytes of it (LimitMEMLOCK=infinity permits it, MemorySwapMax=0 makes it needless)"
        ));
    }
    let lock = |()| mlockall(MlockAllFlags::CURRENT | MlockAllFlags::FUTURE | MlockAllFlags::ONFAULT);
    let unlimited = Rlimit {
        current: None,
        maximum: None,
    };
    // A system call that a unit's filter may refuse is not made where there is no need.
    let raised = match limit.current {
        None => Ok(()),
        Some(_) => setrlimit(Resource::Memlock, unlimited),
    };
    let locked: io::Result<()> = raised.and_then(lock);
    locked.map_err(|error| error.to_string())
}
