//! Pebble, what it asks of names, and the way that it takes to a relay.

use std::{
    fs,
    io::{self, Write},
    net::{Ipv4Addr, SocketAddr, TcpListener, TcpStream, UdpSocket},
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU32, AtomicUsize, Ordering::SeqCst},
    },
    thread,
    time::Duration,
};

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use tempfile::TempDir;

use super::{all, in_time};

pub const NAME: &str = "relay.example";

/// Whatever is awaited comes within this time, or the test fails.
pub const SOON: Duration = Duration::from_secs(30);

/// An authority that runs until it is dropped.
pub struct Authority {
    folder: TempDir,
    /// Nobody else's: Pebble does not say which port it got, so that it cannot take a free one.
    ip: Ipv4Addr,
    names: SocketAddr,
    port_of_name: u16,
    relay: Arc<Mutex<Option<String>>>,
    looks: Arc<AtomicUsize>,
    pebble: Option<Child>,
}

impl Authority {
    pub fn start() -> Self {
        let mut authority = Self::unreachable();
        authority.restart();
        authority
    }

    /// One that is not there.
    pub fn unreachable() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let ip = own_ip();
        issue(&folder, ip);
        let (relay, looks) = (Arc::new(Mutex::new(None)), Arc::new(AtomicUsize::new(0)));
        let port_of_name = pass_on(relay.clone(), looks.clone());
        let config = serde_json::json!({"pebble": {
            "listenAddress": format!("{ip}:14000"),
            "managementListenAddress": format!("{ip}:15000"),
            "certificate": folder.path().join("cert.pem"),
            "privateKey": folder.path().join("key.pem"),
            "httpPort": 1,
            "tlsPort": port_of_name,
        }});
        fs::write(folder.path().join("config.json"), config.to_string()).unwrap();
        Self {
            folder,
            ip,
            names: answer_names(),
            port_of_name,
            relay,
            looks,
            pebble: None,
        }
    }

    /// Starts it, with nothing in its memory.
    pub fn restart(&mut self) {
        self.end();
        let log = fs::File::create(self.folder.path().join("log")).unwrap();
        let pebble = Command::new("pebble")
            .env("PEBBLE_VA_NOSLEEP", "1")
            .arg("-config")
            .arg(self.folder.path().join("config.json"))
            .args(["-dnsserver", &self.names.to_string()])
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log)
            .spawn()
            .expect("pebble (Debian: apt install pebble)");
        self.pebble = Some(pebble);
        let log = || all(fs::File::open(self.folder.path().join("log")).unwrap());
        for port in [14000, 15000] {
            assert!(
                in_time(|| TcpStream::connect((self.ip, port)).is_ok()),
                "{}",
                log()
            );
        }
    }

    pub fn end(&mut self) {
        if let Some(mut pebble) = self.pebble.take() {
            let _ = pebble.kill();
            let _ = pebble.wait();
        }
    }

    pub fn directory(&self) -> String {
        format!("https://{}:14000/dir", self.ip)
    }

    /// By what a relay knows it.
    pub fn roots(&self) -> PathBuf {
        self.folder.path().join("roots.pem")
    }

    /// Where the name leads to from now on.
    pub fn look_at(&self, relay: &str) {
        let mut shown = self.relay.lock().unwrap();
        if shown.as_deref() != Some("") {
            *shown = Some(relay.to_owned());
        }
    }

    /// The name leads nowhere, whatever relay is started.
    pub fn is_misled(&self) {
        *self.relay.lock().unwrap() = Some(String::new());
    }

    /// How often the authority has come.
    pub fn looks(&self) -> usize {
        self.looks.load(SeqCst)
    }

    /// The relay's certificate is this authority's, for the name.
    pub fn vouches_for(&self, relay: &str) {
        let url = ServerName::from(std::net::IpAddr::from(self.ip));
        let mut own = RootCertStore::empty();
        own.add(CertificateDer::from_pem_file(self.roots()).unwrap())
            .unwrap();
        let mut asked = tls(&format!("{}:15000", self.ip), url, own, b"http/1.1").unwrap();
        let request = format!("GET /roots/0 HTTP/1.0\r\nhost: {}\r\n\r\n", self.ip);
        asked.write_all(request.as_bytes()).unwrap();
        let answer = all(asked);
        let mut roots = RootCertStore::empty();
        let root = answer.split_once("\r\n\r\n").unwrap().1;
        roots
            .add(CertificateDer::from_pem_slice(root.as_bytes()).unwrap())
            .unwrap();
        let name = ServerName::try_from(NAME).unwrap();
        let mut stream = tls(relay, name, roots, b"http/1.1").unwrap();
        stream
            .write_all(b"GET /healthz HTTP/1.0\r\nhost: relay.example\r\n\r\n")
            .unwrap();
        let answer = all(stream);
        assert!(answer.starts_with("HTTP/1.0 200 OK"), "{answer}");
    }
}

impl Drop for Authority {
    fn drop(&mut self) {
        self.end();
        // Ends the thread that passes on.
        *self.relay.lock().unwrap() = None;
        let _ = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port_of_name));
    }
}

/// The certificate of the authority's own door, and what vouches for it.
fn issue(folder: &TempDir, ip: Ipv4Addr) {
    let (root_key, key) = (KeyPair::generate().unwrap(), KeyPair::generate().unwrap());
    let mut root = CertificateParams::new([]).unwrap();
    root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let roots = root.self_signed(&root_key).unwrap().pem();
    let own = CertificateParams::new([ip.to_string()]).unwrap();
    let own = own.signed_by(&key, &Issuer::new(root, root_key)).unwrap();
    let files = [
        ("roots.pem", roots),
        ("cert.pem", own.pem()),
        ("key.pem", key.serialize_pem()),
    ];
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
}

/// An address of the loopback for this authority alone.
fn own_ip() -> Ipv4Addr {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    let process = std::process::id() % (1 << 18);
    let number = NEXT.fetch_add(1, SeqCst) % 16;
    Ipv4Addr::from(0x7f40_0000 | process << 4 | number)
}

/// Answers whoever asks for an IPv4 address with the loopback's, and has no others.
fn answer_names() -> SocketAddr {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let addr = socket.local_addr().unwrap();
    thread::spawn(move || {
        let mut query = [0; 512];
        while let Ok((length, peer)) = socket.recv_from(&mut query) {
            // RFC 1035, 4.1: after 12 bytes of head the labels of the name, an empty one at their end, type and class.
            let Some(end) = query[12..length].iter().position(|byte| *byte == 0) else {
                continue;
            };
            let question = &query[12..(12 + end + 5).min(length)];
            let is_v4 = question.ends_with(&[0, 1, 0, 1]);
            let mut answer = query[..2].to_vec();
            answer.extend([0x81, 0x80, 0, 1, 0, u8::from(is_v4), 0, 0, 0, 0]);
            answer.extend(question);
            if is_v4 {
                answer.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 127, 0, 0, 1]);
            }
            let _ = socket.send_to(&answer, peer);
        }
    });
    addr
}

/// Takes connections for the name, and passes them on to the relay; its port.
fn pass_on(relay: Arc<Mutex<Option<String>>>, looks: Arc<AtomicUsize>) -> u16 {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        while let Ok((visitor, _)) = listener.accept() {
            looks.fetch_add(1, SeqCst);
            let Some(relay) = relay.lock().unwrap().clone() else {
                return;
            };
            let Ok(stream) = TcpStream::connect(&relay) else {
                continue;
            };
            for (mut from, mut to) in [
                (visitor.try_clone().unwrap(), stream.try_clone().unwrap()),
                (stream, visitor),
            ] {
                thread::spawn(move || {
                    let _ = io::copy(&mut from, &mut to);
                    let _ = to.shutdown(std::net::Shutdown::Write);
                });
            }
        }
    });
    port
}

type TlsStream = StreamOwned<ClientConnection, TcpStream>;

fn tls(
    addr: &str,
    name: ServerName<'static>,
    roots: RootCertStore,
    protocol: &[u8],
) -> io::Result<TlsStream> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![protocol.to_vec()];
    let mut connection = ClientConnection::new(Arc::new(config), name).unwrap();
    let mut stream = TcpStream::connect(addr)?;
    stream.set_read_timeout(Some(SOON))?;
    connection.complete_io(&mut stream)?;
    Ok(StreamOwned::new(connection, stream))
}

/// Whether a relay shows any certificate to who asks for a name; what is wrong with it does not matter.
pub fn shown_at(addr: &str, name: &'static str) -> Option<()> {
    shown(addr, name, b"http/1.1").then_some(())
}

/// Whether it shows a proof.
pub fn is_shown_a_proof(addr: &str) -> bool {
    shown(addr, NAME, b"acme-tls/1")
}

fn shown(addr: &str, name: &'static str, protocol: &[u8]) -> bool {
    let mut stranger = RootCertStore::empty();
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(["stranger.example".to_owned()]).unwrap();
    stranger
        .add(certificate.self_signed(&key).unwrap().der().clone())
        .unwrap();
    let name = ServerName::try_from(name).unwrap();
    match tls(addr, name, stranger, protocol) {
        Ok(_) => true,
        Err(error) => error.to_string().contains("invalid peer certificate"),
    }
}
