//! The certificate that a relay shows, and the key that stands behind it.

use std::{
    fs::{self, OpenOptions},
    io::{self, ErrorKind, Write},
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair};
use rustls::{
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, UnixTime, pem, pem::PemObject},
    sign::CertifiedKey,
};
use sha2::{Digest, Sha256};
use webpki::{EndEntityCert, KeyUsage};

use crate::{clock::Day, limits};

/// The name of the file in which a key of our own making is kept.
const KEY_FILE: &str = "key.pem";

/// What the library that signs can do.
const KINDS: &str = "it must be RSA of 2048 to 8192 bits, ECDSA of P-256 or P-384, or Ed25519";

/// The name in a certificate of our own making. Who pins the key does not look at it.
const OWN_NAME: &str = "sotto-relay";

/// A certificate with its key.
#[derive(Debug)]
pub struct Certificate {
    key: Arc<CertifiedKey>,
    names: Vec<String>,
    /// When it begins and ends, in seconds since 1970; of one that somebody vouches for.
    start: Option<u64>,
    end: Option<u64>,
    /// Of a certificate that nobody vouches for.
    pin: Option<String>,
}

/// Why there is no certificate.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// A file cannot be read, or a directory made.
    #[error("cannot {what} {}: {source}", .path.display())]
    File {
        /// What was tried.
        what: &'static str,
        /// On what.
        path: PathBuf,
        /// The system's words.
        source: io::Error,
    },
    /// A file holds no certificate or no key.
    #[error("{} holds no {what} in PEM: {why}", .path.display())]
    Pem {
        /// What was looked for.
        what: &'static str,
        /// Where.
        path: PathBuf,
        /// What was found.
        why: String,
    },
    /// The key is another one's.
    #[error("the key in {} does not fit the certificate in {}", .key.display(), .certificate.display())]
    Unfit {
        /// The file of the certificate.
        certificate: PathBuf,
        /// The file of the key.
        key: PathBuf,
    },
    /// A certificate that cannot be used.
    #[error("cannot use the certificate in {}: {why}", .path.display())]
    UnusableCertificate {
        /// The file of the certificate.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// A key of a kind that cannot be used.
    #[error("cannot use the key in {}: {why}", .path.display())]
    Unusable {
        /// The file of the key.
        path: PathBuf,
        /// Why.
        why: String,
    },
}

impl Certificate {
    /// Reads a chain of certificates, the relay's own first, and its key.
    ///
    /// # Errors
    /// [`CertificateError`] when a file cannot be read, or they do not belong together.
    pub(crate) fn load(certificate: &Path, key: &Path) -> Result<Self, CertificateError> {
        let no = |what, path: &Path| {
            let path = path.to_owned();
            move |error| match error {
                pem::Error::Io(source) => CertificateError::File {
                    what: "read",
                    path,
                    source,
                },
                pem::Error::NoItemsFound => CertificateError::Pem {
                    what,
                    path,
                    why: "it holds other things, or nothing".to_owned(),
                },
                other => CertificateError::Pem {
                    what,
                    path,
                    why: other.to_string(),
                },
            }
        };
        let chain = CertificateDer::pem_file_iter(certificate)
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .map_err(no("certificate", certificate))?;
        if chain.is_empty() {
            return Err(no("certificate", certificate)(pem::Error::NoItemsFound));
        }
        let cannot_use = |why| CertificateError::UnusableCertificate {
            path: certificate.to_owned(),
            why,
        };
        EndEntityCert::try_from(&chain[0]).map_err(|error| {
            cannot_use(match error {
                webpki::Error::UnsupportedCertVersion => {
                    "it is of an old version of X.509, and clients accept version 3 only".to_owned()
                }
                other => other.to_string(),
            })
        })?;
        let secret = PrivateKeyDer::from_pem_file(key).map_err(no("private key", key))?;
        let certified = CertifiedKey::from_der(chain, secret, &ring::default_provider()).map_err(
            |error| match error {
                rustls::Error::InconsistentKeys(_) => CertificateError::Unfit {
                    certificate: certificate.to_owned(),
                    key: key.to_owned(),
                },
                // So `rustls` says that it knows no such key.
                rustls::Error::General(_) => unusable(key, &KINDS),
                other => unusable(key, &other),
            },
        )?;
        Self::new(certified, false).map_err(cannot_use)
    }

    /// Takes the key that was made for this relay, or makes one and keeps it in the directory for ever. The
    /// certificate around it is new each time: only the key counts.
    ///
    /// # Errors
    /// [`CertificateError`] when the key can be neither read nor made.
    pub(crate) fn self_signed(directory: &Path) -> Result<Self, CertificateError> {
        let path = directory.join(KEY_FILE);
        let key = match fs::read_to_string(&path) {
            Ok(text) => KeyPair::from_pem(&text).map_err(|error| CertificateError::Pem {
                what: "private key",
                path: path.clone(),
                why: error.to_string(),
            })?,
            Err(error) if error.kind() == ErrorKind::NotFound => make_key(directory, &path)?,
            Err(source) => {
                return Err(CertificateError::File {
                    what: "read",
                    path,
                    source,
                });
            }
        };
        let mut parameters =
            CertificateParams::new([OWN_NAME.to_owned()]).map_err(|e| unusable(&path, &e))?;
        parameters.distinguished_name = DistinguishedName::new();
        parameters.distinguished_name.push(DnType::CommonName, OWN_NAME);
        let certificate = parameters
            .self_signed(&key)
            .map_err(|error| unusable(&path, &error))?;
        let secret = PrivatePkcs8KeyDer::from(key.serialize_der());
        let chain = vec![certificate.der().clone()];
        let certified = CertifiedKey::from_der(chain, secret.into(), &ring::default_provider())
            .map_err(|error| unusable(&path, &error))?;
        Self::new(certified, true).map_err(|why| unusable(&path, &why))
    }

    fn new(key: CertifiedKey, is_own: bool) -> Result<Self, String> {
        let own = key.end_entity_cert().map_err(|error| error.to_string())?;
        let own = EndEntityCert::try_from(own).map_err(|error| error.to_string())?;
        let start = start_of(&own).filter(|_| !is_own);
        let end = end_of(&own).filter(|_| !is_own);
        let names = own.valid_dns_names().map(str::to_owned).collect();
        let pin = is_own.then(|| hex::encode(Sha256::digest(own.subject_public_key_info())));
        Ok(Self {
            key: Arc::new(key),
            names,
            start,
            end,
            pin,
        })
    }

    /// When it begins, in seconds since 1970; `None` for one that is pinned.
    pub(crate) fn start(&self) -> Option<u64> {
        self.start
    }

    /// When it ends, in seconds since 1970; `None` for one that is pinned: nobody looks at its times.
    pub(crate) fn end(&self) -> Option<u64> {
        self.end
    }

    /// What is to be said of its end, if that is near.
    pub(crate) fn warning(&self, today: Day) -> Option<String> {
        let end = Day::of(self.end?);
        if end < today {
            Some(format!("the certificate ended on {end}: clients refuse it"))
        } else if end.since(today) < limits::CERTIFICATE_DAYS {
            Some(format!("the certificate ends on {end}: has it been renewed?"))
        } else {
            None
        }
    }

    /// What TLS needs of it.
    pub(crate) fn key(&self) -> Arc<CertifiedKey> {
        self.key.clone()
    }

    /// What a client has to know of a certificate that nobody vouches for: SHA-256 of its key (the
    /// SubjectPublicKeyInfo in DER), in hex. `None` when somebody vouches for it: then the key may change.
    pub fn pin(&self) -> Option<&str> {
        self.pin.as_deref()
    }

    /// The host names that are vouched for.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        let names = self.names.iter().filter(|_| self.pin.is_none());
        names.map(String::as_str).filter(|name| !name.starts_with('*'))
    }
}

/// When a certificate ends, in seconds since 1970: the first thing that is wrong with it at the end of time.
fn end_of(certificate: &EndEntityCert<'_>) -> Option<u64> {
    match verified_at(certificate, u64::MAX) {
        Err(webpki::Error::CertExpired { not_after, .. }) => Some(not_after.as_secs()),
        _ => None,
    }
}

/// When it begins: the first thing that is wrong with it in 1970.
fn start_of(certificate: &EndEntityCert<'_>) -> Option<u64> {
    match verified_at(certificate, 0) {
        Err(webpki::Error::CertNotValidYet { not_before, .. }) => Some(not_before.as_secs()),
        _ => None,
    }
}

fn verified_at(certificate: &EndEntityCert<'_>, seconds: u64) -> Result<(), webpki::Error> {
    let time = UnixTime::since_unix_epoch(Duration::from_secs(seconds));
    let usage = KeyUsage::server_auth();
    certificate
        .verify_for_usage(&[], &[], &[], time, usage, None, None)
        .map(|_| ())
}

/// The file of the key that is kept in a directory.
pub(crate) fn own_key(directory: &Path) -> PathBuf {
    directory.join(KEY_FILE)
}

/// Whether everybody on this machine may read a file.
pub(crate) fn is_readable_by_all(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|metadata| metadata.mode() & 0o004 != 0)
}

fn unusable(path: &Path, why: &dyn ToString) -> CertificateError {
    CertificateError::Unusable {
        path: path.to_owned(),
        why: why.to_string(),
    }
}

/// The file appears whole or not at all: a relay that finds half a key could only ask for help.
fn make_key(directory: &Path, path: &Path) -> Result<KeyPair, CertificateError> {
    let key = KeyPair::generate().map_err(|error| unusable(path, &error))?;
    let cannot = |what, path: &Path| {
        let path = path.to_owned();
        move |source| CertificateError::File { what, path, source }
    };
    make_private_directory(directory)?;
    let draft = directory.join(format!("{KEY_FILE}.{}", std::process::id()));
    let pem = key.serialize_pem();
    let written = write_secret(&draft, pem.as_bytes()).map_err(cannot("write", &draft));
    let placed = written.and_then(|()| match fs::hard_link(&draft, path) {
        // Another relay was faster: its key is the one.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
        result => result.map(|()| true).map_err(cannot("write", path)),
    });
    let _ = fs::remove_file(&draft);
    if placed? {
        sync_directory(directory)?;
        return Ok(key);
    }
    let text = fs::read_to_string(path).map_err(cannot("read", path))?;
    KeyPair::from_pem(&text).map_err(|error| unusable(path, &error))
}

/// Makes a directory that nobody else may look into.
pub(super) fn make_private_directory(directory: &Path) -> Result<(), CertificateError> {
    let made = fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(directory);
    made.map_err(|source| CertificateError::File {
        what: "make",
        path: directory.to_owned(),
        source,
    })
}

/// Without it a power cut could take the name of a file, and with a key's every invite.
pub(super) fn sync_directory(directory: &Path) -> Result<(), CertificateError> {
    let synced = fs::File::open(directory).and_then(|directory| directory.sync_all());
    synced.map_err(|source| CertificateError::File {
        what: "sync",
        path: directory.to_owned(),
        source,
    })
}

/// Writes what nobody else may read, to the disk.
pub(super) fn write_secret(draft: &Path, secret: &[u8]) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(draft)?;
    file.write_all(secret)?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    /// Writes a certificate for a name with its key; their files.
    fn issue(directory: &Path, name: &str) -> (PathBuf, PathBuf) {
        issue_until(directory, name, time::macros::datetime!(2099-01-01 0:00 UTC))
    }

    fn issue_until(directory: &Path, name: &str, end: time::OffsetDateTime) -> (PathBuf, PathBuf) {
        let key = KeyPair::generate().unwrap();
        let mut parameters = CertificateParams::new([name.to_owned()]).unwrap();
        parameters.not_after = end;
        let certificate = parameters.self_signed(&key).unwrap();
        let files = [("crt", certificate.pem()), ("key", key.serialize_pem())].map(|(kind, text)| {
            let file = directory.join(format!("{name}.{kind}"));
            fs::write(&file, text).unwrap();
            file
        });
        files.into()
    }

    #[test]
    fn a_key_of_our_own_is_made_once_and_nobody_else_may_read_it() {
        let directory = tempfile::tempdir().unwrap();
        let directory = directory.path().join("deep").join("tls");
        let first = Certificate::self_signed(&directory).unwrap();
        assert_eq!(first.pin().unwrap().len(), 64);
        assert_eq!(first.names().count(), 0);
        let mode = fs::metadata(own_key(&directory)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(Certificate::self_signed(&directory).unwrap().pin(), first.pin());
        assert_eq!(fs::read_dir(&directory).unwrap().count(), 1);
    }

    #[test]
    fn a_key_of_our_own_that_is_damaged_is_not_replaced() {
        let directory = tempfile::tempdir().unwrap();
        fs::write(own_key(directory.path()), "damaged").unwrap();
        let error = Certificate::self_signed(directory.path())
            .unwrap_err()
            .to_string();
        assert!(error.contains("key.pem holds no private key in PEM"), "{error}");
        assert_eq!(fs::read_to_string(own_key(directory.path())).unwrap(), "damaged");
    }

    #[test]
    fn a_certificate_names_its_hosts_and_has_no_pin() {
        let directory = tempfile::tempdir().unwrap();
        let (certificate, key) = issue(directory.path(), "relay.example");
        let loaded = Certificate::load(&certificate, &key).unwrap();
        assert_eq!(loaded.names().collect::<Vec<_>>(), ["relay.example"]);
        assert_eq!(loaded.pin(), None);
    }

    #[test]
    fn the_end_of_a_certificate_is_told_from_two_weeks_before() {
        let directory = tempfile::tempdir().unwrap();
        let (certificate, key) = issue_until(
            directory.path(),
            "relay.example",
            time::macros::datetime!(2030-01-31 12:00 UTC),
        );
        let loaded = Certificate::load(&certificate, &key).unwrap();
        let end = Day(21_945);
        assert_eq!(Day::of(loaded.end().unwrap()), end);
        let warning = |days: i64| loaded.warning(Day(u32::try_from(i64::from(end.0) - days).unwrap()));
        assert_eq!(warning(14), None);
        assert_eq!(
            warning(13).unwrap(),
            "the certificate ends on 2030-01-31: has it been renewed?"
        );
        assert_eq!(
            warning(0).unwrap(),
            "the certificate ends on 2030-01-31: has it been renewed?"
        );
        assert_eq!(
            warning(-3).unwrap(),
            "the certificate ended on 2030-01-31: clients refuse it"
        );
        let own = Certificate::self_signed(directory.path()).unwrap();
        assert_eq!((own.end(), own.warning(Day(u32::MAX))), (None, None));
    }

    #[test]
    fn a_key_of_a_kind_that_cannot_be_used_is_said() {
        let directory = tempfile::tempdir().unwrap();
        let [certificate, key] = ["crt", "key"].map(|name| directory.path().join(name));
        for kind in ["ec -pkeyopt ec_paramgen_curve:P-521", "rsa:1024"] {
            let mut openssl = std::process::Command::new("openssl");
            openssl.args(["req", "-x509", "-nodes", "-subj", "/CN=relay.example", "-newkey"]);
            openssl
                .args(kind.split(' '))
                .arg("-keyout")
                .arg(&key)
                .arg("-out")
                .arg(&certificate);
            assert!(openssl.output().unwrap().status.success());
            let error = Certificate::load(&certificate, &key).unwrap_err().to_string();
            let expected = format!("cannot use the key in {}: it must be RSA of 2048", key.display());
            assert!(error.starts_with(&expected), "{error}");
        }
    }

    /// `openssl x509 -req -signkey`, which adds no extension: version 1 of X.509.
    const OLD: &str = "\
-----BEGIN CERTIFICATE-----\n\
MIIBLTCB0wIUY3An2g4yoOPG7QTazE4SWEVWCuIwCgYIKoZIzj0EAwIwGDEWMBQG\n\
A1UEAwwNcmVsYXkuZXhhbXBsZTAgFw0yNjExMjgwODMwNTRaGA8yMTI2MTEwNDA4\n\
MzA1NFowGDEWMBQGA1UEAwwNcmVsYXkuZXhhbXBsZTBZMBMGByqGSM49AgEGCCqG\n\
SM49AwEHA0IABKDO6bi5GskdaZ1dYYF4r8GYzM8jaJUnzczks0sXaxVbfeTxUy8t\n\
PZdNyKIORmriDkyFVAY9AdSbswi75FcSMecwCgYIKoZIzj0EAwIDSQAwRgIhAKzW\n\
Iuvgk3pkJPf3gBRh2rQvBnJuUSmp/pFRdxQ9Lqb7AiEA8AXxnBCqxOa37cq9Kh7D\n\
gX4l+gJSfLQjz/f/MKvo5Hg=\n\
-----END CERTIFICATE-----\n";

    #[test]
    fn a_certificate_of_version_1_is_said_and_not_its_key() {
        let directory = tempfile::tempdir().unwrap();
        let (_, key) = issue(directory.path(), "relay.example");
        let old = directory.path().join("old.crt");
        fs::write(&old, OLD).unwrap();
        let error = Certificate::load(&old, &key).unwrap_err().to_string();
        assert!(
            error.contains("old.crt: it is of an old version of X.509"),
            "{error}"
        );
    }

    #[test]
    fn files_that_do_not_belong_together_or_are_something_else_are_told_apart() {
        let directory = tempfile::tempdir().unwrap();
        let (one, key) = issue(directory.path(), "one.example");
        let (_, other_key) = issue(directory.path(), "two.example");
        for (certificate, key, words) in [
            (&one, &other_key, "does not fit the certificate in"),
            (&key, &key, "one.example.key holds no certificate in PEM"),
            (&one, &one, "one.example.crt holds no private key in PEM"),
            (&directory.path().join("none"), &key, "cannot read"),
        ] {
            let error = Certificate::load(certificate, key).unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
    }
}
