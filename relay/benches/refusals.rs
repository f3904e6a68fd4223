//! Whether the time of a refused join tells why it was refused: `cargo bench -p sotto-relay --bench refusals`.
//!
//! A closed relay is asked to let strangers in, for reasons that take turns at random, and the times of each reason are
//! held against those of the first by Welch's t-test, as a whole and without their longest (Reparaz, Balasch and
//! Verbauwhede, "Dude, is my code constant time?", 2017). Above 4.5 something can be told apart.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // who measures may fail

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    path::Path,
    process::{Child, Command, Stdio},
    time::Instant,
};

use rusqlite::{Connection, params};
use sha2::{Digest, Sha256};

/// Joins of each reason.
const JOINS: usize = 10_000;
/// Rooms that the operator has added.
const ROOMS: usize = 1_000;
/// Above it two means differ by more than chance (one in 100,000).
const TELLTALE: f64 = 4.5;
/// Shares of the joins that are looked at, the shortest first: what interrupts a machine makes a few long.
const SHARES: [f64; 5] = [1.0, 0.99, 0.95, 0.9, 0.5];

const REASONS: [&str; 5] = [
    "unknown room",
    "unknown room, hashes that belong together",
    "known room, other access hash",
    "known room, access hash of another room",
    "access hash that is none",
];

fn sha256(text: &str) -> String {
    hex::encode(Sha256::digest(text))
}

fn access(index: usize) -> String {
    sha256(&format!("access {index}"))
}

fn room(index: usize) -> String {
    sha256(&format!("sotto/v1/room:{}", access(index)))
}

/// A join that is refused for this reason. All are equally long.
fn join(reason: usize) -> String {
    let known = rand::random_range(0..ROOMS);
    let unknown = ROOMS + rand::random_range(0..1_000_000);
    let (room, access) = match reason {
        0 => (room(unknown), sha256(&format!("no access {unknown}"))),
        1 => (room(unknown), access(unknown)),
        2 => (room(known), sha256(&format!("no access {unknown}"))),
        3 => (room(known), access((known + 1) % ROOMS)),
        _ => (room(known), "x".repeat(64)),
    };
    let sender = sha256("sender");
    format!(
        r#"["1","1","anon_room:{room}","phx_join",{{"access_hash":"{access}","sender_hash":"{sender}"}}]"#
    )
}

fn main() {
    let folder = tempfile::tempdir().unwrap();
    let db = folder.path().join("rooms.db");
    drop(Relay::start(&db));
    fill(&db);
    let relay = Relay::start(&db);
    let mut socket = relay.connect();
    let mut times = vec![Vec::with_capacity(JOINS); REASONS.len()];
    // The first of them warm everything up.
    for count in 0..JOINS * REASONS.len() + JOINS / 10 {
        let reason = rand::random_range(0..REASONS.len());
        let frame = frame(&join(reason));
        let begun = Instant::now();
        socket.write_all(&frame).unwrap();
        let reply = read_frame(&mut socket);
        let time = begun.elapsed().as_nanos() as f64;
        assert!(reply.ends_with(br#"{"status":"error","response":{"reason":"unauthorized"}}]"#));
        if count >= JOINS / 10 {
            times[reason].push(time);
        }
    }
    for times in &mut times {
        times.sort_by(f64::total_cmp);
    }
    println!(
        "{:44} {:>6} {:>10} {:>8}",
        "refused for", "joins", "median", "max |t|"
    );
    let mut told_apart = false;
    for (name, reasons_times) in REASONS.iter().zip(&times) {
        let t = SHARES.map(|share| welch(shortest(&times[0], share), shortest(reasons_times, share)).abs());
        let most = t.into_iter().fold(0.0, f64::max);
        told_apart |= most > TELLTALE;
        let median = reasons_times[reasons_times.len() / 2] / 1000.0;
        println!(
            "{name:44} {:>6} {median:>7.1} µs {most:>8.2}",
            reasons_times.len()
        );
    }
    if told_apart {
        println!("the times tell reasons apart");
        std::process::exit(1);
    }
}

fn shortest(times: &[f64], share: f64) -> &[f64] {
    &times[..(times.len() as f64 * share) as usize]
}

/// Welch's t of two samples.
fn welch(one: &[f64], other: &[f64]) -> f64 {
    let moments = |times: &[f64]| {
        let count = times.len() as f64;
        let mean = times.iter().sum::<f64>() / count;
        let variance = times.iter().map(|time| (time - mean).powi(2)).sum::<f64>() / (count - 1.0);
        (mean, variance / count)
    };
    let ((one, one_error), (other, other_error)) = (moments(one), moments(other));
    (one - other) / (one_error + other_error).sqrt()
}

/// Adds the operator's rooms.
fn fill(db: &Path) {
    let mut file = Connection::open(db).unwrap();
    let transaction = file.transaction().unwrap();
    let day = 30_000;
    for index in 0..ROOMS {
        let [name, access] = [room(index), access(index)].map(|hash| Sha256::digest(hash).to_vec());
        let row = "INSERT INTO room (name, access, made, used, standing) VALUES (?1, ?2, ?3, ?3, 2)";
        transaction.execute(row, params![name, access, day]).unwrap();
    }
    transaction.commit().unwrap();
}

/// A text frame of a client, under a mask that changes nothing.
fn frame(text: &str) -> Vec<u8> {
    let mut frame = vec![0x81, 0x80 | 126];
    frame.extend(u16::try_from(text.len()).unwrap().to_be_bytes());
    frame.extend([0; 4]);
    frame.extend(text.as_bytes());
    frame
}

fn read_frame(socket: &mut TcpStream) -> Vec<u8> {
    let mut buffer = [0; 512];
    let read = socket.read(&mut buffer).unwrap();
    assert!(read > 4 && read == 4 + usize::from(u16::from_be_bytes([buffer[2], buffer[3]])));
    buffer[4..read].to_vec()
}

struct Relay {
    child: Child,
    addr: String,
}

impl Relay {
    fn start(db: &Path) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_sotto-relay"))
            .args(["--listen", "127.0.0.1:0", "--rooms", "closed", "--db"])
            .arg(db)
            .args(["--address-joins", "0", "--address-failed-joins", "0"])
            .args([
                "--connection-deliveries",
                "0",
                "--address-deliveries",
                "0",
                "--max-messages",
                "0",
            ])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let addr = line
            .trim_end()
            .strip_prefix("listening on ws://")
            .unwrap()
            .to_owned();
        Self { child, addr }
    }

    fn connect(&self) -> TcpStream {
        let mut socket = TcpStream::connect(&self.addr).unwrap();
        socket.set_nodelay(true).unwrap();
        let request = "GET /socket/websocket?vsn=2.0.0 HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\n\
            upgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
        socket.write_all(request.as_bytes()).unwrap();
        let mut answer = Vec::new();
        let mut byte = [0];
        while !answer.ends_with(b"\r\n\r\n") {
            socket.read_exact(&mut byte).unwrap();
            answer.push(byte[0]);
        }
        assert!(answer.starts_with(b"HTTP/1.1 101"));
        socket
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
