//! What a connection and a message cost a relay: `cargo bench -p sotto-relay --bench load`.
//!
//! The relay is a process of its own with one worker; this process loads it, with raw frames over plain sockets.
//! Linux only: memory and processor time are read from `/proc`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // who measures may fail

use std::{
    cell::Cell,
    fs,
    io::{BufRead, BufReader},
    net::SocketAddr,
    process::{Child, Command, Stdio},
    rc::Rc,
    time::{Duration, Instant},
};

use sha2::{Digest, Sha256};
use sotto_protocol::frame::{Payload, Push, Ref};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
};

/// Rooms of two that sit idle while their memory is measured.
const IDLE_ROOMS: usize = 2_000;
/// Rooms of two that talk, each one message at a time.
const BUSY_ROOMS: usize = 1_000;
/// Messages that they pass on in all.
const MESSAGES: u64 = 1_000_000;
/// Bytes of payload in each.
const PAYLOAD: usize = 300;
/// Clock ticks a second in `/proc/PID/stat`, on every Linux that there is.
const TICKS: f64 = 100.0;

fn main() {
    sotto_relay::raise_descriptor_limit();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    tokio::task::LocalSet::new().block_on(&runtime, async {
        memory().await;
        processor().await;
    });
}

/// RSS that 4,000 connections add, each seated in a room of two, after a frame of 4 KiB and one of 64 KiB each way.
async fn memory() {
    let relay = Relay::start();
    let before = relay.resident();
    let mut pairs = Vec::new();
    for index in 0..IDLE_ROOMS {
        pairs.push(relay.pair(index).await);
    }
    let joined = relay.resident();
    for size in [4 * 1024, 64 * 1024] {
        for (one, other) in &mut pairs {
            let frame = one.push(size, None);
            for _ in 0..2 {
                one.stream.write_all(&frame).await.unwrap();
                other.receive_binary().await;
                std::mem::swap(one, other);
            }
        }
    }
    // What is left over from the last turns is gone by then.
    tokio::time::sleep(Duration::from_secs(1)).await;
    let connections = (2 * IDLE_ROOMS) as f64;
    let kib = |resident: u64| (resident - before) as f64 / 1024.0 / connections;
    println!(
        "memory: {:.2} KiB a connection, {:.2} after a frame of 64 KiB ({connections} connections in rooms of two)",
        kib(joined),
        kib(relay.resident())
    );
}

/// User time of the relay for a million messages of 300 bytes with replies.
async fn processor() {
    let relay = Relay::start();
    let (left, mut rooms) = (Rc::new(Cell::new(MESSAGES)), JoinSet::new());
    let mut pairs = Vec::new();
    for index in 0..BUSY_ROOMS {
        pairs.push(relay.pair(index).await);
    }
    let (began, before) = (Instant::now(), relay.processor_time());
    for (mut one, mut other) in pairs {
        let left = left.clone();
        rooms.spawn_local(async move {
            let frame = one.push(PAYLOAD, Some("9"));
            while left.get() > 0 {
                left.set(left.get() - 1);
                one.stream.write_all(&frame).await.unwrap();
                other.receive_binary().await;
                one.receive_reply().await;
                std::mem::swap(&mut one, &mut other);
            }
        });
    }
    rooms.join_all().await;
    let (elapsed, after) = (began.elapsed().as_secs_f64(), relay.processor_time());
    let seconds = |index: usize| after[index] - before[index];
    println!(
        "processor: {:.2} s user, {:.2} s system for {MESSAGES} messages with replies ({BUSY_ROOMS} rooms, {:.0} messages/s)",
        seconds(0),
        seconds(1),
        MESSAGES as f64 / elapsed
    );
}

/// The relay's process.
struct Relay {
    child: Child,
    addr: SocketAddr,
}

impl Relay {
    fn start() -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sotto-relay"));
        command
            .args(["--listen", "127.0.0.1:0", "--log", "warn"])
            .env("TOKIO_WORKER_THREADS", "1");
        for limit in [
            "connection-deliveries",
            "connection-bytes",
            "address-deliveries",
            "address-bytes",
            "max-messages",
            "max-mbit",
            "address-joins",
            "address-connections",
            "address-seats",
            "address-unseated",
            "address-rooms",
        ] {
            command.args([&format!("--{limit}"), "0"]);
        }
        let mut child = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let addr = line
            .trim()
            .strip_prefix("listening on ws://")
            .unwrap()
            .parse()
            .unwrap();
        Self { child, addr }
    }

    fn proc(&self, file: &str) -> String {
        fs::read_to_string(format!("/proc/{}/{file}", self.child.id())).unwrap()
    }

    /// Bytes of memory that it holds.
    fn resident(&self) -> u64 {
        let status = self.proc("status");
        let line = status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))
            .unwrap();
        1024 * line.trim().trim_end_matches(" kB").parse::<u64>().unwrap()
    }

    /// Seconds of user and of system time so far.
    fn processor_time(&self) -> [f64; 2] {
        let stat = self.proc("stat");
        let fields: Vec<&str> = stat.rsplit_once(')').unwrap().1.split_whitespace().collect();
        [11, 12].map(|index| fields[index].parse::<f64>().unwrap() / TICKS)
    }

    /// Two in a room.
    async fn pair(&self, index: usize) -> (Peer, Peer) {
        let access = hex::encode(Sha256::digest(index.to_string()));
        let room = hex::encode(Sha256::digest(format!("sotto/v1/room:{access}")));
        let topic = format!("anon_room:{room}");
        let mut one = Peer::join(self.addr, &topic, &access, 1).await;
        let other = Peer::join(self.addr, &topic, &access, 2).await;
        // Of the other's join.
        one.receive().await;
        (one, other)
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// One connection, seated in a room.
struct Peer {
    stream: TcpStream,
    topic: String,
    read: Vec<u8>,
    /// Where in `read` the next frame begins.
    start: usize,
}

impl Peer {
    async fn join(addr: SocketAddr, topic: &str, access: &str, sender: u8) -> Self {
        let mut peer = Self {
            stream: TcpStream::connect(addr).await.unwrap(),
            topic: topic.to_owned(),
            read: Vec::new(),
            start: 0,
        };
        peer.stream.set_nodelay(true).unwrap();
        let request = "GET /socket/websocket?vsn=2.0.0 HTTP/1.1\r\nhost: x\r\nconnection: Upgrade\r\n\
            upgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n";
        peer.stream.write_all(request.as_bytes()).await.unwrap();
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(peer.stream.read_u8().await.unwrap());
        }
        assert!(head.starts_with(b"HTTP/1.1 101"));
        let sender = hex::encode([sender; 32]);
        let join = format!(
            r#"["1","1","{topic}","phx_join",{{"access_hash":"{access}","sender_hash":"{sender}"}}]"#
        );
        peer.stream
            .write_all(&masked(0x81, join.as_bytes()))
            .await
            .unwrap();
        peer.receive_reply().await;
        // The presence_state.
        peer.receive().await;
        peer
    }

    /// A frame of a push with so many bytes of payload.
    fn push(&self, size: usize, reference: Option<&'static str>) -> Vec<u8> {
        let push = Push {
            join_ref: Ref::Text("1".into()),
            reference: reference.map_or(Ref::Null, |reference| Ref::Text(reference.into())),
            topic: self.topic.as_str().into(),
            event: "sealed".into(),
            payload: Payload::Binary(&vec![7; size]),
        };
        let mut payload = Vec::new();
        push.encode(&mut payload).unwrap();
        masked(0x82, &payload)
    }

    async fn receive_binary(&mut self) {
        assert_eq!(self.receive().await, 0x82);
    }

    async fn receive_reply(&mut self) {
        assert_eq!(self.receive().await, 0x81);
    }

    /// Reads one frame; its first byte.
    async fn receive(&mut self) -> u8 {
        loop {
            let unread = &self.read[self.start..];
            let header = match unread.get(1) {
                None => None,
                Some(126) => unread
                    .get(2..4)
                    .map(|len| (4, u16::from_be_bytes([len[0], len[1]]).into())),
                Some(127) => unread
                    .get(2..10)
                    .map(|len| (10, u64::from_be_bytes(len.try_into().unwrap()) as usize)),
                Some(&len) => Some((2, usize::from(len))),
            };
            if let Some((header, len)) = header
                && unread.len() >= header + len
            {
                let first = unread[0];
                self.start += header + len;
                if self.start == self.read.len() {
                    self.read.clear();
                    self.start = 0;
                }
                return first;
            }
            assert!(
                self.stream.read_buf(&mut self.read).await.unwrap() > 0,
                "the relay has closed"
            );
        }
    }
}

/// A client's frame, under a mask of zeroes.
fn masked(first: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![first];
    match payload.len() {
        len @ ..126 => frame.push(0x80 | len as u8),
        len @ ..65_536 => {
            frame.push(0x80 | 126);
            frame.extend((len as u16).to_be_bytes());
        }
        len => {
            frame.push(0x80 | 127);
            frame.extend((len as u64).to_be_bytes());
        }
    }
    frame.extend([0; 4]);
    frame.extend(payload);
    frame
}
