//! How many descriptors this process may open, and so how many connections it can hold.

use rustix::process::{Resource, getrlimit, setrlimit};

use crate::limits;

/// Raises the soft limit of descriptors to the hard one: it is low only for the sake of programs that use `select`.
pub fn raise_descriptor_limit() {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    // If it cannot be raised, `connections` counts with what there is.
    let _ = setrlimit(Resource::Nofile, limit);
}

/// The connections that this process can hold.
pub(crate) fn connections() -> usize {
    let limit = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    limit.saturating_sub(limits::SPARE_DESCRIPTORS).max(1)
}

/// What is to be said when the system gives fewer descriptors than the connections asked for.
pub(crate) fn shortage(max_connections: Option<usize>) -> Option<String> {
    let most = connections();
    let asked = max_connections.filter(|asked| *asked > most)?;
    Some(format!(
        "--max-connections is {asked}, but the limit of descriptors is enough for {most}: raise LimitNOFILE"
    ))
}
