//! Somebody who vouches for servers, whom a test lets clients trust.

use std::fs;
use std::path::{Path, PathBuf};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};

/// A certificate authority whose files lie in a folder.
#[derive(Debug)]
pub struct Authority {
    folder: PathBuf,
    issuer: CertifiedIssuer<'static, KeyPair>,
}

impl Authority {
    /// Makes one.
    pub fn new(folder: &Path) -> Self {
        let mut parameters = CertificateParams::default();
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let issuer = CertifiedIssuer::self_signed(parameters, key).unwrap();
        let authority = Self {
            folder: folder.to_owned(),
            issuer,
        };
        fs::write(authority.root(), authority.issuer.pem()).unwrap();
        authority
    }

    /// Its own certificate, for `SSL_CERT_FILE`.
    pub fn root(&self) -> PathBuf {
        self.folder.join("root.pem")
    }

    /// Writes a new key and certificate of a host: `key.pem` and `cert.pem`.
    pub fn issue(&self, host: &str) {
        self.write(CertificateParams::new([host.to_owned()]).unwrap());
    }

    /// The same, with a certificate that ended in 2020.
    pub fn issue_expired(&self, host: &str) {
        let mut parameters = CertificateParams::new([host.to_owned()]).unwrap();
        parameters.not_after = date_time_ymd(2020, 1, 1);
        self.write(parameters);
    }

    /// The key first: a relay that looks in between must find that it does not fit.
    fn write(&self, parameters: CertificateParams) {
        let key = KeyPair::generate().unwrap();
        let certificate = parameters.signed_by(&key, &self.issuer).unwrap();
        for (name, text) in [("key.pem", key.serialize_pem()), ("cert.pem", certificate.pem())] {
            fs::write(self.folder.join(name), text).unwrap();
        }
    }
}
