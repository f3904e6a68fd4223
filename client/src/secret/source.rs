//! Where the passphrase comes from: a hidden prompt, a file, a descriptor, or a command.
//!
//! Never an argument and never the environment: other users of a machine can read those.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use clap::Args;
use sotto_protocol::Passphrase;
use sotto_protocol::passphrase::{MAX_PASSPHRASE, PassphraseError};
use zeroize::Zeroizing;

use super::prompt::Prompt;
use super::rater::Rater;
use super::strength::{Slip, Strength};
use crate::platform::{open_to_others, shell};

/// The most that is read of a source, in bytes: four times the longest passphrase, as normalisation may shrink
/// it, and a line end.
const MAX_READ: usize = 4 * MAX_PASSPHRASE + 2;
/// How long a command may take. Long: a password manager may ask for a password of its own.
const COMMAND_LIMIT: Duration = Duration::from_secs(120);
/// Between two looks at whether a command has ended.
const COMMAND_POLL: Duration = Duration::from_millis(20);
/// How often a prompt asks again.
const TRIES: usize = 3;

/// The sources that the command line knows; at most one of them.
#[derive(Debug, Clone, Default, Args)]
#[group(multiple = false)]
pub(crate) struct Source {
    /// Read the passphrase from a file that holds nothing else
    #[arg(long, value_name = "FILE")]
    pub(crate) passphrase_file: Option<PathBuf>,
    /// Read the passphrase from an open file descriptor: --passphrase-fd 3 3<FILE
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(3..))]
    pub(crate) passphrase_fd: Option<u32>,
    /// Take the first line that a command prints: --passphrase-command 'pass show anna'
    #[arg(long, value_name = "COMMAND")]
    pub(crate) passphrase_command: Option<String>,
}

impl Source {
    /// Whether there is one.
    pub(crate) fn is_given(&self) -> bool {
        self.passphrase_file.is_some() || self.passphrase_fd.is_some() || self.passphrase_command.is_some()
    }
}

/// Why there is no passphrase.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SecretError {
    /// No source, and nobody to ask.
    #[error(
        "there is no terminal to ask for the passphrase on: give it with --passphrase-file FILE, \
         --passphrase-fd N or --passphrase-command COMMAND"
    )]
    NoSource,
    /// A source cannot be read.
    #[error("cannot read the passphrase from {source_name}: {error}")]
    Read {
        /// The file or descriptor.
        source_name: String,
        /// The system's words.
        error: io::Error,
    },
    /// What was read is no passphrase.
    #[error("{source_name}: {error}")]
    Unfit {
        /// The file, descriptor or command.
        source_name: String,
        /// What is wrong with it.
        error: PassphraseError,
    },
    /// Bytes that are no text.
    #[error("{0}: the passphrase is not UTF-8 text")]
    NotUtf8(String),
    /// A file of several lines: which of them is meant?
    #[error("{0} holds more than one line; the passphrase has to be alone in it")]
    SeveralLines(String),
    /// A command that ended with another status than 0.
    #[error("the passphrase command failed: {0}")]
    CommandFailed(String),
    /// A command that took too long.
    #[error("the passphrase command did not end within {} s", .0.as_secs())]
    CommandTimeout(Duration),
    /// Nothing was typed.
    #[error("the passphrase is empty")]
    Empty,
    /// The user does not want it after all.
    #[error("no passphrase was given")]
    Declined,
}

/// What to say on stderr about a passphrase that was taken.
pub(crate) type Warning = String;

/// Gets the passphrase from the source, or else asks for it. Blocks.
///
/// # Errors
/// [`SecretError`].
pub(crate) fn passphrase(
    source: &Source,
    prompt: &mut dyn Prompt,
) -> Result<(Passphrase, Vec<Warning>), SecretError> {
    let mut warnings = Vec::new();
    let passphrase = if let Some(path) = &source.passphrase_file {
        from_file(path, &mut warnings)?
    } else if let Some(number) = source.passphrase_fd {
        from_descriptor(number)?
    } else if let Some(command) = &source.passphrase_command {
        from_command(command, COMMAND_LIMIT)?
    } else {
        let typed = ask(prompt, "passphrase: ")?;
        return Ok((typed.ok_or(SecretError::Empty)?, warnings));
    };
    warnings.extend(warning(&passphrase));
    Ok((passphrase, warnings))
}

/// Asks, until the passphrase is a strong one or the user wants it all the same. `None` when nothing is typed. Blocks.
///
/// # Errors
/// [`SecretError`].
pub(crate) fn ask(prompt: &mut dyn Prompt, question: &str) -> Result<Option<Passphrase>, SecretError> {
    let failed = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => SecretError::NoSource,
        _ => SecretError::Read {
            source_name: "the terminal".to_owned(),
            error,
        },
    };
    for _ in 0..TRIES {
        let typed = prompt.secret(question).map_err(failed)?;
        if typed.trim_ascii().is_empty() {
            return Ok(None);
        }
        let passphrase = parse(&typed, "the terminal")?;
        let Some(doubt) = doubt(&passphrase) else {
            return Ok(Some(passphrase));
        };
        let question = format!("{doubt}. Use it all the same? [y/N] ");
        if prompt.confirm(&question).map_err(failed)? {
            return Ok(Some(passphrase));
        }
    }
    Err(SecretError::Declined)
}

/// What a command printed.
#[derive(Debug)]
pub struct Fetched {
    /// The passphrase.
    pub(crate) passphrase: Passphrase,
    /// What there is to say about it.
    pub(crate) warning: Option<Warning>,
}

/// Takes the first line that a command prints. Blocks.
///
/// # Errors
/// [`SecretError`].
pub(crate) fn fetch(command: &str) -> Result<Fetched, SecretError> {
    let passphrase = from_command(command, COMMAND_LIMIT)?;
    let warning = warning(&passphrase);
    Ok(Fetched { passphrase, warning })
}

fn from_file(path: &Path, warnings: &mut Vec<Warning>) -> Result<Passphrase, SecretError> {
    let name = path.display().to_string();
    let failed = |error| SecretError::Read {
        source_name: name.clone(),
        error,
    };
    let file = File::open(path).map_err(failed)?;
    let metadata = file.metadata().map_err(failed)?;
    if let Some(mode) = open_to_others(&metadata).filter(|_| metadata.is_file()) {
        warnings.push(format!(
            "others can read {name} (mode {mode}): chmod 600 keeps it to you"
        ));
    }
    only_line(&read_bounded(file).map_err(failed)?, &name)
}

fn from_descriptor(number: u32) -> Result<Passphrase, SecretError> {
    let name = format!("file descriptor {number}");
    // Opened by its path: no unsafe, and a number that is not open is an error rather than a surprise.
    let bytes = File::open(format!("/dev/fd/{number}"))
        .and_then(read_bounded)
        .map_err(|error| SecretError::Read {
            source_name: name.clone(),
            error,
        })?;
    only_line(&bytes, &name)
}

/// Runs a command with the shell. Its stdin is closed (ours may be messages), its stderr is ours.
fn from_command(command: &str, limit: Duration) -> Result<Passphrase, SecretError> {
    let failed = |error: io::Error| SecretError::CommandFailed(error.to_string());
    let mut child = shell(command)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(failed)?;
    let deadline = Instant::now() + limit;
    let line = first_line(&mut child, deadline);
    let line = match line.and_then(|line| wait(&mut child, deadline, limit).map(|()| line)) {
        Ok(line) => line,
        Err(error) => {
            // It may have ended by itself; either way it is gone afterwards.
            let _ = child.kill();
            let _ = child.wait();
            return Err(match error {
                SecretError::CommandTimeout(_) => SecretError::CommandTimeout(limit),
                other => other,
            });
        }
    };
    parse(&line, "the passphrase command's first line")
}

/// Reads what a command prints, to its end so that it need not fail, and gives back the first line.
fn first_line(child: &mut Child, deadline: Instant) -> Result<Zeroizing<Vec<u8>>, SecretError> {
    let Some(mut stdout) = child.stdout.take() else {
        return Err(SecretError::CommandFailed("it has no output".to_owned()));
    };
    let (sender, receiver) = mpsc::sync_channel(1);
    // A thread, as a read from a pipe has no time limit. It ends with the pipe.
    thread::spawn(move || {
        let bytes = read_bounded(&mut stdout);
        let rest = io::copy(&mut stdout, &mut io::sink());
        // Nobody listens any more after the limit.
        let _ = sender.send(bytes.and_then(|bytes| rest.map(|_| bytes)));
    });
    let bytes = receiver
        .recv_timeout(deadline.saturating_duration_since(Instant::now()))
        .map_err(|_| SecretError::CommandTimeout(COMMAND_LIMIT))?
        .map_err(|error| SecretError::CommandFailed(error.to_string()))?;
    let line = bytes.split(|&byte| byte == b'\n').next().unwrap_or_default();
    Ok(Zeroizing::new(line.to_vec()))
}

fn wait(child: &mut Child, deadline: Instant, limit: Duration) -> Result<(), SecretError> {
    loop {
        match child.try_wait() {
            Ok(Some(status)) if status.success() => return Ok(()),
            Ok(Some(status)) => return Err(SecretError::CommandFailed(status.to_string())),
            Ok(None) if Instant::now() < deadline => thread::sleep(COMMAND_POLL),
            Ok(None) => return Err(SecretError::CommandTimeout(limit)),
            Err(error) => return Err(SecretError::CommandFailed(error.to_string())),
        }
    }
}

/// At most [`MAX_READ`] bytes; the capacity is there from the start, so that growing leaves no copy behind.
fn read_bounded(reader: impl Read) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(MAX_READ));
    reader.take(MAX_READ as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The only line of a source.
fn only_line(bytes: &[u8], source_name: &str) -> Result<Passphrase, SecretError> {
    let mut lines = bytes.split(|&byte| byte == b'\n');
    let first = lines.next().unwrap_or_default();
    if lines.any(|line| !line.trim_ascii().is_empty()) {
        return Err(SecretError::SeveralLines(source_name.to_owned()));
    }
    parse(first, source_name)
}

fn parse(line: &[u8], source_name: &str) -> Result<Passphrase, SecretError> {
    let text = match std::str::from_utf8(line) {
        Ok(text) => text,
        Err(_) => return Err(SecretError::NotUtf8(source_name.to_owned())),
    };
    Passphrase::new(text).map_err(|error| SecretError::Unfit {
        source_name: source_name.to_owned(),
        error,
    })
}

/// What is to be said about a passphrase that somebody typed before it is taken; `None` for a good one.
fn doubt(passphrase: &Passphrase) -> Option<String> {
    slip(passphrase).or_else(|| weak(rate(passphrase)))
}

/// What is to be said about a passphrase that nobody typed here.
fn warning(passphrase: &Passphrase) -> Option<Warning> {
    weakness(rate(passphrase)).map(|weakness| format!("the passphrase is weak: {weakness}"))
}

/// How strong it is.
pub(crate) fn rate(passphrase: &Passphrase) -> Strength {
    Rater::default().rate(passphrase.expose())
}

/// What is to be said about a passphrase that is so strong; `None` for a strong one.
pub(crate) fn weak(strength: Strength) -> Option<String> {
    weakness(strength).map(|weakness| format!("this passphrase is weak: {weakness}"))
}

/// Says that a word is not of the list that all other words are of: most likely it was mistyped. By its place, as
/// others may see the screen.
pub(crate) fn slip(passphrase: &Passphrase) -> Option<String> {
    let slip = Slip::find(passphrase.expose())?;
    Some(format!(
        "word {} is not in the list of words that the others are from: a slip?",
        slip.place
    ))
}

fn weakness(strength: Strength) -> Option<String> {
    strength.is_weak().then(|| {
        format!(
            "about {:.0} bits, and everything rests on it (sotto generate makes one of 77 bits)",
            strength.bits()
        )
    })
}

#[cfg(test)]
mod tests {
    use std::collections::VecDeque;
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    const STRONG: &str = "excretion railing unjustly crunchy divisive strudel";

    /// A terminal at which somebody answers this, in turn; then there is none.
    #[derive(Default)]
    struct Person {
        secrets: VecDeque<&'static [u8]>,
        confirms: VecDeque<bool>,
        asked: Vec<String>,
    }

    impl Prompt for Person {
        fn secret(&mut self, question: &str) -> io::Result<Zeroizing<Vec<u8>>> {
            self.asked.push(question.to_owned());
            let secret = self.secrets.pop_front().ok_or(io::ErrorKind::NotFound)?;
            Ok(Zeroizing::new(secret.to_vec()))
        }

        fn line(&mut self, question: &str) -> io::Result<String> {
            self.asked.push(question.to_owned());
            Err(io::ErrorKind::NotFound.into())
        }

        fn confirm(&mut self, question: &str) -> io::Result<bool> {
            self.asked.push(question.to_owned());
            Ok(self.confirms.pop_front().ok_or(io::ErrorKind::NotFound)?)
        }
    }

    /// Nobody to ask.
    fn get(source: &Source) -> Result<(Passphrase, Vec<Warning>), SecretError> {
        passphrase(source, &mut Person::default())
    }

    fn refusal(source: &Source) -> String {
        get(source).unwrap_err().to_string()
    }

    fn file(content: &[u8], mode: u32) -> (tempfile::TempDir, Source) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("passphrase");
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let source = Source {
            passphrase_file: Some(path),
            ..Source::default()
        };
        (folder, source)
    }

    fn command(command: &str) -> Source {
        Source {
            passphrase_command: Some(command.to_owned()),
            ..Source::default()
        }
    }

    #[test]
    fn without_a_source_and_a_terminal_the_options_are_named() {
        let error = get(&Source::default()).unwrap_err();
        assert!(matches!(error, SecretError::NoSource));
        let error = error.to_string();
        for option in ["--passphrase-file", "--passphrase-fd", "--passphrase-command"] {
            assert!(error.contains(option), "{error}");
        }
    }

    #[test]
    fn a_file_holds_the_passphrase_and_nothing_else() {
        let (_folder, source) = file(format!("{STRONG}\n").as_bytes(), 0o600);
        let (passphrase, warnings) = get(&source).unwrap();
        assert_eq!(passphrase.expose(), STRONG);
        assert!(warnings.is_empty(), "{warnings:?}");
        let (_folder, source) = file(b"one\ntwo\n", 0o600);
        assert!(refusal(&source).contains("more than one line"));
        let (_folder, source) = file(b"one\n \n\n", 0o600);
        assert_eq!(get(&source).unwrap().0.expose(), "one");
    }

    #[test]
    fn a_file_that_others_can_read_draws_a_warning() {
        let (_folder, source) = file(STRONG.as_bytes(), 0o640);
        let (_, warnings) = get(&source).unwrap();
        assert!(warnings[0].contains("mode 640"), "{warnings:?}");
    }

    #[test]
    fn a_file_that_is_none_or_no_text_is_said() {
        let (folder, source) = file(b"\xff\xfe", 0o600);
        assert!(refusal(&source).contains("not UTF-8"));
        let (_folder, source) = file(b" \n", 0o600);
        assert!(refusal(&source).contains("empty"));
        let (_folder, source) = file(&[b'x'; 100_000], 0o600);
        assert!(refusal(&source).contains("longer than 1,024 bytes"));
        let missing = Source {
            passphrase_file: Some(folder.path().join("missing")),
            ..Source::default()
        };
        assert!(refusal(&missing).contains("missing"));
    }

    #[test]
    fn a_descriptor_holds_the_passphrase() {
        use std::os::fd::AsRawFd;
        let mut open = tempfile::tempfile().unwrap();
        io::Write::write_all(&mut open, STRONG.as_bytes()).unwrap();
        let number = open.as_raw_fd().try_into().unwrap();
        let source = |number| Source {
            passphrase_fd: Some(number),
            ..Source::default()
        };
        assert_eq!(get(&source(number)).unwrap().0.expose(), STRONG);
        assert!(refusal(&source(9999)).contains("file descriptor 9999"));
    }

    #[test]
    fn the_first_line_that_a_command_prints_is_the_passphrase() {
        let pass = command(&format!("echo '{STRONG}'; echo user: anna; exit 0"));
        assert_eq!(get(&pass).unwrap().0.expose(), STRONG);
        let long = command(&format!("echo '{STRONG}'; head -c 200000 /dev/zero"));
        assert_eq!(get(&long).unwrap().0.expose(), STRONG);
    }

    #[test]
    fn a_command_cannot_read_our_input() {
        assert!(refusal(&command("cat")).contains("empty"));
    }

    #[test]
    fn a_command_that_fails_or_prints_nothing_is_said() {
        assert!(refusal(&command(&format!("echo '{STRONG}'; exit 7"))).contains("exit status: 7"));
        assert!(refusal(&command("true")).contains("empty"));
        assert!(refusal(&command("printf '\\377'")).contains("not UTF-8"));
        assert!(
            refusal(&command("head -c 100000 /dev/zero | tr '\\0' x")).contains("longer than 1,024 bytes")
        );
    }

    #[test]
    fn a_command_that_does_not_end_is_waited_for_no_longer_than_the_limit() {
        let limit = Duration::from_millis(100);
        for hanging in ["exec sleep 60", "exec sleep 60 >&-"] {
            let began = Instant::now();
            let error = from_command(hanging, limit).unwrap_err();
            assert!(matches!(error, SecretError::CommandTimeout(told) if told == limit));
            assert!(began.elapsed() < Duration::from_secs(30));
        }
    }

    #[test]
    fn a_weak_passphrase_from_a_source_draws_a_warning() {
        let (_folder, source) = file(b"hunter2", 0o600);
        let (_, warnings) = get(&source).unwrap();
        assert!(warnings[0].contains("weak"), "{warnings:?}");
    }

    #[test]
    fn one_word_that_is_not_in_the_list_is_asked_about_by_its_place() {
        let mut person = Person {
            secrets: [
                &b"excretion railing unjustly crunhcy divisive strudel"[..],
                STRONG.as_bytes(),
            ]
            .into(),
            confirms: [false].into(),
            ..Person::default()
        };
        let (passphrase, _) = passphrase(&Source::default(), &mut person).unwrap();
        assert_eq!(passphrase.expose(), STRONG);
        assert!(person.asked[1].starts_with("word 4 is not"), "{:?}", person.asked);
        assert!(!person.asked[1].contains("crunhcy"));
        assert_eq!(
            slip(&Passphrase::new("my own sentence of Füllwörter und Unsinn").unwrap()),
            None
        );
    }

    #[test]
    fn a_weak_passphrase_that_is_typed_has_to_be_confirmed() {
        let mut person = Person {
            secrets: [&b"hunter2"[..], b"password", STRONG.as_bytes()].into(),
            confirms: [false, false].into(),
            ..Person::default()
        };
        let (passphrase, _) = passphrase(&Source::default(), &mut person).unwrap();
        assert_eq!(passphrase.expose(), STRONG);
        assert!(person.asked[1].contains("weak"), "{:?}", person.asked);

        let mut sure = Person {
            secrets: [&b"hunter2"[..]].into(),
            confirms: [true].into(),
            ..Person::default()
        };
        let taken = super::passphrase(&Source::default(), &mut sure).unwrap();
        assert_eq!(taken.0.expose(), "hunter2");
    }

    #[test]
    fn nobody_is_asked_for_ever() {
        let mut person = Person {
            secrets: [&b"a"[..]; 10].into(),
            confirms: [false; 10].into(),
            ..Person::default()
        };
        let refused = passphrase(&Source::default(), &mut person).unwrap_err();
        assert!(matches!(refused, SecretError::Declined));
    }
}
