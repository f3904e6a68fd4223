//! The header of the PROXY protocol (versions 1 and 2, as HAProxy defines them) before everything else.

use std::{io, net::IpAddr};

use ppp::{HeaderResult, v1, v2};
use tokio::io::{AsyncRead, AsyncReadExt};

/// What a header of version 2 begins with. One of version 1 is longer as well.
const SIGNATURE: &[u8; 12] = b"\r\n\r\n\0\r\nQUIT\n";
/// The longest header of version 1, in bytes.
const LONGEST_LINE: usize = 107;
/// The most that a header of version 2 may bring after its first 16 bytes: addresses (216 bytes at most) and room
/// for a few extensions, of which none is read.
const MOST_MORE: u16 = 1024;

/// Reads a header and not a byte more. `None`: the proxy speaks for itself, or does not know.
pub(crate) async fn read(stream: &mut (impl AsyncRead + Unpin)) -> io::Result<Option<IpAddr>> {
    let malformed = || io::Error::from(io::ErrorKind::InvalidData);
    let mut header = vec![0; SIGNATURE.len()];
    stream.read_exact(&mut header).await?;
    if header == SIGNATURE {
        header.resize(16, 0);
        stream.read_exact(&mut header[12..]).await?;
        let more = u16::from_be_bytes([header[14], header[15]]);
        if more > MOST_MORE {
            return Err(malformed());
        }
        header.resize(16 + usize::from(more), 0);
        stream.read_exact(&mut header[16..]).await?;
    } else if header.starts_with(b"PROXY ") {
        while !header.ends_with(b"\n") {
            if header.len() >= LONGEST_LINE {
                return Err(malformed());
            }
            header.push(stream.read_u8().await?);
        }
    }
    match HeaderResult::parse(&header) {
        HeaderResult::V1(Ok(header)) => Ok(match header.addresses {
            v1::Addresses::Tcp4(pair) => Some(pair.source_address.into()),
            v1::Addresses::Tcp6(pair) => Some(pair.source_address.into()),
            v1::Addresses::Unknown => None,
        }),
        HeaderResult::V2(Ok(header)) if header.command == v2::Command::Local => Ok(None),
        HeaderResult::V2(Ok(header)) => Ok(match header.addresses {
            v2::Addresses::IPv4(pair) => Some(pair.source_address.into()),
            v2::Addresses::IPv6(pair) => Some(pair.source_address.into()),
            v2::Addresses::Unspecified | v2::Addresses::Unix(_) => None,
        }),
        HeaderResult::V1(Err(_)) | HeaderResult::V2(Err(_)) => Err(malformed()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a header says, and what comes after it.
    async fn said(bytes: &[u8]) -> (Option<Option<String>>, Vec<u8>) {
        let mut rest = bytes;
        let said = read(&mut rest).await.ok();
        (
            said.map(|address| address.map(|address| address.to_string())),
            rest.to_vec(),
        )
    }

    fn v2(command: u8, family: u8, body: &[u8]) -> Vec<u8> {
        let mut header = SIGNATURE.to_vec();
        header.extend([0x20 | command, family]);
        header.extend((body.len() as u16).to_be_bytes());
        header.extend(body);
        header.extend(b"GET");
        header
    }

    #[tokio::test]
    async fn both_versions_are_read_to_their_end_and_no_further() {
        let known = Some(Some("192.0.2.1".to_owned()));
        let line = b"PROXY TCP4 192.0.2.1 192.0.2.2 1000 4000\r\nGET";
        assert_eq!(said(line).await, (known.clone(), b"GET".to_vec()));
        let body = [192, 0, 2, 1, 192, 0, 2, 2, 3, 232, 15, 160, 4, 0, 1, 7];
        assert_eq!(said(&v2(1, 0x11, &body)).await, (known, b"GET".to_vec()));
        let line = b"PROXY TCP6 2001:db8::1 ::1 1000 4000\r\n";
        assert_eq!(said(line).await.0, Some(Some("2001:db8::1".to_owned())));
        // As Tor names a circuit.
        let line = b"PROXY TCP6 fc00:dead:beef:4dad::1:2a ::1 42 80\r\nGET";
        let circuit = Some(Some("fc00:dead:beef:4dad::1:2a".to_owned()));
        assert_eq!(said(line).await, (circuit, b"GET".to_vec()));
    }

    #[tokio::test]
    async fn a_proxy_that_speaks_for_itself_or_does_not_know_names_nobody() {
        assert_eq!(said(b"PROXY UNKNOWN\r\n").await.0, Some(None));
        assert_eq!(said(&v2(0, 0, &[])).await.0, Some(None));
    }

    #[tokio::test]
    async fn everything_else_is_refused() {
        let endless = [b"PROXY TCP4 ".to_vec(), vec![b'1'; 200]].concat();
        let large = v2(1, 0x11, &[0; 2000]);
        for bytes in [
            &b"GET / HTTP/1.1\r\n\r\n"[..],
            b"PROXY TCP4 nonsense\r\n",
            b"PRO",
            &endless,
            &large,
        ] {
            assert_eq!(said(bytes).await.0, None, "{bytes:?}");
        }
    }
}
