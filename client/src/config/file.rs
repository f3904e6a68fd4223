//! The configuration file on the disk: read as a text, and changed only where something is to be remembered.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use sotto_protocol::Name;
use toml_edit::{DocumentMut, Item};

use crate::platform::{private_file, private_folder};

/// The longest file that is read, in bytes: far more than anybody sets.
const MAX_FILE: u64 = 1024 * 1024;

/// Where the file is, whether it exists or not.
pub(crate) fn path() -> Option<PathBuf> {
    path_in(|name| std::env::var_os(name).map(PathBuf::from))
}

/// The specification of the XDG folders wants an absolute path, and others to be ignored.
fn path_in(environment: impl Fn(&str) -> Option<PathBuf>) -> Option<PathBuf> {
    let absolute = |name| environment(name).filter(|path| path.is_absolute());
    let folder = absolute("XDG_CONFIG_HOME").or_else(|| Some(absolute("HOME")?.join(".config")));
    Some(folder?.join("sotto").join("config.toml"))
}

/// The file's text; none where there is no file.
pub(super) fn read() -> io::Result<String> {
    path().map_or_else(|| Ok(String::new()), |path| read_from(&path))
}

fn read_from(path: &Path) -> io::Result<String> {
    let file = match File::open(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(String::new()),
        file => file?,
    };
    let mut text = String::new();
    file.take(MAX_FILE + 1).read_to_string(&mut text)?;
    if text.len() as u64 > MAX_FILE {
        return Err(io::Error::other("it is longer than 1 MiB"));
    }
    Ok(text)
}

/// Writes the name, and the relay if there is one, into the file, which keeps everything else, comments too.
///
/// # Errors
/// Those of the system; [`io::ErrorKind::InvalidData`] for a file that is not TOML, which is left as it is.
pub(crate) fn remember(relay: Option<&str>, name: &Name) -> io::Result<()> {
    path().map_or(Ok(()), |path| remember_in(&path, relay, name))
}

fn remember_in(path: &Path, relay: Option<&str>, name: &Name) -> io::Result<()> {
    let before = read_from(path)?;
    let mut document: DocumentMut = before
        .parse()
        .map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))?;
    let relay = relay.map(|relay| ("relay", relay));
    for (key, text) in relay.into_iter().chain([("name", name.as_str())]) {
        match document.get_mut(key).and_then(Item::as_value_mut) {
            Some(value) if value.as_str() == Some(text) => {}
            Some(value) => {
                let decor = value.decor().clone();
                *value = text.into();
                *value.decor_mut() = decor;
            }
            None => document[key] = toml_edit::value(text),
        }
    }
    let after = document.to_string();
    if after == before {
        return Ok(());
    }
    // A link to somewhere else stays one.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    if let Some(folder) = path.parent() {
        private_folder(folder, true)?;
    }
    let beside = path.with_extension("toml.new");
    let mut file = private_file(&beside, false)?;
    if let Ok(before) = fs::metadata(&path) {
        // Who could read it still can.
        file.set_permissions(before.permissions())?;
    }
    file.write_all(after.as_bytes())?;
    file.sync_all()?;
    fs::rename(beside, path)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn the_file_is_where_the_xdg_folders_are() {
        let at = |config: Option<&str>, home: Option<&str>| {
            path_in(|name| match name {
                "XDG_CONFIG_HOME" => config.map(PathBuf::from),
                _ => home.map(PathBuf::from),
            })
        };
        assert_eq!(at(Some("/x"), Some("/h")), Some("/x/sotto/config.toml".into()));
        assert_eq!(
            at(Some("x"), Some("/h")),
            Some("/h/.config/sotto/config.toml".into())
        );
        assert_eq!(at(None, Some("/h")), Some("/h/.config/sotto/config.toml".into()));
        assert_eq!(at(None, None), None);
    }

    #[test]
    fn what_is_remembered_leaves_the_rest_of_the_file_as_it_is() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("deep").join("config.toml");
        let name = Name::new("ben").unwrap();
        remember_in(&path, Some("ws://h:4000/"), &name).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);

        let before = "# mine\nrelay = \"ws://old\" # home\n\n[notices]\nbell = \"never\"\n";
        fs::write(&path, before).unwrap();
        remember_in(&path, Some("ws://h:4000/"), &name).unwrap();
        let after =
            "# mine\nrelay = \"ws://h:4000/\" # home\nname = \"ben\"\n\n[notices]\nbell = \"never\"\n";
        assert_eq!(fs::read_to_string(&path).unwrap(), after);
        assert_eq!(fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn a_name_alone_is_remembered_beside_what_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        fs::write(&path, "relay = \"ws://h\" # home\n").unwrap();
        remember_in(&path, None, &Name::new("ben").unwrap()).unwrap();
        let after = "relay = \"ws://h\" # home\nname = \"ben\"\n";
        assert_eq!(fs::read_to_string(&path).unwrap(), after);
    }

    #[test]
    fn what_cannot_be_read_is_an_error_and_what_is_not_there_is_empty() {
        let folder = tempfile::tempdir().unwrap();
        assert!(read_from(folder.path()).is_err(), "a folder");
        let path = folder.path().join("config.toml");
        assert_eq!(read_from(&path).unwrap(), "");
        fs::write(&path, b"name = \"\xff\"").unwrap();
        assert!(read_from(&path).unwrap_err().to_string().contains("UTF-8"));
        fs::write(&path, " ".repeat(1024 * 1024 + 1)).unwrap();
        assert!(read_from(&path).unwrap_err().to_string().contains("1 MiB"));
    }

    #[test]
    fn a_file_that_is_broken_is_not_written() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("config.toml");
        fs::write(&path, "relay = = 1").unwrap();
        let error = remember_in(&path, Some("ws://h/"), &Name::new("ben").unwrap()).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidData);
        assert_eq!(fs::read_to_string(&path).unwrap(), "relay = = 1");
    }

    #[test]
    fn a_link_to_the_file_stays_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let (real, link) = (folder.path().join("real.toml"), folder.path().join("config.toml"));
        fs::write(&real, "").unwrap();
        std::os::unix::fs::symlink(&real, &link).unwrap();
        remember_in(&link, Some("ws://h/"), &Name::new("ben").unwrap()).unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert!(fs::read_to_string(&real).unwrap().contains("ws://h/"));
    }
}
