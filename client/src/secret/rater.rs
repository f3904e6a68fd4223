//! Rates passphrases in a process of its own: what rates them keeps 6 MiB of dictionaries for as long as its process
//! lives.
//!
//! That process is this executable with an argument of its own. It reads passphrases (two bytes of length,
//! little-endian, and the text) and answers each with the guesses that it takes, as a power of ten (eight bytes,
//! little-endian). It ends with its standard input.

use std::future::pending;
use std::io::{self, ErrorKind, Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::time::Duration;
use std::{env, thread};

use tokio::task::{JoinHandle, spawn_blocking};
use zeroize::Zeroizing;

use super::strength::Strength;
use crate::platform::apart;

/// What asks the executable to be that process.
const ARGUMENT: &str = "rate-passphrases";
/// What is rated of a text, in bytes. More than is looked at, and less than a pipe takes without waiting.
const MAX_RATED: usize = 1024;
/// How long an answer may take: some milliseconds, and the dictionaries some tens before the first.
const LIMIT: Duration = Duration::from_secs(2);
/// The guesses, as a power of ten, of what could not be rated: then it is better to ask.
const NOT_RATED: f64 = 0.0;

/// Whether this executable knows that argument: not the one of a test.
static ANSWERS: AtomicBool = AtomicBool::new(false);

/// Rates, if this process was started for that, until there is nothing more to rate; then `true`. To be called when
/// the process begins.
pub(crate) fn serve_if_asked() -> bool {
    let asked = env::args_os().nth(1).is_some_and(|argument| argument == ARGUMENT);
    if asked {
        // Whoever asked is gone, or does not ask any more: there is nobody to tell.
        let _ = serve(io::stdin().lock(), io::stdout().lock());
    }
    ANSWERS.store(!asked, Ordering::Relaxed);
    asked
}

fn serve(mut input: impl Read, mut output: impl Write) -> io::Result<()> {
    // The first rating reads the dictionaries; nobody should wait for them at a key.
    guesses("warm");
    let mut text = Zeroizing::new([0; MAX_RATED]);
    loop {
        let mut length = [0; 2];
        input.read_exact(&mut length)?;
        let text = text
            .get_mut(..usize::from(u16::from_le_bytes(length)))
            .ok_or(ErrorKind::InvalidData)?;
        input.read_exact(text)?;
        let text = str::from_utf8(text).map_err(|_| ErrorKind::InvalidData)?;
        output.write_all(&guesses(text).to_le_bytes())?;
        output.flush()?;
    }
}

fn guesses(text: &str) -> f64 {
    zxcvbn::zxcvbn(text, &[]).guesses_log10()
}

/// Rates passphrases. The process for it is started at the first, and ends when this is dropped.
#[derive(Debug, Default)]
pub struct Rater(Option<Apart>);

impl Rater {
    /// Starts the process, so that the first passphrase need not wait for it.
    pub(crate) fn warm(&mut self) {
        if self.0.is_none() && ANSWERS.load(Ordering::Relaxed) {
            self.0 = Apart::start().ok();
        }
    }

    /// How strong a passphrase is. Where there is no other process to be had, this one rates; one that does not answer
    /// leaves it weak.
    pub fn rate(&mut self, passphrase: &str) -> Strength {
        self.warm();
        let text = &passphrase[..passphrase.floor_char_boundary(MAX_RATED)];
        let guesses = match &mut self.0 {
            None => guesses(text),
            Some(apart) => apart.guesses(text).unwrap_or_else(|_| {
                self.0 = None;
                NOT_RATED
            }),
        };
        Strength::of(passphrase, guesses)
    }
}

/// A rater beside a screen, which need not wait for it.
#[derive(Debug, Default)]
pub(crate) struct RaterTask {
    /// Taken along by what is under way.
    rater: Rater,
    running: Option<JoinHandle<(Rater, Strength)>>,
    /// What is to be rated next.
    next: Option<Zeroizing<String>>,
}

impl RaterTask {
    /// Starts the process, so that the first passphrase need not wait for it.
    pub(crate) fn warm(&mut self) {
        self.rater.warm();
    }

    /// Rates a passphrase; of several that come while one is being rated, the last. Has to be called inside a Tokio
    /// runtime.
    pub(crate) fn rate(&mut self, passphrase: &str) {
        self.next = Some(Zeroizing::new(passphrase.to_owned()));
        if self.running.is_none() {
            self.begin();
        }
    }

    fn begin(&mut self) {
        let mut rater = std::mem::take(&mut self.rater);
        self.running = self.next.take().map(|passphrase| {
            spawn_blocking(move || {
                let strength = rater.rate(&passphrase);
                (rater, strength)
            })
        });
    }

    /// How strong the last passphrase is. May be dropped and called again: nothing is lost.
    pub(crate) async fn rated(&mut self) -> Strength {
        loop {
            let Some(running) = &mut self.running else {
                return pending().await;
            };
            let rated = running.await;
            let (rater, strength) = rated.unwrap_or_else(|_| (Rater::default(), Strength::of("", NOT_RATED)));
            self.rater = rater;
            self.running = None;
            if self.next.is_none() {
                return strength;
            }
            self.begin();
        }
    }
}

/// The other process. Killed on drop.
#[derive(Debug)]
struct Apart {
    child: Child,
    stdin: ChildStdin,
    answers: mpsc::Receiver<[u8; 8]>,
}

impl Apart {
    fn start() -> io::Result<Self> {
        // On Linux also after an update, which leaves no file behind at the path that this one came from.
        let itself = if cfg!(target_os = "linux") {
            "/proc/self/exe".into()
        } else {
            env::current_exe()?
        };
        Self::of(Command::new(itself).arg(ARGUMENT))
    }

    fn of(command: &mut Command) -> io::Result<Self> {
        let mut child = apart(command)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let (Some(stdin), Some(mut stdout)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(ErrorKind::BrokenPipe.into());
        };
        let (sender, answers) = mpsc::sync_channel(1);
        // A thread, as a read from a pipe has no time limit. It ends with the process.
        thread::spawn(move || {
            let mut answer = [0; 8];
            while stdout.read_exact(&mut answer).is_ok() && sender.send(answer).is_ok() {}
        });
        Ok(Self {
            child,
            stdin,
            answers,
        })
    }

    fn guesses(&mut self, text: &str) -> io::Result<f64> {
        let length = u16::try_from(text.len()).map_err(|_| ErrorKind::InvalidInput)?;
        let mut question = Zeroizing::new(Vec::with_capacity(2 + MAX_RATED));
        question.extend(length.to_le_bytes());
        question.extend(text.as_bytes());
        self.stdin.write_all(&question)?;
        let answer = self.answers.recv_timeout(LIMIT);
        Ok(f64::from_le_bytes(answer.map_err(|_| ErrorKind::TimedOut)?))
    }
}

impl Drop for Apart {
    fn drop(&mut self) {
        // It may have ended by itself; either way it is gone afterwards.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_question_is_answered_until_there_is_none() {
        let mut questions = Vec::new();
        for text in [
            "hunter2",
            "",
            "excretion railing unjustly crunchy divisive strudel",
        ] {
            questions.extend((text.len() as u16).to_le_bytes());
            questions.extend(text.as_bytes());
        }
        let mut answers = Vec::new();
        let end = serve(questions.as_slice(), &mut answers).unwrap_err();
        assert_eq!(end.kind(), ErrorKind::UnexpectedEof);
        let answers: Vec<f64> = answers
            .as_chunks()
            .0
            .iter()
            .map(|bytes| f64::from_le_bytes(*bytes))
            .collect();
        assert_eq!(answers.len(), 3);
        assert_eq!(answers[0], guesses("hunter2"));
        assert!(answers[2] > 18.0, "{answers:?}");
    }

    #[test]
    fn a_question_that_is_too_long_or_no_text_ends_it() {
        for question in [&[0xff, 0xff, b'x'][..], &[1, 0, 0xff]] {
            let end = serve(question, Vec::new()).unwrap_err();
            assert_eq!(end.kind(), ErrorKind::InvalidData);
        }
    }

    #[test]
    fn without_another_process_this_one_rates() {
        let mut rater = Rater::default();
        let strength = rater.rate("hunter2");
        assert!(rater.0.is_none() && strength.bits() > 1.0);
    }

    #[tokio::test]
    async fn of_passphrases_that_come_fast_only_the_last_is_answered() {
        let mut task = RaterTask::default();
        for passphrase in [
            "hunter2",
            "hunter",
            "excretion railing unjustly crunchy divisive strudel",
        ] {
            task.rate(passphrase);
        }
        assert!(!task.rated().await.is_weak());
        assert!(task.next.is_none() && task.running.is_none());
    }

    #[test]
    fn who_does_not_answer_leaves_a_passphrase_weak() {
        let mut rater = Rater(Some(Apart::of(&mut Command::new("true")).unwrap()));
        let strong = "a sentence of my own that nobody else would ever think of 3 times";
        assert!(rater.rate(strong).is_weak() && rater.0.is_none());
        assert!(!rater.rate(strong).is_weak());
    }
}
