//! What the table of rooms has to tell the store: which rooms have changed, and who waits until that is saved.

use std::{
    collections::HashSet,
    pin::Pin,
    sync::{
        Condvar, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    task::{Context, Poll},
    time::{Duration, Instant},
};

use tokio::{sync::oneshot, time::Timeout};

use super::job::{Job, Sender};
use super::record::Hashed;
use crate::{clock::Day, limits};

/// The names of rooms that have changed. The store looks up what has become of them when it comes to it, so that
/// however often a room changes it is here once.
#[derive(Default)]
pub(crate) struct Changes {
    state: Mutex<State>,
    news: Condvar,
    /// What was written last, or read, failed.
    failing: AtomicBool,
}

struct State {
    names: HashSet<Hashed>,
    waiting: Vec<oneshot::Sender<()>>,
    /// What is asked of bags.
    jobs: Vec<(Job, Sender)>,
    /// The day on which bags are to be swept.
    sweep: Option<Day>,
    /// When the store came for changes last.
    taken: Instant,
    ended: bool,
}

impl Default for State {
    fn default() -> Self {
        Self {
            names: HashSet::new(),
            waiting: Vec::new(),
            jobs: Vec::new(),
            sweep: None,
            taken: Instant::now(),
            ended: false,
        }
    }
}

/// What the store is to write next.
#[derive(Default)]
pub(crate) struct Batch {
    pub(crate) names: HashSet<Hashed>,
    /// Told once all of it is saved; dropped when it cannot be.
    pub(crate) waiting: Vec<oneshot::Sender<()>>,
    /// To be done after that; each waits for its own answer.
    pub(crate) jobs: Vec<(Job, Sender)>,
    /// Bags are to be swept.
    pub(crate) sweep: Option<Day>,
    /// Nothing comes after it.
    pub(crate) last: bool,
}

impl Changes {
    fn lock(&self) -> MutexGuard<'_, State> {
        // Nothing here leaves the state half changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A room has changed; it is saved with the next that somebody waits for, or a moment later.
    pub(crate) fn note(&self, name: Hashed) {
        self.lock().names.insert(name);
    }

    /// A room has changed, and somebody waits until that is saved.
    ///
    /// Call it within a Tokio runtime.
    pub(crate) fn wait(&self, name: Hashed) -> Saving {
        let (saved, waiting) = oneshot::channel();
        let mut state = self.lock();
        state.names.insert(name);
        // After the end nobody would tell.
        if !state.ended {
            state.waiting.push(saved);
        }
        drop(state);
        self.news.notify_one();
        Saving(Box::pin(tokio::time::timeout(limits::SAVING, waiting)))
    }

    /// Somebody asks something of a bag. `false` when too many do.
    pub(crate) fn ask(&self, job: Job, answer: Sender) -> bool {
        let mut state = self.lock();
        let is_taken = !state.ended && state.jobs.len() < limits::KEPT_JOBS;
        if is_taken {
            state.jobs.push((job, answer));
        }
        drop(state);
        self.news.notify_one();
        is_taken
    }

    /// A day has begun.
    pub(crate) fn sweep(&self, today: Day) {
        self.lock().sweep = Some(today);
    }

    /// Whether the change of a room has not been taken yet.
    pub(crate) fn has(&self, name: &Hashed) -> bool {
        self.lock().names.contains(name)
    }

    /// The store fails, or works again.
    pub(crate) fn fail(&self, failing: bool) {
        self.failing.store(failing, Relaxed);
    }

    /// Whether what changes now is likely to be saved.
    pub(crate) fn is_failing(&self) -> bool {
        self.failing.load(Relaxed)
    }

    /// Takes all changes, as soon as somebody waits for one, or after `pause`.
    pub(crate) fn take(&self, pause: Duration) -> Batch {
        let idle = |state: &mut State| state.waiting.is_empty() && state.jobs.is_empty() && !state.ended;
        let (mut state, _) = (self.news)
            .wait_timeout_while(self.lock(), pause, idle)
            .unwrap_or_else(PoisonError::into_inner);
        state.taken = Instant::now();
        Batch {
            names: std::mem::take(&mut state.names),
            waiting: std::mem::take(&mut state.waiting),
            jobs: std::mem::take(&mut state.jobs),
            sweep: state.sweep.take(),
            last: state.ended,
        }
    }

    /// Whether the store has come for changes within this time.
    pub(crate) fn taken_within(&self, time: Duration) -> bool {
        self.lock().taken.elapsed() <= time
    }

    /// What could not be written is to be tried again.
    pub(crate) fn put_back(&self, names: impl IntoIterator<Item = Hashed>) {
        self.lock().names.extend(names);
    }

    /// The relay ends: what is here now is the last.
    pub(crate) fn end(&self) {
        self.lock().ended = true;
        self.news.notify_one();
    }
}

/// The wait until a change is saved.
pub(crate) struct Saving(Pin<Box<Timeout<oneshot::Receiver<()>>>>);

/// It could not be saved, or not in time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NotSaved;

impl Future for Saving {
    type Output = Result<(), NotSaved>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        self.0.as_mut().poll(cx).map(|saved| match saved {
            Ok(Ok(())) => Ok(()),
            _ => Err(NotSaved),
        })
    }
}
