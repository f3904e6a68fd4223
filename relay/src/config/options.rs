//! What an operator may set: each on the command line, and as `SOTTO_RELAY_<OPTION>` in the environment.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::PathBuf,
    time::Duration,
};

use clap::{Args, ValueEnum};

use crate::{
    admin::invite::{Public, Scheme},
    config::size::Size,
    limits,
    net::client_addr::ProxyOptions,
    net::tls::TlsOptions,
    socket,
};

/// How a relay behaves. [`Options::default`] is what `sotto-relay` does without arguments.
#[derive(Debug, Clone, Args)]
#[command(next_line_help = true)]
pub struct Options {
    /// Address and port to listen on, `[::]:4000` for IPv6 and IPv4; port 0 picks a free one
    #[arg(long, env = "SOTTO_RELAY_LISTEN", value_name = "ADDR:PORT", default_value_t = LISTEN)]
    pub listen: SocketAddr,

    /// Keep the table of rooms in this file, so that it survives [default: in memory only]
    #[arg(long, env = "SOTTO_RELAY_DB", value_name = "FILE")]
    pub db: Option<PathBuf>,

    /// Who may have a room: open (the first who joins it makes it), or closed (the operator adds it with `sotto-relay
    /// room add`; needs --db)
    #[arg(long, env = "SOTTO_RELAY_ROOMS", value_name = "WHICH", value_enum, default_value_t = Admittance::Open, hide_possible_values = true)]
    pub rooms: Admittance,

    /// Days without anybody after which a room is forgotten; never one that the operator added [default: 30 with --db,
    /// else no limit]
    #[arg(long, env = "SOTTO_RELAY_ROOM_TTL", value_name = "DAYS")]
    pub room_ttl: Option<u32>,

    /// Days for which something is kept for members who are away, 0 to 14; 0: nothing is
    #[arg(long, env = "SOTTO_RELAY_KEPT_DAYS", value_name = "DAYS", default_value_t = limits::KEPT_DAYS)]
    pub kept_days: u8,

    /// What is kept of one room
    #[arg(long, env = "SOTTO_RELAY_KEPT_ROOM", value_name = "SIZE", default_value_t = Size(limits::KEPT_ROOM))]
    pub kept_room: Size,

    /// What is kept in all [default: 1GiB with --db, else 64MiB, in memory]
    #[arg(long, env = "SOTTO_RELAY_KEPT_TOTAL", value_name = "SIZE")]
    pub kept_total: Option<Size>,

    /// TLS.
    #[command(flatten)]
    pub tls: TlsOptions,

    /// Proxies.
    #[command(flatten)]
    pub proxy: ProxyOptions,

    /// Host and port under which others reach this relay, for invites [default: of the certificate, else each address]
    #[arg(long, env = "SOTTO_RELAY_PUBLIC", value_name = "HOST[:PORT]")]
    pub public: Option<Public>,

    /// Address and port on which figures for Prometheus are to be had, at /metrics [default: none]
    #[arg(long, env = "SOTTO_RELAY_METRICS", value_name = "ADDR:PORT")]
    pub metrics: Option<SocketAddr>,

    /// Largest message; one over it closes the socket with 1009
    #[arg(long, env = "SOTTO_RELAY_MAX_MESSAGE", value_name = "SIZE", default_value_t = Size(limits::MESSAGE))]
    pub max_message: Size,

    /// Open connections [default: the limit of descriptors less 64]
    #[arg(long, env = "SOTTO_RELAY_MAX_CONNECTIONS", value_name = "N")]
    pub max_connections: Option<usize>,

    /// Channels that one socket may join
    #[arg(long, env = "SOTTO_RELAY_MAX_CHANNELS", value_name = "N", default_value_t = limits::CHANNELS)]
    pub max_channels: usize,

    /// Seats in a room, 1 to 1000
    #[arg(long, env = "SOTTO_RELAY_MAX_SEATS", value_name = "N", default_value_t = limits::SEATS)]
    pub max_seats: usize,

    /// Rooms that the relay knows; the oldest empty one goes when another is made
    #[arg(long, env = "SOTTO_RELAY_MAX_ROOMS", value_name = "N", default_value_t = limits::ROOMS)]
    pub max_rooms: usize,

    /// Memory for all that waits to be sent and all messages that are not yet whole
    #[arg(long, env = "SOTTO_RELAY_MAX_BUFFERED", value_name = "SIZE", default_value_t = Size(limits::BUFFERED))]
    pub max_buffered: Size,

    /// What may wait for one reader; at half of it senders wait, and one that is further behind is cut
    #[arg(long, env = "SOTTO_RELAY_MAX_QUEUE", value_name = "SIZE", default_value_t = Size(limits::QUEUE))]
    pub max_queue: Size,

    /// Deliveries (messages × receivers) a second of one connection; over it, it is read more slowly; 0: no limit
    #[arg(long, env = "SOTTO_RELAY_CONNECTION_DELIVERIES", value_name = "N", default_value_t = limits::CONNECTION_DELIVERIES)]
    pub connection_deliveries: u64,

    /// Bytes delivered a second of one connection; 0: no limit
    #[arg(long, env = "SOTTO_RELAY_CONNECTION_BYTES", value_name = "N", default_value_t = limits::CONNECTION_BYTES)]
    pub connection_bytes: u64,

    /// Deliveries a second of one address; 0: no limit
    #[arg(long, env = "SOTTO_RELAY_ADDRESS_DELIVERIES", value_name = "N", default_value_t = limits::ADDRESS_DELIVERIES)]
    pub address_deliveries: u64,

    /// Bytes delivered a second of one address; 0: no limit
    #[arg(long, env = "SOTTO_RELAY_ADDRESS_BYTES", value_name = "N", default_value_t = limits::ADDRESS_BYTES)]
    pub address_bytes: u64,

    /// Messages delivered a second in all (messages × receivers); over it, all are read more slowly; 0: no limit
    #[arg(long, env = "SOTTO_RELAY_MAX_MESSAGES", value_name = "N", default_value_t = limits::MESSAGES)]
    pub max_messages: u64,

    /// Megabits of messages delivered a second in all; over it, all are read more slowly; 0: no limit
    #[arg(long, env = "SOTTO_RELAY_MAX_MBIT", value_name = "N", default_value_t = limits::MEGABITS)]
    pub max_mbit: u64,

    /// Joins of one address that fail, a minute; 0: no limit
    #[arg(long, env = "SOTTO_RELAY_ADDRESS_FAILED_JOINS", value_name = "N", default_value_t = limits::ADDRESS_FAILED_JOINS)]
    pub address_failed_joins: u64,

    /// Joins of one address a minute; 0: no limit
    #[arg(long, env = "SOTTO_RELAY_ADDRESS_JOINS", value_name = "N", default_value_t = limits::ADDRESS_JOINS)]
    pub address_joins: u64,

    /// Connections of one address a minute; 0: no limit
    #[arg(long, env = "SOTTO_RELAY_ADDRESS_CONNECTIONS", value_name = "N", default_value_t = limits::ADDRESS_CONNECTIONS)]
    pub address_connections: u64,

    /// Seats that one address may hold; 0: no limit
    #[arg(long, env = "SOTTO_RELAY_ADDRESS_SEATS", value_name = "N", default_value_t = limits::ADDRESS_SEATS)]
    pub address_seats: u32,

    /// Sockets of one address that hold no seat; 0: no limit
    #[arg(long, env = "SOTTO_RELAY_ADDRESS_UNSEATED", value_name = "N", default_value_t = limits::ADDRESS_UNSEATED)]
    pub address_unseated: u32,

    /// Rooms that one address makes an hour; 0: no limit
    #[arg(long, env = "SOTTO_RELAY_ADDRESS_ROOMS", value_name = "N", default_value_t = limits::ADDRESS_ROOMS)]
    pub address_rooms: u64,

    /// Things to be kept that one address puts an hour; 0: no limit
    #[arg(long, env = "SOTTO_RELAY_ADDRESS_PUTS", value_name = "N", default_value_t = limits::ADDRESS_PUTS)]
    pub address_puts: u64,

    /// Bytes to be kept that one address puts a day; 0: no limit
    #[arg(long, env = "SOTTO_RELAY_ADDRESS_PUT_BYTES", value_name = "N", default_value_t = limits::ADDRESS_PUT_BYTES)]
    pub address_put_bytes: u64,

    /// Seconds without a complete frame after which a socket is closed
    #[arg(long, env = "SOTTO_RELAY_IDLE", value_name = "SECONDS", default_value_t = limits::IDLE.as_secs())]
    pub idle: u64,

    /// Seconds in which a frame that has begun must be whole
    #[arg(long, env = "SOTTO_RELAY_FRAME_TIME", value_name = "SECONDS", default_value_t = limits::FRAME_TIME.as_secs())]
    pub frame_time: u64,

    /// Seconds that a reader may take nothing while something waits for it
    #[arg(long, env = "SOTTO_RELAY_STALL_TIME", value_name = "SECONDS", default_value_t = limits::STALL.as_secs())]
    pub stall_time: u64,

    /// Seconds in which a connection must have sent its request
    #[arg(long, env = "SOTTO_RELAY_HEAD_TIME", value_name = "SECONDS", default_value_t = limits::HEAD_TIME.as_secs())]
    pub head_time: u64,
}

/// Which rooms can be joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Admittance {
    /// All: the first who joins a room makes it.
    Open,
    /// Those that the operator added.
    Closed,
}

const LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 4000);

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: LISTEN,
            db: None,
            rooms: Admittance::Open,
            room_ttl: None,
            kept_days: limits::KEPT_DAYS,
            kept_room: Size(limits::KEPT_ROOM),
            kept_total: None,
            max_message: Size(limits::MESSAGE),
            max_connections: None,
            max_channels: limits::CHANNELS,
            max_seats: limits::SEATS,
            max_rooms: limits::ROOMS,
            tls: TlsOptions::default(),
            proxy: ProxyOptions::default(),
            public: None,
            metrics: None,
            max_buffered: Size(limits::BUFFERED),
            max_queue: Size(limits::QUEUE),
            connection_deliveries: limits::CONNECTION_DELIVERIES,
            connection_bytes: limits::CONNECTION_BYTES,
            address_deliveries: limits::ADDRESS_DELIVERIES,
            address_bytes: limits::ADDRESS_BYTES,
            max_messages: limits::MESSAGES,
            max_mbit: limits::MEGABITS,
            address_failed_joins: limits::ADDRESS_FAILED_JOINS,
            address_joins: limits::ADDRESS_JOINS,
            address_connections: limits::ADDRESS_CONNECTIONS,
            address_seats: limits::ADDRESS_SEATS,
            address_unseated: limits::ADDRESS_UNSEATED,
            address_rooms: limits::ADDRESS_ROOMS,
            address_puts: limits::ADDRESS_PUTS,
            address_put_bytes: limits::ADDRESS_PUT_BYTES,
            idle: limits::IDLE.as_secs(),
            frame_time: limits::FRAME_TIME.as_secs(),
            stall_time: limits::STALL.as_secs(),
            head_time: limits::HEAD_TIME.as_secs(),
        }
    }
}

impl Options {
    /// Whether an address was asked for that is not the one it got.
    pub(crate) fn listens_elsewhere(&self, got: SocketAddr) -> bool {
        let asked = self.listen;
        asked != LISTEN && asked.port() != 0 && asked != got
    }

    /// The host and port for invites: the name of a certificate that is got by itself is known before it.
    pub(crate) fn public(&self) -> Option<Public> {
        let name = self.tls.acme.acme.as_ref();
        self.public.clone().or_else(|| name?.parse().ok())
    }

    /// Who speaks TLS with the visitors.
    pub(crate) fn scheme(&self) -> Scheme {
        if self.tls.is_wanted() {
            Scheme::Wss
        } else if self.proxy.trusted_proxy.is_empty() {
            Scheme::Ws
        } else {
            Scheme::ProxiedWss
        }
    }

    /// What a socket may take.
    pub(crate) fn socket_limits(&self) -> socket::Limits {
        socket::Limits {
            message: self.max_message.0,
            // A joiner of the largest room has to get through.
            queue: self.max_queue.0.max(2 * self.max_seats * limits::PRESENCE_ENTRY),
            buffered: self.max_buffered.0,
            idle: Duration::from_secs(self.idle),
            frame: Duration::from_secs(self.frame_time),
            stall: Duration::from_secs(self.stall_time),
            ..socket::Limits::default()
        }
    }

    pub(crate) fn head_time(&self) -> Duration {
        Duration::from_secs(self.head_time)
    }
}
