//! What the relay says on stderr: line by line, by a thread of its own. A line that cannot be written is dropped and
//! counted; nobody else waits for it, whatever stderr is: closed, full, or a pipe that nobody reads.
//!
//! Where stderr is the journal, a line says its level as that reads it (sd-daemon(3)), and no time.

use std::{
    fmt,
    io::{self, IsTerminal, Write},
    sync::{
        OnceLock,
        atomic::{AtomicU64, Ordering::Relaxed},
        mpsc::{Receiver, SyncSender, sync_channel},
    },
};

use tracing::{Event, Level, Subscriber};
use tracing_subscriber::{
    EnvFilter,
    fmt::{
        FmtContext, FormatEvent, FormatFields,
        format::{Format, Full, Writer},
    },
    registry::LookupSpan,
};

use crate::limits;

static LINES: OnceLock<SyncSender<Entry>> = OnceLock::new();
static DROPPED: AtomicU64 = AtomicU64::new(0);

/// What the thread is given.
enum Entry {
    Line(Vec<u8>),
    /// To be told when all lines before it are written.
    Flush(SyncSender<()>),
}

/// Logs what the filter lets through: to be called once.
pub fn start(filter: EnvFilter) {
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(|| Lines);
    if is_journal() {
        builder
            .with_ansi(false)
            .event_format(Journal(Format::default().without_time().with_level(false)))
            .init();
    } else {
        builder.with_ansi(io::stderr().is_terminal()).init();
    }
}

/// Writes a line for the operator whatever the filter is.
pub fn line(level: Level, text: &str) {
    let prefix = match is_journal() {
        true => format!("<{}>", severity(level)),
        false => String::new(),
    };
    send(format!("{prefix}{text}\n").into_bytes());
}

/// Waits until all is written, or a moment.
pub fn flush() {
    let (done, written) = sync_channel(1);
    if LINES
        .get()
        .is_some_and(|lines| lines.try_send(Entry::Flush(done)).is_ok())
    {
        let _ = written.recv_timeout(limits::LAST_LINE);
    }
}

/// How many lines could not be written.
pub(super) fn dropped() -> u64 {
    DROPPED.load(Relaxed)
}

fn send(line: Vec<u8>) {
    let lines = LINES.get_or_init(|| {
        let (lines, taken) = sync_channel(limits::LOG_LINES);
        // Without a thread its end is dropped, and with it every line.
        let _ = std::thread::Builder::new()
            .name("log".to_owned())
            .spawn(move || write(&taken));
        lines
    });
    if lines.try_send(Entry::Line(line)).is_err() {
        DROPPED.fetch_add(1, Relaxed);
    }
}

fn write(taken: &Receiver<Entry>) {
    let mut told = 0;
    for entry in taken {
        match entry {
            Entry::Line(line) => {
                let dropped = dropped();
                let lost = match dropped - told {
                    0 => String::new(),
                    lines => format!("sotto-relay: {lines} lines of this log could not be written\n"),
                };
                // Unbuffered: one write a line, so that nobody else's comes between.
                match io::stderr().write_all(&[lost.as_bytes(), &line].concat()) {
                    Ok(()) => told = dropped,
                    Err(_) => drop(DROPPED.fetch_add(1, Relaxed)),
                }
            }
            Entry::Flush(done) => drop(done.try_send(())),
        }
    }
}

/// Whether the service manager has connected our stderr to its journal (systemd.exec(5), `$JOURNAL_STREAM`).
fn is_journal() -> bool {
    static ANSWER: OnceLock<bool> = OnceLock::new();
    *ANSWER.get_or_init(|| {
        let stream = std::env::var("JOURNAL_STREAM").unwrap_or_default();
        let stderr = rustix::fs::fstat(rustix::stdio::stderr());
        stderr.is_ok_and(|stderr| stream == format!("{}:{}", stderr.st_dev, stderr.st_ino))
    })
}

/// The numbers of syslog(3).
fn severity(level: Level) -> u8 {
    match level {
        Level::ERROR => 3,
        Level::WARN => 4,
        Level::INFO => 6,
        _ => 7,
    }
}

/// An event as the journal reads it.
struct Journal(Format<Full, ()>);

impl<S, N> FormatEvent<S, N> for Journal
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        write!(writer, "<{}>", severity(*event.metadata().level()))?;
        self.0.format_event(context, writer, event)
    }
}

/// Where `tracing` writes each line as a whole.
struct Lines;

impl Write for Lines {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        send(line.to_vec());
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
