//! Servers that are no relay, as a wrong address or a wrong port brings them.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;

/// What a server does to whoever connects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stranger {
    /// It accepts and says nothing.
    Silent,
    /// It answers every request with a page.
    Web,
    /// It sends what is no HTTP.
    Garbage,
    /// It reads the request and closes.
    Closing,
}

impl Stranger {
    /// Starts it on a free port of the loopback, for as long as the process lives, and gives the URL.
    pub fn start(self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address: SocketAddr = listener.local_addr().unwrap();
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                thread::spawn(move || self.meet(client));
            }
        });
        format!("ws://{address}")
    }

    fn meet(self, mut client: TcpStream) {
        let mut request = [0; 4096];
        let _ = client.read(&mut request);
        let answer: &[u8] = match self {
            Self::Silent | Self::Closing => b"",
            Self::Web => b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 5\r\n\r\nhello",
            Self::Garbage => &[0xa5; 3000],
        };
        // The client may be gone already.
        let _ = client.write_all(answer);
        if self != Self::Closing {
            // Until the client gives up.
            while let Ok(1..) = client.read(&mut request) {}
        }
    }
}
