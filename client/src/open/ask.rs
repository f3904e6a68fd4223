//! What comes before a chat, wherever it is: a name, a passphrase, the key. All of it can be interrupted.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use sotto_protocol::{Name, Passphrase, RoomName, Root};
use tokio::sync::mpsc;
use tokio::time::interval;

use crate::exit::{Exit, say};
use crate::open::stages::Derived;
use crate::open::ticket::Ticket;
use crate::secret::kdf::{DerivationError, derive};
use crate::secret::prompt::{self, Prompt, TtyPrompt};
use crate::secret::source::{self, SecretError, Source};
use crate::tui::terminal;
use crate::{config, platform};

/// Between two pictures of the progress line.
const PROGRESS: Duration = Duration::from_millis(100);
/// How often a name is asked for.
const TRIES: usize = 3;

/// Why there is no chat.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AskError {
    /// No terminal.
    #[error("the chat needs a terminal; sotto pipe does without, see sotto pipe --help")]
    NoTerminal,
    /// Ctrl-C or a signal.
    #[error("interrupted")]
    Interrupted,
    /// The terminal cannot be asked.
    #[error("cannot ask on the terminal: {0}")]
    Terminal(#[from] io::Error),
    /// No passphrase.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// No key.
    #[error(transparent)]
    Derivation(#[from] DerivationError),
    /// What was typed was no relay, again and again.
    #[error("no relay was given")]
    NoRelay,
    /// What was typed was no name, again and again.
    #[error("no name was given")]
    NoName,
}

impl AskError {
    /// How the process ends after it.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::NoTerminal | Self::Secret(SecretError::NoSource) => Exit::Usage,
            _ => Exit::Failed,
        }
    }
}

/// The one before the terminal, who can be asked, and who can interrupt.
#[derive(Debug)]
pub(crate) struct Asker {
    signals: mpsc::Receiver<()>,
    /// Nothing is drawn: lines only.
    plain: bool,
}

impl Asker {
    /// Listens for signals from now on. Has to be called inside a Tokio runtime.
    ///
    /// # Errors
    /// [`AskError::Terminal`] when the system refuses.
    pub(crate) fn open() -> Result<Self, AskError> {
        Ok(Self {
            signals: platform::asked_to_end()?,
            plain: terminal::plain_is_wanted(false),
        })
    }

    /// As [`open`](Self::open), for a chat, which may be in lines.
    ///
    /// # Errors
    /// [`AskError::NoTerminal`], too.
    pub(crate) fn with_terminal(plain: bool) -> Result<Self, AskError> {
        if !terminal::is_there() {
            return Err(AskError::NoTerminal);
        }
        Ok(Self {
            plain: terminal::plain_is_wanted(plain),
            ..Self::open()?
        })
    }

    /// The name, from the command line or else from the one before the terminal; then it is remembered.
    ///
    /// # Errors
    /// [`AskError`].
    pub(crate) async fn name(&mut self, given: Option<Name>) -> Result<Name, AskError> {
        if let Some(name) = given {
            return Ok(name);
        }
        let name = self.ask_name(login_name()).await?;
        self.remember(None, name.clone()).await?;
        Ok(name)
    }

    /// Asks for the name; Enter alone takes the one that is suggested.
    ///
    /// # Errors
    /// [`AskError`].
    pub(crate) async fn ask_name(&mut self, suggestion: Option<Name>) -> Result<Name, AskError> {
        for _ in 0..TRIES {
            let question = match &suggestion {
                Some(name) => format!("your name [{name}]: "),
                None => "your name: ".to_owned(),
            };
            let answer = self.line(question).await?;
            match (Name::new(&answer), &suggestion) {
                (Ok(name), _) => return Ok(name),
                (Err(_), Some(name)) if answer.trim().is_empty() => return Ok(name.clone()),
                (Err(error), _) => say(&error.to_string()),
            }
        }
        Err(AskError::NoName)
    }

    /// Remembers the name, and the relay if there is one, for the next time. That it cannot be done is only said.
    pub(crate) async fn remember(&mut self, relay: Option<String>, name: Name) -> Result<(), AskError> {
        let remembered = self
            .blocking(move || config::remember(relay.as_deref(), &name))
            .await?;
        match remembered {
            // A file that is no TOML is left as it is; that is said anyway.
            Err(error) if error.kind() != io::ErrorKind::InvalidData => {
                say(&format!("your name cannot be remembered: {error}"));
            }
            _ => {}
        }
        Ok(())
    }

    /// A line of text.
    ///
    /// # Errors
    /// [`AskError`].
    pub(crate) async fn line(&mut self, question: String) -> Result<String, AskError> {
        Ok(self.blocking(move || TtyPrompt.line(&question)).await??)
    }

    /// The passphrase, from its source or else from the one before the terminal. Warnings go to stderr.
    ///
    /// # Errors
    /// [`AskError`].
    pub(crate) async fn passphrase(&mut self, source: Source) -> Result<Passphrase, AskError> {
        let (passphrase, warnings) = self
            .blocking(move || source::passphrase(&source, &mut TtyPrompt))
            .await??;
        for warning in warnings {
            say(&format!("warning: {warning}"));
        }
        Ok(passphrase)
    }

    /// A passphrase that somebody types; `None` when it is left empty.
    ///
    /// # Errors
    /// [`AskError`].
    pub(crate) async fn typed_passphrase(
        &mut self,
        question: &'static str,
    ) -> Result<Option<Passphrase>, AskError> {
        Ok(self
            .blocking(move || source::ask(&mut TtyPrompt, question))
            .await??)
    }

    /// The key, with a line that says so where there is a terminal: it takes about a second.
    ///
    /// # Errors
    /// [`AskError`].
    pub(crate) async fn derive(
        &mut self,
        ticket: Ticket,
        passphrase: Passphrase,
    ) -> Result<Derived, AskError> {
        self.progress(ticket.derive(passphrase)).await
    }

    /// The root of a room, in the same way.
    ///
    /// # Errors
    /// [`AskError`].
    pub(crate) async fn root(&mut self, passphrase: Passphrase, room: RoomName) -> Result<Root, AskError> {
        self.progress(derive(passphrase, room)).await
    }

    async fn progress<T>(
        &mut self,
        derived: impl Future<Output = Result<T, DerivationError>>,
    ) -> Result<T, AskError> {
        let began = Instant::now();
        let shows = io::stderr().is_terminal() && !self.plain;
        if self.plain {
            say("making the key of the passphrase …");
        }
        let mut progress = interval(PROGRESS);
        tokio::pin!(derived);
        let done = loop {
            tokio::select! {
                done = &mut derived => break Ok(done),
                Some(()) = self.signals.recv() => break Err(AskError::Interrupted),
                _ = progress.tick(), if shows => {
                    let seconds = began.elapsed().as_secs_f32();
                    // It is only a line to pass the time.
                    let _ = write!(io::stderr(), "\rmaking the key of the passphrase … {seconds:.1} s");
                }
            }
        };
        if shows {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
        Ok(done??)
    }

    /// Does something, unless a signal comes.
    ///
    /// # Errors
    /// [`AskError::Interrupted`].
    pub(crate) async fn unless_interrupted<T>(
        &mut self,
        work: impl Future<Output = T>,
    ) -> Result<T, AskError> {
        tokio::select! {
            biased;
            Some(()) = self.signals.recv() => Err(AskError::Interrupted),
            done = work => Ok(done),
        }
    }

    /// Runs what blocks beside the runtime, until it is done or a signal comes.
    async fn blocking<T: Send + 'static>(
        &mut self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, AskError> {
        let done = tokio::task::spawn_blocking(work);
        tokio::select! {
            biased;
            Some(()) = self.signals.recv() => {
                prompt::restore();
                Err(AskError::Interrupted)
            }
            done = done => done.map_err(|_| AskError::Interrupted),
        }
    }
}

/// What the system calls the user, where it is fit for a name.
pub(crate) fn login_name() -> Option<Name> {
    ["USER", "LOGNAME"]
        .iter()
        .filter_map(|variable| std::env::var(variable).ok())
        .find_map(|name| Name::new(&name).ok())
}
