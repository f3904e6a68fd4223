//! The certificate that a relay shows, and the key that stands behind it.

use std::{
    fs::{self, OpenOptions},
    io::{self, ErrorKind, Write},
    os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt},
    path::{Path, PathBuf},
    sync::Arc,
};

use rcgen::{CertificateParams, DistinguishedName, DnType, KeyPair};
use rustls::{
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, pem, pem::PemObject},
    sign::CertifiedKey,
};
use sha2::{Digest, Sha256};
use webpki::EndEntityCert;

/// The name of the file in which a key of our own making is kept.
const KEY_FILE: &str = "key.pem";

/// The name in a certificate of our own making. Who pins the key does not look at it.
const OWN_NAME: &str = "sotto-relay";

/// A certificate with its key.
#[derive(Debug)]
pub struct Certificate {
    key: Arc<CertifiedKey>,
    names: Vec<String>,
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
    /// A key or certificate of a kind that cannot be used.
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
    pub fn load(certificate: &Path, key: &Path) -> Result<Self, CertificateError> {
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
        let secret = PrivateKeyDer::from_pem_file(key).map_err(no("private key", key))?;
        let certified = CertifiedKey::from_der(chain, secret, &ring::default_provider()).map_err(
            |error| match error {
                rustls::Error::InconsistentKeys(_) => CertificateError::Unfit {
                    certificate: certificate.to_owned(),
                    key: key.to_owned(),
                },
                other => unusable(key, &other),
            },
        )?;
        Self::new(certified, false).map_err(|why| CertificateError::Pem {
            what: "certificate",
            path: certificate.to_owned(),
            why,
        })
    }

    /// Takes the key that was made for this relay, or makes one and keeps it in the directory for ever. The
    /// certificate around it is new each time: only the key counts.
    ///
    /// # Errors
    /// [`CertificateError`] when the key can be neither read nor made.
    pub fn self_signed(directory: &Path) -> Result<Self, CertificateError> {
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
        let names = own.valid_dns_names().map(str::to_owned).collect();
        let pin = is_own.then(|| hex::encode(Sha256::digest(own.subject_public_key_info())));
        Ok(Self {
            key: Arc::new(key),
            names,
            pin,
        })
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
    pub fn names(&self) -> impl Iterator<Item = &str> {
        let names = self.names.iter().filter(|_| self.pin.is_none());
        names.map(String::as_str).filter(|name| !name.starts_with('*'))
    }
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
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(directory)
        .map_err(cannot("make", directory))?;
    let draft = directory.join(format!("{KEY_FILE}.{}", std::process::id()));
    let written = write_key(&draft, &key).map_err(cannot("write", &draft));
    let placed = written.and_then(|()| match fs::hard_link(&draft, path) {
        // Another relay was faster: its key is the one.
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(false),
        result => result.map(|()| true).map_err(cannot("write", path)),
    });
    let _ = fs::remove_file(&draft);
    if placed? {
        // Without it a power cut could take the name of the file, and with it every invite.
        fs::File::open(directory)
            .and_then(|directory| directory.sync_all())
            .map_err(cannot("sync", directory))?;
        return Ok(key);
    }
    let text = fs::read_to_string(path).map_err(cannot("read", path))?;
    KeyPair::from_pem(&text).map_err(|error| unusable(path, &error))
}

fn write_key(draft: &Path, key: &KeyPair) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(draft)?;
    file.write_all(key.serialize_pem().as_bytes())?;
    file.sync_all()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    /// Writes a certificate for a name with its key; their files.
    fn issue(directory: &Path, name: &str) -> (PathBuf, PathBuf) {
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new([name.to_owned()])
            .unwrap()
            .self_signed(&key)
            .unwrap();
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
