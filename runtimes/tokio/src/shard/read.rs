//! From the streams to the machine.

use std::task::{Context, Poll, Waker, ready};

use hushwing_core::{CloseCause, ConnectionId, Input};
use tokio::io::ReadBuf;

use super::Shard;

/// Read at once from one connection, and taken from it in one turn.
pub(super) const READ_BYTES: usize = 64 * 1024;

/// Why a connection needs no more reading.
pub(crate) enum End {
    /// The machine said so: [`Output::Close`].
    Close,
    /// The transport ended.
    Lost(CloseCause),
}

impl Shard {
    /// Serves one connection until it ends: reads what is there, and waits for a stream that took no more.
    pub(crate) fn poll_connection(&mut self, id: ConnectionId, context: &mut Context<'_>) -> Poll<End> {
        let Some(connection) = self.connections.get_mut(&id) else {
            return Poll::Ready(End::Lost(CloseCause::Local));
        };
        match &mut connection.waker {
            Some(waker) => waker.clone_from(context.waker()),
            None => connection.waker = Some(context.waker().clone()),
        }
        if connection.blocked {
            let now = self.clock.now();
            match self.poll_write(now, id, context) {
                Poll::Pending => {}
                Poll::Ready(Ok(_)) => self.go_on_writing(id),
                Poll::Ready(Err(_)) => return Poll::Ready(End::Lost(CloseCause::Failed)),
            }
        }
        self.poll_read(id, context)
    }

    /// Reads all that is there, at most one buffer of it.
    fn poll_read(&mut self, id: ConnectionId, context: &mut Context<'_>) -> Poll<End> {
        let mut left = READ_BYTES;
        loop {
            let Some(connection) = self.connections.get_mut(&id) else {
                return Poll::Ready(End::Lost(CloseCause::Local));
            };
            if connection.closing {
                return Poll::Ready(End::Close);
            }
            if connection.failed {
                return Poll::Ready(End::Lost(CloseCause::Failed));
            }
            if !connection.reading {
                return Poll::Pending;
            }
            if left == 0 {
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
            let mut buffer = ReadBuf::new(&mut self.scratch);
            if ready!(connection.stream.as_mut().poll_read(context, &mut buffer)).is_err() {
                return Poll::Ready(End::Lost(CloseCause::Failed));
            }
            let bytes = buffer.filled();
            if bytes.is_empty() {
                // A client that only finished sending still wants its answers.
                let now = self.clock.now();
                let _ = self.poll_write(now, id, &mut Context::from_waker(Waker::noop()));
                return Poll::Ready(End::Lost(CloseCause::Peer));
            }
            left = left.saturating_sub(bytes.len());
            let now = self.clock.now();
            self.broker.handle_input(now, Input::Received { connection: id, bytes });
            self.drain_outputs(now);
            self.turn.notify_one();
        }
    }

    /// Reads and discards until the peer closes.
    pub(crate) fn poll_discard(&mut self, id: ConnectionId, context: &mut Context<'_>) -> Poll<()> {
        let mut left = READ_BYTES;
        while let Some(connection) = self.connections.get_mut(&id) {
            let mut buffer = ReadBuf::new(&mut self.scratch);
            let read = ready!(connection.stream.as_mut().poll_read(context, &mut buffer));
            let count = buffer.filled().len();
            if read.is_err() || count == 0 {
                break;
            }
            left = left.saturating_sub(count);
            if left == 0 {
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
        }
        Poll::Ready(())
    }
}
