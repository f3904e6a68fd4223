//! The user whose file it is.

use std::{fs, os::unix::fs::MetadataExt, os::unix::process::CommandExt, path::Path, process::Command};

use super::OperatorError;

/// If we are root and the file is somebody else's: starts this very command again as that user, and does not return.
pub(super) fn become_owner(path: &Path) -> Result<(), OperatorError> {
    // What is wrong with the file is said when it is opened.
    let Ok(file) = fs::metadata(path) else {
        return Ok(());
    };
    if !rustix::process::geteuid().is_root() || file.uid() == 0 {
        return Ok(());
    }
    let source = match std::env::current_exe() {
        Ok(program) => Command::new(program)
            .args(std::env::args_os().skip(1))
            // That user may not read where we have it from.
            .env("SOTTO_RELAY_DB", path)
            .uid(file.uid())
            .gid(file.gid())
            .exec(),
        Err(error) => error,
    };
    Err(OperatorError::Owner {
        path: path.to_owned(),
        source,
    })
}
