//! From the machine to the streams.

use std::io::{self, IoSlice};
use std::task::{Context, Poll, Waker, ready};

use hushwing_core::{ConnectionId, Instant};

use super::{Connection, Shard};

/// Written to one connection in one turn; what is left waits until the others had theirs.
const WRITE_BYTES: usize = 256 * 1024;

/// Slices of one vectored write.
const SLICES: usize = 32;

/// How far [`Shard::poll_write`] came.
pub(super) enum Written {
    /// Nothing is left.
    All,
    /// This turn had enough; there may be more.
    Enough,
}

impl Shard {
    /// Writes straight away, without asking first whether the stream takes bytes. If it does not, the
    /// connection's own task waits for it.
    pub(super) fn write_due(&mut self, now: Instant, id: ConnectionId) {
        // Its own task writes where one of these is set, and must stay the one that the stream wakes.
        let own = |connection: &Connection| connection.blocked || connection.failed || connection.closing;
        if self.connections.get(&id).is_none_or(own) {
            return;
        }
        match self.poll_write(now, id, &mut Context::from_waker(Waker::noop())) {
            Poll::Ready(Ok(Written::All)) => {}
            Poll::Ready(Ok(Written::Enough)) => self.to_write.push(id),
            Poll::Ready(Err(_)) => self.hand_over(id, |connection| connection.failed = true),
            Poll::Pending => self.hand_over(id, |connection| connection.blocked = true),
        }
    }

    /// Leaves the rest to the connection's own task.
    fn hand_over(&mut self, id: ConnectionId, mark: impl FnOnce(&mut Connection)) {
        if let Some(connection) = self.connections.get_mut(&id) {
            mark(connection);
            connection.wake();
        }
    }

    /// Writes what the machine has for this connection, but not much more than `WRITE_BYTES`.
    pub(super) fn poll_write(
        &mut self,
        now: Instant,
        id: ConnectionId,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<Written>> {
        let mut left = WRITE_BYTES;
        while left > 0 {
            let Some(connection) = self.connections.get_mut(&id) else { break };
            let stream = connection.stream.as_mut();
            let Some(transmit) = self.broker.transmit(now, id) else {
                let flushed = stream.poll_flush(context);
                self.drain_outputs(now);
                return flushed.map_ok(|()| Written::All);
            };
            let mut slices = [&[][..]; SLICES];
            let count = transmit.slices(&mut slices);
            let slices = slices.map(IoSlice::new);
            let written = stream.poll_write_vectored(context, slices.get(..count).unwrap_or(&slices));
            if let Poll::Ready(Ok(count)) = written {
                transmit.advance(count);
            }
            self.drain_outputs(now);
            match ready!(written)? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                count => left = left.saturating_sub(count),
            }
        }
        Poll::Ready(Ok(Written::Enough))
    }

    /// The stream takes bytes again: it is written at the end of turns, as every other.
    pub(super) fn go_on_writing(&mut self, id: ConnectionId) {
        if let Some(connection) = self.connections.get_mut(&id) {
            connection.blocked = false;
            self.to_write.push(id);
            self.turn.notify_one();
        }
    }

    /// Writes everything that is left for a connection that closes, then shuts down sending.
    pub(crate) fn poll_finish(
        &mut self,
        id: ConnectionId,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<()>> {
        let now = self.clock.now();
        if let Written::Enough = ready!(self.poll_write(now, id, context))?
            && self.connections.contains_key(&id)
        {
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        match self.connections.get_mut(&id) {
            Some(connection) => connection.stream.as_mut().poll_shutdown(context),
            None => Poll::Ready(Ok(())),
        }
    }
}
