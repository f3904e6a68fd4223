//! The user whose file it is.

use std::{
    fs,
    os::unix::fs::MetadataExt,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::Command,
};

use super::OperatorError;

/// User and group of a file that is somebody else's, if we are root.
pub(super) fn other_owner(path: &Path) -> Option<(u32, u32)> {
    // What is wrong with the file is said when it is opened.
    let file = fs::metadata(path).ok()?;
    (rustix::process::geteuid().is_root() && file.uid() != 0).then(|| (file.uid(), file.gid()))
}

/// Starts this very command again, as that user and with these variables as well. It does not return, unless it fails.
pub(super) fn start_again(
    user: Option<(u32, u32)>,
    variables: impl IntoIterator<Item = (String, PathBuf)>,
) -> OperatorError {
    let program = match std::env::current_exe() {
        Ok(program) => program,
        Err(error) => return OperatorError::Again(error),
    };
    let mut command = Command::new(program);
    command.args(std::env::args_os().skip(1)).envs(variables);
    if let Some((uid, gid)) = user {
        command.uid(uid).gid(gid);
    }
    OperatorError::Again(command.exec())
}
