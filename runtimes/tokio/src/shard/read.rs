//! From the streams to the machine.

use std::mem;
use std::task::{Context, Poll, ready};

use hushwing_core::{CloseCause, ConnectionId, Input};
use tokio::io::ReadBuf;

use super::Shard;

/// Read at once from one connection, and taken from it in one turn.
pub(super) const READ_BYTES: usize = 64 * 1024;

impl Shard {
    /// Hears a connection that rang: writes to it if it waited for that, and reads all that is there, at most
    /// one buffer of it.
    pub(super) fn serve(&mut self, id: ConnectionId) {
        match self.connections.get_mut(&id) {
            None => return,
            Some(connection) if connection.closing => return,
            Some(connection) => {
                if mem::take(&mut connection.blocked) {
                    let now = self.clock.now();
                    self.write(now, id);
                }
            }
        }
        if let Poll::Ready(cause) = self.poll_read(id) {
            self.closed(id, cause);
        }
    }

    /// Ready when the stream has ended.
    fn poll_read(&mut self, id: ConnectionId) -> Poll<CloseCause> {
        let mut left = READ_BYTES;
        while let Some(connection) = self.connections.get_mut(&id)
            && connection.reading
            && !connection.closing
        {
            if left == 0 {
                connection.waker.wake_by_ref();
                break;
            }
            let mut buffer = ReadBuf::new(&mut self.scratch);
            let mut context = Context::from_waker(&connection.waker);
            if ready!(connection.stream.as_mut().poll_read(&mut context, &mut buffer)).is_err() {
                return Poll::Ready(CloseCause::Failed);
            }
            let now = self.clock.now();
            let bytes = buffer.filled();
            if bytes.is_empty() {
                // A client that only finished sending still wants its answers.
                self.write(now, id);
                return Poll::Ready(CloseCause::Peer);
            }
            left = left.saturating_sub(bytes.len());
            self.broker.handle_input(now, Input::Received { connection: id, bytes });
            self.drain_outputs(now);
        }
        Poll::Pending
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
