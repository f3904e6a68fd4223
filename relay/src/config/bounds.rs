//! What each option may be.

use ipnet::IpNet;

use super::error::OptionError;
use super::options::{Admittance, Options};
use super::size::Size;
use crate::{limits, net::tls::TlsOptions};

/// The longest time that an option may give, in seconds: a day.
const LONGEST: u64 = 86_400;

impl Options {
    /// Finds the first option that cannot be.
    ///
    /// # Errors
    /// [`OptionError`], which names it and says what it must be.
    pub fn check(&self) -> Result<(), OptionError> {
        let must = |holds: bool, option: &'static str, value: &dyn ToString, must: &'static str| {
            if holds {
                Ok(())
            } else {
                Err(OptionError {
                    option,
                    value: value.to_string(),
                    must,
                })
            }
        };
        if let Some(db) = self.db.as_ref().map(|db| db.to_string_lossy()) {
            let must_be = "it names no file; without --db the rooms are in memory only, so leave it out";
            must(db != ":memory:", "db", &db, must_be)?;
            let must_be = "it must be a path";
            must(!db.starts_with("file:"), "db", &db, must_be)?;
        }
        must(
            self.rooms == Admittance::Open || self.db.is_some(),
            "rooms",
            &"closed",
            "the rooms that the operator adds stand in a file, so it needs --db FILE",
        )?;
        must(
            self.room_ttl
                .is_none_or(|days| (1..=limits::LONGEST_TTL).contains(&days)),
            "room-ttl",
            &self.room_ttl.unwrap_or_default(),
            "it must be 1 to 36500 days",
        )?;
        must(
            self.kept_days <= limits::KEPT_LONGEST,
            "kept-days",
            &self.kept_days,
            "it must be 0 to 14 days",
        )?;
        must(
            self.kept_room.0 >= limits::KEPT_LEAST,
            "kept-room",
            &self.kept_room,
            "it must be at least 16KiB, the largest thing that is kept",
        )?;
        must(
            self.kept_days == 0 || self.kept_total() >= 2 * self.kept_room.0,
            "kept-total",
            &Size(self.kept_total()),
            "it must be at least twice --kept-room",
        )?;
        let TlsOptions {
            tls_cert,
            tls_key,
            tls_self_signed,
            acme,
        } = &self.tls;
        for (option, given, other, must_be) in [
            ("tls-cert", tls_cert, tls_key, "it needs --tls-key as well"),
            ("tls-key", tls_key, tls_cert, "it needs --tls-cert as well"),
        ] {
            if let Some(path) = given {
                must(other.is_some(), option, &path.display(), must_be)?;
            }
        }
        if let Some(directory) = tls_self_signed {
            must(
                tls_cert.is_none(),
                "tls-self-signed",
                &directory.display(),
                "there is --tls-cert already",
            )?;
        }
        acme.check(tls_cert.is_some() || tls_self_signed.is_some())?;
        must(
            !self.proxy.proxy_protocol || !self.proxy.trusted_proxy.is_empty(),
            "proxy-protocol",
            &"set",
            "it needs --trusted-proxy as well: whom to believe",
        )?;
        let on_this_machine = |network: &&IpNet| network.addr().to_canonical().is_loopback();
        if let Some(proxy) = self.proxy.trusted_proxy.iter().find(on_this_machine) {
            must(
                !self.proxy.onion || self.proxy.proxy_protocol,
                "trusted-proxy",
                proxy,
                "with --onion all connections from this machine begin with a header of the PROXY protocol, so it \
                 needs --proxy-protocol as well",
            )?;
        }
        // Four fields of 255 bytes and what is around them: below it not even a join fits.
        must(
            (2048..=64 << 20).contains(&self.max_message.0),
            "max-message",
            &self.max_message,
            "it must be 2KiB to 64MiB",
        )?;
        for (option, number) in [
            ("max-connections", self.max_connections.unwrap_or(1)),
            ("max-channels", self.max_channels),
            ("max-rooms", self.max_rooms),
        ] {
            must(number > 0, option, &number, "it must be at least 1")?;
        }
        must(
            (1..=limits::MOST_SEATS).contains(&self.max_seats),
            "max-seats",
            &self.max_seats,
            "it must be 1 to 1000",
        )?;
        must(
            self.max_queue.0 >= 2 * self.max_message.0,
            "max-queue",
            &self.max_queue,
            "it must be at least twice --max-message",
        )?;
        must(
            self.max_buffered >= self.max_queue,
            "max-buffered",
            &self.max_buffered,
            "it must be at least --max-queue",
        )?;
        for (option, seconds) in [
            ("idle", self.idle),
            ("frame-time", self.frame_time),
            ("stall-time", self.stall_time),
            ("head-time", self.head_time),
        ] {
            must(
                (1..=LONGEST).contains(&seconds),
                option,
                &seconds,
                "it must be 1 to 86400 seconds",
            )?;
        }
        Ok(())
    }
}
