//! From the passphrase to the room's root, after a look at whether the memory for it is there.

use sotto_protocol::root::MEMORY_KIB;
use sotto_protocol::{Passphrase, RoomName, Root};

/// What has to be free beyond the derivation itself, in KiB: the rest of the process, and of the system's life.
const SPARE_KIB: u64 = 32 * 1024;

/// Why no root could be derived.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum DerivationError {
    /// Linux would have to kill something.
    #[error("the key derivation needs 256 MiB of memory, and only {0} MiB are available")]
    NotEnough(u64),
    /// The allocator says no.
    #[error(transparent)]
    NotGiven(#[from] sotto_protocol::root::DeriveError),
    /// The thread that derives was stopped.
    #[error("the key derivation was interrupted")]
    Interrupted,
}

/// Derives the root on a thread for blocking work: about a second.
///
/// # Errors
/// [`DerivationError`].
pub(crate) async fn derive(passphrase: Passphrase, room: RoomName) -> Result<Root, DerivationError> {
    tokio::task::spawn_blocking(move || {
        check_memory()?;
        Ok(Root::derive(&passphrase, &room)?)
    })
    .await
    .map_err(|_| DerivationError::Interrupted)?
}

/// An allocation that fails aborts a Rust process, and one that succeeds may still wake the OOM killer: better
/// to say a sentence before.
fn check_memory() -> Result<(), DerivationError> {
    let needed = u64::from(MEMORY_KIB) + SPARE_KIB;
    if let Some(available) = available_kib()
        && available < needed
    {
        return Err(DerivationError::NotEnough(available / 1024));
    }
    // Address space only, given back untouched: a limit on it (ulimit -v) shows here.
    Vec::<u8>::new()
        .try_reserve_exact(MEMORY_KIB as usize * 1024)
        .map_err(|_| sotto_protocol::root::DeriveError.into())
}

/// What the system, and the control group that we are in, leave us; `None` where neither says.
fn available_kib() -> Option<u64> {
    let system = std::fs::read_to_string("/proc/meminfo")
        .ok()
        .and_then(|text| mem_available(&text));
    let group = std::fs::read_to_string("/proc/self/cgroup")
        .ok()
        .and_then(|text| group_limit(&text));
    match (system, group) {
        (Some(system), Some(group)) => Some(system.min(group)),
        (system, group) => system.or(group),
    }
}

/// `MemAvailable` of `/proc/meminfo`, in KiB.
fn mem_available(meminfo: &str) -> Option<u64> {
    let line = meminfo
        .lines()
        .find_map(|line| line.strip_prefix("MemAvailable:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

/// The limit (version 2 of control groups) of the group named in `/proc/self/cgroup`, in KiB. What is used of it
/// says little: most of that is cache.
fn group_limit(cgroup: &str) -> Option<u64> {
    let path = cgroup.lines().find_map(|line| line.strip_prefix("0::/"))?;
    let limit = std::fs::read_to_string(format!("/sys/fs/cgroup/{path}/memory.max")).ok()?;
    limit.trim().parse::<u64>().ok().map(|bytes| bytes / 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_available_memory_is_read_from_the_systems_report() {
        let report = "MemTotal:  16 kB\nMemFree:  1 kB\nMemAvailable:    12345678 kB\n";
        assert_eq!(mem_available(report), Some(12_345_678));
        assert_eq!(mem_available("MemTotal: 16 kB\n"), None);
        assert_eq!(mem_available("MemAvailable: lots\n"), None);
    }

    #[tokio::test]
    async fn a_root_is_derived_beside_the_runtime() {
        let passphrase = Passphrase::new("correct horse battery staple").unwrap();
        let root = derive(passphrase, RoomName::default()).await.unwrap();
        let again = Root::derive(
            &Passphrase::new("correct horse battery staple").unwrap(),
            &RoomName::default(),
        );
        assert!(root.room_hash() == again.unwrap().room_hash());
    }
}
