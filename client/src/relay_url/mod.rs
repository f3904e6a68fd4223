//! Where a relay is, and which room on it: `wss://example.org/#room=kdwqzmra`.
//!
//! The fragment is what the relay must not see: it is taken off here and never sent.

pub(crate) mod pin;
pub(crate) mod proxy;

use std::fmt;
use std::str::FromStr;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode_str, utf8_percent_encode};
use sotto_protocol::RoomName;
use url::{Host, Url};

use self::pin::{NotAPin, Pin};
use self::proxy::{Proxy, ProxyError};

/// The port on which a relay listens unless it is told otherwise.
pub(crate) const USUAL_PORT: u16 = 4000;
/// The longest URL that is looked at, in bytes: a room name of 255 bytes, each escaped, and room to spare.
const MAX_URL: usize = 2048;
/// Where a Phoenix server has its socket, and the version of the frames.
const SOCKET: &str = "socket/websocket?vsn=2.0.0";
/// What stands in a fragment as it is (RFC 3986, section 3.5, less what fragments of ours use or chats mangle).
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// A relay's address: where it is, how it is reached, and what vouches for it.
#[derive(Clone, PartialEq, Eq)]
pub struct Address {
    /// Scheme `ws` or `wss`, a host, a path that ends in `/`; nothing else.
    url: Url,
    /// The one key that is trusted; without it, what the system trusts.
    pin: Option<Pin>,
    /// Through what.
    proxy: Option<Proxy>,
}

/// What somebody gave as a URL: an address, and what its fragment says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invitation {
    /// Where.
    pub address: Address,
    /// The room's name, where the fragment has one.
    pub room: Option<RoomName>,
}

/// Why a text is no relay's URL.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AddressError {
    /// No scheme, or one that is not a WebSocket's.
    #[error("a relay's URL begins with ws:// or wss://{}", suggestion(.0))]
    Scheme(Option<String>),
    /// Not a URL.
    #[error("this is not a URL: {0}")]
    Malformed(String),
    /// `ws://name:word@…`
    #[error("a relay's URL holds no user name or password: the relay knows no users")]
    User,
    /// `?…`
    #[error("a relay's URL has no query (the part after ?)")]
    Query,
    /// A fragment that is not `key=value`, joined by `&`.
    #[error("the part after # has to be room=NAME, pin=HEX or both with & between, not {0:?}")]
    Fragment(String),
    /// A key that this version does not know.
    #[error(
        "the part after # holds {0:?}, which this version of sotto does not know; it knows room=NAME and pin=HEX"
    )]
    UnknownKey(String),
    /// `#pin=…` with something else.
    #[error("the pin after # has to be 64 hex digits: was all of the invite copied?")]
    Pin,
    /// `ws://…#pin=…`
    #[error("a pin is of a TLS key: the URL begins with wss:// then")]
    PinWithoutTls,
    /// A key that stands twice.
    #[error("the part after # names the room or the pin twice")]
    Twice,
    /// Percent signs that are not followed by two digits, or not UTF-8 when decoded.
    #[error("the room name after # is not percent-encoded UTF-8")]
    Encoding,
    /// Too long.
    #[error(transparent)]
    Room(#[from] sotto_protocol::passphrase::RoomNameError),
}

fn suggestion(url: &Option<String>) -> String {
    match url {
        Some(url) => format!("; did you mean {url} ?"),
        None => String::new(),
    }
}

impl Address {
    /// The host for a TCP connection and, with TLS, the name in the certificate: without brackets.
    pub(crate) fn host(&self) -> String {
        match self.url.host() {
            Some(Host::Domain(name)) => name.to_owned(),
            Some(Host::Ipv4(address)) => address.to_string(),
            Some(Host::Ipv6(address)) => address.to_string(),
            None => String::new(),
        }
    }

    /// The port, or the scheme's: 80 for `ws`, 443 for `wss`.
    pub(crate) fn port(&self) -> u16 {
        // Both schemes have a default port.
        self.url.port_or_known_default().unwrap_or_default()
    }

    /// Whether the URL left the port to the scheme, which is not where a relay usually listens.
    pub(crate) fn has_default_port(&self) -> bool {
        self.url.port().is_none()
    }

    /// Whether the way to the relay is encrypted (`wss`).
    pub(crate) fn is_secure(&self) -> bool {
        self.url.scheme() == "wss"
    }

    /// Whether the relay is on this machine, so that nobody else sees the way to it.
    pub(crate) fn is_local(&self) -> bool {
        match self.url.host() {
            Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.to_canonical().is_loopback(),
            None => false,
        }
    }

    /// Whether it is an onion service, which only Tor finds.
    pub(crate) fn is_onion(&self) -> bool {
        matches!(self.url.host(), Some(Host::Domain(name)) if name.trim_end_matches('.').ends_with(".onion"))
    }

    /// The one key that is trusted, if the URL names it.
    pub(crate) fn pin(&self) -> Option<Pin> {
        self.pin
    }

    /// Through what it is reached.
    pub(crate) fn proxy(&self) -> Option<&Proxy> {
        self.proxy.as_ref()
    }

    /// The same relay, reached through a proxy.
    pub(crate) fn through(self, proxy: Option<Proxy>) -> Self {
        Self { proxy, ..self }
    }

    /// The URL of the WebSocket behind this address.
    pub(crate) fn socket_url(&self) -> String {
        format!("{}{SOCKET}", self.url)
    }

    /// The URL to hand over for a room on this relay.
    pub(crate) fn invitation(&self, room: &RoomName) -> String {
        let pin = self.pin.map(|pin| format!("pin={pin}"));
        let name = utf8_percent_encode(room.as_str(), ESCAPED);
        let room = (!room.as_str().is_empty()).then(|| format!("room={name}"));
        let parts: Vec<String> = pin.into_iter().chain(room).collect();
        if parts.is_empty() {
            self.to_string()
        } else {
            format!("{self}#{}", parts.join("&"))
        }
    }
}

/// The URL without a fragment.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.url.as_str())
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({self})")
    }
}

impl FromStr for Address {
    type Err = AddressError;

    /// Reads an address that must not name a room.
    fn from_str(text: &str) -> Result<Self, AddressError> {
        match text.split_once('#') {
            None => Invitation::from_str(text).map(|invitation| invitation.address),
            Some((_, fragment)) => Err(AddressError::Fragment(crate::visible::shortened(fragment, 20))),
        }
    }
}

/// The address, through the proxy that was given, else that of the environment; what is on this machine is not
/// behind the latter.
///
/// # Errors
/// [`ProxyError`] when the environment names what cannot be used: it must not be gone around in silence.
pub(crate) fn choose(given: Option<&Proxy>, address: Address) -> Result<Address, ProxyError> {
    let proxy = match given {
        Some(proxy) => Some(proxy.clone()),
        None if address.is_local() => None,
        None => proxy::from_environment(|name| std::env::var(name).ok())?,
    };
    Ok(address.through(proxy))
}

/// What the line that is handed over begins with.
const HANDED: &str = "sotto join";

/// The URL in what somebody typed or pasted, which may be the whole line that was handed over.
pub(crate) fn handed_over(text: &str) -> &str {
    let text = text.trim();
    let line = text.strip_prefix(HANDED);
    let rest = line.unwrap_or(text).trim_start();
    let quoted = |quote: char| rest.strip_prefix(quote)?.split(quote).next();
    quoted('\'')
        .or_else(|| quoted('"'))
        .or_else(|| line.map(|_| rest.split_whitespace().next().unwrap_or_default()))
        .unwrap_or(rest)
}

impl FromStr for Invitation {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let text = text.trim();
        if text.len() > MAX_URL {
            return Err(AddressError::Malformed(format!(
                "it is longer than {MAX_URL} bytes"
            )));
        }
        check_scheme(text)?;
        let mut url = Url::parse(text).map_err(|error| AddressError::Malformed(error.to_string()))?;
        if !url.username().is_empty() || url.password().is_some() {
            return Err(AddressError::User);
        }
        if url.query().is_some() {
            return Err(AddressError::Query);
        }
        let (room, pin) = match url.fragment() {
            None | Some("") => (None, None),
            Some(fragment) => parse_fragment(fragment)?,
        };
        if pin.is_some() && url.scheme() != "wss" {
            return Err(AddressError::PinWithoutTls);
        }
        url.set_fragment(None);
        if !url.path().ends_with('/') {
            let path = format!("{}/", url.path());
            url.set_path(&path);
        }
        Ok(Self {
            address: Address {
                url,
                pin,
                proxy: None,
            },
            room,
        })
    }
}

/// `Err` with what was probably meant, unless it begins with `ws://` or `wss://`.
fn check_scheme(text: &str) -> Result<(), AddressError> {
    let (scheme, rest) = match text.split_once("://") {
        None => ("", text),
        Some((scheme, rest)) => (scheme, rest),
    };
    let meant = match scheme.to_ascii_lowercase().as_str() {
        "ws" | "wss" => return Ok(()),
        "" | "http" => "ws",
        "https" => "wss",
        _ => return Err(AddressError::Scheme(None)),
    };
    let meant = format!("{meant}://{}", crate::visible::shortened(rest, 200));
    Err(AddressError::Scheme(Url::parse(&meant).ok().map(|_| meant)))
}

fn parse_fragment(fragment: &str) -> Result<(Option<RoomName>, Option<Pin>), AddressError> {
    let (mut room, mut pin) = (None, None);
    for pair in fragment.split('&') {
        let Some((key, value)) = pair.split_once('=') else {
            return Err(AddressError::Fragment(crate::visible::shortened(pair, 20)));
        };
        match key {
            "room" if room.is_some() => return Err(AddressError::Twice),
            "pin" if pin.is_some() => return Err(AddressError::Twice),
            "room" => room = Some(RoomName::new(&decode(value)?)?),
            "pin" => pin = Some(value.parse().map_err(|NotAPin| AddressError::Pin)?),
            other => return Err(AddressError::UnknownKey(crate::visible::shortened(other, 20))),
        }
    }
    Ok((room, pin))
}

fn decode(value: &str) -> Result<String, AddressError> {
    let escapes_are_whole = value
        .split('%')
        .skip(1)
        .all(|escape| escape.len() >= 2 && escape.bytes().take(2).all(|digit| digit.is_ascii_hexdigit()));
    if !escapes_are_whole {
        return Err(AddressError::Encoding);
    }
    match percent_decode_str(value).decode_utf8() {
        Ok(text) => Ok(text.into_owned()),
        Err(_) => Err(AddressError::Encoding),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Invitation, AddressError> {
        text.parse()
    }

    #[test]
    fn an_invitation_has_an_address_and_a_room() {
        let invitation = read("wss://Example.org/chat#room=kdwqzmra").unwrap();
        assert_eq!(invitation.address.to_string(), "wss://example.org/chat/");
        assert_eq!(invitation.room.unwrap().as_str(), "kdwqzmra");
        assert_eq!(
            invitation.address.socket_url(),
            "wss://example.org/chat/socket/websocket?vsn=2.0.0"
        );
        assert!(invitation.address.is_secure() && !invitation.address.is_local());
    }

    #[test]
    fn the_port_is_the_schemes_unless_given() {
        for (url, port, default) in [
            ("ws://h", 80, true),
            ("wss://h", 443, true),
            ("ws://h:4000/", 4000, false),
        ] {
            let address = read(url).unwrap().address;
            assert_eq!((address.port(), address.has_default_port()), (port, default));
        }
    }

    #[test]
    fn an_ipv6_host_loses_its_brackets_and_loopback_is_local() {
        let address = read("ws://[::1]:4000").unwrap().address;
        assert_eq!(address.host(), "::1");
        assert!(address.is_local());
        assert!(read("ws://127.1.2.3").unwrap().address.is_local());
        assert!(read("ws://localhost:4000").unwrap().address.is_local());
        assert!(!read("ws://localhost.example.org").unwrap().address.is_local());
    }

    #[test]
    fn a_room_name_of_any_characters_survives_the_url() {
        let room = RoomName::new("über & out # 100% + 'quoted'").unwrap();
        let url = read("ws://h:4000").unwrap().address.invitation(&room);
        assert!(!url.contains([' ', '\'', '+', '&']), "{url}");
        assert_eq!(read(&url).unwrap().room, Some(room));
    }

    #[test]
    fn a_pin_is_read_and_handed_over_with_the_room() {
        let pin = "5f".repeat(32);
        for (url, room) in [
            (format!("wss://h:4000/#pin={pin}"), ""),
            (format!("wss://h:4000/#pin={pin}&room=a"), "a"),
        ] {
            let invitation = read(&url).unwrap();
            assert_eq!(invitation.address.pin().unwrap().to_string(), pin);
            assert_eq!(invitation.address.invitation(&RoomName::new(room).unwrap()), url);
            assert_eq!(invitation.address.to_string(), "wss://h:4000/");
        }
    }

    #[test]
    fn an_onion_service_is_known_by_its_name() {
        for (url, onion) in [
            ("ws://abc.onion", true),
            ("ws://ABC.Onion.:4000", true),
            ("ws://onion", false),
            ("ws://abc.onion.example", false),
        ] {
            assert_eq!(read(url).unwrap().address.is_onion(), onion, "{url}");
        }
    }

    #[test]
    fn a_room_without_a_name_needs_no_fragment() {
        let address = read("ws://h:4000").unwrap().address;
        assert_eq!(address.invitation(&RoomName::default()), "ws://h:4000/");
        assert_eq!(read("ws://h:4000/#").unwrap().room, None);
    }

    #[test]
    fn what_was_probably_meant_is_said() {
        let error = read("example.org:4000/#room=a").unwrap_err().to_string();
        assert!(error.contains("ws://example.org:4000/#room=a"), "{error}");
        assert!(
            read("https://example.org")
                .unwrap_err()
                .to_string()
                .contains("wss://example.org")
        );
        assert_eq!(read("ftp://h").unwrap_err(), AddressError::Scheme(None));
        assert_eq!(read("").unwrap_err(), AddressError::Scheme(None));
    }

    #[test]
    fn everything_else_in_a_url_is_refused_by_name() {
        assert_eq!(read("ws://me@h").unwrap_err(), AddressError::User);
        assert_eq!(read("ws://h/?a=b").unwrap_err(), AddressError::Query);
        assert_eq!(read("wss://h/#pin=abc&room=a").unwrap_err(), AddressError::Pin);
        let pin = "5f".repeat(32);
        assert_eq!(
            read(&format!("ws://h/#pin={pin}")).unwrap_err(),
            AddressError::PinWithoutTls
        );
        let twice = format!("wss://h/#pin={pin}&pin={pin}");
        assert_eq!(read(&twice).unwrap_err(), AddressError::Twice);
        assert_eq!(read("ws://h/#room=a&room=b").unwrap_err(), AddressError::Twice);
        assert_eq!(
            read("ws://h/#color=red").unwrap_err(),
            AddressError::UnknownKey("color".into())
        );
        assert_eq!(
            read("ws://h/#kdwqzmra").unwrap_err(),
            AddressError::Fragment("kdwqzmra".into())
        );
        for broken in [
            "ws://h/#room=%",
            "ws://h/#room=%f",
            "ws://h/#room=%zz",
            "ws://h/#room=%ff",
        ] {
            assert_eq!(read(broken).unwrap_err(), AddressError::Encoding, "{broken}");
        }
        assert!(matches!(read("ws://").unwrap_err(), AddressError::Malformed(_)));
        assert!(matches!(
            read("ws://h:99999").unwrap_err(),
            AddressError::Malformed(_)
        ));
        assert!(read(&format!("ws://h/#room={}", "x".repeat(256))).is_err());
        assert!(read(&format!("ws://{}", "x".repeat(5000))).is_err());
    }

    #[test]
    fn an_address_alone_must_not_name_a_room() {
        assert!("ws://h:4000".parse::<Address>().is_ok());
        assert!("ws://h:4000/#room=a".parse::<Address>().is_err());
    }
}
