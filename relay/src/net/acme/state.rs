//! What stays on the disk: the account, and the certificate with its key.

use std::{
    fs,
    io::ErrorKind,
    path::{Path, PathBuf},
};

use instant_acme::AccountCredentials;
use serde_json::Value;

use crate::net::certificate::{CertificateError, make_private_directory, sync_directory, write_secret};

/// The directory of it. Only the relay may read what is there.
#[derive(Debug, Clone)]
pub(crate) struct State {
    directory: PathBuf,
    certificate: PathBuf,
}

impl State {
    /// Where it is, for a name.
    pub(super) fn new(directory: &Path, name: &str) -> Self {
        Self {
            directory: directory.to_owned(),
            // Of the name, so that another name's is never shown.
            certificate: directory.join(format!("{}.pem", name.to_ascii_lowercase())),
        }
    }

    /// The file of the key and the certificate: one file, so that they change together.
    pub(crate) fn certificate(&self) -> &Path {
        &self.certificate
    }

    fn account(&self) -> PathBuf {
        self.directory.join("account.json")
    }

    /// Whether something could be kept there.
    pub(super) fn rehearse(&self) -> Result<(), CertificateError> {
        make_private_directory(&self.directory)?;
        let draft = draft_of(&self.certificate);
        write_secret(&draft, b"").map_err(cannot("write", &draft))?;
        fs::remove_file(&draft).map_err(cannot("remove", &draft))
    }

    /// The account at this authority, if there is one.
    pub(super) fn read_account(
        &self,
        directory: &str,
    ) -> Result<Option<AccountCredentials>, CertificateError> {
        let path = self.account();
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(cannot("read", &path)(source)),
        };
        // What is damaged, or another authority's, is made anew: an account is worth nothing but its own certificates.
        let account: Value = serde_json::from_str(&text).unwrap_or_default();
        if account["directory"] != *directory {
            return Ok(None);
        }
        Ok(serde_json::from_value(account).ok())
    }

    /// Keeps an account instead of the one that is there.
    pub(super) fn write_account(&self, account: &AccountCredentials) -> Result<(), CertificateError> {
        let path = self.account();
        let text = serde_json::to_string(account).map_err(|error| cannot("write", &path)(error.into()))?;
        self.replace(&path, &text)
    }

    /// Keeps a key, and the certificate for it with what vouches for that.
    pub(super) fn write_certificate(&self, key: &str, chain: &str) -> Result<(), CertificateError> {
        self.replace(&self.certificate, &format!("{key}{chain}"))
    }

    /// The file is the old one or the new one, whole, whenever the power goes.
    fn replace(&self, path: &Path, text: &str) -> Result<(), CertificateError> {
        make_private_directory(&self.directory)?;
        let draft = draft_of(path);
        write_secret(&draft, text.as_bytes()).map_err(cannot("write", &draft))?;
        fs::rename(&draft, path).map_err(cannot("write", path))?;
        sync_directory(&self.directory)
    }
}

fn draft_of(path: &Path) -> PathBuf {
    path.with_extension(format!("draft.{}", std::process::id()))
}

fn cannot(what: &'static str, path: &Path) -> impl FnOnce(std::io::Error) -> CertificateError {
    let path = path.to_owned();
    move |source| CertificateError::File { what, path, source }
}
