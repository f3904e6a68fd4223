//! Keeps secrets out of core dumps and away from other processes of the same user.

/// Forbids core dumps and, on Linux, reading this process's memory (ptrace, `/proc/PID/mem`) to all but root.
/// To be called before any secret is read.
///
/// # Errors
/// Those of the system; the process can go on, less protected.
pub fn harden() -> std::io::Result<()> {
    use rustix::process::{Resource, Rlimit, setrlimit};

    setrlimit(
        Resource::Core,
        Rlimit {
            current: Some(0),
            maximum: Some(0),
        },
    )?;
    #[cfg(target_os = "linux")]
    rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable)?;
    Ok(())
}
