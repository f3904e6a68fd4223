//! A SOCKS5 proxy (RFC 1928) of the test: it comes from an address that the test chose, and sees what it is asked for.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::runtime::Runtime;

/// A running proxy. Every name leads to the loopback. Ends on drop.
#[derive(Debug)]
pub struct Socks {
    address: SocketAddr,
    targets: Arc<Mutex<Vec<String>>>,
    _runtime: Runtime,
}

impl Socks {
    /// Starts a proxy on a free port that connects from an address of the loopback.
    pub fn from(source: Ipv4Addr) -> Self {
        Self::start(source, String::new())
    }

    /// Starts what a client and a relay see of Tor: the relay is told of a circuit before everything else.
    pub fn tor(circuit: u16) -> Self {
        let header = format!("PROXY TCP6 fc00:dead:beef:4dad::0:{circuit:x} ::1 {circuit} 80\r\n");
        Self::start(Ipv4Addr::LOCALHOST, header)
    }

    /// `first` is what the relay is told before everything else.
    fn start(source: Ipv4Addr, first: String) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .unwrap();
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        let targets = Arc::new(Mutex::default());
        runtime.spawn({
            let targets = Arc::clone(&targets);
            async move {
                while let Ok((client, _)) = listener.accept().await {
                    tokio::spawn(serve(client, source, first.clone(), Arc::clone(&targets)));
                }
            }
        });
        Self {
            address,
            targets,
            _runtime: runtime,
        }
    }

    /// What a client is given.
    pub fn url(&self) -> String {
        format!("socks5h://{}", self.address)
    }

    /// What it was asked for so far, one for each connection: `name:port`, or `address:port`.
    pub fn targets(&self) -> Vec<String> {
        self.targets.lock().unwrap().clone()
    }
}

async fn serve(
    mut client: TcpStream,
    source: Ipv4Addr,
    first: String,
    targets: Arc<Mutex<Vec<String>>>,
) -> io::Result<()> {
    let [5, methods] = bytes::<2>(&mut client).await? else {
        return Err(io::ErrorKind::InvalidData.into());
    };
    client.read_exact(&mut vec![0; methods.into()]).await?;
    client.write_all(&[5, 0]).await?;
    let [5, 1, 0, kind] = bytes::<4>(&mut client).await? else {
        return Err(io::ErrorKind::InvalidData.into());
    };
    let host = match kind {
        1 => Ipv4Addr::from(bytes::<4>(&mut client).await?).to_string(),
        3 => {
            let mut name = vec![0; client.read_u8().await?.into()];
            client.read_exact(&mut name).await?;
            String::from_utf8_lossy(&name).into_owned()
        }
        _ => return Err(io::ErrorKind::InvalidData.into()),
    };
    let port = client.read_u16().await?;
    targets.lock().unwrap().push(format!("{host}:{port}"));
    let socket = TcpSocket::new_v4()?;
    socket.bind((source, 0).into())?;
    let connected = socket.connect((Ipv4Addr::LOCALHOST, port).into()).await;
    let code = if connected.is_ok() { 0 } else { 5 };
    client.write_all(&[5, code, 0, 1, 0, 0, 0, 0, 0, 0]).await?;
    let mut relay = connected?;
    relay.write_all(first.as_bytes()).await?;
    copy_bidirectional(&mut client, &mut relay).await.map(drop)
}

async fn bytes<const N: usize>(stream: &mut TcpStream) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    stream.read_exact(&mut bytes).await.map(|_| bytes)
}
