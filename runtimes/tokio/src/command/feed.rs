//! What `hushwing pub` publishes: one payload some times over, or the lines of standard input.

use std::io::{self, BufRead, Read};
use std::sync::Arc;
use std::time::Duration;

use hushwing_common::tools::publish::{Publishing, Source};
use tokio::sync::mpsc::{Receiver, channel};
use tokio::time::{Instant, sleep_until};

use super::{FAILED, Failure};

/// Lines read ahead of the network.
const LINES: usize = 256;
/// The longest Remaining Length: nothing larger fits into a packet.
const LARGEST_BYTES: u64 = 268_435_455;

/// The payloads that are still to come.
pub(super) enum Feed {
    Same { payload: Arc<[u8]>, left: u32, next: Instant, delay: Duration },
    Lines(Receiver<io::Result<Arc<[u8]>>>),
    Finished,
}

impl Feed {
    /// Reads what there is to be read first.
    pub(super) fn new(publishing: &Publishing) -> Result<Self, Failure> {
        let payload = match &publishing.source {
            Source::Message(message) => message.clone(),
            Source::File(path) => std::fs::File::open(path)
                .and_then(whole)
                .map_err(|error| unreadable(&format!("the file {}", path.display()), &error))?,
            Source::Stdin => {
                whole(io::stdin().lock()).map_err(|error| unreadable("standard input", &error))?
            }
            Source::Lines => return Ok(Self::Lines(lines())),
        };
        let (left, delay) = (publishing.repeat, publishing.repeat_delay);
        Ok(Self::Same { payload: payload.into(), left, next: Instant::now(), delay })
    }

    pub(super) fn is_finished(&self) -> bool {
        matches!(self, Self::Finished)
    }

    /// The next payload; `None` at the end, which is then reached for good. May be dropped at any point.
    pub(super) async fn next(&mut self) -> Result<Option<Arc<[u8]>>, Failure> {
        let next = match self {
            Self::Same { next, .. } => {
                sleep_until(*next).await;
                return Ok(self.ready());
            }
            Self::Lines(lines) => lines.recv().await,
            Self::Finished => None,
        };
        match next {
            Some(Ok(line)) => Ok(Some(line)),
            Some(Err(error)) => Err(unreadable("standard input", &error)),
            None => {
                *self = Self::Finished;
                Ok(None)
            }
        }
    }

    /// The next payload if there is one at once.
    pub(super) fn ready(&mut self) -> Option<Arc<[u8]>> {
        match self {
            Self::Same { payload, left, next, delay } => {
                let now = Instant::now();
                if *next > now {
                    return None;
                }
                let payload = Arc::clone(payload);
                *left = left.saturating_sub(1);
                *next = now.checked_add(*delay).unwrap_or(now);
                if *left == 0 {
                    *self = Self::Finished;
                }
                Some(payload)
            }
            // An error shows at the next wait.
            Self::Lines(lines) if lines.is_empty() => None,
            Self::Lines(lines) => lines.try_recv().ok().and_then(Result::ok),
            Self::Finished => None,
        }
    }
}

fn whole(source: impl Read) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    source.take(LARGEST_BYTES + 1).read_to_end(&mut bytes)?;
    if u64::try_from(bytes.len()).is_ok_and(|length| length > LARGEST_BYTES) {
        return Err(io::Error::other("it is larger than a message can be (268,435,455 bytes)"));
    }
    Ok(bytes)
}

/// Lines without their ends. A thread of its own reads them, since standard input cannot be waited for
/// otherwise; it ends with the program.
fn lines() -> Receiver<io::Result<Arc<[u8]>>> {
    let (sender, receiver) = channel(LINES);
    std::thread::spawn(move || {
        let mut input = io::stdin().lock();
        let mut line = Vec::new();
        loop {
            line.clear();
            let read = input.read_until(b'\n', &mut line).map(|length| {
                let text = line.strip_suffix(b"\n").unwrap_or(&line);
                (length > 0).then(|| Arc::from(text))
            });
            let Some(read) = read.transpose() else { return };
            if sender.blocking_send(read).is_err() {
                return;
            }
        }
    });
    receiver
}

fn unreadable(what: &str, error: &io::Error) -> Failure {
    Failure::new(FAILED, format!("cannot read {what}: {}", hushwing_common::message::plain(error)))
}
