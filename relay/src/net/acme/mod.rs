//! A certificate that an authority gives by itself (ACME, RFC 8555), shown on the relay's own port (TLS-ALPN-01, RFC 8737).
//!
//! [`options`] say for which name and from whom; [`state`] is what stays on the disk; [`order`] gets one certificate,
//! over [`https`]; [`renewal`] says when, and how long to wait after what failed. TLS reads the file as it reads those
//! that an operator puts there.

mod https;
mod options;
mod order;
mod renewal;
pub(super) mod state;

pub use options::AcmeOptions;
pub(super) use renewal::keep_renewed;

/// What a connection of the authority's speaks (RFC 8737, 6.2), and nobody else's.
pub(super) const PROTOCOL: &[u8] = b"acme-tls/1";
