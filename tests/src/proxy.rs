//! The way between client and relay, in the hands of the test: it records, delays, stalls, cuts and refuses.

use std::io::{self, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, sync_channel};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use crate::recording::Recording;

/// A TCP proxy on a free port of the loopback.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    way: Arc<Way>,
}

#[derive(Debug)]
struct Way {
    relay: SocketAddr,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    recordings: Vec<Recording>,
    open: Vec<TcpStream>,
    accepted: usize,
    stalled: bool,
    refusing: bool,
    pace: Pace,
    over: bool,
}

/// How fast a way is.
#[derive(Debug, Clone, Copy, Default)]
struct Pace {
    /// How long a byte is on the way.
    delay: Duration,
    /// Zero is as many as there are.
    bytes_a_second: u32,
}

/// The direction in which bytes go.
#[derive(Debug, Clone, Copy)]
enum Direction {
    Up,
    Down,
}

/// Bytes that are read at once.
const PIECE: usize = 4096;
/// Pieces that are on the way; more wait in the sender's socket.
const ON_THE_WAY: usize = 16;
/// Bytes that arrive at once where they are slow.
const TRICKLE: usize = 256;

impl Proxy {
    /// Starts a proxy before a relay.
    pub fn start(relay: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let way = Arc::new(Way {
            relay,
            state: Mutex::default(),
            changed: Condvar::new(),
        });
        thread::spawn({
            let way = Arc::clone(&way);
            move || {
                for client in listener.incoming().map_while(Result::ok) {
                    if way.state.lock().unwrap().over {
                        break;
                    }
                    way.accept(client);
                }
            }
        });
        Self { address, way }
    }

    /// What a client is given.
    pub fn url(&self) -> String {
        format!("ws://{}", self.address)
    }

    /// Cuts all connections. New ones are taken.
    pub fn cut(&self) {
        self.way.state.lock().unwrap().cut();
    }

    /// From now on new connections are cut at once, or again taken.
    pub fn refuse(&self, refusing: bool) {
        self.way.state.lock().unwrap().refusing = refusing;
    }

    /// From now on nothing goes on, in both directions, but the connections stay; or all goes on.
    pub fn stall(&self, stalled: bool) {
        self.way.state.lock().unwrap().stalled = stalled;
        self.way.changed.notify_all();
    }

    /// From now on every byte is so long on the way, and so many arrive in a second.
    pub fn slow(&self, delay: Duration, bytes_a_second: u32) {
        self.way.state.lock().unwrap().pace = Pace {
            delay,
            bytes_a_second,
        };
    }

    /// Connections that were made so far.
    pub fn accepted(&self) -> usize {
        self.way.state.lock().unwrap().accepted
    }

    /// All that went over it so far, by connection.
    pub fn recordings(&self) -> Vec<Recording> {
        self.way.state.lock().unwrap().recordings.clone()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let mut state = self.way.state.lock().unwrap();
        state.over = true;
        state.stalled = false;
        state.cut();
        drop(state);
        self.way.changed.notify_all();
        // Wakes the accept loop, which sees that it is over.
        let _ = TcpStream::connect(self.address);
    }
}

impl State {
    fn cut(&mut self) {
        for socket in self.open.drain(..) {
            let _ = socket.shutdown(Shutdown::Both);
        }
    }
}

impl Way {
    fn accept(self: &Arc<Self>, client: TcpStream) {
        let mut state = self.state.lock().unwrap();
        state.accepted += 1;
        if state.refusing {
            return;
        }
        // A relay that is down: the client's connection is closed with this one.
        let Ok(relay) = TcpStream::connect(self.relay) else {
            return;
        };
        let connection = state.recordings.len();
        state.recordings.push(Recording::default());
        state
            .open
            .extend([client.try_clone().unwrap(), relay.try_clone().unwrap()]);
        drop(state);
        for (from, to, direction) in [
            (
                client.try_clone().unwrap(),
                relay.try_clone().unwrap(),
                Direction::Up,
            ),
            (relay, client, Direction::Down),
        ] {
            let way = Arc::clone(self);
            thread::spawn(move || way.pass_on(from, to, connection, direction));
        }
    }

    fn pass_on(self: Arc<Self>, mut from: TcpStream, to: TcpStream, connection: usize, direction: Direction) {
        let (sender, pieces) = sync_channel(ON_THE_WAY);
        let way = Arc::clone(&self);
        let arriving = thread::spawn(move || way.arrive(&pieces, to, connection, direction));
        let mut piece = [0; PIECE];
        while let Ok(length @ 1..) = from.read(&mut piece) {
            let arrives = Instant::now() + self.state.lock().unwrap().pace.delay;
            if sender.send((arrives, piece[..length].to_vec())).is_err() {
                break;
            }
        }
        drop(sender);
        let _ = arriving.join();
        let _ = from.shutdown(Shutdown::Both);
    }

    fn arrive(
        &self,
        pieces: &Receiver<(Instant, Vec<u8>)>,
        mut to: TcpStream,
        connection: usize,
        direction: Direction,
    ) {
        for (arrives, piece) in pieces {
            thread::sleep(arrives.saturating_duration_since(Instant::now()));
            let mut state = self
                .changed
                .wait_while(self.state.lock().unwrap(), |state| state.stalled)
                .unwrap();
            let recording = &mut state.recordings[connection];
            match direction {
                Direction::Up => &mut recording.up,
                Direction::Down => &mut recording.down,
            }
            .extend_from_slice(&piece);
            let pace = state.pace;
            drop(state);
            if pace.write(&mut to, &piece).is_err() {
                break;
            }
        }
        let _ = to.shutdown(Shutdown::Both);
    }
}

impl Pace {
    fn write(self, to: &mut TcpStream, piece: &[u8]) -> io::Result<()> {
        if self.bytes_a_second == 0 {
            return to.write_all(piece);
        }
        for bytes in piece.chunks(TRICKLE) {
            let time = u32::try_from(bytes.len()).unwrap() * Duration::from_secs(1) / self.bytes_a_second;
            thread::sleep(time);
            to.write_all(bytes)?;
        }
        Ok(())
    }
}
