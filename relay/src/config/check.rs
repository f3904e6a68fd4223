//! Whether a relay could start with its options, looked at before it does.

use crate::{Options, net::certificate, net::descriptors, net::server::BindError};

impl Options {
    /// Looks at options, files and permissions, without listening or writing anything but a first key of its own. What
    /// is not right but keeps nobody from starting comes back, each as a sentence.
    ///
    /// # Errors
    /// [`BindError`]: what would keep the relay from starting.
    pub fn rehearse(&self) -> Result<Vec<String>, BindError> {
        self.check()?;
        self.tls.certificate()?;
        let mut warnings = Vec::new();
        if let Some(key) = self.tls.key_file()
            && certificate::is_readable_by_all(&key)
        {
            let key = key.display();
            warnings.push(format!(
                "everybody on this machine can read the key in {key}: chmod o-r {key}"
            ));
        }
        warnings.extend(self.shortage());
        Ok(warnings)
    }

    /// What is to be said when the system gives fewer descriptors than the connections asked for.
    pub(crate) fn shortage(&self) -> Option<String> {
        let most = descriptors::connections();
        let asked = self.max_connections.filter(|asked| *asked > most)?;
        Some(format!(
            "--max-connections is {asked}, but the limit of descriptors is enough for {most}: raise LimitNOFILE"
        ))
    }
}
