//! What the systemd units of the package let a relay do, as far as the operator may have changed one side only.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    fs,
    net::{Ipv6Addr, SocketAddr},
    path::{Path, PathBuf},
};

use crate::config::options::Options;

/// Where systemd looks for units, the first one that has a file wins (systemd.unit(5)).
const PLACES: [&str; 3] = [
    "/etc/systemd/system",
    "/run/systemd/system",
    "/usr/lib/systemd/system",
];
/// Under which a unit's `StateDirectory=` is.
const STATE: &str = "/var/lib";
/// What `ProtectHome=yes` and `PrivateTmp=yes` of the unit hide.
const HIDDEN: [&str; 5] = ["/home", "/root", "/run/user", "/tmp", "/var/tmp"];

/// Units in their folders.
pub(crate) struct Units {
    places: Vec<PathBuf>,
}

impl Units {
    /// Those of this machine.
    pub(crate) fn of_this_machine() -> Self {
        Self {
            places: PLACES.map(PathBuf::from).to_vec(),
        }
    }

    /// What is not right but keeps no relay from starting.
    pub(crate) fn warning(&self, options: &Options) -> Option<String> {
        let listened = self.values("sotto-relay.socket", "ListenStream");
        let listened: Vec<SocketAddr> = listened.iter().filter_map(|value| address(value)).collect();
        let (first, asked) = (listened.first()?, options.listen);
        (!listened.contains(&asked)).then(|| {
            format!(
                "--listen is {asked}, but sotto-relay.socket listens on {first}, which counts: systemctl edit \
                 sotto-relay.socket"
            )
        })
    }

    /// A file that the unit does not let the relay use, as a sentence.
    pub(crate) fn refusal(&self, options: &Options) -> Option<String> {
        let states = self.values("sotto-relay.service", "StateDirectory");
        // Without the unit nothing is in the way.
        if states.is_empty() {
            return None;
        }
        let states = states.iter().flat_map(|names| names.split_whitespace());
        let more = self.values("sotto-relay.service", "ReadWritePaths");
        let more = more.iter().flat_map(|paths| paths.split_whitespace());
        let writable: Vec<PathBuf> = states
            .map(|name| Path::new(STATE).join(name))
            .chain(more.map(|path| PathBuf::from(path.trim_start_matches(['-', '+']))))
            .collect();
        let (db, own) = (&options.db, &options.tls.tls_self_signed);
        let locked = [db, own]
            .into_iter()
            .flatten()
            .find(|path| !writable.iter().any(|writable| path.starts_with(writable)));
        if let Some(path) = locked {
            let folder = path.parent().unwrap_or(path).display();
            return Some(format!(
                "sotto-relay.service does not let the relay write {}: systemctl edit sotto-relay.service, with \
                 ReadWritePaths={folder} in its [Service]",
                path.display()
            ));
        }
        let read = [&options.tls.tls_cert, &options.tls.tls_key];
        let hidden =
            (read.into_iter().flatten()).find(|path| HIDDEN.iter().any(|hidden| path.starts_with(hidden)))?;
        Some(format!(
            "sotto-relay.service hides {} from the relay: put it into /etc/sotto-relay",
            hidden.display()
        ))
    }

    /// The values of a setting, in the unit and what was added to it; an empty one takes back those before it.
    fn values(&self, unit: &str, setting: &str) -> Vec<String> {
        let main = self
            .places
            .iter()
            .map(|place| place.join(unit))
            .find(|file| file.exists());
        // By their names, whatever folder they are in; of one name the first place wins.
        let mut added: BTreeMap<OsString, PathBuf> = BTreeMap::new();
        for place in &self.places {
            let files = fs::read_dir(place.join(format!("{unit}.d")))
                .into_iter()
                .flatten();
            for file in files.flatten().map(|file| file.path()) {
                if file.extension().is_some_and(|extension| extension == "conf")
                    && let Some(name) = file.file_name()
                {
                    added.entry(name.to_owned()).or_insert(file);
                }
            }
        }
        let mut values = Vec::new();
        for file in main.into_iter().chain(added.into_values()) {
            let text = fs::read_to_string(file).unwrap_or_default();
            let given = text.lines().filter_map(|line| line.trim().split_once('='));
            for (_, value) in given.filter(|(name, _)| name.trim() == setting) {
                match value.trim() {
                    "" => values.clear(),
                    value => values.push(value.to_owned()),
                }
            }
        }
        values
    }
}

/// A port alone is one of all addresses (systemd.socket(5)).
fn address(value: &str) -> Option<SocketAddr> {
    let port = value.parse().map(|port| (Ipv6Addr::UNSPECIFIED, port).into());
    value.parse().or(port).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::tls::TlsOptions;

    /// Folders with the units of the package, the operator's own before them.
    fn units(own: &[(&str, &str)]) -> (tempfile::TempDir, Units) {
        let folder = tempfile::tempdir().unwrap();
        let places = ["etc", "lib"].map(|name| folder.path().join(name)).to_vec();
        for (path, text) in [
            (
                "lib/sotto-relay.socket",
                include_str!("../../package/sotto-relay.socket"),
            ),
            (
                "lib/sotto-relay.service",
                include_str!("../../package/sotto-relay.service"),
            ),
        ]
        .iter()
        .chain(own)
        {
            let path = folder.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        (folder, Units { places })
    }

    fn listening(on: &str) -> Options {
        Options {
            listen: on.parse().unwrap(),
            ..Options::default()
        }
    }

    #[test]
    fn an_address_unlike_the_sockets_is_warned_of() {
        let (_folder, package) = units(&[]);
        assert_eq!(package.warning(&listening("[::]:4000")), None);
        let warning = package.warning(&listening("127.0.0.1:4000")).unwrap();
        assert!(
            warning.contains("sotto-relay.socket listens on [::]:4000"),
            "{warning}"
        );

        let edited = "[Socket]\nListenStream=\n ListenStream = 127.0.0.1:4000 \n";
        let (_folder, edited) = units(&[("etc/sotto-relay.socket.d/override.conf", edited)]);
        assert_eq!(edited.warning(&listening("127.0.0.1:4000")), None);
        assert!(edited.warning(&listening("[::]:4000")).is_some());

        let (_folder, other) = units(&[("etc/sotto-relay.socket", "[Socket]\nListenStream=443\n")]);
        assert_eq!(other.warning(&listening("[::]:443")), None);

        let nowhere = Units { places: Vec::new() };
        assert_eq!(nowhere.warning(&listening("127.0.0.1:1")), None);
    }

    #[test]
    fn a_file_that_the_unit_does_not_let_the_relay_use_is_refused() {
        let at = |db: &str| Options {
            db: Some(db.into()),
            ..Options::default()
        };
        let (_folder, package) = units(&[]);
        assert_eq!(package.refusal(&at("/var/lib/sotto-relay/rooms.db")), None);
        let refusal = package.refusal(&at("/srv/sotto/rooms.db")).unwrap();
        assert!(refusal.contains("with ReadWritePaths=/srv/sotto"), "{refusal}");

        let edited = "[Service]\nReadWritePaths=/mnt -/srv/sotto\n";
        let (_folder, edited) = units(&[("etc/sotto-relay.service.d/override.conf", edited)]);
        assert_eq!(edited.refusal(&at("/srv/sotto/rooms.db")), None);

        let tls = TlsOptions {
            tls_cert: Some("/etc/sotto-relay/cert.pem".into()),
            tls_key: Some("/root/key.pem".into()),
            ..TlsOptions::default()
        };
        let options = Options {
            tls,
            ..Options::default()
        };
        let refusal = package.refusal(&options).unwrap();
        assert!(refusal.contains("hides /root/key.pem"), "{refusal}");
        assert_eq!(Units { places: Vec::new() }.refusal(&options), None);
    }
}
