//! Whether a relay could start with its options, and what it would be reached by, looked at before it does.

use super::error::OptionError;
use super::options::Options;
use crate::{
    admin::invite::{self, Public},
    admin::operator,
    admin::unit::Units,
    clock::Day,
    net::{certificate, descriptors, server::BindError},
    store::Database,
};

impl Options {
    /// Looks at options, files and permissions, without listening or leaving anything but a first key of its own. What
    /// is not right but keeps nobody from starting comes back, each as a sentence.
    ///
    /// # Errors
    /// [`BindError`]: what would keep the relay from starting.
    pub fn rehearse(&self) -> Result<Vec<String>, BindError> {
        self.check()?;
        let certificate = self.tls.certificate()?;
        if let Some(path) = &self.db {
            Database::rehearse(path)?;
        }
        // Whoever is no service of this machine is not bound by its units.
        let units = operator::is_service().then(Units::of_this_machine);
        if let Some(refusal) = units.as_ref().and_then(|units| units.refusal(self)) {
            return Err(BindError::Unit(refusal));
        }
        let mut warnings = Vec::new();
        if let Some(key) = self.tls.key_file()
            && certificate::is_readable_by_all(&key)
        {
            let key = key.display();
            warnings.push(format!(
                "everybody on this machine can read the key in {key}: chmod o-r {key}"
            ));
        }
        warnings.extend(certificate.and_then(|certificate| certificate.warning(Day::today())));
        warnings.extend(self.tls.acme.rehearse(self.listen.port())?);
        warnings.extend(units.and_then(|units| units.warning(self)));
        warnings.extend(descriptors::shortage(self.max_connections));
        Ok(warnings)
    }

    /// The URLs to hand over for a relay with these options, which need not run: see [`invite`].
    ///
    /// # Errors
    /// [`BindError`] when an option cannot be, or there is no certificate.
    pub fn invites(&self) -> Result<Vec<String>, BindError> {
        self.check()?;
        if self.listen.port() == 0 && !self.public.as_ref().is_some_and(Public::has_port) {
            return Err(BindError::Option(OptionError {
                option: "listen",
                value: self.listen.to_string(),
                must: "an invite needs the port, which --public HOST:PORT gives as well",
            }));
        }
        let certificate = self.tls.certificate()?;
        let urls = invite::urls(
            self.scheme(),
            self.listen,
            self.public().as_ref(),
            certificate.as_ref(),
        );
        if urls.is_empty() {
            return Err(BindError::Option(OptionError {
                option: "public",
                value: "not set".to_owned(),
                must: "behind --trusted-proxy an invite needs it: the name under which that server is reached",
            }));
        }
        Ok(urls)
    }
}
