//! A web server before the relay: the machine's own Caddy or nginx, with the files that an operator is shown.

use std::fs;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};

use rustix::process::Signal;

use crate::authority::Authority;
use crate::process::{Process, command};

/// The host of the files that an operator is shown.
pub const HOST: &str = "relay.example";

const CADDYFILE: &str = include_str!("../../relay/package/Caddyfile");
const NGINX_CONF: &str = include_str!("../../relay/package/nginx.conf");

/// What at the beginning of the file's options keeps Caddy to the loopback, and from asking others for a certificate.
const CADDY_HERE: &str = "{
	admin off
	local_certs
	skip_install_trust
	auto_https disable_redirects
	default_bind 127.0.0.1
";

/// Which one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Caddy, which makes its own certificate.
    Caddy,
    /// nginx, with a certificate of the test's [`Authority`].
    Nginx,
}

/// A running web server. Killed on drop.
#[derive(Debug)]
pub struct Front {
    process: Process,
    port: u16,
    root: PathBuf,
    home: PathBuf,
}

impl Front {
    /// Starts it before a relay, with its files in a folder, and waits until it serves.
    pub fn start(kind: Kind, relay: SocketAddr, home: &Path) -> Self {
        let port = free_port();
        let home = home.join(format!("{kind:?}"));
        fs::create_dir(&home).unwrap();
        let (server, root) = match kind {
            Kind::Caddy => caddy(port, relay, &home),
            Kind::Nginx => nginx(port, relay, &home),
        };
        Self {
            process: server,
            port,
            root,
            home,
        }
    }

    /// What a client is given; its name is found only by a [`Socks`](crate::Socks).
    pub fn url(&self) -> String {
        format!("wss://{HOST}:{}", self.port)
    }

    /// The certificate of who vouches for it.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Ends it; all that it wrote, into whichever file.
    pub fn written(self) -> String {
        self.process.signal(Signal::TERM);
        let mut written: String = std::iter::from_fn(|| self.process.line()).collect();
        written.push_str(&self.process.errors());
        let mut folders = vec![self.home];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
                match entry.file_type().unwrap() {
                    kind if kind.is_dir() => folders.push(entry.path()),
                    kind if kind.is_file() => {
                        written.push_str(&String::from_utf8_lossy(&fs::read(entry.path()).unwrap()));
                    }
                    _ => {}
                }
            }
        }
        written
    }
}

fn caddy(port: u16, relay: SocketAddr, home: &Path) -> (Process, PathBuf) {
    let shown = replaced(
        CADDYFILE,
        &[
            ("relay.example {", format!("https://{HOST}:{port} {{")),
            ("127.0.0.1:4000", relay.to_string()),
            ("\n{\n", format!("\n{CADDY_HERE}")),
        ],
    );
    fs::write(home.join("Caddyfile"), shown).unwrap();
    let mut lines = vec![
        "serving initial configuration",
        "certificate obtained successfully",
    ];
    let server = started("exec caddy run --config Caddyfile 2>&1", home, &mut lines);
    (server, home.join("data/caddy/pki/authorities/local/root.crt"))
}

fn nginx(port: u16, relay: SocketAddr, home: &Path) -> (Process, PathBuf) {
    let authority = Authority::new(home);
    authority.issue(HOST);
    let letsencrypt = "/etc/letsencrypt/live/relay.example";
    let shown = replaced(
        NGINX_CONF,
        &[
            ("listen 443", format!("listen 127.0.0.1:{port}")),
            ("listen [::]:443", format!("listen [::1]:{port}")),
            (
                &format!("{letsencrypt}/fullchain.pem"),
                format!("{}/cert.pem", home.display()),
            ),
            (
                &format!("{letsencrypt}/privkey.pem"),
                format!("{}/key.pem", home.display()),
            ),
            ("127.0.0.1:4000", relay.to_string()),
        ],
    );
    fs::write(home.join("site.conf"), shown).unwrap();
    let here = "daemon off; pid nginx.pid; error_log stderr notice; worker_processes 1; events {}\n\
                http {\n\
                    client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;\n\
                    uwsgi_temp_path uwsgi; scgi_temp_path scgi;\n\
                    include site.conf;\n\
                }\n";
    fs::write(home.join("nginx.conf"), here).unwrap();
    let mut lines = vec!["start worker process "];
    // Where it is installed for root, others do not have it in their path.
    let script = "PATH=$PATH:/usr/sbin; exec nginx -p . -c nginx.conf -e stderr 2>&1";
    (started(script, home, &mut lines), authority.root())
}

/// Starts a server, and waits until it has said all of this.
fn started(script: &str, home: &Path, lines: &mut Vec<&str>) -> Process {
    let mut shell = command("sh".as_ref(), home);
    shell
        .args(["-c", script])
        .env("XDG_DATA_HOME", home.join("data"))
        .env("XDG_CONFIG_HOME", home.join("config"));
    let server = Process::spawn(shell);
    let mut said = String::new();
    while !lines.is_empty() {
        let line = server
            .line()
            .unwrap_or_else(|| panic!("it does not serve but says:\n{said}"));
        lines.retain(|awaited| !line.contains(awaited));
        said.push_str(&line);
        said.push('\n');
    }
    server
}

/// What stands in a file that operators are shown, for the ports and files of a test.
fn replaced(shown: &str, changes: &[(&str, String)]) -> String {
    changes.iter().fold(shown.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "the file that is shown has {from}");
        text.replace(from, to)
    })
}

/// A port that was free a moment ago: these servers cannot choose one themselves.
fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}
