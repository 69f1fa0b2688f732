//! Who has something to say: each connection has a bell that its stream rings, and one task listens to them
//! all. A task for each connection would cost a quarter of a kilobyte more.

use std::mem;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use hushwing_core::ConnectionId;

/// The bells that rang since the last turn.
#[derive(Default)]
pub(crate) struct Bells {
    heard: Mutex<Heard>,
}

#[derive(Default)]
struct Heard {
    rung: Vec<Arc<Bell>>,
    /// Something else wants a turn.
    called: bool,
    listener: Option<Waker>,
}

/// The bell of one connection; as a [`Waker`] it is what the stream wakes.
pub(crate) struct Bell {
    pub(crate) connection: ConnectionId,
    rung: AtomicBool,
    bells: Arc<Bells>,
}

impl Bells {
    /// A waker that rings for `connection`. It rings at once: something may be there already.
    pub(crate) fn bell(self: &Arc<Self>, connection: ConnectionId) -> Waker {
        let bell = Arc::new(Bell { connection, rung: AtomicBool::new(false), bells: self.clone() });
        bell.wake_by_ref();
        bell.into()
    }

    /// Asks for a turn, whatever connections do.
    pub(crate) fn call(&self) {
        let mut heard = self.heard();
        heard.wake();
        heard.called = true;
    }

    /// Puts the connections that rang into `into`, which is empty. They may ring again from now on.
    pub(crate) fn take(&self, into: &mut Vec<Arc<Bell>>) {
        let mut heard = self.heard();
        heard.called = false;
        mem::swap(&mut heard.rung, into);
        drop(heard);
        for bell in into {
            bell.rung.store(false, Ordering::Release);
        }
    }

    /// Whether no turn is wanted.
    pub(crate) fn is_empty(&self) -> bool {
        self.heard().is_empty()
    }

    /// Ready when a turn is wanted.
    pub(crate) fn poll_heard(&self, context: &mut Context<'_>) -> Poll<()> {
        let mut heard = self.heard();
        if !heard.is_empty() {
            return Poll::Ready(());
        }
        match &mut heard.listener {
            Some(listener) => listener.clone_from(context.waker()),
            None => heard.listener = Some(context.waker().clone()),
        }
        Poll::Pending
    }

    fn heard(&self) -> MutexGuard<'_, Heard> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Heard {
    fn is_empty(&self) -> bool {
        self.rung.is_empty() && !self.called
    }

    /// Before something is added: only the first wakes.
    fn wake(&self) {
        if let Some(listener) = &self.listener
            && self.is_empty()
        {
            listener.wake_by_ref();
        }
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        if !self.rung.swap(true, Ordering::AcqRel) {
            let mut heard = self.bells.heard();
            heard.wake();
            heard.rung.push(self.clone());
        }
    }
}
