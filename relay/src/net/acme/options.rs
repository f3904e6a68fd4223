//! What an operator may set of it.

use std::path::PathBuf;

use clap::Args;
use rustls::pki_types::DnsName;

use super::state::State;
use crate::{config::error::OptionError, net::certificate::CertificateError};

/// Let's Encrypt.
const DIRECTORY: &str = "https://acme-v02.api.letsencrypt.org/directory";

/// Where the authority comes to, whatever the relay listens on (RFC 8737, 3).
const PORT: u16 = 443;

/// For which name a relay gets a certificate by itself, and from whom.
#[derive(Debug, Clone, Args)]
#[command(next_line_help = true)]
pub struct AcmeOptions {
    /// Speak TLS with a certificate for this name that the relay gets by itself and renews (ACME); it has to be reached
    /// on port 443 of that name, and you agree to the authority's terms [default: none]
    #[arg(long, env = "SOTTO_RELAY_ACME", value_name = "NAME")]
    pub acme: Option<String>,

    /// Where the authority may write to, mailto:YOU@EXAMPLE, when the account is made [default: none]
    #[arg(long, env = "SOTTO_RELAY_ACME_CONTACT", value_name = "URL")]
    pub acme_contact: Option<String>,

    /// The directory of the authority
    #[arg(long, env = "SOTTO_RELAY_ACME_DIRECTORY", value_name = "URL", default_value = DIRECTORY)]
    pub acme_directory: String,

    /// Where --acme keeps the account, the key and the certificate [default: none]
    #[arg(long, env = "SOTTO_RELAY_ACME_STATE", value_name = "DIR")]
    pub acme_state: Option<PathBuf>,
}

impl Default for AcmeOptions {
    fn default() -> Self {
        Self {
            acme: None,
            acme_contact: None,
            acme_directory: DIRECTORY.to_owned(),
            acme_state: None,
        }
    }
}

impl AcmeOptions {
    /// Finds the first option that cannot be. `other`: there is a certificate from elsewhere.
    pub(crate) fn check(&self, other: bool) -> Result<(), OptionError> {
        let wrong = |option, value: &str, must| {
            Err(OptionError {
                option,
                value: value.to_owned(),
                must,
            })
        };
        let Some(name) = &self.acme else {
            let state = self.acme_state.as_ref().map(|state| state.to_string_lossy());
            let alone = [
                ("acme-contact", self.acme_contact.as_deref()),
                ("acme-state", state.as_deref()),
            ];
            return match alone
                .into_iter()
                .find_map(|(option, value)| Some((option, value?)))
            {
                Some((option, value)) => wrong(option, value, "it needs --acme as well"),
                None => Ok(()),
            };
        };
        if !name.contains('.') || DnsName::try_from(name.as_str()).is_err() {
            return wrong("acme", name, "it must be a host name, as in relay.example");
        }
        if other {
            return wrong("acme", name, "there is --tls-cert or --tls-self-signed already");
        }
        if self.acme_state.is_none() {
            return wrong(
                "acme",
                name,
                "it needs --acme-state DIR as well, where the certificate is kept",
            );
        }
        let is_mail = |url: &String| url.strip_prefix("mailto:").is_some_and(|mail| mail.contains('@'));
        if let Some(contact) = self.acme_contact.as_ref().filter(|url| !is_mail(url)) {
            return wrong(
                "acme-contact",
                contact,
                "it must be as in mailto:you@relay.example",
            );
        }
        let directory: Result<hyper::Uri, _> = self.acme_directory.parse();
        if !directory.is_ok_and(|url| url.scheme_str() == Some("https") && url.host().is_some()) {
            return wrong(
                "acme-directory",
                &self.acme_directory,
                "it must be a URL that begins with https://",
            );
        }
        Ok(())
    }

    /// Where what is to stay is kept; `None` where no certificate is to be got.
    pub(crate) fn state(&self) -> Option<State> {
        Some(State::new(self.acme_state.as_ref()?, self.acme.as_ref()?))
    }

    /// Whether it could start; what the operator should know comes back as sentences.
    pub(crate) fn rehearse(&self, listening: u16) -> Result<Vec<String>, CertificateError> {
        let (Some(name), Some(state)) = (&self.acme, self.state()) else {
            return Ok(Vec::new());
        };
        state.rehearse()?;
        let mut warnings = Vec::new();
        if !state.certificate().exists() {
            warnings.push(format!(
                "there is no certificate for {name} yet: the relay gets one when it runs"
            ));
        }
        if listening != PORT {
            warnings.push(format!(
                "the authority comes to port {PORT} of {name}, and the relay listens on {listening}: something has to \
                 pass the one on to the other"
            ));
        }
        Ok(warnings)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn complete() -> AcmeOptions {
        AcmeOptions {
            acme: Some("relay.example".to_owned()),
            acme_contact: Some("mailto:you@relay.example".to_owned()),
            acme_state: Some("/state".into()),
            ..AcmeOptions::default()
        }
    }

    #[test]
    fn what_is_complete_can_be_and_so_can_nothing() {
        assert_eq!(complete().check(false), Ok(()));
        assert_eq!(AcmeOptions::default().check(true), Ok(()));
    }

    #[test]
    fn what_cannot_be_is_said_by_the_option() {
        let said = |change: fn(&mut AcmeOptions)| {
            let mut options = complete();
            change(&mut options);
            options.check(false).unwrap_err().to_string()
        };
        for (said, words) in [
            (
                said(|o| o.acme = Some("relay".into())),
                "--acme is relay: it must be a host name",
            ),
            (
                said(|o| o.acme = Some("192.0.2.1".into())),
                "--acme is 192.0.2.1: it must be a host name",
            ),
            (
                said(|o| o.acme = Some("*.relay.example".into())),
                "--acme is *.relay.example: it must be",
            ),
            (
                said(|o| o.acme_state = None),
                "--acme is relay.example: it needs --acme-state",
            ),
            (
                said(|o| o.acme = None),
                "--acme-contact is mailto:you@relay.example: it needs --acme as well",
            ),
            (
                said(|o| o.acme_contact = Some("you".into())),
                "--acme-contact is you: it must be as in mailto:",
            ),
            (
                said(|o| o.acme_directory = "http://a/b".into()),
                "--acme-directory is http://a/b: it must be a URL",
            ),
        ] {
            assert!(said.starts_with(words), "{said}");
        }
        let two = complete().check(true).unwrap_err().to_string();
        assert_eq!(
            two,
            "--acme is relay.example: there is --tls-cert or --tls-self-signed already"
        );
    }

    #[test]
    fn a_check_tells_what_is_missing_and_leaves_nothing_behind() {
        let directory = tempfile::tempdir().unwrap();
        let state = directory.path().join("acme");
        let options = AcmeOptions {
            acme_state: Some(state.clone()),
            ..complete()
        };
        let warnings = options.rehearse(4000).unwrap();
        assert!(
            warnings[0].starts_with("there is no certificate for relay.example yet"),
            "{warnings:?}"
        );
        assert!(
            warnings[1].starts_with("the authority comes to port 443 of relay.example"),
            "{warnings:?}"
        );
        assert_eq!(std::fs::read_dir(&state).unwrap().count(), 0);
        std::fs::write(options.state().unwrap().certificate(), "").unwrap();
        assert_eq!(options.rehearse(443).unwrap(), [""; 0]);
    }
}
