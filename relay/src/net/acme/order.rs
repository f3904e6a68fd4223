//! One certificate, from the account to the file.

use std::sync::Arc;

use instant_acme::{
    Account, AuthorizationStatus, ChallengeType, Error, Identifier, NewAccount, NewOrder, Order, OrderStatus,
    Problem, RetryPolicy,
};
use rcgen::{CertificateParams, CustomExtension, KeyPair};
use rustls::{crypto::ring::sign::any_supported_type, pki_types::PrivatePkcs8KeyDer, sign::CertifiedKey};
use tokio::task::spawn_blocking;

use super::{
    https::{Https, RetryAfter},
    options::AcmeOptions,
    state::State,
};
use crate::{
    limits,
    net::{certificate::CertificateError, tls::Tls},
};

/// So the authority says that it has forgotten an account (RFC 8555, 6.7).
const NO_SUCH_ACCOUNT: &str = "urn:ietf:params:acme:error:accountDoesNotExist";

/// Why there is no certificate.
#[derive(Debug, thiserror::Error)]
pub(super) enum AcmeError {
    #[error("the authority says: {}", words(.0))]
    Refused(Problem),
    #[error("{0}")]
    Request(Error),
    #[error("the authority does not offer to look for it on this port (TLS-ALPN-01)")]
    NoChallenge,
    #[error("the authority did not say why not")]
    NoReason,
    #[error("the authority has not come to an end in time")]
    Slow,
    #[error("cannot make a key for it: {0}")]
    Key(#[from] rcgen::Error),
    #[error("cannot show what the authority looks for: {0}")]
    Tls(#[from] rustls::Error),
    #[error(transparent)]
    State(#[from] CertificateError),
    #[error("there is a fault in the program")]
    Fault,
}

impl From<Error> for AcmeError {
    fn from(error: Error) -> Self {
        match error {
            Error::Api(problem) => Self::Refused(problem),
            Error::Timeout(_) => Self::Slow,
            other => Self::Request(other),
        }
    }
}

fn words(problem: &Problem) -> String {
    let detail = problem.detail.clone().or_else(|| problem.r#type.clone());
    let detail = detail.unwrap_or_else(|| "nothing".to_owned());
    // It stands in a line of the log.
    detail
        .chars()
        .filter(|c| !c.is_control())
        .take(limits::ACME_WORDS)
        .collect()
}

/// Gets a certificate for the name, and keeps it in the file from which TLS reads it.
pub(super) async fn certificate(
    options: &AcmeOptions,
    name: &str,
    state: &State,
    tls: &Tls,
    retry_after: RetryAfter,
) -> Result<(), AcmeError> {
    let mut order = new_order(options, name, state, retry_after).await?;
    prove(&mut order, name, tls).await?;
    let patience = RetryPolicy::new().timeout(limits::ACME_PATIENCE);
    if order.poll_ready(&patience).await? != OrderStatus::Ready {
        return Err(reason(&mut order).await);
    }
    let key = KeyPair::generate()?;
    let mut parameters = CertificateParams::new([name.to_owned()])?;
    parameters.distinguished_name = rcgen::DistinguishedName::new();
    order
        .finalize_csr(parameters.serialize_request(&key)?.der())
        .await?;
    let chain = order.poll_certificate(&patience).await?;
    let state = state.clone();
    let kept = spawn_blocking(move || state.write_certificate(&key.serialize_pem(), &chain)).await;
    Ok(kept.map_err(|_| AcmeError::Fault)??)
}

async fn new_order(
    options: &AcmeOptions,
    name: &str,
    state: &State,
    retry_after: RetryAfter,
) -> Result<Order, AcmeError> {
    let names = [Identifier::Dns(name.to_owned())];
    let order = NewOrder::new(&names);
    let directory = &options.acme_directory;
    if let Some(known) = state.read_account(directory)? {
        let account = Account::builder_with_http(https(retry_after.clone()).await?);
        match account.from_credentials(known).await?.new_order(&order).await {
            Err(Error::Api(problem)) if problem.r#type.as_deref() == Some(NO_SUCH_ACCOUNT) => {}
            known => return Ok(known?),
        }
    }
    let contact: Vec<&str> = options.acme_contact.as_deref().into_iter().collect();
    let new = NewAccount {
        contact: &contact,
        terms_of_service_agreed: true,
        only_return_existing: false,
    };
    let account = Account::builder_with_http(https(retry_after).await?);
    let (account, credentials) = account.create(&new, directory.clone(), None).await?;
    state.write_account(&credentials)?;
    Ok(account.new_order(&order).await?)
}

async fn https(retry_after: RetryAfter) -> Result<Box<Https>, AcmeError> {
    let made = spawn_blocking(|| Https::new(retry_after)).await;
    Ok(Box::new(made.map_err(|_| AcmeError::Fault)??))
}

/// Shows on the relay's port what the authority looks for, and asks it to look.
async fn prove(order: &mut Order, name: &str, tls: &Tls) -> Result<(), AcmeError> {
    let mut authorizations = order.authorizations();
    while let Some(authorization) = authorizations.next().await {
        let mut authorization = authorization?;
        if authorization.status == AuthorizationStatus::Valid {
            continue;
        }
        let challenge = authorization.challenge(ChallengeType::TlsAlpn01);
        let mut challenge = challenge.ok_or(AcmeError::NoChallenge)?;
        tls.show_proof(Some(proof(
            name,
            challenge.key_authorization().digest().as_ref(),
        )?));
        challenge.set_ready().await?;
    }
    Ok(())
}

/// The certificate of RFC 8737, 3.
fn proof(name: &str, digest: &[u8]) -> Result<Arc<CertifiedKey>, AcmeError> {
    let key = KeyPair::generate()?;
    let mut parameters = CertificateParams::new([name.to_owned()])?;
    parameters.custom_extensions = vec![CustomExtension::new_acme_identifier(digest)];
    let certificate = parameters.self_signed(&key)?;
    let secret = PrivatePkcs8KeyDer::from(key.serialize_der());
    let secret = any_supported_type(&secret.into())?;
    // Nothing is checked: the extension by which the authority knows it is critical, and known to nobody else.
    Ok(Arc::new(CertifiedKey::new(
        vec![certificate.der().clone()],
        secret,
    )))
}

/// Why the authority did not find what it looked for.
async fn reason(order: &mut Order) -> AcmeError {
    let mut authorizations = order.authorizations();
    while let Some(Ok(mut authorization)) = authorizations.next().await {
        let Ok(authorization) = authorization.refresh().await else {
            continue;
        };
        if let Some(problem) = authorization
            .challenges
            .iter()
            .find_map(|challenge| challenge.error.clone())
        {
            return AcmeError::Refused(problem);
        }
    }
    AcmeError::NoReason
}
