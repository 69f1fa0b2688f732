//! What ends `hushwing sub` from outside: time, and signals.

use std::time::Duration;

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::{Instant, sleep_until};

use super::TIMED_OUT;
use crate::command::{FAILED, Failure};

pub(super) struct Ending {
    deadline: Option<Instant>,
    #[cfg(unix)]
    interrupt: Signal,
    #[cfg(unix)]
    terminate: Signal,
}

impl Ending {
    pub(super) fn new(timeout: Option<Duration>) -> Result<Self, Failure> {
        #[cfg(unix)]
        let listen = |kind: SignalKind| {
            signal(kind)
                .map_err(|error| Failure::new(FAILED, format!("signals cannot be waited for: {error}")))
        };
        Ok(Self {
            deadline: timeout.and_then(|timeout| Instant::now().checked_add(timeout)),
            #[cfg(unix)]
            interrupt: listen(SignalKind::interrupt())?,
            #[cfg(unix)]
            terminate: listen(SignalKind::terminate())?,
        })
    }

    /// Waits for it: success if the user wants no more, a failure if the time is over. May be dropped at any
    /// point.
    pub(super) async fn wait(&mut self) -> Result<(), Failure> {
        let timed = self.deadline.is_some();
        let deadline = self.deadline.unwrap_or_else(Instant::now);
        tokio::select! {
            () = sleep_until(deadline), if timed => Err(Failure::new(TIMED_OUT, "Timed out")),
            () = self.signal() => Ok(()),
        }
    }

    #[cfg(unix)]
    async fn signal(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }

    #[cfg(not(unix))]
    async fn signal(&mut self) {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending().await
        }
    }
}
