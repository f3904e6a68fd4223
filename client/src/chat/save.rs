//! A talk in a file: new, and readable by its owner only.

use std::env;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::platform::private_file;

/// Writes a text into a new file, and says where. A file that exists is never touched.
///
/// # Errors
/// A sentence that names the file.
pub(crate) fn save(file: &str, text: &str) -> Result<String, String> {
    let path = path(file, env::var_os("HOME").map(PathBuf::from));
    let shown = path.display();
    let mut new = private_file(&path, true).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => format!("{shown} exists already; nothing was written"),
        _ => format!("cannot write {shown}: {error}"),
    })?;
    (new.write_all(text.as_bytes()))
        .and_then(|()| new.sync_all())
        .map_err(|error| format!("{shown} is not whole: {error}"))?;
    Ok(format!("saved in {shown}, in clear"))
}

/// `~/` is the user's home, as in a shell.
fn path(file: &str, home: Option<PathBuf>) -> PathBuf {
    match (file.strip_prefix("~/"), home) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => Path::new(file).to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_talk_is_saved_for_its_owner_and_never_over_another_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("talk.txt");
        let file = path.to_str().unwrap();
        assert!(save(file, "anna: hi\n").is_ok());
        assert_eq!(fs::read_to_string(&path).unwrap(), "anna: hi\n");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        let why = save(file, "other").unwrap_err();
        assert!(why.contains("exists already"), "{why}");
        assert_eq!(fs::read_to_string(&path).unwrap(), "anna: hi\n");
        let nowhere = save(&format!("{file}/below"), "x").unwrap_err();
        assert!(nowhere.contains("cannot write"), "{nowhere}");
    }

    #[test]
    fn a_tilde_is_the_home() {
        let home = || Some(PathBuf::from("/home/anna"));
        assert_eq!(path("~/talk", home()), Path::new("/home/anna/talk"));
        assert_eq!(path("talk", home()), Path::new("talk"));
        assert_eq!(path("~/talk", None), Path::new("~/talk"));
    }
}
